//! The world of the simulation: what happens, when, and what must be true at the end.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use onedoor_domain::event::Actor;
use onedoor_sync::engine::*;
use onedoor_sync::mailbag::{BagReader, BagWriter, Part, export};
use onedoor_sync::wire::*;

use crate::fiction::{Dice as Numbers, Writer};
use crate::link::{Got, Sent};
use crate::model::{Hub, Record, Stub};
use crate::stats::Stats;

const SECOND: u64 = 1000;
const HOUR: u64 = 3600 * SECOND;
const DAY: u64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY as i64;
/// How long everything works again before the end.
const CALM: u64 = 2 * DAY;

/// What a kiosk's disk keeps besides its journal.
#[derive(Clone)]
pub(super) struct Disk {
    pub(super) standing: Standing,
    pub(super) mail: Vec<u64>,
    pub(super) doubts: Doubts,
    pub(super) waiting_files: Vec<(onedoor_domain::id::Epoch, u64, FileName, u64)>,
    /// Those that arrived, still kept.
    pub(super) arrived_files: Vec<(onedoor_domain::id::Epoch, u64, FileName, u64)>,
    /// When the hub was last restored.
    pub(super) hub_life: u64,
}

pub(super) struct Kiosk {
    pub(super) writer: Writer,
    pub(super) record: Record,
    pub(super) disk: Disk,
    pub(super) engine: Engine,
    /// Counts power-ons; what belongs to an earlier one is void.
    pub(super) boot: u64,
    pub(super) booted_at: u64,
    pub(super) link: bool,
    pub(super) wakes: u64,
    pub(super) copy: Option<Box<(Writer, Record, Disk)>>,
    pub(super) forked: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Happens {
    Write,
    Link(bool),
    PowerCut,
    Wake(u64),
    /// The request reaches the hub; whether its answer reaches the kiosk.
    AtHub(u64, u64, Sent, bool),
    Answer(u64, u64, Got),
    Committed(u64, bool),
    Post,
    HubLoses,
    Copy,
    Restore(bool),
    ClockJump,
    Garbage,
    /// A person at the hub freezes all that this kiosk sends, or lets it go on.
    Suspect(bool),
    BagOut,
    BagAtHub(Vec<u8>),
    BagBack(Vec<Vec<u8>>),
}

pub(super) struct World {
    pub(super) now: u64,
    pub(super) queue: BinaryHeap<Reverse<(u64, u64, usize, Happens)>>,
    pub(super) order: u64,
    pub(super) kiosks: Vec<Kiosk>,
    pub(super) hub: Hub,
    pub(super) dice: Numbers,
    pub(super) end: u64,
    pub(super) stats: Stats,
    pub(super) trace: blake3::Hasher,
    pub(super) tell: bool,
}

fn settings() -> Settings {
    Settings {
        poll_ms: HOUR,
        ..Settings::default()
    }
}

/// Plays a seed: so many kiosks for so many days, then two days in which all works. `tell` prints what happens.
///
/// # Errors
/// What does not hold at the end, in words. A kiosk's alarm that must not be is a panic.
pub fn play(seed: u64, kiosks: usize, days: u64, tell: bool) -> Result<Stats, String> {
    let mut world = World::new(seed, kiosks, days, tell);
    world.run()?;
    world.judge()?;
    world.stats.requests = world.hub.requests;
    world.stats.trace = *world.trace.finalize().as_bytes();
    Ok(world.stats)
}

impl World {
    fn new(seed: u64, kiosks: usize, days: u64, tell: bool) -> Self {
        let mut dice = Numbers(seed);
        let mut hub = Hub::new();
        hub.mute = dice.percent(30);
        let kiosks: Vec<Kiosk> = (0..kiosks)
            .map(|_| {
                let writer = Writer::new(dice.next());
                hub.keys.insert(writer.device, Box::new(Stub([1; 32])));
                let standing = Standing {
                    device: writer.device,
                    cursor: 0,
                    streams: vec![],
                };
                let disk = Disk {
                    standing,
                    mail: vec![],
                    doubts: Doubts::default(),
                    waiting_files: vec![],
                    arrived_files: vec![],
                    hub_life: 0,
                };
                Kiosk {
                    engine: engine(&disk, dice.next()),
                    writer,
                    record: Record::default(),
                    disk,
                    boot: 0,
                    booted_at: 0,
                    link: false,
                    wakes: 0,
                    copy: None,
                    forked: false,
                }
            })
            .collect();
        let mut world = World {
            now: 0,
            queue: BinaryHeap::new(),
            order: 0,
            kiosks,
            hub,
            dice,
            end: days * DAY,
            stats: Stats::default(),
            trace: blake3::Hasher::new(),
            tell,
        };
        world.plan(days);
        world
    }

