//! The invariants of a state, whatever road led to it. Run after every recovery and restore, by
//! `hoatoc check`, and after each step of the simulation.

use std::collections::BTreeSet;

use crate::domain::authority::{Matter, OrderAct};
use crate::domain::ids::{EndpointNo, OfficerId};
use crate::domain::instant::Instant;
use crate::domain::order::handling::Handling;
use crate::domain::order::response::Counts;
use crate::domain::world::{Issue, OrderFile, World};
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
        if self.units.check_whole().is_err() {
            found.push(violation(&"units", "they do not make one tree"));
        }
        self.check_stream(&mut found);
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
        if !self.was_signed(file, issue) {
            found.push(violation(id, "it was issued without the signatures it needs"));
        }
        let times_fall = |no: &EndpointNo| {
            file.deliveries.get(no).is_some_and(|delivery| {
                let seen = [delivery.delivered, delivery.opened, delivery.acknowledged];
                let steps = seen.into_iter().chain([delivery.decided, delivery.completed]);
                let times: Vec<Instant> = steps.flatten().map(|moment| moment.at).collect();
                !times.is_sorted() || times.first().is_some_and(|first| *first < issue.at)
            })
        };
        if file.deliveries.keys().any(times_fall) {
            found.push(violation(id, "times run backwards"));
        }
    }

    /// Whether the signatures were enough: the persons who counted when it was issued, and the
    /// signatures themselves once more by the bundle that was in force then.
    fn was_signed(&self, file: &OrderFile, issue: &Issue) -> bool {
        let (order, act) = (&file.order, OrderFile::act_of(&file.order));
        let persons: BTreeSet<&OfficerId> = file.signed_by.iter().collect();
        let (need, shut_out) = match (order.handling, act) {
            (Handling::Actual, OrderAct::Issue) => (2, persons.contains(&order.drafted_by)),
            (Handling::Actual, OrderAct::Cancel) => (2, false),
            (Handling::Exercise | Handling::Test, _any) => (1, false),
        };
        if persons.len() < need || shut_out {
            return false;
        }
        let bundle = self.trust_at_issue(issue).map(|published| &published.trust.bundle);
        let matter = Matter::from(order.as_ref());
        bundle.is_some_and(|bundle| {
            check_signatures(bundle, &file.envelope, &matter, issue.at).is_ok()
        })
    }

    fn check_stream(&self, found: &mut Vec<Violation>) {
        for (position, id) in self.issued.iter().enumerate() {
            let sequence = u64::try_from(position + 1).unwrap_or(u64::MAX);
            let file = self.orders.get(id);
            if file.and_then(|f| f.issue.as_ref()).is_none_or(|issue| issue.sequence != sequence) {
                found.push(violation(id, "the stream of issued orders has a hole"));
            }
            let in_force = file.is_some_and(|file| file.is_current(self.latest_at));
            if in_force && !self.current.contains(&sequence) {
                found.push(violation(id, "it is in force and not among the current orders"));
            }
        }
        let mut numbers = BTreeSet::new();
        for order in self.orders.values().map(|file| &file.order) {
            if !numbers.insert((order.handling, order.series_year, order.number)) {
                found.push(violation(&order.id, "its number was given twice"));
            }
        }
    }
}

fn violation(place: &impl ToString, fault: &'static str) -> Violation {
    Violation { place: place.to_string(), fault }
}
