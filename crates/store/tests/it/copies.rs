//! Copies end with what they hold: what was erased is in none of them after its days, and there is always a good one.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use onedoor_domain::case::Word;
use onedoor_domain::clock::{ClockQuality, EARLIEST_MS};
use onedoor_domain::event::{Actor, EraseReason, Erased};
use onedoor_domain::profile::{ConsentText, Fields};
use onedoor_store::{BackupDone, DbKey, Store, backups_in};

use crate::faults::{SmallDisk, fill};
use crate::raw::search;
use crate::support::*;

const DAY: i64 = 24 * 3600 * 1000;
const LI: &str = "990101194506120026";

fn open(place: &Place, clock: &Arc<TestClock>) -> Store {
    let mut options = options();
    options.clock = clock.clone();
    Store::open(&place.path(), &key(), options).unwrap()
}

fn pass(store: &Store, clock: &TestClock, days: i64) {
    clock.wall_ms.fetch_add(days * DAY, Ordering::Relaxed);
    clock
        .mono_ms
        .fetch_add((days * DAY).unsigned_abs(), Ordering::Relaxed);
    store
        .clock_checked(ClockQuality::Hub, Actor::Machine, None)
        .wait()
        .unwrap();
}

fn keep(store: &Store) {
    let consent = ConsentText {
        text: "keep-1".into(),
        language: "zh-CN".into(),
    };
    let fields = Fields::new(None).text("full_name", "李小花");
    store
        .keep_profile(typed(LI), fields, consent, Actor::Resident)
        .wait()
        .unwrap();
}

fn back_up(store: &Store, place: &Place) -> BackupDone {
    store.back_up(place.backups(), 7).wait().unwrap()
}

#[test]
fn copies_that_hold_what_was_erased_go_after_their_days_and_the_others_stay() {
    let place = Place::new();
    let clock = TestClock::at(EARLIEST_MS + 100 * DAY, 1);
    let store = open(&place, &clock);
    pass(&store, &clock, 0);
    keep(&store);
    back_up(&store, &place);
    pass(&store, &clock, 1);
    back_up(&store, &place);
    store
        .erase_profile(typed(LI), Actor::Resident)
        .wait()
        .unwrap();
    pass(&store, &clock, 10);
    let done = back_up(&store, &place);
    assert_eq!((done.removed, done.forgotten, done.holding), (0, 0, 2));
    pass(&store, &clock, 19);
    let done = back_up(&store, &place);
    assert_eq!((done.forgotten, done.holding), (0, 2));
    pass(&store, &clock, 1);
    let done = back_up(&store, &place);
    assert_eq!((done.forgotten, done.holding), (2, 0));
    assert_eq!(backups_in(&place.backups()).len(), 3);
    let files = fs::read_dir(place.backups()).unwrap().count();
    assert_eq!(
        files, 7,
        "each with its key check, and the list of what was erased"
    );
}

#[test]
fn while_the_clock_is_not_believed_only_their_number_ends_them() {
    let place = Place::new();
    let store = place.open();
    keep(&store);
    back_up(&store, &place);
    store
        .erase_profile(typed(LI), Actor::Resident)
        .wait()
        .unwrap();
    let holding: Vec<_> = (0..7).map(|_| back_up(&store, &place).holding).collect();
    assert_eq!(holding, [1, 1, 1, 1, 1, 1, 0]);
}

#[test]
fn what_became_unreadable_costs_no_copy() {
    let place = Place::new();
    let store = place.open();
    back_up(&store, &place);
    let lost = Erased {
        blobs: Vec::new(),
        reason: EraseReason::Unreadable,
    };
    store
        .append_event(Actor::Machine, None, lost)
        .wait()
        .unwrap();
    let done = store.renew_copies(place.backups(), 7).wait().unwrap();
    assert_eq!((done.forgotten, done.holding), (0, 0));
}

#[test]
fn a_copy_of_ours_that_cannot_be_read_goes_and_one_of_another_kiosk_stays() {
    let place = Place::new();
    let store = place.open();
    keep(&store);
    let broken = back_up(&store, &place).path;
    let mut bytes = fs::read(&broken).unwrap();
    bytes[1000] ^= 1;
    fs::write(&broken, bytes).unwrap();
    let other = Place::new();
    let others_key = DbKey::from_bytes([9; 32]);
    let others = Store::open(&other.path(), &others_key, options()).unwrap();
    let others = others.back_up(other.backups(), 7).wait().unwrap().path;
    let foreign = place.backups().join("record-0001-000000000000.db");
    fs::copy(&others, &foreign).unwrap();
    fs::copy(
        others.with_extension("db.keycheck"),
        foreign.with_extension("db.keycheck"),
    )
    .unwrap();
    store
        .erase_profile(typed(LI), Actor::Resident)
        .wait()
        .unwrap();
    let done = store.renew_copies(place.backups(), 7).wait().unwrap();
    assert_eq!((done.forgotten, done.holding), (1, 0));
    assert!(!broken.exists() && foreign.exists());
}

