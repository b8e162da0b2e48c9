//! A trust bundle, and what changes between two, in words: what a root holder reads before signing.
//!
//! Nothing that differs goes unsaid: what these words do not know is told as such, and
//! [`changes`] of two bundles is empty only if they are the same.

mod lent;

use std::collections::BTreeSet;

use crate::cli::order::view::printable;
use crate::cli::output::local_time;
use crate::domain::authority::{AuthorityRule, Delegation, Role};
use crate::domain::ids::KeyId;
use crate::domain::instant::Instant;
use crate::evidence::checkpoint::witness::Witnesses;
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
    lines.push(format!("{} witnesses are asked for:", asked_for(&bundle.witnesses)));
    lines.extend(bundle.witnesses.keys.iter().map(|key| format!("  witness  {key}")));
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
    lines.push(format!("{} delegations:", bundle.delegations.len()));
    let lent = bundle.delegations.iter().map(|lent| format!("  {}", lent::words_at(lent, now)));
    lines.extend(lent);
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
    let delegations = lent::changes(old, new, &mut lines);
    let witnesses = witnesses(&old.witnesses, &new.witnesses, &mut lines);
    if hides_more(old, new, delegations, witnesses) || (lines.is_empty() && old != new) {
        let text = "OTHER CONTENTS change that have no words here: ask the author before signing";
        lines.push(text.to_owned());
    }
    lines
}

/// Whether the two differ in something that [`changes`] has no words for. Given are the delegations and
/// witnesses that its words lead to from the old ones.
fn hides_more(
    old: &TrustBundle,
    new: &TrustBundle,
    delegations: Vec<Delegation>,
    witnesses: Witnesses,
) -> bool {
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
    told.delegations = delegations;
    told.witnesses = witnesses;
    told != *new
}

fn asked_for(witnesses: &Witnesses) -> String {
    format!("{} of {}", witnesses.threshold, witnesses.keys.len())
}

