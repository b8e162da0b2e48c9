mod agree;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;

use super::*;
use crate::evidence::tree::{Tree, leaf_hash, tests::vector_leaves};

const SIZE_MAX: u64 = 256;

fn bytes(path: &[Hash]) -> Vec<u8> {
    path.iter().flat_map(|hash| hash.0).collect()
}

fn grown() -> Tree {
    (0..SIZE_MAX).map(|index| leaf_hash(&index.to_be_bytes())).collect()
}

#[test]
fn the_proofs_of_the_vectors_are_made_and_verified() {
    let (leaves, roots) = vector_leaves();
    let root = |size: u64| &roots[usize::try_from(size).expect("small")];
    let tree: Tree = leaves.iter().copied().collect();
    let mut pairs = 0;
    for line in include_str!("../../../tests/vectors/proofs.txt").lines() {
        if line.starts_with('#') {
            continue;
        }
        let words: Vec<&str> = line.split(' ').collect();
        let (first, second) =
            (words[1].parse().expect("number"), words[2].parse().expect("number"));
        let expected = hex::decode(words[3..].concat()).expect("hex");
        if words[0] == "inclusion" {
            let proof = tree.prove_inclusion(first, second).expect("in the tree");
            assert_eq!(bytes(&proof.path), expected, "{line}");
            let leaf = tree.leaf(first).expect("in the tree");
            assert_eq!(proof.verify(&leaf, root(second)), Ok(()), "{line}");
        } else {
            let proof = tree.prove_consistency(first, second).expect("in the tree");
            assert_eq!(bytes(&proof.path), expected, "{line}");
            assert_eq!(proof.verify(root(first), root(second)), Ok(()), "{line}");
        }
        pairs += 1;
    }
    assert_eq!(pairs, 72);
}

#[test]
fn every_proof_up_to_256_leaves_is_that_of_a_second_implementation_and_verifies() {
    let tree = grown();
    let mut other = MemoryBackedTree::<Sha256, [u8; 8]>::new();
    for size in 1..=SIZE_MAX {
        other.push((size - 1).to_be_bytes());
        let root = tree.root_at(size).expect("reached");
        assert_eq!(root.0[..], other.root().as_bytes()[..]);
        for index in 0..size {
            let proof = tree.prove_inclusion(index, size).expect("in the tree");
            let theirs = other.prove_inclusion(usize::try_from(index).expect("small"));
            assert_eq!(bytes(&proof.path), theirs.as_bytes(), "{index} of {size}");
            let leaf = tree.leaf(index).expect("in the tree");
            assert_eq!(proof.verify(&leaf, &root), Ok(()), "{index} of {size}");

            let old = index + 1;
            let proof = tree.prove_consistency(old, size).expect("in the tree");
            let theirs = other.prove_consistency(usize::try_from(size - old).expect("small"));
            assert_eq!(bytes(&proof.path), theirs.as_bytes(), "{old} to {size}");
            let old_root = tree.root_at(old).expect("reached");
            assert_eq!(proof.verify(&old_root, &root), Ok(()), "{old} to {size}");
        }
    }
}

#[test]
fn an_empty_tree_begins_any_tree_and_equal_trees_are_one() {
    let tree = grown();
    let (nothing, root) = (Hash::of_nothing(), tree.root());
    let from_nothing = tree.prove_consistency(0, SIZE_MAX).expect("reached");
    assert_eq!(from_nothing.verify(&nothing, &root), Ok(()));
    assert_eq!(from_nothing.verify(&root, &root), Err(ProofError::RootMismatch));
    let same = tree.prove_consistency(SIZE_MAX, SIZE_MAX).expect("reached");
    assert_eq!(same.verify(&root, &root), Ok(()));
    assert_eq!(same.verify(&root, &nothing), Err(ProofError::NewRootMismatch));
    let padded = ConsistencyProof { path: vec![root], ..same };
    assert_eq!(padded.verify(&root, &root), Err(ProofError::WrongLength { len: 1 }));
    let shrunk = ConsistencyProof { old: 2, new: 1, path: Vec::new() };
    assert_eq!(shrunk.verify(&root, &root), Err(ProofError::SizesDecrease { old: 2, new: 1 }));
}

#[test]
fn two_histories_of_one_size_cannot_both_be_continued() {
    let honest = grown();
    let mut forked: Tree = (0..100).map(|i: u64| leaf_hash(&i.to_be_bytes())).collect();
    forked.push(leaf_hash(b"another order"));
    forked.extend((101..SIZE_MAX).map(|i| leaf_hash(&i.to_be_bytes())));
    for old in 101..SIZE_MAX {
        let old_root = honest.root_at(old).expect("reached");
        let proof = forked.prove_consistency(old, SIZE_MAX).expect("reached");
        assert!(proof.verify(&old_root, &forked.root()).is_err(), "{old}");
    }
    let proof = forked.prove_consistency(100, SIZE_MAX).expect("reached");
    assert_eq!(proof.verify(&honest.root_at(100).expect("reached"), &forked.root()), Ok(()));
}

