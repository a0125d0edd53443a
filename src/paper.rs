//! `onedoor paper`, `onedoor wall-cards`: what a station prints on a sheet (R1, R19): a service as a paper form, cards for the
//! wall with pictures and codes.

use crate::bundle::Opened;
use crate::place;
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use onedoor_paper::{Document, PaperForm, Press, Size, WallCard};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// `onedoor paper`.
#[derive(Debug, Clone, Args)]
pub struct PrintForm {
    /// The service's id, such as old-age-allowance
    service: String,
    /// The station's folder or bundle
    #[arg(long, default_value = "kiosk-config")]
    station: PathBuf,
    /// The language; the station's first unless given
    #[arg(long)]
    language: Option<String>,
    /// The PDF to be written; SERVICE.pdf unless given
    #[arg(short, long)]
    out: Option<PathBuf>,
}

/// `onedoor wall-cards`.
#[derive(Debug, Clone, Args)]
pub struct PrintCards {
    /// One service's id; without it a sheet with all of them, to be cut
    service: Option<String>,
    /// The station's folder or bundle
    #[arg(long, default_value = "kiosk-config")]
    station: PathBuf,
    /// The large language; the station's first unless given, its second stands below it
    #[arg(long)]
    language: Option<String>,
    /// The card's size
    #[arg(long, value_enum, default_value = "a5")]
    size: CardSize,
    /// The PDF to be written; wall-cards.pdf unless given
    #[arg(short, long, default_value = "wall-cards.pdf")]
    out: PathBuf,
}

/// Sizes of ISO 216.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum CardSize {
    A4,
    A5,
    A6,
}

fn open(station: &Path) -> anyhow::Result<Opened> {
    let data = place::data();
    std::fs::create_dir_all(&data).with_context(|| data.display().to_string())?;
    Opened::station_at(station, &data, None)
}

fn press(opened: &Opened) -> anyhow::Result<Press> {
    let media = opened.media();
    Ok(Press::open(&place::assets(), move |name| {
        media.get(name).map(|bytes| bytes.to_vec())
    })?)
}

fn write(document: &Document, out: &Path) -> anyhow::Result<()> {
    let flaws = document.flaws();
    if !flaws.is_empty() {
        // Paper cannot be scrolled: whoever prints it must know what does not fit.
        tracing::warn!(event = "paper_flaws", count = flaws.len(), first = ?flaws.first());
    }
    std::fs::write(out, document.pdf()?).with_context(|| out.display().to_string())?;
    println!("{}: {} pages", out.display(), document.pages.len());
    Ok(())
}

impl PrintForm {
    /// Writes the paper form.
    ///
    /// # Errors
    /// When the station or the service is not there, or the PDF cannot be written.
    pub fn print(&self) -> anyhow::Result<()> {
        let opened = open(&self.station)?;
        let station = opened.station();
        let Some(service) = station.service(&self.service) else {
            bail!(
                "{} has no service {}; it has: {}",
                self.station.display(),
                self.service,
                station.home().join(", ")
            );
        };
        let language = self.language.as_deref().unwrap_or(station.language());
        let document = press(&opened)?.form(&PaperForm {
            station: station.config(),
            service: &self.service,
            form: service.form.as_deref(),
            version: opened.version(),
            language,
            day: Some(jiff::Zoned::now().date()),
            filled: &BTreeMap::new(),
        })?;
        let out = self
            .out
            .clone()
            .unwrap_or_else(|| PathBuf::from(format!("{}.pdf", self.service)));
        write(&document, &out)
    }
}

impl PrintCards {
    /// Writes the card, or the sheet of all cards.
    ///
    /// # Errors
    /// As [`PrintForm::print`].
    pub fn print(&self) -> anyhow::Result<()> {
        let opened = open(&self.station)?;
        let station = opened.station();
        let language = self.language.as_deref().unwrap_or(station.language());
        let other = station
            .config()
            .settings
            .languages
            .iter()
            .map(String::as_str)
            .find(|tag| *tag != language);
        let job = WallCard {
            station: station.config(),
            language,
            other,
        };
        let mut press = press(&opened)?;
        let document = match &self.service {
            Some(service) => press.wall_card(
                &job,
                service,
                match self.size {
                    CardSize::A4 => Size::A4,
                    CardSize::A5 => Size::A5,
                    CardSize::A6 => Size::A6,
                },
            )?,
            None => press.wall_sheet(&job)?,
        };
        write(&document, &self.out)
    }
}
