//! Small lists as people make them: specialties, units and plans through the one reader.

use std::collections::BTreeMap;
use std::path::Path;

use calamine::{Data, Reader as _, Xlsx, open_workbook};
use rust_xlsxwriter::Workbook;

use super::*;
use crate::domain::unit::Units;
use crate::roster::code_list::{SpecialtyFile, read_specialty_list};
use crate::roster::lists::read_unit_list;
use crate::roster::plan::{PlanFault, read_plan};
use crate::sim::province;

type Sheets = Vec<(String, Vec<Vec<String>>)>;

fn book(sheets: &Sheets) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(name).expect("a name");
        for (at, row) in (0..).zip(rows) {
            for (column, text) in (0..).zip(row).filter(|(_, text)| !text.is_empty()) {
                sheet.write_string(at, column, text).expect("a cell");
            }
        }
    }
    book.save_to_buffer().expect("a workbook")
}

/// Sheets of rows, whose cells are parted by bars.
fn sheets(of: &[(&str, &str)]) -> Sheets {
    let cells = |line: &str| line.split('|').map(str::to_owned).collect();
    let rows = |text: &str| text.lines().map(cells).collect();
    of.iter().map(|(name, text)| ((*name).to_owned(), rows(text))).collect()
}

fn hints(mapping: &str) -> ListHints {
    ListHints { mapping: Mapping::parse(mapping).expect("a mapping"), ..ListHints::default() }
}

fn specialties(bytes: &[u8], hints: &ListHints) -> Result<SpecialtyFile, RosterError> {
    read_specialty_list(Source::Bytes { name: "cnqs.xlsx", bytes }, hints)
}

fn text(text: &str, hints: &ListHints) -> Result<SpecialtyFile, RosterError> {
    read_specialty_list(Source::Bytes { name: "cnqs.csv", bytes: text.as_bytes() }, hints)
}

fn names(list: &SpecialtyFile) -> Vec<&str> {
    list.list.iter().map(|one| one.name.as_str()).collect()
}

/// The sheets of a workbook, from their first row and column on.
fn opened(path: &Path) -> Sheets {
    let mut book: Xlsx<_> = open_workbook(path).expect("it opens");
    let shown = |cell: &Data| cell.to_string();
    let mut sheets = Vec::new();
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name).expect("a sheet");
        let end = range.end().expect("cells");
        let whole = range.range((0, 0), end);
        sheets.push((name, whole.rows().map(|row| row.iter().map(shown).collect()).collect()));
    }
    sheets
}

#[test]
fn a_list_in_an_old_font_is_read_under_its_titles_and_the_repair_is_counted() {
    let list = sheets(&[(
        "S1",
        "BAN CHQS HUYÖN §IÖN BI£N\nDanh môc chuyªn nghiÖp qu©n sù\n\nTT|M· CNQS|Tªn chuyªn nghiÖp|GÇn ®óng\n\
         (1)|(2)|(3)|(4)\n1|CN01|Bé binh|CN02\n2|CN02|Ph¸o binh|\n|Céng|2|\n||Ng\u{ad}êi lËp biÓu|ChØ huy tr\u{ad}ëng\n\
         ||Lß V¨n An|NguyÔn V¨n §øc",
    )]);
    let list = specialties(&book(&list), &ListHints::default()).expect("a list");
    assert_eq!(list.faults, []);
    assert_eq!(names(&list), ["Bộ binh", "Pháo binh"]);
    assert_eq!((list.rows, &list.file.ignored), (2, &vec![]));
    assert_eq!(list.file.warnings(|_row| false)["LEGACY_ENCODING"], 2);
    // Bytes of the old font in a text are the same.
    let bytes: Vec<u8> = "M\u{b7};T\u{aa}n chuy\u{aa}n nghi\u{d6}p\nCN01;B\u{e9} binh\n"
        .chars()
        .map(|c| u8::try_from(c).expect("one byte"))
        .collect();
    let source = Source::Bytes { name: "cnqs.csv", bytes: &bytes };
    let list = read_specialty_list(source, &ListHints::default()).expect("a list");
    assert_eq!(names(&list), ["Bộ binh"]);
}

