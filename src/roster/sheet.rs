//! Spreadsheets out: any list or report as `.xlsx` or `.csv`.
//!
//! Called by the command line, which fills a [`Sheet`] for the person's eye anyway. Invariants: a file
//! appears whole or not at all, only its owner may read it, and none is replaced unasked; text stays
//! text, so that no cell of somebody else's making runs as a formula and no leading zero is lost; a
//! share is written as numerator, denominator and percentage, never as the percentage alone. Knows
//! nothing of what may be shown: that was decided where the data came from.

mod cell;
mod headings;
pub mod words;

use std::path::{Path, PathBuf};

use jiff::civil::{Date, DateTime};
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};

use crate::config::whole::{Present, write_whole};
pub use cell::CellValue;
use headings::{tab, title, vietnamese};

/// Most rows of one sheet: what a spreadsheet program can hold, less title and header.
pub const SHEET_ROWS_MAX: usize = 1_048_000;
/// Widest column, in characters: longer texts wrap.
const WIDTH_MAX: usize = 60;
/// Longest name of a sheet that spreadsheet programs take, in characters.
const TAB_CHARS_MAX: usize = 31;
/// What a sheet is called that nobody named.
const TAB: &str = "Danh sách";
/// Narrowest column, in characters.
const WIDTH_MIN: usize = 6;

/// A table with its title.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// What it is, in one line.
    pub title: String,
    /// The same in Vietnamese, for a file; the title's own words where it is blank.
    pub heading: String,
    /// What the sheet of a workbook is called; after the heading where it is blank.
    pub tab: String,
    /// Lines under the title, such as the day it holds for.
    pub remarks: Vec<CellValue>,
    /// The headers.
    pub columns: Vec<String>,
    /// The rows; none has more cells than there are columns.
    pub rows: Vec<Vec<CellValue>>,
}

