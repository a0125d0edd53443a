//! The record as the kiosk sees it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use onedoor_domain::case::{Move, Word};
use onedoor_domain::clock::{ClockQuality, Stamp, Trust};
use onedoor_domain::code::{CaseCode, SecondFactor};
use onedoor_domain::event::{
    Actor, BackupMade, ClockChecked, EraseReason, Event, EventBody, FaultCleared, FaultSeen,
    TellWay,
};
use onedoor_domain::id::{BlobId, CaseId, DraftId, EventId, Seq, SlipJobId};
use onedoor_domain::personal::Personal;
use rusqlite::Connection;

use crate::error::{Result, StoreError};
use crate::key::DbKey;
use crate::reply::{Reply, pair};
use crate::types::{
    BackupDone, CaseBlob, CaseKey, CaseSummary, Draft, DraftSave, Found, Health, HelpCall,
    Identity, JournalRow, NewBlob, Options, RestoreReport, SealedDraft, SlipJob, Submission,
    Submitted, Verified,
};
use crate::writer::{Reader, Thread, Tools, Writer};
use crate::{backup, cases, conn, counter, drafts, open, restore, verify};

/// The kiosk's record. Cheap to clone; the last clone that goes closes it, after all that was asked has been done.
///
/// Every call returns at once with a [`Reply`]: await it, or `wait()` for it. Calls that write are done one after
/// the other in the order in which they were made; calls that read see what was committed before they began.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    // The reader goes first: SQLite tidies up its log when the writer is the last to close.
    reader: Thread<Reader>,
    writer: Thread<Writer>,
    tools: Arc<Tools>,
    _lock: open::Lock,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("identity", &self.inner.tools.identity())
            .finish_non_exhaustive()
    }
}

impl Store {
    // ---- Opening ----------------------------------------------------------------------------------------------

    /// Opens the record at `path` (a file; small ones appear beside it), or begins one where there never was one.
    ///
    /// Blocks; run it before the first page, or in a thread. Checks SQLite's version, key, schema (older is brought
    /// up to date, newer refused with `STO-003`), all pages, the whole chain, and that no commit is missing.
    /// Where [`StoreError::needs_restore`] is true, call [`Store::restore_newest`].
    pub fn open(path: &Path, key: &DbKey, options: Options) -> Result<Store> {
        let lock = open::lock(path)?;
        let writer = open::open(path, key, &options)?;
        Store::start(writer, lock)
    }

    /// Opens the record from one copy, whatever stands at `path` now, with a new epoch. What is still readable of
    /// the damaged file is rescued; the file is kept beside the record as `….damaged`. `reason` is the code of the
    /// fault that made it necessary.
    pub fn restore(
        path: &Path,
        key: &DbKey,
        copy: &Path,
        options: Options,
        reason: &str,
    ) -> Result<(Store, RestoreReport)> {
        let lock = open::lock(path)?;
        let (writer, report) = restore::restore(path, key, Some(copy), &options, reason)?;
        Ok((Store::start(writer, lock)?, report))
    }

    /// As [`Store::restore`], from the newest copy in `folder` that passes its check. Where none does, what the
    /// damaged file itself still holds is brought back into a new one.
    pub fn restore_newest(
        path: &Path,
        key: &DbKey,
        folder: &Path,
        options: Options,
        reason: &str,
    ) -> Result<(Store, RestoreReport)> {
        for copy in backup::backups_in(folder) {
            match Store::restore(path, key, &copy, options.clone(), reason) {
                Err(error @ (StoreError::BadBackup { .. } | StoreError::Damaged { .. })) => {
                    tracing::warn!(event = "store.bad_backup", code = error.code());
                }
                other => return other,
            }
        }
        let lock = open::lock(path)?;
        let (writer, report) = restore::restore(path, key, None, &options, reason)?;
        Ok((Store::start(writer, lock)?, report))
    }

    fn start(writer: Writer, lock: open::Lock) -> Result<Store> {
        let tools = writer.tools.clone();
        let reader = Reader::open(tools.clone())?;
        Ok(Store {
            inner: Arc::new(Inner {
                reader: Thread::start("store-reader", reader)?,
                writer: Thread::start("store-writer", writer)?,
                tools,
                _lock: lock,
            }),
        })
    }

    /// The kiosk and the present life of its record.
    pub fn identity(&self) -> Identity {
        self.inner.tools.identity()
    }

    /// How the record fares. Does not block.
    pub fn health(&self) -> Health {
        self.inner.tools.health()
    }

