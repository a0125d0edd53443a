//! A scripted person finishes each service three ways: by touch; by the number pad with the screen dark, choosing only from
//! what was spoken; by pictures, with no sound. What it cost is kept in `tests/ways.md`.

use crate::pages::stage;
use onedoor::effect::{Effect, Happening};
use onedoor::headless::{Headless, Target};
use onedoor::rehearsal::{Rehearsal, Script};
use onedoor::theme::TextSize;
use onedoor::walk::Eyes;
use onedoor_devices::sound::speak::Part;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const NUMBER: &str = "990101194506120026";
const PHONE: &str = "19900000026";
const BANK_CARD: &str = "9999990000000006";
const SERVICES: [&str; 4] = [
    "cross-province-medical",
    "old-age-allowance",
    "pension-attestation",
    "complaint",
];

/// What the person wants on a page, learnt on the first way.
#[derive(Debug, Clone, PartialEq)]
enum Wish {
    /// A choice: what is written and what is drawn on it.
    Choose(String, Option<String>),
    Type(&'static str),
    Day,
    Say,
    Photograph,
    Next,
}

/// What a way through a service cost.
#[derive(Debug, Default, Clone, Copy)]
struct Cost {
    pages: usize,
    touches: usize,
    typed: usize,
    /// Characters spoken.
    spoken: usize,
}

/// A person at the kiosk.
struct Person {
    kiosk: Headless<Rehearsal>,
    cost: Cost,
    last: String,
    /// Effects that were looked at.
    heard: usize,
}

impl Person {
    fn arrives(silent: bool) -> Self {
        let eyes = Eyes {
            language: "zh-CN".into(),
            window: (1920, 1080),
            text: TextSize::Normal,
            contrast: false,
        };
        let mut kiosk = stage().kiosk(&eyes, Script::default());
        if silent {
            kiosk.happen(Happening::Sound(Err("SND-001")));
        }
        Self {
            kiosk,
            cost: Cost::default(),
            last: String::new(),
            heard: 0,
        }
    }

    fn page(&self) -> String {
        self.kiosk.kiosk.page_name().to_string()
    }

    /// A page that comes up is counted, with what it says.
    fn look(&mut self) -> String {
        let page = self.page();
        if page != self.last {
            self.cost.pages += 1;
            self.last.clone_from(&page);
        }
        page
    }

    fn hear(&mut self) {
        let asked = &self.kiosk.kiosk.backend.asked;
        for effect in &asked[self.heard.min(asked.len())..] {
            if let Effect::Speak { parts, .. } = effect {
                self.cost.spoken += parts
                    .iter()
                    .map(|part| words(part).chars().count())
                    .sum::<usize>();
            }
        }
        self.heard = asked.len();
    }

    fn touch(&mut self, target: &str) {
        self.kiosk.go(target).unwrap();
        self.cost.touches += 1;
        self.hear();
    }

    /// A key of the number pad.
    fn press(&mut self, keys: &str) {
        self.kiosk.pad(keys);
        self.cost.touches += keys.len();
        self.hear();
    }

    fn type_by_touch(&mut self, digits: &str) {
        for digit in digits.chars() {
            self.touch(&format!("key/{digit}"));
            self.cost.typed += 1;
        }
    }

    fn targets(&mut self) -> Vec<Target> {
        self.kiosk
            .inspect()
            .targets
            .into_iter()
            .filter(|t| t.seen.live)
            .collect()
    }

    fn live(&mut self, target: &str) -> bool {
        self.targets().iter().any(|t| t.seen.target == target)
    }

