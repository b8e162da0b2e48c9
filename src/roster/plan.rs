//! Plans of reserve units: one row for each post, equipment line or quota.
//!
//! Called by the command line, which makes reserve units of the rows; the server checks them. The
//! code and what else is about the reserve unit as a whole may stand in its first row only, as in
//! forms with merged cells, or the code alone in a row above. A plan is taken whole or not at all: all
//! that is at fault is named with its row, and so is each column that no field is for.

mod faults;
mod rows;
mod written;

use std::collections::BTreeMap;

use super::file::Reading;
use super::kind::Column;
use super::small_list::{self, ListFile, ListHints, Listed, list_columns};
use super::{RosterError, RowKey, Source};
use crate::wire::pb;

use faults::Wrong;
pub use faults::{Further, Places, PlanFault, in_order};
pub use rows::HEALTH_UNSAID;
pub(super) use written::COLUMNS as WRITTEN_COLUMNS;
pub use written::sheet_of;

/// Most rows of a plan: twenty reserve units with all the posts they may have.
pub const PLAN_ROWS_MAX: usize = 20_000;

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

impl Listed for PlanRow {
    const COLUMNS: &'static [Column<Self>] = list_columns! { PlanRow
        code Plain ["ma don vi", "ma don vi du bi", "don vi", "unit code", "reserve unit", "unit"],
        name Plain ["ten don vi", "ten don vi du bi", "unit name", "name"],
        receiving_unit Plain ["don vi nhan nguon", "don vi tiep nhan", "receiving unit"],
        assembly_station Plain ["tram tap trung", "diem tap trung", "assembly station"],
        reception_station Plain ["tram tiep nhan", "reception station"],
        source_units Plain [
            "don vi giao nguon", "dia ban giao nguon", "nguon", "source units", "sources",
        ],
        no Plain ["so chuc danh", "ma chuc danh", "post no", "post"],
        title Plain ["chuc danh", "chuc danh bien che", "ten chuc danh", "title"],
        specialty Plain ["cnqs", "chuyen nghiep quan su", "chuyen nghiep", "specialty"],
        near Plain [
            "chuyen nghiep gan dung", "cnqs gan dung", "gan dung", "near", "near specialties",
        ],
        rank_min Plain ["cap bac tu", "cap bac thap nhat", "rank from", "rank min"],
        rank_max Plain ["cap bac den", "cap bac cao nhat", "rank to", "rank max"],
        duty Plain ["nhiem vu", "loai don vi", "tinh chat", "duty"],
        count Plain ["so luong", "bien che", "count", "quantity"],
        sex Plain ["gioi tinh", "sex"],
        health_max Plain ["suc khoe", "loai suc khoe", "suc khoe den loai", "health"],
        kind Plain ["loai phuong tien", "phuong tien", "equipment type", "equipment"],
        capacity Plain ["trong tai", "trong tai toi thieu", "cong suat", "capacity"],
        capacity_unit Plain ["don vi tinh", "dvt", "capacity unit"],
        needs_driver Plain ["co nguoi dieu khien", "kem lai xe", "with driver"],
        quota_unit Plain ["xa phuong", "xa chi tieu", "xa giao chi tieu", "quota commune", "commune"],
        quota_people Plain ["chi tieu nguoi", "chi tieu", "chi tieu quan nhan", "quota people"],
        quota_equipment Plain ["chi tieu phuong tien", "quota equipment"],
        receiving_code Plain [
            "ma don vi nhan nguon", "ma don vi tiep nhan", "receiving unit code",
        ],
        valid_from Date [
            "hieu luc tu", "hieu luc tu ngay", "ap dung tu", "ap dung tu ngay", "valid from",
        ],
        valid_to Date [
            "hieu luc den", "hieu luc den ngay", "ap dung den", "ap dung den ngay", "valid to",
        ],
    };
    const WRITTEN: &'static [&'static str] = &WRITTEN_COLUMNS;
    const REQUIRED: &'static [&'static [&'static str]] = &[&["count", "quota_unit"]];
    const COLUMNS_MIN: usize = 3;
    const ROWS_MAX: usize = PLAN_ROWS_MAX;
    const IDENTITY: &'static [&'static str] = &["code", "specialty", "kind", "quota_unit"];
    const HARD: &'static [&'static str] = &[
        "no",
        "specialty",
        "rank_min",
        "rank_max",
        "count",
        "health_max",
        "kind",
        "capacity",
        "quota_unit",
        "quota_people",
        "quota_equipment",
        "valid_from",
        "valid_to",
    ];
}

