//! The thread behind a [`Speaker`]: decodes clips, opens and closes the device, tells what happened.
//!
//! Device errors end in one of three ways. `Xrun`, a changed route and a refused real-time priority are passed over
//! (the output does that); every other one drops the stream. After a fault the device is tried again by itself, first
//! after a quarter of a second, then at doubling intervals up to half a minute, and at once when something is to be
//! played and the last try is older than a quarter of a second.

use super::decode::Cache;
use super::mixer::{Mixer, Note, Segment, click_samples, tone_samples};
use super::{Clip, SoundEvent, SoundFault, SoundHealth, Speaker, UtteranceId, Volume};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use std::collections::VecDeque;
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

enum Command {
    Play(UtteranceId, Vec<Clip>),
    Tone(UtteranceId),
    Stop,
    Click,
    Volume,
}

#[derive(Default)]
struct Shared {
    next: AtomicU64,
    volume: AtomicU8,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    health: SoundHealth,
    /// Since when the engine has been inside the device driver.
    opening: Option<Instant>,
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

struct Current {
    utterance: UtteranceId,
    todo: VecDeque<Clip>,
    /// Clips that could be decoded.
    decoded: usize,
    /// When the last sample was handed over.
    drained: Option<Instant>,
    last_fault: Option<SoundFault>,
}

struct Engine<O: Output> {
    output: O,
    config: EngineConfig,
    told: Sender<SoundEvent>,
    shared: Arc<Shared>,
    cache: Cache,
    open: Option<Opened<O::Stream>>,
    notes: (Sender<Note>, Receiver<Note>),
    current: Option<Current>,
    /// Since when nothing was left to hand over.
    idle_since: Option<Instant>,
    /// When something to play was last begun.
    active_since: Instant,
    failed: Option<Failure>,
}

struct Failure {
    last_try: Instant,
    wait: Duration,
}

impl<O: Output> Engine<O> {
    fn new(output: O, config: EngineConfig, told: Sender<SoundEvent>, shared: Arc<Shared>) -> Self {
        let cache = Cache::new(config.cache_samples);
        let notes = crossbeam_channel::bounded(64);
        Engine {
            output,
            config,
            told,
            shared,
            cache,
            open: None,
            notes,
            current: None,
            idle_since: None,
            active_since: Instant::now(),
            failed: None,
        }
    }

