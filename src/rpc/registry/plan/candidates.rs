//! What the plan's rules look at, out of the index: nothing is opened to choose and to count.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::domain::ids::SpecialtyCode;
use crate::domain::plan::{Assignment, Candidate, Item, ReserveUnit, Subject, Validity};
use crate::domain::registry::eligibility::Occasion;
use crate::domain::world::RecordKind;
use crate::index::assignments::One;
use crate::index::{Homes, ItemRow, Looking, PersonRow};
use crate::rpc::registry::{RegistryFault, RegistryParts};

/// What is looked for: candidates of other specialties are not even read, for a proposal has no more
/// to say of them than that they are of another specialty.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    specialties: BTreeSet<SpecialtyCode>,
    types: BTreeSet<SpecialtyCode>,
}

impl Wanted {
    pub(super) fn of<'a>(units: impl Iterator<Item = &'a ReserveUnit>) -> Self {
        let mut wanted = Self::default();
        for unit in units {
            for post in &unit.posts {
                wanted
                    .specialties
                    .extend(std::iter::once(&post.specialty).chain(&post.near).cloned());
            }
            for line in &unit.lines {
                wanted.types.extend(std::iter::once(&line.kind).chain(&line.near).cloned());
            }
        }
        wanted
    }
}

/// Candidates on both sides.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    pub(super) people: Vec<Candidate>,
    pub(super) items: Vec<Item>,
}

impl RegistryParts {
    /// Everybody and everything that could be wanted, as of a day.
    pub(super) async fn candidates(
        &self,
        wanted: Wanted,
        day: Date,
    ) -> Result<Candidates, RegistryFault> {
        let (engine, units, law) = (self.engine.clone(), self.units(), self.law.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let (mut people, mut items) = (Vec::new(), Vec::new());
            let leaving;
            let (mut homes_of_people, mut homes_of_items) =
                (Homes::new(&units), Homes::new(&units));
            {
                // One look for all of them: who changes specialty meanwhile is not met twice.
                let registry = engine.registry();
                leaving = registry.plan.leaving_from(day);
                let rows = homes_of_people.read(&registry, RecordKind::Reservist);
                for code in wanted.specialties {
                    people.extend(rows.people(code.as_str()).map(|row| (row, code.clone())));
                }
                let rows = homes_of_items.read(&registry, RecordKind::Equipment);
                for code in wanted.types {
                    items.extend(rows.items(code.as_str()).map(|row| (row, code.clone())));
                }
            }
            let looking =
                Looking { limits: &law.age_limits, day, occasion: Occasion::Mobilization };
            let person = |(row, code): (PersonRow, _)| {
                let one = looking.person(&row, Some(code), homes_of_people.of(row.unit)?);
                let is_assigned = one.is_assigned || leaving.contains(&Subject::Reservist(one.id));
                Some(Candidate { is_assigned, ..one })
            };
            let item = |(row, code): (ItemRow, _)| {
                let one = looking.item(&row, code, homes_of_items.of(row.unit)?);
                let is_assigned = one.is_assigned || leaving.contains(&Subject::Equipment(one.id));
                Some(Item { is_assigned, ..one })
            };
            Candidates {
                people: people.into_iter().filter_map(person).collect(),
                items: items.into_iter().filter_map(item).collect(),
            }
        });
        reading.await.or(Err(RegistryFault::Unreadable))
    }

    /// One person or item, as of a day; none where the record is gone.
    pub(super) fn subject(&self, subject: Subject, day: Date) -> Option<One> {
        let units = self.units();
        self.engine.registry().subjects(&units, &[subject], day).pop().flatten()
    }
}

impl RegistryParts {
    /// The ids of those of them who serve in the militia too, as text.
    pub(super) fn also_militia(&self, subjects: impl Iterator<Item = Subject>) -> Vec<String> {
        let registry = self.engine.registry();
        let people = registry.table(RecordKind::Reservist).candidates(|_any| Some(0));
        let both = subjects.filter(|who| {
            who.is_person() && people.person(who.as_bytes()).is_some_and(|row| row.in_militia)
        });
        both.map(|who| uuid::Uuid::from_bytes(*who.as_bytes()).to_string()).collect()
    }

    /// How each holder fits its place on a day, by the establishments of that day.
    pub(super) fn judged_on(&self, assignments: &[&Assignment], day: Date) -> Vec<Validity> {
        let units: Vec<ReserveUnit> = {
            let of: BTreeSet<_> = assignments.iter().map(|at| &at.reserve_unit).collect();
            let registry = self.engine.registry();
            let all = registry.plan.established_on(day).map(|kept| &kept.unit);
            all.filter(|unit| of.contains(&unit.code)).cloned().collect()
        };
        self.judged(&units.iter().collect::<Vec<_>>(), assignments, day)
    }

    /// How each holder fits its place on a day, by the rules of a proposal and the establishment that
    /// `units` gives.
    pub(super) fn judged(
        &self,
        units: &[&ReserveUnit],
        assignments: &[&Assignment],
        day: Date,
    ) -> Vec<Validity> {
        let tree = self.units();
        self.engine.registry().judged(&tree, units, assignments, day)
    }
}
