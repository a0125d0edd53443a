//! Writing a bag: part by part, never the whole in memory.

use std::collections::BTreeSet;
use std::io::Write;

use onedoor_domain::id::Epoch;

use super::{
    ARRIVED, BATCH, BUNDLE, BUNDLE_PIECE, BagAddress, BagFault, END, ENROL, ENROL_ANSWER, FILE,
    MAGIC, MAX_PART, MAX_PARTS, REPLY,
};
use super::{SignedArrivals, SignedReply};
use crate::engine::making::{Made, NotMade, Order, make};
use crate::engine::{Doubts, Journal, Standing, Stream};
use crate::seal::FileTicket;
use crate::wire::{Dictionary, MAX_EVENTS, MAX_PACKED, Signer};

/// Encrypts what is written to it. Call `finish` at the end, or the bag is cut short and will not be taken.
///
/// # Errors
/// `Stick`, `BadKey`.
pub fn address<W: Write>(
    out: W,
    to: &BagAddress,
) -> Result<BagWriter<age::stream::StreamWriter<W>>, BagFault> {
    let recipient: &dyn age::Recipient = &to.0;
    let encryptor = age::Encryptor::with_recipients(std::iter::once(recipient))
        .map_err(|_| BagFault::BadKey)?;
    BagWriter::new(encryptor.wrap_output(out)?)
}

impl<W: Write> BagWriter<age::stream::StreamWriter<W>> {
    /// Writes the end, and gives the file back: sync it before the stick is pulled.
    ///
    /// # Errors
    /// `Stick`.
    pub fn finish(self) -> Result<W, BagFault> {
        Ok(self.end()?.finish()?)
    }
}

/// Writes the content of a bag.
pub struct BagWriter<W: Write> {
    out: W,
    hasher: blake3::Hasher,
    parts: u32,
}

impl<W: Write> BagWriter<W> {
    /// A bag that is not encrypted: for tests, and for a medium that is.
    ///
    /// # Errors
    /// `Stick`.
    pub fn new(out: W) -> Result<Self, BagFault> {
        let mut writer = BagWriter {
            out,
            hasher: blake3::Hasher::new(),
            parts: 0,
        };
        writer.put(MAGIC)?;
        Ok(writer)
    }

    /// Adds a batch as it would go over the network.
    ///
    /// # Errors
    /// `Stick`, `TooLarge`.
    pub fn batch(&mut self, dictionary: Dictionary, packed: &[u8]) -> Result<(), BagFault> {
        self.part(BATCH, &[&[dictionary.id()], packed])
    }

    /// Adds a sealed file with its ticket.
    ///
    /// # Errors
    /// `Stick`, `TooLarge`.
    pub fn file(&mut self, ticket: &FileTicket, sealed: &[u8]) -> Result<(), BagFault> {
        let ticket = ticket.to_string();
        let length = u16::try_from(ticket.len()).map_err(|_| BagFault::TooLarge)?;
        self.part(FILE, &[&length.to_be_bytes(), ticket.as_bytes(), sealed])
    }

    /// Adds an answer of the hub.
    ///
    /// # Errors
    /// `Stick`, `TooLarge`.
    pub fn reply(&mut self, reply: &SignedReply) -> Result<(), BagFault> {
        self.part(REPLY, &[&reply.encode()])
    }

    /// Adds a list of files that the hub has.
    ///
    /// # Errors
    /// `Stick`, `TooLarge`.
    pub fn arrived(&mut self, arrivals: &SignedArrivals) -> Result<(), BagFault> {
        self.part(ARRIVED, &[&arrivals.encode()])
    }

    /// Adds a request to be enrolled ([`crate::enrol::Enrol::encode`]); it goes before the batches.
    ///
    /// # Errors
    /// `Stick`, `TooLarge`.
    pub fn enrol(&mut self, enrol: &[u8]) -> Result<(), BagFault> {
        self.part(ENROL, &[enrol])
    }

    /// Adds the answer to such a request.
    ///
    /// # Errors
    /// `Stick`, `TooLarge`.
    pub fn enrol_answer(&mut self, answer: &[u8]) -> Result<(), BagFault> {
        self.part(ENROL_ANSWER, &[answer])
    }

    /// Adds a bundle, in pieces.
    ///
    /// # Errors
    /// `Stick`, `TooLarge`.
    pub fn bundle(&mut self, bytes: &[u8]) -> Result<(), BagFault> {
        let hash = blake3::hash(bytes);
        for (number, piece) in (0u64..).zip(bytes.chunks(BUNDLE_PIECE)) {
            let offset = number * BUNDLE_PIECE as u64;
            self.part(BUNDLE, &[hash.as_bytes(), &offset.to_be_bytes(), piece])?;
        }
        Ok(())
    }

