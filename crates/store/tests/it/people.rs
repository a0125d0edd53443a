//! Told once: kept with consent, shown, corrected, erased; cards; family and agents.

use std::collections::BTreeMap;

use onedoor_domain::case::Word;
use onedoor_domain::event::{Actor, Event, EventBody};
use onedoor_domain::personal::Personal;
use onedoor_domain::profile::{ConsentText, FieldValue, Fields, Kin, Relation};
use onedoor_domain::qr::CardNumber;
use onedoor_store::{CardFound, Store, WhyStays};

use crate::support::*;

const LI: &str = "990101194506120026";
const WANG: &str = "99010119450612019X";

fn consent() -> ConsentText {
    ConsentText {
        text: "keep-1".into(),
        language: "zh-CN".into(),
    }
}

fn told() -> Fields {
    Fields::new(None)
        .text("full_name", "李小花")
        .text("phone", "13812345678")
        .date("birth_date", jiff::civil::date(1945, 6, 12))
        .choice("sex", "female")
}

fn change(name: &str, to: Option<&str>) -> BTreeMap<String, Option<Personal<FieldValue>>> {
    let value = to.map(|text| Personal::new(FieldValue::Text(text.to_owned())));
    BTreeMap::from([(name.to_owned(), value)])
}

fn text_of(store: &Store, person: &str, field: &str) -> Option<String> {
    let profile = store.profile(typed(person)).wait().unwrap()?;
    Some(profile.get(field)?.expose().as_text().into_owned())
}

fn kinds(store: &Store) -> Vec<String> {
    let rows = store.journal_after(0, 1_000).wait().unwrap();
    rows.iter()
        .map(|row| Event::decode(&row.bytes).unwrap().body().kind().to_owned())
        .collect()
}

#[test]
fn what_was_told_once_is_there_after_opening_again_and_grows() {
    let place = Place::new();
    let case = {
        let store = place.open();
        let case = store.submit_case(submission(1, "x")).wait().unwrap().case;
        let fields = Fields {
            case: Some(case),
            ..told()
        };
        let kept = store
            .keep_profile(typed(LI), fields, consent(), Actor::Resident)
            .wait()
            .unwrap();
        assert_eq!(kept.fields.len(), 4);
        case
    };
    let store = place.open();
    let profile = store.profile(typed(LI)).wait().unwrap().unwrap();
    assert_eq!(profile.fields["phone"].case, Some(case));
    assert_eq!(profile.consent.to, consent());
    assert!(profile.consent.given_ms >= profile.fields["phone"].told_ms);
    assert_eq!(store.profile(typed(WANG)).wait().unwrap(), None);

    let more = Fields::new(None)
        .text("address", "石门村 3 组")
        .text("phone", "13900000000");
    store
        .keep_profile(typed(LI), more, consent(), Actor::Helper)
        .wait()
        .unwrap();
    assert_eq!(text_of(&store, LI, "full_name").unwrap(), "李小花");
    assert_eq!(text_of(&store, LI, "birth_date").unwrap(), "1945-06-12");
    assert_eq!(text_of(&store, LI, "phone").unwrap(), "13900000000");
    let verified = store.verify(true).wait().unwrap();
    assert_eq!(verified.erased, 1, "the profile before was erased");
}

#[test]
fn a_resident_corrects_and_removes_single_fields_and_the_last_one_ends_it() {
    let place = Place::new();
    let store = place.open();
    let correct = |changes| {
        store
            .correct_profile(typed(LI), changes, Actor::Resident)
            .wait()
    };
    let none = correct(change("phone", None)).unwrap_err();
    assert_eq!(none.code(), "STO-014");
    let name = Fields::new(None)
        .text("full_name", "李小花")
        .text("phone", "1");
    store
        .keep_profile(typed(LI), name, consent(), Actor::Resident)
        .wait()
        .unwrap();
    let after = correct(change("phone", Some("13812345678")))
        .unwrap()
        .unwrap();
    assert_eq!(
        after.fields["phone"].value.expose().as_text(),
        "13812345678"
    );
    assert_eq!(text_of(&store, LI, "phone").unwrap(), "13812345678");
    correct(change("phone", None)).unwrap().unwrap();
    assert_eq!(text_of(&store, LI, "phone"), None);
    assert_eq!(correct(change("full_name", None)).unwrap(), None);
    assert_eq!(store.profile(typed(LI)).wait().unwrap(), None);
    assert!(kinds(&store).ends_with(&["profile_erased".to_owned(), "erased".to_owned()]));
    store.verify(true).wait().unwrap();
}

