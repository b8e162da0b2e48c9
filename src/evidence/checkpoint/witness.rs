//! Witnesses: who watches that the ledger only grows, and how many of them have seen a head.
//!
//! Listed in the trust bundle, signed by the root holders. A witness cosigns a head (C2SP
//! `tlog-cosignature`, version 1) only once it has seen that it continues the last one that it
//! cosigned; so what `k` of them cosigned is one history, unless `k` of them and the ledger lie
//! together. Asked by terminals and by whoever checks an export. Does not know heads seen before.

use std::collections::BTreeSet;

use crate::evidence::note::{NoteAlgorithm, NoteKey, SIGNATURES_MAX, SignedNote};

/// Most witnesses: with the ledger's own signature they fill a note.
pub const WITNESSES_MAX: usize = SIGNATURES_MAX - 1;

/// The witnesses of a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witnesses {
    /// Their names and keys; none twice.
    pub keys: Vec<NoteKey>,
    /// How many of them must have cosigned a head before it counts as witnessed; 0 asks for none.
    pub threshold: u32,
}

/// Why a list of witnesses is not possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWitnesses {
    /// More than fit on a note.
    #[error("there are {count} witnesses, at most {WITNESSES_MAX} are taken")]
    TooMany {
        /// Witnesses given.
        count: usize,
    },
    /// The threshold cannot be met.
    #[error("{threshold} of {count} witnesses are asked for: ask for at most all of them")]
    Threshold {
        /// Cosignatures asked for.
        threshold: u32,
        /// Witnesses there are.
        count: usize,
    },
    /// A key that signs notes otherwise.
    #[error("the key of `{name}` is not a witness's: give the line that `witness init` showed")]
    NotAWitness {
        /// The key's name.
        name: String,
    },
    /// One witness would count as two.
    #[error("witness `{name}` is listed twice, by its name or its key")]
    Twice {
        /// The name.
        name: String,
    },
}

/// A cosignature that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// The witness.
    pub name: String,
    /// When it cosigned, in seconds since 1970, by its own clock.
    pub time_s: u64,
}

/// How many of those asked for have cosigned a head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witnessed {
    /// Whose cosignatures hold.
    pub by: Vec<Cosignature>,
    /// How many are asked for.
    pub need: u32,
}

impl Witnesses {
    /// What must be true of any list.
    ///
    /// # Errors
    /// The first [`InvalidWitnesses`] found.
    pub fn check(&self) -> Result<(), InvalidWitnesses> {
        let count = self.keys.len();
        if count > WITNESSES_MAX {
            return Err(InvalidWitnesses::TooMany { count });
        }
        if usize::try_from(self.threshold).map_or(true, |threshold| threshold > count) {
            return Err(InvalidWitnesses::Threshold { threshold: self.threshold, count });
        }
        let (mut names, mut keys) = (BTreeSet::new(), BTreeSet::new());
        for key in &self.keys {
            let name = || key.name().to_owned();
            if key.algorithm() != NoteAlgorithm::Cosignature {
                return Err(InvalidWitnesses::NotAWitness { name: name() });
            }
            if !names.insert(key.name()) || !keys.insert(key.key()) {
                return Err(InvalidWitnesses::Twice { name: name() });
            }
        }
        Ok(())
    }

    /// Which of them cosigned this note, each counted once. A line that does not verify is worth
    /// nothing, and takes nothing from the others.
    pub fn witnessed(&self, note: &SignedNote) -> Witnessed {
        let cosignature = |key: &NoteKey| {
            let time_s = note.verify(key).ok().flatten()?;
            Some(Cosignature { name: key.name().to_owned(), time_s })
        };
        Witnessed { by: self.keys.iter().filter_map(cosignature).collect(), need: self.threshold }
    }
}

impl Witnessed {
    /// Whether as many have cosigned as are asked for.
    pub fn is_enough(&self) -> bool {
        usize::try_from(self.need).is_ok_and(|need| self.by.len() >= need)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::checkpoint::Checkpoint;
    use crate::evidence::key::SigningKey;
    use crate::evidence::tree::Hash;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32]).expect("a key")
    }

    fn witness(name: &str, seed: u8) -> NoteKey {
        NoteKey::new(name, NoteAlgorithm::Cosignature, key(seed).public()).expect("a name")
    }

    fn head() -> SignedNote {
        let head = Checkpoint {
            origin: "hoatoc/11".into(),
            size: 0,
            root: Hash::of_nothing(),
            extensions: Vec::new(),
        };
        head.sign(&key(1)).expect("signed")
    }

    #[test]
    fn each_witness_counts_once_and_only_with_a_cosignature_that_holds() {
        let keys = vec![witness("kv1", 2), witness("kv2", 3), witness("kv3", 4)];
        let witnesses = Witnesses { keys, threshold: 2 };
        witnesses.check().expect("sound");
        let mut note = head();
        assert_eq!(witnesses.witnessed(&note), Witnessed { by: Vec::new(), need: 2 });
        note.cosign("kv1", &key(2), 10).expect("room");
        note.cosign("kv1", &key(2), 11).expect("room");
        // Another's key under a witness's name, and a stranger.
        note.cosign("kv2", &key(9), 12).expect("room");
        note.cosign("stranger", &key(8), 12).expect("room");
        assert_eq!(witnesses.witnessed(&note).by.len(), 1);
        assert!(!witnesses.witnessed(&note).is_enough());
        note.cosign("kv2", &key(3), 13).expect("room");
        assert!(witnesses.witnessed(&note).is_enough());
        // The same lines under another head are worth nothing.
        let moved = note.to_string().replacen("\n0\n", "\n1\n", 1);
        let moved = SignedNote::parse(&moved).expect("laid out as a note");
        assert!(witnesses.witnessed(&moved).by.is_empty());
        assert!(Witnesses::default().witnessed(&head()).is_enough(), "none is asked for");
    }

    #[test]
    fn a_list_that_counts_one_witness_twice_or_asks_for_too_many_is_refused() {
        let list = |keys, threshold| Witnesses { keys, threshold }.check().expect_err("refused");
        let twice = |name: &str| InvalidWitnesses::Twice { name: name.into() };
        assert_eq!(list(vec![witness("a", 2), witness("a", 3)], 1), twice("a"));
        assert_eq!(list(vec![witness("a", 2), witness("b", 2)], 1), twice("b"));
        let few = InvalidWitnesses::Threshold { threshold: 2, count: 1 };
        assert_eq!(list(vec![witness("a", 2)], 2), few);
        let log = NoteKey::new("log", NoteAlgorithm::Ed25519, key(5).public()).expect("a name");
        assert_eq!(list(vec![log], 1), InvalidWitnesses::NotAWitness { name: "log".into() });
        let many = (0..16).map(|seed| witness(&format!("w{seed}"), seed + 10)).collect();
        assert_eq!(list(many, 1), InvalidWitnesses::TooMany { count: 16 });
    }
}
