//! Call-up sheets against the roots that the orders sign.

use std::collections::BTreeSet;

use anyhow::Result;

use super::PROBLEMS_MAX;
use crate::domain::ids::OrderId;
use crate::domain::order::Order;
use crate::domain::world::World;
use crate::evidence::seal::Sealer;
use crate::fanout::sheets::{SheetsError, open};
use crate::limits;
use crate::store::{Store, keys};

/// Compares the sheets of every order that froze some with its root, and finds leaves of no order.
/// Without keys only what is missing or too much is found.
pub(super) fn check(
    store: &dyn Store,
    sealer: Option<&Sealer>,
    world: &World,
    problems: &mut Vec<String>,
) -> Result<()> {
    let there = orders_with_leaves(store, problems)?;
    let mut known = BTreeSet::new();
    for file in world.orders() {
        if problems.len() >= PROBLEMS_MAX {
            return Ok(());
        }
        let order: &Order = &file.order;
        if order.call_up.as_ref().is_none_or(|own| own.frozen_by != order.id) {
            continue;
        }
        known.insert(order.id);
        // What is past its time was removed, or will be.
        let is_past = world.latest_at().millis_since(order.not_after) > limits::SHEETS_KEPT_MS;
        let fault = match sealer {
            _any if !there.contains(&order.id) => (!is_past).then(|| "are missing".to_owned()),
            None => None,
            Some(sealer) => compare(store, sealer, order),
        };
        problems.extend(fault.map(|fault| format!("call-up sheets of order {} {fault}", order.id)));
    }
    for stray in there.difference(&known) {
        problems.push(format!("call-up sheets of order {stray} belong to no order"));
    }
    Ok(())
}

fn compare(store: &dyn Store, sealer: &Sealer, order: &Order) -> Option<String> {
    match open(store, sealer, &order.id) {
        Err(SheetsError::Unreadable { fault, .. }) => Some(format!("cannot be read: {fault}")),
        Err(fault) => Some(format!("cannot be read: {fault}")),
        Ok(lists) => match lists.frozen.signed() {
            Ok(signed) if Some(&signed) == order.call_up.as_ref() => None,
            _other => Some("are not those under the root that is signed".to_owned()),
        },
    }
}

fn orders_with_leaves(store: &dyn Store, problems: &mut Vec<String>) -> Result<BTreeSet<OrderId>> {
    let (mut there, mut after) = (BTreeSet::new(), Vec::new());
    loop {
        let page = store.scan(keys::CALL_UPS, &after, limits::LEAVES_PER_BATCH_MAX)?;
        let Some((last, _value)) = page.last() else { return Ok(there) };
        after.clone_from(last);
        for (key, _value) in page {
            match keys::call_up_place(&key) {
                Some((order, _leaf)) => {
                    there.insert(OrderId::from_bytes(order));
                }
                None if problems.len() < PROBLEMS_MAX => {
                    problems.push(format!("key {} is none of a call-up sheet", hex::encode(&key)));
                }
                None => {}
            }
        }
    }
}
