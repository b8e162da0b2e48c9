//! Files written whole or not at all.
//!
//! Called by whatever leaves a file for somebody: homes, keys, exports. Invariants: after a crash there is
//! the old file or the new one, never a part; rights are set before the first byte is written; nothing is
//! replaced unasked; what a crash leaves beside it has one name, `FILE.next`, and goes with the next
//! writing, for it may hold keys. It does not know what is in the file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use tempfile::TempPath;

/// Whether a file that is there already may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Present {
    /// It stays, and nothing is written.
    Stays,
    /// It is replaced.
    IsReplaced,
}

/// Writes a file with the rights of `mode`, and puts it on stable storage.
///
/// # Errors
/// What the system says; [`io::ErrorKind::AlreadyExists`] when it is there and stays.
pub fn write_whole(path: &Path, bytes: &[u8], mode: u32, present: Present) -> io::Result<()> {
    let path = std::path::absolute(path)?;
    let next = path.with_added_extension("next");
    match fs::remove_file(&next) {
        // One that a crash left behind may have another mode.
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _gone => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&next)?;
    // From here on it goes with any fault.
    let next = TempPath::try_from_path(next)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    match present {
        Present::Stays => next.persist_noclobber(&path),
        Present::IsReplaced => next.persist(&path),
    }
    .map_err(|fault| fault.error)?;
    path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_written_whole_with_its_rights_and_replaced_only_when_asked() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a");
        write_whole(&path, b"one", 0o600, Present::Stays).expect("written");
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = write_whole(&path, b"two", 0o600, Present::Stays).expect_err("it is there");
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).expect("there"), b"one");
        fs::write(dir.path().join("a.next"), "half").expect("what a crash leaves");
        write_whole(&path, b"two", 0o600, Present::IsReplaced).expect("asked for");
        assert_eq!(fs::read(&path).expect("there"), b"two");
        assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 1);
    }
}
