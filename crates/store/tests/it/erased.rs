//! After erasing, no byte of it is left: in the file (used pages, free pages, the unused middle of pages), in the log,
//! in what restores left, in a plain export, in copies past their time. Each search is shown to find it where it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use onedoor_domain::case::Word;
use onedoor_domain::event::{Actor, TellWay};
use onedoor_domain::personal::Personal;
use onedoor_domain::profile::{ConsentText, FieldValue, Fields, Relation};
use onedoor_store::{Store, backups_in};
use rusqlite::Connection;

use crate::raw::{encodings, names, search};
use crate::support::*;

/// What one resident leaves behind, each place with a word of its own.
struct Resident {
    number: String,
    words: Vec<String>,
}

const PLACES: [&str; 7] = [
    "profile", "answers", "draft", "part", "slip", "tell", "photo",
];

impl Resident {
    fn new(number: u64) -> Self {
        Resident {
            number: format!("9901011945061{number:05}"),
            words: (0..PLACES.len())
                .map(|place| format!("石门村王小花{place}某{number:05}"))
                .collect(),
        }
    }

    fn person(&self) -> Personal<String> {
        typed(&self.number)
    }

    fn actor() -> Actor {
        Actor::Resident
    }

    /// What may not be found anywhere once it is erased. The profile is text, so it has one encoding only.
    fn needles(&self, store: &Store) -> Vec<Vec<u8>> {
        let mut needles = vec![
            self.words[0].as_bytes().to_vec(),
            self.number.as_bytes().to_vec(),
            store.person_key(self.person()).as_bytes().to_vec(),
        ];
        needles.extend(self.words[1..].iter().flat_map(|word| encodings(word)));
        needles
    }

    /// Bytes that hold a word in all encodings, several times, so that no page boundary hides it.
    fn bytes(&self, place: usize, length: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < length.max(400) {
            for word in encodings(&self.words[place]) {
                bytes.extend_from_slice(&word);
                bytes.push(b'|');
            }
        }
        bytes
    }

    fn keep_profile(&self, store: &Store, length: usize) {
        let consent = ConsentText {
            text: "keep-1".into(),
            language: "zh-CN".into(),
        };
        let fields = Fields::new(None)
            .text("full_name", self.words[0].repeat(1 + length / 60))
            .text("id_number", &self.number);
        store
            .keep_profile(self.person(), fields, consent, Self::actor())
            .wait()
            .unwrap();
    }

    /// Leaves something in every place; gives the case, which is closed.
    fn leave(&self, store: &Store, number: u64, length: usize) {
        self.keep_profile(store, length);
        let mut case = submission(number * 10, "");
        case.person = Some(self.person());
        case.blobs[0].bytes = Personal::new(self.bytes(1, length));
        store
            .save_draft(draft(number * 10, "page-1", ""))
            .wait()
            .unwrap();
        store
            .add_draft_part(
                draft_id(number * 10),
                "photo",
                0,
                Personal::new(self.bytes(6, length)),
            )
            .wait()
            .unwrap();
        let case = store.submit_case(case).wait().unwrap();
        let detail = Personal::new(format!("{} {}", self.words[5], self.number));
        store
            .set_how_to_tell(case.case, Self::actor(), TellWay::Phone, Some(detail))
            .wait()
            .unwrap();
        store
            .ask_slip(
                Self::actor(),
                Some(case.case),
                Personal::new(self.bytes(4, length)),
            )
            .wait()
            .unwrap();
        store
            .resident_word(case.case, Self::actor(), Word::Solved, false)
            .wait()
            .unwrap();
        let mut half = draft(number * 10 + 1, "page-2", "");
        half.snapshot = Personal::new(self.bytes(2, length));
        store.save_draft(half).wait().unwrap();
        store
            .set_draft_person(draft_id(number * 10 + 1), self.person())
            .wait()
            .unwrap();
        store
            .add_draft_part(
                draft_id(number * 10 + 1),
                "voice",
                0,
                Personal::new(self.bytes(3, length)),
            )
            .wait()
            .unwrap();
        store
            .issue_card(self.person(), Self::actor())
            .wait()
            .unwrap();
        let elder = Resident::new(99_999);
        store
            .link_family(
                self.person(),
                elder.person(),
                Relation::Parent,
                Self::actor(),
            )
            .wait()
            .unwrap();
    }
}

