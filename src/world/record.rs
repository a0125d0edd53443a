//! The record as the kiosk uses it: asked without waiting, opened again when it could not be opened.

use super::Tell;
use super::upkeep::Watch;
use crate::effect::{DraftFound, Effect, Finding, Happening, Interrupted, Saved, StoreFault};
use crate::screen::matters::{Answered, FromCounty, Matter, Query, Role};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use onedoor_domain::clock::{ClockQuality, Distrust, EARLIEST_MS, Stamp, Trust};
use onedoor_domain::event::{Actor, TellWay};
use onedoor_domain::id::DraftId;
use onedoor_domain::personal::Personal;
use onedoor_domain::session::HowTold;
use onedoor_store::{
    CaseKey, CaseSummary, Clock, DbKey, Found, Options, Reply, RestoreReport, Retention, SlipState,
    Store, StoreError, TextRole,
};
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a draft waits for its person before it is erased.
const DRAFT_WAITS: Duration = Duration::from_secs(24 * 3600);
/// How often a record that could not be opened is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(5);
/// How many days pass between two thorough looks through the record.
const VERIFIED_EVERY: u16 = 7;
/// Copies that are kept.
pub(super) const COPIES: usize = 7;

/// Where the record lies.
#[derive(Debug, Clone)]
pub struct RecordPlace {
    /// The file.
    pub file: PathBuf,
    /// The key's file, in development; a service manager's credential comes first.
    pub key: PathBuf,
    /// Where copies go: a second medium.
    pub copies: PathBuf,
    /// How many days answers stay here once they are safe at the county.
    pub answers_days: u16,
}

/// Work for the thread that waits for replies.
type Work = Box<dyn FnOnce() + Send>;

/// How a damaged record came back, and the code of its fault.
type Broken = (RestoreReport, &'static str);

/// Keeps the record for the kiosk.
pub struct Keeper {
    pub(super) place: RecordPlace,
    clock: Arc<dyn Clock>,
    pub(super) offset_minutes: i16,
    store: Option<Store>,
    pub(super) tell: Tell,
    pub(super) waiter: Sender<Work>,
    tried: Instant,
    copied: Option<Date>,
    /// The draft whose person the record knows, and who that is.
    owned: std::cell::RefCell<Option<(DraftId, Personal<String>)>>,
    call: Arc<Mutex<Option<DraftId>>>,
    upkeep: Watch,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keeper({})", self.place.file.display())
    }
}

/// What a person needs to know of a fault of the record.
pub fn fault(error: &StoreError) -> StoreFault {
    StoreFault {
        code: error.code(),
        passing: error.is_passing(),
        full: matches!(error, StoreError::DiskFull),
    }
}

/// Random bytes from the system.
pub fn random() -> [u8; 16] {
    *uuid::Uuid::new_v4().as_bytes()
}

impl Keeper {
    /// Opens the record, or starts without it and keeps trying; the kiosk is told which.
    pub fn open(
        place: RecordPlace,
        clock: Arc<dyn Clock>,
        offset_minutes: i16,
        tell: Tell,
    ) -> Self {
        let (waiter, work) = channel::<Work>();
        let spawned = std::thread::Builder::new()
            .name("record-replies".into())
            .spawn(move || {
                for one in work {
                    one();
                }
            });
        if let Err(error) = spawned {
            tracing::error!(event = "thread_not_started", %error);
        }
        let upkeep = Watch::new(tell.clone(), &place.file, &place.copies);
        let mut keeper = Self {
            upkeep,
            place,
            clock,
            offset_minutes,
            store: None,
            tell,
            waiter,
            tried: Instant::now(),
            copied: None,
            owned: std::cell::RefCell::new(None),
            call: Arc::default(),
        };
        keeper.try_open();
        keeper
    }

