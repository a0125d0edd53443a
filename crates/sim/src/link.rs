//! What lies between kiosk and hub: requests and answers that are lost, doubled, late or cut short.

use onedoor_sync::engine::*;
use onedoor_sync::wire::Dictionary;

use crate::world::{Happens, World};

const SECOND: u64 = 1000;
const HOUR: u64 = 3600 * SECOND;

/// A request under way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sent {
    Sync(u8, Vec<u8>),
    Head(FileName),
    Patch(FileName, u64, u64, Vec<u8>),
}

/// An answer under way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Got {
    Body(u8, Vec<u8>),
    File(u16, Option<u64>),
    Nothing(bool),
    Busy,
}

pub(super) fn dictionary(id: u8) -> Dictionary {
    if id == 0 {
        Dictionary::None
    } else {
        Dictionary::V1
    }
}

impl World {
    pub(super) fn send(&mut self, k: usize, request: Request) {
        let calm = self.calm();
        let kiosk = &self.kiosks[k];
        let (boot, id) = (kiosk.boot, request.id);
        let sent = match request.call {
            Call::Sync { media, body } => Sent::Sync(media.dictionary.id(), body),
            Call::FileHead { file, .. } => Sent::Head(file),
            Call::FilePatch {
                file,
                offset,
                length,
                body,
                ..
            } => Sent::Patch(file, offset, length, body),
        };
        if !kiosk.link {
            return self.at(
                self.now + SECOND,
                k,
                Happens::Answer(boot, id, Got::Nothing(false)),
            );
        }
        let there = self.now + 50 + self.dice.below(if calm { 500 } else { 8 * SECOND });
        let luck = if calm { 99 } else { self.dice.below(100) };
        match luck {
            // Lost on the way there; sometimes nobody says so.
            0..8 => {
                self.stats.lost += 1;
                if self.dice.percent(70) {
                    let got = Got::Nothing(self.dice.percent(50));
                    self.at(there + 20 * SECOND, k, Happens::Answer(boot, id, got));
                }
            }
            // It arrives, and the answer does not.
            8..16 => {
                self.stats.lost += 1;
                self.at(there, k, Happens::AtHub(boot, id, sent, false));
                self.at(
                    there + 20 * SECOND,
                    k,
                    Happens::Answer(boot, id, Got::Nothing(true)),
                );
            }
            // Given up, and arrives after newer ones.
            16..22 => {
                self.stats.late += 1;
                let late = there + 60 * SECOND + self.dice.below(2 * HOUR);
                self.at(
                    there + 10 * SECOND,
                    k,
                    Happens::Answer(boot, id, Got::Nothing(true)),
                );
                self.at(late, k, Happens::AtHub(boot, id, sent, true));
            }
            // Twice.
            22..28 => {
                self.stats.doubled += 1;
                let again = there + self.dice.below(30 * SECOND);
                self.at(there, k, Happens::AtHub(boot, id, sent.clone(), true));
                self.at(again, k, Happens::AtHub(boot, id, sent, true));
            }
            28..33 => self.at(there, k, Happens::Answer(boot, id, Got::Busy)),
            _ => self.at(there, k, Happens::AtHub(boot, id, sent, true)),
        }
    }

    pub(super) fn at_hub(&mut self, k: usize, boot: u64, id: u64, sent: Sent, comes_back: bool) {
        let got = match sent {
            Sent::Sync(d, body) => Got::Body(d, self.hub.sync(&body, dictionary(d))),
            Sent::Head(file) => {
                let (status, offset) = self.hub.head(file);
                Got::File(status, offset)
            }
            Sent::Patch(file, offset, length, body) => {
                let whole = self.calm() || self.dice.percent(90);
                let arrives = if whole {
                    body.len()
                } else {
                    self.dice.below(body.len() as u64) as usize
                };
                let (status, offset) = self.hub.patch(file, offset, length, &body, arrives);
                if whole {
                    Got::File(status, offset)
                } else {
                    Got::Nothing(false)
                }
            }
        };
        if comes_back {
            let back = self.now + 50 + self.dice.below(4 * SECOND);
            self.at(back, k, Happens::Answer(boot, id, got));
        }
    }

    pub(super) fn answer(&mut self, k: usize, request: u64, got: Got) {
        let input = match &got {
            Got::Body(d, body) => Input::Answered {
                request,
                dictionary: dictionary(*d),
                body,
            },
            Got::File(status, offset) => Input::FileAnswered {
                request,
                status: *status,
                offset: *offset,
                retry_after_s: None,
            },
            Got::Nothing(slow) => Input::Failed {
                request,
                failure: if *slow {
                    Failure::TimedOut
                } else {
                    Failure::Broken
                },
            },
            Got::Busy => Input::Failed {
                request,
                failure: Failure::Status {
                    code: 503,
                    retry_after_s: Some(30),
                },
            },
        };
        self.step(k, input);
    }
}
