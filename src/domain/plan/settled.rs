//! What is settled of an assignment: how its holder fitted the place on days that are over.
//!
//! A record says how its holder is now. Before it changes, or is erased, the days until yesterday are
//! judged by what it has said and kept with the assignment, so that a past day reads the same ever
//! after. Kept are verdicts and nothing of the record: they tell nobody's age or health, and outlast
//! the record of one who is erased. Invariants: runs are in the order of their days and cover all of
//! them from the first day of the assignment; neighbours differ.

use jiff::civil::Date;

use super::fill::Validity;
use super::rules::{Match, Refusal};
use crate::domain::registry::eligibility::Reason;
use crate::domain::registry::{EquipmentStatus, ReservistStatus};

/// Most runs kept of one assignment: more than ten years of a change a week. Beyond it the oldest go, and their
/// days read as those that follow.
pub const SETTLED_LEN_MAX: usize = 600;

/// The reason of one whose record is gone.
const RECORD_GONE: &str = "RECORD_GONE";

/// Days on which the verdict was the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The last of them; the first follows the run before.
    pub last: Date,
    /// The verdict.
    pub validity: Validity,
}

/// The verdicts of days past.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled(Vec<Run>);

impl Settled {
    /// The runs, by their days.
    pub fn runs(&self) -> &[Run] {
        &self.0
    }

    /// The last day that is settled; none where none is.
    pub fn through(&self) -> Option<Date> {
        self.0.last().map(|run| run.last)
    }

    /// The verdict of a day; none where it is not settled.
    pub fn on(&self, day: Date) -> Option<Validity> {
        let at = self.0.partition_point(|run| run.last < day);
        self.0.get(at).map(|run| run.validity)
    }

    /// Settles the days up to `last`; those that are settled already stay.
    pub fn settle(&mut self, last: Date, validity: Validity) {
        if self.through().is_some_and(|through| last <= through) {
            return;
        }
        match self.0.last_mut().filter(|run| run.validity == validity) {
            Some(run) => run.last = last,
            None => self.0.push(Run { last, validity }),
        }
        if self.0.len() > SETTLED_LEN_MAX {
            self.0.remove(0);
        }
    }
}

/// The stable code of a verdict.
pub const fn validity_code(validity: Validity) -> &'static str {
    match validity {
        Ok(fit) => fit.code(),
        Err(reason) => reason,
    }
}

/// The verdict of a code; none where this program gives no such one.
pub fn known_validity(code: &str) -> Option<Validity> {
    if let Some(fit) = [Match::Exact, Match::Near].into_iter().find(|fit| fit.code() == code) {
        return Some(Ok(fit));
    }
    let places = Refusal::OF_PLACES.into_iter().map(Refusal::code);
    let statuses = ReservistStatus::ALL.iter().map(|status| Reason::Status(*status).code());
    let items = EquipmentStatus::ALL.iter().map(|status| status.reason());
    let people = [
        Reason::Deferred,
        Reason::Exempt,
        Reason::UnderAge { limit: 0 },
        Reason::OverAge { limit: 0 },
        Reason::NotOpen,
        Reason::Health { limit: 0 },
    ];
    let people = people.into_iter().map(Reason::code);
    let mut all = places.chain(statuses).chain(items).chain(people).chain([RECORD_GONE]);
    all.find(|known| *known == code).map(Err)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_settled_day_keeps_its_verdict_whatever_is_settled_later() {
        let mut settled = Settled::default();
        assert_eq!(settled.on(date(2026, 1, 1)), None);
        settled.settle(date(2026, 3, 1), Ok(Match::Exact));
        settled.settle(date(2026, 4, 1), Ok(Match::Exact));
        settled.settle(date(2026, 6, 1), Err("OVER_AGE"));
        settled.settle(date(2026, 5, 1), Ok(Match::Near));
        assert_eq!(settled.runs().len(), 2, "neighbours alike are one run");
        for (day, verdict) in [
            (date(2026, 1, 1), Some(Ok(Match::Exact))),
            (date(2026, 4, 1), Some(Ok(Match::Exact))),
            (date(2026, 4, 2), Some(Err("OVER_AGE"))),
            (date(2026, 6, 1), Some(Err("OVER_AGE"))),
            (date(2026, 6, 2), None),
        ] {
            assert_eq!(settled.on(day), verdict, "{day}");
        }
    }

    #[test]
    fn every_verdict_is_known_by_its_code() {
        for refusal in Refusal::OF_PLACES {
            assert_eq!(known_validity(refusal.code()), Some(Err(refusal.code())));
        }
        for status in EquipmentStatus::ALL {
            assert_eq!(known_validity(status.reason()), Some(Err(status.reason())));
        }
        for code in ["exact", "near", "OVER_AGE", "DEAD", "STATUS_DEFERRED", "RECORD_GONE"] {
            assert_eq!(known_validity(code).map(validity_code), Some(code));
        }
        assert_eq!(known_validity("NOT_A_CODE"), None);
    }

    #[test]
    fn a_holder_who_changes_for_ever_does_not_fill_the_record() {
        let mut settled = Settled::default();
        let mut day = date(2000, 1, 1);
        for turn in 0..2 * SETTLED_LEN_MAX {
            let verdict = if turn % 2 == 0 { Ok(Match::Exact) } else { Err("DEAD") };
            settled.settle(day, verdict);
            day = day.tomorrow().expect("in this century");
        }
        assert_eq!(settled.runs().len(), SETTLED_LEN_MAX);
        assert_eq!(settled.through(), day.yesterday().ok());
    }
}