#[test]
fn all_sheets_that_hold_the_list_are_read_and_one_that_is_named_alone() {
    let all = book(&sheets(&[
        ("Bìa", "Danh mục năm 2026"),
        ("Lục quân", "Mã|Tên|Gần đúng\nCN01|Bộ binh|CN02"),
        ("Thông tin", "Danh mục\n\nTên|Mã\nThông tin|CN02\nCơ yếu|"),
    ]));
    let both = specialties(&all, &ListHints::default()).expect("two tables");
    let told: Vec<String> = both.faults.iter().map(ToString::to_string).collect();
    assert_eq!(both.rows, 2, "a name alone is a heading: {told:?}");
    assert_eq!((names(&both).len(), told.len()), (2, 0), "{told:?}");
    assert_eq!(both.file.left_out, [("Bìa".to_owned(), NO_LIST.to_owned())]);
    let one = |sheet: &str| {
        specialties(&all, &ListHints { sheet: Some(sheet.into()), ..ListHints::default() })
    };
    assert_eq!(names(&one("thông TIN").expect("the second")), ["Thông tin"]);
    let alone = one("Lục quân").expect("the first");
    assert_eq!(alone.faults[0].row.to_string(), "2", "CN02 is on the other sheet");
    let none = one("Công binh").expect_err("no such sheet").to_string();
    assert!(none.ends_with("name one of Bìa, Lục quân, Thông tin"), "{none}");
    assert!(matches!(one("Bìa"), Err(RosterError::NoHeader { .. })));
}

#[test]
fn a_mapping_names_row_columns_words_and_what_is_left_out() {
    let table =
        "Mã|Tên|x\nDanh mục cũ|bỏ|x\nKý hiệu|Loại|Ghi|Thay cho\nCN01|BB|cũ|CN02\nCN02|Pháo||\n";
    let table = book(&sheets(&[("S1", table)]));
    let mapping = "header_row = 3\n[columns]\n\"Ký hiệu\" = \"code\"\nB = \"name\"\n\"Thay cho\" = \"near\"\n\
        \"Ghi\" = \"ignore\"\n[values.name]\nBB = \"Bộ binh\"\n";
    let list = specialties(&table, &hints(mapping)).expect("a list");
    assert_eq!((names(&list), &list.faults), (vec!["Bộ binh", "Pháo"], &vec![]));
    assert_eq!(list.file.ignored, []);
    let first = list.list.iter().next().expect("one");
    assert_eq!(first.near[0].as_str(), "CN02");
    // A list without a header is all letters.
    let bare = book(&sheets(&[("S1", "CN01|Bộ binh\nCN02|Pháo binh")]));
    let mapping = "header_row = 0\n[columns]\nA = \"code\"\nB = \"name\"\n";
    assert_eq!(specialties(&bare, &hints(mapping)).expect("a list").rows, 2);
    let unknown = specialties(&bare, &hints("[columns]\nA = \"citizen_id\"\n"));
    let unknown = unknown.expect_err("no such field").to_string();
    assert!(unknown.contains("the fields are code, name, near"), "{unknown}");
}

#[test]
fn where_columns_are_not_understood_a_mapping_file_is_given_that_reads_them_once_filled() {
    let table = "Danh mục;;\nMã;Diễn giải;Gần đúng\nCN01;Bộ binh;\n";
    let refused = text(table, &ListHints::default()).expect_err("no name");
    assert_eq!(
        refused.to_string(),
        "the header in row 2 lacks Tên chuyên nghiệp (name): correct it, or say in a mapping file \
         (--mapping FILE) what its columns are"
    );
    let mapping = refused.mapping().expect("a mapping file");
    let filled = mapping.replace("B = \"ignore\"", "B = \"name\"");
    assert_ne!(mapping, filled, "{mapping}");
    assert_eq!(names(&text(table, &hints(&filled)).expect("a list")), ["Bộ binh"]);
    let twice = text("Mã;Tên;Mã số\nCN01;A;CN02\n", &ListHints::default()).expect_err("twice");
    assert!(twice.to_string().contains("repeats Mã CNQS (code) (column A \"Mã\" and column C"));
    let none = text("a;b\n1;2\n", &ListHints::default()).expect_err("none");
    let example = none.mapping().expect("an example");
    assert!(Mapping::parse(example).is_ok() && example.contains("\"near\""), "{example}");
    let empty = text("Mã;Tên\n;\n", &ListHints::default());
    assert!(matches!(empty, Err(RosterError::NoRows { header: 1, .. })), "{empty:?}");
}

