//! Why a bundle is not opened.

use super::KeyId;

/// Why bytes are not a bundle that may be used. [`BundleError::code`] is stable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// `BND-001`: the bytes do not begin like a bundle.
    #[error("this file is not a bundle")]
    NotABundle,
    /// `BND-002`: the file ends before the bundle does.
    #[error("the bundle is cut off: {have} bytes of {need}")]
    Truncated {
        /// Bytes there are.
        have: u64,
        /// Bytes there should be, as far as they are known.
        need: u64,
    },
    /// `BND-003`: something was changed after signing.
    #[error("the bundle was changed after it was signed ({0})")]
    Changed(String),
    /// `BND-004`: the key is not one of those trusted here.
    #[error("the bundle is signed with key {0}, which is not trusted here")]
    UnknownKey(KeyId),
    /// `BND-005`: made for a newer kiosk.
    #[error("the bundle has format {found}; this kiosk reads up to {known}")]
    NewerVersion {
        /// Its format.
        found: u16,
        /// The newest format that is read.
        known: u16,
    },
    /// `BND-006`: larger than the limits.
    #[error("the bundle is too large: {0}")]
    TooLarge(String),
    /// `BND-007`: rightly signed, but its content cannot be read.
    #[error("the bundle is signed but cannot be read: {0}")]
    BadContent(String),
}

impl BundleError {
    /// The stable code, as a technician reads it.
    pub fn code(&self) -> &'static str {
        match self {
            BundleError::NotABundle => "BND-001",
            BundleError::Truncated { .. } => "BND-002",
            BundleError::Changed(_) => "BND-003",
            BundleError::UnknownKey(_) => "BND-004",
            BundleError::NewerVersion { .. } => "BND-005",
            BundleError::TooLarge(_) => "BND-006",
            BundleError::BadContent(_) => "BND-007",
        }
    }

    /// What a technician does about it.
    pub fn fix(&self) -> &'static str {
        match self {
            BundleError::NotABundle => "give the file that `onedoor bundle` wrote",
            BundleError::Truncated { .. } => {
                "copy it again, and take the stick out only when it has finished"
            }
            BundleError::Changed(_) => {
                "copy it again; if that does not help, do not use this bundle and tell who made it"
            }
            BundleError::UnknownKey(_) => {
                "use the county's own bundle, or enrol the kiosk with the county's key"
            }
            BundleError::NewerVersion { .. } => "update the kiosk first",
            BundleError::TooLarge(_) => "leave out large media",
            BundleError::BadContent(_) => {
                "make the bundle again with this version of `onedoor bundle`"
            }
        }
    }
}
