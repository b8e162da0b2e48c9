//! What a row of an import makes: the record it says, with what is stored where it says nothing.
//!
//! Called by the import for each row. Invariants: what comes of row and store is checked as a whole;
//! the owner takes it only if the store still has the version that it was made of; a row neither begins
//! nor ends a transfer, nor takes anybody back to where they moved from. Shows nothing of what it reads.

use crate::domain::ids::UnitCode;
use crate::domain::registry::{Lists, ProblemCode};
use crate::domain::unit::Units;
use crate::engine::records::RowMode;
use crate::index::{Keys, Row};
use crate::rpc::registry::{Caller, RegistryFault, RegistryParts};
use crate::wire::registry::{FieldProblem, Fields, RegistryRecord, View, encode};

/// What a row makes.
pub(super) struct Settled<R> {
    pub(super) record: R,
    pub(super) mode: RowMode,
    /// Codes of what is worth a look.
    pub(super) warnings: Vec<&'static str>,
}

impl RegistryParts {
    /// Nobody draws a record into their unit from one that is not theirs.
    pub(super) fn holder_is_reached<R: RegistryRecord>(
        &self,
        keys: &Keys,
        caller: &Caller,
        units: &Units,
    ) -> bool {
        let registry = self.engine.registry();
        let table = registry.table(R::KIND);
        let mut holders = keys.iter().filter_map(|key| table.get(&table.find(key)?));
        holders.all(|row| caller.reaches(&row.unit, units))
    }

    /// The record that an import's row would change, and its unit.
    fn holder<R: RegistryRecord>(&self, record: &R) -> Option<([u8; 16], UnitCode)> {
        let registry = self.engine.registry();
        let table = registry.table(R::KIND);
        let keys = record.numbers().into_iter().take(R::KNOWN_BY).flatten();
        let mut keys = keys.map(|(kind, text)| self.sealer.blind_index(kind, &text));
        let id = keys.find_map(|key| table.find(&key))?;
        Some((id, table.get(&id)?.unit))
    }

    /// Whether a row says something else than a record that was read: a list that says the same is no
    /// question of who moved where.
    fn differs<R: RegistryRecord>(&self, row: &R, stored: [u8; 16]) -> Result<bool, RegistryFault> {
        let new = Row::of(row, 0, &encode(row.clone()), &self.sealer)?;
        let registry = self.engine.registry();
        Ok(registry.table(R::KIND).get(&stored).is_none_or(|held| held.digest != new.digest))
    }

    /// What is worth a look in a record beside what its check said.
    fn looked_at<R: RegistryRecord>(
        &self,
        record: R,
        mode: RowMode,
        kept: Option<&'static str>,
    ) -> Settled<R> {
        let warnings = kept.into_iter().chain(self.base_unknown(&record)).collect();
        Settled { record, mode, warnings }
    }

    /// The record that a row makes, with what is stored of it where the row says nothing; or the
    /// reason why it makes none.
    pub(super) async fn settle<R: RegistryRecord>(
        &self,
        record: R,
        fields: Option<&Fields>,
        lists: &Lists<'_>,
    ) -> Result<Result<Settled<R>, &'static str>, RegistryFault> {
        let first = |problems: Vec<FieldProblem>| {
            problems.first().map_or("RECORD_INVALID", |problem| problem.code.code())
        };
        let mut checked = match record.checked(lists) {
            Ok(checked) => checked,
            Err(problems) => return Ok(Err(first(problems))),
        };
        let Some((id, unit)) = self.holder::<R>(&checked) else {
            checked.keep(None);
            let mode = fields.map_or(RowMode::Import, |_some| RowMode::Merge { seen: None });
            return Ok(Ok(self.looked_at(checked, mode, None)));
        };
        let Some(fields) = fields else {
            let moves = checked.facets()?.unit != unit;
            let is_moving = self.engine.registry().moving_to(&id).is_some();
            if (moves || is_moving) && self.differs(&checked, id)? {
                let stored = self.open::<R>(vec![id], View::Whole).await?.into_iter().next();
                let stored = stored.ok_or(RegistryFault::Unknown)?;
                let kept = checked.keep_from(&stored, lists.units);
                let mode = RowMode::Merge { seen: Some((id, stored.identity().1)) };
                return Ok(Ok(self.looked_at(checked, mode, kept)));
            }
            checked.keep(None);
            return Ok(Ok(self.looked_at(checked, RowMode::Import, None)));
        };
        // Not shown: what the row changes is read again for that, and recorded.
        let stored = self.open::<R>(vec![id], View::Whole).await?.into_iter().next();
        let stored = stored.ok_or(RegistryFault::Unknown)?;
        if checked.is_of_another(&stored) {
            return Ok(Err(ProblemCode::PersonConflict.code()));
        }
        let mut merged = match fields.merge(&stored, &checked)?.checked(lists) {
            Ok(merged) => merged,
            Err(problems) => return Ok(Err(first(problems))),
        };
        let kept = merged.keep_from(&stored, lists.units);
        let seen = Some((id, stored.identity().1));
        Ok(Ok(self.looked_at(merged, RowMode::Merge { seen }, kept)))
    }
}
