//! What a pack proves, for whoever shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::audit::Faults;
use crate::domain::authority::Role;
use crate::domain::endpoint::Address;
use crate::domain::ids::{EndpointNo, KeyId, OfficerId};
use crate::domain::instant::Instant;
use crate::domain::order::delivery::{DeliveryState, Fact};
use crate::domain::order::{Order, ReferenceKind};
use crate::evidence::checkpoint::witness::Witnessed;

/// A signature that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerRow {
    /// Who.
    pub officer: OfficerId,
    /// Name and post, as the bundle of that day has them.
    pub name: String,
    /// What the officer might do then.
    pub roles: BTreeSet<Role>,
    /// The key.
    pub key_id: KeyId,
    /// When it was recorded.
    pub at: Instant,
    /// Where.
    pub index: u64,
}

/// A receipt or answer that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactRow {
    /// What was said.
    pub fact: Fact,
    /// When, by the terminal's own clock.
    pub happened_at: Instant,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// Where.
    pub index: u64,
}

/// What one endpoint said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EndpointFacts {
    /// Where it is.
    pub address: Option<Address>,
    /// The entry with which its terminal was enrolled, and its key.
    pub enrolled: Option<(u64, KeyId)>,
    /// In the order of their numbers.
    pub facts: Vec<FactRow>,
    pub(super) state: DeliveryState,
}

/// What a pack proves.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// The ledger's name.
    pub origin: String,
    /// Size and root of the head that everything is proved under.
    pub head: Option<(u64, [u8; 32])>,
    /// Who cosigned, and up to which size.
    pub witnessed: Option<(u64, Witnessed)>,
    /// The order, and the digest of its signed bytes.
    pub order: Option<(Arc<Order>, [u8; 32])>,
    /// When and where it was laid down.
    pub drafted: Option<(Instant, u64)>,
    /// Who signed.
    pub signers: Vec<SignerRow>,
    /// When and where it was issued, its sequence, and the version of the bundle of that day.
    pub issued: Option<(Instant, u64, u64, u64)>,
    /// The officers who filled the rule's places.
    pub by_right_of: Vec<OfficerId>,
    /// The issued order that updated or cancelled it: how, its number, when.
    pub replaced: Option<(ReferenceKind, String, Instant)>,
    /// What the endpoints said.
    pub endpoints: BTreeMap<EndpointNo, EndpointFacts>,
    /// The newest bundle's version.
    pub bundle_version: u64,
    /// What is not as it must be.
    pub faults: Faults,
}

impl Verdict {
    /// Whether the order is proved to have been issued by right, and nothing in the pack is at fault.
    pub const fn is_proved(&self) -> bool {
        self.faults.is_empty() && self.issued.is_some()
    }
}
