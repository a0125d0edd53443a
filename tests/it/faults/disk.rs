//! The record: locked, full, under a wrong key, damaged, older, newer.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;

use super::{Plugs, at_consent, closed, event, finish, logged, one_case, page, says, sentence};
use crate::place::{Driven, Place};
use crate::resident::{self, Hands, Resident};

mod migrations {
    refinery::embed_migrations!("crates/store/migrations");
}

/// The record as another program opens it, with the kiosk's own key.
fn raw(data: &Path) -> Result<Connection> {
    let key = std::fs::read_to_string(data.join("record.key"))?;
    let connection = Connection::open(data.join("record.db"))?;
    connection.execute_batch(&format!("PRAGMA key = \"x'{}'\"", key.trim()))?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// The kiosk opens by itself, and asks for whoever was interrupted.
fn opens(kiosk: &mut Driven) -> Result<()> {
    page(kiosk, "go on?", |page| page.page.starts_with("go-on")).map(drop)
}

/// Every text of the page that is up.
fn texts(kiosk: &mut Driven) -> Result<String> {
    let before = kiosk.0.events().len();
    kiosk.0.send(&serde_json::json!("read"))?;
    for _ in 0..100 {
        kiosk.0.next(Duration::from_millis(200))?;
        let mut news = kiosk.0.events()[before..].iter();
        if let Some(texts) = news.find(|event| event["event"] == "read") {
            return Ok(texts.to_string());
        }
    }
    anyhow::bail!("the page was not read")
}

/// Touches "language" until a step was not kept for this reason: each touch is written down.
fn until_not_kept(kiosk: &mut Driven, code: &str) -> Result<()> {
    for _ in 0..200 {
        kiosk.touch("language")?;
        std::thread::sleep(Duration::from_millis(20));
        while kiosk.0.next(Duration::ZERO)?.is_some() {}
        let mut events = kiosk.0.events().iter();
        if events.any(|event| event["event"] == "not_kept") {
            break;
        }
    }
    event(kiosk, "not_kept", code)?;
    // Back to the language in which the sentences are looked for.
    page(kiosk, "a page", |_| true)?;
    if kiosk.page()?.language != "zh-CN" {
        kiosk.touch("language")?;
    }
    Ok(())
}

#[test]
fn the_record_is_locked_by_another_program() -> Result<()> {
    let place = Place::new()?;
    let (mut kiosk, mut resident) = at_consent(&place, &Plugs::of(&place))?;
    let other = raw(&place.data())?;
    other.execute_batch("BEGIN IMMEDIATE")?;
    kiosk.touch("next")?;
    event(&mut kiosk, "not_saved", "STO-006")?;
    page(&mut kiosk, "the question once more", |page| {
        page.page == "consent"
    })?;
    let busy = sentence("say-store-busy")?;
    says(&mut kiosk, &[&busy])?;
    let spoken = format!("{:?}", kiosk.page()?.spoken);
    ensure!(spoken.contains(&busy), "the fault is not spoken: {spoken}");
    logged(&place, "STO-006")?;
    kiosk.touch("language")?;
    event(&mut kiosk, "not_kept", "STO-006")?;

    // The power goes with the lock still there: what was kept before is there.
    kiosk.0.kill()?;
    drop(other);
    let mut kiosk = Plugs::of(&place).start(&place)?;
    let back = resident::go_on(&mut kiosk, &mut resident, |page, _| {
        !page.page.starts_with("go-on") && page.page != "rest"
    })?;
    ensure!(back.page == "consent", "{} came back", back.page);
    finish(&mut kiosk, &mut resident)?;
    kiosk.0.kill()?;
    one_case(&place).map(drop)
}

/// Another program has it at the start: closed, and open by itself once that program is gone, with paper and clock.
#[test]
fn the_record_is_locked_when_the_kiosk_starts() -> Result<()> {
    let place = Place::new()?;
    let plugs = Plugs::of(&place);
    let (kiosk, mut resident) = at_consent(&place, &plugs)?;
    kiosk.0.kill()?;
    let other = raw(&place.data())?;
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")?;
    let mut kiosk = plugs.start(&place)?;
    closed(&mut kiosk, &place, "STO-006")?;
    drop(other);
    opens(&mut kiosk)?;
    // It is looked at every two seconds whether a time server has set the clock.
    let doubt = sentence("clock-wrong")?;
    while super::read(&mut kiosk)?.contains(&doubt) {
        kiosk.wait()?;
    }
    finish(&mut kiosk, &mut resident)?;
    event(&mut kiosk, "printed", "")?;
    kiosk.0.kill()?;
    let case = one_case(&place)?;
    let slips = crate::record::Record::open(&place.data())?.slips(&case)?;
    ensure!(
        slips.len() == 1,
        "a slip came out of which the record knows nothing: {slips:?}"
    );
    ensure!(
        matches!(case.status.due, Some(onedoor_domain::calendar::Due::On(_))),
        "the clock that a time server has set was not believed: {:?}",
        case.status.due
    );
    Ok(())
}

/// A small file system of its own, in memory; unmounted on drop.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, size: &str) -> Result<Option<Self>> {
        std::fs::create_dir_all(at)?;
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(at);
        if mount.output().is_ok_and(|done| done.status.success()) {
            return Ok(Some(Self(at.to_owned())));
        }
        println!("skipped: no tmpfs could be mounted (root needed)");
        Ok(None)
    }

    /// Fills what is left, to the last byte.
    fn fill(&self) -> Result<PathBuf> {
        use std::io::Write;
        let path = self.0.join("ballast");
        let mut file = std::fs::File::create(&path)?;
        for size in [65_536, 4_096, 512, 1] {
            while file.write_all(&vec![0x55; size]).is_ok() {}
        }
        Ok(path)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn the_disk_is_full() -> Result<()> {
    let place = Place::new()?;
    let Some(disk) = SmallDisk::mount(&place.data(), "96m")? else {
        return Ok(());
    };
    let (mut kiosk, mut resident) = at_consent(&place, &Plugs::of(&place))?;
    let ballast = disk.fill()?;
    until_not_kept(&mut kiosk, "STO-005")?;
    let full = sentence("say-store-full")?;
    says(&mut kiosk, &[&full])?;
    kiosk.touch("next")?;
    event(&mut kiosk, "not_saved", "STO-005")?;
    page(&mut kiosk, "the question once more", |page| {
        page.page == "consent"
    })?;
    says(&mut kiosk, &[&full])?;
    logged(&place, "STO-005")?;

    // Space comes back: the same touch again, and it is handed in.
    std::fs::remove_file(ballast)?;
    finish(&mut kiosk, &mut resident)?;
    event(&mut kiosk, "printed", "")?;
    kiosk.0.kill()?;
    one_case(&place)?;
    drop(disk);
    Ok(())
}

#[test]
fn the_power_goes_while_the_disk_is_full() -> Result<()> {
    let place = Place::new()?;
    let Some(disk) = SmallDisk::mount(&place.data(), "96m")? else {
        return Ok(());
    };
    let plugs = Plugs::of(&place);
    let (mut kiosk, mut resident) = at_consent(&place, &plugs)?;
    let ballast = disk.fill()?;
    until_not_kept(&mut kiosk, "STO-005")?;
    kiosk.0.kill()?;
    std::fs::remove_file(ballast)?;
    let mut kiosk = plugs.start(&place)?;
    let back = resident::go_on(&mut kiosk, &mut resident, |page, _| {
        !page.page.starts_with("go-on") && page.page != "rest"
    })?;
    ensure!(back.page == "consent", "{} came back", back.page);
    finish(&mut kiosk, &mut resident)?;
    kiosk.0.kill()?;
    one_case(&place)?;
    drop(disk);
    Ok(())
}

#[test]
fn the_key_is_wrong() -> Result<()> {
    let place = Place::new()?;
    let plugs = Plugs::of(&place);
    let (kiosk, mut resident) = at_consent(&place, &plugs)?;
    kiosk.0.kill()?;
    let key = place.data().join("record.key");
    let right = std::fs::read(&key)?;
    std::fs::write(&key, "ab".repeat(32))?;
    let before = std::fs::read(place.data().join("record.db"))?;
    let mut kiosk = plugs.start(&place)?;
    closed(&mut kiosk, &place, "STO-002")?;
    ensure!(
        before == std::fs::read(place.data().join("record.db"))?,
        "the record was touched"
    );

    // The right key comes back, and with it everything.
    std::fs::write(&key, right)?;
    opens(&mut kiosk)?;
    finish(&mut kiosk, &mut resident)?;
    kiosk.0.kill()?;
    one_case(&place).map(drop)
}

#[test]
fn the_key_is_gone() -> Result<()> {
    let place = Place::new()?;
    let plugs = Plugs::of(&place);
    let (kiosk, mut resident) = at_consent(&place, &plugs)?;
    kiosk.0.kill()?;
    let (key, away) = (place.data().join("record.key"), place.data().join("away"));
    std::fs::rename(&key, &away)?;
    std::fs::create_dir(&key)?;
    let mut kiosk = plugs.start(&place)?;
    closed(&mut kiosk, &place, "STO-010")?;
    std::fs::remove_dir(&key)?;
    std::fs::rename(&away, &key)?;
    opens(&mut kiosk)?;
    finish(&mut kiosk, &mut resident)?;
    kiosk.0.kill()?;
    one_case(&place).map(drop)
}

/// Overwrites a piece of a file.
fn scratch(file: &Path, from: usize, length: usize) -> Result<()> {
    let mut bytes = std::fs::read(file)?;
    let piece = bytes
        .get_mut(from..from + length)
        .context("the file is shorter")?;
    piece.fill(0xA5);
    Ok(std::fs::write(file, bytes)?)
}

/// At noon in China today: copies are made after the small hours.
fn noon_ms() -> Result<i64> {
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed()?.as_millis())?;
    let day = 24 * 3_600_000;
    Ok(now / day * day + 4 * 3_600_000 - now)
}

