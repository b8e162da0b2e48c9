//! A tree of keys from which single ones can be cut out for good: each person's key, from 32 bytes.
//!
//! Called by the [`Keyring`](super::keyring::Keyring). A record's address is the first 64 bits of
//! SHA-256 over its id: sixteen digits, one for each level of a sixteen-ary tree. A child is SHA-256
//! over its parent and a digit, so whoever has a node has everything under it and nothing beside it.
//! At first the tree is its root alone. To puncture is to put in place of the one node above a leaf
//! the siblings along the way down: what is left derives every other leaf as before, and nothing that
//! is left leads to the punctured one.
//!
//! Two records share an address with a chance of 2^-64 a pair (of a million records, one pair in
//! forty million provinces); then they are erased together. Invariants: the nodes are sorted and no
//! node lies under another; equal sets of punctures make equal trees, in whatever order they came.
//! A puncture costs at most 240 nodes of 41 bytes, fewer the more there are.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

use super::block::Block;

/// Bytes of a node and of a person's key.
pub const KEY_LEN: usize = 32;
/// Levels of the tree, and digits of an address.
const DEPTH: u8 = 16;
const DIGITS: u8 = 16;
/// Most nodes of a tree: what 10,000 punctures leave, some 80 MB.
pub const NODES_MAX: usize = 2_000_000;
/// Most nodes that one puncture adds.
const NODES_PER_PUNCTURE: usize = (DIGITS as usize - 1) * DEPTH as usize;
/// Bytes of a node as it is kept: where its range begins, its depth, its key.
const NODE_LEN: usize = 8 + 1 + KEY_LEN;
/// Short enough that a child takes one block of SHA-256.
const CHILD: &[u8] = b"hoatoc keytree";
const PERSON: &[u8] = b"person";

/// Why a tree is not punctured or read. Never carries key bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// It holds as much as it may.
    #[error("the keys hold as many erasures as they can: rotate the keys, which begins anew")]
    Full,
    /// The bytes are of no tree.
    #[error("the tree of keys is not in its order")]
    Form,
}

struct Node {
    depth: u8,
    key: Zeroizing<[u8; KEY_LEN]>,
}

/// The keys that are left.
pub struct KeyTree {
    // By where the node's range of addresses begins.
    nodes: BTreeMap<u64, Node>,
}

impl KeyTree {
    /// A whole tree over a secret.
    pub fn new(root: &[u8; KEY_LEN]) -> Self {
        let root = Node { depth: 0, key: Zeroizing::new(*root) };
        Self { nodes: BTreeMap::from([(0, root)]) }
    }

    /// The key of a record; none when it was punctured.
    pub fn derive(&self, id: &[u8; 16]) -> Option<Zeroizing<[u8; KEY_LEN]>> {
        let address = address(id);
        let (_start, node) = self.above(address)?;
        let mut key = node.key.clone();
        let mut below = child(&key, 0);
        for level in node.depth..DEPTH {
            below.set(CHILD.len(), key.as_slice());
            below.set(CHILD.len() + KEY_LEN, &[digit(address, level)]);
            *key = below.hash();
        }
        *key = Block::of(&[PERSON, key.as_slice(), id]).hash();
        Some(key)
    }

    /// Whether a record's key can be derived.
    pub fn holds(&self, id: &[u8; 16]) -> bool {
        self.above(address(id)).is_some()
    }

    /// Whether there is room for another puncture.
    pub fn has_room(&self) -> bool {
        self.nodes.len() + NODES_PER_PUNCTURE <= NODES_MAX
    }

    /// Cuts out a record's key. False when it was cut out before.
    ///
    /// # Errors
    /// [`TreeError::Full`]; nothing has changed then.
    pub fn puncture(&mut self, id: &[u8; 16]) -> Result<bool, TreeError> {
        let address = address(id);
        let Some((start, _node)) = self.above(address) else { return Ok(false) };
        if !self.has_room() {
            return Err(TreeError::Full);
        }
        let Some(Node { depth, mut key }) = self.nodes.remove(&start) else { return Ok(false) };
        for level in depth..DEPTH {
            let own = digit(address, level);
            let below = level + 1;
            let parent = start_of(address, level);
            for other in (0..DIGITS).filter(|other| *other != own) {
                let start = parent | (u64::from(other) << shift(level));
                let key = Zeroizing::new(child(&key, other).hash());
                self.nodes.insert(start, Node { depth: below, key });
            }
            *key = child(&key, own).hash();
        }
        Ok(true)
    }

    /// As it is kept: the nodes in their order.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.nodes.len() * NODE_LEN));
        for (start, node) in &self.nodes {
            bytes.extend_from_slice(&start.to_be_bytes());
            bytes.push(node.depth);
            bytes.extend_from_slice(node.key.as_slice());
        }
        bytes
    }

    /// From [`Self::to_bytes`].
    ///
    /// # Errors
    /// [`TreeError::Form`], when these are not the bytes of a tree.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TreeError> {
        if !bytes.len().is_multiple_of(NODE_LEN) || bytes.len() / NODE_LEN > NODES_MAX {
            return Err(TreeError::Form);
        }
        let mut nodes = BTreeMap::new();
        // The first address that no node before covers; none after the last.
        let mut free = Some(0_u64);
        for bytes in bytes.chunks_exact(NODE_LEN) {
            let (start, rest) = bytes.split_first_chunk::<8>().ok_or(TreeError::Form)?;
            let (depth, key) = rest.split_first().ok_or(TreeError::Form)?;
            let (start, depth) = (u64::from_be_bytes(*start), *depth);
            let aligned = depth <= DEPTH && start_of(start, depth) == start;
            if !aligned || free.is_none_or(|free| start < free) {
                return Err(TreeError::Form);
            }
            let mut node = Node { depth, key: Zeroizing::new([0; KEY_LEN]) };
            node.key.copy_from_slice(key);
            free = last_of(start, depth).checked_add(1);
            nodes.insert(start, node);
        }
        Ok(Self { nodes })
    }

    /// The node whose range holds an address, if there is one.
    fn above(&self, address: u64) -> Option<(u64, &Node)> {
        let (start, node) = self.nodes.range(..=address).next_back()?;
        (address <= last_of(*start, node.depth)).then_some((*start, node))
    }
}

