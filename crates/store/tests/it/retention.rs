//! What the county has safe goes from here after its days, and never before.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use onedoor_domain::case::{CaseStatus, Phase, Word};
use onedoor_domain::clock::{ClockQuality, EARLIEST_MS};
use onedoor_domain::event::{Actor, EraseReason, Event, EventBody, TellWay};
use onedoor_domain::id::CaseId;
use onedoor_domain::personal::Personal;
use onedoor_store::{
    CaseKey, CaseText, CaseWords, Found, NewBlob, Rejected, Store, SyncApply, TextRole, WhyStays,
};

use crate::raw::{names, search};
use crate::support::*;

const DAY: i64 = 24 * 3600 * 1000;
const SLIP: &str = "the slip as it was drawn for Li Xiaohua";
const PHONE: &str = "13812345678";

struct World {
    place: Place,
    clock: Arc<TestClock>,
    store: Store,
}

impl World {
    fn new() -> Self {
        let place = Place::new();
        let clock = TestClock::at(EARLIEST_MS + 100 * DAY, 1);
        let mut options = options();
        options.clock = clock.clone();
        let store = Store::open(&place.path(), &key(), options).unwrap();
        let world = World {
            place,
            clock,
            store,
        };
        world.pass(0);
        world
    }

    fn pass(&self, days: i64) {
        self.clock.wall_ms.fetch_add(days * DAY, Ordering::Relaxed);
        self.clock
            .mono_ms
            .fetch_add((days * DAY).unsigned_abs(), Ordering::Relaxed);
        self.store
            .clock_checked(ClockQuality::Hub, Actor::Machine, None)
            .wait()
            .unwrap();
    }

    /// A case with a photo, how to tell, and a slip.
    fn submit(&self, number: u64) -> (CaseId, onedoor_domain::code::CaseCode) {
        let mut case = submission(number, "answers of the resident");
        case.blobs.push(NewBlob::new("photo", vec![9; 20_000]));
        let detail = Some(Personal::from(PHONE));
        let submitted = self
            .store
            .submit_case_telling(case, TellWay::Phone, detail)
            .wait()
            .unwrap();
        let slip = Personal::new(SLIP.as_bytes().to_vec());
        self.store
            .ask_slip(Actor::Resident, Some(submitted.case), slip)
            .wait()
            .unwrap();
        (submitted.case, submitted.code)
    }

    fn kept(&self, case: CaseId) -> usize {
        self.store.case_blobs(case).wait().unwrap().len()
    }

    fn night(&self) -> usize {
        let tidied = self.store.tidy().wait().unwrap();
        self.store.verify(false).wait().unwrap();
        tidied.safe_cases
    }
}

#[test]
fn answers_slip_and_how_to_tell_go_after_their_days_and_the_code_still_opens_the_case() {
    let world = World::new();
    let store = &world.store;
    TestSealer::set(store);
    let (case, code) = world.submit(1);
    all_arrived(store);
    ack(store, last(store), last(store));
    let needles = [SLIP, PHONE].map(|text| text.as_bytes().to_vec());
    assert_eq!(
        search(world.place.folder.path(), &needles).len().min(2),
        2,
        "the search bites"
    );
    world.pass(29);
    assert_eq!((world.night(), world.kept(case)), (0, 4));
    world.pass(1);
    assert_eq!((world.night(), world.kept(case)), (1, 0));
    assert_eq!(world.night(), 0, "once");

    let hits = search(world.place.folder.path(), &needles);
    assert!(hits.is_empty(), "{:?}", names(&hits));
    assert!(store.last_slip(case).wait().unwrap().is_none());
    assert!(store.how_to_tell_detail(case).wait().unwrap().is_none());
    assert!(
        store
            .outbox()
            .unwrap()
            .files_not_there()
            .unwrap()
            .is_empty()
    );
    let verified = store.verify(true).wait().unwrap();
    assert_eq!(
        (verified.blobs, verified.sealed, verified.erased),
        (0, 0, 4)
    );
    let rows = store.journal_after(0, 1_000).wait().unwrap();
    let erased: Vec<_> = rows
        .iter()
        .filter_map(|row| match Event::decode(&row.bytes).unwrap().body() {
            EventBody::Erased(erased) => Some((erased.reason, erased.blobs.len())),
            _ => None,
        })
        .collect();
    assert_eq!(erased, [(EraseReason::RetentionOver, 4)]);

    // The resident comes back with the slip: they see how it stands, and may say their word.
    let found = store
        .find(CaseKey::Code(code), typed("0026"))
        .wait()
        .unwrap();
    let Found::Cases(cases) = found else {
        panic!("{found:?}");
    };
    assert_eq!(cases[0].id, case);
    assert!(!store.was_erased(code).wait().unwrap());
    let slip = Personal::new(b"printed again".to_vec());
    store
        .ask_slip(Actor::Resident, Some(case), slip)
        .wait()
        .unwrap();
    ack(store, last(store), last(store));
    world.pass(1);
    assert_eq!(world.night(), 0, "what came later has days of its own");
    assert_eq!(world.kept(case), 1);
    world.pass(31);
    assert_eq!((world.night(), world.kept(case)), (1, 0));
    let found = store
        .find(CaseKey::Code(code), typed("0026"))
        .wait()
        .unwrap();
    assert!(matches!(found, Found::Cases(_)), "and still: {found:?}");
}

