//! One answer of the hub: committed whole or not at all; how far it came, the mailbox, registers, the clock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use onedoor_domain::case::CaseStatus;
use onedoor_domain::clock::{ClockQuality, EARLIEST_MS};
use onedoor_domain::event::{Event, EventBody};
use onedoor_domain::id::{CaseId, Epoch};
use onedoor_domain::personal::Personal;
use onedoor_store::{
    Acked, CaseKey, Found, Mail, RegisterChange, RegisterPage, Rejected, Store, SyncApply, Who,
};

use crate::faults::{SmallDisk, fill};
use crate::support::*;

const LI: &str = "990101194506120026";
const WANG: &str = "990101195203040018";

fn row(number: &str, fields: Option<&[(&str, &str)]>) -> RegisterChange {
    let fields = fields.map(|fields| {
        fields
            .iter()
            .map(|(name, text)| ((*name).to_owned(), Personal::from(*text)))
            .collect()
    });
    (Who::from(typed(number)), fields)
}

pub fn page(register: &str, as_of: &str, rows: Vec<RegisterChange>) -> RegisterPage {
    RegisterPage {
        register: register.into(),
        name: BTreeMap::from([
            ("zh-CN".into(), "高龄津贴".into()),
            ("en".into(), "Old age".into()),
        ]),
        as_of: as_of.into(),
        rows,
    }
}

fn mail(number: u64, body: &[u8]) -> Mail {
    Mail {
        number,
        kind: "bundle".into(),
        version: 1,
        body: Personal::new(body.to_vec()),
    }
}

fn mailbox(cursor: u64, mail: Vec<Mail>) -> SyncApply {
    SyncApply {
        cursor: Some(cursor),
        mail,
        ..SyncApply::default()
    }
}

fn cursor(store: &Store) -> u64 {
    store.outbox().unwrap().standing().unwrap().cursor
}

/// An answer that changes everything that an answer can change.
fn everything(store: &Store, case: CaseId, body: &[u8]) -> SyncApply {
    let epoch = store.identity().epoch;
    let files = store.outbox().unwrap().files_not_there().unwrap();
    let delivered = CaseStatus {
        phase: onedoor_domain::case::Phase::InHand,
        ..CaseStatus::default()
    };
    SyncApply {
        hub_life: 0,
        stream: Some(Acked {
            epoch,
            acked: last(store),
            durable: 2,
        }),
        rejected: vec![Rejected {
            epoch,
            seq: 1,
            code: 7,
            words: None,
        }],
        cursor: Some(12),
        mail: vec![mail(12, body)],
        cases: vec![from_hub(case, 3, delivered)],
        registers: vec![page(
            "old-age",
            "2026-11-01",
            vec![row(LI, Some(&[("village", "石门村")]))],
        )],
        arrived: files.iter().map(|file| file.name).collect(),
        hub_time_ms: Some(EARLIEST_MS + 5_000_000_000),
    }
}

/// What an answer changes, all of it as text.
fn state(store: &Store, case: CaseId) -> String {
    let standing = store.outbox().unwrap().standing().unwrap();
    format!(
        "{standing:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {}",
        store.rejections().wait().unwrap(),
        store
            .mail_waiting("bundle")
            .wait()
            .unwrap()
            .iter()
            .map(|m| m.number)
            .collect::<Vec<_>>(),
        store.case_facts(case).wait().unwrap(),
        store.case(case).wait().unwrap().map(|case| case.status),
        store.register_of(typed(LI)).wait().unwrap().len(),
        store.outbox().unwrap().files_not_there().unwrap(),
        store.clock().1,
        store.verify(false).wait().unwrap().events,
    )
}

