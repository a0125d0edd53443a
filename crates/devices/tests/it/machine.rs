//! The printer's state machine alone: what it promises whatever is seen, in whatever order.

use onedoor_devices::printer::machine::{Action, Input, Machine, POLL_BUSY, POLL_IDLE};
use onedoor_devices::printer::{
    JobId, JobOutcome, PrinterEvent, PrinterFault, PrinterState, Status,
};
use proptest::prelude::*;
use std::collections::HashMap;
use std::time::Duration;

const GOOD: Status = Status {
    offline: false,
    cover_open: false,
    paper_out: false,
    near_end: false,
    cutter: false,
    hardware: false,
    too_hot: false,
};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn asked(job: u64, pieces: usize) -> Input {
    Input::JobAsked {
        job: JobId(job),
        pieces,
        rows: 100,
    }
}

/// A machine that is open and ready at time 0.
fn ready() -> Machine {
    let mut machine = Machine::default();
    assert_eq!(machine.next(ms(0)), Action::Open);
    assert_eq!(machine.saw(ms(0), Input::Opened), []);
    assert_eq!(machine.next(ms(0)), Action::Ask);
    assert_eq!(
        machine.saw(ms(0), Input::Answered(GOOD)),
        [PrinterEvent::StateChanged(PrinterState::Ready {
            near_end: false
        })]
    );
    machine
}

fn ended(job: u64, outcome: JobOutcome) -> PrinterEvent {
    PrinterEvent::JobEnded {
        job: JobId(job),
        outcome,
    }
}

#[test]
fn a_job_is_asked_about_before_within_and_after() {
    let mut machine = ready();
    assert_eq!(machine.next(ms(1)), Action::WaitUntil(POLL_IDLE));
    machine.saw(ms(5), asked(1, 2));
    assert_eq!(machine.next(ms(5)), Action::Ask, "status before the job");
    machine.saw(ms(6), Input::Answered(GOOD));
    let send = |piece| Action::Send {
        job: JobId(1),
        piece,
    };
    assert_eq!(machine.next(ms(6)), send(0));
    machine.saw(ms(7), Input::Sent);
    assert_eq!(machine.next(ms(7)), send(1));
    assert_eq!(
        machine.next(ms(6) + POLL_BUSY),
        Action::Ask,
        "every 200 ms while it runs"
    );
    machine.saw(ms(207), Input::Answered(GOOD));
    assert_eq!(machine.next(ms(207)), send(1));
    machine.saw(ms(208), Input::Sent);
    assert_eq!(machine.next(ms(208)), Action::AskFinished);
    machine.saw(ms(208), Input::FinishedAsked);
    assert_eq!(machine.saw(ms(300), Input::Finished), []);
    assert_eq!(machine.next(ms(300)), Action::Ask, "status after the job");
    assert_eq!(
        machine.saw(ms(301), Input::Answered(GOOD)),
        [
            ended(1, JobOutcome::Printed),
            PrinterEvent::StateChanged(PrinterState::Ready { near_end: false })
        ]
    );
}

/// Sends a one-piece job whole and asks for its end, at 10 ms.
fn all_sent(machine: &mut Machine, job: u64) {
    machine.saw(ms(10), asked(job, 1));
    machine.saw(ms(10), Input::Answered(GOOD));
    machine.saw(ms(10), Input::Sent);
    machine.saw(ms(10), Input::FinishedAsked);
}

#[test]
fn a_printer_that_never_says_finished_is_trusted_until_it_once_did() {
    let mut machine = ready();
    all_sent(&mut machine, 1);
    assert_eq!(machine.saw(ms(1000), Input::Answered(GOOD)), []);
    let late = ms(60_000);
    assert!(
        machine
            .saw(late, Input::Answered(GOOD))
            .contains(&ended(1, JobOutcome::Printed))
    );
    all_sent(&mut machine, 2);
    machine.saw(ms(20), Input::Finished);
    machine.saw(ms(20), Input::Answered(GOOD));
    all_sent(&mut machine, 3);
    let why = PrinterFault::NeverFinished;
    assert!(
        machine
            .saw(late, Input::Answered(GOOD))
            .contains(&ended(3, JobOutcome::Unknown { why }))
    );
    assert!(machine.half_slip());
}

#[test]
fn silence_after_the_last_byte_is_unknown_not_failed() {
    let mut machine = ready();
    all_sent(&mut machine, 1);
    let why = PrinterFault::Silent;
    let told = machine.saw(ms(3000), Input::NoAnswer);
    assert!(told.contains(&ended(1, JobOutcome::Unknown { why })));
    assert_eq!(machine.state(), PrinterState::Fault(why));
}

#[test]
fn a_line_closed_while_quiet_is_opened_again_without_a_word() {
    let mut machine = ready();
    assert_eq!(machine.saw(ms(100), Input::Lost), []);
    assert_eq!(machine.next(ms(100)), Action::Open);
    machine.saw(ms(101), asked(1, 1));
    machine.saw(ms(101), Input::Opened);
    assert_eq!(machine.saw(ms(102), Input::Answered(GOOD)), []);
    assert!(matches!(machine.next(ms(102)), Action::Send { .. }));
}