/// Why a spreadsheet is not written. Nothing is left behind.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// Neither of the two kinds.
    #[error("{0} is no kind of spreadsheet: end its name in .xlsx or .csv")]
    Ending(PathBuf),
    /// There is a file already.
    #[error("{0} is there already: give another name, or move it away")]
    Exists(PathBuf),
    /// More rows than a spreadsheet holds.
    #[error("there are {rows} rows, over the bound of {SHEET_ROWS_MAX}: narrow it by a filter")]
    TooLong {
        /// The rows.
        rows: usize,
    },
    /// The disk or its rights.
    #[error("failed to write {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// The workbook cannot be made.
    #[error("the workbook cannot be made: {0}")]
    Workbook(#[from] XlsxError),
    /// The text cannot be made.
    #[error("the text cannot be made: {0}")]
    Text(#[from] csv::Error),
}

impl Sheet {
    /// A table without rows.
    pub fn new(title: impl Into<String>, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Self { title: title.into(), columns, ..Self::default() }
    }

    /// Says in Vietnamese what it is: at the head of a file, and on the tab of a workbook.
    #[must_use]
    pub fn called(mut self, heading: impl Into<String>, tab: &str) -> Self {
        (self.heading, self.tab) = (heading.into(), tab.to_owned());
        self
    }

    /// Its first line in a file.
    fn heading(&self) -> &str {
        if self.heading.is_empty() { title(&self.title) } else { &self.heading }
    }

    /// The name of its sheet, as spreadsheet programs take one.
    fn tab(&self) -> String {
        let own = [self.tab.as_str(), tab(&self.title), self.heading(), TAB];
        let own = own.into_iter().find(|name| !name.trim().is_empty()).unwrap_or(TAB);
        let plain = own.replace(['[', ']', ':', '*', '?', '/', '\\', '\''], " ");
        let mut name = String::new();
        for word in plain.split_whitespace() {
            // Whole words, unless the first is too long itself.
            let room = TAB_CHARS_MAX.saturating_sub(name.chars().count());
            if name.is_empty() {
                name = word.chars().take(room).collect();
            } else if word.chars().count() < room {
                name = format!("{name} {word}");
            } else {
                break;
            }
        }
        if name.is_empty() { TAB.to_owned() } else { name }
    }

    /// Adds a row.
    pub fn push<const N: usize>(&mut self, row: [CellValue; N]) {
        self.rows.push(row.into());
    }

    /// Writes it under a new name, as `.xlsx` or `.csv` by the name's ending. Blocks.
    ///
    /// # Errors
    /// [`SheetError`]; then there is no file.
    pub fn save(&self, path: &Path) -> Result<(), SheetError> {
        if self.rows.len() > SHEET_ROWS_MAX {
            return Err(SheetError::TooLong { rows: self.rows.len() });
        }
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let bytes = match ending.to_ascii_lowercase().as_str() {
            "xlsx" => self.workbook()?,
            "csv" => self.delimited()?,
            _other => return Err(SheetError::Ending(path.to_owned())),
        };
        write_file(path, &bytes, false)
    }

    /// Whether a file could be written under this name, as far as that shows beforehand.
    ///
    /// # Errors
    /// [`SheetError::Ending`] or [`SheetError::Exists`].
    pub fn check_name(path: &Path) -> Result<(), SheetError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if !["xlsx", "csv"].contains(&ending.to_ascii_lowercase().as_str()) {
            return Err(SheetError::Ending(path.to_owned()));
        }
        if path.exists() {
            return Err(SheetError::Exists(path.to_owned()));
        }
        Ok(())
    }

    fn workbook(&self) -> Result<Vec<u8>, SheetError> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet().set_name(self.tab())?;
        let bold = Format::new().set_bold();
        let mut at = 0;
        sheet.write_string_with_format(at, 0, self.heading(), &bold)?;
        for remark in &self.remarks {
            at += 1;
            sheet.write_string(at, 0, remark.in_file())?;
        }
        at += 2;
        let head = bold.set_text_wrap().set_align(FormatAlign::VerticalCenter);
        for (column, header) in (0..).zip(&self.columns) {
            sheet.write_string_with_format(at, column, vietnamese(header), &head)?;
        }
        sheet.set_freeze_panes(at + 1, 0)?;
        let formats = Formats::default();
        for row in &self.rows {
            at += 1;
            for (column, value) in (0..).zip(row) {
                formats.write(sheet, at, column, value)?;
            }
        }
        for (column, width) in (0..).zip(self.widths()) {
            sheet.set_column_width(column, width)?;
        }
        Ok(book.save_to_buffer()?)
    }

    /// UTF-8 with a byte order mark, without which spreadsheet programs take it for an older encoding.
    fn delimited(&self) -> Result<Vec<u8>, csv::Error> {
        let mut text = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer("\u{feff}".as_bytes().to_vec());
        text.write_record(
            self.columns.iter().map(|header| harmless(vietnamese(header).to_owned())),
        )?;
        for row in &self.rows {
            // Every line as long as the header: some readers refuse a file where they differ.
            let blank = self.columns.len().saturating_sub(row.len());
            let cells = row.iter().map(|value| harmless(value.in_file()));
            text.write_record(cells.chain(std::iter::repeat_n(String::new(), blank)))?;
        }
        text.into_inner().map_err(|fault| fault.into_error().into())
    }

    fn widths(&self) -> Vec<u16> {
        let mut widths: Vec<usize> =
            self.columns.iter().map(|header| vietnamese(header).chars().count()).collect();
        for row in &self.rows {
            for (width, value) in widths.iter_mut().zip(row) {
                *width = (*width).max(value.in_file().chars().count());
            }
        }
        let bounded = widths.iter().map(|width| width.clamp(&WIDTH_MIN, &WIDTH_MAX) + 2);
        bounded.map(|width| u16::try_from(width).unwrap_or(u16::MAX)).collect()
    }
}

/// How each kind of value looks in a workbook.
struct Formats {
    text: Format,
    day: Format,
    time: Format,
    percent: Format,
}

impl Default for Formats {
    fn default() -> Self {
        let text = Format::new().set_text_wrap().set_align(FormatAlign::Top).set_num_format("@");
        let day = Format::new().set_num_format("dd/mm/yyyy").set_align(FormatAlign::Top);
        let time = Format::new().set_num_format("dd/mm/yyyy hh:mm").set_align(FormatAlign::Top);
        let percent = Format::new().set_num_format("0.0%").set_align(FormatAlign::Top);
        Self { text, day, time, percent }
    }
}

