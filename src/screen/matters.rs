//! How far is my matter? By the slip's code or its ten digits, and a second factor.

use super::keypad::{self, Keypad, Kind, Typed};
use super::{Ctx, Leaf};
use crate::frame::{Extra, Next, Page};
use crate::keys::Reach;
use crate::theme;
use crate::widget::part::{Stack, fitting, size_for, steps, steps_height, text_height};
use crate::widget::{Tapped, badge, badge_width, numbered_control, picture, space, tap, words};
use iced::alignment::{Horizontal, Vertical};
use iced::widget::{column, container, row};
use iced::{Element, Length, Padding};
use jiff::civil::Date;
use onedoor_devices::sound::speak::Part;
use onedoor_domain::calendar::Due;
use onedoor_domain::case::{AnswerKind, CaseStatus, Phase, Word};
use onedoor_domain::code::CaseCode;
use onedoor_domain::id::CaseId;
use onedoor_domain::personal::Personal;

/// A case as its resident sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Matter {
    /// The case.
    pub case: CaseId,
    /// Its code.
    pub code: CaseCode,
    /// Its service.
    pub service: String,
    /// Where it stands.
    pub status: CaseStatus,
    /// When it was handed in; absent where the clock was not trusted.
    pub since: Option<Date>,
    /// The county keeps it and could not read it.
    pub unread: bool,
    /// What the county tells of it besides.
    pub county: FromCounty,
}

impl Matter {
    /// It went to the county, which could not read it: a person sees to it.
    pub fn needs_a_person(&self) -> bool {
        self.unread && matches!(self.status.phase, Phase::Saved | Phase::Draft)
    }

    /// The sentence for its state.
    fn prompt(&self) -> &'static str {
        if self.needs_a_person() {
            "say-matters-state-unread"
        } else {
            state_prompt(&self.status)
        }
    }
}

/// What the county tells of a case besides its state.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FromCounty {
    /// Who has it: name and a phone that is answered, where the county knows them.
    pub owner: Option<(String, Option<String>)>,
    /// What was answered, in the order in which it is read.
    pub texts: Vec<Answered>,
}

/// A text of the office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// What it is for.
    pub role: Role,
    /// Its language tag.
    pub language: String,
    /// The text; it may name the resident.
    pub text: Personal<String>,
}

/// What a text of the office is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Why, or the one thing that is missing.
    Reason,
    /// Another way to what the resident needs.
    OtherWay,
    /// Something to know besides.
    Note,
}

impl FromCounty {
    /// The texts in a language; where there is none in it, those of the language that was written first.
    fn texts_in(&self, tag: &str) -> impl Iterator<Item = &Answered> {
        let has = |tag: &str| self.texts.iter().any(|text| text.language == tag);
        let tag = if has(tag) {
            Some(tag.to_owned())
        } else {
            self.texts.first().map(|text| text.language.clone())
        };
        self.texts
            .iter()
            .filter(move |text| Some(&text.language) == tag.as_ref())
    }
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// By the slip that was scanned, and what was typed beside it.
    Slip(CaseId, Personal<String>),
    /// By the code that was typed, and what was typed beside it.
    Code(CaseCode, Personal<String>),
}

/// Where on the page a person is.
#[derive(Debug, Clone)]
enum Stage {
    Ask,
    Code(Box<Keypad>),
    Factor(By, Box<Keypad>),
    Looking(By, Box<Keypad>),
    List(Vec<Matter>, Leaf),
    One(Box<Matter>, Option<Vec<Matter>>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Slip(CaseId),
    Code(CaseCode),
}

/// The page.
#[derive(Debug, Clone)]
pub struct Matters {
    stage: Stage,
    fault: Option<&'static str>,
}

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// "No slip: type the number."
    ByCode,
    /// On the keypad.
    Keypad(keypad::Message),
    /// "Go on with what was begun."
    Unfinished,
    /// One of several.
    Opened(CaseId),
    /// More of several.
    Turned,
    /// The resident's word.
    Said(Word),
    /// "I want to talk to someone."
    Talk,
    /// Back.
    Back,
    /// Home.
    Finished,
}

