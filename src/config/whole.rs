//! Files written whole or not at all.
//!
//! Called by whatever leaves a file for somebody: homes, keys, exports. Invariants: after a crash there is
//! the file or there is none, never a part; rights are set before the first byte is written; nothing is
//! replaced unasked. It does not know what is in the file.

use std::fs::{File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

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
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let dir = dir.unwrap_or_else(|| Path::new("."));
    let mut making = tempfile::Builder::new();
    let mut file = making.permissions(Permissions::from_mode(mode)).tempfile_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    match present {
        Present::Stays => file.persist_noclobber(path),
        Present::IsReplaced => file.persist(path),
    }
    .map_err(|fault| fault.error)?;
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_whole_with_its_rights_and_replaced_only_when_asked() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a");
        write_whole(&path, b"one", 0o600, Present::Stays).expect("written");
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = write_whole(&path, b"two", 0o600, Present::Stays).expect_err("it is there");
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).expect("there"), b"one");
        write_whole(&path, b"two", 0o600, Present::IsReplaced).expect("asked for");
        assert_eq!(std::fs::read(&path).expect("there"), b"two");
        assert_eq!(std::fs::read_dir(dir.path()).expect("a directory").count(), 1);
    }
}
