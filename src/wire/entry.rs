//! Ledger entries: the leaves. Encoded once, when they are recorded; the bytes are stored, hashed
//! and handed out as they are.

mod parts;
mod records;

use std::sync::Arc;

use prost::Message;
use prost::bytes::Bytes;

pub(crate) use self::parts::record_kind;
use self::parts::{
    FORMAT, FORMAT_NEWEST, bytes, format_of, holder_from_text, holder_text, number_from_message,
    number_to_message, order_id, serial, serial_from, signature,
};
use crate::domain::endpoint::Terminal;
use crate::domain::ids::EndpointNo;
use crate::domain::world::{Actor, Entry, Event, Trust};
use crate::evidence::envelope::Envelope;
use crate::wire::pb::ledger_entry::Event as Wire;
use crate::wire::{
    WireError, answer, array, envelope, instant, order, parse, pb, timestamp, trust, unit,
};

/// The leaf bytes of an entry: made once, when it is recorded.
pub fn encode(entry: &Entry) -> Vec<u8> {
    let (request_id, request_digest) = match &entry.request {
        Some((id, digest)) => (id.to_string(), Bytes::copy_from_slice(digest)),
        None => (String::new(), Bytes::new()),
    };
    let message = pb::LedgerEntry {
        format: format_of(&entry.event),
        recorded_time: Some(timestamp(entry.at)),
        actor: entry.actor.to_string(),
        request_id,
        request_digest,
        event: Some(event_to_message(&entry.event)),
    };
    message.encode_to_vec()
}

/// What a leaf says.
///
/// # Errors
/// When the bytes are not a leaf that this version knows.
pub fn decode(leaf: &[u8]) -> Result<Entry, WireError> {
    let message = pb::LedgerEntry::decode(leaf).map_err(|fault| WireError::new("entry", fault))?;
    let format = message.format;
    if !(FORMAT..=FORMAT_NEWEST).contains(&format) {
        let known = format!("is {format}, expected {FORMAT} to {FORMAT_NEWEST}");
        return Err(WireError::new("format", known));
    }
    let event = event_from_message(message.event.ok_or_else(|| WireError::missing("event"))?)?;
    if format != format_of(&event) {
        return Err(WireError::new("format", format!("is {format}, which this event has not")));
    }
    let request = if message.request_id.is_empty() {
        None
    } else {
        let digest = array("request_digest", &message.request_digest)?;
        Some((parse("request_id", &message.request_id)?, digest))
    };
    Ok(Entry {
        at: instant("recorded_time", message.recorded_time.as_ref())?,
        actor: parse::<Actor>("actor", &message.actor)?,
        request,
        event,
    })
}

fn event_to_message(event: &Event) -> Wire {
    if let Some(message) = records::to_message(event) {
        return message;
    }
    match event {
        Event::ProvinceFounded { province, origin } => Wire::ProvinceFounded(pb::ProvinceFounded {
            province_code: province.to_string(),
            origin: origin.clone(),
        }),
        Event::TrustPublished(trust) => Wire::TrustBundlePublished(pb::TrustBundlePublished {
            envelope: Some((&trust.envelope).into()),
        }),
        Event::UnitsPut(units) => {
            Wire::UnitsPut(pb::UnitsPut { units: units.iter().map(Into::into).collect() })
        }
        Event::SpecialtiesPut { specialties, continues } => {
            Wire::SpecialtiesPut(pb::SpecialtiesPut {
                specialties: specialties.iter().map(Into::into).collect(),
                continues: *continues,
            })
        }
        Event::EquipmentTypesPut { types, continues } => {
            Wire::EquipmentTypesPut(pb::EquipmentTypesPut {
                equipment_types: types.iter().map(Into::into).collect(),
                continues: *continues,
            })
        }
        Event::UnitsReorganized(done) => Wire::UnitsReorganized(done.as_ref().into()),
        Event::EndpointAdded { no, address } => Wire::EndpointAdded(pb::EndpointAdded {
            number: no.number(),
            unit_code: address.unit.to_string(),
            line: pb::Line::from(address.line).into(),
        }),
        Event::EndpointRetired { no, document } => Wire::EndpointRetired(pb::EndpointRetired {
            number: no.number(),
            document: document.clone(),
        }),
        Event::CodeCreated { endpoint, secret_digest, expires_at } => {
            Wire::EnrolmentCodeCreated(pb::EnrolmentCodeCreated {
                endpoint_number: endpoint.number(),
                secret_digest: bytes(secret_digest),
                expires_time: Some(timestamp(*expires_at)),
            })
        }
        Event::TerminalEnrolled { endpoint, secret_digest, terminal } => {
            Wire::TerminalEnrolled(pb::TerminalEnrolled {
                endpoint_number: endpoint.number(),
                secret_digest: bytes(secret_digest),
                answer_key: bytes(terminal.answer_key.as_bytes()),
                certificate_digest: bytes(&terminal.certificate_digest),
                not_after_time: Some(timestamp(terminal.certificate_not_after)),
                serial: serial(terminal.certificate_serial),
            })
        }
        Event::CertificateIssued { holder, digest, not_after, shown, serial: own } => {
            Wire::CertificateIssued(pb::CertificateIssued {
                holder: holder_text(holder),
                certificate_digest: bytes(digest),
                not_after_time: Some(timestamp(*not_after)),
                shown_digest: shown.as_ref().map_or_else(Bytes::new, |shown| bytes(shown)),
                serial: serial(*own),
            })
        }
        Event::CertificateSeen { endpoint, digest } => Wire::CertificateSeen(pb::CertificateSeen {
            endpoint_number: endpoint.number(),
            certificate_digest: bytes(digest),
        }),
        _order_or_record => order_event_to_message(event),
    }
}

