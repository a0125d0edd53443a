//! `kill -9` at any moment: what was acknowledged is there, nothing is doubled, the chain holds.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use onedoor_domain::event::Actor;
use onedoor_domain::personal::Personal;
use onedoor_store::Store;

use crate::support::*;

const CHILD: &str = "ONEDOOR_STORE_CRASH_CHILD";
/// How often the child is killed.
const RUNS: u64 = 120;
/// Touches before each submission.
const TOUCHES: u64 = 4;

/// Not a test of its own: the process that is killed. Says on its output what was acknowledged, and nothing before.
#[test]
fn the_process_that_is_killed() {
    let Some(work) = std::env::var_os(CHILD) else {
        return;
    };
    let path = PathBuf::from(work);
    let first: u64 = std::env::var("ONEDOOR_STORE_CRASH_FIRST")
        .unwrap()
        .parse()
        .unwrap();
    let mut options = options();
    options.quick_check = false;
    let store = Store::open(&path, &key(), options).unwrap();
    let mut out = std::io::stdout();
    let mut say = |line: String| {
        // One write call a line: a line is there whole or not at all.
        out.write_all(format!("ACK {line}\n").as_bytes()).unwrap();
        out.flush().unwrap();
    };
    say("open".to_owned());
    for number in first.. {
        for touch in 0..TOUCHES {
            store
                .save_draft(draft(number, &touch.to_string(), &"x".repeat(500)))
                .wait()
                .unwrap();
            say(format!("draft {number} {touch}"));
        }
        let submitted = store
            .submit_case(submission(number, &"y".repeat(2_000)))
            .wait()
            .unwrap();
        say(format!("case {number} {}", submitted.code.compact()));
        let slip = Personal::new(b"slip".to_vec());
        let job = store
            .ask_slip(Actor::Resident, Some(submitted.case), slip)
            .wait()
            .unwrap();
        store.slip_printed(job.id).wait().unwrap();
        say(format!("slip {number}"));
    }
}

#[derive(Default)]
struct Acknowledged {
    cases: BTreeMap<u64, String>,
    drafts: BTreeMap<u64, u64>,
    slips: Vec<u64>,
    last: u64,
}

impl Acknowledged {
    fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| words[at].parse::<u64>().unwrap();
        match words[1] {
            "draft" => {
                self.last = self.last.max(number(2));
                self.drafts.insert(number(2), number(3));
            }
            "case" => {
                self.drafts.remove(&number(2));
                self.cases.insert(number(2), words[3].to_owned());
            }
            "slip" => self.slips.push(number(2)),
            _ => {}
        }
    }
}

#[test]
fn killed_at_any_moment_nothing_acknowledged_is_lost_and_nothing_doubled() {
    let place = Place::new();
    let mut known = Acknowledged::default();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut in_the_middle = 0;
    for run in 0..RUNS {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let first = known.last + 1;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "crash::the_process_that_is_killed",
                "--nocapture",
            ])
            .env(CHILD, place.path())
            .env("ONEDOOR_STORE_CRASH_FIRST", first.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // So many acknowledgements are waited for, then a moment of chance, so that the kill falls into the work however
        // fast the machine is; every tenth run is killed in the middle of opening.
        if run % 10 != 9 {
            let lines = lines
                .by_ref()
                .map_while(Result::ok)
                .filter_map(|line| line.find("ACK ").map(|at| line[at..].to_owned()));
            for line in lines.take(1 + (random >> 40) as usize % 12) {
                known.hear(&line);
            }
        }
        std::thread::sleep(Duration::from_micros((random >> 33) % 8_000));
        // SIGKILL: no handler, no flush.
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines.map_while(Result::ok) {
            if let Some(at) = line.find("ACK ") {
                known.hear(&line[at..]);
            }
        }
        let store = place.open();
        in_the_middle += u64::from(check(&store, &mut known, run));
    }
    let cases = known.cases.len();
    eprintln!(
        "{RUNS} kills, {cases} cases, {in_the_middle} kills between commit and acknowledgement or with a draft open"
    );
    assert!(
        cases as u64 > RUNS / 4,
        "the child hardly got to work: {cases}"
    );
    assert!(
        in_the_middle > 5,
        "the kills all fell beside the work: {in_the_middle}"
    );
}