#[test]
fn nothing_goes_while_an_event_or_a_file_is_not_safe() {
    let world = World::new();
    let store = &world.store;
    let (unsealed, _) = world.submit(1);
    ack(store, last(store), last(store));
    world.pass(90);
    assert_eq!(
        (world.night(), world.kept(unsealed)),
        (0, 4),
        "the hub cannot have what is not sealed"
    );

    TestSealer::set(store);
    until("not sealed", || {
        store.undelivered().wait().unwrap().unsealed == 0
    });
    let (not_there, _) = world.submit(2);
    let (not_durable, _) = world.submit(3);
    let before_last = last(store) - 1;
    // Of the first two all but the photo of the second arrives.
    let photo = store.case_blobs(not_there).wait().unwrap();
    let photo = photo
        .iter()
        .find(|blob| blob.role == "photo")
        .unwrap()
        .sealed
        .unwrap();
    let mut files = store.outbox().unwrap().files_not_there().unwrap();
    files.retain(|file| file.name != photo);
    let arrived = files.iter().map(|file| file.name).collect();
    let change = SyncApply {
        arrived,
        ..SyncApply::default()
    };
    store.apply(change).wait().unwrap();
    // All is acked; the second place lacks the last event, a slip of the third.
    ack(store, last(store), before_last);
    world.pass(31);
    assert_eq!(world.night(), 1);
    let kept = [unsealed, not_there, not_durable].map(|case| world.kept(case));
    assert_eq!(kept, [0, 4, 4]);

    // The file arrives long after its event was safe; the event is safe at last.
    all_arrived(store);
    ack(store, last(store), last(store));
    world.pass(29);
    assert_eq!(world.night(), 0, "the days begin when it is safe");
    world.pass(2);
    assert_eq!(world.night(), 2);
    assert_eq!(
        [not_there, not_durable].map(|case| world.kept(case)),
        [0, 0]
    );
}

#[test]
fn a_file_that_arrives_last_makes_its_case_safe_at_once() {
    let world = World::new();
    let store = &world.store;
    TestSealer::set(store);
    let (case, _) = world.submit(1);
    ack(store, last(store), last(store));
    all_arrived(store);
    world.pass(30);
    // No night came in between that could have noted it.
    assert_eq!((world.night(), world.kept(case)), (1, 0));
}

#[test]
fn a_clock_that_is_not_believed_erases_nothing() {
    let world = World::new();
    let store = &world.store;
    TestSealer::set(store);
    let (case, _) = world.submit(1);
    all_arrived(store);
    ack(store, last(store), last(store));
    // It leaps ahead.
    world.clock.wall_ms.fetch_add(400 * DAY, Ordering::Relaxed);
    assert_eq!((world.night(), world.kept(case)), (0, 4));
    // It was wrong when the case became safe: the days begin when it is right.
    world.pass(0);
    let (late, _) = world.submit(2);
    all_arrived(store);
    ack(store, last(store), last(store));
    world.clock.wall_ms.fetch_sub(300 * DAY, Ordering::Relaxed);
    world.pass(0);
    assert_eq!(
        world.night(),
        1,
        "the first: safe since a hundred days by the clock that holds now"
    );
    world.pass(29);
    assert_eq!((world.night(), world.kept(late)), (0, 4));
    world.pass(2);
    assert_eq!((world.night(), world.kept(late)), (1, 0));
}

#[test]
fn a_second_place_that_lost_events_makes_their_cases_wait_again() {
    let world = World::new();
    let store = &world.store;
    TestSealer::set(store);
    let (case, _) = world.submit(1);
    all_arrived(store);
    ack(store, last(store), last(store));
    world.pass(29);
    ack(store, 1, 1);
    world.pass(9);
    assert_eq!(world.night(), 0);
    all_arrived(store);
    ack(store, last(store), last(store));
    world.pass(29);
    assert_eq!((world.night(), world.kept(case)), (0, 4));
    world.pass(2);
    assert_eq!(world.night(), 1);
}

