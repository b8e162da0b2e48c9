//! A reserve unit (đơn vị dự bị động viên): its posts, its equipment lines, where they are filled from.
//!
//! Made by [`super::ReserveUnitInput::check`] only. Nothing in it is personal data.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::domain::ids::{ReserveUnitCode, SpecialtyCode, UnitCode};
use crate::domain::registry::eligibility::Duty;
use crate::domain::registry::{Capacity, HealthClass, Rank, Sex};
use crate::domain::unit::{Echelon, Units};

/// Most posts of one reserve unit: a battalion has some hundreds of kinds of post, and a record of
/// this many still fits one sealed value.
pub const POSTS_MAX: usize = 1_000;
/// Most equipment lines of one reserve unit.
pub const LINES_MAX: usize = 200;
/// Most people or items of one post or line.
pub const COUNT_MAX: u32 = 10_000;
/// Most near specialties or types of one post or line.
pub const NEAR_MAX: usize = 16;
/// Most source units: every commune of the province, twice over.
pub const SOURCES_MAX: usize = 100;
/// Most quotas, as for the sources.
pub const QUOTAS_MAX: usize = 100;

/// A number of like posts (chức danh biên chế).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Its number in the establishment, from 1.
    pub no: u16,
    /// What it is called: "Chiến sĩ bộ binh".
    pub title: String,
    /// The specialty that fits exactly.
    pub specialty: SpecialtyCode,
    /// Specialties that fit nearly; for gaps only.
    pub near: Vec<SpecialtyCode>,
    /// The lowest rank that may hold it; none for no bound.
    pub rank_min: Option<Rank>,
    /// The highest rank that may hold it; none for no bound.
    pub rank_max: Option<Rank>,
    /// Whether it fights.
    pub duty: Duty,
    /// How many people.
    pub count: u32,
    /// The sex it asks for; none for both.
    pub sex: Option<Sex>,
    /// The worst health class that may hold it; none takes everybody, also those never examined.
    pub health_max: Option<HealthClass>,
}

/// A number of like pieces of equipment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EquipmentLine {
    /// Its number, from 1.
    pub no: u16,
    /// The type that fits exactly.
    pub kind: SpecialtyCode,
    /// Types that fit nearly; for gaps only.
    pub near: Vec<SpecialtyCode>,
    /// The least capacity.
    pub capacity_min: Option<Capacity>,
    /// How many items.
    pub count: u32,
    /// Whether each must come with a driver.
    pub needs_driver: bool,
}

/// How many a commune is to give, and at most gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// A source commune, ward or base.
    pub unit: UnitCode,
    /// People.
    pub people: u32,
    /// Pieces of equipment.
    pub equipment: u32,
}

/// One reserve unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReserveUnit {
    /// Its code, one record for each.
    pub code: ReserveUnitCode,
    /// Its name.
    pub name: String,
    /// The unit that keeps its plan: the province or an area.
    pub unit: UnitCode,
    /// Who receives it: a unit of the army, outside the tree of the province.
    pub receiving_unit: Option<String>,
    /// The receiving unit's code, where it has one.
    pub receiving_unit_code: Option<String>,
    /// Where its people gather.
    pub assembly_station: Option<String>,
    /// Where the receiving unit takes them over.
    pub reception_station: Option<String>,
    /// The communes or areas that its people and items come from.
    pub source_units: Vec<UnitCode>,
    /// Posts, by number.
    pub posts: Vec<Post>,
    /// Equipment lines, by number.
    pub lines: Vec<EquipmentLine>,
    /// What each commune gives. With none there is no bound; with some, a commune without gives none.
    pub quotas: Vec<Quota>,
    /// Its first day.
    pub valid_from: Date,
    /// Its last day; none while it exists.
    pub valid_to: Option<Date>,
    /// Whether another establishment of the same code came after it: it is kept for past days.
    pub is_former: bool,
}

impl ReserveUnit {
    /// Whether it exists on `day`, both ends included.
    pub fn exists_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|to| day <= to)
    }

    /// Whether `other` says the same, days aside.
    pub fn is_as(&self, other: &Self) -> bool {
        let (valid_from, valid_to) = (other.valid_from, other.valid_to);
        Self { valid_from, valid_to, ..self.clone() } == *other
    }

    /// What stays of it for past days when another establishment begins on `day`; none where it had
    /// not begun before.
    pub fn until(&self, day: Date) -> Option<Self> {
        let last = day.yesterday().ok().filter(|last| self.valid_from <= *last)?;
        let valid_to = Some(self.valid_to.map_or(last, |to| to.min(last)));
        Some(Self { valid_to, is_former: true, ..self.clone() })
    }

    /// Whether `other`, put in its place, leaves nothing of it for days that it was in force on before
    /// `today`.
    pub fn is_rewritten_by(&self, other: &Self, today: Date) -> bool {
        !self.is_as(other) && self.valid_from < today && other.valid_from <= self.valid_from
    }

    /// The post of a number.
    pub fn post(&self, no: u16) -> Option<&Post> {
        self.posts.iter().find(|post| post.no == no)
    }

    /// The equipment line of a number.
    pub fn line(&self, no: u16) -> Option<&EquipmentLine> {
        self.lines.iter().find(|line| line.no == no)
    }

    /// The places of a post, or of an equipment line; none where there is none of the number.
    pub fn places(&self, is_person: bool, no: u16) -> Option<u32> {
        if is_person {
            self.post(no).map(|post| post.count)
        } else {
            self.line(no).map(|line| line.count)
        }
    }

    /// All people it asks for.
    pub fn people(&self) -> u64 {
        self.posts.iter().map(|post| u64::from(post.count)).sum()
    }

    /// All items it asks for.
    pub fn equipment(&self) -> u64 {
        self.lines.iter().map(|line| u64::from(line.count)).sum()
    }

    /// Every commune, ward and base that it draws on, in the tree of now.
    pub fn draws_on(&self, units: &Units) -> BTreeSet<UnitCode> {
        // What was merged gives through its successor.
        let sources = self.source_units.iter().flat_map(|source| [source, units.current(source)]);
        let under = sources.flat_map(|source| units.subtree(source));
        let lives = under.filter(|unit| unit.echelon() >= Echelon::Commune);
        lives.map(|unit| unit.code.clone()).collect()
    }

    /// The quota that a unit counts under: its own, or that of the commune it lies in. None where it
    /// gives nothing because others have quotas and it has not. Quotas of units that were merged are
    /// their successor's, summed.
    pub fn quota_of(&self, unit: &UnitCode, units: &Units) -> Option<Quota> {
        let above = units.ancestors(unit).map(|unit| &unit.code);
        let mut chain = std::iter::once(units.current(unit)).chain(above);
        chain.find_map(|code| {
            let of = self.quotas.iter().filter(|quota| units.current(&quota.unit) == code);
            of.fold(None, |sum: Option<Quota>, quota| {
                let (people, equipment) = sum.map_or((0, 0), |sum| (sum.people, sum.equipment));
                Some(Quota {
                    unit: code.clone(),
                    people: people.saturating_add(quota.people),
                    equipment: equipment.saturating_add(quota.equipment),
                })
            })
        })
    }
}
