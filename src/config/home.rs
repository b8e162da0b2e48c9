//! The server's data directory: its configuration, its keys, its store.
//!
//! Made by `hoatoc init`, loaded by `hoatoc serve` and by everything that looks at a store at rest.
//!
//! | File | What | Mode |
//! |---|---|---|
//! | `server.toml` | the configuration | 0644 |
//! | `keys/authority.crt`, `.key` | the enrolment authority, PEM | 0644, 0600 |
//! | `keys/server.crt`, `.key` | the server's chain and key, PEM | 0644, 0600 |
//! | `keys/ledger.key` | signs checkpoints, Ed25519, PEM | 0600 |
//! | `keys/master.key` | seals personal data, 64 hex digits | 0600 |
//! | `store/` | see [`crate::store::journaled`] | 0700 |
//!
//! A secret that others may read is refused, not mended: somebody may have read it. Files are
//! written whole or not at all. The server's certificate is issued anew when the configured names
//! changed or its end is near, since the authority's key lies beside it.

mod files;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rcgen::{KeyPair, PublicKeyData as _};
use ring::rand::SecureRandom;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use x509_parser::extensions::GeneralName;
use zeroize::Zeroizing;

use super::{ConfigError, SERVER_FILE, ServerConfig, sample_server};
use crate::domain::ids::UnitCode;
use crate::domain::instant::Instant;
use crate::evidence::key::{KeyError, SigningKey};
use crate::evidence::seal::MASTER_KEY_LEN;
use crate::limits;
use crate::pki::authority::{Authority, AuthorityError, Credentials};
use crate::pki::config::ServerTlsParts;
use crate::pki::identity::{IdentityError, PeerIdentity};
use files::{make_dir, read_public, read_secret, write_public, write_secret};

/// Why a data directory was not made or not taken.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is something already.
    #[error("{path} is there already: choose an empty directory", path = path.display())]
    Exists {
        /// What is there.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("failed to {action} {path}: {source}", path = path.display())]
    File {
        /// What was being done.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// Others may read a secret.
    #[error(
        "{path} can be read by others (mode {mode:o}): find out who has read it; if nobody, run chmod 600 {path}",
        path = path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A file does not hold what it should.
    #[error("{path} is not usable: {reason}", path = path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong, without what is in it.
        reason: String,
    },
    /// The authority did not do its work.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The machine gave no randomness.
    #[error("make the keys: the machine gave no randomness")]
    Randomness,
}

/// A server's data directory with everything in it loaded. `Debug` shows no key.
pub struct ServerHome {
    /// The directory.
    pub dir: PathBuf,
    /// The configuration.
    pub config: ServerConfig,
    /// The enrolment authority.
    pub authority: Authority,
    /// Signs the ledger's checkpoints.
    pub ledger_key: SigningKey,
    /// Seals personal data.
    pub master_key: Zeroizing<[u8; MASTER_KEY_LEN]>,
    /// The server's chain and key.
    pub server: Credentials,
}

impl std::fmt::Debug for ServerHome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerHome").field("dir", &self.dir).finish_non_exhaustive()
    }
}

/// Where the files of a directory lie.
struct Places {
    keys: PathBuf,
}

impl Places {
    fn of(dir: &Path, config: &ServerConfig) -> Self {
        Self { keys: config.keys.dir.under(dir) }
    }

    fn key(&self, name: &str) -> PathBuf {
        self.keys.join(name)
    }
}

impl ServerHome {
    /// Makes a data directory in `dir`, which must be empty or not there but for a
    /// `server.toml` that was put there beforehand.
    ///
    /// # Errors
    /// [`HomeError`]; what was written by then stays, and is refused the next time.
    pub fn create(
        dir: &Path,
        province: &UnitCode,
        now: Instant,
        random: &dyn SecureRandom,
    ) -> Result<Self, HomeError> {
        let config = ServerConfig::load_in(dir)?;
        let places = Places::of(dir, &config);
        for taken in [&places.keys, &config.store.dir.under(dir)] {
            if taken.exists() {
                return Err(HomeError::Exists { path: taken.clone() });
            }
        }
        make_dir(dir)?;
        let file = dir.join(SERVER_FILE);
        if !file.exists() {
            write_public(&file, sample_server().as_bytes())?;
        }
        make_dir(&places.keys)?;
        let authority = Authority::create(province, now)?;
        let no_randomness = |_error: KeyError| HomeError::Randomness;
        let ledger_key = SigningKey::generate(random).map_err(no_randomness)?;
        let mut master_key = Zeroizing::new([0; MASTER_KEY_LEN]);
        random.fill(&mut master_key[..]).or(Err(HomeError::Randomness))?;
        write_secret(&places.key("authority.key"), authority.key_pem().as_bytes())?;
        write_public(&places.key("authority.crt"), authority.certificate_pem().as_bytes())?;
        write_secret(&places.key("ledger.key"), ledger_key.to_pem().as_bytes())?;
        let master_text = Zeroizing::new(hex::encode(&master_key[..]));
        write_secret(&places.key("master.key"), master_text.as_bytes())?;
        let server = issue_server(&places, &config, &authority, now)?;
        make_dir(&config.store.dir.under(dir))?;
        let dir = dir.to_owned();
        Ok(Self { dir, config, authority, ledger_key, master_key, server })
    }

