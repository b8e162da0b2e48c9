//! New keys for all records while the server serves: begun by an administrator, carried out in small
//! batches that orders go before, and gone on with at the next start wherever it was interrupted.
//!
//! Where it stands is not written down: records name the generation they are sealed under, so what is
//! left is what still names an older one. When nothing is left, the older generations are forgotten.
//! It knows no officers and no doors.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tracing::{error, info};

use crate::domain::ids::RequestId;
use crate::domain::instant::Instant;
use crate::domain::world::{Actor, RecordKind};
use crate::engine::records::keys::{KeyJob, KeyWork, KeysDone};
use crate::engine::{Engine, EngineError};
use crate::evidence::seal::generation_of;
use crate::evidence::seal::keyring::{KeepError, KeepKeys, Keyring};
use crate::index::value_generation;
use crate::limits;
use crate::store::{StoreError, keys as store_keys};
use crate::tasks::Tasks;

/// How the keys stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyState {
    /// Rises with each change of the keyring.
    pub keyring_version: u64,
    /// The generation that seals.
    pub generation: u32,
    /// When it was made.
    pub created: Instant,
    /// Whether records are left under older generations, or were not looked through yet.
    pub rotating: bool,
    /// Records sealed anew since the rotation began or the server started.
    pub resealed: u64,
    /// Why it stopped; none while it goes on.
    pub stopped: Option<String>,
}

#[derive(Debug, Default)]
struct Progress {
    resealed: u64,
    stopped: Option<String>,
}

#[derive(Debug)]
struct Inner {
    engine: Engine,
    keys: Arc<dyn KeepKeys>,
    begun: Notify,
    progress: Mutex<Progress>,
}

/// The rotation of keys. Clones share one.
#[derive(Debug, Clone)]
pub struct Rekeying {
    inner: Arc<Inner>,
}

