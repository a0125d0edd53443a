//! A walk over every page, by touches: the tour draws what it sees, the layout test measures it.

mod county;
mod people;

pub use people::{card, held};

use crate::bundle::Opened;
use crate::effect::{Happening, SlipNews, StoreFault};
use crate::headless::Headless;
use crate::kiosk::Kiosk;
use crate::language::Languages;
use crate::picture::Pictures;
use crate::place;
use crate::rehearsal::{Rehearsal, Script};
use crate::screen::matters::{FromCounty, Matter};
use crate::screen::{photo, voice};
use crate::theme::TextSize;
use anyhow::{Context, anyhow, bail};
use jiff::civil::date;
use onedoor_devices::slip_raster::SlipFonts;
use onedoor_domain::calendar::Due;
use onedoor_domain::case::{CaseStatus, Phase};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How the walker sees: language, window and eyes.
#[derive(Debug, Clone)]
pub struct Eyes {
    /// The language's tag.
    pub language: String,
    /// The window, in real pixels.
    pub window: (u32, u32),
    /// The text size.
    pub text: TextSize,
    /// High contrast.
    pub contrast: bool,
}

/// A stage on which any number of walks are made.
pub struct Stage {
    opened: Opened,
    languages: Languages,
    pictures: Pictures,
    fonts: Arc<Mutex<SlipFonts>>,
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stage")
    }
}

/// The number of a person who does not exist: area 990101 is nowhere.
const NUMBER: &str = "990101194506120026";
const FAMILY: &str = "99010119450612019X";
const PHONE: &str = "19900000026";
/// Nobody's card: its issuer does not exist, its check digit is right.
const BANK_CARD: &str = "9999990000000006";

type Seen<'a> = &'a mut dyn FnMut(&str, &mut Headless<Rehearsal>) -> anyhow::Result<()>;

impl Stage {
    /// A stage for a station.
    ///
    /// # Errors
    /// When fonts or translations are missing.
    pub fn new(opened: Opened) -> anyhow::Result<Self> {
        let fonts = SlipFonts::load([
            place::assets().join("fonts"),
            PathBuf::from("/usr/share/fonts/opentype/noto"),
        ])?;
        Ok(Self {
            languages: Languages::load(Some(&place::assets().join("translations")))?,
            pictures: crate::world::setup::pictures(&opened),
            opened,
            fonts: Arc::new(Mutex::new(fonts)),
        })
    }

    /// The languages that there are.
    pub fn languages(&self) -> Vec<&str> {
        self.languages.tags()
    }

    /// A kiosk on this stage, as these eyes see it.
    pub fn kiosk(&self, eyes: &Eyes, script: Script) -> Headless<Rehearsal> {
        let world = Rehearsal::new(script, Some(self.fonts.clone()));
        let kiosk = Kiosk::new(
            world,
            self.languages.clone(),
            self.pictures.clone(),
            self.opened.station(),
        );
        let mut headless = Headless::new(kiosk, eyes.window.0, eyes.window.1);
        headless.settle();
        while headless.kiosk.language() != eyes.language {
            headless.step("language");
        }
        headless.kiosk.set_eyes(eyes.text, eyes.contrast);
        headless
    }

    /// Shows every page once to `seen`, by its name.
    ///
    /// # Errors
    /// When a page lacks what the walk wants to touch, or `seen` fails.
    pub fn walk(&self, eyes: &Eyes, seen: Seen<'_>) -> anyhow::Result<()> {
        self.main_way(eyes, seen)?;
        self.other_services(eyes, seen)?;
        self.other_ways(eyes, seen)?;
        self.family(eyes, seen)?;
        self.anonymous(eyes, seen)?;
        self.faults(eyes, seen)?;
        self.matters(eyes, seen)?;
        self.in_between(eyes, seen)?;
        self.people(eyes, seen)?;
        self.practice_and_notices(eyes, seen)?;
        self.county(eyes, seen)
    }

