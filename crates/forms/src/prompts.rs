//! Every sentence of a form that is spoken, with a stable id, so that a voice script can record it.

use serde::{Deserialize, Serialize};

use crate::form::Form;

/// One sentence in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// Stable id: `<path>`, `<path>.hint`, `<path>.constraint`, `<path>.required`, `<list>/<choice>`.
    /// Paths start with `/` and have no entry numbers.
    pub id: String,
    /// The form's language name as in the headers.
    pub language: String,
    /// BCP 47 tag of the language.
    pub tag: String,
    /// The words; `${name}` stands for a value where `fixed` is false.
    pub text: String,
    /// Whether the words are always the same and can be recorded as one sentence.
    pub fixed: bool,
    /// File name of the recording that the author gave, under `media/`.
    pub recorded: Option<String>,
}

/// All spoken sentences of a form, in document order, languages together.
pub fn prompts(form: &Form) -> Vec<Prompt> {
    let _ = form;
    unimplemented!()
}
