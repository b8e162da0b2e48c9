//! Lists of specialties and of types of equipment, and what is wrong with them.

use super::*;
use crate::domain::registry::EquipmentClass;
use crate::roster::lists::shipped_equipment_types;

fn read(text: &str) -> SpecialtyFile {
    let source = Source::Bytes { name: "cnqs.csv", bytes: text.as_bytes() };
    read_specialty_list(source, &ListHints::default()).expect("a table")
}

fn told(text: &str) -> Vec<String> {
    read(text).faults.iter().map(ToString::to_string).collect()
}

#[test]
fn a_list_is_read_with_what_is_near() {
    let text = "DANH MỤC;;\nMã CNQS;Tên chuyên nghiệp;Gần đúng\n\
        cn10;Lái xe tăng;CN11, CN12\nCN11;Lái xe tải;CN10\nCN12;Thợ máy;\n;Người lập biểu;\n";
    let list = read(text);
    let code = |text: &str| text.parse().expect("a good code");
    assert_eq!((list.rows, list.list.len(), &list.faults), (3, 3, &vec![]));
    assert_eq!(list.list.near(&code("CN10")), [code("CN11"), code("CN12")]);
    assert_eq!(list.list.find("thợ máy").map(|one| one.code.as_str()), Some("CN12"));
}

#[test]
fn a_list_that_was_exported_is_read_as_it_was() {
    let list = read("Mã;Tên;Gần đúng\nCN10;Lái xe tăng;CN11, CN12\nCN11;Lái;\nCN12;Thợ;CN11\n");
    let dir = tempfile::tempdir().expect("a directory");
    for ending in ["xlsx", "csv"] {
        let path = dir.path().join(format!("cnqs.{ending}"));
        sheet_of_specialties(list.list.iter()).save(&path).expect("written");
        let back = read_specialty_list(Source::Path(&path), &ListHints::default());
        let back = back.expect("a list");
        assert_eq!((&back.faults, &back.file.ignored), (&vec![], &vec![]), ".{ending}");
        assert!(back.list.iter().eq(list.list.iter()), ".{ending}");
    }
}

#[test]
fn all_faults_are_told_at_once_by_row_and_column_with_the_codes_that_there_are() {
    let long = "a".repeat(101);
    let text = format!(
        "Code,Name,Near\nCN01,Bộ binh,CN91; CN02\nC!,Pháo,\nCN01,bo binh,\nCN02,,CN02\nCN03,{long},\
         CN01/CN01\nCN04\n,Lái xe,CN01\n"
    );
    let faults = told(&text);
    let wanted = [
        "row 2: Gần đúng (column C), \"CN91\": is no specialty of this list: correct it, or add its row; \
         the list has CN02, CN03, CN04",
        "row 3: Mã CNQS (column A), \"C!\": is no code: use 1 to 16 letters, digits, `-`, `_` or `.`",
        "row 4: Mã CNQS (column A), \"CN01\": this code occurs twice: give each specialty a code of its \
         own; as in row 2",
        "row 4: Tên chuyên nghiệp (column B), \"bo binh\": another specialty has this name: give each a \
         name of its own; as in row 2",
        "row 5: Tên chuyên nghiệp (column B): there is no name: give each specialty one",
        "row 5: Gần đúng (column C), \"CN02\": a specialty is not near to itself: leave it out",
    ];
    assert_eq!(faults[..6], wanted, "{faults:#?}");
    assert!(faults[6].ends_with("the name is over 100 characters: shorten it"), "{faults:#?}");
    assert!(faults[7].ends_with("\"CN01\": is named twice: name it once"), "{faults:#?}");
    assert!(faults[8].starts_with("row 7: Tên chuyên nghiệp"), "a code alone: {faults:#?}");
    assert!(faults[9].starts_with("row 8: Mã CNQS (column A): there is no code"), "{faults:#?}");
    assert_eq!(faults.len(), 10);
    let list = read(&text);
    let first: Vec<(u32, &str)> =
        list.rejected().into_iter().map(|(row, fault)| (row.row, fault.code)).collect();
    assert_eq!(
        first,
        [
            (2, "SPECIALTY_UNKNOWN"),
            (3, "CODE_INVALID"),
            (4, "DUPLICATE_IN_FILE"),
            (5, "NAME_MISSING"),
            (6, "NAME_TOO_LONG"),
            (7, "NAME_MISSING"),
            (8, "CODE_MISSING"),
        ]
    );
    let further: Vec<u32> = list.further().into_keys().map(|row| row.row).collect();
    assert_eq!(further, [4, 5, 6]);
    let near: Vec<String> = (10..31).map(|at| format!("CN{at}")).collect();
    let rows: String = near.iter().map(|code| format!("{code},Tên {code},\n")).collect();
    let many = told(&format!("Code,Name,Near\n{rows}CN99,A,{}\n", near.join(";")));
    assert_eq!(many.len(), 1);
    assert!(many[0].ends_with("there are over 20 near specialties: keep the nearest"), "{many:?}");
}

