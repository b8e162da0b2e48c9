use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use ring::rand::SystemRandom;

use super::*;
use crate::clock::ManualClock;
use crate::domain::ids::UnitCode;
use crate::domain::instant::Instant;
use crate::domain::unit::Change as UnitChange;
use crate::domain::world::{Event, RecordVersion};
use crate::engine::{Engine, Parts};
use crate::evidence::seal::Belongs;
use crate::evidence::seal::keyring::{Change, KeepError, KeepKeys, Keyring};
use crate::index::{LoadError, Registry, kind_name, open_value};
use crate::limits;
use crate::sim::province;
use crate::store::memory::{Fault, MemoryStore};
use crate::store::{Batch, Store, keys};
use crate::tasks::Tasks;
use crate::telemetry::metrics::Metrics;
use crate::wire::pb;
use crate::wire::registry::{RegistryRecord, encode};

pub(crate) fn sealer() -> Arc<Sealer> {
    Arc::new(Sealer::new(&[7; 32]))
}

/// An engine over a store, on 2026-01-31.
pub(crate) fn start(store: &Arc<MemoryStore>, tasks: &Tasks) -> Engine {
    start_with(store, &sealer(), tasks)
}

/// The same, with these keys.
pub(crate) fn start_with(store: &Arc<MemoryStore>, sealer: &Sealer, tasks: &Tasks) -> Engine {
    let registry = Registry::load(store.as_ref(), sealer).expect("a sound store");
    let parts = Parts {
        store: store.clone(),
        clock: Arc::new(ManualClock::at(Instant::from_millis(1_769_817_600_000))),
        ledger_key: None,
        registry,
        metrics: Metrics::noop(),
    };
    Engine::start(parts, tasks).expect("a sound ledger")
}

/// A keyring on a disk in memory, which can be in the way.
#[derive(Debug)]
pub(crate) struct Kept {
    sealer: Arc<Sealer>,
    disk: Mutex<Vec<u8>>,
    pub(crate) full: AtomicBool,
}

const MASTER: [u8; 32] = [1; 32];

impl Kept {
    /// The keys of [`sealer`].
    pub(crate) fn new() -> Arc<Self> {
        let sealed = sealer().keyring().seal(&MASTER, &SystemRandom::new()).expect("random");
        Self::from_disk(sealed)
    }

    pub(crate) fn from_disk(disk: Vec<u8>) -> Arc<Self> {
        let keyring = Keyring::open(&MASTER, &disk).expect("whole");
        let (sealer, disk) = (Arc::new(Sealer::of(keyring)), Mutex::new(disk));
        Arc::new(Self { sealer, disk, full: AtomicBool::new(false) })
    }

    /// What a crash leaves, or a copy.
    pub(crate) fn disk(&self) -> Vec<u8> {
        self.disk.lock().expect("no test panics in it").clone()
    }
}

impl KeepKeys for Kept {
    fn sealer(&self) -> &Arc<Sealer> {
        &self.sealer
    }

    fn change(&self, change: Change<'_>) -> Result<u64, KeepError> {
        let mut next = Keyring::clone(&self.sealer.keyring());
        if !change(&mut next)? {
            return Ok(next.version());
        }
        if self.full.load(Ordering::Relaxed) {
            return Err(KeepError::Write { reason: "no room".to_owned() });
        }
        next.advance();
        let version = next.version();
        let sealed = next.seal(&MASTER, &SystemRandom::new())?;
        *self.disk.lock().expect("no test panics in it") = sealed;
        self.sealer.replace(next);
        Ok(version)
    }
}

/// An engine with a province and its units.
pub(crate) async fn founded(store: &Arc<MemoryStore>, tasks: &Tasks) -> Engine {
    let engine = start(store, tasks);
    let mut units = province::units();
    units.sort_by_key(crate::domain::unit::Unit::echelon);
    let found =
        Command::Found { province: units[0].code.clone(), origin: "hoatoc.test/11".to_owned() };
    for command in [found, Command::PutUnits(units)] {
        let request = Request { actor: Actor::Server, id: None, command };
        engine.submit(request).await.expect("the first requests of all");
    }
    engine
}

struct Bench {
    store: Arc<MemoryStore>,
    engine: Engine,
    _tasks: Tasks,
}

impl Bench {
    async fn new() -> Self {
        let (store, tasks) = (Arc::new(MemoryStore::new()), Tasks::new());
        let engine = founded(&store, &tasks).await;
        Self { store, engine, _tasks: tasks }
    }

