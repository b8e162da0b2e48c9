//! One row: what is known of a record without opening it.

use std::fmt;

use crate::domain::ids::UnitCode;
use crate::domain::text::sort_key;
use crate::evidence::seal::Sealer;
use crate::wire::WireError;
use crate::wire::registry::{Facets, RegistryRecord, essence};

/// A keyed digest of an exact number (citizen number, chassis, plate): finds, but does not tell.
pub type BlindKey = [u8; 10];

/// The name of phones under the blind index.
pub(super) const PHONE: &str = "phone";
/// No number. A real key is this with a chance of 2^-80.
const NO_KEY: BlindKey = [0; 10];
/// The blind keys of a record, most telling first; the same place means the same kind of number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keys([BlindKey; 2]);

impl Keys {
    /// How many places there are.
    pub(super) const LEN: usize = 2;

    /// From one key for each place.
    pub fn new(keys: [Option<BlindKey>; Self::LEN]) -> Self {
        Self(keys.map(|key| key.unwrap_or(NO_KEY)))
    }

    /// Those that are there.
    pub fn iter(&self) -> impl Iterator<Item = &BlindKey> {
        self.0.iter().filter(|key| **key != NO_KEY)
    }

    /// The most telling one.
    pub fn first(&self) -> Option<&BlindKey> {
        self.0.first().filter(|key| **key != NO_KEY)
    }

    /// Those that are there, with their places.
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, &BlindKey)> {
        self.0.iter().enumerate().filter(|(_place, key)| **key != NO_KEY)
    }

    pub(super) const fn at(&self, place: usize) -> &BlindKey {
        &self.0[place]
    }

    /// Whether both are of one thing: the most telling number that both have is the same. A plate
    /// alone does not make two chassis one, for it can stay with the seller.
    pub fn are_of_one_thing(&self, other: &Self) -> bool {
        let both = |(one, other): &(&BlindKey, &BlindKey)| **one != NO_KEY && **other != NO_KEY;
        self.0.iter().zip(&other.0).find(both).is_some_and(|(one, other)| one == other)
    }
}

/// What goes into the index for one record.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// Its version, from 1.
    pub version: u64,
    /// Keyed digest of what it says.
    pub digest: [u8; 16],
    /// What it is filtered and counted by.
    pub facets: Facets,
    /// Its exact numbers, each of one record only.
    pub keys: Keys,
    /// Its phones, which several records may share.
    pub phones: Vec<BlindKey>,
    /// The name it is found and listed by, as [`sort_key`] makes it. Personal.
    pub name: String,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = &self.facets.unit;
        write!(f, "Row(version {}, digest {:?}, unit {unit})", self.version, self.digest)
    }
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
        let (keys, found) = (record.numbers(), record.found());
        let blind = |phone: &String| sealer.blind_index(PHONE, phone);
        Ok(Self {
            version,
            digest: sealer.digest(&essence::<R>(content)?),
            facets: record.facets()?,
            keys: Keys::new(
                keys.map(|key| key.map(|(kind, text)| sealer.blind_index(kind, &text))),
            ),
            phones: found.phones.iter().map(blind).collect(),
            name: if found.name.is_empty() { String::new() } else { sort_key(found.name) },
        })
    }
}

/// What the index says of one record: enough to decide on a change of it, and who may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its version, from 1.
    pub version: u64,
    /// Keyed digest of its content.
    pub digest: [u8; 16],
    /// Its exact numbers.
    pub keys: Keys,
    /// The unit it was entered with.
    pub unit: UnitCode,
}
