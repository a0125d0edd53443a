//! A hub that listens, and a kiosk that speaks to it by the real engine and driver.

use std::sync::Arc;
use std::time::Duration;

use onedoor_domain::event::{Actor, ChainHash, Event, EventBody};
use onedoor_domain::id::{CaseId, Epoch};
use onedoor_hub::http::serve::{CONNECTIONS, Serve, Served, serve};
use onedoor_hub::load::{Dice, Shared, Visit, Writer, kiosk};
use onedoor_hub::{Hub, Keys, db};
use onedoor_sync::driver::{Authority, HttpHub, HubAddress, Order, drive, orders};
use onedoor_sync::engine::{Engine, Settings};
use onedoor_sync::wire::*;

/// A running hub.
pub struct Running {
    pub hub: Arc<Hub>,
    pub served: Served,
}

impl Running {
    pub async fn start(address: &str, keys: Keys) -> Self {
        let db = db::open(address).await.unwrap();
        let hub = Arc::new(Hub::new(db, keys, "county 990101"));
        let served = serve(hub.clone(), &plain()).unwrap();
        Running { hub, served }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.served.address)
    }

    pub fn address(&self) -> HubAddress {
        HubAddress {
            url: self.url("/"),
            authority: Authority::PlainHttp { anywhere: false },
        }
    }
}

pub fn plain() -> Serve {
    Serve {
        listen: "127.0.0.1:0".parse().unwrap(),
        tls: None,
        plain_http: false,
        connections: CONNECTIONS,
    }
}

/// A kiosk with its record in memory.
pub struct Kiosk {
    pub writer: Writer,
    pub record: Shared,
    pub key: DeviceKey,
    place: u64,
}

impl Kiosk {
    pub fn new(place: u64) -> Self {
        Self::with(kiosk(7, place), place)
    }

    /// One whose record lives anew.
    pub fn in_epoch(place: u64, epoch: Epoch) -> Self {
        let (mut writer, key) = kiosk(7, place);
        writer.epoch = epoch;
        writer.link = ChainHash::genesis(writer.device, epoch);
        Self::with((writer, key), place)
    }

    fn with((writer, key): (Writer, DeviceKey), place: u64) -> Self {
        let (_, again) = kiosk(7, place);
        let record = Shared::new(writer.device, again);
        let mut made = Kiosk {
            writer,
            record,
            key,
            place,
        };
        let event = made.writer.open().unwrap();
        made.record.append(&event);
        made
    }

    /// One that the hub knows.
    pub async fn enrolled(place: u64, hub: &Hub, station: &str) -> Self {
        let made = Kiosk::new(place);
        let key = made.key.public().to_bytes();
        hub.enrol_unasked(made.writer.device, key, station)
            .await
            .unwrap();
        made
    }

    pub fn visit(&mut self, hub: &Hub, answers: &str) -> Visit {
        let key = hub.keys.current().unwrap();
        let visit = self.writer.visit(key, answers.as_bytes()).unwrap();
        self.record.visit(&self.writer, visit.clone());
        visit
    }

    pub fn write(&mut self, actor: Actor, case: CaseId, body: impl Into<EventBody>) -> Event {
        let event = self.writer.write(actor, Some(case), vec![], body).unwrap();
        self.record.append(&event);
        event
    }

    /// The number of the event that saved its first case.
    pub fn seq_of_saved(&self) -> u64 {
        use onedoor_sync::engine::Journal;
        let rows = self
            .record
            .rows(self.writer.epoch, 0, 500, usize::MAX)
            .unwrap();
        let saved = rows.iter().find(|row| {
            Event::decode(&row.bytes).is_ok_and(|event| event.body().kind() == "case_saved")
        });
        saved.unwrap().seq
    }

    pub fn signer(&self) -> DeviceKey {
        kiosk(7, self.place).1
    }

    /// A batch as the kiosk would send it, of its events from a number on.
    pub fn batch(&self, first: u64, most: usize, opaque: Vec<u64>) -> Vec<u8> {
        self.batch_of(first, most, opaque, true)
    }

    /// The same, with the sealed answers or without.
    pub fn batch_of(&self, first: u64, most: usize, opaque: Vec<u64>, answers: bool) -> Vec<u8> {
        use onedoor_sync::engine::Journal;
        let epoch = self.writer.epoch;
        let rows = self
            .record
            .rows(epoch, first - 1, most, usize::MAX)
            .unwrap();
        let genesis = ChainHash::genesis(self.writer.device, epoch);
        let h_prev = match first {
            1 => genesis,
            _ => self.record.link(epoch, first - 1).unwrap().unwrap(),
        };
        let last = first + rows.len() as u64 - 1;
        let header = Header {
            device: self.writer.device,
            epoch,
            first,
            last,
            h_prev,
            h_last: rows.last().map_or(h_prev, |row| row.link),
            cursor: self.record.memory.borrow().cursor,
            opaque,
        };
        let events: Vec<_> = rows.into_iter().map(|row| row.bytes).collect();
        let mut blobs = self.record.blobs(epoch, first, last).unwrap();
        blobs.retain(|_| answers);
        Batch::encode(&header, &events, &blobs, &self.signer())
    }

    /// Drives the real engine over the network until everything is there and no mail waits.
    pub async fn sync(&self, running: &Running) -> Result<(), String> {
        self.sync_at(&running.address(), Duration::from_secs(60))
            .await
    }

    pub async fn sync_at(&self, address: &HubAddress, patience: Duration) -> Result<(), String> {
        let settings = Settings {
            settle_ms: 0,
            ..Settings::default()
        };
        let mut dice = Dice(self.place);
        let mut throws = Dice(dice.throw());
        let engine = Engine::new(
            self.record.standing(),
            settings,
            Box::new(self.signer()),
            Box::new(move || throws.throw()),
        );
        let hub = HttpHub::new(address).map_err(|e| e.to_string())?;
        let (order, inbox) = orders();
        order.send(Order::Link(Some(false))).unwrap();
        order.send(Order::TryNow).unwrap();
        let record = &self.record;
        let waits = async {
            let began = std::time::Instant::now();
            loop {
                tokio::time::sleep(Duration::from_millis(5)).await;
                let told = record.memory.borrow().told.clone();
                let Some(told) = told else { continue };
                let answered = told.counters.last_contact_ms.is_some();
                let quiet = !told.counters.in_flight;
                let alarmed = !record.memory.borrow().alarms.is_empty();
                if quiet && answered && (record.all_there() || alarmed) {
                    break Ok(());
                }
                if began.elapsed() > patience {
                    let why = told.why.unwrap_or_default();
                    break Err(format!("{:?} {why}", told.counters));
                }
            }
        };
        tokio::select! {
            () = drive(engine, record, &hub, inbox, move || dice.throw()) => Err("it ended".into()),
            done = waits => done,
        }
    }
}

/// Sends a batch that was made by hand.
pub async fn send(hub: &Arc<Hub>, plain: &[u8]) -> Reply {
    let packed = pack(plain, Dictionary::V1).unwrap();
    hub.sync(Dictionary::V1, packed).await
}

pub fn acked(reply: Reply) -> Ack {
    match reply {
        Reply::Ack(ack) => *ack,
        Reply::Refused(refusal) => panic!("refused: {refusal:?}"),
    }
}

pub fn refused(reply: Reply) -> Refusal {
    match reply {
        Reply::Refused(refusal) => refusal,
        Reply::Ack(ack) => panic!("acked through {}", ack.acked_through),
    }
}
