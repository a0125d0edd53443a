//! One kiosk and one hub, moved by hand.

use onedoor_domain::event::ChainHash;
use onedoor_sync::engine::*;
use onedoor_sync::wire::*;

use crate::fiction::{Dice as Numbers, Writer};
use crate::model::{Hub, Record, Stub};

/// One kiosk with its hub, by hand.
pub struct Bench {
    pub engine: Engine,
    pub record: Record,
    pub writer: Writer,
    pub hub: Hub,
    pub now: u64,
    pub wait: Option<u64>,
    pub alarms: Vec<Alarm>,
    pub applied: Vec<Apply>,
    pub arrived: Vec<FileName>,
}

impl Bench {
    pub fn new(seed: u64) -> Self {
        let writer = Writer::new(seed);
        let key = Stub([1; 32]);
        let mut hub = Hub::new();
        hub.keys.insert(writer.device, Box::new(key));
        let standing = Standing {
            device: writer.device,
            cursor: 0,
            streams: vec![],
        };
        let mut numbers = Numbers(seed);
        let dice: Dice = Box::new(move || numbers.next());
        Bench {
            engine: Engine::new(standing, Settings::default(), Box::new(key), dice),
            record: Record::default(),
            writer,
            hub,
            now: 0,
            wait: None,
            alarms: vec![],
            applied: vec![],
            arrived: vec![],
        }
    }

    /// A step; commits what is to be committed, and gives the request, if there is one.
    pub fn step(&mut self, input: Input<'_>) -> Option<Request> {
        let mut outputs = self.engine.step(self.now, input, &self.record);
        let mut request = None;
        while !outputs.is_empty() {
            let mut more = vec![];
            for output in outputs.drain(..) {
                match output {
                    Output::Send(sent) => {
                        assert!(request.replace(sent).is_none(), "two requests in flight");
                    }
                    Output::Apply(apply) => {
                        self.applied.push(*apply);
                        more = self.engine.step(self.now, Input::Applied, &self.record);
                    }
                    Output::FileArrived(file) => self.arrived.push(file),
                    Output::WaitUntil(at) => self.wait = at,
                    Output::Alarm(alarm) => self.alarms.push(alarm),
                }
            }
            outputs = more;
        }
        request
    }

    pub fn write(&mut self, events: usize) {
        for event in self.writer.events(events) {
            let before = self
                .record
                .rows_of(event.id().epoch)
                .last()
                .map(|row| row.link);
            let before = before.unwrap_or(ChainHash::genesis(event.id().device, event.id().epoch));
            self.record.append(&event, before.next(event.bytes()));
        }
    }

    pub fn garbage(&mut self) -> u64 {
        let bytes = vec![0xff, self.writer.last as u8, 0x13];
        self.writer.link = self.writer.link.next(&bytes);
        self.writer.last += 1;
        self.record
            .append_raw(self.writer.epoch, bytes, self.writer.link);
        self.writer.last
    }

    pub fn grew(&mut self) -> Option<Request> {
        let (epoch, last) = (self.writer.epoch, self.writer.last);
        self.step(Input::JournalGrew { epoch, last })
    }

    pub fn up(&mut self) -> Option<Request> {
        let none = self.step(Input::LinkUp { slow: false });
        none.or_else(|| self.sleep())
    }

    /// Sleeps until the engine wants to be woken.
    pub fn sleep(&mut self) -> Option<Request> {
        self.now = self
            .now
            .max(self.wait.expect("it waits for something to happen"));
        self.step(Input::Tick)
    }

    pub fn answer(&mut self, request: &Request, body: &[u8]) -> Option<Request> {
        self.step(Input::Answered {
            request: request.id,
            dictionary: Dictionary::V1,
            body,
        })
    }

    pub fn reply(&mut self, request: &Request, reply: Reply) -> Option<Request> {
        let body = pack(&reply.encode(), Dictionary::V1).unwrap();
        self.answer(request, &body)
    }

    /// What the hub says to it.
    pub fn asked(&mut self, request: &Request) -> Vec<u8> {
        self.hub.sync(request.call.body(), Dictionary::V1)
    }

    /// Carries requests to and fro until there is no more; how many there were.
    pub fn carry(&mut self, mut request: Option<Request>) -> usize {
        let mut count = 0;
        while let Some(sent) = request.take() {
            count += 1;
            assert!(count < 200, "it does not end");
            request = self.serve(&sent);
        }
        count
    }

    /// The hub answers one request.
    pub fn serve(&mut self, sent: &Request) -> Option<Request> {
        match &sent.call {
            Call::Sync { .. } => {
                let body = self.asked(sent);
                self.answer(sent, &body)
            }
            Call::FileHead { file, .. } => {
                let (status, offset) = self.hub.head(*file);
                self.file(sent, status, offset)
            }
            Call::FilePatch {
                file,
                offset,
                length,
                body,
                ..
            } => {
                let (status, offset) = self.hub.patch(*file, *offset, *length, body, usize::MAX);
                self.file(sent, status, offset)
            }
        }
    }

    pub fn file(&mut self, sent: &Request, status: u16, offset: Option<u64>) -> Option<Request> {
        self.step(Input::FileAnswered {
            request: sent.id,
            status,
            offset,
            retry_after_s: None,
        })
    }

    pub fn all_there(&self) {
        let held = &self.hub.streams[&(self.writer.device, self.writer.epoch)];
        let ours = self.record.rows_of(self.writer.epoch);
        assert_eq!(held.events.len(), ours.len());
        assert!(
            held.events
                .iter()
                .zip(ours)
                .all(|(held, row)| *held == row.bytes)
        );
        assert_eq!(self.engine.counters().waiting, 0);
    }
}

pub fn header_of(request: &Request) -> Header {
    let plain = unpack(request.call.body(), Dictionary::V1).unwrap();
    Batch::decode(&plain).unwrap().header
}
