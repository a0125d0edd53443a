//! Look-up tables for `instance()`: the content of a CSV file.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Most cells of a table; a larger one belongs into the county's register, not into a form.
pub const MAX_CELLS: usize = 2_000_000;

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

/// Why a CSV file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row}: {what}")]
pub struct TableError {
    /// Row of the file, from 1.
    pub row: u32,
    /// What is wrong.
    pub what: String,
}

impl Table {
    /// A table from texts.
    pub fn new<C: Into<String>>(
        columns: impl IntoIterator<Item = C>,
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> Table {
        let columns: Vec<String> = columns.into_iter().map(Into::into).collect();
        let rows = rows
            .into_iter()
            .map(|mut row| {
                row.resize(columns.len(), String::new());
                row
            })
            .collect();
        Table { columns, rows }
    }

    /// Reads a CSV file (RFC 4180, UTF-8, the first row names the columns).
    ///
    /// # Errors
    /// Where it is no UTF-8, has no header, two columns of one name, a row longer than the header, an open
    /// quotation mark, or too many cells.
    pub fn from_csv(bytes: &[u8]) -> Result<Table, TableError> {
        let error = |row: usize, what: &str| TableError {
            row: row as u32,
            what: what.to_string(),
        };
        let text = std::str::from_utf8(bytes).map_err(|_| error(1, "the file is not UTF-8"))?;
        let mut records = records(text.trim_start_matches('\u{feff}'))
            .map_err(|row| error(row, "a quotation mark is not closed"))?
            .into_iter();
        let columns: Vec<String> = match records.next() {
            Some((_, header)) => header.iter().map(|c| c.trim().to_string()).collect(),
            None => return Err(error(1, "the file is empty")),
        };
        for (index, column) in columns.iter().enumerate() {
            if column.is_empty() {
                return Err(error(1, "a column has no name"));
            }
            if columns[..index].contains(column) {
                return Err(error(1, &format!("two columns are called {column}")));
            }
        }
        let mut table = Table {
            columns,
            rows: Vec::new(),
        };
        for (row, mut cells) in records {
            let count = table.columns.len();
            if cells.len() > count {
                return Err(error(row, "the row has more cells than the header"));
            }
            cells.resize(count, String::new());
            table.rows.push(cells);
            if table.rows.len() * count > MAX_CELLS {
                return Err(error(row, "the table is too large"));
            }
        }
        Ok(table)
    }

    /// Index of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c == name)
    }
}

/// Records with the row they begin on; blank lines are left out. `Err` is the row of an open quotation mark.
fn records(text: &str) -> Result<Vec<(usize, Vec<String>)>, usize> {
    let mut records = Vec::new();
    let mut cells = Vec::new();
    let mut cell = String::new();
    let (mut row, mut begun, mut quoted) = (1, 1, false);
    let mut chars = text.chars().peekable();
    let mut finish = |cells: &mut Vec<String>, begun: usize| {
        if cells.len() > 1 || cells.first().is_some_and(|c: &String| !c.is_empty()) {
            records.push((begun, std::mem::take(cells)));
        } else {
            cells.clear();
        }
    };
    while let Some(c) = chars.next() {
        row += usize::from(c == '\n');
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' | '\r' if !quoted => {
                cells.push(std::mem::take(&mut cell));
                finish(&mut cells, begun);
                begun = row;
            }
            c => cell.push(c),
        }
    }
    if quoted {
        return Err(begun);
    }
    cells.push(cell);
    finish(&mut cells, begun);
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_cells_keep_commas_quotes_and_line_ends() {
        let table = Table::from_csv("\u{feff}a,b\r\n\"x, \"\"y\"\"\nz\",2\r\n\r\n3\r\n".as_bytes())
            .expect("a table");
        assert_eq!(table.columns, ["a", "b"]);
        assert_eq!(table.rows, [["x, \"y\"\nz", "2"], ["3", ""]]);
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        assert_eq!(
            Table::from_csv(b"a,b\n1,2,3\n").expect_err("too long").row,
            2
        );
        assert_eq!(Table::from_csv(b"a\n\"open\n").expect_err("open").row, 2);
        assert!(Table::from_csv(b"a,a\n").is_err());
        assert!(Table::from_csv(b"").is_err());
        assert!(Table::from_csv(&[0xb0, 0xa1]).is_err());
    }

    #[test]
    fn debug_shows_no_content() {
        let table = Table::new(["name"], [vec!["Wang".to_string()]]);
        assert!(!format!("{table:?}").contains("Wang"));
    }
}
