//! The attacks, each with the reason for which it fails.

use std::sync::Arc;

use super::stage::*;
use crate::audit::Anchor;
use crate::audit::report::Closing;
use crate::domain::endpoint::Terminal;
use crate::domain::order::delivery::Fact;
use crate::domain::order::handling::Handling;
use crate::domain::world::tests::support::*;
use crate::domain::world::{Actor, Entry, Event};
use crate::evidence::envelope::Envelope;
use crate::evidence::tree::{Tree, leaf_hash};
use crate::wire;

#[test]
fn a_sound_ledger_is_found_sound_with_its_counts() {
    let entries = province().ledger;
    let report = resigned(&entries);
    assert_eq!(report.faults.told, []);
    assert!(report.is_sound());
    assert_eq!((report.orders, report.issued), (4, 4));
    assert_eq!((report.counts.receipts, report.counts.answers), (3, 3));
    assert_eq!(report.counts.kinds["trust_published"], 2);
    assert_eq!(report.counts.kinds["terminal_enrolled"], 4);
    assert_eq!((report.bundle_version, report.witnesses_needed), (2, 1));
    let size = u64::try_from(entries.len()).expect("small");
    assert_eq!((report.size, report.head_size), (size, Some(size)));
    assert_eq!(report.not_cosigned(), Some(0));
    assert_eq!(report.witnessed.expect("cosigned").0, size);
    let kept = &entries[..20];
    assert_eq!(resigned_since(&entries, kept).since, Some(20));
}

#[test]
fn a_beginning_is_checked_under_a_head_that_continues_it() {
    let entries = province().ledger;
    let tree: Tree = leaves(&entries).iter().map(|leaf| leaf_hash(leaf)).collect();
    let second = last_place(&entries, "trust_published");
    let begin = &entries[..second];
    let old = u64::try_from(begin.len()).expect("small");
    let path = tree.prove_consistency(old, tree.len()).expect("reached").path;
    let Event::TrustPublished(later) = &entries[second].event else { panic!("a bundle") };
    let closing = Closing {
        heads: vec![head(&entries)],
        consistency: vec![path],
        later_bundles: vec![later.envelope.clone()],
        ..Closing::default()
    };
    let report = audited(begin, anchor(), &closing);
    assert_eq!(report.faults.told, []);
    assert_eq!((report.size, report.bundle_version), (old, 2));
    let closing = Closing { consistency: vec![Vec::new()], ..closing };
    assert_eq!(reasons(&audited(begin, anchor(), &closing))[0], "ROOT_MISMATCH");
}

#[test]
fn an_order_that_the_operator_edits_loses_its_signatures() {
    let mut entries = province().ledger;
    let at = place(&entries, "order_drafted");
    let Event::OrderDrafted { order, envelope, .. } = &mut entries[at].event else { panic!() };
    let mut edited = (**order).clone();
    edited.body = "Tập trung tại trạm khác.".to_owned();
    *envelope = envelope_of(&edited);
    *order = Arc::new(edited);
    let report = resigned(&entries);
    // Both signatures, so that the issue stands on none, and whoever answered answered another order.
    let said = reasons(&report);
    assert_eq!(said[..3], ["SIGNATURE_REFUSED", "SIGNATURE_REFUSED", "ISSUE_REFUSED"]);
    assert!(said[3..].contains(&"ANSWER_REFUSED"), "{said:?}");
    // Without a new head it does not even come that far.
    let closing = Closing { heads: vec![head(&province().ledger)], ..Closing::default() };
    assert!(reasons(&audited(&entries, anchor(), &closing)).contains(&"ROOT_MISMATCH"));
}

#[test]
fn an_order_that_the_operator_hides_leaves_a_hole_in_the_numbers() {
    let entries = province().ledger;
    let Event::OrderDrafted { order, .. } = &entries[place(&entries, "order_drafted")].event else {
        panic!("a draft")
    };
    let id = order.id;
    let hidden: Vec<Entry> =
        entries.iter().filter(|entry| entry.event.order() != Some(id)).cloned().collect();
    let said = reasons(&resigned(&hidden));
    // Its cancel speaks of an order that is not there, and its sequence is missing.
    assert!(said.contains(&"ORDER_REFUSED"), "{said:?}");
    assert!(said.contains(&"ISSUE_REFUSED"), "{said:?}");
}

#[test]
fn the_newest_order_that_the_operator_hides_is_missed_by_a_kept_head_and_by_the_witness() {
    let entries = province().ledger;
    let at = last_place(&entries, "order_drafted");
    let hidden = &entries[..at];
    assert!(resigned(hidden).is_sound(), "nothing in itself says that something is missing");
    assert_eq!(reasons(&resigned_since(hidden, &entries)), ["NOT_CONSISTENT"]);
    // No witness that has seen the true ledger cosigns the shorter one.
    let closing = Closing { heads: vec![head_by(hidden, &key(200), &[])], ..Closing::default() };
    assert_eq!(reasons(&audited(hidden, anchor(), &closing)), ["NOT_WITNESSED"]);
}

