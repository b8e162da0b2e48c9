//! Files with keys: written whole or not at all, read only when nobody else may read them.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::HomeError;
use crate::limits;

const SECRET_MODE: u32 = 0o600;
const PUBLIC_MODE: u32 = 0o644;
const DIR_MODE: u32 = 0o700;
const OTHERS: u32 = 0o077;

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> HomeError {
    let path = path.to_owned();
    move |source| HomeError::File { action, path, source }
}

/// Makes a directory that only its owner may enter; one that is there stays as it is.
pub(super) fn make_dir(path: &Path) -> Result<(), HomeError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(DIR_MODE).create(path).map_err(failed("create", path))
}

/// Writes a secret, readable by its owner alone from its first byte on.
pub(super) fn write_secret(path: &Path, content: &[u8]) -> Result<(), HomeError> {
    write(path, content, SECRET_MODE)
}

/// Writes a file that anybody may read.
pub(super) fn write_public(path: &Path, content: &[u8]) -> Result<(), HomeError> {
    write(path, content, PUBLIC_MODE)
}

fn write(path: &Path, content: &[u8], mode: u32) -> Result<(), HomeError> {
    let beside = path.with_added_extension("new");
    let written = || {
        // One that a crash left behind may have another mode.
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _gone => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
    };
    written().map_err(failed("write", path))
}

/// Reads a secret.
pub(super) fn read_secret(path: &Path) -> Result<Zeroizing<String>, HomeError> {
    let file = File::open(path).map_err(failed("read", path))?;
    let mode = file.metadata().map_err(failed("read", path))?.mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(HomeError::Exposed { path: path.to_owned(), mode });
    }
    read(file, path)
}

/// Reads a file that anybody may read.
pub(super) fn read_public(path: &Path) -> Result<String, HomeError> {
    let file = File::open(path).map_err(failed("read", path))?;
    read(file, path).map(|text| text.to_string())
}

fn read(file: File, path: &Path) -> Result<Zeroizing<String>, HomeError> {
    // Room for all of it at once: growing would leave parts of a secret behind.
    let mut text = Zeroizing::new(String::with_capacity(8 * 1024));
    let mut bounded = file.take(limits::KEY_FILE_LEN_MAX);
    bounded.read_to_string(&mut text).map_err(failed("read", path))?;
    Ok(text)
}