    /// The week: who comes when, and what goes wrong.
    fn plan(&mut self, days: u64) {
        for k in 0..self.kiosks.len() {
            self.at(0, k, Happens::Write);
            self.some(k, days * 12, |_| Happens::Write);
            self.some(k, days * 4, |_| Happens::Post);
            self.some(k, days / 2, |_| Happens::PowerCut);
            self.some(k, days, |_| Happens::ClockJump);
            // A station without a network for most of the week, and ones where it comes and goes.
            let flaps = if self.dice.percent(20) { 1 } else { days * 5 };
            self.some(k, flaps, |dice| Happens::Link(dice.percent(60)));
            self.at(60 * SECOND, k, Happens::Link(flaps > 1));
            if self.dice.percent(30) {
                self.some(k, 2, |_| Happens::Garbage);
            }
            if self.dice.percent(40) {
                self.some(k, 2, |_| Happens::BagOut);
            }
            if self.dice.percent(30) {
                let copied = self.dice.below(self.end / 2);
                let later = copied + 1 + self.dice.below(self.end / 2);
                let with_epoch = self.dice.percent(50);
                self.at(copied, k, Happens::Copy);
                self.at(later, k, Happens::Restore(with_epoch));
            }
            if self.dice.percent(20) {
                self.some(k, 1, |_| Happens::HubLoses);
            }
            if self.dice.percent(20) {
                self.some(k, 1, |_| Happens::Suspect(true));
            }
            self.at(self.end, k, Happens::Link(true));
        }
    }

    fn some(&mut self, k: usize, count: u64, what: impl Fn(&mut Numbers) -> Happens) {
        for _ in 0..count {
            let at = self.dice.below(self.end);
            let what = what(&mut self.dice);
            self.at(at, k, what);
        }
    }

    pub(super) fn at(&mut self, time: u64, k: usize, what: Happens) {
        self.order += 1;
        self.queue.push(Reverse((time, self.order, k, what)));
    }

    pub(super) fn calm(&self) -> bool {
        self.now >= self.end
    }

    fn run(&mut self) -> Result<(), String> {
        let mut steps = 0u64;
        while let Some(Reverse((time, _, k, what))) = self.queue.pop() {
            if time > self.end + CALM {
                break;
            }
            steps += 1;
            if steps > 4_000_000 {
                return Err(format!("it runs in circles at {} s", self.now / SECOND));
            }
            self.now = time;
            if self.tell && !matches!(what, Happens::Wake(_)) {
                let text = format!("{what:?}");
                let text: String = text.chars().take(100).collect();
                println!("{:>9} s  kiosk {k}  {text}", self.now / SECOND);
            }
            self.hub.now_ms = 1_790_000_000_000 + time as i64;
            self.happens(k, what);
        }
        Ok(())
    }

