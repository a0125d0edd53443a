//! A hub, an honest kiosk's place in it, and a stolen one's: enrolled, with its key in a stranger's hand.

use std::ffi::OsStr;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use onedoor_domain::id::CaseId;
use onedoor_harness::hub as process;
use onedoor_hub::load::{Dice, Writer, kiosk};
use onedoor_hub::{Hub, Keys, db};
use onedoor_sync::mailbag::{BagAddress, address};
use onedoor_sync::seal::HubKey;
use onedoor_sync::wire::{DeviceKey, Dictionary, MAX_UNPACKED, pack};

use super::arms::Arms;
use super::honest::Told;

const STATION: &str = "station-990101-01";

/// What a run stands on.
pub(super) struct Scene {
    pub hub: process::Hub,
    pub address: SocketAddr,
    pub arms: Arms,
    pub seals: HubKey,
    pub seed: u64,
    bags: BagAddress,
    folder: tempfile::TempDir,
}

impl Scene {
    pub(super) fn begin(seed: u64) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let hub = process::Hub::start(folder.path(), "127.0.0.1:0")?;
        let address = hub
            .url()
            .strip_prefix("http://")
            .and_then(|address| address.trim_end_matches('/').parse().ok())
            .context("the hub did not say where it serves")?;
        let keys = Keys::read(&folder.path().join("hub.key"))?;
        let (seals, bags) = (keys.current()?.clone(), keys.bag.address());
        let database = format!("sqlite:{}", folder.path().join("hub.db").display());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let beside = Hub::new(db::open(&database).await?, keys, "beside");
            for place in [HONEST, STOLEN] {
                let (writer, key) = kiosk(seed, place);
                let key = key.public().to_bytes();
                beside.enrol_unasked(writer.device, key, STATION).await?;
            }
            anyhow::Ok(())
        })?;
        let arms = Arms::new(seed, &seals)?;
        Ok(Scene {
            hub,
            address,
            arms,
            seals,
            seed,
            bags,
            folder,
        })
    }

    /// What the database holds against what was honestly sent; every difference in words.
    pub(super) fn count(&self, honest: &Told) -> Result<Vec<String>> {
        let connection = rusqlite::Connection::open_with_flags(
            self.folder.path().join("hub.db"),
            rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
        )?;
        let mut wrong = Vec::new();
        for (what, sql, expected) in [
            ("kiosks", "SELECT COUNT(*) FROM device", 2),
            ("streams", "SELECT COUNT(*) FROM stream", 1),
            ("events", "SELECT COUNT(*) FROM event", honest.events),
            (
                "the end of the stream",
                "SELECT MAX(seq) FROM stream",
                honest.events,
            ),
            ("forks", "SELECT COUNT(*) FROM fork", 0),
            ("blobs named", "SELECT COUNT(*) FROM blob", honest.blobs),
            (
                "sealed answers",
                "SELECT (SELECT COUNT(*) FROM blob WHERE sealed IS NOT NULL) + (SELECT COUNT(*) FROM file WHERE arrived_ms IS NOT NULL)",
                honest.blobs,
            ),
            (
                "pieces of files that did not arrive",
                "SELECT COUNT(*) FROM piece JOIN file USING (device, name) WHERE arrived_ms IS NULL",
                0,
            ),
            ("cases", "SELECT COUNT(*) FROM matter", honest.cases),
            (
                "codes used",
                "SELECT COUNT(*) FROM pass WHERE used_by IS NOT NULL",
                0,
            ),
        ] {
            let found: i64 = connection.query_row(sql, [], |row| row.get(0))?;
            if found.cast_unsigned() != expected {
                wrong.push(format!("{what}: {found} where {expected} were sent"));
            }
        }
        Ok(wrong)
    }

    pub(super) fn has_case(&self, case: CaseId) -> Result<bool> {
        let connection = rusqlite::Connection::open_with_flags(
            self.folder.path().join("hub.db"),
            rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
        )?;
        let sql = "SELECT COUNT(*) FROM matter WHERE case_id = ?1";
        let found: i64 = connection.query_row(sql, [case.as_bytes().to_vec()], |row| row.get(0))?;
        Ok(found == 1)
    }

    /// Has the hub's command line take mailbags with bombs, half ones, and noise; the most memory that it took, in MiB.
    pub(super) fn hostile_bags(&self) -> Result<f64> {
        let mut most: f64 = 0.0;
        let mut dice = Dice(self.seed);
        let bomb = zeros(64 * MAX_UNPACKED)?;
        let mut bag = address(Vec::new(), &self.bags)?;
        for dictionary in [Dictionary::None, Dictionary::V1] {
            bag.batch(dictionary, &pack(&vec![0; MAX_UNPACKED + 1], dictionary)?)?;
            bag.batch(dictionary, &pack(&vec![0; MAX_UNPACKED], dictionary)?)?;
        }
        bag.batch(Dictionary::None, &bomb)?;
        bag.batch(Dictionary::V1, &self.arms.stranger)?;
        bag.enrol(&dice.noise(4000))?;
        let whole = bag.finish()?;
        let mut garbage = address(Vec::new(), &self.bags)?;
        for _ in 0..2000 {
            garbage.batch(Dictionary::V1, &dice.noise(500))?;
        }
        let garbage = garbage.finish()?;
        let half = whole.get(..whole.len() / 2).unwrap_or_default().to_vec();
        for (name, bytes) in [
            ("bombs", whole),
            ("half", half),
            ("garbage", garbage),
            ("noise", dice.noise(100_000)),
        ] {
            let file = self.folder.path().join(format!("{name}.bag"));
            std::fs::write(&file, bytes)?;
            let (said, mib) = self.import(&file)?;
            ensure!(!said.contains("panicked"), "{name}: {said}");
            most = most.max(mib);
        }
        // A copy of a hub whose first row claims four gigabytes, and has many of them.
        let copy = self.folder.path().join("hub-bomb.odb");
        let claims: &[u8] = b"ONEDOORHUB1\0\xff\xff\xff\xff";
        let rows = std::io::repeat(0).take(512 * 1024 * 1024);
        std::fs::write(&copy, zstd::stream::encode_all(claims.chain(rows), 3)?)?;
        let restore = [OsStr::new("restore"), copy.as_os_str()];
        let (said, mib) = self.run("other.db", &restore)?;
        ensure!(said.contains("HUB-030"), "a bomb of a copy: {said}");
        Ok(most.max(mib))
    }

    fn import(&self, bag: &Path) -> Result<(String, f64)> {
        let answer = bag.with_extension("answer");
        self.run(
            "hub.db",
            &[
                OsStr::new("bag"),
                OsStr::new("import"),
                bag.as_os_str(),
                OsStr::new("--answer"),
                answer.as_os_str(),
            ],
        )
    }

    /// The hub's command line: what it said, and the most memory that it took, in MiB.
    fn run(&self, database: &str, arguments: &[&OsStr]) -> Result<(String, f64)> {
        let log = self.folder.path().join("command.log");
        let out = std::fs::File::create(&log)?;
        let database = self.folder.path().join(database);
        let mut child = Command::new(onedoor_harness::program("onedoor-hub")?)
            .arg("--database")
            .arg(format!("sqlite:{}", database.display()))
            .arg("--key")
            .arg(self.folder.path().join("hub.key"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()?;
        let mut most: f64 = 0.0;
        while child.try_wait()?.is_none() {
            // It may end just now.
            most = most.max(super::most_memory(child.id()).unwrap_or(0.0));
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok((std::fs::read_to_string(log)?, most))
    }
}

/// The honest kiosk's place in the seed.
pub(super) const HONEST: u64 = 1;
/// The stolen one's.
pub(super) const STOLEN: u64 = 2;

pub(super) fn played(seed: u64, place: u64) -> (Writer, DeviceKey) {
    kiosk(seed, place)
}

/// So many zeros, compressed as a stream that does not say how many, without the magic number.
pub(super) fn zeros(many: usize) -> Result<Vec<u8>> {
    use std::io::Write;
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 3)?;
    encoder.window_log(23)?;
    let block = [0; 64 * 1024];
    for _ in 0..many / block.len() {
        encoder.write_all(&block)?;
    }
    let frame = encoder.finish()?;
    Ok(frame.get(4..).unwrap_or_default().to_vec())
}
