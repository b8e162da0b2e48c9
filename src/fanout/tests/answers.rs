//! What a terminal says: recorded in turn, once durable; refused when it never can be.

use super::*;
use crate::store::memory::Fault;

const LADDER: [Fact; 4] = [Fact::Delivered, Fact::Opened, Fact::Acknowledged, Fact::Accepted];

async fn recorded(terminal: &mut Terminal) -> (u32, u64) {
    match terminal.hear().await {
        Heard::Recorded(recorded) => (recorded.answer_number, recorded.ledger_index),
        other => panic!("expected a record, heard {other:?}"),
    }
}

#[tokio::test]
async fn answers_are_pipelined_and_recorded_in_turn_once_they_are_durable() {
    let (stage, hub) = (Stage::founded(2).await, Hub::default());
    let order = stage.issue(1).await;
    let mut terminal = Terminal::connected(&stage, &hub, 1, 0).await;
    terminal.order().await;
    let size = stage.engine.ledger().size();
    let before = stage.store.commits().len();
    stage.store.close();
    for (number, fact) in (1..).zip(LADDER) {
        terminal.answer(&Cast::answer(order, 1, number, fact, NOW).1).await;
    }
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    stage.store.wait_held();
    assert!(terminal.hear.try_recv().is_err(), "told before it is durable");
    stage.store.open();
    for number in 1..=4 {
        assert_eq!(recorded(&mut terminal).await, (number, size + u64::from(number) - 1));
    }
    let commits = stage.store.commits()[before..].to_vec();
    assert!(commits.len() < 4, "they waited for each other: {commits:?}");
    terminal.answer(&receipt(order, 1).1).await;
    assert_eq!(recorded(&mut terminal).await, (1, size), "a repeat is harmless");
    terminal.nothing_more(&hub).await;
}

#[tokio::test]
async fn a_forged_answer_and_one_in_anothers_name_are_refused_and_the_stream_lives() {
    let (stage, hub) = (Stage::founded(2).await, Hub::default());
    let order = stage.issue(1).await;
    let mut terminal = Terminal::connected(&stage, &hub, 1, 0).await;
    terminal.order().await;
    let size = stage.engine.ledger().size();
    let by_another_key = receipt(order, 2).1;
    let mut in_anothers_name =
        Envelope::new(by_another_key.payload_type(), by_another_key.payload().clone())
            .expect("bounds");
    in_anothers_name.sign(&Cast::answer_key(1)).expect("room");
    for (forged, id) in [(by_another_key, &[][..]), (in_anothers_name, &order.0.as_bytes()[..])] {
        terminal.answer(&forged).await;
        match terminal.hear().await {
            Heard::Refused(refused) => {
                assert_eq!(
                    (refused.reason.as_str(), &refused.order_id[..]),
                    ("SIGNATURE_INVALID", id)
                );
            }
            other => panic!("expected a refusal, heard {other:?}"),
        }
    }
    assert_eq!(stage.engine.ledger().size(), size);
    terminal.answer(&receipt(order, 1).1).await;
    assert_eq!(recorded(&mut terminal).await, (1, size));
    terminal.answer(&Cast::answer(order, 1, 5, Fact::Opened, NOW).1).await;
    match terminal.hear().await {
        Heard::Refused(refused) => assert_eq!(refused.reason, "ANSWER_OUT_OF_TURN"),
        other => panic!("expected a refusal, heard {other:?}"),
    }
    terminal.nothing_more(&hub).await;
}

#[tokio::test]
async fn what_is_only_not_possible_now_is_never_refused() {
    for fault in [Fault::Full, Fault::FailedNotStored] {
        let (stage, hub) = (Stage::founded(2).await, Hub::default());
        let order = stage.issue(1).await;
        let mut terminal = Terminal::connected(&stage, &hub, 1, 0).await;
        terminal.order().await;
        stage.inject(&[fault]);
        terminal.answer(&receipt(order, 1).1).await;
        match terminal.hear().await {
            Heard::GoAway(go_away) => assert_eq!(go_away.reason, "UNAVAILABLE", "{fault:?}"),
            other => panic!("expected to be sent away, heard {other:?}"),
        }
        assert_eq!(terminal.session.await.expect("no panic"), Ending::Unavailable);
    }
}

