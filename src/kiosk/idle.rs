//! Nobody is hurried; an abandoned page is put away.

use super::{Kiosk, Screen};
use crate::effect::Backend;
use std::time::Duration;

/// When the last act was, and whether the question "are you still here?" is up.
#[derive(Debug, Clone, Default)]
pub(super) struct Idle {
    last: Duration,
    /// When the question was put.
    asked: Option<Duration>,
    /// How the window stands (kept here with the other facts of the moment).
    pub(super) upright: bool,
}

impl Idle {
    pub(super) fn acted(&mut self, now: Duration) {
        self.last = now;
        self.asked = None;
    }

    pub(super) fn asked(&self) -> Option<Duration> {
        self.asked
    }

    /// The question counts down by the second; otherwise a look now and then is enough, and costs nothing.
    pub(super) fn next_tick(&self, resting: bool) -> Duration {
        match (self.asked, resting) {
            (Some(_), _) => Duration::from_secs(1),
            (None, false) => Duration::from_secs(2),
            (None, true) => Duration::from_secs(15),
        }
    }
}

impl<B: Backend> Kiosk<B> {
    /// Seconds until the page is put away, while the question is up.
    pub(super) fn seconds_left(&self) -> Option<u64> {
        let asked = self.idle.asked()?;
        let (_, leave) = self.station.idle();
        Some(
            leave
                .saturating_sub(self.clock.monotonic.saturating_sub(asked))
                .as_secs(),
        )
    }

    pub(super) fn ticked(&mut self) {
        let now = self.clock.monotonic;
        self.backend.look_after();
        if matches!(self.screen, Screen::Rest) {
            // The time on the page.
            self.revision += 1;
            self.station.on(self.clock.today());
            return;
        }
        self.tell_delivered();
        if self.patient() {
            self.idle.acted(now);
            return;
        }
        let (warn, leave) = self.station.idle();
        match self.idle.asked {
            None if now.saturating_sub(self.idle.last) >= warn => {
                self.idle.asked = Some(now);
                self.revision += 1;
                let part = self.ctx().part("say-idle");
                self.say_now(vec![part]);
            }
            Some(asked) => {
                self.revision += 1;
                if now.saturating_sub(asked) >= leave && !self.backend.busy() {
                    self.idle.acted(now);
                    self.leave();
                }
            }
            None => {}
        }
    }

    /// No time runs while something is said, printed or saved, while help is on the way, or where nobody need hurry.
    fn patient(&self) -> bool {
        match &self.screen {
            Screen::Help { .. } | Screen::Closed(_) => true,
            _ if self.recording() => true,
            Screen::Consent { saving, .. } => *saving,
            _ => self.idle.asked.is_none() && self.backend.busy(),
        }
    }
}
