//! Keeping the truth small and in two places: compaction, backup, restore.
//!
//! Called from a maintenance thread and by the command line, beside commits. All of it reads the
//! snapshot and closed segments, which never change, and so needs the journal's lock only for a
//! moment. No index is read or copied.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::index::{Delta, Index};
use super::truth::{Stretch, Truth, fold, newest_snapshot, refuse_gap};
use super::{JOURNAL_DIR, Journaled, SNAPSHOT_DIR};
use crate::store::StoreError;
use crate::store::codec::Stamp;
use crate::store::journal::disk::{Disk, RealDisk};
use crate::store::journal::recover::{segment_paths, survey};
use crate::store::journal::segment::SegmentReader;
use crate::store::journal::{HEAD_FILE, HEAD_MAGIC, remove_unfinished, segment_name, write_whole};
use crate::store::snapshot::{SnapshotReader, SnapshotWriter, snapshot_paths};

/// What a journal takes on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JournalSize {
    /// Bytes of all segments.
    pub len: u64,
    /// Segments.
    pub segments: u64,
}

/// A copy of a store's truth, verified after it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The batch it ends with, and the hash over all up to there.
    pub stamp: Stamp,
    /// Pairs in its snapshot.
    pub snapshot_pairs: u64,
    /// Journal segments after the snapshot.
    pub segments: usize,
    /// Bytes of all of it.
    pub len: u64,
}

impl<I: Index> Journaled<I> {
    /// Folds all closed segments into a new snapshot, verifies it, and removes what it replaces.
    /// Returns the batch that the snapshot shows. Memory: about `compact_pass_len_max` and one
    /// segment.
    pub fn compact(&self) -> Result<u64, StoreError> {
        let _alone = self.upkeep();
        self.refuse_if_failed()?;
        let upto = {
            let mut journal = self.journal();
            self.latching(journal.rotate())?;
            *journal.end()
        };
        // An index older than the journal's beginning could not be caught up, only built again: no
        // segment that is closed after this flush may be folded.
        self.checkpoint()?;
        let folded = self.fold(&upto);
        if folded.is_err() {
            remove_unfinished(&self.dir.join(SNAPSHOT_DIR))?;
        }
        folded
    }

    fn fold(&self, upto: &Stamp) -> Result<u64, StoreError> {
        let beyond = segment_name(upto);
        let (journal_dir, snapshot_dir) = (self.dir.join(JOURNAL_DIR), self.dir.join(SNAPSHOT_DIR));
        loop {
            let snapshot = newest_snapshot(&snapshot_dir)?;
            let from = snapshot.as_ref().map_or(0, |(_, stamp)| stamp.seq);
            let mut closed = segment_paths(&journal_dir)?;
            closed.retain(|path| path.file_name() < Some(beyond.as_ref()));
            let Some((stamp, delta)) = self.next_pass(&closed, from)? else {
                remove_covered(&journal_dir, &snapshot_dir, &closed, &*self.disk)?;
                return Ok(from);
            };
            let mut truth = Truth::new(snapshot.as_ref().map(|(path, _)| path.as_path()), delta)?;
            let mut writer = SnapshotWriter::begin(&snapshot_dir, stamp, &*self.disk)?;
            while let Some((key, value)) = truth.next_pair()? {
                writer.push(&key, &value)?;
            }
            writer.finish()?;
        }
    }

    /// As many whole segments after `from` as one pass may hold; `None` when there are none.
    fn next_pass(
        &self,
        closed: &[PathBuf],
        from: u64,
    ) -> Result<Option<(Stamp, Delta)>, StoreError> {
        let mut pass: Option<(Stamp, Delta)> = None;
        let mut len = 0;
        for path in closed {
            let mut reader = SegmentReader::open(path, u64::MAX)?;
            let mut delta = pass.take().map_or_else(Delta::new, |(_, delta)| delta);
            while reader.step_whole()? {
                if reader.stamp().seq > from {
                    fold(&mut delta, reader.ops()?);
                }
            }
            if reader.stamp().seq > from {
                len += reader.at();
                pass = Some((*reader.stamp(), delta));
                if len >= self.options.compact_pass_len_max {
                    break;
                }
            }
        }
        Ok(pass)
    }

    /// Copies snapshot and journal, up to the last confirmed batch, to `to`, which must be empty
    /// or not there; verifies the copy. Commits go on meanwhile.
    pub fn backup(&self, to: &Path) -> Result<Copied, StoreError> {
        let _alone = self.upkeep();
        self.refuse_if_failed()?;
        let (stamp, stretch) = self.stretch()?;
        let snapshot = snapshot_paths(&self.dir.join(SNAPSHOT_DIR))?.pop();
        copy_truth(to, snapshot.as_deref(), &stretch, &stamp, &*self.disk)
    }

    /// What the journal takes on disk now. [`Self::compact`] brings it down to one empty segment.
    pub fn journal_size(&self) -> Result<JournalSize, StoreError> {
        let mut size = JournalSize::default();
        for path in segment_paths(&self.dir.join(JOURNAL_DIR))? {
            match fs::metadata(&path) {
                Ok(found) => {
                    size.len += found.len();
                    size.segments += 1;
                }
                // Compaction may have removed it meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(StoreError::io("measure", &path)(error)),
            }
        }
        Ok(size)
    }

