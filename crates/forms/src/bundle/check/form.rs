//! A compiled form against its station: languages, texts, pictures, places, what is reused.

use std::collections::BTreeMap;

use crate::bundle::make::Pictures;
use crate::filling::PageKind;
use crate::form::{
    ChoiceList, ChoiceSource, Form, Localized, Node, NodeKind, Place, Template, Texts,
    match_language,
};
use crate::station::{Files, PROFILE_FIELDS, Problems, Station, code};

/// What `kiosk:reuse = session.<field>` may name: what the kiosk's own pages asked before the form.
const SESSION_FIELDS: [&str; 3] = ["for_whom", "relation", "helper"];

/// What `kiosk:page` may say, and of which questions: how the kiosk's own pages ask them (see `Page::page`).
const PAGES: [(&str, &[PageKind]); 7] = [
    // Not asked in order: the read-back has an empty line for it.
    ("offer", &ANSWERED),
    ("consent", &[PageKind::Acknowledge]),
    ("name", &[PageKind::Text]),
    ("phone", &[PageKind::Text]),
    ("id-number", &[PageKind::Text]),
    ("bank-card", &[PageKind::Text]),
    ("money", &[PageKind::Integer, PageKind::Decimal]),
];

/// Questions that a person may answer or leave.
const ANSWERED: [PageKind; 9] = [
    PageKind::Text,
    PageKind::Integer,
    PageKind::Decimal,
    PageKind::Date,
    PageKind::SelectOne,
    PageKind::SelectMultiple,
    PageKind::Image,
    PageKind::Audio,
    PageKind::Barcode,
];

/// Checks a compiled form against the station: languages, texts, pictures, messages.
pub(in crate::bundle) fn form(
    station: &Station,
    id: &str,
    form: &Form,
    files: &Files,
    pictures: &mut Pictures<'_>,
    problems: &mut Problems,
) {
    let md = format!("services/{id}/form.md");
    let file = if files.contains_key(&md) {
        md
    } else {
        format!("services/{id}/form.xlsx")
    };
    let tags: Vec<String> = form.languages.iter().map(|l| l.tag.clone()).collect();
    let mut wanted = Vec::new();
    for language in &station.settings.languages {
        match match_language(&tags, language) {
            Some(index) => wanted.push((language.as_str(), index)),
            None => problems.of_file(
                code::FORM_TEXT,
                &file,
                format!("the form does not speak {language}"),
                format!("add columns that end in ({language}), e.g. `label::… ({language})`"),
            ),
        }
    }
    let mut check = FormCheck {
        id,
        file: &file,
        wanted: &wanted,
        pictures,
        problems,
    };
    for node in &form.nodes {
        check.node(node);
    }
    check.reuse(form);
    let asked: Vec<&str> = form
        .nodes
        .iter()
        .filter_map(|node| match &node.choices.as_ref()?.source {
            ChoiceSource::List(list) => Some(list.as_str()),
            ChoiceSource::Table { .. } => None,
        })
        .collect();
    for (name, list) in &form.lists {
        if !asked.contains(&name.as_str()) {
            continue;
        }
        for item in &list.items {
            let what = format!("the choice \"{}\" of \"{name}\"", item.name);
            check.label(&item.texts.label, &item.place, &what, Some(8));
            check.images(&item.texts, &item.place, &what, true);
        }
        check.places(station, list);
    }
}

struct FormCheck<'a, 'p> {
    id: &'a str,
    file: &'a str,
    wanted: &'a [(&'a str, usize)],
    pictures: &'a mut Pictures<'p>,
    problems: &'a mut Problems,
}

impl FormCheck<'_, '_> {
    fn node(&mut self, node: &Node) {
        let what = format!("\"{}\"", node.name);
        match node.kind {
            NodeKind::Page(_) => {
                self.label(&node.texts.label, &node.place, &what, None);
                let has_choices = node.choices.is_some();
                self.images(&node.texts, &node.place, &what, !has_choices);
                self.page(node, &what);
            }
            NodeKind::Group | NodeKind::Repeat => {
                if node.texts.label.iter().any(Option::is_some) {
                    self.label(&node.texts.label, &node.place, &what, None);
                }
            }
            _ => return,
        }
        if node.texts.hint.iter().any(Option::is_some) {
            self.every(
                &node.texts.hint,
                &node.place,
                &format!("{what}: the hint"),
                "write one",
            );
        }
        if node.texts.required_message.iter().any(Option::is_some) {
            self.every(
                &node.texts.required_message,
                &node.place,
                &format!("{what}: the message when there is no answer"),
                "add required_message in this language",
            );
        }
        if node.constraint.is_some() {
            self.every(
                &node.texts.constraint_message,
                &node.place,
                &format!("{what}: the message when the answer is not right"),
                "add constraint_message in this language",
            );
        }
    }

    /// `kiosk:page`: only what the kiosk has, of a question that it fits, and no offer that must be answered.
    fn page(&mut self, node: &Node, what: &str) {
        let (Some(page), NodeKind::Page(kind)) = (node.attributes.get("kiosk:page"), node.kind)
        else {
            return;
        };
        let Some((_, kinds)) = PAGES.iter().find(|(name, _)| name == page) else {
            let names: Vec<&str> = PAGES.iter().map(|(name, _)| *name).collect();
            self.report(
                code::BAD_VALUE,
                &node.place,
                format!("{what}: the kiosk has no page \"{page}\""),
                &format!("write one of {}, or leave it empty", names.join(", ")),
            );
            return;
        };
        if !kinds.contains(&kind) {
            self.report(
                code::BAD_VALUE,
                &node.place,
                format!("{what}: kiosk:page = {page} does not fit this type of question"),
                "change the type, or leave kiosk:page empty",
            );
        } else if page == "offer" && node.required.is_some() {
            self.report(
                code::BAD_VALUE,
                &node.place,
                format!("{what} is an offer, and must be answered"),
                "leave `required` empty: nobody is asked it in order",
            );
        }
    }

