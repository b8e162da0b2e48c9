//! The same people as other hands would have listed them: every variant must come to the same.

use proptest::prelude::*;
use rust_xlsxwriter::{Format, Workbook};

use super::*;

/// A workbook of rows of text; a text that begins with `#` is a number.
fn workbook(sheets: &[(&str, &[&[&str]])]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).expect("a name");
        for (at, row) in (0..).zip(*rows) {
            for (column, text) in (0..).zip(*row) {
                let written = match text.strip_prefix('#') {
                    Some(number) => {
                        sheet.write_number(at, column, number.parse::<f64>().expect("a number"))
                    }
                    None if text.is_empty() => continue,
                    None => sheet.write_string_with_format(at, column, *text, &Format::new()),
                };
                written.expect("a cell");
            }
        }
    }
    book.save_to_buffer().expect("in memory")
}

fn read(rows: &[&[&str]]) -> (ImportReport, Vec<Reservist>) {
    collect(&workbook(&[("Sheet1", rows)]), &Province::new().options())
}

fn collect(bytes: &[u8], options: &Options<'_>) -> (ImportReport, Vec<Reservist>) {
    let mut people = Vec::new();
    let source = Source::Bytes { name: "list.xlsx", bytes };
    let report = read_reservists(source, options, &mut |row| {
        people.extend(row.result.map(|checked| checked.record));
        ControlFlow::Continue(())
    });
    (report.expect("a table"), people)
}

