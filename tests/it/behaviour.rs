//! What a person can rely on: touches that count once, nothing lost, nothing said before it is saved, nobody hurried.

use crate::pages::stage;
use iced::{Event, Point, touch};
use onedoor::effect::{Effect, Happening};
use onedoor::headless::Headless;
use onedoor::keys::Key;
use onedoor::rehearsal::{Rehearsal, Script};
use onedoor::screen::voice;
use onedoor::theme::TextSize;
use onedoor::walk::Eyes;
use onedoor_domain::case::AnswerKind;
use onedoor_domain::qr::{Payload, ServiceId};
use std::time::Duration;

const NUMBER: &str = "990101194506120026";

fn kiosk(script: Script) -> Headless<Rehearsal> {
    let eyes = Eyes {
        language: "zh-CN".into(),
        window: (1920, 1080),
        text: TextSize::Normal,
        contrast: false,
    };
    stage().kiosk(&eyes, script)
}

fn page(kiosk: &Headless<Rehearsal>) -> String {
    kiosk.kiosk.page_name().to_string()
}

fn texts(kiosk: &mut Headless<Rehearsal>) -> String {
    let all: Vec<String> = kiosk
        .inspect()
        .texts
        .into_iter()
        .map(|t| t.seen.text)
        .collect();
    all.join("\n")
}

fn middle(kiosk: &mut Headless<Rehearsal>, target: &str) -> Point {
    let inspection = kiosk.inspect();
    let found = inspection.targets.iter().find(|t| t.seen.target == target);
    found
        .unwrap_or_else(|| panic!("no {target}"))
        .bounds
        .center()
}

fn finger(id: u64, down: bool, position: Point) -> Event {
    let id = touch::Finger(id);
    Event::Touch(if down {
        touch::Event::FingerPressed { id, position }
    } else {
        touch::Event::FingerLifted { id, position }
    })
}

/// At the ID number, with twelve digits typed.
fn half_typed() -> Headless<Rehearsal> {
    let mut kiosk = kiosk(Script::default());
    kiosk.go("rest").unwrap();
    kiosk.go("service/cross-province-medical").unwrap();
    kiosk.go("choice/myself").unwrap();
    kiosk.keys(&NUMBER[..12]).unwrap();
    kiosk
}

#[test]
fn a_double_tap_takes_one_step() {
    let mut kiosk = kiosk(Script::default());
    kiosk.go("rest").unwrap();
    let at = middle(&mut kiosk, "service/cross-province-medical");
    kiosk.kiosk.backend.passed += Duration::from_secs(2);
    kiosk.tap_at(at.x, at.y);
    kiosk.settle();
    assert_eq!(page(&kiosk), "for-whom");
    // 300 ms later, on the tile that has come to lie under the finger.
    kiosk.kiosk.backend.passed += Duration::from_millis(300);
    let tile = middle(&mut kiosk, "choice/myself");
    kiosk.tap_at(tile.x, tile.y);
    kiosk.settle();
    assert_eq!(
        page(&kiosk),
        "for-whom",
        "the second half of a double tap counted"
    );
    kiosk.kiosk.backend.passed += Duration::from_millis(800);
    kiosk.tap_at(tile.x, tile.y);
    kiosk.settle();
    assert_eq!(page(&kiosk), "identify");
}

#[test]
fn a_finger_that_drifts_forty_pixels_still_touches() {
    let mut kiosk = half_typed();
    let at = middle(&mut kiosk, "key/0");
    kiosk.kiosk.backend.passed += Duration::from_secs(2);
    let before = texts(&mut kiosk);
    let edge = {
        let inspection = kiosk.inspect();
        let b = inspection
            .targets
            .iter()
            .find(|t| t.seen.target == "key/0")
            .unwrap()
            .bounds;
        Point::new(at.x, b.y + b.height + 38.0)
    };
    assert_eq!(
        kiosk.play(&[finger(1, true, at), finger(1, false, edge)]),
        1
    );
    kiosk.settle();
    assert_ne!(texts(&mut kiosk), before, "the digit was not taken");
    // A finger that went far away changed its mind.
    kiosk.kiosk.backend.passed += Duration::from_secs(2);
    assert_eq!(
        kiosk.play(&[
            finger(1, true, at),
            finger(1, false, Point::new(at.x - 500.0, at.y - 300.0))
        ]),
        0
    );
}

