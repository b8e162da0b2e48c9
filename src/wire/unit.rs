//! Units, lines and addresses.

mod change;

use std::str::FromStr;

use crate::domain::endpoint::{Address, Line};
use crate::domain::ids::UnitCode;
use crate::domain::unit::{Echelon, Former, ParentBasis, UNIT_LINKS_MAX, Unit, UnitKind};
use crate::wire::{WireError, parse, pb};

impl From<Echelon> for pb::Echelon {
    fn from(echelon: Echelon) -> Self {
        match echelon {
            Echelon::Province => Self::Province,
            Echelon::Area => Self::Area,
            Echelon::District => Self::District,
            Echelon::Commune => Self::Commune,
            Echelon::Base => Self::Base,
        }
    }
}

/// An echelon field.
///
/// # Errors
/// When unspecified or unknown.
pub fn echelon(value: i32) -> Result<Echelon, WireError> {
    match pb::Echelon::try_from(value) {
        Ok(pb::Echelon::Province) => Ok(Echelon::Province),
        Ok(pb::Echelon::Area) => Ok(Echelon::Area),
        Ok(pb::Echelon::District) => Ok(Echelon::District),
        Ok(pb::Echelon::Commune) => Ok(Echelon::Commune),
        Ok(pb::Echelon::Base) => Ok(Echelon::Base),
        Ok(pb::Echelon::Unspecified) | Err(_) => Err(unknown("echelon", value)),
    }
}

impl From<UnitKind> for pb::UnitKind {
    fn from(kind: UnitKind) -> Self {
        match kind {
            UnitKind::ProvincialCommand => Self::ProvincialCommand,
            UnitKind::DefensiveAreaCommand => Self::DefensiveAreaCommand,
            UnitKind::DistrictCommand => Self::DistrictCommand,
            UnitKind::Township => Self::Township,
            UnitKind::Commune => Self::Commune,
            UnitKind::Ward => Self::Ward,
            UnitKind::SelfDefenseBase => Self::SelfDefenseBase,
            UnitKind::CommuneMilitia => Self::CommuneMilitia,
        }
    }
}

fn unit_kind(value: i32) -> Result<UnitKind, WireError> {
    match pb::UnitKind::try_from(value) {
        Ok(pb::UnitKind::ProvincialCommand) => Ok(UnitKind::ProvincialCommand),
        Ok(pb::UnitKind::DefensiveAreaCommand) => Ok(UnitKind::DefensiveAreaCommand),
        Ok(pb::UnitKind::DistrictCommand) => Ok(UnitKind::DistrictCommand),
        Ok(pb::UnitKind::Township) => Ok(UnitKind::Township),
        Ok(pb::UnitKind::Commune) => Ok(UnitKind::Commune),
        Ok(pb::UnitKind::Ward) => Ok(UnitKind::Ward),
        Ok(pb::UnitKind::SelfDefenseBase) => Ok(UnitKind::SelfDefenseBase),
        Ok(pb::UnitKind::CommuneMilitia) => Ok(UnitKind::CommuneMilitia),
        Ok(pb::UnitKind::Unspecified) | Err(_) => Err(unknown("kind", value)),
    }
}

impl From<Line> for pb::Line {
    fn from(line: Line) -> Self {
        match line {
            Line::Military => Self::Military,
            Line::Civil => Self::Civil,
        }
    }
}

/// A line field.
///
/// # Errors
/// When unspecified or unknown.
pub fn line(value: i32) -> Result<Line, WireError> {
    match pb::Line::try_from(value) {
        Ok(pb::Line::Military) => Ok(Line::Military),
        Ok(pb::Line::Civil) => Ok(Line::Civil),
        Ok(pb::Line::Unspecified) | Err(_) => Err(unknown("line", value)),
    }
}

/// A unit and a line as an address.
///
/// # Errors
/// When either is not valid.
pub fn address(unit_code: &str, line_value: i32) -> Result<Address, WireError> {
    Ok(Address { unit: parse("unit_code", unit_code)?, line: line(line_value)? })
}

