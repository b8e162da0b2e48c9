//! The background care of a serving store: the ledger's signed head, the journal's length, the
//! reserve, the figures about all of it, the clock, and call-up sheets of orders long past.
//!
//! Started by the roof beside the engine, over the same store. [`start`] first compares the ledger
//! with the head that an earlier life published in `<data dir>/checkpoint`, so that a store which was
//! cut short or swapped is found before anything is built on it. None of this is on the way of an
//! order: what fails here is logged, counted and tried again, and only a store whose state is unknown
//! stops the server. Told to stop, it waits for the owner's last entry and publishes the head over it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::time::{Instant as Steady, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::engine::recovery::RecoveryError;
use crate::engine::{Engine, LedgerError};
use crate::limits;
use crate::store::journal::disk::RealDisk;
use crate::store::journal::write_whole;
use crate::store::journaled::{Index, Journaled};
use crate::store::{Store, StoreError};
use crate::tasks::Tasks;
use crate::telemetry::metrics::Metrics;

mod figures;
mod sheets;

pub use figures::{BACKUP_FILE, Figures, note_backup};

/// The file with the newest published head, in the data directory.
pub const CHECKPOINT_FILE: &str = "checkpoint";

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the checkpoint file lies.
    pub data_dir: PathBuf,
    /// Journal since the newest snapshot after which a new one is made, in bytes.
    pub snapshot_every_bytes: u64,
}

/// Why a store is not served.
#[derive(Debug, thiserror::Error)]
pub enum UpkeepError {
    /// The ledger is not the one whose head was published.
    #[error(transparent)]
    Published(#[from] RecoveryError),
    /// The checkpoint file is there but cannot be read.
    #[error("failed to read {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's word.
        source: std::io::Error,
    },
}

/// Compares the ledger with the published head, then starts the care of its store in `tasks`; once
/// for an engine.
///
/// # Errors
/// [`UpkeepError`]; nothing was started, and nothing should be served.
pub fn start<I: Index>(
    engine: &Engine,
    store: &Arc<Journaled<I>>,
    settings: Settings,
    metrics: &Metrics,
    tasks: &Tasks,
) -> Result<Figures, UpkeepError> {
    compare_published(&settings.data_dir, |text| engine.check_published(text))?;
    let path = settings.data_dir.join(CHECKPOINT_FILE);
    if store.rebuilt().is_some() {
        metrics.index_rebuilt();
    }
    let figures = Figures::of(&settings.data_dir);
    let stopping = tasks.stopping().clone();
    let head = Head { engine: engine.clone(), dir: settings.data_dir, path, written: None };
    tasks.spawn("upkeep.head", head.keep(stopping.clone()));
    let care = Care {
        engine: engine.clone(),
        store: store.clone(),
        snapshot_every_bytes: settings.snapshot_every_bytes,
        figures: figures.clone(),
        flushed: None,
        pause_until: Steady::now(),
    };
    tasks.spawn_vital("upkeep.store", care.keep(stopping.clone()));
    tasks.spawn("upkeep.sheets", sheets::keep(engine.clone(), stopping.clone()));
    tasks.spawn("upkeep.clock", watch_clock(engine.clone(), metrics.clone(), stopping));
    let (shown, engine) = (figures.clone(), engine.clone());
    metrics.register_store(move || shown.read(&engine));
    Ok(figures)
}

/// Hands the head that was last published from this data directory to `compare`, as a start of the
/// server and a check of its directory do; without one there is nothing to compare.
///
/// # Errors
/// [`UpkeepError`].
pub fn compare_published(
    data_dir: &Path,
    compare: impl FnOnce(&str) -> Result<(), RecoveryError>,
) -> Result<(), UpkeepError> {
    let path = data_dir.join(CHECKPOINT_FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(compare(&text)?),
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(UpkeepError::Unreadable { path: path.display().to_string(), source }),
    }
}

/// The signed head and its file.
struct Head {
    engine: Engine,
    dir: PathBuf,
    path: PathBuf,
    written: Option<String>,
}

