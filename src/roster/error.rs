//! Why a roster as a whole cannot be read, and what to do.

use super::{HEADER_ROWS_MAX, ROWS_MAX};
use crate::domain::ids::UnitCode;

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
    /// The workbook is encrypted.
    #[error(
        "{name} is protected by a password: open it, remove the password (File, Info, Protect Workbook, \
         Encrypt with Password: leave it empty), save it and retry"
    )]
    Locked {
        /// The file.
        name: String,
    },
    /// A web page or another text that a program saved under the name of a workbook.
    #[error(
        "{name} holds {content}, not a workbook: open it in the spreadsheet program, save it as .xlsx \
         (Save As, Excel Workbook) and import that"
    )]
    Disguised {
        /// The file.
        name: String,
        /// What the content is.
        content: &'static str,
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
    #[error(
        "row {row} of {name} is not UTF-8 text, as others are: save the file as \"CSV UTF-8\" and retry"
    )]
    NotUtf8 {
        /// The file.
        name: String,
        /// The first row at fault.
        row: u32,
    },
    /// No row looks like the header of this kind of list.
    #[error(
        "no header was found in the first {HEADER_ROWS_MAX} rows of {name}: it must name at least \
         {wanted}; if it does in other words, say which in a mapping file (--mapping FILE)"
    )]
    NoHeader {
        /// The file.
        name: String,
        /// The columns that must be there.
        wanted: String,
        /// A mapping file as an example.
        example: String,
    },
    /// The letters of a file were lost before it came here.
    #[error("no header was found in {name}: {}", letters_lost(.header))]
    LettersLost {
        /// The file.
        name: String,
        /// A text of it.
        header: String,
    },
    /// The header lacks columns, or names one twice.
    #[error(
        "the header in row {row} {columns}: correct it, or say in a mapping file (--mapping FILE) what \
         its columns are"
    )]
    MissingColumns {
        /// The header's row.
        row: u32,
        /// What it lacks and what it repeats, with what to do.
        columns: String,
        /// A mapping file to fill in.
        skeleton: String,
    },
    /// There is no such sheet.
    #[error("{name} has no sheet {sheet} to be seen: name one of {sheets}")]
    WhichSheet {
        /// The file.
        name: String,
        /// What was asked for.
        sheet: String,
        /// The sheets to choose from.
        sheets: String,
    },
    /// The mapping file is wrong.
    #[error("the mapping file cannot be used: {reason}")]
    Mapping {
        /// What is wrong, with the line.
        reason: String,
    },
    /// A small list has more rows than such a list can have.
    #[error(
        "{name} has more than {max} rows, which is the bound of such a list: split it, or delete what stands \
         behind the table"
    )]
    LongList {
        /// The file.
        name: String,
        /// The bound.
        max: usize,
    },
    /// There are more rows than may be read at once, or one that does not end.
    #[error("{name} has more than {ROWS_MAX} rows or a row without end near row {row}: split it")]
    Endless {
        /// The file.
        name: String,
        /// Where reading stopped.
        row: u32,
    },
    /// A cell of a text begins with a quote that is closed far behind, or never.
    #[error(
        "row {row} of {name} has a quote (\") that is not closed in its cell and swallows {rows} rows \
         behind it: remove the quote or double it, then import the file again"
    )]
    StrayQuote {
        /// The file.
        name: String,
        /// The row that the cell is in.
        row: u32,
        /// Rows that it swallows.
        rows: u64,
    },
    /// A cell is so long that it is no text of a list.
    #[error("{name} has a cell of more than {max} bytes in {part}: remove it, save and retry")]
    LongCell {
        /// The file.
        name: String,
        /// The part of the archive.
        part: String,
        /// The bound in bytes.
        max: u64,
    },
    /// A workbook has more different texts than are held.
    #[error("{name} has more than {max} different texts: split it into smaller files")]
    ManyTexts {
        /// The file.
        name: String,
        /// The bound.
        max: u64,
    },
    /// Cells far to the right of any list.
    #[error(
        "{name} has over a million cells behind column {max} in {part}: delete the columns behind the table, or copy the table into a new workbook, and retry"
    )]
    WideSheet {
        /// The file.
        name: String,
        /// The part of the archive.
        part: String,
        /// The last column that is looked at.
        max: usize,
    },
    /// More merged cells than are held at once.
    #[error(
        "{name} has more than {max} merged cells in {part}: unmerge them or copy the table into a new workbook, and retry"
    )]
    ManyMerges {
        /// The file.
        name: String,
        /// The part of the archive.
        part: String,
        /// The bound.
        max: u64,
    },
    /// More cells than are held at once.
    #[error(
        "a sheet of {name} has more than {max} cells up to its last one: delete the rows and columns behind the table, or save it as .xlsx, and retry"
    )]
    ManyCells {
        /// The file.
        name: String,
        /// The bound.
        max: u64,
    },
    /// A part of a workbook that is held whole is too long.
    #[error(
        "{name} has more than {max} bytes in {part}: copy its table into a new workbook and retry"
    )]
    LongPart {
        /// The file.
        name: String,
        /// The part of the archive.
        part: String,
        /// The bound in bytes.
        max: u64,
    },
    /// There is a header and no row of data.
    #[error(
        "{name} has no row of data under the header in row {header}{}: check that its rows have a \
         number or a running number, or name another sheet (--sheet) or header row (--mapping)",
        left_out(.skipped)
    )]
    NoRows {
        /// The file.
        name: String,
        /// The header's last row.
        header: u32,
        /// Rows that were left out.
        skipped: u64,
    },
    /// The default unit is not a unit.
    #[error("unit {unit} is not known: give the code of a commune, ward or base")]
    UnknownUnit {
        /// The code.
        unit: UnitCode,
    },
}

/// What to do about a text whose letters were lost.
pub(super) fn letters_lost(text: &str) -> String {
    format!(
        "the letters of {text:?} were lost when the file was saved: open the list that it was made from and \
         save it as .xlsx or as \"CSV UTF-8\""
    )
}

fn left_out(skipped: &u64) -> String {
    match skipped {
        0 => String::new(),
        rows => format!(" ({rows} rows were taken for headings or signatures)"),
    }
}

/// A mapping file for a list whose header was not found.
pub(super) const EXAMPLE: &str = "# The row of the header, as the spreadsheet shows it; 0 where there is none.\n\
    header_row = 5\n\n[columns]\n# What stands over a column, or its letters, and the field it fills.\n\
    \"Mã số\" = \"citizen_id\"\nC = \"birth\"\n";

impl RosterError {
    /// A mapping file to fill in, where one would help: whole lines of TOML.
    pub fn mapping(&self) -> Option<&str> {
        match self {
            Self::MissingColumns { skeleton, .. } => Some(skeleton),
            Self::NoHeader { example, .. } => Some(example),
            _other => None,
        }
    }
}
