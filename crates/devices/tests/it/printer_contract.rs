//! One contract for every way to a printer: the same tests run over TCP, a serial line, a device file
//! and the virtual printer. Behind each stands the strict simulated printer, so that what is checked is
//! what would be on paper.

use crossbeam_channel::Receiver;
use onedoor_devices::Raster;
use onedoor_devices::escpos_reader::{CutSlip, FaultSwitches, PrinterEmulator, Problem, Switch};
use onedoor_devices::printer::{
    JobId, JobOutcome, Link, NetworkLink, Printer, PrinterEvent, PrinterFault, PrinterState,
    VirtualLink,
};
use std::time::{Duration, Instant};

const WIDTH: u32 = 384;
const PATIENCE: Duration = Duration::from_secs(12);

/// A printer behind a link, with hands on its switches and eyes on its paper.
pub trait Bench {
    fn link(&self) -> Box<dyn Link>;
    fn switches(&self) -> &FaultSwitches;
    fn slips(&self) -> Vec<CutSlip>;
    fn problems(&self) -> Vec<Problem>;
}

impl Bench for PrinterEmulator {
    fn link(&self) -> Box<dyn Link> {
        Box::new(NetworkLink::new(self.address().to_string()))
    }
    fn switches(&self) -> &FaultSwitches {
        self.switches()
    }
    fn slips(&self) -> Vec<CutSlip> {
        self.slips()
    }
    fn problems(&self) -> Vec<Problem> {
        self.problems()
    }
}

impl Bench for VirtualLink {
    fn link(&self) -> Box<dyn Link> {
        Box::new(self.clone())
    }
    fn switches(&self) -> &FaultSwitches {
        self.switches()
    }
    fn slips(&self) -> Vec<CutSlip> {
        self.slips()
    }
    fn problems(&self) -> Vec<Problem> {
        self.problems()
    }
}

/// A picture with something in every row, different for each `seed`.
pub fn picture(seed: u32, rows: u32) -> Raster {
    let mut raster = Raster::white(WIDTH, rows);
    for y in 0..rows {
        for x in 0..WIDTH {
            if (x * 7 + y * 13 + seed * 31) % 11 < 3 {
                raster.blacken(x, y);
            }
        }
    }
    raster
}

/// The printer under test, and everything it said.
struct Story<'a> {
    bench: &'a dyn Bench,
    printer: Printer,
    heard: Receiver<PrinterEvent>,
}

impl<'a> Story<'a> {
    fn begin(bench: &'a dyn Bench) -> Self {
        let (events, heard) = crossbeam_channel::unbounded();
        let printer = Printer::start(bench.link(), events).expect("a thread");
        Self {
            bench,
            printer,
            heard,
        }
    }

    fn wait_for(&self, what: &str, wanted: impl Fn(&PrinterEvent) -> bool) -> PrinterEvent {
        let until = Instant::now() + PATIENCE;
        let mut said = Vec::new();
        while let Ok(event) = self.heard.recv_deadline(until) {
            if wanted(&event) {
                return event;
            }
            said.push(event);
        }
        panic!("never came: {what}; instead {said:?}");
    }

    fn wait_state(&self, state: PrinterState) {
        if self.printer.state() != state {
            self.wait_for(&format!("{state:?}"), |e| {
                *e == PrinterEvent::StateChanged(state)
            });
        }
    }

    fn wait_fault(&self, fault: PrinterFault) {
        self.wait_state(PrinterState::Fault(fault));
    }

    fn ready(&self) {
        self.wait_state(PrinterState::Ready { near_end: false });
    }

    /// Prints, and returns how it ended.
    fn print(&self, job: u64, slip: &Raster) -> JobOutcome {
        self.printer.print(JobId(job), slip);
        self.outcome(job)
    }

    fn outcome(&self, job: u64) -> JobOutcome {
        let ended = self.wait_for(
            &format!("the end of job {job}"),
            |e| matches!(e, PrinterEvent::JobEnded { job: j, .. } if j.0 == job),
        );
        match ended {
            PrinterEvent::JobEnded { outcome, .. } => outcome,
            PrinterEvent::StateChanged(_) => unreachable!("asked for an end"),
        }
    }

