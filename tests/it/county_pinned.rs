//! Who is believed to be the hub: the authority that stands in the signed station bundle and no other; and a kiosk that
//! comes to know its hub without any network.

use crate::county::{County, STATION, hand_in, touch, until};
use anyhow::{Context, Result, bail, ensure};
use onedoor_harness::hub::Hub;
use onedoor_store::{DbKey, Options, Store};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The example station with another `[hub]`.
fn station(folder: &Path, hub: &str) -> Result<PathBuf> {
    let station = folder.join("station");
    copy(&onedoor_harness::workspace().join("kiosk-config"), &station)?;
    let file = station.join("station.toml");
    let text = std::fs::read_to_string(&file)?;
    let before = text.split("[hub]").next().context("no [hub]")?;
    std::fs::write(&file, format!("{before}[hub]\n{hub}\n"))?;
    Ok(station)
}

pub fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// An authority and a certificate of this machine's name.
fn certificates(folder: &Path) -> Result<String> {
    let made = Command::new(onedoor_harness::program("onedoor-hub")?)
        .args(["tls", "new", "localhost", "127.0.0.1", "--out"])
        .arg(folder)
        .output()?;
    ensure!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    Ok(std::fs::read_to_string(folder.join("authority.pem"))?)
}

fn tls_hub(folder: &Path, certificates: &Path) -> Result<Hub> {
    let database = format!("sqlite:{}", folder.join("hub.db").display());
    let path = |name: &str| certificates.join(name).display().to_string();
    let (cert, key) = (path("server.pem"), path("server.key"));
    Hub::start_with(
        folder,
        &database,
        "127.0.0.1:0",
        &["--tls-cert", &cert, "--tls-key", &key],
    )
}

#[test]
fn over_tls_only_the_authority_of_the_signed_bundle_is_believed() -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("stick"))?;
    let (ours, theirs) = (folder.path().join("tls"), folder.path().join("tls-other"));
    let authority = certificates(&ours)?;
    let stranger = certificates(&theirs)?;
    let hub = tls_hub(folder.path(), &ours)?;
    let url = hub.url().to_owned();
    ensure!(url.starts_with("https://"), "{url}");
    let settings = |pem: &str| format!("url = \"{url}\"\nauthority = \"\"\"\n{pem}\"\"\"");
    let good = station(folder.path(), &settings(&authority))?;

    let mut county = County::of(folder, hub)?;
    county.station = Some(good);
    let mut kiosk = county.kiosk()?;
    county.make_known(&mut kiosk)?;
    let code = hand_in(&mut kiosk)?;
    county.hub()?.run(&["case", &code, "show"]).or_else(|_| {
        std::thread::sleep(std::time::Duration::from_secs(10));
        county.hub()?.run(&["case", &code, "show"])
    })?;
    drop(kiosk);

    // Another authority's word counts for nothing, whatever the hub says.
    let other = tempfile::tempdir()?;
    let bad = station(other.path(), &settings(&stranger))?;
    let place = crate::place::Place::new()?;
    let mut kiosk = place.drive_at(&bad, &[])?;
    county.staff(&mut kiosk)?;
    touch(&mut kiosk, "next")?;
    let said = county.hub()?.run(&["code", "--station", STATION])?;
    for digit in said.chars().filter(char::is_ascii_digit).take(8) {
        touch(&mut kiosk, &format!("key/{digit}"))?;
    }
    kiosk.0.touch("next")?;
    county.wait_for_text(&mut kiosk, "等也不会好")?;
    let shown = county.texts(&mut kiosk)?;
    ensure!(
        shown.contains("DRV-006") && shown.contains("证书，这里不认") && !shown.contains("再试"),
        "{shown}"
    );
    drop(kiosk);

    // Nor does waiting help against an address that may not be used; which somebody must change is said at once.
    let mut kiosk = place.drive_with(&["--hub", "http://hub.wanghe.example"])?;
    county.staff(&mut kiosk)?;
    county.wait_for_text(&mut kiosk, "DRV-002")?;
    let shown = county.texts(&mut kiosk)?;
    ensure!(shown.contains("等也不会好"), "{shown}");
    Ok(())
}

#[test]
fn a_stick_says_what_it_lacks_for_a_kiosk_to_become_known() -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("stick"))?;
    let hub = Hub::start(folder.path(), "127.0.0.1:0")?;
    let without = station(folder.path(), "url = \"http://127.0.0.1:9\"")?;
    let mut county = County::of(folder, hub)?;
    county.station = Some(without);
    let token = county.stick().join("station.token").display().to_string();
    let hub = county.hub()?;
    hub.run(&["token", "--station", STATION, "--out", &token])?;
    let mut kiosk = county.kiosk()?;
    county.staff(&mut kiosk)?;
    touch(&mut kiosk, "county/stick")?;
    kiosk.0.touch("next")?;
    county.wait_for_text(&mut kiosk, "没有县里的钥匙")?;
    let shown = county.texts(&mut kiosk)?;
    ensure!(
        shown.contains("CTY-001") && shown.contains("station.toml") && !shown.contains("没收下"),
        "{shown}"
    );
    Ok(())
}

