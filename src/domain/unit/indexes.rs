//! What is kept beside the tree so that names and predecessors are found without a walk. Follows
//! from the units; made anew when one is replaced, which is rare.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{bare, bare_district, canonical};
use super::{Echelon, Unit};
use crate::domain::ids::UnitCode;
use crate::domain::text::fold;

/// The indexes of one tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Indexes {
    /// By folded full name, and by folded bare name in the one spelling kept for all.
    names: BTreeMap<String, BTreeSet<UnitCode>>,
    /// Districts by folded bare name.
    districts: BTreeMap<String, BTreeSet<UnitCode>>,
    /// Which units were followed by this one.
    predecessors: BTreeMap<UnitCode, BTreeSet<UnitCode>>,
    /// Units by an official code that is not the one they are kept under.
    official: BTreeMap<UnitCode, BTreeSet<UnitCode>>,
}

impl Indexes {
    pub(super) const fn new() -> Self {
        Self {
            names: BTreeMap::new(),
            districts: BTreeMap::new(),
            predecessors: BTreeMap::new(),
            official: BTreeMap::new(),
        }
    }

    /// Takes in a unit, in any of its states.
    pub(super) fn add(&mut self, unit: &Unit) {
        let code = || unit.code.clone();
        for name in [fold(&unit.name), canonical(&fold(&bare(unit))).to_owned()] {
            self.names.entry(name).or_default().insert(code());
        }
        if unit.echelon() == Echelon::District {
            self.districts.entry(bare_district(&unit.name)).or_default().insert(code());
        }
        for successor in &unit.former.successors {
            self.predecessors.entry(successor.clone()).or_default().insert(code());
        }
        if let Some(official) = &unit.former.official_code {
            self.official.entry(official.clone()).or_default().insert(code());
        }
    }

    /// The units that bear or bore a name, full or bare.
    pub(super) fn named(&self, folded: &str) -> impl Iterator<Item = &UnitCode> {
        self.names.get(folded).into_iter().flatten()
    }

    /// The districts of a name, however the word for their kind is written.
    pub(super) fn districts(&self, text: &str) -> Option<&BTreeSet<UnitCode>> {
        self.districts.get(&bare_district(text))
    }

    /// Whether there is or was any district at all.
    pub(super) fn has_districts(&self) -> bool {
        !self.districts.is_empty()
    }

    /// The units that this one followed directly.
    pub(super) fn predecessors(&self, code: &UnitCode) -> impl Iterator<Item = &UnitCode> {
        self.predecessors.get(code).into_iter().flatten()
    }

    /// The units that had this official code in their time, and are kept under another.
    pub(super) fn official(&self, code: &UnitCode) -> impl Iterator<Item = &UnitCode> {
        self.official.get(code).into_iter().flatten()
    }
}
