//! What the kiosk sees of a filling: pages, problems, the read-back.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::value::Value;

/// What a page asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PageKind {
    /// Free text.
    Text,
    /// A whole number.
    Integer,
    /// A number with decimals.
    Decimal,
    /// A calendar date.
    Date,
    /// One of several choices.
    SelectOne,
    /// Any number of several choices.
    SelectMultiple,
    /// Something to read or hear; nothing to answer.
    Note,
    /// Consent: one touch.
    Acknowledge,
    /// A picture of a paper.
    Image,
    /// A voice recording.
    Audio,
    /// A code to scan.
    Barcode,
    /// "Add another?" after the entries of a repeat; answered with `Value::Another`.
    AddAnother,
}

/// One step of the way through a form: a page's address and kind, without its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Path in the instance; entries of a repeat are numbered from 1: `/data/member[2]/name`.
    pub path: String,
    /// What the page asks for.
    pub kind: PageKind,
    /// Whether it has an answer (notes never have).
    pub answered: bool,
    /// `kiosk:page`: how the kiosk asks it (e.g. `phone`, `money`, `offer`).
    pub page: Option<String>,
}

impl Step {
    /// `kiosk:page` of the question.
    pub fn page(&self) -> Option<&str> {
        self.page.as_deref()
    }
}

/// A choice as shown in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The name that is stored.
    pub value: String,
    /// What is shown.
    pub label: String,
    /// File name of its picture under `media/`.
    pub image: Option<String>,
    /// File name of the recording that the author gave, under `media/`.
    pub audio: Option<String>,
    /// Prompt that speaks it: `<list>/<choice>`.
    pub prompt: String,
}

/// A title above a page: one enclosing group or repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The group's label.
    pub label: String,
    /// Picture of the group.
    pub image: Option<String>,
    /// Prompt that speaks it: the group's path without numbers.
    pub prompt: String,
    /// For a repeat: which entry, from 1.
    pub entry: Option<usize>,
}

/// A page in one language.
#[derive(Clone, PartialEq)]
pub struct Page {
    /// Path in the instance (`/data/member[2]/name`): the page's address.
    pub path: String,
    /// What it asks for.
    pub kind: PageKind,
    /// Place among the steps as they are now, from 0.
    pub index: usize,
    /// How many steps there are now.
    pub count: usize,
    /// Enclosing groups with a label, outermost first.
    pub sections: Vec<Section>,
    /// The question. For `AddAnother` the repeat's own label.
    pub label: String,
    /// More words about it.
    pub hint: Option<String>,
    /// File name of a picture under `media/`.
    pub image: Option<String>,
    /// File name of a larger picture under `media/`.
    pub big_image: Option<String>,
    /// File name of the recording that the author gave, under `media/`.
    pub audio: Option<String>,
    /// Prompt that speaks the label: the path without numbers.
    pub prompt: String,
    /// Prompt that speaks the hint (`<path>.hint`), where there is one.
    pub hint_prompt: Option<String>,
    /// Whether it must be answered before going on.
    pub required: bool,
    /// Whether the answer is shown but cannot be changed.
    pub read_only: bool,
    /// The choices that the choice filter leaves, in the order of the list.
    pub choices: Vec<Choice>,
    /// The answer now.
    pub value: Value,
    /// The words of the `appearance` column.
    pub appearance: Vec<String>,
    /// Extra attributes by prefixed name, e.g. `kiosk:page`, `kiosk:reuse`, `kiosk:receipt`.
    pub attributes: BTreeMap<String, String>,
    /// Parameters of the `parameters` column, e.g. `max-pixels`.
    pub parameters: BTreeMap<String, String>,
}

impl Page {
    /// `bind::kiosk:reuse`: which value of the profile this page confirms, e.g. `profile.full_name`.
    pub fn reuse(&self) -> Option<&str> {
        self.attributes.get("kiosk:reuse").map(String::as_str)
    }

