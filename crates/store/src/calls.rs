//! What the kiosk asks of its record: drafts, cases, paper, help.

use onedoor_domain::case::{AnswerKind, Move, Word};
use onedoor_domain::clock::ClockQuality;
use onedoor_domain::code::{CaseCode, SecondFactor};
use onedoor_domain::event::{
    Actor, ClockChecked, EraseReason, Event, EventBody, FaultCleared, FaultSeen, TellWay,
};
use onedoor_domain::id::{BlobId, CaseId, DraftId, EventId, SlipJobId};
use onedoor_domain::personal::Personal;

use crate::error::Result;
use crate::journal::Pen;
use crate::reply::Reply;
use crate::store::Store;
use crate::tidy::{self, Scrub};
use crate::types::{
    CaseBlob, CaseKey, CaseSummary, Draft, DraftSave, Found, HelpCall, NewBlob, SealedDraft,
    SlipJob, Submission, Submitted,
};
use crate::{blobs, cases, clock, counter, drafts, verify};

impl Store {
    // ---- Drafts -----------------------------------------------------------------------------------------------

    /// Saves a draft, at each touch. While the disk is full or locked the reply says so, the newest state is kept in
    /// memory and written as soon as that works again. A touch that straggles in after the submission gives
    /// `AlreadySubmitted`.
    pub fn save_draft(&self, draft: DraftSave) -> Reply<()> {
        self.writer().call(|writer| writer.save_draft(draft))
    }

    /// Adds piece `number` (0, 1, 2 …) of a recording or photo `name` to a draft.
    pub fn add_draft_part(
        &self,
        draft: DraftId,
        name: impl Into<String>,
        number: u32,
        bytes: Personal<Vec<u8>>,
    ) -> Reply<()> {
        let name = name.into();
        self.write(move |pen| drafts::add_part(pen, draft, &name, number, bytes.expose()))
    }

    /// Removes a recording or photo from a draft.
    pub fn drop_draft_part(&self, draft: DraftId, name: impl Into<String>) -> Reply<()> {
        let name = name.into();
        self.write(move |pen| drafts::drop_part(pen, draft, &name))
    }

    /// The recordings and photos of a draft, each whole, by name.
    pub fn draft_parts(&self, draft: DraftId) -> Reply<Vec<(String, Personal<Vec<u8>>)>> {
        self.read(move |connection, _| drafts::parts(connection, draft))
    }

    /// One draft.
    pub fn load_draft(&self, draft: DraftId) -> Reply<Option<Draft>> {
        self.read(move |connection, _| drafts::load(connection, draft))
    }

    /// Drafts that are not put aside, the one touched last first ("someone was here: go on?").
    pub fn open_drafts(&self) -> Reply<Vec<Draft>> {
        self.read(|connection, _| drafts::open_ones(connection))
    }

    /// Erases a draft; true if there was one.
    pub fn discard_draft(&self, draft: DraftId) -> Reply<bool> {
        self.writer().call(move |writer| {
            writer.forget_waiting(draft);
            writer.write(|pen| {
                let removed = drafts::remove(pen, draft)?;
                if removed {
                    tidy::note(pen, Scrub::Tonight)?;
                }
                Ok(removed)
            })
        })
    }

    /// Puts a draft aside under a code, so that the next person can go on. Where no factor is given a PIN is made.
    /// It comes back through [`Store::find`]. Sealing it twice gives the same code.
    pub fn seal_draft(
        &self,
        draft: DraftId,
        actor: Actor,
        factors: Vec<SecondFactor>,
    ) -> Reply<SealedDraft> {
        self.write(move |pen| drafts::seal(pen, draft, actor, &factors))
    }

    // ---- Cases ------------------------------------------------------------------------------------------------

    /// Makes a draft a case: journal, blobs, projection and the erased draft in one transaction. Submitting the same
    /// draft again, after a crash or a second tap, gives the same case with `again` set.
    pub fn submit_case(&self, submission: Submission) -> Reply<Submitted> {
        self.writer().call(move |writer| {
            let draft = submission.draft;
            let submitted = writer.write(|pen| cases::submit(pen, &submission))?;
            writer.forget_waiting(draft);
            Ok(submitted)
        })
    }

    /// As [`Store::submit_case`], and in the same transaction how the resident wants to be told: a power cut cannot
    /// come between the two.
    pub fn submit_case_telling(
        &self,
        submission: Submission,
        way: TellWay,
        detail: Option<Personal<String>>,
    ) -> Reply<Submitted> {
        self.writer().call(move |writer| {
            let draft = submission.draft;
            let submitted = writer.write(|pen| {
                let submitted = cases::submit(pen, &submission)?;
                if !submitted.again {
                    let actor = submission.actor.clone();
                    cases::tell(pen, submitted.case, actor, way, detail)?;
                }
                Ok(submitted)
            })?;
            writer.forget_waiting(draft);
            Ok(submitted)
        })
    }

