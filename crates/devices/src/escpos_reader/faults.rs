//! The faults of the simulated printer, as switches that the dock and tests throw while it runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// One switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Switch {
    /// No paper.
    PaperOut,
    /// The roll is nearly used up.
    NearEnd,
    /// The cover is open.
    CoverOpen,
    /// The cutter is stuck.
    CutterJam,
    /// The head is too hot.
    TooHot,
    /// No power, or no cable.
    Unplugged,
    /// It is hung up: takes bytes and does nothing.
    Silent,
}

impl Switch {
    /// All switches, for the dock.
    pub const ALL: [Self; 7] = [
        Self::PaperOut,
        Self::NearEnd,
        Self::CoverOpen,
        Self::CutterJam,
        Self::TooHot,
        Self::Unplugged,
        Self::Silent,
    ];
}

const UNLIMITED: i64 = i64::MAX;

#[derive(Debug)]
struct Inner {
    switches: [AtomicBool; Switch::ALL.len()],
    paper_left: AtomicI64,
    bytes_to_unplug: AtomicI64,
}

/// The switches of one simulated printer; clones are the same switches.
#[derive(Clone, Debug)]
pub struct FaultSwitches(Arc<Inner>);

impl Default for FaultSwitches {
    fn default() -> Self {
        Self(Arc::new(Inner {
            switches: std::array::from_fn(|_| AtomicBool::new(false)),
            paper_left: AtomicI64::new(UNLIMITED),
            bytes_to_unplug: AtomicI64::new(UNLIMITED),
        }))
    }
}

impl FaultSwitches {
    /// Throws a switch. Ending [`Switch::PaperOut`] also puts in a new roll.
    pub fn set(&self, switch: Switch, on: bool) {
        self.0.switches[switch as usize].store(on, Ordering::SeqCst);
        if switch == Switch::PaperOut && !on {
            self.paper_left(None);
        }
    }

    /// Whether a switch is on.
    #[must_use]
    pub fn is(&self, switch: Switch) -> bool {
        self.0.switches[switch as usize].load(Ordering::SeqCst)
    }

    /// Lets the paper end after so many rows of dots; `None` is a full roll.
    pub fn paper_left(&self, rows: Option<u32>) {
        self.0
            .paper_left
            .store(rows.map_or(UNLIMITED, i64::from), Ordering::SeqCst);
    }

    /// Pulls the plug after so many more bytes have come in; `None` leaves it in.
    pub fn unplug_after(&self, bytes: Option<u32>) {
        self.0
            .bytes_to_unplug
            .store(bytes.map_or(UNLIMITED, i64::from), Ordering::SeqCst);
    }

    /// How many of `offered` bytes come through before the plug is pulled (and pulls it).
    pub(crate) fn bytes_through(&self, offered: usize) -> usize {
        if self.is(Switch::Unplugged) {
            return 0;
        }
        let left = self.0.bytes_to_unplug.load(Ordering::SeqCst);
        if left == UNLIMITED {
            return offered;
        }
        let through = offered.min(usize::try_from(left).unwrap_or(0));
        let left = left - through as i64;
        self.0.bytes_to_unplug.store(left, Ordering::SeqCst);
        if left <= 0 {
            self.unplug_after(None);
            self.set(Switch::Unplugged, true);
        }
        through
    }

    /// Uses up paper; where it ends, [`Switch::PaperOut`] goes on.
    pub(super) fn use_paper(&self, rows: u32) {
        let left = self.0.paper_left.load(Ordering::SeqCst);
        if left != UNLIMITED {
            let left = left - i64::from(rows);
            self.0.paper_left.store(left.max(0), Ordering::SeqCst);
            if left <= 0 {
                self.set(Switch::PaperOut, true);
            }
        }
    }

    /// Whether it prints.
    pub(super) fn online(&self) -> bool {
        !self.stops().any(|stop| self.is(stop))
    }

    fn stops(&self) -> impl Iterator<Item = Switch> {
        [
            Switch::PaperOut,
            Switch::CoverOpen,
            Switch::CutterJam,
            Switch::TooHot,
        ]
        .into_iter()
    }

    /// The reply to `DLE EOT n`.
    pub(super) fn status_byte(&self, n: u8) -> u8 {
        let bit = |on: bool, mask: u8| if on { mask } else { 0 };
        let is = |switch| self.is(switch);
        let error = is(Switch::CutterJam) || is(Switch::TooHot);
        // 0xx1xx10: bits 1 and 4 are always set.
        0x12 | match n {
            1 => 0x04 | bit(!self.online(), 0x08),
            2 => {
                bit(is(Switch::CoverOpen), 0x04)
                    | bit(is(Switch::PaperOut), 0x20)
                    | bit(error, 0x40)
            }
            3 => bit(is(Switch::CutterJam), 0x08) | bit(is(Switch::TooHot), 0x40),
            _ => {
                bit(is(Switch::NearEnd) || is(Switch::PaperOut), 0x0c)
                    | bit(is(Switch::PaperOut), 0x60)
            }
        }
    }

    /// The reply to `GS r 1`.
    pub(super) fn sensor_byte(&self) -> u8 {
        if self.is(Switch::NearEnd) { 0x03 } else { 0x00 }
    }
}
