//! The loop: inputs in, outputs done, one request under way at a time.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use onedoor_domain::id::Epoch;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Record;
use super::fetch::{Fetch, Wanted};
use super::http::{HttpHub, Landed};
use super::snag::Snag;
use crate::engine::{
    Counters, Doubts, Engine, Failure, FileWaiting, Input, Output, Request, Standing,
};
use crate::mail::Mail;
use crate::wire::{Ack, Refusal};

/// What the driver is told from outside.
#[derive(Debug)]
pub enum Order {
    /// The journal holds events up to this number.
    Grew {
        /// The epoch.
        epoch: Epoch,
        /// Its last event.
        last: u64,
    },
    /// There is a network (slow or paid by volume?), or none.
    Link(Option<bool>),
    /// A person asked to try now.
    TryNow,
    /// A file is to be sent.
    File(FileWaiting),
    /// A mailbag was written.
    BagWritten {
        /// The epoch.
        epoch: Epoch,
        /// The last event in it.
        through: u64,
    },
    /// A mailbag brought an answer; its signature was checked.
    BagAnswered(Box<Ack>),
    /// A mailbag brought a refusal; its signature was checked.
    BagRefused(Refusal),
}

/// Where orders go. When the last one is dropped, [`drive`] ends.
pub type Orders = UnboundedSender<Order>;

/// A way for orders.
pub fn orders() -> (Orders, UnboundedReceiver<Order>) {
    unbounded_channel()
}

/// How the sync stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// How far it has come.
    pub standing: Standing,
    /// For the technician's page; times in it are [`Told::now_ms`]'s.
    pub counters: Counters,
    /// What the hub could not read: to be kept, and given to the next bag and the next run.
    pub doubts: Doubts,
    /// What broke the last request, in the words of the network.
    pub why: Option<String>,
    /// The same by what helps against it.
    pub snag: Option<Snag>,
    /// Now, ms since the driver began.
    pub now_ms: u64,
}

type Outcome<T> = Result<T, Failure>;
type Flight<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Runs the engine until all [`Orders`] are dropped. Blocks in [`Record`]'s calls.
pub async fn drive(
    mut engine: Engine,
    record: &dyn Record,
    hub: &HttpHub,
    mut inbox: UnboundedReceiver<Order>,
    mut dice: impl FnMut() -> u64,
) {
    let began = Instant::now();
    let now = || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut flight: Option<Flight<'_, (u64, Outcome<Landed>)>> = None;
    let mut fetching: Option<Flight<'_, (Wanted, Outcome<Vec<u8>>)>> = None;
    let mut fetch = Fetch::default();
    let mut link = false;
    let mut todo: VecDeque<Todo> = VecDeque::from([Todo::Tick]);
    loop {
        let mut wake = None;
        while let Some(next) = todo.pop_front() {
            if let Todo::Order(Order::Link(state)) = &next {
                link = state.is_some();
            }
            let outputs = next.step(&mut engine, now(), record);
            for output in outputs {
                match output {
                    Output::Send(request) => flight = Some(Box::pin(carry(hub, request))),
                    Output::Apply(apply) => {
                        let items = apply.page.iter().flat_map(|page| &page.items);
                        let mail: Vec<Mail> = items.map(Mail::read).collect();
                        match record.apply(&apply, &mail) {
                            Ok(files) => {
                                todo.push_back(Todo::Applied(true));
                                todo.extend(files.into_iter().map(|f| Todo::Order(Order::File(f))));
                            }
                            Err(code) => {
                                tracing::error!(event = "sync.not_applied", code);
                                todo.push_back(Todo::Applied(false));
                            }
                        }
                    }
                    Output::FileArrived(file) => {
                        if let Err(code) = record.arrived(file) {
                            tracing::warn!(event = "sync.arrival_not_noted", code);
                        }
                    }
                    Output::WaitUntil(until) => wake = until,
                    Output::Alarm(alarm) => record.alarm(alarm),
                }
            }
        }
        record.told(&Told {
            standing: engine.standing(),
            counters: engine.counters(),
            doubts: engine.doubts(),
            why: hub.why(),
            snag: hub.snag(),
            now_ms: now(),
        });
        let mut until = wake.map(|ms| ms.saturating_sub(now()));
        if link && flight.is_none() && fetching.is_none() {
            match fetch.next(now(), record) {
                Some(wanted) => {
                    fetching = Some(Box::pin(async move {
                        let outcome = wanted.ask(hub).await;
                        (wanted, outcome)
                    }));
                }
                None if record.wanted().is_some() => {
                    let later = fetch.not_before.saturating_sub(now());
                    until = Some(until.map_or(later, |ms| ms.min(later)));
                }
                None => {}
            }
        }
        // A little longer than asked: a timer that ends a moment early would be asked for once more.
        let sleep = until.map(|ms| Duration::from_millis(ms + 1));
        tokio::select! {
            order = inbox.recv() => match order {
                Some(order) => {
                    todo.push_back(Todo::Order(order));
                    while let Ok(order) = inbox.try_recv() {
                        todo.push_back(Todo::Order(order));
                    }
                }
                None => return,
            },
            (request, landed) = landing(&mut flight) => {
                flight = None;
                todo.push_back(Todo::Landed(request, landed));
            }
            (wanted, outcome) = landing(&mut fetching) => {
                fetching = None;
                fetch.landed(now(), &wanted, outcome, record, dice());
                todo.push_back(Todo::Tick);
            }
            () = nap(sleep) => todo.push_back(Todo::Tick),
        }
    }
}

