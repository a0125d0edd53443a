//! A form being filled: pages, answers, what depends on them, what outlives a power cut.

use std::sync::Arc;

use jiff::civil::date;
use onedoor_forms::{
    Context, Filling, Form, Meta, PageKind, PendingWhat, ProblemKind, Snapshot, Table, Value,
    prompts,
};

use crate::support::{east8, fill, form, paths, sunday};

/// A small medical registration, in two languages.
const CLAIM: &str = r#"
| survey |
| | type | name | label::中文 (zh-CN) | label::English (en) | hint::中文 (zh-CN) | image::中文 (zh-CN) | required | required_message::English (en) | relevant | constraint | constraint_message::中文 (zh-CN) | constraint_message::English (en) | calculation | default | choice_filter | bind::kiosk:reuse | bind::kiosk:receipt | kiosk:page | appearance |
| | csv-external | resident | | | | | | | | | | | | | | | | | |
| | acknowledge | consent | 同意吗？ | Do you agree? | | agree.png | yes | Please agree | | | | | | | | | | | |
| | begin_group | who | 本人 | You | | | | | ${consent} = 'OK' | | | | | | | | | | |
| | text | full_name | 叫什么名字？ | Your name? | 照着身份证 | | yes | | | string-length(.) < 20 | 太长了 | Too long | | instance('resident')/root/item[key='me']/full_name | | profile.full_name | 姓名 | | |
| | date | dob | 哪天出生？ | Born when? | | | yes | | | . <= today() | 日期在今天以后 | In the future | | | | profile.dob | | | |
| | end_group | | | | | | | | | | | | | | | | | | |
| | calculate | age | | | | | | | | | | | int((today() - ${dob}) div 365.25) | | | | | | |
| | select_one ward | ward | 哪个乡？ | Which ward? | | | yes | | ${age} >= 18 | | | | | | | | | place | quick |
| | select_multiple crop | crop | 种什么？ | Which crops? | | | | | ${age} >= 18 | | | | | | ward = ${ward} | | | | |
| | integer | acres | 几亩？ | How many mu? | | | | | ${age} >= 18 | . > 0 and . <= 50 | 一到五十 | 1 to 50 | | | | | | | |
| | calculate | amount | | | | | | | | | | | if(${acres} > 5, 5, ${acres}) * 1200 | | | | | | |
| | calculate | ward_name | | | | | | | | | | | jr:choice-name(${ward}, '${ward}') | | | | | | |
| | note | summary | ${ward_name}，${amount}元 | ${ward_name}: ${amount} yuan | | | | | ${age} >= 18 | | | | | | | | | | |
| | hidden | source | | | | | | | | | | | | kiosk | | | | | |
| choices |
| | list_name | name | label::中文 (zh-CN) | label::English (en) | image::中文 (zh-CN) | ward |
| | ward | north | 北乡 | North | north.png | |
| | ward | south | 南乡 | South | south.png | |
| | crop | maize | 玉米 | Maize | maize.png | north |
| | crop | beans | 豆子 | Beans | beans.png | south |
| | crop | rice | 水稻 | Rice | rice.png | south |
| settings |
| | form_title | form_id | version | default_language | namespaces | instance_name |
| | Claim | claim | 3 | 中文 (zh-CN) | kiosk="https://example.org/kiosk/1" | concat(${full_name}, '/', ${amount}) |
"#;

fn set(filling: &mut Filling, path: &str, value: Value) -> onedoor_forms::Change {
    filling
        .set(path, value)
        .unwrap_or_else(|p| panic!("{path}: {p:?}"))
}

