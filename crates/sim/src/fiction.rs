//! Fictitious events, the same for the same seed: what a kiosk in the made-up area 990101 would write.

use onedoor_domain::calendar::Due;
use onedoor_domain::case::Word;
use onedoor_domain::clock::{BootId, ClockQuality, EARLIEST_MS, Stamp};
use onedoor_domain::code::{CaseCode, FactorKind};
use onedoor_domain::event::{
    Actor, BackupMade, BlobRef, CaseSaved, ChainHash, ClockChecked, DraftSealed, EpochOpened,
    Event, EventBody, FaultCleared, FaultSeen, HelpAnswered, HelpCalled, NewEvent, ResidentWord,
    SlipAsked, SlipPrinted, TellWay, ToldHow,
};
use onedoor_domain::id::{BlobId, CaseId, DeviceId, DraftId, Epoch, EventId, Seq, SlipJobId};

/// SplitMix64: small, and the same everywhere.
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// The next number.
    #[allow(clippy::should_implement_trait)] // it never ends
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below this one.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// True in `percent` of a hundred throws.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            let random = self.next().to_be_bytes();
            chunk.copy_from_slice(&random[..chunk.len()]);
        }
        bytes
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }
}

const SERVICES: &[&str] = &[
    "complaint",
    "cross-province-medical",
    "home-visit",
    "old-age-allowance",
    "pension-attestation",
    "stuck",
];
const OWNERS: &[&str] = &[
    "staff-990101-01",
    "staff-990101-02",
    "role:social-security",
    "role:desk",
];

/// One kiosk that writes.
#[derive(Clone)]
pub struct Writer {
    /// Decides what it writes.
    pub dice: Dice,
    /// The kiosk.
    pub device: DeviceId,
    /// The life of its record.
    pub epoch: Epoch,
    /// Number of the last event, 0 for none.
    pub last: u64,
    /// The link after it.
    pub link: ChainHash,
    boot: BootId,
    wall_ms: i64,
    mono_ms: u64,
    cases: Vec<CaseId>,
}

