//! From candidates and posts to groups and demands, and back.

mod telling;

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use super::sides::Side;
use super::{Needs, Propose};
use crate::domain::ids::{SpecialtyCode, UnitCode};
use crate::domain::plan::matching::{Demand, Group, Problem};
use crate::domain::plan::rules::{Area, Match, Refusal, in_order};
use crate::domain::unit::{Echelon, Units};

/// Places of one reserve unit that ask for the same.
struct Asked<'a, S: Side> {
    needs: usize,
    /// One of them, to ask the rules with.
    place: &'a S::Place,
    /// Their numbers and how many places of each are open.
    posts: Vec<(u16, u32)>,
}

/// Where a commune stands to each reserve unit.
struct Reach {
    cell: usize,
    of_needs: Vec<Result<(), Refusal>>,
}

/// Candidates of one commune whom the rules cannot tell apart.
struct Profile {
    one: usize,
    group: Option<usize>,
    reason: Refusal,
    len: u64,
}

/// Cell, class, exact and near demands: what makes two profiles one group.
type LikeGroup = (usize, bool, Vec<usize>, Vec<usize>);

/// A problem with what its numbers stand for.
pub(super) struct Pool<'a, S: Side> {
    pub(super) problem: Problem,
    needs: &'a [Needs<'a>],
    supplies: &'a [S::Supply],
    asked: Vec<Asked<'a, S>>,
    reaches: HashMap<&'a UnitCode, Reach>,
    profiles: Vec<Profile>,
    /// For each candidate in order: its place in `supplies`, and its profile.
    order: Vec<(usize, usize)>,
}

impl<'a, S: Side> Pool<'a, S> {
    pub(super) fn new(propose: Propose<'a>, supplies: &'a [S::Supply]) -> Self {
        let asked = ask::<S>(propose.needs);
        let mut pool = Self {
            problem: Problem::default(),
            needs: propose.needs,
            supplies,
            asked,
            reaches: HashMap::new(),
            profiles: Vec::new(),
            order: Vec::new(),
        };
        pool.problem.demands = pool
            .asked
            .iter()
            .map(|asked| Demand {
                unit: asked.needs,
                count: asked.posts.iter().map(|(_no, open)| open).sum(),
            })
            .collect();
        pool.look_at_communes(propose.units, propose.day);
        pool.group();
        pool
    }

    fn look_at_communes(&mut self, units: &Units, day: Date) {
        let areas: Vec<Area<'_>> =
            self.needs.iter().map(|needs| Area::of(needs.unit, units, day)).collect();
        let mut cells: HashMap<UnitCode, usize> = HashMap::new();
        for supply in self.supplies {
            let unit = S::unit(supply);
            if self.reaches.contains_key(unit) {
                continue;
            }
            let known = cells.len();
            let commune = commune_of(unit, units);
            let cell = *cells.entry(commune.clone()).or_insert(known);
            let of_needs = areas.iter().map(|area| area.takes_from(unit)).collect();
            for (at, needs) in self.needs.iter().enumerate() {
                if let Some(quota) = needs.unit.quota_of(unit, units) {
                    let given = S::given(needs).get(&commune).copied().unwrap_or(0);
                    let left = S::quota(&quota).saturating_sub(given);
                    self.problem.quotas.insert((at, cell), left);
                }
            }
            self.reaches.insert(unit, Reach { cell, of_needs });
        }
    }

    fn group(&mut self) {
        let mut by_code: BTreeMap<&SpecialtyCode, Vec<usize>> = BTreeMap::new();
        for (at, asked) in self.asked.iter().enumerate() {
            for code in S::wanted(asked.place) {
                by_code.entry(code).or_default().push(at);
            }
        }
        let mut in_order: Vec<usize> = (0..self.supplies.len()).collect();
        in_order.sort_by_cached_key(|at| S::order(&self.supplies[*at]));
        let mut likes: HashMap<(&UnitCode, S::Like), usize> = HashMap::new();
        let mut groups: HashMap<LikeGroup, usize> = HashMap::new();
        for at in in_order {
            let supply = &self.supplies[at];
            let known = self.profiles.len();
            let profile = *likes.entry((S::unit(supply), S::like(supply))).or_insert(known);
            if profile == known {
                let asked = S::code(supply).and_then(|code| by_code.get(code));
                let profile = self.profile(at, asked.map_or(&[], Vec::as_slice), &mut groups);
                self.profiles.push(profile);
            }
            let profile_of = &mut self.profiles[profile];
            profile_of.len += 1;
            self.order.push((at, profile));
            if let Some(group) = profile_of.group {
                self.problem.groups[group].len += 1;
                self.problem.order.push(group);
            }
        }
    }

    /// Looks once at all who are alike. `asked` are the demands that their specialty or type fits.
    fn profile(
        &mut self,
        at: usize,
        asked: &[usize],
        groups: &mut HashMap<LikeGroup, usize>,
    ) -> Profile {
        let (mut exact, mut near) = (Vec::new(), Vec::new());
        let mut reason = Refusal::Assigned;
        for demand in asked {
            match self.check(at, *demand) {
                Ok(Match::Exact) => exact.push(*demand),
                Ok(Match::Near) => near.push(*demand),
                Err(refusal) => reason = reason.max(refusal),
            }
        }
        if asked.is_empty() {
            let any = (!self.asked.is_empty()).then(|| self.check(at, 0).err());
            reason = any.flatten().unwrap_or(Refusal::OtherSpecialty);
        }
        let supply = &self.supplies[at];
        let group = (!exact.is_empty() || !near.is_empty()).then(|| {
            let (cell, is_first) = (self.reaches[S::unit(supply)].cell, S::is_first(supply));
            let known = self.problem.groups.len();
            let key = (cell, is_first, exact.clone(), near.clone());
            let group = *groups.entry(key).or_insert(known);
            if group == known {
                self.problem.groups.push(Group { cell, len: 0, is_first, exact, near });
            }
            group
        });
        Profile { one: at, group, reason, len: 0 }
    }

    /// Every rule for one candidate and one demand.
    fn check(&self, supply: usize, demand: usize) -> Result<Match, Refusal> {
        let (supply, asked) = (&self.supplies[supply], &self.asked[demand]);
        let area = || self.reaches[S::unit(supply)].of_needs[asked.needs];
        in_order(S::fits(asked.place, supply), area)
    }
}

fn ask<'a, S: Side>(all: &'a [Needs<'a>]) -> Vec<Asked<'a, S>> {
    let mut asked: Vec<Asked<'a, S>> = Vec::new();
    for (at, needs) in all.iter().enumerate() {
        let first = asked.len();
        for place in S::places(needs.unit) {
            let no = S::number(place);
            let held = S::held(needs).get(&no).copied().unwrap_or(0);
            let open = S::count(place).saturating_sub(held);
            let of_unit = &mut asked[first..];
            match of_unit.iter_mut().find(|asked| S::ask_the_same(asked.place, place)) {
                Some(same) => same.posts.push((no, open)),
                None => asked.push(Asked { needs: at, place, posts: vec![(no, open)] }),
            }
        }
    }
    asked
}

/// The commune that a unit is or lies in; the unit itself where it lies in none.
fn commune_of(unit: &UnitCode, units: &Units) -> UnitCode {
    let own = units.get(unit);
    let commune = own
        .into_iter()
        .chain(units.ancestors(unit))
        .find(|unit| unit.echelon() == Echelon::Commune);
    commune.map_or(unit, |unit| &unit.code).clone()
}