    fn first_words(&self) -> String {
        first_words(&self.kiosk.kiosk.spoken())
    }
}

/// The words of a part, as far as they tell something.
fn words(part: &Part) -> String {
    match part {
        Part::Prompt { text, .. } | Part::Name { text, .. } => text.clone(),
        Part::Digits(digits) => digits.clone(),
        Part::Number(number) => number.to_string(),
        Part::Count(count) | Part::WorkingDays(count) => count.to_string(),
        Part::Date { .. } => "2026年12月3日".into(),
        _ => String::new(),
    }
}

fn first_words(parts: &[Part]) -> String {
    parts.first().map(words).unwrap_or_default()
}

fn prompt_is(part: &Part, wanted: &str) -> bool {
    matches!(part, Part::Prompt { id, .. } if id == wanted)
}

/// What the person wants at a page that is no question of the form.
fn own_wish(page: &str, service: &str) -> Option<&'static str> {
    Some(match page {
        "for-whom" => "choice/myself",
        "how-told" => "choice/comes-back",
        "papers" => "papers/all",
        "home" => match service {
            "cross-province-medical" => "service/cross-province-medical",
            "old-age-allowance" => "service/old-age-allowance",
            "pension-attestation" => "service/pension-attestation",
            "complaint" => "service/complaint",
            _ => return None,
        },
        _ => return None,
    })
}

/// What the person wants on the page that is up, by what can be touched there.
fn wish(person: &mut Person, page: &str, service: &str) -> (Wish, String) {
    let targets = person.targets();
    let has = |part: &str| targets.iter().find(|t| t.seen.target.starts_with(part));
    let choose = |target: &Target| {
        (
            Wish::Choose(target.seen.label.clone(), target.seen.picture.clone()),
            target.seen.target.clone(),
        )
    };
    if let Some(wanted) = own_wish(page, service) {
        return match has(wanted) {
            Some(target) => choose(target),
            None => (Wish::Next, "next".into()),
        };
    }
    if page == "identify" {
        return (Wish::Type(NUMBER), String::new());
    }
    if has("voice/start").is_some() {
        return (Wish::Say, "voice/start".into());
    }
    let optional = has("next").is_some();
    if has("choice/").is_none() && optional {
        return (Wish::Next, "next".into());
    }
    if has("photo/take").is_some() {
        return (Wish::Photograph, "photo/take".into());
    }
    if has("key/q").is_some() {
        return (Wish::Say, "other-way".into());
    }
    if has("key/1").is_some() {
        let digits = match page {
            "question/account" => BANK_CARD,
            "question/months" => "12",
            _ => PHONE,
        };
        return (Wish::Type(digits), String::new());
    }
    if has("year/").is_some() {
        return (Wish::Day, String::new());
    }
    match has("choice/") {
        Some(target) => choose(target),
        None => (Wish::Next, "next".into()),
    }
}

/// By touch; what was wanted on each page is learnt, by the page's first spoken words and by its name.
fn by_touch(
    service: &str,
    by_words: &mut BTreeMap<String, Wish>,
    by_name: &mut BTreeMap<String, Wish>,
) -> Cost {
    let mut person = Person::arrives(false);
    for _ in 0..80 {
        let page = person.look();
        match page.as_str() {
            "rest" => {
                person.touch("rest");
                continue;
            }
            "done" => return person.cost,
            _ => {}
        }
        let heard = person.first_words();
        let (wanted, target) = wish(&mut person, &page, service);
        match &wanted {
            Wish::Choose(..) => {
                person.touch(&target);
                if person.page() == page && person.live("next") {
                    person.touch("next");
                }
            }
            Wish::Next => person.touch("next"),
            Wish::Type(digits) => {
                person.type_by_touch(digits);
                person.touch("next");
            }
            Wish::Day => {
                for target in ["year/2026", "month/12", "day/3", "next"] {
                    person.touch(target);
                }
            }
            Wish::Say => {
                if target == "other-way" {
                    person.touch("other-way");
                    person.touch("way/say");
                }
                person.touch("voice/start");
                person.touch("next");
            }
            Wish::Photograph => {
                person.touch("photo/take");
                person.touch("next");
            }
        }
        // Where several leaves were turned to find a choice, the choice is what was wanted.
        if wanted != Wish::Next || !by_words.contains_key(&heard) {
            by_words.insert(heard, wanted.clone());
            by_name.insert(page, wanted);
        }
    }
    panic!("{service} was not finished by touch: {}", person.page());
}

