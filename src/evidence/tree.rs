//! The Merkle tree of RFC 9162 section 2.1 (hashing as in RFC 6962), kept in memory by levels.
//!
//! Holds leaf hashes only: the ledger's owner appends one per fact, call-up sheets make a small one each.
//! Level `k` holds the hash of every complete run of `2^k` leaves, so that the root and the proofs of any
//! earlier size come out of O(log n) stored hashes. About 64 bytes a leaf. Nothing here is durable, and the
//! tree does not know what a leaf says.
//!
//! | Hash of | Bytes hashed with SHA-256 |
//! |---|---|
//! | nothing | none |
//! | a leaf | `0x00`, then the leaf's bytes |
//! | a node | `0x01`, then the left hash, then the right hash |

pub mod edge;

use std::fmt;

use super::proof::{ConsistencyProof, InclusionProof};

/// A hash in the tree, 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The root of a tree without leaves.
    pub fn of_nothing() -> Self {
        Self(super::sha256(&[]))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..4].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The hash of a leaf with these bytes.
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    Hash(super::sha256(&[&[0], bytes]))
}

/// The hash of the node over these two.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash(super::sha256(&[&[1], &left.0, &right.0]))
}

/// A question about leaves that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// The tree has not had this size yet.
    #[error("the tree has {len} leaves, not yet {size}")]
    SizeAhead {
        /// Leaves there are.
        len: u64,
        /// Size asked about.
        size: u64,
    },
    /// The tree of this size has no such leaf.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    NoSuchLeaf {
        /// Leaf asked for, from 0.
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
}

/// An append-only tree.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// A tree without leaves.
    pub const fn new() -> Self {
        Self { levels: Vec::new() }
    }

    /// How many leaves there are.
    pub fn len(&self) -> u64 {
        let leaves = self.levels.first().map_or(0, Vec::len);
        u64::try_from(leaves).expect("a length in memory fits 64 bits")
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// Appends a leaf and gives its index. On average one more node is hashed.
    pub fn push(&mut self, leaf: Hash) -> u64 {
        let index = self.len();
        let mut hash = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let row = &mut self.levels[level];
            row.push(hash);
            let [.., left, right] = row.as_slice() else { break };
            if row.len() % 2 == 1 {
                break;
            }
            hash = node_hash(left, right);
        }
        index
    }

    /// The hash of the leaf at this index.
    pub fn leaf(&self, index: u64) -> Option<Hash> {
        self.levels.first()?.get(usize::try_from(index).ok()?).copied()
    }

    /// The root over all leaves.
    pub fn root(&self) -> Hash {
        self.range(0, self.len())
    }

    /// The root when the tree had this size.
    ///
    /// # Errors
    /// [`TreeError::SizeAhead`].
    pub fn root_at(&self, size: u64) -> Result<Hash, TreeError> {
        self.reached(size)?;
        Ok(self.range(0, size))
    }

    /// Proves that a leaf is in the tree of this size.
    ///
    /// # Errors
    /// [`TreeError::SizeAhead`], [`TreeError::NoSuchLeaf`].
    pub fn prove_inclusion(&self, index: u64, size: u64) -> Result<InclusionProof, TreeError> {
        self.reached(size)?;
        if index >= size {
            return Err(TreeError::NoSuchLeaf { index, size });
        }
        let (mut low, mut high) = (0, size);
        let mut path = Vec::new();
        while high - low > 1 {
            let middle = low + split(high - low);
            if index < middle {
                path.push(self.range(middle, high));
                high = middle;
            } else {
                path.push(self.range(low, middle));
                low = middle;
            }
        }
        path.reverse();
        Ok(InclusionProof { index, size, path })
    }

    /// Proves that the tree of size `old` is the beginning of the tree of size `new`.
    ///
    /// # Errors
    /// [`TreeError::SizeAhead`], [`TreeError::SizesDecrease`].
    pub fn prove_consistency(&self, old: u64, new: u64) -> Result<ConsistencyProof, TreeError> {
        self.reached(new)?;
        if old > new {
            return Err(TreeError::SizesDecrease { old, new });
        }
        let mut path = Vec::new();
        if old > 0 {
            let (mut low, mut high) = (0, new);
            while high != old {
                let middle = low + split(high - low);
                if old <= middle {
                    path.push(self.range(middle, high));
                    high = middle;
                } else {
                    path.push(self.range(low, middle));
                    low = middle;
                }
            }
            // The reader knows the old root; it is sent only as a part of one.
            if low > 0 {
                path.push(self.range(low, high));
            }
        }
        path.reverse();
        Ok(ConsistencyProof { old, new, path })
    }

    fn reached(&self, size: u64) -> Result<(), TreeError> {
        let len = self.len();
        if size > len { Err(TreeError::SizeAhead { len, size }) } else { Ok(()) }
    }

    /// The hash over the leaves from `low` to just before `high`. `low` is a multiple of the smallest power
    /// of two that is not below their number, as it always is for a part of a tree; `high` is at most `len`.
    fn range(&self, low: u64, high: u64) -> Hash {
        let count = high - low;
        if count == 0 {
            return Hash::of_nothing();
        }
        if count.is_power_of_two() {
            let level = count.trailing_zeros() as usize;
            let at = usize::try_from(low >> level).expect("at most len, which is in memory");
            return self.levels[level][at];
        }
        let middle = low + split(count);
        node_hash(&self.range(low, middle), &self.range(middle, high))
    }
}

impl Extend<Hash> for Tree {
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaves: I) {
        for leaf in leaves {
            self.push(leaf);
        }
    }
}

impl FromIterator<Hash> for Tree {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut tree = Self::new();
        tree.extend(leaves);
        tree
    }
}

/// The largest power of two below `count`, which is at least 2.
const fn split(count: u64) -> u64 {
    1 << (63 - (count - 1).leading_zeros())
}

#[cfg(test)]
pub(crate) mod tests;
