//! Snapshot and journal read together: what the keyspace must be.
//!
//! Called by opening, compaction, backup and check. It never looks at an index. Memory is bounded
//! by what the caller lets it read of the journal.

use std::collections::btree_map;
use std::iter::Peekable;
use std::path::{Path, PathBuf};

use super::index::Delta;
use crate::store::codec::Stamp;
use crate::store::journal::recover::Survey;
use crate::store::journal::segment::SegmentReader;
use crate::store::snapshot::{SnapshotReader, snapshot_paths};
use crate::store::{Op, Pair, StoreError};

/// The newest snapshot of `dir` and its point.
pub(super) fn newest_snapshot(dir: &Path) -> Result<Option<(PathBuf, Stamp)>, StoreError> {
    let Some(path) = snapshot_paths(dir)?.pop() else { return Ok(None) };
    let stamp = *SnapshotReader::open(&path)?.stamp();
    Ok(Some((path, stamp)))
}

/// Refuses a journal that does not continue the snapshot, or that lacks its beginning.
pub(super) fn refuse_gap(
    survey: &Survey,
    snapshot: Option<&(PathBuf, Stamp)>,
) -> Result<(), StoreError> {
    let first = survey.first();
    match snapshot {
        None if first.base.seq == 0 => Ok(()),
        None => {
            let reason = "the segments or the snapshot before it are missing";
            Err(StoreError::damaged(&first.path, 0, reason))
        }
        // A snapshot is made where a segment ends, so the next one begins with the same stamp.
        Some((path, stamp)) => {
            if survey.segments.iter().any(|segment| segment.base == *stamp) {
                Ok(())
            } else {
                Err(StoreError::damaged(path, 0, "no journal segment continues the snapshot"))
            }
        }
    }
}

/// A stretch of a journal: files in order, and how much of the last may be read.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    pub(super) paths: Vec<PathBuf>,
    pub(super) last_len: u64,
}

impl Stretch {
    /// Calls `each` for every record after `from` with its operations and the stamp after it.
    pub(super) fn replay<E: From<StoreError>>(
        &self,
        from: u64,
        mut each: impl FnMut(Vec<Op>, &Stamp) -> Result<(), E>,
    ) -> Result<(), E> {
        for (n, path) in self.paths.iter().enumerate() {
            let last = n + 1 == self.paths.len();
            let mut reader =
                SegmentReader::open(path, if last { self.last_len } else { u64::MAX })?;
            while reader.step_whole()? {
                if reader.stamp().seq > from {
                    each(reader.ops()?, reader.stamp())?;
                }
            }
        }
        Ok(())
    }

    /// The records after `from` folded into one.
    pub(super) fn delta(&self, from: u64) -> Result<Delta, StoreError> {
        let mut delta = Delta::new();
        self.replay(from, |ops, _| {
            fold(&mut delta, ops);
            Ok::<(), StoreError>(())
        })?;
        Ok(delta)
    }
}

/// Adds the operations of one more batch.
pub(super) fn fold(delta: &mut Delta, ops: Vec<Op>) {
    for op in ops {
        match op {
            Op::Put { key, value } => delta.insert(key, Some(value)),
            Op::Delete { key } => delta.insert(key, None),
        };
    }
}

/// The keyspace in key order: a snapshot with a delta laid over it.
pub(super) struct Truth {
    base: Option<SnapshotReader>,
    base_next: Option<Pair>,
    delta: Peekable<btree_map::IntoIter<Vec<u8>, Option<Vec<u8>>>>,
}

impl Truth {
    pub(super) fn new(snapshot: Option<&Path>, delta: Delta) -> Result<Self, StoreError> {
        let mut base = snapshot.map(SnapshotReader::open).transpose()?;
        let base_next = base.as_mut().map(SnapshotReader::next_pair).transpose()?.flatten();
        Ok(Self { base, base_next, delta: delta.into_iter().peekable() })
    }

    /// The next pair; `None` at the end, where the snapshot's foot has been checked too.
    pub(super) fn next_pair(&mut self) -> Result<Option<Pair>, StoreError> {
        loop {
            let base_key = self.base_next.as_ref().map(|(key, _)| key);
            match (base_key, self.delta.peek()) {
                (None, None) => return Ok(None),
                (Some(base_key), Some((key, _))) if base_key < key => return self.take_base(),
                (Some(_), None) => return self.take_base(),
                (base_key, Some((key, _))) => {
                    if base_key == Some(key) {
                        self.take_base()?;
                    }
                    if let Some((key, Some(value))) = self.delta.next() {
                        return Ok(Some((key, value)));
                    }
                }
            }
        }
    }

    fn take_base(&mut self) -> Result<Option<Pair>, StoreError> {
        let next = match &mut self.base {
            Some(base) => base.next_pair()?,
            None => None,
        };
        Ok(std::mem::replace(&mut self.base_next, next))
    }
}
