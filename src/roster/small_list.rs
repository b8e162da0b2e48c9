//! A small list out of a spreadsheet: one table with a row for each entry, in one sheet or several.
//!
//! Called by the readers of specialties, units and plans, each with its own columns and checks. What is
//! the same for all is here: sheets, the header and what stands above it, mapping files, old fonts,
//! which rows are data, columns that no field is for, and the rows as they stand for whoever mends them.
//! Invariants: a sheet that was asked for is read or named as missing; of a text the reading under which
//! most columns are known is taken; a row that could be data is handed on, to be taken or refused, and
//! never dropped in silence. Knows no field.

mod header;
mod standing;

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::file::{Cell, Parts, open};
use super::kind::Column;
use super::legacy::Decoder;
use super::report::RowKey;
use super::table::find::{HIDDEN, NO_LIST, chosen, is_ours};
use super::table::header::{Header, Numbered};
use super::table::labels::{find_in, numbers_columns};
use super::table::mapping::Mapping;
use super::table::shape::{is_total, signs};
use super::{RosterError, Source};
use header::Near;
use standing::Page;
pub use standing::{ListFile, RefusedRows};

/// Rows by which the encoding of a sheet is judged.
const SAMPLE_ROWS: usize = 200;
/// Most rows that stand about those of data: titles, headings, feet.
const ROWS_BESIDE_MAX: usize = 200;
/// Most filled cells in a row of a form's foot.
const FOOT_CELLS_MAX: usize = 3;

/// How a file is to be read where guessing fails.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListHints {
    /// The sheet to read, in capitals or not; without it all that hold such a table.
    pub sheet: Option<String>,
    /// What columns and words mean.
    pub mapping: Mapping,
}

/// A row of a small list as text.
pub(super) trait Listed: Default + fmt::Debug + 'static {
    /// All fields.
    const COLUMNS: &'static [Column<Self>];
    /// The headers that exports and forms have.
    const WRITTEN: &'static [&'static str];
    /// What a header must name: of each group one field.
    const REQUIRED: &'static [&'static [&'static str]];
    /// Fewest known columns that make a header.
    const COLUMNS_MIN: usize;
    /// Most rows of data.
    const ROWS_MAX: usize;
    /// Fields that say what a row is of: a code that stands there alone is data.
    const IDENTITY: &'static [&'static str];
    /// Fields in which no title stands: whatever stands there alone is data.
    const HARD: &'static [&'static str];

    /// Puts right what is written otherwise in this list alone.
    fn tidy(&mut self) {}

    /// A field as lists call it.
    fn term(field: &'static str) -> &'static str {
        let is_it = |head: &&&str| find_in(Self::COLUMNS, head).is_some_and(|c| c.field == field);
        Self::WRITTEN.iter().find(is_it).copied().unwrap_or(field)
    }

    /// A field as lists call it, and as mapping files do.
    fn named(field: &'static str) -> String {
        format!("{} ({field})", Self::term(field))
    }
}

/// Rows of data, each with where it stands.
pub(super) type Rows<T> = Vec<(RowKey, T)>;

