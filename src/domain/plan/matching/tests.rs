use proptest::prelude::*;

use super::*;

fn total(placed: &Placed) -> u32 {
    placed.values().sum()
}

fn group(cell: usize, len: u32, is_first: bool, exact: &[usize], near: &[usize]) -> Group {
    Group { cell, len, is_first, exact: exact.to_vec(), near: near.to_vec() }
}

fn problem(counts: &[u32], groups: Vec<Group>) -> Problem {
    let order = (0..groups.len()).flat_map(|at| {
        std::iter::repeat_n(at, usize::try_from(groups[at].len).expect("a small group"))
    });
    Problem {
        demands: counts.iter().map(|count| Demand { unit: 0, count: *count }).collect(),
        order: order.collect(),
        groups,
        quotas: BTreeMap::new(),
    }
}

/// How many of each class have a place, by whether the match is exact.
fn by_tier(problem: &Problem, placed: &Placed) -> [u32; 4] {
    let mut tiers = [0; 4];
    for ((group, demand), count) in placed {
        let group = &problem.groups[*group];
        let near = group.near.contains(demand);
        tiers[usize::from(near) * 2 + usize::from(!group.is_first)] += count;
    }
    tiers
}

fn assert_sound(problem: &Problem, placed: &Placed) {
    let mut of_group = vec![0; problem.groups.len()];
    let mut of_demand = vec![0; problem.demands.len()];
    let mut of_quota: BTreeMap<(usize, usize), u32> = BTreeMap::new();
    for ((at, demand), count) in placed {
        let group = &problem.groups[*at];
        assert!(group.exact.contains(demand) || group.near.contains(demand), "it fits");
        of_group[*at] += count;
        of_demand[*demand] += count;
        *of_quota.entry((problem.demands[*demand].unit, group.cell)).or_default() += count;
    }
    for (at, count) in of_group.iter().enumerate() {
        assert!(*count <= problem.groups[at].len, "nobody is placed twice");
    }
    for (at, count) in of_demand.iter().enumerate() {
        assert!(*count <= problem.demands[at].count, "no demand is overfilled");
    }
    for (pair, quota) in &problem.quotas {
        assert!(of_quota.get(pair).copied().unwrap_or(0) <= *quota, "no quota is exceeded");
    }
}

/// The most that any arrangement places, by trying them all.
fn brute_force(problem: &Problem) -> u32 {
    fn go(problem: &Problem, people: &[usize], free: &mut [u32]) -> u32 {
        let Some((person, rest)) = people.split_first() else { return 0 };
        let mut best = go(problem, rest, free);
        let group = &problem.groups[*person];
        for demand in group.exact.iter().chain(&group.near) {
            if free[*demand] > 0 {
                free[*demand] -= 1;
                best = best.max(1 + go(problem, rest, free));
                free[*demand] += 1;
            }
        }
        best
    }
    let mut free: Vec<u32> = problem.demands.iter().map(|demand| demand.count).collect();
    go(problem, &problem.order, &mut free)
}

#[test]
fn a_place_is_freed_by_moving_its_holder() {
    // Both of the first group take the place that the second one needs.
    let problem =
        problem(&[1, 1], vec![group(0, 1, true, &[0, 1], &[]), group(0, 1, true, &[0], &[])]);
    assert_eq!(total(&greedily(&problem)), 1);
    let best = at_best(&problem);
    assert_eq!(best, Placed::from([((0, 1), 1), ((1, 0), 1)]));
}

#[test]
fn the_first_class_goes_before_the_second_whatever_the_order() {
    let groups = vec![group(0, 2, false, &[0], &[]), group(0, 2, true, &[0], &[])];
    let problem = problem(&[3], groups);
    for placed in [greedily(&problem), at_best(&problem)] {
        assert_eq!(placed, Placed::from([((0, 0), 1), ((1, 0), 2)]));
    }
}

#[test]
fn near_matches_fill_gaps_only() {
    let groups = vec![group(0, 2, true, &[], &[0]), group(0, 1, false, &[0], &[])];
    let problem = problem(&[2], groups);
    for placed in [greedily(&problem), at_best(&problem)] {
        assert_eq!(placed, Placed::from([((0, 0), 1), ((1, 0), 1)]));
    }
}

#[test]
fn a_commune_gives_no_more_than_its_quota() {
    let groups = vec![group(0, 5, true, &[0], &[]), group(1, 5, true, &[0], &[])];
    let mut problem = problem(&[8], groups);
    problem.quotas = BTreeMap::from([((0, 0), 2)]);
    for placed in [greedily(&problem), at_best(&problem)] {
        assert_eq!(placed, Placed::from([((0, 0), 2), ((1, 0), 5)]));
    }
}

#[test]
fn a_commune_with_two_groups_shares_one_quota() {
    let groups = vec![group(0, 5, true, &[0], &[]), group(0, 5, true, &[1], &[])];
    let mut problem = problem(&[5, 5], groups);
    problem.quotas = BTreeMap::from([((0, 0), 3)]);
    assert_eq!((total(&greedily(&problem)), total(&at_best(&problem))), (3, 3));
}