fn order_event_to_message(event: &Event) -> Wire {
    match event {
        Event::OrderDrafted { envelope, traceparent, .. } => Wire::OrderDrafted(pb::OrderDrafted {
            payload_type: envelope.payload_type().as_str().to_owned(),
            payload: bytes(envelope.payload()),
            traceparent: traceparent.clone(),
        }),
        Event::SignatureAdded { order, signature } => Wire::SignatureAdded(pb::SignatureAdded {
            order_id: bytes(order.as_bytes()),
            signature: Some(signature.into()),
        }),
        Event::OrderIssued { order, sequence, traceparent } => Wire::OrderIssued(pb::OrderIssued {
            order_id: bytes(order.as_bytes()),
            sequence: *sequence,
            traceparent: traceparent.clone(),
        }),
        Event::AnswerTaken { envelope, clock_offset_ms, .. } => {
            Wire::AnswerTaken(pb::AnswerTaken {
                envelope: Some(envelope.into()),
                clock_offset_ms: *clock_offset_ms,
            })
        }
        Event::EpochBegun { epoch, numbers_taken } => Wire::EpochBegun(pb::EpochBegun {
            epoch: *epoch,
            numbers_taken: numbers_taken.iter().map(number_to_message).collect(),
        }),
        Event::ProvinceFounded { .. }
        | Event::TrustPublished(_)
        | Event::UnitsPut(_)
        | Event::SpecialtiesPut { .. }
        | Event::EquipmentTypesPut { .. }
        | Event::UnitsReorganized(_)
        | Event::EndpointAdded { .. }
        | Event::EndpointRetired { .. }
        | Event::CodeCreated { .. }
        | Event::TerminalEnrolled { .. }
        | Event::CertificateIssued { .. }
        | Event::CertificateSeen { .. }
        | Event::RecordsPut { .. }
        | Event::RecordsRead { .. }
        | Event::RecordsResealed { .. }
        | Event::RecordErased { .. }
        | Event::KeysBegun { .. }
        | Event::CallRefused { .. } => event_to_message(event),
    }
}

