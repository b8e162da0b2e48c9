//! The units of a province and how they hang together: province, defensive areas, communes, bases.
//!
//! Called by the registry (where does a record live), the audience (who is under this unit) and
//! authority (whose rights cover what). Invariants of [`Units`]: a parent is present before its
//! child and stands above it in [`Echelon`], so there is no cycle. Membership of an area is data
//! with a stated basis, for no public list of it exists. It does not know where the list comes from.

mod put;

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::ids::UnitCode;
use super::text::fold;

/// Longest name of a unit, in characters.
pub const UNIT_NAME_CHARS_MAX: usize = 120;
/// Most units a province may hold: 135 now, some 1,500 if each village had a base; the load program
/// makes 5,000 communes.
pub const UNITS_MAX: usize = 10_000;

/// A level of command, highest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Echelon {
    /// The province.
    Province,
    /// A defensive area: a military echelon only, with no administrative twin.
    Area,
    /// A commune or ward.
    Commune,
    /// A militia or self-defense base.
    Base,
}

impl Echelon {
    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::Area => "area",
            Self::Commune => "commune",
            Self::Base => "base",
        }
    }
}

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitKind {
    /// Bộ Chỉ huy quân sự tỉnh.
    ProvincialCommand,
    /// Ban Chỉ huy phòng thủ khu vực.
    DefensiveAreaCommand,
    /// Xã.
    Commune,
    /// Phường: a commune in a town.
    Ward,
    /// Cơ sở tự vệ: a self-defense base in an agency or enterprise.
    SelfDefenseBase,
    /// Cơ sở dân quân: the militia base of a commune or ward.
    CommuneMilitia,
}

impl UnitKind {
    /// The level a unit of this kind stands on.
    pub const fn echelon(self) -> Echelon {
        match self {
            Self::ProvincialCommand => Echelon::Province,
            Self::DefensiveAreaCommand => Echelon::Area,
            Self::Commune | Self::Ward => Echelon::Commune,
            Self::SelfDefenseBase | Self::CommuneMilitia => Echelon::Base,
        }
    }
}

/// How well it is known that a unit belongs under its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ParentBasis {
    /// A published source says so.
    Sourced,
    /// Derived from the grouping of the former districts.
    Assumed,
    /// Derived, and the sources disagree.
    Weak,
}

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its code; for a commune the official five digits.
    pub code: UnitCode,
    /// Its full name with the word for its kind ("Xã Mường Nhé"), NFC.
    pub name: String,
    /// What it is; [`UnitKind::echelon`] gives its level.
    pub kind: UnitKind,
    /// The unit above it; none for the province only.
    pub parent: Option<UnitCode>,
    /// How well the parent is known.
    pub parent_basis: ParentBasis,
    /// Its area in hectares, where known.
    pub area_hectares: Option<u32>,
    /// Its inhabitants, where known.
    pub population: Option<u32>,
    /// Its first day, where known.
    pub valid_from: Option<Date>,
    /// Its last day; none while it exists.
    pub valid_to: Option<Date>,
}

impl Unit {
    /// The level it stands on.
    pub const fn echelon(&self) -> Echelon {
        self.kind.echelon()
    }

    /// Whether it exists on `day`, both ends included.
    pub fn exists_on(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

/// Why a unit cannot join the tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// The code is taken.
    #[error("unit {code} is already present: give each unit a code of its own")]
    Taken {
        /// The code.
        code: UnitCode,
    },
    /// The parent is not in the tree.
    #[error("unit {code} names the parent {parent}, which is not present: add the parent first")]
    NoParent {
        /// The unit.
        code: UnitCode,
        /// The parent it names.
        parent: UnitCode,
    },
    /// The parent does not stand where this kind of unit may hang.
    #[error("unit {code} ({echelon:?}) cannot be under {parent:?}: choose a parent one level up")]
    WrongParent {
        /// The unit.
        code: UnitCode,
        /// Its level.
        echelon: Echelon,
        /// The parent's level, none if it names no parent.
        parent: Option<Echelon>,
    },
    /// There is a province already.
    #[error("unit {code} would be a second province: {present} is the one")]
    SecondProvince {
        /// The newcomer.
        code: UnitCode,
        /// The one present.
        present: UnitCode,
    },
    /// The name is empty or too long.
    #[error("unit {code} needs a name of 1 to {UNIT_NAME_CHARS_MAX} characters")]
    BadName {
        /// The unit.
        code: UnitCode,
    },
    /// The last day is before the first.
    #[error("unit {code} ends before it begins: correct its dates")]
    BadDates {
        /// The unit.
        code: UnitCode,
    },
    /// The tree is full.
    #[error("there are {UNITS_MAX} units already, which is the bound")]
    TooMany,
}

/// The tree of units.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Units {
    by_code: BTreeMap<UnitCode, Unit>,
    /// Folded full names; none where two units share one, for then the name says nothing.
    by_name: BTreeMap<String, Option<UnitCode>>,
}

