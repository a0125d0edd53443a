//! What is refused, by name and with its cell, and all of it at once.

use onedoor_forms::form::{ChoiceSource, DefaultValue, NodeKind};
use onedoor_forms::{Code, Fault, PageKind};

use crate::support::{form, try_form};

fn faults(markdown: &str) -> Vec<Fault> {
    match try_form(
        markdown,
        &[("t.csv", "name,label,x\n1,one,2\n"), ("bad.csv", "a,a\n")],
    ) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.0,
    }
}

/// One row under a header of type, name, label and one more column; its faults must be exactly one.
fn one(header: &str, row: &str) -> Fault {
    let markdown = format!(
        "| survey |\n| | type | name | label | {header} |\n{row}\n\
         | | select_one yn | s | S | |\n| | image | pic | P | |\n\
         | choices |\n| | list_name | name | label | col |\n| | yn | yes | Yes | 1 |\n| | yn | no | No | 2 |\n"
    );
    let found = faults(&markdown);
    assert_eq!(found.len(), 1, "{header} {row}: {found:#?}");
    found.into_iter().next().expect("one fault")
}

#[test]
fn each_fault_names_its_cell() {
    let cases = [
        (
            "hint",
            "| | geopoint | a | A | |",
            Code::TypeRefused,
            "A",
            "geopoint",
        ),
        ("hint", "| | txt | a | A | |", Code::UnknownType, "A", "txt"),
        ("hint", "| | text | 1a | A | |", Code::BadName, "B", "1a"),
        ("hint", "| | text | | A | |", Code::BadName, "B", "no name"),
        (
            "hint",
            "| | text | a | | |",
            Code::MissingLabel,
            "B",
            "label",
        ),
        (
            "hint",
            "| | begin_group | a | A | |",
            Code::Unbalanced,
            "A",
            "not closed",
        ),
        (
            "hint",
            "| | end_group | | | |",
            Code::Unbalanced,
            "A",
            "no group is open",
        ),
        (
            "hint",
            "| | select_one nope | a | A | |",
            Code::UnknownList,
            "A",
            "nope",
        ),
        (
            "hint",
            "| | select_one | a | A | |",
            Code::UnknownList,
            "A",
            "no list",
        ),
        (
            "hint",
            "| | text | a | A ${b} | |",
            Code::UnknownReference,
            "C",
            "${b}",
        ),
        (
            "hint",
            "| | text | a | A ${pci} | |",
            Code::UnknownReference,
            "C",
            "is pic meant",
        ),
        (
            "hint",
            "| | text | a | A | ${a |",
            Code::UnknownReference,
            "D",
            "not closed",
        ),
        (
            "trigger",
            "| | text | a | A | ${s} |",
            Code::FeatureRefused,
            "D",
            "trigger",
        ),
        (
            "parameters",
            "| | text | a | A | seed=3 |",
            Code::FeatureRefused,
            "D",
            "seed",
        ),
        (
            "appearance",
            "| | text | a | A | ex:app |",
            Code::FeatureRefused,
            "D",
            "ex:app",
        ),
        (
            "default",
            "| | integer | a | A | many |",
            Code::BadDefault,
            "D",
            "many",
        ),
        (
            "default",
            "| | date | a | A | 1.2.2026 |",
            Code::BadDefault,
            "D",
            "no date",
        ),
        (
            "default",
            "| | select_one yn | a | A | maybe |",
            Code::BadDefault,
            "D",
            "maybe",
        ),
        (
            "relevant",
            "| | text | a | A | ${s} = |",
            Code::Syntax,
            "D",
            "cannot be read",
        ),
        (
            "relevant",
            "| | text | a | A | ${s} = 'yes |",
            Code::Syntax,
            "D",
            "quotation",
        ),
        (
            "relevant",
            "| | text | a | A | pulldata('x','y','z','w') = 1 |",
            Code::FunctionRefused,
            "D",
            "pulldata",
        ),
        (
            "relevant",
            "| | text | a | A | selected(${s}) |",
            Code::Arguments,
            "D",
            "selected() has 1",
        ),
        (
            "relevant",
            "| | text | a | A | ${s} = 'maybe' |",
            Code::UnknownChoice,
            "D",
            "maybe",
        ),
        (
            "relevant",
            "| | text | a | A | selected(${s}, 'ja') |",
            Code::UnknownChoice,
            "D",
            "ja",
        ),
        (
            "relevant",
            "| | text | a | A | ${pic} > 3 |",
            Code::TypeError,
            "D",
            "a picture",
        ),
        (
            "relevant",
            "| | text | a | A | 'x' + 1 = 2 |",
            Code::TypeError,
            "D",
            "'x'",
        ),
        (
            "relevant",
            "| | text | a | A | count(1) = 2 |",
            Code::TypeError,
            "D",
            "count()",
        ),
        (
            "relevant",
            "| | text | a | A | concat('a') |",
            Code::TypeError,
            "D",
            "text",
        ),
        (
            "relevant",
            "| | text | a | A | /data/nope = 1 |",
            Code::UnknownReference,
            "D",
            "nope",
        ),
        (
            "relevant",
            "| | text | a | A | nope = 1 |",
            Code::UnknownReference,
            "D",
            "nope",
        ),
        (
            "relevant",
            "| | text | a | A | instance('t')/root/item = 1 |",
            Code::UnknownReference,
            "D",
            "'t'",
        ),
        (
            "relevant",
            "| | text | a | A | instance('yn')/item = 1 |",
            Code::UnknownReference,
            "D",
            "root/item",
        ),
        (
            "relevant",
            "| | text | a | A | instance('yn')/root/item[colour=1]/name = 1 |",
            Code::UnknownReference,
            "D",
            "colour",
        ),
        (
            "relevant",
            "| | text | a | A | ${a} = 'x' |",
            Code::Cycle,
            "D",
            "relevant of a",
        ),
        (
            "calculation",
            "| | calculate | a | | ${a} + 1 |",
            Code::Cycle,
            "D",
            "calculation of a",
        ),
        (
            "constraint",
            "| | text | a | A | regex(., '(') |",
            Code::TypeError,
            "D",
            "regular",
        ),
        (
            "calculation",
            "| | calculate | a | | jr:choice-name(${pic}, '${pic}') |",
            Code::TypeError,
            "D",
            "select",
        ),
        (
            "calculation",
            "| | calculate | a | | |",
            Code::Syntax,
            "D",
            "no calculation",
        ),
        (
            "calculation",
            "| | calculate | a | | ${last-saved#s} |",
            Code::UnknownReference,
            "D",
            "last saved",
        ),
        (
            "calculation",
            "| | calculate | a | | date('tomorrow') |",
            Code::TypeError,
            "D",
            "tomorrow",
        ),
        (
            "choice_filter",
            "| | select_one yn | a | A | size = 1 |",
            Code::UnknownReference,
            "D",
            "size",
        ),
        (
            "choice_filter",
            "| | text | a | A | col = 1 |",
            Code::FeatureRefused,
            "D",
            "no select",
        ),
        (
            "required",
            "| | note | a | A | yes |",
            Code::TypeError,
            "D",
            "note",
        ),
        (
            "media::video",
            "| | text | a | A | v.mp4 |",
            Code::FeatureRefused,
            "D",
            "video",
        ),
    ];
    for (header, row, code, column, word) in cases {
        let fault = one(header, row);
        assert_eq!(
            (fault.code, fault.column.as_str()),
            (code, column),
            "{row}: {fault}"
        );
        assert_eq!(
            (fault.sheet.as_str(), fault.row, fault.line),
            ("survey", 2, Some(3)),
            "{row}: {fault}"
        );
        assert!(fault.what.contains(word), "{row}: {fault}");
    }
}

