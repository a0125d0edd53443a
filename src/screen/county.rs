//! This machine and the county: for staff and technicians. What waits, since when, what went wrong, and the ways out.
//!
//! Nothing here says whose matter it is, so it may be opened by anybody who stands before the machine.

use super::Ctx;
use super::Leaf;
use super::keypad::{self, Keypad, Kind, Typed};
use super::told::{Under, told, told_over, told_with};
use crate::county::{Alarm, Bond, Comparing, County, Kind as Fault, News, No, Trouble, Wish};
use crate::frame::{Extra, Next, Page};
use crate::keys::Reach;
use crate::upkeep::Upkeep;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use onedoor_devices::sound::speak::Part;

/// Which page of it is up.
#[derive(Debug, Clone, Default)]
enum At {
    #[default]
    How,
    Code(Box<Keypad>),
    Stick,
    More(Leaf),
}

/// The page.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    at: At,
    news: Option<News>,
}

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// "Try now."
    TryNow,
    /// "Enrol this machine."
    Enrol,
    /// The keypad of the code.
    Keypad(keypad::Message),
    /// The words are the same, or not.
    Compared(bool),
    /// "With a stick."
    Stick,
    /// "Write on the stick."
    Write,
    /// "Read the answer."
    Read,
    /// "For the technician."
    More,
    /// More of it, of so many sentences.
    Turned(usize),
    /// Back.
    Back,
}

/// What the root has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing beyond the page itself.
    Stay,
    /// Say the page anew.
    Speak,
    /// Ask the world for this.
    Wish(Wish),
    /// Leave the page.
    Leave,
}

/// What the page shows besides the words.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// How things stand.
    pub county: &'a County,
    /// How the record fares.
    pub upkeep: &'a Upkeep,
    /// The wall clock, ms.
    pub now_ms: i64,
    /// The station's offset from UTC, in minutes.
    pub offset: i16,
}