/// A case is handed in, a copy is made, and the file breaks so that nothing of it can be read: the copy takes its place.
#[test]
fn a_damaged_record_comes_back_from_its_copy() -> Result<()> {
    let place = Place::new()?;
    let plugs = Plugs {
        shift_ms: noon_ms()?,
        ..Plugs::of(&place)
    };
    let mut kiosk = plugs.start(&place)?;
    let done = finish(&mut kiosk, &mut Resident::default())?;
    event(&mut kiosk, "printed", "")?;
    kiosk.0.kill()?;
    // The next start makes the copy of the day.
    let mut kiosk = plugs.start(&place)?;
    let copies = || onedoor_store::backups_in(&place.data().join("copies"));
    let before = copies();
    for _ in 0..150 {
        kiosk.wait()?;
        let log = std::fs::read_to_string(place.folder().join("kiosk.log"))?;
        if log.matches("record_copied").count() >= 2 {
            break;
        }
    }
    ensure!(!copies().is_empty(), "no copy was made: {before:?}");
    kiosk.0.kill()?;
    let file = place.data().join("record.db");
    // Whatever stands in the log is in the file then, and the damage is not mended by it.
    raw(&place.data())?.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    scratch(&file, 0, 8192)?;

    let mut kiosk = plugs.start(&place)?;
    page(&mut kiosk, "a kiosk that works", |page| {
        page.page != "closed"
    })?;
    logged(&place, "STO-004")?;
    logged(&place, "record_restored")?;
    // The technician reads it on the machine, with the code and what to do; here the copies lie beside the record.
    kiosk.touch("person")?;
    kiosk.touch("staff")?;
    kiosk.touch("county/more")?;
    let read = texts(&mut kiosk)?;
    for part in ["记录坏过", "REC-002", "STO-004", "REC-001", "copies"] {
        ensure!(read.contains(part), "{part} is not in {read}");
    }
    kiosk.touch("back")?;
    kiosk.touch("back")?;
    finish(&mut kiosk, &mut Resident::default())?;
    kiosk.0.kill()?;
    let record = crate::record::Record::open(&place.data())?;
    let codes: Vec<String> = record
        .cases()?
        .iter()
        .map(|case| case.code.compact())
        .collect();
    let number = done.rest["case"].as_str().context("no case")?;
    ensure!(
        codes.len() == 2 && codes.iter().any(|code| code == number),
        "{codes:?} lacks {number}"
    );
    Ok(())
}

