//! Rosters of equipment: their columns and how a row becomes an [`Equipment`].

use super::repair;
use super::{Column, Kind, PartHeader, Said};
use crate::domain::ids::UnitCode;
use crate::domain::registry::{
    Checked, Equipment, EquipmentInput, EquipmentStatus, Lists, Problem, ProblemCode, Warning,
};
use crate::roster::RosterKind;
use crate::roster::file::Reading;
use crate::roster::refused::hints;
use crate::wire::pb;

/// The kind of list that holds technical means.
#[derive(Debug)]
pub(in crate::roster) struct Means;

/// An item as its form has it.
#[derive(Default)]
pub(in crate::roster) struct MeansRow {
    means: EquipmentInput,
    licence_class: String,
    /// Each capacity that stands in a column, with the unit that the header over it names.
    capacities: Vec<(String, &'static str)>,
}

impl From<&pb::Equipment> for MeansRow {
    fn from(record: &pb::Equipment) -> Self {
        Self { means: record.into(), ..Self::default() }
    }
}

impl Kind for Means {
    type Input = MeansRow;
    type Record = Equipment;
    type Key = String;

    const KIND: RosterKind = RosterKind::Equipment;
    const UNIT_FIELD: &'static str = "location_unit";
    const OTHER_UNIT_FIELDS: &'static [&'static str] = &[];
    const REQUIRED: &'static [&'static str] = &["kind", "owner_name"];
    const ANCHORS: &'static [&'static str] = &["plate", "chassis_no", "engine_no", "year"];
    const IDENTITY: &'static [&'static str] = &["plate", "chassis_no", "engine_no"];
    const OWN: &'static [&'static str] =
        &["plate", "chassis_no", "engine_no", "owner_phones", "drivers"];
    const PARTS: &'static [PartHeader] = &[];
    const SPREAD: &'static [&'static str] = &["owner_kind", "technical_grade"];
    const AMOUNTS: &'static [&'static str] = &["capacity_value"];
    const ALIKE: Warning = Warning::EquipmentConflict;
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
    const COLUMNS: &'static [Column<MeansRow>] = columns_of!(MeansRow, means {
        kind Plain ["loai phuong tien", "ten phuong tien", "phuong tien", "chung loai",
            "ten loai phuong tien", "loai xe", "equipment type", "equipment", "vehicle type", "type"],
        make_model Plain ["nhan hieu", "hang xe", "nhan hieu xe", "hang san xuat", "nhan hieu so loai", "nhan hieu loai xe", "make",
            "make model", "make and model", "model", "brand"],
        plate Plain ["bien so", "bien kiem soat", "bien so dang ky", "bien so xe", "bks", "so dang ky",
            "plate", "plate number", "license plate", "licence plate", "registration number"],
        chassis_no Plain ["so khung", "chassis no", "chassis number", "chassis", "vin"],
        engine_no Plain ["so may", "engine no", "engine number", "engine"],
        capacity_value Plain ["trong tai so cho", "trong tai", "so cho", "cong suat", "tai trong",
            "trong tai so cho ngoi", "suc cho", "dung tich gau", "dung tich", "capacity", "capacity value"],
        capacity_unit Plain ["don vi tinh", "dvt", "don vi do", "capacity unit", "unit of measure"],
        year Plain ["nam san xuat", "nam sx", "year", "year of manufacture",
            "year made"],
        technical_grade Plain ["cap chat luong", "chat luong", "cap ky thuat", "technical grade",
            "grade"],
        owner_name Plain ["chu phuong tien", "chu so huu", "ten chu phuong tien", "chu xe", "owner",
            "owner name"],
        owner_kind Plain ["loai chu so huu", "owner kind"],
        owner_phones Phone ["dien thoai", "so dien thoai", "sdt", "so dt", "dien thoai chu phuong tien", "phone",
            "phone number", "owner phone", "telephone"],
        owner_address Plain ["dia chi", "dia chi chu phuong tien", "address", "owner address"],
        drivers CitizenNumber ["lai xe so cccd", "lai xe", "cccd lai xe", "nguoi dieu khien",
            "drivers", "driver"],
        location_unit Plain ["xa phuong", "xa", "phuong", "xa phuong thi tran",
            "phuong xa", "don vi", "d vi", "ma xa", "noi de phuong tien", "unit",
            "commune", "commune ward", "ward", "unit code", "location unit", "location"],
        hamlet Plain ["thon ban", "ban", "thon", "thon ban to dan pho", "to dan pho", "thon to",
            "hamlet", "village"],
        status Plain ["tinh trang", "trang thai", "status"],
        note Plain ["ghi chu", "note", "notes"],
        owner_contact Plain ["nguoi lien he", "lien he", "nguoi dai dien", "dau moi lien he",
            "nguoi lien he chu phuong tien", "contact", "contact person", "owner contact"],
        status_from Date ["tinh trang tu ngay", "trang thai tu ngay", "status from",
            "status since"],
        status_to Date ["tinh trang den ngay", "trang thai den ngay", "status to",
            "status until"],
        status_certificate Plain ["giay xac nhan", "so giay xac nhan", "giay chung nhan",
            "status certificate", "certificate"],
        registered_on Date ["ngay dang ky", "dang ky ngay", "ngay vao so", "registered date",
            "registered on"],
        last_recheck_on Date ["ngay phuc tra", "phuc tra ngay", "phuc tra gan nhat",
            "ngay phuc tra gan nhat", "last recheck date", "last recheck on", "rechecked on"],
    }
        licence_class ["hang giay phep lai xe", "hang gplx", "hang bang lai", "hang bang lai xe",
            "bang lai hang", "gplx", "giay phep lai xe", "hang gplx lai xe", "licence class",
            "license class", "driving licence", "driving license", "driver licence class"],
    );

    fn check(
        row: MeansRow,
        lists: &Lists<'_>,
        repairs: &mut Vec<Warning>,
    ) -> Result<Checked<Equipment>, Vec<Problem>> {
        let mut input = row.means;
        licences(&mut input.drivers, &row.licence_class);
        repair::equipment(&mut input, &row.capacities, lists, repairs);
        input.check(lists)
    }

    fn headed(row: &mut MeansRow, field: &'static str, header: &str, _is_number: bool) {
        if field == "capacity_value" {
            let unit = repair::unit_of_header(header).unwrap_or_default();
            row.capacities.push((std::mem::take(&mut row.means.capacity_value), unit));
        }
    }

    /// Tonnes in one column and seats in another: each row fills the one that its type is counted in.
    fn may_repeat(column: &Column<MeansRow>, others: &[&str], header: &str) -> bool {
        let unit = repair::unit_of_header(header);
        let is_other = |other: &&str| {
            let known = repair::unit_of_header(other);
            known.is_some() && known != unit
        };
        let is_measured = unit.is_some() && others.iter().all(is_other);
        column.field == "capacity_value" && is_measured || column.reading == Reading::Phone
    }

    fn hint(problem: &Problem, said: &Said<'_>) -> Option<String> {
        let is_double = problem.code == ProblemCode::CapacityInvalid
            && (said.cell)("capacity_value").contains(" + ");
        is_double.then(|| hints::TWO_CAPACITIES.to_owned())
    }

    fn keys(record: &Equipment) -> Vec<String> {
        let chassis = record.chassis_no.as_ref().map(|number| format!("chassis {number}"));
        let plate = record.plate.as_ref().map(|plate| format!("plate {}", plate.as_str()));
        let keys: Vec<String> = chassis.into_iter().chain(plate).chain(unframed(record)).collect();
        if !keys.is_empty() {
            return keys;
        }
        // Engines are moved from one chassis to another: their number tells only where no other does.
        record.engine_no.as_ref().map(|number| format!("engine {number}")).into_iter().collect()
    }

    /// A plate may stay with who sold the item, yet no two chassis bear it at a time.
    fn repeats(record: &Equipment, is_seen: &dyn Fn(&String) -> bool) -> ProblemCode {
        let Some((chassis, plate)) = record.chassis_no.as_ref().zip(record.plate.as_ref()) else {
            return ProblemCode::DuplicateInFile;
        };
        let is_framed = !is_seen(&format!("unframed {}", plate.as_str()));
        if is_framed && !is_seen(&format!("chassis {chassis}")) {
            return ProblemCode::EquipmentConflict;
        }
        ProblemCode::DuplicateInFile
    }

    fn likeness(record: &Equipment) -> Vec<String> {
        record.engine_no.iter().cloned().collect()
    }

    fn assumed(blank: &[&'static str]) -> Option<Warning> {
        blank.contains(&"owner_kind").then_some(Warning::OwnerKindAssumed)
    }

    fn states() -> Vec<&'static str> {
        EquipmentStatus::ALL.iter().map(|state| state.vietnamese()).collect()
    }

    fn unit(record: &Equipment) -> &UnitCode {
        &record.location_unit
    }
}

/// What tells that a plate was read without its chassis.
fn unframed(record: &Equipment) -> Option<String> {
    let plate = record.plate.as_ref().filter(|_| record.chassis_no.is_none());
    plate.map(|plate| format!("unframed {}", plate.as_str()))
}

/// Puts the licence classes of a column of their own behind the drivers, in their order. A class
/// without its driver leaves a text that the check refuses: nothing is dropped.
fn licences(drivers: &mut String, classes: &str) {
    let parts = |text: &str| -> Vec<String> {
        let parts = text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    let classes = parts(classes);
    if classes.is_empty() {
        return;
    }
    let mut all = parts(drivers);
    all.resize(all.len().max(classes.len()), String::new());
    for (driver, class) in all.iter_mut().zip(&classes) {
        if !driver.contains('(') {
            driver.push_str(&format!(" ({class})"));
        }
    }
    *drivers = all.join(";");
}
