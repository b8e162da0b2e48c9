use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;
use crate::domain::registry::{EquipmentTypes, Sex, Specialties};
use crate::domain::unit::Units;

mod carried;
mod columns;
mod doubts;
mod forces;
mod forms;
mod hands;
mod looks;
mod maps;
mod refusals;
mod variants;

/// The lists that the files were written against: the province's units, and the shipped ones.
struct Province {
    units: Units,
    specialties: Specialties,
    equipment_types: EquipmentTypes,
}

impl Province {
    fn new() -> Self {
        Self {
            units: Units::from_list(
                crate::sim::province::units().into_iter().chain(lists::shipped_former_units()),
            )
            .expect("one tree"),
            specialties: lists::shipped_specialties(),
            equipment_types: lists::shipped_equipment_types(),
        }
    }

    fn options(&self) -> Options<'_> {
        let lists = Lists {
            units: &self.units,
            specialties: &self.specialties,
            equipment_types: &self.equipment_types,
            as_of: jiff::civil::date(2026, 1, 31),
        };
        Options::new(lists)
    }
}

fn roster(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/rosters").join(name)
}

fn import(source: Source<'_>, options: &Options<'_>) -> Result<ImportReport, RosterError> {
    match detect(source, options)? {
        RosterKind::Reservists => {
            read_reservists(source, options, &mut |_row| ControlFlow::Continue(()))
        }
        RosterKind::Equipment => {
            read_equipment(source, options, &mut |_row| ControlFlow::Continue(()))
        }
        other => panic!("{other:?} is never detected"),
    }
}

/// Compares a report with what the file's maker expects, as far as reading goes.
fn agrees(name: &str) {
    let expected = std::fs::read_to_string(roster("expected.json")).expect("the expectations");
    let expected: Value = serde_json::from_str(&expected).expect("JSON");
    let expected = expected[name].as_object().expect("a file of the list");
    let province = Province::new();
    let mut options = province.options();
    let day = expected.get("effective_date").and_then(Value::as_str);
    options.names_as_of = day.map(|day| day.parse().expect("a day"));
    let report = import(Source::Path(&roster(name)), &options).expect(name);
    let report = serde_json::to_value(&report).expect("a report is plain data");
    for key in ["kind", "rows", "accepted", "rejected", "warnings"] {
        assert_eq!(report[key], expected[key], "{key} of {name}");
    }
    if let Some(unit) = expected.get("unit").and_then(Value::as_str) {
        assert_eq!(report["by_unit"], json!({ unit: expected["accepted"] }), "{name}");
    }
    if let Some(by_unit) = expected.get("by_unit") {
        assert_eq!(&report["by_unit"], by_unit, "{name}");
    }
}

#[test]
fn a_clean_workbook_with_title_and_signatures_is_read_as_expected() {
    agrees("commune-clean.xlsx");
}

#[test]
fn a_text_with_semicolons_and_a_byte_order_mark_is_read_as_expected() {
    agrees("merged-a.csv");
    agrees("merged-b.csv");
}

#[test]
fn a_whole_province_is_read_as_expected() {
    agrees("province.xlsx");
}

#[test]
fn a_list_of_equipment_is_read_as_expected() {
    agrees("equipment.xlsx");
}

#[test]
fn numbers_that_a_spreadsheet_mangled_are_repaired_as_expected() {
    agrees("commune-numbers.xlsx");
}

#[test]
fn a_faulty_list_is_refused_row_by_row_as_expected() {
    agrees("commune-faulty.xlsx");
}

const HEAD: &str = "STT,Họ và tên,Ngày sinh,Giới tính,Số CCCD,Xã phường\n";

fn read_text(text: &str, options: &Options<'_>) -> Result<ImportReport, RosterError> {
    read_bytes("list.csv", text.as_bytes(), options)
}

fn read_bytes(
    name: &str,
    bytes: &[u8],
    options: &Options<'_>,
) -> Result<ImportReport, RosterError> {
    let source = Source::Bytes { name, bytes };
    read_reservists(source, options, &mut |_row| ControlFlow::Continue(()))
}

