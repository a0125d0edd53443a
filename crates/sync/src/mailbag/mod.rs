//! The mailbag: the same signed batches and sealed files on a USB stick, for stations that no network reaches; and the
//! hub's answers back the same way.
//!
//! A bag is one file, encrypted with age (<https://age-encryption.org/v1>) to the hub, or back to one kiosk, so that
//! whoever carries it can neither read nor change it; an administrator who holds the key can look into it with the
//! `age` tool. Inside are parts, each with its kind and length, and at the end their number and the hash of all:
//!
//! ```text
//! "ONEDOORBAG1\0"  { kind u8, length u32 big-endian, bytes }…  0x00, count u32, BLAKE3 of all before
//! ```
//!
//! Importing a bag twice, or one after a newer one, does no harm: a batch in it is taken as by the network. Answers are
//! signed by the hub, because anyone can encrypt to a kiosk.

mod answer;
mod read;
mod write;

pub use answer::{MAX_ARRIVED, SignedArrivals, SignedReply};
pub use read::{BagReader, Part, open};
pub use write::{BagWriter, Exported, address, export};

use std::str::FromStr;

use thiserror::Error;

/// Begins the content of a bag.
const MAGIC: &[u8; 12] = b"ONEDOORBAG1\0";
/// Most parts in a bag.
pub const MAX_PARTS: u32 = 100_000;
/// Largest part, in bytes: a sealed file with its ticket.
pub const MAX_PART: usize = crate::seal::MAX_CONTENT + 64 * 1024;

/// Kinds of part.
const END: u8 = 0;
const BATCH: u8 = 1;
const FILE: u8 = 2;
const REPLY: u8 = 3;
const ENROL: u8 = 4;
const ENROL_ANSWER: u8 = 5;
const BUNDLE: u8 = 6;
const ARRIVED: u8 = 7;
/// Largest piece of a bundle in a bag, in bytes.
pub const BUNDLE_PIECE: usize = 1024 * 1024;

/// Why a bag could not be written or read. What was read before stays good: each part stands for itself.
#[derive(Debug, Error)]
pub enum BagFault {
    /// Reading or writing the stick failed.
    #[error("BAG-001: the stick could not be read or written: {0}")]
    Stick(#[from] std::io::Error),
    /// Not encrypted to this key.
    #[error("BAG-002: this mailbag is meant for another")]
    OtherKey,
    /// Not a bag, cut short, or changed.
    #[error("BAG-003: this mailbag is damaged or not one")]
    Damaged,
    /// A part, or their number, is beyond the limits.
    #[error("BAG-004: this mailbag holds more than is taken")]
    TooLarge,
    /// The journal could not be read.
    #[error("BAG-005: {0}")]
    Journal(#[from] crate::engine::JournalFault),
    /// The journal's links do not fit its events from this number on.
    #[error("BAG-006: the journal did not fit its links at event {0}")]
    JournalDamaged(u64),
    /// A batch could not be made.
    #[error("BAG-007: {0}")]
    Wire(#[from] crate::wire::Reason),
    /// The key is not one.
    #[error("BAG-008: the key for mailbags could not be used")]
    BadKey,
}

/// To whom a bag is encrypted: an age recipient (`age1…`).
#[derive(Debug, Clone)]
pub struct BagAddress(age::x25519::Recipient);

impl FromStr for BagAddress {
    type Err = BagFault;

    fn from_str(text: &str) -> Result<Self, BagFault> {
        text.trim()
            .parse()
            .map(BagAddress)
            .map_err(|_| BagFault::BadKey)
    }
}

impl std::fmt::Display for BagAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What opens a bag: an age identity (`AGE-SECRET-KEY-1…`), kept as a credential. `Debug` does not show it.
pub struct BagKey(age::x25519::Identity);

impl BagKey {
    /// A new one, from the operating system's randomness.
    pub fn generate() -> Self {
        BagKey(age::x25519::Identity::generate())
    }

    /// The other half.
    pub fn address(&self) -> BagAddress {
        BagAddress(self.0.to_public())
    }

    /// As it is kept.
    pub fn to_secret(&self) -> zeroize::Zeroizing<String> {
        use age::secrecy::ExposeSecret;
        zeroize::Zeroizing::new(self.0.to_string().expose_secret().to_owned())
    }
}

impl FromStr for BagKey {
    type Err = BagFault;

    fn from_str(text: &str) -> Result<Self, BagFault> {
        text.trim()
            .parse()
            .map(BagKey)
            .map_err(|_| BagFault::BadKey)
    }
}

impl std::fmt::Debug for BagKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("BagKey").field(&self.address()).finish()
    }
}
