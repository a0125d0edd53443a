//! Answers: between the kiosk's values and the texts of the instance; problems.

use super::texts::localized;
use super::view::{Change, PageKind, Pending, PendingWhat, Problem, ProblemKind};
use super::{Filling, MAX_ANSWER, MAX_ENTRIES};
use crate::form::{ChoiceSource, DefaultValue, NodeId, NodeKind};
use crate::value::Value;
use crate::xpath::TreeId;

/// What an acknowledgement is stored as.
const ACKNOWLEDGED: &str = "OK";

impl Filling {
    /// The answer at a path; `None` where the form has no such path.
    pub fn value(&self, path: &str) -> Option<Value> {
        self.instance.at(path).map(|id| self.value_at(id))
    }

    pub(super) fn value_at(&self, id: TreeId) -> Value {
        let text = self.instance.text(id);
        if text.is_empty() {
            return Value::Empty;
        }
        let kind = self.instance.node(id).map(|n| self.form.nodes[n].kind);
        let Some(NodeKind::Page(kind)) = kind else {
            return Value::Text(text.to_string());
        };
        read(kind, text)
    }

    /// Gives an answer (`Value::Empty` takes it back), and calculates what depends on it. An answer to a
    /// question that is not relevant now is kept like any other.
    ///
    /// # Errors
    /// A problem means that nothing was stored; problems of a stored answer are in `Change::problems`.
    pub fn set(&mut self, path: &str, value: Value) -> Result<Change, Problem> {
        let Some(id) = self.instance.at(path) else {
            return self.answer_another(path, &value);
        };
        let Some(node) = self.instance.node(id) else {
            return Err(self.problem(path, ProblemKind::NoSuchPage, None));
        };
        let form = self.form.clone();
        let (kind, value) = match form.nodes[node].kind {
            NodeKind::Page(kind) => (kind, value),
            // What the kiosk knows already (`kiosk:reuse`) goes into the instance without a page of its own.
            NodeKind::Hidden if form.nodes[node].attributes.contains_key("kiosk:reuse") => {
                let value = match value {
                    Value::Date(day) => Value::Text(day.to_string()),
                    other => other,
                };
                (PageKind::Text, value)
            }
            _ => return Err(self.problem(path, ProblemKind::ReadOnly, None)),
        };
        let read_only = form.nodes[node]
            .read_only
            .as_ref()
            .is_some_and(|e| self.truth(e, id) == Ok(true));
        if kind == PageKind::Note || read_only || form.nodes[node].calculate.is_some() {
            return Err(self.problem(path, ProblemKind::ReadOnly, None));
        }
        let text = store(kind, value).map_err(|kind| self.problem(path, kind, Some((node, id))))?;
        if let Some(words) = self.unknown_choice(id, node, kind, &text)
            && !words.is_empty()
        {
            return Err(self.problem(path, ProblemKind::NotAChoice, Some((node, id))));
        }
        let before = self.stands();
        let count = self.instance.tree.len();
        self.waiting.remove(path);
        let own = self.state(id);
        self.instance.apply_state(
            id,
            super::instance::State {
                value_pending: false,
                ..own
            },
        );
        self.instance.tree.set_leaf_text(id, &text);
        let mut recalculated = self.calculate_readers(node);
        self.first_load();
        recalculated.retain(|p| p != path);
        let pages_changed = self.instance.tree.len() != count || self.stands() != before;
        Ok(Change {
            problems: self.problems_at(path),
            pages_changed,
            recalculated,
        })
    }

