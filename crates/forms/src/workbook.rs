//! A workbook as cells with their places, from a spreadsheet or from Markdown tables.

use std::io::Cursor;

use calamine::{Data, Reader, open_workbook_auto_from_rs};

use crate::fault::{Code, Fault, Faults};

/// Longest text of a cell, in bytes; Excel's own limit is 32,767 characters.
const MAX_CELL: usize = 128 * 1024;
/// Most rows of a sheet that are read.
const MAX_ROWS: usize = 100_000;
/// Most columns of a sheet that are read.
const MAX_COLUMNS: usize = 1_000;

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
    /// Row number as the spreadsheet shows it, from 1. In Markdown the header row is 1.
    pub number: u32,
    /// Line in `form.md`, from 1.
    pub line: Option<u32>,
    /// Cells from column A on; empty text where there is nothing.
    pub cells: Vec<String>,
}

impl Workbook {
    /// A sheet by name, without regard to case.
    pub fn sheet(&self, name: &str) -> Option<&Sheet> {
        self.sheets
            .iter()
            .find(|s| s.name.trim().eq_ignore_ascii_case(name))
    }
}

/// The letters of a column, counted from 0: 0 is `A`, 27 is `AB`.
pub fn column_letters(index: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = index + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(b'A' + (rest % 26) as u8);
        rest /= 26;
    }
    letters.iter().rev().map(|b| char::from(*b)).collect()
}

fn unreadable(what: String, fix: &str) -> Faults {
    Faults(vec![Fault {
        sheet: String::new(),
        row: 0,
        column: String::new(),
        header: String::new(),
        line: None,
        code: Code::Unreadable,
        what,
        fix: fix.to_string(),
    }])
}

/// Reads `.xlsx` or `.xls` bytes; what the file is called does not matter.
///
/// # Errors
/// `FRM-001` where it is no workbook, `FRM-007` for cells that hold a spreadsheet error.
pub fn read_workbook(bytes: &[u8]) -> Result<Workbook, Faults> {
    let not_a_workbook = |e: String| {
        unreadable(
            format!("the file is no workbook: {e}"),
            "save it as .xlsx again",
        )
    };
    let mut file = open_workbook_auto_from_rs(Cursor::new(bytes))
        .map_err(|e| not_a_workbook(e.to_string()))?;
    let mut book = Workbook::default();
    let mut faults = Vec::new();
    for name in file.sheet_names() {
        let range = file
            .worksheet_range(&name)
            .map_err(|e| not_a_workbook(e.to_string()))?;
        let (top, left) = range.start().unwrap_or((0, 0));
        let mut sheet = Sheet {
            name: name.clone(),
            rows: Vec::new(),
        };
        for (index, cells) in range.rows().enumerate() {
            let number = top + index as u32 + 1;
            let mut row = Row {
                number,
                line: None,
                cells: vec![String::new(); left as usize],
            };
            for (offset, cell) in cells.iter().enumerate() {
                let column = left as usize + offset;
                let text = match cell_text(cell) {
                    Ok(text) if text.len() <= MAX_CELL && column < MAX_COLUMNS => text,
                    Ok(text) if text.is_empty() => text,
                    Ok(_) => {
                        faults.push(bad_cell(
                            &name,
                            number,
                            column,
                            "holds too much or stands too far right",
                        ));
                        String::new()
                    }
                    Err(error) => {
                        faults.push(bad_cell(
                            &name,
                            number,
                            column,
                            &format!("holds the error {error}"),
                        ));
                        String::new()
                    }
                };
                row.cells.push(text);
            }
            push_row(&mut sheet, row);
        }
        if sheet.rows.len() > MAX_ROWS {
            faults.push(bad_cell(
                &name,
                MAX_ROWS as u32,
                0,
                "has more rows than can be read",
            ));
        }
        book.sheets.push(sheet);
    }
    if faults.is_empty() {
        Ok(book)
    } else {
        Err(Faults(faults))
    }
}

fn bad_cell(sheet: &str, row: u32, column: usize, what: &str) -> Fault {
    Fault {
        sheet: sheet.to_string(),
        row,
        column: column_letters(column),
        header: String::new(),
        line: None,
        code: Code::BadCell,
        what: format!("the cell {what}"),
        fix: "correct the cell in the spreadsheet".to_string(),
    }
}