impl Formats {
    fn write(
        &self,
        sheet: &mut Worksheet,
        row: u32,
        column: u16,
        value: &CellValue,
    ) -> Result<(), XlsxError> {
        let written = match value {
            CellValue::Empty => return Ok(()),
            CellValue::Word { file, .. } if file.is_empty() => return Ok(()),
            CellValue::Text(text) | CellValue::Word { file: text, .. } => {
                sheet.write_string_with_format(row, column, text, &self.text)
            }
            CellValue::Count(count) => sheet.write_number(row, column, exact(*count)),
            CellValue::Day(_) | CellValue::ShownDay { .. } | CellValue::Time { .. } => {
                match self.moment(value) {
                    Some((made, format)) => sheet.write_with_format(row, column, &made, format),
                    // Before the calendar of spreadsheets begins.
                    None => sheet.write_string(row, column, value.in_file()),
                }
            }
            CellValue::Percent(tenths) => {
                sheet.write_number_with_format(row, column, exact(*tenths) / 1_000.0, &self.percent)
            }
        };
        written.map(|_sheet| ())
    }
}

impl Formats {
    /// A day or a time as a spreadsheet counts it, and how it looks.
    fn moment(&self, value: &CellValue) -> Option<(ExcelDateTime, &Format)> {
        match value {
            CellValue::Day(day) | CellValue::ShownDay { day, .. } => {
                Some((excel_day(*day)?, &self.day))
            }
            CellValue::Time { local, .. } => Some((excel_time(*local)?, &self.time)),
            _no_moment => None,
        }
    }
}

fn excel_day(day: Date) -> Option<ExcelDateTime> {
    let year = u16::try_from(day.year()).ok()?;
    let (month, date) = (u8::try_from(day.month()).ok()?, u8::try_from(day.day()).ok()?);
    ExcelDateTime::from_ymd(year, month, date).ok()
}

fn excel_time(time: DateTime) -> Option<ExcelDateTime> {
    let hour = u16::try_from(time.hour()).ok()?;
    let minute = u8::try_from(time.minute()).ok()?;
    excel_day(time.date())?.and_hms(hour, minute, f64::from(time.second())).ok()
}

/// A count as a spreadsheet holds it; beyond four billion nobody counts here.
fn exact(count: u64) -> f64 {
    u32::try_from(count).map_or_else(|_beyond| f64::from(u32::MAX), f64::from)
}

/// What a spreadsheet program would run as a formula gets an apostrophe in front, as such programs
/// write it themselves.
fn harmless(cell: String) -> String {
    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if runs { format!("'{cell}") } else { cell }
}