#[test]
fn an_answer_that_fails_at_any_place_changes_nothing_not_even_the_clock() {
    let place = Place::new();
    // Randomness is asked for at the first row of a register, after all else but the mailbox was written.
    let panics = Arc::new(AtomicBool::new(false));
    let mut options = options();
    let (entropy, flag) = (options.entropy.clone(), panics.clone());
    options.entropy = Arc::new(move |bytes: &mut [u8]| {
        assert!(!flag.load(Ordering::Relaxed), "the test's own");
        entropy(bytes);
    });
    let store = Store::open(&place.path(), &key(), options).unwrap();
    TestSealer::set(&store);
    let case = store.submit_case(submission(1, "a")).wait().unwrap().case;
    let before = state(&store, case);
    let change = everything(&store, case, b"x");

    panics.store(true, Ordering::Relaxed);
    assert_eq!(
        store.apply(change.clone()).wait().unwrap_err().code(),
        "STO-011"
    );
    assert_eq!(state(&store, case), before);
    panics.store(false, Ordering::Relaxed);

    // A life that was never lived: refused after the clock was looked at.
    let mut wrong = change.clone();
    wrong.stream.as_mut().unwrap().epoch = Epoch::from_random([1; 8]);
    assert_eq!(store.apply(wrong).wait().unwrap_err().code(), "STO-020");
    assert_eq!(state(&store, case), before);

    let applied = store.apply(change.clone()).wait().unwrap();
    assert_ne!(state(&store, case), before, "the same answer, whole");
    assert_eq!(
        (
            applied.delivered.as_slice(),
            applied.changed.as_slice(),
            applied.register_rows,
            applied.mail
        ),
        (&[case][..], &[case][..], 1, 1)
    );
    assert_eq!((applied.rejected, applied.arrived), (1, 1));
    assert!(applied.clock_was_off_ms.is_some());
    // And the same once more changes nothing.
    let after = state(&store, case);
    let again = store.apply(change).wait().unwrap();
    assert_eq!(state(&store, case), after);
    assert_eq!(
        (again.delivered.len(), again.changed.len(), again.mail),
        (0, 0, 0)
    );
    assert_eq!(again.old, [case]);
}

#[test]
fn an_answer_that_a_full_disk_cuts_short_changes_nothing_and_is_taken_when_there_is_room() {
    let Some(disk) = SmallDisk::new("4m") else {
        return;
    };
    let path = disk.path().join("record.db");
    let store = Store::open(&path, &key(), options()).unwrap();
    TestSealer::set(&store);
    let case = store.submit_case(submission(1, "a")).wait().unwrap().case;
    until("all of it was tidied", || store.tidy().wait().is_ok());
    let change = everything(&store, case, &vec![7; 1_500_000]);
    let before = state(&store, case);
    let ballast = fill(disk.path());
    assert_eq!(
        store.apply(change.clone()).wait().unwrap_err().code(),
        "STO-005"
    );
    assert_eq!(state(&store, case), before);
    std::fs::remove_file(ballast).unwrap();
    store.apply(change).wait().unwrap();
    assert_eq!(cursor(&store), 12);
    store.verify(true).wait().unwrap();
}

#[test]
fn the_cursor_only_rises_and_an_item_is_taken_once() {
    let place = Place::new();
    let store = place.open();
    store
        .apply(mailbox(2, vec![mail(1, b"a"), mail(2, b"b")]))
        .wait()
        .unwrap();
    let late = store.apply(mailbox(1, vec![mail(1, b"a")])).wait().unwrap();
    assert_eq!((late.mail, cursor(&store)), (0, 2));
    let over = store
        .apply(mailbox(3, vec![mail(2, b"other"), mail(3, b"c")]))
        .wait()
        .unwrap();
    assert_eq!(
        (over.mail, cursor(&store)),
        (1, 3),
        "only what is new of it"
    );
    store.mail_done(2).wait().unwrap();
    store.apply(mailbox(3, vec![mail(2, b"b")])).wait().unwrap();
    let waiting = store.mail_waiting("bundle").wait().unwrap();
    assert_eq!(
        waiting.iter().map(|mail| mail.number).collect::<Vec<_>>(),
        [1, 3]
    );
    assert_eq!(waiting[0].body.expose(), b"a");
    assert!(store.mail_waiting("other").wait().unwrap().is_empty());
    drop(store);
    assert_eq!(cursor(&place.open()), 3);
}

