//! How long an answer takes to be safe.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use onedoor_domain::id::DraftId;
use onedoor_domain::personal::Personal;

use crate::error::{Result, StoreError};
use crate::key::DbKey;
use crate::store::Store;
use crate::types::{DraftSave, Options};

/// Latencies of many saves, one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Latency {
    /// Saves made.
    pub saves: usize,
    /// Half were faster.
    pub p50: Duration,
    /// 95 of 100 were faster.
    pub p95: Duration,
    /// 99 of 100 were faster.
    pub p99: Duration,
    /// The slowest.
    pub worst: Duration,
    /// Saves a second.
    pub per_second: f64,
    /// The disk alone, measured in between in the same folder: half of the bare writes of 8 KiB with `fdatasync` were
    /// faster. No durable save can be faster than this.
    pub disk_p50: Duration,
    /// The disk alone: 99 of 100 were faster.
    pub disk_p99: Duration,
}

/// Saves a draft of `bytes` bytes `saves` times in a new record at `folder`, each waited for: from the call to the
/// durable commit, as at a touch.
pub fn answer_saved(folder: &Path, saves: usize, bytes: usize) -> Result<Latency> {
    let mut key = [0; 32];
    crate::clock::system_entropy(&mut key);
    let store = Store::open(
        &folder.join("bench.db"),
        &DbKey::from_bytes(key),
        Options::new("bench"),
    )?;
    let mut random = [0; 16];
    crate::clock::system_entropy(&mut random);
    let id = DraftId::from_random(random);
    let mut taken = Vec::with_capacity(saves);
    let mut disk = Vec::with_capacity(saves / 4);
    let mut bare = std::fs::File::create(folder.join("bare")).map_err(io)?;
    for touch in 0..saves {
        let draft = DraftSave {
            id,
            service: "cross-province-medical".to_owned(),
            step: format!("page-{touch}"),
            snapshot: Personal::new(vec![touch as u8; bytes]),
        };
        let asked = Instant::now();
        store.save_draft(draft).wait()?;
        taken.push(asked.elapsed());
        // The control is paired with the saves, so that a busy disk slows both.
        if touch % 4 == 0 {
            let asked = Instant::now();
            bare.write_all(&[0x55; 8192]).map_err(io)?;
            bare.sync_data().map_err(io)?;
            disk.push(asked.elapsed());
        }
    }
    let all: Duration = taken.iter().sum();
    taken.sort_unstable();
    disk.sort_unstable();
    Ok(Latency {
        saves,
        p50: part(&taken, 0.50),
        p95: part(&taken, 0.95),
        p99: part(&taken, 0.99),
        worst: part(&taken, 1.0),
        per_second: saves as f64 / all.as_secs_f64(),
        disk_p50: part(&disk, 0.50),
        disk_p99: part(&disk, 0.99),
    })
}

/// The value below which that part of a sorted list lies.
fn part(sorted: &[Duration], part: f64) -> Duration {
    let place = (sorted.len() as f64 * part) as usize;
    sorted
        .get(place.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

fn io(error: std::io::Error) -> StoreError {
    StoreError::Io(error.raw_os_error().unwrap_or(0))
}
