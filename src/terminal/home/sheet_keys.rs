//! Keys of call-up sheets in files: `keys/sheets/<order id>`, each for its owner's eyes.
//!
//! A key is put by one rename and waited for; it is destroyed by writing over it, then unlinking it,
//! then waiting for both. What the disk itself keeps of old blocks only its encryption helps against.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::files;
use crate::domain::ids::OrderId;
use crate::evidence::seal::sheet::{SHEET_KEY_LEN, SheetKey};
use crate::terminal::sheet_keys::SheetKeys;

/// A directory of keys.
#[derive(Debug)]
pub(super) struct FileSheetKeys {
    dir: PathBuf,
}

impl FileSheetKeys {
    /// In `sheets/` under the terminal's directory of keys; made if it is not there.
    pub(super) fn open(keys: &Path) -> io::Result<Self> {
        let dir = keys.join("sheets");
        match files::make_dir(&dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _there => File::open(keys)?.sync_all()?,
        }
        let own = Self { dir };
        for entry in fs::read_dir(&own.dir)? {
            let path = entry?.path();
            // A key that a crash kept from its place sealed nothing.
            if path.extension().is_some_and(|extension| extension == "next") {
                destroy(&path)?;
            }
        }
        Ok(own)
    }

    fn path(&self, order: OrderId) -> PathBuf {
        self.dir.join(order.to_string())
    }
}

impl SheetKeys for FileSheetKeys {
    fn of(&self, order: OrderId) -> io::Result<Option<SheetKey>> {
        let path = self.path(order);
        match fs::read(&path).map(Zeroizing::new) {
            Ok(bytes) => {
                let key = SheetKey::from_bytes(&bytes);
                if key.is_none() {
                    tracing::warn!(path = %path.display(), "not a key of call-up sheets");
                }
                Ok(key)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn put(&self, order: OrderId, key: &SheetKey) -> io::Result<()> {
        files::replace(&self.path(order), key.as_bytes())
    }

    fn remove(&self, order: OrderId) -> io::Result<()> {
        destroy(&self.path(order))
    }

    fn orders(&self) -> io::Result<Vec<OrderId>> {
        let mut orders: Vec<OrderId> = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let name = entry?.file_name();
            orders.extend(name.to_str().and_then(|name| name.parse::<OrderId>().ok()));
        }
        Ok(orders)
    }
}

fn destroy(path: &Path) -> io::Result<()> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    file.write_all(&[0; SHEET_KEY_LEN])?;
    file.sync_all()?;
    drop(file);
    fs::remove_file(path)?;
    files::sync_parent(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use ring::rand::SystemRandom;

    use super::*;

    #[test]
    fn a_key_is_its_owners_alone_and_once_destroyed_nowhere() {
        let dir = tempfile::tempdir().expect("a directory");
        let keys = FileSheetKeys::open(dir.path()).expect("made");
        let order = OrderId::from_bytes([7; 16]);
        assert!(keys.of(order).expect("readable").is_none());
        keys.remove(order).expect("nothing to destroy");
        let key = SheetKey::generate(&SystemRandom::new()).expect("random");
        keys.put(order, &key).expect("written");
        let path = dir.path().join("sheets").join(order.to_string());
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&dir.path().join("sheets"))), (0o600, 0o700));
        fs::write(dir.path().join("sheets/left.next"), b"half").expect("written");
        let keys = FileSheetKeys::open(dir.path()).expect("there");
        assert_eq!(keys.of(order).expect("readable").expect("kept").as_bytes(), key.as_bytes());
        assert_eq!(keys.orders().expect("readable"), [order]);
        keys.remove(order).expect("destroyed");
        assert!(keys.of(order).expect("readable").is_none());
        assert_eq!(fs::read_dir(dir.path().join("sheets")).expect("there").count(), 0);
    }
}
