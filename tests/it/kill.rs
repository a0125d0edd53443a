//! The power goes at every page, in the middle of typing, and in the middle of the commit: nothing is lost, nothing doubled.
//!
//! The kiosk runs without a window here, so that hundreds of power cuts cost minutes; everything below the drawing is the
//! program that people use, on a real disk, ended by SIGKILL.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use onedoor_devices::escpos_reader::Switch;
use onedoor_harness::trace::Page;
use serde_json::json;

use crate::place::{Driven, Place};
use crate::record::Record;
use crate::resident::{self, Hands, Next, Resident};

/// A touch is on disk after this long, also on a busy machine (architecture, rule 2, wants 250 ms; `onedoor-bench ui` shows it).
const SAFE: Duration = Duration::from_millis(1000);
/// Power cuts around the commit of one case.
const COMMIT_CUTS: usize = 90;
/// Power cuts right after a touch, spread over the whole service.
const ANYWHERE_CUTS: usize = 72;

/// What an undisturbed resident's case holds, and how many touches it took.
struct Reference {
    answers: String,
    touches: usize,
    pages: BTreeSet<String>,
}

fn reference() -> Result<Reference> {
    reference_of(resident::SERVICE)
}

fn reference_of(service: &'static str) -> Result<Reference> {
    let place = Place::new()?;
    let mut kiosk = place.drive()?;
    let mut pages = BTreeSet::new();
    let mut touches = 0;
    resident::go_on(&mut kiosk, &mut Resident::of(service), |page, next| {
        pages.insert(page.page.clone());
        touches += usize::from(matches!(next, Next::Touch(_)));
        false
    })?;
    kiosk.0.kill()?;
    Ok(Reference {
        answers: the_one_case(&place)?,
        touches,
        pages,
    })
}

/// Checks the record whole and returns the answers of its one case.
fn the_one_case(place: &Place) -> Result<String> {
    let record = Record::open(&place.data())?;
    let case = record.only_case()?;
    ensure!(
        record.drafts()? == 0,
        "a case was handed in, and its draft is still offered"
    );
    record.answers(&case)
}

/// Whether a power cut on this page has something to bring back.
fn in_the_service(page: &Page) -> bool {
    !matches!(
        page.page.as_str(),
        "rest" | "home" | "done" | "done/no-slip" | "saving"
    ) && !page.page.starts_with("go-on")
}

/// Starts the kiosk again and answers "go on?": the first page after that.
fn come_back(place: &Place, resident: &mut Resident) -> Result<(Driven, Page)> {
    let mut kiosk = place.drive()?;
    let mut asked = false;
    let page = resident::go_on(&mut kiosk, resident, |page, _| {
        asked |= page.page.starts_with("go-on");
        !page.page.starts_with("go-on") && page.page != "rest"
    })?;
    ensure!(
        asked,
        "after a power cut nobody was asked whether they go on; up is {}",
        page.page
    );
    Ok((kiosk, page))
}

/// When on a page the power goes.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// As soon as it is up.
    Arrived,
    /// With something on it touched or typed.
    Halfway,
    /// When only Next is left to touch.
    Filled,
}

#[test]
fn the_power_goes_at_every_page() -> Result<()> {
    let reference = reference()?;
    let mut cuts = 0;
    for moment in [Moment::Arrived, Moment::Halfway, Moment::Filled] {
        let place = Place::new()?;
        let mut resident = Resident::default();
        let mut kiosk = place.drive()?;
        let mut cut: BTreeSet<String> = BTreeSet::new();
        let (mut at, mut touched) = (String::new(), 0);
        loop {
            let page = resident::go_on(&mut kiosk, &mut resident, |page, next| {
                if at != page.page {
                    at.clone_from(&page.page);
                    touched = 0;
                }
                let now = match moment {
                    Moment::Arrived => true,
                    Moment::Halfway => touched >= 3 || (touched >= 1 && !page.has("key/1")),
                    Moment::Filled => *next == Next::Touch("next".into()),
                };
                touched += 1;
                now && in_the_service(page) && cut.insert(page.page.clone())
            })?;
            if !in_the_service(&page) {
                break;
            }
            std::thread::sleep(SAFE);
            kiosk.0.kill()?;
            cuts += 1;
            let back;
            (kiosk, back) = come_back(&place, &mut resident)?;
            ensure!(
                back.page == page.page,
                "{moment:?}: the power went on {}, and {} came back",
                page.page,
                back.page
            );
            touched = 0;
        }
        kiosk.0.kill()?;
        assert_eq!(
            the_one_case(&place)?,
            reference.answers,
            "{moment:?}: the answers are not those that were given"
        );
        let missed: Vec<&String> = reference
            .pages
            .iter()
            .filter(|page| !cut.contains(*page))
            .collect();
        println!("{moment:?}: {} pages; not on {missed:?}", cut.len());
        if matches!(moment, Moment::Arrived) {
            let must = reference
                .pages
                .iter()
                .filter(|p| !matches!(p.as_str(), "rest" | "home" | "done" | "saving"));
            assert_eq!(
                must.filter(|page| !cut.contains(*page)).count(),
                0,
                "a page was left out: {missed:?}"
            );
        }
    }
    println!("{cuts} power cuts at pages");
    assert!(cuts >= 30, "only {cuts} power cuts");
    Ok(())
}

