//! Scripted persons at the forms of the example station.

use std::sync::{Arc, OnceLock};

use jiff::civil::{Date, date};
use jiff::tz::offset;
use onedoor_forms::bundle::Bundle;
use onedoor_forms::{Change, Context, Filling, Form, Value};

use crate::station_support::{example, make, trusted};

/// The example's bundle with its bytes, made once for all tests.
pub fn opened() -> &'static (Vec<u8>, Bundle) {
    static OPENED: OnceLock<(Vec<u8>, Bundle)> = OnceLock::new();
    OPENED.get_or_init(|| {
        let compiled = make(&example()).unwrap_or_else(|p| panic!("{p}"));
        assert!(compiled.notes.is_empty(), "{:?}", compiled.notes);
        let bundle = Bundle::open(&compiled.bytes, &trusted()).unwrap();
        (compiled.bytes, bundle)
    })
}

/// The form of a service.
pub fn form(service: &str) -> Arc<Form> {
    Arc::clone(&opened().1.forms[service])
}

/// A filling of a service with a trusted clock: noon of 22 November 2026.
pub fn filling(service: &str) -> Filling {
    Filling::new(form(service), at_noon())
}

/// A filling of a service where the clock is not trusted.
pub fn without_clock(service: &str) -> Filling {
    Filling::new(form(service), Context::without_clock(offset(8)))
}

/// Noon of 22 November 2026.
pub fn at_noon() -> Context {
    Context::at(date(2026, 11, 22).at(12, 0, 0, 0), offset(8))
}

/// The one choice taken.
pub fn one(name: &str) -> Value {
    Value::One(name.to_owned())
}

/// Typed text.
pub fn text(words: &str) -> Value {
    Value::Text(words.to_owned())
}

/// Several choices taken.
pub fn many(names: &[&str]) -> Value {
    Value::Many(names.iter().map(|n| (*n).to_owned()).collect())
}

/// A recording or picture.
pub fn file(name: &str) -> Value {
    Value::File(name.to_owned())
}

/// Paths that are asked now, in order: every step but the offers.
pub fn asked(filling: &Filling) -> Vec<String> {
    let form = filling.form();
    let mut paths: Vec<String> = filling.steps().into_iter().map(|s| s.path).collect();
    paths.retain(|path| {
        form.node_at(path)
            .is_none_or(|n| n.attributes.get("kiosk:page").is_none_or(|p| p != "offer"))
    });
    paths
}

/// Answers each page in turn from a script by the last part of its path; the script must fit the pages exactly.
pub fn walk(filling: &mut Filling, script: &[(&str, Value)]) {
    let mut at = 0;
    for (name, value) in script {
        let path = asked(filling)
            .get(at)
            .cloned()
            .unwrap_or_else(|| panic!("the form ended before {name}"));
        assert_eq!(path.rsplit('/').next(), Some(*name));
        if !value.is_empty() {
            let Change { problems, .. } = filling
                .set(&path, value.clone())
                .unwrap_or_else(|p| panic!("{p:?}"));
            assert!(problems.is_empty(), "{problems:?}");
        }
        assert!(
            filling.problems_at(&path).is_empty(),
            "{path} cannot be left"
        );
        at += 1;
    }
    assert_eq!(
        asked(filling).get(at),
        None,
        "the script ended before the form"
    );
}

/// What the identify page knows, put into the hidden fields as the kiosk does.
pub fn identify(filling: &mut Filling, number: &str, birth: Date) {
    know(filling, "profile.id_number", text(number));
    know(filling, "profile.birth_date", Value::Date(birth));
    know(filling, "profile.sex", text("female"));
}

/// The test number of a person born on 12 June 1945.
pub fn identify_old(filling: &mut Filling) {
    identify(filling, "990101194506120026", date(1945, 6, 12));
}

/// Puts a known value in where the form has a place for it.
pub fn know(filling: &mut Filling, reuse: &str, value: Value) {
    let form = Arc::clone(filling.form());
    if let Some(node) = form
        .nodes
        .iter()
        .find(|n| n.attributes.get("kiosk:reuse").is_some_and(|r| r == reuse))
    {
        filling.set(&node.path, value).unwrap();
    }
}

/// The answer at a path, where it is part of what is sent.
pub fn answer(filling: &Filling, path: &str) -> Option<Value> {
    filling
        .answers()
        .into_iter()
        .find(|a| a.path == path)
        .map(|a| a.value)
}

/// The form's own sentence about a wrong answer.
pub fn message(filling: &mut Filling, path: &str, value: Value, language: &str) -> Option<String> {
    let change = filling.set(path, value).unwrap();
    change
        .problems
        .first()
        .and_then(|p| p.message(language))
        .map(str::to_owned)
}
