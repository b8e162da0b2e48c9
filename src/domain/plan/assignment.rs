//! One person or item in one post: waiting, active, ended, each from a day to a day.
//!
//! Invariants: an assignment begins waiting or active; waiting may become active or end; active may
//! only end; an end that is not over may be set anew or taken back; what is over stays as it was. Days
//! are whole: from the first to the last, both included.

use jiff::civil::Date;

use super::rules::Match;
use super::settled::Settled;
use crate::domain::ids::{AssignmentId, EquipmentId, ReserveUnitCode, ReservistId, UnitCode};

/// Who or what is assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A person, to a post.
    Reservist(ReservistId),
    /// An item, to an equipment line.
    Equipment(EquipmentId),
}

impl Subject {
    /// The identity, whichever it is.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        match self {
            Self::Reservist(id) => id.as_bytes(),
            Self::Equipment(id) => id.as_bytes(),
        }
    }

    /// Whether it is a person.
    pub const fn is_person(&self) -> bool {
        matches!(self, Self::Reservist(_))
    }
}

/// Why this one came before others: the order of the law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Exact match, reserve class one; also every item that matches exactly.
    ExactFirst,
    /// Exact match, reserve class two.
    ExactSecond,
    /// Near match, reserve class one; also every item that matches nearly.
    NearFirst,
    /// Near match, reserve class two.
    NearSecond,
}

impl Tier {
    /// Every tier, in order.
    pub const ALL: [Self; 4] =
        [Self::ExactFirst, Self::ExactSecond, Self::NearFirst, Self::NearSecond];

    /// The tier of a match and a class.
    pub const fn of(fit: Match, is_first: bool) -> Self {
        match (fit, is_first) {
            (Match::Exact, true) => Self::ExactFirst,
            (Match::Exact, false) => Self::ExactSecond,
            (Match::Near, true) => Self::NearFirst,
            (Match::Near, false) => Self::NearSecond,
        }
    }

    /// Its place in the order, from 1.
    pub const fn number(self) -> u8 {
        match self {
            Self::ExactFirst => 1,
            Self::ExactSecond => 2,
            Self::NearFirst => 3,
            Self::NearSecond => 4,
        }
    }

    /// The tier of a stored number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.number() == number)
    }

    /// How well it fits.
    pub const fn fit(self) -> Match {
        match self {
            Self::ExactFirst | Self::ExactSecond => Match::Exact,
            Self::NearFirst | Self::NearSecond => Match::Near,
        }
    }
}

macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $number:literal, $code:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// The number for storage, from 1.
            pub const fn number(self) -> u8 {
                match self { $(Self::$variant => $number,)+ }
            }

            /// The term of a stored number.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }
        }
    };
}

numbered!(
    /// Where an assignment stands.
    Stage {
        /// On the waiting list of the post.
        Waiting = 1, "waiting";
        /// Holds a place.
        Active = 2, "active";
        /// Over.
        Ended = 3, "ended";
    }
);

numbered!(
    /// Why an assignment ended.
    EndReason {
        /// Replaced by another person or item.
        Replaced = 1, "replaced";
        /// No longer fits: age, health, status.
        NoLongerFits = 2, "no_longer_fits";
        /// Moved away, or the item was sold or scrapped.
        Gone = 3, "gone";
        /// The establishment changed.
        PlanChanged = 4, "plan_changed";
        /// Entered by mistake.
        Mistake = 5, "mistake";
        /// Another reason.
        Other = 6, "other";
    }
);

/// One assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Its record.
    pub id: AssignmentId,
    /// Its version, from 1.
    pub version: u64,
    /// Who or what.
    pub subject: Subject,
    /// The commune that gives it, as it was called then: quotas and rights go by it.
    pub unit: UnitCode,
    /// The reserve unit.
    pub reserve_unit: ReserveUnitCode,
    /// The number of the post, or of the equipment line.
    pub post: u16,
    /// Why before others.
    pub tier: Tier,
    /// Where it stands.
    pub stage: Stage,
    /// The first day.
    pub from: Date,
    /// The last day; none while it is not over.
    pub to: Option<Date>,
    /// Why it ended; none while it has not.
    pub ended: Option<EndReason>,
    /// The assignment that took its place.
    pub superseded_by: Option<AssignmentId>,
    /// How the holder fitted on days past, as the record said then.
    pub settled: Settled,
}