fn found(hits: &BTreeSet<crate::raw::Hit>) -> BTreeSet<usize> {
    hits.iter().map(|hit| hit.needle).collect()
}

/// The number stands in a text without other encodings, so those of `tell` are not in the record.
fn expected(needles: &[Vec<u8>], resident: &Resident) -> BTreeSet<usize> {
    let tell: Vec<_> = encodings(&resident.words[5]).split_off(1);
    (0..needles.len())
        .filter(|number| !tell.contains(&needles[*number]))
        .collect()
}

fn raw(path: &std::path::Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    let hex: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    connection
        .execute_batch(&format!("PRAGMA key = \"x'{hex}'\""))
        .unwrap();
    connection
}

/// The whole content in clear, as SQLCipher exports it.
fn exported(path: &std::path::Path) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain.db");
    let connection = raw(path);
    connection
        .execute(
            "ATTACH DATABASE ? AS plain KEY ''",
            [plain.to_str().unwrap()],
        )
        .unwrap();
    connection
        .query_row("SELECT sqlcipher_export('plain')", [], |_| Ok(()))
        .unwrap();
    connection.execute_batch("DETACH DATABASE plain").unwrap();
    fs::read(plain).unwrap()
}

#[test]
fn after_erasing_no_byte_is_left_in_record_log_export_or_copies() {
    let place = Place::new();
    let store = place.open();
    let (li, wang) = (Resident::new(1), Resident::new(2));
    li.leave(&store, 1, 3_000);
    wang.leave(&store, 2, 500);
    store.back_up(place.backups(), 7).wait().unwrap();
    li.keep_profile(&store, 900);
    let copied = store.back_up(place.backups(), 7).wait().unwrap();
    assert_eq!(
        (copied.forgotten, copied.holding),
        (0, 1),
        "the older profile lies in the first copy"
    );
    let mut touched = draft(11, "page-3", "");
    touched.snapshot = Personal::new(li.bytes(2, 700));
    store.save_draft(touched).wait().unwrap();
    let aside = place.path().with_extension("db.damaged");
    fs::copy(place.path(), &aside).unwrap();
    let mine = li.needles(&store);
    let hers = wang.needles(&store);

    // The control: the same search finds every word in record and log, in the copies, in what a restore left, and in the
    // export.
    let hits = search(place.folder.path(), &mine);
    assert_eq!(found(&hits), expected(&mine, &li));
    let files = names(&hits);
    for file in ["record.db-wal", "record.db.damaged", "record-0001"] {
        assert!(
            files.iter().any(|name| name.starts_with(file)),
            "{file}: {files:?}"
        );
    }
    assert_eq!(
        found(&search(&place.backups(), &mine)),
        expected(&mine, &li)
    );
    let export = exported(&place.path());
    for number in expected(&mine, &li) {
        assert!(contains(&export, &mine[number]), "{number}");
    }

    let erased = store
        .erase_all(li.person(), Actor::Resident)
        .wait()
        .unwrap();
    assert!(erased.scrubbed && erased.stay.is_empty(), "{erased:?}");
    assert_eq!(
        (
            erased.drafts,
            erased.cases.len(),
            erased.cards,
            erased.family
        ),
        (1, 1, 1, 1)
    );
    let data = place.path().parent().unwrap().to_owned();
    assert_eq!(search(&data, &mine), BTreeSet::new());
    assert!(!aside.exists());
    let free: i64 = raw(&place.path())
        .query_row("PRAGMA freelist_count", [], |row| row.get(0))
        .unwrap();
    assert_eq!(free, 0, "the file was written anew");
    let export = exported(&place.path());
    for needle in &mine {
        assert!(!contains(&export, needle));
    }
    assert_eq!(
        found(&search(&data, &hers)),
        expected(&hers, &wang),
        "hers is untouched"
    );

    // In the copies until they are renewed, or past their days.
    assert_eq!(
        found(&search(&place.backups(), &mine)),
        expected(&mine, &li)
    );
    let renewed = store.renew_copies(place.backups(), 7).wait().unwrap();
    assert_eq!((renewed.forgotten, renewed.holding), (2, 0));
    assert_eq!(search(place.folder.path(), &mine), BTreeSet::new());
    assert_eq!(
        found(&search(&place.backups(), &hers)),
        expected(&hers, &wang)
    );
    assert_eq!(backups_in(&place.backups()).len(), 1);
    store.verify(true).wait().unwrap();
    drop(store);
    let store = place.open();
    assert_eq!(search(place.folder.path(), &mine), BTreeSet::new());
    assert!(store.held_of(li.person()).wait().unwrap().is_empty());
    assert!(!store.held_of(wang.person()).wait().unwrap().is_empty());
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// The control for free pages: the search finds there what was deleted while `secure_delete` was off.
#[test]
fn the_search_finds_in_free_pages_what_plain_deleting_leaves() {
    let place = Place::new();
    let store = place.open();
    let residents: Vec<Resident> = (1..=40).map(Resident::new).collect();
    for (number, resident) in residents.iter().enumerate() {
        resident.keep_profile(&store, 300 + (number * 97) % 9_000);
    }
    let needles: Vec<Vec<u8>> = residents
        .iter()
        .map(|resident| resident.words[0].as_bytes().to_vec())
        .collect();
    drop(store);
    let data = place.path().parent().unwrap().to_owned();
    assert_eq!(found(&search(&data, &needles)).len(), 40);
    let whole = fs::read(place.path()).unwrap();
    let left_with = |secure: &str| {
        fs::write(place.path(), &whole).unwrap();
        let connection = raw(&place.path());
        connection
            .execute_batch(&format!(
                "PRAGMA secure_delete = {secure}; DELETE FROM blobs;"
            ))
            .unwrap();
        cut(&connection);
        drop(connection);
        assert_eq!(
            fs::metadata(place.path()).unwrap().len(),
            whole.len() as u64
        );
        found(&search(&data, &needles)).len()
    };
    assert!(left_with("OFF") > 30);
    assert_eq!(left_with("ON"), 0);
}

fn cut(connection: &Connection) {
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
}

/// The control for the unused middle of pages: rows that grow and shrink and are moved on the way leave copies of
/// themselves there, which `secure_delete` does not know of. This is why the file is written anew after an erasing.
#[test]
fn the_search_finds_what_moved_rows_leave_and_writing_anew_removes_it() {
    let place = Place::new();
    fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    let connection = raw(&place.path());
    connection
        .query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))
        .unwrap();
    connection
        .execute_batch(
            "PRAGMA secure_delete = ON; PRAGMA synchronous = OFF;
             CREATE TABLE rows (id INTEGER PRIMARY KEY, bytes BLOB);",
        )
        .unwrap();
    let mut random = 1_u64;
    let mut chance = |below: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let word = |row: u64| format!("石门村王小花某{row:05}").into_bytes();
    let (mut here, mut gone) = (Vec::new(), Vec::new());
    for row in 0..1_500 {
        // As ids of drafts and persons are, the order is one of chance.
        let id = chance(1 << 30) as i64;
        let bytes = word(row).repeat(2 + chance(180) as usize);
        connection
            .execute("INSERT INTO rows VALUES (?, ?)", (id, bytes))
            .unwrap();
        here.push((row, id));
        while here.len() > 60 && chance(2) == 0 {
            let (row, id) = here.swap_remove(chance(here.len() as u64) as usize);
            let length = chance(2_000) as i64;
            connection
                .execute(
                    "UPDATE rows SET bytes = zeroblob(?) WHERE id = ?",
                    (length, id),
                )
                .unwrap();
            gone.push(word(row));
        }
    }
    let data = place.path().parent().unwrap().to_owned();
    cut(&connection);
    let left = found(&search(&data, &gone)).len();
    connection.execute_batch("VACUUM").unwrap();
    cut(&connection);
    let anew = found(&search(&data, &gone)).len();
    eprintln!(
        "of {} overwritten rows {left} were left somewhere, {anew} after writing anew",
        gone.len()
    );
    // Once this fails, SQLite has learnt to clear the middle of pages.
    assert!(left > 0);
    assert_eq!(anew, 0);
    let kept: Vec<Vec<u8>> = here.iter().map(|(row, _)| word(*row)).collect();
    assert_eq!(found(&search(&data, &kept)).len(), kept.len());
}

