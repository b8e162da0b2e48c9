//! Reorganizations: merging, splitting, renaming, moving and closing units from a day on.
//!
//! Called by the world, for carrying one out and for previewing it. [`Units::plan`] says what every
//! touched unit will be; it changes nothing. Records are not touched: whoever asks where they count
//! follows the successors.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Echelon, ParentBasis, Unit, UnitError, UnitKind, Units};
use crate::domain::ids::UnitCode;

/// Most units that one reorganization may touch: they are one entry of the ledger.
pub const CHANGE_UNITS_MAX: usize = 100;

/// What shall be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Several units become one. Their bases come under it.
    Merge {
        /// Which; those that are not `into` are closed.
        units: Vec<UnitCode>,
        /// What they become: a unit that is there, or the code of `new`.
        into: UnitCode,
        /// A unit to be made for it.
        new: Option<Box<Unit>>,
    },
    /// One unit becomes several. Its records and bases stay with the one that keeps the seat.
    Split {
        /// Which.
        unit: UnitCode,
        /// The new units; the first keeps the seat if the unit ends.
        parts: Vec<Unit>,
        /// Whether the unit ends. If not, it keeps the seat itself.
        ends: bool,
    },
    /// A unit gets another name, or becomes another kind on its level.
    Rename {
        /// Which.
        unit: UnitCode,
        /// Its full name.
        name: String,
        /// Its kind; as it is when none.
        kind: Option<UnitKind>,
    },
    /// A unit comes under another, or it becomes known better where it belongs.
    Move {
        /// Which.
        unit: UnitCode,
        /// The unit above it.
        parent: UnitCode,
        /// How well that is known.
        basis: ParentBasis,
    },
    /// A unit ends. What is under it comes under the first successor.
    Close {
        /// Which.
        unit: UnitCode,
        /// What takes its place; may be nothing.
        successors: Vec<UnitCode>,
    },
}

impl Change {
    /// Its stable name.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Merge { .. } => "merge",
            Self::Split { .. } => "split",
            Self::Rename { .. } => "rename",
            Self::Move { .. } => "move",
            Self::Close { .. } => "close",
        }
    }

    /// The units that it names: what changes, what that comes under, what takes its place.
    pub fn names(&self) -> Vec<&UnitCode> {
        match self {
            Self::Merge { units, into, .. } => units.iter().chain([into]).collect(),
            Self::Split { unit, parts, .. } => {
                std::iter::once(unit).chain(parts.iter().map(|part| &part.code)).collect()
            }
            Self::Rename { unit, .. } => vec![unit],
            Self::Move { unit, parent, .. } => vec![unit, parent],
            Self::Close { unit, successors } => std::iter::once(unit).chain(successors).collect(),
        }
    }
}

/// Why a reorganization cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// A unit is not there.
    #[error("unit {code} is unknown: check its code")]
    Unknown {
        /// The code.
        code: UnitCode,
    },
    /// A unit has ended.
    #[error("unit {code} is closed already: name a unit of today")]
    Closed {
        /// The code.
        code: UnitCode,
    },
    /// The units named are too few, come twice or are on different levels.
    #[error("name two or more units of one level below the province, each once")]
    BadParts,
    /// The unit to be made has another code than the one named, or is there already.
    #[error("unit {code} cannot be made new: give it a code of its own")]
    BadNew {
        /// The code.
        code: UnitCode,
    },
    /// Nothing would be different.
    #[error("unit {code} is so already: nothing would change")]
    Nothing {
        /// The code.
        code: UnitCode,
    },
    /// The day is not after an earlier change, or not after the first day.
    #[error("unit {code} was changed or began on {day} or later: give a later effective date")]
    TooEarly {
        /// The code.
        code: UnitCode,
        /// The effective date that was asked for.
        day: Date,
    },
    /// More units than one entry may name.
    #[error(
        "this touches {count} units, at most {CHANGE_UNITS_MAX} may be at once: move what is under them first"
    )]
    TooMany {
        /// How many.
        count: usize,
    },
    /// Another unit of today is called so: no list could tell them apart.
    #[error("unit {other} is called {name} already: give {code} another name")]
    NameTaken {
        /// The unit.
        code: UnitCode,
        /// The name.
        name: String,
        /// Who has it.
        other: UnitCode,
    },
    /// The name of a commune, ward or township without the word for what it is.
    #[error(
        "the name `{name}` of unit {code} does not begin with `{word}`: write it in full, as in `{word} {name}`, or say another kind"
    )]
    NoKindWord {
        /// The unit.
        code: UnitCode,
        /// The name.
        name: String,
        /// The word for its kind.
        word: &'static str,
    },
    /// What would come out is no tree.
    #[error(transparent)]
    Tree(#[from] UnitError),
}

