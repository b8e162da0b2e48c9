//! The keyring as a file: `keys/keyring`, sealed under `keys/master.key`.
//!
//! Opened by whoever loads the home; changed while serving through [`KeepKeys`], and by
//! `key rotate-master` at rest. Every change is written whole to a file beside it, synced, and put in
//! place by a rename: after a power cut there is the keyring of before or the one of after. A new
//! master key is laid down as `master.key.next` first and takes its place last, so that one of the two
//! always opens what is there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::files::{read_private_bytes, replace, sync_dir};
use super::{HomeError, read_private, write_new};
use crate::domain::instant::Instant;
use crate::evidence::key::KeyError;
use crate::evidence::seal::keyring::{Change, KeepError, KeepKeys, Keyring, KeyringError};
use crate::evidence::seal::{MASTER_KEY_LEN, Sealer};

const MASTER_KEY: &str = "master.key";
const MASTER_KEY_NEXT: &str = "master.key.next";
const KEYRING: &str = "keyring";
/// Longest keyring, in bytes: two generations with all the erasures that they can hold.
const LEN_MAX: u64 = 200 * 1024 * 1024;

type MasterKey = Zeroizing<[u8; MASTER_KEY_LEN]>;

/// A keyring that is kept in a file.
pub struct KeyringFile {
    keys_dir: PathBuf,
    master: MasterKey,
    // Which of the two files the master key came from.
    master_name: &'static str,
    sealer: Arc<Sealer>,
    changing: Mutex<()>,
}

impl KeyringFile {
    /// Makes a master key and a keyring where none is.
    ///
    /// # Errors
    /// [`HomeError::Io`], also when one of them is there already; [`HomeError::Signing`].
    pub fn create(
        keys_dir: &Path,
        now: Instant,
        random: &dyn SecureRandom,
    ) -> Result<Self, HomeError> {
        let master = new_master(random)?;
        let keyring = Keyring::generate(random, now).map_err(|fault| unusable(keys_dir, &fault))?;
        let sealed = keyring.seal(&master, random).map_err(|fault| unusable(keys_dir, &fault))?;
        write_new(&keys_dir.join(MASTER_KEY), master_text(&master).as_bytes(), 0o600)?;
        write_new(&keys_dir.join(KEYRING), &sealed, 0o600)?;
        sync_dir(keys_dir)?;
        Ok(Self::holding(keys_dir, master, MASTER_KEY, keyring))
    }

    /// Opens the keyring of a home.
    ///
    /// # Errors
    /// [`HomeError::Io`], [`HomeError::Key`].
    pub fn open(keys_dir: &Path) -> Result<Self, HomeError> {
        let sealed = read_private_bytes(&keys_dir.join(KEYRING), LEN_MAX)?;
        let master = read_master(keys_dir, MASTER_KEY)?;
        let refused = match Keyring::open(&master, &sealed) {
            Ok(keyring) => return Ok(Self::holding(keys_dir, master, MASTER_KEY, keyring)),
            Err(refused) => refused,
        };
        // A change of the master key that did not come to its end.
        if keys_dir.join(MASTER_KEY_NEXT).exists() {
            let next = read_master(keys_dir, MASTER_KEY_NEXT)?;
            if let Ok(keyring) = Keyring::open(&next, &sealed) {
                return Ok(Self::holding(keys_dir, next, MASTER_KEY_NEXT, keyring));
            }
        }
        Err(unusable(keys_dir, &refused))
    }

    /// Seals the keyring under a new master key, which takes the place of the one before. For a server
    /// at rest: one that serves would write its next keyring under the old key.
    ///
    /// # Errors
    /// [`HomeError`]; one of the keys that are there opens the keyring that is there.
    pub fn rotate_master(self, random: &dyn SecureRandom) -> Result<Self, HomeError> {
        let settled = self.settle()?;
        let next = new_master(random)?;
        let path = settled.keys_dir.join(MASTER_KEY_NEXT);
        write_new(&path, master_text(&next).as_bytes(), 0o600)?;
        sync_dir(&settled.keys_dir)?;
        let keyring = settled.sealer.keyring();
        let moved =
            Self::holding(&settled.keys_dir, next, MASTER_KEY_NEXT, Keyring::clone(&keyring));
        moved.write(&keyring)?;
        moved.settle()
    }

    /// Ends a change of the master key that was interrupted.
    fn settle(mut self) -> Result<Self, HomeError> {
        let (next, path) = (self.keys_dir.join(MASTER_KEY_NEXT), self.keys_dir.join(MASTER_KEY));
        let failed = |source| HomeError::Io { action: "replace", path: path.clone(), source };
        if self.master_name == MASTER_KEY_NEXT {
            fs::rename(&next, &path).map_err(failed)?;
            self.master_name = MASTER_KEY;
        } else {
            match fs::remove_file(&next) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
                _gone => {}
            }
        }
        sync_dir(&self.keys_dir)?;
        Ok(self)
    }

    fn holding(
        keys_dir: &Path,
        master: MasterKey,
        master_name: &'static str,
        keyring: Keyring,
    ) -> Self {
        Self {
            keys_dir: keys_dir.to_owned(),
            master,
            master_name,
            sealer: Arc::new(Sealer::of(keyring)),
            changing: Mutex::new(()),
        }
    }

    fn write(&self, keyring: &Keyring) -> Result<(), HomeError> {
        let sealed = keyring
            .seal(&self.master, &SystemRandom::new())
            .map_err(|fault| unusable(&self.keys_dir, &fault))?;
        replace(&self.keys_dir.join(KEYRING), &sealed, 0o600)
    }
}

impl KeepKeys for KeyringFile {
    fn sealer(&self) -> &Arc<Sealer> {
        &self.sealer
    }