    /// The record itself, where it is open.
    pub fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    fn try_open(&mut self) {
        self.tried = Instant::now();
        match self.opened() {
            Ok((store, restored)) => {
                let restored = restored.as_ref().map(|(report, why)| (report, *why));
                self.upkeep.opened(&store, restored);
                self.end_stale_calls(&store);
                self.store = Some(store);
                (self.tell)(Happening::Record(Ok(())));
            }
            Err(error) => {
                tracing::error!(event = "record_not_opened", code = error.code(), %error);
                // Until it is open nothing can be saved, so the kiosk says that it is closed, whatever may pass.
                let fault = StoreFault {
                    passing: false,
                    ..fault(&error)
                };
                (self.tell)(Happening::Record(Err(fault)));
            }
        }
    }

    /// Calls of before the start wait for nobody any more.
    fn end_stale_calls(&self, store: &Store) {
        let again = store.clone();
        self.wait(store.open_help_calls(), move |_, result| {
            for call in result.unwrap_or_default() {
                if let Err(error) = again.dismiss_help(call.id).wait() {
                    tracing::warn!(event = "call_not_ended", code = error.code());
                }
            }
        });
    }

    /// The record; and, where it was damaged, how it came back from what.
    fn opened(&self) -> Result<(Store, Option<Broken>), StoreError> {
        let key = DbKey::obtain(&self.place.key)?;
        let options = Options {
            clock: self.clock.clone(),
            retention: Retention {
                answers_days: self.place.answers_days,
                ..Retention::default()
            },
            ..Options::new(concat!("onedoor ", env!("CARGO_PKG_VERSION")))
        };
        match Store::open(&self.place.file, &key, options.clone()) {
            Err(error) if error.needs_restore() => {
                tracing::error!(event = "record_damaged", code = error.code(), %error);
                let (store, report) = Store::restore_newest(
                    &self.place.file,
                    &key,
                    &self.place.copies,
                    options,
                    error.code(),
                )?;
                tracing::warn!(
                    event = "record_restored",
                    backup = %report.backup.display(),
                    rescued = report.events_rescued,
                    blobs_lost = report.blobs_lost,
                    without_backup = report.without_backup,
                );
                Ok((store, Some((report, error.code()))))
            }
            other => other.map(|store| (store, None)),
        }
    }

    /// The clocks, and whether they are believed; without a record nobody knows what they showed before.
    pub fn clock(&self) -> (Stamp, Trust) {
        match &self.store {
            Some(store) => store.clock(),
            None => {
                let stamp = self.clock.now();
                let why = if stamp.wall_ms < EARLIEST_MS {
                    Distrust::BeforeThisSoftware
                } else {
                    Distrust::NeverSet
                };
                (stamp, Trust::Untrusted(why))
            }
        }
    }

    /// Somebody set the clock.
    pub fn clock_set(&self, quality: ClockQuality) {
        if let Some(store) = &self.store {
            self.wait(
                store.clock_checked(quality, Actor::Machine, None),
                |_, result| {
                    if let Err(error) = result {
                        tracing::error!(event = "clock_not_noted", code = error.code());
                    }
                },
            );
        }
    }

