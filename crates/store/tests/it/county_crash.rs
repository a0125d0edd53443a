//! `kill -9` while the hub's answers are committed: each is there whole or not at all, and none that was acknowledged lacks.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use onedoor_domain::case::CaseStatus;
use onedoor_domain::id::CaseId;
use onedoor_domain::personal::Personal;
use onedoor_store::{Acked, Mail, Store, SyncApply, Who};

use crate::county::page;
use crate::support::*;

const CHILD: &str = "ONEDOOR_STORE_COUNTY_CHILD";
const RUNS: u64 = 40;

fn told() -> CaseId {
    CaseId::new(7, [9; 10])
}

fn files(store: &Store) -> Vec<onedoor_store::SealedName> {
    let files = store.outbox().unwrap().files_not_there().unwrap();
    files.iter().map(|file| file.name).collect()
}

/// Not a test of its own: the process that is killed.
#[test]
fn the_process_that_is_killed_speaking_with_the_county() {
    let Some(work) = std::env::var_os(CHILD) else {
        return;
    };
    let path = PathBuf::from(work);
    let mut options = options();
    options.quick_check = false;
    let store = Store::open(&path, &key(), options).unwrap();
    TestSealer::set(&store);
    let mut out = std::io::stdout();
    let mut say = |line: String| {
        out.write_all(format!("ACK {line}\n").as_bytes()).unwrap();
        out.flush().unwrap();
    };
    let first = store.outbox().unwrap().standing().unwrap().cursor + 1;
    say("open".to_owned());
    for number in first.. {
        let case = submission(1_000_000 + number, &"y".repeat(3_000));
        store.submit_case(case).wait().unwrap();
        say(format!("case {number}"));
        let fields = std::collections::BTreeMap::from([("n".to_owned(), Personal::from("x"))]);
        let change = SyncApply {
            stream: Some(Acked {
                epoch: store.identity().epoch,
                acked: last(&store),
                durable: last(&store),
            }),
            arrived: files(&store),
            cursor: Some(number),
            mail: vec![Mail {
                number,
                kind: "bundle".into(),
                version: 1,
                body: Personal::new(vec![7; 5_000]),
            }],
            cases: vec![from_hub(told(), number, CaseStatus::default())],
            registers: vec![page(
                "r",
                &number.to_string(),
                vec![(Who::from(typed("990101194506120026")), Some(fields))],
            )],
            ..SyncApply::default()
        };
        store.apply(change).wait().unwrap();
        say(format!("answer {number}"));
        if number % 7 == 0 {
            all_arrived(&store);
            store.tidy().wait().unwrap();
        }
    }
}

#[test]
fn killed_at_any_moment_an_answer_is_there_whole_or_not_at_all() {
    let place = Place::new();
    let (mut cases, mut answers) = (0_u64, 0_u64);
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for run in 0..RUNS {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "county_crash::the_process_that_is_killed_speaking_with_the_county",
                "--nocapture",
            ])
            .env(CHILD, place.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut hear = |line: String| {
            let Some(at) = line.find("ACK ") else {
                return false;
            };
            let words: Vec<&str> = line[at..].split_whitespace().collect();
            match words[1] {
                "case" => cases = words[2].parse().unwrap(),
                "answer" => answers = words[2].parse().unwrap(),
                _ => {}
            }
            true
        };
        let mut heard = 0;
        while heard < 1 + (random >> 40) % 14 {
            let Some(Ok(line)) = lines.next() else {
                panic!("run {run}: the child ended by itself");
            };
            heard += u64::from(hear(line));
        }
        std::thread::sleep(Duration::from_micros((random >> 33) % 6_000));
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines.map_while(Result::ok) {
            hear(line);
        }
        let store = place.open();
        let verified = store.verify(run % 10 == 0).wait().unwrap();
        let standing = store.outbox().unwrap().standing().unwrap();
        let now = standing.cursor;
        assert!(
            now == answers || now == answers + 1,
            "run {run}: {now}, acknowledged {answers}"
        );
        answers = now;
        assert!(
            verified.cases == cases || verified.cases == cases + 1,
            "run {run}"
        );
        cases = verified.cases;
        // All of the answer, or nothing of it.
        let mail = store.mail_waiting("bundle").wait().unwrap();
        assert_eq!(mail.last().map_or(0, |mail| mail.number), now, "run {run}");
        assert_eq!(mail.len() as u64, now);
        let facts = store.case_facts(told()).wait().unwrap();
        assert_eq!(facts.map_or(0, |facts| facts.version), now, "run {run}");
        let register = store
            .register_of(typed("990101194506120026"))
            .wait()
            .unwrap();
        assert_eq!(
            register
                .first()
                .map_or("0".to_owned(), |row| row.as_of.clone()),
            now.to_string()
        );
        let undelivered = store.undelivered().wait().unwrap();
        assert_eq!(
            (undelivered.cases as u64, undelivered.unsealed),
            (cases - now, 0),
            "run {run}"
        );
        assert_eq!(
            (verified.sealed, verified.blobs),
            (cases, 0),
            "nothing plain, nothing lost"
        );
        // The child counts its cases by its answers: what was saved without its answer is acked before it goes on.
        if cases > now {
            ack(&store, last(&store), 0);
            all_arrived(&store);
            answers = cases;
            let change = |number| SyncApply {
                cursor: Some(number),
                mail: vec![Mail {
                    number,
                    kind: "bundle".into(),
                    version: 1,
                    body: Personal::new(vec![1]),
                }],
                cases: vec![from_hub(told(), number, CaseStatus::default())],
                registers: vec![page(
                    "r",
                    &number.to_string(),
                    vec![(
                        Who::from(typed("990101194506120026")),
                        Some(Default::default()),
                    )],
                )],
                ..SyncApply::default()
            };
            store.apply(change(cases)).wait().unwrap();
        }
    }
    eprintln!("{RUNS} kills, {cases} cases, {answers} answers");
    assert!(answers > RUNS, "the child hardly got to work: {answers}");
}
