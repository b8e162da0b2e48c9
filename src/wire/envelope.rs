//! Envelopes and signatures.

use std::str::FromStr;

use prost::bytes::Bytes;

use crate::domain::ids::KeyId;
use crate::evidence::envelope::{Envelope, PayloadType, Signature};
use crate::wire::{WireError, array, parse, pb};

impl From<&Envelope> for pb::Envelope {
    fn from(envelope: &Envelope) -> Self {
        Self {
            payload_type: envelope.payload_type().as_str().to_owned(),
            payload: Bytes::from_owner(envelope.payload().clone()),
            signatures: envelope.signatures().iter().map(Into::into).collect(),
        }
    }
}

impl From<&Signature> for pb::Signature {
    fn from(signature: &Signature) -> Self {
        Self {
            key_id: Bytes::copy_from_slice(&signature.key_id.0),
            signature: Bytes::copy_from_slice(&signature.bytes),
        }
    }
}

impl TryFrom<&pb::Signature> for Signature {
    type Error = WireError;
    fn try_from(message: &pb::Signature) -> Result<Self, WireError> {
        let key_id = KeyId(array("key_id", &message.key_id)?);
        Self::new(key_id, &message.signature).map_err(|fault| WireError::new("signature", fault))
    }
}

impl TryFrom<&pb::Envelope> for Envelope {
    type Error = WireError;
    fn try_from(message: &pb::Envelope) -> Result<Self, WireError> {
        let payload_type: PayloadType = parse("payload_type", &message.payload_type)?;
        let signatures =
            message.signatures.iter().map(Signature::try_from).collect::<Result<_, _>>()?;
        Self::from_parts(payload_type, &message.payload[..], signatures)
            .map_err(|fault| WireError::new("envelope", fault))
    }
}

/// A message's envelope field.
///
/// # Errors
/// When it is missing or not an envelope.
pub fn required(
    field: &'static str,
    envelope: Option<&pb::Envelope>,
) -> Result<Envelope, WireError> {
    envelope.ok_or_else(|| WireError::missing(field))?.try_into()
}

/// A payload type field.
///
/// # Errors
/// When no type goes by that name.
pub fn payload_type(text: &str) -> Result<PayloadType, WireError> {
    PayloadType::from_str(text).map_err(|fault| WireError::new("payload_type", fault))
}
