//! The way through a form: steps, pages, choices.

use super::texts::localized;
use super::view::{Choice, Page, PageKind, Section, Step};
use super::{Filling, instance};
use crate::form::{ChoiceSource, NodeId, NodeKind, Template};
use crate::value::Value;
use crate::xpath::{EvalError, NodeRef, Tree, TreeId};

/// A step with where it stands in the tree, so that the neighbours of a step that went away are found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Stand {
    /// The page's node; for "add another?" the last entry.
    pub id: TreeId,
    /// The last node that comes before what follows.
    pub end: TreeId,
    pub add_another: bool,
}

impl Filling {
    /// The steps as they are now: each relevant visible control, in order.
    pub fn steps(&self) -> Vec<Step> {
        self.stands()
            .into_iter()
            .filter_map(|stand| self.step(stand))
            .collect()
    }

    /// How many steps there are now.
    pub fn step_count(&self) -> usize {
        self.stands().len()
    }

    fn step(&self, stand: Stand) -> Option<Step> {
        let node = self.instance.node(stand.id)?;
        if stand.add_another {
            let repeat = self.repeat_path(stand.id);
            let answered = self.closed.contains(&repeat);
            return Some(Step {
                path: self.next_entry_path(stand.id),
                kind: PageKind::AddAnother,
                answered,
                page: None,
            });
        }
        let NodeKind::Page(kind) = self.form.nodes[node].kind else {
            return None;
        };
        let path = self.instance.path(stand.id).to_string();
        Some(Step {
            path,
            kind,
            answered: !self.instance.text(stand.id).is_empty(),
            page: self.form.nodes[node].attributes.get("kiosk:page").cloned(),
        })
    }

    pub(super) fn stands(&self) -> Vec<Stand> {
        let mut stands = Vec::new();
        if let Some(root) = self.instance.children(Tree::ROOT).first() {
            self.walk(*root, &mut stands);
        }
        stands
    }

    // Recursion is as deep as groups are nested, which compiling limits.
    fn walk(&self, id: TreeId, stands: &mut Vec<Stand>) {
        let children = self.instance.children(id);
        for (index, child) in children.iter().copied().enumerate() {
            let Some(node) = self.instance.node(child) else {
                continue;
            };
            if self.instance.tree.get(child).is_none_or(|n| n.hidden) {
                continue;
            }
            match self.form.nodes[node].kind {
                NodeKind::Page(_) => stands.push(Stand {
                    id: child,
                    end: child,
                    add_another: false,
                }),
                NodeKind::Group => self.walk(child, stands),
                NodeKind::Repeat => {
                    self.walk(child, stands);
                    let next = children.get(index + 1).and_then(|c| self.instance.node(*c));
                    if next != Some(node) && self.form.nodes[node].repeat_count.is_none() {
                        stands.push(Stand {
                            id: child,
                            end: self.end(child),
                            add_another: true,
                        });
                    }
                }
                _ => {}
            }
        }
    }

    /// The last node inside a node.
    fn end(&self, id: TreeId) -> TreeId {
        let mut last = id;
        while let Some(child) = self.instance.children(last).last() {
            last = *child;
        }
        last
    }

    /// Path of the repeat that an entry belongs to, without the entry's own number.
    pub(super) fn repeat_path(&self, entry: TreeId) -> String {
        let path = self.instance.path(entry);
        path.rsplit_once('[')
            .map_or(path, |(repeat, _)| repeat)
            .to_string()
    }

    fn next_entry_path(&self, last: TreeId) -> String {
        let path = self.instance.path(last);
        let number: u32 = path
            .rsplit_once('[')
            .and_then(|(_, n)| n.strip_suffix(']'))
            .and_then(|n| n.parse().ok())
            .unwrap_or(0);
        format!("{}[{}]", self.repeat_path(last), number + 1)
    }

    /// Path of the first step.
    pub fn first(&self) -> Option<String> {
        self.steps().into_iter().next().map(|s| s.path)
    }

    /// Path of the step after this one; `None` at the end. For a path that is no step any more: the
    /// step that now follows its place.
    pub fn next(&self, path: &str) -> Option<String> {
        let stands = self.stands();
        let index = match self.position(&stands, path) {
            Ok(index) => index + 1,
            Err(index) => index,
        };
        self.step(*stands.get(index)?).map(|s| s.path)
    }

    /// Path of the step before this one; `None` at the start.
    pub fn previous(&self, path: &str) -> Option<String> {
        let stands = self.stands();
        let index = match self.position(&stands, path) {
            Ok(index) | Err(index) => index.checked_sub(1)?,
        };
        self.step(*stands.get(index)?).map(|s| s.path)
    }

    /// Index of a step, or the index at which it would stand.
    pub(super) fn position(&self, stands: &[Stand], path: &str) -> Result<usize, usize> {
        let is_there = |stand: &Stand| self.step(*stand).is_some_and(|s| s.path == path);
        if let Some(index) = stands.iter().position(is_there) {
            return Ok(index);
        }
        let mut known = path;
        let id = loop {
            if let Some(id) = self.instance.at(known) {
                break id;
            }
            match known.rsplit_once('/') {
                Some((around, _)) if !around.is_empty() => known = around,
                _ => return Err(0),
            }
        };
        Err(stands
            .iter()
            .position(|s| s.end >= id)
            .unwrap_or(stands.len()))
    }

