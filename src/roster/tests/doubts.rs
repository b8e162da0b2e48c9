//! What could be read in two ways: it is read where something bears it out and told of, or refused with
//! what to do.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::*;

/// A cell of a test.
#[derive(Clone, Copy)]
enum C {
    T(&'static str),
    N(f64),
    /// A day in a cell with the form of one.
    D(u16, u8, u8),
}

use C::{D, N, T};

fn book(sheets: &[(&str, &[&[C]])]) -> Vec<u8> {
    let mut book = Workbook::new();
    let day = Format::new().set_num_format("dd/mm/yyyy");
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).expect("a name");
        for (at, row) in (0..).zip(*rows) {
            for (column, cell) in (0..).zip(*row) {
                match cell {
                    T("") => continue,
                    T(text) => sheet.write_string(at, column, *text),
                    N(number) => sheet.write_number(at, column, *number),
                    D(year, month, one) => {
                        let moment = ExcelDateTime::from_ymd(*year, *month, *one).expect("a day");
                        sheet.write_with_format(at, column, &moment, &day)
                    }
                }
                .expect("a cell");
            }
        }
    }
    book.save_to_buffer().expect("in memory")
}

macro_rules! reads {
    ($name:ident $read:ident $record:ty) => {
        fn $name(bytes: &[u8], options: &Options<'_>) -> (ImportReport, Vec<$record>) {
            let mut records = Vec::new();
            let source = Source::Bytes { name: "a.xlsx", bytes };
            let report = $read(source, options, &mut |row| {
                records.extend(row.result.ok().map(|checked| checked.record));
                ControlFlow::Continue(())
            });
            (report.expect("a list"), records)
        }
    };
}

reads!(people read_reservists Reservist);
reads!(means read_equipment Equipment);
reads!(bases read_militia_bases MilitiaBase);
reads!(works read_enterprises Enterprise);

fn sheet(rows: &[&[C]]) -> Vec<u8> {
    book(&[("Sheet1", rows)])
}

const HEAD: [C; 6] = [
    T("Họ và tên"),
    T("Ngày sinh"),
    T("Giới tính"),
    T("Số CCCD"),
    T("Xã, phường"),
    T("Tình trạng"),
];

fn person(birth: C, number: C, unit: &'static str, status: &'static str) -> [C; 6] {
    [T("Lò Văn An"), birth, T("Nam"), number, T(unit), T(status)]
}

/// The warnings with their counts; that rows of a test are all of Lò Văn An is none of them.
fn codes(report: &ImportReport) -> Vec<String> {
    let others = report.warnings.iter().filter(|(code, ..)| *code != "LIKELY_DOUBLE");
    others.map(|(code, count, _rows)| format!("{code} {count}")).collect()
}

fn refusals(report: &ImportReport) -> Vec<String> {
    report.rejected.iter().map(|(row, code)| format!("{row} {code}")).collect()
}

fn hint(report: &ImportReport, row: u32) -> String {
    report.places.get(&row.into()).and_then(|place| place.hint.clone()).unwrap_or_default()
}

#[test]
fn a_year_in_a_cell_of_dates_is_the_year_of_birth_and_nobody_is_born_in_1905() {
    let bytes = sheet(&[
        &HEAD,
        &person(D(1905, 6, 7), T("011085000001"), "Xã Na Son", ""),
        &person(D(1905, 6, 12), N(11_090_000_002.0), "Xã Na Son", ""),
        &person(T("07/06/1905"), T("011085000003"), "Xã Na Son", ""),
        &person(T("07/06/1905"), T("011090000004"), "Xã Na Son", ""),
        &person(T("1985"), T("011085000005"), "Xã Na Son", ""),
    ]);
    let (report, people) = people(&bytes, &Province::new().options());
    let births: Vec<String> = people.iter().map(|one| one.person.birth.written()).collect();
    assert_eq!(births, ["1985", "1990", "1985", "1985"], "{report:?}");
    assert_eq!(
        codes(&report),
        ["BIRTH_YEAR_ONLY 4", "CITIZEN_ID_ZERO_RESTORED 1", "YEAR_FROM_DATE 3"]
    );
    assert_eq!(refusals(&report), ["5 BIRTH_DATE_INVALID"], "the number does not bear 1985 out");
    assert!(hint(&report, 5).contains("write the year alone"), "{report:?}");
}

