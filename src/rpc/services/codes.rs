//! Whether an order asks for what there is: the lists that the registry's records are held against.

use std::sync::{Arc, LazyLock};

use crate::domain::ids::SpecialtyCode;
use crate::domain::order::{Requirement, RequirementKind};
use crate::domain::registry::{EquipmentTypes, Specialties};
use crate::domain::world::World;
use crate::roster::lists::{shipped_equipment_types, shipped_specialties};
use crate::rpc::status::Reject;
use crate::wire::WireError;

/// Most codes named in one refusal.
const CODES_NAMED_MAX: usize = 20;

static SHIPPED: LazyLock<Codes> = LazyLock::new(|| Codes {
    specialties: Arc::new(shipped_specialties()),
    equipment_types: Arc::new(shipped_equipment_types()),
});

/// The lists in force: those put last, or the program's own.
#[derive(Debug, Clone)]
pub(super) struct Codes {
    pub(super) specialties: Arc<Specialties>,
    pub(super) equipment_types: Arc<EquipmentTypes>,
}

impl Codes {
    pub(super) fn in_force(world: &World) -> Self {
        let (specialties, types) = (world.specialties(), world.equipment_types());
        Self {
            specialties: Arc::clone(specialties.unwrap_or(&SHIPPED.specialties)),
            equipment_types: Arc::clone(types.unwrap_or(&SHIPPED.equipment_types)),
        }
    }

    /// Whether a line asks for what there is: a code that no list has would find nobody.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` (CODE_UNKNOWN).
    pub(super) fn check(&self, line: &Requirement) -> Result<(), Reject> {
        let (what, known): (_, Vec<&SpecialtyCode>) = match line.kind {
            RequirementKind::Personnel => {
                ("specialty", self.specialties.iter().map(|entry| &entry.code).collect())
            }
            RequirementKind::Equipment => {
                ("equipment type", self.equipment_types.iter().map(|entry| &entry.code).collect())
            }
        };
        if known.contains(&&line.code) {
            return Ok(());
        }
        let some: Vec<&str> = known.iter().take(CODES_NAMED_MAX).map(|own| own.as_str()).collect();
        let more = if known.len() > some.len() { ", ..." } else { "" };
        let some = some.join(", ");
        let fault = format!("there is no {what} {}: use one of {some}{more}", line.code);
        Err(Reject::field("CODE_UNKNOWN", &WireError::new("requirements.code", fault)))
    }
}
