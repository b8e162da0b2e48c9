//! How fresh a record is: what was last looked at when, and what is late by the law's limits.
//!
//! Called for reports and by whoever shows a record. Pure. Invariants: limits count working days where
//! the law does (Saturdays, Sundays and the holidays given are none); the limit is that of the law in
//! force on the day the time began to run. Which days are holidays is decided each year: they are data
//! of the caller, and none are known here.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

use super::reservist::Reservist;
use super::standing::Period;
use super::vocabulary::{ReservistCategory, ReservistStatus};

/// A record that was not checked against the person for so many months is stale.
pub const RECHECK_MONTHS: i32 = 12;
/// Who is away for so many months must be declared absent.
const ABSENCE_MONTHS: i32 = 3;
/// Days over which a limit can run, ten working days over the longest holidays.
const WALK_DAYS_MAX: i32 = 60;

/// What is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Late {
    /// Moved in, and not registered in time.
    MoveIn {
        /// The last day on which it would have been in time.
        due: Date,
    },
    /// Back from absence, and not registered again in time.
    Return {
        /// The last day on which it would have been in time.
        due: Date,
    },
    /// Away for three months or more without an end or a paper.
    Absence {
        /// The day on which the three months were over.
        due: Date,
    },
    /// A reserve officer who was not registered in time.
    OfficerRegistration {
        /// The last day on which it would have been in time.
        due: Date,
    },
    /// Not checked against the person for a year, or never.
    Recheck {
        /// When the year was over; none where it was never checked.
        due: Option<Date>,
    },
    /// Under way to another unit, and not accepted there in time.
    Transfer {
        /// The last day on which it would have been in time.
        due: Date,
    },
}

impl Late {
    /// The stable code, for counts and machines.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MoveIn { .. } => "MOVE_IN",
            Self::Return { .. } => "RETURN",
            Self::Absence { .. } => "ABSENCE",
            Self::OfficerRegistration { .. } => "OFFICER_REGISTRATION",
            Self::Recheck { .. } => "RECHECK",
            Self::Transfer { .. } => "TRANSFER",
        }
    }

    /// Whether a law sets the limit; the yearly recheck and the answer to a transfer are rules of our
    /// own, and never told as a breach of law.
    pub const fn is_by_law(self) -> bool {
        !matches!(self, Self::Recheck { .. } | Self::Transfer { .. })
    }
}

/// Fewest working days that any law gives for a registration after a move.
const MOVE_IN_DAYS_MIN: u32 = 5;

/// Working days for a registration after a move: ten before July 2025, five since.
fn move_in_days(moved_on: Date) -> u32 {
    if moved_on < date(2025, 7, 1) { 10 } else { MOVE_IN_DAYS_MIN }
}

/// The last of so many working days after a day; a holiday list may be empty.
pub fn working_day_after(day: Date, count: u32, holidays: &[Date]) -> Date {
    let mut last = day;
    let mut left = count;
    for _step in 0..WALK_DAYS_MAX {
        if left == 0 {
            break;
        }
        let Ok(next) = last.tomorrow() else { break };
        last = next;
        let rest = matches!(last.weekday(), Weekday::Saturday | Weekday::Sunday);
        if !rest && !holidays.contains(&last) {
            left -= 1;
        }
    }
    last
}

fn months_after(day: Date, months: i32) -> Date {
    day.saturating_add(months.months())
}

/// As much of a record as is late or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// Where the person stands.
    pub status: ReservistStatus,
    /// Whether a reserve officer.
    pub is_officer: bool,
    /// Since when the person lives where they live.
    pub residence_since: Option<Date>,
    /// When the unit took them into its register.
    pub registered_on: Option<Date>,
    /// From when to when the status holds.
    pub status_period: Period,
    /// Whether the status rests on a paper.
    pub is_certified: bool,
    /// When the record was last checked against the person.
    pub last_recheck_on: Option<Date>,
    /// Since when a transfer is under way.
    pub moving_since: Option<Date>,
}

