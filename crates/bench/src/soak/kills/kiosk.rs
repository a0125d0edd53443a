//! A kiosk of part 3, as a program of its own that can be killed at any moment: the real record on disk, the real engine
//! and driver, and residents who never stop. It says on its standard output what it has told a resident, and only after
//! it was committed; on its standard input it is told to stop taking residents, and to end.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use onedoor_domain::calendar::Due;
use onedoor_domain::case::{AnswerKind, CaseStatus, Move, Word};
use onedoor_domain::code::{FactorKind, SecondFactor};
use onedoor_domain::event::Actor;
use onedoor_domain::id::{CaseId, DeviceId, DraftId};
use onedoor_sim::fiction::Dice;
use onedoor_store::{DbKey, NewBlob, Options, Store, Submission};
use onedoor_sync::driver::{Authority, HttpHub, HubAddress, Order, Orders, Told, drive, orders};
use onedoor_sync::engine::{Engine, Settings};
use onedoor_sync::seal::HubKey;
use onedoor_sync::wire::DeviceKey;
use serde::{Deserialize, Serialize};
use tokio::task::LocalSet;

use super::record::{Heard, Kept, Sealer};

/// How often it is told to try, whatever the engine waits for.
const TRIES: Duration = Duration::from_millis(150);
/// Every so many cases have a recording that travels as a file.
const WITH_FILE: u64 = 12;
/// Length of that recording.
const RECORDING: usize = 40_000;

/// What a kiosk is told at its start; lies in its folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Setup {
    /// Where the hubs are; any will do.
    pub urls: Vec<String>,
    /// Secret of its key.
    pub secret: [u8; 32],
    /// What answers are sealed to.
    pub seals: [u8; 32],
    /// Tells it from others.
    pub seed: u64,
}

/// What it says at its end.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct End {
    /// Epochs with their last events, and the links after them.
    pub streams: Vec<(u64, u64, [u8; 32])>,
    /// Events that its own check of the whole record found in order.
    pub events: u64,
    /// All cases that it knows.
    pub cases: Vec<Known>,
}

/// A case as a kiosk knows it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Known {
    pub case: CaseId,
    pub draft: DraftId,
    pub elsewhere: bool,
    pub status: CaseStatus,
}

impl Setup {
    pub(super) fn file(folder: &Path) -> PathBuf {
        folder.join("setup.json")
    }

    /// Cases that it is asked about at its end, one a line.
    pub(super) fn asked(folder: &Path) -> PathBuf {
        folder.join("asked")
    }

    fn record(folder: &Path) -> PathBuf {
        folder.join("record.db")
    }

    fn db_key(&self) -> DbKey {
        DbKey::from_bytes(self.secret.map(|byte| !byte))
    }

    /// Makes the record, so that the kiosk has its number.
    pub(super) fn begin(&self, folder: &Path) -> Result<DeviceId> {
        std::fs::write(Self::file(folder), serde_json::to_vec(self)?)?;
        let store = Store::open(&Self::record(folder), &self.db_key(), Options::new("soak"))?;
        Ok(store.identity().device)
    }

    pub(super) fn key(&self) -> DeviceKey {
        DeviceKey::from_secret(&self.secret)
    }
}

/// The draft of a kiosk's `number`th resident: the same after a restart.
pub(super) fn draft(seed: u64, number: u64) -> DraftId {
    DraftId::from_random(Dice(seed ^ number.wrapping_mul(0x9e37_79b9)).bytes())
}

/// What that resident says.
pub(super) fn answers(seed: u64, number: u64) -> String {
    let draft = draft(seed, number);
    format!(
        "<data id=\"complaint\"><story_text>{seed} {number}</story_text><meta><instanceID>uuid:{draft}</instanceID></meta></data>"
    )
}

/// What they recorded, if anything.
pub(super) fn recording(seed: u64, number: u64) -> Option<Vec<u8>> {
    let mut dice = Dice(seed ^ number);
    number
        .is_multiple_of(WITH_FILE)
        .then(|| (0..RECORDING).map(|_| dice.next() as u8).collect())
}

struct Kiosk {
    store: Store,
    setup: Setup,
    dice: Dice,
    /// Of the next resident.
    number: u64,
    orders: Orders,
    told: Arc<Mutex<Option<Told>>>,
    heard: Heard,
}

