//! Call-up sheets: pages that are proved before they are kept, and shown from the store.
//!
//! Invariants: a page is here only if its proof leads to the root in the signed order and it names
//! this endpoint; a page that is not taken leaves its reason and nothing else. Names are in the store
//! only, under the seal of their order ([`super::sealed`]).

use prost::bytes::Bytes;

use super::book::Entry;
use super::rows::{SHEETS, sheets_of};
use super::{Inbox, InboxError, REFUSED_SHEETS_MAX};
use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::limits;
use crate::wire::order::call_up::{LeafFault, proven_sheet, read_sheet};
use crate::wire::{self, pb};

/// Whether an order's call-up sheets are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetState {
    /// It calls nobody by name.
    None,
    /// Some are still to come: so many are here, of so many; 0 when that is not known either.
    Waiting {
        /// Pages here.
        pages: u32,
        /// Pages there are.
        of: u32,
    },
    /// The order is over, and they were destroyed.
    Over,
    /// All are here.
    Complete {
        /// People called from this unit.
        people: u32,
        /// Items called from this unit.
        equipment: u32,
    },
}

impl SheetState {
    /// `is_over`: nobody needs them any more.
    pub(super) fn of(entry: &Entry, is_over: bool) -> Self {
        let pages = &entry.pages;
        match &entry.call_up {
            None => Self::None,
            Some(_) if is_over && pages.held.is_empty() => Self::Over,
            Some(_) if pages.is_complete() => {
                Self::Complete { people: pages.people, equipment: pages.equipment }
            }
            Some(_) => Self::Waiting {
                pages: u32::try_from(pages.held.len()).unwrap_or(u32::MAX),
                of: pages.of,
            },
        }
    }

    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Waiting { .. } => "waiting",
            Self::Over => "over",
            Self::Complete { .. } => "complete",
        }
    }
}

/// What became of a page that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetReceived {
    /// It is stored.
    Kept {
        /// Whose.
        order: OrderId,
        /// Which.
        page: u32,
    },
    /// It was here already.
    Repeat,
    /// The order is over: nothing is kept.
    Over,
    /// It is not taken: the stable reason.
    Refused(&'static str),
}

/// A page that was not taken. Nothing of what it says is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedSheet {
    /// The order it came for, if that could be read.
    pub order: Option<OrderId>,
    /// When it came, by our clock.
    pub received_at: Instant,
    /// The stable reason.
    pub reason: &'static str,
    /// The same in words.
    pub text: String,
}

/// One row of the sheets, as shown to people. Personal data.
#[derive(Clone, PartialEq)]
pub enum CalledRow {
    /// A person.
    Person(Box<pb::CalledPerson>),
    /// An item.
    Equipment(Box<pb::CalledEquipment>),
}

impl std::fmt::Debug for CalledRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CalledRow(masked)")
    }
}

impl Inbox {
    /// Takes a page of call-up sheets as it came, if the order that it belongs to is here and signs its
    /// root. It is durable when this returns.
    ///
    /// # Errors
    /// Those of the store; a page that is not believed is no error.
    pub fn receive_sheet(
        &self,
        delivery: &pb::CallUpSheetDelivery,
    ) -> Result<SheetReceived, InboxError> {
        let (mut book, now) = (self.book.lock(), self.clock.now());
        let order = wire::array("order_id", &delivery.order_id).map(OrderId::from_bytes).ok();
        let is_over = order.is_some_and(|order| book.is_over_for_sheets(order, now));
        let entry = order.and_then(|order| book.orders.get_mut(&order).map(|entry| (order, entry)));
        let Some((order, entry)) = entry else {
            drop(book);
            let text = "there is no order here to prove the sheet by".to_owned();
            return Ok(self.refuse_sheet(order, "SHEET_UNASKED", text));
        };
        let proven = proven_sheet(delivery, entry.call_up.as_ref(), self.endpoint);
        let sheet = match proven {
            Ok(sheet) => sheet,
            Err(fault) => {
                drop(book);
                return Ok(self.refuse_sheet(Some(order), fault.reason(), words(&fault)));
            }
        };
        if entry.pages.held.contains(&sheet.page) {
            return Ok(SheetReceived::Repeat);
        }
        let page = sheet.page;
        if is_over {
            return Ok(SheetReceived::Over);
        }
        self.put_sheet((order, page), delivery)?;
        entry.pages.take(&sheet);
        let is_whole = entry.pages.is_complete();
        // What this order took the place of is of no use any more.
        if is_whole && entry.reference.is_some() {
            self.destroy_sheets(&mut book, now)?;
        }
        drop(book);
        self.changed();
        Ok(SheetReceived::Kept { order, page })
    }

