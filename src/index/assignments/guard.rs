//! Asked by the engine's owner before it writes assignments: a place, a quota or a record may have gone
//! since the door looked.
//!
//! Invariants: whatever is admitted, on any day one person or item holds one place, a post is held by
//! no more than it has places, and a commune gives a reserve unit no more than its quota. Days to come
//! count as today does: an assignment whose last day is set keeps its place until then.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Assigned, Place, PlanChange, commune_of, place};
use crate::domain::ids::{ReserveUnitCode, UnitCode};
use crate::domain::plan::{Assignment, Span, Stage, Subject, most_at_once};
use crate::domain::unit::Units;
use crate::domain::world::RecordKind;
use crate::index::Registry;

/// What a commune gives a reserve unit, of people or of equipment.
type Giving = (ReserveUnitCode, bool, UnitCode);
/// Which assignments hold something, and when.
type Spans = BTreeMap<[u8; 16], Span>;

/// Looks over one batch of assignments before it is written, with what earlier rows of it change.
#[derive(Debug)]
pub struct Guard<'a> {
    registry: &'a Registry,
    units: &'a Units,
    /// Reserve units whose assignments are in `places` and `given`.
    read: BTreeSet<ReserveUnitCode>,
    places: BTreeMap<Place, Spans>,
    given: BTreeMap<Giving, Spans>,
    subjects: BTreeMap<Subject, Spans>,
}

impl<'a> Guard<'a> {
    /// For one batch.
    pub const fn new(registry: &'a Registry, units: &'a Units) -> Self {
        Self {
            registry,
            units,
            read: BTreeSet::new(),
            places: BTreeMap::new(),
            given: BTreeMap::new(),
            subjects: BTreeMap::new(),
        }
    }

    /// Whether a record may be written.
    ///
    /// # Errors
    /// A stable reason: `PLAN_CHANGED`, `RECORD_CHANGED`, `PERIOD_OVERLAPS`, `POST_FULL`,
    /// `QUOTA_FULL`.
    pub fn admit(&mut self, change: &PlanChange) -> Result<(), &'static str> {
        let PlanChange::Assignment(assigned) = change else { return Ok(()) };
        let assignment = &assigned.assignment;
        self.read(assignment);
        if assignment.stage != Stage::Ended {
            self.admit_subject(assigned)?;
        }
        let before = self.registry.plan.assignment(assignment.id.as_bytes());
        let before = before.and_then(|before| before.assignment.held());
        // Its own last state is not in its way.
        self.leave(assignment);
        if let Some(held) = assignment.held() {
            // What only gets shorter takes nothing from others.
            if !before.is_some_and(|before| is_within(held, before)) {
                self.admit_span(assignment, held)?;
                self.admit_place(assignment)?;
            }
            self.take(assignment, held);
        }
        Ok(())
    }

    fn admit_subject(&self, assigned: &Assigned) -> Result<(), &'static str> {
        let subject = &assigned.assignment.subject;
        let kind = if subject.is_person() { RecordKind::Reservist } else { RecordKind::Equipment };
        let row = self.registry.table(kind).get(subject.as_bytes());
        let is_same = row.is_some_and(|row| row.version == assigned.subject_version);
        if is_same { Ok(()) } else { Err("RECORD_CHANGED") }
    }

    fn admit_span(&self, of: &Assignment, held: Span) -> Result<(), &'static str> {
        let spans = self.subjects.get(&of.subject).into_iter().flat_map(BTreeMap::values);
        let meets = |other: &Span| {
            let begins_within = |one: &Span, two: &Span| two.1.is_none_or(|to| one.0 <= to);
            begins_within(&held, other) && begins_within(other, &held)
        };
        let mut spans = spans;
        if spans.any(meets) { Err("PERIOD_OVERLAPS") } else { Ok(()) }
    }

    fn admit_place(&self, of: &Assignment) -> Result<(), &'static str> {
        let kept = self.registry.plan.reserve_unit(&of.reserve_unit).ok_or("PLAN_CHANGED")?;
        let (unit, is_person) = (&kept.unit, of.subject.is_person());
        let count = unit.places(is_person, of.post);
        if is_full(self.places.get(&place(of)), of.from, count.ok_or("PLAN_CHANGED")?) {
            return Err("POST_FULL");
        }
        if unit.quotas.is_empty() {
            return Ok(());
        }
        let giving = self.giving(of);
        let quota = unit.quota_of(&giving.2, self.units).ok_or("QUOTA_FULL")?;
        let quota = if is_person { quota.people } else { quota.equipment };
        if is_full(self.given.get(&giving), of.from, quota) { Err("QUOTA_FULL") } else { Ok(()) }
    }

    fn giving(&self, of: &Assignment) -> Giving {
        let commune = commune_of(&of.unit, self.units).clone();
        (of.reserve_unit.clone(), of.subject.is_person(), commune)
    }

    /// Looks up what the plan has of the subject and of the reserve unit, once in a batch.
    fn read(&mut self, of: &Assignment) {
        let registry: &'a Registry = self.registry;
        let plan = &registry.plan;
        self.subjects.entry(of.subject).or_insert_with(|| {
            let all = plan.of_subject(&of.subject).map(|at| &at.assignment);
            all.filter_map(|at| Some((*at.id.as_bytes(), at.held()?))).collect()
        });
        if self.read.insert(of.reserve_unit.clone()) {
            for at in plan.of_reserve_unit(&of.reserve_unit).map(|at| &at.assignment) {
                if let Some(held) = at.held() {
                    self.hold(at, held);
                }
            }
        }
    }

    fn hold(&mut self, of: &Assignment, held: Span) {
        let id = *of.id.as_bytes();
        self.places.entry(place(of)).or_default().insert(id, held);
        self.given.entry(self.giving(of)).or_default().insert(id, held);
    }

    fn take(&mut self, of: &Assignment, held: Span) {
        self.hold(of, held);
        self.subjects.entry(of.subject).or_default().insert(*of.id.as_bytes(), held);
    }

    /// The assignment as it was holds nothing any more.
    fn leave(&mut self, of: &Assignment) {
        let id = of.id.as_bytes();
        let before = self.registry.plan.assignment(id).map(|before| &before.assignment);
        for at in before.into_iter().chain([of]) {
            let giving = self.giving(at);
            self.subjects.get_mut(&at.subject).map(|spans| spans.remove(id));
            self.places.get_mut(&place(at)).map(|spans| spans.remove(id));
            self.given.get_mut(&giving).map(|spans| spans.remove(id));
        }
    }
}

fn is_within(held: Span, other: Span) -> bool {
    let ends_no_later = other.1.is_none_or(|last| held.1.is_some_and(|own| own <= last));
    other.0 <= held.0 && ends_no_later
}

/// Whether nobody more can be held from a day on.
fn is_full(spans: Option<&Spans>, from: Date, count: u32) -> bool {
    let Some(spans) = spans else { return count == 0 };
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    // Never more than all of them at once; the days are looked at only where that is too many.
    spans.len() >= count && most_at_once(spans.values().copied(), from) >= count
}

#[cfg(test)]
mod tests;
