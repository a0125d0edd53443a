//! The sentences of a form in the language of the print.

use super::plan::target;
use onedoor_forms::form::{Form, Localized, Node, NodeId, Piece, Template};
use std::collections::BTreeMap;

/// Gives texts of a form.
pub(super) struct Texts<'f> {
    pub form: &'f Form,
    /// Index of the language in the form's.
    pub language: usize,
    /// Answers known already, by path.
    pub filled: &'f BTreeMap<String, String>,
    /// What stands where an answer is not known yet.
    pub blank: String,
}

impl Texts<'_> {
    /// A fixed text; one with values in it is printed with a gap for each.
    pub fn label(&self, text: &Localized<Template>) -> Option<String> {
        self.of(0, text)
    }

    /// A text of a node, with the values that are known.
    pub fn of(&self, node: NodeId, text: &Localized<Template>) -> Option<String> {
        let template = self.localized(text)?;
        let words: String = template
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Output { path, .. } => target(self.form, node, path, path.root)
                    .and_then(|id| self.filled.get(&self.form.nodes[id].path))
                    .cloned()
                    .unwrap_or_else(|| self.blank.clone()),
            })
            .collect();
        Some(words).filter(|words| !words.trim().is_empty())
    }

    /// The question.
    pub fn question(&self, node: NodeId) -> String {
        let found: &Node = &self.form.nodes[node];
        self.of(node, &found.texts.label)
            .unwrap_or_else(|| found.name.clone())
    }

    /// More words about it.
    pub fn hint(&self, node: NodeId) -> Option<String> {
        self.of(node, &self.form.nodes[node].texts.hint)
    }

    /// Name of a picture.
    pub fn image(&self, image: &Localized<String>) -> Option<String> {
        self.localized(image).cloned()
    }

    fn localized<'t, T>(&self, text: &'t Localized<T>) -> Option<&'t T> {
        text.get(self.language)
            .and_then(Option::as_ref)
            .or_else(|| text.iter().flatten().next())
    }
}