/// Someone born in 1945 who has answered everything.
fn answered() -> Filling {
    let mut filling = fill(CLAIM);
    set(&mut filling, "/data/consent", Value::Acknowledged);
    set(
        &mut filling,
        "/data/who/full_name",
        Value::Text("王 <秀英> & 家".to_string()),
    );
    set(
        &mut filling,
        "/data/who/dob",
        Value::Date(date(1945, 6, 12)),
    );
    set(&mut filling, "/data/ward", Value::One("south".to_string()));
    set(
        &mut filling,
        "/data/crop",
        Value::Many(vec!["beans".into(), "rice".into()]),
    );
    set(&mut filling, "/data/acres", Value::Integer(7));
    filling
}

#[test]
fn pages_come_and_go_with_the_answers() {
    let mut filling = fill(CLAIM);
    assert_eq!(paths(&filling), ["/data/consent"]);
    let change = set(&mut filling, "/data/consent", Value::Acknowledged);
    assert!(change.pages_changed);
    assert_eq!(
        paths(&filling),
        ["/data/consent", "/data/who/full_name", "/data/who/dob"]
    );
    set(&mut filling, "/data/who/dob", Value::Date(date(2010, 1, 1)));
    assert_eq!(
        filling.value("/data/age"),
        Some(Value::Text("16".to_string()))
    );
    assert_eq!(filling.step_count(), 3);
    set(
        &mut filling,
        "/data/who/dob",
        Value::Date(date(1945, 6, 12)),
    );
    assert_eq!(filling.step_count(), 7);
    assert_eq!(filling.first().as_deref(), Some("/data/consent"));
    assert_eq!(
        filling.next("/data/consent").as_deref(),
        Some("/data/who/full_name")
    );
    assert_eq!(
        filling.previous("/data/ward").as_deref(),
        Some("/data/who/dob")
    );
    assert_eq!(filling.previous("/data/consent"), None);
    assert_eq!(filling.next("/data/summary"), None);
    assert_eq!(
        filling.next("/no/such/page").as_deref(),
        Some("/data/consent")
    );
}

#[test]
fn a_page_that_went_away_still_has_neighbours() {
    let mut filling = answered();
    set(&mut filling, "/data/who/dob", Value::Date(date(2015, 1, 1)));
    assert!(!filling.is_step("/data/crop"));
    assert_eq!(
        filling.previous("/data/crop").as_deref(),
        Some("/data/who/dob")
    );
    assert_eq!(filling.next("/data/crop"), None);
    set(&mut filling, "/data/consent", Value::Empty);
    assert_eq!(filling.next("/data/who/full_name"), None);
    assert_eq!(
        filling.previous("/data/who/full_name").as_deref(),
        Some("/data/consent")
    );
}

#[test]
fn a_page_speaks_the_language_and_falls_back_where_there_is_none() {
    let filling = answered();
    let name = filling
        .page("/data/who/full_name", "zh-CN")
        .expect("a page");
    assert_eq!(name.label, "叫什么名字？");
    assert_eq!(name.hint.as_deref(), Some("照着身份证"));
    assert_eq!(
        name.hint_prompt.as_deref(),
        Some("/data/who/full_name.hint")
    );
    assert_eq!(
        (name.reuse(), name.receipt()),
        (Some("profile.full_name"), Some("姓名"))
    );
    assert_eq!(name.sections[0].label, "本人");
    assert!(name.required);
    let english = filling
        .page("/data/who/full_name", "en-GB")
        .expect("a page");
    assert_eq!(english.label, "Your name?");
    assert_eq!(english.sections[0].label, "You");
    assert_eq!(
        english.hint.as_deref(),
        Some("照着身份证"),
        "a missing hint falls back"
    );
    assert_eq!(
        filling.page("/data/consent", "sw").expect("a page").label,
        "同意吗？"
    );
    assert_eq!(
        filling
            .page("/data/consent", "en")
            .expect("a page")
            .image
            .as_deref(),
        Some("agree.png")
    );
    let ward = filling.page("/data/ward", "en").expect("a page");
    assert_eq!(
        (ward.kind, ward.page()),
        (PageKind::SelectOne, Some("place"))
    );
    assert_eq!(ward.appearance, ["quick"]);
    assert_eq!((ward.index, ward.count), (3, 7));
    assert_eq!(ward.value, Value::One("south".to_string()));
    assert!(
        filling.page("/data/age", "en").is_none(),
        "a calculation is no page"
    );
}

