//! The sync engine against a model hub, and weeks of bad luck played in a second: some kiosks, one hub, and everything
//! that can come between them ([`play`]). The same seed is the same week.
//!
//! Test support for `onedoor-sync`, the bench and the soak; no part of the kiosk or the hub. What is unexpected here
//! panics: [`tried`] makes that a failure of its seed.

pub mod fiction;
mod judge;
mod link;
pub mod model;
mod stats;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use stats::Stats;
pub use world::play;

/// Plays a seed; a panic counts as a failure of that seed.
///
/// # Errors
/// What went wrong, with the seed and the command that plays it again and tells what happens.
pub fn tried(seed: u64, kiosks: usize, days: u64) -> Result<Stats, String> {
    catch_unwind(AssertUnwindSafe(|| play(seed, kiosks, days, false)))
        .unwrap_or_else(|_| Err("it panicked".to_owned()))
        .map_err(|why| {
            format!(
                "seed {seed}: {why}\nreplay: ./dev soak 4 --replay {seed} --kiosks {kiosks} --days {days}"
            )
        })
}
