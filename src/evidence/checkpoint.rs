//! Heads of the ledger as checkpoints (C2SP `tlog-checkpoint`) on signed notes.
//!
//! Made by the owner of the ledger after it has recomputed the root from stored bytes; read by terminals,
//! auditors and witnesses. A size has one root for ever: whoever signs keeps the last head and never signs
//! a second one for its size. This module does not keep it.
//!
//! | Line | Content |
//! |---|---|
//! | 1 | origin: the ledger's name, which is its key's name too |
//! | 2 | size: leaves, in decimal without leading zeros |
//! | 3 | root: base64 of 32 bytes |
//! | further | extensions, none of them empty |

pub mod witness;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::SigningKey;
use super::note::{NoteAlgorithm, NoteError, NoteKey, SignedNote};
use super::tree::Hash;

/// Most extension lines.
pub const EXTENSIONS_MAX: usize = 8;
/// Longest extension line, in bytes.
pub const EXTENSION_LEN_MAX: usize = 256;

/// Why a checkpoint is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it is refused.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The note's text is no checkpoint.
    #[error("this is no checkpoint: {fault}")]
    NotACheckpoint {
        /// What is wrong.
        fault: &'static str,
    },
    /// It is another ledger's.
    #[error("the checkpoint is of ledger `{found}`, expected `{expected}`")]
    OtherOrigin {
        /// The ledger asked about.
        expected: String,
        /// The ledger it names, cut to 80 characters.
        found: String,
    },
    /// A witness's key cannot stand for the ledger.
    #[error("`{name}` is a witness, not the ledger: ask with the ledger's key")]
    WitnessKey {
        /// The key's name.
        name: String,
    },
}

/// One head of one ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The ledger's name: a word without spaces or `+`.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// Further lines, such as `time 1767225600000`; at most [`EXTENSIONS_MAX`].
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// The text that is signed.
    ///
    /// # Errors
    /// [`CheckpointError::NotACheckpoint`] if a field does not fit the layout.
    pub fn text(&self) -> Result<String, CheckpointError> {
        let root = STANDARD.encode(self.root.0);
        let mut text = format!("{}\n{}\n{root}\n", self.origin, self.size);
        for extension in &self.extensions {
            text.push_str(extension);
            text.push('\n');
        }
        // What is written must read back as the same: no field may smuggle in a line.
        let read = Self::parse_text(&text)?;
        if read == *self { Ok(text) } else { Err(refuse("a field has a line feed in it")) }
    }

    /// From the text that is signed.
    ///
    /// # Errors
    /// [`CheckpointError::NotACheckpoint`].
    pub fn parse_text(text: &str) -> Result<Self, CheckpointError> {
        let lines = text.strip_suffix('\n').ok_or_else(|| refuse("its last line is not ended"))?;
        let mut lines = lines.split('\n');
        let mut next =
            |fault| lines.next().filter(|line| !line.is_empty()).ok_or_else(|| refuse(fault));
        let origin = next("it has no origin")?.to_owned();
        let size_text = next("it has no size")?;
        let size: u64 = size_text
            .parse()
            .ok()
            .filter(|size: &u64| size.to_string() == size_text)
            .ok_or_else(|| refuse("its size is not a plain number"))?;
        let root = STANDARD
            .decode(next("it has no root")?)
            .ok()
            .and_then(|root| root.try_into().ok())
            .ok_or_else(|| refuse("its root is not base64 of 32 bytes"))?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions.len() > EXTENSIONS_MAX {
            return Err(refuse("it has too many extension lines"));
        }
        if extensions.iter().any(|line| line.is_empty() || line.len() > EXTENSION_LEN_MAX) {
            return Err(refuse("an extension line is empty or too long"));
        }
        Ok(Self { origin, size, root: Hash(root), extensions })
    }

    /// A note with this head, signed by the ledger's key under the name of its origin.
    ///
    /// # Errors
    /// [`CheckpointError::NotACheckpoint`], [`CheckpointError::Note`].
    pub fn sign(&self, key: &SigningKey) -> Result<SignedNote, CheckpointError> {
        let mut note = SignedNote::new(&self.text()?)?;
        note.sign(&self.origin, key)?;
        Ok(note)
    }

    /// The head in a note, if this ledger's key signed it.
    ///
    /// # Errors
    /// Every [`CheckpointError`].
    pub fn open(note: &SignedNote, ledger: &NoteKey) -> Result<Self, CheckpointError> {
        if ledger.algorithm() != NoteAlgorithm::Ed25519 {
            return Err(CheckpointError::WitnessKey { name: ledger.name().to_owned() });
        }
        note.verify(ledger)?;
        let head = Self::parse_text(note.text())?;
        if head.origin != ledger.name() {
            return Err(CheckpointError::OtherOrigin {
                expected: ledger.name().to_owned(),
                found: head.origin.chars().take(80).collect(),
            });
        }
        Ok(head)
    }
}

const fn refuse(fault: &'static str) -> CheckpointError {
    CheckpointError::NotACheckpoint { fault }
}

#[cfg(test)]
mod tests;
