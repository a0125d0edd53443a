//! A clock at 1970 after a dead battery, and clocks that jump: no date is promised that nobody can keep, and nothing is lost.

use anyhow::{Result, ensure};
use onedoor_domain::calendar::Due;
use serde_json::json;

use super::{Plugs, at_consent, event, finish, one_case, page, read, says, sentence, settle};
use crate::place::{Driven, Place};
use crate::record::Record;
use crate::resident::{self, Hands, Resident};

const DAY_MS: i64 = 24 * 3_600_000;

/// As far off as a clock at its first minute of 1970 is.
fn to_1970() -> Result<i64> {
    Ok(60_000 - i64::try_from(std::time::UNIX_EPOCH.elapsed()?.as_millis())?)
}

/// The words after the number in "within N working days".
fn within() -> Result<String> {
    let all = std::fs::read_to_string(
        onedoor_harness::workspace().join("assets/translations/zh-CN/kiosk.ftl"),
    )?;
    let line = all
        .lines()
        .find_map(|line| line.strip_prefix("done-due-within = "));
    let words = line
        .and_then(|line| line.split('}').nth(1))
        .unwrap_or_default();
    ensure!(!words.is_empty(), "there is no done-due-within");
    Ok(words.trim().to_owned())
}

fn promises_days(kiosk: &mut Driven) -> Result<()> {
    says(kiosk, &[&within()?, &sentence("clock-wrong")?])?;
    let date = sentence("done-due-on")?;
    ensure!(
        !read(kiosk)?.contains(&date),
        "a date is promised by a clock that nobody believes"
    );
    Ok(())
}

fn promises_a_date(kiosk: &mut Driven) -> Result<()> {
    says(kiosk, &[&sentence("done-due-on")?])?;
    let text = read(kiosk)?;
    ensure!(
        !text.contains(&sentence("clock-wrong")?),
        "the clock is right, and the page doubts it:\n{text}"
    );
    Ok(())
}

#[test]
fn a_clock_that_is_right_promises_a_date() -> Result<()> {
    let place = Place::new()?;
    let mut kiosk = Plugs::of(&place).start(&place)?;
    finish(&mut kiosk, &mut Resident::default())?;
    promises_a_date(&mut kiosk)?;
    kiosk.0.kill()?;
    let due = one_case(&place)?.status.due;
    ensure!(matches!(due, Some(Due::On(_))), "{due:?}");
    Ok(())
}

#[test]
fn a_clock_at_1970() -> Result<()> {
    let place = Place::new()?;
    let plugs = Plugs {
        shift_ms: to_1970()?,
        ..Plugs::of(&place)
    };
    let mut kiosk = plugs.start(&place)?;
    let mut resident = Resident::default();
    resident::go_on(&mut kiosk, &mut resident, |page, _| page.page == "home")?;
    says(&mut kiosk, &[&sentence("clock-wrong")?])?;
    finish(&mut kiosk, &mut resident)?;
    promises_days(&mut kiosk)?;
    event(&mut kiosk, "printed", "")?;
    kiosk.0.kill()?;
    let case = one_case(&place)?;
    ensure!(
        matches!(case.status.due, Some(Due::WithinWorkingDays(_))),
        "{:?}",
        case.status.due
    );

    // The right time comes back: the case is there, and the next one has a date.
    let mut kiosk = Plugs::of(&place).start(&place)?;
    finish(&mut kiosk, &mut Resident::default())?;
    promises_a_date(&mut kiosk)?;
    kiosk.0.kill()?;
    let cases = Record::open(&place.data())?.cases()?;
    ensure!(cases.len() == 2, "{} cases", cases.len());
    Ok(())
}

#[test]
fn a_clock_that_jumps_in_the_middle_of_a_matter() -> Result<()> {
    for by in [400 * DAY_MS, -3 * DAY_MS, to_1970()?] {
        let place = Place::new()?;
        let (mut kiosk, mut resident) = at_consent(&place, &Plugs::of(&place))?;
        kiosk.0.send(&json!({ "clock": by }))?;
        finish(&mut kiosk, &mut resident)?;
        promises_days(&mut kiosk)?;
        event(&mut kiosk, "printed", "")?;
        kiosk.0.kill()?;
        let due = one_case(&place)?.status.due;
        ensure!(
            matches!(due, Some(Due::WithinWorkingDays(_))),
            "{by} ms: {due:?}"
        );
    }
    Ok(())
}

/// The time of a resident who is typing is not used up by a wall clock that jumps.
#[test]
fn a_clock_that_jumps_puts_nobody_out() -> Result<()> {
    let place = Place::new()?;
    let (mut kiosk, _) = at_consent(&place, &Plugs::of(&place))?;
    kiosk.0.send(&json!({ "clock": 2 * DAY_MS }))?;
    kiosk.0.send(&json!({ "clock": -2 * DAY_MS }))?;
    settle(&mut kiosk)?;
    let up = page(&mut kiosk, "any page", |_| true)?;
    ensure!(up.page == "consent", "up is {}", up.page);
    Ok(())
}

/// A draft written under one clock is offered under another, however far apart they are.
#[test]
fn a_draft_outlives_a_clock_that_jumps_while_the_power_is_off() -> Result<()> {
    for (before, after) in [
        (0, to_1970()?),
        (to_1970()?, 0),
        (0, -3 * DAY_MS),
        (0, 100 * DAY_MS),
    ] {
        let place = Place::new()?;
        let at = |shift_ms| Plugs {
            shift_ms,
            ..Plugs::of(&place)
        };
        let (kiosk, mut resident) = at_consent(&place, &at(before))?;
        kiosk.0.kill()?;
        let mut kiosk = at(after).start(&place)?;
        let back = resident::go_on(&mut kiosk, &mut resident, |page, _| {
            !page.page.starts_with("go-on") && page.page != "rest"
        })?;
        ensure!(
            back.page == "consent",
            "{before} to {after} ms: {} came back",
            back.page
        );
        let asked = resident::go_on(&mut kiosk, &mut resident, |page, _| page.has("date/again"))?;
        if asked.has("date/again") {
            // The day that was told is not one that the service takes by the clock of now: it is asked, and nothing else.
            says(&mut kiosk, &[])?;
            kiosk.touch("date/again")?;
            resident.forget_typing();
            finish(&mut kiosk, &mut resident)?;
        }
        kiosk.0.kill()?;
        one_case(&place)?;
    }
    Ok(())
}
