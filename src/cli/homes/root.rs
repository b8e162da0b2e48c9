//! A root holder's home: it lies on no server, is opened for each new trust bundle, and goes back to
//! its safe.
//!
//! | File | What |
//! |---|---|
//! | `root.key` | signs trust bundles (PKCS#8 PEM under a passphrase, mode 0600) |
//! | `root.pub` | its public half: what others take into a bundle |
//! | `root.toml` | instead of `root.key`: `[signer]`, the token that has the key |
//! | `trust-bundle.json` | the newest trust bundle known here to be in force |
//! | `signed.json` | the newest one that was signed here, whether it came into force or not |
//! | `README.txt` | what this is, for whoever finds it |
//!
//! What was in force is what the next present must follow, so that a root holder who sits at a machine
//! without a network cannot be shown a false one. Two bundles of one version would split the province
//! in two, so a second one is not signed unless the holder says that the first was given up.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use serde::{Deserialize, Serialize};

use super::{TRUST_FILE, read_file, read_trust, replace};
use crate::cli::keys::secrets::Secrets;
use crate::cli::keys::{self, Keeping, SignerFile};
use crate::config::home::{claim, read_private, write_new};
use crate::domain::instant::Instant;
use crate::evidence::envelope::Envelope;
use crate::evidence::fingerprint;
use crate::evidence::key::{KeyUse, PublicKey, Signer};
use crate::evidence::trust::{TrustBundle, accept_bundle};
use crate::wire::trust;

const ROOT_FILE: &str = "root.toml";
const SIGNED_FILE: &str = "signed.json";
const HINT: &str = "root.key signs trust bundles: together with the other root holders, whoever has it decides\n\
who may issue orders. Keep this directory off every server, on a medium in a safe, with a sealed copy\n\
elsewhere, and its passphrase apart from both. It is needed for `hoatoc trust sign`, and where `--root`\n\
is asked for; for nothing else. Others need root.pub only.\n";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RootFile {
    signer: SignerFile,
}

/// A root holder's home.
#[derive(Debug)]
pub(crate) struct RootHome {
    dir: PathBuf,
    signer: Option<SignerFile>,
    secrets: Secrets,
}

impl RootHome {
    /// Looks at a home; its key is opened when it is needed.
    pub(crate) fn load(dir: &Path, secrets: &Secrets) -> Result<Self> {
        let path = dir.join(ROOT_FILE);
        let signer = if path.exists() {
            let file: RootFile = toml::from_str(&read_private(&path)?)
                .map_err(|fault| anyhow!("{} is not right: {}", path.display(), fault.message()))?;
            Some(file.signer)
        } else if keys::key_path(dir, KeyUse::Root).exists() {
            None
        } else {
            bail!("{} is no root home: give one made by `init` or `trust new-root`", dir.display());
        };
        Ok(Self { dir: dir.to_owned(), signer, secrets: secrets.clone() })
    }

    /// The public half of its key.
    pub(crate) fn public(&self) -> Result<PublicKey> {
        keys::public(&self.dir, self.signer.as_ref(), KeyUse::Root, &self.secrets)
    }

    /// Its key, opened with a passphrase or on its token.
    pub(crate) fn key(&self) -> Result<Box<dyn Signer>> {
        keys::signer(&self.dir, self.signer.as_ref(), KeyUse::Root, &self.secrets)
    }

    /// Whether a bundle that is said to be in force may follow the one known here. Homes of before
    /// know none.
    pub(crate) fn must_follow(&self, present: &TrustBundle, envelope: &Envelope) -> Result<()> {
        let path = self.dir.join(TRUST_FILE);
        if !path.exists() {
            return Ok(());
        }
        let (_envelope, known) = read_trust(&path)?;
        if *present == known {
            return Ok(());
        }
        // Whether it is over by now is not the question here.
        accept_bundle(Some(&known), present, envelope, present.issued_at).with_context(|| {
            format!(
                "what is given as the trust bundle in force does not follow version {}, which is known here: \
                 do not sign, and ask the other root holders",
                known.version
            )
        })
    }

    /// Whether nothing else of this version was signed here.
    pub(crate) fn must_be_first(&self, next: &TrustBundle, envelope: &Envelope) -> Result<()> {
        let path = self.dir.join(SIGNED_FILE);
        if !path.exists() {
            return Ok(());
        }
        let signed = Envelope::from_json(&read_file(&path)?)
            .with_context(|| format!("{} is no trust bundle", path.display()))?;
        let version = trust::read(&signed)?.version;
        if version == next.version && signed.digest() != envelope.digest() {
            bail!(
                "another trust bundle of version {version} was signed here ({}): if it was given up, sign this \
                 one with --instead",
                fingerprint(&signed.digest())
            );
        }
        Ok(())
    }

    /// Notes what is in force.
    pub(crate) fn keep_known(&self, envelope: &Envelope) -> Result<()> {
        self.keep(TRUST_FILE, envelope)
    }

    /// Notes what was signed here.
    pub(crate) fn keep_signed(&self, envelope: &Envelope) -> Result<()> {
        self.keep(SIGNED_FILE, envelope)
    }

    fn keep(&self, name: &str, envelope: &Envelope) -> Result<()> {
        replace(&self.dir.join(name), envelope.to_json().as_bytes())
            .with_context(|| format!("{} keeps no note of it", self.dir.display()))
    }
}

/// Makes a root home.
pub(crate) fn create_root(
    dir: &Path,
    holder: &str,
    keeping: &Keeping,
    secrets: &Secrets,
    made_at: Instant,
) -> Result<Box<dyn Signer>> {
    claim(dir)?;
    let owner = format!("root {}", made_at.date_in_vietnam());
    let (mut own, signer) = keys::make(dir, &owner, &[KeyUse::Root], keeping, secrets)?;
    if let Some(signer) = signer {
        let text = toml::to_string(&RootFile { signer }).context("write root.toml")?;
        write_new(&dir.join(ROOT_FILE), text.as_bytes(), 0o644)?;
    }
    let whose = if holder.is_empty() { String::new() } else { format!("Root holder: {holder}\n") };
    write_new(&dir.join("README.txt"), format!("{whose}{HINT}").as_bytes(), 0o644)?;
    own.pop().map(|own| own.signer).context("one key for one use")
}
