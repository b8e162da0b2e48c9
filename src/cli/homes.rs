//! Homes: the directories in which officers and root holders keep what is theirs.
//!
//! | Officer's home | What |
//! |---|---|
//! | `officer.toml` | id, server (`host:port`), the name in the server's certificate, `[signer]` for a token |
//! | `tls.key`, `tls.crt` | who the officer is to the server (PEM); identifies, never signs, so it lies open |
//! | `authority.crt` | whom the server must be vouched for by (PEM) |
//! | `sign-actual.key`, `sign-exercise.key` | sign orders (PKCS#8 PEM under a passphrase, mode 0600) |
//! | `sign-actual.pub`, `sign-exercise.pub` | their public halves |
//! | `trust-bundle.json` | the newest trust bundle seen (DSSE JSON) |
//!
//! A trust bundle is replaced only by one that the bundle before it vouches for. [`root`] has the homes
//! of root holders.

mod root;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::cli::keys::secrets::Secrets;
use crate::cli::keys::{self, Keeping, OwnKey, SignerFile};
use crate::config::home::{claim, read_private, write_new};
use crate::domain::authority::Role;
use crate::domain::ids::{OfficerId, UnitCode};
use crate::domain::instant::Instant;
use crate::evidence::envelope::Envelope;
use crate::evidence::key::{KeyUse, PublicKey, Signer};
use crate::evidence::trust::{OfficerKey, TrustBundle, TrustedOfficer, accept_bundle};
use crate::pki::authority::Credentials;
use crate::pki::identity::PeerIdentity;
use crate::pki::request::KeyAndRequest;
use crate::wire::trust;

pub(crate) use root::{RootHome, create_root};

