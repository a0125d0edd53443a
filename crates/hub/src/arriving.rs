//! What came, checked and made ready before its turn: in the embedded database no other batch is written meanwhile.

use std::collections::BTreeMap;

use onedoor_domain::event::{ChainHash, Event, EventBody};
use onedoor_domain::id::BlobId;
use onedoor_sync::seal::Sealed;
use onedoor_sync::wire::{Batch, Entry, Header, PublicKey, Reason, Refusal, Verified};

use crate::cases::Made;
use crate::clock::now_ms;
use crate::db::Value;
use crate::rejected::Rejected;
use crate::values;

/// Blobs that the events of one batch may name: each becomes a row that is much longer than its name. A visit has some ten.
const MAX_NAMED: usize = 5000;

/// An event on its way into the database, with all that can be made of it before its turn comes.
pub(crate) struct Arriving {
    pub seq: u64,
    pub link: ChainHash,
    /// Its row, as if it were accepted.
    pub row: Vec<Value>,
    /// Rows of the blobs that it names.
    pub blobs: Vec<Vec<Value>>,
    /// What it does to a case.
    pub made: Option<Made>,
    pub rejected: Option<Rejected>,
}

/// A batch of which everything fits.
pub(crate) struct Checked {
    pub verified: Verified,
    pub arriving: Vec<Arriving>,
    pub blobs: Inline,
}

/// Sealed bytes that came with the events that name them.
pub(crate) type Inline = BTreeMap<BlobId, Vec<u8>>;

/// Checks a batch, and makes of it all that goes into the database.
pub(crate) fn check(plain: &[u8], key: &PublicKey) -> Result<Checked, Refusal> {
    let batch = Batch::decode(plain)?;
    let mut verified = batch.verify(key)?;
    let mut blobs = Inline::new();
    for bytes in &batch.blobs {
        let sealed = Sealed::decode(bytes).map_err(|_| Reason::BadBlob)?;
        // One blob has one content: what else comes under its name is not what its event names.
        blobs.entry(sealed.blob).or_insert_with(|| bytes.to_vec());
    }
    let named = verified.entries.iter().map(|entry| match entry {
        Entry::Event(event) => event.blobs().len(),
        Entry::Opaque { .. } => 0,
    });
    if named.sum::<usize>() > MAX_NAMED {
        return Err(Reason::TooMany.into());
    }
    let now = now_ms();
    let entries = std::mem::take(&mut verified.entries);
    let arriving = (verified.header.first..)
        .zip(&batch.events)
        .zip(entries)
        .zip(&verified.links)
        .map(|(((seq, bytes), entry), link)| {
            arriving(&verified.header, seq, bytes, *link, &entry, &mut blobs, now)
        })
        .collect();
    Ok(Checked {
        verified,
        arriving,
        blobs,
    })
}

/// Place of `rejected` in a row of an event.
pub(crate) const REJECTED: usize = 7;

/// Sealed bytes go back to those that no new event names.
pub(crate) fn give_back(mut row: Vec<Value>, inline: &mut Inline) {
    let blob = row.get(4).cloned();
    if let (Some(Value::Bytes(blob)), Some(Value::Bytes(sealed))) = (blob, row.pop())
        && let Ok(blob) = blob.try_into()
    {
        inline.entry(BlobId::from_bytes(blob)).or_insert(sealed);
    }
}

fn arriving(
    header: &Header,
    seq: u64,
    bytes: &[u8],
    link: ChainHash,
    entry: &Entry,
    inline: &mut Inline,
    now: i64,
) -> Arriving {
    let (device, epoch) = (header.device, header.epoch);
    let event = match entry {
        Entry::Event(event) => Some(event),
        Entry::Opaque { .. } => None,
    };
    let case = event.and_then(|e| e.case());
    let kind = event.map_or("", |e| e.body().kind());
    let (made, rejected) = match event.map(|event| meant(event)) {
        None => (None, Some(Rejected::Unread)),
        Some(Ok(made)) => (made, None),
        Some(Err(why)) => (None, Some(why)),
    };
    let mut blobs = Vec::new();
    for (place, blob) in (0i64..).zip(event.map_or(&[][..], |e| e.blobs())) {
        let sealed = inline.remove(&blob.id);
        blobs.push(values![
            device,
            epoch,
            seq,
            place,
            blob.id,
            blob.length,
            blob.hash,
            case,
            sealed
        ]);
    }
    Arriving {
        seq,
        link,
        row: values![
            device,
            epoch,
            seq,
            bytes,
            link,
            kind,
            case,
            Value::Null,
            now
        ],
        blobs,
        made,
        rejected,
    }
}

/// What an event means for a case, if anything, or why it means nothing that is accepted.
pub(crate) fn meant(event: &Event) -> Result<Option<Made>, Rejected> {
    let is_move = matches!(
        event.body(),
        EventBody::CaseSaved(_)
            | EventBody::CaseStateChanged(_)
            | EventBody::ResidentWord(_)
            | EventBody::SlipVoided(_)
    );
    if !is_move {
        return Ok(None);
    }
    if event.case().is_none() {
        return Err(Rejected::NoCase);
    }
    Made::of(event).map(Some).ok_or(Rejected::Incomplete)
}
