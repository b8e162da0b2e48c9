//! A witness's directory, and its judgement of a head.
//!
//! | File | What |
//! |---|---|
//! | `witness.toml` | its name, and whom it watches: for each log its origin and keys |
//! | `witness.key` | the key that cosigns (PKCS#8 PEM, mode 0600) |
//! | `heads/<SHA-256 of the origin>` | the head that it cosigned last, as a note with its own cosignature |
//! | `lock` | held by the one process that works here |
//!
//! Whoever has the key can cosign a forked ledger; whoever can put an old `heads/` back can make the
//! witness forget what it saw. Neither can make a ledger's own signature.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use ring::rand::SecureRandom;
use serde::{Deserialize, Serialize};

use super::request::AddCheckpoint;
use crate::config::home::{claim, read_private, write_new};
use crate::config::whole::{Present, write_whole};
use crate::domain::instant::Instant;
use crate::evidence::checkpoint::{Checkpoint, CheckpointError};
use crate::evidence::key::SigningKey;
use crate::evidence::note::{NoteAlgorithm, NoteKey, SignedNote};
use crate::evidence::proof::ConsistencyProof;
use crate::evidence::sha256;
use crate::evidence::tree::Hash;

/// Most logs that one witness watches.
pub const LOGS_MAX: usize = 64;
/// Most keys of one log: the newest and those before it.
pub const KEYS_PER_LOG_MAX: usize = 8;

const CONFIG_FILE: &str = "witness.toml";
const KEY_FILE: &str = "witness.key";
const HEADS_DIR: &str = "heads";
const LOCK_FILE: &str = "lock";

/// Why a witness's directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// A file is not there, or cannot be read or written.
    #[error("failed to use {path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path} is not right: {reason}", path = path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another process works here.
    #[error("another process works in {path}: stop it first", path = path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// The directory is there already, or cannot be made.
    #[error(transparent)]
    Claim(#[from] crate::config::home::HomeError),
}

/// Why a head is not cosigned.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Not laid out as a request, or it asks to go back.
    #[error("the request cannot be read: {0}")]
    Malformed(String),
    /// Nobody whom this witness watches.
    #[error("the log `{origin}` is not watched here")]
    UnknownLog {
        /// The log, cut to 80 characters.
        origin: String,
    },
    /// The log's key did not sign it.
    #[error("no key of the log signed the checkpoint")]
    NotSigned,
    /// The asker knows another size than was cosigned last, or another root stands at that size.
    #[error("the head of {size} entries was cosigned last")]
    Conflict {
        /// The size cosigned last.
        size: u64,
        /// Whether another head of that very size was cosigned: the ledger has two histories.
        forked: bool,
    },
    /// The proof does not lead from what was cosigned to this.
    #[error("the head does not continue the one that was cosigned last")]
    NotProved,
    /// It could not be kept, so it is not given away.
    #[error("what was seen cannot be kept: {0}")]
    NotKept(io::Error),
}

/// `witness.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessConfig {
    /// The name under which it cosigns: a word without spaces or `+`.
    pub name: String,
    /// Whom it watches.
    #[serde(default)]
    pub logs: Vec<LogConfig>,
}

/// `[[logs]]`: one log that is watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// The first line of its checkpoints.
    pub origin: String,
    /// Its keys, as `hoatoc ledger key` shows them.
    pub keys: Vec<String>,
}

#[derive(Debug)]
struct Log {
    keys: Vec<NoteKey>,
    path: PathBuf,
    // What was cosigned last; locked over the whole of a judgement.
    last: Mutex<Last>,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    size: u64,
    root: Hash,
}

/// A witness at work. It is the only process that works in its directory.
#[derive(Debug)]
pub struct Witness {
    name: String,
    key: SigningKey,
    logs: BTreeMap<String, Log>,
    // Let go of when the witness ends.
    _lock: File,
}

/// Makes a witness's directory with a fresh key. Gives the line by which others know it.
///
/// # Errors
/// [`HomeError`].
pub fn create(dir: &Path, name: &str, random: &dyn SecureRandom) -> Result<NoteKey, HomeError> {
    let invalid = |reason: String| HomeError::Invalid { path: dir.join(CONFIG_FILE), reason };
    let key = SigningKey::generate(random).map_err(|fault| invalid(fault.to_string()))?;
    let own = NoteKey::new(name, NoteAlgorithm::Cosignature, key.public())
        .map_err(|fault| invalid(fault.to_string()))?;
    claim(dir)?;
    write_new(&dir.join(KEY_FILE), key.to_pem().as_bytes(), 0o600)?;
    let heads = dir.join(HEADS_DIR);
    fs::create_dir(&heads).map_err(|source| HomeError::File { path: heads, source })?;
    let config = WitnessConfig { name: name.to_owned(), logs: Vec::new() };
    save(dir, &config)?;
    Ok(own)
}

