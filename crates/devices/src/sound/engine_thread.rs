//! The engine's thread: decodes clips, opens and closes the device, tells what happened.
//!
//! Device errors end in one of three ways. `Xrun`, a changed route and a refused real-time priority are passed over
//! (the output does that); every other one drops the stream. After a fault the device is tried again by itself, first
//! after a quarter of a second, then at doubling intervals up to half a minute, and at once when something is to be
//! played and the last try is older than a quarter of a second.

use super::decode::Cache;
use super::engine::{Command, EngineConfig, Opened, Output, Shared, lock};
use super::mixer::{Note, Segment, click_samples, tone_samples};
use super::recording::Recording;
use super::{Clip, SoundEvent, SoundFault, SoundHealth, UtteranceId, Volume};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use onedoor_domain::personal::Personal;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// A recording is decoded in stretches of this many seconds...
const STRETCH_SECONDS: f64 = 0.3;
/// ...for as long as less than this many seconds of it wait to be played.
const AHEAD_SECONDS: f64 = 1.0;

struct Current {
    utterance: UtteranceId,
    todo: VecDeque<Clip>,
    recording: Option<Recording>,
    /// Clips that could be decoded.
    decoded: usize,
    /// When the last sample was handed over.
    drained: Option<Instant>,
    last_fault: Option<SoundFault>,
}

pub(super) struct Engine<O: Output> {
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
    pub fn new(
        output: O,
        config: EngineConfig,
        told: Sender<SoundEvent>,
        shared: Arc<Shared>,
    ) -> Self {
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

    pub fn run(mut self, commands: Receiver<Command>) {
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
            self.decode_on();
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
            Command::Recording(utterance, bytes) => self.play_recording(utterance, bytes),
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
            recording: None,
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

    fn play_recording(&mut self, utterance: UtteranceId, bytes: Personal<Vec<u8>>) {
        self.begin(utterance, VecDeque::new());
        if let Err(fault) = self.ensure_open(false) {
            return self.fail(fault);
        }
        let Some(open) = &self.open else { return };
        match Recording::open(bytes, open.rate) {
            Ok(recording) => {
                lock(&open.mixer).begin(utterance);
                if let Some(current) = &mut self.current {
                    current.recording = Some(recording);
                }
                self.decode_on();
            }
            Err(fault) => self.fail(fault),
        }
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

    /// Decodes the next stretch of a recording, if it is time.
    fn decode_on(&mut self) {
        let (Some(open), Some(current)) = (&self.open, &mut self.current) else {
            return;
        };
        let Some(recording) = &mut current.recording else {
            return;
        };
        let samples = |seconds: f64| (seconds * f64::from(open.rate)) as usize;
        if lock(&open.mixer).queued() >= samples(AHEAD_SECONDS) {
            return;
        }
        match recording.next(samples(STRETCH_SECONDS)) {
            Ok(stretch) => {
                let mut mixer = lock(&open.mixer);
                mixer.push(current.utterance, Segment::Samples(stretch.into()));
                if recording.over() {
                    mixer.complete(current.utterance);
                    current.recording = None;
                }
            }
            Err(fault) => {
                lock(&open.mixer).cut();
                self.fail(fault);
            }
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
