//! No answer lies on the disk in clear, in any encoding a person here would write it in.

use std::fs;
use std::path::Path;

use onedoor_domain::event::{Actor, TellWay};
use onedoor_domain::personal::Personal;

use crate::support::*;

const NAME: &str = "王小花试";
const ID: &str = "990101194506120026";
const PHONE: &str = "13812345678";

/// 王小花试 in GB 18030 (two bytes each, as in GBK).
const NAME_GB18030: &[u8] = &[0xcd, 0xf5, 0xd0, 0xa1, 0xbb, 0xa8, 0xca, 0xd4];

fn needles() -> Vec<Vec<u8>> {
    let mut needles = vec![NAME_GB18030.to_vec()];
    for text in [NAME, ID, PHONE] {
        needles.push(text.as_bytes().to_vec());
        needles.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        needles.push(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
    }
    needles
}

/// How many of the needles lie in any file under a folder, and how many files were looked at.
fn search(folder: &Path) -> (usize, usize) {
    let mut files = 0;
    let mut seen = vec![false; needles().len()];
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let bytes = fs::read(&path).unwrap();
            for (needle, seen) in needles().iter().zip(&mut seen) {
                *seen |= bytes.windows(needle.len()).any(|part| part == needle);
            }
        }
    }
    (seen.iter().filter(|seen| **seen).count(), files)
}

#[test]
fn no_answer_is_on_the_disk_in_clear() {
    let place = Place::new();
    let store = place.open();
    let mut all = Vec::new();
    for needle in needles() {
        all.extend_from_slice(&needle);
        all.extend_from_slice(b" | ");
    }
    let text = String::from_utf8_lossy(&all).into_owned();
    store.save_draft(draft(1, "a", &text)).wait().unwrap();
    let mut kept = draft(2, "a", "");
    kept.snapshot = Personal::new(all.clone());
    store.save_draft(kept).wait().unwrap();
    let mut case = submission(1, &text);
    case.person = Some(Personal::from(ID));
    case.blobs[0].bytes = Personal::new(all.clone());
    let case = store.submit_case(case).wait().unwrap().case;
    let detail = Some(Personal::from(PHONE));
    store
        .set_how_to_tell(case, Actor::Resident, TellWay::Phone, detail)
        .wait()
        .unwrap();
    let slip = Personal::new(all.clone());
    store
        .ask_slip(Actor::Resident, Some(case), slip)
        .wait()
        .unwrap();
    store.back_up(place.backups(), 3).wait().unwrap();

    // Looked at while open: database, log, index of the log, head, lock, backup.
    let (hits, files) = search(place.folder.path());
    assert_eq!(hits, 0);
    assert!(files >= 6, "{files}");
    assert!(
        fs::metadata(place.path().with_extension("db-wal"))
            .unwrap()
            .len()
            > 0
    );
    drop(store);
    assert_eq!(search(place.folder.path()).0, 0);

    // The same search bites: a plain file, and the same tables without a key.
    let control = tempfile::tempdir().unwrap();
    fs::write(control.path().join("plain"), &all).unwrap();
    assert_eq!(search(control.path()).0, needles().len());
    let control = tempfile::tempdir().unwrap();
    let plain = rusqlite::Connection::open(control.path().join("plain.db")).unwrap();
    plain
        .execute_batch("CREATE TABLE drafts (snapshot BLOB)")
        .unwrap();
    plain
        .execute("INSERT INTO drafts VALUES (?)", [&all])
        .unwrap();
    drop(plain);
    assert_eq!(search(control.path()).0, needles().len());
}

#[test]
fn errors_and_debug_show_no_answer() {
    let place = Place::new();
    let store = place.open();
    let shown = format!(
        "{:?} {:?} {store:?}",
        draft(1, "a", ID),
        submission(1, NAME)
    );
    assert!(!shown.contains(ID) && !shown.contains(NAME), "{shown}");
    store.submit_case(submission(1, NAME)).wait().unwrap();
    let late = store.save_draft(draft(1, "a", ID)).wait().unwrap_err();
    assert!(!format!("{late:?} {late}").contains(ID));
    let found = store.find(
        onedoor_store::CaseKey::Case(store.cases(1).wait().unwrap()[0].id),
        typed("0026"),
    );
    assert!(!format!("{:?}", found.wait().unwrap()).contains("0026"));
}
