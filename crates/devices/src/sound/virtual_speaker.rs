//! A speaker without a device: keeps what would be heard, and can lose its cable.

use super::engine::{EngineConfig, EngineHandle, Opened, Output, lock};
use super::mixer::{Mixer, Note};
use super::{Clip, SoundEvent, SoundFault, SoundHealth, Speaker, UtteranceId, Volume};
use crossbeam_channel::{Receiver, Sender};
use onedoor_domain::personal::Personal;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const RATE: u32 = 48_000;
/// Frames a callback: 10 ms.
const PERIOD: usize = 480;
/// The prompt under which a recording is kept in [`Played`]; what it says is not.
const RECORDING: &str = "recording";

/// One call that made sound, as a virtual speaker kept it.
#[derive(Clone, Debug, PartialEq)]
pub struct Played {
    /// When it was asked, since the speaker was made.
    pub at: Duration,
    /// Which utterance; none for a click.
    pub utterance: Option<UtteranceId>,
    /// The clips, in order; empty for a click or a tone.
    pub clips: Vec<Clip>,
}

impl Played {
    /// The words, clip by clip, separated by `|`.
    pub fn words(&self) -> String {
        let words: Vec<&str> = self
            .clips
            .iter()
            .filter(|c| !c.text.is_empty())
            .map(|c| c.text.as_str())
            .collect();
        words.join(" | ")
    }
}

#[derive(Debug)]
struct Tape {
    begun: Instant,
    played: Mutex<Vec<Played>>,
    samples: Mutex<Vec<f32>>,
    keep_samples: AtomicBool,
    unplugged: AtomicBool,
}

/// A simulated sound device: the same engine as the real one, into memory, in real time.
pub struct VirtualSpeaker {
    engine: EngineHandle,
    tape: Arc<Tape>,
}

impl VirtualSpeaker {
    /// A speaker that works.
    pub fn new() -> Self {
        VirtualSpeaker::with_config(EngineConfig::default())
    }

    /// As [`new`](Self::new), with other times.
    pub fn with_config(config: EngineConfig) -> Self {
        let tape = Arc::new(Tape {
            begun: Instant::now(),
            played: Mutex::default(),
            samples: Mutex::default(),
            keep_samples: AtomicBool::new(false),
            unplugged: AtomicBool::new(false),
        });
        VirtualSpeaker {
            engine: EngineHandle::start(VirtualOutput { tape: tape.clone() }, config),
            tape,
        }
    }

    /// Pulls the cable, or puts it back: a stream that plays breaks, and no new one opens.
    pub fn set_unplugged(&self, unplugged: bool) {
        self.tape.unplugged.store(unplugged, Ordering::Relaxed);
    }

    /// A switch for [`set_unplugged`](Self::set_unplugged) that outlives the borrow: for the dock.
    pub fn cable(&self) -> impl Fn(bool) + Send + Sync + use<> {
        let tape = self.tape.clone();
        move |unplugged| tape.unplugged.store(unplugged, Ordering::Relaxed)
    }

    /// Everything that was asked for, oldest first.
    pub fn played(&self) -> Vec<Played> {
        lock(&self.tape.played).clone()
    }

    /// Begins to keep the samples that are handed over (4 bytes each, 48,000 a second).
    pub fn keep_samples(&self) {
        self.tape.keep_samples.store(true, Ordering::Relaxed);
    }

    /// The samples handed over since [`keep_samples`](Self::keep_samples), at 48 kHz.
    pub fn samples(&self) -> Vec<f32> {
        lock(&self.tape.samples).clone()
    }

    /// Writes a line for each utterance: seconds since the start, a tab, the words clip by clip.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_transcript(&self, path: &Path) -> std::io::Result<()> {
        let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
        for played in self.played().iter().filter(|p| p.utterance.is_some()) {
            writeln!(file, "{:.3}\t{}", played.at.as_secs_f64(), played.words())?;
        }
        file.flush()
    }

    fn keep(&self, utterance: Option<UtteranceId>, clips: Vec<Clip>) {
        lock(&self.tape.played).push(Played {
            at: self.tape.begun.elapsed(),
            utterance,
            clips,
        });
    }
}

impl Default for VirtualSpeaker {
    fn default() -> Self {
        VirtualSpeaker::new()
    }
}

impl Speaker for VirtualSpeaker {
    fn play(&self, clips: Vec<Clip>) -> UtteranceId {
        let id = self.engine.play(clips.clone());
        self.keep(Some(id), clips);
        id
    }

    fn play_recording(&self, recording: Personal<Vec<u8>>) -> UtteranceId {
        let id = self.engine.play_recording(recording);
        let clip = Clip {
            prompt: RECORDING.to_owned(),
            text: String::new(),
            file: None,
            pause: Duration::ZERO,
        };
        self.keep(Some(id), vec![clip]);
        id
    }

    fn stop(&self) {
        self.engine.stop();
    }

    fn click(&self) {
        self.keep(None, Vec::new());
        self.engine.click();
    }

    fn tone(&self) -> UtteranceId {
        let id = self.engine.tone();
        self.keep(Some(id), Vec::new());
        id
    }

    fn set_volume(&self, volume: Volume) {
        self.engine.set_volume(volume);
    }

    fn volume(&self) -> Volume {
        self.engine.volume()
    }

    fn events(&self) -> Receiver<SoundEvent> {
        self.engine.events()
    }

    fn health(&self) -> SoundHealth {
        self.engine.health()
    }
}

struct VirtualOutput {
    tape: Arc<Tape>,
}

struct VirtualStream {
    closing: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for VirtualStream {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Output for VirtualOutput {
    type Stream = VirtualStream;

    fn open(
        &mut self,
        gain: f32,
        notes: Sender<Note>,
    ) -> Result<Opened<VirtualStream>, SoundFault> {
        if self.tape.unplugged.load(Ordering::Relaxed) {
            return Err(SoundFault::NoDevice(
                "the virtual device is unplugged".into(),
            ));
        }
        let mixer = Arc::new(Mutex::new(Mixer::new(RATE, gain)));
        let closing = Arc::new(AtomicBool::new(false));
        let (tape, for_thread, closed) = (self.tape.clone(), mixer.clone(), closing.clone());
        let thread = std::thread::Builder::new()
            .name("virtual-sound".into())
            .spawn(move || run(&tape, &for_thread, &closed, &notes))
            .map_err(|e| SoundFault::NoDevice(e.to_string()))?;
        let stream = VirtualStream {
            closing,
            thread: Some(thread),
        };
        Ok(Opened {
            _stream: stream,
            mixer,
            rate: RATE,
            latency: Duration::from_millis(20),
        })
    }
}

fn run(tape: &Tape, mixer: &Mutex<Mixer>, closing: &AtomicBool, notes: &Sender<Note>) {
    let begun = Instant::now();
    let mut buffer = [0.0_f32; PERIOD];
    let mut handed = 0_u64;
    while !closing.load(Ordering::Relaxed) {
        if tape.unplugged.load(Ordering::Relaxed) {
            let _ = notes.try_send(Note::Broken(SoundFault::Lost(
                "the virtual device was unplugged".into(),
            )));
            return;
        }
        lock(mixer).render(&mut buffer, Instant::now(), |note| {
            let _ = notes.try_send(note);
        });
        if tape.keep_samples.load(Ordering::Relaxed) {
            lock(&tape.samples).extend_from_slice(&buffer);
        }
        handed += PERIOD as u64;
        let due = begun + Duration::from_secs_f64(handed as f64 / f64::from(RATE));
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}
