//! Who must answer a question, in words: `${reason} = 'living'` is "only if you chose “I live there” in question 6".
//!
//! Simple comparisons with choices and numbers are understood, joined by and, or, not; a calculated value that is an
//! `if()` of such is looked through. What is not understood is "only if it applies to you": never a wrong sentence.

use super::plan::{Plan, literal, reuse, target};
use super::text::Texts;
use crate::words::{Word, Words};
use onedoor_forms::form::{ChoiceSource, Form, NodeId, NodeKind};
use onedoor_forms::xpath::{BinaryOp, Expr, Function, Op, OpId};

/// Deepest look through calculated values.
const DEPTH: usize = 8;

/// A condition that can be said.
#[derive(Debug, Clone, PartialEq)]
enum Cond {
    /// One of these choices is (not) chosen.
    Chosen {
        node: NodeId,
        names: Vec<String>,
        yes: bool,
    },
    /// It is (not) answered.
    Filled {
        node: NodeId,
        yes: bool,
    },
    /// Its number or text compares so with a literal.
    Compare {
        node: NodeId,
        how: BinaryOp,
        value: String,
    },
    /// What the first question of every form, whom it is for, was (not) answered with.
    ForWhom {
        family: bool,
    },
    All(Vec<Cond>),
    Any(Vec<Cond>),
    /// Always so.
    Always,
    /// Never so.
    Never,
}

/// Who must answer, as far as it can be said.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Who {
    /// Everybody.
    Everybody,
    /// Those for whom this holds.
    If(String),
    /// Cannot be said in words.
    IfUsed,
}

/// Says conditions of a form.
pub(super) struct Conditions<'f> {
    pub form: &'f Form,
    pub plan: &'f Plan,
    pub words: &'f Words,
    pub texts: &'f Texts<'f>,
}

