//! A reserve unit as text, and its check: every problem there is, each with its place.
//!
//! Called by the door for what arrives, and by the program for a spreadsheet of posts: the rules exist
//! once.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::problem::{Found, PlanProblem, PlanRule};
use super::reserve_unit::{
    COUNT_MAX, EquipmentLine, LINES_MAX, NEAR_MAX, POSTS_MAX, Post, QUOTAS_MAX, Quota, ReserveUnit,
    SOURCES_MAX,
};
use crate::domain::ids::UnitCode;
use crate::domain::registry::eligibility::Duty;
use crate::domain::registry::{
    Birth, BirthPrecision, Capacity, CapacityUnit, HealthClass, Lists, Rank, Sex,
};
use crate::domain::unit::{Echelon, Units};

/// A post as text. Blank is "not given".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostInput {
    /// From 1; 0 takes its place in the list.
    pub no: u32,
    /// Free text; blank takes the specialty's name.
    pub title: String,
    /// Required: code or name.
    pub specialty: String,
    /// Codes or names; none takes what the list of specialties says is near.
    pub near: Vec<String>,
    /// Whether nobody near may hold it, whatever the list says.
    pub only_exact: bool,
    /// Word or code.
    pub rank_min: String,
    /// Word or code.
    pub rank_max: String,
    /// Word or code; blank is combat.
    pub duty: String,
    /// Required: 1 to 10,000.
    pub count: u32,
    /// Word or code.
    pub sex: String,
    /// 1 to 6; 0 takes everybody.
    pub health_max: u32,
}

/// An equipment line as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineInput {
    /// From 1; 0 takes its place in the list.
    pub no: u32,
    /// Required: code or name of the type.
    pub kind: String,
    /// Codes or names.
    pub near: Vec<String>,
    /// Thousandths of the unit; 0 asks for none.
    pub capacity_thousandths: u32,
    /// tấn, chỗ, m3, kVA, kW, lít.
    pub capacity_unit: String,
    /// Required: 1 to 10,000.
    pub count: u32,
    /// Whether each must come with a driver.
    pub needs_driver: bool,
}

/// A quota as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuotaInput {
    /// Code or full name of a source commune.
    pub unit: String,
    /// People, at most 10,000.
    pub people: u32,
    /// Items, at most 10,000.
    pub equipment: u32,
}

/// A reserve unit as text, before the check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReserveUnitInput {
    /// Required.
    pub code: String,
    /// Required.
    pub name: String,
    /// Code or name of the unit that keeps the plan; blank is the province.
    pub unit: String,
    /// Free text.
    pub receiving_unit: String,
    /// Free text.
    pub receiving_unit_code: String,
    /// Free text.
    pub assembly_station: String,
    /// Free text.
    pub reception_station: String,
    /// Codes or full names; at least one.
    pub source_units: Vec<String>,
    /// Posts.
    pub posts: Vec<PostInput>,
    /// Equipment lines.
    pub lines: Vec<LineInput>,
    /// Quotas.
    pub quotas: Vec<QuotaInput>,
    /// `yyyy-mm-dd` or `dd/mm/yyyy`; blank is the day of the check.
    pub valid_from: String,
    /// The same; blank is no end.
    pub valid_to: String,
}

/// A day as files and requests write it.
pub fn parse_day(text: &str) -> Option<Date> {
    Birth::parse(text).filter(|day| day.precision() == BirthPrecision::Day).map(Birth::date)
}

impl ReserveUnitInput {
    /// Makes the reserve unit.
    ///
    /// # Errors
    /// Every problem there is, in the order of the fields.
    pub fn check(&self, lists: &Lists<'_>) -> Result<ReserveUnit, Vec<PlanProblem>> {
        let mut found = Found::default();
        let unit = self.assemble(&mut found, lists);
        match unit {
            Some(unit) if found.problems.is_empty() => Ok(unit),
            _ => Err(found.problems),
        }
    }