#[test]
fn a_name_of_before_a_renaming_is_found_in_its_time_and_else_the_day_is_asked_for() {
    let mut province = Province::new();
    let code = |text: &str| -> UnitCode { text.parse().expect("a code") };
    let rename = crate::domain::unit::Change::Rename {
        unit: code("03203"),
        name: "Xã Tân Son".to_owned(),
        kind: None,
    };
    let day = jiff::civil::date(2026, 1, 10);
    let after = province.units.plan(&rename, day).expect("a sound renaming");
    province.units.reorganize(&after, day).expect("planned");
    let bytes = sheet(&[
        &HEAD,
        &person(T("15/06/1990"), T("011090000001"), "Xã Na Son", ""),
        &person(T("15/06/1990"), T("011090000002"), "Xã Tân Son", ""),
    ]);
    let (report, _people) = people(&bytes, &province.options());
    assert_eq!((refusals(&report), report.accepted), (vec!["2 UNIT_UNKNOWN".to_owned()], 1));
    let hint = hint(&report, 2);
    assert!(hint.contains("--as-of") && hint.contains("until 2026-01-09"), "{hint}");
    let then = Options { names_as_of: Some(jiff::civil::date(2026, 1, 9)), ..province.options() };
    let (report, people) = people(&bytes, &then);
    assert_eq!(refusals(&report), ["3 UNIT_UNKNOWN"], "it was not called so then");
    assert_eq!(people[0].residence_unit.as_str(), "03203");
}

const MEANS: [C; 7] = [
    T("Loại phương tiện"),
    T("Biển số"),
    T("Số khung"),
    T("Số máy"),
    T("Trọng tải (tấn)"),
    T("Chủ phương tiện"),
    T("Xã, phường"),
];

fn truck(plate: &'static str, chassis: &'static str, engine: &'static str, load: C) -> [C; 7] {
    [T("Xe ô tô tải"), T(plate), T(chassis), T(engine), load, T("Lò Văn An"), T("Xã Na Son")]
}

#[test]
fn one_number_on_two_items_is_refused_or_told_of_with_the_other_row() {
    let load = N(5.0);
    let bytes = sheet(&[
        &MEANS,
        &truck("27C-123.45", "K1", "M1", load),
        &truck("27C-123.46", "K1", "M2", load),
        &truck("27C-123.45", "K2", "M3", load),
        &truck("27C-123.47", "K3", "M1", load),
        &truck("27C-123.48", "", "M4", load),
        &truck("27C-123.48", "K5", "M5", load),
    ]);
    let (report, means) = means(&bytes, &Province::new().options());
    assert_eq!(
        refusals(&report),
        ["3 DUPLICATE_IN_FILE", "4 EQUIPMENT_CONFLICT", "7 DUPLICATE_IN_FILE"],
        "a chassis is the item; a plate is of one chassis at a time"
    );
    assert_eq!((hint(&report, 3), hint(&report, 7)), ("as in row 2".into(), "as in row 6".into()));
    assert_eq!(hint(&report, 4), "as in row 2: the same plate, and another chassis number");
    let json = serde_json::to_value(&report).expect("plain data");
    let told = json!([{"row": "5", "about": "row 2"}]);
    assert_eq!((means.len(), &json["warning_rows"]["EQUIPMENT_CONFLICT"]), (3, &told));
    assert_eq!(json["warnings"], json!({ "EQUIPMENT_CONFLICT": 1 }));
}

#[test]
fn a_capacity_beyond_belief_is_told_of_and_one_of_nothing_is_counted() {
    let bytes = sheet(&[
        &MEANS,
        &truck("27C-123.45", "K1", "", N(3500.0)),
        &truck("27C-123.46", "K2", "", N(0.0)),
        &truck("27C-123.47", "K3", "", T("-")),
        &truck("27C-123.48", "K4", "", T("")),
        &truck("27C-123.49", "K5", "", N(60.0)),
    ]);
    let (report, items) = means(&bytes, &Province::new().options());
    let loads: Vec<_> = items.iter().map(|one| one.capacity.map(|own| own.thousandths)).collect();
    assert_eq!(loads, [Some(3_500_000), None, None, None, Some(60_000)], "{report:?}");
    assert_eq!(codes(&report), ["CAPACITY_UNUSUAL 1", "CAPACITY_ZERO_DROPPED 2"]);
    let head = ["Mã số thuế", "Tên DN", "Xã", "Sản phẩm", "Công suất", "Đơn vị tính", "Chỉ tiêu"];
    let row =
        |code, quota| [T(code), T("HTX A"), T("Xã Na Son"), T("Gạo"), N(20.0), T("tấn"), quota];
    let bytes = sheet(&[
        &head.map(T),
        &row("5600000001", N(0.0)),
        &row("5600000002", T("-")),
        &row("5600000003", T("")),
    ]);
    let (report, made) = works(&bytes, &Province::new().options());
    assert!(made.iter().all(|one| one.capabilities[0].quota_hundredths.is_none()));
    assert_eq!((made.len(), report.warnings["CAPACITY_ZERO_DROPPED"]), (3, 2), "{report:?}");
}

