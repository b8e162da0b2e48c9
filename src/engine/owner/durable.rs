//! A group's way to the disk and from there to everybody.
//!
//! Called by the owner's turns, in this order: commit, publish, and after the answers wake. Knows
//! nothing of requests and replies.

use tracing::{Span, error, info_span};

use super::Owner;
use crate::domain::world::{Entry, Event};
use crate::engine::handle::EngineError;
use crate::engine::records::RecordPlan;
use crate::engine::{counting, telling};
use crate::evidence::tree::{Hash, leaf_hash};
use crate::store::{Batch, Op, StoreError, keys};

impl Owner {
    /// Writes the newest leaves and what goes beside them; their hashes when they are durable. Each of the callers who wait for
    /// it sees it in its own trace. The outer error: the outcome is
    /// unknown, or another writer is there, and nobody may be answered.
    pub(super) fn commit(
        &self,
        leaves: Vec<Vec<u8>>,
        beside: Vec<Op>,
        callers: &[Span],
    ) -> Result<Result<Vec<Hash>, Failed>, StoreError> {
        let started = tokio::time::Instant::now();
        let entries = leaves.len();
        let commit = |caller: &Span| info_span!(parent: caller, "engine.commit", entries);
        let _until_it_is_durable: Vec<Span> = callers.iter().map(commit).collect();
        let mut batch = Batch::on(self.store.head());
        batch.ops.reserve(leaves.len());
        let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        // The view ends where this group begins.
        let first = self.view.ledger.read().size();
        for (index, leaf) in (first..).zip(leaves) {
            batch.put(keys::ledger(index), leaf);
        }
        batch.ops.extend(beside);
        match self.store.commit(batch) {
            Ok(_head) => {
                let commands = u64::try_from(callers.len()).unwrap_or(u64::MAX);
                self.metrics.committed(commands, started.elapsed());
                Ok(Ok(hashes))
            }
            Err(fault @ StoreError::Full { .. }) => {
                error!(%fault, "nothing was written");
                Ok(Err(Failed::Full))
            }
            Err(fault @ StoreError::TooLarge { .. }) => {
                error!(%fault, "nothing was written");
                Ok(Err(Failed::TooLarge))
            }
            Err(fatal) => Err(fatal),
        }
    }

    /// It is durable: everybody may find it. The ledger first, then the world, and no lock while the
    /// other is held: who finds an entry's effect finds the entry, and readers may take both.
    pub(super) fn publish(&self, entries: &[Entry], hashes: Vec<Hash>, plan: Option<&RecordPlan>) {
        {
            let mut ledger = self.view.ledger.write();
            hashes.into_iter().for_each(|leaf| ledger.push(leaf));
            for entry in entries {
                if let Event::ProvinceFounded { origin, .. } = &entry.event {
                    ledger.set_origin(origin);
                }
            }
        }
        {
            let mut world = self.view.world.write();
            entries.iter().for_each(|entry| world.apply(entry));
        }
        if let Some(plan) = plan {
            plan.publish(&mut self.view.registry.write());
        }
    }

    pub(super) fn wake(&self, entries: &[Entry]) {
        let (mut issued, mut answered, mut trusted) = (None, false, None);
        for entry in entries {
            counting::count(&self.metrics, &self.world, &entry.event);
            telling::tell(&self.world, entry);
            match &entry.event {
                Event::OrderIssued { sequence, .. } => issued = Some(*sequence),
                Event::AnswerTaken { .. } => answered = true,
                Event::TrustPublished(trust) => trusted = Some(trust.bundle.version),
                _nobody_waits => {}
            }
        }
        if let Some(sequence) = issued {
            self.view.issued.send_replace(sequence);
        }
        if answered || issued.is_some() {
            self.view.answered.send_replace(self.world.ledger_size());
        }
        if let Some(version) = trusted {
            self.view.trusted.send_replace(version);
        }
    }
}

/// Why a group was not written; everything goes on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Failed {
    Full,
    TooLarge,
}

impl From<Failed> for EngineError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Full => Self::DiskFull,
            Failed::TooLarge => Self::Unavailable { doing: "refusing an oversized group" },
        }
    }
}
