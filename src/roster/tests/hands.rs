//! Lists as they come from other hands: broken texts, forms with feet, names without their kind, the
//! units of another day.

use rust_xlsxwriter::Workbook;

use super::*;
use crate::domain::registry::Equipment;

const UNIT: &str = "03203";

/// A workbook of text; `hidden` sheets are not shown.
fn workbook(sheets: &[(&str, &[&[&str]])], hidden: &[&str]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).expect("a name");
        sheet.set_hidden(hidden.contains(name));
        for (at, row) in (0..).zip(*rows) {
            for (column, text) in (0..).zip(*row).filter(|(_, text)| !text.is_empty()) {
                sheet.write_string(at, column, *text).expect("a cell");
            }
        }
    }
    book.save_to_buffer().expect("in memory")
}

fn people(bytes: &[u8], options: &Options<'_>) -> (ImportReport, Vec<Reservist>) {
    let mut people = Vec::new();
    let source = Source::Bytes { name: "list.xlsx", bytes };
    let report = read_reservists(source, options, &mut |row| {
        people.extend(row.result.map(|checked| checked.record));
        ControlFlow::Continue(())
    });
    (report.expect("a table"), people)
}

fn items(rows: &[&[&str]]) -> (ImportReport, Vec<Equipment>) {
    let mut items = Vec::new();
    let bytes = workbook(&[("Sheet1", rows)], &[]);
    let (province, source) = (Province::new(), Source::Bytes { name: "list.xlsx", bytes: &bytes });
    let report = read_equipment(source, &province.options(), &mut |row| {
        items.extend(row.result.map(|checked| checked.record));
        ControlFlow::Continue(())
    });
    (report.expect("a table"), items)
}

#[test]
fn a_stray_quote_that_swallows_rows_is_named_and_nothing_is_taken() {
    let province = Province::new();
    let rows: Vec<String> = (1..=40).map(|number| person(number, "Xã Na Son")).collect();
    let mut text = format!("{HEAD}{}", rows.concat());
    text = text.replacen("20,Lò Văn A", "20,\"Lò Văn A", 1);
    let mut taken = 0;
    let source = Source::Bytes { name: "list.csv", bytes: text.as_bytes() };
    let refused = read_reservists(source, &province.options(), &mut |_row| {
        taken += 1;
        ControlFlow::Continue(())
    });
    let refused = refused.expect_err("twenty rows would be lost");
    assert!(matches!(refused, RosterError::StrayQuote { row: 21, rows: 20, .. }), "{refused}");
    assert_eq!(taken, 0);
    let last = format!("{HEAD}{}2,Lò Văn A,15/06/1990,Nam,\"011090000002,Xã Na Son\n", rows[0]);
    let refused = read_text(&last, &province.options()).expect_err("a cell without end");
    assert!(matches!(refused, RosterError::StrayQuote { row: 3, .. }), "{refused}");
    let sound = "1,\"Lò Văn A\",15/06/1990,Nam,011090000001,\"Xã Na Son\n(xã cũ, huyện cũ)\"\n";
    let report = read_text(&format!("{HEAD}{sound}"), &province.options()).expect("a table");
    assert_eq!(report.rows, 1, "breaks in a cell are no harm");
}

#[test]
fn a_text_with_carriage_returns_alone_is_read() {
    let province = Province::new();
    let text = format!("{HEAD}{}{}", person(1, "Xã Na Son"), person(2, "Xã Na Son"));
    let report = read_text(&text.replace('\n', "\r"), &province.options()).expect("a table");
    assert_eq!((report.rows, report.accepted), (2, 2));
}

#[test]
fn a_header_without_rows_is_an_error_that_says_so() {
    let province = Province::new();
    let refused = read_text(HEAD, &province.options()).expect_err("nobody is in it");
    let words = refused.to_string();
    assert!(words.contains("no row of data under the header in row 1"), "{words}");
}

