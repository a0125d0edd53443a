//! The command line: `onedoor`, alone, opens the kiosk.

use crate::bundle::{self, Opened};
use crate::place;
use crate::world::setup::Plugs;
use crate::{drive, paper, prompts, tour, window};
use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use onedoor_forms::bundle::Keypair;
use std::path::PathBuf;
use std::process::ExitCode;

/// The kiosk of a village service station.
#[derive(Debug, Parser)]
#[command(name = "onedoor", version, about)]
struct Line {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Opens the kiosk (this is also what `onedoor` alone does)
    Run(Run),
    /// Runs the kiosk without a window: touches come in as JSON lines, pages go out as JSON lines
    Drive(At),
    /// Writes every page as a PNG, the slips, and what was spoken
    Tour(tour::Tour),
    /// Compiles a station's folder into one signed bundle
    Bundle(MakeBundle),
    /// Makes the key that signs bundles: the secret file, and beside it FILE.pub, which kiosks trust (`--trust`)
    SigningKey {
        /// The secret key's file; keep it like the county's seal
        file: PathBuf,
    },
    /// Checks a station's folder and says everything that is wrong with it
    Check {
        /// The station's folder
        #[arg(default_value = "kiosk-config")]
        station: PathBuf,
    },
    /// Prints a service as a paper form, to be filled in at home (PDF)
    Paper(paper::PrintForm),
    /// Prints cards for the wall, with pictures and codes that open a service (PDF)
    WallCards(paper::PrintCards),
    /// Lists every sentence that is spoken, as JSON lines, for the recording of voices
    Prompts {
        /// The station's folder
        #[arg(default_value = "kiosk-config")]
        station: PathBuf,
    },
}

/// Which station, which data, which devices.
#[derive(Debug, Clone, Args)]
pub struct At {
    /// The station's bundle; in development also its folder, which is compiled first
    #[arg(long, default_value = "kiosk-config")]
    pub station: PathBuf,
    /// Public keys of those who may sign bundles
    #[arg(long)]
    pub trust: Option<PathBuf>,
    /// The data folder
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// The devices
    #[command(flatten)]
    pub plugs: Plugs,
    /// Writes a line of JSON for each page and each thing that happened, for tests
    #[arg(long, env = "ONEDOOR_TEST_TRACE")]
    pub trace: Option<PathBuf>,
}

impl At {
    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(place::data)
    }

    /// Opens the station.
    ///
    /// # Errors
    /// With a code, the file and the place.
    pub fn open(&self) -> anyhow::Result<Opened> {
        Opened::station_at(&self.station, &self.data(), self.trust.as_deref())
    }
}

/// `onedoor run`.
#[derive(Debug, Clone, Args)]
pub struct Run {
    /// Station, data, devices
    #[command(flatten)]
    pub at: At,
    /// Fills the screen, without a frame and without a pointer
    #[arg(long)]
    pub fullscreen: bool,
    /// The window's size in pixels, such as 1280x800
    #[arg(long, value_parser = size, default_value = "1280x720")]
    pub size: (u32, u32),
    /// A second window that plays the hardware (simulated): paper, sound, clock, codes
    #[arg(long)]
    pub dock: bool,
}

#[derive(Debug, Args)]
struct MakeBundle {
    /// The station's folder
    station: PathBuf,
    /// The bundle to be written
    bundle: PathBuf,
    /// The signing key; without it the development key of the data folder
    #[arg(long)]
    key: Option<PathBuf>,
    /// Version of the content; today's date unless given
    #[arg(long = "content-version")]
    version: Option<String>,
    /// Only the folder's notices, with their pictures and voices, for the kiosks of every station
    #[arg(long)]
    notices: bool,
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let (w, h) = text
        .split_once('x')
        .ok_or("write WIDTHxHEIGHT, such as 1280x800")?;
    match (w.parse(), h.parse()) {
        (Ok(w @ 320..=16_384), Ok(h @ 320..=16_384)) => Ok((w, h)),
        _ => Err("between 320 and 16384 pixels each".into()),
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    our_fonts_only();
    let line = Line::parse();
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("ONEDOOR_LOG").unwrap_or_else(|_| {
                tracing_subscriber::EnvFilter::new(
                    "warn,onedoor=info,onedoor_store=info,onedoor_devices=info,fontdb=error",
                )
            }),
        )
        .with_writer(std::io::stderr)
        .init();
    match run(line.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("onedoor: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Text and pictures look for fonts in the whole system at start, which takes over a second on some machines: they are
/// shown only ours and the full CJK font, unless somebody chose otherwise.
fn our_fonts_only() {
    let ours = place::assets().join("fonts/fonts.conf");
    if std::env::var_os("FONTCONFIG_FILE").is_none() && ours.is_file() {
        #[expect(
            unsafe_code,
            reason = "the environment is changed before any other thread runs"
        )]
        // SAFETY: called first in `main`; no other thread exists yet that could read the environment.
        unsafe {
            std::env::set_var("FONTCONFIG_FILE", ours);
        }
    }
}

fn run(command: Option<Command>) -> anyhow::Result<()> {
    match command {
        None => match Line::try_parse_from(["onedoor", "run"])?.command {
            Some(Command::Run(run)) => window::run(&run),
            _ => Ok(()),
        },
        Some(Command::Run(run)) => window::run(&run),
        Some(Command::Drive(at)) => drive::drive(&at),
        Some(Command::Tour(tour)) => tour.walk(),
        Some(Command::Bundle(make)) => {
            let key = match &make.key {
                Some(path) => {
                    let text = std::fs::read_to_string(path)
                        .with_context(|| path.display().to_string())?;
                    Keypair::from_file(&text).with_context(|| path.display().to_string())?
                }
                None => bundle::development_key(&place::data())?,
            };
            let today = jiff::Zoned::now().date();
            let version = make.version.unwrap_or_else(|| today.to_string());
            let compile = match make.notices {
                true => bundle::compile_notices,
                false => bundle::compile,
            };
            let bytes = compile(&make.station, &key, &version, today)?;
            std::fs::write(&make.bundle, &bytes)
                .with_context(|| make.bundle.display().to_string())?;
            println!(
                "{}: {} bytes, signed by {}",
                make.bundle.display(),
                bytes.len(),
                key.public().id()
            );
            Ok(())
        }
        Some(Command::SigningKey { file }) => {
            let (public, id) = bundle::signing_key(&file)?;
            println!(
                "{}: the secret key {id}, for `onedoor bundle --key`. Keep it like the county's seal.\n\
                 {}: the public one, for `onedoor run --trust` at every station, and `onedoor-hub publish --trust`.",
                file.display(),
                public.display()
            );
            Ok(())
        }
        Some(Command::Check { station }) => {
            let random = onedoor_forms::bundle::Keypair::from_random(
                &[1; 32],
                onedoor_forms::bundle::KeyUse::Development,
            );
            // What stands on the pages belongs to it: a language with gaps shows the names of its messages.
            let languages =
                crate::language::Languages::load(Some(&place::assets().join("translations")))?;
            let gaps = languages.gaps();
            if !gaps.is_empty() {
                anyhow::bail!("{}", gaps.join("\n"));
            }
            let bytes = bundle::compile(&station, &random, "check", jiff::Zoned::now().date())?;
            println!(
                "{}: nothing wrong; its bundle has {} bytes",
                station.display(),
                bytes.len()
            );
            Ok(())
        }
        Some(Command::Paper(form)) => form.print(),
        Some(Command::WallCards(cards)) => cards.print(),
        Some(Command::Prompts { station }) => prompts::list(&station),
    }
}