#[test]
fn choices_follow_the_filter() {
    let mut filling = answered();
    let offered = |filling: &Filling| -> Vec<String> {
        let page = filling.page("/data/crop", "en").expect("a page");
        page.choices.into_iter().map(|c| c.label).collect()
    };
    assert_eq!(offered(&filling), ["Beans", "Rice"]);
    let page = filling.page("/data/crop", "zh-CN").expect("a page");
    assert_eq!(page.choices[0].prompt, "crop/beans");
    assert_eq!(page.choices[0].image.as_deref(), Some("beans.png"));
    set(&mut filling, "/data/ward", Value::One("north".to_string()));
    assert_eq!(offered(&filling), ["Maize"]);
    let problems = filling.problems();
    assert_eq!(
        (problems[0].path.as_str(), problems[0].kind),
        ("/data/crop", ProblemKind::NotAChoice)
    );
}

#[test]
fn an_answer_that_does_not_hold_is_kept_and_said() {
    let mut filling = answered();
    let change = set(&mut filling, "/data/acres", Value::Integer(70));
    let problem = &change.problems[0];
    assert_eq!(problem.kind, ProblemKind::Constraint);
    assert_eq!(problem.message("zh-CN"), Some("一到五十"));
    assert_eq!(problem.message("en"), Some("1 to 50"));
    assert_eq!(problem.prompt.as_deref(), Some("/data/acres.constraint"));
    assert_eq!(filling.value("/data/acres"), Some(Value::Integer(70)));
    let change = set(&mut filling, "/data/acres", Value::Text("12".to_string()));
    assert!(change.problems.is_empty());
    assert_eq!(filling.value("/data/acres"), Some(Value::Integer(12)));
    set(&mut filling, "/data/acres", Value::Empty);
    assert_eq!(filling.problems(), [], "acres need not be answered");
    set(&mut filling, "/data/consent", Value::Empty);
    let problem = &filling.problems()[0];
    assert_eq!(
        (problem.kind, problem.message("en")),
        (ProblemKind::Required, Some("Please agree"))
    );
    assert_eq!(
        problem.message("zh-CN"),
        Some("Please agree"),
        "better than nothing"
    );
}

#[test]
fn what_does_not_fit_is_not_stored() {
    let mut filling = answered();
    let mut refused = |path: &str, value| filling.set(path, value).expect_err("refused").kind;
    assert_eq!(
        refused("/data/acres", Value::Text("many".into())),
        ProblemKind::WrongType
    );
    assert_eq!(
        refused("/data/who/dob", Value::Text("1945-13-01".into())),
        ProblemKind::WrongType
    );
    assert_eq!(
        refused("/data/ward", Value::One("west".into())),
        ProblemKind::NotAChoice
    );
    assert_eq!(
        refused("/data/crop", Value::Many(vec!["maize".into()])),
        ProblemKind::NotAChoice
    );
    assert_eq!(
        refused("/data/summary", Value::Text("x".into())),
        ProblemKind::ReadOnly
    );
    assert_eq!(
        refused("/data/age", Value::Integer(3)),
        ProblemKind::ReadOnly
    );
    assert_eq!(
        refused("/data/none", Value::Integer(3)),
        ProblemKind::NoSuchPage
    );
    assert_eq!(
        refused("/data/who/full_name", Value::Text("x".repeat(20_000))),
        ProblemKind::TooLong
    );
    assert_eq!(
        refused("/data/who/full_name", Value::Text("a\u{1}b".into())),
        ProblemKind::WrongType
    );
    assert_eq!(filling.value("/data/acres"), Some(Value::Integer(7)));
}

