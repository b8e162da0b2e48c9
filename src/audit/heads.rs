//! Signed heads: whether the ledger's key made them, and who has cosigned.

use crate::evidence::checkpoint::witness::{Witnessed, Witnesses};
use crate::evidence::checkpoint::{Checkpoint, CheckpointError};
use crate::evidence::key::PublicKey;
use crate::evidence::note::{NoteAlgorithm, NoteError, NoteKey, SignedNote};
use crate::evidence::trust::TrustBundle;

/// A head that the ledger signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// As signed.
    pub note: SignedNote,
    /// Who has cosigned it, by the bundle it was opened with.
    pub witnessed: Witnessed,
}

impl Head {
    /// Opens a head with the ledger key and the witnesses of a bundle. The ledger's name is the one
    /// it gives; the key decides whose it is.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn open(text: &str, bundle: &TrustBundle) -> Result<Self, CheckpointError> {
        let (checkpoint, note) = open_with(text, bundle.ledger_key)?;
        let witnessed = bundle.witnesses.witnessed(&note);
        Ok(Self { checkpoint, note, witnessed })
    }

    /// Takes in cosignatures that came another way than the head. Lines that are not for this head, or
    /// of nobody whom the bundle names, are worth nothing and spoil nothing.
    pub fn cosigned_with(mut self, lines: &str, witnesses: &Witnesses) -> Self {
        let mut note = self.note.clone();
        if note.add_lines(lines).is_ok() {
            let witnessed = witnesses.witnessed(&note);
            if witnessed.by.len() > self.witnessed.by.len() {
                (self.note, self.witnessed) = (note, witnessed);
            }
        }
        self
    }
}

/// Opens a head with a key.
///
/// # Errors
/// [`CheckpointError`].
pub fn open_with(text: &str, key: PublicKey) -> Result<(Checkpoint, SignedNote), CheckpointError> {
    let note = SignedNote::parse(text)?;
    let ledger = ledger_key(note.text().lines().next().unwrap_or_default(), key)?;
    Ok((Checkpoint::open(&note, &ledger)?, note))
}

/// The ledger's key under its name, as witnesses are told it.
///
/// # Errors
/// [`NoteError::BadName`].
pub fn ledger_key(origin: &str, key: PublicKey) -> Result<NoteKey, NoteError> {
    NoteKey::new(origin, NoteAlgorithm::Ed25519, key)
}
