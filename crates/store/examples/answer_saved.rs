//! Prints how long an answer takes to be safe: `cargo run --release -p onedoor-store --example answer_saved [folder]`.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let parent = std::env::args_os()
        .nth(1)
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = parent.join(format!("onedoor-answer-saved-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = onedoor_store::bench::answer_saved(&folder, 5_000, 2_048);
    std::fs::remove_dir_all(&folder)?;
    let latency = measured?;
    println!(
        "answer saved: {} saves of 2048 bytes, p50 {:?}, p95 {:?}, p99 {:?}, worst {:?}, {:.0} a second",
        latency.saves, latency.p50, latency.p95, latency.p99, latency.worst, latency.per_second
    );
    println!(
        "the disk alone, in between: p50 {:?}, p99 {:?}",
        latency.disk_p50, latency.disk_p99
    );
    Ok(())
}
