//! Who an order is for. What was asked for, the number of recipients and a digest of who they are
//! are inside the signature. An empty audience is an error at every hop: in 2025 a lost polygon made a
//! county of ten million people out of a neighbourhood. So is a changed one: at draft and at issue
//! what was asked for is resolved anew, and whoever came or went since stops the order
//! ([`Audience::check_today`]).

use std::collections::BTreeSet;

use roaring::RoaringBitmap;

use crate::domain::endpoint::{Address, ENDPOINTS_MAX, Endpoint, Endpoints, Line};
use crate::domain::ids::{EndpointNo, UnitCode};
use crate::domain::unit::{Echelon, Unit, Units};
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
    /// What was asked for: signed too, so that it can be seen at issue whether it still means the
    /// same endpoints. Names no unit in payloads that never said.
    pub selector: AudienceSelector,
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
    pub fn from_runs(
        runs: &[u32],
        count: u32,
        digest: [u8; 32],
        selector: AudienceSelector,
    ) -> Result<Self, AudienceError> {
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
        Ok(Self { endpoints, digest, selector })
    }

    /// Whether the endpoints that were signed for are still those behind their numbers. All that is
    /// asked of a cancel: it goes to whoever got the order, wherever they stand today.
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

    /// Whether what was asked for means the very endpoints today that were signed for: nobody less,
    /// and nobody more.
    ///
    /// # Errors
    /// As [`Self::check_against`]; [`AudienceError::Unselected`], [`AudienceError::ChangedSince`], and
    /// what [`AudienceSelector::resolve`] finds wrong with the units.
    pub fn check_today(&self, units: &Units, endpoints: &Endpoints) -> Result<(), AudienceError> {
        self.check_against(endpoints)?;
        if self.selector.units.is_empty() {
            return Err(AudienceError::Unselected);
        }
        let today = match self.selector.resolve(units, endpoints) {
            Ok(today) => today.endpoints,
            // All of them went.
            Err(AudienceError::Empty) => RoaringBitmap::new(),
            Err(fault) => return Err(fault),
        };
        let (came, went) = (&today - &self.endpoints, &self.endpoints - &today);
        let one = came.min().or_else(|| went.min()).map(EndpointNo::new);
        match one.and_then(|no| endpoints.get(no)) {
            None => Ok(()),
            Some(one) => Err(AudienceError::ChangedSince {
                came: came.len(),
                went: went.len(),
                one: one.address.clone(),
            }),
        }
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
    /// A unit exists no more.
    #[error("unit {unit} is closed: name {now} and those beside it that took its place")]
    ClosedUnit {
        /// The code.
        unit: UnitCode,
        /// What took its place; itself if nothing did.
        now: UnitCode,
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
    #[error("the audience is not the one that was signed: draft and sign again")]
    Changed,
    /// What was asked for means other endpoints by now.
    #[error(
        "the audience changed since it was resolved: {came} endpoints came and {went} went, {one} among them; draft and sign again"
    )]
    ChangedSince {
        /// Endpoints that would be in it now and are not.
        came: u64,
        /// Endpoints that are in it and would not be now.
        went: u64,
        /// One that came; if none did, one that went.
        one: Address,
    },
    /// Nothing says what the endpoints were resolved from.
    #[error(
        "the audience does not say which units were asked for: put the resolved audience into the payload as it is"
    )]
    Unselected,
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
        let closed = self.units.iter().filter_map(|code| units.get(code));
        if let Some(unit) = closed.into_iter().find(|unit| unit.is_closed()) {
            let (unit, now) = (unit.code.clone(), units.current(&unit.code).clone());
            return Err(AudienceError::ClosedUnit { unit, now });
        }
        let meant = |endpoint: &&Endpoint| {
            let code = &endpoint.address.unit;
            let living = units.get(code).filter(|unit| !unit.is_closed());
            let echelon = living.map(Unit::echelon);
            (self.lines.is_empty() || self.lines.contains(&endpoint.address.line))
                && echelon.is_some_and(|e| self.echelons.is_empty() || self.echelons.contains(&e))
                && self.units.iter().any(|top| units.is_within(code, top))
        };
        let list: Vec<&Endpoint> = endpoints.in_use().filter(meant).collect();
        if list.is_empty() {
            return Err(AudienceError::Empty);
        }
        let digest = digest(list.iter().copied());
        Ok(Audience {
            endpoints: list.iter().map(|endpoint| endpoint.no.number()).collect(),
            digest,
            selector: self.clone(),
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
        let audience = Audience {
            endpoints: [1, 2, 3, 7, 9, 10].into_iter().collect(),
            digest: [0; 32],
            selector: AudienceSelector::default(),
        };
        let from_runs = |runs: &[u32], count| {
            Audience::from_runs(runs, count, [0; 32], AudienceSelector::default())
        };
        let runs = audience.runs();
        assert_eq!(runs, [1, 3, 7, 1, 9, 2]);
        assert_eq!(from_runs(&runs, 6), Ok(audience));
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
            assert_eq!(from_runs(bad, count), Err(AudienceError::BadRuns), "{bad:?}");
        }
        assert_eq!(from_runs(&[], 0), Err(AudienceError::Empty));
    }
}
