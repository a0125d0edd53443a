//! What the tests share.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use onedoor_domain::calendar::Due;
use onedoor_domain::clock::{BootId, ClockQuality, EARLIEST_MS, Stamp};
use onedoor_domain::code::{FactorKind, SecondFactor};
use onedoor_domain::event::Actor;
use onedoor_domain::id::DraftId;
use onedoor_domain::personal::Personal;
use onedoor_store::{Clock, DbKey, DraftSave, NewBlob, Options, Store, Submission};
use tempfile::TempDir;

pub const KEY: [u8; 32] = [0x5a; 32];

/// A clock that the test sets; it advances a little at each look.
pub struct TestClock {
    pub wall_ms: AtomicI64,
    pub mono_ms: AtomicU64,
    pub boot: u8,
}

impl TestClock {
    pub fn at(wall_ms: i64, boot: u8) -> Arc<Self> {
        Arc::new(TestClock {
            wall_ms: wall_ms.into(),
            mono_ms: 1000.into(),
            boot,
        })
    }
}

impl Clock for TestClock {
    fn now(&self) -> Stamp {
        Stamp {
            wall_ms: self.wall_ms.fetch_add(1, Ordering::Relaxed),
            boot: BootId([self.boot; 16]),
            mono_ms: self.mono_ms.fetch_add(1, Ordering::Relaxed),
            quality: ClockQuality::Never,
        }
    }
}

pub fn key() -> DbKey {
    DbKey::from_bytes(KEY)
}

pub fn options() -> Options {
    let mut options = Options::new("test");
    options.clock = TestClock::at(EARLIEST_MS + 1_000_000_000, 1);
    options
}

/// A record in a folder of its own.
pub struct Place {
    pub folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Place {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("data/record.db")
    }

    pub fn backups(&self) -> PathBuf {
        self.folder.path().join("stick")
    }

    pub fn open(&self) -> Store {
        self.try_open().unwrap()
    }

    pub fn try_open(&self) -> onedoor_store::Result<Store> {
        Store::open(&self.path(), &key(), options())
    }
}

pub fn draft_id(number: u64) -> DraftId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    DraftId::from_random(bytes)
}

pub fn draft(number: u64, step: &str, answers: &str) -> DraftSave {
    DraftSave {
        id: draft_id(number),
        service: "cross-province-medical".into(),
        step: step.into(),
        snapshot: Personal::new(answers.as_bytes().to_vec()),
    }
}

pub fn last_four(text: &str) -> SecondFactor {
    SecondFactor::typed(FactorKind::IdLastFour, text)
}

pub fn typed(text: &str) -> Personal<String> {
    Personal::from(text)
}

pub fn submission(number: u64, answers: &str) -> Submission {
    Submission {
        draft: draft_id(number),
        actor: Actor::Resident,
        service: "cross-province-medical".into(),
        form_version: "1".into(),
        language: "zh-CN".into(),
        owner: Some("s-li".into()),
        term_days: 5,
        due: Due::WithinWorkingDays(5),
        factors: vec![last_four("0026")],
        person: Some(Personal::from("990101194506120026")),
        helper_typed: Vec::new(),
        blobs: vec![NewBlob::new("answers", answers.as_bytes())],
    }
}