#[test]
fn the_power_goes_in_the_middle_of_the_commit() -> Result<()> {
    let reference = reference()?;
    // One resident comes to the last page before handing in; everybody below starts from a copy of that disk.
    let origin = Place::new()?;
    let mut kiosk = origin.drive()?;
    resident::go_on(&mut kiosk, &mut Resident::default(), |page, _| {
        page.page == "consent"
    })?;
    std::thread::sleep(SAFE);
    kiosk.0.kill()?;

    let (mut before, mut after, mut owed) = (0, 0, 0);
    for number in 0..COMMIT_CUTS {
        let place = Place::new()?;
        copy_folder(&origin.data(), &place.data())?;
        match number % 3 {
            0 => place.printer.switches().set(Switch::PaperOut, true),
            1 => place.printer.switches().set(Switch::Unplugged, true),
            _ => {}
        }
        let mut resident = Resident::default();
        let (mut kiosk, page) = come_back(&place, &mut resident)?;
        ensure!(page.page == "consent", "{} came back", page.page);
        kiosk.0.send(&json!({ "touch": "next" }))?;
        // From "not even heard" to "long done", most of them while the kiosk is at it.
        std::thread::sleep(Duration::from_micros(400 * number as u64));
        kiosk.0.kill()?;

        let record = Record::open(&place.data())?;
        let (cases, drafts) = (record.cases()?, record.drafts()?);
        drop(record);
        ensure!(
            cases.len() + drafts == 1,
            "after cut {number}: {} cases and {drafts} drafts",
            cases.len()
        );
        if drafts == 1 {
            before += 1;
            let mut resident = Resident::default();
            let (mut kiosk, page) = come_back(&place, &mut resident)?;
            // Whoever had agreed need not agree again: the kiosk hands in by itself what it was handing in.
            ensure!(
                matches!(page.page.as_str(), "consent" | "saving" | "done"),
                "{} came back",
                page.page
            );
            resident::go_on(&mut kiosk, &mut resident, |_, _| false)?;
            kiosk.0.kill()?;
        } else {
            // It is in the journal. If its slip had not come, its person is asked for, and the slip comes now.
            after += 1;
            let mut kiosk = place.drive()?;
            if kiosk.page()?.page.starts_with("go-on") {
                owed += 1;
                let mut resident = Resident::default();
                let page =
                    resident::go_on(&mut kiosk, &mut resident, |page, _| page.page == "home")
                        .with_context(|| format!("after cut {number}: {}", place.last_words()))?;
                ensure!(page.page.starts_with("done"), "{} came back", page.page);
            }
            kiosk.0.kill()?;
        }
        let answers = the_one_case(&place).with_context(|| format!("after cut {number}"))?;
        ensure!(
            answers == reference.answers,
            "cut {number}: the answers are not those that were given"
        );
    }
    println!(
        "{COMMIT_CUTS} power cuts at the commit: {before} before it, {after} after it, {owed} before the slip"
    );
    assert!(
        before > 0 && after > 0,
        "all cuts fell on one side of the commit: {before} before, {after} after"
    );
    Ok(())
}

