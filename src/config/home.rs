//! The server's home: its data directory with configuration, keys and store.
//!
//! Made by `hoatoc init`, loaded by `hoatoc serve` and the tools beside it.
//!
//! | Path | What |
//! |---|---|
//! | `server.toml` | the configuration |
//! | `keys/authority.crt`, `keys/authority.key` | the enrolment authority (PEM) |
//! | `keys/server.crt`, `keys/server.key` | the server's own chain and key (PEM), renewed by the server itself |
//! | `keys/ledger.key` | signs checkpoints (PKCS#8 PEM) |
//! | `keys/master.key` | opens the keyring (32 bytes in hex) |
//! | `keys/keyring` | seals personal data; changes with each erasure and rotation: see [`KeyringFile`] |
//! | `revocations.pem` | the newest list of certificates that count no more, for others to go by; public |
//! | `store/` | the journal and its index |
//! | `checkpoint`, `backed-up` | the newest published head, the note of the newest backup: see [`crate::engine::upkeep`] |
//!
//! Private keys are made with mode 0600 in a directory of mode 0700. The province is not configured:
//! it is what the server's certificate says. Knows nothing of what is in the store.

mod certificate;
mod files;
mod keyring;

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::rand::SecureRandom;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::{ConfigError, SERVER_FILE, ServerConfig, sample_server};
use crate::domain::ids::UnitCode;
use crate::domain::instant::Instant;
use crate::evidence::key::{KeyError, SigningKey};
use crate::pki::authority::{Authority, AuthorityError, Credentials};
use crate::pki::identity::{IdentityError, PeerIdentity};
use files::make_private_dir;

pub use certificate::{Due, ServerCertificate};
pub use files::{read_private, write_new};
pub use keyring::KeyringFile;

const AUTHORITY_CRT: &str = "authority.crt";
const AUTHORITY_KEY: &str = "authority.key";
const LEDGER_KEY: &str = "ledger.key";
const SERVER_CRT: &str = "server.crt";
const SERVER_KEY: &str = "server.key";
const REVOCATIONS: &str = "revocations.pem";

/// Why a home was not made or loaded.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// There is something in it already.
    #[error("{path} is not empty: choose a new directory", path = path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// A file or directory failed.
    #[error("failed to {action} {path}: {source}", path = path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The configuration is not right.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A key file is not what it should be.
    #[error("{path} is not usable: {reason}; put back the copy from the safe, with mode 0600", path = path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong; never key bytes.
        reason: String,
    },
    /// A certificate could not be made.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// A signing key could not be made.
    #[error(transparent)]
    Signing(#[from] KeyError),
}

/// What a new home is made from.
#[derive(Debug, Clone)]
pub struct NewHome {
    /// The province's unit code.
    pub province: UnitCode,
    /// Where the server shall listen.
    pub listen: SocketAddr,
    /// Every name and address that terminals and officers dial.
    pub names: Vec<String>,
    /// Where the metrics page shall listen; `None` for the default.
    pub metrics: Option<SocketAddr>,
}

/// A server's home, loaded. `Debug` shows no key.
pub struct ServerHome {
    /// The data directory.
    pub dir: PathBuf,
    /// The configuration.
    pub config: ServerConfig,
    /// The enrolment authority.
    pub authority: Authority,
    /// The server's chain and key.
    pub credentials: Credentials,
    /// Signs checkpoints.
    pub ledger_key: SigningKey,
    /// Seals personal data.
    pub keys: Arc<KeyringFile>,
}

impl std::fmt::Debug for ServerHome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerHome").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl ServerHome {
    /// Reads everything in `dir`.
    ///
    /// # Errors
    /// [`HomeError`] names the file at fault.
    pub fn load(dir: &Path) -> Result<Self, HomeError> {
        let config = ServerConfig::load_in(dir)?;
        let keys = config.keys.dir.under(dir);
        let read = |name: &str| read_private(&keys.join(name));
        let unusable = |name: &str, reason: &dyn ToString| HomeError::Key {
            path: keys.join(name),
            reason: reason.to_string(),
        };
        let certificate_pem = read(SERVER_CRT)?.to_string();
        let province =
            province_of(&certificate_pem).map_err(|reason| unusable(SERVER_CRT, &reason))?;
        let authority = Authority::load(&province, &read(AUTHORITY_CRT)?, &read(AUTHORITY_KEY)?)
            .map_err(|reason| unusable(AUTHORITY_KEY, &reason))?;
        let ledger_key = SigningKey::from_pem(&read(LEDGER_KEY)?)
            .map_err(|reason| unusable(LEDGER_KEY, &reason))?;
        let credentials = Credentials { certificate_pem, key_pem: read(SERVER_KEY)? };
        let keys = Arc::new(KeyringFile::open(&keys)?);
        Ok(Self { dir: dir.to_owned(), config, authority, credentials, ledger_key, keys })
    }

    /// The province.
    pub const fn province(&self) -> &UnitCode {
        self.authority.province()
    }

    /// What the server's certificate is to be, and where it lies.
    pub fn certificate(&self) -> ServerCertificate {
        let names = self.config.server.names.as_slice().iter().map(|name| name.as_str());
        ServerCertificate::new(self.config.keys.dir.under(&self.dir), names)
    }

    /// Issues the server's certificate anew where that is due, and says why it was. To be called by
    /// whoever is about to serve from this home, and by nobody else.
    ///
    /// # Errors
    /// [`HomeError`]; the one before stays in use.
    pub fn renew_certificate(&mut self, now: Instant) -> Result<Option<Due>, HomeError> {
        let certificate = self.certificate();
        let due = certificate.due(&self.credentials, now)?;
        if due.is_some() {
            self.credentials = certificate.renew(&self.authority, now)?;
        }
        Ok(due)
    }

    /// Where others find the newest list of certificates that count no more.
    pub fn revocations_file(&self) -> PathBuf {
        self.dir.join(REVOCATIONS)
    }

    /// Where the journal and its index lie.
    pub fn store_dir(&self) -> PathBuf {
        self.config.store.dir.under(&self.dir)
    }
}