    async fn put_as(
        &self,
        id: Option<&str>,
        kind: RecordKind,
        rows: Vec<NewRecord>,
    ) -> Result<RecordOutcome, EngineError> {
        let id = id.map(|id| (id.parse().expect("a request id"), [1; 32]));
        let put = self.engine.put_records(|reply| RecordJob {
            actor: Actor::Server,
            id,
            kind,
            rows,
            validate_only: false,
            sealer: sealer(),
            reply,
        });
        put.await
    }

    async fn put(&self, rows: Vec<NewRecord>) -> Vec<RowOutcome> {
        let outcome = self.put_as(None, RecordKind::Reservist, rows).await.expect("carried out");
        outcome.rows.into_iter().map(|(_row, outcome)| outcome).collect()
    }

    async fn put_items(&self, rows: Vec<NewRecord>) -> Vec<RowOutcome> {
        let outcome = self.put_as(None, RecordKind::Equipment, rows).await.expect("carried out");
        outcome.rows.into_iter().map(|(_row, outcome)| outcome).collect()
    }

    /// The versions that the ledger names, oldest first.
    fn recorded(&self) -> Vec<(RecordKind, RecordVersion)> {
        let leaves = self.store.scan(keys::LEDGER, b"", 10_000).expect("in memory");
        let mut recorded = Vec::new();
        for (_key, leaf) in leaves {
            let entry = crate::wire::entry::decode(&leaf).expect("its own leaf");
            if let Event::RecordsPut { kind, records } = entry.event {
                recorded.extend(records.into_iter().map(|record| (kind, record)));
            }
        }
        recorded
    }
}

/// What the ledger is to say of a stored value.
pub(crate) fn commitment(
    sealer: &Sealer,
    kind: RecordKind,
    record: &RecordVersion,
    value: &[u8],
) -> [u8; 32] {
    let (record_id, version) = (&record.id, record.version);
    let belongs = Belongs { record_id, kind: kind_name(kind), version };
    sealer.open_committed(&belongs, &value[8..]).expect("its own").commitment
}

pub(crate) fn people(count: u32) -> Vec<pb::Reservist> {
    province::reservists(3, count).map(|person| pb::Reservist::from(&person)).collect()
}

fn new_record<R: RegistryRecord>(record: &R, mode: RowMode) -> NewRecord {
    let content = encode(record.clone());
    let index = Row::of(record, 0, &content, &sealer()).expect("good codes");
    let fresh_id = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, &content).into_bytes();
    let moving_to = record.moving_to().map(|unit| unit.parse().expect("a code"));
    NewRecord { row: 7, mode, fresh_id, content, index, moving_to }
}

pub(crate) fn imported<R: RegistryRecord>(record: &R) -> NewRecord {
    new_record(record, RowMode::Import)
}

fn id_of(outcome: &RowOutcome) -> [u8; 16] {
    match outcome {
        RowOutcome::Created(id, _) | RowOutcome::Updated(id, _) | RowOutcome::Unchanged(id, _) => {
            *id
        }
        RowOutcome::Refused(reason) => panic!("refused: {reason}"),
    }
}

#[tokio::test]
async fn a_record_is_created_updated_and_left_alone_when_nothing_differs() {
    let bench = Bench::new().await;
    let mut person = people(1).remove(0);
    let created = bench.put(vec![new_record(&person, RowMode::Create)]).await;
    let id = id_of(&created[0]);
    assert_eq!(created, [RowOutcome::Created(id, 1)]);
    person.note = "Mới".to_owned();
    let update = |version| RowMode::Update { id, version };
    assert_eq!(bench.put(vec![new_record(&person, update(1))]).await, [RowOutcome::Updated(id, 2)]);
    let size = bench.engine.ledger().size();
    assert_eq!(
        bench.put(vec![new_record(&person, update(2))]).await,
        [RowOutcome::Unchanged(id, 2)]
    );
    assert_eq!(bench.engine.ledger().size(), size, "nothing changed, nothing recorded");
    person.note = "Khác".to_owned();
    assert_eq!(
        bench.put(vec![new_record(&person, update(1))]).await,
        [RowOutcome::Refused("VERSION_CHANGED")]
    );
    let nobody = RowMode::Update { id: [9; 16], version: 1 };
    let refused = bench.put(vec![new_record(&people(2)[1], nobody)]).await;
    assert_eq!(refused, [RowOutcome::Refused("RECORD_UNKNOWN")]);
}