#[test]
fn words_for_a_state_are_known_or_refused_with_those_that_are() {
    let read = |status: &'static str| {
        let bytes = sheet(&[&HEAD, &person(T("15/06/1990"), T("011090000001"), "03203", status)]);
        let (report, people) = people(&bytes, &Province::new().options());
        match people.first() {
            Some(one) => one.status.code().to_owned(),
            None => format!("{} {}", report.rejected[&2.into()], hint(&report, 2)),
        }
    };
    for (words, code) in [
        ("Tạm hoãn", "deferred"),
        ("Được tạm hoãn", "deferred"),
        ("Đi XKLĐ", "abroad"),
        ("Đi học xa", "temp_absent"),
        ("Đi tù", "detained"),
        ("Đã qua đời", "dead"),
        ("Có mặt tại địa phương", "active"),
    ] {
        assert_eq!(read(words), code, "{words}");
    }
    for student in ["Đang học", "đi học", "Sinh viên"] {
        let told = read(student);
        let is_told = told.starts_with("STATUS_UNKNOWN") && told.contains("words known are");
        assert!(is_told && told.contains("place of work"), "{student}: {told}");
    }
    let told = read("bận");
    assert!(told.contains("Đang quản lý; Tạm hoãn; Tạm vắng; Ở nước ngoài"), "{told}");
    let mut head = HEAD;
    head[5] = T("Lý do tạm hoãn");
    let row = |number, ground| person(T("15/06/1990"), T(number), "03203", ground);
    let bytes = sheet(&[&head, &row("011090000001", "Đi học"), &row("011090000002", "bận")]);
    let (report, people) = people(&bytes, &Province::new().options());
    let ground = people[0].standing.deferral.as_ref().map(|own| own.ground.code());
    assert_eq!(
        (ground, refusals(&report)),
        (Some("certified_exam"), vec!["3 DEFERRAL_INVALID".into()])
    );
    assert!(hint(&report, 3).contains("Trùng kỳ thi; Ốm đau"), "{report:?}");
    let bytes = sheet(&[
        &[T("Loại phương tiện"), T("Số khung"), T("Chủ phương tiện"), T("Xã"), T("Tình trạng")],
        &[T("Máy xúc"), T("K1"), T("Lò Văn An"), T("03203"), T("lạ")],
    ]);
    let (report, _means) = means(&bytes, &Province::new().options());
    assert!(hint(&report, 2).contains("Đang sửa chữa; Đã bán"), "{report:?}");
}

#[test]
fn whose_an_item_is_is_told_by_the_name_and_where_it_does_not_say_that_is_counted() {
    let read = |head: &[C], rows: &[&[C]]| {
        let all: Vec<&[C]> = [head].into_iter().chain(rows.iter().copied()).collect();
        let (report, means) = means(&sheet(&all), &Province::new().options());
        let kinds: Vec<&str> = means.iter().map(|one| one.owner.kind.code()).collect();
        (kinds.join(" "), report.warnings.get("OWNER_KIND_ASSUMED"))
    };
    let head = [T("Loại phương tiện"), T("Số khung"), T("Chủ phương tiện"), T("Xã")];
    let row = |chassis, owner| [T("Máy xúc"), T(chassis), T(owner), T("03203")];
    let clear = [row("K1", "Lò Văn Hải"), row("K2", "CONG TY TNHH HOANG ANH")];
    let clear: Vec<&[C]> = clear.iter().map(|row| &row[..]).collect();
    assert_eq!(read(&head, &clear), ("person organisation".to_owned(), None));
    assert_eq!(read(&head, &[&row("K1", "Vận tải 379")]), ("person".to_owned(), Some(1)));
    let with = [&head[..], &[T("Loại chủ sở hữu")]].concat();
    let said = |kind| [&row("K1", "Lò Văn Hải")[..], &[T(kind)]].concat();
    assert_eq!(read(&with, &[&said("Cá nhân")]), ("person".to_owned(), None));
    assert_eq!(read(&with, &[&said("")]), ("person".to_owned(), Some(1)), "asked and not said");
}

