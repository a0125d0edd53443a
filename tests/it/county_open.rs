//! What comes from the county besides answers, and what goes out of it as open files: notices, registers, exports; and
//! what a copy of its database does not say.

use crate::county::{County, STATION, hand_in, touch, until, wait_for_state};
use crate::county_pinned::copy;
use crate::resident::{ID_NUMBER, PHONE, name};
use anyhow::{Context, Result, ensure};
use onedoor_store::{DbKey, Options, Store};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

fn files(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            all.extend(files(&path)?);
        } else {
            all.push(path);
        }
    }
    Ok(all)
}

fn holds(folder: &Path, text: &str) -> Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    for path in files(folder)? {
        let bytes = std::fs::read(&path)?;
        if bytes.windows(text.len()).any(|w| w == text.as_bytes()) {
            found.push(path);
        }
    }
    Ok(found)
}

#[test]
fn cases_go_out_as_open_files_and_a_copy_of_the_database_says_nothing() -> Result<()> {
    let county = County::new()?;
    let mut kiosk = county.kiosk()?;
    county.make_known(&mut kiosk)?;
    let code = hand_in(&mut kiosk)?;
    wait_for_state(&mut kiosk, "delivered")?;
    county.staff(&mut kiosk)?;
    county.wait_for_text(&mut kiosk, "都送到县里了")?;
    drop(kiosk);

    let out = county.folder.path().join("export");
    let out_text = out.display().to_string();
    county.hub()?.run(&["export", &out_text, "--answers"])?;
    let table = std::fs::read_to_string(out.join("cases.csv"))?;
    let digits: String = table.chars().filter(|c| !c.is_whitespace()).collect();
    ensure!(digits.contains(&code), "{table}");
    // The instance as it was when it was handed in, with what the resident said.
    let submissions = holds(&out, ID_NUMBER)?;
    let submission = submissions
        .first()
        .context("no submission has the number")?;
    let xml = std::fs::read_to_string(submission)?;
    ensure!(xml.contains("instanceID") && xml.contains(PHONE), "{xml}");
    std::fs::remove_dir_all(&out)?;

    // The same search in what the hub keeps, its logs and its copies, without the credential.
    let copies = county.folder.path().join("copies");
    let copies_text = copies.display().to_string();
    county.hub()?.run(&["backup", &copies_text])?;
    // A copy is compressed: what is searched is what comes out of it.
    for copy in std::fs::read_dir(&copies)? {
        let copy = copy?.path();
        let plain = zstd::decode_all(std::fs::File::open(&copy)?)?;
        std::fs::write(copy.with_extension("plain"), plain)?;
    }
    // The positive control: what is no secret is found, in the database and in its copy.
    let open = holds(county.folder.path(), "cross-province-medical")?;
    ensure!(
        open.iter()
            .any(|path| path.extension().is_some_and(|e| e == "plain"))
            && open
                .iter()
                .any(|path| path.to_string_lossy().contains("hub.db")),
        "the search finds nothing at all: {open:?}"
    );
    for secret in [ID_NUMBER, PHONE, &name()] {
        let found = holds(county.folder.path(), secret)?;
        ensure!(found.is_empty(), "in {found:?}");
    }
    // And at the kiosk, in the record itself, opened with its key: nothing that the resident answered is left in clear
    // of the case. What is found by a key without it (the positive control) is the code.
    let key = DbKey::obtain(&county.place.data().join("record.key"))?;
    let record = county.place.data().join("record.db");
    let store = Store::open(&record, &key, Options::new("test"))?;
    let case = store.cases(1).wait()?.pop().context("no case")?;
    ensure!(case.status.delivered);
    for blob in store.case_blobs(case.id).wait()? {
        let plain = store.blob(blob.reference.id).wait()?;
        let kept = ["slip", "tell"].contains(&blob.role.as_str());
        ensure!(plain.is_none() || kept, "{} is kept plain", blob.role);
    }
    Ok(())
}

