//! Answers and files, readable by the hub alone.
//!
//! At submission they are compressed and sealed to the hub's public key, and the plain draft is erased: a stolen kiosk
//! or a lost stick gives nothing away, and the hub's database without its key neither. A sealed blob is one
//! deterministic CBOR item:
//!
//! ```text
//! sealed  = [ 1, algorithm, key name (8 bytes), blob id, encapsulated key, ciphertext ]
//! content = [ salt, role, 0 plain | 1 zstd, bytes ]          (what is sealed)
//! ```
//!
//! Algorithm 1 is HPKE (RFC 9180) in base mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and ChaCha20-Poly1305. HPKE
//! does not say who sealed; the salted hash in the journal's event does, which the hub compares after opening
//! ([`Content::matches`]). The number leaves room for SM2 and SM4.

mod ticket;

pub use ticket::FileTicket;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use minicbor::Encoder;
use onedoor_domain::event::BlobRef;
use onedoor_domain::id::{BlobId, DeviceId};
use onedoor_domain::personal::Personal;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::wire::Dictionary;
use crate::wire::pack::{pack, unpack_up_to};
use crate::wire::take::Take;

/// Largest content that is sealed or opened, in bytes: a long recording or a photo.
pub const MAX_CONTENT: usize = 32 * 1024 * 1024;
/// Longest name of a role, in bytes.
const MAX_ROLE: usize = 64;
/// Version of this format.
const VERSION: u8 = 1;
/// Separates these keys' use from every other.
const INFO: &[u8] = b"onedoor sealed v1";

/// How it is sealed, as its byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SealAlgorithm {
    /// HPKE: X25519, HKDF-SHA256, ChaCha20-Poly1305.
    HpkeX25519ChaCha = 1,
}

/// Why something could not be sealed or opened. The texts name nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealFault {
    /// The bytes are not a sealed blob.
    #[error("SEA-001: these bytes were not a sealed blob")]
    Malformed,
    /// Sealed in a way that is not known here.
    #[error("SEA-002: it was sealed in a way that is not known here ({0})")]
    UnknownAlgorithm(u8),
    /// Sealed to another key.
    #[error("SEA-003: it was sealed to another key")]
    OtherKey,
    /// Changed since, or sealed by or as something else.
    #[error("SEA-004: it was changed, or belongs to another kiosk or blob")]
    DoesNotOpen,
    /// More than [`MAX_CONTENT`].
    #[error("SEA-005: it was too large")]
    TooLarge,
    /// The key is not one.
    #[error("SEA-006: the key could not be used")]
    BadKey,
    /// The system gave no randomness.
    #[error("SEA-007: the system gave no random bytes")]
    NoRandomness,
}

/// The hub's public key for sealing.
#[derive(Clone, PartialEq, Eq)]
pub struct HubKey {
    key: <X25519HkdfSha256 as Kem>::PublicKey,
    bytes: [u8; 32],
}

impl HubKey {
    /// From its 32 bytes (RFC 7748); `BadKey` where they are no key.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, SealFault> {
        let key = Deserializable::from_bytes(bytes).map_err(|_| SealFault::BadKey)?;
        Ok(HubKey { key, bytes: *bytes })
    }

    /// Its 32 bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.bytes
    }

    /// Its short name, by which a hub with several keys finds the right one.
    pub fn name(&self) -> [u8; 8] {
        let mut name = [0; 8];
        name.copy_from_slice(&blake3::hash(&self.bytes).as_bytes()[..8]);
        name
    }
}

impl std::fmt::Debug for HubKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HubKey({:016x})", u64::from_be_bytes(self.name()))
    }
}

/// The hub's private key: a credential of its process, never in its database or backups. `Debug` does not show it.
pub struct HubSecret {
    key: <X25519HkdfSha256 as Kem>::PrivateKey,
    public: HubKey,
}

impl HubSecret {
    /// From 32 or more bytes of random material (RFC 9180 `DeriveKeyPair`); the same material gives the same key.
    pub fn derive(material: &[u8]) -> Result<Self, SealFault> {
        if material.len() < 32 {
            return Err(SealFault::BadKey);
        }
        let (key, public) = X25519HkdfSha256::derive_keypair(material);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(&public.to_bytes());
        Ok(HubSecret {
            key,
            public: HubKey { key: public, bytes },
        })
    }

    /// The other half.
    pub fn public(&self) -> &HubKey {
        &self.public
    }
}

impl std::fmt::Debug for HubSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("HubSecret").field(&self.public).finish()
    }
}

/// What is sealed.
#[derive(Debug, Clone)]
pub struct Content {
    /// The salt of the blob's hash in the journal.
    pub salt: [u8; 32],
    /// What it is: `answers`, `voice`, `photo` …
    pub role: String,
    /// The bytes.
    pub bytes: Personal<Vec<u8>>,
}

impl Content {
    /// True where this is what the journal's event names: only then did the kiosk itself seal it.
    pub fn matches(&self, reference: &BlobRef) -> bool {
        reference.matches(&self.salt, self.bytes.expose())
    }
}

/// A sealed blob, as it was read; it borrows the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed<'b> {
    /// How.
    pub algorithm: SealAlgorithm,
    /// To which key ([`HubKey::name`]).
    pub key: [u8; 8],
    /// Which blob of the journal.
    pub blob: BlobId,
    encapsulated: [u8; 32],
    ciphertext: &'b [u8],
}

/// Seals with fresh randomness from the operating system.
///
/// # Errors
/// `TooLarge`, `NoRandomness`, `BadKey`, and `Malformed` for a role above 64 bytes.
pub fn seal(
    hub: &HubKey,
    device: DeviceId,
    blob: BlobId,
    content: &Content,
) -> Result<Vec<u8>, SealFault> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(|_| SealFault::NoRandomness)?;
    seal_with(hub, device, blob, content, &seed)
}

