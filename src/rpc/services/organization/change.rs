//! Reorganizations over the wire: what would move, carrying out, taking back; and a unit's history.

use std::collections::BTreeSet;

use jiff::civil::Date;
use tonic::Status;

use super::Organization;
use crate::domain::code::Code;
use crate::domain::ids::{EndpointNo, UnitCode};
use crate::domain::instant::Instant;
use crate::domain::unit::{Change, Echelon, Units};
use crate::domain::world::{Act, Command, OrderState, Refusal, UndoError, World};
use crate::engine::units::{check_undo, records_under};
use crate::index::{Registry, kind_name};
use crate::rpc::auth::Principal;
use crate::rpc::request::{ask, identified};
use crate::rpc::status::Reject;
use crate::wire::{parse, pb};

pub(super) fn no_unit(code: &UnitCode) -> Status {
    Reject::new(Code::NotFound, "UNIT_UNKNOWN", format!("unit {code} is unknown: check its code"))
        .into()
}

/// All that is kept about one unit; none if there is no such unit.
pub(super) fn history(world: &World, code: &UnitCode) -> Option<pb::GetUnitResponse> {
    let units = world.units();
    let unit = units.get(code)?;
    let current = units.current(code);
    let all = world.reorganizations();
    let own = all.filter(|(index, _recorded)| world.concerned(*index).contains(code));
    let changes = own.map(|(index, recorded)| {
        let mut reorganization = pb::UnitsReorganized::from(&recorded.done);
        reorganization.units.retain(|unit| unit.code == code.as_str());
        pb::UnitHistoryEntry {
            ledger_index: index,
            reorganization: Some(reorganization),
            undone_by_index: recorded.undone_by.unwrap_or_default(),
        }
    });
    let now = units.get(current).unwrap_or(unit);
    let civil = (now.echelon() == Echelon::Commune).then(|| units.province()).flatten();
    Some(pb::GetUnitResponse {
        unit: Some(unit.into()),
        current_code: current.to_string(),
        past: units.past(code).iter().map(past_message).collect(),
        predecessors: units.predecessors(code).map(Into::into).collect(),
        changes: changes.collect(),
        military_line: units.ancestors(code).map(Into::into).collect(),
        civil_line: civil.into_iter().map(Into::into).collect(),
    })
}

fn past_message(past: &crate::domain::unit::Past) -> pb::PastUnit {
    pb::PastUnit { unit: Some((&past.unit).into()), until_date: past.until.to_string() }
}

/// Records under a unit, closed units that lead to it included.
fn records(registry: &Registry, units: &Units, code: &UnitCode) -> Vec<pb::RecordCount> {
    let counted = records_under(registry, units, code).into_iter();
    counted
        .map(|(kind, count)| pb::RecordCount { kind: kind_name(kind).to_owned(), count })
        .collect()
}

/// What belongs to the units of `codes`, which become what `after` says. Records are counted by one of
/// the two maps.
fn impacts(
    world: &World,
    registry: &Registry,
    codes: &BTreeSet<UnitCode>,
    after: &Units,
    counted_by: &Units,
) -> Vec<pb::UnitImpact> {
    let units = world.units();
    let impact = |code: &UnitCode| {
        let then = after.get(after.current(code)).filter(|unit| !unit.is_closed());
        let endpoints = world.endpoints().in_use().filter(|end| end.address.unit == *code);
        let officers = world.trust().into_iter().flat_map(|trust| &trust.bundle.officers);
        pb::UnitImpact {
            unit_code: code.to_string(),
            unit_name: units.get(code).map(|unit| unit.name.clone()).unwrap_or_default(),
            then_code: then.map(|unit| unit.code.to_string()).unwrap_or_default(),
            records: records(registry, counted_by, code),
            endpoints: endpoints.map(|end| end.address.to_string()).collect(),
            officer_ids: officers
                .filter(|officer| officer.unit == *code)
                .map(|officer| officer.id.to_string())
                .collect(),
        }
    };
    codes.iter().map(impact).collect()
}

/// The orders not closed that have an endpoint of these units among their recipients.
fn orders(world: &World, codes: &BTreeSet<UnitCode>, now: Instant) -> Vec<pb::TouchedOrder> {
    let own = world.endpoints().iter().filter(|end| codes.contains(&end.address.unit));
    let own: Vec<_> = own.map(|end| end.no).collect();
    let touched = world.orders().filter_map(|file| {
        let state = file.state(now);
        let is_open =
            matches!(state, OrderState::Drafted | OrderState::Signed | OrderState::Issued);
        let endpoints = own.iter().filter(|no| file.order.audience.contains(**no)).count();
        (is_open && endpoints > 0).then(|| pb::TouchedOrder {
            order_id: file.order.id.to_string(),
            number_text: file.order.number_text(),
            state: state.as_str().to_owned(),
            endpoints: u32::try_from(endpoints).unwrap_or(u32::MAX),
        })
    });
    touched.collect()
}

