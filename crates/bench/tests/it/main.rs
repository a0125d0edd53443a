//! Small runs of the soak parts, as `./dev test` can afford them: the same programs, the same bars.

use std::process::Command;

/// Runs a part small; its bars must all be kept.
fn soak(part: &str, arguments: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_onedoor-bench"))
        .args(["soak", part, "--state"])
        .arg(folder.path())
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complained}");
    assert!(said.lines().any(|line| line.starts_with("bar ")), "{said}");
    // What was seen is worth reading in a log.
    println!("{said}");
}

#[test]
fn a_few_dozen_kills_over_kiosks_hubs_and_postgresql_lose_nothing() {
    soak("3", &["--count", "40"]);
}

#[test]
fn sixty_weeks_of_bad_luck_converge() {
    soak("4", &["--count", "60"]);
}