/// Why an assignment cannot change so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssignmentError {
    /// It is over.
    #[error("assignment {id} has ended: make a new one")]
    Ended {
        /// The assignment.
        id: AssignmentId,
    },
    /// It holds a place already.
    #[error("assignment {id} is active already")]
    Active {
        /// The assignment.
        id: AssignmentId,
    },
    /// No end is set.
    #[error("assignment {id} has no end to take back")]
    NotEnding {
        /// The assignment.
        id: AssignmentId,
    },
    /// The day is before its first.
    #[error(
        "assignment {id} begins on {from}: choose that day or a later one, or the day before it to take it back"
    )]
    BeforeItBegan {
        /// The assignment.
        id: AssignmentId,
        /// Its first day.
        from: Date,
    },
}

impl Assignment {
    /// The first and last day on which it holds a place; none where it never does.
    pub fn held(&self) -> Option<Span> {
        let held = self.stage != Stage::Waiting && self.to.is_none_or(|to| self.from <= to);
        held.then_some((self.from, self.to))
    }

    /// Whether it holds a place on `day`.
    pub fn holds_on(&self, day: Date) -> bool {
        self.held().is_some_and(|(from, to)| from <= day && to.is_none_or(|to| day <= to))
    }

    /// Whether it holds a place on any day from `day` on.
    pub fn holds_from(&self, day: Date) -> bool {
        self.held().is_some_and(|(_from, to)| to.is_none_or(|to| day <= to))
    }

    /// Whether there is a day on which both hold a place.
    pub fn overlaps(&self, other: &Self) -> bool {
        let (Some(own), Some(other)) = (self.held(), other.held()) else { return false };
        own.1.is_none_or(|to| other.0 <= to) && other.1.is_none_or(|to| own.0 <= to)
    }

    /// It ends; `day` is its last, and the day before it began says that it never held its place.
    /// One that only waited never did. An end that is yet to come on `today` may be set anew.
    ///
    /// # Errors
    /// [`AssignmentError`].
    pub fn end(
        &mut self,
        day: Date,
        reason: EndReason,
        today: Date,
    ) -> Result<(), AssignmentError> {
        let is_over = self.stage == Stage::Ended && !self.may_reopen(today);
        match self.stage {
            Stage::Ended if is_over => return Err(AssignmentError::Ended { id: self.id }),
            Stage::Active | Stage::Ended if day < self.from.yesterday().unwrap_or(self.from) => {
                return Err(AssignmentError::BeforeItBegan { id: self.id, from: self.from });
            }
            Stage::Active | Stage::Ended => self.to = Some(day),
            Stage::Waiting => self.to = Some(self.from.yesterday().unwrap_or(self.from)),
        }
        self.stage = Stage::Ended;
        self.ended = Some(reason);
        Ok(())
    }

    /// Whether its end is set and not over on `today`, and nobody was given its place.
    fn may_reopen(&self, today: Date) -> bool {
        self.superseded_by.is_none() && self.holds_from(today)
    }

    /// The end that was set is taken back, as long as its last day is not over.
    ///
    /// # Errors
    /// [`AssignmentError`].
    pub fn take_back_end(&mut self, today: Date) -> Result<(), AssignmentError> {
        match self.stage {
            Stage::Waiting | Stage::Active => Err(AssignmentError::NotEnding { id: self.id }),
            Stage::Ended if !self.may_reopen(today) => Err(AssignmentError::Ended { id: self.id }),
            Stage::Ended => {
                (self.stage, self.to, self.ended) = (Stage::Active, None, None);
                Ok(())
            }
        }
    }

    /// One who waited gets a place from `day` on.
    ///
    /// # Errors
    /// [`AssignmentError`].
    pub fn promote(&mut self, day: Date) -> Result<(), AssignmentError> {
        match self.stage {
            Stage::Ended => Err(AssignmentError::Ended { id: self.id }),
            Stage::Active => Err(AssignmentError::Active { id: self.id }),
            Stage::Waiting if day < self.from => {
                Err(AssignmentError::BeforeItBegan { id: self.id, from: self.from })
            }
            Stage::Waiting => {
                self.stage = Stage::Active;
                self.from = day;
                Ok(())
            }
        }
    }
}

/// The first and last day of holding a place; open where no last day is set.
pub type Span = (Date, Option<Date>);

