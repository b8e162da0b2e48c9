//! Keys of persons: where officers' and root holders' signing keys lie, and how they are opened.
//!
//! Called by [`crate::cli::homes`] alone. A key lies in a file under a passphrase ([`mod@file`]), or on a
//! PKCS#11 token that never gives it out ([`token`]); whoever signs sees a [`Signer`] and cannot tell
//! which. Passphrases and PINs come from a person at the terminal or from a file ([`secrets`]), never
//! from the command line. It does not know what is signed.

pub(crate) mod file;
pub(crate) mod secrets;
pub(crate) mod token;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};

use crate::evidence::key::{KeyUse, Passphrase, PublicKey, Signer};
use secrets::{NewKeys, Secrets};
use token::Token;

/// Where new keys go that may also lie on a token.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct NewPlace {
    #[command(flatten)]
    pub(crate) new_keys: NewKeys,
    /// Make the keys on a PKCS#11 token, which never gives them out: the library of its maker, such as
    /// /usr/lib/softhsm/libsofthsm2.so.
    #[arg(long, value_name = "MODULE", requires = "token", conflicts_with = "no_passphrase")]
    pkcs11: Option<PathBuf>,
    /// The label of that token.
    #[arg(long, value_name = "LABEL", requires = "pkcs11")]
    token: Option<String>,
}

/// How new keys are kept.
#[derive(Debug)]
pub(crate) enum Keeping {
    /// In files; without a passphrase they lie open.
    File(Option<Passphrase>),
    /// On a token.
    Token {
        /// The library of its maker.
        module: PathBuf,
        /// Its label.
        label: String,
    },
}

impl NewPlace {
    /// Asks for what is needed to keep them there.
    pub(crate) fn keeping(&self, secrets: &Secrets, whose: &str) -> Result<Keeping> {
        match (&self.pkcs11, &self.token) {
            (Some(module), Some(label)) => {
                // The home may be used from any directory later.
                let module = std::path::absolute(module).context("the module's path")?;
                Ok(Keeping::Token { module, label: label.clone() })
            }
            _in_files => self.new_keys.choose(secrets, 0, whose).map(Keeping::File),
        }
    }
}

/// `[signer]` of a home: keys that lie elsewhere than in its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignerFile {
    kind: SignerKind,
    module: PathBuf,
    token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actual: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exercise: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    root: Option<String>,
}

/// Where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum SignerKind {
    /// On a token that speaks PKCS#11.
    #[serde(rename = "pkcs11")]
    Pkcs11,
}

impl SignerFile {
    fn label(&self, key_use: KeyUse) -> Result<&str> {
        let label = match key_use {
            KeyUse::Actual => &self.actual,
            KeyUse::Exercise => &self.exercise,
            _root => &self.root,
        };
        label.as_deref().ok_or_else(|| anyhow!("[signer] names no key for `{key_use}`"))
    }

    fn open(&self, secrets: &Secrets) -> Result<Rc<Token>> {
        open_token(&self.module, &self.token, secrets)
    }
}

/// A new key, ready to sign.
pub(crate) struct OwnKey {
    /// What it is for.
    pub(crate) key_use: KeyUse,
    /// The key.
    pub(crate) signer: Box<dyn Signer>,
}

/// The file of a key for this use.
pub(crate) fn key_path(dir: &Path, key_use: KeyUse) -> PathBuf {
    dir.join(match key_use {
        KeyUse::Root => "root.key",
        KeyUse::Actual => "sign-actual.key",
        _exercise_and_test => "sign-exercise.key",
    })
}

/// Makes a key for each use, and notes their public halves. On a token they are called after `owner`;
/// what is returned then goes into the home's configuration.
pub(crate) fn make(
    dir: &Path,
    owner: &str,
    uses: &[KeyUse],
    keeping: &Keeping,
    secrets: &Secrets,
) -> Result<(Vec<OwnKey>, Option<SignerFile>)> {
    let mut keys = Vec::with_capacity(uses.len());
    match keeping {
        Keeping::File(passphrase) => {
            for key_use in uses.iter().copied() {
                let made = file::create(&key_path(dir, key_use), passphrase.as_ref())?;
                keys.push(OwnKey { key_use, signer: Box::new(made) });
            }
            Ok((keys, None))
        }
        Keeping::Token { module, label } => {
            let token = open_token(module, label, secrets)?;
            let mut file = SignerFile {
                kind: SignerKind::Pkcs11,
                module: module.clone(),
                token: label.clone(),
                actual: None,
                exercise: None,
                root: None,
            };
            for key_use in uses.iter().copied() {
                let name = fresh_label(owner, key_use)?;
                let public = token.generate(&name)?;
                file::write_public(&key_path(dir, key_use), &public)?;
                keys.push(OwnKey { key_use, signer: Box::new(Token::signer(&token, &name)?) });
                *match key_use {
                    KeyUse::Actual => &mut file.actual,
                    KeyUse::Exercise => &mut file.exercise,
                    _root => &mut file.root,
                } = Some(name);
            }
            Ok((keys, Some(file)))
        }
    }
}

/// The key of a home for this use.
pub(crate) fn signer(
    dir: &Path,
    elsewhere: Option<&SignerFile>,
    key_use: KeyUse,
    secrets: &Secrets,
) -> Result<Box<dyn Signer>> {
    let path = key_path(dir, key_use);
    let Some(file) = elsewhere else {
        return Ok(Box::new(file::open(&path, secrets)?));
    };
    let signer = Token::signer(&file.open(secrets)?, file.label(key_use)?)?;
    match file::known_public(&path)? {
        Some(public) if public != signer.public() => {
            bail!("token `{}` holds another key than {} says", file.token, dir.display())
        }
        _same_or_not_noted => Ok(Box::new(signer)),
    }
}

/// The public half of a home's key for this use; opens the key only where it was never noted.
pub(crate) fn public(
    dir: &Path,
    elsewhere: Option<&SignerFile>,
    key_use: KeyUse,
    secrets: &Secrets,
) -> Result<PublicKey> {
    match file::known_public(&key_path(dir, key_use))? {
        Some(public) => Ok(public),
        None => signer(dir, elsewhere, key_use, secrets).map(|signer| signer.public()),
    }
}

fn open_token(module: &Path, label: &str, secrets: &Secrets) -> Result<Rc<Token>> {
    let pin = |caution: Option<&'static str>| match caution {
        Some(caution) => secrets.pin(&format!("{label} ({caution})")),
        None => secrets.pin(label),
    };
    Token::open(module, label, pin).map(Rc::new)
}

/// A label that no other key on a token has: officers may change their keys on the same token.
fn fresh_label(owner: &str, key_use: KeyUse) -> Result<String> {
    let mut bytes = [0; 4];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_no_more_to_say| anyhow!("the machine gave no randomness"))?;
    Ok(format!("hoatoc {owner} {key_use} {}", hex::encode(bytes)))
}