impl Units {
    /// What every unit that a change touches will be from `effective` on: those made first, those
    /// ended last.
    ///
    /// # Errors
    /// A [`ChangeError`].
    pub fn plan(&self, change: &Change, effective: Date) -> Result<Vec<Unit>, ChangeError> {
        let after = match change {
            Change::Merge { units, into, new } => {
                self.merged(units, into, new.as_deref(), effective)?
            }
            Change::Split { unit, parts, ends } => self.split(unit, parts, *ends, effective)?,
            Change::Rename { unit, name, kind } => {
                let own = self.living(unit)?;
                let kind = kind.unwrap_or(own.kind);
                vec![Unit { name: name.clone(), kind, ..own.clone() }]
            }
            Change::Move { unit, parent, basis } => {
                let own = self.living(unit)?;
                let parent = Some(self.living(parent)?.code.clone());
                vec![Unit { parent, parent_basis: *basis, ..own.clone() }]
            }
            Change::Close { unit, successors } => {
                let own = self.living(unit)?;
                for successor in successors {
                    self.living(successor)?;
                }
                self.ended(&[own], successors, effective)
            }
        };
        if after.len() > CHANGE_UNITS_MAX {
            return Err(ChangeError::TooMany { count: after.len() });
        }
        self.check_days(&after, effective)?;
        let is_named = |unit: &&Unit| {
            self.get(&unit.code).is_none_or(|own| own.name != unit.name || own.kind != unit.kind)
        };
        after.iter().filter(is_named).try_for_each(Unit::must_name_kind)?;
        let mut next = self.clone();
        next.reorganize(&after, effective)?;
        next.check_names(&after)?;
        Ok(after)
    }

    /// Whether every commune, or unit above, that was touched has a name of its own.
    pub(in crate::domain) fn check_names(&self, touched: &[Unit]) -> Result<(), ChangeError> {
        for unit in touched {
            if let Some(other) = self.namesake(unit) {
                return Err(ChangeError::NameTaken {
                    code: unit.code.clone(),
                    name: unit.name.clone(),
                    other: other.code.clone(),
                });
            }
        }
        Ok(())
    }

    fn living(&self, code: &UnitCode) -> Result<&Unit, ChangeError> {
        match self.get(code) {
            None => Err(ChangeError::Unknown { code: code.clone() }),
            Some(unit) if unit.is_closed() => Err(ChangeError::Closed { code: code.clone() }),
            Some(unit) => Ok(unit),
        }
    }