#[test]
fn of_two_fingers_the_first_one_touches_and_a_palm_does_nothing() {
    let mut kiosk = half_typed();
    let (one, two) = (middle(&mut kiosk, "key/1"), middle(&mut kiosk, "key/2"));
    kiosk.kiosk.backend.passed += Duration::from_secs(2);
    let palm = Point::new(400.0, 700.0);
    let count = kiosk.play(&[
        finger(9, true, palm),
        finger(1, true, one),
        // A second finger on the same key while the first is on it.
        finger(2, true, one),
        finger(2, false, one),
        finger(1, false, one),
        finger(9, false, palm),
    ]);
    assert_eq!(count, 1);
    let _ = two;
}

#[test]
fn an_abandoned_page_asks_then_puts_everything_away_and_gives_it_back() {
    let mut kiosk = half_typed();
    let typed = texts(&mut kiosk);
    kiosk.kiosk.backend.passed += Duration::from_secs(89);
    kiosk.tick();
    assert_eq!(page(&kiosk), "identify");
    for _ in 0..12 {
        kiosk.kiosk.backend.passed += Duration::from_secs(91);
        kiosk.tick();
        assert_eq!(page(&kiosk), "still-here");
        assert!(
            !texts(&mut kiosk).contains("●"),
            "the number shows behind the question"
        );
        kiosk.go("still-here").unwrap();
        assert_eq!(page(&kiosk), "identify");
        assert_eq!(
            texts(&mut kiosk),
            typed,
            "something was lost by \"I'm still here\""
        );
    }
    kiosk.kiosk.backend.passed += Duration::from_secs(91);
    kiosk.tick();
    kiosk.kiosk.backend.passed += Duration::from_secs(31);
    kiosk.tick();
    assert_eq!(page(&kiosk), "rest");
    let kept = kiosk
        .kiosk
        .backend
        .asked
        .iter()
        .filter(|e| matches!(e, Effect::Keep(_)))
        .count();
    assert!(kept >= 13, "each touch is written down: {kept}");
}

#[test]
fn nobody_is_hurried_while_help_is_on_the_way() {
    let mut kiosk = half_typed();
    let typed = texts(&mut kiosk);
    kiosk.go("person").unwrap();
    assert_eq!(page(&kiosk), "help");
    for _ in 0..30 {
        kiosk.kiosk.backend.passed += Duration::from_secs(60);
        kiosk.tick();
    }
    assert_eq!(page(&kiosk), "help");
    kiosk.go("next").unwrap();
    assert_eq!(
        texts(&mut kiosk),
        typed,
        "something was lost by calling a person"
    );
}

#[test]
fn another_language_keeps_what_was_typed() {
    let mut kiosk = half_typed();
    kiosk.go("language").unwrap();
    assert!(texts(&mut kiosk).contains("6 more"));
    kiosk.go("language").unwrap();
    assert!(texts(&mut kiosk).contains("还差 6 个"));
}

#[test]
fn nothing_is_said_or_printed_before_it_is_saved() {
    let mut kiosk = kiosk(Script {
        answers: false,
        ..Script::default()
    });
    to_consent(&mut kiosk);
    kiosk.go("next").unwrap();
    assert_eq!(page(&kiosk), "saving");
    assert!(
        !kiosk
            .kiosk
            .backend
            .asked
            .iter()
            .any(|e| matches!(e, Effect::Print { .. }))
    );
    assert!(!texts(&mut kiosk).contains("收下了"));
    // Touches while it is saving do nothing, whatever they hit.
    assert!(kiosk.go("next").is_err());
    kiosk
        .kiosk
        .backend
        .told
        .push_back(Happening::Submitted(Box::new(Ok(onedoor::effect::Saved {
            case: Rehearsal::case(0),
            code: Rehearsal::code(0),
            pin: None,
        }))));
    kiosk.settle();
    assert_eq!(page(&kiosk), "done");
    assert!(texts(&mut kiosk).contains("收下了"));
    let printed = kiosk
        .kiosk
        .backend
        .asked
        .iter()
        .filter(|e| matches!(e, Effect::Print { .. }))
        .count();
    assert_eq!(printed, 1);
}

#[test]
fn a_second_matter_types_nothing_twice() {
    let mut kiosk = kiosk(Script::default());
    to_consent(&mut kiosk);
    kiosk.go("next").unwrap();
    assert_eq!(page(&kiosk), "done");
    kiosk.go("another").unwrap();
    kiosk.go("service/cross-province-medical").unwrap();
    // Who they are is shown, masked, and confirmed; it is not asked again.
    assert_eq!(page(&kiosk), "confirm");
    kiosk.go("next").unwrap();
    kiosk.find_and_go("papers/all").unwrap();
    assert!(
        texts(&mut kiosk).contains("张桂兰"),
        "the name was asked again"
    );
}

