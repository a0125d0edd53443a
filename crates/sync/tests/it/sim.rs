//! Weeks of bad luck, played in a second: five kiosks, one hub, and everything that can come between them. The same
//! seed is the same week. One seed again, with what happened: `ONEDOOR_SEED=7 cargo test -p onedoor-sync sim::replay --
//! --ignored --nocapture`.

mod judge;
mod link;
mod stats;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use stats::Stats;
use world::play;

/// Plays a seed; a panic counts as a failure of that seed.
fn tried(seed: u64, kiosks: usize, days: u64) -> Result<Stats, String> {
    catch_unwind(AssertUnwindSafe(|| play(seed, kiosks, days, false)))
        .unwrap_or_else(|_| Err("it panicked".to_owned()))
        .map_err(|why| {
            format!(
                "seed {seed}: {why}\nreplay: ONEDOOR_SEED={seed} cargo test -p onedoor-sync \
                 sim::replay -- --ignored --nocapture"
            )
        })
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

#[test]
fn five_kiosks_converge_after_a_week_of_bad_luck() {
    let mut all = Stats::default();
    for seed in 0..12 {
        match tried(seed, 5, 7) {
            Ok(stats) => all.add(&stats),
            Err(why) => panic!("{why}"),
        }
    }
    println!("{all:?}");
    // A simulation in which nothing went wrong would show nothing.
    for (what, count) in all.bad_luck() {
        assert!(count > 0, "{what} never happened: {all:?}");
    }
}

#[test]
fn the_same_seed_is_the_same_week() {
    let once = play(3, 3, 2, false).unwrap();
    let twice = play(3, 3, 2, false).unwrap();
    assert_eq!(once, twice);
    assert_ne!(once.trace, play(4, 3, 2, false).unwrap().trace);
}

/// One seed again, telling what happens.
#[test]
#[ignore = "for a seed that failed"]
fn replay() {
    let seed = number("ONEDOOR_SEED", 0);
    let (kiosks, days) = (number("ONEDOOR_KIOSKS", 5), number("ONEDOOR_DAYS", 7));
    println!("{:?}", play(seed, kiosks as usize, days, true).unwrap());
}

/// The bar: 10,000 seeds. `ONEDOOR_FROM` and `ONEDOOR_SEEDS` choose a part, so that it can be resumed; with
/// `ONEDOOR_KIOSKS=50 ONEDOOR_DAYS=30 ONEDOOR_SEEDS=100` it is the long one.
#[test]
#[ignore = "takes long"]
fn ten_thousand_seeds() {
    let (from, count) = (number("ONEDOOR_FROM", 0), number("ONEDOOR_SEEDS", 10_000));
    let (kiosks, days) = (number("ONEDOOR_KIOSKS", 5), number("ONEDOOR_DAYS", 7));
    let (mut all, mut failed) = (Stats::default(), vec![]);
    for seed in from..from + count {
        match tried(seed, kiosks as usize, days) {
            Ok(stats) => all.add(&stats),
            Err(why) => {
                println!("{why}");
                failed.push(seed);
            }
        }
        if (seed - from + 1).is_multiple_of(100) {
            println!(
                "{} of {count} seeds, {} failed",
                seed - from + 1,
                failed.len()
            );
        }
    }
    println!("{all:?}");
    assert!(failed.is_empty(), "seeds that failed: {failed:?}");
}
