//! From a workbook to a checked form.

use std::collections::BTreeMap;

use crate::fault::Faults;
use crate::form::Form;
use crate::workbook::Workbook;

/// Compiles a workbook into a checked form. `name` is the file name without ending, the form's id where
/// the settings give none. `files` are the CSV files of `media/` by file name; a `csv-external` whose file is not there
/// is filled by the kiosk (`Context::tables`).
///
/// # Errors
/// All faults at once, in the order of sheet, row and column.
pub fn compile(
    book: &Workbook,
    name: &str,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<Form, Faults> {
    let _ = (book, name, files);
    unimplemented!()
}
