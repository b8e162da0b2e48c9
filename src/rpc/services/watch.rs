//! Watching one order's counts: a task for each watcher, which the next change wakes.
//!
//! Bounded three ways: so many watchers, one message waiting for a slow reader, and a shortest time
//! between two messages. Counts are a view, so a slow reader misses steps, never the last state.

use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Duration, Instant, sleep, sleep_until};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::domain::code::Code;
use crate::domain::ids::OrderId;
use crate::domain::world::Refusal;
use crate::engine::Engine;
use crate::limits;
use crate::rpc::services::Doors;
use crate::rpc::services::order::{counts_message, state_message};
use crate::rpc::status::Reject;
use crate::wire::{WireError, pb, timestamp};

/// Messages waiting for a slow reader; what it would get next is newer anyway.
const WAITING_MAX: usize = 1;

/// All watchers of a server.
#[derive(Debug)]
pub(super) struct Watchers {
    doors: Doors,
    room: Arc<Semaphore>,
}

type Told = Result<pb::WatchOrderResponse, Status>;

impl Watchers {
    pub(super) fn new(doors: &Doors) -> Self {
        let room = Arc::new(Semaphore::new(limits::WATCHERS_MAX));
        Self { doors: doors.clone(), room }
    }

    /// Starts to watch; the first message is what is so now.
    pub(super) fn watch(
        &self,
        order: OrderId,
        interval_ms: u32,
    ) -> Result<ReceiverStream<Told>, Status> {
        let interval = interval(interval_ms)?;
        look(&self.doors.engine, &order)?;
        let place = self.room.clone().try_acquire_owned().map_err(|_full| {
            let text = "too many orders are watched already: try again later";
            Reject::new(Code::Exhausted, "WATCHERS_EXHAUSTED", text)
        })?;
        let (out, stream) = mpsc::channel(WAITING_MAX);
        let engine = self.doors.engine.clone();
        let draining = self.doors.draining.clone();
        let stopping = self.doors.tasks.stopping().clone();
        self.doors.tasks.spawn("rpc.watch_order", async move {
            let _place = place;
            let leaving = out.clone();
            tokio::select! {
                () = draining.cancelled() => {}
                () = stopping.cancelled() => {}
                () = leaving.closed() => {}
                () = tell(&engine, order, interval, &out) => {}
            }
        });
        Ok(ReceiverStream::new(stream))
    }
}

fn interval(interval_ms: u32) -> Result<Duration, WireError> {
    let (min, max, usual) = limits::WATCH_INTERVAL_MS;
    let ms = if interval_ms == 0 { usual } else { interval_ms };
    if (min..=max).contains(&ms) {
        Ok(Duration::from_millis(ms.into()))
    } else {
        let fault = format!("is {ms}, expected {min} to {max}");
        Err(WireError::new("interval_ms", fault))
    }
}

async fn tell(engine: &Engine, order: OrderId, interval: Duration, out: &mpsc::Sender<Told>) {
    let mut changes = engine.answered();
    let mut last: Option<pb::WatchOrderResponse> = None;
    loop {
        let now = match look(engine, &order) {
            Ok(now) => now,
            Err(refused) => {
                let _reader_left = out.send(Err(refused.into())).await;
                return;
            }
        };
        let seen = |before: &pb::WatchOrderResponse| {
            (before.state, before.counts) == (now.state, now.counts)
        };
        if !last.as_ref().is_some_and(seen) {
            if out.send(Ok(now)).await.is_err() {
                return;
            }
            last = Some(now);
            sleep_until(Instant::now() + interval).await;
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            () = sleep(limits::WATCH_LOOK) => {}
        }
    }
}

fn look(engine: &Engine, order: &OrderId) -> Result<pb::WatchOrderResponse, Refusal> {
    let now = engine.now();
    let world = engine.world();
    let file = world.order(order).ok_or(Refusal::OrderUnknown { order: *order })?;
    Ok(pb::WatchOrderResponse {
        state: state_message(file.state(now)).into(),
        counts: Some(counts_message(&file.counts)),
        server_time: Some(timestamp(now)),
    })
}