#[test]
fn a_name_is_taken_only_in_its_own_group() {
    let markdown = |name: &str| {
        format!(
            "| survey |\n| | type | name | label |\n| | text | a | A |\n| | begin_group | g | G |\n\
             | | text | a | A |\n| | end_group | | |\n| | text | {name} | B |\n"
        )
    };
    assert!(faults(&markdown("b")).is_empty());
    let found = faults(&markdown("a"));
    assert_eq!(
        (found[0].code, found[0].row, found[0].column.as_str()),
        (Code::DuplicateName, 6, "B")
    );
    let found = faults(&markdown("b").replace("| A |", "| A ${a} |"));
    assert!(
        found
            .iter()
            .all(|f| f.code == Code::UnknownReference && f.what.contains("2 questions"))
    );
}

#[test]
fn headers_are_refused_in_the_header_row() {
    let cases = [
        ("lable", Code::UnknownColumn),
        ("name", Code::DuplicateColumn),
        ("bind::kiosk:reuse", Code::Namespace),
        ("label::English (en)", Code::Untranslated),
    ];
    for (header, code) in cases {
        let markdown =
            format!("| survey |\n| | type | name | label | {header} |\n| | text | a | A | A |\n");
        let found = faults(&markdown);
        assert_eq!(found.len(), 1, "{header}: {found:?}");
        assert_eq!((found[0].code, found[0].row), (code, 1), "{header}");
    }
    let found = faults("| survey |\n| | type | label |\n| | note | A |\n");
    assert!(
        found.iter().any(|f| f.code == Code::MissingColumn),
        "{found:?}"
    );
}

