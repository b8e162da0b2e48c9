//! Replaying a ledger leaf by leaf: roots recomputed, each entry judged, faults reported.
//!
//! Memory is that of the state and one leaf; leaves are not kept. A faulty entry does not end the
//! replay. What it would change is left out where later entries would then be believed for its sake
//! (a bundle, a terminal's key, a signature, an answer), and taken in where they would only stumble.

use std::collections::BTreeMap;

use super::heads::{Head, open_with};
use super::judge::{CameBy, judge};
use super::report::{Closing, Counts, Report};
use super::{Anchor, Fault, Faults, callers};
use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::order::delivery::Fact;
use crate::domain::world::{Actor, Entry, Event, World};
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::envelope::Envelope;
use crate::evidence::key::PublicKey;
use crate::evidence::note::SignedNote;
use crate::evidence::proof::ConsistencyProof;
use crate::evidence::tree::edge::Edge;
use crate::evidence::tree::{Hash, leaf_hash};
use crate::evidence::trust::{TrustBundle, accept_bundle};
use crate::wire::{entry, trust};

/// A replay under way.
#[derive(Debug)]
pub struct Audit {
    anchor: Anchor,
    world: World,
    edge: Edge,
    // Of the sizes asked about, once they were reached.
    roots: BTreeMap<u64, Option<Hash>>,
    came_by: BTreeMap<OrderId, CameBy>,
    ledger_keys: Vec<PublicKey>,
    an_officer_acted: bool,
    counts: Counts,
    faults: Faults,
}

impl Audit {
    /// Begins with nothing taken in. Roots are kept for the sizes that `heads` are of.
    pub fn new(anchor: Anchor, heads: &[&str]) -> Self {
        let size_of = |text: &&str| Some((size_said(text)?, None));
        let mut roots: BTreeMap<u64, Option<Hash>> = heads.iter().filter_map(size_of).collect();
        roots.entry(0).and_modify(|root| *root = Some(Hash::of_nothing()));
        Self {
            anchor,
            world: World::default(),
            edge: Edge::new(),
            roots,
            came_by: BTreeMap::new(),
            ledger_keys: Vec::new(),
            an_officer_acted: false,
            counts: Counts::default(),
            faults: Faults::default(),
        }
    }

    /// The state so far.
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// Takes the next leaf in.
    pub fn take(&mut self, leaf: &[u8]) {
        let index = self.edge.len();
        self.edge.push(leaf_hash(leaf));
        if let Some(root) = self.roots.get_mut(&self.edge.len()) {
            *root = Some(self.edge.root());
        }
        match entry::decode(leaf) {
            Ok(entry) => self.take_entry(index, &entry),
            Err(fault) => {
                let said = format!("it cannot be read: {fault}");
                self.faults.push(Fault::at(index, "ENTRY_UNREADABLE", said));
            }
        }
    }

    fn take_entry(&mut self, index: u64, entry: &Entry) {
        *self.counts.kinds.entry(entry.event.kind()).or_default() += 1;
        if entry.at < self.world.latest_at() {
            let said = "its time lies before that of the entry before it: it was back-dated";
            self.faults.push(Fault::at(index, "TIME_RUNS_BACK", said));
        }
        let mut is_sound = self.check_first(index, entry);
        if let Err(said) = callers::check(&self.world, entry, self.an_officer_acted) {
            self.faults.push(Fault::at(index, "ACTOR_NOT_ALLOWED", said));
            is_sound = false;
        }
        let order = entry.event.order();
        let came_by = order.and_then(|order| self.came_by.get(&order));
        if let Err((reason, said)) = judge(&self.world, entry, came_by) {
            self.faults.push(Fault::at(index, reason, said));
            is_sound = false;
        }
        self.an_officer_acted |= matches!(entry.actor, Actor::Officer(_));
        if is_sound || self.only_stumbles(&entry.event) {
            self.apply(entry);
        }
    }

