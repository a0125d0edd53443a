//! What a parser gives back when it cannot read an expression, and asks for when it meets `${name}`.

use super::ast::Step;
use crate::fault::Code;

/// Why an expression is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at character {})", offset + 1)]
pub struct ParseError {
    /// `Syntax`, `TooLarge` or `UnknownReference`.
    pub code: Code,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Byte offset in the expression.
    pub offset: usize,
}

impl ParseError {
    pub(super) fn syntax(offset: usize, message: String) -> ParseError {
        ParseError {
            code: Code::Syntax,
            message,
            offset,
        }
    }

    pub(super) fn large(offset: usize, message: &str) -> ParseError {
        ParseError {
            code: Code::TooLarge,
            message: message.to_string(),
            offset,
        }
    }
}

/// How `${name}` becomes a path.
pub trait References {
    /// Steps to the question of that name; `absolute` forbids a relative path (`indexed-repeat`).
    ///
    /// # Errors
    /// A sentence that says why there is none.
    fn resolve(&self, name: &str, absolute: bool) -> Result<Reference, String>;
}

/// A resolved reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Whether the steps start at the document root; otherwise at the current node.
    pub from_root: bool,
    /// The steps.
    pub steps: Vec<Step>,
}

/// For expressions in which `${name}` means nothing.
pub struct NoReferences;

impl References for NoReferences {
    fn resolve(&self, _name: &str, _absolute: bool) -> Result<Reference, String> {
        Err("${...} means nothing here".to_string())
    }
}
