//! What is wrong with a workbook: one type, with a stable code and the exact cell.
//!
//! A workbook is checked whole: all faults are reported at once, so that an official corrects the
//! spreadsheet in one go.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Stable code of a fault, as a technician or an official reads it (`FRM-012`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Code {
    /// `FRM-001`: the file is no workbook that can be read.
    Unreadable,
    /// `FRM-002`: a sheet that must be there is missing or empty.
    MissingSheet,
    /// `FRM-003`: a sheet outside the kiosk's subset.
    SheetRefused,
    /// `FRM-004`: two columns with one header.
    DuplicateColumn,
    /// `FRM-005`: a column that the kiosk does not know.
    UnknownColumn,
    /// `FRM-006`: a column that must be there is missing.
    MissingColumn,
    /// `FRM-007`: a cell that holds a spreadsheet error, or too much text.
    BadCell,
    /// `FRM-010`: a question type of XLSForm outside the kiosk's subset.
    TypeRefused,
    /// `FRM-011`: a question type that XLSForm does not have.
    UnknownType,
    /// `FRM-012`: a name is missing or cannot be an XML name.
    BadName,
    /// `FRM-013`: a name used twice where it must be unique.
    DuplicateName,
    /// `FRM-014`: a group or repeat that is not closed, or closed without being open.
    Unbalanced,
    /// `FRM-015`: a visible question without label, picture or sound.
    MissingLabel,
    /// `FRM-016`: a feature outside the subset (a parameter, a trigger, a value).
    FeatureRefused,
    /// `FRM-017`: a default value that does not fit the question's type.
    BadDefault,
    /// `FRM-020`: a list that the sheet `choices` does not have.
    UnknownList,
    /// `FRM-021`: a choice twice in one list.
    DuplicateChoice,
    /// `FRM-022`: a choice without a name, or with one that cannot be used.
    BadChoice,
    /// `FRM-030`: an expression that is no XPath.
    Syntax,
    /// `FRM-031`: a function outside the subset.
    FunctionRefused,
    /// `FRM-032`: `${name}` or a path leads nowhere.
    UnknownReference,
    /// `FRM-033`: a function with too many or too few arguments.
    Arguments,
    /// `FRM-034`: an expression whose types do not fit.
    TypeError,
    /// `FRM-035`: values that depend on each other in a circle.
    Cycle,
    /// `FRM-036`: an expression or a form beyond the limits of size or depth.
    TooLarge,
    /// `FRM-037`: a comparison with a choice that the list does not have.
    UnknownChoice,
    /// `FRM-040`: an untranslated column beside translated ones, which would make one more language.
    Untranslated,
    /// `FRM-041`: a default language that no column has, or a language without a usable tag.
    Language,
    /// `FRM-050`: a setting outside the subset.
    SettingRefused,
    /// `FRM-051`: the namespaces setting cannot be read, or a prefix is not declared.
    Namespace,
    /// `FRM-060`: a CSV file that is missing or cannot be read.
    Csv,
}

impl Code {
    /// The stable text of the code, e.g. `FRM-010`.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::Unreadable => "FRM-001",
            Code::MissingSheet => "FRM-002",
            Code::SheetRefused => "FRM-003",
            Code::DuplicateColumn => "FRM-004",
            Code::UnknownColumn => "FRM-005",
            Code::MissingColumn => "FRM-006",
            Code::BadCell => "FRM-007",
            Code::TypeRefused => "FRM-010",
            Code::UnknownType => "FRM-011",
            Code::BadName => "FRM-012",
            Code::DuplicateName => "FRM-013",
            Code::Unbalanced => "FRM-014",
            Code::MissingLabel => "FRM-015",
            Code::FeatureRefused => "FRM-016",
            Code::BadDefault => "FRM-017",
            Code::UnknownList => "FRM-020",
            Code::DuplicateChoice => "FRM-021",
            Code::BadChoice => "FRM-022",
            Code::Syntax => "FRM-030",
            Code::FunctionRefused => "FRM-031",
            Code::UnknownReference => "FRM-032",
            Code::Arguments => "FRM-033",
            Code::TypeError => "FRM-034",
            Code::Cycle => "FRM-035",
            Code::TooLarge => "FRM-036",
            Code::UnknownChoice => "FRM-037",
            Code::Untranslated => "FRM-040",
            Code::Language => "FRM-041",
            Code::SettingRefused => "FRM-050",
            Code::Namespace => "FRM-051",
            Code::Csv => "FRM-060",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One fault of a workbook.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fault {
    /// Sheet name as written in the workbook (`survey`); a CSV file's name for `FRM-060`.
    pub sheet: String,
    /// Row as the spreadsheet shows it: 1 is the header row. 0 where the fault has no row.
    pub row: u32,
    /// Column letter as the spreadsheet shows it (`A`, `AB`); empty where the fault has no column.
    pub column: String,
    /// Header of that column as written (`label::English (en)`); empty where there is none.
    pub header: String,
    /// Line in `form.md`, from 1; `None` for a spreadsheet.
    pub line: Option<u32>,
    /// Stable code.
    pub code: Code,
    /// What was found, in one sentence that names it.
    pub what: String,
    /// What to do about it, in one sentence.
    pub fix: String,
}

impl fmt::Display for Fault {
    /// `FRM-010 survey row 4 column A (type): ... fix: ...`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.sheet)?;
        if self.row > 0 {
            write!(f, " row {}", self.row)?;
        }
        if !self.column.is_empty() {
            write!(f, " column {}", self.column)?;
        }
        if !self.header.is_empty() {
            write!(f, " ({})", self.header)?;
        }
        if let Some(line) = self.line {
            write!(f, " line {line}")?;
        }
        write!(f, ": {}; fix: {}", self.what, self.fix)
    }
}

/// All faults of a workbook, in the order of sheet, row and column. Never empty when returned as an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}
