//! What the rows of a batch change in the records they are about: old value and new.
//!
//! Called by the import before a batch goes to the engine, for the old content is gone afterwards. The
//! old records are read as for showing, so the reading is in the ledger before they are opened.
//! Invariants: what the engine did not update is not told; nor is a change from another version than
//! the one read; who may not see numbers and names gets them masked.

use std::collections::HashMap;

use crate::index::Row;
use crate::rpc::registry::{Caller, RegistryFault, RegistryParts};
use crate::wire::pb;
use crate::wire::registry::{RegistryRecord, View, changes};

/// A row that differs from the record it is about.
pub(super) struct Changing<R> {
    pub(super) row: u32,
    pub(super) id: [u8; 16],
    version: u64,
    new: R,
}

/// What the rows of a batch would change.
#[derive(Default)]
pub(super) struct Changes(HashMap<u32, ([u8; 16], u64, Vec<pb::FieldChange>)>);

impl Changes {
    /// What a row changed, now that it made this version of this record.
    pub(super) fn take(&mut self, row: u32, id: [u8; 16], version: u64) -> Option<pb::RowChange> {
        let (of, before, fields) = self.0.remove(&row)?;
        (of == id && before + 1 == version).then_some(pb::RowChange { row, fields })
    }
}

impl RegistryParts {
    /// The row, if there is a record of its numbers and it says something else.
    pub(super) fn changing<R: RegistryRecord>(
        &self,
        row: u32,
        new: R,
        index: &Row,
    ) -> Option<Changing<R>> {
        let registry = self.engine.registry();
        let table = registry.table(R::KIND);
        let id = index.keys.iter().take(R::KNOWN_BY).find_map(|key| table.find(key))?;
        let held = table.get(&id)?;
        (held.digest != index.digest).then_some(Changing { row, id, version: held.version, new })
    }

    /// The old and new values of rows that differ.
    pub(super) async fn changes<R: RegistryRecord>(
        &self,
        changing: Vec<Changing<R>>,
        caller: &Caller,
    ) -> Result<Changes, RegistryFault> {
        let ids = changing.iter().map(|one| one.id).collect();
        let old = self.read::<R>(ids, View::Whole, caller).await?;
        let view = if caller.sees_all { View::Whole } else { View::Masked };
        let told = old.into_iter().zip(changing).map(|(mut old, one)| {
            let (row, id, version, mut new) = (one.row, one.id, one.version, one.new);
            let differing = changes(&old, &new);
            old.show(view);
            new.show(view);
            let masked = changes(&old, &new);
            let fields = differing.into_iter().map(|change| {
                // A change that the mask hides is named without its values.
                let shown = masked.iter().find(|shown| shown.field == change.field).cloned();
                shown.unwrap_or_else(|| pb::FieldChange {
                    field: change.field,
                    ..Default::default()
                })
            });
            (row, (id, version, fields.collect()))
        });
        Ok(Changes(told.collect()))
    }
}
