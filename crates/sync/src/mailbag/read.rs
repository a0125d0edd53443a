//! Reading a bag: each part measured before memory is taken for it.

use std::io::{BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{
    ARRIVED, BATCH, BUNDLE, BUNDLE_PIECE, BagFault, BagKey, END, ENROL, ENROL_ANSWER, FILE, MAGIC,
    MAX_ARRIVED, MAX_PART, MAX_PARTS, REPLY, SignedArrivals, SignedReply,
};
use crate::enrol::MAX_ENROL;
use crate::seal::FileTicket;
use crate::wire::{Dictionary, MAX_RECEIVED};

/// Largest batch part: with the dictionary's number.
const LARGEST_BATCH: usize = MAX_RECEIVED + 1;
/// Largest answer part: a reply that did not compress, signed.
const LARGEST_REPLY: usize = crate::wire::MAX_UNPACKED + 1024;
/// Largest piece of a bundle, with its hash and place.
const LARGEST_PIECE: usize = BUNDLE_PIECE + 40;
/// An age header for one recipient has about 200 bytes; a hostile one could go on for ever.
const MAX_HEADER: usize = 16 * 1024;

/// One part of a bag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A batch, as by the network: unpack, decode, verify, and answer it.
    Batch {
        /// What it was compressed with.
        dictionary: Dictionary,
        /// The compressed batch.
        packed: Vec<u8>,
    },
    /// A sealed file; its bytes are those that the ticket names, the ticket itself is not verified.
    File {
        /// Who sends what.
        ticket: FileTicket,
        /// The sealed bytes.
        sealed: Vec<u8>,
    },
    /// An answer of the hub, not verified.
    Reply(SignedReply),
    /// Which files the hub has, not verified.
    Arrived(SignedArrivals),
    /// A kiosk asks to be enrolled ([`crate::enrol::Enrol::decode`]).
    Enrol(Vec<u8>),
    /// The hub's answer to that ([`crate::enrol::EnrolAnswer::decode`]).
    EnrolAnswer(Vec<u8>),
    /// A piece of a bundle ([`crate::mail::BundleMail`] names it); the pieces of one follow one another.
    BundlePiece {
        /// BLAKE3 of the whole bundle.
        hash: [u8; 32],
        /// Where the piece belongs.
        offset: u64,
        /// The piece.
        bytes: Vec<u8>,
    },
}

/// Lets only so many bytes pass until it is opened.
pub struct Gate<R> {
    inner: R,
    left: Arc<AtomicUsize>,
}

impl<R: Read> Read for Gate<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        let most = buffer.len().min(left);
        let read = self.inner.read(&mut buffer[..most])?;
        if left != usize::MAX {
            self.left.store(left - read, Ordering::Relaxed);
        }
        Ok(read)
    }
}

/// Opens an encrypted bag.
///
/// # Errors
/// `Stick`, `OtherKey`, `Damaged`.
pub fn open<R: Read>(
    input: R,
    key: &BagKey,
) -> Result<BagReader<age::stream::StreamReader<BufReader<Gate<R>>>>, BagFault> {
    let left = Arc::new(AtomicUsize::new(MAX_HEADER));
    let gate = Gate {
        inner: input,
        left: Arc::clone(&left),
    };
    let identity: &dyn age::Identity = &key.0;
    let reader = age::Decryptor::new_buffered(BufReader::new(gate))
        .and_then(|decryptor| decryptor.decrypt(std::iter::once(identity)))
        .map_err(|why| match why {
            age::DecryptError::NoMatchingKeys => BagFault::OtherKey,
            age::DecryptError::Io(io) if io.kind() != std::io::ErrorKind::UnexpectedEof => {
                BagFault::Stick(io)
            }
            _ => BagFault::Damaged,
        })?;
    left.store(usize::MAX, Ordering::Relaxed);
    BagReader::new(reader)
}

/// Gives the parts of a bag in turn. A fault is the last that it gives.
pub struct BagReader<R> {
    input: R,
    hasher: blake3::Hasher,
    parts: u32,
    over: bool,
}

impl<R: Read> BagReader<R> {
    /// Reads a bag that is not encrypted.
    ///
    /// # Errors
    /// `Stick`, `Damaged`.
    pub fn new(input: R) -> Result<Self, BagFault> {
        let mut reader = BagReader {
            input,
            hasher: blake3::Hasher::new(),
            parts: 0,
            over: false,
        };
        if reader.fixed::<12>()? != *MAGIC {
            return Err(BagFault::Damaged);
        }
        Ok(reader)
    }