    fn merged(
        &self,
        units: &[UnitCode],
        into: &UnitCode,
        new: Option<&Unit>,
        effective: Date,
    ) -> Result<Vec<Unit>, ChangeError> {
        let parts: Vec<&Unit> =
            units.iter().map(|code| self.living(code)).collect::<Result<_, _>>()?;
        let target = match new {
            Some(new) if new.code == *into => self.fresh(new, effective)?,
            Some(new) => return Err(ChangeError::BadNew { code: new.code.clone() }),
            None => self.living(into)?.clone(),
        };
        let all: BTreeSet<&UnitCode> = units.iter().chain([into]).collect();
        let level = |unit: &&Unit| unit.echelon() == target.echelon();
        let twice = units.len() != units.iter().collect::<BTreeSet<_>>().len();
        let is_province = target.echelon() == Echelon::Province;
        let ending: Vec<&Unit> = parts.iter().copied().filter(|unit| unit.code != *into).collect();
        if twice || all.len() < 2 || is_province || ending.is_empty() || !parts.iter().all(level) {
            return Err(ChangeError::BadParts);
        }
        let made = new.map(|_new| target.clone());
        let ended = self.ended(&ending, std::slice::from_ref(into), effective);
        Ok(made.into_iter().chain(ended).collect())
    }

    fn split(
        &self,
        code: &UnitCode,
        parts: &[Unit],
        ends: bool,
        effective: Date,
    ) -> Result<Vec<Unit>, ChangeError> {
        let own = self.living(code)?;
        let codes: BTreeSet<&UnitCode> = parts.iter().map(|unit| &unit.code).collect();
        let level = |unit: &Unit| unit.echelon() == own.echelon();
        let enough = parts.len() >= if ends { 2 } else { 1 };
        let sound = enough && codes.len() == parts.len() && parts.iter().all(level);
        if !sound || own.echelon() == Echelon::Province {
            return Err(ChangeError::BadParts);
        }
        let mut after: Vec<Unit> =
            parts.iter().map(|unit| self.fresh(unit, effective)).collect::<Result<_, _>>()?;
        if ends {
            let successors: Vec<UnitCode> = parts.iter().map(|unit| unit.code.clone()).collect();
            after.extend(self.ended(&[own], &successors, effective));
        }
        Ok(after)
    }

    /// A unit to be made: it begins on the day.
    fn fresh(&self, new: &Unit, effective: Date) -> Result<Unit, ChangeError> {
        if self.get(&new.code).is_some() || new.is_closed() {
            return Err(ChangeError::BadNew { code: new.code.clone() });
        }
        Ok(Unit { valid_from: Some(effective), ..new.clone() })
    }

    /// Units that end the day before, after what is under them came under the first successor.
    fn ended(&self, units: &[&Unit], successors: &[UnitCode], effective: Date) -> Vec<Unit> {
        let last_day = effective.yesterday().ok();
        let mut after = Vec::new();
        for unit in units {
            let Some(first) = successors.first() else { break };
            // What ends too needs no other place.
            let staying = self
                .children(&unit.code)
                .filter(|child| !units.iter().any(|ending| ending.code == child.code));
            after
                .extend(staying.map(|child| Unit { parent: Some(first.clone()), ..child.clone() }));
        }
        for unit in units {
            let mut unit = (*unit).clone();
            unit.valid_to = last_day;
            unit.former.successors = successors.to_vec();
            unit.former.successor_basis = ParentBasis::Sourced;
            after.push(unit);
        }
        after
    }

    /// Time goes forward for each unit, and each one changes. Two documents may change it on one day:
    /// on that day it is what the later one made of it.
    fn check_days(&self, after: &[Unit], day: Date) -> Result<(), ChangeError> {
        for unit in after {
            let code = || unit.code.clone();
            let Some(before) = self.get(&unit.code) else { continue };
            if before == unit {
                return Err(ChangeError::Nothing { code: code() });
            }
            let changed = self.past(&unit.code).last().map(|past| past.until);
            let last_day = unit.valid_to.unwrap_or(Date::MAX);
            let outlived = self.predecessors(&unit.code).any(|own| own.valid_to > Some(last_day));
            let is_after = changed.is_none_or(|until| until <= day.yesterday().unwrap_or(day));
            if !is_after || outlived || before.valid_from.is_some_and(|from| from >= day) {
                return Err(ChangeError::TooEarly { code: code(), day });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
