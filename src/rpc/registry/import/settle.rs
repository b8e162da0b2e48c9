//! What a row of an import makes: the record it says, with what is stored where it says nothing.
//!
//! Called by the import for each row. Invariants: what comes of row and store is checked as a whole;
//! the owner takes it only if the store still has the version that it was made of; a row neither begins
//! nor ends a transfer, nor takes anybody back to where they moved from, nor brings back what ended; a
//! list that is older than the record only fills in what it lacks. Shows nothing of what it reads.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;

use crate::domain::registry::{Lists, ProblemCode};
use crate::domain::unit::Units;
use crate::engine::records::RowMode;
use crate::index::{Keys, Row};
use crate::rpc::registry::{Caller, RegistryFault, RegistryParts};
use crate::wire::registry::{
    FieldProblem, Fields, RegistryRecord, Returning, View, changes as changes_of, encode, filled,
};

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
    /// The day as of which it tells what is known; none for today.
    pub(super) known: Option<Date>,
    /// Codes of what is worth a look.
    pub(super) warnings: Vec<&'static str>,
}

/// Why a row makes no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) reason: &'static str,
    /// The record that it conflicts with.
    pub(super) about: Option<[u8; 16]>,
    /// The fields in which they differ, where that is the reason.
    pub(super) differing: Vec<&'static str>,
}

impl From<&'static str> for Refused {
    fn from(reason: &'static str) -> Self {
        Self { reason, about: None, differing: Vec::new() }
    }
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

    /// The record that an import's row would change, also where it was entered under a unit that the
    /// row's unit followed.
    fn holder<R: RegistryRecord>(&self, record: &R, units: &Units) -> Option<[u8; 16]> {
        let registry = self.engine.registry();
        let table = registry.table(R::KIND);
        let find = |kind: &str, text: &str| table.find(&self.sealer.blind_index(kind, text));
        let mut own = record.numbers().into_iter().take(R::KNOWN_BY).flatten();
        let found = own.find_map(|(kind, text)| find(kind, &text));
        found.or_else(|| {
            record.other_numbers(units).iter().find_map(|(kind, text)| find(kind, text))
        })
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
        known: Option<Date>,
        told: impl IntoIterator<Item = &'static str>,
    ) -> Settled<R> {
        let warnings = told.into_iter().chain(self.base_unknown(&record)).collect();
        Settled { record, mode, known, warnings }
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
        let Some(id) = self.holder::<R>(&record, lists.units) else {
            return Ok(Ok(Checked { record, changes: None }));
        };
        let is_read = is_part || self.differs(&record, id)?;
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
    /// reason why it makes none. `list_day` is the day as of which the list tells what is known.
    pub(super) fn settle<R: RegistryRecord>(
        &self,
        Checked { record: mut row, changes }: Checked<R>,
        stored: &HashMap<[u8; 16], R>,
        fields: Option<&Fields>,
        list_day: Option<Date>,
        lists: &Lists<'_>,
    ) -> Result<Result<Settled<R>, Refused>, RegistryFault> {
        let Some(id) = changes else {
            row.keep(None);
            let merges = RowMode::Merge { seen: None };
            let mode = fields.map_or(RowMode::Import, |_some| merges);
            return Ok(Ok(self.looked_at(row, mode, list_day, None)));
        };
        let stored = stored.get(&id).ok_or(RegistryFault::Unknown)?;
        let differing = row.of_another_in(stored);
        if !differing.is_empty() {
            let reason = ProblemCode::PersonConflict.code();
            return Ok(Err(Refused { reason, about: Some(id), differing }));
        }
        let newer = match fields {
            Some(fields) => fields.merge(stored, &row)?,
            None => row.clone(),
        };
        let known = known_on(stored)?;
        let is_older = list_day.max(row.facets()?.rechecked) < known;
        let is_older = is_older && list_day.is_some();
        let made = if is_older { filled(stored, &row)? } else { newer.clone() };
        let mut told = Vec::new();
        if is_older && !changes_of(&made, &newer).is_empty() {
            told.push("OLDER_THAN_RECORD");
        }
        let mut made = match made.checked(lists) {
            Ok(made) => made,
            Err(problems) => return Ok(Err(first(&problems).into())),
        };
        told.extend(made.keep_from(stored, lists.units));
        match made.returning(stored) {
            Returning::No => {}
            Returning::Explained => told.push("STATUS_RETURNED"),
            Returning::Unexplained => {
                let (reason, about) = ("STATUS_ENDED", Some(id));
                return Ok(Err(Refused { reason, about, differing }));
            }
        }
        let seen = Some((id, stored.identity().1));
        let known = list_day.map(|day| known.map_or(day, |known| known.max(day)));
        Ok(Ok(self.looked_at(made, RowMode::Merge { seen }, known, told)))
    }
}

/// The last day of which a stored record tells what is known.
fn known_on<R: RegistryRecord>(stored: &R) -> Result<Option<Date>, RegistryFault> {
    Ok(stored.known_on().max(stored.facets()?.rechecked))
}

fn first(problems: &[FieldProblem]) -> &'static str {
    problems.first().map_or("RECORD_INVALID", |problem| problem.code.code())
}
