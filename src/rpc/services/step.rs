//! The steps of an order as its trace shows them.
//!
//! Used by [`super::order`]. An order's trace begins where it is drafted: each later call about it
//! comes in a trace of its own, or in none, and its step is hung below the drafting and linked with
//! the call. An update or cancel is an order itself: its trace is linked with that of the order it
//! changes. Knows an order's id and nothing of its contents.

use tracing::{Span, info_span};

use crate::domain::ids::OrderId;
use crate::domain::order::Order;
use crate::domain::world::World;
use crate::telemetry::propagation::{current_traceparent, link, set_parent};

/// It is laid down: the trace begins, in the call.
pub(super) fn drafting(order: &OrderId) -> Span {
    info_span!("order.draft", dispatch = true, %order)
}

/// An officer signs.
pub(super) fn signing(world: &World, order: &OrderId) -> Span {
    below_drafting(info_span!("order.sign", dispatch = true, %order), world, order)
}

/// It is issued.
pub(super) fn issuing(world: &World, order: &OrderId) -> Span {
    below_drafting(info_span!("order.issue", dispatch = true, %order), world, order)
}

/// It comes with all its signatures and is issued in one step: the trace begins, in the call.
pub(super) fn changing(world: &World, order: &Order) -> Span {
    let span = info_span!("order.issue", dispatch = true, order = %order.id);
    let earlier = order.reference.as_ref().and_then(|reference| world.order(&reference.order));
    if let Some(earlier) = earlier {
        link(&span, &earlier.traceparent);
    }
    span
}

fn below_drafting(span: Span, world: &World, order: &OrderId) -> Span {
    let drafted = world.order(order).is_some_and(|file| set_parent(&span, &file.traceparent));
    if drafted && let Some(call) = current_traceparent() {
        link(&span, &call);
    }
    span
}