    /// `kiosk:reuse`: only what is known, and nothing twice in one form (R3).
    fn reuse(&mut self, form: &Form) {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for node in &form.nodes {
            let Some(reuse) = node.attributes.get("kiosk:reuse") else {
                continue;
            };
            let known = match reuse.split_once('.') {
                Some(("profile", field)) => PROFILE_FIELDS.contains(&field),
                Some(("session", field)) => SESSION_FIELDS.contains(&field),
                _ => false,
            };
            if !known {
                self.report(
                    code::UNKNOWN_REFERENCE,
                    &node.place,
                    format!("\"{}\": nothing is kept as \"{reuse}\"", node.name),
                    &format!(
                        "write profile. and one of {}, or session. and one of {}",
                        PROFILE_FIELDS.join(", "),
                        SESSION_FIELDS.join(", ")
                    ),
                );
            }
            if let Some(first) = seen.insert(reuse, &node.name) {
                self.report(
                    code::DUPLICATE,
                    &node.place,
                    format!("\"{}\" asks {reuse} again; \"{first}\" has it", node.name),
                    "ask it once",
                );
            }
        }
    }

    fn label(
        &mut self,
        texts: &Localized<Template>,
        place: &Place,
        what: &str,
        max: Option<usize>,
    ) {
        self.every(
            texts,
            place,
            &format!("{what}: the label"),
            "write a label in this language",
        );
        let Some(max) = max else { return };
        for (language, index) in self.wanted {
            let Some(label) = texts.get(*index).and_then(Option::as_ref) else {
                continue;
            };
            if let Some(too_long) = crate::station::too_long(&label.as_written(), max) {
                self.report(
                    code::TOO_LONG,
                    place,
                    format!("{what}: the label in {language} {too_long}"),
                    "say it shorter",
                );
            }
        }
    }

    /// A list whose choices are division codes of this county must be what `places.csv` says.
    fn places(&mut self, station: &Station, list: &ChoiceList) {
        let area = station.settings.area.as_str();
        let is_code = |name: &str| {
            matches!(name.len(), 6 | 9 | 12)
                && name.bytes().all(|b| b.is_ascii_digit())
                && name.starts_with(area)
        };
        for item in list.items.iter().filter(|item| is_code(&item.name)) {
            let Some(place) = station.places.get(&item.name) else {
                self.report(
                    code::UNKNOWN_REFERENCE,
                    &item.place,
                    format!("places.csv has no place {}", item.name),
                    "add it there, or correct the code",
                );
                continue;
            };
            for (language, index) in self.wanted {
                let label = item.texts.label.get(*index).and_then(Option::as_ref);
                let name = place.name.get(language);
                if let Some(label) = label
                    && label.as_written() != name
                {
                    self.report(
                        code::BAD_VALUE,
                        &item.place,
                        format!(
                            "{} is called \"{}\" here and \"{name}\" in places.csv",
                            item.name,
                            label.as_written()
                        ),
                        "call it the same in both",
                    );
                }
            }
        }
    }

    fn every(&mut self, texts: &Localized<Template>, place: &Place, what: &str, fix: &str) {
        for (language, index) in self.wanted {
            let there = texts
                .get(*index)
                .and_then(Option::as_ref)
                .is_some_and(|t| !t.as_written().trim().is_empty());
            if !there {
                self.report(
                    code::FORM_TEXT,
                    place,
                    format!("{what} says nothing in {language}"),
                    fix,
                );
            }
        }
    }

    /// Pictures in every language; `needed` where a page or tile cannot be understood without one.
    fn images(&mut self, texts: &Texts, place: &Place, what: &str, needed: bool) {
        for (language, index) in self.wanted {
            match texts.image.get(*index).and_then(Option::as_ref) {
                Some(name) if !self.pictures.take(Some(self.id), name) => self.report(
                    code::MISSING_PICTURE,
                    place,
                    format!("{what}: there is no picture \"{name}\""),
                    "name one of the shared pictures, or put the file into the service's media/",
                ),
                None if needed => self.report(
                    code::FORM_TEXT,
                    place,
                    format!("{what} has no picture in {language}"),
                    "name one in `image::` of this language",
                ),
                _ => {}
            }
        }
        for name in texts.big_image.iter().flatten() {
            if !self.pictures.take(Some(self.id), name) {
                self.report(
                    code::MISSING_PICTURE,
                    place,
                    format!("{what}: there is no picture \"{name}\""),
                    "name one of the shared pictures, or put the file into the service's media/",
                );
            }
        }
    }

    fn report(&mut self, code: &str, place: &Place, what: String, fix: &str) {
        let cell = if place.row > 0 {
            format!("{} row {}: {what}", place.sheet, place.row)
        } else {
            what
        };
        self.problems
            .at_line(code, self.file, place.line.unwrap_or(0), cell, fix);
    }
}
