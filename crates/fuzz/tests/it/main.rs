//! Plays every input of the corpus, and changes of each.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use onedoor_fuzz::mutate::mutate;
use onedoor_fuzz::{TARGETS, Target, seeds, taken_so_far};
use onedoor_hub::load::Dice;

/// Changes that are played of each target's inputs together.
const CHANGES: u64 = 4000;
/// Of one whose every input asks a database.
const SLOW_CHANGES: u64 = 600;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn inputs(target: &Target) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = std::fs::read_dir(corpus().join(target.name))
        .unwrap_or_else(|why| panic!("{} has no corpus: {why}", target.name))
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    all.sort();
    all
}

fn play(target: &Target, what: &str, bytes: &[u8]) {
    let thrown = catch_unwind(AssertUnwindSafe(|| (target.throw)(bytes)));
    if thrown.is_err() {
        let file = std::env::temp_dir().join(format!("onedoor-fuzz-{}", target.name));
        std::fs::write(&file, bytes).unwrap();
        panic!("{} panicked at {what}: see {}", target.name, file.display());
    }
}

fn corpus_and_changes(name: &str) {
    let target = Target::named(name).unwrap();
    let inputs = inputs(&target);
    let before = taken_so_far();
    for (file, bytes) in &inputs {
        play(&target, file, bytes);
    }
    assert!(
        taken_so_far() > before,
        "nothing of its corpus could be read, so nothing was tried"
    );
    let many = if target.slow { SLOW_CHANGES } else { CHANGES };
    for number in 0..many {
        let mut dice = Dice(number);
        let (file, bytes) = &inputs[number as usize % inputs.len()];
        let (_, other) = &inputs[dice.below(inputs.len() as u64) as usize];
        // Changes of a long one say no more than those of a short one.
        if bytes.len() > 64 * 1024 {
            continue;
        }
        let changed = mutate(bytes, other, &mut dice);
        play(&target, &format!("change {number} of {file}"), &changed);
    }
}

macro_rules! each {
    ($($name:ident),* $(,)?) => {
        $(#[test] fn $name() { corpus_and_changes(stringify!($name)); })*

        #[test]
        fn every_target_is_played() {
            let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

each! {
    arrivals, bag, batch, bundle, cbor, copy, enrol, enrol_answer, event, frame, header, hub_keys, mail, reply,
    request, sealed, signed_reply, table, text, ticket, token,
}

#[test]
fn the_seeds_in_the_corpus_are_those_of_this_version() {
    for (target, name, bytes) in seeds::all() {
        let kept = std::fs::read(corpus().join(target).join(&name));
        assert!(
            kept.is_ok_and(|kept| kept == bytes),
            "{target}/{name}: the format changed? Then: cargo run -p onedoor-fuzz --example seeds"
        );
    }
}

#[test]
fn the_corpus_is_small() {
    let bytes: usize = TARGETS
        .iter()
        .flat_map(inputs)
        .map(|(_, bytes)| bytes.len())
        .sum();
    assert!(bytes < 300 * 1024, "{bytes} bytes");
}