impl PlanRow {
    /// Whether it says which reserve unit it is about, and nothing else.
    fn names_unit_alone(&mut self) -> bool {
        let mut said = Self::COLUMNS.iter().filter(|column| !(column.slot)(self).trim().is_empty());
        said.next().is_some_and(|column| column.field == "code") && said.next().is_none()
    }
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
    /// Rows of data.
    pub rows: usize,
    /// What is at fault, by row. While there is one nothing is to be imported.
    pub faults: Vec<PlanFault>,
    /// The file as it stands.
    pub file: ListFile,
}

/// The plan of a file. Blocks.
///
/// # Errors
/// [`RosterError`] when there is none; what is wrong with single rows is with the file.
pub fn read_plan(source: Source<'_>, hints: &ListHints) -> Result<PlanFile, RosterError> {
    let (rows, file) = small_list::read::<PlanRow>(source, hints)?;
    let mut plan = PlanFile { file, rows: rows.len(), ..PlanFile::default() };
    let mut units: BTreeMap<String, Planned> = BTreeMap::new();
    let mut heading = Heading::default();
    for (key, mut row) in rows {
        let mut tell = |wrong: Wrong| plan.faults.push(wrong.at(key.clone()));
        if row.names_unit_alone() {
            plan.faults.extend(heading.begin(&key, row.code.trim()));
            continue;
        }
        heading.over(&key, row.code.trim());
        let Some(code) = heading.code.clone() else {
            tell(Wrong::new("UNIT_NOT_NAMED", "code"));
            continue;
        };
        let planned = units.entry(code.clone()).or_insert_with(|| Planned {
            unit: pb::ReserveUnit { code, ..pb::ReserveUnit::default() },
            places: Places::begin(key.clone()),
        });
        rows::take(planned, &key, &row, &mut tell);
    }
    plan.faults.extend(heading.empty());
    let faults = std::mem::take(&mut plan.faults);
    plan.faults = faults.into_iter().map(|fault| plan.placed(fault)).collect();
    plan.units = units.into_values().collect();
    Ok(plan)
}

/// The reserve unit that rows without a code are of.
#[derive(Default)]
struct Heading {
    code: Option<String>,
    sheet_at: u32,
    /// A row that names one alone, until a row of that one stands under it.
    alone: Option<(RowKey, String)>,
}

impl Heading {
    /// A row names a reserve unit and nothing else; tells of one before it under which nothing stands.
    fn begin(&mut self, row: &RowKey, code: &str) -> Option<PlanFault> {
        let before = self.empty();
        self.alone = Some((row.clone(), code.to_owned()));
        (self.code, self.sheet_at) = (Some(code.to_owned()), row.sheet_at);
        before
    }

    /// A row of data, with its code if it has one; a heading holds for its own sheet.
    fn over(&mut self, row: &RowKey, code: &str) {
        let is_new = row.sheet_at != self.sheet_at;
        self.code = match code {
            "" => self.code.take().filter(|_code| !is_new),
            named => Some(named.to_owned()),
        };
        self.sheet_at = row.sheet_at;
        self.alone = self.alone.take().filter(|(_row, alone)| self.code.as_ref() != Some(alone));
    }

    fn empty(&mut self) -> Option<PlanFault> {
        self.alone.take().map(|(row, _code)| Wrong::new("NOTHING_UNDER", "code").at(row))
    }
}

#[cfg(test)]
mod tests;
