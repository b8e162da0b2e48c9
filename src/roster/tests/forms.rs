//! Lists as communes keep them: columns named by letters, dates over three columns, addresses in the
//! column of the unit, hamlets in headings, letters that were lost.

use calamine::{Reader as _, Xlsx, open_workbook};
use rust_xlsxwriter::Workbook;

use super::*;

/// One sheet, or several, of text.
fn book(sheets: &[(&str, &[&[&str]])]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).expect("a name");
        for (at, row) in (0..).zip(*rows) {
            for (column, text) in (0..).zip(*row).filter(|(_, text)| !text.is_empty()) {
                sheet.write_string(at, column, *text).expect("a cell");
            }
        }
    }
    book.save_to_buffer().expect("in memory")
}

fn mapped(text: &str) -> Options<'static> {
    let province: &'static Province = Box::leak(Box::new(Province::new()));
    Options { mapping: Mapping::parse(text).expect("a mapping"), ..province.options() }
}

macro_rules! reads {
    ($name:ident $read:ident $record:ty) => {
        fn $name(
            file: (&str, &[u8]),
            options: &Options<'_>,
        ) -> Result<(ImportReport, Vec<$record>), RosterError> {
            let mut records = Vec::new();
            let source = Source::Bytes { name: file.0, bytes: file.1 };
            let report = $read(source, options, &mut |row| {
                records.extend(row.result.ok().map(|checked| checked.record));
                ControlFlow::Continue(())
            });
            report.map(|report| (report, records))
        }
    };
}

reads!(people read_reservists Reservist);
reads!(means read_equipment Equipment);
reads!(bases read_militia_bases MilitiaBase);
reads!(works read_enterprises Enterprise);

/// A list of people in a text.
fn listed(text: &str, options: &Options<'_>) -> (ImportReport, Vec<Reservist>) {
    people(("a.csv", text.as_bytes()), options).expect("a list")
}

/// A sheet of people.
fn sheet(rows: &[&[&str]]) -> (ImportReport, Vec<Reservist>) {
    let province = Province::new();
    people(("a.xlsx", &book(&[("Sheet1", rows)])), &province.options()).expect("a list")
}

fn hints(report: &ImportReport) -> Vec<String> {
    report.places.values().filter_map(|place| place.hint.clone()).collect()
}

const PLAIN: &str = "Họ và tên;Ngày sinh;CCCD;Xã;SĐT\n\
                     Lò Văn Sâm;01/02/1990;011090999001;Xã Na Son;0912345678\n";

#[test]
fn a_column_that_a_mapping_ignores_by_its_letter_is_not_read() {
    let (report, people) = listed(PLAIN, &mapped("[columns]\nE = \"ignore\"\n"));
    assert_eq!((people[0].person.phones.len(), report.ignored_columns.len()), (0, 0));
    let (_, people) = listed(PLAIN, &mapped("[columns]\nA = \"full_name\"\n"));
    assert_eq!(people[0].person.phones.len(), 1, "what the mapping is silent of is guessed");
}

#[test]
fn a_running_number_that_a_mapping_ignores_still_counts_the_rows() {
    let text = "TT;Họ và tên;Ngày sinh;CCCD;Xã\n1;Lò Văn Sâm;;;\n";
    let (report, _) = listed(text, &mapped("[columns]\nA = \"ignore\"\n"));
    assert_eq!(report.rejected.len(), 1, "a bare person is refused, and not passed over");
}

