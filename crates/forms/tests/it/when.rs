//! Answers that send a case to another owner or shorten its term.

use onedoor_forms::bundle::Bundle;
use onedoor_forms::station::{DueWhen, Files, OwnerWhen, Service, code, read};
use onedoor_forms::{Filling, Value};

use crate::example_support::{file, filling, many, one, opened};
use crate::station_support::{example, line_of, make, replace, small, trusted};

const COMPLAINT: &str = "services/complaint/service.toml";
const STUCK: &str = "services/stuck/service.toml";

fn service(id: &str) -> &'static Service {
    &opened().1.station.services[id]
}

/// What the record of a filling says at a path, as the kiosk would ask for it.
fn said(filling: &Filling) -> impl Fn(&str) -> Option<String> {
    let answers = filling.answers();
    move |path| {
        let answer = answers.iter().find(|a| a.path == path)?;
        Some(match &answer.value {
            Value::One(name) => name.clone(),
            Value::Many(names) => names.join(" "),
            _ => "something".to_owned(),
        })
    }
}

#[test]
fn a_complaint_about_someone_here_goes_past_the_station() {
    let complaint = service("complaint");
    let mut filling = filling("complaint");
    assert_eq!(complaint.owner_for(said(&filling)), "county-services");
    filling.set("/data/about_here", one("no")).unwrap();
    filling.set("/data/story", file("story.ogg")).unwrap();
    assert_eq!(complaint.owner_for(said(&filling)), "county-services");
    filling.set("/data/about_here", one("yes")).unwrap();
    assert_eq!(complaint.owner_for(said(&filling)), "county-oversight");
    // Nobody who may hold that role comes when a person is called at the station.
    let staff = &opened().1.station.staff;
    let here = &staff.roles[&opened().1.station.settings.helper];
    let past = &staff.roles["county-oversight"];
    for person in [Some(&past.person), past.deputy.as_ref()]
        .into_iter()
        .flatten()
    {
        assert_ne!(person, &here.person);
        assert_ne!(Some(person), here.deputy.as_ref());
    }
}

#[test]
fn an_urgent_complaint_is_answered_on_the_next_working_day() {
    let complaint = service("complaint");
    let mut filling = filling("complaint");
    assert_eq!(complaint.due_for(said(&filling)), 13);
    filling.set("/data/urgent", one("no")).unwrap();
    assert_eq!(complaint.due_for(said(&filling)), 13);
    filling.set("/data/urgent", one("yes")).unwrap();
    assert_eq!(complaint.due_for(said(&filling)), 1);
    assert_eq!(complaint.owner_for(said(&filling)), "county-services");
}

#[test]
fn a_failed_face_scan_is_settled_at_once_and_stays_with_its_window() {
    let stuck = service("stuck");
    let mut filling = filling("stuck");
    filling
        .set("/data/matter_group/why", one("papers"))
        .unwrap();
    assert_eq!(stuck.due_for(said(&filling)), 5);
    filling.set("/data/matter_group/why", one("face")).unwrap();
    assert_eq!(stuck.due_for(said(&filling)), 1);
    assert_eq!(stuck.owner_for(said(&filling)), "stuck-window");
}

#[test]
fn a_bundle_names_whole_paths_whatever_was_written() {
    let mut files = example();
    replace(
        &mut files,
        COMPLAINT,
        "answer = \"about_here\"",
        "answer = \"/data/about_here\"",
    );
    let bytes = make(&files).unwrap_or_else(|p| panic!("{p}")).bytes;
    let written = Bundle::open(&bytes, &trusted()).unwrap();
    for bundle in [&written, &opened().1] {
        let complaint = &bundle.station.services["complaint"];
        assert_eq!(complaint.owner_when[0].answer, "/data/about_here");
        assert_eq!(complaint.due_when[0].answer, "/data/urgent");
        let stuck = &bundle.station.services["stuck"];
        assert_eq!(stuck.due_when[0].answer, "/data/matter_group/why");
    }
}

/// A service with conditions on `/data/a` and `/data/b`.
fn with(owner_when: Vec<OwnerWhen>, due_when: Vec<DueWhen>) -> Service {
    Service {
        owner_when,
        due_when,
        ..service("complaint").clone()
    }
}

