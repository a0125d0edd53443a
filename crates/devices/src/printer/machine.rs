//! The printer as a pure state machine: what was seen goes in, what to do next and what to tell comes
//! out. It knows no socket, no thread and no clock; time is handed in, as time since the start.
//!
//! Its driver ([`Printer`](super::Printer)) asks [`Machine::next`] what to do, does it, and reports what
//! it saw to [`Machine::saw`].

use super::{JobId, JobOutcome, PrinterEvent, PrinterFault, PrinterState, Status};
use std::collections::VecDeque;
use std::time::Duration;

/// How often the printer is asked while a job runs.
pub const POLL_BUSY: Duration = Duration::from_millis(200);
/// How often the printer is asked while nothing is printed.
pub const POLL_IDLE: Duration = Duration::from_secs(2);
/// How soon after a fault it is asked again, so that a mended printer is noticed at once.
pub const POLL_FAULT: Duration = Duration::from_millis(500);
/// First pause before opening a lost line again; doubled up to [`REOPEN_MAX`].
pub const REOPEN_MIN: Duration = Duration::from_millis(250);
/// Longest pause before opening a lost line again.
pub const REOPEN_MAX: Duration = Duration::from_secs(4);
/// A slow head: 50 mm a second at 8 dots a millimetre.
const ROWS_PER_SECOND: u32 = 400;
/// What is added to the time of printing before the wait for its end is given up.
const FINISH_GRACE: Duration = Duration::from_secs(3);

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Open the line.
    Open,
    /// Ask `DLE EOT 1` to `4` and read the replies.
    Ask,
    /// Send this piece of the job (or the rest of it).
    Send {
        /// The job.
        job: JobId,
        /// Index of the piece.
        piece: usize,
    },
    /// Send `GS r 1`, whose reply says that all before it was printed.
    AskFinished,
    /// Listen, or sleep, until this time or until something comes.
    WaitUntil(Duration),
}

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A job was asked for.
    JobAsked {
        /// Its name.
        job: JobId,
        /// How many pieces it has.
        pieces: usize,
        /// Paper length in rows.
        rows: u32,
    },
    /// Someone wants to know the state now.
    LookAsked,
    /// The line is open.
    Opened,
    /// The line could not be opened.
    OpenFailed,
    /// The line broke; it is closed now.
    Lost,
    /// The printer answered.
    Answered(Status),
    /// The printer did not answer in time.
    NoAnswer,
    /// Something answered that is no ESC/POS printer.
    BadAnswer,
    /// The piece was taken whole.
    Sent,
    /// No byte of the piece was taken in time.
    Stalled,
    /// `GS r 1` was sent.
    FinishedAsked,
    /// The reply to `GS r 1` came.
    Finished,
}

/// The running job.
#[derive(Clone, Copy, Debug)]
struct Job {
    id: JobId,
    pieces: usize,
    rows: u32,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// No job.
    Idle,
    /// The status before the job is being asked.
    Before(Job),
    /// Pieces are being sent.
    Sending { job: Job, next: usize, stuck: bool },
    /// All is sent; waiting for its end.
    After {
        job: Job,
        asked: bool,
        finished: bool,
        deadline: Duration,
    },
}

/// The machine. See the module.
#[derive(Debug)]
pub struct Machine {
    state: PrinterState,
    open: bool,
    reopen_at: Duration,
    pause: Duration,
    ask_at: Duration,
    phase: Phase,
    queue: VecDeque<Job>,
    near_end: bool,
    /// This printer has answered `GS r 1` before, so its silence afterwards means something.
    finishes: bool,
    half_slip: bool,
    answered_since_open: bool,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            state: PrinterState::Starting,
            open: false,
            reopen_at: Duration::ZERO,
            pause: REOPEN_MIN,
            ask_at: Duration::ZERO,
            phase: Phase::Idle,
            queue: VecDeque::new(),
            near_end: false,
            finishes: false,
            half_slip: false,
            answered_since_open: false,
        }
    }
}

impl Machine {
    /// What it is able to do now.
    #[must_use]
    pub fn state(&self) -> PrinterState {
        self.state
    }

    /// True while half a slip of an earlier job may be in the printer: the next job has to begin by
    /// pushing it out.
    #[must_use]
    pub fn half_slip(&self) -> bool {
        self.half_slip
    }

