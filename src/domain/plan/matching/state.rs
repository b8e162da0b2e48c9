//! What is free and what is taken while a problem is being matched.

use std::collections::BTreeMap;

use super::{Placed, Problem};

/// Free places, candidates without one, and what is left of each quota.
#[derive(Debug)]
pub(super) struct State<'a> {
    problem: &'a Problem,
    /// Free places of each demand.
    pub(super) free: Vec<u32>,
    /// Candidates of each group who have no place.
    pub(super) waiting: Vec<u32>,
    quotas: BTreeMap<(usize, usize), u32>,
    placed: Placed,
}

impl<'a> State<'a> {
    pub(super) fn new(problem: &'a Problem) -> Self {
        Self {
            problem,
            free: problem.demands.iter().map(|demand| demand.count).collect(),
            waiting: problem.groups.iter().map(|group| group.len).collect(),
            quotas: problem.quotas.clone(),
            placed: Placed::new(),
        }
    }

    /// How many a group's commune may still give a reserve unit.
    pub(super) fn quota_left(&self, unit: usize, cell: usize) -> u32 {
        self.quotas.get(&(unit, cell)).copied().unwrap_or(u32::MAX)
    }

    /// One tier in order; says who took what.
    pub(super) fn take_in_order(&mut self, near: bool, is_first: bool) -> Placed {
        let problem = self.problem;
        let mut taken = Placed::new();
        // Places only fill up within a tier, so a group never looks back.
        let mut next = vec![0; problem.groups.len()];
        for at in &problem.order {
            let group = &problem.groups[*at];
            if group.is_first != is_first || self.waiting[*at] == 0 {
                continue;
            }
            let demands = group.demands(near);
            while let Some(demand) = demands.get(next[*at]) {
                let unit = problem.demands[*demand].unit;
                if self.free[*demand] > 0 && self.quota_left(unit, group.cell) > 0 {
                    self.free[*demand] -= 1;
                    self.give(*at, unit, group.cell, 1);
                    *taken.entry((*at, *demand)).or_default() += 1;
                    break;
                }
                next[*at] += 1;
            }
        }
        for (pair, count) in &taken {
            *self.placed.entry(*pair).or_default() += count;
        }
        taken
    }

    /// Candidates of a group have got places in a reserve unit.
    pub(super) fn give(&mut self, group: usize, unit: usize, cell: usize, count: u32) {
        self.waiting[group] -= count;
        if let Some(left) = self.quotas.get_mut(&(unit, cell)) {
            *left -= count;
        }
    }

    pub(super) fn into_placed(self) -> Placed {
        self.placed
    }
}