    fn change(&self, change: Change<'_>) -> Result<u64, KeepError> {
        let _one_at_a_time = self.changing.lock();
        let mut next = Keyring::clone(&self.sealer.keyring());
        if !change(&mut next)? {
            return Ok(next.version());
        }
        next.advance();
        let version = next.version();
        self.write(&next).map_err(|fault| KeepError::Write { reason: fault.to_string() })?;
        self.sealer.replace(next);
        Ok(version)
    }
}

impl std::fmt::Debug for KeyringFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyringFile").field("keys_dir", &self.keys_dir).finish_non_exhaustive()
    }
}

fn unusable(keys_dir: &Path, reason: &KeyringError) -> HomeError {
    HomeError::Key { path: keys_dir.join(KEYRING), reason: reason.to_string() }
}

fn new_master(random: &dyn SecureRandom) -> Result<MasterKey, HomeError> {
    let mut master = Zeroizing::new([0; MASTER_KEY_LEN]);
    random.fill(master.as_mut_slice()).map_err(|_no_more_to_say| KeyError::Randomness)?;
    Ok(master)
}

fn master_text(master: &MasterKey) -> Zeroizing<String> {
    let digits = Zeroizing::new(hex::encode(master.as_slice()));
    Zeroizing::new(format!("{}\n", *digits))
}

fn read_master(keys_dir: &Path, name: &str) -> Result<MasterKey, HomeError> {
    let path = keys_dir.join(name);
    let mut master = Zeroizing::new([0; MASTER_KEY_LEN]);
    hex::decode_to_slice(read_private(&path)?.trim(), master.as_mut_slice()).map_err(
        |_may_quote_it| HomeError::Key { path, reason: "it must be 64 hex digits".to_owned() },
    )?;
    Ok(master)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::evidence::seal::{Belongs, SealError};

    const OF: Belongs<'_> = Belongs { record_id: &[7; 16], kind: "reservist", version: 1 };

    fn made(dir: &Path) -> KeyringFile {
        KeyringFile::create(dir, Instant::from_millis(0), &SystemRandom::new()).expect("made")
    }

    fn sealed(keys: &KeyringFile) -> Vec<u8> {
        keys.sealer().seal(&OF, b"body", &SystemRandom::new()).expect("sealed").bytes
    }

    #[test]
    fn a_change_is_on_disk_before_it_is_in_use_and_a_failed_one_is_neither() {
        let dir = tempfile::tempdir().expect("a directory");
        let keys = made(dir.path());
        let bytes = sealed(&keys);
        let mode = fs::metadata(dir.path().join(KEYRING)).expect("written").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let erase = |keyring: &mut Keyring| keyring.puncture(OF.record_id, 1);
        // Where the next version should be written, something is in the way.
        let in_the_way = dir.path().join("keyring.next");
        fs::create_dir(&in_the_way).expect("made");
        keys.change(&mut { erase }).expect_err("cannot be written");
        assert!(keys.sealer().open(&OF, &bytes).is_ok());
        fs::remove_dir(&in_the_way).expect("removed");
        assert_eq!(keys.change(&mut { erase }).expect("written"), 2);
        assert_eq!(keys.change(&mut { erase }).expect("nothing to do"), 2);
        for keys in [keys, KeyringFile::open(dir.path()).expect("there")] {
            assert_eq!(keys.sealer().open(&OF, &bytes), Err(SealError::Erased));
        }
        let mode = fs::metadata(dir.path().join(KEYRING)).expect("written").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_new_master_key_opens_the_same_keyring_and_the_old_one_no_more() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        let keys = made(dir.path());
        let bytes = sealed(&keys);
        let (old_master, old_keyring) = (fs::read(at(MASTER_KEY)), fs::read(at(KEYRING)));
        let (old_master, old_keyring) = (old_master.expect("there"), old_keyring.expect("there"));
        keys.rotate_master(&SystemRandom::new()).expect("rotated");
        let (master, keyring) = (fs::read(at(MASTER_KEY)), fs::read(at(KEYRING)));
        let (master, keyring) = (master.expect("there"), keyring.expect("there"));
        assert!(!at(MASTER_KEY_NEXT).exists());
        let opens = |what: &str| {
            let keys =
                KeyringFile::open(dir.path()).unwrap_or_else(|fault| panic!("{what}: {fault}"));
            assert!(keys.sealer().open(&OF, &bytes).is_ok(), "{what}");
            keys
        };
        opens("after it");
        // Crashes: before the keyring was written, and before the key was put in its place.
        for (what, kept) in [("no keyring yet", &old_keyring), ("key not in place", &keyring)] {
            fs::write(at(MASTER_KEY), &old_master).expect("written");
            fs::write(at(MASTER_KEY_NEXT), &master).expect("written");
            let private = fs::Permissions::from_mode(0o600);
            fs::set_permissions(at(MASTER_KEY_NEXT), private).expect("set");
            fs::write(at(KEYRING), kept).expect("written");
            opens(what).rotate_master(&SystemRandom::new()).expect("rotated");
            opens(what);
            assert!(!at(MASTER_KEY_NEXT).exists(), "{what}");
        }
        fs::write(at(MASTER_KEY), &old_master).expect("written");
        let refused = KeyringFile::open(dir.path()).expect_err("another master key");
        assert!(refused.to_string().contains("does not open"), "{refused}");
    }

    #[test]
    fn a_torn_keyring_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        made(dir.path());
        let path = dir.path().join(KEYRING);
        let bytes = fs::read(&path).expect("there");
        for len in [0, 20, bytes.len() - 1] {
            fs::write(&path, &bytes[..len]).expect("written");
            KeyringFile::open(dir.path()).expect_err("torn");
        }
    }
}