/// What was heard since the last key: numbers with what they choose, and what Enter does.
struct Heard {
    numbers: Vec<(i64, String)>,
    enter: Option<String>,
    parts: Vec<Part>,
}

fn heard(person: &Person) -> Heard {
    let parts = person.kiosk.kiosk.backend.said.1.clone();
    let mut numbers = Vec::new();
    let mut enter = None;
    for (at, part) in parts.iter().enumerate() {
        let next = parts.get(at + 1);
        let before = at.checked_sub(1).and_then(|at| parts.get(at));
        match (part, next) {
            (Part::Number(number), Some(what))
                if !before.is_some_and(|b| prompt_is(b, "say-pad-missing")) =>
            {
                numbers.push((*number, words(what)));
            }
            (part, Some(what)) if prompt_is(part, "say-pad-enter") => enter = Some(words(what)),
            _ => {}
        }
    }
    Heard {
        numbers,
        enter,
        parts,
    }
}

impl Heard {
    fn number(&self, wanted: &str) -> Option<String> {
        self.numbers
            .iter()
            .find(|(_, words)| words == wanted)
            .map(|(number, _)| number.to_string())
    }

    fn says(&self, prompt: &str) -> bool {
        self.parts.iter().any(|part| prompt_is(part, prompt))
    }
}

/// By the number pad in the dark: only what was spoken is known.
fn by_pad(service: &str, wishes: &BTreeMap<String, Wish>) -> Cost {
    let mut person = Person::arrives(false);
    person.look();
    person.press("\n");
    for _ in 0..120 {
        if person.look() == "done" {
            let said = heard(&person);
            assert!(said.says("say-code-is"), "the code was not spoken");
            return person.cost;
        }
        let said = heard(&person);
        let question = first_words(&said.parts);
        let Some(wanted) = wishes.get(&question) else {
            panic!(
                "{service}: nobody knows what to do after hearing {:?}",
                said.parts
            );
        };
        match wanted {
            Wish::Choose(label, _) => match said.number(label) {
                Some(number) => {
                    person.press(&number);
                    let now = heard(&person);
                    // A form's tile is chosen and confirmed: its name was said again, and what Enter does.
                    if first_words(&now.parts) == *label {
                        assert!(now.enter.is_some(), "{label}: nobody said what Enter does");
                        person.press("\n");
                    }
                }
                None => {
                    assert!(
                        said.enter.is_some(),
                        "{service}: {label} was not offered by {:?}",
                        said.parts
                    );
                    person.press("\n");
                }
            },
            Wish::Next => {
                assert!(
                    said.enter.is_some(),
                    "{service}: nobody said that Enter leads on from {question}"
                );
                person.press("\n");
            }
            Wish::Type(digits) => {
                for (n, digit) in digits.chars().enumerate() {
                    person.press(&digit.to_string());
                    person.cost.typed += 1;
                    assert!(
                        n + 1 == digits.len() || !heard(&person).parts.is_empty(),
                        "no word after a digit"
                    );
                }
                assert!(
                    heard(&person).enter.is_some(),
                    "nobody said what Enter does after {question}"
                );
                person.press("\n");
            }
            Wish::Day => {
                let year = said.number("2026").expect("the year was not offered");
                person.press(&year);
                assert!(heard(&person).says("say-pad-number-enter"));
                person.press("12");
                assert!(heard(&person).says("say-pad-number-enter"));
                person.press("3\n");
                assert!(
                    heard(&person).enter.is_some(),
                    "nobody said that the day is whole"
                );
                person.press("\n");
            }
            Wish::Say => {
                let mut said = said;
                if let Some(number) = said.number("说出来") {
                    person.press(&number);
                    said = heard(&person);
                }
                let begin = said.number("开始说").expect("nobody said how to begin");
                assert!(said.says("say-pad-voice-end"));
                person.press(&begin);
                assert!(
                    heard(&person).parts.is_empty() || !heard(&person).says("say-voice-how"),
                    "the machine speaks into the recording"
                );
                person.press("\n");
            }
            Wish::Photograph => {
                let take = said.number("拍一张").expect("nobody said how to take it");
                person.press(&take);
                person.press("\n");
            }
        }
    }
    panic!(
        "{service} was not finished by the number pad: {}",
        person.page()
    );
}

