//! What the one owner can do: answers a second through it, and how long an issue takes, however many
//! it is for.
//!
//! Each store's figure stands beside a plain write and `fdatasync` of the same leaves in full groups,
//! measured in the same run, for machines differ more than stores do. A memory store has no sync: its
//! figure is the owner's own speed, on one core, with the harness beside it.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hoatoc::clock::ManualClock;
use hoatoc::domain::ids::OrderId;
use hoatoc::domain::instant::Instant as Moment;
use hoatoc::domain::order::delivery::Fact;
use hoatoc::domain::world::Request;
use hoatoc::engine::{Engine, Parts};
use hoatoc::index::Registry;
use hoatoc::limits::GROUP_LEN_MAX;
use hoatoc::sim::cast::{Cast, ENDPOINTS_MAX};
use hoatoc::store::journaled::{SledStore, StoreOptions};
use hoatoc::store::memory::MemoryStore;
use hoatoc::store::{Store, keys};
use hoatoc::tasks::Tasks;
use hoatoc::telemetry::metrics::Metrics;

const NOW: Moment = Moment::from_millis(1_795_000_000_000);
const ISSUES: usize = 51;

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}

async fn founded(store: Arc<dyn Store>, endpoints: u32, tasks: &Tasks) -> Engine {
    let parts = Parts {
        store,
        clock: Arc::new(ManualClock::at(NOW)),
        ledger_key: Some(Cast::ledger_key()),
        registry: Registry::default(),
        metrics: Metrics::with_page("bench").expect("a page"),
    };
    let engine = Engine::start(parts, tasks).expect("sound");
    for request in Cast::new(endpoints).founding(NOW) {
        engine.submit(request).await.expect("possible");
    }
    engine
}

/// Issues one order after the other; how long each took from the word to the wire.
async fn issue(engine: &Engine) -> Vec<Duration> {
    let mut took = Vec::new();
    for n in 1..=ISSUES {
        let id = u128::try_from(n).expect("small");
        let mut requests = Cast::issuing(Cast::order(&engine.world(), id, NOW), &format!("n{n}"));
        let last = requests.pop().expect("the issue");
        for request in requests {
            engine.submit(request).await.expect("possible");
        }
        let began = now();
        engine.submit(last).await.expect("issued");
        took.push(began.elapsed());
    }
    took.sort();
    took
}

fn receipts(engine: &Engine, id: u128) -> Vec<Request> {
    let id = OrderId::new(uuid::Uuid::from_u128(id));
    let digest = engine.world().order(&id).expect("issued").digest;
    let receipt = |endpoint| Cast::answer((id, digest), endpoint, 1, Fact::Delivered, NOW);
    (1..=ENDPOINTS_MAX).map(|endpoint| Cast::answering(receipt(endpoint))).collect()
}

/// Answers a second, with all of them waiting at once.
async fn answer(engine: &Engine) -> f64 {
    let rounds: Vec<Vec<Request>> = (1..=3).map(|id| receipts(engine, id)).collect();
    let mut best = 0.0_f64;
    for round in rounds {
        let count = f64::from(u32::try_from(round.len()).expect("few"));
        let began = now();
        let mut replies = Vec::with_capacity(round.len());
        for request in round {
            replies.push(engine.enqueue(request).await.expect("the engine runs"));
        }
        for reply in replies {
            reply.await.expect("answered").expect("taken");
        }
        best = best.max(count / began.elapsed().as_secs_f64());
    }
    best
}

/// The same leaves, in full groups, with nothing around them.
fn plain(store: &dyn Store, file: &mut File, size: u64) -> f64 {
    let leaves: Vec<Vec<u8>> = (size - u64::from(ENDPOINTS_MAX)..size)
        .map(|index| store.get(&keys::ledger(index)).expect("readable").expect("there"))
        .collect();
    let began = now();
    for group in leaves.chunks(GROUP_LEN_MAX) {
        file.write_all(&group.concat()).expect("written");
        file.sync_data().expect("synced");
    }
    f64::from(ENDPOINTS_MAX) / began.elapsed().as_secs_f64()
}

async fn measure(name: &str, make: impl Fn(&str) -> Arc<dyn Store>, plain_file: Option<File>) {
    for endpoints in [179, ENDPOINTS_MAX] {
        let tasks = Tasks::new();
        let engine = founded(make(&format!("{name}-{endpoints}")), endpoints, &tasks).await;
        let took = issue(&engine).await;
        let (median, worst) = (took[ISSUES / 2], took[ISSUES - 1]);
        eprintln!("{name}: issue to {endpoints}: median {median:?}, worst of {ISSUES} {worst:?}");
        tasks.stop(Duration::from_secs(60)).await.expect("stops");
    }
    let tasks = Tasks::new();
    let engine = founded(make(&format!("{name}-answers")), ENDPOINTS_MAX, &tasks).await;
    issue(&engine).await;
    let rate = answer(&engine).await;
    match plain_file {
        None => eprintln!("{name}: {rate:.0} answers/s"),
        Some(mut file) => {
            let alone = plain(engine.store().as_ref(), &mut file, engine.ledger().size());
            let ratio = rate / alone;
            eprintln!("{name}: {rate:.0} answers/s, {ratio:.2} x of {alone:.0} leaves/s alone");
        }
    }
    tasks.stop(Duration::from_secs(60)).await.expect("stops");
}

fn main() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let on_disk = |name: &str| -> Arc<dyn Store> {
        Arc::new(SledStore::open(&dir.path().join(name), StoreOptions::server()).expect("opens"))
    };
    let file = File::create(dir.path().join("plain")).expect("created");
    runtime.block_on(async {
        measure("memory", |_name| Arc::new(MemoryStore::new()), None).await;
        measure("sled", on_disk, Some(file)).await;
    });
}
