//! Bars 1 and 2 of the design: `cargo run -p onedoor-powercut --example power_cuts [cuts] [prefixes] [pieces of work]`.
//! A cut that costs something is printed, and its files are kept under `.dev/power`.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use onedoor_powercut::work::{Durability, Found, Worked};

#[derive(Default)]
struct Tally {
    whole: u64,
    more: u64,
    lost: u64,
    wrong: u64,
}

/// Cuts so often; `thorough` reads every page after each.
fn cuts(
    name: &str,
    worked: &Worked,
    count: u64,
    thorough: bool,
    control: bool,
) -> Result<Tally, Box<dyn std::error::Error>> {
    let (began, mut told) = (Instant::now(), Instant::now());
    let mut tally = Tally::default();
    for number in 0..count {
        let (moment, unsynced) = worked.numbered(number, count);
        let found = worked.cut(moment, unsynced, thorough)?;
        match &found {
            Found::Whole => tally.whole += 1,
            Found::WholeAndOneMore => tally.more += 1,
            // The record noticed that commits are missing: they are lost all the same.
            Found::Lost | Found::Refused("STO-018") => tally.lost += 1,
            Found::Refused(_) | Found::Odd(_) => tally.wrong += 1,
        }
        let bad = !matches!(found, Found::Whole | Found::WholeAndOneMore);
        if bad && (!control || matches!(found, Found::Odd(_))) {
            let kept = format!(".dev/power/{name}-{number}");
            worked.keep(moment, unsynced, kept.as_ref())?;
            println!(
                "{name} {number}: after {moment} operations, {unsynced:?}: {found:?}; kept in {kept}"
            );
        }
        if told.elapsed() > Duration::from_secs(10) {
            told = Instant::now();
            println!(
                "{name}: {} of {count}, {:.0} s",
                number + 1,
                began.elapsed().as_secs_f64()
            );
        }
    }
    println!(
        "{name}: {count} cuts at {} moments with {} syncs: {} as acknowledged, {} with the work under way, {} lost, {} wrong, {:.0} s",
        worked.moments(),
        worked.syncs(),
        tally.whole,
        tally.more,
        tally.lost,
        tally.wrong,
        began.elapsed().as_secs_f64()
    );
    Ok(tally)
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let mut next = |otherwise: u64| numbers.next().unwrap_or(Ok(otherwise));
    let (count, prefixes, pieces) = (next(1_000)?, next(10_000)?, next(120)? as usize);
    let ours = Worked::new(Durability::Ours, pieces)?;
    let control = Worked::new(Durability::Normal, pieces)?;
    let first = cuts("cuts", &ours, count, true, false)?;
    let normal = cuts("control", &control, count, false, true)?;
    let second = cuts("prefixes", &ours, prefixes, false, false)?;
    let mut kept = true;
    let mut bar = |name: &str, figure: u64, fine: bool, limit: &str| {
        kept &= fine;
        println!(
            "bar {name} {figure} {limit} {}",
            if fine { "ok" } else { "short" }
        );
    };
    bar("power-cut-lost", first.lost, first.lost == 0, "<=0");
    bar(
        "power-cut-integrity-failures",
        first.wrong,
        first.wrong == 0,
        "<=0",
    );
    bar(
        "power-cut-control-lost",
        normal.lost,
        normal.lost > 0,
        ">=1",
    );
    let recovered = second.whole + second.more;
    bar(
        "prefixes-recovered",
        recovered,
        recovered == prefixes,
        &format!(">={prefixes}"),
    );
    Ok(if kept {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
