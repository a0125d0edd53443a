//! Which request is next: events first, then mail, then a piece of a file.

use onedoor_domain::id::Epoch;

use super::core::{Engine, Flight, Lane, SentBatch, What};
use super::making::{Made, NotMade, Order, make};
use super::{Alarm, Call, Journal, Output, Request, Stream, TroubleKind};
use crate::wire::{MAX_PACKED, MAX_PACKED_SLOW, Media};

/// From so many events on a batch says how long the next will be.
const MANY: usize = 20;

impl Engine {
    pub(super) fn send(&mut self, journal: &dyn Journal, out: &mut Vec<Output>) {
        let chosen = match self.next_lane() {
            Some(lane) => Some((lane.stream, self.events_for(lane.stream))),
            None => {
                let asked = self.more_mail || self.now >= self.poll_at;
                let probe = self.probe_lane();
                let stream = probe.or_else(|| asked.then(|| self.poll_lane()).flatten());
                stream.map(|stream| (stream, 0))
            }
        };
        if let Some((stream, events)) = chosen {
            return self.send_batch(stream, events, journal, out);
        }
        match self.files.call(self.slow, journal) {
            Ok(Some((call, under))) => self.start(call, What::File(under), out),
            Ok(None) => {}
            Err(fault) => self.not_made(NotMade::Journal(fault), None, out),
        }
    }

    /// How many events may go at once.
    fn events_for(&self, stream: Stream) -> usize {
        match &self.suspect {
            Some(s) if s.epoch == stream.epoch && s.through > stream.acked => {
                let half = (s.through - stream.acked) / 2;
                usize::try_from(half)
                    .unwrap_or(usize::MAX)
                    .clamp(1, self.most_events)
            }
            _ => self.most_events,
        }
    }

    fn send_batch(
        &mut self,
        stream: Stream,
        events: usize,
        journal: &dyn Journal,
        out: &mut Vec<Output>,
    ) {
        let order = Order {
            device: self.device,
            stream,
            cursor: self.cursor,
            events,
            packed: if self.slow {
                MAX_PACKED_SLOW
            } else {
                MAX_PACKED
            },
            an_event: self.an_event,
            // An event that fails alone goes without what belongs to it, which may be the cause; that goes as a file.
            blobs: self.suspect.as_ref().is_none_or(|s| s.alone == 0),
            opaque: &self.opaque,
            dictionary: self.settings.dictionary,
        };
        match make(&order, journal, &*self.signer) {
            Ok(Made {
                header,
                packed,
                inline,
            }) => {
                // A few alone say little of many.
                let events = usize::try_from(header.events()).unwrap_or(usize::MAX);
                if events >= MANY {
                    self.an_event = packed.len() / events + 1;
                }
                let media = Media {
                    dictionary: self.settings.dictionary,
                };
                let call = Call::Sync {
                    media,
                    body: packed,
                };
                self.start(call, What::Batch(SentBatch { header, inline }), out);
            }
            Err(why) => self.not_made(why, Some(stream.epoch), out),
        }
    }

    fn start(&mut self, call: Call, what: What, out: &mut Vec<Output>) {
        let id = self.next_request;
        self.next_request += 1;
        self.in_flight = Some(Flight {
            id,
            sent_at: self.now,
            what,
        });
        out.push(Output::Send(Request { id, call }));
    }

    fn not_made(&mut self, why: NotMade, epoch: Option<Epoch>, out: &mut Vec<Output>) {
        let (alarm, words) = match (why, epoch) {
            (NotMade::Journal(fault), _) => {
                let words = fault.to_string();
                (Some(Alarm::JournalUnreadable(fault)), words)
            }
            (NotMade::Damaged(seq), Some(epoch)) => {
                let words = format!("the journal did not fit its links at event {seq}");
                (Some(Alarm::JournalDamaged { epoch, seq }), words)
            }
            (NotMade::Damaged(_), None) => (None, "a file could not be read".to_owned()),
            (NotMade::Wire(reason), _) => (None, format!("a batch could not be made ({reason})")),
        };
        // Once, until it changes.
        if self.trouble.as_ref().is_none_or(|t| t.words != words) {
            out.extend(alarm.map(Output::Alarm));
        }
        self.trouble(TroubleKind::Journal, words);
        self.back_off(None);
    }

    /// The stream in whose name the mailbox is asked for: all in turn. For a frozen one the hub gives none.
    fn poll_lane(&mut self) -> Option<Stream> {
        let open = self.lanes.iter().filter(|lane| !lane.frozen);
        let open: Vec<Stream> = open.map(|lane| lane.stream).collect();
        self.poll_turn = self.poll_turn.wrapping_add(1);
        let turn = self.poll_turn.checked_rem(open.len())?;
        open.get(turn).copied()
    }

    /// A frozen stream of which it is time to ask whether a person at the hub has let it go on: the answer to a batch
    /// without events says so.
    fn probe_lane(&self) -> Option<Stream> {
        let due = |lane: &&Lane| lane.frozen && self.now >= lane.probe_at;
        let lane = self.lanes.iter().filter(due).min_by_key(|l| l.probe_at)?;
        Some(lane.stream)
    }
}
