//! What entries are made of: record versions, numbers of a series, holders of certificates.
//!
//! Called by [`entry`](super) only.

use prost::bytes::Bytes;

use crate::domain::certificate::Serial;
use crate::domain::ids::OrderId;
use crate::domain::world::{
    Actor, CertificateHolder, Event, NumberTaken, RecordKind, RecordVersion,
};
use crate::evidence::envelope::Signature;
use crate::wire::unit::unknown;
use crate::wire::{WireError, array, order, parse, pb};

pub(super) const FORMAT: u32 = 1;
/// Of what a reader of the first layout would misread.
const FORMAT_OF_RENEWALS: u32 = 2;
/// Of what a reader of the second layout would misread.
const FORMAT_OF_RETIREMENTS: u32 = 3;
/// The newest that is read.
pub(super) const FORMAT_NEWEST: u32 = FORMAT_OF_RETIREMENTS;

pub(super) fn format_of(event: &Event) -> u32 {
    match event {
        Event::EndpointRetired { .. } => FORMAT_OF_RETIREMENTS,
        Event::UnitsReorganized(done) if !done.endpoints.is_empty() => FORMAT_OF_RETIREMENTS,
        Event::CertificateSeen { .. } | Event::CertificateIssued { shown: Some(_), .. } => {
            FORMAT_OF_RENEWALS
        }
        _any_other => FORMAT,
    }
}

pub(super) fn number_to_message(taken: &NumberTaken) -> pb::NumberTaken {
    let handling = pb::Handling::from(taken.handling).into();
    pb::NumberTaken { handling, series_year: taken.year, number: taken.number }
}

pub(super) fn number_from_message(message: &pb::NumberTaken) -> Result<NumberTaken, WireError> {
    let handling = order::handling(message.handling)?;
    Ok(NumberTaken { handling, year: message.series_year, number: message.number })
}

pub(super) fn order_id(id: &[u8]) -> Result<OrderId, WireError> {
    array("order_id", id).map(OrderId::from_bytes)
}

pub(super) fn signature(message: Option<&pb::Signature>) -> Result<Signature, WireError> {
    message.ok_or_else(|| WireError::missing("signature"))?.try_into()
}

pub(super) fn record_version(message: &pb::RecordVersion) -> Result<RecordVersion, WireError> {
    Ok(RecordVersion {
        id: array("record_id", &message.record_id)?,
        version: message.version,
        commitment: array("commitment", &message.commitment)?,
    })
}

impl From<RecordKind> for pb::RecordKind {
    fn from(kind: RecordKind) -> Self {
        match kind {
            RecordKind::Reservist => Self::Reservist,
            RecordKind::Equipment => Self::Equipment,
            RecordKind::MilitiaBase => Self::MilitiaBase,
            RecordKind::Enterprise => Self::Enterprise,
            RecordKind::Activity => Self::Activity,
            RecordKind::ReserveUnit => Self::ReserveUnit,
            RecordKind::Assignment => Self::Assignment,
        }
    }
}

pub(crate) fn record_kind(value: i32) -> Result<RecordKind, WireError> {
    match pb::RecordKind::try_from(value) {
        Ok(pb::RecordKind::Reservist) => Ok(RecordKind::Reservist),
        Ok(pb::RecordKind::Equipment) => Ok(RecordKind::Equipment),
        Ok(pb::RecordKind::MilitiaBase) => Ok(RecordKind::MilitiaBase),
        Ok(pb::RecordKind::Enterprise) => Ok(RecordKind::Enterprise),
        Ok(pb::RecordKind::Activity) => Ok(RecordKind::Activity),
        Ok(pb::RecordKind::ReserveUnit) => Ok(RecordKind::ReserveUnit),
        Ok(pb::RecordKind::Assignment) => Ok(RecordKind::Assignment),
        Ok(pb::RecordKind::Unspecified) | Err(_) => Err(unknown("kind", value)),
    }
}

pub(super) fn holder_text(holder: &CertificateHolder) -> String {
    match holder {
        CertificateHolder::Officer(id) => Actor::Officer(id.clone()).to_string(),
        CertificateHolder::Endpoint(no) => Actor::Endpoint(*no).to_string(),
    }
}

pub(super) fn holder_from_text(text: &str) -> Result<CertificateHolder, WireError> {
    match parse("holder", text)? {
        Actor::Officer(id) => Ok(CertificateHolder::Officer(id)),
        Actor::Endpoint(no) => Ok(CertificateHolder::Endpoint(no)),
        Actor::Server => {
            Err(WireError::new("holder", "is the server, which has no such certificate"))
        }
    }
}

pub(super) fn serial(serial: Option<Serial>) -> Bytes {
    serial.map_or_else(Bytes::new, |serial| bytes(&serial.0))
}

pub(super) fn serial_from(field: &'static str, sent: &[u8]) -> Result<Option<Serial>, WireError> {
    if sent.is_empty() { Ok(None) } else { Ok(Some(Serial(array(field, sent)?))) }
}

pub(super) fn bytes(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}
