//! Where the command line meets parts that are connected from outside this folder: the server's
//! doors, the terminal, the feed of an import. Each function says in its error that its part is
//! missing from this build; nothing here pretends.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Result, bail};
use tokio::sync::mpsc;

use crate::cli::connection::Connection;
use crate::cli::identity::terminal::RunOptions;
use crate::clock::Clock;
use crate::config::home::ServerHome;
use crate::domain::registry::{Equipment, Reservist};
use crate::domain::world::RecordKind;
use crate::engine::Engine;
use crate::evidence::seal::Sealer;
use crate::index::Registry;
use crate::roster::ImportReport;
use crate::store::journaled::SledStore;
use crate::store::{Store, keys};
use crate::tasks::Tasks;
use crate::telemetry::Metrics;

/// What the doors are made of.
#[derive(Debug)]
#[expect(dead_code, reason = "read by the doors, which are connected in `serve_until`")]
pub(super) struct Serving {
    /// Configuration and keys.
    pub(super) home: ServerHome,
    /// The engine, started.
    pub(super) engine: Engine,
    /// The store, for backup and check.
    pub(super) store: Arc<SledStore>,
    /// The time of day.
    pub(super) clock: Arc<dyn Clock>,
    /// Counts what happens.
    pub(super) metrics: Metrics,
    /// Starts and stops what moves; its token says when to drain.
    pub(super) tasks: Tasks,
    /// To be set once calls are taken, and cleared when draining begins.
    pub(super) ready: Arc<AtomicBool>,
}

/// One accepted row of a roster and its number in the file.
pub(super) type Numbered<T> = (u32, T);

// CONNECT: the doors (`rpc::server`).
/// Serves until `tasks.stopping()` is cancelled, then drains for at most `shutdown.drain_ms`. The
/// engine ends when the last handle to it is dropped, at the end of this function.
#[expect(clippy::unused_async, reason = "the doors wait here once they are connected")]
pub(super) async fn serve_until(serving: Serving) -> Result<()> {
    drop(serving);
    bail!("this build has no gRPC doors: use a complete build")
}

// CONNECT: the registry's loading.
/// The registry as the store holds it.
pub(super) fn load_registry(store: &dyn Store, _sealer: &Sealer) -> Result<Registry> {
    for kind in [RecordKind::Reservist, RecordKind::Equipment] {
        if !store.scan(keys::records(kind), &[], 1)?.is_empty() {
            bail!("this build cannot load registry records: use a complete build");
        }
    }
    Ok(Registry::default())
}

// CONNECT: `roster::feed`.
/// Sends reservists to the server as they are read; counts into `report` what became of them.
#[expect(clippy::unused_async, reason = "the feed waits here once it is connected")]
pub(super) async fn import_reservists(
    _connection: &Connection,
    _rows: mpsc::Receiver<Numbered<Reservist>>,
    _progress: indicatif::ProgressBar,
) -> Result<ImportReport> {
    bail!("this build has no feed for imports: use a complete build, or --dry-run")
}

// CONNECT: `roster::feed`.
/// Sends equipment to the server; otherwise as [`import_reservists`].
#[expect(clippy::unused_async, reason = "the feed waits here once it is connected")]
pub(super) async fn import_equipment(
    _connection: &Connection,
    _rows: mpsc::Receiver<Numbered<Equipment>>,
    _progress: indicatif::ProgressBar,
) -> Result<ImportReport> {
    bail!("this build has no feed for imports: use a complete build, or --dry-run")
}

// CONNECT: `terminal`.
/// Enrols a terminal and lays down its data directory.
#[expect(clippy::unused_async, reason = "the terminal waits here once it is connected")]
pub(super) async fn terminal_enrol(_code: &str, _server: &str, _data_dir: &Path) -> Result<()> {
    bail!("this build has no terminal: use a complete build")
}

// CONNECT: `terminal`.
/// Runs a terminal until it is told to stop.
#[expect(clippy::unused_async, reason = "the terminal waits here once it is connected")]
pub(super) async fn terminal_run(_data_dir: &Path, _options: &RunOptions) -> Result<()> {
    bail!("this build has no terminal: use a complete build")
}
