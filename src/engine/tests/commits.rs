//! Nothing is told before it is durable; what one sync carries; what happens when it fails.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::*;
use crate::clock::{ClockFault, VouchedClock};
use crate::domain::world::{Actor, Command, RecordKind, Refusal};
use crate::engine::records::{NewRecord, RecordJob, RecordOutcome, RowMode};
use crate::evidence::seal::Sealer;
use crate::index::{Keys, Row};
use crate::limits;
use crate::sim::cast::{CLERK, ORIGIN};
use crate::wire::registry::{Facet, Facets};

fn row(n: u8) -> NewRecord {
    let facets = Facets::of("X0001".parse().expect("a code"))
        .code(Facet::Code, "CN01")
        .number(Facet::Class, 1)
        .number(Facet::Status, 1);
    let index = Row {
        version: 0,
        digest: [n; 16],
        facets,
        keys: Keys::new([Some([n; 10]), None]),
        phones: Vec::new(),
        name: String::new(),
    };
    let content = Zeroizing::new(vec![n; 40]);
    NewRecord {
        row: n.into(),
        mode: RowMode::Import,
        fresh_id: [n; 16],
        content,
        index,
        moving_to: None,
    }
}

async fn put(engine: Engine, n: u8) -> Result<RecordOutcome, EngineError> {
    let make = |reply| RecordJob {
        actor: Cast::officer(CLERK),
        id: None,
        kind: RecordKind::Reservist,
        rows: vec![row(n)],
        validate_only: false,
        sealer: Arc::new(Sealer::new(&[7; 32])),
        reply,
    };
    engine.put_records(make).await
}

#[tokio::test]
async fn nothing_is_told_or_seen_before_the_commit_returns() {
    let stage = Stage::founded(4).await;
    let order = Cast::order(&stage.engine.world(), 1, NOW);
    let id = order.id;
    let mut requests = Cast::issuing(order, "one");
    let issue = requests.pop().expect("the last one issues");
    for request in requests {
        stage.submit(request).await.expect("drafted and signed");
    }
    let (issued, answered) = (stage.engine.issued(), stage.engine.answered());
    let size = stage.engine.ledger().size();
    stage.store.close();
    let mut reply = stage.enqueue(issue).await;
    stage.store.wait_held();
    assert!(reply.try_recv().is_err(), "told before it is durable");
    assert!(stage.engine.world().order(&id).is_some_and(|file| file.issue.is_none()), "seen");
    assert_eq!(stage.engine.ledger().size(), size);
    assert!(!issued.has_changed().expect("open") && !answered.has_changed().expect("open"));
    stage.store.open();
    let committed = reply.await.expect("answered").expect("issued");
    assert_eq!(committed.ledger_index, size);
    assert!(stage.engine.world().order(&id).is_some_and(|file| file.issue.is_some()));
    assert_eq!(stage.engine.ledger().size(), size + 1);
    stage.engine.issued().wait_for(|sequence| *sequence == 1).await.expect("woken");
}

#[tokio::test]
async fn what_queues_while_one_commit_syncs_shares_the_next() {
    let stage = Stage::founded(301).await;
    let order = stage.issue(1).await;
    stage.store.close();
    let before = stage.store.commits().len();
    let first = stage.enqueue(stage.receipt(order, 301)).await;
    stage.store.wait_held();
    let mut replies = Vec::new();
    for endpoint in 1..=300 {
        replies.push(stage.enqueue(stage.receipt(order, endpoint)).await);
    }
    stage.store.open();
    let first = first.await.expect("answered").expect("taken").ledger_index;
    for (reply, index) in replies.into_iter().zip(first + 1..) {
        assert_eq!(reply.await.expect("answered").expect("taken").ledger_index, index);
    }
    assert_eq!(stage.store.commits()[before..], [1, 300]);
}

