//! Plans of reserve units: one row for each post, equipment line or quota.
//!
//! Called by the command line, which makes reserve units of the rows; the server checks them. The
//! code and what else is about the reserve unit as a whole may stand in its first row only, as in
//! forms with merged cells. A plan is taken whole or not at all: all that is at fault is named with its
//! row, and so is each column that no field is for.

mod faults;
mod rows;
mod written;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::file::{Cell, Parts, Reading, open};
use super::kind::Column;
use super::sheet::Sheet;
use super::table::header::REASON_HEADER;
use super::table::labels::{INDEX_HEADERS, find_in, numbers_columns, plain};
use super::table::mapping::{Mapping, letters};
use super::{HEADER_ROWS_MAX, IgnoredColumn, RosterError, Source};
use crate::domain::text::clean;
use crate::wire::pb;

pub use faults::{Places, PlanFault};
pub use rows::HEALTH_UNSAID;
pub(super) use written::COLUMNS as WRITTEN_COLUMNS;
pub use written::sheet_of;

/// Most rows of a plan: twenty reserve units with all the posts they may have.
pub const PLAN_ROWS_MAX: usize = 20_000;

/// Most characters of a header that are shown again.
const HEADER_SHOWN_CHARS_MAX: usize = 80;

/// Fewest known columns that make a header.
const COLUMNS_MIN: usize = 3;

/// A row as text.
#[derive(Debug, Clone, Default)]
struct PlanRow {
    code: String,
    name: String,
    receiving_unit: String,
    assembly_station: String,
    reception_station: String,
    source_units: String,
    no: String,
    title: String,
    specialty: String,
    near: String,
    rank_min: String,
    rank_max: String,
    duty: String,
    count: String,
    sex: String,
    health_max: String,
    kind: String,
    capacity: String,
    capacity_unit: String,
    needs_driver: String,
    quota_unit: String,
    quota_people: String,
    quota_equipment: String,
    receiving_code: String,
    valid_from: String,
    valid_to: String,
}

macro_rules! columns {
    ($($field:ident [$($header:literal),+],)+) => {
        &[$(Column {
            field: stringify!($field),
            slot: |row: &mut PlanRow| &mut row.$field,
            reading: Reading::Plain,
            headers: &[$($header),+],
        }),+]
    };
}

const COLUMNS: &[Column<PlanRow>] = columns![
    code ["ma don vi", "ma don vi du bi", "don vi", "unit code", "reserve unit", "unit"],
    name ["ten don vi", "ten don vi du bi", "unit name", "name"],
    receiving_unit ["don vi nhan nguon", "don vi tiep nhan", "receiving unit"],
    assembly_station ["tram tap trung", "diem tap trung", "assembly station"],
    reception_station ["tram tiep nhan", "reception station"],
    source_units ["don vi giao nguon", "dia ban giao nguon", "nguon", "source units", "sources"],
    no ["so chuc danh", "ma chuc danh", "post no", "post"],
    title ["chuc danh", "chuc danh bien che", "ten chuc danh", "title"],
    specialty ["cnqs", "chuyen nghiep quan su", "chuyen nghiep", "specialty"],
    near ["chuyen nghiep gan dung", "cnqs gan dung", "gan dung", "near", "near specialties"],
    rank_min ["cap bac tu", "cap bac thap nhat", "rank from", "rank min"],
    rank_max ["cap bac den", "cap bac cao nhat", "rank to", "rank max"],
    duty ["nhiem vu", "loai don vi", "tinh chat", "duty"],
    count ["so luong", "bien che", "count", "quantity"],
    sex ["gioi tinh", "sex"],
    health_max ["suc khoe", "loai suc khoe", "suc khoe den loai", "health"],
    kind ["loai phuong tien", "phuong tien", "equipment type", "equipment"],
    capacity ["trong tai", "trong tai toi thieu", "cong suat", "capacity"],
    capacity_unit ["don vi tinh", "dvt", "capacity unit"],
    needs_driver ["co nguoi dieu khien", "kem lai xe", "with driver"],
    quota_unit ["xa phuong", "xa chi tieu", "xa giao chi tieu", "quota commune", "commune"],
    quota_people ["chi tieu nguoi", "chi tieu", "chi tieu quan nhan", "quota people"],
    quota_equipment ["chi tieu phuong tien", "quota equipment"],
    receiving_code ["ma don vi nhan nguon", "ma don vi tiep nhan", "receiving unit code"],
    valid_from ["hieu luc tu", "hieu luc tu ngay", "ap dung tu", "ap dung tu ngay", "valid from"],
    valid_to ["hieu luc den", "hieu luc den ngay", "ap dung den", "ap dung den ngay", "valid to"],
];

