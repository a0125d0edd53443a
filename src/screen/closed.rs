//! This machine cannot take matters now: where to go, and that nothing is lost. And "are you still here?".

use super::Ctx;
use crate::frame::Page;
use crate::theme;
use crate::widget::part::{Stack, text_height};
use crate::widget::{Tapped, control, picture, words};
use iced::alignment::{Horizontal, Vertical};
use iced::widget::{column, container};
use iced::{Element, Length};
use onedoor_devices::sound::speak::Part;

/// The page of a kiosk that is closed, with the technician's code.
pub fn view<'a, M: 'a>(ctx: Ctx<'a>, code: &'a str) -> Page<'a, M> {
    let say = ctx.say;
    Page::new("", move |draw, room| {
        let look = draw.look;
        let ink = look.palette.page;
        let (place, phone) = ctx.station.instead(&say.tag);
        let mut lines = Stack::new(room.1, look.gentle(20.0));
        let side = (room.1 * 0.3).min(260.0);
        lines.push(
            4,
            side,
            container(picture(draw, "closed", side)).center_x(Length::Fill),
        );
        let mut line = |rank: usize, text: String, size: f32, bold: bool| {
            let height = text_height(&text, size, room.0);
            let line = words(text, size, ink).wide().centred();
            lines.push(rank, height, if bold { line.bold() } else { line });
        };
        line(0, say.text("say-closed"), look.gentle(68.0), true);
        let instead = [
            ("place", place.as_str().into()),
            ("phone", phone.as_str().into()),
        ];
        let own = place == ctx.station.name(&say.tag);
        let instead = if own {
            say.with("closed-phone", &[("phone", phone.as_str().into())])
        } else {
            say.with("closed-where", &instead)
        };
        line(0, instead, look.px(46.0), false);
        line(2, say.text("closed-kept"), look.px(theme::BODY), false);
        line(
            1,
            say.with("fault-code", &[("code", code.into())]),
            theme::SMALL,
            false,
        );
        let whole: Element<'a, Tapped<M>> = container(lines.finish().align_x(Horizontal::Center))
            .width(Length::Fill)
            .height(Length::Fill)
            .align_x(Horizontal::Center)
            .align_y(Vertical::Center)
            .into();
        whole
    })
}

/// What a closed kiosk says.
pub fn spoken(ctx: Ctx<'_>) -> Vec<Part> {
    vec![ctx.part("say-closed")]
}

/// "Are you still here?", with one large answer. Everything else on the page is covered: an empty room shows nothing.
pub fn idle<'a, M: Clone + 'a>(ctx: Ctx<'a>, seconds: u64, still_here: M) -> Page<'a, M> {
    let say = ctx.say;
    Page::new("", move |draw, room| {
        let look = draw.look;
        let palette = look.palette;
        let whole: Element<'a, Tapped<M>> = container(
            column![
                words(say.text("say-idle"), look.gentle(96.0), palette.page)
                    .bold()
                    .wide()
                    .centred(),
                control(
                    draw,
                    "still-here",
                    &say.text("idle-still-here"),
                    Some("touch"),
                    palette.forward,
                    look.gentle(88.0)
                )
                .width((room.0 * 0.8).min(1200.0))
                .height(look.gentle(260.0))
                .on_tap(still_here),
                words(
                    say.with("idle-kept", &[("seconds", seconds.into())]),
                    look.px(theme::LABEL),
                    palette.page_quiet
                )
                .wide()
                .centred(),
            ]
            .spacing(48)
            .align_x(Horizontal::Center),
        )
        .width(Length::Fill)
        .height(Length::Fill)
        .align_x(Horizontal::Center)
        .align_y(Vertical::Center)
        .into();
        whole
    })
}
