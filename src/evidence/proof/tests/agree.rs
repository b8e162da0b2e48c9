//! Our verifier against a second, independent one, on generated cases: sound ones are accepted by
//! both, spoiled ones by neither, and never by one alone. `HOATOC_GENERATED_CASES` says how many;
//! every run of the tests does 100,000.

use ct_merkle::{ConsistencyProof as TheirConsistency, InclusionProof as TheirInclusion, RootHash};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sha2::Sha256;
use signed_note::{Note, StandardVerifier, VerifierList};

use super::{Spoil, bytes, spoil};
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::key::SigningKey;
use crate::evidence::note::{NoteAlgorithm, NoteKey, SignedNote};
use crate::evidence::proof::{ConsistencyProof, InclusionProof};
use crate::evidence::tree::{Hash, Tree, leaf_hash};

const SIZE_MAX: u64 = 4_096;

fn cases() -> u64 {
    let said = std::env::var("HOATOC_GENERATED_CASES").ok();
    said.map_or(100_000, |text| text.parse().expect("HOATOC_GENERATED_CASES is a number"))
}

fn pick(rng: &mut ChaCha8Rng) -> Spoil {
    let (at, with) = (rng.random_range(0..16), rng.random_range(0..16));
    match rng.random_range(0..6) {
        0 => Spoil::Flip { at: rng.random_range(0..16 * 32), bit: rng.random_range(0..8) },
        1 => Spoil::Drop { at },
        2 => Spoil::Repeat { at },
        3 => Spoil::Swap { at, with },
        4 => Spoil::First(rng.random_range(-70..70)),
        _last => Spoil::Second(rng.random_range(-70..70)),
    }
}

fn theirs(root: &Hash, size: u64) -> RootHash<Sha256> {
    RootHash::new(root.0.into(), size)
}

#[test]
fn a_second_verifier_says_the_same_of_every_generated_proof() {
    let tree: Tree = (0..SIZE_MAX).map(|index| leaf_hash(&index.to_be_bytes())).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(9_162);
    let (mut accepted, mut refused) = (0_u64, 0_u64);
    for case in 0..cases() {
        let largest = 1 << rng.random_range(1..=12);
        let size = rng.random_range(1..=largest);
        let root = tree.root_at(size).expect("reached");
        let how = (case % 3 != 0).then(|| pick(&mut rng));
        let (said, other, is_sound) = if case % 2 == 0 {
            let sound = tree.prove_inclusion(rng.random_range(0..size), size).expect("there");
            let leaf = sound.index.to_be_bytes();
            let mut proof = sound.clone();
            how.iter().for_each(|how| {
                spoil(how, &mut proof.index, &mut proof.size, &mut proof.path);
            });
            // The size is the head's, which signs it beside the root.
            proof.size = size;
            let said = proof.verify(&leaf_hash(&leaf), &root).is_ok();
            let other =
                TheirInclusion::<Sha256>::try_from_bytes(bytes(&proof.path)).is_ok_and(|p| {
                    theirs(&root, size).verify_inclusion(&leaf, proof.index, &p).is_ok()
                });
            (said, other, InclusionProof { size, ..sound } == proof)
        } else {
            let old = rng.random_range(1..=size);
            let sound = tree.prove_consistency(old, size).expect("reached");
            let mut proof = sound.clone();
            how.iter().for_each(|how| {
                spoil(how, &mut proof.old, &mut proof.new, &mut proof.path);
            });
            let shown = tree.root_at(proof.old.clamp(1, SIZE_MAX)).expect("reached");
            let old_root = if how.is_some() { tree.root_at(old).expect("reached") } else { shown };
            let (old, new) = (proof.old.clamp(1, SIZE_MAX), size);
            let proof = ConsistencyProof { old, new, path: proof.path };
            let said = proof.verify(&old_root, &root).is_ok();
            let path = TheirConsistency::<Sha256>::try_from_bytes(bytes(&proof.path));
            let other = path.is_ok_and(|path| {
                theirs(&root, new).verify_consistency(&theirs(&old_root, old), &path).is_ok()
            });
            (said, other, proof == sound)
        };
        assert_eq!(said, other, "case {case}: {how:?}");
        assert_eq!(said, is_sound, "case {case}: {how:?}");
        if said { accepted += 1 } else { refused += 1 }
    }
    assert!(accepted > cases() / 4 && refused > cases() / 4, "{accepted} and {refused}");
}

#[test]
fn a_second_verifier_says_the_same_of_every_generated_note() {
    let key = SigningKey::from_seed(&[9; 32]).expect("a key");
    let witness = SigningKey::from_seed(&[8; 32]).expect("a key");
    let ours = NoteKey::new("hoatoc/11/a", NoteAlgorithm::Ed25519, key.public()).expect("a name");
    let verifier = StandardVerifier::new(&ours.to_string()).expect("our line is theirs");
    let known = VerifierList::new(vec![Box::new(verifier)]);
    let watched =
        NoteKey::new("kv1", NoteAlgorithm::Cosignature, witness.public()).expect("a name");
    let mut rng = ChaCha8Rng::seed_from_u64(4_180);
    let (mut accepted, mut refused) = (0_u64, 0_u64);
    for case in 0..cases() / 20 {
        let root = Hash(rng.random());
        let (origin, size) = ("hoatoc/11/a".to_owned(), rng.random_range(0..u64::MAX));
        let head = Checkpoint { origin, size, root, extensions: Vec::new() };
        let mut note = head.sign(&key).expect("signed");
        note.cosign("kv1", &witness, rng.random_range(0..4_000_000_000)).expect("room");
        let sound = note.to_string().into_bytes();
        let mut shown = sound.clone();
        if case % 3 != 0 {
            let at = rng.random_range(0..shown.len());
            match rng.random_range(0..4) {
                0 => shown[at] ^= 1 << rng.random_range(0..8),
                1 => drop(shown.remove(at)),
                2 => shown.insert(at, shown[at]),
                _cut => shown.truncate(at),
            }
        }
        let parsed = std::str::from_utf8(&shown).ok().and_then(|t| SignedNote::parse(t).ok());
        let said = parsed.as_ref().is_some_and(|note| note.verify(&ours).is_ok());
        let other = Note::from_bytes(&shown).is_ok_and(|note| note.verify(&known).is_ok());
        assert_eq!(said, other, "case {case}: {}", String::from_utf8_lossy(&shown));
        let cosigned = parsed.is_some_and(|note| note.verify(&watched).is_ok());
        if shown == sound {
            assert!(said && cosigned);
            accepted += 1;
        } else {
            // One of the two lines was spoiled, or what both of them signed.
            assert!(!(said && cosigned), "case {case}: {}", String::from_utf8_lossy(&shown));
            refused += 1;
        }
    }
    assert!(accepted > 0 && refused > accepted, "{accepted} and {refused}");
}
