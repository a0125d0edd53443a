//! Wide rows under each other: a number, a picture, a small line over a large one, and what a touch does.

use super::part::{badge, badge_width, fitting, picture, space, text_height, text_width};
use super::{Draw, Tapped, tap, words};
use crate::keys::Reach;
use crate::theme;
use iced::alignment::Vertical;
use iced::widget::{column, row};
use iced::{Element, Length, Padding};

/// The gap between two rows, in design pixels.
const GAP: f32 = 18.0;

/// One row.
#[derive(Debug, Clone)]
pub struct Row<M> {
    /// The target's name.
    pub target: String,
    /// The picture's name.
    pub picture: String,
    /// The small line.
    pub small: String,
    /// The large line.
    pub large: String,
    /// What a touch does ("change"), at the right; empty where nothing needs saying.
    pub does: String,
    /// What it means.
    pub message: M,
}

/// How many rows a page shows, where it shows so many tiles: fewer at larger text.
pub fn per(tiles: usize) -> usize {
    match tiles {
        6 => 4,
        4 => 3,
        _ => 2,
    }
}

/// What a number pad chooses of these rows.
pub fn reach_of<M: Clone>(rows: &[Row<M>]) -> Reach<M> {
    (1u16..)
        .zip(rows)
        .fold(Reach::default(), |reach, (number, row)| {
            reach.number(number, row.target.clone(), row.message.clone())
        })
}

/// The rows in `room` (design pixels), each as high as if `per` of them stood there.
pub fn rows<'a, M: Clone + 'a>(
    draw: Draw<'_>,
    all: Vec<Row<M>>,
    per: usize,
    room: (f32, f32),
) -> Element<'a, Tapped<M>> {
    let look = draw.look;
    let surface = look.palette.tile;
    let empty = per.saturating_sub(all.len());
    let mut stack = column![].spacing(GAP);
    for (n, line) in all.into_iter().enumerate() {
        let side = look.gentle(88.0);
        let does = if line.does.is_empty() {
            0.0
        } else {
            text_width(&line.does, look.px(theme::SMALL))
        };
        let wide = room.0 - 56.0 - badge_width(draw) - side - does - 4.0 * 28.0;
        let high = (room.1 - GAP * (per as f32 - 1.0)) / per as f32 - 16.0;
        let small = fitting(&line.small, look.gentle(theme::SMALL), (wide, high * 0.5));
        let left = high - text_height(&line.small, small, wide);
        let large = fitting(&line.large, look.gentle(theme::LABEL), (wide, left));
        let mut text = column![].width(Length::Fill);
        if !line.small.is_empty() {
            text = text.push(words(line.small.clone(), small, surface.ink));
        }
        text = text.push(words(line.large.clone(), large, surface.ink).bold());
        let mut inside = row![
            badge(draw, n + 1, look.palette.number),
            picture(draw, &line.picture, side),
            text,
        ]
        .spacing(28)
        .align_y(Vertical::Center);
        let label = if line.does.is_empty() {
            line.large
        } else {
            inside =
                inside.push(words(line.does.clone(), look.px(theme::SMALL), surface.ink).bold());
            line.does
        };
        stack = stack.push(
            tap(line.target, label, surface, inside)
                .padding(Padding::from([8.0, 28.0]))
                .width(Length::Fill)
                .height(Length::Fill)
                .on_tap(line.message),
        );
    }
    for _ in 0..empty {
        stack = stack.push(space(Length::Fill, Length::Fill));
    }
    stack.height(Length::Fill).into()
}
