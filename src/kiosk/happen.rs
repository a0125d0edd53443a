//! What the world tells the kiosk: saved or not, printed or not, a code was read, a cable was pulled.

use super::{Kiosk, Screen, answers, mine};
use crate::effect::{Backend, Effect, Finding, Happening, Saved, SlipNews, StoreFault};
use crate::screen::{done, go_on, matters};
use crate::slip::{self, Receipt};
use onedoor_domain::personal::Personal;
use onedoor_domain::qr::Payload;
use onedoor_domain::session::{Input, Step};

/// The sentence for a fault of the record.
fn record_sentence(fault: &StoreFault) -> &'static str {
    if fault.passing && !fault.full {
        "say-store-busy"
    } else {
        "say-store-full"
    }
}

impl<B: Backend> Kiosk<B> {
    pub(super) fn happened(&mut self, happening: Happening) {
        match happening {
            Happening::Kept(_, Ok(())) => self.machine.record = None,
            // Of a draft that was handed in, erased or put aside meanwhile: nothing of it is open any more.
            Happening::Kept(id, Err(fault)) if self.draft != Some(id) => {
                tracing::info!(event = "late_draft_not_kept", code = fault.code);
            }
            Happening::Kept(_, Err(fault)) => {
                tracing::error!(event = "draft_not_kept", code = fault.code);
                self.machine.code = Some(fault.code);
                if !fault.passing {
                    return self.close(fault.code);
                }
                let first = self.machine.record.is_none();
                let sentence = record_sentence(&fault);
                self.machine.record = Some(fault);
                if first {
                    let part = self.ctx().part(sentence);
                    self.say_now(vec![part]);
                }
            }
            Happening::Drafts(all) => {
                let (practised, waiting): (Vec<_>, Vec<_>) = all
                    .into_iter()
                    .filter(|d| Some(d.id) != self.draft)
                    .partition(answers::is_practice);
                self.waiting = waiting;
                // The light went out while somebody practised: there is nothing to go on with.
                for draft in practised {
                    self.backend.run(Effect::Discard(draft.id));
                }
                // Right after the start somebody may still stand there: ask before they touch anything.
                if matches!(self.screen, Screen::Rest)
                    && self.session.step() == &Step::Rest
                    && self.idle_since_start()
                    && let Some(draft) = self.waiting.first()
                {
                    self.screen =
                        Screen::GoOn(Box::new(go_on::GoOn::new(draft.id, answers::known(draft))));
                    self.speak();
                }
            }
            Happening::Submitted(result) => match *result {
                Ok(saved) => self.saved(saved),
                Err(fault) => {
                    tracing::error!(event = "case_not_saved", code = fault.code);
                    self.machine.code = Some(fault.code);
                    if !fault.passing {
                        return self.close(fault.code);
                    }
                    let sentence = record_sentence(&fault);
                    let asked = answers::Asked(self.filling.as_ref());
                    if self.session.take(Input::NotSaved, &asked).is_ok() {
                        self.screen = Screen::Consent {
                            saving: false,
                            fault: Some(sentence),
                            second: false,
                        };
                        self.speak();
                    }
                }
            },
            Happening::Found(turn, result) if turn == self.turn => self.found(result),
            Happening::Found(..) => {}
            Happening::Interrupted(None) => {}
            Happening::Interrupted(Some(case)) => {
                let id = case.draft;
                let known = case.saved.pin.is_none();
                self.interrupted = Some(*case);
                if matches!(self.screen, Screen::Rest) && self.idle_since_start() {
                    self.screen = Screen::GoOn(Box::new(go_on::GoOn::new(id, known)));
                    self.speak();
                }
            }
            Happening::Changed(case, status) => {
                self.arrived_there(case, &status);
                let mine = matches!(&self.screen, Screen::Matters(page) if page.open().is_some_and(|m| m.case == case));
                if let (true, Screen::Matters(page)) = (mine, &mut self.screen) {
                    page.changed(status);
                    self.speak();
                }
            }
            Happening::Unread(case) => {
                if let Screen::Matters(page) = &mut self.screen
                    && page.unread(case)
                {
                    self.speak();
                }
            }
            Happening::Drawn { order, .. } | Happening::Slip(order, _) if order != self.order => {}
            Happening::Drawn {
                picture,
                size,
                below_qr,
                ..
            } => match &mut self.screen {
                Screen::Done(done) => {
                    let rows = below_qr.unwrap_or(size.1).min(size.1);
                    done.head = done::head(&picture, rows);
                    done.head_size = (size.0, rows);
                    done.drawn = Some(picture);
                }
                Screen::Handed(page) => {
                    page.drawn = Some(picture);
                    page.size = size;
                }
                _ => {}
            },
            // Late: whoever asked has gone. A card that was made so is not printed; nobody holds it.
            Happening::Held(turn, _)
            | Happening::Remembered(turn, _)
            | Happening::Erased(turn, _)
                if turn != self.turn =>
            {
                tracing::info!(event = "late_answer");
            }
            Happening::Held(_, result) => self.held(result),
            Happening::Remembered(_, result) => self.remembered(result),
            Happening::Erased(_, result) => self.erased(result),
            Happening::PutAside(draft, result) => self.is_put_aside(draft, result),
            Happening::Slip(_, news) => self.slip_news(news),
            Happening::PrinterWell => {}
            Happening::Voice(news) => self.voice_news(news),
            Happening::Parts(draft, names) => self.parts_known(draft, &names),
            Happening::Part(part, bytes) => self.hear(&part, bytes),
            Happening::Photo(news) => self.photo_news(news),
            Happening::Pressed(key) => self.pressed(key),
            Happening::County(county) => self.county_changed(*county),
            Happening::Upkeep(upkeep) => self.machine.upkeep = *upkeep,
            Happening::CountyNews(news) => self.county_news(news),
            Happening::NoticesCame(came) => {
                self.station.set_notices(came.notices);
                self.pictures.add(came.pictures);
                self.backend.run(Effect::MoreVoices(came.voices));
            }
            Happening::Scanned(bytes) => self.scanned(&bytes),
            Happening::Scanner(state) => {
                self.machine.scanner = state.err();
                if let Some(code) = self.machine.scanner {
                    tracing::warn!(event = "scanner_gone", code);
                }
            }
            Happening::Sound(state) => {
                self.machine.sound = state.err();
                if let Some(code) = self.machine.sound {
                    tracing::warn!(event = "sound_gone", code);
                }
            }
            Happening::Record(Ok(())) => {
                self.machine.record = None;
                if matches!(self.screen, Screen::Closed(_)) {
                    self.leave();
                    self.backend.run(Effect::FindInterrupted);
                }
            }
            Happening::Record(Err(fault)) => {
                if fault.passing {
                    self.machine.record = Some(fault);
                } else {
                    self.close(fault.code);
                }
            }
            Happening::PersonCalled { before } => {
                if let Screen::Help { before: shown } = &mut self.screen {
                    let more = before > *shown;
                    *shown = before;
                    // It is said at once how many stand before, where any do; the page began to speak without knowing it.
                    if more {
                        self.speak();
                    }
                }
            }
        }
    }

