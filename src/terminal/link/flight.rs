//! Which answers are on their way over the stream that is open now.
//!
//! Pure bookkeeping for [`super::session`]: what to send next, and when a refusal may be handed to
//! the inbox, which is when nothing of that order is on its way any more.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ids::OrderId;

/// Most answers on their way at once: enough to fill a slow line, little enough to lose.
pub(super) const IN_FLIGHT_MAX: usize = 64;

/// A refusal as the server said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) order: OrderId,
    pub(super) number: u32,
    pub(super) reason: String,
    pub(super) text: String,
}

#[derive(Debug, Default)]
struct OfOrder {
    // Numbers on their way, with their places in the queue.
    numbers: BTreeMap<u32, u64>,
    // The first refusal; those after it only follow from it.
    refused: Option<Refused>,
}

/// The answers on their way.
#[derive(Debug, Default)]
pub(super) struct Flight {
    orders: BTreeMap<OrderId, OfOrder>,
    places: BTreeSet<u64>,
}

impl Flight {
    /// Whether the answer at this place in the queue may be sent now.
    pub(super) fn may_send(&self, order: OrderId, place: u64) -> bool {
        self.places.len() < IN_FLIGHT_MAX
            && !self.places.contains(&place)
            && self.orders.get(&order).is_none_or(|flight| flight.refused.is_none())
    }

    /// One was sent.
    pub(super) fn sent(&mut self, order: OrderId, number: u32, place: u64) {
        self.orders.entry(order).or_default().numbers.insert(number, place);
        self.places.insert(place);
    }

    /// One was recorded. Gives a refusal that may now be handed on.
    pub(super) fn recorded(&mut self, order: OrderId, number: u32) -> Option<Refused> {
        self.landed(order, number)
    }

    /// One was refused. Gives the order's first refusal once nothing of it is on its way.
    pub(super) fn refused(&mut self, refused: Refused) -> Option<Refused> {
        let (order, number) = (refused.order, refused.number);
        let flight = self.orders.get_mut(&order)?;
        if flight.numbers.contains_key(&number) {
            flight.refused.get_or_insert(refused);
        }
        self.landed(order, number)
    }

    fn landed(&mut self, order: OrderId, number: u32) -> Option<Refused> {
        let flight = self.orders.get_mut(&order)?;
        let place = flight.numbers.remove(&number)?;
        self.places.remove(&place);
        if !flight.numbers.is_empty() {
            return None;
        }
        self.orders.remove(&order).and_then(|flight| flight.refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(number: u32, reason: &str) -> Refused {
        let order = OrderId::from_bytes([7; 16]);
        Refused { order, number, reason: reason.to_owned(), text: String::new() }
    }

    #[test]
    fn a_refusal_is_handed_on_when_nothing_of_its_order_is_on_its_way() {
        let order = OrderId::from_bytes([7; 16]);
        let other = OrderId::from_bytes([8; 16]);
        let mut flight = Flight::default();
        (1..=3).for_each(|number| flight.sent(order, number, u64::from(number)));
        flight.sent(other, 1, 9);
        assert_eq!(flight.recorded(order, 1), None);
        assert_eq!(flight.refused(refused(2, "TEXT")), None);
        assert!(!flight.may_send(order, 4), "the rest must be numbered anew first");
        assert!(flight.may_send(other, 10) && !flight.may_send(other, 9));
        assert_eq!(flight.refused(refused(3, "OUT_OF_TURN")), Some(refused(2, "TEXT")));
        assert!(flight.may_send(order, 3));
        assert_eq!(
            flight.recorded(order, 3),
            None,
            "a word about nothing that was sent is harmless"
        );
    }

    #[test]
    fn no_more_are_on_their_way_than_the_bound() {
        let order = OrderId::from_bytes([7; 16]);
        let mut flight = Flight::default();
        let numbers = 1..=u32::try_from(IN_FLIGHT_MAX).expect("a small number");
        numbers.for_each(|number| flight.sent(order, number, u64::from(number)));
        assert!(!flight.may_send(OrderId::from_bytes([8; 16]), 99));
        assert_eq!(flight.recorded(order, 1), None);
        assert!(flight.may_send(OrderId::from_bytes([8; 16]), 99));
    }
}
