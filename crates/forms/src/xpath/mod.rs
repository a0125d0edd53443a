//! XPath 1.0's part that form authors use: parser, checks, evaluator. No I/O; depth and work are limited.

mod ast;
mod functions;

pub use ast::{
    Axis, BinaryOp, Expr, MAX_DEPTH, MAX_OPS, MAX_SOURCE, NodeTest, Op, OpId, Path, Start, Step,
};
pub use functions::Function;
