//! Where things lie: assets beside the program or in the source tree, data in a folder of its own.

use std::path::PathBuf;

/// The folder of pictures, fonts, voices and translations: `ONEDOOR_ASSETS`, or where the package puts it, or the source
/// tree during development.
pub fn assets() -> PathBuf {
    if let Some(folder) = std::env::var_os("ONEDOOR_ASSETS") {
        return folder.into();
    }
    let packaged = PathBuf::from("/usr/share/onedoor/assets");
    if packaged.is_dir() {
        return packaged;
    }
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets")
}

/// The data folder where none is named: `ONEDOOR_DATA`, or the user's own.
pub fn data() -> PathBuf {
    if let Some(folder) = std::env::var_os("ONEDOOR_DATA") {
        return folder.into();
    }
    let home = std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share")));
    home.unwrap_or_else(std::env::temp_dir).join("onedoor")
}