    /// Looks for a case (or a draft put aside) by code or scanned slip, with the second factor as it was typed.
    pub fn find(&self, key: CaseKey, typed: Personal<String>) -> Reply<Found> {
        self.write(move |pen| cases::find(pen, key, &typed))
    }

    /// One case, for pages that have its id already (after submission, or staff).
    pub fn case(&self, case: CaseId) -> Reply<Option<CaseSummary>> {
        self.read(move |connection, _| cases::load(connection, case))
    }

    /// The case that a draft became, if it did.
    pub fn case_of_draft(&self, draft: DraftId) -> Reply<Option<CaseSummary>> {
        self.read(move |connection, _| cases::by_draft(connection, draft))
    }

    /// The newest cases that were saved at this kiosk, for staff.
    pub fn cases(&self, limit: u32) -> Reply<Vec<CaseSummary>> {
        self.read(move |connection, _| cases::all(connection, limit))
    }

    /// The events of a case, in order.
    pub fn case_events(&self, case: CaseId) -> Reply<Vec<Event>> {
        self.read(move |connection, _| verify::events_of(connection, case))
    }

    /// What is kept outside the chain for a case.
    pub fn case_blobs(&self, case: CaseId) -> Reply<Vec<CaseBlob>> {
        self.read(move |connection, _| blobs::blobs_of(connection, case))
    }

    /// The bytes of a blob; `None` once erased, or sealed for the hub alone.
    pub fn blob(&self, blob: BlobId) -> Reply<Option<Personal<Vec<u8>>>> {
        self.read(move |connection, _| blobs::blob(connection, blob))
    }

    /// The office answers: reason and other way are kept outside the chain, the event names them.
    pub fn answer_case(
        &self,
        case: CaseId,
        actor: Actor,
        kind: AnswerKind,
        reason: Option<NewBlob>,
        other_way: Option<NewBlob>,
    ) -> Reply<()> {
        self.write(move |pen| {
            let keep = |blob: Option<NewBlob>| -> Result<Option<BlobId>> {
                blob.map(|blob| pen.keep(Some(case), &blob).map(|kept| kept.id))
                    .transpose()
            };
            let made = Move::Answer {
                kind,
                reason: keep(reason)?,
                other_way: keep(other_way)?,
            };
            cases::make_move(pen, case, actor, &made, false)
        })
    }

    /// Moves a case on: in hand, handed on, told, delivered. The rules of `domain::case` decide.
    pub fn move_case(&self, case: CaseId, actor: Actor, made: Move) -> Reply<()> {
        self.write(move |pen| cases::make_move(pen, case, actor, &made, false))
    }

    /// The resident's word on the answer.
    pub fn resident_word(
        &self,
        case: CaseId,
        actor: Actor,
        word: Word,
        wants_to_talk: bool,
    ) -> Reply<()> {
        self.write(move |pen| cases::make_move(pen, case, actor, &Move::Say(word), wants_to_talk))
    }

    /// How the resident wants to be told, with the number or name where one is needed.
    pub fn set_how_to_tell(
        &self,
        case: CaseId,
        actor: Actor,
        way: TellWay,
        detail: Option<Personal<String>>,
    ) -> Reply<()> {
        self.write(move |pen| cases::tell(pen, case, actor, way, detail))
    }

    /// The number or name that was given with it.
    pub fn how_to_tell_detail(&self, case: CaseId) -> Reply<Option<Personal<String>>> {
        self.read(move |connection, _| cases::tell_detail(connection, case))
    }

    /// The slip is lost and staff know the person: a new code, the old one is void; wrong tries are forgiven.
    pub fn void_slip(&self, case: CaseId, staff: impl Into<String>) -> Reply<CaseCode> {
        let staff = staff.into();
        self.write(move |pen| cases::void_slip(pen, case, staff))
    }

    /// Erases blobs with their salts, and overwrites where they were. Copies follow their own retention.
    pub fn erase_blobs(&self, blobs: Vec<BlobId>, reason: EraseReason, actor: Actor) -> Reply<()> {
        self.erasing(Scrub::AtOnce, move |pen| {
            blobs::erase(pen, blobs, reason, actor)
        })
    }

    /// Erases all blobs of a case, and what it could be opened with.
    pub fn erase_case(&self, case: CaseId, reason: EraseReason, actor: Actor) -> Reply<()> {
        self.erasing(Scrub::AtOnce, move |pen| {
            blobs::erase_case(pen, case, reason, actor)
        })
    }

    /// Erases in one transaction; what is left of it in the file goes right after, or as soon as it can.
    pub(crate) fn erasing<T: Send + 'static>(
        &self,
        scrub: Scrub,
        work: impl FnOnce(&mut Pen<'_>) -> Result<T> + Send + 'static,
    ) -> Reply<T> {
        self.writer()
            .call(move |writer| Ok(writer.erase(scrub, work)?.0))
    }