/// What the root has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Nothing beyond the page itself.
    Stay,
    /// Say the page anew.
    Speak,
    /// Look for this.
    Find(Query),
    /// Write down what the resident said.
    Word(CaseId, Word),
    /// Go on with a draft.
    Unfinished,
    /// Call a person.
    Person,
    /// Home.
    Leave,
}

impl Default for Matters {
    fn default() -> Self {
        Self {
            stage: Stage::Ask,
            fault: None,
        }
    }
}

impl Matters {
    /// The page after a slip was scanned: only the second factor is asked.
    pub fn scanned(case: CaseId) -> Self {
        Self {
            stage: Stage::Factor(By::Slip(case), Box::new(Keypad::new(Kind::LastFour))),
            fault: None,
        }
    }

    /// The matters of somebody who is known: nothing more is asked.
    pub fn of(mut all: Vec<Matter>) -> Self {
        let stage = match all.len() {
            1 => Stage::One(Box::new(all.remove(0)), None),
            _ => Stage::List(all, Leaf(0)),
        };
        Self { stage, fault: None }
    }

    /// A name for the trace.
    pub fn name(&self) -> &'static str {
        match &self.stage {
            Stage::Ask => "matters",
            Stage::Code(_) => "matters/code",
            Stage::Factor(..) | Stage::Looking(..) => "matters/factor",
            Stage::List(..) => "matters/list",
            Stage::One(..) => "matters/case",
        }
    }

    /// The case that is open, if one is.
    pub fn open(&self) -> Option<&Matter> {
        match &self.stage {
            Stage::One(matter, _) => Some(matter),
            _ => None,
        }
    }

    /// Takes a message; `per` is how many tiles a page shows.
    pub fn update(&mut self, message: Message, per: usize) -> Action {
        self.fault = None;
        match (message, &mut self.stage) {
            (Message::ByCode, _) => {
                self.stage = Stage::Code(Box::new(Keypad::new(Kind::CaseCode)));
                Action::Speak
            }
            (Message::Unfinished, _) => Action::Unfinished,
            (Message::Keypad(message), Stage::Code(pad)) => match pad.update(message) {
                keypad::Action::Finished(Typed::Code(code)) => {
                    self.stage =
                        Stage::Factor(By::Code(code), Box::new(Keypad::new(Kind::LastFour)));
                    Action::Speak
                }
                keypad::Action::Back => {
                    self.stage = Stage::Ask;
                    Action::Speak
                }
                keypad::Action::Refused => Action::Speak,
                _ => Action::Stay,
            },
            (Message::Keypad(message), Stage::Factor(by, pad)) => {
                let by = *by;
                match pad.update(message) {
                    keypad::Action::Finished(Typed::Digits(typed)) => {
                        let pad = pad.clone();
                        self.stage = Stage::Looking(by, pad);
                        Action::Find(match by {
                            By::Slip(case) => Query::Slip(case, typed),
                            By::Code(code) => Query::Code(code, typed),
                        })
                    }
                    keypad::Action::Switch => {
                        let other = if pad.kind == Kind::SlipPin {
                            Kind::LastFour
                        } else {
                            Kind::SlipPin
                        };
                        **pad = Keypad::new(other);
                        Action::Speak
                    }
                    keypad::Action::Back => {
                        self.stage = match by {
                            By::Slip(_) => Stage::Ask,
                            By::Code(_) => Stage::Code(Box::new(Keypad::new(Kind::CaseCode))),
                        };
                        Action::Speak
                    }
                    keypad::Action::Refused => Action::Speak,
                    _ => Action::Stay,
                }
            }
            (Message::Opened(case), Stage::List(all, _)) => {
                if let Some(matter) = all.iter().find(|m| m.case == case).cloned() {
                    let all = all.clone();
                    self.stage = Stage::One(Box::new(matter), Some(all));
                }
                Action::Speak
            }
            (Message::Turned, Stage::List(all, leaf)) => {
                *leaf = leaf.turned(all.len(), per.min(4));
                Action::Speak
            }
            (Message::Said(word), Stage::One(matter, _)) => Action::Word(matter.case, word),
            (Message::Talk, _) => Action::Person,
            (Message::Back, Stage::One(_, Some(all))) => {
                let all = all.clone();
                self.stage = Stage::List(all, Leaf(0));
                Action::Speak
            }
            (Message::Back, Stage::Ask) | (Message::Finished, _) => Action::Leave,
            (Message::Back, _) => {
                self.stage = Stage::Ask;
                Action::Speak
            }
            _ => Action::Stay,
        }
    }

    /// Nothing was found: back to the second factor, with the sentence that says why.
    pub fn refuse(&mut self, why: &str) {
        if let Stage::Looking(by, pad) = &self.stage {
            let mut fresh = Keypad::new(pad.kind);
            fresh.fault = Some(why.into());
            self.stage = Stage::Factor(*by, Box::new(fresh));
        }
    }

    /// These were found.
    pub fn found(&mut self, mut matters: Vec<Matter>) {
        match matters.len() {
            0 => self.refuse("say-matters-not-found"),
            1 => self.stage = Stage::One(Box::new(matters.remove(0)), None),
            _ => {
                // The one whose slip was shown opens itself; the others are one Back away.
                let wanted = match &self.stage {
                    Stage::Looking(By::Slip(case), _) => {
                        matters.iter().position(|m| m.case == *case)
                    }
                    Stage::Looking(By::Code(code), _) => {
                        matters.iter().position(|m| m.code == *code)
                    }
                    _ => None,
                };
                self.stage = match wanted {
                    Some(at) => Stage::One(Box::new(matters[at].clone()), Some(matters)),
                    None => Stage::List(matters, Leaf(0)),
                };
            }
        }
    }

    /// The case changed.
    pub fn changed(&mut self, status: CaseStatus) {
        if let Stage::One(matter, _) = &mut self.stage {
            matter.unread &= !status.delivered;
            matter.status = status;
        }
    }

    /// The county could not read this case; true where it is the one that is up.
    pub fn unread(&mut self, case: CaseId) -> bool {
        let (all, up) = match &mut self.stage {
            Stage::One(matter, others) => {
                let up = matter.case == case;
                matter.unread |= up;
                (others.as_mut(), up)
            }
            Stage::List(all, _) => (Some(all), false),
            _ => (None, false),
        };
        for matter in all.into_iter().flatten().filter(|m| m.case == case) {
            matter.unread = true;
        }
        up
    }

    /// The page.
    pub fn view<'a>(
        &'a self,
        ctx: Ctx<'a>,
        per: usize,
        unfinished: bool,
        scanner: bool,
    ) -> Page<'a, Message> {
        let say = ctx.say;
        match &self.stage {
            Stage::Ask => {
                let title = if scanner {
                    "say-matters"
                } else {
                    "say-scanner-gone"
                };
                let mut page = Page::new(say.text(title), move |draw, room| {
                    let look = draw.look;
                    let palette = look.palette;
                    let button = |target, label: String, drawing, message| {
                        let number = if target == "matters/code" { 1 } else { 2 };
                        let wide = if unfinished {
                            (room.0 - theme::GAP) / 2.0
                        } else {
                            room.0
                        };
                        let size = fitting(
                            &label,
                            look.gentle(48.0),
                            (
                                wide - 120.0 - badge_width(draw),
                                look.gentle(theme::CONTROL + 24.0) - 16.0,
                            ),
                        );
                        numbered_control(
                            draw,
                            (target, number),
                            &label,
                            drawing,
                            palette.tile,
                            size,
                        )
                        .width(Length::Fill)
                        .height(look.gentle(theme::CONTROL + 24.0))
                        .on_tap(message)
                    };
                    let mut under = row![button(
                        "matters/code",
                        say.text("matters-code"),
                        "keypad",
                        Message::ByCode
                    )]
                    .spacing(theme::GAP);
                    if unfinished {
                        under = under.push(button(
                            "matters/unfinished",
                            say.text("say-unfinished"),
                            "start-again",
                            Message::Unfinished,
                        ));
                    }
                    let side = (room.1 * 0.42).min(320.0);
                    let whole: Element<'a, Tapped<Message>> = column![
                        container(
                            row![
                                picture(
                                    draw,
                                    if scanner { "slip-qr" } else { "scanner-off" },
                                    side
                                ),
                                picture(draw, if scanner { "scan" } else { "keypad" }, side),
                            ]
                            .spacing(64)
                        )
                        .width(Length::Fill)
                        .height(Length::Fill)
                        .align_x(Horizontal::Center)
                        .align_y(Vertical::Center),
                        words(
                            say.text("say-matters-lost"),
                            look.px(theme::BODY),
                            palette.page_quiet
                        )
                        .wide()
                        .centred(),
                        under,
                    ]
                    .spacing(theme::GAP)
                    .into();
                    whole
                });
                page.back = Some(Message::Back);
                page.reach = Reach::default().number(1, "matters/code", Message::ByCode);
                if unfinished {
                    page.reach = page
                        .reach
                        .number(2, "matters/unfinished", Message::Unfinished);
                }
                page
            }
            Stage::Code(pad) | Stage::Factor(_, pad) | Stage::Looking(_, pad) => {
                let mut page = pad.view(ctx).map(Message::Keypad);
                if matches!(self.stage, Stage::Looking(..)) {
                    page.next = Next::Missing(say.text("say-saving"));
                }
                page
            }
            Stage::List(all, leaf) => {
                let per = per.min(4);
                let shown: Vec<&Matter> = leaf.of(all, per).iter().collect();
                let reach =
                    (1u16..)
                        .zip(&shown)
                        .fold(Reach::default(), |reach, (number, matter)| {
                            let target = format!("matter/{}", matter.code.compact());
                            reach.number(number, target, Message::Opened(matter.case))
                        });
                let mut page = Page::new(
                    say.with("matters-several", &[("count", all.len().into())]),
                    move |draw, _room| {
                        let look = draw.look;
                        let surface = look.palette.tile;
                        let mut column = column![].spacing(18);
                        for (n, matter) in shown.into_iter().enumerate() {
                            let service = ctx.station.service(&matter.service);
                            let mut title = service.map_or("", |s| s.title(&say.tag)).to_owned();
                            // Three of the same service are told apart by their day.
                            if let Some(day) = matter.since {
                                let on = [("month", day.month().into()), ("day", day.day().into())];
                                title = format!("{title}  {}", say.with("matters-on", &on));
                            }
                            let drawing = service.map_or("list", |s| s.picture.as_str());
                            let line = row![
                                badge(draw, n + 1, look.palette.number),
                                picture(draw, drawing, look.gentle(96.0)),
                                column![
                                    words(title.clone(), look.px(theme::LABEL), surface.ink).bold(),
                                    words(
                                        say.text(matter.prompt()),
                                        look.px(theme::BODY),
                                        surface.ink
                                    ),
                                ],
                            ]
                            .spacing(28)
                            .align_y(Vertical::Center);
                            column = column.push(
                                tap(
                                    format!("matter/{}", matter.code.compact()),
                                    title,
                                    surface,
                                    container(line).width(Length::Fill),
                                )
                                .padding(Padding::from([8.0, 28.0]))
                                .width(Length::Fill)
                                .height(Length::Fill)
                                .on_tap(Message::Opened(matter.case)),
                            );
                        }
                        column.height(Length::Fill).into()
                    },
                )
                .reach(reach)
                .back(Message::Back);
                if all.len() > per {
                    page = page.next(say.text("more"), Message::Turned);
                }
                page
            }
            Stage::One(matter, _) => self.one(ctx, matter),
        }
    }

    fn one<'a>(&'a self, ctx: Ctx<'a>, matter: &'a Matter) -> Page<'a, Message> {
        let say = ctx.say;
        let service = ctx.station.service(&matter.service);
        let title =
            service.map_or_else(|| matter.service.clone(), |s| s.title(&say.tag).to_owned());
        let mut page = Page::new(title, move |draw, room: (f32, f32)| {
            let look = draw.look;
            let palette = look.palette;
            // The resident's word is asked for once there is something to have a word on.
            let asked = answered(&matter.status);
            let button = if asked {
                look.gentle(theme::CONTROL + 12.0)
            } else {
                0.0
            };
            let gap = look.gentle(14.0);
            let high = room.1 - button - theme::GAP;
            let mut left = Stack::new(high, gap);
            let state = say.text(matter.prompt());
            let answers: Vec<String> = matter
                .county
                .texts_in(&say.tag)
                .map(|text| {
                    let words = text.text.expose().as_str();
                    let caption = caption(text.role, matter.status.answer);
                    say.with(caption, &[("text", words.into())])
                })
                .collect();
            // At the largest text a line is smaller rather than missing; an answer is what the page is for.
            let sized = |big: f32| {
                let left = high - text_height(&state, big, room.0) - gap;
                let texts = answers.iter().map(String::as_str);
                let size = size_for(texts, (room.0, left), gap, look.gentle(theme::BODY));
                let all: f32 = answers
                    .iter()
                    .map(|text| text_height(text, size, room.0) + gap)
                    .sum();
                (size, all <= left - 28.0)
            };
            let mut big = look.gentle(52.0);
            let (mut size, mut whole) = sized(big);
            if !whole {
                big = theme::BODY + 4.0;
                (size, whole) = sized(big);
            }
            left.push(
                0,
                text_height(&state, big, room.0),
                words(state, big, palette.page).bold().wide(),
            );
            let code = look.gentle(60.0);
            left.push(
                2,
                code * theme::LINE_HEIGHT,
                row![
                    words(say.text("done-code"), size, palette.page_quiet),
                    words(matter.code.to_string(), code, palette.page)
                        .bold()
                        .one_line(),
                ]
                .spacing(24)
                .align_y(Vertical::Center),
            );
            let line = |left: &mut Stack<'a, _>, rank: usize, text: String, bold: bool| {
                let height = text_height(&text, size, room.0);
                let line = words(text, size, palette.page).wide();
                left.push(rank, height, if bold { line.bold() } else { line });
            };
            if !whole {
                line(&mut left, 0, say.text("matters-answer-long"), true);
            }
            for answer in answers {
                line(&mut left, 0, answer, false);
            }
            // Whoever has it; a record of before people were named in it knows only who the service's own is.
            let named = matter.status.owner.as_deref();
            let named = named.and_then(|id| ctx.station.person(id));
            if let (None, Some((name, phone))) = (&named, &matter.county.owner) {
                let who = say.with(
                    "done-who",
                    &[
                        ("name", name.as_str().into()),
                        ("office", ctx.station.county(&say.tag).into()),
                        ("phone", phone.as_deref().unwrap_or_default().into()),
                    ],
                );
                line(&mut left, 1, who, false);
            } else if let Some(owner) = named.or_else(|| service.and_then(|s| s.owner.clone())) {
                let who = say.with(
                    "done-who",
                    &[
                        ("name", owner.name(&say.tag).into()),
                        ("office", owner.office(&say.tag).into()),
                        ("phone", owner.phone.as_str().into()),
                    ],
                );
                line(&mut left, 1, who, false);
            }
            if let Some(day) = matter.since {
                let since = [("month", day.month().into()), ("day", day.day().into())];
                line(&mut left, 4, say.with("matters-since", &since), false);
            }
            match promised(&matter.status) {
                Some(Due::On(day)) => {
                    let due = [("month", day.month().into()), ("day", day.day().into())];
                    line(&mut left, 1, say.with("done-due-on", &due), true);
                }
                Some(Due::WithinWorkingDays(days)) => {
                    line(
                        &mut left,
                        1,
                        say.with("done-due-within", &[("days", days.into())]),
                        true,
                    );
                }
                None => {}
            }
            left.push(
                3,
                look.gentle(56.0) + 8.0 + steps_height(look, say, room.0),
                steps(draw, say, (reached(&matter.status), room.0)),
            );
            let left = left.finish();
            if !asked {
                return left.into();
            }
            let mut buttons = row![].spacing(theme::GAP);
            for (n, (target, label, drawing, word)) in WORDS.into_iter().enumerate() {
                let surface = if matter.status.word == Some(word) {
                    palette.chosen
                } else {
                    palette.tile
                };
                let room = (
                    (room.0 - 2.0 * theme::GAP) / 3.0
                        - 32.0
                        - look.gentle(42.0) * 1.3
                        - 12.0
                        - badge_width(draw),
                    button - 16.0,
                );
                let size = fitting(&say.text(label), look.gentle(42.0), room);
                buttons = buttons.push(
                    numbered_control(
                        draw,
                        (target, n + 1),
                        &say.text(label),
                        drawing,
                        surface,
                        size,
                    )
                    .width(Length::Fill)
                    .height(button)
                    .on_tap(Message::Said(word)),
                );
            }
            let whole: Element<'a, Tapped<Message>> =
                column![left, space(1.0, Length::Fill), buttons]
                    .spacing(theme::GAP)
                    .into();
            whole
        });
        page.back = Some(Message::Back);
        page.extra = Some(Extra {
            target: "talk",
            label: say.text("matters-talk"),
            picture: None,
            message: Message::Talk,
        });
        page.next = Next::Ready(say.text("done-home"), Message::Finished);
        if answered(&matter.status) {
            page.reach = (1u16..)
                .zip(WORDS)
                .fold(Reach::default(), |reach, (number, row)| {
                    reach.number(number, row.0, Message::Said(row.3))
                });
        }
        page.fault = self.fault.map(|id| say.text(id));
        page
    }

    /// Whether the page says whose matter it is about what.
    pub fn private(&self) -> bool {
        matches!(self.stage, Stage::List(..) | Stage::One(..))
    }

    /// What it says by itself: where a matter stands, not which it is; that comes when somebody asks for it.
    pub fn announced(&self, ctx: Ctx<'_>) -> Vec<Part> {
        let state = match &self.stage {
            Stage::One(matter, _) if matter.needs_a_person() => ctx.part(matter.prompt()),
            // That there is an answer, not which: others may stand near.
            Stage::One(matter, _) => ctx.part(phase_prompt(&matter.status)),
            _ => ctx.part("say-my-matters"),
        };
        vec![state, ctx.part("say-private")]
    }

    /// What it says.
    pub fn spoken(&self, ctx: Ctx<'_>, per: usize, scanner: bool) -> Vec<Part> {
        match &self.stage {
            Stage::Ask if scanner => vec![ctx.part("say-matters"), ctx.part("say-matters-lost")],
            Stage::Ask => vec![ctx.part("say-scanner-gone")],
            Stage::Code(pad) | Stage::Factor(_, pad) => pad.spoken(ctx),
            Stage::Looking(..) => Vec::new(),
            Stage::List(all, leaf) => {
                let mut parts = Vec::new();
                for (n, matter) in leaf.of(all, per.min(4)).iter().enumerate() {
                    let title = ctx
                        .station
                        .service(&matter.service)
                        .map_or("", |s| s.title(&ctx.say.tag));
                    parts.extend(ctx.numbered(
                        n + 1,
                        Part::prompt(format!("services/{}/title", matter.service), title),
                    ));
                    parts.push(ctx.part(matter.prompt()));
                }
                parts
            }
            Stage::One(matter, _) => {
                let title = ctx
                    .station
                    .service(&matter.service)
                    .map_or("", |s| s.title(&ctx.say.tag));
                let mut parts = vec![
                    Part::prompt(format!("services/{}/title", matter.service), title),
                    ctx.part(matter.prompt()),
                ];
                match promised(&matter.status) {
                    Some(Due::On(day)) => {
                        parts.push(ctx.part("say-due-by"));
                        parts.push(Part::Date {
                            date: day,
                            year: false,
                        });
                    }
                    Some(Due::WithinWorkingDays(days)) => {
                        parts.push(ctx.part("say-due-within"));
                        parts.push(Part::WorkingDays(days.into()));
                    }
                    None => {}
                }
                parts
            }
        }
    }

    /// How many digits are missing on its keypad.
    pub fn spoken_count(&self, ctx: Ctx<'_>) -> Vec<Part> {
        match &self.stage {
            Stage::Code(pad) | Stage::Factor(_, pad) => pad.spoken_count(ctx),
            _ => Vec::new(),
        }
    }

    /// What whoever only hears needs beside it: which number does what.
    pub fn spoken_numbers(&self, ctx: Ctx<'_>, unfinished: bool) -> Vec<Part> {
        match &self.stage {
            Stage::Ask => {
                let mut parts = Vec::from(ctx.numbered(1, ctx.part("matters-code")));
                if unfinished {
                    parts.extend(ctx.numbered(2, ctx.part("say-unfinished")));
                }
                parts
            }
            Stage::Code(pad) | Stage::Factor(_, pad) => pad.spoken_count(ctx),
            Stage::One(matter, _) if !answered(&matter.status) => Vec::new(),
            Stage::One(..) => (1..)
                .zip(WORDS)
                .flat_map(|(n, row)| ctx.numbered(n, ctx.part(row.1)))
                .collect(),
            Stage::Looking(..) | Stage::List(..) => Vec::new(),
        }
    }
}

