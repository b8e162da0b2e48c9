//! A trust bundle, and what changes between two, in words: what a root holder reads before signing.
//!
//! Nothing that differs goes unsaid: what these words do not know is told as such, and
//! [`changes`] of two bundles is empty only if they are the same.

use std::collections::BTreeSet;

use crate::cli::output::local_time;
use crate::domain::authority::{AuthorityRule, Role};
use crate::domain::ids::KeyId;
use crate::domain::instant::Instant;
use crate::evidence::fingerprint;
use crate::evidence::trust::{TrustBundle, TrustedOfficer};

const DAY_MS: i64 = 86_400_000;

/// Whole days until a moment; negative once it is over.
pub(in crate::cli) const fn days_left(until: Instant, now: Instant) -> i64 {
    until.millis_since(now).div_euclid(DAY_MS)
}

/// A key as people compare it.
pub(in crate::cli) fn key_words(id: &KeyId) -> String {
    fingerprint(&id.0)
}

/// What a bundle says, a line each.
pub(super) fn contents(bundle: &TrustBundle, now: Instant) -> Vec<String> {
    let mut lines = vec![
        format!("province {}, version {}, epoch {}", bundle.province, bundle.version, bundle.epoch),
        format!(
            "issued {}, ends {} ({} days left)",
            local_time(bundle.issued_at),
            local_time(bundle.expires_at),
            days_left(bundle.expires_at, now)
        ),
        format!(
            "{} of {} root holders sign the next one; roots fingerprint:",
            bundle.root_threshold,
            bundle.roots.len()
        ),
        format!("  {}", bundle.roots_fingerprint()),
    ];
    lines.extend(bundle.roots.iter().map(|root| format!("  root     {}", key_words(&root.id()))));
    lines.push(format!("  ledger   {}", key_words(&bundle.ledger_key.id())));
    lines.push(format!("{} officers:", bundle.officers.len()));
    for officer in &bundle.officers {
        lines.push(format!("  {}", officer_words(officer)));
        lines.extend(officer.keys.iter().map(|own| {
            let ends = local_time(own.valid_to);
            format!("    {:<8} {}  until {ends}", own.key_use.as_str(), key_words(&own.key.id()))
        }));
    }
    lines.push(format!("{} rules:", bundle.rules.len()));
    lines.extend(bundle.rules.iter().map(|rule| format!("  {}", rule_words(rule))));
    lines
}

/// Everything that is different in the second bundle, a line each.
pub(in crate::cli) fn changes(old: &TrustBundle, new: &TrustBundle) -> Vec<String> {
    let mut lines = Vec::new();
    let mut tell = |what: &str, before: String, after: String| {
        if before != after {
            lines.push(format!("{what}: {before} becomes {after}"));
        }
    };
    tell("PROVINCE", old.province.to_string(), new.province.to_string());
    tell("version", old.version.to_string(), new.version.to_string());
    tell("epoch", old.epoch.to_string(), new.epoch.to_string());
    tell("issued", local_time(old.issued_at), local_time(new.issued_at));
    tell("ends", local_time(old.expires_at), local_time(new.expires_at));
    let threshold =
        |bundle: &TrustBundle| format!("{} of {}", bundle.root_threshold, bundle.roots.len());
    tell("ROOT HOLDERS who must sign", threshold(old), threshold(new));
    let ledger = |bundle: &TrustBundle| key_words(&bundle.ledger_key.id());
    tell("LEDGER KEY", ledger(old), ledger(new));
    if old.authority_cert_pem != new.authority_cert_pem {
        lines.push("the ENROLMENT AUTHORITY changes: every certificate is issued anew".to_owned());
    }
    let roots = |bundle: &TrustBundle| bundle.roots.iter().copied().collect::<BTreeSet<_>>();
    let (before, after) = (roots(old), roots(new));
    for root in before.difference(&after) {
        lines.push(format!("ROOT dropped: {}", key_words(&root.id())));
    }
    for root in after.difference(&before) {
        lines.push(format!("ROOT added: {}", key_words(&root.id())));
    }
    officers(old, new, &mut lines);
    for rule in old.rules.iter().filter(|rule| !new.rules.contains(rule)) {
        lines.push(format!("RULE dropped: {}", rule_words(rule)));
    }
    for rule in new.rules.iter().filter(|rule| !old.rules.contains(rule)) {
        lines.push(format!("RULE added: {}", rule_words(rule)));
    }
    if hides_more(old, new) || (lines.is_empty() && old != new) {
        let text = "OTHER CONTENTS change that have no words here: ask the author before signing";
        lines.push(text.to_owned());
    }
    lines
}