#[test]
fn the_journal_names_fields_and_neither_values_nor_persons() {
    let place = Place::new();
    let store = place.open();
    let li = store.person_key(typed(LI));
    store
        .keep_profile(li, told(), consent(), Actor::Resident)
        .wait()
        .unwrap();
    store
        .correct_profile(li, change("phone", Some("13900000000")), Actor::Resident)
        .wait()
        .unwrap();
    let card = store.issue_card(li, Actor::Resident).wait().unwrap();
    store
        .link_family(li, typed(WANG), Relation::Spouse, Actor::Resident)
        .wait()
        .unwrap();
    store
        .void_card(card, Actor::Staff("s-li".into()))
        .wait()
        .unwrap();
    assert!(store.erase_profile(li, Actor::Resident).wait().unwrap());
    assert!(!store.erase_profile(li, Actor::Resident).wait().unwrap());
    assert_eq!(
        kinds(&store)[1..],
        [
            "consent_given",
            "profile_kept",
            "profile_corrected",
            "erased",
            "card_issued",
            "family_linked",
            "card_voided",
            "consent_withdrawn",
            "profile_erased",
            "erased"
        ]
    );
    let wang = store.person_key(typed(WANG));
    let rows = store.journal_after(0, 100).wait().unwrap();
    let hidden: [&[u8]; 7] = [
        "李小花".as_bytes(),
        b"13812345678",
        b"13900000000",
        b"1945",
        li.as_bytes(),
        wang.as_bytes(),
        &card.0,
    ];
    for row in &rows {
        for value in hidden {
            assert!(!row.bytes.windows(value.len()).any(|part| part == value));
        }
    }
    let kept = rows
        .iter()
        .map(|row| Event::decode(&row.bytes).unwrap())
        .find_map(|event| match event.body() {
            EventBody::ProfileKept(kept) => Some(kept.fields.clone()),
            _ => None,
        });
    assert_eq!(kept.unwrap(), ["birth_date", "full_name", "phone", "sex"]);
}

#[test]
fn nothing_a_person_said_passes_for_the_name_of_a_field() {
    let place = Place::new();
    let store = place.open();
    for name in ["李小花", "", "Full Name"] {
        let fields = Fields::new(None).text(name, "x");
        let refused = store
            .keep_profile(typed(LI), fields, consent(), Actor::Resident)
            .wait()
            .unwrap_err();
        assert_eq!(refused.code(), "STO-020");
        assert!(!refused.to_string().contains("李"));
    }
    let nothing = store.keep_profile(typed(LI), Fields::new(None), consent(), Actor::Resident);
    assert_eq!(nothing.wait().unwrap_err().code(), "STO-020");
    assert_eq!(kinds(&store), ["epoch_opened"], "nothing was written");
    store.verify(true).wait().unwrap();
}

#[test]
fn a_card_opens_what_is_held_until_it_is_lost_or_erased() {
    let place = Place::new();
    let store = place.open();
    let card = store.issue_card(typed(LI), Actor::Resident).wait().unwrap();
    let second = store.issue_card(typed(LI), Actor::Resident).wait().unwrap();
    let found = |card| store.profile_of_card(card).wait().unwrap();
    assert!(matches!(
        found(card),
        CardFound::Holder { profile: None, .. }
    ));
    store
        .keep_profile(typed(LI), told(), consent(), Actor::Resident)
        .wait()
        .unwrap();
    let CardFound::Holder { person, profile } = found(card) else {
        panic!("a valid card")
    };
    assert_eq!(person, store.person_key(typed(LI)));
    assert_eq!(profile, store.profile(person).wait().unwrap());
    let staff = Actor::Staff("s-li".into());
    assert!(store.void_card(card, staff.clone()).wait().unwrap());
    assert!(!store.void_card(card, staff).wait().unwrap());
    assert!(matches!(found(card), CardFound::Voided));
    assert!(matches!(found(second), CardFound::Holder { .. }));
    assert!(matches!(found(CardNumber([0; 16])), CardFound::Unknown));
    let held = store.held_of(typed(LI)).wait().unwrap();
    assert_eq!(
        held.cards
            .iter()
            .map(|card| card.voided)
            .collect::<Vec<_>>(),
        [true, false]
    );
    let erased = store.erase_all(typed(LI), Actor::Resident).wait().unwrap();
    assert_eq!((erased.profile, erased.cards), (true, 2));
    assert!(matches!(found(card), CardFound::Unknown));
    assert!(matches!(found(second), CardFound::Unknown));
}

