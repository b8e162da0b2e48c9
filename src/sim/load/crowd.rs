//! What goes on beside orders on a busy day: an import without end, reports, watchers.
//!
//! The import does what the registry's door does with a batch (checks, seals, commits, indexes), so
//! many batches on their way at once; its rows are the synthetic province's, made as it goes. Beside
//! it a report folds all answers again and again, and watchers look whenever something was answered.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::domain::ids::{EndpointNo, OrderId};
use crate::domain::registry::Lists;
use crate::domain::unit::Echelon;
use crate::domain::world::{Actor, RecordKind};
use crate::engine::Engine;
use crate::engine::records::{NewRecord, RecordJob, RowMode};
use crate::evidence::seal::Sealer;
use crate::index::Row;
use crate::limits;
use crate::roster::lists::{shipped_equipment_types, shipped_specialties};
use crate::sim::load::fixture::Fault;
use crate::sim::province;
use crate::tasks::Tasks;
use crate::wire::pb;
use crate::wire::registry::{RegistryRecord as _, encode};

/// Officers who watch the newest order.
const WATCHERS: u32 = 50;
/// Between two reports: a staff officer who keeps pressing the key.
const REPORT_EVERY: Duration = Duration::from_millis(200);
/// Between two looks of a watcher.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// More people than any run brings in.
const PEOPLE: u32 = 50_000_000;

/// A crowd at work.
#[derive(Debug)]
pub struct Crowd {
    gone: CancellationToken,
    rows: Arc<AtomicU64>,
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.gone.cancel();
    }
}

impl Crowd {
    /// Sets everybody to work, with `order` to report on and to watch. They go when it is dropped.
    pub fn start(engine: &Engine, sealer: &Arc<Sealer>, order: OrderId, tasks: &Tasks) -> Self {
        let crowd = Self { gone: CancellationToken::new(), rows: Arc::default() };
        let (gone, rows) = (crowd.gone.clone(), crowd.rows.clone());
        let importer = Importer { engine: engine.clone(), sealer: sealer.clone(), rows };
        tasks.spawn("load.import", async move {
            tokio::select! {
                () = gone.cancelled() => {}
                ended = importer.run() => {
                    if let Err(fault) = ended {
                        tracing::error!(%fault, "the import beside the load ended");
                    }
                }
            }
        });
        let (engine_of_reports, gone) = (engine.clone(), crowd.gone.clone());
        tasks.spawn("load.report", async move {
            while !gone.is_cancelled() {
                report(&engine_of_reports, &order);
                sleep(REPORT_EVERY).await;
            }
        });
        for _watcher in 0..WATCHERS {
            let (engine, gone) = (engine.clone(), crowd.gone.clone());
            tasks.spawn("load.watch", async move {
                let mut changes = engine.answered();
                while !gone.is_cancelled() {
                    look(&engine, &order);
                    sleep(LOOK_EVERY).await;
                    tokio::select! {
                        () = gone.cancelled() => {}
                        changed = changes.changed() => if changed.is_err() { return },
                    }
                }
            });
        }
        crowd
    }

    /// Rows brought in so far.
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }
}

/// Every answer folded once, as a report does.
fn report(engine: &Engine, order: &OrderId) {
    let world = engine.world();
    let Some(file) = world.order(order) else { return };
    let all = file.order.audience.endpoints.iter().map(EndpointNo::new);
    std::hint::black_box(file.response(all));
}

fn look(engine: &Engine, order: &OrderId) {
    let world = engine.world();
    std::hint::black_box(world.order(order).map(|file| file.counts));
}

struct Importer {
    engine: Engine,
    sealer: Arc<Sealer>,
    rows: Arc<AtomicU64>,
}

impl Importer {
    async fn run(self) -> Result<(), Fault> {
        let (specialties, equipment_types) = (shipped_specialties(), shipped_equipment_types());
        let units = self.engine.world().units().clone();
        let local = units.iter().find(|unit| unit.echelon() == Echelon::Commune);
        let home = local.ok_or("the load's province has no commune")?.code.to_string();
        let as_of = self.engine.now().date_in_vietnam();
        let lists = Lists {
            units: &units,
            specialties: &specialties,
            equipment_types: &equipment_types,
            as_of,
        };
        let mut people = province::reservists(1, PEOPLE);
        let mut flying = VecDeque::new();
        loop {
            let mut rows = Vec::new();
            for person in people.by_ref().take(limits::RECORDS_PER_BATCH_MAX) {
                let mut message = pb::Reservist::from(&person);
                message.residence_unit_code.clone_from(&home);
                message.registered_unit_code.clone_from(&home);
                let checked = message.checked(&lists).map_err(|faults| format!("{faults:?}"))?;
                let content = encode(checked.clone());
                let index = Row::of(&checked, 0, &content, &self.sealer)?;
                let fresh_id = Uuid::now_v7().into_bytes();
                rows.push(NewRecord { row: 0, mode: RowMode::Import, fresh_id, content, index });
            }
            let sealer = self.sealer.clone();
            let queued = self.engine.enqueue_records(|reply| RecordJob {
                actor: Actor::Server,
                id: None,
                kind: RecordKind::Reservist,
                rows,
                sealer,
                reply,
            });
            flying.push_back(queued.await?);
            while flying.len() >= limits::IMPORT_BATCHES_IN_FLIGHT_MAX {
                let Some(reply) = flying.pop_front() else { break };
                let done = u64::try_from(reply.await??.rows.len())?;
                self.rows.fetch_add(done, Ordering::Relaxed);
            }
            yield_now().await;
        }
    }
}
