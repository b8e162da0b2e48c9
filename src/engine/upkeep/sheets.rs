//! Call-up sheets of orders that ended long ago go out of the store: names are kept no longer than
//! they are needed. Their root stays in the ledger, so that a sheet on paper can still be compared.

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::beside;
use crate::domain::ids::OrderId;
use crate::engine::{Engine, EngineError};
use crate::limits;
use crate::store::{StoreError, keys};

/// Looks now and then, until the server stops.
pub(super) async fn keep(engine: Engine, stopping: CancellationToken) {
    let mut ticks = interval(limits::PRUNE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = stopping.cancelled() => return,
            _tick = ticks.tick() => {}
        }
        match prune(&engine).await {
            Ok(0) => {}
            Ok(leaves) => info!(leaves, "call-up sheets of orders long past were removed"),
            Err(fault) => warn!(%fault, "call-up sheets of orders long past could not be removed"),
        }
    }
}

/// Removes what is past its time; how many leaves went.
pub(super) async fn prune(engine: &Engine) -> Result<usize, EngineError> {
    let now = engine.now();
    let past: Vec<OrderId> = {
        let world = engine.world();
        let orders = world.orders().map(|file| &file.order);
        let own = orders.filter(|order| {
            order.call_up.as_ref().is_some_and(|lists| lists.frozen_by == order.id)
                && now.millis_since(order.not_after) > limits::SHEETS_KEPT_MS
        });
        own.map(|order| order.id).collect()
    };
    let store = engine.store().clone();
    let left = beside(move || {
        let is_there = |order: &OrderId| {
            let page = store.scan(&keys::call_up_of(order.as_bytes()), &[], 1)?;
            Ok::<_, StoreError>(!page.is_empty())
        };
        let mut left = Vec::new();
        for order in past {
            if is_there(&order)? {
                left.push(order);
            }
        }
        Ok::<_, StoreError>(left)
    });
    let mut leaves = 0;
    for order in left.await.transpose()?.unwrap_or_default() {
        leaves += engine.prune_call_up(order).await?;
    }
    Ok(leaves)
}