/// Reads all tables of a file. Blocks.
///
/// # Errors
/// A [`RosterError`] when there is none, or one that cannot be read.
pub(super) fn read<T: Listed>(
    source: Source<'_>,
    hints: &ListHints,
) -> Result<(Rows<T>, ListFile), RosterError> {
    let fields: Vec<&str> = T::COLUMNS.iter().map(|column| column.field).collect();
    hints.mapping.check(&fields)?;
    let name = source.name();
    let mut parts = open(source)?;
    let asked = hints.sheet.as_ref().or(hints.mapping.sheet.as_ref());
    let wanted = chosen(parts.as_ref(), &name, asked)?;
    let (mut found, mut missed, mut file) = (Vec::new(), Vec::new(), ListFile::default());
    for (part, sheet) in parts.names().into_iter().enumerate() {
        if wanted.as_ref().is_some_and(|wanted| *wanted != sheet) || is_ours(&sheet) {
            continue;
        }
        match located::<T>(parts.as_mut(), part, &hints.mapping)? {
            Ok(located) => found.push((sheet, located)),
            Err(header) => {
                let near = header.filter(|header| header.columns.len() >= T::COLUMNS_MIN);
                let why = near.as_ref().map(|header| {
                    format!("its header in row {} {}", header.last, header::faults(header))
                });
                file.left_out.push((sheet, why.unwrap_or_else(|| NO_LIST.to_owned())));
                missed.extend(near.map(|header| *header));
            }
        }
    }
    if parts.are_readings() {
        file.left_out.clear();
        found.sort_by_key(|(_sheet, located)| located.worth());
        found = found.pop().into_iter().collect();
    } else if wanted.is_none() {
        let hidden = parts.hidden().into_iter();
        file.left_out.extend(hidden.map(|sheet| (sheet, HIDDEN.to_owned())));
    }
    let Some(head) = found.first().map(|(_sheet, located)| located.header.last) else {
        return Err(header::none(name, missed));
    };
    let (is_several, are_sheets) = (found.len() > 1, !parts.are_readings());
    let mut rows = Vec::new();
    for (at, (sheet, located)) in (0..).zip(found) {
        let key_sheet = is_several.then(|| Arc::from(sheet.as_str()));
        let key = RowKey { sheet_at: at, sheet: key_sheet, row: 0 };
        let sheet = are_sheets.then_some(sheet);
        located.take(&name, key, (sheet, &hints.mapping), &mut rows, &mut file)?;
    }
    if rows.is_empty() {
        let skipped = u64::try_from(file.skipped).unwrap_or(u64::MAX);
        return Err(RosterError::NoRows { name, header: head, skipped });
    }
    Ok((rows, file))
}

/// A table found, with all rows of its sheet in Unicode.
struct Located<T: 'static> {
    header: Header<T>,
    rows: Vec<Numbered>,
    /// Numbers of rows that were in an old font.
    legacy: Vec<u32>,
    /// What ended the reading before the sheet did.
    broken: Option<RosterError>,
    /// Whether there are more rows than are held.
    is_over: bool,
    /// Whether a line of signatures was passed, and no data since.
    in_foot: bool,
}

