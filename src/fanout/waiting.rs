//! Answers that a session has taken and that are on their way to disk: what they wait for, and what is
//! said of them then.
//!
//! Used by [`super::session`] alone; knows nothing of the stream.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;

use crate::domain::code::Code;
use crate::domain::ids::OrderId;
use crate::engine::{Committed, EngineError};
use crate::fanout::hub::Ending;
use crate::fanout::outbox::{Outbox, recorded, refused};

/// An answer on its way to disk.
pub(super) struct Waiting {
    pub(super) order: OrderId,
    pub(super) number: u32,
    pub(super) reply: oneshot::Receiver<Result<Committed, EngineError>>,
}

/// What became of it.
pub(super) struct Done {
    order: OrderId,
    number: u32,
    outcome: Result<Committed, EngineError>,
}

impl Future for Waiting {
    type Output = Done;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Done> {
        let reply = ready!(Pin::new(&mut self.reply).poll(cx));
        let stopped = |_no_owner| Err(EngineError::Unavailable { doing: "stopping" });
        let (order, number) = (self.order, self.number);
        Poll::Ready(Done { order, number, outcome: reply.unwrap_or_else(stopped) })
    }
}

/// Makes a reply of it, or says why the stream ends.
pub(super) fn settle(done: Done, outbox: &mut Outbox) -> Result<(), Ending> {
    let Done { order, number, outcome } = done;
    match outcome {
        Ok(committed) => outbox.reply(recorded(&order, number, committed.ledger_index)),
        // The terminal keeps it and comes back: never told refused what is only not possible now.
        Err(fault) if fault.code().retryable() || fault.code() == Code::Internal => {
            return Err(Ending::Unavailable);
        }
        Err(fault) => {
            outbox.reply(refused(order.as_bytes(), number, fault.reason(), &fault.to_string()));
        }
    }
    Ok(())
}
