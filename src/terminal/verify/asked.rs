//! The single questions about an order's contents, once it is read.

use super::Unverified;
use crate::domain::ids::EndpointNo;
use crate::domain::instant::Instant;
use crate::domain::order::Order;
use crate::evidence::trust::TrustBundle;

pub(super) fn province(order: &Order, bundle: &TrustBundle) -> Result<(), Unverified> {
    if order.province == bundle.province {
        return Ok(());
    }
    let (own, found) = (bundle.province.clone(), order.province.clone());
    Err(Unverified::OtherProvince { own, found })
}

pub(super) const fn epoch(order: &Order, least: u64) -> Result<(), Unverified> {
    let found = order.epoch;
    if found < least { Err(Unverified::OldEpoch { least, found }) } else { Ok(()) }
}

pub(super) fn addressed(order: &Order, endpoint: Option<EndpointNo>) -> Result<(), Unverified> {
    match endpoint.filter(|own| !order.audience.contains(*own)) {
        Some(endpoint) => Err(Unverified::NotAddressed { endpoint }),
        None => Ok(()),
    }
}

/// Whether the contents make sense in themselves.
pub(super) fn sense(order: &Order) -> Result<(), Unverified> {
    if order.reference.as_ref().is_some_and(|reference| reference.order == order.id) {
        return Err(Unverified::ChangesItself);
    }
    Ok(order.validate()?)
}

/// A cancel is believed after its own end too: it outlives the order that it cancels.
pub(super) fn in_time(order: &Order, now: Instant) -> Result<(), Unverified> {
    let not_after = order.not_after;
    if !order.is_cancel() && now > not_after {
        return Err(Unverified::Expired { not_after });
    }
    Ok(())
}
