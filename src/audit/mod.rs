//! Checking a ledger from outside, with trust in nobody who serves it.
//!
//! Called by `hoatoc ledger verify` (a whole ledger, from a server or from a file made by
//! `ledger export`) and by `hoatoc order evidence verify` (one order's pack). What it stands on is
//! handed in: the fingerprint of the first root holders' keys, as their ceremony printed it.
//!
//! From there everything follows: each trust bundle is accepted from the one before it; orders,
//! signatures, receipts and answers are judged by the bundle and the terminals' keys in force at their
//! place; numbers, sequences and times go on without gaps; the leaves hash to the heads that the
//! ledger signed and the witnesses cosigned. The rules are those by which the server itself decides
//! ([`World::decide`](crate::domain::world::World::decide)), run again over the record.
//!
//! What is signed is proved. Who made a call that nobody signs (a certificate issued, a record
//! read) is the server's word; it is only checked that such a person may. A ledger that was
//! rewritten as a whole and signed anew hashes to its own head; it is found by a head kept from
//! earlier, by witnesses, or by what terminals hold.
//!
//! | Module | Does |
//! |---|---|
//! | [`replay`] | takes leaves one by one, bounded in memory by the state, and reports faults |
//! | [`report`] | what it found |
//! | [`judge`] | one entry against the state before it |
//! | [`callers`] | who may have caused an entry |
//! | [`heads`] | signed heads, with their cosignatures |
//! | [`export`] | the file of a whole ledger |
//! | [`pack`] | the file of one order's evidence, and its verdict |

mod callers;
pub mod export;
pub mod heads;
mod judge;
pub mod pack;
pub mod replay;
pub mod report;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::domain::ids::KeyId;
use crate::evidence::envelope::Envelope;
use crate::evidence::trust::TrustBundle;

/// Most faults that are told; all are counted.
pub const FAULTS_TOLD_MAX: usize = 20;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The entry at which it was found; none where it concerns the whole.
    pub index: Option<u64>,
    /// A stable word for machines.
    pub reason: &'static str,
    /// In words.
    pub text: String,
}

impl Fault {
    /// At an entry.
    pub fn at(index: u64, reason: &'static str, text: impl fmt::Display) -> Self {
        Self { index: Some(index), reason, text: text.to_string() }
    }

    /// Of the whole.
    pub fn of_all(reason: &'static str, text: impl fmt::Display) -> Self {
        Self { index: None, reason, text: text.to_string() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(index) = self.index {
            write!(f, "entry {index}: ")?;
        }
        write!(f, "{} ({})", self.text, self.reason)
    }
}

/// The first faults, and how many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// At most [`FAULTS_TOLD_MAX`], in the order in which they were found.
    pub told: Vec<Fault>,
    /// All there are.
    pub count: u64,
}

impl Faults {
    /// Takes one more.
    pub fn push(&mut self, fault: Fault) {
        self.count += 1;
        if self.told.len() < FAULTS_TOLD_MAX {
            self.told.push(fault);
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// What a check stands on: it came another way than what is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Fingerprints of root keys, one of which must be the first bundle's.
    pub roots: Vec<KeyId>,
    /// A bundle that is known, by version and digest: a ledger that has this version has these bytes.
    pub known: Option<(u64, [u8; 32])>,
}

impl Anchor {
    /// On fingerprints alone.
    pub const fn of_roots(roots: Vec<KeyId>) -> Self {
        Self { roots, known: None }
    }

    /// On a bundle that was kept.
    pub fn of_bundle(bundle: &TrustBundle, envelope: &Envelope) -> Self {
        let roots = vec![bundle.roots_fingerprint()];
        Self { roots, known: Some((bundle.version, envelope.digest())) }
    }

    /// What speaks against the first bundle of all.
    fn refuses_first(&self, first: &TrustBundle) -> Option<String> {
        let found = first.roots_fingerprint();
        (!self.roots.contains(&found)).then(|| {
            format!(
                "the first trust bundle was signed under roots {found}, which are not those given: \
                 compare with the record of the first key ceremony, and give that fingerprint (--roots) where \
                 roots were exchanged since"
            )
        })
    }

    /// What speaks against a bundle, by what is known.
    fn refuses_known(&self, bundle: &TrustBundle, envelope: &Envelope) -> Option<String> {
        let (version, digest) = self.known?;
        (bundle.version == version && envelope.digest() != digest).then(|| {
            format!(
                "trust bundle {version} here is another than the one given: there are two histories"
            )
        })
    }
}
