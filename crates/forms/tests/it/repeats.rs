//! Repeats: entries, "add another?", counted entries, expressions over them.

use onedoor_forms::{Filling, Meta, PageKind, ProblemKind, Value};

use crate::support::{fill, paths, sunday};

const HOUSEHOLD: &str = "
| survey |
| | type | name | label | relevant | calculation | default | choice_filter |
| | begin_repeat | member | Family member | | | | |
| | text | name | Name of number ${no} | | | | |
| | calculate | no | | | position(..) | | |
| | integer | income | Income of ${name} | ${name} != '' | | | |
| | text | kind | Kind | | | person | |
| | end_repeat | | | | | | |
| | calculate | count | | | count(${member}) | | |
| | calculate | total | | | sum(${income}) | | |
| | calculate | first | | | indexed-repeat(${name}, ${member}, 1) | | |
| | note | end | ${count} people, ${total} yuan, first ${first} | | | | |
";

fn text(filling: &Filling, path: &str) -> String {
    match filling.value(path) {
        Some(Value::Text(text)) => text,
        Some(Value::Empty) => String::new(),
        other => panic!("{path}: {other:?}"),
    }
}

fn set(filling: &mut Filling, path: &str, value: Value) {
    filling
        .set(path, value)
        .unwrap_or_else(|p| panic!("{path}: {p:?}"));
}

fn name(filling: &mut Filling, entry: u32, name: &str, income: i64) {
    set(
        filling,
        &format!("/data/member[{entry}]/name"),
        Value::Text(name.to_string()),
    );
    set(
        filling,
        &format!("/data/member[{entry}]/income"),
        Value::Integer(income),
    );
}

#[test]
fn after_the_entries_comes_add_another() {
    let mut filling = fill(HOUSEHOLD);
    assert_eq!(
        paths(&filling),
        [
            "/data/member[1]/name",
            "/data/member[1]/kind",
            "/data/member[2]",
            "/data/end"
        ]
    );
    let page = filling.page("/data/member[2]", "en").expect("a page");
    assert_eq!(
        (page.kind, page.label.as_str()),
        (PageKind::AddAnother, "Family member")
    );
    assert_eq!(page.value, Value::Empty);
    let change = filling
        .set("/data/member[2]", Value::Another(true))
        .expect("added");
    assert!(change.pages_changed);
    assert_eq!(
        filling.next("/data/member[1]/kind").as_deref(),
        Some("/data/member[2]/name")
    );
    assert_eq!(
        filling.value("/data/member[2]/kind"),
        Some(Value::Text("person".into()))
    );
    set(&mut filling, "/data/member[3]", Value::Another(false));
    let page = filling.page("/data/member[3]", "en").expect("a page");
    assert_eq!(page.value, Value::Another(false));
    assert_eq!(
        filling.next("/data/member[3]").as_deref(),
        Some("/data/end")
    );
    let section = &filling
        .page("/data/member[2]/name", "en")
        .expect("a page")
        .sections[0];
    assert_eq!(
        (section.label.as_str(), section.entry),
        ("Family member", Some(2))
    );
}

#[test]
fn expressions_see_their_own_entry_and_all_entries() {
    let mut filling = fill(HOUSEHOLD);
    name(&mut filling, 1, "甲", 100);
    set(&mut filling, "/data/member[2]", Value::Another(true));
    assert!(
        !filling.is_step("/data/member[2]/income"),
        "not before there is a name"
    );
    name(&mut filling, 2, "乙", 250);
    let label = |path| filling.page(path, "en").expect("a page").label;
    assert_eq!(label("/data/member[2]/name"), "Name of number 2");
    assert_eq!(label("/data/member[2]/income"), "Income of 乙");
    assert_eq!(label("/data/end"), "2 people, 350 yuan, first 甲");
    set(&mut filling, "/data/member[1]/name", Value::Empty);
    assert_eq!(
        text(&filling, "/data/total"),
        "250",
        "what is not relevant is not counted"
    );
}

#[test]
fn an_entry_can_be_taken_out_and_the_last_one_is_emptied() {
    let mut filling = fill(HOUSEHOLD);
    name(&mut filling, 1, "甲", 1);
    for entry in [2, 3] {
        set(
            &mut filling,
            &format!("/data/member[{entry}]"),
            Value::Another(true),
        );
        name(
            &mut filling,
            entry,
            if entry == 2 { "乙" } else { "丙" },
            i64::from(entry),
        );
    }
    filling.remove_entry("/data/member[2]").expect("taken out");
    assert_eq!(text(&filling, "/data/member[2]/name"), "丙");
    assert_eq!(text(&filling, "/data/count"), "2");
    assert_eq!(text(&filling, "/data/total"), "4");
    filling.remove_entry("/data/member[1]").expect("taken out");
    filling.remove_entry("/data/member[1]").expect("emptied");
    assert_eq!(text(&filling, "/data/count"), "1");
    assert_eq!(text(&filling, "/data/member[1]/name"), "");
    assert_eq!(
        text(&filling, "/data/member[1]/kind"),
        "person",
        "with its defaults"
    );
    assert!(filling.remove_entry("/data/member[9]").is_err());
    assert!(filling.remove_entry("/data/count").is_err());
}

