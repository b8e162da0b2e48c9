//! What a list says of a unit that is there already.
//!
//! Called by the world when units are put, and by whoever previews a list. Facts without history (people,
//! area, a first day that was not known) are taken over; whatever a unit *was* on some day (its name,
//! kind, place and end) is no list's to change: that is a reorganization, with a day, a preview and an
//! undoing. What a list leaves blank stays as it is known.

use super::{Echelon, Unit, Units};
use crate::domain::ids::UnitCode;
use crate::domain::text::fold;

/// Why a list does not change a unit that is there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rewrite {
    /// Another name or kind.
    #[error(
        "unit {code} is called {held} ({held_kind}): rename it from a day on with `unit rename {code} NAME --effective DATE --document TEXT`"
    )]
    Name {
        /// The unit.
        code: UnitCode,
        /// Its name.
        held: String,
        /// Its kind.
        held_kind: &'static str,
    },
    /// Another parent, or one that is known otherwise.
    #[error(
        "unit {code} is under {held} ({basis}): move it from a day on with `unit move {code} --under CODE --effective DATE --document TEXT`"
    )]
    Place {
        /// The unit.
        code: UnitCode,
        /// Its parent.
        held: String,
        /// How well that is known.
        basis: &'static str,
    },
    /// A kind of another level.
    #[error(
        "unit {code} is a {held}, and no unit goes to another level: give the other a code of its own"
    )]
    Level {
        /// The unit.
        code: UnitCode,
        /// Its level.
        held: &'static str,
    },
    /// An end that is not known.
    #[error(
        "unit {code} lives: end it from a day on with `unit close {code}` or `unit merge {code} --into CODE`, with --effective and --document"
    )]
    End {
        /// The unit.
        code: UnitCode,
    },
    /// Something else of its history.
    #[error("unit {code} has another {what} here: what is known of its history is not rewritten")]
    History {
        /// The unit.
        code: UnitCode,
        /// What.
        what: &'static str,
    },
}

impl Rewrite {
    /// The unit.
    pub const fn code(&self) -> &UnitCode {
        match self {
            Self::Name { code, .. }
            | Self::Place { code, .. }
            | Self::Level { code, .. }
            | Self::End { code }
            | Self::History { code, .. } => code,
        }
    }
}

impl Unit {
    /// This unit with what another state of it knows of facts without history.
    #[must_use]
    pub(super) fn with_facts_of(self, other: &Self) -> Self {
        Self { area_hectares: other.area_hectares, population: other.population, ..self }
    }

    /// Whether another state of it differs in facts without history alone.
    pub(in crate::domain) fn is_but_for_facts(&self, other: &Self) -> bool {
        self.clone().with_facts_of(other) == *other
    }
}

impl Units {
    /// What a unit becomes when a list says so: as the list has it when it is new, else as it is with
    /// the facts of the list.
    ///
    /// # Errors
    /// The first [`Rewrite`] that the list asks for.
    pub fn listed(&self, said: &Unit) -> Result<Unit, Rewrite> {
        let Some(held) = self.get(&said.code) else { return Ok(said.clone()) };
        let code = || held.code.clone();
        if said.echelon() != held.echelon() {
            return Err(Rewrite::Level { code: code(), held: held.echelon().as_str() });
        }
        if said.name != held.name || said.kind != held.kind {
            let (held, held_kind) = (held.name.clone(), held.kind.as_str());
            return Err(Rewrite::Name { code: code(), held, held_kind });
        }
        let is_elsewhere = said.parent.is_some() && said.parent != held.parent;
        if is_elsewhere || (said.parent.is_some() && said.parent_basis != held.parent_basis) {
            let parent = held.parent.as_ref().map(ToString::to_string).unwrap_or_default();
            let basis = held.parent_basis.as_str();
            return Err(Rewrite::Place { code: code(), held: parent, basis });
        }
        self.check_history(said, held)?;
        let mut unit = held.clone();
        unit.area_hectares = said.area_hectares.or(held.area_hectares);
        unit.population = said.population.or(held.population);
        unit.valid_from = held.valid_from.or(said.valid_from);
        let former = &mut unit.former;
        former.official_code =
            former.official_code.take().or_else(|| said.former.official_code.clone());
        if former.other_parents.is_empty() {
            former.other_parents.clone_from(&said.former.other_parents);
        }
        Ok(unit)
    }

