//! One line's candidates, sorted by counting: no allocation for each, and no comparison of more than
//! what a unit's cut needs.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::domain::callup::{
    Barred, Candidate, Chosen, Demand, ELSEWHERE_MAX, Nearness, Place, Reach, Reason, Taken,
};

const RANKS: usize = Reason::ALL.len();

/// The candidates of a line by rank and unit.
pub(super) struct Pool {
    units: usize,
    /// Rank in the upper half, row in the lower: by bucket, and there in no order until taken from.
    keys: Vec<u64>,
    /// What is left of each bucket, by rank and then unit.
    left: Vec<Range<usize>>,
    refused: [u32; Barred::COUNT],
    elsewhere: Vec<u32>,
}

impl Pool {
    /// Those who fit exactly; where they are not `enough`, the near ones too.
    pub(super) fn gather<I: Iterator<Item = Candidate>>(
        demand: &Demand,
        mut candidates: impl FnMut(Nearness) -> I,
        enough: u32,
        taken: &Taken,
    ) -> Self {
        let units = demand.units.len();
        let mut pool = Self {
            units,
            keys: Vec::new(),
            left: vec![0..0; RANKS * units],
            refused: [0; Barred::COUNT],
            elsewhere: vec![0; units],
        };
        let mut sizes = vec![0_usize; RANKS * units];
        let mut found: Vec<(u32, u64)> = Vec::new();
        let mut ready = 0;
        for nearness in [Nearness::Exact, Nearness::Near] {
            if nearness == Nearness::Near && ready >= enough {
                break;
            }
            // From within: candidates come out of several chains, which next to next would cost more.
            candidates(nearness).for_each(|Candidate { row, unit, standing }| {
                let place = usize::try_from(unit).unwrap_or(usize::MAX);
                let Some(reach) = demand.units.get(place) else { return };
                if taken.contains(row) {
                    return;
                }
                match (standing, reach) {
                    (Ok(Place { reason, rank }), Reach::Asked) => {
                        ready += u32::from(reason != Reason::Waiting);
                        let at = reason as usize * units + place;
                        sizes[at] += 1;
                        let bucket = u32::try_from(at).expect("units are far fewer than 2^32 / 11");
                        found.push((bucket, u64::from(rank) << 32 | u64::from(row)));
                    }
                    (Ok(Place { reason: Reason::Waiting, .. }), _far) => {}
                    (Ok(_place), Reach::SameArea | Reach::Elsewhere) => pool.elsewhere[place] += 1,
                    (Err(barred), Reach::Asked) => pool.refused[barred as usize] += 1,
                    (Err(barred), _far) if demand.by_plan => pool.refused[barred as usize] += 1,
                    (Err(_barred), Reach::SameArea | Reach::Elsewhere) => {}
                }
            });
        }
        let mut begin = 0;
        for (range, size) in pool.left.iter_mut().zip(&sizes) {
            *range = begin..begin;
            begin += size;
        }
        pool.keys = vec![0; found.len()];
        for (bucket, key) in found {
            let bucket = usize::try_from(bucket).expect("it was one");
            let range = &mut pool.left[bucket];
            pool.keys[range.end] = key;
            range.end += 1;
        }
        pool
    }

    /// The next `wanted` in the law's order, as many as there are.
    pub(super) fn take(&mut self, wanted: u32, line: u32) -> Vec<Chosen> {
        let mut wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        let mut chosen = Vec::new();
        for (rank, reason) in Reason::ALL.into_iter().enumerate() {
            if wanted == 0 {
                break;
            }
            if reason == Reason::Waiting {
                continue;
            }
            let buckets = rank * self.units..(rank + 1) * self.units;
            let sizes: Vec<usize> =
                self.left[buckets.clone()].iter().map(ExactSizeIterator::len).collect();
            let shares = shares(&sizes, wanted);
            for (unit, (bucket, share)) in (0_u32..).zip(buckets.zip(shares)) {
                wanted -= share;
                let range = &mut self.left[bucket];
                let keys = &mut self.keys[range.clone()];
                if share > 0 && share < keys.len() {
                    keys.select_nth_unstable(share);
                }
                let first = &mut keys[..share];
                first.sort_unstable();
                chosen.extend(first.iter().map(|key| {
                    let row = u32::try_from(key & u64::from(u32::MAX)).expect("half of a key");
                    Chosen { row, unit, line, reason }
                }));
                range.start += share;
            }
        }
        chosen
    }

    /// The first `wanted` of those who wait, in the order of their list.
    pub(super) fn take_waiting(&self, wanted: u32, line: u32) -> Vec<Chosen> {
        let rank = Reason::Waiting as usize;
        let buckets = &self.left[rank * self.units..(rank + 1) * self.units];
        let of_unit = |(unit, range): (u32, &Range<usize>)| {
            self.keys[range.clone()].iter().map(move |key| (*key, unit)).collect::<Vec<_>>()
        };
        let mut all: Vec<(u64, u32)> = (0_u32..).zip(buckets).flat_map(of_unit).collect();
        all.sort_unstable();
        all.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        let chosen = |(key, unit): (u64, u32)| {
            let row = u32::try_from(key & u64::from(u32::MAX)).expect("half of a key");
            Chosen { row, unit, line, reason: Reason::Waiting }
        };
        all.into_iter().map(chosen).collect()
    }

    pub(super) fn refused(&self) -> BTreeMap<Barred, u32> {
        let counted = Barred::ALL.into_iter().zip(self.refused);
        counted.filter(|(_why, count)| *count > 0).collect()
    }

    pub(super) fn elsewhere(&self, demand: &Demand) -> Vec<(u32, u32)> {
        let mut units: Vec<(Reach, u32, u32)> = (0_u32..)
            .zip(&self.elsewhere)
            .zip(&demand.units)
            .filter(|((_unit, count), _reach)| **count > 0)
            .map(|((unit, count), reach)| (*reach, unit, *count))
            .collect();
        units.sort_by_key(|(reach, unit, count)| (*reach, std::cmp::Reverse(*count), *unit));
        units.into_iter().take(ELSEWHERE_MAX).map(|(_reach, unit, count)| (unit, count)).collect()
    }
}

/// What each unit gives when `wanted` are taken from all: in proportion to what it has, the largest
/// remainders first, and of equal ones the first unit.
fn shares(sizes: &[usize], wanted: usize) -> Vec<usize> {
    let total: usize = sizes.iter().sum();
    if wanted >= total {
        return sizes.to_vec();
    }
    let wide = |own: usize| u128::try_from(own).expect("a length in memory fits 128 bits");
    let exact = |size: usize| wide(size) * wide(wanted);
    let narrow = |own: u128| usize::try_from(own).expect("not more than it was cut from");
    let mut shares: Vec<usize> =
        sizes.iter().map(|size| narrow(exact(*size) / wide(total))).collect();
    let given: usize = shares.iter().sum();
    let mut by_remainder: Vec<usize> = (0..sizes.len()).collect();
    by_remainder.sort_by_key(|at| (std::cmp::Reverse(exact(sizes[*at]) % wide(total)), *at));
    for at in by_remainder.into_iter().take(wanted - given) {
        shares[at] += 1;
    }
    shares
}
