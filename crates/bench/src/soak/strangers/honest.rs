//! The honest kiosk: the real engine and driver, a case every now and then, until it is told to stop; then it waits until
//! all is at the hub.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use onedoor_domain::event::{Actor, TellWay, ToldHow};
use onedoor_domain::id::CaseId;
use onedoor_hub::load::{Dice, Shared};
use onedoor_sync::driver::{Authority, HttpHub, HubAddress, Order, Orders, drive, orders};
use onedoor_sync::engine::{Engine, Settings};
use tokio::task::LocalSet;

use super::scene::{HONEST, Scene, played};

/// Between two cases.
const PAUSE: Duration = Duration::from_millis(150);
/// How often it is told to try, whatever the engine waits for: an official who watches would press the button.
const TRIES: Duration = Duration::from_millis(500);
/// Every so many cases have a recording that travels as a file.
const WITH_FILE: u64 = 8;
const RECORDING: usize = 150_000;
/// Longest until all is there at the end.
const PATIENCE: Duration = Duration::from_secs(60);

/// What it sent.
#[derive(Debug)]
pub(super) struct Told {
    pub events: u64,
    pub blobs: u64,
    pub cases: u64,
    pub last_case: CaseId,
    /// Longest time between two answers.
    pub gap: Duration,
}

/// Starts it; returns once the hub has its first case.
pub(super) fn begin(scene: &Scene, stop: Arc<AtomicBool>) -> Result<JoinHandle<Result<Told>>> {
    let (seed, seals) = (scene.seed, scene.seals.clone());
    let url = format!("http://{}/", scene.address);
    let (first, there) = std::sync::mpsc::channel();
    let kiosk = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (mut writer, key) = played(seed, HONEST);
        let (_, signer) = played(seed, HONEST);
        let record = Shared::new(writer.device, key);
        record.append(&writer.open()?);
        let settings = Settings {
            settle_ms: 20,
            poll_ms: 1000,
            spread_ms: 0,
            timeout_ms: 20_000,
            ..Settings::default()
        };
        let (mut throws, mut dice) = (Dice(seed), Dice(seed ^ 1));
        let engine = Engine::new(
            record.standing(),
            settings,
            Box::new(signer),
            Box::new(move || throws.throw()),
        );
        let hub = HttpHub::new(&HubAddress {
            url,
            authority: Authority::PlainHttp { anywhere: false },
        })?;
        let (order, inbox) = orders();
        let lives = async {
            tell(&order, Order::Link(Some(false)));
            let (mut cases, mut blobs) = (0, 0);
            let mut last_case = None;
            let (mut contact, mut at, mut gap) = (None, Instant::now(), Duration::ZERO);
            let (mut visited, mut tried) = (None::<Instant>, Instant::now());
            let mut ending = None::<Instant>;
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                let told = record.memory.borrow().told.clone();
                let now = told.and_then(|told| told.counters.last_contact_ms);
                if now != contact {
                    if contact.is_some() {
                        gap = gap.max(at.elapsed());
                    }
                    (contact, at) = (now, Instant::now());
                }
                if tried.elapsed() > TRIES {
                    tried = Instant::now();
                    tell(&order, Order::TryNow);
                }
                if record.all_there() && cases > 0 {
                    let _ = first.send(());
                }
                match ending {
                    None if stop.load(Ordering::Relaxed) => ending = Some(Instant::now()),
                    None if visited.is_none_or(|at| at.elapsed() > PAUSE) => {
                        visited = Some(Instant::now());
                        let visit = writer.visit(&seals, b"answers of nobody")?;
                        last_case = Some(visit.case);
                        cases += 1;
                        blobs += 1;
                        record.visit(&writer, visit);
                        if cases % WITH_FILE == 0 {
                            let (reference, sealed) = writer.recording(&seals, RECORDING)?;
                            let told = ToldHow {
                                way: TellWay::ComeBack,
                            };
                            let made =
                                writer.write(Actor::Resident, last_case, vec![reference], told)?;
                            record.append(&made);
                            record.keep(writer.epoch, made.id().seq.get(), sealed);
                            blobs += 1;
                        }
                        let (epoch, last) = record.end().context("an empty record")?;
                        tell(&order, Order::Grew { epoch, last });
                    }
                    None => {}
                    Some(_) if record.all_there() => break,
                    Some(since) if since.elapsed() > PATIENCE => {
                        bail!(
                            "not all of the honest kiosk's arrived: {:?}",
                            record.standing()
                        )
                    }
                    Some(_) => {}
                }
            }
            Ok(Told {
                events: writer.last,
                blobs,
                cases,
                last_case: last_case.context("no case")?,
                gap,
            })
        };
        LocalSet::new().block_on(&runtime, async {
            tokio::select! {
                () = drive(engine, &record, &hub, inbox, move || dice.throw()) => bail!("the driver ended"),
                done = lives => done,
            }
        })
    });
    if there.recv_timeout(PATIENCE).is_err() {
        let why = kiosk.join().map(|done| format!("{done:?}"));
        bail!("the honest kiosk's first case did not arrive: {why:?}");
    }
    Ok(kiosk)
}

fn tell(orders: &Orders, order: Order) {
    let _ = orders.send(order);
}
