//! The registry's door: reservists and equipment, one by one, in lists and in floods.
//!
//! Called by tonic. Who may call is asked of a [`Gate`], which the roof makes of its own
//! authentication; so are statuses. Invariants: nothing personal is shown before the reading is a
//! ledger entry; an officer sees and changes only what lies under their unit; every row is checked
//! here whatever the caller's program checked. Knows nothing of roles, certificates or files.

mod calls;
mod changes;
mod erase;
mod fault;
mod figures;
mod force;
pub mod gate;
mod import;
mod list;
pub mod plan;
mod transfer;

use std::pin::Pin;
use std::sync::Arc;

use jiff::civil::Date;
use tokio_stream::Stream;
use tonic::metadata::MetadataMap;
use tonic::{Extensions, Request, Response, Status, Streaming};

pub use fault::RegistryFault;
pub use list::lookup::LookupLimiter;

use crate::domain::ids::{OfficerId, UnitCode};
use crate::domain::registry::eligibility::Law;
use crate::domain::registry::{EquipmentTypes, Lists, Specialties};
use crate::domain::unit::Units;
use crate::domain::world::Actor;
use crate::engine::Engine;
use crate::evidence::seal::Sealer;
use crate::evidence::seal::keyring::KeepKeys;
use crate::tasks::Tasks;
use crate::wire::pb;
use crate::wire::pb::registry_service_server::RegistryService;

/// An officer who may make this call.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub id: OfficerId,
    /// Whether they see records whole; else masked.
    pub sees_all: bool,
    /// Whether they may list people and means at all.
    pub may_list: bool,
    /// Where their rights end: this unit and what lies under it. None for the whole province.
    pub within: Option<UnitCode>,
}

/// What the door asks of the roof.
pub trait Gate: Send + Sync + 'static {
    /// Lets an officer through to a method, such as `ListReservists`, or says why not.
    ///
    /// # Errors
    /// The status that the caller gets.
    fn officer(
        &self,
        metadata: &MetadataMap,
        extensions: &Extensions,
        method: &'static str,
    ) -> Result<Caller, Status>;

    /// The status of a fault.
    fn status(&self, fault: &RegistryFault) -> Status;
}

/// What the registry's door is made of.
#[derive(Debug)]
pub struct RegistryParts {
    /// Carries out, and holds the index.
    pub engine: Engine,
    /// Opens and seals records.
    pub sealer: Arc<Sealer>,
    /// Keeps its keys, for erasing.
    pub keys: Arc<dyn KeepKeys>,
    /// Runs the imports.
    pub tasks: Tasks,
    /// The specialties that hold until a list is put.
    pub specialties: Specialties,
    /// Counts the look-ups by exact number.
    pub lookups: LookupLimiter,
    /// The types of equipment that hold until a list is put.
    pub equipment_types: EquipmentTypes,
    /// Age limits and holidays.
    pub law: Law,
}

/// The registry's door. Clones share everything.
#[derive(Debug)]
pub struct RegistryDoor<G> {
    parts: Arc<RegistryParts>,
    gate: Arc<G>,
}

impl<G> Clone for RegistryDoor<G> {
    fn clone(&self) -> Self {
        Self { parts: self.parts.clone(), gate: self.gate.clone() }
    }
}

/// Answers of an import, in the order of its batches.
pub type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl<G: Gate> RegistryDoor<G> {
    /// A door with its gate.
    pub fn new(parts: RegistryParts, gate: G) -> Self {
        Self { parts: Arc::new(parts), gate: Arc::new(gate) }
    }

    fn enter<T>(&self, request: &Request<T>, method: &'static str) -> Result<Caller, Status> {
        self.gate.officer(request.metadata(), request.extensions(), method)
    }

    fn answer<T>(&self, outcome: Result<T, RegistryFault>) -> Result<Response<T>, Status> {
        outcome.map(Response::new).map_err(|fault| self.gate.status(&fault))
    }
}

/// Units and lists of one moment: checking a batch by them holds up nobody.
struct InForce {
    units: Arc<Units>,
    specialties: Arc<Specialties>,
    equipment_types: Arc<EquipmentTypes>,
    as_of: Date,
}

impl InForce {
    fn lists(&self) -> Lists<'_> {
        Lists {
            units: &self.units,
            specialties: &self.specialties,
            equipment_types: &self.equipment_types,
            as_of: self.as_of,
        }
    }
}

impl RegistryParts {
    /// The specialties in force.
    pub fn specialties(&self) -> Arc<Specialties> {
        let put = self.engine.world().specialties().cloned();
        put.unwrap_or_else(|| Arc::new(self.specialties.clone()))
    }

    /// The types of equipment in force.
    pub fn equipment_types(&self) -> Arc<EquipmentTypes> {
        let put = self.engine.world().equipment_types().cloned();
        put.unwrap_or_else(|| Arc::new(self.equipment_types.clone()))
    }

    /// What a record is checked against now.
    fn in_force(&self) -> InForce {
        InForce {
            units: self.units(),
            specialties: self.specialties(),
            equipment_types: self.equipment_types(),
            as_of: self.engine.now().date_in_vietnam(),
        }
    }

    /// Takes one of the look-ups by exact number that an officer may make; to be called before a list
    /// whose filter names such a number.
    ///
    /// # Errors
    /// [`RegistryFault::LookupsExhausted`].
    pub fn look_up(&self, caller: &Caller) -> Result<(), RegistryFault> {
        self.lookups
            .take(&caller.id, self.engine.now())
            .map_err(|retry_after| RegistryFault::LookupsExhausted { retry_after })
    }

