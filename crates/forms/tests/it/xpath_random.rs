//! Random input: nothing that can be written in a cell brings the program down.

use std::collections::BTreeMap;

use jiff::civil::date;
use jiff::tz::Offset;
use onedoor_forms::xpath::{
    Clock, Env, EvalError, Function, NoHost, NoReferences, NodeRef, Tree, XValue, parse,
};
use onedoor_forms::{Table, compile, read_markdown, read_workbook};
use proptest::prelude::*;

fn evaluate(source: &str) -> Option<Result<XValue, EvalError>> {
    let expr = parse(source, &NoReferences).ok()?;
    let mut tree = Tree::new();
    let root = tree.append(
        Tree::ROOT,
        onedoor_forms::xpath::NodeType::Element,
        "data",
        "",
    );
    for (name, text) in [("a", "1"), ("b", "x y"), ("c", ""), ("a", "2026-11-22")] {
        tree.append_leaf(root, name, text);
    }
    let names = BTreeMap::new();
    let now = date(2026, 11, 22).at(9, 0, 0, 0);
    let clock = Clock {
        today: Some(now.date()),
        now: Some(now),
        offset: Offset::UTC,
    };
    let env = Env::new(vec![&tree], &names, clock, &NoHost);
    let value = env.evaluate(&expr, NodeRef::main(root));
    if let Ok(value) = &value {
        let _ = (env.text(value), env.number(value), env.boolean(value));
    }
    Some(value)
}

/// Words that expressions are made of, so that random ones are often right.
fn word() -> impl Strategy<Value = String> {
    let fixed = [
        "(",
        ")",
        "[",
        "]",
        ",",
        "/",
        "//",
        "..",
        ".",
        "*",
        "+",
        "-",
        "=",
        "!=",
        "<",
        ">=",
        "|",
        "@",
        "::",
        " and ",
        " or ",
        " div ",
        " mod ",
        "a",
        "b",
        "data",
        "'x'",
        "''",
        "1",
        "0.5",
        "9e9",
        "true()",
        "today()",
        "child::",
        "ancestor::",
        "following::",
        "node()",
        "text()",
        "\"2026-11-22\"",
        "$",
        "${a}",
        "村",
    ];
    prop_oneof![
        proptest::sample::select(fixed.to_vec()).prop_map(str::to_string),
        proptest::sample::select(Function::ALL.to_vec()).prop_map(|f| format!("{}(", f.name())),
    ]
}

