//! The typed expression tree: a flat arena, so that reading it back from a bundle and dropping it never recurses.

use serde::{Deserialize, Serialize};

use super::functions::Function;

/// Longest expression in bytes.
pub const MAX_SOURCE: usize = 8 * 1024;
/// Deepest nesting of an expression, counted over the finished tree.
pub const MAX_DEPTH: u32 = 120;
/// Largest number of operations of an expression.
pub const MAX_OPS: usize = 4096;

/// Index of an operation in [`Expr::ops`].
pub type OpId = u32;

/// A parsed expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    /// What the author wrote, for messages.
    pub source: String,
    /// Operations; operands always come before the operation that uses them.
    pub ops: Vec<Op>,
    /// The operation that gives the result.
    pub root: OpId,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// A number literal.
    Number(f64),
    /// A string literal.
    Text(String),
    /// Two operands.
    Binary(BinaryOp, OpId, OpId),
    /// Unary minus.
    Negate(OpId),
    /// The union of two node sets.
    Union(OpId, OpId),
    /// A function call.
    Call(Function, Vec<OpId>),
    /// A call of something that is not in the subset: refused by name when checked or evaluated.
    Unknown(String, Vec<OpId>),
    /// A location path.
    Path(Path),
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BinaryOp {
    /// `or`
    Or,
    /// `and`
    And,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `div`
    Divide,
    /// `mod`
    Modulo,
}

/// A location path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Path {
    /// Where it starts.
    pub start: Start,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// Where a path starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Start {
    /// The document root (`/...`).
    Root,
    /// The context node.
    Context,
    /// The value of another operation, filtered by predicates (`instance('x')[1]/root`).
    Value(OpId, Vec<OpId>),
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Which way it goes.
    pub axis: Axis,
    /// What it keeps.
    pub test: NodeTest,
    /// Filters, in order.
    pub predicates: Vec<OpId>,
}

/// XPath 1.0's axes, without `namespace`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Axis {
    /// `child::`
    Child,
    /// `parent::`, `..`
    Parent,
    /// `self::`, `.`
    Itself,
    /// `descendant::`
    Descendant,
    /// `descendant-or-self::`, `//`
    DescendantOrSelf,
    /// `ancestor::`
    Ancestor,
    /// `ancestor-or-self::`
    AncestorOrSelf,
    /// `following-sibling::`
    FollowingSibling,
    /// `preceding-sibling::`
    PrecedingSibling,
    /// `following::`
    Following,
    /// `preceding::`
    Preceding,
    /// `attribute::`, `@`
    Attribute,
}

impl Axis {
    /// Whether positions on it count against document order.
    pub fn is_reverse(self) -> bool {
        matches!(
            self,
            Axis::Parent
                | Axis::Ancestor
                | Axis::AncestorOrSelf
                | Axis::Preceding
                | Axis::PrecedingSibling
        )
    }
}

/// What a step keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeTest {
    /// An element (or attribute) of this name, prefix as written.
    Name(String),
    /// Any element (or attribute): `*`.
    Any,
    /// Any node: `node()`.
    Node,
    /// `text()`.
    Text,
    /// `comment()`.
    Comment,
    /// `processing-instruction()`.
    Instruction,
}
