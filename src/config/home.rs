//! The server's home: its data directory with configuration, keys and store.
//!
//! Made by `hoatoc init`, loaded by `hoatoc serve` and the tools beside it.
//!
//! | Path | What |
//! |---|---|
//! | `server.toml` | the configuration |
//! | `keys/authority.crt`, `keys/authority.key` | the enrolment authority (PEM) |
//! | `keys/server.crt`, `keys/server.key` | the server's own chain and key (PEM) |
//! | `keys/ledger.key` | signs checkpoints (PKCS#8 PEM) |
//! | `keys/master.key` | seals personal data (32 bytes in hex) |
//! | `store/` | the journal and its index |
//!
//! Private keys are made with mode 0600 in a directory of mode 0700. The province is not configured:
//! it is what the server's certificate says. Knows nothing of what is in the store.

use std::fs;
use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use ring::rand::SecureRandom;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use zeroize::Zeroizing;

use super::{ConfigError, FILE_LEN_MAX, SERVER_FILE, ServerConfig, sample_server};
use crate::domain::ids::UnitCode;
use crate::domain::instant::Instant;
use crate::evidence::key::{KeyError, SigningKey};
use crate::pki::authority::{Authority, AuthorityError, Credentials};
use crate::pki::identity::{IdentityError, PeerIdentity};

const AUTHORITY_CRT: &str = "authority.crt";
const AUTHORITY_KEY: &str = "authority.key";
const LEDGER_KEY: &str = "ledger.key";
const MASTER_KEY: &str = "master.key";
const SERVER_CRT: &str = "server.crt";
const SERVER_KEY: &str = "server.key";

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
    pub master_key: Zeroizing<[u8; 32]>,
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
        let mut master_key = Zeroizing::new([0; 32]);
        hex::decode_to_slice(read(MASTER_KEY)?.trim(), master_key.as_mut_slice())
            .map_err(|_may_quote_it| unusable(MASTER_KEY, &"it must be 64 hex digits"))?;
        let credentials = Credentials { certificate_pem, key_pem: read(SERVER_KEY)? };
        Ok(Self { dir: dir.to_owned(), config, authority, credentials, ledger_key, master_key })
    }

    /// The province.
    pub const fn province(&self) -> &UnitCode {
        self.authority.province()
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
    let (dns, addresses) = split_names(&new.names);
    let credentials = authority.issue_server(&dns, &addresses, now)?;
    let ledger_key = SigningKey::generate(random)?;
    let mut master_key = Zeroizing::new([0; 32]);
    random.fill(master_key.as_mut_slice()).map_err(|_no_more_to_say| KeyError::Randomness)?;
    let master_text = Zeroizing::new(format!("{}\n", *Zeroizing::new(hex::encode(*master_key))));
    write_new(&keys.join(AUTHORITY_CRT), authority.certificate_pem().as_bytes(), 0o644)?;
    write_new(&keys.join(AUTHORITY_KEY), authority.key_pem().as_bytes(), 0o600)?;
    write_new(&keys.join(SERVER_CRT), credentials.certificate_pem.as_bytes(), 0o644)?;
    write_new(&keys.join(SERVER_KEY), credentials.key_pem.as_bytes(), 0o600)?;
    write_new(&keys.join(LEDGER_KEY), ledger_key.to_pem().as_bytes(), 0o600)?;
    write_new(&keys.join(MASTER_KEY), master_text.as_bytes(), 0o600)?;
    Ok(ServerHome { dir: dir.to_owned(), config, authority, credentials, ledger_key, master_key })
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

/// Writes a file that must not be there yet, and puts it on stable storage.
///
/// # Errors
/// [`HomeError::Io`].
pub fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), HomeError> {
    let write = || {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|source| HomeError::Io { action: "write", path: path.to_owned(), source })
}

/// Reads a small file; what was read leaves memory when dropped. A private key (`*.key`) that others
/// may read is refused, not mended: somebody may have read it.
///
/// # Errors
/// [`HomeError::Io`], [`HomeError::Key`].
pub fn read_private(path: &Path) -> Result<Zeroizing<String>, HomeError> {
    let is_key = path.extension().is_some_and(|extension| extension == "key");
    let mode = fs::metadata(path).map_or(0o600, |found| found.permissions().mode() & 0o777);
    if is_key && mode & 0o077 != 0 {
        let may = if mode & 0o044 != 0 { "may read it" } else { "have rights to it" };
        let reason = format!("others than its owner {may} (mode {mode:04o})");
        return Err(HomeError::Key { path: path.to_owned(), reason });
    }
    let read = || {
        let len = fs::metadata(path)?.len();
        if len > FILE_LEN_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is over 64 KiB"));
        }
        fs::read_to_string(path).map(Zeroizing::new)
    };
    read().map_err(|source| HomeError::Io { action: "read", path: path.to_owned(), source })
}

