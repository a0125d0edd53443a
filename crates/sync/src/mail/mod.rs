//! What a mailbox item says. Each kind is a CBOR map from small numbers to values, as the bodies of events are: a
//! version gains fields only at new numbers, which older readers skip.
//!
//! An item that cannot be read is no reason to stop: it is kept raw ([`Mail::Other`]) and the ones behind it are
//! applied, so that a newer hub never blocks an older kiosk.

mod case;
mod keys;
mod residents;

pub use case::{CaseMail, CaseText, FactorHash, Included, Owner, RejectedMail, TextRole};
pub use keys::{BundleKind, BundleMail, HubKeys};
pub use residents::{ResidentRow, ResidentsMail};

use minicbor::{Decode, Encode};

use crate::wire::MailItem;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident ( $body:ty ) = $name:literal @ $version:literal;)*) => {
        /// One item of the mailbox, understood.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Mail {
            $($(#[$doc])* $variant(Box<$body>),)*
            /// A kind, a version or a body that this program does not understand.
            Other {
                /// Its kind.
                kind: String,
                /// Its version.
                version: u16,
            },
        }

        impl Mail {
            /// Every known kind with its version.
            pub const KINDS: &'static [(&'static str, u16)] = &[$(($name, $version)),*];

            /// Reads an item.
            pub fn read(item: &MailItem) -> Self {
                let other = || Mail::Other { kind: item.kind.clone(), version: item.version };
                match (item.kind.as_str(), item.version) {
                    $(($name, $version) => minicbor::decode::<$body>(&item.body)
                        .map_or_else(|_| other(), |body| Mail::$variant(Box::new(body))),)*
                    _ => other(),
                }
            }

            /// Kind, version and body as they are put into a mailbox; `None` for what is not understood, which nobody
            /// writes.
            pub fn write(&self) -> Option<(&'static str, u16, Vec<u8>)> {
                match self {
                    $(Mail::$variant(body) => Some(($name, $version, to_vec(&**body))),)*
                    Mail::Other { .. } => None,
                }
            }
        }

        $(impl From<$body> for Mail {
            fn from(body: $body) -> Self {
                Mail::$variant(Box::new(body))
            }
        })*
    };
}

kinds! {
    /// How a case stands, after all that the hub has heard of it.
    Case(CaseMail) = "case" @ 1;
    /// An event was kept but not accepted; what a person should know about it.
    Rejected(RejectedMail) = "rejected" @ 1;
    /// Rows of a register for this station.
    Residents(ResidentsMail) = "residents" @ 1;
    /// The keys of the hub from now on.
    HubKeys(HubKeys) = "hub_keys" @ 1;
    /// A signed bundle is there to be fetched.
    Bundle(BundleMail) = "bundle" @ 1;
}

fn to_vec<T: Encode<()>>(body: &T) -> Vec<u8> {
    // Writing to memory cannot fail.
    minicbor::to_vec(body).unwrap_or_default()
}

/// A value that says something about a person: never shown by `Debug`, on the wire as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Private(pub onedoor_domain::personal::Personal<String>);

impl Private {
    /// The value itself.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl From<&str> for Private {
    fn from(text: &str) -> Self {
        Private(text.into())
    }
}

impl<C> Encode<C> for Private {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(self.0.expose())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Private {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Ok(Private(d.str()?.into()))
    }
}