    /// The ledger begins with its name, and its first bundle is the one that was known before.
    fn check_first(&mut self, index: u64, entry: &Entry) -> bool {
        if (index == 0) != matches!(entry.event, Event::ProvinceFounded { .. }) {
            let said = "a ledger begins with its founding, and is founded once";
            self.faults.push(Fault::at(index, "NOT_FOUNDED", said));
            return false;
        }
        let Event::TrustPublished(trust) = &entry.event else { return true };
        let (bundle, envelope) = (&trust.bundle, &trust.envelope);
        let first = self.world.trust().is_none();
        let unknown = if first { self.anchor.refuses_first(bundle) } else { None };
        let forked = self.anchor.refuses_known(bundle, envelope);
        for (reason, said) in [("ROOTS_UNKNOWN", unknown), ("BUNDLE_FORKED", forked)] {
            if let Some(said) = said {
                self.faults.push(Fault::at(index, reason, said));
            }
        }
        true
    }

    /// Whether an entry that would not have happened is taken in all the same: nothing is believed
    /// for its sake, and without it every later one about the same order would be found at fault.
    fn only_stumbles(&self, event: &Event) -> bool {
        match event {
            Event::OrderDrafted { order, .. } => self.world.order(&order.id).is_none(),
            Event::OrderIssued { order, .. } => {
                self.world.order(order).is_some_and(|file| file.issue.is_none())
            }
            Event::EpochBegun { .. } => true,
            _believed_later => false,
        }
    }

    fn apply(&mut self, entry: &Entry) {
        match &entry.event {
            Event::OrderDrafted { order, .. } => {
                let came_by = (entry.actor.clone(), entry.request.clone());
                self.came_by.insert(order.id, came_by);
            }
            Event::OrderIssued { order, .. } => drop(self.came_by.remove(order)),
            Event::TrustPublished(trust) => self.ledger_keys.push(trust.bundle.ledger_key),
            Event::AnswerTaken { answer, .. } => match answer.fact {
                Fact::Delivered => self.counts.receipts += 1,
                _said_by_a_person => self.counts.answers += 1,
            },
            _any_other => {}
        }
        self.world.apply(entry);
    }

    /// What was found, once all leaves were taken in.
    pub fn close(mut self, closing: &Closing) -> Report {
        for violation in self.world.check() {
            self.faults.push(Fault::of_all("INVARIANT_BROKEN", violation));
        }
        let newest = self.newest_bundle(&closing.later_bundles);
        if newest.is_none() {
            let said = "there is no trust bundle that is to be believed";
            self.faults.push(Fault::of_all("NO_TRUST", said));
        }
        let heads = newest.as_ref().map(|newest| {
            let beside = |head: Head| {
                let lines = closing.cosignatures.iter();
                lines.fold(head, |head, lines| head.cosigned_with(lines, &newest.witnesses))
            };
            self.heads(&closing.heads, newest).into_iter().map(beside).collect()
        });
        let heads: Vec<Head> = heads.unwrap_or_default();
        let head_size = heads.first().map(|head| head.checkpoint.size);
        let heads = self.held(heads, &closing.consistency);
        if head_size.is_some_and(|size| size < self.edge.len()) {
            let said = "there are entries after the newest signed head: nobody stands for them";
            self.faults.push(Fault::of_all("HEAD_BEHIND", said));
        }
        let witnessed = heads.iter().find(|head| head.witnessed.is_enough());
        if let (Some(head), None) = (heads.first(), witnessed) {
            let said = format!(
                "{} of the {} witnesses asked for have cosigned the newest head: nobody else has seen this history",
                head.witnessed.by.len(),
                head.witnessed.need
            );
            self.faults.push(Fault::of_all("NOT_WITNESSED", said));
        }
        let since = closing.since.as_ref().and_then(|text| self.check_since(text));
        Report {
            origin: self.world.origin().to_owned(),
            size: self.edge.len(),
            root: self.edge.root(),
            head_size,
            witnessed: witnessed
                .filter(|head| head.witnessed.need > 0)
                .map(|head| (head.checkpoint.size, head.witnessed.clone())),
            witnesses_needed: newest.as_ref().map_or(0, |bundle| bundle.witnesses.threshold),
            since,
            bundle_version: newest.as_ref().map_or(0, |bundle| bundle.version),
            epoch: self.world.epoch(),
            orders: u64::try_from(self.world.orders().count()).unwrap_or(u64::MAX),
            issued: self.world.latest_sequence(),
            counts: self.counts,
            faults: self.faults,
        }
    }

