//! Opening a store: the lock, the truth, then an index that agrees with it.
//!
//! Called by [`Journaled::open`] only. The order is the design: nothing is applied to an index
//! before the journal's tail is judged and synced.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use super::examine::remove_left_over;
use super::index::{Delta, Index, Unfit};
use super::truth::{Stretch, fold, newest_snapshot, refuse_gap};
use super::{
    INDEX_DIR, JOURNAL_DIR, Journaled, LOCK_FILE, SET_ASIDE_PREFIX, SNAPSHOT_DIR, StoreOptions,
};
use crate::store::codec::Stamp;
use crate::store::journal::disk::Disk;
use crate::store::journal::recover::{Survey, segment_paths};
use crate::store::journal::segment::SegmentReader;
use crate::store::journal::{Journal, Opened, remove_unfinished};
use crate::store::snapshot::{SnapshotReader, snapshot_paths};
use crate::store::{Op, StoreError};

/// Indexes set aside that are kept for a person to look at; the oldest go first.
const SET_ASIDE_KEPT_MAX: usize = 3;
/// Pairs of a snapshot applied to an index at once.
const LOAD_CHUNK_LEN: usize = 1_024;

pub(super) fn open<I: Index>(
    dir: &Path,
    options: StoreOptions,
    disk: Arc<dyn Disk>,
) -> Result<Journaled<I>, StoreError> {
    let (journal_dir, snapshot_dir) = (dir.join(JOURNAL_DIR), dir.join(SNAPSHOT_DIR));
    for each in [&journal_dir, &snapshot_dir] {
        fs::create_dir_all(each).map_err(StoreError::io("create", each))?;
    }
    let lock = lock(dir)?;
    disk.sync_dir(dir).map_err(StoreError::io("sync", dir))?;
    remove_unfinished(&snapshot_dir)?;
    remove_left_over(dir)?;
    refuse_missing_journal(dir, &journal_dir, &snapshot_dir)?;
    let Opened { journal, survey } =
        Journal::open(&journal_dir, options.journal.clone(), Arc::clone(&disk))?;
    let snapshot = newest_snapshot(&snapshot_dir)?;
    refuse_gap(&survey, snapshot.as_ref())?;
    let opening = Opening { dir, options: &options, disk: &*disk, survey: &survey, snapshot };
    let (mut index, rebuilt) = opening.index::<I>()?;
    index.serve()?;
    Ok(Journaled {
        dir: dir.to_owned(),
        head: AtomicU64::new(journal.end().seq),
        journal: Mutex::new(journal),
        index,
        disk,
        failed: OnceLock::new(),
        upkeep: Mutex::new(()),
        rebuilt,
        options,
        _lock: lock,
    })
}

pub(super) fn lock(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join(LOCK_FILE);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(StoreError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(StoreError::Locked { path: dir.display().to_string() })
        }
        Err(TryLockError::Error(error)) => Err(StoreError::io("lock", &path)(error)),
    }
}

/// A directory without a journal but with what a journal leads to is no new store.
fn refuse_missing_journal(
    dir: &Path,
    journal_dir: &Path,
    snapshot_dir: &Path,
) -> Result<(), StoreError> {
    if !segment_paths(journal_dir)?.is_empty() {
        return Ok(());
    }
    let index = dir.join(INDEX_DIR);
    let has_index = fs::read_dir(&index).is_ok_and(|mut entries| entries.next().is_some());
    if has_index || !snapshot_paths(snapshot_dir)?.is_empty() {
        return Err(StoreError::damaged(journal_dir, 0, "the journal's segments are missing"));
    }
    Ok(())
}

/// Whose fault it is that an index could not be brought up to date.
enum Trouble {
    Index(String),
    Truth(StoreError),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Truth(error)
    }
}

struct Opening<'a> {
    dir: &'a Path,
    options: &'a StoreOptions,
    disk: &'a dyn Disk,
    survey: &'a Survey,
    snapshot: Option<(PathBuf, Stamp)>,
}

