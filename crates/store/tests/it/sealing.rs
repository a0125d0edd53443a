//! Sealed for the hub alone: no plain answer is left in any page, nothing is lost where it cannot be sealed.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use onedoor_domain::case::{AnswerKind, Move};
use onedoor_domain::event::{Actor, TellWay};
use onedoor_domain::id::CaseId;
use onedoor_domain::personal::Personal;
use onedoor_store::{NewBlob, Store};

use crate::raw::{encodings, names, search};
use crate::support::*;

const ANSWER: &str = "张王氏的抚恤金自二月起未到账";
const VOICE: &str = "voice-of-zhang-wang-shi-in-one-second-pieces";
const PHOTO: &str = "photo-of-the-bank-book-page-7";
const PHONE: &str = "13812345678";

/// Parts come in pieces, each of which is looked for alone: the draft keeps them apart.
fn needles() -> Vec<Vec<u8>> {
    [ANSWER, VOICE, PHOTO]
        .into_iter()
        .flat_map(encodings)
        .collect()
}

fn voice() -> Vec<u8> {
    VOICE.as_bytes().repeat(200)
}

fn submit(store: &Store, number: u64) -> CaseId {
    let answers = ANSWER.repeat(40);
    for touch in 0..3 {
        store
            .save_draft(draft(number, &format!("page-{touch}"), &answers))
            .wait()
            .unwrap();
    }
    for piece in 0..3 {
        store
            .add_draft_part(draft_id(number), "voice", piece, Personal::new(voice()))
            .wait()
            .unwrap();
    }
    let mut case = submission(number, &answers);
    case.blobs
        .push(NewBlob::new("photo", PHOTO.as_bytes().repeat(300)));
    let detail = Some(Personal::from(PHONE));
    let case = store
        .submit_case_telling(case, TellWay::Phone, detail)
        .wait()
        .unwrap()
        .case;
    let slip = Personal::new(b"the slip".to_vec());
    store
        .ask_slip(Actor::Resident, Some(case), slip)
        .wait()
        .unwrap();
    case
}

/// Answers, photo, recording and how to tell, as the hub would have them.
fn hub_can_read_all(store: &Store, case: CaseId) {
    let outbox = store.outbox().unwrap();
    let mut roles = BTreeSet::new();
    for blob in store.case_blobs(case).wait().unwrap() {
        let plain = match blob.role.as_str() {
            "slip" => {
                assert!(blob.sealed.is_none(), "the slip stays here");
                continue;
            }
            "answers" => ANSWER.repeat(40).into_bytes(),
            "photo" => PHOTO.as_bytes().repeat(300),
            "part:voice" => voice().repeat(3),
            "tell" => PHONE.as_bytes().to_vec(),
            other => panic!("{other}"),
        };
        let name = blob.sealed.unwrap();
        let sealed = outbox.piece(name, 0, usize::MAX >> 1).unwrap().unwrap();
        let salt: [u8; 32] = sealed[..32].try_into().unwrap();
        assert_eq!(sealed, sealed_bytes(&salt, &blob.role, &plain));
        assert!(blob.reference.matches(&salt, &plain), "{}", blob.role);
        roles.insert(blob.role);
    }
    assert_eq!(roles.len(), 4, "{roles:?}");
}