/// By pictures, with no sound: no word is read; digits and the forward arrow are known.
fn by_pictures(service: &str, wishes: &BTreeMap<String, Wish>) -> Cost {
    let mut person = Person::arrives(true);
    let picture = |person: &mut Person, wanted: &str| {
        person
            .targets()
            .into_iter()
            .find(|t| {
                t.seen.picture.as_deref().is_some_and(|picture| {
                    picture.trim_end_matches(".svg") == wanted.trim_end_matches(".svg")
                })
            })
            .map(|t| t.seen.target)
    };
    for _ in 0..120 {
        let page = person.look();
        match page.as_str() {
            "rest" => {
                person.touch("rest");
                continue;
            }
            "done" => {
                person.cost.spoken = 0;
                return person.cost;
            }
            _ => {}
        }
        match wishes.get(&page).unwrap_or(&Wish::Next) {
            Wish::Choose(label, drawn) => {
                let drawn = drawn
                    .as_deref()
                    .unwrap_or_else(|| panic!("{label} has no picture"));
                match picture(&mut person, drawn) {
                    Some(target) => {
                        person.touch(&target);
                        if person.page() == page && person.live("next") {
                            person.touch("next");
                        }
                    }
                    None => person.touch("next"),
                }
            }
            Wish::Next => person.touch("next"),
            Wish::Type(digits) => {
                person.type_by_touch(digits);
                person.touch("next");
            }
            Wish::Day => {
                for target in ["year/2026", "month/12", "day/3", "next"] {
                    person.touch(target);
                }
            }
            Wish::Say => {
                // On a page that asks for writing the microphone leads to the microphone.
                for _ in 0..3 {
                    let begin = picture(&mut person, "microphone").expect("no microphone");
                    person.touch(&begin);
                    if begin == "voice/start" {
                        break;
                    }
                }
                person.touch("next");
            }
            Wish::Photograph => {
                let camera = picture(&mut person, "camera").expect("no camera");
                person.touch(&camera);
                person.touch("next");
            }
        }
    }
    panic!("{service} was not finished by pictures: {}", person.page());
}

#[test]
fn every_service_is_finished_by_touch_by_ear_and_by_pictures() {
    let mut table = String::from(
        "# What a service costs its resident\n\n\
         Kept true by the test `ways::`: a scripted person, Mandarin, for herself, who gives her number, leaves open what may stay\n\
         open and comes back to ask. Seconds of speech at 170 characters a minute; she may interrupt all of it.\n\n\
         | service | way | pages | touches or keys | typed | seconds of speech |\n|---|---|---|---|---|---|\n",
    );
    for service in SERVICES {
        let (mut by_words, mut by_name) = (BTreeMap::new(), BTreeMap::new());
        let touch = by_touch(service, &mut by_words, &mut by_name);
        let pad = by_pad(service, &by_words);
        let pictures = by_pictures(service, &by_name);
        for (way, cost) in [
            ("touch", touch),
            ("number pad, dark", pad),
            ("pictures, no sound", pictures),
        ] {
            let seconds = cost.spoken * 60 / 170;
            writeln!(
                table,
                "| {service} | {way} | {} | {} | {} | {} |",
                cost.pages,
                cost.touches,
                cost.typed,
                if seconds == 0 {
                    "–".into()
                } else {
                    seconds.to_string()
                }
            )
            .unwrap();
        }
        if service == "complaint" {
            assert!(
                touch.touches <= 9,
                "a complaint took {} touches",
                touch.touches
            );
        }
    }
    println!("{table}");
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ways.md");
    let before = std::fs::read_to_string(&kept).unwrap_or_default();
    let fresh = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("ways.md");
    std::fs::write(&fresh, &table).unwrap();
    assert!(
        before == table,
        "what the services cost has changed; if that is meant, copy {} over tests/ways.md",
        fresh.display()
    );
}
