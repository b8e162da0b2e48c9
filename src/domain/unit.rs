//! The units of a province and how they hang together: province, defensive areas, communes, bases.
//!
//! Called by the registry (where does a record live), the audience (who is under this unit) and
//! authority (whose rights cover what). Invariants of [`Units`]: a parent is present before its
//! child and stands above it in [`Echelon`], so there is no cycle. Membership of an area is data
//! with a stated basis, for no public list of it exists. It does not know where the list comes from.

mod change;
mod facts;
mod history;
mod indexes;
mod lookup;
mod names;
mod put;
mod tree;

use jiff::civil::Date;

pub use change::{CHANGE_UNITS_MAX, Change, ChangeError};
pub use facts::Rewrite;
pub use history::Past;
pub use lookup::{Candidate, Found, LookupFault};
pub use tree::Units;

use super::ids::UnitCode;

/// Longest name of a unit, in characters.
pub const UNIT_NAME_CHARS_MAX: usize = 120;
/// Most units a province may hold: 135 now, some 1,500 if each village had a base; the load program
/// makes 5,000 communes.
pub const UNITS_MAX: usize = 10_000;

/// Most successors, and most other parents, of one unit.
pub const UNIT_LINKS_MAX: usize = 60;

/// A level of command, highest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Echelon {
    /// The province.
    Province,
    /// A defensive area: a military echelon only, with no administrative twin.
    Area,
    /// A district: a level that was removed on 1 July 2025 and lives on in records.
    District,
    /// A commune or ward.
    Commune,
    /// A militia or self-defense base.
    Base,
}

impl Echelon {
    /// Every level.
    pub const ALL: [Self; 5] =
        [Self::Province, Self::Area, Self::District, Self::Commune, Self::Base];

    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::Area => "area",
            Self::District => "district",
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
    /// Ban Chỉ huy quân sự huyện, thị xã, thành phố: until 30 June 2025.
    DistrictCommand,
    /// Xã.
    Commune,
    /// Phường: a commune in a town.
    Ward,
    /// Thị trấn: the seat of a district, until 30 June 2025.
    Township,
    /// Cơ sở tự vệ: a self-defense base in an agency or enterprise.
    SelfDefenseBase,
    /// Cơ sở dân quân: the militia base of a commune or ward.
    CommuneMilitia,
}

/// Every kind there is.
pub const UNIT_KINDS: [UnitKind; 8] = [
    UnitKind::ProvincialCommand,
    UnitKind::DefensiveAreaCommand,
    UnitKind::DistrictCommand,
    UnitKind::Commune,
    UnitKind::Ward,
    UnitKind::Township,
    UnitKind::SelfDefenseBase,
    UnitKind::CommuneMilitia,
];

impl UnitKind {
    /// Its stable name, as lists write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProvincialCommand => "provincial_command",
            Self::DefensiveAreaCommand => "defensive_area_command",
            Self::DistrictCommand => "district_command",
            Self::Commune => "commune",
            Self::Ward => "ward",
            Self::Township => "township",
            Self::SelfDefenseBase => "self_defense_base",
            Self::CommuneMilitia => "commune_militia",
        }
    }

    /// The kind of a stable name.
    pub fn parse(text: &str) -> Option<Self> {
        UNIT_KINDS.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The level a unit of this kind stands on.
    pub const fn echelon(self) -> Echelon {
        match self {
            Self::ProvincialCommand => Echelon::Province,
            Self::DefensiveAreaCommand => Echelon::Area,
            Self::DistrictCommand => Echelon::District,
            Self::Commune | Self::Ward | Self::Township => Echelon::Commune,
            Self::SelfDefenseBase | Self::CommuneMilitia => Echelon::Base,
        }
    }
}

/// How well it is known that a unit belongs under its parent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ParentBasis {
    /// A published source says so.
    #[default]
    Sourced,
    /// Derived from the grouping of the former districts.
    Assumed,
    /// Derived, and the sources disagree.
    Weak,
}

impl ParentBasis {
    /// Its stable name, as lists write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sourced => "sourced",
            Self::Assumed => "assumed",
            Self::Weak => "weak",
        }
    }

    /// The basis of a stable name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Sourced, Self::Assumed, Self::Weak].into_iter().find(|own| own.as_str() == text)
    }
}

/// What is known of a unit that exists no more, or of its old map. Empty for most living units.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Former {
    /// What took its place, the one that keeps its seat and its records first; at most
    /// [`UNIT_LINKS_MAX`]. A living unit has none.
    pub successors: Vec<UnitCode>,
    /// How well the successors are known.
    pub successor_basis: ParentBasis,
    /// Further units that it may have been under, where sources name several; at most
    /// [`UNIT_LINKS_MAX`].
    pub other_parents: Vec<UnitCode>,
    /// The official code in its own time, where known and where `code` is ours: the same five digits
    /// may be another unit's today.
    pub official_code: Option<UnitCode>,
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
    /// Its last day; none while it exists. Never a day to come.
    pub valid_to: Option<Date>,
    /// What took its place, and what else its old map says.
    pub former: Former,
}

impl Unit {
    /// The level it stands on.
    pub const fn echelon(&self) -> Echelon {
        self.kind.echelon()
    }

    /// The order in which a list is entered: parents before children, successors before those they
    /// follow.
    pub fn entry_order(&self) -> impl Ord + use<> {
        (self.echelon(), self.is_closed(), std::cmp::Reverse(self.valid_to), self.code.clone())
    }

    /// Whether it exists no more.
    pub const fn is_closed(&self) -> bool {
        self.valid_to.is_some()
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
    #[error(
        "unit {code} is a {}, which cannot be under {}: choose a parent one level up",
        echelon.as_str(),
        parent.map_or("nothing", Echelon::as_str)
    )]
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
    /// The parent exists no more.
    #[error("unit {code} cannot be under {parent}, which is closed: choose a parent of today")]
    ClosedParent {
        /// The unit.
        code: UnitCode,
        /// The parent it names.
        parent: UnitCode,
    },
    /// Something still hangs on a unit that is to end.
    #[error("unit {code} cannot be closed while {child} is under it: move or close that first")]
    StillAbove {
        /// The unit.
        code: UnitCode,
        /// One unit under it.
        child: UnitCode,
    },
    /// A successor is not there, is on a lower level, is the unit itself, or leads back to it.
    #[error(
        "unit {code} cannot be followed by {successor}: name another unit of its level or above that is present and does not lead back"
    )]
    BadSuccessor {
        /// The unit.
        code: UnitCode,
        /// The successor it names.
        successor: UnitCode,
    },
    /// A living unit has no successors.
    #[error("unit {code} has successors and no last day: give both or none")]
    LivingWithSuccessors {
        /// The unit.
        code: UnitCode,
    },
    /// More links than a unit may have.
    #[error("unit {code} names more than {UNIT_LINKS_MAX} successors or other parents")]
    TooManyLinks {
        /// The unit.
        code: UnitCode,
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

#[cfg(test)]
mod tests;
