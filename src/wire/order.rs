//! Orders: the payload that officers sign.
//!
//! [`encode`] is called once, by the author. Everybody else reads: [`read`] takes an envelope, so
//! that nobody parses bytes that did not come in one.

pub mod call_up;
pub mod printed;

use prost::Message;
use prost::bytes::Bytes;

use crate::domain::ids::OrderId;
use crate::domain::order::audience::{Audience, AudienceSelector};
use crate::domain::order::handling::Handling;
use crate::domain::order::{
    AssemblyStation, LegalGround, Order, OrderKind, Reference, ReferenceKind, Requirement,
    RequirementKind, Urgency,
};
use crate::domain::world::OrderFile;
use crate::evidence::envelope::Envelope;
use crate::wire::unit::{self, optional, unknown};
use crate::wire::{WireError, array, instant, optional_instant, parse, pb, timestamp};

const FORMAT: u32 = 1;

/// The payload bytes of an order: made once, by its author.
pub fn encode(order: &Order) -> Vec<u8> {
    to_message(order).encode_to_vec()
}

/// What an envelope's payload says. Whether its signatures hold is asked elsewhere, before anything
/// is done with it.
///
/// # Errors
/// When the bytes are not an order payload.
pub fn read(envelope: &Envelope) -> Result<Order, WireError> {
    let message = message(envelope)?;
    let order = from_message(&message)?;
    // The type is what the keys and the rules are chosen by: the contents may not say otherwise.
    if envelope.payload_type() != OrderFile::payload_type(&order) {
        return Err(WireError::new("payload_type", "does not fit the handling or reference"));
    }
    // One spelling only: bytes that say the same in another way are not what the author made.
    if encode(&order) != envelope.payload()[..] {
        return Err(WireError::new("payload", "has unknown fields or is not in its one form"));
    }
    Ok(order)
}

/// The payload as a message, for showing.
///
/// # Errors
/// When the bytes are not an order payload.
pub fn message(envelope: &Envelope) -> Result<pb::OrderPayload, WireError> {
    pb::OrderPayload::decode(&envelope.payload()[..])
        .map_err(|fault| WireError::new("payload", fault))
}

impl From<Handling> for pb::Handling {
    fn from(handling: Handling) -> Self {
        match handling {
            Handling::Actual => Self::Actual,
            Handling::Exercise => Self::Exercise,
            Handling::Test => Self::Test,
        }
    }
}

/// A handling field.
///
/// # Errors
/// When unspecified or unknown.
pub fn handling(value: i32) -> Result<Handling, WireError> {
    match pb::Handling::try_from(value) {
        Ok(pb::Handling::Actual) => Ok(Handling::Actual),
        Ok(pb::Handling::Exercise) => Ok(Handling::Exercise),
        Ok(pb::Handling::Test) => Ok(Handling::Test),
        Ok(pb::Handling::Unspecified) | Err(_) => Err(unknown("handling", value)),
    }
}

const KINDS: [(OrderKind, pb::OrderKind); 7] = [
    (OrderKind::PersonnelCallUp, pb::OrderKind::PersonnelCallUp),
    (OrderKind::Equipment, pb::OrderKind::Equipment),
    (OrderKind::Industrial, pb::OrderKind::Industrial),
    (OrderKind::DisasterResponse, pb::OrderKind::DisasterResponse),
    (OrderKind::ReadinessChange, pb::OrderKind::ReadinessChange),
    (OrderKind::StandDown, pb::OrderKind::StandDown),
    (OrderKind::Directive, pb::OrderKind::Directive),
];
const URGENCIES: [(Urgency, pb::Urgency); 4] = [
    (Urgency::Normal, pb::Urgency::Normal),
    (Urgency::Urgent, pb::Urgency::Urgent),
    (Urgency::VeryUrgent, pb::Urgency::VeryUrgent),
    (Urgency::Flash, pb::Urgency::Flash),
];
const GROUNDS: [(LegalGround, pb::LegalGround); 5] = [
    (LegalGround::Mobilization, pb::LegalGround::Mobilization),
    (LegalGround::MartialLaw, pb::LegalGround::MartialLaw),
    (LegalGround::SecurityThreat, pb::LegalGround::SecurityThreat),
    (LegalGround::Disaster, pb::LegalGround::Disaster),
    (LegalGround::Drill, pb::LegalGround::Drill),
];

