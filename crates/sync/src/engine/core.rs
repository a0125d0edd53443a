//! The engine itself: what happened goes in, what is to be done comes out.

use std::collections::{BTreeSet, VecDeque};

use onedoor_domain::id::{DeviceId, Epoch};

use super::files::{Files, Told, Under};
use super::retry::{Dice, Retry};
use super::{
    Apply, Counters, Failure, FileName, Input, Journal, Output, Settings, Standing, Stream,
    Trouble, TroubleKind,
};
use crate::wire::{Ack, Dictionary, Header, MAX_EVENTS, Reason, Refusal, Signer};

/// After so many requests in a row that were too slow, the link counts as slow.
const TIMEOUTS_UNTIL_SLOW: u32 = 2;

/// The sync engine of one kiosk.
pub struct Engine {
    pub(super) device: DeviceId,
    pub(super) cursor: u64,
    pub(super) lanes: Vec<Lane>,
    pub(super) settings: Settings,
    pub(super) signer: Box<dyn Signer + Send>,
    pub(super) retry: Retry,
    pub(super) now: u64,
    pub(super) link: bool,
    pub(super) slow: bool,
    pub(super) timeouts: u32,
    /// No request before.
    pub(super) next_at: u64,
    /// Ask for mail then, even with nothing to send.
    pub(super) poll_at: u64,
    pub(super) more_mail: bool,
    /// Whose turn it is to ask for mail: so also a stream that is sent whole finds out that the hub lost some of it.
    pub(super) poll_turn: usize,
    pub(super) in_flight: Option<Flight>,
    pub(super) next_request: u64,
    pub(super) applying: Option<Applying>,
    pub(super) said: VecDeque<Said>,
    pub(super) opaque: BTreeSet<(Epoch, u64)>,
    pub(super) suspect: Option<Suspect>,
    /// The hub's clock in its newest answer.
    pub(super) heard_ms: Option<i64>,
    /// Requests sent without a wait since something last went well.
    pub(super) hurried: u32,
    /// Most events a batch, less after the hub called one too large.
    pub(super) most_events: usize,
    /// Bytes that an event with what belongs to it took in the last batch of many, compressed; 0 before one was sent.
    pub(super) an_event: usize,
    pub(super) files: Files,
    pub(super) last_contact: Option<u64>,
    pub(super) trouble: Option<Trouble>,
    /// Alarms about the hub's refusal that were given and hold.
    pub(super) raised: BTreeSet<Reason>,
}

/// A stream and what the engine knows of it besides.
pub(super) struct Lane {
    pub stream: Stream,
    /// A fork was found, or a person at the hub froze it: nothing of it is sent, but the hub is asked now and then.
    pub frozen: bool,
    /// When it is asked next whether a frozen one may go on.
    pub probe_at: u64,
    /// How often it was found frozen since it last went on.
    pub probes: u32,
    /// A mailbag holds events up to here.
    pub on_stick: u64,
}

impl Lane {
    fn new(stream: Stream) -> Self {
        Lane {
            stream,
            frozen: false,
            probe_at: 0,
            probes: 0,
            on_stick: 0,
        }
    }
}

/// The request under way.
pub(super) struct Flight {
    pub id: u64,
    pub sent_at: u64,
    pub what: What,
}

/// What was asked.
pub(super) enum What {
    Batch(SentBatch),
    File(Under),
}

/// A batch that was sent.
#[derive(Clone)]
pub(super) struct SentBatch {
    pub header: Header,
    pub inline: Vec<FileName>,
}

/// A commit that is being waited for.
pub(super) struct Applying {
    pub apply: Apply,
    pub more_mail: bool,
    /// The hub took something, or there was nothing to take; `None` from a mailbag.
    pub progress: Option<bool>,
    /// The hub's clock when it said so.
    pub heard_ms: Option<i64>,
    /// It is news of how the hub holds the stream: a frozen one goes on.
    pub thaws: bool,
}

