//! Practice: the same pages, and nothing counts (R19). What is answered waits on disk like any answer, so that the pages are
//! the same to the last touch; it is never handed in, and it is erased when the practice ends.

use super::{Kiosk, Screen, answers};
use crate::effect::{Backend, Effect};
use onedoor_domain::session::{Input, Session};

impl<B: Backend> Kiosk<B> {
    /// "Try it; it does not count."
    pub(super) fn begin_practice(&mut self) {
        self.forget();
        self.practice = true;
        self.session = Session::new();
        let _ = self.session.take(Input::Arrived, &answers::Asked(None));
        self.screen = Screen::Home(crate::screen::home::Home::new(true));
        let mut parts = vec![self.ctx().part("say-practice")];
        parts.extend(self.spoken());
        self.say_now(parts);
    }

    /// It would be handed in now.
    pub(super) fn practised(&mut self) {
        let asked = answers::Asked(self.filling.as_ref());
        let _ = self.session.take(Input::Saved, &asked);
        self.erase_practice();
        self.screen = Screen::Practised;
        self.speak();
    }

    pub(super) fn erase_practice(&mut self) {
        self.filling = None;
        if let Some(draft) = self.draft.take() {
            self.backend.run(Effect::Discard(draft));
        }
    }

    /// "Enough practised."
    pub(super) fn practice_over(&mut self) {
        self.end_practice();
        self.session_over_keep_person();
    }

    /// The practice is over: what was answered is erased.
    pub(super) fn end_practice(&mut self) {
        if self.practice {
            self.erase_practice();
            self.forget();
            self.session = Session::new();
            self.practice = false;
        }
    }
}
