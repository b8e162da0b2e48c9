//! Erasing a record: its content, and the key that opens copies of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::ids::OrderId;
use crate::domain::world::{ERASE_REASON_CHARS_MAX, Refusal};
use crate::engine::EngineError;
use crate::engine::records::keys::{KeyJob, KeyWork};
use crate::fanout::sheets::naming;
use crate::rpc::registry::calls::{request_id, uuid};
use crate::rpc::registry::{Caller, RegistryFault, RegistryParts};
use crate::wire::entry::record_kind;
use crate::wire::{WireError, pb};

/// How often lists may be frozen between reading them and erasing, before the caller is to ask again.
const ATTEMPTS_MAX: u32 = 5;

impl RegistryParts {
    pub(super) async fn erase_record(
        &self,
        request: pb::EraseRecordRequest,
        caller: &Caller,
    ) -> Result<pb::EraseRecordResponse, RegistryFault> {
        let asked = request_id(&request.request_id, "erase_record", &request)?;
        let kind = record_kind(request.kind)?;
        let id = uuid("record_id", &request.record_id)?;
        if request.reason.chars().count() > ERASE_REASON_CHARS_MAX {
            return Err(WireError::new("reason", "has over 300 characters").into());
        }
        let mut attempt = 1;
        let done = loop {
            // What was erased before is nowhere any more; asking again ends what a fault left undone.
            let cleared = if self.engine.world().erased().contains_key(&id) {
                BTreeSet::new()
            } else {
                self.must_reach(kind, &id, caller)?;
                self.lists_without(id).await?
            };
            if request.validate_only {
                return Ok(pb::EraseRecordResponse::default());
            }
            let (actor, keys) = (caller.actor(), Arc::clone(&self.keys));
            let work = KeyWork::Erase { kind, id, reason: request.reason.clone(), cleared };
            let job = |reply| KeyJob { actor, id: Some(asked.clone()), keys, work, reply };
            match self.engine.work_on_keys(job).await {
                // Lists were frozen meanwhile: they are read too.
                Err(EngineError::Refused(Refusal::CalledSince)) if attempt < ATTEMPTS_MAX => {
                    attempt += 1;
                }
                done => break done?,
            }
        };
        Ok(pb::EraseRecordResponse {
            ledger_index: done.ledger_index.unwrap_or(0),
            keyring_version: done.keyring_version,
        })
    }

    /// The frozen lists of orders that are not over, none of which names the record; refused when one
    /// does: it would keep the record readable. Sheets of orders that are over go by themselves.
    async fn lists_without(&self, id: [u8; 16]) -> Result<BTreeSet<OrderId>, RegistryFault> {
        let open = self.engine.world().open_lists(self.engine.now());
        let (store, sealer) = (self.engine.store().clone(), self.sealer.clone());
        let lists: Vec<OrderId> = open.keys().copied().collect();
        let naming = tokio::task::spawn_blocking(move || naming(&*store, &sealer, lists, &id));
        let naming = naming.await.or(Err(RegistryFault::Unreadable))?;
        let naming = naming.map_err(|fault| {
            tracing::error!(%fault, "whether a record is called by name cannot be told");
            RegistryFault::Unreadable
        })?;
        let orders: Vec<String> =
            naming.iter().filter_map(|order| open.get(order)).flatten().cloned().collect();
        if orders.is_empty() {
            Ok(open.into_keys().collect())
        } else {
            Err(RegistryFault::Called { orders: orders.join(", ") })
        }
    }
}
