//! What a proposal comes to, as a message.

use std::collections::BTreeMap;

use crate::domain::ids::ReserveUnitCode;
use crate::domain::plan::{Outcome, Proposal};
use crate::wire::pb;

/// Open posts told of in one answer.
const UNFILLED_MAX: usize = 1_000;

/// Reasons with their counts, the most frequent first.
pub(super) fn reasons(counts: &BTreeMap<&'static str, u64>) -> Vec<pb::ReasonCount> {
    let mut counts: Vec<_> = counts.iter().collect();
    counts.sort_by_key(|(_reason, count)| std::cmp::Reverse(**count));
    let count = |(reason, count): (&&'static str, &u64)| pb::ReasonCount {
        reason: (*reason).to_owned(),
        count: *count,
    };
    counts.into_iter().map(count).collect()
}

fn tiers(outcome: &Outcome) -> pb::TierCounts {
    let [exact_first, exact_second, near_first, near_second] = outcome.by_tier;
    pb::TierCounts { exact_first, exact_second, near_first, near_second }
}

pub(super) fn summary(proposal: &Proposal) -> pb::ProposalSummary {
    let post = |code: &ReserveUnitCode, no: u16, count: u32, reasons| pb::PostCount {
        reserve_unit_code: code.to_string(),
        post_no: no.into(),
        count: count.into(),
        reasons,
        is_equipment: false,
    };
    let moved = proposal.filled_by_moving().take(UNFILLED_MAX);
    let open = proposal.unfilled.iter().take(UNFILLED_MAX);
    pb::ProposalSummary {
        open: proposal.open,
        candidates: proposal.candidates,
        one_by_one: Some(tiers(&proposal.greedy)),
        proposed: Some(tiers(&proposal.proposed)),
        filled_by_moving: moved.map(|(code, no, more)| post(code, no, more, Vec::new())).collect(),
        unfilled: open
            .map(|at| post(&at.reserve_unit, at.post, at.missing, reasons(&at.reasons)))
            .collect(),
        unplaced: reasons(&proposal.unplaced_by_reason()),
        kept_by_unfit: Vec::new(),
        also_militia: 0,
        leaving: 0,
    }
}
