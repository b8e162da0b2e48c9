//! Files of a home: keys for their owner's eyes only, written whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::HomeError;
use crate::config::FILE_LEN_MAX;

/// Writes a file that must not be there yet, and puts it on stable storage.
///
/// # Errors
/// [`HomeError::Io`].
pub fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), HomeError> {
    let write = || {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|source| HomeError::Io { action: "write", path: path.to_owned(), source })
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
    let failed = |source| HomeError::Io { action: "write", path: path.to_owned(), source };
    let next = path.with_added_extension("next");
    match fs::remove_file(&next) {
        // One that a crash left behind may have another mode.
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _gone => {}
    }
    write_new(&next, bytes, mode)?;
    let put_in_place = || {
        fs::rename(&next, path)?;
        path.parent().map_or(Ok(()), |dir| fs::File::open(dir)?.sync_all())
    };
    put_in_place().map_err(failed)
}
