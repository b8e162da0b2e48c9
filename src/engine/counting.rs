//! What the duty officer's figures are made of, counted from recorded facts.
//!
//! Called by the owner after a group is durable and answered, never before: a number here is a fact.

use std::time::Duration;

use crate::domain::order::delivery::{Answer, Fact, Moment};
use crate::domain::world::{Event, World};
use crate::telemetry::metrics::Metrics;

/// Counts one event that `world` has taken in.
pub(super) fn count(metrics: &Metrics, world: &World, event: &Event) {
    match event {
        Event::OrderIssued { order, .. } => {
            if let Some(file) = world.order(order) {
                let (handling, kind) = (file.order.handling, file.order.kind);
                metrics.order_issued(handling.as_str(), kind.as_str());
            }
        }
        Event::SignatureAdded { order, .. } => {
            if let Some(file) = world.order(order) {
                metrics.signature_accepted(file.order.handling.as_str());
            }
        }
        Event::AnswerTaken { answer, .. } => measure(metrics, world, answer),
        _uncounted => {}
    }
}

/// One observation for each fact that counts, by the time it counts with.
fn measure(metrics: &Metrics, world: &World, answer: &Answer) {
    let Some(file) = world.order(&answer.order) else { return };
    let (Some(issue), Some(delivery)) = (&file.issue, file.deliveries.get(&answer.endpoint)) else {
        return;
    };
    let handling = file.order.handling.as_str();
    metrics.fact_recorded(handling, answer.fact.as_str());
    let since = |moment: Option<Moment>| {
        let ms = moment.map(|moment| moment.at.millis_since(issue.at));
        ms.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis)
    };
    match answer.fact {
        Fact::Delivered => since(delivery.delivered)
            .into_iter()
            .for_each(|after| metrics.delivered_after(handling, after)),
        Fact::Opened => since(delivery.opened)
            .into_iter()
            .for_each(|after| metrics.opened_after(handling, after)),
        Fact::Acknowledged => since(delivery.acknowledged)
            .into_iter()
            .for_each(|after| metrics.acknowledged_after(handling, after)),
        _decided_later => {}
    }
}