#[test]
fn with_the_hubs_key_no_plain_answer_is_left_in_file_log_or_copy() {
    // The control: without the key they are there, in the file's pages or its log's, and in the copy.
    let place = Place::new();
    let store = place.open();
    submit(&store, 1);
    store.back_up(place.backups(), 3).wait().unwrap();
    let hits = search(place.folder.path(), &needles());
    let found: BTreeSet<usize> = hits.iter().map(|hit| hit.needle).collect();
    let utf8: BTreeSet<usize> = [ANSWER, VOICE, PHOTO]
        .iter()
        .map(|text| needles().iter().position(|n| n == text.as_bytes()).unwrap())
        .collect();
    assert!(found.is_superset(&utf8), "{found:?}");
    assert!(
        names(&hits).len() >= 2,
        "record and copy: {:?}",
        names(&hits)
    );
    assert_eq!(store.undelivered().wait().unwrap().unsealed, 4);
    drop(store);

    let place = Place::new();
    let store = place.open();
    TestSealer::set(&store);
    let case = submit(&store, 1);
    hub_can_read_all(&store, case);
    // What is left of the draft goes as soon as nobody touches the screen.
    until("traces were left", || {
        search(place.path().parent().unwrap(), &needles()).is_empty()
    });
    store.back_up(place.backups(), 3).wait().unwrap();
    let hits = search(place.folder.path(), &needles());
    assert!(hits.is_empty(), "{:?}", names(&hits));
    // And what is needed here is here.
    assert_eq!(
        store.last_slip(case).wait().unwrap().unwrap().expose(),
        b"the slip"
    );
    let told = store.how_to_tell_detail(case).wait().unwrap().unwrap();
    assert_eq!(told.expose(), PHONE);
    for blob in store.case_blobs(case).wait().unwrap() {
        let plain = store.blob(blob.reference.id).wait().unwrap();
        let here = matches!(blob.role.as_str(), "slip" | "tell");
        assert_eq!(plain.is_some(), here, "{}", blob.role);
    }
    let verified = store.verify(true).wait().unwrap();
    assert_eq!((verified.sealed, verified.blobs), (3, 2));
    drop(store);
    assert!(search(place.folder.path(), &needles()).is_empty());
    place.open().verify(true).wait().unwrap();
}

#[test]
fn what_waited_for_the_key_is_sealed_when_it_comes_and_its_plain_bytes_go() {
    let place = Place::new();
    let store = place.open();
    let cases: Vec<_> = (1..=40).map(|number| submit(&store, number)).collect();
    assert_eq!(store.undelivered().wait().unwrap().unsealed, 160);
    drop(store);
    let store = place.open();
    TestSealer::set(&store);
    until("not all was sealed", || {
        store.undelivered().wait().unwrap().unsealed == 0
    });
    for case in &cases {
        hub_can_read_all(&store, *case);
    }
    assert_eq!(
        store.outbox().unwrap().files_not_there().unwrap().len(),
        160
    );
    store.tidy().wait().unwrap();
    let hits = search(place.folder.path(), &needles());
    assert!(hits.is_empty(), "{:?}", names(&hits));
    let verified = store.verify(true).wait().unwrap();
    assert_eq!((verified.sealed, verified.blobs), (120, 80));
}