impl Standing {
    /// A name for the trace.
    pub fn name(&self, county: &County) -> &'static str {
        match (&self.at, &county.bond) {
            (At::Code(_), _) => "county/code",
            (At::Stick, _) => "county/stick",
            (At::More(_), _) => "county/more",
            (At::How, Bond::Comparing(_)) => "county/words",
            (At::How, _) => "county",
        }
    }

    /// The keypad, where it is up: digits of a number pad are digits then.
    pub fn keypad(&self) -> Option<&Keypad> {
        match &self.at {
            At::Code(pad) => Some(pad),
            _ => None,
        }
    }

    /// Takes a message.
    pub fn update(&mut self, message: Message) -> Action {
        match message {
            Message::TryNow => self.wish(Wish::TryNow),
            Message::Compared(same) => self.wish(Wish::Compared(same)),
            Message::Write => self.wish(Wish::WriteBag),
            Message::Read => self.wish(Wish::ReadBag),
            Message::Enrol => {
                self.news = None;
                self.at = At::Code(Box::new(Keypad::new(Kind::HubCode)));
                Action::Speak
            }
            Message::Stick => {
                self.news = None;
                self.at = At::Stick;
                Action::Speak
            }
            Message::More => {
                self.news = None;
                self.at = At::More(Leaf::default());
                Action::Speak
            }
            Message::Turned(lines) => {
                if let At::More(leaf) = &mut self.at {
                    *leaf = super::upkeep::turned(*leaf, lines);
                }
                Action::Stay
            }
            Message::Back => match std::mem::take(&mut self.at) {
                At::How => Action::Leave,
                At::Code(_) | At::Stick | At::More(_) => {
                    self.news = None;
                    Action::Speak
                }
            },
            Message::Keypad(message) => {
                let At::Code(pad) = &mut self.at else {
                    return Action::Stay;
                };
                match pad.update(message) {
                    keypad::Action::Finished(Typed::Digits(code)) => {
                        self.at = At::How;
                        self.wish(Wish::Enrol(code))
                    }
                    keypad::Action::Back => self.update(Message::Back),
                    keypad::Action::Refused => Action::Speak,
                    _ => Action::Stay,
                }
            }
        }
    }

    fn wish(&mut self, wish: Wish) -> Action {
        self.news = None;
        Action::Wish(wish)
    }

    /// What became of a wish.
    pub fn heard(&mut self, news: News) {
        self.news = Some(news);
    }

    /// The page.
    pub fn view<'a>(&'a self, ctx: Ctx<'a>, seen: Seen<'a>) -> Page<'a, Message> {
        match &self.at {
            At::Code(pad) => pad.view(ctx).map(Message::Keypad),
            At::Stick => self.stick(ctx, seen),
            At::More(leaf) => super::upkeep::view(ctx, seen, *leaf),
            At::How => match &seen.county.bond {
                Bond::Comparing(comparing) => words_page(ctx, comparing),
                _ => self.how(ctx, seen),
            },
        }
    }

    fn how<'a>(&self, ctx: Ctx<'a>, seen: Seen<'a>) -> Page<'a, Message> {
        let (say, county) = (ctx.say, seen.county);
        // What somebody must do comes first, figures for technicians last.
        let mut lines = Vec::new();
        if let Some(news) = &self.news {
            lines.push(news_words(ctx, news));
            lines.extend(news_way(news).map(|id| say.text(id)));
        }
        let trouble = county.trouble.as_ref();
        let lasting = trouble.filter(|trouble| !trouble.kind.mends_itself());
        // What no waiting mends stands before what only waits.
        lines.extend(lasting.map(|trouble| trouble_words(ctx, trouble, None)));
        lines.push(headline(ctx, seen));
        let told_by_trouble =
            |alarm: &Alarm| lasting.is_some() && matches!(alarm, Alarm::Refused | Alarm::Stopped);
        let alarm = county.alarm.filter(|alarm| !told_by_trouble(alarm));
        lines.extend(alarm.and_then(alarm_way).map(|id| say.text(id)));
        if county.alarm != Some(Alarm::Unread) && county.refused.iter().any(|entry| entry.open) {
            lines.push(say.text("county-alarm-unread"));
        }
        if county.plain {
            lines.push(say.text("county-plain"));
        }
        if let (Some(trouble), None) = (trouble, lasting) {
            lines.push(trouble_words(ctx, trouble, county.next_try_s));
        }
        lines.extend(figures(ctx, seen));
        let drawing = match (&county.bond, county.alarm) {
            (Bond::None, _) => "machine",
            (_, Some(_)) => "warning",
            (Bond::Known, None) if county.online => "network",
            (Bond::Strangers, _) => "county",
            (Bond::Waiting | Bond::Comparing(_) | Bond::Carried, _) => "clock",
            _ => "network-off",
        };
        let mut page =
            told_over(ctx, "say-county", drawing, lines, more(ctx, seen)).back(Message::Back);
        page.reach = Reach::default().number(1, "county/more", Message::More);
        if matches!(county.bond, Bond::None) {
            return page;
        }
        page.next = match &county.bond {
            _ if county.busy => Next::Missing(say.text("county-busy")),
            Bond::Strangers => Next::Ready(say.text("county-enrol"), Message::Enrol),
            // The hub ended the bond: only a new one helps.
            Bond::Known if trouble.is_some_and(|trouble| trouble.kind == Fault::Unknown) => {
                Next::Ready(say.text("county-enrol"), Message::Enrol)
            }
            _ => Next::Ready(say.text("county-try"), Message::TryNow),
        };
        page.extra = Some(Extra {
            target: "county/stick",
            label: say.text("county-stick"),
            picture: Some("usb"),
            message: Message::Stick,
        });
        page
    }

    fn stick<'a>(&self, ctx: Ctx<'a>, seen: Seen<'a>) -> Page<'a, Message> {
        let (say, county) = (ctx.say, seen.county);
        let lines = match &self.news {
            Some(news) => {
                let mut lines = vec![news_words(ctx, news)];
                lines.extend(news_way(news).map(|id| say.text(id)));
                lines
            }
            None => [
                "county-stick-1",
                "county-stick-2",
                "county-stick-3",
                "county-stick-4",
            ]
            .map(|id| say.text(id))
            .into(),
        };
        let mut page = told(ctx, "say-county-stick", "usb", lines).back(Message::Back);
        page.next = if county.busy {
            Next::Missing(say.text("county-busy"))
        } else {
            Next::Ready(say.text("county-stick-write"), Message::Write)
        };
        if !county.busy {
            page.extra = Some(Extra {
                target: "county/read",
                label: say.text("county-stick-read"),
                picture: Some("answered"),
                message: Message::Read,
            });
        }
        page
    }

    /// What it says.
    pub fn spoken(&self, ctx: Ctx<'_>, county: &County) -> Vec<Part> {
        if let Some(news) = &self.news {
            return vec![ctx.part(news_prompt(news))];
        }
        match (&self.at, &county.bond) {
            (At::Code(_), _) => vec![ctx.part("say-county-code")],
            (At::Stick, _) => vec![ctx.part("say-county-stick")],
            (At::More(_), _) => super::upkeep::spoken(ctx),
            (At::How, Bond::Comparing(_)) => vec![ctx.part("say-county-words")],
            (At::How, _)
                if county
                    .trouble
                    .as_ref()
                    .is_some_and(|t| !t.kind.mends_itself()) =>
            {
                vec![ctx.part("say-county"), ctx.part("say-county-lasting")]
            }
            (At::How, Bond::Known)
                if county.cases > 0 || county.entries > 0 || county.files > 0 =>
            {
                vec![ctx.part("say-county"), ctx.part("say-county-waits")]
            }
            (At::How, Bond::Known) if county.last_contact_ms.is_some() => {
                vec![ctx.part("say-county"), ctx.part("say-county-all-there")]
            }
            (At::How, _) => vec![ctx.part("say-county")],
        }
    }
}