#[test]
fn what_a_mapping_says_of_a_column_ends_the_dispute_over_its_field() {
    let text = "Họ và tên;Ngày sinh;CCCD;Xã;Cấp bậc;Quân hàm\n\
                Lò Văn Sâm;01/02/1990;011090999001;Xã Na Son;Hạ sĩ;Trung sĩ\n";
    let refused = people(("a.csv", text.as_bytes()), &mapped("")).expect_err("two ranks");
    let printed = refused.mapping().expect("a mapping file");
    for mapping in [printed, "[columns]\nE = \"rank\"\n", "[columns]\n\"Cấp bậc\" = \"rank\"\n"]
    {
        let (_, people) = listed(text, &mapped(mapping));
        assert_eq!(people[0].rank.map(|rank| rank.vietnamese()), Some("Hạ sĩ"), "{mapping}");
    }
    let (_, people) = listed(text, &mapped("[columns]\nF = \"rank\"\nE = \"ignore\"\n"));
    assert_eq!(people[0].rank.map(|rank| rank.vietnamese()), Some("Trung sĩ"));
    let twice = "[columns]\nE = \"rank\"\nF = \"rank\"\n";
    assert!(people_refused(text, twice).contains("repeats Cấp bậc (rank)"));
}

fn people_refused(text: &str, mapping: &str) -> String {
    let refused = people(("a.csv", text.as_bytes()), &mapped(mapping)).expect_err(mapping);
    refused.to_string()
}

#[test]
fn a_printed_mapping_works_under_a_header_of_two_rows() {
    let rows: [&[&str]; 4] = [
        &["DANH SÁCH"],
        &["TT", "Họ và tên", "Sinh", "", "CCCD", "Xã", "Cấp bậc", "Quân hàm"],
        &["", "", "Ngày sinh", "Nơi sinh", "", "", "", ""],
        &["1", "Lò Văn Sâm", "01/02/1990", "Lai Châu", "011090999001", "Xã Na Son", "Hạ sĩ", "x"],
    ];
    let bytes = book(&[("Sheet1", &rows)]);
    let refused = people(("a.xlsx", &bytes), &mapped("")).expect_err("two ranks");
    let printed = refused.mapping().expect("a mapping file");
    let (report, found) = people(("a.xlsx", &bytes), &mapped(printed)).expect("it works");
    assert_eq!((report.accepted, found.len()), (1, 1), "{printed}\n{report:?}");
}

#[test]
fn numbers_of_several_columns_of_phones_are_all_kept() {
    let text = "Họ và tên;Ngày sinh;CCCD;Xã;SĐT;Điện thoại\n\
                Lò Văn Sâm;01/02/1990;011090999001;Xã Na Son;0912345678;0912345679\n\
                Lò Văn Bốn;01/02/1991;011091999002;Xã Na Son;hỏi vợ;0912345670\n";
    let mut rows = Vec::new();
    let source = Source::Bytes { name: "a.csv", bytes: text.as_bytes() };
    let report = read_reservists(source, &mapped(""), &mut |row| {
        let phones = row.result.expect("good").record.person.phones;
        let domestic: Vec<String> = phones.iter().map(|phone| phone.domestic()).collect();
        rows.push((domestic.join(" "), row.blank.contains(&"phones")));
        ControlFlow::Continue(())
    });
    assert_eq!(report.expect("a list").accepted, 2);
    let row = |phones: &str| (phones.to_owned(), false);
    assert_eq!(rows, [row("0912345678 0912345679"), row("0912345670")]);
}

#[test]
fn tonnes_and_seats_in_two_columns_are_taken_as_each_type_is_counted() {
    let rows: [&[&str]; 6] = [
        &["Chủ phương tiện", "Loại phương tiện", "Biển số", "Trọng tải (tấn)", "Số chỗ", "Xã"],
        &["Lò A", "Xe tải", "27C-012.34", "6,4", "", "Xã Na Son"],
        &["Lò B", "Xe ca", "27B-001.23", "", "29", "Xã Na Son"],
        &["Lò C", "Xe tải", "27C-012.35", "5", "3", "Xã Na Son"],
        &["Lò D", "Máy xúc", "27C-012.36", "5", "3", "Xã Na Son"],
        &["Lò E", "Xe tải", "27C-012.37", "", "", "Xã Na Son"],
    ];
    let bytes = book(&[("Sheet1", &rows)]);
    let (report, items) = means(("a.xlsx", &bytes), &mapped("")).expect("a list");
    let of = |item: &Equipment| item.capacity.map(|own| (own.thousandths, own.unit.vietnamese()));
    let capacities: Vec<_> = items.iter().map(of).collect();
    assert_eq!(
        capacities,
        [Some((6_400, "tấn")), Some((29_000, "chỗ")), Some((5_000, "tấn")), None],
        "{report:?}"
    );
    assert_eq!(report.rejected[&5.into()], "CAPACITY_INVALID");
    assert!(hints(&report)[0].contains("two columns give a capacity"), "{report:?}");
}

