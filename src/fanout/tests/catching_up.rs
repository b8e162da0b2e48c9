//! What a terminal gets: live and late are the same read.

use super::*;
use crate::domain::order::ReferenceKind;
use crate::wire::order;

async fn refer(stage: &Stage, earlier: u128, kind: ReferenceKind, id: u128) -> (OrderId, [u8; 32]) {
    let file = stage.engine.world().order(&stage.named(earlier).0).expect("issued").clone();
    let order = Cast::reference(&stage.engine.world(), &file, kind, id, stage.engine.now());
    let request = Cast::issuing_signed(order, &format!("refer-{id}"));
    stage.submit(request).await.expect("it may be issued");
    stage.named(id)
}

#[tokio::test]
async fn a_terminal_gets_what_is_newer_than_its_cursor_then_what_is_issued() {
    let (stage, hub) = (Stage::founded(2).await, Hub::default());
    for id in 1..=3 {
        let order = stage.issue(id).await;
        if id < 3 {
            stage.submit(stage.receipt(order, 1)).await.expect("delivered");
        }
    }
    let mut terminal = Terminal::connected(&stage, &hub, 1, 2).await;
    assert_eq!(terminal.orders(1).await, [3]);
    stage.issue(4).await;
    assert_eq!(terminal.orders(1).await, [4], "live");
    terminal.nothing_more(&hub).await;
}

#[tokio::test]
async fn one_wake_for_several_orders_brings_them_all() {
    let (stage, hub) = (Stage::founded(2).await, Hub::default());
    let first = stage.issue(1).await;
    let mut issues = Vec::new();
    for id in 2..=4 {
        let order = Cast::order(&stage.engine.world(), id, stage.engine.now());
        let mut requests = Cast::issuing(order, &format!("several-{id}"));
        issues.push(requests.pop().expect("the last one issues"));
        for request in requests {
            stage.submit(request).await.expect("drafted and signed");
        }
    }
    let mut terminal = Terminal::connected(&stage, &hub, 1, 0).await;
    assert_eq!(terminal.orders(1).await, [1]);
    stage.store.close();
    let _holds_the_owner = stage.enqueue(stage.receipt(first, 2)).await;
    stage.store.wait_held();
    let mut replies = Vec::new();
    for issue in issues {
        replies.push(stage.enqueue(issue).await);
    }
    stage.store.open();
    for reply in replies {
        reply.await.expect("answered").expect("issued in one group");
    }
    assert_eq!(terminal.orders(3).await, [2, 3, 4]);
    terminal.nothing_more(&hub).await;
}

#[tokio::test]
async fn what_was_never_confirmed_is_queued_again_whatever_the_cursor_says() {
    let (stage, hub) = (Stage::founded(2).await, Hub::default());
    let first = stage.issue(1).await;
    stage.issue(2).await;
    stage.submit(stage.receipt(first, 1)).await.expect("delivered");
    let mut terminal = Terminal::connected(&stage, &hub, 1, 2).await;
    assert_eq!(terminal.orders(1).await, [2]);
    terminal.nothing_more(&hub).await;
}

#[tokio::test]
async fn a_terminal_that_lost_its_disk_gets_everything_current_and_where_it_stood() {
    let (stage, hub) = (Stage::founded(2).await, Hub::default());
    let first = stage.issue(1).await;
    stage.submit(stage.receipt(first, 1)).await.expect("delivered");
    let opened = Cast::answering(Cast::answer(first, 1, 2, Fact::Opened, NOW));
    stage.submit(opened).await.expect("opened");
    stage.issue(2).await;
    let mut terminal = Terminal::connected(&stage, &hub, 1, 0).await;
    let again = terminal.order().await;
    assert_eq!((again.sequence, again.answers_recorded, again.state.as_str()), (1, 2, "opened"));
    let next = terminal.order().await;
    assert_eq!((next.sequence, next.answers_recorded, next.state.as_str()), (2, 0, "queued"));
    let envelope = Envelope::try_from(&next.envelope.expect("there")).expect("an envelope");
    assert_eq!(order::read(&envelope).expect("an order").id, stage.named(2).0, "the same bytes");
    terminal.nothing_more(&hub).await;
}

#[tokio::test]
async fn a_cancel_overtakes_what_is_queued_and_what_it_cancels_is_not_sent() {
    let (stage, hub) = (Stage::founded(2).await, Hub::default());
    for id in 1..=20 {
        stage.issue(id).await;
    }
    let mut terminal = Terminal::connected(&stage, &hub, 1, 0).await;
    // The session has filled the channel and queues the rest.
    while terminal.hear.len() < limits::OUTBOUND_LEN_MAX {
        tokio::task::yield_now().await;
    }
    refer(&stage, 20, ReferenceKind::Cancel, 21).await;
    refer(&stage, 19, ReferenceKind::Update, 22).await;
    refer(&stage, 18, ReferenceKind::Cancel, 23).await;
    // Whoever issues is answered before the sessions are woken; and this comes after they were.
    let size = stage.engine.ledger().size();
    stage.engine.answered().wait_for(|known| *known == size).await.expect("woken");
    let sent = terminal.orders(limits::OUTBOUND_LEN_MAX).await;
    assert_eq!(sent, [1, 2, 3, 4, 5, 6, 7, 8], "what was on its way");
    let rest = terminal.orders(12).await;
    let at = |sequence| rest.iter().position(|sent| *sent == sequence);
    assert!(at(21) < at(10) && at(23) < at(10), "cancels overtake: {rest:?}");
    assert!(at(21) < at(23), "in their own order: {rest:?}");
    assert_eq!(rest.last(), Some(&22), "an update waits its turn: {rest:?}");
    assert!(rest.iter().all(|sent| ![18, 19, 20].contains(sent)), "void orders: {rest:?}");
    terminal.nothing_more(&hub).await;
}

