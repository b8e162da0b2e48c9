//! A small province with lists, a reserve unit and candidates, for the tests of the plan.

use jiff::civil::{Date, date};

use super::{Candidate, Item, Post, PostInput, ReserveUnit, ReserveUnitInput};
use crate::domain::ids::{EquipmentId, ReservistId};
use crate::domain::registry::eligibility::Duty;
use crate::domain::registry::{
    EquipmentClass, EquipmentType, EquipmentTypes, HealthClass, Lists, Rank, ReserveClass, Sex,
    Specialties, Specialty,
};
use crate::domain::unit::{Former, ParentBasis, Unit, UnitKind, Units};

/// The communes of the small province: the first three under one area, the last under another.
pub(super) const COMMUNES: [&str; 4] = ["03356", "03352", "03325", "03160"];

pub(super) struct Small {
    pub(super) units: Units,
    specialties: Specialties,
    equipment_types: EquipmentTypes,
}

impl Small {
    pub(super) fn new() -> Self {
        let unit = |code: &str, kind, parent: Option<&str>| Unit {
            code: code.parse().expect("a good code"),
            name: format!("Đơn vị {code}"),
            kind,
            parent: parent.map(|parent| parent.parse().expect("a good code")),
            parent_basis: ParentBasis::Sourced,
            area_hectares: None,
            population: None,
            valid_from: None,
            valid_to: None,
            former: Former::default(),
        };
        let mut list = vec![
            unit("11", UnitKind::ProvincialCommand, None),
            unit("KV1", UnitKind::DefensiveAreaCommand, Some("11")),
            unit("KV3", UnitKind::DefensiveAreaCommand, Some("11")),
        ];
        list.extend(COMMUNES.iter().map(|code| {
            let area = if *code == "03160" { "KV1" } else { "KV3" };
            unit(code, UnitKind::Commune, Some(area))
        }));
        let mut specialties = Specialties::default();
        for (code, name) in [("CN01", "Bộ binh"), ("CN02", "Lái xe"), ("CN03", "Thông tin")] {
            let code = code.parse().expect("a good code");
            specialties
                .insert(Specialty { code, name: name.to_owned(), near: Vec::new() })
                .expect("new");
        }
        let mut equipment_types = EquipmentTypes::default();
        for (code, name) in [("PT01", "Xe ô tô tải"), ("PT02", "Xe ô tô bán tải")] {
            let (code, class) = (code.parse().expect("a good code"), EquipmentClass::RoadVehicle);
            let kind = EquipmentType { code, name: name.to_owned(), other_names: vec![], class };
            equipment_types.insert(kind).expect("new");
        }
        Self { units: Units::from_list(list).expect("a sound tree"), specialties, equipment_types }
    }

    /// The tree after a commune has ended with nothing in its place.
    pub(super) fn ended(&self, commune: &str, last: Date) -> Units {
        let ended = |of: &Unit| Unit {
            valid_to: (of.code.as_str() == commune).then_some(last),
            ..of.clone()
        };
        Units::from_list(self.units.iter().map(ended)).expect("a sound tree")
    }

    pub(super) fn lists(&self) -> Lists<'_> {
        Lists {
            units: &self.units,
            specialties: &self.specialties,
            equipment_types: &self.equipment_types,
            as_of: date(2026, 1, 31),
        }
    }

    /// A reserve unit that draws on area 3.
    pub(super) fn reserve_unit(&self, code: &str, posts: Vec<PostInput>) -> ReserveUnit {
        self.input(code, posts).check(&self.lists()).expect("a sound reserve unit")
    }

    pub(super) fn input(&self, code: &str, posts: Vec<PostInput>) -> ReserveUnitInput {
        ReserveUnitInput {
            code: code.to_owned(),
            name: "Đại đội 1".to_owned(),
            source_units: vec!["KV3".to_owned()],
            posts,
            ..ReserveUnitInput::default()
        }
    }
}

pub(super) fn post(specialty: &str, near: &[&str], count: u32) -> PostInput {
    PostInput {
        specialty: specialty.to_owned(),
        near: near.iter().map(|code| (*code).to_owned()).collect(),
        count,
        ..PostInput::default()
    }
}

/// A soldier of 26 in good health, who fits the first post of the small reserve unit.
pub(super) fn candidate(number: u8, unit: &str, specialty: &str) -> Candidate {
    Candidate {
        id: ReservistId::from_bytes([number; 16]),
        version: 1,
        unit: unit.parse().expect("a good code"),
        specialty: Some(specialty.parse().expect("a good code")),
        rank: Some(Rank::Corporal),
        class: Some(ReserveClass::One),
        sex: Sex::Male,
        health: HealthClass::new(2),
        birth: date(2000, 1, 1),
        rechecked_on: None,
        combat: Ok(()),
        support: Ok(()),
        is_assigned: false,
        in_militia: false,
    }
}

pub(super) fn item(number: u8, unit: &str, kind: &str) -> Item {
    Item {
        id: EquipmentId::from_bytes([number; 16]),
        version: 1,
        unit: unit.parse().expect("a good code"),
        kind: kind.parse().expect("a good code"),
        capacity: None,
        has_driver: true,
        grade: Some(1),
        year: Some(2020),
        available: Ok(()),
        is_assigned: false,
    }
}

pub(super) fn plain_post() -> Post {
    Post {
        no: 1,
        title: "Chiến sĩ".to_owned(),
        specialty: "CN01".parse().expect("a good code"),
        near: vec!["CN02".parse().expect("a good code")],
        rank_min: Some(Rank::PrivateFirst),
        rank_max: Some(Rank::Sergeant),
        duty: Duty::Combat,
        count: 2,
        sex: None,
        health_max: HealthClass::new(3),
    }
}