#[test]
fn an_order_that_the_operator_back_dates_is_out_of_its_time() {
    let entries = province().ledger;
    let at = last_place(&entries, "order_drafted");
    let mut dated = entries.clone();
    dated[at].at = dated[at].at.offset_by(-DAY);
    assert!(reasons(&resigned(&dated)).contains(&"TIME_RUNS_BACK"));
    // Put where that time was: the officers signed when they drafted it, and the numbers do not fit.
    let mut moved = entries.clone();
    let mut entry = moved.remove(at);
    let first = place(&moved, "order_drafted");
    entry.at = moved[first].at.offset_by(-2 * HOUR);
    moved[..first].iter_mut().for_each(|before| before.at = before.at.min(entry.at));
    moved.insert(first, entry);
    let said = reasons(&resigned(&moved));
    assert!(said.contains(&"ORDER_REFUSED"), "{said:?}");
    assert!(reasons(&resigned_since(&moved, &entries)).contains(&"NOT_CONSISTENT"));
}

#[test]
fn a_receipt_that_the_operator_drops_leaves_a_hole_or_is_missed_by_a_kept_head() {
    let entries = province().ledger;
    let mut dropped = entries.clone();
    dropped.remove(place(&entries, "answer_taken"));
    let said = reasons(&resigned(&dropped));
    assert!(said.iter().all(|reason| *reason == "ANSWER_REFUSED"), "{said:?}");
    assert!(!said.is_empty());
    let mut dropped = entries.clone();
    dropped.remove(last_place(&entries, "answer_taken"));
    assert_eq!(reasons(&resigned_since(&dropped, &entries)), ["NOT_CONSISTENT"]);
}

#[test]
fn an_answer_that_the_operator_invents_is_signed_by_nobody_there() {
    let province = province();
    let issue = &province.ledger[last_place(&province.ledger, "order_issued")].event;
    let Event::OrderIssued { order, .. } = issue else { panic!("an issue") };
    let answer = province.answer(*order, 4, Fact::Opened);
    let mut envelope =
        Envelope::new(wire::answer::payload_type(answer.fact), wire::answer::encode(&answer))
            .expect("within bounds");
    envelope.sign(&key(77)).expect("room");
    let event = Event::AnswerTaken { answer, envelope, clock_offset_ms: 0 };
    let (at, actor) = (province.now, Actor::Endpoint(no(4)));
    let invented = Entry { at, actor, request: None, event };
    let mut entries = province.ledger.clone();
    entries.push(invented.clone());
    assert_eq!(reasons(&resigned(&entries)), ["ANSWER_FORGED"]);

    // With a terminal of the operator's own put in the endpoint's place.
    let terminal = Terminal { answer_key: key(77).public(), ..terminal(50) };
    let secret_digest = [88; 32];
    let endpoint = no(4);
    let enrolled = Event::TerminalEnrolled { endpoint, secret_digest, terminal };
    let enrolled = Entry { event: enrolled, ..invented.clone() };
    let mut entries = province.ledger.clone();
    entries.extend([enrolled.clone(), invented.clone()]);
    assert_eq!(reasons(&resigned(&entries)), ["CERTIFICATE_REFUSED", "ANSWER_FORGED"]);
    let expires_at = at.offset_by(DAY);
    let code = Event::CodeCreated { endpoint, secret_digest, expires_at };
    let code = Entry { actor: Actor::Server, event: code, ..invented.clone() };
    let mut entries = province.ledger.clone();
    entries.extend([code, enrolled, invented]);
    let said = reasons(&resigned(&entries));
    assert_eq!(said, ["ACTOR_NOT_ALLOWED", "CERTIFICATE_REFUSED", "ANSWER_FORGED"]);
}

#[test]
fn a_terminal_cannot_deny_an_answer_nor_answer_twice_under_one_number() {
    let province = province();
    let at = place(&province.ledger, "answer_taken");
    let Event::AnswerTaken { envelope, answer, .. } = &province.ledger[at].event else { panic!() };
    // What it signed verifies under the key that it enrolled with, whatever it says later.
    let terminal = province.world.endpoints().get(answer.endpoint).and_then(|e| e.terminal.clone());
    let key = terminal.expect("enrolled").answer_key;
    assert_eq!(wire::answer::verify(envelope, &key).as_ref(), Ok(answer));
    let mut other = answer.clone();
    other.happened_at = other.happened_at.offset_by(-HOUR);
    let envelope = answer_envelope(&other);
    let mut entries = province.ledger.clone();
    let event = Event::AnswerTaken { answer: other, envelope, clock_offset_ms: 0 };
    let actor = Actor::Endpoint(answer.endpoint);
    entries.push(Entry { at: province.now, actor, request: None, event });
    assert_eq!(reasons(&resigned(&entries)), ["ANSWER_REFUSED"]);
}

