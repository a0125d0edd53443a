//! The page that is up, as a picture and as speech.

use super::{Always, Kiosk, Screen, Touch};
use crate::effect::Backend;
use crate::frame::{self, Page, frame};
use crate::screen::{
    choose, closed, confirm, consent, done, due, help, papers, read_back, remember, rest, told,
};
use crate::theme::Look;
use crate::widget::{Draw, Tapped};
use iced::Element;
use onedoor_devices::sound::speak::Part;
use onedoor_domain::idnumber::IdNumber;
use onedoor_domain::session::{ForWhom, Step};
use std::fmt;

/// The code of a station that has no scanner at all, which is no fault.
const NO_SCANNER: &str = "SCN-000";

/// A page's name for traces, logs and the tour: never an answer in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageName(String);

impl fmt::Display for PageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<B: Backend> Kiosk<B> {
    /// The name of the page that is up.
    pub fn page_name(&self) -> PageName {
        PageName(if self.seconds_left().is_some() {
            "still-here".into()
        } else {
            match &self.screen {
                Screen::Rest => "rest".into(),
                Screen::Home(_) => "home".into(),
                Screen::Choose(choose, _) => match choose {
                    choose::Choose::ForWhom => "for-whom".into(),
                    choose::Choose::Relation => "relation".into(),
                    choose::Choose::HowTold => "how-told".into(),
                },
                Screen::Keypad(_) => match self.session.step() {
                    Step::HelperIdentify => "helper-identify".into(),
                    Step::HowToldPhone => "how-told-phone".into(),
                    _ => "identify".into(),
                },
                Screen::CardPhoto(_) => "card-photo".into(),
                Screen::Confirm => "confirm".into(),
                Screen::Papers(_) => "papers".into(),
                Screen::Question(page) => {
                    // `/data/place/village` is named by its last part.
                    let name = page.path().rsplit('/').next().unwrap_or_default();
                    format!("question/{name}")
                }
                Screen::ReadBack(_) => "read-back".into(),
                Screen::Consent { saving: true, .. } => "saving".into(),
                Screen::Consent { .. } => "consent".into(),
                Screen::Done(page) => match page.paper {
                    done::Paper::Failed(..) => "done/no-slip".into(),
                    _ => "done".into(),
                },
                Screen::Matters(page) => page.name().into(),
                Screen::Help { .. } => "help".into(),
                Screen::GoOn(page) => page.name().into(),
                Screen::Mine(page) => page.name().into(),
                Screen::Due(..) => "due".into(),
                Screen::Notices(page) => page.name().into(),
                Screen::Remember { .. } => "remember".into(),
                Screen::Practised => "practised".into(),
                Screen::County(page) => page.name(&self.machine.county).into(),
                Screen::Handed(page) => match page.paper {
                    done::Paper::Failed(..) => "handed/no-paper".into(),
                    _ => "handed".into(),
                },
                Screen::Closed(_) => "closed".into(),
            }
        })
    }

    /// The code of the case that is on the screen, for the trace of a test.
    pub fn case_on_screen(&self) -> Option<String> {
        match &self.screen {
            Screen::Done(done) => Some(done.receipt.code.compact()),
            Screen::Matters(page) => page.open().map(|m| m.code.compact()),
            Screen::Handed(page) => page.slip.code.as_ref().map(|code| code.digits.clone()),
            _ => None,
        }
    }

    /// The slip that is on the screen, as it is drawn on paper.
    pub fn slip_on_screen(&self) -> Option<crate::headless::Picture> {
        let drawn = match &self.screen {
            Screen::Done(done) => done.drawn.as_ref(),
            Screen::Handed(page) => page.drawn.as_ref(),
            _ => None,
        };
        match drawn? {
            iced::widget::image::Handle::Rgba {
                width,
                height,
                pixels,
                ..
            } => Some(crate::headless::Picture {
                width: *width,
                height: *height,
                rgba: pixels.to_vec(),
            }),
            _ => None,
        }
    }

