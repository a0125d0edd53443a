//! A kiosk as far as the network sees one: the real engine and the real driver over a record in memory.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use onedoor_domain::event::ChainHash;
use onedoor_domain::id::{DeviceId, Epoch};
use onedoor_sim::fiction::Writer;
use onedoor_sim::model;
use onedoor_sync::driver::{
    Authority, HttpHub, HubAddress, Order, Orders, Record, Told, drive, orders,
};
use onedoor_sync::engine::{
    Alarm, Apply, Engine, FileName, FileWaiting, Journal, JournalFault, Row, Settings, Standing,
    Stream,
};
use onedoor_sync::mail::{BundleMail, Mail};
use onedoor_sync::seal::{FileTicket, HubKey};
use onedoor_sync::wire::DeviceKey;
use tokio::sync::watch;

use super::work::Case;

/// A kiosk that is not connected yet.
pub struct Kiosk {
    writer: Writer,
    record: model::Record,
    secret: [u8; 32],
}

/// What the driver reads and what it said.
struct Kept {
    record: RefCell<model::Record>,
    told: watch::Sender<Option<Told>>,
    flights: RefCell<Flights>,
    arrived: RefCell<Vec<FileName>>,
    alarms: RefCell<Vec<Alarm>>,
}

/// Requests by when they went and how long their answers took.
#[derive(Default)]
struct Flights {
    since: Option<Instant>,
    took: Vec<Duration>,
}

impl Flights {
    fn answered(&mut self) {
        self.took
            .extend(self.since.take().map(|since| since.elapsed()));
    }
}

/// A kiosk whose driver runs.
pub struct Running {
    kept: Rc<Kept>,
    told: watch::Receiver<Option<Told>>,
    orders: Orders,
    device: DeviceId,
    epoch: Epoch,
    last: u64,
    writer: Writer,
    secret: [u8; 32],
}

impl Kiosk {
    /// A kiosk with an empty record, the same for the same seed.
    pub fn new(seed: u64) -> Self {
        let mut writer = Writer::new(seed);
        Kiosk {
            secret: writer.dice.bytes(),
            record: model::Record::default(),
            writer,
        }
    }

    /// Its name.
    pub fn device(&self) -> DeviceId {
        self.writer.device
    }

    /// The key it signs with.
    pub fn key(&self) -> DeviceKey {
        DeviceKey::from_secret(&self.secret)
    }

    /// The same kiosk as it is now: what a copy of its disk would be.
    pub fn twin(&self) -> Self {
        Kiosk {
            writer: self.writer.clone(),
            record: self.record.clone(),
            secret: self.secret,
        }
    }

    /// Saves cases; `sealed` sends their answers along.
    ///
    /// # Errors
    /// When they cannot be sealed.
    pub fn save(&mut self, cases: &[Case], hub: &HubKey, sealed: bool) -> Result<()> {
        save(&mut self.writer, &mut self.record, cases, hub, sealed)
    }

    /// Connects it to a hub, of which it believes that it acked everything up to `acked`. Must be called inside a
    /// [`tokio::task::LocalSet`].
    ///
    /// # Errors
    /// When the address is not one.
    pub fn connect(self, url: &str, acked: u64) -> Result<Running> {
        self.connect_over(url, acked, false, || 0)
    }

    /// The same over a line that is slow or not, with dice that are thrown for each wait.
    ///
    /// # Errors
    /// When the address is not one.
    pub fn connect_over(
        self,
        url: &str,
        acked: u64,
        slow: bool,
        dice: impl FnMut() -> u64 + Send + Clone + 'static,
    ) -> Result<Running> {
        let hub = HttpHub::new(&HubAddress {
            url: url.to_owned(),
            authority: Authority::PlainHttp { anywhere: true },
        })?;
        let (device, epoch, last) = (self.writer.device, self.writer.epoch, self.writer.last);
        let standing = Standing {
            device,
            cursor: 0,
            streams: vec![Stream {
                epoch,
                last,
                acked,
                durable: 0,
            }],
        };
        // What waits for people and for chance is left out: nothing else is measured than what travels.
        let settings = Settings {
            settle_ms: 0,
            spread_ms: 0,
            poll_ms: 3_600_000,
            ..Settings::default()
        };
        let key = Box::new(self.key());
        let engine = Engine::new(standing, settings, key, Box::new(dice.clone()));
        let (sender, told) = watch::channel(None);
        let kept = Rc::new(Kept {
            record: RefCell::new(self.record),
            told: sender,
            flights: RefCell::default(),
            arrived: RefCell::default(),
            alarms: RefCell::default(),
        });
        let (orders, inbox) = orders();
        let its = Rc::clone(&kept);
        tokio::task::spawn_local(async move { drive(engine, &*its, &hub, inbox, dice).await });
        let running = Running {
            kept,
            told,
            orders,
            device,
            epoch,
            last,
            writer: self.writer,
            secret: self.secret,
        };
        running.order(Order::Link(Some(slow)))?;
        Ok(running)
    }
}

fn save(
    writer: &mut Writer,
    record: &mut model::Record,
    cases: &[Case],
    hub: &HubKey,
    sealed: bool,
) -> Result<()> {
    for case in cases {
        let (event, blob) = case.event(writer, hub)?;
        record.append(&event, writer.link);
        if sealed {
            let at = (writer.epoch, writer.last);
            record.inline.insert(at, vec![blob]);
        }
    }
    Ok(())
}

impl Running {
    fn order(&self, order: Order) -> Result<()> {
        self.orders.send(order).context("the driver is gone")
    }

