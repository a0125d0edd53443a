//! `./dev bench store`: how long a touched answer takes until it is safe on disk.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::bar::{Bars, Limit};

/// A draft of a service with its answers half filled in, in bytes.
const DRAFT: usize = 4096;

/// What can be set.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// How many answers are saved.
    #[arg(long, default_value_t = 2000)]
    saves: usize,
    /// The disk on which to try; a temporary folder by default.
    #[arg(long)]
    folder: Option<std::path::PathBuf>,
}

/// Measures it.
///
/// # Errors
/// When the record cannot be written.
pub fn run(arguments: &Arguments) -> Result<Bars> {
    let mut bars = Bars::default();
    measure(arguments.saves, arguments.folder.as_deref(), &mut bars)?;
    Ok(bars)
}

/// Saves so many answers one after the other, each waited for, on the disk that `folder` lies on.
///
/// # Errors
/// When the record cannot be written.
pub fn measure(saves: usize, folder: Option<&Path>, bars: &mut Bars) -> Result<()> {
    let folder = match folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let latency = onedoor_store::bench::answer_saved(folder.path(), saves, DRAFT)?;
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "answer saved            median {:>6.2}   p95 {:>6.2}   p99 {:>6.2}   max {:>6.2} ms   ({saves} saves of {DRAFT} bytes)",
        ms(latency.p50),
        ms(latency.p95),
        ms(latency.p99),
        ms(latency.worst),
    );
    bars.add(
        "answer-saved-p99",
        ms(latency.p99),
        Limit::AtMost(5.0),
        "ms",
    );
    Ok(())
}
