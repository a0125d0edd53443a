//! A printer made of software: reads ESC/POS strictly and shows what would be on paper.
//!
//! It is here for two uses: tests that must know what really came out of the bytes sent, and the dock,
//! which shows a developer the slip and plays faults ([`FaultSwitches`]). It is simulated and says so; no
//! resident ever gets paper from it.
//!
//! - [`PaperPrinter`] is the printer itself: bytes in, replies out, finished slips as [`Raster`]s.
//! - [`PrinterEmulator`] serves one on a TCP port, as a network printer would.
//! - [`VirtualLink`](crate::printer::VirtualLink) reaches one without a socket.
//!
//! It knows the commands that our own jobs and plain text jobs use. Every other byte is a
//! [`Problem`] with its offset: a real printer would print it as rubbish.

mod emulator;
mod faults;
mod parse;

pub use emulator::PrinterEmulator;
pub use faults::{FaultSwitches, Switch};

use crate::raster::Raster;
use parse::{Command, Parsed};

/// A byte sequence that is not a command we know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Offset of its first byte since the printer was switched on.
    pub offset: u64,
    /// What was wrong, in a sentence.
    pub what: String,
}

/// A piece of paper that was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutSlip {
    /// The dots on it.
    pub raster: Raster,
    /// Plain text on it, line by line, where a job printed text instead of dots.
    pub text: Vec<String>,
}

/// The simulated printer.
#[derive(Debug)]
pub struct PaperPrinter {
    width: u32,
    switches: FaultSwitches,
    pending: Vec<u8>,
    offset: u64,
    page: Raster,
    text: Vec<String>,
    line: Vec<u8>,
    slips: Vec<CutSlip>,
    problems: Vec<Problem>,
    /// A fault in the middle of the paper holds back what follows it, as in a real one.
    received: u64,
}

impl PaperPrinter {
    /// A printer for paper of `width` dots, with the switches that play its faults.
    #[must_use]
    pub fn new(width: u32, switches: FaultSwitches) -> Self {
        Self {
            width,
            switches,
            pending: Vec::new(),
            offset: 0,
            page: Raster::white(width, 0),
            text: Vec::new(),
            line: Vec::new(),
            slips: Vec::new(),
            problems: Vec::new(),
            received: 0,
        }
    }

