//! Delegations in words: who stands in for whom, and what changes about it.

use crate::cli::output::{local_time, utc_time};
use crate::domain::authority::{Delegation, Role};
use crate::domain::instant::Instant;
use crate::evidence::trust::TrustBundle;

/// A delegation on one line.
pub(super) fn words(lent: &Delegation) -> String {
    let (from, to, document) = (&lent.from, &lent.to, &lent.document);
    let [roles, handling, kinds, units] = bounds(lent);
    let (since, until) = (local_time(lent.valid_from), local_time(lent.valid_to));
    // Quoted, as free text that might hold a line feed and then look like a line of ours.
    format!(
        "{to} stands in for {from} by {document:?} from {since} to {until}: as {roles}, \
         handling {handling}, kinds {kinds}, units {units}"
    )
}

/// The same, and whether it holds now.
pub(super) fn words_at(lent: &Delegation, now: Instant) -> String {
    let state = match () {
        () if now < lent.valid_from => " (not yet)",
        () if lent.valid_to <= now => " (over)",
        () => "",
    };
    format!("{}{state}", words(lent))
}

/// Tells what changes. Gives back the list that these words lead to from the old one: where that is not
/// the new list, something goes untold.
pub(super) fn changes(
    old: &TrustBundle,
    new: &TrustBundle,
    lines: &mut Vec<String>,
) -> Vec<Delegation> {
    let mut left: Vec<&Delegation> = new.delegations.iter().collect();
    let mut told = Vec::with_capacity(left.len());
    for lent in &old.delegations {
        let same = |other: &&Delegation| {
            (&other.from, &other.to, &other.document) == (&lent.from, &lent.to, &lent.document)
        };
        let place = left.iter().position(|other| *other == lent);
        let Some(place) = place.or_else(|| left.iter().position(same)) else {
            lines.push(format!("DELEGATION ended: {}", words(lent)));
            continue;
        };
        let after = left.remove(place);
        if after != lent {
            lines.push(one(lent, after, new.issued_at));
        }
        told.push(after.clone());
    }
    for added in left {
        lines.push(format!("DELEGATION new: {}", words(added)));
        told.push(added.clone());
    }
    told
}

/// What is different in one delegation. One that is ended before its time stays listed, with the moment
/// it was ended at.
fn one(old: &Delegation, new: &Delegation, issued_at: Instant) -> String {
    let ended = new.valid_to <= issued_at && issued_at < old.valid_to;
    let names = ["roles", "handling", "kinds", "units"];
    let pairs = bounds(old).into_iter().zip(bounds(new));
    let mut parts: Vec<String> = names
        .into_iter()
        .zip(pairs)
        .filter(|(_name, (before, after))| before != after)
        .map(|(name, (before, after))| format!("{name} {before} becomes {after}"))
        .collect();
    for (name, before, after) in
        [("from", old.valid_from, new.valid_from), ("until", old.valid_to, new.valid_to)]
    {
        if before != after {
            parts.push(format!("{name} {}", times(before, after)));
        }
    }
    let how = if ended { "ended" } else { "changed" };
    let (from, to, document) = (&new.from, &new.to, &new.document);
    format!("DELEGATION {how}: {to} stands in for {from} by {document:?}: {}", parts.join("; "))
}

/// Two different moments; to the millisecond where people's form of them is the same.
fn times(before: Instant, after: Instant) -> String {
    let said = (local_time(before), local_time(after));
    let (before, after) = if said.0 == said.1 { (utc_time(before), utc_time(after)) } else { said };
    format!("{before} becomes {after}")
}

/// Its roles, handling, kinds and units.
fn bounds(lent: &Delegation) -> [String; 4] {
    let roles: Vec<&str> = lent.roles.iter().map(|role| Role::as_str(*role)).collect();
    let handling = lent.handling.map_or_else(|| "any".to_owned(), |own| own.to_string());
    let kinds = lent.kinds.iter().map(|kind| kind.escape_debug().to_string());
    let units = lent.units.iter().map(ToString::to_string);
    [roles.join(", "), handling, any_of(kinds), any_of(units)]
}

fn any_of(texts: impl Iterator<Item = String>) -> String {
    let texts: Vec<String> = texts.collect();
    if texts.is_empty() { "any".to_owned() } else { texts.join(", ") }
}