impl From<ParentBasis> for pb::ParentBasis {
    fn from(basis: ParentBasis) -> Self {
        match basis {
            ParentBasis::Sourced => Self::Sourced,
            ParentBasis::Assumed => Self::Assumed,
            ParentBasis::Weak => Self::Weak,
        }
    }
}

/// A basis field; not said is sourced.
fn basis(field: &'static str, value: i32) -> Result<ParentBasis, WireError> {
    match pb::ParentBasis::try_from(value) {
        Ok(pb::ParentBasis::Unspecified | pb::ParentBasis::Sourced) => Ok(ParentBasis::Sourced),
        Ok(pb::ParentBasis::Assumed) => Ok(ParentBasis::Assumed),
        Ok(pb::ParentBasis::Weak) => Ok(ParentBasis::Weak),
        Err(_) => Err(unknown(field, value)),
    }
}

fn written(codes: &[UnitCode]) -> Vec<String> {
    codes.iter().map(ToString::to_string).collect()
}

fn codes(field: &'static str, texts: &[String]) -> Result<Vec<UnitCode>, WireError> {
    if texts.len() > UNIT_LINKS_MAX {
        let fault = format!("has {} entries, at most {UNIT_LINKS_MAX} may be", texts.len());
        return Err(WireError::new(field, fault));
    }
    texts.iter().map(|text| parse(field, text)).collect()
}

impl From<&Unit> for pb::Unit {
    fn from(unit: &Unit) -> Self {
        let former = &unit.former;
        // Says nothing where there is nothing to say: the bytes of ledgers of old stay as they are.
        let successor_basis = match former.successor_basis {
            ParentBasis::Sourced => pb::ParentBasis::Unspecified,
            other => other.into(),
        };
        Self {
            code: unit.code.to_string(),
            name: unit.name.clone(),
            echelon: pb::Echelon::from(unit.echelon()).into(),
            kind: pb::UnitKind::from(unit.kind).into(),
            parent_code: unit.parent.as_ref().map(ToString::to_string).unwrap_or_default(),
            parent_basis: pb::ParentBasis::from(unit.parent_basis).into(),
            area_hectares: unit.area_hectares,
            population: unit.population,
            valid_from: unit.valid_from.map(|day| day.to_string()).unwrap_or_default(),
            valid_to: unit.valid_to.map(|day| day.to_string()).unwrap_or_default(),
            successor_codes: written(&former.successors),
            successor_basis: successor_basis.into(),
            other_parent_codes: written(&former.other_parents),
            official_code: former
                .official_code
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
        }
    }
}

impl TryFrom<&pb::Unit> for Unit {
    type Error = WireError;
    fn try_from(message: &pb::Unit) -> Result<Self, WireError> {
        let kind = unit_kind(message.kind)?;
        if message.echelon != 0 && echelon(message.echelon)? != kind.echelon() {
            return Err(WireError::new("echelon", "does not fit the kind"));
        }
        Ok(Self {
            code: parse("code", &message.code)?,
            name: message.name.clone(),
            kind,
            parent: optional("parent_code", &message.parent_code)?,
            parent_basis: basis("parent_basis", message.parent_basis)?,
            area_hectares: message.area_hectares,
            population: message.population,
            valid_from: optional("valid_from", &message.valid_from)?,
            valid_to: optional("valid_to", &message.valid_to)?,
            former: Former {
                successors: codes("successor_codes", &message.successor_codes)?,
                successor_basis: basis("successor_basis", message.successor_basis)?,
                other_parents: codes("other_parent_codes", &message.other_parent_codes)?,
                official_code: optional("official_code", &message.official_code)?,
            },
        })
    }
}

/// A text field that may be empty.
pub(crate) fn optional<T: FromStr>(field: &'static str, text: &str) -> Result<Option<T>, WireError>
where
    T::Err: ToString,
{
    if text.is_empty() { Ok(None) } else { parse(field, text).map(Some) }
}

/// The fault of an enum value that must be one of those known.
pub(crate) fn unknown(field: &'static str, value: i32) -> WireError {
    WireError::new(field, format!("has the value {value}, which is unspecified or unknown"))
}
