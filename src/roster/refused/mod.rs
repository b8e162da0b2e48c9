//! The refused rows of a roster, as a spreadsheet like the one they came in: titles and header as they
//! were, then the rows, then the reason of each in a last column. Mended, it is fed again.
//!
//! Called by the command line when an import is over. The rows are fetched from the file itself, so
//! that an import holds none of them. Invariants: text stays text (nothing runs as a formula, no zero
//! is lost), numbers stay numbers and dates dates; the column of reasons is one that the reader
//! ignores; the file appears whole or not at all, and only its owner may read it.

pub(super) mod hints;
mod warned;
mod words;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;

use jiff::civil::Date;
use rust_xlsxwriter::{Color, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};

use super::file::{Cell, open};
use super::kind::{Bases, Deeds, Kind, Means, People, Works};
use super::sheet::{SheetError, write_file};
use super::table::fill::carried::Carrying;
use super::table::find::{Located, tables};
use super::table::header::REASON_HEADER;
use super::table::labels::plain;
use super::table::of_section;
use super::{ImportReport, Options, RosterError, RosterKind, Source, Told};
pub use warned::warning_words;
use words::reason;
pub use words::words;

/// What the sheet is called where the rows came out of a text, which has none.
const SHEET: &str = "Danh sách cần sửa";
/// Widest column, in characters: longer texts wrap.
pub(super) const WIDTH_MAX: usize = 40;
/// Narrowest column, in characters.
pub(super) const WIDTH_MIN: usize = 5;
/// Width of the reasons, in characters: they take two or three lines.
pub(super) const REASON_WIDTH: u16 = 60;