impl Conditions<'_> {
    /// Who must answer a node.
    pub fn who(&self, node: NodeId) -> Who {
        let Some(expr) = &self.form.nodes[node].relevant else {
            return Who::Everybody;
        };
        match self.cond(node, expr, expr.root, true, 0) {
            Some(Cond::Always) => Who::Everybody,
            Some(Cond::Never) => Who::IfUsed,
            Some(cond) => self.say(&cond).map_or(Who::IfUsed, Who::If),
            None => Who::IfUsed,
        }
    }

    /// `yes` is false under a `not()`.
    fn cond(&self, from: NodeId, expr: &Expr, op: OpId, yes: bool, depth: usize) -> Option<Cond> {
        if depth > DEPTH {
            return None;
        }
        match &expr.ops[op as usize] {
            Op::Binary(how @ (BinaryOp::And | BinaryOp::Or), a, b) => {
                let parts = [*a, *b]
                    .into_iter()
                    .map(|part| self.cond(from, expr, part, yes, depth + 1))
                    .collect::<Option<Vec<_>>>()?;
                // Not (a and b) is not a or not b.
                Some(if (*how == BinaryOp::And) == yes {
                    all(parts)
                } else {
                    any(parts)
                })
            }
            Op::Binary(how, a, b) => {
                let (node, value, how) = match literal(expr, *b) {
                    Some(value) => (target(self.form, from, expr, *a)?, value, *how),
                    None => (
                        target(self.form, from, expr, *b)?,
                        literal(expr, *a)?,
                        mirrored(*how),
                    ),
                };
                self.compare(node, if yes { how } else { opposite(how)? }, &value, depth)
            }
            Op::Call(Function::Not, args) => self.cond(from, expr, *args.first()?, !yes, depth + 1),
            Op::Call(Function::Selected, args) => {
                let node = target(self.form, from, expr, *args.first()?)?;
                self.chosen(node, literal(expr, *args.get(1)?)?, yes)
            }
            _ => None,
        }
    }

    fn compare(&self, node: NodeId, how: BinaryOp, value: &str, depth: usize) -> Option<Cond> {
        let equal = match how {
            BinaryOp::Equal => Some(true),
            BinaryOp::NotEqual => Some(false),
            _ => None,
        };
        let found = &self.form.nodes[node];
        match (found.kind, equal) {
            (NodeKind::Calculate, Some(yes)) => {
                let expr = found.calculate.as_ref()?;
                return self.result(node, expr, expr.root, value, yes, depth);
            }
            (NodeKind::Hidden, Some(yes)) if reuse(found) == Some("session.for_whom") => {
                return Some(Cond::ForWhom {
                    family: (value == "myself") != yes,
                });
            }
            _ => {}
        }
        self.plan.numbers.get(&node)?;
        match equal {
            Some(yes) if value.is_empty() => {
                // A question that everybody must answer is answered.
                let always = found.required.is_some()
                    && found.relevant.is_none()
                    && self.parents_always(node);
                Some(match (always, yes) {
                    (true, false) => Cond::Always,
                    _ => Cond::Filled { node, yes: !yes },
                })
            }
            Some(yes) if found.choices.is_some() => self.chosen(node, value.to_owned(), yes),
            _ => matches!(
                how,
                BinaryOp::Equal
                    | BinaryOp::NotEqual
                    | BinaryOp::Less
                    | BinaryOp::LessEqual
                    | BinaryOp::Greater
                    | BinaryOp::GreaterEqual
            )
            .then(|| Cond::Compare {
                node,
                how,
                value: value.to_owned(),
            }),
        }
    }

    fn parents_always(&self, node: NodeId) -> bool {
        let mut at = self.form.nodes[node].parent;
        while let Some(id) = at {
            if self.form.nodes[id].relevant.is_some() {
                return false;
            }
            at = self.form.nodes[id].parent;
        }
        true
    }

    /// `${kind} = 'long'` where kind is `if(condition, 'long', 'temporary')`, or an `if()` in an `if()`.
    fn result(
        &self,
        node: NodeId,
        expr: &Expr,
        op: OpId,
        value: &str,
        yes: bool,
        depth: usize,
    ) -> Option<Cond> {
        if depth > DEPTH {
            return None;
        }
        if let Some(result) = literal(expr, op) {
            return Some(if (result == value) == yes {
                Cond::Always
            } else {
                Cond::Never
            });
        }
        let Op::Call(Function::If, args) = &expr.ops[op as usize] else {
            return None;
        };
        let [test, then, other] = args.as_slice() else {
            return None;
        };
        let branch = |holds: bool, result: OpId| {
            Some(all(vec![
                self.cond(node, expr, *test, holds, depth + 1)?,
                self.result(node, expr, result, value, yes, depth + 1)?,
            ]))
        };
        Some(any(vec![branch(true, *then)?, branch(false, *other)?]))
    }

    fn chosen(&self, node: NodeId, name: String, yes: bool) -> Option<Cond> {
        self.plan.numbers.get(&node)?;
        self.label(node, &name)?;
        Some(Cond::Chosen {
            node,
            names: vec![name],
            yes,
        })
    }

    /// The label of a choice; a list from outside has none that could be printed.
    fn label(&self, node: NodeId, name: &str) -> Option<String> {
        let ChoiceSource::List(list) = &self.form.nodes[node].choices.as_ref()?.source else {
            return None;
        };
        let item = self
            .form
            .lists
            .get(list)?
            .items
            .iter()
            .find(|i| i.name == name)?;
        self.texts.label(&item.texts.label)
    }

    fn say(&self, cond: &Cond) -> Option<String> {
        let number = |node: &NodeId| {
            let number = *self.plan.numbers.get(node)?;
            Some(Word::Number(i64::try_from(number).ok()?))
        };
        Some(match cond {
            Cond::Chosen { node, names, yes } => {
                let quoted = names
                    .iter()
                    .map(|name| {
                        let label = self.label(*node, name)?;
                        Some(self.words.with("if-quoted", &[("choice", (&label).into())]))
                    })
                    .collect::<Option<Vec<_>>>()?
                    .join(&self.words.text("if-or"));
                let id = if *yes { "if-chosen" } else { "if-not-chosen" };
                let variables = [("number", number(node)?), ("choices", (&quoted).into())];
                self.words.with(id, &variables)
            }
            Cond::Filled { node, yes } => {
                let id = if *yes { "if-filled" } else { "if-empty" };
                self.words.with(id, &[("number", number(node)?)])
            }
            Cond::Compare { node, how, value } => {
                let id = match how {
                    BinaryOp::Equal => "if-is",
                    BinaryOp::NotEqual => "if-is-not",
                    BinaryOp::Less => "if-less",
                    BinaryOp::LessEqual => "if-at-most",
                    BinaryOp::Greater => "if-more",
                    BinaryOp::GreaterEqual => "if-at-least",
                    _ => return None,
                };
                let variables = [("number", number(node)?), ("value", value.into())];
                self.words.with(id, &variables)
            }
            Cond::All(parts) => self.join(parts, "if-and")?,
            // "a and b, or c" can be heard in two ways: not said.
            Cond::Any(parts) if parts.iter().any(|p| matches!(p, Cond::All(_))) => return None,
            Cond::Any(parts) => self.join(parts, "if-or")?,
            Cond::ForWhom { family } => {
                let choice = if *family { "say-family" } else { "say-myself" };
                let choice = self.words.text(choice);
                let quoted = self
                    .words
                    .with("if-quoted", &[("choice", (&choice).into())]);
                let variables = [("number", Word::Number(1)), ("choices", (&quoted).into())];
                self.words.with("if-chosen", &variables)
            }
            Cond::Always | Cond::Never => return None,
        })
    }

    fn join(&self, parts: &[Cond], with: &str) -> Option<String> {
        let said = parts
            .iter()
            .map(|p| self.say(p))
            .collect::<Option<Vec<_>>>()?;
        Some(said.join(&self.words.text(with)))
    }
}

