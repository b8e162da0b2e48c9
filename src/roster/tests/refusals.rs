//! Refused rows as a spreadsheet, mended and fed again.

use calamine::{Data, Reader as _, Xlsx, open_workbook};

use super::*;
use crate::roster::sheet::SheetError;

#[test]
fn refused_rows_come_back_as_they_were_with_their_reasons_and_can_be_fed_again() {
    let province = Province::new();
    let (source, options) = (roster("commune-faulty.xlsx"), province.options());
    let report = import(Source::Path(&source), &options).expect("a table");
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("refused.xlsx");
    let rows = write_refused(Source::Path(&source), &options, &report, &out, false);
    assert_eq!(rows.expect("written"), 55);
    let mut before: Xlsx<_> = open_workbook(&source).expect("the file");
    let mut after: Xlsx<_> = open_workbook(&out).expect("it opens");
    let (before, after) = (
        before.worksheet_range("Sheet").expect("a sheet"),
        after.worksheet_range("Sheet").expect("the same sheet"),
    );
    // Row 10 of the file is the first refused, and stands in row 5, under the header.
    for column in 0..16 {
        let cell = before.get_value((9, column)).cloned().unwrap_or_default();
        assert_eq!(after.get_value((4, column)).cloned().unwrap_or_default(), cell, "{column}");
        assert_eq!(after.get_value((3, column)), before.get_value((3, column)), "{column}");
    }
    assert_eq!(after.get_value((3, 16)), Some(&Data::String("Lý do từ chối".into())));
    let reason = after.get_value((4, 16)).expect("a reason").to_string();
    assert!(
        reason.starts_with("Dòng 10. Cột C: ngày sinh") && reason.contains("BIRTH_DATE_INVALID")
    );
    let again = import(Source::Path(&out), &options).expect("a table");
    assert_eq!(again.rows, 55);
    // Of rows that only repeated an accepted one, the first stands alone now.
    let count = |report: &ImportReport, same: bool| {
        let codes = report.rejected.values();
        codes.filter(|code| (*code == "DUPLICATE_IN_FILE") == same).count()
    };
    assert_eq!(count(&again, false), count(&report, false));
    assert!(count(&again, true) < count(&report, true));
    let second = dir.path().join("again.xlsx");
    write_refused(Source::Path(&out), &options, &again, &second, false).expect("written");
    let mut twice: Xlsx<_> = open_workbook(&second).expect("it opens");
    let twice = twice.worksheet_range("Sheet").expect("the same sheet");
    assert_eq!(twice.end().map(|end| end.1), Some(16), "one column of reasons, not two");
}

#[test]
fn no_file_of_refused_rows_is_replaced_unasked_and_only_its_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let province = Province::new();
    let options = province.options();
    let text = format!("{HEAD}{}", person(1, "=HYPERLINK(1)"));
    let source = Source::Bytes { name: "list.csv", bytes: text.as_bytes() };
    let report = import(source, &options).expect("a table");
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("refused.xlsx");
    write_refused(source, &options, &report, &out, false).expect("written");
    let mode = std::fs::metadata(&out).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let refused = write_refused(source, &options, &report, &out, false).expect_err("is there");
    assert!(matches!(refused, RefusedError::Sheet(SheetError::Exists(_))), "{refused}");
    write_refused(source, &options, &report, &out, true).expect("replaced");
    let mut book: Xlsx<_> = open_workbook(&out).expect("it opens");
    let sheet = book.worksheet_range("Danh sách cần sửa").expect("a sheet");
    assert_eq!(sheet.get_value((1, 5)), Some(&Data::String("=HYPERLINK(1)".into())));
    assert!(book.worksheet_formula("Danh sách cần sửa").expect("a sheet").is_empty());
}
