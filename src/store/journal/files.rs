//! How the journal's files come to be: under another name, synced, renamed, the directory synced.
//!
//! Called when a journal is opened or begins a segment, and for the small files of a backup.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use ring::rand::{SecureRandom, SystemRandom};

use super::disk::Disk;
use super::recover::{self, Survey, survey};
use super::segment::SEGMENT_MAGIC;
use super::{CHUNK_LEN, HEAD_FILE, HEAD_MAGIC, UNFINISHED_SUFFIX, segment_name};
use crate::store::StoreError;
use crate::store::codec::Stamp;

pub(super) fn open_rw(path: &Path) -> Result<File, StoreError> {
    OpenOptions::new().read(true).write(true).open(path).map_err(StoreError::io("open", path))
}

/// The first segment of a store that never was.
pub(super) fn begin(dir: &Path, disk: &dyn Disk) -> Result<Survey, StoreError> {
    let mut store = [0; 16];
    SystemRandom::new().fill(&mut store).map_err(|error| StoreError::Fatal {
        reason: format!("drawing the store's identity: {error}"),
    })?;
    let base = Stamp::genesis(store);
    make_head(dir, &base, disk)?;
    begin_segment(dir, &base, disk)?;
    survey(dir)?.ok_or_else(|| StoreError::damaged(dir, 0, "the segment just written is missing"))
}

pub(super) fn begin_segment(
    dir: &Path,
    base: &Stamp,
    disk: &dyn Disk,
) -> Result<(File, PathBuf), StoreError> {
    let path = dir.join(segment_name(base));
    let file = write_whole(dir, &path, &base.encode(&SEGMENT_MAGIC), disk)?;
    Ok((file, path))
}

pub(super) fn make_head(dir: &Path, end: &Stamp, disk: &dyn Disk) -> Result<File, StoreError> {
    let path = dir.join(HEAD_FILE);
    let bytes = end.encode(&HEAD_MAGIC);
    if recover::read_head(dir).is_err() {
        return write_whole(dir, &path, &bytes, disk);
    }
    // In place: a store on a full disk must open. A stamp lies within one sector.
    let mut file = open_rw(&path)?;
    disk.write(&mut file, 0, &bytes).map_err(StoreError::io("write", &path))?;
    disk.sync(&file).map_err(|error| StoreError::fatal("syncing", &path, &error))?;
    Ok(file)
}

/// Writes a small file under another name, syncs it, renames it, syncs the directory.
pub(crate) fn write_whole(
    dir: &Path,
    path: &Path,
    bytes: &[u8],
    disk: &dyn Disk,
) -> Result<File, StoreError> {
    let unfinished = path.with_extension(UNFINISHED_SUFFIX);
    let write = || {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&unfinished)?;
        disk.write(&mut file, 0, bytes)?;
        disk.sync(&file)?;
        fs::rename(&unfinished, path)?;
        Ok(file)
    };
    let file = write().map_err(StoreError::io("write", path))?;
    // The name stands but may not last: nothing may be built on it.
    disk.sync_dir(dir).map_err(|error| StoreError::fatal("syncing", dir, &error))?;
    Ok(file)
}

/// Writes the bytes `from..to` again where they stand, so that a sync really stores them.
pub(super) fn rewrite(
    file: &mut File,
    path: &Path,
    from: u64,
    to: u64,
    disk: &dyn Disk,
) -> Result<(), StoreError> {
    let mut at = from;
    let mut chunk = vec![0; CHUNK_LEN];
    while at < to {
        let len = usize::try_from(to - at).map_or(CHUNK_LEN, |left| left.min(CHUNK_LEN));
        let bytes = &mut chunk[..len];
        file.seek(SeekFrom::Start(at))
            .and_then(|_| file.read_exact(bytes))
            .map_err(StoreError::io("read", path))?;
        disk.write(file, at, bytes).map_err(StoreError::io("write", path))?;
        at += len as u64;
    }
    Ok(())
}

/// Removes what an earlier process did not finish writing.
pub(crate) fn remove_unfinished(dir: &Path) -> Result<(), StoreError> {
    for entry in fs::read_dir(dir).map_err(StoreError::io("list", dir))? {
        let path = entry.map_err(StoreError::io("list", dir))?.path();
        if path.extension().is_some_and(|suffix| suffix == UNFINISHED_SUFFIX) {
            fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
        }
    }
    Ok(())
}