#[test]
fn only_what_depends_on_an_answer_is_calculated() {
    let mut filling = answered();
    let change = set(&mut filling, "/data/acres", Value::Integer(3));
    assert_eq!(change.recalculated, ["/data/amount"]);
    assert_eq!(
        filling.value("/data/amount"),
        Some(Value::Text("3600".to_string()))
    );
    let change = set(
        &mut filling,
        "/data/who/full_name",
        Value::Text("李".to_string()),
    );
    assert!(change.recalculated.is_empty() && !change.pages_changed);
}

#[test]
fn texts_hold_values_in_the_language_of_the_page() {
    let filling = answered();
    let label = |language| {
        filling
            .page("/data/summary", language)
            .expect("a page")
            .label
    };
    assert_eq!(label("zh-CN"), "南乡，6000元");
    assert_eq!(label("en"), "South: 6000 yuan");
}

#[test]
fn what_is_not_relevant_is_kept_but_not_sent() {
    let mut filling = answered();
    set(&mut filling, "/data/who/dob", Value::Date(date(2015, 1, 1)));
    let meta = Meta {
        instance_id: "uuid:1".to_string(),
    };
    assert!(filling.instance_xml(&meta).contains("<ward/>"));
    assert!(filling.answers().iter().all(|a| a.path != "/data/ward"));
    assert_eq!(
        filling.value("/data/ward"),
        Some(Value::One("south".to_string()))
    );
    assert_eq!(
        filling.value("/data/ward_name"),
        Some(Value::Empty),
        "it reads as empty"
    );
    set(
        &mut filling,
        "/data/who/dob",
        Value::Date(date(1945, 6, 12)),
    );
    assert_eq!(
        filling.value("/data/ward_name"),
        Some(Value::Text("南乡".to_string()))
    );
    assert!(filling.instance_xml(&meta).contains("<ward>south</ward>"));
}

#[test]
fn the_submission_is_well_formed_and_named() {
    let filling = answered();
    let xml = filling.instance_xml(&Meta {
        instance_id: "uuid:7".to_string(),
    });
    let document = roxmltree::Document::parse(&xml).expect("well-formed");
    let text = |name: &str| {
        document
            .descendants()
            .find(|n| n.has_tag_name(name))
            .and_then(|n| n.text())
            .unwrap_or_default()
    };
    assert_eq!(text("full_name"), "王 <秀英> & 家");
    assert_eq!(text("crop"), "beans rice");
    assert_eq!(text("consent"), "OK");
    assert_eq!(text("source"), "kiosk");
    assert_eq!(text("instanceID"), "uuid:7");
    assert_eq!(text("instanceName"), "王 <秀英> & 家/6000");
    assert_eq!(document.root_element().attribute("version"), Some("3"));
}

#[test]
fn the_read_back_says_each_answer_in_words() {
    let filling = answered();
    let lines = filling.read_back("zh-CN");
    let crop = lines
        .iter()
        .find(|l| l.path == "/data/crop")
        .expect("a line");
    assert_eq!(crop.text, "豆子、水稻");
    assert_eq!(crop.answer_prompts, ["crop/beans", "crop/rice"]);
    let ward = lines
        .iter()
        .find(|l| l.path == "/data/ward")
        .expect("a line");
    assert_eq!(
        (ward.text.as_str(), ward.image.as_deref()),
        ("南乡", Some("south.png"))
    );
    let name = lines
        .iter()
        .find(|l| l.path == "/data/who/full_name")
        .expect("a line");
    assert_eq!(name.receipt.as_deref(), Some("姓名"));
    assert!(
        lines.iter().all(|l| l.kind != PageKind::Note),
        "a note is no answer"
    );
    assert_eq!(
        filling
            .read_back("en")
            .iter()
            .find(|l| l.path == "/data/crop")
            .expect("a line")
            .text,
        "Beans, Rice"
    );
    let answers = filling.answers();
    let dob = answers
        .iter()
        .find(|a| a.path == "/data/who/dob")
        .expect("an answer");
    assert_eq!(dob.reuse.as_deref(), Some("profile.dob"));
    assert_eq!(dob.value, Value::Date(date(1945, 6, 12)));
}

