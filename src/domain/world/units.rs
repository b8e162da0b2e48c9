//! Reorganizations of units: carrying one out, and taking it back.
//!
//! Each is one entry that says what every touched unit is from then on, and which endpoints were made
//! so that whoever is called there is still reached. Undoing restores exactly what was before and takes
//! those endpoints out of use, or is refused when something done later rests on it.

mod endpoints;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;

use crate::domain::ids::{OfficerId, UnitCode};
use crate::domain::instant::Instant;
use crate::domain::unit::{Change, Unit, UnitError};
use crate::domain::world::{Event, Refusal, World};

/// Longest document number or reason of a reorganization, in characters.
pub const DOCUMENT_CHARS_MAX: usize = 200;

/// What was done to units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A change.
    Change(Change),
    /// The change of an earlier entry was taken back.
    Undo {
        /// Its place in the ledger.
        entry: u64,
    },
}

pub use endpoints::Placed;

/// A reorganization as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reorganization {
    /// What was done.
    pub act: Act,
    /// The first day on which it holds.
    pub effective: Date,
    /// The units as they are now; those that an undoing made away with are missing.
    pub units: Vec<Unit>,
    /// The endpoints that a change made, or that an undoing took out of use, by number.
    pub endpoints: Vec<Placed>,
    /// The number of the document it rests on, or the reason.
    pub document: String,
}

/// A reorganization in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// As it was recorded.
    pub done: Reorganization,
    /// The entry that took it back.
    pub undone_by: Option<u64>,
}

/// Why a reorganization is not taken back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence on each variant is its documentation")]
pub enum UndoError {
    #[error("entry {entry} is no reorganization of units: `unit history` names those there are")]
    NoChange { entry: u64 },
    #[error("entry {entry} is an undoing itself: carry out the change anew")]
    UndoOfUndo { entry: u64 },
    #[error("entry {entry} was taken back by entry {by} already")]
    Undone { entry: u64, by: u64 },
    #[error("entry {later} changed unit {unit} since: take that back first")]
    LaterChange { later: u64, unit: UnitCode },
    #[error("unit {unit} was changed by an import since: import it as it was first")]
    LaterImport { unit: UnitCode },
    #[error(
        "unit {unit} cannot go: {count} records of kind {kind} were entered under it; move them first"
    )]
    RecordsRest { unit: UnitCode, count: u64, kind: &'static str },
    #[error("unit {unit} cannot go: unit {user} rests on it; move that first")]
    UnitRests { unit: UnitCode, user: UnitCode },
    #[error(
        "unit {unit} cannot go: it has endpoint {endpoint}, which this did not make; retire it first"
    )]
    EndpointRests { unit: UnitCode, endpoint: String },
    #[error("unit {unit} cannot go: officer {officer} is of it; move the officer first")]
    OfficerRests { unit: UnitCode, officer: OfficerId },
    #[error("what was before does not fit into what is now: {0}")]
    Tree(#[from] UnitError),
}

impl World {
    /// A reorganization by its place in the ledger.
    pub fn reorganization(&self, entry: u64) -> Option<&Recorded> {
        self.reorganizations.get(&entry)
    }

    /// The units that a reorganization touches, names or leads to; of an undoing, those of what it took
    /// back.
    pub fn concerned(&self, entry: u64) -> BTreeSet<&UnitCode> {
        let Some(Recorded { done, .. }) = self.reorganization(entry) else {
            return BTreeSet::new();
        };
        let into = done.units.iter().flat_map(|unit| &unit.former.successors);
        let own = done.units.iter().map(|unit| &unit.code).chain(into);
        match &done.act {
            Act::Change(change) => own.chain(change.names()).collect(),
            // What is taken back is older, so this ends.
            Act::Undo { entry: undone } if *undone < entry => {
                own.chain(self.concerned(*undone)).collect()
            }
            Act::Undo { .. } => own.collect(),
        }
    }

    /// All reorganizations, oldest first, with their places in the ledger.
    pub fn reorganizations(&self) -> impl DoubleEndedIterator<Item = (u64, &Recorded)> {
        self.reorganizations.iter().map(|(entry, recorded)| (*entry, recorded))
    }

    pub(super) fn change_units(
        &self,
        change: &Change,
        effective: Date,
        document: &str,
        now: Instant,
    ) -> Result<Vec<Event>, Refusal> {
        check_document(document)?;
        if effective > now.date_in_vietnam() {
            return Err(Refusal::UnitChangeAhead { effective });
        }
        let units = self.units.plan(change, effective)?;
        let endpoints = self.plan_endpoints(change, &units)?;
        let (act, document) = (Act::Change(change.clone()), document.to_owned());
        let done = Reorganization { act, effective, units, endpoints, document };
        Ok(vec![Event::UnitsReorganized(Box::new(done))])
    }

