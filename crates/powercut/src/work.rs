//! A day's work of a kiosk on a noted disk, and the record as it is found after a cut.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use onedoor_domain::calendar::Due;
use onedoor_domain::code::{FactorKind, SecondFactor};
use onedoor_domain::event::{Actor, EraseReason};
use onedoor_domain::id::{BlobId, CaseId, DeviceId, DraftId};
use onedoor_domain::personal::Personal;
use onedoor_store::{
    Acked, DbKey, DraftSave, Mail, NewBlob, Options, Sealer, Store, StoreError, Submission,
    SyncApply,
};
use tempfile::TempDir;
use thiserror::Error;

use crate::disk::{Op, Unsynced, after_cut};
use crate::noting::{self, Notes};

const KEY: [u8; 32] = [0x5a; 32];
/// Saved before the hub's key was known.
const WAITING: u64 = 3;

/// How commits are synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// As the record asks for it.
    Ours,
    /// `synchronous = NORMAL` in its place: the control.
    Normal,
}

/// The work could not be done, or a rebuilt disk not be looked at.
#[derive(Debug, Error)]
pub enum PowerError {
    /// The record.
    #[error("the record: {0}")]
    Store(#[from] StoreError),
    /// A file.
    #[error("a file: {0}")]
    Io(#[from] std::io::Error),
    /// The layer under SQLite.
    #[error("SQLite took no layer under it")]
    NoLayer,
}

/// What is looked at after a cut: all of it changes in one transaction with each piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    events: u64,
    cases: u64,
    step: Option<String>,
    cursor: u64,
    mail: usize,
}

impl State {
    fn of(store: &Store, thorough: bool) -> Result<State, StoreError> {
        let verified = store.verify(thorough).wait()?;
        let draft = store.open_drafts().wait()?.pop();
        Ok(State {
            events: verified.events,
            cases: verified.cases,
            step: draft.map(|draft| draft.step),
            cursor: store.outbox()?.standing()?.cursor,
            mail: store.mail_waiting("bundle").wait()?.len(),
        })
    }
}

/// What became of a cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// All that was acknowledged, and nothing half.
    Whole,
    /// All that was acknowledged, and the piece of work that was under way besides.
    WholeAndOneMore,
    /// Something that was acknowledged is not there.
    Lost,
    /// The record says that it is damaged, or that commits are missing.
    Refused(&'static str),
    /// It is as it never was.
    Odd(String),
}

/// Work that was done, with all that was noted of it.
#[derive(Debug)]
pub struct Worked {
    before: Vec<Vec<u8>>,
    keycheck: Vec<u8>,
    ops: Vec<Op>,
    /// After each mark: the state, and the file beside the record that remembers the last commit.
    marks: Vec<(State, Vec<u8>)>,
}

fn beside(record: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", record.display()))
}

/// A folder of its own, in memory where the system has such a one: a simulated disk needs no real one.
fn folder() -> std::io::Result<TempDir> {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())
}

fn open(record: &Path) -> Result<Store, StoreError> {
    let mut options = Options::new("powercut");
    options.quick_check = false;
    Store::open(record, &DbKey::from_bytes(KEY), options)
}

fn draft_id(number: u64) -> DraftId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    DraftId::from_random(bytes)
}

fn submission(number: u64) -> Submission {
    Submission {
        draft: draft_id(number),
        actor: Actor::Resident,
        service: "complaint".into(),
        form_version: "1".into(),
        language: "zh-CN".into(),
        owner: None,
        term_days: 5,
        due: Due::WithinWorkingDays(5),
        factors: vec![SecondFactor::typed(FactorKind::IdLastFour, "0026")],
        person: Some(Personal::from("990101194506120026")),
        helper_typed: Vec::new(),
        blobs: vec![NewBlob::new("answers", vec![number as u8; 2_500])],
    }
}

/// Seals nothing in truth: here only commits matter.
struct Shift;