#[test]
fn what_is_no_phone_refuses_no_row_and_takes_no_number_away() {
    let province = Province::new();
    let text = format!(
        "{},Điện thoại\n{},abc\n{},0912345678 / 12345\n{},không có\n",
        HEAD.trim_end(),
        person(1, "03203").trim_end(),
        person(2, "03203").trim_end(),
        person(3, "03203").trim_end(),
    );
    let source = Source::Bytes { name: "list.csv", bytes: text.as_bytes() };
    let mut rows = Vec::new();
    let report = read_reservists(source, &province.options(), &mut |row| {
        let record = row.result.expect("accepted").record;
        rows.push((record.person.phones.len(), row.blank.contains(&"phones")));
        ControlFlow::Continue(())
    });
    let report = report.expect("a list");
    // What is stored stays where nothing is left, and goes where the cell says that there is none.
    assert_eq!(rows, [(0, true), (1, false), (0, false)]);
    assert_eq!((report.accepted, report.rejected.len()), (3, 0));
    let told = |code| report.warnings.get(code);
    assert_eq!((told("PHONE_INVALID"), told("PHONE_REMARK_NOTED")), (Some(1), Some(1)));
    assert_eq!(report.phones_left_out, [2.into(), 3.into()]);
}

#[test]
fn words_beside_a_phone_are_kept_in_the_note() {
    let province = Province::new();
    let text = format!(
        "{},Điện thoại,Ghi chú\n{},0912345678 (vợ),\n{},0912345679 (vợ),lái xe\n{},0912345670,\n",
        HEAD.trim_end(),
        person(1, "03203").trim_end(),
        person(2, "03203").trim_end(),
        person(3, "03203").trim_end(),
    );
    let source = Source::Bytes { name: "list.csv", bytes: text.as_bytes() };
    let mut notes = Vec::new();
    let report = read_reservists(source, &province.options(), &mut |row| {
        let record = row.result.expect("accepted").record;
        // A note that the row does not have itself replaces none that is stored.
        notes.push((record.person.note, row.blank.contains(&"note")));
        ControlFlow::Continue(())
    });
    let noted = |note: &str| Some(note.to_owned());
    assert_eq!(
        notes,
        [
            (noted("ĐT 0912345678: vợ"), true),
            (noted("lái xe; ĐT 0912345679: vợ"), false),
            (None, true)
        ]
    );
    let told = report.expect("a list").warnings;
    assert_eq!((told.get("PHONE_REMARK_NOTED"), told.get("PHONE_REMARK_DROPPED")), (Some(2), None));
}

fn person(number: u32, unit: &str) -> String {
    format!("{number},Lò Văn A,15/06/1990,Nam,011090{number:06},{unit}\n")
}

#[test]
fn every_delimiter_is_found_out_and_headers_may_be_english() {
    let province = Province::new();
    for delimiter in [",", ";", "\t", "|"] {
        let text = "Citizen ID,Name,Sex,Commune,Birth date\n\
                    011090000001,Lò Văn A,male,03356,1990-06-15\n"
            .replace(',', delimiter);
        let report = read_text(&text, &province.options()).expect(delimiter);
        assert_eq!((report.rows, report.accepted), (1, 1), "{delimiter:?}");
    }
}

#[test]
fn rows_are_numbered_as_a_spreadsheet_shows_them() {
    let province = Province::new();
    let good = person(1, "Xã Sam Mứn");
    let broken = "2,\"Lò\nVăn\nB\",15/06/1990,Nam,011090000002,Xã Sam Mứn\n";
    let bad = person(3, "Xã Không Có");
    for end in ["\n", "\r\n"] {
        let text = format!(
            "Danh sách\n\n{HEAD}(1),(2),(3),(4),(5),(6)\n{good}\n{broken}{bad}{}",
            bad.trim()
        );
        let report = read_text(&text.replace('\n', end), &province.options()).expect("a table");
        let rejected: Vec<u32> = report.rejected.into_keys().map(|key| key.row).collect();
        assert_eq!(rejected, [8, 9], "with {end:?}");
        assert_eq!((report.rows, report.accepted, report.skipped), (4, 2, 1));
    }
}

#[test]
fn headings_and_signatures_are_left_out_but_a_bare_person_is_refused() {
    let province = Province::new();
    let text = format!(
        "{HEAD}I,BẢN NÀ NỌI,,,,\n{}2,Lò Văn B,,,,\n,Người lập biểu,,,Chỉ huy trưởng,\n",
        person(1, "Xã Sam Mứn")
    );
    let text = text.replace("Chỉ huy trưởng,", ",Chỉ huy trưởng");
    let report = read_text(&text, &province.options()).expect("a table");
    assert_eq!((report.rows, report.accepted, report.skipped), (2, 1, 2));
    assert_eq!(report.rejected[&4.into()], "CITIZEN_ID_MISSING");
}