#[test]
fn a_units_name_with_other_marks_is_found_if_it_is_one_and_told_of() {
    let read = |name: &'static str| {
        let bytes = sheet(&[&HEAD, &person(T("15/06/1990"), T("011090000001"), name, "")]);
        let (report, people) = people(&bytes, &Province::new().options());
        let unit = people.first().map(|one| one.residence_unit.to_string());
        (unit.unwrap_or_else(|| hint(&report, 2)), codes(&report))
    };
    let loose = || vec!["UNIT_NAME_LOOSE 1".to_owned()];
    for name in ["Phuong Dien Bien Phu", "Phường Điên Biên Phủ", "Dien Bien Phu"] {
        assert_eq!(read(name), ("03127".to_owned(), loose()), "{name}");
    }
    assert_eq!(read("Xa Muong Nhe"), ("03160".to_owned(), loose()));
    for name in ["XÃ MƯỜNG NHÉ", "Mường Nhé", "x. Mường Nhé", "03160"] {
        assert_eq!(read(name), ("03160".to_owned(), vec![]), "{name}");
    }
    for name in ["Xã Na Son", "Xa Na Son", "NA SON"] {
        assert_eq!(read(name), ("03203".to_owned(), vec![]), "{name}");
    }
    for name in ["Xã Pú Nhi", "Xã Pu Nhi", "Xã Núa Ngam"] {
        assert_eq!(read(name).1, Vec::<String>::new(), "{name} is a known spelling");
    }
    let (told, warned) = read("Muong Cha");
    assert!(told.contains("this may be") && warned.is_empty(), "two places were called so: {told}");
}

#[test]
fn a_base_that_is_named_twice_is_refused_with_the_row_that_named_it_first() {
    let head = [T("Mã cơ sở"), T("Tên cơ sở"), T("Xã, phường"), T("Cơ quan chủ quản")];
    let row = |code, name| [T(code), T(name), T("03203"), T("Sở Y tế")];
    let bytes = sheet(&[
        &head,
        &row("TV-001", "Tự vệ A"),
        &row("TV-002", "Tự vệ B"),
        &row("tv-001", "Tự vệ C"),
    ]);
    let (report, bases) = bases(&bytes, &Province::new().options());
    assert_eq!((bases.len(), refusals(&report)), (2, vec!["4 DUPLICATE_IN_FILE".to_owned()]));
    assert_eq!(hint(&report, 4), "as in row 2");
    assert!(words("DUPLICATE_IN_FILE").0.contains("mã cơ sở"));
}

#[test]
fn names_of_fonts_that_show_capitals_are_spelled_as_names_are() {
    let head = [T("Hä vµ tªn"), T("Ngµy sinh"), T("Giíi tÝnh"), T("Sè CCCD"), T("X·, ph\u{ad}êng")];
    let row =
        |name, number| [T(name), T("15/06/1990"), T("Nam"), T(number), T("X· M\u{ad}êng NhÐ")];
    let bytes = sheet(&[
        &head,
        &row("nguyÔn v¨n tuÊn", "011090000001"),
        &row("NGUYÔN V¡N TUÊN", "011090000002"),
        &row("NguyÔn V¨n TuÊn", "011090000003"),
        &row("NGUYÔN v¨n TuÊn", "011090000004"),
        &row("nguyÔn v¨n TuÊn", "011090000005"),
        &row("Lß V¨n øng", "011090000006"),
    ]);
    let (report, people) = people(&bytes, &Province::new().options());
    let names: Vec<&str> = people.iter().map(|one| one.person.full_name.as_str()).collect();
    assert_eq!(names[..5], ["Nguyễn Văn Tuấn"; 5], "{report:?}");
    assert_eq!(names[5], "Lò Văn Ứng", "the old code has no capital of it");
    assert_eq!(codes(&report), ["LEGACY_ENCODING 6", "NAME_RECASED 3"]);
}

