//! The plan in memory: reserve units and assignments, found by subject and by post.
//!
//! Rebuilt at start from the sealed records and kept current by the engine's owner, like the tables.
//! Nothing in it is personal. Assignments are few beside the registry (at most one active for each
//! person and item) and small, so they are held whole: the fill of any day is a walk over them.
//! The owner asks [`Guard`] before it writes: a place, a quota or a record may have gone since the
//! door looked.

mod guard;
mod judged;
mod settling;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::domain::ids::{EquipmentId, ReserveUnitCode, ReservistId, UnitCode};
use crate::domain::plan::{Assignment, ReserveUnit, Span, Stage, Subject, most_at_once};
use crate::domain::unit::{Echelon, Units};
use crate::domain::world::RecordKind;
use crate::evidence::seal::{SealError, Sealer};
use crate::index::{LoadError, Registry, StoredError, open_value};
use crate::limits;
use crate::store::{Store, keys};
use crate::wire::registry::decode;
use crate::wire::{WireError, pb};

pub use guard::Guard;
pub use judged::One;
pub use settling::Settling;

/// A post or line: reserve unit, whether it is for people, number.
pub type Place = (ReserveUnitCode, bool, u16);

/// A reserve unit with its record's identity and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its record.
    pub id: [u8; 16],
    /// The record's version.
    pub version: u64,
    /// The reserve unit.
    pub unit: ReserveUnit,
}

/// An assignment with the version of the subject's record that it was decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// The assignment.
    pub assignment: Assignment,
    /// The version.
    pub subject_version: u64,
}

/// What is held by as many as it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// The post or line.
    Post,
    /// What the commune gives the reserve unit.
    Quota,
}

/// What a record changes in the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanChange {
    /// A reserve unit.
    ReserveUnit(Box<Kept>),
    /// An assignment.
    Assignment(Box<Assigned>),
}

impl PlanChange {
    /// Reads a record's content; none for records of other kinds.
    ///
    /// # Errors
    /// When it is not what this program writes.
    pub fn read(
        kind: RecordKind,
        id: [u8; 16],
        version: u64,
        content: &[u8],
    ) -> Result<Option<Self>, WireError> {
        Ok(match kind {
            RecordKind::ReserveUnit => {
                let message: pb::ReserveUnit = decode(content, id, version)?;
                let unit = ReserveUnit::try_from(&message)?;
                Some(Self::ReserveUnit(Box::new(Kept { id, version, unit })))
            }
            RecordKind::Assignment => {
                let message: pb::Assignment = decode(content, id, version)?;
                let assignment = Assignment::try_from(&message)?;
                let subject_version = message.subject_version;
                Some(Self::Assignment(Box::new(Assigned { assignment, subject_version })))
            }
            _other => None,
        })
    }
}

/// The plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanIndex {
    reserve_units: BTreeMap<ReserveUnitCode, Kept>,
    /// Establishments that another of the same code followed; few, in no order.
    former: BTreeMap<ReserveUnitCode, Vec<Kept>>,
    assignments: BTreeMap<[u8; 16], Assigned>,
    active: BTreeMap<Subject, [u8; 16]>,
    by_subject: BTreeMap<Subject, BTreeSet<[u8; 16]>>,
    by_place: BTreeMap<Place, BTreeSet<[u8; 16]>>,
}

impl PlanIndex {
    /// A reserve unit.
    pub fn reserve_unit(&self, code: &ReserveUnitCode) -> Option<&Kept> {
        self.reserve_units.get(code)
    }

    /// All reserve units, by code.
    pub fn reserve_units(&self) -> impl Iterator<Item = &Kept> {
        self.reserve_units.values()
    }

    /// The reserve units from a code on.
    pub fn reserve_units_from(
        &self,
        from: std::ops::Bound<ReserveUnitCode>,
    ) -> impl Iterator<Item = &Kept> {
        self.reserve_units.range((from, std::ops::Bound::Unbounded)).map(|(_code, kept)| kept)
    }

    /// Each reserve unit as it was established on a day; those that were none on it are left out.
    pub fn established_on(&self, day: Date) -> impl Iterator<Item = &Kept> {
        let former = self.former.values().flatten();
        self.reserve_units.values().chain(former).filter(move |kept| kept.unit.exists_on(day))
    }

    /// The establishments of a code, that of now and the former ones.
    pub fn establishments(&self, code: &ReserveUnitCode) -> impl Iterator<Item = &ReserveUnit> {
        let former = self.former.get(code).into_iter().flatten();
        self.reserve_units.get(code).into_iter().chain(former).map(|kept| &kept.unit)
    }

    /// The last day of the former establishments of a code; none where there are none.
    pub fn latest_former(&self, code: &ReserveUnitCode) -> Option<Date> {
        self.former.get(code)?.iter().filter_map(|kept| kept.unit.valid_to).max()
    }

