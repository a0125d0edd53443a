//! Copies, and back from them.

use std::fs;

use onedoor_domain::event::{Actor, EventBody};
use onedoor_store::{Store, backups_in};

use crate::support::*;

#[test]
fn a_backup_is_checked_and_the_oldest_make_room() {
    let place = Place::new();
    let store = place.open();
    for number in 0..5 {
        store.submit_case(submission(number, "a")).wait().unwrap();
        let done = store.back_up(place.backups(), 3).wait().unwrap();
        assert_eq!(done.verified.cases, number + 1);
        assert_eq!(
            backups_in(&place.backups())[0],
            done.path,
            "the newest comes first"
        );
    }
    let kept = backups_in(&place.backups());
    assert_eq!(kept.len(), 3);
    let files = fs::read_dir(place.backups()).unwrap().count();
    assert_eq!(
        files, 6,
        "three copies, each with its key check, and nothing else"
    );
    let made = store.journal_after(0, 100).wait().unwrap();
    let last = onedoor_domain::event::Event::decode(&made.last().unwrap().bytes).unwrap();
    assert!(matches!(last.body(), EventBody::BackupMade(_)));
}

#[test]
fn the_kiosk_goes_on_while_a_backup_is_made() {
    let place = Place::new();
    let store = place.open();
    for number in 0..20 {
        store
            .submit_case(submission(number, &"a".repeat(100_000)))
            .wait()
            .unwrap();
    }
    let mut running = store.back_up(place.backups(), 3);
    let mut saves = 0;
    let outcome = loop {
        store.save_draft(draft(99, "a", "x")).wait().unwrap();
        saves += 1;
        if let Some(outcome) = running.try_take() {
            break outcome;
        }
    };
    assert_eq!(outcome.unwrap().verified.cases, 20);
    assert!(saves > 3, "{saves}");
}

#[test]
fn a_restore_begins_a_new_epoch_and_keeps_all_that_was_in_the_copy() {
    let place = Place::new();
    let (before, case) = {
        let store = place.open();
        let case = store.submit_case(submission(1, "a")).wait().unwrap();
        store.save_draft(draft(2, "page-3", "half")).wait().unwrap();
        store.back_up(place.backups(), 3).wait().unwrap();
        (store.identity(), case)
    };
    fs::remove_file(place.path()).unwrap();
    let gone = place.try_open().unwrap_err();
    assert_eq!(
        gone.code(),
        "STO-004",
        "a lost file is not begun anew in silence"
    );
    assert!(gone.needs_restore());
    let (store, report) = Store::restore_newest(
        &place.path(),
        &key(),
        &place.backups(),
        options(),
        "STO-004",
    )
    .unwrap();
    let now = store.identity();
    assert_eq!(now.device, before.device);
    assert_ne!(now.epoch, before.epoch);
    assert_eq!((now.epoch, report.damaged), (report.epoch, None));
    assert_eq!(
        store.case(case.case).wait().unwrap().unwrap().code,
        case.code
    );
    assert_eq!(
        store.load_draft(draft_id(2)).wait().unwrap().unwrap().step,
        "page-3"
    );
    let verified = store.verify(true).wait().unwrap();
    assert_eq!(verified.epochs, 2);
    let rows = store.journal_after(2, 10).wait().unwrap();
    let seqs: Vec<_> = rows
        .iter()
        .map(|row| (row.id.epoch, row.id.seq.get()))
        .collect();
    assert_eq!(
        seqs,
        [(now.epoch, 1), (now.epoch, 2)],
        "epoch_opened, restored"
    );
    store.submit_case(submission(3, "b")).wait().unwrap();
    drop(store);
    assert_eq!(place.open().identity().epoch, now.epoch);
}

#[test]
fn a_copy_that_is_not_whole_is_never_kept_nor_restored() {
    let place = Place::new();
    let store = place.open();
    store
        .submit_case(submission(1, &"a".repeat(50_000)))
        .wait()
        .unwrap();
    let first = store.back_up(place.backups(), 9).wait().unwrap().path;
    store.submit_case(submission(2, "b")).wait().unwrap();
    let second = store.back_up(place.backups(), 9).wait().unwrap().path;
    drop(store);
    let mut bytes = fs::read(&second).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&second, bytes).unwrap();
    let bad = Store::restore(&place.path(), &key(), &second, options(), "STO-004").unwrap_err();
    assert_eq!(bad.code(), "STO-017", "{bad}");
    assert_eq!(
        place.open().cases(9).wait().unwrap().len(),
        2,
        "the record itself was not touched"
    );
    let (store, report) = Store::restore_newest(
        &place.path(),
        &key(),
        &place.backups(),
        options(),
        "STO-004",
    )
    .unwrap();
    assert_eq!(report.backup, first, "the next older one is taken");
    assert_eq!(
        store.cases(9).wait().unwrap().len(),
        2,
        "and what came after it was rescued"
    );
}

#[test]
fn without_a_backup_the_damaged_file_itself_is_read_as_far_as_it_goes() {
    let place = Place::new();
    let (device, epoch) = {
        let store = place.open();
        for number in 0..10 {
            store
                .submit_case(submission(number, &"a".repeat(9_000)))
                .wait()
                .unwrap();
        }
        store
            .save_draft(draft(50, "page-4", "half"))
            .wait()
            .unwrap();
        (store.identity().device, store.identity().epoch)
    };
    let mut bytes = fs::read(place.path()).unwrap();
    // A page of some answers, in the last third of the file.
    let page = bytes.len() / 4096 * 3 / 4;
    bytes[page * 4096 + 500] ^= 1;
    fs::write(place.path(), &bytes).unwrap();
    assert!(place.try_open().unwrap_err().needs_restore());
    let (store, report) = Store::restore_newest(
        &place.path(),
        &key(),
        &place.backups(),
        options(),
        "STO-004",
    )
    .unwrap();
    assert!(report.without_backup);
    assert!(report.events_rescued > 5, "{report:?}");
    assert_eq!(store.identity().device, device);
    assert_ne!(store.identity().epoch, epoch);
    let verified = store.verify(true).wait().unwrap();
    assert_eq!(verified.epochs, 2);
    assert!(verified.cases >= 5, "{verified:?}");
    assert_eq!(
        verified.erased, report.blobs_lost,
        "what could not be read is said"
    );
}

#[test]
fn no_backup_and_no_file_is_said() {
    let place = Place::new();
    let none = Store::restore_newest(
        &place.path(),
        &key(),
        &place.backups(),
        options(),
        "STO-004",
    );
    assert_eq!(none.unwrap_err().code(), "STO-014");
    let store = place.open();
    fs::write(place.backups(), "a file where the folder should be").unwrap();
    assert_eq!(
        store.back_up(place.backups(), 3).wait().unwrap_err().code(),
        "STO-001"
    );
    store
        .call_help(Actor::Resident, "home", None)
        .wait()
        .unwrap();
}