#[test]
fn the_class_of_a_title_a_heading_or_a_sheet_is_taken_where_no_column_is_for_it() {
    let head = [
        T("STT"),
        T("Họ và tên"),
        T("Ngày sinh"),
        T("Giới tính"),
        T("Số CCCD"),
        T("Xã"),
        T("Cấp bậc"),
    ];
    let row = |number, rank| {
        [T("1"), T("Lò Văn An"), T("15/06/1990"), T("Nam"), T(number), T("03203"), T(rank)]
    };
    let read = |sheet: &str, rows: &[&[C]]| {
        let (report, people) = people(&book(&[(sheet, rows)]), &Province::new().options());
        let classes: Vec<_> =
            people.iter().map(|one| one.class.map(|class| class.number())).collect();
        (classes, report.warnings.get("CLASS_FROM_TITLE"))
    };
    let (one, two) = (row("011090000001", "Hạ sĩ"), row("011090000002", "Thiếu úy QNCN"));
    let title = |text| [T(text)];
    let first = title("DANH SÁCH QUÂN NHÂN DỰ BỊ HẠNG 1");
    assert_eq!(read("Sheet1", &[&first, &[], &head, &one, &two]), (vec![Some(1), None], Some(1)));
    assert_eq!(read("Hạng 2", &[&head, &one]), (vec![Some(2)], Some(1)));
    let heading = |text| [T("I"), T(text)];
    let three = row("011090000003", "Hạ sĩ");
    let parted: [&[C]; 6] =
        [&first, &[], &head, &one, &heading("Dự bị hạng hai (1 người)"), &three];
    assert_eq!(read("Sheet1", &parted), (vec![Some(1), Some(2)], Some(2)));
    let both = title("DANH SÁCH QUÂN NHÂN DỰ BỊ HẠNG 1, HẠNG 2");
    assert_eq!(read("Sheet1", &[&both, &[], &head, &one]), (vec![None], None));
    let with = [&head[..], &[T("Hạng")]].concat();
    let own = [&one[..], &[T("2")]].concat();
    let blank = [&three[..], &[T("")]].concat();
    let told = read("Sheet1", &[&first, &[], &with, &own, &blank]);
    assert_eq!(told, (vec![Some(2), None], None), "a column is for it");
}

#[test]
fn every_row_tells_the_doors_that_its_title_gave_the_class() {
    let bytes = sheet(&[
        &[T("DANH SÁCH QUÂN NHÂN DỰ BỊ HẠNG 1")],
        &[],
        &[T("Họ và tên"), T("Ngày sinh"), T("Giới tính"), T("Số CCCD"), T("Xã")],
        &[T("Lò Văn An"), T("15/06/1990"), T("Nam"), T("011090000001"), T("03203")],
    ]);
    let (province, mut said) = (Province::new(), Vec::new());
    let source = Source::Bytes { name: "a.xlsx", bytes: &bytes };
    read_reservists(source, &province.options(), &mut |row| {
        said.push((row.fields.contains(&"class"), row.blank.contains(&"class")));
        ControlFlow::Continue(())
    })
    .expect("a list");
    assert_eq!(said, [(true, false)], "an update is told of it");
}

#[test]
fn a_sheet_of_a_former_unit_asks_for_its_day_or_for_the_unit() {
    let head = [T("Họ và tên"), T("Ngày sinh"), T("Giới tính"), T("Số CCCD")];
    let row = [T("Lò Văn An"), T("15/06/1990"), T("Nam"), T("011090000001")];
    let province = Province::new();
    let titled: [&[C]; 4] = [&[T("DANH SÁCH QNDB XÃ POM LÓT")], &[], &head, &row];
    for bytes in [book(&[("Xã Pom Lót", &[&head, &row])]), book(&[("Sheet1", &titled)])] {
        let refused = read_bytes("a.xlsx", &bytes, &province.options()).expect_err("no unit");
        let told = refused.to_string();
        for words in ["Xã Pom Lót", "2025-06-30", "--as-of", "--unit CODE"] {
            assert!(told.contains(words), "{words}: {told}");
        }
        let day = Some(jiff::civil::date(2024, 1, 1));
        let then = Options { names_as_of: day, ..province.options() };
        let report = read_bytes("a.xlsx", &bytes, &then).expect("a list of then");
        assert_eq!((report.accepted, report.warnings["FORMER_UNIT_MAPPED"]), (1, 1));
    }
}

#[test]
fn sheets_that_hold_no_list_are_named_and_so_is_that_of_a_broken_header() {
    let province = Province::new();
    let none = book(&[("Bìa", &[&[T("x")]]), ("Ghi chú", &[&[T("y")]])]);
    let told = read_bytes("a.xlsx", &none, &province.options()).expect_err("none").to_string();
    assert!(told.contains("Bìa, Ghi chú"), "{told}");
    let head: [C; 4] = [T("Họ và tên"), T("Ngày sinh"), T("Giới tính"), T("Xã")];
    let broken = book(&[("Bìa", &[&[T("x")]]), ("Danh sách", &[&head])]);
    let told = read_bytes("a.xlsx", &broken, &province.options()).expect_err("broken").to_string();
    assert!(told.contains("Danh sách") && told.contains("citizen_id"), "{told}");
    for text in ["Họ và tên;Ngày sinh;Giới tính;Xã\n", "a;b\n"] {
        let told = read_text(text, &province.options()).expect_err("a text").to_string();
        assert!(!told.contains("sheet"), "a text has none: {told}");
    }
}

