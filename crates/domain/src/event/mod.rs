//! An event: its envelope, its one encoding, and the hash chain through all events of an epoch.
//!
//! An event is a CBOR array, deterministically encoded ([`crate::cbor`]):
//!
//! ```text
//! [ algorithm, type, version, device, epoch, seq,
//!   wall ms, boot id, monotonic ms, clock quality,
//!   [actor kind, id?], case id | null, [[blob id, length, salted hash], …], body ]
//! ```
//!
//! The bytes are made once and kept and forwarded as they are. Personal values never stand in an event: they lie in
//! blobs, of which the event holds id, length and salted hash, so that they can be erased without breaking the chain.

mod body;
mod moves;
mod wire;

pub use body::*;
pub use moves::MoveKind;

use minicbor::{Decoder, Encoder};
use thiserror::Error;

use crate::cbor::{self, CborFault};
use crate::clock::{BootId, ClockQuality, Stamp};
use crate::id::{BlobId, CaseId, DeviceId, Epoch, EventId, Seq};

/// Largest event that is read or written, in bytes; anything longer belongs into a blob.
pub const MAX_EVENT: usize = 64 * 1024;

/// The hash of the chain and of blobs, as the first byte of an event; leaves room for SM3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Algorithm {
    /// BLAKE3 with 32 bytes.
    Blake3 = 1,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The kiosk itself: faults, clock, erasing at the end of the retention.
    Machine,
    /// The person at the screen.
    Resident,
    /// Someone beside them: neighbour, child, cadre, with no staff id.
    Helper,
    /// A member of staff, by staff id.
    Staff(String),
}

/// A blob as an event knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlobRef {
    /// Its name.
    pub id: BlobId,
    /// Its length in bytes.
    pub length: u64,
    /// BLAKE3 of its bytes, keyed with its salt; with the salt erased it says nothing.
    pub hash: [u8; 32],
}

impl BlobRef {
    /// The reference for these bytes under a fresh random salt.
    pub fn new(id: BlobId, salt: &[u8; 32], bytes: &[u8]) -> Self {
        BlobRef {
            id,
            length: bytes.len() as u64,
            hash: *blake3::keyed_hash(salt, bytes).as_bytes(),
        }
    }

    /// True where these are the bytes that were meant.
    pub fn matches(&self, salt: &[u8; 32], bytes: &[u8]) -> bool {
        // blake3's comparison takes the same time whatever differs.
        self.length == bytes.len() as u64 && blake3::keyed_hash(salt, bytes) == self.hash
    }
}

/// What is known of an event before the record gives it its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// When.
    pub stamp: Stamp,
    /// Who.
    pub actor: Actor,
    /// Which case it belongs to, if any.
    pub case: Option<CaseId>,
    /// What it refers to outside the chain.
    pub blobs: Vec<BlobRef>,
    /// What happened.
    pub body: EventBody,
}

impl NewEvent {
    /// An event without blobs.
    pub fn new(
        stamp: Stamp,
        actor: Actor,
        case: Option<CaseId>,
        body: impl Into<EventBody>,
    ) -> Self {
        NewEvent {
            stamp,
            actor,
            case,
            blobs: Vec::new(),
            body: body.into(),
        }
    }

    /// Gives it its place and encodes it, once and for all.
    pub fn seal(self, id: EventId) -> Result<Event, EventError> {
        let mut encoder = Encoder::new(Vec::with_capacity(256));
        wire::put_envelope(&mut encoder, id, &self).map_err(|_| EventError::Malformed)?;
        let bytes = encoder.into_writer();
        if bytes.len() > MAX_EVENT {
            return Err(EventError::TooLong(bytes.len()));
        }
        Ok(Event {
            id,
            content: self,
            bytes,
        })
    }
}

/// One thing that happened, with the bytes that say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    id: EventId,
    content: NewEvent,
    bytes: Vec<u8>,
}

/// Why bytes are not an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EventError {
    /// Longer than [`MAX_EVENT`].
    #[error("an event of {0} bytes is too long")]
    TooLong(usize),
    /// Not deterministic CBOR.
    #[error("not deterministic CBOR: {0}")]
    Cbor(#[from] CborFault),
    /// Hashed in a way that this version does not know.
    #[error("unknown algorithm {0}")]
    UnknownAlgorithm(u8),
    /// The envelope, or the body of a known type, does not have the right parts.
    #[error("not an event")]
    Malformed,
}

impl Event {
    /// Reads an event. Strict: any other encoding of the same content is refused. A type or version that is not
    /// known here is kept raw in [`EventBody::Other`].
    pub fn decode(bytes: &[u8]) -> Result<Self, EventError> {
        if bytes.len() > MAX_EVENT {
            return Err(EventError::TooLong(bytes.len()));
        }
        cbor::check(bytes)?;
        let mut decoder = Decoder::new(bytes);
        let (id, content) = wire::take_envelope(&mut decoder)?;
        Ok(Event {
            id,
            content,
            bytes: bytes.to_vec(),
        })
    }

    /// Its name.
    pub fn id(&self) -> EventId {
        self.id
    }

    /// The bytes, verbatim.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// When.
    pub fn stamp(&self) -> &Stamp {
        &self.content.stamp
    }

    /// Who.
    pub fn actor(&self) -> &Actor {
        &self.content.actor
    }

    /// Which case it belongs to.
    pub fn case(&self) -> Option<CaseId> {
        self.content.case
    }

    /// What it refers to outside the chain.
    pub fn blobs(&self) -> &[BlobRef] {
        &self.content.blobs
    }

    /// What happened.
    pub fn body(&self) -> &EventBody {
        &self.content.body
    }
}

/// A link of the chain: hₙ = BLAKE3(hₙ₋₁ ‖ event bytes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChainHash(pub [u8; 32]);

impl ChainHash {
    /// h₀ of an epoch: bound to kiosk and epoch, so a chain cannot be passed off as another's.
    pub fn genesis(device: DeviceId, epoch: Epoch) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"onedoor journal chain v1\0");
        hasher.update(&device.get().to_be_bytes());
        hasher.update(&epoch.get().to_be_bytes());
        ChainHash(*hasher.finalize().as_bytes())
    }

    /// The next link.
    pub fn next(&self, event_bytes: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0);
        hasher.update(event_bytes);
        ChainHash(*hasher.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests;