#[tokio::test]
async fn a_group_is_closed_at_its_bound_and_the_rest_shares_the_next() {
    let waiting = u32::try_from(limits::GROUP_LEN_MAX).expect("few") + 5;
    let stage = Stage::founded(waiting + 1).await;
    let order = stage.issue(1).await;
    stage.store.close();
    let before = stage.store.commits().len();
    let mut replies = vec![stage.enqueue(stage.receipt(order, waiting + 1)).await];
    stage.store.wait_held();
    for endpoint in 1..=waiting {
        replies.push(stage.enqueue(stage.receipt(order, endpoint)).await);
    }
    stage.store.open();
    for reply in replies {
        reply.await.expect("answered").expect("taken");
    }
    assert_eq!(stage.store.commits()[before..], [1, limits::GROUP_LEN_MAX, 5]);
}

#[tokio::test]
async fn a_refusal_or_repeat_that_rests_on_the_group_waits_for_it_and_falls_with_it() {
    let stage = Stage::founded(9).await;
    let order = stage.issue(1).await;
    for full in [false, true] {
        stage.store.close();
        let endpoint = if full { 3 } else { 2 };
        let blocker = stage.enqueue(stage.receipt(order, endpoint + 4)).await;
        stage.store.wait_held();
        let taken = stage.enqueue(stage.receipt(order, endpoint)).await;
        let mut again = stage.enqueue(stage.receipt(order, endpoint)).await;
        let other = Cast::answer(order, endpoint, 1, Fact::Delivered, Instant::EPOCH);
        let mut reused = stage.enqueue(Cast::answering(other)).await;
        stage.store.pass();
        blocker.await.expect("answered").expect("taken");
        stage.store.wait_held();
        assert!(again.try_recv().is_err() && reused.try_recv().is_err(), "told too early");
        if full {
            stage.inject(&[Fault::Full]);
        }
        stage.store.open();
        let said = [taken.await, again.await, reused.await].map(|reply| reply.expect("answered"));
        if full {
            assert!(said.iter().all(|said| matches!(said, Err(EngineError::DiskFull))), "{said:?}");
        } else {
            assert!(matches!(&said[0], Ok(taken) if !taken.repeated));
            assert!(matches!(&said[1], Ok(again) if again.repeated));
            assert!(matches!(&said[2], Err(refused) if refused.reason() == "ANSWER_NUMBER_REUSED"));
        }
    }
    let again = stage.submit(stage.receipt(order, 3)).await.expect("there is room again");
    assert!(!again.repeated, "what was lost with its group is new");
    assert_eq!(stage.engine.ledger().size(), stage.engine.world().ledger_size());
}

#[tokio::test]
async fn an_order_overtakes_a_long_queue_of_records() {
    let stage = Stage::founded(4).await;
    stage.store.close();
    let blocker = put(stage.engine.clone(), 100);
    let queued: Vec<_> =
        (1..=10).map(|n| stage.tasks.spawn("put", put(stage.engine.clone(), n))).collect();
    let blocker = stage.tasks.spawn("put", blocker);
    tokio::task::yield_now().await;
    stage.store.wait_held();
    let order = Cast::order(&stage.engine.world(), 1, NOW);
    let draft = Cast::issuing(order, "one").remove(0);
    let reply = stage.enqueue(draft).await;
    stage.store.open();
    let drafted = reply.await.expect("answered").expect("drafted").ledger_index;
    let mut behind = 0;
    for put in queued.into_iter().chain([blocker]) {
        let outcome = put.await.expect("no panic").expect("put");
        behind += u32::from(outcome.ledger_index.expect("recorded") > drafted);
    }
    assert_eq!(behind, 10, "all but the one that was being written");
}

