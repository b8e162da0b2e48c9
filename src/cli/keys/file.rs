//! A signing key in a file: `NAME.key` (PKCS#8 PEM, mode 0600, under a passphrase unless its owner
//! decided otherwise), and beside it `NAME.pub`, its public half, for whoever must know the key
//! without opening it. Older homes have no `NAME.pub`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use ring::rand::SystemRandom;
use zeroize::Zeroizing;

use super::secrets::Secrets;
use crate::config::home::{read_private, write_new};
use crate::config::whole::{Present, write_whole};
use crate::evidence::key::{Passphrase, PublicKey, SealedKey, SigningKey, StoredKey};

/// Makes a key and its two files; without a passphrase it lies open.
pub(crate) fn create(path: &Path, passphrase: Option<&Passphrase>) -> Result<SigningKey> {
    let key = SigningKey::generate(&SystemRandom::new())?;
    write_new(path, text_of(&key, passphrase)?.as_bytes(), 0o600)?;
    write_public(path, &key.public())?;
    Ok(key)
}

/// Opens a key with whatever it is under.
pub(crate) fn open(path: &Path, secrets: &Secrets) -> Result<SigningKey> {
    let paths = [path.to_owned()];
    let mut opened = open_all(&paths, secrets)?;
    opened.pop().context("one key for one path")
}

fn same_as_noted(path: &Path, key: SigningKey) -> Result<SigningKey> {
    match known_public(path)? {
        // A bit that flipped in the encrypted seed gives another key without a sound.
        Some(public) if public != key.public() => bail!(
            "{} holds another key than {} says: it is damaged or was exchanged; take the copy from the safe",
            path.display(),
            public_path(path).display()
        ),
        _same_or_not_noted => Ok(key),
    }
}

/// Opens several keys of one person, who is asked once where one passphrase opens all.
pub(crate) fn open_all(paths: &[PathBuf], secrets: &Secrets) -> Result<Vec<SigningKey>> {
    let mut last: Option<Passphrase> = None;
    let mut keys = Vec::with_capacity(paths.len());
    for path in paths {
        let stored = StoredKey::from_pem(&read_private(path)?);
        let key = match stored.with_context(|| format!("{} is not usable", path.display()))? {
            StoredKey::Open(key) => key,
            StoredKey::Sealed(sealed) => {
                match last.as_ref().and_then(|passphrase| sealed.open(passphrase).ok()) {
                    Some(key) => key,
                    None => secrets.open(path, |passphrase| {
                        let key = sealed.open(passphrase)?;
                        last = Some(passphrase.clone());
                        Ok(key)
                    })?,
                }
            }
        };
        keys.push(same_as_noted(path, key)?);
    }
    Ok(keys)
}

/// Puts a key under another passphrase: after a power cut the file holds it under the old one or the
/// new one.
pub(crate) fn reseal(path: &Path, key: &SigningKey, passphrase: Option<&Passphrase>) -> Result<()> {
    let text = text_of(key, passphrase)?;
    let failed = || format!("failed to write {}", path.display());
    write_whole(path, text.as_bytes(), 0o600, Present::IsReplaced).with_context(failed)?;
    if known_public(path)?.is_none() {
        write_public(path, &key.public())?;
    }
    Ok(())
}

/// Notes the public half of a key beside where the key is, or would be.
pub(crate) fn write_public(path: &Path, public: &PublicKey) -> Result<()> {
    Ok(write_new(&public_path(path), public.to_pem().as_bytes(), 0o644)?)
}

/// The public half in its own file; none where there is no such file.
pub(crate) fn known_public(path: &Path) -> Result<Option<PublicKey>> {
    let path = public_path(path);
    match fs::metadata(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        _there => read_public(&path).map(Some),
    }
}

/// A file with a public key.
pub(crate) fn read_public(path: &Path) -> Result<PublicKey> {
    let text = read_private(path)?;
    PublicKey::from_pem(&text).with_context(|| format!("{} is no public key", path.display()))
}

/// Where the public half is noted.
pub(crate) fn public_path(path: &Path) -> PathBuf {
    path.with_extension("pub")
}

fn text_of(key: &SigningKey, passphrase: Option<&Passphrase>) -> Result<Zeroizing<String>> {
    Ok(match passphrase {
        None => key.to_pem(),
        Some(passphrase) => {
            Zeroizing::new(SealedKey::seal(key, passphrase, &SystemRandom::new())?.to_pem())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::chosen(text).expect("good enough")
    }

    fn secrets(dir: &Path, text: &str) -> Secrets {
        let path = dir.join("passphrase");
        fs::write(&path, text).expect("ours");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("ours");
        Secrets::new(vec![path])
    }

    fn is_sealed(path: &Path) -> bool {
        let stored = StoredKey::from_pem(&read_private(path).expect("there"));
        matches!(stored.expect("a key"), StoredKey::Sealed(_))
    }

    #[test]
    fn a_key_is_made_resealed_and_laid_open_and_stays_the_same_key() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("sign.key");
        let (one, two) = ("the first passphrase", "the second passphrase");
        let key = create(&path, Some(&passphrase(one))).expect("made");
        let mode = || fs::metadata(&path).expect("there").permissions().mode() & 0o777;
        assert!(is_sealed(&path) && mode() == 0o600);
        assert_eq!(known_public(&path).expect("read"), Some(key.public()));
        let opened = open(&path, &secrets(dir.path(), one)).expect("the right one");
        reseal(&path, &opened, Some(&passphrase(two))).expect("written");
        open(&path, &secrets(dir.path(), one)).expect_err("the old one");
        let opened = open(&path, &secrets(dir.path(), two)).expect("the new one");
        assert_eq!((opened.public(), mode()), (key.public(), 0o600));
        reseal(&path, &opened, None).expect("written");
        assert!(!is_sealed(&path) && mode() == 0o600);
        assert_eq!(open(&path, &Secrets::default()).expect("open").public(), key.public());
    }

    #[test]
    fn a_key_that_is_not_the_one_noted_beside_it_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let (mine, other) = (dir.path().join("a.key"), dir.path().join("b.key"));
        create(&mine, None).expect("made");
        create(&other, None).expect("made");
        fs::copy(&other, &mine).expect("exchanged");
        let refused = open(&mine, &Secrets::default()).expect_err("exchanged").to_string();
        assert!(refused.contains("another key"), "{refused}");
    }

    #[test]
    fn a_plain_key_of_an_older_home_works_without_anything_beside_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("old.key");
        let key = SigningKey::from_seed(&[3; 32]).expect("a key");
        write_new(&path, key.to_pem().as_bytes(), 0o600).expect("written");
        assert_eq!(open(&path, &Secrets::default()).expect("open").public(), key.public());
        assert_eq!(known_public(&path).expect("nothing is there"), None);
    }
}