/// Many residents of all sizes come and go; of those who went nothing is left at any moment.
#[test]
fn whoever_goes_leaves_nothing_however_pages_were_split_and_merged_before() {
    let place = Place::new();
    let store = place.open();
    let data = place.path().parent().unwrap().to_owned();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut chance = |below: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (random >> 33) % below
    };
    let mut here: Vec<Resident> = Vec::new();
    let mut gone: Vec<Vec<u8>> = Vec::new();
    for number in 1..=36 {
        let resident = Resident::new(number);
        resident.leave(&store, number, chance(5_000) as usize);
        here.push(resident);
        if chance(3) == 0 {
            let again = chance(here.len() as u64) as usize;
            here[again].keep_profile(&store, chance(2_000) as usize);
        }
        if chance(2) == 0 {
            let leaving = here.swap_remove(chance(here.len() as u64) as usize);
            gone.extend(leaving.needles(&store));
            store
                .erase_all(leaving.person(), Actor::Resident)
                .wait()
                .unwrap();
            let hits = search(&data, &gone);
            assert_eq!(hits, BTreeSet::new(), "resident {number}");
        }
    }
    assert!(gone.len() > 200, "{}", gone.len());
    for resident in &here {
        let needles = resident.needles(&store);
        assert_eq!(
            found(&search(&data, &needles)),
            expected(&needles, resident)
        );
    }
    store.verify(true).wait().unwrap();
}

