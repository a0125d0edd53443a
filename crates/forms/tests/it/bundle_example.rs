//! The example station, whole: compiled, signed, opened, and its first service filled in by scripted persons.

use std::path::Path;

use jiff::civil::date;
use onedoor_forms::form::NodeKind;
use onedoor_forms::station::code;
use onedoor_forms::{Meta, PageKind, Value};

use crate::example_support::{
    answer, filling, identify_old, message, one, opened, text, walk, without_clock,
};
use crate::station_support::{example, line_of, make, replace};

const SERVICE: &str = "cross-province-medical";

#[test]
fn the_example_makes_the_same_bundle_twice() {
    assert!(make(&example()).unwrap().bytes == make(&example()).unwrap().bytes);
}

#[test]
fn a_person_who_goes_to_hospital_in_sichuan_gets_to_the_end() {
    let mut filling = filling(SERVICE);
    identify_old(&mut filling);
    walk(
        &mut filling,
        &[
            ("full_name", text("陈秀英")),
            ("insured_here", one("yes")),
            ("insured_township", one("990101001")),
            ("insured_village", one("990101001001")),
            ("region", one("southwest")),
            ("province", one("sichuan")),
            ("city", text("成都，华西医院")),
            ("reason", one("transfer")),
            ("care", one("inpatient")),
            ("transfer_letter", one("no")),
            ("start_date", Value::Date(date(2026, 11, 30))),
            ("phone", text("13900000000")),
            ("companion", Value::Empty),
            ("consent", Value::Acknowledged),
        ],
    );
    assert!(filling.problems().is_empty());
    assert!(filling.pending().is_empty());
    assert_eq!(
        answer(&filling, "/data/id_number"),
        Some(text("990101194506120026"))
    );
    let xml = filling.instance_xml(&Meta {
        instance_id: "uuid:0".to_owned(),
    });
    for piece in [
        "<id_number>990101194506120026</id_number>",
        "<birth_date>1945-06-12</birth_date>",
        "<insured_village>990101001001</insured_village>",
        "<province>sichuan</province>",
        "<kind>temporary</kind>",
        "<destination>四川</destination>",
        "<start_date>2026-11-30</start_date>",
    ] {
        assert!(xml.contains(piece), "{piece} is not in\n{xml}");
    }
    assert!(!xml.contains("<residence_proof>permit"), "{xml}");
    let said = filling.read_back("en");
    let province = said.iter().find(|r| r.path.ends_with("/province")).unwrap();
    assert_eq!(province.text, "Sichuan");
    assert_eq!(province.image.as_deref(), Some("province-sichuan.svg"));
}

#[test]
fn who_lives_there_for_long_is_asked_for_proof_or_a_pledge() {
    let mut filling = filling(SERVICE);
    identify_old(&mut filling);
    walk(
        &mut filling,
        &[
            ("full_name", text("王强")),
            ("insured_here", one("no")),
            ("insured_elsewhere", text("青河县")),
            ("region", one("east")),
            ("province", one("shanghai")),
            ("city", Value::Empty),
            ("reason", one("living")),
            ("start_date", Value::Date(date(2026, 3, 1))),
            ("months", Value::Integer(99)),
            ("residence_proof", one("none")),
            ("pledge", Value::Acknowledged),
            ("phone", Value::Empty),
            ("companion", text("王小明")),
            ("consent", Value::Acknowledged),
        ],
    );
    assert!(filling.problems().is_empty());
    assert_eq!(answer(&filling, "/data/trip/kind"), Some(text("long")));
    // The chain falls away with its cause: a stay of five months needs no proof.
    filling.set("/data/trip/months", Value::Integer(5)).unwrap();
    let steps: Vec<String> = filling.steps().into_iter().map(|s| s.path).collect();
    assert!(
        !steps
            .iter()
            .any(|p| p.ends_with("/residence_proof") || p.ends_with("/pledge"))
    );
    assert_eq!(answer(&filling, "/data/trip/kind"), Some(text("temporary")));
}

#[test]
fn who_is_not_sure_is_told_that_a_person_will_ask() {
    let mut filling = filling(SERVICE);
    filling.set("/data/trip/reason", one("unsure")).unwrap();
    let note = filling.page("/data/trip/unsure_note", "zh-CN").unwrap();
    assert_eq!(note.kind, PageKind::Note);
    assert_eq!(note.label, "不清楚，没关系。");
}

#[test]
fn a_wrong_answer_is_explained_in_both_languages() {
    let mut filling = filling(SERVICE);
    let path = "/data/contact/phone";
    assert_eq!(
        message(&mut filling, path, text("1234"), "zh-CN").as_deref(),
        Some("号码好像不对，请再看一遍。")
    );
    assert_eq!(
        message(&mut filling, path, text("1234"), "en").as_deref(),
        Some("The number does not look right. Please check it.")
    );
    assert_eq!(
        message(&mut filling, path, text("0900-0000001"), "en"),
        None
    );
    let path = "/data/trip/start_date";
    for (day, right) in [
        (date(2026, 11, 22), true),
        (date(2025, 11, 22), true),
        (date(2025, 11, 20), false),
        (date(2027, 11, 23), true),
        (date(2027, 11, 25), false),
    ] {
        let said = message(&mut filling, path, Value::Date(day), "en");
        assert_eq!(said.is_none(), right, "{day}: {said:?}");
    }
}

#[test]
fn without_a_trusted_clock_any_start_date_is_taken_and_stays_pending() {
    let mut filling = without_clock(SERVICE);
    let change = filling
        .set("/data/trip/start_date", Value::Date(date(2020, 1, 1)))
        .unwrap();
    assert!(change.problems.is_empty());
    assert!(!filling.pending().is_empty());
}

