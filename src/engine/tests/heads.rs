//! The signed head: over stored bytes, one for each size, in all lives.

use super::*;
use crate::engine::LedgerError;
use crate::engine::recovery::RecoveryError;
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::note::{NoteAlgorithm, NoteKey, SignedNote};
use crate::evidence::tree::leaf_hash;
use crate::sim::cast::ORIGIN;
use crate::store::keys;

fn opened(text: &str) -> Checkpoint {
    let key = NoteKey::new(ORIGIN, NoteAlgorithm::Ed25519, Cast::ledger_key().public());
    let note = SignedNote::parse(text).expect("a note");
    Checkpoint::open(&note, &key.expect("a name")).expect("signed by the ledger")
}

#[tokio::test]
async fn each_committed_entry_is_proved_under_the_signed_head() {
    let stage = Stage::founded(3).await;
    let order = stage.issue(1).await;
    for endpoint in 1..=3 {
        let taken = stage.submit(stage.receipt(order, endpoint)).await.expect("taken");
        let head = opened(&stage.engine.checkpoint().expect("signed"));
        assert_eq!((head.size, head.root), (taken.ledger_index + 1, stage.engine.ledger().root()));
    }
    let head = opened(&stage.engine.checkpoint().expect("signed"));
    for index in 0..head.size {
        let leaf = stage.store.get(&keys::ledger(index)).expect("readable").expect("there");
        let proof = stage.engine.ledger().prove_inclusion(index, head.size).expect("provable");
        proof.verify(&leaf_hash(&leaf), &head.root).expect("it is there");
    }
}

#[tokio::test]
async fn one_size_has_one_text_in_every_life() {
    let stage = Stage::founded(2).await;
    let first = stage.engine.checkpoint().expect("signed");
    assert_eq!(stage.engine.checkpoint().expect("signed"), first);
    assert_eq!(stage.engine.ledger().published(), Some(first.clone()));
    let stage = stage.restarted().await;
    assert_eq!(stage.engine.ledger().published(), None, "nothing is signed unread");
    assert_eq!(stage.engine.checkpoint().expect("signed"), first);
    stage.issue(1).await;
    let second = stage.engine.checkpoint().expect("signed");
    assert_ne!(second, first);
    assert_eq!(stage.restarted().await.engine.checkpoint().expect("signed"), second);
}

#[tokio::test]
async fn a_bit_that_fell_over_in_the_store_is_never_signed() {
    for bit in [0, 37, 200] {
        let stage = Stage::founded(2).await;
        let signed = stage.engine.checkpoint().expect("signed");
        stage.issue(1).await;
        let size = stage.engine.ledger().size();
        assert!(stage.store.inner.flip(&keys::ledger(size - 2), bit));
        let refused = stage.engine.checkpoint().expect_err("a leaf is not what it was");
        // The frame's checksum finds it first; what it cannot see, the hash does.
        assert!(matches!(refused, LedgerError::Store(_) | LedgerError::Altered { .. }));
        assert_eq!(stage.engine.ledger().published(), Some(signed), "the old head stands");
    }
}

#[tokio::test]
async fn a_leaf_that_was_replaced_by_another_sound_one_is_never_signed() {
    let stage = Stage::founded(2).await;
    stage.issue(1).await;
    let size = stage.engine.ledger().size();
    let mut batch = Batch::on(stage.store.head());
    let other = stage.store.get(&keys::ledger(0)).expect("readable").expect("there");
    batch.put(keys::ledger(size - 1), other);
    stage.store.inner.commit(batch).expect("committed behind the engine's back");
    let refused = stage.engine.checkpoint();
    assert!(matches!(refused, Err(LedgerError::Altered { index }) if index == size - 1));
    assert_eq!(stage.engine.ledger().published(), None);
}

#[tokio::test]
async fn a_ledger_without_a_key_or_a_name_signs_nothing() {
    let store: Arc<Gated> = Arc::default();
    let stage = Stage::over(1, store, Arc::new(ManualClock::at(NOW)));
    assert!(matches!(stage.engine.checkpoint(), Err(LedgerError::Checkpoint(_))));
    let stage = Stage::founded(1).await;
    let unkeyed = Parts { ledger_key: None, ..parts(stage.store, stage.clock) };
    let engine = Engine::start(unkeyed, &Tasks::new()).expect("sound");
    assert!(matches!(engine.checkpoint(), Err(LedgerError::NoKey)));
}

#[tokio::test]
async fn a_store_cut_short_or_swapped_is_found_by_what_was_published() {
    let stage = Stage::founded(2).await;
    let image = stage.store.inner.image();
    let early = stage.engine.checkpoint().expect("signed");
    stage.issue(1).await;
    let published = stage.engine.checkpoint().expect("signed");
    stage.engine.check_published(&early).expect("it is the beginning");
    stage.engine.check_published(&published).expect("it is the same");
    let stage = stage.restarted().await;
    stage.engine.check_published(&published).expect("it is the same in another life");
    stage.store.inner.put_back(image);
    let stage = stage.restarted().await;
    let shortened = stage.engine.check_published(&published);
    assert!(
        matches!(shortened, Err(RecoveryError::Shortened { published, found }) if found < published),
        "{shortened:?}"
    );
    stage.clock.advance(Duration::from_secs(1));
    stage.issue(1).await;
    let forked = stage.engine.check_published(&published);
    assert!(matches!(forked, Err(RecoveryError::Forked { .. })), "{forked:?}");
    let unsigned = published.replace("hoatoc.example/11", "hoatoc.example/12");
    let head = stage.engine.check_published(&unsigned);
    assert!(matches!(head, Err(RecoveryError::Head(_))), "{head:?}");
}
