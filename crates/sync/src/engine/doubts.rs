//! What the hub could not read, as far as the kiosk knows: found by requests, and by answers that came on a stick. It is
//! kept between two runs, because weeks may lie between such an answer and the next bag.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use onedoor_domain::id::Epoch;

use super::core::{Engine, Suspect};
use super::making::link_at;
use super::{Journal, Output};
use crate::wire::{MAX_EVENTS, Reason, Refusal};

/// Events that the hub is not asked to read, and those among which one is that it cannot read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Doubts {
    /// Sent to be kept unread.
    pub opaque: BTreeSet<(Epoch, u64)>,
    /// After what is acked, and not after this number, is an event that the hub refuses without saying which it is. The
    /// next bag carries each of them alone ([`crate::mailbag::export`]).
    pub suspect: Option<(Epoch, u64)>,
    /// The hub's clock in its newest answer, ms since 1970: a refusal from before it is old news.
    pub heard_ms: Option<i64>,
}

/// One line for each, for the kiosk's settings.
impl fmt::Display for Doubts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(ms) = self.heard_ms {
            writeln!(f, "heard {ms}")?;
        }
        if let Some((epoch, through)) = self.suspect {
            writeln!(f, "suspect {} {through}", epoch.get())?;
        }
        for (epoch, seq) in &self.opaque {
            writeln!(f, "opaque {} {seq}", epoch.get())?;
        }
        Ok(())
    }
}

/// What is not understood is left: the worst that comes of it is one more refusal.
impl FromStr for Doubts {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut doubts = Doubts::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let place = |epoch: &str, seq: &str| {
                let epoch = Epoch::try_from(epoch.parse::<u64>().ok()?).ok()?;
                Some((epoch, seq.parse().ok()?))
            };
            match words[..] {
                ["heard", ms] => doubts.heard_ms = ms.parse().ok(),
                ["suspect", epoch, through] => doubts.suspect = place(epoch, through),
                ["opaque", epoch, seq] => doubts.opaque.extend(place(epoch, seq)),
                _ => {}
            }
        }
        Ok(doubts)
    }
}

impl Engine {
    /// With what was doubted before the last power cut.
    pub fn doubting(mut self, doubts: Doubts) -> Self {
        let acked = |epoch| {
            let lane = self.lanes.iter().find(|lane| lane.stream.epoch == epoch);
            lane.map_or(u64::MAX, |lane| lane.stream.acked)
        };
        let suspect = doubts.suspect.filter(|(e, through)| *through > acked(*e));
        let waits = |(epoch, seq): &(Epoch, u64)| *seq > acked(*epoch);
        self.opaque = doubts.opaque.into_iter().filter(waits).collect();
        self.suspect = suspect.map(|(epoch, through)| Suspect {
            epoch,
            through,
            alone: 0,
        });
        self.heard_ms = doubts.heard_ms;
        self
    }

    /// What is doubted now.
    pub fn doubts(&self) -> Doubts {
        Doubts {
            opaque: self.opaque.clone(),
            suspect: self.suspect.as_ref().map(|s| (s.epoch, s.through)),
            heard_ms: self.heard_ms,
        }
    }

    /// Takes a refusal that a mailbag brought. No request stands beside it: which stream it is about follows from the link
    /// in it. A stick keeps old answers, so one that is older than what is known says nothing.
    pub(super) fn refused_in_bag(
        &mut self,
        refusal: Refusal,
        journal: &dyn Journal,
        out: &mut Vec<Output>,
    ) {
        if refusal.hub_time_ms.is_some() && refusal.hub_time_ms < self.heard_ms {
            return;
        }
        let Some(epoch) = self.meant(&refusal, journal) else {
            return;
        };
        let reason = refusal.reason;
        match reason {
            Reason::Fork | Reason::Frozen => self.freeze(epoch, refusal.at, false, out),
            // That later batches lack the one that was refused is no loss.
            Reason::Behind if refusal.hub_time_ms.is_some() => {
                self.lost(epoch, refusal, false, journal, out);
            }
            _ if reason.is_about_content() || reason.is_about_size() => {
                self.doubt(epoch, &refusal, out);
            }
            _ => return,
        }
        self.heard_ms = self.heard_ms.max(refusal.hub_time_ms);
    }

    /// Named, the event goes marked in the next bag; not named, each that may be it goes alone.
    fn doubt(&mut self, epoch: Epoch, refusal: &Refusal, out: &mut Vec<Output>) {
        let Some(lane) = self.lane(epoch) else {
            return;
        };
        let (acked, last) = (lane.stream.acked, lane.stream.last);
        if let Some(seq) = refusal.at
            && !self.opaque.contains(&(epoch, seq))
        {
            if seq > acked && seq <= last {
                self.make_opaque(epoch, seq, out);
            }
            return;
        }
        let open = |suspect: &Suspect| {
            let lane = self.lanes.iter().find(|l| l.stream.epoch == suspect.epoch);
            lane.is_some_and(|lane| lane.stream.acked < suspect.through)
        };
        // One search at a time: what is left is refused, and searched, again.
        if acked < last && !self.suspect.as_ref().is_some_and(open) {
            self.suspect = Some(Suspect {
                epoch,
                through: last.min(acked + MAX_EVENTS as u64),
                alone: 0,
            });
        }
    }

    /// The stream that a refusal from a bag is about, as [`crate::wire::Batch::named`] says it.
    fn meant(&self, refusal: &Refusal, journal: &dyn Journal) -> Option<Epoch> {
        let found = match refusal.h {
            // The link is the hub's own, which is another than ours.
            Some(_) if refusal.reason == Reason::Fork => self.lanes.iter().find(|lane| {
                let inside = |at| (lane.stream.acked..=lane.stream.last).contains(&at);
                refusal.at.is_some_and(inside)
            }),
            Some(h) => self.lanes.iter().find(|lane| {
                let stream = lane.stream;
                let before = match refusal.at {
                    Some(at) => at.checked_sub(1),
                    None => Some(stream.acked),
                };
                before.is_some_and(|before| {
                    let link = link_at(self.device, stream.epoch, before, journal);
                    before <= stream.last && link == Ok(Some(h))
                })
            }),
            // A hub that does not say: the stream that comes first in a bag.
            None => self.lanes.iter().find(|lane| {
                let (acked, last) = (lane.stream.acked, lane.stream.last);
                acked < last && refusal.at.is_none_or(|at| at > acked && at <= last)
            }),
        };
        found.map(|lane| lane.stream.epoch)
    }
}
