//! The hub's clock: it is what kiosks without a clock of their own go by.

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// A moment as people read it, UTC to the second.
pub fn text(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(
        |_| "?".to_owned(),
        |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}

/// One day in milliseconds.
pub const DAY_MS: i64 = 86_400_000;
