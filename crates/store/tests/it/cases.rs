//! From submission to the resident's word.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use onedoor_domain::calendar::Due;
use onedoor_domain::case::{AnswerKind, Move, Phase, Word};
use onedoor_domain::event::{Actor, EraseReason, EventBody, TellWay};
use onedoor_domain::id::CaseId;
use onedoor_domain::personal::Personal;
use onedoor_store::{CaseKey, CaseSummary, Found, NewBlob, SlipState, Store, TRIES};

use crate::support::*;

fn found(store: &Store, key: CaseKey, factor: &str) -> Vec<CaseSummary> {
    match store.find(key, typed(factor)).wait().unwrap() {
        Found::Cases(cases) => cases,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_draft_becomes_a_case_once() {
    let place = Place::new();
    let store = place.open();
    store
        .save_draft(draft(1, "read-back", "answers"))
        .wait()
        .unwrap();
    let part = Personal::new(b"voice".to_vec());
    store
        .add_draft_part(draft_id(1), "recording", 0, part)
        .wait()
        .unwrap();
    let first = store.submit_case(submission(1, "answers")).wait().unwrap();
    let second = store.submit_case(submission(1, "answers")).wait().unwrap();
    assert!(!first.again && second.again);
    assert_eq!((first.case, first.code), (second.case, second.code));
    assert!(store.load_draft(draft_id(1)).wait().unwrap().is_none());
    assert_eq!(store.cases(10).wait().unwrap().len(), 1);
    assert_eq!(
        store.case_of_draft(draft_id(1)).wait().unwrap().unwrap().id,
        first.case
    );

    let blobs = store.case_blobs(first.case).wait().unwrap();
    let roles: Vec<_> = blobs.iter().map(|blob| blob.role.as_str()).collect();
    assert_eq!(roles, ["answers", "part:recording"]);
    let answers = store.blob(blobs[0].reference.id).wait().unwrap().unwrap();
    assert_eq!(answers.expose(), b"answers");

    let events = store.case_events(first.case).wait().unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].blobs().len(), 2);
    let EventBody::CaseSaved(saved) = events[0].body() else {
        panic!("{:?}", events[0].body())
    };
    assert_eq!(saved.code, first.code);
    let verified = store.verify(true).wait().unwrap();
    assert_eq!((verified.cases, verified.blobs, verified.events), (1, 2, 2));
}

#[test]
fn a_case_is_found_by_code_or_slip_with_the_second_factor_only() {
    let place = Place::new();
    let store = place.open();
    let mine = store.submit_case(submission(1, "a")).wait().unwrap();
    let mut other = submission(2, "b");
    other.person = Some(Personal::from("99010119450612019X"));
    other.factors = vec![last_four("019X")];
    store.submit_case(other).wait().unwrap();
    let second = store.submit_case(submission(3, "c")).wait().unwrap();

    let matters = found(&store, CaseKey::Code(mine.code), "0026");
    let ids: Vec<CaseId> = matters.iter().map(|case| case.id).collect();
    assert_eq!(
        ids,
        [mine.case, second.case],
        "the one asked for, then the same person's others"
    );
    assert_eq!(
        found(&store, CaseKey::Case(second.case), "0026")[0].id,
        second.case
    );

    let wrong = store
        .find(CaseKey::Code(mine.code), typed("019X"))
        .wait()
        .unwrap();
    assert!(
        matches!(wrong, Found::WrongFactor { left } if left == TRIES - 1),
        "{wrong:?}"
    );
    let nobody = CaseKey::Case(CaseId::new(0, [9; 10]));
    assert!(matches!(
        store.find(nobody, typed("0026")).wait().unwrap(),
        Found::Nothing
    ));
}

