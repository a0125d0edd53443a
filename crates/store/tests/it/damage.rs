//! A damaged file is found, and what it still holds comes back.

use std::fs;
use std::path::PathBuf;

use onedoor_domain::event::Actor;
use onedoor_domain::profile::{ConsentText, Fields, Relation};
use onedoor_store::Store;

use crate::support::*;

/// A record with a backup and with cases and a draft after it; closed.
fn with_backup() -> (Place, Vec<u8>) {
    let place = Place::new();
    let store = place.open();
    for number in 0..10 {
        store
            .submit_case(submission(number, &"a".repeat(3_000)))
            .wait()
            .unwrap();
    }
    store.back_up(place.backups(), 3).wait().unwrap();
    for number in 10..20 {
        store
            .submit_case(submission(number, &"b".repeat(3_000)))
            .wait()
            .unwrap();
    }
    store
        .save_draft(draft(50, "page-4", "half"))
        .wait()
        .unwrap();
    drop(store);
    let bytes = fs::read(place.path()).unwrap();
    (place, bytes)
}

fn aside(place: &Place) -> PathBuf {
    place.path().with_extension("db.damaged")
}

#[test]
fn a_flipped_byte_in_any_page_is_found_and_the_restore_loses_little() {
    let (place, whole) = with_backup();
    let pages = whole.len() / 4096;
    assert!(pages > 20);
    let mut all_back = 0;
    for page in 0..pages {
        let mut bytes = whole.clone();
        bytes[page * 4096 + 1000] ^= 0x40;
        fs::write(place.path(), &bytes).unwrap();
        match place.try_open() {
            Err(error) => {
                assert!(error.needs_restore(), "page {page}: {error}");
                assert_eq!(error.code(), "STO-004");
            }
            Ok(store) => {
                // A page that no table uses: the weekly check finds it.
                let found = store.verify(true).wait().unwrap_err();
                assert_eq!(found.code(), "STO-004", "page {page}");
            }
        }
        // Every third page is restored, which costs most of the time of this test.
        if page % 3 == 0 {
            let (store, report) = Store::restore_newest(
                &place.path(),
                &key(),
                &place.backups(),
                options(),
                "STO-004",
            )
            .unwrap();
            assert_eq!(report.damaged, Some(aside(&place)));
            let verified = store.verify(true).wait().unwrap();
            assert!(
                (10..=20).contains(&verified.cases),
                "page {page}: {verified:?}"
            );
            let rescued = verified.cases == 20
                && report.blobs_lost == 0
                && store.load_draft(draft_id(50)).wait().unwrap().is_some();
            all_back += u32::from(rescued);
            drop(store);
            assert!(place.open().cases(99).wait().unwrap().len() >= 10);
        }
        reset(&place, &whole);
    }
    // Most pages hold one blob or index: nothing but that is lost.
    assert!(all_back >= 3, "{all_back}");
}

/// Puts the record back as it was before the damage, with the small files that belong to it.
fn reset(place: &Place, whole: &[u8]) {
    let folder = place.path().parent().unwrap().to_owned();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.contains("wal")
            || name.contains("shm")
            || name.contains("damaged")
            || name.ends_with(".head")
        {
            fs::remove_file(path).unwrap();
        }
    }
    fs::write(place.path(), whole).unwrap();
}

#[test]
fn a_cut_file_is_found() {
    let (place, whole) = with_backup();
    for keep in [1, 100, 4096, whole.len() / 2, whole.len() - 4096] {
        fs::write(place.path(), &whole[..keep]).unwrap();
        let error = place.try_open().unwrap_err();
        assert!(error.needs_restore(), "{keep} bytes kept: {error}");
    }
    fs::write(place.path(), b"").unwrap();
    assert!(place.try_open().unwrap_err().needs_restore());
}

#[test]
fn an_older_copy_put_in_place_is_found() {
    let place = Place::new();
    let store = place.open();
    store.submit_case(submission(1, "a")).wait().unwrap();
    drop(store);
    let old = fs::read(place.path()).unwrap();
    let store = place.open();
    store.submit_case(submission(2, "b")).wait().unwrap();
    store.back_up(place.backups(), 1).wait().unwrap();
    drop(store);
    fs::write(place.path(), &old).unwrap();
    let error = place.try_open().unwrap_err();
    assert_eq!(error.code(), "STO-018", "{error}");
    assert!(error.needs_restore());
    let (store, _) = Store::restore_newest(
        &place.path(),
        &key(),
        &place.backups(),
        options(),
        "STO-018",
    )
    .unwrap();
    assert_eq!(store.cases(9).wait().unwrap().len(), 2);
}

