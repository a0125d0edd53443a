//! What the station holds of a person: seen, corrected and erased by them, by their card, or by number and slip.

mod page;

use super::keypad::{self, Keypad, Kind, Typed};
use super::{Ctx, Leaf, choose, text};
use crate::effect::{Erased, Held, HolderKey};
use crate::pinyin::Pinyin;
use crate::widget::rows;
use onedoor_domain::code::CaseCode;
use onedoor_domain::id::CaseId;
use onedoor_domain::personal::Personal;
use onedoor_domain::profile::{FieldValue, PersonKey, Profile, Relation};
use page::ways;

/// Where on the page a person is.
#[derive(Debug, Clone)]
enum Stage {
    /// Show the card, or have none.
    Ask,
    /// Without a card: the ID number.
    Number(Box<Keypad>),
    /// And the code of one of their slips.
    Code(Personal<String>, Box<Keypad>),
    /// Being looked up, after this stage.
    Looking,
    /// All of it, by kinds.
    Over(Leaf),
    /// What is remembered, line by line.
    Fields(Leaf),
    /// One line.
    Field(String),
    /// One line is written anew.
    Write(String, Box<text::Entry>),
    /// A telephone number is typed anew.
    Phone(Box<Keypad>),
    /// Whom they act for.
    Family(Leaf),
    /// One of them.
    Kin(usize),
    /// Shall all of it be erased?
    Erase,
    /// It is erased.
    Erased(Erased),
}

/// The page.
#[derive(Debug, Clone)]
pub struct Mine {
    stage: Stage,
    held: Option<Box<Held>>,
    /// The number that was typed, where no card was shown.
    typed: Option<Personal<String>>,
    /// The prompt of what went wrong.
    fault: Option<&'static str>,
}

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// "I have no card."
    NoCard,
    /// On a keypad.
    Keypad(keypad::Message),
    /// On the keyboard.
    Text(text::Message),
    /// The matters.
    Matters,
    /// What is remembered.
    Fields,
    /// What they should have.
    Due,
    /// The family.
    Family,
    /// Another card.
    NewCard,
    /// Erase everything: asked first.
    Erase,
    /// Yes, everything.
    EraseReally,
    /// More lines.
    Turned,
    /// A line was touched.
    Opened(String),
    /// Correct the line.
    Correct,
    /// Take the line away.
    TakeAway,
    /// Someone of the family was touched.
    KinOpened(usize),
    /// Not to act for them any more.
    Unlink,
    /// The written line is right.
    Written,
    /// Back.
    Back,
    /// Home.
    Finished,
}

/// What the root has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Nothing beyond the page itself.
    Stay,
    /// Say the page anew.
    Speak,
    /// Look up what is held.
    Show(HolderKey),
    /// Show their matters.
    Matters,
    /// Show what they should have.
    Due,
    /// Correct a line.
    Correct(PersonKey, String, Option<Personal<FieldValue>>),
    /// Not to act for the second any more.
    Unlink(PersonKey, PersonKey),
    /// A new card.
    NewCard(PersonKey),
    /// Erase everything.
    EraseAll(PersonKey),
    /// Erase the one matter whose slip was typed.
    EraseMatter(CaseId),
    /// Home.
    Leave,
}

/// The lines of a profile in the order in which people name them: field, caption, picture.
const FIELDS: [(&str, &str, &str); 10] = [
    ("full_name", "say-field-name", "write"),
    ("id_number", "say-field-id", "id-card"),
    ("sex", "say-field-sex", "people"),
    ("birth_date", "say-field-birth", "calendar"),
    ("phone", "say-field-phone", "telephone"),
    ("area", "say-field-area", "village"),
    ("address", "say-field-address", "home"),
    ("insured_here", "say-field-insured", "medical-insurance"),
    ("insured_township", "say-field-township", "town"),
    ("insured_village", "say-field-village", "village"),
];

/// What the ID card says is not corrected by hand.
fn by_the_card(field: &str) -> bool {
    matches!(field, "id_number" | "sex" | "birth_date")
}

/// The caption of a profile's field, by its prompt.
pub fn caption(field: &str) -> &'static str {
    FIELDS
        .iter()
        .find(|(name, _, _)| *name == field)
        .map_or("say-field-other", |(_, caption, _)| caption)
}

/// Fields in the order in which people name them.
pub fn in_order(fields: &[String]) -> Vec<&String> {
    let place = |field: &str| FIELDS.iter().position(|row| row.0 == field);
    let mut all: Vec<&String> = fields.iter().collect();
    all.sort_by_key(|field| place(field).unwrap_or(FIELDS.len()));
    all
}

/// A relation's prompt; mother or father by what is known of them.
pub fn relation_prompt(relation: Relation, profile: Option<&Profile>) -> &'static str {
    let man = profile
        .and_then(|profile| profile.get("sex"))
        .is_some_and(|sex| sex.expose().as_text() == "male");
    choose::relation_prompt(match relation {
        Relation::Parent if man => "father",
        Relation::Parent => "mother",
        Relation::Spouse => "spouse",
        Relation::Child => "child",
        Relation::Grandparent => "grandparent",
        _ => "other",
    })
}

