//! Creating or replacing a unit.

use super::{Unit, UnitError, Units, fold};

impl Units {
    /// Creates a unit, or replaces the one of its code. A replaced unit keeps its level, so that the
    /// tree can never hold a circle.
    ///
    /// # Errors
    /// As [`Units::insert`]; [`UnitError::Taken`] also when the level would change.
    pub fn put(&mut self, unit: Unit) -> Result<(), UnitError> {
        let Some(present) = self.by_code.remove(&unit.code) else { return self.insert(unit) };
        self.name_anew();
        let outcome = if present.echelon() == unit.echelon() {
            self.insert(unit)
        } else {
            Err(UnitError::Taken { code: unit.code })
        };
        outcome.inspect_err(|_refused| {
            self.by_code.insert(present.code.clone(), present);
            self.name_anew();
        })
    }

    /// Replacing is rare and units are few: all names again is the simplest that is right.
    fn name_anew(&mut self) {
        self.by_name.clear();
        for unit in self.by_code.values() {
            self.by_name
                .entry(fold(&unit.name))
                .and_modify(|shared| *shared = None)
                .or_insert_with(|| Some(unit.code.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ParentBasis, UnitKind};
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