/// The person that every variant is about.
fn plain() -> Reservist {
    let (report, mut people) = read(&[
        &["STT", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Xã, phường", "Số điện thoại"],
        &["#1", "Lò Văn An", "15/06/1990", "Nam", "011090000001", "Xã Na Son", "0912345678"],
    ]);
    assert!(report.warnings.is_empty(), "{report:?}");
    people.remove(0)
}

#[test]
fn headers_of_several_rows_parted_names_and_columns_for_men_and_women() {
    let wanted = plain();
    let variants: [&[&[&str]]; 4] = [
        &[
            &["BAN CHQS XÃ NA SON"],
            &[],
            &["TT", "Họ và tên", "", "Ngày sinh", "", "Số CCCD", "Nơi ở", "", "SĐT"],
            &["", "Họ đệm", "Tên", "Nam", "Nữ", "", "Thôn", "Xã", ""],
            &["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)", "(9)"],
            &[
                "#1",
                "Lò Văn",
                "An",
                "15/06/1990",
                "",
                "011090000001",
                "",
                "Xã Na Son",
                "0912 345 678",
            ],
        ],
        &[
            &["Ward", "Mobile phone", "ID number", "Gender", "D.O.B", "First name", "Last name"],
            &["03203", "+84912345678", "011 090 000001", "male", "1990-06-15", "An", "Lò Văn"],
        ],
        &[
            &["STT", "Thông tin cá nhân", "", "", "", "Xã", "Điện thoại"],
            &["", "Họ tên", "Sinh ngày", "Giới", "CCCD", "", ""],
            &["#1", "Lò  Văn An", "15.6.1990", "Nam", "#11090000001", "x. Na Son", "#912345678"],
        ],
        &[
            &["STT", "Họ và tên", "", "Ngày sinh", "Giới tính", "Số CCCD", "Xã", "SĐT"],
            &["I", "Bản Nà Nọi"],
            &[
                "#1",
                "Lò Văn",
                "An",
                "15-6-1990",
                "Nam",
                "011090000001",
                "Xã Na Son",
                "0912.345.678",
            ],
            &["#2", "Lò Thị", "Bình", "1991", "Nữ", "011191000001", "Xã Na Son", ""],
            &["", "Tổng cộng", "", "#2", "", "", "", ""],
        ],
    ];
    for variant in variants {
        let (report, people) = read(variant);
        assert_eq!(report.rejected.len(), 0, "{report:?}");
        let mut same = people.first().expect("the person").clone();
        assert_eq!(same.person.full_name, wanted.person.full_name);
        // Beside them one says the hamlet, in a heading.
        let headed = variant.iter().flat_map(|row| *row).find(|text| text.starts_with("Bản "));
        assert_eq!(same.person.hamlet.take().as_deref(), headed.copied());
        assert_eq!(same, wanted, "{variant:?}");
    }
}

#[test]
fn units_in_headings_and_names_of_sheets_and_repeated_headers_and_totals() {
    let head: &[&str] = &["STT", "Họ và tên", "Năm sinh", "Giới tính", "Số CCCD"];
    let rows: &[&[&str]] = &[
        head,
        &["I", "Xã Na Son (2 người)"],
        &["#1", "Lò Văn A", "#1990", "Nam", "011090000001"],
        &["#2", "Lò Văn B", "#1990", "Nam", "011090000002"],
        &["Cộng", "", "#2", "", ""],
        head,
        &["II", "XÃ MƯỜNG NHÉ"],
        &["#3", "Lò Văn C", "#1990", "Nam", "011090000003"],
        &["", "Tổng số: 3 người"],
    ];
    let (report, _people) = read(rows);
    assert_eq!(report.rejected, std::collections::BTreeMap::new());
    assert_eq!(
        serde_json::to_value(&report.by_unit).expect("plain"),
        json!({"03160": 1, "03203": 2})
    );
    let (one, two): (&[&[&str]], &[&[&str]]) = (
        &[head, &["#1", "Lò Văn A", "#1990", "Nam", "011090000001"]],
        &[head, &["#1", "Lò Văn B", "#1990", "Nam", "011090000001"]],
    );
    let sheets = [("Xã Na Son", one), ("Xã Mường Nhé", two)];
    let (report, _people) = collect(&workbook(&sheets), &Province::new().options());
    assert_eq!(serde_json::to_value(&report.by_unit).expect("plain"), json!({ "03203": 1 }));
    let rejected = serde_json::to_value(&report.rejected).expect("plain");
    assert_eq!(rejected, json!({ "Xã Mường Nhé!2": "DUPLICATE_IN_FILE" }));
}

#[test]
fn what_could_be_wrong_is_warned_of_or_refused() {
    let head: &[&str] = &["Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Xã", "SĐT"];
    let unit = "Xã Na Son";
    type Case<'a> = (&'a [&'a str], Result<&'a [&'a str], &'a str>);
    let cases: [Case<'_>; 9] = [
        (&["Lò A", "15/06/90", "Nam", "011090000001", unit, ""], Ok(&["BIRTH_CENTURY_COMPLETED"])),
        (&["Lò B", "15/06/90", "Nam", "011091000001", unit, ""], Err("BIRTH_DATE_INVALID")),
        (&["Lò C", "#33039", "Nam", "011090000002", unit, ""], Ok(&["DATE_SERIAL_READ"])),
        (&["Lò D", "06/15/1990", "Nam", "011090000003", unit, ""], Err("BIRTH_DATE_INVALID")),
        (
            &["Lò E", "1990", "Nam", "O11O90OOOOO4", unit, ""],
            Ok(&["BIRTH_YEAR_ONLY", "CITIZEN_ID_LETTER_READ"]),
        ),
        (&["Lò G", "1991", "Nam", "O11090000005", unit, ""], Err("CITIZEN_ID_INVALID")),
        (&["Lo\u{300} H", "15/6/1990", "Nam", "011090000006", unit, ""], Ok(&["NAME_NORMALIZED"])),
        (
            &["Lò I", "15/6/1990", "Nam", "011090000007", unit, "01692345678"],
            Ok(&["PHONE_PREFIX_RENEWED"]),
        ),
        (&["Lò K", "00/00/1990", "Nam", "011090000008", unit, ""], Ok(&["BIRTH_YEAR_ONLY"])),
    ];
    for (row, wanted) in cases {
        let (report, _people) = read(&[head, row]);
        match wanted {
            Ok(warnings) => {
                let found: Vec<&str> = report.warnings.iter().map(|(code, ..)| code).collect();
                assert_eq!((report.accepted, found.as_slice()), (1, warnings), "{row:?}");
            }
            Err(code) => assert_eq!(report.rejected[&2.into()], code, "{row:?}"),
        }
    }
}

#[test]
fn names_of_former_times_go_to_their_successors_of_that_day() {
    let text = "Họ và tên,Năm sinh,Giới tính,Số CCCD,Xã phường,Huyện\n\
                Lò A,1990,Nam,011090000001,Xã Sam Mứn,Điện Biên\n\
                Lò B,1990,Nam,011090000002,Thị trấn Mường Chà,Mường Chà\n\
                Lò C,1990,Nam,011090000003,Phường Mường Thanh,TP Điện Biên Phủ\n\
                Lò D,1990,Nam,011090000004,Xã Xá Nhè,Tủa Chùa\n";
    let province = Province::new();
    let then = Options { names_as_of: Some(jiff::civil::date(2019, 6, 30)), ..province.options() };
    let report = read_text(text, &then).expect("a table");
    let wanted = json!({ "03127": 1, "03172": 1, "03244": 1, "03352": 1 });
    assert_eq!(serde_json::to_value(&report.by_unit).expect("plain"), wanted, "{report:?}");
    assert_eq!(report.warnings["FORMER_UNIT_MAPPED"], 4);
}

#[test]
fn texts_come_in_every_common_encoding() {
    let province = Province::new();
    let mut text = HEAD.to_owned();
    for number in 1..20 {
        text.push_str(&person(number, "Xã Mường Nhé"));
    }
    let wanted = read_text(&text, &province.options()).expect("UTF-8");
    assert_eq!(wanted.accepted, 19);
    let utf16 =
        |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let marked = [vec![0xFF, 0xFE], utf16(u16::to_le_bytes)].concat();
    for bytes in [utf16(u16::to_le_bytes), utf16(u16::to_be_bytes), marked] {
        assert_eq!(read_bytes("list.csv", &bytes, &province.options()).expect("UTF-16"), wanted);
    }
    // Code page 1258 writes tones behind their vowels.
    let decomposed = text
        .replace("ọ", "o\u{323}")
        .replace("à", "a\u{300}")
        .replace("ò", "o\u{300}")
        .replace("ớ", "ơ\u{301}")
        .replace("ố", "ô\u{301}")
        .replace("ã", "a\u{303}")
        .replace("ờ", "ơ\u{300}");
    let (bytes, _, lost) = encoding_rs::WINDOWS_1258.encode(&decomposed);
    assert!(!lost, "all of it is in the code page");
    let report = read_bytes("list.csv", &bytes, &province.options()).expect("code page 1258");
    assert_eq!((report.accepted, report.warnings["LEGACY_ENCODING"]), (19, 19));
}

#[test]
fn a_mapping_file_says_what_guessing_cannot() {
    let text = "Mã,Tên gọi,Sinh,GT,Nơi,Nghề\n011090000001,Lò Văn A,1990,Nam,Xã Na Son,BB\n";
    let province = Province::new();
    let refused = read_text(text, &province.options()).expect_err("no known header").to_string();
    assert!(refused.contains("--mapping"), "{refused}");
    let mapping = "header_row = 1\n[columns]\nA = \"citizen_id\"\n\"Tên gọi\" = \"full_name\"\n\
                   C = \"birth\"\nGT = \"sex\"\n\"Nơi\" = \"residence_unit\"\nF = \"specialty\"\n\
                   [values.specialty]\nBB = \"CN01\"\n";
    let mapping = Mapping::parse(mapping).expect("a mapping");
    let options = Options { mapping, ..province.options() };
    let report = read_text(text, &options).expect("a table");
    assert_eq!((report.accepted, report.rejected.len()), (1, 0), "{report:?}");
    let half = "Họ và tên,Ngày sinh,Giới tính,Mã,Xã\nLò A,1990,Nam,011090000001,Xã Na Son\n";
    let refused = read_text(half, &province.options()).expect_err("a column lacks");
    let refused = refused.mapping().expect("a mapping to fill in");
    assert!(Mapping::parse(refused).is_ok(), "it reads back: {refused}");
    for words in ["citizen_id", "header_row = 1", "D = \"ignore\"  # Mã", "[columns]"] {
        assert!(refused.contains(words), "{words} in {refused}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn rubbish_of_any_kind_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let province = Province::new();
        for name in ["a.csv", "a.xlsx", "a.xls", "a.ods"] {
            let head: &[u8] = match name {
                "a.csv" => HEAD.as_bytes(),
                "a.xls" => b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
                _ => b"PK\x03\x04",
            };
            let bytes = [head, &bytes].concat();
            // Read or refused, but in words.
            let read = read_bytes(name, &bytes, &province.options());
            if let Err(refused) = read {
                prop_assert!(!refused.to_string().is_empty());
            }
        }
    }

    #[test]
    fn columns_in_any_order_say_the_same(order in Just((0..7).collect::<Vec<usize>>()).prop_shuffle()) {
        let head = ["TT", "Họ tên", "Ngày sinh", "Giới tính", "CCCD", "Xã", "SĐT"];
        let row = ["#1", "Lò Văn An", "15/06/1990", "Nam", "011090000001", "Xã Na Son", "0912345678"];
        let head: Vec<&str> = order.iter().map(|at| head[*at]).collect();
        let row: Vec<&str> = order.iter().map(|at| row[*at]).collect();
        let (report, people) = read(&[&head, &row]);
        prop_assert!(report.warnings.is_empty());
        prop_assert_eq!(people, vec![plain()]);
    }
}
