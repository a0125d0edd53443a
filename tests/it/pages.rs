//! Every page in every language, size, contrast and way to stand: nothing clipped, small, pale or out of reach.

use onedoor::bundle::Opened;
use onedoor::headless::{Headless, Inspection, Target};
use onedoor::rehearsal::Rehearsal;
use onedoor::theme::{self, TextSize};
use onedoor::tour;
use onedoor::walk::{Eyes, Stage};
use onedoor::widget::TapKind;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;

/// A stage for the example station, made once.
pub fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| {
        let data = tempfile::tempdir().unwrap();
        let station = Path::new(env!("CARGO_MANIFEST_DIR")).join("kiosk-config");
        Stage::new(Opened::station_at(&station, data.path(), None).unwrap()).unwrap()
    })
}

/// Everything that a page does wrong.
fn faults(eyes: &Eyes, page: &str, inspection: &Inspection) -> Vec<String> {
    let mut faults = Vec::new();
    let scale = theme::scale(eyes.window.0 as f32, eyes.window.1 as f32);
    let (width, height) = (eyes.window.0 as f32 / scale, eyes.window.1 as f32 / scale);
    let mut fault = |what: String| faults.push(format!("{} {page}: {what}", tour::name(eyes)));

    let person = inspection
        .targets
        .iter()
        .find(|t| t.seen.target == "person");
    if person.is_none_or(|t| !t.seen.live) {
        fault("Call a person is not there".into());
    }
    for target in &inspection.targets {
        let b = target.bounds;
        let name = &target.seen.target;
        if b.x < -0.5 || b.y < -0.5 || b.x + b.width > width + 0.5 || b.y + b.height > height + 0.5
        {
            fault(format!("{name} leaves the page: {b:?}"));
        }
        let least = if main_one(target) {
            theme::LEAST_TARGET.1
        } else {
            theme::LEAST_TARGET.0
        };
        if b.width < least - 0.1 || b.height < least - 0.1 {
            fault(format!(
                "{name} is {:.0}×{:.0}, under {least}",
                b.width, b.height
            ));
        }
        let ink = target.seen.surface.ink;
        if ink.contrast() < least_contrast(eyes) {
            fault(format!("{name} has a contrast of {:.1}", ink.contrast()));
        }
    }
    for (n, a) in inspection.targets.iter().enumerate() {
        for b in &inspection.targets[n + 1..] {
            let gap = gap(a, b);
            if gap < 15.9 {
                fault(format!(
                    "{} and {} are {gap:.0} apart",
                    a.seen.target, b.seen.target
                ));
            }
        }
    }
    for text in &inspection.texts {
        let b = text.bounds;
        let what = || text.seen.text.chars().take(24).collect::<String>();
        let needed = text.seen.needed;
        if needed.width > b.width + 1.0 || needed.height > b.height + 1.0 {
            fault(format!(
                "\"{}\" needs {:.0}×{:.0} and has {:.0}×{:.0}",
                what(),
                needed.width,
                needed.height,
                b.width,
                b.height
            ));
        }
        if b.x < -0.5 || b.y < -0.5 || b.x + b.width > width + 0.5 || b.y + b.height > height + 0.5
        {
            fault(format!("\"{}\" leaves the page", what()));
        }
        if text.seen.size < 36.0 * eyes.text.factor().min(1.25) - 0.1 && text.seen.size < 36.0 {
            fault(format!("\"{}\" is {:.0} px high", what(), text.seen.size));
        }
        if text.seen.ink.contrast() < least_contrast(eyes) {
            fault(format!(
                "\"{}\" has a contrast of {:.1}",
                what(),
                text.seen.ink.contrast()
            ));
        }
        // A text that belongs to a target must lie inside it; any other must not run under one.
        for target in &inspection.targets {
            let t = target.bounds;
            let over = t.intersection(&b).map_or(0.0, |i| i.width.min(i.height));
            let inside = b.x >= t.x - 1.0
                && b.y >= t.y - 1.0
                && b.x + b.width <= t.x + t.width + 1.0
                && b.y + b.height <= t.y + t.height + 1.0;
            if over > 1.0 && !inside {
                fault(format!(
                    "\"{}\" runs out of or under {}",
                    what(),
                    target.seen.target
                ));
            }
        }
    }
    for (n, a) in inspection.texts.iter().enumerate() {
        for b in &inspection.texts[n + 1..] {
            let over = a
                .bounds
                .intersection(&b.bounds)
                .map_or(0.0, |i| i.width.min(i.height));
            if over > 4.0 && !a.seen.text.is_empty() && !b.seen.text.is_empty() {
                fault(format!("\"{}\" runs over \"{}\"", a.seen.text, b.seen.text));
            }
        }
    }
    faults
}

/// Controls at the top are for eyes and ears; everything else is a main one. Letters of the keyboard are as wide as ten
/// of them allow on an upright screen.
fn main_one(target: &Target) -> bool {
    !matches!(
        target.seen.target.as_str(),
        "language" | "text-size" | "contrast" | "volume"
    )
}

fn least_contrast(eyes: &Eyes) -> f32 {
    if eyes.contrast { 15.0 } else { 7.0 }
}

/// The empty space between two targets; targets inside one another have none.
fn gap(a: &Target, b: &Target) -> f32 {
    let (a, b) = (a.bounds, b.bounds);
    let dx = (b.x - (a.x + a.width)).max(a.x - (b.x + b.width));
    let dy = (b.y - (a.y + a.height)).max(a.y - (b.y + b.height));
    dx.max(dy)
}

