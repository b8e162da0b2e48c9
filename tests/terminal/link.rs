//! The stream and its ends.

use std::sync::Arc;
use std::time::Duration;

use hoatoc::domain::order::delivery::{Answer, DeliveryState};
use hoatoc::pki::authority::Revoked;
use hoatoc::store::memory::{Fault, MemoryStore};
use hoatoc::terminal::Terminal;
use hoatoc::terminal::inbox::AnswerStatus;
use hoatoc::terminal::link::{FixedDialer, LinkError, LinkOptions, LinkState, LinkStatus};
use hoatoc::wire::pb::exchange_response::Message as Say;
use hoatoc::wire::{self, pb};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::spans::SpanCount;
use crate::support::{Bench, NOW, OPTIONS, bundle, delivery, id, soon};

/// A terminal whose link runs.
struct Running {
    terminal: Arc<Terminal>,
    stop: CancellationToken,
    link: JoinHandle<Result<(), LinkError>>,
}

impl Running {
    fn start(bench: &Bench, terminal: Arc<Terminal>) -> Self {
        Self::dialing(bench, terminal, bench.dialer())
    }

    fn dialing(bench: &Bench, terminal: Arc<Terminal>, dialer: Arc<FixedDialer>) -> Self {
        let stop = bench.tasks.stopping().child_token();
        let (own, token) = (terminal.clone(), stop.clone());
        let link = bench.tasks.spawn("link", async move { own.run(dialer, token).await });
        Self { terminal, stop, link }
    }

    async fn status(&self, until: impl FnMut(&LinkStatus) -> bool) -> LinkStatus {
        let mut link = self.terminal.link();
        soon(link.wait_for(until)).await.expect("the terminal lives").clone()
    }

    async fn inbox(&self, mut until: impl FnMut(&Terminal) -> bool) {
        let mut revision = self.terminal.inbox().revision();
        soon(async {
            while !until(&self.terminal) {
                revision.changed().await.expect("the terminal lives");
            }
        })
        .await;
    }

    /// As when its process ends.
    async fn end(self) -> Result<(), LinkError> {
        self.stop.cancel();
        soon(self.link).await.expect("no panic")
    }

    fn state(&self, number: u8) -> DeliveryState {
        self.terminal.inbox().summary(id(number), NOW).expect("it is here").state
    }
}

fn said(answer: &Answer) -> (u32, &'static str) {
    (answer.number, answer.fact.as_str())
}

#[tokio::test]
async fn an_order_is_kept_and_receipted_and_a_person_s_answers_go_out_at_once() {
    let mut bench = Bench::start();
    let running = Running::start(&bench, bench.terminal(&Arc::new(MemoryStore::new())));
    let mut stream = bench.welcomed().await;
    assert_eq!((stream.hello.cursor, stream.hello.trust_bundle_version), (0, 1));
    stream.order(1).await;
    assert_eq!(said(&stream.answer().await), (1, "delivered"));
    stream.recorded(id(1), 1).await;
    let inbox = running.terminal.inbox();
    inbox.open_order(id(1)).expect("delivered");
    inbox.acknowledge(id(1), "An").expect("opened");
    assert_eq!(said(&stream.answer().await), (2, "opened"));
    let acknowledged = stream.answer().await;
    assert_eq!(
        (said(&acknowledged), acknowledged.answered_by.as_str()),
        ((3, "acknowledged"), "An")
    );
    stream.recorded(id(1), 2).await;
    stream.recorded(id(1), 3).await;
    running.inbox(|terminal| terminal.inbox().pending_len() == 0).await;
    let answers = running.terminal.inbox().detail(id(1), NOW).expect("it is here").answers;
    let indexes: Vec<_> = answers.into_iter().map(|record| record.status).collect();
    assert_eq!(indexes, [41, 42, 43].map(AnswerStatus::Recorded));
    running.end().await.expect("it was told to end");
}

#[tokio::test]
async fn an_order_that_shows_a_second_history_is_receipted_and_shouted_at_once() {
    let mut bench = Bench::start();
    let running = Running::start(&bench, bench.terminal(&Arc::new(MemoryStore::new())));
    let mut stream = bench.welcomed().await;
    stream.order(3).await;
    assert_eq!(stream.answer().await.order, id(3));
    assert_eq!(running.terminal.link().borrow().head.alarm, None);
    let twin = pb::OrderDelivery { sequence: 3, ..delivery(4) };
    stream.say(Say::Order(twin)).await;
    let status = running.status(|status| status.head.alarm.is_some()).await;
    assert_eq!(status.state, LinkState::Connected);
    let receipt = stream.answer().await;
    assert_eq!((receipt.order, said(&receipt)), (id(4), (1, "delivered")));
    running.end().await.expect("it was told to end");
}

