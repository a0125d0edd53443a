//! The real world behind the kiosk: the record, the printer, the scanner, the voice, the clocks.
//!
//! Nothing here makes the pages wait: each piece of work is done by a thread that owns it, and its outcome comes back
//! as a [`Happening`] through the one `tell` that was given.

mod clock;
pub mod county;
mod media;
mod paper;
mod people;
mod record;
pub mod setup;
mod upkeep;

pub use clock::{KioskClock, Shift};
pub use media::MediaRoad;
pub use paper::PaperRoad;
pub use record::{Keeper, RecordPlace};

use crate::effect::{Backend, ClockView, Effect, Happening};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use onedoor_devices::scanner::{CameraScanner, SerialScanner};
use onedoor_devices::sound::narrator::Narrator;
use onedoor_devices::sound::{SoundHealth, Volume};
use std::sync::Arc;
use std::time::Duration;

/// Where happenings go.
pub type Tell = Arc<dyn Fn(Happening) + Send + Sync>;

/// A scanner that is kept running by being kept.
#[derive(Debug)]
pub enum ScannerKept {
    /// A hand scanner on a serial line.
    Serial(SerialScanner),
    /// A camera, or a folder of pictures in its place.
    Camera(CameraScanner),
}

/// The world.
pub struct World {
    tell: Tell,
    /// The record.
    pub record: Keeper,
    paper: PaperRoad,
    media: MediaRoad,
    heard: bool,
    narrator: Narrator,
    /// Folders of voice packs, the first first.
    voices: Vec<std::path::PathBuf>,
    /// None in a world without a county: a demonstration, a rehearsal.
    county: Option<county::CountyRoad>,
    default_language: String,
    /// What reads codes and takes photos, kept running by being kept.
    scanner: Vec<ScannerKept>,
    /// The number pad, kept running likewise.
    keys: Option<onedoor_devices::keys::HidKeys>,
    clock: KioskClock,
    offset: Offset,
    sound_told: Option<Result<(), &'static str>>,
    /// Added to the monotonic clock: `onedoor drive` has no time to lose.
    pub skipped: Duration,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}

impl World {
    /// What is being said, in words, for the trace of a test.
    pub fn saying(
        &self,
        language: &str,
        parts: &[onedoor_devices::sound::speak::Part],
    ) -> Vec<String> {
        self.narrator
            .library()
            .resolve(language, parts)
            .clips
            .iter()
            .map(|clip| clip.text.clone())
            .filter(|text| !text.is_empty())
            .collect()
    }

    fn look_at_sound(&mut self) {
        self.narrator.poll();
        let now = match self.narrator.speaker().health() {
            SoundHealth::Faulty(fault) => Err(fault.code()),
            SoundHealth::Unknown | SoundHealth::Working => Ok(()),
        };
        if self.sound_told.as_ref().unwrap_or(&Ok(())) != &now {
            (self.tell)(Happening::Sound(now));
        }
        self.sound_told = Some(now);
    }
}

impl Backend for World {
    fn run(&mut self, effect: Effect) {
        match effect {
            Effect::Speak { language, parts } => {
                self.narrator.set_language(language);
                self.narrator.enter(parts);
            }
            Effect::HearAgain => {
                self.narrator.hear_again();
            }
            Effect::Touched => self.narrator.touched(),
            Effect::Hush => self.narrator.quiet(),
            Effect::NextVolume => {
                self.narrator.next_volume();
            }
            Effect::ResetSound => {
                self.narrator.reset();
                self.narrator.set_language(self.default_language.clone());
            }
            Effect::Print {
                order,
                case,
                copy,
                slip,
            } => self
                .paper
                .print(self.record.store().cloned(), (order, case), copy, *slip),
            Effect::County(wish) => {
                if let Some(county) = &self.county {
                    county.wish(wish);
                }
            }
            Effect::MoreVoices(roots) => {
                let mut all = roots;
                all.extend(self.voices.iter().cloned());
                self.narrator
                    .set_library(onedoor_devices::sound::pack::VoiceLibrary::open(&all));
            }
            Effect::Hear(bytes) => {
                self.narrator.play_recording(bytes);
                self.heard = true;
            }
            other => {
                if let Some(other) = self.media.run(other, self.record.store()) {
                    self.record.run(other);
                }
            }
        }
        self.look_at_sound();
    }

    fn clock(&self) -> ClockView {
        let (stamp, trust) = self.record.clock();
        let now = Timestamp::from_millisecond(stamp.wall_ms)
            .unwrap_or_default()
            .to_zoned(TimeZone::fixed(self.offset))
            .datetime();
        ClockView {
            now,
            trust,
            wall_ms: stamp.wall_ms,
            monotonic: Duration::from_millis(stamp.mono_ms) + self.skipped,
        }
    }

    fn random(&mut self) -> [u8; 16] {
        record::random()
    }

    fn busy(&self) -> bool {
        self.narrator.speaking() || self.paper.busy() || self.media.busy()
    }

    fn loudest(&self) -> bool {
        let volume = self.narrator.speaker().volume();
        volume == Volume::new(Volume::STEPS - 1)
    }

    fn look_after(&mut self) {
        self.look_at_sound();
        if self.heard && !self.narrator.playing_recording() {
            self.heard = false;
            (self.tell)(Happening::Voice(crate::screen::voice::News::Played));
        }
        self.clock.look(&self.record);
        self.record.look_after(self.offset);
        if let Some(county) = &mut self.county {
            county.record(self.record.store());
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // The threads of scanner and keys go first: they must not tell a kiosk that is gone.
        self.scanner.clear();
        self.keys = None;
        // This one holds the record open.
        self.county = None;
    }
}
