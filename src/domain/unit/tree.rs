//! The tree itself: what may be entered, and who stands above whom today.
//!
//! A closed unit stays in the tree. Whatever is asked about it is asked of the unit of today that
//! stands for it ([`Units::current`]), so that records never have to be rewritten.

use std::collections::{BTreeMap, BTreeSet};

use super::indexes::Indexes;
use super::{
    Echelon, Former, Past, UNIT_LINKS_MAX, UNIT_NAME_CHARS_MAX, UNITS_MAX, Unit, UnitError,
};
use crate::domain::ids::UnitCode;

/// The tree of units.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Units {
    pub(super) by_code: BTreeMap<UnitCode, Unit>,
    pub(super) past: BTreeMap<UnitCode, Vec<Past>>,
    pub(super) indexes: Indexes,
}

impl Units {
    /// An empty tree.
    pub const fn new() -> Self {
        Self { by_code: BTreeMap::new(), past: BTreeMap::new(), indexes: Indexes::new() }
    }

    /// Builds a tree from units in any order, parents found by sorting on the level.
    pub fn from_list(list: impl IntoIterator<Item = Unit>) -> Result<Self, UnitError> {
        let mut list: Vec<Unit> = list.into_iter().collect();
        list.sort_by_key(Unit::entry_order);
        let mut units = Self::new();
        list.into_iter().try_for_each(|unit| units.insert(unit))?;
        Ok(units)
    }

    /// Adds a unit under a parent that is present.
    pub fn insert(&mut self, unit: Unit) -> Result<(), UnitError> {
        if self.by_code.contains_key(&unit.code) {
            return Err(UnitError::Taken { code: unit.code });
        }
        self.check(&unit)?;
        self.indexes.add(&unit);
        self.by_code.insert(unit.code.clone(), unit);
        Ok(())
    }

    fn check(&self, unit: &Unit) -> Result<(), UnitError> {
        let code = || unit.code.clone();
        if self.by_code.len() >= UNITS_MAX {
            return Err(UnitError::TooMany);
        }
        if unit.name.is_empty() || unit.name.chars().count() > UNIT_NAME_CHARS_MAX {
            return Err(UnitError::BadName { code: code() });
        }
        if let (Some(from), Some(to)) = (unit.valid_from, unit.valid_to)
            && to < from
        {
            return Err(UnitError::BadDates { code: code() });
        }
        self.check_successors(unit)?;
        let parent = match &unit.parent {
            Some(parent) => Some(self.parent_echelon(unit, parent)?),
            None => None,
        };
        let echelon = unit.echelon();
        let fits = match echelon {
            Echelon::Province => parent.is_none(),
            Echelon::Area | Echelon::District => parent == Some(Echelon::Province),
            Echelon::Commune => matches!(parent, Some(Echelon::Area | Echelon::District)),
            Echelon::Base => parent.is_some_and(|above| above < Echelon::Base),
        };
        if !fits {
            return Err(UnitError::WrongParent { code: code(), echelon, parent });
        }
        match self.province() {
            Some(present) if echelon == Echelon::Province => {
                Err(UnitError::SecondProvince { code: code(), present: present.code.clone() })
            }
            _ => Ok(()),
        }
    }

    fn parent_echelon(&self, unit: &Unit, parent: &UnitCode) -> Result<Echelon, UnitError> {
        let (code, above) = (unit.code.clone(), parent.clone());
        match self.by_code.get(parent) {
            None => Err(UnitError::NoParent { code, parent: above }),
            Some(present) if present.is_closed() && !unit.is_closed() => {
                Err(UnitError::ClosedParent { code, parent: above })
            }
            Some(present) => Ok(present.echelon()),
        }
    }