#[test]
fn after_good_go_home_nothing_of_the_person_is_left() {
    let mut kiosk = kiosk(Script::default());
    to_consent(&mut kiosk);
    kiosk.go("next").unwrap();
    kiosk.go("next").unwrap();
    kiosk.go("remember/no").unwrap();
    assert_eq!(page(&kiosk), "home");
    kiosk.go("service/cross-province-medical").unwrap();
    assert_eq!(page(&kiosk), "for-whom");
}

#[test]
fn a_code_held_up_by_chance_throws_nobody_out_of_their_matter() {
    let mut kiosk = half_typed();
    let before = texts(&mut kiosk);
    let card = Payload::WallCard(ServiceId::new("complaint").unwrap()).encode();
    kiosk.happen(Happening::Scanned(card.into_bytes()));
    kiosk.happen(Happening::Scanned(
        Payload::Slip(Rehearsal::case(1)).encode().into_bytes(),
    ));
    assert_eq!(texts(&mut kiosk), before);
    kiosk.happen(Happening::Scanned(b"https://example.org/?a=1".to_vec()));
    assert_eq!(texts(&mut kiosk), before);
    let said = format!("{:?}", kiosk.kiosk.backend.said);
    assert!(said.contains("say-not-our-code") && !said.contains("example.org"));
}

#[test]
fn a_wall_card_opens_its_service() {
    let mut kiosk = kiosk(Script::default());
    let card = Payload::WallCard(ServiceId::new("cross-province-medical").unwrap()).encode();
    kiosk.happen(Happening::Scanned(card.into_bytes()));
    assert_eq!(page(&kiosk), "for-whom");
}

#[test]
fn a_matter_for_a_person_goes_straight_to_a_person() {
    let mut kiosk = kiosk(Script::default());
    kiosk.go("rest").unwrap();
    kiosk.find_and_go("service/home-visit").unwrap();
    assert_eq!(page(&kiosk), "help");
    assert!(
        kiosk
            .kiosk
            .backend
            .asked
            .iter()
            .any(|e| matches!(e, Effect::CallPerson { .. }))
    );
}

#[test]
fn an_answer_changed_in_the_read_back_leads_back_to_it() {
    let mut kiosk = kiosk(Script::default());
    to_consent(&mut kiosk);
    kiosk.go("back").unwrap();
    assert_eq!(page(&kiosk), "read-back");
    let inspection = kiosk.inspect();
    let first = inspection
        .targets
        .iter()
        .find(|t| t.seen.target.starts_with("answer/"))
        .unwrap()
        .seen
        .target
        .clone();
    kiosk.go(&first).unwrap();
    assert!(page(&kiosk).starts_with("question/"), "{}", page(&kiosk));
    kiosk.go("next").unwrap();
    assert_eq!(page(&kiosk), "read-back");
}

#[test]
fn the_next_person_finds_nothing_of_the_one_before() {
    let mut kiosk = half_typed();
    kiosk.go("text-size").unwrap();
    kiosk.go("contrast").unwrap();
    kiosk.go("language").unwrap();
    kiosk.go("person").unwrap();
    kiosk.go("next-person").unwrap();
    kiosk.go("next").unwrap();
    assert_eq!(page(&kiosk), "rest");
    assert_eq!(kiosk.kiosk.language(), "zh-CN");
    let look = kiosk.kiosk.look(1920.0, 1080.0);
    assert!(!look.high_contrast() && look.text == TextSize::Normal);
    kiosk.go("rest").unwrap();
    assert!(!texts(&mut kiosk).contains("1945"));
}

/// The service filled to its consent, with the ID number.
fn to_consent(kiosk: &mut Headless<Rehearsal>) {
    stage().fill_to_consent(kiosk).unwrap();
    assert_eq!(page(kiosk), "consent");
}

#[test]
fn a_long_press_is_a_tap() {
    let mut kiosk = kiosk(Script::default());
    kiosk.go("rest").unwrap();
    let at = middle(&mut kiosk, "service/cross-province-medical");
    kiosk.play(&[finger(1, true, at)]);
    assert_eq!(page(&kiosk), "home", "it acts on lift");
    kiosk.kiosk.backend.passed += Duration::from_secs(8);
    kiosk.play(&[finger(1, false, at)]);
    assert_eq!(page(&kiosk), "for-whom");
}