/// Whether the two differ in something that [`changes`] has no words for.
fn hides_more(old: &TrustBundle, new: &TrustBundle) -> bool {
    let mut told = old.clone();
    told.province.clone_from(&new.province);
    told.version = new.version;
    told.epoch = new.epoch;
    told.issued_at = new.issued_at;
    told.expires_at = new.expires_at;
    told.officers.clone_from(&new.officers);
    told.rules.clone_from(&new.rules);
    told.ledger_key = new.ledger_key;
    told.roots.clone_from(&new.roots);
    told.root_threshold = new.root_threshold;
    told.authority_cert_pem.clone_from(&new.authority_cert_pem);
    told != *new
}

fn officers(old: &TrustBundle, new: &TrustBundle, lines: &mut Vec<String>) {
    for gone in old.officers.iter().filter(|officer| new.officer(&officer.id).is_none()) {
        lines.push(format!("officer {} is REMOVED", gone.id));
    }
    for officer in &new.officers {
        let Some(before) = old.officer(&officer.id) else {
            lines.push(format!("officer added: {}", officer_words(officer)));
            lines.extend(
                officer
                    .keys
                    .iter()
                    .map(|own| format!("  {} key {}", own.key_use, key_words(&own.key.id()))),
            );
            continue;
        };
        one_officer(before, officer, lines);
    }
}

fn one_officer(old: &TrustedOfficer, new: &TrustedOfficer, lines: &mut Vec<String>) {
    let id = &new.id;
    if old.name != new.name {
        lines.push(format!("officer {id}: name {} becomes {}", old.name, new.name));
    }
    if old.unit != new.unit {
        lines.push(format!("officer {id}: unit {} becomes {}", old.unit, new.unit));
    }
    for role in old.roles.difference(&new.roles) {
        lines.push(format!("officer {id} loses role {role}"));
    }
    for role in new.roles.difference(&old.roles) {
        lines.push(format!("officer {id} gains role {role}"));
    }
    match (old.retired_at, new.retired_at) {
        (None, Some(at)) => lines.push(format!("officer {id} is retired from {}", local_time(at))),
        (Some(_), None) => lines.push(format!("officer {id} is BACK IN SERVICE")),
        (before, after) if before != after => {
            lines.push(format!("officer {id}: the moment of retiring changes"));
        }
        _same => {}
    }
    for own in &new.keys {
        let key = key_words(&own.key.id());
        match old.keys.iter().find(|known| known.key == own.key) {
            None => lines.push(format!(
                "officer {id}: {} key added, until {}: {key}",
                own.key_use,
                local_time(own.valid_to)
            )),
            Some(known) if known != own => lines.push(format!(
                "officer {id}: {} key {key} counts from {} to {}",
                own.key_use,
                local_time(own.valid_from),
                local_time(own.valid_to)
            )),
            Some(_same) => {}
        }
    }
    for gone in old.keys.iter().filter(|known| new.keys.iter().all(|own| own.key != known.key)) {
        lines.push(format!(
            "officer {id}: {} key dropped: {}",
            gone.key_use,
            key_words(&gone.key.id())
        ));
    }
}

