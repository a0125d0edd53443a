//! Signatures, with a byte that says of which kind.

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};

use super::Reason;

/// The kind of a signature, as its byte on the wire. A kind that is not known here is carried as it is and refused by
/// the key that it is checked with. SM2 with SM3 (GB/T 32918) will be 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignatureAlgorithm(pub u8);

impl SignatureAlgorithm {
    /// Ed25519 (RFC 8032), 64 bytes.
    pub const ED25519: SignatureAlgorithm = SignatureAlgorithm(1);
}

/// A signature and its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Its kind.
    pub algorithm: SignatureAlgorithm,
    /// Its bytes, at most [`Signature::LONGEST`].
    pub bytes: Vec<u8>,
}

impl Signature {
    /// Longest signature that is read, in bytes; room for SM2 in DER.
    pub const LONGEST: usize = 96;
}

/// Something that signs with the device's key. A trait, because a key may lie in a TPM.
pub trait Signer {
    /// Signs the message.
    fn sign(&self, message: &[u8]) -> Signature;
}

/// Something that knows whether a signature fits.
pub trait Verifier {
    /// `UnknownAlgorithm` for a kind that this key does not make, `BadSignature` where it does not fit.
    fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), Reason>;
}

/// The device's own Ed25519 key. `Debug` does not show it; it is wiped when dropped.
pub struct DeviceKey(SigningKey);

impl DeviceKey {
    /// From the 32 secret bytes of RFC 8032 §5.1.5, random from the operating system.
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        DeviceKey(SigningKey::from_bytes(secret))
    }

    /// The other half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }
}

impl std::fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("DeviceKey").field(&self.public()).finish()
    }
}

impl Signer for DeviceKey {
    fn sign(&self, message: &[u8]) -> Signature {
        Signature {
            algorithm: SignatureAlgorithm::ED25519,
            bytes: self.0.sign(message).to_bytes().to_vec(),
        }
    }
}

/// The key of a device, or of the hub, by which its signatures are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// From its 32 bytes; `Malformed` where they are no key.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Reason> {
        VerifyingKey::from_bytes(bytes)
            .map(PublicKey)
            .map_err(|_| Reason::Malformed)
    }

    /// Its 32 bytes.
    pub fn to_bytes(self) -> [u8; 32] {
        self.0.to_bytes()
    }
}

impl Verifier for PublicKey {
    fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), Reason> {
        if signature.algorithm != SignatureAlgorithm::ED25519 {
            return Err(Reason::UnknownAlgorithm);
        }
        let bytes: &[u8; 64] = signature
            .bytes
            .as_slice()
            .try_into()
            .map_err(|_| Reason::BadSignature)?;
        // Strict: one message, one key, one signature; no small-order tricks between hub and auditors.
        self.0
            .verify_strict(message, &ed25519_dalek::Signature::from_bytes(bytes))
            .map_err(|_| Reason::BadSignature)
    }
}