impl Opening<'_> {
    /// An index that agrees with the truth, and why it had to be built, if it had to.
    fn index<I: Index>(&self) -> Result<(I, Option<String>), StoreError> {
        let dir = self.dir.join(INDEX_DIR);
        let had_files = fs::read_dir(&dir).is_ok_and(|mut entries| entries.next().is_some());
        let (opened, snapshot) = self.open_and_verify::<I>(&dir);
        let reason = match opened {
            Err(Unfit::Stop(error)) => return Err(error),
            Err(Unfit::SetAside(reason)) => reason,
            Ok(index) => match (index.applied(), self.adopt(&index)) {
                (_, Err(Trouble::Truth(error))) => return Err(error),
                (Some(_), Err(Trouble::Index(reason))) => reason,
                (Some(_), Ok(())) => return snapshot.map(|()| (index, None)),
                (None, Ok(())) => return self.build(&index).map(|()| (index, None)),
                // sled takes a file that it cannot read for the end of its log.
                (None, Err(Trouble::Index(reason))) if I::LASTING && had_files => reason,
                (None, Err(Trouble::Index(reason))) => {
                    self.build(&index)?;
                    if !I::LASTING {
                        return Ok((index, None));
                    }
                    tracing::error!(%reason, "the index was built from snapshot and journal");
                    return Ok((index, Some(reason)));
                }
            },
        };
        let aside = self.set_aside(&dir)?;
        tracing::error!(
            %reason, kept = %aside.display(),
            "the index cannot be used: it is set aside and built again from snapshot and journal"
        );
        let index = I::open(&dir, self.options).map_err(|unfit| match unfit {
            Unfit::Stop(error) => error,
            Unfit::SetAside(reason) => StoreError::Fatal { reason },
        })?;
        self.build(&index)?;
        Ok((index, Some(reason)))
    }

    /// Opens the index, and reads the snapshot through beside it: nothing needs it while the index is
    /// sound, but then it must not be found damaged on the day it is needed.
    fn open_and_verify<I: Index>(&self, dir: &Path) -> (Result<I, Unfit>, Result<(), StoreError>) {
        let verify = || match &self.snapshot {
            Some((path, _stamp)) => SnapshotReader::open(path)?.verify().map(drop),
            None => Ok(()),
        };
        thread::scope(|threads| {
            let verifying = threads.spawn(verify);
            let opened = I::open(dir, self.options);
            let panicked =
                |_panic| Err(StoreError::Fatal { reason: "reading the snapshot panicked".into() });
            (opened, verifying.join().unwrap_or_else(panicked))
        })
    }

    /// Applies what the journal has beyond an index that followed the same history.
    fn adopt<I: Index>(&self, index: &I) -> Result<(), Trouble> {
        let end = self.survey.last();
        let Some(applied) = index.applied() else {
            return if end.end.seq == 0 {
                Ok(())
            } else {
                Err(Trouble::Index("the index is missing or empty".into()))
            };
        };
        if applied.store != end.end.store {
            return Err(Trouble::Index("the index belongs to another store".into()));
        }
        if applied.seq > end.end.seq {
            let reason = format!(
                "the index has batch {}, but the journal ends after batch {}",
                applied.seq, end.end.seq
            );
            return Err(StoreError::damaged(&end.path, end.len, reason).into());
        }
        let Some(n) = self.survey.segments.iter().rposition(|s| s.base.seq <= applied.seq) else {
            return Err(Trouble::Index(format!(
                "the index ends at batch {}, before the oldest journal segment",
                applied.seq
            )));
        };
        let mut reader = SegmentReader::open(&self.survey.segments[n].path, u64::MAX)?;
        while reader.stamp().seq < applied.seq && reader.step_whole()? {}
        if *reader.stamp() != applied {
            return Err(Trouble::Index("the index followed another history".into()));
        }
        self.replay(index, n, applied.seq)
    }

    /// Fills an empty index from snapshot and journal. It is made durable at once: from then on
    /// an empty one is one that was lost.
    fn build<I: Index>(&self, index: &I) -> Result<(), StoreError> {
        let fill = || match &self.snapshot {
            None => {
                apply(index, Vec::new(), &self.survey.first().base)?;
                self.replay(index, 0, 0)
            }
            Some((path, stamp)) => {
                self.load(index, path, stamp)?;
                let n = self.survey.segments.iter().rposition(|s| s.base.seq <= stamp.seq);
                self.replay(index, n.unwrap_or(0), stamp.seq)
            }
        };
        fill().map_err(|trouble| match trouble {
            Trouble::Truth(error) => error,
            Trouble::Index(reason) => StoreError::Fatal { reason },
        })?;
        index.flush_durable()
    }

    /// Until the last pair the index says that it is at the beginning: cut short, it is caught up
    /// from there or set aside.
    fn load<I: Index>(&self, index: &I, path: &Path, stamp: &Stamp) -> Result<(), Trouble> {
        let genesis = Stamp::genesis(stamp.store);
        let mut reader = SnapshotReader::open(path)?;
        let mut chunk = Vec::with_capacity(LOAD_CHUNK_LEN);
        while let Some((key, value)) = reader.next_pair()? {
            chunk.push(Op::Put { key, value });
            if chunk.len() == LOAD_CHUNK_LEN {
                apply(index, std::mem::take(&mut chunk), &genesis)?;
            }
        }
        apply(index, chunk, stamp)
    }

    fn replay<I: Index>(&self, index: &I, from_segment: usize, from: u64) -> Result<(), Trouble> {
        let segments = &self.survey.segments[from_segment..];
        let stretch = Stretch {
            paths: segments.iter().map(|segment| segment.path.clone()).collect(),
            last_len: self.survey.last().len,
        };
        stretch.replay(from, |ops, stamp| apply(index, ops, stamp))
    }

    /// Renames the index's directory; the path it has then. Sled may have changed its files while
    /// it failed to open them: what is kept is what it left.
    fn set_aside(&self, index: &Path) -> Result<PathBuf, StoreError> {
        let mut kept = Vec::new();
        for entry in fs::read_dir(self.dir).map_err(StoreError::io("list", self.dir))? {
            let name = entry.map_err(StoreError::io("list", self.dir))?.file_name();
            let n = name.to_str().and_then(|name| name.strip_prefix(SET_ASIDE_PREFIX));
            kept.extend(n.and_then(|n| n.parse::<u64>().ok()));
        }
        kept.sort_unstable();
        let path_of = |n: u64| self.dir.join(format!("{SET_ASIDE_PREFIX}{n}"));
        let aside = path_of(kept.last().map_or(1, |n| n + 1));
        if index.exists() {
            fs::rename(index, &aside).map_err(StoreError::io("set aside", index))?;
        }
        let excess = (kept.len() + 1).saturating_sub(SET_ASIDE_KEPT_MAX);
        for n in kept.iter().take(excess) {
            let old = path_of(*n);
            fs::remove_dir_all(&old).map_err(StoreError::io("remove", &old))?;
        }
        self.disk.sync_dir(self.dir).map_err(StoreError::io("sync", self.dir))?;
        Ok(aside)
    }
}

fn apply<I: Index>(index: &I, ops: Vec<Op>, stamp: &Stamp) -> Result<(), Trouble> {
    let mut delta = Delta::new();
    fold(&mut delta, ops);
    index.apply(Arc::new(delta), stamp).map_err(|error| match error {
        full @ StoreError::Full { .. } => Trouble::Truth(full),
        error => Trouble::Index(error.to_string()),
    })
}