/// Makes a home in `dir`, which must be empty or not there: configuration, authority, keys. The store
/// is not touched.
///
/// # Errors
/// [`HomeError::NotEmpty`] before anything is written; others may leave files behind.
pub fn create(
    dir: &Path,
    new: &NewHome,
    now: Instant,
    random: &dyn SecureRandom,
) -> Result<ServerHome, HomeError> {
    // A configuration that would not be read back must not be written.
    let text = config_text(new);
    let config = ServerConfig::parse(&text, &dir.join(SERVER_FILE))?;
    claim(dir)?;
    let keys = config.keys.dir.under(dir);
    make_private_dir(&keys)?;
    write_new(&dir.join(SERVER_FILE), text.as_bytes(), 0o640)?;
    let authority = Authority::create(&new.province, now)?;
    let names = new.names.iter().map(String::as_str);
    let credentials = ServerCertificate::new(keys.clone(), names).issue(&authority, now)?;
    let ledger_key = SigningKey::generate(random)?;
    write_new(&keys.join(AUTHORITY_CRT), authority.certificate_pem().as_bytes(), 0o644)?;
    write_new(&keys.join(AUTHORITY_KEY), authority.key_pem().as_bytes(), 0o600)?;
    write_new(&keys.join(SERVER_CRT), credentials.certificate_pem.as_bytes(), 0o644)?;
    write_new(&keys.join(SERVER_KEY), credentials.key_pem.as_bytes(), 0o600)?;
    write_new(&keys.join(LEDGER_KEY), ledger_key.to_pem().as_bytes(), 0o600)?;
    let keys = Arc::new(KeyringFile::create(&keys, now, random)?);
    Ok(ServerHome { dir: dir.to_owned(), config, authority, credentials, ledger_key, keys })
}

/// Makes sure that `dir` is there, empty and closed to others.
///
/// # Errors
/// [`HomeError::NotEmpty`], [`HomeError::Io`].
pub fn claim(dir: &Path) -> Result<(), HomeError> {
    let io = |action| move |source| HomeError::Io { action, path: dir.to_owned(), source };
    match fs::read_dir(dir) {
        Ok(mut entries) => match entries.next() {
            Some(_something) => Err(HomeError::NotEmpty { path: dir.to_owned() }),
            None => Ok(()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => make_private_dir(dir),
        Err(error) => Err(io("list")(error)),
    }
}

fn province_of(certificate_pem: &str) -> Result<UnitCode, String> {
    let der = CertificateDer::from_pem_slice(certificate_pem.as_bytes())
        .map_err(|_syntax| "it is not a certificate".to_owned())?;
    PeerIdentity::from_der(&der)
        .map(|peer| peer.identity.province().clone())
        .map_err(|error: IdentityError| error.to_string())
}

/// The commented sample with these values in place of the defaults.
fn config_text(new: &NewHome) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let names: Vec<String> = new.names.iter().map(|name| quoted(name)).collect();
    let mut section = "";
    let mut text = String::new();
    for line in sample_server().lines() {
        if line.starts_with('[') {
            section = line;
        }
        let listen = line.starts_with("listen =");
        match (section, &new.metrics) {
            ("[server]", _) if listen => {
                text.push_str(&format!("listen = {}", quoted(&new.listen.to_string())));
            }
            ("[server]", _) if line.starts_with("names =") => {
                text.push_str(&format!("names = [{}]", names.join(", ")));
            }
            ("[metrics]", Some(address)) if listen => {
                text.push_str(&format!("listen = {}", quoted(&address.to_string())));
            }
            _as_it_is => text.push_str(line),
        }
        text.push('\n');
    }
    text.replacen(
        "# Every value below is the default: a line left out, or the whole file, means the same. A word that\n# is not known is an error.",
        "# Made by `hoatoc init`. A line left out means the default; a word that is not known is an error.",
        1,
    )
}

#[cfg(test)]
mod tests;