    /// The last slip shows exactly this picture, beginning at its top.
    fn last_slip_is(&self, raster: &Raster) {
        let slips = self.bench.slips();
        let slip = slips.last().expect("a slip was cut");
        let top = (0..slip.raster.height())
            .find(|&y| slip.raster.row(y) == raster.row(0))
            .expect("its first row");
        let shown = (0..raster.height()).all(|y| slip.raster.row(top + y) == raster.row(y));
        assert!(shown, "the slip is not the picture");
        assert_eq!(top, 0, "something stands above the slip");
        assert_eq!(self.bench.problems(), [], "bytes that are no commands");
    }
}

fn failed(why: PrinterFault, begun: bool) -> JobOutcome {
    JobOutcome::Failed { why, begun }
}

pub fn prints_what_was_drawn(bench: &dyn Bench) {
    let story = Story::begin(bench);
    let slip = picture(1, 700);
    assert_eq!(story.print(1, &slip), JobOutcome::Printed);
    story.last_slip_is(&slip);
    let second = picture(2, 90);
    assert_eq!(story.print(2, &second), JobOutcome::Printed);
    story.last_slip_is(&second);
    assert_eq!(bench.slips().len(), 2);
    story.ready();
}

/// A fault that is there beforehand: nothing is printed, the right thing is said, and when it is mended
/// the next job prints exactly once.
pub fn fault_before(bench: &dyn Bench, switch: Switch, fault: PrinterFault) {
    let story = Story::begin(bench);
    story.ready();
    bench.switches().set(switch, true);
    assert_eq!(story.print(1, &picture(1, 200)), failed(fault, false));
    story.wait_fault(fault);
    assert_eq!(bench.slips().len(), 0);
    bench.switches().set(switch, false);
    story.ready();
    let again = picture(2, 200);
    assert_eq!(story.print(2, &again), JobOutcome::Printed);
    story.last_slip_is(&again);
    assert_eq!(
        bench.slips().len(),
        1,
        "the failed job must not come out later"
    );
}

pub fn near_end_prints_and_is_told(bench: &dyn Bench) {
    let story = Story::begin(bench);
    bench.switches().set(Switch::NearEnd, true);
    story.printer.look();
    story.wait_state(PrinterState::Ready { near_end: true });
    assert_eq!(story.print(1, &picture(1, 100)), JobOutcome::Printed);
    bench.switches().set(Switch::NearEnd, false);
    story.ready();
}

/// Unplugged at the start and while idle; back without a restart.
pub fn unplugged_and_back(bench: &dyn Bench) {
    bench.switches().set(Switch::Unplugged, true);
    let story = Story::begin(bench);
    story.wait_fault(PrinterFault::Unplugged);
    assert_eq!(
        story.print(1, &picture(1, 100)),
        failed(PrinterFault::Unplugged, false)
    );
    bench.switches().set(Switch::Unplugged, false);
    story.ready();
    assert_eq!(story.print(2, &picture(2, 100)), JobOutcome::Printed);
    bench.switches().set(Switch::Unplugged, true);
    story.wait_fault(PrinterFault::Unplugged);
    bench.switches().set(Switch::Unplugged, false);
    story.ready();
    let slip = picture(3, 100);
    assert_eq!(story.print(3, &slip), JobOutcome::Printed);
    story.last_slip_is(&slip);
    assert_eq!(bench.slips().len(), 2);
}

/// A printer that hangs is noticed in about two seconds.
pub fn silent_and_back(bench: &dyn Bench) {
    let story = Story::begin(bench);
    story.ready();
    bench.switches().set(Switch::Silent, true);
    let asked = Instant::now();
    assert_eq!(
        story.print(1, &picture(1, 100)),
        failed(PrinterFault::Silent, false)
    );
    let took = asked.elapsed();
    assert!(
        (Duration::from_millis(1900)..Duration::from_secs(5)).contains(&took),
        "{took:?}"
    );
    bench.switches().set(Switch::Silent, false);
    story.ready();
    let slip = picture(2, 100);
    assert_eq!(story.print(2, &slip), JobOutcome::Printed);
    story.last_slip_is(&slip);
}