fn make_private_dir(dir: &Path) -> Result<(), HomeError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|source| HomeError::Io {
        action: "create",
        path: dir.to_owned(),
        source,
    })
}

fn province_of(certificate_pem: &str) -> Result<UnitCode, String> {
    let der = CertificateDer::from_pem_slice(certificate_pem.as_bytes())
        .map_err(|_syntax| "it is not a certificate".to_owned())?;
    PeerIdentity::from_der(&der)
        .map(|peer| peer.identity.province().clone())
        .map_err(|error: IdentityError| error.to_string())
}

fn split_names(names: &[String]) -> (Vec<String>, Vec<IpAddr>) {
    let mut dns = Vec::new();
    let mut addresses = Vec::new();
    for name in names {
        match name.parse() {
            Ok(address) => addresses.push(address),
            Err(_not_an_address) => dns.push(name.clone()),
        }
    }
    (dns, addresses)
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
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use ring::rand::SystemRandom;

    use super::*;

    const NOW: Instant = Instant::from_millis(1_790_000_000_000);

    fn new() -> NewHome {
        NewHome {
            province: "11".parse().expect("a code"),
            listen: "127.0.0.1:7555".parse().expect("an address"),
            names: vec!["hoatoc.example".to_owned(), "10.0.0.7".to_owned()],
            metrics: Some("127.0.0.1:9555".parse().expect("an address")),
        }
    }

    #[test]
    fn a_home_comes_back_as_it_was_made_and_its_keys_are_closed_to_others() {
        let dir = tempfile::tempdir().expect("a directory");
        let home = dir.path().join("home");
        let made = create(&home, &new(), NOW, &SystemRandom::new()).expect("made");
        let loaded = ServerHome::load(&home).expect("loaded");
        assert_eq!(loaded.province().as_str(), "11");
        assert_eq!(loaded.config, made.config);
        assert_eq!(loaded.config.server.listen, new().listen);
        assert_eq!(loaded.config.server.names.as_slice().len(), 2);
        assert_eq!(loaded.config.metrics.listen.0, new().metrics);
        assert_eq!(loaded.ledger_key.public(), made.ledger_key.public());
        assert_eq!(*loaded.master_key, *made.master_key);
        assert_eq!(loaded.authority.fingerprint(), made.authority.fingerprint());
        for name in [AUTHORITY_KEY, LEDGER_KEY, MASTER_KEY, SERVER_KEY] {
            let mode = fs::metadata(home.join("keys").join(name)).expect("there").permissions();
            assert_eq!(mode.mode() & 0o777, 0o600, "{name}");
        }
        let mode = fs::metadata(&home).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_directory_with_something_in_it_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("mine"), "x").expect("written");
        let refused = create(dir.path(), &new(), NOW, &SystemRandom::new());
        assert!(matches!(refused, Err(HomeError::NotEmpty { .. })));
        assert_eq!(fs::read_dir(dir.path()).expect("listed").count(), 1);
    }

    #[test]
    fn a_damaged_key_is_named_and_not_shown() {
        let dir = tempfile::tempdir().expect("a directory");
        let home = dir.path().join("home");
        create(&home, &new(), NOW, &SystemRandom::new()).expect("made");
        let path = home.join("keys").join(MASTER_KEY);
        fs::write(&path, "secret-looking rubbish").expect("written");
        let refused = ServerHome::load(&home).expect_err("not hex").to_string();
        assert!(refused.contains("master.key") && !refused.contains("rubbish"), "{refused}");
    }

    #[test]
    fn a_key_that_others_may_read_is_refused_by_name() {
        let dir = tempfile::tempdir().expect("a directory");
        let home = dir.path().join("home");
        create(&home, &new(), NOW, &SystemRandom::new()).expect("made");
        let path = home.join("keys").join(LEDGER_KEY);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set");
        let refused = ServerHome::load(&home).expect_err("open to the group").to_string();
        assert!(refused.contains("ledger.key") && refused.contains("others"), "{refused}");
        assert!(refused.contains("may read it (mode 0640)"), "{refused}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o611)).expect("set");
        let refused = ServerHome::load(&home).expect_err("open in another way").to_string();
        assert!(refused.contains("mode 0611") && !refused.contains("read it"), "{refused}");
    }

    #[test]
    fn a_name_that_is_none_is_refused_before_anything_is_written() {
        let dir = tempfile::tempdir().expect("a directory");
        let home = dir.path().join("home");
        let bad = NewHome { names: vec!["xã Tân".to_owned()], ..new() };
        assert!(create(&home, &bad, NOW, &SystemRandom::new()).is_err());
        assert!(!home.exists());
    }
}
