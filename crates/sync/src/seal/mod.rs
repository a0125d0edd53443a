//! Answers and files, readable by the hub alone.
//!
//! At submission they are compressed and sealed to the hub's public key, and the plain draft is erased: a stolen kiosk
//! or a lost stick gives nothing away, and the hub's database without its key neither. A sealed blob is one
//! deterministic CBOR item:
//!
//! ```text
//! sealed  = [ 2, algorithm, key name (8 bytes), blob id, encapsulated key, ciphertext ]
//! content = see `content.rs`                                              (what is sealed)
//! ```
//!
//! Algorithm 1 is HPKE (RFC 9180) in base mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and the export-only AEAD: for
//! each blob a key of its own is exported, bound to the kiosk and the blob's id, and the content is encrypted with
//! ChaCha20-Poly1305 under it, once, with a nonce of zeros. So blobs that are sealed in one transaction share one
//! encapsulated key ([`Sealing`]), which a batch carries only once; each can still be opened by itself, and nothing that
//! could open one is kept at the kiosk. The salt of a blob's hash in the journal is exported likewise, so it does not
//! travel ([`Sealing::salt`]); one that was drawn before the hub's key was known does.
//!
//! HPKE does not say who sealed; the salted hash in the journal's event does, which the hub compares after opening
//! ([`Content::matches`]). The algorithm's number leaves room for SM2 and SM4.

mod content;
mod ticket;

pub use content::without_id;
pub use ticket::FileTicket;

use std::cell::RefCell;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hpke::aead::{AeadCtxS, ExportOnlyAead};
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use minicbor::Encoder;
use onedoor_domain::event::BlobRef;
use onedoor_domain::id::{BlobId, DeviceId};
use onedoor_domain::personal::Personal;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::wire::take::Take;

/// Largest content that is sealed or opened, in bytes: a long recording or a photo.
pub const MAX_CONTENT: usize = 32 * 1024 * 1024;
/// Version of this format.
const VERSION: u8 = 2;
/// Separates these keys' use from every other.
const INFO: &[u8] = b"onedoor sealed v2";
/// Each key encrypts one content only.
const NONCE: [u8; 12] = [0; 12];

/// How it is sealed, as its byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SealAlgorithm {
    /// HPKE with X25519 and HKDF-SHA256, a key for each blob, ChaCha20-Poly1305.
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
    /// Sealed a second time within one [`Sealing`].
    #[error("SEA-008: this blob had been sealed already")]
    Twice,
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

/// One encapsulation to a hub's key, for all that one kiosk seals in one transaction. It is dropped with it: whoever holds
/// it can open what it sealed.
pub struct Sealing {
    hub: HubKey,
    device: DeviceId,
    encapsulated: [u8; 32],
    context: AeadCtxS<ExportOnlyAead, HkdfSha256, X25519HkdfSha256>,
    done: RefCell<Vec<BlobId>>,
}

impl std::fmt::Debug for Sealing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealing")
            .field("hub", &self.hub)
            .finish_non_exhaustive()
    }
}

impl Sealing {
    /// Begins with fresh randomness from the operating system.
    ///
    /// # Errors
    /// `NoRandomness`, `BadKey`.
    pub fn begin(hub: &HubKey, device: DeviceId) -> Result<Self, SealFault> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(|_| SealFault::NoRandomness)?;
        Self::begin_with(hub, device, &seed)
    }

    /// As [`Sealing::begin`], with 32 random bytes that are never used again: with the same, the same is sealed.
    ///
    /// # Errors
    /// `BadKey`.
    pub fn begin_with(hub: &HubKey, device: DeviceId, seed: &[u8; 32]) -> Result<Self, SealFault> {
        let (encapsulated, context) =
            hpke::setup_sender_with_rng::<ExportOnlyAead, HkdfSha256, X25519HkdfSha256>(
                &OpModeS::Base,
                &hub.key,
                INFO,
                &mut ChaCha20Rng::from_seed(*seed),
            )
            .map_err(|_| SealFault::BadKey)?;
        let mut bytes = [0; 32];
        bytes.copy_from_slice(&encapsulated.to_bytes());
        Ok(Sealing {
            hub: hub.clone(),
            device,
            encapsulated: bytes,
            context,
            done: RefCell::default(),
        })
    }

    /// The salt for this blob's hash in the journal; sealed with it, a content need not carry it.
    pub fn salt(&self, blob: BlobId) -> [u8; 32] {
        let mut salt = [0; 32];
        // 32 bytes are always given.
        let _ = self
            .context
            .export(&exported(b'S', self.device, blob), &mut salt);
        salt
    }

    /// Seals one blob.
    ///
    /// # Errors
    /// `TooLarge`; `Twice` for a blob that it sealed already, and `Malformed` for a role above 64 bytes.
    pub fn seal(&self, blob: BlobId, content: &Content) -> Result<Vec<u8>, SealFault> {
        // One key must never encrypt two contents.
        if self.done.borrow().contains(&blob) {
            return Err(SealFault::Twice);
        }
        let plain = content::encode(content, blob, &self.salt(blob))?;
        self.done.borrow_mut().push(blob);
        let mut key = Zeroizing::new([0; 32]);
        self.context
            .export(&exported(b'K', self.device, blob), &mut *key)
            .map_err(|_| SealFault::BadKey)?;
        let ciphertext = cipher(&key)
            .encrypt(&Nonce::from(NONCE), plain.as_slice())
            .map_err(|_| SealFault::TooLarge)?;
        let mut e = Encoder::new(Vec::with_capacity(ciphertext.len() + 96));
        // Writing to memory cannot fail.
        let _ = put(&mut e, &self.hub, blob, &self.encapsulated, &ciphertext);
        Ok(e.into_writer())
    }
}

