//! People whom the station remembers: nothing is asked twice, everything can be seen, corrected and erased; practice does
//! nothing; whoever lets the next person go on finds everything again.

use crate::pages::stage;
use crate::place::Place;
use crate::resident::{Hands, ID_NUMBER, Next, Resident};
use anyhow::{Context, Result, ensure};
use onedoor::effect::Effect;
use onedoor::headless::Headless;
use onedoor::rehearsal::{Rehearsal, Script};
use onedoor::theme::TextSize;
use onedoor::walk::{self, Eyes};
use onedoor_domain::code::SecondFactor;
use onedoor_domain::idnumber::IdNumber;
use onedoor_domain::profile::{FieldValue, Relation};
use std::path::Path;

fn eyes() -> Eyes {
    Eyes {
        language: "en".into(),
        window: (1920, 1080),
        text: TextSize::Normal,
        contrast: false,
    }
}

fn kiosk() -> Headless<Rehearsal> {
    stage().kiosk(&eyes(), Script::default())
}

fn holder() -> Headless<Rehearsal> {
    stage().holder(&eyes(), "Zhang Guilan", "3 Well Street")
}

fn page(kiosk: &Headless<Rehearsal>) -> String {
    kiosk.kiosk.page_name().to_string()
}

fn asked(kiosk: &Headless<Rehearsal>, wanted: fn(&Effect) -> bool) -> Vec<&Effect> {
    let asked = &kiosk.kiosk.backend.asked;
    asked.iter().filter(|effect| wanted(effect)).collect()
}

fn to_done(kiosk: &mut Headless<Rehearsal>) {
    stage().fill_to_consent(kiosk).unwrap();
    while page(kiosk) == "consent" {
        kiosk.go("next").unwrap();
    }
    assert_eq!(page(kiosk), "done");
}

#[test]
fn nothing_is_remembered_unless_the_person_says_so() {
    let mut first = kiosk();
    to_done(&mut first);
    first.go("next").unwrap();
    assert_eq!(page(&first), "remember");
    first.go("remember/no").unwrap();
    assert_eq!(page(&first), "home");
    assert!(asked(&first, |e| matches!(e, Effect::Remember(..))).is_empty());
}