#[test]
fn an_ack_brings_cases_to_the_county_and_nothing_to_the_journal() {
    let place = Place::new();
    let store = place.open();
    let cases: Vec<_> = (1..=3)
        .map(|number| {
            store
                .submit_case(submission(number, "a"))
                .wait()
                .unwrap()
                .case
        })
        .collect();
    let undelivered = store.undelivered().wait().unwrap();
    assert_eq!(
        (
            undelivered.cases,
            undelivered.first.len(),
            undelivered.unsealed
        ),
        (3, 3, 3)
    );
    assert_eq!(undelivered.shortest_term.unwrap().0, 5);
    TestSealer::set(&store);
    until("not sealed", || {
        store.undelivered().wait().unwrap().unsealed == 0
    });
    all_arrived(&store);
    let events = store.verify(false).wait().unwrap().events;
    assert_eq!(ack(&store, 3, 0).delivered, cases[..2]);
    assert_eq!(ack(&store, 3, 3).delivered, []);
    let line = |case| store.case(case).wait().unwrap().unwrap().status.delivered;
    assert!(line(cases[0]) && line(cases[1]) && !line(cases[2]));
    let undelivered = store.undelivered().wait().unwrap();
    assert_eq!(
        (undelivered.cases, undelivered.first[0].case),
        (1, cases[2])
    );
    // More than there is cannot be acked.
    ack(&store, 99, 99);
    let stream = store.outbox().unwrap().standing().unwrap().streams[0];
    assert_eq!((stream.last, stream.acked, stream.durable), (4, 4, 4));
    assert_eq!(store.verify(false).wait().unwrap().events, events);
}

#[test]
fn a_hub_that_was_set_back_gets_it_again_and_what_it_says_counts_anew() {
    let place = Place::new();
    let store = place.open();
    TestSealer::set(&store);
    let cases: Vec<_> = (1..=3)
        .map(|number| {
            store
                .submit_case(submission(number, "a"))
                .wait()
                .unwrap()
                .case
        })
        .collect();
    ack(&store, 4, 4);
    all_arrived(&store);
    let mut status = store.case(cases[2]).wait().unwrap().unwrap().status;
    let epoch = store.identity().epoch;
    let told = |version, status: &CaseStatus| {
        let mut case = from_hub(cases[2], version, status.clone());
        case.included = Some((epoch, 4));
        SyncApply {
            cases: vec![case],
            ..SyncApply::default()
        }
    };
    status.owner = Some("s-before".into());
    store.apply(told(9, &status)).wait().unwrap();

    let applied = ack(&store, 2, 2);
    assert_eq!(applied.undelivered, cases[1..]);
    let outbox = store.outbox().unwrap();
    assert_eq!(
        outbox.files_not_there().unwrap().len(),
        2,
        "and their files"
    );
    assert!(
        !store
            .case(cases[1])
            .wait()
            .unwrap()
            .unwrap()
            .status
            .delivered
    );
    assert_eq!(store.undelivered().wait().unwrap().cases, 2);
    // It begins to count from below.
    status.owner = Some("s-after".into());
    assert_eq!(
        store.apply(told(2, &status)).wait().unwrap().changed,
        [cases[2]]
    );
    let facts = store.case_facts(cases[2]).wait().unwrap().unwrap();
    assert_eq!(
        (facts.version, facts.at_hub.owner.as_deref()),
        (2, Some("s-after"))
    );
    assert_eq!(ack(&store, 4, 2).delivered, [], "their answers as well");
    assert_eq!(all_arrived(&store).delivered, cases[1..]);
}

