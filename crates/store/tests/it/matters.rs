//! A case changed in several places ends the same everywhere, in whatever order its news come.

use onedoor_domain::calendar::Due;
use onedoor_domain::case::{AnswerKind, CaseStatus, Move, Phase, Word};
use onedoor_domain::event::Actor;
use onedoor_domain::id::CaseId;
use onedoor_domain::personal::Personal;
use onedoor_store::{CaseText, CaseWords, NewBlob, Store, SyncApply, TextRole};
use proptest::prelude::*;

use crate::support::*;

fn staff() -> Actor {
    Actor::Staff("s-li".into())
}

fn take(owner: &str, term_days: u16) -> Move {
    Move::TakeInHand {
        owner: owner.into(),
        term_days,
        due: Due::WithinWorkingDays(term_days),
    }
}

fn save() -> Move {
    Move::Save {
        owner: Some("s-li".into()),
        term_days: 5,
        due: Due::WithinWorkingDays(5),
    }
}

fn approve() -> Move {
    Move::Answer {
        kind: AnswerKind::Approved,
        reason: None,
        other_way: None,
    }
}

/// The hub's fold of moves in its order.
fn fold<'a>(moves: impl IntoIterator<Item = &'a Move>) -> CaseStatus {
    let mut status = moves
        .into_iter()
        .fold(CaseStatus::default(), |status, made| {
            status.after_apart(made).0
        });
    status.delivered = true;
    status
}

fn make(store: &Store, case: CaseId, made: &Move) -> bool {
    let outcome = match made {
        Move::Say(word) => store
            .resident_word(case, Actor::Resident, *word, false)
            .wait(),
        Move::Answer { kind, .. } => store
            .answer_case(
                case,
                staff(),
                *kind,
                Some(NewBlob::new("reason", b"r".to_vec())),
                Some(NewBlob::new("other-way", b"o".to_vec())),
            )
            .wait(),
        other => store.move_case(case, staff(), other.clone()).wait(),
    };
    match outcome {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(error.code(), "STO-015", "{error}");
            false
        }
    }
}

fn told(store: &Store, case: CaseId, version: u64, moves: &[&Move], own: u64) -> SyncApply {
    let mut item = from_hub(case, version, fold(moves.iter().copied()));
    item.included = (own > 0).then_some((store.identity().epoch, own));
    if let Ok(Some(known)) = store.case(case).wait() {
        item.code = known.code;
    }
    SyncApply {
        cases: vec![item],
        ..SyncApply::default()
    }
}

fn status(store: &Store, case: CaseId) -> CaseStatus {
    store.case(case).wait().unwrap().unwrap().status
}

#[test]
fn an_item_twice_or_an_older_one_changes_nothing() {
    let place = Place::new();
    let store = place.open();
    let case = store.submit_case(submission(1, "a")).wait().unwrap().case;
    ack(&store, 2, 0);
    let (saved, taken, on) = (
        save(),
        take("s-wang", 3),
        Move::HandOn {
            owner: "s-zhao".into(),
        },
    );
    let older = told(&store, case, 2, &[&saved, &taken], 2);
    let newer = told(&store, case, 3, &[&saved, &taken, &on], 2);
    assert_eq!(store.apply(newer.clone()).wait().unwrap().changed, [case]);
    let after = status(&store, case);
    assert_eq!(after.owner.as_deref(), Some("s-zhao"));
    assert_eq!(store.apply(older).wait().unwrap().old, [case]);
    assert_eq!(store.apply(newer).wait().unwrap().old, [case]);
    assert_eq!(status(&store, case), after);
    assert_eq!(store.case_facts(case).wait().unwrap().unwrap().version, 3);
}