impl From<&Reservist> for Freshness {
    fn from(record: &Reservist) -> Self {
        let standing = &record.standing;
        Self {
            status: record.status,
            is_officer: record.category == Some(ReservistCategory::Officer),
            residence_since: standing.residence_since,
            registered_on: standing.registered_on,
            status_period: standing.status_period,
            is_certified: standing.status_certificate.is_some(),
            last_recheck_on: standing.last_recheck_on,
            moving_since: standing.transfer.as_ref().map(|transfer| transfer.started_on),
        }
    }
}

/// Whether somebody of this status is on the register.
pub const fn is_registered(status: ReservistStatus) -> bool {
    use ReservistStatus::{Dead, MovedOut, OverAge, Released};
    !matches!(status, MovedOut | OverAge | Released | Dead)
}

/// Whether a recheck still holds on a day.
pub fn is_fresh(checked: Date, day: Date) -> bool {
    day <= months_after(checked, RECHECK_MONTHS)
}

/// What of a record is late on a day, in the order of [`Late`]. A record of somebody who has left the
/// register is never late.
pub fn lateness(record: &Reservist, day: Date, holidays: &[Date]) -> Vec<Late> {
    Freshness::from(record).late(day, holidays)
}

impl Freshness {
    /// Whether anything but the recheck may be late on any day, whichever days are holidays: for
    /// choosing the records to look at.
    pub fn may_be_late(&self) -> bool {
        use ReservistStatus::{Abroad, TempAbsent};
        let moved = self.residence_since.is_some_and(|moved| {
            let first_due = working_day_after(moved, MOVE_IN_DAYS_MIN, &[]);
            self.registered_on.is_none_or(|done| done > first_due)
        });
        let period = self.status_period;
        let away = matches!(self.status, TempAbsent | Abroad)
            && (period.to.is_some() || (period.from.is_some() && !self.is_certified));
        is_registered(self.status) && (moved || away || self.moving_since.is_some())
    }

    /// What is late on a day, in the order of [`Late`].
    pub fn late(&self, day: Date, holidays: &[Date]) -> Vec<Late> {
        use ReservistStatus::{Abroad, Active, TempAbsent};
        if !is_registered(self.status) {
            return Vec::new();
        }
        let mut late = Vec::new();
        late.extend(self.late_move(day, holidays));
        let period = self.status_period;
        match (self.status, period.from, period.to) {
            (TempAbsent | Abroad, _, Some(back)) => {
                let due = working_day_after(back, 5, holidays);
                if day > due {
                    late.push(Late::Return { due });
                }
            }
            (TempAbsent, Some(left), None) if !self.is_certified => {
                let due = months_after(left, ABSENCE_MONTHS);
                if day > due {
                    late.push(Late::Absence { due });
                }
            }
            _here => {}
        }
        match self.last_recheck_on {
            None if self.status == Active => late.push(Late::Recheck { due: None }),
            Some(checked) if !is_fresh(checked, day) => {
                late.push(Late::Recheck { due: Some(months_after(checked, RECHECK_MONTHS)) });
            }
            _fresh => {}
        }
        if let Some(started) = self.moving_since {
            let due = working_day_after(started, 5, holidays);
            if day > due {
                late.push(Late::Transfer { due });
            }
        }
        late.sort_unstable();
        late
    }

    fn late_move(&self, day: Date, holidays: &[Date]) -> Option<Late> {
        let moved = self.residence_since?;
        // What was done counts on the day it was done, what was not on the day of the question.
        let done_or_today = self.registered_on.filter(|done| *done <= day).unwrap_or(day);
        let first = self.is_officer && self.moving_since.is_none() && self.registered_on.is_none();
        let days = if first { 10 } else { move_in_days(moved) };
        let due = working_day_after(moved, days, holidays);
        let late = if first { Late::OfficerRegistration { due } } else { Late::MoveIn { due } };
        (done_or_today > due).then_some(late)
    }
}

#[cfg(test)]
mod tests;