fn inward<T: Copy, W: Copy + Into<i32>>(
    field: &'static str,
    table: &[(T, W)],
    value: i32,
) -> Result<T, WireError> {
    let row = table.iter().find(|(_own, wire)| (*wire).into() == value);
    row.map(|(own, _wire)| *own).ok_or_else(|| unknown(field, value))
}

fn outward<T: Copy + PartialEq, W: Copy + Into<i32>>(table: &[(T, W)], value: T) -> i32 {
    // Each table lists every variant; the round-trip test walks them all.
    table.iter().find(|(own, _wire)| *own == value).map_or(0, |(_own, wire)| (*wire).into())
}

/// A ground on the wire.
pub fn ground_to_message(ground: LegalGround) -> i32 {
    outward(&GROUNDS, ground)
}

/// A ground field.
///
/// # Errors
/// When unspecified or unknown.
pub fn ground(value: i32) -> Result<LegalGround, WireError> {
    inward("ground", &GROUNDS, value)
}

fn to_message(order: &Order) -> pb::OrderPayload {
    pb::OrderPayload {
        format: FORMAT,
        order_id: Bytes::copy_from_slice(order.id.as_bytes()),
        handling: pb::Handling::from(order.handling).into(),
        kind: outward(&KINDS, order.kind),
        urgency: outward(&URGENCIES, order.urgency),
        ground: outward(&GROUNDS, order.ground),
        province_code: order.province.to_string(),
        epoch: order.epoch,
        series_year: order.series_year,
        number: order.number,
        drafted_by: order.drafted_by.to_string(),
        drafted_time: Some(timestamp(order.drafted_at)),
        title: order.title.clone(),
        body: order.body.clone(),
        assembly_station: order.station.as_ref().map(|station| pb::AssemblyStation {
            name: station.name.clone(),
            unit_code: station.unit.as_ref().map(ToString::to_string).unwrap_or_default(),
        }),
        requirements: order.requirements.iter().map(requirement_to_message).collect(),
        answer_by_time: Some(timestamp(order.answer_by)),
        report_by_time: order.report_by.map(timestamp),
        not_after_time: Some(timestamp(order.not_after)),
        audience: Some(audience_to_message(&order.audience)),
        reference: order.reference.as_ref().map(|reference| pb::OrderReference {
            kind: match reference.kind {
                ReferenceKind::Update => pb::ReferenceKind::Update,
                ReferenceKind::Cancel => pb::ReferenceKind::Cancel,
            }
            .into(),
            order_id: Bytes::copy_from_slice(reference.order.as_bytes()),
            payload_digest: Bytes::copy_from_slice(&reference.digest),
        }),
        call_up: order.call_up.as_ref().map(call_up::to_message),
    }
}

fn from_message(message: &pb::OrderPayload) -> Result<Order, WireError> {
    if message.format != FORMAT {
        return Err(WireError::new("format", format!("is {}, expected {FORMAT}", message.format)));
    }
    let audience = message.audience.as_ref().ok_or_else(|| WireError::missing("audience"))?;
    Ok(Order {
        id: OrderId::from_bytes(array("order_id", &message.order_id)?),
        handling: handling(message.handling)?,
        kind: inward("kind", &KINDS, message.kind)?,
        urgency: inward("urgency", &URGENCIES, message.urgency)?,
        ground: inward("ground", &GROUNDS, message.ground)?,
        province: parse("province_code", &message.province_code)?,
        epoch: message.epoch,
        series_year: message.series_year,
        number: message.number,
        drafted_by: parse("drafted_by", &message.drafted_by)?,
        drafted_at: instant("drafted_time", message.drafted_time.as_ref())?,
        title: message.title.clone(),
        body: message.body.clone(),
        station: message.assembly_station.as_ref().map(station_from_message).transpose()?,
        requirements: message
            .requirements
            .iter()
            .map(requirement_from_message)
            .collect::<Result<_, _>>()?,
        answer_by: instant("answer_by_time", message.answer_by_time.as_ref())?,
        report_by: optional_instant("report_by_time", message.report_by_time.as_ref())?,
        not_after: instant("not_after_time", message.not_after_time.as_ref())?,
        audience: audience_from_message(audience)?,
        reference: message.reference.as_ref().map(reference_from_message).transpose()?,
        call_up: message.call_up.as_ref().map(call_up::from_message).transpose()?,
    })
}