fn event_from_message(message: Wire) -> Result<Event, WireError> {
    let message = match records::from_message(message)? {
        Ok(event) => return Ok(event),
        Err(other) => other,
    };
    Ok(match message {
        Wire::ProvinceFounded(founded) => Event::ProvinceFounded {
            province: parse("province_code", &founded.province_code)?,
            origin: founded.origin,
        },
        Wire::TrustBundlePublished(published) => {
            let envelope = envelope::required("envelope", published.envelope.as_ref())?;
            let bundle = trust::read(&envelope)?;
            Event::TrustPublished(Arc::new(Trust { bundle, envelope }))
        }
        Wire::UnitsPut(put) => {
            Event::UnitsPut(put.units.iter().map(TryInto::try_into).collect::<Result<_, _>>()?)
        }
        Wire::SpecialtiesPut(put) => Event::SpecialtiesPut {
            specialties: put.specialties.iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            continues: put.continues,
        },
        Wire::EquipmentTypesPut(put) => Event::EquipmentTypesPut {
            types: put.equipment_types.iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            continues: put.continues,
        },
        Wire::UnitsReorganized(done) => Event::UnitsReorganized(Box::new((&done).try_into()?)),
        Wire::EndpointAdded(added) => Event::EndpointAdded {
            no: EndpointNo::new(added.number),
            address: unit::address(&added.unit_code, added.line)?,
        },
        Wire::EndpointRetired(gone) => {
            Event::EndpointRetired { no: EndpointNo::new(gone.number), document: gone.document }
        }
        Wire::EnrolmentCodeCreated(created) => Event::CodeCreated {
            endpoint: EndpointNo::new(created.endpoint_number),
            secret_digest: array("secret_digest", &created.secret_digest)?,
            expires_at: instant("expires_time", created.expires_time.as_ref())?,
        },
        Wire::TerminalEnrolled(enrolled) => Event::TerminalEnrolled {
            endpoint: EndpointNo::new(enrolled.endpoint_number),
            secret_digest: array("secret_digest", &enrolled.secret_digest)?,
            terminal: Terminal {
                answer_key: trust::key("answer_key", &enrolled.answer_key)?,
                certificate_digest: array("certificate_digest", &enrolled.certificate_digest)?,
                certificate_not_after: instant("not_after_time", enrolled.not_after_time.as_ref())?,
                certificate_serial: serial_from("serial", &enrolled.serial)?,
            },
        },
        Wire::CertificateIssued(issued) => Event::CertificateIssued {
            holder: holder_from_text(&issued.holder)?,
            digest: array("certificate_digest", &issued.certificate_digest)?,
            not_after: instant("not_after_time", issued.not_after_time.as_ref())?,
            shown: match &issued.shown_digest[..] {
                [] => None,
                shown => Some(array("shown_digest", shown)?),
            },
            serial: serial_from("serial", &issued.serial)?,
        },
        Wire::CertificateSeen(seen) => Event::CertificateSeen {
            endpoint: EndpointNo::new(seen.endpoint_number),
            digest: array("certificate_digest", &seen.certificate_digest)?,
        },
        order_or_record => order_event_from_message(order_or_record)?,
    })
}

fn order_event_from_message(message: Wire) -> Result<Event, WireError> {
    Ok(match message {
        Wire::OrderDrafted(drafted) => {
            let payload_type = envelope::payload_type(&drafted.payload_type)?;
            let envelope = Envelope::new(payload_type, &drafted.payload[..])
                .map_err(|fault| WireError::new("payload", fault))?;
            let (order, traceparent) = (Arc::new(order::read(&envelope)?), drafted.traceparent);
            Event::OrderDrafted { order, envelope, traceparent }
        }
        Wire::SignatureAdded(added) => Event::SignatureAdded {
            order: order_id(&added.order_id)?,
            signature: signature(added.signature.as_ref())?,
        },
        Wire::OrderIssued(issued) => Event::OrderIssued {
            order: order_id(&issued.order_id)?,
            sequence: issued.sequence,
            traceparent: issued.traceparent,
        },
        Wire::AnswerTaken(taken) => {
            let envelope = envelope::required("envelope", taken.envelope.as_ref())?;
            let answer = answer::read(&envelope)?;
            Event::AnswerTaken { answer, envelope, clock_offset_ms: taken.clock_offset_ms }
        }
        Wire::EpochBegun(begun) => Event::EpochBegun {
            epoch: begun.epoch,
            numbers_taken: begun
                .numbers_taken
                .iter()
                .map(number_from_message)
                .collect::<Result<_, _>>()?,
        },
        Wire::ProvinceFounded(_)
        | Wire::TrustBundlePublished(_)
        | Wire::UnitsPut(_)
        | Wire::SpecialtiesPut(_)
        | Wire::EquipmentTypesPut(_)
        | Wire::UnitsReorganized(_)
        | Wire::EndpointAdded(_)
        | Wire::EndpointRetired(_)
        | Wire::EnrolmentCodeCreated(_)
        | Wire::TerminalEnrolled(_)
        | Wire::CertificateIssued(_)
        | Wire::CertificateSeen(_)
        | Wire::RecordsPut(_)
        | Wire::RecordsRead(_)
        | Wire::RecordsResealed(_)
        | Wire::RecordErased(_)
        | Wire::KeysBegun(_)
        | Wire::CallRefused(_) => return event_from_message(message),
    })
}
