//! `calendar.toml`: dated holidays and the weekend days worked instead, with their source.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use onedoor_domain::calendar::WorkingDays;
use serde::{Deserialize, Serialize};

use super::problem::{Problems, code};
use super::reader::{self, Marks, Section};
use super::{Files, Source, Texts};

/// `calendar.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// Who set these days.
    pub source: Source,
    /// The working days, for due dates.
    pub days: WorkingDays,
    /// The holidays by name, in order.
    pub holidays: Vec<Holiday>,
}

/// A holiday of one or more days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// What it is called.
    pub name: Texts,
    /// First day.
    pub from: Date,
    /// Last day.
    pub through: Date,
}

/// The longest holiday; a longer one is a slip of the pen.
const LONGEST: usize = 31;

/// `source` and `source_date` of a table, both needed.
pub(super) fn source(s: &mut Section<'_, '_>) -> Option<Source> {
    let text = s.text("source", "write who says so");
    let date = s.date("source_date");
    Some(Source {
        text: text?,
        date: date?,
    })
}

pub(super) fn read(
    files: &Files,
    languages: &[String],
    problems: &mut Problems,
    marks: &mut Marks,
) -> Option<Calendar> {
    reader::file(files, "calendar.toml", problems, marks, |s| {
        let source = source(s);
        let (from, through) = (s.date("from"), s.date("through"));
        let mut holidays = s.tables("holiday", |s| {
            let name = s.texts("name", languages, 8);
            let from = s.date("from");
            let through = if s.has("through") {
                s.date("through")
            } else {
                from
            };
            let (from, through) = (from?, through?);
            if from > through || days(from, through).count() > LONGEST {
                s.bad(
                    "through",
                    format!("a holiday from {from} through {through}"),
                    format!("write the last day in `through`, at most {LONGEST} days on"),
                );
                return None;
            }
            Some(Holiday {
                name: name?,
                from,
                through,
            })
        });
        let worked: Vec<Date> = s.tables("worked", |s| {
            let date = s.date("date")?;
            if !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) {
                s.bad(
                    "date",
                    format!("{date} is no weekend day"),
                    "list only the Saturdays and Sundays that are worked",
                );
            }
            Some(date)
        });
        holidays.sort_by_key(|h| h.from);
        let working = WorkingDays {
            from: from?,
            through: through?,
            holidays: holidays
                .iter()
                .flat_map(|h| days(h.from, h.through))
                .collect(),
            worked: worked.into_iter().collect::<BTreeSet<_>>(),
        };
        for fault in working.faults() {
            s.fault(
                code::CALENDAR,
                "through",
                fault.to_string(),
                "correct the day; `from` and `through` say which days this file covers",
            );
        }
        Some(Calendar {
            source: source?,
            days: working,
            holidays,
        })
    })
}

/// The days from one to another, both included.
fn days(from: Date, through: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(from), |day| day.tomorrow().ok())
        .take_while(move |day| *day <= through)
}