    /// Waits for a reply in the thread that is there for it, and tells what came of it.
    fn wait<T: Send + 'static>(
        &self,
        reply: Reply<T>,
        then: impl FnOnce(&Tell, Result<T, StoreError>) + Send + 'static,
    ) {
        let tell = self.tell.clone();
        let _ = self
            .waiter
            .send(Box::new(move || then(&tell, reply.wait())));
    }

    /// Does what concerns the record.
    pub fn run(&self, effect: Effect) {
        let Some(store) = &self.store else {
            return;
        };
        let Some(effect) = self.run_people(store, effect) else {
            return;
        };
        match effect {
            Effect::Keep(save) => {
                let id = save.id;
                let reply = store.save_draft(onedoor_store::DraftSave {
                    id,
                    service: save.service,
                    step: save.step,
                    snapshot: save.bytes,
                });
                self.wait(reply, move |tell, result| {
                    tell(Happening::Kept(id, result.map_err(|e| fault(&e))));
                });
                let owned = save.person.map(|person| (id, person));
                let news = owned.is_some() && *self.owned.borrow() != owned;
                if let Some((_, person)) = owned.filter(|_| news) {
                    *self.owned.borrow_mut() = Some((id, person.clone()));
                    self.wait(store.set_draft_person(id, person), |_, result| {
                        if let Err(error) = result {
                            tracing::warn!(event = "draft_without_person", code = error.code());
                        }
                    });
                }
            }
            Effect::Discard(id) => self.wait(store.discard_draft(id), |_, result| {
                if let Err(error) = result {
                    tracing::warn!(event = "draft_not_discarded", code = error.code());
                }
            }),
            Effect::FindDrafts => self.find_drafts(store),
            Effect::FindInterrupted => self.find_interrupted(store),
            Effect::Submit(submission) => self.submit(store, *submission),
            Effect::Find(turn, query) => self.find(store, turn, *query),
            Effect::Word(case, word) => {
                let told = store.clone();
                self.wait(
                    store.resident_word(case, Actor::Resident, word, false),
                    move |tell, result| match result.and_then(|()| told.case(case).wait()) {
                        Ok(Some(case)) => tell(Happening::Changed(case.id, case.status)),
                        Ok(None) => {}
                        Err(error) => {
                            tracing::warn!(event = "word_not_written", code = error.code());
                        }
                    },
                );
            }
            Effect::CallPerson { page, service } => self.call_person(store, page, service),
            Effect::DismissPerson => {
                let call = self
                    .call
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .take();
                if let Some(call) = call {
                    self.wait(store.dismiss_help(call), |_, result| {
                        if let Err(error) = result {
                            tracing::warn!(event = "call_not_ended", code = error.code());
                        }
                    });
                }
            }
            Effect::Print { .. }
            | Effect::Speak { .. }
            | Effect::HearAgain
            | Effect::Touched
            | Effect::Hush
            | Effect::Record(_)
            | Effect::StopRecording
            | Effect::Play(_)
            | Effect::Hear(_)
            | Effect::WritePart(..)
            | Effect::DropPart(_)
            | Effect::CheckParts(_)
            | Effect::Camera(_)
            | Effect::Shutter(_)
            | Effect::ShowPart(_)
            | Effect::NextVolume
            | Effect::ResetSound
            | Effect::ShowHeld(..)
            | Effect::Remember(..)
            | Effect::Correct(..)
            | Effect::Unlink(..)
            | Effect::NewCard(..)
            | Effect::EraseAll(..)
            | Effect::EraseMatter(..)
            | Effect::PutAside(..)
            | Effect::County(_)
            | Effect::MoreVoices(_) => {}
        }
    }

    fn find_drafts(&self, store: &Store) {
        // Only by a clock that is believed may anything count as old.
        let trusted = store.clock().1.is_trusted();
        let now = self.clock.now().wall_ms;
        let again = store.clone();
        self.wait(store.open_drafts(), move |tell, result| match result {
            Ok(all) => {
                let wait_ms = i64::try_from(DRAFT_WAITS.as_millis()).unwrap_or(i64::MAX);
                let (fresh, old): (Vec<_>, Vec<_>) = all
                    .into_iter()
                    .filter(|d| !d.sealed)
                    // A clock that jumped must not throw anything away: only an age that is believable counts.
                    .partition(|d| {
                        !trusted || !(wait_ms..wait_ms * 30).contains(&(now - d.updated_ms))
                    });
                for draft in old {
                    if let Err(error) = again.discard_draft(draft.id).wait() {
                        tracing::warn!(event = "draft_not_discarded", code = error.code());
                    }
                }
                let mut found: Vec<DraftFound> = fresh
                    .into_iter()
                    .map(|d| DraftFound {
                        id: d.id,
                        bytes: d.snapshot,
                        updated_ms: d.updated_ms,
                    })
                    .collect();
                found.sort_by_key(|d| std::cmp::Reverse(d.updated_ms));
                tell(Happening::Drafts(found));
            }
            Err(error) => tracing::error!(event = "drafts_not_found", code = error.code()),
        });
    }

    /// A case that was saved, and whose slip was neither printed nor refused by the printer: its person saw nothing of it.
    fn find_interrupted(&self, store: &Store) {
        let now = self.clock.now().wall_ms;
        let again = store.clone();
        self.wait(store.cases(1), move |tell, result| {
            let last = result.unwrap_or_default().pop();
            let wait_ms = i64::try_from(DRAFT_WAITS.as_millis()).unwrap_or(i64::MAX);
            let interrupted = last
                .filter(|case| (now - case.saved_ms).abs() <= wait_ms)
                .filter(|case| {
                    again
                        .slip_jobs(case.id)
                        .wait()
                        .is_ok_and(|jobs| jobs.iter().all(|job| job.state == SlipState::Asked))
                });
            tell(Happening::Interrupted(interrupted.map(|case| {
                Box::new(Interrupted {
                    draft: case.draft,
                    saved: Saved {
                        case: case.id,
                        code: case.code,
                        pin: case.pin.as_ref().map(|pin| Personal::from(pin.expose())),
                    },
                    service: case.service.clone(),
                    owner: case.status.owner.clone(),
                    due: case.status.due,
                    told: case.tell.as_ref().map(|way| match way {
                        TellWay::Phone => HowTold::Phone,
                        TellWay::Visit => HowTold::Visit,
                        TellWay::NamedPerson => HowTold::NamedPerson,
                        TellWay::ComeBack => HowTold::ComesBack,
                    }),
                })
            })));
        });
    }

    fn submit(&self, store: &Store, submission: crate::effect::Submission) {
        let actor = if submission.helped {
            Actor::Helper
        } else {
            Actor::Resident
        };
        let told = submission.told.map(|(how, phone)| {
            let way = match how {
                HowTold::Phone => TellWay::Phone,
                HowTold::Visit => TellWay::Visit,
                HowTold::NamedPerson => TellWay::NamedPerson,
                HowTold::ComesBack => TellWay::ComeBack,
            };
            (way, phone)
        });
        let submission = onedoor_store::Submission {
            draft: submission.draft,
            actor,
            service: submission.service,
            form_version: submission.form_version,
            language: submission.language,
            owner: submission.owner,
            term_days: submission.term_days,
            due: submission.due,
            factors: submission.factors,
            person: submission.person,
            helper_typed: Vec::new(),
            blobs: submission
                .blobs
                .into_iter()
                .map(|(role, bytes)| onedoor_store::NewBlob { role, bytes })
                .collect(),
        };
        let reply = match told {
            Some((way, phone)) => store.submit_case_telling(submission, way, phone),
            None => store.submit_case(submission),
        };
        self.wait(reply, move |tell, result| {
            let result = result.map(|submitted| Saved {
                case: submitted.case,
                code: submitted.code,
                pin: submitted.pin.map(|pin| Personal::from(pin.expose())),
            });
            tell(Happening::Submitted(Box::new(
                result.map_err(|e| fault(&e)),
            )));
        });
    }

    fn find(&self, store: &Store, turn: u64, query: Query) {
        let (key, typed) = match query {
            Query::Slip(case, typed) => (CaseKey::Case(case), typed),
            Query::Code(code, typed) => (CaseKey::Code(code), typed),
        };
        let offset = self.offset_minutes;
        let again = store.clone();
        self.wait(store.find(key, typed), move |tell, result| {
            let found = match result {
                Ok(Found::Cases(cases)) => Ok(Finding::Cases(
                    cases
                        .iter()
                        .map(|case| matter(&again, case, offset))
                        .collect(),
                )),
                Ok(Found::SealedDraft(draft)) => Ok(Finding::Draft(DraftFound {
                    id: draft.id,
                    bytes: draft.snapshot,
                    updated_ms: draft.updated_ms,
                })),
                Ok(Found::Nothing) => Ok(Finding::Nothing),
                Ok(Found::WrongFactor { .. }) => Ok(Finding::WrongFactor),
                Ok(Found::TooManyTries) => Ok(Finding::TooManyTries),
                Ok(Found::Voided) => Ok(Finding::Voided),
                Err(error) => Err(fault(&error)),
            };
            tell(Happening::Found(turn, found));
        });
    }

    fn call_person(&self, store: &Store, page: String, service: Option<String>) {
        let last = self.call.clone();
        let again = store.clone();
        self.wait(
            store.call_help(Actor::Resident, page, service),
            move |tell, result| match result {
                Ok(call) => {
                    *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(call);
                    let before = match again.open_help_calls().wait() {
                        Ok(calls) => calls.iter().filter(|c| c.id != call).count(),
                        Err(_) => 0,
                    };
                    tell(Happening::PersonCalled {
                        before: u32::try_from(before).unwrap_or(u32::MAX),
                    });
                }
                // The call itself stands on the screen and is heard; only the note of it is missing.
                Err(error) => tracing::error!(event = "call_not_written", code = error.code()),
            },
        );
    }

    /// Tries again what could not be opened, and makes the nightly copy.
    pub fn look_after(&mut self, offset: Offset) {
        if self.store.is_none() {
            if self.tried.elapsed() >= TRY_AGAIN {
                self.try_open();
            }
            return;
        }
        let now = Timestamp::from_millisecond(self.clock.now().wall_ms)
            .unwrap_or_default()
            .to_zoned(TimeZone::fixed(offset))
            .datetime();
        // In the small hours, when nobody is here; or the first time that this program sees the day after them.
        if now.hour() >= 3 && self.copied != Some(now.date()) {
            self.copied = Some(now.date());
            if let Some(store) = &self.store {
                let store = store.clone();
                let copies = self.place.copies.clone();
                let upkeep = self.upkeep.clone();
                // In a thread of its own: the night's work takes its time and replies to people do not wait for it.
                let spawned = std::thread::Builder::new()
                    .name("record-night".into())
                    .spawn(move || night(&store, copies, &upkeep));
                if let Err(error) = spawned {
                    tracing::error!(event = "thread_not_started", %error);
                }
            }
        }
    }
}

