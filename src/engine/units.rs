//! What lies under units that are to end or to go.
//!
//! Asked by the owner right before it carries out a reorganization, so that no record can move in
//! between the look and the deed, and by the door for its previews. The world alone cannot tell: it does
//! not know where records are.

use crate::domain::ids::UnitCode;
use crate::domain::unit::{Change, Unit, Units};
use crate::domain::world::{Act, Command, RecordKind, Refusal, UndoError, World};
use crate::index::{Registry, kind_name};
use crate::wire::registry::{Facet, Value};

/// How many records are under a unit, closed units that lead to it included; kinds without any are
/// left out.
pub fn records_under(
    registry: &Registry,
    units: &Units,
    code: &UnitCode,
) -> Vec<(RecordKind, u64)> {
    let leads_here = |unit: &&Unit| units.is_within(units.current(&unit.code), code);
    let codes: Vec<Value> = units
        .iter()
        .filter(leads_here)
        .map(|unit| Value::Code(unit.code.as_str().into()))
        .collect();
    let counted = RecordKind::ALL.into_iter().filter_map(|kind| {
        let table = registry.table(kind);
        let count = codes.iter().map(|unit| table.count_of(Facet::Unit, unit)).sum();
        (count > 0).then_some((kind, count))
    });
    counted.collect()
}

/// How many records were entered under a unit by its own code.
fn records_of(registry: &Registry, code: &UnitCode) -> Vec<(RecordKind, u64)> {
    let own = Value::Code(code.as_str().into());
    let counted = RecordKind::ALL.into_iter().filter_map(|kind| {
        let count = registry.table(kind).count_of(Facet::Unit, &own);
        (count > 0).then_some((kind, count))
    });
    counted.collect()
}

/// Whether what a command does to units leaves no record where nobody reaches it.
///
/// # Errors
/// [`Refusal::UnitStrands`], [`UndoError::RecordsRest`].
pub fn check_records(world: &World, registry: &Registry, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::ChangeUnits { change: Change::Close { unit, successors }, force, .. }
            if successors.is_empty() && !force =>
        {
            check_close(world, registry, unit)
        }
        Command::UndoUnits { entry, .. } => Ok(check_undo(world, registry, *entry)?),
        _touches_no_unit => Ok(()),
    }
}

/// Refuses to end a unit whose people and means nobody could call after that.
fn check_close(world: &World, registry: &Registry, unit: &UnitCode) -> Result<(), Refusal> {
    let records =
        records_under(registry, world.units(), unit).iter().map(|(_kind, count)| count).sum();
    let endpoints = world.endpoints().in_use().filter(|own| own.address.unit == *unit).count();
    if records == 0 && endpoints == 0 {
        return Ok(());
    }
    Err(Refusal::UnitStrands { unit: unit.clone(), records, endpoints })
}

/// A unit that was made goes only while nothing was entered under it by its own code.
///
/// # Errors
/// [`UndoError::RecordsRest`].
pub fn check_undo(world: &World, registry: &Registry, entry: u64) -> Result<(), UndoError> {
    let Some(recorded) = world.reorganization(entry) else { return Ok(()) };
    if !matches!(recorded.done.act, Act::Change(_)) || recorded.undone_by.is_some() {
        return Ok(());
    }
    let mut made =
        recorded.done.units.iter().filter(|unit| world.units().past(&unit.code).is_empty());
    let rests = made.find_map(|unit| {
        let (kind, count) = records_of(registry, &unit.code).into_iter().next()?;
        Some(UndoError::RecordsRest { unit: unit.code.clone(), count, kind: kind_name(kind) })
    });
    rests.map_or(Ok(()), Err)
}