fn owner_when(answer: &str, is: &[&str], owner: &str) -> OwnerWhen {
    OwnerWhen {
        answer: answer.to_owned(),
        is: is.iter().map(|i| (*i).to_owned()).collect(),
        owner: owner.to_owned(),
    }
}

fn due_when(answer: &str, is: &[&str], due_working_days: u16) -> DueWhen {
    DueWhen {
        answer: answer.to_owned(),
        is: is.iter().map(|i| (*i).to_owned()).collect(),
        due_working_days,
    }
}

#[test]
fn the_first_owner_and_the_shortest_term_count() {
    let service = with(
        vec![
            owner_when("/data/b", &["x", "y"], "first"),
            owner_when("/data/a", &["yes"], "second"),
        ],
        vec![
            due_when("/data/a", &["yes"], 7),
            due_when("/data/b", &["x"], 3),
            due_when("/data/b", &["y"], 200),
        ],
    );
    let answers = |a: &'static str, b: &'static str| {
        move |path: &str| match path {
            "/data/a" => Some(a.to_owned()),
            "/data/b" => Some(b.to_owned()),
            _ => None,
        }
    };
    assert_eq!(service.owner_for(answers("yes", "y")), "first");
    assert_eq!(service.owner_for(answers("yes", "z")), "second");
    assert_eq!(service.owner_for(answers("no", "")), "county-services");
    assert_eq!(service.owner_for(|_: &str| None), "county-services");
    assert_eq!(service.due_for(answers("yes", "x")), 3);
    assert_eq!(service.due_for(answers("yes", "")), 7);
    assert_eq!(service.due_for(answers("no", "y")), 13, "never longer");
    // Of several choices taken, any one; a name that begins alike is another choice.
    assert_eq!(service.owner_for(answers("", "w x")), "first");
    assert_eq!(service.owner_for(answers("", "xx")), "county-services");
    let mut filling = filling("stuck");
    filling.set("/data/matter_group/why", one("none")).unwrap();
    filling
        .set("/data/matter_group/asked_for", many(&["code", "money"]))
        .unwrap();
    let money = with(
        vec![owner_when("/data/matter_group/asked_for", &["money"], "m")],
        vec![],
    );
    assert_eq!(money.owner_for(said(&filling)), "m");
}

#[test]
fn a_service_from_before_opens_without_them() {
    let mut old = serde_json::to_value(service("complaint")).unwrap();
    let fields = old.as_object_mut().unwrap();
    assert!(fields.remove("owner_when").is_some());
    assert!(fields.remove("due_when").is_some());
    let opened: Service = serde_json::from_value(old).unwrap();
    assert_eq!(opened, with(vec![], vec![]));
    assert_eq!(
        opened.owner_for(|_: &str| Some("yes".to_owned())),
        "county-services"
    );
    assert_eq!(opened.due_for(|_: &str| Some("yes".to_owned())), 13);
}

const OWNER: &str = "answer = \"about_here\"\nis = \"yes\"\nowner = \"county-oversight\"";
const DUE: &str = "answer = \"urgent\"\nis = \"yes\"\ndue_working_days = 1";

/// The complaint with one of its conditions written otherwise.
fn changed(from: &str, to: &str) -> Files {
    let mut files = example();
    replace(&mut files, COMPLAINT, from, to);
    files
}