    /// The state of the case that is on the screen, for the trace of a test.
    pub fn state_on_screen(&self) -> Option<&'static str> {
        match &self.screen {
            Screen::Done(done) if done.delivered => Some("delivered"),
            Screen::Done(_) => Some("saved"),
            Screen::Matters(page) if page.open().is_some_and(|m| m.needs_a_person()) => {
                Some("unread")
            }
            Screen::Matters(page) => page.open().map(|m| {
                crate::screen::matters::phase_prompt(&m.status)
                    .trim_start_matches("say-matters-state-")
            }),
            _ => None,
        }
    }

    fn confirmed_number(&self) -> Option<IdNumber> {
        IdNumber::parse(self.session.id_number()?).ok()
    }

    /// What would be remembered, by its fields' names, and whether it is of a family member.
    fn offered(&self) -> (Vec<String>, bool) {
        self.offer
            .as_ref()
            .map_or_else(Default::default, |offer| (offer.names(), offer.family()))
    }

    fn offline(&self) -> bool {
        !self.machine.county.online
    }

    fn may_yield(&self) -> bool {
        self.session.worth_keeping() && !self.practice
    }

    pub(super) fn page(&self) -> Page<'_, Touch> {
        let ctx = self.ctx();
        let per = self.tiles();
        if let Some(seconds) = self.seconds_left() {
            return closed::idle(ctx, seconds, Touch::StillHere);
        }
        let mut page = match &self.screen {
            Screen::Rest => rest::view(
                ctx,
                &self.languages,
                self.time(),
                self.notice_now(),
                self.machine.county.alarm.is_some(),
            )
            .map(Touch::Rest),
            Screen::Home(home) => home
                .view(ctx, per, !self.waiting.is_empty())
                .map(Touch::Home),
            Screen::Choose(choose, leaf) => {
                let made = match choose {
                    choose::Choose::ForWhom => self.session.for_whom().map(choose::Chosen::ForWhom),
                    choose::Choose::Relation => self
                        .session
                        .relation()
                        .map(|name| choose::Chosen::Relation(name.to_owned())),
                    choose::Choose::HowTold => self.session.how_told().map(choose::Chosen::HowTold),
                };
                let kin = self.kin();
                let count = choose.count(kin.len());
                let mut page = choose.view(ctx, per, leaf.0, made, &kin).map(Touch::Choose);
                if count > per {
                    let label = if leaf.is_last(count, per) {
                        "first-ones"
                    } else {
                        "more"
                    };
                    page.next = frame::Next::Ready(ctx.say.text(label), Touch::MoreChoices);
                }
                page
            }
            Screen::Keypad(pad) => pad.view(ctx).map(Touch::Keypad),
            Screen::CardPhoto(entry) => self.card_page(entry),
            Screen::Confirm => match self.confirmed_number() {
                Some(number) => confirm::view(
                    ctx,
                    &number,
                    self.session.for_whom() == Some(ForWhom::Family),
                    self.clock.today(),
                )
                .map(Touch::Confirm),
                None => Page::new("", |_, _| crate::widget::space(1.0, 1.0)),
            },
            Screen::Papers(leaf) => {
                let service = self
                    .session
                    .service()
                    .and_then(|id| self.station.service(id));
                papers::view(
                    ctx,
                    service.map_or(&[], |s| s.papers.as_slice()),
                    per,
                    *leaf,
                )
                .map(Touch::Papers)
            }
            Screen::Question(page) => page.view(ctx, per).map(Touch::Question),
            Screen::ReadBack(leaf) => read_back::view(
                ctx,
                self.lines(),
                read_back::per(per, self.idle.upright),
                *leaf,
            )
            .map(Touch::ReadBack),
            Screen::Consent {
                saving,
                fault,
                second,
            } => {
                let (owner, _) = self.answerer();
                consent::view(
                    ctx,
                    owner.as_ref(),
                    (
                        read_back::given(&self.lines()),
                        self.session.id_number().is_some(),
                    ),
                    self.own_consent().as_ref(),
                    (!second, self.person.text != crate::theme::TextSize::Normal),
                    *saving,
                    *fault,
                )
                .map(Touch::Consent)
            }
            Screen::Done(done) => done::view(ctx, done, self.offline()).map(Touch::Done),
            Screen::Matters(page) => page
                .view(
                    ctx,
                    per,
                    !self.waiting.is_empty(),
                    self.machine.scanner.is_none(),
                )
                .map(Touch::Matters),
            Screen::Help { before } => help::view(ctx, *before, self.may_yield()).map(Touch::Help),
            Screen::GoOn(page) => page.view(ctx).map(Touch::GoOn),
            Screen::Mine(page) => page
                .view(ctx, per, self.machine.scanner.is_none())
                .map(Touch::Mine),
            Screen::Due(leaf, rights) => due::view(ctx, rights, *leaf, per).map(Touch::Due),
            Screen::Notices(page) => page.view(ctx, self.clock.today(), per).map(Touch::Notices),
            Screen::Remember { busy, fault } => {
                let (names, family) = self.offered();
                remember::view(ctx, &names, family, *busy, *fault).map(Touch::Remember)
            }
            Screen::Handed(page) => page.view(ctx).map(Touch::Handed),
            Screen::Practised => told::told(
                ctx,
                "say-practice-done",
                "practice",
                vec![ctx.say.text("practice-nothing")],
            )
            .next(ctx.say.text("done-home"), Touch::PracticeOver),
            Screen::County(page) => page.view(ctx, self.county_seen()).map(Touch::County),
            Screen::Closed(code) => closed::view(ctx, code),
        };

        if let Some(fault) = &self.machine.record
            && page.fault.is_none()
        {
            page.fault = Some(ctx.say.text(if fault.full {
                "say-store-full"
            } else {
                "say-store-busy"
            }));
        }
        // Beside the sentence for the resident the code for the technician.
        let of_record = self.machine.record.is_some()
            || matches!(self.screen, Screen::Consent { fault: Some(_), .. });
        if let (true, Some(text), Some(code)) = (of_record, &mut page.fault, self.machine.code) {
            text.push_str(&format!(" ({code})"));
        }
        page
    }

    /// The time for the rest page; none while the clock is not trusted.
    fn time(&self) -> Option<String> {
        self.clock.trust.is_trusted().then(|| {
            let now = self.clock.now;
            format!("{}:{:02}", now.hour(), now.minute())
        })
    }

    /// The notice whose turn it is on the rest page: another one each minute.
    fn notice_now(&self) -> Option<String> {
        let all = self.station.notices(self.clock.today());
        let turn = usize::try_from(self.clock.monotonic.as_secs() / 60).unwrap_or(0);
        let notice = all.get(turn.checked_rem(all.len())?)?;
        let tag = &self.person.language;
        Some(format!(
            "{}  {}",
            notice.title.get(tag),
            notice.source.get(tag)
        ))
    }

    /// A quiet sign at the top: what does not work, in words.
    fn sign(&self) -> Option<String> {
        let say = self.say();
        if self.practice {
            return Some(say.text("practice-sign"));
        }
        match (self.machine.sound, self.machine.scanner) {
            (Some(code), _) => Some(format!("{} ({code})", say.text("no-sound"))),
            (None, _) if !self.clock.trust.is_trusted() => Some(say.text("clock-wrong")),
            (None, Some(code))
                if code != NO_SCANNER && matches!(self.screen, Screen::Matters(_)) =>
            {
                Some(format!("{} ({code})", say.text("sign-scanner")))
            }
            _ => None,
        }
    }

    /// Draws the page for a window of this look.
    pub fn view(&self, look: Look) -> Element<'_, Tapped<Touch>> {
        let say = self.say();
        let draw = Draw {
            look,
            say,
            pictures: &self.pictures,
        };
        let next_language = self.languages.after(&self.person.language);
        let asked = super::answers::Asked(self.filling.as_ref());
        let always = frame::Always {
            person: Touch::Always(Always::PersonCalled),
            hear: Touch::Always(Always::HeardAgain),
            language: (
                next_language.text("language-name"),
                Touch::Always(Always::LanguageSwitched),
            ),
            text: Touch::Always(Always::TextSized),
            contrast: Touch::Always(Always::ContrastSwitched),
            volume: Touch::Always(Always::VolumeTurned),
            loudest: self.backend.loudest(),
            station: self.station.name(&say.tag).to_owned(),
            progress: match &self.screen {
                Screen::Help { .. }
                | Screen::GoOn(_)
                | Screen::Matters(_)
                | Screen::Done(_)
                | Screen::Mine(_)
                | Screen::Due(..)
                | Screen::Notices(_)
                | Screen::Remember { .. }
                | Screen::Handed(_)
                | Screen::County(_)
                | Screen::Practised => None,
                _ => self.session.progress(&asked),
            },
            sign: self.sign(),
            practice: self.practice,
        };
        frame(draw, self.page(), always)
    }

    /// What the page that is up says; to whoever uses the number pad also which key does what.
    pub fn spoken(&self) -> Vec<Part> {
        let mut parts = match &self.screen {
            Screen::ReadBack(leaf) if self.by_pad => self.read_back_by_pad(*leaf),
            _ => self.spoken_page(),
        };
        if self.by_pad {
            parts.extend(self.pad_hints());
        }
        parts
    }

    fn spoken_page(&self) -> Vec<Part> {
        let ctx = self.ctx();
        let per = self.tiles();
        // What is private is said only to whoever asked for it: by Hear again, or by using the keys, who sees nothing else.
        if !self.by_pad && !self.asked_aloud {
            match &self.screen {
                Screen::ReadBack(_) => return read_back::announced(ctx),
                Screen::Matters(page) if page.private() => {
                    return page.announced(ctx);
                }
                Screen::Due(..) => return vec![ctx.part("say-due"), ctx.part("say-private")],
                _ => {}
            }
        }
        match &self.screen {
            Screen::Rest => rest::spoken(ctx),
            Screen::Home(home) => home.spoken(ctx, per, !self.waiting.is_empty()),
            Screen::Choose(choose, leaf) => choose.spoken(ctx, per, leaf.0, &self.kin()),
            Screen::Keypad(pad) => pad.spoken(ctx),
            Screen::CardPhoto(entry) => self.card_spoken(entry),
            Screen::Confirm => {
                confirm::spoken(ctx, self.session.for_whom() == Some(ForWhom::Family))
            }
            Screen::Papers(leaf) => match self
                .session
                .service()
                .and_then(|id| self.station.service(id))
            {
                Some(service) => papers::spoken(ctx, &service.id, &service.papers, per, *leaf),
                None => Vec::new(),
            },
            Screen::Question(page) => page.spoken(ctx, per),
            Screen::ReadBack(leaf) => read_back::spoken(
                ctx,
                &self.lines(),
                read_back::per(per, self.idle.upright),
                *leaf,
            ),
            Screen::Consent { fault, .. } => consent::spoken(
                ctx,
                self.session.service().unwrap_or_default(),
                self.own_consent().as_ref(),
                *fault,
            ),
            Screen::Done(done) => done::spoken(ctx, done, self.offline() && !done.delivered),
            Screen::Matters(page) => page.spoken(ctx, per, self.machine.scanner.is_none()),
            Screen::Help { before } => help::spoken(ctx, *before),
            Screen::GoOn(page) => page.spoken(ctx),
            Screen::Mine(page) => page.spoken(ctx, per),
            Screen::Due(leaf, rights) => due::spoken(ctx, rights, *leaf, per),
            Screen::Notices(page) => page.spoken(ctx, self.clock.today(), per),
            Screen::Remember { fault, .. } => remember::spoken(ctx, *fault),
            Screen::Handed(page) => page.spoken(ctx),
            Screen::Practised => vec![ctx.part("say-practice-done")],
            Screen::County(page) => page.spoken(ctx, &self.machine.county),
            Screen::Closed(_) => closed::spoken(ctx),
        }
    }
}
