//! Sessions against an engine over a held store, with streams in memory.

#[path = "../../tests/support/spans.rs"]
mod spans;

mod answers;
mod catching_up;
mod endings;

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::Stream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;

use crate::domain::ids::{EndpointNo, OrderId};
use crate::domain::order::delivery::{Answer, Fact};
use crate::engine::tests::{NOW, Stage};
use crate::evidence::envelope::Envelope;
use crate::evidence::seal::Sealer;
use crate::fanout::session::{Broken, outbound};
use crate::fanout::{Ending, Hub, Session, Settings, Sheets};
use crate::limits;
use crate::sim::cast::Cast;
use crate::telemetry::metrics::Metrics;
use crate::wire::pb::exchange_request::Message as Said;
use crate::wire::pb::exchange_response::Message as Heard;
use crate::wire::{pb, timestamp};

/// Long enough that no test without its own clock meets one.
const NEVER: Duration = Duration::from_secs(100_000);

type Line = mpsc::Sender<Result<pb::ExchangeRequest, Broken>>;

/// A terminal's end of a stream.
struct Terminal {
    say: Line,
    hear: mpsc::Receiver<Box<pb::ExchangeResponse>>,
    session: JoinHandle<Ending>,
}

fn said(message: Said) -> Result<pb::ExchangeRequest, Broken> {
    Ok(pb::ExchangeRequest { message: Some(message), traceparent: String::new() })
}

fn hello(cursor: u64, trust_bundle_version: u64) -> Said {
    let clock_time = Some(timestamp(NOW));
    let version = "test".into();
    let sheet_cursors = Vec::new();
    Said::Hello(pb::Hello { cursor, trust_bundle_version, clock_time, version, sheet_cursors })
}

fn session(stage: &Stage, hub: &Hub, endpoint: u32, heartbeat: Duration) -> Session {
    let sealer = Arc::new(Sealer::new(&[7; 32]));
    Session {
        engine: stage.engine.clone(),
        sheets: Sheets::new(stage.engine.clone(), sealer),
        hub: hub.clone(),
        endpoint: EndpointNo::new(endpoint),
        answer_key: Cast::answer_key(endpoint).public(),
        settings: Settings { heartbeat },
        metrics: Metrics::noop(),
    }
}

fn open<S>(
    stage: &Stage,
    session: Session,
    inbound: S,
) -> (mpsc::Receiver<Box<pb::ExchangeResponse>>, JoinHandle<Ending>)
where
    S: Stream<Item = Result<pb::ExchangeRequest, Broken>> + Unpin + Send + 'static,
{
    let (speaks, hear) = outbound();
    (hear, stage.tasks.spawn("session", session.run(inbound, speaks)))
}

impl Terminal {
    /// A stream on which nothing was said yet.
    fn silent(stage: &Stage, hub: &Hub, endpoint: u32, heartbeat: Duration) -> Self {
        let (say, inbound) = mpsc::channel(64);
        let session = session(stage, hub, endpoint, heartbeat);
        let (hear, session) = open(stage, session, ReceiverStream::new(inbound));
        Self { say, hear, session }
    }

    /// Says hello and hears the welcome.
    async fn connected(stage: &Stage, hub: &Hub, endpoint: u32, cursor: u64) -> Self {
        let mut terminal = Self::silent(stage, hub, endpoint, NEVER);
        terminal.say(hello(cursor, 1)).await;
        assert!(matches!(terminal.hear().await, Heard::Welcome(_)));
        terminal
    }

    async fn say(&self, message: Said) {
        self.say.send(said(message)).await.expect("the session listens");
    }

    async fn answer(&self, envelope: &Envelope) {
        self.say(Said::Answer(envelope.into())).await;
    }

    async fn hear(&mut self) -> Heard {
        self.hear.recv().await.expect("the session speaks").message.expect("it says something")
    }

    async fn order(&mut self) -> pb::OrderDelivery {
        match self.hear().await {
            Heard::Order(order) => order,
            other => panic!("expected an order, heard {other:?}"),
        }
    }

    async fn orders(&mut self, count: usize) -> Vec<u64> {
        let mut sequences = Vec::new();
        for _ in 0..count {
            sequences.push(self.order().await.sequence);
        }
        sequences
    }

    /// What is still said when the server drains: nothing else was queued.
    async fn nothing_more(mut self, hub: &Hub) {
        hub.drain();
        match self.hear().await {
            Heard::GoAway(_) => {}
            other => panic!("expected nothing more, heard {other:?}"),
        }
    }
}

fn receipt(order: (OrderId, [u8; 32]), endpoint: u32) -> (Answer, Envelope) {
    Cast::answer(order, endpoint, 1, Fact::Delivered, NOW)
}
