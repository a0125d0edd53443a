//! The real record as the driver sees it: what `onedoor` has between the two, without the pages.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use onedoor_domain::event::ChainHash;
use onedoor_domain::id::{BlobId, CaseId, DeviceId, Epoch};
use onedoor_domain::personal::Personal;
use onedoor_store::{
    Acked, CaseFromHub, CaseWords, HashedFactor, Outbox, Rejected, Store, StoreError, SyncApply,
};
use onedoor_sync::driver::{Record, Told};
use onedoor_sync::engine::{
    Alarm, Apply, FileName, FileWaiting, Journal, JournalFault, Row, Standing, Stream,
};
use onedoor_sync::mail::{BundleMail, CaseMail, Mail};
use onedoor_sync::seal::{Content, FileTicket, HubKey, Sealing};
use onedoor_sync::wire::{DeviceKey, MAX_INLINE_BLOB};

/// The record, for the driver's thread.
pub(super) struct Kept {
    pub store: Store,
    outbox: RefCell<Outbox>,
    key: DeviceKey,
    told: Arc<Mutex<Option<Told>>>,
    /// Cases that the hub told of, newest last.
    pub heard: Heard,
}

/// Cases that the hub told of; shared with who moves them.
pub(super) type Heard = Arc<Mutex<Vec<CaseId>>>;

fn fault(error: StoreError) -> JournalFault {
    JournalFault(error.code().to_owned())
}

fn code(error: StoreError) -> String {
    error.code().to_owned()
}

impl Kept {
    pub(super) fn new(
        store: Store,
        key: DeviceKey,
        told: Arc<Mutex<Option<Told>>>,
        heard: Heard,
    ) -> Result<Self> {
        let outbox = RefCell::new(store.outbox()?);
        Ok(Kept {
            store,
            outbox,
            key,
            told,
            heard,
        })
    }

    pub(super) fn standing(&self) -> Result<Standing> {
        let standing = self.outbox.borrow().standing()?;
        Ok(Standing {
            device: standing.device,
            cursor: standing.cursor,
            streams: standing
                .streams
                .into_iter()
                .map(|stream| Stream {
                    epoch: stream.epoch,
                    last: stream.last,
                    acked: stream.acked,
                    durable: stream.durable,
                })
                .collect(),
        })
    }

    pub(super) fn files(&self) -> Result<Vec<FileWaiting>, StoreError> {
        let device = self.store.identity().device;
        let files = self.outbox.borrow().files_waiting()?;
        Ok(files
            .into_iter()
            .map(|file| {
                let name = FileName(file.name);
                let ticket = FileTicket::new(device, name, file.length, &self.key);
                FileWaiting {
                    file: name,
                    length: file.length,
                    ticket: ticket.to_string(),
                }
            })
            .collect())
    }
}

impl Journal for Kept {
    fn rows(
        &self,
        epoch: Epoch,
        after: u64,
        events: usize,
        bytes: usize,
    ) -> Result<Vec<Row>, JournalFault> {
        let rows = self.outbox.borrow().rows(epoch, after, events, bytes);
        let row = |row: onedoor_store::OutboxRow| Row {
            seq: row.seq,
            bytes: row.bytes,
            link: row.link,
        };
        Ok(rows.map_err(fault)?.into_iter().map(row).collect())
    }

    fn link(&self, epoch: Epoch, seq: u64) -> Result<Option<ChainHash>, JournalFault> {
        self.outbox.borrow().link(epoch, seq).map_err(fault)
    }

    fn blobs(&self, epoch: Epoch, first: u64, last: u64) -> Result<Vec<Vec<u8>>, JournalFault> {
        let outbox = self.outbox.borrow();
        let sealed = outbox.sealed_of(epoch, first, last, MAX_INLINE_BLOB);
        sealed.map_err(fault)
    }

    fn piece(
        &self,
        file: FileName,
        offset: u64,
        length: usize,
    ) -> Result<Option<Vec<u8>>, JournalFault> {
        let piece = self.outbox.borrow().piece(file.0, offset, length);
        piece.map_err(fault)
    }
}

