//! A simulated microphone: a tone, a recorded sound or silence, in real time, with a cable that can be pulled.

use super::blocks::BlockWriter;
use super::recorder::{Input, RecorderConfig, RecorderHandle};
use super::{Limits, MicEvent, MicFault, MicHealth, Microphone, RecordingId};
use crate::sound::SoundFault;
use crate::sound::decode;
use crossbeam_channel::{Receiver, Sender};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What comes at a time.
const PERIOD: Duration = Duration::from_millis(10);

/// What a simulated microphone hears; begins anew with each recording.
#[derive(Clone, Debug, PartialEq)]
pub enum Simulated {
    /// Nothing but zeros: a microphone that is switched off.
    Silence,
    /// A sine.
    Tone {
        /// Its pitch.
        hertz: f32,
        /// Its highest sample, 0 to 1.
        level: f32,
    },
    /// These samples over and over.
    Samples {
        /// Samples a second.
        rate: u32,
        /// −1 to 1.
        samples: Arc<[f32]>,
    },
}

impl Simulated {
    /// A WAV, Vorbis or FLAC file over and over.
    ///
    /// # Errors
    /// As [`decode::read`].
    pub fn wav(path: &Path) -> Result<Self, SoundFault> {
        let sound = decode::read(path)?;
        Ok(Simulated::Samples {
            rate: sound.rate,
            samples: sound.samples,
        })
    }

    fn rate(&self) -> u32 {
        match self {
            Simulated::Samples { rate, .. } => *rate,
            _ => 48_000,
        }
    }

    fn sample(&self, n: u64) -> f32 {
        match self {
            Simulated::Silence => 0.0,
            Simulated::Tone { hertz, level } => {
                let turns = f64::from(*hertz) * n as f64 / f64::from(self.rate());
                (std::f64::consts::TAU * turns.fract()).sin() as f32 * level
            }
            Simulated::Samples { samples, .. } if samples.is_empty() => 0.0,
            Simulated::Samples { samples, .. } => samples[(n % samples.len() as u64) as usize],
        }
    }
}

#[derive(Debug)]
struct Scene {
    source: Mutex<Simulated>,
    unplugged: AtomicBool,
}

/// A simulated microphone: the same recorder as the real one.
pub struct VirtualMicrophone {
    recorder: RecorderHandle,
    scene: Arc<Scene>,
}

impl VirtualMicrophone {
    /// A microphone that works and hears this.
    #[must_use]
    pub fn new(source: Simulated) -> Self {
        VirtualMicrophone::with_config(source, RecorderConfig::default())
    }

    /// As [`new`](Self::new), with other times.
    #[must_use]
    pub fn with_config(source: Simulated, config: RecorderConfig) -> Self {
        let scene = Arc::new(Scene {
            source: Mutex::new(source),
            unplugged: AtomicBool::new(false),
        });
        let input = VirtualInput {
            scene: Arc::clone(&scene),
        };
        VirtualMicrophone {
            recorder: RecorderHandle::start(input, config),
            scene,
        }
    }

    /// Lets the next recordings hear something else.
    pub fn set_source(&self, source: Simulated) {
        *lock(&self.scene.source) = source;
    }

    /// Pulls the cable, or puts it back: a recording that runs breaks, and no new one opens.
    pub fn set_unplugged(&self, unplugged: bool) {
        self.scene.unplugged.store(unplugged, Ordering::Relaxed);
    }

    /// A switch for [`set_unplugged`](Self::set_unplugged) that outlives the borrow: for the dock.
    pub fn cable(&self) -> impl Fn(bool) + Send + Sync + use<> {
        let scene = Arc::clone(&self.scene);
        move |unplugged| scene.unplugged.store(unplugged, Ordering::Relaxed)
    }
}

impl Microphone for VirtualMicrophone {
    fn start(&mut self, limits: Limits) -> RecordingId {
        self.recorder.start(limits)
    }

    fn stop(&mut self) {
        self.recorder.stop();
    }

    fn events(&self) -> Receiver<MicEvent> {
        self.recorder.events()
    }

    fn health(&self) -> MicHealth {
        self.recorder.health()
    }
}

struct VirtualInput {
    scene: Arc<Scene>,
}

/// The thread that plays the scene.
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

impl Input for VirtualInput {
    type Stream = VirtualStream;

    fn open(
        &self,
        samples: BlockWriter,
        faults: Sender<MicFault>,
    ) -> Result<(VirtualStream, u32), MicFault> {
        if self.scene.unplugged.load(Ordering::Relaxed) {
            return Err(MicFault::NoDevice);
        }
        let source = lock(&self.scene.source).clone();
        let rate = source.rate();
        let closing = Arc::new(AtomicBool::new(false));
        let (scene, closed) = (Arc::clone(&self.scene), Arc::clone(&closing));
        let thread = std::thread::Builder::new()
            .name("virtual-microphone".into())
            .spawn(move || play(&scene, &source, &closed, &samples, &faults))
            .map_err(|error| {
                tracing::error!(%error, "microphone.no-thread");
                MicFault::NoDevice
            })?;
        let stream = VirtualStream {
            closing,
            thread: Some(thread),
        };
        Ok((stream, rate))
    }
}

fn play(
    scene: &Scene,
    source: &Simulated,
    closing: &AtomicBool,
    samples: &BlockWriter,
    faults: &Sender<MicFault>,
) {
    let begun = Instant::now();
    let mut handed = 0_u64;
    while !closing.load(Ordering::Relaxed) {
        if scene.unplugged.load(Ordering::Relaxed) {
            let _ = faults.try_send(MicFault::Lost);
            return;
        }
        std::thread::sleep(PERIOD);
        let due = (begun.elapsed().as_secs_f64() * f64::from(source.rate())) as u64;
        let count = (due - handed) as usize;
        samples.write((0..count).map(|n| source.sample(handed + n as u64)));
        handed = due;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic of another holder leaves a whole source behind.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
