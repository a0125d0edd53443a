//! How a kiosk and its hub come to know each other.
//!
//! ```text
//! online    code (8 digits, 10 minutes, once) ─▶ Enrol ─▶ hub: Offer ─▶ six words on both screens ─▶ an official
//!           confirms at the hub, a person at the kiosk ─▶ Enrol with the recovery secret ─▶ hub: Enrolled
//! offline   token (signed by the hub, once) on the stick ─▶ Enrol in the first mailbag ─▶ hub: Enrolled, in its answer
//! ```
//!
//! The kiosk makes its own keys; no secret key travels. Both messages are signed: `Enrol` with the very key that it
//! brings (nobody enrols a key that is not theirs), the answer with the hub's. What keeps a stranger in the middle out
//! is the hub's key in the signed station bundle where it is there, the six words where it is not.

mod token;
mod words;

pub use token::Token;
pub use words::Words;

use minicbor::{Decode, Encode};
use onedoor_domain::id::DeviceId;

use crate::mail::HubKeys;
use crate::mailbag::BagAddress;
use crate::wire::take::Take;
use crate::wire::{PublicKey, Reason, Signature, SignatureAlgorithm, Signer, Verifier};

/// Largest message of an enrolment, in bytes.
pub const MAX_ENROL: usize = 8 * 1024;
/// Longest text in one.
const MAX_TEXT: usize = 200;
/// The media type of both messages.
pub const MEDIA_TYPE: &str = "application/vnd.onedoor.enrol; v=1";

/// What a kiosk says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Enrol {
    /// The station, as its configuration names it.
    #[n(0)]
    pub station: String,
    /// The kiosk's number.
    #[n(1)]
    pub device: DeviceId,
    /// Its Ed25519 key.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub key: [u8; 32],
    /// Where mailbags for it go (`age1…`).
    #[n(3)]
    pub bags: String,
    /// Version of its program.
    #[n(4)]
    pub software: String,
    /// Why it may.
    #[n(5)]
    pub admission: Admission,
    /// The key of its record, sealed to the hub ([`crate::seal`], blob id zero, role `recovery`): opens a dead box's
    /// database. Only once a person said that the words are the same, or the hub's key stands in the signed bundle.
    #[n(6)]
    #[cbor(with = "minicbor::bytes")]
    pub recovery: Option<Vec<u8>>,
}

/// Why a kiosk may enrol.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Admission {
    /// A code of the hub, eight digits, as it was typed or scanned.
    #[n(0)]
    Code(#[n(0)] String),
    /// The number of a token ([`Token`]).
    #[n(1)]
    Token(
        #[n(0)]
        #[cbor(with = "minicbor::bytes")]
        [u8; 16],
    ),
    /// It was enrolled before, under the same key: it asks how that stands.
    #[n(2)]
    Known,
}

/// What the hub answers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EnrolAnswer {
    /// The kiosk that it is for.
    #[n(0)]
    pub device: DeviceId,
    /// How it stands.
    #[n(1)]
    pub state: EnrolState,
    /// The hub's keys; absent in a refusal.
    #[n(2)]
    pub keys: Option<HubKeys>,
    /// The hub's name, by which a technician knows it.
    #[n(3)]
    pub hub: String,
    /// The hub's clock, ms since 1970.
    #[n(4)]
    pub hub_time_ms: i64,
}

/// How an enrolment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum EnrolState {
    /// The hub waits for an official who compares the words.
    #[n(0)]
    Offered,
    /// It is done.
    #[n(1)]
    Enrolled,
    /// The code or token is not known, was used, or is too old.
    #[n(2)]
    BadAdmission,
    /// The code or token is for another station.
    #[n(3)]
    OtherStation,
    /// This number is enrolled with another key: an official must retire the old one first.
    #[n(4)]
    KeyDiffers,
    /// An official said no, or took this kiosk out of use.
    #[n(5)]
    Refused,
    /// Too many tries: later.
    #[n(6)]
    TooManyTries,
}

const ENROL: &[u8] = b"onedoor enrol v1\0";
const ANSWER: &[u8] = b"onedoor enrol answer v1\0";

impl Enrol {
    /// The message, signed with the key that it brings.
    pub fn encode(&self, key: &dyn Signer) -> Vec<u8> {
        signed(ENROL, &minicbor::to_vec(self).unwrap_or_default(), key)
    }