    fn part(&mut self) -> Result<Option<Part>, BagFault> {
        let [kind] = self.fixed()?;
        let most = match kind {
            END => return self.end().map(|()| None),
            BATCH => LARGEST_BATCH,
            FILE => MAX_PART,
            REPLY => LARGEST_REPLY,
            ENROL | ENROL_ANSWER => MAX_ENROL,
            BUNDLE => LARGEST_PIECE,
            ARRIVED => MAX_ARRIVED * 32 + 1024,
            _ => return Err(BagFault::Damaged),
        };
        self.parts += 1;
        let length = u32::from_be_bytes(self.fixed()?) as usize;
        if length > most || self.parts > MAX_PARTS {
            return Err(BagFault::TooLarge);
        }
        // Grows with what is really there, whatever the length says.
        let mut bytes = Vec::new();
        (&mut self.input)
            .take(length as u64)
            .read_to_end(&mut bytes)
            .map_err(not_read)?;
        if bytes.len() != length {
            return Err(BagFault::Damaged);
        }
        self.hasher.update(&bytes);
        understand(kind, bytes).map(Some)
    }

    /// The end must be the end, and say what was read.
    fn end(&mut self) -> Result<(), BagFault> {
        let count = u32::from_be_bytes(self.fixed()?);
        let ours = self.hasher.finalize();
        let theirs: [u8; 32] = self.fixed()?;
        let mut after = [0; 1];
        let over = self.input.read(&mut after).map_err(not_read)? == 0;
        if count == self.parts && ours == theirs && over {
            Ok(())
        } else {
            Err(BagFault::Damaged)
        }
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], BagFault> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).map_err(not_read)?;
        self.hasher.update(&bytes);
        Ok(bytes)
    }
}

impl<R: Read> Iterator for BagReader<R> {
    type Item = Result<Part, BagFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let part = self.part().transpose();
        self.over = !matches!(part, Some(Ok(_)));
        part
    }
}

fn understand(kind: u8, mut bytes: Vec<u8>) -> Result<Part, BagFault> {
    match kind {
        BATCH => {
            let dictionary = bytes
                .first()
                .and_then(|id| Dictionary::from_id(*id))
                .ok_or(BagFault::Damaged)?;
            bytes.remove(0);
            Ok(Part::Batch {
                dictionary,
                packed: bytes,
            })
        }
        FILE => {
            let (length, rest) = bytes.split_first_chunk::<2>().ok_or(BagFault::Damaged)?;
            let length = usize::from(u16::from_be_bytes(*length));
            let (ticket, sealed) = rest.split_at_checked(length).ok_or(BagFault::Damaged)?;
            let ticket = std::str::from_utf8(ticket)
                .ok()
                .and_then(|text| FileTicket::decode(text).ok())
                .ok_or(BagFault::Damaged)?;
            let as_named = ticket.length == sealed.len() as u64
                && ticket.file == crate::engine::FileName::of(sealed);
            if !as_named {
                return Err(BagFault::Damaged);
            }
            Ok(Part::File {
                ticket,
                sealed: sealed.to_vec(),
            })
        }
        ENROL => Ok(Part::Enrol(bytes)),
        ENROL_ANSWER => Ok(Part::EnrolAnswer(bytes)),
        ARRIVED => SignedArrivals::decode(&bytes)
            .map(Part::Arrived)
            .map_err(|_| BagFault::Damaged),
        BUNDLE => {
            let (hash, rest) = bytes.split_first_chunk::<32>().ok_or(BagFault::Damaged)?;
            let (offset, piece) = rest.split_first_chunk::<8>().ok_or(BagFault::Damaged)?;
            Ok(Part::BundlePiece {
                hash: *hash,
                offset: u64::from_be_bytes(*offset),
                bytes: piece.to_vec(),
            })
        }
        _ => SignedReply::decode(&bytes)
            .map(Part::Reply)
            .map_err(|_| BagFault::Damaged),
    }
}

/// A file that ends too early or does not decrypt is damaged; everything else is the stick's fault.
fn not_read(why: std::io::Error) -> BagFault {
    match why.kind() {
        std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::InvalidData => BagFault::Damaged,
        _ => BagFault::Stick(why),
    }
}