/// Every night: what has passed its days is erased, then the record is copied, and once a week it is looked through whole.
fn night(store: &Store, copies: PathBuf, upkeep: &Watch) {
    match store.tidy().wait() {
        Ok(done) => tracing::info!(
            event = "record_tidied",
            drafts = done.drafts,
            slips = done.slips
        ),
        Err(error) => tracing::error!(event = "record_not_tidied", code = error.code(), %error),
    }
    let copied = store.back_up(copies, COPIES).wait();
    upkeep.copied(store, copied.as_ref().map(|_| ()));
    match copied {
        Ok(done) => {
            tracing::info!(
                event = "record_copied",
                bytes = done.length,
                events = done.verified.events
            );
        }
        Err(error) => tracing::error!(event = "record_not_copied", code = error.code(), %error),
    }
    if store
        .verification_due(VERIFIED_EVERY)
        .wait()
        .unwrap_or(false)
    {
        let looked = store.verify(true).wait();
        if let Err(error) = &looked {
            tracing::error!(event = "record_not_sound", code = error.code(), %error);
        }
        upkeep.looked_through(store, looked.as_ref().map(|_| ()));
    }
}

pub(super) fn matter(store: &Store, case: &CaseSummary, offset_minutes: i16) -> Matter {
    let since = (case.saved_ms >= EARLIEST_MS)
        .then(|| Timestamp::from_millisecond(case.saved_ms).ok())
        .flatten()
        .and_then(|at| {
            let offset = Offset::from_seconds(i32::from(offset_minutes) * 60).ok()?;
            Some(at.to_zoned(TimeZone::fixed(offset)).date())
        });
    Matter {
        case: case.id,
        code: case.code,
        service: case.service.clone(),
        status: case.status.clone(),
        since,
        unread: case.unread,
        county: from_county(store, case),
    }
}

/// What the county told of a case; nothing where that cannot be read.
fn from_county(store: &Store, case: &CaseSummary) -> FromCounty {
    let facts = match store.case_facts(case.id).wait() {
        Ok(facts) => facts,
        Err(error) => {
            tracing::warn!(event = "case_facts_not_read", code = error.code());
            None
        }
    };
    facts.map_or_else(FromCounty::default, |facts| FromCounty {
        owner: facts
            .words
            .owner
            .and_then(|owner| Some((owner.name?, owner.phone))),
        texts: facts
            .words
            .texts
            .into_iter()
            .map(|text| Answered {
                role: match text.role {
                    TextRole::Reason => Role::Reason,
                    TextRole::OtherWay => Role::OtherWay,
                    TextRole::Note => Role::Note,
                },
                language: text.language,
                text: text.text,
            })
            .collect(),
    })
}