fn a_group(demands: usize, cells: usize) -> impl Strategy<Value = Group> {
    let fits = proptest::collection::vec(0..4_u8, demands);
    (0..cells, 1..3_u32, any::<bool>(), fits).prop_map(|(cell, len, is_first, fits)| {
        let at = |wanted: u8| {
            let fits = fits.iter().enumerate().filter(move |(_at, fit)| **fit == wanted);
            fits.map(|(at, _fit)| at).collect()
        };
        Group { cell, len, is_first, exact: at(1), near: at(2) }
    })
}

fn a_problem() -> impl Strategy<Value = Problem> {
    let demands = proptest::collection::vec((0..2_usize, 1..3_u32), 1..5);
    demands
        .prop_flat_map(|demands| {
            let groups = proptest::collection::vec(a_group(demands.len(), 3), 0..5);
            (Just(demands), groups, any::<u64>())
        })
        .prop_map(|(demands, groups, seed)| {
            let mut problem = problem(&[], groups);
            let demand = |(unit, count): &(usize, u32)| Demand { unit: *unit, count: *count };
            problem.demands = demands.iter().map(demand).collect();
            // Any order of equals must do.
            let len = u64::try_from(problem.order.len()).expect("a small problem").max(1);
            let turn = usize::try_from(seed % len).expect("below the length");
            problem.order.rotate_left(turn);
            problem
        })
}

fn quotas() -> impl Strategy<Value = BTreeMap<(usize, usize), u32>> {
    proptest::collection::btree_map((0..2_usize, 0..3_usize), 0..4_u32, 1..5)
}

proptest! {
    #[test]
    fn without_quotas_no_arrangement_places_more(problem in a_problem()) {
        let (greedy, best) = (greedily(&problem), at_best(&problem));
        assert_sound(&problem, &greedy);
        assert_sound(&problem, &best);
        prop_assert_eq!(total(&best), brute_force(&problem));
        prop_assert!(total(&best) >= total(&greedy));
        prop_assert_eq!(&best, &at_best(&problem), "the same problem has the same answer");
    }

    #[test]
    fn the_first_tier_is_as_large_as_can_be(problem in a_problem()) {
        let mut alone = problem.clone();
        for group in &mut alone.groups {
            group.near.clear();
            if !group.is_first {
                group.exact.clear();
            }
        }
        let first: u32 = at_best(&problem)
            .iter()
            .filter(|((group, _demand), _count)| problem.groups[*group].is_first)
            .map(|(_pair, count)| count)
            .sum();
        prop_assert!(first >= brute_force(&alone), "no later tier takes a place from it");
        prop_assert!(by_tier(&problem, &greedily(&problem))[0] <= brute_force(&alone));
    }

    #[test]
    fn nobody_of_the_second_class_holds_what_one_of_the_first_could_take(
        mut problem in a_problem(), quotas in proptest::option::of(quotas()),
    ) {
        problem.quotas = quotas.unwrap_or_default();
        let best = at_best(&problem);
        let placed_of = |at: usize| -> u32 {
            best.iter().filter(|((group, _), _)| *group == at).map(|(_, count)| count).sum()
        };
        for (left, first) in problem.groups.iter().enumerate() {
            if !first.is_first || placed_of(left) == first.len {
                continue;
            }
            for (holder, demand) in best.keys() {
                let second = &problem.groups[*holder];
                let near = second.near.contains(demand);
                let could = first.exact.contains(demand) || near && first.near.contains(demand);
                // A quota that the holder uses up is not there for somebody of another commune.
                let bound = problem.quotas.keys().any(|(_unit, cell)| *cell == first.cell);
                let may = second.cell == first.cell || !bound;
                prop_assert!(second.is_first || !could || !may, "{problem:?} {best:?}");
            }
        }
    }

    #[test]
    fn quotas_hold_and_nobody_more_can_be_added(mut problem in a_problem(), quotas in quotas()) {
        problem.quotas = quotas;
        let (greedy, best) = (greedily(&problem), at_best(&problem));
        assert_sound(&problem, &greedy);
        assert_sound(&problem, &best);
        let mut left = problem.quotas.clone();
        let mut free: Vec<u32> = problem.demands.iter().map(|demand| demand.count).collect();
        let mut waiting: Vec<u32> = problem.groups.iter().map(|group| group.len).collect();
        for ((group, demand), count) in &best {
            waiting[*group] -= count;
            free[*demand] -= count;
            let pair = (problem.demands[*demand].unit, problem.groups[*group].cell);
            if let Some(left) = left.get_mut(&pair) {
                *left -= count;
            }
        }
        for (at, group) in problem.groups.iter().enumerate() {
            for demand in group.exact.iter().chain(&group.near) {
                let pair = (problem.demands[*demand].unit, group.cell);
                let open = left.get(&pair).is_none_or(|left| *left > 0) && free[*demand] > 0;
                prop_assert!(waiting[at] == 0 || !open, "a place stays empty: {problem:?} {best:?}");
            }
        }
    }

    #[test]
    fn one_candidate_less_never_fills_more(problem in a_problem(), which in any::<prop::sample::Index>()) {
        prop_assume!(!problem.order.is_empty());
        let mut fewer = problem.clone();
        let group = fewer.order.remove(which.index(fewer.order.len()));
        fewer.groups[group].len -= 1;
        prop_assert!(total(&at_best(&fewer)) <= total(&at_best(&problem)));
    }
}