#[test]
fn on_a_residents_word_a_case_goes_only_when_its_files_have_arrived() {
    let world = World::new();
    let store = &world.store;
    TestSealer::set(store);
    let (case, _) = world.submit(1);
    ack(store, last(store), 0);
    world.pass(40);
    let li = || typed("990101194506120026");
    let stays = |store: &Store| store.held_of(li()).wait().unwrap().cases[0].stays;
    assert_eq!(stays(store), Some(WhyStays::OnlyHere));
    let erased = store.erase_all(li(), Actor::Resident).wait().unwrap();
    assert_eq!(
        (erased.cases.len(), erased.stay[0].why),
        (0, WhyStays::OnlyHere)
    );
    assert_eq!(store.tidy().wait().unwrap().cases, 0);
    assert_eq!(world.kept(case), 4);
    all_arrived(store);
    assert_eq!(stays(store), None);
    assert_eq!(store.tidy().wait().unwrap().cases, 1);
    assert_eq!(world.kept(case), 0);
    store.verify(true).wait().unwrap();
}

#[test]
fn texts_of_the_office_stay_while_a_case_is_open_and_its_days_after_that() {
    let world = World::new();
    let store = &world.store;
    let case = CaseId::new(EARLIEST_MS, [5; 10]);
    let mut item = from_hub(
        case,
        1,
        CaseStatus {
            phase: Phase::Told,
            ..CaseStatus::default()
        },
    );
    item.facts = CaseWords {
        texts: vec![CaseText {
            role: TextRole::Note,
            language: "zh-CN".into(),
            text: Personal::from("a text of the office"),
        }],
        ..CaseWords::default()
    };
    let apply = |item: &onedoor_store::CaseFromHub| {
        let change = SyncApply {
            cases: vec![item.clone()],
            registers: vec![crate::county::page("r", "2026-11-01", Vec::new())],
            ..SyncApply::default()
        };
        store.apply(change).wait().unwrap();
    };
    let texts = || {
        store
            .case_facts(case)
            .wait()
            .unwrap()
            .unwrap()
            .words
            .texts
            .len()
    };
    apply(&item);
    world.pass(60);
    world.night();
    assert_eq!(texts(), 1, "it is open");
    item.version = 2;
    item.status.phase = Phase::Closed;
    item.status.word = Some(Word::Solved);
    apply(&item);
    world.pass(29);
    world.night();
    assert_eq!(texts(), 1);
    world.pass(2);
    let needle = [b"a text of the office".to_vec()];
    assert!(
        !search(world.place.folder.path(), &needle).is_empty(),
        "the search bites"
    );
    world.night();
    assert_eq!(texts(), 0);
    assert!(search(world.place.folder.path(), &needle).is_empty());
}

#[test]
fn what_went_with_its_days_does_not_come_back_with_an_older_copy() {
    let world = World::new();
    let store = &world.store;
    TestSealer::set(store);
    let (case, _) = world.submit(1);
    all_arrived(store);
    ack(store, last(store), last(store));
    store.back_up(world.place.backups(), 3).wait().unwrap();
    world.pass(31);
    assert_eq!(world.night(), 1);
    let World { place, store, .. } = world;
    drop(store);
    // The record is lost with its disk, but for the list beside the copies: here the one beside the record.
    std::fs::write(place.path(), b"").unwrap();
    let (store, report) =
        Store::restore_newest(&place.path(), &key(), &place.backups(), options(), "x").unwrap();
    assert_eq!(report.erased_again, 4, "{report:?}");
    assert!(store.case_blobs(case).wait().unwrap().is_empty());
    store.verify(true).wait().unwrap();
}

#[test]
fn what_the_county_could_not_read_stays_here_whole() {
    let world = World::new();
    let store = &world.store;
    TestSealer::set(store);
    let ((good, _), before) = (world.submit(1), last(store));
    let (bad, _) = world.submit(2);
    all_arrived(store);
    let epoch = store.identity().epoch;
    let events = store.outbox().unwrap().rows(epoch, before, 99, 999_999);
    let saving = events.unwrap().into_iter().find(|row| {
        let event = Event::decode(&row.bytes).unwrap();
        matches!(event.body(), EventBody::CaseSaved(_))
    });
    let refuse = SyncApply {
        rejected: vec![Rejected {
            epoch,
            seq: saving.unwrap().seq,
            code: 1,
            words: None,
        }],
        ..SyncApply::default()
    };
    store.apply(refuse).wait().unwrap();
    ack(store, last(store), last(store));
    world.pass(30);
    world.night();
    assert_eq!((world.kept(good), world.kept(bad)), (0, 4));
}