#[test]
fn each_fault_of_a_condition_is_found_in_its_place() {
    // What is written, the code, what stands on the line, and a word of the message or its fix.
    let cases = [
        (
            OWNER,
            "answer = \"about_her\"\nis = \"yes\"\nowner = \"county-oversight\"",
            code::UNKNOWN_REFERENCE,
            "about_her\"",
            "about_here, urgent, township, village",
        ),
        (
            OWNER,
            "answer = \"/data/here\"\nis = \"yes\"\nowner = \"county-oversight\"",
            code::UNKNOWN_REFERENCE,
            "/data/here",
            "has no question",
        ),
        (
            OWNER,
            "answer = \"story_text\"\nis = \"yes\"\nowner = \"county-oversight\"",
            code::BAD_VALUE,
            "story_text",
            "no choices",
        ),
        (
            OWNER,
            "answer = \"about_here\"\nis = \"maybe\"\nowner = \"county-oversight\"",
            code::UNKNOWN_REFERENCE,
            "maybe",
            "write one of no, yes",
        ),
        (
            OWNER,
            "answer = \"about_here\"\nis = [\n\"yes\",\n\"maybe\"]\nowner = \"county-oversight\"",
            code::UNKNOWN_REFERENCE,
            "maybe",
            "write one of no, yes",
        ),
        (
            OWNER,
            "answer = \"about_here\"\nis = \"yes\"\nowner = \"county-over\"",
            code::UNKNOWN_REFERENCE,
            "county-over\"",
            "staff.toml has no role",
        ),
        (
            OWNER,
            "answer = \"about_here\"\nis = []\nowner = \"county-oversight\"",
            code::MISSING_KEY,
            "is = []",
            "names none",
        ),
        (
            OWNER,
            "answer = \"about_here\"\nis = true\nowner = \"county-oversight\"",
            code::WRONG_TYPE,
            "is = true",
            "not a text",
        ),
        (
            OWNER,
            "answer = \"about_here\"\nowner = \"county-oversight\"",
            code::MISSING_KEY,
            "[[owner_when]]",
            "`owner_when.0.is` is missing",
        ),
        (
            OWNER,
            "is = \"yes\"\nowner = \"county-oversight\"",
            code::MISSING_KEY,
            "[[owner_when]]",
            "`owner_when.0.answer` is missing",
        ),
        (
            OWNER,
            "answer = \"about_here\"\nis = \"yes\"",
            code::MISSING_KEY,
            "[[owner_when]]",
            "`owner_when.0.owner` is missing",
        ),
        (
            OWNER,
            "answer = \"about_here\"\nis = \"yes\"\nowner = \"county-oversight\"\nowners = 1",
            code::UNKNOWN_KEY,
            "owners",
            "did you mean `owner`",
        ),
        (
            DUE,
            "answer = \"urgent\"\nis = \"yes\"\ndue_working_days = 14",
            code::BAD_VALUE,
            "due_working_days = 14",
            "more than the 13",
        ),
        (
            DUE,
            "answer = \"urgent\"\nis = \"yes\"\ndue_working_days = 0",
            code::BAD_VALUE,
            "due_working_days = 0",
            "from 1",
        ),
        (
            DUE,
            "answer = \"urgent\"\nis = \"yes\"",
            code::MISSING_KEY,
            "[[due_when]]",
            "`due_when.0.due_working_days` is missing",
        ),
        (
            DUE,
            "answer = \"urgent\"\nis = \"very\"\ndue_working_days = 1",
            code::UNKNOWN_REFERENCE,
            "very",
            "write one of yes, no",
        ),
    ];
    for (from, to, code, at, word) in cases {
        let files = changed(from, to);
        let problems = make(&files).expect_err(to);
        let [problem] = problems.list() else {
            panic!("{to}\n{problems}");
        };
        assert_eq!(problem.code, code, "{to}\n{problem}");
        assert_eq!(problem.file, COMPLAINT);
        assert_eq!(
            problem.line,
            line_of(&files, COMPLAINT, at),
            "{to}\n{problem}"
        );
        let text = problem.to_string();
        assert!(text.contains(word), "{to}\n{text}");
    }
}

#[test]
fn all_faults_are_said_at_once_and_a_broken_table_does_not_move_the_others() {
    let files = changed(
        OWNER,
        "is = \"yes\"\n\n[[owner_when]]\nanswer = \"urgent\"\nis = \"soon\"\nowner = \"ghost\"\n\n\
         [[due_when]]\nanswer = \"nothing\"\nis = \"yes\"\ndue_working_days = 99",
    );
    let problems = make(&files).unwrap_err();
    let found: Vec<(&str, u32)> = problems
        .list()
        .iter()
        .map(|p| (p.code.as_str(), p.line))
        .collect();
    let line = |what| line_of(&files, COMPLAINT, what);
    let first = line("[[owner_when]]");
    assert_eq!(
        found,
        [
            (code::MISSING_KEY, first), // answer
            (code::MISSING_KEY, first), // owner
            (code::UNKNOWN_REFERENCE, line("\"soon\"")),
            (code::UNKNOWN_REFERENCE, line("\"ghost\"")),
            (code::UNKNOWN_REFERENCE, line("\"nothing\"")),
            (code::BAD_VALUE, line("= 99")),
        ],
        "{problems}"
    );
}