fn push_row(sheet: &mut Sheet, mut row: Row) {
    while row.cells.last().is_some_and(String::is_empty) {
        row.cells.pop();
    }
    if !row.cells.is_empty() {
        sheet.rows.push(row);
    }
}

/// A cell as the spreadsheet's reader would write it: whole numbers without a point, dates in ISO 8601.
fn cell_text(cell: &Data) -> Result<String, String> {
    Ok(match cell {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
            text.trim().to_string()
        }
        Data::Int(number) => number.to_string(),
        Data::Float(number) => crate::xpath::number_to_text(*number),
        Data::Bool(yes) => if *yes { "TRUE" } else { "FALSE" }.to_string(),
        Data::DateTime(moment) => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            if (hour, minute, second) == (0, 0, 0) {
                format!("{year:04}-{month:02}-{day:02}")
            } else {
                format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
            }
        }
        Data::Error(error) => return Err(error.to_string()),
    })
}

/// Reads the Markdown tables that pyxform reads: a row whose first cell is filled starts a sheet of that name.
///
/// # Errors
/// `FRM-001` where it has no table.
pub fn read_markdown(text: &str) -> Result<Workbook, Faults> {
    let mut book = Workbook::default();
    let mut number = 0;
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let Some(cells) = markdown_cells(line) else {
            continue;
        };
        let (name, rest) = (&cells[0], &cells[1..]);
        if !name.is_empty() {
            book.sheets.push(Sheet {
                name: name.clone(),
                rows: Vec::new(),
            });
            number = 0;
        }
        let Some(sheet) = book.sheets.last_mut() else {
            continue;
        };
        if rest.iter().any(|c| !c.is_empty()) {
            number += 1;
            push_row(
                sheet,
                Row {
                    number,
                    line: Some(index as u32 + 1),
                    cells: rest.to_vec(),
                },
            );
        }
    }
    if book.sheets.is_empty() {
        return Err(unreadable(
            "the file has no table".to_string(),
            "begin with a row `| survey | |` and give each row below it an empty first cell",
        ));
    }
    Ok(book)
}

/// The cells of a table line; `None` for other lines, comments and separator lines.
fn markdown_cells(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?;
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut chars = inner.chars().peekable();
    let mut closed = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&'|') => {
                chars.next();
                cell.push('|');
                closed = false;
            }
            '|' => {
                cells.push(cell.trim().to_string());
                cell.clear();
                closed = true;
            }
            c => {
                cell.push(c);
                closed = closed && c.is_whitespace();
            }
        }
    }
    // What stands after the last bar is a comment when it begins with #, otherwise the last cell.
    if !closed && !cell.trim_start().starts_with('#') {
        cells.push(cell.trim().to_string());
    }
    let separator = cells.iter().any(|c| c.contains("---"))
        && cells
            .iter()
            .all(|c| c.chars().all(|c| matches!(c, '-' | ':' | ' ')));
    (!cells.is_empty() && !separator).then_some(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_spreadsheet_s_letters() {
        assert_eq!(column_letters(0), "A");
        assert_eq!(column_letters(25), "Z");
        assert_eq!(column_letters(26), "AA");
        assert_eq!(column_letters(701), "ZZ");
        assert_eq!(column_letters(702), "AAA");
    }

    #[test]
    fn markdown_rows_keep_their_line_and_escaped_bars() {
        let book = read_markdown(
            "# a comment\n| survey |\n| | type | name | label |\n| |---|---|---|\n\n| | text | a | A \\| B |\n| choices |",
        )
        .expect("a table");
        assert_eq!(book.sheets.len(), 2);
        let survey = &book.sheets[0];
        assert_eq!(survey.rows[0].cells, ["type", "name", "label"]);
        assert_eq!((survey.rows[1].number, survey.rows[1].line), (2, Some(6)));
        assert_eq!(survey.rows[1].cells, ["text", "a", "A | B"]);
    }

    #[test]
    fn what_is_no_workbook_is_a_fault() {
        let faults = read_workbook(b"not a workbook").expect_err("a fault");
        assert_eq!(faults.0[0].code, Code::Unreadable);
        assert!(read_markdown("no table").is_err());
    }
}
