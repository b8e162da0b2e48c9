use super::*;

/// `tests/vectors/leaves.txt`.
pub(crate) fn vector_leaves() -> (Vec<Hash>, Vec<Hash>) {
    let (mut leaves, mut roots) = (Vec::new(), Vec::new());
    for line in include_str!("../../../tests/vectors/leaves.txt").lines() {
        let hash = |text: &str| Hash(hex::decode(text).expect("hex").try_into().expect("32"));
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["leaf", index, bytes, expected] => {
                assert_eq!(index, leaves.len().to_string());
                let leaf = leaf_hash(&hex::decode(bytes.trim_matches('-')).expect("hex"));
                assert_eq!(leaf, hash(expected));
                leaves.push(leaf);
            }
            ["root", size, root] => {
                assert_eq!(size, roots.len().to_string());
                roots.push(hash(root));
            }
            _ => assert!(line.starts_with('#'), "{line}"),
        }
    }
    (leaves, roots)
}

#[test]
fn the_roots_of_the_vectors_come_out_at_every_size_then_and_later() {
    let (leaves, roots) = vector_leaves();
    assert_eq!((leaves.len(), roots.len()), (8, 9));
    let mut tree = Tree::new();
    assert!(tree.is_empty());
    assert_eq!(tree.root(), roots[0]);
    for (index, leaf) in (0..).zip(&leaves) {
        assert_eq!(tree.push(*leaf), index);
        assert_eq!(tree.leaf(index), Some(*leaf));
        for (size, root) in (0..=index + 1).zip(&roots) {
            assert_eq!(tree.root_at(size), Ok(*root));
        }
        assert_eq!(tree.root_at(index + 2).ok(), None);
    }
    assert_eq!(tree.len(), 8);
    assert_eq!(tree.leaf(8), None);
    assert_eq!(leaves.into_iter().collect::<Tree>().root(), tree.root());
}

#[test]
fn a_leaf_cannot_pass_for_a_node() {
    let (left, right) = (leaf_hash(b"l"), leaf_hash(b"r"));
    let both = [left.0, right.0].concat();
    assert_ne!(leaf_hash(&both), node_hash(&left, &right));
    assert_ne!(node_hash(&left, &right), node_hash(&right, &left));
}

#[test]
fn questions_about_leaves_that_are_not_there_are_refused() {
    let tree: Tree = [leaf_hash(b"a"), leaf_hash(b"b")].into_iter().collect();
    assert_eq!(tree.root_at(3), Err(TreeError::SizeAhead { len: 2, size: 3 }));
    assert_eq!(tree.prove_inclusion(0, 3), Err(TreeError::SizeAhead { len: 2, size: 3 }));
    assert_eq!(tree.prove_inclusion(1, 1), Err(TreeError::NoSuchLeaf { index: 1, size: 1 }));
    assert_eq!(tree.prove_inclusion(0, 0), Err(TreeError::NoSuchLeaf { index: 0, size: 0 }));
    assert_eq!(tree.prove_consistency(0, 3), Err(TreeError::SizeAhead { len: 2, size: 3 }));
    assert_eq!(tree.prove_consistency(2, 1), Err(TreeError::SizesDecrease { old: 2, new: 1 }));
}
