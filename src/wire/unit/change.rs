//! Reorganizations of units.

use super::{address, basis, codes, unit_kind, written};
use crate::domain::ids::EndpointNo;
use crate::domain::unit::{CHANGE_UNITS_MAX, Change, UNIT_LINKS_MAX, Unit};
use crate::domain::world::{Act, Placed, Reorganization};
use crate::wire::pb::unit_change::Change as Wire;
use crate::wire::pb::units_reorganized::Act as WireAct;
use crate::wire::{WireError, parse, pb};

impl From<&Change> for pb::UnitChange {
    fn from(change: &Change) -> Self {
        let change = match change {
            Change::Merge { units, into, new } => Wire::Merge(pb::MergeUnits {
                unit_codes: written(units),
                into_code: into.to_string(),
                new_unit: new.as_deref().map(Into::into),
            }),
            Change::Split { unit, parts, ends } => Wire::Split(pb::SplitUnit {
                unit_code: unit.to_string(),
                parts: parts.iter().map(Into::into).collect(),
                ends: *ends,
            }),
            Change::Rename { unit, name, kind } => Wire::Rename(pb::RenameUnit {
                unit_code: unit.to_string(),
                name: name.clone(),
                kind: kind.map(|kind| pb::UnitKind::from(kind).into()).unwrap_or_default(),
            }),
            Change::Move { unit, parent, basis } => Wire::Move(pb::MoveUnit {
                unit_code: unit.to_string(),
                parent_code: parent.to_string(),
                parent_basis: pb::ParentBasis::from(*basis).into(),
            }),
            Change::Close { unit, successors } => Wire::Close(pb::CloseUnit {
                unit_code: unit.to_string(),
                successor_codes: written(successors),
            }),
        };
        Self { change: Some(change) }
    }
}

impl TryFrom<&pb::UnitChange> for Change {
    type Error = WireError;
    fn try_from(message: &pb::UnitChange) -> Result<Self, WireError> {
        Ok(match message.change.as_ref().ok_or_else(|| WireError::missing("change"))? {
            Wire::Merge(merge) => {
                bounded("unit_codes", merge.unit_codes.len(), CHANGE_UNITS_MAX)?;
                let units = merge.unit_codes.iter().map(|code| parse("unit_codes", code));
                let new = merge.new_unit.as_ref().map(Unit::try_from).transpose()?;
                Self::Merge {
                    units: units.collect::<Result<_, _>>()?,
                    into: parse("into_code", &merge.into_code)?,
                    new: new.map(Box::new),
                }
            }
            Wire::Split(split) => {
                bounded("parts", split.parts.len(), UNIT_LINKS_MAX)?;
                let parts = split.parts.iter().map(TryInto::try_into);
                Self::Split {
                    unit: parse("unit_code", &split.unit_code)?,
                    parts: parts.collect::<Result<_, _>>()?,
                    ends: split.ends,
                }
            }
            Wire::Rename(rename) => Self::Rename {
                unit: parse("unit_code", &rename.unit_code)?,
                name: rename.name.clone(),
                kind: if rename.kind == 0 { None } else { Some(unit_kind(rename.kind)?) },
            },
            Wire::Move(moved) => Self::Move {
                unit: parse("unit_code", &moved.unit_code)?,
                parent: parse("parent_code", &moved.parent_code)?,
                basis: basis("parent_basis", moved.parent_basis)?,
            },
            Wire::Close(close) => Self::Close {
                unit: parse("unit_code", &close.unit_code)?,
                successors: codes("successor_codes", &close.successor_codes)?,
            },
        })
    }
}

/// Two lines for each unit that a change may touch, twice over.
const PLACED_MAX: usize = 4 * CHANGE_UNITS_MAX;

fn placed_to_message(placed: &Placed) -> pb::PlacedEndpoint {
    pb::PlacedEndpoint {
        number: placed.no.number(),
        unit_code: placed.address.unit.to_string(),
        line: pb::Line::from(placed.address.line).into(),
    }
}

fn placed(message: &pb::PlacedEndpoint) -> Result<Placed, WireError> {
    let address = address(&message.unit_code, message.line)?;
    Ok(Placed { no: EndpointNo::new(message.number), address })
}

fn bounded(field: &'static str, len: usize, max: usize) -> Result<(), WireError> {
    if len <= max {
        Ok(())
    } else {
        Err(WireError::new(field, format!("has {len} entries, at most {max} may be")))
    }
}

impl From<&Reorganization> for pb::UnitsReorganized {
    fn from(done: &Reorganization) -> Self {
        let act = match &done.act {
            Act::Change(change) => WireAct::Change(change.into()),
            Act::Undo { entry } => WireAct::UndoneIndex(*entry),
        };
        Self {
            act: Some(act),
            effective_date: done.effective.to_string(),
            units: done.units.iter().map(Into::into).collect(),
            document: done.document.clone(),
            endpoints: done.endpoints.iter().map(placed_to_message).collect(),
        }
    }
}

impl TryFrom<&pb::UnitsReorganized> for Reorganization {
    type Error = WireError;
    fn try_from(message: &pb::UnitsReorganized) -> Result<Self, WireError> {
        bounded("units", message.units.len(), CHANGE_UNITS_MAX)?;
        let act = match message.act.as_ref().ok_or_else(|| WireError::missing("act"))? {
            WireAct::Change(change) => Act::Change(change.try_into()?),
            WireAct::UndoneIndex(entry) => Act::Undo { entry: *entry },
        };
        bounded("endpoints", message.endpoints.len(), PLACED_MAX)?;
        let units = message.units.iter().map(TryInto::try_into);
        Ok(Self {
            endpoints: message.endpoints.iter().map(placed).collect::<Result<_, _>>()?,
            act,
            effective: parse("effective_date", &message.effective_date)?,
            units: units.collect::<Result<_, _>>()?,
            document: message.document.clone(),
        })
    }
}