    /// True while all of a job is sent and its end is awaited.
    #[must_use]
    pub fn is_finishing(&self) -> bool {
        matches!(self.phase, Phase::After { .. })
    }

    /// What is to be done at time `now`.
    #[must_use]
    pub fn next(&self, now: Duration) -> Action {
        if !self.open {
            // A person who waits for a slip does not wait for the pause.
            return if now >= self.reopen_at || !self.queue.is_empty() {
                Action::Open
            } else {
                Action::WaitUntil(self.reopen_at)
            };
        }
        if matches!(self.phase, Phase::Before(_)) || now >= self.ask_at {
            return Action::Ask;
        }
        match self.phase {
            Phase::Sending { job, next, .. } => Action::Send {
                job: job.id,
                piece: next,
            },
            Phase::After { asked: false, .. } => Action::AskFinished,
            Phase::Before(_) | Phase::Idle | Phase::After { .. } => Action::WaitUntil(self.ask_at),
        }
    }

    /// Takes in what was seen at time `now`, and returns what is to be told.
    pub fn saw(&mut self, now: Duration, input: Input) -> Vec<PrinterEvent> {
        let mut tell = Vec::new();
        match input {
            Input::JobAsked { job, pieces, rows } => {
                self.queue.push_back(Job {
                    id: job,
                    pieces,
                    rows,
                });
            }
            Input::LookAsked => self.ask_at = now,
            Input::Opened => {
                self.open = true;
                self.answered_since_open = false;
                self.ask_at = now;
            }
            Input::OpenFailed => {
                self.close(now);
                self.fail_queue(PrinterFault::Unplugged, &mut tell);
                self.become_fault(PrinterFault::Unplugged, &mut tell);
            }
            Input::Lost => self.lost(now, PrinterFault::LinkLost, &mut tell),
            Input::NoAnswer => self.lost(now, PrinterFault::Silent, &mut tell),
            Input::BadAnswer => self.lost(now, PrinterFault::NotEscPos, &mut tell),
            Input::Answered(status) => self.answered(now, status, &mut tell),
            Input::Sent => self.sent(now),
            Input::Stalled => self.stalled(now),
            Input::FinishedAsked => {
                if let Phase::After { asked, .. } = &mut self.phase {
                    *asked = true;
                }
            }
            Input::Finished => {
                if let Phase::After { finished, .. } = &mut self.phase {
                    *finished = true;
                    self.finishes = true;
                    // The status after the job decides; ask for it now.
                    self.ask_at = now;
                }
            }
        }
        self.begin_next(&mut tell);
        tell
    }

    fn begin_next(&mut self, tell: &mut Vec<PrinterEvent>) {
        if self.open
            && matches!(self.phase, Phase::Idle)
            && let Some(job) = self.queue.pop_front()
        {
            self.phase = Phase::Before(job);
            self.become_state(PrinterState::Busy { job: job.id }, tell);
        }
    }

    fn answered(&mut self, now: Duration, status: Status, tell: &mut Vec<PrinterEvent>) {
        self.pause = REOPEN_MIN;
        self.answered_since_open = true;
        self.near_end = status.near_end;
        if let Some(why) = status.fault() {
            self.end_failed(why, tell);
            self.fail_queue(why, tell);
            self.become_fault(why, tell);
            self.ask_at = now + POLL_FAULT;
            return;
        }
        self.ask_at = now + POLL_BUSY;
        match self.phase {
            Phase::Idle => {
                self.ask_at = now + POLL_IDLE;
                self.become_ready(tell);
            }
            Phase::Before(job) => {
                self.phase = Phase::Sending {
                    job,
                    next: 0,
                    stuck: false,
                };
            }
            Phase::Sending { stuck: false, .. } => {}
            // All is well, it says, and takes nothing. What is left is not sent later: a question now
            // stands in the middle of the picture.
            Phase::Sending { stuck: true, .. } => {
                self.end_failed(PrinterFault::NeverFinished, tell);
                self.become_ready(tell);
            }
            Phase::After {
                job,
                finished,
                deadline,
                ..
            } => {
                if finished || (now >= deadline && !self.finishes) {
                    self.half_slip = false;
                    self.end(job, JobOutcome::Printed, tell);
                    self.ask_at = now + POLL_IDLE;
                    self.become_ready(tell);
                } else if now >= deadline {
                    let why = PrinterFault::NeverFinished;
                    self.half_slip = true;
                    self.end(job, JobOutcome::Unknown { why }, tell);
                    self.become_ready(tell);
                }
            }
        }
    }