#[tokio::test]
async fn a_number_belongs_to_one_record() {
    let bench = Bench::new().await;
    let people = people(2);
    let made = bench.put(people.iter().map(imported).collect()).await;
    let again = bench.put(vec![new_record(&people[0], RowMode::Create)]).await;
    assert_eq!(again, [RowOutcome::Refused("NUMBER_EXISTS")]);
    let mut second = people[1].clone();
    second.citizen_id.clone_from(&people[0].citizen_id);
    let mode = RowMode::Update { id: id_of(&made[1]), version: 1 };
    let stolen = bench.put(vec![new_record(&second, mode)]).await;
    assert_eq!(stolen, [RowOutcome::Refused("NUMBER_EXISTS")]);
}

#[tokio::test]
async fn an_import_creates_updates_and_refuses_row_by_row() {
    let bench = Bench::new().await;
    let people = people(4);
    let first = bench.put(people[..2].iter().map(imported).collect()).await;
    let mut changed = people[1].clone();
    changed.note = "Mới".to_owned();
    let mut lost = people[3].clone();
    lost.residence_unit_code = "NOWHERE".to_owned();
    let rows = [&people[0], &changed, &people[2], &people[2], &lost];
    let second = bench.put(rows.into_iter().map(imported).collect()).await;
    let fresh = id_of(&second[2]);
    assert_eq!(
        second,
        [
            RowOutcome::Unchanged(id_of(&first[0]), 1),
            RowOutcome::Updated(id_of(&first[1]), 2),
            RowOutcome::Created(fresh, 1),
            RowOutcome::Refused("DUPLICATE_IN_FILE"),
            RowOutcome::Refused("UNIT_UNKNOWN"),
        ]
    );
    assert_eq!(bench.engine.registry().table(RecordKind::Reservist).len(), 3);
}

#[tokio::test]
async fn a_request_repeated_writes_nothing_even_when_its_record_changed_since() {
    let bench = Bench::new().await;
    let person = people(1).remove(0);
    let kind = RecordKind::Reservist;
    let create = || vec![new_record(&person, RowMode::Create)];
    let first = bench.put_as(Some("r-1"), kind, create()).await.expect("carried out");
    let id = id_of(&first.rows[0].1);
    let again = bench.put_as(Some("r-1"), kind, create()).await.expect("carried out before");
    assert_eq!(again.rows, [(7, RowOutcome::Unchanged(id, 1))]);
    assert_eq!(again.ledger_index, first.ledger_index);
    let mut corrected = person.clone();
    corrected.citizen_id = "011088085221".to_owned();
    bench.put(vec![new_record(&corrected, RowMode::Update { id, version: 1 })]).await;
    let late = bench.put_as(Some("r-1"), kind, create()).await.expect("carried out before");
    assert_eq!(late.rows, [(7, RowOutcome::Refused("REQUEST_REPEATED"))]);
    assert_eq!(bench.engine.registry().table(kind).len(), 1);
}

#[tokio::test]
async fn a_batch_names_its_own_ledger_entry_although_orders_share_the_group() {
    let bench = Bench::new().await;
    let kind = RecordKind::Reservist;
    // Readings come one after the other: one of them arrives while a whole batch is being sealed.
    for (at, batch) in people(1_000).chunks(limits::RECORDS_PER_BATCH_MAX).enumerate() {
        let put = bench.put_as(None, kind, batch.iter().map(imported).collect());
        let mut put = std::pin::pin!(put);
        let outcome = loop {
            let command = Command::ReadRecords { kind, records: vec![[1; 16]] };
            let read = Request { actor: Actor::Server, id: None, command };
            tokio::select! {
                biased;
                outcome = &mut put => break outcome,
                read = bench.engine.submit(read) => { read.expect("carried out"); }
            }
        };
        let index = outcome.expect("carried out").ledger_index.expect("something changed");
        let leaf = bench.store.get(&keys::ledger(index)).expect("in memory").expect("there");
        let entry = crate::wire::entry::decode(&leaf).expect("its own leaf");
        assert!(matches!(entry.event, Event::RecordsPut { .. }), "round {at}: {index}");
    }
}