#[test]
fn choices_and_settings_are_checked_too() {
    let survey = "| survey |\n| | type | name | label |\n| | select_one l | a | A |\n";
    let check = |rest: &str, code, sheet: &str, row, column: &str| {
        let found = faults(&format!("{survey}{rest}"));
        assert!(
            found
                .iter()
                .any(|f| f.code == code && f.sheet == sheet && f.row == row && f.column == column),
            "{rest}: {found:#?}"
        );
    };
    let list = "| choices |\n| | list_name | name | label |\n| | l | x | X |\n";
    check(
        &format!("{list}| | l | x | Y |\n"),
        Code::DuplicateChoice,
        "choices",
        3,
        "B",
    );
    check(
        &format!("{list}| | l | | Y |\n"),
        Code::BadChoice,
        "choices",
        3,
        "B",
    );
    check(
        &format!("{list}| | l | a b | Y |\n"),
        Code::BadChoice,
        "choices",
        3,
        "B",
    );
    check(
        &format!("{list}| | | y | Y |\n"),
        Code::BadChoice,
        "choices",
        3,
        "A",
    );
    check(
        &format!("{list}| | l | y | |\n"),
        Code::MissingLabel,
        "choices",
        3,
        "B",
    );
    check(
        "| choices |\n| | name | label |\n| | x | X |\n",
        Code::MissingColumn,
        "choices",
        1,
        "",
    );
    let settings = |key: &str, value: &str| {
        format!("{list}| settings |\n| | form_id | {key} |\n| | f | {value} |\n")
    };
    check(
        &settings("public_key", "MII"),
        Code::SettingRefused,
        "settings",
        2,
        "B",
    );
    check(
        &settings("namespaces", "kiosk"),
        Code::Namespace,
        "settings",
        2,
        "B",
    );
    check(
        &settings("default_language", "French (fr)")
            .replace("| label |\n| | l", "| label::English (en) |\n| | l"),
        Code::Language,
        "survey",
        0,
        "",
    );
    check(
        &settings("instance_name", "${nope}"),
        Code::UnknownReference,
        "settings",
        2,
        "B",
    );
    check(
        &settings("colour", "red"),
        Code::SettingRefused,
        "settings",
        2,
        "B",
    );
    check(
        &format!("{list}| entities |\n| | dataset |\n| | people |\n"),
        Code::SheetRefused,
        "entities",
        1,
        "",
    );
    assert_eq!(
        faults("| choices |\n| | list_name | name | label |\n")[0].code,
        Code::MissingSheet
    );
}

#[test]
fn all_faults_are_reported_at_once_in_the_order_of_the_sheets() {
    let found = faults(
        "| survey |\n| | type | name | label | relevant | colour |\n\
         | | video | a | A | | |\n| | text | 9 | B | ${x} = ${y} | |\n| | select_one no | c | | foo() | |\n",
    );
    let places: Vec<(u32, &str, Code)> = found
        .iter()
        .map(|f| (f.row, f.column.as_str(), f.code))
        .collect();
    assert_eq!(
        places,
        [
            (1, "E", Code::UnknownColumn),
            (2, "A", Code::TypeRefused),
            (3, "B", Code::BadName),
            (3, "D", Code::UnknownReference),
            (3, "D", Code::UnknownReference),
            (4, "A", Code::UnknownList),
            (4, "B", Code::MissingLabel),
            (4, "D", Code::FunctionRefused),
        ]
    );
    assert!(
        found[0]
            .to_string()
            .starts_with("FRM-005 survey row 1 column E (colour) line 2: ")
    );
}

#[test]
fn a_circle_over_several_rows_names_them_all() {
    let found = faults(
        "| survey |\n| | type | name | label | relevant | calculation |\n\
         | | calculate | a | | | ${b} + 1 |\n| | calculate | b | | | ${c} + 1 |\n| | text | c | C | ${a} > 1 | |\n",
    );
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].code, Code::Cycle);
    for name in ["calculation of a", "calculation of b", "relevant of c"] {
        assert!(found[0].what.contains(name), "{}", found[0]);
    }
    // A group that depends on what is in it is a circle as well.
    let found = faults(
        "| survey |\n| | type | name | label | relevant |\n| | begin_group | g | G | ${q} = 'x' |\n| | text | q | Q | |\n| | end_group | | | |\n",
    );
    assert_eq!(found[0].code, Code::Cycle);
}

#[test]
fn counting_a_repeat_from_inside_is_no_circle() {
    form(
        "| survey |\n| | type | name | label | calculation |\n| | begin_repeat | r | R | |\n| | text | t | T | |\n\
         | | calculate | n | | count(${r}) |\n| | calculate | p | | position(..) |\n\
         | | calculate | q | | sum(${r}[position() < position(current()/..)]/n) |\n| | end_repeat | | | |\n",
    );
}

