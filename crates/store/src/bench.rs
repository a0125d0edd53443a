//! How long an answer takes to be safe.

use std::path::Path;
use std::time::{Duration, Instant};

use onedoor_domain::id::DraftId;
use onedoor_domain::personal::Personal;

use crate::error::Result;
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
    let begun = Instant::now();
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
    }
    let all = begun.elapsed();
    taken.sort_unstable();
    let at = |part: f64| {
        let place = (taken.len() as f64 * part) as usize;
        taken
            .get(place.min(taken.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    };
    Ok(Latency {
        saves,
        p50: at(0.50),
        p95: at(0.95),
        p99: at(0.99),
        worst: at(1.0),
        per_second: saves as f64 / all.as_secs_f64(),
    })
}