impl Clone for KeyTree {
    fn clone(&self) -> Self {
        let copy = |(start, node): (&u64, &Node)| {
            (*start, Node { depth: node.depth, key: node.key.clone() })
        };
        Self { nodes: self.nodes.iter().map(copy).collect() }
    }
}

impl fmt::Debug for KeyTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyTree({} nodes)", self.nodes.len())
    }
}

fn address(id: &[u8; 16]) -> u64 {
    let digest = Block::of(&[id]).hash();
    u64::from_be_bytes(*digest.first_chunk().expect("SHA-256 has 32 bytes"))
}

/// How far a level's digit stands from the right, in bits.
fn shift(level: u8) -> u32 {
    u32::from(DEPTH - 1 - level) * 4
}

fn digit(address: u64, level: u8) -> u8 {
    u8::try_from((address >> shift(level)) & 0xF).expect("four bits")
}

/// The bits of an address that are below a node of this depth.
fn below(depth: u8) -> u64 {
    u64::MAX.checked_shr(u32::from(depth) * 4).unwrap_or(0)
}

fn start_of(address: u64, depth: u8) -> u64 {
    address & !below(depth)
}

fn last_of(start: u64, depth: u8) -> u64 {
    start | below(depth)
}

/// What a child of a node is the hash of.
fn child(parent: &[u8; KEY_LEN], digit: u8) -> Block {
    Block::of(&[CHILD, parent, &[digit]])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole() -> KeyTree {
        KeyTree::new(&[9; KEY_LEN])
    }

    fn id(n: u32) -> [u8; 16] {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&n.to_be_bytes());
        id
    }

    #[test]
    fn a_puncture_costs_the_siblings_and_a_second_one_nothing() {
        let mut tree = whole();
        assert!(tree.puncture(&id(1)).expect("room"));
        assert_eq!(tree.nodes.len(), NODES_PER_PUNCTURE);
        assert!(!tree.puncture(&id(1)).expect("room"));
        assert_eq!(tree.nodes.len(), NODES_PER_PUNCTURE);
        assert!(!tree.holds(&id(1)) && tree.holds(&id(2)));
        assert_eq!(format!("{tree:?}"), "KeyTree(240 nodes)");
    }

    #[test]
    fn other_secrets_and_other_records_have_other_keys() {
        let key = |tree: &KeyTree, n| *tree.derive(&id(n)).expect("not punctured");
        assert_ne!(key(&whole(), 1), key(&whole(), 2));
        assert_ne!(key(&whole(), 1), key(&KeyTree::new(&[8; KEY_LEN]), 1));
    }

    #[test]
    fn bytes_of_no_tree_are_refused() {
        let mut tree = whole();
        tree.puncture(&id(1)).expect("room");
        let bytes = tree.to_bytes();
        let back = KeyTree::from_bytes(&bytes).expect("its own");
        assert_eq!(*back.to_bytes(), *bytes);
        let form = |bytes: &[u8]| KeyTree::from_bytes(bytes).err();
        assert_eq!(form(&bytes[1..]), Some(TreeError::Form), "cut");
        let twice = [&bytes[..NODE_LEN], &bytes[..]].concat();
        assert_eq!(form(&twice), Some(TreeError::Form), "one node twice");
        let mut turned = bytes[NODE_LEN..2 * NODE_LEN].to_vec();
        turned.extend_from_slice(&bytes[..NODE_LEN]);
        assert_eq!(form(&turned), Some(TreeError::Form), "out of order");
        let root_over_all = [&[0; 8][..], &[0], &[1; 32], &bytes[..]].concat();
        assert_eq!(form(&root_over_all), Some(TreeError::Form), "a node under another");
        let mut deep = bytes.to_vec();
        deep[8] = DEPTH + 1;
        assert_eq!(form(&deep), Some(TreeError::Form), "too deep");
        assert_eq!(form(&[]), None, "all may be punctured");
    }

    proptest! {
        #[test]
        fn punctured_records_never_derive_again_and_all_others_derive_as_before(
            erased in prop::collection::btree_set(0_u32..500, 0..40),
            seed in any::<u64>(),
        ) {
            let before: Vec<_> = (0..500).map(|n| whole().derive(&id(n)).expect("whole")).collect();
            let mut tree = whole();
            let mut shuffled = whole();
            let mut other_order: Vec<u32> = erased.iter().copied().collect();
            other_order.sort_by_key(|n| u64::from(*n).wrapping_mul(seed | 1));
            erased.iter().for_each(|n| { tree.puncture(&id(*n)).expect("room"); });
            other_order.iter().for_each(|n| { shuffled.puncture(&id(*n)).expect("room"); });
            prop_assert_eq!(&*tree.to_bytes(), &*shuffled.to_bytes());
            let kept = KeyTree::from_bytes(&tree.to_bytes()).expect("its own");
            for (n, key) in (0..).zip(&before) {
                let expected = (!erased.contains(&n)).then_some(key);
                for tree in [&tree, &kept] {
                    let derived = tree.derive(&id(n));
                    prop_assert_eq!(derived.as_ref(), expected);
                }
            }
        }
    }
}