#[test]
fn what_is_remembered_is_what_stood_on_the_page_and_gives_a_card() {
    let mut first = kiosk();
    to_done(&mut first);
    first.go("next").unwrap();
    assert_eq!(page(&first), "remember");
    first.go("next").unwrap();
    let remembered = asked(&first, |e| matches!(e, Effect::Remember(..)));
    let [Effect::Remember(_, what)] = remembered[..] else {
        panic!("remembered {} times", remembered.len());
    };
    assert_eq!(what.person.expose(), ID_NUMBER);
    let names: Vec<&str> = what.fields.values.keys().map(String::as_str).collect();
    for name in ["birth_date", "full_name", "id_number", "phone", "sex"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(
        what.consent.text.contains("Telephone"),
        "{:?}",
        what.consent
    );
    assert!(what.agent.is_none());
    // The card that comes out opens what is held; nothing personal stands on it.
    assert_eq!(page(&first), "handed");
    let slip = first.kiosk.backend.slip.clone().unwrap();
    assert!(slip.qr.is_some());
    let words = format!("{:?}", slip.blocks());
    assert!(
        !words.contains(ID_NUMBER) && !words.contains("张桂兰"),
        "{words}"
    );
}

#[test]
fn a_card_answers_who_is_here_and_what_was_told_before() {
    let mut kiosk = holder();
    assert_eq!(page(&kiosk), "mine/held");
    kiosk.go("back").unwrap();
    kiosk.find_and_go("service/cross-province-medical").unwrap();
    kiosk.go("choice/myself").unwrap();
    assert_eq!(page(&kiosk), "confirm", "the number was not asked");
    kiosk.go("next").unwrap();
    kiosk.find_and_go("papers/all").unwrap();
    let mut empty = Vec::new();
    while page(&kiosk).starts_with("question/") {
        let live = kiosk
            .inspect()
            .targets
            .iter()
            .any(|t| t.seen.target == "next" && t.seen.live);
        if !live {
            empty.push(page(&kiosk));
            break;
        }
        kiosk.go("next").unwrap();
    }
    assert!(
        empty.iter().all(|page| !page.contains("name")),
        "the name was asked again: {empty:?}"
    );
}

#[test]
fn whoever_says_that_is_not_me_gets_nothing_of_the_card() {
    let mut kiosk = holder();
    kiosk.go("back").unwrap();
    kiosk.find_and_go("service/cross-province-medical").unwrap();
    kiosk.go("choice/myself").unwrap();
    kiosk.go("confirm/no").unwrap();
    assert_eq!(page(&kiosk), "identify");
    kiosk.keys("99010119450612019X").unwrap();
    kiosk.go("next").unwrap();
    kiosk.go("next").unwrap();
    kiosk.find_and_go("papers/all").unwrap();
    let inspection = kiosk.inspect();
    assert!(
        !inspection
            .texts
            .iter()
            .any(|t| t.seen.text.contains("Guilan")),
        "the first one's name stands on {}",
        page(&kiosk)
    );
}

#[test]
fn who_acts_for_someone_known_types_no_number_at_all() {
    let mut kiosk = holder();
    kiosk.go("back").unwrap();
    kiosk.find_and_go("service/cross-province-medical").unwrap();
    kiosk.go("choice/kin-0").unwrap();
    assert_eq!(page(&kiosk), "confirm");
    kiosk.go("next").unwrap();
    assert_eq!(page(&kiosk), "papers", "the helper is known by the card");
}

#[test]
fn who_is_helped_is_linked_to_who_helps() {
    let mut kiosk = kiosk();
    kiosk.go("rest").unwrap();
    kiosk.find_and_go("service/old-age-allowance").unwrap();
    kiosk.go("choice/family").unwrap();
    kiosk.find_and_go("choice/mother").unwrap();
    kiosk.keys("99010119450612019X").unwrap();
    kiosk.go("next").unwrap();
    kiosk.go("next").unwrap();
    kiosk.keys(ID_NUMBER).unwrap();
    for _ in 0..60 {
        match page(&kiosk).as_str() {
            "done" => break,
            "papers" => kiosk.find_and_go("papers/all").unwrap(),
            "how-told" => kiosk.find_and_go("choice/comes-back").unwrap(),
            name if name.starts_with("question/") => stage().answer(&mut kiosk).unwrap(),
            _ => kiosk.go("next").unwrap(),
        }
    }
    assert_eq!(page(&kiosk), "done");
    kiosk.go("next").unwrap();
    assert_eq!(page(&kiosk), "remember");
    kiosk.go("next").unwrap();
    let remembered = asked(&kiosk, |e| matches!(e, Effect::Remember(..)));
    let [Effect::Remember(_, what)] = remembered[..] else {
        panic!("remembered {} times", remembered.len());
    };
    assert_eq!(what.person.expose(), "99010119450612019X");
    let (agent, relation) = what.agent.clone().unwrap();
    assert_eq!(
        (agent.expose().as_str(), relation),
        (ID_NUMBER, Relation::Parent)
    );
}

#[test]
fn practice_hands_in_nothing_prints_nothing_and_leaves_nothing() {
    let mut kiosk = kiosk();
    kiosk.go("practice").unwrap();
    stage().fill_practice(&mut kiosk).unwrap();
    assert_eq!(page(&kiosk), "practised");
    let done = asked(&kiosk, |e| {
        matches!(
            e,
            Effect::Submit(_) | Effect::Print { .. } | Effect::Remember(..)
        )
    });
    assert!(done.is_empty(), "{done:?}");
    let kept = asked(&kiosk, |e| matches!(e, Effect::Keep(_))).len();
    let discarded = asked(&kiosk, |e| matches!(e, Effect::Discard(_))).len();
    assert!(
        kept > 0 && discarded == 1,
        "kept {kept}, discarded {discarded}"
    );
    kiosk.go("next").unwrap();
    assert_eq!(page(&kiosk), "home");
    let sign = |kiosk: &mut Headless<Rehearsal>| {
        let texts = kiosk.inspect().texts;
        texts.iter().any(|t| t.seen.text.contains("nothing counts"))
    };
    assert!(!sign(&mut kiosk), "what comes now counts");
    kiosk.find_and_go("service/practice").unwrap();
    assert!(sign(&mut kiosk), "what comes now does not count");
    // What would show or change something real is not there, and there is a way out.
    assert!(kiosk.find_and_go("service/mine").is_err());
    assert!(kiosk.find_and_go("service/my-matters").is_err());
    kiosk.go("practice-over").unwrap();
    assert!(!sign(&mut kiosk));
}

#[test]
fn the_light_that_goes_out_in_practice_leaves_nothing_to_go_on_with() {
    let mut first = kiosk();
    first.go("practice").unwrap();
    first.find_and_go("service/cross-province-medical").unwrap();
    first.go("choice/myself").unwrap();
    let kept = asked(&first, |e| matches!(e, Effect::Keep(_)));
    let Some(Effect::Keep(save)) = kept.last() else {
        panic!("nothing was kept");
    };
    let script = Script {
        drafts: vec![onedoor::effect::DraftFound {
            id: save.id,
            bytes: save.bytes.clone(),
            updated_ms: 0,
        }],
        ..Script::default()
    };
    let second = stage().kiosk(&eyes(), script);
    assert_eq!(page(&second), "rest");
    assert_eq!(asked(&second, |e| matches!(e, Effect::Discard(_))).len(), 1);
}

#[test]
fn whoever_lets_the_next_person_go_on_takes_a_code_along() {
    let mut kiosk = kiosk();
    kiosk.go("rest").unwrap();
    kiosk.find_and_go("service/cross-province-medical").unwrap();
    kiosk.go("choice/myself").unwrap();
    kiosk.keys(ID_NUMBER).unwrap();
    kiosk.go("next").unwrap();
    kiosk.go("person").unwrap();
    kiosk.go("next-person").unwrap();
    assert_eq!(page(&kiosk), "handed");
    let put = asked(&kiosk, |e| matches!(e, Effect::PutAside(..)));
    let [Effect::PutAside(_, factors)] = put[..] else {
        panic!("put aside {} times", put.len());
    };
    assert_eq!(
        factors,
        &vec![SecondFactor::of_id(&IdNumber::parse(ID_NUMBER).unwrap())]
    );
    let slip = kiosk.kiosk.backend.slip.clone().unwrap();
    assert!(slip.code.is_some() && slip.pin.is_none());
    kiosk.go("next").unwrap();
    assert_eq!(page(&kiosk), "rest");
    kiosk.go("rest").unwrap();
    assert_eq!(
        page(&kiosk),
        "home",
        "the next person is not asked about it"
    );
}

#[test]
fn a_line_is_corrected_by_whom_it_belongs_to() {
    let mut kiosk = holder();
    kiosk.find_and_go("mine/fields").unwrap();
    kiosk.find_and_go("line/phone").unwrap();
    kiosk.go("next").unwrap();
    kiosk.go("wipe-all").unwrap();
    kiosk.keys("19900000034").unwrap();
    kiosk.go("next").unwrap();
    let corrected = asked(&kiosk, |e| matches!(e, Effect::Correct(..)));
    let [Effect::Correct(_, person, field, Some(value))] = corrected[..] else {
        panic!("{corrected:?}");
    };
    assert_eq!(*person, walk::held("", "").holder.person);
    assert_eq!(field, "phone");
    assert_eq!(*value.expose(), FieldValue::Text("19900000034".into()));
}

/// Somebody who says "another matter" and walks off: who comes next is nobody's heir.
#[test]
fn the_one_who_comes_after_another_matter_is_not_the_one_before() {
    let mut kiosk = kiosk();
    to_done(&mut kiosk);
    kiosk.go("another").unwrap();
    // A complaint asks for nobody; what is handed in is nobody's.
    kiosk.find_and_go("service/complaint").unwrap();
    for _ in 0..30 {
        match page(&kiosk).as_str() {
            "done" => break,
            "how-told" => kiosk.find_and_go("choice/comes-back").unwrap(),
            name if name.starts_with("question/") => stage().answer(&mut kiosk).unwrap(),
            _ => kiosk.go("next").unwrap(),
        }
    }
    assert_eq!(page(&kiosk), "done");
    let submitted = asked(&kiosk, |e| matches!(e, Effect::Submit(_)));
    let Some(Effect::Submit(last)) = submitted.last() else {
        panic!("nothing was handed in");
    };
    assert!(last.person.is_none() && last.factors.is_empty());
    kiosk.go("next").unwrap();
    assert_eq!(page(&kiosk), "home", "nothing of the one before is offered");
}

#[test]
fn not_me_in_a_second_matter_leaves_nothing_of_the_first_one() {
    let mut kiosk = kiosk();
    to_done(&mut kiosk);
    kiosk.go("another").unwrap();
    kiosk.find_and_go("service/cross-province-medical").unwrap();
    assert_eq!(page(&kiosk), "confirm");
    kiosk.go("confirm/no").unwrap();
    assert_eq!(page(&kiosk), "for-whom");
    kiosk.go("choice/myself").unwrap();
    kiosk.keys("99010119450612019X").unwrap();
    kiosk.go("next").unwrap();
    kiosk.go("next").unwrap();
    kiosk.find_and_go("papers/all").unwrap();
    for _ in 0..4 {
        let texts = kiosk.inspect().texts;
        assert!(!texts.iter().any(|t| t.seen.text.contains("张桂兰")));
        let live = |t: &onedoor::headless::Target| t.seen.target == "next" && t.seen.live;
        if !kiosk.inspect().targets.iter().any(live) {
            break;
        }
        kiosk.go("next").unwrap();
    }
}

#[test]
fn an_answer_that_comes_after_the_person_left_is_shown_to_nobody() {
    let mut kiosk = kiosk();
    kiosk.go("rest").unwrap();
    let held = onedoor::effect::Shown::Held(Box::new(walk::held("Zhang Guilan", "Well Street")));
    for happening in [
        onedoor::effect::Happening::Held(999, Ok(held)),
        onedoor::effect::Happening::Remembered(
            999,
            Ok(onedoor::effect::Card::Made(Rehearsal::CARD)),
        ),
        onedoor::effect::Happening::Erased(999, Ok(onedoor::effect::Erased::default())),
    ] {
        kiosk.happen(happening);
        kiosk.settle();
        assert_eq!(page(&kiosk), "home");
    }
    assert!(asked(&kiosk, |e| matches!(e, Effect::Print { .. })).is_empty());
    kiosk.find_and_go("service/cross-province-medical").unwrap();
    kiosk.go("choice/myself").unwrap();
    assert_eq!(page(&kiosk), "identify", "nobody is known");
}

#[test]
fn a_family_members_card_does_not_make_her_her_own_helper() {
    let script = Script {
        held: Some(walk::held("Zhang Guilan", "Well Street")),
        ..Script::default()
    };
    let mut kiosk = stage().kiosk(&eyes(), script);
    kiosk.go("rest").unwrap();
    kiosk.find_and_go("service/cross-province-medical").unwrap();
    kiosk.go("choice/family").unwrap();
    kiosk.find_and_go("choice/mother").unwrap();
    kiosk.happen(walk::card());
    kiosk.settle();
    assert_eq!(page(&kiosk), "confirm");
    kiosk.go("next").unwrap();
    assert_eq!(page(&kiosk), "helper-identify");
    kiosk.keys(ID_NUMBER).unwrap();
    kiosk.go("next").unwrap();
    assert_eq!(page(&kiosk), "helper-identify", "nobody helps themselves");
}

#[test]
fn a_number_that_was_used_before_is_remembered_only_before_staff() {
    let script = Script {
        card: onedoor::effect::Card::NeedsStaff,
        ..Script::default()
    };
    let mut kiosk = stage().kiosk(&eyes(), script);
    to_done(&mut kiosk);
    kiosk.go("next").unwrap();
    kiosk.go("next").unwrap();
    assert_eq!(page(&kiosk), "remember");
    let texts = kiosk.inspect().texts;
    assert!(
        texts
            .iter()
            .any(|t| t.seen.text.contains("used here before"))
    );
    kiosk.go("next").unwrap();
    assert_eq!(page(&kiosk), "home");
}

#[test]
fn what_is_half_typed_goes_along_when_the_next_person_goes_on() {
    let mut kiosk = kiosk();
    kiosk.go("rest").unwrap();
    kiosk.find_and_go("service/cross-province-medical").unwrap();
    kiosk.go("choice/myself").unwrap();
    kiosk.keys(&ID_NUMBER[..12]).unwrap();
    kiosk.go("person").unwrap();
    kiosk.go("next-person").unwrap();
    let kept = asked(&kiosk, |e| matches!(e, Effect::Keep(_)));
    let Some(Effect::Keep(save)) = kept.last() else {
        panic!("nothing was kept");
    };
    let kept: onedoor::kiosk::Kept = ciborium::from_reader(save.bytes.expose().as_slice()).unwrap();
    assert_eq!(kept.typed.unwrap().expose(), &ID_NUMBER[..12]);
}

#[test]
fn without_paper_the_code_and_the_pin_of_a_draft_stand_on_the_screen() {
    for eyes in onedoor::tour::all_eyes(true) {
        let script = Script {
            slip: onedoor::effect::SlipNews::Failed {
                say: "say-printer-paper",
                code: "PRN-001".into(),
            },
            ..Script::default()
        };
        let mut kiosk = stage().kiosk(&eyes, script);
        kiosk.go("rest").unwrap();
        kiosk.find_and_go("service/cross-province-medical").unwrap();
        kiosk.go("choice/myself").unwrap();
        kiosk.go("person").unwrap();
        kiosk.go("next-person").unwrap();
        let texts = kiosk.inspect().texts;
        let shown = |what: &str| texts.iter().any(|t| t.seen.text.contains(what));
        let code = onedoor_domain::slip::grouped(&Rehearsal::code(9).compact());
        assert!(
            shown("4071") && shown(&code),
            "{}",
            onedoor::tour::name(&eyes)
        );
    }
}

/// What the record holds, in clear.
fn in_clear(data: &Path) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let plain = folder.path().join("plain.db");
    let connection = rusqlite::Connection::open(data.join("record.db"))?;
    let key = std::fs::read_to_string(data.join("record.key"))?;
    connection.execute_batch(&format!("PRAGMA key = \"x'{}'\"", key.trim()))?;
    connection.execute(
        "ATTACH DATABASE ? AS plain KEY ''",
        [plain.to_str().context("a name that is not text")?],
    )?;
    connection.query_row("SELECT sqlcipher_export('plain')", [], |_| Ok(()))?;
    connection.execute_batch("DETACH DATABASE plain")?;
    Ok(std::fs::read(plain)?)
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

/// Touches one after the other.
fn touch_all(hands: &mut impl Hands, targets: &[&str]) -> Result<()> {
    for target in targets {
        hands
            .touch(target)
            .with_context(|| format!("on the way to {target}"))?;
    }
    Ok(())
}

fn type_all(hands: &mut impl Hands, keys: &str) -> Result<()> {
    for key in keys.chars() {
        hands.touch(&format!("key/{key}"))?;
    }
    Ok(())
}

/// Waits until a page of this name is up.
fn wait_for(hands: &mut impl Hands, name: &str) -> Result<onedoor_harness::trace::Page> {
    for _ in 0..100 {
        let page = hands.page()?;
        if page.page == name {
            return Ok(page);
        }
        hands.wait()?;
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    anyhow::bail!("{name} did not come; {} is up", hands.page()?.page)
}

fn find(hands: &mut impl Hands, target: &str) -> Result<()> {
    for _ in 0..4 {
        if hands.page()?.has(target) {
            return hands.touch(target);
        }
        hands.touch("next")?;
    }
    anyhow::bail!("no page has {target}")
}

/// The whole, with a real record: handed in, remembered, seen by number and slip, corrected, erased; what was only
/// remembered is found in the decrypted record before, and nowhere in it after. (Free pages, log and copies: the store's own
/// test `after_erasing_no_byte_is_left_in_record_log_export_or_copies`.)
#[test]
fn what_the_station_remembers_is_seen_corrected_and_erased() -> Result<()> {
    const CORRECTED: &str = "19900000034";
    let mut place = Place::new()?;
    let mut hands = place.drive()?;
    let mut resident = Resident::default();
    let done = loop {
        let page = hands.page()?;
        match resident.look(&page)? {
            Next::Done => break page,
            Next::Touch(target) => {
                hands.touch(&target)?;
                resident.touched(&page, &target);
            }
            Next::Wait => hands.wait()?,
        }
    };
    let code = done
        .rest
        .get("case")
        .and_then(|case| case.as_str())
        .context("no code on the page")?
        .to_owned();
    touch_all(&mut hands, &["next"])?;
    wait_for(&mut hands, "remember")?;
    hands.touch("next")?;
    wait_for(&mut hands, "handed")?;
    // The card as it came out of the printer, read by a decoder that shares no code with the kiosk.
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while place.printer.slips().len() < 2 {
        ensure!(std::time::Instant::now() < until, "no card came out");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let paper = place.folder().join("card.png");
    std::fs::write(&paper, place.printer.slips()[1].raster.to_png()?)?;
    let card = crate::end_to_end::read_qr(&paper)?;
    hands.touch("next")?;
    wait_for(&mut hands, "home")?;

    // Whoever knows a number can hand something in under it: number and slip show that matter and nothing else.
    by_slip(&mut hands, &code)?;
    let held = wait_for(&mut hands, "mine/held")?;
    ensure!(held.has("mine/matters") && !held.has("mine/fields") && !held.has("mine/card"));
    hands.touch("back")?;
    wait_for(&mut hands, "home")?;

    place.scanner.show(&card)?;
    wait_for(&mut hands, "mine/held")?;
    hands.touch("mine/fields")?;
    find(&mut hands, "line/phone")?;
    hands.touch("next")?;
    hands.touch("wipe-all")?;
    type_all(&mut hands, CORRECTED)?;
    hands.touch("next")?;
    wait_for(&mut hands, "mine/remembered")?;
    ensure!(
        holds(&in_clear(&place.data())?, CORRECTED),
        "the search does not find what is there"
    );
    hands.touch("back")?;
    find(&mut hands, "mine/erase")?;
    hands.touch("mine/erase-really")?;
    wait_for(&mut hands, "mine/erased")?;
    ensure!(
        !holds(&in_clear(&place.data())?, CORRECTED),
        "the corrected number is still there"
    );
    // The open matter stays, for it is nowhere else; nothing is remembered beside it, and the card opens nothing.
    hands.touch("next")?;
    wait_for(&mut hands, "home")?;
    place.scanner.show(&card)?;
    wait_for(&mut hands, "mine")?;
    hands.touch("back")?;
    wait_for(&mut hands, "home")?;
    by_slip(&mut hands, &code)?;
    ensure!(wait_for(&mut hands, "mine/held")?.has("mine/matters"));
    Ok(())
}

fn by_slip(hands: &mut impl Hands, code: &str) -> Result<()> {
    find(hands, "service/mine")?;
    hands.touch("mine/no-card")?;
    type_all(hands, ID_NUMBER)?;
    hands.touch("next")?;
    type_all(hands, code)?;
    hands.touch("next")
}

/// Put aside by one person, used by the next, gone on with by code and last four.
#[test]
fn a_draft_that_was_put_aside_comes_back_whole() -> Result<()> {
    let place = Place::new()?;
    let mut hands = place.drive()?;
    hands.touch("rest")?;
    find(&mut hands, "service/cross-province-medical")?;
    hands.touch("choice/myself")?;
    type_all(&mut hands, ID_NUMBER)?;
    touch_all(&mut hands, &["next", "next"])?;
    let before = hands.page()?.page;
    touch_all(&mut hands, &["person", "next-person"])?;
    let put = wait_for(&mut hands, "handed")?;
    let code = put
        .rest
        .get("case")
        .and_then(|case| case.as_str())
        .context("no code on the page")?
        .to_owned();
    hands.touch("next")?;
    wait_for(&mut hands, "rest")?;
    hands.touch("rest")?;
    wait_for(&mut hands, "home")?;
    find(&mut hands, "service/my-matters")?;
    hands.touch("matters/code")?;
    type_all(&mut hands, &code)?;
    hands.touch("next")?;
    type_all(&mut hands, &ID_NUMBER[14..])?;
    hands.touch("next")?;
    let page = wait_for(&mut hands, &before)?;
    ensure!(page.page == before);
    Ok(())
}