    /// One assignment.
    pub fn assignment(&self, id: &[u8; 16]) -> Option<&Assigned> {
        self.assignments.get(id)
    }

    /// All assignments after one, by identity.
    pub fn assignments_after(&self, after: &[u8; 16]) -> impl Iterator<Item = &Assigned> {
        use std::ops::Bound::{Excluded, Unbounded};
        self.assignments.range((Excluded(*after), Unbounded)).map(|(_id, assigned)| assigned)
    }

    /// The active assignment of a person or item.
    pub fn active(&self, subject: &Subject) -> Option<&Assigned> {
        self.active.get(subject).and_then(|id| self.assignments.get(id))
    }

    /// Everybody and everything that has an active assignment.
    pub fn assigned(&self) -> impl Iterator<Item = &Subject> {
        self.active.keys()
    }

    /// The assignments of a person or item, of every stage.
    pub fn of_subject(&self, subject: &Subject) -> impl Iterator<Item = &Assigned> {
        let ids = self.by_subject.get(subject).into_iter().flatten();
        ids.filter_map(|id| self.assignments.get(id))
    }

    /// Everybody and everything without an active assignment that holds a place on `day` or later:
    /// the last day is set, and yet to come.
    pub fn leaving_from(&self, day: Date) -> BTreeSet<Subject> {
        let ended = self.assignments.values().map(|at| &at.assignment);
        let ended = ended.filter(|at| at.stage == Stage::Ended && at.holds_from(day));
        ended.map(|at| at.subject).collect()
    }

    /// The assignments of a post or line, of every stage.
    pub fn of_place(&self, place: &Place) -> impl Iterator<Item = &Assigned> {
        let ids = self.by_place.get(place).into_iter().flatten();
        ids.filter_map(|id| self.assignments.get(id))
    }

    /// The first day from `day` on when a place is free for one whom a commune of today gives, and its
    /// quota too, and both stay so. Where the commune has no quota while others have, the place alone
    /// is asked.
    ///
    /// # Errors
    /// What stays held while those who hold it stay.
    pub fn free_from(
        &self,
        place: &Place,
        unit: &ReserveUnit,
        (giver, units): (&UnitCode, &Units),
        day: Date,
    ) -> Result<Date, Full> {
        let places = (self.spans(place), unit.places(place.1, place.2).unwrap_or(0));
        let quota = unit.quota_of(giver, units).map(|quota| {
            let count = if place.1 { quota.people } else { quota.equipment };
            (self.given_spans(unit, (place.1, giver), units), count)
        });
        let all = std::iter::once(&places).chain(&quota).flat_map(|(held, _count)| held);
        let after = all.filter_map(|(_from, to)| (*to)?.tomorrow().ok());
        let mut days: Vec<Date> = after.filter(|after| *after > day).chain([day]).collect();
        days.sort_unstable();
        let has_room = |(held, count): &(Vec<Span>, u32), day: Date| {
            let count = usize::try_from(*count).unwrap_or(usize::MAX);
            most_at_once(held.iter().copied(), day) < count
        };
        days.retain(|day| has_room(&places, *day));
        if days.is_empty() {
            return Err(Full::Post);
        }
        let is_free = |day: &Date| quota.as_ref().is_none_or(|quota| has_room(quota, *day));
        days.into_iter().find(is_free).ok_or(Full::Quota)
    }

    fn spans(&self, place: &Place) -> Vec<Span> {
        self.of_place(place).filter_map(|at| at.assignment.held()).collect()
    }

    /// When people or items that a commune gives a reserve unit hold places there.
    fn given_spans(
        &self,
        unit: &ReserveUnit,
        (is_person, giver): (bool, &UnitCode),
        units: &Units,
    ) -> Vec<Span> {
        let commune = commune_of(giver, units);
        let all = self.of_reserve_unit(&unit.code).map(|at| &at.assignment);
        let own = all.filter(|at| {
            at.subject.is_person() == is_person && commune_of(&at.unit, units) == commune
        });
        own.filter_map(Assignment::held).collect()
    }

    /// Of a commune of today and its quota in a reserve unit: how many it gives from `day` on, at most
    /// at once, and how many it may. None where the reserve unit has no quota for it.
    pub fn given(
        &self,
        unit: &ReserveUnit,
        (is_person, giver): (bool, &UnitCode),
        units: &Units,
        day: Date,
    ) -> Option<(UnitCode, usize, u32)> {
        let quota = unit.quota_of(giver, units)?;
        let spans = self.given_spans(unit, (is_person, giver), units);
        let given = most_at_once(spans.into_iter(), day);
        let quota = if is_person { quota.people } else { quota.equipment };
        Some((commune_of(giver, units).clone(), given, quota))
    }

