//! The evaluator: operators and location paths over trees. Work is limited by a budget.

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::ast::{BinaryOp, Expr, MAX_DEPTH, Op, OpId};
use super::tree::{Tree, TreeId, TreeNode};
use super::value::{self, DAY, XValue};
use super::{calls, dates};
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

/// Why an expression has no value now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// It needs a date, and the clock is not trusted; or it reads a value that waits for one.
    #[error("the date is not known yet")]
    Pending,
    /// A function outside the subset.
    #[error("the function {0}() is not in the kiosk subset")]
    UnknownFunction(String),
    /// Too many or too few arguments.
    #[error("{0}() has the wrong number of arguments")]
    Arguments(&'static str),
    /// Something else where nodes are needed.
    #[error("{0} needs nodes")]
    NeedsNodes(&'static str),
    /// `instance()` of a table that is not there.
    #[error("there is no instance('{0}')")]
    UnknownInstance(String),
    /// A pattern that is no regular expression.
    #[error("the pattern is no regular expression")]
    Pattern,
    /// More work than a form may ask for.
    #[error("the expression takes too much work")]
    TooMuch,
    /// The tree is damaged.
    #[error("the expression is damaged")]
    Damaged,
}

/// What evaluating gives.
pub type Evaluated<T> = Result<T, EvalError>;

/// A node of one of the trees of an evaluation; ordered by tree, then document order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeRef {
    /// Index of the tree: 0 is the main instance.
    pub tree: u32,
    /// The node.
    pub node: TreeId,
}

impl NodeRef {
    /// A node of the main instance.
    pub fn main(node: TreeId) -> NodeRef {
        NodeRef { tree: 0, node }
    }
}

/// The clock of an evaluation; see `crate::context::Context`.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// For `today()`.
    pub today: Option<Date>,
    /// For `now()`.
    pub now: Option<DateTime>,
    /// Local time's offset from UTC.
    pub offset: Offset,
}

/// What only the form knows.
pub trait Host {
    /// The label of a choice of the question at a node of the main instance.
    fn choice_label(&self, question: TreeId, value: &str) -> Option<String>;
}

/// A host of expressions outside forms: no choices.
pub struct NoHost;

impl Host for NoHost {
    fn choice_label(&self, _question: TreeId, _value: &str) -> Option<String> {
        None
    }
}

/// Nodes that one evaluation may visit.
pub const BUDGET: u32 = 2_000_000;

/// Everything an evaluation reads.
pub struct Env<'a> {
    /// The main instance first, then look-up tables.
    pub trees: Vec<&'a Tree>,
    /// Index in `trees` by `instance()` name.
    pub names: &'a BTreeMap<String, u32>,
    /// The clock.
    pub clock: Clock,
    /// The form.
    pub host: &'a dyn Host,
    budget: Cell<u32>,
}

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
pub(super) struct At {
    /// The context node.
    pub node: NodeRef,
    /// Its position, from 1.
    pub position: usize,
    /// How many there are.
    pub size: usize,
    /// What `current()` is.
    pub current: NodeRef,
    /// How deep the evaluation is.
    pub depth: u32,
}