    // ---- Paper ------------------------------------------------------------------------------------------------

    /// Records, before the printer is asked, that a slip is to be printed, with the slip itself.
    pub fn ask_slip(
        &self,
        actor: Actor,
        case: Option<CaseId>,
        slip: Personal<Vec<u8>>,
    ) -> Reply<SlipJob> {
        self.write(move |pen| counter::ask_slip(pen, actor, case, slip.expose().clone()))
    }

    /// The printer gave it.
    pub fn slip_printed(&self, job: SlipJobId) -> Reply<()> {
        self.write(move |pen| counter::slip_done(pen, job, None))
    }

    /// The printer did not; `why` is the stable code (`PRN-…`).
    pub fn slip_failed(&self, job: SlipJobId, why: impl Into<String>) -> Reply<()> {
        let why = why.into();
        self.write(move |pen| counter::slip_done(pen, job, Some(why)))
    }

    /// The runs of paper of a case.
    pub fn slip_jobs(&self, case: CaseId) -> Reply<Vec<SlipJob>> {
        self.read(move |connection, _| counter::slip_jobs(connection, case))
    }

    /// Runs of paper of which nothing was heard before the power went.
    pub fn open_slip_jobs(&self) -> Reply<Vec<SlipJob>> {
        self.read(|connection, _| counter::open_slip_jobs(connection))
    }

    /// The slip of a case as it was last drawn, for "print again".
    pub fn last_slip(&self, case: CaseId) -> Reply<Option<Personal<Vec<u8>>>> {
        self.read(move |connection, _| counter::last_slip(connection, case))
    }

    // ---- Help, faults, clock, settings ------------------------------------------------------------------------

    /// Somebody calls a person, from this page; gives the call.
    pub fn call_help(
        &self,
        actor: Actor,
        page: impl Into<String>,
        service: Option<String>,
    ) -> Reply<DraftId> {
        let page = page.into();
        self.write(move |pen| counter::call_help(pen, actor, page, service))
    }

    /// "Never mind, I'll go on."
    pub fn dismiss_help(&self, call: DraftId) -> Reply<()> {
        self.write(move |pen| counter::end_help(pen, call, None))
    }

    /// A member of staff came.
    pub fn answer_help(&self, call: DraftId, staff: impl Into<String>) -> Reply<()> {
        let staff = staff.into();
        self.write(move |pen| counter::end_help(pen, call, Some(staff)))
    }

    /// Calls that nobody has answered, the longest waiting first.
    pub fn open_help_calls(&self) -> Reply<Vec<HelpCall>> {
        self.read(|connection, _| counter::open_help(connection))
    }

    /// A part failed (`printer`, `PRN-003`).
    pub fn fault_seen(&self, part: impl Into<String>, code: impl Into<String>) -> Reply<EventId> {
        let (part, code) = (part.into(), code.into());
        self.append_event(Actor::Machine, None, FaultSeen { part, code })
    }

    /// A part works again.
    pub fn fault_cleared(
        &self,
        part: impl Into<String>,
        code: impl Into<String>,
    ) -> Reply<EventId> {
        let (part, code) = (part.into(), code.into());
        self.append_event(Actor::Machine, None, FaultCleared { part, code })
    }

    /// The clock was set by the hub, a satellite or a time server; or (`Never`) staff confirmed the date shown.
    pub fn clock_checked(
        &self,
        quality: ClockQuality,
        actor: Actor,
        was_off_ms: Option<i64>,
    ) -> Reply<EventId> {
        let tools = self.tools();
        let stamp = tools.watch.checked(quality, &*tools.options.clock);
        self.write(move |pen| {
            pen.set_stamp(stamp);
            clock::keep_correction(pen.tx, pen.tools.watch.correction())?;
            pen.append(
                actor,
                None,
                Vec::new(),
                ClockChecked {
                    quality,
                    was_off_ms,
                    boot: stamp.boot,
                },
            )
        })
    }

    /// Writes any event that has no call of its own.
    pub fn append_event(
        &self,
        actor: Actor,
        case: Option<CaseId>,
        body: impl Into<EventBody>,
    ) -> Reply<EventId> {
        let body = body.into();
        self.write(move |pen| pen.append(actor, case, Vec::new(), body))
    }

    /// One setting of this kiosk.
    pub fn setting(&self, name: impl Into<String>) -> Reply<Option<String>> {
        let name = name.into();
        self.read(move |connection, _| counter::setting(connection, &name))
    }

    /// Sets or (`None`) forgets a setting.
    pub fn set_setting(&self, name: impl Into<String>, value: Option<String>) -> Reply<()> {
        let name = name.into();
        self.write(move |pen| counter::set_setting(pen, &name, value.as_deref()))
    }
}