    /// Reads a message and checks that who sent it holds the key in it, and that all its keys are keys.
    ///
    /// # Errors
    /// `TooLong`, `NotCbor`, `Malformed`, `UnknownVersion`, `UnknownAlgorithm`, `BadSignature`.
    pub fn decode(bytes: &[u8]) -> Result<Self, Reason> {
        let envelope = Envelope::read(bytes)?;
        let enrol: Enrol = minicbor::decode(envelope.body).map_err(|_| Reason::Malformed)?;
        let code = match &enrol.admission {
            Admission::Code(code) => code.as_str(),
            _ => "",
        };
        let texts = [enrol.station.as_str(), &enrol.bags, &enrol.software, code];
        if texts.iter().any(|text| text.len() > MAX_TEXT) {
            return Err(Reason::Malformed);
        }
        enrol.bag()?;
        envelope.check(ENROL, &PublicKey::from_bytes(&enrol.key)?)?;
        Ok(enrol)
    }

    /// Where mailbags for this kiosk go.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn bag(&self) -> Result<BagAddress, Reason> {
        self.bags.parse().map_err(|_| Reason::Malformed)
    }
}

impl EnrolAnswer {
    /// The message, signed with the hub's key.
    pub fn encode(&self, hub: &dyn Signer) -> Vec<u8> {
        signed(ANSWER, &minicbor::to_vec(self).unwrap_or_default(), hub)
    }

    /// Reads a message. Where it brings keys, their own signature key must have signed it; `pinned`, where given, must
    /// have (a refusal, which brings none, is believed without a pin: it changes nothing).
    ///
    /// # Errors
    /// `UnknownDevice` for another kiosk's, and as [`Enrol::decode`].
    pub fn decode(
        bytes: &[u8],
        device: DeviceId,
        pinned: Option<&PublicKey>,
    ) -> Result<Self, Reason> {
        let envelope = Envelope::read(bytes)?;
        let answer: EnrolAnswer = minicbor::decode(envelope.body).map_err(|_| Reason::Malformed)?;
        if answer.device != device {
            return Err(Reason::UnknownDevice);
        }
        if answer.hub.len() > MAX_TEXT {
            return Err(Reason::Malformed);
        }
        let needs_keys = matches!(answer.state, EnrolState::Offered | EnrolState::Enrolled);
        match &answer.keys {
            Some(keys) => {
                keys.check()?;
                envelope.check(ANSWER, &keys.verifier()?)?;
            }
            None if needs_keys => return Err(Reason::Malformed),
            None => {}
        }
        if let Some(pinned) = pinned {
            envelope.check(ANSWER, pinned)?;
        }
        Ok(answer)
    }
}

/// `[1, body bytes, signature algorithm, signature]`.
pub(crate) fn signed(context: &[u8], body: &[u8], key: &dyn Signer) -> Vec<u8> {
    let signature = key.sign(&[context, body].concat());
    let mut e = minicbor::Encoder::new(Vec::with_capacity(body.len() + 128));
    // Writing to memory cannot fail.
    let _ = e
        .array(4)
        .and_then(|e| e.u8(1))
        .and_then(|e| e.bytes(body))
        .and_then(|e| e.u8(signature.algorithm.0))
        .and_then(|e| e.bytes(&signature.bytes));
    e.into_writer()
}

/// A signed message, not believed yet.
pub(crate) struct Envelope<'b> {
    pub body: &'b [u8],
    signature: Signature,
}

impl<'b> Envelope<'b> {
    pub fn read(bytes: &'b [u8]) -> Result<Self, Reason> {
        if bytes.len() > MAX_ENROL {
            return Err(Reason::TooLong);
        }
        let mut take = Take::new(bytes)?;
        take.parts(4)?;
        take.version(1)?;
        Ok(Envelope {
            body: take.bytes()?,
            signature: Signature {
                algorithm: SignatureAlgorithm(take.u8()?),
                bytes: take
                    .bytes_up_to(Signature::LONGEST, Reason::BadSignature)?
                    .to_vec(),
            },
        })
    }

    pub fn check(&self, context: &[u8], key: &dyn Verifier) -> Result<(), Reason> {
        key.verify(&[context, self.body].concat(), &self.signature)
    }
}