impl Sealer for Shift {
    fn seal(
        &self,
        _: DeviceId,
        _: BlobId,
        salt: &[u8; 32],
        _: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, String> {
        let shifted = plain.iter().map(|byte| byte.wrapping_add(salt[0] | 1));
        Ok(salt.iter().copied().chain(shifted).collect())
    }
}

impl Worked {
    /// Does so many pieces of work on a noted disk.
    ///
    /// # Errors
    /// When the record does not work at all.
    pub fn new(durability: Durability, pieces: usize) -> Result<Self, PowerError> {
        let folder = folder()?;
        let record = folder.path().join("record.db");
        let store = open(&record)?;
        for number in 0..WAITING {
            store.submit_case(submission(900 + number)).wait()?;
        }
        drop(store);
        let files = vec![record.clone(), beside(&record, "-wal")];
        let before = files
            .iter()
            .map(|file| fs::read(file).unwrap_or_default())
            .collect();
        let normal = durability == Durability::Normal;
        let notes = noting::watch(files, normal).ok_or(PowerError::NoLayer)?;
        let store = open(&record)?;
        let mut worked = Worked {
            before,
            keycheck: fs::read(beside(&record, ".keycheck"))?,
            ops: Vec::new(),
            marks: Vec::new(),
        };
        worked.mark(&store, &record, &notes)?;
        store.set_sealer(Some(Arc::new(Shift)));
        let mut cases = Vec::new();
        for piece in 0..pieces {
            work(&store, piece as u64, &mut cases)?;
            worked.mark(&store, &record, &notes)?;
        }
        worked.ops = notes.finish();
        Ok(worked)
    }

    fn mark(&mut self, store: &Store, record: &Path, notes: &Notes) -> Result<(), PowerError> {
        // First: what is done later on behalf of looking is not part of the piece of work.
        notes.add(Op::Mark(self.marks.len()));
        let head = fs::read(beside(record, ".head"))?;
        self.marks.push((State::of(store, false)?, head));
        Ok(())
    }

    /// How many moments there are at which the power can be cut.
    pub fn moments(&self) -> usize {
        self.ops.len() + 1
    }

    /// How many syncs were noted.
    pub fn syncs(&self) -> usize {
        let sync = |op: &&Op| matches!(op, Op::Sync { .. });
        self.ops.iter().filter(sync).count()
    }

    /// A cut by its number: the moments one after the other, `of` of them spread over all of the work, what was not synced
    /// kept, lost, or torn in ever other ways.
    pub fn numbered(&self, number: u64, of: u64) -> (usize, Unsynced) {
        let first = self.first();
        let span = (self.moments() - first) as u64;
        let moment = if of >= span {
            number % span
        } else {
            number * span / of
        };
        let unsynced = match number % 10 {
            0 => Unsynced::Kept,
            1 => Unsynced::Lost,
            _ => Unsynced::Torn(number),
        };
        // Rounds over the same moments begin with another kind each time.
        let round = number / span;
        let unsynced = match unsynced {
            Unsynced::Kept | Unsynced::Lost if round % 2 == 1 => Unsynced::Torn(number),
            other => other,
        };
        (first + moment as usize, unsynced)
    }

    /// The first moment at which something has been acknowledged.
    fn first(&self) -> usize {
        self.ops
            .iter()
            .position(|op| *op == Op::Mark(0))
            .map_or(0, |at| at + 1)
    }

    /// Cuts the power after so many operations, and looks at what is found. `thorough` reads every page besides.
    ///
    /// # Errors
    /// When the disk cannot be rebuilt.
    pub fn cut(
        &self,
        moment: usize,
        unsynced: Unsynced,
        thorough: bool,
    ) -> Result<Found, PowerError> {
        let (folder, acknowledged) = self.rebuilt(moment, unsynced)?;
        let record = folder.path().join("record.db");
        let state = open(&record).and_then(|store| State::of(&store, thorough));
        let at = |mark: usize| self.marks.get(mark).map(|(state, _)| state);
        Ok(match state {
            Ok(state) if Some(&state) == at(acknowledged) => Found::Whole,
            Ok(state) if Some(&state) == at(acknowledged + 1) => Found::WholeAndOneMore,
            Ok(state)
                if self.marks[..acknowledged]
                    .iter()
                    .any(|(older, _)| *older == state) =>
            {
                Found::Lost
            }
            Ok(state) => Found::Odd(format!("{state:?}, acknowledged {:?}", at(acknowledged))),
            Err(error) if error.needs_restore() => Found::Refused(error.code()),
            Err(error) => Found::Odd(error.to_string()),
        })
    }