#[tokio::test]
async fn a_full_disk_takes_answers_from_the_reserve_and_refuses_records() {
    let stage = Stage::founded(4).await;
    let order = stage.issue(1).await;
    stage.store.hold_back();
    stage.inject(&[Fault::Full]);
    let refused = put(stage.engine.clone(), 1).await;
    assert!(matches!(refused, Err(EngineError::DiskFull)), "{refused:?}");
    assert!(stage.store.has_reserve(), "records may not have it");
    stage.inject(&[Fault::Full]);
    let taken = stage.submit(stage.receipt(order, 1)).await.expect("the reserve is for answers");
    assert!(!stage.store.has_reserve());
    stage.inject(&[Fault::Full]);
    let refused = stage.submit(stage.receipt(order, 2)).await;
    assert!(matches!(refused, Err(EngineError::DiskFull)), "{refused:?}");
    let next = stage.submit(stage.receipt(order, 2)).await.expect("there is room again");
    assert_eq!(next.ledger_index, taken.ledger_index + 1);
    let record = put(stage.engine.clone(), 1).await.expect("there is room again");
    assert_eq!(record.ledger_index, Some(next.ledger_index + 1));
    assert_eq!(stage.engine.registry().table(RecordKind::Reservist).len(), 1);
}

#[tokio::test]
async fn a_request_too_large_for_the_ledger_does_not_sink_its_group() {
    let stage = Stage::founded(4).await;
    let order = stage.issue(1).await;
    stage.store.close();
    let blocker = stage.enqueue(stage.receipt(order, 4)).await;
    stage.store.wait_held();
    let before = stage.enqueue(stage.receipt(order, 1)).await;
    let read = Command::ReadRecords { kind: RecordKind::Reservist, records: vec![[1; 16]; 5_000] };
    let large = stage.enqueue(Cast::request(Cast::officer(CLERK), None, read)).await;
    let after = stage.enqueue(stage.receipt(order, 2)).await;
    stage.store.open();
    let blocker = blocker.await.expect("answered").expect("taken").ledger_index;
    assert_eq!(before.await.expect("answered").expect("taken").ledger_index, blocker + 1);
    let refused = large.await.expect("answered");
    assert!(matches!(refused, Err(EngineError::Refused(Refusal::Invalid { .. }))), "{refused:?}");
    assert_eq!(after.await.expect("answered").expect("taken").ledger_index, blocker + 2);
}

#[tokio::test]
async fn whoever_got_in_before_the_stop_is_answered_and_the_rest_are_told() {
    let stage = Stage::founded(300).await;
    let order = stage.issue(1).await;
    stage.store.close();
    let mut replies = Vec::new();
    for endpoint in 1..=250 {
        replies.push(stage.enqueue(stage.receipt(order, endpoint)).await);
    }
    stage.store.wait_held();
    stage.tasks.stopping().cancel();
    stage.store.open();
    for reply in replies {
        reply.await.expect("answered").expect("taken");
    }
    stage.engine.ended().await;
    let late = stage.submit(stage.receipt(order, 300)).await;
    assert!(matches!(late, Err(EngineError::Unavailable { .. })), "{late:?}");
    assert!(matches!(put(stage.engine.clone(), 1).await, Err(EngineError::Unavailable { .. })));
    stage.tasks.stop(Duration::from_secs(10)).await.expect("nothing hangs");
    assert_eq!(stage.engine.world().order(&order.0).expect("issued").counts.delivered, 250);
}

#[tokio::test]
async fn a_clock_behind_the_record_keeps_orders_back_and_takes_answers() {
    let stage = Stage::founded(4).await;
    let order = stage.issue(1).await;
    stage.clock.set(NOW - Duration::from_secs(600));
    let draft = Cast::issuing(Cast::order(&stage.engine.world(), 2, NOW), "two").remove(0);
    let refused = stage.submit(draft.clone()).await;
    assert!(
        matches!(refused, Err(EngineError::Clock(ClockFault::Behind { behind_ms: 600_000 }))),
        "{refused:?}"
    );
    let taken = stage.submit(stage.receipt(order, 1)).await.expect("answers are always taken");
    assert_eq!(taken.at, NOW, "the record does not run backwards");
    stage.clock.set(NOW);
    stage.submit(draft).await.expect("the clock is right again");
}

