//! Checks across files, at compile time: what no single file can know to be wrong.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::make::Pictures;
use crate::form::{
    ChoiceList, ChoiceSource, Form, Localized, Node, NodeKind, Place, Template, Texts,
    match_language,
};
use crate::station::{
    BUILT_IN_TILES, Files, Marks, PROFILE_FIELDS, Problems, Service, Station, code,
};
use crate::xpath::{Axis, NodeTest, Reference, References, Step, parse};

/// What `kiosk:reuse = session.<field>` may name: what the kiosk's own pages asked before the form.
const SESSION_FIELDS: [&str; 3] = ["for_whom", "relation", "helper"];

/// Days of calendar that must lie ahead, so that every promise of a year can be dated.
const AHEAD_DAYS: i32 = 60;

/// Checks a station as a whole.
pub(super) fn station(
    station: &Station,
    today: Date,
    files: &Files,
    marks: &Marks,
    pictures: &mut Pictures<'_>,
    problems: &mut Problems,
) {
    settings(station, today, marks, problems);
    let mut functions: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, service) in &station.services {
        let file = format!("services/{id}/service.toml");
        if let Some(first) = functions.insert(service.function.as_str(), id) {
            problems.at(
                code::SAME_FUNCTION,
                &file,
                marks.at(&file, "function"),
                format!(
                    "the service \"{first}\" does \"{}\" already",
                    service.function
                ),
                "make one service of the two: one door, no duplicates",
            );
        }
        owner(station, service, today, &file, marks, problems);
        for (i, waiver) in service.waivers.iter().enumerate() {
            for (key, role) in [("by", Some(&waiver.by)), ("second", waiver.second.as_ref())] {
                if let Some(role) = role
                    && !station.staff.roles.contains_key(role)
                {
                    unknown_role(role, &file, &format!("waiver.{i}.{key}"), marks, problems);
                }
            }
            if waiver.second.as_ref() == Some(&waiver.by) {
                problems.at(
                    code::UNKNOWN_REFERENCE,
                    &file,
                    marks.at(&file, &format!("waiver.{i}.second")),
                    "the second signature is by the same role",
                    "name another role: two people sign",
                );
            }
        }
        let named = std::iter::once(("picture".to_owned(), &service.picture)).chain(
            service
                .papers
                .iter()
                .enumerate()
                .map(|(i, paper)| (format!("paper.{i}.picture"), &paper.picture)),
        );
        for (path, picture) in named {
            if !pictures.take(Some(id), picture) {
                no_picture(picture, &file, marks.at(&file, &path), problems);
            }
        }
        if let Some(rule) = &service.eligible
            && let Err(what) = expression(rule)
        {
            problems.at(
                code::EXPRESSION,
                &file,
                marks.at(&file, "eligible"),
                format!("the rule cannot be read: {what}"),
                "write an expression over the profile, e.g. ${age} >= 80",
            );
        }
    }
    for (line, place) in (2..).zip(&station.places.list) {
        if !pictures.take(None, &place.picture) {
            let text = files
                .get("places.csv")
                .and_then(|b| std::str::from_utf8(b).ok());
            let line = text
                .and_then(|t| t.lines().position(|l| l.starts_with(&place.code)))
                .and_then(|at| u32::try_from(at + 1).ok())
                .unwrap_or(line);
            problems.at_line(
                code::MISSING_PICTURE,
                "places.csv",
                line,
                format!("there is no picture \"{}\"", place.picture),
                "name one of the shared pictures",
            );
        }
    }
    for notice in &station.notices {
        let file = format!("notices/{}.toml", notice.id);
        if !pictures.take(None, &notice.picture) {
            no_picture(&notice.picture, &file, marks.at(&file, "picture"), problems);
        }
    }
}

