//! The ledger's heads as two communes see them.

use super::*;
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::note::{NoteAlgorithm, NoteKey};
use crate::evidence::tree::{Tree, leaf_hash};

fn tree(size: u8, mark: u8) -> Tree {
    (0..size).map(|i| leaf_hash(&[i, if i < 5 { 0 } else { mark }])).collect()
}

fn head(tree: &Tree, witness: Option<u8>) -> String {
    let origin = "hoatoc/11/a".to_owned();
    let head = Checkpoint { origin, size: tree.len(), root: tree.root(), extensions: Vec::new() };
    let mut note = head.sign(&key(200)).expect("signed");
    if let Some(seed) = witness {
        note.cosign("kv1", &key(seed), 1_795_000_000).expect("room");
    }
    note.to_string()
}

/// What an honest server of this tree shows to a terminal that has seen `seen` entries.
fn shown(tree: &Tree, seen: u64) -> ShownHead {
    let seen = seen.min(tree.len());
    let continues = tree.prove_consistency(seen, tree.len()).expect("reached").path;
    ShownHead { newest: head(tree, None), continues, ..ShownHead::default() }
}

fn take(bench: &Bench, shown: &ShownHead) -> Result<(), HeadFault> {
    bench.inbox.take_head(shown).expect("the store works")
}

fn status(bench: &Bench) -> HeadStatus {
    bench.inbox.head_status().expect("the store works")
}

#[test]
fn a_ledger_that_grows_is_followed_across_restarts() {
    let mut bench = Bench::new();
    let mut seen = 0;
    for size in [1, 4, 4, 9] {
        assert_eq!(take(&bench, &shown(&tree(size, 0), seen)), Ok(()));
        seen = u64::from(size);
        bench = bench.reopened();
        assert_eq!(bench.inbox.seen_head().expect("read").expect("seen").size, seen);
    }
    assert_eq!(status(&bench), HeadStatus { size: 9, ..HeadStatus::default() });
}

#[test]
fn two_histories_shown_to_two_communes_are_found_by_the_one_who_is_shown_the_other() {
    let (here, there) = (Bench::new(), Bench::new());
    assert_eq!(take(&here, &shown(&tree(9, 0), 0)), Ok(()));
    assert_eq!(take(&there, &shown(&tree(9, 7), 0)), Ok(()));
    // The server cannot go on with one of them: what it shows next contradicts what one has seen.
    let next = tree(12, 7);
    assert_eq!(take(&there, &shown(&next, 9)), Ok(()));
    let forked = Err(HeadFault::Forked { kept: 9, shown: 12 });
    assert_eq!(take(&here, &shown(&next, 9)), forked);
    assert!(status(&here).alarm.expect("shouted").contains("two histories"));
    assert_eq!(status(&here).size, 9, "what was seen stays");
    // It stays on disk, and honest heads after it do not hush it up.
    let here = here.reopened();
    assert_eq!(take(&here, &shown(&tree(12, 0), 9)), Ok(()));
    assert!(status(&here).alarm.is_some());
    // The same size with another root, and a head compared by hand between two communes.
    assert_eq!(take(&here, &shown(&next, 12)), Err(HeadFault::Forked { kept: 12, shown: 12 }));
}

#[test]
fn a_ledger_that_was_cut_short_is_shouted_until_the_roots_vouch_for_a_restore() {
    let bench = Bench::new();
    assert_eq!(take(&bench, &shown(&tree(9, 0), 0)), Ok(()));
    let rolled_back = Err(HeadFault::RolledBack { kept: 9, shown: 6 });
    assert_eq!(take(&bench, &shown(&tree(6, 0), 9)), rolled_back);
    let restored = TrustBundle { epoch: 3, ..bundle(2) };
    let message = pb::Envelope::from(&bundle_envelope(&restored));
    bench.inbox.take_bundle(&message, NOW).expect("by the root");
    assert_eq!(bench.inbox.seen_head().expect("read"), None);
    assert_eq!(take(&bench, &shown(&tree(6, 0), 0)), Ok(()));
    assert_eq!(status(&bench), HeadStatus { size: 6, ..HeadStatus::default() });
}

#[test]
fn a_head_of_another_key_is_not_seen() {
    let bench = Bench::new();
    let mut strange = shown(&tree(3, 0), 0);
    strange.newest = strange.newest.replacen("\n3\n", "\n4\n", 1);
    assert!(matches!(take(&bench, &strange), Err(HeadFault::NotSigned(_))));
    assert_eq!(bench.inbox.seen_head().expect("read"), None);
}

