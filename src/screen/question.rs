//! One question of a form: tiles, a number, a day, a few words, or something to know.

use super::keypad::{self, Keypad, Kind, Typed};
use super::{Ctx, Leaf, date, text};
use crate::frame::{Next, Page};
use crate::pinyin::Pinyin;
use crate::theme;
use crate::widget::{Draw, Tapped, Tile, panel, picture, tiles, words};
use iced::alignment::{Horizontal, Vertical};
use iced::widget::{column, container};
use iced::{Element, Length};
use jiff::civil::Date;
use onedoor_devices::sound::speak::Part;
use onedoor_forms::{Page as FormPage, PageKind, Problem, ProblemKind, Value};

/// How it is answered.
#[derive(Debug, Clone)]
enum Entry {
    Tiles,
    Number(Box<Keypad>),
    Day(date::Entry),
    Words(text::Entry),
    Know,
}

/// The page.
#[derive(Debug, Clone)]
pub struct Question {
    service: String,
    page: FormPage,
    entry: Entry,
    leaf: Leaf,
    fault: Option<(String, Option<Part>)>,
}

/// What happened on it.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// A tile was touched.
    Chosen(String),
    /// More tiles.
    Turned,
    /// On the keypad.
    Keypad(keypad::Message),
    /// On the day.
    Day(date::Message),
    /// On the keyboard.
    Words(text::Message),
    /// Next.
    Next,
    /// Back.
    Back,
}

/// What the root has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Nothing beyond the page itself.
    Stay,
    /// Say the page (or its fault) anew.
    Speak,
    /// Put this answer in and write it down.
    Answer(Value),
    /// The same, and then on.
    AnswerAndNext(Value),
    /// On.
    Next,
    /// Back.
    Back,
}

impl Question {
    /// The page for a form's page; `today` is absent while the clock is not trusted.
    pub fn new(ctx: Ctx<'_>, service: &str, page: FormPage, today: Option<Date>) -> Self {
        let entry = match page.kind {
            PageKind::SelectOne | PageKind::SelectMultiple | PageKind::AddAnother => Entry::Tiles,
            PageKind::Integer | PageKind::Decimal => {
                let kind = if page.kind == PageKind::Integer {
                    Kind::Integer
                } else {
                    Kind::Decimal
                };
                Entry::Number(Box::new(Keypad::new(kind).with(&number_text(&page.value))))
            }
            PageKind::Date => Entry::Day(date::Entry::new(
                match page.value {
                    Value::Date(date) => Some(date),
                    _ => None,
                },
                today,
            )),
            PageKind::Text if digits_only(&page) => {
                let kind = match page.page() {
                    Some("id-number") => Kind::FormId,
                    _ => Kind::FormPhone,
                };
                Entry::Number(Box::new(Keypad::new(kind).with(text_of(&page.value))))
            }
            PageKind::Text => Entry::Words(text::Entry::new(
                text_of(&page.value),
                page.reuse() == Some("profile.full_name") || page.page() == Some("name"),
                ctx.say.tag.starts_with("zh") || page.page() == Some("name"),
            )),
            // Pictures, recordings and codes are refused when the bundle is opened (catalogue.rs).
            PageKind::Note
            | PageKind::Acknowledge
            | PageKind::Image
            | PageKind::Audio
            | PageKind::Barcode => Entry::Know,
        };
        let mut question = Self {
            service: service.to_owned(),
            page,
            entry,
            leaf: Leaf(0),
            fault: None,
        };
        if let Entry::Number(pad) = &mut question.entry {
            pad.asked = Some((
                question.page.label.clone(),
                Part::prompt(
                    format!("services/{service}{}", question.page.prompt),
                    question.page.label.clone(),
                ),
            ));
            pad.hint = question.page.hint.clone();
            pad.optional = !question.page.required;
        }
        question
    }

    /// The form page's path.
    pub fn path(&self) -> &str {
        &self.page.path
    }

    /// What is written but not yet an answer, for the draft.
    pub fn unfinished(&self) -> Option<&str> {
        match &self.entry {
            Entry::Number(pad) => Some(pad.so_far()),
            _ => None,
        }
    }

