//! The slip printer: one pure state machine ([`machine`]), one thread that carries out what it asks
//! for ([`Printer`]), and several ways to reach the hardware ([`Link`]).
//!
//! ```no_run
//! use onedoor_devices::printer::{JobId, NetworkLink, Printer, PrinterEvent};
//! # fn slip() -> onedoor_devices::Raster { onedoor_devices::Raster::white(576, 8) }
//! let (events, heard) = crossbeam_channel::unbounded();
//! let printer = Printer::start(Box::new(NetworkLink::new("192.0.2.9:9100")), events)?;
//! printer.print(JobId(1), &slip());
//! for event in heard {
//!     if let PrinterEvent::JobEnded { job, outcome } = event {
//!         println!("{job:?}: {outcome:?}");
//!     }
//! }
//! # Ok::<(), onedoor_devices::DeviceError>(())
//! ```
//!
//! Nothing is ever sent twice by itself: a job is tried once and ends as printed, failed or unknown.
//! Printing again is a new job, begun by a person. Where the one before it may have left half a slip in
//! the printer, the next job first pushes that half out and cuts it off.

mod device_file;
mod fault;
pub mod job;
mod link;
pub mod machine;
mod network;
mod serial;
pub mod status;
mod virtual_link;
mod worker;

pub use device_file::DeviceFileLink;
pub use fault::PrinterFault;
pub(crate) use fault::faults;
pub use link::{Connection, Link};
pub use network::NetworkLink;
pub use serial::SerialLink;
pub use status::Status;
pub use virtual_link::VirtualLink;
pub use worker::Printer;

use serde::{Deserialize, Serialize};

/// Names one attempt to print; chosen by the caller, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct JobId(pub u64);

/// How a job ended. There is exactly one of these for each job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobOutcome {
    /// The whole slip was taken and the printer was in order afterwards.
    Printed,
    /// The slip did not come out whole.
    Failed {
        /// Why.
        why: PrinterFault,
        /// True when a part of it may be on paper; false when certainly nothing was printed.
        begun: bool,
    },
    /// Everything was sent, and nobody can say whether it came out: a person has to look.
    Unknown {
        /// What hid the answer.
        why: PrinterFault,
    },
}

/// What the printer is able to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrinterState {
    /// Nothing is known yet.
    Starting,
    /// It can print.
    Ready {
        /// The roll is nearly used up ([`PrinterFault::PaperNearEnd`]).
        near_end: bool,
    },
    /// A job runs.
    Busy {
        /// Which.
        job: JobId,
    },
    /// It cannot print until this is mended; recovery is noticed without a restart.
    Fault(PrinterFault),
}

/// What the printer's thread tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrinterEvent {
    /// The state changed to this.
    StateChanged(PrinterState),
    /// A job ended.
    JobEnded {
        /// Which.
        job: JobId,
        /// How.
        outcome: JobOutcome,
    },
}