#[test]
fn rejections_are_kept_once_and_their_words_may_come_later() {
    let place = Place::new();
    let store = place.open();
    let epoch = store.identity().epoch;
    let reject = |seq, code, words: Option<&str>| SyncApply {
        rejected: vec![Rejected {
            epoch,
            seq,
            code,
            words: words.map(str::to_owned),
        }],
        ..SyncApply::default()
    };
    assert_eq!(store.apply(reject(2, 5, None)).wait().unwrap().rejected, 1);
    assert_eq!(
        store
            .apply(reject(2, 5, Some("why")))
            .wait()
            .unwrap()
            .rejected,
        0
    );
    assert_eq!(store.apply(reject(2, 5, None)).wait().unwrap().rejected, 0);
    store.apply(reject(1, 6, None)).wait().unwrap();
    let known = store.rejections().wait().unwrap();
    assert_eq!(known.iter().map(|r| r.seq).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(
        known[1].words.as_deref(),
        Some("why"),
        "words are not lost again"
    );
}

#[test]
fn registers_change_by_person_are_shown_and_erased_with_the_rest_and_not_by_an_older_page() {
    let place = Place::new();
    let store = place.open();
    let apply = |cursor, registers| {
        store
            .apply(SyncApply {
                cursor: Some(cursor),
                registers,
                ..SyncApply::default()
            })
            .wait()
            .unwrap()
            .register_rows
    };
    let rows = vec![
        row(LI, Some(&[("full_name", "李小花"), ("village", "石门村")])),
        row(WANG, Some(&[("full_name", "王大山")])),
    ];
    assert_eq!(apply(1, vec![page("old-age", "2026-11-01", rows)]), 2);
    apply(
        2,
        vec![page(
            "medical",
            "2026-11-02",
            vec![row(LI, Some(&[("insured_here", "yes")]))],
        )],
    );
    let of = |number: &str| store.register_of(typed(number)).wait().unwrap();
    let li = of(LI);
    assert_eq!(
        li.iter()
            .map(|row| row.register.as_str())
            .collect::<Vec<_>>(),
        ["medical", "old-age"]
    );
    assert_eq!(li[1].fields["full_name"].expose(), "李小花");
    assert_eq!(li[1].name["zh-CN"], "高龄津贴");
    // Another row takes its place, one leaves.
    let later = vec![row(LI, Some(&[("full_name", "李晓花")])), row(WANG, None)];
    assert_eq!(apply(3, vec![page("old-age", "2026-12-01", later)]), 2);
    assert_eq!(of(LI)[1].fields.len(), 1);
    assert_eq!(of(LI)[1].as_of, "2026-12-01");
    assert!(of(WANG).is_empty());
    // A page that comes once more after that.
    let old = vec![
        row(LI, Some(&[("full_name", "older")])),
        row(WANG, Some(&[("full_name", "older")])),
    ];
    assert_eq!(apply(2, vec![page("old-age", "2026-11-01", old)]), 0);
    assert_eq!(of(LI)[1].fields["full_name"].expose(), "李晓花");
    assert!(of(WANG).is_empty());
    // What was replaced or left is not in the file after the night.
    assert!(store.tidy().wait().unwrap().scrubbed);
    let gone = ["王大山", "石门村"].map(|text| text.as_bytes().to_vec());
    assert!(crate::raw::search(place.folder.path(), &gone).is_empty());
    let there = [b"\xe6\x9d\x8e\xe6\x99\x93\xe8\x8a\xb1".to_vec()];
    assert!(
        !crate::raw::search(place.folder.path(), &there).is_empty(),
        "the search bites"
    );

    let held = store.held_of(typed(LI)).wait().unwrap();
    assert_eq!(held.registers, of(LI));
    assert!(!held.is_empty());
    store.back_up(place.backups(), 3).wait().unwrap();
    let erased = store
        .erase_all(typed(LI), onedoor_domain::event::Actor::Resident)
        .wait()
        .unwrap();
    assert_eq!((erased.registers, erased.scrubbed), (2, true));
    assert!(store.held_of(typed(LI)).wait().unwrap().is_empty());
    assert!(crate::raw::search(&place.path(), &there).is_empty());
    let record = place.path();
    assert!(crate::raw::search(record.parent().unwrap(), &there).is_empty());
    store.verify(true).wait().unwrap();
    // It does not come back with an older copy either.
    drop(store);
    let (store, report) =
        Store::restore_newest(&record, &key(), &place.backups(), options(), "x").unwrap();
    assert!(
        store.register_of(typed(LI)).wait().unwrap().is_empty(),
        "{report:?}"
    );
}

#[test]
fn the_hubs_clock_is_taken_once_and_later_answers_write_nothing() {
    let place = Place::new();
    let clock = TestClock::at(5_000, 1);
    let open = |clock: &Arc<TestClock>| {
        let mut options = options();
        options.clock = clock.clone();
        Store::open(&place.path(), &key(), options).unwrap()
    };
    let store = open(&clock);
    store.submit_case(submission(1, "a")).wait().unwrap();
    assert!(!store.clock().1.is_trusted());
    let hub = EARLIEST_MS + 77_000_000_000;
    let tell = |store: &Store, ms: i64| {
        let change = SyncApply {
            hub_time_ms: Some(ms),
            ..SyncApply::default()
        };
        store.apply(change).wait().unwrap().clock_was_off_ms
    };
    let off = tell(&store, hub).unwrap();
    assert!((off - (5_000 - hub)).abs() < 1_000, "{off}");
    let (stamp, trust) = store.clock();
    assert!(trust.is_trusted() && (stamp.wall_ms - hub).abs() < 1_000);
    assert_eq!(stamp.quality, ClockQuality::Hub);
    let checks = |store: &Store| {
        let rows = store.journal_after(0, 1_000).wait().unwrap();
        let is = |bytes: &[u8]| {
            matches!(
                Event::decode(bytes).unwrap().body(),
                EventBody::ClockChecked(_)
            )
        };
        rows.iter().filter(|row| is(&row.bytes)).count()
    };
    for answer in 1..50 {
        clock.wall_ms.fetch_add(60_000, Ordering::Relaxed);
        clock.mono_ms.fetch_add(60_000, Ordering::Relaxed);
        assert_eq!(tell(&store, hub + answer * 60_000), None);
    }
    assert_eq!(checks(&store), 1);
    assert_eq!(tell(&store, 3), None, "a hub in 1970 is not believed");
    // It holds over a restart of the program in the same run of the machine.
    drop(store);
    let store = open(&clock);
    assert!(store.clock().1.is_trusted());
    let case = store.submit_case(submission(2, "b")).wait().unwrap().case;
    assert!(store.case(case).wait().unwrap().unwrap().saved_ms > hub);
    // The machine's clock drifts away: said once more, and set.
    clock.wall_ms.fetch_add(400_000, Ordering::Relaxed);
    let off = tell(&store, store.clock().0.wall_ms - 400_000).unwrap();
    assert!((off - 400_000).abs() < 1_000, "{off}");
    assert_eq!(checks(&store), 2);
    store.verify(false).wait().unwrap();
}

#[test]
fn keys_are_kept_with_the_record_and_forgotten_when_told() {
    let place = Place::new();
    let store = place.open();
    let set = |store: &Store, value: Option<&[u8]>| {
        let value = value.map(|bytes| Personal::new(bytes.to_vec()));
        store.set_secret("device-key", value).wait().unwrap();
    };
    assert!(store.secret("device-key").wait().unwrap().is_none());
    set(&store, Some(b"first"));
    set(&store, Some(b"second"));
    drop(store);
    let store = place.open();
    let kept = store.secret("device-key").wait().unwrap().unwrap();
    assert_eq!(kept.expose(), b"second");
    assert!(!format!("{kept:?}").contains("second"));
    set(&store, None);
    assert!(store.secret("device-key").wait().unwrap().is_none());
}

#[test]
fn a_case_from_the_hub_is_found_by_code_and_factor() {
    let place = Place::new();
    let store = place.open();
    let case = CaseId::new(EARLIEST_MS, [7; 10]);
    let factor = last_four("0018");
    let mut told = from_hub(case, 1, CaseStatus::default());
    let salt = [3; 32];
    told.factors = vec![onedoor_store::HashedFactor {
        kind: factor.kind,
        salt,
        hash: factor.hash(&salt),
    }];
    let code = told.code;
    let find = |typed_in: &str| {
        store
            .find(CaseKey::Code(code), typed(typed_in))
            .wait()
            .unwrap()
    };
    assert!(matches!(find("0018"), Found::Nothing));
    let change = SyncApply {
        cases: vec![told],
        ..SyncApply::default()
    };
    store.apply(change).wait().unwrap();
    assert!(matches!(find("9999"), Found::WrongFactor { .. }));
    let Found::Cases(cases) = find("0018") else {
        panic!("not found");
    };
    assert!(cases[0].elsewhere && cases[0].id == case && cases[0].status.delivered);
    assert!(
        store.cases(9).wait().unwrap().is_empty(),
        "it was not saved here"
    );
    assert_eq!(store.undelivered().wait().unwrap().cases, 0);
    store.verify(true).wait().unwrap();
}
