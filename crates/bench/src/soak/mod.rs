//! `./dev soak PART`: what takes long to show. Each part runs an hour at the most, says how far it is, and can be taken
//! up where it stopped. What fails is printed with the command that plays it again.

mod changes;
mod hostile;
mod kills;
mod numbered;
mod strangers;
mod weeks;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::bar::Bars;

/// What can be set.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// 3: kills (kiosks, hubs, PostgreSQL); 4: weeks of bad luck (seeded simulation); 12: changed, re-ordered, rolled back and hostile input.
    part: u8,
    /// Stops then, in minutes; what is left is for the next run.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=60))]
    minutes: u64,
    /// Goes on where the last run stopped.
    #[arg(long)]
    resume: bool,
    /// Where a part keeps how far it is.
    #[arg(long, default_value = ".dev/soak")]
    state: PathBuf,
    /// How many to do instead of all: kills (part 3), seeds (part 4), or changes of each thing (part 12).
    #[arg(long)]
    count: Option<u64>,
    /// Kiosks of part 4, with --days; by default both sizes of design/sync.md.
    #[arg(long, requires = "days")]
    kiosks: Option<usize>,
    /// Days of part 4.
    #[arg(long, requires = "kiosks")]
    days: Option<u64>,
    /// Plays one again and tells what happens: a round of part 3, a seed of part 4, or the number of a change of part 12.
    #[arg(long)]
    replay: Option<u64>,
    /// The program plays this many rounds of hostile input itself and says how much memory it took. Part 12 starts it.
    #[arg(long, hide = true)]
    hostile: Option<u64>,
    /// Of part 12 only this: strangers against the hub's own process, for so many seconds.
    #[arg(long)]
    strangers: Option<u64>,
    /// The program is a kiosk with its record in this folder. Part 3 starts it.
    #[arg(long, hide = true)]
    kiosk: Option<PathBuf>,
    /// Its next resident.
    #[arg(long, hide = true, default_value_t = 0)]
    from: u64,
}

impl Arguments {
    fn time(&self) -> Duration {
        Duration::from_secs(self.minutes * 60)
    }
}

/// Runs a part.
///
/// # Errors
/// When it cannot be run; what it finds wrong is a bar that is short.
pub fn run(arguments: &Arguments) -> Result<Bars> {
    match arguments.part {
        3 => kills::run(arguments),
        4 => weeks::run(arguments),
        12 => changes::run(arguments),
        1..=2 => bail!(
            "part {0} is a program of its own: ./dev soak {0}",
            arguments.part
        ),
        other => bail!("no part is called {other}: see ./dev soak"),
    }
}
