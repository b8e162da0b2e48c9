//! How full the plan is on a day: people and equipment apart, exact and near apart, by reserve unit,
//! post and commune, never a share without what it is a share of.
//!
//! Assignments and establishments are dated, so any past day can be asked about. Holders are judged for
//! that day by the rules of a proposal, whatever they were assigned as; who holds a place without
//! being fit for it is counted apart and fills nothing. Posts are filled of the places there are,
//! communes of their quotas: what no quota measures is in no commune's share.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::assignment::{Assignment, Stage};
use super::reserve_unit::ReserveUnit;
use super::rules::Match;
use crate::domain::ids::{ReserveUnitCode, UnitCode};
use crate::domain::unit::Units;

/// How the holder of a place fits it on the day asked about, or the reason why not.
pub type Validity = Result<Match, &'static str>;

/// An assignment with what is known of its holder on the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held<'a> {
    /// The assignment.
    pub assignment: &'a Assignment,
    /// The commune that gives it, in the tree of now.
    pub commune: UnitCode,
    /// How the holder fits the place.
    pub validity: Validity,
}

/// Numerators with their denominator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FillRow {
    /// Places there are; for a commune, its quota.
    pub needed: u64,
    /// Places filled by an exact match.
    pub exact: u64,
    /// Places filled by a near match.
    pub near: u64,
    /// Holders who are not fit on that day; they fill nothing.
    pub invalid: u64,
    /// Fit holders beyond the places there are; they fill nothing.
    pub surplus: u64,
    /// Those on the waiting list.
    pub waiting: u64,
    /// Of a commune: fit holders in reserve units that have no quota for it; they are in no share.
    pub unmeasured: u64,
}

impl FillRow {
    /// Places filled.
    pub const fn filled(&self) -> u64 {
        self.exact + self.near
    }

    fn add(&mut self, other: &Self) {
        self.needed += other.needed;
        self.exact += other.exact;
        self.near += other.near;
        self.invalid += other.invalid;
        self.surplus += other.surplus;
        self.waiting += other.waiting;
        self.unmeasured += other.unmeasured;
    }

    fn count(&mut self, held: &Held<'_>, day: Date) {
        let assignment = held.assignment;
        if assignment.stage == Stage::Waiting {
            self.waiting += u64::from(assignment.from <= day);
        } else if assignment.holds_on(day) {
            match held.validity {
                Err(_reason) => self.invalid += 1,
                Ok(Match::Exact) => self.exact += 1,
                Ok(Match::Near) => self.near += 1,
            }
        }
    }

    /// More holders than places: those of a near match are beyond first.
    fn cut(&mut self) {
        let beyond = self.filled().saturating_sub(self.needed);
        let of_near = beyond.min(self.near);
        self.near -= of_near;
        self.exact -= beyond - of_near;
        self.surplus += beyond;
    }

    /// What no quota measures is neither filled nor beyond.
    fn unmeasure(&mut self) {
        self.unmeasured += self.filled();
        (self.exact, self.near) = (0, 0);
    }
}

/// Two lines: people and equipment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FillLine {
    /// People in posts.
    pub people: FillRow,
    /// Items in equipment lines.
    pub equipment: FillRow,
}

impl FillLine {
    /// Adds another line to it.
    pub fn add(&mut self, other: &Self) {
        self.people.add(&other.people);
        self.equipment.add(&other.equipment);
    }

    const fn side(&mut self, is_person: bool) -> &mut FillRow {
        if is_person { &mut self.people } else { &mut self.equipment }
    }
}

/// How full the plan is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fill {
    /// The whole plan.
    pub total: FillLine,
    /// Each reserve unit.
    pub by_unit: BTreeMap<ReserveUnitCode, FillLine>,
    /// Each post: reserve unit, whether it is for people, number.
    pub by_post: BTreeMap<(ReserveUnitCode, bool, u16), FillRow>,
    /// Each commune that gives or has a quota, measured by its quotas.
    pub by_commune: BTreeMap<UnitCode, FillLine>,
    /// All communes together, measured by the sum of the quotas.
    pub by_quota: FillLine,
    /// Why holders are not fit, and how many.
    pub invalid_by_reason: BTreeMap<&'static str, u64>,
}

/// The fill of reserve units on a day. Assignments of other reserve units are left out, and so are
/// reserve units that do not exist on that day. Quotas of merged units are their successor's in `units`.
pub fn fill(reserve_units: &[&ReserveUnit], held: &[Held<'_>], day: Date, units: &Units) -> Fill {
    let mut fill = Fill::default();
    let mut given = Given::new();
    for unit in reserve_units.iter().filter(|unit| unit.exists_on(day)) {
        fill.open(unit);
        for quota in &unit.quotas {
            for (is_person, count) in [(true, quota.people), (false, quota.equipment)] {
                let of = (unit.code.clone(), units.current(&quota.unit).clone(), is_person);
                given.entry(of).or_default().0.get_or_insert_with(FillRow::default).needed +=
                    u64::from(count);
            }
        }
    }
    for held in held {
        fill.take(held, day, &mut given);
    }
    fill.sum(given);
    fill
}

/// What a commune gives a reserve unit, of people or of equipment: under a quota, or without one.
type Given = BTreeMap<(ReserveUnitCode, UnitCode, bool), (Option<FillRow>, FillRow)>;

impl Fill {
    fn open(&mut self, unit: &ReserveUnit) {
        self.by_unit.insert(unit.code.clone(), FillLine::default());
        let needed = |count| FillRow { needed: u64::from(count), ..FillRow::default() };
        for post in &unit.posts {
            self.by_post.insert((unit.code.clone(), true, post.no), needed(post.count));
        }
        for line in &unit.lines {
            self.by_post.insert((unit.code.clone(), false, line.no), needed(line.count));
        }
    }

    fn take(&mut self, held: &Held<'_>, day: Date, given: &mut Given) {
        let (assignment, is_person) = (held.assignment, held.assignment.subject.is_person());
        if !self.by_unit.contains_key(&assignment.reserve_unit) {
            return;
        }
        let post = (assignment.reserve_unit.clone(), is_person, assignment.post);
        // The post may have left the establishment: its holder is then beyond all places.
        self.by_post.entry(post).or_default().count(held, day);
        let of = (assignment.reserve_unit.clone(), held.commune.clone(), is_person);
        let (under_quota, without) = given.entry(of).or_default();
        under_quota.as_mut().unwrap_or(without).count(held, day);
        if let Err(reason) = held.validity
            && assignment.holds_on(day)
        {
            *self.invalid_by_reason.entry(reason).or_default() += 1;
        }
    }

    fn sum(&mut self, given: Given) {
        for ((unit, is_person, _post), row) in &mut self.by_post {
            row.cut();
            if let Some(line) = self.by_unit.get_mut(unit) {
                line.side(*is_person).add(row);
            }
            self.total.side(*is_person).add(row);
        }
        for ((_unit, commune, is_person), (under_quota, mut without)) in given {
            without.unmeasure();
            let mut row = under_quota.unwrap_or_default();
            row.cut();
            row.add(&without);
            self.by_commune.entry(commune).or_default().side(is_person).add(&row);
            self.by_quota.side(is_person).add(&row);
        }
        self.by_commune.retain(|_unit, line| *line != FillLine::default());
    }
}

#[cfg(test)]
mod tests;