/// Expressions that are right by construction.
fn expression() -> impl Strategy<Value = String> {
    let leaf = proptest::sample::select(vec![
        "1",
        "'x'",
        "''",
        "a",
        "b",
        "../data/a",
        "/data/*",
        ".",
        "true()",
        "now()",
        "-3",
        "1 div 0",
        "'2026-11-22'",
    ])
    .prop_map(str::to_string);
    leaf.prop_recursive(6, 64, 4, |inner| {
        let op = proptest::sample::select(vec![
            "+", "-", "*", " div ", " mod ", "=", "!=", "<", ">=", " and ", " or ",
        ]);
        // The path in quotation marks of jr:choice-name() is a grammar of its own.
        let calls = Function::ALL
            .iter()
            .copied()
            .filter(|f| *f != Function::ChoiceName);
        let call = proptest::sample::select(calls.collect::<Vec<_>>());
        prop_oneof![
            (inner.clone(), op, inner.clone()).prop_map(|(a, o, b)| format!("({a} {o} {b})")),
            (call, proptest::collection::vec(inner.clone(), 0..7)).prop_map(|(f, arguments)| {
                let (min, max) = f.arguments();
                let count = arguments
                    .len()
                    .clamp(min.min(7), max.min(7))
                    .min(arguments.len());
                format!("{}({})", f.name(), arguments[..count].join(","))
            }),
            inner.clone().prop_map(|i| format!("/data/a[{i}]")),
            inner.prop_map(|i| format!("-({i})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_parsed_or_refused(source in "\\PC{0,200}") {
        let _ = evaluate(&source);
    }

    #[test]
    fn any_words_are_parsed_or_refused(words in proptest::collection::vec(word(), 0..40)) {
        let _ = evaluate(&words.concat());
    }

    #[test]
    fn right_expressions_have_a_value_or_an_error(source in expression()) {
        prop_assert!(evaluate(&source).is_some(), "{source} is right");
    }

    #[test]
    fn an_expression_is_the_same_after_the_bundle(source in expression()) {
        let expr = parse(&source, &NoReferences).expect("right");
        let mut bytes = Vec::new();
        ciborium::into_writer(&expr, &mut bytes).expect("written");
        let read = ciborium::from_reader::<onedoor_forms::xpath::Expr, _>(bytes.as_slice()).expect("read");
        prop_assert_eq!(read, expr);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_table_is_compiled_or_refused(
        cells in proptest::collection::vec(
            prop_oneof![
                proptest::sample::select(vec![
                    "text", "begin_group", "end_group", "begin_repeat", "end_repeat", "select_one l", "calculate",
                    "note", "${a}", "${b} + 1", "a", "b", "", "l", "yes", "${a} = 'x'", "count(${a})", "position(..)",
                ]).prop_map(str::to_string),
                "[^|\n]{0,12}",
            ],
            0..60,
        ),
    ) {
        let mut markdown = "| survey |\n| | type | name | label | relevant | calculation | repeat_count |\n".to_string();
        for row in cells.chunks(6) {
            markdown.push_str(&format!("| | {} |\n", row.join(" | ")));
        }
        markdown.push_str("| choices |\n| | list_name | name | label |\n| | l | x | X |\n");
        if let Ok(form) = read_markdown(&markdown).and_then(|b| compile(&b, "x", &BTreeMap::new())) {
            let filling = onedoor_forms::Filling::new(form.into(), crate::support::sunday());
            for step in filling.steps() {
                prop_assert!(filling.page(&step.path, "en").is_some());
            }
        }
    }

    #[test]
    fn any_bytes_are_a_workbook_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_workbook(&bytes);
        let _ = Table::from_csv(&bytes);
        let _ = read_markdown(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn deep_and_long_expressions_are_refused() {
    for source in [
        "(".repeat(100_000),
        format!("{}1{}", "(".repeat(4_000), ")".repeat(4_000)),
        format!("{}1", "-".repeat(8_000)),
        format!("{}1{}", "not(".repeat(1_500), ")".repeat(1_500)),
        format!("a{}", "[a".repeat(3_000)),
        format!("1{}", "=1".repeat(4_000)),
        format!("1{}", " or 1".repeat(1_600)),
        format!("a{}", "|a".repeat(4_000)),
        "a/".repeat(5_000),
    ] {
        assert!(
            parse(&source, &NoReferences).is_err(),
            "{}...",
            &source[..20]
        );
    }
}

#[test]
fn work_is_limited() {
    let heavy = "count(//*[count(//*[count(//*[count(//*[count(//*) > 0]) > 0]) > 0]) > 0])";
    let mut tree = Tree::new();
    let root = tree.append(
        Tree::ROOT,
        onedoor_forms::xpath::NodeType::Element,
        "data",
        "",
    );
    for _ in 0..200 {
        tree.append_leaf(root, "a", "1");
    }
    let names = BTreeMap::new();
    let clock = Clock {
        today: None,
        now: None,
        offset: Offset::UTC,
    };
    let env = Env::new(vec![&tree], &names, clock, &NoHost);
    let expr = parse(heavy, &NoReferences).expect("right");
    let start = std::time::Instant::now();
    assert_eq!(
        env.evaluate(&expr, NodeRef::main(root)).err(),
        Some(EvalError::TooMuch)
    );
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn the_deepest_expression_needs_little_stack() {
    let nested = |open: &str, middle: &str, close: &str, n: usize| {
        format!("{}{middle}{}", open.repeat(n), close.repeat(n))
    };
    let work = move || {
        let mut deepest = 0;
        for n in 1..130 {
            for source in [
                nested("(", "1", ")", n),
                nested("not(", "a", ")", n),
                nested("a[", "a", "]", n),
                nested("if(a,", "a", ",b)", n),
                nested("(1 + ", "1", ")", n),
                nested("1 + ", "1", "", n),
                nested("a[string-length(concat('x',", "a", ")) > 0]", n),
                nested("-", "1", "", n),
            ] {
                if let Some(value) = evaluate(&source) {
                    assert!(value.is_ok(), "{source}: {:?}", value.err());
                    deepest = deepest.max(n);
                }
            }
        }
        assert!(deepest >= 90, "{deepest}");
    };
    // A thread of the runtime has 2 MiB; the limits must leave most of it.
    let thread = std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(work)
        .expect("a thread");
    thread.join().expect("no overflow");
}
