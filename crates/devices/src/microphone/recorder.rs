//! What both microphones share: a thread that takes samples, measures, encodes, cuts chunks and tells what happens.
//!
//! The device itself is opened, held and closed by another thread: a driver that does not return then costs a thread and
//! not the recorder, which gives up after [`RecorderConfig::open_limit`] and says so. While one such thread is still
//! inside the driver, no second one is started.

use super::blocks::{BlockReader, BlockWriter, blocks};
use super::encoder::RATE;
use super::meter::Meter;
use super::take::Take;
use super::{EndReason, Limits, MicEvent, MicFault, MicHealth, Microphone, RecordingId};
use crate::sound::resample::StreamConverter;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Times of the recorder; the defaults are for real use.
#[derive(Clone, Copy, Debug)]
pub struct RecorderConfig {
    /// How long opening the device may take.
    pub open_limit: Duration,
    /// How long an open device may bring nothing.
    pub stuck_limit: Duration,
    /// How long an open device may bring one and the same value before that is told.
    pub silence: Duration,
}

impl Default for RecorderConfig {
    fn default() -> Self {
        RecorderConfig {
            open_limit: Duration::from_secs(3),
            stuck_limit: Duration::from_secs(2),
            silence: Duration::from_secs(3),
        }
    }
}

/// How often the recorder looks at the time when nothing comes.
const LOOK: Duration = Duration::from_millis(50);

/// A device to record from; real or simulated.
pub(super) trait Input: Send + Sync + 'static {
    /// An open stream; dropping it closes the device. It stays in the thread that opened it.
    type Stream;
    /// Opens the device; its samples go to `samples`, what ends it to `faults`. Returns samples a second.
    fn open(
        &self,
        samples: BlockWriter,
        faults: Sender<MicFault>,
    ) -> Result<(Self::Stream, u32), MicFault>;
}

enum Command {
    Start(RecordingId, Limits),
    Stop,
}

/// The handle that [`CpalMicrophone`](super::CpalMicrophone) and [`VirtualMicrophone`](super::VirtualMicrophone) share.
pub(super) struct RecorderHandle {
    commands: Option<Sender<Command>>,
    events: Receiver<MicEvent>,
    health: Arc<Mutex<MicHealth>>,
    last: u64,
    thread: Option<JoinHandle<()>>,
}

impl RecorderHandle {
    /// Starts the recorder's thread.
    pub fn start<I: Input>(input: I, config: RecorderConfig) -> Self {
        let (commands, received) = unbounded();
        let (told, events) = unbounded();
        let health = Arc::new(Mutex::default());
        let recorder = Recorder {
            input: Arc::new(input),
            config,
            told,
            health: Arc::clone(&health),
            device: None,
        };
        // A machine that cannot start a thread has no microphone: commands then have no receiver and are dropped.
        let thread = std::thread::Builder::new()
            .name("microphone".into())
            .spawn(move || recorder.run(&received))
            .map_err(|error| tracing::error!(%error, "microphone.no-thread"))
            .ok();
        RecorderHandle {
            commands: Some(commands),
            events,
            health,
            last: 0,
            thread,
        }
    }

    fn send(&self, command: Command) {
        if let Some(commands) = &self.commands
            && commands.send(command).is_err()
        {
            tracing::error!("microphone.thread-gone");
        }
    }
}

impl Microphone for RecorderHandle {
    fn start(&mut self, limits: Limits) -> RecordingId {
        self.last += 1;
        let id = RecordingId(self.last);
        self.send(Command::Start(id, limits));
        id
    }

    fn stop(&mut self) {
        self.send(Command::Stop);
    }

    fn events(&self) -> Receiver<MicEvent> {
        self.events.clone()
    }

    fn health(&self) -> MicHealth {
        *lock(&self.health)
    }
}

impl Drop for RecorderHandle {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            // It never waits for a driver for more than a moment, see `Recorder::close`.
            let _ = thread.join();
        }
    }
}

/// The thread that holds the device, seen from the recorder.
struct Device {
    /// Dropping it closes the device.
    close: Option<Sender<()>>,
    thread: JoinHandle<()>,
}

struct Recorder<I: Input> {
    input: Arc<I>,
    config: RecorderConfig,
    told: Sender<MicEvent>,
    health: Arc<Mutex<MicHealth>>,
    /// The last device thread, which may still be in its driver.
    device: Option<Device>,
}

/// What comes from an open device.
struct Opened {
    rate: u32,
    blocks: BlockReader,
    faults: Receiver<MicFault>,
}

/// Why a recording ends.
enum End {
    Stopped,
    /// Another one takes its place.
    Replaced(Command),
    LimitReached,
    Fault(MicFault),
    /// The microphone was dropped.
    Dropped,
}

