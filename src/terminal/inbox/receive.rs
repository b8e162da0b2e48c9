//! Orders and trust bundles in.

mod disbelief;
mod twins;

use prost::Message;

use super::book::{Book, Entry, answer_rows, bundle, decode};
use super::rows::{
    AnswerRow, BUNDLE, HEAD, META, MetaRow, OrderRow, answer_key, order_key, past_bundle_key,
    refused_answer_key,
};
use super::{Inbox, InboxError, STATES, number_of};
use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::order::delivery::{Answer, DeliveryState, Fact};
use crate::evidence::envelope::Envelope;
use crate::evidence::trust::{TrustBundle, accept_bundle};
use crate::telemetry::propagation::current_traceparent;
use crate::terminal::verify::{Unverified, VerifiedOrder, verify_order};
use crate::wire::{self, pb};

/// What became of an order that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// It is stored, and its receipt with it.
    New(OrderId),
    /// It was here already.
    Repeat,
    /// It is not believed: the stable reason.
    Refused(&'static str),
}

impl Inbox {
    /// Takes an order as it came. It and its receipt are durable when this returns. `now` is the best
    /// known time: the server's, while it is heard.
    ///
    /// # Errors
    /// [`InboxError::NoBundle`], and those of the store; an order that is not believed is no error.
    pub fn receive(
        &self,
        delivery: &pb::OrderDelivery,
        now: Instant,
    ) -> Result<Received, InboxError> {
        let mut book = self.book.lock();
        let bundle = bundle(&*self.store)?.ok_or(InboxError::NoBundle)?;
        let received = self.receive_under(&mut book, &bundle, delivery, now)?;
        if book.orders.len() > super::ORDERS_MAX {
            self.prune(&mut book, now)?;
        }
        drop(book);
        if received != Received::Repeat {
            // What it cancels or replaces may be over now; what cannot be destroyed yet is later.
            if let Err(fault) = self.destroy_old_sheets(now) {
                if fault.is_fatal() {
                    return Err(fault);
                }
                tracing::warn!(%fault, "call-up sheets that are over stay for now");
            }
            self.changed();
        }
        Ok(received)
    }

    /// Takes the trust bundle that enrolment gave, if none is here yet. That it ended meanwhile does
    /// not matter: it is what a newer one is judged by.
    ///
    /// # Errors
    /// [`InboxError::Bundle`] when its signatures do not hold.
    pub fn install_bundle(&self, envelope: &Envelope) -> Result<(), InboxError> {
        let mut book = self.book.lock();
        if book.bundle_version > 0 {
            return Ok(());
        }
        let new = wire::trust::read(envelope)?;
        accept_bundle(None, &new, envelope, new.issued_at)?;
        self.put_bundle(&mut book, &envelope.into(), &new)?;
        drop(book);
        self.changed();
        Ok(())
    }

    /// Takes a newer trust bundle, and judges again what was not believed under the old one.
    ///
    /// # Errors
    /// [`InboxError::Bundle`] when it is not to be trusted or not newer; the old one stays.
    /// [`InboxError::NoBundle`] when there is no old one that could vouch for it.
    pub fn take_bundle(&self, message: &pb::Envelope, now: Instant) -> Result<(), InboxError> {
        let envelope = Envelope::try_from(message)?;
        let new = wire::trust::read(&envelope)?;
        let mut book = self.book.lock();
        let old = bundle(&*self.store)?.ok_or(InboxError::NoBundle)?;
        let now = self.not_before_signed(&book, now);
        accept_bundle(Some(&old), &new, &envelope, now)?;
        self.put_bundle(&mut book, message, &new)?;
        self.judge_again(&mut book, &new, now)?;
        drop(book);
        self.changed();
        Ok(())
    }

