//! The few calls by which truth reaches a disk, behind a trait so that tests can make each of them
//! fail.
//!
//! The journal, the head file and snapshots write through it. Reading does not pass here: what was
//! read is judged by its checksums, whatever went wrong below.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Writing, syncing, cutting.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Writes all of `bytes` at `offset`. After an error any part of them may be in the file.
    fn write(&self, file: &mut File, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Returns when the file's bytes and length are on stable storage.
    fn sync(&self, file: &File) -> io::Result<()>;
    /// Cuts the file to `len` bytes.
    fn truncate(&self, file: &File, len: u64) -> io::Result<()>;
    /// Returns when the names in `dir` are on stable storage.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Bytes that an ordinary process may still write to the file system of `dir`.
    fn free_len(&self, dir: &Path) -> io::Result<u64>;
}

/// The machine's own disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn write(&self, file: &mut File, offset: u64, bytes: &[u8]) -> io::Result<()> {
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(bytes)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    fn truncate(&self, file: &File, len: u64) -> io::Result<()> {
        file.set_len(len)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    fn free_len(&self, dir: &Path) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(dir)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

/// What one call does instead of its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskFault {
    /// The device fails. Of a write, the first half of the bytes arrives.
    Failed,
    /// There is no room. Of a write, the first half of the bytes arrives.
    Full,
}

/// A real disk whose n-th call fails, for tests and simulation. It does not wait for the device: no
/// test cuts its own power, and tests make many thousands of syncs.
#[derive(Debug, Default)]
pub struct FaultyDisk {
    state: Mutex<FaultyState>,
}

#[derive(Debug, Default)]
struct FaultyState {
    calls: u64,
    planned: BTreeMap<u64, DiskFault>,
    free_len: Option<u64>,
}

impl FaultyDisk {
    /// Plans `fault` for the `nth` call from now on; 0 is the next one.
    pub fn plan(&self, nth: u64, fault: DiskFault) {
        let mut state = self.state();
        let at = state.calls + nth;
        state.planned.insert(at, fault);
    }

    /// Forgets what was planned and not yet met.
    pub fn forget_plans(&self) {
        self.state().planned.clear();
    }

    /// Says from now on that so many bytes are free, or the truth for `None`.
    pub fn pretend_free(&self, free_len: Option<u64>) {
        self.state().free_len = free_len;
    }

    /// Calls seen so far that a fault could have met.
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    fn state(&self) -> std::sync::MutexGuard<'_, FaultyState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<DiskFault> {
        let mut state = self.state();
        let at = state.calls;
        state.calls += 1;
        state.planned.remove(&at)
    }

    fn call(&self, work: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        self.next().map_or_else(work, |fault| Err(fault.error()))
    }
}

impl DiskFault {
    fn error(self) -> io::Error {
        match self {
            Self::Failed => io::Error::other("injected device failure"),
            Self::Full => io::Error::from(io::ErrorKind::StorageFull),
        }
    }
}

impl Disk for FaultyDisk {
    fn write(&self, file: &mut File, offset: u64, bytes: &[u8]) -> io::Result<()> {
        match self.next() {
            None => RealDisk.write(file, offset, bytes),
            Some(fault) => {
                RealDisk.write(file, offset, &bytes[..bytes.len() / 2])?;
                Err(fault.error())
            }
        }
    }

    fn sync(&self, _file: &File) -> io::Result<()> {
        self.call(|| Ok(()))
    }

    fn truncate(&self, file: &File, len: u64) -> io::Result<()> {
        self.call(|| RealDisk.truncate(file, len))
    }

    fn sync_dir(&self, _dir: &Path) -> io::Result<()> {
        self.call(|| Ok(()))
    }

    fn free_len(&self, dir: &Path) -> io::Result<u64> {
        self.state().free_len.map_or_else(|| RealDisk.free_len(dir), Ok)
    }
}
