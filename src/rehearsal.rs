//! A world that is played: for the tour, the layout test and tests of pages. Nothing is written, printed or heard; time
//! stands where it is put; the same steps give the same pictures.

use crate::effect::{
    Backend, Card, ClockView, DraftFound, Effect, Erased, Finding, Happening, Held, PutAside,
    Saved, Shown, SlipNews, StoreFault,
};
use crate::screen::matters::Matter;
use crate::screen::{photo, voice};
use iced::widget::image::Handle;
use jiff::civil::{DateTime, date};
use onedoor_devices::slip_raster::{self, Paper, SlipFonts};
use onedoor_devices::sound::speak::Part;
use onedoor_domain::clock::{Distrust, Trust};
use onedoor_domain::code::CaseCode;
use onedoor_domain::id::CaseId;
use onedoor_domain::personal::Personal;
use onedoor_domain::qr::CardNumber;
use onedoor_domain::slip::Slip;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What the played world answers.
#[derive(Debug, Clone)]
pub struct Script {
    /// What becomes of a slip.
    pub slip: SlipNews,
    /// What becomes of a submission.
    pub submit: Result<(), StoreFault>,
    /// Whether submissions are answered at all (a page that is still saving).
    pub answers: bool,
    /// Drafts that wait.
    pub drafts: Vec<DraftFound>,
    /// Cases that are found.
    pub cases: Vec<Matter>,
    /// What is held of the person.
    pub held: Option<Held>,
    /// What is erased of it.
    pub erased: Erased,
    /// What comes of remembering.
    pub card: Card,
    /// What is wrong with each photo.
    pub trouble: Option<&'static str>,
    /// Whether the clock is trusted.
    pub trusted: bool,
    /// Local time.
    pub now: DateTime,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            slip: SlipNews::Printed,
            submit: Ok(()),
            answers: true,
            drafts: Vec::new(),
            cases: Vec::new(),
            held: None,
            erased: Erased {
                anything: true,
                stay: Vec::new(),
            },
            card: Card::Made(Rehearsal::CARD),
            trouble: None,
            trusted: true,
            now: date(2026, 11, 22).at(9, 30, 0, 0),
        }
    }
}

/// A played world.
pub struct Rehearsal {
    /// What it answers.
    pub script: Script,
    /// What it has to tell, in order.
    pub told: VecDeque<Happening>,
    /// Everything it was asked.
    pub asked: Vec<Effect>,
    /// What was said last, and in which language.
    pub said: (String, Vec<Part>),
    /// The slip that was drawn last.
    pub slip: Option<Slip>,
    /// The monotonic clock.
    pub passed: Duration,
    fonts: Option<Arc<Mutex<SlipFonts>>>,
    volume: u8,
    count: u64,
}

impl std::fmt::Debug for Rehearsal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rehearsal")
    }
}

impl Rehearsal {
    /// A world that answers by `script`; with fonts it draws slips, without it shows none.
    pub fn new(script: Script, fonts: Option<Arc<Mutex<SlipFonts>>>) -> Self {
        Self {
            script,
            told: VecDeque::new(),
            asked: Vec::new(),
            said: (String::new(), Vec::new()),
            slip: None,
            passed: Duration::from_secs(1000),
            fonts,
            volume: 2,
            count: 0,
        }
    }

    /// The code that the first case gets.
    pub fn code(n: u64) -> CaseCode {
        CaseCode::from_random(482_915_703 + n)
    }

    /// The resident card that is made.
    pub const CARD: CardNumber = CardNumber([9; 16]);

    /// The case that belongs to it.
    pub fn case(n: u64) -> CaseId {
        let mut random = [7; 10];
        random[9] = n as u8;
        CaseId::new(1_763_775_000_000, random)
    }
}

/// A sheet of paper with lines on it, as a camera would see it.
fn paper() -> (Handle, (u32, u32)) {
    let size = (640u32, 480u32);
    let mut pixels = Vec::with_capacity((size.0 * size.1 * 4) as usize);
    for y in 0..size.1 {
        for x in 0..size.0 {
            let sheet = (140..500).contains(&x) && (30..450).contains(&y);
            let line = sheet && (180..460).contains(&x) && y % 36 < 6 && y > 60;
            let grey = match (sheet, line) {
                (_, true) => 60,
                (true, _) => 240,
                _ => 120,
            };
            pixels.extend([grey, grey, grey, 255]);
        }
    }
    (Handle::from_rgba(size.0, size.1, pixels), size)
}

