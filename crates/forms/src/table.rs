//! Look-up tables for `instance()`: the content of a CSV file.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Rows of named columns. Its content may be personal: `Debug` shows only its size.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Table {
    /// Column names, in order.
    pub columns: Vec<String>,
    /// Rows; each has as many cells as there are columns.
    pub rows: Vec<Vec<String>>,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("columns", &self.columns)
            .field("rows", &self.rows.len())
            .finish()
    }
}
