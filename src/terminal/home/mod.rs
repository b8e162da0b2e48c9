//! The terminal's directory: its keys, its certificate, where it belongs, and its store.
//!
//! Called by the command line. Layout, all of it for its owner's eyes only:
//!
//! | File | Content |
//! |---|---|
//! | `keys/tls.pem` | our certificate, then its private key: one file, so that both change together |
//! | `keys/authority.crt` | the enrolment authority's certificate |
//! | `keys/answer.key` | the Ed25519 key that signs receipts and answers |
//! | `keys/endpoint.json` | number, address, province, servers |
//! | `keys/trust-bundle.json` | the trust bundle that enrolment gave; newer ones are in the store |
//! | `keys/sheets/<order id>` | the key under which the order's call-up sheets are sealed in the store |
//! | `store/` | the inbox |
//!
//! `keys/` appears by one rename at the end of enrolment: it is there whole, or not at all. What a
//! loss costs: without `keys/` the terminal must be enrolled again, without `store/` it gets every
//! order in force again and goes on where the server says it was. Without a sheet's key the sheet is
//! asked for again.

mod enrol;
mod files;
mod renew;
mod sheet_keys;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::enrol::{EnrolError, Enrolled, Enrolment, enrol};
pub use self::renew::HomeDialer;
use self::sheet_keys::FileSheetKeys;
use super::inbox::InboxError;
use super::link::LinkOptions;
use super::{StoreWork, Terminal, TerminalParts};
use crate::clock::Clock;
use crate::domain::ids::{EndpointNo, UnitCode};
use crate::evidence::envelope::Envelope;
use crate::evidence::key::SigningKey;
use crate::pki::authority::Credentials;
use crate::pki::identity::{EndpointAddress, Identity};
use crate::store::StoreError;
use crate::store::journaled::{JournalStore, StoreOptions};

const TLS_FILE: &str = "tls.pem";
const AUTHORITY_FILE: &str = "authority.crt";
const ANSWER_KEY_FILE: &str = "answer.key";
const ENDPOINT_FILE: &str = "endpoint.json";
const BUNDLE_FILE: &str = "trust-bundle.json";

/// Why a home cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// A file is not there or not readable.
    #[error("failed to use {path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path} does not hold what it should: {reason}; enrol this terminal again", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The inbox in the store.
    #[error(transparent)]
    Inbox(#[from] InboxError),
}

/// Where a terminal belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The endpoint's number.
    pub endpoint: EndpointNo,
    /// The endpoint's address, such as `03160/military`.
    pub address: EndpointAddress,
    /// The province.
    pub province: UnitCode,
    /// The servers known at enrolment, as `host:port`.
    pub servers: Vec<String>,
}

/// `endpoint.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceFile {
    number: u32,
    address: String,
    province: String,
    servers: Vec<String>,
}

/// An enrolled terminal's directory of keys.
#[derive(Debug)]
pub struct Home {
    keys: PathBuf,
    place: Place,
    answer_key: SigningKey,
    bundle: Envelope,
}

impl Home {
    /// Reads the directory of keys (`keys/` in the data directory) that [`enrol()`] made.
    ///
    /// # Errors
    /// [`HomeError::File`], [`HomeError::Damaged`].
    pub fn open(keys: &Path) -> Result<Self, HomeError> {
        let place_path = keys.join(ENDPOINT_FILE);
        let file: PlaceFile =
            serde_json::from_str(&read(&place_path)?).map_err(damaged(&place_path))?;
        let place = file.place().map_err(damaged(&place_path))?;
        let key_path = keys.join(ANSWER_KEY_FILE);
        let answer_key = SigningKey::from_pem(&read(&key_path)?).map_err(damaged(&key_path))?;
        let bundle_path = keys.join(BUNDLE_FILE);
        let bundle = Envelope::from_json(&read(&bundle_path)?).map_err(damaged(&bundle_path))?;
        Ok(Self { keys: keys.to_owned(), place, answer_key, bundle })
    }