/// Reads `witness.toml`.
///
/// # Errors
/// [`HomeError::File`], [`HomeError::Invalid`].
pub fn load(dir: &Path) -> Result<WitnessConfig, HomeError> {
    let path = dir.join(CONFIG_FILE);
    let text = read_private(&path)?;
    toml::from_str(&text)
        .map_err(|fault| HomeError::Invalid { path, reason: fault.message().to_owned() })
}

/// Watches a log from now on, by this key too.
///
/// # Errors
/// [`HomeError`].
pub fn follow(dir: &Path, key: &NoteKey) -> Result<WitnessConfig, HomeError> {
    let mut config = load(dir)?;
    let line = key.to_string();
    match config.logs.iter_mut().find(|log| log.origin == key.name()) {
        Some(log) if log.keys.contains(&line) => {}
        Some(log) => log.keys.push(line),
        None => config.logs.push(LogConfig { origin: key.name().to_owned(), keys: vec![line] }),
    }
    check(dir, &config)?;
    save(dir, &config)?;
    Ok(config)
}

/// Forgets what was cosigned of a log; the size that it had.
///
/// # Errors
/// [`HomeError`]; [`HomeError::Invalid`] where nothing was cosigned of it.
pub fn forget(dir: &Path, origin: &str) -> Result<u64, HomeError> {
    let witness = Witness::open(dir)?;
    let unknown = || HomeError::Invalid {
        path: dir.join(CONFIG_FILE),
        reason: format!("log `{origin}` is not watched here"),
    };
    let log = witness.logs.get(origin).ok_or_else(unknown)?;
    let size = log.last.lock().size;
    let failed = |source| HomeError::File { path: log.path.clone(), source };
    match fs::remove_file(&log.path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(failed(source)),
        _gone => {}
    }
    let heads = dir.join(HEADS_DIR);
    File::open(heads).and_then(|heads| heads.sync_all()).map_err(failed)?;
    Ok(size)
}

fn save(dir: &Path, config: &WitnessConfig) -> Result<(), HomeError> {
    let path = dir.join(CONFIG_FILE);
    let text = toml::to_string(config)
        .map_err(|fault| HomeError::Invalid { path: path.clone(), reason: fault.to_string() })?;
    write_whole(&path, text.as_bytes(), 0o644, Present::IsReplaced)
        .map_err(|source| HomeError::File { path, source })
}

/// The keys of each log.
fn check(dir: &Path, config: &WitnessConfig) -> Result<BTreeMap<String, Vec<NoteKey>>, HomeError> {
    let invalid = |reason: String| HomeError::Invalid { path: dir.join(CONFIG_FILE), reason };
    if config.logs.len() > LOGS_MAX {
        return Err(invalid(format!("it names {} logs, at most {LOGS_MAX}", config.logs.len())));
    }
    let mut logs = BTreeMap::new();
    for log in &config.logs {
        if log.keys.is_empty() || log.keys.len() > KEYS_PER_LOG_MAX {
            let count = log.keys.len();
            return Err(invalid(format!(
                "log `{}` has {count} keys: give 1 to {KEYS_PER_LOG_MAX}",
                log.origin
            )));
        }
        let mut keys = Vec::with_capacity(log.keys.len());
        for line in &log.keys {
            let key: NoteKey = line.parse().map_err(|fault| invalid(format!("{line}: {fault}")))?;
            if key.name() != log.origin || key.algorithm() != NoteAlgorithm::Ed25519 {
                return Err(invalid(format!(
                    "{line} is no key of log `{}`: give the line of `hoatoc ledger key`",
                    log.origin
                )));
            }
            keys.push(key);
        }
        if logs.insert(log.origin.clone(), keys).is_some() {
            return Err(invalid(format!("log `{}` stands in it twice", log.origin)));
        }
    }
    Ok(logs)
}

