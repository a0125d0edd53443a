//! What the county renews at a kiosk: its own key, and the station's bundle. Neither asks anybody to come.

use crate::county::{County, STATION, hand_in, wait_for_state};
use crate::county_pinned::copy;
use anyhow::{Context, Result, ensure};
use onedoor_sync::seal::HubKey;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Names of the keys that the hub opens answers with, the newest first.
fn seals(county: &County) -> Result<Vec<[u8; 8]>> {
    let said = county.hub()?.run(&["keys", "show"])?;
    let keys = said
        .lines()
        .filter(|line| line.starts_with("seal"))
        .filter_map(|line| line.split_whitespace().nth(1));
    keys.map(|hex| {
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[place * 2..place * 2 + 2], 16)?;
        }
        Ok(HubKey::from_bytes(&bytes)?.name())
    })
    .collect()
}

fn database_holds(county: &County, bytes: &[u8]) -> Result<bool> {
    for name in ["hub.db", "hub.db-wal"] {
        let file = std::fs::read(county.folder.path().join(name)).unwrap_or_default();
        if file.windows(bytes.len()).any(|window| window == bytes) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[test]
fn answers_are_sealed_to_the_countys_new_key_once_it_changed_its_key() -> Result<()> {
    let mut county = County::new()?;
    let mut kiosk = county.kiosk()?;
    county.make_known(&mut kiosk)?;
    county.hub()?.run(&["keys", "rotate"])?;
    let [new, old] = seals(&county)?[..] else {
        anyhow::bail!("not two keys");
    };
    county.hub_off()?;
    county.hub_on()?;
    county.ask_now(&mut kiosk)?;
    let code = hand_in(&mut kiosk)?;
    wait_for_state(&mut kiosk, "delivered")?;
    county.staff(&mut kiosk)?;
    county.wait_for_text(&mut kiosk, "都送到县里了")?;
    ensure!(
        database_holds(&county, &new)?,
        "nothing was sealed to the new key"
    );
    // The recovery secret was sealed before; no answers were.
    drop(kiosk);
    let out = county.folder.path().join("export");
    let out_text = out.display().to_string();
    county.hub()?.run(&["export", &out_text, "--answers"])?;
    let table = std::fs::read_to_string(out.join("cases.csv"))?;
    let digits: String = table.chars().filter(|c| !c.is_whitespace()).collect();
    ensure!(digits.contains(&code), "{table}");
    ensure!(new != old);
    Ok(())
}

/// The example under a name of its own, as a bundle.
fn bundle(county: &County, name: &str, version: &str) -> Result<PathBuf> {
    let folder = county.folder.path().join(format!("station-{version}"));
    copy(&onedoor_harness::workspace().join("kiosk-config"), &folder)?;
    let settings = folder.join("station.toml");
    let text = std::fs::read_to_string(&settings)?;
    std::fs::write(&settings, text.replace("波井村便民服务站", name))?;
    let bundle = county.folder.path().join(format!("{version}.bundle"));
    let made = Command::new(onedoor_harness::program("onedoor")?)
        .arg("bundle")
        .args([&folder, &bundle])
        .args(["--content-version", version, "--key"])
        .arg(county.place.data().join("development.key"))
        .output()?;
    let said = String::from_utf8_lossy(&made.stderr).into_owned();
    ensure!(made.status.success(), "{said}");
    Ok(bundle)
}

fn publish(county: &County, bundle: &Path, version: &str) -> Result<()> {
    let bundle = bundle.display().to_string();
    let publish = ["publish", &bundle, "--version-text", version];
    county
        .hub()?
        .run(&[&publish[..], &["--station", STATION]].concat())?;
    Ok(())
}

#[test]
fn a_newer_station_comes_from_the_county_and_an_older_one_is_not_taken() -> Result<()> {
    let county = County::new()?;
    let mut kiosk = county.kiosk()?;
    county.make_known(&mut kiosk)?;
    drop(kiosk);
    let given = bundle(&county, "波井村便民服务站", "2026-11-01")?;
    let newer = bundle(&county, "波井新站", "2026-11-02")?;
    let oldest = bundle(&county, "波井旧站", "2026-10-01")?;
    let start = || {
        let url = county.hub()?.url().to_owned();
        let stick = county.stick().display().to_string();
        county
            .place
            .drive_at(&given, &["--hub", &url, "--stick", &stick])
    };
    let arrived = county.place.data().join("bundles/station.bundle");
    let mut kiosk = start()?;
    publish(&county, &newer, "2026-11-02")?;
    let end = Instant::now() + Duration::from_secs(60);
    while !arrived.is_file() {
        ensure!(Instant::now() < end, "the bundle did not come");
        county.ask_now(&mut kiosk)?;
    }
    // It is taken at the next start, not under somebody's hands.
    drop(kiosk);
    let mut kiosk = start()?;
    county.wait_for_text(&mut kiosk, "波井新站")?;
    let before = std::fs::read(&arrived)?;
    ensure!(before == std::fs::read(&newer)?);
    publish(&county, &oldest, "2026-10-01")?;
    county.ask_now(&mut kiosk)?;
    let log = county.place.folder().join("kiosk.log");
    let end = Instant::now() + Duration::from_secs(60);
    while !std::fs::read_to_string(&log)?.contains("older than") {
        ensure!(Instant::now() < end, "the older bundle was not refused");
        county.ask_now(&mut kiosk)?;
    }
    ensure!(std::fs::read(&arrived)? == before);
    drop(kiosk);
    let mut kiosk = start()?;
    county
        .wait_for_text(&mut kiosk, "波井新站")
        .context("after the older one")
}
