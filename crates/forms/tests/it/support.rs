//! What the tests share.

use std::path::PathBuf;

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