#[test]
fn a_touch_does_not_wait_while_the_rest_is_sealed() {
    let place = Place::new();
    let store = place.open();
    for number in 1..=60 {
        submit(&store, number);
    }
    TestSealer::set(&store);
    let mut longest = std::time::Duration::ZERO;
    while store.undelivered().wait().unwrap().unsealed > 0 {
        let begun = std::time::Instant::now();
        store.save_draft(draft(99, "page", "x")).wait().unwrap();
        longest = longest.max(begun.elapsed());
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    assert!(longest.as_millis() < 250, "a touch took {longest:?}");
}

#[test]
fn a_sealer_that_fails_loses_nothing_and_is_tried_again() {
    let place = Place::new();
    let store = place.open();
    let sealer = TestSealer::set(&store);
    sealer.fails.store(true, Ordering::Relaxed);
    let case = submit(&store, 1);
    assert_eq!(store.undelivered().wait().unwrap().unsealed, 4);
    let answers = store.case_blobs(case).wait().unwrap()[0].clone();
    let plain = store.blob(answers.reference.id).wait().unwrap().unwrap();
    assert_eq!(plain.expose(), ANSWER.repeat(40).as_bytes());
    store.verify(false).wait().unwrap();
    // It works again before the next attempt, which needs no restart and no new key.
    sealer.fails.store(false, Ordering::Relaxed);
    until("never tried again", || {
        store.undelivered().wait().unwrap().unsealed == 0
    });
    hub_can_read_all(&store, case);
    // Where it fails for good, the record goes on, and the next key finds what waits.
    sealer.fails.store(true, Ordering::Relaxed);
    let other = submit(&store, 2);
    std::thread::sleep(std::time::Duration::from_millis(1500));
    store.save_draft(draft(3, "page", "x")).wait().unwrap();
    assert_eq!(store.undelivered().wait().unwrap().unsealed, 4);
    TestSealer::set(&store);
    until("the new key was not used", || {
        store.undelivered().wait().unwrap().unsealed == 0
    });
    hub_can_read_all(&store, other);
    store.verify(true).wait().unwrap();
}

#[test]
fn one_damaged_answer_does_not_keep_the_others_from_being_sealed() {
    let place = Place::new();
    let store = place.open();
    submit(&store, 1);
    let well = submit(&store, 2);
    let hex: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    let other = rusqlite::Connection::open(place.path()).unwrap();
    let changed = other
        .execute_batch(&format!("PRAGMA key = \"x'{hex}'\""))
        .and_then(|()| {
            other.execute(
                "UPDATE blobs SET bytes = x'00' WHERE rowid = (SELECT min(rowid) FROM blobs WHERE role = 'answers')",
                [],
            )
        });
    assert_eq!(changed.unwrap(), 1);
    TestSealer::set(&store);
    until("the others wait for it", || {
        store.undelivered().wait().unwrap().unsealed == 1
    });
    hub_can_read_all(&store, well);
    assert!(
        store.verify(false).wait().unwrap_err().needs_restore(),
        "and it is said"
    );
}

#[test]
fn reasons_are_sealed_and_kept_for_the_resident_to_read() {
    let place = Place::new();
    let store = place.open();
    TestSealer::set(&store);
    let case = submit(&store, 1);
    let staff = || Actor::Staff("s-li".into());
    let take = Move::TakeInHand {
        owner: "s-li".into(),
        term_days: 5,
        due: onedoor_domain::calendar::Due::WithinWorkingDays(5),
    };
    store.move_case(case, staff(), take).wait().unwrap();
    let reason = Some(NewBlob::new("reason", b"the account is closed".to_vec()));
    let way = Some(NewBlob::new("other-way", b"bring the new card".to_vec()));
    store
        .answer_case(case, staff(), AnswerKind::Refused, reason, way)
        .wait()
        .unwrap();
    let blobs = store.case_blobs(case).wait().unwrap();
    for role in ["reason", "other-way"] {
        let blob = blobs.iter().find(|blob| blob.role == role).unwrap();
        assert!(blob.sealed.is_some());
        assert!(store.blob(blob.reference.id).wait().unwrap().is_some());
    }
    store.verify(true).wait().unwrap();
}

#[test]
fn a_blob_with_neither_its_bytes_nor_its_sealed_bytes_is_damage_and_so_are_changed_ones() {
    let hex: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    for (change, said) in [
        ("DELETE FROM sealed WHERE role = 'answers'", "missing"),
        (
            "UPDATE sealed SET bytes = x'00' || bytes WHERE role = 'answers'",
            "name",
        ),
        (
            "UPDATE sealed SET name = randomblob(32) WHERE role = 'answers'",
            "name",
        ),
        (
            "UPDATE sealed SET blob = randomblob(16) WHERE role = 'tell'",
            "names",
        ),
    ] {
        let place = Place::new();
        let store = place.open();
        TestSealer::set(&store);
        submit(&store, 1);
        store.verify(true).wait().unwrap();
        let other = rusqlite::Connection::open(place.path()).unwrap();
        other
            .execute_batch(&format!("PRAGMA key = \"x'{hex}'\"; {change};"))
            .unwrap();
        let error = store.verify(false).wait().unwrap_err();
        assert!(
            error.needs_restore() && error.to_string().contains(said),
            "{change}: {error}"
        );
        assert!(
            store.back_up(place.backups(), 3).wait().is_err(),
            "no such copy is kept"
        );
    }
}
