//! What a row of an import makes: the record it says, with what is stored where it says nothing.
//!
//! Called by the import for each row. Invariants: what comes of row and store is checked as a whole;
//! the owner takes it only if the store still has the version that it was made of. Shows nothing of
//! what it reads.

use crate::domain::registry::{Lists, ProblemCode};
use crate::domain::unit::Units;
use crate::engine::records::RowMode;
use crate::index::Keys;
use crate::rpc::registry::{Caller, RegistryFault, RegistryParts};
use crate::wire::registry::{FieldProblem, Fields, RegistryRecord, View};

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

    /// The record that an import's row would change.
    fn holder<R: RegistryRecord>(&self, record: &R) -> Option<[u8; 16]> {
        let registry = self.engine.registry();
        let keys = record.numbers().into_iter().flatten();
        keys.map(|(kind, text)| self.sealer.blind_index(kind, &text))
            .find_map(|key| registry.table(R::KIND).find(&key))
    }

    /// The record that a row makes, with what is stored of it where the row says nothing; or the
    /// reason why it makes none.
    pub(super) async fn settle<R: RegistryRecord>(
        &self,
        record: R,
        fields: Option<&Fields>,
        lists: &Lists<'_>,
    ) -> Result<Result<(R, RowMode), &'static str>, RegistryFault> {
        let first = |problems: Vec<FieldProblem>| {
            problems.first().map_or("RECORD_INVALID", |problem| problem.code.code())
        };
        let mut checked = match record.checked(lists) {
            Ok(checked) => checked,
            Err(problems) => return Ok(Err(first(problems))),
        };
        let holder = self.holder::<R>(&checked);
        let Some(fields) = fields else {
            checked.keep(self.moving(holder).await?.as_ref());
            return Ok(Ok((checked, RowMode::Import)));
        };
        let Some(id) = holder else {
            checked.keep(None);
            return Ok(Ok((checked, RowMode::Merge { seen: None })));
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
        merged.keep(Some(&stored));
        let seen = Some((id, stored.identity().1));
        Ok(Ok((merged, RowMode::Merge { seen })))
    }
}
