//! One round: a station, its load and its bad luck.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use onedoor_domain::calendar::Due;
use onedoor_domain::case::{AnswerKind, Move};
use onedoor_domain::id::{CaseId, DeviceId};
use onedoor_harness::hub as process;
use onedoor_harness::postgres::Postgres;
use onedoor_hub::cases::DeskMove;
use onedoor_hub::{Hub, Keys, db};
use onedoor_sim::fiction::Dice;
use tokio::runtime::Runtime;

use super::checks;
use super::kiosk::{End, Setup};
use crate::soak::numbered::Counts;

/// Longest until all is at the hub once nothing is killed any more.
const PATIENCE: Duration = Duration::from_secs(180);
/// Longest that something that was killed stays away, ms.
const AWAY_MS: u64 = 900;
/// Between two kills, ms.
const PAUSE_MS: u64 = 250;
pub(super) const STATION: &str = "station-990101-01";
pub(super) const DESK: &str = "desk-990101-01";

/// What a kiosk told residents.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Cases by the number of the resident.
    pub saved: BTreeMap<u64, CaseId>,
    /// Moves that were made, by what was told.
    pub moved: u64,
    /// The first resident of whom nothing was heard.
    pub next: u64,
    quiet: u64,
    end: Option<End>,
    wrong: Option<String>,
}

/// A kiosk through all its lives.
pub(super) struct Kiosk {
    pub setup: Setup,
    pub device: DeviceId,
    folder: PathBuf,
    said: Arc<Mutex<Said>>,
    running: Option<(Child, ChildStdin, JoinHandle<()>)>,
    again: Instant,
}

impl Said {
    /// Something that must never be heard from a kiosk.
    pub(super) fn problem(&self) -> Option<&str> {
        self.wrong.as_deref()
    }
}

impl Kiosk {
    fn new(folder: PathBuf, setup: Setup) -> Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let device = setup.begin(&folder)?;
        Ok(Kiosk {
            setup,
            device,
            folder,
            said: Arc::default(),
            running: None,
            again: Instant::now(),
        })
    }

    pub(super) fn said(&self) -> Said {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        Said {
            saved: said.saved.clone(),
            end: None,
            wrong: said.wrong.clone(),
            ..*said
        }
    }

    fn start(&mut self) -> Result<()> {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.join("log"))?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["soak", "3", "--kiosk"])
            .arg(&self.folder)
            .args(["--from", &self.said().next.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let input = child.stdin.take().context("no standard input")?;
        let output = child.stdout.take().context("no standard output")?;
        let said = Arc::clone(&self.said);
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
                heard(&mut said, &line);
            }
        });
        self.running = Some((child, input, reader));
        Ok(())
    }

    /// Kills it. What it had said before is still read.
    fn kill(&mut self) -> Result<()> {
        if let Some((mut child, _, reader)) = self.running.take() {
            child.kill()?;
            child.wait()?;
            reader.join().map_err(|_| anyhow!("a reader panicked"))?;
        }
        Ok(())
    }

    fn tell(&mut self, what: &str) -> Result<()> {
        let (_, input, _) = self.running.as_mut().context("the kiosk does not run")?;
        writeln!(input, "{what}")?;
        Ok(input.flush()?)
    }

    /// Starts it again where it ended by itself: the hub may have been away for too long, or the disk full.
    fn is_gone(&mut self) -> bool {
        self.running
            .as_mut()
            .is_none_or(|(child, ..)| child.try_wait().is_ok_and(|status| status.is_some()))
    }

    fn log(&self) -> String {
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }
}

fn heard(said: &mut Said, line: &str) {
    let mut words = line.split(' ');
    match words.next() {
        Some("saved") => {
            let number = words.next().and_then(|n| n.parse().ok());
            let case = words.next().and_then(|case| case.parse().ok());
            if let Some((number, case)) = number.zip(case) {
                said.next = said.next.max(number + 1);
                if said
                    .saved
                    .insert(number, case)
                    .is_some_and(|old| old != case)
                {
                    said.wrong = Some(format!("resident {number} got two cases"));
                }
            }
        }
        Some("moved") => said.moved += 1,
        Some("quiet") => said.quiet += 1,
        Some("end") => {
            said.end = line
                .strip_prefix("end ")
                .and_then(|json| serde_json::from_str(json).ok());
        }
        Some("alarm") => said.wrong = Some(line.to_owned()),
        _ => {}
    }
}

/// A hub process on a port that it keeps.
struct Place {
    port: u16,
    folder: PathBuf,
    running: Option<process::Hub>,
    again: Instant,
}