/// The table of a part; else the header that is most like one.
fn located<T: Listed>(
    parts: &mut dyn Parts,
    part: usize,
    mapping: &Mapping,
) -> Result<Result<Located<T>, Near<T>>, RosterError> {
    let most = T::ROWS_MAX + ROWS_BESIDE_MAX;
    let mut rows: Vec<Numbered> = Vec::new();
    let read = parts.rows(part, &mut |number, cells| {
        if cells.iter().any(|cell| !cell.is_blank()) {
            rows.push((number, cells.to_vec()));
        }
        Ok(if rows.len() > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    });
    let broken = match read {
        // Under the wrong delimiter it may be none; under the right one a header stands before it.
        Err(fault @ RosterError::StrayQuote { .. }) if parts.are_readings() => Some(fault),
        other => other.map(|()| None)?,
    };
    let sample = rows.iter().take(SAMPLE_ROWS).map(|(_number, cells)| cells.as_slice());
    let decoder = Decoder::of_sample(sample, parts.are_bytes());
    let mut legacy = Vec::new();
    for (number, cells) in &mut rows {
        if let Some(decoded) = decoder.row(cells) {
            *cells = decoded;
            legacy.push(*number);
        }
    }
    let is_over = rows.len() > most;
    Ok(header::find(&rows, mapping).map(|header| Located {
        header,
        rows,
        legacy,
        broken,
        is_over,
        in_foot: false,
    }))
}

/// A cell of a row that says something: its field and its text.
type Said = (&'static str, String);

impl<T: Listed> Located<T> {
    fn worth(&self) -> (usize, usize) {
        (self.header.columns.len(), self.rows.len())
    }

    /// Hands its rows of data on.
    fn take(
        mut self,
        name: &str,
        key: RowKey,
        (sheet, mapping): (Option<String>, &Mapping),
        rows: &mut Rows<T>,
        file: &mut ListFile,
    ) -> Result<(), RosterError> {
        if let Some(fault) = self.broken.take() {
            return Err(fault);
        }
        let is_meant = |column: &str| {
            mapping.letters().any(|(_at, key, field)| key == column && field == "ignore")
        };
        for ignored in self.header.ignored(&self.rows, mapping) {
            if !file.ignored.contains(&ignored) && !is_meant(&ignored.column) {
                file.ignored.push(ignored);
            }
        }
        let mut page = Page::new(sheet, &self.header);
        for (number, cells) in std::mem::take(&mut self.rows) {
            if number <= self.header.last {
                page.above.push((number, cells));
                continue;
            }
            let Some(row) = self.row(&cells, mapping) else {
                file.skipped += 1;
                continue;
            };
            let key = key.with_row(number);
            if self.legacy.contains(&number) {
                file.repairs.push((key.clone(), "LEGACY_ENCODING"));
            }
            rows.push((key, row));
            page.rows.push((number, cells));
        }
        file.pages.push(page);
        if self.is_over || rows.len() > T::ROWS_MAX {
            return Err(RosterError::LongList { name: name.to_owned(), max: T::ROWS_MAX });
        }
        Ok(())
    }

    /// A row as text, if it is one of data.
    fn row(&mut self, cells: &[Cell], mapping: &Mapping) -> Option<T> {
        let (mut row, mut said) = (T::default(), Vec::new());
        for bound in &self.header.columns {
            let (column, cell) = (bound.column, cells.get(bound.at));
            let text = cell.map(|cell| cell.read(column.reading).0).unwrap_or_default();
            if !text.trim().is_empty() {
                said.push((column.field, text.clone()));
            }
            let meant = mapping.value(column.field, &text).map(str::to_owned);
            *(column.slot)(&mut row) = meant.unwrap_or(text);
        }
        let is_head = numbers_columns(cells) || self.header.is_again(cells);
        if is_head || !self.is_data(&said, cells) {
            return None;
        }
        row.tidy();
        Some(row)
    }

    /// Titles, headings, lines of totals and signatures are no data.
    fn is_data(&mut self, said: &[Said], cells: &[Cell]) -> bool {
        let of = |fields: &[&str]| -> Vec<&str> {
            let own = said.iter().filter(|(field, text)| fields.contains(field) && !is_foot(text));
            own.map(|(_field, text)| text.as_str()).collect()
        };
        let (identity, hard) = (of(T::IDENTITY), of(T::HARD));
        let is_few = cells.iter().filter(|cell| !cell.is_blank()).count() <= FOOT_CELLS_MAX;
        if said.is_empty() || identity.is_empty() && is_total(cells) {
            return false;
        }
        if is_few && identity.is_empty() && hard.is_empty() && signs(cells) {
            self.in_foot = true;
            return false;
        }
        // Under the line of signatures stand ranks and names.
        let has_digit = |text: &&str| text.bytes().any(|byte| byte.is_ascii_digit());
        if self.in_foot && is_few && !identity.iter().chain(&hard).any(has_digit) {
            return false;
        }
        let is_alone = said.len() == 1;
        let is_data = !is_alone || !hard.is_empty() || identity.iter().any(|text| is_code(text));
        self.in_foot &= !is_data;
        is_data
    }
}

/// Whether a text sums up or signs.
fn is_foot(text: &str) -> bool {
    let cell = [Cell::Text(text.to_owned())];
    is_total(&cell) || signs(&cell)
}

/// Whether a text that stands alone is a code, and no title or number of a page.
fn is_code(text: &str) -> bool {
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    let is_word = text.is_ascii() && !text.contains(char::is_whitespace);
    is_word && has_digit && (text.len() > 2 || text.bytes().any(|byte| byte.is_ascii_alphabetic()))
}

/// Columns with the headers by which they are known; days are read as days.
macro_rules! list_columns {
    ($row:ident $($field:ident $reading:ident [$($header:literal),+ $(,)?],)+) => {
        &[$(Column {
            field: stringify!($field),
            slot: |row: &mut $row| &mut row.$field,
            reading: Reading::$reading,
            headers: &[$($header),+],
        }),+]
    };
}
pub(super) use list_columns;

#[cfg(test)]
mod tests;
