//! A fleet of thin terminals: the real protocol over real mutual TLS, without a disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prost::Message as _;
use prost::bytes::Bytes;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use crate::clock::Clock;
use crate::domain::ids::{EndpointNo, OrderId};
use crate::domain::order::delivery::{Answer, Fact};
use crate::evidence::envelope::{Envelope, PayloadType};
use crate::evidence::key::SigningKey;
use crate::pki::authority::Credentials;
use crate::pki::config::{Trust, client_config};
use crate::rpc::channel::client_channel;
use crate::sim::load::fixture::{Fault, Fixture};
use crate::tasks::Tasks;
use crate::wire::pb::exchange_request::Message as Said;
use crate::wire::pb::exchange_response::Message as Heard;
use crate::wire::{answer, pb, timestamp};

/// Handshakes at once: the two cores are the limit, more only makes the queue longer.
pub const CONNECTING_MAX: usize = 64;

/// Bytes of a receipt's payload, about.
const RECEIPT_LEN: usize = 100;

/// Progress of a fleet, whatever it speaks.
#[derive(Debug)]
pub struct Fleet {
    size: u64,
    arrived: AtomicU64,
    recorded: AtomicU64,
    answering: watch::Sender<bool>,
    all_arrived: watch::Sender<u64>,
    all_recorded: watch::Sender<u64>,
}

impl Fleet {
    /// A fleet of this many terminals.
    pub fn new(size: u64) -> Arc<Self> {
        Arc::new(Self {
            size,
            arrived: AtomicU64::new(0),
            recorded: AtomicU64::new(0),
            answering: watch::Sender::new(true),
            all_arrived: watch::Sender::new(0),
            all_recorded: watch::Sender::new(0),
        })
    }

    /// Answers at once from now on, or holds answers back.
    pub fn answer(&self, now: bool) {
        self.answering.send_replace(now);
    }

    pub(super) fn answering(&self) -> watch::Receiver<bool> {
        self.answering.subscribe()
    }

    pub(super) fn arrived(&self) {
        let count = self.arrived.fetch_add(1, Ordering::Relaxed) + 1;
        if count.is_multiple_of(self.size) {
            self.all_arrived.send_replace(count / self.size);
        }
    }

    pub(super) fn recorded(&self) {
        let count = self.recorded.fetch_add(1, Ordering::Relaxed) + 1;
        if count.is_multiple_of(self.size) {
            self.all_recorded.send_replace(count / self.size);
        }
    }

    /// Waits until every terminal has had so many orders.
    pub async fn wait_arrived(&self, orders: u64) {
        let mut seen = self.all_arrived.subscribe();
        // The sender is ours, so it cannot be gone.
        let _reached = seen.wait_for(|count| *count >= orders).await;
    }

    /// Waits until the answers of every terminal to so many orders were said to be durable.
    pub async fn wait_recorded(&self, orders: u64) {
        let mut seen = self.all_recorded.subscribe();
        let _reached = seen.wait_for(|count| *count >= orders).await;
    }
}

/// Connects all terminals; returns when each has been welcomed.
///
/// # Errors
/// When one cannot connect.
pub async fn connect(
    fixture: &Fixture,
    address: &str,
    fleet: &Arc<Fleet>,
    clock: Arc<dyn Clock>,
    tasks: &Tasks,
) -> Result<(), Fault> {
    let turns = Arc::new(Semaphore::new(CONNECTING_MAX));
    let trust = Arc::new(Trust::Authority(fixture.authority.certificate_pem().to_owned()));
    let answer_key = Arc::new(fixture.answer_key.to_pem());
    let (welcomed, mut welcome) = mpsc::channel::<Result<(), String>>(CONNECTING_MAX);
    for (number, credentials) in (1_u32..).zip(&fixture.terminals) {
        let turn = turns.clone().acquire_owned().await?;
        let thin = Thin {
            endpoint: EndpointNo::new(number),
            credentials: credentials.clone(),
            address: address.to_owned(),
            trust: trust.clone(),
            answer_key: SigningKey::from_pem(&answer_key)?,
            fleet: fleet.clone(),
            clock: clock.clone(),
        };
        let welcomed = welcomed.clone();
        tasks.spawn("load.terminal", async move {
            match thin.connect().await {
                Ok(stream) => {
                    drop(turn);
                    let _counted = welcomed.send(Ok(())).await;
                    drop(welcomed);
                    thin.live(stream).await;
                }
                Err(fault) => {
                    let _counted = welcomed.send(Err(fault.to_string())).await;
                }
            }
        });
        while let Ok(done) = welcome.try_recv() {
            done?;
        }
    }
    drop(welcomed);
    while let Some(done) = welcome.recv().await {
        done?;
    }
    Ok(())
}

