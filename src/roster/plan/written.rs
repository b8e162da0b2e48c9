//! A reserve unit as the list that [`read_plan`](super::read_plan) reads as it was.
//!
//! Called by the command line for an export that is mended and fed again. Each row has the code, the
//! first what else is about the unit as a whole.

use jiff::civil::Date;

use crate::roster::sheet::{CellValue, Sheet};
use crate::wire::pb;
use crate::wire::registry::plan::date;

/// The columns: what is about the unit, then what is about a post, a line or a quota.
pub(in crate::roster) const COLUMNS: [&str; 26] = [
    "Mã đơn vị",
    "Tên đơn vị",
    "Đơn vị nhận nguồn",
    "Mã đơn vị nhận nguồn",
    "Trạm tập trung",
    "Trạm tiếp nhận",
    "Đơn vị giao nguồn",
    "Hiệu lực từ",
    "Hiệu lực đến",
    "Số chức danh",
    "Chức danh",
    "CNQS",
    "Gần đúng",
    "Cấp bậc từ",
    "Cấp bậc đến",
    "Nhiệm vụ",
    "Giới tính",
    "Sức khỏe",
    "Loại phương tiện",
    "Trọng tải",
    "Đơn vị tính",
    "Kèm lái xe",
    "Số lượng",
    "Xã, phường",
    "Chỉ tiêu người",
    "Chỉ tiêu phương tiện",
];

