//! The far end of our column: the hub's own program over SQLite or PostgreSQL, started for this.

use std::net::SocketAddr;

use anyhow::{Context, Result, anyhow};
use onedoor_domain::id::DeviceId;
use onedoor_harness::hub as process;
use onedoor_harness::postgres::Postgres;
use onedoor_hub::{Keys, db};
use onedoor_sync::seal::HubKey;
use onedoor_sync::wire::PublicKey;
use tokio::runtime::Runtime;

/// A hub that kiosks can be connected to.
pub struct Hub {
    /// Where it is.
    pub address: SocketAddr,
    /// What answers are sealed to.
    pub sealing: HubKey,
    /// What it is, for the table.
    pub what: &'static str,
    /// The same database, to enrol and to count in.
    beside: onedoor_hub::Hub,
    runtime: Runtime,
    // In this order: the program first, then what it stands on.
    _process: process::Hub,
    _cluster: Option<Postgres>,
    _folder: tempfile::TempDir,
}

impl Hub {
    /// Starts one over SQLite.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let database = format!("sqlite:{}", folder.path().join("hub.db").display());
        Self::over(folder, &database, None, "onedoor-hub over SQLite")
    }

    /// Starts one over a PostgreSQL of its own; `None` where PostgreSQL is not installed.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_over_postgres() -> Result<Option<Self>> {
        let Some(cluster) = Postgres::start()? else {
            return Ok(None);
        };
        let database = cluster.database("hub")?;
        let folder = tempfile::tempdir()?;
        let what = "onedoor-hub over PostgreSQL";
        Self::over(folder, &database, Some(cluster), what).map(Some)
    }

    fn over(
        folder: tempfile::TempDir,
        database: &str,
        cluster: Option<Postgres>,
        what: &'static str,
    ) -> Result<Self> {
        let process = process::Hub::start_with(folder.path(), database, "127.0.0.1:0", &[])?;
        let address = process
            .url()
            .trim_end_matches('/')
            .strip_prefix("http://")
            .and_then(|address| address.parse().ok())
            .context("the hub did not say where it serves")?;
        let runtime = Runtime::new()?;
        let keys = Keys::read(&folder.path().join("hub.key"))?;
        let sealing = keys.current()?.clone();
        let db = runtime.block_on(db::open(database))?;
        Ok(Hub {
            address,
            sealing,
            what,
            beside: onedoor_hub::Hub::new(db, keys, "bench"),
            runtime,
            _process: process,
            _cluster: cluster,
            _folder: folder,
        })
    }

    /// Runs something to its end, from within another runtime too.
    fn wait<T: Send>(&self, work: impl Future<Output = T> + Send) -> Result<T> {
        std::thread::scope(|scope| scope.spawn(|| self.runtime.block_on(work)).join())
            .map_err(|_| anyhow!("a thread panicked"))
    }

    /// Enrols a kiosk, at a station of its own: what its neighbours would be told of each case is not measured here.
    ///
    /// # Errors
    /// When the hub refuses.
    pub fn enrol(&self, device: DeviceId, key: &PublicKey) -> Result<()> {
        let station = format!("990101-{device}");
        let work = self.beside.enrol_unasked(device, key.to_bytes(), &station);
        Ok(self.wait(work)??)
    }

    /// Events that it holds.
    ///
    /// # Errors
    /// When its database cannot be read.
    pub fn events(&self) -> Result<usize> {
        let devices = self.wait(self.beside.devices())??;
        Ok(devices.iter().map(|device| device.events as usize).sum())
    }

    /// Events that it holds and did not accept.
    ///
    /// # Errors
    /// When its database cannot be read.
    pub fn rejected(&self) -> Result<usize> {
        Ok(self.wait(self.beside.rejected())??.len())
    }
}
