//! Military specialties as they travel and as the ledger has them.

use crate::domain::registry::{LIST_NAME_CHARS_MAX, NEAR_MAX, Specialties, Specialty};
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
        let name = crate::domain::text::clean(&message.name);
        if !(1..=LIST_NAME_CHARS_MAX).contains(&name.chars().count()) {
            return Err(WireError::new("name", "has not 1 to 100 characters"));
        }
        let near = message.near.iter().map(|code| parse("near", code));
        Ok(Self {
            code: parse("code", &message.code)?,
            name,
            near: near.collect::<Result<_, _>>()?,
        })
    }
}

/// The list that specialties make.
///
/// # Errors
/// When they are none, or do not fit each other.
pub fn specialties(messages: &[pb::Specialty]) -> Result<Specialties, WireError> {
    let mut list = Specialties::default();
    for message in messages {
        let taken = list.insert(message.try_into()?);
        taken.map_err(|fault| WireError::new("specialties", fault.to_string()))?;
    }
    list.check().map_err(|fault| WireError::new("specialties", fault.to_string()))?;
    Ok(list)
}
