//! Reading everything and comparing it: journal, snapshot, index.
//!
//! Called by `hoatoc check` and by the scrub, beside commits. It mends nothing. Memory is what
//! the journal since the last snapshot holds; compact before checking a large one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::index::Index;
use super::truth::{Stretch, Truth, newest_snapshot};
use super::{INDEX_DIR, JOURNAL_DIR, Journaled, SNAPSHOT_DIR};
use crate::store::StoreError;
use crate::store::codec::Stamp;
use crate::store::journal::recover::read_head;
use crate::store::journal::segment::SegmentReader;
use crate::store::snapshot::SnapshotReader;

/// Differences after which comparing stops: a person has seen enough.
const SUSPECTS_MAX: usize = 1_000;
/// Pairs of the index compared at once.
const PAGE_LEN: usize = 512;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file or directory.
    pub path: String,
    /// Where in it, in bytes; 0 where it is the whole.
    pub offset: u64,
    /// What is wrong.
    pub reason: String,
}

/// What a check read and found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// The point up to which all was read.
    pub stamp: Stamp,
    /// Journal segments read.
    pub segments: usize,
    /// Batches in them.
    pub batches: u64,
    /// Bytes of them.
    pub journal_len: u64,
    /// Pairs in the snapshot.
    pub snapshot_pairs: u64,
    /// Bytes of it.
    pub snapshot_len: u64,
    /// Pairs of the index that were compared with the truth.
    pub index_pairs: u64,
    /// Empty if all is well.
    pub problems: Vec<Problem>,
}

/// Keys on which index and truth differ, with the truth's value.
type Suspects = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

impl<I: Index> Journaled<I> {
    /// Rereads everything, once the index has caught up. Damage is in the report; an error means that reading itself failed.
    pub fn check(&self) -> Result<CheckReport, StoreError> {
        let _alone = self.upkeep();
        self.refuse_if_failed()?;
        // What the index does not have yet would hide what it has.
        self.latching(self.index.flush_durable())?;
        let (stamp, stretch) = self.stretch()?;
        let mut report = CheckReport {
            stamp,
            segments: stretch.paths.len(),
            batches: 0,
            journal_len: 0,
            snapshot_pairs: 0,
            snapshot_len: 0,
            index_pairs: 0,
            problems: Vec::new(),
        };
        self.check_head(&mut report);
        let journal = check_journal(&stretch, &mut report);
        report.keep(journal)?;
        let snapshot = self.check_snapshot(&mut report);
        report.keep(snapshot)?;
        if report.problems.is_empty() {
            let index = self.check_index(&stretch, &mut report);
            report.keep(index)?;
        }
        Ok(report)
    }

    fn check_head(&self, report: &mut CheckReport) {
        let dir = self.dir.join(JOURNAL_DIR);
        let journal = self.journal();
        let reason = match read_head(&dir) {
            // A head behind is one that found no room on the disk.
            Ok(head) if head == *journal.end() || head.seq < journal.end().seq => return,
            Ok(_) => "the head file does not belong to the journal".to_owned(),
            Err(reason) => reason,
        };
        let path = dir.join(super::super::journal::HEAD_FILE).display().to_string();
        report.problems.push(Problem { path, offset: 0, reason });
    }

    fn check_snapshot(&self, report: &mut CheckReport) -> Result<(), StoreError> {
        let Some((path, stamp)) = newest_snapshot(&self.dir.join(SNAPSHOT_DIR))? else {
            return Ok(());
        };
        report.snapshot_len = fs::metadata(&path).map_err(StoreError::io("read", &path))?.len();
        report.snapshot_pairs = SnapshotReader::open(&path)?.verify()?;
        if stamp.store == report.stamp.store {
            Ok(())
        } else {
            Err(StoreError::damaged(&path, 0, "the snapshot belongs to another store"))
        }
    }

