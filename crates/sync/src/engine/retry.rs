//! When to try again: full jitter, so that 200 kiosks that lost the hub together do not come back together
//! (design/sync.md: 5 s → 15 min; 0–60 s after a link came up).

/// First ceiling.
const FIRST_MS: u64 = 5_000;
/// Last ceiling.
const LAST_MS: u64 = 15 * 60_000;
/// Even the luckiest throw waits so long.
const LEAST_MS: u64 = 250;
/// A `Retry-After` beyond this is a captive portal's or a mistake.
const LONGEST_AFTER_MS: u64 = 3_600_000;
/// A source of randomness.
pub type Dice = Box<dyn FnMut() -> u64 + Send>;

/// Counts failures and throws the dice.
pub(super) struct Retry {
    dice: Dice,
    failures: u32,
}

impl Retry {
    pub fn new(dice: Dice) -> Self {
        Retry { dice, failures: 0 }
    }

    /// A number up to and with this one.
    pub fn up_to(&mut self, most: u64) -> u64 {
        (self.dice)() % most.saturating_add(1).max(1)
    }

    pub fn failures(&self) -> u32 {
        self.failures
    }

    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// How long to wait after one more failure, ms.
    pub fn failed(&mut self, retry_after_s: Option<u32>) -> u64 {
        let jitter = self.after(self.failures);
        self.failures = self.failures.saturating_add(1);
        match retry_after_s {
            // Not before the hub asked for, and not all at that very second.
            Some(seconds) => {
                let asked = (u64::from(seconds) * 1000).min(LONGEST_AFTER_MS);
                asked + self.up_to(asked / 4 + 1000)
            }
            .max(jitter.min(FIRST_MS)),
            None => jitter,
        }
    }

    /// How long to wait after so many tries that came to nothing, ms; it does not count them.
    pub fn after(&mut self, tries: u32) -> u64 {
        let ceiling = FIRST_MS.saturating_mul(1 << tries.min(20)).min(LAST_MS);
        self.up_to(ceiling).max(LEAST_MS)
    }

    /// How long to wait after the link came up, ms, of at most `spread_ms`.
    pub fn link_up(&mut self, spread_ms: u64) -> u64 {
        self.failures = 0;
        self.up_to(spread_ms)
    }

    /// A span give or take a fifth.
    pub fn about(&mut self, span_ms: u64) -> u64 {
        let fifth = span_ms / 5;
        span_ms - fifth + self.up_to(2 * fifth)
    }
}
