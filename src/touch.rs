//! Which touches count: the second half of a double tap does not.

use crate::widget::TapKind;
use std::time::Duration;

/// After a step nothing is taken for this long (screens.md; a double tap's second half lands on the next page).
pub const STEP_REST: Duration = Duration::from_millis(700);
/// The same key counts again after this long: quicker is a tremor, not a digit.
pub const KEY_REST: Duration = Duration::from_millis(200);

/// Remembers the last touch that counted.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    last: Option<(Duration, TapKind, String)>,
}

impl Gate {
    /// Whether anything was ever touched.
    pub fn used(&self) -> bool {
        self.last.is_some()
    }

    /// Whether a touch on `target` at `now` (any monotonic clock) counts; if so it is remembered.
    pub fn takes(&mut self, target: &str, kind: TapKind, now: Duration) -> bool {
        if let Some((then, last_kind, last)) = &self.last {
            let since = now.saturating_sub(*then);
            let rest = match (last_kind, kind) {
                (TapKind::Step, _) => STEP_REST,
                (TapKind::Key, TapKind::Key) if last == target => KEY_REST,
                (TapKind::Key, TapKind::Key) => Duration::ZERO,
                (TapKind::Key, TapKind::Step) => KEY_REST,
            };
            if since < rest {
                return false;
            }
        }
        self.last = Some((now, kind, target.to_owned()));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_double_tap_takes_one_step() {
        let mut gate = Gate::default();
        assert!(gate.takes("choice/a", TapKind::Step, ms(1000)));
        assert!(!gate.takes("choice/b", TapKind::Step, ms(1300)));
        assert!(!gate.takes("key/1", TapKind::Key, ms(1699)));
        assert!(gate.takes("choice/b", TapKind::Step, ms(1701)));
    }

    #[test]
    fn quick_digits_all_count_and_a_tremor_does_not() {
        let mut gate = Gate::default();
        assert!(gate.takes("key/1", TapKind::Key, ms(0)));
        assert!(gate.takes("key/2", TapKind::Key, ms(90)));
        assert!(!gate.takes("key/2", TapKind::Key, ms(200)));
        assert!(gate.takes("key/2", TapKind::Key, ms(300)));
    }
}
