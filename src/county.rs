//! How this machine and its county stand with each other, as far as a page shows it: data, so that a test can stand in.

use onedoor_domain::personal::Personal;
use onedoor_sync::driver::{DriverFault, Snag};
use onedoor_sync::engine::TroubleKind;
use onedoor_sync::wire::Reason;

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
    /// A bundle of the county's came whole and was not taken: who signed it is not believed here, or it is not for here.
    BundleRefused {
        /// The version of its content.
        version: String,
    },
}

impl Note {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Note::HubLost { .. } => "CTY-011",
            Note::FileSetAside { .. } => "CTY-012",
            Note::BundleRefused { .. } => "CTY-013",
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
    /// A token was taken from the stick; the hub has not answered yet.
    Carried,
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
    /// Machine and hub cannot talk, and waiting does not help.
    Lasting,
    /// It could not read a matter, or what was said of one: that does not pass by itself.
    Unread,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Of what kind.
    pub kind: Kind,
    /// Its stable code, for whoever is called.
    pub code: String,
}

/// Kinds of trouble, by who has to do what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No way there, or it broke.
    Unreachable,
    /// The address's name could not be resolved.
    Unresolved,
    /// Nobody listens there.
    NobodyThere,
    /// Too little moves.
    Slow,
    /// The hub is busy, or being mended.
    Busy,
    /// Something else answered: a router's log-in page, another server.
    NotTheHub,
    /// Its certificate is not believed.
    Certificate,
    /// Its certificate is not valid now, or the clock here is wrong.
    CertificateTime,
    /// Who answers there is not who the address names.
    WrongAddress,
    /// Its key is not the one that stands in the station's bundle.
    OtherKey,
    /// The station's words about its hub cannot be used.
    Setup,
    /// Of those: it would have to be spoken to unprotected.
    SetupPlain,
    /// The hub does not know this kiosk, or does not any more.
    Unknown,
    /// Their programs do not fit.
    Version,
    /// Hub and kiosk contradict each other.
    Frozen,
    /// The hub refused what was sent.
    Refused,
    /// Its answer could not be understood.
    Odd,
    /// Its answer could not be kept.
    NotKept,
    /// The record here could not be read.
    Journal,
}

impl Kind {
    /// True where the next try may succeed though nobody did anything.
    pub const fn mends_itself(self) -> bool {
        matches!(
            self,
            Kind::Unreachable | Kind::Unresolved | Kind::NobodyThere | Kind::Slow | Kind::Busy
        )
    }
}

impl Trouble {
    fn of(kind: Kind, code: &str) -> Self {
        Trouble {
            kind,
            code: code.to_owned(),
        }
    }

    /// No request came through, for this reason.
    pub fn of_line(snag: Snag) -> Self {
        let kind = match snag {
            Snag::Authority => Kind::Certificate,
            Snag::Time => Kind::CertificateTime,
            Snag::OtherName | Snag::NoTls => Kind::WrongAddress,
            Snag::Unresolved => Kind::Unresolved,
            Snag::NobodyThere => Kind::NobodyThere,
            Snag::Slow => Kind::Slow,
            Snag::Broken => Kind::Unreachable,
        };
        Trouble::of(kind, snag.code())
    }

    /// Something answered with this HTTP status, and nothing that can be read.
    pub fn of_status(status: u16) -> Self {
        let kind = match status {
            408 | 429 | 500..=599 => Kind::Busy,
            _ => Kind::NotTheHub,
        };
        Trouble::of(kind, &format!("HTTP {status}"))
    }

    /// The hub, or who reads its answer here, refused for this reason.
    pub fn of_refusal(reason: Reason) -> Self {
        let kind = match reason {
            Reason::Busy | Reason::Behind | Reason::NotProcessed => Kind::Busy,
            Reason::UnknownDevice | Reason::BadSignature => Kind::Unknown,
            Reason::UnknownVersion | Reason::UnknownDictionary | Reason::UnknownAlgorithm => {
                Kind::Version
            }
            Reason::Fork | Reason::Frozen => Kind::Frozen,
            _ => Kind::Refused,
        };
        Trouble::of(kind, &format!("SYN-{:03}", reason.code()))
    }

    /// What an answer to an enrolment was refused for here.
    pub fn of_answer(reason: Reason) -> Self {
        let kind = match reason {
            Reason::BadSignature => Kind::OtherKey,
            Reason::UnknownVersion | Reason::UnknownAlgorithm => Kind::Version,
            _ => Kind::Odd,
        };
        Trouble::of(kind, &format!("SYN-{:03}", reason.code()))
    }

