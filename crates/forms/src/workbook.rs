//! A workbook as cells with their places, from a spreadsheet or from Markdown tables.

use crate::fault::Faults;

/// A workbook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workbook {
    /// Sheets in order.
    pub sheets: Vec<Sheet>,
}

/// One sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Its name as written.
    pub name: String,
    /// Its rows that have any text, the header row first.
    pub rows: Vec<Row>,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Row number as the spreadsheet shows it, from 1.
    pub number: u32,
    /// Line in `form.md`.
    pub line: Option<u32>,
    /// Cells from column A on; empty text where there is nothing.
    pub cells: Vec<String>,
}

/// Reads `.xlsx` or `.xls` bytes; what the file is called does not matter.
///
/// # Errors
/// `FRM-001` where it is no workbook, `FRM-007` for cells that hold a spreadsheet error.
pub fn read_workbook(bytes: &[u8]) -> Result<Workbook, Faults> {
    let _ = bytes;
    unimplemented!()
}

/// Reads the Markdown tables that pyxform reads: a row whose first cell is filled starts a sheet of that name.
///
/// # Errors
/// `FRM-001` where it has no table.
pub fn read_markdown(text: &str) -> Result<Workbook, Faults> {
    let _ = text;
    unimplemented!()
}