#[test]
fn a_number_pad_types_and_wipes_a_number_and_says_how_many_are_missing() {
    let mut kiosk = kiosk(Script::default());
    kiosk.pad("\n1");
    assert_eq!(page(&kiosk), "for-whom");
    kiosk.pad("1");
    assert_eq!(page(&kiosk), "identify");
    kiosk.pad(&NUMBER[..12]);
    let said = format!("{:?}", kiosk.kiosk.backend.said.1);
    assert!(
        said.contains("say-pad-missing") && said.contains("Number(6)"),
        "{said}"
    );
    kiosk.pad("-");
    assert_eq!(page(&kiosk), "identify", "Back wipes before it leads back");
    let said = format!("{:?}", kiosk.kiosk.backend.said.1);
    assert!(said.contains("Number(7)"), "{said}");
    kiosk.pad(&NUMBER[11..]);
    kiosk.pad("\n");
    assert_eq!(page(&kiosk), "confirm");
    kiosk.pad("*");
    assert_eq!(page(&kiosk), "help");
    kiosk.pad("\n");
    assert_eq!(page(&kiosk), "confirm");
    kiosk.pad("-");
    assert_eq!(page(&kiosk), "identify");
}

#[test]
fn the_microphone_hears_only_while_its_page_is_up() {
    let mut kiosk = kiosk(Script::default());
    kiosk.go("rest").unwrap();
    kiosk.find_and_go("service/complaint").unwrap();
    kiosk.go("choice/no").unwrap();
    kiosk.go("next").unwrap();
    kiosk.go("voice/start").unwrap();
    let stops = |kiosk: &Headless<Rehearsal>| {
        kiosk
            .kiosk
            .backend
            .asked
            .iter()
            .filter(|e| matches!(e, Effect::StopRecording))
            .count()
    };
    assert_eq!(stops(&kiosk), 0);
    // Nobody is asked whether they are still here while they speak.
    kiosk.kiosk.backend.passed += Duration::from_secs(170);
    kiosk.tick();
    assert!(page(&kiosk).starts_with("question/"), "{}", page(&kiosk));
    kiosk.go("person").unwrap();
    assert_eq!(page(&kiosk), "help");
    assert!(
        stops(&kiosk) > 0,
        "it went on recording while a person was called"
    );
}

/// At the complaint's story, recording.
fn speaking() -> Headless<Rehearsal> {
    let mut kiosk = kiosk(Script::default());
    kiosk.go("rest").unwrap();
    kiosk.find_and_go("service/complaint").unwrap();
    kiosk.go("choice/no").unwrap();
    kiosk.go("next").unwrap();
    kiosk.go("voice/start").unwrap();
    kiosk
}

fn has(kiosk: &mut Headless<Rehearsal>, target: &str) -> bool {
    kiosk
        .inspect()
        .targets
        .iter()
        .any(|t| t.seen.target == target)
}

#[test]
fn whoever_called_a_person_while_speaking_finds_what_was_said() {
    let mut kiosk = speaking();
    kiosk.go("person").unwrap();
    kiosk.go("next").unwrap();
    assert!(
        has(&mut kiosk, "voice/play"),
        "a dead microphone page came back"
    );
}

#[test]
fn another_language_while_speaking_ends_the_recording_and_keeps_it() {
    let mut kiosk = speaking();
    kiosk.go("language").unwrap();
    assert!(has(&mut kiosk, "voice/play"));
    let stopped = kiosk.kiosk.backend.asked.iter();
    assert!(
        stopped
            .into_iter()
            .any(|e| matches!(e, Effect::StopRecording))
    );
}

#[test]
fn the_sentence_of_a_microphone_that_fails_stays() {
    let mut kiosk = speaking();
    kiosk.happen(Happening::Voice(voice::News::Fault("MIC-002")));
    kiosk.happen(Happening::Voice(voice::News::Ended {
        seconds: 0,
        full: false,
    }));
    let shown = texts(&mut kiosk);
    assert!(shown.contains("现在录不了音"), "{shown}");
    assert!(has(&mut kiosk, "voice/start"));
}

#[test]
fn what_was_typed_survives_trying_to_say_it() {
    let mut kiosk = kiosk(Script::default());
    kiosk.go("rest").unwrap();
    kiosk.find_and_go("service/cross-province-medical").unwrap();
    kiosk.go("choice/myself").unwrap();
    kiosk.go("not-here").unwrap();
    kiosk.find_and_go("papers/all").unwrap();
    kiosk.keys("wo").unwrap();
    kiosk.go("candidate/我").unwrap();
    kiosk.keys("men").unwrap();
    kiosk.go("candidate/们").unwrap();
    kiosk.go("other-way").unwrap();
    kiosk.go("way/say").unwrap();
    kiosk.go("voice/start").unwrap();
    kiosk.go("other-way").unwrap();
    kiosk.go("next").unwrap();
    assert_eq!(page(&kiosk), "question/insured_here");
    kiosk.go("back").unwrap();
    assert!(texts(&mut kiosk).contains("我们"));
}

