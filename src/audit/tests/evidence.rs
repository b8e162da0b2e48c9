//! One order's evidence: sound, and tampered with by whoever hands it on.

use super::stage::*;
use crate::audit::Anchor;
use crate::audit::pack::{FORMAT, Pack, PackEntry, Verdict};
use crate::domain::ids::{KeyId, OrderId};
use crate::domain::order::ReferenceKind;
use crate::domain::order::delivery::Fact;
use crate::domain::world::tests::support::*;
use crate::domain::world::{Entry, Event};
use crate::evidence::tree::{Tree, leaf_hash};

fn tree(entries: &[Entry]) -> Tree {
    leaves(entries).iter().map(|leaf| leaf_hash(leaf)).collect()
}

fn first_order(entries: &[Entry]) -> OrderId {
    entries[place(entries, "order_drafted")].event.order().expect("of an order")
}

/// What is needed of a ledger to prove an order, as the command gathers it.
fn pack_of(entries: &[Entry], order: OrderId) -> Pack {
    let tree = tree(entries);
    let needed = |entry: &Entry| match &entry.event {
        Event::ProvinceFounded { .. }
        | Event::TrustPublished(_)
        | Event::EndpointAdded { .. }
        | Event::TerminalEnrolled { .. } => true,
        Event::OrderDrafted { order: other, .. } => {
            other.id == order || other.reference.as_ref().is_some_and(|r| r.order == order)
        }
        event => event.order() == Some(order),
    };
    let linked: Vec<OrderId> = entries
        .iter()
        .filter(|entry| matches!(entry.event, Event::OrderDrafted { .. }) && needed(entry))
        .filter_map(|entry| entry.event.order())
        .collect();
    let proved = (0..).zip(entries).filter(|(_index, entry)| {
        needed(entry) || entry.event.order().is_some_and(|own| linked.contains(&own))
    });
    let entries_of = proved.map(|(index, entry)| {
        let path = tree.prove_inclusion(index, tree.len()).expect("there").path;
        PackEntry::new(index, &crate::wire::entry::encode(entry), &path)
    });
    Pack {
        format: FORMAT.to_owned(),
        order: order.to_string(),
        heads: vec![head(entries)],
        consistency: Vec::new(),
        entries: entries_of.collect(),
    }
}

fn said(verdict: &Verdict) -> Vec<&'static str> {
    verdict.faults.told.iter().map(|fault| fault.reason).collect()
}

#[test]
fn a_pack_proves_who_signed_when_it_came_and_who_answered() {
    let entries = province().ledger;
    let order = first_order(&entries);
    let pack = pack_of(&entries, order);
    let read = Pack::parse(&pack.to_json()).expect("its own text");
    assert_eq!(read, pack);
    let verdict = read.judge(&anchor(), &[]);
    assert_eq!(verdict.faults.told, []);
    assert!(verdict.is_proved());
    let signers: Vec<&str> = verdict.signers.iter().map(|row| row.officer.as_str()).collect();
    assert_eq!(signers, ["commander", "commissar"]);
    assert_eq!(verdict.by_right_of.len(), 2);
    let (_at, _index, sequence, version) = verdict.issued.expect("issued");
    assert_eq!((sequence, version, verdict.bundle_version), (1, 1, 2));
    let (how, ..) = verdict.replaced.clone().expect("it was cancelled");
    assert_eq!(how, ReferenceKind::Cancel);
    let rows = &verdict.endpoints[&no(3)];
    assert_eq!(rows.address.as_ref().map(ToString::to_string).as_deref(), Some("03160/military"));
    let facts: Vec<&str> = rows.facts.iter().map(|row| row.fact.as_str()).collect();
    assert_eq!(facts, ["delivered", "opened", "acknowledged", "declined"]);
    assert_eq!(verdict.endpoints[&no(4)].facts[0].fact, Fact::Delivered);
    let (answered, silent): (Vec<_>, Vec<_>) =
        verdict.endpoints.values().partition(|own| !own.facts.is_empty());
    assert_eq!(answered.len(), 2, "who answered");
    let addressed = verdict.order.as_ref().map(|(order, _digest)| order.audience.count());
    assert_eq!(addressed, Some((answered.len() + silent.len()) as u64), "and who did not");
    assert!(verdict.witnessed.is_some());
    // The cancel has a pack of its own.
    let cancel = entries[place(&entries, "order_drafted") + 1..]
        .iter()
        .find(|entry| matches!(entry.event, Event::OrderDrafted { .. }))
        .and_then(|entry| entry.event.order());
    assert!(pack_of(&entries, cancel.expect("a cancel")).judge(&anchor(), &[]).is_proved());
}

