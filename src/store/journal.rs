//! The truth: an append-only chain of batches in segment files.
//!
//! Called by [`journaled`](super::journaled) alone, which serialises appends. It knows batches as
//! bytes and nothing of keys.
//!
//! **Segment** `<number of its first record, 20 digits>.journal`: a stamp (see
//! [`codec`](super::codec)) of the point before its first record, then records:
//!
//! | Offset | Length | Field |
//! |---|---|---|
//! | 0 | 4 | payload length `n`, at most `BATCH_LEN_MAX` |
//! | 4 | 8 | sequence, one more than the record before |
//! | 12 | 32 | chain hash: SHA-256 of the chain hash before, the sequence, the payload |
//! | 44 | 4 | CRC32C of the payload |
//! | 48 | 4 | CRC32C of bytes 0..48 |
//! | 52 | n | payload, an encoded batch; its last byte is not zero |
//!
//! **Durable when `append` returns**: one write, one `fdatasync`. A segment is born under another
//! name, synced, renamed, and its directory synced, before a record goes into it.
//!
//! **The head file** holds the stamp of the last confirmed record. It is overwritten in place
//! after each sync and itself synced only when a segment is closed or the store is: it costs no
//! sync, survives the death of the process exactly, and after a power cut may be old but never new.
//!
//! **What opening does with a tail that is not a valid record**, in this order:
//! 1. not in the last segment, or at or before the head file's record, or the head file is
//!    missing or damaged: `Damaged`.
//! 2. fewer bytes than a record's head, or than the length in a head whose checksum holds: torn.
//! 3. zeros from a sector's boundary up to the end of the file, and no valid record head after it:
//!    torn (a power cut extends files with zeros).
//! 4. anything else, a full-length last record with a wrong checksum too: `Damaged`. After a power
//!    cut we cannot know whether it was confirmed, so we do not guess.
//!
//! A torn tail is kept aside in a `.torn` file, then cut, with a warning. Records that are whole
//! but not vouched for by the head file are kept, written again in place and synced before anybody
//! may read them: a sync that failed in an earlier life may have left them in memory only.
//!
//! **Full disk**: the partial record is cut off and the journal goes on; a reserve file can be
//! given up to make room. **A failed sync** latches: every later call is `Fatal`.

pub mod disk;
mod files;
pub(crate) mod recover;
mod reserve;
pub(crate) mod segment;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::disk::Disk;
use self::files::{begin, begin_segment, make_head, open_rw, rewrite};
pub(crate) use self::files::{remove_unfinished, write_whole};
use self::recover::{Survey, cut_torn, survey};
use self::segment::encode_record;
use super::codec::{STAMP_LEN, Stamp};
use super::{StoreError, is_full};

pub(crate) const HEAD_FILE: &str = "head";
pub(crate) const HEAD_MAGIC: [u8; 8] = *b"hthead.\x01";
pub(crate) const SEGMENT_SUFFIX: &str = "journal";
const TORN_SUFFIX: &str = "torn";
/// Suffix of a file that is not yet what its name will say; left over ones are removed.
pub(crate) const UNFINISHED_SUFFIX: &str = "unfinished";
const CHUNK_LEN: usize = 1024 * 1024;

/// Bounds of a journal.
#[derive(Debug, Clone)]
pub struct JournalOptions {
    /// A record that would make the segment longer than this begins a new one, in bytes.
    pub segment_len_max: u64,
    /// Length of the reserve file, in bytes; 0 for none.
    pub reserve_len: u64,
    /// With fewer bytes free, appends are `Full`: what is left is for the index, which cannot
    /// be refused its writes. 0 for no such bound.
    pub free_len_min: u64,
}

/// The name of the segment that follows `base`.
pub(crate) fn segment_name(base: &Stamp) -> String {
    format!("{:020}.{SEGMENT_SUFFIX}", base.seq + 1)
}

/// The journal, open for appending. One owner.
#[derive(Debug)]
pub struct Journal {
    dir: PathBuf,
    options: JournalOptions,
    disk: Arc<dyn Disk>,
    file: File,
    path: PathBuf,
    len: u64,
    end: Stamp,
    head: File,
    failed: Option<String>,
}

/// A journal just opened.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) journal: Journal,
    /// The whole chain as it was read, with the torn tail already cut.
    pub(crate) survey: Survey,
}