#[test]
fn the_power_goes_at_every_page_of_the_other_services() -> Result<()> {
    let mut cuts = 0;
    for service in [
        "old-age-allowance",
        "pension-attestation",
        "complaint",
        "stuck",
    ] {
        let reference = reference_of(service)?;
        let place = Place::new()?;
        let mut resident = Resident::of(service);
        let mut kiosk = place.drive()?;
        let mut cut: BTreeSet<String> = BTreeSet::new();
        loop {
            let page = resident::go_on(&mut kiosk, &mut resident, |page, _| {
                in_the_service(page) && cut.insert(page.page.clone())
            })?;
            if !in_the_service(&page) {
                break;
            }
            std::thread::sleep(SAFE);
            kiosk.0.kill()?;
            cuts += 1;
            let back;
            (kiosk, back) = come_back(&place, &mut resident)?;
            ensure!(
                back.page == page.page,
                "{service}: the power went on {}, and {} came back",
                page.page,
                back.page
            );
        }
        kiosk.0.kill()?;
        assert_eq!(
            the_one_case(&place)?,
            reference.answers,
            "{service}: the answers are not those that were given"
        );
    }
    println!("{cuts} power cuts at pages of the other services");
    assert!(cuts >= 20, "only {cuts} power cuts");
    Ok(())
}

#[test]
fn the_power_goes_inside_a_recording_and_at_most_the_last_second_is_lost() -> Result<()> {
    for tenths in [1, 14, 23, 37, 52] {
        let place = Place::new()?;
        let mut resident = Resident::of("complaint");
        let mut kiosk = place.drive()?;
        resident::go_on(&mut kiosk, &mut resident, |page, _| page.has("voice/start"))?;
        kiosk.0.touch("voice/start")?;
        let said = Duration::from_millis(tenths * 100);
        let began = std::time::Instant::now();
        std::thread::sleep(said);
        let said = began.elapsed();
        kiosk.0.kill()?;

        let parts = Record::open(&place.data())?.draft_parts()?;
        if parts.is_empty() {
            // Nothing was said yet that could be kept; then nothing may claim to be.
            ensure!(
                said < Duration::from_millis(1300),
                "{said:?} of speech are gone"
            );
            let (mut kiosk, back) = come_back(&place, &mut resident)?;
            // What the draft really has is looked up while the page is already up.
            if !back.has("voice/start") {
                kiosk.wait()?;
            }
            let back = kiosk.page()?;
            ensure!(
                back.has("voice/start") && !back.has("voice/play"),
                "a recording of nothing came back: {:?}",
                back.targets
            );
            kiosk.0.kill()?;
            continue;
        }
        ensure!(parts.len() == 1, "{} files in the draft", parts.len());
        let file = place.folder().join("story.ogg");
        std::fs::write(&file, &parts[0].1)?;
        let sound = onedoor_devices::sound::decode::read(&file)?;
        let kept = Duration::from_secs_f64(sound.samples.len() as f64 / f64::from(sound.rate));
        println!("said {said:?}, kept {kept:?}");
        // The touch itself and a busy machine cost a moment too.
        ensure!(
            kept + Duration::from_millis(1300) > said,
            "of {said:?} only {kept:?} was kept"
        );

        let (mut kiosk, back) = come_back(&place, &mut resident)?;
        ensure!(
            back.has("voice/play"),
            "the recording did not come back: {:?}",
            back.targets
        );
        resident::go_on(&mut kiosk, &mut resident, |_, _| false)?;
        kiosk.0.kill()?;
        the_one_case(&place)?;
    }
    Ok(())
}

#[test]
fn the_power_goes_right_after_any_touch() -> Result<()> {
    let reference = reference()?;
    for number in 0..ANYWHERE_CUTS {
        let place = Place::new()?;
        let mut resident = Resident::default();
        let mut kiosk = place.drive()?;
        let mut left = 2 + number * (reference.touches - 3) / ANYWHERE_CUTS;
        resident::go_on(&mut kiosk, &mut resident, |_, next| {
            left -= usize::from(matches!(next, Next::Touch(_)));
            left == 0
        })?;
        let page = kiosk.page()?;
        if let Next::Touch(target) = Resident::default().look(&page)? {
            kiosk.0.touch(&target)?;
        }
        std::thread::sleep(Duration::from_micros(700 * (number as u64 % 9)));
        kiosk.0.kill()?;

        // What was touched last may be there or not; nothing before it is lost, and nothing is there twice.
        resident.forget_typing();
        let mut kiosk = place.drive()?;
        resident::go_on(&mut kiosk, &mut resident, |_, _| false)
            .with_context(|| format!("cut {number}, on the page {}", page.page))?;
        kiosk.0.kill()?;
        assert_eq!(
            the_one_case(&place)?,
            reference.answers,
            "cut {number}, on the page {}",
            page.page
        );
    }
    println!("{ANYWHERE_CUTS} power cuts right after a touch");
    Ok(())
}

/// Copies a folder whole, as a power cut leaves it.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