impl Rekeying {
    /// Goes on with a rotation that was interrupted, and waits for new ones until the server stops.
    pub fn start(engine: Engine, keys: Arc<dyn KeepKeys>, tasks: &Tasks) -> Self {
        let (begun, progress) = (Notify::new(), Mutex::new(Progress::default()));
        let rekeying = Self { inner: Arc::new(Inner { engine, keys, begun, progress }) };
        if rekeying.state().rotating {
            rekeying.inner.begun.notify_one();
        }
        let (working, stopping) = (rekeying.clone(), tasks.stopping().clone());
        tasks.spawn("engine.rekey", async move {
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = working.inner.begun.notified() => {}
                }
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = working.carry_out() => {}
                }
            }
        });
        rekeying
    }

    /// Begins a new generation; returns once it seals. One that stopped goes on.
    ///
    /// # Errors
    /// [`EngineError::Keys`] while a rotation is under way; others as of the engine.
    pub async fn begin(
        &self,
        actor: Actor,
        id: Option<(RequestId, [u8; 32])>,
    ) -> Result<KeyState, EngineError> {
        let stopped = self.inner.progress.lock().stopped.take();
        if stopped.is_none() {
            self.ask(actor, id, KeyWork::Begin).await?;
            self.inner.progress.lock().resealed = 0;
        }
        self.inner.begun.notify_one();
        Ok(self.state())
    }

    /// How the keys stand.
    pub fn state(&self) -> KeyState {
        let keyring = self.inner.keys.sealer().keyring();
        let progress = self.inner.progress.lock();
        KeyState {
            keyring_version: keyring.version(),
            generation: keyring.newest().number,
            created: keyring.newest().created,
            rotating: keyring.generations().len() > 1,
            resealed: progress.resealed,
            stopped: progress.stopped.clone(),
        }
    }

    async fn carry_out(&self) {
        match self.reseal_all().await {
            Ok(()) => {
                let KeyState { generation, keyring_version, resealed, .. } = self.state();
                info!(generation, keyring_version, resealed, "all records have new keys");
            }
            // The next start goes on.
            Err(EngineError::Unavailable { .. }) => {}
            Err(fault) => {
                error!(%fault, "the rotation of keys stopped: mend that, then begin it again");
                self.inner.progress.lock().stopped = Some(fault.reason().to_owned());
            }
        }
    }

    async fn reseal_all(&self) -> Result<(), EngineError> {
        let generation = self.inner.keys.sealer().generation();
        if self.inner.engine.world().key_generation() < generation && generation > 1 {
            self.ask(Actor::Server, None, KeyWork::Begin).await?;
        }
        for kind in RecordKind::ALL {
            let mut after = Vec::new();
            while let Some((last, older)) = self.page(kind, after, generation).await? {
                for ids in older.chunks(limits::RECORDS_PER_BATCH_MAX) {
                    let work = KeyWork::Reseal { kind, ids: ids.to_vec() };
                    let done = self.ask(Actor::Server, None, work).await?;
                    let records = u64::try_from(done.records).unwrap_or(u64::MAX);
                    self.inner.progress.lock().resealed += records;
                }
                after = last;
            }
        }
        self.reseal_call_ups(generation).await?;
        self.ask(Actor::Server, None, KeyWork::Finish).await.map(drop)
    }

    /// Call-up lists are sealed beside the owner, who takes none of before the newest generation: one
    /// pass meets all that are left.
    async fn reseal_call_ups(&self, generation: u32) -> Result<(), EngineError> {
        let mut after = Vec::new();
        while let Some((last, older)) = self.call_up_page(after, generation).await? {
            for leaves in older.chunks(limits::LEAVES_PER_BATCH_MAX) {
                let work = KeyWork::ResealCallUps { keys: leaves.to_vec() };
                self.ask(Actor::Server, None, work).await?;
            }
            after = last;
        }
        Ok(())
    }

    async fn call_up_page(
        &self,
        after: Vec<u8>,
        generation: u32,
    ) -> Result<Option<(Vec<u8>, Vec<Vec<u8>>)>, EngineError> {
        let store = self.inner.engine.store().clone();
        let scanned = tokio::task::spawn_blocking(move || {
            let page = store.scan(store_keys::CALL_UPS, &after, limits::LEAVES_PER_BATCH_MAX)?;
            let Some((last, _value)) = page.last() else { return Ok(None) };
            let last = last.clone();
            let older = page.into_iter().filter(|(_key, own)| generation_of(own) != Ok(generation));
            Ok::<_, StoreError>(Some((last, older.map(|(key, _value)| key).collect())))
        });
        match scanned.await {
            Ok(page) => Ok(page?),
            Err(_stopping) => Err(EngineError::Unavailable { doing: "stopping" }),
        }
    }

    /// The last key of a page of records, and those of it that are under another generation.
    async fn page(
        &self,
        kind: RecordKind,
        after: Vec<u8>,
        generation: u32,
    ) -> Result<Option<(Vec<u8>, Vec<[u8; 16]>)>, EngineError> {
        let store = self.inner.engine.store().clone();
        let scanned = tokio::task::spawn_blocking(move || {
            let page = store.scan(store_keys::records(kind), &after, limits::SCAN_PAGE_LEN)?;
            let Some((last, _value)) = page.last() else { return Ok(None) };
            let last = last.clone();
            let is_older = |value: &[u8]| value_generation(value) != Ok(generation);
            let older = page.iter().filter(|(_key, value)| is_older(value));
            let ids = older.filter_map(|(key, _value)| store_keys::record_id(kind, key)).collect();
            Ok::<_, StoreError>(Some((last, ids)))
        });
        match scanned.await {
            Ok(page) => Ok(page?),
            Err(_stopping) => Err(EngineError::Unavailable { doing: "stopping" }),
        }
    }

    async fn ask(
        &self,
        actor: Actor,
        id: Option<(RequestId, [u8; 32])>,
        work: KeyWork,
    ) -> Result<KeysDone, EngineError> {
        let keys = Arc::clone(&self.inner.keys);
        self.inner.engine.work_on_keys(|reply| KeyJob { actor, id, keys, work, reply }).await
    }
}

/// Cuts out of a keyring whatever the ledger says is erased: what a crash left undone, or an old copy
/// of the keyring brought back. To be called at start. Returns how many keys were still there.
///
/// # Errors
/// [`KeepError`].
pub fn catch_up(engine: &Engine, keys: &dyn KeepKeys) -> Result<usize, KeepError> {
    let keyring = keys.sealer().keyring();
    let left: Vec<([u8; 16], u32)> = {
        let world = engine.world();
        let erased = world.erased().iter().map(|(id, up_to)| (*id, *up_to));
        erased.filter(|(id, up_to)| !keyring.is_punctured(id, *up_to)).collect()
    };
    keys.change(&mut |keyring: &mut Keyring| {
        let mut changed = false;
        for (id, up_to) in &left {
            changed |= keyring.puncture(id, *up_to)?;
        }
        Ok(changed)
    })?;
    Ok(left.len())
}

#[cfg(test)]
mod tests;