    /// Where the terminal belongs.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Opens the terminal with its store in `store_dir`.
    ///
    /// # Errors
    /// Any [`HomeError`]; [`StoreError::Locked`] when another process has it.
    pub fn terminal(
        self,
        store_dir: &Path,
        clock: Arc<dyn Clock>,
        link: LinkOptions,
    ) -> Result<Arc<Terminal>, HomeError> {
        let sheet_keys = FileSheetKeys::open(&self.keys)
            .map_err(|source| HomeError::File { path: self.keys.join("sheets"), source })?;
        let store = JournalStore::open(store_dir, StoreOptions::terminal())?;
        let terminal = Terminal::open(TerminalParts {
            store: Arc::new(store),
            sheet_keys: Arc::new(sheet_keys),
            store_work: StoreWork::Blocking,
            endpoint: self.place.endpoint,
            answer_key: self.answer_key,
            clock,
            link,
        })?;
        terminal.inbox().install_bundle(&self.bundle)?;
        Ok(terminal)
    }

    /// How this terminal reaches its servers; with none given, those of enrolment.
    ///
    /// # Errors
    /// [`HomeError::File`], [`HomeError::Damaged`].
    pub fn dialer(
        &self,
        servers: &[String],
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<HomeDialer>, HomeError> {
        let servers = if servers.is_empty() { &self.place.servers } else { servers };
        HomeDialer::new(&self.keys, servers, &self.place, clock).map(Arc::new)
    }
}

impl PlaceFile {
    fn place(self) -> Result<Place, String> {
        let wrong = |error: &dyn std::fmt::Display| error.to_string();
        if self.servers.is_empty() {
            return Err("it names no server".into());
        }
        Ok(Place {
            endpoint: EndpointNo::new(self.number),
            address: self.address.parse().map_err(|error| wrong(&error))?,
            province: self.province.parse().map_err(|error| wrong(&error))?,
            servers: self.servers,
        })
    }
}

impl Place {
    fn identity(&self) -> Identity {
        Identity::Endpoint {
            province: self.province.clone(),
            address: self.address.clone(),
            number: self.endpoint,
        }
    }

    fn to_json(&self) -> String {
        let file = PlaceFile {
            number: self.endpoint.number(),
            address: self.address.to_string(),
            province: self.province.to_string(),
            servers: self.servers.clone(),
        };
        serde_json::to_string_pretty(&file).expect("numbers and texts always have a JSON form")
    }
}

/// Certificate and key out of the one file that holds both.
fn credentials(keys: &Path) -> Result<Credentials, HomeError> {
    let path = keys.join(TLS_FILE);
    let text = read(&path)?;
    let start = text.find("-----BEGIN PRIVATE KEY-----");
    let (certificate, key) =
        start.and_then(|start| text.split_at_checked(start)).ok_or_else(|| HomeError::Damaged {
            path: path.clone(),
            reason: "it has no private key after the certificate".into(),
        })?;
    let key_pem = zeroize::Zeroizing::new(key.to_owned());
    Ok(Credentials { certificate_pem: certificate.to_owned(), key_pem })
}

/// The text of the one file.
fn credentials_text(credentials: &Credentials) -> zeroize::Zeroizing<String> {
    let Credentials { certificate_pem, key_pem } = credentials;
    let line_end = if certificate_pem.ends_with('\n') { "" } else { "\n" };
    zeroize::Zeroizing::new([certificate_pem, line_end, key_pem.as_str()].concat())
}

fn read(path: &Path) -> Result<zeroize::Zeroizing<String>, HomeError> {
    files::read(path).map_err(|source| HomeError::File { path: path.to_owned(), source })
}

fn damaged<E: std::fmt::Display>(path: &Path) -> impl FnOnce(E) -> HomeError + use<'_, E> {
    move |error| HomeError::Damaged { path: path.to_owned(), reason: error.to_string() }
}