    /// What was not known may be filled in, unless the unit was reorganized here: then it is.
    fn check_history(&self, said: &Unit, held: &Unit) -> Result<(), Rewrite> {
        fn differs<T: PartialEq>(said: &T, held: &T, blank: &T, is_settled: bool) -> bool {
            said != blank && said != held && (is_settled || held != blank)
        }
        let is_settled = !self.past(&held.code).is_empty();
        let (own, other) = (&held.former, &said.former);
        if !held.is_closed() && (said.is_closed() || !other.successors.is_empty()) {
            return Err(Rewrite::End { code: held.code.clone() });
        }
        let basis = !other.successors.is_empty() && other.successor_basis != own.successor_basis;
        let faults = [
            ("first day", differs(&said.valid_from, &held.valid_from, &None, is_settled)),
            ("last day", differs(&said.valid_to, &held.valid_to, &None, true)),
            ("successor", basis || differs(&other.successors, &own.successors, &Vec::new(), true)),
            ("parent", differs(&other.other_parents, &own.other_parents, &Vec::new(), is_settled)),
            ("code", differs(&other.official_code, &own.official_code, &None, is_settled)),
        ];
        match faults.into_iter().find(|(_what, differs)| *differs) {
            Some((what, _differs)) => Err(Rewrite::History { code: held.code.clone(), what }),
            None => Ok(()),
        }
    }

    /// Another living unit, a commune or above, that is called as this one is: no list could tell the
    /// two apart.
    pub fn namesake(&self, unit: &Unit) -> Option<&Unit> {
        let is_named = |unit: &Unit| !unit.is_closed() && unit.echelon() <= Echelon::Commune;
        let name = fold(&unit.name);
        let all = self.indexes.named(&name).filter_map(|code| self.get(code));
        let mut others = all.filter(|other| other.code != unit.code && is_named(other));
        others.find(|other| is_named(unit) && fold(&other.name) == name)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::unit::{Change, ParentBasis, UnitKind};
    use crate::sim::province;

    fn commune() -> (Units, Unit) {
        let units = Units::from_list(province::units()).expect("they hang together");
        let unit = units.get(&"03160".parse().expect("a code")).expect("a commune").clone();
        (units, unit)
    }

    #[test]
    fn a_list_brings_facts_and_what_it_leaves_blank_stays() {
        let (units, held) = commune();
        let counted = Unit { population: Some(25_001), ..held.clone() };
        assert_eq!(units.listed(&counted), Ok(counted.clone()));
        let blank = Unit {
            population: None,
            area_hectares: None,
            valid_from: None,
            parent: None,
            ..held.clone()
        };
        assert_eq!(units.listed(&blank), Ok(held.clone()));
        let new = Unit { code: "03161".parse().expect("a code"), ..held };
        assert_eq!(units.listed(&new), Ok(new.clone()), "a new one is as the list has it");
    }

    #[test]
    fn what_a_unit_was_is_no_lists_to_change_and_the_command_for_it_is_named() {
        let (units, held) = commune();
        let said = |change: &dyn Fn(&mut Unit)| {
            let mut unit = held.clone();
            change(&mut unit);
            units.listed(&unit).expect_err("it has a history").to_string()
        };
        assert!(said(&|unit| unit.name = "Xã Đổi Tên".into()).contains("`unit rename 03160"));
        assert!(said(&|unit| unit.kind = UnitKind::Ward).contains("`unit rename 03160"));
        let kv2 = Some("KV2".parse().expect("a code"));
        assert!(said(&|unit| unit.parent.clone_from(&kv2)).contains("`unit move 03160"));
        assert!(said(&|unit| unit.parent_basis = ParentBasis::Weak).contains("`unit move 03160"));
        assert!(said(&|unit| unit.kind = UnitKind::DefensiveAreaCommand).contains("level"));
        let ended = Some(date(2026, 1, 31));
        assert!(said(&|unit| unit.valid_to = ended).contains("`unit close 03160"));
        assert!(said(&|unit| unit.valid_from = ended).contains("another first day"));
    }

    #[test]
    fn a_first_day_that_was_not_known_is_filled_in_unless_the_unit_was_changed_since() {
        let (mut units, held) = commune();
        let unknown = Unit { valid_from: None, ..held.clone() };
        units.put(unknown).expect("a unit");
        assert_eq!(units.listed(&held), Ok(held.clone()));
        let rename =
            Change::Rename { unit: held.code.clone(), name: "Xã Mới".into(), kind: None };
        let after = units.plan(&rename, date(2026, 1, 1)).expect("a sound change");
        units.reorganize(&after, date(2026, 1, 1)).expect("planned");
        let said = Unit { name: "Xã Mới".into(), ..held };
        assert!(matches!(units.listed(&said), Err(Rewrite::History { .. })));
    }

    #[test]
    fn two_living_communes_of_one_name_are_seen() {
        let (units, held) = commune();
        let twin = Unit { code: "03161".parse().expect("a code"), ..held.clone() };
        assert_eq!(units.namesake(&twin).map(|unit| &unit.code), Some(&held.code));
        assert_eq!(units.namesake(&held), None);
    }
}