#[test]
fn what_was_refused_comes_back_where_it_stood_and_is_read_once_mended() {
    let table = "Danh mục\n|Nhóm\nKý hiệu|Tên|Gần đúng||Ghi\nCN01|Bộ binh|CN91|thêm|a\nCN02|Pháo||\nC 3||CN01\n";
    let table = book(&sheets(&[("Danh mục", table)]));
    let hints = hints("header_row = 3\n[columns]\nA = \"code\"\n");
    let list = specialties(&table, &hints).expect("a table");
    assert_eq!(list.rejected().len(), 2);
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("mend.xlsx");
    let write = |list: &SpecialtyFile| {
        let which = RefusedRows::WithAllOthers;
        list.file.write_refused(&list.reasons(), which, &path, true).expect("written")
    };
    assert_eq!(write(&list), 2);
    let mut back = opened(&path);
    assert_eq!(back[0].0, "Danh mục");
    let rows = &mut back[0].1;
    assert_eq!((rows.len(), rows[0][0].as_str()), (6, "Danh mục"));
    assert_eq!(rows[2], ["Ký hiệu", "Tên", "Gần đúng", "", "Ghi", "Lý do từ chối"]);
    assert_eq!(rows[3][..5], ["CN01", "Bộ binh", "CN91", "thêm", "a"]);
    assert!(rows[3][5].starts_with("Cột C: “CN91”: mã này không có"), "{:?}", rows[3]);
    assert!(rows[3][5].contains("Danh sách có CN02") && rows[4][5].is_empty());
    assert!(rows[5][5].contains("[CODE_INVALID]") && rows[5][5].contains("[NAME_MISSING]"));
    // Half mended, then whole: the reasons of before are no column of their own.
    rows[3][2] = "CN02".to_owned();
    let half = specialties(&book(&back), &hints).expect("a table");
    assert_eq!((half.rejected().len(), half.file.ignored.len()), (1, list.file.ignored.len()));
    assert_eq!(write(&half), 1);
    let mut back = opened(&path);
    assert_eq!(back[0].1[3].len(), 6);
    assert!(back[0].1[3][5].is_empty());
    back[0].1[5] = ["CN03", "Lái xe", "CN01"].map(str::to_owned).to_vec();
    let whole = specialties(&book(&back), &hints).expect("a list");
    assert_eq!((&whole.faults, whole.list.len()), (&vec![], 3));
    let none = whole.file.write_refused(&whole.reasons(), RefusedRows::Alone, &path, false);
    assert_eq!(none.expect("nothing to write"), 0);
}

#[test]
fn of_a_list_of_units_only_what_was_refused_comes_back() {
    let held = Units::from_list(province::units()).expect("one tree");
    let table = book(&sheets(&[
        ("Phường", "Mã|Tên|Dân số\n03160|Xã Mường Nhé|25000"),
        (
            "Xã",
            "DANH SÁCH\nMã|Tên đơn vị|Dân số|Ngày bắt đầu\n3163|Xã Na Son|nhiều|\nKhu vực I|||\n|Xã X|9000|\n\
             3160|Xã Mường Nhé|25000|\nTổng cộng||600000|\n|NGƯỜI LẬP||",
        ),
    ]));
    let read = |bytes: &[u8], hints: &ListHints| {
        read_unit_list(Source::Bytes { name: "units.xlsx", bytes }, &held, hints).expect("a list")
    };
    let list = read(&table, &ListHints::default());
    let told: BTreeMap<String, String> =
        list.rejected.iter().map(|(row, why)| (row.to_string(), why.to_string())).collect();
    assert_eq!(
        told.keys().map(String::as_str).collect::<Vec<_>>(),
        ["Xã!3", "Xã!5", "Xã!6"],
        "{told:?}"
    );
    assert_eq!(told["Xã!5"], "the row names no unit: give its code");
    assert!(told["Xã!6"].ends_with("as in row Phường!2"), "{told:?}");
    let warnings = list.file.warnings(|row| list.rejected.contains_key(row));
    assert_eq!((list.zeros, warnings.get("UNIT_ZERO_RESTORED")), (2, None));
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("mend.xlsx");
    let why = list.rejected.iter().map(|(row, fault)| (row.clone(), fault.reason())).collect();
    let written = list.file.write_refused(&why, RefusedRows::Alone, &path, false);
    assert_eq!(written.expect("written"), 3);
    let mut back = opened(&path);
    assert_eq!((back.len(), back[0].0.as_str(), back[0].1.len()), (1, "Xã", 5));
    assert!(back[0].1[2][4].starts_with("Dòng 3. “nhiều” không phải là"), "{:?}", back[0].1[2]);
    back[0].1[2][2] = "9.000".to_owned();
    let again = read(&book(&back), &ListHints::default());
    assert_eq!((again.rejected.len(), again.rows.len()), (1, 2), "{:?}", again.rejected);
    let hints = ListHints { sheet: Some("Phường".into()), ..ListHints::default() };
    assert_eq!(read(&table, &hints).rows.len(), 1);
}

