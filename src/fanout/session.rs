//! One terminal's stream.

use std::time::Duration;

use futures_util::stream::{FuturesOrdered, Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval_at, timeout};
use tracing::{Instrument, Span, info, info_span, trace, warn};

use crate::domain::ids::EndpointNo;
use crate::domain::instant::Instant;
use crate::domain::order::delivery::Answer;
use crate::domain::world::{Actor, AnswerRefusal, Command, Request};
use crate::engine::Engine;
use crate::evidence::envelope::Envelope;
use crate::evidence::key::PublicKey;
use crate::fanout::hub::{Ending, Hub, Seat};
use crate::fanout::news::{Fresh, News};
use crate::fanout::outbox::{Outbox, refused};
use crate::fanout::sheets::Sheets;
use crate::fanout::waiting::{Waiting, settle};
use crate::limits;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::propagation;
use crate::wire::pb::exchange_request::Message as Inbound;
use crate::wire::pb::exchange_response::Message as Outbound;
use crate::wire::{answer, instant, optional_instant, pb, timestamp};

/// What an operator may set.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Between two heartbeats; three missed ones end the stream.
    pub heartbeat: Duration,
}

/// What is said to a terminal. Boxed: a queue keeps room for dozens, and most are empty.
pub type Said = Box<pb::ExchangeResponse>;

/// A stream's outgoing side: who speaks, and who carries it away.
pub fn outbound() -> (mpsc::Sender<Said>, mpsc::Receiver<Said>) {
    mpsc::channel(limits::OUTBOUND_LEN_MAX)
}

/// The stream broke below us; there is nobody to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken;

/// What a session has in hand.
struct Desk {
    outbox: Outbox,
    pending: FuturesOrdered<Waiting>,
    // Server clock minus terminal clock, in ms.
    offset_ms: i64,
}

/// One terminal's stream, seen from the server.
#[derive(Debug)]
pub struct Session {
    /// The engine.
    pub engine: Engine,
    /// The call-up lists of orders.
    pub sheets: Sheets,
    /// Where it has its place.
    pub hub: Hub,
    /// Whose stream it is; shown by its certificate.
    pub endpoint: EndpointNo,
    /// The key of its receipts and answers.
    pub answer_key: PublicKey,
    /// What an operator may set.
    pub settings: Settings,
    /// Counts what happens.
    pub metrics: Metrics,
}

impl Session {
    /// Serves the stream until it ends, and says why it did. The last word is a `GoAway`, when there
    /// is anybody to hear it.
    pub async fn run<S>(self, mut inbound: S, outbound: mpsc::Sender<Said>) -> Ending
    where
        S: Stream<Item = Result<pb::ExchangeRequest, Broken>> + Unpin,
    {
        let hello = tokio::select! {
            biased;
            () = self.hub.drained() => return self.bid_farewell(&outbound, Ending::Draining).await,
            said = timeout(limits::HELLO_PATIENCE, inbound.next()) => said,
        };
        let hello = match hello {
            Ok(Some(Ok(pb::ExchangeRequest { message: Some(Inbound::Hello(hello)), .. }))) => hello,
            Ok(None | Some(Err(Broken))) => return Ending::Left,
            Ok(Some(Ok(_not_hello))) => {
                return self.bid_farewell(&outbound, Ending::Misbehaved).await;
            }
            Err(_too_late) => return self.bid_farewell(&outbound, Ending::Silent).await,
        };
        let seat = self.hub.enter(self.endpoint, self.engine.now());
        // Whoever took its place meanwhile told the hub before this stream was there.
        if self.is_replaced() {
            return self.bid_farewell(&outbound, Ending::Revoked).await;
        }
        let version: String = hello.version.chars().take(limits::VERSION_SHOWN_LEN_MAX).collect();
        info!(endpoint = %self.endpoint, cursor = hello.cursor, ?version, "terminal connected");
        let ending = self.serve(&hello, &seat, &mut inbound, &outbound).await;
        info!(endpoint = %self.endpoint, reason = ending.reason(), "terminal disconnected");
        if !matches!(ending, Ending::Left | Ending::Draining) {
            self.metrics.stream_reset(ending.reason());
        }
        self.bid_farewell(&outbound, ending).await
    }

    /// Whether the endpoint has another terminal than the one that was let in.
    fn is_replaced(&self) -> bool {
        let world = self.engine.world();
        let terminal = world.endpoints().get(self.endpoint).and_then(|e| e.terminal.as_ref());
        terminal.is_some_and(|terminal| terminal.answer_key != self.answer_key)
    }

