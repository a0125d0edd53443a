//! A page that tells something: a title, a picture and a few lines, none of which is left out.

use super::Ctx;
use crate::frame::Page;
use crate::theme;
use crate::widget::part::{Stack, size_for, text_height};
use crate::widget::{Draw, Tapped, panel, picture, words};
use iced::alignment::{Horizontal, Vertical};
use iced::widget::{container, row};
use iced::{Element, Length, Padding};

/// The page: `title` is a prompt, `drawing` a picture's name.
pub fn told<'a, M: Clone + 'a>(
    ctx: Ctx<'a>,
    title: &str,
    drawing: &'static str,
    lines: Vec<String>,
) -> Page<'a, M> {
    Page::new(ctx.say.text(title), move |draw, room| {
        body(draw, room, drawing, lines)
    })
}

fn body<'a, M: Clone + 'a>(
    draw: Draw<'a>,
    room: (f32, f32),
    drawing: &'static str,
    lines: Vec<String>,
) -> Element<'a, Tapped<M>> {
    let look = draw.look;
    let surface = look.palette.paper;
    if lines.is_empty() {
        let side = (room.1 * 0.6).min(room.0 * 0.5).min(420.0);
        return container(picture(draw, drawing, side))
            .width(Length::Fill)
            .height(Length::Fill)
            .align_x(Horizontal::Center)
            .align_y(Vertical::Center)
            .into();
    }
    let side = if look.portrait() {
        180.0
    } else {
        (room.1 * 0.4).min(260.0)
    };
    let gap = look.gentle(16.0);
    let texts = || lines.iter().map(String::as_str);
    let beside = room.0 - side - 48.0 - 72.0;
    let size = size_for(texts(), (beside, room.1 - 72.0), gap, look.px(56.0));
    // Where words and picture do not both have room the words stay, all of them.
    let high: f32 = texts().map(|t| text_height(t, size, beside) + gap).sum();
    let pictured = high <= room.1 - 72.0 - 28.0;
    let (width, size, padding) = if pictured {
        (beside, size, 36.0)
    } else {
        let width = room.0 - 72.0;
        let size = size_for(texts(), (width, room.1 - 24.0), gap, look.px(theme::BODY));
        (width, size, 12.0)
    };
    let mut stack = Stack::new(room.1 - 2.0 * padding, gap);
    for line in lines {
        stack.push(
            0,
            text_height(&line, size, width),
            words(line, size, surface.ink).wide(),
        );
    }
    let stack = stack.finish().width(Length::Fill);
    let inside: Element<'a, Tapped<M>> = if pictured {
        row![picture(draw, drawing, side), stack]
            .spacing(48)
            .align_y(Vertical::Center)
            .into()
    } else {
        stack.into()
    };
    panel(surface, inside)
        .width(Length::Fill)
        .height(Length::Fill)
        .align_y(Vertical::Center)
        .padding(Padding::from([padding, 36.0]))
        .into()
}