    /// The record's folder as the cut left it, and the last mark before it.
    fn rebuilt(&self, moment: usize, unsynced: Unsynced) -> Result<(TempDir, usize), PowerError> {
        let ops = &self.ops[..moment.min(self.ops.len())];
        let acknowledged = ops
            .iter()
            .rev()
            .find_map(|op| match op {
                Op::Mark(mark) => Some(*mark),
                _ => None,
            })
            .unwrap_or(0);
        let folder = folder()?;
        let record = folder.path().join("record.db");
        let files = after_cut(&self.before, ops, unsynced);
        for (ending, bytes) in ["", "-wal"].iter().zip(files) {
            fs::write(beside(&record, ending), bytes)?;
        }
        fs::write(beside(&record, ".keycheck"), &self.keycheck)?;
        fs::write(beside(&record, ".head"), &self.marks[acknowledged].1)?;
        Ok((folder, acknowledged))
    }

    /// Keeps the files of a cut for somebody to look at.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn keep(&self, moment: usize, unsynced: Unsynced, to: &Path) -> Result<(), PowerError> {
        let (folder, _) = self.rebuilt(moment, unsynced)?;
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(folder.path())? {
            let entry = entry?;
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
        Ok(())
    }
}

/// One piece of work: one transaction that shows in the [`State`], or none.
fn work(store: &Store, piece: u64, cases: &mut Vec<CaseId>) -> Result<(), StoreError> {
    let person = piece / 10;
    match piece % 10 {
        touch @ 0..=2 => store
            .save_draft(DraftSave {
                id: draft_id(person),
                service: "complaint".into(),
                step: format!("page-{person}-{touch}"),
                snapshot: Personal::new(vec![piece as u8; 900]),
            })
            .wait(),
        3 => {
            cases.push(store.submit_case(submission(person)).wait()?.case);
            Ok(())
        }
        4 | 5 => {
            let slip = Personal::new(vec![piece as u8; 4_000]);
            let case = cases.last().copied();
            store
                .ask_slip(Actor::Resident, case, slip)
                .wait()
                .map(|_| ())
        }
        6 => {
            let standing = store.outbox()?.standing()?;
            let stream = standing.streams.last().map(|stream| Acked {
                epoch: stream.epoch,
                acked: stream.last,
                durable: stream.last,
            });
            let number = standing.cursor + 1;
            store
                .apply(SyncApply {
                    stream,
                    cursor: Some(number),
                    mail: vec![Mail {
                        number,
                        kind: "bundle".into(),
                        version: 1,
                        body: Personal::new(vec![1; 600]),
                    }],
                    ..SyncApply::default()
                })
                .wait()
                .map(|_| ())
        }
        7 => {
            let files = store.outbox()?.files_not_there()?;
            let arrived = files.iter().map(|file| file.name).collect();
            store
                .apply(SyncApply {
                    arrived,
                    ..SyncApply::default()
                })
                .wait()
                .map(|_| ())
        }
        8 if person % 3 == 2 => match cases.first().copied() {
            Some(case) => {
                cases.remove(0);
                let reason = EraseReason::ResidentAsked;
                store.erase_case(case, reason, Actor::Resident).wait()
            }
            None => Ok(()),
        },
        8 => store.fault_seen("printer", "PRN-003").wait().map(|_| ()),
        // The nights: the log is written back and cut, the file written anew.
        _ => store.tidy().wait().map(|_| ()),
    }
}