/// Tells what changes about witnesses, each by the line that `witness init` showed. Gives back the list
/// that these words lead to from the old one.
fn witnesses(old: &Witnesses, new: &Witnesses, lines: &mut Vec<String>) -> Witnesses {
    if old.threshold != new.threshold {
        let (before, after) = (asked_for(old), asked_for(new));
        lines.push(format!("WITNESSES asked for: {before} becomes {after}"));
    }
    let mut keys = Vec::with_capacity(new.keys.len());
    for key in &old.keys {
        if new.keys.contains(key) {
            keys.push(key.clone());
        } else {
            lines.push(format!("WITNESS dropped: {key}"));
        }
    }
    for key in new.keys.iter().filter(|key| !old.keys.contains(key)) {
        lines.push(format!("WITNESS added: {key}"));
        keys.push(key.clone());
    }
    Witnesses { keys, threshold: new.threshold }
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
        let (old, new) = (printable(&old.name), printable(&new.name));
        lines.push(format!("officer {id}: name {old} becomes {new}"));
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
    let (id, name, unit) = (&officer.id, printable(&officer.name), &officer.unit);
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
        printable(&rule.legal_basis)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::order::handling::Handling;
    use crate::evidence::note::{NoteAlgorithm, NoteKey};
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

    fn witness(name: &str, seed: u8) -> NoteKey {
        NoteKey::new(name, NoteAlgorithm::Cosignature, key(seed).public()).expect("a name")
    }

    fn lent(to: &str) -> Delegation {
        Delegation {
            from: "a".parse().expect("an id"),
            to: to.parse().expect("an id"),
            roles: [Role::Signer].into(),
            handling: None,
            kinds: BTreeSet::new(),
            units: BTreeSet::new(),
            document: "12/QĐ-BCH".to_owned(),
            valid_from: at(0),
            valid_to: at(10 * DAY_MS),
        }
    }

    /// A bundle in which d and e stand in for a, and two witnesses are listed of whom one is asked for.
    fn watched() -> TrustBundle {
        let keys = vec![witness("kv1.example", 210), witness("kv2.example", 211)];
        let witnesses = Witnesses { keys, threshold: 1 };
        TrustBundle { delegations: vec![lent("d"), lent("e")], witnesses, ..bundle() }
    }

    /// The next bundle, a day later.
    fn told_next(change: impl FnOnce(&mut TrustBundle)) -> Vec<String> {
        let (old, mut new) = (watched(), watched());
        (new.version, new.issued_at) = (2, at(DAY_MS));
        change(&mut new);
        let lines = changes(&old, &new);
        assert!(lines[0].starts_with("version") && lines[1].starts_with("issued"), "{lines:?}");
        lines[2..].to_vec()
    }

    #[test]
    fn each_change_of_delegations_and_witnesses_is_told_and_nothing_else() {
        type Case = (fn(&mut TrustBundle), &'static [&'static str]);
        let by = "stands in for a by \"12/QĐ-BCH\"";
        let cases: [Case; 14] = [
            (|_new| {}, &[]),
            (
                |new| new.delegations.push(lent("b")),
                &["DELEGATION new: b BY from ", ": as signer, handling any, kinds any, units any"],
            ),
            (|new| drop(new.delegations.remove(0)), &["DELEGATION ended: d BY from ", "signer"]),
            (
                |new| new.delegations[1].valid_to = at(DAY_MS),
                &["DELEGATION ended: e BY: until ", "becomes"],
            ),
            (
                |new| new.delegations[1].valid_to = at(20 * DAY_MS),
                &["DELEGATION changed: e BY: until ", "becomes"],
            ),
            (
                |new| new.delegations[0].valid_from = at(1),
                &["changed: d BY: from 1970-01-01T00:00:00.000Z becomes 1970-01-01T00:00:00.001Z"],
            ),
            (
                |new| new.delegations[0].roles.extend([Role::Approver]),
                &["changed: d BY: roles signer becomes ", "approver"],
            ),
            (
                |new| new.delegations[0].handling = Some(Handling::Actual),
                &["changed: d BY: handling any becomes actual"],
            ),
            (
                |new| new.delegations[0].kinds.extend(["directive".to_owned()]),
                &["changed: d BY: kinds any becomes directive"],
            ),
            (
                |new| new.delegations[0].units.extend(["KV1".parse().expect("a code")]),
                &["changed: d BY: units any becomes KV1"],
            ),
            (|new| new.witnesses.threshold = 2, &["WITNESSES asked for: 1 of 2 becomes 2 of 2"]),
            (|new| new.witnesses.threshold = 0, &["WITNESSES asked for: 1 of 2 becomes 0 of 2"]),
            (
                |new| new.witnesses.keys.push(witness("kv3.example", 212)),
                &["WITNESS added: kv3.example+"],
            ),
            (|new| drop(new.witnesses.keys.remove(0)), &["WITNESS dropped: kv1.example+"]),
        ];
        for (change, expected) in cases {
            let lines = told_next(change);
            assert_eq!(lines.len(), usize::from(!expected.is_empty()), "{expected:?}: {lines:?}");
            for part in expected {
                assert!(lines[0].contains(&part.replace("BY", by)), "{part}: {lines:?}");
            }
        }
    }

    #[test]
    fn another_document_and_another_key_are_one_less_and_one_more() {
        let lines = told_next(|new| new.delegations[1].document = "13\nROOT added".to_owned());
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("DELEGATION ended: e ") && lines[0].contains("12/QĐ-BCH"));
        assert!(lines[1].starts_with("DELEGATION new: e ") && lines[1].contains("13\\nROOT"));
        let lines = told_next(|new| new.witnesses.keys[1] = witness("kv2.example", 213));
        let keys = [witness("kv2.example", 211), witness("kv2.example", 213)];
        let [gone, added] = keys.map(|key| key.to_string());
        assert_eq!(lines, [format!("WITNESS dropped: {gone}"), format!("WITNESS added: {added}")]);
    }

    #[test]
    fn what_has_no_words_is_said_to_have_none() {
        let changes: [fn(&mut TrustBundle); 3] = [
            |new| new.delegations.reverse(),
            |new| new.witnesses.keys.reverse(),
            |new| new.witnesses.keys.push(witness("kv1.example", 210)),
        ];
        for change in changes {
            let lines = told_next(change);
            assert_eq!(lines.len(), 1, "{lines:?}");
            assert!(lines[0].starts_with("OTHER CONTENTS"), "{lines:?}");
        }
    }

    #[test]
    fn a_bundle_shows_its_witnesses_and_who_stands_in_for_whom() {
        let mut bundle = watched();
        bundle.delegations[1].valid_from = at(3 * DAY_MS);
        let text = |bundle: &TrustBundle, days| contents(bundle, at(days * DAY_MS)).join("\n");
        let shown = text(&bundle, 2);
        assert!(shown.contains("1 of 2 witnesses are asked for:"), "{shown}");
        for key in &bundle.witnesses.keys {
            assert!(shown.contains(&format!("\n  witness  {key}\n")), "{shown}");
        }
        assert!(shown.contains("\n2 delegations:\n  d stands in for a by"), "{shown}");
        assert_eq!((shown.matches("(over)").count(), shown.matches("(not yet)").count()), (0, 1));
        assert_eq!(text(&bundle, 10).matches("(over)").count(), 2);
    }

    #[test]
    fn days_left_are_whole_days_and_go_below_zero() {
        for (until, days) in [(DAY_MS * 3, 3), (DAY_MS * 3 - 1, 2), (0, 0), (-1, -1)] {
            assert_eq!(days_left(at(until), at(0)), days);
        }
    }
}