    /// `kiosk:page`: which of the kiosk's own pages asks this (e.g. `place`, `id-number`, `phone`).
    pub fn page(&self) -> Option<&str> {
        self.attributes.get("kiosk:page").map(String::as_str)
    }

    /// `bind::kiosk:receipt`: how the answer appears on the slip.
    pub fn receipt(&self) -> Option<&str> {
        self.attributes.get("kiosk:receipt").map(String::as_str)
    }
}

impl fmt::Debug for Page {
    /// Label, hint and value may hold answers and are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("path", &self.path)
            .field("kind", &self.kind)
            .field("index", &self.index)
            .field("count", &self.count)
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}

/// Why an answer is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The question must be answered.
    Required,
    /// The author's constraint does not hold.
    Constraint,
    /// The value does not fit the question's type; it was not stored.
    WrongType,
    /// The choice is not among those offered now; it was not stored when set.
    NotAChoice,
    /// The question cannot be answered (a note, a read-only or calculated value); nothing was stored.
    ReadOnly,
    /// Longer than an answer may be; it was not stored.
    TooLong,
    /// More entries of a repeat than the kiosk allows.
    TooMany,
    /// There is no such path now.
    NoSuchPage,
}

/// One problem with one answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Problem {
    /// Path in the instance.
    pub path: String,
    /// What is wrong.
    pub kind: ProblemKind,
    /// The author's message, one a language of the form in its order; `None` where the author wrote none
    /// (the kiosk then has a sentence for `kind`).
    pub(crate) messages: Vec<Option<String>>,
    /// Prompt that speaks the message (`<path>.constraint` or `<path>.required`), where there is one.
    pub prompt: Option<String>,
    pub(crate) languages: Vec<crate::form::Language>,
}

impl Problem {
    /// The author's message in a language (BCP 47 tag or the form's own name); `None` where the author wrote none.
    pub fn message(&self, language: &str) -> Option<&str> {
        let index = crate::form::find_language(&self.languages, language);
        let own = self.messages.get(index).and_then(Option::as_deref);
        own.or_else(|| self.messages.iter().flatten().next().map(String::as_str))
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("path", &self.path)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// What setting an answer changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Problems of this answer, which was stored all the same (so that no touch is lost); the kiosk does
    /// not go on from the page while there are any.
    pub problems: Vec<Problem>,
    /// Whether pages came or went.
    pub pages_changed: bool,
    /// Paths whose value was calculated anew and changed.
    pub recalculated: Vec<String>,
}

/// One line of the read-back.
#[derive(Clone, PartialEq)]
pub struct ReadBack {
    /// Path in the instance; touching the line opens this page.
    pub path: String,
    /// What the page asks for.
    pub kind: PageKind,
    /// The question.
    pub label: String,
    /// Prompt that speaks the question.
    pub prompt: String,
    /// The answer in words of the language: choice labels, numbers, a date as `YYYY-MM-DD`. A recording's
    /// or picture's file name.
    pub text: String,
    /// The answer as a value.
    pub value: Value,
    /// Picture of the answer (a choice's own), otherwise of the question.
    pub image: Option<String>,
    /// Prompts that speak the answer, where it is made of choices.
    pub answer_prompts: Vec<String>,
    /// `bind::kiosk:receipt` of the question.
    pub receipt: Option<String>,
}

impl fmt::Debug for ReadBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadBack")
            .field("path", &self.path)
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}

/// What could not be worked out because the date is not known (see `Context::today`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PendingWhat {
    /// Whether the question applies; it is asked meanwhile, so that nothing is missing later.
    Relevant,
    /// Whether the answer is acceptable; it is accepted meanwhile.
    Constraint,
    /// Whether it must be answered; it need not be meanwhile.
    Required,
    /// A calculated or default value; it is empty meanwhile.
    Value,
    /// Which choices apply; all are offered meanwhile.
    Choices,
}

/// One expression that waits for a trusted date.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pending {
    /// Path in the instance.
    pub path: String,
    /// What waits.
    pub what: PendingWhat,
}
