//! What the hub has already: a kiosk whose ack was lost sends its batch again.

use std::collections::{BTreeMap, BTreeSet};

use onedoor_domain::event::ChainHash;
use onedoor_domain::id::{BlobId, Epoch};
use onedoor_sync::seal::Sealed;
use onedoor_sync::wire::{
    Ack, Batch, Head, Header, PublicKey, Reason, Refusal, Rejection, Verified,
};

use crate::clock::now_ms;
use crate::db::{DbFault, Tx};
use crate::hub::Hub;
use crate::ingest::Not;
use crate::metrics::count;
use crate::values;

/// How far each stream of a kiosk is held.
pub(crate) type Heads = BTreeMap<Epoch, u64>;

/// A contact is noted again after so long, in ms.
const CONTACT_MS: i64 = 10_000;

/// A batch that brings no event that is not held.
pub(crate) struct Repeated {
    header: Header,
    blobs: Vec<BlobId>,
}

/// Reads a batch that seems to be one: only its signature is checked, and that its chain is whole.
pub(crate) fn look(plain: &[u8], key: &PublicKey) -> Result<Repeated, Refusal> {
    let batch = Batch::decode(plain)?;
    batch.verify_signature(key)?;
    let ids = batch
        .blobs
        .iter()
        .map(|bytes| Sealed::decode(bytes).map(|sealed| sealed.blob));
    let blobs = ids.collect::<Result<_, _>>().map_err(|_| Reason::BadBlob)?;
    Ok(Repeated {
        header: batch.header,
        blobs,
    })
}

impl Hub {
    /// Acks such a batch from what a reader sees, and nobody waits for the writer. `None` where something must be written or
    /// looked at more closely.
    pub(crate) async fn again(&self, batch: &Repeated) -> Result<Option<Ack>, Not> {
        if batch.header.events() == 0 {
            // It asks for mail, and says what it has seen.
            return Ok(None);
        }
        let mut tx = self.read().await?;
        let ack = self.seen(&mut *tx, batch).await?;
        tx.commit().await?;
        if ack.is_some() {
            count(&self.metrics.events_repeated, batch.header.events());
        }
        Ok(ack)
    }

    async fn seen(&self, tx: &mut dyn Tx, batch: &Repeated) -> Result<Option<Ack>, Not> {
        const STREAM: &str = "SELECT s.durable, s.frozen, (SELECT life FROM hub WHERE id = 0), m.cursor, d.contact_ms FROM stream s JOIN device d ON d.device = s.device JOIN mailbox m ON m.device = s.device WHERE s.device = $1 AND s.epoch = $2 AND s.seq >= $3";
        let Repeated { header, blobs } = batch;
        let (device, epoch, last) = (header.device, header.epoch, header.last);
        let Some(row) = tx.one(STREAM, values![device, epoch, last]).await? else {
            return Ok(None);
        };
        let now = now_ms();
        let met = row
            .maybe_int(4)?
            .is_some_and(|met| (now - CONTACT_MS..=now).contains(&met));
        if row.int(1)? != 0 || row.count(3)? != header.cursor || !met {
            return Ok(None);
        }
        let (link, rejected) = last_of(tx, header, last).await?;
        if link != Some(header.h_last) || !all_here(tx, header, blobs).await? {
            return Ok(None);
        }
        let page = self.page_after(tx, device, header.cursor).await?;
        Ok(Some(Ack {
            device,
            epoch,
            acked_through: last,
            h: header.h_last,
            durable_through: row.count(0)?.min(last),
            rejected,
            hub_time_ms: now,
            life: row.maybe_int(2)?.unwrap_or(0).unsigned_abs(),
            page,
        }))
    }
}

async fn all_here(tx: &mut dyn Tx, header: &Header, blobs: &[BlobId]) -> Result<bool, DbFault> {
    let here = with_events(tx, header).await?;
    Ok(blobs.iter().all(|blob| here.contains(blob)))
}

/// Blobs whose sealed bytes came with the events that a batch has, too.
pub(crate) async fn with_events(
    tx: &mut dyn Tx,
    header: &Header,
) -> Result<BTreeSet<BlobId>, DbFault> {
    let rows = tx
        .query(
            "SELECT blob FROM blob WHERE device = $1 AND epoch = $2 AND seq BETWEEN $3 AND $4 AND sealed IS NOT NULL",
            values![header.device, header.epoch, header.first, header.last],
        )
        .await?;
    let ids = rows.iter().map(|row| row.array(0).map(BlobId::from_bytes));
    ids.collect()
}

/// The link after an event that a batch repeats, and which of those up to there were not accepted.
async fn last_of(
    tx: &mut dyn Tx,
    header: &Header,
    last: u64,
) -> Result<(Option<ChainHash>, Vec<Rejection>), DbFault> {
    let rows = tx
        .query(
            "SELECT seq, link, rejected FROM event WHERE device = $1 AND epoch = $2 AND seq BETWEEN $3 AND $4 AND (seq = $4 OR rejected IS NOT NULL) ORDER BY seq",
            values![header.device, header.epoch, header.first, last],
        )
        .await?;
    let (mut link, mut rejected) = (None, Vec::new());
    for row in &rows {
        let seq = row.count(0)?;
        if let Some(code) = row.maybe_int(2)? {
            let code = u16::try_from(code).unwrap_or(u16::MAX);
            rejected.push(Rejection { seq, code });
        }
        if seq == last {
            link = Some(row.link(1)?);
        }
    }
    Ok((link, rejected))
}

/// What the hub holds of what a batch repeats.
#[derive(Default)]
pub(crate) struct Held {
    /// Number of the event that the first link comes after.
    pub first: u64,
    /// Empty where the last that both have is the same: then all before it is, too.
    pub links: Vec<ChainHash>,
    /// Those among them that were not accepted.
    pub rejected: Vec<Rejection>,
}

/// Reads what is held of a batch, from the event before it on.
pub(crate) async fn held(tx: &mut dyn Tx, batch: &Verified, head: Head) -> Result<Held, DbFault> {
    let header = &batch.header;
    let mut held = Held {
        first: header.first.saturating_sub(1),
        ..Held::default()
    };
    // Usually a batch begins just behind the head, and there is nothing to compare but that.
    if held.first >= head.seq {
        return Ok(held);
    }
    let last = header.last.min(head.seq);
    let place = last.checked_sub(header.first);
    let came = place.and_then(|place| batch.links.get(usize::try_from(place).ok()?));
    let (link, rejected) = last_of(tx, header, last).await?;
    held.rejected = rejected;
    if link.is_some() && link.as_ref() == came {
        return Ok(held);
    }
    if held.first == 0 {
        let genesis = ChainHash::genesis(header.device, header.epoch);
        held.links.push(genesis);
    }
    let from = held.first.max(1);
    let rows = tx
        .query(
            "SELECT seq, link FROM event WHERE device = $1 AND epoch = $2 AND seq BETWEEN $3 AND $4 ORDER BY seq",
            values![header.device, header.epoch, from, last],
        )
        .await?;
    for (expected, row) in (from..).zip(&rows) {
        if row.count(0)? != expected {
            return Err(DbFault::Strange("an event is missing"));
        }
        held.links.push(row.link(1)?);
    }
    Ok(held)
}