    fn put_bundle(
        &self,
        book: &mut Book,
        message: &pb::Envelope,
        new: &TrustBundle,
    ) -> Result<(), InboxError> {
        let mut meta = book.meta;
        meta.epoch = meta.epoch.max(new.epoch);
        meta.signed_ms = meta.signed_ms.max(new.issued_at.millis());
        // The one before is kept for orders of its day; it is never the newest again.
        let before = self.store.get(BUNDLE)?.filter(|_bytes| book.bundle_version > 0);
        self.commit(|batch| {
            if let Some(before) = &before {
                batch.put(past_bundle_key(book.bundle_version), before.to_vec());
            }
            batch.put(BUNDLE, message.encode_to_vec());
            batch.put(META, meta.encode_to_vec());
        })?;
        book.meta = meta;
        book.bundle_version = new.version;
        Ok(())
    }

    fn receive_under(
        &self,
        book: &mut Book,
        bundle: &TrustBundle,
        delivery: &pb::OrderDelivery,
        now: Instant,
    ) -> Result<Received, InboxError> {
        let envelope = wire::envelope::required("envelope", delivery.envelope.as_ref());
        let judged = match envelope {
            Err(fault) => Err(Unverified::Envelope(fault)),
            Ok(envelope) => {
                let digest = envelope.digest();
                let known = book.orders.iter().find(|(_id, entry)| entry.digest == digest);
                if let Some(id) = known.map(|(id, _entry)| *id) {
                    return self.catch_up(book, id, delivery).map(|()| Received::Repeat);
                }
                tracing::info_span!("terminal.verify")
                    .in_scope(|| self.judge(book, bundle, &envelope, now))
            }
        };
        match judged {
            Ok(good) => self.keep(book, delivery, &good).map(|()| Received::New(good.order.id)),
            Err(fault) => self.keep_refused(book, delivery, &fault),
        }
    }

    pub(super) fn judge(
        &self,
        book: &Book,
        bundle: &TrustBundle,
        envelope: &Envelope,
        now: Instant,
    ) -> Result<VerifiedOrder, Unverified> {
        let now = self.not_before_signed(book, now);
        let good = verify_order(envelope, bundle, Some(self.endpoint), now)?;
        let order = &good.order;
        if order.epoch < book.meta.epoch {
            return Err(Unverified::OldEpoch { least: book.meta.epoch, found: order.epoch });
        }
        if book.orders.contains_key(&order.id) {
            return Err(Unverified::IdReused);
        }
        let changed = order.reference.as_ref().and_then(|reference| {
            book.orders.get(&reference.order).map(|entry| (reference, entry))
        });
        match changed {
            Some((reference, entry))
                if entry.digest != reference.digest || entry.handling != order.handling =>
            {
                Err(Unverified::ReferenceMismatch)
            }
            _fits_or_not_here_yet => Ok(good),
        }
    }

    /// Writes an order and its receipt, and beside them the alarm if it has a twin here.
    pub(super) fn keep(
        &self,
        book: &mut Book,
        delivery: &pb::OrderDelivery,
        good: &VerifiedOrder,
    ) -> Result<(), InboxError> {
        let order = &good.order;
        let (state_before, answers_before) = told(delivery);
        let row = OrderRow {
            envelope: delivery.envelope.clone(),
            sequence: delivery.sequence,
            received_ms: self.clock.now().millis(),
            traceparent: short(&delivery.traceparent),
            signed_by: good.signed_by.iter().map(ToString::to_string).collect(),
            answers_before,
            state_before: number_of(state_before),
        };
        let mut entry = Entry::new(&row, order, good.digest);
        let alarm = self.alarm_of_twins(book, order, &entry)?;
        let mut meta = advanced(book.meta, delivery, entry.is_cancel());
        meta.epoch = meta.epoch.max(order.epoch);
        meta.signed_ms = meta.signed_ms.max(order.drafted_at.millis());
        // A terminal that lost its disk finds its receipt recorded already, and gives no second.
        let receipt = entry.state.after(Fact::Delivered).ok().map(|state| {
            entry.state = state;
            entry.answers += 1;
            self.receipt(order.id, &entry, book.next_place)
        });
        self.commit(|batch| {
            batch.put(order_key(order.id), row.encode_to_vec());
            batch.put(META, meta.encode_to_vec());
            if let Some(alarm) = &alarm {
                batch.put(HEAD, alarm.encode_to_vec());
            }
            if let Some(receipt) = &receipt {
                batch.put(answer_key(order.id, entry.answers), receipt.encode_to_vec());
            }
        })?;
        book.meta = meta;
        if receipt.is_some() {
            book.pending.insert(book.next_place, (order.id, entry.answers));
            book.next_place += 1;
        }
        book.add(order.id, entry);
        Ok(())
    }

