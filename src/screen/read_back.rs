//! All answers once more, each with its picture, each changeable by touching it.

use super::{Ctx, Leaf, choose, date};
use crate::frame::Page;
use crate::theme;
use crate::widget::{Tapped, picture, space, tap, words};
use iced::alignment::Vertical;
use iced::widget::{column, row};
use iced::{Element, Length, Padding};
use onedoor_devices::sound::speak::Part;
use onedoor_domain::session::HowTold;
use onedoor_forms::{ReadBack, Value};

/// What a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// An answer, by its path.
    Answer(String),
    /// How to tell the resident.
    HowTold,
}

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A row was touched.
    Touched(Row),
    /// More rows.
    Turned,
    /// "All right."
    Confirmed,
    /// Back.
    Back,
}

/// One row as it is shown.
#[derive(Debug, Clone)]
pub struct Line {
    row: Row,
    target: String,
    question: String,
    answer: String,
    picture: Option<String>,
    parts: Vec<Part>,
}

/// The rows of a case.
pub fn lines(
    ctx: Ctx<'_>,
    service: &str,
    answers: &[ReadBack],
    told: Option<(HowTold, Option<&str>)>,
) -> Vec<Line> {
    let mut all: Vec<Line> = answers
        .iter()
        .map(|a| {
            let answer = match &a.value {
                Value::Date(day) => date::words_of(ctx, *day),
                Value::Text(text)
                    if text.len() >= 10 && text.bytes().all(|b| b.is_ascii_digit()) =>
                {
                    grouped(text)
                }
                _ => a.text.clone(),
            };
            let mut parts = vec![Part::prompt(
                format!("services/{service}{}", a.prompt),
                a.label.clone(),
            )];
            parts.extend(a.answer_prompts.iter().map(|id| {
                // Choices are spoken; what a person typed is not, for others may listen (screens.md, speech).
                Part::prompt(format!("services/{service}/{id}"), a.text.clone())
            }));
            if let Value::Date(day) = &a.value {
                parts.push(Part::Date {
                    date: *day,
                    year: true,
                });
            }
            Line {
                row: Row::Answer(a.path.clone()),
                target: format!("answer{}", a.path),
                question: a.label.clone(),
                answer,
                picture: a.image.clone(),
                parts,
            }
        })
        .collect();
    if let Some((how, phone)) = told {
        let prompt = choose::how_told_prompt(how);
        all.push(Line {
            row: Row::HowTold,
            target: "answer/how-told".into(),
            question: ctx.say.text("read-back-told"),
            answer: match phone {
                Some(phone) => format!("{} {}", ctx.say.text(prompt), grouped(phone)),
                None => ctx.say.text(prompt),
            },
            picture: Some("tell-you".into()),
            parts: vec![ctx.part("say-how-told"), ctx.part(prompt)],
        });
    }
    all
}

/// A telephone number in groups of 3, 4 and the rest, as it was typed.
fn grouped(phone: &str) -> String {
    let group =
        |from: usize, to: usize| phone.chars().skip(from).take(to - from).collect::<String>();
    [group(0, 3), group(3, 7), group(7, 20)]
        .join(" ")
        .trim_end()
        .to_owned()
}

/// How many rows a page shows.
pub fn per(tiles: usize, upright: bool) -> usize {
    match (tiles, upright) {
        (6, false) => 4,
        (6, true) => 6,
        (4, false) => 3,
        (4, true) => 4,
        (_, false) => 2,
        (_, true) => 3,
    }
}

/// The page.
pub fn view<'a>(ctx: Ctx<'a>, lines: Vec<Line>, per: usize, leaf: Leaf) -> Page<'a, Message> {
    let say = ctx.say;
    let last = leaf.is_last(lines.len(), per);
    let shown: Vec<Line> = leaf.of(&lines, per).to_vec();
    let page = Page::new(say.text("say-read-back"), move |draw, _room| {
        let look = draw.look;
        let surface = look.palette.tile;
        let empty = per - shown.len();
        let mut all = column![].spacing(18);
        for line in shown {
            let side = look.gentle(88.0);
            let drawing: Element<'a, Tapped<Message>> = match &line.picture {
                Some(name) => picture(draw, name, side),
                None => picture(draw, "write", side),
            };
            let text = column![
                words(line.question, look.gentle(theme::SMALL), surface.ink),
                words(line.answer, look.gentle(theme::LABEL), surface.ink).bold(),
            ]
            .width(Length::Fill);
            let inside = row![
                drawing,
                text,
                words(say.text("change"), look.px(theme::SMALL), surface.ink).bold(),
            ]
            .spacing(28)
            .align_y(Vertical::Center);
            all = all.push(
                tap(line.target, say.text("change"), surface, inside)
                    .padding(Padding::from([8.0, 28.0]))
                    .width(Length::Fill)
                    .height(Length::Fill)
                    .on_tap(Message::Touched(line.row)),
            );
        }
        for _ in 0..empty {
            all = all.push(space(Length::Fill, Length::Fill));
        }
        all.height(Length::Fill).into()
    })
    .back(Message::Back);
    if last {
        page.next(say.text("read-back-right"), Message::Confirmed)
    } else {
        page.next(say.text("more"), Message::Turned)
    }
}

/// What it says: the question, and the rows of this page.
pub fn spoken(ctx: Ctx<'_>, lines: &[Line], per: usize, leaf: Leaf) -> Vec<Part> {
    let mut parts = vec![ctx.part("say-read-back")];
    // What was typed stands on the screen and is not said aloud; its question alone would sound like being asked again.
    for line in leaf
        .of(lines, per)
        .iter()
        .filter(|line| line.parts.len() > 1)
    {
        parts.extend(line.parts.iter().cloned());
        parts.push(Part::Pause { ms: 200 });
    }
    parts
}
