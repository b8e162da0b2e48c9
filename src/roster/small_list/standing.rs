//! A small list as it stands in its file: for the rows that come back with what is wrong with them.
//!
//! Filled by the reader. Invariants: titles and header come back in their own rows and columns, so that
//! a mapping file that names them holds for what is mended too; text stays text; the column of reasons is
//! one that the reader knows and leaves out.

use std::collections::BTreeMap;
use std::path::Path;

use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

use crate::roster::file::Cell;
use crate::roster::refused::{Formats, REASON_WIDTH, WIDTH_MAX, WIDTH_MIN};
use crate::roster::sheet::{SheetError, write_file};
use crate::roster::table::header::{Header, Numbered, REASON_HEADER};
use crate::roster::table::labels::plain;
use crate::roster::table::mapping::letters;
use crate::roster::{IgnoredColumn, RowKey, Warnings};

/// Which rows come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedRows {
    /// All: the list is taken whole or not at all.
    WithAllOthers,
    /// Those at fault: the others were taken.
    Alone,
}

/// A file as it stands, and what its reader has to tell beside the rows.
#[derive(Debug, Clone, Default)]
pub struct ListFile {
    /// Columns that no field is for.
    pub ignored: Vec<IgnoredColumn>,
    /// Sheets that were left out, each with the reason.
    pub left_out: Vec<(String, String)>,
    /// What was repaired, by row.
    pub(in crate::roster) repairs: Vec<(RowKey, &'static str)>,
    /// Rows that were taken for headings, totals or signatures.
    pub(super) skipped: usize,
    /// The tables, in the order of their rows' keys.
    pub(super) pages: Vec<Page>,
}

/// One table.
#[derive(Debug, Clone)]
pub(super) struct Page {
    /// The sheet; none for a text.
    sheet: Option<String>,
    /// The header's first and last row.
    head: (u32, u32),
    /// The position of each known column.
    columns: Vec<(usize, &'static str)>,
    /// Where reasons stand already.
    reason_at: Option<usize>,
    /// Columns up to the last that the header names.
    width: usize,
    /// Titles and header.
    pub(super) above: Vec<Numbered>,
    /// Rows of data.
    pub(super) rows: Vec<Numbered>,
}

impl Page {
    pub(super) fn new<T>(sheet: Option<String>, header: &Header<T>) -> Self {
        let is_reason = |label: &&(usize, String)| {
            label.1.rsplit(" / ").next().is_some_and(|own| plain(own) == plain(REASON_HEADER))
        };
        let reason_at = header.labels.iter().find(is_reason).map(|(at, _label)| *at);
        let columns: Vec<_> =
            header.columns.iter().map(|bound| (bound.at, bound.column.field)).collect();
        let labelled = header.labels.iter().map(|(at, _label)| at + 1);
        let width = labelled.chain(columns.iter().map(|(at, _field)| at + 1)).max().unwrap_or(0);
        let head = (header.first, header.last);
        Self { sheet, head, columns, reason_at, width, above: Vec::new(), rows: Vec::new() }
    }

    /// Writes it with the reasons; answers how many rows have one.
    fn write(
        &self,
        sheet: &mut Worksheet,
        why: &BTreeMap<u32, String>,
        which: RefusedRows,
    ) -> Result<usize, XlsxError> {
        let (formats, (first, last)) = (Formats::default(), self.head);
        let extent = |cells: &[Cell]| cells.iter().rposition(|cell| !cell.is_blank());
        // What stands behind the table in a row of data is not written over.
        let behind = self.rows.iter().filter_map(|(_number, cells)| Some(extent(cells)? + 1));
        let reason_at = self.reason_at.unwrap_or_else(|| behind.max().unwrap_or(0).max(self.width));
        let reason_at = u16::try_from(reason_at).unwrap_or(u16::MAX);
        let mut widths: Vec<usize> = Vec::new();
        let mut put = |sheet: &mut Worksheet, at: u32, cells: &Numbered| {
            let (number, cells) = cells;
            let (is_head, is_title) = ((first..=last).contains(number), *number < first);
            for (column, cell) in (0_u16..).zip(cells).filter(|(column, _)| *column != reason_at) {
                let place = usize::from(column);
                widths.resize(widths.len().max(place + 1), 0);
                let shown = if is_title { 0 } else { cell.chars_shown() };
                widths[place] = widths[place].max(shown);
                formats.write(sheet, (at, column), cell, is_head, is_title)?;
            }
            Ok::<(), XlsxError>(())
        };
        for row in &self.above {
            put(sheet, row.0.saturating_sub(1), row)?;
        }
        if let Some(head) = last.checked_sub(1) {
            sheet.write_string_with_format(head, reason_at, REASON_HEADER, &formats.head)?;
            sheet.set_freeze_panes(last, 0)?;
        }
        let mut written = 0;
        let wanted =
            |row: &&Numbered| which == RefusedRows::WithAllOthers || why.contains_key(&row.0);
        for (at, row) in (last..).zip(self.rows.iter().filter(wanted)) {
            put(sheet, at, row)?;
            if let Some(why) = why.get(&row.0) {
                let why = match which {
                    RefusedRows::WithAllOthers => why.clone(),
                    RefusedRows::Alone => format!("Dòng {}. {why}", row.0),
                };
                sheet.write_string_with_format(at, reason_at, why, &formats.reason)?;
                written += 1;
            }
        }
        for (column, width) in (0_u16..).zip(&widths) {
            let width = width.clamp(&WIDTH_MIN, &WIDTH_MAX) + 2;
            sheet.set_column_width(column, u16::try_from(width).unwrap_or(u16::MAX))?;
        }
        sheet.set_column_width(reason_at, REASON_WIDTH)?;
        Ok(written)
    }
}

impl ListFile {
    /// The letters of the column that a field of a row stands in.
    pub(in crate::roster) fn column(&self, row: &RowKey, field: &str) -> Option<String> {
        let page = self.pages.get(usize::try_from(row.sheet_at).ok()?)?;
        let found = page.columns.iter().find(|(_at, own)| *own == field);
        found.map(|(at, _field)| letters(*at))
    }

    /// How often each repair was made, on rows that are not refused.
    pub fn warnings(&self, is_refused: impl Fn(&RowKey) -> bool) -> Warnings {
        let mut warnings = Warnings::default();
        for (row, code) in self.repairs.iter().filter(|(row, _code)| !is_refused(row)) {
            warnings.add(code, row, None);
        }
        warnings
    }

    /// Writes rows as they stand, with what is wrong with each in a last column: to be mended and read
    /// again. Answers how many are at fault; where none is, there is no file. Blocks.
    ///
    /// # Errors
    /// [`SheetError`]; then there is no new file.
    pub fn write_refused(
        &self,
        why: &BTreeMap<RowKey, String>,
        which: RefusedRows,
        out: &Path,
        replace: bool,
    ) -> Result<usize, SheetError> {
        if why.is_empty() {
            return Ok(0);
        }
        let (mut book, mut written) = (Workbook::new(), 0);
        for (at, page) in (0_u32..).zip(&self.pages) {
            let own = why.iter().filter(|(row, _why)| row.sheet_at == at);
            let own: BTreeMap<u32, String> = own.map(|(row, why)| (row.row, why.clone())).collect();
            if own.is_empty() && which == RefusedRows::Alone {
                continue;
            }
            let sheet = book.add_worksheet();
            if let Some(name) = &page.sheet {
                sheet.set_name(name)?;
            }
            written += page.write(sheet, &own, which)?;
        }
        write_file(out, &book.save_to_buffer()?, replace)?;
        Ok(written)
    }
}
