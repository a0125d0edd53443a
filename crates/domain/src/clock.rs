//! What a clock without a battery can be believed. Order comes from `seq`; time is for people to read.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};

/// Who last set the clock.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ClockQuality {
    /// Nobody that is known: it shows what the hardware woke up with.
    #[default]
    Never,
    /// The hub, in an answer to a sync.
    Hub,
    /// A satellite receiver or a time server.
    GpsOrNtp,
}

/// One run of the machine from power on to power off: random, from the operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BootId(pub [u8; 16]);

/// What the clocks showed when something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// Wall clock, milliseconds since 1970-01-01 UTC; may be wrong by decades.
    pub wall_ms: i64,
    /// The run of the machine.
    pub boot: BootId,
    /// Milliseconds since an arbitrary moment of that run; never goes back within it.
    pub mono_ms: u64,
    /// Who last set the wall clock.
    pub quality: ClockQuality,
}

impl Stamp {
    /// The calendar day in China (UTC+8 all year; the whole country has one zone), if the number is a time at all.
    pub fn china_date(&self) -> Option<Date> {
        let timestamp = Timestamp::from_millisecond(self.wall_ms).ok()?;
        let zone = TimeZone::fixed(Offset::constant(8));
        Some(timestamp.to_zoned(zone).date())
    }
}

/// 2026-01-01 00:00 UTC: this software did not exist before, so a clock that says so is wrong.
pub const EARLIEST_MS: i64 = 1_767_225_600_000;
/// How far wall and monotonic clock may drift apart within one run before it counts as a jump: five minutes.
pub const TOLERANCE_MS: i64 = 5 * 60 * 1000;
/// Longest time a kiosk is believed to have stood switched off without being set again: 180 days.
pub const LONGEST_OFF_MS: i64 = 180 * 24 * 3600 * 1000;

/// Whether today's date may be printed and reckoned with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Yes.
    Trusted,
    /// No; staff confirm the date, or the slip says "within N working days".
    Untrusted(Distrust),
}

/// Why the clock is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distrust {
    /// It says a time before this software was made (1970 after a dead battery).
    BeforeThisSoftware,
    /// It stands earlier than the last event of the journal, by so many milliseconds.
    WentBack(i64),
    /// It leapt ahead of the last event of the journal by so many milliseconds more than passed, or can have passed.
    WentAhead(i64),
    /// Nobody is known to have set it, and no staff confirmed it.
    NeverSet,
}

impl Trust {
    /// True for `Trusted`.
    pub fn is_trusted(self) -> bool {
        self == Trust::Trusted
    }
}

/// Decides whether the clock may be believed.
///
/// * `last`: stamp of the last event in the journal, if there is one.
/// * `confirmed`: stamp at the moment when staff last confirmed today's date.
///
/// A time before [`EARLIEST_MS`] is never believed. A jump against the last event is believed only when a better
/// source set the clock since (the quality rose), or when staff confirmed it afterwards. Without a jump the clock is
/// believed if the hub, a satellite or a time server set it, or if the last staff confirmation still holds, that is,
/// the clock ran on steadily from it.
pub fn judge(now: &Stamp, last: Option<&Stamp>, confirmed: Option<&Stamp>) -> Trust {
    if now.wall_ms < EARLIEST_MS {
        return Trust::Untrusted(Distrust::BeforeThisSoftware);
    }
    let confirmed_now = confirmed.is_some_and(|confirmed| {
        confirmed.wall_ms >= EARLIEST_MS && jump(now, confirmed).is_none()
    });
    if confirmed_now {
        return Trust::Trusted;
    }
    if let Some(last) = last
        && now.quality <= last.quality
        && let Some(distrust) = jump(now, last)
    {
        return Trust::Untrusted(distrust);
    }
    match now.quality {
        ClockQuality::Never => Trust::Untrusted(Distrust::NeverSet),
        ClockQuality::Hub | ClockQuality::GpsOrNtp => Trust::Trusted,
    }
}

