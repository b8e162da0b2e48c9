//! Who may hold which post, and which item may fill which line: one rule after the other, and the
//! first that is broken is the reason.
//!
//! The rules that are about the person alone (age, status, deferral) are the registry's; a candidate
//! comes with their outcome for the day asked about.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::reserve_unit::{EquipmentLine, Post, ReserveUnit};
use crate::domain::ids::{EquipmentId, ReservistId, SpecialtyCode, UnitCode};
use crate::domain::registry::eligibility::Duty;
use crate::domain::registry::{Capacity, HealthClass, Rank, ReserveClass, Sex};
use crate::domain::unit::Units;

/// How well a specialty or type fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Match {
    /// Đúng: it is the one asked for.
    Exact,
    /// Gần đúng: it is one of those that will do.
    Near,
}

impl Match {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Near => "near",
        }
    }
}

/// What choosing a person needs to know, on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub id: ReservistId,
    /// The version of the record this was read from.
    pub version: u64,
    /// Where the person lives, in the tree of now.
    pub unit: UnitCode,
    /// Specialty.
    pub specialty: Option<SpecialtyCode>,
    /// Rank.
    pub rank: Option<Rank>,
    /// Reserve class; who is not known to be of the first goes with the second.
    pub class: Option<ReserveClass>,
    /// Sex; the law's age limits differ by it.
    pub sex: Sex,
    /// Health class.
    pub health: Option<HealthClass>,
    /// Date of birth: the younger first.
    pub birth: Date,
    /// The last re-check of the record: the later first.
    pub rechecked_on: Option<Date>,
    /// Whether the person may be called to a combat post on that day, or the registry's reason.
    pub combat: Result<(), &'static str>,
    /// The same for a support post.
    pub support: Result<(), &'static str>,
    /// Whether the person has an active assignment.
    pub is_assigned: bool,
    /// Whether the person serves in the militia too; no rule asks, and whoever confirms is told.
    pub in_militia: bool,
}

impl Candidate {
    /// Whether the person is of the first reserve class.
    pub fn is_first(&self) -> bool {
        self.class == Some(ReserveClass::One)
    }

    pub(super) const fn callable(&self, duty: Duty) -> Result<(), &'static str> {
        match duty {
            Duty::Combat => self.combat,
            Duty::Support => self.support,
        }
    }
}

/// What choosing an item needs to know, on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Which.
    pub id: EquipmentId,
    /// The version of the record this was read from.
    pub version: u64,
    /// Where it stands, in the tree of now.
    pub unit: UnitCode,
    /// Its type.
    pub kind: SpecialtyCode,
    /// What it can carry or give.
    pub capacity: Option<Capacity>,
    /// Whether somebody drives it.
    pub has_driver: bool,
    /// Technical grade, 1 best; none goes last.
    pub grade: Option<u8>,
    /// Year of manufacture: the younger first.
    pub year: Option<i16>,
    /// Whether it can be called on that day, or the reason.
    pub available: Result<(), &'static str>,
    /// Whether it has an active assignment.
    pub is_assigned: bool,
}

/// Why somebody or something is not placed. Ordered by how far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// There is an active assignment already.
    Assigned,
    /// The registry says why this person or item cannot be called, as `OVER_AGE`.
    NotCallable(&'static str),
    /// The establishment has no such post or line on that day.
    PostGone,
    /// The unit of residence ended before that day, and nothing took its place.
    UnitClosed,
    /// The residence is outside the recruitment area.
    OutsideArea,
    /// The commune has no quota while others have.
    NoQuota,
    /// No specialty is known.
    SpecialtyUnknown,
    /// The specialty or type is neither the one asked for nor near it.
    OtherSpecialty,
    /// The post asks for the other sex.
    OtherSex,
    /// The post asks for a rank, and none is known.
    RankUnknown,
    /// The rank is below what the post asks for.
    RankTooLow,
    /// The rank is above what the post asks for.
    RankTooHigh,
    /// The capacity is not known, less than asked for or of another unit.
    CapacityTooLow,
    /// A driver is asked for, and there is none.
    NoDriver,
    /// The post asks for good health, and none is known.
    HealthUnknown,
    /// The health is worse than the post asks for.
    HealthTooLow,
    /// The commune has given all of its quota.
    QuotaFull,
    /// It fits, and all that it fits is held by others.
    PostsFull,
}

