//! Small lists for the tests of this module.

use super::{EquipmentClass, EquipmentType, EquipmentTypes, Lists, Specialties, Specialty};
use crate::domain::unit::{Former, ParentBasis, Unit, UnitKind, Units};

pub(super) struct Small {
    units: Units,
    specialties: Specialties,
    equipment_types: EquipmentTypes,
}

impl Small {
    pub(super) fn new() -> Self {
        let unit = |code: &str, name: &str, kind, parent: Option<&str>| Unit {
            code: code.parse().expect("a good code"),
            name: name.to_owned(),
            kind,
            parent: parent.map(|parent| parent.parse().expect("a good code")),
            parent_basis: ParentBasis::Sourced,
            area_hectares: None,
            population: None,
            valid_from: None,
            valid_to: None,
            former: Former::default(),
        };
        let units = Units::from_list([
            unit("11", "Tỉnh", UnitKind::ProvincialCommand, None),
            unit("KV3", "Khu vực 3", UnitKind::DefensiveAreaCommand, Some("11")),
            unit("03356", "Xã Sam Mứn", UnitKind::Commune, Some("KV3")),
            unit("03352", "Xã Thanh An", UnitKind::Commune, Some("KV3")),
        ])
        .expect("a sound tree");
        let code = |text: &str| text.parse().expect("a good code");
        let mut specialties = Specialties::default();
        specialties
            .insert(Specialty {
                code: code("CN01"), name: "Bộ binh".to_owned(), near: Vec::new()
            })
            .expect("the first entry");
        let mut equipment_types = EquipmentTypes::default();
        equipment_types
            .insert(EquipmentType {
                code: code("PT01"),
                name: "Xe ô tô tải".to_owned(),
                other_names: Vec::new(),
                class: EquipmentClass::RoadVehicle,
            })
            .expect("the first entry");
        Self { units, specialties, equipment_types }
    }

    pub(super) fn lists(&self) -> Lists<'_> {
        Lists {
            units: &self.units,
            specialties: &self.specialties,
            equipment_types: &self.equipment_types,
            as_of: jiff::civil::date(2026, 1, 31),
        }
    }
}
