//! Small parts that many pages share.

use crate::keys::Reach;
use crate::picture::Pictures;
use crate::theme::{self, Look, Surface};
use crate::widget::{Tap, Tapped, tap, words};
use iced::alignment::{Horizontal, Vertical};
use iced::widget::{Space, column, container, image, row, stack};
use iced::{Border, Element, Length, Padding};

/// What every view needs: the look, the words and the pictures.
#[derive(Debug, Clone, Copy)]
pub struct Draw<'a> {
    /// Colours, sizes.
    pub look: Look,
    /// The words.
    pub say: &'a crate::language::Language,
    /// The drawings.
    pub pictures: &'a Pictures,
}

/// A picture, `side` design pixels wide and high.
pub fn picture<'a, M: 'a>(draw: Draw<'_>, name: &str, side: f32) -> Element<'a, M> {
    let high = draw.look.high_contrast();
    // On black, dark drawings would vanish: they stand on a light plate, a little smaller.
    let inner = if high { side * 0.88 } else { side };
    let real = (inner * draw.look.scale).round().max(1.0) as u32;
    let drawing = image(draw.pictures.get(name, real))
        .width(inner)
        .height(inner);
    if !high {
        return drawing.into();
    }
    container(drawing)
        .center(side)
        .style(move |_| container::Style {
            background: Some(iced::Color::WHITE.into()),
            border: Border {
                radius: (side * 0.14).into(),
                ..Border::default()
            },
            ..container::Style::default()
        })
        .into()
}

/// Nothing, of a certain size.
pub fn space<'a, M: 'a>(width: impl Into<Length>, height: impl Into<Length>) -> Element<'a, M> {
    Space::new().width(width).height(height).into()
}

/// A framed part that cannot be touched.
pub fn panel<'a, M: 'a>(
    surface: Surface,
    content: impl Into<Element<'a, M>>,
) -> container::Container<'a, M> {
    container(content)
        .padding(Padding::from([20.0, 28.0]))
        .style(move |_| container::Style {
            background: Some(surface.ink.on.into()),
            border: Border {
                color: surface.border.0,
                width: surface.border.1,
                radius: theme::RADIUS.into(),
            },
            ..container::Style::default()
        })
}

