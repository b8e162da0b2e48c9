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