    /// Bytes that may still be written to the store's disk.
    pub fn free_len(&self) -> Result<u64, StoreError> {
        self.disk.free_len(&self.dir).map_err(StoreError::io("measure", &self.dir))
    }

    /// The journal up to now.
    pub(super) fn stretch(&self) -> Result<(Stamp, Stretch), StoreError> {
        let journal = self.journal();
        let paths = segment_paths(&self.dir.join(JOURNAL_DIR))?;
        Ok((*journal.end(), Stretch { paths, last_len: journal.active_len() }))
    }
}

/// Removes the segments and snapshots that the newest snapshot makes needless.
fn remove_covered(
    journal_dir: &Path,
    snapshot_dir: &Path,
    closed: &[PathBuf],
    disk: &dyn Disk,
) -> Result<(), StoreError> {
    let mut snapshots = snapshot_paths(snapshot_dir)?;
    if snapshots.pop().is_none() {
        return Ok(());
    }
    for path in closed.iter().chain(&snapshots) {
        fs::remove_file(path).map_err(StoreError::io("remove", path))?;
    }
    for dir in [journal_dir, snapshot_dir] {
        disk.sync_dir(dir).map_err(StoreError::io("sync", dir))?;
    }
    Ok(())
}

/// Restores a backup into `to`, which must be empty or not there. Everything is verified before
/// and after; the index is built at the first opening.
pub fn restore(from: &Path, to: &Path) -> Result<Copied, StoreError> {
    let (copied, snapshot, stretch) = verify_copy(from)?;
    let restored = copy_truth(to, snapshot.as_deref(), &stretch, &copied.stamp, &RealDisk)?;
    if restored == copied {
        Ok(restored)
    } else {
        Err(StoreError::damaged(to, 0, "the restored store is not the backup"))
    }
}

fn copy_truth(
    to: &Path,
    snapshot: Option<&Path>,
    stretch: &Stretch,
    stamp: &Stamp,
    disk: &dyn Disk,
) -> Result<Copied, StoreError> {
    let (journal_dir, snapshot_dir) = (to.join(JOURNAL_DIR), to.join(SNAPSHOT_DIR));
    fs::create_dir_all(to).map_err(StoreError::io("create", to))?;
    if fs::read_dir(to).map_err(StoreError::io("list", to))?.next().is_some() {
        let source = io::Error::from(io::ErrorKind::DirectoryNotEmpty);
        return Err(StoreError::io("copy a store into", to)(source));
    }
    for dir in [&journal_dir, &snapshot_dir] {
        fs::create_dir(dir).map_err(StoreError::io("create", dir))?;
    }
    if let Some(path) = snapshot {
        copy(path, &snapshot_dir, u64::MAX, disk)?;
    }
    for (n, path) in stretch.paths.iter().enumerate() {
        let last = n + 1 == stretch.paths.len();
        copy(path, &journal_dir, if last { stretch.last_len } else { u64::MAX }, disk)?;
    }
    write_whole(&journal_dir, &journal_dir.join(HEAD_FILE), &stamp.encode(&HEAD_MAGIC), disk)?;
    for dir in [&journal_dir, &snapshot_dir, to] {
        disk.sync_dir(dir).map_err(StoreError::io("sync", dir))?;
    }
    let (copied, ..) = verify_copy(to)?;
    if copied.stamp == *stamp {
        Ok(copied)
    } else {
        Err(StoreError::damaged(to, 0, "the copy does not end where it should"))
    }
}

fn copy(from: &Path, to_dir: &Path, len_max: u64, disk: &dyn Disk) -> Result<(), StoreError> {
    let to = to_dir.join(from.file_name().unwrap_or_default());
    let copied = || {
        let mut to = File::create_new(&to)?;
        io::copy(&mut File::open(from)?.take(len_max), &mut to)?;
        disk.sync(&to)
    };
    copied().map_err(StoreError::io("copy to", &to))
}

/// Reads and checks a store at rest, or a backup: nothing in it may be torn or missing.
fn verify_copy(dir: &Path) -> Result<(Copied, Option<PathBuf>, Stretch), StoreError> {
    let (journal_dir, snapshot_dir) = (dir.join(JOURNAL_DIR), dir.join(SNAPSHOT_DIR));
    let survey = survey(&journal_dir)?
        .ok_or_else(|| StoreError::damaged(&journal_dir, 0, "there is no journal here"))?;
    if let Some(problem) = survey.head_problem {
        return Err(StoreError::damaged(&journal_dir.join(HEAD_FILE), 0, problem));
    }
    if let Some(torn) = survey.torn {
        return Err(StoreError::damaged(&torn.path, torn.offset, torn.reason));
    }
    let snapshot = newest_snapshot(&snapshot_dir)?;
    refuse_gap(&survey, snapshot.as_ref())?;
    let last = survey.last();
    let mut copied = Copied {
        stamp: last.end,
        snapshot_pairs: 0,
        segments: survey.segments.len(),
        len: survey.segments.iter().map(|segment| segment.len).sum(),
    };
    let snapshot = snapshot.map(|(path, _)| path);
    if let Some(path) = &snapshot {
        copied.snapshot_pairs = SnapshotReader::open(path)?.verify()?;
        copied.len += fs::metadata(path).map_err(StoreError::io("read", path))?.len();
    }
    let last_len = last.len;
    let paths = survey.segments.into_iter().map(|segment| segment.path).collect();
    Ok((copied, snapshot, Stretch { paths, last_len }))
}