#[test]
fn a_kill_at_any_touch_loses_nothing() {
    let touches = [
        ("/data/consent", Value::Acknowledged),
        ("/data/who/full_name", Value::Text("李".into())),
        ("/data/who/dob", Value::Date(date(1950, 2, 3))),
        ("/data/ward", Value::One("north".into())),
        ("/data/crop", Value::Many(vec!["maize".into()])),
        ("/data/acres", Value::Integer(70)),
        ("/data/source", Value::Empty),
    ];
    let mut filling = fill(CLAIM);
    for (path, value) in touches {
        let _ = filling.set(path, value);
        let mut bytes = Vec::new();
        ciborium::into_writer(&filling.snapshot(), &mut bytes).expect("written");
        let snapshot: Snapshot = ciborium::from_reader(bytes.as_slice()).expect("read");
        let (restored, lost) = Filling::restore(filling.form().clone(), sunday(), &snapshot);
        assert!(lost.is_empty());
        assert_eq!(restored.snapshot(), snapshot);
        assert_eq!(restored.steps(), filling.steps());
        assert_eq!(restored.answers(), filling.answers());
        assert_eq!(restored.problems(), filling.problems());
        for step in filling.steps() {
            assert_eq!(
                restored.page(&step.path, "en"),
                filling.page(&step.path, "en")
            );
        }
        assert!(bytes.len() < 2_000, "a snapshot is small: {}", bytes.len());
    }
}

#[test]
fn a_default_that_was_taken_back_stays_away_after_a_restart() {
    let form = form(
        "| survey |\n| | type | name | label | default |\n| | text | a | A | x |\n| | integer | b | B | 2 |\n",
    );
    let mut filling = Filling::new(form.clone(), sunday());
    assert_eq!(filling.value("/data/b"), Some(Value::Integer(2)));
    assert!(filling.is_prefilled("/data/a"));
    set(&mut filling, "/data/a", Value::Empty);
    let (restored, _) = Filling::restore(form, sunday(), &filling.snapshot());
    assert_eq!(restored.value("/data/a"), Some(Value::Empty));
    assert_eq!(restored.value("/data/b"), Some(Value::Integer(2)));
}

#[test]
fn answers_that_a_new_form_does_not_have_are_named() {
    let old =
        form("| survey |\n| | type | name | label |\n| | text | a | A |\n| | text | b | B |\n");
    let new = form("| survey |\n| | type | name | label |\n| | text | b | B |\n");
    let mut filling = Filling::new(old, sunday());
    set(&mut filling, "/data/a", Value::Text("1".into()));
    set(&mut filling, "/data/b", Value::Text("2".into()));
    let (restored, lost) = Filling::restore(new, sunday(), &filling.snapshot());
    assert_eq!(lost, ["/data/a"]);
    assert_eq!(restored.value("/data/b"), Some(Value::Text("2".into())));
}

#[test]
fn what_is_known_of_a_resident_is_shown_not_asked() {
    let resident = Table::new(
        ["key", "full_name"],
        [vec!["me".to_string(), "王秀英".to_string()]],
    );
    let mut filling = Filling::new(
        form(CLAIM),
        sunday().with_table("resident", resident.clone()),
    );
    assert_eq!(
        filling.value("/data/who/full_name"),
        Some(Value::Text("王秀英".into()))
    );
    assert!(filling.is_prefilled("/data/who/full_name"));
    set(
        &mut filling,
        "/data/who/full_name",
        Value::Text("王秀兰".into()),
    );
    assert!(!filling.is_prefilled("/data/who/full_name"));
    let (restored, _) = Filling::restore(
        form(CLAIM),
        sunday().with_table("resident", resident),
        &filling.snapshot(),
    );
    assert_eq!(
        restored.value("/data/who/full_name"),
        Some(Value::Text("王秀兰".into()))
    );
}

