//! The tour: every page as a picture, the slips, and what was said, headless.

use crate::bundle::Opened;
use crate::theme::TextSize;
use crate::walk::{Eyes, Stage};
use anyhow::Context;
use clap::Args;
use onedoor_devices::sound::speak::Part;
use std::fmt::Write as _;
use std::path::PathBuf;

/// `onedoor tour`.
#[derive(Debug, Args)]
pub struct Tour {
    /// The folder that the pictures go into
    pub out: PathBuf,
    /// Every size, text size, contrast and orientation, not only 1920x1080
    #[arg(long)]
    pub all: bool,
    /// Only this way to look, such as zh-CN-1080x1920-150-high; may be given several times
    #[arg(long)]
    pub only: Vec<String>,
    /// The station's folder or bundle
    #[arg(long, default_value = "kiosk-config")]
    pub station: PathBuf,
}

/// Sizes that must work (screens.md).
pub const WINDOWS: [(u32, u32); 4] = [(1920, 1080), (1280, 800), (1366, 768), (1080, 1920)];

/// Every way to look at a page.
pub fn all_eyes(all: bool) -> Vec<Eyes> {
    eyes_in(&["zh-CN", "en"], all)
}

/// Every way to look at a page in these languages.
pub fn eyes_in(languages: &[&str], all: bool) -> Vec<Eyes> {
    let mut eyes = Vec::new();
    for language in languages {
        for window in WINDOWS {
            for text in TextSize::ALL {
                for contrast in [false, true] {
                    let plain = window == WINDOWS[0] && text == TextSize::Normal && !contrast;
                    if all || plain {
                        eyes.push(Eyes {
                            language: (*language).to_owned(),
                            window,
                            text,
                            contrast,
                        });
                    }
                }
            }
        }
    }
    eyes
}

/// A name for a way to look: `zh-CN-1920x1080-150-high`.
pub fn name(eyes: &Eyes) -> String {
    format!(
        "{}-{}x{}-{}{}",
        eyes.language,
        eyes.window.0,
        eyes.window.1,
        (eyes.text.factor() * 100.0) as u32,
        if eyes.contrast { "-high" } else { "" }
    )
}

/// Spoken parts in words.
pub fn in_words(parts: &[Part]) -> String {
    parts
        .iter()
        .filter_map(|part| match part {
            Part::Prompt { text, .. } | Part::Name { text, .. } => Some(text.clone()),
            Part::Digits(digits) => Some(digits.clone()),
            Part::Number(n) => Some(n.to_string()),
            Part::Count(n) => Some(n.to_string()),
            Part::Date { date, .. } => Some(date.to_string()),
            Part::WorkingDays(n) => Some(format!("{n} working days")),
            Part::Weekday(day) => Some(format!("{day:?}")),
            Part::Money { fen } => Some(format!("¥{}.{:02}", fen / 100, fen % 100)),
            Part::Pause { .. } => None,
        })
        .collect::<Vec<_>>()
        .join(" · ")
}

impl Tour {
    /// Walks and writes.
    ///
    /// # Errors
    /// When a page cannot be reached or a file cannot be written.
    pub fn walk(&self) -> anyhow::Result<()> {
        let scratch = tempfile_folder()?;
        let opened = Opened::station_at(&self.station, &scratch, None)?;
        let stage = Stage::new(opened)?;
        let mut count = 0;
        let languages = stage.languages();
        let ways = eyes_in(&languages, self.all || !self.only.is_empty());
        if let Some(unknown) = self
            .only
            .iter()
            .find(|o| ways.iter().all(|e| name(e) != **o))
        {
            anyhow::bail!(
                "there is no {unknown}; `--all` makes a folder for each way that there is"
            );
        }
        let wanted = |eyes: &Eyes| self.only.is_empty() || self.only.contains(&name(eyes));
        for eyes in ways.into_iter().filter(wanted) {
            let folder = self.out.join(name(&eyes));
            std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
            let mut transcript = String::new();
            let mut number = 0;
            stage.walk(&eyes, &mut |page, kiosk| {
                number += 1;
                let file = folder.join(format!("{number:02}-{page}.png"));
                std::fs::write(&file, kiosk.draw().png()?)
                    .with_context(|| file.display().to_string())?;
                let said = in_words(&kiosk.kiosk.spoken());
                writeln!(transcript, "{number:02} {page}\n   {said}")?;
                if ["done", "card", "put-aside", "notice", "due"]
                    .iter()
                    .any(|kind| page.starts_with(kind))
                    && let Some(picture) = kiosk.kiosk.slip_on_screen()
                {
                    std::fs::write(
                        folder.join(format!("{number:02}-{page}-slip.png")),
                        picture.png()?,
                    )?;
                }
                Ok(())
            })?;
            std::fs::write(folder.join("spoken.txt"), transcript)?;
            println!("{}: {number} pages", folder.display());
            count += number;
        }
        let _ = std::fs::remove_dir_all(scratch);
        println!("{count} pictures");
        Ok(())
    }
}

fn tempfile_folder() -> anyhow::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("onedoor-tour-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}