    /// The clocks now, and whether today's date may be printed and reckoned with. Does not block.
    pub fn clock(&self) -> (Stamp, Trust) {
        let tools = &self.inner.tools;
        tools.watch.trust(&*tools.options.clock)
    }

    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut crate::journal::Pen<'_>) -> Result<T> + Send + 'static,
    ) -> Reply<T> {
        self.inner.writer.call(|writer| writer.write(work))
    }

    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, Identity) -> Result<T> + Send + 'static,
    ) -> Reply<T> {
        self.inner.reader.call(|reader| {
            let identity = reader.tools.identity();
            work(reader.connection()?, identity)
        })
    }

    // ---- Drafts -----------------------------------------------------------------------------------------------

    /// Saves a draft, at each touch. While the disk is full or locked the reply says so, the newest state is kept in
    /// memory and written as soon as that works again. A touch that straggles in after the submission gives
    /// `AlreadySubmitted`.
    pub fn save_draft(&self, draft: DraftSave) -> Reply<()> {
        self.inner.writer.call(|writer| writer.save_draft(draft))
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
        self.inner.writer.call(move |writer| {
            writer.forget_waiting(draft);
            writer.write(|pen| drafts::remove(pen, draft))
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
        self.inner.writer.call(move |writer| {
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
        self.inner.writer.call(move |writer| {
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

    /// The newest cases at this kiosk, for staff.
    pub fn cases(&self, limit: u32) -> Reply<Vec<CaseSummary>> {
        self.read(move |connection, _| cases::all(connection, limit))
    }

    /// The events of a case, in order.
    pub fn case_events(&self, case: CaseId) -> Reply<Vec<Event>> {
        self.read(move |connection, _| verify::events_of(connection, case))
    }

    /// What is kept outside the chain for a case.
    pub fn case_blobs(&self, case: CaseId) -> Reply<Vec<CaseBlob>> {
        self.read(move |connection, _| cases::blobs_of(connection, case))
    }

    /// The bytes of a blob; `None` once erased.
    pub fn blob(&self, blob: BlobId) -> Reply<Option<Personal<Vec<u8>>>> {
        self.read(move |connection, _| cases::blob(connection, blob))
    }

    /// The office answers: reason and other way are kept outside the chain, the event names them.
    pub fn answer_case(
        &self,
        case: CaseId,
        actor: Actor,
        kind: onedoor_domain::case::AnswerKind,
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
        self.erasing(move |pen| cases::erase(pen, blobs, reason, actor))
    }

    /// Erases all blobs of a case, and what it could be opened with.
    pub fn erase_case(&self, case: CaseId, reason: EraseReason, actor: Actor) -> Reply<()> {
        self.erasing(move |pen| cases::erase_case(pen, case, reason, actor))
    }

    fn erasing(
        &self,
        work: impl FnOnce(&mut crate::journal::Pen<'_>) -> Result<()> + Send + 'static,
    ) -> Reply<()> {
        self.inner.writer.call(move |writer| {
            writer.write(work)?;
            // The log still holds the page as it was: write it back and cut the log.
            writer
                .connection()?
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            Ok(())
        })
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
        let tools = &self.inner.tools;
        let stamp = tools.watch.checked(quality, &*tools.options.clock);
        self.write(move |pen| {
            pen.set_stamp(stamp);
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

    // ---- The whole record -------------------------------------------------------------------------------------

    /// Events after a place (0: from the beginning), as they are forwarded.
    pub fn journal_after(&self, place: i64, limit: u32) -> Reply<Vec<JournalRow>> {
        self.read(move |connection, identity| {
            verify::rows_after(connection, identity.device, place, limit)
        })
    }

    /// Follows the whole chain and checks every blob and case against it; `thorough` reads every page of the file
    /// besides (weekly). In a thread of its own.
    pub fn verify(&self, thorough: bool) -> Reply<Verified> {
        self.aside(move |store| {
            let tools = &store.inner.tools;
            let connection = conn::open_reading(&tools.path, &tools.key)?;
            if thorough {
                conn::integrity_check(&connection)?;
            }
            verify::everything(&connection, tools.identity().device)
        })
    }

    /// Makes a copy in `folder` (on a second medium), opens and checks it, keeps the newest `keep`. In a thread of
    /// its own; the kiosk goes on.
    pub fn back_up(&self, folder: impl Into<PathBuf>, keep: usize) -> Reply<BackupDone> {
        let folder = folder.into();
        self.aside(move |store| {
            let tools = &store.inner.tools;
            let done = backup::make(&tools.path, &tools.key, &folder, keep)?;
            let through = done.verified.last.map_or(Seq::FIRST, |last| last.seq);
            let length = done.length;
            store
                .append_event(Actor::Machine, None, BackupMade { through, length })
                .wait()?;
            Ok(done)
        })
    }

    fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T> + Send + 'static,
    ) -> Reply<T> {
        let (answer, reply) = pair();
        let store = self.clone();
        let spawned = std::thread::Builder::new()
            .name("store-aside".to_owned())
            .spawn(move || {
                let outcome = work(&store);
                // Closed before the answer is seen: who waits for it may open the record again at once.
                drop(store);
                answer.send(outcome);
            });
        if let Err(error) = spawned {
            tracing::error!(event = "store.no_thread", %error);
        }
        reply
    }
}
