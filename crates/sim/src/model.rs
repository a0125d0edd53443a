//! A kiosk's record and a hub, both in memory, as small as they can be and still mean what design/sync.md says.

use std::collections::{BTreeMap, BTreeSet};

use onedoor_domain::event::{ChainHash, Event};
use onedoor_domain::id::{DeviceId, Epoch};
use onedoor_sync::engine::{FileName, Journal, JournalFault, Row};
use onedoor_sync::wire::*;

/// Signs with a keyed hash: for simulations of many kiosks, where real signatures only cost time.
#[derive(Clone, Copy)]
pub struct Stub(pub [u8; 32]);

impl Signer for Stub {
    fn sign(&self, message: &[u8]) -> Signature {
        Signature {
            algorithm: SignatureAlgorithm(0xf0),
            bytes: blake3::keyed_hash(&self.0, message).as_bytes().to_vec(),
        }
    }
}

impl Verifier for Stub {
    fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), Reason> {
        if self.sign(message) == *signature {
            Ok(())
        } else {
            Err(Reason::BadSignature)
        }
    }
}

/// The record of one kiosk.
#[derive(Clone, Default)]
pub struct Record {
    /// All epochs in the order in which they were lived, each with its events.
    pub epochs: Vec<(Epoch, Vec<Row>)>,
    /// Sealed answers, by the event that names them.
    pub inline: BTreeMap<(Epoch, u64), Vec<Vec<u8>>>,
    /// Sealed files.
    pub files: BTreeMap<FileName, Vec<u8>>,
    /// It cannot be read.
    pub broken: bool,
}

impl Record {
    /// Adds an event.
    pub fn append(&mut self, event: &Event, link: ChainHash) {
        self.append_raw(event.id().epoch, event.bytes().to_vec(), link);
    }

    /// Adds bytes that may not be an event.
    pub fn append_raw(&mut self, epoch: Epoch, bytes: Vec<u8>, link: ChainHash) {
        if self.epochs.last().is_none_or(|(last, _)| *last != epoch) {
            self.epochs.push((epoch, Vec::new()));
        }
        let rows = &mut self.epochs.last_mut().unwrap().1;
        let seq = rows.len() as u64 + 1;
        rows.push(Row { seq, bytes, link });
    }

    /// The events of an epoch.
    pub fn rows_of(&self, epoch: Epoch) -> &[Row] {
        self.epochs
            .iter()
            .find(|(e, _)| *e == epoch)
            .map_or(&[], |(_, rows)| rows)
    }
}

impl Journal for Record {
    fn rows(
        &self,
        epoch: Epoch,
        after: u64,
        events: usize,
        bytes: usize,
    ) -> Result<Vec<Row>, JournalFault> {
        if self.broken {
            return Err(JournalFault("STO-004".into()));
        }
        let mut taken = 0;
        Ok(self
            .rows_of(epoch)
            .iter()
            .skip(after as usize)
            .take(events)
            .take_while(|row| {
                let go_on = taken <= bytes;
                taken += row.bytes.len();
                go_on
            })
            .cloned()
            .collect())
    }

    fn link(&self, epoch: Epoch, seq: u64) -> Result<Option<ChainHash>, JournalFault> {
        Ok(self
            .rows_of(epoch)
            .get(seq as usize - 1)
            .map(|row| row.link))
    }

    fn blobs(&self, epoch: Epoch, first: u64, last: u64) -> Result<Vec<Vec<u8>>, JournalFault> {
        let found = self.inline.range((epoch, first)..=(epoch, last));
        Ok(found.flat_map(|(_, blobs)| blobs.clone()).collect())
    }

    fn piece(
        &self,
        file: FileName,
        offset: u64,
        length: usize,
    ) -> Result<Option<Vec<u8>>, JournalFault> {
        Ok(self.files.get(&file).map(|bytes| {
            let from = offset as usize;
            bytes[from..(from + length).min(bytes.len())].to_vec()
        }))
    }
}

/// What the hub holds of one stream.
#[derive(Clone, Default)]
pub struct Held {
    /// Their bytes, from number 1.
    pub events: Vec<Vec<u8>>,
    /// The link after each.
    pub links: Vec<ChainHash>,
    /// A fork was found.
    pub frozen: bool,
    /// A person at the hub froze it, and will let it go on.
    pub suspected: bool,
    /// Events that are kept unread.
    pub quarantined: BTreeSet<u64>,
}

/// A hub. `keys` says who is enrolled.
#[derive(Default)]
pub struct Hub {
    /// Who is enrolled.
    pub keys: BTreeMap<DeviceId, Box<dyn Verifier + Send>>,
    /// All streams.
    pub streams: BTreeMap<(DeviceId, Epoch), Held>,
    /// Mailboxes.
    pub mail: BTreeMap<DeviceId, Vec<MailItem>>,
    /// Sealed answers that came inside batches.
    pub blobs: BTreeSet<Vec<u8>>,
    /// Sealed files, whole or in part.
    pub files: BTreeMap<FileName, Vec<u8>>,
    /// Says nothing about which event it cannot read, as a hub with a fault would.
    pub mute: bool,
    /// Sync requests so far.
    pub requests: u64,
    /// Most items on a page of the mailbox.
    pub page: usize,
    /// When it was last restored.
    pub life: u64,
    /// Its clock, ms since 1970.
    pub now_ms: i64,
}

