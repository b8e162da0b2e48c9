//! One stream, from hello to its end.

use std::sync::Arc;
use std::time::Duration;

use prost::bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tonic::transport::Channel;
use tracing::Instrument as _;

use super::dial::Dialer;
use super::flight::{Flight, Refused};
use super::status::{LinkError, LinkState};
use crate::domain::ids::OrderId;
use crate::limits;
use crate::telemetry::propagation;
use crate::terminal::Terminal;
use crate::terminal::heads;
use crate::terminal::inbox::{Inbox, InboxError};
use crate::wire::pb::exchange_request::Message as Say;
use crate::wire::pb::exchange_response::Message as Heard;
use crate::wire::pb::terminal_service_client::TerminalServiceClient;
use crate::wire::{self, WireError, pb, timestamp};

/// Messages between us and the stream: the window of the stream is the real bound.
const SAY_QUEUE_LEN_MAX: usize = 4;
/// Heartbeats without a word after which the stream is given up.
const SILENT_HEARTBEATS_MAX: u32 = 3;
/// The shortest time between heartbeats that a server may ask for.
const HEARTBEAT_MIN: Duration = Duration::from_secs(1);
/// Before renewing is tried again after it failed.
const RENEW_AGAIN_AFTER: Duration = Duration::from_secs(3_600);

/// Connects, says hello, and talks until the stream ends. Never returns `Ok`.
pub(super) async fn talk(
    terminal: &Arc<Terminal>,
    dialer: &dyn Dialer,
    server: usize,
    welcomed: &mut bool,
) -> Result<(), LinkError> {
    let patience = terminal.options.connect_patience;
    let late = |_elapsed| LinkError::Silent { silence_ms: patience.as_millis() };
    let deadline = Instant::now() + patience;
    let channel = timeout_at(deadline, dialer.dial(server)).await.map_err(late)??;
    let opening = Box::pin(open(terminal, channel.clone()));
    let mut session = match timeout_at(deadline, opening).await.map_err(late)? {
        Err(error) if error.asks_to_renew() && dialer.renew_at().is_some() => {
            tracing::warn!("the certificate was renewed and did not arrive: renewing again");
            timeout(patience, dialer.renew(channel)).await.map_err(late)??;
            return Err(LinkError::Renewed);
        }
        opened => opened?,
    };
    *welcomed = true;
    tokio::select! {
        ended = session.run(dialer) => ended,
        fault = Box::pin(heads::follow(terminal, channel)) => Err(fault),
    }
}

async fn open(terminal: &Arc<Terminal>, channel: Channel) -> Result<Session, LinkError> {
    let (say, said) = mpsc::channel(SAY_QUEUE_LEN_MAX);
    let asked_at = terminal.clock.now();
    let hello = pb::Hello {
        cursor: terminal.inbox.cursor(),
        trust_bundle_version: terminal.inbox.bundle_version(),
        clock_time: Some(timestamp(asked_at)),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        sheet_cursors: terminal.inbox.sheet_cursors(),
    };
    // The queue is empty and its other end is here.
    let queued = say.try_send(saying(Say::Hello(hello)));
    queued.map_err(|_full| LinkError::Ended)?;
    let mut client = TerminalServiceClient::new(channel.clone())
        .max_decoding_message_size(limits::MESSAGE_LEN_MAX)
        .max_encoding_message_size(limits::MESSAGE_LEN_MAX);
    let mut heard = client.exchange(ReceiverStream::new(said)).await?.into_inner();
    let welcome = match heard.message().await?.and_then(|response| response.message) {
        Some(Heard::Welcome(welcome)) => welcome,
        Some(Heard::GoAway(go_away)) => return Err(gone(&go_away)),
        Some(_other) => return Err(WireError::new("message", "is no welcome").into()),
        None => return Err(LinkError::Ended),
    };
    let own = terminal.options.heartbeat_every;
    let asked = Duration::from_millis(u64::from(welcome.heartbeat_interval_ms));
    let asked = if asked.is_zero() { own } else { asked.max(HEARTBEAT_MIN) };
    let now = terminal.clock.now();
    terminal.with_inbox(move |inbox| inbox.reconsider(now)).await?;
    heads::tell_alarm(terminal).await?;
    let server_time = wire::instant("clock_time", welcome.clock_time.as_ref())?;
    // The welcome was written about half way between our asking and our hearing it.
    let half_way_ms = now.millis_since(asked_at) / 2;
    let offset_ms = server_time.millis_since(asked_at.offset_by(half_way_ms));
    terminal.set_link(|status| {
        status.state = LinkState::Connected;
        status.heard_at = Some(now);
        status.offset_ms = offset_ms;
        status.failures = 0;
        status.last_error = None;
    });
    tracing::info!(offset_ms, "the link is open");
    Ok(Session {
        terminal: Arc::clone(terminal),
        channel,
        say,
        heard,
        revision: terminal.inbox.revision(),
        flight: Flight::default(),
        next: Next::Look,
        heartbeat_every: own.min(asked),
        silence_max: own.max(asked) * SILENT_HEARTBEATS_MAX,
        beat_at: Instant::now() + own.min(asked),
        heard_at: Instant::now(),
        echo: None,
        renew_not_before: Instant::now(),
    })
}