    /// Nothing can be kept any more: says so once, and where to go.
    fn close(&mut self, code: &'static str) {
        if matches!(self.screen, Screen::Closed(up) if up == code) {
            return;
        }
        self.screen = Screen::Closed(code);
        self.speak();
    }

    fn idle_since_start(&self) -> bool {
        self.declined.is_empty() && self.receipt.is_none() && !self.gate_used()
    }

    fn gate_used(&self) -> bool {
        self.gate.used()
    }

    fn found(&mut self, result: Result<Finding, StoreFault>) {
        let busy = result.is_err();
        let finding = result.unwrap_or_else(|fault| {
            tracing::error!(event = "cases_not_found", code = fault.code);
            Finding::Nothing
        });
        match (&mut self.screen, finding) {
            (Screen::Matters(page), Finding::Cases(cases)) => page.found(cases),
            (Screen::Matters(_), Finding::Draft(draft)) => {
                let id = draft.id;
                self.waiting.insert(0, draft);
                self.resume(id);
                return;
            }
            (Screen::Matters(page), other) => page.refuse(match other {
                Finding::WrongFactor => "say-matters-factor-wrong",
                Finding::TooManyTries => "say-matters-too-many",
                Finding::Voided => "say-matters-voided",
                _ => "say-matters-not-found",
            }),
            // "Is it you?" was answered with the right last four: the slip comes now.
            (Screen::GoOn(page), Finding::Cases(_)) => {
                let id = page.draft;
                self.finish_interrupted(id);
                return;
            }
            (Screen::GoOn(page), _) if busy => page.refuse("say-store-busy"),
            (Screen::GoOn(page), _) => page.refuse("say-go-on-wrong"),
            _ => return,
        }
        self.speak();
    }

    /// The page that the power cut took away, and its slip.
    pub(super) fn finish_interrupted(&mut self, id: onedoor_domain::id::DraftId) {
        let Some(case) = self.interrupted.take_if(|case| case.draft == id) else {
            return;
        };
        let Some(service) = self.station.service(&case.service) else {
            return;
        };
        let named = case.owner.as_deref().and_then(|id| self.station.person(id));
        let Some(owner) = named.or_else(|| service.owner.clone()) else {
            return;
        };
        let receipt = Receipt {
            case: case.saved.case,
            code: case.saved.code,
            pin: case.saved.pin,
            service: case.service,
            owner,
            due: case
                .due
                .unwrap_or(onedoor_domain::calendar::Due::WithinWorkingDays(
                    service.due_days,
                )),
            bring: Vec::new(),
            told: case.told,
            saved: None,
        };
        self.show_receipt(receipt);
    }

