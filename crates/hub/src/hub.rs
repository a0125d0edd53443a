//! The hub as a whole: its database, its keys, and what it counts. It holds no state of its own: two processes over
//! one database are one hub.

use std::sync::Arc;

use onedoor_sync::mail::HubKeys;
use tokio::sync::Semaphore;

use crate::db::{Database, DbFault, Mode, Tx};
use crate::fault::Done;
use crate::keys::Keys;
use crate::metrics::Metrics;

/// Batches that are decompressed and checked at once.
const AT_ONCE: usize = 2;
/// Batches that were checked and wait to be written. Many short events make a hundred times more of rows than of bytes.
const WAITING: usize = 6;
/// What they may hold in memory together, in KiB: the largest one, or two that are not so large.
pub(crate) const UNPACKED_KIB: u32 = 24 * 1024;

/// A hub.
pub struct Hub {
    /// Its database.
    pub db: Arc<dyn Database>,
    /// Its keys.
    pub keys: Keys,
    /// Its name, by which a technician knows it.
    pub name: String,
    /// What it counts.
    pub metrics: Metrics,
    /// Lets only so many batches be checked at once.
    pub(crate) gate: Semaphore,
    /// Lets them hold only so much, in KiB.
    pub(crate) unpacked: Arc<Semaphore>,
    /// Lets only so many wait to be written.
    pub(crate) waiting: Arc<Semaphore>,
}

impl Hub {
    /// Over a database that was opened.
    pub fn new(db: Arc<dyn Database>, keys: Keys, name: impl Into<String>) -> Self {
        Hub {
            db,
            keys,
            name: name.into(),
            metrics: Metrics::default(),
            gate: Semaphore::new(AT_ONCE),
            unpacked: Arc::new(Semaphore::new(UNPACKED_KIB as usize)),
            waiting: Arc::new(Semaphore::new(WAITING)),
        }
    }

    /// The public keys as kiosks get them.
    ///
    /// # Errors
    /// `Credential` where there is no key for sealing.
    pub fn public_keys(&self) -> Done<HubKeys> {
        Ok(HubKeys {
            // A rotation adds one; nothing is ever taken away.
            serial: self.keys.sealing.len() as u64,
            signs: self.keys.public().to_bytes(),
            seals: self.keys.current()?.to_bytes(),
            bags: self.keys.bag.address().to_string(),
        })
    }

    /// Begins a transaction that changes something.
    pub(crate) async fn write(&self) -> Result<Box<dyn Tx>, DbFault> {
        self.db.begin(Mode::Write).await
    }

    /// Begins a transaction that reads.
    pub(crate) async fn read(&self) -> Result<Box<dyn Tx>, DbFault> {
        self.db.begin(Mode::Read).await
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub")
            .field("database", &self.db.kind())
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