/// What there is to send.
enum Next {
    /// Something may have come up: ask the inbox.
    Look,
    /// This message; an answer with its order, number and place in the queue.
    Send(Box<pb::ExchangeRequest>, Option<(OrderId, u32, u64)>),
    /// Nothing until something changes.
    Nothing,
}

struct Session {
    terminal: Arc<Terminal>,
    channel: Channel,
    say: mpsc::Sender<pb::ExchangeRequest>,
    heard: Streaming<pb::ExchangeResponse>,
    revision: watch::Receiver<u64>,
    flight: Flight,
    next: Next,
    heartbeat_every: Duration,
    silence_max: Duration,
    beat_at: Instant,
    heard_at: Instant,
    // The server's clock in its last heartbeat, and when that came.
    echo: Option<(prost_types::Timestamp, Instant)>,
    renew_not_before: Instant,
}

impl Session {
    async fn run(&mut self, dialer: &dyn Dialer) -> Result<(), LinkError> {
        let say = self.say.clone();
        loop {
            self.renew_if_due(dialer).await?;
            if matches!(self.next, Next::Look) {
                self.next = self.look()?;
            }
            let has_word = matches!(self.next, Next::Send(..));
            tokio::select! {
                heard = self.heard.message() => {
                    let response = heard?.ok_or(LinkError::Ended)?;
                    self.hear(response).await?;
                }
                permit = say.reserve(), if has_word => {
                    let Ok(permit) = permit else { return self.hear_out().await };
                    if let Next::Send(word, answer) = std::mem::replace(&mut self.next, Next::Look) {
                        permit.send(*word);
                        if let Some((order, number, place)) = answer {
                            self.flight.sent(order, number, place);
                        }
                    }
                }
                changed = self.revision.changed(), if !has_word => {
                    changed.map_err(|_inbox_gone| LinkError::Ended)?;
                    self.next = Next::Look;
                }
                () = sleep_until(self.beat_at), if !has_word => {
                    self.beat_at = Instant::now() + self.heartbeat_every;
                    self.next = Next::Send(Box::new(self.heartbeat()), None);
                }
                () = sleep_until(self.heard_at + self.silence_max) => {
                    return Err(LinkError::Silent { silence_ms: self.silence_max.as_millis() });
                }
            }
        }
    }

    /// The server takes nothing more. What it said before it ended the stream is on its way here yet:
    /// what it recorded, and when to come back.
    async fn hear_out(&mut self) -> Result<(), LinkError> {
        let rest = async {
            while let Some(response) = self.heard.message().await? {
                self.hear(response).await?;
            }
            Err(LinkError::Ended)
        };
        timeout(limits::FAREWELL_PATIENCE, rest).await.unwrap_or(Err(LinkError::Ended))
    }

    /// The next answer to send, if one may be sent.
    fn look(&mut self) -> Result<Next, LinkError> {
        self.revision.mark_unchanged();
        let flight = &self.flight;
        let answer = self.terminal.inbox.outgoing(|order, place| flight.may_send(order, place))?;
        Ok(answer.map_or(Next::Nothing, |answer| {
            let mark = (answer.order, answer.number, answer.place);
            let message = Some(Say::Answer(answer.envelope));
            let word = pb::ExchangeRequest { message, traceparent: answer.traceparent };
            Next::Send(Box::new(word), Some(mark))
        }))
    }

    async fn hear(&mut self, response: pb::ExchangeResponse) -> Result<(), LinkError> {
        self.heard_at = Instant::now();
        let now = self.terminal.clock.now();
        self.terminal.set_link(|status| status.heard_at = Some(now));
        match response.message {
            Some(Heard::Order(delivery)) => self.order(delivery).await,
            Some(Heard::CallUpSheet(delivery)) => self.sheet(delivery).await,
            Some(Heard::Recorded(recorded)) => self.recorded(&recorded).await,
            Some(Heard::Refused(refused)) => self.refused(refused).await,
            Some(Heard::Heartbeat(heartbeat)) => self.heartbeat_came(&heartbeat),
            Some(Heard::GoAway(go_away)) => Err(gone(&go_away)),
            Some(Heard::TrustBundle(bundle)) => self.bundle(bundle).await,
            Some(Heard::Welcome(_)) => Err(WireError::new("message", "is a second welcome").into()),
            // A newer server may say things that we need not understand.
            None => Ok(()),
        }
    }

    async fn order(&mut self, delivery: pb::OrderDelivery) -> Result<(), LinkError> {
        let sequence = delivery.sequence;
        let span = tracing::info_span!("terminal.receive", dispatch = true, sequence);
        propagation::set_parent(&span, &delivery.traceparent);
        let now = self.terminal.now();
        let received =
            self.with_inbox(move |inbox| inbox.receive(&delivery, now)).instrument(span).await?;
        tracing::debug!(?received, "an order came");
        heads::tell_alarm(&self.terminal).await
    }

