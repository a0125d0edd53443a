//! Help is coming: who, how many are before you, and that nothing is lost.

use super::Ctx;
use crate::frame::{Extra, Page};
use crate::theme;
use crate::widget::part::{Stack, text_height};
use crate::widget::{Tapped, picture, words};
use iced::alignment::{Horizontal, Vertical};
use iced::widget::container;
use iced::{Element, Length};
use onedoor_devices::sound::speak::Part;

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// "Never mind, I'll go on."
    GoOn,
    /// "Let the next person go on."
    NextPerson,
    /// "For staff": this machine and the county.
    Staff,
}

/// The page; `before` calls stand before this one, never an invented time.
pub fn view<'a>(ctx: Ctx<'a>, before: u32, may_yield: bool) -> Page<'a, Message> {
    let say = ctx.say;
    let mut page = Page::new("", move |draw, room| {
        let look = draw.look;
        let palette = look.palette;
        let person = ctx.station.duty(&say.tag);
        let name = person.0.as_str();
        let who = if before == 0 {
            say.with("help-who", &[("name", name.into())])
        } else {
            say.with(
                "help-before",
                &[("count", before.into()), ("name", name.into())],
            )
        };
        let mut lines = Stack::new(room.1, look.gentle(16.0));
        let side = (room.1 * 0.34).min(280.0);
        lines.push(
            3,
            side,
            container(picture(draw, "call-person", side)).center_x(Length::Fill),
        );
        let mut line = |rank: usize, text: String, size: f32, bold: bool| {
            let height = text_height(&text, size, room.0);
            let line = words(text, size, palette.page).wide().centred();
            lines.push(rank, height, if bold { line.bold() } else { line });
        };
        line(0, say.text("say-help"), look.gentle(76.0), true);
        line(1, say.text("help-kept"), look.px(44.0), false);
        line(2, who, look.px(44.0), false);
        line(
            4,
            say.with("help-phone", &[("phone", person.1.as_str().into())]),
            look.px(theme::BODY),
            false,
        );
        let whole: Element<'a, Tapped<Message>> =
            container(lines.finish().align_x(Horizontal::Center))
                .width(Length::Fill)
                .height(Length::Fill)
                .align_x(Horizontal::Center)
                .align_y(Vertical::Center)
                .into();
        whole
    })
    .next(say.text("help-go-on"), Message::GoOn)
    // There is no way back from here but to go on; the place is theirs who come.
    .back(Message::Staff);
    page.back_as = Some(("staff", say.text("help-staff")));
    if may_yield {
        page.extra = Some(Extra {
            target: "next-person",
            label: say.text("help-next-person"),
            picture: None,
            message: Message::NextPerson,
        });
    }
    page
}

/// What it says: someone comes, who, how many are before you, and that nothing is lost.
pub fn spoken(ctx: Ctx<'_>, before: u32) -> Vec<Part> {
    let mut parts = vec![ctx.part("say-help")];
    if let Some(name) = ctx.station.helper(&ctx.say.tag) {
        parts.extend([name, ctx.part("say-help-comes")]);
    }
    if before > 0 {
        parts.extend([
            ctx.part("say-help-before"),
            Part::Number(before.into()),
            Part::Pause { ms: 200 },
        ]);
    }
    parts.push(ctx.part("say-help-kept"));
    parts
}
