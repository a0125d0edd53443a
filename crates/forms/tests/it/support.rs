//! What the tests share.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::date;
use jiff::tz::Offset;
use onedoor_forms::{Context, Faults, Filling, Form, compile, read_markdown};

/// The folder of outside test data, or `None` (after saying so) where it is absent.
pub fn cases() -> Option<PathBuf> {
    let given = std::env::var_os("ONEDOOR_CASES").map(PathBuf::from);
    let folder = given
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases"));
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no ../shared/cases");
    None
}

/// A form from Markdown tables, or its faults.
pub fn try_form(markdown: &str, files: &[(&str, &str)]) -> Result<Form, Faults> {
    let files: BTreeMap<String, Vec<u8>> = files
        .iter()
        .map(|(n, c)| (n.to_string(), c.as_bytes().to_vec()))
        .collect();
    compile(&read_markdown(markdown)?, "test", &files)
}

/// A form from Markdown tables that must be right.
pub fn form(markdown: &str) -> Arc<Form> {
    Arc::new(try_form(markdown, &[]).unwrap_or_else(|faults| panic!("{faults}")))
}

/// Eight hours east of UTC.
pub fn east8() -> Offset {
    Offset::from_seconds(8 * 3600).expect("an offset")
}

/// 22 November 2026, a quarter to ten.
pub fn sunday() -> Context {
    Context::at(date(2026, 11, 22).at(9, 45, 0, 0), east8())
}

/// A filling of a form on that Sunday.
pub fn fill(markdown: &str) -> Filling {
    Filling::new(form(markdown), sunday())
}

/// Paths of the steps.
pub fn paths(filling: &Filling) -> Vec<String> {
    filling.steps().into_iter().map(|s| s.path).collect()
}
