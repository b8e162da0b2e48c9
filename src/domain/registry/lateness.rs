//! How fresh a record is: what was last looked at when, and what is late by the law's limits.
//!
//! Called for reports and by whoever shows a record. Pure. Invariants: limits count working days where
//! the law does (Saturdays, Sundays and the holidays given are none); the limit is that of the law in
//! force on the day the time began to run. Which days are holidays is decided each year: they are data
//! of the caller, and none are known here.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

use super::reservist::Reservist;
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
}

/// Working days for a registration after a move: ten before July 2025, five since.
fn move_in_days(moved_on: Date) -> u32 {
    if moved_on < date(2025, 7, 1) { 10 } else { 5 }
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

/// What of a record is late on a day, in the order of [`Late`]. A record of somebody who has left the
/// register is never late.
pub fn lateness(record: &Reservist, day: Date, holidays: &[Date]) -> Vec<Late> {
    use ReservistStatus::{Abroad, Active, Dead, MovedOut, OverAge, Released, TempAbsent};
    if matches!(record.status, MovedOut | OverAge | Released | Dead) {
        return Vec::new();
    }
    let standing = &record.standing;
    let mut late = Vec::new();
    // What was done counts on the day it was done, what was not on the day of the question.
    let done_or_today = standing.registered_on.filter(|done| *done <= day).unwrap_or(day);
    if let Some(moved) = standing.residence_since {
        let is_officer = record.category == Some(ReservistCategory::Officer);
        let first = is_officer && standing.transfer.is_none() && standing.registered_on.is_none();
        let due = working_day_after(moved, move_in_days(moved), holidays);
        if first {
            let due = working_day_after(moved, 10, holidays);
            if done_or_today > due {
                late.push(Late::OfficerRegistration { due });
            }
        } else if done_or_today > due {
            late.push(Late::MoveIn { due });
        }
    }
    let period = standing.status_period;
    match (record.status, period.from, period.to) {
        (TempAbsent | Abroad, _, Some(back)) => {
            let due = working_day_after(back, 5, holidays);
            if day > due {
                late.push(Late::Return { due });
            }
        }
        (TempAbsent, Some(left), None) if standing.status_certificate.is_none() => {
            let due = months_after(left, ABSENCE_MONTHS);
            if day > due {
                late.push(Late::Absence { due });
            }
        }
        _here => {}
    }
    match standing.last_recheck_on.map(|checked| months_after(checked, RECHECK_MONTHS)) {
        None if record.status == Active => late.push(Late::Recheck { due: None }),
        Some(due) if day > due => late.push(Late::Recheck { due: Some(due) }),
        _fresh => {}
    }
    if let Some(transfer) = &standing.transfer {
        let due = working_day_after(transfer.started_on, 5, holidays);
        if day > due {
            late.push(Late::Transfer { due });
        }
    }
    late.sort_unstable();
    late
}

#[cfg(test)]
mod tests;
