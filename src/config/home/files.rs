//! Files of a home: keys for their owner's eyes only, written whole or not at all.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::HomeError;
use crate::config::FILE_LEN_MAX;
use crate::config::whole::{Present, write_whole};

/// Writes a file that must not be there yet, and puts it on stable storage.
///
/// # Errors
/// [`HomeError::Io`].
pub fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), HomeError> {
    let written = write_whole(path, bytes, mode, Present::Stays);
    written.map_err(|source| HomeError::Io { action: "write", path: path.to_owned(), source })
}

/// Reads a small file; what was read leaves memory when dropped. A private key (`*.key`) that others
/// may read is refused, not mended: somebody may have read it.
///
/// # Errors
/// [`HomeError::Io`], [`HomeError::Key`].
pub fn read_private(path: &Path) -> Result<Zeroizing<String>, HomeError> {
    let is_key = path.extension().is_some_and(|extension| extension == "key");
    if is_key {
        must_be_closed(path)?;
    }
    let read = || {
        let len = fs::metadata(path)?.len();
        if len > FILE_LEN_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is over 64 KiB"));
        }
        fs::read_to_string(path).map(Zeroizing::new)
    };
    read().map_err(|source| HomeError::Io { action: "read", path: path.to_owned(), source })
}

/// Reads a file of secrets of at most `len_max` bytes; refused when others may read it.
pub(super) fn read_private_bytes(
    path: &Path,
    len_max: u64,
) -> Result<Zeroizing<Vec<u8>>, HomeError> {
    must_be_closed(path)?;
    let read = || {
        if fs::metadata(path)?.len() > len_max {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is too long"));
        }
        fs::read(path).map(Zeroizing::new)
    };
    read().map_err(|source| HomeError::Io { action: "read", path: path.to_owned(), source })
}

fn must_be_closed(path: &Path) -> Result<(), HomeError> {
    let mode = fs::metadata(path).map_or(0o600, |found| found.permissions().mode() & 0o777);
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let may = if mode & 0o044 != 0 { "may read it" } else { "have rights to it" };
    let reason = format!("others than its owner {may} (mode {mode:04o})");
    Err(HomeError::Key { path: path.to_owned(), reason })
}

/// Makes what was made, renamed or removed in a directory survive a power cut.
pub(super) fn sync_dir(dir: &Path) -> Result<(), HomeError> {
    let synced = fs::File::open(dir).and_then(|dir| dir.sync_all());
    synced.map_err(|source| HomeError::Io { action: "sync", path: dir.to_owned(), source })
}

pub(super) fn make_private_dir(dir: &Path) -> Result<(), HomeError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|source| HomeError::Io {
        action: "create",
        path: dir.to_owned(),
        source,
    })
}

/// Replaces a file: after a power cut there is the old one or the new one, never a part.
pub(super) fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), HomeError> {
    let written = write_whole(path, bytes, mode, Present::IsReplaced);
    written.map_err(|source| HomeError::Io { action: "write", path: path.to_owned(), source })
}
