//! The machine's clocks and randomness, and how far the wall clock is believed.

use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use onedoor_domain::clock::{
    BootId, ClockQuality, Distrust, EARLIEST_MS, Stamp, TOLERANCE_MS, Trust, judge,
};
use rusqlite::{Connection, OptionalExtension};

use crate::error::Result;
use crate::types::Clock;

/// The system's clocks.
#[derive(Debug)]
pub struct SystemClock {
    boot: BootId,
    started: Instant,
    started_ms: u64,
}

impl SystemClock {
    /// Reads the boot id once; where the system has none, this run of the program counts as a boot of its own.
    pub fn new() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).ok();
        let boot = read("/proc/sys/kernel/random/boot_id").and_then(|text| {
            let hex: String = text.chars().filter(char::is_ascii_hexdigit).collect();
            u128::from_str_radix(&hex, 16).ok()
        });
        let uptime = read("/proc/uptime").and_then(|text| {
            let seconds: f64 = text.split_whitespace().next()?.parse().ok()?;
            Some((seconds * 1000.0) as u64)
        });
        let (boot, started_ms) = match (boot, uptime) {
            (Some(boot), Some(uptime)) => (BootId(boot.to_be_bytes()), uptime),
            _ => {
                let mut random = [0; 16];
                system_entropy(&mut random);
                (BootId(random), 0)
            }
        };
        SystemClock {
            boot,
            started: Instant::now(),
            started_ms,
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Stamp {
        let wall_ms = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        };
        let passed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Stamp {
            wall_ms,
            boot: self.boot,
            mono_ms: self.started_ms.saturating_add(passed),
            quality: ClockQuality::Never,
        }
    }
}

/// The system's randomness.
///
/// Panics where the system has none: no key, salt or code may ever be made of anything else. The panic is contained
/// by the thread of the record.
pub(crate) fn system_entropy(slice: &mut [u8]) {
    if let Err(error) = getrandom::fill(slice) {
        panic!("the system gave no randomness: {error}");
    }
}

/// How far the hub's clock stands from the machine's, for one run of the machine: the kiosk may not set that clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Correction {
    pub boot: BootId,
    pub add_ms: i64,
}

/// The hub changed what is believed of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    pub stamp: Stamp,
    /// How far it stood ahead before.
    pub was_off_ms: i64,
    pub correction: Option<Correction>,
}

const CORRECTION: &str = "clock_correction";

/// Keeps it for the next start of the program in this run of the machine.
pub(crate) fn keep_correction(
    connection: &Connection,
    correction: Option<Correction>,
) -> Result<()> {
    let bytes = correction.map(|correction| {
        let mut bytes = correction.boot.0.to_vec();
        bytes.extend_from_slice(&correction.add_ms.to_be_bytes());
        bytes
    });
    match bytes {
        Some(bytes) => connection.execute(
            "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)",
            rusqlite::params![CORRECTION, bytes],
        )?,
        None => connection.execute("DELETE FROM meta WHERE name = ?", [CORRECTION])?,
    };
    Ok(())
}

/// The one that was kept.
pub(crate) fn kept_correction(connection: &Connection) -> Result<Option<Correction>> {
    let bytes: Option<[u8; 24]> = connection
        .query_row(
            "SELECT value FROM meta WHERE name = ?",
            [CORRECTION],
            |row| row.get(0),
        )
        .optional()?;
    Ok(bytes.map(|bytes| {
        let (mut boot, mut add_ms) = ([0; 16], [0; 8]);
        boot.copy_from_slice(&bytes[..16]);
        add_ms.copy_from_slice(&bytes[16..]);
        Correction {
            boot: BootId(boot),
            add_ms: i64::from_be_bytes(add_ms),
        }
    }))
}

/// Who set the clock, and what was last seen of it. Once it jumped without a reason it counts as never set, so that
/// the events written after the jump do not make the jump look right.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    state: Mutex<State>,
}

/// What was believed of the clock at a moment: it holds again where the work that changes it fails or panics.
#[derive(Debug)]
pub(crate) struct Undo<'a> {
    watch: &'a Watch,
    before: Option<State>,
}

impl Undo<'_> {
    /// The change was committed.
    pub(crate) fn committed(mut self) {
        self.before = None;
    }
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            *self.watch.lock() = before;
        }
    }
}

#[derive(Debug, Default, Clone, Copy)]
struct State {
    quality: ClockQuality,
    last: Option<Stamp>,
    confirmed: Option<Stamp>,
    correction: Option<Correction>,
}

impl State {
    fn now(&self, clock: &dyn Clock) -> Stamp {
        let now = clock.now();
        let add_ms = match self.correction {
            Some(correction) if correction.boot == now.boot => correction.add_ms,
            _ => 0,
        };
        Stamp {
            wall_ms: now.wall_ms.saturating_add(add_ms),
            quality: self.quality,
            ..now
        }
    }
}