impl<'a> Env<'a> {
    /// An environment with a full budget.
    pub fn new(
        trees: Vec<&'a Tree>,
        names: &'a BTreeMap<String, u32>,
        clock: Clock,
        host: &'a dyn Host,
    ) -> Env<'a> {
        Env {
            trees,
            names,
            clock,
            host,
            budget: Cell::new(BUDGET),
        }
    }

    /// The value of an expression at a node.
    ///
    /// # Errors
    /// See [`EvalError`]; [`EvalError::Pending`] is no fault of the form.
    pub fn evaluate(&self, expr: &Expr, node: NodeRef) -> Evaluated<XValue> {
        self.budget.set(BUDGET);
        Eval { env: self, expr }.run(
            expr.root,
            At {
                node,
                position: 1,
                size: 1,
                current: node,
                depth: 0,
            },
        )
    }

    /// The same for an item of a table, with `current()` at a node of the main instance.
    ///
    /// # Errors
    /// See [`EvalError`].
    pub fn evaluate_item(&self, expr: &Expr, item: NodeRef, current: NodeRef) -> Evaluated<XValue> {
        self.budget.set(BUDGET);
        Eval { env: self, expr }.run(
            expr.root,
            At {
                node: item,
                position: 1,
                size: 1,
                current,
                depth: 0,
            },
        )
    }

    pub(super) fn node(&self, at: NodeRef) -> Evaluated<&'a TreeNode> {
        self.trees
            .get(at.tree as usize)
            .and_then(|t| t.get(at.node))
            .ok_or(EvalError::Damaged)
    }

    pub(super) fn string_value(&self, at: NodeRef) -> Evaluated<String> {
        self.trees
            .get(at.tree as usize)
            .ok_or(EvalError::Damaged)?
            .string_value(at.node)
    }

    pub(super) fn spend(&self, amount: u32) -> Evaluated<()> {
        let left = self
            .budget
            .get()
            .checked_sub(amount)
            .ok_or(EvalError::TooMuch)?;
        self.budget.set(left);
        Ok(())
    }

    /// `boolean()` of a value.
    pub fn boolean(&self, value: &XValue) -> bool {
        match value {
            XValue::Boolean(b) => *b,
            XValue::Number(n) => *n != 0.0 && !n.is_nan(),
            XValue::Text(t) => !t.is_empty(),
            XValue::Date(ms) => !ms.is_nan(),
            XValue::Nodes(nodes) => !nodes.is_empty(),
        }
    }

    /// `number()` of a value.
    ///
    /// # Errors
    /// Pending where a node's value waits for a date.
    pub fn number(&self, value: &XValue) -> Evaluated<f64> {
        Ok(match value {
            XValue::Boolean(b) => f64::from(u8::from(*b)),
            XValue::Number(n) => *n,
            XValue::Text(t) => value::text_to_number(t, self.clock.offset),
            XValue::Date(ms) => ms / DAY,
            XValue::Nodes(_) => value::text_to_number(&self.text(value)?, self.clock.offset),
        })
    }

    /// `string()` of a value.
    ///
    /// # Errors
    /// Pending where a node's value waits for a date.
    pub fn text(&self, value: &XValue) -> Evaluated<String> {
        Ok(match value {
            XValue::Boolean(b) => b.to_string(),
            XValue::Number(n) => value::number_to_text(*n),
            XValue::Text(t) => t.clone(),
            XValue::Date(ms) => dates::to_text(*ms, self.clock.offset),
            XValue::Nodes(nodes) => match nodes.first() {
                Some(first) => self.string_value(*first)?,
                None => String::new(),
            },
        })
    }
}

/// One expression in one environment.
pub(super) struct Eval<'e, 'a> {
    pub env: &'e Env<'a>,
    pub expr: &'e Expr,
}

impl Eval<'_, '_> {
    pub(super) fn run(&self, op: OpId, at: At) -> Evaluated<XValue> {
        // Operands come before their operation, so that this ends even for a damaged tree; the depth keeps
        // the stack small as well.
        if at.depth > MAX_DEPTH + 8 {
            return Err(EvalError::TooMuch);
        }
        let at = At {
            depth: at.depth + 1,
            ..at
        };
        self.env.spend(1)?;
        match self.expr.ops.get(op as usize).ok_or(EvalError::Damaged)? {
            Op::Number(n) => Ok(XValue::Number(*n)),
            Op::Text(t) => Ok(XValue::Text(t.clone())),
            Op::Negate(a) => Ok(XValue::Number(-self.number(*a, at)?)),
            Op::Union(a, b) => {
                let mut nodes = self.nodes(*a, at, "|")?;
                nodes.extend(self.nodes(*b, at, "|")?);
                nodes.sort_unstable();
                nodes.dedup();
                Ok(XValue::Nodes(nodes))
            }
            Op::Binary(op, a, b) => self.binary(*op, *a, *b, at),
            Op::Call(function, arguments) => calls::call(self, *function, arguments, at),
            Op::Unknown(name, _) => Err(EvalError::UnknownFunction(name.clone())),
            Op::Path(path) => Ok(XValue::Nodes(self.path(path, at)?)),
        }
    }

    fn number(&self, op: OpId, at: At) -> Evaluated<f64> {
        let value = self.run(op, at)?;
        self.env.number(&value)
    }

