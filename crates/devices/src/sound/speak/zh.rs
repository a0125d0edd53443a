//! Spoken Chinese: numbers, dates, money and terms.
//!
//! Rules: 两 before 千, 万, 亿 and measure words, 二 elsewhere (二十, 二百, 二号); one 零 for any run of empty places
//! inside a number; 十五 at the start, 一十五 after a higher place; the year digit by digit; 号 for the day.

use super::{ClipSpec, Composer, Part, SMOOTH_YEARS};
use jiff::civil::Weekday;

const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
const WEEKDAYS: [&str; 7] = [
    "星期一",
    "星期二",
    "星期三",
    "星期四",
    "星期五",
    "星期六",
    "星期天",
];

const TEN: (&str, &str) = ("n/10", "十");
const HUNDRED: (&str, &str) = ("n/bai", "百");
const THOUSAND: (&str, &str) = ("n/qian", "千");
const MYRIAD: (&str, &str) = ("n/wan", "万");
const HUNDRED_MILLION: (&str, &str) = ("n/yi", "亿");
const TWO_OF: (&str, &str) = ("n/liang", "两");
const MINUS: (&str, &str) = ("n/minus", "负");
const YEAR: (&str, &str) = ("unit/year", "年");
const MONTH: (&str, &str) = ("unit/month", "月");
const DAY: (&str, &str) = ("unit/day", "号");
const YUAN: (&str, &str) = ("unit/yuan", "元");
const JIAO: (&str, &str) = ("unit/jiao", "角");
const FEN: (&str, &str) = ("unit/fen", "分");
const COUNT: (&str, &str) = ("unit/count", "个");
const WORKDAYS: (&str, &str) = ("unit/workdays", "个工作日");

/// 0–99 in characters, as it stands at the start of a number.
pub(super) fn small(n: u32) -> String {
    match n {
        0..=9 => DIGITS[n as usize].to_owned(),
        10..=19 => format!("十{}", tail(n % 10)),
        _ => format!("{}十{}", DIGITS[(n / 10 % 10) as usize], tail(n % 10)),
    }
}

fn tail(n: u32) -> &'static str {
    if n == 0 { "" } else { DIGITS[n as usize] }
}

/// A digit in front of 千, 万 or a measure word.
fn measured(n: u32) -> String {
    if n == 2 { "两".to_owned() } else { small(n) }
}

fn year_text(year: i16) -> String {
    let digits: String = year
        .to_string()
        .chars()
        .filter_map(|c| c.to_digit(10))
        .map(|d| DIGITS[d as usize])
        .collect();
    format!("{digits}年")
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
        add(format!("n/{n}"), small(n), n <= 10);
    }
    for unit in [HUNDRED, THOUSAND, MYRIAD, HUNDRED_MILLION, TWO_OF, MINUS] {
        add(unit.0.to_owned(), unit.1.to_owned(), true);
    }
    for unit in [YEAR, MONTH, DAY, YUAN, JIAO, FEN, COUNT, WORKDAYS] {
        add(unit.0.to_owned(), unit.1.to_owned(), true);
    }
    for n in 1..=9 {
        add(format!("n/{n}00"), format!("{}百", small(n)), false);
        add(format!("n/{n}000"), format!("{}千", measured(n)), false);
        add(format!("n/{n}0000"), format!("{}万", measured(n)), false);
    }
    for (n, name) in WEEKDAYS.iter().enumerate() {
        add(format!("weekday/{}", n + 1), (*name).to_owned(), true);
    }
    for month in 1..=12 {
        add(
            format!("month/{month}"),
            format!("{}月", small(month)),
            false,
        );
    }
    for day in 1..=31 {
        add(format!("day/{day}"), format!("{}号", small(day)), false);
    }
    for year in SMOOTH_YEARS {
        add(format!("year/{year}"), year_text(year), false);
    }
    for n in 1..=18 {
        add(format!("count/{n}"), format!("{}个", measured(n)), false);
    }
    for n in 1..=30 {
        add(
            format!("workdays/{n}"),
            format!("{}个工作日", measured(n)),
            false,
        );
    }
    list
}

/// Says one part that is not a sentence, a name, digits or a pause.
pub(super) fn say(out: &mut Composer, part: &Part) {
    match part {
        Part::Number(n) => number(out, *n, false),
        Part::Count(n) => counted(out, "count", *n, COUNT),
        Part::WorkingDays(n) => counted(out, "workdays", *n, WORKDAYS),
        Part::Date { date, year } => {
            if *year {
                self::year(out, date.year());
            }
            let (month, day) = (
                date.month().unsigned_abs().into(),
                date.day().unsigned_abs().into(),
            );
            out.smooth(
                format!("month/{month}"),
                format!("{}月", small(month)),
                |out| {
                    under_hundred(out, month);
                    unit(out, MONTH);
                },
            );
            out.smooth(format!("day/{day}"), format!("{}号", small(day)), |out| {
                under_hundred(out, day);
                unit(out, DAY);
            });
        }
        Part::Weekday(day) => weekday(out, *day),
        Part::Money { fen } => money(out, *fen),
        Part::Prompt { .. } | Part::Name { .. } | Part::Digits(_) | Part::Pause { .. } => {}
    }
}