#[test]
fn an_order_that_the_operator_issues_alone_is_found() {
    let mut province = province();
    let order = province.order(Handling::Actual);
    let id = order.id;
    let (at, envelope) = (province.now, envelope_of(&order));
    let entry = |actor: Actor, event| Entry { at, actor, request: None, event };
    let signed = |seed| signature(&envelope, &key(seed));
    let drafted = Event::OrderDrafted {
        order: Arc::new(order),
        envelope: envelope.clone(),
        traceparent: String::new(),
    };
    let add = |seed| Event::SignatureAdded { order: id, signature: signed(seed) };
    let sequence = province.world.latest_sequence() + 1;
    let issued = Event::OrderIssued { order: id, sequence, traceparent: String::new() };
    let with = |signatures: Vec<Entry>| {
        let mut entries = province.ledger.clone();
        entries.push(entry(officer("clerk"), drafted.clone()));
        entries.extend(signatures);
        entries.push(entry(officer("commander"), issued.clone()));
        reasons(&resigned(&entries))
    };
    assert_eq!(with(vec![]), ["ISSUE_REFUSED", "INVARIANT_BROKEN"]);
    let one = with(vec![entry(officer("commander"), add(2))]);
    assert_eq!(one[0], "ISSUE_REFUSED", "one of two persons");
    let own =
        with(vec![entry(officer("commander"), add(78)), entry(officer("commissar"), add(79))]);
    assert_eq!(own[..3], ["SIGNATURE_REFUSED", "SIGNATURE_REFUSED", "ISSUE_REFUSED"]);
    // A drill's key, and the same person with two keys.
    let drill =
        with(vec![entry(officer("commander"), add(102)), entry(officer("commissar"), add(3))]);
    assert_eq!(drill[0], "SIGNATURE_REFUSED");
    let twice =
        with(vec![entry(officer("commander"), add(2)), entry(officer("commander"), add(12))]);
    assert_eq!(twice[..2], ["SIGNATURE_REFUSED", "ISSUE_REFUSED"]);
    let enough =
        with(vec![entry(officer("commander"), add(2)), entry(officer("commissar"), add(3))]);
    assert_eq!(enough, Vec::<&str>::new(), "the true way is sound");
}

#[test]
fn a_bundle_that_the_roots_did_not_sign_makes_nobody_an_officer() {
    let province = province();
    let rogue = {
        let mut bundle = watched_bundle(3);
        bundle.officers[1].keys[0].key = key(99).public();
        bundle
    };
    let at = province.now;
    for roots in [&[201][..], &[77, 78], &[]] {
        let event = Event::TrustPublished(trust(&rogue, roots));
        let mut entries = province.ledger.clone();
        entries.push(Entry { at, actor: officer("auditor"), request: None, event });
        assert_eq!(reasons(&resigned(&entries)), ["BUNDLE_REFUSED"], "{roots:?}");
    }
    // An older bundle again, and one by the server itself.
    let old = Event::TrustPublished(trust(&watched_bundle(2), &[201, 202]));
    let mut entries = province.ledger.clone();
    entries.push(Entry { at, actor: officer("auditor"), request: None, event: old });
    assert_eq!(reasons(&resigned(&entries)), ["BUNDLE_REFUSED"]);
    let next = Event::TrustPublished(trust(&watched_bundle(3), &[201, 202]));
    let mut entries = province.ledger;
    entries.push(Entry { at, actor: Actor::Server, request: None, event: next });
    assert_eq!(reasons(&resigned(&entries)), ["ACTOR_NOT_ALLOWED"]);
}

#[test]
fn a_ledger_of_other_roots_or_of_another_history_is_not_the_one_that_is_known() {
    let entries = province().ledger;
    let closing = Closing { heads: vec![head(&entries)], ..Closing::default() };
    let strange = Anchor::of_roots(vec![crate::domain::ids::KeyId([1; 32])]);
    assert_eq!(reasons(&audited(&entries, strange, &closing)), ["ROOTS_UNKNOWN"]);
    let known = |version, roots: &[u8]| {
        let mut bundle = watched_bundle(version);
        bundle.officers[0].name = "another".to_owned();
        Anchor::of_bundle(&bundle, &trust(&bundle, roots).envelope)
    };
    // The auditor was shown another second bundle, and one that is missing here.
    let forked = audited(&entries, known(2, &[201, 202]), &closing);
    assert_eq!(reasons(&forked), ["BUNDLE_FORKED"]);
    let missing = audited(&entries, known(3, &[201, 202]), &closing);
    assert_eq!(reasons(&missing), ["BUNDLE_MISSING"]);
}