#[test]
fn while_the_date_is_unknown_what_needs_it_is_pending_not_wrong() {
    let mut filling = Filling::new(form(CLAIM), Context::without_clock(east8()));
    set(&mut filling, "/data/consent", Value::Acknowledged);
    let change = set(&mut filling, "/data/who/dob", Value::Date(date(2030, 1, 1)));
    assert!(change.problems.is_empty(), "accepted meanwhile");
    let pending = filling.pending();
    let is_pending = |path: &str, what| pending.iter().any(|p| p.path == path && p.what == what);
    assert!(is_pending("/data/who/dob", PendingWhat::Constraint));
    assert!(is_pending("/data/age", PendingWhat::Value));
    assert!(
        is_pending("/data/ward", PendingWhat::Relevant),
        "what depends on it is pending too"
    );
    assert_eq!(filling.value("/data/age"), Some(Value::Empty));
    assert!(filling.is_step("/data/ward"), "asked meanwhile");
    let (mut restored, _) = Filling::restore(
        filling.form().clone(),
        Context::without_clock(east8()),
        &filling.snapshot(),
    );
    assert_eq!(restored.pending(), pending);
    restored.set_context(sunday());
    assert!(restored.pending().is_empty());
    assert_eq!(
        restored.problems_at("/data/who/dob")[0].kind,
        ProblemKind::Constraint
    );
    assert!(!restored.is_step("/data/ward"));
}

#[test]
fn logic_does_not_wait_for_a_side_that_does_not_matter() {
    let markdown = "| survey |\n| | type | name | label | relevant | default |\n\
        | | text | a | A | | |\n\
        | | text | b | B | ${a} = 'x' or today() > '2020-01-01' | |\n\
        | | text | c | C | ${a} = 'x' and today() > '2020-01-01' | |\n\
        | | date | d | D | | today() |\n";
    let mut filling = Filling::new(form(markdown), Context::without_clock(east8()));
    assert_eq!(
        paths(&filling),
        ["/data/a", "/data/b", "/data/d"],
        "no date is needed to rule c out"
    );
    set(&mut filling, "/data/a", Value::Text("x".into()));
    let pending: Vec<_> = filling
        .pending()
        .into_iter()
        .map(|p| (p.path, p.what))
        .collect();
    assert_eq!(
        pending,
        [
            ("/data/c".to_string(), PendingWhat::Relevant),
            ("/data/d".to_string(), PendingWhat::Value)
        ]
    );
    filling.set_context(sunday());
    assert_eq!(
        filling.value("/data/d"),
        Some(Value::Date(date(2026, 11, 22)))
    );
    assert!(filling.pending().is_empty());
}

#[test]
fn a_first_load_date_that_somebody_answered_is_not_set_later() {
    let markdown =
        "| survey |\n| | type | name | label | default |\n| | date | d | D | today() |\n";
    let mut filling = Filling::new(form(markdown), Context::without_clock(east8()));
    set(&mut filling, "/data/d", Value::Date(date(2020, 1, 1)));
    let (mut restored, _) = Filling::restore(
        filling.form().clone(),
        Context::without_clock(east8()),
        &filling.snapshot(),
    );
    restored.set_context(sunday());
    assert_eq!(
        restored.value("/data/d"),
        Some(Value::Date(date(2020, 1, 1)))
    );
}

#[test]
fn once_keeps_its_first_value_over_a_restart() {
    let markdown = "| survey |\n| | type | name | label | calculation |\n\
        | | text | a | A | |\n| | calculate | first | | once(${a}) |\n";
    let mut filling = Filling::new(form(markdown), sunday());
    set(&mut filling, "/data/a", Value::Text("1".into()));
    set(&mut filling, "/data/a", Value::Text("2".into()));
    let (restored, _) = Filling::restore(filling.form().clone(), sunday(), &filling.snapshot());
    assert_eq!(restored.value("/data/first"), Some(Value::Text("1".into())));
}

