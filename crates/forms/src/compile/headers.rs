//! The header row of the sheet survey: every column is known, or refused.

use std::collections::BTreeMap;

use super::columns::{self, Column};
use super::grid::{Grid, Report, cell};
use crate::fault::Code;

/// The columns of the sheet, with faults about the header row.
pub(super) fn read(
    grid: &Grid<'_>,
    namespaces: &BTreeMap<String, String>,
    report: &mut Report,
) -> Vec<Column> {
    let found: Vec<Column> = grid
        .headers
        .iter()
        .map(|h| columns::survey(h, namespaces))
        .collect();
    let header = grid.header_row();
    for (index, column) in found.iter().enumerate() {
        let written = &grid.headers[index];
        let used = || grid.rows().filter(|r| !cell(r, index).is_empty());
        match column {
            Column::Nameless => {
                if let Some(row) = used().next() {
                    report.notes.push(grid.fault(
                        Some(row),
                        Some(index),
                        Code::UnknownColumn,
                        "a cell below an empty header has no effect",
                        "give the column a header or empty the cell",
                    ));
                }
            }
            Column::Ignored(what) => report.notes.push(grid.fault(
                header,
                Some(index),
                Code::UnknownColumn,
                format!("the column {written} has no effect at the kiosk: {what}"),
                "take it out if it is not for another program",
            )),
            Column::Refused(what, fix) => {
                for row in used() {
                    let what = format!("{what} ({written}) is not in the kiosk subset");
                    report.faults.push(grid.fault(
                        Some(row),
                        Some(index),
                        Code::FeatureRefused,
                        what,
                        *fix,
                    ));
                }
            }
            Column::Unknown => report
                .faults
                .push(match columns::undeclared_prefix(written) {
                    Some(prefix) => grid.fault(
                        header,
                        Some(index),
                        Code::Namespace,
                        format!("the prefix {prefix} of the column {written} is not declared"),
                        format!("declare it in the setting namespaces: {prefix}=\"address\""),
                    ),
                    None => grid.fault(
                        header,
                        Some(index),
                        Code::UnknownColumn,
                        format!("the column {written} is not known"),
                        "correct the header or take the column out",
                    ),
                }),
            _ if found[..index].contains(column) => report.faults.push(grid.fault(
                header,
                Some(index),
                Code::DuplicateColumn,
                format!("the column {written} stands twice"),
                "keep one of them",
            )),
            _ => {}
        }
    }
    for (needed, name) in [(Column::Type, "type"), (Column::Name, "name")] {
        if !found.contains(&needed) {
            report.faults.push(grid.fault(
                header,
                None,
                Code::MissingColumn,
                format!("the sheet has no column {name}"),
                format!("add the column {name}"),
            ));
        }
    }
    found
}