impl Default for Mine {
    fn default() -> Self {
        Self {
            stage: Stage::Ask,
            held: None,
            typed: None,
            fault: None,
        }
    }
}

impl Mine {
    /// The page of somebody whose card was just shown: it is being looked up.
    pub fn looking() -> Self {
        Self {
            stage: Stage::Looking,
            ..Self::default()
        }
    }

    /// A name for the trace.
    pub fn name(&self) -> &'static str {
        match &self.stage {
            Stage::Ask => "mine",
            Stage::Number(_) => "mine/number",
            Stage::Code(..) => "mine/code",
            Stage::Looking => "mine/looking",
            Stage::Over(_) => "mine/held",
            Stage::Fields(_) => "mine/remembered",
            Stage::Field(_) => "mine/line",
            Stage::Write(..) => "mine/write",
            Stage::Phone(_) => "mine/phone",
            Stage::Family(_) => "mine/family",
            Stage::Kin(_) => "mine/kin",
            Stage::Erase => "mine/erase",
            Stage::Erased(_) => "mine/erased",
        }
    }

    /// Whether a card was shown, rather than number and slip.
    pub fn by_card(&self) -> bool {
        self.typed.is_none()
    }

    /// What is held, once it is known.
    pub fn held(&self) -> Option<&Held> {
        self.held.as_deref()
    }

    /// What is held was looked up, or has changed.
    pub fn show(&mut self, held: Held) {
        self.fault = None;
        self.stage = match &self.stage {
            Stage::Field(_) | Stage::Write(..) | Stage::Phone(_) | Stage::Fields(_)
                if held.holder.profile.is_some() =>
            {
                Stage::Fields(Leaf(0))
            }
            Stage::Kin(_) | Stage::Family(_) if !held.holder.kin.is_empty() => {
                Stage::Family(Leaf(0))
            }
            _ => Stage::Over(Leaf(0)),
        };
        self.held = Some(Box::new(held));
    }

    /// It could not be shown, and why.
    pub fn refuse(&mut self, why: &'static str) {
        let typed = self.typed.take();
        match (&self.stage, typed) {
            // Beside the field that can be corrected; the number is one Back away.
            (Stage::Looking, Some(number)) => {
                let mut pad = Keypad::new(Kind::CaseCode);
                pad.fault = Some(why.into());
                self.stage = Stage::Code(number, Box::new(pad));
            }
            (Stage::Looking, None) => {
                self.fault = Some(why);
                self.stage = if self.held.is_some() {
                    Stage::Over(Leaf(0))
                } else {
                    Stage::Ask
                };
            }
            _ => self.fault = Some(why),
        }
    }

    /// What was being done is done: the whole again.
    pub fn again(&mut self) {
        if self.held.is_some() {
            self.stage = Stage::Over(Leaf(0));
        }
    }

    /// It is erased.
    pub fn erased(&mut self, erased: Erased) {
        self.held = None;
        self.stage = Stage::Erased(erased);
    }

    fn person(&self) -> Option<PersonKey> {
        self.held.as_ref().map(|held| held.holder.person)
    }

    fn profile(&self) -> Option<&Profile> {
        self.held.as_ref()?.holder.profile.as_ref()
    }

    /// The lines that are there, in order.
    fn fields(&self) -> Vec<(&'static str, &'static str, &'static str, String)> {
        let Some(profile) = self.profile() else {
            return Vec::new();
        };
        FIELDS
            .iter()
            .filter_map(|(field, caption, drawing)| {
                let value = profile.get(field)?.expose().as_text().into_owned();
                Some((*field, *caption, *drawing, value))
            })
            .collect()
    }

    /// Takes a message; `per` is how many tiles a page shows.
    pub fn update(
        &mut self,
        message: Message,
        ctx: Ctx<'_>,
        per: usize,
        pinyin: &Pinyin,
    ) -> Action {
        self.fault = None;
        match message {
            Message::NoCard => {
                self.stage = Stage::Number(Box::new(Keypad::new(Kind::MineId)));
                Action::Speak
            }
            Message::Keypad(message) => self.keypad(message),
            Message::Text(message) => {
                if let Stage::Write(_, entry) = &mut self.stage {
                    entry.update(message, pinyin);
                }
                Action::Stay
            }
            Message::Matters => Action::Matters,
            Message::Due => Action::Due,
            Message::Fields => self.go(Stage::Fields(Leaf(0))),
            Message::Family => self.go(Stage::Family(Leaf(0))),
            Message::NewCard => match self.person() {
                Some(person) => {
                    self.stage = Stage::Looking;
                    Action::NewCard(person)
                }
                None => Action::Stay,
            },
            Message::Erase => self.go(Stage::Erase),
            Message::EraseReally => {
                let only = self.held.as_ref().and_then(|held| held.only);
                let person = self.person();
                self.stage = Stage::Looking;
                match (only, person) {
                    (Some(case), _) => Action::EraseMatter(case),
                    (None, Some(person)) => Action::EraseAll(person),
                    (None, None) => Action::Stay,
                }
            }
            Message::Turned => {
                let (fields, kin) = (self.fields().len(), self.kin());
                let kinds = self.held().map_or(0, |held| ways(held).len());
                match &mut self.stage {
                    Stage::Over(leaf) => *leaf = leaf.turned(kinds, per),
                    Stage::Fields(leaf) => *leaf = leaf.turned(fields, rows::per(per)),
                    Stage::Family(leaf) => *leaf = leaf.turned(kin, rows::per(per)),
                    _ => {}
                }
                Action::Speak
            }
            Message::Opened(field) => self.go(Stage::Field(field)),
            Message::Correct => {
                let Stage::Field(field) = &self.stage else {
                    return Action::Stay;
                };
                let field = field.clone();
                let value = self
                    .profile()
                    .and_then(|profile| profile.get(&field))
                    .map(|value| value.expose().as_text().into_owned())
                    .unwrap_or_default();
                let chinese = ctx.say.tag.starts_with("zh");
                self.go(if field == "phone" {
                    Stage::Phone(Box::new(Keypad::new(Kind::FormPhone).with(&value)))
                } else {
                    let entry = text::Entry::new(&value, field == "full_name", chinese);
                    Stage::Write(field, Box::new(entry))
                })
            }
            Message::TakeAway => match (&self.stage, self.person()) {
                (Stage::Field(field), Some(person)) => Action::Correct(person, field.clone(), None),
                _ => Action::Stay,
            },
            Message::Written => match (&self.stage, self.person()) {
                (Stage::Write(field, entry), Some(person)) if !entry.text().trim().is_empty() => {
                    let value = FieldValue::Text(entry.text().trim().to_owned());
                    Action::Correct(person, field.clone(), Some(Personal::new(value)))
                }
                _ => Action::Stay,
            },
            Message::KinOpened(at) => self.go(Stage::Kin(at)),
            Message::Unlink => match (&self.stage, &self.held) {
                (Stage::Kin(at), Some(held)) => {
                    held.holder.kin.get(*at).map_or(Action::Stay, |kin| {
                        Action::Unlink(held.holder.person, kin.person)
                    })
                }
                _ => Action::Stay,
            },
            Message::Back => self.back(),
            Message::Finished => Action::Leave,
        }
    }

    fn go(&mut self, stage: Stage) -> Action {
        self.stage = stage;
        Action::Speak
    }

    fn kin(&self) -> usize {
        self.held.as_ref().map_or(0, |held| held.holder.kin.len())
    }

    fn back(&mut self) -> Action {
        let stage = match &self.stage {
            Stage::Ask | Stage::Over(_) | Stage::Looking | Stage::Erased(_) => {
                return Action::Leave;
            }
            Stage::Number(_) => Stage::Ask,
            Stage::Code(number, _) => {
                Stage::Number(Box::new(Keypad::new(Kind::MineId).with(number.expose())))
            }
            Stage::Fields(_) | Stage::Family(_) | Stage::Erase => Stage::Over(Leaf(0)),
            Stage::Field(_) => Stage::Fields(Leaf(0)),
            Stage::Write(field, _) => Stage::Field(field.clone()),
            Stage::Phone(_) => Stage::Field("phone".into()),
            Stage::Kin(_) => Stage::Family(Leaf(0)),
        };
        self.go(stage)
    }

    fn keypad(&mut self, message: keypad::Message) -> Action {
        let person = self.person();
        let pad = match &mut self.stage {
            Stage::Number(pad) | Stage::Code(_, pad) | Stage::Phone(pad) => pad,
            _ => return Action::Stay,
        };
        match pad.update(message) {
            keypad::Action::Refused => Action::Speak,
            keypad::Action::Back => self.back(),
            keypad::Action::Finished(Typed::Id(number)) => self.go(Stage::Code(
                Personal::from(number.expose()),
                Box::new(Keypad::new(Kind::CaseCode)),
            )),
            keypad::Action::Finished(Typed::Code(code)) => self.look(code),
            keypad::Action::Finished(Typed::Digits(typed)) => match person {
                Some(person) => {
                    let value = FieldValue::Text(typed.expose().clone());
                    Action::Correct(person, "phone".into(), Some(Personal::new(value)))
                }
                None => Action::Stay,
            },
            _ => Action::Stay,
        }
    }

    fn look(&mut self, code: CaseCode) -> Action {
        let Stage::Code(number, _) = &self.stage else {
            return Action::Stay;
        };
        let key = HolderKey::Slip(number.clone(), code);
        self.typed = Some(number.clone());
        self.stage = Stage::Looking;
        Action::Show(key)
    }
}