impl Writer {
    /// A kiosk of its own, by its seed.
    pub fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let device = DeviceId::from_random(dice.bytes());
        Self::with_device(device, dice)
    }

    /// This kiosk.
    pub fn with_device(device: DeviceId, mut dice: Dice) -> Self {
        let epoch = Epoch::from_random(dice.bytes());
        Writer {
            device,
            epoch,
            last: 0,
            link: ChainHash::genesis(device, epoch),
            boot: BootId(dice.bytes()),
            wall_ms: EARLIEST_MS + dice.below(300 * 86_400_000) as i64,
            mono_ms: 20_000,
            cases: Vec::new(),
            dice,
        }
    }

    /// One event, next in the chain.
    pub fn write(
        &mut self,
        actor: Actor,
        case: Option<CaseId>,
        blobs: Vec<BlobRef>,
        body: impl Into<EventBody>,
    ) -> Event {
        let passed = 400 + self.dice.below(40_000);
        self.wall_ms += passed as i64;
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
        self.last += 1;
        let id = EventId {
            device: self.device,
            epoch: self.epoch,
            seq: Seq::try_from(self.last).unwrap(),
        };
        let event = new.seal(id).unwrap();
        self.link = self.link.next(event.bytes());
        event
    }

    /// The clock jumps, by years if need be.
    pub fn jump(&mut self, ms: i64) {
        self.wall_ms += ms;
    }

    /// The record goes on under a new epoch.
    pub fn new_epoch(&mut self) {
        self.epoch = Epoch::from_random(self.dice.bytes());
        self.last = 0;
        self.link = ChainHash::genesis(self.device, self.epoch);
    }

    fn blob(&mut self, length: usize) -> BlobRef {
        BlobRef::new(
            BlobId::from_random(self.dice.bytes()),
            &self.dice.bytes(),
            &vec![7; length],
        )
    }

    /// One resident's visit: a case with its slip.
    pub fn visit(&mut self) -> Vec<Event> {
        let case = CaseId::new(self.wall_ms, self.dice.bytes());
        self.cases.push(case);
        let job = SlipJobId::from_random(self.dice.bytes());
        let answers = self.dice.below(3000) as usize + 60;
        let (answers, slip) = (self.blob(answers), self.blob(9000));
        let day = 1 + self.dice.below(28) as i8;
        let saved = CaseSaved {
            code: CaseCode::from_random(self.dice.next()),
            service: self.dice.one(SERVICES).into(),
            form_version: format!("2026{:02}{:02}", 1 + self.dice.below(12), day),
            draft: DraftId::from_random(self.dice.bytes()),
            language: self.dice.one(&["zh-CN", "zh-CN", "en"]).into(),
            owner: Some(self.dice.one(OWNERS).into()),
            term_days: 5 + self.dice.below(20) as u16,
            due: Due::On(jiff_date(1 + self.dice.below(12) as i8, day)),
            factors: vec![FactorKind::IdLastFour],
            helper_typed: Vec::new(),
        };
        let actor = if self.dice.percent(70) {
            Actor::Resident
        } else {
            Actor::Helper
        };
        vec![
            self.write(actor.clone(), Some(case), vec![answers], saved),
            self.write(
                actor.clone(),
                Some(case),
                vec![],
                ToldHow {
                    way: TellWay::ComeBack,
                },
            ),
            self.write(actor, Some(case), vec![slip], SlipAsked { job, copy: 1 }),
            self.write(Actor::Machine, Some(case), vec![], SlipPrinted { job }),
        ]
    }

    /// Whatever happens next at a kiosk.
    pub fn something(&mut self) -> Vec<Event> {
        if self.last == 0 {
            let opened = EpochOpened {
                software: "onedoor 0.1.0".into(),
                previous: None,
                previous_hash: None,
            };
            return vec![self.write(Actor::Machine, None, vec![], opened)];
        }
        match self.dice.below(12) {
            0 => {
                let call = DraftId::from_random(self.dice.bytes());
                let called = HelpCalled {
                    call,
                    page: self.dice.one(&["home", "question", "slip"]).into(),
                    service: Some(self.dice.one(SERVICES).into()),
                };
                vec![
                    self.write(Actor::Resident, None, vec![], called),
                    self.write(
                        Actor::Staff("staff-990101-01".into()),
                        None,
                        vec![],
                        HelpAnswered { call },
                    ),
                ]
            }
            1 => {
                let part = self.dice.one(&["printer", "scanner", "speaker"]).to_owned();
                let code = self.dice.one(&["PRN-003", "SCN-002", "SND-001"]).to_owned();
                vec![
                    self.write(
                        Actor::Machine,
                        None,
                        vec![],
                        FaultSeen {
                            part: part.clone(),
                            code: code.clone(),
                        },
                    ),
                    self.write(Actor::Machine, None, vec![], FaultCleared { part, code }),
                ]
            }
            2 => {
                let checked = ClockChecked {
                    quality: ClockQuality::Hub,
                    was_off_ms: Some(self.dice.below(90_000) as i64),
                    boot: self.boot,
                };
                let made = BackupMade {
                    through: Seq::try_from(self.last).unwrap(),
                    length: 4096 * self.dice.below(9000),
                };
                vec![
                    self.write(Actor::Machine, None, vec![], checked),
                    self.write(Actor::Machine, None, vec![], made),
                ]
            }
            3 => {
                let sealed = DraftSealed {
                    draft: DraftId::from_random(self.dice.bytes()),
                    code: CaseCode::from_random(self.dice.next()),
                };
                vec![self.write(Actor::Resident, None, vec![], sealed)]
            }
            4 if !self.cases.is_empty() => {
                let case = self.cases[self.dice.below(self.cases.len() as u64) as usize];
                let word = ResidentWord {
                    word: Word::Solved,
                    wants_to_talk: false,
                };
                vec![self.write(Actor::Resident, Some(case), vec![], word)]
            }
            _ => self.visit(),
        }
    }

    /// At least so many events.
    pub fn events(&mut self, count: usize) -> Vec<Event> {
        let mut events = Vec::new();
        while events.len() < count {
            events.extend(self.something());
        }
        events
    }
}

fn jiff_date(month: i8, day: i8) -> jiff::civil::Date {
    jiff::civil::date(2027, month, day)
}
