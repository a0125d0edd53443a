//! Proof, in a header of a file's requests, that an enrolled kiosk sends this very file.

use std::fmt;

use minicbor::Encoder;
use onedoor_domain::id::DeviceId;

use crate::engine::FileName;
use crate::wire::take::Take;
use crate::wire::{Reason, Signature, SignatureAlgorithm, Signer, Verifier};

/// Begins every message that is signed for a ticket.
const SIGNED_AS: &[u8] = b"onedoor file ticket v1\0";
/// Longest ticket that is read, in hex digits.
const LONGEST: usize = 512;

/// Which kiosk sends which file of which length. As text it is hex: a header takes it anywhere. Seen by a stranger, it
/// lets them send only the same bytes once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileTicket {
    /// The kiosk.
    pub device: DeviceId,
    /// The file.
    pub file: FileName,
    /// Its length in bytes.
    pub length: u64,
    signature: Signature,
}

impl FileTicket {
    /// A ticket for these sealed bytes.
    pub fn new(device: DeviceId, file: FileName, length: u64, signer: &dyn Signer) -> Self {
        let signature = signer.sign(&message(device, file, length));
        FileTicket {
            device,
            file,
            length,
            signature,
        }
    }

    /// Reads a ticket. Not believed before [`Self::verify`].
    ///
    /// # Errors
    /// `TooLong`, `Malformed`, `NotCbor`, `UnknownVersion`.
    pub fn decode(text: &str) -> Result<Self, Reason> {
        if text.len() > LONGEST {
            return Err(Reason::TooLong);
        }
        let bytes = unhex(text).ok_or(Reason::Malformed)?;
        let mut take = Take::new(&bytes)?;
        take.parts(6)?;
        take.version(1)?;
        Ok(FileTicket {
            device: take.id()?,
            file: FileName(take.array()?),
            length: take.u64()?,
            signature: Signature {
                algorithm: SignatureAlgorithm(take.u8()?),
                bytes: take
                    .bytes_up_to(Signature::LONGEST, Reason::BadSignature)?
                    .to_vec(),
            },
        })
    }

    /// Checks that the kiosk signed it.
    ///
    /// # Errors
    /// `BadSignature`, `UnknownAlgorithm`.
    pub fn verify(&self, key: &dyn Verifier) -> Result<(), Reason> {
        key.verify(
            &message(self.device, self.file, self.length),
            &self.signature,
        )
    }
}

/// As it goes into the header.
impl fmt::Display for FileTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut e = Encoder::new(Vec::with_capacity(160));
        // Writing to memory cannot fail.
        let _ = e
            .array(6)
            .and_then(|e| e.u8(1))
            .and_then(|e| e.u64(self.device.get()))
            .and_then(|e| e.bytes(&self.file.0))
            .and_then(|e| e.u64(self.length))
            .and_then(|e| e.u8(self.signature.algorithm.0))
            .and_then(|e| e.bytes(&self.signature.bytes));
        let bytes = e.into_writer();
        bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn message(device: DeviceId, file: FileName, length: u64) -> Vec<u8> {
    [
        SIGNED_AS,
        &device.get().to_be_bytes(),
        &file.0,
        &length.to_be_bytes(),
    ]
    .concat()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect()
}
