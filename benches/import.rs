//! How many reservists a second go into a server's store: sealed, journalled, indexed.
//!
//! A plain loop, since one run is long and writes to disk: records of the synthetic province, encoded
//! beforehand, are put in batches of 100 with four on their way, as an import does; then the index is
//! loaded again from the store. `HOATOC_BENCH_ROWS` sets the number of records, 100,000 if unset.

use std::sync::Arc;

use hoatoc::clock::SystemClock;
use hoatoc::domain::unit::Unit;
use hoatoc::domain::world::{Actor, Command, RecordKind, Request};
use hoatoc::engine::records::{NewRecord, RecordJob, RowMode, RowOutcome};
use hoatoc::engine::{Engine, Parts};
use hoatoc::evidence::seal::Sealer;
use hoatoc::index::{Registry, Row};
use hoatoc::limits;
use hoatoc::sim::province;
use hoatoc::store::Store;
use hoatoc::store::journaled::{SledStore, StoreOptions};
use hoatoc::tasks::Tasks;
use hoatoc::telemetry::metrics::Metrics;
use hoatoc::wire::pb;
use hoatoc::wire::registry::encode;
use tokio::time::Instant;

async fn found(engine: &Engine) {
    let mut units = province::units();
    units.sort_by_key(Unit::echelon);
    let origin = "hoatoc.bench/11".to_owned();
    let found = Command::Found { province: units[0].code.clone(), origin };
    for command in [found, Command::PutUnits(units)] {
        let request = Request { actor: Actor::Server, id: None, command };
        engine.submit(request).await.expect("the first requests of all");
    }
}

fn batches(rows: u32, sealer: &Sealer) -> Vec<Vec<NewRecord>> {
    let records: Vec<NewRecord> = province::reservists(1, rows)
        .zip(0_u128..)
        .map(|(person, number)| {
            let message = pb::Reservist::from(&person);
            let content = encode(message.clone());
            let index = Row::of(&message, 0, &content, sealer).expect("good codes");
            let fresh_id = (number + 1).to_be_bytes();
            NewRecord { row: 0, mode: RowMode::Import, fresh_id, content, index, moving_to: None }
        })
        .collect();
    records.chunks(limits::RECORDS_PER_BATCH_MAX).map(<[NewRecord]>::to_vec).collect()
}

async fn put_all(engine: &Engine, sealer: &Arc<Sealer>, batches: Vec<Vec<NewRecord>>) -> u64 {
    let mut created = 0;
    let mut flying = std::collections::VecDeque::new();
    let mut batches = batches.into_iter();
    loop {
        let next = batches.next();
        let is_over = next.is_none();
        if let Some(rows) = next {
            let sealer = sealer.clone();
            let queued = engine.enqueue_records(|reply| RecordJob {
                actor: Actor::Server,
                id: None,
                kind: RecordKind::Reservist,
                rows,
                validate_only: false,
                sealer,
                reply,
            });
            flying.push_back(queued.await.expect("the engine runs"));
        }
        while flying.len() >= limits::IMPORT_BATCHES_IN_FLIGHT_MAX
            || (is_over && !flying.is_empty())
        {
            let reply = flying.pop_front().expect("one is on its way").await;
            let outcome = reply.expect("the engine runs").expect("carried out");
            let is_new = |row: &&(u32, RowOutcome)| matches!(row.1, RowOutcome::Created(..));
            created += u64::try_from(outcome.rows.iter().filter(is_new).count()).unwrap_or(0);
        }
        if is_over {
            return created;
        }
    }
}

#[expect(clippy::print_stdout, reason = "a bench speaks on the terminal")]
#[tokio::main]
async fn main() {
    let rows = std::env::var("HOATOC_BENCH_ROWS").ok().and_then(|rows| rows.parse().ok());
    let rows: u32 = rows.unwrap_or(100_000);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let sealer = Arc::new(Sealer::new(&[7; 32]));
    let store = SledStore::open(dir.path(), StoreOptions::server()).expect("opens");
    let store: Arc<dyn Store> = Arc::new(store);
    let tasks = Tasks::new();
    let parts = Parts {
        store: store.clone(),
        clock: Arc::new(SystemClock),
        ledger_key: None,
        registry: Registry::default(),
        metrics: Metrics::noop(),
    };
    let engine = Engine::start(parts, &tasks).expect("an empty store");
    found(&engine).await;
    let batches = batches(rows, &sealer);

    let started = Instant::now();
    let created = put_all(&engine, &sealer, batches).await;
    assert_eq!(created, u64::from(rows), "every record is new");
    let took = started.elapsed();
    println!(
        "import: {rows} rows in {took:.2?}, {:.0} rows/s",
        f64::from(rows) / took.as_secs_f64()
    );

    let started = Instant::now();
    let loaded = tokio::task::block_in_place(|| Registry::load(store.as_ref(), &sealer));
    let loaded = loaded.expect("its own records");
    assert_eq!(loaded.table(RecordKind::Reservist).len(), usize::try_from(rows).unwrap_or(0));
    let took = started.elapsed();
    println!("load: {rows} rows in {took:.2?}, {:.0} rows/s", f64::from(rows) / took.as_secs_f64());
}