#[tokio::test]
async fn a_clock_that_leapt_ten_years_dates_nothing_and_costs_nothing_once_it_is_right() {
    let stage = Stage::founded(4).await;
    let order = stage.issue(1).await;
    let leapt = NOW + Duration::from_secs(3_653 * 86_400);
    stage.clock.set(leapt);
    let draft = Cast::issuing(Cast::order(&stage.engine.world(), 2, NOW), "two").remove(0);
    let refused = stage.submit(draft.clone()).await;
    assert!(matches!(refused, Err(EngineError::Clock(ClockFault::Ahead { .. }))), "{refused:?}");
    let taken = stage.submit(stage.receipt(order, 1)).await.expect("answers are always taken");
    assert_eq!(taken.at, NOW, "the record is not dated by the leap");
    stage.clock.set(NOW);
    stage.submit(draft).await.expect("the clock is right again");
}

#[tokio::test]
async fn a_record_that_was_dated_ahead_holds_orders_back_until_a_person_vouches_for_the_clock() {
    let stage = Stage::founded(4).await;
    stage.clock.set(NOW + Duration::from_secs(3_600));
    let order = stage.issue(1).await;
    stage.clock.set(NOW);
    let draft = Cast::issuing(Cast::order(&stage.engine.world(), 2, NOW), "two").remove(0);
    let refused = stage.submit(draft.clone()).await;
    assert!(matches!(refused, Err(EngineError::Clock(ClockFault::Behind { .. }))), "{refused:?}");
    let Stage { store, clock, tasks, engine, .. } = stage;
    tasks.stop(Duration::from_secs(10)).await.expect("nothing hangs");
    drop(engine);
    let tasks = Tasks::new();
    let vouched = Parts {
        clock: Arc::new(VouchedClock(clock.clone())),
        ..parts(store.clone(), clock.clone())
    };
    let engine = Engine::start(vouched, &tasks).expect("sound");
    let taken = engine.submit(draft).await.expect("a person vouches for the clock");
    assert_eq!(taken.at, NOW + Duration::from_secs(3_600), "the record does not run backwards");
    assert!(engine.world().order(&order.0).is_some());
    tasks.stop(Duration::from_secs(10)).await.expect("nothing hangs");
}

#[tokio::test]
async fn the_same_request_in_one_group_is_done_once() {
    let stage = Stage::founded(4).await;
    stage.store.close();
    let begin = |id| {
        Cast::request(
            Actor::Server,
            Some(id),
            Command::BeginEpoch { last_numbers: std::collections::BTreeMap::new() },
        )
    };
    let blocker = stage.enqueue(begin("blocker")).await;
    stage.store.wait_held();
    let (once, twice) = (stage.enqueue(begin("once")).await, stage.enqueue(begin("once")).await);
    stage.store.open();
    blocker.await.expect("answered").expect("done");
    let once = once.await.expect("answered").expect("done");
    let twice = twice.await.expect("answered").expect("repeated");
    assert_eq!((once.ledger_index, once.repeated), (twice.ledger_index, false));
    assert!(twice.repeated);
    assert_eq!(stage.engine.world().epoch(), 3);
    let other = Cast::request(
        Actor::Server,
        None,
        Command::Found { province: "12".parse().expect("a code"), origin: ORIGIN.to_owned() },
    );
    assert!(stage.submit(other).await.is_err_and(|refused| refused.reason() == "ALREADY_FOUNDED"));
}

#[tokio::test]
async fn a_request_whose_caller_left_is_carried_out() {
    let stage = Stage::founded(4).await;
    let order = stage.issue(1).await;
    stage.store.close();
    drop(stage.enqueue(stage.receipt(order, 1)).await);
    stage.store.wait_held();
    stage.store.open();
    let again = stage.submit(stage.receipt(order, 1)).await.expect("answered");
    assert!(again.repeated, "the first was done although nobody waited");
}