    fn assemble(&self, found: &mut Found, lists: &Lists<'_>) -> Option<ReserveUnit> {
        let code = found.need("code", self.code.trim().parse().ok(), PlanRule::CodeInvalid);
        let name = found.text("name", &self.name);
        let name = found.need("name", name, PlanRule::NameMissing);
        let unit = self.keeper(found, lists.units);
        let receiving_unit = found.text("receiving_unit", &self.receiving_unit);
        let receiving_unit_code = found.text("receiving_unit_code", &self.receiving_unit_code);
        let assembly_station = found.text("assembly_station", &self.assembly_station);
        let reception_station = found.text("reception_station", &self.reception_station);
        let source_units = self.sources(found, lists.units);
        let posts = self.posts(found, lists);
        let lines = self.lines(found, lists);
        if self.posts.is_empty() && self.lines.is_empty() {
            found.refuse("posts", PlanRule::Empty);
        }
        let quotas = self.quotas(found, lists.units, &source_units);
        let from =
            found.optional("valid_from", &self.valid_from, PlanRule::DatesInvalid, parse_day);
        let valid_from = from.unwrap_or(lists.as_of);
        let valid_to = found.optional("valid_to", &self.valid_to, PlanRule::DatesInvalid, |text| {
            parse_day(text).filter(|to| *to >= valid_from)
        });
        Some(ReserveUnit {
            code: code?,
            name: name?,
            unit: unit?,
            receiving_unit,
            receiving_unit_code,
            assembly_station,
            reception_station,
            source_units,
            posts,
            lines,
            quotas,
            valid_from,
            valid_to,
            is_former: false,
        })
    }

    fn keeper(&self, found: &mut Found, units: &Units) -> Option<UnitCode> {
        let unit = match self.unit.trim() {
            "" => units.province(),
            text => units.find(text).filter(|unit| unit.echelon() <= Echelon::Area),
        };
        found.need("unit_code", unit.map(|unit| unit.code.clone()), PlanRule::UnitUnknown)
    }

    fn sources(&self, found: &mut Found, units: &Units) -> Vec<UnitCode> {
        let mut sources = Vec::new();
        for (at, text) in self.source_units.iter().enumerate() {
            let field = format!("source_units[{}]", at + 1);
            match units.find(text) {
                Some(unit) if sources.contains(&unit.code) => found.refuse(field, PlanRule::Twice),
                Some(unit) => sources.push(unit.code.clone()),
                None => found.refuse(field, PlanRule::UnitUnknown),
            }
        }
        match self.source_units.len() {
            0 => found.refuse("source_units", PlanRule::SourceMissing),
            1..=SOURCES_MAX => {}
            _ => found.refuse("source_units", PlanRule::TooMany),
        }
        sources
    }

    fn posts(&self, found: &mut Found, lists: &Lists<'_>) -> Vec<Post> {
        let mut seen = BTreeSet::new();
        if self.posts.len() > POSTS_MAX {
            found.refuse("posts", PlanRule::TooMany);
            return Vec::new();
        }
        let numbered = self.posts.iter().enumerate();
        let mut posts: Vec<Post> =
            numbered.filter_map(|(at, post)| post.check(found, lists, at, &mut seen)).collect();
        posts.sort_by_key(|post| post.no);
        posts
    }

    fn lines(&self, found: &mut Found, lists: &Lists<'_>) -> Vec<EquipmentLine> {
        let mut seen = BTreeSet::new();
        if self.lines.len() > LINES_MAX {
            found.refuse("equipment_lines", PlanRule::TooMany);
            return Vec::new();
        }
        let numbered = self.lines.iter().enumerate();
        let mut lines: Vec<EquipmentLine> =
            numbered.filter_map(|(at, line)| line.check(found, lists, at, &mut seen)).collect();
        lines.sort_by_key(|line| line.no);
        lines
    }

    /// Quotas are given to communes and wards within the sources: a person counts under one only.
    fn quotas(&self, found: &mut Found, units: &Units, sources: &[UnitCode]) -> Vec<Quota> {
        if self.quotas.len() > QUOTAS_MAX {
            found.refuse("quotas", PlanRule::TooMany);
            return Vec::new();
        }
        let mut quotas: Vec<Quota> = Vec::new();
        for (at, quota) in self.quotas.iter().enumerate() {
            let field = |name: &str| format!("quotas[{}].{name}", at + 1);
            let commune = units.find(&quota.unit).filter(|unit| unit.echelon() == Echelon::Commune);
            let Some(unit) = commune.map(|unit| unit.code.clone()) else {
                found.refuse(field("unit_code"), PlanRule::UnitUnknown);
                continue;
            };
            let is_source = sources.iter().any(|source| units.is_within(&unit, source));
            if quotas.iter().any(|other| other.unit == unit) {
                found.refuse(field("unit_code"), PlanRule::Twice);
            } else if !is_source {
                found.refuse(field("unit_code"), PlanRule::QuotaOutside);
            }
            for (name, count) in [("people", quota.people), ("equipment", quota.equipment)] {
                if count > COUNT_MAX {
                    found.refuse(field(name), PlanRule::CountInvalid);
                }
            }
            quotas.push(Quota { unit, people: quota.people, equipment: quota.equipment });
        }
        quotas.sort_by(|one, other| one.unit.cmp(&other.unit));
        quotas
    }
}