/// The number on a tile or before a label.
pub fn badge<'a, M: 'a>(draw: Draw<'_>, number: usize, surface: Surface) -> Element<'a, M> {
    let side = draw.look.gentle(60.0);
    container(words(number.to_string(), draw.look.gentle(42.0), surface.ink).bold())
        .width(side)
        .height(side)
        .align_x(Horizontal::Center)
        .align_y(Vertical::Center)
        .style(move |_| container::Style {
            background: Some(surface.ink.on.into()),
            border: Border {
                radius: 14.0.into(),
                ..Border::default()
            },
            ..container::Style::default()
        })
        .into()
}

/// What is on a tile.
#[derive(Debug, Clone)]
pub struct Tile<M> {
    /// The target's name.
    pub target: String,
    /// The number that chooses it, from 1.
    pub number: usize,
    /// The label, best at most eight characters.
    pub label: String,
    /// The picture's name.
    pub picture: Option<String>,
    /// Whether it is chosen.
    pub chosen: bool,
    /// What it means.
    pub message: M,
}

/// What a number pad chooses of these tiles.
pub fn reach_of<M: Clone>(tiles: &[Tile<M>]) -> Reach<M> {
    tiles.iter().fold(Reach::default(), |reach, tile| {
        reach.number(
            tile.number as u16,
            tile.target.clone(),
            tile.message.clone(),
        )
    })
}

/// A picture tile.
pub fn tile<'a, M: Clone + 'a>(draw: Draw<'_>, tile: Tile<M>, room: (f32, f32)) -> Tap<'a, M> {
    let palette = draw.look.palette;
    let surface = if tile.chosen {
        palette.chosen
    } else {
        palette.tile
    };
    let size = label_size(draw.look, &tile.label, room.0 - 56.0);
    let label_height = text_height(&tile.label, size, room.0 - 56.0);
    let side = (room.1 - label_height - 64.0).min(room.0 * 0.6).min(300.0);
    let mut inside = column![].align_x(Horizontal::Center).spacing(12);
    if let Some(name) = tile.picture.as_deref().filter(|_| side >= 56.0) {
        inside = inside.push(picture(draw, name, side));
    }
    inside = inside.push(
        words(tile.label.clone(), size, surface.ink)
            .bold()
            .centred(),
    );
    let number = if tile.chosen {
        palette.number_chosen
    } else {
        palette.number
    };
    let mut corner = row![badge(draw, tile.number, number), space(Length::Fill, 1.0)];
    if tile.chosen {
        corner = corner.push(tick(draw, palette.number_chosen));
    }
    let content = stack![
        container(inside)
            .width(Length::Fill)
            .height(Length::Fill)
            .align_x(Horizontal::Center)
            .align_y(Vertical::Center),
        container(corner).width(Length::Fill),
    ]
    .width(Length::Fill)
    .height(Length::Fill);
    tap(tile.target, tile.label, surface, content)
        .shows(tile.picture.as_deref())
        .padding(20.0)
        .on_tap(tile.message)
        .width(Length::Fill)
        .height(Length::Fill)
}

/// The tick of a chosen tile: not colour alone.
fn tick<'a, M: 'a>(draw: Draw<'_>, surface: Surface) -> Element<'a, M> {
    let side = draw.look.gentle(60.0);
    container(words("✓", draw.look.gentle(44.0), surface.ink).bold())
        .width(side)
        .height(side)
        .align_x(Horizontal::Center)
        .align_y(Vertical::Center)
        .style(move |_| container::Style {
            background: Some(surface.ink.on.into()),
            border: Border {
                radius: (side / 2.0).into(),
                ..Border::default()
            },
            ..container::Style::default()
        })
        .into()
}

/// About how wide `text` runs at `size`, before it is shaped: Han characters are square, Latin letters about half.
pub fn text_width(text: &str, size: f32) -> f32 {
    text.chars()
        .map(|c| match c {
            // Bold Noto Sans, rounded up.
            'm' | 'w' | 'M' | 'W' => 0.95,
            'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' => 0.4,
            ' ' | '.' | ',' | '\'' | ':' | '-' | '/' | '(' | ')' => 0.36,
            'a'..='z' => 0.6,
            c if c.is_ascii() => 0.64,
            '\u{a0}' => 0.3,
            _ => 1.0,
        })
        .sum::<f32>()
        * size
}

/// About how many lines `text` takes at `size` in `width`: words are kept whole, Han characters break anywhere.
pub fn text_lines(text: &str, size: f32, width: f32) -> f32 {
    // Marks that may not begin a line take the character before them along.
    let width = if text.is_ascii() { width } else { width * 0.94 };
    let mut lines = 1.0;
    let mut used = 0.0;
    for word in text.split_inclusive(|c: char| c == ' ' || !c.is_ascii()) {
        let long = text_width(word.trim_end(), size);
        if used > 0.0 && used + long > width {
            lines += 1.0;
            used = 0.0;
        }
        // A word longer than the line is cut.
        lines += (long / width.max(1.0)).ceil().max(1.0) - 1.0;
        used += text_width(word, size);
    }
    lines
}

/// About how high it stands then.
pub fn text_height(text: &str, size: f32, width: f32) -> f32 {
    text_lines(text, size, width) * size * theme::LINE_HEIGHT
}

/// The largest size from `largest` down to the body's minimum at which `text` stands in `room`.
pub fn fitting(text: &str, largest: f32, room: (f32, f32)) -> f32 {
    let longest_word = text
        .split(' ')
        .map(|word| text_width(word, 1.0))
        .fold(0.0, f32::max);
    // One line is best, as long as it is not small for it.
    let one_line = room.0 / text_width(text, 1.0).max(0.01);
    if one_line >= theme::SMALL {
        return largest.min(one_line).max(theme::SMALL);
    }
    let mut size = largest.max(theme::SMALL);
    while size > theme::SMALL
        && (text_height(text, size, room.0) > room.1
            || (text.is_ascii() && longest_word * size > room.0))
    {
        size = (size - 1.0).max(theme::SMALL);
    }
    size
}

/// The largest text size, from `from` down to the body's least, at which all `texts` stand under each other in `room`, `gap`
/// apart. Whoever asked for large text loses size before they lose a line.
pub fn size_for<'t>(
    texts: impl Iterator<Item = &'t str> + Clone,
    room: (f32, f32),
    gap: f32,
    from: f32,
) -> f32 {
    let high = |size: f32| -> f32 {
        texts
            .clone()
            .map(|text| text_height(text, size, room.0) + gap)
            .sum()
    };
    let mut size = from;
    // `Stack` keeps a little back as well.
    while size > theme::BODY && high(size) > room.1 - 32.0 {
        size -= 1.0;
    }
    size.max(theme::BODY.min(from))
}

/// Lines that are shown as far as there is room, the important ones first; what is left out is said and printed.
pub struct Stack<'a, M> {
    room: f32,
    spacing: f32,
    lines: Vec<(usize, f32, Element<'a, M>)>,
}

impl<'a, M: 'a> Stack<'a, M> {
    /// Room for lines, `spacing` apart.
    pub fn new(room: f32, spacing: f32) -> Self {
        Self {
            room,
            spacing,
            lines: Vec::new(),
        }
    }

    /// A line of about `height`; those with the lowest `rank` stay longest.
    pub fn push(&mut self, rank: usize, height: f32, line: impl Into<Element<'a, M>>) {
        self.lines.push((rank, height, line.into()));
    }

    /// The lines that have room, in the order in which they were given.
    pub fn finish(self) -> iced::widget::Column<'a, M> {
        let mut ranks: Vec<(usize, usize)> = self
            .lines
            .iter()
            .enumerate()
            .map(|(n, l)| (l.0, n))
            .collect();
        ranks.sort_unstable();
        // Heights are reckoned before shaping; a little is kept back for what they leave out.
        let mut left = self.room - 28.0;
        let mut kept = vec![false; self.lines.len()];
        for (_, n) in ranks {
            let height = self.lines[n].1 + self.spacing;
            if left >= height {
                left -= height;
                kept[n] = true;
            }
        }
        let mut all = column![].spacing(self.spacing).width(Length::Fill);
        for (n, (_, _, line)) in self.lines.into_iter().enumerate() {
            if kept[n] {
                all = all.push(line);
            }
        }
        all
    }
}