#[test]
fn own_later_moves_are_made_again_after_the_hubs_state() {
    let place = Place::new();
    let store = place.open();
    let case = store.submit_case(submission(1, "a")).wait().unwrap().case;
    ack(&store, 2, 0);
    // Here it is taken in hand and answered; the desk, which knows the saving alone, took it too.
    assert!(make(&store, case, &take("s-li", 5)));
    assert!(make(&store, case, &approve()));
    let (saved, desk) = (save(), take("s-desk", 4));
    let item = told(&store, case, 2, &[&saved, &desk], 2);
    store.apply(item).wait().unwrap();
    let now = status(&store, case);
    // Own taking in hand comes second and is set aside; own answer is not.
    assert_eq!(
        (now.phase, now.owner.as_deref()),
        (Phase::Answered, Some("s-desk"))
    );
    let facts = store.case_facts(case).wait().unwrap().unwrap();
    assert_eq!(facts.at_hub.phase, Phase::InHand);
    // When the hub has them too, it comes to the same.
    let item = told(
        &store,
        case,
        4,
        &[&saved, &desk, &take("s-li", 5), &approve()],
        last(&store),
    );
    store.apply(item).wait().unwrap();
    assert_eq!(status(&store, case), now);
}

#[test]
fn of_two_words_the_worse_holds_and_both_are_told() {
    let place = Place::new();
    let store = place.open();
    let case = store.submit_case(submission(1, "a")).wait().unwrap().case;
    make(&store, case, &take("s-li", 5));
    make(&store, case, &approve());
    let known = last(&store);
    ack(&store, known, 0);
    let moves = [save(), take("s-li", 5), approve()];
    // At the desk: partly. Here: not solved.
    assert!(make(&store, case, &Move::Say(Word::NotSolved)));
    let partly = Move::Say(Word::Partly);
    let mut all: Vec<&Move> = moves.iter().collect();
    all.push(&partly);
    store
        .apply(told(&store, case, 4, &all, known))
        .wait()
        .unwrap();
    let now = status(&store, case);
    assert_eq!(
        (now.phase, now.word, now.level),
        (Phase::Reopened, Some(Word::NotSolved), 1)
    );
    let words = store.case_facts(case).wait().unwrap().unwrap().words;
    assert_eq!(words.words_apart, Some((Word::Partly, Word::NotSolved)));
}

#[test]
fn what_the_office_wrote_is_shown_and_goes_with_the_case() {
    let place = Place::new();
    let store = place.open();
    let case = store.submit_case(submission(1, "a")).wait().unwrap().case;
    ack(&store, 2, 2);
    let saved = save();
    let mut item = told(&store, case, 1, &[&saved], 2);
    let text = "李小花的存折上姓名不符";
    item.cases[0].facts = CaseWords {
        texts: vec![CaseText {
            role: TextRole::Reason,
            language: "zh-CN".into(),
            text: Personal::from(text),
        }],
        ..CaseWords::default()
    };
    store.apply(item.clone()).wait().unwrap();
    let li = typed("990101194506120026");
    let held = store.held_of(li.clone()).wait().unwrap();
    assert_eq!(held.cases[0].texts[0].text.expose(), text);
    let needles = [text.as_bytes().to_vec()];
    assert!(
        !crate::raw::search(place.folder.path(), &needles).is_empty(),
        "the search bites"
    );
    make(&store, case, &Move::Say(Word::Solved));
    let erased = store.erase_all(li, Actor::Resident).wait().unwrap();
    assert_eq!(erased.cases.len(), 1);
    let facts = store.case_facts(case).wait().unwrap().unwrap();
    assert!(facts.words.texts.is_empty());
    assert!(crate::raw::search(place.folder.path(), &needles).is_empty());
    // The county's next change does not bring it back.
    item.cases[0].version = 9;
    store.apply(item).wait().unwrap();
    assert!(
        store
            .case_facts(case)
            .wait()
            .unwrap()
            .unwrap()
            .words
            .texts
            .is_empty()
    );
    store.verify(true).wait().unwrap();
}

#[test]
fn a_life_that_was_lost_does_not_keep_own_later_moves_from_being_made() {
    let place = Place::new();
    let store = place.open();
    let case = store.submit_case(submission(1, "a")).wait().unwrap().case;
    ack(&store, 2, 2);
    store.back_up(place.backups(), 3).wait().unwrap();
    let path = place.path();
    let restore = |store: Store| {
        drop(store);
        // The whole disk is lost, but for the copies.
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
        Store::restore_newest(&path, &key(), &place.backups(), options(), "x")
            .unwrap()
            .0
    };
    let store = restore(store);
    let lost = store.identity().epoch;
    make(&store, case, &take("s-li", 5));
    let at = last(&store);
    let store = restore(store);
    // The hub has what was done in the lost life; here it goes on from that.
    make(&store, case, &take("s-li", 5));
    make(&store, case, &approve());
    ack(&store, last(&store), 0);
    let mut item = told(&store, case, 2, &[&save(), &take("s-li", 5)], 1);
    item.cases[0].included = Some((lost, at));
    store.apply(item).wait().unwrap();
    assert_eq!(status(&store, case).phase, Phase::Answered);
}

