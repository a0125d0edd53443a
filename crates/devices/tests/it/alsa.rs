//! Runs a test once more in a process of its own with an ALSA configuration of its own; ALSA reads it once a process.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Set in the process that a test starts again; its value is the folder with the configuration.
const CHILD: &str = "ONEDOOR_SOUND_CHILD";

/// Starts this very test once more with the configuration that `configure` writes into a folder. Returns that folder
/// inside the new process, and none in the one that started it.
pub fn in_own_process(test: &str, configure: impl Fn(&Path) -> PathBuf) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(CHILD) {
        return Some(folder.into());
    }
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env("ALSA_CONFIG_PATH", configure(folder.path()))
        .env(CHILD, folder.path())
        .output()
        .unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("1 passed"),
        "the test ran in the process it started: {text}"
    );
    print!("{text}");
    None
}