/// Says a number with its measure word; small ones may have a clip of their own.
fn counted(out: &mut Composer, folder: &str, n: u32, word: (&str, &str)) {
    let fallback = |out: &mut Composer| {
        number(out, i64::from(n), true);
        unit(out, word);
    };
    if n <= 99 {
        out.smooth(
            format!("{folder}/{n}"),
            format!("{}{}", measured(n), word.1),
            fallback,
        );
    } else {
        fallback(out);
    }
}

fn year(out: &mut Composer, year: i16) {
    let fallback = |out: &mut Composer| {
        for digit in year.to_string().chars().filter_map(|c| c.to_digit(10)) {
            under_hundred(out, digit);
        }
        unit(out, YEAR);
    };
    if SMOOTH_YEARS.contains(&year) {
        out.smooth(format!("year/{year}"), year_text(year), fallback);
    } else {
        fallback(out);
    }
}

fn unit(out: &mut Composer, unit: (&str, &str)) {
    out.clip(unit.0, unit.1);
}

fn weekday(out: &mut Composer, day: Weekday) {
    let n = day.to_monday_one_offset();
    out.clip(
        &format!("weekday/{n}"),
        WEEKDAYS[usize::from(n.unsigned_abs()) - 1],
    );
}

fn money(out: &mut Composer, fen: i64) {
    if fen < 0 {
        unit(out, MINUS);
    }
    let fen = fen.unsigned_abs();
    let (yuan, jiao, rest) = (fen / 100, (fen / 10 % 10) as u32, (fen % 10) as u32);
    if yuan > 0 || fen == 0 {
        magnitude(out, yuan, true);
        unit(out, YUAN);
    }
    if jiao > 0 {
        measured_digit(out, jiao);
        unit(out, JIAO);
    }
    if rest > 0 {
        if jiao == 0 && yuan > 0 {
            under_hundred(out, 0);
        }
        measured_digit(out, rest);
        unit(out, FEN);
    }
}

fn measured_digit(out: &mut Composer, n: u32) {
    if n == 2 {
        unit(out, TWO_OF)
    } else {
        under_hundred(out, n)
    }
}

/// Says a whole number; `measure` when a measure word follows.
fn number(out: &mut Composer, n: i64, measure: bool) {
    if n < 0 {
        unit(out, MINUS);
    }
    magnitude(out, n.unsigned_abs(), measure);
}

fn magnitude(out: &mut Composer, n: u64, measure: bool) {
    match n {
        0 => under_hundred(out, 0),
        2 if measure => unit(out, TWO_OF),
        _ => places(out, n, true),
    }
}

/// Says n > 0; `leading` when nothing of the number was said yet.
fn places(out: &mut Composer, n: u64, leading: bool) {
    const E4: u64 = 10_000;
    const E8: u64 = 100_000_000;
    let (higher, rest, unit_, gap) = if n >= E8 {
        (n / E8, n % E8, HUNDRED_MILLION, E8 / 10)
    } else if n >= E4 {
        (n / E4, n % E4, MYRIAD, E4 / 10)
    } else {
        return section(out, n as u32, leading);
    };
    if higher == 2 && leading {
        if unit_ == MYRIAD {
            out.smooth("n/20000".into(), "两万".into(), |out| {
                unit(out, TWO_OF);
                unit(out, MYRIAD);
            });
        } else {
            unit(out, TWO_OF);
            unit(out, unit_);
        }
    } else if higher <= 9 && unit_ == MYRIAD {
        let digit = higher as u32;
        out.smooth(
            format!("n/{digit}0000"),
            format!("{}万", measured(digit)),
            |out| {
                measured_digit(out, digit);
                unit(out, MYRIAD);
            },
        );
    } else {
        places(out, higher, leading);
        unit(out, unit_);
    }
    if rest > 0 {
        if rest < gap {
            under_hundred(out, 0);
        }
        places(out, rest, false);
    }
}

/// Says 1–9999.
fn section(out: &mut Composer, n: u32, leading: bool) {
    let (thousands, hundreds, rest) = (n / 1000, n / 100 % 10, n % 100);
    if thousands > 0 {
        out.smooth(
            format!("n/{thousands}000"),
            format!("{}千", measured(thousands)),
            |out| {
                measured_digit(out, thousands);
                unit(out, THOUSAND);
            },
        );
    }
    if hundreds > 0 {
        out.smooth(
            format!("n/{hundreds}00"),
            format!("{}百", small(hundreds)),
            |out| {
                under_hundred(out, hundreds);
                unit(out, HUNDRED);
            },
        );
    }
    if rest == 0 {
        return;
    }
    let skipped = (hundreds == 0 && thousands > 0) || (hundreds > 0 && rest < 10);
    if skipped {
        under_hundred(out, 0);
    }
    if (10..=19).contains(&rest) && (thousands > 0 || hundreds > 0 || !leading) {
        under_hundred(out, 1);
    }
    under_hundred(out, rest);
}

/// Says 0–99 as it stands at the start of a number.
fn under_hundred(out: &mut Composer, n: u32) {
    if n <= 10 {
        return out.clip(&format!("n/{n}"), &small(n));
    }
    out.smooth(format!("n/{n}"), small(n), |out| {
        if n >= 20 {
            out.clip(&format!("n/{}", n / 10), DIGITS[(n / 10) as usize]);
        }
        unit(out, TEN);
        if !n.is_multiple_of(10) {
            out.clip(&format!("n/{}", n % 10), DIGITS[(n % 10) as usize]);
        }
    });
}
