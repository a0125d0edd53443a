//! The county at the kiosk: the page for staff, and a matter that has arrived while its person still stands here.

use super::{Kiosk, Screen};
use crate::county::{County, News};
use crate::effect::{Backend, Effect};
use crate::screen::county::{Action, Message, Seen};
use onedoor_domain::case::CaseStatus;
use onedoor_domain::id::CaseId;

impl<B: Backend> Kiosk<B> {
    /// "For staff": over the page that is up, which comes back.
    pub(super) fn open_county(&mut self) {
        let page = Screen::County(Box::default());
        let before = std::mem::replace(&mut self.screen, page);
        // Help already keeps the page that it stands before.
        if self.behind.is_none() {
            self.behind = Some(Box::new(before));
        } else {
            self.backend.run(Effect::DismissPerson);
        }
        self.speak();
    }

    pub(super) fn county(&mut self, message: Message) {
        let Screen::County(page) = &mut self.screen else {
            return;
        };
        match page.update(message) {
            Action::Stay => {}
            Action::Speak => self.speak(),
            Action::Wish(wish) => self.backend.run(Effect::County(wish)),
            Action::Leave => {
                if let Some(behind) = self.behind.take() {
                    self.screen = *behind;
                } else {
                    self.leave();
                }
                self.speak();
            }
        }
    }

    pub(super) fn county_seen(&self) -> Seen<'_> {
        Seen {
            county: &self.machine.county,
            upkeep: &self.machine.upkeep,
            now_ms: self.clock.wall_ms,
            offset: self.station.utc_offset_minutes(),
        }
    }

    pub(super) fn county_changed(&mut self, county: County) {
        let before = std::mem::replace(&mut self.machine.county, county);
        // Six words to compare are another page.
        let words = |county: &County| matches!(county.bond, crate::county::Bond::Comparing(_));
        if matches!(self.screen, Screen::County(_)) && words(&before) != words(&self.machine.county)
        {
            self.speak();
        }
    }

    pub(super) fn county_news(&mut self, news: News) {
        if let Screen::County(page) = &mut self.screen {
            page.heard(news);
            self.speak();
        }
    }

    /// A case reached the county: if its person still reads its page, it shows there at once, and is said as soon as
    /// nothing else is.
    pub(super) fn arrived_there(&mut self, case: CaseId, status: &CaseStatus) {
        let behind = self.behind.as_deref_mut();
        for screen in [Some(&mut self.screen), behind].into_iter().flatten() {
            if let Screen::Done(done) = screen
                && done.receipt.case == case
                && status.delivered
            {
                done.delivered = true;
            }
        }
    }

    /// With each tick: says that the county has it, once, when the page has said all else.
    pub(super) fn tell_delivered(&mut self) {
        if self.backend.busy() {
            return;
        }
        if let Screen::Done(done) = &mut self.screen
            && done.delivered
            && !std::mem::replace(&mut done.told, true)
        {
            let part = self.ctx().part("say-county-has-it");
            self.say_now(vec![part]);
            self.revision += 1;
        }
    }
}