    /// The service from the first touch to the slip.
    fn main_way(&self, eyes: &Eyes, seen: Seen<'_>) -> anyhow::Result<()> {
        let mut kiosk = self.kiosk(eyes, Script::default());
        seen("rest", &mut kiosk)?;
        kiosk.go("rest")?;
        seen("home", &mut kiosk)?;
        kiosk.find_and_go("service/cross-province-medical")?;
        seen("for-whom", &mut kiosk)?;
        kiosk.go("choice/myself")?;
        seen("identify", &mut kiosk)?;
        kiosk.keys(&NUMBER[..12])?;
        seen("identify-half", &mut kiosk)?;
        kiosk.go("wipe-all")?;
        // One digit off: the check character tells.
        kiosk.keys("990101194506120025")?;
        seen("identify-wrong", &mut kiosk)?;
        kiosk.go("wipe-all")?;
        kiosk.keys(NUMBER)?;
        kiosk.go("next")?;
        seen("confirm", &mut kiosk)?;
        kiosk.go("next")?;
        seen("papers", &mut kiosk)?;
        kiosk.find_and_go("papers/not-all")?;
        self.questions(&mut kiosk, seen)?;
        seen("how-told", &mut kiosk)?;
        kiosk.find_and_go("choice/named")?;
        seen("how-told-phone", &mut kiosk)?;
        kiosk.keys("1381")?;
        kiosk.go("wipe-all")?;
        kiosk.keys(PHONE)?;
        kiosk.go("next")?;
        for n in 1.. {
            let label = if n == 1 {
                "read-back".to_owned()
            } else {
                format!("read-back-{n}")
            };
            seen(&label, &mut kiosk)?;
            kiosk.go("next")?;
            if kiosk.kiosk.page_name().to_string() != "read-back" {
                break;
            }
        }
        seen("consent", &mut kiosk)?;
        kiosk.go("next")?;
        if kiosk.kiosk.page_name().to_string() == "consent" {
            seen("consent-2", &mut kiosk)?;
            kiosk.go("next")?;
        }
        seen("done", &mut kiosk)?;
        kiosk.go("print-again")?;
        Ok(())
    }

    /// Answers each question as a person would, and shows it before and after.
    fn questions(&self, kiosk: &mut Headless<Rehearsal>, seen: Seen<'_>) -> anyhow::Result<()> {
        for _ in 0..80 {
            let page = kiosk.kiosk.page_name().to_string();
            if !page.starts_with("question/") {
                return Ok(());
            }
            let name = page.replace('/', "-");
            seen(&name, kiosk)?;
            let has = |kiosk: &mut Headless<Rehearsal>, part: &str| {
                kiosk
                    .inspect()
                    .targets
                    .into_iter()
                    .map(|t| t.seen.target)
                    .find(|t| t.starts_with(part))
            };
            if has(kiosk, "voice/start").is_some() {
                kiosk.go("voice/start")?;
                seen(&format!("{name}-speaking"), kiosk)?;
                kiosk.go("voice/stop")?;
                seen(&format!("{name}-said"), kiosk)?;
            } else if has(kiosk, "photo/take").is_some() {
                kiosk.go("photo/take")?;
                seen(&format!("{name}-taken"), kiosk)?;
            } else if has(kiosk, "key/q").is_some() {
                for (letters, character) in [("zhang", "张"), ("gui", "桂"), ("lan", "兰")] {
                    if has(kiosk, "keys/pinyin").is_some() {
                        kiosk.go("keys/pinyin")?;
                    }
                    kiosk.keys(letters)?;
                    if character == "桂" {
                        seen(&format!("{name}-letters"), kiosk)?;
                    }
                    for _ in 0..20 {
                        if has(kiosk, &format!("candidate/{character}")).is_some() {
                            break;
                        }
                        kiosk.go("candidate-more")?;
                    }
                    kiosk.go(&format!("candidate/{character}"))?;
                }
                seen(&format!("{name}-filled"), kiosk)?;
            } else if has(kiosk, "key/1").is_some() {
                // A telephone, a bank card, a small number: what the field takes.
                for typed in [PHONE, BANK_CARD, "12"] {
                    kiosk.go("wipe-all").ok();
                    kiosk.keys(typed)?;
                    let live = |t: &crate::headless::Target| t.seen.target == "next" && t.seen.live;
                    if kiosk.inspect().targets.iter().any(live) {
                        break;
                    }
                }
                seen(&format!("{name}-filled"), kiosk)?;
            } else if has(kiosk, "year/").is_some() {
                let year = has(kiosk, "year/2026").or_else(|| has(kiosk, "year/"));
                kiosk.go(&year.context("no year")?)?;
                seen(&format!("{name}-month"), kiosk)?;
                kiosk.go("month/12")?;
                seen(&format!("{name}-day"), kiosk)?;
                kiosk.go("day/3")?;
                seen(&format!("{name}-filled"), kiosk)?;
            } else if let Some(choice) = has(kiosk, "choice/") {
                kiosk.go(&choice)?;
                seen(&format!("{name}-chosen"), kiosk)?;
            }
            kiosk.go("next")?;
            if kiosk.kiosk.page_name().to_string() == page {
                bail!("{page}: Next did not lead on");
            }
        }
        bail!("the questions do not end")
    }