    async fn serve<S>(
        &self,
        hello: &pb::Hello,
        seat: &Seat,
        inbound: &mut S,
        outbound: &mpsc::Sender<Said>,
    ) -> Ending
    where
        S: Stream<Item = Result<pb::ExchangeRequest, Broken>> + Unpin,
    {
        // Subscribed before the first look, so that nothing falls between.
        let news = News::of(&self.engine);
        let now = self.engine.now();
        let mut desk = {
            let world = self.engine.world();
            let has = (hello.cursor, &hello.sheet_cursors[..]);
            let mut outbox = Outbox::new(&world, self.endpoint, has, now);
            let version = world.trust().map_or(0, |trust| trust.bundle.version);
            outbox.trust_due = version > hello.trust_bundle_version;
            let offset_ms = first_offset(hello, now);
            Desk { outbox, pending: FuturesOrdered::new(), offset_ms }
        };
        if outbound.send(message(self.welcome(now))).await.is_err() {
            return Ending::Left;
        }
        let ending = self.exchange(&mut desk, news, seat, inbound, outbound).await;
        if ending == Ending::Draining {
            let settled = self.settle_up(&mut desk, outbound);
            let _as_far_as_it_came = timeout(limits::FAREWELL_PATIENCE, settled).await;
        }
        ending
    }

    async fn exchange<S>(
        &self,
        desk: &mut Desk,
        news: News,
        seat: &Seat,
        inbound: &mut S,
        outbound: &mpsc::Sender<Said>,
    ) -> Ending
    where
        S: Stream<Item = Result<pb::ExchangeRequest, Broken>> + Unpin,
    {
        let beat = self.settings.heartbeat;
        let mut ticks = interval_at(tokio::time::Instant::now() + beat, beat);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut missed = 0_u32;
        tokio::pin! {
            let ended = seat.ended();
            let news = news.next();
        }
        loop {
            let in_flight = desk.pending.len() + desk.outbox.replies();
            tokio::select! {
                biased;
                why = &mut ended => return why,
                Some(done) = desk.pending.next() => match settle(done, &mut desk.outbox) {
                    Ok(()) => {}
                    Err(ending) => return ending,
                },
                (again, fresh) = &mut news => {
                    match fresh {
                        Fresh::Orders => desk.outbox.scan(&self.engine.world()),
                        Fresh::Trust => desk.outbox.trust_due = true,
                    }
                    news.set(again.next());
                }
                // Before what is heard: a terminal that never stops talking is timed all the same.
                _beat = ticks.tick() => {
                    missed += 1;
                    if missed > limits::HEARTBEATS_MISSED_MAX {
                        return Ending::Silent;
                    }
                    desk.outbox.heartbeat_due = true;
                }
                permit = outbound.reserve(), if !desk.outbox.is_empty() => {
                    let Ok(permit) = permit else { return Ending::Left };
                    if let Some(next) = self.next_word(&mut desk.outbox).await {
                        permit.send(message(next));
                    }
                }
                said = inbound.next(), if in_flight < limits::ANSWERS_IN_FLIGHT_MAX => {
                    let Some(Ok(said)) = said else { return Ending::Left };
                    missed = 0;
                    seat.heard(self.engine.now());
                    match said.message {
                        Some(Inbound::Answer(envelope)) => {
                            let taken = self.take(&envelope, &said.traceparent, desk).await;
                            if let Err(ending) = taken {
                                return ending;
                            }
                        }
                        Some(Inbound::Heartbeat(beat)) => self.note_offset(&beat, &mut desk.offset_ms),
                        Some(Inbound::Hello(_)) | None => return Ending::Misbehaved,
                    }
                }
            }
        }
    }

    /// What is to be said next; pages of call-up sheets after everything else.
    async fn next_word(&self, outbox: &mut Outbox) -> Option<Outbound> {
        let now = self.engine.now();
        let next = outbox.next(&self.engine.world(), now);
        if next.is_some() {
            return next;
        }
        let page = outbox.sheet(&self.engine.world(), now)?;
        let delivery = self.sheets.page_for(self.endpoint, page).await;
        outbox.sheet_done(delivery.is_some());
        delivery.map(Outbound::CallUpSheet)
    }

    /// Says what became of the answers that were taken, before the stream ends.
    async fn settle_up(&self, desk: &mut Desk, outbound: &mpsc::Sender<Said>) {
        loop {
            while let Some(reply) = desk.outbox.next_reply() {
                if outbound.send(message(reply)).await.is_err() {
                    return;
                }
            }
            match desk.pending.next().await.map(|done| settle(done, &mut desk.outbox)) {
                Some(Ok(())) => {}
                None | Some(Err(_)) => return,
            }
        }
    }

