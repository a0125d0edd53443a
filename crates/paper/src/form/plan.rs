//! What a paper form asks, in which order, under which numbers.

use onedoor_forms::PageKind;
use onedoor_forms::form::{ChoiceSource, Form, Node, NodeId, NodeKind};
use onedoor_forms::xpath::{Axis, BinaryOp, Expr, Function, NodeTest, Op, OpId, Path, Start};
use std::collections::BTreeMap;

/// How often the questions of a repeat are printed.
pub(super) const ENTRIES: usize = 3;

/// One thing that stands on the form.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// The title of a group; of an entry, where it is a repeat.
    Section { node: NodeId, entry: Option<usize> },
    /// Something to read.
    Note { node: NodeId, path: String },
    /// A question, with one that is nested in its choices.
    Ask {
        number: usize,
        node: NodeId,
        path: String,
        nested: Option<Nested>,
    },
    /// "If you need more room".
    EntriesEnd,
}

/// A select whose choices are filtered by the question before it: villages of a township.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Nested {
    pub node: NodeId,
    pub path: String,
    /// Column of its choices that names the choice of the question before.
    pub column: usize,
    /// Whether that column may name several, with spaces between.
    pub several: bool,
}

/// The plan of a form.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub steps: Vec<Step>,
    /// Numbers of questions.
    pub numbers: BTreeMap<NodeId, usize>,
    /// Consent pages, which come last, before the signature.
    pub consent: Vec<NodeId>,
    /// The number that the next question gets.
    pub next: usize,
}

impl Plan {
    /// The plan of a form whose first question gets the number `first`.
    pub fn of(form: &Form, first: usize) -> Self {
        let mut plan = Plan {
            next: first,
            ..Plan::default()
        };
        plan.walk(form, 0, &form.nodes[0].path);
        plan.write_instead(form);
        plan.nest(form);
        plan
    }

    // As deep as groups are nested, which compiling a form limits.
    fn walk(&mut self, form: &Form, parent: NodeId, at: &str) {
        for &id in &form.nodes[parent].children {
            let node = &form.nodes[id];
            let path = format!("{at}/{}", node.name);
            match node.kind {
                NodeKind::Group => {
                    if !node.texts.label.iter().all(Option::is_none) {
                        self.steps.push(Step::Section {
                            node: id,
                            entry: None,
                        });
                    }
                    self.walk(form, id, &path);
                }
                NodeKind::Repeat => {
                    let before = self.next;
                    let mut after = before;
                    for entry in 1..=ENTRIES {
                        self.steps.push(Step::Section {
                            node: id,
                            entry: Some(entry),
                        });
                        // The same question has the same number in each entry.
                        self.next = before;
                        self.walk(form, id, &format!("{path}[{entry}]"));
                        after = self.next;
                    }
                    self.next = after;
                    if node.repeat_count.is_none() {
                        self.steps.push(Step::EntriesEnd);
                    }
                }
                // Worked out by the machine: nothing to write.
                NodeKind::Page(_) if node.read_only.is_some() => {}
                NodeKind::Page(PageKind::Note) => self.steps.push(Step::Note { node: id, path }),
                NodeKind::Page(PageKind::Acknowledge) if page(node) == Some("consent") => {
                    self.consent.push(id);
                }
                NodeKind::Page(_) => {
                    let number = self.next;
                    self.next += 1;
                    self.numbers.insert(id, number);
                    self.steps.push(Step::Ask {
                        number,
                        node: id,
                        path,
                        nested: None,
                    });
                }
                NodeKind::Root
                | NodeKind::Calculate
                | NodeKind::Hidden
                | NodeKind::Meta
                | NodeKind::Count => {}
            }
        }
    }

    /// A text that is asked only where nothing was spoken: on paper both are the same lines to write on.
    fn write_instead(&mut self, form: &Form) {
        let mut at = 0;
        while at + 1 < self.steps.len() {
            if let (
                Step::Ask {
                    number,
                    node: spoken,
                    ..
                },
                Step::Ask { node: written, .. },
            ) = (&self.steps[at], &self.steps[at + 1])
                && instead_of(form, *written, *spoken)
            {
                let (number, gone) = (*number, *written);
                self.steps.remove(at + 1);
                self.renumber(gone, number);
            }
            at += 1;
        }
    }

    /// Puts a select into the one before it where its choices are filtered by that one's answer: on paper both are one list,
    /// and a tick in it answers both.
    fn nest(&mut self, form: &Form) {
        let mut at = 0;
        while at + 1 < self.steps.len() {
            let nested = match (&self.steps[at], &self.steps[at + 1]) {
                (
                    Step::Ask {
                        node: outer,
                        nested: None,
                        ..
                    },
                    Step::Ask { node, path, .. },
                ) => filtered_by(form, *node, *outer).map(|(column, several)| Nested {
                    node: *node,
                    path: path.clone(),
                    column,
                    several,
                }),
                _ => None,
            };
            if let Some(inner) = nested {
                self.steps.remove(at + 1);
                let Step::Ask { number, nested, .. } = &mut self.steps[at] else {
                    continue;
                };
                let (number, gone) = (*number, inner.node);
                *nested = Some(inner);
                self.renumber(gone, number);
            }
            at += 1;
        }
    }

