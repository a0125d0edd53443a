//! The speaker: prompts from voice packs, numbers put together from clips, a click for each touch.
//!
//! - [`speak`]: what is said, as data, and the clips it needs (pure).
//! - [`pack`]: voice packs on disk, looked up by language, clip and the hash of the text.
//! - [`Speaker`]: plays an utterance; [`CpalSpeaker`] on real hardware, [`VirtualSpeaker`] for tests, the tour and the
//!   dock. Both run the same [engine], so queue, interruption, back-off and events are the same.
//! - [`narrator`]: what a screen calls: say this, hear again, stop, louder.
//!
//! A stream is open only while something plays, and for a breath after. Sound never blocks a page: every method of
//! [`Speaker`] returns at once, and a dead device is an event, a sentence on the screen and a code on the technician page.

pub mod bench;
pub mod decode;
pub mod engine;
mod engine_thread;
mod mixer;
pub mod narrator;
pub mod output;
pub mod pack;
mod recording;
pub(crate) mod resample;
pub mod speak;
mod virtual_speaker;

pub use engine::EngineConfig;
pub use output::CpalSpeaker;
pub use virtual_speaker::{Played, VirtualSpeaker};

use crossbeam_channel::Receiver;
use onedoor_domain::personal::Personal;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A sound to play: one file of a voice pack, or silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// Id of the clip in its pack, for events and transcripts.
    pub prompt: String,
    /// What it says, for transcripts.
    pub text: String,
    /// The Vorbis, FLAC or WAV file; none for mere silence.
    pub file: Option<PathBuf>,
    /// Silence after it.
    pub pause: Duration,
}

/// Identifies one call of [`Speaker::play`]; later ones are larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtteranceId(pub u64);

/// What a speaker tells, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum SoundEvent {
    /// The first sample of an utterance went to the device.
    Started {
        /// Which one.
        utterance: UtteranceId,
        /// When its first sample was handed over.
        at: Instant,
    },
    /// The utterance was heard to its end.
    Finished {
        /// Which one.
        utterance: UtteranceId,
    },
    /// The utterance ended early: a touch stopped it, or another one took its place.
    Stopped {
        /// Which one.
        utterance: UtteranceId,
    },
    /// One clip was left out; the rest goes on.
    Skipped {
        /// Which one.
        utterance: UtteranceId,
        /// The clip.
        prompt: String,
        /// Why.
        fault: SoundFault,
    },
    /// Nothing (more) of the utterance can be heard: show larger text and the sign for no sound.
    Failed {
        /// Which one.
        utterance: UtteranceId,
        /// Why.
        fault: SoundFault,
    },
    /// The device works again after a fault.
    Recovered,
}

/// Why nothing is heard. Codes are stable; technicians read them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SoundFault {
    /// There is no device, or it cannot be opened.
    #[error("SND-001: the sound device could not be opened: {0}")]
    NoDevice(String),
    /// The device went away while it played.
    #[error("SND-002: the sound device was lost: {0}")]
    Lost(String),
    /// The device takes no sample format of ours.
    #[error("SND-003: the sound device offered no usable format: {0}")]
    Format(String),
    /// The device is open but takes no samples, or opening it does not return.
    #[error("SND-004: the sound device did not take samples for {} ms", .0.as_millis())]
    Silent(Duration),
    /// A clip is missing on disk, or is no sound file.
    #[error("SND-005: a clip could not be read: {0}")]
    Clip(String),
    /// The voice pack has no clip for a text.
    #[error("SND-006: the voice pack has no clip for {0}")]
    Gap(String),
}

impl SoundFault {
    /// The code on the technician page and in the log.
    pub fn code(&self) -> &'static str {
        match self {
            SoundFault::NoDevice(_) => "SND-001",
            SoundFault::Lost(_) => "SND-002",
            SoundFault::Format(_) => "SND-003",
            SoundFault::Silent(_) => "SND-004",
            SoundFault::Clip(_) => "SND-005",
            SoundFault::Gap(_) => "SND-006",
        }
    }
}

/// Whether sound can be heard, as far as is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SoundHealth {
    /// Nothing was played yet.
    #[default]
    Unknown,
    /// The last thing played went out.
    Working,
    /// The device fails; it is tried again with back-off.
    Faulty(SoundFault),
}

/// Loudness of speech: four steps of 6 dB (EN 301 549 8.2.1 asks for at least 18 dB in all).
///
/// Clips are recorded at −16 LUFS; the loudest step plays them as they are, so nothing clips.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Volume(u8);

impl Volume {
    /// How many steps there are.
    pub const STEPS: u8 = 4;
    /// What one step changes, in dB.
    pub const STEP_DB: f32 = 6.0;

    /// The step with this number, 0 (softest) to 3; higher ones are 3.
    pub fn new(step: u8) -> Self {
        Volume(step.min(Self::STEPS - 1))
    }

    /// 0 (softest) to 3 (loudest).
    pub fn step(self) -> u8 {
        self.0
    }

    /// One step louder; the loudest stays.
    #[must_use]
    pub fn louder(self) -> Self {
        Volume::new(self.0 + 1)
    }

    /// One step softer; the softest stays.
    #[must_use]
    pub fn softer(self) -> Self {
        Volume(self.0.saturating_sub(1))
    }

    /// Gain in dB against the recorded level: −18, −12, −6 or 0.
    pub fn decibels(self) -> f32 {
        (f32::from(self.0) - f32::from(Self::STEPS - 1)) * Self::STEP_DB
    }

    /// The factor for samples.
    pub fn gain(self) -> f32 {
        10_f32.powf(self.decibels() / 20.0)
    }
}

impl Default for Volume {
    /// One step below the loudest: what each person starts with.
    fn default() -> Self {
        Volume(Self::STEPS - 2)
    }
}

/// Plays clips. Every method returns at once; what comes of it is told by [`events`](Speaker::events).
pub trait Speaker: Send {
    /// Plays these clips one after the other as one utterance, in place of what is playing.
    fn play(&self, clips: Vec<Clip>) -> UtteranceId;
    /// Plays a recording of the [microphone](crate::microphone), or as much of one as there is, in place of what is
    /// playing. It is decoded in memory and written nowhere.
    fn play_recording(&self, recording: Personal<Vec<u8>>) -> UtteranceId;
    /// Stops speech at once. A click already on its way is still heard.
    fn stop(&self);
    /// The sound of a touch (10 ms). Mixed with what plays.
    fn click(&self);
    /// A test tone of one second at the present volume, for the technician page.
    fn tone(&self) -> UtteranceId;
    /// Sets the loudness of everything that plays from now on, at once.
    fn set_volume(&self, volume: Volume);
    /// The loudness now.
    fn volume(&self) -> Volume;
    /// What happened. Clones share one queue: read it in one place.
    fn events(&self) -> Receiver<SoundEvent>;
    /// Whether sound works, as far as is known.
    fn health(&self) -> SoundHealth;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volume_has_steps_of_six_decibels_over_eighteen() {
        let all: Vec<f32> = (0..Volume::STEPS)
            .map(|n| Volume::new(n).decibels())
            .collect();
        assert_eq!(all, [-18.0, -12.0, -6.0, 0.0]);
        assert_eq!(Volume::new(3).louder(), Volume::new(3));
        assert_eq!(Volume::new(0).softer(), Volume::new(0));
        assert!((Volume::new(3).gain() - 1.0).abs() < 1e-6);
        assert!((Volume::new(2).gain() - 0.5012).abs() < 1e-3);
        assert_eq!(Volume::default().louder(), Volume::new(3));
    }
}
