//! What the tests share.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use onedoor_domain::calendar::Due;
use onedoor_domain::case::CaseStatus;
use onedoor_domain::clock::{BootId, ClockQuality, EARLIEST_MS, Stamp};
use onedoor_domain::code::{CaseCode, FactorKind, SecondFactor};
use onedoor_domain::event::Actor;
use onedoor_domain::id::{BlobId, CaseId, DeviceId, DraftId};
use onedoor_domain::personal::Personal;
use onedoor_store::{
    Acked, CaseFromHub, CaseWords, Clock, DbKey, DraftSave, NewBlob, Options, Sealer, Store,
    Submission, SyncApplied, SyncApply,
};
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

// ---- The county -------------------------------------------------------------------------------------------------

/// Makes bytes unreadable, and fails when it is told to.
#[derive(Default)]
pub struct TestSealer {
    pub fails: AtomicBool,
    pub sealed: AtomicU64,
}

impl TestSealer {
    pub fn set(store: &Store) -> Arc<Self> {
        let sealer = Arc::new(TestSealer::default());
        store.set_sealer(Some(sealer.clone()));
        sealer
    }
}

/// What [`TestSealer`] made of them.
pub fn sealed_bytes(salt: &[u8; 32], role: &str, plain: &[u8]) -> Vec<u8> {
    let mut stream = vec![0; plain.len()];
    blake3::Hasher::new_derive_key(role)
        .update(salt)
        .finalize_xof()
        .fill(&mut stream);
    let body = plain.iter().zip(stream).map(|(byte, key)| byte ^ key);
    salt.iter().copied().chain(body).collect()
}

impl Sealer for TestSealer {
    fn seal(
        &self,
        _: DeviceId,
        _: BlobId,
        salt: &[u8; 32],
        role: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, String> {
        if self.fails.load(Ordering::Relaxed) {
            return Err("told to fail".to_owned());
        }
        self.sealed.fetch_add(1, Ordering::Relaxed);
        Ok(sealed_bytes(salt, role, plain))
    }
}

/// Waits for what the record does between two touches.
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !done() {
        assert!(
            begun.elapsed() < std::time::Duration::from_secs(20),
            "{what}"
        );
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// The last event of the present life.
pub fn last(store: &Store) -> u64 {
    let standing = store.outbox().unwrap().standing().unwrap();
    standing.streams.last().unwrap().last
}

/// The hub has the present life up to here, and its second place up to there.
pub fn ack(store: &Store, acked: u64, durable: u64) -> SyncApplied {
    let epoch = store.identity().epoch;
    store
        .apply(SyncApply {
            stream: Some(Acked {
                epoch,
                acked,
                durable,
            }),
            ..SyncApply::default()
        })
        .wait()
        .unwrap()
}

/// All sealed files of a record have arrived.
pub fn all_arrived(store: &Store) -> SyncApplied {
    let files = store.outbox().unwrap().files_not_there().unwrap();
    store
        .apply(SyncApply {
            arrived: files.iter().map(|file| file.name).collect(),
            ..SyncApply::default()
        })
        .wait()
        .unwrap()
}

/// A case as the hub has it.
pub fn from_hub(case: CaseId, version: u64, status: CaseStatus) -> CaseFromHub {
    CaseFromHub {
        case,
        code: CaseCode::from_random(u64::from_be_bytes(case.as_bytes()[8..].try_into().unwrap())),
        service: "complaint".into(),
        form_version: "3".into(),
        language: "zh-CN".into(),
        saved_ms: EARLIEST_MS + 7,
        version,
        status,
        included: None,
        facts: CaseWords::default(),
        factors: Vec::new(),
    }
}
