//! Rosters of equipment: their columns and how a row becomes an [`Equipment`].

use super::cell::Reading;
use super::header::Column;
use super::report::RosterKind;
use super::table::Kind;
use crate::domain::ids::UnitCode;
use crate::domain::registry::{Checked, Equipment, EquipmentInput, Lists, Problem, Warning};

/// The kind of list that holds technical means.
#[derive(Debug)]
pub(super) struct Means;

macro_rules! columns {
    ($($field:ident $reading:ident [$($header:literal),+],)+) => {
        &[$(Column {
            field: stringify!($field),
            slot: |input: &mut EquipmentInput| &mut input.$field,
            reading: Reading::$reading,
            headers: &[$($header),+],
        }),+]
    };
}

impl Kind for Means {
    type Input = EquipmentInput;
    type Record = Equipment;
    type Key = String;

    const KIND: RosterKind = RosterKind::Equipment;
    const UNIT_FIELD: &'static str = "location_unit";
    const REQUIRED: &'static [&'static str] = &["kind", "owner_name"];
    const ANCHORS: &'static [&'static str] = &["plate", "chassis_no", "engine_no", "year"];
    const SHOWN: &'static [&'static str] = &[
        "kind",
        "make_model",
        "capacity_value",
        "capacity_unit",
        "year",
        "technical_grade",
        "owner_kind",
        "location_unit",
        "status",
    ];
    const COLUMNS: &'static [Column<EquipmentInput>] = columns![
        kind Plain ["loai phuong tien", "ten phuong tien", "phuong tien", "chung loai",
            "equipment type", "type"],
        make_model Plain ["nhan hieu", "hang san xuat", "nhan hieu so loai", "make", "make model"],
        plate Plain ["bien so", "bien kiem soat", "bien so dang ky", "plate"],
        chassis_no Plain ["so khung", "chassis no", "chassis number"],
        engine_no Plain ["so may", "engine no", "engine number"],
        capacity_value Plain ["trong tai so cho", "trong tai", "so cho", "cong suat", "capacity"],
        capacity_unit Plain ["don vi tinh", "dvt", "capacity unit"],
        year Plain ["nam san xuat", "nam sx", "year"],
        technical_grade Plain ["cap chat luong", "chat luong", "cap ky thuat", "technical grade",
            "grade"],
        owner_name Plain ["chu phuong tien", "chu so huu", "ten chu phuong tien", "owner"],
        owner_kind Plain ["loai chu so huu", "owner kind"],
        owner_phones Phone ["dien thoai", "so dien thoai", "sdt", "phone", "owner phone"],
        owner_address Plain ["dia chi", "dia chi chu phuong tien", "address", "owner address"],
        drivers CitizenNumber ["lai xe so cccd", "lai xe", "cccd lai xe", "nguoi dieu khien",
            "drivers", "driver"],
        location_unit Plain ["xa phuong", "xa", "phuong", "don vi", "noi de phuong tien", "unit",
            "commune", "location unit"],
        hamlet Plain ["thon ban", "ban", "thon", "thon ban to dan pho", "to dan pho", "hamlet",
            "village"],
        status Plain ["tinh trang", "trang thai", "status"],
        note Plain ["ghi chu", "note", "notes"],
    ];

    fn check(
        input: EquipmentInput,
        lists: &Lists<'_>,
        _repairs: &mut Vec<Warning>,
    ) -> Result<Checked<Equipment>, Vec<Problem>> {
        input.check(lists)
    }

    fn keys(record: &Equipment) -> Vec<String> {
        let chassis = record.chassis_no.as_ref().map(|number| format!("chassis {number}"));
        let plate = record.plate.as_ref().map(|plate| format!("plate {}", plate.as_str()));
        let keys: Vec<String> = chassis.into_iter().chain(plate).collect();
        if !keys.is_empty() {
            return keys;
        }
        // Engines are moved from one chassis to another: their number tells only where no other does.
        record.engine_no.as_ref().map(|number| format!("engine {number}")).into_iter().collect()
    }

    fn unit(record: &Equipment) -> &UnitCode {
        &record.location_unit
    }
}
