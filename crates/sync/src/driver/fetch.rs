//! Bundles, piece by piece, when nothing else is under way.

use std::time::Duration;

use super::{HttpHub, Record};
use crate::engine::{Failure, FileName};
use crate::mail::BundleMail;

/// One piece, in bytes: about 16 s of a 64 kbit/s line, so that a case never waits long behind it.
const PIECE: u64 = 128 * 1024;
/// How long to wait after a failure, at first and at most.
const FIRST: Duration = Duration::from_secs(10);
const LAST: Duration = Duration::from_secs(15 * 60);

/// How the fetching stands.
#[derive(Debug, Default)]
pub(super) struct Fetch {
    failures: u32,
    /// Milliseconds (monotonic) before which nothing is asked.
    pub not_before: u64,
}

/// A piece that is to be asked for.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub bundle: BundleMail,
    pub offset: u64,
    length: usize,
}

impl Fetch {
    pub fn next(&self, now_ms: u64, record: &dyn Record) -> Option<Wanted> {
        if now_ms < self.not_before {
            return None;
        }
        let (bundle, offset) = record.wanted()?;
        let length = usize::try_from(bundle.length.checked_sub(offset)?.min(PIECE)).ok()?;
        (length > 0).then_some(Wanted {
            bundle,
            offset,
            length,
        })
    }

    /// A piece landed, or did not. `dice` is a random number.
    pub fn landed(
        &mut self,
        now_ms: u64,
        wanted: &Wanted,
        outcome: Result<Vec<u8>, Failure>,
        record: &dyn Record,
        dice: u64,
    ) {
        let went_well = match outcome {
            Ok(bytes) if !bytes.is_empty() && bytes.len() <= wanted.length => {
                match record.piece_came(&wanted.bundle, wanted.offset, &bytes) {
                    Ok(()) => true,
                    Err(code) => {
                        tracing::warn!(event = "sync.piece_not_kept", code);
                        false
                    }
                }
            }
            _ => false,
        };
        if went_well {
            self.failures = 0;
            return;
        }
        let ceiling = FIRST.saturating_mul(1 << self.failures.min(10)).min(LAST);
        self.failures += 1;
        let most = u64::try_from(ceiling.as_millis()).unwrap_or(u64::MAX);
        self.not_before = now_ms + 1000 + dice % most.max(1);
    }
}

impl Wanted {
    pub async fn ask(&self, hub: &HttpHub) -> Result<Vec<u8>, Failure> {
        hub.piece(FileName(self.bundle.hash), self.offset, self.length)
            .await
    }
}