/// An officer on one line.
pub(in crate::cli) fn officer_words(officer: &TrustedOfficer) -> String {
    let roles: Vec<&str> = officer.roles.iter().map(|role| Role::as_str(*role)).collect();
    let retired = officer
        .retired_at
        .map_or_else(String::new, |at| format!(", RETIRED since {}", local_time(at)));
    let (id, name, unit) = (&officer.id, &officer.name, &officer.unit);
    format!("{id} ({name}), unit {unit}: {}{retired}", roles.join(", "))
}

fn rule_words(rule: &AuthorityRule) -> String {
    let places = rule
        .places
        .iter()
        .map(|place| place.iter().map(|role| Role::as_str(*role)).collect::<Vec<_>>().join(" or "));
    let handling = rule.handling.map_or_else(|| "any".to_owned(), |one| one.to_string());
    let drafter = if rule.drafter_may_sign { "the drafter too" } else { "not the drafter" };
    format!(
        "{} {handling} {}: {} ({drafter}), from {}{}; {}",
        rule.act,
        rule.kind.as_deref().unwrap_or("order"),
        places.collect::<Vec<_>>().join(" + "),
        local_time(rule.valid_from),
        rule.valid_to.map_or_else(String::new, |end| format!(" to {}", local_time(end))),
        rule.legal_basis
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::trust::tests::{at, bundle, key};

    fn told(change: impl FnOnce(&mut TrustBundle)) -> String {
        let (old, mut new) = (bundle(), bundle());
        change(&mut new);
        assert_ne!(old, new, "the change changes something");
        changes(&old, &new).join("\n")
    }

    #[test]
    fn the_same_bundle_has_no_changes() {
        assert_eq!(changes(&bundle(), &bundle()), Vec::<String>::new());
    }

    #[test]
    fn each_change_is_told_by_name() {
        type Case = (fn(&mut TrustBundle), &'static str);
        let cases: [Case; 20] = [
            (|new| new.province = "12".parse().expect("a code"), "PROVINCE: 11 becomes 12"),
            (|new| new.version = 9, "version: 1 becomes 9"),
            (|new| new.epoch = 2, "epoch: 1 becomes 2"),
            (|new| new.issued_at = at(86_400_000), "issued"),
            (|new| new.expires_at = at(86_400_000), "ends"),
            (|new| new.root_threshold = 1, "ROOT HOLDERS who must sign: 2 of 3 becomes 1 of 3"),
            (|new| new.roots[0] = key(210).public(), "ROOT added"),
            (|new| new.roots.truncate(2), "ROOT dropped"),
            (|new| new.ledger_key = key(211).public(), "LEDGER KEY"),
            (|new| new.authority_cert_pem = "other".into(), "ENROLMENT AUTHORITY"),
            (|new| drop(new.rules.pop()), "RULE dropped"),
            (|new| new.rules[0].drafter_may_sign ^= true, "RULE added"),
            (|new| drop(new.officers.pop()), "officer f is REMOVED"),
            (|new| new.officers[0].name = "X".into(), "officer a: name Officer a becomes X"),
            (|new| new.officers[0].unit = "KV1".parse().expect("a code"), "unit 11 becomes KV1"),
            (|new| new.officers[0].roles.extend([Role::Auditor]), "a gains role auditor"),
            (
                |new| new.officers[2].roles.retain(|role| *role != Role::Signer),
                "c loses role signer",
            ),
            (|new| new.officers[0].retired_at = Some(at(3)), "officer a is retired"),
            (|new| new.officers[0].keys[0].valid_to = at(9), "officer a: actual key"),
            (|new| new.officers[0].keys.truncate(1), "officer a: exercise key dropped"),
        ];
        for (change, expected) in cases {
            let text = told(change);
            assert!(text.contains(expected), "{expected}: {text}");
            assert!(!text.contains("OTHER CONTENTS"), "{text}");
        }
    }

    #[test]
    fn days_left_are_whole_days_and_go_below_zero() {
        for (until, days) in [(DAY_MS * 3, 3), (DAY_MS * 3 - 1, 2), (0, 0), (-1, -1)] {
            assert_eq!(days_left(at(until), at(0)), days);
        }
    }
}