impl Units {
    /// An empty tree.
    pub const fn new() -> Self {
        Self { by_code: BTreeMap::new(), by_name: BTreeMap::new() }
    }

    /// Builds a tree from units in any order, parents found by sorting on the level.
    pub fn from_list(list: impl IntoIterator<Item = Unit>) -> Result<Self, UnitError> {
        let mut list: Vec<Unit> = list.into_iter().collect();
        list.sort_by_key(Unit::echelon);
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
        self.by_name
            .entry(fold(&unit.name))
            .and_modify(|shared| *shared = None)
            .or_insert_with(|| Some(unit.code.clone()));
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
        let parent = match &unit.parent {
            Some(parent) => Some(self.parent_echelon(unit, parent)?),
            None => None,
        };
        let echelon = unit.echelon();
        let fits = match echelon {
            Echelon::Province => parent.is_none(),
            Echelon::Area => parent == Some(Echelon::Province),
            Echelon::Commune => parent == Some(Echelon::Area),
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
        let missing = || UnitError::NoParent { code: unit.code.clone(), parent: parent.clone() };
        self.by_code.get(parent).map(Unit::echelon).ok_or_else(missing)
    }

    /// The unit of this code.
    pub fn get(&self, code: &UnitCode) -> Option<&Unit> {
        self.by_code.get(code)
    }

    /// The unit that a text from a file means: its code, or its full name with the word for its
    /// kind ("Xã Sam Mứn", "X. Sam Mứn"), marks and case aside. A bare "Sam Mứn" is not enough: before
    /// July 2025 three such names belonged to other places.
    pub fn find(&self, text: &str) -> Option<&Unit> {
        let by_code = text.parse().ok().and_then(|code| self.by_code.get(&code));
        by_code.or_else(|| {
            let name = fold(text);
            let expanded = [("x.", "xa "), ("p.", "phuong ")].iter().find_map(|(short, long)| {
                Some(format!("{long}{}", name.strip_prefix(short)?.trim()))
            });
            self.by_code.get(self.by_name.get(&expanded.unwrap_or(name))?.as_ref()?)
        })
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

    /// The units above `code`, nearest first; empty for the province and for an unknown code.
    pub fn ancestors<'a>(&'a self, code: &UnitCode) -> impl Iterator<Item = &'a Unit> + use<'a> {
        let above = |unit: &Unit| unit.parent.as_ref().and_then(|parent| self.by_code.get(parent));
        std::iter::successors(self.by_code.get(code).and_then(above), move |unit| above(unit))
    }

    /// The defensive area that `code` is or lies in; none for the province and what hangs on it.
    pub fn area_of(&self, code: &UnitCode) -> Option<&Unit> {
        let own = self.by_code.get(code);
        own.into_iter().chain(self.ancestors(code)).find(|unit| unit.echelon() == Echelon::Area)
    }

    /// Whether `code` is `top` or lies under it; false if either is unknown.
    pub fn is_within(&self, code: &UnitCode, top: &UnitCode) -> bool {
        self.by_code.contains_key(code)
            && (code == top && self.by_code.contains_key(top)
                || self.ancestors(code).any(|unit| unit.code == *top))
    }

    /// The units directly under `code`, by code.
    pub fn children<'a>(&'a self, code: &'a UnitCode) -> impl Iterator<Item = &'a Unit> {
        self.by_code.values().filter(move |unit| unit.parent.as_ref() == Some(code))
    }

    /// `code` itself and everything under it, by code; empty for an unknown code.
    pub fn subtree<'a>(&'a self, code: &'a UnitCode) -> impl Iterator<Item = &'a Unit> {
        self.by_code.values().filter(move |unit| self.is_within(&unit.code, code))
    }
}

#[cfg(test)]
mod tests;
