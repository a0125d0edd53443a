//! The printer's thread: carries out what the machine asks for, and tells what came of it.

use super::job::{self, JobBytes};
use super::machine::{Action, Input, Machine};
use super::status::QUESTIONS;
use super::{Connection, JobId, Link, PrinterEvent, PrinterState, Status};
use crate::error::DeviceError;
use crate::raster::Raster;
use crossbeam_channel::{Receiver, Sender};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long the printer may take to answer a status question or to take a byte.
pub const SILENCE: Duration = Duration::from_secs(2);
/// How long one wait for commands or replies lasts at most; the latency of [`Printer::print`].
const TICK: Duration = Duration::from_millis(20);

enum Command {
    Print(JobId, JobBytes),
    Look,
}

/// A printer behind a [`Link`], served by a thread of its own.
///
/// Dropping it ends the thread after the job that runs. All calls return at once.
pub struct Printer {
    commands: Sender<Command>,
    state: Arc<Mutex<PrinterState>>,
    describe: String,
}

impl Printer {
    /// Starts the thread; everything it has to tell goes to `events`. A receiver that is gone does not
    /// disturb it.
    ///
    /// # Errors
    /// [`DeviceError::Io`] where no thread can be started.
    pub fn start(link: Box<dyn Link>, events: Sender<PrinterEvent>) -> Result<Self, DeviceError> {
        let (commands, inbox) = crossbeam_channel::unbounded();
        let state = Arc::new(Mutex::new(PrinterState::Starting));
        let describe = link.describe();
        let worker = Worker {
            link,
            connection: None,
            machine: Machine::default(),
            jobs: HashMap::new(),
            owed: 0,
            begun: Instant::now(),
            events,
            state: Arc::clone(&state),
        };
        thread::Builder::new()
            .name("printer".into())
            .spawn(move || worker.run(&inbox))
            .map_err(|source| DeviceError::Io {
                what: "the printer's thread could not be started".into(),
                source,
            })?;
        Ok(Self {
            commands,
            state,
            describe,
        })
    }

    /// Asks for a slip. Its end is told by one [`PrinterEvent::JobEnded`].
    pub fn print(&self, job: JobId, slip: &Raster) {
        // The thread lives as long as this sender.
        let _ = self.commands.send(Command::Print(job, JobBytes::of(slip)));
    }

    /// Asks the printer for its status now instead of at the next poll.
    pub fn look(&self) {
        let _ = self.commands.send(Command::Look);
    }

    /// The state last told.
    #[must_use]
    pub fn state(&self) -> PrinterState {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the printer is reached by, for the technician page.
    #[must_use]
    pub fn describe(&self) -> &str {
        &self.describe
    }
}

struct Worker {
    link: Box<dyn Link>,
    connection: Option<Box<dyn Connection>>,
    machine: Machine,
    jobs: HashMap<JobId, JobBytes>,
    /// Bytes that an interrupted piece still lacks.
    owed: usize,
    begun: Instant,
    events: Sender<PrinterEvent>,
    state: Arc<Mutex<PrinterState>>,
}

impl Worker {
    fn run(mut self, inbox: &Receiver<Command>) {
        let mut ended = false;
        loop {
            loop {
                match inbox.try_recv() {
                    Ok(command) => self.take(command),
                    Err(crossbeam_channel::TryRecvError::Empty) => break,
                    Err(crossbeam_channel::TryRecvError::Disconnected) => {
                        ended = true;
                        break;
                    }
                }
            }
            if ended && self.jobs.is_empty() {
                return;
            }
            match self.machine.next(self.now()) {
                Action::Open => self.open(),
                Action::Ask => self.ask(),
                Action::Send { job, piece } => self.send(job, piece),
                Action::AskFinished => match self.write_whole(job::FINISHED_REQUEST) {
                    Ok(_) => self.saw(Input::FinishedAsked),
                    Err(_) => self.lost(Input::Lost),
                },
                Action::WaitUntil(time) => {
                    if let Some(command) = self.wait(inbox, time, ended) {
                        self.take(command);
                    }
                }
            }
        }
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Print(job, bytes) => {
                let asked = Input::JobAsked {
                    job,
                    pieces: bytes.pieces().len(),
                    rows: bytes.rows(),
                };
                self.jobs.insert(job, bytes);
                self.saw(asked);
            }
            Command::Look => self.saw(Input::LookAsked),
        }
    }

    fn saw(&mut self, input: Input) {
        let now = self.now();
        for event in self.machine.saw(now, input) {
            match event {
                PrinterEvent::StateChanged(state) => {
                    *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
                    if let PrinterState::Fault(fault) = state {
                        tracing::warn!(code = fault.code(), name = fault.name(), link = %self.link.describe(), "printer.fault");
                    }
                }
                PrinterEvent::JobEnded { job, outcome } => {
                    self.jobs.remove(&job);
                    tracing::info!(job = job.0, ?outcome, "printer.job-ended");
                }
            }
            let _ = self.events.send(event);
        }
    }