/// Whether somebody answered: before that there is nothing to say "solved" of.
fn answered(status: &CaseStatus) -> bool {
    !matches!(status.phase, Phase::Draft | Phase::Saved | Phase::InHand)
}

/// What a resident may say of an answer: target, label, picture, word.
const WORDS: [(&str, &str, &str, Word); 3] = [
    ("word/solved", "matters-solved", "solved", Word::Solved),
    ("word/partly", "matters-partly", "partly", Word::Partly),
    (
        "word/not-solved",
        "matters-not-solved",
        "not-solved",
        Word::NotSolved,
    ),
];

/// By when an answer was promised, while there is none: afterwards the term says nothing any more.
fn promised(status: &CaseStatus) -> Option<Due> {
    status.due.filter(|_| !answered(status))
}

/// What stands before a text of the office.
fn caption(role: Role, answer: Option<AnswerKind>) -> &'static str {
    match (role, answer) {
        (Role::Reason, Some(AnswerKind::SentBack)) => "matters-missing",
        (Role::Reason, Some(AnswerKind::Refused)) => "matters-reason",
        (Role::Reason, _) => "matters-answer",
        (Role::OtherWay, _) => "matters-other-way",
        (Role::Note, _) => "matters-note",
    }
}

/// The sentence for a case's state; for one that was answered, how.
pub fn state_prompt(status: &CaseStatus) -> &'static str {
    match (status.phase, status.answer) {
        (Phase::Answered | Phase::Told, Some(AnswerKind::Approved)) => {
            "say-matters-answer-approved"
        }
        (Phase::Answered | Phase::Told, Some(AnswerKind::SentBack)) => {
            "say-matters-answer-sent-back"
        }
        (Phase::Answered | Phase::Told, Some(AnswerKind::Refused)) => "say-matters-answer-refused",
        _ => phase_prompt(status),
    }
}

/// The sentence for how far a case is.
pub fn phase_prompt(status: &CaseStatus) -> &'static str {
    match (status.phase, status.word) {
        (Phase::Closed, _) => "say-matters-state-solved",
        (Phase::Reopened, Some(Word::Partly)) => "say-matters-state-partly",
        (Phase::Reopened, _) => "say-matters-state-not-solved",
        (Phase::Told, _) => "say-matters-state-told",
        (Phase::Answered, _) => "say-matters-state-answered",
        (Phase::InHand, _) => "say-matters-state-in-hand",
        (Phase::Saved | Phase::Draft, _) if status.delivered => "say-matters-state-delivered",
        (Phase::Saved | Phase::Draft, _) => "say-matters-state-saved",
    }
}

/// How many of the five steps are behind, counted from 0.
pub fn reached(status: &CaseStatus) -> usize {
    match status.phase {
        Phase::Closed => 4,
        Phase::Answered | Phase::Told => 3,
        Phase::InHand | Phase::Reopened => 2,
        Phase::Saved | Phase::Draft if status.delivered => 1,
        Phase::Saved | Phase::Draft => 0,
    }
}
