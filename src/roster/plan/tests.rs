//! Plans as people write them.

use super::*;
use crate::roster::{Mapping, RefusedRows};

const PLAN: &str = "KẾ HOẠCH;;;;;;;;;\n\
    Mã đơn vị;Tên đơn vị;Đơn vị giao nguồn;CNQS;Gần đúng;Cấp bậc từ;Số lượng;Loại phương tiện;Xã, phường;Chỉ tiêu người\n\
    DB-C1;Đại đội 1;03160, 03163;CN01;CN02;Binh nhì;12;;;\n\
    ;;;CN02;;;3;;;\n\
    ;;;;;;2;PT01;;\n\
    ;;;;;;;;03160;9\n\
    DB-C2;Đại đội 2;KV1;CN03;;;1;;;\n\
    Cộng;;;;;;;;;\n";

fn read(text: &str, mapping: &str) -> Result<PlanFile, RosterError> {
    let source = Source::Bytes { name: "plan.csv", bytes: text.as_bytes() };
    read_plan(source, &ListHints { mapping: Mapping::parse(mapping)?, ..ListHints::default() })
}

fn told(file: &PlanFile) -> Vec<String> {
    file.faults.iter().map(ToString::to_string).collect()
}

#[test]
fn a_plan_is_read_with_its_code_in_the_first_row_of_each_unit() {
    let file = read(PLAN, "").expect("a plan");
    assert_eq!((file.units.len(), &file.faults, &file.file.ignored), (2, &vec![], &vec![]));
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
    assert_eq!(
        told(&file),
        [
            "row 4: Số lượng: “nhiều” is here, and the count is no whole number: write one, such as 12",
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
}

#[test]
fn what_was_refused_is_mended_and_read_again() {
    let file = read(&PLAN.replace(";CN02;;;3;", ";CN02;;;ba;"), "").expect("a table");
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("mend.xlsx");
    let why = PlanFile::reasons(&file.faults);
    assert_eq!(
        why[&4.into()],
        "Cột G (Số lượng): số lượng không phải là số nguyên. Viết số nguyên. Ô này ghi “ba”. [COUNT_NO_NUMBER]"
    );
    let shown = file.faults[0].to_string();
    assert!(shown.contains("Số lượng: “ba” is here, and the count is no whole"), "{shown}");
    let written = file.file.write_refused(&why, RefusedRows::WithAllOthers, &path, false);
    assert_eq!(written.expect("written"), 1);
    let faulty = read_plan(Source::Path(&path), &ListHints::default()).expect("a table");
    assert_eq!(told(&faulty), told(&file), "as it stood");
    // What is meant is said in a mapping file.
    let mapping = Mapping::parse("[values.count]\nba = \"3\"\n").expect("a mapping");
    let hints = ListHints { mapping, ..ListHints::default() };
    let back = read_plan(Source::Path(&path), &hints).expect("a plan");
    assert_eq!((&back.faults, &back.file.ignored), (&vec![], &vec![]));
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
        file.file.ignored.iter().map(|at| (at.column.as_str(), at.header.as_str())).collect();
    assert_eq!(ignored, [("I", "Nơi giao")]);
    for mapping in ["[columns]\n\"Nơi giao\" = \"quota_unit\"\n", "[columns]\nI = \"quota_unit\"\n"]
    {
        let file = read(&text, mapping).expect("a plan");
        assert_eq!(file.file.ignored, []);
        assert_eq!(file.units[0].unit.quotas.len(), 1, "{mapping}");
    }
    let left_out = read(&text, "[columns]\n\"Nơi giao\" = \"ignore\"\n").expect("a plan");
    assert_eq!(left_out.file.ignored, []);
    assert!(read(&text, "[columns]\nI = \"nothing\"\n").is_err());
}

#[test]
fn what_has_no_header_of_a_plan_is_none() {
    assert!(matches!(read("a;b\n1;2\n", ""), Err(RosterError::NoHeader { .. })));
}

#[test]
fn a_lone_cell_that_no_title_is_in_is_at_fault_and_a_lone_title_or_signature_is_none() {
    for (line, fault) in [
        (";;;;;;7;;;", "names neither a specialty, an equipment type nor a quota's commune"),
        (";;;CN02;;;;;;", "the count is missing"),
        (";;;;;;;PT01;;", "the count is missing"),
        (";;;;;Trung sĩ;;;;", "names neither a specialty, an equipment type nor a quota's commune"),
        (";;;;;;;;;9", "names neither a specialty, an equipment type nor a quota's commune"),
    ] {
        let text = PLAN.replace("Cộng;;;;;;;;;", line);
        assert_eq!(told(&read(&text, "").expect("a plan")), [format!("row 8: {fault}")], "{line}");
    }
    for line in [
        "Phụ lục 2;;;;;;;;;",
        ";Đại đội bộ binh;;;;;;;;",
        "Tổng cộng;;;;;;18;;;9",
        ";;;;;;NGƯỜI LẬP BIỂU;;;\n;;;;;;Lò Văn An;;;",
        "Mã đơn vị;Tên đơn vị;Đơn vị giao nguồn;CNQS;Gần đúng;Cấp bậc từ;Số lượng;;;",
        "1;2;3;4;5;6;7;8;9;10",
    ] {
        let file = read(&PLAN.replace("Cộng;;;;;;;;;", line), "").expect("a plan");
        assert_eq!((told(&file), file.rows), (vec![], 5), "{line}");
    }
}

#[test]
fn a_code_in_a_row_of_its_own_heads_the_rows_under_it() {
    let text = PLAN.replace("DB-C2;Đại đội 2;KV1;", "DB-C2;;;;;;;;;\n;Đại đội 2;KV1;");
    let file = read(&text, "").expect("a plan");
    assert_eq!(told(&file), Vec::<String>::new());
    let posts: Vec<_> =
        file.units.iter().map(|at| (at.unit.code.as_str(), at.unit.posts.len())).collect();
    assert_eq!(posts, [("DB-C1", 2), ("DB-C2", 1)]);
    let file = read(&PLAN.replace("Cộng;", "DB-C3;"), "").expect("a plan");
    let fault = "row 8: names a reserve unit, and no post, equipment line or quota stands under it";
    assert_eq!(told(&file), [fault]);
}

#[test]
fn what_two_rows_say_of_one_unit_is_alike_or_at_fault_with_both_named() {
    let again = |row: &str| {
        let file = read(&PLAN.replace(";;;CN02;;;3;;;", row), "");
        let file = file.expect("a table");
        assert_eq!(file.units[0].unit.source_unit_codes, ["03160", "03163"], "{row}");
        assert_eq!(file.units[0].unit.name, "Đại đội 1", "{row}");
        told(&file)
    };
    for alike in ["DB-C1;Đại đội 1;;CN02;;;3;;;", "DB-C1;ĐẠI ĐỘI 1;03163, 03160;CN02;;;3;;;"]
    {
        assert_eq!(again(alike), Vec::<String>::new(), "{alike}");
    }
    let fault = "row 4: Tên đơn vị: is “Khác” here and “Đại đội 1” in row 3: a reserve unit has one, correct \
                 the row that is wrong";
    assert_eq!(again("DB-C1;Khác;;CN02;;;3;;;"), [fault]);
    let fault = "row 4: Đơn vị giao nguồn: is “KV2” here and “03160, 03163” in row 3: a reserve unit has \
                 one, correct the row that is wrong";
    assert_eq!(again("DB-C1;;KV2;CN02;;;3;;;"), [fault]);
    let file = read(&PLAN.replace("DB-C2;Đại đội 2", "DB-C1;Khác"), "").expect("a table");
    let why = &PlanFile::reasons(&file.faults)[&7.into()];
    for part in ["Cột B (Tên đơn vị)", "Dòng này ghi “Khác”, dòng 3 ghi “Đại đội 1”", "ghi “KV1”"]
    {
        assert!(why.contains(part), "{part} is not in {why}");
    }
}

#[test]
fn two_days_for_one_unit_are_at_fault_and_one_day_written_twice_is_none() {
    let read_with = |second: &str| {
        let text = format!(
            "Mã đơn vị;Tên đơn vị;Đơn vị giao nguồn;CNQS;Số lượng;Hiệu lực từ\n\
             DB-C1;Đại đội 1;KV1;CN01;1;01/02/2026\n;;;CN02;1;{second}\n"
        );
        told(&read(&text, "").expect("a table"))
    };
    assert_eq!(read_with("2026-02-01"), Vec::<String>::new());
    let faults = read_with("02/02/2026");
    assert!(faults[0].starts_with("row 3: Hiệu lực từ: is “"), "{faults:?}");
    assert!(faults[0].contains("“01/02/2026” in row 2"), "{faults:?}");
    assert_eq!(read_with("32/01/2026"), ["row 3: the first day is none: write it as 31/01/2026"]);
}