#[test]
fn columns_by_letters_are_found_under_every_delimiter_whatever_the_header_says() {
    let rows = "A1;B1;C1;D1;E1\n\
                Lò Văn Sâm;01/02/1990;011090999001;Xã Na Son;0912345678\n\
                Lò Văn Sấm;01/02/1991;011091999001;Xã Na Son;0912345679\n";
    let columns = "[columns]\nA = \"full_name\"\nB = \"birth\"\nC = \"citizen_id\"\n\
                   D = \"residence_unit\"\nE = \"phones\"\n";
    for delimiter in [";", ",", "\t", "|"] {
        let text = rows.replace(';', delimiter);
        for row in ["", "header_row = 1\n"] {
            let (report, people) = listed(&text, &mapped(&format!("{row}{columns}")));
            assert_eq!((report.rows, people.len()), (2, 2), "{delimiter:?} {row:?} {report:?}");
        }
        let bare = text.split_once('\n').expect("a header").1;
        let (report, _) = listed(bare, &mapped(&format!("header_row = 0\n{columns}")));
        assert_eq!((report.rows, report.accepted), (2, 2), "{delimiter:?}");
    }
}

#[test]
fn what_a_mapping_names_and_the_table_lacks_is_told() {
    let (report, _) = listed(PLAIN, &mapped("[columns]\nZ = \"note\"\n\"Tuổi\" = \"note\"\n"));
    assert_eq!(report.idle_mapping, ["Tuổi", "Z"]);
    let (report, _) = listed(PLAIN, &mapped("[columns]\nE = \"note\"\n\"SĐT\" = \"note\"\n"));
    assert_eq!(report.idle_mapping, Vec::<String>::new());
    let shown = serde_json::to_value(&report).expect("plain data");
    assert_eq!(shown.get("idle_mapping"), None);
}

#[test]
fn a_date_of_birth_over_three_columns_is_one() {
    let people = [
        (["15", "6", "1990"], Some("15/06/1990")),
        (["", "6", "1990"], Some("06/1990")),
        (["", "", "1990"], Some("1990")),
        (["00", "00", "1990"], Some("1990")),
        (["", "", "15/06/1990"], Some("15/06/1990")),
        (["15", "6", "90"], Some("15/06/1990")),
        (["15", "", "1990"], None),
        (["15", "6", ""], None),
    ];
    let heads: [&[[&str; 3]]; 3] = [
        &[["Ngày", "Tháng", "Năm sinh"]],
        &[["Ngày sinh", "Tháng sinh", "Năm sinh"]],
        &[["Ngày tháng năm sinh", "", ""], ["Ngày", "Tháng", "Năm"]],
    ];
    for head in heads {
        let mut text = String::new();
        for (at, line) in head.iter().enumerate() {
            let rest = if at == 0 { "Họ và tên;CCCD;Xã;Giới tính;" } else { ";;;;" };
            text.push_str(&format!("{rest}{};{};{}\n", line[0], line[1], line[2]));
        }
        for (at, ([day, month, year], _)) in people.iter().enumerate() {
            text.push_str(&format!("Lò Văn A;01109000000{at};03160;Nam;{day};{month};{year}\n"));
        }
        let (mut births, source) = (Vec::new(), text.as_bytes());
        let source = Source::Bytes { name: "a.csv", bytes: source };
        let report = read_reservists(source, &mapped(""), &mut |row| {
            births.push(row.result.ok().map(|row| row.record.person.birth.written()));
            ControlFlow::Continue(())
        });
        let report = report.expect("a list");
        let wanted: Vec<_> = people.iter().map(|(_, birth)| birth.map(str::to_owned)).collect();
        assert_eq!(births, wanted, "{head:?} {report:?}");
        assert_eq!(report.warnings["BIRTH_YEAR_ONLY"], 2);
        assert_eq!(report.warnings["BIRTH_MONTH_ONLY"], 1);
        assert!(report.rejected.values().all(|code| code == "BIRTH_DATE_INVALID"));
        assert_eq!(report.ignored_columns, []);
    }
}