pub(super) struct Round {
    pub kiosks: Vec<Kiosk>,
    pub beside: Hub,
    pub runtime: Runtime,
    pub counts: Counts,
    database: String,
    hubs: Vec<Place>,
    cluster: Option<Postgres>,
    dice: Dice,
    // Last: all else stands on it.
    _folder: tempfile::TempDir,
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

impl Round {
    /// Plays one and says what was counted, what is wrong among it.
    pub(super) fn play(number: u64, kills: u64, over_postgres: bool) -> Result<Counts> {
        let mut round = Round::begin(number, over_postgres)?;
        let stop = Arc::new(AtomicBool::new(false));
        let desk = round.desk(number, &stop)?;
        let killed = round.kill_many(kills);
        stop.store(true, Ordering::Relaxed);
        let (moved, tried) = desk.join().map_err(|_| anyhow!("the desk panicked"))?;
        killed?;
        let ends = round.drain()?;
        checks::all(&mut round, &ends, moved, tried)?;
        Ok(std::mem::take(&mut round.counts))
    }

    fn begin(number: u64, over_postgres: bool) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let cluster = if over_postgres {
            Some(Postgres::start()?.context("PostgreSQL went away")?)
        } else {
            None
        };
        let database = match &cluster {
            Some(cluster) => cluster.database("hub")?,
            None => format!("sqlite:{}", folder.path().join("hub.db").display()),
        };
        let mut hubs = Vec::new();
        for _ in 0..1 + usize::from(over_postgres) {
            hubs.push(Place {
                port: free_port()?,
                folder: folder.path().to_owned(),
                running: None,
                again: Instant::now(),
            });
        }
        let urls: Vec<String> = hubs
            .iter()
            .map(|hub| format!("http://127.0.0.1:{}", hub.port))
            .collect();
        for hub in &mut hubs {
            hub.start(&database)?;
        }
        let runtime = Runtime::new()?;
        let keys = Keys::read(&folder.path().join("hub.key"))?;
        let seals = keys.current()?.to_bytes();
        let beside = runtime.block_on(async {
            let db = db::open(&database).await?;
            Ok::<_, anyhow::Error>(Hub::new(db, keys, "beside"))
        })?;
        let mut dice = Dice(0x0003_0000 + number);
        let mut kiosks = Vec::new();
        for k in 0..2 {
            let setup = Setup {
                urls: urls.clone(),
                secret: dice.bytes(),
                seals,
                seed: number * 10 + k,
            };
            let kiosk = Kiosk::new(folder.path().join(format!("kiosk-{k}")), setup)?;
            let public = kiosk.setup.key().public().to_bytes();
            runtime.block_on(beside.enrol_unasked(kiosk.device, public, STATION))?;
            kiosks.push(kiosk);
        }
        // Both are enrolled before one begins: each is told of all that the other does.
        for kiosk in &mut kiosks {
            kiosk.start()?;
        }
        Ok(Round {
            kiosks,
            beside,
            runtime,
            counts: Counts::new(),
            database,
            hubs,
            cluster,
            dice,
            _folder: folder,
        })
    }

    pub(super) fn count(&mut self, name: &str, more: u64) {
        *self.counts.entry(name.to_owned()).or_default() += more;
    }

    /// Somebody at a desk who moves cases on, by a hub of their own over the same database; how many moves were made, and
    /// how many were tried of which nothing is known.
    fn desk(&self, number: u64, stop: &Arc<AtomicBool>) -> Result<JoinHandle<(u64, u64)>> {
        let keys = Keys::read(&self._folder.path().join("hub.key"))?;
        let (database, stop) = (self.database.clone(), Arc::clone(stop));
        let runtime = Runtime::new()?;
        Ok(std::thread::spawn(move || {
            let mut dice = Dice(0xde5c ^ number);
            let (mut moved, mut unknown) = (0, 0);
            runtime.block_on(async {
                let hub = loop {
                    match db::open(&database).await {
                        Ok(db) => break Hub::new(db, keys, "desk"),
                        Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
                    }
                };
                while !stop.load(Ordering::Relaxed) {
                    tokio::time::sleep(Duration::from_millis(dice.below(200))).await;
                    let Ok(cases) = hub.cases(Some(STATION), false, 20).await else {
                        continue;
                    };
                    let Some(case) = cases.get(dice.below(cases.len().max(1) as u64) as usize)
                    else {
                        continue;
                    };
                    let made = match dice.below(4) {
                        0 => Move::TakeInHand {
                            owner: DESK.into(),
                            term_days: 7,
                            due: Due::WithinWorkingDays(7),
                        },
                        1 => Move::HandOn {
                            owner: "staff-990101-01".into(),
                        },
                        2 => Move::Answer {
                            kind: AnswerKind::Approved,
                            reason: None,
                            other_way: None,
                        },
                        _ => Move::Tell,
                    };
                    match hub.move_case(DeskMove::new(case.case, DESK, made)).await {
                        Ok(_) => moved += 1,
                        // Refused for certain; of all else nobody knows whether it was committed.
                        Err(onedoor_hub::HubFault::NotAllowed(_)) => {}
                        Err(_) => unknown += 1,
                    }
                }
            });
            (moved, unknown)
        }))
    }

