//! Full disk, locked, read-only, in use: a code, no loss, and on as soon as it works again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use onedoor_domain::event::Actor;
use onedoor_domain::personal::Personal;
use onedoor_store::{CaseKey, Found, Health, Store};

use crate::support::*;

/// A small file system of its own, in memory; unmounted on drop.
pub struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    pub fn new(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(folder.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(SmallDisk(folder)),
            Ok(output) => {
                eprintln!(
                    "skipped: no tmpfs could be mounted (root needed): {}",
                    String::from_utf8_lossy(&output.stderr).trim()
                );
                None
            }
            Err(error) => {
                eprintln!("skipped: no mount command: {error}");
                None
            }
        }
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

/// Fills what is left of a disk; removing the file gives it back.
pub fn fill(folder: &Path) -> PathBuf {
    use std::io::Write;
    let path = folder.join("ballast");
    let mut file = fs::File::create(&path).unwrap();
    for size in [65_536, 4_096, 512, 1] {
        while file.write_all(&vec![0x55; size]).is_ok() {}
    }
    path
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_full_disk_loses_nothing_and_the_draft_is_written_when_space_returns() {
    let Some(disk) = SmallDisk::new("4m") else {
        return;
    };
    let path = disk.path().join("record.db");
    let store = Store::open(&path, &key(), options()).unwrap();
    let first = store.submit_case(submission(1, "a")).wait().unwrap();
    store
        .save_draft(draft(2, "page-1", "before"))
        .wait()
        .unwrap();
    let ballast = fill(disk.path());

    // The log may still have room it took before: go on until it has not.
    let mut touch = 0;
    let refused = loop {
        touch += 1;
        assert!(touch < 500, "the disk never got full");
        let big = format!("touch {touch} {}", "x".repeat(20_000));
        if let Err(error) = store
            .save_draft(draft(2, &format!("page-{touch}"), &big))
            .wait()
        {
            break error;
        }
    };
    assert_eq!(refused.code(), "STO-005", "{refused}");
    assert!(refused.is_passing());
    assert!(
        matches!(
            store.health(),
            Health::Failing {
                code: "STO-005",
                drafts_waiting: 1
            }
        ),
        "{:?}",
        store.health()
    );
    let big = submission(3, &"y".repeat(200_000));
    assert_eq!(
        store.submit_case(big.clone()).wait().unwrap_err().code(),
        "STO-005"
    );
    assert_eq!(store.cases(9).wait().unwrap().len(), 1);
    let found = store
        .find(CaseKey::Code(first.code), typed("0026"))
        .wait()
        .unwrap();
    assert!(
        matches!(found, Found::Cases(_)),
        "matters can be looked up with a full disk"
    );

    fs::remove_file(&ballast).unwrap();
    until("the draft was never written", || {
        store.health() == Health::Well
    });
    let draft = store.load_draft(draft_id(2)).wait().unwrap().unwrap();
    assert_eq!(
        draft.step,
        format!("page-{touch}"),
        "the newest touch, not an older one"
    );
    assert!(!store.submit_case(big).wait().unwrap().again);
    store.verify(true).wait().unwrap();
    drop(store);
    let store = Store::open(&path, &key(), options()).unwrap();
    assert_eq!(store.cases(9).wait().unwrap().len(), 2);
}

#[test]
fn a_backup_onto_a_full_disk_fails_alone() {
    let Some(disk) = SmallDisk::new("1m") else {
        return;
    };
    let place = Place::new();
    let store = place.open();
    for number in 0..5 {
        store
            .submit_case(submission(number, &"a".repeat(300_000)))
            .wait()
            .unwrap();
    }
    let folder = disk.path().join("copies");
    let error = store.back_up(&folder, 3).wait().unwrap_err();
    assert_eq!(error.code(), "STO-005", "{error}");
    assert!(onedoor_store::backups_in(&folder).is_empty());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "no rest is left");
    assert_eq!(store.health(), Health::Well);
    store.verify(false).wait().unwrap();
}

#[test]
fn a_full_disk_at_the_first_start_is_said_and_the_next_start_works() {
    let Some(disk) = SmallDisk::new("1m") else {
        return;
    };
    let path = disk.path().join("data/record.db");
    let ballast = fill(disk.path());
    let error = Store::open(&path, &key(), options()).unwrap_err();
    assert_eq!(error.code(), "STO-005", "{error}");
    fs::remove_file(ballast).unwrap();
    let store = Store::open(&path, &key(), options()).unwrap();
    store.submit_case(submission(1, "a")).wait().unwrap();
    store.verify(true).wait().unwrap();
}

#[test]
fn locked_by_another_program_is_said_and_then_written() {
    let place = Place::new();
    let store = place.open();
    store
        .save_draft(draft(1, "page-1", "before"))
        .wait()
        .unwrap();
    let hex: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    let other = rusqlite::Connection::open(place.path()).unwrap();
    other
        .execute_batch(&format!("PRAGMA key = \"x'{hex}'\"; BEGIN IMMEDIATE"))
        .unwrap();

    let asked = Instant::now();
    let reply = store.save_draft(draft(1, "page-2", "during"));
    assert!(
        asked.elapsed() < Duration::from_millis(100),
        "the caller never waits"
    );
    assert_eq!(reply.wait().unwrap_err().code(), "STO-006");
    assert!(matches!(
        store.health(),
        Health::Failing {
            code: "STO-006",
            ..
        }
    ));
    let read = store.load_draft(draft_id(1)).wait().unwrap().unwrap();
    assert_eq!(read.step, "page-1", "reading goes on");
    other.execute_batch("ROLLBACK").unwrap();
    until("the draft was never written", || {
        store.health() == Health::Well
    });
    assert_eq!(
        store.load_draft(draft_id(1)).wait().unwrap().unwrap().step,
        "page-2"
    );
}

#[test]
fn a_waiting_draft_that_was_discarded_does_not_come_back() {
    let place = Place::new();
    let store = place.open();
    let hex: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    let other = rusqlite::Connection::open(place.path()).unwrap();
    other
        .execute_batch(&format!("PRAGMA key = \"x'{hex}'\"; BEGIN IMMEDIATE"))
        .unwrap();
    assert!(
        store
            .save_draft(draft(1, "page-2", "during"))
            .wait()
            .is_err()
    );
    other.execute_batch("ROLLBACK").unwrap();
    store.discard_draft(draft_id(1)).wait().unwrap();
    std::thread::sleep(Duration::from_millis(1300));
    assert!(store.open_drafts().wait().unwrap().is_empty());
}

#[test]
fn a_second_kiosk_program_is_kept_out() {
    let place = Place::new();
    let store = place.open();
    assert_eq!(place.try_open().unwrap_err().code(), "STO-013");
    store.back_up(place.backups(), 1).wait().unwrap();
    let restore = Store::restore_newest(&place.path(), &key(), &place.backups(), options(), "x");
    assert_eq!(restore.unwrap_err().code(), "STO-013");
    drop(store);
    place.open();
}

#[test]
fn a_read_only_disk_is_said() {
    let Some(disk) = SmallDisk::new("4m") else {
        return;
    };
    let path = disk.path().join("record.db");
    let store = Store::open(&path, &key(), options()).unwrap();
    store.submit_case(submission(1, "a")).wait().unwrap();
    drop(store);
    let remount = |mode: &str| {
        let done = Command::new("mount")
            .args(["-o", &format!("remount,{mode}")])
            .arg(disk.path())
            .status();
        done.is_ok_and(|status| status.success())
    };
    if !remount("ro") {
        eprintln!("skipped: the tmpfs could not be mounted read-only");
        return;
    }
    let error = Store::open(&path, &key(), options()).unwrap_err();
    assert_eq!(error.code(), "STO-007", "{error}");
    assert!(remount("rw"));
    let store = Store::open(&path, &key(), options()).unwrap();
    assert_eq!(store.cases(9).wait().unwrap().len(), 1);
}

#[test]
fn a_folder_that_cannot_be_made_is_said() {
    let place = Place::new();
    fs::write(
        place.folder.path().join("data"),
        "a file where the folder should be",
    )
    .unwrap();
    assert_eq!(place.try_open().unwrap_err().code(), "STO-001");
}

#[test]
fn all_that_was_asked_is_done_before_the_record_closes() {
    let place = Place::new();
    let store = place.open();
    for number in 0..50 {
        drop(store.submit_case(submission(number, "a")));
    }
    drop(store);
    let store = place.open();
    assert_eq!(store.cases(99).wait().unwrap().len(), 50);
    let detail = Personal::new(b"x".to_vec());
    store
        .ask_slip(Actor::Resident, None, detail)
        .wait()
        .unwrap();
}