    fn happens(&mut self, k: usize, what: Happens) {
        let kiosk = &mut self.kiosks[k];
        match what {
            Happens::Write => self.write(k),
            Happens::Link(up) => {
                let up = up || self.calm();
                let kiosk = &mut self.kiosks[k];
                kiosk.link = up;
                let slow = self.dice.percent(30);
                let input = if up {
                    Input::LinkUp { slow }
                } else {
                    Input::LinkDown
                };
                self.step(k, input);
            }
            Happens::PowerCut => self.power_on(k),
            Happens::Wake(number) => {
                if number == kiosk.wakes {
                    self.step(k, Input::Tick);
                }
            }
            Happens::AtHub(boot, id, sent, comes_back) => {
                self.at_hub(k, boot, id, sent, comes_back)
            }
            Happens::Answer(boot, id, got) => {
                if boot == kiosk.boot {
                    self.answer(k, id, got);
                }
            }
            Happens::Committed(boot, well) => {
                if boot == kiosk.boot {
                    let input = if well {
                        Input::Applied
                    } else {
                        Input::ApplyFailed
                    };
                    self.step(k, input);
                    self.offer_files(k);
                }
            }
            Happens::Post => {
                self.hub.post(kiosk.writer.device);
                self.stats.mail += 1;
            }
            Happens::HubLoses => {
                let (device, epoch) = (kiosk.writer.device, kiosk.writer.epoch);
                let events = self.dice.below(40) as usize;
                // Files go their own way: some of them are younger than the copy, also where no event is.
                let dice = &mut self.dice;
                let files: Vec<_> = kiosk.record.files.keys().copied().collect();
                let files: Vec<_> = files.into_iter().filter(|_| dice.percent(30)).collect();
                self.hub.lose(device, epoch, events, &files, self.now);
                self.stats.hub_losses += 1;
            }
            Happens::Copy => {
                let copy = (
                    kiosk.writer.clone(),
                    kiosk.record.clone(),
                    kiosk.disk.clone(),
                );
                kiosk.copy = Some(Box::new(copy));
            }
            Happens::Restore(with_epoch) => self.restore(k, with_epoch),
            Happens::ClockJump => {
                let years = self.dice.below(25 * 365) as i64 * DAY as i64 - 20 * YEAR;
                self.kiosks[k].writer.jump(years);
            }
            Happens::Garbage => self.garbage(k),
            Happens::Suspect(frozen) => self.suspect(k, frozen),
            Happens::BagOut => self.bag_out(k),
            Happens::BagAtHub(bag) => self.bag_at_hub(k, &bag),
            Happens::BagBack(replies) => {
                for reply in replies {
                    match Reply::decode(&reply) {
                        Ok(Reply::Ack(ack)) => self.step(k, Input::BagAnswered(ack)),
                        Ok(Reply::Refused(why)) => self.step(k, Input::BagRefused(why)),
                        Err(why) => panic!("kiosk {k}: {why}"),
                    }
                }
            }
        }
    }

    fn write(&mut self, k: usize) {
        let kiosk = &mut self.kiosks[k];
        let mut link = kiosk.writer.link;
        let events = kiosk.writer.something();
        for event in &events {
            link = link.next(event.bytes());
            kiosk.record.append(event, link);
        }
        self.stats.events += events.len() as u64;
        if self.dice.percent(12) {
            let byte = self.dice.next();
            let length = 20_000 + self.dice.below(200_000);
            let bytes: Vec<u8> = (0..length).map(|i| (i ^ byte) as u8).collect();
            let file = FileName::of(&bytes);
            kiosk.record.files.insert(file, bytes);
            let of = (kiosk.writer.epoch, kiosk.writer.last, file, length);
            kiosk.disk.waiting_files.push(of);
            self.stats.files += 1;
        }
        self.grew(k);
    }

    fn garbage(&mut self, k: usize) {
        let kiosk = &mut self.kiosks[k];
        if kiosk.writer.last == 0 {
            return;
        }
        let bytes = [&[0xff][..], &kiosk.writer.dice.bytes::<16>()].concat();
        kiosk.writer.link = kiosk.writer.link.next(&bytes);
        kiosk.writer.last += 1;
        let (epoch, link) = (kiosk.writer.epoch, kiosk.writer.link);
        kiosk.record.append_raw(epoch, bytes, link);
        self.grew(k);
    }

    pub(super) fn grew(&mut self, k: usize) {
        let kiosk = &self.kiosks[k];
        let (epoch, last) = (kiosk.writer.epoch, kiosk.writer.last);
        self.step(k, Input::JournalGrew { epoch, last });
    }

