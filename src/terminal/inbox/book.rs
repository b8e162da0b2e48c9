//! What the inbox keeps in memory: a few hundred bytes an order, no texts, rebuilt from the store
//! at each start.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;

use super::rows::{
    ANSWERS, AnswerRow, BUNDLE, META, MetaRow, ORDERS, OrderRow, REFUSED_ANSWERS, REFUSED_ORDERS,
    RefusedRow, answers_of,
};
use super::{InboxError, PAGE, state_at};
use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::order::call_up::CallUp;
use crate::domain::order::delivery::DeliveryState;
use crate::domain::order::handling::Handling;
use crate::domain::order::{Order, Reference, ReferenceKind};
use crate::evidence::envelope::Envelope;
use crate::evidence::trust::TrustBundle;
use crate::store::{Pair, Store};
use crate::wire;

/// An order in memory.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) sequence: u64,
    pub(super) received_at: Instant,
    pub(super) handling: Handling,
    pub(super) series_year: u32,
    /// Its number in the series of its handling and year.
    pub(super) number: u32,
    pub(super) epoch: u64,
    pub(super) drafted_at: Instant,
    pub(super) answer_by: Instant,
    pub(super) not_after: Instant,
    pub(super) digest: [u8; 32],
    pub(super) reference: Option<Reference>,
    /// What it calls by name.
    pub(super) call_up: Option<CallUp>,
    /// The pages of our call-up sheets that are here.
    pub(super) pages: Pages,
    /// Where it stands, our answers included that the server has not recorded yet.
    pub(super) state: DeliveryState,
    /// How many answers there are: the next one has the number after.
    pub(super) answers: u32,
}

impl Entry {
    pub(super) fn new(row: &OrderRow, order: &Order, digest: [u8; 32]) -> Self {
        Self {
            sequence: row.sequence,
            received_at: Instant::from_millis(row.received_ms),
            handling: order.handling,
            series_year: order.series_year,
            number: order.number,
            epoch: order.epoch,
            drafted_at: order.drafted_at,
            answer_by: order.answer_by,
            not_after: order.not_after,
            digest,
            reference: order.reference.clone(),
            call_up: order.call_up.clone(),
            pages: Pages::default(),
            state: state_at(row.state_before),
            answers: row.answers_before,
        }
    }

    pub(super) fn is_cancel(&self) -> bool {
        self.changes(ReferenceKind::Cancel)
    }

    pub(super) fn changes(&self, kind: ReferenceKind) -> bool {
        self.reference.as_ref().is_some_and(|reference| reference.kind == kind)
    }
}

/// The pages of an order's call-up sheets that are here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pages {
    /// Those that are here.
    pub(super) held: BTreeSet<u32>,
    /// How many there are; 0 until one has come.
    pub(super) of: u32,
    /// People on all of them.
    pub(super) people: u32,
    /// Items on all of them.
    pub(super) equipment: u32,
}

impl Pages {
    pub(super) fn take(&mut self, sheet: &wire::pb::CallUpSheet) {
        self.held.insert(sheet.page);
        (self.of, self.people, self.equipment) =
            (sheet.pages, sheet.people_total, sheet.equipment_total);
    }

    /// How many are here from the first on without a gap.
    pub(super) fn in_a_row(&self) -> u32 {
        let row = (1_u32..).zip(&self.held).take_while(|(page, held)| page == *held);
        row.last().map_or(0, |(page, _held)| page)
    }

    pub(super) fn is_complete(&self) -> bool {
        self.of > 0 && self.in_a_row() == self.of
    }
}

/// An order that was not believed, in memory.
#[derive(Debug, Clone)]
pub(super) struct RefusedEntry {
    pub(super) sequence: u64,
    pub(super) received_at: Instant,
    pub(super) reason: String,
    pub(super) text: String,
}

/// The memory of an inbox.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) meta: MetaRow,
    pub(super) bundle_version: u64,
    pub(super) orders: BTreeMap<OrderId, Entry>,
    /// For an order, here or not yet: the orders here that change it.
    pub(super) changed_by: BTreeMap<OrderId, Vec<OrderId>>,
    /// Answers not recorded, by their place in the queue.
    pub(super) pending: BTreeMap<u64, (OrderId, u32)>,
    pub(super) next_place: u64,
    pub(super) refused: BTreeMap<[u8; 16], RefusedEntry>,
}

impl Book {
    /// Reads the store.
    pub(super) fn load(store: &dyn Store) -> Result<Self, InboxError> {
        let mut book = Self::default();
        if let Some(value) = store.get(META)? {
            book.meta = decode(&value)?;
        }
        book.bundle_version = bundle(store)?.map_or(0, |bundle| bundle.version);
        for_each(store, ORDERS, |_key, value| {
            let row: OrderRow = decode(value)?;
            let envelope = wire::envelope::required("envelope", row.envelope.as_ref())?;
            let order = wire::order::read(&envelope)?;
            book.add(order.id, Entry::new(&row, &order, envelope.digest()));
            Ok(())
        })?;
        for_each(store, ANSWERS, |key, value| book.load_answer(key, value))?;
        for_each(store, REFUSED_ANSWERS, |_key, value| {
            let row: AnswerRow = decode(value)?;
            book.next_place = book.next_place.max(row.queue_place + 1);
            Ok(())
        })?;
        for_each(store, REFUSED_ORDERS, |key, value| {
            let row: RefusedRow = decode(value)?;
            let mark = wire::array("key", key.get(REFUSED_ORDERS.len()..).unwrap_or_default())?;
            book.refused.insert(mark, RefusedEntry::from(&row));
            Ok(())
        })?;
        Ok(book)
    }