/// What signing and verifying a receipt takes here and now, on one core.
///
/// # Errors
/// When the key cannot sign.
pub fn crypto_us_per_answer(key: &SigningKey) -> Result<f64, Fault> {
    const ROUNDS: u32 = 1_000;
    let (payload, public) = (vec![b'x'; RECEIPT_LEN], key.public());
    let started = tokio::time::Instant::now();
    for _ in 0..ROUNDS {
        let mut receipt = Envelope::new(PayloadType::Receipt, payload.clone())?;
        receipt.sign(key)?;
        receipt.verify_with(&public)?;
    }
    Ok(started.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS))
}

struct Thin {
    endpoint: EndpointNo,
    credentials: Credentials,
    address: String,
    trust: Arc<Trust>,
    answer_key: SigningKey,
    fleet: Arc<Fleet>,
    clock: Arc<dyn Clock>,
}

struct Stream {
    inbound: tonic::Streaming<pb::ExchangeResponse>,
    outbound: mpsc::Sender<pb::ExchangeRequest>,
}

impl Thin {
    async fn connect(&self) -> Result<Stream, Fault> {
        let tls = client_config(&self.trust, Some(&self.credentials), self.clock.clone())?;
        let channel = client_channel(&self.address, "localhost", tls).await?;
        let mut client = pb::terminal_service_client::TerminalServiceClient::new(channel);
        let (outbound, requests) = mpsc::channel(4);
        let hello = pb::Hello {
            cursor: 0,
            trust_bundle_version: 1,
            clock_time: Some(timestamp(self.clock.now())),
            version: "load".into(),
            sheet_cursors: Vec::new(),
        };
        outbound.send(said(Said::Hello(hello))).await?;
        let mut inbound = client.exchange(ReceiverStream::new(requests)).await?.into_inner();
        match inbound.message().await?.and_then(|first| first.message) {
            Some(Heard::Welcome(_)) => Ok(Stream { inbound, outbound }),
            other => Err(format!("expected a welcome, got {other:?}").into()),
        }
    }

    async fn live(&self, mut stream: Stream) {
        let mut answering = self.fleet.answering();
        while let Some(Ok(heard)) = stream.inbound.next().await {
            match heard.message {
                Some(Heard::Order(order)) => {
                    self.fleet.arrived();
                    if answering.wait_for(|now| *now).await.is_err() {
                        return;
                    }
                    let Some(receipt) = order.envelope.as_ref().and_then(|e| self.receipt(e))
                    else {
                        return;
                    };
                    if stream.outbound.send(said(Said::Answer(receipt))).await.is_err() {
                        return;
                    }
                }
                Some(Heard::Recorded(_)) => self.fleet.recorded(),
                Some(Heard::Heartbeat(_)) => {
                    let beat = pb::Heartbeat {
                        clock_time: Some(timestamp(self.clock.now())),
                        echo_time: None,
                        held_ms: 0,
                    };
                    if stream.outbound.send(said(Said::Heartbeat(beat))).await.is_err() {
                        return;
                    }
                }
                Some(Heard::GoAway(_)) => return,
                _other => {}
            }
        }
    }

    fn receipt(&self, order: &pb::Envelope) -> Option<pb::Envelope> {
        let envelope = Envelope::try_from(order).ok()?;
        let payload = pb::OrderPayload::decode(&envelope.payload()[..]).ok()?;
        let id: [u8; 16] = payload.order_id[..].try_into().ok()?;
        let receipt = Answer {
            order: OrderId::from_bytes(id),
            order_digest: envelope.digest(),
            endpoint: self.endpoint,
            number: 1,
            fact: Fact::Delivered,
            happened_at: self.clock.now(),
            answered_by: String::new(),
            note: String::new(),
        };
        let payload_type = answer::payload_type(receipt.fact);
        let mut signed = Envelope::new(payload_type, answer::encode(&receipt)).ok()?;
        signed.sign(&self.answer_key).ok()?;
        Some((&signed).into())
    }
}

fn said(message: Said) -> pb::ExchangeRequest {
    pb::ExchangeRequest { message: Some(message), traceparent: String::new() }
}

/// An order's bytes of a given length, for the limit that reads nothing into them.
pub(super) fn filler(len: usize) -> Bytes {
    Bytes::from(vec![b'x'; len])
}
