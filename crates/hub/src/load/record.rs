//! The record of a played kiosk, in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use onedoor_domain::event::{ChainHash, Event};
use onedoor_domain::id::{DeviceId, Epoch};
use onedoor_sync::driver::{Record, Told};
use onedoor_sync::engine::{
    Alarm, Apply, FileName, FileWaiting, Journal, JournalFault, Row, Standing, Stream,
};
use onedoor_sync::mail::{BundleMail, Mail};
use onedoor_sync::seal::FileTicket;
use onedoor_sync::wire::{DeviceKey, MAX_INLINE_BLOB, MailItem, Rejection};

use super::{Visit, Writer};

/// What a kiosk keeps on its disk.
#[derive(Debug, Default)]
pub struct Memory {
    /// Its journal, a life after the other.
    pub epochs: Vec<(Epoch, Vec<Row>)>,
    /// Sealed bytes by the event that names them, short enough to travel with it.
    pub inline: BTreeMap<(Epoch, u64), Vec<Vec<u8>>>,
    /// Longer ones, by the event that names them.
    pub waiting: Vec<(Epoch, u64, FileName)>,
    /// Their bytes.
    pub files: BTreeMap<FileName, Vec<u8>>,
    /// Files that arrived.
    pub arrived: Vec<FileName>,
    /// How far it has come.
    pub streams: BTreeMap<Epoch, Stream>,
    /// The last mailbox item applied.
    pub cursor: u64,
    /// Mailbox items applied, as they came.
    pub mail: Vec<MailItem>,
    /// The same, understood.
    pub understood: Vec<Mail>,
    /// Events that the hub kept and did not accept.
    pub rejected: Vec<Rejection>,
    /// What a person should know.
    pub alarms: Vec<Alarm>,
    /// A bundle that is wanted, and what is here of it.
    pub bundle: Option<(BundleMail, Vec<u8>)>,
    /// How it stood last.
    pub told: Option<Told>,
}

/// The record as the driver uses it, on one thread.
#[derive(Clone)]
pub struct Shared {
    device: DeviceId,
    key: Rc<DeviceKey>,
    /// What is on its disk.
    pub memory: Rc<RefCell<Memory>>,
}

impl Shared {
    /// An empty one.
    pub fn new(device: DeviceId, key: DeviceKey) -> Self {
        Shared {
            device,
            key: Rc::new(key),
            memory: Rc::default(),
        }
    }

    /// Writes an event down.
    pub fn append(&self, event: &Event) {
        self.append_raw(event.id().epoch, event.bytes().to_vec());
    }

    /// Writes bytes down as if they were an event.
    pub fn append_raw(&self, epoch: Epoch, bytes: Vec<u8>) {
        let mut memory = self.memory.borrow_mut();
        if memory.epochs.last().is_none_or(|(last, _)| *last != epoch) {
            memory.epochs.push((epoch, Vec::new()));
        }
        let genesis = ChainHash::genesis(self.device, epoch);
        let Some((_, rows)) = memory.epochs.last_mut() else {
            return;
        };
        let before = rows.last().map_or(genesis, |row| row.link);
        let (seq, link) = (rows.len() as u64 + 1, before.next(&bytes));
        rows.push(Row { seq, bytes, link });
    }

    /// Writes a visit down.
    pub fn visit(&self, writer: &Writer, visit: Visit) {
        for event in &visit.events {
            self.append(event);
        }
        for (seq, sealed) in visit.sealed {
            self.keep(writer.epoch, seq, sealed);
        }
    }

    /// Keeps sealed bytes that an event names.
    pub fn keep(&self, epoch: Epoch, seq: u64, sealed: Vec<u8>) {
        let mut memory = self.memory.borrow_mut();
        if sealed.len() <= MAX_INLINE_BLOB {
            memory.inline.entry((epoch, seq)).or_default().push(sealed);
        } else {
            let name = FileName::of(&sealed);
            memory.waiting.push((epoch, seq, name));
            memory.files.insert(name, sealed);
        }
    }

    /// The last event of the newest life.
    pub fn end(&self) -> Option<(Epoch, u64)> {
        let memory = self.memory.borrow();
        let (epoch, rows) = memory.epochs.last()?;
        Some((*epoch, rows.len() as u64))
    }

    /// How far it has come, as the engine starts from.
    pub fn standing(&self) -> Standing {
        let memory = self.memory.borrow();
        let streams = memory.epochs.iter().map(|(epoch, rows)| {
            let known = memory.streams.get(epoch);
            Stream {
                epoch: *epoch,
                last: rows.len() as u64,
                acked: known.map_or(0, |s| s.acked),
                durable: known.map_or(0, |s| s.durable),
            }
        });
        Standing {
            device: self.device,
            cursor: memory.cursor,
            streams: streams.collect(),
        }
    }

