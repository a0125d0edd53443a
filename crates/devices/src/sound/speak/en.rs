//! Spoken English (British order): numbers, dates, money and terms.
//!
//! Rules: "and" before the last two places of a number over a hundred; "the third of December twenty twenty-six"; years
//! in pairs, "two thousand and five" from 2000 to 2009; fen counted as hundredths.

use super::{ClipSpec, Composer, Part, SMOOTH_YEARS};

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
const ORDINALS: [&str; 20] = [
    "",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

const HUNDRED: (&str, &str) = ("n/hundred", "hundred");
const THOUSAND: (&str, &str) = ("n/thousand", "thousand");
const MILLION: (&str, &str) = ("n/million", "million");
const BILLION: (&str, &str) = ("n/billion", "billion");
const AND: (&str, &str) = ("n/and", "and");
const OH: (&str, &str) = ("n/oh", "oh");
const MINUS: (&str, &str) = ("n/minus", "minus");
const YUAN: (&str, &str) = ("unit/yuan", "yuan");
const FEN: (&str, &str) = ("unit/fen", "fen");
const WORKDAY: (&str, &str) = ("unit/workday", "working day");
const WORKDAYS: (&str, &str) = ("unit/workdays", "working days");

/// 0–99 in words.
pub(super) fn small(n: u32) -> String {
    match n {
        0..=19 => ONES[n as usize].to_owned(),
        _ if n.is_multiple_of(10) => TENS[(n / 10 % 10) as usize].to_owned(),
        _ => format!(
            "{}-{}",
            TENS[(n / 10 % 10) as usize],
            ONES[(n % 10) as usize]
        ),
    }
}

/// 1–31 as a day of the month.
fn ordinal(n: u32) -> String {
    match n {
        1..=19 => ORDINALS[n as usize].to_owned(),
        20 => "twentieth".to_owned(),
        30 => "thirtieth".to_owned(),
        _ => format!(
            "{}-{}",
            TENS[(n / 10 % 10) as usize],
            ORDINALS[(n % 10) as usize]
        ),
    }
}

fn day_text(n: u32) -> String {
    format!("the {} of", ordinal(n))
}

fn workdays_text(n: u32) -> String {
    format!(
        "{} {}",
        small(n),
        if n == 1 { WORKDAY.1 } else { WORKDAYS.1 }
    )
}

fn year_text(year: i16) -> String {
    let year = u32::from(year.unsigned_abs());
    format!("{} {}", small(year / 100), small(year % 100))
}

/// Every clip that these rules can ask for.
pub(super) fn clip_list() -> Vec<ClipSpec> {
    let mut list = Vec::new();
    let mut add = |prompt: String, text: String, required: bool| {
        list.push(ClipSpec {
            prompt,
            text,
            required,
        })
    };
    for n in 0..=99 {
        add(format!("n/{n}"), small(n), n <= 20 || n % 10 == 0);
    }
    for unit in [
        HUNDRED, THOUSAND, MILLION, BILLION, AND, OH, MINUS, YUAN, FEN, WORKDAY, WORKDAYS,
    ] {
        add(unit.0.to_owned(), unit.1.to_owned(), true);
    }
    for n in 1..=9 {
        add(format!("n/{n}00"), format!("{} hundred", small(n)), false);
        add(format!("n/{n}000"), format!("{} thousand", small(n)), false);
    }
    for (n, name) in WEEKDAYS.iter().enumerate() {
        add(format!("weekday/{}", n + 1), (*name).to_owned(), true);
    }
    for (n, name) in MONTHS.iter().enumerate() {
        add(format!("month/{}", n + 1), (*name).to_owned(), true);
    }
    for day in 1..=31 {
        add(format!("day/{day}"), day_text(day), true);
    }
    for year in SMOOTH_YEARS {
        add(format!("year/{year}"), year_text(year), false);
    }
    for n in 1..=30 {
        add(format!("workdays/{n}"), workdays_text(n), false);
    }
    list
}

/// Says one part that is not a sentence, a name, digits or a pause.
pub(super) fn say(out: &mut Composer, part: &Part) {
    match part {
        Part::Number(n) => number(out, *n),
        Part::Count(n) => number(out, i64::from(*n)),
        Part::WorkingDays(n) => {
            let fallback = |out: &mut Composer| {
                number(out, i64::from(*n));
                unit(out, if *n == 1 { WORKDAY } else { WORKDAYS });
            };
            if *n <= 99 {
                out.smooth(format!("workdays/{n}"), workdays_text(*n), fallback);
            } else {
                fallback(out);
            }
        }
        Part::Date { date, year } => {
            let (month, day) = (
                usize::from(date.month().unsigned_abs()),
                date.day().unsigned_abs().into(),
            );
            out.clip(&format!("day/{day}"), &day_text(day));
            out.clip(&format!("month/{month}"), MONTHS[month - 1]);
            if *year {
                self::year(out, date.year());
            }
        }
        Part::Weekday(day) => {
            let n = day.to_monday_one_offset();
            out.clip(
                &format!("weekday/{n}"),
                WEEKDAYS[usize::from(n.unsigned_abs()) - 1],
            );
        }
        Part::Money { fen } => money(out, *fen),
        Part::Prompt { .. } | Part::Name { .. } | Part::Digits(_) | Part::Pause { .. } => {}
    }
}

fn unit(out: &mut Composer, unit: (&str, &str)) {
    out.clip(unit.0, unit.1);
}

fn year(out: &mut Composer, year: i16) {
    let n = u32::from(year.unsigned_abs());
    let (century, rest) = (n / 100, n % 100);
    if !(1000..=9999).contains(&n) || century % 10 == 0 && rest < 10 {
        return number(out, i64::from(year));
    }
    let fallback = |out: &mut Composer| {
        under_hundred(out, century);
        match rest {
            0 => unit(out, HUNDRED),
            1..=9 => {
                unit(out, OH);
                under_hundred(out, rest);
            }
            _ => under_hundred(out, rest),
        }
    };
    if SMOOTH_YEARS.contains(&year) {
        out.smooth(format!("year/{year}"), year_text(year), fallback);
    } else {
        fallback(out);
    }
}

fn money(out: &mut Composer, fen: i64) {
    if fen < 0 {
        unit(out, MINUS);
    }
    let fen = fen.unsigned_abs();
    let (yuan, rest) = (fen / 100, (fen % 100) as u32);
    if yuan > 0 || fen == 0 {
        magnitude(out, yuan);
        unit(out, YUAN);
    }
    if rest > 0 {
        if yuan > 0 {
            unit(out, AND);
        }
        under_hundred(out, rest);
        unit(out, FEN);
    }
}

fn number(out: &mut Composer, n: i64) {
    if n < 0 {
        unit(out, MINUS);
    }
    magnitude(out, n.unsigned_abs());
}

fn magnitude(out: &mut Composer, n: u64) {
    for (scale, name) in [(1_000_000_000, BILLION), (1_000_000, MILLION)] {
        if n >= scale {
            magnitude(out, n / scale);
            unit(out, name);
            return rest_after_unit(out, n % scale);
        }
    }
    if n < 1000 {
        return under_thousand(out, n as u32);
    }
    let thousands = (n / 1000) as u32;
    if thousands <= 9 {
        out.smooth(
            format!("n/{thousands}000"),
            format!("{} thousand", small(thousands)),
            |out| {
                under_hundred(out, thousands);
                unit(out, THOUSAND);
            },
        );
    } else {
        under_thousand(out, thousands);
        unit(out, THOUSAND);
    }
    rest_after_unit(out, n % 1000);
}

fn rest_after_unit(out: &mut Composer, rest: u64) {
    match rest {
        0 => {}
        1..=99 => {
            unit(out, AND);
            under_hundred(out, rest as u32);
        }
        _ => magnitude(out, rest),
    }
}

fn under_thousand(out: &mut Composer, n: u32) {
    if n < 100 {
        return under_hundred(out, n);
    }
    let hundreds = n / 100;
    out.smooth(
        format!("n/{hundreds}00"),
        format!("{} hundred", small(hundreds)),
        |out| {
            under_hundred(out, hundreds);
            unit(out, HUNDRED);
        },
    );
    rest_after_unit(out, u64::from(n % 100));
}

fn under_hundred(out: &mut Composer, n: u32) {
    if n <= 20 || n.is_multiple_of(10) {
        return out.clip(&format!("n/{n}"), &small(n));
    }
    out.smooth(format!("n/{n}"), small(n), |out| {
        out.clip(&format!("n/{}", n / 10 * 10), TENS[(n / 10) as usize]);
        out.clip(&format!("n/{}", n % 10), ONES[(n % 10) as usize]);
    });
}