/// A tile label's size: as large as the person wants it, smaller when a long word would not fit in two lines, but
/// never under the body's minimum.
fn label_size(look: Look, label: &str, room: f32) -> f32 {
    let mut size = look.px(theme::LABEL + 4.0);
    let least = look.px(theme::BODY - 2.0);
    while size > least && text_lines(label, size, room) > 2.0 {
        size -= 2.0;
    }
    size
}

/// How `count` tiles stand: columns and rows.
pub fn arrangement(look: Look, count: usize) -> (usize, usize) {
    let columns = match (look.portrait(), count) {
        (_, 0 | 1) => 1,
        (true, 2 | 3) => 1,
        (true, _) => 2,
        (false, 2 | 4) => 2,
        (false, _) => 3,
    };
    (columns, count.div_ceil(columns).max(1))
}

/// Tiles in a grid that fills `room` (design pixels).
pub fn tiles<'a, M: Clone + 'a>(
    draw: Draw<'_>,
    all: Vec<Tile<M>>,
    room: (f32, f32),
) -> Element<'a, Tapped<M>> {
    let (columns, rows) = arrangement(draw.look, all.len());
    let each = (
        (room.0 - theme::GAP * (columns as f32 - 1.0)) / columns as f32,
        (room.1 - theme::GAP * (rows as f32 - 1.0)) / rows as f32,
    );
    let mut grid = column![].spacing(theme::GAP);
    let mut rest = all.into_iter().peekable();
    while rest.peek().is_some() {
        let mut line = row![].spacing(theme::GAP);
        for _ in 0..columns {
            match rest.next() {
                Some(one) => line = line.push(tile(draw, one, each)),
                None => line = line.push(space(Length::Fill, 1.0)),
            }
        }
        grid = grid.push(line.height(Length::Fill));
    }
    grid.width(Length::Fill).height(Length::Fill).into()
}