/// What the hub said and what waits to be taken, in order: each is compared with what those before it changed.
pub(super) enum Said {
    /// From a request, or (`None`) from a mailbag.
    Ack(Box<Ack>, Option<SentBatch>),
    /// From a mailbag.
    Refused(Refusal),
}

/// Events among which one makes the hub refuse, without the hub naming it.
pub(super) struct Suspect {
    pub epoch: Epoch,
    /// It is after what is acked and not after this.
    pub through: u64,
    /// How often it failed alone.
    pub alone: u32,
}

impl Engine {
    /// An engine that takes up where the kiosk stood. It waits for [`Input::LinkUp`].
    pub fn new(
        standing: Standing,
        settings: Settings,
        signer: Box<dyn Signer + Send>,
        dice: Dice,
    ) -> Self {
        Engine {
            device: standing.device,
            cursor: standing.cursor,
            lanes: standing.streams.into_iter().map(Lane::new).collect(),
            settings,
            signer,
            retry: Retry::new(dice),
            now: 0,
            link: false,
            slow: false,
            timeouts: 0,
            next_at: 0,
            poll_at: 0,
            more_mail: false,
            poll_turn: 0,
            in_flight: None,
            next_request: 1,
            applying: None,
            said: VecDeque::new(),
            opaque: BTreeSet::new(),
            suspect: None,
            heard_ms: None,
            hurried: 0,
            most_events: MAX_EVENTS,
            an_event: 0,
            files: Files::new(),
            last_contact: None,
            trouble: None,
            raised: BTreeSet::new(),
        }
    }

    /// Takes in what happened and says what is to be done. `now_ms` is monotonic; a time before the last one counts as
    /// the last one.
    pub fn step(&mut self, now_ms: u64, input: Input<'_>, journal: &dyn Journal) -> Vec<Output> {
        self.now = self.now.max(now_ms);
        let mut out = Vec::new();
        self.take(input, journal, &mut out);
        self.go_on(journal, &mut out);
        out.push(Output::WaitUntil(self.wake()));
        out
    }

    /// How far it has come.
    pub fn standing(&self) -> Standing {
        Standing {
            device: self.device,
            cursor: self.cursor,
            streams: self.lanes.iter().map(|lane| lane.stream).collect(),
        }
    }

    /// For the technician page.
    pub fn counters(&self) -> Counters {
        let waits = |lane: &&Lane| lane.stream.acked < lane.stream.last;
        Counters {
            waiting: self
                .lanes
                .iter()
                .map(|l| l.stream.last - l.stream.acked)
                .sum(),
            oldest: self
                .lanes
                .iter()
                .find(waits)
                .map(|lane| (lane.stream.epoch, lane.stream.acked + 1)),
            not_on_a_stick: self
                .lanes
                .iter()
                .map(|l| l.stream.last.saturating_sub(l.stream.acked.max(l.on_stick)))
                .sum(),
            files_waiting: self.files.len(),
            file_bytes_left: self.files.bytes_left(),
            last_contact_ms: self.last_contact,
            last_trouble: self.trouble.clone(),
            failures: self.retry.failures(),
            frozen: self.lanes.iter().filter(|lane| lane.frozen).count(),
            opaque: self.opaque.len(),
            in_flight: self.in_flight.is_some(),
            link: self.link,
            next_try_ms: self.wake(),
        }
    }