/// A reader that holds on keeps the log from being cut; it is cut as soon as that one lets go.
#[test]
fn the_log_is_cut_when_the_last_reader_lets_go() {
    let place = Place::new();
    let store = place.open();
    let li = Resident::new(1);
    li.leave(&store, 1, 500);
    let needles = li.needles(&store);
    let data = place.path().parent().unwrap().to_owned();
    let reader = raw(&place.path());
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM journal;")
        .unwrap();
    let count: i64 = reader
        .query_row("SELECT count(*) FROM blobs", [], |row| row.get(0))
        .unwrap();
    assert!(count > 3);
    let erased = store
        .erase_all(li.person(), Actor::Resident)
        .wait()
        .unwrap();
    assert!(!erased.scrubbed, "somebody still reads it");
    assert!(store.held_of(li.person()).wait().unwrap().is_empty());
    assert!(!search(&data, &needles).is_empty());
    let noted = || -> bool {
        reader
            .query_row(
                "SELECT count(*) FROM meta WHERE name = 'scrub'",
                [],
                |row| row.get(0),
            )
            .unwrap()
    };
    reader.execute_batch("COMMIT").unwrap();
    assert!(noted(), "not over before the log is cut");
    let begun = std::time::Instant::now();
    while !search(&data, &needles).is_empty() {
        assert!(begun.elapsed().as_secs() < 20, "the log was never cut");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    assert!(store.tidy().wait().unwrap().scrubbed);
    assert!(!noted());
}

/// What a resident replaces, and what is discarded, is overwritten at once; the file is written anew at night.
#[test]
fn what_was_corrected_or_discarded_is_overwritten_before_the_night() {
    let place = Place::new();
    let store = place.open();
    let (li, wang) = (Resident::new(1), Resident::new(2));
    li.keep_profile(&store, 200);
    wang.keep_profile(&store, 200);
    let data = place.path().parent().unwrap().to_owned();
    let old = [li.words[0].as_bytes().to_vec()];
    assert!(!search(&data, &old).is_empty());
    let name = Personal::new(FieldValue::Text("李小花".to_owned()));
    let changes = BTreeMap::from([("full_name".to_owned(), Some(name))]);
    store
        .correct_profile(li.person(), changes, Actor::Resident)
        .wait()
        .unwrap();
    assert_eq!(search(&data, &old), BTreeSet::new());
    assert!(!search(&data, &["李小花".as_bytes().to_vec()]).is_empty());

    let mut half = draft(7, "page-2", "");
    half.snapshot = Personal::new(li.bytes(2, 9_000));
    store.save_draft(half).wait().unwrap();
    let old = encodings(&li.words[2]);
    assert!(!search(&data, &old).is_empty());
    assert!(store.discard_draft(draft_id(7)).wait().unwrap());
    assert!(store.tidy().wait().unwrap().scrubbed);
    assert_eq!(search(&data, &old), BTreeSet::new());
}