async fn carry(hub: &HttpHub, request: Request) -> (u64, Result<Landed, Failure>) {
    let landed = hub.send(&request).await;
    (request.id, landed)
}

/// Waits for what is under way; for ever where nothing is.
async fn landing<T>(flight: &mut Option<Flight<'_, T>>) -> T {
    match flight {
        Some(flight) => flight.await,
        None => std::future::pending().await,
    }
}

async fn nap(length: Option<Duration>) {
    match length {
        Some(length) => tokio::time::sleep(length).await,
        None => std::future::pending().await,
    }
}

/// Something that the engine is to be told.
enum Todo {
    Tick,
    Applied(bool),
    Landed(u64, Result<Landed, Failure>),
    Order(Order),
}

impl Todo {
    fn step(self, engine: &mut Engine, now_ms: u64, record: &dyn Record) -> Vec<Output> {
        let mut step = |input: Input<'_>| engine.step(now_ms, input, record);
        match self {
            Todo::Tick => step(Input::Tick),
            Todo::Applied(true) => step(Input::Applied),
            Todo::Applied(false) => step(Input::ApplyFailed),
            Todo::Landed(request, Ok(Landed::Sync { dictionary, body })) => step(Input::Answered {
                request,
                dictionary,
                body: &body,
            }),
            Todo::Landed(
                request,
                Ok(Landed::File {
                    status,
                    offset,
                    retry_after_s,
                }),
            ) => step(Input::FileAnswered {
                request,
                status,
                offset,
                retry_after_s,
            }),
            Todo::Landed(request, Err(failure)) => step(Input::Failed { request, failure }),
            Todo::Order(Order::Grew { epoch, last }) => step(Input::JournalGrew { epoch, last }),
            Todo::Order(Order::Link(Some(slow))) => step(Input::LinkUp { slow }),
            Todo::Order(Order::Link(None)) => step(Input::LinkDown),
            Todo::Order(Order::TryNow) => step(Input::TryNow),
            Todo::Order(Order::File(file)) => step(Input::FileWaits(file)),
            Todo::Order(Order::BagWritten { epoch, through }) => {
                step(Input::BagWritten { epoch, through })
            }
            Todo::Order(Order::BagAnswered(ack)) => step(Input::BagAnswered(ack)),
            Todo::Order(Order::BagRefused(refusal)) => step(Input::BagRefused(refusal)),
        }
    }
}