    /// Answers all questions as a person would, from the one that is up.
    ///
    /// # Errors
    /// When a page lacks what is touched.
    pub fn answer(&self, kiosk: &mut Headless<Rehearsal>) -> anyhow::Result<()> {
        self.questions(kiosk, &mut |_, _| Ok(()))
    }

    /// The other services, each from its tile to its slip.
    fn other_services(&self, eyes: &Eyes, seen: Seen<'_>) -> anyhow::Result<()> {
        let station = self.opened.station();
        for id in station.home().iter().cloned() {
            if station.service(&id).is_none_or(|s| s.form.is_none())
                || id == "cross-province-medical"
            {
                continue;
            }
            let mut kiosk = self.kiosk(eyes, Script::default());
            kiosk.happen(Happening::Photo(photo::News::Ready));
            kiosk.go("rest")?;
            kiosk.find_and_go(&format!("service/{id}"))?;
            let mut look =
                |name: &str, kiosk: &mut Headless<Rehearsal>| seen(&format!("{id}-{name}"), kiosk);
            for _ in 0..40 {
                let page = kiosk.kiosk.page_name().to_string();
                match page.as_str() {
                    "for-whom" => kiosk.go("choice/myself")?,
                    "identify" => {
                        kiosk.keys(NUMBER)?;
                        kiosk.go("next")?;
                    }
                    "papers" => {
                        look("papers", &mut kiosk)?;
                        kiosk.find_and_go("papers/all")?;
                    }
                    "how-told" => kiosk.find_and_go("choice/comes-back")?,
                    "read-back" | "consent" => {
                        look(&page, &mut kiosk)?;
                        kiosk.go("next")?;
                    }
                    "done" => {
                        look("done", &mut kiosk)?;
                        break;
                    }
                    page if page.starts_with("question/") => {
                        self.questions(&mut kiosk, &mut look)?;
                    }
                    _ => kiosk.go("next")?,
                }
            }
            if kiosk.kiosk.page_name().to_string() != "done" {
                bail!("{id} was not finished: {}", kiosk.kiosk.page_name());
            }
        }
        Ok(())
    }

