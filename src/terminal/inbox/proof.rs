//! What the inbox holds that proves an order to somebody else, or speaks against one: envelopes as
//! they came, what changes them, and the pages of call-up sheets with their proofs.
//!
//! Called offline, by `hoatoc terminal verify` and `print` and by `hoatoc order verify --home`.

use super::book::decode;
use super::rows::{OrderRow, order_key, sheets_of};
use super::{Inbox, InboxError};
use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::order::Order;
use crate::evidence::envelope::Envelope;
use crate::terminal::verify::examine::Remembered;
use crate::wire::{self, pb};

impl Inbox {
    /// The best known time, given what a clock says: not before anything that was signed and is here.
    pub fn not_before_known(&self, now: Instant) -> Instant {
        now.max(self.book.lock().signed_at())
    }

    /// An order as it came.
    ///
    /// # Errors
    /// [`InboxError::UnknownOrder`], and those of the store.
    pub fn envelope(&self, order: OrderId) -> Result<Envelope, InboxError> {
        let value = self.store.get(&order_key(order))?;
        let row: OrderRow = decode(&value.ok_or(InboxError::UnknownOrder { order })?)?;
        Ok(wire::envelope::required("envelope", row.envelope.as_ref())?)
    }

    /// When this very order came here, not before it was drafted: this terminal itself vouches for the
    /// day on which it was judged. Nothing for what did not come, or came with other bytes.
    pub fn came_on(&self, order: &Order, digest: &[u8; 32]) -> Option<Instant> {
        let book = self.book.lock();
        let entry = book.orders.get(&order.id).filter(|entry| entry.digest == *digest)?;
        Some(entry.received_at.max(order.drafted_at))
    }

    /// The cancels and updates here that name an order, whether it is here or not.
    ///
    /// # Errors
    /// Those of the store.
    pub fn changers(&self, order: OrderId) -> Result<Vec<Envelope>, InboxError> {
        let changers = self.book.lock().changed_by.get(&order).cloned().unwrap_or_default();
        changers.into_iter().map(|changer| self.envelope(changer)).collect()
    }

    /// What is remembered that bears on an order from elsewhere.
    ///
    /// # Errors
    /// Those of the store.
    pub fn remembered(&self, order: &Order) -> Result<Remembered, InboxError> {
        let book = self.book.lock();
        let same_id = book.orders.get(&order.id).map(|entry| entry.digest);
        // After a restore a number may be given anew, in a later epoch.
        let series = (order.handling, order.series_year, order.number, order.epoch);
        let same_number = book.orders.iter().find(|(id, entry)| {
            let theirs = (entry.handling, entry.series_year, entry.number, entry.epoch);
            **id != order.id && theirs == series
        });
        let same_number = same_number.map(|(_id, entry)| entry.digest);
        let epoch = book.meta.epoch;
        drop(book);
        Ok(Remembered { epoch, same_id, same_number })
    }

    /// The pages of an order's call-up sheets that are here, as they came. Personal data.
    ///
    /// # Errors
    /// [`InboxError::UnknownOrder`], and those of the store.
    pub fn sheet_pages_of(
        &self,
        order: OrderId,
    ) -> Result<Vec<pb::CallUpSheetDelivery>, InboxError> {
        if !self.book.lock().orders.contains_key(&order) {
            return Err(InboxError::UnknownOrder { order });
        }
        let mut pages = Vec::new();
        self.opened_sheets(&sheets_of(order), |_order, delivery| {
            pages.push(delivery);
            Ok(())
        })?;
        Ok(pages)
    }
}
