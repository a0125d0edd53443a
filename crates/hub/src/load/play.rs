//! Plays kiosks: each with the engine and the driver that real kiosks have.

use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use onedoor_sync::driver::{HttpHub, HubAddress, Order, drive, orders};
use onedoor_sync::engine::{Engine, Settings};
use onedoor_sync::seal::HubKey;
use onedoor_sync::wire::DeviceKey;

use super::{Dice, Shared, Writer};
use crate::fault::{Done, HubFault};

/// What is played.
#[derive(Debug, Clone)]
pub struct Load {
    /// The hub.
    pub address: HubAddress,
    /// The key to which answers are sealed.
    pub seals: HubKey,
    /// Kiosks.
    pub kiosks: u64,
    /// Cases each has waiting; four events a case.
    pub cases: u64,
    /// Bytes of answers of a case, before they are sealed.
    pub answers: usize,
    /// Recordings each has waiting.
    pub files: u64,
    /// Bytes of one recording.
    pub file_bytes: usize,
    /// Where the numbers come from.
    pub seed: u64,
    /// After how long what is not there counts as lost.
    pub patience: Duration,
    /// Threads that play.
    pub threads: usize,
}

/// How far it has come; shared with whoever shows it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Events acked.
    pub events: AtomicU64,
    /// Files arrived.
    pub files: AtomicU64,
    /// Kiosks of which everything is there.
    pub kiosks: AtomicU64,
    /// Bytes of HTTP bodies, both ways.
    pub bytes: AtomicU64,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Played {
    /// Events acked.
    pub events: u64,
    /// Files arrived.
    pub files: u64,
    /// Bytes of HTTP bodies, both ways.
    pub bytes: u64,
    /// How long it took; what kiosks prepared before is not in it.
    pub seconds: f64,
    /// Kiosks of which not everything is there.
    pub lost: u64,
}

/// The number and key of the kiosk in this place: the same for the same seed, so that they can be enrolled before.
pub fn kiosk(seed: u64, place: u64) -> (Writer, DeviceKey) {
    let mut dice = Dice(seed ^ place.wrapping_mul(0xd134_2543_de82_ef95));
    let writer = Writer::new(dice.throw());
    (writer, DeviceKey::from_secret(&dice.bytes()))
}

/// Plays all kiosks to the end.
///
/// # Errors
/// `Serve` where the hub's address is none.
pub async fn play(load: Load, progress: Arc<Progress>) -> Done<Played> {
    let threads = load.threads.max(1) as u64;
    let ready = Arc::new(tokio::sync::Barrier::new(load.threads.max(1) + 1));
    // Taken by the first player that begins: whoever waits for them may be woken late.
    let began = Arc::new(OnceLock::new());
    let mut running = Vec::new();
    for thread in 0..threads {
        let (load, progress, ready) = (load.clone(), progress.clone(), ready.clone());
        let began = began.clone();
        running.push(std::thread::spawn(move || -> Done<u64> {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|why| HubFault::Serve(why.to_string()))?;
            let local = tokio::task::LocalSet::new();
            local.block_on(&runtime, async {
                let mut records = Vec::new();
                let mut fault = None;
                for place in (thread..load.kiosks).step_by(load.threads.max(1)) {
                    match prepare(&load, place) {
                        Ok(record) => records.push(record),
                        Err(why) => fault = Some(why),
                    }
                }
                ready.wait().await;
                began.get_or_init(Instant::now);
                match fault {
                    Some(why) => Err(why),
                    None => drive_all(&load, records, &progress).await,
                }
            })
        }));
    }
    ready.wait().await;
    let lost = tokio::task::spawn_blocking(move || {
        running
            .into_iter()
            .map(|thread| {
                let stopped = || HubFault::Serve("a player stopped".into());
                thread.join().map_err(|_| stopped())?
            })
            .sum::<Done<u64>>()
    })
    .await
    .map_err(|why| HubFault::Serve(why.to_string()))??;
    Ok(Played {
        events: progress.events.load(Ordering::Relaxed),
        files: progress.files.load(Ordering::Relaxed),
        bytes: progress.bytes.load(Ordering::Relaxed),
        seconds: began.get().map_or(0.0, |at| at.elapsed().as_secs_f64()),
        lost,
    })
}

