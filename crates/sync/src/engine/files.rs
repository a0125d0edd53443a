//! Resumable files: tus 1.0 (<https://tus.io/protocols/resumable-upload>) as a client of `/v1/blob/{hash}`.
//!
//! Pieces of 32–128 KiB; after a failure the hub is asked how much it has (`HEAD`), because what was under way may
//! have arrived in part. A file never delays an event: between two pieces events go first.

use std::collections::VecDeque;

use super::{Alarm, Call, FileName, FileWaiting, Journal, JournalFault};

/// Smallest and largest piece, in bytes.
const SMALLEST: usize = 32 * 1024;
const LARGEST: usize = 128 * 1024;
/// Refusals of one file before it is set aside.
const PATIENCE: u8 = 3;

/// A file that is being sent.
#[derive(Debug)]
struct Sending {
    waiting: FileWaiting,
    /// How much the hub has; `None` when it must be asked.
    offset: Option<u64>,
    refused: u8,
}

/// All files that have not arrived.
#[derive(Debug)]
pub(super) struct Files {
    queue: VecDeque<Sending>,
    piece: usize,
}

/// What is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Under {
    pub file: FileName,
    /// End of the piece; `None` for a question.
    end: Option<u64>,
}

/// What an answer means for the engine.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It went on.
    Well,
    /// The file is there.
    Arrived(FileName),
    /// Ask again after a while.
    Later,
    /// It was put behind the others, or aside.
    Aside(Option<Alarm>),
}

impl Files {
    pub fn new() -> Self {
        Files {
            queue: VecDeque::new(),
            piece: LARGEST / 2,
        }
    }

    pub fn add(&mut self, waiting: FileWaiting) {
        if !self.queue.iter().any(|s| s.waiting.file == waiting.file) {
            self.queue.push_back(Sending {
                waiting,
                offset: None,
                refused: 0,
            });
        }
    }

    pub fn forget(&mut self, file: FileName) {
        self.queue.retain(|s| s.waiting.file != file);
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub fn len(&self) -> usize {
        self.queue.len()
    }

    pub fn bytes_left(&self) -> u64 {
        self.queue
            .iter()
            .map(|s| s.waiting.length.saturating_sub(s.offset.unwrap_or(0)))
            .fold(0, u64::saturating_add)
    }

    /// The next request, if there is one. Files that were erased meanwhile are dropped.
    pub fn call(
        &mut self,
        slow: bool,
        journal: &dyn Journal,
    ) -> Result<Option<(Call, Under)>, JournalFault> {
        let most = if slow { SMALLEST } else { self.piece };
        while let Some(sending) = self.queue.front() {
            let FileWaiting {
                file,
                length,
                ticket,
            } = sending.waiting.clone();
            let Some(offset) = sending.offset else {
                let under = Under { file, end: None };
                return Ok(Some((Call::FileHead { file, ticket }, under)));
            };
            let left = usize::try_from(length - offset).unwrap_or(usize::MAX);
            match journal.piece(file, offset, most.min(left))? {
                Some(body) if !body.is_empty() && body.len() <= left => {
                    let under = Under {
                        file,
                        end: Some(offset + body.len() as u64),
                    };
                    let call = Call::FilePatch {
                        file,
                        ticket,
                        offset,
                        length,
                        body,
                    };
                    return Ok(Some((call, under)));
                }
                _ => drop(self.queue.pop_front()),
            }
        }
        Ok(None)
    }

    /// The connection broke: some of the piece may have arrived.
    pub fn broke(&mut self) {
        self.piece = (self.piece / 2).max(SMALLEST);
        if let Some(sending) = self.queue.front_mut() {
            sending.offset = None;
        }
    }

    /// The hub answered.
    pub fn answered(&mut self, under: Under, status: u16, offset: Option<u64>) -> Told {
        let Some(sending) = self.queue.front_mut() else {
            return Told::Well;
        };
        if sending.waiting.file != under.file {
            return Told::Well;
        }
        let length = sending.waiting.length;
        match (status, offset) {
            (200..=299, Some(have)) if have == length => {
                self.queue.pop_front();
                return Told::Arrived(under.file);
            }
            (200..=299, Some(have)) if have < length => {
                let before = sending.offset;
                sending.offset = Some(have);
                // A piece after which the hub has no more than before, or more than was sent, did not go well.
                let odd = under
                    .end
                    .is_some_and(|end| have > end || before.is_some_and(|b| have <= b));
                if odd {
                    return self.refused(status);
                }
                if under.end.is_some() {
                    sending.refused = 0;
                    self.piece = (self.piece * 2).min(LARGEST);
                }
                return Told::Well;
            }
            // Nothing of it there yet, or no longer: begin.
            (404 | 410, _) if under.end.is_none() => {
                sending.offset = Some(0);
                return Told::Well;
            }
            // Another place than the hub's: ask which.
            (404 | 409 | 410, _) => {}
            (408 | 429 | 500..=599, _) => {
                sending.offset = None;
                return Told::Later;
            }
            _ => {}
        }
        self.refused(status)
    }

    /// Behind the others, so that one bad file does not stop them; aside after some tries.
    fn refused(&mut self, status: u16) -> Told {
        let Some(mut sending) = self.queue.pop_front() else {
            return Told::Well;
        };
        sending.refused += 1;
        sending.offset = None;
        if sending.refused >= PATIENCE {
            return Told::Aside(Some(Alarm::FileSetAside {
                file: sending.waiting.file,
                status,
            }));
        }
        self.queue.push_back(sending);
        Told::Aside(None)
    }
}