    fn suspect(&mut self, k: usize, frozen: bool) {
        let device = self.kiosks[k].writer.device;
        for ((of, _), held) in &mut self.hub.streams {
            if *of == device {
                held.suspected = frozen;
            }
        }
        if frozen {
            self.stats.suspected += 1;
            let until = self.now + HOUR + self.dice.below(DAY);
            self.at(until.min(self.end), k, Happens::Suspect(false));
        }
    }

    fn power_on(&mut self, k: usize) {
        self.stats.reboots += 1;
        let dice = self.dice.next();
        let kiosk = &mut self.kiosks[k];
        kiosk.boot += 1;
        kiosk.booted_at = self.now;
        // What the kiosk's start does: the standing from the disk, the ends of the streams from the journal.
        for (epoch, rows) in &kiosk.record.epochs {
            let last = rows.len() as u64;
            let streams = &mut kiosk.disk.standing.streams;
            match streams.iter_mut().find(|s| s.epoch == *epoch) {
                Some(stream) => stream.last = last,
                None => streams.push(Stream {
                    epoch: *epoch,
                    last,
                    acked: 0,
                    durable: 0,
                }),
            }
        }
        kiosk.engine = engine(&kiosk.disk, dice);
        if kiosk.link {
            self.step(k, Input::LinkUp { slow: false });
        }
        self.offer_files(k);
    }

    /// The disk goes back to a copy: under a new epoch as it must be, or silently, which is a fork.
    fn restore(&mut self, k: usize, with_epoch: bool) {
        let kiosk = &mut self.kiosks[k];
        let Some(copy) = kiosk.copy.take() else {
            return;
        };
        let mut dice = kiosk.writer.dice.clone();
        (kiosk.writer, kiosk.record, kiosk.disk) = *copy;
        dice.next();
        kiosk.writer.dice = dice;
        self.stats.restores += 1;
        if with_epoch {
            kiosk.writer.new_epoch();
        }
        self.power_on(k);
        self.write(k);
    }

    fn offer_files(&mut self, k: usize) {
        let kiosk = &self.kiosks[k];
        let acked: BTreeMap<_, _> = kiosk
            .disk
            .standing
            .streams
            .iter()
            .map(|s| (s.epoch, s.acked))
            .collect();
        let ready: Vec<_> = kiosk
            .disk
            .waiting_files
            .iter()
            .filter(|(epoch, seq, ..)| acked.get(epoch).is_some_and(|acked| acked >= seq))
            .map(|(.., file, length)| FileWaiting {
                file: *file,
                length: *length,
                ticket: String::new(),
            })
            .collect();
        for waiting in ready {
            self.step(k, Input::FileWaits(waiting));
        }
    }

    fn bag_out(&mut self, k: usize) {
        let kiosk = &self.kiosks[k];
        let mut bag = BagWriter::new(Vec::new()).unwrap();
        let standing = kiosk.engine.standing();
        let (key, doubts) = (Stub([1; 32]), kiosk.engine.doubts());
        let exported = export(&standing, &kiosk.record, &key, &doubts, &mut bag).unwrap();
        let bag = bag.end().unwrap();
        for (epoch, through) in exported.through {
            self.step(k, Input::BagWritten { epoch, through });
        }
        self.stats.bags += 1;
        for _ in 0..=u8::from(self.dice.percent(30)) {
            let carried = self.now + HOUR + self.dice.below(3 * DAY);
            self.at(carried, k, Happens::BagAtHub(bag.clone()));
        }
    }

    fn bag_at_hub(&mut self, k: usize, bag: &[u8]) {
        let mut replies = vec![];
        for part in BagReader::new(bag).unwrap() {
            let Part::Batch { dictionary, packed } = part.unwrap() else {
                continue;
            };
            let body = self.hub.sync(&packed, dictionary);
            replies.push(unpack(&body, dictionary).unwrap());
        }
        let back = self.now + HOUR + self.dice.below(2 * DAY);
        self.at(back, k, Happens::BagBack(replies));
    }