impl Head {
    async fn keep(mut self, stopping: CancellationToken) {
        let mut ticks = interval(limits::SIGN_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pause_until = Steady::now();
        let mut write_at = Steady::now();
        loop {
            tokio::select! {
                biased;
                () = stopping.cancelled() => break,
                _tick = ticks.tick() => {}
            }
            if Steady::now() < pause_until {
                continue;
            }
            let may_write = Steady::now() >= write_at;
            match self.publish(may_write).await {
                Ok(true) => write_at = Steady::now() + limits::PUBLISH_EVERY,
                Ok(false) => {}
                Err(fault) => {
                    error!(%fault, "the ledger's head is not published");
                    pause_until = Steady::now() + limits::CARE_PAUSE;
                }
            }
        }
        // What the owner still carries out belongs under the last head.
        self.engine.ended().await;
        if let Err(fault) = self.publish(true).await {
            error!(%fault, "the last head of the ledger is not published");
        }
    }

    /// Signs the head, and writes it if it may and the file has another; whether it wrote.
    async fn publish(&mut self, may_write: bool) -> Result<bool, LedgerError> {
        if self.engine.world().province().is_none() {
            return Ok(false);
        }
        let engine = self.engine.clone();
        let Some(text) = beside(move || engine.checkpoint()).await.transpose()? else {
            return Ok(false);
        };
        if !may_write || self.written.as_ref() == Some(&text) {
            return Ok(false);
        }
        let (dir, path, bytes) = (self.dir.clone(), self.path.clone(), text.clone());
        beside(move || write(&dir, &path, bytes.as_bytes())).await.transpose()?;
        self.written = Some(text);
        Ok(true)
    }
}

fn write(dir: &Path, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    write_whole(dir, path, bytes, &RealDisk).map(drop)
}

/// The store's files.
struct Care<I: Index> {
    engine: Engine,
    store: Arc<Journaled<I>>,
    snapshot_every_bytes: u64,
    figures: Figures,
    // The head of which index and head file are known to be on stable storage.
    flushed: Option<u64>,
    pause_until: Steady,
}

impl<I: Index> Care<I> {
    async fn keep(mut self, stopping: CancellationToken) {
        let mut ticks = interval(limits::STORE_CARE_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stopping.cancelled() => break,
                _tick = ticks.tick() => {}
            }
            if Steady::now() < self.pause_until {
                // Whoever clears the disk wants to see it become so.
                if let Err(fault) = self.measure().await {
                    warn!(%fault, "the store's disk cannot be measured");
                }
                continue;
            }
            match self.look(&stopping).await {
                Ok(()) => {}
                Err(fault @ StoreError::Fatal { .. }) => {
                    error!(%fault, "the store's state is unknown: stopping");
                    return;
                }
                Err(fault) => {
                    error!(%fault, "the store could not be cared for");
                    self.pause_until = Steady::now() + limits::CARE_PAUSE;
                }
            }
        }
        self.engine.ended().await;
        if let Err(fault) = self.flush().await {
            error!(%fault, "the store was not put to rest: the next start has more to replay");
        }
    }

    async fn look(&mut self, stopping: &CancellationToken) -> Result<(), StoreError> {
        let journal_len = self.measure().await?;
        self.flush().await?;
        if journal_len >= self.snapshot_every_bytes {
            self.compact(stopping).await?;
            self.measure().await?;
        }
        let store = self.store.clone();
        if let Some(Ok(false)) = beside(move || store.refill_reserve()).await {
            warn!("there is no room to hold space back for a full disk");
            self.pause_until = Steady::now() + limits::CARE_PAUSE;
        }
        Ok(())
    }

    async fn measure(&self) -> Result<u64, StoreError> {
        let store = self.store.clone();
        let measured = beside(move || Ok((store.journal_size()?, store.free_len()?)));
        let Some((journal, free)) = measured.await.transpose()? else { return Ok(0) };
        self.figures.measured(journal, free);
        Ok(journal.len)
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        let head = self.store.head();
        if self.flushed == Some(head) {
            return Ok(());
        }
        let store = self.store.clone();
        beside(move || store.checkpoint()).await.transpose()?;
        self.flushed = Some(head);
        Ok(())
    }

    /// On a thread that nobody waits for when everything stops: compaction may take long, and is
    /// taken up again at the next start wherever it was cut.
    async fn compact(&self, stopping: &CancellationToken) -> Result<(), StoreError> {
        let (store, (done, compacted)) = (self.store.clone(), oneshot::channel());
        let work = move || {
            let _nobody_waits = done.send(store.compact());
        };
        let thread = std::thread::Builder::new().name("hoatoc-compact".into()).spawn(work);
        if let Err(fault) = thread {
            warn!(%fault, "no thread for compaction");
            return Ok(());
        }
        tokio::select! {
            biased;
            Ok(outcome) = compacted => {
                let upto = outcome?;
                info!(upto, "the journal was folded into a snapshot");
            }
            () = stopping.cancelled() => {}
            else => error!("compaction panicked"),
        }
        Ok(())
    }
}

/// Runs what blocks on a thread that may; `None` if it panicked, which the panic itself has logged.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

/// Compares how the time of day goes on with the time that passes. The record survives a jump, but
/// times under signatures and expiries do not mean what they say.
async fn watch_clock(engine: Engine, metrics: Metrics, stopping: CancellationToken) {
    let mut ticks = interval(limits::CLOCK_WATCH_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut since, mut day_then) = (Steady::now(), engine.now());
    loop {
        tokio::select! {
            biased;
            () = stopping.cancelled() => return,
            _tick = ticks.tick() => {}
        }
        let day = engine.now();
        let parted_ms = day.millis_since(day_then + since.elapsed());
        if parted_ms.abs() > limits::CLOCK_JUMP_MS {
            metrics.clock_jumped();
            error!(
                parted_ms,
                "this machine's clock jumped: set it right, and see when it happened"
            );
            (since, day_then) = (Steady::now(), day);
        }
    }
}

#[cfg(test)]
mod tests;
