//! Before a record changes or goes: the days past of whoever holds a place with it are settled by what
//! it has said until now.
//!
//! Called by the engine's owner, whose batch writes the assignments beside the change. Invariants: a
//! day is settled once; yesterday is the last, for the record of today is what it is at the end of
//! the day; who never held a place has nothing to settle. A verdict turns on few days (a birthday, the
//! end of a deferral, another establishment), and only those are judged.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use zeroize::Zeroizing;

use crate::domain::ids::SpecialtyCode;
use crate::domain::plan::{Area, Assignment, Refusal, Subject, Validity};
use crate::domain::registry::Period;
use crate::domain::registry::eligibility::{Callable, Occasion};
use crate::domain::unit::Units;
use crate::domain::world::RecordKind;
use crate::evidence::seal::Sealer;
use crate::index::assignments::{Assigned, One, PlanChange};
use crate::index::{Homes, ItemRow, Looking, PersonRow, Registry, Row};
use crate::wire::WireError;
use crate::wire::registry::encode;
use crate::wire::registry::plan::assignment;

/// An assignment as it is to be written.
#[derive(Debug)]
pub struct Settling {
    /// Its record.
    pub id: [u8; 16],
    /// Its version, one more than before.
    pub version: u64,
    /// Its content, encoded.
    pub content: Zeroizing<Vec<u8>>,
    /// What is known of it without opening it.
    pub index: Row,
    /// What it changes in the plan.
    pub change: PlanChange,
}

/// A record as it has been until now.
enum Until {
    Person(PersonRow, Option<SpecialtyCode>),
    Item(ItemRow, SpecialtyCode),
}

impl Until {
    /// The days on which how it is judged may turn, of those after `first` up to `last`.
    fn turns(&self, first: Date, last: Date) -> BTreeSet<Date> {
        let mut turns = BTreeSet::new();
        let mut period = |period: Period| {
            turns.extend(period.from);
            turns.extend(period.to.and_then(|last| last.tomorrow().ok()));
        };
        match self {
            Self::Person(PersonRow { who, .. }, _code) => {
                period(who.status_period);
                who.deferral.into_iter().chain(who.exemption).for_each(period);
                turns.extend(birthdays(who, first, last));
            }
            Self::Item(row, _kind) => period(row.status_period),
        }
        turns
    }
}

/// The birthdays of a person within some days; of one born on 29 February, 1 March where there is none.
fn birthdays(who: &Callable, first: Date, last: Date) -> impl Iterator<Item = Date> {
    let birth = who.birth.date();
    (first.year()..=last.year()).map(move |year| {
        let own = Date::new(year, birth.month(), birth.day());
        own.unwrap_or_else(|_no_such_day| date(year, 3, 1))
    })
}

impl Registry {
    /// The assignments of a person or item with the days until yesterday settled; those that have
    /// nothing new to settle are left out.
    ///
    /// # Errors
    /// When an assignment is none, which a checked one always is.
    pub fn settle(
        &self,
        subject: &Subject,
        today: Date,
        units: &Units,
        sealer: &Sealer,
    ) -> Result<Vec<Settling>, WireError> {
        let mut settling = Vec::new();
        for assigned in self.plan.of_subject(subject) {
            let Some((first, last)) = unsettled(&assigned.assignment, today) else { continue };
            let mut assigned = assigned.clone();
            for (day, validity) in self.verdicts(&assigned.assignment, (first, last), units) {
                assigned.assignment.settled.settle(day, validity);
            }
            settling.push(settled(assigned, sealer)?);
        }
        Ok(settling)
    }

    /// The verdicts of a holder from a first to a last day, each with the last day that it holds.
    fn verdicts(
        &self,
        at: &Assignment,
        (first, last): (Date, Date),
        units: &Units,
    ) -> Vec<(Date, Validity)> {
        let mut homes = Homes::new(units);
        let id = at.subject.as_bytes();
        let until = if at.subject.is_person() {
            let rows = homes.read(self, RecordKind::Reservist);
            let code = rows.code(id).and_then(|code| code.parse().ok());
            rows.person(id).map(|row| Until::Person(row, code))
        } else {
            let rows = homes.read(self, RecordKind::Equipment);
            let kind = rows.code(id).and_then(|code| code.parse().ok());
            rows.item(id).zip(kind).map(|(row, kind)| Until::Item(row, kind))
        };
        let Some(until) = until else { return vec![(last, Err("RECORD_GONE"))] };
        let mut turns = until.turns(first, last);
        turns.extend(self.limits.turns());
        let of: Vec<_> = self.plan.establishments(&at.reserve_unit).collect();
        for unit in &of {
            turns.insert(unit.valid_from);
            turns.extend(unit.valid_to.and_then(|last| last.tomorrow().ok()));
        }
        // A unit that was closed takes nobody from the day after its last, and one that moved is in
        // another area from the day on that it did.
        let ends = units.iter().filter_map(|unit| unit.valid_to?.tomorrow().ok());
        let changed = units.iter().flat_map(|unit| units.past(&unit.code));
        turns.extend(ends.chain(changed.filter_map(|past| past.until.tomorrow().ok())));
        let mut days = vec![first];
        days.extend(turns.into_iter().filter(|turn| first < *turn && *turn <= last));
        let judge = |day: Date| -> Validity {
            let looking = Looking { limits: &self.limits, day, occasion: Occasion::Mobilization };
            let one = match &until {
                Until::Person(row, code) => {
                    let home = homes.of(row.unit).ok_or("RECORD_GONE")?;
                    One::Person(looking.person(row, code.clone(), home))
                }
                Until::Item(row, kind) => {
                    let home = homes.of(row.unit).ok_or("RECORD_GONE")?;
                    One::Item(looking.item(row, kind.clone(), home))
                }
            };
            let unit = of.iter().find(|unit| unit.exists_on(day));
            let unit = unit.ok_or(Refusal::PostGone);
            let judged = unit
                .and_then(|unit| one.judge(&Area::of(unit, &units.placed_on(day), day), at.post));
            judged.map_err(|refusal| refusal.code())
        };
        let ends = days.iter().skip(1).filter_map(|next| next.yesterday().ok()).chain([last]);
        days.iter().zip(ends).map(|(day, end)| (end, judge(*day))).collect()
    }
}

/// The days past on which it held a place and that are not settled; none where there are none.
fn unsettled(at: &Assignment, today: Date) -> Option<(Date, Date)> {
    let (from, to) = at.held()?;
    let yesterday = today.yesterday().ok()?;
    let last = to.map_or(yesterday, |to| to.min(yesterday));
    let after = at.settled.through().and_then(|through| through.tomorrow().ok());
    let first = after.map_or(from, |after| after.max(from));
    (first <= last).then_some((first, last))
}

fn settled(assigned: Assigned, sealer: &Sealer) -> Result<Settling, WireError> {
    let Assigned { mut assignment, subject_version } = assigned;
    assignment.version += 1;
    let (id, version) = (*assignment.id.as_bytes(), assignment.version);
    let message = self::assignment(&assignment, subject_version);
    let content = encode(message.clone());
    let index = Row::of(&message, version, &content, sealer)?;
    let change = PlanChange::Assignment(Box::new(Assigned { assignment, subject_version }));
    Ok(Settling { id, version, content, index, change })
}