    /// "Add another?": the path that the next entry would have.
    fn answer_another(&mut self, path: &str, value: &Value) -> Result<Change, Problem> {
        let stands = self.stands();
        let stand = self
            .position(&stands, path)
            .ok()
            .and_then(|i| stands.get(i))
            .copied();
        let Some(stand) = stand.filter(|s| s.add_another) else {
            return Err(self.problem(path, ProblemKind::NoSuchPage, None));
        };
        let repeat = self.repeat_path(stand.id);
        let changed = match value {
            Value::Empty => {
                self.closed.remove(&repeat);
                false
            }
            Value::Another(false) => {
                self.closed.insert(repeat);
                false
            }
            Value::Another(true) => {
                let entries = self.entry_count(&repeat);
                if entries >= MAX_ENTRIES {
                    return Err(self.problem(path, ProblemKind::TooMany, None));
                }
                self.closed.remove(&repeat);
                self.entries.insert(repeat, entries + 1);
                self.rebuild();
                self.calculate_all();
                self.first_load();
                true
            }
            _ => return Err(self.problem(path, ProblemKind::WrongType, None)),
        };
        Ok(Change {
            problems: Vec::new(),
            pages_changed: changed,
            recalculated: Vec::new(),
        })
    }

    fn entry_count(&self, repeat: &str) -> u32 {
        (1..=MAX_ENTRIES)
            .take_while(|n| self.instance.at(&format!("{repeat}[{n}]")).is_some())
            .count() as u32
    }

    /// Takes an entry out of a repeat (`/data/member[2]`); later entries move up. The only entry stays and
    /// is emptied.
    ///
    /// # Errors
    /// Where there is no such entry, or the form counts the entries itself.
    pub fn remove_entry(&mut self, path: &str) -> Result<Change, Problem> {
        let entry = self
            .instance
            .at(path)
            .and_then(|id| Some((id, self.instance.node(id)?)));
        let Some((id, node)) = entry.filter(|(_, n)| self.form.nodes[*n].kind == NodeKind::Repeat)
        else {
            return Err(self.problem(path, ProblemKind::NoSuchPage, None));
        };
        if self.form.nodes[node].repeat_count.is_some() {
            return Err(self.problem(path, ProblemKind::ReadOnly, None));
        }
        let repeat = self.repeat_path(id);
        let count = self.entry_count(&repeat);
        let number: u32 = path
            .rsplit_once('[')
            .and_then(|(_, n)| n.strip_suffix(']'))
            .and_then(|n| n.parse().ok())
            .unwrap_or(count);
        let moved = |p: &str| moved_up(p, &repeat, number);
        let texts = self
            .instance
            .texts()
            .iter()
            .filter_map(|(p, t)| Some((moved(p)?, t.clone())))
            .collect();
        let mut entries: super::Entries = self
            .entries
            .iter()
            .filter_map(|(p, c)| Some((moved(p)?, *c)))
            .collect();
        entries.insert(repeat.clone(), count.saturating_sub(1).max(1));
        self.entries = entries;
        self.closed = self.closed.iter().filter_map(|p| moved(p)).collect();
        self.waiting = self.waiting.iter().filter_map(|p| moved(p)).collect();
        self.instance = super::Instance::build(&self.form, &self.entries);
        self.write(&texts);
        if count <= 1 {
            let inside = format!("{repeat}[1]/");
            self.fill_defaults(|p| p.starts_with(&inside));
        }
        self.calculate_all();
        self.first_load();
        Ok(Change {
            problems: Vec::new(),
            pages_changed: true,
            recalculated: Vec::new(),
        })
    }

    /// Names in a select's text that the list does not have.
    fn unknown_choice(
        &self,
        id: TreeId,
        node: NodeId,
        kind: PageKind,
        text: &str,
    ) -> Option<Vec<String>> {
        let choices = self.form.nodes[node].choices.as_ref()?;
        let (offered, _) = self.offered(id, node);
        let known: Vec<&str> = offered
            .iter()
            .map(|(index, item)| match &choices.source {
                ChoiceSource::List(list) => self
                    .form
                    .lists
                    .get(list)
                    .and_then(|l| l.items.get(*index))
                    .map_or("", |i| i.name.as_str()),
                ChoiceSource::Table { value, .. } => self.lookups.cell(*item, value),
            })
            .collect();
        let words: Vec<&str> = match kind {
            PageKind::SelectMultiple => text.split_whitespace().collect(),
            _ => Some(text).filter(|t| !t.is_empty()).into_iter().collect(),
        };
        Some(
            words
                .into_iter()
                .filter(|w| !known.contains(w))
                .map(str::to_string)
                .collect(),
        )
    }