fn say(line: std::fmt::Arguments<'_>) {
    // Who listens may be gone; then this program is about to go, too.
    let mut out = std::io::stdout().lock();
    let _ = out
        .write_all(format!("{line}\n").as_bytes())
        .and_then(|()| out.flush());
}

/// Runs one until it is told to end, or killed. `from`: the first resident of whom nothing was heard.
///
/// # Errors
/// When its record does not open.
pub(super) fn run(folder: &Path, from: u64) -> Result<()> {
    let setup: Setup = serde_json::from_slice(&std::fs::read(Setup::file(folder))?)?;
    let store = Store::open(
        &Setup::record(folder),
        &setup.db_key(),
        Options::new("soak"),
    )?;
    store.set_sealer(Some(Arc::new(Sealer(HubKey::from_bytes(&setup.seals)?))));
    let mut dice = Dice(setup.seed ^ u64::from(std::process::id()));
    let told = Arc::new(Mutex::new(None));
    let (orders, inbox) = orders();
    let growing = orders.clone();
    store.on_growth(Some(Arc::new(move |epoch, last| {
        let _ = growing.send(Order::Grew { epoch, last });
    })));
    let url = setup
        .urls
        .get(dice.below(setup.urls.len() as u64) as usize)
        .context("no hub")?;
    let hub = HttpHub::new(&HubAddress {
        url: url.clone(),
        authority: Authority::PlainHttp { anywhere: false },
    })?;
    let heard = Heard::default();
    let kept = (
        store.clone(),
        setup.key(),
        Arc::clone(&told),
        Arc::clone(&heard),
    );
    let signer = setup.key();
    let (seed, throws) = (dice.next(), dice.next());
    let driver = std::thread::spawn(move || -> Result<()> {
        let kept = Kept::new(kept.0, kept.1, kept.2, kept.3)?;
        let settings = Settings {
            settle_ms: 20,
            poll_ms: 1000,
            timeout_ms: 20_000,
            spread_ms: 0,
            ..Settings::default()
        };
        let (mut first, mut second) = (Dice(seed), Dice(throws));
        let engine = Engine::new(
            kept.standing()?,
            settings,
            Box::new(signer),
            Box::new(move || first.next()),
        );
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let work = drive(engine, &kept, &hub, inbox, move || second.next());
        LocalSet::new().block_on(&runtime, work);
        Ok(())
    });
    let mut kiosk = Kiosk {
        store,
        setup,
        dice,
        number: from,
        orders,
        told,
        heard,
    };
    kiosk.order(Order::Link(Some(false)));
    say(format_args!("open"));
    let (sender, inbox) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    kiosk.serve(&inbox)?;
    let end = kiosk.end(folder)?;
    // The driver ends when nobody can send it an order any more, and the record lives as long as the driver.
    kiosk.store.on_growth(None);
    drop(kiosk);
    driver
        .join()
        .map_err(|_| anyhow::anyhow!("the driver panicked"))??;
    say(format_args!("end {}", serde_json::to_string(&end)?));
    Ok(())
}

impl Kiosk {
    fn order(&self, order: Order) {
        let _ = self.orders.send(order);
    }

