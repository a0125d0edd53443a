//! A batch: made by the kiosk from the bytes of its journal, read and checked by the hub.

use minicbor::{Decoder, Encoder};
use onedoor_domain::event::{ChainHash, Event, MAX_EVENT};
use onedoor_domain::id::{DeviceId, Epoch};

use super::take::Take;
use super::{
    Header, MAX_BLOBS, MAX_EVENTS, MAX_INLINE_BLOB, Reason, Refusal, Signature, SignatureAlgorithm,
    Signer, VERSION, Verifier,
};

/// Largest encoded header that is read: a whole batch of opaque events.
const MAX_HEADER: usize = 16 * 1024;

/// A batch as it came: its parts are in place and within the limits, nothing of it is believed yet. It borrows the
/// bytes that it was read from, so reading takes no memory but three short lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<'b> {
    /// What it says that it holds.
    pub header: Header,
    /// The header's bytes as they came, over which the signature goes.
    pub header_bytes: &'b [u8],
    /// The signature.
    pub signature: Signature,
    /// The events' bytes, verbatim.
    pub events: Vec<&'b [u8]>,
    /// Sealed answers that these events name ([`crate::seal::Sealed`]).
    pub blobs: Vec<&'b [u8]>,
    /// The link after each event.
    links: Vec<ChainHash>,
}

/// One event of a batch that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// It could be read. Of an unknown type, its body is kept raw.
    Event(Box<Event>),
    /// The kiosk said that it is to be kept unread: quarantine it, and ack it.
    Opaque {
        /// Its number.
        seq: u64,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

/// A batch of which everything fits: signature, order, chain and every event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// What it holds.
    pub header: Header,
    /// The events, in order.
    pub entries: Vec<Entry>,
    /// The link after each event.
    pub links: Vec<ChainHash>,
}

impl<'b> Batch<'b> {
    /// Makes the bytes of a batch, signed, not yet compressed ([`super::pack`]). Whether the events fit the header is
    /// the caller's care: the kiosk's engine reads both from one journal.
    pub fn encode<E: AsRef<[u8]>, B: AsRef<[u8]>>(
        header: &Header,
        events: &[E],
        blobs: &[B],
        signer: &dyn Signer,
    ) -> Vec<u8> {
        let header_bytes = header.encode();
        let signature = signer.sign(&Header::signed_message(&header_bytes, header.h_last, blobs));
        let length: usize = events.iter().map(|e| e.as_ref().len() + 5).sum::<usize>()
            + blobs.iter().map(|b| b.as_ref().len() + 5).sum::<usize>();
        let mut e = Encoder::new(Vec::with_capacity(length + header_bytes.len() + 128));
        // Writing to memory cannot fail.
        let _ = put(&mut e, &header_bytes, &signature, events, blobs);
        e.into_writer()
    }

    /// Reads a batch. Strict: any other encoding of the same batch is refused. The chain goes through its events.
    ///
    /// # Errors
    /// The first thing that is wrong; the limits are checked before anything is kept.
    pub fn decode(bytes: &'b [u8]) -> Result<Self, Reason> {
        let mut take = Take::new(bytes)?;
        take.parts(6)?;
        take.version(VERSION)?;
        let header_bytes = take.bytes_up_to(MAX_HEADER, Reason::TooLarge)?;
        let algorithm = SignatureAlgorithm(take.u8()?);
        let signature = Signature {
            algorithm,
            bytes: take
                .bytes_up_to(Signature::LONGEST, Reason::BadSignature)?
                .to_vec(),
        };
        let count = take.list_up_to(MAX_EVENTS)?;
        let mut events = Vec::with_capacity(count);
        for _ in 0..count {
            events.push(take.bytes_up_to(MAX_EVENT, Reason::TooLarge)?);
        }
        let (header, links) = Header::with_links(header_bytes, &events)?;
        let count = take.list_up_to(MAX_BLOBS)?;
        let mut blobs = Vec::with_capacity(count);
        for _ in 0..count {
            blobs.push(take.bytes_up_to(MAX_INLINE_BLOB, Reason::BadBlob)?);
        }
        Ok(Batch {
            header,
            header_bytes,
            signature,
            events,
            blobs,
            links,
        })
    }