#[test]
fn someone_acts_for_someone_and_either_side_can_end_it() {
    let place = Place::new();
    let store = place.open();
    let (li, wang) = (store.person_key(typed(LI)), store.person_key(typed(WANG)));
    let link = |relation| {
        store
            .link_family(li, wang, relation, Actor::Resident)
            .wait()
    };
    link(Relation::OtherFamily).unwrap();
    link(Relation::Parent).unwrap();
    link(Relation::Parent).unwrap();
    let family = store.family_of(li).wait().unwrap();
    let relation = Relation::Parent;
    assert_eq!(
        family.acts_for,
        [Kin {
            person: wang,
            relation
        }]
    );
    assert!(family.agents.is_empty());
    let family = store.family_of(typed(WANG)).wait().unwrap();
    assert_eq!(
        family.agents,
        [Kin {
            person: li,
            relation
        }]
    );
    let own = store.link_family(li, typed(LI), relation, Actor::Resident);
    assert_eq!(own.wait().unwrap_err().code(), "STO-020");
    assert_eq!(
        kinds(&store)
            .iter()
            .filter(|kind| *kind == "family_linked")
            .count(),
        2
    );

    // The one acted for erases all that is held of them: the link goes too.
    let erased = store.erase_all(wang, Actor::Resident).wait().unwrap();
    assert_eq!(erased.family, 1);
    assert_eq!(store.family_of(li).wait().unwrap(), Default::default());
    assert!(
        !store
            .unlink_family(li, wang, Actor::Resident)
            .wait()
            .unwrap()
    );
    link(Relation::Neighbour).unwrap();
    assert!(
        store
            .unlink_family(li, wang, Actor::Resident)
            .wait()
            .unwrap()
    );
    assert!(store.held_of(li).wait().unwrap().is_empty());
    store.verify(true).wait().unwrap();
}

#[test]
fn all_that_is_held_is_shown_and_erased_and_open_cases_say_why_they_stay() {
    let place = Place::new();
    let store = place.open();
    store
        .keep_profile(typed(LI), told(), consent(), Actor::Resident)
        .wait()
        .unwrap();
    let open = store.submit_case(submission(1, "open")).wait().unwrap();
    let closed = store.submit_case(submission(2, "closed")).wait().unwrap();
    let sent = store.submit_case(submission(3, "sent")).wait().unwrap();
    store
        .resident_word(closed.case, Actor::Resident, Word::Solved, false)
        .wait()
        .unwrap();
    TestSealer::set(&store);
    until("not sealed", || {
        store.undelivered().wait().unwrap().unsealed == 0
    });
    all_arrived(&store);
    store
        .move_case(
            sent.case,
            Actor::Machine,
            onedoor_domain::case::Move::Deliver,
        )
        .wait()
        .unwrap();
    store.save_draft(draft(4, "page-2", "half")).wait().unwrap();
    store
        .set_draft_person(draft_id(4), typed(LI))
        .wait()
        .unwrap();
    store
        .save_draft(draft(4, "page-3", "half more"))
        .wait()
        .unwrap();
    let mut other = submission(5, "another person's");
    other.person = Some(typed(WANG));
    let other = store.submit_case(other).wait().unwrap();

    let held = store.held_of(typed(LI)).wait().unwrap();
    assert_eq!(held.profile.as_ref().unwrap().fields.len(), 4);
    let stays: Vec<_> = held
        .cases
        .iter()
        .map(|held| (held.case.id, held.stays))
        .collect();
    assert_eq!(
        stays,
        [
            (sent.case, Some(WhyStays::StillOpen)),
            (closed.case, None),
            (open.case, Some(WhyStays::OnlyHere))
        ]
    );
    assert_eq!(held.cases[1].kept, [("answers".to_owned(), 38)]);
    assert_eq!((held.drafts.len(), held.drafts[0].draft), (1, draft_id(4)));

    let erased = store.erase_all(typed(LI), Actor::Resident).wait().unwrap();
    assert!(erased.profile && erased.scrubbed);
    assert_eq!(
        (erased.drafts, erased.cases.as_slice()),
        (1, &[closed.code][..])
    );
    let why: Vec<_> = erased
        .stay
        .iter()
        .map(|stay| (stay.code, stay.why))
        .collect();
    assert_eq!(
        why,
        [
            (sent.code, WhyStays::StillOpen),
            (open.code, WhyStays::OnlyHere)
        ]
    );
    assert!(store.case_blobs(closed.case).wait().unwrap().is_empty());
    assert_eq!(store.case_blobs(open.case).wait().unwrap().len(), 1);
    assert_eq!(store.case_blobs(other.case).wait().unwrap().len(), 1);
    let late = store.save_draft(draft(4, "page-4", "straggling")).wait();
    assert_eq!(late.unwrap_err().code(), "STO-014");
    assert!(store.load_draft(draft_id(4)).wait().unwrap().is_none());

    // Asked once more, nothing is written twice; closed, it goes.
    let held = store.held_of(typed(LI)).wait().unwrap();
    assert!(held.profile.is_none() && held.cases.iter().all(|held| held.asked));
    let before = kinds(&store).len();
    let again = store.erase_all(typed(LI), Actor::Resident).wait().unwrap();
    assert_eq!((again.stay.len(), kinds(&store).len()), (2, before));
    store
        .resident_word(open.case, Actor::Resident, Word::Solved, false)
        .wait()
        .unwrap();
    assert_eq!(store.tidy().wait().unwrap().cases, 1);
    assert!(store.case_blobs(open.case).wait().unwrap().is_empty());
    let held = store.held_of(typed(LI)).wait().unwrap();
    assert_eq!(held.cases.len(), 1);
    store.verify(true).wait().unwrap();
}