#[tokio::test]
async fn after_a_cut_pending_answers_come_again_in_order_and_repeats_make_no_second_receipt() {
    let mut bench = Bench::start();
    let running = Running::start(&bench, bench.terminal(&Arc::new(MemoryStore::new())));
    let mut stream = bench.welcomed().await;
    stream.order(1).await;
    stream.order(2).await;
    for number in [1, 2] {
        let receipt = stream.answer().await;
        assert_eq!((receipt.order, said(&receipt)), (id(number), (1, "delivered")));
    }
    stream.fail(Status::unavailable("restarting")).await;
    running.status(|status| status.state != LinkState::Connected).await;
    running.terminal.inbox().open_order(id(1)).expect("delivered");
    running.terminal.inbox().acknowledge(id(1), "An").expect("opened");
    let mut stream = bench.welcomed().await;
    assert_eq!(stream.hello.cursor, 2);
    stream.order(1).await;
    let mut again = Vec::new();
    for _ in 0..4 {
        let answer = stream.answer().await;
        again.push((answer.order, said(&answer)));
    }
    let first = |number, fact| (id(1), (number, fact));
    let expected = [
        first(1, "delivered"),
        (id(2), (1, "delivered")),
        first(2, "opened"),
        first(3, "acknowledged"),
    ];
    assert_eq!(again, expected);
    stream.recorded(id(1), 1).await;
    running.inbox(|terminal| terminal.inbox().pending_len() == 3).await;
    running.end().await.expect("it was told to end");
}

#[tokio::test]
async fn a_process_that_ends_between_store_and_send_sends_the_receipt_after_its_restart() {
    let mut bench = Bench::start();
    let store = Arc::new(MemoryStore::new());
    let terminal = bench.terminal(&store);
    terminal.inbox().receive(&delivery(1), NOW).expect("the store works");
    drop(terminal);
    let running = Running::start(&bench, bench.terminal(&store));
    let mut stream = bench.welcomed().await;
    assert_eq!(stream.hello.cursor, 1);
    assert_eq!(said(&stream.answer().await), (1, "delivered"));
    running.end().await.expect("it was told to end");
}

#[tokio::test]
async fn a_store_whose_state_is_unknown_ends_the_terminal_and_nothing_is_sent() {
    let mut bench = Bench::start();
    let store = Arc::new(MemoryStore::new());
    let running = Running::start(&bench, bench.terminal(&store));
    let stream = bench.welcomed().await;
    running.status(|status| status.state == LinkState::Connected).await;
    store.inject(Fault::FailedNotStored);
    stream.order(1).await;
    let ended = soon(running.link).await.expect("no panic");
    assert!(ended.expect_err("the disk is not to be trusted").is_fatal());
}

#[tokio::test]
async fn forged_orders_are_refused_and_the_stream_goes_on() {
    let mut bench = Bench::start();
    let running = Running::start(&bench, bench.terminal(&Arc::new(MemoryStore::new())));
    let mut stream = bench.welcomed().await;
    let mut forged = delivery(1);
    if let Some(envelope) = &mut forged.envelope {
        envelope.signatures[0].signature = vec![1; 64].into();
    }
    stream.say(Say::Order(forged)).await;
    stream.order(2).await;
    assert_eq!(stream.answer().await.order, id(2));
    let refused = running.terminal.inbox().refused_orders();
    assert_eq!((refused.len(), refused[0].reason.as_str()), (1, "SIGNATURE_INVALID"));
    running.end().await.expect("it was told to end");
}

#[tokio::test]
async fn a_refused_answer_is_kept_and_the_rest_is_sent_under_new_numbers() {
    let mut bench = Bench::start();
    let running = Running::start(&bench, bench.terminal(&Arc::new(MemoryStore::new())));
    let mut stream = bench.welcomed().await;
    stream.order(1).await;
    stream.answer().await;
    stream.recorded(id(1), 1).await;
    running.inbox(|terminal| terminal.inbox().pending_len() == 0).await;
    let inbox = running.terminal.inbox();
    inbox.open_order(id(1)).expect("delivered");
    inbox.acknowledge(id(1), "An").expect("opened");
    inbox.accept(id(1), "An").expect("acknowledged");
    let reason = hoatoc::domain::order::delivery::DeclineReason::RoadCut;
    inbox.decline(id(1), "An", reason, "").expect("acknowledged");
    for number in 2..=5 {
        assert_eq!(stream.answer().await.number, number);
    }
    stream.recorded(id(1), 2).await;
    stream.recorded(id(1), 3).await;
    stream.refused(id(1), 4, "TEXT").await;
    stream.refused(id(1), 5, "OUT_OF_TURN").await;
    assert_eq!(said(&stream.answer().await), (4, "declined"));
    stream.recorded(id(1), 4).await;
    running.inbox(|terminal| terminal.inbox().pending_len() == 0).await;
    let answers = running.terminal.inbox().detail(id(1), NOW).expect("it is here").answers;
    let refused = answers.iter().filter(
        |record| matches!(&record.status, AnswerStatus::Refused { reason, .. } if reason == "TEXT"),
    );
    assert_eq!(refused.count(), 1, "{answers:?}");
    assert_eq!(running.state(1), DeliveryState::Declined);
    running.end().await.expect("it was told to end");
}

