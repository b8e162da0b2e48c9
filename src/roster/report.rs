//! What came of an import, in the words in which it is shown and compared: JSON.
//!
//! Filled by the readers (rows, accepted, rejected, warnings) and by whoever stores the records
//! (created, updated, unchanged). Holds row numbers, columns and codes; of what was in a row only the
//! codes and words that a list of ours refused, never anything of a person.

mod warnings;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::table::told::Told;
pub use warnings::{Warned, Warnings};

/// What a roster lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RosterKind {
    /// People.
    Reservists,
    /// Technical means.
    Equipment,
    /// Militia and self-defense bases.
    MilitiaBases,
    /// Enterprises for industrial mobilization.
    Enterprises,
    /// What was trained, exercised and done.
    Activities,
}

/// A row of a file: its number as the spreadsheet program shows it, and its sheet where several are
/// read. Written `12`, or `Na Son!12`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// The number of the table among those read, from 0.
    pub(super) sheet_at: u32,
    /// The sheet; none where only one is read.
    pub sheet: Option<Arc<str>>,
    /// The row, from 1.
    pub row: u32,
}

impl RowKey {
    /// A row of the same sheet.
    pub(super) fn with_row(&self, row: u32) -> Self {
        Self { row, ..self.clone() }
    }
}

impl From<u32> for RowKey {
    fn from(row: u32) -> Self {
        Self { sheet_at: 0, sheet: None, row }
    }
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.sheet {
            Some(sheet) => write!(f, "{sheet}!{}", self.row),
            None => write!(f, "{}", self.row),
        }
    }
}

impl Serialize for RowKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// In the hint of a row that is of another than the record, what begins the fields in which they differ.
pub(super) const DIFFERING: &str = ", not the same in ";

/// Where in a refused row the fault is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The field, as the checks name it.
    pub field: &'static str,
    /// The column's letters in the spreadsheet; none for a field that has no column there.
    pub column: Option<String>,
    /// What stands there, cut to 40 characters; none for personal fields and for empty cells.
    pub value: Option<String>,
    /// What may help to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Place {
    /// That of a fault which the server found.
    pub(super) fn of(code: &str) -> Self {
        let field = match code {
            "STATUS_ENDED" => "status",
            "PERSON_CONFLICT" => "citizen_id",
            _other => "row",
        };
        Self { field, column: None, value: None, hint: None }
    }
}

/// A fault of a row that has several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Its code.
    pub code: &'static str,
    /// Where it is.
    #[serde(flatten)]
    pub place: Option<Place>,
}

impl fmt::Display for Place {
    /// As it follows the code of the fault: ` in column C (unit), "Xa La"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, " in column {column} ({})", self.field)?,
            None => write!(f, " ({})", self.field)?,
        }
        self.value.as_ref().map_or(Ok(()), |value| write!(f, ", {value:?}"))?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, ": {hint}"))
    }
}

/// A column of a file that no field is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IgnoredColumn {
    /// Its letters in the spreadsheet.
    pub column: String,
    /// What stands over it, cut to 80 characters; blank where nothing does.
    pub header: String,
}

/// A field of a record that a row changes. Personal data: `Debug` shows the field alone.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The field, as the record's message names it.
    pub field: String,
    /// Its value before; blank for none.
    pub old: String,
    /// Its value after; blank for none.
    pub new: String,
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Change({})", self.field)
    }
}

/// The outcome of reading, and then storing, one roster. `rows` is always `accepted` plus the number
/// of `rejected`; `created`, `updated` and `unchanged` add up to `accepted` once all is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// What the roster lists.
    pub kind: RosterKind,
    /// Rows of data, without titles, blank lines and signatures.
    pub rows: u64,
    /// Rows whose record is good.
    pub accepted: u64,
    /// Records that were new.
    pub created: u64,
    /// Records that were there and differed.
    pub updated: u64,
    /// Records that were there and did not differ.
    pub unchanged: u64,
    /// For each refused row, by its number in the spreadsheet, the code of its first problem.
    pub rejected: BTreeMap<RowKey, String>,
    /// For each row that was refused for one of its fields, where that is; for rows that the server refused
    /// because of a record, which.
    pub places: BTreeMap<RowKey, Place>,
    /// For each row that changed a record, the fields that differ, as far as the server tells; of very
    /// many rows the first.
    pub changes: BTreeMap<RowKey, Vec<Change>>,
    /// For each row that has more than one fault, those behind the first.
    #[serde(rename = "further_faults", skip_serializing_if = "BTreeMap::is_empty")]
    pub further: BTreeMap<RowKey, Vec<Fault>>,
    /// How often each warning was given on accepted rows, and on which.
    #[serde(flatten)]
    pub warnings: Warnings,
    /// Accepted rows in which a text that is no phone number was left out; of very many the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phones_left_out: Vec<RowKey>,
    /// Accepted rows by unit code.
    pub by_unit: BTreeMap<String, u64>,
    /// Columns that no field is for: what stands in them was not read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored_columns: Vec<IgnoredColumn>,
    /// What a mapping names, and no table has: headers, and columns behind the last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub idle_mapping: Vec<String>,
    /// Sheets that were left out, for they hold no table of the kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Why each of them was left out, and each hidden sheet, which nobody has looked at.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out_because: BTreeMap<String, String>,
    /// What the file itself says of how it is read, as that of refused rows does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    /// Rows under the header that were taken for headings or signatures, and left out.
    #[serde(skip)]
    pub skipped: u64,
}

impl ImportReport {
    /// An empty report.
    pub const fn new(kind: RosterKind) -> Self {
        Self {
            kind,
            rows: 0,
            accepted: 0,
            created: 0,
            updated: 0,
            unchanged: 0,
            rejected: BTreeMap::new(),
            places: BTreeMap::new(),
            changes: BTreeMap::new(),
            further: BTreeMap::new(),
            warnings: Warnings::new(),
            phones_left_out: Vec::new(),
            by_unit: BTreeMap::new(),
            ignored_columns: Vec::new(),
            idle_mapping: Vec::new(),
            left_out: Vec::new(),
            left_out_because: BTreeMap::new(),
            told: None,
            skipped: 0,
        }
    }
}

impl ImportReport {
    /// Names the columns of a table that no field is for, each once.
    pub(super) fn note_ignored(&mut self, columns: &[IgnoredColumn]) {
        for column in columns {
            if !self.ignored_columns.contains(column) {
                self.ignored_columns.push(column.clone());
            }
        }
    }
}

/// Counts one more.
pub(super) fn add_one(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => {
            counts.insert(name.to_owned(), 1);
        }
    }
}

/// Counts one less; what is at nothing is not named.
pub(super) fn take_one(counts: &mut BTreeMap<String, u64>, name: &str) {
    if let Some(count) = counts.get_mut(name) {
        *count -= 1;
        if *count == 0 {
            counts.remove(name);
        }
    }
}
