//! What is counted by, in Vietnamese: for the file of a count, which goes to people who never saw the
//! program. The screen keeps the codes, for filters take them.

use std::collections::HashMap;

use crate::domain::registry::{
    ActivityKind, ActivityStatus, Audience, BaseKind, BaseStatus, CapacityUnit, DeferralGround,
    EnterpriseStatus, EquipmentClass, EquipmentStatus, Frame, Language, OwnerKind, Rank,
    ReservistCategory, ReservistStatus, Sex, SurveyStage,
};
use crate::roster::sheet::CellValue;
use crate::wire::pb;

/// Names of units by their codes.
pub(super) type Names = HashMap<String, String>;

/// Fields whose values are codes of units.
const UNITS: [&str; 5] = ["unit", "area", "registered_unit", "former_unit", "transfer_to"];

/// Whether names of units are wanted for a file.
pub(super) fn names_units(by: &[String]) -> bool {
    by.iter().any(|field| UNITS.contains(&field.as_str()))
}

macro_rules! term {
    ($list:ident, $code:ident) => {
        $list::ALL
            .iter()
            .find(|term| term.code().eq_ignore_ascii_case($code))
            .map(|term| term.vietnamese())
    };
}

/// A value of a field: as filters take it on the screen, in words in a file.
pub(super) fn cell(kind: pb::RecordKind, field: &str, value: &str, names: &Names) -> CellValue {
    if value.is_empty() {
        return CellValue::word("-", "Không rõ");
    }
    if UNITS.contains(&field) {
        let file = names.get(value).map(|name| format!("{value} {name}"));
        return file.map_or_else(|| value.into(), |file| CellValue::word(value, file));
    }
    let known = match field {
        "status" => match kind {
            pb::RecordKind::Equipment => term!(EquipmentStatus, value),
            pb::RecordKind::MilitiaBase => term!(BaseStatus, value),
            pb::RecordKind::Enterprise => term!(EnterpriseStatus, value),
            pb::RecordKind::Activity => term!(ActivityStatus, value),
            _reservist => term!(ReservistStatus, value),
        },
        "kind" if kind == pb::RecordKind::MilitiaBase => term!(BaseKind, value),
        "kind" => term!(ActivityKind, value),
        "stage" => term!(SurveyStage, value),
        "rank" => term!(Rank, value),
        "category" => term!(ReservistCategory, value),
        "audience" => term!(Audience, value),
        "sex" => term!(Sex, value),
        "languages" => term!(Language, value),
        "frame" => term!(Frame, value),
        "deferral_ground" => term!(DeferralGround, value),
        "equipment_class" => term!(EquipmentClass, value),
        "capacity_unit" => term!(CapacityUnit, value),
        "owner_kind" => term!(OwnerKind, value),
        "birth_precision" => match value {
            "DAY" => Some("Đủ ngày"),
            "MONTH" => Some("Chỉ tháng"),
            "YEAR" => Some("Chỉ năm"),
            _unknown => None,
        },
        _open => match value {
            "true" => Some("Có"),
            "false" => Some("Không"),
            _itself => None,
        },
    };
    match (known, field) {
        (Some(word), _) => CellValue::word(value, word),
        (None, "capacity") => CellValue::word(value, value.replace('.', ",")),
        (None, _) => value.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_by_is_a_code_on_the_screen_and_a_word_in_the_file() {
        let names = Names::from([("03160".to_owned(), "Xã Na Son".to_owned())]);
        let (person, means) = (pb::RecordKind::Reservist, pb::RecordKind::Equipment);
        for (kind, field, value, file) in [
            (person, "status", "TEMP_ABSENT", "Tạm vắng"),
            (means, "status", "UNDER_REPAIR", "Đang sửa chữa"),
            (person, "rank", "PRIVATE_FIRST", "Binh nhất"),
            (pb::RecordKind::Activity, "audience", "MILITIA_OFFICERS", "Cán bộ dân quân tự vệ"),
            (pb::RecordKind::Activity, "status", "HELD", "Đã thực hiện"),
            (pb::RecordKind::MilitiaBase, "kind", "COMMUNE_MILITIA", "Dân quân xã, phường"),
            (person, "assigned", "false", "Không"),
            (person, "unit", "03160", "03160 Xã Na Son"),
            (person, "unit", "03999", "03999"),
            (person, "age", "20-24", "20-24"),
            (means, "capacity", "3.5", "3,5"),
        ] {
            let cell = cell(kind, field, value, &names);
            assert_eq!(cell.shown(), value);
            assert_eq!(
                cell,
                if value == file { value.into() } else { CellValue::word(value, file) }
            );
        }
        assert_eq!(cell(person, "rank", "", &names), CellValue::word("-", "Không rõ"));
    }
}