    fn welcome(&self, now: Instant) -> Outbound {
        let beat_ms = u32::try_from(self.settings.heartbeat.as_millis()).unwrap_or(u32::MAX);
        Outbound::Welcome(pb::Welcome {
            clock_time: Some(timestamp(now)),
            checkpoint: self.engine.ledger().published().unwrap_or_default(),
            heartbeat_interval_ms: beat_ms,
        })
    }

    fn note_offset(&self, beat: &pb::Heartbeat, offset_ms: &mut i64) {
        let now = self.engine.now();
        let times = (
            optional_instant("clock_time", beat.clock_time.as_ref()),
            optional_instant("echo_time", beat.echo_time.as_ref()),
        );
        if let (Ok(Some(clock)), Ok(Some(echo))) = times {
            let round_trip = now.millis_since(echo).saturating_sub(i64::from(beat.held_ms)).max(0);
            *offset_ms = now.millis_since(clock).saturating_sub(round_trip / 2);
            trace!(endpoint = %self.endpoint, offset_ms, round_trip_ms = round_trip, "clock offset");
        }
    }

    /// Verifies an answer here, beside the owner, and sends it on. What cannot be taken is answered
    /// at once.
    async fn take(
        &self,
        message: &pb::Envelope,
        traceparent: &str,
        desk: &mut Desk,
    ) -> Result<(), Ending> {
        let outbox = &mut desk.outbox;
        let verified = Envelope::try_from(message).and_then(|envelope| {
            answer::verify(&envelope, &self.answer_key).map(|answer| (answer, envelope))
        });
        let (answer, envelope) = match verified {
            Ok(verified) => verified,
            Err(fault) => {
                warn!(endpoint = %self.endpoint, %fault, "answer refused");
                outbox.reply(refused(&[], 0, "SIGNATURE_INVALID", &fault.to_string()));
                return Ok(());
            }
        };
        let (order, number) = (answer.order, answer.number);
        if answer.endpoint != self.endpoint {
            let forged = AnswerRefusal::Forged { endpoint: answer.endpoint }.to_string();
            warn!(endpoint = %self.endpoint, fault = forged, "answer refused");
            outbox.reply(refused(order.as_bytes(), number, "SIGNATURE_INVALID", &forged));
            return Ok(());
        }
        let span = self.span_of(&answer, traceparent);
        let actor = Actor::Endpoint(self.endpoint);
        let clock_offset_ms = desk.offset_ms;
        let command = Command::TakeAnswer { answer, envelope, clock_offset_ms };
        let request = Request { actor, id: None, command };
        let waiting = self.engine.enqueue(request).instrument(span).await;
        match waiting {
            Ok(reply) => {
                desk.pending.push_back(Waiting { order, number, reply });
                Ok(())
            }
            Err(_stopping) => Err(Ending::Draining),
        }
    }

    /// In the order's trace: below the terminal's own span where it sends that, else below the issue.
    fn span_of(&self, answer: &Answer, traceparent: &str) -> Span {
        let (order, endpoint, fact) = (answer.order, self.endpoint, answer.fact.as_str());
        let span =
            info_span!(parent: None, "session.answer", dispatch = true, %order, %endpoint, fact);
        if let Some(issue) = self.engine.world().order(&order).and_then(|file| file.issue.as_ref())
        {
            let continued = propagation::continues(traceparent, &issue.traceparent);
            let parent = if continued { traceparent } else { &issue.traceparent };
            propagation::set_parent(&span, parent);
        }
        span
    }

    /// Tells the terminal when to come back, if there is room to: it comes back anyway.
    async fn bid_farewell(&self, outbound: &mpsc::Sender<Said>, ending: Ending) -> Ending {
        let reconnect_after = match ending {
            Ending::Draining => limits::RECONNECT_AFTER_DRAIN,
            _other => self.settings.heartbeat,
        };
        let go_away = message(Outbound::GoAway(pb::GoAway {
            reason: ending.reason().to_owned(),
            reconnect_after_ms: u32::try_from(reconnect_after.as_millis()).unwrap_or(u32::MAX),
        }));
        let _told_or_gone = outbound.send_timeout(go_away, limits::FAREWELL_PATIENCE).await;
        ending
    }
}

/// Before any heartbeat came back: the terminal's clock as it said hello, less the way here.
fn first_offset(hello: &pb::Hello, now: Instant) -> i64 {
    instant("clock_time", hello.clock_time.as_ref()).map_or(0, |clock| now.millis_since(clock))
}

fn message(message: Outbound) -> Said {
    Box::new(pb::ExchangeResponse { message: Some(message) })
}