impl Hub {
    /// An empty hub.
    pub fn new() -> Self {
        Hub {
            page: 5,
            now_ms: 1_790_000_000_000,
            ..Hub::default()
        }
    }

    /// Answers the body of a sync request.
    pub fn sync(&mut self, body: &[u8], dictionary: Dictionary) -> Vec<u8> {
        self.requests += 1;
        let reply = match self.take(body, dictionary) {
            Ok(ack) => Reply::Ack(Box::new(ack)),
            Err(refusal) => Reply::Refused(Refusal {
                hub_time_ms: Some(self.now_ms),
                ..refusal
            }),
        };
        pack(&reply.encode(), dictionary).unwrap()
    }

    fn take(&mut self, body: &[u8], dictionary: Dictionary) -> Result<Ack, Refusal> {
        let plain = unpack(body, dictionary)?;
        let batch = Batch::decode(&plain)?;
        self.take_batch(&batch)
            .map_err(|refusal| batch.named(refusal))
    }

    /// Takes a batch as design/sync.md says.
    pub fn take_batch(&mut self, batch: &Batch<'_>) -> Result<Ack, Refusal> {
        let header = &batch.header;
        let key = self.keys.get(&header.device).ok_or(Reason::UnknownDevice)?;
        let mute = self.mute;
        let verified = batch
            .verify(&**key)
            .map_err(|refusal| match refusal.reason {
                Reason::Undecodable if mute => Refusal::new(Reason::NotProcessed),
                _ => refusal,
            })?;
        let held = self
            .streams
            .entry((header.device, header.epoch))
            .or_default();
        if held.frozen || held.suspected {
            return Err(Reason::Frozen.into());
        }
        let genesis = ChainHash::genesis(header.device, header.epoch);
        let link = |seq: u64| match seq {
            0 => genesis,
            _ => held.links[seq as usize - 1],
        };
        let stands = held.events.len() as u64;
        let head = Head {
            seq: stands,
            link: link(stands),
        };
        match continuity(&verified, head, |seq| Some(link(seq))) {
            Continuity::Repeats => {}
            Continuity::Continues { from } => {
                let skip = (from - header.first) as usize;
                for (bytes, link) in batch.events.iter().zip(&verified.links).skip(skip) {
                    held.events.push(bytes.to_vec());
                    held.links.push(*link);
                }
                held.quarantined.extend(&header.opaque);
            }
            Continuity::Ahead { wants } => {
                return Err(Refusal {
                    h: Some(link(wants - 1)),
                    ..Refusal::at(Reason::Behind, wants)
                });
            }
            Continuity::Forked(fork) => {
                held.frozen = true;
                return Err(fork.into());
            }
        }
        self.blobs.extend(batch.blobs.iter().map(|b| b.to_vec()));
        let acked = header.last;
        let h = match acked {
            0 => genesis,
            _ => held.links[acked as usize - 1],
        };
        let mail = self.mail.entry(header.device).or_default();
        let after: Vec<_> = mail.iter().filter(|m| m.number > header.cursor).collect();
        let items: Vec<_> = after.iter().take(self.page).map(|m| (*m).clone()).collect();
        Ok(Ack {
            device: header.device,
            epoch: header.epoch,
            acked_through: acked,
            h,
            durable_through: acked,
            rejected: Vec::new(),
            hub_time_ms: self.now_ms,
            life: self.life,
            page: MailPage {
                after: header.cursor,
                cursor: items.last().map_or(header.cursor, |m| m.number),
                more: after.len() > items.len(),
                items,
            },
        })
    }

    /// Puts something into a mailbox.
    pub fn post(&mut self, device: DeviceId) {
        let mail = self.mail.entry(device).or_default();
        let number = mail.last().map_or(1, |m| m.number + 1);
        mail.push(MailItem {
            number,
            kind: "case_move".into(),
            version: 1,
            body: number.to_be_bytes().to_vec(),
        });
    }

    /// The hub's disk goes back to a copy at a moment: the last events of a stream are gone, and these files.
    pub fn lose(
        &mut self,
        device: DeviceId,
        epoch: Epoch,
        events: usize,
        files: &[FileName],
        at: u64,
    ) {
        self.life = at.max(self.life + 1);
        for file in files {
            self.files.remove(file);
        }
        if let Some(held) = self.streams.get_mut(&(device, epoch)) {
            let left = held.events.len().saturating_sub(events);
            held.events.truncate(left);
            held.links.truncate(left);
        }
    }

    /// `HEAD`: status and offset.
    pub fn head(&self, file: FileName) -> (u16, Option<u64>) {
        match self.files.get(&file) {
            Some(bytes) => (200, Some(bytes.len() as u64)),
            None => (404, None),
        }
    }

    /// `PATCH`: of a cut connection only the first `arrives` bytes come.
    pub fn patch(
        &mut self,
        file: FileName,
        offset: u64,
        length: u64,
        body: &[u8],
        arrives: usize,
    ) -> (u16, Option<u64>) {
        let held = self.files.entry(file).or_default();
        if held.len() as u64 != offset {
            return (409, Some(held.len() as u64));
        }
        held.extend_from_slice(&body[..arrives.min(body.len())]);
        if held.len() as u64 == length && FileName::of(held) != file {
            self.files.remove(&file);
            return (460, None);
        }
        (204, Some(held.len() as u64))
    }
}
