//! The text of a request to cosign a head.
//!
//! | Lines | Content |
//! |---|---|
//! | first | `old N`: the size that the witness cosigned last, as far as the asker knows |
//! | at most 63 | the consistency proof from there, each hash in base64 |
//! | one | empty |
//! | the rest | the checkpoint, a signed note |

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::evidence::note::{NOTE_LEN_MAX, SignedNote};
use crate::evidence::tree::Hash;

/// Most hashes in a request.
pub const PROOF_LEN_MAX: usize = 63;
/// Longest request, in bytes: the longest note, 63 lines of 45 and the first one.
pub const REQUEST_LEN_MAX: usize = NOTE_LEN_MAX + 46 * (PROOF_LEN_MAX + 1);

/// A request to cosign a head. Nothing in it is verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the witness cosigned last.
    pub old: u64,
    /// The proof that the head continues that size.
    pub proof: Vec<Hash>,
    /// The head.
    pub note: SignedNote,
}

impl AddCheckpoint {
    /// From its text.
    ///
    /// # Errors
    /// What is wrong with it, in a few words.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > REQUEST_LEN_MAX {
            return Err(format!("it has {} bytes, at most {REQUEST_LEN_MAX} are read", text.len()));
        }
        let (first, mut rest) = text.split_once('\n').ok_or("it has no first line")?;
        let size = first.strip_prefix("old ").ok_or("its first line is not `old N`")?;
        let old = size.parse().ok().filter(|old: &u64| old.to_string() == size);
        let old = old.ok_or("its old size is not a plain number")?;
        let mut proof = Vec::new();
        let note = loop {
            let (line, after) = rest.split_once('\n').ok_or("it has no empty line")?;
            rest = after;
            if line.is_empty() {
                break SignedNote::parse(rest).map_err(|fault| fault.to_string())?;
            }
            if proof.len() == PROOF_LEN_MAX {
                return Err(format!("its proof has over {PROOF_LEN_MAX} hashes"));
            }
            let hash = STANDARD.decode(line).ok().and_then(|hash| hash.try_into().ok());
            proof.push(Hash(hash.ok_or("a hash of its proof is not base64 of 32 bytes")?));
        };
        Ok(Self { old, proof, note })
    }

    /// Its text.
    pub fn text(&self) -> String {
        let mut text = format!("old {}\n", self.old);
        for hash in &self.proof {
            text.push_str(&STANDARD.encode(hash.0));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.note.to_string());
        text
    }
}