    fn receipt(&self, order: OrderId, entry: &Entry, queue_place: u64) -> AnswerRow {
        let receipt = Answer {
            order,
            order_digest: entry.digest,
            endpoint: self.endpoint,
            number: entry.answers,
            fact: Fact::Delivered,
            happened_at: self.clock.now(),
            answered_by: String::new(),
            note: String::new(),
        };
        let envelope = Some((&self.signed(&receipt)).into());
        let traceparent = current_traceparent().unwrap_or_default();
        AnswerRow { envelope, queue_place, traceparent, ..AnswerRow::default() }
    }

    /// A repeat: the cursor may rise, and a server that knows of more answers than a disk that was
    /// put back from a copy is believed.
    fn catch_up(
        &self,
        book: &mut Book,
        id: OrderId,
        delivery: &pb::OrderDelivery,
    ) -> Result<(), InboxError> {
        let Some(entry) = book.orders.get(&id) else { return Ok(()) };
        let meta = advanced(book.meta, delivery, entry.is_cancel());
        let (state, answers) = told(delivery);
        let behind = answers > entry.answers;
        if meta == book.meta && !behind {
            return Ok(());
        }
        if !behind {
            self.commit(|batch| batch.put(META, meta.encode_to_vec()))?;
            book.meta = meta;
            return Ok(());
        }
        let value =
            self.store.get(&order_key(id))?.ok_or(InboxError::UnknownOrder { order: id })?;
        let own: OrderRow = decode(&value)?;
        let row = OrderRow { answers_before: answers, state_before: number_of(state), ..own };
        let ours = answer_rows(&*self.store, id)?;
        let count = entry.answers;
        self.commit(|batch| {
            batch.put(META, meta.encode_to_vec());
            batch.put(order_key(id), row.encode_to_vec());
            (1..=count).for_each(|number| batch.delete(answer_key(id, number)));
            for lost in ours.iter().filter(|row| !row.recorded) {
                let refused_reason = "OVERTAKEN".to_owned();
                let refused_text = "the server has other answers under these numbers".to_owned();
                let row = AnswerRow { refused_reason, refused_text, ..lost.clone() };
                batch.put(refused_answer_key(id, row.queue_place), row.encode_to_vec());
            }
        })?;
        book.meta = meta;
        if let Some(entry) = book.orders.get_mut(&id) {
            (entry.state, entry.answers) = (state, answers);
        }
        book.pending.retain(|_place, (order, _number)| *order != id);
        self.changed();
        Ok(())
    }

    pub(super) fn signed(&self, answer: &Answer) -> Envelope {
        let kind = wire::answer::payload_type(answer.fact);
        let mut envelope = Envelope::new(kind, wire::answer::encode(answer))
            .expect("an answer's texts are bounded far below the payload's bound");
        envelope.sign(&self.key).expect("a fresh envelope has room for a signature");
        envelope
    }
}

/// The marks after a delivery. Only what comes oldest first moves the cursor: a cancel overtakes,
/// and a cursor past the orders it overtook would lose them.
pub(super) fn advanced(
    mut meta: MetaRow,
    delivery: &pb::OrderDelivery,
    overtakes: bool,
) -> MetaRow {
    if !overtakes {
        meta.cursor = meta.cursor.max(delivery.sequence);
    }
    meta
}

/// What the server says it has of us: the state and the number of answers.
fn told(delivery: &pb::OrderDelivery) -> (DeliveryState, u32) {
    let state = STATES.into_iter().find(|state| state.as_str() == delivery.state);
    match (state, delivery.answers_recorded) {
        (Some(state), answers) if answers > 0 => (state, answers),
        _nothing_or_nonsense => (DeliveryState::Queued, 0),
    }
}

/// A text from outside, cut to what is worth keeping.
pub(super) fn short(text: &str) -> String {
    text.chars().take(200).collect()
}
