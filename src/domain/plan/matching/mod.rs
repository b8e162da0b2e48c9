//! Who goes where, with people and items as numbers: groups of like candidates on one side, demands
//! on the other.
//!
//! Called by the proposal, which knows what a group and a demand stand for. Two ways are run and
//! compared. [`greedily`] gives each candidate, in order, the first free place. [`at_best`] does the
//! same and then moves placed candidates between demands wherever that frees a place for one who has
//! none: a maximum flow, tier by tier.
//!
//! Invariants: no candidate is placed twice, no demand gets more than its count, no commune gives a
//! reserve unit more than its quota; a tier takes no place from anybody placed before (it may move
//! them to another demand). Where no quota binds, no other arrangement places more. Where quotas bind,
//! the tiers go before the total: nobody more can be added without taking somebody out.
//! Reserve units that draw on a commune which has a quota for one of them are filled one after the
//! other in each tier, by their number; all others at once.

mod network;
mod state;

use std::collections::BTreeMap;

use network::Network;
use state::State;

/// A number of like places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Demand {
    /// The number of its reserve unit.
    pub(super) unit: usize,
    /// How many places.
    pub(super) count: u32,
}

/// A number of candidates whom nothing tells apart here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// The number of its commune.
    pub(super) cell: usize,
    /// How many.
    pub(super) len: u32,
    /// Whether they go first within a match: reserve class one.
    pub(super) is_first: bool,
    /// Demands they fit exactly, ascending.
    pub(super) exact: Vec<usize>,
    /// Demands they fit nearly, ascending.
    pub(super) near: Vec<usize>,
}

impl Group {
    fn demands(&self, near: bool) -> &[usize] {
        if near { &self.near } else { &self.exact }
    }
}

/// What there is to match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) demands: Vec<Demand>,
    pub(super) groups: Vec<Group>,
    /// The group of each candidate, in the order in which equals are taken.
    pub(super) order: Vec<usize>,
    /// How many a commune may give a reserve unit: (unit, cell). A pair that is not here has no bound.
    pub(super) quotas: BTreeMap<(usize, usize), u32>,
}

/// How many of a group hold places of a demand: (group, demand), never 0.
pub(super) type Placed = BTreeMap<(usize, usize), u32>;

/// The tiers of the law, in order: exact before near, the first class before the second.
const TIERS: [(bool, bool); 4] = [(false, true), (false, false), (true, true), (true, false)];

/// Each candidate, tier by tier and in order, takes the first free place that fits.
pub(super) fn greedily(problem: &Problem) -> Placed {
    let mut state = State::new(problem);
    for (near, is_first) in TIERS {
        state.take_in_order(near, is_first);
    }
    state.into_placed()
}

/// As [`greedily`], and in each tier places are freed by moving those who hold them.
pub(super) fn at_best(problem: &Problem) -> Placed {
    let mut state = State::new(problem);
    let mut networks: Vec<Network> =
        batches(problem).iter().map(|units| Network::new(problem, units, &state.free)).collect();
    for (near, is_first) in TIERS {
        let taken = state.take_in_order(near, is_first);
        for network in &mut networks {
            network.open_edges(problem, near, is_first);
            network.follow(&taken);
            // A new edge may free a place for one of an earlier tier, who then goes first.
            network.improve(problem, &mut state, true);
            if !is_first || near {
                network.improve(problem, &mut state, false);
            }
        }
    }
    networks.iter().flat_map(Network::placed).collect()
}

/// Reserve units that can be filled at once: where a commune has a quota for one of them, no other of
/// the batch draws on it.
fn batches(problem: &Problem) -> Vec<Vec<usize>> {
    let mut draws: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for group in &problem.groups {
        let units = draws.entry(group.cell).or_default();
        units.extend(group.exact.iter().chain(&group.near).map(|at| problem.demands[*at].unit));
        units.sort_unstable();
        units.dedup();
    }
    let quota = |unit: &usize, cell: usize| problem.quotas.contains_key(&(*unit, cell));
    let mut clashes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (cell, units) in &draws {
        if units.iter().any(|unit| quota(unit, *cell)) {
            for unit in units {
                clashes.entry(*unit).or_default().extend(units.iter().filter(|u| *u != unit));
            }
        }
    }
    let mut units: Vec<usize> = problem.demands.iter().map(|demand| demand.unit).collect();
    units.sort_unstable();
    units.dedup();
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for unit in units {
        let mine = clashes.get(&unit);
        let clash = |other: &usize| mine.is_some_and(|mine| mine.contains(other));
        match batches.iter_mut().find(|batch| !batch.iter().any(clash)) {
            Some(batch) => batch.push(unit),
            None => batches.push(vec![unit]),
        }
    }
    batches
}

#[cfg(test)]
mod tests;
