//! What is shown of a store, and the note of its newest backup.
//!
//! The care of the store measures; whoever made a backup says so, through [`Figures::backed_up`] in
//! a serving server and [`note_backup`] beside a stopped one. The note lies in the data directory
//! and outlives a restart, so that the alarm on an old backup does too; a store that was restored
//! elsewhere begins without one, for nothing of it was backed up yet.
//!
//! The note is one line, `hoatoc backup v1 MILLIS`: when the copying began, in UTC milliseconds.
//! One that cannot be read counts as none, which raises the alarm.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tracing::{error, warn};

use crate::domain::instant::Instant;
use crate::engine::Engine;
use crate::store::StoreError;
use crate::store::journal::disk::RealDisk;
use crate::store::journal::write_whole;
use crate::store::journaled::JournalSize;
use crate::telemetry::metrics::StoreCounts;

/// The file with the note of the newest backup, in the data directory.
pub const BACKUP_FILE: &str = "backed-up";

const MARK: &str = "hoatoc backup v1 ";

/// Tells the figures what only others know. Clones share one; the default one keeps no note.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    shared: Arc<Mutex<Found>>,
    data_dir: Option<PathBuf>,
}

#[derive(Debug, Default)]
struct Found {
    counts: StoreCounts,
    backed_up_at: Option<Instant>,
}

impl Figures {
    /// Those of a data directory, with what the note there says.
    pub(super) fn of(data_dir: &Path) -> Self {
        let found = Found { backed_up_at: noted(data_dir), ..Found::default() };
        Self { shared: Arc::new(Mutex::new(found)), data_dir: Some(data_dir.to_owned()) }
    }

    /// A backup of what there was at a time was made and verified. Blocks: the note is written.
    pub fn backed_up(&self, at: Instant) {
        self.shared.lock().backed_up_at = Some(at);
        let noted = self.data_dir.as_deref().map_or(Ok(()), |dir| note_backup(dir, at));
        if let Err(fault) = noted {
            error!(%fault, "the backup is made; after a restart its age will not be known");
        }
    }

    pub(super) fn measured(&self, journal: JournalSize, free_bytes: u64) {
        let mut found = self.shared.lock();
        found.counts.journal_bytes = journal.len;
        found.counts.journal_segments = journal.segments;
        found.counts.disk_free_bytes = free_bytes;
    }

    pub(super) fn read(&self, engine: &Engine) -> StoreCounts {
        let found = self.shared.lock();
        let since = |at: Instant| u64::try_from(engine.now().millis_since(at)).unwrap_or(0);
        StoreCounts {
            ledger_leaves: engine.ledger().size(),
            backup_age: found.backed_up_at.map(|at| Duration::from_millis(since(at))),
            ..found.counts.clone()
        }
    }
}

/// Notes that a verified backup holds what there was at a time. Blocks.
///
/// # Errors
/// [`StoreError`]; the note before stays.
pub fn note_backup(data_dir: &Path, at: Instant) -> Result<(), StoreError> {
    let text = format!("{MARK}{}\n", at.millis());
    write_whole(data_dir, &data_dir.join(BACKUP_FILE), text.as_bytes(), &RealDisk).map(drop)
}

pub(super) fn noted(data_dir: &Path) -> Option<Instant> {
    let path = data_dir.join(BACKUP_FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(fault) if fault.kind() == ErrorKind::NotFound => return None,
        Err(fault) => {
            warn!(path = %path.display(), %fault, "the note of the newest backup is not readable");
            return None;
        }
    };
    let millis = text.strip_prefix(MARK).and_then(|rest| rest.trim_end().parse().ok());
    if millis.is_none() {
        warn!(path = %path.display(), "the note of the newest backup is damaged: make a backup");
    }
    millis.map(Instant::from_millis)
}