#[test]
fn an_untranslated_picture_needs_a_default_language() {
    let markdown = |settings: &str| {
        format!(
            "| survey |\n| | type | name | label::English (en) | label::中文 (zh) | image |\n| | text | a | A | 甲 | a.png |\n{settings}"
        )
    };
    let found = faults(&markdown(""));
    assert_eq!(
        (found[0].code, found[0].column.as_str()),
        (Code::Untranslated, "E")
    );
    assert!(found[0].fix.contains("image::English (en)"));
    let settings = "| settings |\n| | default_language |\n| | 中文 (zh) |\n";
    let form = form(&markdown(settings));
    assert_eq!(form.languages[0].tag, "zh");
    assert_eq!(form.nodes[1].texts.image, [Some("a.png".to_string()), None]);
}

#[test]
fn a_circle_free_form_keeps_its_meaning() {
    let form = form(
        "| survey |\n| | type | name | label | default | repeat_count | parameters | disabled |\n\
         | | select_multiple l or specify other | no | No | | | | yes |\n\
         | | select_one l or_other | fav | Fav | | | | |\n\
         | | date | day | Day | today() | | | |\n| | date | fixed | Day | 2020-02-29 | | | |\n\
         | | begin_repeat | r | R | | 2 + 1 | | |\n| | photo | p | P | | | max-pixels=1600 | |\n| | end_repeat | | | | | | |\n\
         | choices |\n| | list name | name | label |\n| | l | x | X |\n",
    );
    let paths: Vec<&str> = form.nodes.iter().map(|n| n.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/data",
            "/data/fav",
            "/data/fav_other",
            "/data/day",
            "/data/fixed",
            "/data/r_count",
            "/data/r",
            "/data/r/p",
            "/data/meta",
            "/data/meta/instanceID"
        ]
    );
    assert!(matches!(
        form.nodes[3].default,
        Some(DefaultValue::FirstLoad(_))
    ));
    assert_eq!(
        form.nodes[4].default,
        Some(DefaultValue::Fixed("2020-02-29".to_string()))
    );
    assert_eq!(form.nodes[7].kind, NodeKind::Page(PageKind::Image));
    assert_eq!(form.nodes[7].parameters["max-pixels"], "1600");
    assert_eq!(form.lists["l"].items.len(), 2);
    assert!(matches!(
        form.nodes[1].choices.as_ref().expect("choices").source,
        ChoiceSource::List(_)
    ));
    assert_eq!(form.id, "test");
}

#[test]
fn tables_are_checked() {
    let with = |file: &str, more: &str| {
        faults(&format!(
            "| survey |\n| | type | name | label | parameters | choice_filter |\n| | select_one_from_file {file} | a | A | {more} |\n"
        ))
    };
    assert!(with("t.csv", " | ").is_empty());
    assert!(with("t.csv", "value=x label=x | x = 1").is_empty());
    assert_eq!(with("t.csv", "value=y | ")[0].code, Code::Csv);
    assert_eq!(with("t.csv", " | y = 1")[0].code, Code::UnknownReference);
    assert_eq!(with("none.csv", " | ")[0].code, Code::Csv);
    assert_eq!(with("bad.csv", " | ")[0].code, Code::Csv);
    assert_eq!(with("t.geojson", " | ")[0].code, Code::Csv);
}

#[test]
fn too_much_is_refused_not_endured() {
    let rows: String = (0..2_100)
        .map(|i| format!("| | text | q{i} | Q |\n"))
        .collect();
    let found = faults(&format!("| survey |\n| | type | name | label |\n{rows}"));
    assert_eq!(found[0].code, Code::TooLarge);
    let deep: String = (0..40)
        .map(|i| format!("| | begin_group | g{i} | G |\n"))
        .collect();
    let ends: String = (0..40)
        .map(|_| "| | end_group | | |\n".to_string())
        .collect();
    let found = faults(&format!(
        "| survey |\n| | type | name | label |\n{deep}| | text | t | T |\n{ends}"
    ));
    assert!(found.iter().all(|f| f.code == Code::TooLarge) && !found.is_empty());
    let long = format!("1{}", " + 1".repeat(500));
    let found = faults(&format!(
        "| survey |\n| | type | name | label | calculation |\n| | calculate | a | | {long} |\n"
    ));
    assert_eq!(found[0].code, Code::TooLarge);
}

#[test]
fn nested_wildcards_do_not_take_for_ever() {
    let rows: String = (0..40)
        .map(|i| format!("| | text | q{i} | Q | |\n"))
        .collect();
    let nested = format!("{}1{}", "//*[".repeat(20), "]".repeat(20));
    let start = std::time::Instant::now();
    let found = faults(&format!(
        "| survey |\n| | type | name | label | calculation |\n{rows}| | calculate | c | | count({nested}) |\n"
    ));
    assert!(found.iter().any(|f| f.code == Code::TooLarge), "{found:?}");
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}