impl Refusal {
    /// All but what the registry says of the person or item.
    pub const OF_PLACES: [Self; 17] = [
        Self::Assigned,
        Self::PostGone,
        Self::UnitClosed,
        Self::OutsideArea,
        Self::NoQuota,
        Self::SpecialtyUnknown,
        Self::OtherSpecialty,
        Self::OtherSex,
        Self::RankUnknown,
        Self::RankTooLow,
        Self::RankTooHigh,
        Self::CapacityTooLow,
        Self::NoDriver,
        Self::HealthUnknown,
        Self::HealthTooLow,
        Self::QuotaFull,
        Self::PostsFull,
    ];

    /// The stable code, upper case with underscores.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Assigned => "ASSIGNED",
            Self::NotCallable(reason) => reason,
            Self::PostGone => "POST_GONE",
            Self::UnitClosed => "UNIT_CLOSED",
            Self::OutsideArea => "OUTSIDE_AREA",
            Self::NoQuota => "NO_QUOTA",
            Self::SpecialtyUnknown => "SPECIALTY_UNKNOWN",
            Self::OtherSpecialty => "OTHER_SPECIALTY",
            Self::OtherSex => "OTHER_SEX",
            Self::RankUnknown => "RANK_UNKNOWN",
            Self::RankTooLow => "RANK_TOO_LOW",
            Self::RankTooHigh => "RANK_TOO_HIGH",
            Self::CapacityTooLow => "CAPACITY_TOO_LOW",
            Self::NoDriver => "NO_DRIVER",
            Self::HealthUnknown => "HEALTH_UNKNOWN",
            Self::HealthTooLow => "HEALTH_TOO_LOW",
            Self::QuotaFull => "QUOTA_FULL",
            Self::PostsFull => "POSTS_FULL",
        }
    }
}

/// Whether a person may hold a post, as far as the two tell by themselves: recruitment area, quotas
/// and who else wants it are not asked here.
///
/// # Errors
/// The first rule that is broken.
pub fn fits(post: &Post, candidate: &Candidate) -> Result<Match, Refusal> {
    if candidate.is_assigned { Err(Refusal::Assigned) } else { suits(post, candidate) }
}

/// As [`fits`], of one who may hold the post already: whether another place is held is not asked.
///
/// # Errors
/// The first rule that is broken.
pub fn suits(post: &Post, candidate: &Candidate) -> Result<Match, Refusal> {
    candidate.callable(post.duty).map_err(Refusal::NotCallable)?;
    let specialty = candidate.specialty.as_ref().ok_or(Refusal::SpecialtyUnknown)?;
    let fit = matches(specialty, &post.specialty, &post.near)?;
    if post.sex.is_some_and(|sex| sex != candidate.sex) {
        return Err(Refusal::OtherSex);
    }
    if post.rank_min.is_some() || post.rank_max.is_some() {
        let rank = candidate.rank.ok_or(Refusal::RankUnknown)?;
        if post.rank_min.is_some_and(|lowest| rank < lowest) {
            return Err(Refusal::RankTooLow);
        }
        if post.rank_max.is_some_and(|highest| rank > highest) {
            return Err(Refusal::RankTooHigh);
        }
    }
    if let Some(worst) = post.health_max {
        let health = candidate.health.ok_or(Refusal::HealthUnknown)?;
        if health > worst {
            return Err(Refusal::HealthTooLow);
        }
    }
    Ok(fit)
}

/// Whether an item may fill a line, as [`fits`] for people.
///
/// # Errors
/// The first rule that is broken.
pub fn fits_line(line: &EquipmentLine, item: &Item) -> Result<Match, Refusal> {
    if item.is_assigned { Err(Refusal::Assigned) } else { suits_line(line, item) }
}