    fn take(&mut self, input: Input<'_>, journal: &dyn Journal, out: &mut Vec<Output>) {
        match input {
            Input::Tick => {}
            Input::JournalGrew { epoch, last } => self.journal_grew(epoch, last),
            Input::LinkUp { slow } => {
                self.slow = slow;
                self.timeouts = 0;
                // Only a link that was down waits: a driver that says so often does not hold everything up.
                if !std::mem::replace(&mut self.link, true) {
                    self.next_at = self.now + self.retry.link_up(self.settings.spread_ms);
                    self.poll_at = self.poll_at.min(self.next_at);
                    self.probe_by(self.next_at);
                }
            }
            Input::LinkDown => self.link = false,
            Input::TryNow => {
                self.next_at = self.now;
                self.poll_at = self.now;
                self.probe_by(self.now);
            }
            Input::Answered {
                request,
                dictionary,
                body,
            } => self.answered(request, dictionary, body, journal, out),
            Input::FileAnswered {
                request,
                status,
                offset,
                retry_after_s,
            } => self.file_answered(request, status, offset, retry_after_s, out),
            Input::Failed { request, failure } => {
                if self.in_flight.as_ref().is_some_and(|f| f.id == request) {
                    self.failed(failure);
                }
            }
            Input::Applied => self.applied(),
            Input::ApplyFailed => {
                if self.applying.take().is_some() {
                    self.trouble(
                        TroubleKind::NotKept,
                        "the answer of the hub could not be kept here".to_owned(),
                    );
                    self.back_off(None);
                }
            }
            Input::FileWaits(waiting) => self.files.add(waiting),
            Input::BagWritten { epoch, through } => {
                if let Some(lane) = self.lane(epoch) {
                    lane.on_stick = lane.on_stick.max(through.min(lane.stream.last));
                }
            }
            Input::BagAnswered(ack) => self.said.push_back(Said::Ack(ack, None)),
            Input::BagRefused(refusal) => self.said.push_back(Said::Refused(refusal)),
        }
    }

    fn journal_grew(&mut self, epoch: Epoch, last: u64) {
        let nothing_waited = self.next_lane().is_none();
        match self.lane(epoch) {
            Some(lane) => lane.stream.last = lane.stream.last.max(last),
            None => self.lanes.push(Lane::new(Stream {
                epoch,
                last,
                acked: 0,
                durable: 0,
            })),
        }
        if nothing_waited {
            self.next_at = self.next_at.max(self.now + self.settings.settle_ms);
        }
    }

    pub(super) fn lane(&mut self, epoch: Epoch) -> Option<&mut Lane> {
        self.lanes.iter_mut().find(|l| l.stream.epoch == epoch)
    }

    /// The first stream with something to send.
    pub(super) fn next_lane(&self) -> Option<&Lane> {
        self.lanes
            .iter()
            .find(|lane| !lane.frozen && lane.stream.acked < lane.stream.last)
    }

    /// Frozen streams are asked about no later than this.
    fn probe_by(&mut self, at: u64) {
        for lane in &mut self.lanes {
            lane.probe_at = lane.probe_at.min(at);
        }
    }

    /// The batch under this number, which is under way no longer.
    pub(super) fn landed(&mut self, request: u64) -> Option<SentBatch> {
        match self.in_flight.take_if(|flight| flight.id == request)?.what {
            What::Batch(sent) => Some(sent),
            // An answer of the wrong kind is a driver's mistake: the file is asked for again.
            What::File(_) => {
                self.files.broke();
                None
            }
        }
    }

    fn failed(&mut self, failure: Failure) {
        let flight = self.in_flight.take();
        if matches!(flight.as_ref().map(|f| &f.what), Some(What::File(_))) {
            self.files.broke();
        }
        let retry_after_s = match failure {
            Failure::Broken => {
                self.trouble(
                    TroubleKind::Unreachable,
                    "the hub could not be reached".to_owned(),
                );
                None
            }
            Failure::TimedOut => {
                self.timeouts += 1;
                self.slow |= self.timeouts >= TIMEOUTS_UNTIL_SLOW;
                self.trouble(
                    TroubleKind::TooSlow,
                    "the hub did not answer in time".to_owned(),
                );
                None
            }
            Failure::Status {
                code,
                retry_after_s,
            } => {
                if code == 413 {
                    self.shrink();
                }
                self.trouble(
                    TroubleKind::Answered(code),
                    format!("the hub answered with status {code}"),
                );
                retry_after_s
            }
        };
        self.back_off(retry_after_s);
    }

