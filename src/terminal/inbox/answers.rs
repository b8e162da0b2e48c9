//! Answers out: each is signed and durable before anybody learns of it.

use prost::Message;
use tracing::{Span, info_span};
use unicode_normalization::UnicodeNormalization as _;

use super::book::{Book, Entry, answer_rows, decode};
use super::rows::{AnswerRow, OrderRow, answer_key, order_key, refused_answer_key};
use super::{Inbox, InboxError, state_at};
use crate::domain::ids::OrderId;
use crate::domain::order::delivery::{
    ANSWERED_BY_CHARS_MAX, ANSWERS_MAX, Answer, DeclineReason, DeliveryState, Fact, NOTE_CHARS_MAX,
    Strength,
};
use crate::telemetry::propagation::{current_traceparent, set_parent};
use crate::wire::pb;

/// The reason of an answer that could not stand without a refused one before it.
const FOLLOWS_REFUSED: &str = "FOLLOWS_REFUSED";

/// An answer to send.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) place: u64,
    pub(crate) order: OrderId,
    pub(crate) number: u32,
    pub(crate) envelope: pb::Envelope,
    /// Where in the order's trace it was given; empty outside any trace.
    pub(crate) traceparent: String,
}

impl Inbox {
    /// A person saw the order. Nothing happens if one had before.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub fn open_order(&self, order: OrderId) -> Result<(), InboxError> {
        let state = self.book.lock().orders.get(&order).map(|entry| entry.state);
        match state {
            Some(state) if state >= DeliveryState::Opened => Ok(()),
            _not_seen_yet => self.answer(order, Fact::Opened, "", "").map(drop),
        }
    }

    /// `by` answers for the order.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub fn acknowledge(&self, order: OrderId, by: &str) -> Result<u32, InboxError> {
        self.answer(order, Fact::Acknowledged, by, "")
    }

    /// It will be carried out.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub fn accept(&self, order: OrderId, by: &str) -> Result<u32, InboxError> {
        self.answer(order, Fact::Accepted, by, "")
    }

    /// It cannot be carried out. [`DeclineReason::Other`] needs a note.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub fn decline(
        &self,
        order: OrderId,
        by: &str,
        reason: DeclineReason,
        note: &str,
    ) -> Result<u32, InboxError> {
        self.answer(order, Fact::Declined(reason), by, note)
    }

    /// Numbers so far.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub fn report_strength(
        &self,
        order: OrderId,
        by: &str,
        strength: Strength,
    ) -> Result<u32, InboxError> {
        self.answer(order, Fact::Strength(strength), by, "")
    }

    /// It is done.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub fn complete(&self, order: OrderId, by: &str, note: &str) -> Result<u32, InboxError> {
        self.answer(order, Fact::Completed, by, note)
    }

    /// Signs and stores an answer; the link sends it from there. Returns its number.
    ///
    /// # Errors
    /// [`InboxError::UnknownOrder`], [`InboxError::OutOfPlace`] (the ladder has no such step),
    /// [`InboxError::NotInForce`] (a cancelled or replaced order is accepted),
    /// [`InboxError::Text`], [`InboxError::TooManyAnswers`], and those of the store.
    pub fn answer(
        &self,
        order: OrderId,
        fact: Fact,
        by: &str,
        note: &str,
    ) -> Result<u32, InboxError> {
        let _span = self.answering(order, fact)?.entered();
        let (by, note) = texts(fact, by, note)?;
        let mut book = self.book.lock();
        let entry = book.orders.get(&order).ok_or(InboxError::UnknownOrder { order })?;
        let state = entry.state.after(fact)?;
        if fact == Fact::Accepted && book.changer(order).is_some() {
            return Err(InboxError::NotInForce { order });
        }
        let number = entry.answers + 1;
        if number > ANSWERS_MAX {
            return Err(InboxError::TooManyAnswers { order });
        }
        let answer = Answer {
            order,
            order_digest: entry.digest,
            endpoint: self.endpoint,
            number,
            fact,
            happened_at: self.clock.now(),
            answered_by: by,
            note,
        };
        let place = book.next_place;
        let row = self.row(&answer, place);
        self.commit(|batch| batch.put(answer_key(order, number), row.encode_to_vec()))?;
        book.next_place += 1;
        book.pending.insert(place, (order, number));
        if let Some(entry) = book.orders.get_mut(&order) {
            (entry.state, entry.answers) = (state, number);
        }
        drop(book);
        self.changed();
        Ok(number)
    }

    /// The first pending answer that is wanted, by its order and place in the queue.
    pub(crate) fn outgoing(
        &self,
        wanted: impl Fn(OrderId, u64) -> bool,
    ) -> Result<Option<Outgoing>, InboxError> {
        let book = self.book.lock();
        let found = book.pending.iter().find(|(place, (order, _number))| wanted(*order, **place));
        let Some((place, (order, number))) = found.map(|(place, pending)| (*place, *pending))
        else {
            return Ok(None);
        };
        let value = self.store.get(&answer_key(order, number))?;
        let row: AnswerRow = decode(&value.ok_or(InboxError::UnknownOrder { order })?)?;
        let traceparent = row.traceparent;
        let answer = |envelope| Outgoing { place, order, number, envelope, traceparent };
        Ok(row.envelope.map(answer))
    }

    /// The server has recorded an answer: it need not be sent again.
    ///
    /// # Errors
    /// Those of the store.
    pub fn recorded(
        &self,
        order: OrderId,
        number: u32,
        ledger_index: u64,
    ) -> Result<(), InboxError> {
        let mut book = self.book.lock();
        let Some(place) = place_of(&book, order, number) else { return Ok(()) };
        let key = answer_key(order, number);
        if let Some(value) = self.store.get(&key)? {
            let row = AnswerRow { recorded: true, ledger_index, ..decode(&value)? };
            self.commit(|batch| batch.put(key.clone(), row.encode_to_vec()))?;
        }
        book.pending.remove(&place);
        drop(book);
        self.changed();
        Ok(())
    }

    /// The server has refused an answer: it is kept with the reason and not sent again. Those after
    /// it are numbered and signed anew; what cannot stand without it is kept as refused too. Call it
    /// when nothing of the order is on its way any more.
    ///
    /// # Errors
    /// Those of the store.
    pub fn refused(
        &self,
        order: OrderId,
        number: u32,
        reason: &str,
        text: &str,
    ) -> Result<(), InboxError> {
        let mut book = self.book.lock();
        if place_of(&book, order, number).is_none() {
            return Ok(());
        }
        let rows = answer_rows(&*self.store, order)?;
        let entry = book.orders.get(&order).ok_or(InboxError::UnknownOrder { order })?;
        let last = entry.answers;
        let state = self.state_before(order)?;
        let (kept, out) = (Vec::new(), Vec::new());
        let mut plan = Plan { inbox: self, state, next: number, kept, out };
        for row in rows {
            let answer = row.read()?;
            if answer.number < number {
                plan.state = plan.state.after(answer.fact).unwrap_or(plan.state);
            } else if answer.number == number {
                plan.out.push(refused_row(row, reason, text));
            } else {
                plan.again(row, answer);
            }
        }
        let Plan { state, next, kept, out, .. } = plan;
        self.commit(|batch| {
            (number..=last).for_each(|number| batch.delete(answer_key(order, number)));
            for (number, row) in &kept {
                batch.put(answer_key(order, *number), row.encode_to_vec());
            }
            for row in &out {
                batch.put(refused_answer_key(order, row.queue_place), row.encode_to_vec());
            }
        })?;
        for row in &out {
            book.pending.remove(&row.queue_place);
        }
        for (number, row) in &kept {
            book.pending.insert(row.queue_place, (order, *number));
        }
        if let Some(Entry { state: own, answers, .. }) = book.orders.get_mut(&order) {
            (*own, *answers) = (state, next - 1);
        }
        drop(book);
        tracing::warn!(%order, number, reason, "the server refused an answer");
        self.changed();
        Ok(())
    }

    fn row(&self, answer: &Answer, queue_place: u64) -> AnswerRow {
        let envelope = Some((&self.signed(answer)).into());
        let traceparent = current_traceparent().unwrap_or_default();
        AnswerRow { envelope, queue_place, traceparent, ..AnswerRow::default() }
    }

    /// Where an order stood before our first answer.
    fn state_before(&self, order: OrderId) -> Result<DeliveryState, InboxError> {
        Ok(state_at(self.order_row(order)?.state_before))
    }

    fn order_row(&self, order: OrderId) -> Result<OrderRow, InboxError> {
        let value = self.store.get(&order_key(order))?;
        decode(&value.ok_or(InboxError::UnknownOrder { order })?)
    }

    /// The span of giving an answer, in the order's own trace.
    fn answering(&self, order: OrderId, fact: Fact) -> Result<Span, InboxError> {
        let fact = fact.as_str();
        let span = info_span!(parent: None, "terminal.answer", dispatch = true, %order, fact);
        // Read for those only who look.
        if !span.is_disabled() {
            set_parent(&span, &self.order_row(order)?.traceparent);
        }
        Ok(span)
    }
}

