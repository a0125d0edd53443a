//! `[[owner_when]]` and `[[due_when]]` against the service's form: the question is there, and so are its choices. One that
//! names nothing would be silently without effect, and a complaint about the station would stay at the station.

use std::collections::{BTreeMap, BTreeSet};

use crate::form::{ChoiceSource, Form, Node, NodeKind};
use crate::station::{Marks, Problems, Route, Service, Station, code};

/// Most names that a message lists.
const LISTED: usize = 20;

/// Checks the conditions of all services.
pub(in crate::bundle) fn when(
    station: &Station,
    forms: &BTreeMap<String, Form>,
    marks: &Marks,
    problems: &mut Problems,
) {
    for (id, service) in &station.services {
        let file = format!("services/{id}/service.toml");
        // Choices for which an owner was named before.
        let mut taken: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for condition in conditions(service) {
            let mut check = Check {
                file: &file,
                marks,
                problems,
                condition: &condition,
            };
            if service.route == Route::Person {
                check.fault(
                    code::BAD_VALUE,
                    "answer",
                    "a person asks for this service: there are no answers".to_owned(),
                    "take this table away, or write route = \"machine\"".to_owned(),
                );
                continue;
            }
            // A form that could not be read has its own faults.
            let Some(form) = forms.get(id) else { continue };
            if condition.answer.is_empty() {
                continue; // it was missing, and is said to be
            }
            let Some(question) = check.question(form) else {
                continue;
            };
            check.choices(form, question);
            if condition.table == "owner_when" && !condition.is.is_empty() {
                let before = taken.entry(&question.path).or_default();
                if condition
                    .is
                    .iter()
                    .all(|name| before.contains(name.as_str()))
                {
                    check.fault(
                        code::DUPLICATE,
                        "is",
                        "an `[[owner_when]]` above it takes the same answers, and the first one counts".to_owned(),
                        "take one of the two away".to_owned(),
                    );
                }
                before.extend(condition.is.iter().map(String::as_str));
            }
        }
    }
}

/// Writes the whole path of each question into a station without faults, so that no kiosk has to look for it.
pub(in crate::bundle) fn whole_paths(station: &mut Station, forms: &BTreeMap<String, Form>) {
    for (id, service) in &mut station.services {
        let Some(form) = forms.get(id) else { continue };
        let owners = service.owner_when.iter_mut().map(|w| &mut w.answer);
        let dues = service.due_when.iter_mut().map(|w| &mut w.answer);
        for answer in owners.chain(dues) {
            if let [question] = found(form, answer).as_slice() {
                answer.clone_from(&question.path);
            }
        }
    }
}

/// What the two tables have in common.
struct Condition<'a> {
    table: &'static str,
    index: usize,
    answer: &'a str,
    is: &'a [String],
}

fn conditions(service: &Service) -> Vec<Condition<'_>> {
    let owners = service.owner_when.iter().enumerate();
    let dues = service.due_when.iter().enumerate();
    owners
        .map(|(index, when)| Condition {
            table: "owner_when",
            index,
            answer: &when.answer,
            is: &when.is,
        })
        .chain(dues.map(|(index, when)| Condition {
            table: "due_when",
            index,
            answer: &when.answer,
            is: &when.is,
        }))
        .collect()
}

/// The pages of a form that a path or a plain name may mean.
fn found<'f>(form: &'f Form, answer: &str) -> Vec<&'f Node> {
    form.questions()
        .filter(|node| {
            if answer.starts_with('/') {
                node.path == answer
            } else {
                node.name == answer
            }
        })
        .collect()
}

struct Check<'a> {
    file: &'a str,
    marks: &'a Marks,
    problems: &'a mut Problems,
    condition: &'a Condition<'a>,
}

impl Check<'_> {
    /// A fault at a key of the table; `is.1` falls back to `is` where that is one text and no list.
    fn fault(&mut self, code: &str, key: &str, what: String, fix: String) {
        let Condition { table, index, .. } = self.condition;
        let mark = |key: &str| self.marks.at(self.file, &format!("{table}.{index}.{key}"));
        let mut span = mark(key);
        if span.is_empty()
            && let Some((list, _)) = key.split_once('.')
        {
            span = mark(list);
        }
        self.problems
            .at(code, self.file, span, format!("`{table}`: {what}"), fix);
    }

    /// The question that is meant.
    fn question<'f>(&mut self, form: &'f Form) -> Option<&'f Node> {
        let answer = self.condition.answer;
        let found = found(form, answer);
        let (code, what, fix) = match found.as_slice() {
            [question] if repeated(form, question) => (
                code::BAD_VALUE,
                format!("\"{answer}\" is asked several times in one case"),
                "name a question outside of the repeat".to_owned(),
            ),
            [question] if question.choices.is_none() => (
                code::BAD_VALUE,
                format!("\"{answer}\" has no choices"),
                with_choices(form),
            ),
            [question] => return Some(question),
            [] => (
                code::UNKNOWN_REFERENCE,
                format!("the form has no question \"{answer}\""),
                with_choices(form),
            ),
            several => (
                code::BAD_VALUE,
                format!("the form has {} questions \"{answer}\"", several.len()),
                format!(
                    "write the path of one: {}",
                    listed(several.iter().map(|node| node.path.as_str()))
                ),
            ),
        };
        self.fault(code, "answer", what, fix);
        None
    }

    /// Each choice is one of the question's.
    fn choices(&mut self, form: &Form, question: &Node) {
        let Some(names) = choices(form, question) else {
            return;
        };
        for (i, name) in self.condition.is.iter().enumerate() {
            if !names.contains(&name.as_str()) {
                self.fault(
                    code::UNKNOWN_REFERENCE,
                    &format!("is.{i}"),
                    format!("\"{}\" has no choice \"{name}\"", question.name),
                    format!("write one of {}", listed(names.iter().copied())),
                );
            }
        }
    }
}

/// Whether a question lies in a repeat.
fn repeated(form: &Form, question: &Node) -> bool {
    let parent = |node: &Node| form.nodes.get(node.parent?);
    std::iter::successors(parent(question), |node| parent(node))
        .any(|node| node.kind == NodeKind::Repeat)
}

/// The names of a question's choices; `None` where only the kiosk knows them.
fn choices<'f>(form: &'f Form, question: &Node) -> Option<Vec<&'f str>> {
    match &question.choices.as_ref()?.source {
        ChoiceSource::List(list) => {
            let items = &form.lists.get(list)?.items;
            Some(items.iter().map(|item| item.name.as_str()).collect())
        }
        ChoiceSource::Table { name, value, .. } => {
            let table = form.tables.get(name)?.as_ref()?;
            let column = table.column(value)?;
            let cells = table.rows.iter().filter_map(|row| row.get(column));
            Some(cells.map(String::as_str).collect())
        }
    }
}

fn with_choices(form: &Form) -> String {
    let names = form
        .questions()
        .filter(|node| node.choices.is_some() && !repeated(form, node))
        .map(|node| node.name.as_str());
    let names = listed(names);
    if names.is_empty() {
        "take this table away: the form has no question with choices".to_owned()
    } else {
        format!("name one of its questions with choices: {names}")
    }
}

fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    let more = if names.len() > LISTED { " …" } else { "" };
    let shown: Vec<&str> = names.into_iter().take(LISTED).collect();
    format!("{}{more}", shown.join(", "))
}
