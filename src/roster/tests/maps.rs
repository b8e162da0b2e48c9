//! Lists of another map: what sheets, titles and headings say of their day, and what of a commune that
//! was merged since is found again.

use rust_xlsxwriter::Workbook;

use super::*;

const HEAD: &[&str] = &["STT", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD"];
const HEAD_UNIT: &[&str] = &["Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Xã, phường"];

fn workbook(sheets: &[(&str, &[&[&str]])]) -> Vec<u8> {
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

/// Where each accepted row went and why each other was refused, in the order of the file.
fn read(sheets: &[(&str, &[&[&str]])]) -> Vec<String> {
    let (province, mut said) = (Province::new(), Vec::new());
    let bytes = workbook(sheets);
    let source = Source::Bytes { name: "a.xlsx", bytes: &bytes };
    let report = read_reservists(source, &province.options(), &mut |row| {
        said.push(match row.result {
            Ok(checked) => checked.record.residence_unit.to_string(),
            Err(problems) => problems[0].code.code().to_owned(),
        });
        ControlFlow::Continue(())
    });
    report.expect("a list");
    said
}

const AN: &[&str] = &["1", "Lò Văn An", "15/06/1990", "Nam", "011090000001"];
const BA: &[&str] = &["2", "Lò Văn Ba", "15/06/1990", "Nam", "011090000002"];

#[test]
fn a_sheet_named_for_a_moved_name_is_doubted_where_another_is_of_an_ended_unit() {
    let moved: (&str, &[&[&str]]) = ("Xã Mường Chà", &[HEAD, AN]);
    assert_eq!(read(&[moved]).len(), 1);
    let today = read(&[moved]);
    assert_ne!(today[0], "UNIT_NAME_MOVED", "nothing says that it is old");
    let row = [&BA[1..], &["Xã Mường Nhé"]].concat();
    let other: (&str, &[&[&str]]) = ("Xã Pom Lót", &[HEAD_UNIT, &row]);
    // In either order: what one sheet tells of the map holds for all of the file.
    assert_eq!(read(&[moved, other]), ["UNIT_NAME_MOVED", "03160"]);
    assert_eq!(read(&[other, moved]), ["03160", "UNIT_NAME_MOVED"]);
    // A name that means the same unit on both maps is never doubted.
    assert_eq!(read(&[("Xã Mường Nhé", &[HEAD, AN]), other]), ["03160", "03160"]);
}

#[test]
fn a_moved_name_in_a_title_is_doubted_where_the_list_is_of_the_old_map() {
    let row = [&BA[1..], &["Xã Pom Lót"]].concat();
    let old: (&str, &[&[&str]]) = ("B", &[HEAD_UNIT, &row]);
    let titled: (&str, &[&[&str]]) =
        ("A", &[&["DANH SÁCH QNDB PHƯỜNG MƯỜNG THANH"], &[], HEAD, AN]);
    let told = read(&[titled, old]);
    assert_eq!(told[1], "UNIT_UNKNOWN", "{told:?}");
    // The second sheet tells it: its rows are read after the first's.
    let told = read(&[old, titled]);
    assert_eq!(told, ["UNIT_UNKNOWN", "UNIT_NAME_MOVED"]);
    let title = &["DANH SÁCH QNDB XÃ POM LÓT"][..];
    let column = [&AN[1..], &["Xã Sam Mứn"]].concat();
    assert_eq!(read(&[("A", &[title, &[], HEAD_UNIT, &column])]), ["UNIT_NAME_MOVED"]);
    for of_today in ["DANH SÁCH QNDB XÃ THANH AN (XÃ POM LÓT CŨ)", "XÃ MƯỜNG NHÉ VÀ XÃ POM LÓT"]
    {
        let told = read(&[("A", &[&[of_today], &[], HEAD_UNIT, &column])]);
        assert_ne!(told, ["UNIT_NAME_MOVED"], "{of_today} may say what a unit is made of");
    }
}

#[test]
fn headings_tell_the_map_and_nobody_under_an_ended_unit_goes_to_the_one_above_it() {
    let named = &["", "I. Xã Mường Nhé"][..];
    let moved = &["", "II. Xã Sam Mứn"][..];
    let ended = &["", "III. Xã Pom Lót"][..];
    let (one, two): (&[&str], &[&str]) = (
        &["1", "Lò Văn Ca", "15/06/1990", "Nam", "011090000003"],
        &["2", "Lò Văn Dê", "15/06/1990", "Nam", "011090000004"],
    );
    let rows: &[&[&str]] = &[HEAD, named, AN, moved, one, ended, two];
    assert_eq!(read(&[("A", rows)]), ["03160", "UNIT_NAME_MOVED", "UNIT_UNKNOWN"]);
    let today = read(&[("A", &[HEAD, named, AN, moved, one])]);
    assert!(today[1].starts_with("03"), "nothing says that it is old: {today:?}");
}

#[test]
fn a_base_of_a_commune_that_was_merged_since_is_not_taken_for_that_of_its_successor() {
    let mut province = Province::new();
    let code = |text: &str| -> UnitCode { text.parse().expect("a code") };
    let units = vec![code("03162")];
    let merge = crate::domain::unit::Change::Merge { units, into: code("03160"), new: None };
    let day = jiff::civil::date(2026, 1, 10);
    let after = province.units.plan(&merge, day).expect("a sound merger");
    province.units.reorganize(&after, day).expect("planned");
    let text = "STT,Tên cơ sở,Mã xã,Quân số\n1,Dân quân xã Mường Nhé,03160,30\n2,Dân quân xã Nậm Kè,03162,20\n";
    let mut bases = Vec::new();
    let source = Source::Bytes { name: "list.csv", bytes: text.as_bytes() };
    let report = read_militia_bases(source, &province.options(), &mut |row| {
        bases.extend(row.result.ok().map(|checked| checked.record));
        ControlFlow::Continue(())
    });
    assert_eq!(report.expect("a list").rejected.len(), 0);
    let said: Vec<(&str, &str)> =
        bases.iter().map(|base| (base.code.as_str(), base.unit.as_str())).collect();
    assert_eq!(said, [("DQ-03160", "03160"), ("DQ-03162", "03160")]);
}
