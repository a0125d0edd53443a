//! What a kiosk in the made-up area 990101 would write: the same for the same seed.

use onedoor_domain::calendar::Due;
use onedoor_domain::clock::{BootId, ClockQuality, EARLIEST_MS, Stamp};
use onedoor_domain::code::{CaseCode, FactorKind};
use onedoor_domain::event::{
    Actor, BlobRef, CaseSaved, ChainHash, EpochOpened, Event, EventBody, NewEvent, SlipAsked,
    SlipPrinted, TellWay, ToldHow,
};
use onedoor_domain::id::{BlobId, CaseId, DeviceId, DraftId, Epoch, EventId, Seq, SlipJobId};
use onedoor_domain::personal::Personal;
use onedoor_sync::seal::{Content, HubKey, seal_with};

use crate::fault::{Done, HubFault};

/// SplitMix64: small, and the same everywhere.
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// The next number.
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a limit.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.throw() % limit.max(1)
    }

    /// Bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            let random = self.throw().to_be_bytes();
            for (to, from) in chunk.iter_mut().zip(random) {
                *to = from;
            }
        }
        bytes
    }

    /// Bytes that do not compress, as a recording's.
    pub fn noise(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            bytes.extend_from_slice(&self.throw().to_be_bytes());
        }
        bytes.truncate(length);
        bytes
    }
}

/// One kiosk that writes.
#[derive(Debug, Clone)]
pub struct Writer {
    /// Its source of numbers.
    pub dice: Dice,
    /// Its number.
    pub device: DeviceId,
    /// The life of its record.
    pub epoch: Epoch,
    /// The last event.
    pub last: u64,
    /// The link after it.
    pub link: ChainHash,
    boot: BootId,
    wall_ms: i64,
    mono_ms: u64,
}

/// What a resident's visit left.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The case.
    pub case: CaseId,
    /// Its ten digits.
    pub code: CaseCode,
    /// Its events.
    pub events: Vec<Event>,
    /// Sealed bytes, by the event that names them.
    pub sealed: Vec<(u64, Vec<u8>)>,
}

impl Writer {
    /// A new one.
    pub fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let device = DeviceId::from_random(dice.bytes());
        let epoch = Epoch::from_random(dice.bytes());
        Writer {
            device,
            epoch,
            last: 0,
            link: ChainHash::genesis(device, epoch),
            boot: BootId(dice.bytes()),
            wall_ms: EARLIEST_MS + i64::try_from(dice.below(300 * 86_400_000)).unwrap_or(0),
            mono_ms: 20_000,
            dice,
        }
    }

    /// Writes one event.
    ///
    /// # Errors
    /// Never for what is written here.
    pub fn write(
        &mut self,
        actor: Actor,
        case: Option<CaseId>,
        blobs: Vec<BlobRef>,
        body: impl Into<EventBody>,
    ) -> Done<Event> {
        let passed = 400 + self.dice.below(40_000);
        self.wall_ms += i64::try_from(passed).unwrap_or(0);
        self.mono_ms += passed;
        let stamp = Stamp {
            wall_ms: self.wall_ms,
            boot: self.boot,
            mono_ms: self.mono_ms,
            quality: ClockQuality::Hub,
        };
        let new = NewEvent {
            blobs,
            ..NewEvent::new(stamp, actor, case, body)
        };
        let broken = |why: &dyn std::fmt::Display| HubFault::Asked(format!("an event: {why}"));
        let seq = Seq::try_from(self.last + 1).map_err(|why| broken(&why))?;
        let id = EventId {
            device: self.device,
            epoch: self.epoch,
            seq,
        };
        let event = new.seal(id).map_err(|why| broken(&why))?;
        self.last += 1;
        self.link = self.link.next(event.bytes());
        Ok(event)
    }

    /// The first event of a record.
    ///
    /// # Errors
    /// Never for what is written here.
    pub fn open(&mut self) -> Done<Event> {
        let opened = EpochOpened {
            software: "onedoor 0.1.0".into(),
            previous: None,
            previous_hash: None,
        };
        self.write(Actor::Machine, None, vec![], opened)
    }

    /// The record goes on under a new epoch.
    pub fn new_epoch(&mut self) {
        self.epoch = Epoch::from_random(self.dice.bytes());
        self.last = 0;
        self.link = ChainHash::genesis(self.device, self.epoch);
    }

    /// One resident's visit: a case, its answers sealed to the hub, how to tell them, and its slip: four events.
    ///
    /// # Errors
    /// `Seal`.
    pub fn visit(&mut self, hub: &HubKey, answers: &[u8]) -> Done<Visit> {
        let case = CaseId::new(self.wall_ms, self.dice.bytes());
        let code = CaseCode::from_random(self.dice.throw());
        let job = SlipJobId::from_random(self.dice.bytes());
        let (blob, salt) = (BlobId::from_random(self.dice.bytes()), self.dice.bytes());
        let reference = BlobRef::new(blob, &salt, answers);
        let content = Content {
            salt,
            role: "answers".into(),
            bytes: Personal::new(answers.to_vec()),
        };
        let sealed = seal_with(hub, self.device, blob, &content, &self.dice.bytes())?;
        let saved = CaseSaved {
            code,
            service: "complaint".into(),
            form_version: "20260912".into(),
            draft: DraftId::from_random(self.dice.bytes()),
            language: "zh-CN".into(),
            owner: Some("role:desk".into()),
            term_days: 5,
            due: Due::WithinWorkingDays(5),
            factors: vec![FactorKind::IdLastFour],
            helper_typed: Vec::new(),
        };
        let told = ToldHow {
            way: TellWay::ComeBack,
        };
        let asked = SlipAsked { job, copy: 1 };
        let first = self.write(Actor::Resident, Some(case), vec![reference], saved)?;
        let seq = first.id().seq.get();
        let events = vec![
            first,
            self.write(Actor::Resident, Some(case), vec![], told)?,
            self.write(Actor::Resident, Some(case), vec![], asked)?,
            self.write(Actor::Machine, Some(case), vec![], SlipPrinted { job })?,
        ];
        Ok(Visit {
            case,
            code,
            events,
            sealed: vec![(seq, sealed)],
        })
    }

    /// A recording that belongs to a case, as an event names it, sealed.
    ///
    /// # Errors
    /// `Seal`.
    pub fn recording(&mut self, hub: &HubKey, length: usize) -> Done<(BlobRef, Vec<u8>)> {
        let bytes = self.dice.noise(length);
        let (blob, salt) = (BlobId::from_random(self.dice.bytes()), self.dice.bytes());
        let reference = BlobRef::new(blob, &salt, &bytes);
        let content = Content {
            salt,
            role: "part:voice".into(),
            bytes: Personal::new(bytes),
        };
        let sealed = seal_with(hub, self.device, blob, &content, &self.dice.bytes())?;
        Ok((reference, sealed))
    }
}