    fn refuse_sheet(
        &self,
        order: Option<OrderId>,
        reason: &'static str,
        text: String,
    ) -> SheetReceived {
        tracing::warn!(reason, "a call-up sheet is refused");
        let received_at = self.clock.now();
        let mut refused = self.refused_sheets.lock();
        refused.push_back(RefusedSheet { order, received_at, reason, text });
        while refused.len() > REFUSED_SHEETS_MAX {
            refused.pop_front();
        }
        drop(refused);
        self.changed();
        SheetReceived::Refused(reason)
    }

    /// Pages that were not taken since the start, the oldest first.
    pub fn refused_sheets(&self) -> Vec<RefusedSheet> {
        self.refused_sheets.lock().iter().cloned().collect()
    }

    /// How far the sheets of the newest orders are here, for the server to go on from there.
    pub fn sheet_cursors(&self) -> Vec<pb::SheetCursor> {
        let (book, now) = (self.book.lock(), self.clock.now());
        let mut calling: Vec<_> =
            book.orders.iter().filter(|(_id, entry)| entry.call_up.is_some()).collect();
        calling.sort_unstable_by_key(|(_id, entry)| std::cmp::Reverse(entry.sequence));
        let cursor = |(id, entry): (&OrderId, &Entry)| pb::SheetCursor {
            order_id: Bytes::copy_from_slice(id.as_bytes()),
            pages: entry.pages.in_a_row(),
            // Of what is over nothing shall come again.
            is_complete: entry.pages.is_complete() || book.sheets_are_over(*id, entry, now),
        };
        calling.into_iter().take(limits::SHEET_CURSORS_MAX).map(cursor).collect()
    }

    /// Every page that is here, as it came, with its proof: what another machine can be shown.
    ///
    /// # Errors
    /// Those of the store.
    pub fn sheet_pages(&self) -> Result<Vec<pb::CallUpSheetDelivery>, InboxError> {
        let mut pages = Vec::new();
        self.opened_sheets(SHEETS, |_order, delivery| {
            pages.push(delivery);
            Ok(())
        })?;
        Ok(pages)
    }

    /// The rows of the sheets that are here, in the order of their numbers.
    ///
    /// # Errors
    /// [`InboxError::UnknownOrder`], and those of the store.
    pub fn called(&self, order: OrderId) -> Result<Vec<CalledRow>, InboxError> {
        if !self.book.lock().orders.contains_key(&order) {
            return Err(InboxError::UnknownOrder { order });
        }
        let mut rows = Vec::new();
        self.opened_sheets(&sheets_of(order), |_order, delivery| {
            let sheet = read_sheet(&delivery.sheet)?;
            rows.extend(sheet.people.into_iter().map(|own| CalledRow::Person(Box::new(own))));
            rows.extend(sheet.equipment.into_iter().map(|own| CalledRow::Equipment(Box::new(own))));
            Ok(())
        })?;
        Ok(rows)
    }
}

/// A fault's words, without those of what could not be read: they may hold what is in it.
fn words(fault: &LeafFault) -> String {
    match fault {
        LeafFault::Unreadable(_) => "the sheet cannot be read".to_owned(),
        told => told.to_string(),
    }
}