#[test]
fn on_a_full_medium_what_must_go_makes_room() {
    let Some(disk) = SmallDisk::new("4m") else {
        return;
    };
    let place = Place::new();
    let store = place.open();
    let mut big = submission(1, &"a".repeat(400_000));
    big.person = Some(typed(LI));
    let case = store.submit_case(big).wait().unwrap().case;
    let copies = disk.path().join("copies");
    let first = store.back_up(&copies, 7).wait().unwrap().path;
    store.save_draft(draft(2, "a", "x")).wait().unwrap();
    let second = store.back_up(&copies, 7).wait().unwrap().path;
    store
        .erase_case(case, EraseReason::ResidentAsked, Actor::Resident)
        .wait()
        .unwrap();
    let ballast = fill(disk.path());
    let done = store.renew_copies(&copies, 7).wait().unwrap();
    assert_eq!((done.forgotten, done.holding), (2, 0));
    assert!(!first.exists() && !second.exists());
    assert_eq!(backups_in(&copies), [done.path]);
    fs::remove_file(ballast).unwrap();
}

#[test]
fn the_only_copy_stays_where_no_fresh_one_can_be_made() {
    let Some(disk) = SmallDisk::new("4m") else {
        return;
    };
    let place = Place::new();
    let store = place.open();
    keep(&store);
    let copies = disk.path().join("copies");
    let only = store.back_up(&copies, 7).wait().unwrap().path;
    store
        .erase_profile(typed(LI), Actor::Resident)
        .wait()
        .unwrap();
    fill(disk.path());
    let full = store.renew_copies(&copies, 7).wait().unwrap_err();
    assert_eq!(full.code(), "STO-005", "{full}");
    assert_eq!(backups_in(&copies), [only]);
}

/// A record with a copy of before an erasing, and what that erased.
fn erased_after_a_copy() -> (Place, std::path::PathBuf) {
    let place = Place::new();
    let store = place.open();
    keep(&store);
    store.save_draft(draft(2, "page-1", "half")).wait().unwrap();
    store
        .set_draft_person(draft_id(2), typed(LI))
        .wait()
        .unwrap();
    let case = store.submit_case(submission(1, "x")).wait().unwrap().case;
    let word = store.resident_word(case, Actor::Resident, Word::Solved, false);
    word.wait().unwrap();
    let copy = back_up(&store, &place).path;
    let erased = store.erase_all(typed(LI), Actor::Resident).wait().unwrap();
    assert!(erased.profile && erased.drafts == 1 && erased.cases.len() == 1);
    (place, copy)
}

fn lose(place: &Place, endings: &[&str]) {
    for ending in endings {
        let file = std::path::PathBuf::from(format!("{}{ending}", place.path().display()));
        fs::remove_file(file).unwrap();
    }
}

fn restore(place: &Place) -> (Store, onedoor_store::RestoreReport) {
    let (path, key) = (place.path(), key());
    Store::restore_newest(&path, &key, &place.backups(), options(), "STO-004").unwrap()
}

#[test]
fn what_was_erased_does_not_come_back_with_an_older_copy() {
    let (place, copy) = erased_after_a_copy();
    lose(&place, &[""]);
    let (store, report) = restore(&place);
    assert_eq!(report.backup, copy);
    assert_eq!(report.erased_again, 4, "profile, draft, answers, case");
    assert!(store.held_of(typed(LI)).wait().unwrap().is_empty());
    assert_eq!(
        store.cases(9).wait().unwrap().len(),
        1,
        "that there was a case is record"
    );
    let person = *store.person_key(typed(LI)).as_bytes();
    let needles = ["李小花".as_bytes().to_vec(), person.to_vec()];
    let data = place.path().parent().unwrap().to_owned();
    assert!(search(&data, &needles).is_empty());
    assert!(!search(&place.backups(), &needles).is_empty());
    store.verify(true).wait().unwrap();
    // The new record knows it by its own journal: the copy goes with the next renewal.
    let done = store.renew_copies(place.backups(), 7).wait().unwrap();
    assert_eq!(done.forgotten, 1);
    assert!(search(place.folder.path(), &needles).is_empty());
}

#[test]
fn nor_where_the_newest_copy_is_damaged_and_the_whole_disk_is_lost() {
    let (place, older) = erased_after_a_copy();
    let newest = {
        let store = place.open();
        back_up(&store, &place).path
    };
    let mut bytes = fs::read(&newest).unwrap();
    bytes[5_000] ^= 1;
    fs::write(&newest, bytes).unwrap();
    lose(&place, &["", ".erased", ".head", ".keycheck"]);
    let (store, report) = restore(&place);
    assert_eq!((report.backup, report.erased_again), (older, 4));
    assert!(store.held_of(typed(LI)).wait().unwrap().is_empty());
}

#[test]
fn without_the_lists_it_would_come_back() {
    let (place, _) = erased_after_a_copy();
    lose(&place, &["", ".erased"]);
    let (store, report) = restore(&place);
    assert_eq!(report.erased_again, 0);
    assert!(!store.held_of(typed(LI)).wait().unwrap().is_empty());
}

#[test]
fn a_list_that_is_lost_or_torn_is_made_anew_from_the_journal() {
    let (place, _) = erased_after_a_copy();
    let list = std::path::PathBuf::from(format!("{}.erased", place.path().display()));
    let whole = fs::read(&list).unwrap();
    assert_eq!(whole.len(), 4 * 17);
    for left in [&whole[..0], &whole[..17], &whole[..25]] {
        fs::write(&list, left).unwrap();
        place
            .open()
            .call_help(Actor::Resident, "home", None)
            .wait()
            .unwrap();
        let again = fs::read(&list).unwrap();
        let entries = |bytes: &[u8]| {
            let mut entries: Vec<_> = bytes.chunks(17).map(<[u8]>::to_vec).collect();
            entries.sort();
            entries
        };
        assert_eq!(entries(&again), entries(&whole));
    }
}
