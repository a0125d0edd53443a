//! The header of a batch: what is signed.

use minicbor::Encoder;
use onedoor_domain::event::ChainHash;
use onedoor_domain::id::{DeviceId, Epoch};

use super::take::Take;
use super::{MAX_EVENTS, Reason, VERSION};

/// Largest event number: it fits a signed SQL integer with room for the next one ([`onedoor_domain::id::Seq`]).
const LARGEST_SEQ: u64 = i64::MAX as u64 - 1;

/// Largest number of a mailbox item that is believed: a hub counts on from what a kiosk says it has seen, and must not come
/// to the end of a signed SQL integer by it.
const LARGEST_CURSOR: u64 = 1 << 62;
/// Begins every message that is signed for a batch, so that such a signature fits nothing else.
const SIGNED_AS: &[u8] = b"onedoor batch v1\0";

/// Of the last link so much is sent, to tell a broken chain from a forged batch; the whole of it follows from the events,
/// and is signed.
const LINK_SENT: usize = 8;

/// Says what a batch holds. A batch without events asks for the mailbox only; then `last` is `first` less one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The kiosk.
    pub device: DeviceId,
    /// The life of its record.
    pub epoch: Epoch,
    /// Number of the first event, from 1.
    pub first: u64,
    /// Number of the last event.
    pub last: u64,
    /// The link before the first event; of the epoch's beginning where `first` is 1.
    pub h_prev: ChainHash,
    /// The link after the last event; `h_prev` where there is none.
    pub h_last: ChainHash,
    /// Number of the last mailbox item that the kiosk has applied, 0 for none.
    pub cursor: u64,
    /// Events that the hub is not to read but only to keep, in order: it could not read them before.
    pub opaque: Vec<u64>,
}

impl Header {
    /// How many events the batch holds.
    pub fn events(&self) -> u64 {
        (self.last + 1).saturating_sub(self.first)
    }

    /// The bytes that are sent. Deterministic: the same header has the same bytes. Of `h_last` only the first 8 bytes are
    /// in them.
    pub fn encode(&self) -> Vec<u8> {
        let mut e = Encoder::new(Vec::with_capacity(128));
        // Writing to memory cannot fail.
        let _ = self.put(&mut e);
        e.into_writer()
    }

    fn put(
        &self,
        e: &mut Encoder<Vec<u8>>,
    ) -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
        e.array(9)?
            .u8(VERSION)?
            .u64(self.device.get())?
            .u64(self.epoch.get())?
            .u64(self.first)?
            .u64(self.last)?
            .bytes(&self.h_prev.0)?
            .bytes(&self.h_last.0[..LINK_SENT])?
            .u64(self.cursor)?
            .array(self.opaque.len() as u64)?;
        for seq in &self.opaque {
            e.u64(*seq)?;
        }
        Ok(())
    }

    /// Reads a header beside its events. Its numbers fit one another and the events when it returns, and the chain goes
    /// from `h_prev` through the events to `h_last`.
    ///
    /// # Errors
    /// `NotCbor`, `UnknownVersion`, `Malformed`, `NotInOrder` (`last` before `first`, an opaque number outside or out
    /// of order, another count of events), `TooMany`, `BrokenChain`.
    pub fn decode<E: AsRef<[u8]>>(bytes: &[u8], events: &[E]) -> Result<Self, Reason> {
        Self::with_links(bytes, events).map(|(header, _)| header)
    }

    /// As [`Header::decode`], with the link after each event.
    pub(crate) fn with_links<E: AsRef<[u8]>>(
        bytes: &[u8],
        events: &[E],
    ) -> Result<(Self, Vec<ChainHash>), Reason> {
        let mut take = Take::new(bytes)?;
        take.parts(9)?;
        take.version(VERSION)?;
        let mut header = Header {
            device: take.id()?,
            epoch: take.id()?,
            first: take.u64()?,
            last: take.u64()?,
            h_prev: take.hash()?,
            h_last: ChainHash([0; 32]),
            cursor: 0,
            opaque: Vec::new(),
        };
        let last_link: [u8; LINK_SENT] = take.array()?;
        header.cursor = take.u64()?;
        if header.cursor > LARGEST_CURSOR {
            return Err(Reason::Malformed);
        }
        if header.first < 1 || header.last > LARGEST_SEQ || header.first > header.last + 1 {
            return Err(Reason::NotInOrder);
        }
        if header.events() > MAX_EVENTS as u64 {
            return Err(Reason::TooMany);
        }
        let opaque = take.list_up_to(MAX_EVENTS)?;
        for _ in 0..opaque {
            let seq = take.u64()?;
            let follows = header.opaque.last().is_none_or(|before| *before < seq);
            if !follows || seq < header.first || seq > header.last {
                return Err(Reason::NotInOrder);
            }
            header.opaque.push(seq);
        }
        if header.first == 1 && header.h_prev != ChainHash::genesis(header.device, header.epoch) {
            return Err(Reason::BrokenChain);
        }
        if header.events() != events.len() as u64 {
            return Err(Reason::NotInOrder);
        }
        let links = events.iter().scan(header.h_prev, |link, event| {
            *link = link.next(event.as_ref());
            Some(*link)
        });
        let links: Vec<_> = links.collect();
        header.h_last = links.last().copied().unwrap_or(header.h_prev);
        if !header.h_last.0.starts_with(&last_link) {
            return Err(Reason::BrokenChain);
        }
        Ok((header, links))
    }

    /// The kiosk that a header names, the life of its record, and the numbers of the first and the last event; nothing else
    /// is looked at.
    pub(crate) fn place(bytes: &[u8]) -> Result<(DeviceId, Epoch, u64, u64), Reason> {
        let mut take = Take::new(bytes)?;
        take.parts(9)?;
        take.version(VERSION)?;
        Ok((take.id()?, take.id()?, take.u64()?, take.u64()?))
    }

    /// The message that is signed: the header as it is sent and, besides, what does not travel in it: the last link, and
    /// the sealed blobs.
    pub(crate) fn signed_message<B: AsRef<[u8]>>(
        header_bytes: &[u8],
        h_last: ChainHash,
        blobs: impl IntoIterator<Item = B>,
    ) -> Vec<u8> {
        let mut hasher = blake3::Hasher::new();
        for blob in blobs {
            let blob = blob.as_ref();
            hasher.update(&(blob.len() as u64).to_be_bytes());
            hasher.update(blob);
        }
        let mut message = Vec::with_capacity(SIGNED_AS.len() + 64 + header_bytes.len());
        message.extend_from_slice(SIGNED_AS);
        message.extend_from_slice(hasher.finalize().as_bytes());
        message.extend_from_slice(&h_last.0);
        message.extend_from_slice(header_bytes);
        message
    }
}
