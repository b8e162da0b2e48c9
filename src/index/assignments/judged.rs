//! How those who hold places fit them on a day: by what is settled of it, else by the record of now.
//!
//! Asked by the plan's door for figures and lists, and before a record changes, to settle the days
//! past. Invariants: who fits is said by [`Area::judge`] alone; nothing is opened; a place that the
//! establishment of the day does not have fits nobody, whatever is settled.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::domain::ids::UnitCode;
use crate::domain::plan::{
    Area, Assignment, Candidate, Item, Match, Refusal, ReserveUnit, Subject, Validity,
};
use crate::domain::registry::eligibility::Occasion;
use crate::domain::unit::Units;
use crate::domain::world::RecordKind;
use crate::index::{Homes, Looking, Registry};

/// A person or an item.
#[derive(Debug)]
pub enum One {
    /// A person.
    Person(Candidate),
    /// An item.
    Item(Item),
}

impl One {
    /// The unit of today at which it is at home.
    pub const fn unit(&self) -> &UnitCode {
        match self {
            Self::Person(person) => &person.unit,
            Self::Item(item) => &item.unit,
        }
    }

    /// The version of the record.
    pub const fn version(&self) -> u64 {
        match self {
            Self::Person(person) => person.version,
            Self::Item(item) => item.version,
        }
    }

    /// How it fits a place of a reserve unit; other places that it holds are not asked.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn judge(&self, area: &Area<'_>, no: u16) -> Result<Match, Refusal> {
        match self {
            Self::Person(person) => area.judge(no, person),
            Self::Item(item) => area.judge_item(no, item),
        }
    }
}

impl Registry {
    /// Those asked for, in their order, as their records are now, judged for a day; none where a
    /// record is gone.
    pub fn subjects(&self, units: &Units, subjects: &[Subject], day: Date) -> Vec<Option<One>> {
        let looking = Looking { limits: &self.limits, day, occasion: Occasion::Mobilization };
        let (mut homes_of_people, mut homes_of_items) = (Homes::new(units), Homes::new(units));
        let people = homes_of_people.read(self, RecordKind::Reservist);
        let items = homes_of_items.read(self, RecordKind::Equipment);
        let one = |subject: &Subject| {
            let id = subject.as_bytes();
            if subject.is_person() {
                let row = people.person(id)?;
                let code = people.code(id).and_then(|code| code.parse().ok());
                Some(One::Person(looking.person(&row, code, homes_of_people.of(row.unit)?)))
            } else {
                let row = items.item(id)?;
                let code = items.code(id).and_then(|code| code.parse().ok())?;
                Some(One::Item(looking.item(&row, code, homes_of_items.of(row.unit)?)))
            }
        };
        subjects.iter().map(one).collect()
    }

    /// How each holder fits its place on a day, in the establishments that `reserve_units` gives, and by
    /// the areas that units were in that day.
    pub fn judged(
        &self,
        units: &Units,
        reserve_units: &[&ReserveUnit],
        assignments: &[&Assignment],
        day: Date,
    ) -> Vec<Validity> {
        let placed = units.placed_on(day);
        let units = placed.as_ref();
        let areas: BTreeMap<_, _> =
            reserve_units.iter().map(|unit| (&unit.code, Area::of(unit, units, day))).collect();
        let subjects: Vec<Subject> = assignments.iter().map(|at| at.subject).collect();
        let holders = self.subjects(units, &subjects, day);
        let judge = |(at, holder): (&&Assignment, Option<One>)| {
            let area = areas.get(&at.reserve_unit);
            if let Some(settled) = at.settled.on(day) {
                let has_place = area.is_some_and(|area| area.has(at.subject.is_person(), at.post));
                return if has_place { settled } else { Err(Refusal::PostGone.code()) };
            }
            let holder = holder.ok_or("RECORD_GONE")?;
            let area = area.ok_or(Refusal::PostGone);
            area.and_then(|area| holder.judge(area, at.post)).map_err(|refusal| refusal.code())
        };
        assignments.iter().zip(holders).map(judge).collect()
    }
}