/// All of them, flat; what always holds is left out.
fn all(parts: Vec<Cond>) -> Cond {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Cond::All(inner) => flat.extend(inner),
            Cond::Always => {}
            Cond::Never => return Cond::Never,
            other => flat.push(other),
        }
    }
    // "Another choice than this" already means that there was a choice.
    let others: Vec<NodeId> = flat
        .iter()
        .filter_map(|part| match part {
            Cond::Chosen {
                node, yes: false, ..
            } => Some(*node),
            _ => None,
        })
        .collect();
    flat.retain(|part| !matches!(part, Cond::Filled { node, yes: true } if others.contains(node)));
    one_or(flat, Cond::Always, Cond::All)
}

/// Any of them, flat; choices of one question are one condition.
fn any(parts: Vec<Cond>) -> Cond {
    let mut merged: Vec<Cond> = Vec::new();
    let mut waiting: Vec<Cond> = parts.into_iter().rev().collect();
    while let Some(part) = waiting.pop() {
        match part {
            Cond::Any(inner) => waiting.extend(inner.into_iter().rev()),
            Cond::Always => return Cond::Always,
            Cond::Never => {}
            Cond::Chosen {
                node,
                names,
                yes: true,
            } => match merged.last_mut() {
                Some(Cond::Chosen {
                    node: before,
                    names: known,
                    yes: true,
                }) if *before == node => known.extend(names),
                _ => merged.push(Cond::Chosen {
                    node,
                    names,
                    yes: true,
                }),
            },
            other => merged.push(other),
        }
    }
    one_or(merged, Cond::Never, Cond::Any)
}

fn one_or(mut parts: Vec<Cond>, none: Cond, many: impl FnOnce(Vec<Cond>) -> Cond) -> Cond {
    match parts.len() {
        0 => none,
        1 => parts.remove(0),
        _ => many(parts),
    }
}

/// The operator with its sides exchanged.
fn mirrored(how: BinaryOp) -> BinaryOp {
    match how {
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::LessEqual => BinaryOp::GreaterEqual,
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::GreaterEqual => BinaryOp::LessEqual,
        same => same,
    }
}

/// What holds when the comparison does not.
fn opposite(how: BinaryOp) -> Option<BinaryOp> {
    Some(match how {
        BinaryOp::Equal => BinaryOp::NotEqual,
        BinaryOp::NotEqual => BinaryOp::Equal,
        BinaryOp::Less => BinaryOp::GreaterEqual,
        BinaryOp::LessEqual => BinaryOp::Greater,
        BinaryOp::Greater => BinaryOp::LessEqual,
        BinaryOp::GreaterEqual => BinaryOp::Less,
        _ => return None,
    })
}