/// How many of them hold a place at once, on the day from `from` on when it is most.
pub fn most_at_once(held: impl Iterator<Item = Span>, from: Date) -> usize {
    let (mut now, mut turns) = (0_usize, Vec::new());
    for (begin, end) in held.filter(|(_begin, end)| end.is_none_or(|end| from <= end)) {
        if begin <= from {
            now += 1;
        } else {
            turns.push((begin, true));
        }
        // On the day after the last the place is free: ends go before beginnings.
        turns.extend(end.and_then(|end| end.tomorrow().ok()).map(|free| (free, false)));
    }
    turns.sort_unstable();
    let mut most = now;
    for (_day, begins) in turns {
        if begins {
            now += 1;
            most = most.max(now);
        } else {
            now -= 1;
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 2, 1);

    fn assignment(stage: Stage) -> Assignment {
        Assignment {
            id: AssignmentId::from_bytes([1; 16]),
            version: 1,
            subject: Subject::Reservist(ReservistId::from_bytes([2; 16])),
            unit: "03356".parse().expect("a good code"),
            reserve_unit: "C1".parse().expect("a good code"),
            post: 1,
            tier: Tier::ExactFirst,
            stage,
            from: date(2026, 1, 10),
            to: None,
            ended: None,
            superseded_by: None,
            settled: Settled::default(),
        }
    }

    #[test]
    fn an_active_assignment_holds_its_place_from_its_first_day_to_its_last() {
        let mut active = assignment(Stage::Active);
        active.end(date(2026, 3, 1), EndReason::Gone, TODAY).expect("it is active");
        for (day, holds) in [
            (date(2026, 1, 9), false),
            (date(2026, 1, 10), true),
            (date(2026, 3, 1), true),
            (date(2026, 3, 2), false),
        ] {
            assert_eq!(active.holds_on(day), holds, "{day}");
        }
        let again = active.end(date(2026, 4, 1), EndReason::Gone, date(2026, 3, 2));
        assert!(matches!(again, Err(AssignmentError::Ended { .. })));
    }

    #[test]
    fn an_end_that_is_yet_to_come_is_set_anew_or_taken_back_and_one_that_is_over_is_not() {
        let mut at = assignment(Stage::Active);
        let none = at.take_back_end(TODAY);
        assert!(matches!(none, Err(AssignmentError::NotEnding { .. })));
        at.end(date(2030, 1, 1), EndReason::Gone, TODAY).expect("it is active");
        at.end(date(2026, 3, 1), EndReason::Other, TODAY).expect("it has not ended yet");
        assert_eq!((at.to, at.ended), (Some(date(2026, 3, 1)), Some(EndReason::Other)));
        at.take_back_end(date(2026, 3, 1)).expect("its last day is not over");
        assert_eq!(at, assignment(Stage::Active));
        at.end(date(2026, 3, 1), EndReason::Gone, TODAY).expect("it is active");
        let over = date(2026, 3, 2);
        assert!(matches!(at.take_back_end(over), Err(AssignmentError::Ended { .. })));
        at.superseded_by = Some(AssignmentId::from_bytes([9; 16]));
        let taken = at.take_back_end(TODAY);
        assert!(matches!(taken, Err(AssignmentError::Ended { .. })), "the place is another's");
        assert!(at.end(TODAY, EndReason::Gone, TODAY).is_err());
    }

    #[test]
    fn places_are_counted_on_the_day_when_most_are_held() {
        let held = |from, to: Option<Date>| Assignment {
            from,
            to,
            stage: if to.is_some() { Stage::Ended } else { Stage::Active },
            ..assignment(Stage::Active)
        };
        let until_june = held(date(2026, 1, 1), Some(date(2026, 6, 30)));
        let from_july = held(date(2026, 7, 1), None);
        let in_may = held(date(2026, 5, 1), Some(date(2026, 5, 31)));
        let never = held(date(2026, 5, 1), Some(date(2026, 4, 30)));
        let all = [until_june, from_july, in_may, never, assignment(Stage::Waiting)];
        for (from, most) in [
            (date(2026, 1, 1), 2),
            (date(2026, 5, 31), 2),
            (date(2026, 6, 1), 1),
            (date(2027, 1, 1), 1),
        ] {
            let held = all.iter().filter_map(Assignment::held);
            assert_eq!(most_at_once(held, from), most, "{from}");
        }
        assert!(!all[0].overlaps(&all[1]) && all[0].overlaps(&all[2]));
        assert!(!all[2].overlaps(&all[3]) && !all[3].overlaps(&all[2]), "one never held a place");
    }

    #[test]
    fn one_who_waits_holds_no_place_until_promoted_and_none_if_the_wait_ends() {
        let mut waiting = assignment(Stage::Waiting);
        assert!(!waiting.holds_on(date(2026, 2, 1)));
        let early = waiting.promote(date(2026, 1, 9));
        assert!(matches!(early, Err(AssignmentError::BeforeItBegan { .. })));
        waiting.promote(date(2026, 2, 1)).expect("it waits");
        assert!(waiting.holds_on(date(2026, 2, 1)) && !waiting.holds_on(date(2026, 1, 31)));
        let mut gave_up = assignment(Stage::Waiting);
        gave_up.end(date(2026, 2, 1), EndReason::Gone, TODAY).expect("it waits");
        let days = [date(2026, 1, 9), date(2026, 1, 10), date(2026, 2, 1)];
        assert!(days.iter().all(|day| !gave_up.holds_on(*day)), "it never held a place");
    }
}