#[test]
fn guessing_the_second_factor_ends_after_a_few_tries_and_staff_help() {
    let place = Place::new();
    let store = place.open();
    let case = store.submit_case(submission(1, "a")).wait().unwrap();
    let key = CaseKey::Code(case.code);
    for _ in 0..TRIES - 1 {
        store.find(key, typed("1111")).wait().unwrap();
    }
    found(&store, key, "0026");
    for _ in 0..TRIES {
        store.find(key, typed("1111")).wait().unwrap();
    }
    assert!(matches!(
        store.find(key, typed("0026")).wait().unwrap(),
        Found::TooManyTries
    ));
    let new_code = store.void_slip(case.case, "s-li").wait().unwrap();
    assert!(matches!(
        store.find(key, typed("0026")).wait().unwrap(),
        Found::Voided
    ));
    assert_eq!(
        found(&store, CaseKey::Code(new_code), "0026")[0].id,
        case.case
    );
    store.verify(false).wait().unwrap();
}

#[test]
fn whoever_gives_no_name_gets_a_pin_that_stays_the_same() {
    let place = Place::new();
    let mut anonymous = submission(1, "a");
    anonymous.factors = Vec::new();
    anonymous.person = None;
    let first = place.open().submit_case(anonymous.clone()).wait().unwrap();
    let store = place.open();
    let again = store.submit_case(anonymous).wait().unwrap();
    assert_eq!(first.pin, again.pin);
    let pin = first.pin.unwrap();
    assert_eq!(
        found(&store, CaseKey::Code(first.code), pin.expose())[0].id,
        first.case
    );
}

#[test]
fn a_code_that_was_given_out_is_never_given_again() {
    let place = Place::new();
    let counter = Arc::new(AtomicU64::new(0));
    let mut options = options();
    let calls = counter.clone();
    // Every eight bytes asked for come out the same three times before they change.
    options.entropy = Arc::new(move |slice: &mut [u8]| {
        let number = calls.fetch_add(1, Ordering::Relaxed);
        let number = if slice.len() == 8 {
            number / 100
        } else {
            number
        };
        for (place, byte) in slice.iter_mut().enumerate() {
            *byte = (number >> (8 * (place % 8))) as u8 ^ place as u8;
        }
    });
    let store = Store::open(&place.path(), &key(), options).unwrap();
    let mut codes = Vec::new();
    for number in 0..30 {
        codes.push(
            store
                .submit_case(submission(number, "a"))
                .wait()
                .unwrap()
                .code,
        );
    }
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), 30);
}

#[test]
fn a_case_goes_its_way_and_every_step_is_an_event() {
    let place = Place::new();
    let store = place.open();
    let case = store.submit_case(submission(1, "a")).wait().unwrap().case;
    let staff = || Actor::Staff("s-li".into());
    let detail = || Some(Personal::from("13812345678"));
    store
        .set_how_to_tell(case, Actor::Resident, TellWay::Phone, detail())
        .wait()
        .unwrap();
    store
        .move_case(case, Actor::Machine, Move::Deliver)
        .wait()
        .unwrap();
    let take = Move::TakeInHand {
        owner: "s-li".into(),
        term_days: 5,
        due: Due::WithinWorkingDays(5),
    };
    store.move_case(case, staff(), take).wait().unwrap();
    let bare = store
        .answer_case(case, staff(), AnswerKind::Refused, None, None)
        .wait();
    assert_eq!(
        bare.unwrap_err().code(),
        "STO-015",
        "a bare no is not accepted"
    );
    let why = Some(NewBlob::new("reason", "the account is closed".as_bytes()));
    let way = Some(NewBlob::new("other-way", "bring the new card".as_bytes()));
    store
        .answer_case(case, staff(), AnswerKind::Refused, why, way)
        .wait()
        .unwrap();
    store.move_case(case, staff(), Move::Tell).wait().unwrap();
    store
        .resident_word(case, Actor::Resident, Word::NotSolved, true)
        .wait()
        .unwrap();

    let now = store.case(case).wait().unwrap().unwrap();
    assert_eq!((now.status.phase, now.status.level), (Phase::Reopened, 1));
    assert_eq!(now.tell, Some(TellWay::Phone));
    let detail = store.how_to_tell_detail(case).wait().unwrap().unwrap();
    assert_eq!(detail.expose(), "13812345678");
    let kinds: Vec<_> = store
        .case_events(case)
        .wait()
        .unwrap()
        .iter()
        .map(|event| event.body().kind().to_owned())
        .collect();
    assert_eq!(
        kinds,
        [
            "case_saved",
            "told_how",
            "case_state_changed",
            "case_state_changed",
            "case_state_changed",
            "case_state_changed",
            "resident_word"
        ]
    );
    store.verify(true).wait().unwrap();
}