    /// The line is useless: it is closed, so that the next opening begins anew.
    fn lost(&mut self, input: Input) {
        self.connection = None;
        self.saw(input);
    }

    fn open(&mut self) {
        match self.link.open() {
            Ok(connection) => {
                self.connection = Some(connection);
                self.saw(Input::Opened);
            }
            Err(error) => {
                tracing::debug!(%error, link = %self.link.describe(), "printer.open-failed");
                self.saw(Input::OpenFailed);
            }
        }
    }

    /// Puts the four questions one after the other, each with its time limit.
    fn ask(&mut self) {
        // What came before the question is no answer to it.
        if self.hear_marks().is_err() {
            return self.lost(Input::Lost);
        }
        let mut replies = [0; 4];
        for (question, reply) in QUESTIONS.into_iter().zip(&mut replies) {
            match self.write_whole(&job::status_request(question)) {
                Ok(true) => {}
                Ok(false) => return self.lost(Input::NoAnswer),
                Err(_) => return self.lost(Input::Lost),
            }
            match self.reply() {
                Ok(Some(byte)) if Status::is_reply(byte) => *reply = byte,
                Ok(Some(_)) => return self.lost(Input::BadAnswer),
                Ok(None) => return self.lost(Input::NoAnswer),
                Err(_) => return self.lost(Input::Lost),
            }
        }
        match Status::from_replies(replies) {
            Ok(status) => self.saw(Input::Answered(status)),
            Err(_) => self.lost(Input::BadAnswer),
        }
    }

    /// The next byte that is not the mark of a finished job; that one is reported on the way.
    fn reply(&mut self) -> std::io::Result<Option<u8>> {
        let until = Instant::now() + SILENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let mut byte = [0];
            let Some(connection) = &mut self.connection else {
                return Err(super::link::closed());
            };
            match connection.read(&mut byte, left)? {
                0 if left.is_zero() => return Ok(None),
                0 => {}
                _ if Status::is_finished_mark(byte[0]) => self.saw(Input::Finished),
                _ => return Ok(Some(byte[0])),
            }
        }
    }

    /// Reads what lies there without waiting.
    fn hear_marks(&mut self) -> std::io::Result<()> {
        self.listen(Duration::ZERO)
    }

    fn listen(&mut self, timeout: Duration) -> std::io::Result<()> {
        let mut bytes = [0; 64];
        let mut timeout = timeout;
        loop {
            let Some(connection) = &mut self.connection else {
                return Ok(());
            };
            let n = connection.read(&mut bytes, timeout)?;
            if n == 0 {
                return Ok(());
            }
            if bytes[..n].iter().any(|&b| Status::is_finished_mark(b)) {
                self.saw(Input::Finished);
            }
            timeout = Duration::ZERO;
        }
    }

    fn send(&mut self, job: JobId, piece: usize) {
        let Some(mut bytes) = self
            .jobs
            .get(&job)
            .and_then(|j| j.pieces().get(piece))
            .cloned()
        else {
            // The machine counts the pieces it was told of; without bytes the job cannot go on.
            return self.lost(Input::Lost);
        };
        if piece == 0 && self.machine.half_slip() {
            bytes.splice(0..0, job::clear_half_slip(self.owed));
        }
        self.owed = 0;
        match self.write_whole(&bytes) {
            Ok(true) => self.saw(Input::Sent),
            Ok(false) => self.saw(Input::Stalled),
            Err(_) => self.lost(Input::Lost),
        }
    }

    /// Writes all, or returns false where the printer took no byte for [`SILENCE`]. What is left is
    /// remembered as owed.
    fn write_whole(&mut self, bytes: &[u8]) -> std::io::Result<bool> {
        let mut done = 0;
        while done < bytes.len() {
            let Some(connection) = &mut self.connection else {
                return Err(super::link::closed());
            };
            let taken = connection.write(&bytes[done..], SILENCE);
            if !matches!(taken, Ok(n) if n > 0) && bytes.len() > 4 {
                self.owed = bytes.len() - done;
            }
            match taken? {
                0 => return Ok(false),
                n => done += n,
            }
        }
        Ok(true)
    }

    /// Waits for a command or a reply, at most until `time`, and not longer than a tick.
    fn wait(&mut self, inbox: &Receiver<Command>, time: Duration, ended: bool) -> Option<Command> {
        let pause = time.saturating_sub(self.now()).min(TICK);
        if self.machine.is_finishing() && self.connection.is_some() {
            if self.listen(pause).is_err() {
                self.lost(Input::Lost);
            }
            return None;
        }
        if ended {
            thread::sleep(pause);
            return None;
        }
        inbox.recv_timeout(time.saturating_sub(self.now())).ok()
    }
}
