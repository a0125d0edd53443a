//! One question of a form: tiles, a number, a day, a few words, a recording, a photo, or something to know. Whoever cannot
//! write says it, shows it or lets a person write; whoever cannot say it writes it.

use super::keypad::{self, Keypad, Kind, Typed};
use super::{Ctx, Leaf, date, photo, text, voice};
use crate::frame::{Extra, Next, Page};
use crate::pinyin::Pinyin;
use crate::theme;
use crate::widget::{Draw, Tapped, Tile, panel, picture, reach_of, tiles, words};
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
    Voice(voice::Entry),
    Photo(photo::Entry),
    Know,
}

/// Another way than the question's own.
#[derive(Debug, Clone)]
enum Other {
    /// Which way?
    Ways,
    /// It is said instead of written.
    Voice(voice::Entry),
    /// It is shown instead of written.
    Photo(photo::Entry),
    /// It is written instead of said.
    Words(text::Entry),
}

/// The other ways that are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Say it.
    Say,
    /// Show it to the camera.
    Show,
    /// A person writes it.
    Person,
    /// On the keyboard.
    Write,
}

/// What a text answer begins with where it was said: the file name of the recording follows.
pub const SAID: &str = "voice:";
/// What a text answer begins with where it was shown: the file name of the photo follows.
pub const SHOWN: &str = "photo:";

/// Whether an answer's text is only the name of a recording or photo.
pub fn is_way(text: &str) -> bool {
    text.starts_with(SAID) || text.starts_with(SHOWN)
}

/// The page.
#[derive(Debug, Clone)]
pub struct Question {
    service: String,
    page: FormPage,
    entry: Entry,
    other: Option<Other>,
    camera: bool,
    chinese: bool,
    /// What was written before instead of said.
    written: String,
    /// What the form worked out and tells: a question that is only to be read.
    told: Option<String>,
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
    /// On the recording.
    Voice(voice::Message),
    /// On the photo.
    Photo(photo::Message),
    /// "I cannot write."
    OtherWay,
    /// One of the other ways.
    Went(Way),
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
    /// A recording began, ended, is heard.
    Voice(voice::Message),
    /// A photo is taken, or once more.
    Photo(photo::Message),
    /// These words stand for what was to be said.
    Written(String),
    /// Call a person.
    Person,
    /// On.
    Next,
    /// Back.
    Back,
}

