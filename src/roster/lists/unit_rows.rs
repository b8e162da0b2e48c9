//! Lists of units as spreadsheets: one row for each, its columns in any order, in Vietnamese or English.
//!
//! Called by the command line, which makes a plan of the rows ([`super::unit_plan`]). Invariants: a blank
//! cell says nothing; codes that lost their zero in a spreadsheet get it back only where the whole code is
//! known, and are counted; a row at fault is named with its reason and costs the others nothing; what is
//! written by [`sheet_of`] is read as it was.

mod cells;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use jiff::civil::Date;

use cells::Known;

use super::unit_words::{basis_word, echelon_word, kind_of_name, kind_word};
use crate::domain::ids::UnitCode;
use crate::domain::text::clean;
use crate::domain::unit::{Echelon, Former, ParentBasis, UNITS_MAX, Unit, UnitKind, Units};
use crate::roster::file::{Cell, Parts, Reading, open};
use crate::roster::kind::Column;
use crate::roster::legacy::Decoder;
use crate::roster::sheet::{CellValue, Sheet};
use crate::roster::table::labels::{find_in, numbers_columns};
use crate::roster::{HEADER_ROWS_MAX, RosterError, Source};

/// Rows by which the encoding of a sheet is judged.
const SAMPLE_ROWS: usize = 200;

/// A row as text.
#[derive(Debug, Clone, Default)]
struct Written {
    code: String,
    name: String,
    echelon: String,
    kind: String,
    parent_code: String,
    parent_basis: String,
    area_km2: String,
    area_ha: String,
    population: String,
    valid_from: String,
    valid_to: String,
    successor_codes: String,
    successor_basis: String,
    other_parent_codes: String,
    official_code: String,
}

macro_rules! columns {
    ($($field:ident [$($header:literal),* $(,)?],)+) => {
        &[$(Column {
            field: stringify!($field),
            slot: |row: &mut Written| &mut row.$field,
            reading: Reading::Plain,
            headers: &[$($header),*],
        },)+]
    };
}

const COLUMNS: &[Column<Written>] = columns! {
    code ["ma", "ma so", "ma don vi", "ma dvhc", "ma xa", "ma xa phuong", "unit code"],
    name ["ten", "ten don vi", "don vi", "ten xa", "ten xa phuong", "xa phuong", "unit", "unit name"],
    echelon ["cap", "cap don vi", "level"],
    kind ["loai", "loai don vi", "loai hinh", "type"],
    parent_code ["truc thuoc", "ma cap tren", "ma don vi cap tren", "don vi cap tren", "cap tren", "under",
        "parent"],
    parent_basis ["can cu", "muc xac nhan", "basis"],
    area_km2 ["dien tich km2", "dien tich km", "area"],
    area_ha ["dien tich ha", "area hectares"],
    population ["dan so", "so dan", "nhan khau", "so nhan khau", "so nguoi", "people", "inhabitants"],
    valid_from ["ngay bat dau", "tu ngay", "first day"],
    valid_to ["ngay ket thuc", "den ngay", "last day"],
    successor_codes ["don vi thay the", "ma don vi thay the", "successors"],
    successor_basis ["can cu thay the"],
    other_parent_codes ["truc thuoc khac", "other parents"],
    official_code ["ma hanh chinh", "ma hanh chinh cu"],
};

/// What a row says of a unit; what is none it says nothing of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitRow {
    name: Option<String>,
    kind: Option<UnitKind>,
    parent: Option<UnitCode>,
    basis: Option<ParentBasis>,
    area_hectares: Option<u32>,
    population: Option<u32>,
    valid_from: Option<Date>,
    valid_to: Option<Date>,
    former: Former,
}

/// A list that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitList {
    /// What each good row says, by its number as the spreadsheet shows it.
    pub rows: Vec<(u32, UnitCode, UnitRow)>,
    /// Why a row is at fault, by its number.
    pub rejected: BTreeMap<u32, String>,
    /// Codes that got their first zero back.
    pub zeros: usize,
    /// Headers that no field is for.
    pub ignored: Vec<String>,
}