#[test]
fn missing_cosignatures_are_said_and_hold_up_nothing() {
    let bench = Bench::new();
    let witness = NoteKey::new("kv1", NoteAlgorithm::Cosignature, key(60).public());
    let witnesses = Witnesses { keys: vec![witness.expect("a name")], threshold: 1 };
    let watched = TrustBundle { witnesses, ..bundle(2) };
    let message = pb::Envelope::from(&bundle_envelope(&watched));
    bench.inbox.take_bundle(&message, NOW).expect("by the root");
    assert_eq!(take(&bench, &shown(&tree(9, 0), 0)), Ok(()));
    assert!(status(&bench).is_unwitnessed());
    // The order is shown all the same.
    assert_eq!(bench.receive(1, &envelope(&order(1, Handling::Actual))), Received::New(id(1)));
    // One that a stranger cosigned, one that is no part of this ledger, and one that is.
    let newest = tree(12, 0);
    let with = |old: &Tree, seed| {
        let path = newest.prove_consistency(old.len(), 12).expect("reached").path;
        ShownHead {
            cosigned: head(old, Some(seed)),
            continues_cosigned: path,
            ..shown(&newest, bench.inbox.seen_head().expect("read").expect("seen").size)
        }
    };
    assert_eq!(take(&bench, &with(&tree(10, 0), 61)), Ok(()));
    assert!(status(&bench).is_unwitnessed());
    assert_eq!(take(&bench, &with(&tree(10, 7), 60)), Ok(()));
    assert!(status(&bench).is_unwitnessed());
    assert_eq!(take(&bench, &with(&tree(10, 0), 60)), Ok(()));
    assert_eq!(status(&bench).witnessed_size, 10);
    assert!(!status(&bench).is_unwitnessed());
    // The server asks no witness any more: for a day nobody minds, then everybody sees.
    let hours = |hours: u64| bench.clock.advance(std::time::Duration::from_secs(hours * 3_600));
    hours(23);
    assert_eq!(take(&bench, &shown(&tree(15, 0), 12)), Ok(()));
    assert!(!status(&bench).is_unwitnessed());
    hours(2);
    assert_eq!(take(&bench, &shown(&tree(16, 0), 15)), Ok(()));
    assert!(status(&bench).is_unwitnessed());
    let newest = tree(17, 0);
    let path = newest.prove_consistency(16, 17).expect("reached").path;
    let (cosigned, shown) = (head(&tree(16, 0), Some(60)), shown(&newest, 16));
    let caught_up = ShownHead { cosigned, continues_cosigned: path, ..shown };
    assert_eq!(take(&bench, &caught_up), Ok(()));
    assert!(!status(&bench).is_unwitnessed());
}

/// An exercise of this number, as the server issued it.
fn numbered(mark: u8, number: u32) -> Order {
    Order { number, ..order(mark, Handling::Exercise) }
}

/// A terminal that got number 2 at place 3, and then another order of that number at that place: the
/// server's directory was replaced by an older copy.
fn twinned() -> Bench {
    let bench = Bench::new();
    bench.receive(1, &envelope(&numbered(1, 1)));
    bench.receive(3, &envelope(&numbered(7, 2)));
    assert_eq!(status(&bench).alarm, None);
    assert_eq!(bench.receive(3, &envelope(&numbered(8, 2))), Received::New(id(8)));
    bench
}

fn take_restored(bench: &Bench) {
    let restored = TrustBundle { epoch: 3, ..bundle(2) };
    let message = pb::Envelope::from(&bundle_envelope(&restored));
    bench.inbox.take_bundle(&message, NOW).expect("by the root");
}

#[test]
fn two_orders_of_one_number_are_both_shown_and_shouted_at_once() {
    let bench = twinned();
    let said = status(&bench).alarm.expect("shouted");
    let (one, other) = (id(7), id(8));
    let number = "bear the same number DT-2/2026/LĐ-BCHQS: there are two histories";
    assert!(said.starts_with(&format!("orders {one} and {other} {number}")), "{said}");
    for mark in [7, 8] {
        assert_eq!(bench.standing(mark), Standing::Live);
        assert!(bench.pending().contains(&(id(mark), 1, Fact::Delivered)), "{mark}");
    }
    // A third twin, a restart and sound heads do not hush it up.
    bench.receive(4, &envelope(&numbered(9, 2)));
    let bench = bench.reopened();
    assert_eq!(take(&bench, &shown(&tree(9, 0), 0)), Ok(()));
    assert_eq!(status(&bench).alarm.as_ref(), Some(&said));
    assert_eq!(status(&bench).size, 9);
    // What is wrong with the heads is said as well.
    assert!(take(&bench, &shown(&tree(9, 7), 9)).is_err());
    let both = status(&bench).alarm.expect("shouted");
    assert!(both.ends_with(&said) && both.contains("does not continue"), "{both}");
}

