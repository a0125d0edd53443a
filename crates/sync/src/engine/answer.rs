//! What the hub's answers mean: acks and their mailbox page, refusals and the search for the event that caused one.

use onedoor_domain::id::Epoch;

use super::core::{Applying, Engine, PLAIN, Said, SentBatch, Suspect};
use super::making::link_at;
use super::{Alarm, Apply, Journal, Output, Stream, TroubleKind};
use crate::wire::{Ack, Dictionary, MailPage, Reason, Refusal, Reply, unpack};

/// Failures of one event alone before it is sent to be kept unread.
const FAILURES_ALONE: u32 = 3;
/// Requests in a row that may follow a refusal at once: enough to halve a full batch down to one event. A hub that
/// refuses whatever comes is then asked as rarely as one that is away.
const HURRIES: u32 = 10;

impl Engine {
    pub(super) fn answered(
        &mut self,
        request: u64,
        dictionary: Dictionary,
        body: &[u8],
        journal: &dyn Journal,
        out: &mut Vec<Output>,
    ) {
        // The answer to a request that was given up: whatever it says will be said again.
        let Some(sent) = self.landed(request) else {
            return;
        };
        match unpack(body, dictionary).and_then(|plain| Reply::decode(&plain)) {
            Ok(Reply::Ack(ack)) => {
                self.last_contact = Some(self.now);
                self.said.push_back(Said::Ack(ack, Some(sent)));
            }
            Ok(Reply::Refused(refusal)) => {
                self.last_contact = Some(self.now);
                self.refused(sent, refusal, journal, out);
            }
            // A captive portal's page, or a damaged answer.
            Err(reason) => {
                self.trouble(
                    TroubleKind::Odd,
                    format!("the hub's answer could not be read ({reason})"),
                );
                self.back_off(None);
            }
        }
    }

    /// Takes an ack, from a request or (`sent` is `None`) from a mailbag. What it says is compared with the kiosk's own
    /// record before anything is kept.
    pub(super) fn acked(
        &mut self,
        ack: Ack,
        sent: Option<SentBatch>,
        journal: &dyn Journal,
        out: &mut Vec<Output>,
    ) {
        let device = self.device;
        let Some(lane) = self.lane(ack.epoch).filter(|_| ack.device == device) else {
            return self.not_ours("an answer was meant for another kiosk", sent.is_some());
        };
        let old = lane.stream;
        let (low, high) = match &sent {
            Some(sent) => (sent.header.first - 1, sent.header.last),
            None => (0, old.last),
        };
        let of_this = sent.as_ref().is_none_or(|s| s.header.epoch == ack.epoch);
        if !of_this || ack.acked_through < low || ack.acked_through > high {
            return self.not_ours("the hub acked what was not sent", sent.is_some());
        }
        match link_at(device, ack.epoch, ack.acked_through, journal) {
            Ok(Some(link)) if link == ack.h => {}
            Ok(_) => return self.freeze(ack.epoch, Some(ack.acked_through), sent.is_some(), out),
            Err(fault) => {
                self.trouble(TroubleKind::Journal, fault.to_string());
                out.push(Output::Alarm(Alarm::JournalUnreadable(fault)));
                return self.back_off(None);
            }
        }
        let stream = Stream {
            acked: old.acked.max(ack.acked_through),
            durable: old.durable.max(ack.durable_through),
            ..old
        };
        let empty = sent.as_ref().is_some_and(|s| s.header.events() == 0);
        let all = sent
            .as_ref()
            .is_some_and(|s| s.header.last == ack.acked_through);
        let mut rejected = ack.rejected;
        rejected.retain(|rejection| rejection.seq > old.acked);
        self.applying = Some(Applying {
            more_mail: ack.page.more,
            progress: sent.is_some().then_some(empty || stream.acked > old.acked),
            // A stick may bring an answer that is older than the fork.
            heard_ms: Some(ack.hub_time_ms),
            thaws: sent.is_some() || ack.acked_through >= old.acked,
            apply: Apply {
                stream: Some(stream),
                rejected,
                page: self.new_mail(ack.page),
                // Of a batch that was taken in part it is not known which answers were.
                arrived: match &sent {
                    Some(sent) if all => sent.inline.clone(),
                    _ => Vec::new(),
                },
                hub_time_ms: sent.is_some().then_some(ack.hub_time_ms),
                life: ack.life,
            },
        });
        self.give_apply(out);
    }