#[test]
fn every_entry_that_is_changed_moved_or_taken_out_of_a_pack_is_missed() {
    let entries = province().ledger;
    let order = first_order(&entries);
    let sound = pack_of(&entries, order);
    for at in 0..sound.entries.len() {
        let index = usize::try_from(sound.entries[at].index).expect("small");
        let kind = entries[index].event.kind();
        let mut changed = sound.clone();
        changed.entries[at] = {
            let mut entry = entries[index].clone();
            entry.at = entry.at.offset_by(1);
            let leaf = crate::wire::entry::encode(&entry);
            PackEntry {
                path: sound.entries[at].path.clone(),
                ..PackEntry::new(sound.entries[at].index, &leaf, &[])
            }
        };
        assert!(said(&changed.judge(&anchor(), &[])).contains(&"NOT_IN_LEDGER"), "{kind}");
        let mut moved = sound.clone();
        moved.entries[at].index += 1;
        assert!(!moved.judge(&anchor(), &[]).is_proved(), "{kind}");
        let mut without = sound.clone();
        without.entries.remove(at);
        let verdict = without.judge(&anchor(), &[]);
        // What nothing else rests on can be left out: the last word of an endpoint, a cancel's issue.
        let rests = match &entries[index].event {
            Event::AnswerTaken { answer, .. } => answer.number < 4 && answer.endpoint == no(3),
            Event::OrderIssued { order: own, .. } => *own == order,
            Event::ProvinceFounded { .. } | Event::EndpointAdded { .. } => false,
            Event::TerminalEnrolled { endpoint, .. } => [no(3), no(4)].contains(endpoint),
            Event::TrustPublished(trust) => trust.bundle.version == 1,
            _order_or_signature => true,
        };
        assert_eq!(verdict.is_proved(), !rests, "{kind} {:?}", said(&verdict));
    }
}

#[test]
fn a_pack_of_other_roots_or_under_a_head_of_another_key_proves_nothing() {
    let entries = province().ledger;
    let pack = pack_of(&entries, first_order(&entries));
    let strange = Anchor::of_roots(vec![KeyId([1; 32])]);
    assert_eq!(said(&pack.judge(&strange, &[])), ["ROOTS_UNKNOWN"]);
    let under = |heads: Vec<String>| said(&Pack { heads, ..pack.clone() }.judge(&anchor(), &[]));
    assert_eq!(under(vec![head_by(&entries, &key(77), &[("kv1.example", 210)])]), ["HEAD_REFUSED"]);
    assert_eq!(under(vec![head_by(&entries, &key(200), &[])]), ["NOT_WITNESSED"]);
    // A head of this ledger that is too old to have these entries in it.
    assert!(under(vec![head(&entries[..10])]).contains(&"NOT_IN_LEDGER"));
}

/// A pack under a head that nobody cosigned, with an older one of this size that one witness did.
fn seen_up_to(entries: &[Entry], order: OrderId, size: usize) -> Pack {
    let (all, begun) = (tree(entries), tree(&entries[..size]));
    let path = all.prove_consistency(begun.len(), all.len()).expect("reached").path;
    Pack {
        heads: vec![head_by(entries, &key(200), &[]), head(&entries[..size])],
        consistency: path.iter().map(|hash| hex::encode(hash.0)).collect(),
        ..pack_of(entries, order)
    }
}