impl<I: Input> Recorder<I> {
    fn run(mut self, commands: &Receiver<Command>) {
        let mut next = None;
        loop {
            let command = match next.take() {
                Some(command) => command,
                None => match commands.recv() {
                    Ok(command) => command,
                    Err(_) => return,
                },
            };
            if let Command::Start(id, limits) = command {
                next = self.record(id, limits, commands);
            }
        }
    }

    /// Makes one recording; returns the command that took its place.
    fn record(
        &mut self,
        id: RecordingId,
        limits: Limits,
        commands: &Receiver<Command>,
    ) -> Option<Command> {
        let mut take = Take::new(id, limits, self.told.clone());
        let end = match self.open(commands) {
            Ok(opened) => {
                let end = self.listen(&opened, &mut take, commands);
                let lost = opened.blocks.lost();
                if lost > 0 {
                    tracing::warn!(samples = lost, "microphone.samples-lost");
                }
                end
            }
            Err(end) => end,
        };
        self.close();
        let end = match (take.finish(), end) {
            // A recording whose rest cannot be encoded did not end well, whoever ended it.
            (Err(fault), End::Stopped | End::LimitReached) => End::Fault(fault),
            (_, end) => end,
        };
        let reason = match &end {
            End::Stopped | End::Replaced(_) | End::Dropped => EndReason::Stopped,
            End::LimitReached => EndReason::LimitReached,
            End::Fault(fault) => {
                self.fault(*fault);
                EndReason::Fault
            }
        };
        self.tell(MicEvent::Ended {
            recording: id,
            reason,
            length: take.length,
        });
        match end {
            End::Replaced(command) => Some(command),
            _ => None,
        }
    }

    fn tell(&self, event: MicEvent) {
        // Nobody listening is no fault of the microphone.
        let _ = self.told.send(event);
    }

    fn fault(&self, fault: MicFault) {
        tracing::warn!(code = fault.code(), name = fault.name(), "microphone.fault");
        *lock(&self.health) = MicHealth::Faulty(fault);
        self.tell(MicEvent::Fault(fault));
    }

    /// Opens the device in a thread of its own.
    fn open(&mut self, commands: &Receiver<Command>) -> Result<Opened, End> {
        if !self.closed(self.config.open_limit) {
            return Err(End::Fault(MicFault::Stuck));
        }
        let (writer, reader) = blocks();
        let (broke, faults) = bounded(4);
        let (ready, opened) = bounded(1);
        let (close, closing) = bounded::<()>(0);
        let input = Arc::clone(&self.input);
        let thread = std::thread::Builder::new()
            .name("microphone-device".into())
            .spawn(move || match input.open(writer, broke) {
                Ok((stream, rate)) => {
                    if ready.send(Ok(rate)).is_ok() {
                        // Ends when the recorder drops its end.
                        let _ = closing.recv();
                    }
                    drop(stream);
                }
                Err(fault) => {
                    let _ = ready.send(Err(fault));
                }
            })
            .map_err(|error| {
                tracing::error!(%error, "microphone.no-thread");
                End::Fault(MicFault::Stuck)
            })?;
        self.device = Some(Device {
            close: Some(close),
            thread,
        });
        let deadline = Instant::now() + self.config.open_limit;
        loop {
            match opened.recv_timeout(LOOK) {
                Ok(Ok(rate)) => {
                    return Ok(Opened {
                        rate,
                        blocks: reader,
                        faults,
                    });
                }
                Ok(Err(fault)) => return Err(End::Fault(fault)),
                Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {}
                Err(_) => return Err(End::Fault(MicFault::Stuck)),
            }
            if let Some(end) = commanded(commands) {
                return Err(end);
            }
        }
    }

    /// Asks the device's thread to close it, and gives it a moment.
    fn close(&mut self) {
        if let Some(device) = &mut self.device {
            device.close = None;
        }
        self.closed(Duration::from_millis(300));
    }