    pub(super) fn step(&mut self, k: usize, input: Input<'_>) {
        let kiosk = &mut self.kiosks[k];
        let now = self.now - kiosk.booted_at;
        let outputs = kiosk.engine.step(now, input, &kiosk.record);
        kiosk.disk.doubts = kiosk.engine.doubts();
        let mut new_epoch = false;
        let mut sends = 0;
        for output in outputs {
            self.trace.update(format!("{k}{output:?}").as_bytes());
            match output {
                Output::Send(request) => {
                    sends += 1;
                    assert_eq!(sends, 1, "two requests in one step");
                    self.send(k, request);
                }
                Output::Apply(apply) => self.apply(k, *apply),
                Output::FileArrived(file) => {
                    let disk = &mut self.kiosks[k].disk;
                    let there = |of: &(_, _, FileName, _)| of.2 == file;
                    disk.arrived_files
                        .extend(disk.waiting_files.iter().filter(|of| there(of)));
                    disk.waiting_files.retain(|of| !there(of));
                }
                Output::WaitUntil(at) => {
                    let kiosk = &mut self.kiosks[k];
                    kiosk.wakes += 1;
                    if let Some(at) = at {
                        let at = (kiosk.booted_at + at).max(self.now);
                        let wake = Happens::Wake(kiosk.wakes);
                        self.at(at, k, wake);
                    }
                }
                Output::Alarm(Alarm::Forked { epoch, .. }) if self.only_suspected(k, epoch) => {}
                Output::Alarm(Alarm::Forked { epoch, .. }) => {
                    self.stats.forks += 1;
                    self.kiosks[k].forked = true;
                    new_epoch |= self.kiosks[k].writer.epoch == epoch;
                }
                Output::Alarm(Alarm::MadeOpaque { .. }) => self.stats.opaque += 1,
                Output::Alarm(Alarm::HubLost { .. }) => {}
                Output::Alarm(alarm) => panic!("kiosk {k}: {alarm:?}"),
            }
        }
        if new_epoch {
            // The technician came.
            let kiosk = &mut self.kiosks[k];
            kiosk.writer.new_epoch();
            let opened = onedoor_domain::event::EpochOpened {
                software: "onedoor 0.1.0".into(),
                previous: None,
                previous_hash: None,
            };
            let event = kiosk.writer.write(Actor::Machine, None, vec![], opened);
            kiosk.record.append(&event, kiosk.writer.link);
            self.grew(k);
        }
    }

    /// No technician comes where a person at the hub will let it go on.
    fn only_suspected(&self, k: usize, epoch: onedoor_domain::id::Epoch) -> bool {
        let held = self.hub.streams.get(&(self.kiosks[k].writer.device, epoch));
        held.is_some_and(|held| held.suspected && !held.frozen)
    }

    /// Commits, or fails to: the disk changes only where it went well.
    fn apply(&mut self, k: usize, apply: Apply) {
        let well = self.calm() || !self.dice.percent(2);
        let kiosk = &mut self.kiosks[k];
        if well {
            if let Some(stream) = apply.stream {
                let streams = &mut kiosk.disk.standing.streams;
                match streams.iter_mut().find(|s| s.epoch == stream.epoch) {
                    Some(kept) => *kept = stream,
                    None => streams.push(stream),
                }
            }
            if apply.life > kiosk.disk.hub_life {
                kiosk.disk.hub_life = apply.life;
                let anew = std::mem::take(&mut kiosk.disk.arrived_files);
                kiosk.disk.waiting_files.extend(anew);
            }
            if let Some(page) = apply.page {
                kiosk.disk.mail.extend(page.items.iter().map(|i| i.number));
                kiosk.disk.standing.cursor = page.cursor;
            }
        } else {
            self.stats.not_committed += 1;
        }
        let boot = kiosk.boot;
        self.at(self.now + 5, k, Happens::Committed(boot, well));
    }
}

fn engine(disk: &Disk, dice: u64) -> Engine {
    let mut numbers = Numbers(dice);
    Engine::new(
        disk.standing.clone(),
        settings(),
        Box::new(Stub([1; 32])),
        Box::new(move || numbers.next()),
    )
    .doubting(disk.doubts.clone())
}
