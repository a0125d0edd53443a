//! Printer, scanner, sound.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use onedoor_devices::escpos_reader::Switch;
use onedoor_harness::pty::SerialScanner;
use onedoor_store::SlipState;

use super::{Plugs, WELL, at_consent, event, finish, logged, one_case, page, read, says, sentence};
use crate::place::{Driven, Place};
use crate::record::Record;
use crate::resident::{Hands, ID_NUMBER, Resident};

/// Something to hold under the scanner.
const NOT_OURS: &str = "6901234567892";

/// The slip does not come: the case is there all the same, its number is on the page, and once the printer works again
/// the slip is printed.
fn without_slip(switch: Switch, say: &str, code: &str) -> Result<()> {
    let place = Place::new()?;
    let (mut kiosk, _) = at_consent(&place, &Plugs::of(&place))?;
    place.printer.switches().set(switch, true);
    kiosk.touch("next")?;
    let shown = page(&mut kiosk, "the page without a slip", |page| {
        page.page == "done/no-slip"
    })?;
    event(&mut kiosk, "saved", "")?;
    event(&mut kiosk, "not_printed", code)?;
    let say = sentence(say)?;
    says(&mut kiosk, &[&say, &sentence("fault-write-down")?, code])?;
    let number = shown.rest["case"]
        .as_str()
        .context("the page has no case")?;
    let digits: String = read(&mut kiosk)?
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    ensure!(
        digits.contains(number),
        "the case's number is not on the page"
    );
    let spoken = format!("{:?}", shown.spoken);
    ensure!(spoken.contains(&say), "the fault is not spoken: {spoken}");
    logged(&place, code)?;

    place.printer.switches().set(switch, false);
    for _ in 0..20 {
        kiosk.touch("print-again")?;
        let done = page(&mut kiosk, "word of the second slip", |page| {
            page.page == "done/no-slip"
                || page
                    .targets
                    .iter()
                    .any(|t| t.id == "print-again" && t.label == again())
        })?;
        if done.page == "done" {
            break;
        }
    }
    event(&mut kiosk, "printed", "")?;
    kiosk.0.kill()?;
    ensure!(!place.printer.slips().is_empty(), "no slip came out");

    let case = one_case(&place)?;
    ensure!(
        case.code.compact() == number,
        "the page had another case's number"
    );
    let slips = Record::open(&place.data())?.slips(&case)?;
    let failed = slips
        .iter()
        .any(|slip| slip.state == SlipState::Failed(code.into()));
    let printed = slips.iter().any(|slip| slip.state == SlipState::Printed);
    ensure!(failed && printed, "the record has {slips:?}");
    Ok(())
}

fn again() -> String {
    sentence("done-print-again").unwrap_or_default()
}

#[test]
fn a_printer_without_paper() -> Result<()> {
    without_slip(Switch::PaperOut, "say-printer-paper", "PRN-001")
}

#[test]
fn a_printer_with_an_open_cover() -> Result<()> {
    without_slip(Switch::CoverOpen, "say-printer-cover", "PRN-002")
}

#[test]
fn a_printer_that_is_unplugged() -> Result<()> {
    without_slip(Switch::Unplugged, "say-printer-silent", "PRN-003")
}

#[test]
fn a_printer_that_is_silent() -> Result<()> {
    without_slip(Switch::Silent, "say-printer-silent", "PRN-004")
}

#[test]
fn a_station_without_a_printer() -> Result<()> {
    let place = Place::new()?;
    let plugs = Plugs {
        printer: "none".into(),
        ..Plugs::of(&place)
    };
    let mut kiosk = plugs.start(&place)?;
    finish(&mut kiosk, &mut Resident::default())?;
    page(&mut kiosk, "the page without a slip", |page| {
        page.page == "done/no-slip"
    })?;
    says(&mut kiosk, &[&sentence("say-printer-silent")?, "PRN-003"])?;
    kiosk.0.kill()?;
    one_case(&place).map(drop)
}