/// Cells of a row by their column.
type Cells = Vec<(&'static str, CellValue)>;

/// A row for each post, equipment line and quota.
pub fn sheet_of(unit: &pb::ReserveUnit) -> Sheet {
    let mut sheet = Sheet::new("", &COLUMNS);
    let parts = unit.posts.iter().map(post).chain(unit.equipment_lines.iter().map(line));
    let mut head = about(unit);
    for part in parts.chain(unit.quotas.iter().map(quota)) {
        let code = ("Mã đơn vị", unit.code.as_str().into());
        let cells: Cells = head.drain(..).chain([code]).chain(part).collect();
        let cell = |column: &&str| {
            let own = cells.iter().find(|(name, _cell)| name == column);
            own.map_or(CellValue::Empty, |(_name, cell)| cell.clone())
        };
        sheet.rows.push(COLUMNS.iter().map(cell).collect());
    }
    sheet
}

fn about(unit: &pb::ReserveUnit) -> Cells {
    let day = |day: Option<&pb::CivilDate>| {
        let day: Option<Date> = date("day", day).ok().flatten();
        day.map_or(CellValue::Empty, CellValue::Day)
    };
    vec![
        ("Tên đơn vị", unit.name.as_str().into()),
        ("Đơn vị nhận nguồn", unit.receiving_unit.as_str().into()),
        ("Mã đơn vị nhận nguồn", unit.receiving_unit_code.as_str().into()),
        ("Trạm tập trung", unit.assembly_station.as_str().into()),
        ("Trạm tiếp nhận", unit.reception_station.as_str().into()),
        ("Đơn vị giao nguồn", unit.source_unit_codes.join(", ").into()),
        ("Hiệu lực từ", day(unit.valid_from.as_ref())),
        ("Hiệu lực đến", day(unit.valid_to.as_ref())),
    ]
}

fn post(post: &pb::PlanPost) -> Cells {
    let near = if post.only_exact { "Không".to_owned() } else { post.near.join(", ") };
    let duty = match post.duty() {
        pb::PostDuty::Support => "Bảo đảm",
        pb::PostDuty::Combat | pb::PostDuty::Unspecified => "Chiến đấu",
    };
    let sex = match post.sex() {
        pb::Sex::Male => "Nam",
        pb::Sex::Female => "Nữ",
        pb::Sex::Unspecified => "",
    };
    vec![
        ("Số chức danh", post.no.into()),
        ("Chức danh", post.title.as_str().into()),
        ("CNQS", post.specialty_code.as_str().into()),
        ("Gần đúng", near.into()),
        ("Cấp bậc từ", post.rank_min.as_str().into()),
        ("Cấp bậc đến", post.rank_max.as_str().into()),
        ("Nhiệm vụ", duty.into()),
        ("Giới tính", sex.into()),
        // Nought, for a post that takes everybody, is not the same as nothing said.
        ("Sức khỏe", post.health_max.into()),
        ("Số lượng", post.count.into()),
    ]
}

fn line(line: &pb::PlanLine) -> Cells {
    let capacity = match (line.capacity_thousandths / 1_000, line.capacity_thousandths % 1_000) {
        (0, 0) => CellValue::Empty,
        (whole, 0) => whole.into(),
        (whole, rest) => CellValue::text(format!("{whole},{rest:03}").trim_end_matches('0')),
    };
    vec![
        ("Số chức danh", line.no.into()),
        ("Loại phương tiện", line.type_code.as_str().into()),
        ("Gần đúng", line.near.join(", ").into()),
        ("Trọng tải", capacity),
        ("Đơn vị tính", line.capacity_unit.as_str().into()),
        ("Kèm lái xe", if line.needs_driver { "x" } else { "" }.into()),
        ("Số lượng", line.count.into()),
    ]
}

fn quota(quota: &pb::PlanQuota) -> Cells {
    vec![
        ("Xã, phường", quota.unit_code.as_str().into()),
        ("Chỉ tiêu người", quota.people.into()),
        ("Chỉ tiêu phương tiện", quota.equipment.into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::read_plan;
    use super::*;
    use crate::roster::{ListHints, Source};

    #[test]
    fn a_reserve_unit_that_was_exported_is_read_as_it_was() {
        let post = |no, near: &[&str], only_exact| pb::PlanPost {
            no,
            title: "Lái xe".into(),
            specialty_code: "CN01".into(),
            near: near.iter().map(|code| (*code).to_owned()).collect(),
            rank_min: "Binh nhất".into(),
            rank_max: "Thượng sĩ".into(),
            duty: pb::PostDuty::Support.into(),
            count: 1_234,
            sex: pb::Sex::Female.into(),
            health_max: 0,
            only_exact,
        };
        let line = pb::PlanLine {
            no: 1,
            type_code: "PT01".into(),
            near: vec!["PT02".into()],
            capacity_thousandths: 3_050,
            capacity_unit: "tấn".into(),
            count: 2,
            needs_driver: true,
        };
        let quota =
            |unit: &str, people| pb::PlanQuota { unit_code: unit.into(), people, equipment: 3 };
        let unit = pb::ReserveUnit {
            code: "DB-C1".into(),
            name: "Đại đội 1".into(),
            receiving_unit: "Trung đoàn 82".into(),
            receiving_unit_code: "E82".into(),
            assembly_station: "Nhà văn hóa".into(),
            reception_station: "Sân vận động".into(),
            source_unit_codes: vec!["03160".into(), "03163".into()],
            posts: vec![post(1, &["CN02", "CN03"], false), post(7, &[], true)],
            equipment_lines: vec![line],
            quotas: vec![quota("03160", 9), quota("03163", 0)],
            valid_from: Some(pb::CivilDate { year: 2026, month: 2, day: 9 }),
            ..pb::ReserveUnit::default()
        };
        let dir = tempfile::tempdir().expect("a directory");
        for ending in ["xlsx", "csv"] {
            let path = dir.path().join(format!("plan.{ending}"));
            sheet_of(&unit).save(&path).expect("written");
            let back = read_plan(Source::Path(&path), &ListHints::default()).expect("a plan");
            assert_eq!((&back.faults, &back.file.ignored), (&vec![], &vec![]), ".{ending}");
            assert_eq!(back.units.len(), 1);
            assert_eq!(back.units[0].unit, unit, ".{ending}");
        }
    }
}