    async fn sheet(&mut self, delivery: pb::CallUpSheetDelivery) -> Result<(), LinkError> {
        let received = self.with_inbox(move |inbox| inbox.receive_sheet(&delivery)).await?;
        tracing::debug!(?received, "a call-up sheet came");
        Ok(())
    }

    async fn bundle(&mut self, bundle: pb::Envelope) -> Result<(), LinkError> {
        let now = self.terminal.now();
        let taken = self.with_inbox(move |inbox| inbox.take_bundle(&bundle, now)).await;
        match taken {
            // Refused, and the old one stays: the stream goes on, for orders may still come.
            Err(LinkError::Inbox(error @ (InboxError::Bundle(_) | InboxError::Damaged(_)))) => {
                tracing::warn!(%error, "a trust bundle is refused");
                Ok(())
            }
            // It may have made orders believed that were not.
            done => done.and(heads::tell_alarm(&self.terminal).await),
        }
    }

    async fn recorded(&mut self, recorded: &pb::AnswerRecorded) -> Result<(), LinkError> {
        let order = order_id(&recorded.order_id)?;
        let (number, index) = (recorded.answer_number, recorded.ledger_index);
        self.with_inbox(move |inbox| inbox.recorded(order, number, index)).await?;
        let refused = self.flight.recorded(order, number);
        self.hand_on(refused).await
    }

    async fn refused(&mut self, refused: pb::AnswerRefused) -> Result<(), LinkError> {
        let order = order_id(&refused.order_id)?;
        let number = refused.answer_number;
        let refused = Refused { order, number, reason: refused.reason, text: refused.text };
        let settled = self.flight.refused(refused);
        self.hand_on(settled).await
    }

    async fn hand_on(&mut self, refused: Option<Refused>) -> Result<(), LinkError> {
        if let Some(Refused { order, number, reason, text }) = refused {
            let done = self.with_inbox(move |inbox| inbox.refused(order, number, &reason, &text));
            done.await?;
        }
        if matches!(self.next, Next::Nothing) {
            self.next = Next::Look;
        }
        Ok(())
    }

    fn heartbeat(&self) -> pb::ExchangeRequest {
        let held_ms = self.echo.map_or(0, |(_time, at)| at.elapsed().as_millis());
        saying(Say::Heartbeat(pb::Heartbeat {
            clock_time: Some(timestamp(self.terminal.clock.now())),
            echo_time: self.echo.map(|(time, _at)| time),
            held_ms: u32::try_from(held_ms).unwrap_or(u32::MAX),
        }))
    }

    fn heartbeat_came(&mut self, heartbeat: &pb::Heartbeat) -> Result<(), LinkError> {
        let server_time = wire::instant("clock_time", heartbeat.clock_time.as_ref())?;
        self.echo = heartbeat.clock_time.map(|time| (time, Instant::now()));
        // The way here only makes the difference smaller: the largest is the nearest.
        let at_least_ms = server_time.millis_since(self.terminal.clock.now());
        self.terminal.set_link(|status| status.offset_ms = status.offset_ms.max(at_least_ms));
        Ok(())
    }

    async fn renew_if_due(&mut self, dialer: &dyn Dialer) -> Result<(), LinkError> {
        let now = self.terminal.now();
        let due = dialer.renew_at().is_some_and(|at| now >= at);
        if !due || Instant::now() < self.renew_not_before {
            return Ok(());
        }
        let patience = self.terminal.options.connect_patience;
        match timeout(patience, dialer.renew(self.channel.clone())).await {
            Ok(Ok(())) => Err(LinkError::Renewed),
            Ok(Err(error)) => self.renew_later(&error.to_string()),
            Err(_elapsed) => self.renew_later("the server did not answer in time"),
        }
    }

    /// The certificate at hand is good for half its life still: the stream matters more.
    fn renew_later(&mut self, reason: &str) -> Result<(), LinkError> {
        tracing::warn!(reason, "the certificate is not renewed yet");
        self.renew_not_before = Instant::now() + RENEW_AGAIN_AFTER;
        Ok(())
    }

    async fn with_inbox<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inbox) -> Result<T, InboxError> + Send + 'static,
    ) -> Result<T, LinkError> {
        Ok(self.terminal.with_inbox(work).await?)
    }
}

/// A word that is in no trace.
const fn saying(message: Say) -> pb::ExchangeRequest {
    pb::ExchangeRequest { message: Some(message), traceparent: String::new() }
}

fn gone(go_away: &pb::GoAway) -> LinkError {
    let reason = go_away.reason.chars().take(80).collect();
    LinkError::GoAway { reason, after_ms: go_away.reconnect_after_ms }
}

fn order_id(bytes: &Bytes) -> Result<OrderId, WireError> {
    Ok(OrderId::from_bytes(wire::array("order_id", bytes)?))
}
