//! Rosters: the spreadsheets in which communes keep their reserve and their militia, enterprises and
//! training, read into checked records.
//!
//! Called by the command line's import and by whoever needs the shipped lists. A roster is an
//! `.xlsx`, `.xls` or `.ods` workbook or a `.csv` text (comma, semicolon, tab, bar, `~` or `^`; UTF-8, UTF-16,
//! or an old code page). Tables may start under title rows, their headers may be Vietnamese or English,
//! in any order, over several rows; groups, totals and signature lines may stand among and under the
//! data; each sheet may hold one.
//!
//! Invariants: rows are streamed (an `.xlsx` or `.csv` of a million rows is never held whole); every
//! row of data is either accepted or refused under a stable code with its number as the spreadsheet
//! program shows it; what cannot be understood is refused, never guessed; a repair that could be wrong
//! is warned of.
//! The readers do not know the server; [`feed`] sends what they accept and counts what became of it.

pub mod code_list;
pub mod edit;
mod error;
pub mod feed;
mod file;
mod kind;
mod legacy;
pub mod lists;
pub mod plan;
mod refused;
mod report;
pub mod sheet;
mod small_list;
mod table;
pub mod template;
mod terms;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;

use crate::domain::ids::UnitCode;
use crate::domain::registry::{
    Activity, Checked, Enterprise, Equipment, Lists, MilitiaBase, Problem, Reservist,
};

pub use error::RosterError;
use error::letters_lost;
pub use refused::{RefusedError, warning_words, words, write_refused};
pub use report::{
    Change, Fault, IgnoredColumn, ImportReport, Place, RosterKind, RowKey, Warned, Warnings,
};
pub use small_list::{ListFile, ListHints, RefusedRows};
pub use table::mapping::Mapping;
pub use table::told::Told;

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

impl Source<'_> {
    fn name(&self) -> String {
        match self {
            Self::Path(path) => path.display().to_string(),
            Self::Bytes { name, .. } => (*name).to_owned(),
        }
    }
}

/// How to read a roster.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// What records are checked against.
    pub lists: Lists<'a>,
    /// The unit of rows that name none; without it they are refused.
    pub default_unit: Option<UnitCode>,
    /// The sheet to read; without it all that hold a table.
    pub sheet: Option<String>,
    /// The day as of which the file names its units and tells what is known; without it as of today.
    pub names_as_of: Option<Date>,
    /// The last day of the map that a file without a day is plainly of: found while it is read.
    pub(crate) old_map: Option<Date>,
    /// What columns and words mean where guessing fails.
    pub mapping: Mapping,
}

impl<'a> Options<'a> {
    /// To read a roster against these lists, guessing what its columns are.
    pub fn new(lists: Lists<'a>) -> Self {
        Self {
            lists,
            default_unit: None,
            sheet: None,
            names_as_of: None,
            old_map: None,
            mapping: Mapping::default(),
        }
    }
}

/// One row of data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<T> {
    /// Where it stands.
    pub key: RowKey,
    /// Its number among all rows of data, from 1.
    pub ordinal: u32,
    /// The fields that its table has columns for, as the checks name them: of others the file says
    /// nothing.
    pub fields: Arc<[&'static str]>,
    /// Those of them whose cells are empty in this row: it says nothing of them either.
    pub blank: Vec<&'static str>,
    /// The day as of which the file tells what is known; none where nothing says it.
    pub list_day: Option<Date>,
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
    table::read::<kind::People>(source, options, on_row)
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
    table::read::<kind::Means>(source, options, on_row)
}

/// Reads a list of militia and self-defense bases; otherwise as [`read_reservists`].
///
/// # Errors
/// As [`read_reservists`].
pub fn read_militia_bases(
    source: Source<'_>,
    options: &Options<'_>,
    on_row: &mut dyn FnMut(Row<MilitiaBase>) -> ControlFlow<()>,
) -> Result<ImportReport, RosterError> {
    table::read::<kind::Bases>(source, options, on_row)
}

/// Reads a list of enterprises; otherwise as [`read_reservists`].
///
/// # Errors
/// As [`read_reservists`].
pub fn read_enterprises(
    source: Source<'_>,
    options: &Options<'_>,
    on_row: &mut dyn FnMut(Row<Enterprise>) -> ControlFlow<()>,
) -> Result<ImportReport, RosterError> {
    table::read::<kind::Works>(source, options, on_row)
}

/// Reads a list of activities; otherwise as [`read_reservists`].
///
/// # Errors
/// As [`read_reservists`].
pub fn read_activities(
    source: Source<'_>,
    options: &Options<'_>,
    on_row: &mut dyn FnMut(Row<Activity>) -> ControlFlow<()>,
) -> Result<ImportReport, RosterError> {
    table::read::<kind::Deeds>(source, options, on_row)
}

/// Finds out by its header whether a roster lists people or technical means.
///
/// # Errors
/// As [`read_reservists`], with [`RosterError::NoHeader`] where it is neither.
pub fn detect(source: Source<'_>, options: &Options<'_>) -> Result<RosterKind, RosterError> {
    match table::probe::<kind::People>(source, options) {
        Ok(()) => Ok(RosterKind::Reservists),
        Err(
            RosterError::NoHeader { .. }
            | RosterError::MissingColumns { .. }
            | RosterError::LettersLost { .. },
        ) => table::probe::<kind::Means>(source, options).map(|()| RosterKind::Equipment),
        Err(other) => Err(other),
    }
}

#[cfg(test)]
mod tests;
