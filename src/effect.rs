//! What the kiosk asks of the world, and what the world answers: data, so that a test can stand in for either.

use crate::county::{County, News, Wish};
use crate::screen::matters::{Matter, Query};
use crate::world::county::bundles::Notices;
use iced::widget::image::Handle;
use jiff::civil::{Date, DateTime};
use onedoor_devices::sound::speak::Part;
use onedoor_domain::calendar::Due;
use onedoor_domain::case::{CaseStatus, Word};
use onedoor_domain::clock::Trust;
use onedoor_domain::code::{CaseCode, SecondFactor};
use onedoor_domain::id::{CaseId, DraftId};
use onedoor_domain::personal::Personal;
use onedoor_domain::profile::{ConsentText, FieldValue, Fields, PersonKey, Profile, Relation};
use onedoor_domain::qr::CardNumber;
use onedoor_domain::session::HowTold;
use onedoor_domain::slip::Slip;
use std::collections::BTreeMap;
use std::time::Duration;

/// A draft to be written down.
#[derive(Debug, Clone)]
pub struct DraftSave {
    /// Which.
    pub id: DraftId,
    /// The service's id.
    pub service: String,
    /// The step's name.
    pub step: String,
    /// Session and answers (CBOR).
    pub bytes: Personal<Vec<u8>>,
    /// Whose it is, once their ID number is known: what is held of a person can then be shown and erased.
    pub person: Option<Personal<String>>,
}

/// A draft that waits for its person.
#[derive(Debug, Clone)]
pub struct DraftFound {
    /// Which.
    pub id: DraftId,
    /// Session and answers (CBOR).
    pub bytes: Personal<Vec<u8>>,
    /// When it was last written, milliseconds of the wall clock.
    pub updated_ms: i64,
}

/// A case to be put into the journal.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The draft it comes from; submitted twice it is one case.
    pub draft: DraftId,
    /// The service's id.
    pub service: String,
    /// The form's version.
    pub form_version: String,
    /// The language it was filled in.
    pub language: String,
    /// Staff id of who answers.
    pub owner: Option<String>,
    /// Term in working days.
    pub term_days: u16,
    /// By when.
    pub due: Due,
    /// What opens it besides the code.
    pub factors: Vec<SecondFactor>,
    /// The ID number, to list a person's matters together.
    pub person: Option<Personal<String>>,
    /// A helper acted for the resident.
    pub helped: bool,
    /// Named bytes: the OpenRosa instance, what the kiosk itself asked.
    pub blobs: Vec<(String, Personal<Vec<u8>>)>,
    /// How the resident wants to be told, and the telephone number for it.
    pub told: Option<(HowTold, Option<Personal<String>>)>,
}

/// What a submission gave.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The case.
    pub case: CaseId,
    /// Its code.
    pub code: CaseCode,
    /// The PIN of an anonymous case.
    pub pin: Option<Personal<String>>,
}

/// A recording, photo or text that belongs to a draft: its file name in the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartName {
    /// The draft.
    pub draft: DraftId,
    /// The file name.
    pub name: String,
}

/// By what a person is known to the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HolderKey {
    /// The resident card that was shown.
    Card(CardNumber),
    /// The ID number and the code of one of their slips: neither alone shows anything.
    Slip(Personal<String>, CaseCode),
    /// They are open already.
    Person(PersonKey),
}

/// Somebody the record knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Holder {
    /// Who, for later effects.
    pub person: PersonKey,
    /// The ID number in its normal form.
    pub number: Option<Personal<String>>,
    /// What they let the station remember.
    pub profile: Option<Profile>,
    /// What registers of the county say of them, by the field of a profile: it is offered where they told nothing else.
    pub county: BTreeMap<String, Personal<FieldValue>>,
    /// Whom they act for.
    pub kin: Vec<Kin>,
}

/// Somebody a person acts for.
#[derive(Debug, Clone, PartialEq)]
pub struct Kin {
    /// Who.
    pub person: PersonKey,
    /// What they are to the person who acts.
    pub relation: Relation,
    /// What the station remembers of them.
    pub profile: Option<Profile>,
}

/// A text field of a profile.
fn profile_text(profile: Option<&Profile>, field: &str) -> Option<String> {
    Some(profile?.get(field)?.expose().as_text().into_owned())
}

impl Holder {
    /// A field's text.
    pub fn text(&self, field: &str) -> Option<String> {
        profile_text(self.profile.as_ref(), field)
    }
}

impl Kin {
    /// A field's text.
    pub fn text(&self, field: &str) -> Option<String> {
        profile_text(self.profile.as_ref(), field)
    }
}

/// Why something is not erased yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stays {
    /// It is the only copy of an open matter.
    OnlyHere,
    /// Somebody works on it.
    StillOpen,
}

/// All that the station holds of a person.
#[derive(Debug, Clone)]
pub struct Held {
    /// Who it is.
    pub holder: Holder,
    /// Their matters, the latest first, and why each would stay.
    pub matters: Vec<(Matter, Option<Stays>)>,
    /// Matters that were begun and not handed in.
    pub drafts: usize,
    /// Cards that open all this.
    pub cards: usize,
    /// The one matter whose slip was typed: all else is shown to the card only.
    pub only: Option<CaseId>,
}

