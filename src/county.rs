//! How this machine and its county stand with each other, as far as a page shows it: data, so that a test can stand in.

use onedoor_domain::personal::Personal;
use onedoor_sync::engine::TroubleKind;

/// The whole of it. It comes anew, whole, whenever something of it changed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct County {
    /// Whether the two know each other.
    pub bond: Bond,
    /// The hub's address, as the station names it; none where it names none.
    pub address: Option<String>,
    /// What is sent is not protected on the way (plain HTTP, as the station wants it).
    pub plain: bool,
    /// There is a network, and the hub answered last time.
    pub online: bool,
    /// Matters that have not reached the county.
    pub cases: usize,
    /// When the oldest of them was saved, wall clock, ms.
    pub oldest_ms: Option<i64>,
    /// Matters among them that it keeps and could not read.
    pub unread: usize,
    /// Matters that it has, without some of their recordings and photos.
    pub behind: usize,
    /// When the oldest of these recordings and photos were handed in, wall clock, ms.
    pub behind_ms: Option<i64>,
    /// Entries that it keeps and does not accept, the newest first, at most [`County::LISTED`].
    pub refused: Vec<Refusal>,
    /// How many there are.
    pub refusals: usize,
    /// What happened between the two that a technician should know.
    pub notes: Vec<Note>,
    /// Somebody must see to it now.
    pub alarm: Option<Alarm>,
    /// Entries of the journal that have not reached it.
    pub entries: u64,
    /// Answers, recordings and photos that have not, by the record: also what waits for its turn or was set aside.
    pub files: usize,
    /// Bytes of them.
    pub file_bytes: u64,
    /// The hub's last answer, wall clock, ms.
    pub last_contact_ms: Option<i64>,
    /// What went wrong last; none once it went well.
    pub trouble: Option<Trouble>,
    /// Seconds until the next try.
    pub next_try_s: Option<u64>,
    /// A stick is in the machine.
    pub stick: bool,
    /// Something is being done: a bag is written, the hub is asked.
    pub busy: bool,
}

impl County {
    /// How many refused entries are listed one by one.
    pub const LISTED: usize = 12;
}

/// An entry that the county keeps and does not accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The ten digits of its matter, with gaps.
    pub matter: Option<String>,
    /// The matter itself, not something that was said of it later.
    pub whole: bool,
    /// Somebody must still see to it.
    pub open: bool,
    /// The hub's number of the reason.
    pub code: u16,
    /// The hub's own words, for a reason that this program does not know.
    pub words: Option<String>,
}

/// What happened between machine and county.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The hub had lost entries that it had acknowledged; they went again.
    HubLost {
        /// When that was seen, wall clock, ms.
        at_ms: i64,
        /// It had said that they were safe.
        was_safe: bool,
    },
    /// The hub would not take a file; it is tried again at the next start.
    FileSetAside {
        /// The HTTP status of its answer.
        status: u16,
    },
}

impl Note {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Note::HubLost { .. } => "CTY-001",
            Note::FileSetAside { .. } => "CTY-002",
        }
    }
}

/// Whether machine and county know each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Bond {
    /// The station names no hub: everything stays here.
    #[default]
    None,
    /// They do not know each other yet.
    Strangers,
    /// The hub has answered; two people compare six words.
    Comparing(Box<Comparing>),
    /// The hub waits for its official.
    Waiting,
    /// They do.
    Known,
}

/// What two people compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparing {
    /// The hub's name.
    pub hub: String,
    /// Six words, by language tag.
    pub words: Vec<(String, [String; 6])>,
}

/// Why somebody must see to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// A matter whose day is near has not reached the county.
    Urgent,
    /// One has been waiting for more than a day.
    Old,
    /// Hub and machine contradict each other: nothing goes until somebody has looked.
    Stopped,
    /// The hub does not take this machine's word.
    Refused,
    /// It could not read a matter, or what was said of one: that does not pass by itself.
    Unread,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Of what kind.
    pub kind: TroubleKind,
    /// More, for the technician: the network's own words, or a code.
    pub words: String,
}

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Try now.
    TryNow,
    /// Enrol with this code of the hub.
    Enrol(Personal<String>),
    /// The words are the same, or not.
    Compared(bool),
    /// Write everything that the county lacks on the stick.
    WriteBag,
    /// Read the county's answer from the stick.
    ReadBag,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The hub was asked, and answered.
    Answered,
    /// It was asked, and there was no answer.
    NoAnswer,
    /// The code is not known, was used, or is too old.
    BadCode,
    /// The hub said no.
    NotTaken,
    /// There is no stick.
    NoStick,
    /// The bag is on the stick, whole, and the stick may go.
    Written {
        /// Matters in it.
        cases: usize,
    },
    /// The answer was read: so many matters have reached the county by it.
    Read {
        /// Matters.
        cases: usize,
    },
    /// There is no answer for this machine on the stick.
    NoBag,
    /// What is on the stick is damaged, or was changed: nothing of the damaged part was taken.
    BadBag(String),
    /// The stick could not be read or written.
    BadStick(String),
}
