//! Keys of the hub, and bundles that it has for a kiosk.

use minicbor::{Decode, Encode};

use crate::mailbag::{BagAddress, BagFault};
use crate::seal::{HubKey, SealFault};
use crate::wire::{PublicKey, Reason};

/// The public keys of a hub. Each serves one purpose; all are replaced together, by number.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HubKeys {
    /// Rises with each change; a lower one than the one that is held is old.
    #[n(0)]
    pub serial: u64,
    /// Ed25519 (RFC 8032): signs answers in mailbags, tokens and enrolments.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub signs: [u8; 32],
    /// X25519 (RFC 7748): answers are sealed to it.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub seals: [u8; 32],
    /// age recipient (`age1…`): mailbags are encrypted to it.
    #[n(3)]
    pub bags: String,
}

impl HubKeys {
    /// The key that checks the hub's signatures.
    ///
    /// # Errors
    /// `Malformed` where it is no key.
    pub fn verifier(&self) -> Result<PublicKey, Reason> {
        PublicKey::from_bytes(&self.signs)
    }

    /// The key to seal to.
    ///
    /// # Errors
    /// `BadKey`.
    pub fn sealing(&self) -> Result<HubKey, SealFault> {
        HubKey::from_bytes(&self.seals)
    }

    /// Where mailbags go.
    ///
    /// # Errors
    /// `BadKey`.
    pub fn bag(&self) -> Result<BagAddress, BagFault> {
        self.bags.parse()
    }

    /// The bytes, as they are signed and kept.
    pub fn encode(&self) -> Vec<u8> {
        super::to_vec(self)
    }

    /// Reads them; each must be a key.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn decode(bytes: &[u8]) -> Result<Self, Reason> {
        let keys: HubKeys = minicbor::decode(bytes).map_err(|_| Reason::Malformed)?;
        keys.check()?;
        Ok(keys)
    }

    /// Each must be a key.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn check(&self) -> Result<(), Reason> {
        self.verifier()?;
        self.sealing().map_err(|_| Reason::Malformed)?;
        self.bag().map_err(|_| Reason::Malformed)?;
        Ok(())
    }
}

/// A signed bundle that the hub has for this kiosk (`GET /v1/bundle/{hash}`, or a part of a mailbag). The hub does not
/// sign bundles: who may is written in the kiosk's own trust file.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BundleMail {
    /// What is in it.
    #[n(0)]
    pub kind: BundleKind,
    /// Version of its content, for people.
    #[n(1)]
    pub version: String,
    /// BLAKE3 of its bytes.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub hash: [u8; 32],
    /// Its length in bytes.
    #[n(3)]
    pub length: u64,
}

/// What a bundle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum BundleKind {
    /// The whole station: services, places, calendar, notices. Taken at the next start.
    #[n(0)]
    Station,
    /// Notices only, all that hold: they take the place of those of the station at once.
    #[n(1)]
    Notices,
}
