//! `KeyService`: how the keys of personal data stand, and their rotation.

use tonic::{Request, Response, Status};

use crate::domain::world::RecordKind;
use crate::engine::Engine;
use crate::engine::rekey::{KeyState, Rekeying};
use crate::rpc::auth::Principal;
use crate::rpc::request::identified;
use crate::rpc::status::Reject;
use crate::wire::{pb, timestamp};
use pb::key_service_server::KeyService;

/// The service.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Counts the records.
    pub engine: Engine,
    /// Carries rotations out.
    pub rekeying: Rekeying,
}

impl Keys {
    fn message(&self, state: KeyState) -> pb::Keys {
        let registry = self.engine.registry();
        let records: usize = RecordKind::ALL.iter().map(|kind| registry.table(*kind).len()).sum();
        pb::Keys {
            keyring_version: state.keyring_version,
            generation: state.generation,
            created_time: Some(timestamp(state.created)),
            rotating: state.rotating,
            resealed: state.resealed,
            records: u64::try_from(records).unwrap_or(u64::MAX),
            stopped: state.stopped.unwrap_or_default(),
        }
    }
}

#[tonic::async_trait]
impl KeyService for Keys {
    async fn rotate_keys(
        &self,
        request: Request<pb::RotateKeysRequest>,
    ) -> Result<Response<pb::RotateKeysResponse>, Status> {
        let caller = request.extensions().get::<Principal>().cloned();
        let caller =
            caller.ok_or_else(|| Reject::internal("NO_GATE", &"a call came past the gate"))?;
        let message = request.into_inner();
        let id = identified("RotateKeys", &message.request_id, &message)?;
        let state = self.rekeying.begin(caller.actor()?, Some(id)).await?;
        Ok(Response::new(pb::RotateKeysResponse { keys: Some(self.message(state)) }))
    }

    async fn get_keys(
        &self,
        _request: Request<pb::GetKeysRequest>,
    ) -> Result<Response<pb::GetKeysResponse>, Status> {
        let keys = Some(self.message(self.rekeying.state()));
        Ok(Response::new(pb::GetKeysResponse { keys }))
    }
}