/// What becomes of the answers after a refused one.
struct Plan<'a> {
    inbox: &'a Inbox,
    state: DeliveryState,
    next: u32,
    kept: Vec<(u32, AnswerRow)>,
    out: Vec<AnswerRow>,
}

impl Plan<'_> {
    fn again(&mut self, row: AnswerRow, mut answer: Answer) {
        match self.state.after(answer.fact) {
            Ok(state) => {
                answer.number = self.next;
                let again = self.inbox.row(&answer, row.queue_place);
                let traceparent = row.traceparent;
                self.kept.push((self.next, AnswerRow { traceparent, ..again }));
                self.next += 1;
                self.state = state;
            }
            Err(out_of_place) => {
                self.out.push(refused_row(row, FOLLOWS_REFUSED, &out_of_place.to_string()));
            }
        }
    }
}

fn refused_row(row: AnswerRow, reason: &str, text: &str) -> AnswerRow {
    let cut = |text: &str| text.chars().take(500).collect();
    AnswerRow { refused_reason: cut(reason), refused_text: cut(text), ..row }
}

fn place_of(book: &Book, order: OrderId, number: u32) -> Option<u64> {
    let found = book.pending.iter().find(|(_place, pending)| **pending == (order, number));
    found.map(|(place, _pending)| *place)
}

/// The texts of an answer in one spelling and within their bounds.
fn texts(fact: Fact, by: &str, note: &str) -> Result<(String, String), InboxError> {
    let tidy = |text: &str| text.trim().nfc().collect::<String>();
    let (by, note) = (tidy(by), tidy(note));
    let by_a_person = !matches!(fact, Fact::Delivered | Fact::Opened);
    if by.chars().count() > ANSWERED_BY_CHARS_MAX || (by_a_person && by.is_empty()) {
        return Err(InboxError::Text { field: "name of who answers", max: ANSWERED_BY_CHARS_MAX });
    }
    let needs_note = fact == Fact::Declined(DeclineReason::Other);
    if note.chars().count() > NOTE_CHARS_MAX || (needs_note && note.is_empty()) {
        return Err(InboxError::Text { field: "note", max: NOTE_CHARS_MAX });
    }
    Ok((by, note))
}
