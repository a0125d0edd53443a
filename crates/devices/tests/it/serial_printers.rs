//! The contract's main parts over a serial line and a device file, each a pseudo-terminal with the
//! strict simulated printer at its other end.

use crate::printer_contract::{Bench, prints_what_was_drawn};
use onedoor_devices::escpos_reader::{CutSlip, FaultSwitches, PaperPrinter, Problem, Switch};
use onedoor_devices::printer::{
    DeviceFileLink, JobId, JobOutcome, Link, Printer, PrinterEvent, PrinterFault, PrinterState,
    SerialLink,
};
use serialport::{SerialPort, TTYPort};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A simulated printer at the far end of a pseudo-terminal.
struct PtyPrinter {
    path: PathBuf,
    as_file: bool,
    printer: Arc<Mutex<PaperPrinter>>,
    switches: FaultSwitches,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    /// Keeps the line open (and unlocked) while the link opens and closes its end.
    _near: File,
}

impl PtyPrinter {
    fn start(as_file: bool) -> Self {
        let (mut far, near) = TTYPort::pair().expect("a pseudo-terminal");
        let path = PathBuf::from(near.name().expect("it has a name"));
        let open = File::options()
            .read(true)
            .write(true)
            .open(&path)
            .expect("the line");
        drop(near);
        far.set_timeout(Duration::from_millis(5))
            .expect("a time limit");
        let switches = FaultSwitches::default();
        let printer = Arc::new(Mutex::new(PaperPrinter::new(384, switches.clone())));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (printer, stop) = (Arc::clone(&printer), Arc::clone(&stop));
            move || {
                let mut buffer = [0; 1024];
                while !stop.load(Ordering::SeqCst) {
                    let n = far.read(&mut buffer).unwrap_or(0);
                    let mut printer = printer.lock().expect("no panic");
                    let replies = if n > 0 {
                        printer.feed(&buffer[..n])
                    } else {
                        printer.work()
                    };
                    drop(printer);
                    far.write_all(&replies).expect("the line is open");
                }
            }
        });
        Self {
            path,
            as_file,
            printer,
            switches,
            stop,
            thread: Some(thread),
            _near: open,
        }
    }
}

impl Drop for PtyPrinter {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        drop(self.thread.take().map(JoinHandle::join));
    }
}

impl Bench for PtyPrinter {
    fn link(&self) -> Box<dyn Link> {
        if self.as_file {
            Box::new(DeviceFileLink::new(&self.path))
        } else {
            Box::new(SerialLink::new(self.path.to_string_lossy(), 115_200))
        }
    }
    fn switches(&self) -> &FaultSwitches {
        &self.switches
    }
    fn slips(&self) -> Vec<CutSlip> {
        self.printer.lock().expect("no panic").slips().to_vec()
    }
    fn problems(&self) -> Vec<Problem> {
        self.printer.lock().expect("no panic").problems().to_vec()
    }
}

#[test]
fn over_a_serial_line() {
    prints_what_was_drawn(&PtyPrinter::start(false));
}

#[test]
fn over_a_device_file() {
    prints_what_was_drawn(&PtyPrinter::start(true));
}

#[test]
fn paper_out_over_a_serial_line() {
    let bench = PtyPrinter::start(false);
    crate::printer_contract::fault_before(&bench, Switch::PaperOut, PrinterFault::PaperOut);
}

#[test]
fn paper_ends_over_a_device_file() {
    crate::printer_contract::paper_ends_in_the_middle(&PtyPrinter::start(true));
}

#[test]
fn a_device_that_is_not_there_is_unplugged() {
    for link in [
        Box::new(DeviceFileLink::new(Path::new("/dev/usb/no-such-printer"))) as Box<dyn Link>,
        Box::new(SerialLink::new("/dev/no-such-line", 9600)),
    ] {
        let (events, heard) = crossbeam_channel::unbounded();
        let printer = Printer::start(link, events).expect("a thread");
        printer.print(JobId(1), &crate::printer_contract::picture(1, 10));
        let told: Vec<_> = (0..2)
            .map(|_| heard.recv_timeout(Duration::from_secs(5)).expect("told"))
            .collect();
        let why = PrinterFault::Unplugged;
        assert!(told.contains(&PrinterEvent::StateChanged(PrinterState::Fault(why))));
        let failed = JobOutcome::Failed { why, begun: false };
        let heard_end = told.contains(&PrinterEvent::JobEnded {
            job: JobId(1),
            outcome: failed,
        }) || heard.recv_timeout(Duration::from_secs(5)).is_ok();
        assert!(heard_end);
    }
}
