//! Rosters: the spreadsheets in which communes keep their reserve, read into checked records.
//!
//! Called by the command line's import and by whoever needs the shipped lists. A roster is an
//! `.xlsx`, `.xls` or `.ods` workbook or a `.csv` text (comma, semicolon, tab or bar; UTF-8, with or
//! without a byte order mark). The table may start under title rows, its headers may be Vietnamese
//! or English and in any order, and signature lines may follow it.
//!
//! Invariants: rows are streamed (an `.xlsx` or `.csv` of a million rows is never held whole); every
//! row of data is either accepted or refused under a stable code with its number as the spreadsheet
//! program shows it; what cannot be understood is refused, never guessed; the only repairs are those
//! that a spreadsheet's own habits force (leading zeros it dropped), and each is warned of.
//! The readers do not know the server; [`feed`] sends what they accept and counts what became of it.

mod cell;
mod delimited;
mod equipment;
pub mod feed;
mod header;
pub mod lists;
mod people;
mod report;
pub mod sheet;
mod source;
mod table;
mod workbook;

use std::ops::ControlFlow;
use std::path::Path;

use crate::domain::ids::UnitCode;
use crate::domain::registry::{Checked, Equipment, Lists, Problem, Reservist};

pub use report::{ImportReport, Place, RosterKind};

/// Most rows of data in one file: a spreadsheet ends at 1,048,576 rows; a text of the whole province
/// with room to spare must still pass.
pub const ROWS_MAX: u32 = 1_200_000;
/// Largest file, in bytes: a text of [`ROWS_MAX`] rows takes some 200 MB.
pub const FILE_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Largest `.xls` or `.ods`, in bytes: these are read whole, at up to twenty times their size.
pub const WHOLE_FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Largest workbook once unpacked, in bytes: a million rows of sixteen cells take about 2 GB.
pub const UNPACKED_BYTES_MAX: u64 = 3 * 1024 * 1024 * 1024;
/// Rows in which the header is looked for: forms have up to ten title rows.
pub const HEADER_ROWS_MAX: u32 = 30;
/// Most columns looked at; forms have up to forty.
pub const COLUMNS_MAX: usize = 256;
/// Longest record of a text file, in bytes: sixteen cells of the longest note fit many times over.
pub const RECORD_BYTES_MAX: u64 = 1024 * 1024;

/// Where a roster comes from.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// A file.
    Path(&'a Path),
    /// Bytes already here, and the name they came under.
    Bytes {
        /// The file name, for its ending and for messages.
        name: &'a str,
        /// The content.
        bytes: &'a [u8],
    },
}

/// How to read a roster.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// What records are checked against.
    pub lists: Lists<'a>,
    /// The unit of rows that name none; without it they are refused.
    pub default_unit: Option<UnitCode>,
    /// The sheet to read; needed only where several hold a table.
    pub sheet: Option<String>,
}

/// One row of data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<T> {
    /// Its number as the spreadsheet program shows it, from 1.
    pub number: u32,
    /// The record, or all its problems.
    pub result: Result<Checked<T>, Vec<Problem>>,
}

/// Reads a roster of reservists; `on_row` gets each row of data in order and may stop the reading.
/// The report counts what was read up to there. Blocks; call it where blocking is allowed.
///
/// # Errors
/// A [`RosterError`] when the file as a whole cannot be read. Rows before the fault were delivered.
pub fn read_reservists(
    source: Source<'_>,
    options: &Options<'_>,
    on_row: &mut dyn FnMut(Row<Reservist>) -> ControlFlow<()>,
) -> Result<ImportReport, RosterError> {
    table::read::<people::People>(source, options, on_row)
}

/// Reads a roster of equipment; otherwise as [`read_reservists`].
///
/// # Errors
/// As [`read_reservists`].
pub fn read_equipment(
    source: Source<'_>,
    options: &Options<'_>,
    on_row: &mut dyn FnMut(Row<Equipment>) -> ControlFlow<()>,
) -> Result<ImportReport, RosterError> {
    table::read::<equipment::Means>(source, options, on_row)
}

/// Finds out by its header what a roster lists.
///
/// # Errors
/// As [`read_reservists`], with [`RosterError::NoHeader`] where it is neither.
pub fn detect(source: Source<'_>, sheet: Option<&str>) -> Result<RosterKind, RosterError> {
    match table::probe::<people::People>(source, sheet) {
        Ok(()) => Ok(RosterKind::Reservists),
        Err(RosterError::NoHeader { .. } | RosterError::MissingColumns { .. }) => {
            table::probe::<equipment::Means>(source, sheet).map(|()| RosterKind::Equipment)
        }
        Err(other) => Err(other),
    }
}

/// Why a roster cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// The file cannot be opened or read.
    #[error("failed to read {name}: {source}")]
    Io {
        /// The file.
        name: String,
        /// The system's word.
        source: std::io::Error,
    },
    /// The file, or what it unpacks to, is over its bound.
    #[error("{name} has {len} bytes, over the bound of {max}: split it into smaller files")]
    TooLarge {
        /// The file.
        name: String,
        /// Its size in bytes.
        len: u64,
        /// The bound in bytes.
        max: u64,
    },
    /// There is nothing in it, or not a known kind of file.
    #[error("{name} {fault}: give an .xlsx, .xls, .ods or .csv file")]
    NotARoster {
        /// The file.
        name: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The content is not what the file's ending says.
    #[error("{name} holds {content}, which its ending does not say: rename or save it again")]
    WrongEnding {
        /// The file.
        name: String,
        /// What the content is.
        content: &'static str,
    },
    /// The file is cut off or damaged.
    #[error("{name} is damaged or cut off ({reason}): open it, save it again and retry")]
    Damaged {
        /// The file.
        name: String,
        /// What the reader said.
        reason: String,
    },
    /// A text file is not in UTF-8.
    #[error("row {row} of {name} is not UTF-8 text: save the file as \"CSV UTF-8\" and retry")]
    NotUtf8 {
        /// The file.
        name: String,
        /// The first row at fault.
        row: u32,
    },
    /// No row looks like the header of this kind of list.
    #[error(
        "no header was found in the first {HEADER_ROWS_MAX} rows of {name}: it must name at least \
         {wanted}, in Unicode (files in TCVN3 or VNI fonts must be converted first)"
    )]
    NoHeader {
        /// The file.
        name: String,
        /// The columns that must be there.
        wanted: String,
    },
    /// The header lacks columns, or names one twice.
    #[error("the header in row {row} lacks or repeats the columns {columns}: correct it and retry")]
    MissingColumns {
        /// The header's row.
        row: u32,
        /// The columns.
        columns: String,
    },
    /// It is not clear which sheet is meant.
    #[error("{name}: name one of the sheets {sheets}")]
    WhichSheet {
        /// The file.
        name: String,
        /// The sheets to choose from.
        sheets: String,
    },
    /// There are more rows than may be read at once, or one that does not end.
    #[error("{name} has more than {ROWS_MAX} rows or a row without end near row {row}: split it")]
    Endless {
        /// The file.
        name: String,
        /// Where reading stopped.
        row: u32,
    },
    /// The default unit is not a unit.
    #[error("unit {unit} is not known: give the code of a commune, ward or base")]
    UnknownUnit {
        /// The code.
        unit: UnitCode,
    },
}

#[cfg(test)]
mod tests;