/// Nothing can be read and there is no copy: closed, with a code, and the file is left to whoever can do more.
#[test]
fn a_damaged_record_without_a_copy_is_left_alone() -> Result<()> {
    let place = Place::new()?;
    let plugs = Plugs::of(&place);
    let (kiosk, _) = at_consent(&place, &plugs)?;
    kiosk.0.kill()?;
    raw(&place.data())?.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    let copies = place.data().join("copies");
    if copies.exists() {
        std::fs::remove_dir_all(copies)?;
    }
    let file = place.data().join("record.db");
    scratch(&file, 0, 8192)?;
    let before = std::fs::read(&file)?;
    let mut kiosk = plugs.start(&place)?;
    page(&mut kiosk, "the closed page", |page| page.page == "closed")?;
    says(
        &mut kiosk,
        &[&sentence("say-closed")?, &sentence("closed-kept")?, "STO-0"],
    )?;
    logged(&place, "STO-004")?;
    kiosk.0.kill()?;
    ensure!(
        before == std::fs::read(&file)?,
        "the damaged record was changed"
    );
    Ok(())
}

#[test]
fn a_newer_record_is_left_alone() -> Result<()> {
    let place = Place::new()?;
    let plugs = Plugs::of(&place);
    let (kiosk, mut resident) = at_consent(&place, &plugs)?;
    kiosk.0.kill()?;
    let file = place.data().join("record.db");
    raw(&place.data())?.execute_batch(
        "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (99, 'later', '', '1')",
    )?;
    let before = std::fs::read(&file)?;
    let mut kiosk = plugs.start(&place)?;
    closed(&mut kiosk, &place, "STO-003")?;
    ensure!(
        before == std::fs::read(&file)?,
        "a newer program's record was changed"
    );

    // The program that knows it is installed again: here, the schema is one that this program knows.
    raw(&place.data())?.execute_batch("DELETE FROM refinery_schema_history WHERE version = 99")?;
    opens(&mut kiosk)?;
    finish(&mut kiosk, &mut resident)?;
    kiosk.0.kill()?;
    one_case(&place).map(drop)
}

