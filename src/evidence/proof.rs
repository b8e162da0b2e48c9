//! Proofs about a Merkle tree, and their verification (RFC 9162 sections 2.1.3.2 and 2.1.4.2).
//!
//! Made by [`super::tree::Tree`]; verified by terminals, auditors and witnesses who hold nothing but a
//! signed head. Verification touches no tree. It does not know whether the roots it is given are to be
//! trusted: [`super::checkpoint`] does.

use super::tree::{Hash, node_hash};

/// Most hashes in a proof: a tree of 2^63 leaves needs no more.
pub const PATH_LEN_MAX: usize = 64;

/// Why a proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The tree it speaks of has no such leaf.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    NoSuchLeaf {
        /// Leaf, from 0.
        index: u64,
        /// Size of the tree.
        size: u64,
    },
    /// Trees grow.
    #[error("a tree of {new} leaves does not come after one of {old}")]
    SizesDecrease {
        /// The size said to be older.
        old: u64,
        /// The size said to be newer.
        new: u64,
    },
    /// Not as many hashes as a proof for these sizes has.
    #[error("the proof has {len} hashes, which do not fit its sizes")]
    WrongLength {
        /// Hashes given.
        len: usize,
    },
    /// The proof leads to another root than the one to prove: the older one, for consistency.
    #[error("the proof leads to another root: do not trust whoever gave it")]
    RootMismatch,
    /// The proof leads to another newer root.
    #[error("the proof leads to another newer root: do not trust whoever gave it")]
    NewRootMismatch,
}

/// That a leaf is in a tree of some size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProof {
    /// The leaf, from 0.
    pub index: u64,
    /// Leaves in the tree.
    pub size: u64,
    /// Hashes of the neighbours, from the leaf up.
    pub path: Vec<Hash>,
}

impl InclusionProof {
    /// Whether a leaf with this hash stands at `index` under this root.
    ///
    /// # Errors
    /// [`ProofError::NoSuchLeaf`], [`ProofError::WrongLength`], [`ProofError::RootMismatch`].
    pub fn verify(&self, leaf: &Hash, root: &Hash) -> Result<(), ProofError> {
        let (index, size, len) = (self.index, self.size, self.path.len());
        if index >= size {
            return Err(ProofError::NoSuchLeaf { index, size });
        }
        if len > PATH_LEN_MAX {
            return Err(ProofError::WrongLength { len });
        }
        let (mut node, mut last) = (index, size - 1);
        let mut hash = *leaf;
        for neighbour in &self.path {
            if last == 0 {
                return Err(ProofError::WrongLength { len });
            }
            if node & 1 == 1 || node == last {
                hash = node_hash(neighbour, &hash);
                while node & 1 == 0 && node != 0 {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                hash = node_hash(&hash, neighbour);
            }
            node >>= 1;
            last >>= 1;
        }
        if last != 0 {
            return Err(ProofError::WrongLength { len });
        }
        if hash == *root { Ok(()) } else { Err(ProofError::RootMismatch) }
    }
}

/// That a tree is the beginning of a larger one: nothing was changed or taken out in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// Leaves in the older tree.
    pub old: u64,
    /// Leaves in the newer tree.
    pub new: u64,
    /// Hashes of the parts both are made of, and of what came after. Empty if the sizes are equal, or the
    /// older tree is empty.
    pub path: Vec<Hash>,
}

impl ConsistencyProof {
    /// Whether the tree under `old_root` is the beginning of the one under `new_root`. An empty tree is the
    /// beginning of any tree; nothing is then proved about the newer root.
    ///
    /// # Errors
    /// All of [`ProofError`] but [`ProofError::NoSuchLeaf`].
    pub fn verify(&self, old_root: &Hash, new_root: &Hash) -> Result<(), ProofError> {
        let (old, new, len) = (self.old, self.new, self.path.len());
        if old > new {
            return Err(ProofError::SizesDecrease { old, new });
        }
        if len > PATH_LEN_MAX {
            return Err(ProofError::WrongLength { len });
        }
        if old == 0 || old == new {
            return self.verify_without_path(old_root, new_root);
        }
        // A complete older tree is itself the first part, and is not sent.
        let (first, rest) = if old.is_power_of_two() {
            (old_root, self.path.as_slice())
        } else {
            self.path.split_first().ok_or(ProofError::WrongLength { len })?
        };
        let shift = (old - 1).trailing_ones();
        let (mut node, mut last) = ((old - 1) >> shift, (new - 1) >> shift);
        let (mut old_hash, mut new_hash) = (*first, *first);
        for part in rest {
            if last == 0 {
                return Err(ProofError::WrongLength { len });
            }
            if node & 1 == 1 || node == last {
                old_hash = node_hash(part, &old_hash);
                new_hash = node_hash(part, &new_hash);
                while node & 1 == 0 && node != 0 {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                new_hash = node_hash(&new_hash, part);
            }
            node >>= 1;
            last >>= 1;
        }
        if last != 0 {
            return Err(ProofError::WrongLength { len });
        }
        if old_hash != *old_root {
            return Err(ProofError::RootMismatch);
        }
        if new_hash == *new_root { Ok(()) } else { Err(ProofError::NewRootMismatch) }
    }

    fn verify_without_path(&self, old_root: &Hash, new_root: &Hash) -> Result<(), ProofError> {
        if !self.path.is_empty() {
            return Err(ProofError::WrongLength { len: self.path.len() });
        }
        if self.old == 0 && *old_root != Hash::of_nothing() {
            return Err(ProofError::RootMismatch);
        }
        if self.old == self.new && old_root != new_root {
            return Err(ProofError::NewRootMismatch);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
