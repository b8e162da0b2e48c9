//! The counts of a proposal, for people or for equipment: as JSON, as rows of a sheet, and in words.

use serde_json::{Value, json};

use crate::cli::output::{table, text_of};
use crate::roster::sheet::{CellValue, Sheet, words};
use crate::wire::pb;

pub(super) fn total(tiers: Option<&pb::TierCounts>) -> u64 {
    tiers.map_or(0, |at| at.exact_first + at.exact_second + at.near_first + at.near_second)
}

fn tiers(tiers: Option<&pb::TierCounts>) -> Value {
    let at = tiers.copied().unwrap_or_default();
    json!({
        "exact_first": at.exact_first, "exact_second": at.exact_second,
        "near_first": at.near_first, "near_second": at.near_second, "total": total(tiers),
    })
}

fn reasons(all: &[pb::ReasonCount]) -> Value {
    all.iter()
        .map(|at| (at.reason.clone(), json!(at.count)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

pub(super) fn summary(of: &pb::ProposalSummary) -> Value {
    let post = |at: &pb::PostCount| {
        json!({
            "unit": at.reserve_unit_code, "post": at.post_no, "count": at.count,
            "reasons": reasons(&at.reasons),
        })
    };
    json!({
        "open": of.open,
        "candidates": of.candidates,
        "one_by_one": tiers(of.one_by_one.as_ref()),
        "proposed": tiers(of.proposed.as_ref()),
        "filled_by_moving": of.filled_by_moving.iter().map(post).collect::<Vec<_>>(),
        "unfilled": of.unfilled.iter().map(post).collect::<Vec<_>>(),
        "unplaced": reasons(&of.unplaced),
        "kept_by_unfit": reasons(&of.kept_by_unfit),
        "also_militia": of.also_militia,
        "leaving": of.leaving,
    })
}

/// A side of a proposal, a row for each count, each with what it is a part of where it is one.
pub(super) fn add_rows(sheet: &mut Sheet, side: &str, of: &pb::ProposalSummary) {
    let tiers = of.proposed.unwrap_or_default();
    let mut push = |what: &str,
                    post: Option<&pb::PostCount>,
                    (count, all): (u64, Option<u64>),
                    reasons: &[pb::ReasonCount]| {
        sheet.push([
            CellValue::term(words::SIDES, side),
            CellValue::term(words::PROPOSED, what),
            post.map_or(CellValue::Empty, |post| post.reserve_unit_code.as_str().into()),
            post.map_or(CellValue::Empty, |post| post.post_no.into()),
            CellValue::Count(count),
            all.map_or(CellValue::Empty, CellValue::Count),
            CellValue::word(said(reasons), in_vietnamese(reasons)),
        ]);
    };
    let filled = total(of.proposed.as_ref());
    push("filled", None, (filled, Some(of.open)), &[]);
    push("filled one by one", None, (total(of.one_by_one.as_ref()), Some(of.open)), &[]);
    for (what, count) in [
        ("exact, class 1", tiers.exact_first),
        ("exact, class 2", tiers.exact_second),
        ("near, class 1", tiers.near_first),
        ("near, class 2", tiers.near_second),
    ] {
        push(what, None, (count, Some(filled)), &[]);
    }
    push("also in the militia", None, (of.also_militia, Some(filled)), &[]);
    for post in &of.filled_by_moving {
        push("filled by moving", Some(post), (post.count, None), &[]);
    }
    for post in &of.unfilled {
        push("open", Some(post), (post.count, None), &post.reasons);
    }
    for at in &of.kept_by_unfit {
        push("kept by holders who do not fit", None, (at.count, None), &only(at));
    }
    for at in &of.unplaced {
        push("without a place", None, (at.count, Some(of.candidates)), &only(at));
    }
}

/// The reason of a row that counts it itself.
fn only(at: &pb::ReasonCount) -> [pb::ReasonCount; 1] {
    [pb::ReasonCount { count: 0, ..at.clone() }]
}

fn said(all: &[pb::ReasonCount]) -> String {
    each_said(all, |reason| reason)
}

fn in_vietnamese(all: &[pb::ReasonCount]) -> String {
    each_said(all, words::refusal)
}

fn each_said(all: &[pb::ReasonCount], word: impl Fn(&str) -> &str) -> String {
    let texts = all.iter().map(|at| match at.count {
        0 => word(&at.reason).to_owned(),
        count => format!("{} {count}", word(&at.reason)),
    });
    texts.collect::<Vec<_>>().join(", ")
}

pub(super) fn in_words(name: &str, of: &pb::ProposalSummary) -> String {
    let (filled, one_by_one) = (total(of.proposed.as_ref()), total(of.one_by_one.as_ref()));
    let at = of.proposed.unwrap_or_default();
    let mut text = format!(
        "{name}: {filled} of {} open places filled from {} candidates ({one_by_one} one by one, {} \
        more by moving)\n  exact, class 1: {}   exact, class 2: {}   near, class 1: {}   near, class \
        2: {}\n",
        of.open,
        of.candidates,
        filled.saturating_sub(one_by_one),
        at.exact_first,
        at.exact_second,
        at.near_first,
        at.near_second,
    );
    if of.also_militia > 0 {
        text.push_str(&format!("  of them {} also serve in the militia\n", of.also_militia));
    }
    if !of.kept_by_unfit.is_empty() {
        let kept: u64 = of.kept_by_unfit.iter().map(|at| at.count).sum();
        text.push_str(&format!(
            "  {kept} places are kept by holders who do not fit ({}): free them with `hoatoc plan end --unfit`\n",
            said(&of.kept_by_unfit)
        ));
    }
    if of.leaving > 0 {
        text.push_str(&format!(
            "  {} places are kept until their holders' last day: propose for a day after it (--on)\n",
            of.leaving
        ));
    }
    if !of.unplaced.is_empty() {
        text.push_str(&format!("  without a place: {}\n", said(&of.unplaced)));
    }
    if !of.unfilled.is_empty() {
        let mut rows = table(&["UNIT", "POST", "OPEN", "WHY"]);
        for post in &of.unfilled {
            rows.add_row([
                post.reserve_unit_code.clone(),
                post.post_no.to_string(),
                post.count.to_string(),
                said(&post.reasons),
            ]);
        }
        text.push_str(&text_of(&rows));
    }
    text
}
