//! The recorded cases of an outside test suite of XPath as form engines have it.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use onedoor_forms::xpath::{
    Clock, Env, EvalError, NoHost, NoReferences, NodeRef, NodeType, Tree, TreeId, XValue, parse,
};
use serde_json::Value as Json;

use crate::support::cases;

/// What one case came to.
enum Outcome {
    Passed,
    Refused(String),
    Wrong(String),
}

#[test]
fn recorded_expressions_give_the_recorded_results() {
    let Some(folder) = cases() else { return };
    let text =
        std::fs::read_to_string(folder.join("xpath/cases.json")).expect("cases are readable");
    let all: Vec<Json> = serde_json::from_str(&text).expect("cases are JSON");
    let (mut passed, mut refused, mut wrong, mut not_assertable) = (0, Vec::new(), Vec::new(), 0);
    for case in &all {
        if case["nondet"].as_bool() == Some(true) || case.get("other").is_some() {
            not_assertable += 1;
            continue;
        }
        match run(case) {
            Outcome::Passed => passed += 1,
            Outcome::Refused(why) => refused.push(why),
            Outcome::Wrong(why) => wrong.push(why),
        }
    }
    println!(
        "xpath cases: {passed} passed, {} refused by name, {} wrong, {not_assertable} not assertable",
        refused.len(),
        wrong.len()
    );
    for line in refused.iter().chain(&wrong) {
        println!("  {line}");
    }
    assert!(wrong.is_empty(), "{} wrong results", wrong.len());
    let assertable = passed + refused.len();
    assert!(
        passed * 100 >= assertable * 99,
        "only {passed} of {assertable} passed"
    );
}

fn run(case: &Json) -> Outcome {
    let source = case["expr"].as_str().expect("an expression");
    let document = case["xml"].as_str();
    let (tree, by_path) = read(document);
    let context = case["ctx"].as_str().expect("a context");
    let describe = |got: &str| format!("{source} at {context} gave {got}: {case}");
    let node = match by_path.get(context) {
        Some(node) => *node,
        None => return Outcome::Wrong(describe("no context node")),
    };
    let expects_error = case.get("throws").is_some();
    let expr = match parse(source, &NoReferences) {
        Ok(expr) => expr,
        Err(_) if expects_error => return Outcome::Passed,
        Err(errors) => return Outcome::Refused(describe(&format!("{errors:?}"))),
    };
    let names = BTreeMap::new();
    let now: DateTime = "2026-11-22T09:48:17".parse().expect("a time");
    let clock = Clock {
        today: Some(now.date()),
        now: Some(now),
        offset: Offset::from_seconds(-7 * 3600).expect("an offset"),
    };
    let env = Env::new(vec![&tree], &names, clock, &NoHost);
    let value = match env.evaluate(&expr, NodeRef::main(node)) {
        Ok(_) if expects_error => return Outcome::Wrong(describe("a value, not an error")),
        Err(_) if expects_error => return Outcome::Passed,
        Ok(value) => value,
        Err(error @ EvalError::UnknownFunction(_)) => {
            return Outcome::Refused(describe(&error.to_string()));
        }
        Err(error) => return Outcome::Wrong(describe(&error.to_string())),
    };
    let (good, got) = judge(case, &env, &value, &by_path);
    if good {
        Outcome::Passed
    } else {
        Outcome::Wrong(describe(&got))
    }
}

fn judge(
    case: &Json,
    env: &Env<'_>,
    value: &XValue,
    by_path: &BTreeMap<String, TreeId>,
) -> (bool, String) {
    if let Some(expected) = case.get("bool").and_then(Json::as_bool) {
        let got = env.boolean(value);
        return (got == expected, got.to_string());
    }
    if let Some(expected) = case.get("number").and_then(Json::as_str) {
        let got = env.number(value).expect("a number");
        let expected: f64 = match expected {
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            other => other.parse().expect("a number"),
        };
        return (
            got == expected || (got.is_nan() && expected.is_nan()),
            got.to_string(),
        );
    }
    if let Some(expected) = case.get("string").and_then(Json::as_str) {
        let got = env.text(value).expect("a text");
        return (got == expected, format!("{got:?}"));
    }
    let expected: Vec<NodeRef> = case["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .map(|p| NodeRef::main(by_path[p.as_str().expect("a path")]))
        .collect();
    match value {
        XValue::Nodes(nodes) => (*nodes == expected, format!("{nodes:?}")),
        _ => (false, "no nodes".to_string()),
    }
}

/// A document as a tree, with each node's child-index path (attributes as `/@name`).
fn read(document: Option<&str>) -> (Tree, BTreeMap<String, TreeId>) {
    let Some(document) = document else {
        return (Tree::new(), BTreeMap::from([("/".to_string(), Tree::ROOT)]));
    };
    // The document type counts as the first child in the recorded paths.
    let first = usize::from(document.trim_start().starts_with("<!DOCTYPE"));
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..Default::default()
    };
    let parsed = roxmltree::Document::parse_with_options(document, options).expect("a document");
    let mut tree = Tree::new();
    let mut paths = BTreeMap::from([("/".to_string(), Tree::ROOT)]);
    for (index, child) in parsed.root().children().enumerate() {
        copy(
            child,
            Tree::ROOT,
            format!("/{}", index + first),
            &mut tree,
            &mut paths,
        );
    }
    (tree, paths)
}

fn copy(
    node: roxmltree::Node<'_, '_>,
    parent: TreeId,
    path: String,
    tree: &mut Tree,
    paths: &mut BTreeMap<String, TreeId>,
) {
    let text = node.text().unwrap_or_default();
    let id = match node.node_type() {
        roxmltree::NodeType::Element => {
            let name = node.tag_name().name();
            tree.append(parent, NodeType::Element, name, "")
        }
        roxmltree::NodeType::Text => tree.append(parent, NodeType::Text, "", text),
        roxmltree::NodeType::Comment => tree.append(parent, NodeType::Comment, "", text),
        roxmltree::NodeType::PI => {
            let pi = node.pi().expect("an instruction");
            tree.append(
                parent,
                NodeType::Instruction,
                pi.target,
                pi.value.unwrap_or_default(),
            )
        }
        roxmltree::NodeType::Root => return,
    };
    paths.insert(path.clone(), id);
    for attribute in node.attributes() {
        let at = tree.append(id, NodeType::Attribute, attribute.name(), attribute.value());
        paths.insert(format!("{path}/@{}", attribute.name()), at);
    }
    for (index, child) in node.children().enumerate() {
        copy(child, id, format!("{path}/{index}"), tree, paths);
    }
}
