//! How a stream ends. Time is the test's own where heartbeats are counted.

use super::spans::SpanCount;
use super::*;
use crate::domain::endpoint as domain;
use crate::domain::world::{Actor, Command, Request};

const BEAT: Duration = Duration::from_secs(20);

async fn greeted(stage: &Stage, hub: &Hub, endpoint: u32) -> Terminal {
    let mut terminal = Terminal::silent(stage, hub, endpoint, BEAT);
    terminal.say(hello(0, 1)).await;
    match terminal.hear().await {
        Heard::Welcome(welcome) => assert_eq!(welcome.heartbeat_interval_ms, 20_000),
        other => panic!("expected a welcome, heard {other:?}"),
    }
    terminal
}

async fn sent_away(mut terminal: Terminal, reason: &str) -> Ending {
    match terminal.hear().await {
        Heard::GoAway(go_away) => assert_eq!(go_away.reason, reason),
        other => panic!("expected to be sent away, heard {other:?}"),
    }
    assert!(terminal.hear.recv().await.is_none(), "the last word");
    terminal.session.await.expect("no panic")
}

#[tokio::test]
async fn a_terminal_that_says_nothing_gets_heartbeats_and_is_then_given_up() {
    let (stage, hub) = (Stage::founded(1).await, Hub::default());
    tokio::time::pause();
    let mut terminal = greeted(&stage, &hub, 1).await;
    let began = tokio::time::Instant::now();
    for beat in 1..=limits::HEARTBEATS_MISSED_MAX {
        assert!(matches!(terminal.hear().await, Heard::Heartbeat(_)));
        assert_eq!(began.elapsed().as_secs(), u64::from(beat) * BEAT.as_secs());
    }
    assert_eq!(sent_away(terminal, "SILENT").await, Ending::Silent);
    assert_eq!(hub.connected(), 0);
}

#[tokio::test]
async fn a_terminal_that_says_so_is_alive() {
    let (stage, hub) = (Stage::founded(1).await, Hub::default());
    tokio::time::pause();
    let mut terminal = greeted(&stage, &hub, 1).await;
    for _ in 0..20 {
        assert!(matches!(terminal.hear().await, Heard::Heartbeat(_)));
        terminal.say(Said::Heartbeat(pb::Heartbeat::default())).await;
    }
    drop(terminal.say);
    assert_eq!(terminal.session.await.expect("no panic"), Ending::Left);
    assert!(hub.presence(EndpointNo::new(1)).is_some_and(|known| !known.connected));
}

#[tokio::test]
async fn an_idle_stream_makes_no_spans_and_an_order_makes_its_own() {
    let (stage, hub) = (Stage::founded(1).await, Hub::default());
    let order = stage.issue(1).await;
    tokio::time::pause();
    let count = SpanCount::start();
    let mut terminal = greeted(&stage, &hub, 1).await;
    terminal.order().await;
    assert_eq!(count.so_far(), 1, "it was delivered");
    for _ in 0..20 {
        assert!(matches!(terminal.hear().await, Heard::Heartbeat(_)));
        terminal.say(Said::Heartbeat(pb::Heartbeat::default())).await;
    }
    assert_eq!(count.so_far(), 1, "nothing happened");
    // The owner is on a thread of its own, which the test's time does not wait for.
    tokio::time::resume();
    terminal.answer(&receipt(order, 1).1).await;
    while !matches!(terminal.hear().await, Heard::Recorded(_)) {}
    assert_eq!(count.so_far(), 2, "it was answered; deciding is on the owner's thread");
}

#[tokio::test]
async fn a_stream_without_a_hello_ends() {
    let (stage, hub) = (Stage::founded(1).await, Hub::default());
    tokio::time::pause();
    let mute = Terminal::silent(&stage, &hub, 1, BEAT);
    assert_eq!(sent_away(mute, "SILENT").await, Ending::Silent);
    let rude = Terminal::silent(&stage, &hub, 1, BEAT);
    rude.say(Said::Heartbeat(pb::Heartbeat::default())).await;
    assert_eq!(sent_away(rude, "MISBEHAVED").await, Ending::Misbehaved);
    let twice = greeted(&stage, &hub, 1).await;
    twice.say(hello(0, 1)).await;
    assert_eq!(sent_away(twice, "MISBEHAVED").await, Ending::Misbehaved);
    let waiting = Terminal::silent(&stage, &hub, 1, BEAT);
    hub.drain();
    assert_eq!(sent_away(waiting, "DRAINING").await, Ending::Draining);
}

#[tokio::test]
async fn the_newer_stream_of_an_endpoint_replaces_the_older() {
    let (stage, hub) = (Stage::founded(2).await, Hub::default());
    let older = Terminal::connected(&stage, &hub, 1, 0).await;
    let mut newer = Terminal::connected(&stage, &hub, 1, 0).await;
    assert_eq!(sent_away(older, "REPLACED").await, Ending::Replaced);
    stage.issue(1).await;
    assert_eq!(newer.orders(1).await, [1]);
    hub.end(EndpointNo::new(1), Ending::Revoked);
    assert_eq!(sent_away(newer, "REVOKED").await, Ending::Revoked);
}

#[tokio::test]
async fn a_stream_of_a_terminal_that_was_replaced_before_its_hello_is_sent_away() {
    let (stage, hub) = (Stage::founded(1).await, Hub::default());
    let replaced = Terminal::silent(&stage, &hub, 1, BEAT);
    let (secret_digest, expires_at) = ([7; 32], NOW + BEAT);
    let address = stage.engine.world().endpoints().iter().next().expect("one").address.clone();
    let terminal = domain::Terminal {
        answer_key: Cast::answer_key(99).public(),
        certificate_digest: [9; 32],
        certificate_not_after: expires_at,
        certificate_serial: None,
    };
    let create = Command::CreateCode { address, secret_digest, expires_at };
    for command in [create, Command::Enrol { secret_digest, terminal }] {
        let request = Request { actor: Actor::Server, id: None, command };
        stage.submit(request).await.expect("possible");
    }
    replaced.say(hello(0, 1)).await;
    assert_eq!(sent_away(replaced, "REVOKED").await, Ending::Revoked);
    assert_eq!(hub.connected(), 0);
}

#[tokio::test]
async fn a_stuck_terminal_does_not_keep_a_draining_server() {
    let (stage, hub) = (Stage::founded(1).await, Hub::default());
    for id in 1..=20 {
        stage.issue(id).await;
    }
    let stuck = Terminal::connected(&stage, &hub, 1, 0).await;
    while stuck.hear.len() < limits::OUTBOUND_LEN_MAX {
        tokio::task::yield_now().await;
    }
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    hub.drain();
    assert_eq!(stuck.session.await.expect("no panic"), Ending::Draining);
    assert!(began.elapsed() <= 2 * limits::FAREWELL_PATIENCE);
}
