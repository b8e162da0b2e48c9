//! Taking receipts and answers. Late ones are kept with their true time; a repeat is harmless.

use crate::domain::order::delivery::{
    ANSWERED_BY_CHARS_MAX, ANSWERS_MAX, Answer, DeclineReason, Delivery, Fact, NOTE_CHARS_MAX,
};
use crate::domain::world::AnswerRefusal;
use crate::domain::world::{Actor, Event, Refusal, World};
use crate::evidence::envelope::Envelope;

pub(super) enum Taken {
    New(Box<Event>),
    Before(u64),
}

impl World {
    pub(super) fn take_answer(
        &self,
        actor: &Actor,
        answer: &Answer,
        envelope: &Envelope,
        clock_offset_ms: i64,
    ) -> Result<Taken, Refusal> {
        let order = answer.order;
        // An officer may bring in what a terminal signed; a terminal speaks for itself only.
        if matches!(actor, Actor::Endpoint(no) if *no != answer.endpoint) {
            return Err(AnswerRefusal::Forged { endpoint: answer.endpoint }.into());
        }
        let file = self.orders.get(&order).ok_or(Refusal::OrderUnknown { order })?;
        if file.issue.is_none() {
            return Err(AnswerRefusal::NotIssued { order }.into());
        }
        if !file.order.audience.contains(answer.endpoint) {
            let endpoint = answer.endpoint;
            return Err(AnswerRefusal::NotAddressed { order, endpoint }.into());
        }
        if file.digest != answer.order_digest {
            return Err(AnswerRefusal::OtherBytes { order }.into());
        }
        let nothing = Delivery::default();
        let delivery = file.deliveries.get(&answer.endpoint).unwrap_or(&nothing);
        if let Some(before) = repeat_of(delivery, answer, envelope)? {
            return Ok(Taken::Before(before));
        }
        check_text(answer)?;
        let number = answer.number;
        let expected = u32::try_from(delivery.answers.len()).unwrap_or(u32::MAX).saturating_add(1);
        if number != expected {
            return Err(AnswerRefusal::OutOfTurn { order, number, expected }.into());
        }
        if number > ANSWERS_MAX {
            return Err(AnswerRefusal::TooMany { order }.into());
        }
        delivery
            .state
            .after(answer.fact)
            .map_err(|reason| AnswerRefusal::OutOfPlace { order, reason })?;
        let (answer, envelope) = (answer.clone(), envelope.clone());
        Ok(Taken::New(Box::new(Event::AnswerTaken { answer, envelope, clock_offset_ms })))
    }
}

/// Where this very answer was recorded before, if it was.
fn repeat_of(
    delivery: &Delivery,
    answer: &Answer,
    envelope: &Envelope,
) -> Result<Option<u64>, Refusal> {
    let position = usize::try_from(answer.number).ok().and_then(|number| number.checked_sub(1));
    match position.and_then(|position| delivery.answers.get(position)) {
        None => Ok(None),
        Some((index, digest)) if *digest == digest_head(envelope) => Ok(Some(*index)),
        Some(_other_contents) => {
            let (order, number) = (answer.order, answer.number);
            Err(AnswerRefusal::NumberReused { order, number }.into())
        }
    }
}

/// The beginning of an answer's digest: enough to tell a repeat from another answer.
pub(super) fn digest_head(envelope: &Envelope) -> [u8; 8] {
    let digest = envelope.digest();
    let mut head = [0; 8];
    head.copy_from_slice(&digest[..8]);
    head
}

fn check_text(answer: &Answer) -> Result<(), Refusal> {
    let by = answer.answered_by.chars().count();
    let by_a_person = !matches!(answer.fact, Fact::Delivered | Fact::Opened);
    if by > ANSWERED_BY_CHARS_MAX || (by_a_person && answer.answered_by.trim().is_empty()) {
        return Err(AnswerRefusal::Text { field: "answered_by" }.into());
    }
    let note = answer.note.chars().count();
    let reason_in_note = matches!(answer.fact, Fact::Declined(DeclineReason::Other));
    if note > NOTE_CHARS_MAX || (reason_in_note && answer.note.trim().is_empty()) {
        return Err(AnswerRefusal::Text { field: "note" }.into());
    }
    Ok(())
}
