//! `OrganizationService`: units and endpoints.

mod change;
mod in_use;

use jiff::civil::Date;
use tonic::{Request, Response, Status};

use crate::domain::endpoint::{Address, Endpoint, EndpointError};
use crate::domain::ids::{EndpointNo, UnitCode};
use crate::domain::registry::LIST_LEN_MAX;
use crate::domain::unit::Unit;
use crate::domain::world::{Command, Refusal, World};
use crate::rpc::auth::caller;
use crate::rpc::request::{ask, identified, page_after, page_size};
use crate::rpc::services::codes::Codes;
use crate::rpc::services::{Doors, Presence};
use crate::wire::code_list::{equipment_types, specialties};
use crate::wire::unit::{address, optional};
use crate::wire::{WireError, parse, pb, timestamp};
use in_use::{Outcome, Used};
use pb::organization_service_server::OrganizationService;

const UNITS_PER_REQUEST_MAX: usize = 500;
const ENDPOINTS_PER_REQUEST_MAX: usize = 1_000;
const PAGE_MAX: usize = 1_000;

/// The service.
#[derive(Debug, Clone)]
pub struct Organization(pub Doors);

/// An endpoint as it is shown.
pub(super) fn endpoint_message(endpoint: &Endpoint, presence: &dyn Presence) -> pb::Endpoint {
    let heard = presence.state(endpoint.no);
    let terminal = endpoint.terminal.as_ref();
    pb::Endpoint {
        number: endpoint.no.number(),
        address: endpoint.address.to_string(),
        unit_code: endpoint.address.unit.to_string(),
        line: pb::Line::from(endpoint.address.line).into(),
        enrolled: terminal.is_some(),
        connected: heard.is_some_and(|heard| heard.connected),
        last_heard_time: heard.map(|heard| timestamp(heard.last_heard_at)),
        certificate_not_after_time: terminal.map(|t| timestamp(t.certificate_not_after)),
        retired: endpoint.is_retired,
    }
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

fn within(field: &'static str, len: usize, max: usize) -> Result<(), WireError> {
    if (1..=max).contains(&len) {
        Ok(())
    } else {
        Err(WireError::new(field, format!("has {len} entries, expected 1 to {max}")))
    }
}

/// What putting these units will do to the world as it is shown now.
fn put_outcome(world: &World, units: &[Unit]) -> pb::PutUnitsResponse {
    let mut outcome = pb::PutUnitsResponse::default();
    for unit in units {
        match world.units().get(&unit.code) {
            None => outcome.created += 1,
            Some(present) if present == unit => outcome.unchanged += 1,
            Some(_other) => outcome.updated += 1,
        }
    }
    outcome
}

#[tonic::async_trait]
impl OrganizationService for Organization {
    async fn put_units(
        &self,
        request: Request<pb::PutUnitsRequest>,
    ) -> Result<Response<pb::PutUnitsResponse>, Status> {
        let caller = caller(&request)?;
        let message = request.into_inner();
        let id = identified("PutUnits", &message.request_id, &message)?;
        within("units", message.units.len(), UNITS_PER_REQUEST_MAX)?;
        let units: Vec<Unit> =
            message.units.iter().map(TryInto::try_into).collect::<Result<_, WireError>>()?;
        let outcome = put_outcome(&self.0.engine.world(), &units);
        let unchanged = count(units.len());
        let command = Command::PutUnits(units);
        let committed = self.0.engine.submit(ask(&caller, Some(id), command)?).await?;
        let repeated =
            pb::PutUnitsResponse { unchanged, repeated: true, ..pb::PutUnitsResponse::default() };
        Ok(Response::new(if committed.repeated { repeated } else { outcome }))
    }

    async fn put_specialties(
        &self,
        request: Request<pb::PutSpecialtiesRequest>,
    ) -> Result<Response<pb::PutSpecialtiesResponse>, Status> {
        let caller = caller(&request)?;
        let message = request.into_inner();
        let id = identified("PutSpecialties", &message.request_id, &message)?;
        within("specialties", message.specialties.len(), LIST_LEN_MAX)?;
        let list = specialties(&message.specialties)?;
        let before = Codes::in_force(&self.0.engine.world()).specialties;
        let Outcome { created, updated, unchanged, removed } =
            Outcome::of_specialties(&before, &list);
        let in_use = Used::specialties(&self.0.engine.registry(), &removed);
        if !message.validate_only && !message.drop_used && !in_use.is_empty() {
            return Err(in_use::specialties_in_use(&in_use).into());
        }
        if !message.validate_only {
            let command = Command::PutSpecialties(list);
            self.0.engine.submit(ask(&caller, Some(id), command)?).await?;
        }
        let in_use = in_use.into_iter().map(Into::into).collect();
        let removed = count(removed.len());
        let done = pb::PutSpecialtiesResponse { created, updated, unchanged, removed, in_use };
        Ok(Response::new(done))
    }

    async fn list_specialties(
        &self,
        _request: Request<pb::ListSpecialtiesRequest>,
    ) -> Result<Response<pb::ListSpecialtiesResponse>, Status> {
        let world = self.0.engine.world();
        let specialties = Codes::in_force(&world).specialties.iter().map(Into::into).collect();
        let shipped = world.specialties().is_none();
        Ok(Response::new(pb::ListSpecialtiesResponse { specialties, shipped }))
    }

    async fn put_equipment_types(
        &self,
        request: Request<pb::PutEquipmentTypesRequest>,
    ) -> Result<Response<pb::PutEquipmentTypesResponse>, Status> {
        let caller = caller(&request)?;
        let message = request.into_inner();
        let id = identified("PutEquipmentTypes", &message.request_id, &message)?;
        within("equipment_types", message.equipment_types.len(), LIST_LEN_MAX)?;
        let list = equipment_types(&message.equipment_types)?;
        let before = Codes::in_force(&self.0.engine.world()).equipment_types;
        let Outcome { created, updated, unchanged, removed } = Outcome::of_types(&before, &list);
        let in_use = Used::types(&self.0.engine.registry(), &removed);
        if !message.validate_only && !message.drop_used && !in_use.is_empty() {
            return Err(in_use::types_in_use(&in_use).into());
        }
        if !message.validate_only {
            let command = Command::PutEquipmentTypes(list);
            self.0.engine.submit(ask(&caller, Some(id), command)?).await?;
        }
        let in_use = in_use.into_iter().map(Into::into).collect();
        let removed = count(removed.len());
        let done = pb::PutEquipmentTypesResponse { created, updated, unchanged, removed, in_use };
        Ok(Response::new(done))
    }

    async fn list_equipment_types(
        &self,
        _request: Request<pb::ListEquipmentTypesRequest>,
    ) -> Result<Response<pb::ListEquipmentTypesResponse>, Status> {
        let world = self.0.engine.world();
        let types = Codes::in_force(&world).equipment_types;
        let equipment_types = types.iter().map(Into::into).collect();
        let shipped = world.equipment_types().is_none();
        Ok(Response::new(pb::ListEquipmentTypesResponse { equipment_types, shipped }))
    }

    async fn list_units(
        &self,
        request: Request<pb::ListUnitsRequest>,
    ) -> Result<Response<pb::ListUnitsResponse>, Status> {
        let message = request.into_inner();
        let size = page_size(message.page_size, PAGE_MAX, PAGE_MAX)?;
        let after: Option<UnitCode> = page_after(&message.page_token)?;
        let on_date: Option<Date> = optional("on_date", &message.on_date)?;
        if on_date.is_some() && message.include_closed {
            let fault = "is not for a day: by the map of then nothing is closed";
            return Err(WireError::new("include_closed", fault).into());
        }
        let world = self.0.engine.world();
        let then = on_date.map(|day| world.units().on(day));
        let wanted = |unit: &&Unit| {
            after.as_ref().is_none_or(|after| unit.code > *after)
                && (message.include_closed || !unit.is_closed())
        };
        let mut rest = then.as_ref().unwrap_or_else(|| world.units()).iter().filter(wanted);
        let units: Vec<pb::Unit> = rest.by_ref().take(size).map(Into::into).collect();
        let last = units.last().filter(|_page| rest.next().is_some());
        let next_page_token = last.map(|unit| unit.code.clone()).unwrap_or_default();
        Ok(Response::new(pb::ListUnitsResponse { units, next_page_token }))
    }

    async fn get_unit(
        &self,
        request: Request<pb::GetUnitRequest>,
    ) -> Result<Response<pb::GetUnitResponse>, Status> {
        let code: UnitCode = parse("unit_code", &request.get_ref().unit_code)?;
        let found = change::history(&self.0.engine.world(), &code);
        found.map(Response::new).ok_or_else(|| change::no_unit(&code))
    }

    async fn change_units(
        &self,
        request: Request<pb::ChangeUnitsRequest>,
    ) -> Result<Response<pb::ChangeUnitsResponse>, Status> {
        let caller = caller(&request)?;
        self.change(&caller, &request.into_inner()).await.map(Response::new)
    }

    async fn undo_unit_change(
        &self,
        request: Request<pb::UndoUnitChangeRequest>,
    ) -> Result<Response<pb::UndoUnitChangeResponse>, Status> {
        let caller = caller(&request)?;
        self.undo(&caller, &request.into_inner()).await.map(Response::new)
    }

    async fn add_endpoints(
        &self,
        request: Request<pb::AddEndpointsRequest>,
    ) -> Result<Response<pb::AddEndpointsResponse>, Status> {
        let caller = caller(&request)?;
        let message = request.into_inner();
        let id = identified("AddEndpoints", &message.request_id, &message)?;
        within("endpoints", message.endpoints.len(), ENDPOINTS_PER_REQUEST_MAX)?;
        let wanted = message.endpoints.iter();
        let addresses: Vec<Address> = wanted
            .map(|wanted| address(&wanted.unit_code, wanted.line))
            .collect::<Result<_, _>>()?;
        let command = Command::AddEndpoints(addresses.clone());
        let committed = self.0.engine.submit(ask(&caller, Some(id), command)?).await?;
        let world = self.0.engine.world();
        let endpoints = addresses.iter().filter_map(|address| world.endpoints().at(address));
        Ok(Response::new(pb::AddEndpointsResponse {
            endpoints: endpoints.map(|e| endpoint_message(e, &*self.0.presence)).collect(),
            ledger_index: committed.ledger_index,
        }))
    }

    async fn retire_endpoint(
        &self,
        request: Request<pb::RetireEndpointRequest>,
    ) -> Result<Response<pb::RetireEndpointResponse>, Status> {
        let caller = caller(&request)?;
        let message = request.into_inner();
        let id = identified("RetireEndpoint", &message.request_id, &message)?;
        let address: Address = parse("address", &message.address)?;
        let (document, force, retired) = (message.document, message.force, address.clone());
        let command = Command::RetireEndpoint { address, document, force };
        let committed = self.0.engine.submit(ask(&caller, Some(id), command)?).await?;
        let gone = {
            let world = self.0.engine.world();
            let gone = |own: &&Endpoint| own.is_retired && own.address == retired;
            world.endpoints().iter().filter(gone).last().map(|own| own.no)
        };
        gone.into_iter().for_each(|no| self.0.end_terminal(no, None));
        let (ledger_index, number) = (committed.ledger_index, gone.map_or(0, EndpointNo::number));
        Ok(Response::new(pb::RetireEndpointResponse { ledger_index, number }))
    }

    async fn list_endpoints(
        &self,
        request: Request<pb::ListEndpointsRequest>,
    ) -> Result<Response<pb::ListEndpointsResponse>, Status> {
        let message = request.into_inner();
        let size = page_size(message.page_size, PAGE_MAX, PAGE_MAX)?;
        let after = page_after::<u32>(&message.page_token)?.unwrap_or(0);
        let top: Option<UnitCode> = match message.unit_code.as_str() {
            "" => None,
            code => Some(parse("unit_code", code)?),
        };
        let world = self.0.engine.world();
        let units = world.units();
        if let Some(unit) = top.clone().filter(|top| units.get(top).is_none()) {
            return Err(Refusal::from(EndpointError::UnknownUnit { unit }).into());
        }
        let under = |endpoint: &&Endpoint| {
            let unit = &endpoint.address.unit;
            top.as_ref().is_none_or(|top| units.is_within(unit, top))
        };
        let all = world.endpoints().iter();
        let mut rest = all.filter(|endpoint| endpoint.no.number() > after).filter(under);
        let presence = &*self.0.presence;
        let page = rest.by_ref().take(size).map(|endpoint| endpoint_message(endpoint, presence));
        let endpoints: Vec<pb::Endpoint> = page.collect();
        let last = endpoints.last().filter(|_page| rest.next().is_some());
        let next_page_token = last.map(|last| last.number.to_string()).unwrap_or_default();
        Ok(Response::new(pb::ListEndpointsResponse { endpoints, next_page_token }))
    }
}