    /// What is said or shown instead of written; the card photographed instead of typed; a microphone and a camera that fail.
    fn other_ways(&self, eyes: &Eyes, seen: Seen<'_>) -> anyhow::Result<()> {
        let script = Script {
            trouble: Some("say-photo-blurred"),
            ..Script::default()
        };
        let mut kiosk = self.kiosk(eyes, script);
        kiosk.happen(Happening::Photo(photo::News::Ready));
        kiosk.go("rest")?;
        kiosk.find_and_go("service/cross-province-medical")?;
        kiosk.go("choice/myself")?;
        seen("identify-camera", &mut kiosk)?;
        kiosk.go("photo-card")?;
        seen("card-photo", &mut kiosk)?;
        kiosk.go("photo/take")?;
        seen("card-photo-blurred", &mut kiosk)?;
        kiosk.happen(Happening::Photo(photo::News::Fault("CAM-001")));
        kiosk.go("photo/again")?;
        kiosk.happen(Happening::Photo(photo::News::Fault("CAM-001")));
        seen("card-photo-fault", &mut kiosk)?;
        kiosk.happen(Happening::Photo(photo::News::Ready));
        kiosk.go("photo/take")?;
        kiosk.go("next")?;
        kiosk.find_and_go("papers/all")?;
        kiosk.go("other-way")?;
        seen("text-ways", &mut kiosk)?;
        kiosk.go("way/say")?;
        seen("text-said", &mut kiosk)?;
        kiosk.go("voice/start")?;
        kiosk.happen(Happening::Voice(voice::News::Fault("MIC-002")));
        seen("text-said-fault", &mut kiosk)?;
        kiosk.go("voice/start")?;
        kiosk.go("voice/stop")?;
        kiosk.go("voice/play")?;
        seen("text-said-heard", &mut kiosk)?;
        kiosk.go("voice/hush")?;
        kiosk.go("next")
    }

    /// For a family member, with a helper.
    fn family(&self, eyes: &Eyes, seen: Seen<'_>) -> anyhow::Result<()> {
        let mut kiosk = self.kiosk(eyes, Script::default());
        kiosk.go("rest")?;
        kiosk.find_and_go("service/cross-province-medical")?;
        kiosk.go("choice/family")?;
        seen("relation", &mut kiosk)?;
        kiosk.find_and_go("choice/father")?;
        kiosk.keys(FAMILY)?;
        seen("identify-family", &mut kiosk)?;
        kiosk.go("next")?;
        seen("confirm-family", &mut kiosk)?;
        kiosk.go("next")?;
        seen("helper-identify", &mut kiosk)?;
        Ok(())
    }

    /// Without a card; the slip carries a PIN; the clock is not trusted.
    fn anonymous(&self, eyes: &Eyes, seen: Seen<'_>) -> anyhow::Result<()> {
        let script = Script {
            trusted: false,
            ..Script::default()
        };
        let mut kiosk = self.kiosk(eyes, script);
        self.to_consent(&mut kiosk, false)?;
        kiosk.agree()?;
        seen("done-anonymous", &mut kiosk)
    }

    /// Fills the service from the rest page to its consent, with an ID number.
    ///
    /// # Errors
    /// When a page lacks what is touched.
    pub fn fill_to_consent(&self, kiosk: &mut Headless<Rehearsal>) -> anyhow::Result<()> {
        self.to_consent(kiosk, true)
    }

    fn to_consent(&self, kiosk: &mut Headless<Rehearsal>, number: bool) -> anyhow::Result<()> {
        kiosk.go("rest")?;
        kiosk.find_and_go("service/cross-province-medical")?;
        kiosk.go("choice/myself")?;
        if number {
            kiosk.keys(NUMBER)?;
            kiosk.go("next")?;
            kiosk.go("next")?;
        } else {
            kiosk.go("not-here")?;
        }
        kiosk.find_and_go("papers/all")?;
        self.questions(kiosk, &mut |_, _| Ok(()))?;
        kiosk.find_and_go("choice/comes-back")?;
        for _ in 0..20 {
            if kiosk.kiosk.page_name().to_string() == "consent" {
                return Ok(());
            }
            kiosk.go("next")?;
        }
        bail!("the read-back does not end")
    }