    /// Problems of the answer on one page: required, constraint, choices that the filter took away. Pages
    /// that are not on the way have none.
    pub fn problems_at(&self, path: &str) -> Vec<Problem> {
        let Some(id) = self
            .instance
            .at(path)
            .filter(|id| self.instance.is_relevant(*id))
        else {
            return Vec::new();
        };
        let Some(node) = self.instance.node(id) else {
            return Vec::new();
        };
        let form_node = &self.form.nodes[node];
        let NodeKind::Page(kind) = form_node.kind else {
            return Vec::new();
        };
        let text = self.instance.text(id);
        let holds = |expr: &Option<crate::xpath::Expr>| expr.as_ref().map(|e| self.truth(e, id));
        let mut problems = Vec::new();
        if text.is_empty() {
            if holds(&form_node.required) == Some(Ok(true)) && kind != PageKind::Note {
                problems.push(self.problem(path, ProblemKind::Required, Some((node, id))));
            }
            return problems;
        }
        if holds(&form_node.constraint) == Some(Ok(false)) {
            problems.push(self.problem(path, ProblemKind::Constraint, Some((node, id))));
        }
        if self
            .unknown_choice(id, node, kind, text)
            .is_some_and(|w| !w.is_empty())
        {
            problems.push(self.problem(path, ProblemKind::NotAChoice, Some((node, id))));
        }
        problems
    }

    /// All problems on the way, in the order of the steps; empty when it can be submitted.
    pub fn problems(&self) -> Vec<Problem> {
        self.stands()
            .into_iter()
            .filter(|s| !s.add_another)
            .flat_map(|s| self.problems_at(self.instance.path(s.id)))
            .collect()
    }

    fn problem(&self, path: &str, kind: ProblemKind, at: Option<(NodeId, TreeId)>) -> Problem {
        let mut messages = vec![None; self.form.languages.len()];
        let mut prompt = None;
        if let Some((node, id)) = at {
            let form_node = &self.form.nodes[node];
            let (texts, suffix) = match kind {
                ProblemKind::Required => (&form_node.texts.required_message, "required"),
                _ => (&form_node.texts.constraint_message, "constraint"),
            };
            if localized(texts, 0).is_some() && kind != ProblemKind::NotAChoice {
                messages = (0..messages.len())
                    .map(|l| self.words(texts, id, l))
                    .collect();
                prompt = Some(format!("{}.{suffix}", form_node.path));
            }
        }
        Problem {
            path: path.to_string(),
            kind,
            messages,
            prompt,
            languages: self.form.languages.clone(),
        }
    }

    /// What waits for a trusted date, on the way and among the calculated values.
    pub fn pending(&self) -> Vec<Pending> {
        let mut found = Vec::new();
        for (node, places) in self.instance.places.iter().enumerate() {
            let form_node = &self.form.nodes[node];
            for id in places
                .iter()
                .copied()
                .filter(|id| self.instance.is_relevant(*id))
            {
                let mut add = |what| {
                    found.push(Pending {
                        path: self.instance.path(id).to_string(),
                        what,
                    });
                };
                let state = self.state(id);
                if state.relevance_pending {
                    add(PendingWhat::Relevant);
                }
                if state.value_pending {
                    add(PendingWhat::Value);
                }
                let waits = |e: &Option<crate::xpath::Expr>| {
                    e.as_ref().is_some_and(|e| self.truth(e, id).is_err())
                };
                if !self.instance.text(id).is_empty() && waits(&form_node.constraint) {
                    add(PendingWhat::Constraint);
                }
                if waits(&form_node.required) {
                    add(PendingWhat::Required);
                }
                if self.offered(id, node).1 {
                    add(PendingWhat::Choices);
                }
            }
        }
        found.sort();
        found
    }

    /// Whether an answer came from the form (a default or a look-up) and nobody has changed it, so that the kiosk
    /// shows it to be confirmed instead of asking.
    pub fn is_prefilled(&self, path: &str) -> bool {
        let Some(id) = self.instance.at(path) else {
            return false;
        };
        let Some(node) = self.instance.node(id) else {
            return false;
        };
        match &self.form.nodes[node].default {
            Some(DefaultValue::Fixed(text)) => self.instance.text(id) == text,
            Some(DefaultValue::FirstLoad(expr)) => {
                let text = self.instance.text(id);
                !text.is_empty() && self.evaluate_text(expr, id, 0).as_deref() == Ok(text)
            }
            None => false,
        }
    }
}

