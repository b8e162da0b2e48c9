//! A line of the list: an order, or something that came as one and is not believed.

use crate::domain::ids::OrderId;
use crate::terminal::inbox::{OrderDetail, RefusedOrder};

/// A line of the list.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Row {
    Order(Box<OrderDetail>),
    Refused(RefusedOrder),
}

impl Row {
    /// Its place in the stream.
    pub(super) const fn sequence(&self) -> u64 {
        match self {
            Self::Order(detail) => detail.summary.sequence,
            Self::Refused(refused) => refused.sequence,
        }
    }

    /// Whether it is this order.
    pub(super) fn is(&self, id: OrderId) -> bool {
        matches!(self, Self::Order(detail) if detail.summary.id == id)
    }
}