#[test]
fn a_mapping_for_another_sheet_says_so() {
    let province = Province::new();
    let one: [&[C]; 2] = [
        &[T("Họ và tên"), T("Ngày sinh"), T("Giới tính"), T("Số CCCD"), T("Xã")],
        &[T("Lò Văn An"), T("15/06/1990"), T("Nam"), T("011090000001"), T("03203")],
    ];
    let two: [&[C]; 2] = [
        &[T("Mã"), T("Tên gọi"), T("Sinh"), T("GT"), T("Nơi")],
        &[T("011090000002"), T("Lò Văn Ba"), T("1990"), T("Nam"), T("03203")],
    ];
    let bytes = book(&[("Một", &one), ("Hai", &two)]);
    let mapping = |sheet: &str| {
        let text = format!(
            "{sheet}[columns]\n\"Mã\" = \"citizen_id\"\n\"Tên gọi\" = \"full_name\"\n\
             \"Sinh\" = \"birth\"\n\"Nơi\" = \"residence_unit\"\n"
        );
        Mapping::parse(&text).expect("a mapping")
    };
    let read = |mapping, sheet: Option<&str>| {
        let sheet = sheet.map(str::to_owned);
        read_bytes("a.xlsx", &bytes, &Options { mapping, sheet, ..province.options() })
    };
    let told = read(mapping(""), Some("Một")).expect_err("of the other").to_string();
    assert!(told.contains("\"Hai\"") && told.contains("--sheet"), "{told}");
    assert_eq!(read(mapping(""), Some("Hai")).expect("its own").accepted, 1);
    assert_eq!(read(mapping(""), None).expect("both").accepted, 2);
    let odd = Mapping::parse("[columns]\n\"Tuổi\" = \"note\"\n").expect("a mapping");
    let report = read(odd, Some("Một")).expect("no sheet has it");
    assert_eq!(report.idle_mapping, ["Tuổi"]);
}

#[test]
fn rarer_delimiters_are_found_out_too() {
    let province = Province::new();
    for delimiter in ["~", "^", "|", "\t"] {
        let text = "Họ và tên,Ngày sinh,Giới tính,Số CCCD,Xã phường\n\
                    Lò Văn An,15/06/1990,Nam,011090000001,Xã Na Son\n"
            .replace(',', delimiter);
        let report = read_text(&text, &province.options()).expect(delimiter);
        assert_eq!((report.rows, report.accepted), (1, 1), "{delimiter:?}");
    }
}

#[test]
fn a_number_of_no_province_is_told_of_and_taken() {
    let bytes = sheet(&[
        &HEAD,
        &person(T("15/06/1990"), T("011090000001"), "03203", ""),
        &person(T("15/06/1990"), T("003090000002"), "03203", ""),
        &person(T("15/06/1990"), T("096090000003"), "03203", ""),
    ]);
    let (report, people) = people(&bytes, &Province::new().options());
    assert_eq!((people.len(), codes(&report)), (3, vec!["CITIZEN_ID_PROVINCE 1".to_owned()]));
}

#[test]
fn a_citizen_number_that_lost_digits_is_refused_and_never_filled_up() {
    let bytes = sheet(&[
        &HEAD,
        &person(T("15/06/1990"), T("1.2E+11"), "03203", ""),
        &person(T("15/06/2000"), N(11_000_000_000.0), "03203", ""),
        &person(T("15/06/1990"), T("1,1090E10"), "03203", ""),
        &person(T("15/06/1990"), N(11_090_000_001.5), "03203", ""),
        &person(T("15/06/1990"), N(120_000_000_000.0), "03203", ""),
        &person(T("15/06/1990"), N(11_090_000_010.0), "03203", ""),
    ]);
    let (report, people) = people(&bytes, &Province::new().options());
    let wanted: Vec<String> = (2..=6).map(|row| format!("{row} NUMBER_ROUNDED")).collect();
    assert_eq!((people.len(), refusals(&report)), (1, wanted), "{report:?}");
    assert!(words("NUMBER_ROUNDED").0.contains("mất chữ số"));
}
