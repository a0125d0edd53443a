//! The functions of the subset.

use serde::{Deserialize, Serialize};

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Function {
    /// `abs`
    Abs,
}
