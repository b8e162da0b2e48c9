//! Plans as people write them.

use super::*;
use crate::roster::sheet::CellValue;

const PLAN: &str = "KẾ HOẠCH;;;;;;;;;\n\
    Mã đơn vị;Tên đơn vị;Đơn vị giao nguồn;CNQS;Gần đúng;Cấp bậc từ;Số lượng;Loại phương tiện;Xã, phường;Chỉ tiêu người\n\
    DB-C1;Đại đội 1;03160, 03163;CN01;CN02;Binh nhì;12;;;\n\
    ;;;CN02;;;3;;;\n\
    ;;;;;;2;PT01;;\n\
    ;;;;;;;;03160;9\n\
    DB-C2;Đại đội 2;KV1;CN03;;;1;;;\n\
    Cộng;;;;;;;;;\n";

fn read(text: &str, mapping: &str) -> Result<PlanFile, PlanFileError> {
    let source = Source::Bytes { name: "plan.csv", bytes: text.as_bytes() };
    read_plan(source, None, &Mapping::parse(mapping)?)
}

#[test]
fn a_plan_is_read_with_its_code_in_the_first_row_of_each_unit() {
    let file = read(PLAN, "").expect("a plan");
    assert_eq!((file.units.len(), &file.faults, &file.ignored), (2, &vec![], &vec![]));
    let one = &file.units[0].unit;
    assert_eq!((one.code.as_str(), one.name.as_str()), ("DB-C1", "Đại đội 1"));
    assert_eq!(one.source_unit_codes, ["03160", "03163"]);
    let posts: Vec<_> = one.posts.iter().map(|post| (post.count, post.near.len())).collect();
    assert_eq!(posts, [(12, 1), (3, 0)]);
    assert_eq!(one.equipment_lines[0].count, 2);
    assert_eq!((one.quotas[0].unit_code.as_str(), one.quotas[0].people), ("03160", 9));
    assert_eq!(file.units[1].unit.posts[0].specialty_code, "CN03");
}

#[test]
fn all_faults_are_named_at_once_with_their_rows() {
    let text = PLAN
        .replace(";CN02;;;3;", ";CN02;;;nhiều;")
        .replace(";;;;;;2;PT01;", "DB-C1;;;;;;;PT01;")
        .replace("KV1;CN03;;;1;;;", "KV1;;;;1;;;");
    let file = read(&text, "").expect("a table");
    let told: Vec<String> = file.faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "row 4: the count is no number",
            "row 5: the count is missing",
            "row 7: names neither a specialty, an equipment type nor a quota's commune",
        ]
    );
    // What the server finds stands in the row and column that say it.
    let places = &file.units[0].places;
    for (field, told) in [
        ("posts[2].specialty_code", "row 4: CNQS: none"),
        ("equipment_lines[1].type_code", "row 5: Loại phương tiện: none"),
        ("quotas[1].people", "row 6: Chỉ tiêu người: none"),
        ("source_units[2]", "row 3: Đơn vị giao nguồn: none"),
        ("valid_from", "row 3: Hiệu lực từ: none"),
    ] {
        assert_eq!(places.fault(field, "none").to_string(), told);
    }
    let refused = file.refused(&file.faults);
    assert_eq!(refused.columns.last().map(String::as_str), Some("Lý do từ chối"));
    assert_eq!(refused.rows.len(), 5);
    let why = |at: usize| refused.rows[at].last().cloned();
    assert_eq!(why(0), Some(CellValue::from("")));
    assert_eq!(why(1), Some(CellValue::from("the count is no number")));
}

#[test]
fn what_was_refused_is_mended_and_read_again() {
    let file = read(&PLAN.replace(";CN02;;;3;", ";CN02;;;ba;"), "").expect("a table");
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("mend.csv");
    file.refused(&file.faults).save(&path).expect("written");
    let text = std::fs::read_to_string(&path).expect("text").replace(",ba,", ",3,");
    let back = read(&text, "").expect("a plan");
    assert_eq!((&back.faults, &back.ignored), (&vec![], &vec![]));
    let units = |file: &PlanFile| -> Vec<pb::ReserveUnit> {
        file.units.iter().map(|planned| planned.unit.clone()).collect()
    };
    assert_eq!(units(&back), units(&read(PLAN, "").expect("a plan")));
}

#[test]
fn a_column_that_no_field_is_for_is_named_and_a_mapping_names_its_field() {
    let text = PLAN.replace("Xã, phường;", "Nơi giao;");
    let file = read(&text, "").expect("a plan");
    let ignored: Vec<_> =
        file.ignored.iter().map(|at| (at.column.as_str(), at.header.as_str())).collect();
    assert_eq!(ignored, [("I", "Nơi giao")]);
    for mapping in ["[columns]\n\"Nơi giao\" = \"quota_unit\"\n", "[columns]\nI = \"quota_unit\"\n"]
    {
        let file = read(&text, mapping).expect("a plan");
        assert_eq!(file.ignored, []);
        assert_eq!(file.units[0].unit.quotas.len(), 1, "{mapping}");
    }
    let left_out = read(&text, "[columns]\n\"Nơi giao\" = \"ignore\"\n").expect("a plan");
    assert_eq!(left_out.ignored, []);
    assert!(read(&text, "[columns]\nI = \"nothing\"\n").is_err());
}

#[test]
fn what_has_no_header_of_a_plan_is_none() {
    assert!(matches!(read("a;b\n1;2\n", ""), Err(PlanFileError::NoHeader)));
}