#[tokio::test]
async fn a_plate_alone_does_not_turn_one_vehicle_into_another() {
    let bench = Bench::new().await;
    let item = |chassis: &str, plate: &str, note: &str| pb::Equipment {
        type_code: "PT01".to_owned(),
        chassis_number: chassis.to_owned(),
        plate: plate.to_owned(),
        location_unit_code: "03356".to_owned(),
        status: 1,
        note: note.to_owned(),
        ..pb::Equipment::default()
    };
    let made = bench.put_items(vec![imported(&item("C1", "P1", ""))]).await;
    let id = id_of(&made[0]);
    let sold = bench.put_items(vec![imported(&item("C2", "P1", ""))]).await;
    assert_eq!(sold, [RowOutcome::Refused("NUMBER_EXISTS")]);
    let by_plate = bench.put_items(vec![imported(&item("", "P1", "seen"))]).await;
    assert_eq!(by_plate, [RowOutcome::Updated(id, 2)]);
    bench.put_items(vec![imported(&item("C1", "P1", ""))]).await;
    let both = vec![imported(&item("C1", "", "a")), imported(&item("", "P1", "b"))];
    let twice = bench.put_items(both).await;
    assert_eq!(twice[1], RowOutcome::Refused("DUPLICATE_IN_FILE"), "one record, once a batch");
}

#[tokio::test]
async fn the_ledgers_commitments_are_those_of_the_stored_content_and_survive_a_restart() {
    let bench = Bench::new().await;
    let mut people = people(30);
    bench.put(people.iter().map(imported).collect()).await;
    people[0].note = "Mới".to_owned();
    bench.put(people.iter().map(imported).collect()).await;
    let recorded = bench.recorded();
    assert_eq!(recorded.len(), 31);
    let sealer = sealer();
    for (kind, record) in &recorded[1..] {
        let value = bench.store.get(&keys::record(*kind, &record.id)).expect("in memory");
        let value = value.expect("stored with its entry");
        let (version, _content) = open_value(&sealer, *kind, &record.id, &value).expect("opens");
        if version == record.version {
            assert_eq!(commitment(&sealer, *kind, record, &value), record.commitment);
        } else {
            assert_eq!((record.version, version), (1, 2), "only the first person changed");
        }
    }
    let tasks = Tasks::new();
    let restarted = start(&bench.store, &tasks);
    let rows = |engine: &Engine| {
        let registry = engine.registry();
        registry.table(RecordKind::Reservist).iter().collect::<Vec<_>>()
    };
    assert_eq!(rows(&restarted), rows(&bench.engine));
}

#[tokio::test]
async fn a_batch_is_stored_with_its_entry_or_not_at_all() {
    for (fault, stored) in [(Fault::FailedYetStored, 3), (Fault::FailedNotStored, 0)] {
        let bench = Bench::new().await;
        bench.store.inject(fault);
        let rows = people(3).iter().map(imported).collect();
        let told = bench.put_as(None, RecordKind::Reservist, rows).await;
        assert!(matches!(told, Err(EngineError::Unavailable { .. })), "nobody is told: {told:?}");
        bench.store.restart();
        let tasks = Tasks::new();
        let engine = start(&bench.store, &tasks);
        assert_eq!(engine.registry().table(RecordKind::Reservist).len(), stored);
        assert_eq!(bench.recorded().len(), stored, "the ledger says the same");
    }
    let bench = Bench::new().await;
    bench.store.inject(Fault::Full);
    let rows = || people(3).iter().map(imported).collect();
    let told = bench.put_as(None, RecordKind::Reservist, rows()).await;
    assert!(matches!(told, Err(EngineError::DiskFull)));
    assert!(bench.engine.registry().table(RecordKind::Reservist).is_empty());
    assert_eq!(bench.put(rows()).await.len(), 3, "there is room again, and it goes on");
}

#[tokio::test]
async fn sealed_values_that_were_swapped_or_rolled_back_do_not_open() {
    let bench = Bench::new().await;
    let people = people(2);
    let made = bench.put(people.iter().map(imported).collect()).await;
    let [one, two] = [0, 1].map(|at| keys::record(RecordKind::Reservist, &id_of(&made[at])));
    let value = |key: &[u8]| bench.store.get(key).expect("in memory").expect("stored");
    let (first, second) = (value(&one), value(&two));
    let mut newer = first.clone();
    newer[7] = 2;
    let image = bench.store.image();
    for (key, value) in [(&one, second), (&two, first), (&one, newer), (&one, vec![0; 3])] {
        let mut batch = Batch::on(bench.store.head());
        batch.put(key.clone(), value);
        bench.store.commit(batch).expect("the owner is idle");
        let refused = Registry::load(bench.store.as_ref(), &sealer()).expect_err("tampered");
        assert!(matches!(refused, LoadError::Sealed { .. }), "{refused}");
        bench.store.put_back(image.clone());
    }
    Registry::load(bench.store.as_ref(), &sealer()).expect("sound again");
    let other = Sealer::new(&[8; 32]);
    Registry::load(bench.store.as_ref(), &other).expect_err("other keys");
}