#[test]
fn types_of_militia_in_short_are_read_under_their_group_and_the_running_number_stays_one() {
    let rows: [&[&str]; 6] = [
        &["BIỂU TỔNG HỢP TỔ CHỨC LỰC LƯỢNG"],
        &["TT", "Tên đơn vị", "Loại hình", "Xã", "Quân số hiện có", "Trong đó", "", "", "Cỡ giày"],
        &["", "", "", "", "", "TT", "CĐ", "Tại chỗ", ""],
        &["1", "Trung đội xã Thanh Nưa", "Dân quân", "Xã Thanh Nưa", "27", "3", "10", "14", "41"],
        &["2", "Trung đội xã Na Son", "Dân quân", "Xã Na Son", "27", "3", "10", "13", "41"],
        &["3", "Tự vệ Điện lực", "Tự vệ", "Xã Na Son", "25", "0", "10", "10", ""],
    ];
    let bytes = book(&[("Sheet1", &rows)]);
    let (report, bases) = bases(("a.xlsx", &bytes), &mapped("")).expect("a list");
    let types: Vec<_> =
        bases[0].by_type.iter().map(|(force, count)| (force.as_str(), *count)).collect();
    assert_eq!(types, [("standing", 3), ("mobile", 10), ("on_site", 14)], "{report:?}");
    let ignored: Vec<&str> = report.ignored_columns.iter().map(|one| &*one.column).collect();
    assert_eq!((report.rows, ignored), (3, vec!["I"]));
    assert_eq!(report.warnings["COUNT_BY_TYPE_DIFFERS"], 1, "the second gives 26 of 27");
    assert_eq!(report.rejected[&6.into()], "CODE_INVALID");
    assert!(hints(&report)[0].contains("Mã cơ sở"), "{report:?}");
}

#[test]
fn an_address_gives_its_unit_and_hamlet_where_one_part_of_it_is_a_unit() {
    let read = |head: &str, cell: &str| {
        let text = format!(
            "Họ và tên;Ngày sinh;CCCD;{head}\nLò Văn A;15/06/1990;011090000001;\"{cell}\"\n"
        );
        let (report, people) = listed(&text, &mapped(""));
        let found = people.first().map(|one| {
            (one.residence_unit.to_string(), one.person.hamlet.clone().unwrap_or_default())
        });
        (found, report)
    };
    let na_son = |hamlet: &str| Some(("03203".to_owned(), hamlet.to_owned()));
    for head in ["Nơi thường trú", "Trú quán", "Hộ khẩu thường trú", "Địa chỉ", "Xã"]
    {
        let (found, report) = read(head, "Bản Huổi Mí, xã Na Son");
        assert_eq!(found, na_son("Bản Huổi Mí"), "{head}: {report:?}");
        assert_eq!(report.warnings["UNIT_FROM_ADDRESS"], 1, "{head}");
    }
    for (cell, hamlet) in [
        ("Bản Huổi Mí,\nxã Na Son, tỉnh Điện Biên", "Bản Huổi Mí"),
        ("Tổ dân phố 5 - Xã Na Son - Điện Biên", "Tổ dân phố 5"),
        ("Số 12, đội 7, Xã Na Son, T. Điện Biên, Việt Nam", "đội 7"),
    ] {
        assert_eq!(read("Trú quán", cell).0, na_son(hamlet), "{cell}");
    }
    let (found, report) = read("Xã", "Xã Núa Ngam - Điện Biên");
    assert_eq!((found.is_some(), report.warnings.get("UNIT_FROM_ADDRESS")), (true, None));
    for (cell, words) in [
        ("Bản Huổi Mí, Xã Na Son, Xã Pu Nhi", "no single commune"),
        ("Bản Huổi Mí, Xã Không Có", "no single commune"),
        ("Na Son, xã Pu Nhi", "no single commune"),
        ("Bản Huổi Mí", "a hamlet alone"),
        ("Bản Huổi Mí, xã Na Son, huyện Điện Biên Đông", "--as-of"),
        ("Thị trấn Mường Ảng, huyện Mường Ảng", "2025-06-30"),
    ] {
        let (found, report) = read("Xã", cell);
        assert_eq!(found, None, "{cell}");
        assert_eq!(report.rejected[&2.into()], "UNIT_UNKNOWN");
        assert!(hints(&report)[0].contains(words), "{cell}: {:?}", hints(&report));
        assert_eq!(report.places[&2.into()].value, None, "an address is a person's");
    }
}

