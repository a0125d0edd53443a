//! The header of a batch: what is signed.

use minicbor::Encoder;
use onedoor_domain::event::ChainHash;
use onedoor_domain::id::{DeviceId, Epoch};

use super::take::Take;
use super::{MAX_EVENTS, Reason, VERSION};

/// Largest event number: it fits a signed SQL integer with room for the next one ([`onedoor_domain::id::Seq`]).
const LARGEST_SEQ: u64 = i64::MAX as u64 - 1;

/// Begins every message that is signed for a batch, so that such a signature fits nothing else.
const SIGNED_AS: &[u8] = b"onedoor batch v1\0";

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

    /// The bytes that are signed and sent. Deterministic: the same header has the same bytes.
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
            .bytes(&self.h_last.0)?
            .u64(self.cursor)?
            .array(self.opaque.len() as u64)?;
        for seq in &self.opaque {
            e.u64(*seq)?;
        }
        Ok(())
    }

    /// Reads a header. Its numbers fit one another when it returns.
    ///
    /// # Errors
    /// `NotCbor`, `UnknownVersion`, `Malformed`, `NotInOrder` (`last` before `first`, an opaque number outside or out
    /// of order), `TooMany`.
    pub fn decode(bytes: &[u8]) -> Result<Self, Reason> {
        let mut take = Take::new(bytes)?;
        take.parts(9)?;
        take.version(VERSION)?;
        let mut header = Header {
            device: take.id()?,
            epoch: take.id()?,
            first: take.u64()?,
            last: take.u64()?,
            h_prev: take.hash()?,
            h_last: take.hash()?,
            cursor: take.u64()?,
            opaque: Vec::new(),
        };
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
        if header.events() == 0 && header.h_prev != header.h_last {
            return Err(Reason::BrokenChain);
        }
        Ok(header)
    }

    /// The message that is signed: the header and, besides, the sealed blobs, of which nothing travels in the header.
    pub(crate) fn signed_message<B: AsRef<[u8]>>(
        header_bytes: &[u8],
        blobs: impl IntoIterator<Item = B>,
    ) -> Vec<u8> {
        let mut hasher = blake3::Hasher::new();
        for blob in blobs {
            let blob = blob.as_ref();
            hasher.update(&(blob.len() as u64).to_be_bytes());
            hasher.update(blob);
        }
        let mut message = Vec::with_capacity(SIGNED_AS.len() + 32 + header_bytes.len());
        message.extend_from_slice(SIGNED_AS);
        message.extend_from_slice(hasher.finalize().as_bytes());
        message.extend_from_slice(header_bytes);
        message
    }
}
