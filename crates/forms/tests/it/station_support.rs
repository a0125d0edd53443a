//! The example station and the shared pictures, read from the repository.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::{Date, date};
use onedoor_forms::bundle::{Compiled, Input, KeyUse, Keypair, TrustedKeys, compile};
use onedoor_forms::station::{Files, Problems};

/// The day on which tests compile: inside the example's calendar and everyone's time of office.
pub const TODAY: Date = date(2026, 11, 22);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn gather(folder: &Path, prefix: &str, files: &mut Files) {
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
    names.sort_by_key(fs::DirEntry::file_name);
    for entry in names {
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{prefix}{name}");
        if entry.file_type().unwrap().is_dir() {
            gather(&entry.path(), &format!("{path}/"), files);
        } else {
            files.insert(path, fs::read(entry.path()).unwrap());
        }
    }
}

/// `kiosk-config/` without voices, which are large and another test's matter.
pub fn example() -> Files {
    let mut files = Files::new();
    gather(&root().join("kiosk-config"), "", &mut files);
    files.retain(|path, _| !path.starts_with("voices/"));
    files
}

/// `assets/pictures/`.
pub fn pictures() -> Files {
    let mut files = Files::new();
    gather(&root().join("assets/pictures"), "", &mut files);
    files.retain(|path, _| path.ends_with(".svg"));
    files
}

/// The example without services that need a form: what is left is compiled fast. "stuck" stays, for a person.
pub fn small() -> Files {
    let mut files = example();
    for id in [
        "cross-province-medical",
        "old-age-allowance",
        "pension-attestation",
        "complaint",
    ] {
        let folder = format!("services/{id}/");
        files.retain(|path, _| !path.starts_with(&folder));
        replace(&mut files, "station.toml", &format!("  \"{id}\",\n"), "");
    }
    files.remove("services/stuck/form.md");
    replace(
        &mut files,
        "services/stuck/service.toml",
        "route = \"machine\"",
        "route = \"person\"",
    );
    // Where a person asks there are no answers.
    replace(
        &mut files,
        "services/stuck/service.toml",
        "[[due_when]]\nanswer = \"why\"\nis = \"face\"\ndue_working_days = 1\n",
        "",
    );
    files
}

/// Replaces a text that must be in a file.
pub fn replace(files: &mut Files, path: &str, from: &str, to: &str) {
    let text = String::from_utf8(files[path].clone()).unwrap();
    assert!(text.contains(from), "{path} has no {from:?}");
    files.insert(path.to_owned(), text.replacen(from, to, 1).into_bytes());
}

/// Line, from 1, on which a text first stands.
pub fn line_of(files: &Files, path: &str, what: &str) -> u32 {
    let text = std::str::from_utf8(&files[path]).unwrap();
    let at = text.lines().position(|l| l.contains(what)).expect(what);
    u32::try_from(at + 1).unwrap()
}

/// A key for tests.
pub fn key() -> Keypair {
    Keypair::from_random(&[42; 32], KeyUse::Development)
}

/// Trusts [`key`].
pub fn trusted() -> TrustedKeys {
    TrustedKeys::new().with(key().public())
}

/// Compiles a folder with the shared pictures.
pub fn make(files: &Files) -> Result<Compiled, Problems> {
    let pictures = pictures();
    let input = Input {
        files,
        pictures: &pictures,
        version: "test.1",
        today: TODAY,
    };
    compile(&input, &key())
}