    /// Puts back what was written before a power cut.
    pub fn resume(&mut self, written: &str) {
        if let Entry::Number(pad) = &mut self.entry {
            let mut fresh = Keypad::new(pad.kind).with(written);
            fresh.asked = pad.asked.clone();
            fresh.hint = pad.hint.clone();
            fresh.optional = pad.optional;
            **pad = fresh;
        }
    }

    /// Shows what is wrong with the answer.
    pub fn refuse(&mut self, ctx: Ctx<'_>, problem: &Problem) {
        let own = problem.message(&ctx.say.tag).map(str::to_owned);
        self.fault = Some(match own {
            Some(message) => {
                let part = problem.prompt.as_ref().map(|id| {
                    Part::prompt(format!("services/{}{id}", self.service), message.clone())
                });
                (message, part)
            }
            None => {
                let id = match problem.kind {
                    ProblemKind::Required => "say-answer-missing",
                    _ => "say-wrong-answer",
                };
                (ctx.say.text(id), Some(ctx.part(id)))
            }
        });
    }

    /// Takes a message. `per` is how many tiles a page shows.
    pub fn update(&mut self, message: Message, per: usize, pinyin: &Pinyin) -> Action {
        if !matches!(message, Message::Next) {
            self.fault = None;
        }
        match (message, &mut self.entry) {
            (Message::Back, _) => Action::Back,
            (Message::Turned, _) => {
                self.leaf = self.leaf.turned(self.page.choices.len(), per);
                Action::Speak
            }
            (Message::Chosen(name), Entry::Tiles) => {
                let value = match self.page.kind {
                    PageKind::AddAnother => Value::Another(name == "yes"),
                    PageKind::SelectMultiple => {
                        let mut many = match &self.page.value {
                            Value::Many(names) => names.clone(),
                            _ => Vec::new(),
                        };
                        match many.iter().position(|n| *n == name) {
                            Some(at) => {
                                many.remove(at);
                            }
                            None => many.push(name),
                        }
                        // In the order of the list, as the form stores them.
                        let order =
                            |n: &String| self.page.choices.iter().position(|c| c.value == *n);
                        many.sort_by_key(order);
                        Value::Many(many)
                    }
                    _ => Value::One(name),
                };
                self.page.value = value.clone();
                Action::Answer(value)
            }
            (Message::Keypad(message), Entry::Number(pad)) => match pad.update(message) {
                keypad::Action::Changed => Action::Answer(self.number_value()),
                keypad::Action::Finished(typed) => {
                    let value = match typed {
                        Typed::Id(id) => Value::Text(id.expose().to_owned()),
                        _ => self.number_value(),
                    };
                    Action::AnswerAndNext(value)
                }
                keypad::Action::Refused => Action::Speak,
                keypad::Action::Switch => Action::Stay,
                keypad::Action::Back => Action::Back,
            },
            (Message::Day(message), Entry::Day(day)) => {
                let speak = day.update(message);
                match (day.date(), speak) {
                    (Some(date), false) => {
                        self.page.value = Value::Date(date);
                        Action::Answer(Value::Date(date))
                    }
                    (_, true) => Action::Speak,
                    _ => Action::Stay,
                }
            }
            (Message::Words(message), Entry::Words(entry)) => {
                if entry.update(message, pinyin) {
                    let value = match entry.text().trim() {
                        "" => Value::Empty,
                        text => Value::Text(text.to_owned()),
                    };
                    self.page.value = value.clone();
                    Action::Answer(value)
                } else {
                    Action::Stay
                }
            }
            (Message::Next, _) => Action::Next,
            _ => Action::Stay,
        }
    }

    /// A number as the form wants it.
    fn number_value(&self) -> Value {
        let Entry::Number(pad) = &self.entry else {
            return Value::Empty;
        };
        let typed = pad.so_far();
        if typed.is_empty() {
            return Value::Empty;
        }
        match self.page.kind {
            PageKind::Integer => typed.parse().map_or(Value::Empty, Value::Integer),
            PageKind::Decimal => typed.parse().map_or(Value::Empty, Value::Decimal),
            _ => Value::Text(typed.to_owned()),
        }
    }

