//! The newest proposals, as they are kept until they are confirmed.
//!
//! Filled when a proposal is made, read part by part. Invariants: few are kept, the oldest goes first;
//! of who is left out the identity is kept under the reason and nothing else, 16 bytes for each, for
//! there may be as many as records.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::civil::Date;
use ring::digest::{Context, SHA256};

use crate::domain::ids::{EquipmentId, ReserveUnitCode, ReservistId};
use crate::domain::plan::{Placement, Proposal, Subject, Unplaced};
use crate::limits;
use crate::wire::WireError;

/// Proposals kept at once: a few officers at work. One of a province's whole plan takes some 10 MB, and
/// 16 MB more where a million records are left out.
const KEPT_MAX: usize = 4;

/// A proposal that can be read and confirmed.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) id: String,
    pub(super) day: Date,
    /// The reserve units that it fills.
    pub(super) reserve_units: Vec<ReserveUnitCode>,
    pub(super) placements: Vec<Placement>,
    pub(super) left_out: LeftOut,
}

/// The newest proposals.
#[derive(Debug, Default)]
pub(in crate::rpc::registry::plan) struct Proposals(VecDeque<Arc<Kept>>);

impl Proposals {
    pub(super) fn keep(&mut self, kept: Kept) {
        self.0.retain(|other| other.id != kept.id);
        self.0.push_back(Arc::new(kept));
        while self.0.len() > KEPT_MAX {
            self.0.pop_front();
        }
    }

    pub(super) fn find(&self, id: &str) -> Option<Arc<Kept>> {
        self.0.iter().find(|kept| kept.id == id).cloned()
    }
}

impl Kept {
    /// What was proposed of people and of equipment, under a name that says what it says.
    pub(super) fn new(
        day: Date,
        reserve_units: Vec<ReserveUnitCode>,
        [people, equipment]: [Proposal; 2],
    ) -> Self {
        let left_out = LeftOut::of([&people.unplaced, &equipment.unplaced]);
        let mut placements = people.placements;
        placements.extend(equipment.placements);
        let id = digest(day, &placements, &left_out);
        Self { id, day, reserve_units, placements, left_out }
    }

    /// How many parts it is read and confirmed in.
    pub(super) fn parts(&self) -> u32 {
        let parts = self.placements.len().div_ceil(limits::RECORDS_PER_BATCH_MAX);
        u32::try_from(parts).unwrap_or(u32::MAX)
    }

    pub(super) fn part(&self, part: u32) -> Result<&[Placement], WireError> {
        let at = usize::try_from(part).unwrap_or(usize::MAX).wrapping_sub(1);
        let part = self.placements.chunks(limits::RECORDS_PER_BATCH_MAX).nth(at);
        part.ok_or_else(|| WireError::new("part", "is not one of the proposal's parts"))
    }
}

/// Identities by reason.
type ByReason = BTreeMap<&'static str, Vec<[u8; 16]>>;

/// Who and what a proposal leaves out, by reason.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    people: ByReason,
    items: ByReason,
}

impl LeftOut {
    fn of([people, items]: [&[Unplaced]; 2]) -> Self {
        let by_reason = |all: &[Unplaced]| {
            let mut found = ByReason::new();
            for at in all {
                found.entry(at.reason.code()).or_default().push(*at.subject.as_bytes());
            }
            found
        };
        Self { people: by_reason(people), items: by_reason(items) }
    }

    fn groups(&self) -> impl Iterator<Item = (bool, &'static str, &[[u8; 16]])> {
        let people = self.people.iter().map(|(reason, ids)| (true, *reason, ids.as_slice()));
        people.chain(self.items.iter().map(|(reason, ids)| (false, *reason, ids.as_slice())))
    }

    /// All of one reason, or of every reason where it is empty, behind the first `skip` of them.
    pub(super) fn after<'a>(
        &'a self,
        skip: usize,
        reason: &'a str,
    ) -> impl Iterator<Item = (Subject, &'static str)> {
        let mut skip = skip;
        let asked = self.groups().filter(move |(_, own, _)| reason.is_empty() || *own == reason);
        asked.flat_map(move |(are_people, reason, ids)| {
            let (_before, rest) = ids.split_at(skip.min(ids.len()));
            skip -= ids.len() - rest.len();
            rest.iter().map(move |id| {
                let subject = if are_people {
                    Subject::Reservist(ReservistId::from_bytes(*id))
                } else {
                    Subject::Equipment(EquipmentId::from_bytes(*id))
                };
                (subject, reason)
            })
        })
    }
}

/// Names a proposal by what it says.
fn digest(day: Date, placements: &[Placement], left_out: &LeftOut) -> String {
    let mut digest = Context::new(&SHA256);
    digest.update(day.to_string().as_bytes());
    for at in placements {
        digest.update(at.subject.as_bytes());
        digest.update(&at.version.to_be_bytes());
        digest.update(at.unit.as_str().as_bytes());
        digest.update(b"\n");
        digest.update(at.reserve_unit.as_str().as_bytes());
        digest.update(b"\n");
        digest.update(&at.post.to_be_bytes());
        digest.update(&[at.tier.number()]);
    }
    for (are_people, reason, ids) in left_out.groups() {
        digest.update(&[u8::from(are_people)]);
        digest.update(reason.as_bytes());
        digest.update(b"\n");
        digest.update(ids.as_flattened());
    }
    hex::encode(&digest.finish().as_ref()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::Refusal;

    #[test]
    fn who_is_left_out_is_found_from_any_place_on_and_by_one_reason() {
        let person = |byte, reason| Unplaced {
            subject: Subject::Reservist(ReservistId::from_bytes([byte; 16])),
            reason,
        };
        let item = Unplaced {
            subject: Subject::Equipment(EquipmentId::from_bytes([9; 16])),
            reason: Refusal::PostsFull,
        };
        let (full, old) = (Refusal::PostsFull, Refusal::NotCallable("OVER_AGE"));
        let people = [person(1, full), person(2, old), person(3, full)];
        let left_out = LeftOut::of([&people, &[item]]);
        let from = |skip, reason| -> Vec<(u8, &str)> {
            let all = left_out.after(skip, reason);
            all.map(|(subject, reason)| (subject.as_bytes()[0], reason)).collect()
        };
        let all = [(2, "OVER_AGE"), (1, "POSTS_FULL"), (3, "POSTS_FULL"), (9, "POSTS_FULL")];
        for skip in 0..=5 {
            assert_eq!(from(skip, ""), all[skip.min(4)..], "behind {skip}");
        }
        assert_eq!(from(1, "POSTS_FULL"), all[2..]);
        assert_eq!(from(0, "NO_QUOTA"), []);
    }
}
