//! The thread: waits for the record, makes two strangers known, then lets the engine run.

use super::adapter::CountyRecord;
use super::bond::{self, Keys};
use super::{Command, Setting, Tell, bag, network};
use crate::county::{Bond, Comparing, County, News, Trouble, Wish};
use crate::effect::Happening;
use onedoor_domain::personal::Personal;
use onedoor_store::{DbKey, Store, StoreError};
use onedoor_sync::driver::{HttpHub, Order, Orders, drive, orders};
use onedoor_sync::engine::{Engine, Settings, TroubleKind};
use onedoor_sync::enrol::{Admission, Enrol, EnrolAnswer, EnrolState};
use onedoor_sync::mail::HubKeys;
use onedoor_sync::wire::Reply;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// How often the network, the stick and the age of what waits are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// How often the hub is asked whether its official has agreed.
const ASK: Duration = Duration::from_secs(5);

/// What comes after a run.
enum After {
    /// Nothing: the kiosk ends.
    Ended,
    /// The record was opened again.
    Opened(Store),
    /// They are to be made known, with this code.
    Enrol(Personal<String>),
    /// Look again how things stand.
    Again,
}

/// Runs until the commands end.
pub(super) fn run(
    setting: Setting,
    key: Option<DbKey>,
    inbox: UnboundedReceiver<Command>,
    tell: &Tell,
) {
    if let Some(notices) = super::bundles::notices(&setting) {
        tell(Happening::NoticesCame(Box::new(notices)));
    }
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(event = "county.no_runtime", %error);
            return;
        }
    };
    let mut road = Road {
        setting,
        key,
        inbox,
        tell,
        store: None,
    };
    // A mistake of ours must not cut a station off from its county until the next start: it begins again from what is
    // committed.
    while catch_unwind(AssertUnwindSafe(|| runtime.block_on(road.main()))).is_err() {
        tracing::error!(event = "county.panicked");
        std::thread::sleep(LOOK);
    }
}

/// The thread's own.
struct Road<'a> {
    setting: Setting,
    key: Option<DbKey>,
    inbox: UnboundedReceiver<Command>,
    tell: &'a Tell,
    /// The record, once it is open.
    store: Option<Store>,
}

