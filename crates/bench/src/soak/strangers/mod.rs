//! Part 12 over the hub's own process: strangers throw all they have at its socket, many at once, while one honest kiosk
//! goes on; then what the hub holds is counted, and how much memory it took.

mod arms;
mod honest;
mod scene;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bar::{Bars, Limit};
use arms::{Kind, Met};
use scene::Scene;

/// Strangers at once who send and wait for an answer.
const AT_ONCE: u64 = 64;
/// Connections beside that say little or nothing.
const SLOW: u64 = 300;
/// Most memory of the hub, in MiB.
const MOST_MIB: f64 = 64.0;
/// Longest that the honest kiosk may be without an answer, in seconds.
const LONGEST_GAP: f64 = 10.0;

/// What came of it.
#[derive(Debug)]
pub(super) struct Outcome {
    /// `/healthz` answers, and the honest kiosk's last case is there.
    pub alive: bool,
    /// Most memory that the hub's process held before and at the end, in MiB.
    pub mib: (f64, f64),
    /// By kind: what it met, and how often.
    pub met: BTreeMap<&'static str, BTreeMap<String, u64>>,
    /// Kinds that met something else than a reason, or no reason at all.
    pub unrefused: Vec<String>,
    /// What the hub holds that nobody honest sent, or lacks.
    pub half_applied: Vec<String>,
    /// Longest time between two answers to the honest kiosk, in seconds.
    pub gap: f64,
    /// Cases of the honest kiosk.
    pub cases: u64,
    /// Most memory of the hub's command line while it took hostile mailbags, in MiB.
    pub import_mib: f64,
}

/// Plays it for so long.
///
/// # Errors
/// When the hub does not start, or ends.
pub(super) fn play(time: Duration, seed: u64) -> Result<Outcome> {
    let scene = Arc::new(Scene::begin(seed)?);
    let stop = Arc::new(AtomicBool::new(false));
    let kiosk = honest::begin(&scene, Arc::clone(&stop))?;
    let before = most_memory(scene.hub.pid())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let until = Instant::now() + time;
    let mut met: BTreeMap<&'static str, BTreeMap<String, u64>> = BTreeMap::new();
    let mut wrong = Vec::new();
    runtime.block_on(async {
        let mut strangers = Vec::new();
        for place in 0..AT_ONCE {
            let scene = Arc::clone(&scene);
            strangers.push(tokio::spawn(async move {
                arms::quick(&scene, place, until).await
            }));
        }
        for place in 0..SLOW {
            let scene = Arc::clone(&scene);
            strangers.push(tokio::spawn(async move {
                arms::slow(&scene, place, until).await
            }));
        }
        for stranger in strangers {
            for (kind, Met { what, wanted }) in stranger.await? {
                if !wanted {
                    wrong.push(format!("{kind}: {what}"));
                }
                *met.entry(kind).or_default().entry(what).or_default() += 1;
            }
        }
        anyhow::Ok(())
    })?;
    let import_mib = scene.hostile_bags()?;
    stop.store(true, Ordering::Relaxed);
    let honest = kiosk
        .join()
        .map_err(|_| anyhow::anyhow!("the honest kiosk panicked"))??;
    let well = runtime.block_on(health(scene.address))?;
    let after = most_memory(scene.hub.pid())?;
    for kind in Kind::ALL {
        let refused = met
            .get(kind.name())
            .is_some_and(|all| all.keys().any(|what| !what.starts_with("busy")));
        if !refused {
            wrong.push(format!("{}: never met a reason", kind.name()));
        }
    }
    wrong.sort();
    wrong.dedup();
    let half_applied = scene.count(&honest)?;
    Ok(Outcome {
        alive: well && scene.has_case(honest.last_case)?,
        mib: (before, after),
        met,
        unrefused: wrong,
        half_applied,
        gap: honest.gap.as_secs_f64(),
        cases: honest.cases,
        import_mib,
    })
}

impl Outcome {
    /// The bars of it, and what was met, for whoever reads.
    pub(super) fn bars(&self, bars: &mut Bars) {
        for (kind, all) in &self.met {
            let all: Vec<_> = all.iter().map(|(what, n)| format!("{what} {n}")).collect();
            println!("hub: {kind}: {}", all.join(", "));
        }
        let (before, after) = self.mib;
        println!(
            "hub: at most {before:.1} MiB before, {after:.1} MiB in the end; {} honest cases, at most {:.1} s between two answers; taking hostile mailbags {:.1} MiB",
            self.cases, self.gap, self.import_mib
        );
        for line in self.unrefused.iter().chain(&self.half_applied) {
            println!("hub: {line}");
        }
        let kinds = Kind::ALL.len() as f64;
        let alive = f64::from(u8::from(self.alive));
        let none = Limit::AtMost(0.0);
        bars.add("12-hub-alive", alive, Limit::AtLeast(1.0), "");
        bars.add("12-hub-memory", after, Limit::AtMost(MOST_MIB), "MiB");
        bars.add(
            "12-hub-import-memory",
            self.import_mib,
            Limit::AtMost(MOST_MIB),
            "MiB",
        );
        bars.add(
            "12-hub-kinds",
            self.met.len() as f64,
            Limit::AtLeast(kinds),
            "",
        );
        bars.add("12-hub-refused", self.unrefused.len() as f64, none, "");
        bars.add(
            "12-hub-half-applied",
            self.half_applied.len() as f64,
            none,
            "",
        );
        bars.add(
            "12-hub-honest-gap",
            self.gap,
            Limit::AtMost(LONGEST_GAP),
            "s",
        );
    }
}

/// The most memory that a process ever held, in MiB.
pub(super) fn most_memory(pid: u32) -> Result<f64> {
    let file = Path::new("/proc").join(pid.to_string()).join("status");
    let status = std::fs::read_to_string(file).context("the hub's process is gone")?;
    let kib: f64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB"))
        .and_then(|kib| kib.trim().parse().ok())
        .context("no VmHWM in its status")?;
    Ok(kib / 1024.0)
}

async fn health(address: std::net::SocketAddr) -> Result<bool> {
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n")
            .await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        anyhow::Ok(answer.starts_with(b"HTTP/1.1 200"))
    };
    tokio::time::timeout(Duration::from_secs(10), ask).await?
}

/// What must hold in a run of seconds, too.
///
/// # Errors
/// What is wrong.
#[cfg(test)]
pub(super) fn check(outcome: &Outcome) -> Result<()> {
    anyhow::ensure!(
        outcome.alive,
        "the hub does not answer, or lost the last case"
    );
    anyhow::ensure!(outcome.unrefused.is_empty(), "{:?}", outcome.unrefused);
    anyhow::ensure!(
        outcome.half_applied.is_empty(),
        "{:?}",
        outcome.half_applied
    );
    let (_, mib) = outcome.mib;
    anyhow::ensure!(
        mib <= MOST_MIB && outcome.import_mib <= MOST_MIB,
        "the hub held {mib:.1} MiB, taking mailbags {:.1} MiB",
        outcome.import_mib
    );
    Ok(())
}