    /// Walks truth and index side by side; what differs may only have changed meanwhile, and is
    /// looked at again while commits wait.
    fn check_index(&self, stretch: &Stretch, report: &mut CheckReport) -> Result<(), StoreError> {
        let snapshot = newest_snapshot(&self.dir.join(SNAPSHOT_DIR))?;
        let from = snapshot.as_ref().map_or(0, |(_, stamp)| stamp.seq);
        let delta = stretch.delta(from)?;
        let truth = Truth::new(snapshot.as_ref().map(|(path, _)| path.as_path()), delta)?;
        let mut suspects = self.compare(truth, report)?;
        if suspects.is_empty() {
            return Ok(());
        }
        let journal = self.journal();
        let paths = super::super::journal::recover::segment_paths(&self.dir.join(JOURNAL_DIR))?;
        let now = Stretch { paths, last_len: journal.active_len() };
        for (key, value) in now.delta(report.stamp.seq)? {
            if let Some(expected) = suspects.get_mut(&key) {
                *expected = value;
            }
        }
        let path = self.dir.join(INDEX_DIR).display().to_string();
        for (key, expected) in suspects {
            let found = self.index.get(&key)?;
            if found == expected {
                continue;
            }
            let what = match (found, expected) {
                (None, _) => "is missing",
                (_, None) => "should not be there",
                _ => "has another value than the journal",
            };
            let key = hex::encode(&key[..key.len().min(24)]);
            let reason = format!("key {key} {what}");
            report.problems.push(Problem { path: path.clone(), offset: 0, reason });
        }
        Ok(())
    }

    fn compare(&self, mut truth: Truth, report: &mut CheckReport) -> Result<Suspects, StoreError> {
        let mut suspects = Suspects::new();
        let mut next = truth.next_pair()?;
        let mut after = Vec::new();
        loop {
            let page = self.index.scan(b"", &after, PAGE_LEN)?;
            let Some((last, _)) = page.last() else { break };
            after.clone_from(last);
            for (key, value) in page {
                report.index_pairs += 1;
                while let Some((missing, value)) = next.take_if(|(want, _)| *want < key) {
                    suspects.insert(missing, Some(value));
                    next = truth.next_pair()?;
                }
                match next.take_if(|(want, _)| *want == key) {
                    Some((_, want)) => {
                        if want != value {
                            suspects.insert(key, Some(want));
                        }
                        next = truth.next_pair()?;
                    }
                    None => {
                        suspects.insert(key, None);
                    }
                }
            }
            if suspects.len() >= SUSPECTS_MAX {
                return Ok(suspects);
            }
        }
        while let Some((missing, value)) = next {
            suspects.insert(missing, Some(value));
            if suspects.len() >= SUSPECTS_MAX {
                break;
            }
            next = truth.next_pair()?;
        }
        Ok(suspects)
    }
}

impl CheckReport {
    /// Damage becomes a line of the report; anything else stays an error.
    fn keep(&mut self, result: Result<(), StoreError>) -> Result<(), StoreError> {
        match result {
            Err(StoreError::Damaged { path, offset, reason }) => {
                self.problems.push(Problem { path, offset, reason });
                Ok(())
            }
            other => other,
        }
    }
}

fn check_journal(stretch: &Stretch, report: &mut CheckReport) -> Result<(), StoreError> {
    let mut before: Option<Stamp> = None;
    for (n, path) in stretch.paths.iter().enumerate() {
        let last = n + 1 == stretch.paths.len();
        let mut reader = SegmentReader::open(path, if last { stretch.last_len } else { u64::MAX })?;
        if before.is_some_and(|before| before != *reader.stamp()) {
            return Err(gap(path, 0, "the segment does not continue the one before"));
        }
        while reader.step_whole()? {
            report.batches += 1;
            reader.ops()?;
        }
        report.journal_len += reader.at();
        before = Some(*reader.stamp());
        if last && before != Some(report.stamp) {
            return Err(gap(path, reader.at(), "the journal does not end where it should"));
        }
    }
    Ok(())
}

fn gap(path: &Path, offset: u64, reason: &str) -> StoreError {
    StoreError::damaged(path, offset, reason)
}
