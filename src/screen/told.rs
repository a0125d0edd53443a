//! A page that tells something: a title, a picture and a few lines, none of which is left out.

use super::Ctx;
use crate::frame::Page;
use crate::theme;
use crate::widget::part::{Stack, fitting, numbered_control, size_for, text_height};
use crate::widget::{Draw, Tapped, badge_width, panel, picture, words};
use iced::alignment::{Horizontal, Vertical};
use iced::widget::{column, container, row};
use iced::{Element, Length, Padding};

/// How much larger the line is that the page is about.
const STRONG: f32 = 1.4;

/// The page: `title` is a prompt, `drawing` a picture's name.
pub fn told<'a, M: Clone + 'a>(
    ctx: Ctx<'a>,
    title: &str,
    drawing: &'static str,
    lines: Vec<String>,
) -> Page<'a, M> {
    told_with(ctx, title, drawing, lines, None)
}

/// As [`told`]; the line of this number is what the page is about, and stands out.
pub fn told_with<'a, M: Clone + 'a>(
    ctx: Ctx<'a>,
    title: &str,
    drawing: &'static str,
    lines: Vec<String>,
    strong: Option<usize>,
) -> Page<'a, M> {
    Page::new(ctx.say.text(title), move |draw, room| {
        body(draw, room, drawing, lines, strong)
    })
}

/// A button under the words.
#[derive(Debug, Clone)]
pub struct Under<M> {
    /// Its name for whoever touches it.
    pub target: &'static str,
    /// What it says.
    pub label: String,
    /// A picture's name.
    pub drawing: &'static str,
    /// What a touch means.
    pub message: M,
}

/// As [`told`], with a button under the words, numbered 1.
pub fn told_over<'a, M: Clone + 'a>(
    ctx: Ctx<'a>,
    title: &str,
    drawing: &'static str,
    lines: Vec<String>,
    under: Under<M>,
) -> Page<'a, M> {
    Page::new(ctx.say.text(title), move |draw, room: (f32, f32)| {
        let look = draw.look;
        let high = look.gentle(theme::CONTROL);
        let wide = room.0 - 32.0 - look.gentle(42.0) * 1.3 - 12.0 - badge_width(draw);
        let size = fitting(&under.label, look.gentle(42.0), (wide, high - 16.0));
        let button = numbered_control(
            draw,
            (under.target, 1),
            &under.label,
            under.drawing,
            look.palette.tile,
            size,
        )
        .width(Length::Fill)
        .height(high)
        .on_tap(under.message);
        let above = (room.0, room.1 - high - theme::GAP);
        column![body(draw, above, drawing, lines, None), button]
            .spacing(theme::GAP)
            .into()
    })
}

fn body<'a, M: Clone + 'a>(
    draw: Draw<'a>,
    room: (f32, f32),
    drawing: &'static str,
    lines: Vec<String>,
    strong: Option<usize>,
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
    let sized = |rank: usize, size: f32| {
        if strong == Some(rank) {
            size * STRONG
        } else {
            size
        }
    };
    // As large as all of it has room for.
    let fitting = |most: f32, width: f32, room: f32| {
        let mut size = size_for(texts(), (width, room), gap, most);
        let high = |size: f32| -> f32 {
            let lines = texts().enumerate();
            lines
                .map(|(rank, text)| text_height(text, sized(rank, size), width) + gap)
                .sum()
        };
        while strong.is_some() && high(size) > room - 32.0 && size > theme::BODY {
            size -= 1.0;
        }
        (size, high(size))
    };
    let beside = room.0 - side - 48.0 - 72.0;
    let (size, high) = fitting(look.px(56.0), beside, room.1 - 72.0);
    // Where words and picture do not both have room the words stay, all of them.
    let pictured = high <= room.1 - 72.0 - 28.0;
    let (width, size, padding) = if pictured {
        (beside, size, 36.0)
    } else {
        let width = room.0 - 72.0;
        let (size, _) = fitting(look.px(theme::BODY), width, room.1 - 24.0);
        (width, size, 12.0)
    };
    let gap = if pictured { gap } else { gap * 0.4 };
    let mut stack = Stack::new(room.1 - 2.0 * padding, gap);
    for (rank, line) in lines.into_iter().enumerate() {
        // The first lines matter most: should all of them not have room even at the least size, they stay.
        let size = sized(rank, size);
        let height = text_height(&line, size, width);
        let line = words(line, size, surface.ink);
        let line = if strong == Some(rank) {
            line.bold()
        } else {
            line
        };
        stack.push(rank, height, line.wide());
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