#[test]
fn an_address_of_before_the_mergers_is_read_by_its_day_and_never_without() {
    let text = "Họ và tên;Ngày sinh;CCCD;Xã\n\
                Lò Văn A;15/06/1990;011090000001;\"Bản Nôm, Thị trấn Mường Ảng, huyện Mường Ảng\"\n\
                Lò Văn B;15/06/1990;011090000002;Xã Sam Mứn\n";
    let (report, _) = listed(text, &mapped(""));
    let codes: Vec<&str> = report.rejected.values().map(String::as_str).collect();
    assert_eq!(codes, ["UNIT_UNKNOWN", "UNIT_NAME_MOVED"], "{report:?}");
    let day = Some(jiff::civil::date(2024, 1, 1));
    let (report, people) = listed(text, &Options { names_as_of: day, ..mapped("") });
    assert_eq!(report.accepted, 2, "{report:?}");
    assert_eq!(people[0].standing.former_unit.as_deref(), Some("Thị trấn Mường Ảng"));
    assert_eq!(people[0].person.hamlet.as_deref(), Some("Bản Nôm"));
}

#[test]
fn a_hamlet_in_a_column_of_addresses_is_of_the_commune_in_the_title() {
    let rows: [&[&str]; 3] = [
        &["BAN CHQS XÃ NA SON"],
        &["Họ và tên", "Ngày sinh", "CCCD", "Trú quán"],
        &["Lò Văn A", "15/06/1990", "011090000001", "bản Nà Pen"],
    ];
    let (report, people) = sheet(&rows);
    assert_eq!(people[0].residence_unit.as_str(), "03203", "{report:?}");
    assert_eq!(people[0].person.hamlet.as_deref(), Some("bản Nà Pen"));
    assert_eq!(report.warnings["UNIT_FROM_ADDRESS"], 1);
}

#[test]
fn a_hamlet_that_heads_a_section_or_a_sheet_is_that_of_the_rows_under_it() {
    let head: &[&str] = &["TT", "Họ và tên", "Ngày sinh", "CCCD", "Xã", "Bản"];
    let row = |number: &'static str, hamlet: &'static str| {
        vec!["1", "Lò Văn A", "15/06/1990", number, "Xã Na Son", hamlet]
    };
    let rows: [&[&str]; 10] = [
        head,
        &row("011090000001", ""),
        &["I", "BẢN NÀ PEN"],
        &row("011090000002", ""),
        &row("011090000003", "Bản Tìa"),
        &["II", "Thôn 3 (12 người)"],
        &row("011090000004", ""),
        &["", "Ban CHQS xã"],
        &row("011090000005", ""),
        &row("011090000006", "-"),
    ];
    let (report, people) = sheet(&rows);
    let hamlets: Vec<&str> =
        people.iter().map(|one| one.person.hamlet.as_deref().unwrap_or_default()).collect();
    assert_eq!(hamlets, ["", "Bản Nà Pen", "Bản Tìa", "Thôn 3", "Thôn 3", ""], "{report:?}");
    assert_eq!(report.warnings["HAMLET_FROM_TITLE"], 3);
    let province = Province::new();
    for (name, hamlet) in [("Bản Nà Pen", Some("Bản Nà Pen")), ("Nà Pen", None)] {
        let bytes = book(&[(name, &[head, &row("011090000001", "")])]);
        let (_, people) = people_of(&bytes, &province);
        assert_eq!(people[0].person.hamlet.as_deref(), hamlet, "{name}");
    }
}