#[test]
fn a_key_pressed_twice_agrees_to_nothing_unheard() {
    let mut kiosk = kiosk(Script::default());
    kiosk.pad("\n1");
    assert_eq!(page(&kiosk), "for-whom");
    // "1" twice within 700 ms: the second one is not the first digit of an ID number.
    kiosk.kiosk.backend.passed += Duration::from_secs(1);
    kiosk.press(Key::Digit(1));
    assert_eq!(page(&kiosk), "identify");
    kiosk.kiosk.backend.passed += Duration::from_millis(250);
    kiosk.press(Key::Enter);
    assert_eq!(
        page(&kiosk),
        "identify",
        "nobody said that the card is not here"
    );
}

#[test]
fn star_calls_a_person_also_when_asked_whether_anybody_is_here() {
    let mut kiosk = half_typed();
    kiosk.kiosk.backend.passed += Duration::from_secs(100);
    kiosk.tick();
    assert_eq!(page(&kiosk), "still-here");
    kiosk.pad("*");
    assert_eq!(page(&kiosk), "help");
}

#[test]
fn the_slip_on_the_done_page_is_cut_below_its_code_never_through_it() {
    let mut codes = 0;
    for eyes in onedoor::tour::all_eyes(true)
        .into_iter()
        .filter(|eyes| !eyes.contrast)
    {
        let mut kiosk = stage().kiosk(&eyes, Script::default());
        to_consent(&mut kiosk);
        kiosk.agree().unwrap();
        assert_eq!(page(&kiosk), "done");
        // An upright page and the largest text are for the words alone.
        if eyes.window.0 < eyes.window.1 || eyes.text == TextSize::Largest {
            continue;
        }
        let slip = kiosk.kiosk.backend.slip.clone().unwrap();
        let picture = kiosk.draw();
        let grey = picture.rgba.chunks_exact(4).map(|pixel| pixel[1]).collect();
        let grey = image::GrayImage::from_raw(picture.width, picture.height, grey).unwrap();
        let found = onedoor_devices::scanner::decode_thoroughly(&grey);
        let found =
            found.unwrap_or_else(|| panic!("{}: no whole code", onedoor::tour::name(&eyes)));
        assert_eq!(found.text(), slip.qr.unwrap().payload);
        codes += 1;
    }
    assert!(codes >= 12, "only {codes}");
}

#[test]
fn the_page_of_matters_says_how_it_was_answered_and_no_term_any_more() {
    let eyes = Eyes {
        language: "zh-CN".into(),
        window: (1920, 1080),
        text: TextSize::Normal,
        contrast: false,
    };
    // Whatever the eyes, nothing of an answer is left out.
    for eyes in onedoor::tour::all_eyes(true) {
        let mut kiosk = stage().answered(&eyes, AnswerKind::Refused).unwrap();
        let shown = texts(&mut kiosk);
        let words = match eyes.language.as_str() {
            "zh-CN" => ["还差一份居住证", "村里的人可以上门取", "这样办不了"],
            _ => ["the residence permit", "from your house", "not this way"],
        };
        let name = onedoor::tour::name(&eyes);
        assert!(words.iter().all(|w| shown.contains(w)), "{name}: {shown}");
    }
    for (kind, state, words) in [
        (AnswerKind::Approved, "同意给您办", "还要知道：从下个月起"),
        (AnswerKind::SentBack, "还差一样", "还差这一样：居住证"),
        (AnswerKind::Refused, "这样办不了", "为什么：备案要有"),
    ] {
        let mut kiosk = stage().answered(&eyes, kind).unwrap();
        assert_eq!(page(&kiosk), "matters/case");
        let shown = texts(&mut kiosk);
        assert!(shown.contains(state) && shown.contains(words), "{shown}");
        assert_eq!(
            shown.contains("别的办法：带来就办"),
            kind == AnswerKind::Refused
        );
        assert!(
            !shown.contains("给您回话"),
            "a term after the answer: {shown}"
        );
        // By itself only that there is one, for others may stand near; how, when it is asked for.
        let said = onedoor::tour::in_words(&kiosk.kiosk.backend.said.1);
        assert!(!said.contains(state), "{said}");
        kiosk.go("hear").unwrap();
        let said = onedoor::tour::in_words(&kiosk.kiosk.backend.said.1);
        assert!(
            said.contains(state) && !said.contains("working days"),
            "{said}"
        );
    }
}
