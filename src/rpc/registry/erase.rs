//! Erasing a record: its content, and the key that opens copies of it.

use std::sync::Arc;

use crate::domain::world::ERASE_REASON_CHARS_MAX;
use crate::engine::records::keys::{KeyJob, KeyWork};
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
}