impl Journal {
    /// Opens or begins the journal in `dir`, which exists and is locked by the caller.
    pub(crate) fn open(
        dir: &Path,
        options: JournalOptions,
        disk: Arc<dyn Disk>,
    ) -> Result<Opened, StoreError> {
        remove_unfinished(dir)?;
        let survey = match survey(dir)? {
            Some(survey) => survey,
            None => begin(dir, &*disk)?,
        };
        if let Some(torn) = &survey.torn {
            cut_torn(dir, &*disk, torn)?;
        }
        let last = survey.last().clone();
        let mut file = open_rw(&last.path)?;
        if survey.unvouched_at < last.len {
            rewrite(&mut file, &last.path, survey.unvouched_at, last.len, &*disk)?;
        }
        disk.sync(&file).map_err(|error| StoreError::fatal("syncing", &last.path, &error))?;
        if let Some(problem) = &survey.head_problem {
            tracing::error!(
                journal = %dir.display(), %problem,
                "the journal's head file could not be used and is made anew"
            );
        }
        let head = make_head(dir, &last.end, &*disk)?;
        let (path, len, end) = (last.path, last.len, last.end);
        let dir = dir.to_owned();
        let mut journal = Self { dir, options, disk, file, path, len, end, head, failed: None };
        if let Err(error) = journal.refill_reserve() {
            tracing::error!(%error, "no space could be held back for a full disk");
        }
        Ok(Opened { journal, survey })
    }

    /// The point after the last confirmed batch.
    pub(crate) const fn end(&self) -> &Stamp {
        &self.end
    }

    /// Length of the valid bytes of the segment being written.
    pub(crate) const fn active_len(&self) -> u64 {
        self.len
    }

    /// Makes one encoded batch durable.
    pub(crate) fn append(&mut self, payload: &[u8]) -> Result<Stamp, StoreError> {
        self.refuse_if_failed()?;
        self.refuse_if_low()?;
        let after = self.end.after(payload);
        let record = encode_record(&after, payload);
        let full = self.len + record.len() as u64 > self.options.segment_len_max;
        if full && self.len > STAMP_LEN as u64 {
            self.rotate()?;
        }
        if let Err(error) = self.disk.write(&mut self.file, self.len, &record) {
            return Err(self.undo_write(&error));
        }
        if let Err(error) = self.disk.sync(&self.file) {
            return Err(self.fail("syncing", &error));
        }
        self.len += record.len() as u64;
        self.end = after;
        let head = after.encode(&HEAD_MAGIC);
        match self.disk.write(&mut self.head, 0, &head) {
            // An old head is safe: it only vouches for less.
            Err(error) if is_full(&error) => Ok(after),
            Err(error) => Err(self.fail("writing the head beside", &error)),
            Ok(()) => Ok(after),
        }
    }

    /// Closes the segment being written and begins the next; nothing to do for an empty one.
    pub(crate) fn rotate(&mut self) -> Result<(), StoreError> {
        self.refuse_if_failed()?;
        if self.len == STAMP_LEN as u64 {
            return Ok(());
        }
        self.sync_head()?;
        match begin_segment(&self.dir, &self.end, &*self.disk) {
            Ok((file, path)) => {
                self.file = file;
                self.path = path;
                self.len = STAMP_LEN as u64;
                Ok(())
            }
            Err(full @ StoreError::Full { .. }) => Err(full),
            Err(error) => {
                self.failed = Some(error.to_string());
                Err(StoreError::Fatal { reason: error.to_string() })
            }
        }
    }

    /// Puts the head file on stable storage.
    pub(crate) fn sync_head(&mut self) -> Result<(), StoreError> {
        self.refuse_if_failed()?;
        if let Err(error) = self.disk.sync(&self.head) {
            return Err(self.fail("syncing the head beside", &error));
        }
        Ok(())
    }

    /// Latches a failure that was met elsewhere.
    pub(crate) fn latch(&mut self, reason: String) {
        self.failed.get_or_insert(reason);
    }

    fn refuse_if_failed(&self) -> Result<(), StoreError> {
        self.failed
            .as_ref()
            .map_or(Ok(()), |reason| Err(StoreError::Fatal { reason: reason.clone() }))
    }

    fn refuse_if_low(&self) -> Result<(), StoreError> {
        if self.options.free_len_min == 0 {
            return Ok(());
        }
        let free = self.disk.free_len(&self.dir).map_err(StoreError::io("measure", &self.dir))?;
        if free < self.options.free_len_min {
            return Err(StoreError::Full { path: self.path.display().to_string() });
        }
        Ok(())
    }

    /// After a write that failed: without room the rest is cut off, else the outcome is unknown.
    fn undo_write(&mut self, error: &std::io::Error) -> StoreError {
        if !is_full(error) {
            return self.fail("writing", error);
        }
        match self.disk.truncate(&self.file, self.len) {
            Ok(()) => StoreError::Full { path: self.path.display().to_string() },
            Err(error) => self.fail("cutting a partial record off", &error),
        }
    }

    fn fail(&mut self, what: &str, error: &std::io::Error) -> StoreError {
        let fatal = StoreError::fatal(what, &self.path, error);
        self.failed = Some(format!("{what} {}: {error}", self.path.display()));
        fatal
    }
}
