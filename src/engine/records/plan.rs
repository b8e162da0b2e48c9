//! Deciding on one batch of records, row by row, and what it writes.
//!
//! Invariants: in one batch a record is written once; a number belongs to one record; a request that
//! was carried out before writes nothing.

use std::collections::HashSet;

use jiff::civil::Date;
use ring::rand::SystemRandom;

use crate::domain::ids::UnitCode;
use crate::domain::plan::Subject;
use crate::domain::unit::{Unit, Units};
use crate::domain::world::{Event, RecordKind, RecordVersion};
use crate::engine::EngineError;
use crate::engine::records::{NewRecord, RecordJob, RecordOutcome, RowMode, RowOutcome};
use crate::evidence::seal::{PLAINTEXT_LEN_MAX, Sealer};
use crate::index::assignments::{Guard, PlanChange, Settling, subject_of};
use crate::index::{BlindKey, Known, Registry, Row, Table, seal_value};
use crate::limits;
use crate::store::{Op, keys};

#[derive(Debug)]
struct Put {
    kind: RecordKind,
    id: [u8; 16],
    value: Vec<u8>,
    index: Row,
    moving_to: Option<UnitCode>,
    commitment: [u8; 32],
    change: Option<PlanChange>,
}

/// What one batch of records writes.
#[derive(Debug)]
pub(in crate::engine) struct RecordPlan {
    rows: Vec<(u32, RowOutcome)>,
    puts: Vec<Put>,
    /// Assignments whose past days are settled before their holders' records change.
    settled: Vec<Put>,
}

/// Numbers and identities that earlier rows of the batch have taken.
#[derive(Default)]
struct Taken {
    keys: HashSet<BlindKey>,
    ids: HashSet<[u8; 16]>,
}

impl RecordJob {
    /// What to write; nothing where it is only asked what would be. `repeated` says that this very request was carried out before: then whatever
    /// is found under a row's numbers is its own earlier doing, and nothing is written.
    pub(in crate::engine) fn plan(
        &self,
        registry: &Registry,
        (units, today): (&Units, Date),
        repeated: bool,
    ) -> Result<RecordPlan, EngineError> {
        let (rows, puts, settled) = (Vec::new(), Vec::new(), Vec::new());
        let mut plan = RecordPlan { rows, puts, settled };
        let table = registry.table(self.kind);
        let mut taken = Taken::default();
        let mut guard = Guard::new(registry, units);
        for new in &self.rows {
            let placed =
                place(new, self.kind, table, units, repeated, &taken).and_then(|outcome| {
                    match outcome {
                        RowOutcome::Updated(id, _) if interferes(new, registry, &id) => {
                            Err("VERSION_CHANGED")
                        }
                        outcome => Ok((outcome, self.admit(new, outcome, &mut guard)?)),
                    }
                });
            let (outcome, change) = match placed {
                Ok(admitted) => admitted,
                Err(reason) => (RowOutcome::Refused(reason), None),
            };
            match outcome {
                RowOutcome::Created(id, version) | RowOutcome::Updated(id, version) => {
                    taken.ids.insert(id);
                    taken.keys.extend(new.index.keys.iter());
                    if !self.validate_only {
                        let put = self.seal(new, id, version)?;
                        plan.puts.push(Put { change, ..put });
                        if let Some(subject) = subject_of(self.kind, id) {
                            let settled = settle(registry, &subject, (today, units), &self.sealer)?;
                            plan.settled.extend(settled);
                        }
                    }
                }
                RowOutcome::Unchanged(id, _version) => {
                    taken.ids.insert(id);
                    taken.keys.extend(new.index.keys.iter());
                }
                RowOutcome::Refused(_) => {}
            }
            plan.rows.push((new.row, outcome));
        }
        if self.kind == RecordKind::Assignment {
            plan.all_or_none();
        }
        Ok(plan)
    }