    /// Cables pulled.
    fn faults(&self, eyes: &Eyes, seen: Seen<'_>) -> anyhow::Result<()> {
        for (name, say, code) in [
            ("done-no-paper", "say-printer-paper", "PRN-001"),
            ("done-cover-open", "say-printer-cover", "PRN-002"),
            ("done-printer-silent", "say-printer-silent", "PRN-004"),
        ] {
            let script = Script {
                slip: SlipNews::Failed {
                    say,
                    code: code.into(),
                },
                ..Script::default()
            };
            let mut kiosk = self.kiosk(eyes, script);
            self.to_consent(&mut kiosk, true)?;
            kiosk.agree()?;
            seen(name, &mut kiosk)?;
        }
        let full = StoreFault {
            code: "STO-005",
            passing: true,
            full: true,
        };
        let script = Script {
            submit: Err(full.clone()),
            ..Script::default()
        };
        let mut kiosk = self.kiosk(eyes, script);
        self.to_consent(&mut kiosk, true)?;
        kiosk.agree()?;
        seen("consent-disk-full", &mut kiosk)?;
        kiosk.kiosk.backend.script.answers = false;
        kiosk.go("next")?;
        seen("saving", &mut kiosk)?;

        let mut kiosk = self.kiosk(eyes, Script::default());
        kiosk.happen(Happening::Sound(Err("SND-001")));
        kiosk.go("rest")?;
        seen("home-no-sound", &mut kiosk)?;
        kiosk.happen(Happening::Scanner(Err("SCN-001")));
        kiosk.find_and_go("service/my-matters")?;
        seen("matters-no-scanner", &mut kiosk)?;

        let mut kiosk = self.kiosk(eyes, Script::default());
        kiosk.happen(Happening::Record(Err(StoreFault {
            code: "STO-004",
            passing: false,
            full: false,
        })));
        seen("closed", &mut kiosk)
    }

    fn case(n: u64, phase: Phase) -> Matter {
        Matter {
            case: Rehearsal::case(n),
            code: Rehearsal::code(n),
            service: "cross-province-medical".into(),
            status: CaseStatus {
                phase,
                delivered: phase != Phase::Saved,
                due: Some(Due::On(date(2026, 12, 3))),
                ..CaseStatus::default()
            },
            since: Some(date(2026, 11, 22)),
            unread: false,
            county: FromCounty::default(),
        }
    }

    /// How far is my matter?
    fn matters(&self, eyes: &Eyes, seen: Seen<'_>) -> anyhow::Result<()> {
        let script = Script {
            cases: vec![Self::case(0, Phase::Saved)],
            ..Script::default()
        };
        let mut kiosk = self.kiosk(eyes, script);
        kiosk.go("rest")?;
        kiosk.find_and_go("service/my-matters")?;
        seen("matters", &mut kiosk)?;
        kiosk.go("matters/code")?;
        kiosk.keys("4829")?;
        seen("matters-code", &mut kiosk)?;
        kiosk.go("wipe-all")?;
        kiosk.keys(&Rehearsal::code(0).compact())?;
        kiosk.go("next")?;
        seen("matters-factor", &mut kiosk)?;
        kiosk.kiosk.backend.script.cases.clear();
        kiosk.keys("0026")?;
        kiosk.go("next")?;
        seen("matters-not-found", &mut kiosk)?;
        kiosk.kiosk.backend.script.cases = vec![
            Self::case(0, Phase::Saved),
            Self::case(1, Phase::InHand),
            Self::case(2, Phase::Answered),
        ];
        kiosk.keys("0026")?;
        kiosk.go("next")?;
        seen("matters-case", &mut kiosk)?;
        kiosk.go("back")?;
        seen("matters-list", &mut kiosk)
    }