#[test]
fn every_province_is_reached_over_six_tiles_at_most() {
    let mut filling = filling(SERVICE);
    let regions = filling.page("/data/trip/region", "zh-CN").unwrap().choices;
    assert_eq!(regions.len(), 6);
    let mut provinces = Vec::new();
    for region in &regions {
        filling
            .set("/data/trip/region", one(&region.value))
            .unwrap();
        let page = filling.page("/data/trip/province", "zh-CN").unwrap();
        assert!((1..=6).contains(&page.choices.len()), "{}", region.value);
        provinces.extend(page.choices.into_iter().map(|c| c.value));
    }
    provinces.sort();
    provinces.dedup();
    assert_eq!(provinces.len(), 31);
}

#[test]
fn every_picture_of_every_page_and_tile_is_in_the_bundle() {
    let (bytes, bundle) = opened();
    let mut seen = 0;
    for (service, form) in &bundle.forms {
        let pages = form
            .nodes
            .iter()
            .filter(|n| matches!(n.kind, NodeKind::Page(_)))
            .map(|n| (&n.name, &n.texts));
        let tiles = form
            .lists
            .values()
            .flat_map(|l| l.items.iter().map(|i| (&i.name, &i.texts)));
        for (what, texts) in pages.chain(tiles) {
            assert_eq!(texts.image.len(), 2, "{service}: {what}");
            for name in texts.image.iter() {
                let name = name
                    .as_ref()
                    .unwrap_or_else(|| panic!("{service}: {what} has no picture"));
                let path = bundle
                    .picture(Some(service), name)
                    .unwrap_or_else(|| panic!("{name}"));
                assert!(
                    bundle
                        .file(bytes, &path)
                        .is_some_and(|b| b.starts_with(b"<svg")),
                    "{path}"
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 400, "{seen}");
    for service in bundle.station.services.values() {
        assert!(
            bundle
                .picture(Some(&service.id), &service.picture)
                .is_some()
        );
        for paper in &service.papers {
            assert!(bundle.picture(Some(&service.id), &paper.picture).is_some());
        }
    }
}

#[test]
fn faults_of_form_and_station_are_said_together_with_their_lines() {
    let mut files = example();
    let path = "services/cross-province-medical/form.md";
    let label = "算哪个村的？ | Which village?";
    replace(&mut files, path, label, "算哪个村的？ |  ");
    replace(
        &mut files,
        path,
        "鱼湾村 | Yuwan Village",
        "渔湾村 | Yuwan Village",
    );
    replace(
        &mut files,
        path,
        "province-sichuan.svg",
        "province-sichuam.svg",
    );
    replace(&mut files, path, "自己想去看", "自己很想去外面看一看");
    replace(
        &mut files,
        path,
        "profile.insured_village",
        "profile.wealth",
    );
    replace(
        &mut files,
        "staff.toml",
        "person = \"wang-qiang\"",
        "person = \"nobody\"",
    );
    let problems = make(&files).unwrap_err();
    let line = |what: &str| line_of(&files, path, what);
    let expected = [
        (code::FORM_TEXT, path, line("算哪个村的？")),
        (code::UNKNOWN_REFERENCE, path, line("profile.wealth")),
        (code::BAD_VALUE, path, line("渔湾村")),
        (code::MISSING_PICTURE, path, line("sichuam")),
        (code::TOO_LONG, path, line("自己很想去外面看一看")),
        (
            code::UNKNOWN_REFERENCE,
            "staff.toml",
            line_of(&files, "staff.toml", "person = \"nobody\""),
        ),
    ];
    for (code, file, line) in expected {
        assert!(
            problems
                .list()
                .iter()
                .any(|p| p.code == code && p.file == file && p.line == line),
            "{code} {file}:{line} is not among\n{problems}"
        );
    }
    assert_eq!(problems.list().len(), expected.len(), "{problems}");
}

#[test]
fn an_expression_outside_the_subset_is_refused_with_the_forms_own_code() {
    let mut files = example();
    let path = "services/cross-province-medical/form.md";
    replace(
        &mut files,
        path,
        "${kind} = 'long'",
        "${kind} = pulldata('a', 'b', 'c', 'd')",
    );
    let problems = make(&files).unwrap_err();
    let problem = &problems.list()[0];
    assert_eq!(
        (problem.code.as_str(), problem.file.as_str()),
        ("FRM-031", path)
    );
    assert_eq!(problem.line, line_of(&files, path, "pulldata"));
}

#[test]
fn a_spreadsheets_faults_name_sheet_row_and_column() {
    let cases = std::env::var_os("ONEDOOR_CASES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases"),
        Into::into,
    );
    let Ok(book) = std::fs::read(cases.join("xlsform/own-subsidy_claim.xlsx")) else {
        println!("skipped: no ../shared/cases");
        return;
    };
    let mut files = example();
    files.insert("services/home-visit/form.xlsx".to_owned(), book);
    let path = "services/home-visit/service.toml";
    replace(
        &mut files,
        path,
        "route = \"person\"",
        "route = \"machine\"",
    );
    let problems = make(&files).unwrap_err();
    assert!(!problems.is_empty());
    for problem in problems.list() {
        assert_eq!(problem.file, "services/home-visit/form.xlsx");
        assert_eq!(
            (problem.line, problem.column),
            (0, 0),
            "a spreadsheet has cells, not lines"
        );
    }
    assert!(
        problems.list().iter().any(|p| p.what.contains("row ")),
        "{problems}"
    );
}
