//! What breaks at a station: paper, cables, disks, keys, files, clocks. Each fault has a sentence for the resident on the
//! page, a code for the technician, and loses nothing.
//!
//! The kiosk is the program that people use, without a window; the printer, the scanner and the clock are simulated.

mod clock;
mod devices;
mod disk;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use onedoor_harness::drive::Drive;
use onedoor_harness::trace::Page;
use serde_json::{Value, json};

use crate::place::{Driven, Place};
use crate::record::Record;
use crate::resident::{self, Hands, Resident};

/// Longest that anything here may take on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(90);
/// When nothing was written for so long, all that was touched is on disk: here touches come faster than any person's, on a
/// disk that other tests use too.
const SETTLED: Duration = Duration::from_secs(2);

/// In place of a code: it works again.
const WELL: &str = "well";

/// What is plugged into a kiosk, and what its clock says.
#[derive(Debug, Clone)]
struct Plugs {
    printer: String,
    scanner: String,
    sound: &'static str,
    clock_set: bool,
    /// How far the wall clock is off.
    shift_ms: i64,
}

impl Plugs {
    /// Everything works.
    fn of(place: &Place) -> Self {
        Self {
            printer: place.printer.address().to_string(),
            scanner: place.scanner.path().display().to_string(),
            sound: "virtual",
            clock_set: true,
            shift_ms: 0,
        }
    }

    /// Starts the kiosk and waits for its first page.
    fn start(&self, place: &Place) -> Result<Driven> {
        let data = place.data().display().to_string();
        let mut arguments = vec!["--station", "kiosk-config", "--data", &data];
        arguments.extend(["--printer", &self.printer, "--scanner", &self.scanner]);
        arguments.extend(["--sound", self.sound]);
        if self.clock_set {
            arguments.push("--clock-set");
        }
        let shift = self.shift_ms.to_string();
        let environment = [("ONEDOOR_CLOCK_SHIFT_MS", shift.as_str())];
        let mut kiosk = Drive::start(&place.folder().join("kiosk.log"), &arguments, &environment)?;
        kiosk.next_page("the first page", |_| true)?;
        Ok(Driven(kiosk))
    }
}

/// One resident comes as far as "do you agree?".
fn at_consent(place: &Place, plugs: &Plugs) -> Result<(Driven, Resident)> {
    let mut kiosk = plugs.start(place)?;
    let mut resident = Resident::default();
    let page = resident::go_on(&mut kiosk, &mut resident, |page, _| page.page == "consent")?;
    ensure!(page.page == "consent", "up is {}", page.page);
    settle(&mut kiosk)?;
    Ok((kiosk, resident))
}

/// Waits until everything that was touched is written.
fn settle(kiosk: &mut Driven) -> Result<()> {
    while kiosk.0.next(SETTLED)?.is_some() {}
    Ok(())
}

/// Goes on until the case is handed in.
fn finish(kiosk: &mut Driven, resident: &mut Resident) -> Result<Page> {
    resident::go_on(kiosk, resident, |_, _| false)
}

/// Waits until such a page is up.
fn page(kiosk: &mut Driven, what: &str, wanted: impl Fn(&Page) -> bool) -> Result<Page> {
    let until = Instant::now() + PATIENCE;
    loop {
        let page = kiosk.page()?;
        if wanted(&page) {
            return Ok(page);
        }
        ensure!(
            Instant::now() < until,
            "{what} did not come; up is {}",
            page.page
        );
        kiosk.wait()?;
    }
}

/// Waits until this happened, counted from the start of the kiosk; an empty code stands for any, [`WELL`] for none.
fn event(kiosk: &mut Driven, name: &str, code: &str) -> Result<()> {
    let fits = |event: &Value| match code {
        "" => true,
        WELL => event["code"].is_null(),
        code => event["code"] == code,
    };
    let until = Instant::now() + PATIENCE;
    loop {
        while kiosk.0.next(Duration::ZERO)?.is_some() {}
        let mut events = kiosk.0.events().iter();
        if events.any(|event| event["event"] == name && fits(event)) {
            return Ok(());
        }
        if Instant::now() > until {
            bail!("{name} {code} did not happen, but {:?}", kiosk.0.events());
        }
        kiosk.wait()?;
    }
}

/// Every text of the page that is up.
fn read(kiosk: &mut Driven) -> Result<String> {
    let is_read = |event: &&Value| event["event"] == "read";
    let before = kiosk.0.events().iter().filter(is_read).count();
    kiosk.0.send(&json!("read"))?;
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        kiosk.0.next(Duration::from_millis(200))?;
        if let Some(event) = kiosk.0.events().iter().filter(is_read).nth(before) {
            let texts = event["texts"].as_array().context("no texts")?;
            let texts: Vec<&str> = texts.iter().filter_map(Value::as_str).collect();
            return Ok(texts.join("\n"));
        }
    }
    bail!("the kiosk does not tell what is on the page")
}

/// What the page that is up must say: to the resident in words, to the technician in a code, and where a person is.
fn says(kiosk: &mut Driven, parts: &[&str]) -> Result<()> {
    let text = read(kiosk)?;
    let page = kiosk.page()?;
    for part in parts {
        ensure!(
            text.contains(part),
            "{} does not say {part}, but:\n{text}",
            page.page
        );
    }
    ensure!(page.has("person"), "nobody can be called on {}", page.page);
    Ok(())
}

/// A sentence of the kiosk in the station's language, up to its first variable.
fn sentence(id: &str) -> Result<String> {
    let file = onedoor_harness::workspace().join("assets/translations/zh-CN/kiosk.ftl");
    let all = std::fs::read_to_string(file)?;
    let line = all
        .lines()
        .find_map(|line| line.strip_prefix(&format!("{id} = ")));
    let line = line.with_context(|| format!("there is no sentence {id}"))?;
    Ok(line.split('{').next().unwrap_or_default().trim().to_owned())
}

/// Whether the kiosk's log has this code: that is where a technician looks first.
fn logged(place: &Place, code: &str) -> Result<()> {
    let log = std::fs::read_to_string(place.folder().join("kiosk.log"))?;
    ensure!(log.contains(code), "the log does not have {code}");
    Ok(())
}

/// The kiosk is closed: it says so, where else to go, that nothing is lost, and the code.
fn closed(kiosk: &mut Driven, place: &Place, code: &str) -> Result<()> {
    page(kiosk, "the closed page", |page| page.page == "closed")?;
    says(
        kiosk,
        &[&sentence("say-closed")?, &sentence("closed-kept")?, code],
    )?;
    logged(place, code)
}

/// The record is whole and holds one case, whose draft is gone.
fn one_case(place: &Place) -> Result<onedoor_store::CaseSummary> {
    let record = Record::open(&place.data())?;
    let case = record.only_case()?;
    ensure!(
        record.drafts()? == 0,
        "the draft of the case is still offered"
    );
    record.answers(&case)?;
    Ok(case)
}