    fn sent(&mut self, now: Duration) {
        if let Phase::Sending { job, next, .. } = self.phase {
            let next = next + 1;
            self.phase = if next < job.pieces {
                Phase::Sending {
                    job,
                    next,
                    stuck: false,
                }
            } else {
                let printing = Duration::from_secs(u64::from(job.rows.div_ceil(ROWS_PER_SECOND)));
                Phase::After {
                    job,
                    asked: false,
                    finished: false,
                    deadline: now + printing + FINISH_GRACE,
                }
            };
        }
    }

    /// It takes no more bytes; its status, asked at once, says why.
    fn stalled(&mut self, now: Duration) {
        if let Phase::Sending { stuck, .. } = &mut self.phase {
            *stuck = true;
        }
        self.ask_at = now;
    }

    /// The line is gone or useless: the job ends, the line is closed and opened again later.
    fn lost(&mut self, now: Duration, why: PrinterFault, tell: &mut Vec<PrinterEvent>) {
        // Many network printers close a line that was quiet for a minute. Nothing is sent yet, so it
        // is opened again before anyone is told; if that fails, or nothing answers, it is a fault.
        if why == PrinterFault::LinkLost && self.answered_since_open {
            match self.phase {
                Phase::Before(job) => self.queue.push_front(job),
                Phase::Idle => {}
                Phase::Sending { .. } | Phase::After { .. } => self.answered_since_open = false,
            }
            if self.answered_since_open {
                self.phase = Phase::Idle;
                self.open = false;
                self.reopen_at = now;
                return;
            }
        }
        self.close(now);
        let unplugged =
            matches!(self.phase, Phase::Idle | Phase::Before(_)) && why == PrinterFault::LinkLost;
        let why = if unplugged {
            PrinterFault::Unplugged
        } else {
            why
        };
        match self.phase {
            // All was sent, so it may have come out whole, and nobody heard.
            Phase::After { job, .. } => {
                self.half_slip = true;
                self.end(job, JobOutcome::Unknown { why }, tell);
            }
            _ => self.end_failed(why, tell),
        }
        self.fail_queue(why, tell);
        self.become_fault(why, tell);
    }

    /// Ends the running job, if any, as failed.
    fn end_failed(&mut self, why: PrinterFault, tell: &mut Vec<PrinterEvent>) {
        let (job, begun) = match self.phase {
            Phase::Idle => return,
            Phase::Before(job) => (job, false),
            Phase::Sending { job, next, stuck } => (job, next > 0 || stuck),
            Phase::After { job, .. } => (job, true),
        };
        self.half_slip |= begun;
        self.end(job, JobOutcome::Failed { why, begun }, tell);
    }

    fn end(&mut self, job: Job, outcome: JobOutcome, tell: &mut Vec<PrinterEvent>) {
        self.phase = Phase::Idle;
        tell.push(PrinterEvent::JobEnded {
            job: job.id,
            outcome,
        });
    }

    /// Jobs that wait behind a fault fail with it: each was asked for by a person who stands there now.
    fn fail_queue(&mut self, why: PrinterFault, tell: &mut Vec<PrinterEvent>) {
        for job in self.queue.drain(..) {
            tell.push(PrinterEvent::JobEnded {
                job: job.id,
                outcome: JobOutcome::Failed { why, begun: false },
            });
        }
    }

    fn close(&mut self, now: Duration) {
        self.open = false;
        self.reopen_at = now + self.pause;
        self.pause = (self.pause * 2).min(REOPEN_MAX);
    }

    fn become_ready(&mut self, tell: &mut Vec<PrinterEvent>) {
        let near_end = self.near_end;
        self.become_state(PrinterState::Ready { near_end }, tell);
    }

    fn become_fault(&mut self, why: PrinterFault, tell: &mut Vec<PrinterEvent>) {
        self.become_state(PrinterState::Fault(why), tell);
    }

    fn become_state(&mut self, state: PrinterState, tell: &mut Vec<PrinterEvent>) {
        if self.state != state {
            self.state = state;
            tell.push(PrinterEvent::StateChanged(state));
        }
    }
}