    /// The case is in the journal: only now is it said and printed.
    fn saved(&mut self, saved: Saved) {
        let Some(service) = self
            .session
            .service()
            .and_then(|id| self.station.service(id))
        else {
            return;
        };
        let (owner, days) = self.answerer();
        let Some(owner) = owner else {
            return;
        };
        let today = self.clock.today();
        let receipt = Receipt {
            case: saved.case,
            code: saved.code,
            pin: saved.pin.map(|p| Personal::from(p.expose().as_str())),
            service: service.id.clone(),
            owner,
            due: self.station.calendar().due(today, self.clock.trust, days),
            bring: self.bring(),
            told: self.session.how_told(),
            saved: today,
        };
        self.handed_in.push(saved.case);
        self.offer = mine::Offer::join(self.offer.take(), self.offer());
        let whose = self.session.id_number().unwrap_or_default().to_owned();
        if !whose.is_empty()
            && let Some(filling) = &self.filling
        {
            let told = self.visit.entry(whose).or_default();
            for answer in filling.answers() {
                // What was said or shown is a file of that matter and of no other.
                if let Some(name) = answer.reuse.filter(|name| name.starts_with("profile."))
                    && mine::field(&answer.value).is_some()
                {
                    told.insert(name, answer.value);
                }
            }
        }
        let asked = answers::Asked(self.filling.as_ref());
        if self.session.take(Input::Saved, &asked).is_err() {
            return;
        }
        self.draft = None;
        self.filling = None;
        self.behind = None;
        self.show_receipt(receipt);
    }

    fn show_receipt(&mut self, receipt: Receipt) {
        self.receipt = Some(receipt.clone());
        self.screen = Screen::Done(Box::new(done::Done {
            receipt: receipt.clone(),
            drawn: None,
            head: None,
            qr: done::qr(&Payload::Slip(receipt.case).encode()),
            head_size: (384, 600),
            paper: done::Paper::Printing,
            copies: 1,
            printed_in: self.person.language.clone(),
            delivered: false,
            told: false,
        }));
        self.print(&receipt, 1);
        self.speak();
    }

    fn print(&mut self, receipt: &Receipt, copy: u32) {
        let slip = slip::slip(self.ctx(), receipt, copy);
        self.order += 1;
        self.backend.run(Effect::Print {
            order: self.order,
            case: Some(receipt.case),
            copy,
            slip: Box::new(slip),
        });
    }

    /// Once more, in the language that is on.
    pub(super) fn print_again(&mut self) {
        let language = self.person.language.clone();
        let Screen::Done(done) = &mut self.screen else {
            return;
        };
        if done.paper == done::Paper::Printing {
            return;
        }
        // A slip that never came out is still the first one.
        if done.paper == done::Paper::Printed {
            done.copies += 1;
        }
        done.paper = done::Paper::Printing;
        done.printed_in = language;
        let (receipt, copy) = (done.receipt.clone(), done.copies);
        self.print(&receipt, copy);
    }

    fn slip_news(&mut self, news: SlipNews) {
        let paper = match &mut self.screen {
            Screen::Done(done) => &mut done.paper,
            Screen::Handed(page) => &mut page.paper,
            // Printed after the person went on: the record has it; nothing is said to the next person.
            _ => return,
        };
        match news {
            SlipNews::Printed => *paper = done::Paper::Printed,
            SlipNews::Failed { say, code } => {
                tracing::warn!(event = "slip_failed", code);
                *paper = done::Paper::Failed(say, code);
                let part = self.ctx().part(say);
                self.say_now(vec![part]);
            }
        }
    }

    /// A code was read: only our own say anything, and only what fits where the person is.
    fn scanned(&mut self, bytes: &[u8]) {
        self.idle.acted(self.clock.monotonic);
        if self.machine.record.as_ref().is_some_and(|f| !f.passing)
            || matches!(self.screen, Screen::Closed(_))
        {
            return;
        }
        // Before a page that asks or hands something over, and while help is on the way, nothing that is held up counts.
        if matches!(
            self.screen,
            Screen::Help { .. } | Screen::Remember { .. } | Screen::Handed(_)
        ) || self.seconds_left().is_some()
        {
            return;
        }
        let in_a_service = self.session.worth_keeping();
        match Payload::parse(bytes) {
            Ok(Payload::Slip(case)) if !in_a_service => {
                self.end_practice();
                if *self.session.step() == Step::Rest {
                    let _ = self.session.take(Input::Arrived, &answers::Asked(None));
                }
                self.behind = None;
                self.screen = Screen::Matters(Box::new(matters::Matters::scanned(case)));
                self.speak();
            }
            Ok(Payload::WallCard(service)) if !in_a_service => self.begin(service.as_str()),
            // A paper form that somebody brought: its service opens, to be typed in or photographed.
            Ok(Payload::Form(form)) if !in_a_service => self.begin(form.service.as_str()),
            Ok(Payload::ResidentCard(card)) => self.card_shown(card),
            // In the middle of a matter nothing that is held up by chance may throw a person out of it.
            Ok(_) => {}
            Err(_) => {
                let part = self.ctx().part("say-not-our-code");
                self.say_now(vec![part]);
            }
        }
    }
}
