//! Homes: the directories in which officers and root holders keep what is theirs.
//!
//! | Officer's home | What |
//! |---|---|
//! | `officer.toml` | id, server (`host:port`), the name in the server's certificate |
//! | `tls.key`, `tls.crt` | who the officer is to the server (PEM) |
//! | `authority.crt` | whom the server must be vouched for by (PEM) |
//! | `sign-actual.key`, `sign-exercise.key` | sign orders (PKCS#8 PEM, mode 0600) |
//! | `trust-bundle.json` | the newest trust bundle seen (DSSE JSON) |
//!
//! A root home holds `root.key`, which signs trust bundles, and lies on no server. A trust bundle is
//! replaced only by one that the bundle before it vouches for.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use ring::rand::SystemRandom;
use serde::{Deserialize, Serialize};

use crate::config::home::{claim, read_private, write_new};
use crate::domain::authority::Role;
use crate::domain::ids::{OfficerId, UnitCode};
use crate::domain::instant::Instant;
use crate::evidence::envelope::Envelope;
use crate::evidence::key::{KeyUse, SigningKey};
use crate::evidence::trust::{OfficerKey, TrustBundle, TrustedOfficer, accept_bundle};
use crate::pki::authority::Credentials;
use crate::pki::request::KeyAndRequest;
use crate::wire::trust;

const OFFICER_FILE: &str = "officer.toml";
const TLS_KEY: &str = "tls.key";
const TLS_CRT: &str = "tls.crt";
const AUTHORITY_CRT: &str = "authority.crt";
const TRUST_FILE: &str = "trust-bundle.json";
const ROOT_KEY: &str = "root.key";
/// How long signing keys count: longer than a bundle, so that a new bundle alone keeps them going.
const SIGNING_DAYS: i64 = 3 * 366;
const DAY_MS: i64 = 86_400_000;

/// `officer.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfficerFile {
    /// The officer's id.
    pub(crate) id: String,
    /// The server, `host:port`.
    pub(crate) server: String,
    /// The name or address in the server's certificate.
    pub(crate) server_name: String,
}

/// An officer's home.
#[derive(Debug, Clone)]
pub(crate) struct OfficerHome {
    /// The directory.
    pub(crate) dir: PathBuf,
    /// Who it is, and where the server is.
    pub(crate) file: OfficerFile,
    /// The officer.
    pub(crate) id: OfficerId,
}

/// A new officer's person, before anybody vouched for it.
#[derive(Debug)]
pub(crate) struct NewOfficer {
    /// The officer.
    pub(crate) id: OfficerId,
    /// Name and post.
    pub(crate) name: String,
    /// Where the officer serves.
    pub(crate) unit: UnitCode,
    /// What the officer may do.
    pub(crate) roles: Vec<Role>,
}

impl OfficerHome {
    /// Reads `officer.toml`; keys are read when they are needed.
    pub(crate) fn load(dir: &Path) -> Result<Self> {
        let path = dir.join(OFFICER_FILE);
        let text = read_private(&path).with_context(|| {
            format!("{} is no officer's home: give one made by `officer add`", dir.display())
        })?;
        let file: OfficerFile = toml::from_str(&text)
            .map_err(|fault| anyhow!("{} is not right: {}", path.display(), fault.message()))?;
        let id = file.id.parse().with_context(|| format!("{} is not right", path.display()))?;
        Ok(Self { dir: dir.to_owned(), file, id })
    }

    /// Makes a home with fresh keys. Returns what goes into the trust bundle, and the request for
    /// the TLS certificate.
    pub(crate) fn create(
        dir: &Path,
        file: OfficerFile,
        new: &NewOfficer,
        authority_pem: &str,
        now: Instant,
    ) -> Result<(Self, TrustedOfficer, String)> {
        claim(dir)?;
        let random = SystemRandom::new();
        let tls = KeyAndRequest::generate()?;
        write_new(&dir.join(TLS_KEY), tls.key_pem.as_bytes(), 0o600)?;
        write_new(&dir.join(AUTHORITY_CRT), authority_pem.as_bytes(), 0o644)?;
        let mut keys = Vec::with_capacity(2);
        for key_use in [KeyUse::Actual, KeyUse::Exercise] {
            let key = SigningKey::generate(&random)?;
            write_new(&dir.join(sign_file(key_use)), key.to_pem().as_bytes(), 0o600)?;
            let valid_to = now.offset_by(SIGNING_DAYS * DAY_MS);
            keys.push(OfficerKey { key: key.public(), key_use, valid_from: now, valid_to });
        }
        let text = toml::to_string(&file).context("write officer.toml")?;
        write_new(&dir.join(OFFICER_FILE), text.as_bytes(), 0o644)?;
        let officer = TrustedOfficer {
            id: new.id.clone(),
            name: new.name.clone(),
            unit: new.unit.clone(),
            roles: new.roles.iter().copied().collect(),
            keys,
            retired_at: None,
        };
        Ok((Self { dir: dir.to_owned(), file, id: new.id.clone() }, officer, tls.request_pem))
    }

    /// The same home with another server to call, also for later calls.
    pub(crate) fn at_server(mut self, server: &str) -> Result<Self> {
        server.clone_into(&mut self.file.server);
        let text = toml::to_string(&self.file).context("write officer.toml")?;
        replace(&self.dir.join(OFFICER_FILE), text.as_bytes())?;
        Ok(self)
    }