#[test]
fn two_orders_at_one_place_are_shouted_too_and_so_is_one_that_is_believed_late() {
    let bench = Bench::new();
    bench.receive(3, &envelope(&order(1, Handling::Actual)));
    bench.receive(3, &envelope(&order(2, Handling::Exercise)));
    let said = status(&bench).alarm.expect("shouted");
    assert!(said.contains("came at the same place 3"), "{said}");

    let bench = Bench::new();
    let late = resigned(&envelope(&order(1, Handling::Actual)), &[4, 2]);
    assert_eq!(bench.receive(1, &late), Received::Refused("SIGNATURES_MISSING"));
    bench.receive(1, &envelope(&order(2, Handling::Actual)));
    assert_eq!(status(&bench).alarm, None, "what is not believed proves nothing");
    let mut newer = bundle(2);
    newer.officers.push(officer("d", 4, Role::Signer));
    let message = pb::Envelope::from(&bundle_envelope(&newer));
    bench.inbox.take_bundle(&message, NOW).expect("by the root");
    assert_eq!(bench.standing(1), Standing::Live);
    assert!(status(&bench).alarm.is_some());
}

#[test]
fn changes_of_an_order_and_repeats_and_other_series_are_no_second_history() {
    let bench = Bench::new();
    let first = envelope(&order(1, Handling::Actual));
    let update = changing(2, &first, Handling::Actual, ReferenceKind::Update);
    let cancel = envelope(&cancel_of(3, &first, Handling::Actual));
    let next_year = Order { series_year: 2027, number: 1, ..order(6, Handling::Actual) };
    let coming = [
        (1, first.clone()),
        (3, cancel),
        (2, envelope(&update)),
        (4, envelope(&numbered(4, 1))),
        (5, envelope(&Order { number: 1, ..order(5, Handling::Test) })),
        (6, envelope(&next_year)),
    ];
    for (sequence, envelope) in &coming {
        assert!(matches!(bench.receive(*sequence, envelope), Received::New(_)), "{sequence}");
    }
    let bench = bench.reopened();
    for (sequence, envelope) in &coming {
        assert_eq!(bench.receive(*sequence, envelope), Received::Repeat);
    }
    assert_eq!(bench.receive(9, &first), Received::Repeat);
    assert_eq!(status(&bench), HeadStatus::default());
}

#[test]
fn a_restore_gives_numbers_anew_and_ends_the_shouting_of_twins() {
    let bench = twinned();
    assert_eq!(take(&bench, &shown(&tree(9, 0), 0)), Ok(()));
    take_restored(&bench);
    assert_eq!(take(&bench, &shown(&tree(6, 0), 0)), Ok(()));
    let anew = Order { epoch: 3, ..numbered(10, 2) };
    assert_eq!(bench.receive(3, &envelope(&anew)), Received::New(id(10)));
    assert_eq!(status(&bench), HeadStatus { size: 6, ..HeadStatus::default() });
    // The restored server has two histories of its own.
    bench.receive(3, &envelope(&Order { epoch: 3, ..numbered(11, 2) }));
    assert!(status(&bench.reopened()).alarm.is_some());
}

#[test]
fn twins_of_an_epoch_whose_trust_bundle_comes_late_are_not_hushed_up_by_it() {
    let bench = Bench::new();
    assert_eq!(take(&bench, &shown(&tree(9, 0), 0)), Ok(()));
    for mark in [7, 8] {
        bench.receive(3, &envelope(&Order { epoch: 3, ..numbered(mark, 2) }));
    }
    assert_eq!(bench.inbox.seen_head().expect("read").expect("seen").size, 9);
    take_restored(&bench);
    assert_eq!(take(&bench, &shown(&tree(6, 0), 0)), Ok(()), "the head begins anew");
    assert!(status(&bench).alarm.expect("shouted").contains("bear the same number"));
}

#[test]
fn an_order_gets_through_though_what_is_kept_of_the_ledger_is_damaged() {
    let bench = Bench::new();
    bench.receive(3, &envelope(&numbered(7, 2)));
    let mut batch = Batch::on(bench.store.head());
    batch.put(rows::HEAD, vec![0xff; 3]);
    bench.store.commit(batch).expect("the store works");
    assert!(bench.inbox.head_status().is_err());
    assert_eq!(bench.receive(3, &envelope(&numbered(8, 2))), Received::New(id(8)));
    assert!(status(&bench).alarm.is_some());
}