#[tokio::test]
async fn a_batch_over_its_bound_or_a_record_too_long_is_refused_and_nothing_personal_is_printed() {
    let bench = Bench::new().await;
    let people = people(101);
    assert_eq!(people.len(), limits::RECORDS_PER_BATCH_MAX + 1);
    let rows: Vec<NewRecord> = people.iter().map(imported).collect();
    let printed = format!("{:?}", rows[0]);
    let content = format!("{:?}", rows[0].content.as_slice());
    assert!(!printed.contains(&content[1..20]) && !printed.contains(&people[0].full_name));
    let refused = bench.put_as(None, RecordKind::Reservist, rows).await.expect_err("101 rows");
    assert_eq!(refused.reason(), "REQUEST_INVALID");
    let mut long = people[0].clone();
    long.note = "a".repeat(50_000);
    let outcome = bench.put(vec![imported(&long), imported(&people[1])]).await;
    assert_eq!(outcome[0], RowOutcome::Refused("RECORD_TOO_LARGE"));
    id_of(&outcome[1]);
    let unit: UnitCode = people[1].residence_unit_code.parse().expect("a code");
    let registry = bench.engine.registry();
    let (_id, row) = registry.table(RecordKind::Reservist).iter().next().expect("one row");
    assert_eq!(row.unit, unit);
}

#[tokio::test]
async fn a_unit_is_not_closed_over_a_record_that_moves_in_and_nothing_moves_into_one_that_is() {
    let bench = Bench::new().await;
    let mut person = people(1).remove(0);
    person.residence_unit_code = "TV-001".to_owned();
    let close = |force: bool| Request {
        actor: Actor::Server,
        id: None,
        command: Command::ChangeUnits {
            change: UnitChange::Close {
                unit: "TV-001".parse().expect("a code"),
                successors: vec![],
            },
            effective: jiff::civil::date(2026, 1, 1),
            document: "giải thể".to_owned(),
            force,
        },
    };
    // Both are on their way at once: whichever comes first, the other is refused.
    let job = |reply| RecordJob {
        actor: Actor::Server,
        id: None,
        kind: RecordKind::Reservist,
        rows: vec![imported(&person)],
        validate_only: false,
        sealer: sealer(),
        reply,
    };
    let moving = bench.engine.enqueue_records(job).await.expect("room in the lane");
    let closed = bench.engine.submit(close(false)).await;
    let moved = moving.await.expect("answered").expect("carried out");
    match (&closed, moved.rows[0].1) {
        (Ok(_closed), RowOutcome::Refused("UNIT_CLOSED")) => {}
        (Err(refused), RowOutcome::Created(..)) => {
            assert_eq!(refused.reason(), "UNIT_CLOSE_STRANDS");
            bench.engine.submit(close(true)).await.expect("all the same");
        }
        other => panic!("one of the two: {other:?}"),
    }
    let mut late = people(2).remove(1);
    late.residence_unit_code = "TV-001".to_owned();
    let refused = bench.put(vec![imported(&late)]).await;
    assert_eq!(refused[0], RowOutcome::Refused("UNIT_CLOSED"));
}

#[tokio::test]
async fn a_unit_that_has_a_record_is_closed_by_force_only() {
    let bench = Bench::new().await;
    let mut person = people(1).remove(0);
    person.residence_unit_code = "TV-001".to_owned();
    bench.put(vec![imported(&person)]).await;
    let command = Command::ChangeUnits {
        change: UnitChange::Close { unit: "TV-001".parse().expect("a code"), successors: vec![] },
        effective: jiff::civil::date(2026, 1, 1),
        document: "giải thể".to_owned(),
        force: false,
    };
    let close = Request { actor: Actor::Server, id: None, command };
    let refused = bench.engine.submit(close).await.expect_err("nobody would reach it");
    assert_eq!(refused.reason(), "UNIT_CLOSE_STRANDS");
    assert!(refused.to_string().contains("1 records"), "{refused}");
}
