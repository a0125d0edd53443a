//! What the hub keeps and does not accept, and what it has without the answers: neither is "the county has it".

use onedoor_domain::calendar::Due;
use onedoor_domain::case::{CaseStatus, Phase, Word};
use onedoor_domain::clock::EARLIEST_MS;
use onedoor_domain::event::Actor;
use onedoor_domain::id::CaseId;
use onedoor_store::{Acked, Lack, NewBlob, Rejected, Store, Submission, SyncApplied, SyncApply};

use crate::support::*;

const UNREAD: u16 = 1;

fn save(store: &Store, number: u64) -> CaseId {
    let submitted = store.submit_case(submission(number, "a")).wait();
    submitted.unwrap().case
}

/// The hub acks all, and does not accept these numbers.
fn ack_but(store: &Store, refused: &[u64]) -> SyncApplied {
    let (epoch, acked) = (store.identity().epoch, last(store));
    let change = SyncApply {
        stream: Some(Acked {
            epoch,
            acked,
            durable: acked,
        }),
        rejected: refused
            .iter()
            .map(|seq| Rejected {
                epoch,
                seq: *seq,
                code: UNREAD,
                words: None,
            })
            .collect(),
        arrived: files(store),
        ..SyncApply::default()
    };
    store.apply(change).wait().unwrap()
}

fn files(store: &Store) -> Vec<[u8; 32]> {
    let files = store.outbox().unwrap().files_not_there().unwrap();
    files.iter().map(|file| file.name).collect()
}

/// What its resident is shown: the county has it; the county could not read it.
fn shown(store: &Store, case: CaseId) -> (bool, bool) {
    let case = store.case(case).wait().unwrap().unwrap();
    (case.status.delivered, case.unread)
}

fn told(store: &Store, case: CaseId, version: u64, phase: Phase, through: u64) -> SyncApplied {
    let status = CaseStatus {
        phase,
        ..CaseStatus::default()
    };
    let mut mail = from_hub(case, version, status);
    mail.included = Some((store.identity().epoch, through));
    let change = SyncApply {
        cases: vec![mail],
        ..SyncApply::default()
    };
    store.apply(change).wait().unwrap()
}

#[test]
fn a_case_that_the_hub_cannot_read_is_not_there_until_it_says_that_it_took_it_after_all() {
    let place = Place::new();
    let store = place.open();
    TestSealer::set(&store);
    let (good, bad) = (save(&store, 1), save(&store, 2));
    // The first event is the opening of the record.
    let applied = ack_but(&store, &[3]);
    assert_eq!(applied.delivered, [good]);
    assert_eq!(
        (applied.unread.as_slice(), applied.rejected),
        ([bad].as_slice(), 1)
    );
    assert_eq!(shown(&store, good), (true, false));
    assert_eq!(shown(&store, bad), (false, true));
    let undelivered = store.undelivered().wait().unwrap();
    assert_eq!(
        (undelivered.cases, undelivered.unread, undelivered.behind),
        (1, 1, 0)
    );
    assert_eq!(
        (undelivered.first[0].case, undelivered.first[0].lack),
        (bad, Lack::Unread)
    );
    let refused = store.refused().wait().unwrap();
    let code = store.case(bad).wait().unwrap().unwrap().code;
    assert_eq!(
        (
            refused[0].matter,
            refused[0].open,
            refused[0].is_whole_matter()
        ),
        (Some(code), true, true)
    );
    // After a start it is the same.
    drop(store);
    let store = place.open();
    assert_eq!(shown(&store, bad), (false, true));

    // A case of which the hub heard only a later word is no case there.
    told(&store, bad, 1, Phase::Draft, 3);
    assert_eq!(shown(&store, bad), (false, true));
    // An official had it taken after all.
    assert_eq!(told(&store, bad, 2, Phase::Saved, 3).changed, [bad]);
    assert_eq!(shown(&store, bad), (true, false));
    assert_eq!(store.undelivered().wait().unwrap().cases, 0);
    assert!(!store.refused().wait().unwrap()[0].open);
    // The same refusal, once more: an ack that came twice.
    let again = ack_but(&store, &[3]);
    assert_eq!((again.rejected, again.unread.len()), (0, 0));
    assert_eq!(shown(&store, bad), (true, false));
}