/// Why a plan cannot be read as a whole.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// As for every roster.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// No table with the columns of a plan.
    #[error(
        "no row of the file is the header of a plan: give columns for the unit's code, the post's specialty or the equipment type, and the count"
    )]
    NoHeader,
    /// There are too many.
    #[error("the plan has over {PLAN_ROWS_MAX} rows: split it by reserve units")]
    TooMany,
}

/// A reserve unit of a file, and the rows that its parts stand in.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// For the server to check.
    pub unit: pb::ReserveUnit,
    /// Where it stands.
    pub places: Places,
}

/// What a file says.
#[derive(Debug, Clone, Default)]
pub struct PlanFile {
    /// The reserve units, by code.
    pub units: Vec<Planned>,
    /// Columns that no field is for.
    pub ignored: Vec<IgnoredColumn>,
    /// What is at fault, by row. While there is one nothing is to be imported.
    pub faults: Vec<PlanFault>,
    /// The headers and rows as they stand, to be given back with what is wrong with them.
    heads: Vec<String>,
    rows: Vec<(u32, Vec<String>)>,
}

impl PlanFile {
    /// All rows as they stand, with what is wrong with each in a last column: to be mended and read
    /// again.
    pub fn refused(&self, faults: &[PlanFault]) -> Sheet {
        let heads = self.heads.iter().map(String::as_str).chain([REASON_HEADER]);
        let mut sheet = Sheet::new("", &heads.collect::<Vec<_>>());
        for (number, cells) in &self.rows {
            let own = faults.iter().filter(|at| at.row == *number).map(|at| at.fault.as_str());
            let why = own.collect::<Vec<_>>().join("; ");
            let cell = |at| cells.get(at).map(String::as_str).unwrap_or_default();
            let row = (0..self.heads.len()).map(cell).chain([why.as_str()]);
            sheet.rows.push(row.map(Into::into).collect());
        }
        sheet
    }
}

/// The plan of a file.
///
/// # Errors
/// [`PlanFileError`]; what is wrong with single rows is with the file.
pub fn read_plan(
    source: Source<'_>,
    sheet: Option<&str>,
    mapping: &Mapping,
) -> Result<PlanFile, PlanFileError> {
    let fields: Vec<&str> = COLUMNS.iter().map(|column| column.field).collect();
    mapping.check(&fields)?;
    let sheet = sheet.or(mapping.sheet.as_deref());
    let mut parts = open(source)?;
    let names = parts.names();
    let mut best: Option<Part> = None;
    for (part, name) in names.iter().enumerate() {
        if sheet.is_some_and(|sheet| sheet != name && !parts.are_readings()) {
            continue;
        }
        let found = read_part(parts.as_mut(), part, mapping)?;
        if found.rows.len() > best.as_ref().map_or(0, |best| best.rows.len()) {
            best = Some(found);
        }
    }
    let best = best.ok_or(PlanFileError::NoHeader)?;
    let mut file = PlanFile { ignored: best.ignored(), heads: best.heads, ..PlanFile::default() };
    let mut units: BTreeMap<String, Planned> = BTreeMap::new();
    let mut code = String::new();
    for (number, row, cells) in best.rows {
        file.rows.push((number, cells));
        if !row.code.trim().is_empty() {
            row.code.trim().clone_into(&mut code);
        }
        let mut fault = |text: &str| {
            file.faults.push(PlanFault { row: number, fault: text.to_owned() });
        };
        if code.is_empty() {
            fault("no reserve unit is named: give its code");
            continue;
        }
        let planned = units.entry(code.clone()).or_insert_with(|| Planned {
            unit: pb::ReserveUnit { code: code.clone(), ..pb::ReserveUnit::default() },
            places: Places::begin(number),
        });
        rows::take(planned, number, &row, &mut fault);
    }
    file.units = units.into_values().collect();
    Ok(file)
}

