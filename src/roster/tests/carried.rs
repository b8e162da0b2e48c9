//! Cells that stand for those under them: merged ones, and marks for "as above".

use rust_xlsxwriter::{Format, Workbook};

use super::*;

const HEAD: [&str; 7] =
    ["STT", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Xã, phường", "Hạng dự bị"];

/// A merged block: its first row, its column, its last row and what it holds; rows from 0.
type Block = (u32, u16, u32, &'static str);

fn book(rows: &[&[&str]], merged: &[Block]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (at, row) in (0..).zip(rows) {
        for (column, text) in (0..).zip(*row).filter(|(_, text)| !text.is_empty()) {
            sheet.write_string(at, column, *text).expect("a cell");
        }
    }
    for (first, column, last, text) in merged {
        sheet.merge_range(*first, *column, *last, *column, text, &Format::new()).expect("merged");
    }
    book.save_to_buffer().expect("in memory")
}

fn people(bytes: &[u8]) -> (ImportReport, Vec<Reservist>) {
    let (province, mut people) = (Province::new(), Vec::new());
    let source = Source::Bytes { name: "a.xlsx", bytes };
    let report = read_reservists(source, &province.options(), &mut |row| {
        people.extend(row.result.ok().map(|checked| checked.record));
        ControlFlow::Continue(())
    });
    (report.expect("a list"), people)
}

fn said(people: &[Reservist]) -> Vec<(&str, Option<u8>)> {
    let class = |one: &Reservist| one.class.map(|class| class.number());
    people.iter().map(|one| (one.residence_unit.as_str(), class(one))).collect()
}

fn row(number: &'static str, unit: &'static str, class: &'static str) -> [&'static str; 7] {
    ["1", "Lò Văn An", "15/06/1990", "Nam", number, unit, class]
}

#[test]
fn merged_cells_count_for_their_rows_and_no_further() {
    let rows = [
        HEAD,
        row("011090000001", "", ""),
        row("011090000002", "", ""),
        row("011090000003", "Xã Mường Nhé", ""),
        row("011090000004", "", "1"),
    ];
    let rows: Vec<&[&str]> = rows.iter().map(|row| &row[..]).collect();
    let merged: [Block; 2] = [(1, 5, 2, "Xã Na Son"), (1, 6, 3, "2")];
    let (report, people) = people(&book(&rows, &merged));
    let wanted = [("03203", Some(2)), ("03203", Some(2)), ("03160", Some(2))];
    assert_eq!(said(&people), wanted, "{report:?}");
    assert_eq!(report.warnings["MERGED_CELL_FILLED"], 2, "the first row has its own");
    assert_eq!(report.rejected[&5.into()], "UNIT_MISSING", "below the merged cells");
}

#[test]
fn merged_cells_of_an_old_workbook_count_alike() {
    let province = Province::new();
    let mut people = Vec::new();
    let path = roster("merged-cells.xls");
    let report = read_reservists(Source::Path(&path), &province.options(), &mut |row| {
        people.extend(row.result.ok().map(|checked| checked.record));
        ControlFlow::Continue(())
    });
    let report = report.expect("a list");
    let wanted = [("03203", Some(2)), ("03203", Some(2)), ("03160", Some(2))];
    assert_eq!(said(&people), wanted, "{report:?}");
    assert_eq!(report.warnings["MERGED_CELL_FILLED"], 2);
}

#[test]
fn a_merged_name_or_number_is_nobody_elses() {
    let rows: [&[&str]; 3] = [
        &HEAD,
        &["1", "", "15/06/1990", "Nam", "011090000001", "Xã Na Son", ""],
        &["2", "", "16/06/1990", "Nam", "011090000002", "Xã Na Son", ""],
    ];
    let (report, people) = people(&book(&rows, &[(1, 1, 2, "Lò Văn An")]));
    assert_eq!((people.len(), &report.rejected[&3.into()][..]), (1, "NAME_MISSING"));
}

#[test]
fn rows_between_that_are_no_data_take_nothing_from_merged_cells() {
    let rows: [&[&str]; 5] = [
        &HEAD,
        &row("011090000001", "", ""),
        &["", "Bản Tìa"],
        &row("011090000002", "", ""),
        &["", "Cộng: 2", "", "", "", "", ""],
    ];
    let (report, people) = people(&book(&rows, &[(1, 5, 4, "Xã Na Son")]));
    let hamlets: Vec<_> = people.iter().map(|one| one.person.hamlet.as_deref()).collect();
    assert_eq!((report.rows, hamlets), (2, vec![None, Some("Bản Tìa")]), "{report:?}");
    assert_eq!(said(&people), [("03203", None), ("03203", None)]);
}

#[test]
fn a_mark_for_the_row_above_is_read_as_what_stands_there() {
    for mark in ["\"", "″", "-nt-", "như trên", "//"] {
        let rows = [
            HEAD,
            row("011090000001", "Xã Na Son", "2"),
            row("011090000002", mark, mark),
            row("011090000003", mark, "1"),
            row("011090000004", mark, mark),
        ];
        let rows: Vec<&[&str]> = rows.iter().map(|row| &row[..]).collect();
        let (report, people) = people(&book(&rows, &[]));
        let classes = [Some(2), Some(2), Some(1), Some(1)];
        let wanted: Vec<_> = classes.map(|class| ("03203", class)).into();
        assert_eq!(said(&people), wanted, "{mark}: {report:?}");
        assert_eq!(report.warnings["DITTO_MARK"], 3, "{mark}");
    }
}

#[test]
fn a_mark_where_each_has_his_own_or_under_no_row_is_refused() {
    let base = row("011090000002", "Xã Na Son", "2");
    for at in [1, 2, 4] {
        let mut other = base;
        other[at] = "-nt-";
        let first = row("011090000001", "Xã Na Son", "2");
        let rows: [&[&str]; 3] = [&HEAD, &first, &other];
        let (report, people) = people(&book(&rows, &[]));
        assert_eq!((people.len(), &report.rejected[&3.into()][..]), (1, "DITTO_MARK"), "{at}");
        let column = report.places[&3.into()].column.as_deref().map(str::to_owned);
        assert_eq!(column, Some(["A", "B", "C", "D", "E"][at].to_owned()));
    }
    let phone = |text| ["1", "Lò Văn An", "15/06/1990", "Nam", "011090000001", "Xã Na Son", text];
    let mut head = HEAD;
    head[6] = "Số điện thoại";
    let mut second = phone("//");
    second[4] = "011090000002";
    let (report, _people) = people(&book(&[&head, &phone("0912345678"), &second], &[]));
    assert_eq!(report.rejected[&3.into()], "DITTO_MARK", "a phone is each one's own");
    let heading: [&str; 2] = ["", "Bản Tìa"];
    let (one, two) = (row("011090000001", "\"", "2"), row("011090000002", "Xã Na Son", "2"));
    let three = row("011090000003", "\"", "2");
    let (report, people) = people(&book(&[&HEAD, &one, &two, &heading, &three], &[]));
    let refused: Vec<u32> = report.rejected.keys().map(|key| key.row).collect();
    assert_eq!((people.len(), refused), (1, vec![2, 5]), "under the header, and under a heading");
}

#[test]
fn a_mapping_may_say_what_a_mark_means() {
    let province = Province::new();
    let rows =
        [HEAD, row("011090000001", "Xã Na Son", "1"), row("011090000002", "Xã Na Son", "NT")];
    let rows: Vec<&[&str]> = rows.iter().map(|row| &row[..]).collect();
    let bytes = book(&rows, &[]);
    let mapping = Mapping::parse("[values.class]\nNT = \"2\"\n").expect("a mapping");
    let options = Options { mapping, ..province.options() };
    let mut classes = Vec::new();
    let source = Source::Bytes { name: "a.xlsx", bytes: &bytes };
    let report = read_reservists(source, &options, &mut |row| {
        classes.extend(row.result.ok().and_then(|checked| checked.record.class));
        ControlFlow::Continue(())
    });
    let classes: Vec<u8> = classes.iter().map(|class| class.number()).collect();
    let told = report.expect("a list").warnings.get("DITTO_MARK");
    assert_eq!((classes, told), (vec![1, 2], None));
}

#[test]
fn refused_rows_stand_alone_with_what_they_took_from_above() {
    let province = Province::new();
    let rows = [HEAD, row("011090000001", "", "2"), row("0110", "", "2"), row("011", "", "\"")];
    let rows: Vec<&[&str]> = rows.iter().map(|row| &row[..]).collect();
    let bytes = book(&rows, &[(1, 5, 3, "Xã Na Son")]);
    let source = Source::Bytes { name: "a.xlsx", bytes: &bytes };
    let report = import(source, &province.options()).expect("a list");
    assert_eq!(report.rejected.len(), 2);
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("refused.xlsx");
    write_refused(source, &province.options(), &report, &out, false).expect("written");
    let mut after: calamine::Xlsx<_> = calamine::open_workbook(&out).expect("it opens");
    let after = calamine::Reader::worksheet_range(&mut after, "Sheet1").expect("the sheet");
    let shown: Vec<String> =
        after.rows().skip(1).map(|row| format!("{} {}", row[5], row[6])).collect();
    assert_eq!(shown, ["Xã Na Son 2", "Xã Na Son 2"]);
}