/// The roll ends in the middle: the job has failed and says that a part may be on paper. After the new
/// roll nothing is sent again by itself; the retry is one whole slip of its own.
pub fn paper_ends_in_the_middle(bench: &dyn Bench) {
    let story = Story::begin(bench);
    story.ready();
    bench.switches().paper_left(Some(150));
    assert_eq!(
        story.print(1, &picture(1, 900)),
        failed(PrinterFault::PaperOut, true)
    );
    story.wait_fault(PrinterFault::PaperOut);
    bench.switches().set(Switch::PaperOut, false);
    story.ready();
    let slip = picture(2, 300);
    assert_eq!(story.print(2, &slip), JobOutcome::Printed);
    story.last_slip_is(&slip);
}

/// The plug is pulled in the middle of a picture. The half is cut off before the retry.
pub fn unplugged_in_the_middle(bench: &dyn Bench, bytes: u32) {
    let story = Story::begin(bench);
    story.ready();
    bench.switches().unplug_after(Some(bytes));
    let outcome = story.print(1, &picture(1, 900));
    assert!(
        matches!(
            outcome,
            JobOutcome::Failed { begun: true, .. } | JobOutcome::Unknown { .. }
        ),
        "{outcome:?}"
    );
    bench.switches().set(Switch::Unplugged, false);
    story.ready();
    let slip = picture(2, 300);
    assert_eq!(story.print(2, &slip), JobOutcome::Printed);
    story.last_slip_is(&slip);
}

/// Runs the contract over a kind of printer.
macro_rules! contract {
    ($name:ident, $make:expr) => {
        mod $name {
            use super::*;

            #[test]
            fn prints() {
                prints_what_was_drawn(&$make);
            }
            #[test]
            fn without_paper() {
                fault_before(&$make, Switch::PaperOut, PrinterFault::PaperOut);
            }
            #[test]
            fn with_the_cover_open() {
                fault_before(&$make, Switch::CoverOpen, PrinterFault::CoverOpen);
            }
            #[test]
            fn with_a_jammed_cutter() {
                fault_before(&$make, Switch::CutterJam, PrinterFault::Cutter);
            }
            #[test]
            fn with_a_hot_head() {
                fault_before(&$make, Switch::TooHot, PrinterFault::TooHot);
            }
            #[test]
            fn near_its_end() {
                near_end_prints_and_is_told(&$make);
            }
            #[test]
            fn unplugged() {
                unplugged_and_back(&$make);
            }
            #[test]
            fn silent() {
                silent_and_back(&$make);
            }
            #[test]
            fn paper_ends() {
                paper_ends_in_the_middle(&$make);
            }
            #[test]
            fn plug_pulled_inside_a_picture() {
                unplugged_in_the_middle(&$make, 5_000);
            }
        }
    };
}

contract!(
    over_tcp,
    PrinterEmulator::start("127.0.0.1:0", WIDTH).expect("a free port")
);
contract!(virtual_one, VirtualLink::new(WIDTH, None));

/// The virtual printer keeps its slips as PNG files.
#[test]
fn the_virtual_printer_writes_png() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = VirtualLink::new(WIDTH, Some(folder.path().join("slips")));
    let story = Story::begin(&bench);
    let slip = picture(5, 120);
    assert_eq!(story.print(1, &slip), JobOutcome::Printed);
    let png = image::open(folder.path().join("slips/slip-0001.png"))
        .expect("the first slip")
        .to_luma8();
    assert_eq!(png.width(), WIDTH);
    assert!(
        (0..120).all(|y| (0..WIDTH).all(|x| (png.get_pixel(x, y).0 == [0]) == slip.is_black(x, y)))
    );
}

/// What answers is no ESC/POS printer.
#[test]
fn another_kind_of_server_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let server = std::thread::spawn(move || {
        use std::io::Write;
        let (mut stream, _) = listener.accept().expect("the printer's link");
        stream.write_all(b"").expect("open");
        let mut byte = [0; 3];
        std::io::Read::read_exact(&mut stream, &mut byte).expect("a question");
        stream.write_all(b"\xffHTTP/1.1 400").expect("open");
        stream
    });
    let (events, heard) = crossbeam_channel::unbounded();
    let _printer =
        Printer::start(Box::new(NetworkLink::new(address.to_string())), events).expect("a thread");
    let first = heard.recv_timeout(PATIENCE).expect("a fault");
    assert_eq!(
        first,
        PrinterEvent::StateChanged(PrinterState::Fault(PrinterFault::NotEscPos))
    );
    drop(server.join());
}