#[test]
fn a_notice_of_the_county_is_read_at_the_kiosk_and_a_register_comes_to_its_station() -> Result<()> {
    let county = County::new()?;
    let mut kiosk = county.kiosk()?;
    county.make_known(&mut kiosk)?;

    // The county writes a notice; the kiosk's own development key signs it, which this station trusts.
    let folder = county.folder.path().join("notices");
    copy(&onedoor_harness::workspace().join("kiosk-config"), &folder)?;
    for path in files(&folder.join("notices"))? {
        std::fs::remove_file(path)?;
    }
    std::fs::write(
        folder.join("notices/bridge.toml"),
        r#"picture = "stone-bridge"
issued = 2026-01-01
expires = 2036-12-31

[title]
zh-CN = "石桥修好了"
en = "The stone bridge is mended"

[body]
zh-CN = "石桥修好了，可以走了。"
en = "The stone bridge is mended. You may cross it."

[source]
zh-CN = "望禾县交通局"
en = "Wanghe County Roads Office"
"#,
    )?;
    let bundle = county.folder.path().join("notices.bundle");
    let signed = county.place.data().join("development.key");
    let made = Command::new(onedoor_harness::program("onedoor")?)
        .arg("bundle")
        .arg(&folder)
        .arg(&bundle)
        .arg("--notices")
        .arg("--key")
        .arg(signed)
        .output()?;
    ensure!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let bundle = bundle.display().to_string();
    // Signed by another than the one who is trusted: it is not given out.
    let other = county.folder.path().join("other.key");
    let made = Command::new(onedoor_harness::program("onedoor")?)
        .arg("signing-key")
        .arg(&other)
        .output()?;
    ensure!(made.status.success(), "{made:?}");
    let trust = other.with_added_extension("pub").display().to_string();
    let refused = county.hub()?.run(&["publish", &bundle, "--trust", &trust]);
    ensure!(
        refused
            .as_ref()
            .is_err_and(|why| format!("{why:#}").contains("BND-004")),
        "{refused:?}"
    );
    county.hub()?.run(&[
        "publish",
        &bundle,
        "--version-text",
        "2026-11-23",
        "--notices",
    ])?;

    let table = county.folder.path().join("residents.csv");
    std::fs::write(
        &table,
        format!(
            "id_number,full_name,phone,village\n{ID_NUMBER},{},{PHONE},波井村\n99010119450612002,短,,\n",
            name()
        ),
    )?;
    let table = table.display().to_string();
    let import = [
        "register",
        "import",
        &table,
        "--station",
        STATION,
        "--as-of",
        "2026-11-01",
    ];
    let preview = county.hub()?.run(&[&import[..], &["--preview"]].concat())?;
    ensure!(
        preview.contains("row 3") && preview.contains("1 refused"),
        "{preview}"
    );
    county.hub()?.run(&import)?;

    // Asked for now.
    county.ask_now(&mut kiosk)?;
    let end = Instant::now() + Duration::from_secs(60);
    if kiosk.0.page().is_some_and(|page| page.has("rest")) {
        touch(&mut kiosk, "rest")?;
    }
    loop {
        while !kiosk
            .0
            .page()
            .is_some_and(|page| page.has("service/notices"))
        {
            touch(&mut kiosk, "next")?;
        }
        touch(&mut kiosk, "service/notices")?;
        let texts = county.texts(&mut kiosk)?;
        if texts.contains("石桥修好了") {
            break;
        }
        ensure!(Instant::now() < end, "the notice did not come: {texts}");
        std::thread::sleep(Duration::from_millis(500));
        kiosk.0.touch("back")?;
        until(&mut kiosk, "home", |page| page == "home")?;
    }
    drop(kiosk);

    let key = DbKey::obtain(&county.place.data().join("record.key"))?;
    let record = county.place.data().join("record.db");
    let store = Store::open(&record, &key, Options::new("test"))?;
    let number = onedoor_domain::personal::Personal::from(ID_NUMBER);
    let rows = store.register_of(&number).wait()?;
    let row = rows.first().context("no row of the register")?;
    ensure!(row.as_of == "2026-11-01" && row.fields.contains_key("full_name"));
    Ok(())
}
