//! The microphone: "say what is wrong", at most three minutes, in chunks that each can be sealed and kept.
//!
//! A recording is one Ogg Vorbis stream (16 kHz, mono), cut between Ogg pages. Why this container:
//! - An Ogg page stands for itself (its own checksum, its own time), so the stream may end after any page: chunks 0 to n
//!   put together play, for every n, without the end that a power cut took. WAV and FLAC name their length in a header.
//! - Vorbis takes some 4 KB a second, FLAC five times as much; the recording travels over bad networks and in a mailbag.
//! - Opus would be smaller, but the decoder that speaks the prompts does not read it.
//!
//! A chunk follows as soon as [about 0.6 s](encoder::STEP_SECONDS) more can be decoded: with what the encoder holds back,
//! at no time more than one second is not yet handed over. Encoding happens in a thread of its own, never in the
//! device's callback. Capture is not made louder or softer; [`CpalMicrophone`] opens the device only while it records.
//!
//! [`VirtualMicrophone`] is simulated. Both run the same [recorder], so chunks, limits and faults are the same.

mod blocks;
mod cpal_input;
pub mod encoder;
mod fault;
pub mod meter;
pub mod recorder;
mod take;
mod virtual_microphone;

pub use cpal_input::CpalMicrophone;
pub use fault::MicFault;
pub use recorder::RecorderConfig;
pub use virtual_microphone::{Simulated, VirtualMicrophone};

use crossbeam_channel::Receiver;
use onedoor_domain::personal::Personal;
use std::time::Duration;

/// No recording is longer.
pub const LONGEST: Duration = Duration::from_secs(180);
/// What a recording is, as a media type.
pub const MEDIA_TYPE: &str = "audio/ogg";
/// The usual end of a file name.
pub const EXTENSION: &str = "ogg";

/// What a recording may not exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Its length; more than [`LONGEST`] is [`LONGEST`].
    pub longest: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { longest: LONGEST }
    }
}

/// Identifies one call of [`Microphone::start`]; later ones are larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordingId(pub u64);

/// A stretch of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Which recording.
    pub recording: RecordingId,
    /// Its place, from 0 without gaps.
    pub index: u32,
    /// Where it begins in the recording.
    pub from: Duration,
    /// How much sound it adds; the last one may add none.
    pub length: Duration,
    /// Whole Ogg pages. The bytes of chunks 0 to n in order are a file that plays.
    pub bytes: Personal<Vec<u8>>,
}

/// Why a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// [`Microphone::stop`], or a new recording in its place.
    Stopped,
    /// It is as long as it may be.
    LimitReached,
    /// The fault was told before; what was recorded until then was handed over.
    Fault,
}

/// What a microphone tells, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum MicEvent {
    /// How loud it is, 0 to 1, ten times a second; see [`meter::level`].
    Level(f32),
    /// More of the recording.
    Chunk(Chunk),
    /// Something is wrong; the recording ends where [`MicFault::ends`] says so.
    Fault(MicFault),
    /// The recording is over: always its last event.
    Ended {
        /// Which one.
        recording: RecordingId,
        /// Why.
        reason: EndReason,
        /// Sound in all its chunks together.
        length: Duration,
    },
}

/// Whether the microphone works, as far as is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MicHealth {
    /// Nothing was recorded yet.
    #[default]
    Unknown,
    /// The last recording heard something.
    Working,
    /// The last recording had this fault.
    Faulty(MicFault),
}

/// Records speech. Every method returns at once; what comes of it is told by [`events`](Microphone::events).
pub trait Microphone: Send {
    /// Begins a recording. One that still runs is ended first: its [`MicEvent::Ended`] comes before the first event of
    /// the new one. The speaker should be quiet: what it says is recorded too.
    fn start(&mut self, limits: Limits) -> RecordingId;
    /// Ends the recording, if one runs: its last chunk and [`MicEvent::Ended`] follow.
    fn stop(&mut self);
    /// What happens. Clones share one queue: read it in one place.
    fn events(&self) -> Receiver<MicEvent>;
    /// Whether it works, as far as is known.
    fn health(&self) -> MicHealth;
}