/// Why a list of units cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum UnitFileError {
    /// As for every roster.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// No table with the columns of the list.
    #[error(
        "no row of the file is the header of a list of units: give a column for the code (`Mã` or `code`) and others such as `Tên`, `Trực thuộc`, `Dân số`"
    )]
    NoHeader,
    /// There are too many units.
    #[error("the list has more than {UNITS_MAX} units, which is the bound")]
    TooMany,
}

/// The list of a file. `held` are the units that are known, by which lost zeros are put back.
///
/// # Errors
/// [`UnitFileError`].
pub fn read_unit_list(source: Source<'_>, held: &Units) -> Result<UnitList, UnitFileError> {
    let mut parts = open(source)?;
    let mut best: Option<Table> = None;
    for part in 0..parts.names().len() {
        let found = match table(parts.as_mut(), part) {
            // Under the wrong delimiter it may be none.
            Err(UnitFileError::Roster(RosterError::StrayQuote { .. })) if parts.are_readings() => {
                None
            }
            other => other?,
        };
        let most = best.as_ref().map_or((0, 0), Table::size);
        best = found.filter(|table| table.size() > most).or(best);
    }
    let Table { rows, ignored, .. } = best.ok_or(UnitFileError::NoHeader)?;
    let known = Known::of(held, &rows);
    let mut list = UnitList { ignored, ..UnitList::default() };
    let mut seen = BTreeSet::new();
    for (number, written) in rows {
        match known.read(&written, held, &mut list.zeros) {
            Ok((code, _row)) if !seen.insert(code.clone()) => {
                list.rejected.insert(number, format!("unit {code} stands in the list twice"));
            }
            Ok((code, row)) => list.rows.push((number, code, row)),
            Err(fault) => {
                list.rejected.insert(number, fault);
            }
        }
    }
    Ok(list)
}

struct Table {
    columns: usize,
    rows: Vec<(u32, Written)>,
    ignored: Vec<String>,
}

impl Table {
    const fn size(&self) -> (usize, usize) {
        (self.columns, self.rows.len())
    }
}