/// The position and meaning of each known column.
type Header = Vec<(usize, &'static Column<PlanRow>)>;

/// The table of one part of a file.
#[derive(Default)]
struct Part {
    heads: Vec<String>,
    header: Header,
    /// Numbers, meanings, and cells as they stand.
    rows: Vec<(u32, PlanRow, Vec<String>)>,
    meant: Vec<usize>,
}

impl Part {
    /// The columns that no field is for, though something stands over or in them.
    fn ignored(&self) -> Vec<IgnoredColumn> {
        let width = self.rows.iter().map(|(.., cells)| cells.len()).max().unwrap_or(0);
        let is_known = |at: usize| self.header.iter().any(|(own, _column)| *own == at);
        let unknown = (0..width.max(self.heads.len())).filter(|at| !is_known(*at));
        let lost = unknown.filter_map(|at| {
            let head = self.heads.get(at).map_or("", String::as_str);
            let label = plain(head);
            let is_ours = label == plain(REASON_HEADER) || INDEX_HEADERS.contains(&label.as_str());
            let has_content = self
                .rows
                .iter()
                .any(|(.., cells)| cells.get(at).is_some_and(|cell| !cell.trim().is_empty()));
            let is_lost =
                if head.is_empty() { has_content } else { !is_ours && !self.meant.contains(&at) };
            let header = head.chars().take(HEADER_SHOWN_CHARS_MAX).collect();
            is_lost.then(|| IgnoredColumn { column: letters(at), header })
        });
        lost.collect()
    }
}

/// The header that a row is, if it is one.
fn header_of(cells: &[Cell], mapping: &Mapping) -> Option<Header> {
    let field = |name: &str| COLUMNS.iter().find(|column| column.field == name);
    let by_letters: BTreeMap<usize, &'static Column<PlanRow>> =
        mapping.letters().filter_map(|(at, _letters, name)| Some((at, field(name)?))).collect();
    let known = |at: usize| {
        let text = cells.get(at).and_then(Cell::as_text);
        let own = by_letters.get(&at).copied();
        let said = || match mapping.header(text?) {
            Some(name) => field(name),
            None => find_in(COLUMNS, text?),
        };
        Some((at, own.or_else(said)?))
    };
    let found: Header = (0..cells.len()).filter_map(known).collect();
    let has = |field: &str| found.iter().any(|(_, column)| column.field == field);
    let is_one = found.len() >= COLUMNS_MIN && (has("count") || has("quota_unit"));
    is_one.then_some(found)
}

fn read_part(parts: &mut dyn Parts, part: usize, mapping: &Mapping) -> Result<Part, PlanFileError> {
    let mut table = Part::default();
    parts.rows(part, &mut |number, cells| {
        if table.header.is_empty() {
            let is_it = mapping.header_row.is_none_or(|row| row == number);
            table.header = header_of(cells, mapping).filter(|_found| is_it).unwrap_or_default();
            let head = |cell: &Cell| cell.as_text().map(clean).unwrap_or_default();
            table.heads = cells.iter().map(head).collect();
            let meant = table.heads.iter().enumerate().filter(|(_at, head)| mapping.ignores(head));
            table.meant = meant.map(|(at, _head)| at).collect();
            let late = number > HEADER_ROWS_MAX && table.header.is_empty();
            return Ok(if late { ControlFlow::Break(()) } else { ControlFlow::Continue(()) });
        }
        let mut row = PlanRow::default();
        let mut filled = 0;
        for (at, column) in &table.header {
            let is_day = column.field.starts_with("valid_");
            let reading = if is_day { Reading::Date } else { Reading::Plain };
            let text = cells.get(*at).map(|cell| cell.read(reading).0).unwrap_or_default();
            filled += usize::from(!text.trim().is_empty());
            let meant = mapping.value(column.field, &text).map(str::to_owned);
            *(column.slot)(&mut row) = meant.unwrap_or(text);
        }
        // A title, a signature or a line of totals below fills one cell at most.
        if filled > 1 && !numbers_columns(cells) {
            let days = |at: usize| {
                let of = table.header.iter().find(|(own, _column)| *own == at);
                of.is_some_and(|(_at, column)| column.field.starts_with("valid_"))
            };
            let read = |(at, cell): (usize, &Cell)| {
                cell.read(if days(at) { Reading::Date } else { Reading::Plain }).0
            };
            let as_they_stand = cells.iter().enumerate().map(read).collect();
            table.rows.push((number, row, as_they_stand));
        }
        Ok(if table.rows.len() > PLAN_ROWS_MAX {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    })?;
    if table.rows.len() > PLAN_ROWS_MAX { Err(PlanFileError::TooMany) } else { Ok(table) }
}

#[cfg(test)]
mod tests;