#[test]
fn a_line_that_closes_at_once_again_and_again_is_a_fault() {
    let mut machine = ready();
    machine.saw(ms(100), Input::Lost);
    machine.saw(ms(100), Input::Opened);
    assert_eq!(
        machine.saw(ms(101), Input::Lost),
        [PrinterEvent::StateChanged(PrinterState::Fault(
            PrinterFault::Unplugged
        ))]
    );
    assert!(matches!(machine.next(ms(101)), Action::WaitUntil(_)));
}

fn input() -> impl Strategy<Value = Input> {
    let status = any::<[bool; 7]>().prop_map(|b| {
        // Mostly in order, or nothing would ever be printed.
        let b = b.map(|x| x && b[0] && b[1]);
        Input::Answered(Status {
            offline: b[0],
            cover_open: b[1],
            paper_out: b[2],
            near_end: b[3],
            cutter: b[4],
            hardware: b[5],
            too_hot: b[6],
        })
    });
    prop_oneof![
        4 => Just(Input::Answered(GOOD)),
        2 => status,
        2 => Just(Input::Finished),
        1 => Just(Input::Lost),
        1 => Just(Input::NoAnswer),
        1 => Just(Input::BadAnswer),
        1 => Just(Input::Stalled),
        1 => Just(Input::OpenFailed),
        1 => Just(Input::LookAsked),
    ]
}

proptest! {
    /// Whatever happens, each job ends exactly once; "printed" only after all of it was sent; "nothing
    /// printed" only when nothing was; and no piece is ever sent twice.
    #[test]
    fn each_job_ends_once_and_truly(
        steps in proptest::collection::vec((input(), 0u64..700, 0usize..4), 0..200)
    ) {
        let mut machine = Machine::default();
        let mut now = Duration::ZERO;
        let mut asked_for = 0u64;
        let mut sent: HashMap<JobId, usize> = HashMap::new();
        let mut ends: HashMap<JobId, JobOutcome> = HashMap::new();
        const PIECES: usize = 3;
        for (seen, wait, new) in steps {
            now += ms(wait);
            let mut told = Vec::new();
            if new == 0 {
                asked_for += 1;
                told.extend(machine.saw(now, asked(asked_for, PIECES)));
            }
            // The driver's part: only what can be seen after the action asked for.
            let input = match (machine.next(now), seen) {
                (Action::Open, Input::OpenFailed | Input::Lost) => Input::OpenFailed,
                (Action::Open, _) => Input::Opened,
                (Action::Ask, i @ (Input::Answered(_) | Input::Lost | Input::NoAnswer | Input::BadAnswer)) => i,
                (Action::Ask, Input::Finished) => {
                    told.extend(machine.saw(now, Input::Finished));
                    Input::Answered(GOOD)
                }
                (Action::Ask, _) => Input::Answered(GOOD),
                (Action::Send { .. }, i @ (Input::Lost | Input::Stalled)) => i,
                (Action::Send { job, piece }, _) => {
                    let count = sent.entry(job).or_default();
                    prop_assert_eq!(*count, piece, "a piece was sent twice or left out");
                    *count += 1;
                    Input::Sent
                }
                (Action::AskFinished, i @ (Input::Lost | Input::Stalled)) => i,
                (Action::AskFinished, _) => Input::FinishedAsked,
                (Action::WaitUntil(time), i) => {
                    prop_assert!(time > now, "a wait that does not wait");
                    match i {
                        Input::Finished if machine.is_finishing() => i,
                        Input::Lost if machine.is_finishing() => i,
                        _ => Input::LookAsked,
                    }
                }
            };
            told.extend(machine.saw(now, input));
            for event in told {
                if let PrinterEvent::JobEnded { job, outcome } = event {
                    let pieces = sent.get(&job).copied().unwrap_or(0);
                    match outcome {
                        JobOutcome::Printed => prop_assert_eq!(pieces, PIECES),
                        JobOutcome::Unknown { .. } => prop_assert_eq!(pieces, PIECES),
                        JobOutcome::Failed { begun: false, .. } => prop_assert_eq!(pieces, 0),
                        JobOutcome::Failed { begun: true, .. } => {}
                    }
                    prop_assert!(ends.insert(job, outcome).is_none(), "ended twice");
                }
            }
        }
        // The line breaks for good: what is open ends.
        for _ in 0..3 {
            for event in machine.saw(now, Input::NoAnswer).into_iter().chain(machine.saw(now, Input::OpenFailed)) {
                if let PrinterEvent::JobEnded { job, outcome } = event {
                    prop_assert!(ends.insert(job, outcome).is_none(), "ended twice");
                }
            }
        }
        prop_assert_eq!(ends.len() as u64, asked_for);
    }
}