#[test]
fn the_refused_move_leaves_no_event_and_no_blob() {
    let place = Place::new();
    let store = place.open();
    let case = store.submit_case(submission(1, "a")).wait().unwrap().case;
    let before = store.verify(false).wait().unwrap();
    let why = || Some(NewBlob::new("reason", "x".as_bytes()));
    // It is not in hand yet.
    let early = store
        .answer_case(case, Actor::Machine, AnswerKind::Refused, why(), why())
        .wait();
    assert_eq!(early.unwrap_err().code(), "STO-015");
    assert_eq!(store.verify(false).wait().unwrap(), before);
    assert_eq!(store.case_blobs(case).wait().unwrap().len(), 1);
}

#[test]
fn paper_is_journalled_and_print_again_gives_the_same_slip() {
    let place = Place::new();
    let case = {
        let store = place.open();
        let case = store.submit_case(submission(1, "a")).wait().unwrap().case;
        let slip = Personal::new(b"the slip".to_vec());
        let job = store
            .ask_slip(Actor::Resident, Some(case), slip)
            .wait()
            .unwrap();
        assert_eq!((job.copy, &job.state), (1, &SlipState::Asked));
        store.slip_failed(job.id, "PRN-003").wait().unwrap();
        let slip = store.last_slip(case).wait().unwrap().unwrap();
        let job = store
            .ask_slip(Actor::Resident, Some(case), slip)
            .wait()
            .unwrap();
        assert_eq!(job.copy, 2);
        case
    };
    let store = place.open();
    let open = store.open_slip_jobs().wait().unwrap();
    assert_eq!(
        open.len(),
        1,
        "after a power cut the kiosk knows what it had asked for"
    );
    store.slip_printed(open[0].id).wait().unwrap();
    let states: Vec<_> = store
        .slip_jobs(case)
        .wait()
        .unwrap()
        .into_iter()
        .map(|job| job.state)
        .collect();
    assert_eq!(
        states,
        [SlipState::Failed("PRN-003".into()), SlipState::Printed]
    );
    assert_eq!(
        store.last_slip(case).wait().unwrap().unwrap().expose(),
        b"the slip"
    );
    let nobody = onedoor_domain::id::SlipJobId::from_random([0; 16]);
    assert_eq!(
        store.slip_printed(nobody).wait().unwrap_err().code(),
        "STO-014"
    );
}

#[test]
fn calls_for_help_wait_in_order_until_somebody_comes() {
    let place = Place::new();
    let first = {
        let store = place.open();
        let first = store
            .call_help(Actor::Resident, "home", None)
            .wait()
            .unwrap();
        let service = Some("complaint".to_owned());
        let second = store
            .call_help(Actor::Resident, "place", service)
            .wait()
            .unwrap();
        store.dismiss_help(second).wait().unwrap();
        first
    };
    let store = place.open();
    let waiting = store.open_help_calls().wait().unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!((waiting[0].id, waiting[0].page.as_str()), (first, "home"));
    store.answer_help(first, "s-li").wait().unwrap();
    assert!(store.open_help_calls().wait().unwrap().is_empty());
}

#[test]
fn what_is_erased_is_gone_and_the_chain_still_holds() {
    let place = Place::new();
    let store = place.open();
    let case = store
        .submit_case(submission(1, "secret answers"))
        .wait()
        .unwrap();
    let blob = store.case_blobs(case.case).wait().unwrap()[0].reference.id;
    store
        .erase_case(case.case, EraseReason::RetentionOver, Actor::Machine)
        .wait()
        .unwrap();
    assert!(store.blob(blob).wait().unwrap().is_none());
    let verified = store.verify(true).wait().unwrap();
    assert_eq!((verified.blobs, verified.erased), (0, 1));
    let gone = store
        .erase_blobs(vec![blob], EraseReason::Mistake, Actor::Machine)
        .wait();
    assert_eq!(gone.unwrap_err().code(), "STO-014");
    // Without its factors it opens for nobody.
    let key = CaseKey::Code(case.code);
    assert!(matches!(
        store.find(key, typed("0026")).wait().unwrap(),
        Found::Nothing
    ));
}