#[test]
fn a_log_that_was_cut_is_found() {
    let place = Place::new();
    let store = place.open();
    store.back_up(place.backups(), 1).wait().unwrap();
    for number in 0..5 {
        store.submit_case(submission(number, "a")).wait().unwrap();
    }
    // As a power cut leaves it: the log is not yet in the database.
    let copy = tempfile::tempdir().unwrap();
    let to = copy.path().join("record.db");
    for ending in ["", "-wal", ".head", ".keycheck"] {
        let from = PathBuf::from(format!("{}{ending}", place.path().display()));
        fs::copy(from, format!("{}{ending}", to.display())).unwrap();
    }
    drop(store);
    let log = copy.path().join("record.db-wal");
    let bytes = fs::read(&log).unwrap();
    let whole = Store::open(&to, &key(), options()).unwrap();
    assert_eq!(
        whole.cases(9).wait().unwrap().len(),
        5,
        "whole, it is all there"
    );
    drop(whole);
    for ending in ["", ".head"] {
        let from = PathBuf::from(format!("{}{ending}", place.path().display()));
        assert!(from.exists());
    }
    // The same with one byte of the log flipped: SQLite itself would go on without the rest.
    let place = Place::new();
    let store = place.open();
    for number in 0..5 {
        store.submit_case(submission(number, "a")).wait().unwrap();
    }
    for ending in ["", "-wal", ".head", ".keycheck"] {
        let from = PathBuf::from(format!("{}{ending}", place.path().display()));
        fs::copy(from, format!("{}{ending}", to.display())).unwrap();
    }
    drop(store);
    let mut flipped = fs::read(&log).unwrap();
    assert!(flipped.len() > 30_000 && !bytes.is_empty());
    let late = flipped.len() - 6_000;
    flipped[late] ^= 1;
    fs::write(&log, flipped).unwrap();
    let error = Store::open(&to, &key(), options()).unwrap_err();
    assert_eq!(error.code(), "STO-018", "{error}");
}

#[test]
fn a_wrong_key_is_told_from_damage() {
    let (place, _) = with_backup();
    let wrong = onedoor_store::DbKey::from_bytes([1; 32]);
    let error = Store::open(&place.path(), &wrong, options()).unwrap_err();
    assert_eq!(error.code(), "STO-002");
    assert!(
        !error.needs_restore(),
        "a wrong key must never lead to a restore"
    );
    // Also where the check file is lost.
    fs::remove_file(place.path().with_extension("db.keycheck")).unwrap();
    let error = Store::open(&place.path(), &wrong, options()).unwrap_err();
    assert_eq!(error.code(), "STO-002");
    assert_eq!(place.open().cases(99).wait().unwrap().len(), 20);
    let restored = Store::restore_newest(
        &place.path(),
        &wrong,
        &place.backups(),
        options(),
        "STO-004",
    );
    assert_eq!(restored.unwrap_err().code(), "STO-002");
}

#[test]
fn changed_rows_are_found_even_with_the_key() {
    let place = Place::new();
    let store = place.open();
    for number in 0..5 {
        store.submit_case(submission(number, "a")).wait().unwrap();
    }
    let (li, wang) = (typed("990101194506120026"), typed("99010119450612019X"));
    store.issue_card(&li, Actor::Resident).wait().unwrap();
    store
        .link_family(&li, &wang, Relation::Spouse, Actor::Resident)
        .wait()
        .unwrap();
    store
        .keep_profile(
            &li,
            Fields::new(None).text("phone", "1"),
            ConsentText {
                text: "keep-1".into(),
                language: "en".into(),
            },
            Actor::Resident,
        )
        .wait()
        .unwrap();
    drop(store);
    let whole = fs::read(place.path()).unwrap();
    let hex: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    for (change, at_start) in [
        (
            "UPDATE journal SET bytes = (SELECT bytes FROM journal WHERE place = 2) WHERE place = 3",
            true,
        ),
        (
            "UPDATE journal SET hash = zeroblob(32) WHERE place = 4",
            true,
        ),
        ("UPDATE journal SET seq = 90 WHERE place = 4", true),
        (
            "UPDATE journal SET kind = 'slip_printed' WHERE place = 2",
            true,
        ),
        ("UPDATE blobs SET bytes = x'00'", false),
        ("UPDATE blobs SET salt = zeroblob(32)", false),
        ("DELETE FROM blobs WHERE rowid = 1", false),
        ("DELETE FROM cases WHERE rowid = 2", false),
        ("DELETE FROM profiles", false),
        ("DELETE FROM family", false),
        ("DELETE FROM cards", false),
        ("UPDATE profiles SET blob = zeroblob(16)", false),
    ] {
        fs::write(place.path(), &whole).unwrap();
        let connection = rusqlite::Connection::open(place.path()).unwrap();
        connection
            .execute_batch(&format!("PRAGMA key = \"x'{hex}'\""))
            .unwrap();
        connection.execute_batch(change).unwrap();
        drop(connection);
        let found = match place.try_open() {
            Err(error) => error,
            Ok(store) => {
                assert!(!at_start, "{change}");
                store.verify(false).wait().unwrap_err()
            }
        };
        assert_eq!(found.code(), "STO-004", "{change}");
    }
}