    fn load_answer(&mut self, key: &[u8], value: &[u8]) -> Result<(), InboxError> {
        let row: AnswerRow = decode(value)?;
        let answer = row.read()?;
        self.next_place = self.next_place.max(row.queue_place + 1);
        // An answer without its order was left by a prune that a newer program did otherwise.
        let Some(entry) = self.orders.get_mut(&answer.order) else {
            tracing::warn!(key = hex::encode(key), "an answer without its order is passed over");
            return Ok(());
        };
        entry.answers = entry.answers.max(answer.number);
        if let Ok(state) = entry.state.after(answer.fact) {
            entry.state = state;
        }
        if !row.recorded {
            self.pending.insert(row.queue_place, (answer.order, answer.number));
        }
        Ok(())
    }

    /// Takes in an order that is durable.
    pub(super) fn add(&mut self, id: OrderId, entry: Entry) {
        if let Some(reference) = &entry.reference {
            self.changed_by.entry(reference.order).or_default().push(id);
        }
        self.orders.insert(id, entry);
    }

    /// Forgets an order that is no longer in the store.
    pub(super) fn remove(&mut self, id: OrderId) {
        let Some(entry) = self.orders.remove(&id) else { return };
        if let Some(reference) = entry.reference
            && let Some(changers) = self.changed_by.get_mut(&reference.order)
        {
            changers.retain(|changer| *changer != id);
            if changers.is_empty() {
                self.changed_by.remove(&reference.order);
            }
        }
    }

    /// The order that takes the place of this one: a cancel before any update.
    pub(super) fn changer(&self, id: OrderId) -> Option<(OrderId, ReferenceKind)> {
        let own = self.orders.get(&id)?;
        let changers = self.changed_by.get(&id)?.iter().filter_map(|changer| {
            let entry = self.orders.get(changer)?;
            let reference = entry.reference.as_ref()?;
            // A drill cannot cancel the real thing, and other bytes are another order.
            let fits = reference.digest == own.digest && entry.handling == own.handling;
            fits.then_some((*changer, reference.kind))
        });
        changers.max_by_key(|(_id, kind)| *kind)
    }

    /// The time that nothing can be before.
    pub(super) const fn signed_at(&self) -> Instant {
        Instant::from_millis(self.meta.signed_ms)
    }
}

impl AnswerRow {
    /// What it says: our own words.
    pub(super) fn read(&self) -> Result<crate::domain::order::delivery::Answer, InboxError> {
        let envelope = wire::envelope::required("envelope", self.envelope.as_ref())?;
        Ok(wire::answer::read(&envelope)?)
    }
}

impl From<&RefusedRow> for RefusedEntry {
    fn from(row: &RefusedRow) -> Self {
        Self {
            sequence: row.sequence,
            received_at: Instant::from_millis(row.received_ms),
            reason: row.reason.clone(),
            text: row.text.clone(),
        }
    }
}

/// A value of ours.
pub(super) fn decode<M: Message + Default>(value: &[u8]) -> Result<M, InboxError> {
    M::decode(value).map_err(|fault| InboxError::Damaged(wire::WireError::new("value", fault)))
}

/// The trust bundle kept, if there is one.
pub(super) fn bundle(store: &dyn Store) -> Result<Option<TrustBundle>, InboxError> {
    let Some(value) = store.get(BUNDLE)? else { return Ok(None) };
    let envelope = Envelope::try_from(&decode::<wire::pb::Envelope>(&value)?)?;
    Ok(Some(wire::trust::read(&envelope)?))
}

/// The rows of an order's answers, by number.
pub(super) fn answer_rows(store: &dyn Store, order: OrderId) -> Result<Vec<AnswerRow>, InboxError> {
    let mut rows = Vec::new();
    for_each(store, &answers_of(order), |_key, value| {
        rows.push(decode(value)?);
        Ok(())
    })?;
    Ok(rows)
}

/// Walks all pairs under a prefix, page by page.
pub(super) fn for_each(
    store: &dyn Store,
    prefix: &[u8],
    mut visit: impl FnMut(&[u8], &[u8]) -> Result<(), InboxError>,
) -> Result<(), InboxError> {
    let mut after = Vec::new();
    loop {
        let page: Vec<Pair> = store.scan(prefix, &after, PAGE)?;
        for (key, value) in &page {
            visit(key, value)?;
        }
        match page.into_iter().next_back() {
            Some((last, _value)) => after = last,
            None => return Ok(()),
        }
    }
}