#[test]
fn a_panic_in_one_piece_of_work_is_undone_reported_and_over() {
    let place = Place::new();
    let broken = Arc::new(AtomicBool::new(false));
    let mut options = options();
    let flag = broken.clone();
    let system = options.entropy.clone();
    options.entropy = Arc::new(move |slice: &mut [u8]| {
        // The salt of the blob is drawn in the middle of the transaction.
        assert!(
            !(flag.load(Ordering::Relaxed) && slice.len() == 32),
            "asked for by the test"
        );
        system(slice);
    });
    let store = Store::open(&place.path(), &key(), options).unwrap();
    store.save_draft(draft(1, "read-back", "x")).wait().unwrap();
    broken.store(true, Ordering::Relaxed);
    let failed = store.submit_case(submission(1, "x")).wait();
    assert_eq!(failed.unwrap_err().code(), "STO-011");
    broken.store(false, Ordering::Relaxed);
    assert_eq!(store.cases(10).wait().unwrap().len(), 0);
    assert!(store.load_draft(draft_id(1)).wait().unwrap().is_some());
    assert!(!store.submit_case(submission(1, "x")).wait().unwrap().again);
    assert_eq!(store.verify(true).wait().unwrap().events, 2);
}

#[test]
fn settings_and_faults_are_kept() {
    let place = Place::new();
    {
        let store = place.open();
        store
            .set_setting("volume", Some("3".into()))
            .wait()
            .unwrap();
        store.set_setting("gone", Some("x".into())).wait().unwrap();
        store.set_setting("gone", None).wait().unwrap();
        store.fault_seen("printer", "PRN-003").wait().unwrap();
        store.fault_cleared("printer", "PRN-003").wait().unwrap();
    }
    let store = place.open();
    assert_eq!(
        store.setting("volume").wait().unwrap().as_deref(),
        Some("3")
    );
    assert_eq!(store.setting("gone").wait().unwrap(), None);
    let rows = store.journal_after(1, 10).wait().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1].id.seq.get(), 3);
}

#[test]
fn a_reply_can_be_awaited() {
    use std::future::Future;
    use std::task::{Context, Poll, Wake, Waker};

    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let place = Place::new();
    let store = place.open();
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut reply = std::pin::pin!(store.save_draft(draft(1, "a", "b")));
    loop {
        match reply.as_mut().poll(&mut context) {
            Poll::Ready(outcome) => break outcome.unwrap(),
            Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn how_to_tell_is_kept_with_the_case_or_not_at_all() {
    let place = Place::new();
    let store = place.open();
    let submit = || {
        let detail = Some(Personal::from("13812345678"));
        store
            .submit_case_telling(submission(1, "a"), TellWay::Phone, detail)
            .wait()
            .unwrap()
    };
    let case = submit().case;
    assert!(submit().again);
    let summary = store.case(case).wait().unwrap().unwrap();
    assert_eq!(summary.tell, Some(TellWay::Phone));
    assert_eq!(store.case_events(case).wait().unwrap().len(), 2);
}

#[test]
fn after_erasing_the_log_holds_nothing_of_it() {
    let place = Place::new();
    let store = place.open();
    let case = store
        .submit_case(submission(1, "secret"))
        .wait()
        .unwrap()
        .case;
    let log = place.path().with_extension("db-wal");
    assert!(std::fs::metadata(&log).unwrap().len() > 0);
    store
        .erase_case(case, EraseReason::ResidentAsked, Actor::Resident)
        .wait()
        .unwrap();
    assert_eq!(std::fs::metadata(&log).unwrap().len(), 0);
}
