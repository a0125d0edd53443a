//! An answer of the hub that travels by mailbag: signed, because there is no TLS on a stick.

use minicbor::Encoder;
use onedoor_domain::id::DeviceId;

use crate::engine::FileName;
use crate::wire::take::Take;
use crate::wire::{MAX_UNPACKED, Reason, Reply, Signature, SignatureAlgorithm, Signer, Verifier};

/// Begins every message that is signed for an answer.
const SIGNED_AS: &[u8] = b"onedoor reply v1\0";

/// A reply with the hub's signature, for one kiosk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedReply {
    /// The kiosk that it is for.
    pub device: DeviceId,
    reply: Vec<u8>,
    signature: Signature,
}

impl SignedReply {
    /// Signs a reply with the hub's key.
    pub fn new(device: DeviceId, reply: &Reply, hub: &dyn Signer) -> Self {
        let reply = reply.encode();
        let signature = hub.sign(&message(device, &reply));
        SignedReply {
            device,
            reply,
            signature,
        }
    }

    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut e = Encoder::new(Vec::with_capacity(self.reply.len() + 128));
        // Writing to memory cannot fail.
        let _ = e
            .array(5)
            .and_then(|e| e.u8(1))
            .and_then(|e| e.u64(self.device.get()))
            .and_then(|e| e.u8(self.signature.algorithm.0))
            .and_then(|e| e.bytes(&self.signature.bytes))
            .and_then(|e| e.bytes(&self.reply));
        e.into_writer()
    }

    /// Reads it; not believed before [`Self::verify`].
    ///
    /// # Errors
    /// `NotCbor`, `Malformed`, `UnknownVersion`, `TooLarge`.
    pub fn decode(bytes: &[u8]) -> Result<Self, Reason> {
        let mut take = Take::new(bytes)?;
        take.parts(5)?;
        take.version(1)?;
        let device = take.id()?;
        let algorithm = SignatureAlgorithm(take.u8()?);
        let signature = take.bytes_up_to(Signature::LONGEST, Reason::BadSignature)?;
        Ok(SignedReply {
            device,
            signature: Signature {
                algorithm,
                bytes: signature.to_vec(),
            },
            reply: take.bytes_up_to(MAX_UNPACKED, Reason::TooLarge)?.to_vec(),
        })
    }

    /// The reply, if the hub signed it for this kiosk.
    ///
    /// # Errors
    /// `UnknownDevice` (for another kiosk: leave it on the stick), `BadSignature`, `UnknownAlgorithm`, and what
    /// [`Reply::decode`] finds.
    pub fn verify(&self, device: DeviceId, hub: &dyn Verifier) -> Result<Reply, Reason> {
        if self.device != device {
            return Err(Reason::UnknownDevice);
        }
        hub.verify(&message(device, &self.reply), &self.signature)?;
        Reply::decode(&self.reply)
    }
}

fn message(device: DeviceId, reply: &[u8]) -> Vec<u8> {
    [SIGNED_AS, &device.get().to_be_bytes(), reply].concat()
}

/// Begins every message that is signed for a list of arrivals.
const ARRIVED_AS: &[u8] = b"onedoor arrived v1\0";
/// Most files that one list names.
pub const MAX_ARRIVED: usize = 10_000;

/// Which sealed answers and files the hub has whole, signed by it. By network an ack says so by the way; a station that
/// no network reaches learns it only here, and its retention counts from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedArrivals {
    /// The kiosk that it is for.
    pub device: DeviceId,
    names: Vec<u8>,
    signature: Signature,
}

impl SignedArrivals {
    /// Signs a list with the hub's key; what is above [`MAX_ARRIVED`] is left out.
    pub fn new(device: DeviceId, files: &[FileName], hub: &dyn Signer) -> Self {
        let names: Vec<u8> = files.iter().take(MAX_ARRIVED).flat_map(|f| f.0).collect();
        let signature = hub.sign(&arrivals(device, &names));
        SignedArrivals {
            device,
            names,
            signature,
        }
    }

    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut e = Encoder::new(Vec::with_capacity(self.names.len() + 128));
        // Writing to memory cannot fail.
        let _ = e
            .array(5)
            .and_then(|e| e.u8(1))
            .and_then(|e| e.u64(self.device.get()))
            .and_then(|e| e.u8(self.signature.algorithm.0))
            .and_then(|e| e.bytes(&self.signature.bytes))
            .and_then(|e| e.bytes(&self.names));
        e.into_writer()
    }

    /// Reads it; not believed before [`Self::verify`].
    ///
    /// # Errors
    /// `NotCbor`, `Malformed`, `UnknownVersion`, `TooMany`.
    pub fn decode(bytes: &[u8]) -> Result<Self, Reason> {
        let mut take = Take::new(bytes)?;
        take.parts(5)?;
        take.version(1)?;
        let device = take.id()?;
        let algorithm = SignatureAlgorithm(take.u8()?);
        let signature = take.bytes_up_to(Signature::LONGEST, Reason::BadSignature)?;
        let names = take.bytes_up_to(MAX_ARRIVED * 32, Reason::TooMany)?;
        if names.len() % 32 != 0 {
            return Err(Reason::Malformed);
        }
        Ok(SignedArrivals {
            device,
            signature: Signature {
                algorithm,
                bytes: signature.to_vec(),
            },
            names: names.to_vec(),
        })
    }

    /// The names, if the hub signed them for this kiosk.
    ///
    /// # Errors
    /// `UnknownDevice` (for another kiosk), `BadSignature`, `UnknownAlgorithm`.
    pub fn verify(&self, device: DeviceId, hub: &dyn Verifier) -> Result<Vec<FileName>, Reason> {
        if self.device != device {
            return Err(Reason::UnknownDevice);
        }
        hub.verify(&arrivals(device, &self.names), &self.signature)?;
        let (names, _) = self.names.as_chunks::<32>();
        Ok(names.iter().map(|name| FileName(*name)).collect())
    }
}

fn arrivals(device: DeviceId, names: &[u8]) -> Vec<u8> {
    [ARRIVED_AS, &device.get().to_be_bytes(), names].concat()
}
