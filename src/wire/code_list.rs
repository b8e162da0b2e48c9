//! The lists of codes, military specialties and types of equipment, as they travel and as the ledger has
//! them.

use crate::domain::registry::{
    EquipmentClass, EquipmentType, EquipmentTypes, LIST_NAME_CHARS_MAX, NEAR_MAX, OTHER_NAMES_MAX,
    Specialties, Specialty,
};
use crate::domain::text::clean;
use crate::wire::{WireError, parse, pb};

impl From<&Specialty> for pb::Specialty {
    fn from(specialty: &Specialty) -> Self {
        Self {
            code: specialty.code.to_string(),
            name: specialty.name.clone(),
            near: specialty.near.iter().map(ToString::to_string).collect(),
        }
    }
}

impl TryFrom<&pb::Specialty> for Specialty {
    type Error = WireError;

    fn try_from(message: &pb::Specialty) -> Result<Self, WireError> {
        if message.near.len() > NEAR_MAX {
            return Err(WireError::new("near", "names more than 20 specialties"));
        }
        let near = message.near.iter().map(|code| parse("near", code));
        Ok(Self {
            code: parse("code", &message.code)?,
            name: name("name", &message.name)?,
            near: near.collect::<Result<_, _>>()?,
        })
    }
}

impl From<&EquipmentType> for pb::EquipmentType {
    fn from(kind: &EquipmentType) -> Self {
        Self {
            code: kind.code.to_string(),
            name: kind.name.clone(),
            other_names: kind.other_names.clone(),
            equipment_class: kind.class.number().into(),
        }
    }
}

impl TryFrom<&pb::EquipmentType> for EquipmentType {
    type Error = WireError;

    fn try_from(message: &pb::EquipmentType) -> Result<Self, WireError> {
        if message.other_names.len() > OTHER_NAMES_MAX {
            return Err(WireError::new("other_names", "are more than 5"));
        }
        if message.other_names.iter().any(|name| name.contains([',', ';'])) {
            // In a spreadsheet these part one name from the next.
            return Err(WireError::new("other_names", "have a comma or semicolon: leave it out"));
        }
        let others = message.other_names.iter().map(|other| name("other_names", other));
        let class =
            u8::try_from(message.equipment_class).ok().and_then(EquipmentClass::from_number);
        Ok(Self {
            code: parse("code", &message.code)?,
            name: name("name", &message.name)?,
            other_names: others.collect::<Result<_, _>>()?,
            class: class
                .ok_or_else(|| WireError::new("equipment_class", "is none of the law's"))?,
        })
    }
}

fn name(field: &'static str, text: &str) -> Result<String, WireError> {
    let name = clean(text);
    if (1..=LIST_NAME_CHARS_MAX).contains(&name.chars().count()) {
        Ok(name)
    } else {
        Err(WireError::new(field, "has not 1 to 100 characters"))
    }
}

/// The list that specialties make.
///
/// # Errors
/// When they do not fit each other.
pub fn specialties(messages: &[pb::Specialty]) -> Result<Specialties, WireError> {
    let mut list = Specialties::default();
    for message in messages {
        let taken = list.insert(message.try_into()?);
        taken.map_err(|fault| WireError::new("specialties", fault.to_string()))?;
    }
    list.check().map_err(|fault| WireError::new("specialties", fault.to_string()))?;
    Ok(list)
}

/// The list that types of equipment make.
///
/// # Errors
/// When they do not fit each other.
pub fn equipment_types(messages: &[pb::EquipmentType]) -> Result<EquipmentTypes, WireError> {
    let mut list = EquipmentTypes::default();
    for message in messages {
        let taken = list.insert(message.try_into()?);
        taken.map_err(|fault| WireError::new("equipment_types", fault.to_string()))?;
    }
    Ok(list)
}
