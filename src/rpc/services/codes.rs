//! Whether an order asks for what there is: the lists that the registry's records are held against.

use std::sync::Arc;

use crate::domain::ids::SpecialtyCode;
use crate::domain::order::{Requirement, RequirementKind};
use crate::domain::registry::{EquipmentTypes, Specialties};
use crate::domain::world::World;
use crate::roster::lists::{shipped_equipment_types, shipped_specialties};
use crate::rpc::status::Reject;
use crate::wire::WireError;

/// Most codes named in one refusal.
const CODES_NAMED_MAX: usize = 20;

/// The specialties in force: those put last, or the program's own.
pub(super) fn in_force(world: &World) -> Arc<Specialties> {
    world.specialties().cloned().unwrap_or_else(|| Arc::new(shipped_specialties()))
}

/// The specialties that hold until a list is put, and the known types of equipment.
#[derive(Debug)]
pub(super) struct Codes {
    specialties: Specialties,
    equipment_types: EquipmentTypes,
}

impl Codes {
    /// Those that the program ships with.
    pub(super) fn shipped() -> Self {
        let (specialties, equipment_types) = (shipped_specialties(), shipped_equipment_types());
        Self { specialties, equipment_types }
    }

    /// Whether a line asks for what there is: a code that no list has would find nobody. `put` are the
    /// specialties that were put.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` (CODE_UNKNOWN).
    pub(super) fn check(
        &self,
        line: &Requirement,
        put: Option<&Specialties>,
    ) -> Result<(), Reject> {
        let specialties = put.unwrap_or(&self.specialties);
        let (what, known): (_, Vec<&SpecialtyCode>) = match line.kind {
            RequirementKind::Personnel => {
                ("specialty", specialties.iter().map(|entry| &entry.code).collect())
            }
            RequirementKind::Equipment => {
                ("equipment type", self.equipment_types.iter().map(|entry| &entry.code).collect())
            }
        };
        if known.contains(&&line.code) {
            return Ok(());
        }
        let some: Vec<&str> = known.iter().take(CODES_NAMED_MAX).map(|own| own.as_str()).collect();
        let fault = format!("there is no {what} {}: use one of {}", line.code, some.join(", "));
        Err(Reject::field("CODE_UNKNOWN", &WireError::new("requirements.code", fault)))
    }
}
