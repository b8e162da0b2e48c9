//! Opening records to choose and to count: what the rules look at is taken out, the rest forgotten.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::domain::ids::SpecialtyCode;
use crate::domain::plan::{Candidate, Item, ReserveUnit, Subject};
use crate::domain::registry::eligibility::AgeLimits;
use crate::domain::world::RecordKind;
use crate::evidence::seal::{SealError, Sealer};
use crate::index::{StoredError, open_value};
use crate::limits;
use crate::rpc::registry::{RegistryFault, RegistryParts};
use crate::store::{Store, keys};
use crate::wire::registry::candidate::{Looking, candidate, item};
use crate::wire::registry::{RegistryRecord, decode};
use crate::wire::{WireError, pb};

/// What is looked for: candidates of other specialties are not even read, for a proposal has no more
/// to say of them than that they are of another specialty.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    specialties: BTreeSet<SpecialtyCode>,
    types: BTreeSet<SpecialtyCode>,
}

impl Wanted {
    pub(super) fn of<'a>(units: impl Iterator<Item = &'a ReserveUnit>) -> Self {
        let mut wanted = Self::default();
        for unit in units {
            for post in &unit.posts {
                wanted
                    .specialties
                    .extend(std::iter::once(&post.specialty).chain(&post.near).cloned());
            }
            for line in &unit.lines {
                wanted.types.extend(std::iter::once(&line.kind).chain(&line.near).cloned());
            }
        }
        wanted
    }
}

/// Candidates on both sides.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    pub(super) people: Vec<Candidate>,
    pub(super) items: Vec<Item>,
}

impl RegistryParts {
    /// Everybody and everything that could be wanted, as of a day. Reads the whole registry, page by
    /// page, beside the calls.
    pub(super) async fn candidates(
        &self,
        wanted: Wanted,
        day: Date,
    ) -> Result<Candidates, RegistryFault> {
        let assigned: BTreeSet<Subject> = self.engine.registry().plan.assigned().copied().collect();
        let (store, sealer, units) =
            (self.engine.store().clone(), self.sealer.clone(), self.units());
        let reading = tokio::task::spawn_blocking(move || {
            let limits = AgeLimits::shipped();
            let looking = Looking { units: &units, limits: &limits, day };
            let (store, mut found) = (store.as_ref(), Candidates::default());
            if !wanted.specialties.is_empty() {
                each::<pb::Reservist>(store, &sealer, |record| {
                    let code = record.specialty_code.parse().ok();
                    if code.is_some_and(|code| wanted.specialties.contains(&code)) {
                        let mut one = candidate(record, false, &looking)?;
                        one.is_assigned = assigned.contains(&Subject::Reservist(one.id));
                        found.people.push(one);
                    }
                    Ok(())
                })?;
            }
            if !wanted.types.is_empty() {
                each::<pb::Equipment>(store, &sealer, |record| {
                    let code = record.type_code.parse().ok();
                    if code.is_some_and(|code| wanted.types.contains(&code)) {
                        let mut one = item(record, false, &looking)?;
                        one.is_assigned = assigned.contains(&Subject::Equipment(one.id));
                        found.items.push(one);
                    }
                    Ok(())
                })?;
            }
            Ok(found)
        });
        reading.await.unwrap_or(Err(RegistryFault::Unreadable))
    }

    /// One person or item, as of a day; none where the record is gone.
    pub(super) async fn subject(
        &self,
        subject: Subject,
        day: Date,
    ) -> Result<Option<One>, RegistryFault> {
        let mut found = self.subjects(vec![subject], day).await?;
        Ok(found.pop().flatten())
    }

    /// Those asked for, in their order.
    pub(super) async fn subjects(
        &self,
        subjects: Vec<Subject>,
        day: Date,
    ) -> Result<Vec<Option<One>>, RegistryFault> {
        let (store, sealer, units) =
            (self.engine.store().clone(), self.sealer.clone(), self.units());
        let reading = tokio::task::spawn_blocking(move || {
            let limits = AgeLimits::shipped();
            let looking = Looking { units: &units, limits: &limits, day };
            let read = |subject: &Subject| one(store.as_ref(), &sealer, subject, &looking);
            subjects.iter().map(read).collect()
        });
        reading.await.unwrap_or(Err(RegistryFault::Unreadable))
    }
}

/// A person or an item.
#[derive(Debug)]
pub(super) enum One {
    Person(Candidate),
    Item(Item),
}

fn one(
    store: &dyn Store,
    sealer: &Sealer,
    subject: &Subject,
    looking: &Looking<'_>,
) -> Result<Option<One>, RegistryFault> {
    let id = subject.as_bytes();
    Ok(match subject {
        Subject::Reservist(_) => match open::<pb::Reservist>(store, sealer, id)? {
            Some(record) => Some(One::Person(candidate(&record, false, looking)?)),
            None => None,
        },
        Subject::Equipment(_) => match open::<pb::Equipment>(store, sealer, id)? {
            Some(record) => Some(One::Item(item(&record, false, looking)?)),
            None => None,
        },
    })
}

fn open<R: RegistryRecord>(
    store: &dyn Store,
    sealer: &Sealer,
    id: &[u8; 16],
) -> Result<Option<R>, RegistryFault> {
    let Some(value) = store.get(&keys::record(R::KIND, id))? else { return Ok(None) };
    let (version, content) = match open_value(sealer, R::KIND, id, &value) {
        Err(StoredError::Sealed(SealError::Erased)) => return Ok(None),
        opened => opened?,
    };
    decode(&content, *id, version).map(Some).or(Err(RegistryFault::Unreadable))
}

fn each<R: RegistryRecord>(
    store: &dyn Store,
    sealer: &Sealer,
    mut look: impl FnMut(&R) -> Result<(), WireError>,
) -> Result<(), RegistryFault> {
    let kind: RecordKind = R::KIND;
    let mut after = Vec::new();
    loop {
        let page = store.scan(keys::records(kind), &after, limits::SCAN_PAGE_LEN)?;
        let Some((last, _value)) = page.last() else { return Ok(()) };
        after.clone_from(last);
        for (key, value) in page {
            let id = keys::record_id(kind, &key).ok_or(RegistryFault::Unreadable)?;
            let (version, content) = match open_value(sealer, kind, &id, &value) {
                Err(StoredError::Sealed(SealError::Erased)) => continue,
                opened => opened?,
            };
            let record: R = decode(&content, id, version).or(Err(RegistryFault::Unreadable))?;
            look(&record)?;
        }
    }
}
