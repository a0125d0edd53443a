//! Paper forms.

use crate::support::{LANGUAGES, form, good, press, print, station, words};
use jiff::civil::date;
use onedoor_domain::idnumber::IdNumber;
use onedoor_paper::{Item, PaperForm};
use std::collections::BTreeMap;

/// Every service of the example station, in every language.
#[test]
fn every_service_prints_without_a_flaw() {
    let mut press = press();
    let bundle = station();
    for service in bundle.station.services.keys() {
        for language in LANGUAGES {
            let form = bundle.forms.get(service).map(|form| &**form);
            let pages = press
                .form(&PaperForm {
                    station: &bundle.station,
                    service,
                    form,
                    version: &bundle.version,
                    language,
                    day: Some(date(2026, 11, 22)),
                    filled: &BTreeMap::new(),
                })
                .expect("a form");
            good(&format!("form-{service}-{language}"), &pages);
            let all = words(&pages);
            let said = |text: &str| all.contains(&text.replace([' ', '\n'], ""));
            let squeezed = all.replace(' ', "");
            for question in form.iter().flat_map(|form| form.questions()) {
                let form = form.expect("one");
                let label = question.texts.label[form.language(language)]
                    .as_ref()
                    .expect("a label");
                if question.read_only.is_some()
                    || question.name == "age_later"
                    || question.name == "story_text" && service == "complaint"
                {
                    continue;
                }
                let label = label.as_written().replace(' ', "");
                assert!(squeezed.contains(&label), "{service} {language}: {label}");
            }
            let _ = said;
        }
    }
    let _ = IdNumber::parse;
    let _ = (form, print);
    let _ = |i: Item| i;
}
