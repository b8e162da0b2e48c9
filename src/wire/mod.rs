//! The wire: what officers sign, what the ledger keeps and what travels are the same messages of
//! `proto/hoatoc/v1`, and this is the one place that turns them into domain types and back.
//!
//! Outward conversions cannot fail; inward ones give [`WireError`], which names the field. Signed
//! bytes are verified before they are parsed and never encoded again: [`answer`], [`order`] and
//! [`trust`] take envelopes, not messages. Knows nothing of storage, calls or connections.

pub mod answer;
pub mod code_list;
pub mod codec;
pub mod entry;
pub mod envelope;
pub mod order;
pub mod pb;
pub mod registry;
pub mod trust;
pub mod unit;

use crate::domain::instant::Instant;

/// A message that does not say what it must.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("field `{field}` {fault}")]
pub struct WireError {
    /// The field at fault, as the proto file names it.
    pub field: &'static str,
    /// What is wrong with it; never its value where that could be personal.
    pub fault: String,
}

impl WireError {
    /// A fault in a field.
    pub fn new(field: &'static str, fault: impl ToString) -> Self {
        Self { field, fault: fault.to_string() }
    }

    /// A field that must be there.
    pub fn missing(field: &'static str) -> Self {
        Self::new(field, "is missing")
    }
}

/// A field's bytes as an array.
///
/// # Errors
/// When the length differs.
pub fn array<const N: usize>(field: &'static str, bytes: &[u8]) -> Result<[u8; N], WireError> {
    bytes.try_into().map_err(|_length| {
        WireError::new(field, format!("has {} bytes, expected {N}", bytes.len()))
    })
}

/// A field's text as an identity or any other type that reads itself.
///
/// # Errors
/// What the type says.
pub fn parse<T: std::str::FromStr>(field: &'static str, text: &str) -> Result<T, WireError>
where
    T::Err: ToString,
{
    text.parse().map_err(|fault: T::Err| WireError::new(field, fault))
}

/// An instant as a protobuf timestamp.
pub fn timestamp(at: Instant) -> prost_types::Timestamp {
    let ms = at.millis();
    let nanos = i32::try_from(ms.rem_euclid(1_000)).unwrap_or(0) * 1_000_000;
    prost_types::Timestamp { seconds: ms.div_euclid(1_000), nanos }
}

/// A protobuf timestamp as an instant, cut to the millisecond.
///
/// # Errors
/// When it is missing or outside the range of [`Instant`].
pub fn instant(
    field: &'static str,
    time: Option<&prost_types::Timestamp>,
) -> Result<Instant, WireError> {
    optional_instant(field, time)?.ok_or_else(|| WireError::missing(field))
}

/// As [`instant`], for a field that may be missing.
///
/// # Errors
/// When it is outside the range of [`Instant`].
pub fn optional_instant(
    field: &'static str,
    time: Option<&prost_types::Timestamp>,
) -> Result<Option<Instant>, WireError> {
    let Some(time) = time else { return Ok(None) };
    let out_of_range = || WireError::new(field, "is out of range");
    let nanos = u32::try_from(time.nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
    let ms_in_second = i64::from(nanos.ok_or_else(out_of_range)? / 1_000_000);
    let ms = time.seconds.checked_mul(1_000).and_then(|ms| ms.checked_add(ms_in_second));
    ms.map(|ms| Some(Instant::from_millis(ms))).ok_or_else(out_of_range)
}

#[cfg(test)]
pub(crate) mod tests;