#[test]
fn the_foot_of_a_form_and_the_form_of_a_date_are_no_rows() {
    let rows: &[&[&str]] = &[
        &["STT", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Xã"],
        &["", "", "(dd/mm/yyyy)", "", "", ""],
        &["1", "Lò Văn A", "15/06/1990", "Nam", "011090000001", "Xã Na Son"],
        &["", "Lò Văn B", "15/06/1990", "Nam", "không rõ", ""],
        &["", "Tổng cộng:", "2", "người"],
        &["", "", "", "", "Na Son, ngày 05 tháng 01 năm 2026"],
        &["", "NGƯỜI LẬP BIỂU", "", "", "CHỈ HUY TRƯỞNG"],
        &["", "(Ký, ghi rõ họ tên)"],
        &["", "Lò Văn Lập", "", "", "Thiếu tá Trần Văn Chỉ Huy"],
    ];
    let (report, _people) = people(&workbook(&[("Sheet1", rows)], &[]), &Province::new().options());
    assert_eq!((report.rows, report.accepted), (2, 1), "{report:?}");
    assert_eq!(report.rejected[&4.into()], "CITIZEN_ID_INVALID", "a person is never a foot");
}

#[test]
fn names_without_their_kind_codes_without_their_zero_and_addresses_are_found() {
    let province = Province::new();
    let unit = |text: &str| {
        let text = format!("{HEAD}1,Lò Văn A,15/06/1990,Nam,011090000001,\"{text}\"\n");
        let report = read_text(&text, &province.options()).expect("a table");
        report.by_unit.into_keys().next()
    };
    for text in ["Na Son", "NA SON", "3203", "Xã Na Son, tỉnh Điện Biên", "na son"] {
        assert_eq!(unit(text).as_deref(), Some(UNIT), "{text}");
    }
    assert!(unit("Pú Nhi").is_some());
    for text in [
        "Mường Chà",
        "Mường Thanh",
        "Sam Mứn",
        "Xã Na Son, tỉnh Sơn La",
        "Xã Na Son, huyện Mường Nhé",
        "9999",
        "Nà Nọi",
    ] {
        assert_eq!(unit(text), None, "{text}");
    }
    let text = format!("{HEAD}{}", person(1, "3203"));
    let report = read_text(&text, &province.options()).expect("a table");
    assert_eq!(report.warnings["UNIT_ZERO_RESTORED"], 1);
}

#[test]
fn the_unit_of_a_title_or_a_sheet_is_taken_where_it_is_one() {
    let head: &[&str] = &["Họ và tên", "Ngày sinh", "Giới tính", "CCCD"];
    let row: &[&str] = &["Lò Văn A", "15/06/1990", "Nam", "011090000001"];
    let province = Province::new();
    for title in
        ["DANH SÁCH QNDB XÃ NA SON", "Xã Na Son", "Xã: Na Son", "BAN CHQS XÃ NA SON (mẫu 1)"]
    {
        let bytes = workbook(&[("Sheet1", &[&[title], &[], head, row])], &[]);
        let (report, _people) = people(&bytes, &province.options());
        assert_eq!(report.by_unit.get(UNIT), Some(&1), "{title}");
        assert_eq!(report.warnings["UNIT_FROM_TITLE"], 1, "{title}");
    }
    for title in ["XÃ NA SON, XÃ MƯỜNG NHÉ", "DANH SÁCH QNDB", "Xã Không Có"] {
        let bytes = workbook(&[("Sheet1", &[&[title], head, row])], &[]);
        let refused = read_bytes("a.xlsx", &bytes, &province.options()).expect_err(title);
        assert!(refused.to_string().contains("--unit CODE"), "{refused}");
    }
    let close = workbook(&[("Sheet1", &[&["DANH SÁCH QNDB"], &["Xã Na Son"], head, row])], &[]);
    let (report, _people) = people(&close, &province.options());
    assert_eq!(report.by_unit.get(UNIT), Some(&1), "a title that touches the header");
    let other: &[&str] = &["Lò Văn B", "15/06/1990", "Nam", "011090000002"];
    let sheets: [(&str, &[&[&str]]); 4] = [
        ("Na Son", &[head, row]),
        ("Tổng hợp", &[head, other]),
        ("Bìa", &[&["HƯỚNG DẪN"]]),
        ("Ẩn", &[head, other]),
    ];
    let (report, _people) = people(&workbook(&sheets, &["Ẩn"]), &province.options());
    assert_eq!(report.by_unit.get(UNIT), Some(&1));
    let why = |sheet: &str| report.left_out_because[sheet].as_str();
    assert!(why("Tổng hợp").contains("lacks Xã, phường (residence_unit)"), "{report:?}");
    assert_eq!(why("Bìa"), "it holds no such list");
    assert!(why("Ẩn").contains("hidden"));
}

#[test]
fn names_of_another_day_are_only_those_of_that_day() {
    let text = "Họ và tên,Năm sinh,Giới tính,Số CCCD,Xã phường,Huyện\n\
                Lò A,1990,Nam,011090000001,Xã Mường Chà,Huyện Mường Chà\n\
                Lò B,1990,Nam,011090000002,Phường Điện Biên Phủ,TP Điện Biên Phủ\n\
                Lò C,1990,Nam,011090000003,Phường Mường Thanh,TP Điện Biên Phủ\n";
    let province = Province::new();
    let then = Options { names_as_of: Some(jiff::civil::date(2019, 6, 30)), ..province.options() };
    let report = read_text(text, &then).expect("a table");
    assert_eq!(report.rejected[&2.into()], "UNIT_UNKNOWN", "it began in 2025");
    assert_eq!(report.rejected[&3.into()], "UNIT_UNKNOWN");
    assert_eq!(report.accepted, 1);
}

#[test]
fn the_workbook_of_refused_rows_says_how_it_is_to_be_read() {
    let province = Province::new();
    let day = jiff::civil::date(2019, 6, 30);
    let then = Options { names_as_of: Some(day), ..province.options() };
    let text = "Họ và tên,Năm sinh,Giới tính,Số CCCD,Hạng,Xã,Huyện\n\
                Lò A,1990,Nam,011090000003,9,Phường Mường Thanh,TP Điện Biên Phủ\n";
    let source = Source::Bytes { name: "list.csv", bytes: text.as_bytes() };
    let report = import(source, &then).expect("a table");
    assert_eq!(report.rejected[&2.into()], "CLASS_INVALID");
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("refused.xlsx");
    write_refused(source, &then, &report, &out, false).expect("written");
    let mapping = Mapping::parse("[values.class]\n9 = \"1\"\n").expect("a mapping");
    let mended = Options { mapping, ..province.options() };
    let report = import(Source::Path(&out), &mended).expect("mended");
    let told = report.told.as_ref().expect("it says");
    assert_eq!((told.as_of, &told.unit), (Some(day), &None));
    assert_eq!(report.warnings["FORMER_UNIT_MAPPED"], 1);
    assert!(report.left_out.is_empty(), "the sheet that says so is no list");
    let today = jiff::civil::date(2026, 1, 31);
    let own = Options { names_as_of: Some(today), ..mended };
    let report = import(Source::Path(&out), &own).expect("mended");
    assert_eq!((report.told, report.warnings.get("FORMER_UNIT_MAPPED").is_some()), (None, false));
}

#[test]
fn a_column_that_writes_the_month_first_is_not_half_read() {
    let province = Province::new();
    let row = |number: u32, day: &str| person(number, "Xã Na Son").replace("15/06/1990", day);
    let text =
        format!("{HEAD}{}{}{}", row(1, "06/07/1990"), row(2, "06/15/1990"), row(3, "05/05/1990"));
    let report = read_text(&text, &province.options()).expect("a table");
    assert_eq!(report.rejected[&2.into()], "DATE_ORDER_AMBIGUOUS");
    assert_eq!(report.rejected[&3.into()], "BIRTH_DATE_INVALID");
    assert_eq!(report.accepted, 1);
    let slip = format!("{text}{}{}", row(4, "15/06/1990"), row(5, "16/06/1990"));
    let report = read_text(&slip, &province.options()).expect("a table");
    assert_eq!(report.accepted, 4, "one slip among days that come first");
}

#[test]
fn words_that_communes_write_are_understood() {
    let head: &[&str] = &[
        "Họ và tên",
        "Ngày sinh",
        "Giới tính",
        "CCCD",
        "Xã",
        "Cấp bậc",
        "CNQS",
        "Hạng",
        "Đảng viên",
        "SĐT",
        "Tình trạng",
    ];
    let base = ["Lò A", "15/06/1990", "Nam", "011090000001", "Xã Na Son", "", "", "", "", "", ""];
    let read = |at: usize, text: &str| {
        let mut row = base;
        row[at] = text;
        let bytes = workbook(&[("Sheet1", &[head, &row])], &[]);
        let (report, mut people) = people(&bytes, &Province::new().options());
        people.pop().ok_or_else(|| report.rejected[&2.into()].clone())
    };
    for (text, rank) in [("B1", 2), ("H3", 5), ("1//", 10), ("4/", 9)] {
        assert_eq!(read(5, text).expect(text).rank.map(|rank| rank.number()), Some(rank), "{text}");
    }
    for text in ["QNCN", "CN"] {
        let category = read(5, text).expect(text).category.map(|category| category.code());
        assert_eq!(category, Some("professional"), "{text}");
    }
    for text in ["CN1", "CN 01", "CN01 - Bộ binh", "cn01"] {
        let specialty = read(6, text).expect(text).specialty;
        assert_eq!(specialty.map(|code| code.to_string()).as_deref(), Some("CN01"), "{text}");
    }
    assert_eq!(read(6, "CN01 - Lái xe").expect_err("two"), "SPECIALTY_UNKNOWN");
    for text in ["Class 2", "DB2"] {
        assert_eq!(read(7, text).expect(text).class.map(|class| class.number()), Some(2), "{text}");
    }
    for text in ["ĐV", "v", "✓", "03/02/2010"] {
        assert_eq!(read(8, text).expect(text).party_member, Some(true), "{text}");
    }
    for text in ["-", "không có", "0912345678 (vợ)"] {
        assert!(read(9, text).is_ok(), "{text}");
    }
    for text in ["Vắng mặt", "Đi làm ăn xa"] {
        assert_eq!(read(10, text).expect(text).status.code(), "temp_absent", "{text}");
    }
    assert_eq!(read(0, "Lò\u{200b} A").expect("a name").person.full_name, "Lò A");
    assert_eq!(read(3, "000000000000").expect_err("nobody's"), "CITIZEN_ID_INVALID");
}

#[test]
fn equipment_is_understood_in_everyday_words_and_its_capacity_with_its_unit() {
    let head: &[&str] = &[
        "Loại phương tiện",
        "Biển số",
        "Trọng tải/số chỗ",
        "Đơn vị tính",
        "Chủ phương tiện",
        "Xã",
    ];
    let read = |kind: &str, capacity: &str, unit: &str| {
        let row: &[&str] = &[kind, "27C-123.45", capacity, unit, "Lò Văn A", "Xã Na Son"];
        let (report, mut items) = items(&[head, row]);
        let item = items.pop();
        let amount = item.as_ref().and_then(|item| item.capacity);
        let amount = amount.map(|amount| (amount.thousandths, amount.unit.code()));
        (item.map(|item| item.kind.to_string()), amount, report)
    };
    for (kind, capacity, unit, code, amount) in [
        ("Xe tải", "5 tấn", "", "PT01", Some((5_000, "tonne"))),
        ("Ô tô tải", "2,5 tấn", "", "PT01", Some((2_500, "tonne"))),
        ("Xe ca 29 chỗ", "", "", "PT02", Some((29_000, "seat"))),
        ("Thuyền máy", "", "", "PT04", None),
        ("Xe con 4 chỗ", "", "", "PT07", Some((4_000, "seat"))),
        ("Ô tô con", "5", "", "PT07", Some((5_000, "seat"))),
        ("Xe tải tự đổ", "15", "", "PT09", Some((15_000, "tonne"))),
        ("Rơ-moóc", "10 tấn", "", "PT11", Some((10_000, "tonne"))),
        ("Xe ô tô tải", "3,5 tấn", "tấn", "PT01", Some((3_500, "tonne"))),
        ("Xe ô tô tải", "1.500", "kg", "PT01", Some((1_500, "tonne"))),
        ("Xe ô tô tải", "5000 kg", "", "PT01", Some((5_000, "tonne"))),
        ("Xe ô tô tải", "3,5", "", "PT01", Some((3_500, "tonne"))),
        ("Xe ô tô khách", "29", "", "PT02", Some((29_000, "seat"))),
    ] {
        let (found, read, report) = read(kind, capacity, unit);
        assert_eq!((found.as_deref(), read), (Some(code), amount), "{kind} {capacity} {report:?}");
    }
    let (_, _, report) = read("Xe máy", "", "");
    assert_eq!(report.rejected[&2.into()], "EQUIPMENT_TYPE_UNKNOWN");
    assert!(report.places[&2.into()].to_string().contains("PT01 Xe ô tô tải"), "{report:?}");
    let (_, _, report) = read("Xe ô tô tải", "5000", "");
    assert_eq!(report.rejected[&2.into()], "CAPACITY_INVALID", "not tonnes, and nothing says what");
    assert_eq!(report.places[&2.into()].column.as_deref(), Some("C"));
}

#[test]
fn enterprises_and_activities_are_understood_as_they_are_written() {
    let province = Province::new();
    let text = "Tên doanh nghiệp;MST;Sản phẩm;Công suất/tháng;Đơn vị tính;Ngày khảo sát;Xã\n\
                Cty A;100109106;quân trang;10.000;bộ;2025;Xã Na Son\n";
    let source = Source::Bytes { name: "a.csv", bytes: text.as_bytes() };
    let mut made = None;
    let report = read_enterprises(source, &province.options(), &mut |row| {
        made = row.result.ok();
        ControlFlow::Continue(())
    });
    let made = made.unwrap_or_else(|| panic!("{report:?}")).record;
    assert_eq!(made.tax_code.as_str(), "0100109106");
    assert_eq!(made.capabilities[0].per_month_hundredths, 1_000_000);
    assert_eq!(made.surveyed_on, Some(jiff::civil::date(2025, 1, 1)));
    let text = text
        .replace(";Công suất/tháng;Đơn vị tính", ";Công suất/tháng")
        .replace("10.000;bộ", "10.000 bộ");
    let source = Source::Bytes { name: "a.csv", bytes: text.as_bytes() };
    let report =
        read_enterprises(source, &province.options(), &mut |_row| ControlFlow::Continue(()));
    assert_eq!(report.expect("a table").warnings["THOUSANDS_READ"], 1);
    let text = "STT;Năm;Loại;Tên;Đơn vị;Quân số\n1;2024;Diễn tập;KVPT;Xã Na Son;30\n";
    let source = Source::Bytes { name: "a.csv", bytes: text.as_bytes() };
    let report =
        read_activities(source, &province.options(), &mut |_row| ControlFlow::Continue(()));
    let report = report.expect("a table");
    assert_eq!((report.accepted, report.warnings["DATE_YEAR_ONLY"]), (1, 1), "{report:?}");
}

#[test]
fn a_repeat_names_the_row_that_it_repeats() {
    let province = Province::new();
    let good = person(1, UNIT);
    let report = read_text(&format!("{HEAD}{good}{}{good}", person(2, UNIT)), &province.options())
        .expect("table");
    assert_eq!(report.places[&4.into()].hint.as_deref(), Some("as in row 2"));
}

#[test]
fn a_text_that_guards_against_formulas_is_read_without_its_guard() {
    let province = Province::new();
    let text = format!("{},Thôn bản\n{},'+84 tổ 1\n", HEAD.trim(), person(1, UNIT).trim());
    let mut hamlet = None;
    let source = Source::Bytes { name: "a.csv", bytes: text.as_bytes() };
    let report = read_reservists(source, &province.options(), &mut |row| {
        hamlet = row.result.ok().and_then(|checked| checked.record.person.hamlet);
        ControlFlow::Continue(())
    });
    assert_eq!((report.expect("a table").rows, hamlet.as_deref()), (1, Some("+84 tổ 1")));
}

#[test]
fn what_is_no_workbook_says_what_it_is_and_what_to_do() {
    let province = Province::new();
    let fault = |name: &str, bytes: &[u8]| {
        read_bytes(name, bytes, &province.options()).expect_err(name).to_string()
    };
    let page = fault("a.xls", b"<html><body><table><tr><td>x</td></tr></table></body></html>");
    assert!(page.contains("web page") && page.contains("save it as .xlsx"), "{page}");
    let mut locked = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    locked.resize(2_048, 0);
    locked.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    let locked = fault("a.xlsx", &locked);
    assert!(locked.contains("remove the password"), "{locked}");
}

#[test]
fn a_cell_that_would_fill_the_memory_is_refused_before_it_does() {
    use std::io::Write as _;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    archive.start_file("xl/worksheets/sheet1.xml", options).expect("a part");
    archive.write_all(b"<worksheet><sheetData><row><c><is><t>").expect("in memory");
    archive.write_all(&vec![b'A'; 8 * 1024 * 1024]).expect("in memory");
    let bytes = archive.finish().expect("an archive").into_inner();
    let refused = read_bytes("a.xlsx", &bytes, &Province::new().options()).expect_err("too long");
    assert!(matches!(refused, RosterError::LongCell { .. }), "{refused}");
}

#[test]
fn who_is_of_a_unit_that_was_merged_since_is_entered_under_it_so_that_an_undoing_takes_them_back() {
    let mut province = Province::new();
    let code = |text: &str| -> UnitCode { text.parse().expect("a code") };
    let merge = crate::domain::unit::Change::Merge {
        units: vec![code("03162")],
        into: code("03160"),
        new: None,
    };
    let day = jiff::civil::date(2026, 1, 10);
    let after = province.units.plan(&merge, day).expect("a sound merger");
    let name = province.units.get(&code("03162")).expect("a commune").name.clone();
    province.units.reorganize(&after, day).expect("planned");
    let text = format!("{HEAD}{}", person(1, &name));
    let then = jiff::civil::date(2026, 1, 9);
    let before = Options { names_as_of: Some(then), ..province.options() };
    let mut people = Vec::new();
    let source = Source::Bytes { name: "list.csv", bytes: text.as_bytes() };
    let report = read_reservists(source, &before, &mut |row| {
        people.extend(row.result.map(|checked| checked.record));
        ControlFlow::Continue(())
    });
    assert_eq!(report.expect("a table").rejected.len(), 0);
    let unit = &people[0].residence_unit;
    assert_eq!((unit.as_str(), &people[0].standing.former_unit), ("03162", &None));
    assert!(province.units.is_within(unit, &code("03160")), "counted there");
}
