//! All answers once more, each with its picture, each changeable by touching it.

use super::{Ctx, Leaf, choose, date, question};
use crate::frame::{Extra, Page};
use crate::widget::rows;
use onedoor_devices::sound::speak::Part;
use onedoor_domain::session::HowTold;
use onedoor_forms::{Page as FormPage, ReadBack, Value};

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
    /// Nothing is there yet: it may be added.
    offer: bool,
}

/// The rows of a case.
pub fn lines(
    ctx: Ctx<'_>,
    service: &str,
    answers: &[ReadBack],
    told: Option<(HowTold, Option<&str>)>,
    offers: &[FormPage],
) -> Vec<Line> {
    let mut all: Vec<Line> = answers
        .iter()
        .map(|a| {
            let answer = match &a.value {
                Value::Date(day) => date::words_of(ctx, *day),
                Value::File(name) if name.ends_with(".txt") => ctx.say.text("read-back-written"),
                Value::File(name) if name.ends_with(".ogg") => ctx.say.text("read-back-said"),
                Value::File(_) => ctx.say.text("read-back-shown"),
                Value::Text(text) if text.starts_with(question::SAID) => {
                    ctx.say.text("read-back-said")
                }
                Value::Text(text) if text.starts_with(question::SHOWN) => {
                    ctx.say.text("read-back-shown")
                }
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
                offer: false,
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
            offer: false,
        });
    }
    all.extend(offers.iter().map(|page| Line {
        row: Row::Answer(page.path.clone()),
        target: format!("answer{}", page.path),
        question: page.label.clone(),
        answer: ctx.say.text("read-back-offer"),
        picture: page.image.clone(),
        parts: vec![
            Part::prompt(
                format!("services/{service}{}", page.prompt),
                page.label.clone(),
            ),
            ctx.part("read-back-offer"),
        ],
        offer: true,
    }));
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

/// How many answers are really there: what may still be added and what was left empty is not sent.
pub fn given(lines: &[Line]) -> usize {
    lines
        .iter()
        .filter(|line| !line.offer && !line.answer.trim().is_empty())
        .count()
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
    let several = lines.len() > per;
    // What follows are only offers: every answer was seen, and whoever wants to add nothing goes on.
    let seen = lines
        .iter()
        .skip((leaf.0 % lines.len().div_ceil(per).max(1) + 1) * per)
        .all(|line| line.offer);
    let shown: Vec<rows::Row<Message>> = leaf
        .of(&lines, per)
        .iter()
        .map(|line| rows::Row {
            target: line.target.clone(),
            picture: line.picture.clone().unwrap_or_else(|| "write".into()),
            small: line.question.clone(),
            large: line.answer.clone(),
            does: say.text(if line.offer {
                "read-back-add"
            } else {
                "change"
            }),
            message: Message::Touched(line.row.clone()),
        })
        .collect();
    let reach = rows::reach_of(&shown);
    let page = Page::new(say.text("say-read-back"), move |draw, room| {
        rows::rows(draw, shown, per, room)
    })
    .reach(reach)
    .back(Message::Back);
    if !last && !seen {
        return page.next(say.text("more"), Message::Turned);
    }
    let mut page = page.next(say.text("read-back-right"), Message::Confirmed);
    if several {
        page.extra = Some(Extra {
            target: "more",
            label: say.text(if last { "first-ones" } else { "more" }),
            picture: None,
            message: Message::Turned,
        });
    }
    page
}

/// What it says by itself: others may stand there and listen, so the answers come only when somebody asks for them.
pub fn announced(ctx: Ctx<'_>) -> Vec<Part> {
    vec![ctx.part("say-read-back"), ctx.part("say-private")]
}

/// What it says to whoever asks: the question, and the rows of this page.
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

/// The same for whoever only hears: every row has its number, and what was typed is said to be there.
pub fn spoken_numbers(ctx: Ctx<'_>, lines: &[Line], per: usize, leaf: Leaf) -> Vec<Part> {
    let mut parts = vec![ctx.part("say-read-back")];
    for (n, line) in leaf.of(lines, per).iter().enumerate() {
        parts.push(Part::Number(n as i64 + 1));
        parts.extend(line.parts.iter().cloned());
        if line.parts.len() == 1 {
            parts.push(ctx.part("say-pad-is-there"));
        }
        parts.push(Part::Pause { ms: 200 });
    }
    parts.push(ctx.part("say-pad-change"));
    parts
}