    /// Whether the last device is closed, after waiting for it at most this long.
    fn closed(&mut self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while let Some(device) = &self.device {
            if device.thread.is_finished() {
                self.device = None;
            } else if Instant::now() >= deadline {
                return false;
            } else {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        true
    }

    /// Takes samples until the recording ends.
    fn listen(&self, opened: &Opened, take: &mut Take, commands: &Receiver<Command>) -> End {
        let mut converter = StreamConverter::new(opened.rate, RATE.get());
        let mut meter = Meter::new(RATE.get());
        let mut samples = Vec::new();
        let mut silence_told = false;
        let mut heard = false;
        let mut last_came = Instant::now();
        loop {
            crossbeam_channel::select! {
                recv(opened.blocks.full()) -> block => if let Ok(block) = block {
                    last_came = Instant::now();
                    samples.clear();
                    converter.push(&block, &mut samples);
                    opened.blocks.give_back(block);
                    match take.push(&samples) {
                        Ok(true) => return End::LimitReached,
                        Ok(false) => {}
                        Err(fault) => return End::Fault(fault),
                    }
                    meter.feed(&samples, |level| self.tell(MicEvent::Level(level)));
                    let silent = meter.silent_for();
                    if silent >= self.config.silence && !silence_told {
                        silence_told = true;
                        self.fault(MicFault::Silent);
                    } else if silent < Duration::from_millis(100) && (!heard || silence_told) {
                        // Something differed just now.
                        (heard, silence_told) = (true, false);
                        *lock(&self.health) = MicHealth::Working;
                    }
                } else {
                    // The device's end is gone without a word.
                    return End::Fault(opened.faults.try_recv().unwrap_or(MicFault::Lost));
                },
                recv(opened.faults) -> fault => {
                    return End::Fault(fault.unwrap_or(MicFault::Lost));
                }
                default(LOOK) => {}
            }
            if let Some(end) = commanded(commands) {
                // What was said before the touch is kept.
                while let Ok(block) = opened.blocks.full().try_recv() {
                    samples.clear();
                    converter.push(&block, &mut samples);
                    if !matches!(take.push(&samples), Ok(false)) {
                        break;
                    }
                }
                return end;
            }
            if last_came.elapsed() > self.config.stuck_limit {
                return End::Fault(MicFault::Stuck);
            }
        }
    }
}

/// What the next command means for the recording that runs.
fn commanded(commands: &Receiver<Command>) -> Option<End> {
    match commands.recv_timeout(Duration::ZERO) {
        Ok(Command::Stop) => Some(End::Stopped),
        Ok(command) => Some(End::Replaced(command)),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => Some(End::Dropped),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic of another holder leaves a health behind: recording goes on.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device whose driver misbehaves: opening takes this long, and then nothing comes.
    struct Bad(Duration);

    impl Input for Bad {
        type Stream = (BlockWriter, Sender<MicFault>);

        fn open(
            &self,
            samples: BlockWriter,
            faults: Sender<MicFault>,
        ) -> Result<(Self::Stream, u32), MicFault> {
            std::thread::sleep(self.0);
            Ok(((samples, faults), 48_000))
        }
    }

    fn config() -> RecorderConfig {
        RecorderConfig {
            open_limit: Duration::from_millis(200),
            stuck_limit: Duration::from_millis(200),
            silence: Duration::from_millis(300),
        }
    }

    fn next(microphone: &RecorderHandle) -> MicEvent {
        microphone
            .events()
            .recv_timeout(Duration::from_secs(5))
            .expect("an event")
    }

    fn ends_with(microphone: &RecorderHandle, id: RecordingId, fault: MicFault) {
        assert_eq!(next(microphone), MicEvent::Fault(fault));
        let ended = MicEvent::Ended {
            recording: id,
            reason: EndReason::Fault,
            length: Duration::ZERO,
        };
        assert_eq!(next(microphone), ended);
        assert_eq!(microphone.health(), MicHealth::Faulty(fault));
    }

    #[test]
    fn an_open_device_that_brings_nothing_is_given_up() {
        let mut microphone = RecorderHandle::start(Bad(Duration::ZERO), config());
        let id = microphone.start(Limits::default());
        ends_with(&microphone, id, MicFault::Stuck);
    }

    #[test]
    fn a_driver_that_does_not_return_costs_one_thread_and_blocks_nobody() {
        let mut microphone = RecorderHandle::start(Bad(Duration::from_secs(4)), config());
        for _ in 0..3 {
            let asked = Instant::now();
            let id = microphone.start(Limits::default());
            assert!(asked.elapsed() < Duration::from_millis(20));
            ends_with(&microphone, id, MicFault::Stuck);
        }
        let closing = Instant::now();
        drop(microphone);
        assert!(closing.elapsed() < Duration::from_millis(500));
    }

    #[test]
    fn a_stop_while_the_device_opens_is_obeyed() {
        let mut microphone =
            RecorderHandle::start(Bad(Duration::from_millis(150)), RecorderConfig::default());
        let id = microphone.start(Limits::default());
        microphone.stop();
        let ended = MicEvent::Ended {
            recording: id,
            reason: EndReason::Stopped,
            length: Duration::ZERO,
        };
        assert_eq!(next(&microphone), ended);
    }
}
