//! Part 3: `kill -9` over kiosks, hubs and PostgreSQL while residents are served. Each round is a station of its own: two
//! kiosks with the real record and driver, and somebody at a desk, at two hub processes over one PostgreSQL; every other
//! round at one over SQLite. Whatever is killed is started again after a moment. In the end nothing that a kiosk called
//! saved is lost, nothing is there twice, every chain verifies, and all know the same of every case.

mod checks;
pub(super) mod kiosk;
mod record;
mod round;

use anyhow::Result;
use onedoor_harness::postgres::Postgres;

use self::round::Round;
use super::Arguments;
use super::numbered::{self, Counts, Plan};
use crate::bar::{Bars, Limit};

/// What the bar asks for (design/sync.md, bar 3).
const KILLS: u64 = 2000;
/// Kills of one round.
const A_ROUND: u64 = 100;

/// What would be wrong, by the name under which it is counted.
const WRONG: [&str; 5] = [
    "lost",
    "doubled",
    "broken chains",
    "not converged",
    "ended by themselves",
];

/// Runs it.
///
/// # Errors
/// When how far it is cannot be kept, or a round cannot be begun.
pub fn run(arguments: &Arguments) -> Result<Bars> {
    if let Some(folder) = &arguments.kiosk {
        kiosk::run(folder, arguments.from)?;
        std::process::exit(0);
    }
    let kills = arguments.count.unwrap_or(KILLS);
    let a_round = kills.min(A_ROUND);
    let postgres = Postgres::start()?.is_some();
    if !postgres {
        println!("part-3: PostgreSQL is not installed: every round is over SQLite");
    }
    // Both databases, however few kills are asked for.
    let rounds = kills.div_ceil(a_round).max(1 + u64::from(postgres));
    let a_round = kills.div_ceil(rounds);
    let play = |number: u64| {
        let over_postgres = postgres && number.is_multiple_of(2);
        Round::play(number, a_round, over_postgres)
            .map_err(|why| format!("round {number}: {why:#}; again: soak 3 --replay {number}"))
    };
    if let Some(number) = arguments.replay {
        let counts = play(number).map_err(|why| anyhow::anyhow!(why))?;
        println!("{counts:?}");
        return Ok(bars(&counts, a_round, 0));
    }
    let done = numbered::run(
        &Plan {
            name: "part-3",
            meaning: format!("{rounds} rounds of {a_round} kills, PostgreSQL: {postgres}"),
            goal: rounds,
            time: arguments.time(),
            folder: &arguments.state,
            resume: arguments.resume,
        },
        play,
    )?;
    for (name, count) in &done.counts {
        println!("part-3: {name}: {count}");
    }
    Ok(bars(&done.counts, kills, done.failed))
}

fn bars(counts: &Counts, kills: u64, failed: u64) -> Bars {
    let count = |name: &str| counts.get(name).copied().unwrap_or_default() as f64;
    let mut bars = Bars::default();
    bars.add("3-kills", count("kills"), Limit::AtLeast(kills as f64), "");
    for name in WRONG {
        let bar = format!("3-{}", name.replace(' ', "-"));
        bars.add(bar, count(name), Limit::AtMost(0.0), "");
    }
    bars.add("3-rounds-failed", failed as f64, Limit::AtMost(0.0), "");
    // A round in which nothing happened would show nothing.
    bars.add("3-cases", count("cases"), Limit::AtLeast(kills as f64), "");
    bars
}