/// Compares the record with what was acknowledged; true where the kill fell into unfinished work.
fn check(store: &Store, known: &mut Acknowledged, run: u64) -> bool {
    let verified = store.verify(run.is_multiple_of(20)).wait().unwrap();
    let cases = store.cases(100_000).wait().unwrap();
    let mut middle = false;
    for (number, code) in &known.cases {
        let there = cases
            .iter()
            .filter(|case| case.draft == draft_id(*number))
            .count();
        assert_eq!(there, 1, "run {run}: case {number}");
        let case = cases
            .iter()
            .find(|case| case.draft == draft_id(*number))
            .unwrap();
        assert_eq!(&case.code.compact(), code);
    }
    // At most one case was committed and the kill came before the acknowledgement: it counts from now on.
    let mut extra = 0;
    for case in &cases {
        let drafts = known.last..=known.last + 1;
        if let Some(number) = drafts.clone().find(|n| draft_id(*n) == case.draft)
            && !known.cases.contains_key(&number)
        {
            extra += 1;
            known.cases.insert(number, case.code.compact());
            known.drafts.remove(&number);
        }
    }
    assert!(extra <= 1, "run {run}");
    assert_eq!(cases.len(), known.cases.len(), "run {run}: nothing doubled");
    assert_eq!(verified.cases as usize, cases.len());
    middle |= extra == 1;
    // A draft that was acknowledged is there with that touch, or the next that was not acknowledged any more.
    for (number, touch) in &known.drafts {
        let draft = store
            .load_draft(draft_id(*number))
            .wait()
            .unwrap()
            .unwrap_or_else(|| panic!("run {run}: draft {number}"));
        let found: u64 = draft.step.parse().unwrap();
        assert!(
            found == *touch || found == touch + 1,
            "run {run}: {found}, acknowledged {touch}"
        );
        middle = true;
    }
    // As the kiosk does after a start: go on with what is open, and submit it again without harm.
    for draft in store.open_drafts().wait().unwrap() {
        let number = (known.last..=known.last + 1)
            .chain(known.drafts.keys().copied())
            .find(|n| draft_id(*n) == draft.id);
        let number = number.unwrap();
        let submitted = store
            .submit_case(submission(number, "after the cut"))
            .wait()
            .unwrap();
        assert!(!submitted.again);
        let again = store
            .submit_case(submission(number, "after the cut"))
            .wait()
            .unwrap();
        assert!(again.again && again.case == submitted.case);
        known.cases.insert(number, submitted.code.compact());
        known.last = known.last.max(number);
    }
    known.drafts.clear();
    for number in known.slips.drain(..) {
        let case = cases
            .iter()
            .find(|case| case.draft == draft_id(number))
            .unwrap();
        let jobs = store.slip_jobs(case.id).wait().unwrap();
        assert_eq!(jobs.len(), 1, "run {run}");
        assert_eq!(jobs[0].state, onedoor_store::SlipState::Printed);
    }
    middle
}

#[test]
fn killed_in_the_middle_of_a_backup_no_half_copy_counts() {
    let place = Place::new();
    let store = place.open();
    for number in 0..10 {
        store
            .submit_case(submission(number, &"a".repeat(50_000)))
            .wait()
            .unwrap();
    }
    store.back_up(place.backups(), 2).wait().unwrap();
    // What a cut leaves behind.
    fs::write(place.backups().join("backup.new"), b"half").unwrap();
    store.submit_case(submission(20, "b")).wait().unwrap();
    let done = store.back_up(place.backups(), 2).wait().unwrap();
    assert_eq!(done.verified.cases, 11);
    assert_eq!(onedoor_store::backups_in(&place.backups()).len(), 2);
    assert!(!place.backups().join("backup.new").exists());
}

/// Not a test of its own: the process that is killed while it restores.
#[test]
fn the_process_that_is_killed_restoring() {
    let Some(work) = std::env::var_os(RESTORING) else {
        return;
    };
    let path = PathBuf::from(work);
    let copies = path.parent().unwrap().parent().unwrap().join("stick");
    let _ = Store::restore_newest(&path, &key(), &copies, options(), "STO-004");
}

const RESTORING: &str = "ONEDOOR_STORE_CRASH_RESTORING";

#[test]
fn killed_in_the_middle_of_a_restore_it_is_restored_again_and_nothing_is_lost() {
    let place = Place::new();
    let store = place.open();
    for number in 0..5 {
        store
            .submit_case(submission(number, &"a".repeat(9_000)))
            .wait()
            .unwrap();
    }
    store.back_up(place.backups(), 3).wait().unwrap();
    for number in 5..10 {
        store.submit_case(submission(number, "b")).wait().unwrap();
    }
    drop(store);
    // Damage that costs nothing but the start: one answer that the copy has.
    let whole = fs::read(place.path()).unwrap();
    let page = (1..whole.len() / 4096)
        .find(|page| {
            let mut bytes = whole.clone();
            bytes[page * 4096 + 500] ^= 1;
            fs::write(place.path(), &bytes).unwrap();
            place.try_open().is_err_and(|error| error.needs_restore())
        })
        .unwrap();
    let (mut finished, mut in_the_middle) = (0, 0);
    for run in 0..150u64 {
        // How long starting takes differs from machine to machine: it goes on until a kill fell into a restore.
        if run >= 25 && in_the_middle > 0 {
            break;
        }
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "crash::the_process_that_is_killed_restoring",
                "--nocapture",
            ])
            .env(RESTORING, place.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(5 + run % 25 * 12 + run / 25 * 150));
        let _ = child.kill();
        child.wait().unwrap();
        let left = PathBuf::from(format!("{}.restoring", place.path().display()));
        in_the_middle += u32::from(left.exists());
        let store = match place.try_open() {
            Ok(store) => {
                finished += 1;
                store
            }
            Err(error) => {
                assert!(error.needs_restore(), "run {run}: {error}");
                let restored = Store::restore_newest(
                    &place.path(),
                    &key(),
                    &place.backups(),
                    options(),
                    error.code(),
                );
                restored.unwrap().0
            }
        };
        let verified = store.verify(true).wait().unwrap();
        assert!(verified.cases >= 5, "run {run}: {verified:?}");
        drop(store);
        // Damaged again: the same page of the file as it is now, where that is noticed at the start.
        let mut bytes = fs::read(place.path()).unwrap();
        bytes[page * 4096 + 500] ^= 1;
        fs::write(place.path(), &bytes).unwrap();
    }
    eprintln!("kills: {in_the_middle} in the middle of a restore, {finished} after it");
    assert!(in_the_middle > 0, "no kill fell into a restore");
}