    pub(super) fn boolean(&self, op: OpId, at: At) -> Evaluated<bool> {
        let value = self.run(op, at)?;
        Ok(self.env.boolean(&value))
    }

    pub(super) fn nodes(&self, op: OpId, at: At, what: &'static str) -> Evaluated<Vec<NodeRef>> {
        match self.run(op, at)? {
            XValue::Nodes(nodes) => Ok(nodes),
            _ => Err(EvalError::NeedsNodes(what)),
        }
    }

    fn binary(&self, op: BinaryOp, a: OpId, b: OpId, at: At) -> Evaluated<XValue> {
        match op {
            BinaryOp::And => self.logic(a, b, at, false),
            BinaryOp::Or => self.logic(a, b, at, true),
            BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Modulo => {
                let (a, b) = (self.number(a, at)?, self.number(b, at)?);
                Ok(XValue::Number(match op {
                    BinaryOp::Add => a + b,
                    BinaryOp::Subtract => a - b,
                    BinaryOp::Multiply => a * b,
                    BinaryOp::Divide => a / b,
                    _ => a % b,
                }))
            }
            _ => {
                let (a, b) = (self.run(a, at)?, self.run(b, at)?);
                self.compare(op, &a, &b).map(XValue::Boolean)
            }
        }
    }

    /// `and` (decided by false) and `or` (decided by true): what is pending on one side does not matter when
    /// the other side decides.
    fn logic(&self, a: OpId, b: OpId, at: At, decides: bool) -> Evaluated<XValue> {
        let first = self.boolean(a, at);
        if first == Ok(decides) {
            return Ok(XValue::Boolean(decides));
        }
        if let Err(error) = &first
            && *error != EvalError::Pending
        {
            return Err(error.clone());
        }
        let second = self.boolean(b, at)?;
        if second == decides {
            return Ok(XValue::Boolean(decides));
        }
        first.map(|_| XValue::Boolean(!decides))
    }

    fn compare(&self, op: BinaryOp, a: &XValue, b: &XValue) -> Evaluated<bool> {
        let equality = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        match (a, b) {
            (XValue::Nodes(_), XValue::Boolean(_)) | (XValue::Boolean(_), XValue::Nodes(_))
                if equality =>
            {
                Ok((self.env.boolean(a) == self.env.boolean(b)) == (op == BinaryOp::Equal))
            }
            (XValue::Nodes(left), _) => self.any(left, |text| match b {
                XValue::Nodes(right) => self.any(right, |other| self.compare(op, &text, &other)),
                _ => self.compare(op, &text, b),
            }),
            (_, XValue::Nodes(right)) => self.any(right, |text| self.compare(op, a, &text)),
            _ => self.compare_plain(op, a, b),
        }
    }

    /// Whether a test holds for any node's text; pending where none holds but one waits for a date.
    fn any(&self, nodes: &[NodeRef], test: impl Fn(XValue) -> Evaluated<bool>) -> Evaluated<bool> {
        let mut pending = false;
        for node in nodes {
            self.env.spend(1)?;
            match self
                .env
                .string_value(*node)
                .and_then(|text| test(XValue::Text(text)))
            {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(EvalError::Pending) => pending = true,
                Err(error) => return Err(error),
            }
        }
        if pending {
            Err(EvalError::Pending)
        } else {
            Ok(false)
        }
    }

    fn compare_plain(&self, op: BinaryOp, a: &XValue, b: &XValue) -> Evaluated<bool> {
        if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
            let equal = match (a, b) {
                (XValue::Boolean(_), _) | (_, XValue::Boolean(_)) => {
                    self.env.boolean(a) == self.env.boolean(b)
                }
                (XValue::Text(a), XValue::Text(b)) => {
                    value::texts_equal(a, b, self.env.clock.offset)
                }
                _ => self.env.number(a)? == self.env.number(b)?,
            };
            return Ok(equal == (op == BinaryOp::Equal));
        }
        let Some(order) = value::order(self.env.number(a)?, self.env.number(b)?) else {
            return Ok(false);
        };
        Ok(match op {
            BinaryOp::Less => order == Ordering::Less,
            BinaryOp::LessEqual => order != Ordering::Greater,
            BinaryOp::Greater => order == Ordering::Greater,
            _ => order != Ordering::Less,
        })
    }
}