    /// What a row that has its place changes in the plan, if the plan allows it.
    fn admit(
        &self,
        new: &NewRecord,
        outcome: RowOutcome,
        guard: &mut Guard<'_>,
    ) -> Result<Option<PlanChange>, &'static str> {
        let (RowOutcome::Created(id, version) | RowOutcome::Updated(id, version)) = outcome else {
            return Ok(None);
        };
        let change = PlanChange::read(self.kind, id, version, &new.content);
        let change = change.or(Err("RECORD_INVALID"))?;
        change.iter().try_for_each(|change| guard.admit(change))?;
        Ok(change)
    }

    fn seal(&self, new: &NewRecord, id: [u8; 16], version: u64) -> Result<Put, EngineError> {
        let rng = SystemRandom::new();
        let sealed = seal_value(&self.sealer, self.kind, &id, version, &new.content, &rng)
            .or(Err(EngineError::Unavailable { doing: "out of randomness for a record" }))?;
        let index = Row { version, ..new.index.clone() };
        let moving_to = new.moving_to.clone();
        let commitment = sealed.commitment;
        let kind = self.kind;
        Ok(Put { kind, id, value: sealed.bytes, index, moving_to, commitment, change: None })
    }
}

/// The assignments of one whose record changes or goes, the days until yesterday settled and sealed.
fn settle(
    registry: &Registry,
    subject: &Subject,
    (today, units): (Date, &Units),
    sealer: &Sealer,
) -> Result<Vec<Put>, EngineError> {
    let settling = registry.settle(subject, today, units, sealer);
    // What is in the plan was read from what this program wrote.
    let settling = settling.or(Err(EngineError::Unavailable { doing: "refusing its own plan" }))?;
    let (kind, rng) = (RecordKind::Assignment, SystemRandom::new());
    let seal = |Settling { id, version, content, index, change }: Settling| {
        let sealed = seal_value(sealer, kind, &id, version, &content, &rng)
            .or(Err(EngineError::Unavailable { doing: "out of randomness for a record" }))?;
        let (value, commitment) = (sealed.bytes, sealed.commitment);
        Ok(Put { kind, id, value, index, moving_to: None, commitment, change: Some(change) })
    };
    settling.into_iter().map(seal).collect()
}

/// Whether an import would end or begin a transfer that it did not know of: one that was begun or
/// decided after the import had looked.
fn interferes(new: &NewRecord, registry: &Registry, id: &[u8; 16]) -> bool {
    let under_way = registry.moving_to(id);
    let imports = matches!(new.mode, RowMode::Import | RowMode::Merge { .. });
    imports && under_way != new.moving_to.as_ref()
}

/// Where a row goes, or the reason why nowhere.
fn place(
    new: &NewRecord,
    kind: RecordKind,
    table: &Table,
    units: &Units,
    repeated: bool,
    taken: &Taken,
) -> Result<RowOutcome, &'static str> {
    if new.content.len() > PLAINTEXT_LEN_MAX {
        return Err("RECORD_TOO_LARGE");
    }
    if new.index.keys.iter().any(|key| taken.keys.contains(key)) {
        return Err("DUPLICATE_IN_FILE");
    }
    if units.get(&new.index.facets.unit).is_none() {
        return Err("UNIT_UNKNOWN");
    }
    // A unit that ended with nothing in its place is reached by no order: nothing moves in.
    let unit = &new.index.facets.unit;
    let is_lost = units.get(units.current(unit)).is_none_or(Unit::is_closed);
    let Some((id, row)) = holder(new, kind, table, repeated)? else {
        if repeated {
            // Refused then, or changed since: carrying it out now would be a second time.
            return Err("REQUEST_REPEATED");
        }
        if matches!(new.mode, RowMode::Merge { seen: Some(_) }) {
            return Err("VERSION_CHANGED");
        }
        if is_lost {
            return Err("UNIT_CLOSED");
        }
        if taken.ids.contains(&new.fresh_id) || table.get(&new.fresh_id).is_some() {
            return Err("NUMBER_EXISTS");
        }
        return Ok(RowOutcome::Created(new.fresh_id, 1));
    };
    // One row by chassis, another by plate, and both mean this record.
    if taken.ids.contains(&id) {
        return Err("DUPLICATE_IN_FILE");
    }
    if repeated || row.digest == new.index.digest {
        return Ok(RowOutcome::Unchanged(id, row.version));
    }
    if is_lost && row.unit != *unit {
        return Err("UNIT_CLOSED");
    }
    match new.mode {
        RowMode::Update { version, .. } if version != row.version => Err("VERSION_CHANGED"),
        RowMode::Merge { seen } if seen != Some((id, row.version)) => Err("VERSION_CHANGED"),
        _current => Ok(RowOutcome::Updated(id, row.version + 1)),
    }
}

