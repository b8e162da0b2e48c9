//! Looking at a store at rest without changing it.
//!
//! Called by `hoatoc check`. Opening mends: it cuts a torn tail, writes the head file anew, brings the
//! index up to date, or sets it aside and builds another. Whoever asks what there *is* must be told
//! before any of that is done, so what is opened here is a copy. Segments and snapshots that nothing
//! writes to are linked into it; the last segment, the head file and the index are copied, so the
//! disk must have room for these.
//!
//! Invariants: nothing of the store but its lock and the directory of the copy is touched; the copy
//! goes when the examination does, and what a killed one left goes at the next opening.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::check::{CheckReport, Problem};
use super::index::Index;
use super::open::{lock, open};
use super::{EXAMINED_DIR, INDEX_DIR, JOURNAL_DIR, Journaled, SNAPSHOT_DIR, StoreOptions};
use crate::store::journal::HEAD_FILE;
use crate::store::journal::disk::RealDisk;
use crate::store::journal::recover::{Survey, survey};
use crate::store::snapshot::snapshot_paths;
use crate::store::{Store, StoreError};

/// sled closes its files a moment after it was dropped: so often is the copy's removal tried,
const REMOVE_TRIES_MAX: u32 = 20;
/// and so long is waited in between.
const REMOVE_PAUSE: Duration = Duration::from_millis(50);

/// A store at rest, read from a copy.
#[derive(Debug)]
pub struct Examined<I: Index> {
    // In this order: closed, then removed, then let go.
    store: Journaled<I>,
    copy: Copy,
    found: Vec<Problem>,
    unfinished: Option<u64>,
    _lock: File,
}

impl<I: Index> Examined<I> {
    /// Copies what is in `dir` and opens the copy. Errors are those of opening the store itself:
    /// [`StoreError::Locked`], [`StoreError::Damaged`].
    pub fn open(dir: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        let lock = lock(dir)?;
        let journal_dir = dir.join(JOURNAL_DIR);
        let survey = survey(&journal_dir)?
            .ok_or_else(|| StoreError::damaged(&journal_dir, 0, "there is no journal here"))?;
        let mut found = Vec::new();
        if let Some(reason) = &survey.head_problem {
            let path = journal_dir.join(HEAD_FILE).display().to_string();
            found.push(Problem { path, offset: 0, reason: reason.clone() });
        }
        let unfinished = survey.torn.as_ref().map(|torn| torn.len);
        let copy = Copy::make(dir, &survey)?;
        let mut options = options.clone();
        (options.journal.reserve_len, options.journal.free_len_min) = (0, 0);
        let store: Journaled<I> =
            open(&copy.dir, options, Arc::new(RealDisk)).map_err(|error| copy.of(error))?;
        if let Some(reason) = store.rebuilt() {
            let path = dir.join(INDEX_DIR).display().to_string();
            let reason = format!(
                "{reason}; the server sets it aside and builds another from snapshot and journal"
            );
            found.push(Problem { path, offset: 0, reason });
        }
        Ok(Self { store, copy, found, unfinished, _lock: lock })
    }

    /// The content, for reading.
    pub fn content(&self) -> &dyn Store {
        &self.store
    }

    /// Bytes at the journal's end of an append that never finished, and so was never confirmed: a
    /// crash leaves them, and the next start cuts them off. No problem.
    pub const fn unfinished(&self) -> Option<u64> {
        self.unfinished
    }

    /// As [`Journaled::check`], with what opening would have mended.
    pub fn check(&self) -> Result<CheckReport, StoreError> {
        let mut report = self.store.check().map_err(|error| self.copy.of(error))?;
        for problem in &mut report.problems {
            problem.path = self.copy.path_of(&problem.path);
        }
        report.problems.splice(0..0, self.found.iter().cloned());
        Ok(report)
    }

    /// Whether a problem is the head file's, which the next start makes anew from the journal.
    pub fn is_of_head(&self, problem: &Problem) -> bool {
        Path::new(&problem.path) == self.copy.of.join(JOURNAL_DIR).join(HEAD_FILE)
    }

    /// Whether the problem is one of the index, which can be built again without loss.
    pub fn is_of_index(&self, problem: &Problem) -> bool {
        Path::new(&problem.path).starts_with(self.copy.of.join(INDEX_DIR))
    }
}

/// A copy of a store, removed when it is dropped.
#[derive(Debug)]
struct Copy {
    of: PathBuf,
    dir: PathBuf,
}

impl Copy {
    fn make(of: &Path, survey: &Survey) -> Result<Self, StoreError> {
        remove_left_over(of)?;
        let copy = Self { of: of.to_owned(), dir: of.join(EXAMINED_DIR) };
        let (journal, snapshot) = (copy.dir.join(JOURNAL_DIR), copy.dir.join(SNAPSHOT_DIR));
        for dir in [&journal, &snapshot] {
            fs::create_dir_all(dir).map_err(StoreError::io("create", dir))?;
        }
        for path in snapshot_paths(&of.join(SNAPSHOT_DIR))? {
            link(&path, &snapshot).map_err(StoreError::io("link", &path))?;
        }
        let last = survey.last();
        for segment in &survey.segments {
            let path = &segment.path;
            if *path == last.path {
                copy_into(path, &journal).map_err(StoreError::io("copy", path))?;
            } else {
                link(path, &journal).map_err(StoreError::io("link", path))?;
            }
        }
        let head = of.join(JOURNAL_DIR).join(HEAD_FILE);
        if head.exists() {
            copy_into(&head, &journal).map_err(StoreError::io("copy", &head))?;
        }
        let index = of.join(INDEX_DIR);
        if index.exists() {
            copy_tree(&index, &copy.dir.join(INDEX_DIR)).map_err(StoreError::io("copy", &index))?;
        }
        Ok(copy)
    }

    /// The path of the original.
    fn path_of(&self, path: &str) -> String {
        let inside = Path::new(path).strip_prefix(&self.dir);
        inside
            .map_or_else(|_not_copied| path.to_owned(), |it| self.of.join(it).display().to_string())
    }

    fn of(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Damaged { path, offset, reason } => {
                StoreError::Damaged { path: self.path_of(&path), offset, reason }
            }
            other => other,
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        for _ in 0..REMOVE_TRIES_MAX {
            match remove_left_over(&self.of) {
                Ok(()) => return,
                Err(_still_closing) => std::thread::sleep(REMOVE_PAUSE),
            }
        }
        tracing::warn!(path = %self.dir.display(), "the copy that was examined stays until the next start");
    }
}

/// Removes what an examination that was killed left.
pub(super) fn remove_left_over(dir: &Path) -> Result<(), StoreError> {
    let path = dir.join(EXAMINED_DIR);
    match fs::remove_dir_all(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::io("remove", &path)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn target(from: &Path, to_dir: &Path) -> PathBuf {
    to_dir.join(from.file_name().unwrap_or_default())
}

/// Not every file system has links.
fn link(from: &Path, to_dir: &Path) -> io::Result<()> {
    fs::hard_link(from, target(from, to_dir)).or_else(|_no_links| copy_into(from, to_dir))
}

fn copy_into(from: &Path, to_dir: &Path) -> io::Result<()> {
    fs::copy(from, target(from, to_dir)).map(drop)
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if path.is_dir() {
            copy_tree(&path, &target(&path, to))?;
        } else {
            copy_into(&path, to)?;
        }
    }
    Ok(())
}