    /// The assignments of a reserve unit, of every stage.
    pub fn of_reserve_unit(&self, code: &ReserveUnitCode) -> impl Iterator<Item = &Assigned> {
        let places = self.by_place.range((code.clone(), false, 0)..=(code.clone(), true, u16::MAX));
        places.flat_map(|(_place, ids)| ids).filter_map(|id| self.assignments.get(id))
    }

    /// Takes over a record that is durable.
    pub fn apply(&mut self, change: PlanChange) {
        match change {
            PlanChange::ReserveUnit(kept) if kept.unit.is_former => {
                let former = self.former.entry(kept.unit.code.clone()).or_default();
                former.retain(|other| other.id != kept.id);
                former.push(*kept);
            }
            PlanChange::ReserveUnit(kept) => {
                self.reserve_units.insert(kept.unit.code.clone(), *kept);
            }
            PlanChange::Assignment(assigned) => self.put(*assigned),
        }
    }

    fn put(&mut self, assigned: Assigned) {
        let assignment = &assigned.assignment;
        let id = *assignment.id.as_bytes();
        if let Some(before) = self.assignments.get(&id) {
            let before = &before.assignment;
            if self.active.get(&before.subject) == Some(&id) {
                self.active.remove(&before.subject);
            }
            if let Some(ids) = self.by_subject.get_mut(&before.subject) {
                ids.remove(&id);
            }
            if let Some(ids) = self.by_place.get_mut(&place(before)) {
                ids.remove(&id);
            }
        }
        if assignment.stage == Stage::Active {
            self.active.insert(assignment.subject, id);
        }
        self.by_subject.entry(assignment.subject).or_default().insert(id);
        self.by_place.entry(place(assignment)).or_default().insert(id);
        self.assignments.insert(id, assigned);
    }
}

/// The post or line of an assignment.
pub fn place(assignment: &Assignment) -> Place {
    (assignment.reserve_unit.clone(), assignment.subject.is_person(), assignment.post)
}

/// Whom or what a record is of, where a plan can have it.
pub fn subject_of(kind: RecordKind, id: [u8; 16]) -> Option<Subject> {
    match kind {
        RecordKind::Reservist => Some(Subject::Reservist(ReservistId::from_bytes(id))),
        RecordKind::Equipment => Some(Subject::Equipment(EquipmentId::from_bytes(id))),
        _others => None,
    }
}

/// The commune that a unit is or lies in today; the unit itself where it lies in none.
pub fn commune_of<'a>(unit: &'a UnitCode, units: &'a Units) -> &'a UnitCode {
    let today = units.current(unit);
    let own = units.get(today);
    let commune = own
        .into_iter()
        .chain(units.ancestors(today))
        .find(|unit| unit.echelon() == Echelon::Commune);
    commune.map_or(today, |unit| &unit.code)
}

impl Registry {
    /// Takes over a record of the plan that is durable, and says of its subject whether it is
    /// assigned now.
    pub fn apply_plan(&mut self, change: PlanChange) {
        let mut subjects = Vec::new();
        if let PlanChange::Assignment(assigned) = &change {
            let before = self.plan.assignment(assigned.assignment.id.as_bytes());
            subjects.extend(before.map(|before| before.assignment.subject));
            subjects.push(assigned.assignment.subject);
        }
        self.plan.apply(change);
        for subject in subjects {
            self.say_assigned(&subject);
        }
    }

    fn say_assigned(&mut self, subject: &Subject) {
        let kind = if subject.is_person() { RecordKind::Reservist } else { RecordKind::Equipment };
        let is_assigned = self.plan.active(subject).is_some();
        self.table_mut(kind).set_assigned(subject.as_bytes(), is_assigned);
    }

    /// Reads the plan out of a store. Blocks.
    pub(super) fn load_plan(
        &mut self,
        store: &dyn Store,
        sealer: &Sealer,
    ) -> Result<(), LoadError> {
        for kind in [RecordKind::ReserveUnit, RecordKind::Assignment] {
            let mut after = Vec::new();
            loop {
                let page = store.scan(keys::records(kind), &after, limits::SCAN_PAGE_LEN)?;
                let Some((last, _value)) = page.last() else { break };
                after.clone_from(last);
                for (key, value) in page {
                    let id = keys::record_id(kind, &key).ok_or(LoadError::Key)?;
                    let named = uuid::Uuid::from_bytes(id);
                    let (version, content) = match open_value(sealer, kind, &id, &value) {
                        Err(StoredError::Sealed(SealError::Erased)) => continue,
                        opened => opened.map_err(|fault| LoadError::Sealed { id: named, fault })?,
                    };
                    let change = PlanChange::read(kind, id, version, &content)
                        .map_err(|fault| LoadError::Content { id: named, fault })?;
                    change.into_iter().for_each(|change| self.apply_plan(change));
                }
            }
        }
        Ok(())
    }
}