#[test]
fn the_one_who_erased_everything_is_not_found_by_code_and_last_four_either() {
    let place = Place::new();
    let store = place.open();
    let case = store.submit_case(submission(1, "x")).wait().unwrap();
    store
        .resident_word(case.case, Actor::Resident, Word::Solved, false)
        .wait()
        .unwrap();
    store.erase_all(typed(LI), Actor::Resident).wait().unwrap();
    let found = store
        .find(onedoor_store::CaseKey::Code(case.code), typed("0026"))
        .wait()
        .unwrap();
    assert!(matches!(found, onedoor_store::Found::Nothing), "{found:?}");
    assert!(store.was_erased(case.code).wait().unwrap());
    assert!(
        store.case(case.case).wait().unwrap().is_some(),
        "that there was a matter is record"
    );
}

#[test]
fn after_a_damaged_file_what_was_told_is_back_and_what_was_erased_is_not() {
    let place = Place::new();
    let store = place.open();
    let (li, wang) = (store.person_key(typed(LI)), store.person_key(typed(WANG)));
    let keep = |who, actor| store.keep_profile(who, told(), consent(), actor).wait();
    keep(wang, Actor::Resident).unwrap();
    let case = store.submit_case(submission(1, "x")).wait().unwrap();
    store
        .resident_word(case.case, Actor::Resident, Word::Solved, false)
        .wait()
        .unwrap();
    store.back_up(place.backups(), 3).wait().unwrap();
    // After the copy: Li comes, Wang goes, Li's old case is erased.
    store.erase_all(wang, Actor::Resident).wait().unwrap();
    store.erase_all(li, Actor::Resident).wait().unwrap();
    keep(li, Actor::Resident).unwrap();
    let card = store.issue_card(li, Actor::Resident).wait().unwrap();
    store
        .link_family(li, wang, Relation::Child, Actor::Resident)
        .wait()
        .unwrap();
    store
        .correct_profile(li, change("phone", Some("13900000000")), Actor::Resident)
        .wait()
        .unwrap();
    store.save_draft(draft(7, "page-2", "half")).wait().unwrap();
    store.set_draft_person(draft_id(7), li).wait().unwrap();
    let before = store.held_of(li).wait().unwrap();
    assert_eq!(before.drafts.len(), 1);
    drop(store);
    let (store, report) = Store::restore_newest(
        &place.path(),
        &key(),
        &place.backups(),
        options(),
        "STO-004",
    )
    .unwrap();
    assert!(
        !report.without_backup && report.blobs_lost == 0,
        "{report:?}"
    );
    assert!(report.events_rescued > 8);
    let after = store.held_of(li).wait().unwrap();
    assert_eq!(after.profile, before.profile);
    assert_eq!((after.cards, after.family), (before.cards, before.family));
    assert_eq!(after.drafts, before.drafts);
    assert!(matches!(
        store.profile_of_card(card).wait().unwrap(),
        CardFound::Holder { .. }
    ));
    assert_eq!(store.profile(wang).wait().unwrap(), None);
    assert!(
        after.cases.is_empty(),
        "whose the erased case was is forgotten again"
    );
    let found = store
        .find(onedoor_store::CaseKey::Code(case.code), typed("0026"))
        .wait()
        .unwrap();
    assert!(matches!(found, onedoor_store::Found::Nothing));
    store.verify(true).wait().unwrap();
}