fn look_at_everything(language: &str) {
    let mut all = String::new();
    let mut count = 0;
    let mut pages = 0;
    for eyes in tour::all_eyes(true)
        .into_iter()
        .filter(|e| e.language == language)
    {
        let mut where_person: BTreeMap<(i32, i32), String> = BTreeMap::new();
        stage()
            .walk(&eyes, &mut |page, kiosk: &mut Headless<Rehearsal>| {
                pages += 1;
                let inspection = kiosk.inspect();
                for fault in faults(&eyes, page, &inspection) {
                    count += 1;
                    if count <= 400 {
                        writeln!(all, "{fault}")?;
                    }
                }
                if let Some(person) = inspection
                    .targets
                    .iter()
                    .find(|t| t.seen.target == "person")
                {
                    where_person.insert(
                        (person.bounds.x as i32, person.bounds.y as i32),
                        page.to_owned(),
                    );
                }
                Ok(())
            })
            .unwrap();
        if where_person.len() != 1 {
            writeln!(
                all,
                "{}: Call a person moves: {where_person:?}",
                tour::name(&eyes)
            )
            .unwrap();
            count += 1;
        }
    }
    println!("{pages} pages looked at");
    assert!(pages > 1000, "only {pages} pages");
    assert!(count == 0, "{count} faults:\n{all}");
}

#[test]
fn every_page_can_be_read_and_touched_in_chinese() {
    look_at_everything("zh-CN");
}

#[test]
fn every_page_can_be_read_and_touched_in_english() {
    look_at_everything("en");
}

#[test]
fn long_names_long_villages_and_empty_lists_have_room() {
    let mut all = Vec::new();
    let mut pages = 0;
    for eyes in tour::all_eyes(true) {
        stage()
            .long_and_empty(&eyes, &mut |page, kiosk: &mut Headless<Rehearsal>| {
                pages += 1;
                all.extend(faults(&eyes, page, &kiosk.inspect()));
                Ok(())
            })
            .unwrap();
    }
    println!("{pages} pages looked at");
    assert!(pages > 500, "only {pages} pages");
    assert!(all.is_empty(), "{} faults:\n{}", all.len(), all.join("\n"));
}

#[test]
fn a_page_drawn_is_a_page_seen() {
    // What the layout says is what the pixels say: behind each control lies the colour that its contrast was reckoned with.
    let eyes = Eyes {
        language: "zh-CN".into(),
        window: (1280, 800),
        text: TextSize::Normal,
        contrast: false,
    };
    let scale = theme::scale(1280.0, 800.0);
    let mut looked = 0;
    stage()
        .walk(&eyes, &mut |page, kiosk| {
            let inspection = kiosk.inspect();
            let picture = kiosk.draw();
            for target in inspection
                .targets
                .iter()
                .filter(|t| t.seen.kind == TapKind::Step)
            {
                // Just inside the border, left of any text.
                let x = ((target.bounds.x + target.seen.surface.border.1 + 2.5) * scale) as u32;
                let y = ((target.bounds.y + target.bounds.height * 0.5) * scale) as u32;
                let at = ((y * picture.width + x) * 4) as usize;
                let on = target.seen.surface.ink.on.into_rgba8();
                if picture.rgba[at..at + 3] != on[..3] {
                    let file = std::env::temp_dir().join("onedoor-page.png");
                    std::fs::write(&file, picture.png()?)?;
                    panic!(
                        "{page} {}: {:?} at {x},{y}, see {}",
                        target.seen.target,
                        &picture.rgba[at..at + 3],
                        file.display()
                    );
                }
                looked += 1;
            }
            Ok(())
        })
        .unwrap();
    assert!(looked > 300, "only {looked}");
}

#[test]
fn every_page_can_be_used_by_the_number_pad_and_says_how() {
    // By keys of their own on every page; a word keyboard is left by another way; wiping all is wiping one by one.
    let elsewhere = |target: &str| {
        let word_keys = target
            .strip_prefix("key/")
            .is_some_and(|key| key.parse::<u8>().is_err());
        word_keys
            || ["candidate", "keys/"]
                .iter()
                .any(|part| target.starts_with(part))
            || [
                "rest",
                "still-here",
                "person",
                "hear",
                "language",
                "text-size",
                "contrast",
                "volume",
                "wipe-all",
            ]
            .contains(&target)
    };
    for language in ["zh-CN", "en"] {
        let eyes = Eyes {
            language: language.into(),
            window: (1920, 1080),
            text: TextSize::Normal,
            contrast: false,
        };
        let mut lacking = Vec::new();
        stage()
            .walk(&eyes, &mut |page, kiosk| {
                let reached = kiosk.kiosk.reached();
                let wordy = kiosk
                    .inspect()
                    .targets
                    .iter()
                    .any(|t| t.seen.target == "key/q");
                for target in kiosk.inspect().targets.iter().filter(|t| t.seen.live) {
                    let name = &target.seen.target;
                    let digit_of_words = wordy && name.starts_with("key/");
                    // Enter does it on an empty field, and the field can be wiped.
                    let after_wiping = ["not-here", "switch"].contains(&name.as_str())
                        && reached.iter().any(|t| t == "key/wipe");
                    if after_wiping {
                        continue;
                    }
                    if !elsewhere(name) && !digit_of_words && !reached.contains(name) {
                        lacking.push(format!("{page}: no key touches {name}"));
                    }
                }
                for label in kiosk.kiosk.unspoken_labels() {
                    lacking.push(format!("{page}: nobody says {label}"));
                }
                Ok(())
            })
            .unwrap();
        assert!(lacking.is_empty(), "{language}: {}", lacking.join("\n"));
    }
}
