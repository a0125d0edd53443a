//! Why a batch was not taken, as stable numbers.

use std::fmt;

use onedoor_domain::event::ChainHash;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $words:literal;)*) => {
        /// Why bytes were refused. The numbers are part of the format and never change their meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Reason {
            $($(#[$doc])* $name = $code,)*
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Reason] = &[$(Reason::$name),*];

            /// The reason with this number.
            pub fn from_code(code: u16) -> Option<Self> {
                match code { $($code => Some(Reason::$name),)* _ => None }
            }

            /// In words, for the technician's page.
            pub fn words(self) -> &'static str {
                match self { $(Reason::$name => $words,)* }
            }
        }
    };
}

reasons! {
    /// Longer than [`super::MAX_RECEIVED`].
    TooLong = 1, "what came was too long";
    /// The compressed bytes were damaged.
    NotCompressed = 2, "what came could not be decompressed";
    /// Longer than [`super::MAX_UNPACKED`] once decompressed.
    TooLarge = 3, "what came was too large once decompressed";
    /// Not one deterministic CBOR item.
    NotCbor = 4, "what came was not in the agreed encoding";
    /// The right encoding, with the wrong parts in it.
    Malformed = 5, "what came did not have the right parts";
    /// A version of the format that is not known.
    UnknownVersion = 6, "the other side spoke a version that is not known here";
    /// Compressed with a dictionary that is not known.
    UnknownDictionary = 7, "the other side used a dictionary that is not known here";
    /// Signed in a way that is not known.
    UnknownAlgorithm = 8, "the signature was of a kind that is not known here";
    /// The signature does not fit the device's key.
    BadSignature = 9, "the signature did not fit";
    /// More than [`super::MAX_EVENTS`] events, [`super::MAX_BLOBS`] blobs or [`super::MAX_ITEMS`] items.
    TooMany = 10, "more came at once than was agreed";
    /// Numbers do not follow one another.
    NotInOrder = 11, "the events did not follow one another";
    /// The events do not lead from `h_prev` to `h_last`.
    BrokenChain = 12, "the chain of the events was broken";
    /// An event belongs to another kiosk, epoch or place.
    WrongPlace = 13, "an event stood in the wrong place";
    /// An event cannot be read; `at` says which. Sent again with that event marked opaque, the batch is taken.
    Undecodable = 14, "an event could not be read";
    /// The hub holds another event under the same number: two kiosks with one record. A person must look.
    Fork = 15, "the hub holds another event under the same number";
    /// The hub does not know this kiosk.
    UnknownDevice = 16, "the hub did not know this kiosk";
    /// The hub could not process this batch though it is well itself; halved, the cause is found.
    NotProcessed = 17, "the hub could not process what came";
    /// The hub holds less than the kiosk thinks: it wants the events from `at` on, and `h` is the link before.
    Behind = 18, "the hub lacked earlier events";
    /// The hub is busy or its database is away; nothing is wrong with the batch.
    Busy = 19, "the hub was busy";
    /// A sealed blob is too long or not of the right form.
    BadBlob = 20, "a sealed answer did not have the right form";
    /// The stream is frozen since a fork was found, until a person has looked.
    Frozen = 21, "the hub has frozen this record until a person has looked";
}

impl Reason {
    /// The number.
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// True where the content of the batch is the cause and halving it finds the event that is.
    pub const fn is_about_content(self) -> bool {
        matches!(
            self,
            Reason::NotCbor
                | Reason::Malformed
                | Reason::Undecodable
                | Reason::NotProcessed
                | Reason::WrongPlace
                | Reason::BadBlob
        )
    }

    /// True where smaller batches help.
    pub const fn is_about_size(self) -> bool {
        matches!(self, Reason::TooLong | Reason::TooLarge | Reason::TooMany)
    }
}

/// `SYN-014`, and what it means.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SYN-{:03}: {}", self.code(), self.words())
    }
}

impl std::error::Error for Reason {}

/// A refusal as it travels. Nothing of the batch was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// The event that is meant, where one is: the unreadable one, the forked one, or the first that the hub lacks.
    pub at: Option<u64>,
    /// The hub's link just before `at`.
    pub h: Option<ChainHash>,
    /// Seconds to wait before the next try.
    pub retry_after_s: Option<u32>,
    /// The hub's clock, milliseconds since 1970.
    pub hub_time_ms: Option<i64>,
}

impl Refusal {
    /// A refusal without particulars.
    pub const fn new(reason: Reason) -> Self {
        Refusal {
            reason,
            at: None,
            h: None,
            retry_after_s: None,
            hub_time_ms: None,
        }
    }

    /// A refusal because of one event.
    pub const fn at(reason: Reason, seq: u64) -> Self {
        Refusal {
            at: Some(seq),
            ..Refusal::new(reason)
        }
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Refusal::new(reason)
    }
}