#[test]
fn a_header_of_two_rows_is_read_with_the_cells_merged_over_it() {
    let table = book(&sheets(&[(
        "S1",
        "KẾ HOẠCH\nMã đơn vị|Cấp bậc||Số lượng|CNQS|Chỉ tiêu||Xã, phường\n|Từ|Đến|||Người|Phương tiện|\n\
         DB-C1|Binh nhì|Trung sĩ|3|CN01|||\n|||||9|2|03160",
    )]));
    let source = Source::Bytes { name: "plan.xlsx", bytes: &table };
    let plan = read_plan(source, &ListHints::default()).expect("a plan");
    assert_eq!((&plan.faults, &plan.file.ignored), (&vec![], &vec![]));
    let unit = &plan.units[0].unit;
    assert_eq!((&*unit.posts[0].rank_min, &*unit.posts[0].rank_max), ("Binh nhì", "Trung sĩ"));
    assert_eq!((unit.quotas[0].people, unit.quotas[0].equipment), (9, 2));
}

#[test]
fn a_plan_may_be_parted_over_sheets_and_is_never_doubled_by_two() {
    let posts = "Mã đơn vị|CNQS|Số lượng\nDB-C1|CN01|3\n|CN02|4";
    let quotas = "Mã đơn vị|Xã, phường|Chỉ tiêu người\nDB-C1|03160|7\n";
    let read = |of: &[(&str, &str)]| {
        let bytes = book(&sheets(of));
        let source = Source::Bytes { name: "plan.xlsx", bytes: &bytes };
        read_plan(source, &ListHints::default()).expect("a plan")
    };
    let plan = read(&[("Chức danh", posts), ("Chỉ tiêu", quotas)]);
    let unit = &plan.units[0].unit;
    assert_eq!((&plan.faults, unit.posts.len(), unit.quotas.len()), (&vec![], 2, 1));
    let told = |faults: &[PlanFault]| faults.iter().map(ToString::to_string).collect::<Vec<_>>();
    let doubled = told(&read(&[("2025", posts), ("2026", posts)]).faults);
    assert_eq!(doubled.len(), 1, "{doubled:?}");
    assert!(doubled[0].starts_with("row 2026!2: posts of this reserve unit stand in row 2025!3"));
    let nameless = "Mã đơn vị|CNQS|Số lượng\n|CN01|3";
    let nameless = told(&read(&[("A", posts), ("B", nameless)]).faults);
    assert_eq!(nameless, ["row B!2: no reserve unit is named: give its code"]);
}

#[test]
fn a_quote_without_its_end_is_told_and_a_wrong_delimiter_is_no_fault() {
    let sound = "Mã;Tên\nCN01;\"Bộ; binh\"\nCN02;Thợ \"máy\", lái, xe\n";
    assert_eq!(names(&text(sound, &ListHints::default()).expect("a list"))[0], "Bộ; binh");
    let open = "Mã;Tên;Gần đúng\nCN01;\"Bộ binh;\nCN02;Pháo;\nCN03;Lái;\n";
    let told = text(open, &ListHints::default()).expect_err("rows would be lost");
    assert!(matches!(told, RosterError::StrayQuote { row: 2, .. }), "{told}");
    let other = "Mã,Tên\nCN01,Bộ binh\nCN02,\"a\n;b;c;d\n;e;f;g\"\n";
    assert_eq!(text(other, &ListHints::default()).expect("a list").rows, 2);
}

#[test]
fn a_list_over_its_bound_is_refused_and_never_cut() {
    let rows: String = (0..2_300).map(|at| format!("C{at};Tên {at}\n")).collect();
    for len in [2_001, 2_300] {
        let rows: String = rows.lines().take(len).map(|row| format!("{row}\n")).collect();
        let told = text(&format!("Mã;Tên\n{rows}"), &ListHints::default());
        assert!(matches!(told, Err(RosterError::LongList { max: 2_000, .. })), "{len}");
    }
}
