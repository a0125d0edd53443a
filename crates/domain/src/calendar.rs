//! Working days, and what is promised when the clock cannot be trusted.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::clock::Trust;

/// The working days of one place, from dated and sourced data: Monday to Friday, less the holidays, plus the weekend
/// days that are worked instead (调休).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkingDays {
    /// First day that the data covers.
    pub from: Date,
    /// Last day that the data covers; nothing is promised beyond it by date.
    pub through: Date,
    /// Days off that would be worked.
    #[serde(default)]
    pub holidays: BTreeSet<Date>,
    /// Days worked that would be off.
    #[serde(default)]
    pub worked: BTreeSet<Date>,
}

/// Why calendar data cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CalendarError {
    /// The first day lies after the last.
    #[error("the calendar ends ({through}) before it begins ({from})")]
    Empty {
        /// First day.
        from: Date,
        /// Last day.
        through: Date,
    },
    /// A day is both off and worked.
    #[error("{0} is given both as a holiday and as a day worked")]
    Contradiction(Date),
    /// A listed day lies outside the period that the data covers.
    #[error("{0} lies outside the period that the calendar covers")]
    Outside(Date),
}

/// By when an answer is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// On this day at the latest.
    On(Date),
    /// Within so many working days: said where the clock, or the calendar, does not allow a date.
    WithinWorkingDays(u16),
}

impl WorkingDays {
    /// All faults of the data at once.
    pub fn faults(&self) -> Vec<CalendarError> {
        let mut faults = Vec::new();
        if self.from > self.through {
            faults.push(CalendarError::Empty {
                from: self.from,
                through: self.through,
            });
        }
        for day in self.holidays.intersection(&self.worked) {
            faults.push(CalendarError::Contradiction(*day));
        }
        for day in self.holidays.union(&self.worked) {
            if !self.covers(*day) {
                faults.push(CalendarError::Outside(*day));
            }
        }
        faults
    }

    /// True where the data says something about this day.
    pub fn covers(&self, day: Date) -> bool {
        (self.from..=self.through).contains(&day)
    }

    /// True on a day when offices work.
    pub fn is_working(&self, day: Date) -> bool {
        if self.worked.contains(&day) {
            return true;
        }
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        !weekend && !self.holidays.contains(&day)
    }

    /// The last day of a term of `days` working days begun on `start`. The day on which it begins does not count
    /// (Civil Code of the PRC, art. 201). `None` where the term leaves the period that the data covers.
    pub fn term_end(&self, start: Date, days: u16) -> Option<Date> {
        if !self.covers(start) {
            return None;
        }
        let mut day = start;
        let mut left = days;
        // A term of no days ends on the day itself, or on the next day worked.
        while left > 0 || !self.is_working(day) {
            day = day.tomorrow().ok()?;
            if !self.covers(day) {
                return None;
            }
            if left > 0 && self.is_working(day) {
                left -= 1;
            }
        }
        Some(day)
    }

    /// What may be promised today: a date where clock and calendar allow it, a number of working days otherwise.
    pub fn due(&self, today: Option<Date>, trust: Trust, days: u16) -> Due {
        match (trust, today) {
            (Trust::Trusted, Some(today)) => self
                .term_end(today, days)
                .map_or(Due::WithinWorkingDays(days), Due::On),
            _ => Due::WithinWorkingDays(days),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Distrust;
    use jiff::civil::date;

    /// A made-up year: 1–7 October 2026 off, Saturday 10 October worked.
    fn days() -> WorkingDays {
        WorkingDays {
            from: date(2026, 1, 1),
            through: date(2026, 12, 31),
            holidays: (1..=7).map(|d| date(2026, 10, d)).collect(),
            worked: [date(2026, 10, 10)].into(),
        }
    }

    #[test]
    fn the_first_day_does_not_count_and_weekends_are_skipped() {
        // 2026-11-20 is a Friday.
        assert_eq!(
            days().term_end(date(2026, 11, 20), 1),
            Some(date(2026, 11, 23))
        );
        assert_eq!(
            days().term_end(date(2026, 11, 20), 5),
            Some(date(2026, 11, 27))
        );
        assert_eq!(
            days().term_end(date(2026, 11, 21), 1),
            Some(date(2026, 11, 23))
        );
        assert_eq!(
            days().term_end(date(2026, 11, 21), 0),
            Some(date(2026, 11, 23))
        );
    }

    #[test]
    fn holidays_are_skipped_and_make_up_days_count() {
        // Wednesday 30 September + 3: Thursday 8, Friday 9, Saturday 10 October (worked).
        assert_eq!(
            days().term_end(date(2026, 9, 30), 3),
            Some(date(2026, 10, 10))
        );
        assert_eq!(
            days().term_end(date(2026, 9, 30), 4),
            Some(date(2026, 10, 12))
        );
    }

    #[test]
    fn beyond_the_calendar_no_date_is_invented() {
        let end = date(2026, 12, 30);
        assert_eq!(days().term_end(end, 5), None);
        assert_eq!(
            days().due(Some(end), Trust::Trusted, 5),
            Due::WithinWorkingDays(5)
        );
    }

    #[test]
    fn an_untrusted_clock_promises_working_days() {
        let untrusted = Trust::Untrusted(Distrust::NeverSet);
        let today = Some(date(2026, 11, 20));
        assert_eq!(days().due(today, untrusted, 3), Due::WithinWorkingDays(3));
        assert_eq!(
            days().due(None, Trust::Trusted, 3),
            Due::WithinWorkingDays(3)
        );
        assert_eq!(
            days().due(today, Trust::Trusted, 3),
            Due::On(date(2026, 11, 25))
        );
    }

    #[test]
    fn bad_data_is_reported_all_at_once() {
        let mut bad = days();
        bad.worked.insert(date(2026, 10, 1));
        bad.holidays.insert(date(2030, 1, 1));
        assert_eq!(
            bad.faults(),
            [
                CalendarError::Contradiction(date(2026, 10, 1)),
                CalendarError::Outside(date(2030, 1, 1))
            ]
        );
        assert!(days().faults().is_empty());
    }

    #[test]
    fn it_is_read_from_data() {
        let json = r#"{"from":"2026-01-01","through":"2026-12-31","holidays":["2026-10-01"],"worked":["2026-10-10"]}"#;
        let read: WorkingDays = serde_json::from_str(json).unwrap();
        assert!(!read.is_working(date(2026, 10, 1)));
        assert!(read.is_working(date(2026, 10, 10)));
    }
}