#[test]
fn a_refusal_that_comes_later_takes_the_county_has_it_back() {
    let place = Place::new();
    let store = place.open();
    TestSealer::set(&store);
    let case = save(&store, 1);
    assert_eq!(ack_but(&store, &[]).delivered, [case]);
    let later = ack_but(&store, &[2]);
    assert_eq!((later.undelivered, later.unread), (vec![case], vec![case]));
    assert_eq!(shown(&store, case), (false, true));
    // A hub that went back to a copy judges anew: until it has, it has nothing.
    ack(&store, 1, 1);
    assert_eq!(shown(&store, case), (false, false));
    assert_eq!(store.undelivered().wait().unwrap().first[0].lack, Lack::All);
    assert!(store.refused().wait().unwrap().is_empty());
    assert_eq!(ack_but(&store, &[]).delivered, [case]);
}

#[test]
fn a_word_that_was_refused_is_open_until_the_county_has_said_how_the_matter_stands() {
    let place = Place::new();
    let store = place.open();
    TestSealer::set(&store);
    let case = save(&store, 1);
    ack_but(&store, &[]);
    told(&store, case, 3, Phase::Told, 2);
    store
        .resident_word(case, Actor::Resident, Word::NotSolved, false)
        .wait()
        .unwrap();
    let word = last(&store);
    ack_but(&store, &[word]);
    assert_eq!(shown(&store, case), (true, false));
    let refused = || store.refused().wait().unwrap().pop().unwrap();
    assert!(refused().open && !refused().is_whole_matter());
    // An older item settles nothing, one that includes it does.
    told(&store, case, 4, Phase::Told, word - 1);
    assert!(refused().open);
    told(&store, case, 5, Phase::InHand, word);
    assert!(!refused().open);
}

#[test]
fn the_county_has_a_case_once_its_answers_are_there_and_recordings_may_follow() {
    let place = Place::new();
    let store = place.open();
    TestSealer::set(&store);
    let long = vec![7; 40_000];
    let spoken = Submission {
        due: Due::WithinWorkingDays(2),
        term_days: 2,
        blobs: vec![
            NewBlob::new("instance", b"<data/>".to_vec()),
            NewBlob::new("part:story", long),
        ],
        ..submission(1, "")
    };
    let case = store.submit_case(spoken).wait().unwrap().case;
    let all = last(&store);
    assert_eq!(ack(&store, all, all).delivered, []);
    assert_eq!(shown(&store, case), (false, false));
    let undelivered = store.undelivered().wait().unwrap();
    assert_eq!(
        (
            undelivered.cases,
            undelivered.files.0,
            undelivered.first[0].lack
        ),
        (1, 2, Lack::Answers)
    );
    assert_eq!(undelivered.shortest_term.unwrap().0, 2);

    let outbox = store.outbox().unwrap();
    let mut files = outbox.files_not_there().unwrap();
    files.sort_by_key(|file| file.length);
    let arrives = |name| SyncApply {
        arrived: vec![name],
        ..SyncApply::default()
    };
    let applied = store.apply(arrives(files[0].name)).wait().unwrap();
    assert_eq!(applied.delivered, [case]);
    assert_eq!(shown(&store, case), (true, false));
    let undelivered = store.undelivered().wait().unwrap();
    assert_eq!(
        (undelivered.cases, undelivered.behind, undelivered.files.0),
        (0, 1, 1)
    );
    assert!(undelivered.behind_ms.unwrap() > EARLIEST_MS && undelivered.oldest_ms.is_none());
    // A short term and its age are known for the recording too.
    assert_eq!(undelivered.shortest_term.unwrap().0, 2);
    assert_eq!(undelivered.first[0].lack, Lack::Parts);

    store.apply(arrives(files[1].name)).wait().unwrap();
    let undelivered = store.undelivered().wait().unwrap();
    assert_eq!(
        (
            undelivered.cases,
            undelivered.behind,
            undelivered.first.len()
        ),
        (0, 0, 0)
    );
}
