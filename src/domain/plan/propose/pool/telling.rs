//! What was matched, told as a proposal: who goes where, and why not the others.

use std::collections::BTreeMap;

use super::{Pool, Profile};
use crate::domain::ids::ReserveUnitCode;
use crate::domain::plan::assignment::Tier;
use crate::domain::plan::matching::Placed;
use crate::domain::plan::propose::sides::Side;
use crate::domain::plan::propose::{Outcome, Placement, Proposal, Unfilled, Unplaced};
use crate::domain::plan::rules::{Match, Refusal};

impl<S: Side> Pool<'_, S> {
    pub(in crate::domain::plan::propose) fn proposal(
        &self,
        greedy: &Placed,
        best: &Placed,
    ) -> Proposal {
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

    pub(in crate::domain::plan::propose) fn outcome(&self, placed: &Placed) -> Outcome {
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

/// The first post with an open place, which is taken.
fn take_place(posts: &mut [(u16, u32)]) -> u16 {
    let open = posts.iter_mut().find(|(_post, open)| *open > 0);
    let (post, open) = open.expect("a demand has as many places as its posts together");
    *open -= 1;
    *post
}