    /// The question `gone` now has the number of the one that it was put into; later ones move up.
    fn renumber(&mut self, gone: NodeId, number: usize) {
        let was = self.numbers.insert(gone, number).unwrap_or(number);
        for (node, other) in &mut self.numbers {
            if *node != gone && *other > was {
                *other -= 1;
            }
        }
        for step in &mut self.steps {
            if let Step::Ask { number, .. } = step
                && *number > was
            {
                *number -= 1;
            }
        }
        self.next -= 1;
    }
}

/// Whether `written` is asked only where `spoken`, a recording, is empty.
fn instead_of(form: &Form, written: NodeId, spoken: NodeId) -> bool {
    let (text, audio) = (&form.nodes[written], &form.nodes[spoken]);
    text.kind == NodeKind::Page(PageKind::Text)
        && audio.kind == NodeKind::Page(PageKind::Audio)
        && text.relevant.as_ref().is_some_and(|relevant| {
            matches!(
                &relevant.ops[relevant.root as usize],
                Op::Binary(BinaryOp::Equal, a, b)
                    if target(form, written, relevant, *a) == Some(spoken)
                        && literal(relevant, *b).as_deref() == Some("")
            )
        })
}

/// `kiosk:page` of a node.
pub(super) fn page(node: &Node) -> Option<&str> {
    node.attributes.get("kiosk:page").map(String::as_str)
}

/// `kiosk:reuse` of a node.
pub(super) fn reuse(node: &Node) -> Option<&str> {
    node.attributes.get("kiosk:reuse").map(String::as_str)
}

/// The column by which the choices of `inner` are filtered with the answer of `outer`, where nothing else decides, and
/// whether it may name several.
fn filtered_by(form: &Form, inner: NodeId, outer: NodeId) -> Option<(usize, bool)> {
    let (inner_node, outer_node) = (&form.nodes[inner], &form.nodes[outer]);
    if inner_node.parent != outer_node.parent
        || outer_node.kind != NodeKind::Page(PageKind::SelectOne)
        || inner_node.kind != NodeKind::Page(PageKind::SelectOne)
        || outer_node.choices.as_ref()?.filter.is_some()
    {
        return None;
    }
    // Asked whenever the other is answered, or always.
    if let Some(relevant) = &inner_node.relevant {
        let answered = matches!(
            &relevant.ops[relevant.root as usize],
            Op::Binary(BinaryOp::NotEqual, a, b)
                if target(form, inner, relevant, *a) == Some(outer)
                    && literal(relevant, *b).as_deref() == Some("")
        );
        if !answered {
            return None;
        }
    }
    let choices = inner_node.choices.as_ref()?;
    let filter = choices.filter.as_ref()?;
    let ChoiceSource::List(list) = &choices.source else {
        return None;
    };
    let (a, b, several) = match &filter.ops[filter.root as usize] {
        Op::Binary(BinaryOp::Equal, a, b) => (*a, *b, false),
        // A choice that stands under several of the others.
        Op::Call(Function::Selected, args) => (*args.first()?, *args.get(1)?, true),
        _ => return None,
    };
    let column = [(a, b), (b, a)].into_iter().find_map(|(a, b)| {
        let column = column(filter, a)?;
        (target(form, inner, filter, b) == Some(outer)).then_some(column)
    })?;
    let columns = &form.lists.get(list)?.columns;
    let column = columns.iter().position(|name| name == column)?;
    Some((column, several))
}

/// The name of a choice's column that an operation reads.
fn column(expr: &Expr, op: OpId) -> Option<&str> {
    match &expr.ops[op as usize] {
        Op::Path(Path {
            start: Start::Context,
            steps,
        }) => match steps.as_slice() {
            [step] if step.axis == Axis::Child && step.predicates.is_empty() => match &step.test {
                NodeTest::Name(name) => Some(name),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// A literal, as the text that an answer would be.
pub(super) fn literal(expr: &Expr, op: OpId) -> Option<String> {
    match &expr.ops[op as usize] {
        Op::Text(text) => Some(text.clone()),
        Op::Number(number) => Some(onedoor_forms::xpath::number_to_text(*number)),
        _ => None,
    }
}

/// The node that an operation reads, seen from `from`.
pub(super) fn target(form: &Form, from: NodeId, expr: &Expr, op: OpId) -> Option<NodeId> {
    let Op::Path(path) = &expr.ops[op as usize] else {
        return None;
    };
    let mut steps = path.steps.as_slice();
    let mut at = match &path.start {
        Start::Root => match steps.split_first() {
            // The first step names the root element.
            Some((first, rest)) if named(first) == Some(form.nodes[0].name.as_str()) => {
                steps = rest;
                0
            }
            _ => return None,
        },
        Start::Context => from,
        // `current()`: a relative path inside a choice filter.
        Start::Value(value, predicates) if predicates.is_empty() => {
            match &expr.ops[*value as usize] {
                Op::Call(Function::Current, _) => from,
                _ => return None,
            }
        }
        Start::Value(..) => return None,
    };
    for step in steps {
        if !step.predicates.is_empty() {
            return None;
        }
        at = match step.axis {
            Axis::Itself => at,
            Axis::Parent => form.nodes[at].parent?,
            Axis::Child => {
                let name = named(step)?;
                *form.nodes[at]
                    .children
                    .iter()
                    .find(|child| form.nodes[**child].name == name)?
            }
            _ => return None,
        };
    }
    Some(at)
}

fn named(step: &onedoor_forms::xpath::Step) -> Option<&str> {
    match (&step.axis, &step.test) {
        (Axis::Child, NodeTest::Name(name)) => Some(name),
        _ => None,
    }
}
