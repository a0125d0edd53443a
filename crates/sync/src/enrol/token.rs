//! A token: a kiosk's admission without a network, issued beforehand and carried on the stick.

use minicbor::{Decode, Encode};

use super::{Envelope, MAX_TEXT, signed};
use crate::mail::HubKeys;
use crate::wire::{PublicKey, Reason, Signer};

const TOKEN: &[u8] = b"onedoor token v1\0";

/// Lets one kiosk of one station enrol, once. Seen by a stranger, it lets them enrol a kiosk of their own in its place:
/// keep it like a key, and look at the list of kiosks afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Token {
    /// Its number.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub serial: [u8; 16],
    /// The station.
    #[n(1)]
    pub station: String,
    /// The hub's keys.
    #[n(2)]
    pub keys: HubKeys,
    /// The hub's name.
    #[n(3)]
    pub hub: String,
    /// Until when it is taken, ms since 1970, by the hub's clock: a kiosk's may be wrong.
    #[n(4)]
    pub until_ms: i64,
}

impl Token {
    /// The file, signed by the hub.
    pub fn encode(&self, hub: &dyn Signer) -> Vec<u8> {
        signed(TOKEN, &minicbor::to_vec(self).unwrap_or_default(), hub)
    }

    /// Reads a token that this hub signed: the one whose key stands in the signed station bundle.
    ///
    /// # Errors
    /// `BadSignature` for another hub's; `TooLong`, `NotCbor`, `Malformed`, `UnknownVersion`, `UnknownAlgorithm`.
    pub fn decode(bytes: &[u8], pinned: &PublicKey) -> Result<Self, Reason> {
        let envelope = Envelope::read(bytes)?;
        envelope.check(TOKEN, pinned)?;
        let token: Token = minicbor::decode(envelope.body).map_err(|_| Reason::Malformed)?;
        token.keys.check()?;
        if token.station.len() > MAX_TEXT || token.hub.len() > MAX_TEXT {
            return Err(Reason::Malformed);
        }
        Ok(token)
    }
}
