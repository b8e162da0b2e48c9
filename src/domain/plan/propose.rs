//! A proposal for the whole plan: who and what could fill the posts that are open, why those, and why
//! not the others. A person confirms it; nothing here decides.
//!
//! Candidates whom nothing tells apart are one group, and posts of one reserve unit that ask for the
//! same are one demand, so the matching works on some thousands of groups whatever the number of
//! people. Within a group the younger goes first, then who was re-checked later, then by identity:
//! the same registry gives the same proposal.

mod pool;
mod sides;

use std::collections::BTreeMap;

use jiff::civil::Date;

use self::pool::Pool;
use self::sides::{Equipment, People, Side};
use super::assignment::{Subject, Tier};
use super::matching::{at_best, greedily};
use super::reserve_unit::ReserveUnit;
use super::rules::{Candidate, Item, Refusal};
use crate::domain::ids::{ReserveUnitCode, UnitCode};
use crate::domain::unit::Units;

/// A reserve unit to fill, and what is filled of it.
#[derive(Debug, Clone)]
pub struct Needs<'a> {
    /// The reserve unit.
    pub unit: &'a ReserveUnit,
    /// Places held, by post.
    pub held_posts: BTreeMap<u16, u32>,
    /// Places held, by equipment line.
    pub held_lines: BTreeMap<u16, u32>,
    /// People given, by commune.
    pub given_people: BTreeMap<UnitCode, u32>,
    /// Items given, by commune.
    pub given_equipment: BTreeMap<UnitCode, u32>,
}

impl<'a> Needs<'a> {
    /// A reserve unit of which nothing is filled.
    pub const fn empty(unit: &'a ReserveUnit) -> Self {
        Self {
            unit,
            held_posts: BTreeMap::new(),
            held_lines: BTreeMap::new(),
            given_people: BTreeMap::new(),
            given_equipment: BTreeMap::new(),
        }
    }
}

/// What is to be filled.
#[derive(Debug, Clone, Copy)]
pub struct Propose<'a> {
    /// The units of now.
    pub units: &'a Units,
    /// The day for which candidates were judged.
    pub day: Date,
    /// The reserve units, in the order in which equals are filled.
    pub needs: &'a [Needs<'a>],
}

/// One proposed assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Who or what.
    pub subject: Subject,
    /// The version of the record that this rests on.
    pub version: u64,
    /// The commune that gives it.
    pub unit: UnitCode,
    /// The reserve unit.
    pub reserve_unit: ReserveUnitCode,
    /// The number of the post or line.
    pub post: u16,
    /// Why before others.
    pub tier: Tier,
}

/// A person or item without a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unplaced {
    /// Who or what.
    pub subject: Subject,
    /// The reason that came up last, in the order of the rules, over all posts.
    pub reason: Refusal,
}

/// A post or line that stays open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfilled {
    /// The reserve unit.
    pub reserve_unit: ReserveUnitCode,
    /// The number of the post or line.
    pub post: u16,
    /// How many places are open.
    pub missing: u32,
    /// For each reason, by its code, how many candidates it kept from this post. `PLACED_ELSEWHERE`
    /// are those who fit and hold another place, `NO_CANDIDATE` stands alone where there is nobody.
    pub reasons: BTreeMap<&'static str, u64>,
}

/// What one way of filling comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Places filled, by tier.
    pub by_tier: [u64; 4],
    /// Places filled, by reserve unit and post.
    pub by_post: BTreeMap<(ReserveUnitCode, u16), u32>,
}

impl Outcome {
    /// All places filled.
    pub fn total(&self) -> u64 {
        self.by_tier.iter().sum()
    }
}

/// A proposal for people or for equipment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposal {
    /// Places that were open.
    pub open: u64,
    /// Candidates looked at.
    pub candidates: u64,
    /// The proposed assignments, by reserve unit, post, tier and order.
    pub placements: Vec<Placement>,
    /// Everybody else, in order.
    pub unplaced: Vec<Unplaced>,
    /// What stays open.
    pub unfilled: Vec<Unfilled>,
    /// What taking one after the other would come to.
    pub greedy: Outcome,
    /// What is proposed comes to.
    pub proposed: Outcome,
}

impl Proposal {
    /// Posts that taking one after the other leaves open and this proposal fills, and how many places.
    pub fn filled_by_moving(&self) -> impl Iterator<Item = (&ReserveUnitCode, u16, u32)> {
        self.proposed.by_post.iter().filter_map(|((unit, post), filled)| {
            let greedy = self.greedy.by_post.get(&(unit.clone(), *post)).copied().unwrap_or(0);
            let more = filled.saturating_sub(greedy);
            (more > 0).then_some((unit, *post, more))
        })
    }

    /// How many are without a place for each reason, by its code.
    pub fn unplaced_by_reason(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for unplaced in &self.unplaced {
            *counts.entry(unplaced.reason.code()).or_default() += 1;
        }
        counts
    }
}

/// Proposes people for posts.
pub fn propose_people(propose: Propose<'_>, candidates: &[Candidate]) -> Proposal {
    run::<People>(propose, candidates)
}

/// Proposes items for equipment lines.
pub fn propose_equipment(propose: Propose<'_>, items: &[Item]) -> Proposal {
    run::<Equipment>(propose, items)
}

/// What placing one after the other would come to, without looking for better.
pub fn people_one_by_one(propose: Propose<'_>, candidates: &[Candidate]) -> Outcome {
    let pool = Pool::<People>::new(propose, candidates);
    pool.outcome(&greedily(&pool.problem))
}

fn run<S: Side>(propose: Propose<'_>, supplies: &[S::Supply]) -> Proposal {
    let pool = Pool::<S>::new(propose, supplies);
    let greedy = greedily(&pool.problem);
    let best = at_best(&pool.problem);
    pool.proposal(&greedy, &best)
}

#[cfg(test)]
mod tests;
