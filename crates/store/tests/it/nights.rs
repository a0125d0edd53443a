//! What the nights are for: drafts put aside end after their days, by a clock that is believed.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use onedoor_domain::clock::{ClockQuality, EARLIEST_MS};
use onedoor_domain::event::{Actor, EraseReason, Event, EventBody};
use onedoor_domain::personal::Personal;
use onedoor_store::{CaseKey, Found, Retention, Store};

use crate::support::*;

const DAY: i64 = 24 * 3600 * 1000;
const START: i64 = EARLIEST_MS + 100 * DAY;

fn open(place: &Place, clock: &Arc<TestClock>, drafts_days: u16) -> Store {
    let mut options = options();
    options.clock = clock.clone();
    options.retention = Retention {
        drafts_days,
        ..Retention::default()
    };
    Store::open(&place.path(), &key(), options).unwrap()
}

fn pass(store: &Store, clock: &TestClock, days: i64) {
    clock.wall_ms.fetch_add(days * DAY, Ordering::Relaxed);
    clock
        .mono_ms
        .fetch_add((days * DAY).unsigned_abs(), Ordering::Relaxed);
    // As the hub's answer does while the kiosk runs.
    store
        .clock_checked(ClockQuality::Hub, Actor::Machine, None)
        .wait()
        .unwrap();
}

fn put_aside(store: &Store, number: u64) -> onedoor_store::SealedDraft {
    store
        .save_draft(draft(number, "page-2", "half done"))
        .wait()
        .unwrap();
    store
        .add_draft_part(draft_id(number), "voice", 0, Personal::new(vec![7; 900]))
        .wait()
        .unwrap();
    let sealed = store
        .seal_draft(draft_id(number), Actor::Resident, Vec::new())
        .wait()
        .unwrap();
    store
        .ask_slip(Actor::Resident, None, Personal::new(b"slip".to_vec()))
        .wait()
        .unwrap();
    sealed
}

#[test]
fn a_draft_put_aside_ends_after_its_days_with_its_recording_and_its_slip() {
    let place = Place::new();
    let clock = TestClock::at(START, 1);
    let store = open(&place, &clock, 30);
    pass(&store, &clock, 0);
    let first = put_aside(&store, 1);
    store.save_draft(draft(9, "page-1", "open")).wait().unwrap();
    pass(&store, &clock, 20);
    let second = put_aside(&store, 2);
    pass(&store, &clock, 9);
    let tidied = store.tidy().wait().unwrap();
    assert_eq!(
        (tidied.drafts, tidied.slips, tidied.clock_trusted),
        (0, 0, true)
    );
    pass(&store, &clock, 2);
    let tidied = store.tidy().wait().unwrap();
    assert_eq!((tidied.drafts, tidied.slips, tidied.scrubbed), (1, 1, true));
    let pin = first.pin.unwrap();
    let found = store
        .find(CaseKey::Code(first.code), typed(pin.expose()))
        .wait()
        .unwrap();
    assert!(matches!(found, Found::Nothing), "{found:?}");
    assert!(store.was_erased(first.code).wait().unwrap());
    assert!(!store.was_erased(second.code).wait().unwrap());
    assert!(store.draft_parts(draft_id(1)).wait().unwrap().is_empty());
    assert_eq!(store.draft_parts(draft_id(2)).wait().unwrap().len(), 1);
    assert_eq!(
        store.open_drafts().wait().unwrap().len(),
        1,
        "an open draft is not the night's affair"
    );
    let rows = store.journal_after(0, 100).wait().unwrap();
    let said = rows.iter().any(|row| {
        matches!(Event::decode(&row.bytes).unwrap().body(),
            EventBody::DraftErased(erased) if erased.draft == draft_id(1) && erased.reason == EraseReason::RetentionOver)
    });
    assert!(said);
    let found = store
        .find(
            CaseKey::Code(second.code),
            typed(second.pin.unwrap().expose()),
        )
        .wait()
        .unwrap();
    assert!(matches!(found, Found::SealedDraft(_)));
    assert!(
        !store.tidy().wait().unwrap().scrubbed,
        "nothing was erased since"
    );
    store.verify(true).wait().unwrap();
}

