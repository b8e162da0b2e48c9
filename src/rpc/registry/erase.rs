//! Erasing a record: its content, and the key that opens copies of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::ids::OrderId;
use crate::domain::world::{ERASE_REASON_CHARS_MAX, OrderState};
use crate::engine::records::keys::{KeyJob, KeyWork};
use crate::fanout::sheets::naming;
use crate::rpc::registry::calls::{request_id, uuid};
use crate::rpc::registry::{Caller, RegistryFault, RegistryParts};
use crate::wire::entry::record_kind;
use crate::wire::{WireError, pb};

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
        // What was erased before is nowhere any more; asking again ends what a fault left undone.
        if !self.engine.world().erased().contains_key(&id) {
            self.must_reach(kind, &id, caller)?;
            self.must_not_be_called(id).await?;
        }
        let (actor, keys) = (caller.actor(), Arc::clone(&self.keys));
        let work = KeyWork::Erase { kind, id, reason: request.reason };
        let job = |reply| KeyJob { actor, id: Some(asked), keys, work, reply };
        let done = self.engine.work_on_keys(job).await?;
        Ok(pb::EraseRecordResponse {
            ledger_index: done.ledger_index.unwrap_or(0),
            keyring_version: done.keyring_version,
        })
    }
    /// Refuses while the frozen sheets of an order that is not over name the record: they would keep
    /// it readable. Sheets of orders that are over go by themselves.
    async fn must_not_be_called(&self, id: [u8; 16]) -> Result<(), RegistryFault> {
        let mut open: BTreeMap<OrderId, Vec<String>> = BTreeMap::new();
        {
            let (now, world) = (self.engine.now(), self.engine.world());
            for file in world.orders() {
                let is_open = matches!(
                    file.state(now),
                    OrderState::Drafted | OrderState::Signed | OrderState::Issued
                );
                if let Some(own) = file.order.call_up.as_ref().filter(|_own| is_open) {
                    open.entry(own.frozen_by).or_default().push(file.order.number_text());
                }
            }
        }
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
            Ok(())
        } else {
            Err(RegistryFault::Called { orders: orders.join(", ") })
        }
    }
}
