//! As much of a stored record as tells what of it is late.

use crate::domain::registry::lateness::Freshness;
use crate::domain::registry::{Period, ReservistCategory, ReservistStatus};
use crate::wire::registry::byte;
use crate::wire::registry::plan::date;
use crate::wire::{WireError, pb};

/// The dates of a reservist's record.
///
/// # Errors
/// When a field is not what a checked record has.
pub fn freshness(record: &pb::Reservist) -> Result<Freshness, WireError> {
    let status = ReservistStatus::from_number(byte("status", record.status)?);
    let category = ReservistCategory::from_number(byte("category", record.category)?);
    let transfer = record.transfer.as_ref();
    Ok(Freshness {
        status: status.ok_or_else(|| WireError::missing("status"))?,
        is_officer: category == Some(ReservistCategory::Officer),
        residence_since: date("residence_since_date", record.residence_since_date.as_ref())?,
        registered_on: date("registered_date", record.registered_date.as_ref())?,
        status_period: Period {
            from: date("status_start_date", record.status_start_date.as_ref())?,
            to: date("status_end_date", record.status_end_date.as_ref())?,
        },
        is_certified: !record.status_certificate.is_empty(),
        last_recheck_on: date("last_recheck_date", record.last_recheck_date.as_ref())?,
        moving_since: match transfer {
            Some(transfer) => date("transfer.start_date", transfer.start_date.as_ref())?,
            None => None,
        },
    })
}
