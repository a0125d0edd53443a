//! The machine's clocks, and who set them: the kernel knows whether a time server did.

use super::Keeper;
use onedoor_domain::clock::{ClockQuality, Stamp};
use onedoor_store::{Clock, SystemClock};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// The dock's hand on the clock (simulated): milliseconds added to the wall clock, and whether a time server is played.
#[derive(Debug, Clone, Default)]
pub struct Shift {
    by_ms: Arc<AtomicI64>,
    synchronised: Arc<AtomicBool>,
}

impl Shift {
    /// Moves the wall clock by so many milliseconds from what the machine says.
    pub fn set(&self, by_ms: i64) {
        self.by_ms.store(by_ms, Ordering::SeqCst);
    }

    /// Plays a time server that has set the clock.
    pub fn play_time_server(&self) {
        self.synchronised.store(true, Ordering::SeqCst);
    }
}

/// The system's clocks with the dock's hand on them.
#[derive(Debug)]
pub struct Shifted {
    system: SystemClock,
    shift: Shift,
}

impl Shifted {
    /// The clocks of this machine.
    pub fn new(shift: Shift) -> Self {
        Self {
            system: SystemClock::new(),
            shift,
        }
    }
}

impl Clock for Shifted {
    fn now(&self) -> Stamp {
        let mut stamp = self.system.now();
        stamp.wall_ms = stamp
            .wall_ms
            .saturating_add(self.shift.by_ms.load(Ordering::SeqCst));
        stamp
    }
}

/// Looks now and then whether somebody set the clock.
#[derive(Debug)]
pub struct KioskClock {
    shift: Shift,
    looked: Option<Instant>,
    told: bool,
}

impl KioskClock {
    /// A watch over the clock.
    pub fn new(shift: Shift) -> Self {
        Self {
            shift,
            looked: None,
            told: false,
        }
    }

    /// Writes it down once a time server has set the clock.
    pub fn look(&mut self, record: &Keeper) {
        let due = self
            .looked
            .is_none_or(|at| at.elapsed() > Duration::from_secs(60));
        // Without a record there is nowhere to write it, and it would never be written again.
        if !due || record.store().is_none() || (self.told && record.clock().1.is_trusted()) {
            return;
        }
        self.looked = Some(Instant::now());
        // A clock that is played elsewhere than the machine's was set by nobody, whatever the kernel says of its own.
        let played = self.shift.by_ms.load(Ordering::SeqCst) != 0;
        if self.shift.synchronised.load(Ordering::SeqCst) || (!played && kernel_synchronised()) {
            record.clock_set(ClockQuality::GpsOrNtp);
            self.told = true;
        }
    }
}

/// Whether the kernel's clock was set by a time server (adjtimex(2): no `STA_UNSYNC`).
fn kernel_synchronised() -> bool {
    #[expect(
        unsafe_code,
        reason = "adjtimex has no safe wrapper in the crates at hand; modes = 0 only reads"
    )]
    // SAFETY: `timex` is plain data for which all zeroes is a value, and the pointer is to a live local.
    let state = unsafe {
        let mut timex: libc::timex = std::mem::zeroed();
        let state = libc::adjtimex(&mut timex);
        (state != -1).then_some(timex.status)
    };
    state.is_some_and(|status| status & libc::STA_UNSYNC == 0)
}