/// The position and meaning of each known column.
type Header = Vec<(usize, &'static Column<Written>)>;

fn header_of(cells: &[Cell]) -> Option<(Header, Vec<String>)> {
    let (mut found, mut ignored): (Header, _) = (Vec::new(), Vec::new());
    for (at, text) in cells.iter().enumerate().filter_map(|(at, cell)| Some((at, cell.as_text()?)))
    {
        match find_in(COLUMNS, text) {
            Some(column) => found.push((at, column)),
            None if text.trim().is_empty() => {}
            None => ignored.push(clean(text)),
        }
    }
    let count = |field: &str| found.iter().filter(|(_, column)| column.field == field).count();
    let is_clear = found.iter().all(|(_, column)| count(column.field) == 1);
    (count("code") == 1 && found.len() >= 2 && is_clear).then_some((found, ignored))
}

/// The rows of a part; none where it has no header.
fn table(parts: &mut dyn Parts, part: usize) -> Result<Option<Table>, UnitFileError> {
    let (are_bytes, mut rows) = (parts.are_bytes(), Vec::new());
    parts.rows(part, &mut |number, cells| {
        rows.push((number, cells.to_vec()));
        // A header and a footer stand around them.
        let is_full = rows.len() > UNITS_MAX + 200;
        Ok(if is_full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    let sample = rows.iter().take(SAMPLE_ROWS).map(|(_number, cells)| cells.as_slice());
    let decoder = Decoder::of_sample(sample, are_bytes);
    let mut table: Option<(Header, Table)> = None;
    for (number, cells) in rows {
        let cells = decoder.row(&cells).unwrap_or(cells);
        let Some((header, table)) = &mut table else {
            if number > HEADER_ROWS_MAX {
                return Ok(None);
            }
            table = header_of(&cells).map(|(header, ignored)| {
                let columns = header.len();
                (header, Table { columns, rows: Vec::new(), ignored })
            });
            continue;
        };
        let mut row = Written::default();
        for (at, column) in header.iter() {
            let text = cells.get(*at).map(|cell| cell.read(Reading::Plain).0).unwrap_or_default();
            *(column.slot)(&mut row) = if text.trim() == "-" { String::new() } else { text };
        }
        // A signature or a line of totals below has no code, or no word beside it.
        if !row.code.trim().is_empty() && !numbers_columns(&cells) {
            table.rows.push((number, row));
        }
        if table.rows.len() > UNITS_MAX {
            return Err(UnitFileError::TooMany);
        }
    }
    Ok(table.map(|(_header, table)| table))
}

impl UnitRow {
    /// The unit that the row makes of the one there is, or anew.
    ///
    /// # Errors
    /// When it would be new and says too little.
    pub fn unit(&self, code: &UnitCode, held: Option<&Unit>) -> Result<Unit, String> {
        let lacks = |what: &str| format!("unit {code} is new and has no {what}: fill it in");
        let name = self.name.clone().or_else(|| Some(held?.name.clone()));
        let name = name.ok_or_else(|| lacks("name"))?;
        let kind = self.kind.or_else(|| Some(held?.kind)).or_else(|| kind_of_name(&name));
        let parent = self.parent.clone().or_else(|| held?.parent.clone());
        let held_basis = held.filter(|held| held.parent == parent).map(|held| held.parent_basis);
        Ok(Unit {
            code: code.clone(),
            name,
            kind: kind.ok_or_else(|| lacks("kind"))?,
            parent,
            parent_basis: self.basis.or(held_basis).unwrap_or_default(),
            area_hectares: self.area_hectares,
            population: self.population,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            former: self.former.clone(),
        })
    }
}

/// Units as they are exported; [`read_unit_list`] reads them as they were.
pub fn sheet_of<'a>(units: impl IntoIterator<Item = &'a Unit>) -> Sheet {
    let columns = [
        "Mã",
        "Tên",
        "Cấp",
        "Loại",
        "Trực thuộc",
        "Căn cứ",
        "Diện tích (ha)",
        "Dân số",
        "Ngày bắt đầu",
        "Ngày kết thúc",
        "Đơn vị thay thế",
        "Căn cứ thay thế",
        "Trực thuộc khác",
        "Mã hành chính",
    ];
    let mut sheet = Sheet::new("Danh sách đơn vị", &columns);
    let count = |count: Option<u32>| count.map_or(CellValue::Empty, CellValue::from);
    let day = |day: Option<Date>| day.map_or(CellValue::Empty, CellValue::Day);
    let code = |code: Option<&UnitCode>| code.map_or("", UnitCode::as_str).into();
    let codes = |codes: &[UnitCode]| -> CellValue {
        codes.iter().map(UnitCode::as_str).collect::<Vec<_>>().join(" ").into()
    };
    for unit in units {
        let (echelon, former): (Echelon, &Former) = (unit.echelon(), &unit.former);
        let basis =
            if former.successors.is_empty() { "" } else { basis_word(former.successor_basis) };
        sheet.push([
            unit.code.as_str().into(),
            unit.name.as_str().into(),
            echelon_word(echelon).into(),
            kind_word(unit.kind).into(),
            code(unit.parent.as_ref()),
            basis_word(unit.parent_basis).into(),
            count(unit.area_hectares),
            count(unit.population),
            day(unit.valid_from),
            day(unit.valid_to),
            codes(&former.successors),
            basis.into(),
            codes(&former.other_parents),
            code(former.official_code.as_ref()),
        ]);
    }
    sheet
}

#[cfg(test)]
mod tests;