impl Witness {
    /// Opens a directory, to work in it alone.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn open(dir: &Path) -> Result<Self, HomeError> {
        let config = load(dir)?;
        let invalid =
            |path: &Path, reason: String| HomeError::Invalid { path: path.into(), reason };
        let lock_path = dir.join(LOCK_FILE);
        let failed = |source| HomeError::File { path: lock_path.clone(), source };
        let lock = File::options().create(true).truncate(false).write(true).open(&lock_path);
        let lock = lock.map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(HomeError::Locked { path: dir.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let key_path = dir.join(KEY_FILE);
        let key = SigningKey::from_pem(&read_private(&key_path)?)
            .map_err(|fault| invalid(&key_path, fault.to_string()))?;
        let own = NoteKey::new(&config.name, NoteAlgorithm::Cosignature, key.public())
            .map_err(|fault| invalid(&dir.join(CONFIG_FILE), fault.to_string()))?;
        let mut logs = BTreeMap::new();
        for (origin, keys) in check(dir, &config)? {
            let path = dir.join(HEADS_DIR).join(hex::encode(sha256(&[origin.as_bytes()])));
            let last = Mutex::new(last(&path, &origin, &own)?);
            logs.insert(origin, Log { keys, path, last });
        }
        Ok(Self { name: config.name, key, logs, _lock: lock })
    }

    /// The line by which others know it.
    pub fn note_key(&self) -> NoteKey {
        NoteKey::new(&self.name, NoteAlgorithm::Cosignature, self.key.public())
            .expect("the name was checked when the directory was opened")
    }

    /// The size that was cosigned last for each log that is watched.
    pub fn sizes(&self) -> impl Iterator<Item = (&str, u64)> {
        self.logs.iter().map(|(origin, log)| (origin.as_str(), log.last.lock().size))
    }

    /// Judges a head; if it continues what was cosigned last, keeps it on stable storage, and only then
    /// gives the cosignature's line. Blocks on the disk; requests about one log wait for each other.
    ///
    /// # Errors
    /// [`Refusal`]; nothing has changed then.
    pub fn add(&self, request: &AddCheckpoint, now: Instant) -> Result<String, Refusal> {
        let malformed = |fault: CheckpointError| Refusal::Malformed(fault.to_string());
        let said = Checkpoint::parse_text(request.note.text()).map_err(malformed)?;
        let log = self.logs.get(&said.origin).ok_or_else(|| Refusal::UnknownLog {
            origin: said.origin.chars().take(80).collect(),
        })?;
        let opened = log.keys.iter().find_map(|key| Checkpoint::open(&request.note, key).ok());
        let Checkpoint { size, root, .. } = opened.ok_or(Refusal::NotSigned)?;
        if request.old > size {
            let said = format!("its old size is {}, its checkpoint's {size}", request.old);
            return Err(Refusal::Malformed(said));
        }
        let mut last = log.last.lock();
        let forked = size == last.size && root != last.root;
        if request.old != last.size || forked {
            return Err(Refusal::Conflict { size: last.size, forked });
        }
        let path = request.proof.clone();
        let proof = ConsistencyProof { old: last.size, new: size, path };
        proof.verify(&last.root, &root).map_err(|_no_more_to_say| Refusal::NotProved)?;
        let time_s = u64::try_from(now.millis().div_euclid(1_000)).unwrap_or_default();
        let unwritable =
            |fault: crate::evidence::note::NoteError| Refusal::Malformed(fault.to_string());
        // Only the text and ours: what others have put on the note is theirs to stand for.
        let mut own = SignedNote::new(request.note.text()).map_err(unwritable)?;
        own.cosign(&self.name, &self.key, time_s).map_err(unwritable)?;
        write_whole(&log.path, own.to_string().as_bytes(), 0o600, Present::IsReplaced)
            .map_err(Refusal::NotKept)?;
        *last = Last { size, root };
        Ok(own.lines())
    }
}

/// What was cosigned last: a file that this witness's own key vouches for.
fn last(path: &Path, origin: &str, own: &NoteKey) -> Result<Last, HomeError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
            return Ok(Last { size: 0, root: Hash::of_nothing() });
        }
        Err(source) => return Err(HomeError::File { path: path.to_owned(), source }),
    };
    let read = || -> Result<Last, String> {
        let note = SignedNote::parse(&text).map_err(|fault| fault.to_string())?;
        note.verify(own).map_err(|fault| fault.to_string())?;
        let head = Checkpoint::parse_text(note.text()).map_err(|fault| fault.to_string())?;
        if head.origin != origin {
            return Err(format!("it is of log `{}`", head.origin));
        }
        Ok(Last { size: head.size, root: head.root })
    };
    read().map_err(|reason| HomeError::Invalid { path: path.to_owned(), reason })
}
