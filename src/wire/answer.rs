//! Receipts and answers: the payload that terminals sign.

use prost::Message;
use prost::bytes::Bytes;

use crate::domain::ids::{EndpointNo, OrderId};
use crate::domain::order::delivery::{Answer, DeclineReason, Fact, Strength};
use crate::evidence::envelope::{Envelope, PayloadType};
use crate::evidence::key::PublicKey;
use crate::wire::unit::unknown;
use crate::wire::{WireError, array, instant, pb, timestamp};

const FORMAT: u32 = 1;

/// The payload bytes of a receipt or answer: made once, by the terminal.
pub fn encode(answer: &Answer) -> Vec<u8> {
    let (fact, reason, strength) = match answer.fact {
        Fact::Delivered => (pb::Fact::Delivered, None, None),
        Fact::Opened => (pb::Fact::Opened, None, None),
        Fact::Acknowledged => (pb::Fact::Acknowledged, None, None),
        Fact::Accepted => (pb::Fact::Accepted, None, None),
        Fact::Declined(reason) => (pb::Fact::Declined, Some(reason), None),
        Fact::Strength(strength) => (pb::Fact::Strength, None, Some(strength)),
        Fact::Completed => (pb::Fact::Completed, None, None),
    };
    let message = pb::AnswerPayload {
        format: FORMAT,
        order_id: Bytes::copy_from_slice(answer.order.as_bytes()),
        order_digest: Bytes::copy_from_slice(&answer.order_digest),
        endpoint_number: answer.endpoint.number(),
        answer_number: answer.number,
        fact: fact.into(),
        happened_time: Some(timestamp(answer.happened_at)),
        answered_by: answer.answered_by.clone(),
        decline_reason: reason.map_or(0, |reason| pb::DeclineReason::from(reason).into()),
        note: answer.note.clone(),
        strength: strength.as_ref().map(Into::into),
    };
    message.encode_to_vec()
}

/// The payload type of a fact: the device's receipt is another thing than a person's answer.
pub const fn payload_type(fact: Fact) -> PayloadType {
    match fact {
        Fact::Delivered => PayloadType::Receipt,
        _said_by_a_person => PayloadType::Answer,
    }
}

/// What a receipt or answer says, after its signature was found to be by `key`.
///
/// # Errors
/// When the signature does not hold, or the bytes are not an answer.
pub fn verify(envelope: &Envelope, key: &PublicKey) -> Result<Answer, WireError> {
    envelope.verify_with(key).map_err(|fault| WireError::new("signatures", fault))?;
    read(envelope)
}

/// What a recorded receipt or answer says: its signature was verified before it was recorded.
///
/// # Errors
/// When the bytes are not an answer.
pub fn read(envelope: &Envelope) -> Result<Answer, WireError> {
    let message = pb::AnswerPayload::decode(&envelope.payload()[..])
        .map_err(|fault| WireError::new("payload", fault))?;
    if message.format != FORMAT {
        return Err(WireError::new("format", format!("is {}, expected {FORMAT}", message.format)));
    }
    let fact = fact(&message)?;
    if envelope.payload_type() != payload_type(fact) {
        return Err(WireError::new("fact", "does not fit the payload type"));
    }
    Ok(Answer {
        order: OrderId::from_bytes(array("order_id", &message.order_id)?),
        order_digest: array("order_digest", &message.order_digest)?,
        endpoint: EndpointNo::new(message.endpoint_number),
        number: message.answer_number,
        fact,
        happened_at: instant("happened_time", message.happened_time.as_ref())?,
        answered_by: message.answered_by,
        note: message.note,
    })
}

fn fact(message: &pb::AnswerPayload) -> Result<Fact, WireError> {
    let fact = match pb::Fact::try_from(message.fact) {
        Ok(pb::Fact::Delivered) => Fact::Delivered,
        Ok(pb::Fact::Opened) => Fact::Opened,
        Ok(pb::Fact::Acknowledged) => Fact::Acknowledged,
        Ok(pb::Fact::Accepted) => Fact::Accepted,
        Ok(pb::Fact::Declined) => Fact::Declined(decline_reason(message.decline_reason)?),
        Ok(pb::Fact::Strength) => {
            let strength = message.strength.as_ref();
            Fact::Strength(strength.ok_or_else(|| WireError::missing("strength"))?.into())
        }
        Ok(pb::Fact::Completed) => Fact::Completed,
        Ok(pb::Fact::Unspecified) | Err(_) => return Err(unknown("fact", message.fact)),
    };
    if message.decline_reason != 0 && !matches!(fact, Fact::Declined(_)) {
        return Err(WireError::new("decline_reason", "goes with a declined order only"));
    }
    if message.strength.is_some() && !matches!(fact, Fact::Strength(_)) {
        return Err(WireError::new("strength", "goes with a report of strength only"));
    }
    Ok(fact)
}

impl From<DeclineReason> for pb::DeclineReason {
    fn from(reason: DeclineReason) -> Self {
        match reason {
            DeclineReason::PersonnelShort => Self::PersonnelShort,
            DeclineReason::EquipmentShort => Self::EquipmentShort,
            DeclineReason::RoadCut => Self::RoadCut,
            DeclineReason::OtherOrder => Self::OtherOrder,
            DeclineReason::NotCompetent => Self::NotCompetent,
            DeclineReason::Other => Self::Other,
        }
    }
}

fn decline_reason(value: i32) -> Result<DeclineReason, WireError> {
    match pb::DeclineReason::try_from(value) {
        Ok(pb::DeclineReason::PersonnelShort) => Ok(DeclineReason::PersonnelShort),
        Ok(pb::DeclineReason::EquipmentShort) => Ok(DeclineReason::EquipmentShort),
        Ok(pb::DeclineReason::RoadCut) => Ok(DeclineReason::RoadCut),
        Ok(pb::DeclineReason::OtherOrder) => Ok(DeclineReason::OtherOrder),
        Ok(pb::DeclineReason::NotCompetent) => Ok(DeclineReason::NotCompetent),
        Ok(pb::DeclineReason::Other) => Ok(DeclineReason::Other),
        Ok(pb::DeclineReason::Unspecified) | Err(_) => Err(unknown("decline_reason", value)),
    }
}

impl From<&Strength> for pb::Strength {
    fn from(strength: &Strength) -> Self {
        Self {
            called: strength.called,
            reached: strength.reached,
            will_come: strength.will_come,
            arrived: strength.arrived,
            excused: strength.excused,
            unexcused: strength.unexcused,
            equipment_called: strength.equipment_called,
            equipment_arrived: strength.equipment_arrived,
        }
    }
}

impl From<&pb::Strength> for Strength {
    fn from(message: &pb::Strength) -> Self {
        Self {
            called: message.called,
            reached: message.reached,
            will_come: message.will_come,
            arrived: message.arrived,
            excused: message.excused,
            unexcused: message.unexcused,
            equipment_called: message.equipment_called,
            equipment_arrived: message.equipment_arrived,
        }
    }
}