impl PostInput {
    fn check(
        &self,
        found: &mut Found,
        lists: &Lists<'_>,
        at: usize,
        seen: &mut BTreeSet<u16>,
    ) -> Option<Post> {
        let field = |name: &str| format!("posts[{}].{name}", at + 1);
        let no = found.number(&field("no"), self.no, at, seen);
        let entry = lists.specialties.find(self.specialty.trim());
        let entry = found.need(&field("specialty_code"), entry, PlanRule::SpecialtyUnknown);
        let own = entry.map(|entry| entry.code.clone());
        let find = |text: &str| lists.specialties.find(text).map(|entry| entry.code.clone());
        let rule = PlanRule::SpecialtyUnknown;
        let mut near = found.near(&field("near"), &self.near, own.as_ref(), rule, find);
        if self.only_exact && !near.is_empty() {
            found.refuse(field("near"), PlanRule::NearContradicts);
        } else if let Some(entry) = entry.filter(|_entry| near.is_empty() && !self.only_exact) {
            near.extend(entry.near.iter().take(NEAR_MAX).cloned());
        }
        let rank = PlanRule::RankInvalid;
        let rank_min = found.optional(&field("rank_min"), &self.rank_min, rank, Rank::parse);
        let rank_max = found.optional(&field("rank_max"), &self.rank_max, rank, |text| {
            Rank::parse(text).filter(|highest| rank_min.is_none_or(|lowest| lowest <= *highest))
        });
        let duty = found.optional(&field("duty"), &self.duty, PlanRule::DutyInvalid, Duty::parse);
        let count = found.count(&field("count"), self.count);
        let sex = found.optional(&field("sex"), &self.sex, PlanRule::SexInvalid, Sex::parse);
        let health_max = match u8::try_from(self.health_max).ok() {
            Some(0) => None,
            class => {
                let class = class.and_then(HealthClass::new);
                found.need(&field("health_max"), class, PlanRule::HealthInvalid)
            }
        };
        let title = found.text(&field("title"), &self.title);
        Some(Post {
            no,
            title: title.unwrap_or_else(|| entry.map_or_else(String::new, |e| e.name.clone())),
            specialty: own?,
            near,
            rank_min,
            rank_max,
            duty: duty.unwrap_or(Duty::Combat),
            count,
            sex,
            health_max,
        })
    }
}

impl LineInput {
    fn check(
        &self,
        found: &mut Found,
        lists: &Lists<'_>,
        at: usize,
        seen: &mut BTreeSet<u16>,
    ) -> Option<EquipmentLine> {
        let field = |name: &str| format!("equipment_lines[{}].{name}", at + 1);
        let no = found.number(&field("no"), self.no, at, seen);
        let find = |text: &str| lists.equipment_types.find(text).map(|entry| entry.code.clone());
        let rule = PlanRule::TypeUnknown;
        let kind = found.need(&field("type_code"), find(self.kind.trim()), rule);
        let near = found.near(&field("near"), &self.near, kind.as_ref(), rule, find);
        let count = found.count(&field("count"), self.count);
        let capacity_min = match (self.capacity_thousandths, self.capacity_unit.trim()) {
            (0, "") => None,
            (thousandths, unit) => {
                let unit = CapacityUnit::parse(unit).filter(|_unit| thousandths > 0);
                let capacity = unit.map(|unit| Capacity { thousandths, unit });
                found.need(&field("capacity_unit"), capacity, PlanRule::CapacityInvalid)
            }
        };
        let needs_driver = self.needs_driver;
        Some(EquipmentLine { no, kind: kind?, near, capacity_min, count, needs_driver })
    }
}

#[cfg(test)]
mod tests;
