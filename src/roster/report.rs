//! What came of an import, in the words in which it is shown and compared: JSON.
//!
//! Filled by the readers (rows, accepted, rejected, warnings) and by whoever stores the records
//! (created, updated, unchanged). Holds row numbers and codes only, never what was in a row.

use std::collections::BTreeMap;

use serde::Serialize;

/// What a roster lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RosterKind {
    /// People.
    Reservists,
    /// Technical means.
    Equipment,
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
    pub rejected: BTreeMap<u32, String>,
    /// How often each warning was given on accepted rows.
    pub warnings: BTreeMap<String, u64>,
    /// Accepted rows by unit code.
    pub by_unit: BTreeMap<String, u64>,
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
            warnings: BTreeMap::new(),
            by_unit: BTreeMap::new(),
            skipped: 0,
        }
    }
}