    /// Leaves an ack. One that a mailbag brought does not hold up the requests.
    fn not_ours(&mut self, words: &str, was_asked: bool) {
        self.trouble(TroubleKind::Odd, words.to_owned());
        if was_asked {
            self.back_off(None);
        }
    }

    /// What of a page is new here. A page that begins behind the cursor would skip items: it is left, and asked for.
    fn new_mail(&self, mut page: MailPage) -> Option<MailPage> {
        if page.after > self.cursor || page.cursor <= self.cursor {
            return None;
        }
        page.items.retain(|item| item.number > self.cursor);
        page.after = self.cursor;
        Some(page)
    }

    fn give_apply(&self, out: &mut Vec<Output>) {
        let apply = self.applying.as_ref().map(|a| a.apply.clone());
        out.extend(apply.map(|apply| Output::Apply(Box::new(apply))));
    }

    /// The kiosk has committed: now it counts.
    pub(super) fn applied(&mut self) {
        let Some(Applying {
            apply,
            more_mail,
            progress,
            heard_ms,
            thaws,
        }) = self.applying.take()
        else {
            return;
        };
        self.heard_ms = self.heard_ms.max(heard_ms);
        if let Some(stream) = apply.stream
            && let Some(lane) = self.lane(stream.epoch)
        {
            // One that only seems to go on is not asked about at the shortest interval again and again.
            if stream.acked > lane.stream.acked || stream.acked == lane.stream.last {
                lane.probes = 0;
            }
            lane.frozen &= !thaws;
            (lane.stream.acked, lane.stream.durable) = (stream.acked, stream.durable);
            self.opaque
                .retain(|(epoch, seq)| *epoch != stream.epoch || *seq > stream.acked);
            let over = |s: &Suspect| s.epoch == stream.epoch && s.through <= stream.acked;
            if self.suspect.as_ref().is_some_and(over) {
                self.suspect = None;
            } else if let Some(suspect) = &mut self.suspect {
                suspect.alone = 0;
            }
        }
        if let Some(page) = apply.page {
            self.cursor = page.cursor;
        }
        for file in apply.arrived {
            self.files.forget(file);
        }
        if apply.hub_time_ms.is_some() {
            self.more_mail = more_mail;
            self.poll_at = self.now + self.retry.about(self.settings.poll_ms);
        }
        match progress {
            Some(true) => self.went_well(),
            Some(false) => {
                self.trouble(
                    TroubleKind::Odd,
                    "the hub took none of the events".to_owned(),
                );
                self.back_off(None);
            }
            // A stick says nothing about the network.
            None => {}
        }
    }

    /// Nothing of this stream is sent until the hub acks one of its batches again. `asked`: it was the answer to a
    /// request, not a mailbag's.
    pub(super) fn freeze(
        &mut self,
        epoch: Epoch,
        at: Option<u64>,
        asked: bool,
        out: &mut Vec<Output>,
    ) {
        let probes = self.lane(epoch).map_or(0, |lane| lane.probes);
        let probe_at = self.now + self.retry.after(probes);
        let mut known = false;
        if let Some(lane) = self.lane(epoch) {
            known = std::mem::replace(&mut lane.frozen, true);
            lane.probe_at = probe_at;
            lane.probes = probes.saturating_add(1);
        }
        let others = self.lanes.iter().any(|lane| !lane.frozen);
        if !(known && others) {
            self.trouble(TroubleKind::Refused(Reason::Fork), Reason::Fork.to_string());
        }
        if !known {
            out.push(Output::Alarm(Alarm::Forked { epoch, at }));
            if asked {
                self.back_off(None);
            }
        }
    }

    fn refused(
        &mut self,
        sent: SentBatch,
        refusal: Refusal,
        journal: &dyn Journal,
        out: &mut Vec<Output>,
    ) {
        let reason = refusal.reason;
        if matches!(reason, Reason::Fork | Reason::Frozen) {
            return self.freeze(sent.header.epoch, refusal.at, true, out);
        }
        self.trouble(
            TroubleKind::Refused(reason),
            format!("the hub refused what was sent ({reason})"),
        );
        match reason {
            Reason::Behind => self.lost(sent.header.epoch, refusal, true, journal, out),
            Reason::UnknownDictionary if self.settings.dictionary != PLAIN => {
                self.settings.dictionary = PLAIN;
                self.hurry(&refusal);
            }
            Reason::UnknownDevice
            | Reason::BadSignature
            | Reason::UnknownAlgorithm
            | Reason::UnknownVersion
            | Reason::UnknownDictionary => {
                if self.raised.insert(reason) {
                    out.push(Output::Alarm(Alarm::NotAccepted(reason)));
                }
                self.back_off(refusal.retry_after_s);
            }
            _ if reason.is_about_size() && sent.header.events() > 1 => {
                self.shrink();
                self.hurry(&refusal);
            }
            _ if reason.is_about_content() && sent.header.events() > 0 => {
                self.search(&sent, refusal, out);
            }
            _ => self.back_off(refusal.retry_after_s),
        }
    }