    /// What the officer shows to the server.
    pub(crate) fn credentials(&self) -> Result<Credentials> {
        let certificate = read_private(&self.dir.join(TLS_CRT)).with_context(|| {
            format!(
                "officer {} has no certificate: have an administrator run `officer certify`",
                self.id
            )
        })?;
        let key_pem = read_private(&self.dir.join(TLS_KEY))?;
        Ok(Credentials { certificate_pem: certificate.to_string(), key_pem })
    }

    /// A request to certify the TLS key that is here.
    pub(crate) fn request(&self) -> Result<String> {
        let key_pem = read_private(&self.dir.join(TLS_KEY))?;
        Ok(KeyAndRequest::again(&key_pem)?.request_pem)
    }

    /// Keeps a new TLS certificate in place of the one before.
    pub(crate) fn keep_certificate(&self, certificate_pem: &str) -> Result<()> {
        replace(&self.dir.join(TLS_CRT), certificate_pem.as_bytes())
    }

    /// The authority's certificate.
    pub(crate) fn authority_pem(&self) -> Result<String> {
        Ok(read_private(&self.dir.join(AUTHORITY_CRT))?.to_string())
    }

    /// The key for this use.
    pub(crate) fn signing_key(&self, key_use: KeyUse) -> Result<SigningKey> {
        let path = self.dir.join(sign_file(key_use));
        let pem = read_private(&path)?;
        SigningKey::from_pem(&pem).with_context(|| format!("{} is not usable", path.display()))
    }

    /// The newest trust bundle seen.
    pub(crate) fn trust(&self) -> Result<TrustBundle> {
        Ok(read_trust(&self.dir.join(TRUST_FILE))?.1)
    }

    /// The file of the newest trust bundle seen.
    pub(crate) fn trust_file(&self) -> PathBuf {
        self.dir.join(TRUST_FILE)
    }

    /// Takes the first bundle of this home: it comes from the one who made the home.
    pub(crate) fn begin_trust(&self, envelope: &Envelope) -> Result<()> {
        Ok(write_new(&self.dir.join(TRUST_FILE), envelope.to_json().as_bytes(), 0o644)?)
    }

    /// Takes a bundle that the server offered, if it is newer and the one kept vouches for it.
    /// Returns the bundle in force.
    pub(crate) fn take_trust(&self, offered: &Envelope, now: Instant) -> Result<TrustBundle> {
        let (kept_envelope, kept) = read_trust(&self.dir.join(TRUST_FILE))?;
        let bundle = trust::read(offered).context("the server's trust bundle cannot be read")?;
        if bundle.version <= kept.version {
            if bundle.version == kept.version && offered.digest() != kept_envelope.digest() {
                bail!(
                    "the server shows another trust bundle of version {} than the one kept here: do not sign anything, and ask the root holders",
                    kept.version
                );
            }
            return Ok(kept);
        }
        accept_bundle(Some(&kept), &bundle, offered, now)
            .context("the server's trust bundle is not to be trusted")?;
        replace(&self.dir.join(TRUST_FILE), offered.to_json().as_bytes())?;
        Ok(bundle)
    }
}

/// A root holder's key.
pub(crate) fn load_root(dir: &Path) -> Result<SigningKey> {
    let path = dir.join(ROOT_KEY);
    let pem = read_private(&path)
        .with_context(|| format!("{} is no root home: give one made by `init`", dir.display()))?;
    SigningKey::from_pem(&pem).with_context(|| format!("{} is not usable", path.display()))
}

/// Makes a root home.
pub(crate) fn create_root(dir: &Path) -> Result<SigningKey> {
    claim(dir)?;
    let key = SigningKey::generate(&SystemRandom::new())?;
    write_new(&dir.join(ROOT_KEY), key.to_pem().as_bytes(), 0o600)?;
    let hint = "root.key signs trust bundles: whoever has it decides who may issue orders.\n\
        Keep this directory off the server, on a medium in a safe, with a sealed copy elsewhere.\n\
        It is needed for `hoatoc officer add`, `officer retire` and `officer reissue` only.\n";
    write_new(&dir.join("README.txt"), hint.as_bytes(), 0o644)?;
    Ok(key)
}

/// A bundle file: its envelope and what it says. Its own roots must have signed it.
pub(crate) fn read_trust(path: &Path) -> Result<(Envelope, TrustBundle)> {
    let text = read_file(path)?;
    let read = || -> Result<(Envelope, TrustBundle)> {
        let envelope = Envelope::from_json(&text)?;
        let bundle = trust::read(&envelope)?;
        // Whether it is over is asked where it is used; whether it is whole is asked here.
        accept_bundle(None, &bundle, &envelope, bundle.issued_at)?;
        Ok((envelope, bundle))
    };
    read().with_context(|| format!("{} is no sound trust bundle", path.display()))
}

/// A text file of at most 96 KiB: an envelope, a checkpoint.
pub(crate) fn read_file(path: &Path) -> Result<String> {
    let context = || format!("failed to read {}", path.display());
    let len = fs::metadata(path).with_context(context)?.len();
    if len > 96 * 1024 {
        bail!("{} has {len} bytes, which no envelope or checkpoint has", path.display());
    }
    fs::read_to_string(path).with_context(context)
}

/// Replaces a file as a whole: a reader sees the old one or the new one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let fresh = path.with_extension("new");
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("failed to remove {}", fresh.display()));
        }
        Ok(()) | Err(_) => {}
    }
    write_new(&fresh, bytes, 0o644)?;
    fs::rename(&fresh, path).with_context(|| format!("failed to write {}", path.display()))
}

const fn sign_file(key_use: KeyUse) -> &'static str {
    match key_use {
        KeyUse::Actual => "sign-actual.key",
        _exercise_and_test => "sign-exercise.key",
    }
}
