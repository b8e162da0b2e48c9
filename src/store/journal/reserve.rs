//! Space held back for a full disk, in a file that can be removed at once.
//!
//! Called through the store by whoever decides what must still be taken when there is no room.

use std::fs::{self, File};

use super::{CHUNK_LEN, Journal, UNFINISHED_SUFFIX};
use crate::store::StoreError;

pub(super) const RESERVE_FILE: &str = "reserve";

impl Journal {
    /// Removes the reserve file. True if there was one.
    pub(crate) fn release_reserve(&mut self) -> Result<bool, StoreError> {
        let path = self.dir.join(RESERVE_FILE);
        match fs::remove_file(&path) {
            Ok(()) => {
                self.disk.sync_dir(&self.dir).map_err(StoreError::io("sync", &self.dir))?;
                tracing::error!(file = %path.display(), "the reserve for a full disk is given up");
                Ok(true)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(StoreError::io("remove", &path)(error)),
        }
    }

    /// Makes the reserve file if it is missing and there is room for it twice over. It is written
    /// out: a file with a hole reserves nothing.
    pub(crate) fn refill_reserve(&mut self) -> Result<bool, StoreError> {
        let path = self.dir.join(RESERVE_FILE);
        let want = self.options.reserve_len;
        if want == 0 || path.exists() {
            return Ok(want > 0);
        }
        let free = self.disk.free_len(&self.dir).map_err(StoreError::io("measure", &self.dir))?;
        if free < self.options.free_len_min.saturating_add(want.saturating_mul(2)) {
            return Ok(false);
        }
        let unfinished = self.dir.join(format!("{RESERVE_FILE}.{UNFINISHED_SUFFIX}"));
        let fill = || {
            let mut file = File::create(&unfinished)?;
            let chunk = vec![0; CHUNK_LEN];
            let mut at = 0;
            while at < want {
                let len = usize::try_from(want - at).map_or(CHUNK_LEN, |left| left.min(CHUNK_LEN));
                self.disk.write(&mut file, at, &chunk[..len])?;
                at += len as u64;
            }
            self.disk.sync(&file)?;
            fs::rename(&unfinished, &path)?;
            self.disk.sync_dir(&self.dir)
        };
        fill().map_err(StoreError::io("fill", &path))?;
        Ok(true)
    }
}
