//! A point in time, as the record keeps it: milliseconds since 1970 in UTC.
//!
//! The pure floor never reads a clock; instants come in as arguments. Shown to people in
//! Asia/Ho_Chi_Minh, which is the business of the doors.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

/// Milliseconds since 1970-01-01T00:00:00Z. May be negative for claimed times of broken clocks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(i64);

impl Instant {
    /// The start of 1970, used where "since ever" is meant.
    pub const EPOCH: Self = Self(0);

    /// From milliseconds since 1970 in UTC.
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970 in UTC.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Milliseconds from `earlier` to this instant; negative if `earlier` is later.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The calendar year in Asia/Ho_Chi_Minh: number series restart with it. 0 for instants that no
    /// calendar has.
    pub fn year_in_vietnam(self) -> u32 {
        let day = self.day_in_vietnam();
        day.and_then(|day| u32::try_from(day.year()).ok()).unwrap_or(0)
    }

    /// The day in Asia/Ho_Chi_Minh: nobody is born after it. The epoch's for instants that no
    /// calendar has.
    pub fn date_in_vietnam(self) -> jiff::civil::Date {
        self.day_in_vietnam().unwrap_or(jiff::civil::date(1970, 1, 1))
    }

    /// Vietnam keeps +07:00 all year, so no time zone data is needed.
    fn day_in_vietnam(self) -> Option<jiff::civil::Date> {
        let local = jiff::Timestamp::from_millisecond(self.0.saturating_add(7 * 3_600_000));
        local.ok().map(|time| time.to_zoned(jiff::tz::TimeZone::UTC).date())
    }

    /// This instant moved by a signed number of milliseconds, held at the ends of the range.
    pub const fn offset_by(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;
    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ms", self.0)
    }
}

/// As a person in Vietnam reads it: `2026-11-21 07:00:00 +07`.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0.saturating_add(7 * 3_600_000)) {
            Ok(local) => write!(f, "{}", local.strftime("%Y-%m-%d %H:%M:%S +07")),
            Err(_out_of_range) => f.write_str("a time outside of the calendar"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_changes_at_midnight_in_vietnam() {
        let midnight = Instant::from_millis(1_767_200_400_000); // 2025-12-31T17:00:00Z
        assert_eq!(midnight.year_in_vietnam(), 2026);
        assert_eq!(midnight.offset_by(-1).year_in_vietnam(), 2025);
    }
}