    fn answered(&self) -> bool {
        match &self.entry {
            Entry::Tiles => !self.page.value.is_empty(),
            Entry::Number(pad) => !pad.so_far().is_empty(),
            Entry::Day(day) => day.date().is_some(),
            Entry::Words(entry) => !entry.text().trim().is_empty(),
            Entry::Know => true,
        }
    }

    /// The choices as tiles show them: (name, label, picture, prompt).
    fn choices(&self, ctx: Ctx<'_>) -> Vec<(String, String, Option<String>, Part)> {
        if self.page.kind == PageKind::AddAnother {
            return ["yes", "no"]
                .into_iter()
                .map(|name| {
                    let id = format!("say-{name}");
                    (
                        name.to_owned(),
                        ctx.say.text(&id),
                        Some(name.to_owned()),
                        ctx.part(&id),
                    )
                })
                .collect();
        }
        self.page
            .choices
            .iter()
            .map(|c| {
                (
                    c.value.clone(),
                    c.label.clone(),
                    c.image.clone(),
                    Part::prompt(
                        format!("services/{}/{}", self.service, c.prompt),
                        c.label.clone(),
                    ),
                )
            })
            .collect()
    }

    fn chosen(&self, name: &str) -> bool {
        match &self.page.value {
            Value::One(one) => one == name,
            Value::Many(many) => many.iter().any(|n| n == name),
            Value::Another(yes) => (*yes && name == "yes") || (!*yes && name == "no"),
            _ => false,
        }
    }

    /// The page.
    pub fn view<'a>(&'a self, ctx: Ctx<'a>, per: usize) -> Page<'a, Message> {
        let say = ctx.say;
        if let Entry::Number(pad) = &self.entry {
            let mut page = pad.view(ctx).map(Message::Keypad);
            page.fault = self.fault.as_ref().map(|f| f.0.clone());
            return page;
        }
        let mut page = match &self.entry {
            Entry::Tiles => {
                let all = self.choices(ctx);
                let tile = |n: usize, (name, label, picture, _): &(String, String, Option<String>, Part)| Tile {
                    target: format!("choice/{name}"),
                    number: n + 1,
                    label: label.clone(),
                    picture: picture.clone(),
                    chosen: self.chosen(name),
                    message: Message::Chosen(name.clone()),
                };
                let shown: Vec<_> = self
                    .leaf
                    .of(&all, per)
                    .iter()
                    .enumerate()
                    .map(|(n, choice)| tile(n, choice))
                    .collect();
                Page::new(self.page.label.clone(), move |draw, room| {
                    tiles(draw, shown, room)
                })
            }
            Entry::Day(day) => {
                let body = day.body(ctx);
                Page::new(self.page.label.clone(), move |draw, room| {
                    body(draw, room).map(|t| t.map(Message::Day))
                })
            }
            Entry::Words(entry) => {
                let body = entry.body(ctx);
                Page::new(self.page.label.clone(), move |draw, room| {
                    body(draw, room).map(|t| t.map(Message::Words))
                })
            }
            _ => Page::new(self.page.label.clone(), move |draw, room| {
                self.know(draw, room)
            }),
        };
        // The keyboard needs the room; its hint is on the candidates' row.
        if !matches!(self.entry, Entry::Words(_) | Entry::Know) {
            page.remark = self.page.hint.clone();
        }
        if let Entry::Day(day) = &self.entry {
            if let Some(title) = day.title(ctx) {
                page.title = title;
                page.remark = None;
            }
            page.extra = day.extra(ctx).map(|e| crate::frame::Extra {
                target: e.target,
                label: e.label,
                picture: e.picture,
                message: Message::Day(e.message),
            });
        }
        page.fault = self.fault.as_ref().map(|f| f.0.clone());
        page.back = Some(Message::Back);
        let several = self.choices(ctx).len() > per && matches!(self.entry, Entry::Tiles);
        let more = if self.leaf.is_last(self.page.choices.len(), per) {
            say.text("first-ones")
        } else {
            say.text("more")
        };
        page.next = if self.answered() {
            Next::Ready(say.text("next"), Message::Next)
        } else if several {
            // Nothing chosen yet and more to see: that is the way on.
            Next::Ready(more.clone(), Message::Turned)
        } else if !self.page.required {
            Next::Ready(say.text("skip"), Message::Next)
        } else {
            Next::Missing(say.text(match &self.entry {
                Entry::Day(_) => "missing-date",
                Entry::Words(_) => "missing-text",
                _ => "missing-choice",
            }))
        };
        if several && (self.answered() || !self.page.required) {
            page.extra = Some(if self.answered() {
                crate::frame::Extra {
                    target: "more",
                    label: more,
                    picture: None,
                    message: Message::Turned,
                }
            } else {
                crate::frame::Extra {
                    target: "skip",
                    label: say.text("skip"),
                    picture: None,
                    message: Message::Next,
                }
            });
        }
        page
    }

