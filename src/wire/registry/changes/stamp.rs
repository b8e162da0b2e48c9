//! When a record was made and changed, and how it came in.
//!
//! Set by the registry's door, shown with the record. Invariants: none of it is part of what a record
//! says, so a list that is brought in again changes nothing; when a record was made is in its identity.

use jiff::civil::Date;
use prost_types::Timestamp;

use crate::domain::instant::Instant;
use crate::wire::registry::plan::date;
use crate::wire::{pb, timestamp};

/// When a version of a record was made, and how it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// When.
    pub updated: Instant,
    /// How.
    pub source: pb::RecordSource,
    /// The day as of which it tells what is known.
    pub known: Date,
}

/// When a record of this identity was made: identities of version 7 begin with their time.
pub(in crate::wire::registry) fn made(id: &str) -> Option<Timestamp> {
    let id: uuid::Uuid = id.parse().ok()?;
    let (secs, nanos) = id.get_timestamp()?.to_unix();
    let millis = secs.checked_mul(1_000)?.checked_add(u64::from(nanos) / 1_000_000)?;
    Some(timestamp(Instant::from_millis(i64::try_from(millis).ok()?)))
}

/// The day as of which a record tells what is known: of records from before that was kept, the day when
/// their newest version was made.
pub(in crate::wire::registry) fn known(
    day: Option<&pb::CivilDate>,
    updated: Option<&Timestamp>,
) -> Option<Date> {
    let made = || {
        let updated = updated?;
        let millis = updated.seconds.checked_mul(1_000)?;
        Some(Instant::from_millis(millis).date_in_vietnam())
    };
    day.and_then(|day| date("known_date", Some(day)).ok().flatten()).or_else(made)
}

/// The stamp of a message that has the fields for it.
macro_rules! stamped {
    ($updated:literal, $source:literal, $known:literal) => {
        const STAMP: &'static [u32] = &[$updated, $source, $known];

        fn stamp(&mut self, stamp: Option<crate::wire::registry::Stamp>) {
            self.updated_time = stamp.map(|stamp| crate::wire::timestamp(stamp.updated));
            self.source = stamp.map_or(0, |stamp| stamp.source.into());
            self.known_date = stamp.map(|stamp| crate::wire::registry::civil(stamp.known));
        }

        fn known_on(&self) -> Option<jiff::civil::Date> {
            crate::wire::registry::changes::stamp::known(
                self.known_date.as_ref(),
                self.updated_time.as_ref(),
            )
        }
    };
}

pub(in crate::wire::registry) use stamped;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_says_when_its_record_was_made_if_it_can() {
        let at = Instant::from_millis(1_780_272_000_123);
        let id = uuid::Builder::from_unix_timestamp_millis(1_780_272_000_123, &[7; 10]).into_uuid();
        assert_eq!(made(&id.to_string()), Some(timestamp(at)));
        assert_eq!(made("07070707-0707-0707-0707-070707070707"), None, "not of version 7");
        assert_eq!(made(""), None);
    }
}