fn people_of(bytes: &[u8], province: &Province) -> (ImportReport, Vec<Reservist>) {
    people(("a.xlsx", bytes), &province.options()).expect("a list")
}

#[test]
fn refused_rows_come_back_under_the_headings_of_their_commune_and_hamlet() {
    let row = |number: &'static str, name: &'static str| ["1", name, "15/06/1990", number];
    let rows: [&[&str]; 7] = [
        &["TT", "Họ và tên", "Ngày sinh", "CCCD"],
        &["I", "XÃ NA SON"],
        &["", "BẢN TÌA"],
        &row("011090000001", "Lò Văn A"),
        &["II", "BẢN NÀ PEN"],
        &row("0110900", "Lò Văn B"),
        &row("0110901", "Lò Văn C"),
    ];
    let (bytes, province) = (book(&[("Sheet1", &rows)]), Province::new());
    let (report, _) = people_of(&bytes, &province);
    assert_eq!((report.accepted, report.rejected.len()), (1, 2), "{report:?}");
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("refused.xlsx");
    let source = Source::Bytes { name: "a.xlsx", bytes: &bytes };
    write_refused(source, &province.options(), &report, &out, false).expect("written");
    let mut after: Xlsx<_> = open_workbook(&out).expect("it opens");
    let after = after.worksheet_range("Sheet1").expect("the sheet");
    let shown: Vec<String> = after.rows().map(|row| row[1].to_string()).collect();
    assert_eq!(shown, ["Họ và tên", "XÃ NA SON", "BẢN NÀ PEN", "Lò Văn B", "Lò Văn C"]);
}

#[test]
fn the_icelandic_letter_is_read_as_the_one_it_looks_like_and_counted() {
    let text = "Họ và tên;Ngày sinh;CCCD;Xã;SÐT;Bản\n\
                Ðinh Văn Ðức;15/06/1990;011090000001;Xã Na Son;0912345678;Bản Ðin\n\
                Đinh Văn Đa;15/06/1990;011090000002;Xã Na Son;;\n";
    let (report, people) = listed(text, &mapped(""));
    assert_eq!(people[0].person.full_name, "Đinh Văn Đức");
    assert_eq!(people[0].person.hamlet.as_deref(), Some("Bản Đin"));
    assert_eq!((people[0].person.phones.len(), report.warnings["NAME_NORMALIZED"]), (1, 1));
}

#[test]
fn enterprises_are_read_by_the_words_of_their_forms_and_told_what_lacks() {
    let rows: [&[&str]; 5] = [
        &[
            "STT",
            "Tên doanh nghiệp",
            "MST",
            "Xã",
            "Sản phẩm chủ yếu",
            "Công suất (tấn/tháng)",
            "Chỉ tiêu ĐVCN",
            "Bước khảo sát",
        ],
        &["1", "Xi măng", "5600123456", "Xã Thanh An", "Xi măng", "30.000", "5.000", "Đã lựa chọn"],
        &["2", "Cơ khí", "5600123457", "Xã Na Son", "", "120,5", "", ""],
        &["3", "May", "5600123458", "Xã Na Son", "Quân trang", "", "20", ""],
        &["4", "Gạo", "5600123459", "Xã Na Son", "Gạo", "10", "5", ""],
    ];
    let bytes = book(&[("Sheet1", &rows)]);
    let (report, works) = works(("a.xlsx", &bytes), &mapped("")).expect("a list");
    let made = &works[0].capabilities[0];
    assert_eq!((made.product.as_str(), made.measure.as_str()), ("Xi măng", "tấn"), "{report:?}");
    assert_eq!((made.per_month_hundredths, made.quota_hundredths), (3_000_000, Some(500_000)));
    assert_eq!(report.ignored_columns, []);
    assert_eq!(report.rejected[&3.into()], "CAPABILITY_INVALID");
    let told = hints(&report);
    assert_eq!(told[0], "it lacks Sản phẩm (product)", "{report:?}");
    assert!(told[1].contains("Công suất/tháng (per_month)"), "{told:?}");
    assert_eq!(told[2], "it lacks Bước khảo sát (stage)", "a quota is for who was selected");
}