    /// Something to know: its picture and its words.
    fn know<'a>(&'a self, draw: Draw<'a>, room: (f32, f32)) -> Element<'a, Tapped<Message>> {
        let look = draw.look;
        let ink = look.palette.paper.ink;
        let mut inside = column![].spacing(24).align_x(Horizontal::Center);
        if let Some(name) = self.page.big_image.as_ref().or(self.page.image.as_ref()) {
            inside = inside.push(picture(draw, name, (room.1 * 0.45).min(320.0)));
        }
        if let Some(hint) = &self.page.hint {
            inside = inside.push(
                words(hint.clone(), look.px(theme::LABEL), ink)
                    .wide()
                    .centred(),
            );
        }
        container(
            panel(look.palette.paper, inside)
                .width(Length::Fill)
                .height(Length::Fill)
                .align_x(Horizontal::Center)
                .align_y(Vertical::Center),
        )
        .width(Length::Fill)
        .height(Length::Fill)
        .into()
    }

    /// What it says: the fault if there is one, otherwise the question, its hint, and each choice with its digit.
    pub fn spoken(&self, ctx: Ctx<'_>, per: usize) -> Vec<Part> {
        if let Some((text, part)) = &self.fault {
            return vec![
                part.clone()
                    .unwrap_or_else(|| Part::prompt("", text.clone())),
            ];
        }
        if let Entry::Number(pad) = &self.entry
            && pad.fault.is_some()
        {
            return pad.spoken(ctx);
        }
        let prompt =
            |id: &str, text: &str| Part::prompt(format!("services/{}{id}", self.service), text);
        let mut parts = vec![prompt(&self.page.prompt, &self.page.label)];
        if let Entry::Day(day) = &self.entry {
            if day.title(ctx).is_none()
                && let (Some(id), Some(hint)) = (&self.page.hint_prompt, &self.page.hint)
            {
                parts.push(prompt(id, hint));
            }
            parts.push(day.spoken(ctx));
            return parts;
        }
        if let (Some(id), Some(hint)) = (&self.page.hint_prompt, &self.page.hint) {
            parts.push(prompt(id, hint));
        }
        match &self.entry {
            Entry::Tiles => {
                let all = self.choices(ctx);
                for (n, choice) in self.leaf.of(&all, per).iter().enumerate() {
                    parts.extend(ctx.numbered(n + 1, choice.3.clone()));
                }
            }
            Entry::Words(_) => parts.push(ctx.part("say-text")),
            Entry::Know => parts.push(ctx.part("say-note")),
            _ => {}
        }
        parts
    }

    /// What a chosen tile says when it is touched.
    pub fn echo(&self, ctx: Ctx<'_>, name: &str) -> Vec<Part> {
        self.choices(ctx)
            .into_iter()
            .find(|c| c.0 == name)
            .map(|c| vec![c.3])
            .unwrap_or_default()
    }
}

fn digits_only(page: &FormPage) -> bool {
    matches!(page.page(), Some("phone" | "id-number"))
        || page.appearance.iter().any(|a| a == "numbers")
}

fn text_of(value: &Value) -> &str {
    match value {
        Value::Text(text) => text,
        _ => "",
    }
}

fn number_text(value: &Value) -> String {
    match value {
        Value::Integer(n) => n.to_string(),
        Value::Decimal(n) => n.to_string(),
        _ => String::new(),
    }
}