/// One thing that happens in the life of a case with a kiosk, a desk and a mailbox that keeps no order.
#[derive(Debug, Clone)]
enum Step {
    /// At the kiosk.
    Here(Move),
    /// At the desk, or another kiosk: the hub tells of it.
    There(Move),
    /// So many of the kiosk's moves reach the hub.
    Send(usize),
    /// The hub's ack reaches the kiosk.
    Ack,
    /// One of the items so far reaches the kiosk, old or new.
    Read(prop::sample::Index),
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        (prop::sample::select(vec!["s-a", "s-b", "s-c"]), 1u16..6)
            .prop_map(|(who, days)| take(who, days)),
        prop::sample::select(vec!["s-a", "s-b"]).prop_map(|who| Move::HandOn { owner: who.into() }),
        Just(approve()),
        Just(Move::Tell),
        prop::sample::select(vec![Word::Solved, Word::Partly, Word::NotSolved]).prop_map(Move::Say),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any_move().prop_map(Step::Here),
        3 => any_move().prop_map(Step::There),
        2 => (1usize..4).prop_map(Step::Send),
        1 => Just(Step::Ack),
        2 => any::<prop::sample::Index>().prop_map(Step::Read),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    /// The hub's order decides; a kiosk that gets its items in any order, twice or not at all before the last, and makes
    /// moves all the while, ends as the hub does.
    #[test]
    fn a_kiosk_ends_as_the_hub_does(steps in prop::collection::vec(any_step(), 1..30)) {
        let place = Place::new();
        let mut options = options();
        options.quick_check = false;
        let store = Store::open(&place.path(), &key(), options).unwrap();
        TestSealer::set(&store);
        let case = store.submit_case(submission(1, "a")).wait().unwrap().case;
        all_arrived(&store);
        // The kiosk's own moves with their numbers; how many the hub has.
        let mut own: Vec<(u64, Move)> = vec![(last(&store), save())];
        let mut hub: Vec<Move> = Vec::new();
        let (mut sent, mut included) = (0, 0);
        let mut items: Vec<SyncApply> = Vec::new();
        let mut send = |count: usize, own: &[(u64, Move)], hub: &mut Vec<Move>, included: &mut u64| {
            for (seq, made) in own.iter().skip(sent).take(count) {
                hub.push(made.clone());
                *included = *seq;
                sent += 1;
            }
        };
        send(1, &own, &mut hub, &mut included);
        for step in steps {
            match step {
                Step::Here(made) => {
                    if make(&store, case, &made) {
                        // An answer names the blobs that were made for it.
                        let events = store.case_events(case).wait().unwrap();
                        let event = events.last().unwrap();
                        own.push((event.id().seq.get(), event.body().to_move().unwrap()));
                    }
                }
                Step::There(made) => {
                    hub.push(made);
                    let moves: Vec<&Move> = hub.iter().collect();
                    items.push(told(&store, case, hub.len() as u64, &moves, included));
                }
                Step::Send(count) => send(count, &own, &mut hub, &mut included),
                Step::Ack => {
                    ack(&store, included, 0);
                }
                Step::Read(which) => {
                    if !items.is_empty() {
                        store.apply(items[which.index(items.len())].clone()).wait().unwrap();
                    }
                }
            }
        }
        send(usize::MAX, &own, &mut hub, &mut included);
        ack(&store, last(&store), 0);
        if let Some(item) = items.last() {
            store.apply(item.clone()).wait().unwrap();
        }
        prop_assert_eq!(status(&store, case), fold(&hub));
        store.verify(false).wait().unwrap();
    }
}