#[test]
fn an_old_card_number_and_a_rank_of_before_are_refused_with_what_to_write() {
    let text = "Họ và tên;Ngày sinh;CCCD;Xã;Cấp bậc\n\
                Lò Văn A;15/06/1990;145 123 456;Xã Na Son;\n\
                Lò Văn B;15/06/1990;011090000002;Xã Na Son;Chuẩn uý\n\
                L? V?n B??ng;15/06/1990;011090000003;Xã Na Son;\n\
                Lò Văn C;15/06/1990;0110900;Xã Na Son;\n";
    let (report, _) = listed(text, &mapped(""));
    let codes: Vec<&str> = report.rejected.values().map(String::as_str).collect();
    assert_eq!(codes, ["CITIZEN_ID_INVALID", "RANK_UNKNOWN", "NAME_INVALID", "CITIZEN_ID_INVALID"]);
    let told = hints(&report);
    for (at, words) in ["9 digits", "Chuẩn úy", "letters were lost"].iter().enumerate() {
        assert!(told[at].contains(words), "{told:?}");
    }
    assert_eq!(told.len(), 3, "eight digits are just too few");
}

#[test]
fn a_file_whose_letters_were_read_wrongly_is_read_right_and_counted_if_all_come_back() {
    let text = "STT;Họ và tên;Ngày sinh;Giới tính;CCCD;Xã;SĐT\n\
                1;Lò Văn Hà;12/05/1991;Nam;011091777001;Xã Na Son;0912345678\n\
                2;Mùa A Dở;1/12/1986;Nam;011086777002;Xã Nậm Kè;\n";
    let doubled: String =
        text.bytes().map(|byte| encoding_rs::WINDOWS_1252.decode(&[byte]).0.into_owned()).collect();
    let (report, people) = listed(&doubled, &mapped(""));
    let names: Vec<&str> = people.iter().map(|one| one.person.full_name.as_str()).collect();
    assert_eq!(names, ["Lò Văn Hà", "Mùa A Dở"], "{report:?}");
    assert_eq!((people[0].person.phones.len(), report.warnings["LEGACY_ENCODING"]), (1, 2));
}

#[test]
fn a_file_whose_letters_were_lost_says_so_and_how_to_save_it() {
    let whole =
        b"STT,H? v? t?n,Ng?y sinh,Gi?i t?nh,CCCD,X?\n1,L? V?n B??ng,12/05/1991,Nam,0,X? Na Son\n";
    let half = b"STT,H? v\xe0 t\xean,Ng\xe0y sinh,Gi?i t\xednh,CCCD,X\xe3\n1,L\xf2 V?n B??ng,12/05/1991,Nam,0,X\xe3\n";
    for bytes in [&whole[..], &half[..]] {
        let refused = people(("a.csv", bytes), &mapped("")).expect_err("lost").to_string();
        assert!(
            refused.contains("letters of \"H? v") && refused.contains("CSV UTF-8"),
            "{refused}"
        );
    }
    let plain = people(("a.csv", b"what,ever\n1,2\n"), &mapped("")).expect_err("no list");
    assert!(matches!(plain, RosterError::NoHeader { .. }));
}
