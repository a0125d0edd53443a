//! Outside workbooks: instance paths as pyxform has them, or refusals that name the cell.

use std::collections::BTreeMap;
use std::path::Path;

use onedoor_forms::form::NodeKind;
use onedoor_forms::{Code, Faults, Form, compile, read_workbook};

use crate::support::cases;

fn open(folder: &Path, file: &str) -> Result<Form, Faults> {
    let bytes = std::fs::read(folder.join("xlsform").join(file)).expect("the workbook is there");
    let stem = file.split('.').next().unwrap_or(file);
    compile(&read_workbook(&bytes)?, stem, &BTreeMap::new())
}

/// Element paths of the main instance that pyxform wrote.
fn pyxform_paths(folder: &Path, file: &str) -> Vec<String> {
    let text =
        std::fs::read_to_string(folder.join("xlsform").join(file)).expect("the XForm is there");
    let document = roxmltree::Document::parse(&text).expect("an XForm");
    let instance = document
        .descendants()
        .find(|n| n.has_tag_name("instance") || n.tag_name().name() == "instance")
        .expect("an instance");
    let mut paths = Vec::new();
    let mut stack: Vec<(roxmltree::Node<'_, '_>, String)> = instance
        .children()
        .filter(|c| c.is_element())
        .map(|c| (c, String::new()))
        .collect();
    while let Some((node, around)) = stack.pop() {
        let path = format!("{around}/{}", node.tag_name().name());
        let inner: Vec<_> = node.children().filter(|c| c.is_element()).collect();
        stack.extend(inner.into_iter().rev().map(|c| (c, path.clone())));
        paths.push(path);
    }
    paths
}

#[test]
fn instance_paths_are_those_of_pyxform() {
    let Some(folder) = cases() else { return };
    for (file, xform) in [
        ("01-yes_or_no_question.xls", "01-yes_or_no_question.xls.xml"),
        (
            "10-choice_filter_test.xlsx",
            "10-choice_filter_test.xlsx.xml",
        ),
        (
            "33-spaces_in_choices_header.xls",
            "33-spaces_in_choices_header.xls.xml",
        ),
        ("own-subsidy_claim.xlsx", "own-subsidy_claim.xml"),
    ] {
        let form = open(&folder, file).unwrap_or_else(|faults| panic!("{file}:\n{faults}"));
        let paths: Vec<String> = form.nodes.iter().map(|n| n.path.clone()).collect();
        assert_eq!(paths, pyxform_paths(&folder, xform), "{file}");
        println!(
            "{file}: {} paths equal, {} notes",
            paths.len(),
            form.notes.len()
        );
        for note in &form.notes {
            println!("  note: {note}");
        }
    }
}

#[test]
fn other_workbooks_are_refused_by_name_with_sheet_row_and_column() {
    let Some(folder) = cases() else { return };
    for (file, code, sheet, row, column, word) in [
        (
            "03-or_other.xlsx",
            Code::UnknownReference,
            "survey",
            3,
            "D",
            "yes",
        ),
        (
            "17-pull_data.xlsx",
            Code::FunctionRefused,
            "survey",
            2,
            "D",
            "pulldata",
        ),
        (
            "20-xlsform_spec_test.xlsx",
            Code::TypeRefused,
            "survey",
            0,
            "A",
            "geopoint",
        ),
        (
            "31-duplicate_columns.xlsx",
            Code::DuplicateColumn,
            "survey",
            1,
            "E",
            "label",
        ),
    ] {
        let faults = open(&folder, file).expect_err("refused");
        println!("{file}: {} faults", faults.0.len());
        for fault in &faults.0 {
            println!("  {fault}");
            assert!(!fault.sheet.is_empty() && !fault.what.is_empty() && !fault.fix.is_empty());
        }
        let found = faults.0.iter().any(|f| {
            f.code == code
                && f.sheet == sheet
                && (row == 0 || f.row == row)
                && f.column == column
                && f.what.contains(word)
        });
        assert!(
            found,
            "{file}: no {code} at {sheet} {column}{row} that names {word}"
        );
    }
}

#[test]
fn the_submission_has_the_elements_that_pyxform_gives_it() {
    let Some(folder) = cases() else { return };
    let form = open(&folder, "own-subsidy_claim.xlsx").expect("accepted");
    assert!(
        form.nodes
            .iter()
            .any(|n| n.kind == NodeKind::Meta && n.name == "instanceName")
    );
    let context = onedoor_forms::Context::without_clock(jiff::tz::Offset::UTC);
    let filling = onedoor_forms::Filling::new(form.into(), context);
    let xml = filling.instance_xml(&onedoor_forms::Meta {
        instance_id: "uuid:1".to_string(),
    });
    let document = roxmltree::Document::parse(&xml).expect("well-formed");
    let names: Vec<&str> = document
        .root_element()
        .descendants()
        .filter(|n| n.is_element())
        .map(|n| n.tag_name().name())
        .collect();
    let expected: Vec<String> = pyxform_paths(&folder, "own-subsidy_claim.xml")
        .iter()
        .map(|p| p.rsplit('/').next().unwrap_or_default().to_string())
        .collect();
    assert_eq!(names, expected);
    assert_eq!(
        document.root_element().attribute("id"),
        Some("subsidy_claim")
    );
    assert_eq!(
        document.root_element().attribute("version"),
        Some("2026092301")
    );
}