    fn kill_many(&mut self, kills: u64) -> Result<()> {
        let mut done = 0;
        while done < kills {
            let pause = Duration::from_millis(20 + self.dice.below(PAUSE_MS));
            std::thread::sleep(pause);
            self.raise()?;
            let away = Instant::now() + Duration::from_millis(self.dice.below(AWAY_MS));
            match self.dice.below(20) {
                0..=10 => {
                    let at = self.dice.below(self.kiosks.len() as u64) as usize;
                    let Some(kiosk) = self.kiosks.get_mut(at).filter(|k| k.running.is_some())
                    else {
                        continue;
                    };
                    kiosk.kill()?;
                    kiosk.again = away;
                    self.count("kiosks killed", 1);
                }
                11..=17 => {
                    let at = self.dice.below(self.hubs.len() as u64) as usize;
                    let Some(hub) = self.hubs.get_mut(at).filter(|h| h.running.is_some()) else {
                        continue;
                    };
                    if let Some(running) = hub.running.take() {
                        running.kill()?;
                    }
                    hub.again = away;
                    self.count("hubs killed", 1);
                }
                _ => {
                    let Some(cluster) = &mut self.cluster else {
                        continue;
                    };
                    cluster.kill()?;
                    std::thread::sleep(Duration::from_millis(self.dice.below(AWAY_MS)));
                    cluster.go_on()?;
                    self.count("PostgreSQL killed", 1);
                }
            }
            done += 1;
            self.count("kills", 1);
        }
        Ok(())
    }

    /// Starts what was killed and has been away for long enough.
    fn raise(&mut self) -> Result<()> {
        let now = Instant::now();
        let mut by_itself = 0;
        for kiosk in &mut self.kiosks {
            if now >= kiosk.again && kiosk.is_gone() {
                if kiosk.running.is_some() {
                    println!("a kiosk ended by itself: {}", kiosk.log());
                    by_itself += 1;
                }
                kiosk.kill()?;
                kiosk.start()?;
            }
        }
        self.count("ended by themselves", by_itself);
        for hub in &mut self.hubs {
            if now >= hub.again && hub.running.is_none() {
                // Where its database is away just now it ends at once, and is started again.
                let _ = hub.start(&self.database);
            }
        }
        Ok(())
    }

    /// Lets everything come to rest, and ends the kiosks.
    fn drain(&mut self) -> Result<Vec<End>> {
        let until = Instant::now() + PATIENCE;
        for kiosk in &mut self.kiosks {
            kiosk.again = Instant::now();
        }
        for hub in &mut self.hubs {
            hub.again = Instant::now();
        }
        while self.hubs.iter().any(|hub| hub.running.is_none()) {
            self.raise()?;
            ensure!(Instant::now() < until, "a hub did not come up again");
        }
        self.raise()?;
        // Twice: what one kiosk sent at last the other must still hear of.
        for pass in 0..2 {
            let before: Vec<u64> = self.kiosks.iter().map(|k| k.said().quiet).collect();
            for kiosk in &mut self.kiosks {
                kiosk.tell("drain")?;
            }
            loop {
                let quiet = |(kiosk, before): (&Kiosk, &u64)| kiosk.said().quiet > *before;
                if self.kiosks.iter().zip(&before).all(quiet) {
                    break;
                }
                for kiosk in &mut self.kiosks {
                    if kiosk.is_gone() {
                        bail!("a kiosk ended by itself: {}", kiosk.log());
                    }
                }
                if Instant::now() > until {
                    let all = self
                        .kiosks
                        .iter()
                        .map(|k| format!("{:?} {}", k.said(), k.log()));
                    bail!(
                        "no rest in pass {pass}: {}",
                        all.collect::<Vec<_>>().join("\n")
                    );
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        let all = self.beside.cases(Some(STATION), true, u64::from(u32::MAX));
        let all = self.runtime.block_on(all)?;
        let asked: String = all.iter().map(|m| format!("{}\n", m.case)).collect();
        let mut ends = Vec::new();
        for kiosk in &mut self.kiosks {
            std::fs::write(Setup::asked(&kiosk.folder), &asked)?;
            kiosk.tell("end")?;
            let (mut child, input, reader) = kiosk.running.take().context("gone")?;
            let status = child.wait()?;
            drop(input);
            reader.join().map_err(|_| anyhow!("a reader panicked"))?;
            let mut said = kiosk.said.lock().unwrap_or_else(PoisonError::into_inner);
            let end = said.end.take();
            drop(said);
            ends.push(end.with_context(|| format!("{status}: {}", kiosk.log()))?);
        }
        Ok(ends)
    }
}

impl Drop for Round {
    fn drop(&mut self) {
        for kiosk in &mut self.kiosks {
            let _ = kiosk.kill();
        }
    }
}

impl Place {
    fn start(&mut self, database: &str) -> Result<()> {
        let listen = format!("127.0.0.1:{}", self.port);
        let hub = process::Hub::start_with(Path::new(&self.folder), database, &listen, &[])?;
        self.running = Some(hub);
        Ok(())
    }
}