#[test]
fn choices_can_come_from_a_table() {
    let markdown = "| survey |\n| | type | name | label::中文 (zh) | label::English (en) | choice_filter |\n\
        | | select_one_from_file places.csv | town | 哪里 | Where | |\n\
        | | select_one_from_file places.csv | village | 哪村 | Which | up = ${town} |\n";
    let places = "name,label,label::English (en),up\n1,东镇,East,\n11,东一村,East One,1\n21,西一村,West One,2\n";
    let form = crate::support::try_form(markdown, &[("places.csv", places)])
        .unwrap_or_else(|f| panic!("{f}"));
    let mut filling = Filling::new(Arc::new(form), sunday());
    set(&mut filling, "/data/town", Value::One("1".into()));
    let page = filling.page("/data/village", "en").expect("a page");
    let choices: Vec<_> = page
        .choices
        .iter()
        .map(|c| (c.value.as_str(), c.label.as_str()))
        .collect();
    assert_eq!(choices, [("11", "East One")]);
    assert_eq!(
        filling.page("/data/village", "zh").expect("a page").choices[0].label,
        "东一村"
    );
    set(&mut filling, "/data/village", Value::One("11".into()));
    assert_eq!(filling.read_back("en")[1].text, "East One");
    assert_eq!(page.choices[0].prompt, "places/11");
}

#[test]
fn nothing_personal_is_printed_for_debugging() {
    let filling = answered();
    let page = filling
        .page("/data/who/full_name", "zh-CN")
        .expect("a page");
    let read_back = filling.read_back("zh-CN");
    let all = format!(
        "{filling:?} {page:?} {:?} {read_back:?} {:?} {:?}",
        filling.snapshot(),
        filling.answers(),
        filling.problems()
    );
    for secret in ["秀英", "1945", "south", "南乡"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

#[test]
fn a_form_is_the_same_after_the_bundle() {
    let form = form(CLAIM);
    let mut bytes = Vec::new();
    ciborium::into_writer(&*form, &mut bytes).expect("written");
    let read: Form = ciborium::from_reader(bytes.as_slice()).expect("read");
    assert_eq!(read, *form);
}

#[test]
fn every_sentence_has_a_stable_prompt() {
    let form = form(CLAIM);
    let all = prompts(&form);
    let has = |id: &str, tag: &str| all.iter().find(|p| p.id == id && p.tag == tag);
    assert_eq!(
        has("/data/who/full_name", "zh-CN").expect("a prompt").text,
        "叫什么名字？"
    );
    assert!(has("/data/who/full_name.hint", "zh-CN").is_some());
    assert!(has("/data/acres.constraint", "en").is_some());
    assert!(has("/data/consent.required", "en").is_some());
    assert_eq!(has("crop/beans", "en").expect("a prompt").text, "Beans");
    let summary = has("/data/summary", "en").expect("a prompt");
    assert_eq!(
        (summary.text.as_str(), summary.fixed),
        ("${ward_name}: ${amount} yuan", false)
    );
    let mut ids: Vec<(&str, &str)> = all
        .iter()
        .map(|p| (p.id.as_str(), p.tag.as_str()))
        .collect();
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "ids are unique");
}

#[test]
fn an_answer_takes_far_less_than_a_frame() {
    let mut filling = answered();
    let start = std::time::Instant::now();
    for round in 0..100 {
        set(&mut filling, "/data/acres", Value::Integer(round % 40 + 1));
        filling.page("/data/summary", "en").expect("a page");
    }
    let each = start.elapsed() / 100;
    println!("set + page: {each:?}");
    assert!(each.as_millis() < 16, "{each:?}");
}