#[test]
fn proofs_at_the_ends_of_the_number_range_neither_pass_nor_panic() {
    let hash = leaf_hash(b"x");
    for (index, size) in [(0, 0), (u64::MAX, u64::MAX), (0, u64::MAX), (u64::MAX - 1, u64::MAX)] {
        for len in [0, 1, 63, 64, 65] {
            let path = vec![hash; len];
            let inclusion = InclusionProof { index, size, path: path.clone() };
            assert!(inclusion.verify(&hash, &hash).is_err());
            let consistency = ConsistencyProof { old: index, new: size, path };
            let held = consistency.verify(&hash, &hash).is_ok();
            assert_eq!(held, index == size && index > 0 && len == 0, "{index} {size} {len}");
        }
    }
}

/// One way of spoiling a proof.
#[derive(Clone, Debug)]
enum Spoil {
    Flip { at: usize, bit: u8 },
    Drop { at: usize },
    Repeat { at: usize },
    Swap { at: usize, with: usize },
    First(i64),
    Second(i64),
}

fn spoils() -> impl Strategy<Value = Spoil> {
    let at = 0..16_usize;
    prop_oneof![
        (0..16 * 32_usize, 0..8_u8).prop_map(|(at, bit)| Spoil::Flip { at, bit }),
        at.clone().prop_map(|at| Spoil::Drop { at }),
        at.clone().prop_map(|at| Spoil::Repeat { at }),
        (at.clone(), at).prop_map(|(at, with)| Spoil::Swap { at, with }),
        (-70..70_i64).prop_map(Spoil::First),
        (-70..70_i64).prop_map(Spoil::Second),
    ]
}

fn spoil(how: &Spoil, first: &mut u64, second: &mut u64, path: &mut Vec<Hash>) {
    let len = path.len();
    match *how {
        Spoil::First(by) => *first = first.wrapping_add_signed(by),
        Spoil::Second(by) => *second = second.wrapping_add_signed(by),
        Spoil::Flip { at, bit } if len > 0 => path[(at / 32) % len].0[at % 32] ^= 1 << bit,
        Spoil::Drop { at } if len > 0 => drop(path.remove(at % len)),
        Spoil::Repeat { at } if len > 0 => path.insert(at % len, path[at % len]),
        Spoil::Swap { at, with } if len > 0 => path.swap(at % len, with % len),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_spoiled_inclusion_proof_is_accepted(
        size in 1..=SIZE_MAX, pick in any::<u64>(), how in spoils(),
    ) {
        let tree: Tree = (0..size).map(|index| leaf_hash(&index.to_be_bytes())).collect();
        let sound = tree.prove_inclusion(pick % size, size).expect("in the tree");
        let leaf = tree.leaf(sound.index).expect("in the tree");
        let mut spoiled = sound.clone();
        spoil(&how, &mut spoiled.index, &mut spoiled.size, &mut spoiled.path);
        let held = spoiled.verify(&leaf, &tree.root()).is_ok();
        // A size that is not signed beside the root is not proved: the head signs both.
        if spoiled.size == sound.size {
            prop_assert_eq!(held, spoiled == sound, "{:?}", spoiled);
        }
        prop_assert!(sound.verify(&leaf_hash(b"another"), &tree.root()).is_err());
        prop_assert!(sound.verify(&leaf, &leaf).is_err() || size == 1);
    }

    #[test]
    fn no_spoiled_consistency_proof_is_accepted(
        new in 2..=SIZE_MAX, pick in any::<u64>(), how in spoils(),
    ) {
        let tree: Tree = (0..new).map(|index| leaf_hash(&index.to_be_bytes())).collect();
        let old = 1 + pick % (new - 1);
        let sound = tree.prove_consistency(old, new).expect("in the tree");
        let (old_root, new_root) = (tree.root_at(old).expect("reached"), tree.root());
        prop_assert_eq!(sound.verify(&old_root, &new_root), Ok(()));
        let mut spoiled = sound.clone();
        spoil(&how, &mut spoiled.old, &mut spoiled.new, &mut spoiled.path);
        if spoiled.old == old && spoiled.new == new {
            let held = spoiled.verify(&old_root, &new_root).is_ok();
            prop_assert_eq!(held, spoiled == sound, "{:?}", spoiled);
        }
        prop_assert!(sound.verify(&new_root, &new_root).is_err());
        prop_assert!(sound.verify(&old_root, &old_root).is_err());
    }

    #[test]
    fn made_up_proofs_are_refused(
        first in any::<u64>(), second in any::<u64>(),
        path in proptest::collection::vec(any::<[u8; 32]>().prop_map(Hash), 0..70),
    ) {
        let (leaf, root) = (leaf_hash(b"leaf"), leaf_hash(b"root"));
        let proof = InclusionProof { index: first, size: second, path: path.clone() };
        prop_assert!(proof.verify(&leaf, &root).is_err());
        let proof = ConsistencyProof { old: first, new: second, path };
        prop_assert!(proof.verify(&leaf, &root).is_err());
    }
}
