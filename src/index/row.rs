//! One row: what is known of a record without opening it.

use crate::evidence::seal::Sealer;
use crate::wire::WireError;
use crate::wire::registry::{Facets, RegistryRecord};

/// A keyed digest of an exact number (citizen number, chassis, plate): finds, but does not tell.
pub type BlindKey = [u8; 10];

/// No number. A real key is this with a chance of 2^-80.
const NO_KEY: BlindKey = [0; 10];
/// The blind keys of a record, most telling first; the same place means the same kind of number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keys([BlindKey; 2]);

impl Keys {
    /// From one key for each place.
    pub fn new(keys: [Option<BlindKey>; 2]) -> Self {
        Self(keys.map(|key| key.unwrap_or(NO_KEY)))
    }

    /// Those that are there.
    pub fn iter(&self) -> impl Iterator<Item = &BlindKey> {
        self.0.iter().filter(|key| **key != NO_KEY)
    }

    /// Whether both are of one thing: the most telling number that both have is the same. A plate
    /// alone does not make two chassis one, for it can stay with the seller.
    pub fn are_of_one_thing(&self, other: &Self) -> bool {
        let both = |(one, other): &(&BlindKey, &BlindKey)| **one != NO_KEY && **other != NO_KEY;
        self.0.iter().zip(&other.0).find(both).is_some_and(|(one, other)| one == other)
    }
}

/// What is known of a record without opening it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its version, from 1.
    pub version: u64,
    /// Keyed digest of its content.
    pub digest: [u8; 16],
    /// What it is filtered and counted by.
    pub facets: Facets,
    /// Its exact numbers.
    pub keys: Keys,
}

impl Row {
    /// The row of a record and its encoded content.
    ///
    /// # Errors
    /// When a code of the record is none.
    pub fn of<R: RegistryRecord>(
        record: &R,
        version: u64,
        content: &[u8],
        sealer: &Sealer,
    ) -> Result<Self, WireError> {
        let keys = record.numbers();
        Ok(Self {
            version,
            digest: sealer.digest(content),
            facets: record.facets()?,
            keys: Keys::new(
                keys.map(|key| key.map(|(kind, text)| sealer.blind_index(kind, &text))),
            ),
        })
    }
}
