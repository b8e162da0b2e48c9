//! The process that is killed: an engine over a sled store, under mixed load.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hoatoc::clock::{Clock, SystemClock};
use hoatoc::domain::ids::OrderId;
use hoatoc::domain::order::ReferenceKind;
use hoatoc::domain::order::delivery::Fact;
use hoatoc::domain::world::{RecordKind, Request};
use hoatoc::engine::records::{NewRecord, RecordJob, RowMode, RowOutcome};
use hoatoc::engine::{Engine, Parts};
use hoatoc::evidence::seal::Sealer;
use hoatoc::index::{Keys, Registry, Row};
use hoatoc::sim::cast::{CLERK, Cast};
use hoatoc::store::journal::JournalOptions;
use hoatoc::store::journaled::{SledStore, StoreOptions};
use hoatoc::tasks::Tasks;
use hoatoc::telemetry::metrics::Metrics;
use hoatoc::wire::registry::{Facet, Facets};
use tokio::sync::watch;
use zeroize::Zeroizing;

/// Where the victim's store lies; set for a victim only.
pub(crate) const DIR: &str = "HOATOC_VICTIM";
/// A number that no other life over the same store has.
pub(crate) const LIFE: &str = "HOATOC_LIFE";
/// Confirmations after which the victim ends by itself; never if unset.
pub(crate) const ENOUGH: &str = "HOATOC_ENOUGH";
pub(crate) const MASTER: [u8; 32] = [7; 32];
/// First word of each line that confirms something.
pub(crate) const CONFIRMED: &str = "confirmed";
const ENDPOINTS: u32 = 40;

/// Small segments, so that kills meet rotation as well.
pub(crate) fn options() -> StoreOptions {
    let journal = JournalOptions { segment_len_max: 64 * 1024, reserve_len: 0, free_len_min: 0 };
    StoreOptions { journal, ..StoreOptions::terminal() }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

pub(crate) fn run(dir: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(3)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(serve(dir));
}

struct Victim {
    engine: Engine,
    life: u64,
    left: AtomicU64,
    enough: watch::Sender<bool>,
}

async fn serve(dir: &Path) {
    let store = Arc::new(SledStore::open(dir, options()).expect("opens"));
    let tasks = Tasks::new();
    let parts = Parts {
        store: store.clone(),
        clock: Arc::new(SystemClock),
        ledger_key: Some(Cast::ledger_key()),
        registry: Registry::default(),
        metrics: Metrics::noop(),
    };
    let engine = Engine::start(parts, &tasks).expect("sound");
    // Cut in the middle, the founding goes on where it was.
    for (step, request) in Cast::new(ENDPOINTS).founding(SystemClock.now()).into_iter().enumerate()
    {
        let done = {
            let world = engine.world();
            [
                world.province().is_some(),
                world.trust().is_some(),
                !world.units().is_empty(),
                !world.endpoints().is_empty(),
            ]
        };
        if !done[step] {
            engine.submit(request).await.expect("possible");
        }
    }
    let victim = Arc::new(Victim {
        engine,
        life: number(LIFE).expect("each victim has a number"),
        left: AtomicU64::new(number(ENOUGH).unwrap_or(u64::MAX)),
        enough: watch::Sender::new(false),
    });
    let mut enough = victim.enough.subscribe();
    tasks.spawn("orders", victim.clone().command());
    for part in 0..4 {
        tasks.spawn("answers", victim.clone().answer(part));
    }
    tasks.spawn("records", victim.clone().register());
    let care = store.clone();
    tasks.spawn("care", async move {
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(50));
        loop {
            ticks.tick().await;
            let store = care.clone();
            let folded = tokio::task::spawn_blocking(move || store.compact().map(drop)).await;
            folded.expect("no panic").expect("folds");
        }
    });
    enough.wait_for(|enough| *enough).await.expect("the victim lives");
    // As the kill would end it: nothing is put to rest.
    std::process::abort();
}

