//! Every sentence of a form that is spoken, with a stable id, so that a voice script can record it.

use serde::{Deserialize, Serialize};

use crate::form::{ChoiceSource, Form, Localized, Template};

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

/// All spoken sentences of a form, in document order, the languages of a sentence together. A choice list stands
/// where it is first used; tables from CSV files are not in it (their labels are content, not the form's words).
pub fn prompts(form: &Form) -> Vec<Prompt> {
    let mut found = Vec::new();
    let mut lists: Vec<&str> = Vec::new();
    for node in &form.nodes {
        let texts = &node.texts;
        add(
            form,
            &mut found,
            &node.path,
            &texts.label,
            Some(&texts.audio),
        );
        add(
            form,
            &mut found,
            &format!("{}.hint", node.path),
            &texts.hint,
            None,
        );
        let constraint = format!("{}.constraint", node.path);
        add(
            form,
            &mut found,
            &constraint,
            &texts.constraint_message,
            None,
        );
        let required = format!("{}.required", node.path);
        add(form, &mut found, &required, &texts.required_message, None);
        let Some(ChoiceSource::List(name)) = node.choices.as_ref().map(|c| &c.source) else {
            continue;
        };
        if lists.contains(&name.as_str()) {
            continue;
        }
        lists.push(name);
        let mut names: Vec<&str> = Vec::new();
        for item in form
            .lists
            .get(name)
            .map(|l| l.items.as_slice())
            .unwrap_or_default()
        {
            if !names.contains(&item.name.as_str()) {
                names.push(&item.name);
                let id = format!("{name}/{}", item.name);
                add(
                    form,
                    &mut found,
                    &id,
                    &item.texts.label,
                    Some(&item.texts.audio),
                );
            }
        }
    }
    found
}

fn add(
    form: &Form,
    found: &mut Vec<Prompt>,
    id: &str,
    texts: &Localized<Template>,
    audio: Option<&Localized<String>>,
) {
    for (index, language) in form.languages.iter().enumerate() {
        let Some(template) = texts.get(index).and_then(Option::as_ref) else {
            continue;
        };
        found.push(Prompt {
            id: id.to_string(),
            language: language.name.clone(),
            tag: language.tag.clone(),
            text: template.as_written(),
            fixed: template.is_fixed(),
            recorded: audio.and_then(|a| a.get(index)).cloned().flatten(),
        });
    }
}