#[test]
fn an_owner_must_be_in_office_and_one_that_never_comes_is_said() {
    let mut files = example();
    replace(
        &mut files,
        "staff.toml",
        "deputy = \"zhou-min\"\n\n[role.township-services]",
        "\n[role.township-services]",
    );
    replace(
        &mut files,
        "staff.toml",
        "phone = \"0900-0000021\"\nfrom = 2026-01-01",
        "phone = \"0900-0000021\"\nfrom = 2027-01-01",
    );
    replace(
        &mut files,
        COMPLAINT,
        "[[due_when]]",
        "[[owner_when]]\nanswer = \"/data/about_here\"\nis = [\"yes\"]\nowner = \"county-services\"\n\n[[due_when]]",
    );
    let problems = make(&files).unwrap_err();
    let found: Vec<(&str, u32)> = problems
        .list()
        .iter()
        .map(|p| (p.code.as_str(), p.line))
        .collect();
    let line = |what| line_of(&files, COMPLAINT, what);
    assert_eq!(
        found,
        [
            (code::NO_OWNER, line("owner = \"county-oversight\"")),
            (code::DUPLICATE, line("is = [\"yes\"]")),
        ],
        "{problems}"
    );
}

#[test]
fn a_question_that_is_asked_many_times_or_stands_twice_is_no_condition() {
    let mut files = example();
    let form = "services/complaint/form.md";
    let row = "|  | text | full_name |";
    let cells = |kind: &str, name: &str, label: &str| {
        format!(
            "|  | {kind} | {name} | {label} | {label} |  |  | alarm.svg | alarm.svg |  |  |  |  |  |  |  |  |  |  |\n"
        )
    };
    let added = [
        cells("begin_repeat", "day", "日"),
        cells("select_one urgent", "again", "急吗"),
        cells("end_repeat", "", ""),
        cells("begin_group", "g", "组"),
        cells("select_one urgent", "urgent", "急吗"),
        cells("end_group", "", ""),
    ]
    .concat();
    replace(&mut files, form, row, &format!("{added}{row}"));
    replace(
        &mut files,
        COMPLAINT,
        "[[due_when]]",
        "[[due_when]]\nanswer = \"again\"\nis = \"yes\"\ndue_working_days = 1\n\n[[due_when]]",
    );
    let problems = make(&files).unwrap_err();
    let all = problems.to_string();
    let said: Vec<&str> = problems
        .list()
        .iter()
        .filter(|p| p.file == COMPLAINT)
        .map(|p| p.what.as_str())
        .collect();
    assert_eq!(said.len(), 2, "{all}");
    assert!(said[0].contains("asked several times"), "{all}");
    assert!(said[1].contains("2 questions \"urgent\""), "{all}");
    assert!(all.contains("/data/urgent, /data/g/urgent"), "{all}");
}

#[test]
fn where_a_person_asks_there_are_no_answers() {
    let mut files = small();
    replace(
        &mut files,
        STUCK,
        "[[legal]]",
        "[[owner_when]]\nanswer = \"why\"\nis = \"face\"\nowner = \"county-services\"\n\n[[legal]]",
    );
    let (station, _) = read(&files).unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(station.services["stuck"].owner_when[0].answer, "why");
    let problems = make(&files).unwrap_err();
    let [problem] = problems.list() else {
        panic!("{problems}");
    };
    assert_eq!(
        (problem.code.as_str(), problem.line),
        (code::BAD_VALUE, line_of(&files, STUCK, "answer = \"why\""))
    );
    assert!(problem.what.contains("a person asks"), "{problem}");
}
