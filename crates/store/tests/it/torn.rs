//! Power cuts inside a write: the log and the file cut, or with sectors missing, at every 512 bytes.
//!
//! A file-level simulation: the files are taken before and after a piece of work and mixed as a disk may leave them. The
//! log is cut at each sector, or has lost one in the middle; the file has got any part of what a checkpoint wrote.

use std::fs;
use std::path::{Path, PathBuf};

use onedoor_domain::event::Actor;
use onedoor_domain::profile::{ConsentText, Fields};
use onedoor_store::Store;
use rusqlite::Connection;

use crate::support::*;

const SECTOR: usize = 512;
const LI: &str = "990101194506120026";

/// The files of a record at one moment.
#[derive(Clone)]
struct Files {
    db: Vec<u8>,
    log: Vec<u8>,
    head: Vec<u8>,
    keycheck: Vec<u8>,
}

fn beside(record: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", record.display()))
}

impl Files {
    fn of(record: &Path) -> Self {
        let read = |ending: &str| fs::read(beside(record, ending)).unwrap_or_default();
        Files {
            db: read(""),
            log: read("-wal"),
            head: read(".head"),
            keycheck: read(".keycheck"),
        }
    }

    /// Opens a record made of them; its events, draft and field, or the code of what was said.
    fn open(&self, place: &Place) -> Result<State, &'static str> {
        let record = place.path();
        fs::create_dir_all(record.parent().unwrap()).unwrap();
        let _ = fs::remove_file(beside(&record, "-shm"));
        for (ending, bytes) in [
            ("", &self.db),
            ("-wal", &self.log),
            (".head", &self.head),
            (".keycheck", &self.keycheck),
        ] {
            fs::write(beside(&record, ending), bytes).unwrap();
        }
        let store = place.try_open().map_err(|error| {
            assert!(error.needs_restore(), "{error}");
            error.code()
        })?;
        Ok(state(&store))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    events: u64,
    cases: u64,
    step: Option<String>,
    name: Option<String>,
}

fn state(store: &Store) -> State {
    let verified = store.verify(true).wait().unwrap();
    let draft = store.load_draft(draft_id(9)).wait().unwrap();
    let profile = store.profile(typed(LI)).wait().unwrap();
    State {
        events: verified.events,
        cases: verified.cases,
        step: draft.map(|draft| draft.step),
        name: profile.map(|profile| {
            let name = profile.get("full_name").unwrap();
            name.expose().as_text().into_owned()
        }),
    }
}

fn keep(store: &Store, name: &str) {
    let consent = ConsentText {
        text: "keep-1".into(),
        language: "zh-CN".into(),
    };
    let fields = Fields::new(None).text("full_name", name);
    store
        .keep_profile(typed(LI), fields, consent, Actor::Resident)
        .wait()
        .unwrap();
}

type Work = fn(&Store);

#[test]
fn a_log_torn_at_any_sector_gives_the_state_before_or_after_and_never_half() {
    let work: [(&str, Work); 3] = [
        ("touch", |store| {
            let answers = "y".repeat(900);
            store
                .save_draft(draft(9, "page-2", &answers))
                .wait()
                .unwrap();
        }),
        ("submit", |store| {
            let case = submission(9, &"y".repeat(3_000));
            store.submit_case(case).wait().unwrap();
        }),
        ("keep", |store| keep(store, "李小花")),
    ];
    let (mut cuts, mut before_count, mut after_count) = (0, 0, 0);
    for (name, work) in work {
        let place = Place::new();
        let store = place.open();
        store
            .submit_case(submission(1, &"x".repeat(2_000)))
            .wait()
            .unwrap();
        store.save_draft(draft(9, "page-1", "x")).wait().unwrap();
        let (earlier, was) = (Files::of(&place.path()), events(&store));
        work(&store);
        let (later, is) = (Files::of(&place.path()), events(&store));
        assert!(earlier.db == later.db, "{name}: only the log was written");
        assert!(later.log.len() > earlier.log.len() && later.log.starts_with(&earlier.log));
        let expected = (was, is);
        drop(store);
        let place = Place::new();
        let written = earlier.log.len() / SECTOR..later.log.len().div_ceil(SECTOR);
        for sector in written {
            let at = sector * SECTOR;
            let end = later.log.len().min(at + SECTOR);
            let mut lost = later.log.clone();
            lost[at.max(earlier.log.len())..end].fill(0);
            for log in [later.log[..at.max(earlier.log.len())].to_vec(), lost] {
                cuts += 1;
                // The commit had not been acknowledged: the head is the one before.
                let cut = Files {
                    log,
                    ..earlier.clone()
                };
                let found = cut
                    .open(&place)
                    .unwrap_or_else(|code| panic!("{name} {at}: {code}"));
                let one = (found.events, found.step.clone());
                assert!(
                    one == expected.0 || one == expected.1,
                    "{name} {at}: {found:?}"
                );
                before_count += u32::from(one == expected.0);
                after_count += u32::from(one == expected.1);
                // It had been, and the disk lied: that is said, not passed over.
                let lied = Files {
                    head: later.head.clone(),
                    ..cut
                };
                match lied.open(&place) {
                    Err(code) => assert_eq!(code, "STO-018", "{name} {at}"),
                    Ok(found) if later.head == earlier.head => {
                        assert!(name == "touch", "{found:?}");
                    }
                    Ok(found) => assert_eq!((found.events, found.step), expected.1, "{name} {at}"),
                }
            }
        }
        let whole = Files {
            head: earlier.head,
            ..later
        };
        let found = whole.open(&place).unwrap();
        assert_eq!((found.events, found.step), expected.1, "{name}: uncut");
    }
    eprintln!("{cuts} torn logs: {before_count} as before, {after_count} as after");
    assert!(cuts > 200 && before_count > 100);
}