impl Organization {
    pub(super) async fn change(
        &self,
        caller: &Principal,
        message: &pb::ChangeUnitsRequest,
    ) -> Result<pb::ChangeUnitsResponse, Status> {
        let id = identified("ChangeUnits", &message.request_id, message)?;
        let wanted = message.change.as_ref();
        let wanted = wanted.ok_or_else(|| crate::wire::WireError::missing("change"))?;
        let change: Change = wanted.try_into()?;
        let effective: Date = parse("effective_date", &message.effective_date)?;
        let document = message.document.clone();
        let preview = self.preview(&change, effective);
        if message.validate_only {
            return Ok(preview?);
        }
        let command = Command::ChangeUnits { change, effective, document, force: message.force };
        let committed = self.0.engine.submit(ask(caller, Some(id), command)?).await?;
        let ledger_index = committed.ledger_index;
        // Of a repeated request it is known what was done, not what moved then.
        let units = self
            .0
            .engine
            .world()
            .reorganization(ledger_index)
            .map(|own| own.done.units.iter().map(Into::into).collect());
        let preview = preview.ok().filter(|_known| !committed.repeated).unwrap_or_default();
        let units = units.unwrap_or_default();
        Ok(pb::ChangeUnitsResponse { ledger_index, units, ..preview })
    }

    fn preview(
        &self,
        change: &Change,
        effective: Date,
    ) -> Result<pb::ChangeUnitsResponse, Refusal> {
        let world = self.0.engine.world();
        let planned = world.units().plan(change, effective)?;
        let placed = world.plan_endpoints(change, &planned)?;
        let codes = planned.iter().map(|unit| unit.code.clone()).collect();
        let mut after = world.units().clone();
        after.reorganize(&planned, effective)?;
        let registry = self.0.engine.registry();
        let impacts = impacts(&world, &registry, &codes, &after, world.units());
        let stranded = impacts.iter().filter(|impact| impact.then_code.is_empty());
        let stranded = stranded.flat_map(|impact| &impact.records).map(|own| own.count);
        Ok(pb::ChangeUnitsResponse {
            ledger_index: 0,
            units: planned.iter().map(Into::into).collect(),
            stranded_records: stranded.sum(),
            new_endpoints: placed.iter().map(|own| own.address.to_string()).collect(),
            impacts,
            orders: orders(&world, &codes, self.0.engine.now()),
        })
    }

    pub(super) async fn undo(
        &self,
        caller: &Principal,
        message: &pb::UndoUnitChangeRequest,
    ) -> Result<pb::UndoUnitChangeResponse, Status> {
        let id = identified("UndoUnitChange", &message.request_id, message)?;
        let entry = message.ledger_index;
        let preview = self.preview_undo(entry);
        if message.validate_only {
            return Ok(preview.map_err(Refusal::from)?);
        }
        let command = Command::UndoUnits { entry, document: message.document.clone() };
        let committed = self.0.engine.submit(ask(caller, Some(id), command)?).await?;
        let ledger_index = committed.ledger_index;
        self.end_retired(ledger_index);
        let preview = preview.unwrap_or_default();
        Ok(pb::UndoUnitChangeResponse { ledger_index, ..preview })
    }

    fn preview_undo(&self, entry: u64) -> Result<pb::UndoUnitChangeResponse, UndoError> {
        let world = self.0.engine.world();
        let left = world.plan_undo(entry)?;
        let recorded = world.reorganization(entry).ok_or(UndoError::NoChange { entry })?;
        let registry = self.0.engine.registry();
        check_undo(&world, &registry, entry)?;
        // What was merged into a unit leaves it again; what a unit was put under stays as it is.
        let named = match &recorded.done.act {
            Act::Change(Change::Move { .. }) | Act::Undo { .. } => Vec::new(),
            Act::Change(change) => change.names(),
        };
        let codes = recorded.done.units.iter().map(|unit| &unit.code).chain(named);
        let codes: BTreeSet<UnitCode> = codes.cloned().collect();
        let mut after = world.units().clone();
        after.restore(&recorded.done.units);
        let retired = world.placed_by(entry);
        Ok(pb::UndoUnitChangeResponse {
            ledger_index: 0,
            retired_endpoints: retired.iter().map(|own| own.address.to_string()).collect(),
            units: left.iter().map(Into::into).collect(),
            impacts: impacts(&world, &registry, &codes, &after, &after),
            orders: orders(&world, &codes, self.0.engine.now()),
        })
    }

    /// The terminals of what an undoing took out of use are off.
    fn end_retired(&self, undoing: u64) {
        let retired: Vec<EndpointNo> = {
            let world = self.0.engine.world();
            let done = world.reorganization(undoing).map(|own| &own.done);
            let done = done.filter(|done| matches!(done.act, Act::Undo { .. }));
            done.into_iter().flat_map(|done| &done.endpoints).map(|own| own.no).collect()
        };
        retired.into_iter().for_each(|no| self.0.end_terminal(no, None));
    }
}