#[test]
fn a_refused_row_tells_its_column_and_what_stands_there_if_that_is_nobodys_secret() {
    let province = Province::new();
    let text = format!(
        "{HEAD}{}{}{}",
        person(1, "Xã Không Có"),
        person(2, "Xã Sam Mứn").replace("15/06/1990", "31/31/1990"),
        person(3, "011090000003"),
    );
    let report = read_text(&text, &province.options()).expect("a table");
    let told = |row: u32| format!("{}{}", report.rejected[&row.into()], report.places[&row.into()]);
    let unknown = "no unit has this code or name: check its spelling";
    let place = "UNIT_UNKNOWN in column F (residence_unit), \"Xã Không Có\"";
    assert_eq!(told(2), format!("{place}: {unknown}"));
    assert_eq!(told(3), "BIRTH_DATE_INVALID in column C (birth)", "a birth date is a person's");
    assert_eq!(told(4), "UNIT_UNKNOWN in column F (residence_unit)", "so is a number gone astray");
    let shown = serde_json::to_value(&report).expect("plain data");
    assert_eq!(shown["places"]["2"]["column"], "F");
}

#[test]
fn a_row_without_a_unit_takes_the_default_or_is_refused() {
    let province = Province::new();
    let text = format!("{HEAD}{}", person(1, ""));
    let report = read_text(&text, &province.options()).expect("a table");
    assert_eq!(report.rejected[&2.into()], "UNIT_MISSING");
    let unit = |code: &str| Some(code.parse().expect("a code"));
    let with_default = Options { default_unit: unit("03356"), ..province.options() };
    let report = read_text(&text, &with_default).expect("a table");
    assert_eq!(report.by_unit["03356"], 1);
    let no_column = text.replace(",Xã phường", "").replace(",\n", "\n");
    let report = read_text(&no_column, &with_default).expect("a table");
    assert_eq!(report.by_unit["03356"], 1);
    let refused = read_text(&no_column, &province.options()).expect_err("no unit at all");
    assert!(refused.to_string().contains("residence_unit"), "{refused}");
    let area = Options { default_unit: unit("KV3"), ..province.options() };
    assert!(matches!(read_text(&text, &area), Err(RosterError::UnknownUnit { .. })));
}

#[test]
fn zeros_lost_in_a_text_are_restored_only_where_sex_and_year_bear_them_out() {
    let province = Province::new();
    let text = format!("{HEAD}{}", person(1, "03356")).replace("011090000001", "11090000001");
    let report = read_text(&text, &province.options()).expect("a table");
    assert_eq!(report.warnings["CITIZEN_ID_ZERO_RESTORED"], 1);
    let other_year = text.replace("1990", "1991");
    let report = read_text(&other_year, &province.options()).expect("a table");
    assert_eq!(report.rejected[&2.into()], "CITIZEN_ID_INVALID");
}

#[test]
fn a_repeat_is_refused_against_accepted_rows_only() {
    let province = Province::new();
    let (good, bad) = (person(1, "03356"), person(1, "03000"));
    let report =
        read_text(&format!("{HEAD}{bad}{good}{good}"), &province.options()).expect("table");
    assert_eq!(report.rejected[&2.into()], "UNIT_UNKNOWN");
    assert_eq!(report.rejected[&4.into()], "DUPLICATE_IN_FILE");
    assert_eq!(report.accepted, 1);
}

