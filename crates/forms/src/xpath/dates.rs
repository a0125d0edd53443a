//! Dates in expressions: ISO 8601 texts to moments and back, and `format-date` patterns.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

/// Whether a text is written like a date (`2026-11-22`, or with a time).
pub fn looks_like_date(text: &str) -> bool {
    let b = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| b[range].iter().all(u8::is_ascii_digit);
    b.len() >= 10
        && digits(0..4)
        && b[4] == b'-'
        && digits(5..7)
        && b[7] == b'-'
        && digits(8..10)
        && (b.len() == 10 || b[10] == b'T' || b[10] == b' ')
}

/// A text as milliseconds since 1970 UTC; not a number where it is no date. Without an offset it is local time.
pub fn parse(text: &str, offset: Offset) -> f64 {
    parse_iso(text.trim(), offset)
        .or_else(|| parse_long(text.trim()))
        .unwrap_or(f64::NAN)
}

fn parse_iso(text: &str, offset: Offset) -> Option<f64> {
    if !looks_like_date(text) {
        return None;
    }
    let date: Date = text.get(..10)?.parse().ok()?;
    let Some(rest) = text.get(11..) else {
        return Some(to_millis(date.to_datetime(Time::midnight()), offset));
    };
    let (time, zone) = split_zone(rest);
    let zone = zone.map_or(Some(offset), parse_zone)?;
    Some(to_millis(date.to_datetime(parse_time(time)?), zone))
}

/// `Sun Nov 22 2026 09:48:17 GMT-0700 (Mountain Standard Time)`, which web form engines store.
fn parse_long(text: &str) -> Option<f64> {
    let mut words = text.split_whitespace().skip(1);
    let month = MONTHS
        .iter()
        .position(|m| words.clone().next() == Some(m))? as i8
        + 1;
    words.next();
    let day: i8 = words.next()?.parse().ok()?;
    let year: i16 = words.next()?.parse().ok()?;
    let time = parse_time(words.next()?)?;
    let zone = parse_zone(words.next()?.strip_prefix("GMT")?)?;
    Some(to_millis(
        Date::new(year, month, day).ok()?.to_datetime(time),
        zone,
    ))
}

fn split_zone(text: &str) -> (&str, Option<&str>) {
    match text.find(['Z', '+', '-']) {
        Some(at) => (&text[..at], Some(&text[at..])),
        None => (text, None),
    }
}

fn parse_zone(text: &str) -> Option<Offset> {
    if text == "Z" {
        return Some(Offset::UTC);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = text.chars().skip(1).filter(|c| *c != ':').collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits
        .get(2..)
        .filter(|m| !m.is_empty())
        .map_or(Ok(0), str::parse)
        .ok()?;
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

fn parse_time(text: &str) -> Option<Time> {
    let mut parts = text.trim().split(':');
    let hour: i8 = parts.next()?.parse().ok()?;
    let minute: i8 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next().map_or(Ok(0.0), str::parse).ok()?;
    if parts.next().is_some() || !(0.0..60.0).contains(&seconds) {
        return None;
    }
    let millis = (seconds * 1000.0).round() as i64;
    let nanos = (millis % 1000) * 1_000_000;
    Time::new(hour, minute, (millis / 1000) as i8, nanos as i32).ok()
}

fn to_millis(local: DateTime, offset: Offset) -> f64 {
    match offset.to_timestamp(local) {
        Ok(moment) => moment.as_millisecond() as f64,
        Err(_) => f64::NAN,
    }
}

/// A local date's midnight.
pub fn from_date(date: Date, offset: Offset) -> f64 {
    to_millis(date.to_datetime(Time::midnight()), offset)
}

/// A local date and time.
pub fn from_datetime(local: DateTime, offset: Offset) -> f64 {
    to_millis(local, offset)
}

/// The local date and time of a moment; `None` where it is no date.
pub fn to_local(millis: f64, offset: Offset) -> Option<DateTime> {
    if !millis.is_finite() || millis.abs() > 1e15 {
        return None;
    }
    let moment = jiff::Timestamp::from_millisecond(millis.round() as i64).ok()?;
    Some(offset.to_datetime(moment))
}

/// A moment as text: the date alone at local midnight, otherwise with time and offset.
pub fn to_text(millis: f64, offset: Offset) -> String {
    let Some(local) = to_local(millis, offset) else {
        return "Invalid Date".to_string();
    };
    if local.time() == Time::midnight() {
        return local.date().to_string();
    }
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!(
        "{}T{:02}:{:02}:{:02}.{:03}{sign}{:02}:{:02}",
        local.date(),
        local.hour(),
        local.minute(),
        local.second(),
        local.millisecond(),
        minutes / 60,
        minutes % 60
    )
}

/// The part of the local day that has gone by, for `decimal-time('06:00')`.
pub fn day_fraction(text: &str, offset: Offset) -> f64 {
    let (time, zone) = split_zone(text.trim());
    let Some(time) = parse_time(time) else {
        return f64::NAN;
    };
    let shift = match zone.map(parse_zone) {
        None => 0,
        Some(Some(zone)) => offset.seconds() - zone.seconds(),
        Some(None) => return f64::NAN,
    };
    let seconds = i32::from(time.hour()) * 3600
        + i32::from(time.minute()) * 60
        + i32::from(time.second())
        + shift;
    let millis = f64::from(seconds.rem_euclid(86_400)) * 1000.0 + f64::from(time.millisecond());
    millis / super::value::DAY
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// `format-date`: the patterns of the ODK XForms specification; empty for no date.
pub fn format(millis: f64, pattern: &str, offset: Offset) -> String {
    let Some(t) = to_local(millis, offset) else {
        return String::new();
    };
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('Y') => out.push_str(&format!("{:04}", t.year())),
            Some('y') => out.push_str(&format!("{:02}", t.year().rem_euclid(100))),
            Some('m') => out.push_str(&format!("{:02}", t.month())),
            Some('n') => out.push_str(&t.month().to_string()),
            Some('b') => out.push_str(MONTHS[(t.month() - 1) as usize]),
            Some('d') => out.push_str(&format!("{:02}", t.day())),
            Some('e') => out.push_str(&t.day().to_string()),
            Some('H') => out.push_str(&format!("{:02}", t.hour())),
            Some('h') => out.push_str(&t.hour().to_string()),
            Some('M') => out.push_str(&format!("{:02}", t.minute())),
            Some('S') => out.push_str(&format!("{:02}", t.second())),
            Some('3') => out.push_str(&format!("{:03}", t.millisecond())),
            Some('a') => {
                out.push_str(WEEKDAYS[t.weekday().to_monday_zero_offset() as usize]);
            }
            Some('%') => out.push('%'),
            Some(other) => {
                out.push('%');
                out.push(other);
            }
            None => out.push('%'),
        }
    }
    out
}
