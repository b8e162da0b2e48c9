//! The right edge of a tree: all it takes to go on hashing leaves as they are read, without keeping
//! any. For whoever recomputes roots from stored bytes: the ledger before it signs, and auditors.

use super::{Hash, node_hash};

/// The roots of a tree's whole subtrees, largest first, one for each bit of its length.
#[derive(Debug, Clone, Default)]
pub struct Edge {
    len: u64,
    peaks: Vec<Hash>,
}

impl Edge {
    /// Of a tree without leaves.
    pub const fn new() -> Self {
        Self { len: 0, peaks: Vec::new() }
    }

    /// How many leaves were taken in.
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether there were none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes the next leaf in.
    pub fn push(&mut self, leaf: Hash) {
        let whole = usize::try_from(self.len.trailing_ones()).unwrap_or(usize::MAX);
        let rest = self.peaks.len().saturating_sub(whole);
        let grown =
            self.peaks.drain(rest..).rev().fold(leaf, |right, left| node_hash(&left, &right));
        self.peaks.push(grown);
        self.len += 1;
    }

    /// The root over all leaves so far.
    pub fn root(&self) -> Hash {
        let lowest_first = self.peaks.iter().rev().copied();
        lowest_first.reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(Hash::of_nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::tree::{Tree, leaf_hash};

    #[test]
    fn an_edge_always_has_the_root_of_the_tree() {
        let (mut edge, mut tree) = (Edge::new(), Tree::new());
        assert!(edge.is_empty());
        assert_eq!(edge.root(), tree.root());
        for index in 0..700_u64 {
            let leaf = leaf_hash(&index.to_be_bytes());
            edge.push(leaf);
            tree.push(leaf);
            assert_eq!((edge.len(), edge.root()), (tree.len(), tree.root()));
        }
    }
}