    /// Successors are there, and none leads back.
    fn check_successors(&self, unit: &Unit) -> Result<(), UnitError> {
        let (code, Former { successors, other_parents, .. }) = (&unit.code, &unit.former);
        if successors.len().max(other_parents.len()) > UNIT_LINKS_MAX {
            return Err(UnitError::TooManyLinks { code: code.clone() });
        }
        if !successors.is_empty() && !unit.is_closed() {
            return Err(UnitError::LivingWithSuccessors { code: code.clone() });
        }
        for successor in successors {
            let (mut seen, mut ahead) = (BTreeSet::new(), vec![successor]);
            while let Some(next) = ahead.pop() {
                let present = self.by_code.get(next).filter(|_present| next != code);
                let Some(present) = present else {
                    let (code, successor) = (code.clone(), successor.clone());
                    return Err(UnitError::BadSuccessor { code, successor });
                };
                if seen.insert(next) {
                    ahead.extend(&present.former.successors);
                }
            }
        }
        Ok(())
    }

    /// The unit of this code.
    pub fn get(&self, code: &UnitCode) -> Option<&Unit> {
        self.by_code.get(code)
    }

    /// All units, by code.
    pub fn iter(&self) -> impl Iterator<Item = &Unit> {
        self.by_code.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_code.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_code.is_empty()
    }

    /// The one unit without a parent.
    pub fn province(&self) -> Option<&Unit> {
        self.by_code.values().find(|unit| unit.parent.is_none())
    }

    /// The unit of today that stands for `code`: itself while it exists, else its first successor's
    /// unit of today, for that keeps the seat and the records. A unit that was closed without a
    /// successor, or is unknown, stands for itself.
    pub fn current<'a>(&'a self, code: &'a UnitCode) -> &'a UnitCode {
        let next = |code: &&'a UnitCode| self.by_code.get(*code)?.former.successors.first();
        // Successors never lead back, so this ends.
        std::iter::successors(Some(code), next).last().unwrap_or(code)
    }

    /// The units above the unit of today that stands for `code`, nearest first; empty for the
    /// province and for an unknown code.
    pub fn ancestors<'a>(&'a self, code: &'a UnitCode) -> impl Iterator<Item = &'a Unit> + use<'a> {
        let above = |unit: &Unit| unit.parent.as_ref().and_then(|parent| self.by_code.get(parent));
        let own = self.by_code.get(self.current(code));
        std::iter::successors(own.and_then(above), move |unit| above(unit))
    }

    /// The defensive area that `code` is or lies in today; none for the province and what hangs on it.
    pub fn area_of<'a>(&'a self, code: &'a UnitCode) -> Option<&'a Unit> {
        let own = self.by_code.get(self.current(code));
        own.into_iter().chain(self.ancestors(code)).find(|unit| unit.echelon() == Echelon::Area)
    }

    /// Whether `code` is `top` or lies under it; false if either is unknown. A closed unit lies where
    /// its successor lies, and also where it lay itself: what was entered under a former commune
    /// counts under the commune of today, and under the former district.
    pub fn is_within(&self, code: &UnitCode, top: &UnitCode) -> bool {
        let Some(unit) = self.by_code.get(code) else { return false };
        if code == top || self.ancestors(code).any(|unit| unit.code == *top) {
            return true;
        }
        unit.is_closed()
            && (self.current(code) == top
                || std::iter::successors(unit.parent.as_ref(), |above| {
                    self.by_code.get(*above)?.parent.as_ref()
                })
                .any(|above| above == top))
    }

    /// The units directly under `code`, by code: those of today, or of a closed unit those it had.
    pub fn children<'a>(&'a self, code: &'a UnitCode) -> impl Iterator<Item = &'a Unit> {
        let is_closed = self.by_code.get(code).is_some_and(Unit::is_closed);
        let under = self.by_code.values().filter(move |unit| unit.parent.as_ref() == Some(code));
        under.filter(move |unit| is_closed || !unit.is_closed())
    }

    /// `code` itself and everything under it, closed units too, by code; empty for an unknown code.
    pub fn subtree<'a>(&'a self, code: &'a UnitCode) -> impl Iterator<Item = &'a Unit> {
        self.by_code.values().filter(move |unit| self.is_within(&unit.code, code))
    }
}