#[test]
fn entries_outlive_a_restart() {
    let mut filling = fill(HOUSEHOLD);
    name(&mut filling, 1, "甲", 1);
    set(&mut filling, "/data/member[2]", Value::Another(true));
    name(&mut filling, 2, "乙", 2);
    set(&mut filling, "/data/member[3]", Value::Another(false));
    let (restored, lost) = Filling::restore(filling.form().clone(), sunday(), &filling.snapshot());
    assert!(lost.is_empty());
    assert_eq!(restored.steps(), filling.steps());
    assert_eq!(restored.answers(), filling.answers());
    let xml = |f: &Filling| {
        f.instance_xml(&Meta {
            instance_id: "uuid:1".into(),
        })
    };
    assert_eq!(xml(&restored), xml(&filling));
    assert_eq!(xml(&filling).matches("<member>").count(), 2);
}

#[test]
fn there_is_an_end_to_adding() {
    let mut filling = fill(
        "| survey |\n| | type | name | label |\n| | begin_repeat | r | R |\n| | text | a | A |\n| | end_repeat | | |\n",
    );
    for entry in 2..=100 {
        set(
            &mut filling,
            &format!("/data/r[{entry}]"),
            Value::Another(true),
        );
    }
    let problem = filling
        .set("/data/r[101]", Value::Another(true))
        .expect_err("enough");
    assert_eq!(problem.kind, ProblemKind::TooMany);
    assert!(
        filling.set("/data/r[7]", Value::Another(true)).is_err(),
        "no such page"
    );
}

const COUNTED: &str = "
| survey |
| | type | name | label | repeat_count | calculation |
| | integer | n | How many? | | |
| | begin_repeat | child | Child | ${n} | |
| | text | name | Name | | |
| | begin_repeat | school | School | string-length(${name}) + 1 | |
| | text | where | Where does ${name} go? | | |
| | end_repeat | | | | |
| | end_repeat | | | | |
| | calculate | names | | | join(',', ${name}) |
| | note | last | ${names} | | |
";

#[test]
fn counted_entries_follow_the_count_and_keep_what_was_said() {
    let mut filling = fill(COUNTED);
    assert_eq!(paths(&filling), ["/data/n", "/data/last"]);
    set(&mut filling, "/data/n", Value::Integer(2));
    assert_eq!(
        paths(&filling),
        [
            "/data/n",
            "/data/child[1]/name",
            "/data/child[1]/school[1]/where",
            "/data/child[2]/name",
            "/data/child[2]/school[1]/where",
            "/data/last"
        ]
    );
    set(
        &mut filling,
        "/data/child[1]/name",
        Value::Text("甲".into()),
    );
    assert!(filling.is_step("/data/child[1]/school[2]/where"));
    set(
        &mut filling,
        "/data/child[2]/name",
        Value::Text("乙".into()),
    );
    set(
        &mut filling,
        "/data/child[2]/school[2]/where",
        Value::Text("东".into()),
    );
    assert_eq!(text(&filling, "/data/names"), "甲,乙");
    set(&mut filling, "/data/n", Value::Integer(1));
    assert_eq!(text(&filling, "/data/names"), "甲");
    let xml = filling.instance_xml(&Meta {
        instance_id: "uuid:1".into(),
    });
    assert_eq!(xml.matches("<child>").count(), 1);
    let (mut restored, _) = Filling::restore(filling.form().clone(), sunday(), &filling.snapshot());
    set(&mut restored, "/data/n", Value::Integer(2));
    assert_eq!(text(&restored, "/data/child[2]/school[2]/where"), "东");
    let label = restored
        .page("/data/child[2]/school[2]/where", "en")
        .expect("a page")
        .label;
    assert_eq!(label, "Where does 乙 go?");
    assert!(
        restored.remove_entry("/data/child[1]").is_err(),
        "the form counts them"
    );
    set(&mut restored, "/data/n", Value::Integer(100_000));
    assert!(restored.step_count() <= 2 + 100 * 4, "there is a limit");
    set(&mut restored, "/data/n", Value::Integer(-3));
    assert_eq!(paths(&restored), ["/data/n", "/data/last"]);
}

#[test]
fn nested_open_repeats_move_up_together() {
    let markdown = "| survey |\n| | type | name | label |\n\
        | | begin_repeat | a | A |\n| | begin_repeat | b | B |\n| | text | t | T |\n\
        | | end_repeat | | |\n| | end_repeat | | |\n";
    let mut filling = fill(markdown);
    set(&mut filling, "/data/a[1]/b[2]", Value::Another(true));
    set(&mut filling, "/data/a[1]/b[3]", Value::Another(false));
    set(&mut filling, "/data/a[2]", Value::Another(true));
    set(&mut filling, "/data/a[2]/b[2]", Value::Another(true));
    set(&mut filling, "/data/a[2]/b[2]/t", Value::Text("x".into()));
    filling.remove_entry("/data/a[1]").expect("taken out");
    assert_eq!(
        paths(&filling),
        [
            "/data/a[1]/b[1]/t",
            "/data/a[1]/b[2]/t",
            "/data/a[1]/b[3]",
            "/data/a[2]"
        ]
    );
    assert_eq!(text(&filling, "/data/a[1]/b[2]/t"), "x");
    assert!(
        !filling.steps()[2].answered,
        "its own question is still open"
    );
}
