//! The county: a thread of its own that carries the journal there and the mailbox back, by network or by stick.
//!
//! It knows the record only as something to read from and to commit to; the pages know it only by [`crate::county::County`], which comes
//! whole whenever something of it changed.

mod adapter;
mod bag;
mod bond;
pub mod bundles;
mod network;
mod stick;
#[cfg(test)]
mod tests;
mod thread;

pub use stick::sticks;

use super::Tell;
use crate::county::Wish;
use crate::effect::Happening;
use onedoor_forms::station::HubSettings;
use onedoor_store::{DbKey, Store};
use onedoor_sync::driver::{Authority, HubAddress};
use onedoor_sync::wire::PublicKey;
use std::path::PathBuf;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// What the thread is told.
pub(super) enum Command {
    /// The record was opened, or opened again.
    Opened(Store),
    /// Staff wish something.
    Wish(Wish),
}

/// What the station says of its county.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The station's id.
    pub station: String,
    /// Where the hub is.
    pub address: Option<HubAddress>,
    /// The hub's own key, where the station names it.
    pub pinned: Option<PublicKey>,
    /// The line is slow or paid by volume.
    pub slow: bool,
    /// Languages in which six words are shown.
    pub languages: Vec<String>,
    /// The folder of a stick, where one is named; otherwise any removable medium that is mounted.
    pub stick: Option<PathBuf>,
    /// Where pieces of bundles are kept.
    pub data: PathBuf,
    /// Public keys of those who may sign bundles.
    pub trust: onedoor_forms::bundle::TrustedKeys,
}

impl Setting {
    /// Where the hub is, by the station's own words or, in development, by an address of its own.
    pub fn address(settings: Option<&HubSettings>, instead: Option<&str>) -> Option<HubAddress> {
        if let Some(url) = instead {
            return Some(HubAddress {
                url: url.to_owned(),
                authority: Authority::PlainHttp { anywhere: false },
            });
        }
        let settings = settings?;
        let authority = match &settings.authority {
            Some(pem) => Authority::Pinned(pem.clone().into_bytes()),
            None => Authority::PlainHttp {
                anywhere: settings.plain_http,
            },
        };
        Some(HubAddress {
            url: settings.url.clone(),
            authority,
        })
    }

    /// The hub's key from the station's 64 hex digits.
    pub fn pinned(settings: Option<&HubSettings>) -> Option<PublicKey> {
        let hex = settings?.key.as_deref()?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        PublicKey::from_bytes(&bytes).ok()
    }
}

/// The thread, and the way to it.
pub struct CountyRoad {
    commands: Option<UnboundedSender<Command>>,
    thread: Option<std::thread::JoinHandle<()>>,
    opened: bool,
}

impl std::fmt::Debug for CountyRoad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CountyRoad")
    }
}

impl CountyRoad {
    /// Starts the thread. `key` is the record's, of which the hub gets a copy that only it can open.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn open(setting: Setting, key: Option<DbKey>, tell: Tell) -> std::io::Result<Self> {
        if setting.address.is_none() {
            tell(Happening::County(Box::default()));
        }
        let (commands, inbox) = unbounded_channel();
        let thread = std::thread::Builder::new()
            .name("county".into())
            .spawn(move || thread::run(setting, key, inbox, &tell))?;
        Ok(CountyRoad {
            commands: Some(commands),
            thread: Some(thread),
            opened: false,
        })
    }

    /// Staff wish something.
    pub fn wish(&self, wish: Wish) {
        self.send(Command::Wish(wish));
    }

    /// The record is open: given once, until [`CountyRoad::closed`].
    pub fn record(&mut self, store: Option<&Store>) {
        if let (Some(store), false) = (store, self.opened) {
            self.opened = true;
            self.send(Command::Opened(store.clone()));
        }
    }

    fn send(&self, command: Command) {
        if let Some(commands) = &self.commands {
            // A thread that is gone has said so in the log.
            let _ = commands.send(command);
        }
    }
}

impl Drop for CountyRoad {
    /// The thread holds the record open: it goes first.
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
