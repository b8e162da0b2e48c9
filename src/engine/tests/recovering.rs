//! A new life over the same store knows what the last one confirmed, once.

use std::fmt::Write;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::domain::order::ReferenceKind;
use crate::domain::world::{Actor, Command, World};
use crate::engine::recovery::{self, RecoveryError};

/// All that can be seen of a world.
fn shown(world: &World) -> String {
    let mut text = String::new();
    let all = (world.province(), world.origin(), world.epoch(), world.trust(), world.latest_at());
    let written = write!(
        text,
        "{all:?} {} {} {:?} {:?}",
        world.ledger_size(),
        world.latest_sequence(),
        world.units(),
        world.endpoints()
    );
    written.expect("a string takes all");
    for file in world.orders() {
        write!(text, "\n{file:?}").expect("a string takes all");
    }
    text
}

/// Requests by chance, most of them possible.
async fn live(stage: &Stage, rng: &mut ChaCha8Rng, steps: u32) -> Vec<(Request, u64)> {
    let mut confirmed = Vec::new();
    for step in 0..steps {
        stage.clock.advance(Duration::from_millis(rng.random_range(0..90_000)));
        let now = stage.engine.now();
        let id = u128::from(step) + 1;
        let known: Vec<_> = stage.engine.world().issued_after(0).cloned().collect();
        let requests = match rng.random_range(0..10) {
            0 | 1 => {
                Cast::issuing(Cast::order(&stage.engine.world(), id, now), &format!("s{step}"))
            }
            2 if !known.is_empty() => {
                let earlier = &known[rng.random_range(0..known.len())];
                let kind = if rng.random() { ReferenceKind::Cancel } else { ReferenceKind::Update };
                let order = Cast::reference(&stage.engine.world(), earlier, kind, id, now);
                vec![Cast::issuing_signed(order, &format!("s{step}"))]
            }
            3 => vec![Cast::request(
                Actor::Server,
                Some(&format!("s{step}")),
                Command::BeginEpoch { last_numbers: std::collections::BTreeMap::new() },
            )],
            _ if !known.is_empty() => {
                let file = &known[rng.random_range(0..known.len())];
                let endpoint = rng.random_range(1..=stage.cast.endpoints() + 1);
                let number = rng.random_range(1..=3);
                let facts = [Fact::Delivered, Fact::Opened, Fact::Acknowledged];
                let fact = facts[usize::try_from(number).expect("small") - 1];
                let named = (file.order.id, file.digest);
                vec![Cast::answering(Cast::answer(named, endpoint, number, fact, now))]
            }
            _ => Vec::new(),
        };
        for request in requests {
            if let Ok(committed) = stage.submit(request.clone()).await {
                confirmed.push((request, committed.ledger_index));
            }
        }
    }
    confirmed
}

#[tokio::test]
async fn recovery_gives_the_state_that_was_lived() {
    for seed in 0..4 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let stage = Stage::founded(5).await;
        let confirmed = live(&stage, &mut rng, 60).await;
        assert!(confirmed.len() > 15, "seed {seed} does too little");
        let (lived, root) = (shown(&stage.engine.world()), stage.engine.ledger().root());
        let stage = stage.restarted().await;
        assert_eq!(shown(&stage.engine.world()), lived, "seed {seed}");
        assert_eq!(stage.engine.ledger().root(), root);
        assert_eq!(*stage.engine.issued().borrow(), stage.engine.world().latest_sequence());
        let size = stage.engine.ledger().size();
        for (request, index) in confirmed {
            let again = stage.submit(request).await.expect("known");
            assert_eq!((again.ledger_index, again.repeated), (index, true), "seed {seed}");
        }
        assert_eq!(stage.engine.ledger().size(), size, "asking again does nothing");
    }
}

#[tokio::test]
async fn a_commit_of_unknown_outcome_is_answered_to_nobody_and_asking_again_does_it_once() {
    for (fault, was_stored) in [(Fault::FailedNotStored, false), (Fault::FailedYetStored, true)] {
        let stage = Stage::founded(3).await;
        let order = stage.issue(1).await;
        let earlier = stage.engine.world().order(&order.0).expect("issued").clone();
        let cancel =
            Cast::reference(&stage.engine.world(), &earlier, ReferenceKind::Cancel, 2, NOW);
        let cancel = Cast::issuing_signed(cancel, "cancel");
        let size = stage.engine.ledger().size();
        stage.inject(&[fault]);
        let unknown = stage.submit(cancel.clone()).await;
        assert!(matches!(unknown, Err(EngineError::Unavailable { .. })), "{fault:?} {unknown:?}");
        stage.tasks.stopping().cancelled().await;
        assert_eq!(stage.engine.ledger().size(), size, "nobody sees what is unknown");
        assert!(stage.engine.world().order(&earlier.order.id).is_some_and(|f| f.is_current(NOW)));
        let stage = stage.restarted().await;
        let again = stage.submit(cancel).await.expect("asking again is right");
        assert_eq!(again.repeated, was_stored, "{fault:?}");
        assert_eq!(again.ledger_index, size + 3, "draft, two signatures, issue: once");
        assert_eq!(stage.engine.ledger().size(), size + 4);
        assert!(stage.engine.world().check().is_empty());
    }
}

#[tokio::test]
async fn a_store_that_forgets_what_it_confirmed_is_found_out() {
    let stage = Stage::founded(3).await;
    let order = stage.issue(1).await;
    stage.inject(&[Fault::Lost]);
    let lost = stage.submit(stage.receipt(order, 1)).await.expect("the disk lies").ledger_index;
    let refused = stage.engine.checkpoint();
    assert!(refused.is_err_and(|fault| fault.reason() == "LEDGER_ALTERED"), "no head over it");
    stage.submit(stage.receipt(order, 2)).await.expect("goes on");
    let recovered = recovery::recover(stage.store.as_ref());
    assert!(
        matches!(recovered, Err(RecoveryError::Hole { index }) if index == lost),
        "{recovered:?}"
    );
}

#[tokio::test]
async fn a_stale_writer_stops() {
    let stage = Stage::founded(3).await;
    stage.inject(&[Fault::Stale]);
    let order = Cast::order(&stage.engine.world(), 1, NOW);
    let unknown = stage.submit(Cast::issuing(order, "one").remove(0)).await;
    assert!(matches!(unknown, Err(EngineError::Unavailable { .. })), "{unknown:?}");
    stage.tasks.stopping().cancelled().await;
    stage.engine.ended().await;
}
