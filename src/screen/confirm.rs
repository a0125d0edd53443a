//! "Is this you?": what the ID number says, masked, to be confirmed and never asked again.

use super::Ctx;
use crate::frame::{Extra, Page};
use crate::theme;
use crate::widget::part::{Stack, text_height};
use crate::widget::{panel, picture, words};
use iced::alignment::{Horizontal, Vertical};
use iced::widget::{container, row};
use iced::{Element, Length};
use jiff::civil::Date;
use onedoor_devices::sound::speak::Part;
use onedoor_domain::idnumber::{IdNumber, Sex};

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// "Yes, right."
    Confirmed,
    /// "No, again."
    NotConfirmed,
    /// Back.
    Back,
}

/// The page; `today` is absent while the clock is not trusted, and no age is said then.
pub fn view<'a>(
    ctx: Ctx<'a>,
    number: &IdNumber,
    family: bool,
    today: Option<Date>,
) -> Page<'a, Message> {
    let say = ctx.say;
    let born = number.birth_date();
    let woman = number.sex() == Sex::Female;
    let age = today.and_then(|day| number.age_at(day));
    let masked = number.masked().replace('*', "●");
    let facts = [
        Some(say.text(if woman {
            "confirm-female"
        } else {
            "confirm-male"
        })),
        age.map(|age| say.with("confirm-age", &[("age", age.into())])),
        Some(say.with(
            "confirm-born",
            &[
                ("year", born.year().into()),
                ("month", born.month().into()),
                ("day", born.day().into()),
            ],
        )),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    let drawing = match (woman, age.unwrap_or(40)) {
        (true, 60..) => "old-woman",
        (false, 60..) => "old-man",
        (true, _) => "woman",
        (false, _) => "man",
    };
    let title = if family {
        "say-confirm-family"
    } else {
        "say-confirm"
    };
    let mut page = Page::new(say.text(title), move |draw, room| {
        let look = draw.look;
        let surface = look.palette.paper;
        let side = if look.portrait() {
            200.0
        } else {
            (room.1 * 0.5).min(320.0)
        };
        let width = room.0 - side - 160.0;
        let mut lines = Stack::new(room.1 - 80.0, look.gentle(16.0));
        let size = look.gentle(64.0).min(width / 14.5);
        lines.push(
            0,
            size * theme::LINE_HEIGHT,
            words(masked, size, surface.ink).bold().one_line(),
        );
        let size = look.px(46.0);
        for (rank, fact) in facts.into_iter().enumerate() {
            lines.push(
                rank + 1,
                text_height(&fact, size, width),
                words(fact, size, surface.ink),
            );
        }
        let (why, size) = (say.text("confirm-masked"), look.px(theme::BODY));
        lines.push(
            9,
            text_height(&why, size, width),
            words(why, size, surface.ink).wide(),
        );
        let lines = lines.finish();
        let whole: Element<'a, _> = container(
            panel(
                surface,
                row![picture(draw, drawing, side), lines.width(Length::Fill)]
                    .spacing(48)
                    .align_y(Vertical::Center),
            )
            .width(Length::Fill)
            .padding(36),
        )
        .align_y(Vertical::Center)
        .align_x(Horizontal::Center)
        .height(Length::Fill)
        .into();
        whole
    })
    .back(Message::Back)
    .next(say.text("confirm-yes"), Message::Confirmed);
    page.extra = Some(Extra {
        target: "confirm/no",
        label: say.text("confirm-no"),
        picture: None,
        message: Message::NotConfirmed,
    });
    page
}

/// What it says: the question, never the number.
pub fn spoken(ctx: Ctx<'_>, family: bool) -> Vec<Part> {
    vec![ctx.part(if family {
        "say-confirm-family"
    } else {
        "say-confirm"
    })]
}