#[test]
fn reading_stops_when_asked_and_reports_up_to_there() {
    let province = Province::new();
    let text = format!("{HEAD}{}{}{}", person(1, "03356"), person(2, "03356"), person(3, "03356"));
    let mut numbers = Vec::new();
    let source = Source::Bytes { name: "list.csv", bytes: text.as_bytes() };
    let report = read_reservists(source, &province.options(), &mut |row| {
        numbers.push(row.key.row);
        if row.key.row == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(report.expect("a table").rows, 2);
    assert_eq!(numbers, [2, 3]);
}

#[test]
fn an_open_document_is_read_with_its_dates_and_numbers() {
    let province = Province::new();
    let report = import(Source::Path(&roster("dates.ods")), &province.options()).expect("a table");
    assert_eq!((report.rows, report.accepted), (2, 1));
    assert_eq!(
        report.rejected[&5.into()],
        "BIRTH_DATE_INVALID",
        "rows count from the top of the sheet"
    );
    assert_eq!(report.warnings["CITIZEN_ID_ZERO_RESTORED"], 1);
}

#[test]
fn all_sheets_that_hold_a_table_are_read_and_their_rows_told_apart() {
    let province = Province::new();
    let path = roster("two-sheets.xlsx");
    let read = |sheet: Option<&str>| {
        let options = Options { sheet: sheet.map(str::to_owned), ..province.options() };
        import(Source::Path(&path), &options)
    };
    let both = read(None).expect("two tables");
    let one = read(Some("Hạng 1")).expect("the first table");
    let two = read(Some("Hạng 2")).expect("the second table");
    assert_eq!((both.rows, both.accepted), (one.rows + two.rows, one.accepted + two.accepted));
    let names: Vec<String> = both.rejected.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["Hạng 2!9"]);
    assert_eq!(both.left_out, ["Bìa"]);
    assert_eq!((two.accepted, &two.rejected[&9.into()]), (1, &"UNIT_UNKNOWN".to_owned()));
    let refused = read(Some("Hạng 3")).expect_err("no such sheet").to_string();
    assert!(refused.ends_with("Bìa, Hạng 1, Hạng 2"), "{refused}");
    assert!(matches!(read(Some("Bìa")), Err(RosterError::NoHeader { .. })));
}

#[test]
fn a_list_of_a_former_district_in_an_old_encoding_is_read_as_expected() {
    agrees("district-2019.xls");
}

#[test]
fn without_its_day_a_former_name_is_refused_with_a_hint_and_never_another_unit() {
    let province = Province::new();
    let report = import(Source::Path(&roster("district-2019.xls")), &province.options());
    let report = report.expect("TCVN3 is understood");
    assert_eq!(report.rows, 180);
    assert!(!report.rejected.is_empty());
    assert!(report.rejected.values().all(|code| code == "UNIT_UNKNOWN"));
    let place = report.places.values().next().expect("each has its place").to_string();
    assert!(place.contains("2025-06-30"), "{place}");
}

#[test]
fn every_file_of_the_expectations_is_read_as_expected() {
    let expected = std::fs::read_to_string(roster("expected.json")).expect("the expectations");
    let expected: Value = serde_json::from_str(&expected).expect("JSON");
    let names = expected.as_object().expect("by file").keys();
    assert_eq!(names.map(|name| agrees(name)).count(), 8);
}

#[test]
fn rubbish_is_refused_with_a_word_on_what_is_wrong() {
    let province = Province::new();
    let clean = std::fs::read(roster("commune-clean.xlsx")).expect("a file of the tests");
    let utf16: Vec<u8> = "\u{feff}a,b".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let open_quote = format!("{HEAD}1,\"{}", "a".repeat(2_000_000));
    let cases: [(&str, &[u8], &str); 13] = [
        ("a.csv", b"", "is empty"),
        ("a.pdf", b"%PDF-1.7", "unknown ending"),
        ("a", HEAD.as_bytes(), "unknown ending"),
        ("a.xlsx", HEAD.as_bytes(), "holds text"),
        ("a.csv", &clean, "holds an .xlsx workbook"),
        ("a.csv", b"\x7fELF\0\0\0", "neither a workbook nor text"),
        ("a.csv", &utf16, "no header"),
        ("a.xlsx", &clean[..clean.len() / 2], "cut off"),
        ("a.xls", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and no more", "damaged"),
        ("a.xlsx", b"PK\x05\x06 an archive of nothing", "neither"),
        ("a.csv", b"what,ever\n1,2\n", "no header was found"),
        ("a.csv", b"Name,Sex,Rank\nA,male,B\n", "lacks Ngày sinh (birth), Số CCCD (citizen_id)"),
        ("a.csv", open_quote.as_bytes(), "row without end"),
    ];
    for (name, bytes, words) in cases {
        let refused = read_bytes(name, bytes, &province.options()).expect_err(words).to_string();
        let expected = if words == "neither" { "holds text" } else { words };
        assert!(refused.contains(expected), "{name}: {refused}");
    }
    let latin = [HEAD.as_bytes(), b"1,L\xF2,,,,\n"].concat();
    let refused = read_bytes("a.csv", &latin, &province.options()).expect_err("not UTF-8");
    assert!(matches!(refused, RosterError::NotUtf8 { row: 2, .. }), "{refused}");
    let missing = import(Source::Path(&roster("none.csv")), &province.options());
    assert!(matches!(missing, Err(RosterError::Io { .. })));
    let twice = HEAD.replace("STT", "Họ tên");
    let refused = read_text(&twice, &province.options()).expect_err("one name too many");
    assert!(refused.to_string().contains("full_name"), "{refused}");
}

#[test]
fn a_workbook_cut_off_or_damaged_anywhere_never_panics() {
    let province = Province::new();
    let clean = std::fs::read(roster("equipment.xlsx")).expect("a file of the tests");
    let whole = import(Source::Bytes { name: "a.xlsx", bytes: &clean }, &province.options());
    let whole = whole.expect("a sound file");
    for at in (0..clean.len()).step_by(499) {
        let cut = read_bytes("a.xlsx", &clean[..at], &province.options());
        assert!(cut.is_err(), "cut at {at}");
        let mut flipped = clean.clone();
        flipped[at] ^= 0x55;
        let source = Source::Bytes { name: "a.xlsx", bytes: &flipped };
        let options = province.options();
        match read_equipment(source, &options, &mut |_row| ControlFlow::Continue(())) {
            Ok(report) => assert_eq!(report, whole, "damage at {at} goes unnoticed"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// The workbook of two sheets with a text in it replaced, sound as an archive.
fn rewritten(from: &str, to: &str) -> Vec<u8> {
    rewritten_of(std::fs::read(roster("two-sheets.xlsx")).expect("a file of the tests"), from, to)
}

fn rewritten_of(bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    use std::io::{Cursor, Read, Write};
    let mut old = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut new = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..old.len() {
        let mut part = old.by_index(at).expect("a part");
        let mut text = String::new();
        part.read_to_string(&mut text).expect("XML");
        let options = zip::write::SimpleFileOptions::default();
        let name = part.name().expect("a plain name").into_owned();
        new.start_file(name, options).expect("in memory");
        new.write_all(text.replace(from, to).as_bytes()).expect("in memory");
    }
    new.finish().expect("in memory").into_inner()
}

#[test]
fn a_workbook_that_unpacks_to_more_than_memory_holds_is_refused_before_it_is_read() {
    let province = Province::new();
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().write_string(0, 0, "Họ và tên").expect("written");
    let book = book.save_to_buffer().expect("a workbook");
    let refused = |from: &str, to: &str| {
        let bytes = rewritten_of(book.clone(), from, to);
        assert!(bytes.len() < 1024 * 1024, "a small file: {}", bytes.len());
        read_bytes("bomb.xlsx", &bytes, &province.options()).expect_err("a bomb")
    };
    let run = format!("<r><t>{}</t></r>", "a".repeat(1_000_000));
    let cell = format!("<row><c t=\"inlineStr\"><is>{}</is></c></row></sheetData>", run.repeat(9));
    assert!(matches!(refused("</sheetData>", &cell), RosterError::LongCell { .. }));
    let styles = format!("{}</cellXfs>", "<xf numFmtId=\"14\"/>".repeat(500_000));
    assert!(matches!(refused("</cellXfs>", &styles), RosterError::LongPart { .. }));
    let declared = "<sst uniqueCount=\"4000000000\"";
    assert!(matches!(refused("<sst", declared), RosterError::ManyTexts { .. }));
}

#[test]
fn a_workbook_whose_cells_lie_about_their_place_is_refused() {
    let province = Province::new();
    let options = Options { sheet: Some("Hạng 2".to_owned()), ..province.options() };
    let sound = read_bytes("a.xlsx", &rewritten("nothing", "else"), &options).expect("a copy");
    assert_eq!(sound.rows, 2);
    for place in ["r=\"A99999999999999\"", "r=\"ZZZZZZZZZZZZ9\"", "r=\"A1\"", "r=\"?\""] {
        let refused = read_bytes("a.xlsx", &rewritten("r=\"A9\"", place), &options);
        assert!(matches!(refused, Err(RosterError::Damaged { .. })), "{place}: {refused:?}");
    }
}

#[test]
fn an_archive_that_would_unpack_beyond_the_bound_is_refused_unopened() {
    let province = Province::new();
    let mut bomb = std::fs::read(roster("equipment.xlsx")).expect("a file of the tests");
    let entry = bomb.windows(4).position(|w| w == b"PK\x01\x02").expect("a directory");
    bomb[entry + 24..entry + 28].copy_from_slice(&[0xF0; 4]);
    let refused = read_bytes("a.xlsx", &bomb, &province.options()).expect_err("too large");
    assert!(matches!(refused, RosterError::TooLarge { .. }), "{refused}");
}

#[test]
fn the_report_speaks_the_words_of_the_expectations() {
    let mut report = ImportReport::new(RosterKind::Reservists);
    report.rejected.insert(10.into(), "BIRTH_DATE_INVALID".to_owned());
    let wanted = json!({
        "kind": "reservists", "rows": 0, "accepted": 0, "created": 0, "updated": 0, "unchanged": 0,
        "rejected": { "10": "BIRTH_DATE_INVALID" }, "places": {}, "changes": {}, "warnings": {}, "by_unit": {},
    });
    assert_eq!(serde_json::to_value(&report).expect("plain data"), wanted);
}