/// A control: a picture (if any) and a label beside it.
pub fn control<'a, M: Clone + 'a>(
    draw: Draw<'_>,
    target: &str,
    label: &str,
    picture_name: Option<&str>,
    surface: Surface,
    size: f32,
) -> Tap<'a, M> {
    let mut content = row![].spacing(12).align_y(Vertical::Center);
    if let Some(name) = picture_name {
        content = content.push(picture(draw, name, size * 1.3));
    }
    content = content.push(words(label, size, surface.ink).bold().centred());
    tap(target, label, surface, content)
        .shows(picture_name)
        .padding(Padding::from([8.0, 16.0]))
}

/// How wide a numbered control's badge and the gap after it are.
pub fn badge_width(draw: Draw<'_>) -> f32 {
    draw.look.gentle(60.0) + 12.0
}

/// A control with the number that chooses it.
pub fn numbered_control<'a, M: Clone + 'a>(
    draw: Draw<'_>,
    (target, number): (&str, usize),
    label: &str,
    picture_name: &str,
    surface: Surface,
    size: f32,
) -> Tap<'a, M> {
    let palette = draw.look.palette;
    let mark = if surface == palette.chosen {
        palette.number_chosen
    } else {
        palette.number
    };
    let content = row![
        badge(draw, number, mark),
        picture(draw, picture_name, size * 1.3),
        words(label, size, surface.ink).bold().centred(),
    ]
    .spacing(12)
    .align_y(Vertical::Center);
    tap(target, label, surface, content)
        .shows(Some(picture_name))
        .padding(Padding::from([8.0, 16.0]))
}

/// How high the words under the state line's marks stand in `width`.
pub fn steps_height(look: Look, say: &crate::language::Language, width: f32) -> f32 {
    let size = steps_size(look, say, width);
    STEPS
        .iter()
        .map(|id| text_height(&say.text(id), size, (width - 48.0) / 5.0))
        .fold(0.0, f32::max)
}

/// The size of those words: no word is broken for it.
fn steps_size(look: Look, say: &crate::language::Language, width: f32) -> f32 {
    let each = (width - 48.0) / 5.0 - 4.0;
    let longest = STEPS
        .iter()
        .map(|id| say.text(id))
        .filter(|text| text.is_ascii())
        .flat_map(|text| {
            text.split(' ')
                .map(|word| text_width(word, 1.0))
                .collect::<Vec<_>>()
        })
        .fold(0.01, f32::max);
    (each / longest).clamp(theme::SMALL, look.gentle(theme::SMALL))
}

const STEPS: [&str; 5] = [
    "state-saved",
    "state-delivered",
    "state-in-hand",
    "state-answered",
    "state-solved",
];

/// The five-step state line of a case in `width` (design pixels); `reached` counts from 0.
pub fn steps<'a, M: 'a>(
    draw: Draw<'_>,
    say: &crate::language::Language,
    (reached, width): (usize, f32),
) -> Element<'a, M> {
    let look = draw.look;
    let size = steps_size(look, say, width);
    let palette = look.palette;
    let mut line = row![].spacing(12);
    for (n, id) in STEPS.into_iter().enumerate() {
        let surface = if n <= reached {
            palette.number_chosen
        } else {
            palette.paper
        };
        let side = look.gentle(56.0);
        let mark = if n <= reached {
            "✓".to_owned()
        } else {
            (n + 1).to_string()
        };
        let edge = if n <= reached {
            palette.chosen.border
        } else {
            palette.tile.border
        };
        let dot = container(words(mark, look.gentle(38.0), surface.ink).bold())
            .width(side)
            .height(side)
            .align_x(Horizontal::Center)
            .align_y(Vertical::Center)
            .style(move |_| container::Style {
                background: Some(surface.ink.on.into()),
                border: Border {
                    color: edge.0,
                    width: 4.0,
                    radius: (side / 2.0).into(),
                },
                ..container::Style::default()
            });
        line = line.push(
            column![
                dot,
                words(say.text(id), size, palette.page).wide().centred(),
            ]
            .spacing(8)
            .align_x(Horizontal::Center)
            .width(Length::FillPortion(1)),
        );
    }
    line.width(Length::Fill).into()
}
