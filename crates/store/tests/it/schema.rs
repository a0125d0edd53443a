//! Older records are brought up to date, newer ones are refused.

use rusqlite::Connection;

use crate::support::*;

mod embedded {
    refinery::embed_migrations!("migrations");
}

fn raw(place: &Place) -> Connection {
    let connection = Connection::open(place.path()).unwrap();
    let hex: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    connection
        .execute_batch(&format!("PRAGMA key = \"x'{hex}'\""))
        .unwrap();
    connection
}

#[test]
fn an_older_record_is_brought_up_to_date_and_loses_nothing() {
    let place = Place::new();
    std::fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    {
        let mut old = raw(&place);
        embedded::migrations::runner()
            .set_target(refinery::Target::Version(1))
            .run(&mut old)
            .unwrap();
        old.execute(
            "INSERT INTO drafts (id, service, step, snapshot, created_ms, updated_ms, touches)
             VALUES (?, 'complaint', 'page-7', x'6f6c64', 1, 2, 1)",
            [draft_id(1).as_bytes()],
        )
        .unwrap();
    }
    let store = place.open();
    let draft = store.load_draft(draft_id(1)).wait().unwrap().unwrap();
    assert_eq!(
        (draft.step.as_str(), draft.snapshot.expose().as_slice()),
        ("page-7", &b"old"[..])
    );
    store
        .call_help(onedoor_domain::event::Actor::Resident, "home", None)
        .wait()
        .unwrap();
    store.verify(true).wait().unwrap();
}

#[test]
fn a_draft_put_aside_before_drafts_had_days_gets_its_days_from_now_on() {
    let place = Place::new();
    std::fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    {
        let mut old = raw(&place);
        embedded::migrations::runner()
            .set_target(refinery::Target::Version(2))
            .run(&mut old)
            .unwrap();
        old.execute(
            "INSERT INTO drafts (id, service, step, snapshot, created_ms, updated_ms, touches, sealed)
             VALUES (?, 'complaint', 'page-7', x'6f6c64', 1, 2, 1, 1)",
            [draft_id(1).as_bytes()],
        )
        .unwrap();
    }
    let store = place.open();
    let staff = onedoor_domain::event::Actor::Staff("s-li".into());
    store
        .clock_checked(onedoor_domain::clock::ClockQuality::Hub, staff, None)
        .wait()
        .unwrap();
    let tidied = store.tidy().wait().unwrap();
    assert_eq!((tidied.drafts, tidied.clock_trusted), (0, true));
    assert!(
        store
            .load_draft(draft_id(1))
            .wait()
            .unwrap()
            .unwrap()
            .sealed
    );
    let since: i64 = raw(&place)
        .query_row("SELECT sealed_ms FROM drafts", [], |row| row.get(0))
        .unwrap();
    assert!(since > onedoor_domain::clock::EARLIEST_MS);
}

#[test]
fn a_newer_record_is_refused_and_left_alone() {
    let place = Place::new();
    place.open().submit_case(submission(1, "x")).wait().unwrap();
    raw(&place)
        .execute(
            "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (99, 'later', '', '1')",
            [],
        )
        .unwrap();
    let before = std::fs::read(place.path()).unwrap();
    let refused = place.try_open().unwrap_err();
    assert_eq!(refused.code(), "STO-003", "{refused}");
    assert!(!refused.needs_restore() && !refused.is_passing());
    assert_eq!(std::fs::read(place.path()).unwrap(), before);
}

#[test]
fn this_sqlite_does_not_lose_commits() {
    assert!(
        rusqlite::version_number() >= 3_051_003,
        "{}",
        rusqlite::version()
    );
    let place = Place::new();
    drop(place.open());
    let connection = raw(&place);
    let mode: String = connection
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
    let cipher: String = connection
        .query_row("PRAGMA cipher_version", [], |row| row.get(0))
        .unwrap();
    assert!(cipher.starts_with('4'), "{cipher}");
}
