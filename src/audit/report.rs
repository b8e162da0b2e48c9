//! What a replay is told beside the leaves, and what it found.

use std::collections::BTreeMap;

use super::Faults;
use crate::evidence::checkpoint::witness::Witnessed;
use crate::evidence::envelope::Envelope;
use crate::evidence::tree::Hash;

/// What was in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Entries by the stable name of their kind.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Receipts: a device has the order.
    pub receipts: u64,
    /// Answers of persons.
    pub answers: u64,
}

/// What is known beside the leaves once all were taken in.
#[derive(Debug, Clone, Default)]
pub struct Closing {
    /// Signed heads, the newest first.
    pub heads: Vec<String>,
    /// For leaves that are the beginning of a larger ledger: for each head, the proof of that.
    pub consistency: Vec<Vec<Hash>>,
    /// Trust bundles that came after the last leaf, oldest first.
    pub later_bundles: Vec<Envelope>,
    /// A head kept from earlier, which must be of the same history.
    pub since: Option<String>,
    /// Signature lines of witnesses that came by another way than the heads.
    pub cosignatures: Vec<String>,
}

/// What a replay found.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The ledger's name.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// The size of the newest signed head.
    pub head_size: Option<u64>,
    /// The newest head that enough witnesses cosigned: its size and who.
    pub witnessed: Option<(u64, Witnessed)>,
    /// How many witnesses the newest bundle asks for.
    pub witnesses_needed: u32,
    /// The size of the head kept from earlier, once it was found to be of this history.
    pub since: Option<u64>,
    /// Version of the newest trust bundle.
    pub bundle_version: u64,
    /// The epoch.
    pub epoch: u64,
    /// Orders there are.
    pub orders: u64,
    /// Of them issued.
    pub issued: u64,
    /// What was in it.
    pub counts: Counts,
    /// What is not as it must be.
    pub faults: Faults,
}

impl Report {
    /// Whether everything is as it must be.
    pub const fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    /// How many of the newest entries too few witnesses have cosigned yet; none where no witnesses are
    /// asked for.
    pub fn not_cosigned(&self) -> Option<u64> {
        let seen = self.witnessed.as_ref().map_or(0, |(size, _by)| *size);
        (self.witnesses_needed > 0).then(|| self.size.saturating_sub(seen))
    }
}