    /// Loads a data directory; issues the server's certificate anew where that is due.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn load(dir: &Path, now: Instant) -> Result<Self, HomeError> {
        let config = ServerConfig::load_in(dir)?;
        let places = Places::of(dir, &config);
        let server = Credentials {
            certificate_pem: read_public(&places.key("server.crt"))?,
            key_pem: read_secret(&places.key("server.key"))?,
        };
        let shown = shown_by(&server, &places.key("server.crt"))?;
        let authority = Authority::load(
            shown.peer.identity.province(),
            &read_public(&places.key("authority.crt"))?,
            &read_secret(&places.key("authority.key"))?,
        )?;
        let ledger_path = places.key("ledger.key");
        let ledger_key = SigningKey::from_pem(&read_secret(&ledger_path)?)
            .map_err(|fault| HomeError::unusable(&ledger_path, &fault))?;
        let master_key = master_key(&places.key("master.key"))?;
        let ends_soon = shown.peer.not_after <= now + limits::SERVER_RENEWAL;
        // A crash between the two writes leaves a key and a certificate that do not fit.
        let due = ends_soon || !shown.fits || shown.names != names(&config);
        let server = if due { issue_server(&places, &config, &authority, now)? } else { server };
        let dir = dir.to_owned();
        Ok(Self { dir, config, authority, ledger_key, master_key, server })
    }

    /// Where the store lies.
    pub fn store_dir(&self) -> PathBuf {
        self.config.store.dir.under(&self.dir)
    }

    /// What the server's TLS is made of.
    pub fn tls_parts(&self) -> ServerTlsParts {
        ServerTlsParts {
            province: self.authority.province().clone(),
            authority_pem: self.authority.certificate_pem().to_owned(),
            credentials: self.server.clone(),
            revocations_pem: None,
        }
    }
}

impl HomeError {
    fn unusable(path: &Path, reason: &dyn std::fmt::Display) -> Self {
        Self::Unusable { path: path.to_owned(), reason: reason.to_string() }
    }
}

fn master_key(path: &Path) -> Result<Zeroizing<[u8; MASTER_KEY_LEN]>, HomeError> {
    let text = read_secret(path)?;
    let mut key = Zeroizing::new([0; MASTER_KEY_LEN]);
    hex::decode_to_slice(text.trim(), &mut key[..])
        .map_err(|_secret| HomeError::unusable(path, &"it must hold 64 hex digits"))?;
    Ok(key)
}

/// The names that the configuration wants in the server's certificate.
fn names(config: &ServerConfig) -> BTreeSet<String> {
    config.server.names.as_slice().iter().map(|name| name.as_str().to_ascii_lowercase()).collect()
}

fn issue_server(
    places: &Places,
    config: &ServerConfig,
    authority: &Authority,
    now: Instant,
) -> Result<Credentials, HomeError> {
    let (mut dns, mut addresses) = (Vec::new(), Vec::new());
    for name in names(config) {
        match name.parse::<IpAddr>() {
            Ok(address) => addresses.push(address),
            Err(_a_dns_name) => dns.push(name),
        }
    }
    let server = authority.issue_server(&dns, &addresses, now)?;
    write_secret(&places.key("server.key"), server.key_pem.as_bytes())?;
    write_public(&places.key("server.crt"), server.certificate_pem.as_bytes())?;
    Ok(server)
}

/// What the server's present certificate says.
struct Shown {
    peer: PeerIdentity,
    names: BTreeSet<String>,
    fits: bool,
}

fn shown_by(server: &Credentials, path: &Path) -> Result<Shown, HomeError> {
    let unusable = |fault: &dyn std::fmt::Display| HomeError::unusable(path, fault);
    let der = CertificateDer::from_pem_slice(server.certificate_pem.as_bytes())
        .map_err(|fault| unusable(&fault))?;
    let peer = PeerIdentity::from_der(&der).map_err(|fault: IdentityError| unusable(&fault))?;
    let (_rest, parsed) =
        x509_parser::parse_x509_certificate(&der).map_err(|fault| unusable(&fault))?;
    let extension = parsed.subject_alternative_name().map_err(|fault| unusable(&fault))?;
    let general = extension.map(|extension| extension.value.general_names.as_slice());
    let names = general.unwrap_or_default().iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _other => None,
    });
    let key = KeyPair::from_pem(&server.key_pem);
    let spki = key.map(|key| key.subject_public_key_info());
    let fits = spki.is_ok_and(|spki| parsed.public_key().raw == spki);
    Ok(Shown { peer, names: names.collect(), fits })
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_length| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}