/// Why refused rows are not written.
#[derive(Debug, thiserror::Error)]
pub enum RefusedError {
    /// The roster cannot be read a second time.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The spreadsheet cannot be written.
    #[error(transparent)]
    Sheet(#[from] SheetError),
}

impl From<XlsxError> for RefusedError {
    fn from(fault: XlsxError) -> Self {
        Self::Sheet(fault.into())
    }
}

/// Writes the rows that the report names as refused; answers how many. Where there are none, there is
/// no file. Blocks.
///
/// # Errors
/// [`RefusedError`]; then there is no new file.
pub fn write_refused(
    source: Source<'_>,
    options: &Options<'_>,
    report: &ImportReport,
    out: &Path,
    replace: bool,
) -> Result<usize, RefusedError> {
    if report.rejected.is_empty() {
        return Ok(0);
    }
    let bytes = match report.kind {
        RosterKind::Reservists => workbook::<People>(source, options, report),
        RosterKind::Equipment => workbook::<Means>(source, options, report),
        RosterKind::MilitiaBases => workbook::<Bases>(source, options, report),
        RosterKind::Enterprises => workbook::<Works>(source, options, report),
        RosterKind::Activities => workbook::<Deeds>(source, options, report),
    }?;
    write_file(out, &bytes, replace)?;
    Ok(report.rejected.len())
}

fn workbook<K: Kind>(
    source: Source<'_>,
    options: &Options<'_>,
    report: &ImportReport,
) -> Result<Vec<u8>, RefusedError> {
    let mut parts = open(source)?;
    let told = Told::read(parts.as_mut(), options)?;
    let own = told.map(|told| told.fill(options));
    let options = own.as_ref().unwrap_or(options);
    let (found, _left_out) = tables::<K>(parts.as_mut(), &source.name(), options)?;
    let names = if parts.are_readings() { Vec::new() } else { parts.names() };
    let mut book = Workbook::new();
    for table in found {
        let refused: BTreeSet<u32> = report
            .rejected
            .keys()
            .filter(|key| key.sheet_at == table.key.sheet_at)
            .map(|key| key.row)
            .collect();
        if refused.is_empty() {
            continue;
        }
        let sheet = book.add_worksheet();
        sheet.set_name(names.get(table.part).map_or(SHEET, String::as_str))?;
        let mut page = Page::<K>::new(sheet, &table, report, options);
        let mut fault = None;
        // What a row took from those above it, which may not be here.
        let mut carrying = Carrying::new(parts.merges(table.part)?, true);
        parts.rows(table.part, &mut |number, cells| {
            let decoded = table.decoder.row(cells);
            let cells = decoded.as_deref().unwrap_or(cells);
            let carried = carrying.row::<K>(number, cells, &table.header, &options.mapping);
            let cells = carried.as_ref().map_or(cells, |carried| &carried.cells);
            fault = page.take(number, cells, &refused).err();
            let over = fault.is_some() || refused.last().is_some_and(|last| number >= *last);
            Ok(if over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        fault.map_or(Ok(()), Err)?;
        page.finish()?;
    }
    Told::write(&mut book, options)?;
    Ok(book.save_to_buffer()?)
}

/// One sheet being written.
struct Page<'a, K: Kind> {
    sheet: &'a mut Worksheet,
    table: &'a Located<K::Input>,
    report: &'a ImportReport,
    options: &'a Options<'a>,
    /// The next row, from 0.
    at: u32,
    /// The column of the reasons.
    reason_at: u16,
    widths: Vec<usize>,
    /// Headings that name the unit and the hamlet of the rows under them, not yet written.
    headings: [Option<Vec<Cell>>; 2],
    formats: Formats,
}

impl<'a, K: Kind> Page<'a, K> {
    fn new(
        sheet: &'a mut Worksheet,
        table: &'a Located<K::Input>,
        report: &'a ImportReport,
        options: &'a Options<'a>,
    ) -> Self {
        let labels = &table.header.labels;
        let is_reason = |label: &&(usize, String)| plain(&label.1) == plain(REASON_HEADER);
        let own = labels.iter().find(is_reason).map(|(at, _)| *at);
        let last = labels.iter().map(|(at, _)| at + 1);
        let bound = table.header.columns.iter().map(|bound| bound.at + 1);
        let reason_at = own.unwrap_or_else(|| last.chain(bound).max().unwrap_or(0));
        Self {
            sheet,
            table,
            report,
            options,
            at: 0,
            reason_at: u16::try_from(reason_at).unwrap_or(u16::MAX),
            widths: Vec::new(),
            headings: [None, None],
            formats: Formats::default(),
        }
    }

    fn take(
        &mut self,
        number: u32,
        cells: &[Cell],
        refused: &BTreeSet<u32>,
    ) -> Result<(), XlsxError> {
        let header = &self.table.header;
        if number <= header.last {
            self.at = number - 1;
            self.write(cells, number >= header.first)?;
            if number == header.last {
                self.head()?;
            }
        } else if refused.contains(&number) {
            for heading in std::mem::take(&mut self.headings).into_iter().flatten() {
                self.write(&heading, false)?;
            }
            self.write(cells, false)?;
            let key = self.table.key.with_row(number);
            let code = self.report.rejected.get(&key).map_or("", String::as_str);
            let mut text = format!("Dòng {number}. {}", reason(code, self.report.places.get(&key)));
            for fault in self.report.further.get(&key).into_iter().flatten() {
                text = format!("{text} {}", reason(fault.code, fault.place.as_ref()));
            }
            self.sheet.write_string_with_format(
                self.at - 1,
                self.reason_at,
                text,
                &self.formats.reason,
            )?;
        } else if super::table::names_unit(cells, self.options) {
            self.headings = [Some(cells.to_vec()), None];
        } else if of_section(cells).is_some() {
            self.headings[1] = Some(cells.to_vec());
        }
        Ok(())
    }

    fn head(&mut self) -> Result<(), XlsxError> {
        let at = self.at.saturating_sub(1);
        self.sheet.write_string_with_format(
            at,
            self.reason_at,
            REASON_HEADER,
            &self.formats.head,
        )?;
        self.sheet.set_freeze_panes(self.at, 0)?;
        Ok(())
    }

    fn write(&mut self, cells: &[Cell], head: bool) -> Result<(), XlsxError> {
        let is_title = self.at + 1 < self.table.header.first;
        for (column, cell) in (0_u16..).zip(cells) {
            if column == self.reason_at && self.at + 1 > self.table.header.last {
                continue;
            }
            let at = usize::from(column);
            self.widths.resize(self.widths.len().max(at + 1), 0);
            if !is_title {
                self.widths[at] = self.widths[at].max(cell.chars_shown());
            }
            self.formats.write(self.sheet, (self.at, column), cell, head, is_title)?;
        }
        self.at += 1;
        Ok(())
    }

    fn finish(self) -> Result<(), XlsxError> {
        for (column, width) in (0_u16..).zip(&self.widths) {
            let width = width.clamp(&WIDTH_MIN, &WIDTH_MAX) + 2;
            self.sheet.set_column_width(column, u16::try_from(width).unwrap_or(u16::MAX))?;
        }
        self.sheet.set_column_width(self.reason_at, REASON_WIDTH)?;
        Ok(())
    }
}

/// How cells look.
pub(super) struct Formats {
    text: Format,
    title: Format,
    pub(super) head: Format,
    day: Format,
    pub(super) reason: Format,
}

impl Default for Formats {
    fn default() -> Self {
        let top = || Format::new().set_align(FormatAlign::Top);
        Self {
            text: top().set_text_wrap().set_num_format("@"),
            title: Format::new().set_num_format("@"),
            head: Format::new().set_bold().set_text_wrap().set_align(FormatAlign::VerticalCenter),
            day: top().set_num_format("dd/mm/yyyy"),
            reason: top().set_text_wrap().set_font_color(Color::Red),
        }
    }
}

impl Formats {
    pub(super) fn write(
        &self,
        sheet: &mut Worksheet,
        (row, column): (u32, u16),
        cell: &Cell,
        head: bool,
        is_title: bool,
    ) -> Result<(), XlsxError> {
        let text = match (head, is_title) {
            (true, _) => &self.head,
            (_, true) => &self.title,
            _ => &self.text,
        };
        let written = match cell {
            Cell::Empty => return Ok(()),
            Cell::Text(words) => sheet.write_string_with_format(row, column, words, text),
            Cell::Number(number) => sheet.write_number(row, column, *number),
            Cell::Date(day) => match excel_day(*day) {
                Some(day) => sheet.write_with_format(row, column, &day, &self.day),
                // Before the calendar of spreadsheets begins.
                None => {
                    let shown = day.strftime("%d/%m/%Y").to_string();
                    sheet.write_string_with_format(row, column, shown, text)
                }
            },
        };
        written.map(|_sheet| ())
    }
}

fn excel_day(day: Date) -> Option<ExcelDateTime> {
    let year = u16::try_from(day.year()).ok()?;
    let (month, day) = (u8::try_from(day.month()).ok()?, u8::try_from(day.day()).ok()?);
    ExcelDateTime::from_ymd(year, month, day).ok()
}
