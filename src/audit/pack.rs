//! One order's evidence in one file: what was recorded of it, each entry proved under one signed
//! head, with the trust bundles from the first to the newest and the keys of the terminals that
//! answered. Years later it is checked against nothing but the fingerprint of the first roots. Where
//! witnesses are asked for, they must have seen all that is told of the order.
//!
//! The file is JSON ([`Pack`]): exact leaf bytes with their places and proofs. No personal data is in
//! a leaf. What the pack holds is proved; that the ledger holds no more about the order is not (a
//! whole ledger shows that), except that answers of one endpoint are numbered and bundles too, so
//! that one taken out of the middle is missed.

mod found;
mod verdict;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

pub use self::found::{EndpointFacts, FactRow, SignerRow, Verdict};
use super::export::ExportError;
use super::{Anchor, Fault};
use crate::domain::ids::OrderId;
use crate::evidence::proof::{ConsistencyProof, InclusionProof};
use crate::evidence::tree::{Hash, leaf_hash};

/// The name and version of this layout.
pub const FORMAT: &str = "hoatoc-order-evidence/v1";
/// Longest file, in bytes: ten thousand endpoints with some answers each.
pub const PACK_LEN_MAX: u64 = 256 * 1024 * 1024;

/// The file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// [`FORMAT`].
    pub format: String,
    /// The order, as UUID text.
    pub order: String,
    /// Signed heads, as notes: first the one that all proofs lead to, then one that enough witnesses
    /// cosigned, where that is another.
    pub heads: Vec<String>,
    /// For the second head: the proof that it is the beginning of the first one, in hex.
    pub consistency: Vec<String>,
    /// The entries, oldest first.
    pub entries: Vec<PackEntry>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackEntry {
    /// Its place in the ledger, from 0.
    pub index: u64,
    /// The exact leaf bytes, in base64.
    pub leaf: String,
    /// The proof that it is there, in hex, from the leaf up.
    pub path: Vec<String>,
}

impl PackEntry {
    /// An entry with its proof.
    pub fn new(index: u64, leaf: &[u8], path: &[Hash]) -> Self {
        let path = path.iter().map(|hash| hex::encode(hash.0)).collect();
        Self { index, leaf: STANDARD.encode(leaf), path }
    }
}

/// An entry whose text was decoded; its proof is not judged yet.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) index: u64,
    pub(super) bytes: Vec<u8>,
    path: Vec<Hash>,
}

impl Leaf {
    /// Whether it stands at its place in the tree of a head.
    pub(super) fn is_in(&self, size: u64, root: &Hash) -> Result<(), Fault> {
        let proof = InclusionProof { index: self.index, size, path: self.path.clone() };
        proof
            .verify(&leaf_hash(&self.bytes), root)
            .map_err(|fault| Fault::at(self.index, "NOT_IN_LEDGER", fault))
    }
}

impl Pack {
    /// Reads a file's text.
    ///
    /// # Errors
    /// [`ExportError::NotAnExport`], [`ExportError::Header`].
    pub fn parse(text: &str) -> Result<Self, ExportError> {
        let pack: Self = serde_json::from_str(text).map_err(|fault| {
            ExportError::Header(format!("line {}, column {}", fault.line(), fault.column()))
        })?;
        if pack.format == FORMAT { Ok(pack) } else { Err(ExportError::NotAnExport) }
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts and numbers always have a JSON form")
    }

    /// What it proves, to somebody who stands on this anchor and has these cosignatures beside.
    pub fn judge(&self, anchor: &Anchor, cosignatures: &[String]) -> Verdict {
        verdict::judge(self, anchor, cosignatures)
    }

    pub(super) fn order_id(&self) -> Option<OrderId> {
        self.order.parse().ok()
    }

    pub(super) fn leaves(&self) -> (Vec<Leaf>, Vec<Fault>) {
        let (mut leaves, mut faults): (Vec<Leaf>, Vec<Fault>) = (Vec::new(), Vec::new());
        for entry in &self.entries {
            let decoded = STANDARD.decode(&entry.leaf).ok().zip(hashes(&entry.path));
            let follows = leaves.last().is_none_or(|last| last.index < entry.index);
            match decoded {
                Some((bytes, path)) if follows => {
                    leaves.push(Leaf { index: entry.index, bytes, path });
                }
                _unusable => {
                    let said = "it is not written as an entry, or not in its order";
                    faults.push(Fault::at(entry.index, "ENTRY_UNREADABLE", said));
                }
            }
        }
        (leaves, faults)
    }

    /// Whether the second head is the beginning of the first.
    pub(super) fn continues(&self, old: (u64, &Hash), new: (u64, &Hash)) -> bool {
        let Some(path) = hashes(&self.consistency) else { return false };
        ConsistencyProof { old: old.0, new: new.0, path }.verify(old.1, new.1).is_ok()
    }
}

fn hashes(texts: &[String]) -> Option<Vec<Hash>> {
    let hash = |text: &String| {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Hash(bytes))
    };
    texts.iter().map(hash).collect()
}
