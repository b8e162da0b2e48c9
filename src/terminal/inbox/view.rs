//! What people are shown of the inbox.

use super::book::{Entry, answer_rows, decode, for_each};
use super::rows::{AnswerRow, OrderRow, order_key, refused_answers_of};
use super::{Inbox, InboxError, SheetState};
use crate::domain::ids::{OfficerId, OrderId};
use crate::domain::instant::Instant;
use crate::domain::order::delivery::{Answer, DeliveryState};
use crate::domain::order::handling::Handling;
use crate::domain::order::{Order, ReferenceKind};
use crate::wire;

/// Whether an order is to be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In force.
    Live,
    /// Cancelled by this order.
    Cancelled(OrderId),
    /// Replaced by this order.
    Superseded(OrderId),
    /// Past its end.
    Expired,
}

impl Standing {
    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Cancelled(_) => "cancelled",
            Self::Superseded(_) => "superseded",
            Self::Expired => "expired",
        }
    }
}

/// An order in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSummary {
    /// Its identity.
    pub id: OrderId,
    /// Its place in the stream of issued orders.
    pub sequence: u64,
    /// When the device had it, by its clock.
    pub received_at: Instant,
    /// How it is meant.
    pub handling: Handling,
    /// Whether it is a cancel.
    pub is_cancel: bool,
    /// Whether it is in force.
    pub standing: Standing,
    /// Where it stands here, answers on their way included.
    pub state: DeliveryState,
    /// When an acknowledgment is late.
    pub answer_by: Instant,
    /// When it ends.
    pub not_after: Instant,
    /// How many answers wait to be recorded.
    pub pending: usize,
    /// Whether its call-up sheets are here.
    pub sheets: SheetState,
}

/// What became of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerStatus {
    /// Stored here, not yet recorded by the server.
    Pending,
    /// Recorded in the ledger under this index.
    Recorded(u64),
    /// Refused by the server, for this reason.
    Refused {
        /// Stable.
        reason: String,
        /// In words.
        text: String,
    },
}

/// An answer as given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRecord {
    /// What it says.
    pub answer: Answer,
    /// What became of it.
    pub status: AnswerStatus,
}

/// An order with all that is known of it here.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderDetail {
    /// As in the list.
    pub summary: OrderSummary,
    /// What it says.
    pub order: Order,
    /// The officers whose signatures counted, with name and post as the trust bundle has them now.
    pub signers: Vec<(OfficerId, String)>,
    /// The digest of the signed bytes: what two people compare over another line.
    pub digest: [u8; 32],
    /// The trace that the order came with; may be empty.
    pub traceparent: String,
    /// Receipts and answers in the order they were given, refused ones included.
    pub answers: Vec<AnswerRecord>,
}

/// Something that came as an order and is not believed. Nothing of its text is kept here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedOrder {
    /// Its place in the stream, as the server said.
    pub sequence: u64,
    /// When it came, by our clock.
    pub received_at: Instant,
    /// The stable reason.
    pub reason: String,
    /// The same in words.
    pub text: String,
}

impl Inbox {
    /// All orders here, the newest first.
    pub fn list(&self, now: Instant) -> Vec<OrderSummary> {
        let book = self.book.lock();
        let mut list: Vec<OrderSummary> =
            book.orders.iter().map(|(id, entry)| summary(&book, *id, entry, now)).collect();
        list.sort_unstable_by_key(|order| std::cmp::Reverse((order.sequence, order.id)));
        list
    }

    /// One order of the list.
    pub fn summary(&self, order: OrderId, now: Instant) -> Option<OrderSummary> {
        let book = self.book.lock();
        book.orders.get(&order).map(|entry| summary(&book, order, entry, now))
    }

    /// One order with its text, signers and answers. Reading it is not opening it: that is
    /// [`Inbox::open_order`], which a person does.
    ///
    /// # Errors
    /// [`InboxError::UnknownOrder`], and those of the store.
    pub fn detail(&self, order: OrderId, now: Instant) -> Result<OrderDetail, InboxError> {
        let unknown = || InboxError::UnknownOrder { order };
        let summary = self.summary(order, now).ok_or_else(unknown)?;
        let row: OrderRow = decode(&self.store.get(&order_key(order))?.ok_or_else(unknown)?)?;
        let envelope = wire::envelope::required("envelope", row.envelope.as_ref())?;
        let bundle = super::book::bundle(&*self.store)?;
        let named = |id: &String| {
            let id: OfficerId = wire::parse("signed_by", id)?;
            let officer = bundle.as_ref().and_then(|bundle| bundle.officer(&id));
            let name = officer.map(|officer| officer.name.clone()).unwrap_or_default();
            Ok((id, name))
        };
        let mut rows = answer_rows(&*self.store, order)?;
        for_each(&*self.store, &refused_answers_of(order), |_key, value| {
            rows.push(decode(value)?);
            Ok(())
        })?;
        rows.sort_by_key(|row| row.queue_place);
        Ok(OrderDetail {
            summary,
            order: wire::order::read(&envelope)?,
            signers: row.signed_by.iter().map(named).collect::<Result<_, InboxError>>()?,
            digest: envelope.digest(),
            traceparent: row.traceparent,
            answers: rows.into_iter().map(record).collect::<Result<_, _>>()?,
        })
    }

    /// What came and is not believed, the newest first.
    pub fn refused_orders(&self) -> Vec<RefusedOrder> {
        let book = self.book.lock();
        let mut list: Vec<RefusedOrder> = book
            .refused
            .values()
            .map(|entry| RefusedOrder {
                sequence: entry.sequence,
                received_at: entry.received_at,
                reason: entry.reason.clone(),
                text: entry.text.clone(),
            })
            .collect();
        list.sort_unstable_by_key(|order| std::cmp::Reverse((order.received_at, order.sequence)));
        list
    }
}

fn summary(book: &super::Book, id: OrderId, entry: &Entry, now: Instant) -> OrderSummary {
    let now = now.max(book.signed_at());
    let standing = match book.changer(id) {
        Some((by, ReferenceKind::Cancel)) => Standing::Cancelled(by),
        Some((by, ReferenceKind::Update)) => Standing::Superseded(by),
        None if now > entry.not_after => Standing::Expired,
        None => Standing::Live,
    };
    OrderSummary {
        id,
        sequence: entry.sequence,
        received_at: entry.received_at,
        handling: entry.handling,
        is_cancel: entry.is_cancel(),
        standing,
        state: entry.state,
        answer_by: entry.answer_by,
        not_after: entry.not_after,
        sheets: SheetState::of(entry, book.sheets_are_over(id, entry, now)),
        pending: book.pending.values().filter(|(order, _number)| *order == id).count(),
    }
}

fn record(row: AnswerRow) -> Result<AnswerRecord, InboxError> {
    let answer = row.read()?;
    let status = if !row.refused_reason.is_empty() {
        AnswerStatus::Refused { reason: row.refused_reason, text: row.refused_text }
    } else if row.recorded {
        AnswerStatus::Recorded(row.ledger_index)
    } else {
        AnswerStatus::Pending
    };
    Ok(AnswerRecord { answer, status })
}
