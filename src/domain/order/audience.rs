//! Who an order is for. The number of recipients and a digest of who they are is inside the
//! signature, and an empty audience is an error at every hop: in 2025 a lost polygon made a county
//! of ten million people out of a neighbourhood.

use std::collections::BTreeSet;

use roaring::RoaringBitmap;

use crate::domain::endpoint::{ENDPOINTS_MAX, Endpoint, Endpoints, Line};
use crate::domain::ids::{EndpointNo, UnitCode};
use crate::domain::unit::{Echelon, Units};
use crate::evidence::sha256;

/// Most units one selector may name.
pub const SELECTOR_UNITS_MAX: usize = 200;
/// One past the highest number that an endpoint can have.
const NUMBER_END: u32 = 20_001;
const _: () = assert!(NUMBER_END as usize == ENDPOINTS_MAX + 1, "endpoints are numbered from 1");

/// A resolved audience.
#[derive(Debug, Clone, PartialEq)]
pub struct Audience {
    /// The endpoints' numbers.
    pub endpoints: RoaringBitmap,
    /// SHA-256 over the lines `number address\n`, in rising order of number.
    pub digest: [u8; 32],
}

impl Audience {
    /// How many endpoints.
    pub fn count(&self) -> u64 {
        self.endpoints.len()
    }

    /// Whether an endpoint is in it.
    pub fn contains(&self, no: EndpointNo) -> bool {
        self.endpoints.contains(no.number())
    }

    /// The numbers as runs `start, length, start, length, ...`: the form that is signed.
    pub fn runs(&self) -> Vec<u32> {
        let mut runs: Vec<u32> = Vec::new();
        let mut next = None;
        for number in &self.endpoints {
            if next == Some(number)
                && let Some(length) = runs.last_mut()
            {
                *length += 1;
            } else {
                runs.extend([number, 1]);
            }
            next = number.checked_add(1);
        }
        runs
    }

    /// From runs, as they come out of signed bytes; `count` is the number signed beside them.
    ///
    /// # Errors
    /// [`AudienceError::Empty`], [`AudienceError::BadRuns`].
    pub fn from_runs(runs: &[u32], count: u32, digest: [u8; 32]) -> Result<Self, AudienceError> {
        let mut endpoints = RoaringBitmap::new();
        let mut least = 1;
        let (pairs, rest) = runs.as_chunks::<2>();
        for [start, length] in pairs {
            let end = start.checked_add(*length).filter(|_end| *start >= least && *length > 0);
            // Numbers no endpoint can have are refused before anything as large as them is made.
            let end = end.filter(|end| *end <= NUMBER_END).ok_or(AudienceError::BadRuns)?;
            endpoints.insert_range(*start..end);
            // A gap of at least one keeps each set to one spelling only.
            least = end.checked_add(1).ok_or(AudienceError::BadRuns)?;
        }
        if !rest.is_empty() || endpoints.len() != u64::from(count) {
            return Err(AudienceError::BadRuns);
        }
        if endpoints.is_empty() {
            return Err(AudienceError::Empty);
        }
        Ok(Self { endpoints, digest })
    }

    /// Whether the endpoints of today are those that were signed for.
    ///
    /// # Errors
    /// [`AudienceError::Empty`], [`AudienceError::Changed`].
    pub fn check_against(&self, endpoints: &Endpoints) -> Result<(), AudienceError> {
        if self.endpoints.is_empty() {
            return Err(AudienceError::Empty);
        }
        let today = self.endpoints.iter().map(|no| endpoints.get(EndpointNo::new(no)));
        // A number that nobody has would count in the signed total and not in the digest.
        let today: Option<Vec<&Endpoint>> = today.collect();
        let same = today.is_some_and(|list| digest(list.into_iter()) == self.digest);
        if same { Ok(()) } else { Err(AudienceError::Changed) }
    }
}

