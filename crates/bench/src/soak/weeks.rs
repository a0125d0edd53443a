//! Part 4: the engine against a model hub, weeks of bad luck by seed ([`onedoor_sim`]).

use anyhow::{Result, anyhow};
use onedoor_sim::{play, tried};

use super::Arguments;
use super::numbered::{self, Counts, Plan};
use crate::bar::{Bars, Limit};

/// Kiosks, days, seeds (design/sync.md, bar 4).
type Size = (usize, u64, u64);
const SIZES: [Size; 2] = [(5, 7, 10_000), (50, 30, 100)];

/// Plays them.
///
/// # Errors
/// When how far it is cannot be kept, or the one seed to be played again failed.
pub fn run(arguments: &Arguments) -> Result<Bars> {
    let chosen = arguments.kiosks.zip(arguments.days);
    if let Some(seed) = arguments.replay {
        let (kiosks, days) = chosen.unwrap_or((SIZES[0].0, SIZES[0].1));
        let stats = play(seed, kiosks, days, true).map_err(|why| anyhow!("seed {seed}: {why}"))?;
        println!("{stats:?}");
        let mut bars = Bars::default();
        bars.add("4-seeds-failed", 0.0, Limit::AtMost(0.0), "");
        return Ok(bars);
    }
    let sizes: Vec<Size> = match (chosen, arguments.count) {
        (Some((kiosks, days)), count) => vec![(kiosks, days, count.unwrap_or(SIZES[0].2))],
        (None, Some(count)) => vec![(SIZES[0].0, SIZES[0].1, count)],
        (None, None) => SIZES.to_vec(),
    };
    let goal = sizes.iter().map(|(.., seeds)| seeds).sum();
    let plan = Plan {
        name: "part-4",
        meaning: format!("{sizes:?} (kiosks, days, seeds)"),
        goal,
        time: arguments.time(),
        folder: &arguments.state,
        resume: arguments.resume,
    };
    // A panic is caught and told as its seed's failure; the usual message would only stand between the lines.
    std::panic::set_hook(Box::new(|_| {}));
    let done = numbered::run(&plan, |number| {
        let mut seed = number;
        for (kiosks, days, seeds) in &sizes {
            if seed < *seeds {
                let stats = tried(seed, *kiosks, *days)?;
                let luck = stats.bad_luck().map(|(name, n)| (name.to_owned(), n));
                return Ok(Counts::from_iter(luck));
            }
            seed -= seeds;
        }
        Ok(Counts::new())
    });
    let _ = std::panic::take_hook();
    let done = done?;
    for (name, count) in &done.counts {
        println!("part-4: {name}: {count} times");
    }
    let mut bars = Bars::default();
    let failed = done.failed as f64;
    bars.add("4-seeds-failed", failed, Limit::AtMost(0.0), "");
    let played = done.done() as f64;
    bars.add("4-seeds-played", played, Limit::AtLeast(goal as f64), "");
    // A simulation in which nothing went wrong would show nothing.
    let kinds = onedoor_sim::Stats::default().bad_luck().len() as f64;
    let happened = done.counts.values().filter(|n| **n > 0).count() as f64;
    bars.add("4-kinds-of-bad-luck", happened, Limit::AtLeast(kinds), "");
    Ok(bars)
}
