//! Creating or replacing a unit.

use super::{Unit, UnitError, Units};

impl Units {
    /// Creates a unit, or replaces the one of its code. A replaced unit keeps its level, so that the
    /// tree can never hold a circle.
    ///
    /// # Errors
    /// As [`Units::insert`].
    pub fn put(&mut self, unit: Unit) -> Result<(), UnitError> {
        let Some(present) = self.by_code.remove(&unit.code) else { return self.insert(unit) };
        if present.echelon() != unit.echelon() {
            let refused = UnitError::Taken { code: unit.code };
            self.by_code.insert(present.code.clone(), present);
            return Err(refused);
        }
        self.insert(unit).inspect_err(|_refused| {
            self.by_code.insert(present.code.clone(), present);
        })
    }
}
