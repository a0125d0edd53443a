//! Every touch is kept, nothing that was finished comes back.

use onedoor_domain::event::Actor;
use onedoor_domain::personal::Personal;
use onedoor_store::{CaseKey, Found};

use crate::support::*;

#[test]
fn the_last_touch_is_there_after_opening_again() {
    let place = Place::new();
    {
        let store = place.open();
        for touch in 0..20 {
            let answers = format!("answers {touch}");
            store
                .save_draft(draft(1, &format!("page-{touch}"), &answers))
                .wait()
                .unwrap();
        }
        store
            .save_draft(draft(2, "page-0", "other"))
            .wait()
            .unwrap();
    }
    let store = place.open();
    let drafts = store.open_drafts().wait().unwrap();
    assert_eq!(drafts.len(), 2);
    assert_eq!(
        drafts[0].id,
        draft_id(2),
        "the one touched last comes first"
    );
    let first = store.load_draft(draft_id(1)).wait().unwrap().unwrap();
    assert_eq!(first.step, "page-19");
    assert_eq!(first.snapshot.expose(), b"answers 19");
    assert!(first.updated_ms > first.created_ms);
}

#[test]
fn a_discarded_draft_is_gone_with_its_recording() {
    let place = Place::new();
    let store = place.open();
    store.save_draft(draft(1, "say", "x")).wait().unwrap();
    let piece = |text: &str| Personal::new(text.as_bytes().to_vec());
    store
        .add_draft_part(draft_id(1), "voice", 0, piece("one "))
        .wait()
        .unwrap();
    store
        .add_draft_part(draft_id(1), "voice", 1, piece("two"))
        .wait()
        .unwrap();
    let parts = store.draft_parts(draft_id(1)).wait().unwrap();
    assert_eq!(parts.len(), 1);
    assert_eq!(
        (parts[0].0.as_str(), parts[0].1.expose().as_slice()),
        ("voice", &b"one two"[..])
    );
    assert!(store.discard_draft(draft_id(1)).wait().unwrap());
    assert!(!store.discard_draft(draft_id(1)).wait().unwrap());
    assert!(store.draft_parts(draft_id(1)).wait().unwrap().is_empty());
    let orphan = store
        .add_draft_part(draft_id(1), "voice", 2, piece("x"))
        .wait();
    assert_eq!(orphan.unwrap_err().code(), "STO-014");
}

#[test]
fn a_straggling_touch_does_not_bring_a_submitted_draft_back() {
    let place = Place::new();
    let store = place.open();
    store.save_draft(draft(1, "read-back", "x")).wait().unwrap();
    store.submit_case(submission(1, "x")).wait().unwrap();
    let late = store.save_draft(draft(1, "read-back", "late")).wait();
    assert_eq!(late.unwrap_err().code(), "STO-016");
    assert!(store.open_drafts().wait().unwrap().is_empty());
}

#[test]
fn a_draft_put_aside_comes_back_with_its_code_and_factor() {
    let place = Place::new();
    let store = place.open();
    store
        .save_draft(draft(1, "place", "half done"))
        .wait()
        .unwrap();
    let sealed = store
        .seal_draft(draft_id(1), Actor::Resident, Vec::new())
        .wait()
        .unwrap();
    let again = store
        .seal_draft(draft_id(1), Actor::Resident, Vec::new())
        .wait()
        .unwrap();
    assert_eq!(again.code, sealed.code, "a second tap gives the same slip");
    assert_eq!(again.pin, sealed.pin);
    assert!(
        store.open_drafts().wait().unwrap().is_empty(),
        "not offered to the next person"
    );
    let pin = sealed.pin.unwrap();
    let wrong = if pin.expose() == "0000" {
        "0001"
    } else {
        "0000"
    };
    let found = store
        .find(CaseKey::Code(sealed.code), typed(wrong))
        .wait()
        .unwrap();
    assert!(matches!(found, Found::WrongFactor { .. }));
    let found = store
        .find(CaseKey::Code(sealed.code), typed(pin.expose()))
        .wait()
        .unwrap();
    let Found::SealedDraft(back) = found else {
        panic!("{found:?}")
    };
    assert_eq!(back.snapshot.expose(), b"half done");
    assert_eq!(back.step, "place");
    assert_eq!(store.open_drafts().wait().unwrap().len(), 1);
    let spent = store
        .find(CaseKey::Code(sealed.code), typed(pin.expose()))
        .wait()
        .unwrap();
    assert!(matches!(spent, Found::Voided));
    store.verify(true).wait().unwrap();
}
