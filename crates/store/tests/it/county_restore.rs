//! After a restore: how far the county has everything, its mail, keys and sealed answers are there, and a new life begins.

use std::collections::BTreeMap;
use std::fs;

use onedoor_domain::case::{CaseStatus, Move, Phase};
use onedoor_domain::event::Actor;
use onedoor_domain::id::CaseId;
use onedoor_domain::personal::Personal;
use onedoor_store::{
    Acked, CaseKey, Found, Mail, Rejected, RestoreReport, Standing, Store, SyncApply, Who,
};

use crate::county::page;
use crate::support::*;

const LI: &str = "990101194506120026";

fn restore(place: &Place) -> (Store, RestoreReport) {
    Store::restore_newest(
        &place.path(),
        &key(),
        &place.backups(),
        options(),
        "STO-004",
    )
    .unwrap()
}

fn elsewhere() -> CaseId {
    CaseId::new(7, [9; 10])
}

/// One answer of the hub with something of each kind, numbered.
fn answer(store: &Store, number: u64, case: CaseId) {
    let factor = last_four("0018");
    let mut other = from_hub(elsewhere(), number, CaseStatus::default());
    other.factors = vec![onedoor_store::HashedFactor {
        kind: factor.kind,
        salt: [3; 32],
        hash: factor.hash(&[3; 32]),
    }];
    let mut own = from_hub(
        case,
        number,
        CaseStatus {
            phase: Phase::InHand,
            owner: Some(format!("s-{number}")),
            ..CaseStatus::default()
        },
    );
    let epoch = store.identity().epoch;
    own.included = Some((epoch, 2));
    let fields = BTreeMap::from([("village".to_owned(), Personal::from("石门村"))]);
    let change = SyncApply {
        stream: Some(Acked {
            epoch,
            acked: last(store),
            durable: last(store),
        }),
        // Of no case: one whose beginning is refused has not reached the county.
        rejected: vec![Rejected {
            epoch,
            seq: 1_000 + number,
            code: 3,
            words: None,
        }],
        cursor: Some(number),
        mail: vec![Mail {
            number,
            kind: "bundle".into(),
            version: 1,
            body: Personal::new(vec![1]),
        }],
        cases: vec![other, own],
        registers: vec![page(
            "old-age",
            &format!("as-{number}"),
            vec![(Who::from(typed(LI)), Some(fields))],
        )],
        ..SyncApply::default()
    };
    store.apply(change).wait().unwrap();
    all_arrived(store);
    let secret = Personal::new(format!("secret-{number}").into_bytes());
    store.set_secret("device-key", Some(secret)).wait().unwrap();
}

/// What an answer leaves, compared with the number of the last that counts.
fn check(store: &Store, number: u64, case: CaseId) -> Standing {
    let standing = store.outbox().unwrap().standing().unwrap();
    assert_eq!(standing.cursor, number);
    let mail = store.mail_waiting("bundle").wait().unwrap();
    assert_eq!(
        mail.iter().map(|mail| mail.number).collect::<Vec<_>>(),
        (1..=number).collect::<Vec<_>>()
    );
    assert_eq!(store.rejections().wait().unwrap().len() as u64, number);
    assert_eq!(
        store.register_of(typed(LI)).wait().unwrap()[0].as_of,
        format!("as-{number}")
    );
    assert_eq!(
        store.case_facts(case).wait().unwrap().unwrap().version,
        number
    );
    let found = store
        .find(CaseKey::Case(elsewhere()), typed("0018"))
        .wait()
        .unwrap();
    assert!(matches!(found, Found::Cases(_)), "{found:?}");
    let secret = store.secret("device-key").wait().unwrap().unwrap();
    assert_eq!(secret.expose(), format!("secret-{number}").as_bytes());
    standing
}

#[test]
fn a_copy_keeps_standing_mail_and_keys_and_a_new_life_begins() {
    let place = Place::new();
    let store = place.open();
    TestSealer::set(&store);
    let case = store.submit_case(submission(1, "a")).wait().unwrap().case;
    let (device, first) = (store.identity().device, store.identity().epoch);
    answer(&store, 1, case);
    store.back_up(place.backups(), 3).wait().unwrap();
    drop(store);
    // The disk is lost whole.
    fs::remove_dir_all(place.path().parent().unwrap()).unwrap();
    let (store, report) = restore(&place);
    assert!(!report.county_rescued, "there was nothing to rescue from");
    let standing = check(&store, 1, case);
    assert_eq!(standing.device, device);
    assert_eq!(standing.streams.len(), 2);
    assert_eq!(
        (standing.streams[0].epoch, standing.streams[0].acked),
        (first, 2)
    );
    assert_eq!(
        (standing.streams[1].epoch, standing.streams[1].acked),
        (report.epoch, 0)
    );
    assert!(store.case(case).wait().unwrap().unwrap().status.delivered);
    assert!(
        store
            .outbox()
            .unwrap()
            .files_not_there()
            .unwrap()
            .is_empty()
    );
    store.verify(true).wait().unwrap();
}