/// A path after entry `number` of `repeat` was taken out; `None` for what was in it.
fn moved_up(path: &str, repeat: &str, number: u32) -> Option<String> {
    let Some((found, rest)) = path
        .strip_prefix(repeat)
        .and_then(|r| r.strip_prefix('['))
        .and_then(|r| r.split_once(']'))
    else {
        return Some(path.to_string());
    };
    match found.parse::<u32>() {
        Ok(n) if n == number => None,
        Ok(n) if n > number => Some(format!("{repeat}[{}]{rest}", n - 1)),
        _ => Some(path.to_string()),
    }
}

/// A stored text as a value.
pub(super) fn read(kind: PageKind, text: &str) -> Value {
    let as_text = || Value::Text(text.to_string());
    match kind {
        PageKind::Integer => text.parse().map_or_else(|_| as_text(), Value::Integer),
        PageKind::Decimal => text.parse().map_or_else(|_| as_text(), Value::Decimal),
        PageKind::Date => text.parse().map_or_else(|_| as_text(), Value::Date),
        PageKind::SelectOne => Value::One(text.to_string()),
        PageKind::SelectMultiple => {
            Value::Many(text.split_whitespace().map(str::to_string).collect())
        }
        PageKind::Acknowledge => Value::Acknowledged,
        PageKind::Image | PageKind::Audio => Value::File(text.to_string()),
        PageKind::Text | PageKind::Barcode | PageKind::Note | PageKind::AddAnother => as_text(),
    }
}

/// A value as the text that is stored, or why it does not fit.
fn store(kind: PageKind, value: Value) -> Result<String, ProblemKind> {
    let wrong = Err(ProblemKind::WrongType);
    let text = match (kind, value) {
        (_, Value::Empty) => String::new(),
        (PageKind::Text | PageKind::Barcode, Value::Text(text)) => text,
        (PageKind::Integer, Value::Integer(number)) => number.to_string(),
        (PageKind::Integer, Value::Text(text)) => match text.trim() {
            "" => String::new(),
            digits => digits
                .parse::<i64>()
                .map_err(|_| ProblemKind::WrongType)?
                .to_string(),
        },
        (PageKind::Decimal, Value::Integer(number)) => number.to_string(),
        (PageKind::Decimal, Value::Decimal(number)) if number.is_finite() => {
            crate::xpath::number_to_text(number)
        }
        (PageKind::Decimal, Value::Text(text)) => match text.trim() {
            "" => String::new(),
            digits => {
                let number: f64 = digits.parse().map_err(|_| ProblemKind::WrongType)?;
                if !number.is_finite() {
                    return wrong;
                }
                crate::xpath::number_to_text(number)
            }
        },
        (PageKind::Date, Value::Date(date)) => date.to_string(),
        (PageKind::Date, Value::Text(text)) => match text.trim() {
            "" => String::new(),
            date => {
                let date: jiff::civil::Date = date.parse().map_err(|_| ProblemKind::WrongType)?;
                date.to_string()
            }
        },
        (PageKind::SelectOne, Value::One(name) | Value::Text(name)) => name,
        (PageKind::SelectMultiple, Value::Many(names)) => {
            if names
                .iter()
                .any(|n| n.is_empty() || n.chars().any(char::is_whitespace))
            {
                return wrong;
            }
            names.join(" ")
        }
        (PageKind::SelectMultiple, Value::One(name)) => name,
        (PageKind::Acknowledge, Value::Acknowledged) => ACKNOWLEDGED.to_string(),
        (PageKind::Image | PageKind::Audio, Value::File(name)) => name,
        _ => return wrong,
    };
    if text.len() > MAX_ANSWER {
        return Err(ProblemKind::TooLong);
    }
    // XML 1.0 §2.2 has no control characters; a scanner may well send some.
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return wrong;
    }
    Ok(text)
}