    /// A copy, so that checking a batch holds up nobody.
    fn units(&self) -> Arc<Units> {
        Arc::clone(self.engine.world().shared_units())
    }
}

impl Caller {
    fn actor(&self) -> Actor {
        Actor::Officer(self.id.clone())
    }

    fn reaches(&self, unit: &UnitCode, units: &Units) -> bool {
        self.within.as_ref().is_none_or(|top| units.is_within(unit, top))
    }
}

macro_rules! unary {
    ($self:ident, $request:ident, $method:literal, $call:ident) => {{
        let caller = $self.enter(&$request, $method)?;
        let outcome = $self.parts.$call($request.into_inner(), &caller).await;
        $self.answer(outcome)
    }};
}

#[tonic::async_trait]
impl<G: Gate> RegistryService for RegistryDoor<G> {
    async fn create_reservist(
        &self,
        request: Request<pb::CreateReservistRequest>,
    ) -> Result<Response<pb::CreateReservistResponse>, Status> {
        unary!(self, request, "CreateReservist", create_reservist)
    }

    async fn get_reservist(
        &self,
        request: Request<pb::GetReservistRequest>,
    ) -> Result<Response<pb::GetReservistResponse>, Status> {
        unary!(self, request, "GetReservist", get_reservist)
    }

    async fn update_reservist(
        &self,
        request: Request<pb::UpdateReservistRequest>,
    ) -> Result<Response<pb::UpdateReservistResponse>, Status> {
        unary!(self, request, "UpdateReservist", update_reservist)
    }

    async fn list_reservists(
        &self,
        request: Request<pb::ListReservistsRequest>,
    ) -> Result<Response<pb::ListReservistsResponse>, Status> {
        unary!(self, request, "ListReservists", list_reservists)
    }

    type ImportReservistsStream = Answers<pb::ImportReservistsResponse>;

    async fn import_reservists(
        &self,
        request: Request<Streaming<pb::ImportReservistsRequest>>,
    ) -> Result<Response<Self::ImportReservistsStream>, Status> {
        let caller = self.enter(&request, "ImportReservists")?;
        Ok(Response::new(self.import(request.into_inner(), caller)))
    }

    async fn start_transfer(
        &self,
        request: Request<pb::StartTransferRequest>,
    ) -> Result<Response<pb::StartTransferResponse>, Status> {
        unary!(self, request, "StartTransfer", start_transfer)
    }

    async fn accept_transfer(
        &self,
        request: Request<pb::AcceptTransferRequest>,
    ) -> Result<Response<pb::AcceptTransferResponse>, Status> {
        unary!(self, request, "AcceptTransfer", accept_transfer)
    }

    async fn reject_transfer(
        &self,
        request: Request<pb::RejectTransferRequest>,
    ) -> Result<Response<pb::RejectTransferResponse>, Status> {
        unary!(self, request, "RejectTransfer", reject_transfer)
    }

    async fn withdraw_transfer(
        &self,
        request: Request<pb::WithdrawTransferRequest>,
    ) -> Result<Response<pb::WithdrawTransferResponse>, Status> {
        unary!(self, request, "WithdrawTransfer", withdraw_transfer)
    }

    async fn list_transfers(
        &self,
        request: Request<pb::ListTransfersRequest>,
    ) -> Result<Response<pb::ListTransfersResponse>, Status> {
        unary!(self, request, "ListTransfers", list_transfers)
    }

    async fn create_equipment(
        &self,
        request: Request<pb::CreateEquipmentRequest>,
    ) -> Result<Response<pb::CreateEquipmentResponse>, Status> {
        unary!(self, request, "CreateEquipment", create_equipment)
    }

    async fn get_equipment(
        &self,
        request: Request<pb::GetEquipmentRequest>,
    ) -> Result<Response<pb::GetEquipmentResponse>, Status> {
        unary!(self, request, "GetEquipment", get_equipment)
    }

    async fn update_equipment(
        &self,
        request: Request<pb::UpdateEquipmentRequest>,
    ) -> Result<Response<pb::UpdateEquipmentResponse>, Status> {
        unary!(self, request, "UpdateEquipment", update_equipment)
    }

    async fn list_equipment(
        &self,
        request: Request<pb::ListEquipmentRequest>,
    ) -> Result<Response<pb::ListEquipmentResponse>, Status> {
        unary!(self, request, "ListEquipment", list_equipment)
    }

    async fn count_records(
        &self,
        request: Request<pb::CountRecordsRequest>,
    ) -> Result<Response<pb::CountRecordsResponse>, Status> {
        unary!(self, request, "CountRecords", count_records)
    }

    async fn erase_record(
        &self,
        request: Request<pb::EraseRecordRequest>,
    ) -> Result<Response<pb::EraseRecordResponse>, Status> {
        unary!(self, request, "EraseRecord", erase_record)
    }

    type ImportEquipmentStream = Answers<pb::ImportEquipmentResponse>;

    async fn import_equipment(
        &self,
        request: Request<Streaming<pb::ImportEquipmentRequest>>,
    ) -> Result<Response<Self::ImportEquipmentStream>, Status> {
        let caller = self.enter(&request, "ImportEquipment")?;
        Ok(Response::new(self.import(request.into_inner(), caller)))
    }
}

#[cfg(test)]
mod tests;
