//! The thread: waits for the record, makes two strangers known, then lets the engine run.

use super::adapter::CountyRecord;
use super::bond::{self, Keys};
use super::{Command, Setting, Tell, bag, network};
use crate::county::{Alarm, Bond, Comparing, County, News, No, Trouble, Wish};
use crate::effect::Happening;
use onedoor_domain::personal::Personal;
use onedoor_store::{DbKey, Store, StoreError};
use onedoor_sync::driver::{HttpHub, Order, Orders, Snag, drive, orders};
use onedoor_sync::engine::{Engine, Failure, Settings};
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
        trouble: None,
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
    /// Why the last try to make the two known came to nothing.
    trouble: Option<Trouble>,
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
                None => self.until_the_record(News::NoAnswer).await,
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

    /// Nothing can be done until the record is open, or opened anew: whoever wishes something is told so.
    async fn until_the_record(&mut self, news: News) -> After {
        match self.inbox.recv().await {
            None => After::Ended,
            Some(Command::Opened(store)) => After::Opened(store),
            Some(Command::Wish(_)) => {
                self.news(news);
                After::Again
            }
        }
    }

    fn news(&self, news: News) {
        (self.tell)(Happening::CountyNews(news));
    }

    fn show(&self, bond: Bond, trouble: Option<Trouble>) {
        let address = self.setting.address.as_ref();
        let waiting = self.store.as_ref();
        let waiting = waiting.and_then(|store| store.undelivered().wait().ok());
        let lasting = trouble.as_ref().is_some_and(|t| !t.kind.mends_itself());
        (self.tell)(Happening::County(Box::new(County {
            bond,
            address: address.map(|address| address.url.clone()),
            plain: address.is_some_and(|address| address.url.starts_with("http://")),
            alarm: lasting.then_some(Alarm::Lasting),
            cases: waiting.as_ref().map_or(0, |waiting| waiting.cases),
            oldest_ms: waiting.and_then(|waiting| waiting.oldest_ms),
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
            return Ok(self.until_the_record(News::NoAnswer).await);
        };
        let hub = match HttpHub::new(&address) {
            Ok(hub) => hub,
            Err(fault) => {
                tracing::error!(event = "county.not_configured", %fault);
                let bond = match keys.hub {
                    Some(_) => Bond::Known,
                    None => Bond::Strangers,
                };
                self.show(bond, Some(Trouble::of_setup(&fault)));
                return Ok(self.until_the_record(News::Lasting).await);
            }
        };
        if let Some(code) = code {
            return self.enrol(store, keys, &hub, code).await;
        }
        // Also where an old bond stands, that the hub has ended: the new one is being made.
        if keys.offered.is_some() {
            return self.wait_for_official(store, keys, &hub).await;
        }
        if keys.hub.is_some() {
            return self.run_engine(store, keys, &hub).await;
        }
        self.show(Bond::Strangers, self.trouble.clone());
        Ok(match self.inbox.recv().await {
            None => After::Ended,
            Some(Command::Opened(store)) => After::Opened(store),
            Some(Command::Wish(Wish::Enrol(code))) => After::Enrol(code),
            Some(Command::Wish(Wish::WriteBag)) => {
                let mut keys = keys;
                match bag::by_token(store, &mut keys, &self.setting) {
                    Ok(()) => {
                        let record = CountyRecord::open(store, keys, &self.setting, self.tell)?;
                        self.news(bag::write(&record, &self.setting, self.key.as_ref()).0);
                    }
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
        self.trouble = None;
        let enrol = keys.enrol(&self.setting, Admission::Code(code.expose().clone()));
        let answer = match self.ask(hub, &keys, &enrol).await {
            Ok(answer) => answer,
            Err(trouble) => {
                self.news(if trouble.kind.mends_itself() {
                    News::AskAgain
                } else {
                    News::Lasting
                });
                self.trouble = Some(trouble);
                return Ok(After::Again);
            }
        };
        let (Some(offered), true) = (
            answer.keys,
            matches!(answer.state, EnrolState::Offered | EnrolState::Enrolled),
        ) else {
            self.news(match answer.state {
                EnrolState::OtherStation => News::CodeElsewhere,
                EnrolState::TooManyTries => News::Later,
                EnrolState::KeyDiffers => News::NotTaken(No::OtherKey),
                EnrolState::Refused => News::NotTaken(No::Official),
                EnrolState::BadAdmission | EnrolState::Offered | EnrolState::Enrolled => {
                    News::BadCode
                }
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
                    self.news(News::NotTaken(No::Words));
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
                    self.news(News::NotTaken(No::Official));
                    return Ok(After::Again);
                }
                Err(trouble) => Some(trouble.clone()),
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
                        match &asked {
                            Err(trouble) if !trouble.kind.mends_itself() => {
                                self.news(News::Lasting);
                            }
                            Err(_) => self.news(News::NoAnswer),
                            Ok(_) => {}
                        }
                    }
                    Some(Command::Wish(_)) => {}
                },
                () = tokio::time::sleep(ASK) => {}
            }
        }
    }

    async fn ask(&self, hub: &HttpHub, keys: &Keys, enrol: &Enrol) -> Result<EnrolAnswer, Trouble> {
        let bytes = hub
            .enrol(&enrol.encode(&keys.signer()))
            .await
            .map_err(|failure| {
                tracing::warn!(event = "county.enrol_failed", ?failure, why = hub.why());
                match failure {
                    Failure::Broken => Trouble::of_line(hub.snag().unwrap_or(Snag::Broken)),
                    Failure::TimedOut => Trouble::of_line(Snag::Slow),
                    Failure::Status { code, .. } => Trouble::of_status(code),
                }
            })?;
        EnrolAnswer::decode(&bytes, keys.device, self.setting.pinned.as_ref()).map_err(|reason| {
            tracing::error!(event = "county.enrol_refused", %reason);
            Trouble::of_answer(reason)
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
                        bag::fresh_token(&record, &self.setting);
                        let (news, through) =
                            bag::write(&record, &self.setting, self.key.as_ref());
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