impl Victim {
    fn confirm(&self, index: u64, what: &str) {
        let line = format!("{CONFIRMED} {index} {what}\n");
        std::io::stdout().lock().write_all(line.as_bytes()).expect("the parent listens");
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.enough.send_replace(true);
        }
    }

    async fn ask(&self, request: Request, what: &str) {
        let done = self.engine.submit(request).await.expect("possible");
        assert!(!done.repeated, "{what} was new");
        self.confirm(done.ledger_index, what);
    }

    async fn command(self: Arc<Self>) {
        for n in 1_u64.. {
            let id = (u128::from(self.life) << 64) | u128::from(2 * n);
            let order = Cast::order(&self.engine.world(), id, self.engine.now());
            for request in Cast::issuing(order, &format!("life-{}-{n}", self.life)) {
                let (name, _digest) = request.id.clone().expect("named");
                self.ask(request, &format!("request {name}")).await;
            }
            let earlier = OrderId::new(uuid::Uuid::from_u128(id));
            let cancel = {
                let world = self.engine.world();
                let file = world.order(&earlier).expect("issued");
                Cast::reference(&world, file, ReferenceKind::Cancel, id + 1, self.engine.now())
            };
            let name = format!("life-{}-{n}-cancel", self.life);
            self.ask(Cast::issuing_signed(cancel, &name), &format!("request {name}")).await;
        }
    }

    async fn answer(self: Arc<Self>, part: u32) {
        let mut issued = self.engine.issued();
        let mut from = *issued.borrow_and_update();
        loop {
            let files: Vec<_> = {
                let world = self.engine.world();
                world.issued_after(from).map(|file| (file.order.id, file.digest)).collect()
            };
            from += u64::try_from(files.len()).expect("few");
            for order in files {
                for endpoint in (1..=ENDPOINTS).filter(|endpoint| endpoint % 4 == part) {
                    for (number, fact) in (1..).zip([Fact::Delivered, Fact::Opened]) {
                        let said = Cast::answer(order, endpoint, number, fact, self.engine.now());
                        let what = format!("answer {} {endpoint} {number}", order.0);
                        self.ask(Cast::answering(said), &what).await;
                    }
                }
            }
            if issued.changed().await.is_err() {
                return;
            }
        }
    }

    async fn register(self: Arc<Self>) {
        let sealer = Arc::new(Sealer::new(&MASTER));
        for n in 1_u64.. {
            let rows = (0..5).map(|row| self.record(n, row, RowMode::Import)).collect();
            let created = self.put(&sealer, rows).await;
            let updates = (0..5)
                .zip(created)
                .map(|(row, (id, version))| self.record(n, row, RowMode::Update { id, version }));
            self.put(&sealer, updates.collect()).await;
        }
    }

    fn record(&self, n: u64, row: u8, mode: RowMode) -> NewRecord {
        let id = (u128::from(self.life) << 64) | (u128::from(n) << 8) | u128::from(row);
        let mut key = [0; 10];
        key.copy_from_slice(&id.to_be_bytes()[6..]);
        let facets = Facets::of("X0001".parse().expect("a code"))
            .code(Facet::Code, "CN01")
            .number(Facet::Class, 1)
            .number(Facet::Status, 1);
        let content = Zeroizing::new(match mode {
            RowMode::Update { .. } => vec![row; 250],
            _new => vec![row; 200],
        });
        let digest = Sealer::new(&MASTER).digest(&[&content]);
        let keys = Keys::new([Some(key), None]);
        let (phones, name) = (Vec::new(), String::new());
        let index = Row { version: 0, digest, facets, keys, phones, name };
        NewRecord {
            row: row.into(),
            mode,
            fresh_id: id.to_be_bytes(),
            content,
            index,
            moving_to: None,
        }
    }

    async fn put(&self, sealer: &Arc<Sealer>, rows: Vec<NewRecord>) -> Vec<([u8; 16], u64)> {
        let make = |reply| RecordJob {
            actor: Cast::officer(CLERK),
            id: None,
            kind: RecordKind::Reservist,
            rows,
            validate_only: false,
            sealer: sealer.clone(),
            reply,
        };
        let outcome = self.engine.put_records(make).await.expect("possible");
        let index = outcome.ledger_index.expect("recorded");
        let mut put = Vec::new();
        for (_row, outcome) in outcome.rows {
            let (RowOutcome::Created(id, version) | RowOutcome::Updated(id, version)) = outcome
            else {
                panic!("expected a new version, got {outcome:?}");
            };
            self.confirm(index, &format!("record {} {version}", hex::encode(id)));
            put.push((id, version));
        }
        put
    }
}