fn jump(now: &Stamp, before: &Stamp) -> Option<Distrust> {
    let moved = now.wall_ms.saturating_sub(before.wall_ms);
    let (least, most) = if now.boot == before.boot {
        let passed = now.mono_ms.saturating_sub(before.mono_ms);
        let passed = i64::try_from(passed).unwrap_or(i64::MAX);
        // A cheap quartz drifts by up to 0.1 % besides.
        let slack = TOLERANCE_MS.saturating_add(passed / 1000);
        (passed.saturating_sub(slack), passed.saturating_add(slack))
    } else {
        (-TOLERANCE_MS, LONGEST_OFF_MS)
    };
    if moved < least {
        Some(Distrust::WentBack(least.saturating_sub(moved)))
    } else if moved > most {
        Some(Distrust::WentAhead(moved.saturating_sub(most)))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: i64 = 24 * 3600 * 1000;

    fn stamp(boot: u8, wall_ms: i64, mono_ms: u64, quality: ClockQuality) -> Stamp {
        Stamp {
            wall_ms,
            boot: BootId([boot; 16]),
            mono_ms,
            quality,
        }
    }

    #[test]
    fn a_clock_at_1970_is_never_believed() {
        for quality in [
            ClockQuality::Never,
            ClockQuality::Hub,
            ClockQuality::GpsOrNtp,
        ] {
            assert_eq!(
                judge(&stamp(1, 5_000, 1, quality), None, None),
                Trust::Untrusted(Distrust::BeforeThisSoftware)
            );
        }
    }

    #[test]
    fn a_clock_set_by_the_hub_is_believed_until_it_jumps() {
        let last = stamp(1, EARLIEST_MS + DAY, 1_000, ClockQuality::Hub);
        let later = stamp(1, EARLIEST_MS + DAY + 60_000, 61_000, ClockQuality::Hub);
        assert!(judge(&later, Some(&last), None).is_trusted());
        let back = stamp(1, EARLIEST_MS + DAY - DAY / 2, 61_000, ClockQuality::Hub);
        assert!(matches!(
            judge(&back, Some(&last), None),
            Trust::Untrusted(Distrust::WentBack(_))
        ));
        let ahead = stamp(1, EARLIEST_MS + 3 * DAY, 61_000, ClockQuality::Hub);
        assert!(matches!(
            judge(&ahead, Some(&last), None),
            Trust::Untrusted(Distrust::WentAhead(_))
        ));
    }

    #[test]
    fn after_a_reboot_only_going_back_or_a_very_long_leap_is_a_jump() {
        let last = stamp(1, EARLIEST_MS + 300 * DAY, 1_000, ClockQuality::Hub);
        let next = |days: i64| stamp(2, EARLIEST_MS + (300 + days) * DAY, 5, ClockQuality::Hub);
        assert!(judge(&next(0), Some(&last), None).is_trusted());
        assert!(judge(&next(90), Some(&last), None).is_trusted());
        assert!(!judge(&next(-1), Some(&last), None).is_trusted());
        assert!(!judge(&next(400), Some(&last), None).is_trusted());
    }

    #[test]
    fn a_jump_made_by_a_better_source_is_a_correction() {
        let last = stamp(1, EARLIEST_MS + 9 * DAY, 1_000, ClockQuality::Never);
        let now = stamp(1, EARLIEST_MS + 5 * DAY, 2_000, ClockQuality::GpsOrNtp);
        assert!(judge(&now, Some(&last), None).is_trusted());
    }

    #[test]
    fn staff_confirm_the_date_and_it_holds_while_the_clock_runs_on() {
        let now = stamp(1, EARLIEST_MS + DAY, 1_000, ClockQuality::Never);
        assert_eq!(
            judge(&now, None, None),
            Trust::Untrusted(Distrust::NeverSet)
        );
        assert!(judge(&now, None, Some(&now)).is_trusted());
        let later = stamp(
            1,
            EARLIEST_MS + DAY + 3_600_000,
            3_601_000,
            ClockQuality::Never,
        );
        assert!(judge(&later, Some(&now), Some(&now)).is_trusted());
        let rebooted_at_the_past = stamp(2, EARLIEST_MS, 10, ClockQuality::Never);
        assert!(!judge(&rebooted_at_the_past, Some(&later), Some(&now)).is_trusted());
    }

    #[test]
    fn the_day_in_china_begins_at_16_utc() {
        let stamp = stamp(1, EARLIEST_MS + 16 * 3_600_000, 0, ClockQuality::Hub);
        assert_eq!(stamp.china_date(), Some(jiff::civil::date(2026, 1, 2)));
        let nonsense = Stamp {
            wall_ms: i64::MAX,
            ..stamp
        };
        assert_eq!(nonsense.china_date(), None);
    }

    proptest! {
        #[test]
        fn any_clock_is_judged_without_panic(a: (i64, u64), b: (i64, u64), same: bool) {
            let now = stamp(1, a.0, a.1, ClockQuality::Hub);
            let last = stamp(if same { 1 } else { 2 }, b.0, b.1, ClockQuality::Hub);
            let _ = judge(&now, Some(&last), Some(&last));
            let _ = now.china_date();
        }
    }
}