    /// Help, "are you still here?", "go on?".
    fn in_between(&self, eyes: &Eyes, seen: Seen<'_>) -> anyhow::Result<()> {
        let mut kiosk = self.kiosk(eyes, Script::default());
        kiosk.go("rest")?;
        kiosk.find_and_go("service/cross-province-medical")?;
        kiosk.go("choice/myself")?;
        kiosk.keys(NUMBER)?;
        kiosk.go("next")?;
        kiosk.go("person")?;
        seen("help", &mut kiosk)?;
        kiosk.go("next-person")?;
        seen("put-aside", &mut kiosk)?;
        let mut kiosk = self.kiosk(eyes, Script::default());
        kiosk.go("rest")?;
        kiosk.find_and_go("service/cross-province-medical")?;
        kiosk.go("choice/myself")?;
        kiosk.keys(NUMBER)?;
        kiosk.go("next")?;
        kiosk.kiosk.backend.passed += Duration::from_secs(100);
        kiosk.tick();
        seen("still-here", &mut kiosk)?;
        let kept = kiosk
            .kiosk
            .backend
            .asked
            .iter()
            .rev()
            .find_map(|effect| match effect {
                crate::effect::Effect::Keep(save) => Some((**save).clone()),
                _ => None,
            })
            .ok_or_else(|| anyhow!("nothing was kept"))?;
        let script = Script {
            drafts: vec![crate::effect::DraftFound {
                id: kept.id,
                bytes: kept.bytes,
                updated_ms: 0,
            }],
            ..Script::default()
        };
        let world = Rehearsal::new(script, Some(self.fonts.clone()));
        let kiosk = Kiosk::new(
            world,
            self.languages.clone(),
            self.pictures.clone(),
            self.opened.station(),
        );
        let mut kiosk = Headless::new(kiosk, eyes.window.0, eyes.window.1);
        kiosk.settle();
        while kiosk.kiosk.language() != eyes.language {
            kiosk.step("language");
        }
        kiosk.kiosk.set_eyes(eyes.text, eyes.contrast);
        seen("go-on", &mut kiosk)?;
        kiosk.go("go-on/yes")?;
        kiosk.keys("00")?;
        seen("go-on-factor", &mut kiosk)?;
        kiosk.keys("27")?;
        kiosk.go("next")?;
        seen("go-on-wrong", &mut kiosk)?;
        kiosk.go("back")?;
        kiosk.go("go-on/no")?;
        seen("home-unfinished", &mut kiosk)
    }
}

impl Headless<Rehearsal> {
    /// Lets the played world say all it has to say.
    pub fn settle(&mut self) {
        while let Some(happening) = self.kiosk.backend.told.pop_front() {
            self.happen(happening);
        }
    }

    /// Touches a target, in time that goes on by itself.
    ///
    /// # Errors
    /// When it is not there.
    pub fn go(&mut self, target: &str) -> anyhow::Result<()> {
        self.kiosk.backend.passed += Duration::from_secs(1);
        self.touch(target).map_err(|why| anyhow!(why))?;
        self.settle();
        Ok(())
    }

    /// Hands it in, over as many pages as the consent takes.
    ///
    /// # Errors
    /// When the page has no way on.
    pub fn agree(&mut self) -> anyhow::Result<()> {
        self.go("next")?;
        let again = self.kiosk.page_name().to_string() == "consent"
            && self
                .inspect()
                .targets
                .iter()
                .any(|t| t.seen.target == "next")
            && !self
                .kiosk
                .backend
                .asked
                .iter()
                .any(|e| matches!(e, crate::effect::Effect::Submit(_)));
        if again { self.go("next") } else { Ok(()) }
    }

    /// Presses keys of the number pad: digits, `*/+-.`, and a line feed for Enter.
    pub fn pad(&mut self, keys: &str) {
        for key in keys.chars().filter_map(crate::keys::Key::of_character) {
            self.kiosk.backend.passed += Duration::from_secs(1);
            self.press(key);
            self.settle();
        }
    }

    fn step(&mut self, target: &str) {
        if let Err(why) = self.go(target) {
            tracing::warn!(event = "walk", %why);
        }
    }

    /// Types.
    ///
    /// # Errors
    /// When a key is not there.
    pub fn keys(&mut self, keys: &str) -> anyhow::Result<()> {
        for key in keys.chars() {
            self.go(&format!("key/{key}"))?;
        }
        Ok(())
    }

    /// Touches a tile, turning pages until it is there.
    ///
    /// # Errors
    /// When no page has it.
    pub fn find_and_go(&mut self, target: &str) -> anyhow::Result<()> {
        for _ in 0..12 {
            let inspection = self.inspect();
            if inspection.targets.iter().any(|t| t.seen.target == target) {
                return self.go(target);
            }
            let more = ["more", "next"].into_iter().find(|m| {
                inspection
                    .targets
                    .iter()
                    .any(|t| t.seen.target == *m && t.seen.live)
            });
            self.go(more.with_context(|| format!("no page has {target}"))?)?;
        }
        bail!("no page has {target}")
    }
}