#[tokio::test]
async fn a_terminal_that_is_told_to_go_away_comes_back() {
    let mut bench = Bench::start();
    let running = Running::start(&bench, bench.terminal(&Arc::new(MemoryStore::new())));
    let stream = bench.welcomed().await;
    running.status(|status| status.state == LinkState::Connected).await;
    let go_away = pb::GoAway { reason: "DRAINING".to_owned(), reconnect_after_ms: 30 };
    stream.say(Say::GoAway(go_away)).await;
    let status = running.status(|status| matches!(status.state, LinkState::Waiting { .. })).await;
    assert!(matches!(status.state, LinkState::Waiting { for_ms: 30..=60 }), "{status:?}");
    assert_eq!(status.last_error.expect("a reason").0, "go_away");
    bench.welcomed().await;
    running.end().await.expect("it was told to end");
}

#[tokio::test]
async fn a_silent_server_is_left_and_heartbeats_show_the_offset_of_the_clocks() {
    let mut bench = Bench::start();
    let options = LinkOptions { heartbeat_every: Duration::from_millis(300), ..OPTIONS };
    let terminal = bench.terminal_with(&Arc::new(MemoryStore::new()), options);
    let running = Running::start(&bench, terminal);
    let mut stream = bench.stream().await;
    stream.welcome(0, NOW.offset_by(90_000)).await;
    let status = running.status(|status| status.state == LinkState::Connected).await;
    assert_eq!(status.offset_ms, 90_000);
    assert_eq!(running.terminal.now(), NOW.offset_by(90_000));
    let clock = Some(wire::timestamp(NOW.offset_by(95_000)));
    let heartbeat = pb::Heartbeat { clock_time: clock, ..pb::Heartbeat::default() };
    stream.say(Say::Heartbeat(heartbeat)).await;
    running.status(|status| status.offset_ms == 95_000).await;
    // The first heartbeat may have been on its way before ours was heard.
    while stream.heartbeat().await.echo_time != clock {}
    let status = running.status(|status| status.last_error.is_some()).await;
    assert_eq!(status.last_error.expect("a reason").0, "server_silent");
    bench.stream().await;
    running.end().await.expect("it was told to end");
}

#[tokio::test]
async fn an_idle_link_makes_no_spans_and_an_order_makes_its_own() {
    let mut bench = Bench::start();
    let options = LinkOptions { heartbeat_every: Duration::from_millis(20), ..OPTIONS };
    let terminal = bench.terminal_with(&Arc::new(MemoryStore::new()), options);
    let count = SpanCount::start();
    let running = Running::start(&bench, terminal);
    let mut stream = bench.stream().await;
    stream.welcome(20_000, NOW).await;
    for _ in 0..5 {
        stream.heartbeat().await;
        let heartbeat =
            pb::Heartbeat { clock_time: Some(wire::timestamp(NOW)), ..Default::default() };
        stream.say(Say::Heartbeat(heartbeat)).await;
    }
    assert_eq!(count.so_far(), 0, "nothing happened");
    stream.order(1).await;
    running.inbox(|terminal| terminal.inbox().cursor() == 1).await;
    assert_eq!(count.so_far(), 2, "received and verified");
    running.terminal.inbox().open_order(id(1)).expect("delivered");
    assert_eq!(count.so_far(), 3, "opened");
    running.end().await.expect("it was told to end");
}

#[tokio::test]
async fn a_revoked_terminal_says_why_it_is_not_connected() {
    let mut bench = Bench::start();
    let (dialer, serial) = bench.dialer_and_serial();
    let terminal = bench.terminal(&Arc::new(MemoryStore::new()));
    let running = Running::dialing(&bench, terminal.clone(), dialer.clone());
    bench.welcomed().await;
    running.end().await.expect("it was told to end");
    let revoked = [Revoked { serial, at: NOW }];
    let list = bench.authority.sign_revocations(&revoked, 1, NOW, NOW.offset_by(86_400_000));
    bench.tls.replace_revocations(list.expect("a list")).expect("a good list");
    let running = Running::dialing(&bench, terminal, dialer);
    let status = running.status(|status| status.last_error.is_some()).await;
    let (label, text) = status.last_error.expect("a reason");
    assert_eq!(label, "refused_by_peer");
    assert!(text.contains("revoked"), "{text}");
    running.end().await.expect("it was told to end");
}

#[tokio::test]
async fn a_newer_trust_bundle_is_taken_over_the_stream_and_a_foreign_one_is_not() {
    let mut bench = Bench::start();
    let running = Running::start(&bench, bench.terminal(&Arc::new(MemoryStore::new())));
    let mut stream = bench.welcomed().await;
    let mut foreign = pb::Envelope::from(&bundle(&bench.authority, 9));
    foreign.signatures.clear();
    stream.say(Say::TrustBundle(foreign)).await;
    stream.say(Say::TrustBundle((&bundle(&bench.authority, 3)).into())).await;
    stream.order(1).await;
    stream.answer().await;
    assert_eq!(running.terminal.inbox().bundle_version(), 3);
    running.end().await.expect("it was told to end");
}