impl Backend for Rehearsal {
    fn run(&mut self, effect: Effect) {
        match &effect {
            Effect::Speak { language, parts } => self.said = (language.clone(), parts.clone()),
            Effect::Keep(save) => self.told.push_back(Happening::Kept(save.id, Ok(()))),
            Effect::FindDrafts => self
                .told
                .push_back(Happening::Drafts(self.script.drafts.clone())),
            Effect::Submit(submission) if self.script.answers => {
                let anonymous = submission.factors.is_empty();
                let n = self.count;
                self.count += 1;
                let result = self.script.submit.clone().map(|()| Saved {
                    case: Self::case(n),
                    code: Self::code(n),
                    pin: anonymous.then(|| Personal::from("4071")),
                });
                self.told.push_back(Happening::Submitted(Box::new(result)));
            }
            Effect::Print { order, slip, .. } => {
                self.slip = Some((**slip).clone());
                if let Some(fonts) = &self.fonts {
                    let mut fonts = fonts.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Ok(slip_raster::Drawn { raster, below_qr }) = slip_raster::draw_marked(
                        &mut fonts,
                        &slip.blocks(),
                        Paper::Narrow,
                        &slip_raster::no_pictures,
                    ) {
                        self.told.push_back(Happening::Drawn {
                            order: *order,
                            picture: Handle::from_rgba(
                                raster.width(),
                                raster.height(),
                                raster.to_rgba(),
                            ),
                            size: (raster.width(), raster.height()),
                            below_qr,
                        });
                    }
                }
                self.told
                    .push_back(Happening::Slip(*order, self.script.slip.clone()));
            }
            Effect::Find(turn, _) => {
                let finding = if self.script.cases.is_empty() {
                    Finding::Nothing
                } else {
                    Finding::Cases(self.script.cases.clone())
                };
                self.told.push_back(Happening::Found(*turn, Ok(finding)));
            }
            Effect::Record(_) => {
                self.told
                    .push_back(Happening::Voice(voice::News::Level(0.6)));
                self.told
                    .push_back(Happening::Voice(voice::News::Seconds(12)));
            }
            Effect::StopRecording => self.told.push_back(Happening::Voice(voice::News::Ended {
                seconds: 13,
                full: false,
            })),
            Effect::Camera(true) => {
                let (picture, size) = paper();
                self.told
                    .push_back(Happening::Photo(photo::News::Preview(picture, size)));
            }
            Effect::Shutter(part) | Effect::ShowPart(part) => {
                let (picture, size) = paper();
                self.told.push_back(Happening::Photo(photo::News::Taken {
                    name: part.name.clone(),
                    fresh: matches!(effect, Effect::Shutter(_)),
                    picture,
                    size,
                    trouble: self.script.trouble,
                }));
            }
            Effect::ShowHeld(turn, _) | Effect::Correct(turn, ..) | Effect::Unlink(turn, ..) => {
                let shown = match &self.script.held {
                    Some(held) => Shown::Held(Box::new(held.clone())),
                    None => Shown::Nothing,
                };
                self.told.push_back(Happening::Held(*turn, Ok(shown)));
            }
            Effect::Remember(turn, _) | Effect::NewCard(turn, _) => {
                let card = Ok(self.script.card);
                self.told.push_back(Happening::Remembered(*turn, card));
            }
            Effect::EraseAll(turn, _) | Effect::EraseMatter(turn, _) => {
                let erased = Ok(self.script.erased.clone());
                self.told.push_back(Happening::Erased(*turn, erased));
            }
            Effect::PutAside(draft, factors) => self.told.push_back(Happening::PutAside(
                *draft,
                Ok(PutAside {
                    code: Self::code(9),
                    pin: factors.is_empty().then(|| Personal::from("4071")),
                }),
            )),
            Effect::CallPerson { .. } => self.told.push_back(Happening::PersonCalled { before: 1 }),
            Effect::Hush => self.said.1.clear(),
            Effect::NextVolume => self.volume = (self.volume + 1) % 4,
            Effect::ResetSound => self.volume = 2,
            _ => {}
        }
        self.asked.push(effect);
    }

    fn clock(&self) -> ClockView {
        ClockView {
            now: self.script.now,
            trust: if self.script.trusted {
                Trust::Trusted
            } else {
                Trust::Untrusted(Distrust::NeverSet)
            },
            wall_ms: 1_763_775_000_000,
            monotonic: self.passed,
        }
    }

    fn random(&mut self) -> [u8; 16] {
        self.count += 1;
        [self.count as u8; 16]
    }

    fn busy(&self) -> bool {
        false
    }

    fn loudest(&self) -> bool {
        self.volume == 3
    }
}