/// As [`suits`], of an item.
///
/// # Errors
/// The first rule that is broken.
pub fn suits_line(line: &EquipmentLine, item: &Item) -> Result<Match, Refusal> {
    item.available.map_err(Refusal::NotCallable)?;
    let fit = matches(&item.kind, &line.kind, &line.near)?;
    if let Some(least) = line.capacity_min {
        let enough = item.capacity.is_some_and(|capacity| {
            capacity.unit == least.unit && capacity.thousandths >= least.thousandths
        });
        if !enough {
            return Err(Refusal::CapacityTooLow);
        }
    }
    if line.needs_driver && !item.has_driver {
        return Err(Refusal::NoDriver);
    }
    Ok(fit)
}

/// Where a reserve unit takes people and items from.
#[derive(Debug, Clone)]
pub struct Area<'a> {
    unit: &'a ReserveUnit,
    units: &'a Units,
    draws_on: BTreeSet<UnitCode>,
    day: Date,
}

impl<'a> Area<'a> {
    /// Of a reserve unit, in a tree, on a day.
    pub fn of(unit: &'a ReserveUnit, units: &'a Units, day: Date) -> Self {
        Self { unit, units, draws_on: unit.draws_on(units), day }
    }

    /// Whether the establishment has the post, or the equipment line, of a number.
    pub fn has(&self, is_person: bool, no: u16) -> bool {
        self.unit.places(is_person, no).is_some()
    }

    /// All rules for somebody or something at `home`, given what the place says of them: what is
    /// about the person comes before the area, and the area before the place.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn admit(&self, home: &UnitCode, fit: Result<Match, Refusal>) -> Result<Match, Refusal> {
        in_order(fit, || self.takes_from(home))
    }

    /// Whether it takes from a unit at all.
    ///
    /// # Errors
    /// [`Refusal::UnitClosed`], [`Refusal::OutsideArea`] or [`Refusal::NoQuota`].
    pub fn takes_from(&self, home: &UnitCode) -> Result<(), Refusal> {
        // What stands for itself and has ended was closed without a successor: nobody calls there.
        let today = self.units.get(self.units.current(home));
        if today.and_then(|unit| unit.valid_to).is_some_and(|last| last < self.day) {
            Err(Refusal::UnitClosed)
        } else if !self.draws_on.contains(home) {
            Err(Refusal::OutsideArea)
        } else if self.unit.quotas.is_empty() || self.unit.quota_of(home, self.units).is_some() {
            Ok(())
        } else {
            Err(Refusal::NoQuota)
        }
    }

    /// Whether a person holds, or may hold, the post of a number; other places held are not asked.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn judge(&self, no: u16, candidate: &Candidate) -> Result<Match, Refusal> {
        let post = self.unit.post(no).ok_or(Refusal::PostGone)?;
        self.admit(&candidate.unit, suits(post, candidate))
    }

    /// As [`Self::judge`], of an item and a line.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn judge_item(&self, no: u16, item: &Item) -> Result<Match, Refusal> {
        let line = self.unit.line(no).ok_or(Refusal::PostGone)?;
        self.admit(&item.unit, suits_line(line, item))
    }
}

/// What is about the person, then the area, then the place.
pub(super) fn in_order(
    fit: Result<Match, Refusal>,
    area: impl FnOnce() -> Result<(), Refusal>,
) -> Result<Match, Refusal> {
    if matches!(fit, Err(Refusal::Assigned | Refusal::NotCallable(_))) {
        return fit;
    }
    area()?;
    fit
}

fn matches(
    has: &SpecialtyCode,
    exact: &SpecialtyCode,
    near: &[SpecialtyCode],
) -> Result<Match, Refusal> {
    if has == exact {
        Ok(Match::Exact)
    } else if near.contains(has) {
        Ok(Match::Near)
    } else {
        Err(Refusal::OtherSpecialty)
    }
}

#[cfg(test)]
mod tests;
