//! The flow network of reserve units that are filled at once: from the places to the candidates.
//!
//! Places are on the side of the source, for at the end few of them are free while many candidates
//! have none, and a search that begins with the few is over soon. A group gives at most what its edge
//! to the sink allows; the edge is opened by what may be added and closed behind it, so a flow into
//! the sink never falls: whoever is placed stays placed.

use std::collections::BTreeMap;

use pathfinding::directed::edmonds_karp::{EdmondsKarp, SparseCapacity};

use super::state::State;
use super::{Placed, Problem};

const SOURCE: usize = 0;
const SINK: usize = 1;

/// One network. Nodes are the source, the sink, then the demands, then the groups.
pub(super) struct Network {
    flow: SparseCapacity<i64>,
    demands: Vec<usize>,
    groups: Vec<usize>,
    node_of_demand: BTreeMap<usize, usize>,
    node_of_group: BTreeMap<usize, usize>,
    /// The unit of this network that a commune with a quota for it gives to.
    unit_with_quota: BTreeMap<usize, usize>,
    edges: Vec<(usize, usize)>,
}

impl Network {
    pub(super) fn new(problem: &Problem, units: &[usize], free: &[u32]) -> Self {
        let demands: Vec<usize> = (0..problem.demands.len())
            .filter(|at| units.contains(&problem.demands[*at].unit))
            .collect();
        let node_of_demand: BTreeMap<usize, usize> =
            demands.iter().enumerate().map(|(at, demand)| (*demand, at + 2)).collect();
        let draws = |at: &usize| {
            let group = &problem.groups[*at];
            group.exact.iter().chain(&group.near).any(|at| node_of_demand.contains_key(at))
        };
        let groups: Vec<usize> = (0..problem.groups.len()).filter(draws).collect();
        let first_group = demands.len() + 2;
        let node_of_group =
            groups.iter().enumerate().map(|(at, group)| (*group, at + first_group)).collect();
        let mut flow = SparseCapacity::new(first_group + groups.len(), SOURCE, SINK);
        flow.omit_details();
        for (demand, node) in &node_of_demand {
            flow.set_capacity(SOURCE, *node, i64::from(free[*demand]));
        }
        // Where a commune has a quota, it draws on one unit of the batch only.
        let mut unit_with_quota = BTreeMap::new();
        for group in groups.iter().map(|at| &problem.groups[*at]) {
            let demands = group.exact.iter().chain(&group.near);
            for demand in demands.filter(|at| node_of_demand.contains_key(at)) {
                let unit = problem.demands[*demand].unit;
                if problem.quotas.contains_key(&(unit, group.cell)) {
                    unit_with_quota.insert(group.cell, unit);
                }
            }
        }
        Self {
            flow,
            demands,
            groups,
            node_of_demand,
            node_of_group,
            unit_with_quota,
            edges: Vec::new(),
        }
    }

    /// Lets the groups of a class have the demands that they fit so.
    pub(super) fn open_edges(&mut self, problem: &Problem, near: bool, is_first: bool) {
        for at in &self.groups {
            let group = &problem.groups[*at];
            if group.is_first != is_first {
                continue;
            }
            for demand in group.demands(near) {
                if let Some(from) = self.node_of_demand.get(demand) {
                    let to = self.node_of_group[at];
                    self.flow.set_capacity(*from, to, i64::from(group.len));
                    self.edges.push((*demand, *at));
                }
            }
        }
    }

    /// Takes over what was placed in order; what concerns other networks is left.
    pub(super) fn follow(&mut self, taken: &Placed) {
        for ((group, demand), count) in taken {
            let Some(from) = self.node_of_demand.get(demand).copied() else { continue };
            let (to, count) = (self.node_of_group[group], i64::from(*count));
            let held = self.flow.flow(to, SINK);
            self.flow.set_capacity(to, SINK, held + count);
            for (from, to) in [(SOURCE, from), (from, to), (to, SINK)] {
                self.flow.add_flow(from, to, count);
            }
            let total = self.flow.total_capacity();
            self.flow.set_total_capacity(total + count);
        }
    }

    /// Finds places for those of a class who have none. Where quotas bind, the groups of one commune
    /// come one after the other, so that together they stay within it.
    pub(super) fn improve(&mut self, problem: &Problem, state: &mut State<'_>, is_first: bool) {
        let mut rounds: Vec<Vec<usize>> = Vec::new();
        let mut seen_of_cell: BTreeMap<usize, usize> = BTreeMap::new();
        for at in &self.groups {
            let group = &problem.groups[*at];
            if group.is_first != is_first || self.may_add(problem, state, *at) == 0 {
                continue;
            }
            let is_bound = self.unit_with_quota.contains_key(&group.cell);
            let round = if is_bound {
                let seen = seen_of_cell.entry(group.cell).or_default();
                *seen += 1;
                *seen - 1
            } else {
                0
            };
            if rounds.len() <= round {
                rounds.resize(round + 1, Vec::new());
            }
            rounds[round].push(*at);
        }
        for round in rounds {
            if self.demands.iter().all(|demand| state.free[*demand] == 0) {
                return;
            }
            self.run(problem, state, &round);
        }
    }

    /// How many more of a group may be placed.
    fn may_add(&self, problem: &Problem, state: &State<'_>, at: usize) -> u32 {
        let cell = problem.groups[at].cell;
        let quota = self.unit_with_quota.get(&cell);
        state.waiting[at].min(quota.map_or(u32::MAX, |unit| state.quota_left(*unit, cell)))
    }

    fn run(&mut self, problem: &Problem, state: &mut State<'_>, groups: &[usize]) {
        let mut held_before = Vec::with_capacity(groups.len());
        for at in groups {
            let node = self.node_of_group[at];
            let held = self.flow.flow(node, SINK);
            let more = i64::from(self.may_add(problem, state, *at));
            self.flow.set_capacity(node, SINK, held + more);
            held_before.push(held);
        }
        self.flow.augment();
        for (at, before) in groups.iter().zip(held_before) {
            let node = self.node_of_group[at];
            let held = self.flow.flow(node, SINK);
            self.flow.set_capacity(node, SINK, held);
            let added = places(held - before);
            if added > 0 {
                let cell = problem.groups[*at].cell;
                let unit = self.unit_with_quota.get(&cell).copied().unwrap_or(usize::MAX);
                state.give(*at, unit, cell, added);
            }
        }
        for demand in &self.demands {
            let held = places(self.flow.flow(SOURCE, self.node_of_demand[demand]));
            state.free[*demand] = problem.demands[*demand].count - held;
        }
    }

    /// Who holds what.
    pub(super) fn placed(&self) -> impl Iterator<Item = ((usize, usize), u32)> {
        self.edges.iter().filter_map(|(demand, group)| {
            let (from, to) = (self.node_of_demand[demand], self.node_of_group[group]);
            let count = places(self.flow.flow(from, to));
            (count > 0).then_some(((*group, *demand), count))
        })
    }
}

fn places(flow: i64) -> u32 {
    u32::try_from(flow).expect("a flow along an edge is between 0 and a capacity of 32 bits")
}