#[test]
fn a_token_on_the_stick_makes_a_kiosk_known_that_no_network_reaches() -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("stick"))?;
    let hub = Hub::start(folder.path(), "127.0.0.1:0")?;
    let shown = hub.run(&["keys", "show"])?;
    let key = shown
        .lines()
        .find_map(|line| line.strip_prefix("signs"))
        .context("no key")?
        .trim()
        .to_owned();
    // An address at which nobody answers.
    let settings = format!("url = \"http://127.0.0.1:9\"\nkey = \"{key}\"");
    let lonely = station(folder.path(), &settings)?;
    let mut county = County::of(folder, hub)?;
    county.station = Some(lonely);
    let mut kiosk = county.kiosk()?;
    let code = hand_in(&mut kiosk)?;
    county.staff(&mut kiosk)?;

    // Without a token there is nothing by which it may come.
    touch(&mut kiosk, "county/stick")?;
    kiosk.0.touch("next")?;
    county.wait_for_text(&mut kiosk, "优盘上没有县里给本站的凭证")?;
    // A technician's stick has those of other stations on it.
    let token = county.stick().join("a.token").display().to_string();
    county
        .hub()?
        .run(&["token", "--station", "990101-elsewhere", "--out", &token])?;
    kiosk.0.touch("next")?;
    county.wait_for_text(&mut kiosk, "优盘上的凭证是给别的站的")?;
    let token = county.stick().join("station.token").display().to_string();
    county
        .hub()?
        .run(&["token", "--station", STATION, "--out", &token])?;
    kiosk.0.touch("next")?;
    county.wait_for_text(&mut kiosk, "存到优盘上了")?;
    // Nobody at the county knows of it yet, and the page does not say so.
    touch(&mut kiosk, "back")?;
    county.wait_for_text(&mut kiosk, "县里还没认")?;
    let shown = county.texts(&mut kiosk)?;
    ensure!(!shown.contains("都送到县里"), "{shown}");
    touch(&mut kiosk, "county/stick")?;

    let bag = std::fs::read_dir(county.stick())?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.display().to_string().ends_with("to-county.bag"))
        .context("no bag")?;
    let answer = county.stick().join("1.from-county.bag");
    let (bag, answer) = (bag.display().to_string(), answer.display().to_string());
    county
        .hub()?
        .run(&["bag", "import", &bag, "--answer", &answer])?;
    let there = county.hub()?.run(&["case", &code, "show"])?;
    ensure!(there.contains("cross-province-medical"), "{there}");

    kiosk.0.touch("county/read")?;
    county.wait_for_text(&mut kiosk, "县里的回话读好了")?;
    touch(&mut kiosk, "back")?;
    until(&mut kiosk, "the page", |page| page == "county")?;
    county.wait_for_text(&mut kiosk, "都送到县里")?;
    // The county has answered, though by no network; and no library's words stand there.
    let shown = county.texts(&mut kiosk)?;
    ensure!(
        shown.contains("县里上次回话") && !shown.contains("还没回过话"),
        "{shown}"
    );
    ensure!(
        !shown.contains("error") && !shown.contains("tcp"),
        "{shown}"
    );

    // The token is used up: another box that has it is not taken.
    let other = crate::place::Place::new()?;
    let stick = county.stick().display().to_string();
    let station = county.station.clone().context("no station")?;
    for path in [&bag, &answer] {
        std::fs::remove_file(path)?;
    }
    let mut second = other.drive_at(&station, &["--stick", &stick])?;
    county.staff(&mut second)?;
    touch(&mut second, "county/stick")?;
    second.0.touch("next")?;
    county.wait_for_text(&mut second, "存到优盘上了")?;
    let bag = std::fs::read_dir(county.stick())?
        .filter_map(Result::ok)
        .map(|entry| entry.path().display().to_string())
        .find(|path| path.ends_with("to-county.bag"))
        .context("no bag")?;
    let taken = county
        .hub()?
        .run(&["bag", "import", &bag, "--answer", &answer]);
    let devices = county.hub()?.run(&["devices", "--json"])?;
    let devices: Vec<serde_json::Value> = serde_json::from_str(&devices)?;
    let known = devices
        .iter()
        .filter(|device| device["state"].as_str() == Some("in use"))
        .count();
    if devices.len() > 1 && known > 1 {
        bail!("a used token let another box in: {taken:?} {devices:?}");
    }

    // The first box is dead. With its first bag it left the key of its record at the county.
    drop(second);
    drop(kiosk);
    let recovery = devices.iter().find(|d| d["recovery"] == true);
    let recovery = recovery.with_context(|| format!("no recovery key: {devices:?}"))?;
    let device = recovery["device"].as_str().context("no number")?;
    let out = county.folder.path().join("recovered.key");
    let said = out.display().to_string();
    county.hub()?.run(&["recover", device, "--out", &said])?;
    let key = DbKey::development(&out)?;
    let record = county.place.data().join("record.db");
    let store = Store::open(&record, &key, Options::new("test"))?;
    ensure!(store.identity().device.to_string() == device);
    Ok(())
}