    /// A page in a language; `None` where the path is no step now.
    pub fn page(&self, path: &str, language: &str) -> Option<Page> {
        let language = self.form.language(language);
        let stands = self.stands();
        let index = self.position(&stands, path).ok()?;
        let stand = *stands.get(index)?;
        let step = self.step(stand)?;
        let id = stand.id;
        let node = self.instance.node(id)?;
        let form_node = &self.form.nodes[node];
        let texts = &form_node.texts;
        let hint = self.words(&texts.hint, id, language);
        let truth = |expr: &Option<crate::xpath::Expr>| {
            expr.as_ref().is_some_and(|e| self.truth(e, id) == Ok(true))
        };
        let (value, choices) = if stand.add_another {
            let value = if step.answered {
                Value::Another(false)
            } else {
                Value::Empty
            };
            (value, Vec::new())
        } else {
            (self.value_at(id), self.choices(id, language))
        };
        let outer = if stand.add_another {
            self.instance.parent(id)
        } else {
            Some(id)
        };
        Some(Page {
            path: step.path,
            kind: step.kind,
            index,
            count: stands.len(),
            sections: self.sections(outer, id, language),
            label: self.words(&texts.label, id, language).unwrap_or_default(),
            hint_prompt: hint.as_ref().map(|_| format!("{}.hint", form_node.path)),
            hint,
            image: localized(&texts.image, language).cloned(),
            big_image: localized(&texts.big_image, language).cloned(),
            audio: localized(&texts.audio, language).cloned(),
            prompt: form_node.path.clone(),
            required: !stand.add_another && truth(&form_node.required),
            read_only: !stand.add_another
                && (truth(&form_node.read_only) || form_node.calculate.is_some()),
            choices,
            value,
            appearance: form_node.appearance.clone(),
            attributes: form_node.attributes.clone(),
            parameters: form_node.parameters.clone(),
        })
    }

    /// Titles above a page, from the outermost on.
    fn sections(&self, from: Option<TreeId>, page: TreeId, language: usize) -> Vec<Section> {
        let mut sections = Vec::new();
        let mut at = from;
        while let Some(id) = at {
            at = self.instance.parent(id);
            let Some(node) = self.instance.node(id) else {
                continue;
            };
            let form_node = &self.form.nodes[node];
            let repeat = form_node.kind == NodeKind::Repeat;
            if id == page && !repeat
                || !matches!(form_node.kind, NodeKind::Group | NodeKind::Repeat)
            {
                continue;
            }
            let label = self.words(&form_node.texts.label, id, language);
            if label.is_none() && !repeat {
                continue;
            }
            let number = self
                .instance
                .path(id)
                .rsplit_once('[')
                .and_then(|(_, n)| n.strip_suffix(']'));
            sections.push(Section {
                label: label.unwrap_or_default(),
                image: localized(&form_node.texts.image, language).cloned(),
                prompt: form_node.path.clone(),
                entry: number.filter(|_| repeat).and_then(|n| n.parse().ok()),
            });
        }
        sections.reverse();
        sections
    }

    /// The choices that the filter leaves; all where the filter waits for a date.
    pub(super) fn choices(&self, id: TreeId, language: usize) -> Vec<Choice> {
        let Some(node) = self.instance.node(id) else {
            return Vec::new();
        };
        let Some(choices) = &self.form.nodes[node].choices else {
            return Vec::new();
        };
        let (items, _) = self.offered(id, node);
        match &choices.source {
            ChoiceSource::List(name) => {
                let Some(list) = self.form.lists.get(name) else {
                    return Vec::new();
                };
                items
                    .into_iter()
                    .filter_map(|(index, _)| list.items.get(index))
                    .map(|item| Choice {
                        value: item.name.clone(),
                        label: localized(&item.texts.label, language)
                            .map(Template::as_written)
                            .unwrap_or_default(),
                        image: localized(&item.texts.image, language).cloned(),
                        audio: localized(&item.texts.audio, language).cloned(),
                        prompt: format!("{name}/{}", item.name),
                    })
                    .collect()
            }
            ChoiceSource::Table { name, value, label } => items
                .into_iter()
                .map(|(_, item)| {
                    let value = self.lookups.cell(item, value).to_string();
                    let file = |column| {
                        Some(self.lookups.cell(item, column).to_string()).filter(|f| !f.is_empty())
                    };
                    Choice {
                        label: self.table_label(item, label, language),
                        image: file("image"),
                        audio: file("audio"),
                        prompt: format!("{name}/{value}"),
                        value,
                    }
                })
                .collect(),
        }
    }

    /// Items that the filter leaves, with their index; and whether the filter waits for a date.
    pub(super) fn offered(&self, id: TreeId, node: NodeId) -> (Vec<(usize, NodeRef)>, bool) {
        let Some(choices) = &self.form.nodes[node].choices else {
            return (Vec::new(), false);
        };
        let name = match &choices.source {
            ChoiceSource::List(name) | ChoiceSource::Table { name, .. } => name,
        };
        let items: Vec<(usize, NodeRef)> =
            self.lookups.items(name).into_iter().enumerate().collect();
        let Some(filter) = &choices.filter else {
            return (items, false);
        };
        let mut pending = false;
        let kept = self.with_env(0, |env| {
            let mut kept = Vec::new();
            for (index, item) in items {
                match env.evaluate_item(filter, item, NodeRef::main(id)) {
                    Ok(value) if env.boolean(&value) => kept.push((index, item)),
                    Ok(_) => {}
                    Err(error) => {
                        pending |= error == EvalError::Pending;
                        kept.push((index, item));
                    }
                }
            }
            kept
        });
        (kept, pending)
    }

    /// Whether a path is a step now.
    pub fn is_step(&self, path: &str) -> bool {
        self.position(&self.stands(), path).is_ok()
    }

    pub(super) fn state(&self, id: TreeId) -> instance::State {
        self.instance
            .states
            .get(id as usize)
            .copied()
            .unwrap_or_default()
    }
}