fn types(text: &str) -> EquipmentTypeFile {
    let source = Source::Bytes { name: "ptkt.csv", bytes: text.as_bytes() };
    read_equipment_type_list(source, &ListHints::default()).expect("a table")
}

#[test]
fn a_list_of_types_is_read_with_the_class_of_the_law_and_other_names() {
    let list = types(
        "DANH MỤC PHƯƠNG TIỆN;;;\nMã loại;Tên loại phương tiện;Nhóm;Tên gọi khác\n\
         pt20;Máy bay không người lái;Hàng không;Flycam, UAV; \n\
         PT21;Máy lu;Phương tiện cầu, đường bộ;máy lu, Xe lu\nPT22;Cần cẩu;xếp dỡ;\n\
         PT23;Bộ đàm;communications;\nPT24;Máy thở;Y tế;\n;Người lập biểu;;\n",
    );
    assert_eq!((list.rows, list.list.len(), &list.faults), (5, 5, &vec![]));
    let find = |text: &str| {
        let own = list.list.find(text).expect(text);
        (own.code.as_str(), own.class)
    };
    assert_eq!(find("uav"), ("PT20", EquipmentClass::CivilAviation));
    assert_eq!(find("xe lu"), ("PT21", EquipmentClass::RoadAndBridge));
    assert_eq!(find("PT22"), ("PT22", EquipmentClass::CargoHandling));
    assert_eq!(find("bộ đàm"), ("PT23", EquipmentClass::Communications));
    assert_eq!(find("may tho"), ("PT24", EquipmentClass::Medical));
}

#[test]
fn what_is_wrong_with_a_type_is_told_by_row_and_column_in_both_tongues() {
    let list = types(
        "Mã loại,Tên loại,Nhóm,Tên gọi khác\nPT01,Xe tải,đường bộ,Ô tô tải\n\
         PT02,Ô tô tải,đường bộ,\nPT03,Tàu vũ trụ,vũ trụ,\nPT04,Phà,,\n\
         PT05,Xuồng,đường thủy,a;b;c;d;e;g\n",
    );
    let told: Vec<String> = list.faults.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 4, "{told:#?}");
    assert_eq!(
        told[0],
        "row 3: Tên loại phương tiện (column B), \"Ô tô tải\": another type has this name: give each a \
         name of its own; as in row 2"
    );
    assert!(
        told[1]
            .starts_with("row 4: Nhóm phương tiện (column C), \"vũ trụ\": is no class of the law")
    );
    assert_eq!(
        told[2],
        "row 5: Nhóm phương tiện (column C): there is no class: give each type that of the law"
    );
    assert!(told[3].ends_with("there are over 5 other names: keep those most used"), "{told:#?}");
    let reasons: Vec<String> = list.reasons().into_values().collect();
    assert!(reasons[0].contains("Mỗi loại phương tiện một tên riêng"), "{reasons:?}");
    assert!(reasons[2].contains("thiếu nhóm") && reasons[2].contains("[CLASS_MISSING]"));
    assert_eq!(list.list.len(), 1);
}

#[test]
fn types_that_were_exported_are_read_as_they_were() {
    let list = shipped_equipment_types();
    let dir = tempfile::tempdir().expect("a directory");
    for ending in ["xlsx", "csv"] {
        let path = dir.path().join(format!("ptkt.{ending}"));
        sheet_of_equipment_types(list.iter()).save(&path).expect("written");
        let back = read_equipment_type_list(Source::Path(&path), &ListHints::default());
        let back = back.expect("a list");
        assert_eq!((&back.faults, &back.file.ignored), (&vec![], &vec![]), ".{ending}");
        assert!(back.list.iter().eq(list.iter()), ".{ending}");
    }
}