type Ready = (Shared, Engine, Dice);

fn prepare(load: &Load, place: u64) -> Done<Ready> {
    let (mut writer, key) = kiosk(load.seed, place);
    let (_, signer) = kiosk(load.seed, place);
    let record = Shared::new(writer.device, key);
    let event = writer.open()?;
    record.append(&event);
    let mut left = load.files;
    for _ in 0..load.cases {
        let answers = writer.dice.noise(load.answers / 2);
        let text: String = answers.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut visit = writer.visit(&load.seals, text.as_bytes())?;
        if left > 0 {
            left -= 1;
            let (reference, sealed) = writer.recording(&load.seals, load.file_bytes)?;
            let told = onedoor_domain::event::ToldHow {
                way: onedoor_domain::event::TellWay::ComeBack,
            };
            let resident = onedoor_domain::event::Actor::Resident;
            let event = writer.write(resident, Some(visit.case), vec![reference], told)?;
            visit.sealed.push((event.id().seq.get(), sealed));
            visit.events.push(event);
        }
        record.visit(&writer, visit);
    }
    let mut dice = Dice(load.seed.wrapping_add(place));
    let mut throws = Dice(dice.throw());
    let settings = Settings {
        settle_ms: 0,
        ..Settings::default()
    };
    let engine = Engine::new(
        record.standing(),
        settings,
        Box::new(signer),
        Box::new(move || throws.throw()),
    );
    Ok((record, engine, dice))
}

async fn drive_all(load: &Load, ready: Vec<Ready>, progress: &Arc<Progress>) -> Done<u64> {
    let mut running = Vec::new();
    for (record, engine, dice) in ready {
        let hub = HttpHub::new(&load.address).map_err(|why| HubFault::Serve(why.to_string()))?;
        let (progress, patience) = (progress.clone(), load.patience);
        running.push(tokio::task::spawn_local(async move {
            one(record, engine, dice, Rc::new(hub), &progress, patience).await
        }));
    }
    let mut lost = 0;
    for kiosk in running {
        lost += u64::from(!kiosk.await.unwrap_or(false));
    }
    Ok(lost)
}

/// Drives one kiosk until everything is there; false where it is not in time.
async fn one(
    record: Shared,
    engine: Engine,
    mut dice: Dice,
    hub: Rc<HttpHub>,
    progress: &Progress,
    patience: Duration,
) -> bool {
    let (order, inbox) = orders();
    let watched = record.clone();
    let (driven, at) = (record.clone(), hub.clone());
    let driver = tokio::task::spawn_local(async move {
        drive(engine, &driven, &at, inbox, move || dice.throw()).await;
    });
    let _ = order.send(Order::Link(Some(false)));
    let _ = order.send(Order::TryNow);
    let began = Instant::now();
    let (mut events, mut files) = (0, 0);
    let whole = loop {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let acked: u64 = watched.standing().streams.iter().map(|s| s.acked).sum();
        let arrived = watched.memory.borrow().arrived.len() as u64;
        progress.events.fetch_add(acked - events, Ordering::Relaxed);
        progress.files.fetch_add(arrived - files, Ordering::Relaxed);
        (events, files) = (acked, arrived);
        if watched.all_there() {
            break true;
        }
        if began.elapsed() > patience {
            break false;
        }
    };
    drop(order);
    let _ = driver.await;
    progress.bytes.fetch_add(hub.moved(), Ordering::Relaxed);
    progress.kiosks.fetch_add(1, Ordering::Relaxed);
    whole
}
