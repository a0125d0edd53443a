//! The engine on a real network: HTTP by reqwest, TLS by rustls with a pinned authority.
//!
//! [`drive`] runs one kiosk's engine until it is told to stop: it carries requests, commits what came back by way of
//! [`Record`], fetches bundles in pieces when nothing else is under way, and tells how it stands. One thread of its own,
//! for [`Record`] blocks while it commits; that is when nothing else is to do.

mod fetch;
mod http;
mod run;
mod snag;

pub use http::{Authority, DriverFault, HttpHub, HubAddress};
pub use run::{Order, Orders, Told, drive, orders};
pub use snag::Snag;

use crate::engine::{Alarm, Apply, FileName, FileWaiting, Journal};
use crate::mail::{BundleMail, Mail};

/// What the driver needs of the kiosk's record besides its journal.
pub trait Record: Journal {
    /// Commits this in one transaction, and the items of its page as they were understood, in the same order. Files
    /// whose events were acked by it are given back; they are sent next.
    ///
    /// # Errors
    /// A stable code, for the log; nothing of it was kept then.
    fn apply(&self, apply: &Apply, mail: &[Mail]) -> Result<Vec<FileWaiting>, String>;

    /// A file has arrived whole.
    ///
    /// # Errors
    /// A stable code, for the log: it is sent once more at the next start.
    fn arrived(&self, file: FileName) -> Result<(), String>;

    /// The bundle that is to be fetched, and how many bytes of it are here.
    fn wanted(&self) -> Option<(BundleMail, u64)>;

    /// A piece of it came. Whoever keeps the last one checks the whole, and does not want it at once again
    /// whatever it is.
    ///
    /// # Errors
    /// A stable code, for the log: it is asked for again later.
    fn piece_came(&self, bundle: &BundleMail, offset: u64, bytes: &[u8]) -> Result<(), String>;

    /// A person should know.
    fn alarm(&self, alarm: Alarm);

    /// How it stands now: after each step in which something happened.
    fn told(&self, told: &Told);
}
