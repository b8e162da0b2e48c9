//! The invariants of a state, whatever road led to it. Run after every recovery and restore, by
//! `hoatoc check`, and after each step of the simulation.

use crate::domain::ids::EndpointNo;
use crate::domain::instant::Instant;
use crate::domain::response::Counts;
use crate::domain::world::{OrderFile, World};
use crate::evidence::authority::check_signatures;

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct Violation {
    /// Where: an order, a series, an endpoint.
    pub place: String,
    /// What is wrong.
    pub fault: &'static str,
}

impl World {
    /// Every violated invariant; none in a sound world.
    pub fn check(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        for (position, id) in self.issued.iter().enumerate() {
            let sequence = u64::try_from(position + 1).unwrap_or(u64::MAX);
            let file = self.orders.get(id);
            if file.and_then(|f| f.issue.as_ref()).is_none_or(|issue| issue.sequence != sequence) {
                found.push(violation(id, "the stream of issued orders has a hole"));
            }
        }
        for file in self.orders.values() {
            self.check_file(file, &mut found);
        }
        found
    }

    fn check_file(&self, file: &OrderFile, found: &mut Vec<Violation>) {
        let id = &file.order.id;
        if file.digest != file.envelope.digest() {
            found.push(violation(id, "the digest is not that of the bytes"));
        }
        if file.envelope.payload_type() != OrderFile::payload_type(&file.order) {
            found.push(violation(id, "the payload type is not that of the contents"));
        }
        let endpoints = u32::try_from(file.order.audience.count()).unwrap_or(u32::MAX);
        let mut counts = Counts { endpoints, ..Counts::default() };
        file.deliveries.values().for_each(|delivery| counts.count(delivery));
        if counts != file.counts {
            found.push(violation(id, "the counts are not those of the deliveries"));
        }
        if file.deliveries.keys().any(|no| !file.order.audience.contains(*no)) {
            found.push(violation(id, "an endpoint answered that was not addressed"));
        }
        let Some(issue) = &file.issue else {
            if !file.deliveries.is_empty() {
                found.push(violation(id, "it was answered before it was issued"));
            }
            return;
        };
        if !self.was_signed(file, issue.at) {
            found.push(violation(id, "it was issued without the signatures it needs"));
        }
        let times_fall = |no: &EndpointNo| {
            file.deliveries.get(no).is_some_and(|delivery| {
                let steps = [delivery.delivered, delivery.opened, delivery.acknowledged];
                let times: Vec<Instant> = steps.iter().flatten().map(|moment| moment.at).collect();
                !times.is_sorted() || times.first().is_some_and(|first| *first < issue.at)
            })
        };
        if file.deliveries.keys().any(times_fall) {
            found.push(violation(id, "times run backwards"));
        }
    }

    /// Whether the signatures were enough. The bundle in force may be newer than the one that judged:
    /// then only the signers it still knows can be judged again, and the ledger has the rest.
    fn was_signed(&self, file: &OrderFile, at: Instant) -> bool {
        let Some(trust) = &self.trust else { return false };
        if trust.bundle.issued_at > at {
            return !file.signed_by.is_empty();
        }
        let (order, act) = (&file.order, OrderFile::act_of(&file.order));
        let drafter = Some(&order.drafted_by);
        let kind = order.kind.as_str();
        check_signatures(&trust.bundle, &file.envelope, order.handling, act, kind, drafter, at)
            .is_ok()
    }
}

fn violation(place: &impl ToString, fault: &'static str) -> Violation {
    Violation { place: place.to_string(), fault }
}