    /// The kiosk that a batch says it is of, the life of its record, and the numbers of the first and the last event: whose
    /// key is needed, and what is held, before the rest is worth reading. What it refuses [`Batch::decode`] refuses too.
    ///
    /// # Errors
    /// As [`Batch::decode`].
    pub fn place(bytes: &'b [u8]) -> Result<(DeviceId, Epoch, u64, u64), Reason> {
        let mut decoder = Decoder::new(bytes);
        let parts = decoder.array().ok().flatten();
        let version = decoder.u64().ok();
        match (parts, version, decoder.bytes()) {
            (Some(6), Some(version), Ok(header)) if version == u64::from(VERSION) => {
                Header::place(header)
            }
            // Which of its faults is named first is decided in one place.
            _ => Batch::decode(bytes).map(|Batch { header, .. }| {
                (header.device, header.epoch, header.first, header.last)
            }),
        }
    }

    /// Checks the signature only: enough for a batch of which the last link is held, for then all of it is.
    ///
    /// # Errors
    /// `BadSignature`, `UnknownAlgorithm`.
    pub fn verify_signature(&self, key: &dyn Verifier) -> Result<(), Reason> {
        key.verify(
            &Header::signed_message(self.header_bytes, self.header.h_last, &self.blobs),
            &self.signature,
        )
    }

    /// Checks all that can be checked without the hub's record: the signature first (so that nothing else is done for
    /// a stranger), and that each event can be read and stands in its place.
    ///
    /// # Errors
    /// `BadSignature`, `UnknownAlgorithm`; and with the number of the event `WrongPlace` and
    /// `Undecodable`. What is opaque is not read.
    pub fn verify(&self, key: &dyn Verifier) -> Result<Verified, Refusal> {
        self.verify_signature(key)?;
        let header = &self.header;
        let mut entries = Vec::with_capacity(self.events.len());
        for (seq, bytes) in (header.first..).zip(&self.events) {
            entries.push(self.entry(seq, bytes)?);
        }
        Ok(Verified {
            header: header.clone(),
            entries,
            links: self.links.clone(),
        })
    }

    /// A refusal of this batch that says by a link which batch it is, and of which stream: it goes back by mailbag, where
    /// no request stands beside it. Without a number the link is the one before the batch. A link that is in it stays.
    pub fn named(&self, refusal: Refusal) -> Refusal {
        if refusal.h.is_some() {
            return refusal;
        }
        let header = &self.header;
        let place = refusal.at.and_then(|at| at.checked_sub(header.first));
        let before = place.and_then(|place| usize::try_from(place).ok());
        let mut before = self.links.iter().take(before.unwrap_or(0));
        Refusal {
            h: Some(before.next_back().copied().unwrap_or(header.h_prev)),
            ..refusal
        }
    }

    fn entry(&self, seq: u64, bytes: &[u8]) -> Result<Entry, Refusal> {
        let header = &self.header;
        if header.opaque.binary_search(&seq).is_ok() {
            return Ok(Entry::Opaque {
                seq,
                bytes: bytes.to_vec(),
            });
        }
        let event = Event::decode(bytes).map_err(|_| Refusal::at(Reason::Undecodable, seq))?;
        let id = event.id();
        if id.device != header.device || id.epoch != header.epoch || id.seq.get() != seq {
            return Err(Refusal::at(Reason::WrongPlace, seq));
        }
        Ok(Entry::Event(Box::new(event)))
    }
}

fn put<E: AsRef<[u8]>, B: AsRef<[u8]>>(
    e: &mut Encoder<Vec<u8>>,
    header_bytes: &[u8],
    signature: &Signature,
    events: &[E],
    blobs: &[B],
) -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
    e.array(6)?
        .u8(VERSION)?
        .bytes(header_bytes)?
        .u8(signature.algorithm.0)?
        .bytes(&signature.bytes)?
        .array(events.len() as u64)?;
    for event in events {
        e.bytes(event.as_ref())?;
    }
    e.array(blobs.len() as u64)?;
    for blob in blobs {
        e.bytes(blob.as_ref())?;
    }
    Ok(())
}