    /// Writes the end of the content.
    ///
    /// # Errors
    /// `Stick`.
    pub fn end(mut self) -> Result<W, BagFault> {
        let count = self.parts.to_be_bytes();
        self.put(&[END])?;
        self.put(&count)?;
        let hash = self.hasher.finalize();
        self.out.write_all(hash.as_bytes())?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn part(&mut self, kind: u8, pieces: &[&[u8]]) -> Result<(), BagFault> {
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        if length > MAX_PART || self.parts >= MAX_PARTS {
            return Err(BagFault::TooLarge);
        }
        let length = u32::try_from(length).map_err(|_| BagFault::TooLarge)?;
        self.put(&[kind])?;
        self.put(&length.to_be_bytes())?;
        for piece in pieces {
            self.put(piece)?;
        }
        self.parts += 1;
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), BagFault> {
        self.hasher.update(bytes);
        Ok(self.out.write_all(bytes)?)
    }
}

/// What was put into a bag, for [`crate::engine::Input::BagWritten`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exported {
    /// The last event of each epoch.
    pub through: Vec<(Epoch, u64)>,
    /// Batches.
    pub batches: u32,
}

/// Puts everything that the hub has not acked into a bag, and the mailbox cursor with it, so that the answer brings
/// mail even where there is nothing to send. It changes nothing at the kiosk: only an answer does.
///
/// Between two bags lie days, so an event that the hub refused without naming it is not searched by halving: each that it
/// may be goes alone and, after that, once more, marked to be kept unread. Of those the hub takes the first, and the
/// second repeats it; where it refuses the first, it takes the second, and those that follow.
///
/// # Errors
/// `Stick`, `TooLarge`, `Journal`, `JournalDamaged`, `Wire`.
pub fn export<W: Write>(
    standing: &Standing,
    journal: &dyn Journal,
    signer: &dyn Signer,
    doubts: &Doubts,
    bag: &mut BagWriter<W>,
) -> Result<Exported, BagFault> {
    let mut export = Export {
        standing,
        journal,
        signer,
        bag,
        batches: 0,
    };
    let mut through = Vec::new();
    let newest = standing.streams.last().map(|stream| stream.epoch);
    for stream in &standing.streams {
        let mut at = *stream;
        let suspect = doubts.suspect.filter(|(epoch, _)| *epoch == at.epoch);
        let suspect = suspect.map_or(0, |(_, through)| through.min(at.last));
        while at.acked < at.last || (Some(at.epoch) == newest && export.batches == 0) {
            at.acked = if at.acked < suspect {
                export.alone(at, &doubts.opaque)?
            } else {
                let events = if at.acked < at.last { MAX_EVENTS } else { 0 };
                export.batch(at, events, true, &doubts.opaque)?.header.last
            };
        }
        through.push((at.epoch, at.acked));
    }
    Ok(Exported {
        through,
        batches: export.batches,
    })
}

struct Export<'a, W: Write> {
    standing: &'a Standing,
    journal: &'a dyn Journal,
    signer: &'a dyn Signer,
    bag: &'a mut BagWriter<W>,
    batches: u32,
}

impl<W: Write> Export<'_, W> {
    /// The next event by itself, in the ways in which the hub may take it.
    fn alone(&mut self, at: Stream, opaque: &BTreeSet<(Epoch, u64)>) -> Result<u64, BagFault> {
        let marked = BTreeSet::from([(at.epoch, at.acked + 1)]);
        if opaque.is_disjoint(&marked) {
            let made = self.batch(at, 1, true, opaque)?;
            // What belongs to it may be the cause; that goes as a file.
            if !made.inline.is_empty() {
                self.batch(at, 1, false, opaque)?;
            }
        }
        Ok(self.batch(at, 1, false, &marked)?.header.last)
    }

    fn batch(
        &mut self,
        stream: Stream,
        events: usize,
        blobs: bool,
        opaque: &BTreeSet<(Epoch, u64)>,
    ) -> Result<Made, BagFault> {
        let order = Order {
            device: self.standing.device,
            stream,
            cursor: self.standing.cursor,
            events,
            packed: MAX_PACKED,
            an_event: 0,
            blobs,
            opaque,
            dictionary: Dictionary::default(),
        };
        let made = make(&order, self.journal, self.signer).map_err(|why| match why {
            NotMade::Journal(fault) => BagFault::Journal(fault),
            NotMade::Damaged(seq) => BagFault::JournalDamaged(seq),
            NotMade::Wire(reason) => BagFault::Wire(reason),
        })?;
        self.bag.batch(order.dictionary, &made.packed)?;
        self.batches += 1;
        Ok(made)
    }
}