#[test]
fn a_head_of_another_key_or_without_witnesses_does_not_stand_for_the_entries() {
    let entries = province().ledger;
    let said = |heads: Vec<String>| {
        reasons(&audited(&entries, anchor(), &Closing { heads, ..Closing::default() }))
    };
    assert_eq!(said(vec![]), ["HEAD_MISSING"]);
    let strange = head_by(&entries, &key(77), &[("kv1.example", 210)]);
    assert_eq!(said(vec![strange]), ["HEAD_REFUSED"]);
    let unseen = head_by(&entries, &key(200), &[("kv1.example", 77), ("nobody", 210)]);
    assert_eq!(said(vec![unseen.clone()]), ["NOT_WITNESSED"]);
    // A line that came by hand counts, another's or another head's does not.
    let beside = |lines: &str| {
        let (heads, cosignatures) = (vec![unseen.clone()], vec![lines.to_owned()]);
        reasons(&audited(
            &entries,
            anchor(),
            &Closing { heads, cosignatures, ..Closing::default() },
        ))
    };
    let lines_on = |entries: &[Entry], seed| {
        let note = head_by(entries, &key(200), &[("kv2.example", seed)]);
        note.lines().last().map(|line| format!("{line}\n")).expect("a line")
    };
    assert_eq!(beside(&lines_on(&entries, 211)), Vec::<&str>::new());
    assert_eq!(beside(&lines_on(&entries[..15], 211)), ["NOT_WITNESSED"]);
    assert_eq!(beside(&lines_on(&entries, 210)), ["NOT_WITNESSED"]);
    assert_eq!(beside("rubbish"), ["NOT_WITNESSED"]);
    // One that was cosigned a little earlier is enough.
    let heads = vec![unseen, head(&entries[..15])];
    let older = audited(&entries, anchor(), &Closing { heads, ..Closing::default() });
    assert_eq!(older.faults.told, []);
    let rest = u64::try_from(entries.len() - 15).expect("small");
    assert_eq!(older.not_cosigned(), Some(rest), "and that the others are not is told");
    let shorter = head(&entries[..15]);
    assert_eq!(said(vec![shorter]), ["HEAD_BEHIND"]);
}

#[test]
fn a_backup_put_back_to_fork_the_ledger_is_found_by_everybody_who_kept_a_head() {
    let entries = province().ledger;
    // The operator restores yesterday's backup and goes on from there, without a word of the restore.
    let mut restored = province();
    restored.ledger.truncate(last_place(&entries, "order_drafted"));
    restored.world = restored.replayed();
    restored.issued(Handling::Exercise);
    let forked = restored.ledger;
    assert!(resigned(&forked).is_sound(), "in itself it is a ledger");
    assert_eq!(reasons(&resigned_since(&forked, &entries)), ["NOT_CONSISTENT"]);
    let shared = &entries[..last_place(&entries, "order_drafted")];
    assert_eq!(reasons(&resigned_since(&forked, shared)), Vec::<&str>::new());
}

#[test]
fn a_certificate_that_the_server_gives_itself_is_found() {
    let province = province();
    let at = province.now;
    let own = certificate_of("commander", 66);
    let mut entries = province.ledger.clone();
    entries.push(Entry { at, actor: Actor::Server, request: None, event: own });
    assert_eq!(reasons(&resigned(&entries)), ["ACTOR_NOT_ALLOWED"]);
    let by = |name: &str| {
        let mut entries = province.ledger.clone();
        let event = certificate_of("stranger-to-all", 67);
        entries.push(Entry { at, actor: officer(name), request: None, event });
        reasons(&resigned(&entries))
    };
    assert_eq!(by("auditor"), ["CERTIFICATE_REFUSED"], "nobody of that name may have one");
    let mut entries = province.ledger.clone();
    let event = certificate_of("commander", 68);
    entries.push(Entry { at, actor: officer("clerk"), request: None, event });
    assert_eq!(reasons(&resigned(&entries)), ["ACTOR_NOT_ALLOWED"], "no administrator");
}

#[test]
fn every_single_entry_that_is_taken_out_doubled_or_swapped_is_missed_by_a_kept_head() {
    let entries = province().ledger;
    for at in 0..entries.len() {
        let mut without = entries.clone();
        without.remove(at);
        assert!(!resigned_since(&without, &entries).is_sound(), "{at} taken out");
        let mut doubled = entries.clone();
        doubled.insert(at, entries[at].clone());
        assert!(!resigned_since(&doubled, &entries).is_sound(), "{at} doubled");
        if at > 0 {
            let mut swapped = entries.clone();
            swapped.swap(at - 1, at);
            assert!(!resigned_since(&swapped, &entries).is_sound(), "{at} swapped");
        }
    }
}
