//! Files written whole or not at all.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::config::whole::{Present, write_whole};

/// Largest file read, in bytes: a trust bundle in its JSON form.
const FILE_LEN_MAX: u64 = 128 * 1024;

/// Makes a directory that only its owner may enter.
pub(super) fn make_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Writes a file that is not there yet, for its owner's eyes, and waits until it is on the disk.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_whole(path, bytes, 0o600, Present::Stays)
}

/// Replaces a file: after a power cut there is the old one or the new one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_whole(path, bytes, 0o600, Present::IsReplaced)
}

/// Renames a directory into place, and waits until that is on the disk.
pub(super) fn put_in_place(from: &Path, to: &Path) -> io::Result<()> {
    File::open(from)?.sync_all()?;
    fs::rename(from, to)?;
    sync_parent(to)
}

/// Reads a small text.
pub(super) fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    let read = File::open(path)?.take(FILE_LEN_MAX + 1).read_to_string(&mut text)?;
    if u64::try_from(read).is_ok_and(|read| read <= FILE_LEN_MAX) {
        Ok(text)
    } else {
        Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is too large to be ours"))
    }
}

pub(super) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _none => File::open(".")?.sync_all(),
    }
}