#[test]
fn a_clock_that_is_not_believed_ends_nothing_and_days_begin_when_it_is() {
    let place = Place::new();
    let clock = TestClock::at(5_000, 1);
    let store = open(&place, &clock, 3);
    let sealed = put_aside(&store, 1);
    assert_eq!(store.tidy().wait().unwrap(), Default::default());
    // The clock is set: by it the draft seems fifty years old.
    clock.wall_ms.store(START, Ordering::Relaxed);
    pass(&store, &clock, 0);
    let tidied = store.tidy().wait().unwrap();
    assert_eq!(
        (tidied.drafts, tidied.slips, tidied.clock_trusted),
        (0, 0, true)
    );
    pass(&store, &clock, 2);
    assert_eq!(store.tidy().wait().unwrap().drafts, 0);
    pass(&store, &clock, 2);
    let tidied = store.tidy().wait().unwrap();
    assert_eq!((tidied.drafts, tidied.slips), (1, 1));
    assert!(store.was_erased(sealed.code).wait().unwrap());
}

#[test]
fn a_clock_that_leapt_ahead_ends_nothing() {
    let place = Place::new();
    let clock = TestClock::at(START, 1);
    let store = open(&place, &clock, 30);
    pass(&store, &clock, 0);
    put_aside(&store, 1);
    clock.wall_ms.fetch_add(400 * DAY, Ordering::Relaxed);
    let tidied = store.tidy().wait().unwrap();
    assert_eq!((tidied.drafts, tidied.clock_trusted), (0, false));
    assert_eq!(store.draft_parts(draft_id(1)).wait().unwrap().len(), 1);
}

#[test]
fn the_weekly_check_is_due_until_it_was_done() {
    let place = Place::new();
    let clock = TestClock::at(START, 1);
    let store = open(&place, &clock, 30);
    pass(&store, &clock, 0);
    let due = || store.verification_due(7).wait().unwrap();
    assert!(due());
    store.verify(false).wait().unwrap();
    assert!(due(), "a light check is not the weekly one");
    store.verify(true).wait().unwrap();
    assert!(!due());
    pass(&store, &clock, 6);
    assert!(!due());
    pass(&store, &clock, 1);
    assert!(due());
    store.verify(true).wait().unwrap();
    clock.wall_ms.fetch_sub(50 * DAY, Ordering::Relaxed);
    assert!(due(), "a time that is still to come counts as none");
}

#[test]
fn what_a_restore_left_beside_the_record_goes_when_it_is_old_or_a_resident_asks() {
    let place = Place::new();
    place.open().submit_case(submission(1, "x")).wait().unwrap();
    let beside = |ending: &str| place.path().with_extension(format!("db.{ending}"));
    let leave = || {
        for ending in ["damaged", "damaged-wal", "restoring"] {
            std::fs::copy(place.path(), beside(ending)).unwrap();
        }
    };
    leave();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let clock = TestClock::at(now.as_millis() as i64, 1);
    let store = open(&place, &clock, 30);
    pass(&store, &clock, 1);
    store.tidy().wait().unwrap();
    assert!(beside("damaged").exists() && !beside("restoring").exists());
    pass(&store, &clock, 30);
    assert_eq!(store.tidy().wait().unwrap().files, 2);
    assert!(!beside("damaged").exists() && !beside("damaged-wal").exists());
    leave();
    store
        .issue_card(typed("990101194506120026"), Actor::Resident)
        .wait()
        .unwrap();
    store
        .erase_all(typed("990101194506120026"), Actor::Resident)
        .wait()
        .unwrap();
    assert!(!beside("damaged").exists() && !beside("damaged-wal").exists());
}