/// From the last page of the service to "My matters".
fn my_matters(kiosk: &mut Driven) -> Result<()> {
    kiosk.touch("next")?;
    page(kiosk, "the question whether to remember", |page| {
        page.page == "remember"
    })?;
    kiosk.touch("remember/no")?;
    page(kiosk, "home", |page| page.page == "home")?;
    for _ in 0..5 {
        if kiosk.page()?.has("service/my-matters") {
            break;
        }
        kiosk.touch("more")?;
    }
    kiosk.touch("service/my-matters")
}

/// The scanner is not there, comes, goes and comes again; meanwhile the number is typed.
#[test]
fn a_scanner_that_is_unplugged() -> Result<()> {
    let mut place = Place::new()?;
    let port = place.folder().join("scanner-port");
    let plugs = Plugs {
        scanner: port.display().to_string(),
        ..Plugs::of(&place)
    };
    let mut kiosk = plugs.start(&place)?;
    let mut resident = Resident::default();
    let done = finish(&mut kiosk, &mut resident)?;
    let number = done.rest["case"].as_str().context("no case")?.to_owned();
    logged(&place, "SCN-001")?;

    my_matters(&mut kiosk)?;
    says(&mut kiosk, &[&sentence("scanner-gone")?])?;
    let spoken = format!("{:?}", kiosk.page()?.spoken);
    ensure!(
        spoken.contains(&sentence("say-scanner-gone")?),
        "it is not spoken: {spoken}"
    );
    kiosk.touch("matters/code")?;
    for digit in number.chars() {
        kiosk.touch(&format!("key/{digit}"))?;
    }
    kiosk.touch("next")?;
    for digit in ID_NUMBER[ID_NUMBER.len() - 4..].chars() {
        kiosk.touch(&format!("key/{digit}"))?;
    }
    kiosk.touch("next")?;
    let found = page(&mut kiosk, "the case", |page| page.page == "matters/case")?;
    ensure!(
        found.rest["case"] == number.as_str(),
        "another case: {:?}",
        found.rest
    );

    let plug_in = |path: PathBuf| -> Result<()> {
        let _ = std::fs::remove_file(&port);
        Ok(std::os::unix::fs::symlink(path, &port)?)
    };
    plug_in(place.scanner.path().to_owned())?;
    event(&mut kiosk, "scanner", WELL)?;
    std::fs::remove_file(&port)?;
    place.scanner = SerialScanner::plug_in()?;
    event(&mut kiosk, "scanner", "SCN-002")?;
    logged(&place, "SCN-002")?;
    plug_in(place.scanner.path().to_owned())?;
    for _ in 0..100 {
        place.scanner.show(NOT_OURS)?;
        std::thread::sleep(Duration::from_millis(250));
        while kiosk.0.next(Duration::ZERO)?.is_some() {}
        if kiosk
            .0
            .events()
            .iter()
            .any(|event| event["event"] == "scanned")
        {
            break;
        }
    }
    event(&mut kiosk, "scanned", "")?;
    kiosk.0.kill()?;
    one_case(&place).map(drop)
}

#[test]
fn a_kiosk_without_sound() -> Result<()> {
    let place = Place::new()?;
    let plugs = Plugs {
        sound: "none",
        ..Plugs::of(&place)
    };
    let mut kiosk = plugs.start(&place)?;
    let no_sound = sentence("no-sound")?;
    let mut resident = Resident::default();
    crate::resident::go_on(&mut kiosk, &mut resident, |page, _| page.page == "home")?;
    event(&mut kiosk, "sound", "SND-001")?;
    says(&mut kiosk, &[&no_sound])?;
    finish(&mut kiosk, &mut resident)?;
    says(&mut kiosk, &[&no_sound])?;
    logged(&place, "SND-001")?;
    kiosk.0.kill()?;
    one_case(&place).map(drop)
}