impl Question {
    /// The page for a form's page; `today` is absent while the clock is not trusted.
    pub fn new(
        ctx: Ctx<'_>,
        service: &str,
        page: FormPage,
        today: Option<Date>,
        (camera, written): (bool, Option<&str>),
    ) -> Self {
        let mut other = None;
        let entry = match page.kind {
            _ if page.read_only => Entry::Know,
            PageKind::SelectOne | PageKind::SelectMultiple | PageKind::AddAnother => Entry::Tiles,
            PageKind::Integer | PageKind::Decimal => {
                let kind = match (page.page(), page.kind) {
                    (Some("money"), _) => Kind::Money,
                    (_, PageKind::Integer) => Kind::Integer,
                    _ => Kind::Decimal,
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
                    Some("phone") => Kind::FormPhone,
                    Some("bank-card") => Kind::BankCard,
                    _ => Kind::Digits,
                };
                Entry::Number(Box::new(Keypad::new(kind).with(text_of(&page.value))))
            }
            PageKind::Text => {
                let written = text_of(&page.value);
                if let Some(name) = written.strip_prefix(SAID) {
                    other = Some(Other::Voice(voice::Entry::new(name.to_owned(), true)));
                } else if let Some(name) = written.strip_prefix(SHOWN) {
                    other = Some(Other::Photo(photo::Entry::new(name.to_owned(), true)));
                }
                let written = if other.is_some() { "" } else { written };
                Entry::Words(keyboard(ctx, &page, written))
            }
            PageKind::Audio => {
                if matches!(&page.value, Value::File(name) if name.ends_with(".txt")) {
                    other = Some(Other::Words(keyboard(ctx, &page, written.unwrap_or(""))));
                }
                let kept = !page.value.is_empty() && other.is_none();
                Entry::Voice(voice::Entry::new(file_name(&page.path, "ogg"), kept))
            }
            PageKind::Image => {
                let kept = !page.value.is_empty();
                Entry::Photo(photo::Entry::new(file_name(&page.path, "jpg"), kept))
            }
            // Codes are refused when the bundle is opened (bundle.rs).
            PageKind::Note | PageKind::Acknowledge | PageKind::Barcode => Entry::Know,
        };
        let told = page
            .read_only
            .then(|| match &page.value {
                Value::Date(day) => date::words_of(ctx, *day),
                Value::Text(text) => text.clone(),
                other => number_text(other),
            })
            .filter(|text| !text.is_empty());
        let mut question = Self {
            told,
            service: service.to_owned(),
            page,
            entry,
            other,
            camera,
            chinese: ctx.say.tag.starts_with("zh"),
            written: written.unwrap_or_default().to_owned(),
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

    /// What is written but not yet an answer, for the draft: digits, or letters that are no character yet.
    pub fn unfinished(&self) -> Option<&str> {
        match (&self.other, &self.entry) {
            (Some(Other::Words(entry)), _) | (None, Entry::Words(entry)) => Some(entry.letters()),
            (None, Entry::Number(pad)) => Some(pad.so_far()),
            _ => None,
        }
    }

    /// Puts back what was written before a power cut.
    pub fn resume(&mut self, written: &str, pinyin: &Pinyin) {
        match (&mut self.other, &mut self.entry) {
            (Some(Other::Words(entry)), _) | (None, Entry::Words(entry)) => {
                entry.resume(written, pinyin);
            }
            (None, Entry::Number(pad)) => {
                let mut fresh = Keypad::new(pad.kind).with(written);
                fresh.asked = pad.asked.clone();
                fresh.hint = pad.hint.clone();
                fresh.optional = pad.optional;
                **pad = fresh;
            }
            _ => {}
        }
    }

    /// The recording that is on the page.
    pub fn voice(&self) -> Option<&voice::Entry> {
        match (&self.other, &self.entry) {
            (Some(Other::Voice(entry)), _) | (None, Entry::Voice(entry)) => Some(entry),
            _ => None,
        }
    }

    /// The file name of the recording that the question asks for, also where it is written instead.
    pub fn voice_name(&self) -> Option<&str> {
        match &self.entry {
            Entry::Voice(entry) => Some(entry.name()),
            _ => None,
        }
    }

    /// The photo that is on the page.
    pub fn photo(&self) -> Option<&photo::Entry> {
        match (&self.other, &self.entry) {
            (Some(Other::Photo(entry)), _) | (None, Entry::Photo(entry)) => Some(entry),
            _ => None,
        }
    }

    /// What the microphone tells.
    pub fn heard(&mut self, news: &voice::News) {
        if let (Some(Other::Voice(entry)), _) | (None, Entry::Voice(entry)) =
            (&mut self.other, &mut self.entry)
        {
            entry.heard(news);
        }
    }

    /// What the camera tells.
    pub fn seen(&mut self, news: &photo::News) {
        if let (Some(Other::Photo(entry)), _) | (None, Entry::Photo(entry)) =
            (&mut self.other, &mut self.entry)
        {
            entry.seen(news);
        }
    }

    /// The answer that the file `name` stands for.
    pub fn file_value(&self, name: &str) -> Value {
        match self.page.kind {
            PageKind::Audio | PageKind::Image => Value::File(name.to_owned()),
            _ if name.ends_with(".ogg") => Value::Text(format!("{SAID}{name}")),
            _ => Value::Text(format!("{SHOWN}{name}")),
        }
    }

    /// The answer that the question's own way holds now, without what was said or shown instead.
    pub fn own_value(&self) -> Value {
        match &self.entry {
            Entry::Words(entry) => match entry.text().trim() {
                "" => Value::Empty,
                text => Value::Text(text.to_owned()),
            },
            _ => Value::Empty,
        }
    }

    /// The answer changed outside of the page: a recording ended with nothing in it, a photo was taken.
    pub fn holds(&mut self, value: Value) {
        self.page.value = value;
    }

    /// The other ways to answer this question: target, label, picture, way.
    fn ways(&self) -> Vec<(&'static str, &'static str, &'static str, Way)> {
        let person = ("way/person", "say-way-person", "ask-type", Way::Person);
        let write = ("way/write", "say-way-write", "keyboard", Way::Write);
        match (&self.entry, &self.other) {
            (Entry::Words(_), _) => {
                let mut ways = vec![("way/say", "say-way-say", "microphone", Way::Say)];
                if self.camera {
                    ways.push(("way/show", "say-way-show", "camera", Way::Show));
                }
                ways.push(person);
                ways.push(write);
                ways
            }
            // A form that lets it empty asks for the written words itself.
            (Entry::Voice(_), _) if self.page.required => {
                vec![
                    write,
                    ("way/say", "say-way-say", "microphone", Way::Say),
                    person,
                ]
            }
            _ => Vec::new(),
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
                keypad::Action::Switch | keypad::Action::Photograph => Action::Stay,
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
            (Message::Words(message), _) if matches!(self.other, Some(Other::Words(_))) => {
                let Some(Other::Words(entry)) = &mut self.other else {
                    return Action::Stay;
                };
                entry.update(message, pinyin);
                Action::Written(entry.text().trim().to_owned())
            }
            (Message::Words(message), Entry::Words(entry)) => {
                // Also where only letters were added: they are written down with the answer, within the same moment.
                entry.update(message, pinyin);
                let value = match entry.text().trim() {
                    "" => Value::Empty,
                    text => Value::Text(text.to_owned()),
                };
                self.page.value = value.clone();
                Action::Answer(value)
            }
            (Message::OtherWay, _) => {
                // A second touch on it leads back to the question's own way.
                self.other = match &self.other {
                    None => Some(Other::Ways),
                    Some(Other::Ways) => None,
                    // Back at the keyboard what stands there is the answer again, and nothing that was said instead.
                    Some(_) => {
                        self.other = None;
                        let value = self.own_value();
                        self.page.value = value.clone();
                        return Action::Answer(value);
                    }
                };
                Action::Speak
            }
            (Message::Went(way), _) => self.went(way),
            (Message::Voice(message), _) => {
                if let (Some(Other::Voice(entry)), _) | (None, Entry::Voice(entry)) =
                    (&mut self.other, &mut self.entry)
                    && entry.update(message)
                {
                    return Action::Voice(message);
                }
                Action::Stay
            }
            (Message::Photo(message), _) => {
                if let (Some(Other::Photo(entry)), _) | (None, Entry::Photo(entry)) =
                    (&mut self.other, &mut self.entry)
                    && entry.update(message)
                {
                    return Action::Photo(message);
                }
                Action::Stay
            }
            (Message::Next, _) => Action::Next,
            _ => Action::Stay,
        }
    }

    fn went(&mut self, way: Way) -> Action {
        let path = &self.page.path;
        self.other = match (way, &self.entry) {
            (Way::Say, Entry::Words(_)) => Some(Other::Voice(voice::Entry::new(
                file_name(path, "ogg"),
                false,
            ))),
            (Way::Show, _) => Some(Other::Photo(photo::Entry::new(
                file_name(path, "jpg"),
                false,
            ))),
            (Way::Write, Entry::Voice(_)) => Some(Other::Words(text::Entry::new(
                &self.written,
                false,
                self.chinese,
            ))),
            (Way::Say | Way::Write, _) => None,
            (Way::Person, _) => {
                self.other = None;
                return Action::Person;
            }
        };
        Action::Speak
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
        match &self.other {
            None => {}
            Some(Other::Ways) => return false,
            Some(Other::Words(entry)) => return !entry.text().trim().is_empty(),
            Some(Other::Voice(entry)) => return entry.kept() || entry.recording(),
            Some(Other::Photo(entry)) => return entry.kept(),
        }
        match &self.entry {
            Entry::Tiles => !self.page.value.is_empty(),
            Entry::Number(pad) => !pad.so_far().is_empty(),
            Entry::Day(day) => day.date().is_some(),
            Entry::Words(entry) => !entry.text().trim().is_empty(),
            // Next ends a recording that runs.
            Entry::Voice(entry) => entry.kept() || entry.recording(),
            Entry::Photo(entry) => entry.kept(),
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
        let ways = self.ways();
        let first = 1u16;
        let label = self.page.label.clone();
        let recording = |entry: &'a voice::Entry| {
            let body = entry.body(ctx, first.into());
            Page::new(label.clone(), move |draw, room| {
                body(draw, room).map(|t| t.map(Message::Voice))
            })
            .reach(entry.reach(first).map(Message::Voice))
        };
        let photo = |entry: &'a photo::Entry| {
            let body = entry.body(ctx, first.into());
            let mut page = Page::new(label.clone(), move |draw, room| {
                body(draw, room).map(|t| t.map(Message::Photo))
            })
            .reach(entry.reach(first).map(Message::Photo));
            page.fault = entry.fault.map(|id| say.text(id));
            page
        };
        let writing = |entry: &'a text::Entry| {
            let body = entry.body(ctx);
            let page = Page::new(label.clone(), move |draw, room| {
                body(draw, room).map(|t| t.map(Message::Words))
            });
            // A number pad has no letters: it chooses another way.
            (1u16..).zip(&ways).fold(page, |mut page, (n, way)| {
                page.reach = page.reach.number(n, way.0, Message::Went(way.3));
                page
            })
        };
        let other = match &self.other {
            None => None,
            Some(Other::Voice(entry)) => Some(recording(entry)),
            Some(Other::Photo(entry)) => Some(photo(entry)),
            Some(Other::Words(entry)) => Some(writing(entry)),
            Some(Other::Ways) => {
                let shown: Vec<Tile<Message>> = (1..)
                    .zip(&ways)
                    .map(|(number, (target, label, picture, way))| Tile {
                        target: (*target).to_owned(),
                        number,
                        label: say.text(label),
                        picture: Some((*picture).to_owned()),
                        chosen: false,
                        message: Message::Went(*way),
                    })
                    .collect();
                let reach = reach_of(&shown);
                Some(
                    Page::new(label.clone(), move |draw, room| tiles(draw, shown, room))
                        .reach(reach),
                )
            }
        };
        let mut page = match &self.entry {
            _ if other.is_some() => other.unwrap_or_else(|| unreachable!("looked at above")),
            Entry::Voice(entry) => recording(entry),
            Entry::Photo(entry) => photo(entry),
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
                let reach = reach_of(&shown);
                Page::new(self.page.label.clone(), move |draw, room| {
                    tiles(draw, shown, room)
                })
                .reach(reach)
            }
            Entry::Day(day) => {
                let body = day.body(ctx);
                Page::new(self.page.label.clone(), move |draw, room| {
                    body(draw, room).map(|t| t.map(Message::Day))
                })
                .reach(day.reach().map(Message::Day))
            }
            Entry::Words(entry) => writing(entry),
            _ => Page::new(self.page.label.clone(), move |draw, room| {
                self.know(draw, room)
            }),
        };
        // The keyboard needs the room; its hint is on the candidates' row.
        if !matches!(
            self.entry,
            Entry::Words(_) | Entry::Know | Entry::Voice(_) | Entry::Photo(_)
        ) {
            page.remark = self.page.hint.clone();
        }
        if let Entry::Day(day) = &self.entry {
            if let Some(title) = day.title(ctx) {
                page.title = title;
                page.remark = None;
            }
            page.extra = day.extra(ctx).map(|e| Extra {
                target: e.target,
                label: e.label,
                picture: e.picture,
                message: Message::Day(e.message),
            });
        }
        if let Some(fault) = &self.fault {
            page.fault = Some(fault.0.clone());
        } else if let Some(fault) = self.voice().and_then(|entry| entry.fault) {
            page.fault = Some(say.text(fault));
        }
        page.back = Some(Message::Back);
        let several = self.choices(ctx).len() > per && matches!(self.entry, Entry::Tiles);
        let more = if self.leaf.is_last(self.page.choices.len(), per) {
            say.text("first-ones")
        } else {
            say.text("more")
        };
        if !ways.is_empty() {
            page.extra = Some(self.way_out(ctx));
        }
        page.next = if matches!(self.other, Some(Other::Ways)) {
            Next::Absent
        } else if self.answered() {
            // A promise is made by its own words, not by what leads on everywhere.
            let promise = self.page.kind == PageKind::Acknowledge && !self.page.read_only;
            Next::Ready(
                say.text(if promise { "acknowledge" } else { "next" }),
                Message::Next,
            )
        } else if several {
            // Nothing chosen yet and more to see: that is the way on.
            Next::Ready(more.clone(), Message::Turned)
        } else if !self.page.required {
            Next::Ready(say.text("skip"), Message::Next)
        } else {
            Next::Missing(say.text(match &self.entry {
                _ if self.voice().is_some() => "missing-voice",
                _ if self.photo().is_some() => "missing-photo",
                _ if self.other.is_some() => "missing-text",
                Entry::Day(_) => "missing-date",
                Entry::Words(_) => "missing-text",
                Entry::Voice(_) => "missing-voice",
                Entry::Photo(_) => "missing-photo",
                _ => "missing-choice",
            }))
        };
        if several && (self.answered() || !self.page.required) {
            page.extra = Some(if self.answered() {
                Extra {
                    target: "more",
                    label: more,
                    picture: None,
                    message: Message::Turned,
                }
            } else {
                Extra {
                    target: "skip",
                    label: say.text("skip"),
                    picture: None,
                    message: Message::Next,
                }
            });
        }
        page
    }

    /// The way to the other ways, or back from them.
    fn way_out(&self, ctx: Ctx<'_>) -> Extra<Message> {
        let (label, picture) = match (&self.other, &self.entry) {
            (None, Entry::Words(_)) => ("text-cannot", "microphone"),
            (None, _) => ("voice-cannot", "keyboard"),
            (Some(_), Entry::Words(_)) => ("text-keyboard", "keyboard"),
            (Some(_), _) => ("voice-after-all", "microphone"),
        };
        Extra {
            target: "other-way",
            label: ctx.say.text(label),
            picture: Some(picture),
            message: Message::OtherWay,
        }
    }

    /// Something to know: its picture and its words.
    fn know<'a>(&'a self, draw: Draw<'a>, room: (f32, f32)) -> Element<'a, Tapped<Message>> {
        let look = draw.look;
        let ink = look.palette.paper.ink;
        let mut inside = column![].spacing(24).align_x(Horizontal::Center);
        if let Some(name) = self.page.big_image.as_ref().or(self.page.image.as_ref()) {
            inside = inside.push(picture(draw, name, (room.1 * 0.45).min(320.0)));
        }
        if let Some(told) = &self.told {
            inside = inside.push(
                words(told.clone(), look.gentle(72.0), ink)
                    .bold()
                    .wide()
                    .centred(),
            );
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
        match &self.other {
            None => {}
            Some(Other::Ways) => {
                for (n, way) in (1..).zip(self.ways()) {
                    parts.extend(ctx.numbered(n, ctx.part(way.1)));
                }
                return parts;
            }
            Some(Other::Voice(entry)) => return said(parts, entry.spoken(ctx), entry.recording()),
            Some(Other::Photo(entry)) => return said(parts, entry.spoken(ctx), false),
            Some(Other::Words(_)) => {
                parts.push(ctx.part("say-text"));
                return parts;
            }
        }
        match &self.entry {
            Entry::Voice(entry) => return said(parts, entry.spoken(ctx), entry.recording()),
            Entry::Photo(entry) => return said(parts, entry.spoken(ctx), false),
            Entry::Tiles => {
                let all = self.choices(ctx);
                for (n, choice) in self.leaf.of(&all, per).iter().enumerate() {
                    parts.extend(ctx.numbered(n + 1, choice.3.clone()));
                }
            }
            Entry::Words(_) => parts.push(ctx.part("say-text")),
            Entry::Know => {
                if let (Value::Date(date), true) = (&self.page.value, self.page.read_only) {
                    parts.insert(
                        1,
                        Part::Date {
                            date: *date,
                            year: true,
                        },
                    );
                }
                parts.push(ctx.part("say-note"));
            }
            _ => {}
        }
        parts
    }

    /// How many digits are missing on its keypad.
    pub fn spoken_count(&self, ctx: Ctx<'_>) -> Vec<Part> {
        match &self.entry {
            Entry::Number(pad) => pad.spoken_count(ctx),
            _ => Vec::new(),
        }
    }

    /// What whoever only hears needs beside it: which number does what.
    pub fn spoken_numbers(&self, ctx: Ctx<'_>) -> Vec<Part> {
        if let Some(entry) = self.voice() {
            return entry.spoken_numbers(ctx, 1);
        }
        if let Some(entry) = self.photo() {
            return entry.spoken_numbers(ctx, 1);
        }
        if matches!(self.other, Some(Other::Ways)) {
            return Vec::new();
        }
        match &self.entry {
            Entry::Words(_) | Entry::Voice(_) => (1..)
                .zip(self.ways())
                .flat_map(|(n, way)| ctx.numbered(n, ctx.part(way.1)))
                .collect(),
            Entry::Number(pad) => pad.spoken_count(ctx),
            Entry::Day(day) => day.spoken_numbers(ctx),
            _ => Vec::new(),
        }
    }

    /// What is said when a choice's tile or a day is touched, by its target; nothing for other targets.
    pub fn echo(&self, ctx: Ctx<'_>, target: &str) -> Vec<Part> {
        if let (Entry::Day(day), true) = (&self.entry, target.starts_with("da")) {
            return day
                .date()
                .map(|date| vec![Part::Date { date, year: true }])
                .unwrap_or_default();
        }
        let Some(name) = target.strip_prefix("choice/") else {
            return Vec::new();
        };
        self.choices(ctx)
            .into_iter()
            .find(|c| c.0 == name)
            .map(|c| vec![c.3])
            .unwrap_or_default()
    }
}

/// A page's sentence and what its recording or photo says; nothing while somebody speaks.
fn said(page: Vec<Part>, own: Vec<Part>, silent: bool) -> Vec<Part> {
    if silent {
        return Vec::new();
    }
    page.into_iter().chain(own).collect()
}

/// The keyboard of a question.
fn keyboard(ctx: Ctx<'_>, page: &FormPage, written: &str) -> text::Entry {
    let name = page.reuse() == Some("profile.full_name") || page.page() == Some("name");
    text::Entry::new(
        written,
        name,
        ctx.say.tag.starts_with("zh") || page.page() == Some("name"),
    )
}

/// The file name of a recording or photo: the question's own, with the entry of a repeat in it.
fn file_name(path: &str, ending: &str) -> String {
    let inside = path
        .trim_start_matches('/')
        .split_once('/')
        .map_or(path, |p| p.1);
    let plain: String = inside
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '-'
            }
        })
        .collect();
    format!("{}.{ending}", plain.replace("--", "-").trim_matches('-'))
}

fn digits_only(page: &FormPage) -> bool {
    matches!(page.page(), Some("phone" | "id-number" | "bank-card"))
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