    /// One event of the batch makes the hub refuse. Named, it goes marked in the very next request and with it all the
    /// others; not named, the batch is halved until it stands alone.
    fn search(&mut self, sent: &SentBatch, refusal: Refusal, out: &mut Vec<Output>) {
        let header = &sent.header;
        let inside = |seq: &u64| (header.first..=header.last).contains(seq);
        if let Some(seq) = refusal.at.filter(inside)
            && !header.opaque.contains(&seq)
        {
            self.make_opaque(header.epoch, seq, out);
            return self.hurry(&refusal);
        }
        let alone = header.first == header.last;
        let suspect = self.suspect.get_or_insert(Suspect {
            epoch: header.epoch,
            through: header.last,
            alone: 0,
        });
        if suspect.epoch != header.epoch {
            suspect.alone = 0;
            suspect.epoch = header.epoch;
        }
        suspect.through = header.last;
        if !alone {
            // The next half at once: the hub is well.
            return self.hurry(&refusal);
        }
        suspect.alone = suspect.alone.saturating_add(1);
        if suspect.alone >= FAILURES_ALONE && !header.opaque.contains(&header.first) {
            self.make_opaque(header.epoch, header.first, out);
            return self.hurry(&refusal);
        }
        self.back_off(refusal.retry_after_s);
    }

    /// The next request goes at once, unless that was tried too often.
    fn hurry(&mut self, refusal: &Refusal) {
        self.hurried += 1;
        if self.hurried > HURRIES || refusal.retry_after_s.is_some() {
            self.back_off(refusal.retry_after_s);
        }
    }

    pub(super) fn make_opaque(&mut self, epoch: Epoch, seq: u64, out: &mut Vec<Output>) {
        self.opaque.insert((epoch, seq));
        out.push(Output::Alarm(Alarm::MadeOpaque { epoch, seq }));
    }

    /// Leaves a refusal. One that a mailbag brought does not hold up the requests.
    fn leave(&mut self, refusal: &Refusal, asked: bool) {
        if asked {
            self.back_off(refusal.retry_after_s);
        }
    }

    /// The hub holds less than it acked: its disk went back to a copy. The journal still has everything, so it goes
    /// again, after the record was compared.
    pub(super) fn lost(
        &mut self,
        epoch: Epoch,
        refusal: Refusal,
        asked: bool,
        journal: &dyn Journal,
        out: &mut Vec<Output>,
    ) {
        let device = self.device;
        let old = self.lane(epoch).map(|lane| lane.stream);
        let from = refusal.at.filter(|at| *at >= 1);
        let (Some(old), Some(from), Some(h)) = (old, from, refusal.h) else {
            return self.leave(&refusal, asked);
        };
        if from > old.acked {
            return self.leave(&refusal, asked);
        }
        match link_at(device, epoch, from - 1, journal) {
            Ok(Some(link)) if link == h => {}
            Ok(_) => return self.freeze(epoch, Some(from - 1), asked, out),
            Err(fault) => {
                out.push(Output::Alarm(Alarm::JournalUnreadable(fault)));
                return self.leave(&refusal, asked);
            }
        }
        out.push(Output::Alarm(Alarm::HubLost {
            epoch,
            from,
            was_durable: from <= old.durable,
        }));
        self.applying = Some(Applying {
            more_mail: self.more_mail,
            progress: asked.then_some(true),
            heard_ms: refusal.hub_time_ms,
            thaws: true,
            apply: Apply {
                stream: Some(Stream {
                    acked: from - 1,
                    durable: old.durable.min(from - 1),
                    ..old
                }),
                rejected: Vec::new(),
                page: None,
                arrived: Vec::new(),
                hub_time_ms: None,
                // The next ack says it.
                life: 0,
            },
        });
        self.give_apply(out);
    }
}