    pub(super) fn undo_units(&self, entry: u64, document: &str) -> Result<Vec<Event>, Refusal> {
        check_document(document)?;
        let units = self.plan_undo(entry)?;
        let recorded = self.reorganization(entry).ok_or(UndoError::NoChange { entry })?;
        let (act, effective) = (Act::Undo { entry }, recorded.done.effective);
        let endpoints = self.placed_by(entry);
        let document = document.to_owned();
        let done = Reorganization { act, effective, units, endpoints, document };
        Ok(vec![Event::UnitsReorganized(Box::new(done))])
    }

    /// The units that taking back an entry leaves, as they will be.
    ///
    /// # Errors
    /// An [`UndoError`] naming what rests on the entry.
    pub fn plan_undo(&self, entry: u64) -> Result<Vec<Unit>, UndoError> {
        let recorded = self.reorganization(entry).ok_or(UndoError::NoChange { entry })?;
        if matches!(recorded.done.act, Act::Undo { .. }) {
            return Err(UndoError::UndoOfUndo { entry });
        }
        if let Some(by) = recorded.undone_by {
            return Err(UndoError::Undone { entry, by });
        }
        let changed = &recorded.done.units;
        let codes: BTreeSet<&UnitCode> = changed.iter().map(|unit| &unit.code).collect();
        let stands = |recorded: &Recorded| {
            recorded.undone_by.is_none() && matches!(recorded.done.act, Act::Change(_))
        };
        let later = self.reorganizations.range(entry.saturating_add(1)..);
        for (later, recorded) in later.filter(|(_entry, recorded)| stands(recorded)) {
            let touched = recorded.done.units.iter().find(|unit| codes.contains(&unit.code));
            if let Some(unit) = touched {
                return Err(UndoError::LaterChange { later: *later, unit: unit.code.clone() });
            }
        }
        for unit in changed {
            if !self.units.get(&unit.code).is_some_and(|now| now.is_but_for_facts(unit)) {
                return Err(UndoError::LaterImport { unit: unit.code.clone() });
            }
            if self.units.past(&unit.code).is_empty() {
                self.check_unused(entry, &unit.code, &codes)?;
            }
        }
        let mut restored = self.units().clone();
        restored.restore(changed);
        restored.check_whole()?;
        Ok(codes.into_iter().filter_map(|code| restored.get(code)).cloned().collect())
    }

    /// Whether nothing but the change itself rests on a unit that it made.
    fn check_unused(
        &self,
        entry: u64,
        code: &UnitCode,
        codes: &BTreeSet<&UnitCode>,
    ) -> Result<(), UndoError> {
        let unit = || code.clone();
        let mut others = self.units.iter().filter(|other| !codes.contains(&other.code));
        let rests = |other: &&Unit| {
            other.parent.as_ref() == Some(code)
                || other.former.successors.contains(code)
                || other.former.other_parents.contains(code)
        };
        if let Some(user) = others.find(rests) {
            return Err(UndoError::UnitRests { unit: unit(), user: user.code.clone() });
        }
        let own = self.placed_by(entry);
        let mut endpoints = self.endpoints.in_use().filter(|end| end.address.unit == *code);
        if let Some(endpoint) = endpoints.find(|end| own.iter().all(|made| made.no != end.no)) {
            let endpoint = endpoint.address.to_string();
            return Err(UndoError::EndpointRests { unit: unit(), endpoint });
        }
        let officers = self.trust.iter().flat_map(|trust| &trust.bundle.officers);
        match officers.into_iter().find(|officer| officer.unit == *code) {
            Some(officer) => {
                Err(UndoError::OfficerRests { unit: unit(), officer: officer.id.clone() })
            }
            None => Ok(()),
        }
    }

    pub(super) fn take_reorganization(&mut self, done: &Reorganization, index: u64, at: Instant) {
        match &done.act {
            Act::Change(_) => {
                // It was possible when it was decided; the tree is the same now.
                let outcome =
                    Arc::make_mut(&mut self.units).reorganize(&done.units, done.effective);
                debug_assert!(outcome.is_ok(), "{outcome:?}");
                for made in &done.endpoints {
                    self.endpoints.add(made.no, made.address.clone());
                }
            }
            Act::Undo { entry } => {
                done.endpoints.iter().for_each(|gone| self.retire(gone.no, at));
                if let Some(recorded) = self.reorganizations.get_mut(entry) {
                    recorded.undone_by = Some(index);
                    Arc::make_mut(&mut self.units).restore(&recorded.done.units);
                }
            }
        }
        let recorded = Recorded { done: done.clone(), undone_by: None };
        self.reorganizations.insert(index, recorded);
    }
}

pub(in crate::domain::world) fn check_document(document: &str) -> Result<(), Refusal> {
    let fits = (1..=DOCUMENT_CHARS_MAX).contains(&document.chars().count());
    let reason = "name the document or the reason in 1 to 200 characters";
    if fits { Ok(()) } else { Err(Refusal::Invalid { reason }) }
}