    pub(super) fn shrink(&mut self) {
        self.most_events = (self.most_events / 2).max(1);
        self.slow = true;
    }

    fn file_answered(
        &mut self,
        request: u64,
        status: u16,
        offset: Option<u64>,
        retry_after_s: Option<u32>,
        out: &mut Vec<Output>,
    ) {
        let Some(flight) = self.in_flight.take_if(|flight| flight.id == request) else {
            return;
        };
        let What::File(under) = flight.what else {
            self.trouble(
                TroubleKind::Odd,
                "the hub's answer was of the wrong kind".to_owned(),
            );
            return self.back_off(None);
        };
        self.last_contact = Some(self.now);
        match self.files.answered(under, status, offset) {
            Told::Well => self.went_well(),
            Told::Arrived(file) => {
                out.push(Output::FileArrived(file));
                self.went_well();
            }
            Told::Later => {
                self.trouble(
                    TroubleKind::Answered(status),
                    format!("the hub answered a file with status {status}"),
                );
                self.back_off(retry_after_s);
            }
            Told::Aside(alarm) => {
                self.trouble(
                    TroubleKind::Answered(status),
                    format!("the hub refused a file with status {status}"),
                );
                out.extend(alarm.map(Output::Alarm));
                self.back_off(retry_after_s);
            }
        }
    }

    pub(super) fn went_well(&mut self) {
        self.retry.succeeded();
        self.hurried = 0;
        self.timeouts = 0;
        self.trouble = None;
        self.raised.clear();
        self.next_at = self.now;
    }

    pub(super) fn trouble(&mut self, kind: TroubleKind, words: String) {
        self.trouble = Some(Trouble {
            at_ms: self.now,
            kind,
            words,
        });
    }

    pub(super) fn back_off(&mut self, retry_after_s: Option<u32>) {
        self.next_at = self.now + self.retry.failed(retry_after_s);
    }

    fn go_on(&mut self, journal: &dyn Journal, out: &mut Vec<Output>) {
        let late = |f: &Flight, now, most| now >= f.sent_at + most;
        let timeout = self.settings.timeout_ms;
        if self
            .in_flight
            .as_ref()
            .is_some_and(|f| late(f, self.now, timeout))
        {
            self.failed(Failure::TimedOut);
        }
        while self.applying.is_none() {
            match self.said.pop_front() {
                Some(Said::Ack(ack, sent)) => self.acked(*ack, sent, journal, out),
                Some(Said::Refused(refusal)) => self.refused_in_bag(refusal, journal, out),
                None => break,
            }
        }
        let quiet = self.applying.is_none() && self.in_flight.is_none();
        if quiet && self.link && self.now >= self.next_at {
            self.send(journal, out);
        }
    }

    /// The next moment at which something may be to do.
    fn wake(&self) -> Option<u64> {
        if let Some(flight) = &self.in_flight {
            return Some(flight.sent_at + self.settings.timeout_ms);
        }
        if !self.link || self.applying.is_some() || (self.lanes.is_empty() && self.files.is_empty())
        {
            return None;
        }
        let open = self.lanes.iter().any(|lane| !lane.frozen);
        let ready = self.next_lane().is_some() || (self.more_mail && open);
        if ready || !self.files.is_empty() {
            return Some(self.next_at);
        }
        let probe = |lane: &Lane| lane.frozen.then_some(lane.probe_at);
        let probes = self.lanes.iter().filter_map(probe);
        let soonest = probes.chain(open.then_some(self.poll_at)).min()?;
        Some(soonest.max(self.next_at))
    }
}

/// The dictionary that a hub without ours is spoken to with.
pub(super) const PLAIN: Dictionary = Dictionary::None;