    fn run(mut self, commands: Receiver<Command>) {
        loop {
            let wait = self.wait();
            let notes = self.notes.1.clone();
            crossbeam_channel::select! {
                recv(commands) -> command => match command {
                    Ok(command) => self.obey(command),
                    Err(_) => return,
                },
                recv(notes) -> note => {
                    if let Ok(note) = note {
                        self.noted(note);
                    }
                },
                default(wait) => {}
            }
            // Everything asked so far, before any decoding: a stop must not wait behind a long clip.
            loop {
                match commands.recv_timeout(Duration::ZERO) {
                    Ok(command) => self.obey(command),
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
            self.decode_next();
            self.look_after();
        }
    }

    /// How long the thread may sleep.
    fn wait(&self) -> Duration {
        if self.current.as_ref().is_some_and(|c| !c.todo.is_empty()) {
            return Duration::ZERO;
        }
        if self.open.is_some() {
            return Duration::from_millis(20);
        }
        match &self.failed {
            Some(failure) => failure.wait.saturating_sub(failure.last_try.elapsed()),
            None => Duration::from_secs(3600),
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Play(utterance, clips) => self.play(utterance, clips),
            Command::Tone(utterance) => self.tone(utterance),
            Command::Stop => self.stop(),
            Command::Click => self.click(),
            Command::Volume => {
                if let Some(open) = &self.open {
                    lock(&open.mixer).set_gain(self.gain());
                }
            }
        }
    }

    fn gain(&self) -> f32 {
        Volume::new(self.shared.volume.load(Ordering::Relaxed)).gain()
    }

    fn tell(&self, event: SoundEvent) {
        match &event {
            SoundEvent::Failed { fault, .. } | SoundEvent::Skipped { fault, .. } => {
                tracing::warn!(event = "sound_fault", code = fault.code(), why = %fault);
            }
            SoundEvent::Recovered => tracing::info!(event = "sound_recovered"),
            _ => {}
        }
        // Nobody listening is no fault of the speaker.
        let _ = self.told.send(event);
    }

    fn stop(&mut self) {
        if let Some(open) = &self.open {
            lock(&open.mixer).cut();
        }
        if let Some(current) = self.current.take() {
            self.tell(SoundEvent::Stopped {
                utterance: current.utterance,
            });
        }
    }

    fn begin(&mut self, utterance: UtteranceId, todo: VecDeque<Clip>) {
        self.stop();
        self.active_since = Instant::now();
        self.current = Some(Current {
            utterance,
            todo,
            decoded: 0,
            drained: None,
            last_fault: None,
        });
    }

    fn play(&mut self, utterance: UtteranceId, clips: Vec<Clip>) {
        self.begin(utterance, clips.into());
        if let Err(fault) = self.ensure_open(false) {
            return self.fail(fault);
        }
        let empty = self
            .current
            .as_ref()
            .is_none_or(|current| current.todo.is_empty());
        if let Some(open) = &self.open {
            let mut mixer = lock(&open.mixer);
            mixer.begin(utterance);
            if empty {
                mixer.complete(utterance);
            }
        }
        self.decode_next();
    }

    fn tone(&mut self, utterance: UtteranceId) {
        self.begin(utterance, VecDeque::new());
        if let Err(fault) = self.ensure_open(false) {
            return self.fail(fault);
        }
        if let (Some(open), Some(current)) = (&self.open, &mut self.current) {
            current.decoded = 1;
            let mut mixer = lock(&open.mixer);
            mixer.begin(utterance);
            mixer.push(utterance, Segment::Samples(tone_samples(open.rate)));
            mixer.complete(utterance);
        }
    }

    fn click(&mut self) {
        // A click without a device is no event: the screen's shade says the same.
        if self.ensure_open(false).is_ok()
            && let Some(open) = &self.open
        {
            self.active_since = Instant::now();
            lock(&open.mixer).click(click_samples(open.rate));
        }
    }

    /// Opens the device unless it is open; with `probe`, also while a back-off runs.
    fn ensure_open(&mut self, probe: bool) -> Result<(), SoundFault> {
        self.idle_since = None;
        if self.open.is_some() {
            return Ok(());
        }
        if let Some(failure) = &self.failed
            && !probe
            && failure.last_try.elapsed() < self.config.first_retry
            && let SoundHealth::Faulty(fault) = &lock(&self.shared.state).health
        {
            return Err(fault.clone());
        }
        lock(&self.shared.state).opening = Some(Instant::now());
        // Notes of an earlier stream say nothing about this one.
        self.notes = crossbeam_channel::bounded(64);
        let opened = self.output.open(self.gain(), self.notes.0.clone());
        lock(&self.shared.state).opening = None;
        match opened {
            Ok(opened) => {
                self.open = Some(opened);
                Ok(())
            }
            Err(fault) => {
                self.note_failure(&fault);
                Err(fault)
            }
        }
    }

    fn note_failure(&mut self, fault: &SoundFault) {
        let wait = self
            .failed
            .as_ref()
            .map_or(self.config.first_retry, |f| f.wait * 2)
            .min(self.config.longest_retry);
        self.failed = Some(Failure {
            last_try: Instant::now(),
            wait,
        });
        lock(&self.shared.state).health = SoundHealth::Faulty(fault.clone());
    }

    /// The device took samples: it works.
    fn note_working(&mut self) {
        lock(&self.shared.state).health = SoundHealth::Working;
        if self.failed.take().is_some() {
            self.tell(SoundEvent::Recovered);
        }
    }

    fn fail(&mut self, fault: SoundFault) {
        if let Some(current) = self.current.take() {
            self.tell(SoundEvent::Failed {
                utterance: current.utterance,
                fault,
            });
        }
    }

    /// Drops a stream that no longer serves.
    fn break_stream(&mut self, fault: SoundFault) {
        self.open = None;
        self.note_failure(&fault);
        self.fail(fault);
    }

    fn decode_next(&mut self) {
        let (Some(open), Some(current)) = (&self.open, &mut self.current) else {
            return;
        };
        let Some(clip) = current.todo.pop_front() else {
            return;
        };
        let utterance = current.utterance;
        let mut skipped = None;
        if let Some(file) = &clip.file {
            let mixer = &open.mixer;
            let handed = self.cache.get(file, open.rate, |part| {
                lock(mixer).push(utterance, Segment::Samples(part));
            });
            match handed {
                Ok(()) => current.decoded += 1,
                Err(fault) => {
                    current.last_fault = Some(fault.clone());
                    skipped = Some(SoundEvent::Skipped {
                        utterance,
                        prompt: clip.prompt.clone(),
                        fault,
                    });
                }
            }
        }
        let pause = (clip.pause.as_secs_f64() * f64::from(open.rate)) as usize;
        let done = current.todo.is_empty();
        {
            let mut mixer = lock(&open.mixer);
            mixer.push(utterance, Segment::Silence(pause));
            if done {
                mixer.complete(utterance);
            }
        }
        let nothing = done && current.decoded == 0;
        let fault = current.last_fault.clone();
        if let Some(event) = skipped {
            self.tell(event);
        }
        if nothing && let Some(fault) = fault {
            if let Some(open) = &self.open {
                lock(&open.mixer).cut();
            }
            self.fail(fault);
        }
    }

    fn noted(&mut self, note: Note) {
        match note {
            Note::Started(utterance, at) => {
                self.note_working();
                if self
                    .current
                    .as_ref()
                    .is_some_and(|c| c.utterance == utterance)
                {
                    self.tell(SoundEvent::Started { utterance, at });
                }
            }
            Note::Drained(utterance, at) => {
                if let Some(current) = self.current.as_mut().filter(|c| c.utterance == utterance) {
                    current.drained = Some(at);
                }
            }
            Note::Broken(fault) => self.break_stream(fault),
        }
    }

    /// Ends what is over, closes what is idle, finds what is stuck, tries what failed.
    fn look_after(&mut self) {
        let now = Instant::now();
        if let Some(open) = &self.open {
            let (busy, last_callback) = {
                let mixer = lock(&open.mixer);
                (mixer.busy(), mixer.last_callback)
            };
            let latency = open.latency;
            if let Some(current) = &self.current
                && current
                    .drained
                    .is_some_and(|at| now.duration_since(at) >= latency)
            {
                self.tell(SoundEvent::Finished {
                    utterance: current.utterance,
                });
                self.current = None;
            }
            let since = last_callback
                .unwrap_or(self.active_since)
                .max(self.active_since);
            if busy && now.duration_since(since) > self.config.silence_limit {
                return self.break_stream(SoundFault::Silent(now.duration_since(since)));
            }
            if busy || self.current.is_some() {
                self.idle_since = None;
            } else {
                let since = *self.idle_since.get_or_insert(now);
                if now.duration_since(since) > self.config.linger.max(latency) {
                    self.open = None;
                }
            }
        } else if let Some(failure) = &self.failed
            && failure.last_try.elapsed() >= failure.wait
        {
            self.probe();
        }
    }

    /// Looks whether a failed device is back: opens it and waits for one callback.
    fn probe(&mut self) {
        if self.ensure_open(true).is_err() {
            return;
        }
        let deadline = Instant::now() + Duration::from_millis(200);
        while Instant::now() < deadline {
            if let Ok(Note::Broken(fault)) = self.notes.1.recv_timeout(Duration::from_millis(10)) {
                return self.break_stream(fault);
            }
            let called = self
                .open
                .as_ref()
                .is_some_and(|open| lock(&open.mixer).last_callback.is_some());
            if called {
                return self.note_working();
            }
        }
        self.break_stream(SoundFault::Silent(Duration::from_millis(200)));
    }
}
