//! What a row of an import makes: the record it says, with what is stored where it says nothing.
//!
//! Called by the import for each row. Invariants: what comes of row and store is checked as a whole;
//! the owner takes it only if the store still has the version that it was made of; a row neither begins
//! nor ends a transfer, nor takes anybody back to where they moved from. Shows nothing of what it reads.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use crate::domain::ids::UnitCode;
use crate::domain::registry::{Lists, ProblemCode};
use crate::domain::unit::Units;
use crate::engine::records::RowMode;
use crate::index::{Keys, Row};
use crate::rpc::registry::{Caller, RegistryFault, RegistryParts};
use crate::wire::registry::{FieldProblem, Fields, RegistryRecord, View, encode};

/// The fields that the rows of a batch speak of.
pub(super) struct Said {
    names: Vec<String>,
    /// None for all fields.
    whole: Option<Fields>,
    /// By the fields that a row keeps: rows of one list leave the same few sets of cells blank.
    without: HashMap<Vec<String>, Fields>,
}

impl Said {
    pub(super) fn read<R: RegistryRecord>(names: &[String]) -> Result<Self, RegistryFault> {
        let whole = (!names.is_empty()).then(|| Fields::parse::<R>(names)).transpose()?;
        Ok(Self { names: names.to_vec(), whole, without: HashMap::new() })
    }

    /// Whether they are not all fields of a record.
    pub(super) const fn is_part(&self) -> bool {
        self.whole.is_some()
    }

    /// Those of a row that says nothing of some; none for all.
    pub(super) fn by<R: RegistryRecord>(
        &mut self,
        kept: Vec<String>,
    ) -> Result<Option<&Fields>, RegistryFault> {
        if self.whole.is_none() || kept.is_empty() {
            return Ok(self.whole.as_ref());
        }
        Ok(Some(match self.without.entry(kept) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let own = Fields::without::<R>(&self.names, new.key())?;
                new.insert(own)
            }
        }))
    }
}

/// A row that says nothing impossible.
pub(super) struct Checked<R> {
    record: R,
    /// The stored record that is to be read for it.
    changes: Option<[u8; 16]>,
}

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

    /// Checks what a row says, and finds the record that it would change; or the reason why it makes
    /// none. `is_part` says that the file has columns for some fields only.
    pub(super) fn check<R: RegistryRecord>(
        &self,
        record: R,
        is_part: bool,
        lists: &Lists<'_>,
    ) -> Result<Result<Checked<R>, &'static str>, RegistryFault> {
        let record = match record.checked(lists) {
            Ok(checked) => checked,
            Err(problems) => return Ok(Err(first(&problems))),
        };
        let Some((id, unit)) = self.holder::<R>(&record) else {
            return Ok(Ok(Checked { record, changes: None }));
        };
        let is_read = is_part || {
            let moves = record.facets()?.unit != unit;
            let is_moving = self.engine.registry().moving_to(&id).is_some();
            (moves || is_moving) && self.differs(&record, id)?
        };
        Ok(Ok(Checked { record, changes: is_read.then_some(id) }))
    }

    /// What is stored of all that the rows of a batch would change, opened at once. Not shown: what a
    /// row changes is read again for that, and recorded.
    pub(super) async fn stored<R: RegistryRecord>(
        &self,
        rows: impl Iterator<Item = &Checked<R>>,
    ) -> Result<HashMap<[u8; 16], R>, RegistryFault> {
        let ids: BTreeSet<[u8; 16]> = rows.filter_map(|row| row.changes).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let ids: Vec<[u8; 16]> = ids.into_iter().collect();
        let stored = self.open::<R>(ids.clone(), View::Whole).await?;
        Ok(ids.into_iter().zip(stored).collect())
    }

    /// The record that a row makes, with what is stored of it where the row says nothing; or the
    /// reason why it makes none.
    pub(super) fn settle<R: RegistryRecord>(
        &self,
        Checked { record: mut checked, changes }: Checked<R>,
        stored: &HashMap<[u8; 16], R>,
        fields: Option<&Fields>,
        lists: &Lists<'_>,
    ) -> Result<Result<Settled<R>, &'static str>, RegistryFault> {
        let Some(id) = changes else {
            checked.keep(None);
            let merges = RowMode::Merge { seen: None };
            let mode = fields.map_or(RowMode::Import, |_some| merges);
            return Ok(Ok(self.looked_at(checked, mode, None)));
        };
        let stored = stored.get(&id).ok_or(RegistryFault::Unknown)?;
        if let Some(fields) = fields {
            if checked.is_of_another(stored) {
                return Ok(Err(ProblemCode::PersonConflict.code()));
            }
            checked = match fields.merge(stored, &checked)?.checked(lists) {
                Ok(merged) => merged,
                Err(problems) => return Ok(Err(first(&problems))),
            };
        }
        let kept = checked.keep_from(stored, lists.units);
        let seen = Some((id, stored.identity().1));
        Ok(Ok(self.looked_at(checked, RowMode::Merge { seen }, kept)))
    }
}

fn first(problems: &[FieldProblem]) -> &'static str {
    problems.first().map_or("RECORD_INVALID", |problem| problem.code.code())
}
