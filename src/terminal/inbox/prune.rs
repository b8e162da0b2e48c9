//! Forgetting what is long over.

use super::book::{Book, Entry};
use super::rows::{answers_of, order_key, refused_answers_of, refused_order_key};
use super::{Inbox, InboxError, KEPT_DAYS, ORDERS_MAX};
use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::order::VALID_DAYS_MAX;

const DAY_MS: i64 = 86_400_000;

impl Inbox {
    /// Forgets orders that ended before the latest signed time (so that they cannot come back), have
    /// nothing left to send, and are old, or too many.
    pub(super) fn prune(&self, book: &mut Book, now: Instant) -> Result<(), InboxError> {
        let signed_at = book.signed_at();
        let waiting: Vec<OrderId> = book.pending.values().map(|(order, _number)| *order).collect();
        let mut over: Vec<(Instant, OrderId)> = book
            .orders
            .iter()
            .filter(|(id, entry)| counts_until(entry) < signed_at && !waiting.contains(id))
            .map(|(id, entry)| (entry.received_at, *id))
            .collect();
        over.sort_unstable();
        let too_many = book.orders.len().saturating_sub(ORDERS_MAX);
        let old = now.offset_by(-KEPT_DAYS * DAY_MS);
        let gone = over
            .into_iter()
            .enumerate()
            .filter(|(place, (received_at, _id))| *place < too_many || *received_at < old)
            .map(|(_place, (_received_at, id))| id);
        for id in gone.collect::<Vec<_>>() {
            let mut keys = vec![order_key(id)];
            self.forget_sheets(id)?;
            for prefix in [answers_of(id), refused_answers_of(id)] {
                super::book::for_each(&*self.store, &prefix, |key, _value| {
                    keys.push(key.to_vec());
                    Ok(())
                })?;
            }
            self.commit(|batch| keys.iter().for_each(|key| batch.delete(key.clone())))?;
            book.remove(id);
        }
        self.prune_refused(book, old)?;
        self.store.refill_reserve()?;
        Ok(())
    }

    fn prune_refused(&self, book: &mut Book, old: Instant) -> Result<(), InboxError> {
        let gone: Vec<[u8; 16]> = book
            .refused
            .iter()
            .filter(|(_mark, entry)| entry.received_at < old)
            .map(|(mark, _entry)| *mark)
            .collect();
        self.commit(|batch| gone.iter().for_each(|mark| batch.delete(refused_order_key(mark))))?;
        for mark in &gone {
            book.refused.remove(mark);
        }
        Ok(())
    }
}

/// Until when an order matters: one that changes another matters for as long as that one may.
fn counts_until(entry: &Entry) -> Instant {
    if entry.reference.is_some() {
        entry.not_after.max(entry.drafted_at.offset_by(VALID_DAYS_MAX * DAY_MS))
    } else {
        entry.not_after
    }
}