    /// Residents, until told otherwise; then only the hub, until all is there and no mail comes any more.
    fn serve(&mut self, inbox: &Receiver<String>) -> Result<()> {
        let mut tried = Instant::now();
        let mut away: Option<Instant> = None;
        let mut draining: Option<Quiet> = None;
        loop {
            match inbox.try_recv() {
                Ok(line) if line == "drain" => {
                    draining = Some(Quiet::default());
                    away = Some(Instant::now());
                }
                Ok(line) if line == "end" => return Ok(()),
                Ok(_) | Err(TryRecvError::Empty) => {}
                // Nobody is left who could say so.
                Err(TryRecvError::Disconnected) => return Ok(()),
            }
            if tried.elapsed() > TRIES {
                tried = Instant::now();
                self.order(Order::TryNow);
            }
            if away.is_some_and(|until| Instant::now() >= until) {
                away = None;
                self.order(Order::Link(Some(false)));
            }
            match &mut draining {
                Some(quiet) => {
                    let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
                    if told.as_ref().is_some_and(|told| quiet.look(told)) {
                        drop(told);
                        say(format_args!("quiet"));
                        draining = Some(Quiet {
                            said: true,
                            ..Quiet::default()
                        });
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
                None => {
                    if away.is_none() && self.dice.below(150) == 0 {
                        let ms = self.dice.below(1500);
                        away = Some(Instant::now() + Duration::from_millis(ms));
                        self.order(Order::Link(None));
                    }
                    self.somebody()?;
                    std::thread::sleep(Duration::from_millis(self.dice.below(40)));
                }
            }
        }
    }

    fn somebody(&mut self) -> Result<()> {
        if self.dice.percent(55) {
            let (seed, number) = (self.setup.seed, self.number);
            let mut blobs = vec![NewBlob::new("instance", answers(seed, number).into_bytes())];
            if let Some(recording) = recording(seed, number) {
                blobs.push(NewBlob::new("part:voice", recording));
            }
            let submission = Submission {
                draft: draft(seed, number),
                actor: Actor::Resident,
                service: "complaint".into(),
                form_version: "2026112202".into(),
                language: "zh-CN".into(),
                owner: Some("staff-990101-01".into()),
                term_days: 5,
                due: Due::WithinWorkingDays(5),
                factors: vec![SecondFactor::typed(FactorKind::IdLastFour, "0026")],
                person: None,
                helper_typed: Vec::new(),
                blobs,
            };
            let saved = self.store.submit_case(submission).wait()?;
            say(format_args!("saved {number} {}", saved.case));
            self.number += 1;
            return Ok(());
        }
        let cases: Vec<CaseId> = if self.dice.percent(40) {
            let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.iter().rev().take(30).copied().collect()
        } else {
            let own = self.store.cases(30).wait()?;
            own.into_iter().map(|case| case.id).collect()
        };
        let Some(case) = cases.get(self.dice.below(cases.len().max(1) as u64) as usize) else {
            return Ok(());
        };
        let (case, staff) = (*case, Actor::Staff("staff-990101-02".into()));
        let words = [Word::Solved, Word::NotSolved, Word::Partly];
        let word = words[self.dice.below(3) as usize];
        let made = match self.dice.below(5) {
            0 => self.store.resident_word(case, Actor::Resident, word, false),
            1 => {
                let made = Move::TakeInHand {
                    owner: "staff-990101-02".into(),
                    term_days: 3,
                    due: Due::WithinWorkingDays(3),
                };
                self.store.move_case(case, staff, made)
            }
            2 => {
                let owner = "staff-990101-03".into();
                self.store.move_case(case, staff, Move::HandOn { owner })
            }
            3 => self
                .store
                .answer_case(case, staff, AnswerKind::Approved, None, None),
            _ => self.store.move_case(case, staff, Move::Tell),
        };
        // Most moves are not allowed most of the time.
        if made.wait().is_ok() {
            say(format_args!("moved {case}"));
        }
        Ok(())
    }

    /// Says all that it knows, of the cases of others those that it is asked about.
    fn end(&self, folder: &Path) -> Result<End> {
        let outbox = self.store.outbox()?;
        let mut streams = Vec::new();
        for stream in outbox.standing()?.streams {
            let link = outbox.link(stream.epoch, stream.last)?;
            let link = link.context("no link after the last event")?;
            streams.push((stream.epoch.get(), stream.last, link.0));
        }
        let mut cases = self.store.cases(u32::MAX).wait()?;
        let asked = std::fs::read_to_string(Setup::asked(folder))?;
        for line in asked.lines() {
            let known = self.store.case(line.parse()?).wait()?;
            cases.extend(known.filter(|case| case.elsewhere));
        }
        let known = |case: onedoor_store::CaseSummary| Known {
            case: case.id,
            draft: case.draft,
            elsewhere: case.elsewhere,
            status: case.status,
        };
        Ok(End {
            streams,
            events: self.store.verify(true).wait()?.events,
            cases: cases.into_iter().map(known).collect(),
        })
    }
}

/// Whether nothing moves any more: everything is at the hub, and several answers in turn brought nothing.
#[derive(Default)]
struct Quiet {
    cursor: u64,
    contact: Option<u64>,
    answers: u32,
    said: bool,
}

impl Quiet {
    fn look(&mut self, told: &Told) -> bool {
        let counters = &told.counters;
        let all = told.standing.streams.iter().all(|s| s.acked >= s.last)
            && counters.files_waiting == 0
            && counters.waiting == 0;
        if !all || told.standing.cursor != self.cursor {
            self.answers = 0;
            self.cursor = told.standing.cursor;
        } else if counters.last_contact_ms != self.contact {
            self.answers += 1;
        }
        self.contact = counters.last_contact_ms;
        !self.said && self.answers >= 4 && !counters.in_flight
    }
}
