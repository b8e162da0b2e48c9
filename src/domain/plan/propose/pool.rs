//! From candidates and posts to groups and demands, and back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::sides::Side;
use super::{Needs, Outcome, Placement, Proposal, Propose, Unfilled, Unplaced};
use crate::domain::ids::{ReserveUnitCode, SpecialtyCode, UnitCode};
use crate::domain::plan::assignment::Tier;
use crate::domain::plan::matching::{Demand, Group, Placed, Problem};
use crate::domain::plan::rules::{Match, Refusal};
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
        pool.look_at_communes(propose.units);
        pool.group();
        pool
    }

    fn look_at_communes(&mut self, units: &Units) {
        let draws: Vec<_> = self.needs.iter().map(|needs| needs.unit.draws_on(units)).collect();
        let mut cells: HashMap<UnitCode, usize> = HashMap::new();
        for supply in self.supplies {
            let unit = S::unit(supply);
            if self.reaches.contains_key(unit) {
                continue;
            }
            let known = cells.len();
            let commune = commune_of(unit, units);
            let cell = *cells.entry(commune.clone()).or_insert(known);
            let stand = |(needs, draws): (&Needs<'_>, &BTreeSet<UnitCode>)| {
                if !draws.contains(unit) {
                    Err(Refusal::OutsideArea)
                } else if needs.unit.quotas.is_empty() || needs.unit.quota_of(unit, units).is_some()
                {
                    Ok(())
                } else {
                    Err(Refusal::NoQuota)
                }
            };
            let of_needs = self.needs.iter().zip(&draws).map(stand).collect();
            for (at, needs) in self.needs.iter().enumerate() {
                if let Some(quota) = needs.unit.quota_of(unit, units) {
                    let given = S::given(needs).get(&commune).copied().unwrap_or(0);
                    let left = S::quota(quota).saturating_sub(given);
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
        let mut groups: HashMap<(usize, bool, Vec<usize>, Vec<usize>), usize> = HashMap::new();
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
        groups: &mut HashMap<(usize, bool, Vec<usize>, Vec<usize>), usize>,
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

    /// Every rule for one candidate and one demand: what is about the person comes before the area.
    fn check(&self, supply: usize, demand: usize) -> Result<Match, Refusal> {
        let (supply, asked) = (&self.supplies[supply], &self.asked[demand]);
        let fit = S::fits(asked.place, supply);
        if matches!(fit, Err(Refusal::Assigned | Refusal::NotCallable(_))) {
            return fit;
        }
        self.reaches[S::unit(supply)].of_needs[asked.needs]?;
        fit
    }

    pub(super) fn proposal(&self, greedy: &Placed, best: &Placed) -> Proposal {
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); self.problem.groups.len()];
        for (supply, profile) in &self.order {
            if let Some(group) = self.profiles[*profile].group {
                members[group].push(*supply);
            }
        }
        let mut places: Vec<Vec<(u16, u32)>> =
            self.asked.iter().map(|asked| asked.posts.clone()).collect();
        let mut placements = Vec::new();
        let mut placed = vec![false; self.supplies.len()];
        let mut taken = vec![0; members.len()];
        for near in [false, true] {
            for ((group, demand), count) in best {
                if self.problem.groups[*group].near.contains(demand) != near {
                    continue;
                }
                for _ in 0..*count {
                    let supply = members[*group][taken[*group]];
                    taken[*group] += 1;
                    placed[supply] = true;
                    let post = take_place(&mut places[*demand]);
                    placements.push(self.placement(supply, *demand, post, near));
                }
            }
        }
        let rank = |at: &Placement| (at.reserve_unit.clone(), at.post, at.tier);
        placements.sort_by_cached_key(rank);
        let free = self.free(best);
        let unplaced = self.order.iter().filter(|(supply, _profile)| !placed[*supply]);
        let unplaced = unplaced.map(|(supply, profile)| Unplaced {
            subject: S::subject(&self.supplies[*supply]),
            reason: self.reason(&self.profiles[*profile], &free),
        });
        Proposal {
            open: self.problem.demands.iter().map(|demand| u64::from(demand.count)).sum(),
            candidates: u64::try_from(self.supplies.len()).unwrap_or(u64::MAX),
            placements,
            unplaced: unplaced.collect(),
            unfilled: self.unfilled(&places, best),
            greedy: self.outcome(greedy),
            proposed: self.outcome(best),
        }
    }

    fn placement(&self, supply: usize, demand: usize, post: u16, near: bool) -> Placement {
        let supply = &self.supplies[supply];
        let fit = if near { Match::Near } else { Match::Exact };
        Placement {
            subject: S::subject(supply),
            version: S::version(supply),
            unit: S::unit(supply).clone(),
            reserve_unit: self.code(demand).clone(),
            post,
            tier: Tier::of(fit, S::is_first(supply)),
        }
    }

    fn code(&self, demand: usize) -> &ReserveUnitCode {
        &self.needs[self.asked[demand].needs].unit.code
    }

    /// Free places of each demand.
    fn free(&self, placed: &Placed) -> Vec<u32> {
        let mut free: Vec<u32> = self.problem.demands.iter().map(|demand| demand.count).collect();
        placed.iter().for_each(|((_group, demand), count)| free[*demand] -= count);
        free
    }

    fn reason(&self, profile: &Profile, free: &[u32]) -> Refusal {
        let Some(group) = profile.group else { return profile.reason };
        let group = &self.problem.groups[group];
        let has_room = group.exact.iter().chain(&group.near).any(|demand| free[*demand] > 0);
        if has_room { Refusal::QuotaFull } else { Refusal::PostsFull }
    }

    fn outcome(&self, placed: &Placed) -> Outcome {
        let mut outcome = Outcome::default();
        let mut by_demand = vec![0; self.asked.len()];
        for ((group, demand), count) in placed {
            let group = &self.problem.groups[*group];
            let fit = if group.near.contains(demand) { Match::Near } else { Match::Exact };
            let tier = usize::from(Tier::of(fit, group.is_first).number()) - 1;
            outcome.by_tier[tier] += u64::from(*count);
            by_demand[*demand] += count;
        }
        for (at, mut filled) in by_demand.into_iter().enumerate() {
            for (post, open) in &self.asked[at].posts {
                let here = filled.min(*open);
                filled -= here;
                if here > 0 {
                    outcome.by_post.insert((self.code(at).clone(), *post), here);
                }
            }
        }
        outcome
    }

    fn unfilled(&self, places: &[Vec<(u16, u32)>], best: &Placed) -> Vec<Unfilled> {
        let mut placed_of_group = vec![0; self.problem.groups.len()];
        best.iter().for_each(|((group, _demand), count)| placed_of_group[*group] += count);
        let mut unfilled = Vec::new();
        for (at, posts) in places.iter().enumerate() {
            let mut open = posts.iter().filter(|(_post, missing)| *missing > 0).peekable();
            if open.peek().is_none() {
                continue;
            }
            let reasons = self.reasons(at, best, &placed_of_group);
            unfilled.extend(open.map(|(post, missing)| Unfilled {
                reserve_unit: self.code(at).clone(),
                post: *post,
                missing: *missing,
                reasons: reasons.clone(),
            }));
        }
        unfilled.sort_by(|one, other| {
            (&one.reserve_unit, one.post).cmp(&(&other.reserve_unit, other.post))
        });
        unfilled
    }

    /// Why nobody else is in a demand that stays open.
    fn reasons(
        &self,
        demand: usize,
        best: &Placed,
        placed_of_group: &[u32],
    ) -> BTreeMap<&'static str, u64> {
        let mut reasons = BTreeMap::new();
        let mut add = |reason, count| {
            if count > 0 {
                *reasons.entry(reason).or_default() += count;
            }
        };
        for profile in &self.profiles {
            if let Err(refusal) = self.check(profile.one, demand) {
                add(refusal.code(), profile.len);
            }
        }
        for (at, group) in self.problem.groups.iter().enumerate() {
            if group.exact.contains(&demand) || group.near.contains(&demand) {
                let here = best.get(&(at, demand)).copied().unwrap_or(0);
                let elsewhere = placed_of_group[at] - here;
                add("PLACED_ELSEWHERE", u64::from(elsewhere));
                add(Refusal::QuotaFull.code(), u64::from(group.len - placed_of_group[at]));
            }
        }
        if reasons.is_empty() {
            reasons.insert("NO_CANDIDATE", 0);
        }
        reasons
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

/// The first post with an open place, which is taken.
fn take_place(posts: &mut [(u16, u32)]) -> u16 {
    let open = posts.iter_mut().find(|(_post, open)| *open > 0);
    let (post, open) = open.expect("a demand has as many places as its posts together");
    *open -= 1;
    *post
}