impl Record for Kept {
    fn apply(&self, apply: &Apply, mail: &[Mail]) -> Result<Vec<FileWaiting>, String> {
        let mut change = SyncApply {
            stream: apply.stream.map(|stream| Acked {
                epoch: stream.epoch,
                acked: stream.acked,
                durable: stream.durable,
            }),
            cursor: apply.page.as_ref().map(|page| page.cursor),
            arrived: apply.arrived.iter().map(|file| file.0).collect(),
            hub_time_ms: apply.hub_time_ms,
            ..SyncApply::default()
        };
        for mail in mail {
            match mail {
                Mail::Case(case) => change.cases.push(from_hub(case)),
                Mail::Rejected(rejected) => change.rejected.push(Rejected {
                    epoch: rejected.epoch,
                    seq: rejected.seq.get(),
                    code: rejected.code,
                    words: Some(rejected.words.clone()),
                }),
                // Nobody sends these here.
                Mail::Residents(_) | Mail::HubKeys(_) | Mail::Bundle(_) | Mail::Other { .. } => {}
            }
        }
        let cases: Vec<CaseId> = change.cases.iter().map(|case| case.case).collect();
        self.store.apply(change).wait().map_err(code)?;
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.extend(cases);
        drop(heard);
        self.files().map_err(code)
    }

    fn arrived(&self, file: FileName) -> Result<(), String> {
        let change = SyncApply {
            arrived: vec![file.0],
            ..SyncApply::default()
        };
        self.store.apply(change).wait().map_err(code).map(drop)
    }

    fn wanted(&self) -> Option<(BundleMail, u64)> {
        None
    }

    fn piece_came(&self, _: &BundleMail, _: u64, _: &[u8]) -> Result<(), String> {
        Ok(())
    }

    fn alarm(&self, alarm: Alarm) {
        println!("alarm {alarm:?}");
    }

    fn told(&self, told: &Told) {
        let mut place = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        *place = Some(told.clone());
    }
}

/// A case of the hub in the record's words; texts and owners' names are not looked at here.
fn from_hub(mail: &CaseMail) -> CaseFromHub {
    CaseFromHub {
        case: mail.case,
        code: mail.code,
        service: mail.service.clone(),
        form_version: mail.form_version.clone(),
        language: mail.language.clone(),
        saved_ms: mail.saved_ms,
        version: mail.version,
        status: mail.status.clone(),
        included: mail.included.map(|at| (at.epoch, at.seq.get())),
        facts: CaseWords {
            words_apart: mail.words_apart,
            ..CaseWords::default()
        },
        factors: mail
            .factors
            .iter()
            .map(|factor| HashedFactor {
                kind: factor.kind,
                salt: factor.salt,
                hash: factor.hash,
            })
            .collect(),
    }
}

/// Seals as the kiosk does.
pub(super) struct Sealer(pub HubKey);

struct Together(Sealing);

fn content(salt: &[u8; 32], role: &str, plain: &[u8]) -> Content {
    Content {
        salt: *salt,
        role: role.to_owned(),
        bytes: Personal::new(plain.to_vec()),
    }
}

impl onedoor_store::Sealer for Sealer {
    fn seal(
        &self,
        device: DeviceId,
        blob: BlobId,
        salt: &[u8; 32],
        role: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, String> {
        onedoor_sync::seal::seal(&self.0, device, blob, &content(salt, role, plain))
            .map_err(|fault| fault.to_string())
    }

    fn begin(&self, device: DeviceId) -> Option<Box<dyn onedoor_store::Sealing>> {
        let sealing = Sealing::begin(&self.0, device).ok()?;
        Some(Box::new(Together(sealing)))
    }
}

impl onedoor_store::Sealing for Together {
    fn salt(&self, blob: BlobId) -> [u8; 32] {
        self.0.salt(blob)
    }

    fn seal(
        &self,
        blob: BlobId,
        salt: &[u8; 32],
        role: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, String> {
        self.0
            .seal(blob, &content(salt, role, plain))
            .map_err(|fault| fault.to_string())
    }
}