fn settings(station: &Station, today: Date, marks: &Marks, problems: &mut Problems) {
    let file = "station.toml";
    let settings = &station.settings;
    if !station.staff.roles.contains_key(&settings.helper) {
        unknown_role(&settings.helper, file, "helper", marks, problems);
    } else if station
        .staff
        .holder(&settings.helper, Some(today))
        .is_none()
    {
        problems.at(
            code::NO_OWNER,
            file,
            marks.at(file, "helper"),
            format!("nobody holds \"{}\" on {today}", settings.helper),
            "correct the dates in staff.toml, or name another role",
        );
    }
    for (key, place) in [("area", &settings.area), ("village", &settings.village)] {
        if station.places.get(place).is_none() {
            problems.at(
                code::UNKNOWN_REFERENCE,
                file,
                marks.at(file, key),
                format!("places.csv has no {place}"),
                "add it there, or correct the code",
            );
        }
    }
    for (i, tile) in settings.home.iter().enumerate() {
        if !BUILT_IN_TILES.contains(&tile.as_str()) && !station.services.contains_key(tile) {
            problems.at(
                code::UNKNOWN_REFERENCE,
                file,
                marks.at(file, &format!("home.{i}")),
                format!("there is no service \"{tile}\""),
                format!(
                    "write the id of a service, or one of {}",
                    BUILT_IN_TILES.join(", ")
                ),
            );
        }
    }
    for id in station.services.keys() {
        if !settings.home.contains(id) {
            problems.at(
                code::UNKNOWN_REFERENCE,
                file,
                marks.at(file, "home"),
                format!("the service \"{id}\" is not on the home pages: nobody would find it"),
                "add it to `home`",
            );
        }
    }
    let days = &station.calendar.days;
    let ahead = today.checked_add(jiff::Span::new().days(AHEAD_DAYS));
    if !days.covers(today) || ahead.is_ok_and(|day| !days.covers(day)) {
        problems.at(
            code::CALENDAR,
            "calendar.toml",
            marks.at("calendar.toml", "through"),
            format!(
                "it covers {} through {}; today is {today}, and {AHEAD_DAYS} days ahead must be covered",
                days.from, days.through
            ),
            "add the next year's days",
        );
    }
}

fn unknown_role(role: &str, file: &str, path: &str, marks: &Marks, problems: &mut Problems) {
    problems.at(
        code::UNKNOWN_REFERENCE,
        file,
        marks.at(file, path),
        format!("staff.toml has no role \"{role}\""),
        "add it there, or name another",
    );
}

fn no_picture(picture: &str, file: &str, span: std::ops::Range<usize>, problems: &mut Problems) {
    problems.at(
        code::MISSING_PICTURE,
        file,
        span,
        format!("there is no picture \"{picture}\""),
        "name one of the shared pictures, or put the file into the service's media/",
    );
}

fn owner(
    station: &Station,
    service: &Service,
    today: Date,
    file: &str,
    marks: &Marks,
    problems: &mut Problems,
) {
    if !station.staff.roles.contains_key(&service.owner) {
        unknown_role(&service.owner, file, "owner", marks, problems);
    } else if station.staff.holder(&service.owner, Some(today)).is_none() {
        problems.at(
            code::NO_OWNER,
            file,
            marks.at(file, "owner"),
            format!("nobody holds \"{}\" on {today}", service.owner),
            "correct the dates in staff.toml, or name a deputy",
        );
    }
}

/// Whether an `eligible` rule can be read, and asks only for what a profile has.
fn expression(rule: &str) -> Result<(), String> {
    match parse(rule, &Profile) {
        Ok(_) => Ok(()),
        Err(errors) => Err(errors
            .iter()
            .map(|e| e.message.as_str())
            .collect::<Vec<_>>()
            .join("; ")),
    }
}

/// `${age}` and the like in an `eligible` rule.
struct Profile;

impl References for Profile {
    fn resolve(&self, name: &str, _absolute: bool) -> Result<Reference, String> {
        if PROFILE_FIELDS.contains(&name) {
            Ok(Reference {
                from_root: true,
                steps: ["profile", name].map(child).to_vec(),
            })
        } else {
            Err(format!(
                "a profile has no ${{{name}}}, only {}",
                PROFILE_FIELDS.join(", ")
            ))
        }
    }
}

fn child(name: &str) -> Step {
    Step {
        axis: Axis::Child,
        test: NodeTest::Name(name.to_owned()),
        predicates: Vec::new(),
    }
}

/// Checks a compiled form against the station: languages, texts, pictures, messages.
pub(super) fn form(
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
        if node.constraint.is_some() {
            self.every(
                &node.texts.constraint_message,
                &node.place,
                &format!("{what}: the message when the answer is not right"),
                "add constraint_message in this language",
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