/// Last contact, and what waits: for technicians.
pub(super) fn figures(ctx: Ctx<'_>, seen: Seen<'_>) -> Option<String> {
    let (say, county) = (ctx.say, seen.county);
    let mut figures = Vec::new();
    if matches!(county.bond, Bond::Known) {
        let when = match county.last_contact_ms {
            Some(ms) => say.with(
                "county-contact",
                &[("when", moment(seen, ms).as_str().into())],
            ),
            None => say.text("county-contact-never"),
        };
        figures.push(when);
    }
    if county.entries > 0 || county.files > 0 {
        let kilobytes = county.file_bytes.div_ceil(1024);
        figures.push(say.with(
            "county-waiting",
            &[
                ("entries", county.entries.into()),
                ("files", county.files.into()),
                ("size", kilobytes.into()),
            ],
        ));
    }
    (!figures.is_empty()).then(|| figures.join(" · "))
}

/// The way to what only a technician needs.
fn more(ctx: Ctx<'_>, seen: Seen<'_>) -> Under<Message> {
    let calls = seen.upkeep.calls()
        || !seen.county.notes.is_empty()
        || seen.county.refused.iter().any(|entry| entry.open);
    Under {
        target: "county/more",
        label: ctx.say.text("say-county-more"),
        drawing: if calls { "warning" } else { "technician" },
        message: Message::More,
    }
}

/// Six words, and whether they are the same.
fn words_page<'a>(ctx: Ctx<'a>, comparing: &'a Comparing) -> Page<'a, Message> {
    let say = ctx.say;
    let words = comparing
        .words
        .iter()
        .find(|(tag, _)| *tag == say.tag)
        .or(comparing.words.first())
        .map(|(_, words)| words.join("  "))
        .unwrap_or_default();
    let mut page = told_with(
        ctx,
        "say-county-words",
        "key",
        vec![
            say.with(
                "county-words-hub",
                &[("hub", comparing.hub.as_str().into())],
            ),
            words,
            say.text("county-words-how"),
        ],
        Some(1),
    )
    .next(say.text("county-words-same"), Message::Compared(true))
    .back(Message::Back);
    page.extra = Some(Extra {
        target: "county/differ",
        label: say.text("county-words-differ"),
        picture: Some("no"),
        message: Message::Compared(false),
    });
    page
}

/// The one sentence that says how it is.
fn headline(ctx: Ctx<'_>, seen: Seen<'_>) -> String {
    let (say, county) = (ctx.say, seen.county);
    match &county.bond {
        Bond::None => say.text("county-none"),
        Bond::Strangers => say.text("county-strangers"),
        Bond::Waiting | Bond::Comparing(_) => say.text("county-official"),
        Bond::Carried => say.text("county-carried"),
        Bond::Known if county.cases > 0 => {
            let count = ("count", county.cases.into());
            match county.oldest_ms {
                Some(ms) => say.with(
                    "county-cases-since",
                    &[count, ("when", moment(seen, ms).as_str().into())],
                ),
                None => say.with("county-cases", &[count]),
            }
        }
        Bond::Known if county.entries > 0 || county.files > 0 => say.text("county-cases-there"),
        Bond::Known if county.last_contact_ms.is_none() => say.text("county-nothing"),
        Bond::Known => say.text("say-county-all-there"),
    }
}

