//! The whole service in a real window, by real touches, onto real paper as far as a wire can tell, and back by the scanner.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use onedoor_harness::screen::Screen;
use onedoor_harness::search::Needles;
use onedoor_harness::server::XServer;

use crate::place::{Place, Touched};
use crate::record::Record;
use crate::resident::{self, Hands, ID_NUMBER, PHONE, Resident};

#[test]
fn a_service_is_done_by_touch_and_its_slip_opens_my_matters() -> Result<()> {
    let mut place = Place::new()?;
    let (server, mut touchscreen) = XServer::touch(1280, 800)?;
    let screen = Screen::connect(&server)?;
    let kiosk = place.window(&server)?;
    screen.window(Duration::from_secs(60))?;
    let mut hands = Touched {
        kiosk,
        touchscreen: &mut touchscreen,
    };

    // By touches, from the rest page to the slip.
    let done = resident::go_on(&mut hands, &mut Resident::default(), |_, _| false)?;
    assert!(screen.shot()?.colours() > 100, "the window shows no page");
    let code = text(&done, "case").context("the last page does not say the code")?;

    // The paper: one slip, nothing in its bytes that a printer does not know, and its QR read by a decoder that shares
    // no code with the kiosk.
    let until = std::time::Instant::now() + Duration::from_secs(60);
    while place.printer.slips().is_empty() {
        ensure!(
            std::time::Instant::now() < until,
            "no slip came out in a minute"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(
        place.printer.problems(),
        [],
        "bytes that a printer does not know"
    );
    assert_eq!(place.printer.slips().len(), 1);
    let slip = place.folder().join("slip.png");
    std::fs::write(&slip, place.printer.slips()[0].raster.to_png()?)?;
    let payload = read_qr(&slip)?;

    // Home, and the slip under the scanner: "My matters" opens with this case in the right state.
    hands.touch("next")?;
    hands
        .kiosk
        .wait_for("the question whether to remember", |page| {
            page.page == "remember"
        })?;
    hands.touch("remember/no")?;
    hands
        .kiosk
        .wait_for("the home page", |page| page.page == "home")?;
    place.scanner.show(&payload)?;
    let asked = hands
        .kiosk
        .wait_for("My matters", |page| page.page.starts_with("matters"))?;
    if asked.has("key/1") {
        // The second factor: the last four of the ID number.
        for digit in ID_NUMBER[ID_NUMBER.len() - 4..].chars() {
            hands.touch(&format!("key/{digit}"))?;
        }
        hands.touch("next")?;
    }
    let matter = hands
        .kiosk
        .wait_for("the case", |page| page.page == "matters/case")?;
    assert_eq!(
        text(&matter, "case"),
        Some(code.clone()),
        "another case than the slip's"
    );
    assert_eq!(
        text(&matter, "state").as_deref(),
        Some("saved"),
        "the case is in another state"
    );

    // Gone, and what is left on disk: the case, and no personal value in clear.
    let wanted = (place.data(), code);
    hands.kiosk.kill()?;
    let record = Record::open(&wanted.0)?;
    let case = record.only_case()?;
    assert_eq!(case.code.compact(), wanted.1);
    assert_eq!(record.drafts()?, 0);
    let answers = record.answers(&case)?;
    drop(record);
    let name = resident::name();
    let values = [
        ("the ID number", ID_NUMBER),
        ("the telephone number", PHONE),
        ("the name", name.as_str()),
    ];
    for (what, value) in values {
        assert!(
            answers.contains(value),
            "{what} was not among the answers, so looking for it shows nothing"
        );
    }
    nothing_in_clear(&place, &values)
}

/// Searches data folder, logs and trace for personal values; and, to show that the search finds them, a plain control.
fn nothing_in_clear(place: &Place, values: &[(&str, &str)]) -> Result<()> {
    let needles = Needles::new(values);
    let (found, searched) = needles.search(place.folder())?;
    assert_eq!(found, [], "personal values in clear");
    assert!(
        searched > 10_000,
        "only {searched} bytes were searched: the record must be larger"
    );

    let control = tempfile::tempdir()?;
    for (index, (_, form)) in needles.forms().iter().enumerate() {
        std::fs::write(control.path().join(index.to_string()), form)?;
    }
    let (found, _) = needles.search(control.path())?;
    assert_eq!(
        found.len(),
        needles.forms().len(),
        "the search does not find what lies there"
    );
    Ok(())
}

/// What zbar reads from a picture of the slip. zbar (C, 2007–) has nothing in common with rxing and rqrr.
pub fn read_qr(picture: &std::path::Path) -> Result<String> {
    let output = Command::new("zbarimg")
        .args(["--quiet", "--raw", "--nodbus"])
        .arg(picture)
        .output()
        .context("zbarimg is not installed (Debian package zbar-tools)")?;
    ensure!(output.status.success(), "zbar reads no code from the slip");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn text(page: &onedoor_harness::trace::Page, key: &str) -> Option<String> {
    page.rest.get(key)?.as_str().map(str::to_owned)
}