/// What a card or a slip showed.
#[derive(Debug, Clone)]
pub enum Shown {
    /// This is held.
    Held(Box<Held>),
    /// The card was said to be lost.
    Voided,
    /// Nothing, or number and slip do not belong together.
    Nothing,
}

/// What a person lets the station remember.
#[derive(Debug, Clone, PartialEq)]
pub struct Remember {
    /// Whose it is: the ID number in its normal form.
    pub person: Personal<String>,
    /// What.
    pub fields: Fields,
    /// What they agreed to.
    pub consent: ConsentText,
    /// Who acts for them, with their number, and what they are to that person.
    pub agent: Option<(Personal<String>, Relation)>,
    /// The matters of this visit: a number under which older ones lie is not taken at its word.
    pub cases: Vec<CaseId>,
    /// Whose card was shown in this visit.
    pub holder: Option<PersonKey>,
}

/// What became of remembering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Card {
    /// This card was made.
    Made(CardNumber),
    /// They have one.
    HasOne,
    /// The number is known here already, and only whoever holds the card or shows staff the ID card may change what is kept.
    NeedsStaff,
}

/// What was erased, and what stays.
#[derive(Debug, Clone, Default)]
pub struct Erased {
    /// Whether anything went.
    pub anything: bool,
    /// The matters that stay for now, by service, and why.
    pub stay: Vec<(String, Stays)>,
}

/// A draft that was put aside.
#[derive(Debug, Clone)]
pub struct PutAside {
    /// Its code.
    pub code: CaseCode,
    /// The PIN, where no ID number opens it.
    pub pin: Option<Personal<String>>,
}

/// What the kiosk asks of the world. Nothing here is waited for.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Write a draft down.
    Keep(Box<DraftSave>),
    /// A draft is not wanted any more.
    Discard(DraftId),
    /// Which drafts wait for their person?
    FindDrafts,
    /// Was the last case saved without its slip coming out?
    FindInterrupted,
    /// Put a case into the journal.
    Submit(Box<Submission>),
    /// Draw a slip and print it.
    Print {
        /// Comes back with what becomes of it: nobody sees or hears of a paper that is not theirs.
        order: u64,
        /// The case it belongs to; a card, a notice or a draft's slip belongs to none.
        case: Option<CaseId>,
        /// 1 for the first.
        copy: u32,
        /// What it says.
        slip: Box<Slip>,
    },
    /// Look for cases; the turn comes back with the answer, which is nobody's once the person has changed.
    Find(u64, Box<Query>),
    /// Write down the resident's word on a case.
    Word(CaseId, Word),
    /// A person was called on this page.
    CallPerson {
        /// The page's name.
        page: String,
        /// The service that was open.
        service: Option<String>,
    },
    /// Never mind.
    DismissPerson,
    /// Say this, instead of what is being said.
    Speak {
        /// The language's tag.
        language: String,
        /// What.
        parts: Vec<Part>,
    },
    /// Say the last thing again.
    HearAgain,
    /// Stop speaking, with the sound of a touch.
    Touched,
    /// Stop speaking.
    Hush,
    /// The next volume step; after the loudest comes the softest.
    NextVolume,
    /// A new person: volume and language as at the start.
    ResetSound,
    /// Record what is said; each second is safe on disk as soon as it is over.
    Record(PartName),
    /// End the recording.
    StopRecording,
    /// Fetch a recording from the draft: it comes back as [`Happening::Part`].
    Play(PartName),
    /// Let these bytes of a recording be heard.
    Hear(Personal<Vec<u8>>),
    /// Write a text into the draft as a file of its own.
    WritePart(PartName, Personal<Vec<u8>>),
    /// Which files does this draft really have?
    CheckParts(DraftId),
    /// A recording or photo is not wanted any more.
    DropPart(PartName),
    /// The camera shall show what is before it, or no more.
    Camera(bool),
    /// Take a photo.
    Shutter(PartName),
    /// Show a photo of the draft again.
    ShowPart(PartName),
    /// What does the station hold of this person?
    ShowHeld(u64, HolderKey),
    /// Remember this.
    Remember(u64, Box<Remember>),
    /// Change a field of a profile, or take it away.
    Correct(u64, PersonKey, String, Option<Personal<FieldValue>>),
    /// The first does not act for the second any more.
    Unlink(u64, PersonKey, PersonKey),
    /// A new card; the ones before are void.
    NewCard(u64, PersonKey),
    /// Erase what may be erased of this person.
    EraseAll(u64, PersonKey),
    /// Erase one matter, by its slip.
    EraseMatter(u64, CaseId),
    /// Put a draft aside under a code, so that the next person can go on.
    PutAside(DraftId, Vec<SecondFactor>),
    /// What staff wish of the connection to the county.
    County(Wish),
    /// Voices came with what the county sent.
    MoreVoices(Vec<std::path::PathBuf>),
}

/// A fault of the record, as far as a person is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFault {
    /// The technician's code.
    pub code: &'static str,
    /// It may pass by itself: space, a lock.
    pub passing: bool,
    /// It is a full disk.
    pub full: bool,
}