/// An audience as a message.
pub fn audience_to_message(audience: &Audience) -> pb::Audience {
    pb::Audience {
        endpoint_count: u32::try_from(audience.count()).unwrap_or(u32::MAX),
        endpoint_runs: audience.runs(),
        endpoint_digest: Bytes::copy_from_slice(&audience.digest),
        selector: Some(selector_to_message(&audience.selector))
            .filter(|selector| *selector != pb::AudienceSelector::default()),
    }
}

/// An audience from a message.
///
/// # Errors
/// When it is empty or not in its one form.
pub fn audience_from_message(message: &pb::Audience) -> Result<Audience, WireError> {
    let digest = array("endpoint_digest", &message.endpoint_digest)?;
    let selector = message.selector.as_ref().map(selector_from_message).transpose()?;
    let (runs, count) = (&message.endpoint_runs, message.endpoint_count);
    Audience::from_runs(runs, count, digest, selector.unwrap_or_default())
        .map_err(|fault| WireError::new("audience", fault))
}

/// A selector as a message.
pub fn selector_to_message(selector: &AudienceSelector) -> pb::AudienceSelector {
    pb::AudienceSelector {
        unit_codes: selector.units.iter().map(ToString::to_string).collect(),
        echelons: selector.echelons.iter().map(|own| pb::Echelon::from(*own).into()).collect(),
        lines: selector.lines.iter().map(|own| pb::Line::from(*own).into()).collect(),
    }
}

/// A selector from a message.
///
/// # Errors
/// When a code, an echelon or a line is not valid.
pub fn selector_from_message(
    message: &pb::AudienceSelector,
) -> Result<AudienceSelector, WireError> {
    let units = message.unit_codes.iter().map(|code| parse("unit_codes", code));
    Ok(AudienceSelector {
        units: units.collect::<Result<_, _>>()?,
        echelons: message.echelons.iter().map(|e| unit::echelon(*e)).collect::<Result<_, _>>()?,
        lines: message.lines.iter().map(|l| unit::line(*l)).collect::<Result<_, _>>()?,
    })
}

fn station_from_message(message: &pb::AssemblyStation) -> Result<AssemblyStation, WireError> {
    let unit = optional("assembly_station.unit_code", &message.unit_code)?;
    Ok(AssemblyStation { name: message.name.clone(), unit })
}

fn requirement_to_message(line: &Requirement) -> pb::Requirement {
    let kind = match line.kind {
        RequirementKind::Personnel => pb::RequirementKind::Personnel,
        RequirementKind::Equipment => pb::RequirementKind::Equipment,
    };
    pb::Requirement { code: line.code.to_string(), kind: kind.into(), count: line.count }
}

fn requirement_from_message(message: &pb::Requirement) -> Result<Requirement, WireError> {
    let kind = match pb::RequirementKind::try_from(message.kind) {
        Ok(pb::RequirementKind::Personnel) => RequirementKind::Personnel,
        Ok(pb::RequirementKind::Equipment) => RequirementKind::Equipment,
        Ok(pb::RequirementKind::Unspecified) | Err(_) => {
            return Err(unknown("requirements.kind", message.kind));
        }
    };
    Ok(Requirement { code: parse("requirements.code", &message.code)?, kind, count: message.count })
}

fn reference_from_message(message: &pb::OrderReference) -> Result<Reference, WireError> {
    let kind = match pb::ReferenceKind::try_from(message.kind) {
        Ok(pb::ReferenceKind::Update) => ReferenceKind::Update,
        Ok(pb::ReferenceKind::Cancel) => ReferenceKind::Cancel,
        Ok(pb::ReferenceKind::Unspecified) | Err(_) => {
            return Err(unknown("reference.kind", message.kind));
        }
    };
    Ok(Reference {
        kind,
        order: OrderId::from_bytes(array("reference.order_id", &message.order_id)?),
        digest: array("reference.payload_digest", &message.payload_digest)?,
    })
}
