//! The words: the same in every language, none missing, none left over.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn ids(path: &Path) -> BTreeSet<String> {
    std::fs::read_to_string(path)
        .expect("a translation")
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
        .filter_map(|line| line.split_once(" =").map(|(id, _)| id.to_owned()))
        .collect()
}

fn sources(folder: &Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.push_str(&sources(&path));
        } else {
            all.push_str(&std::fs::read_to_string(&path).expect("a file"));
        }
    }
    all
}

/// The first string literal after each of these beginnings.
fn asked(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for beginning in ["words.text(", ".with(", "self.words.text("] {
        for rest in source.split(beginning).skip(1) {
            if let Some(rest) = rest.trim_start().strip_prefix('"')
                && let Some((id, _)) = rest.split_once('"')
            {
                found.insert(id.to_owned());
            }
        }
    }
    found
}

#[test]
fn every_language_has_the_same_words() {
    let chinese = ids(&here("translations/zh-CN.ftl"));
    assert_eq!(chinese, ids(&here("translations/en.ftl")));
}

#[test]
fn every_word_that_is_asked_for_is_there_and_every_word_is_asked_for() {
    let source = sources(&here("src"));
    let asked = asked(&source);
    assert!(asked.len() > 40, "{asked:?}");
    let own = ids(&here("translations/zh-CN.ftl"));
    for language in ["zh-CN", "en"] {
        let kiosk = ids(&here(&format!(
            "../../assets/translations/{language}/kiosk.ftl"
        )));
        for id in &asked {
            assert!(own.contains(id) || kiosk.contains(id), "{language}: {id}");
        }
        // What stands in a list of choices.
        for id in [
            "say-myself",
            "say-family",
            "say-relation-other",
            "say-told-comes-back",
        ] {
            assert!(
                kiosk.contains(id) && source.contains(id),
                "{language}: {id}"
            );
        }
        assert!(own.is_disjoint(&kiosk));
    }
    let texts = std::fs::read_to_string(here("translations/zh-CN.ftl")).expect("a translation");
    for id in &own {
        let used = source.contains(&format!("\"{id}\"")) || texts.contains(&format!("{{ {id} }}"));
        assert!(used, "nobody says {id}");
    }
}