/// As [`seal`], with 32 random bytes that are never used again: with the same, the same is sealed.
pub fn seal_with(
    hub: &HubKey,
    device: DeviceId,
    blob: BlobId,
    content: &Content,
    seed: &[u8; 32],
) -> Result<Vec<u8>, SealFault> {
    let plain = content_bytes(content)?;
    let (encapsulated, ciphertext) =
        hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &hub.key,
            INFO,
            &plain,
            &belongs_to(device, blob),
            &mut ChaCha20Rng::from_seed(*seed),
        )
        .map_err(|_| SealFault::BadKey)?;
    let mut e = Encoder::new(Vec::with_capacity(ciphertext.len() + 96));
    // Writing to memory cannot fail.
    let _ = put(&mut e, hub, blob, &encapsulated.to_bytes(), &ciphertext);
    Ok(e.into_writer())
}

fn put(
    e: &mut Encoder<Vec<u8>>,
    hub: &HubKey,
    blob: BlobId,
    encapsulated: &[u8],
    ciphertext: &[u8],
) -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
    e.array(6)?
        .u8(VERSION)?
        .u8(SealAlgorithm::HpkeX25519ChaCha as u8)?
        .bytes(&hub.name())?
        .bytes(blob.as_bytes())?
        .bytes(encapsulated)?
        .bytes(ciphertext)?;
    Ok(())
}

/// Which kiosk's which blob: sealed for one, it does not open as another's.
fn belongs_to(device: DeviceId, blob: BlobId) -> [u8; 24] {
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&device.get().to_be_bytes());
    bytes[8..].copy_from_slice(blob.as_bytes());
    bytes
}

fn content_bytes(content: &Content) -> Result<Zeroizing<Vec<u8>>, SealFault> {
    let bytes = content.bytes.expose();
    if bytes.len() > MAX_CONTENT {
        return Err(SealFault::TooLarge);
    }
    if content.role.len() > MAX_ROLE {
        return Err(SealFault::Malformed);
    }
    // Photos and recordings do not get smaller; then they go as they are.
    let packed = pack(bytes, Dictionary::None)
        .ok()
        .map(Zeroizing::new)
        .filter(|packed| packed.len() < bytes.len());
    let (how, bytes) = match &packed {
        Some(packed) => (1, packed.as_slice()),
        None => (0, bytes.as_slice()),
    };
    let mut e = Encoder::new(Vec::with_capacity(bytes.len() + 128));
    // Writing to memory cannot fail.
    let _ = e
        .array(4)
        .and_then(|e| e.bytes(&content.salt))
        .and_then(|e| e.str(&content.role))
        .and_then(|e| e.u8(how))
        .and_then(|e| e.bytes(bytes));
    Ok(Zeroizing::new(e.into_writer()))
}

impl<'b> Sealed<'b> {
    /// Reads a sealed blob; opens nothing.
    ///
    /// # Errors
    /// `TooLarge`, `UnknownAlgorithm`, `Malformed`.
    pub fn decode(bytes: &'b [u8]) -> Result<Self, SealFault> {
        if bytes.len() > MAX_CONTENT + 1024 {
            return Err(SealFault::TooLarge);
        }
        let malformed = |_| SealFault::Malformed;
        let mut take = Take::new(bytes).map_err(malformed)?;
        take.parts(6).map_err(malformed)?;
        take.version(VERSION).map_err(malformed)?;
        let algorithm = match take.u8().map_err(malformed)? {
            1 => SealAlgorithm::HpkeX25519ChaCha,
            other => return Err(SealFault::UnknownAlgorithm(other)),
        };
        Ok(Sealed {
            algorithm,
            key: take.array().map_err(malformed)?,
            blob: BlobId::from_bytes(take.array().map_err(malformed)?),
            encapsulated: take.array().map_err(malformed)?,
            ciphertext: take.bytes().map_err(malformed)?,
        })
    }

    /// Opens it, as a blob of this kiosk. Compare the content with the journal's event ([`Content::matches`]).
    ///
    /// # Errors
    /// `OtherKey`, `DoesNotOpen`, `TooLarge`, `Malformed`.
    pub fn open(&self, device: DeviceId, secret: &HubSecret) -> Result<Content, SealFault> {
        if self.key != secret.public.name() {
            return Err(SealFault::OtherKey);
        }
        let encapsulated =
            Deserializable::from_bytes(&self.encapsulated).map_err(|_| SealFault::Malformed)?;
        let plain = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &secret.key,
            &encapsulated,
            INFO,
            self.ciphertext,
            &belongs_to(device, self.blob),
        )
        .map(Zeroizing::new)
        .map_err(|_| SealFault::DoesNotOpen)?;
        take_content(&plain)
    }
}

fn take_content(plain: &[u8]) -> Result<Content, SealFault> {
    let malformed = |_| SealFault::Malformed;
    let mut take = Take::new(plain).map_err(malformed)?;
    take.parts(4).map_err(malformed)?;
    let salt = take.array().map_err(malformed)?;
    let role = take.text_up_to(MAX_ROLE).map_err(malformed)?.to_owned();
    let how = take.u8().map_err(malformed)?;
    let bytes = take.bytes().map_err(malformed)?;
    let bytes = match how {
        0 => bytes.to_vec(),
        1 => unpack_up_to(bytes, Dictionary::None, MAX_CONTENT).map_err(malformed)?,
        _ => return Err(SealFault::Malformed),
    };
    Ok(Content {
        salt,
        role,
        bytes: Personal::new(bytes),
    })
}