/// A record of an older program, with a draft in it: brought up to date, and the resident goes on.
#[test]
fn an_older_record_is_brought_up_to_date() -> Result<()> {
    let place = Place::new()?;
    let plugs = Plugs::of(&place);
    let (kiosk, mut resident) = at_consent(&place, &plugs)?;
    kiosk.0.kill()?;
    let old = Place::new()?;
    std::fs::create_dir_all(old.data())?;
    std::fs::copy(
        place.data().join("record.key"),
        old.data().join("record.key"),
    )?;
    {
        let (now, key) = (
            raw(&place.data())?,
            std::fs::read_to_string(place.data().join("record.key"))?,
        );
        let mut before = Connection::open(old.data().join("record.db"))?;
        before.execute_batch(&format!("PRAGMA key = \"x'{}'\"", key.trim()))?;
        migrations::migrations::runner()
            .set_target(refinery::Target::Version(1))
            .run(&mut before)?;
        let mut drafts = now.prepare(
            "SELECT id, service, step, snapshot, created_ms, updated_ms, touches FROM drafts",
        )?;
        let mut rows = drafts.query([])?;
        while let Some(row) = rows.next()? {
            let values = (0..7).map(|at| row.get::<_, rusqlite::types::Value>(at));
            let values = values.collect::<rusqlite::Result<Vec<_>>>()?;
            before.execute(
                "INSERT INTO drafts (id, service, step, snapshot, created_ms, updated_ms, touches)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
                rusqlite::params_from_iter(values),
            )?;
        }
    }
    let plugs = Plugs::of(&old);
    let mut kiosk = plugs.start(&old)?;
    let back = resident::go_on(&mut kiosk, &mut resident, |page, _| {
        !page.page.starts_with("go-on") && page.page != "rest"
    })?;
    ensure!(back.page == "consent", "{} came back", back.page);
    finish(&mut kiosk, &mut resident)?;
    kiosk.0.kill()?;
    one_case(&old).map(drop)
}