#[test]
fn what_a_damaged_file_still_knows_of_the_county_comes_back() {
    for with_copy in [true, false] {
        let place = Place::new();
        let store = place.open();
        let late = store
            .submit_case(submission(9, &"waits for the key".repeat(100)))
            .wait()
            .unwrap()
            .case;
        store.submit_case(submission(8, "x")).wait().unwrap();
        if with_copy {
            let case = store.submit_case(submission(7, "y")).wait().unwrap().case;
            answer(&store, 1, case);
            store.back_up(place.backups(), 3).wait().unwrap();
        }
        // After the copy: what waited is sealed, more is said, sent and answered.
        TestSealer::set(&store);
        until("not sealed", || {
            store.undelivered().wait().unwrap().unsealed == 0
        });
        let case = store
            .submit_case(submission(1, "after the copy"))
            .wait()
            .unwrap()
            .case;
        for number in if with_copy { 2..=3 } else { 1..=3 } {
            answer(&store, number, case);
        }
        store
            .submit_case(submission(2, "not yet acked"))
            .wait()
            .unwrap();
        let before = store.outbox().unwrap().standing().unwrap();
        let status = store.case(case).wait().unwrap().unwrap().status;
        let verified = store.verify(false).wait().unwrap();
        drop(store);
        // Damage in the last link of the chain alone: what is before it can be read.
        let hex: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
        rusqlite::Connection::open(place.path())
            .unwrap()
            .execute_batch(&format!(
                "PRAGMA key = \"x'{hex}'\";
                 UPDATE journal SET hash = zeroblob(32) WHERE place = (SELECT max(place) FROM journal);"
            ))
            .unwrap();
        assert!(place.try_open().unwrap_err().needs_restore());
        let (store, report) = restore(&place);
        assert!(
            report.county_rescued && report.blobs_lost == 0,
            "{report:?}"
        );
        assert_eq!(report.without_backup, !with_copy);
        let standing = check(&store, 3, case);
        assert_eq!(standing.streams[0].acked, before.streams[0].acked);
        assert_eq!(standing.streams[0].durable, before.streams[0].durable);
        assert_eq!(standing.streams[0].last, before.streams[0].last - 1);
        assert_eq!(store.case(case).wait().unwrap().unwrap().status, status);
        assert!(store.case(late).wait().unwrap().unwrap().status.delivered);
        let now = store.verify(true).wait().unwrap();
        assert_eq!(
            (now.sealed, now.blobs),
            (verified.sealed - 1, verified.blobs),
            "with_copy: {with_copy}"
        );
        assert!(
            store
                .outbox()
                .unwrap()
                .files_not_there()
                .unwrap()
                .is_empty()
        );
        let blobs = store.case_blobs(late).wait().unwrap();
        assert!(
            store.blob(blobs[0].reference.id).wait().unwrap().is_none(),
            "not plain again"
        );
    }
}

#[test]
fn a_table_of_the_county_that_cannot_be_read_leaves_the_copys_whole() {
    let place = Place::new();
    let store = place.open();
    TestSealer::set(&store);
    let case = store.submit_case(submission(1, "a")).wait().unwrap().case;
    answer(&store, 1, case);
    store.back_up(place.backups(), 3).wait().unwrap();
    let take = Move::TakeInHand {
        owner: "s-li".into(),
        term_days: 5,
        due: onedoor_domain::calendar::Due::WithinWorkingDays(5),
    };
    let other = store.submit_case(submission(2, "b")).wait().unwrap().case;
    store
        .move_case(other, Actor::Staff("s-li".into()), take)
        .wait()
        .unwrap();
    answer(&store, 2, case);
    drop(store);
    let hex: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    rusqlite::Connection::open(place.path())
        .unwrap()
        .execute_batch(&format!("PRAGMA key = \"x'{hex}'\"; DROP TABLE mail;"))
        .unwrap();
    let (store, report) = restore(&place);
    assert!(!report.county_rescued, "{report:?}");
    assert_eq!(report.events_rescued, 3, "the copy's own, saved, taken");
    let standing = store.outbox().unwrap().standing().unwrap();
    assert_eq!((standing.cursor, standing.streams[0].acked), (1, 2));
    assert_eq!(store.case_facts(case).wait().unwrap().unwrap().version, 1);
    assert!(
        !store.case(other).wait().unwrap().unwrap().status.delivered,
        "the hub says so again"
    );
    // Keys and sealed answers stand for themselves.
    let secret = store.secret("device-key").wait().unwrap().unwrap();
    assert_eq!(secret.expose(), b"secret-2");
    assert_eq!(store.verify(true).wait().unwrap().sealed, 2);
}

#[test]
fn a_copy_of_the_version_before_sealing_is_still_good() {
    let place = Place::new();
    fs::create_dir_all(place.backups()).unwrap();
    let store = place.open();
    store.submit_case(submission(1, "a")).wait().unwrap();
    let copy = store.back_up(place.backups(), 3).wait().unwrap().path;
    drop(store);
    // As the version before would have written it.
    let hex: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    rusqlite::Connection::open(&copy)
        .unwrap()
        .execute_batch(&format!(
            "PRAGMA key = \"x'{hex}'\";
             DROP TABLE sealed; DROP TABLE mail; DROP TABLE rejections; DROP TABLE secrets; DROP TABLE registers;
             DROP TABLE register_rows; DROP TABLE case_facts;
             ALTER TABLE epochs DROP COLUMN acked; ALTER TABLE epochs DROP COLUMN durable;
             ALTER TABLE cases DROP COLUMN safe_ms;
             DELETE FROM refinery_schema_history WHERE version = 4;"
        ))
        .unwrap();
    fs::remove_dir_all(place.path().parent().unwrap()).unwrap();
    let (store, _) = restore(&place);
    TestSealer::set(&store);
    until("not sealed", || {
        store.undelivered().wait().unwrap().unsealed == 0
    });
    assert_eq!(store.verify(true).wait().unwrap().sealed, 1);
}
