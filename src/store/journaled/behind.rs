//! An index that follows a little behind, so that nobody who waits for a commit waits for it.
//!
//! Called by [`journaled`](super) in place of the index it holds. A batch is durable by the journal
//! and visible by being gathered here, in memory; one writer carries what was gathered into the
//! index beneath, several batches in one write and in key order, which is what sled does best. What
//! a crash leaves behind is in the journal and applied at the next start, as any batch would be.
//!
//! - Readers see every batch whole and at once: what is gathered lies over the index.
//! - Memory is bounded: over [`GATHERED_LEN_MAX`] a commit waits until the writer has caught up.
//! - The index beneath moves from one batch's end to a later one's, never to a point between.
//! - What fails beneath is told to the next caller; after that the index is of no more use.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use super::StoreOptions;
use super::index::{Delta, Index, Unfit};
use crate::store::codec::Stamp;
use crate::store::{Pair, StoreError, scan_start};

/// Gathered bytes after which a commit waits: seconds of the index's work, and small beside what
/// the server needs.
const GATHERED_LEN_MAX: usize = 16 * 1024 * 1024;
/// Bytes of one write: readers of ranges wait for one, so it is a fraction of a second.
const LAYER_LEN_MAX: usize = 1024 * 1024;
/// The writer keeps out of the way while batches come, so that a storm of answers has the
/// processor to itself: it begins when none came for so long,
const LULL: Duration = Duration::from_millis(200);
/// or when this much has gathered, which is some twenty thousand answers.
const RUSH_LEN: usize = GATHERED_LEN_MAX / 2;
/// What a key and its value take in a map besides their bytes; a round number.
const PAIR_OVERHEAD_LEN: usize = 100;

/// An index with a writer in front of it.
#[derive(Debug)]
pub struct Behind<I: Index> {
    shared: Arc<Shared<I>>,
    // None until the index agrees with the journal: until then what fails must be told at once.
    writer: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared<I> {
    index: I,
    gathered: Mutex<Gathered>,
    changed: Condvar,
    // Held for writing while a layer goes into the index, so that ranges are read of one point.
    applying: RwLock<()>,
}

/// Batches that the index beneath does not have yet, oldest first.
#[derive(Debug, Default)]
struct Gathered {
    layers: VecDeque<Layer>,
    len: usize,
    // Batches ever gathered.
    added: u64,
    // The first layer is being written and takes no more.
    is_writing: bool,
    // Somebody waits for the index to catch up.
    hurry: usize,
    closing: bool,
    failed: Option<String>,
}

/// The last words of consecutive batches.
#[derive(Debug)]
struct Layer {
    delta: Arc<Delta>,
    len: usize,
    // The number of its oldest batch, and the point after its newest.
    first: u64,
    stamp: Stamp,
}

impl Gathered {
    fn refuse_if_failed(&self) -> Result<(), StoreError> {
        self.failed.as_ref().map_or(Ok(()), |reason| {
            Err(StoreError::Fatal { reason: format!("the index could not follow: {reason}") })
        })
    }

    fn add(&mut self, delta: Arc<Delta>, stamp: &Stamp) {
        let pair_len = |(key, value): (&Vec<u8>, &Option<Vec<u8>>)| {
            key.len() + value.as_ref().map_or(0, Vec::len) + PAIR_OVERHEAD_LEN
        };
        let len: usize = delta.iter().map(pair_len).sum();
        self.len += len;
        self.added += 1;
        let open = self.layers.len() > usize::from(self.is_writing);
        if let Some(last) = self.layers.back_mut()
            && open
            && last.len + len <= LAYER_LEN_MAX
            && let Some(words) = Arc::get_mut(&mut last.delta)
        {
            words.extend(Arc::unwrap_or_clone(delta));
            (last.len, last.stamp) = (last.len + len, *stamp);
        } else {
            self.layers.push_back(Layer { delta, len, first: stamp.seq, stamp: *stamp });
        }
    }

    /// What was last said of the key; none if nothing was.
    fn word(&self, key: &[u8]) -> Option<Option<Vec<u8>>> {
        self.layers.iter().rev().find_map(|layer| layer.delta.get(key).cloned())
    }
}

impl<I: Index> Shared<I> {
    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, gathered: MutexGuard<'a, Gathered>) -> MutexGuard<'a, Gathered> {
        self.changed.wait(gathered).unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when the oldest layer shall be written, or the writer end.
    fn wait_for_work<'a>(&self, gathered: MutexGuard<'a, Gathered>) -> MutexGuard<'a, Gathered> {
        let idle = |held: &mut Gathered| !held.closing && held.layers.is_empty();
        let mut gathered =
            self.changed.wait_while(gathered, idle).unwrap_or_else(PoisonError::into_inner);
        loop {
            let added = gathered.added;
            let calm =
                |held: &mut Gathered| !held.closing && held.hurry == 0 && held.len < RUSH_LEN;
            let lull = self.changed.wait_timeout_while(gathered, LULL, calm);
            let (held, waited) = lull.unwrap_or_else(PoisonError::into_inner);
            if !waited.timed_out() || held.added == added {
                return held;
            }
            gathered = held;
        }
    }