/// The record that a row is about, if there is one.
fn holder(
    new: &NewRecord,
    kind: RecordKind,
    table: &Table,
    repeated: bool,
) -> Result<Option<([u8; 16], Known)>, &'static str> {
    let mut holders = new.index.keys.iter().filter_map(|key| table.find(key));
    // A person is known by the citizen number alone: who has the same card is somebody else.
    let person = new.index.keys.first().and_then(|key| table.find(key));
    let is_other_card = kind == RecordKind::Reservist
        && match new.mode {
            RowMode::Update { id, .. } => person.is_none_or(|person| person == id),
            _by_number => true,
        };
    if let RowMode::Update { id, .. } = new.mode {
        if holders.any(|other| other != id) {
            return Err(if is_other_card { "CARD_EXISTS" } else { "NUMBER_EXISTS" });
        }
        return table.get(&id).map(|row| Some((id, row))).ok_or("RECORD_UNKNOWN");
    }
    let Some(id) = holders.next() else { return Ok(None) };
    let row = table.get(&id).ok_or("RECORD_UNKNOWN")?;
    let another = holders.any(|other| other != id) || !row.keys.are_of_one_thing(&new.index.keys);
    if another && is_other_card {
        return Err("CARD_EXISTS");
    }
    if another || (new.mode == RowMode::Create && !repeated) {
        return Err("NUMBER_EXISTS");
    }
    Ok(Some((id, row)))
}

impl RecordPlan {
    /// What is to be written before a record is erased: the days past of the places that it held.
    pub(in crate::engine) fn erasing(
        registry: &Registry,
        (kind, id): (RecordKind, [u8; 16]),
        on: (Date, &Units),
        sealer: &Sealer,
    ) -> Result<Self, EngineError> {
        let settled = match subject_of(kind, id) {
            Some(subject) => settle(registry, &subject, on, sealer)?,
            None => Vec::new(),
        };
        Ok(Self { rows: Vec::new(), puts: Vec::new(), settled })
    }

    /// Assignments of one batch stand or fall together: half a proposal, or an end without its
    /// replacement, is nobody's wish.
    fn all_or_none(&mut self) {
        let is_refused =
            |(_row, outcome): &(u32, RowOutcome)| matches!(outcome, RowOutcome::Refused(_));
        if self.rows.iter().any(is_refused) {
            self.puts.clear();
            for (_row, outcome) in &mut self.rows {
                if matches!(outcome, RowOutcome::Created(..) | RowOutcome::Updated(..)) {
                    *outcome = RowOutcome::Refused("OTHERS_REFUSED");
                }
            }
        }
    }

    /// The ledger's words of it, that of the records themselves last; none when nothing changes.
    pub(in crate::engine) fn events(&self) -> Vec<Event> {
        let word = |puts: &[Put]| {
            let kind = puts.first()?.kind;
            let versions = puts.iter().map(|put| RecordVersion {
                id: put.id,
                version: put.index.version,
                commitment: put.commitment,
            });
            Some(Event::RecordsPut { kind, records: versions.collect() })
        };
        let settled = self.settled.chunks(limits::RECORDS_PER_BATCH_MAX);
        settled.chain([&self.puts[..]]).filter_map(word).collect()
    }

    /// The sealed content, for the same batch as the ledger's words.
    pub(in crate::engine) fn take_ops(&mut self) -> Vec<Op> {
        let op = |put: &mut Put| Op::Put {
            key: keys::record(put.kind, &put.id),
            value: std::mem::take(&mut put.value),
        };
        self.settled.iter_mut().chain(&mut self.puts).map(op).collect()
    }

    /// It is durable: everybody may find it.
    pub(in crate::engine) fn publish(&self, registry: &mut Registry) {
        let puts = || self.settled.iter().chain(&self.puts);
        for put in puts() {
            put.change.iter().for_each(|change| registry.apply_plan(change.clone()));
        }
        for put in puts() {
            registry.table_mut(put.kind).put(put.id, &put.index);
            registry.set_moving(put.id, put.moving_to.clone());
        }
    }

    pub(in crate::engine) fn outcome(self, ledger_index: Option<u64>) -> RecordOutcome {
        RecordOutcome { rows: self.rows, ledger_index }
    }
}