impl Road<'_> {
    async fn main(&mut self) {
        let mut after = After::Again;
        let mut code = None;
        loop {
            match after {
                After::Ended => return,
                After::Opened(new) => self.store = Some(new),
                After::Enrol(new) => code = Some(new),
                After::Again => {}
            }
            after = match self.store.clone() {
                None => self.before_the_record().await,
                Some(store) => match self.with(&store, code.take()).await {
                    Ok(after) => after,
                    Err(error) => {
                        tracing::error!(event = "county.record_failed", code = error.code());
                        tokio::time::sleep(LOOK).await;
                        After::Again
                    }
                },
            };
        }
    }

    async fn before_the_record(&mut self) -> After {
        match self.inbox.recv().await {
            None => After::Ended,
            Some(Command::Opened(store)) => After::Opened(store),
            Some(Command::Wish(_)) => {
                self.news(News::NoAnswer);
                After::Again
            }
        }
    }

    fn news(&self, news: News) {
        (self.tell)(Happening::CountyNews(news));
    }

    fn show(&self, bond: Bond, trouble: Option<Trouble>) {
        let address = self.setting.address.as_ref();
        (self.tell)(Happening::County(Box::new(County {
            bond,
            address: address.map(|address| address.url.clone()),
            plain: address.is_some_and(|address| address.url.starts_with("http://")),
            trouble,
            ..County::default()
        })));
    }

    async fn with(
        &mut self,
        store: &Store,
        code: Option<Personal<String>>,
    ) -> Result<After, StoreError> {
        let keys = Keys::load(store)?;
        let Some(address) = self.setting.address.clone() else {
            self.show(Bond::None, None);
            return Ok(self.before_the_record().await);
        };
        let hub = match HttpHub::new(&address) {
            Ok(hub) => hub,
            Err(fault) => {
                tracing::error!(event = "county.not_configured", %fault);
                let trouble = Trouble {
                    kind: TroubleKind::Odd,
                    words: fault.to_string(),
                };
                self.show(Bond::Strangers, Some(trouble));
                return Ok(self.before_the_record().await);
            }
        };
        if let Some(code) = code {
            return self.enrol(store, keys, &hub, code).await;
        }
        if keys.hub.is_some() {
            return self.run_engine(store, keys, &hub).await;
        }
        if keys.offered.is_some() {
            return self.wait_for_official(store, keys, &hub).await;
        }
        self.show(Bond::Strangers, None);
        Ok(match self.inbox.recv().await {
            None => After::Ended,
            Some(Command::Opened(store)) => After::Opened(store),
            Some(Command::Wish(Wish::Enrol(code))) => After::Enrol(code),
            Some(Command::Wish(Wish::WriteBag)) => {
                let mut keys = keys;
                match bag::by_token(store, &mut keys, &self.setting) {
                    Ok(true) => {
                        let record = CountyRecord::open(store, keys, &self.setting, self.tell)?;
                        self.news(bag::write(&record, &self.setting, self.key.as_ref()).0);
                    }
                    Ok(false) => self.news(News::NotTaken),
                    Err(news) => self.news(news),
                }
                After::Again
            }
            Some(Command::Wish(Wish::ReadBag)) => {
                self.news(News::NoBag);
                After::Again
            }
            Some(Command::Wish(_)) => {
                self.news(News::NoAnswer);
                After::Again
            }
        })
    }

    /// Asks the hub with a code, and lets two people compare the words.
    async fn enrol(
        &mut self,
        store: &Store,
        mut keys: Keys,
        hub: &HttpHub,
        code: Personal<String>,
    ) -> Result<After, StoreError> {
        self.show(Bond::Strangers, None);
        let enrol = keys.enrol(&self.setting, Admission::Code(code.expose().clone()));
        let answer = match self.ask(hub, &keys, &enrol).await {
            Ok(answer) => answer,
            Err(news) => {
                self.news(news);
                return Ok(After::Again);
            }
        };
        let (Some(offered), true) = (
            answer.keys,
            matches!(answer.state, EnrolState::Offered | EnrolState::Enrolled),
        ) else {
            self.news(match answer.state {
                EnrolState::BadAdmission | EnrolState::OtherStation => News::BadCode,
                _ => News::NotTaken,
            });
            return Ok(After::Again);
        };
        self.show(
            Bond::Comparing(Box::new(Comparing {
                hub: answer.hub.clone(),
                words: bond::words(&self.setting, &enrol, &offered),
            })),
            None,
        );
        loop {
            match self.inbox.recv().await {
                None => return Ok(After::Ended),
                Some(Command::Opened(store)) => return Ok(After::Opened(store)),
                Some(Command::Wish(Wish::Compared(true))) => {
                    keys.agreed(store, offered, &answer.hub)?;
                    return Ok(After::Again);
                }
                Some(Command::Wish(Wish::Compared(false))) => {
                    self.news(News::NotTaken);
                    return Ok(After::Again);
                }
                Some(Command::Wish(_)) => {}
            }
        }
    }

    /// Asks again and again whether the official has agreed too. The recovery secret goes with it: the words were the same.
    async fn wait_for_official(
        &mut self,
        store: &Store,
        mut keys: Keys,
        hub: &HttpHub,
    ) -> Result<After, StoreError> {
        let Some(offered) = keys.offered.clone() else {
            return Ok(After::Again);
        };
        let enrol = Enrol {
            recovery: bond::recovery(self.key.as_ref(), &offered, keys.device),
            ..keys.enrol(&self.setting, Admission::Known)
        };
        let mut told = None;
        loop {
            let asked = self.ask(hub, &keys, &enrol).await;
            let trouble = match &asked {
                Ok(answer) if answer.state == EnrolState::Enrolled && same(answer, &offered) => {
                    keys.known(store, offered, &answer.hub)?;
                    self.news(News::Answered);
                    return Ok(After::Again);
                }
                Ok(answer) if answer.state == EnrolState::Offered && same(answer, &offered) => None,
                // Another hub's keys than those whose words were compared, or a no.
                Ok(_) => {
                    keys.forgotten(store)?;
                    self.news(News::NotTaken);
                    return Ok(After::Again);
                }
                Err(_) => Some(Trouble {
                    kind: TroubleKind::Unreachable,
                    words: hub.why().unwrap_or_default(),
                }),
            };
            let now = (Bond::Waiting, trouble);
            if told.as_ref() != Some(&now) {
                self.show(now.0.clone(), now.1.clone());
                told = Some(now);
            }
            tokio::select! {
                command = self.inbox.recv() => match command {
                    None => return Ok(After::Ended),
                    Some(Command::Opened(store)) => return Ok(After::Opened(store)),
                    Some(Command::Wish(Wish::TryNow)) => {
                        if asked.is_err() {
                            self.news(News::NoAnswer);
                        }
                    }
                    Some(Command::Wish(_)) => {}
                },
                () = tokio::time::sleep(ASK) => {}
            }
        }
    }

    async fn ask(&self, hub: &HttpHub, keys: &Keys, enrol: &Enrol) -> Result<EnrolAnswer, News> {
        let bytes = hub
            .enrol(&enrol.encode(&keys.signer()))
            .await
            .map_err(|failure| {
                tracing::warn!(event = "county.enrol_failed", ?failure, why = hub.why());
                News::NoAnswer
            })?;
        EnrolAnswer::decode(&bytes, keys.device, self.setting.pinned.as_ref()).map_err(|reason| {
            tracing::error!(event = "county.enrol_refused", %reason);
            News::NotTaken
        })
    }

    async fn run_engine(
        &mut self,
        store: &Store,
        keys: Keys,
        hub: &HttpHub,
    ) -> Result<After, StoreError> {
        let signer = Box::new(keys.signer());
        let record = CountyRecord::open(store, keys, &self.setting, self.tell)?;
        let settings = Settings {
            spread_ms: if hub.is_near() { 0 } else { 60_000 },
            ..Settings::default()
        };
        let engine = Engine::new(record.standing()?, settings, signer, Box::new(dice))
            .doubting(record.doubts());
        let (orders, inbox) = orders();
        for file in record.files()? {
            send(&orders, Order::File(file));
        }
        let grown = orders.clone();
        store.on_growth(Some(std::sync::Arc::new(move |epoch, last| {
            send(&grown, Order::Grew { epoch, last });
        })));
        let mut link = None;
        let mut look = tokio::time::interval(LOOK);
        let driving = drive(engine, &record, hub, inbox, dice);
        tokio::pin!(driving);
        let after = loop {
            tokio::select! {
                () = &mut driving => break After::Again,
                _ = look.tick() => {
                    let now = (hub.is_near() || network::way_out()).then_some(self.setting.slow);
                    if link != Some(now) {
                        link = Some(now);
                        send(&orders, Order::Link(now));
                    }
                    record.refresh();
                }
                command = self.inbox.recv() => match command {
                    None => break After::Ended,
                    Some(Command::Opened(store)) => break After::Opened(store),
                    Some(Command::Wish(Wish::Enrol(code))) => break After::Enrol(code),
                    Some(Command::Wish(Wish::TryNow)) => {
                        if link == Some(None) {
                            record.news(News::NoAnswer);
                        } else {
                            record.ask();
                            send(&orders, Order::TryNow);
                        }
                        record.refresh();
                    }
                    Some(Command::Wish(Wish::WriteBag)) => {
                        let (news, through) = bag::write(&record, &self.setting, self.key.as_ref());
                        for (epoch, through) in through {
                            send(&orders, Order::BagWritten { epoch, through });
                        }
                        record.news(news);
                    }
                    Some(Command::Wish(Wish::ReadBag)) => {
                        let (news, replies) = bag::read(&record, &self.setting);
                        for reply in replies {
                            send(&orders, match reply {
                                Reply::Ack(ack) => Order::BagAnswered(ack),
                                Reply::Refused(refusal) => Order::BagRefused(refusal),
                            });
                        }
                        record.refresh();
                        record.news(news);
                    }
                    Some(Command::Wish(Wish::Compared(_))) => {}
                },
            }
        };
        store.on_growth(None);
        Ok(after)
    }
}

fn send(orders: &Orders, order: Order) {
    // The driver is there for as long as its future is polled.
    let _ = orders.send(order);
}

fn same(answer: &EnrolAnswer, offered: &HubKeys) -> bool {
    answer.keys.as_ref() == Some(offered)
}

/// A random number from the system.
fn dice() -> u64 {
    let mut bytes = [0; 8];
    // Without randomness the wait is only less spread.
    let _ = getrandom::fill(&mut bytes);
    u64::from_ne_bytes(bytes)
}
