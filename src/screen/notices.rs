//! Notices: a list by picture; each with its source and its days, read aloud, printed (R10).

use super::{Ctx, Leaf, date};
use crate::frame::{Extra, Page};
use crate::theme;
use crate::widget::part::{Stack, size_for, text_height};
use crate::widget::{Tapped, Tile, panel, picture, reach_of, tiles, words};
use iced::alignment::Vertical;
use iced::widget::row;
use iced::{Element, Length};
use jiff::civil::Date;
use onedoor_devices::sound::speak::Part;
use onedoor_domain::slip::Slip;
use onedoor_forms::station::Notice;

/// The page.
#[derive(Debug, Clone, Default)]
pub struct Notices {
    leaf: Leaf,
    /// The one that is open.
    open: Option<String>,
}

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// One of them.
    Opened(String),
    /// More.
    Turned,
    /// Print it.
    Print,
    /// Back.
    Back,
}

/// What the root has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Say the page anew.
    Speak,
    /// Print this notice.
    Print(String),
    /// Home.
    Leave,
}

impl Notices {
    /// A name for the trace.
    pub fn name(&self) -> &'static str {
        match self.open {
            None => "notices",
            Some(_) => "notices/one",
        }
    }

    fn one<'a>(&self, ctx: Ctx<'a>, today: Option<Date>) -> Option<&'a Notice> {
        let open = self.open.as_ref()?;
        ctx.station
            .notices(today)
            .into_iter()
            .find(|notice| notice.id == *open)
    }

    /// Takes a message; `count` notices hold today, `per` are shown.
    pub fn update(&mut self, message: Message, count: usize, per: usize) -> Action {
        match (message, self.open.clone()) {
            (Message::Opened(id), _) => {
                self.open = Some(id);
                Action::Speak
            }
            (Message::Turned, _) => {
                self.leaf = self.leaf.turned(count, per);
                Action::Speak
            }
            (Message::Print, Some(id)) => Action::Print(id),
            (Message::Back, Some(_)) => {
                self.open = None;
                Action::Speak
            }
            (Message::Back | Message::Print, None) => Action::Leave,
        }
    }

    /// The page.
    pub fn view<'a>(&self, ctx: Ctx<'a>, today: Option<Date>, per: usize) -> Page<'a, Message> {
        let say = ctx.say;
        if let Some(notice) = self.one(ctx, today) {
            return one(ctx, notice);
        }
        let all = ctx.station.notices(today);
        let shown: Vec<Tile<Message>> = self
            .leaf
            .of(&all, per)
            .iter()
            .enumerate()
            .map(|(n, notice)| Tile {
                target: format!("notice/{}", notice.id),
                number: n + 1,
                label: notice.title.get(&say.tag).to_owned(),
                picture: Some(notice.picture.clone()),
                chosen: false,
                message: Message::Opened(notice.id.clone()),
            })
            .collect();
        if shown.is_empty() {
            return super::told::told(ctx, "say-notices-none", "notices", Vec::new())
                .back(Message::Back);
        }
        let reach = reach_of(&shown);
        let mut page = Page::new(say.text("say-notices"), move |draw, room| {
            tiles(draw, shown, room)
        })
        .reach(reach)
        .back(Message::Back);
        if all.len() > per {
            let last = self.leaf.is_last(all.len(), per);
            let label = if last { "first-ones" } else { "more" };
            page = page.next(say.text(label), Message::Turned);
        }
        page
    }

    /// What it says.
    pub fn spoken(&self, ctx: Ctx<'_>, today: Option<Date>, per: usize) -> Vec<Part> {
        let tag = &ctx.say.tag;
        let clip = |notice: &Notice, what: &str, text: &str| {
            Part::prompt(format!("notices/{}/{what}", notice.id), text)
        };
        if let Some(notice) = self.one(ctx, today) {
            return vec![
                clip(notice, "title", notice.title.get(tag)),
                clip(notice, "source", notice.source.get(tag)),
                Part::Date {
                    date: notice.issued,
                    year: false,
                },
                Part::Pause { ms: 300 },
                clip(notice, "body", notice.body.get(tag)),
            ];
        }
        let all = ctx.station.notices(today);
        if all.is_empty() {
            return vec![ctx.part("say-notices-none")];
        }
        let mut parts = vec![ctx.part("say-notices")];
        for (n, notice) in self.leaf.of(&all, per).iter().enumerate() {
            parts.extend(ctx.numbered(n + 1, clip(notice, "title", notice.title.get(tag))));
        }
        parts
    }
}

/// Who says it and since when, in one line.
fn source(ctx: Ctx<'_>, notice: &Notice) -> String {
    ctx.say.with(
        "notice-source",
        &[
            ("source", notice.source.get(&ctx.say.tag).into()),
            ("day", date::words_of(ctx, notice.issued).as_str().into()),
        ],
    )
}

fn one<'a>(ctx: Ctx<'a>, notice: &'a Notice) -> Page<'a, Message> {
    let say = ctx.say;
    let mut page = Page::new(notice.title.get(&say.tag), move |draw, room: (f32, f32)| {
        let look = draw.look;
        let surface = look.palette.paper;
        let side = if look.portrait() {
            150.0
        } else {
            (room.1 * 0.36).min(240.0)
        };
        let width = room.0 - side - 48.0 - 72.0;
        let body = notice.body.get(&say.tag);
        let from = source(ctx, notice);
        // As large as it fits whole, with who says it and since when: a notice without a source is none (R10).
        let gap = look.gentle(20.0);
        let both = [body, from.as_str()].into_iter();
        let size = size_for(both, (width, room.1 - 72.0), gap, look.px(50.0));
        let mut lines = Stack::new(room.1 - 72.0, gap);
        lines.push(
            0,
            text_height(body, size, width),
            words(body, size, surface.ink).wide(),
        );
        let small = size.min(look.gentle(theme::BODY));
        lines.push(
            0,
            text_height(&from, small, width),
            words(from, small, surface.ink).wide(),
        );
        let whole: Element<'a, Tapped<Message>> = panel(
            surface,
            row![
                picture(draw, &notice.picture, side),
                lines.finish().width(Length::Fill)
            ]
            .spacing(48)
            .align_y(Vertical::Center),
        )
        .width(Length::Fill)
        .height(Length::Fill)
        .align_y(Vertical::Center)
        .padding(36)
        .into();
        whole
    })
    .back(Message::Back);
    page.extra = Some(Extra {
        target: "notice/print",
        label: say.text("notice-print"),
        picture: Some("printer"),
        message: Message::Print,
    });
    page
}

/// A notice on paper.
pub fn slip(ctx: Ctx<'_>, notice: &Notice) -> Slip {
    let tag = &ctx.say.tag;
    Slip {
        language: tag.clone(),
        station: ctx.station.name(tag).to_owned(),
        service: notice.title.get(tag).to_owned(),
        state: notice.body.get(tag).to_owned(),
        notices: vec![
            source(ctx, notice),
            ctx.say.with(
                "notice-until",
                &[("day", date::words_of(ctx, notice.expires).as_str().into())],
            ),
        ],
        ..Slip::default()
    }
}