/// Writes a file that only its owner may read, whole or not at all, and over another only if asked.
pub(super) fn write_file(path: &Path, bytes: &[u8], replace: bool) -> Result<(), SheetError> {
    let present = if replace { Present::IsReplaced } else { Present::Stays };
    write_whole(path, bytes, 0o600, present).map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => SheetError::Exists(path.to_owned()),
        _other => SheetError::Io { path: path.to_owned(), source },
    })
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader as _, Xlsx, open_workbook};
    use jiff::civil::date;

    use super::*;

    fn sheet() -> Sheet {
        let mut sheet = Sheet::new("Danh sách", &["Họ và tên", "Số CCCD", "Ngày sinh", "Tỷ lệ"]);
        sheet.remarks.push("Tính đến 22/11/2026".into());
        sheet.push([
            "=HYPERLINK(\"x\")".into(),
            "011096397236".into(),
            CellValue::Day(date(1996, 4, 10)),
            CellValue::share(2, 3),
        ]);
        sheet
    }

    #[test]
    fn a_workbook_keeps_zeros_and_runs_nothing() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("out.xlsx");
        sheet().save(&path).expect("a workbook");
        let mut book: Xlsx<_> = open_workbook(&path).expect("it opens");
        let range = book.worksheet_range("Danh sách").expect("a sheet");
        assert_eq!(range.get((0, 0)), Some(&Data::String("Danh sách".into())));
        assert_eq!(range.get((3, 1)), Some(&Data::String("Số CCCD".into())));
        assert_eq!(range.get((4, 0)), Some(&Data::String("=HYPERLINK(\"x\")".into())));
        assert_eq!(range.get((4, 1)), Some(&Data::String("011096397236".into())));
        assert!(matches!(range.get((4, 2)), Some(Data::DateTime(_))), "{:?}", range.get((4, 2)));
        assert_eq!(range.get((4, 3)), Some(&Data::Float(0.667)));
    }

    #[test]
    fn a_sheet_is_named_for_what_it_holds_in_words_that_fit_its_tab() {
        let tab = |sheet: Sheet| sheet.tab();
        assert_eq!(tab(Sheet::new("reservists", &[])), "Danh sách quân nhân dự bị");
        assert_eq!(tab(Sheet::new("", &[])), "Danh sách");
        let called = |heading: &str, name: &str| tab(Sheet::new("", &[]).called(heading, name));
        assert_eq!(
            called("Báo cáo lệnh số 1/LĐ", "Báo cáo thực hiện lệnh"),
            "Báo cáo thực hiện lệnh"
        );
        assert_eq!(called("Lịch sử 03160: [Xã Na Son]", ""), "Lịch sử 03160 Xã Na Son");
        let long = called("Báo cáo đăng ký, quản lý, sắp xếp theo kế hoạch", "");
        assert_eq!(long, "Báo cáo đăng ký, quản lý, sắp");
    }

    #[test]
    fn a_time_is_a_date_with_an_hour_that_excel_counts_with() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("out.xlsx");
        let mut sheet = Sheet::new("", &["TIME"]).called("Nhật ký", "Nhật ký");
        sheet.push([CellValue::time_of("2026-11-22T03:04:05Z")]);
        sheet.save(&path).expect("a workbook");
        let mut book: Xlsx<_> = open_workbook(&path).expect("it opens");
        let range = book.worksheet_range("Nhật ký").expect("a sheet");
        let Some(Data::DateTime(time)) = range.get((3, 0)) else { panic!("{range:?}") };
        let (year, month, day, hour, minute, second, _ms) = time.to_ymd_hms_milli();
        assert_eq!((year, month, day, hour, minute, second), (2026, 11, 22, 10, 4, 5));
    }

    #[test]
    fn a_text_file_says_the_same_and_runs_nothing() {
        let text = String::from_utf8(sheet().delimited().expect("text")).expect("UTF-8");
        assert_eq!(
            text,
            "\u{feff}Họ và tên,Số CCCD,Ngày sinh,Tỷ lệ\r\n\"'=HYPERLINK(\"\"x\"\")\",011096397236,\
             10/04/1996,66.7 %\r\n"
        );
    }

    #[test]
    fn a_row_that_ends_early_is_filled_up() {
        let mut sheet = sheet();
        sheet.push(["Tổng".into()]);
        let text = String::from_utf8(sheet.delimited().expect("text")).expect("UTF-8");
        assert!(text.ends_with("\r\nTổng,,,\r\n"), "{text}");
    }

    #[test]
    fn no_file_is_replaced_and_none_is_left_half_written() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("out.csv");
        std::fs::write(&path, "mine").expect("a file");
        assert!(matches!(sheet().save(&path), Err(SheetError::Exists(_))));
        assert_eq!(std::fs::read_to_string(&path).expect("it is there"), "mine");
        assert!(matches!(sheet().save(&dir.path().join("out.doc")), Err(SheetError::Ending(_))));
        assert_eq!(std::fs::read_dir(dir.path()).expect("a directory").count(), 1);
    }

    #[test]
    fn shares_are_rounded_half_up_to_one_decimal() {
        for (of, all, shown) in [
            (3_836, 10_000, "38.4 %"),
            (3_834, 10_000, "38.3 %"),
            (3_835, 10_000, "38.4 %"),
            (2, 3, "66.7 %"),
            (1, 3, "33.3 %"),
            (3, 2, "150.0 %"),
            (0, 7, "0.0 %"),
        ] {
            assert_eq!(CellValue::share(of, all).shown(), shown, "{of}/{all}");
        }
    }

    #[test]
    fn all_but_one_is_never_all() {
        assert_eq!(CellValue::share(99_999, 100_000).shown(), "99.9 %");
        assert_eq!(CellValue::share(0, 0), CellValue::Empty);
        assert_eq!(CellValue::share(3, 3).shown(), "100.0 %");
    }
}
