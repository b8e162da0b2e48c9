//! What a list says between the lines: units in headers, the sex in a number, names of another map.

use rust_xlsxwriter::{Format, Workbook};

use super::*;

const PEOPLE: [&str; 6] = ["STT", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Xã, phường"];

/// One cell of a test.
enum C {
    T(&'static str),
    N(f64),
    D(i16, i8, i8),
}

fn sheet(rows: &[Vec<C>]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let day = Format::new().set_num_format("dd/mm/yyyy");
    for (at, row) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(row) {
            match cell {
                C::T("") => continue,
                C::T(text) => sheet.write_string(at, column, *text).map(|_sheet| ()),
                C::N(number) => sheet.write_number(at, column, *number).map(|_sheet| ()),
                C::D(year, month, one) => {
                    let part = |part: &i8| u8::try_from(*part).expect("a part of a day");
                    let year = u16::try_from(*year).expect("a year");
                    let moment =
                        rust_xlsxwriter::ExcelDateTime::from_ymd(year, part(month), part(one));
                    let moment = moment.expect("a day");
                    sheet.write_with_format(at, column, &moment, &day).map(|_sheet| ())
                }
            }
            .expect("a cell");
        }
    }
    book.save_to_buffer().expect("a workbook")
}

fn texts(rows: &[&[&'static str]]) -> Vec<Vec<C>> {
    rows.iter().map(|row| row.iter().map(|text| C::T(text)).collect()).collect()
}

fn people(rows: &[&[&'static str]]) -> (Vec<Reservist>, ImportReport) {
    let (province, mut people) = (Province::new(), Vec::new());
    let bytes = sheet(&texts(rows));
    let source = Source::Bytes { name: "a.xlsx", bytes: &bytes };
    let report = read_reservists(source, &province.options(), &mut |row| {
        people.extend(row.result.ok().map(|checked| checked.record));
        ControlFlow::Continue(())
    });
    (people, report.expect("a list"))
}

fn means(rows: &[Vec<C>]) -> (Vec<Equipment>, ImportReport) {
    let (province, mut means) = (Province::new(), Vec::new());
    let bytes = sheet(rows);
    let source = Source::Bytes { name: "a.xlsx", bytes: &bytes };
    let report = read_equipment(source, &province.options(), &mut |row| {
        means.extend(row.result.ok().map(|checked| checked.record));
        ControlFlow::Continue(())
    });
    (means, report.expect("a list"))
}

fn warned(report: &ImportReport) -> Vec<(&str, u64)> {
    report.warnings.iter().map(|(code, count, _rows)| (code, count)).collect()
}

#[test]
fn a_list_that_names_ended_units_does_not_take_a_moved_name_for_that_of_today() {
    let person = |number, name, unit| ["1", name, "15/06/1990", "Nam", number, unit];
    let rows = [
        person("011090000001", "Lò Văn An", "Phường Mường Thanh"),
        person("011090000002", "Lò Văn Ba", "Xã Sam Mứn"),
        person("011090000003", "Lò Văn Ca", "Xã Mường Chà"),
        person("011090000004", "Lò Văn Dê", "Xã Mường Nhé"),
        person("011090000005", "Lò Văn Em", "03166"),
    ];
    let today: Vec<&[&str]> =
        [&PEOPLE[..]].into_iter().chain(rows.iter().map(|r| &r[..])).collect();
    let (_people, report) = people(&today);
    assert_eq!(report.accepted, 5, "nothing says that it is old: {report:?}");
    let old = person("011090000006", "Lò Văn Giang", "Xã Pom Lót");
    let with_old: Vec<&[&str]> = today.iter().copied().chain([&old[..]]).collect();
    let (_people, report) = people(&with_old);
    let codes: Vec<&str> = report.rejected.values().map(String::as_str).collect();
    assert_eq!(codes, [&["UNIT_NAME_MOVED"; 3][..], &["UNIT_UNKNOWN"]].concat(), "{report:?}");
    let hint = report.places[&2.into()].to_string();
    assert!(hint.contains("--as-of") && hint.contains("2025-06-30"), "{hint}");
}

#[test]
fn a_name_typed_in_capitals_is_spelled_as_names_are_and_counted() {
    let row = |number, name| ["1", name, "15/06/1990", "Nam", number, "03160"];
    let rows = [
        row("011090000001", "CÀ VĂN XUỐNG"),
        row("011090000002", "K'SOR H'NIA"),
        row("011090000003", "trần-lê văn ba"),
        row("011090000004", "K’Sor H’Nia"),
        row("011090000005", "Vàng A DỊA"),
    ];
    let rows: Vec<&[&str]> = [&PEOPLE[..]].into_iter().chain(rows.iter().map(|r| &r[..])).collect();
    let (people, report) = people(&rows);
    let names: Vec<&str> = people.iter().map(|one| one.person.full_name.as_str()).collect();
    assert_eq!(
        names,
        ["Cà Văn Xuống", "K'Sor H'Nia", "Trần-Lê Văn Ba", "K’Sor H’Nia", "Vàng A DỊA"]
    );
    assert_eq!(report.warnings["NAME_RECASED"], 3, "{report:?}");
}

#[test]
fn a_list_without_a_column_of_the_sex_takes_it_from_the_number() {
    let head = ["STT", "Họ và tên", "Ngày sinh", "Số CCCD", "Xã, phường"];
    let (people, report) = people(&[
        &head,
        &["1", "Lò Văn An", "15/06/1990", "011090000001", "03160"],
        &["2", "Lò Thị Ba", "1992", "011192000002", "03160"],
        &["3", "Lò Thị Ca", "1992", "011190000003", "03160"],
    ]);
    let sexes: Vec<Sex> = people.iter().map(|one| one.person.sex).collect();
    assert_eq!(sexes, [Sex::Male, Sex::Female]);
    assert_eq!(report.warnings["SEX_FROM_CITIZEN_ID"], 2);
    assert_eq!(report.rejected[&4.into()], "SEX_INVALID", "the number does not bear the year out");
}

#[test]
fn all_faults_of_a_row_are_told_at_once_and_warnings_name_their_rows() {
    let province = Province::new();
    let bytes = sheet(&texts(&[
        &["STT", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Xã, phường", "Cấp bậc"],
        &["1", "", "31/02/1990", "Nam", "12", "Xã Không Có", "Tướng"],
        &["2", "Lò Văn An", "1990", "Nam", "011090000001", "03160", ""],
        &["3", "Lò Văn Bé", "15/06/2015", "Nam", "011215000001", "03160", ""],
    ]));
    let source = Source::Bytes { name: "a.xlsx", bytes: &bytes };
    let options = province.options();
    let report = import(source, &options).expect("a list");
    assert_eq!(report.rejected[&2.into()], "NAME_MISSING");
    let further: Vec<&str> = report.further[&2.into()].iter().map(|one| one.code).collect();
    assert_eq!(
        further,
        ["CITIZEN_ID_INVALID", "BIRTH_DATE_INVALID", "UNIT_UNKNOWN", "RANK_UNKNOWN"]
    );
    let json = serde_json::to_value(&report).expect("plain data");
    assert_eq!(json["rejected"], json!({"2": "NAME_MISSING"}));
    assert_eq!(json["further_faults"]["2"][1]["column"], "C");
    assert_eq!(json["warnings"], json!({"AGE_UNUSUAL": 1, "BIRTH_YEAR_ONLY": 1}));
    assert_eq!(json["warning_rows"]["AGE_UNUSUAL"], json!([{"row": "4"}]));
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("refused.xlsx");
    write_refused(source, &options, &report, &out, false).expect("written");
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(&out).expect("it opens");
    let written = calamine::Reader::worksheet_range(&mut book, "Sheet1").expect("a sheet");
    let reason = written.get_value((1, 7)).expect("a reason").to_string();
    for code in ["NAME_MISSING", "CITIZEN_ID_INVALID", "UNIT_UNKNOWN", "RANK_UNKNOWN"] {
        assert!(reason.contains(code), "{reason}");
    }
}

#[test]
fn two_rows_of_one_person_under_two_numbers_are_taken_and_told_of() {
    let (people, report) = people(&[
        &PEOPLE,
        &["1", "Lò Văn An", "15/06/1990", "Nam", "011090000012", "03160"],
        &["2", "Lò Văn Án", "15/06/1990", "Nam", "011090000021", "03160"],
        &["3", "Lò Văn An", "15/06/1990", "Nam", "011090000099", "03356"],
    ]);
    assert_eq!((people.len(), warned(&report)), (3, vec![("LIKELY_DOUBLE", 1)]));
    let json = serde_json::to_value(&report).expect("plain data");
    assert_eq!(json["warning_rows"]["LIKELY_DOUBLE"], json!([{"row": "3", "about": "row 2"}]));
}

#[test]
fn the_unit_in_the_header_of_a_capacity_is_obeyed() {
    let head = |capacity| {
        ["STT", "Loại phương tiện", "Số khung", capacity, "Chủ phương tiện", "Xã, phường"]
    };
    let capacity = |header, kind, cell: C| {
        let row =
            vec![C::N(1.0), C::T(kind), C::T("KHUNG1"), cell, C::T("Lò Văn An"), C::T("03160")];
        let mut rows = texts(&[&head(header)]);
        rows.push(row);
        let (mut means, report) = means(&rows);
        let capacity = means.pop().expect("taken").capacity.expect("one");
        let codes: Vec<String> = report.warnings.iter().map(|(code, ..)| code.to_owned()).collect();
        (format!("{} {}", capacity.thousandths, capacity.unit.vietnamese()), codes.join(" "))
    };
    let is = |text: &str, codes: &str| (text.to_owned(), codes.to_owned());
    assert_eq!(capacity("Tải trọng (tấn)", "Xe ô tô tải", C::N(5.0)), is("5000 tấn", ""));
    let odd = "CAPACITY_UNIT_UNUSUAL";
    assert_eq!(capacity("Tải trọng (tấn)", "Máy xúc", C::N(5.0)), is("5000 tấn", odd));
    assert_eq!(capacity("Trọng tải (tấn)", "Xe cứu thương", C::N(5.0)), is("5000 tấn", odd));
    assert_eq!(capacity("Số chỗ", "Xe ô tô khách", C::N(29.0)), is("29000 chỗ", ""));
    assert_eq!(capacity("Số chỗ", "Xe ô tô tải", C::N(3.0)), is("3000 chỗ", odd));
    assert_eq!(capacity("Dung tích gầu (m3)", "Máy xúc", C::N(1.2)), is("1200 m³", ""));
    let read = "CAPACITY_UNIT_READ";
    assert_eq!(capacity("Tải trọng (kg)", "Xe ô tô tải", C::N(2500.0)), is("2500 tấn", read));
    assert_eq!(capacity("Trọng tải/số chỗ", "Máy xúc", C::N(1.0)), is("1000 m³", read));
    assert_eq!(
        capacity("Tải trọng (tấn)", "Xe cứu thương", C::T("5 chỗ")),
        is("5000 chỗ", ""),
        "the cell says more than the header"
    );
}

#[test]
fn a_number_that_the_spreadsheet_rounded_is_refused() {
    let head = ["STT", "Loại phương tiện", "Số khung", "Số máy", "Chủ phương tiện", "Xã, phường"];
    let row = |chassis: C| {
        let (owner, unit) = (C::T("Lò Văn An"), C::T("03160"));
        vec![C::N(1.0), C::T("Máy xúc"), chassis, C::T("M1"), owner, unit]
    };
    let mut rows = texts(&[&head]);
    rows.extend([
        row(C::N(123_456_789_012_345_678.0)),
        row(C::T("1.23457E+17")),
        row(C::N(123_456_789_012_345.0)),
        row(C::T("12E45678901234567")),
    ]);
    let (means, report) = means(&rows);
    let codes: Vec<String> =
        report.rejected.iter().map(|(row, code)| format!("{row} {code}")).collect();
    assert_eq!(codes, ["2 NUMBER_ROUNDED", "3 NUMBER_ROUNDED"]);
    assert_eq!(report.places[&2.into()].column.as_deref(), Some("C"));
    assert_eq!(means.len(), 2);
}

#[test]
fn equipment_is_read_in_the_words_that_people_use_for_its_state_and_year() {
    let head = [
        "STT",
        "Loại phương tiện",
        "Hãng xe",
        "Số khung",
        "Năm sản xuất",
        "Tình trạng",
        "Chủ phương tiện",
        "Xã, phường",
    ];
    let row = |chassis, year: C, state| {
        let (owner, unit) = (C::T("Lò Văn An"), C::T("03160"));
        vec![
            C::N(1.0),
            C::T("Máy xúc"),
            C::T("Hino"),
            C::T(chassis),
            year,
            C::T(state),
            owner,
            unit,
        ]
    };
    let mut rows = texts(&[&head]);
    rows.extend([
        row("K1", C::D(2015, 1, 1), "Đang sử dụng"),
        row("K2", C::D(1905, 7, 7), "Thế chấp ngân hàng"),
        row("K3", C::N(2015.0), "Đang thế chấp"),
    ]);
    let (means, report) = means(&rows);
    assert_eq!(report.rejected.len(), 0, "{report:?}");
    assert!(means.iter().all(|one| one.year == Some(2015)), "{means:?}");
    assert!(means.iter().all(|one| one.make_model.as_deref() == Some("Hino")));
    let states: Vec<&str> = means.iter().map(|one| one.status.code()).collect();
    assert_eq!(states, ["available", "pledged", "pledged"]);
    assert_eq!(report.warnings["YEAR_FROM_DATE"], 2);
}

#[test]
fn a_commune_is_named_with_its_district_behind_a_dash_where_the_list_has_a_day() {
    let province = Province::new();
    let bytes = sheet(&texts(&[
        &PEOPLE,
        &["1", "Lò Văn An", "15/06/1990", "Nam", "011090000001", "xã Mường Mươn - huyện Mường Chà"],
    ]));
    let source = Source::Bytes { name: "a.xlsx", bytes: &bytes };
    let day = Some(jiff::civil::date(2019, 6, 30));
    let dated = Options { names_as_of: day, ..province.options() };
    let report = import(source, &dated).expect("a list");
    assert_eq!((report.accepted, report.rejected.len()), (1, 0), "{report:?}");
    let report = import(source, &province.options()).expect("a list");
    assert_eq!(report.rejected[&2.into()], "UNIT_UNKNOWN", "districts are no more");
}

#[test]
fn a_commune_base_needs_no_code_and_a_self_defense_base_is_known_by_its_name() {
    let (province, mut bases) = (Province::new(), Vec::new());
    let bytes = sheet(&texts(&[
        &["STT", "Tên cơ sở", "Xã, phường", "Quân số"],
        &["1", "Dân quân xã Mường Nhé", "03160", "30"],
        &["2", "Dân quân xã Mường Nhé 2", "03160", "10"],
        &["3", "Tự vệ Sở Y tế", "03127", "20"],
    ]));
    let source = Source::Bytes { name: "a.xlsx", bytes: &bytes };
    let report = read_militia_bases(source, &province.options(), &mut |row| {
        bases.extend(row.result.ok().map(|checked| checked.record));
        ControlFlow::Continue(())
    });
    let report = report.expect("a list");
    let codes: Vec<&str> = report.rejected.values().map(String::as_str).collect();
    assert_eq!(codes, ["DUPLICATE_IN_FILE", "CODE_INVALID"], "an agency's code is its own");
    assert_eq!((bases.len(), bases[0].code.as_str()), (1, "DQ-03160"));
    let with_code = sheet(&texts(&[
        &["Mã cơ sở", "Tên cơ sở", "Xã, phường"],
        &["TV-1", "Tự vệ Sở Y tế", "03127"],
    ]));
    let source = Source::Bytes { name: "a.xlsx", bytes: &with_code };
    read_militia_bases(source, &province.options(), &mut |row| {
        bases.extend(row.result.ok().map(|checked| checked.record));
        ControlFlow::Continue(())
    })
    .expect("a list");
    assert_eq!(bases[1].host_org.as_deref(), Some("Sở Y tế"));
}

#[test]
fn a_militia_base_is_named_by_its_commune() {
    let (people, _report) = people(&[
        &["STT", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Xã, phường", "Cơ sở dân quân"],
        &["1", "Lò Văn An", "15/06/1990", "Nam", "011090000001", "03160", "Dân quân xã Mường Nhé"],
    ]);
    let role = people[0].standing.militia.as_ref().expect("a role");
    assert_eq!(role.base.as_ref().map(|code| code.as_str()), Some("DQ-03160"));
}

#[test]
fn capacities_of_enterprises_are_read_as_they_are_written_here() {
    let (province, mut works) = (Province::new(), Vec::new());
    let head = ["Mã số thuế", "Tên DN", "Xã, phường", "Sản phẩm", "Công suất", "Đơn vị tính"];
    let row = |code, amount: C| {
        vec![C::T(code), C::T("HTX A"), C::T("03160"), C::T("Gạo"), amount, C::T("tấn")]
    };
    let mut rows = texts(&[&head]);
    rows.extend([
        row("5600000001", C::T("1.000,5")),
        row("5600000002", C::T("2.500,00")),
        row("5600000003", C::T("1.500")),
        row("5600000004", C::N(12.5)),
        row("5600000005", C::T("1,500")),
        row("5600000006", C::N(1.125)),
    ]);
    let bytes = sheet(&rows);
    let source = Source::Bytes { name: "a.xlsx", bytes: &bytes };
    let report = read_enterprises(source, &province.options(), &mut |row| {
        works.extend(row.result.ok().map(|checked| checked.record));
        ControlFlow::Continue(())
    });
    let report = report.expect("a list");
    let made: Vec<u64> = works.iter().map(|one| one.capabilities[0].per_month_hundredths).collect();
    assert_eq!(made, [100_050, 250_000, 150_000, 1_250]);
    assert_eq!(report.warnings["THOUSANDS_READ"], 3);
    let refused: Vec<String> =
        report.rejected.iter().map(|(row, code)| format!("{row} {code}")).collect();
    assert_eq!(refused, ["6 CAPABILITY_INVALID", "7 CAPABILITY_INVALID"], "could be either");
}

#[test]
fn the_code_of_a_closed_unit_means_what_took_its_place() {
    let mut province = Province::new();
    let closed = province.units.get(&"03162".parse().expect("a code")).expect("a unit").clone();
    let mut closed = closed;
    let below = province.units.iter().filter(|unit| unit.parent.as_ref() == Some(&closed.code));
    for mut below in below.cloned().collect::<Vec<_>>() {
        below.parent = Some("03160".parse().expect("a code"));
        province.units.put(below).expect("a change of the map");
    }
    closed.valid_to = Some(jiff::civil::date(2025, 12, 31));
    closed.former.successors = vec!["03160".parse().expect("a code")];
    province.units.put(closed).expect("a change of the map");
    let bytes = sheet(&texts(&[
        &PEOPLE,
        &["1", "Lò Văn An", "15/06/1990", "Nam", "011090000001", "03162"],
        &["2", "Lò Văn Ba", "15/06/1990", "Nam", "011090000002", "Xã Nậm Kè"],
    ]));
    let source = Source::Bytes { name: "a.xlsx", bytes: &bytes };
    let report = import(source, &province.options()).expect("a list");
    assert_eq!(report.by_unit, [("03160".to_owned(), 1)].into(), "{report:?}");
    assert_eq!(report.warnings["FORMER_UNIT_MAPPED"], 1);
    assert_eq!(report.rejected[&3.into()], "UNIT_UNKNOWN", "a name may be another's one day");
}

#[test]
fn a_sheet_is_named_in_capitals_or_not() {
    let province = Province::new();
    let options = Options { sheet: Some("HẠNG 2".to_owned()), ..province.options() };
    let report = import(Source::Path(&roster("two-sheets.xlsx")), &options).expect("a table");
    assert_eq!(report.rows, 2);
}