/// What went wrong, who has to do what, and whether it mends itself.
fn trouble_words(ctx: Ctx<'_>, trouble: &Trouble, next_try_s: Option<u64>) -> String {
    let what = match trouble.kind {
        Fault::Unreachable => "county-unreachable",
        Fault::Unresolved => "county-unresolved",
        Fault::NobodyThere => "county-nobody-there",
        Fault::Slow => "county-too-slow",
        Fault::Busy => "county-hub-busy",
        Fault::NotTheHub => "county-not-the-hub",
        Fault::Certificate => "county-certificate",
        Fault::CertificateTime => "county-certificate-time",
        Fault::WrongAddress => "county-wrong-address",
        Fault::OtherKey => "county-other-key",
        Fault::Setup => "county-setup",
        Fault::SetupPlain => "county-setup-plain",
        Fault::Unknown => "county-unknown",
        Fault::Version => "county-version",
        Fault::Frozen => "county-alarm-stopped",
        Fault::Refused => "county-refused",
        Fault::Odd => "county-odd",
        Fault::NotKept => "county-not-kept",
        Fault::Journal => "county-journal",
    };
    let what = ctx.say.text(what);
    let next = next_try_s.map(|seconds| next_try(ctx, seconds));
    let (what, code) = (
        ("what", what.as_str().into()),
        ("code", trouble.code.as_str().into()),
    );
    match &next {
        _ if !trouble.kind.mends_itself() => ctx.say.with("county-lasting", &[what, code]),
        Some(next) => {
            let next = ("next", next.as_str().into());
            ctx.say.with("county-mends-then", &[what, code, next])
        }
        None => ctx.say.with("county-mends", &[what, code]),
    }
}

fn next_try(ctx: Ctx<'_>, seconds: u64) -> String {
    if seconds < 90 {
        ctx.say
            .with("county-next-seconds", &[("count", seconds.into())])
    } else {
        ctx.say
            .with("county-next-minutes", &[("count", (seconds / 60).into())])
    }
}

fn alarm_way(alarm: Alarm) -> Option<&'static str> {
    match alarm {
        Alarm::Urgent => Some("county-alarm-urgent"),
        Alarm::Old => Some("county-alarm-old"),
        Alarm::Stopped => Some("county-alarm-stopped"),
        Alarm::Refused => Some("county-alarm-refused"),
        Alarm::Unread => Some("county-alarm-unread"),
        // The trouble itself says it.
        Alarm::Lasting => None,
    }
}

fn news_prompt(news: &News) -> &'static str {
    match news {
        News::Answered => "say-county-answered",
        News::NoAnswer => "say-county-no-answer",
        News::AskAgain => "say-county-again",
        News::Lasting => "say-county-lasting",
        News::BadCode => "say-county-bad-code",
        News::CodeElsewhere => "say-county-code-elsewhere",
        News::Later => "say-county-later",
        News::NotTaken(_) => "say-county-not-taken",
        News::NoHubKey => "say-county-no-hub-key",
        News::NoToken => "say-county-no-token",
        News::TokenElsewhere => "say-county-token-elsewhere",
        News::TokenRefused => "say-county-token-refused",
        News::NoStick => "say-county-no-stick",
        News::Written { .. } => "say-county-written",
        News::Read { .. } => "say-county-read",
        News::NoBag => "say-county-no-bag",
        News::BadBag(_) => "say-county-bad-bag",
        News::BadStick(_) => "say-county-bad-stick",
    }
}

/// What comes next, for whoever is called.
fn news_way(news: &News) -> Option<&'static str> {
    Some(match news {
        News::Written { .. } => "county-stick-then",
        News::NoStick => "county-stick-1",
        News::NoHubKey => "county-no-hub-key-way",
        News::NotTaken(No::Words) => "county-not-taken-words",
        News::NotTaken(No::Official) => "county-not-taken-official",
        News::NotTaken(No::OtherKey) => "county-not-taken-key",
        _ => return None,
    })
}

fn news_words(ctx: Ctx<'_>, news: &News) -> String {
    let say = ctx.say;
    let text = say.text(news_prompt(news));
    match news {
        News::Written { cases } | News::Read { cases } => {
            let count = say.with("county-count", &[("count", (*cases).into())]);
            format!("{text} {count}")
        }
        _ => match news.code() {
            Some(code) => format!("{text} ({code})"),
            None => text,
        },
    }
}

/// A moment of the wall clock as staff read it: the hour for today, the day besides for any other.
pub(super) fn moment(seen: Seen<'_>, ms: i64) -> String {
    let zone =
        Offset::from_seconds(i32::from(seen.offset) * 60).map_or(TimeZone::UTC, TimeZone::fixed);
    let at = |ms| {
        Timestamp::from_millisecond(ms)
            .unwrap_or_default()
            .to_zoned(zone.clone())
            .datetime()
    };
    let (then, now) = (at(ms), at(seen.now_ms));
    let hour = format!("{}:{:02}", then.hour(), then.minute());
    if then.date() == now.date() {
        hour
    } else {
        format!("{} {hour}", then.date())
    }
}