fn cipher(key: &[u8; 32]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&Key::from(*key))
}

/// Seals one blob by itself, with fresh randomness from the operating system; its salt was drawn before, and travels.
///
/// # Errors
/// `TooLarge`, `NoRandomness`, `BadKey`, and `Malformed` for a role above 64 bytes.
pub fn seal(
    hub: &HubKey,
    device: DeviceId,
    blob: BlobId,
    content: &Content,
) -> Result<Vec<u8>, SealFault> {
    Sealing::begin(hub, device)?.seal(blob, content)
}

/// As [`seal`], with 32 random bytes that are never used again: with the same, the same is sealed.
///
/// # Errors
/// As [`seal`].
pub fn seal_with(
    hub: &HubKey,
    device: DeviceId,
    blob: BlobId,
    content: &Content,
    seed: &[u8; 32],
) -> Result<Vec<u8>, SealFault> {
    Sealing::begin_with(hub, device, seed)?.seal(blob, content)
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

/// Which blob a sealed one says that it is, from its first bytes (46 are enough): for files that come in pieces. `None`
/// where they are no sealed blob's.
pub fn blob_of_first_bytes(bytes: &[u8]) -> Option<BlobId> {
    let mut d = minicbor::Decoder::new(bytes);
    if d.array().ok()? != Some(6) || d.u8().ok()? != VERSION {
        return None;
    }
    d.u8().ok()?;
    d.bytes().ok()?;
    BlobId::from_slice(d.bytes().ok()?).ok()
}

/// Reads what is sealed, once it is decrypted: of this blob, with the salt that need not travel. [`Sealed::open`] does so;
/// by itself it shows that whoever can seal cannot harm whoever opens.
///
/// # Errors
/// `Malformed`.
pub fn read_content(plain: &[u8], blob: BlobId, salt: [u8; 32]) -> Result<Content, SealFault> {
    content::decode(plain, blob, salt)
}

/// What a secret is exported for: the key (`K`) or the salt (`S`) of this kiosk's this blob. Sealed for one, it does not
/// open as another's.
fn exported(what: u8, device: DeviceId, blob: BlobId) -> [u8; 25] {
    let mut bytes = [what; 25];
    bytes[1..9].copy_from_slice(&device.get().to_be_bytes());
    bytes[9..].copy_from_slice(blob.as_bytes());
    bytes
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
        let context = hpke::setup_receiver::<ExportOnlyAead, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &secret.key,
            &encapsulated,
            INFO,
        )
        .map_err(|_| SealFault::DoesNotOpen)?;
        let (mut key, mut salt) = (Zeroizing::new([0; 32]), [0; 32]);
        context
            .export(&exported(b'K', device, self.blob), &mut *key)
            .and_then(|()| context.export(&exported(b'S', device, self.blob), &mut salt))
            .map_err(|_| SealFault::DoesNotOpen)?;
        let plain = cipher(&key)
            .decrypt(&Nonce::from(NONCE), self.ciphertext)
            .map(Zeroizing::new)
            .map_err(|_| SealFault::DoesNotOpen)?;
        content::decode(&plain, self.blob, salt)
    }
}
