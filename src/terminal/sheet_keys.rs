//! Where the keys of call-up sheets are kept: outside the store, one for each order, so that a copy of
//! the store says nothing and an order that is over takes its sheets with it.
//!
//! Called by the inbox; [`super::home`] keeps them in files. Invariants of every keeper: what was put
//! is durable before [`SheetKeys::put`] returns, and what was removed is gone for good before
//! [`SheetKeys::remove`] does.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use parking_lot::Mutex;

use crate::domain::ids::OrderId;
use crate::evidence::seal::sheet::SheetKey;

/// A keeper of keys.
pub trait SheetKeys: fmt::Debug + Send + Sync {
    /// The key of an order; none if there is none, or no whole one.
    ///
    /// # Errors
    /// The medium's.
    fn of(&self, order: OrderId) -> io::Result<Option<SheetKey>>;

    /// Keeps a key.
    ///
    /// # Errors
    /// The medium's; then it may be there or not.
    fn put(&self, order: OrderId, key: &SheetKey) -> io::Result<()>;

    /// Destroys a key, if it is there.
    ///
    /// # Errors
    /// The medium's; then it is to be destroyed again.
    fn remove(&self, order: OrderId) -> io::Result<()>;

    /// The orders that have a key.
    ///
    /// # Errors
    /// The medium's.
    fn orders(&self) -> io::Result<Vec<OrderId>>;
}

/// Keys in memory, for a terminal whose store is there too.
#[derive(Debug, Default)]
pub struct MemorySheetKeys(Mutex<BTreeMap<OrderId, SheetKey>>);

impl SheetKeys for MemorySheetKeys {
    fn of(&self, order: OrderId) -> io::Result<Option<SheetKey>> {
        Ok(self.0.lock().get(&order).cloned())
    }

    fn put(&self, order: OrderId, key: &SheetKey) -> io::Result<()> {
        self.0.lock().insert(order, key.clone());
        Ok(())
    }

    fn remove(&self, order: OrderId) -> io::Result<()> {
        self.0.lock().remove(&order);
        Ok(())
    }

    fn orders(&self) -> io::Result<Vec<OrderId>> {
        Ok(self.0.lock().keys().copied().collect())
    }
}