#[tokio::test]
async fn a_server_that_drains_says_first_what_became_of_the_answers_it_took() {
    let (stage, hub) = (Stage::founded(2).await, Hub::default());
    let order = stage.issue(1).await;
    let mut terminal = Terminal::connected(&stage, &hub, 1, 0).await;
    terminal.order().await;
    stage.store.close();
    for (number, fact) in (1..).zip(LADDER) {
        terminal.answer(&Cast::answer(order, 1, number, fact, NOW).1).await;
    }
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    stage.store.wait_held();
    hub.drain();
    tokio::task::yield_now().await;
    assert!(terminal.hear.try_recv().is_err(), "nothing is durable yet");
    stage.store.open();
    for number in 1..=4 {
        assert_eq!(recorded(&mut terminal).await.0, number);
    }
    match terminal.hear().await {
        Heard::GoAway(go_away) => assert_eq!(go_away.reason, "DRAINING"),
        other => panic!("expected to be sent away, heard {other:?}"),
    }
    assert_eq!(terminal.session.await.expect("no panic"), Ending::Draining);
}

#[tokio::test]
async fn no_more_answers_are_taken_than_may_be_on_their_way_to_disk() {
    const MORE: usize = 4;
    let (stage, hub) = (Stage::founded(2).await, Hub::default());
    let order = stage.issue(1).await;
    let mut terminal = Terminal::connected(&stage, &hub, 1, 0).await;
    terminal.order().await;
    stage.store.close();
    for (number, _answer) in (1..).zip(0..limits::ANSWERS_IN_FLIGHT_MAX + MORE) {
        terminal.answer(&Cast::answer(order, 1, number, Fact::Delivered, NOW).1).await;
    }
    let unheard = |terminal: &Terminal| terminal.say.max_capacity() - terminal.say.capacity();
    while unheard(&terminal) > MORE {
        tokio::task::yield_now().await;
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(unheard(&terminal), MORE, "the rest waits in the line");
    stage.store.open();
    assert_eq!(recorded(&mut terminal).await.0, 1);
}

#[tokio::test]
async fn the_clocks_difference_comes_from_hello_and_then_from_the_echo() {
    let (stage, hub) = (Stage::founded(2).await, Hub::default());
    let order = stage.issue(1).await;
    stage.clock.advance(Duration::from_secs(3_600));
    let mut terminal = Terminal::connected(&stage, &hub, 1, 0).await;
    terminal.order().await;
    // The terminal's clock stands an hour behind: what it dates now happened now.
    terminal.answer(&receipt(order, 1).1).await;
    recorded(&mut terminal).await;
    let delivered_at = stage.engine.now();
    stage.clock.advance(Duration::from_secs(1_000));
    // It was set to 90 s behind: 100 ms there and back, 40 of them held, so 30 ms on the way.
    let (now, behind) = (stage.engine.now(), Duration::from_secs(90));
    let heartbeat = pb::Heartbeat {
        clock_time: Some(timestamp(now - behind - Duration::from_millis(30))),
        echo_time: Some(timestamp(now - Duration::from_millis(100))),
        held_ms: 40,
    };
    terminal.say(Said::Heartbeat(heartbeat)).await;
    // Without an echo a heartbeat says nothing of how long it was on its way.
    let heartbeat = pb::Heartbeat { clock_time: Some(timestamp(now)), ..Default::default() };
    terminal.say(Said::Heartbeat(heartbeat)).await;
    let opened_at = now - Duration::from_secs(600);
    terminal.answer(&Cast::answer(order, 1, 2, Fact::Opened, opened_at - behind).1).await;
    recorded(&mut terminal).await;
    let world = stage.engine.world();
    let endpoint = EndpointNo::new(1);
    let delivery = &world.order(&order.0).expect("issued").deliveries[&endpoint];
    let delivered = delivery.delivered.expect("delivered");
    assert_eq!((delivered.at, delivered.claimed), (delivered_at, false));
    let opened = delivery.opened.expect("opened");
    assert!(opened.claimed, "ten minutes ago by a clock whose error is known");
    assert_eq!(opened.at, opened_at, "to the millisecond");
}
