//! The handle of a [`Speaker`] over some output, and what an output is; the work is done by the engine's thread.

use super::engine_thread::Engine;
use super::mixer::{Mixer, Note};
use super::{Clip, SoundEvent, SoundFault, SoundHealth, Speaker, UtteranceId, Volume};
use crossbeam_channel::{Receiver, Sender, unbounded};
use onedoor_domain::personal::Personal;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Times of the engine; the defaults are for real use.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// First wait before a failed device is tried again; doubled each time.
    pub first_retry: Duration,
    /// Longest wait between two tries.
    pub longest_retry: Duration,
    /// How long an idle stream stays open, so that touches in a row do not reopen it.
    pub linger: Duration,
    /// How long an open device may take no samples before it counts as dead.
    pub silence_limit: Duration,
    /// Decoded samples kept, in samples (4 bytes each).
    pub cache_samples: usize,
}

impl Default for EngineConfig {
    fn default() -> Self {
        EngineConfig {
            first_retry: Duration::from_millis(250),
            longest_retry: Duration::from_secs(30),
            linger: Duration::from_millis(300),
            silence_limit: Duration::from_secs(2),
            // 8 MiB: about 44 seconds at 48 kHz.
            cache_samples: 2 << 20,
        }
    }
}

/// Opens output streams; a real device or a virtual one.
pub(super) trait Output: Send + 'static {
    /// An open stream; dropping it closes the device.
    type Stream;
    /// Opens the device and starts its callback, which renders from the shared mixer made by `mixer(rate)`.
    fn open(&mut self, gain: f32, notes: Sender<Note>) -> Result<Opened<Self::Stream>, SoundFault>;
}

/// A stream that was opened.
pub(super) struct Opened<S> {
    /// Held for its drop, which closes the device.
    pub _stream: S,
    pub mixer: Arc<Mutex<Mixer>>,
    pub rate: u32,
    /// How long the device still plays after the last sample was handed over.
    pub latency: Duration,
}

pub(super) enum Command {
    Play(UtteranceId, Vec<Clip>),
    Recording(UtteranceId, Personal<Vec<u8>>),
    Tone(UtteranceId),
    Stop,
    Click,
    Volume,
}

#[derive(Default)]
pub(super) struct Shared {
    next: AtomicU64,
    pub volume: AtomicU8,
    pub state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    pub health: SoundHealth,
    /// Since when the engine has been inside the device driver.
    pub opening: Option<Instant>,
}

/// A speaker over some output: the part that [`CpalSpeaker`](super::CpalSpeaker) and
/// [`VirtualSpeaker`](super::VirtualSpeaker) share.
pub(super) struct EngineHandle {
    commands: Option<Sender<Command>>,
    events: Receiver<SoundEvent>,
    shared: Arc<Shared>,
    silence_limit: Duration,
    thread: Option<JoinHandle<()>>,
}

impl EngineHandle {
    /// Starts the engine's thread.
    pub fn start<O: Output>(output: O, config: EngineConfig) -> Self {
        let (commands, received) = unbounded();
        let (told, events) = unbounded();
        let shared = Arc::new(Shared::default());
        shared
            .volume
            .store(Volume::default().step(), Ordering::Relaxed);
        let silence_limit = config.silence_limit;
        let for_thread = shared.clone();
        // A machine that cannot start a thread has no sound: commands then have no receiver and are dropped.
        let thread = std::thread::Builder::new()
            .name("sound".into())
            .spawn(move || Engine::new(output, config, told, for_thread).run(received))
            .map_err(|e| tracing::error!(event = "sound_thread_failed", error = %e))
            .ok();
        EngineHandle {
            commands: Some(commands),
            events,
            shared,
            silence_limit,
            thread,
        }
    }

    fn send(&self, command: Command) {
        if let Some(commands) = &self.commands
            && commands.send(command).is_err()
        {
            tracing::error!(event = "sound_thread_gone");
        }
    }

