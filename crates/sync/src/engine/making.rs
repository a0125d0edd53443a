//! Making the next batch from the journal: as many events as fit, each checked against the chain once more.

use std::collections::BTreeSet;

use onedoor_domain::event::{ChainHash, MAX_EVENT};
use onedoor_domain::id::{DeviceId, Epoch};

use super::{FileName, Journal, JournalFault, Row, Stream};
use crate::wire::{
    Batch, Dictionary, Header, MAX_BLOBS, MAX_INLINE_BLOB, MAX_UNPACKED, Reason, Signer, pack,
};

/// Events compress to about a sixth; reading twice of that from the journal is enough to fill a batch.
const READ_AHEAD: usize = 12;

/// What is wanted.
pub(crate) struct Order<'a> {
    pub device: DeviceId,
    pub stream: Stream,
    pub cursor: u64,
    /// Most events; 0 asks for mail only.
    pub events: usize,
    /// Most bytes once compressed; only a lone event may exceed it.
    pub packed: usize,
    /// Bytes that an event with what belongs to it took in the last batch, compressed; 0 where nothing is known.
    pub an_event: usize,
    pub blobs: bool,
    pub opaque: &'a BTreeSet<(Epoch, u64)>,
    pub dictionary: Dictionary,
}

/// A batch, signed and compressed.
pub(crate) struct Made {
    pub header: Header,
    pub packed: Vec<u8>,
    /// Sealed answers in it.
    pub inline: Vec<FileName>,
}

/// Why none was made.
#[derive(Debug)]
pub(crate) enum NotMade {
    Journal(JournalFault),
    /// The journal's links and events do not fit from this number on.
    Damaged(u64),
    Wire(Reason),
}

impl From<JournalFault> for NotMade {
    fn from(fault: JournalFault) -> Self {
        NotMade::Journal(fault)
    }
}

/// Makes a batch of the events after `order.stream.acked`.
pub(crate) fn make(
    order: &Order<'_>,
    journal: &dyn Journal,
    signer: &dyn Signer,
) -> Result<Made, NotMade> {
    let Stream { epoch, acked, .. } = order.stream;
    let h_prev = link_at(order.device, epoch, acked, journal)?.ok_or(NotMade::Damaged(acked))?;
    // Compressing twice costs more than a batch that is not quite full.
    let likely = (order.packed * 31 / 32).checked_div(order.an_event);
    let events = order.events.min(likely.unwrap_or(usize::MAX).max(1));
    let mut rows = if order.events == 0 {
        Vec::new()
    } else {
        journal.rows(epoch, acked, events, order.packed * READ_AHEAD)?
    };
    rows.truncate(events);
    check(&rows, acked, h_prev)?;
    if rows.is_empty() && order.events > 0 {
        return Err(NotMade::Damaged(acked + 1));
    }
    let mut blobs_too = order.blobs;
    loop {
        let made = attempt(order, &rows, h_prev, blobs_too, journal, signer)?;
        let Some(made) = made else {
            // Too large to be read at all.
            if rows.len() > 1 {
                rows.truncate(rows.len() / 2);
            } else {
                blobs_too = false;
            }
            continue;
        };
        let length = made.packed.len();
        if length <= order.packed || (rows.len() <= 1 && made.inline.is_empty()) {
            return Ok(made);
        }
        if rows.len() > 1 {
            // A tenth less than in proportion, or it would often take one more attempt.
            let fit = rows.len() * order.packed / length * 9 / 10;
            rows.truncate(fit.clamp(1, rows.len() - 1));
        } else {
            blobs_too = false;
        }
    }
}

fn attempt(
    order: &Order<'_>,
    rows: &[Row],
    h_prev: ChainHash,
    blobs_too: bool,
    journal: &dyn Journal,
    signer: &dyn Signer,
) -> Result<Option<Made>, NotMade> {
    let Stream { epoch, acked, .. } = order.stream;
    let (first, last) = (acked + 1, acked + rows.len() as u64);
    let mut blobs = if blobs_too && !rows.is_empty() {
        journal.blobs(epoch, first, last)?
    } else {
        Vec::new()
    };
    blobs.retain(|blob| blob.len() <= MAX_INLINE_BLOB);
    blobs.truncate(MAX_BLOBS);
    let header = Header {
        device: order.device,
        epoch,
        first,
        last,
        h_prev,
        h_last: rows.last().map_or(h_prev, |row| row.link),
        cursor: order.cursor,
        opaque: order
            .opaque
            .range((epoch, first)..=(epoch, last.max(first)))
            .map(|(_, seq)| *seq)
            .filter(|seq| *seq <= last)
            .collect(),
    };
    let events: Vec<&[u8]> = rows.iter().map(|row| row.bytes.as_slice()).collect();
    let plain = Batch::encode(&header, &events, &blobs, signer);
    if plain.len() > MAX_UNPACKED {
        return Ok(None);
    }
    Ok(Some(Made {
        header,
        packed: pack(&plain, order.dictionary).map_err(NotMade::Wire)?,
        inline: blobs.iter().map(|blob| FileName::of(blob)).collect(),
    }))
}

/// The link after an event, or the beginning's.
pub(crate) fn link_at(
    device: DeviceId,
    epoch: Epoch,
    seq: u64,
    journal: &dyn Journal,
) -> Result<Option<ChainHash>, JournalFault> {
    if seq == 0 {
        Ok(Some(ChainHash::genesis(device, epoch)))
    } else {
        journal.link(epoch, seq)
    }
}

/// A damaged record is not passed on: the hub would freeze the stream for what is a broken disk.
fn check(rows: &[Row], acked: u64, h_prev: ChainHash) -> Result<(), NotMade> {
    let mut link = h_prev;
    for (seq, row) in (acked + 1..).zip(rows) {
        link = link.next(&row.bytes);
        if row.seq != seq || row.link != link || row.bytes.len() > MAX_EVENT {
            return Err(NotMade::Damaged(seq));
        }
    }
    Ok(())
}
