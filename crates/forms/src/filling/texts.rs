//! Words of a filling in one language.

use super::Filling;
use super::calculate::remembers;
use crate::form::{ChoiceSource, Localized, NodeId, Piece, Template};
use crate::xpath::{Function, NodeRef, Op, TreeId, XValue};

/// The value in a language, otherwise in the default language, otherwise in any.
pub(super) fn localized<T>(all: &Localized<T>, language: usize) -> Option<&T> {
    all.get(language)
        .and_then(Option::as_ref)
        .or_else(|| all.first().and_then(Option::as_ref))
        .or_else(|| all.iter().flatten().next())
}

impl Filling {
    /// A text at a node, with values put in.
    pub(super) fn words(
        &self,
        texts: &Localized<Template>,
        at: TreeId,
        language: usize,
    ) -> Option<String> {
        localized(texts, language).map(|template| self.render(template, at, language))
    }

    pub(super) fn render(&self, template: &Template, at: TreeId, language: usize) -> String {
        let mut words = String::new();
        for piece in &template.pieces {
            match piece {
                Piece::Text(text) => words.push_str(text),
                Piece::Output { path, .. } => {
                    let nodes = match self.evaluate(path, at, language) {
                        Ok(XValue::Nodes(nodes)) => nodes,
                        _ => Vec::new(),
                    };
                    if let Some(node) = nodes.first().filter(|n| n.tree == 0) {
                        words.push_str(&self.output(node.node, language));
                    }
                }
            }
        }
        words
    }

    /// A value inside a text. One that is calculated with labels of choices is calculated in the language.
    fn output(&self, id: TreeId, language: usize) -> String {
        let calculate = self
            .instance
            .node(id)
            .filter(|node| language > 0 && !remembers(&self.form, *node))
            .and_then(|node| self.form.nodes[node].calculate.as_ref())
            .filter(|e| {
                e.ops
                    .iter()
                    .any(|op| matches!(op, Op::Call(Function::ChoiceName, _)))
            });
        match calculate {
            Some(expr) => self.evaluate_text(expr, id, language).unwrap_or_default(),
            None => self.instance.text(id).to_string(),
        }
    }

    /// The label of a choice of a select.
    pub(super) fn choice_label(
        &self,
        node: NodeId,
        value: &str,
        language: usize,
    ) -> Option<String> {
        match &self.form.nodes[node].choices.as_ref()?.source {
            ChoiceSource::List(name) => {
                let item = self
                    .form
                    .lists
                    .get(name)?
                    .items
                    .iter()
                    .find(|i| i.name == value)?;
                localized(&item.texts.label, language).map(Template::as_written)
            }
            ChoiceSource::Table {
                name,
                value: column,
                label,
            } => self
                .lookups
                .items(name)
                .into_iter()
                .find(|item| self.lookups.cell(*item, column) == value)
                .map(|item| self.table_label(item, label, language)),
        }
    }

    /// A label from a table: a column of the language (`label::English (en)`, `label_en`) where there is one.
    pub(super) fn table_label(&self, item: NodeRef, label: &str, language: usize) -> String {
        let own = self.form.languages.get(language).map(|l| {
            [
                format!("{label}::{}", l.name),
                format!("{label}::{}", l.tag),
                format!("{label}_{}", l.tag),
            ]
        });
        own.into_iter()
            .flatten()
            .map(|column| self.lookups.cell(item, &column))
            .find(|text| !text.is_empty())
            .unwrap_or_else(|| self.lookups.cell(item, label))
            .to_string()
    }
}