/// What was found.
#[derive(Debug, Clone)]
pub enum Finding {
    /// The case, and after it the same person's others.
    Cases(Vec<Matter>),
    /// A draft that was put aside; it is open again.
    Draft(DraftFound),
    /// No such case here.
    Nothing,
    /// What was typed beside the code does not fit.
    WrongFactor,
    /// Too often wrong; staff open it.
    TooManyTries,
    /// The slip was lost and replaced by a newer one.
    Voided,
}

/// A case whose slip never came.
#[derive(Debug, Clone)]
pub struct Interrupted {
    /// Its draft, by which it is asked about.
    pub draft: DraftId,
    /// The case, its code and PIN.
    pub saved: Saved,
    /// The service's id.
    pub service: String,
    /// Staff id of who answers.
    pub owner: Option<String>,
    /// By when an answer was promised.
    pub due: Option<Due>,
    /// How the resident wants to be told.
    pub told: Option<HowTold>,
}

/// What became of a slip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlipNews {
    /// It is out.
    Printed,
    /// It did not come.
    Failed {
        /// The sentence's prompt.
        say: &'static str,
        /// The technician's code.
        code: String,
    },
}

/// What the world tells.
#[derive(Debug, Clone)]
pub enum Happening {
    /// A draft was written down, or not.
    Kept(DraftId, Result<(), StoreFault>),
    /// Drafts that wait for their person, the latest first.
    Drafts(Vec<DraftFound>),
    /// A case was put into the journal, or not.
    Submitted(Box<Result<Saved, StoreFault>>),
    /// What was looked for.
    Found(u64, Result<Finding, StoreFault>),
    /// The last case was saved, and the light went out before its slip came; or there is no such case.
    Interrupted(Option<Box<Interrupted>>),
    /// A case changed.
    Changed(CaseId, CaseStatus),
    /// The county keeps a case and could not read it.
    Unread(CaseId),
    /// The slip was drawn.
    Drawn {
        /// Of which order.
        order: u64,
        /// The picture.
        picture: Handle,
        /// Its size in dots.
        size: (u32, u32),
        /// The row below its QR code, where it has one: a screen cuts it there, never through the code.
        below_qr: Option<u32>,
    },
    /// The slip came out, or not.
    Slip(u64, SlipNews),
    /// The printer works again.
    PrinterWell,
    /// Of a recording.
    Voice(crate::screen::voice::News),
    /// The files that a draft really has.
    Parts(DraftId, Vec<String>),
    /// A recording that was fetched.
    Part(PartName, Personal<Vec<u8>>),
    /// Of a photo.
    Photo(crate::screen::photo::News),
    /// What is held of a person.
    Held(u64, Result<Shown, StoreFault>),
    /// It is remembered; with the card that was made, where there was none yet.
    Remembered(u64, Result<Card, StoreFault>),
    /// It is erased.
    Erased(u64, Result<Erased, StoreFault>),
    /// A draft is put aside.
    PutAside(DraftId, Result<PutAside, StoreFault>),
    /// A key of a number pad of its own went down.
    Pressed(crate::keys::Key),
    /// A code was read.
    Scanned(Vec<u8>),
    /// How this machine and the county stand now.
    County(Box<County>),
    /// How the record fares.
    Upkeep(Box<crate::upkeep::Upkeep>),
    /// Notices came from the county, signed by somebody whom the station trusts: they take the place of those before.
    NoticesCame(Box<Notices>),
    /// What became of a wish of staff.
    CountyNews(News),
    /// The scanner works, or not; with the technician's code.
    Scanner(Result<(), &'static str>),
    /// Sound can be heard, or not; with the technician's code.
    Sound(Result<(), &'static str>),
    /// The record works again, or cannot be used at all.
    Record(Result<(), StoreFault>),
    /// A call for a person was written down; so many stand before it.
    PersonCalled {
        /// Calls before this one.
        before: u32,
    },
}

/// What the clocks say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockView {
    /// Local date and time, whether or not they are trusted.
    pub now: DateTime,
    /// Whether they are.
    pub trust: Trust,
    /// Milliseconds of the wall clock.
    pub wall_ms: i64,
    /// Any monotonic clock.
    pub monotonic: Duration,
}

impl ClockView {
    /// Today, where the clock is trusted.
    pub fn today(&self) -> Option<Date> {
        self.trust.is_trusted().then(|| self.now.date())
    }
}

/// The world.
pub trait Backend {
    /// Does it, or sees that it is done; the answer comes as a [`Happening`].
    fn run(&mut self, effect: Effect);
    /// The clocks now.
    fn clock(&self) -> ClockView;
    /// Random bytes for a draft's name.
    fn random(&mut self) -> [u8; 16];
    /// Whether something is being said or printed, so that no time may run out.
    fn busy(&self) -> bool;
    /// Whether the volume is at its loudest.
    fn loudest(&self) -> bool;
    /// Looks after what has its own time: nightly copies, a record that could not be opened. Called with each tick.
    fn look_after(&mut self) {}
}
