//! Creating or replacing a unit.

use super::{Unit, UnitError, Units};
use crate::domain::ids::UnitCode;

impl Units {
    /// Creates a unit, or replaces the one of its code. A replaced unit keeps its level, so that the
    /// tree can never hold a circle.
    ///
    /// # Errors
    /// As [`Units::insert`]; [`UnitError::Taken`] also when the level would change.
    pub fn put(&mut self, unit: Unit) -> Result<(), UnitError> {
        let Some(present) = self.by_code.remove(&unit.code) else { return self.insert(unit) };
        let outcome = match self.last_child(&unit) {
            Some(child) => Err(UnitError::StillAbove { code: unit.code, child }),
            None if present.echelon() == unit.echelon() => self.insert(unit),
            None => Err(UnitError::Taken { code: unit.code }),
        };
        let outcome = outcome.inspect_err(|_refused| {
            self.by_code.insert(present.code.clone(), present);
        });
        self.index_anew();
        outcome
    }

    /// A living unit under one that is to be closed.
    fn last_child(&self, unit: &Unit) -> Option<UnitCode> {
        let is_under =
            |child: &&Unit| !child.is_closed() && child.parent.as_ref() == Some(&unit.code);
        let mut all = self.by_code.values().filter(|_any| unit.is_closed());
        all.find(is_under).map(|child| child.code.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Former, ParentBasis, UnitKind};
    use super::*;

    fn unit(code: &str, name: &str, kind: UnitKind, parent: Option<&str>) -> Unit {
        Unit {
            code: code.parse().expect("a code"),
            name: name.into(),
            kind,
            parent: parent.map(|code| code.parse().expect("a code")),
            parent_basis: ParentBasis::Sourced,
            area_hectares: None,
            population: None,
            valid_from: None,
            valid_to: None,
            former: Former::default(),
        }
    }

    #[test]
    fn a_replaced_unit_goes_by_its_new_name_and_keeps_its_level() {
        let mut units = Units::new();
        let province = unit("11", "Tỉnh", UnitKind::ProvincialCommand, None);
        units.put(province).expect("a new unit");
        let renamed = unit("11", "Bộ Chỉ huy", UnitKind::ProvincialCommand, None);
        units.put(renamed.clone()).expect("a renamed unit");
        assert_eq!(units.find("bo chi huy"), Some(&renamed));
        assert_eq!(units.find("tinh"), None);
        let lowered = unit("11", "Xã", UnitKind::Commune, Some("11"));
        assert!(units.put(lowered).is_err());
        assert_eq!(units.find("bo chi huy"), Some(&renamed));
    }
}
