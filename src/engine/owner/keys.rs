//! The owner's turns with keys: erasing, and a new generation from its beginning to its end.
//!
//! Two places change, the store and the keyring, and a crash may come between them. Erasing is in the
//! ledger first, so that the next start cuts the key out; a generation is in the keyring first, so that
//! nothing is ever sealed with what is not kept.

use ring::rand::SystemRandom;
use tracing::{Span, error};

use super::durable::Failed;
use super::{Group, Owner};
use crate::domain::ids::OrderId;
use crate::domain::world::{Decision, Event, RecordKind, Refusal, Request};
use crate::engine::handle::EngineError;
use crate::engine::records::RecordPlan;
use crate::engine::records::keys::{KeyJob, KeyWork, KeysDone, PruneJob, reseal, reseal_call_ups};
use crate::evidence::seal::generation_of;
use crate::evidence::seal::keyring::{KeepError, KeepKeys, Keyring, KeyringError};
use crate::evidence::seal::keytree::TreeError;
use crate::limits;
use crate::store::{Op, Pair, StoreError, keys};

/// The outer error as of [`Owner::commit`]: nobody may be answered.
type Outcome<T> = Result<Result<T, EngineError>, StoreError>;

impl Owner {
    pub(super) fn work_on_keys(&mut self, job: KeyJob) -> Result<(), StoreError> {
        let request = job.request();
        let keyring = job.keys.as_ref();
        let outcome = match &job.work {
            KeyWork::Erase { kind, id, .. } => self.erase(&request, keyring, *kind, *id)?,
            KeyWork::Begin => self.begin_keys(&job, keyring)?,
            KeyWork::Reseal { kind, ids } => self.reseal(&request, keyring, *kind, ids)?,
            KeyWork::ResealCallUps { keys } => self.reseal_call_ups(keyring, keys)?,
            KeyWork::Finish => self.finish_keys(keyring),
        };
        let decided = if outcome.is_ok() { "done" } else { "refused" };
        self.metrics.command_decided(request.command.name(), decided);
        // A caller that left finds out by asking again.
        let _caller_left = job.reply.send(outcome);
        Ok(())
    }

    /// The record goes, then its key. Asked again, it does what a crash or a full disk left undone.
    fn erase(
        &mut self,
        request: &Request,
        keyring: &dyn KeepKeys,
        kind: RecordKind,
        id: [u8; 16],
    ) -> Outcome<KeysDone> {
        let index = match self.world.erased().get(&id) {
            Some(_before) => None,
            None => {
                if self.view.registry.read().table(kind).get(&id).is_none() {
                    return Ok(Err(Refusal::RecordUnknown.into()));
                }
                if !keyring.sealer().keyring().has_room() {
                    let full = KeyringError::Tree(TreeError::Full);
                    return Ok(Err(KeepError::Keyring(full).into()));
                }
                let index = match self.decide(request) {
                    Ok(Decision::Repeated { ledger_index }) => ledger_index,
                    Ok(Decision::Happens(erased)) => {
                        // The places that it held stay filled on the days past.
                        let settled = match self.settle_before(keyring, kind, id) {
                            Ok(settled) => settled,
                            Err(failed) => return Ok(Err(failed)),
                        };
                        match self.erase_settled(request, (kind, id), erased, settled)? {
                            Ok(index) => index,
                            Err(failed) => return Ok(Err(failed)),
                        }
                    }
                    Err(refused) => return Ok(Err(refused)),
                };
                self.view.registry.write().table_mut(kind).remove(&id);
                Some(index)
            }
        };
        let up_to = self.world.erased().get(&id).copied().unwrap_or_default();
        let cut = keyring.change(&mut |keyring: &mut Keyring| keyring.puncture(&id, up_to));
        let done = |keyring_version| KeysDone { ledger_index: index, keyring_version, records: 1 };
        Ok(cut.map(done).map_err(|fault| {
            error!(%fault, "a record is erased, but its key is not yet: ask again, or start again");
            fault.into()
        }))
    }

    fn settle_before(
        &self,
        keyring: &dyn KeepKeys,
        kind: RecordKind,
        id: [u8; 16],
    ) -> Result<RecordPlan, EngineError> {
        let on = (self.now().date_in_vietnam(), self.world.units());
        let registry = self.view.registry.read();
        RecordPlan::erasing(&registry, (kind, id), on, keyring.sealer())
    }

    fn erase_settled(
        &mut self,
        request: &Request,
        (kind, id): (RecordKind, [u8; 16]),
        erased: Vec<Event>,
        mut settled: RecordPlan,
    ) -> Outcome<u64> {
        let events = settled.events().into_iter().chain(erased).collect();
        let mut ops = settled.take_ops();
        ops.push(Op::Delete { key: keys::record(kind, &id) });
        let committed = self.commit_beside(request, events, ops)?;
        if committed.is_ok() {
            settled.publish(&mut self.view.registry.write());
        }
        Ok(committed)
    }

    fn begin_keys(&mut self, job: &KeyJob, keyring: &dyn KeepKeys) -> Outcome<KeysDone> {
        if let Ok(Some(index)) = self.world.recall(&job.request()) {
            let keyring_version = keyring.sealer().keyring().version();
            return Ok(Ok(KeysDone { ledger_index: Some(index), keyring_version, records: 0 }));
        }
        let known = self.world.key_generation().max(1);
        if keyring.sealer().generation() <= known {
            let (rng, now) = (SystemRandom::new(), self.now());
            let begun = keyring
                .change(&mut |keyring: &mut Keyring| keyring.begin(&rng, now).map(|_new| true));
            if let Err(fault) = begun {
                return Ok(Err(fault.into()));
            }
        }
        let request = job.request();
        let events = match self.decide(&request) {
            Ok(Decision::Happens(events)) => events,
            Ok(Decision::Repeated { .. }) => Vec::new(),
            Err(refused) => return Ok(Err(refused)),
        };
        let keyring_version = keyring.sealer().keyring().version();
        let index = self.commit_beside(&request, events, Vec::new())?;
        Ok(index.map(|index| KeysDone { ledger_index: Some(index), keyring_version, records: 0 }))
    }

