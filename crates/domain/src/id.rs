//! Identities. Randomness is passed in: nothing here draws a random number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// A text or number was not an identity of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a {0}")]
pub struct NotAnId(&'static str);

macro_rules! id63 {
    ($(#[$doc:meta])* $name:ident, $word:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u64", into = "u64")]
        pub struct $name(u64);

        impl $name {
            /// From eight random bytes; the top bit is dropped, so that it fits a signed SQL integer.
            pub const fn from_random(random: [u8; 8]) -> Self {
                $name(u64::from_be_bytes(random) & (i64::MAX as u64))
            }

            /// The number, below 2^63.
            pub const fn get(self) -> u64 {
                self.0
            }

            /// The number as SQL keeps it.
            pub const fn to_sql(self) -> i64 {
                self.0 as i64
            }

            /// From the number that SQL kept.
            pub const fn from_sql(value: i64) -> Option<Self> {
                if value < 0 { None } else { Some($name(value as u64)) }
            }
        }

        impl TryFrom<u64> for $name {
            type Error = NotAnId;
            fn try_from(value: u64) -> Result<Self, NotAnId> {
                i64::try_from(value).map(|_| $name(value)).map_err(|_| NotAnId($word))
            }
        }

        impl From<$name> for u64 {
            fn from(id: $name) -> u64 {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:016x}", self.0)
            }
        }
    };
}

id63!(
    /// One kiosk: a random 63-bit number, minted once when its record is created.
    DeviceId,
    "device id"
);
id63!(
    /// One unbroken life of a kiosk's record: minted at random at first start and at every restore, so that a
    /// rolled-back disk never uses an event number twice.
    Epoch,
    "epoch"
);

/// Place of an event in its epoch: 1, 2, 3, … without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Seq(u64);

impl Seq {
    /// The first event of an epoch.
    pub const FIRST: Seq = Seq(1);

    /// The one after this.
    pub const fn next(self) -> Seq {
        Seq(self.0 + 1)
    }

    /// The number, from 1.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number as SQL keeps it.
    pub const fn to_sql(self) -> i64 {
        self.0 as i64
    }

    /// From the number that SQL kept.
    pub const fn from_sql(value: i64) -> Option<Self> {
        if value < 1 {
            None
        } else {
            Some(Seq(value as u64))
        }
    }
}

impl TryFrom<u64> for Seq {
    type Error = NotAnId;
    fn try_from(value: u64) -> Result<Self, NotAnId> {
        // One below the largest SQL integer, so that `next` always fits one too.
        if (1..i64::MAX as u64).contains(&value) {
            Ok(Seq(value))
        } else {
            Err(NotAnId("sequence number"))
        }
    }
}

impl From<Seq> for u64 {
    fn from(seq: Seq) -> u64 {
        seq.0
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Name of one event, unique in the world: which kiosk, which life of its record, which place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventId {
    /// The kiosk that wrote it.
    pub device: DeviceId,
    /// The life of its record.
    pub epoch: Epoch,
    /// The place in that life.
    pub seq: Seq,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.device, self.epoch, self.seq)
    }
}

macro_rules! id128 {
    ($(#[$doc:meta])* $name:ident, $word:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The sixteen bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// From sixteen bytes that were such an id before.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                $name(Uuid::from_bytes(bytes))
            }

            /// From a slice of sixteen bytes.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, NotAnId> {
                <[u8; 16]>::try_from(bytes).map(Self::from_bytes).map_err(|_| NotAnId($word))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Uuid::try_parse(text).map($name).map_err(|_| NotAnId($word))
            }
        }
    };
}

id128!(
    /// One resident's one matter: a UUIDv7 (RFC 9562 §5.7). People see and say the ten digits of
    /// [`crate::code::CaseCode`] instead.
    CaseId,
    "case id"
);
id128!(
    /// Answers being given, not yet a case: 16 random bytes.
    DraftId,
    "draft id"
);
id128!(
    /// Answers or a file kept outside the hash chain: 16 random bytes; of a frozen instance those of its draft.
    BlobId,
    "blob id"
);
id128!(
    /// One run of paper through the printer that was asked for: 16 random bytes.
    SlipJobId,
    "slip job id"
);

impl CaseId {
    /// A new UUIDv7 from the wall clock (ms since 1970, 48 bits used; a wrong clock only spoils sorting) and ten
    /// random bytes.
    pub fn new(wall_ms: i64, random: [u8; 10]) -> Self {
        let millis = u64::try_from(wall_ms).unwrap_or(0) & 0xffff_ffff_ffff;
        CaseId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}

impl DraftId {
    /// From sixteen random bytes (marked as a UUIDv4).
    pub fn from_random(random: [u8; 16]) -> Self {
        DraftId(uuid::Builder::from_random_bytes(random).into_uuid())
    }
}

impl BlobId {
    /// From sixteen random bytes (marked as a UUIDv4).
    pub fn from_random(random: [u8; 16]) -> Self {
        BlobId(uuid::Builder::from_random_bytes(random).into_uuid())
    }
}

impl SlipJobId {
    /// From sixteen random bytes (marked as a UUIDv4).
    pub fn from_random(random: [u8; 16]) -> Self {
        SlipJobId(uuid::Builder::from_random_bytes(random).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_id_fits_a_signed_sql_integer() {
        let id = DeviceId::from_random([0xff; 8]);
        assert_eq!(id.to_sql(), i64::MAX);
        assert_eq!(DeviceId::from_sql(id.to_sql()), Some(id));
        assert_eq!(DeviceId::from_sql(-1), None);
        assert!(Epoch::try_from(1u64 << 63).is_err());
    }

    #[test]
    fn seq_starts_at_one_and_never_overflows() {
        assert!(Seq::try_from(0).is_err());
        assert_eq!(Seq::FIRST.next().get(), 2);
        assert!(Seq::try_from(i64::MAX as u64).is_err());
    }

    #[test]
    fn a_case_id_is_a_uuid_v7_even_at_a_broken_clock() {
        for wall in [-1, 0, 1_760_000_000_000, i64::MAX] {
            let id = CaseId::new(wall, [7; 10]);
            let uuid = Uuid::from_bytes(*id.as_bytes());
            assert_eq!(uuid.get_version_num(), 7);
            assert_eq!(id.to_string().parse::<CaseId>().unwrap(), id);
        }
        assert!(CaseId::new(1, [0; 10]) < CaseId::new(2, [0; 10]));
    }
}