/// The drafts' orders with the place of the last entry that is about each; of the first, that is the
/// issue of its cancel.
fn ends(entries: &[Entry]) -> Vec<(OrderId, usize)> {
    let drafts = entries.iter().filter(|entry| matches!(entry.event, Event::OrderDrafted { .. }));
    let orders: Vec<OrderId> = drafts.filter_map(|entry| entry.event.order()).collect();
    let last = |order| entries.iter().rposition(|entry| entry.event.order() == Some(order));
    let mut ends: Vec<(OrderId, usize)> =
        orders.iter().map(|order| (*order, last(*order).expect("its draft"))).collect();
    ends[0].1 = ends[1].1;
    ends
}

#[test]
fn an_older_cosigned_head_stands_for_a_pack_if_it_is_proved_to_be_its_beginning() {
    let entries = province().ledger;
    let (order, last) = ends(&entries)[0];
    let mut pack = seen_up_to(&entries, order, last + 1);
    let verdict = pack.judge(&anchor(), &[]);
    assert_eq!(verdict.faults.told, []);
    let size = u64::try_from(last + 1).expect("small");
    assert_eq!(verdict.witnessed.as_ref().map(|(size, _by)| *size), Some(size));
    // The second bundle, which says who the witnesses are, came later: its roots vouch for it.
    assert!(last < last_place(&entries, "trust_published"));
    assert_eq!(verdict.bundle_version, 2);
    pack.consistency.pop();
    assert_eq!(said(&pack.judge(&anchor(), &[])), ["NOT_WITNESSED"]);
}

#[test]
fn witnesses_must_have_seen_every_entry_that_is_about_the_order() {
    let entries = province().ledger;
    let ends = ends(&entries);
    assert_eq!(ends.len(), 4, "an order, its cancel, a drill and a test");
    assert_eq!(ends[3].1, entries.len() - 1, "an answer to the test is the newest entry of all");
    for (order, last) in ends {
        for size in 1..entries.len() {
            let verdict = seen_up_to(&entries, order, size).judge(&anchor(), &[]);
            assert_eq!(verdict.is_proved(), last < size, "{last} {size}: {:?}", said(&verdict));
            if size <= last {
                assert_eq!(said(&verdict), ["NOT_WITNESSED"]);
                let expected = format!(
                    "the witnesses have cosigned {size} entries, and this order's go on to {}: gather \
                     the evidence again once they have seen those",
                    last + 1
                );
                assert_eq!(verdict.faults.told[0].text, expected);
            }
        }
        // Once they cosigned the newest head, by whatever way, nothing is unseen.
        let pack = seen_up_to(&entries, order, 1);
        let lines = head(&entries).lines().last().map(|line| format!("{line}\n"));
        let verdict = pack.judge(&anchor(), &[lines.expect("a cosignature")]);
        assert!(verdict.is_proved(), "{:?}", said(&verdict));
    }
}

#[test]
fn where_no_witnesses_are_asked_for_none_must_have_seen_it() {
    let mut entries = province().ledger;
    let mut unwatched = watched_bundle(3);
    unwatched.witnesses.threshold = 0;
    let event = Event::TrustPublished(trust(&unwatched, &[201, 202]));
    let last = entries.last().expect("many").clone();
    entries.push(Entry { actor: officer("auditor"), request: None, event, ..last });
    let verdict = seen_up_to(&entries, first_order(&entries), 1).judge(&anchor(), &[]);
    assert_eq!(verdict.faults.told, []);
    assert!(verdict.is_proved() && verdict.witnessed.is_none());
}

#[test]
fn hostile_text_is_no_pack() {
    for bad in
        ["", "{}", "[]", r#"{"format":"x","order":"","heads":[],"consistency":[],"entries":[]}"#]
    {
        assert!(Pack::parse(bad).is_err(), "{bad}");
    }
    let empty = Pack {
        format: FORMAT.to_owned(),
        order: "x".to_owned(),
        heads: Vec::new(),
        consistency: Vec::new(),
        entries: vec![PackEntry { index: 3, leaf: "?".into(), path: vec!["zz".into()] }],
    };
    let verdict = empty.judge(&anchor(), &[]);
    assert!(!verdict.is_proved());
    assert_eq!(said(&verdict), ["ENTRY_UNREADABLE", "NO_TRUST", "NOT_ISSUED"]);
}
