//! What came as an order and is not believed: kept apart, bounded, and judged again when a newer
//! trust bundle is here.

use prost::Message;

use super::{advanced, short};
use crate::domain::instant::Instant;
use crate::evidence;
use crate::evidence::envelope::PAYLOAD_LEN_MAX;
use crate::evidence::trust::TrustBundle;
use crate::terminal::inbox::book::{Book, RefusedEntry, decode};
use crate::terminal::inbox::rows::{META, RefusedRow, refused_order_key};
use crate::terminal::inbox::{Inbox, InboxError, REFUSED_ORDERS_MAX, Received};
use crate::terminal::verify::Unverified;
use crate::wire::{self, pb};

impl Inbox {
    /// Writes down that something came and is not believed.
    pub(in crate::terminal::inbox) fn keep_refused(
        &self,
        book: &mut Book,
        delivery: &pb::OrderDelivery,
        fault: &Unverified,
    ) -> Result<Received, InboxError> {
        let mark = mark_of(delivery.envelope.as_ref());
        let meta = advanced(book.meta, delivery, claims_to_be_cancel(delivery));
        let repeat = book.refused.contains_key(&mark);
        if repeat && meta == book.meta {
            return Ok(Received::Repeat);
        }
        let row = refused_row(delivery, fault, self.clock.now());
        let oldest = book.refused.iter().min_by_key(|(_mark, entry)| entry.received_at);
        let full = !repeat && book.refused.len() >= REFUSED_ORDERS_MAX;
        let dropped = oldest.map(|(mark, _entry)| *mark).filter(|_mark| full);
        self.commit(|batch| {
            batch.put(refused_order_key(&mark), row.encode_to_vec());
            batch.put(META, meta.encode_to_vec());
            if let Some(dropped) = &dropped {
                batch.delete(refused_order_key(dropped));
            }
        })?;
        book.meta = meta;
        if let Some(dropped) = dropped {
            book.refused.remove(&dropped);
        }
        book.refused.insert(mark, RefusedEntry::from(&row));
        tracing::warn!(
            sequence = delivery.sequence,
            reason = fault.reason(),
            "an order is refused"
        );
        Ok(if repeat { Received::Repeat } else { Received::Refused(fault.reason()) })
    }

    /// Judges again what was not believed: this machine's clock may have been set right since.
    ///
    /// # Errors
    /// [`InboxError`], when the store fails.
    pub fn reconsider(&self, now: Instant) -> Result<(), InboxError> {
        let mut book = self.book.lock();
        if book.refused.is_empty() {
            return Ok(());
        }
        let bundle = self.bundle()?;
        let now = self.not_before_signed(&book, now);
        self.judge_again(&mut book, &bundle, now)?;
        drop(book);
        self.changed();
        Ok(())
    }

    pub(in crate::terminal::inbox) fn judge_again(
        &self,
        book: &mut Book,
        bundle: &TrustBundle,
        now: Instant,
    ) -> Result<(), InboxError> {
        let mut marks: Vec<_> =
            book.refused.iter().map(|(mark, entry)| (entry.sequence, *mark)).collect();
        marks.sort_unstable();
        for (_sequence, mark) in marks {
            let Some(value) = self.store.get(&refused_order_key(&mark))? else { continue };
            let row: RefusedRow = decode(&value)?;
            let envelope = wire::envelope::required("envelope", row.envelope.as_ref());
            let Some(good) =
                envelope.ok().and_then(|envelope| self.judge(book, bundle, &envelope, now).ok())
            else {
                continue;
            };
            let delivery = pb::OrderDelivery {
                sequence: row.sequence,
                envelope: row.envelope,
                traceparent: row.traceparent,
                answers_recorded: row.answers_recorded,
                state: row.state,
            };
            self.keep(book, &delivery, &good)?;
            self.commit(|batch| batch.delete(refused_order_key(&mark)))?;
            book.refused.remove(&mark);
        }
        Ok(())
    }
}

fn claims_to_be_cancel(delivery: &pb::OrderDelivery) -> bool {
    let envelope = delivery.envelope.as_ref();
    envelope.is_some_and(|envelope| envelope.payload_type.contains(".cancel."))
}

fn mark_of(envelope: Option<&pb::Envelope>) -> [u8; 16] {
    let bytes = envelope.map(Message::encode_to_vec).unwrap_or_default();
    *evidence::sha256(&[&bytes]).first_chunk().expect("SHA-256 has 32 bytes")
}

fn refused_row(delivery: &pb::OrderDelivery, fault: &Unverified, now: Instant) -> RefusedRow {
    let fits = |envelope: &&pb::Envelope| envelope.encoded_len() <= PAYLOAD_LEN_MAX + 2_048;
    RefusedRow {
        envelope: delivery.envelope.as_ref().filter(fits).cloned(),
        sequence: delivery.sequence,
        received_ms: now.millis(),
        reason: fault.reason().to_owned(),
        text: short(&fault.to_string()),
        traceparent: short(&delivery.traceparent),
        answers_recorded: delivery.answers_recorded,
        state: short(&delivery.state),
    }
}