fn events(store: &Store) -> (u64, Option<String>) {
    let found = store.verify(false).wait().unwrap();
    let draft = store.load_draft(draft_id(9)).wait().unwrap();
    (found.events, draft.map(|draft| draft.step))
}

#[test]
fn a_checkpoint_torn_at_any_sector_loses_nothing() {
    let place = Place::new();
    let store = place.open();
    store.tidy().wait().unwrap();
    for number in 1..=3 {
        let case = submission(number, &"x".repeat(2_500));
        store.submit_case(case).wait().unwrap();
    }
    keep(&store, "李小花");
    store.save_draft(draft(9, "page-4", "half")).wait().unwrap();
    let expected = state(&store);
    let earlier = Files::of(&place.path());
    assert!(!store.tidy().wait().unwrap().scrubbed);
    let later = Files::of(&place.path());
    assert!(later.log.is_empty() && later.db != earlier.db);
    drop(store);
    let place = Place::new();
    let sectors = later.db.len() / SECTOR;
    let mut random = 7_u64;
    let mut cuts = 0;
    let mut with = |db: Vec<u8>| {
        cuts += 1;
        let torn = Files {
            db,
            ..earlier.clone()
        };
        assert_eq!(torn.open(&place).unwrap(), expected);
    };
    for sector in (0..=sectors).step_by(3) {
        // In order, up to here.
        let at = sector * SECTOR;
        let mut db = later.db[..at].to_vec();
        db.extend_from_slice(earlier.db.get(at..).unwrap_or_default());
        with(db);
    }
    for _ in 0..100 {
        // In any order: each sector old or new.
        let mut db = later.db.clone();
        for (number, sector) in db.chunks_exact_mut(SECTOR).enumerate() {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            if random >> 63 == 0 {
                match earlier.db.get(number * SECTOR..(number + 1) * SECTOR) {
                    Some(old) => sector.copy_from_slice(old),
                    None => sector.fill(0),
                }
            }
        }
        with(db);
    }
    eprintln!("{cuts} torn checkpoints");
    // The control: without the log the same file is damaged, and that is noticed.
    let mut db = later.db.clone();
    let middle = db.len() / SECTOR / 2 * SECTOR;
    db[middle..middle + SECTOR].fill(0);
    let log = Vec::new();
    let code = Files { db, log, ..later }.open(&place);
    assert!(code.is_err() || noticed(&place), "{code:?}");
}

fn noticed(place: &Place) -> bool {
    place
        .try_open()
        .map_or(true, |store| store.verify(true).wait().is_err())
}

#[test]
fn the_file_written_anew_and_torn_is_the_old_or_the_new_one_with_the_same_content() {
    let place = Place::new();
    let store = place.open();
    for number in 1..=3 {
        let case = submission(number, &"x".repeat(2_500));
        store.submit_case(case).wait().unwrap();
    }
    keep(&store, "李小花");
    store.save_draft(draft(9, "page-4", "half")).wait().unwrap();
    let expected = state(&store);
    drop(store);
    let earlier = Files::of(&place.path());
    let connection = Connection::open(place.path()).unwrap();
    let hex: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    connection
        .execute_batch(&format!(
            "PRAGMA key = \"x'{hex}'\"; PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 0; VACUUM;"
        ))
        .unwrap();
    let later = Files::of(&place.path());
    assert!(earlier.db == later.db && later.log.len() > 100_000);
    drop(connection);
    let place = Place::new();
    for at in (0..=later.log.len()).step_by(13 * SECTOR) {
        let log = later.log[..at].to_vec();
        let torn = Files {
            log,
            ..earlier.clone()
        };
        assert_eq!(torn.open(&place).unwrap(), expected, "{at}");
    }
    assert_eq!(later.open(&place).unwrap(), expected);
}
