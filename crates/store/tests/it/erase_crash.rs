//! `kill -9` while everything of a resident is erased: it is whole or gone, and where it is gone, no byte is left after the
//! next start.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use onedoor_domain::case::Word;
use onedoor_domain::event::Actor;
use onedoor_domain::personal::Personal;
use onedoor_domain::profile::{ConsentText, Fields, Relation};
use onedoor_store::{Held, Store};

use crate::raw::{encodings, search};
use crate::support::*;

const CHILD: &str = "ONEDOOR_STORE_CRASH_ERASING";
const FIRST: &str = "ONEDOOR_STORE_CRASH_ERASING_FIRST";
/// How often the child is killed.
const RUNS: u64 = 40;

fn person(number: u64) -> Personal<String> {
    Personal::new(format!("9901011945061{number:05}"))
}

fn word(number: u64) -> String {
    format!("石门村王小花某{number:05}")
}

fn needles(store: &Store, number: u64) -> Vec<Vec<u8>> {
    let mut needles = encodings(&word(number));
    needles.push(person(number).expose().as_bytes().to_vec());
    needles.push(store.person_key(person(number)).as_bytes().to_vec());
    needles
}

/// Leaves something everywhere; the card comes last.
fn leave(store: &Store, number: u64) {
    let consent = ConsentText {
        text: "keep-1".into(),
        language: "zh-CN".into(),
    };
    let fields = Fields::new(None)
        .text("full_name", word(number))
        .text("id_number", person(number).expose().clone());
    store
        .keep_profile(person(number), fields, consent, Actor::Resident)
        .wait()
        .unwrap();
    let answers: Vec<u8> = encodings(&word(number)).concat();
    let mut case = submission(number * 10, "");
    case.person = Some(person(number));
    case.blobs[0].bytes = Personal::new(answers.repeat(1 + number as usize % 40));
    let case = store.submit_case(case).wait().unwrap().case;
    store
        .resident_word(case, Actor::Resident, Word::Solved, false)
        .wait()
        .unwrap();
    let mut half = draft(number * 10 + 1, "page-2", "");
    half.snapshot = Personal::new(answers);
    store.save_draft(half).wait().unwrap();
    let half = draft_id(number * 10 + 1);
    store.set_draft_person(half, person(number)).wait().unwrap();
    let elder = person(99_999);
    store
        .link_family(person(number), elder, Relation::Parent, Actor::Resident)
        .wait()
        .unwrap();
    store
        .issue_card(person(number), Actor::Resident)
        .wait()
        .unwrap();
}

fn is_whole(held: &Held) -> bool {
    held.profile.is_some()
        && (held.cases.len(), held.drafts.len(), held.cards.len()) == (1, 1, 1)
        && held.family.acts_for.len() == 1
        && held.cases[0].kept.len() == 1
}

/// Not a test of its own: the process that is killed.
#[test]
fn the_process_that_is_killed_erasing() {
    let Some(work) = std::env::var_os(CHILD) else {
        return;
    };
    let first: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
    let mut options = options();
    options.quick_check = false;
    let store = Store::open(&PathBuf::from(work), &key(), options).unwrap();
    let mut out = std::io::stdout();
    let mut say = |line: String| {
        out.write_all(format!("ACK {line}\n").as_bytes()).unwrap();
        out.flush().unwrap();
    };
    for number in first.. {
        leave(&store, number);
        say(format!("left {number}"));
        store
            .erase_all(person(number), Actor::Resident)
            .wait()
            .unwrap();
        say(format!("erased {number}"));
    }
}

#[test]
fn killed_while_erasing_it_is_whole_or_gone_without_a_trace() {
    let place = Place::new();
    {
        let store = place.open();
        leave(&store, 1);
    }
    let data = place.path().parent().unwrap().to_owned();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = 2;
    let (mut whole, mut gone, mut traces) = (0, 0, 0);
    for run in 0..RUNS {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "erase_crash::the_process_that_is_killed_erasing",
                "--nocapture",
            ])
            .env(CHILD, place.path())
            .env(FIRST, next.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut heard: BTreeMap<u64, bool> = BTreeMap::new();
        let mut hear = |line: &str| {
            if let Some(at) = line.find("ACK ") {
                let words: Vec<&str> = line[at..].split_whitespace().collect();
                heard.insert(words[2].parse().unwrap(), words[1] == "erased");
            }
        };
        // Once somebody's things are all there, the kill falls a moment later.
        for line in lines.by_ref().map_while(Result::ok) {
            hear(&line);
            if line.contains("ACK left") {
                break;
            }
        }
        // Every other time before the commit, if the machine allows; else up to the end of the traces and beyond.
        let longest = if run % 2 == 0 { 800 } else { 25_000 };
        std::thread::sleep(Duration::from_micros((random >> 33) % longest));
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines.map_while(Result::ok) {
            hear(&line);
        }
        // As the power cut left it, looked at without opening.
        let left = |needles: &[Vec<u8>]| !search(&data, needles).is_empty();
        let (number, acknowledged) = heard.last_key_value().map(|(n, done)| (*n, *done)).unwrap();
        let before = left(&encodings(&word(number)));
        let store = place.open();
        for (number, _) in heard.iter().filter(|(_, done)| **done) {
            assert!(
                store.held_of(person(*number)).wait().unwrap().is_empty(),
                "run {run}"
            );
            assert!(!left(&needles(&store, *number)), "run {run}: acknowledged");
        }
        let held = store.held_of(person(number)).wait().unwrap();
        if held.is_empty() {
            gone += 1;
            traces += u32::from(before);
            assert!(
                !left(&needles(&store, number)),
                "run {run}: traces after the start"
            );
        } else {
            assert!(!acknowledged && is_whole(&held), "run {run}: {held:?}");
            whole += 1;
            store
                .erase_all(person(number), Actor::Resident)
                .wait()
                .unwrap();
            assert!(!left(&needles(&store, number)), "run {run}: erased again");
        }
        // Somebody whose leaving was cut short before all was there.
        let half = draft_id((number + 1) * 10 + 1);
        store.discard_draft(half).wait().unwrap();
        for held in store.held_of(person(number + 1)).wait().unwrap().cases {
            if held.case.status.is_open() {
                let word = store.resident_word(held.case.id, Actor::Resident, Word::Solved, false);
                word.wait().unwrap();
            }
        }
        store
            .erase_all(person(number + 1), Actor::Resident)
            .wait()
            .unwrap();
        assert!(!left(&needles(&store, number + 1)), "run {run}");
        assert!(
            is_whole(&store.held_of(person(1)).wait().unwrap()),
            "run {run}: the other resident"
        );
        store.verify(run.is_multiple_of(10)).wait().unwrap();
        next = number + 2;
    }
    eprintln!(
        "{RUNS} kills: {whole} whole, {gone} gone, {traces} of them with traces that the next start removed"
    );
    assert!(whole > 0 && gone > 0, "the kills all fell on one side");
    assert!(
        traces > 0,
        "no kill fell between the commit and the end of its traces"
    );
}
