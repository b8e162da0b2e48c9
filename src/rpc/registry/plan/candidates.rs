//! What the plan's rules look at, out of the index: nothing is opened to choose and to count.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::domain::ids::{EquipmentId, ReservistId, SpecialtyCode, UnitCode};
use crate::domain::plan::{Candidate, Item, ReserveUnit, Subject};
use crate::domain::registry::eligibility::{AgeLimits, Call, Duty, Occasion};
use crate::domain::registry::{EquipmentStatus, ReserveClass, ReservistCategory};
use crate::domain::unit::Units;
use crate::domain::world::RecordKind;
use crate::index::{Candidates as Rows, ItemRow, PersonRow, Registry};
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
        let (engine, units) = (self.engine.clone(), self.units());
        let reading = tokio::task::spawn_blocking(move || {
            let (mut people, mut items) = (Vec::new(), Vec::new());
            let (mut homes_of_people, mut homes_of_items) =
                (Homes::new(&units), Homes::new(&units));
            {
                // One look for all of them: who changes specialty meanwhile is not met twice.
                let registry = engine.registry();
                let rows = homes_of_people.read(&registry, RecordKind::Reservist);
                for code in wanted.specialties {
                    people.extend(rows.people(code.as_str()).map(|row| (row, code.clone())));
                }
                let rows = homes_of_items.read(&registry, RecordKind::Equipment);
                for code in wanted.types {
                    items.extend(rows.items(code.as_str()).map(|row| (row, code.clone())));
                }
            }
            let looking = Looking { limits: &AgeLimits::shipped(), day };
            let person = |(row, code): (PersonRow, _)| {
                Some(looking.person(&row, Some(code), homes_of_people.of(row.unit)?))
            };
            let item = |(row, code): (ItemRow, _)| {
                Some(looking.item(&row, code, homes_of_items.of(row.unit)?))
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
        self.subjects(&[subject], day).pop().flatten()
    }

    /// Those asked for, in their order.
    pub(super) fn subjects(&self, subjects: &[Subject], day: Date) -> Vec<Option<One>> {
        let (units, limits) = (self.units(), AgeLimits::shipped());
        let looking = Looking { limits: &limits, day };
        let registry = self.engine.registry();
        let (mut homes_of_people, mut homes_of_items) = (Homes::new(&units), Homes::new(&units));
        let people = homes_of_people.read(&registry, RecordKind::Reservist);
        let items = homes_of_items.read(&registry, RecordKind::Equipment);
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
}

/// A person or an item.
#[derive(Debug)]
pub(super) enum One {
    Person(Candidate),
    Item(Item),
}

/// The units of today that rows count under, by the number that rows carry.
struct Homes<'a> {
    units: &'a Units,
    homes: Vec<UnitCode>,
}

impl<'a> Homes<'a> {
    const fn new(units: &'a Units) -> Self {
        Self { units, homes: Vec::new() }
    }

    fn read<'b>(&mut self, registry: &'b Registry, kind: RecordKind) -> Rows<'b> {
        registry.table(kind).candidates(|unit| {
            self.homes.push(self.units.current(unit).clone());
            u32::try_from(self.homes.len() - 1).ok()
        })
    }

    fn of(&self, number: u32) -> Option<&UnitCode> {
        self.homes.get(usize::try_from(number).ok()?)
    }
}

/// The rules and the day by which is looked.
#[derive(Clone, Copy)]
struct Looking<'a> {
    limits: &'a AgeLimits,
    day: Date,
}

impl Looking<'_> {
    fn person(
        &self,
        row: &PersonRow,
        specialty: Option<SpecialtyCode>,
        home: &UnitCode,
    ) -> Candidate {
        let who = row.who;
        let call = |duty| Call {
            day: self.day,
            occasion: Occasion::Mobilization,
            duty: Some(duty),
            health_max: None,
            limits: self.limits,
        };
        let ask = |duty| who.callable(&call(duty)).map_err(|reason| reason.code());
        // Former professional servicemen are of class one, and have no class of their own.
        let is_professional = who.category == Some(ReservistCategory::Professional);
        Candidate {
            id: ReservistId::from_bytes(row.id),
            version: row.version,
            unit: home.clone(),
            specialty,
            rank: who.rank,
            class: row.class.or_else(|| is_professional.then_some(ReserveClass::One)),
            sex: who.sex,
            health: who.health,
            birth: who.birth.date(),
            rechecked_on: row.rechecked_on,
            combat: ask(Duty::Combat),
            support: ask(Duty::Support),
            is_assigned: row.is_assigned,
        }
    }

    fn item(&self, row: &ItemRow, kind: SpecialtyCode, home: &UnitCode) -> Item {
        Item {
            id: EquipmentId::from_bytes(row.id),
            version: row.version,
            unit: home.clone(),
            kind,
            capacity: row.capacity,
            has_driver: row.has_driver,
            grade: row.grade,
            year: row.year,
            available: row.status.callable_on(row.status_period, self.day).map_err(reason),
            is_assigned: row.is_assigned,
        }
    }
}

const fn reason(status: EquipmentStatus) -> &'static str {
    match status {
        EquipmentStatus::Available => "AVAILABLE",
        EquipmentStatus::UnderRepair => "UNDER_REPAIR",
        EquipmentStatus::Sold => "SOLD",
        EquipmentStatus::Scrapped => "SCRAPPED",
        EquipmentStatus::Pledged => "PLEDGED",
        EquipmentStatus::OutOfProvince => "OUT_OF_PROVINCE",
        EquipmentStatus::Mobilized => "MOBILIZED",
    }
}