    /// What the station says of its hub cannot be used.
    pub fn of_setup(fault: &DriverFault) -> Self {
        let kind = match fault {
            DriverFault::PlainHttp => Kind::SetupPlain,
            _ => Kind::Setup,
        };
        let words = fault.to_string();
        Trouble::of(kind, words.split(':').next().unwrap_or_default())
    }

    /// The engine's word for it.
    pub fn of_sync(kind: TroubleKind, snag: Option<Snag>) -> Self {
        match kind {
            TroubleKind::Unreachable => Trouble::of_line(snag.unwrap_or(Snag::Broken)),
            TroubleKind::TooSlow => Trouble::of_line(Snag::Slow),
            TroubleKind::Answered(status) => Trouble::of_status(status),
            TroubleKind::Refused(reason) => Trouble::of_refusal(reason),
            TroubleKind::Odd => Trouble::of(Kind::Odd, "CTY-021"),
            TroubleKind::NotKept => Trouble::of(Kind::NotKept, "CTY-022"),
            TroubleKind::Journal => Trouble::of(Kind::Journal, "CTY-023"),
        }
    }
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
    /// It was asked, and there was no answer; the machine tries again by itself.
    NoAnswer,
    /// It was asked, and there was no answer; whoever asked may ask again.
    AskAgain,
    /// It was asked, and there can be no answer until somebody does something.
    Lasting,
    /// The code is not known, was used, or is too old.
    BadCode,
    /// The code is for another station.
    CodeElsewhere,
    /// Too many wrong codes: later.
    Later,
    /// The hub said no, or somebody here did.
    NotTaken(No),
    /// The station's bundle lacks the hub's key, without which no token is believed.
    NoHubKey,
    /// There is no token for this station on the stick.
    NoToken,
    /// There are tokens on it, for other stations.
    TokenElsewhere,
    /// The hub does not know the token, or it was used or is too old.
    TokenRefused,
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

/// Why two do not come to know each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum No {
    /// The words differ.
    Words,
    /// An official said no, or took the machine out of use.
    Official,
    /// The hub knows this machine under another key.
    OtherKey,
}

impl News {
    /// The stable code, where whoever is called needs one.
    pub fn code(&self) -> Option<&str> {
        Some(match self {
            News::NoHubKey => "CTY-001",
            News::NoToken => "CTY-002",
            News::TokenElsewhere => "CTY-003",
            News::TokenRefused => "CTY-004",
            News::BadCode => "CTY-005",
            News::CodeElsewhere => "CTY-006",
            News::Later => "CTY-007",
            News::NotTaken(No::Words) => "CTY-008",
            News::NotTaken(No::Official) => "CTY-009",
            News::NotTaken(No::OtherKey) => "CTY-010",
            News::BadBag(code) | News::BadStick(code) => code,
            News::Answered
            | News::NoAnswer
            | News::AskAgain
            | News::Lasting
            | News::NoStick
            | News::Written { .. }
            | News::Read { .. }
            | News::NoBag => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onedoor_sync::driver::{Authority, HttpHub, HubAddress};

    #[test]
    fn what_waiting_does_not_mend_is_told_from_what_it_does() {
        let setup = |url: &str| {
            HttpHub::new(&HubAddress {
                url: url.to_owned(),
                authority: Authority::PlainHttp { anywhere: false },
            })
            .unwrap_err()
        };
        for (trouble, kind, code) in [
            (
                Trouble::of_line(Snag::Authority),
                Kind::Certificate,
                "DRV-006",
            ),
            (Trouble::of_line(Snag::NoTls), Kind::WrongAddress, "DRV-009"),
            (Trouble::of_status(302), Kind::NotTheHub, "HTTP 302"),
            (
                Trouble::of_refusal(Reason::UnknownDevice),
                Kind::Unknown,
                "SYN-016",
            ),
            (Trouble::of_refusal(Reason::Frozen), Kind::Frozen, "SYN-021"),
            (
                Trouble::of_answer(Reason::BadSignature),
                Kind::OtherKey,
                "SYN-009",
            ),
            (
                Trouble::of_setup(&setup("http://hub.example")),
                Kind::SetupPlain,
                "DRV-002",
            ),
            (
                Trouble::of_setup(&setup("hub.example")),
                Kind::Setup,
                "DRV-001",
            ),
        ] {
            assert_eq!((trouble.kind, trouble.code.as_str()), (kind, code));
            assert!(!kind.mends_itself(), "{kind:?}");
        }
        for trouble in [
            Trouble::of_sync(TroubleKind::Unreachable, None),
            Trouble::of_sync(TroubleKind::Unreachable, Some(Snag::NobodyThere)),
            Trouble::of_sync(TroubleKind::TooSlow, None),
            Trouble::of_status(503),
            Trouble::of_refusal(Reason::Busy),
        ] {
            assert!(trouble.kind.mends_itself(), "{trouble:?}");
        }
    }
}
