//! Workbooks: `.xlsx` row by row, `.xls` and `.ods` whole (these formats cannot be streamed; their
//! files are held to a smaller bound).

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, Dimensions, Ods, Range, Reader, SheetType, SheetVisible, Xls, Xlsx};

use super::super::{COLUMNS_MAX, RosterError};
use super::{Cell, Format, Merge, OnRow, Parts, ReadSeek};

/// What is behind a workbook.
enum Book<'a> {
    Xlsx(Xlsx<Box<dyn ReadSeek + 'a>>),
    Xls(Xls<Box<dyn ReadSeek + 'a>>),
    Ods(Ods<Box<dyn ReadSeek + 'a>>),
}

/// An opened workbook.
pub(super) struct Workbook<'a> {
    name: String,
    sheets: Vec<String>,
    hidden: Vec<String>,
    /// Whether it is worth looking for merged cells.
    has_merges: bool,
    book: Book<'a>,
}

impl<'a> Workbook<'a> {
    /// Opens a workbook of a known format. Hidden sheets are left out: nobody has looked at them.
    pub(super) fn open(
        name: String,
        format: Format,
        content: Box<dyn ReadSeek + 'a>,
        has_merges: bool,
    ) -> Result<Self, RosterError> {
        let book = match format {
            Format::Xls => Book::Xls(guarded(&name, || Xls::new(content))?),
            Format::Ods => Book::Ods(guarded(&name, || Ods::new(content))?),
            Format::Xlsx | Format::Text => Book::Xlsx(guarded(&name, || Xlsx::new(content))?),
        };
        let all = match &book {
            Book::Xlsx(book) => book.sheets_metadata(),
            Book::Xls(book) => book.sheets_metadata(),
            Book::Ods(book) => book.sheets_metadata(),
        };
        let is_open =
            |typ, visible| typ == SheetType::WorkSheet && visible == SheetVisible::Visible;
        let shown = all.iter().filter(|sheet| is_open(sheet.typ, sheet.visible));
        let sheets = shown.map(|sheet| sheet.name.clone()).collect();
        let concealed = all.iter().filter(|sheet| sheet.visible != SheetVisible::Visible);
        let hidden = concealed.map(|sheet| sheet.name.clone()).collect();
        Ok(Self { name, sheets, hidden, has_merges, book })
    }
}

/// Calls the library. On damaged files it may fail or panic; both mean that the file is damaged, and
/// what it had half done is dropped.
fn guarded<T, E: std::error::Error>(
    name: &str,
    call: impl FnOnce() -> Result<T, E>,
) -> Result<T, RosterError> {
    let outcome =
        catch_unwind(AssertUnwindSafe(call)).map_err(|_panic| "its reader gave up".into());
    let outcome = outcome.and_then(|result| result.map_err(|error| error.to_string()));
    outcome.map_err(|reason| {
        let name = name.to_owned();
        let is_locked = reason.to_lowercase().contains("password");
        if is_locked { RosterError::Locked { name } } else { RosterError::Damaged { name, reason } }
    })
}

impl Parts for Workbook<'_> {
    fn names(&self) -> Vec<String> {
        self.sheets.clone()
    }

    fn hidden(&self) -> Vec<String> {
        self.hidden.clone()
    }

    fn are_readings(&self) -> bool {
        false
    }

    fn merges(&mut self, part: usize) -> Result<Vec<Merge>, RosterError> {
        let name = self.name.as_str();
        let Some(sheet) = self.sheets.get(part) else { return Ok(Vec::new()) };
        let merged = match &mut self.book {
            Book::Xlsx(book) if self.has_merges => {
                guarded(name, || book.merge_cells_by_sheet_name(sheet))?
            }
            Book::Xls(book) => guarded(name, || book.merge_cells_by_sheet_name(sheet))?,
            Book::Xlsx(_) | Book::Ods(_) => Vec::new(),
        };
        let merge = |cells: &Dimensions| Merge {
            at: usize::try_from(cells.start.1).unwrap_or(usize::MAX),
            first: cells.start.0.saturating_add(1),
            last: cells.end.0.saturating_add(1),
        };
        let over_rows = merged.iter().map(merge).filter(|one| one.first < one.last);
        let mut found: Vec<Merge> = over_rows.filter(|one| one.at < COLUMNS_MAX).collect();
        found.sort_by_key(|one| (one.first, one.at));
        Ok(found)
    }

    fn rows(&mut self, part: usize, on_row: &mut OnRow<'_>) -> Result<(), RosterError> {
        let name = self.name.as_str();
        let Some(sheet) = self.sheets.get(part) else { return Ok(()) };
        match &mut self.book {
            Book::Xlsx(book) => streamed(book, sheet, name, on_row),
            Book::Xls(book) => whole(&guarded(name, || book.worksheet_range(sheet))?, on_row),
            Book::Ods(book) => whole(&guarded(name, || book.worksheet_range(sheet))?, on_row),
        }
    }
}

/// Gathers cells into rows as they come by.
fn streamed(
    book: &mut Xlsx<Box<dyn ReadSeek + '_>>,
    sheet: &str,
    name: &str,
    on_row: &mut OnRow<'_>,
) -> Result<(), RosterError> {
    let mut reader = guarded(name, || book.worksheet_cells_reader(sheet))?;
    let mut row: Vec<Cell> = Vec::new();
    let mut row_at = 0_u32;
    while let Some(cell) = guarded(name, || reader.next_cell())? {
        let (at, column) = cell.get_position();
        if at < row_at {
            let reason = "its rows are out of order".to_owned();
            return Err(RosterError::Damaged { name: name.to_owned(), reason });
        }
        if at > row_at {
            if !row.is_empty() && on_row(row_at.saturating_add(1), &row)?.is_break() {
                return Ok(());
            }
            row.clear();
            row_at = at;
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        let value = Cell::from(cell.get_value());
        if column < COLUMNS_MAX && value != Cell::Empty {
            row.resize(row.len().max(column + 1), Cell::Empty);
            row[column] = value;
        }
    }
    if row.is_empty() {
        return Ok(());
    }
    on_row(row_at.saturating_add(1), &row).map(|_end_anyhow| ())
}

fn whole(range: &Range<Data>, on_row: &mut OnRow<'_>) -> Result<(), RosterError> {
    let Some((first_row, first_column)) = range.start() else { return Ok(()) };
    let lead = usize::try_from(first_column).unwrap_or(COLUMNS_MAX).min(COLUMNS_MAX);
    for (number, cells) in (first_row.saturating_add(1)..).zip(range.rows()) {
        let mut row = vec![Cell::Empty; lead];
        row.extend(cells.iter().take(COLUMNS_MAX - lead).map(Cell::from));
        if on_row(number, &row)? == ControlFlow::Break(()) {
            return Ok(());
        }
    }
    Ok(())
}