    fn reseal(
        &mut self,
        request: &Request,
        keyring: &dyn KeepKeys,
        kind: RecordKind,
        ids: &[[u8; 16]],
    ) -> Outcome<KeysDone> {
        if ids.len() > limits::RECORDS_PER_BATCH_MAX {
            let reason = "a batch has at most 100 records";
            return Ok(Err(Refusal::Invalid { reason }.into()));
        }
        let keyring_version = keyring.sealer().keyring().version();
        let resealed = match reseal(self.store.as_ref(), keyring.sealer(), kind, ids) {
            Ok(resealed) => resealed,
            Err(failed) => return Ok(Err(failed)),
        };
        let records = resealed.ops.len();
        if records == 0 {
            return Ok(Ok(KeysDone { ledger_index: None, keyring_version, records }));
        }
        let index = self.commit_beside(request, resealed.events, resealed.ops)?;
        Ok(index.map(|index| KeysDone { ledger_index: Some(index), keyring_version, records }))
    }

    /// Nothing is recorded: what the lists say, and the root over it, stay as they were.
    fn reseal_call_ups(&mut self, keyring: &dyn KeepKeys, keys: &[Vec<u8>]) -> Outcome<KeysDone> {
        if keys.len() > limits::LEAVES_PER_BATCH_MAX {
            let reason = "a batch has at most 16 leaves";
            return Ok(Err(Refusal::Invalid { reason }.into()));
        }
        let keyring_version = keyring.sealer().keyring().version();
        let ops = match reseal_call_ups(self.store.as_ref(), keyring.sealer(), keys) {
            Ok(ops) => ops,
            Err(failed) => return Ok(Err(failed)),
        };
        let records = ops.len();
        let done = KeysDone { ledger_index: None, keyring_version, records };
        if records == 0 {
            return Ok(Ok(done));
        }
        let committed = self.commit(Vec::new(), ops, &[Span::none()])?;
        Ok(committed.map(|_no_leaves| done).map_err(EngineError::from))
    }

    /// Whether call-up leaves come in that were sealed before the newest generation began: nothing
    /// would seal them anew before the older keys are forgotten.
    pub(super) fn is_sealed_before_the_newest_keys(&self, beside: &[Pair]) -> bool {
        let newest = self.world.key_generation();
        beside.iter().any(|(key, value)| {
            let is_leaf = keys::call_up_place(key).is_some();
            is_leaf && generation_of(value).is_ok_and(|generation| generation < newest)
        })
    }

    /// Nothing is recorded: that the order called, and the root over whom, stay in the ledger.
    pub(super) fn prune(&self, job: PruneJob) -> Result<(), StoreError> {
        let PruneJob { order, reply } = job;
        let pruned = self.prune_call_up(&order)?;
        // Upkeep asks again.
        let _stopping = reply.send(pruned);
        Ok(())
    }

    fn prune_call_up(&self, order: &OrderId) -> Outcome<usize> {
        let now = self.now();
        let in_use = self.world.orders().any(|file| {
            let stands_on = file.order.call_up.as_ref().is_some_and(|own| own.frozen_by == *order);
            stands_on && now.millis_since(file.order.not_after) <= limits::SHEETS_KEPT_MS
        });
        if in_use {
            return Ok(Ok(0));
        }
        let (mut ops, mut after) = (Vec::new(), Vec::new());
        loop {
            let leaves = keys::call_up_of(order.as_bytes());
            let page = self.store.scan(&leaves, &after, limits::LEAVES_PER_BATCH_MAX)?;
            let Some((last, _value)) = page.last() else { break };
            after.clone_from(last);
            ops.extend(page.into_iter().map(|(key, _value)| Op::Delete { key }));
        }
        let leaves = ops.len();
        if leaves == 0 {
            return Ok(Ok(0));
        }
        let committed = self.commit(Vec::new(), ops, &[Span::none()])?;
        Ok(committed.map(|_no_leaves| leaves).map_err(EngineError::from))
    }

    fn finish_keys(&self, keyring: &dyn KeepKeys) -> Result<KeysDone, EngineError> {
        let rng = SystemRandom::new();
        let keyring_version = keyring.change(&mut |keyring: &mut Keyring| keyring.finish(&rng))?;
        let ledger_index = self.world.ledger_size().checked_sub(1);
        Ok(KeysDone { ledger_index, keyring_version, records: 0 })
    }

    /// Makes the entries of one request durable in one batch with what goes beside them, shows them,
    /// and gives the index of the last.
    fn commit_beside(
        &mut self,
        request: &Request,
        events: Vec<Event>,
        ops: Vec<Op>,
    ) -> Outcome<u64> {
        let (mut group, at) = (Group::default(), self.now());
        if let Err(refused) = self.record(request, events, Vec::new(), at, &mut group) {
            return Ok(Err(refused));
        }
        let leaves = std::mem::take(&mut group.leaves);
        let committed: Result<_, Failed> = self.commit(leaves, ops, &[Span::none()])?;
        match committed {
            Ok(hashes) => {
                self.publish(&group.entries, hashes, None);
                self.wake(&group.entries);
                Ok(Ok(self.world.ledger_size().saturating_sub(1)))
            }
            Err(failed) => {
                self.world = self.view.world.read().clone();
                Ok(Err(failed.into()))
            }
        }
    }
}