const OFFICER_FILE: &str = "officer.toml";
const TLS_KEY: &str = "tls.key";
const TLS_CRT: &str = "tls.crt";
const AUTHORITY_CRT: &str = "authority.crt";
const TRUST_FILE: &str = "trust-bundle.json";
/// What an officer signs with.
pub(crate) const OFFICER_USES: [KeyUse; 2] = [KeyUse::Actual, KeyUse::Exercise];
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
    /// Where the signing keys lie, if not in files here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) signer: Option<SignerFile>,
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
    secrets: Secrets,
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
    /// Reads `officer.toml`; keys are read when they are needed, and opened with these secrets.
    pub(crate) fn load(dir: &Path, secrets: &Secrets) -> Result<Self> {
        let path = dir.join(OFFICER_FILE);
        let text = read_private(&path).with_context(|| {
            format!(
                "{} is no officer's home: give one made by `officer add` or `officer request`",
                dir.display()
            )
        })?;
        let file: OfficerFile = toml::from_str(&text)
            .map_err(|fault| anyhow!("{} is not right: {}", path.display(), fault.message()))?;
        let id = file.id.parse().with_context(|| format!("{} is not right", path.display()))?;
        Ok(Self { dir: dir.to_owned(), file, id, secrets: secrets.clone() })
    }

    /// Makes a home with fresh keys, which nobody vouches for yet. Returns the signing keys, and the
    /// request for the TLS certificate.
    pub(crate) fn make(
        dir: &Path,
        file: OfficerFile,
        keeping: &Keeping,
        secrets: &Secrets,
    ) -> Result<(Self, Vec<OwnKey>, String)> {
        let id: OfficerId = file.id.parse()?;
        claim(dir)?;
        Self::fill(dir, id, file, keeping, secrets).inspect_err(|_failed| {
            // Nothing stood here before: what was begun is not left for the next attempt to stumble on.
            for begun in fs::read_dir(dir).into_iter().flatten().flatten() {
                drop(fs::remove_file(begun.path()));
            }
        })
    }

    fn fill(
        dir: &Path,
        id: OfficerId,
        mut file: OfficerFile,
        keeping: &Keeping,
        secrets: &Secrets,
    ) -> Result<(Self, Vec<OwnKey>, String)> {
        let tls = KeyAndRequest::generate()?;
        write_new(&dir.join(TLS_KEY), tls.key_pem.as_bytes(), 0o600)?;
        let (own, signer) = keys::make(dir, id.as_str(), &OFFICER_USES, keeping, secrets)?;
        file.signer = signer;
        let text = toml::to_string(&file).context("write officer.toml")?;
        write_new(&dir.join(OFFICER_FILE), text.as_bytes(), 0o644)?;
        let home = Self { dir: dir.to_owned(), file, id, secrets: secrets.clone() };
        Ok((home, own, tls.request_pem))
    }

    /// Makes a home of somebody who is added on this very machine. Returns what goes into the trust
    /// bundle, and the request for the TLS certificate.
    pub(crate) fn create(
        dir: &Path,
        file: OfficerFile,
        new: &NewOfficer,
        authority_pem: &str,
        keeping: &Keeping,
        secrets: &Secrets,
        now: Instant,
    ) -> Result<(Self, TrustedOfficer, String)> {
        let (home, own, request_pem) = Self::make(dir, file, keeping, secrets)?;
        home.keep_authority(authority_pem)?;
        let officer = TrustedOfficer {
            id: new.id.clone(),
            name: new.name.clone(),
            unit: new.unit.clone(),
            roles: new.roles.iter().copied().collect(),
            keys: own.iter().map(|own| trusted(own.signer.public(), own.key_use, now)).collect(),
            retired_at: None,
        };
        Ok((home, officer, request_pem))
    }

    /// Keeps the certificate of whoever vouches for the server, where there is none yet.
    pub(crate) fn keep_authority(&self, authority_pem: &str) -> Result<()> {
        Ok(write_new(&self.dir.join(AUTHORITY_CRT), authority_pem.as_bytes(), 0o644)?)
    }

    /// The same home with another server to call, also for later calls.
    pub(crate) fn at_server(self, server: &str) -> Result<Self> {
        let name = self.file.server_name.clone();
        self.at(server, &name)
    }

    /// The same home with another server that has another name in its certificate.
    pub(crate) fn at(mut self, server: &str, server_name: &str) -> Result<Self> {
        server.clone_into(&mut self.file.server);
        server_name.clone_into(&mut self.file.server_name);
        let text = toml::to_string(&self.file).context("write officer.toml")?;
        replace(&self.dir.join(OFFICER_FILE), text.as_bytes())?;
        Ok(self)
    }

    /// What the officer shows to the server.
    pub(crate) fn credentials(&self) -> Result<Credentials> {
        let certificate = read_private(&self.dir.join(TLS_CRT)).with_context(|| {
            format!(
                "officer {} has no certificate: have an administrator run `officer certify`, or take the \
                 grant with `officer join`",
                self.id
            )
        })?;
        Ok(Credentials { certificate_pem: certificate.to_string(), key_pem: self.tls_key()? })
    }

    /// A request to certify the TLS key that is here.
    pub(crate) fn request(&self) -> Result<String> {
        Ok(KeyAndRequest::again(&self.tls_key()?)?.request_pem)
    }

    /// The TLS key, PEM.
    pub(crate) fn tls_key(&self) -> Result<Zeroizing<String>> {
        Ok(read_private(&self.dir.join(TLS_KEY))?)
    }

    /// Keeps a new TLS certificate in place of the one before.
    pub(crate) fn keep_certificate(&self, certificate_pem: &str) -> Result<()> {
        replace(&self.dir.join(TLS_CRT), certificate_pem.as_bytes())
    }

    /// The authority's certificate.
    pub(crate) fn authority_pem(&self) -> Result<String> {
        let pem = read_private(&self.dir.join(AUTHORITY_CRT)).with_context(|| {
            format!("officer {} has not joined yet: take the grant with `officer join`", self.id)
        })?;
        Ok(pem.to_string())
    }

    /// When the TLS certificate ends; none while there is no readable one.
    pub(crate) fn certificate_ends(&self) -> Option<Instant> {
        let pem = read_private(&self.dir.join(TLS_CRT)).ok()?;
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        PeerIdentity::from_der(&der).ok().map(|peer| peer.not_after)
    }

    /// The key for this use, opened with a passphrase or on its token.
    pub(crate) fn signing_key(&self, key_use: KeyUse) -> Result<Box<dyn Signer>> {
        keys::signer(&self.dir, self.file.signer.as_ref(), key_use, &self.secrets)
    }

    /// The public half of the key for this use.
    pub(crate) fn public_key(&self, key_use: KeyUse) -> Result<PublicKey> {
        keys::public(&self.dir, self.file.signer.as_ref(), key_use, &self.secrets)
    }

    /// The newest trust bundle seen.
    pub(crate) fn trust(&self) -> Result<TrustBundle> {
        Ok(read_trust(&self.dir.join(TRUST_FILE))?.1)
    }

    /// The file of the newest trust bundle seen.
    pub(crate) fn trust_file(&self) -> PathBuf {
        self.dir.join(TRUST_FILE)
    }

    /// Whether a grant was taken here.
    pub(crate) fn has_joined(&self) -> bool {
        self.dir.join(TLS_CRT).exists()
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
        super::past_trust::keep(&self.dir, kept.version, &kept_envelope)?;
        replace(&self.dir.join(TRUST_FILE), offered.to_json().as_bytes())?;
        Ok(bundle)
    }
}

/// What a trust bundle says of a key that counts from now on.
pub(crate) const fn trusted(key: PublicKey, key_use: KeyUse, now: Instant) -> OfficerKey {
    OfficerKey { key, key_use, valid_from: now, valid_to: now.offset_by(SIGNING_DAYS * DAY_MS) }
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
    read_file_of(path, 96 * 1024)
}

/// A text file of at most so many bytes.
pub(crate) fn read_file_of(path: &Path, len_max: u64) -> Result<String> {
    let context = || format!("failed to read {}", path.display());
    let len = fs::metadata(path).with_context(context)?.len();
    if len > len_max {
        bail!("{} has {len} bytes, at most {len_max} are read", path.display());
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