    /// Takes bytes and returns what the printer answers.
    ///
    /// Real-time requests are answered at once. Everything else waits while there is no paper or the
    /// cover is open, and goes on afterwards.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.received += bytes.len() as u64;
        if self.switches.is(Switch::Silent) {
            return Vec::new();
        }
        self.pending.extend_from_slice(bytes);
        self.work()
    }

    /// Goes on with what waited for paper; returns late answers.
    pub fn work(&mut self) -> Vec<u8> {
        let mut replies = Vec::new();
        if self.switches.is(Switch::Silent) {
            return replies;
        }
        let mut pending = std::mem::take(&mut self.pending);
        let mut at = 0;
        while at < pending.len() {
            if !self.switches.online() {
                // Only real-time requests pass a stopped printer; they are taken out of the line.
                let mut kept = Vec::with_capacity(pending.len() - at);
                let mut rest = &pending[at..];
                while let Some(&byte) = rest.first() {
                    if let [0x10, 0x04, n @ 1..=4, ..] = rest {
                        replies.push(self.switches.status_byte(*n));
                        rest = &rest[3..];
                    } else {
                        kept.push(byte);
                        rest = &rest[1..];
                    }
                }
                pending.truncate(at);
                pending.extend_from_slice(&kept);
                break;
            }
            match parse::command(&pending[at..]) {
                Parsed::Incomplete => break,
                Parsed::Unknown { length, what } => {
                    self.problems.push(Problem {
                        offset: self.offset,
                        what,
                    });
                    at += length;
                    self.offset += length as u64;
                }
                Parsed::Command { length, command } => {
                    at += length;
                    self.offset += length as u64;
                    self.execute(command, &mut replies);
                }
            }
        }
        self.pending = pending.split_off(at);
        replies
    }

    /// The power goes off and on: what was not cut stays on the roll, what was not printed is gone.
    pub fn power_cycle(&mut self) {
        self.offset += self.pending.len() as u64;
        self.pending.clear();
        self.line.clear();
    }

    /// Slips cut so far, oldest first.
    #[must_use]
    pub fn slips(&self) -> &[CutSlip] {
        &self.slips
    }

    /// What is printed and not yet cut.
    #[must_use]
    pub fn uncut(&self) -> &Raster {
        &self.page
    }

    /// Every byte sequence that was no known command.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Bytes received since it was made.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Bytes that wait: for paper, or for the rest of a command.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.pending.len()
    }

    fn execute(&mut self, command: Command<'_>, replies: &mut Vec<u8>) {
        match command {
            Command::Status(n) => replies.push(self.switches.status_byte(n)),
            Command::SensorStatus => replies.push(self.switches.sensor_byte()),
            Command::Raster { stride, rows, data } => self.picture(stride, rows, data),
            Command::FeedDots(rows) => self.feed_paper(u32::from(rows)),
            Command::FeedLines(lines) => {
                self.end_line();
                self.feed_paper(u32::from(lines) * 30);
            }
            Command::LineFeed => {
                self.end_line();
                self.feed_paper(30);
            }
            Command::Text(bytes) => self.line.extend_from_slice(bytes),
            Command::Cut => self.cut(),
            Command::Setting => {}
        }
    }

    fn picture(&mut self, stride: usize, rows: usize, data: &[u8]) {
        let want = self.page.stride();
        if stride > want {
            self.problems.push(Problem {
                offset: self.offset,
                what: format!("a picture of {stride} bytes a row on paper of {want}"),
            });
        }
        for row in data.chunks_exact(stride).take(rows) {
            let mut line = row.to_vec();
            line.resize(want, 0);
            self.page.append_rows(&line);
            self.switches.use_paper(1);
        }
    }

    fn feed_paper(&mut self, rows: u32) {
        self.page.append_white(rows);
        self.switches.use_paper(rows);
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() {
            let (line, _, _) = encoding_rs::GB18030.decode(&self.line);
            self.text.push(line.into_owned());
            self.line.clear();
        }
    }

    fn cut(&mut self) {
        self.end_line();
        let raster = std::mem::replace(&mut self.page, Raster::white(self.width, 0));
        self.slips.push(CutSlip {
            raster,
            text: std::mem::take(&mut self.text),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::job::JobBytes;

    fn printer() -> PaperPrinter {
        PaperPrinter::new(64, FaultSwitches::default())
    }

    fn picture() -> Raster {
        let mut raster = Raster::white(64, 200);
        for i in 0..200 {
            raster.blacken(i % 64, i);
        }
        raster.append_white(300);
        raster.append_rows(&[0xaa; 8 * 70]);
        raster
    }

    #[test]
    fn what_is_printed_is_what_was_drawn() {
        let mut printer = printer();
        let raster = picture();
        for byte in JobBytes::of(&raster).concat() {
            assert!(printer.feed(&[byte]).is_empty());
        }
        assert_eq!(printer.problems(), []);
        let [slip] = printer.slips() else {
            panic!("one cut makes one slip")
        };
        assert_eq!(&slip.raster.bits()[..raster.bits().len()], raster.bits());
        assert!(slip.raster.height() >= raster.height());
    }

    #[test]
    fn unknown_bytes_are_reported_with_their_offset() {
        let mut printer = printer();
        printer.feed(b"\x1b@\x1bZ\x1dVA\x00");
        assert_eq!(printer.problems().len(), 1);
        assert_eq!(printer.problems()[0].offset, 2);
        assert_eq!(printer.slips().len(), 1);
    }

    #[test]
    fn paper_that_ends_holds_the_rest_back_and_status_still_answers() {
        let mut printer = printer();
        printer.switches.paper_left(Some(100));
        let bytes = JobBytes::of(&picture()).concat();
        printer.feed(&bytes);
        assert!(printer.slips().is_empty());
        assert!(printer.uncut().height() < 300);
        assert_eq!(printer.feed(b"\x10\x04\x04"), [0x12 | 0x60 | 0x0c]);
        printer.switches.paper_left(None);
        printer.switches.set(Switch::PaperOut, false);
        printer.work();
        assert_eq!(printer.slips().len(), 1);
        assert_eq!(printer.problems(), []);
    }

    #[test]
    fn plain_text_is_read_as_gb18030() {
        let mut printer = printer();
        let (bytes, _, _) = encoding_rs::GB18030.encode("编号 元\n");
        printer.feed(&bytes);
        printer.feed(b"\x1dVA\x00");
        assert_eq!(printer.slips()[0].text, ["编号 元"]);
        assert_eq!(printer.problems(), []);
    }
}
