//! Checks across files, at compile time: what no single file can know to be wrong.

use std::collections::BTreeMap;

use jiff::civil::Date;

mod form;
mod when;

pub(super) use self::form::form;
pub(super) use self::when::{when, whole_paths};
use super::make::Pictures;
use crate::station::{BUILT_IN_TILES, Files, Marks, Problems, Rule, Station, code};

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
        owner(
            station,
            &service.owner,
            "owner",
            today,
            &file,
            marks,
            problems,
        );
        for (i, when) in service.owner_when.iter().enumerate() {
            // An empty one was missing, and is said to be.
            if !when.owner.is_empty() {
                let path = format!("owner_when.{i}.owner");
                owner(station, &when.owner, &path, today, &file, marks, problems);
            }
        }
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
            && let Err(what) = Rule::read(rule)
        {
            problems.at(
                code::EXPRESSION,
                &file,
                marks.at(&file, "eligible"),
                format!("the rule cannot be used: {what}"),
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

/// A role that owns cases: it is there, and somebody holds it.
fn owner(
    station: &Station,
    role: &str,
    path: &str,
    today: Date,
    file: &str,
    marks: &Marks,
    problems: &mut Problems,
) {
    if !station.staff.roles.contains_key(role) {
        unknown_role(role, file, path, marks, problems);
    } else if station.staff.holder(role, Some(today)).is_none() {
        problems.at(
            code::NO_OWNER,
            file,
            marks.at(file, path),
            format!("nobody holds \"{role}\" on {today}"),
            "correct the dates in staff.toml, or name a deputy",
        );
    }
}