#[tokio::test]
async fn an_expired_order_and_one_for_others_is_not_sent() {
    let (stage, hub) = (Stage::founded(3).await, Hub::default());
    stage.issue(1).await;
    stage.clock.advance(Duration::from_secs(2 * 86_400));
    let mut order = Cast::order(&stage.engine.world(), 2, stage.engine.now());
    let few = crate::domain::order::audience::AudienceSelector {
        units: ["X0002".parse().expect("a code")].into(),
        ..Default::default()
    };
    order.audience = {
        let world = stage.engine.world();
        few.resolve(world.units(), world.endpoints()).expect("endpoint 3")
    };
    for request in Cast::issuing(order, "few") {
        stage.submit(request).await.expect("issued");
    }
    let mut addressed = Terminal::connected(&stage, &hub, 3, 0).await;
    assert_eq!(addressed.orders(1).await, [2]);
    Terminal::connected(&stage, &hub, 1, 0).await.nothing_more(&hub).await;
}

#[tokio::test]
async fn a_newer_trust_bundle_comes_before_the_orders_and_when_it_is_published() {
    let (stage, hub) = (Stage::founded(1).await, Hub::default());
    stage.issue(1).await;
    let mut terminal = Terminal::silent(&stage, &hub, 1, NEVER);
    terminal.say(hello(0, 0)).await;
    assert!(matches!(terminal.hear().await, Heard::Welcome(_)));
    assert!(matches!(terminal.hear().await, Heard::TrustBundle(_)));
    assert_eq!(terminal.orders(1).await, [1]);
    let publish = crate::domain::world::Command::PublishTrust(Cast::trust(2, 1, NOW));
    let publish = Cast::request(crate::domain::world::Actor::Server, None, publish);
    stage.submit(publish).await.expect("newer");
    match terminal.hear().await {
        Heard::TrustBundle(bundle) => {
            let envelope = Envelope::try_from(&bundle).expect("an envelope");
            assert_eq!(crate::wire::trust::read(&envelope).expect("a bundle").version, 2);
        }
        other => panic!("expected the bundle, heard {other:?}"),
    }
    terminal.nothing_more(&hub).await;
}

#[tokio::test]
async fn a_thousand_sessions_wake_on_one_issue_whose_commit_knows_none_of_them() {
    let (stage, hub) = (Stage::founded(1_000).await, Hub::default());
    let mut terminals = Vec::new();
    for endpoint in 1..=1_000 {
        terminals.push(Terminal::connected(&stage, &hub, endpoint, 0).await);
    }
    assert_eq!(hub.connected(), 1_000);
    let before = stage.store.commits().len();
    stage.issue(1).await;
    assert_eq!(stage.store.commits()[before..], [1; 4], "one entry for each step, for all of them");
    for terminal in &mut terminals {
        assert_eq!(terminal.orders(1).await, [1]);
    }
}

#[tokio::test]
async fn a_terminal_that_reads_nothing_holds_a_few_messages_and_stops_nobody() {
    let (stage, hub) = (Stage::founded(2).await, Hub::default());
    let stuck = Terminal::connected(&stage, &hub, 1, 0).await;
    let mut other = Terminal::connected(&stage, &hub, 2, 0).await;
    for id in 1..=30 {
        stage.issue(id).await;
        assert_eq!(other.order().await.sequence, u64::try_from(id).expect("small"));
    }
    assert_eq!(stuck.hear.len(), limits::OUTBOUND_LEN_MAX);
    assert!(!stuck.session.is_finished());
}

#[tokio::test]
async fn what_a_restore_left_behind_is_not_sent_once_every_terminal_would_refuse_it() {
    use crate::domain::world::{Actor, Command};
    let (stage, hub) = (Stage::founded(2).await, Hub::default());
    stage.issue(1).await;
    let server = |command| Cast::request(Actor::Server, None, command);
    let begin = Command::BeginEpoch { last_numbers: std::collections::BTreeMap::new() };
    stage.submit(server(begin)).await.expect("restored");
    let mut early = Terminal::connected(&stage, &hub, 1, 0).await;
    assert_eq!(early.orders(1).await, [1], "under the old bundle it is still believed");
    let newer = Command::PublishTrust(Cast::trust(2, 2, NOW));
    stage.submit(server(newer)).await.expect("reissued");
    stage.issue(2).await;
    let mut late = Terminal::silent(&stage, &hub, 2, NEVER);
    late.say(hello(0, 2)).await;
    assert!(matches!(late.hear().await, Heard::Welcome(_)));
    assert_eq!(late.orders(1).await, [2]);
    late.nothing_more(&hub).await;
}
