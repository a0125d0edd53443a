//! XPath 1.0's part that form authors use: parser, checks, evaluator. No I/O; depth and work are limited.

mod ast;
mod axes;
mod calls;
pub mod dates;
mod eval;
mod functions;
mod lexer;
mod parser;
mod references;
mod strings;
mod tree;
mod value;

pub use ast::{
    Axis, BinaryOp, Expr, MAX_DEPTH, MAX_OPS, MAX_SOURCE, NodeTest, Op, OpId, Path, Start, Step,
};
pub use eval::{BUDGET, Clock, Env, EvalError, Evaluated, Host, NoHost, NodeRef};
pub use functions::{Function, Kind, instead_of};
pub use parser::{parse, parse_filter};
pub use references::{NoReferences, ParseError, Reference, References};
pub use strings::pattern_of;
pub use tree::{NodeType, Tree, TreeId, TreeNode};
pub use value::{XValue, number_to_text, text_to_number};
