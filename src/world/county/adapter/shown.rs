//! What the pages are told of the county.

use super::{CONTACT, CountyRecord};
use crate::county::{Alarm, Bond, County, News, Note, Refusal, Trouble};
use crate::effect::Happening;
use onedoor_store::{Refused, Undelivered};
use onedoor_sync::driver::Told;
use onedoor_sync::engine::TroubleKind;
use onedoor_sync::wire::Reason;

/// A matter that waits for so long is an alarm, ms.
pub(super) const OLD_MS: i64 = 24 * 3600 * 1000;
/// One whose term is so short, in working days, is an alarm after half a day.
const SHORT_DAYS: u16 = 3;
/// The last contact is written down again after so long, ms: a page after a restart still says when it was.
pub(super) const NOTE_MS: i64 = 10 * 60 * 1000;
/// For so long it stands on the technician's page, ms.
const LOST_SHOWN_MS: i64 = 30 * 24 * 3600 * 1000;

impl CountyRecord<'_> {
    /// The hub's answer came on a stick: that is an answer as well.
    pub fn heard_by_stick(&self) {
        let now = self.now_ms();
        self.contact.set((self.contact.get().0, Some(now)));
        self.noted_ms.set(now);
        // Only a page is poorer where this fails.
        drop(self.store.set_setting(CONTACT, Some(now.to_string())));
        self.stale.set(true);
    }

    /// Somebody asked to try now and waits for what comes of it.
    pub fn ask(&self) {
        let now = self.last.borrow().as_ref().map_or(0, |told| told.now_ms);
        self.asked.set(Some(now));
    }

    /// What is shown is to be looked at again.
    pub fn refresh(&self) {
        self.stale.set(true);
        let told = self.last.borrow().clone();
        if let Some(told) = told {
            self.show(&told);
        }
    }

    pub(super) fn show(&self, told: &Told) {
        if self.stale.replace(false) {
            match self.store.undelivered().wait() {
                Ok(undelivered) => *self.undelivered.borrow_mut() = undelivered,
                Err(error) => {
                    tracing::warn!(event = "county.not_counted", code = error.code());
                }
            }
            match self.store.refused().wait() {
                Ok(refused) => *self.refused.borrow_mut() = refused,
                Err(error) => {
                    tracing::warn!(event = "county.not_counted", code = error.code());
                }
            }
        }
        let (counters, now) = (&told.counters, self.now_ms());
        self.answer_asked(told);
        let (seen, _) = self.contact.get();
        if counters.last_contact_ms != seen {
            let at = counters
                .last_contact_ms
                .map(|at| now - i64::try_from(told.now_ms.saturating_sub(at)).unwrap_or(0));
            self.contact.set((counters.last_contact_ms, at));
            if let Some(at) = at
                && (at - self.noted_ms.get()).abs() > NOTE_MS
            {
                self.noted_ms.set(at);
                // Only a page is poorer where this fails.
                drop(self.store.set_setting(CONTACT, Some(at.to_string())));
            }
        }
        let undelivered = self.undelivered.borrow();
        // Before the hub has seen the token it cannot know this kiosk: that is no trouble.
        let carried = self.keys.borrow().token.is_some();
        let trouble = counters.last_trouble.as_ref().filter(|trouble| {
            !(carried && trouble.kind == TroubleKind::Refused(Reason::UnknownDevice))
        });
        let trouble = trouble.map(|trouble| Trouble::of_sync(trouble.kind, told.snag));
        if trouble != self.shown.borrow().trouble
            && let (Some(trouble), Some(last)) = (&trouble, &counters.last_trouble)
        {
            let (code, why) = (trouble.code.as_str(), told.why.as_deref());
            tracing::warn!(event = "county.trouble", code, words = last.words, why);
        }
        let lasting = trouble.as_ref().is_some_and(|t| !t.kind.mends_itself());
        let address = self.setting.address.as_ref();
        let county = County {
            bond: if carried { Bond::Carried } else { Bond::Known },
            address: address.map(|address| address.url.clone()),
            plain: address.is_some_and(|address| address.url.starts_with("http://")),
            online: counters.link && trouble.is_none() && counters.last_contact_ms.is_some(),
            cases: undelivered.cases,
            oldest_ms: undelivered.oldest_ms,
            unread: undelivered.unread,
            behind: undelivered.behind,
            behind_ms: undelivered.behind_ms,
            refused: refusals(&self.refused.borrow()),
            refusals: self.refused.borrow().len(),
            notes: self.notes(now),
            alarm: self
                .alarm_now(&undelivered, counters.frozen > 0, now)
                .filter(|alarm| !(carried && *alarm == Alarm::Refused))
                .or(lasting.then_some(Alarm::Lasting)),
            entries: counters.waiting,
            files: undelivered.files.0 + undelivered.unsealed,
            file_bytes: undelivered.files.1,
            last_contact_ms: self.contact.get().1,
            next_try_s: counters
                .next_try_ms
                .map(|at| at.saturating_sub(told.now_ms) / 1000)
                .filter(|_| trouble.is_some()),
            trouble,
            stick: super::super::stick::find(self.setting.stick.as_deref()).is_some(),
            busy: self.asked.get().is_some(),
        };
        if *self.shown.borrow() != county {
            (self.tell)(Happening::County(Box::new(county.clone())));
            *self.shown.borrow_mut() = county;
        }
    }

    fn answer_asked(&self, told: &Told) {
        let Some(since) = self.asked.get() else {
            return;
        };
        let counters = &told.counters;
        let answered = counters.last_contact_ms.is_some_and(|at| at >= since);
        let failed = counters
            .last_trouble
            .as_ref()
            .is_some_and(|trouble| trouble.at_ms >= since);
        if counters.in_flight || !(answered || failed) {
            return;
        }
        self.asked.set(None);
        let trouble = counters.last_trouble.as_ref().filter(|_| failed);
        self.news(match trouble.map(|t| Trouble::of_sync(t.kind, told.snag)) {
            Some(trouble) if !trouble.kind.mends_itself() => News::Lasting,
            Some(_) => News::NoAnswer,
            None => News::Answered,
        });
    }

    pub(super) fn alarm_now(
        &self,
        undelivered: &Undelivered,
        stopped: bool,
        now: i64,
    ) -> Option<Alarm> {
        if stopped {
            return Some(Alarm::Stopped);
        }
        if let Some(alarm) = self.alarm.get() {
            return Some(alarm);
        }
        let age = |since: i64| now.saturating_sub(since);
        let trusted = self.store.clock().1.is_trusted();
        let near = undelivered.first_due.is_some_and(|due| {
            let today = jiff::Timestamp::from_millisecond(now)
                .unwrap_or_default()
                .to_zoned(jiff::tz::TimeZone::UTC)
                .date();
            trusted && due <= today.saturating_add(jiff::Span::new().days(2))
        });
        let short = undelivered
            .shortest_term
            .is_some_and(|(days, since)| days <= SHORT_DAYS && age(since) > OLD_MS / 2);
        if near || short {
            return Some(Alarm::Urgent);
        }
        if self.refused.borrow().iter().any(|refused| refused.open) {
            return Some(Alarm::Unread);
        }
        [undelivered.oldest_ms, undelivered.behind_ms]
            .into_iter()
            .flatten()
            .any(|since| age(since) > OLD_MS)
            .then_some(Alarm::Old)
    }

    fn notes(&self, now: i64) -> Vec<Note> {
        let lost = self.lost.get().filter(|(at, _)| now - at < LOST_SHOWN_MS);
        let lost = lost.map(|(at_ms, was_safe)| Note::HubLost { at_ms, was_safe });
        let aside = self.files_aside.borrow();
        let mut statuses: Vec<u16> = aside.iter().map(|(_, status)| *status).collect();
        statuses.dedup();
        let aside = statuses
            .into_iter()
            .map(|status| Note::FileSetAside { status });
        let bundle = self.bundle_refused.borrow().clone();
        let bundle = bundle.map(|version| Note::BundleRefused { version });
        lost.into_iter().chain(aside).chain(bundle).collect()
    }
}

/// What the hub does not accept as the page shows it: what is open first, the newest first.
fn refusals(refused: &[Refused]) -> Vec<Refusal> {
    let mut newest: Vec<&Refused> = refused.iter().rev().collect();
    newest.sort_by_key(|refused| !refused.open);
    newest
        .into_iter()
        .take(County::LISTED)
        .map(|refused| Refusal {
            matter: refused.matter.map(|code| code.to_string()),
            whole: refused.is_whole_matter(),
            open: refused.open,
            code: refused.event.code,
            words: refused.event.words.clone(),
        })
        .collect()
}