/// Whom an order shall reach, before it is resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AudienceSelector {
    /// These units and all under them.
    pub units: BTreeSet<UnitCode>,
    /// Only these echelons; all when empty.
    pub echelons: BTreeSet<Echelon>,
    /// Only these lines; both when empty.
    pub lines: BTreeSet<Line>,
}

/// Why there is no audience.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AudienceError {
    /// Nobody is in it.
    #[error("the audience is empty: name at least one unit that has an endpoint")]
    Empty,
    /// A unit is not there.
    #[error("unit {unit} is unknown: check its code")]
    UnknownUnit {
        /// The code.
        unit: UnitCode,
    },
    /// More units than a selector may name.
    #[error("{count} units are named, at most {SELECTOR_UNITS_MAX} may be: name a unit above them")]
    TooManyUnits {
        /// How many.
        count: usize,
    },
    /// The runs are not rising, or do not make the count.
    #[error("the endpoint runs are not in their one form or do not make the count signed")]
    BadRuns,
    /// The endpoints are not those the digest was made over.
    #[error("the audience is not the one that was signed: draft the order again")]
    Changed,
}

impl AudienceSelector {
    /// The endpoints that the selector means today.
    ///
    /// # Errors
    /// [`AudienceError::Empty`], [`AudienceError::UnknownUnit`], [`AudienceError::TooManyUnits`].
    pub fn resolve(&self, units: &Units, endpoints: &Endpoints) -> Result<Audience, AudienceError> {
        if self.units.len() > SELECTOR_UNITS_MAX {
            return Err(AudienceError::TooManyUnits { count: self.units.len() });
        }
        if let Some(unit) = self.units.iter().find(|code| units.get(code).is_none()) {
            return Err(AudienceError::UnknownUnit { unit: unit.clone() });
        }
        let meant = |endpoint: &&Endpoint| {
            let code = &endpoint.address.unit;
            let echelon = units.get(code).map(|unit| unit.echelon());
            (self.lines.is_empty() || self.lines.contains(&endpoint.address.line))
                && echelon.is_some_and(|e| self.echelons.is_empty() || self.echelons.contains(&e))
                && self.units.iter().any(|top| units.is_within(code, top))
        };
        let list: Vec<&Endpoint> = endpoints.iter().filter(meant).collect();
        if list.is_empty() {
            return Err(AudienceError::Empty);
        }
        let digest = digest(list.iter().copied());
        Ok(Audience {
            endpoints: list.iter().map(|endpoint| endpoint.no.number()).collect(),
            digest,
        })
    }
}

fn digest<'a>(endpoints: impl Iterator<Item = &'a Endpoint>) -> [u8; 32] {
    let lines: String =
        endpoints.map(|endpoint| format!("{} {}\n", endpoint.no, endpoint.address)).collect();
    sha256(&[lines.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_have_one_spelling() {
        let audience =
            Audience { endpoints: [1, 2, 3, 7, 9, 10].into_iter().collect(), digest: [0; 32] };
        let runs = audience.runs();
        assert_eq!(runs, [1, 3, 7, 1, 9, 2]);
        assert_eq!(Audience::from_runs(&runs, 6, [0; 32]), Ok(audience));
        for (bad, count) in [
            (&[1, 2, 3, 1][..], 3),                 // two runs that touch
            (&[5, 1, 1, 1][..], 2),                 // falling
            (&[0, 1][..], 1),                       // endpoint 0 does not exist
            (&[1, 0][..], 0),                       // an empty run
            (&[1, 3, 7][..], 3),                    // half a run
            (&[1, 3][..], 4),                       // another count than signed
            (&[u32::MAX, 1][..], 1),                // past the end
            (&[1, u32::MAX - 1][..], u32::MAX - 1), // half a gigabyte of nobody
            (&[20_001, 1][..], 1),                  // a number no endpoint can have
        ] {
            assert_eq!(
                Audience::from_runs(bad, count, [0; 32]),
                Err(AudienceError::BadRuns),
                "{bad:?}"
            );
        }
        assert_eq!(Audience::from_runs(&[], 0, [0; 32]), Err(AudienceError::Empty));
    }
}
