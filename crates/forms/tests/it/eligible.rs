//! "What you should have" (R20): rules against persons and days.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use jiff::tz::offset;
use onedoor_forms::station::{Entitled, PROFILE_FIELDS, code, entitled};
use proptest::prelude::*;

use crate::example_support::opened;
use crate::station_support::{line_of, make, replace, small};

const TODAY: Date = date(2026, 11, 22);
const OLD: &str = "${age} >= 80";

fn profile(fields: &[(&str, &str)]) -> BTreeMap<String, String> {
    fields
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

fn says(rule: &str, fields: &[(&str, &str)], today: Option<Date>) -> Entitled {
    entitled(rule, &profile(fields), today, offset(8)).unwrap_or_else(|e| panic!("{rule}: {e}"))
}

fn born(day: &str, today: Date) -> Entitled {
    says(OLD, &[("birth_date", day)], Some(today))
}

fn unknown(fields: &[&str]) -> Entitled {
    Entitled::Unknown(fields.iter().map(|f| (*f).to_owned()).collect())
}

#[test]
fn the_examples_allowance_is_offered_from_the_birthday_on() {
    let rule = opened().1.station.services["old-age-allowance"]
        .eligible
        .clone()
        .unwrap();
    let on = |day| says(&rule, &[("birth_date", "1947-05-12")], Some(day));
    assert_eq!(on(date(2026, 5, 11)), Entitled::No);
    assert_eq!(on(date(2026, 5, 12)), Entitled::From(date(2027, 5, 12)));
    assert_eq!(on(TODAY), Entitled::From(date(2027, 5, 12)));
    assert_eq!(on(date(2027, 5, 11)), Entitled::From(date(2027, 5, 12)));
    assert_eq!(on(date(2027, 5, 12)), Entitled::Now);
    assert_eq!(on(date(2040, 1, 1)), Entitled::Now);
}

#[test]
fn eighty_today_is_now_and_thirteen_months_ahead_is_not_yet() {
    assert_eq!(born("1946-11-22", TODAY), Entitled::Now);
    let eleven = born("1947-10-22", TODAY);
    assert_eq!(eleven, Entitled::From(date(2027, 10, 22)));
    let twelve = born("1947-11-22", TODAY);
    assert_eq!(twelve, Entitled::From(date(2027, 11, 22)));
    assert_eq!(born("1947-11-23", TODAY), Entitled::No);
    assert_eq!(born("1947-12-22", TODAY), Entitled::No);
}

#[test]
fn a_birthday_on_29_february_is_on_1_march_in_other_years() {
    assert_eq!(
        born("1948-02-29", date(2027, 3, 1)),
        Entitled::From(date(2028, 2, 29))
    );
    assert_eq!(
        says(
            "${age} >= 79",
            &[("birth_date", "1948-02-29")],
            Some(date(2027, 2, 28))
        ),
        Entitled::From(date(2027, 3, 1))
    );
    // Asked on a leap day, the year ends on 28 February: the birthday is one day too far.
    assert_eq!(
        says(
            "${age} >= 81",
            &[("birth_date", "1948-02-29")],
            Some(date(2028, 2, 29))
        ),
        Entitled::No
    );
}

#[test]
fn what_is_not_known_is_named_and_never_held_against_anybody() {
    assert_eq!(says(OLD, &[], Some(TODAY)), unknown(&["birth_date"]));
    let here = "${insured_here} = 'yes'";
    assert_eq!(says(here, &[], Some(TODAY)), unknown(&["insured_here"]));
    assert_eq!(
        says(here, &[("insured_here", " ")], Some(TODAY)),
        unknown(&["insured_here"]),
        "an empty text says nothing"
    );
    assert_eq!(
        says(
            "${phone} != '' and ${sex} = 'female' and ${age} > 60",
            &[("sex", "female")],
            Some(TODAY)
        ),
        unknown(&["birth_date", "phone"]),
        "in the order of the profile"
    );
    assert_eq!(
        says(OLD, &[("birth_date", "about 1945")], Some(TODAY)),
        unknown(&["birth_date"])
    );
    assert_eq!(
        says(OLD, &[("birth_date", "2030-01-01")], Some(TODAY)),
        unknown(&["birth_date"]),
        "nobody is born tomorrow"
    );
}

#[test]
fn what_one_side_decides_needs_nothing_of_the_other() {
    let either = "${age} >= 80 or ${insured_here} = 'yes'";
    assert_eq!(
        says(either, &[("birth_date", "1940-01-01")], Some(TODAY)),
        Entitled::Now
    );
    let both = "${sex} = 'female' and ${age} >= 80";
    let man = [("sex", "male")];
    assert_eq!(says(both, &man, Some(TODAY)), Entitled::No);
    assert_eq!(says(both, &man, None), Entitled::No, "no day is needed");
    // From the birthday on it depends on what is not known: then no day is promised.
    let later = [("birth_date", "1947-05-12")];
    assert_eq!(says(both, &later, Some(TODAY)), unknown(&["sex"]));
    assert_eq!(
        says(either, &later, Some(TODAY)),
        unknown(&["insured_here"])
    );
}

#[test]
fn an_age_follows_from_the_birth_date_and_not_from_what_was_told_once() {
    let fields = [("birth_date", "1946-11-22"), ("age", "12")];
    assert_eq!(says(OLD, &fields, Some(TODAY)), Entitled::Now);
    assert_eq!(
        says(OLD, &fields, None),
        unknown(&[]),
        "without a clock not even then"
    );
    let told = |age| says(OLD, &[("age", age)], Some(TODAY));
    assert_eq!(told("80"), Entitled::Now);
    assert_eq!(told("78"), Entitled::No);
    assert_eq!(
        told("79"),
        unknown(&["birth_date"]),
        "some day within a year, nobody knows which"
    );
    assert_eq!(told("old"), unknown(&["birth_date"]));
    assert_eq!(says(OLD, &[("age", "80")], None), Entitled::Now);
    assert_eq!(says(OLD, &[("age", "78")], None), Entitled::No);
    assert_eq!(says(OLD, &[("age", "79")], None), unknown(&["birth_date"]));
}

#[test]
fn without_a_trusted_clock_only_the_date_is_missing() {
    let fields = [("birth_date", "1940-01-01"), ("sex", "female")];
    assert_eq!(says(OLD, &fields, None), unknown(&[]));
    assert_eq!(says("today() >= '2020-01-01'", &fields, None), unknown(&[]));
    assert_eq!(says("${sex} = 'female'", &fields, None), Entitled::Now);
    assert_eq!(says("${sex} = 'male'", &fields, None), Entitled::No);
    assert_eq!(
        says("${age} >= 80 and ${phone} != ''", &fields, None),
        unknown(&["phone"])
    );
}

#[test]
fn a_rule_may_ask_for_the_day_itself() {
    let year = "format-date(today(), '%Y') = '2027'";
    assert_eq!(
        says(year, &[], Some(TODAY)),
        Entitled::From(date(2027, 1, 1))
    );
    assert_eq!(says(year, &[], Some(date(2027, 6, 1))), Entitled::Now);
    assert_eq!(says(year, &[], Some(date(2028, 1, 1))), Entitled::No);
    assert_eq!(
        says("now() >= date('2026-12-05')", &[], Some(TODAY)),
        Entitled::From(date(2026, 12, 5))
    );
    // The month of the birthday, as many allowances count it.
    let month = "format-date(today(), '%m') = substring(${birth_date}, 6, 2)";
    assert_eq!(
        says(month, &[("birth_date", "1947-05-12")], Some(TODAY)),
        Entitled::From(date(2027, 5, 1))
    );
    // An age that was told grows some day: while that does not matter, the day decides.
    assert_eq!(
        says(
            "${age} >= 60 and today() >= '2027-03-01'",
            &[("age", "70")],
            Some(TODAY)
        ),
        Entitled::From(date(2027, 3, 1))
    );
}

#[test]
fn the_last_days_of_the_calendar_make_no_panic() {
    assert_eq!(born("9990-01-01", Date::MAX), Entitled::No);
    assert_eq!(born("0000-01-01", Date::MAX), Entitled::Now);
    assert_eq!(born("1947-01-01", Date::MIN), unknown(&["birth_date"]));
}

#[test]
fn what_is_shown_of_it_in_a_log_has_no_day() {
    let shown = format!("{:?}", born("1947-05-12", TODAY));
    assert_eq!(shown, "From(…)");
}

#[test]
fn a_rule_that_cannot_mean_anything_is_refused_when_the_bundle_is_made() {
    let rules = [
        ("${wealth} > 3", "a profile has no ${wealth}"),
        ("${age} >=", ""),
        (
            "pulldata('a', 'b', 'c', 'd') = 'x'",
            "there is no pulldata()",
        ),
        ("/profile/wealth > 3", "only ${…}"),
        ("//age > 80", "only ${…}"),
        ("${age}[. > 80] = 81", "only ${…}"),
        (". = 'x'", "only ${…}"),
        ("${phone}", "not compared"),
        ("${phone} and ${age} > 80", "not compared"),
        ("not(${phone})", "not compared"),
        ("'yes'", "not compared"),
        ("instance('people')/root = 1", "instance()"),
        ("string-length() > 3", "string-length()"),
        ("selected(${sex}) = 1", "number of arguments"),
        ("regex(${phone}, '[')", "regular expression"),
    ];
    let fields = PROFILE_FIELDS.map(|field| (field, "1945-06-12"));
    for (rule, what) in rules {
        let error = entitled(rule, &profile(&fields), Some(TODAY), offset(8)).unwrap_err();
        assert!(error.contains(what), "{rule}: {error}");
        assert!(!error.contains("1945"), "{rule}: {error}");
        let mut files = small();
        let path = "services/stuck/service.toml";
        let line = format!("fee = \"none\"\neligible = \"{rule}\"");
        replace(&mut files, path, "fee = \"none\"", &line);
        let problems = make(&files).unwrap_err();
        let [problem] = problems.list() else {
            panic!("{rule}: {problems}");
        };
        assert_eq!(problem.code, code::EXPRESSION, "{problem}");
        assert_eq!(problem.line, line_of(&files, path, "eligible"), "{problem}");
        assert!(problem.what.contains(what), "{problem}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// The day that is named is the first one on which the same rule says "now", day by day.
    #[test]
    fn the_day_that_is_named_is_the_first(
        years in 78i16..82,
        days in 0i32..366,
        ahead in 0i32..800,
        with_day in any::<bool>(),
    ) {
        let born = date(1946, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        let today = date(2026, 1, 1).checked_add(jiff::Span::new().days(ahead)).unwrap();
        let rule = if with_day {
            format!("${{age}} >= {years} and today() >= '2026-07-15'")
        } else {
            format!("${{age}} >= {years}")
        };
        let text = born.to_string();
        let fields = [("birth_date", text.as_str())];
        let last = today.checked_add(jiff::Span::new().years(1)).unwrap();
        let first = std::iter::successors(Some(today), |day| day.tomorrow().ok())
            .take_while(|day| *day <= last)
            .find(|day| {
                let had = (day.month(), day.day()) >= (born.month(), born.day());
                let age = day.year() - born.year() - i16::from(!had);
                age >= years && (!with_day || *day >= date(2026, 7, 15))
            });
        let expected = match first {
            None => Entitled::No,
            Some(day) if day == today => Entitled::Now,
            Some(day) => Entitled::From(day),
        };
        prop_assert!(says(&rule, &fields, Some(today)) == expected, "{rule} {born} {today} {first:?}");
    }

    #[test]
    fn no_rule_and_no_profile_make_a_panic(
        rule in prop_oneof![any::<String>(), "[$={}ageorndty()<>0-9' ./-]{0,40}"],
        birth in any::<String>(),
    ) {
        let _ = entitled(&rule, &profile(&[("birth_date", &birth)]), Some(TODAY), offset(8));
    }
}