impl Watch {
    /// Takes up what the journal knows: its last stamp, and the stamp when staff last confirmed the date.
    pub(crate) fn load(
        &self,
        last: Option<Stamp>,
        confirmed: Option<Stamp>,
        correction: Option<Correction>,
    ) {
        *self.lock() = State {
            quality: last.map(|last| last.quality).unwrap_or_default(),
            last,
            confirmed,
            correction,
        };
    }

    /// The hub says what time it is. A clock that is not believed, or that nobody better than the hub set and that
    /// stands off by more than the tolerance, goes by the hub's from now on; `None` where nothing changes by it.
    pub(crate) fn told_by_hub(&self, hub_ms: i64, clock: &dyn Clock) -> Option<Told> {
        let mut state = self.lock();
        let (now, trust) = look(&mut state, clock);
        let was_off_ms = now.wall_ms.saturating_sub(hub_ms);
        let off = was_off_ms.saturating_abs() > TOLERANCE_MS;
        let believed = trust.is_trusted() && now.quality != ClockQuality::Never;
        if hub_ms < EARLIEST_MS || (believed && (!off || now.quality == ClockQuality::GpsOrNtp)) {
            return None;
        }
        if off {
            let before = state.correction.filter(|before| before.boot == now.boot);
            let add_ms = before.map_or(0, |before| before.add_ms);
            state.correction = Some(Correction {
                boot: now.boot,
                add_ms: add_ms.saturating_sub(was_off_ms),
            });
        }
        state.quality = ClockQuality::Hub;
        let stamp = state.now(clock);
        state.last = Some(stamp);
        Some(Told {
            stamp,
            was_off_ms,
            correction: state.correction,
        })
    }

    /// The stamp for an event that happens now.
    pub(crate) fn stamp(&self, clock: &dyn Clock) -> Stamp {
        let mut state = self.lock();
        let (stamp, _) = look(&mut state, clock);
        state.last = Some(stamp);
        stamp
    }

    /// Whether today's date may be printed.
    pub(crate) fn trust(&self, clock: &dyn Clock) -> (Stamp, Trust) {
        look(&mut self.lock(), clock)
    }

    /// The clock was set by something better (`Hub`, `GpsOrNtp`), or staff confirmed it (`Never`).
    pub(crate) fn checked(&self, quality: ClockQuality, clock: &dyn Clock) -> Stamp {
        let mut state = self.lock();
        state.quality = quality;
        if quality != ClockQuality::Never {
            // The machine's own clock was set. Staff confirm the date that they see.
            state.correction = None;
        }
        let stamp = state.now(clock);
        state.last = Some(stamp);
        if quality == ClockQuality::Never {
            state.confirmed = Some(stamp);
        }
        stamp
    }

    pub(crate) fn correction(&self) -> Option<Correction> {
        self.lock().correction
    }

    /// Puts back what is believed now when it goes, unless it is told that what changed it was committed.
    pub(crate) fn undo(&self) -> Undo<'_> {
        Undo {
            watch: self,
            before: Some(*self.lock()),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn look(state: &mut State, clock: &dyn Clock) -> (Stamp, Trust) {
    let now = state.now(clock);
    let trust = judge(&now, state.last.as_ref(), state.confirmed.as_ref());
    match trust {
        Trust::Trusted | Trust::Untrusted(Distrust::NeverSet) => (now, trust),
        Trust::Untrusted(_) => {
            state.quality = ClockQuality::Never;
            let now = Stamp {
                quality: ClockQuality::Never,
                ..now
            };
            (now, trust)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    struct Fake(AtomicI64, AtomicI64);
    impl Clock for Fake {
        fn now(&self) -> Stamp {
            Stamp {
                wall_ms: self.0.load(Ordering::Relaxed),
                boot: BootId([1; 16]),
                mono_ms: self.1.load(Ordering::Relaxed) as u64,
                quality: ClockQuality::Never,
            }
        }
    }

    #[test]
    fn an_event_written_after_a_jump_does_not_make_the_jump_look_right() {
        let clock = Fake((EARLIEST_MS + 10_000_000).into(), 1000.into());
        let watch = Watch::default();
        watch.checked(ClockQuality::Hub, &clock);
        assert!(watch.trust(&clock).1.is_trusted());
        clock.0.fetch_add(86_400_000 * 3, Ordering::Relaxed);
        assert!(!watch.trust(&clock).1.is_trusted());
        let written = watch.stamp(&clock);
        assert_eq!(written.quality, ClockQuality::Never);
        assert!(!watch.trust(&clock).1.is_trusted());
        watch.checked(ClockQuality::GpsOrNtp, &clock);
        assert!(watch.trust(&clock).1.is_trusted());
    }

    #[test]
    fn the_system_clock_runs() {
        let clock = SystemClock::new();
        let first = clock.now();
        std::thread::sleep(std::time::Duration::from_millis(5));
        let second = clock.now();
        assert!(second.mono_ms >= first.mono_ms + 5);
        assert_eq!(first.boot, SystemClock::new().now().boot);
    }
}
