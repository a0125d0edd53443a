//! Requests, as far as HTTP is concerned: method, path and headers, so that every driver and the hub mean the same.

use std::fmt;
use std::str::FromStr;

use crate::wire::{Media, Reason};

/// A sealed file by the BLAKE3 hash of its sealed bytes: what its path says, as 64 small hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName(pub [u8; 32]);

impl FileName {
    /// Of these sealed bytes.
    pub fn of(sealed: &[u8]) -> Self {
        FileName(*blake3::hash(sealed).as_bytes())
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for FileName {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Self, Reason> {
        let hash = blake3::Hash::from_hex(text).map_err(|_| Reason::Malformed)?;
        // Only small letters: one file has one path.
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(Reason::Malformed);
        }
        Ok(FileName(*hash.as_bytes()))
    }
}

/// A file that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileWaiting {
    /// Its name.
    pub file: FileName,
    /// Its length in bytes.
    pub length: u64,
    /// Proof that this kiosk sends it ([`crate::seal::FileTicket`]), as it goes into a header.
    pub ticket: String,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its number in this run; the answer is given back with it.
    pub id: u64,
    /// What is asked.
    pub call: Call,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// `POST /v1/sync`: a batch goes up, a reply comes down.
    Sync {
        /// Its media type, which is the answer's too.
        media: Media,
        /// The compressed batch.
        body: Vec<u8>,
    },
    /// `HEAD /v1/blob/{hash}`: how much of a file has arrived?
    FileHead {
        /// The file.
        file: FileName,
        /// Proof that this kiosk sends it.
        ticket: String,
    },
    /// `PATCH /v1/blob/{hash}`: the next piece of it.
    FilePatch {
        /// The file.
        file: FileName,
        /// Proof that this kiosk sends it.
        ticket: String,
        /// Where the piece belongs.
        offset: u64,
        /// Length of the whole file.
        length: u64,
        /// The piece.
        body: Vec<u8>,
    },
}

/// Header in which [`crate::seal::FileTicket`] travels.
pub const TICKET_HEADER: &str = "OneDoor-Ticket";

impl Call {
    /// The HTTP method.
    pub fn method(&self) -> &'static str {
        match self {
            Call::Sync { .. } => "POST",
            Call::FileHead { .. } => "HEAD",
            Call::FilePatch { .. } => "PATCH",
        }
    }

    /// The path at the hub.
    pub fn path(&self) -> String {
        match self {
            Call::Sync { .. } => "/v1/sync".to_owned(),
            Call::FileHead { file, .. } | Call::FilePatch { file, .. } => {
                format!("/v1/blob/{file}")
            }
        }
    }

    /// The headers besides those that every HTTP client writes; for files those of tus 1.0.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        match self {
            // The reply is of the request's media type: no `Accept` says it again.
            Call::Sync { media, .. } => vec![("Content-Type", media.to_string())],
            Call::FileHead { ticket, .. } => vec![
                ("Tus-Resumable", "1.0.0".to_owned()),
                (TICKET_HEADER, ticket.clone()),
            ],
            Call::FilePatch {
                ticket,
                offset,
                length,
                ..
            } => vec![
                ("Tus-Resumable", "1.0.0".to_owned()),
                ("Content-Type", "application/offset+octet-stream".to_owned()),
                ("Upload-Offset", offset.to_string()),
                ("Upload-Length", length.to_string()),
                (TICKET_HEADER, ticket.clone()),
            ],
        }
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        match self {
            Call::Sync { body, .. } | Call::FilePatch { body, .. } => body,
            Call::FileHead { .. } => &[],
        }
    }
}