    /// The newest bundle: the one in force after the last leaf, or one that follows from it.
    fn newest_bundle(&mut self, later: &[Envelope]) -> Option<TrustBundle> {
        let mut newest = self.world.trust()?.bundle.clone();
        for envelope in later {
            let accepted =
                trust::read(envelope).map_err(|fault| fault.to_string()).and_then(|next| {
                    // When it was recorded is not known here; it was not over when it was made.
                    let at: Instant = next.issued_at;
                    accept_bundle(Some(&newest), &next, envelope, at)
                        .map_err(|fault| fault.to_string())
                        .map(|()| next)
                });
            match accepted {
                Ok(next) => {
                    if let Some(said) = self.anchor.refuses_known(&next, envelope) {
                        self.faults.push(Fault::of_all("BUNDLE_FORKED", said));
                    }
                    self.ledger_keys.push(next.ledger_key);
                    newest = next;
                }
                Err(said) => self.faults.push(Fault::of_all("BUNDLE_REFUSED", said)),
            }
        }
        if self.anchor.known.is_some_and(|(version, _digest)| version > newest.version) {
            let said = format!(
                "the newest trust bundle here is {}, the one given is newer: the record was cut short",
                newest.version
            );
            self.faults.push(Fault::of_all("BUNDLE_MISSING", said));
        }
        Some(newest)
    }

    /// The heads that the ledger's keys signed: the newest one by the newest key.
    fn heads(&mut self, texts: &[String], newest: &TrustBundle) -> Vec<Head> {
        let mut heads = Vec::new();
        if texts.is_empty() {
            let said = "there is no signed head: nobody stands for these entries";
            self.faults.push(Fault::of_all("HEAD_MISSING", said));
        }
        for (place, text) in texts.iter().enumerate() {
            let opened = Head::open(text, newest).or_else(|fault| {
                // One that was cosigned before the ledger's key was changed.
                let (checkpoint, note) = match place {
                    0 => return Err(fault),
                    _older => self.open_older(text).ok_or(fault)?,
                };
                let witnessed = newest.witnesses.witnessed(&note);
                Ok(Head { checkpoint, note, witnessed })
            });
            match opened {
                Ok(head) => heads.push(head),
                Err(fault) => self.faults.push(Fault::of_all("HEAD_REFUSED", fault)),
            }
        }
        heads
    }

    fn open_older(&self, text: &str) -> Option<(Checkpoint, SignedNote)> {
        self.ledger_keys.iter().rev().find_map(|key| open_with(text, *key).ok())
    }

    /// The heads to which the leaves hash.
    fn held(&mut self, heads: Vec<Head>, proofs: &[Vec<Hash>]) -> Vec<Head> {
        let mut held = Vec::new();
        for (place, head) in heads.into_iter().enumerate() {
            let Checkpoint { origin, size, root, .. } = &head.checkpoint;
            if origin != self.world.origin() {
                let own = self.world.origin();
                let said = format!("the head is of ledger `{origin}`, this was founded as `{own}`");
                self.faults.push(Fault::of_all("OTHER_LEDGER", said));
                continue;
            }
            let holds = match self.roots.get(size) {
                Some(Some(found)) => found == root,
                _beyond => {
                    let path = proofs.get(place).cloned().unwrap_or_default();
                    let proof = ConsistencyProof { old: self.edge.len(), new: *size, path };
                    proof.verify(&self.edge.root(), root).is_ok()
                }
            };
            if holds {
                held.push(head);
                continue;
            }
            let said = format!(
                "the entries do not hash to the head of {size} entries that the ledger signed: \
                 entries were changed, hidden or put in"
            );
            self.faults.push(Fault::of_all("ROOT_MISMATCH", said));
        }
        held
    }

    /// The size of a head kept from earlier, if this is the history that it is of.
    fn check_since(&mut self, text: &str) -> Option<u64> {
        let Some((kept, _note)) = self.open_older(text) else {
            let said = "the checkpoint kept from earlier is signed by no key of this ledger";
            self.faults.push(Fault::of_all("SINCE_UNKNOWN", said));
            return None;
        };
        let found = self.roots.get(&kept.size).copied().flatten();
        if kept.origin == self.world.origin() && found == Some(kept.root) {
            return Some(kept.size);
        }
        let said = format!(
            "the ledger does not continue the checkpoint of {} entries kept from earlier: entries were \
             changed or taken out since",
            kept.size
        );
        self.faults.push(Fault::of_all("NOT_CONSISTENT", said));
        None
    }
}

/// The size that a head says, unproved: only to know which roots to keep.
fn size_said(text: &str) -> Option<u64> {
    text.lines().nth(1)?.parse().ok()
}
