//! Call-up sheets under their seal: into the store, out of it, and gone when the order is over.
//!
//! Invariants: a page is in the store only sealed under a key that was durable before it; a key lives
//! no longer than its order's sheets are of use. Without the key a page counts as never come, so that
//! it is asked for again.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as MapEntry;

use prost::Message;
use ring::rand::SystemRandom;

use super::book::{Book, Entry, decode, for_each};
use super::rows::{SHEETS, sheet_key, sheet_place, sheets_of};
use super::{Inbox, InboxError};
use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::order::ReferenceKind;
use crate::domain::order::delivery::DeliveryState;
use crate::evidence::seal::sheet::SheetKey;
use crate::limits;
use crate::wire::order::call_up::read_sheet;
use crate::wire::pb;

impl Inbox {
    /// Writes a page that was proved. Its key, made for the order's first page, is on the disk before.
    pub(super) fn put_sheet(
        &self,
        (order, page): (OrderId, u32),
        delivery: &pb::CallUpSheetDelivery,
    ) -> Result<(), InboxError> {
        let rng = SystemRandom::new();
        let key = match self.sheet_keys.of(order)? {
            Some(key) => key,
            None => {
                let key = SheetKey::generate(&rng)?;
                self.put_key(order, &key)?;
                key
            }
        };
        let plain = zeroize::Zeroizing::new(delivery.encode_to_vec());
        let sealed = key.seal((order, page), &plain, &rng)?;
        self.commit(|batch| batch.put(sheet_key(order, page), sealed.clone()))
    }

    /// As with the store: a sheet must not be lost to a full disk.
    fn put_key(&self, order: OrderId, key: &SheetKey) -> Result<(), InboxError> {
        match self.sheet_keys.put(order, key) {
            Err(fault)
                if fault.kind() == std::io::ErrorKind::StorageFull
                    && self.store.release_reserve()? =>
            {
                tracing::error!("the disk is full: the reserve is given up; free some space");
                Ok(self.sheet_keys.put(order, key)?)
            }
            done => Ok(done?),
        }
    }

    /// The pages under a prefix that open, with their orders; the keys of those that do not.
    pub(super) fn opened_sheets(
        &self,
        prefix: &[u8],
        mut visit: impl FnMut(OrderId, pb::CallUpSheetDelivery) -> Result<(), InboxError>,
    ) -> Result<Vec<Vec<u8>>, InboxError> {
        let mut keys: BTreeMap<OrderId, Option<SheetKey>> = BTreeMap::new();
        let mut closed = Vec::new();
        for_each(&*self.store, prefix, |place, value| {
            let Some((order, page)) = sheet_place(place) else {
                closed.push(place.to_vec());
                return Ok(());
            };
            let key = match keys.entry(order) {
                MapEntry::Occupied(known) => known.into_mut(),
                MapEntry::Vacant(new) => new.insert(self.sheet_keys.of(order)?),
            };
            match key.as_ref().and_then(|key| key.open((order, page), value).ok()) {
                Some(plain) => visit(order, decode(&plain)?),
                None => {
                    closed.push(place.to_vec());
                    Ok(())
                }
            }
        })?;
        Ok(closed)
    }

    /// Notes which pages are here, at the start. What does not open, or has no order, goes.
    pub(super) fn load_sheets(&self, book: &mut Book) -> Result<(), InboxError> {
        let mut strays = Vec::new();
        let mut gone = self.opened_sheets(SHEETS, |order, delivery| {
            let sheet = read_sheet(&delivery.sheet)?;
            match book.orders.get_mut(&order) {
                Some(entry) => entry.pages.take(&sheet),
                None => strays.push(sheet_key(order, sheet.page)),
            }
            Ok(())
        })?;
        gone.append(&mut strays);
        if !gone.is_empty() {
            tracing::warn!(pages = gone.len(), "call-up sheets that nothing opens are removed");
            self.commit(|batch| gone.iter().for_each(|key| batch.delete(key.clone())))?;
        }
        for order in self.sheet_keys.orders()? {
            if !book.orders.contains_key(&order) {
                self.sheet_keys.remove(order)?;
            }
        }
        Ok(())
    }

    /// Destroys the sheets of orders that are over: the key first, then what it opened. `now` is the
    /// best known time. Returns of how many orders.
    ///
    /// # Errors
    /// Those of the keys and of the store; then what is left goes the next time.
    pub fn destroy_old_sheets(&self, now: Instant) -> Result<usize, InboxError> {
        let mut book = self.book.lock();
        let destroyed = self.destroy_sheets(&mut book, now)?;
        drop(book);
        if destroyed > 0 {
            self.changed();
        }
        Ok(destroyed)
    }

    pub(super) fn destroy_sheets(
        &self,
        book: &mut Book,
        now: Instant,
    ) -> Result<usize, InboxError> {
        let holds = |(id, entry): &(&OrderId, &Entry)| {
            !entry.pages.held.is_empty() && book.sheets_are_over(**id, entry, now)
        };
        let over: Vec<OrderId> = book.orders.iter().filter(holds).map(|(id, _entry)| *id).collect();
        for order in &over {
            self.forget_sheets(*order)?;
            if let Some(entry) = book.orders.get_mut(order) {
                entry.pages.held.clear();
            }
            tracing::info!(%order, "the call-up sheets of an order that is over were destroyed");
        }
        Ok(over.len())
    }

    /// Destroys the key of an order's sheets, and then removes them.
    pub(super) fn forget_sheets(&self, order: OrderId) -> Result<(), InboxError> {
        self.sheet_keys.remove(order)?;
        let mut keys = Vec::new();
        for_each(&*self.store, &sheets_of(order), |key, _value| {
            keys.push(key.to_vec());
            Ok(())
        })?;
        self.commit(|batch| keys.iter().for_each(|key| batch.delete(key.clone())))
    }
}

impl Book {
    /// The same of an order that may not be here.
    pub(super) fn is_over_for_sheets(&self, id: OrderId, now: Instant) -> bool {
        self.orders.get(&id).is_some_and(|entry| self.sheets_are_over(id, entry, now))
    }

    /// Whether nobody needs an order's sheets any more. Cancelled, they serve to call off whoever was
    /// called, for a day; replaced, until those of the order in its place are all here; ended, for
    /// reports and disputes as long as at the server.
    pub(super) fn sheets_are_over(&self, id: OrderId, entry: &Entry, now: Instant) -> bool {
        let now = now.max(self.signed_at());
        if now.millis_since(entry.not_after) > limits::SHEETS_KEPT_MS {
            return true;
        }
        let Some((by, kind)) = self.changer(id) else { return false };
        let Some(changer) = self.orders.get(&by) else { return false };
        match kind {
            ReferenceKind::Cancel => {
                entry.state < DeliveryState::Acknowledged
                    || now.millis_since(changer.received_at) > limits::CALL_OFF_MS
            }
            ReferenceKind::Update => {
                changer.call_up.is_none()
                    || changer.pages.is_complete()
                    || self.changer(by).is_some()
            }
        }
    }
}