    /// The writer's life: layer after layer, the oldest first.
    fn write(&self) {
        let mut gathered = self.gathered();
        loop {
            gathered = self.wait_for_work(gathered);
            let Some(layer) = gathered.layers.front().filter(|_| !gathered.closing) else { return };
            let (delta, stamp) = (Arc::clone(&layer.delta), layer.stamp);
            gathered.is_writing = true;
            drop(gathered);
            let written = {
                let _nobody_reads_ranges =
                    self.applying.write().unwrap_or_else(PoisonError::into_inner);
                let written = self.index.apply(delta, &stamp);
                gathered = self.gathered();
                // In the same moment, for readers of ranges: below it is, so above it goes.
                if written.is_ok()
                    && let Some(layer) = gathered.layers.pop_front()
                {
                    gathered.len -= layer.len;
                }
                written
            };
            gathered.is_writing = false;
            if let Err(fault) = written {
                gathered.failed = Some(fault.to_string());
                tracing::error!(%fault, "the index could not follow the journal: start again");
            }
            self.changed.notify_all();
            if gathered.failed.is_some() {
                return;
            }
        }
    }
}

impl<I: Index> Index for Behind<I> {
    const LASTING: bool = I::LASTING;

    fn open(dir: &Path, options: &StoreOptions) -> Result<Self, Unfit> {
        let shared = Shared {
            index: I::open(dir, options)?,
            gathered: Mutex::default(),
            changed: Condvar::new(),
            applying: RwLock::new(()),
        };
        Ok(Self { shared: Arc::new(shared), writer: None })
    }

    fn serve(&mut self) -> Result<(), StoreError> {
        let shared = Arc::clone(&self.shared);
        let writer = std::thread::Builder::new()
            .name("hoatoc-index".into())
            .spawn(move || shared.write())
            .map_err(|fault| StoreError::Fatal { reason: format!("starting a thread: {fault}") })?;
        self.writer = Some(writer);
        Ok(())
    }

    fn applied(&self) -> Option<Stamp> {
        let newest = self.shared.gathered().layers.back().map(|layer| layer.stamp);
        newest.or_else(|| self.shared.index.applied())
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        {
            let gathered = self.shared.gathered();
            gathered.refuse_if_failed()?;
            if let Some(word) = gathered.word(key) {
                return Ok(word);
            }
        }
        self.shared.index.get(key)
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError> {
        let _one_point = self.shared.applying.read().unwrap_or_else(PoisonError::into_inner);
        let layers: Vec<Arc<Delta>> = {
            let gathered = self.shared.gathered();
            gathered.refuse_if_failed()?;
            gathered.layers.iter().map(|layer| Arc::clone(&layer.delta)).collect()
        };
        if layers.is_empty() {
            return self.shared.index.scan(prefix, after, limit);
        }
        let mut words: BTreeMap<&[u8], Option<&[u8]>> = BTreeMap::new();
        for delta in &layers {
            let range = delta.range::<[u8], _>((scan_start(prefix, after), Bound::Unbounded));
            let range = range.take_while(|(key, _)| key.starts_with(prefix));
            words.extend(range.map(|(key, word)| (key.as_slice(), word.as_deref())));
        }
        self.overlaid(prefix, after, limit, &words)
    }

    fn apply(&self, delta: Arc<Delta>, stamp: &Stamp) -> Result<(), StoreError> {
        if self.writer.is_none() {
            return self.shared.index.apply(delta, stamp);
        }
        let mut gathered = self.shared.gathered();
        while gathered.len > GATHERED_LEN_MAX && gathered.failed.is_none() {
            gathered = self.shared.wait(gathered);
        }
        gathered.refuse_if_failed()?;
        let was_idle = gathered.layers.is_empty();
        gathered.add(delta, stamp);
        let worth_waking = was_idle || gathered.len >= RUSH_LEN;
        drop(gathered);
        if worth_waking {
            self.shared.changed.notify_all();
        }
        Ok(())
    }

    fn flush_durable(&self) -> Result<(), StoreError> {
        let mut gathered = self.shared.gathered();
        let upto = gathered.layers.back().map(|layer| layer.stamp.seq);
        gathered.hurry += 1;
        self.shared.changed.notify_all();
        let behind =
            |held: &Gathered| held.layers.front().is_some_and(|layer| Some(layer.first) <= upto);
        while behind(&gathered) && gathered.failed.is_none() {
            gathered = self.shared.wait(gathered);
        }
        gathered.hurry -= 1;
        gathered.refuse_if_failed()?;
        drop(gathered);
        self.shared.index.flush_durable()
    }
}

impl<I: Index> Behind<I> {
    /// A page of the index with the gathered words laid over it.
    fn overlaid(
        &self,
        prefix: &[u8],
        after: &[u8],
        limit: usize,
        words: &BTreeMap<&[u8], Option<&[u8]>>,
    ) -> Result<Vec<Pair>, StoreError> {
        let mut words = words.iter().peekable();
        let mut found: Vec<Pair> = Vec::new();
        let mut after = after.to_vec();
        while found.len() < limit {
            let wanted = limit - found.len();
            let page = self.shared.index.scan(prefix, &after, wanted)?;
            let is_last = page.len() < wanted;
            for (key, value) in page {
                while let Some((new, word)) = words.next_if(|(word, _)| **word < key.as_slice()) {
                    found.extend(word.map(|value| (new.to_vec(), value.to_vec())));
                }
                after.clone_from(&key);
                match words.next_if(|(word, _)| **word == key.as_slice()) {
                    Some((_, word)) => found.extend(word.map(|value| (key, value.to_vec()))),
                    None => found.push((key, value)),
                }
            }
            if is_last {
                let rest = words.by_ref();
                found
                    .extend(rest.filter_map(|(key, word)| Some((key.to_vec(), (*word)?.to_vec()))));
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }
}

impl<I: Index> Drop for Behind<I> {
    /// Lets the writer finish what it is at: the journal has the rest.
    fn drop(&mut self) {
        let Some(writer) = self.writer.take() else { return };
        self.shared.gathered().closing = true;
        self.shared.changed.notify_all();
        if writer.join().is_err() {
            tracing::error!("the index's writer panicked");
        }
    }
}

#[cfg(test)]
mod tests;