    /// Saves more, as a resident would.
    ///
    /// # Errors
    /// When they cannot be sealed or the driver is gone.
    pub fn save(&mut self, cases: &[Case], hub: &HubKey, sealed: bool) -> Result<()> {
        {
            let mut record = self.kept.record.borrow_mut();
            save(&mut self.writer, &mut record, cases, hub, sealed)?;
        }
        self.last = self.writer.last;
        let (epoch, last) = (self.epoch, self.last);
        self.order(Order::Grew { epoch, last })
    }

    /// A whole visit: the four events that a kiosk writes for one resident, and the sealed answers.
    ///
    /// # Errors
    /// When the answers cannot be sealed or the driver is gone.
    pub fn visit(&mut self, hub: &HubKey) -> Result<()> {
        for event in self.writer.visit() {
            let mut record = self.kept.record.borrow_mut();
            let last = record.rows_of(self.epoch).last().map(|row| row.link);
            let last = last.unwrap_or(ChainHash::genesis(self.device, self.epoch));
            record.append(&event, last.next(event.bytes()));
        }
        let first = self.last + 1;
        let mut twin = self.writer.clone();
        let case = super::work::cases(9, 1)?;
        let (_, sealed) = case.first().context("no case")?.event(&mut twin, hub)?;
        let mut record = self.kept.record.borrow_mut();
        record.inline.insert((self.epoch, first), vec![sealed]);
        drop(record);
        self.last = self.writer.last;
        let (epoch, last) = (self.epoch, self.last);
        self.order(Order::Grew { epoch, last })
    }

    async fn until(&self, what: &str, most: Duration, so: impl Fn(&Told) -> bool) -> Result<()> {
        let mut told = self.told.clone();
        let waited = told.wait_for(|told| told.as_ref().is_some_and(&so));
        match tokio::time::timeout(most, waited).await {
            Ok(told) => told.map(|_| ()).context("the driver is gone"),
            Err(_) => {
                let told = self.told.borrow().clone();
                let alarms = self.kept.alarms.borrow();
                bail!("{what}: not within {most:?}; {told:?} {alarms:?}")
            }
        }
    }

    /// Waits until the hub has acked everything.
    ///
    /// # Errors
    /// When it did not in that time.
    pub async fn sent(&mut self, most: Duration) -> Result<()> {
        let (epoch, last) = (self.epoch, self.last);
        self.until("the hub acks everything", most, |told| {
            let acked = |s: &Stream| s.epoch == epoch && s.acked >= last;
            told.standing.streams.iter().any(acked) && !told.counters.in_flight
        })
        .await
    }

    /// Asks for mail, with nothing to send, and waits for the answer.
    ///
    /// # Errors
    /// When none came in that time.
    pub async fn asked(&mut self, most: Duration) -> Result<()> {
        let before = self.kept.flights.borrow().took.len();
        self.order(Order::TryNow)?;
        let kept = Rc::clone(&self.kept);
        self.until("the hub answers", most, |told| {
            kept.flights.borrow().took.len() > before && !told.counters.in_flight
        })
        .await
    }

    /// Sends a file and waits until it has arrived whole.
    ///
    /// # Errors
    /// When it did not in that time.
    pub async fn file(&mut self, bytes: Vec<u8>, most: Duration) -> Result<()> {
        let (file, length) = (FileName::of(&bytes), bytes.len() as u64);
        let key = DeviceKey::from_secret(&self.secret);
        let ticket = FileTicket::new(self.device, file, length, &key).to_string();
        self.kept.record.borrow_mut().files.insert(file, bytes);
        self.order(Order::File(FileWaiting {
            file,
            length,
            ticket,
        }))?;
        let kept = Rc::clone(&self.kept);
        self.until("the file arrives", most, |_| {
            kept.arrived.borrow().contains(&file)
        })
        .await
    }

    /// How long each request took until its answer, so far.
    pub fn answered_in(&self) -> Vec<Duration> {
        self.kept.flights.borrow().took.clone()
    }
}

impl Journal for Kept {
    fn rows(
        &self,
        epoch: Epoch,
        after: u64,
        events: usize,
        bytes: usize,
    ) -> Result<Vec<Row>, JournalFault> {
        // The next request is being made: often in the same breath in which the last one was answered.
        self.flights.borrow_mut().since = Some(Instant::now());
        self.record.borrow().rows(epoch, after, events, bytes)
    }

    fn link(&self, epoch: Epoch, seq: u64) -> Result<Option<ChainHash>, JournalFault> {
        self.record.borrow().link(epoch, seq)
    }

    fn blobs(&self, epoch: Epoch, first: u64, last: u64) -> Result<Vec<Vec<u8>>, JournalFault> {
        self.record.borrow().blobs(epoch, first, last)
    }

    fn piece(
        &self,
        file: FileName,
        offset: u64,
        length: usize,
    ) -> Result<Option<Vec<u8>>, JournalFault> {
        self.record.borrow().piece(file, offset, length)
    }
}

impl Record for Kept {
    fn apply(&self, _: &Apply, _: &[Mail]) -> Result<Vec<FileWaiting>, String> {
        self.flights.borrow_mut().answered();
        Ok(Vec::new())
    }

    fn arrived(&self, file: FileName) -> Result<(), String> {
        self.arrived.borrow_mut().push(file);
        Ok(())
    }

    fn wanted(&self) -> Option<(BundleMail, u64)> {
        None
    }

    fn piece_came(&self, _: &BundleMail, _: u64, _: &[u8]) -> Result<(), String> {
        Ok(())
    }

    fn alarm(&self, alarm: Alarm) {
        self.alarms.borrow_mut().push(alarm);
    }

    fn told(&self, told: &Told) {
        let mut flights = self.flights.borrow_mut();
        if !told.counters.in_flight {
            flights.answered();
        } else if flights.since.is_none() {
            flights.since = Some(Instant::now());
        }
        drop(flights);
        self.told.send_replace(Some(told.clone()));
    }
}