    fn next_id(&self) -> UtteranceId {
        UtteranceId(self.shared.next.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

impl Speaker for EngineHandle {
    fn play(&self, clips: Vec<Clip>) -> UtteranceId {
        let id = self.next_id();
        self.send(Command::Play(id, clips));
        id
    }

    fn play_recording(&self, recording: Personal<Vec<u8>>) -> UtteranceId {
        let id = self.next_id();
        self.send(Command::Recording(id, recording));
        id
    }

    fn stop(&self) {
        self.send(Command::Stop);
    }

    fn click(&self) {
        self.send(Command::Click);
    }

    fn tone(&self) -> UtteranceId {
        let id = self.next_id();
        self.send(Command::Tone(id));
        id
    }

    fn set_volume(&self, volume: Volume) {
        self.shared.volume.store(volume.step(), Ordering::Relaxed);
        self.send(Command::Volume);
    }

    fn volume(&self) -> Volume {
        Volume::new(self.shared.volume.load(Ordering::Relaxed))
    }

    fn events(&self) -> Receiver<SoundEvent> {
        self.events.clone()
    }

    fn health(&self) -> SoundHealth {
        let state = lock(&self.shared.state);
        match state.opening.map(|since| since.elapsed()) {
            Some(waited) if waited > self.silence_limit => {
                SoundHealth::Faulty(SoundFault::Silent(waited))
            }
            _ => state.health.clone(),
        }
    }
}

impl Drop for EngineHandle {
    fn drop(&mut self) {
        self.commands = None;
        let stuck = lock(&self.shared.state)
            .opening
            .is_some_and(|since| since.elapsed() > Duration::from_millis(500));
        // A driver that never returns must not keep the kiosk from closing.
        if let Some(thread) = self.thread.take().filter(|_| !stuck) {
            let _ = thread.join();
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic of another holder leaves only samples and notes behind: sound goes on.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device whose driver misbehaves.
    struct Bad {
        /// How long opening takes.
        opening: Duration,
    }

    impl Output for Bad {
        type Stream = ();

        fn open(&mut self, gain: f32, _: Sender<Note>) -> Result<Opened<()>, SoundFault> {
            std::thread::sleep(self.opening);
            Ok(Opened {
                _stream: (),
                mixer: Arc::new(Mutex::new(Mixer::new(48_000, gain))),
                rate: 48_000,
                latency: Duration::ZERO,
            })
        }
    }

    fn config() -> EngineConfig {
        EngineConfig {
            silence_limit: Duration::from_millis(150),
            ..EngineConfig::default()
        }
    }

    fn pause(ms: u64) -> Clip {
        Clip {
            prompt: String::new(),
            text: String::new(),
            file: None,
            pause: Duration::from_millis(ms),
        }
    }

    #[test]
    fn a_device_that_takes_no_samples_is_given_up() {
        let speaker = EngineHandle::start(
            Bad {
                opening: Duration::ZERO,
            },
            config(),
        );
        let id = speaker.play(vec![pause(1000)]);
        let event = speaker
            .events()
            .recv_timeout(Duration::from_secs(5))
            .unwrap();
        assert!(
            matches!(&event, SoundEvent::Failed { utterance, fault } if *utterance == id && fault.code() == "SND-004"),
            "{event:?}"
        );
    }

    #[test]
    fn a_driver_that_does_not_return_blocks_nobody_and_is_seen() {
        let speaker = EngineHandle::start(
            Bad {
                opening: Duration::from_secs(3),
            },
            config(),
        );
        let asked = Instant::now();
        speaker.play(vec![pause(10)]);
        speaker.stop();
        assert!(asked.elapsed() < Duration::from_millis(50));
        std::thread::sleep(Duration::from_millis(700));
        let health = speaker.health();
        assert!(
            matches!(&health, SoundHealth::Faulty(fault) if fault.code() == "SND-004"),
            "{health:?}"
        );
        let closing = Instant::now();
        drop(speaker);
        assert!(
            closing.elapsed() < Duration::from_millis(500),
            "closing does not wait for it"
        );
    }
}