    /// A ticket for a file.
    pub fn ticket(&self, name: FileName, length: u64) -> FileTicket {
        FileTicket::new(self.device, name, length, &*self.key)
    }

    /// True where everything that was written is at the hub.
    pub fn all_there(&self) -> bool {
        let standing = self.standing();
        let files = self.memory.borrow().files.len();
        files == 0 && standing.streams.iter().all(|s| s.acked == s.last)
    }
}

impl Journal for Shared {
    fn rows(
        &self,
        epoch: Epoch,
        after: u64,
        events: usize,
        bytes: usize,
    ) -> Result<Vec<Row>, JournalFault> {
        let memory = self.memory.borrow();
        let rows = memory.epochs.iter().find(|(e, _)| *e == epoch);
        let rows = rows.map_or(&[][..], |(_, rows)| rows);
        let mut taken = 0;
        Ok(rows
            .iter()
            .skip(usize::try_from(after).unwrap_or(usize::MAX))
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
        let memory = self.memory.borrow();
        let rows = memory.epochs.iter().find(|(e, _)| *e == epoch);
        let place = usize::try_from(seq - 1).unwrap_or(usize::MAX);
        Ok(rows
            .and_then(|(_, rows)| rows.get(place))
            .map(|row| row.link))
    }

    fn blobs(&self, epoch: Epoch, first: u64, last: u64) -> Result<Vec<Vec<u8>>, JournalFault> {
        if first > last {
            return Ok(Vec::new());
        }
        let memory = self.memory.borrow();
        let found = memory.inline.range((epoch, first)..=(epoch, last));
        Ok(found.flat_map(|(_, blobs)| blobs.clone()).collect())
    }

    fn piece(
        &self,
        file: FileName,
        offset: u64,
        length: usize,
    ) -> Result<Option<Vec<u8>>, JournalFault> {
        let memory = self.memory.borrow();
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        Ok(memory.files.get(&file).map(|bytes| {
            let to = from.saturating_add(length).min(bytes.len());
            bytes.get(from..to).unwrap_or(&[]).to_vec()
        }))
    }
}

impl Record for Shared {
    fn apply(&self, apply: &Apply, mail: &[Mail]) -> Result<Vec<FileWaiting>, String> {
        let mut memory = self.memory.borrow_mut();
        let memory = &mut *memory;
        memory.rejected.extend(apply.rejected.iter().copied());
        if let Some(page) = &apply.page {
            memory.cursor = page.cursor;
            memory.mail.extend(page.items.iter().cloned());
            memory.understood.extend(mail.iter().cloned());
        }
        for item in mail {
            if let Mail::Bundle(bundle) = item {
                memory.bundle = Some(((**bundle).clone(), Vec::new()));
            }
        }
        let Some(stream) = apply.stream else {
            return Ok(Vec::new());
        };
        memory.streams.insert(stream.epoch, stream);
        let ready = |(epoch, seq, _): &(Epoch, u64, FileName)| {
            *epoch == stream.epoch && *seq <= stream.acked
        };
        let names: Vec<_> = memory
            .waiting
            .iter()
            .filter(|w| ready(w))
            .map(|w| w.2)
            .collect();
        memory.waiting.retain(|w| !ready(w));
        Ok(names
            .into_iter()
            .filter_map(|file| {
                let length = memory.files.get(&file)?.len() as u64;
                Some(FileWaiting {
                    file,
                    length,
                    ticket: self.ticket(file, length).to_string(),
                })
            })
            .collect())
    }

    fn arrived(&self, file: FileName) -> Result<(), String> {
        let mut memory = self.memory.borrow_mut();
        memory.files.remove(&file);
        memory.arrived.push(file);
        Ok(())
    }

    fn wanted(&self) -> Option<(BundleMail, u64)> {
        let memory = self.memory.borrow();
        let (mail, bytes) = memory.bundle.as_ref()?;
        let here = bytes.len() as u64;
        (here < mail.length).then(|| (mail.clone(), here))
    }

    fn piece_came(&self, bundle: &BundleMail, offset: u64, bytes: &[u8]) -> Result<(), String> {
        let mut memory = self.memory.borrow_mut();
        if let Some((mail, here)) = &mut memory.bundle
            && mail == bundle
            && here.len() as u64 == offset
        {
            here.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn alarm(&self, alarm: Alarm) {
        self.memory.borrow_mut().alarms.push(alarm);
    }

    fn told(&self, told: &Told) {
        self.memory.borrow_mut().told = Some(told.clone());
    }
}
