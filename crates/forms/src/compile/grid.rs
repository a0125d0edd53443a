//! A sheet with its header row understood as text, and faults that name the cell.

use crate::fault::{Code, Fault};
use crate::form::Place;
use crate::workbook::{Row, Sheet, column_letters};

/// Collects faults and notes.
#[derive(Default)]
pub(super) struct Report {
    pub faults: Vec<Fault>,
    pub notes: Vec<Fault>,
}

/// A sheet with a header row.
pub(super) struct Grid<'a> {
    pub sheet: &'a Sheet,
    /// Headers as written, by column.
    pub headers: Vec<String>,
}

impl<'a> Grid<'a> {
    pub fn new(sheet: &'a Sheet) -> Grid<'a> {
        let headers = sheet
            .rows
            .first()
            .map(|r| r.cells.clone())
            .unwrap_or_default();
        Grid { sheet, headers }
    }

    /// Rows below the header.
    pub fn rows(&self) -> impl Iterator<Item = &'a Row> + use<'a> {
        self.sheet.rows.iter().skip(1)
    }

    pub fn header_row(&self) -> Option<&'a Row> {
        self.sheet.rows.first()
    }

    /// A fault at a cell of this sheet; `column` is an index from 0.
    pub fn fault(
        &self,
        row: Option<&Row>,
        column: Option<usize>,
        code: Code,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Fault {
        Fault {
            sheet: self.sheet.name.clone(),
            row: row.map_or(0, |r| r.number),
            column: column.map(column_letters).unwrap_or_default(),
            header: column
                .and_then(|c| self.headers.get(c))
                .cloned()
                .unwrap_or_default(),
            line: row.and_then(|r| r.line),
            code,
            what: what.into(),
            fix: fix.into(),
        }
    }

    pub fn place(&self, row: &Row) -> Place {
        Place {
            sheet: self.sheet.name.clone(),
            row: row.number,
            line: row.line,
        }
    }
}

/// The text of a cell, trimmed; empty where there is none.
pub(super) fn cell(row: &Row, column: usize) -> &str {
    row.cells.get(column).map_or("", |c| c.trim())
}
