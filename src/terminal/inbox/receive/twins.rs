//! Two orders here that one ledger cannot both have issued: whoever issued them has two histories, as
//! when a server's directory was replaced by an older copy of it. Both are shown and receipted, for
//! either may be the one that matters; what is wrong is said beside, as it is of a head of the ledger.
//!
//! A restore that the root holders vouch for has a higher epoch, in which numbers and places may be given
//! anew.

use crate::domain::ids::OrderId;
use crate::domain::order::Order;
use crate::terminal::inbox::book::{Book, Entry};
use crate::terminal::inbox::rows::HeadRow;
use crate::terminal::inbox::{Inbox, InboxError};

/// What two orders share that each should have for itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Twins {
    /// The number of their series.
    #[error(
        "orders {earlier} and {later} bear the same number {number}: there are two histories; report it and keep this machine as it is"
    )]
    Number {
        /// The one that came first.
        earlier: OrderId,
        /// The one that came now.
        later: OrderId,
        /// As it is written on paper.
        number: String,
    },
    /// The place in the stream of issued orders.
    #[error(
        "orders {earlier} and {later} came at the same place {sequence} among all orders issued: there are two histories; report it and keep this machine as it is"
    )]
    Place {
        /// The one that came first.
        earlier: OrderId,
        /// The one that came now.
        later: OrderId,
        /// The place.
        sequence: u64,
    },
}

impl Twins {
    fn find(book: &Book, order: &Order, entry: &Entry) -> Option<Self> {
        let later = order.id;
        let others = || {
            let of_epoch = book.orders.iter().filter(|(_id, other)| other.epoch == entry.epoch);
            of_epoch.filter(|(id, _other)| **id != later)
        };
        let series = |one: &Entry| (one.handling, one.series_year, one.number);
        if let Some((earlier, _)) = others().find(|(_, other)| series(other) == series(entry)) {
            return Some(Self::Number { earlier: *earlier, later, number: order.number_text() });
        }
        let sequence = entry.sequence;
        let (earlier, _) = others().find(|(_, other)| other.sequence == sequence)?;
        Some(Self::Place { earlier: *earlier, later, sequence })
    }
}

impl Inbox {
    /// What is to be kept of the ledger if this order, which is believed, has a twin here. The first
    /// twins found stay, with the proof: both orders are in the inbox.
    pub(super) fn alarm_of_twins(
        &self,
        book: &Book,
        order: &Order,
        entry: &Entry,
    ) -> Result<Option<HeadRow>, InboxError> {
        let Some(twins) = Twins::find(book, order, entry) else { return Ok(None) };
        tracing::error!(%twins, label = "order_twins", "the ledger has two histories: report it");
        let kept = match self.head_row() {
            // What is kept of the ledger cannot be read: no reason to lose an order.
            Err(InboxError::Damaged(_)) => HeadRow::default(),
            kept => kept?.unwrap_or_default(),
        };
        if !kept.twins.is_empty() && kept.twins_epoch >= entry.epoch {
            return Ok(None);
        }
        Ok(Some(HeadRow { twins: twins.to_string(), twins_epoch: entry.epoch, ..kept }))
    }
}
