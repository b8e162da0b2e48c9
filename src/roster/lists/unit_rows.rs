//! Lists of units as spreadsheets: one row for each, its columns in any order, in Vietnamese or English.
//!
//! Called by the command line, which makes a plan of the rows ([`super::unit_plan`]). Invariants: a blank
//! cell says nothing; codes that lost their zero in a spreadsheet get it back only where the whole code is
//! known, and are counted; a row at fault is named with its reason and costs the others nothing; what is
//! written by [`sheet_of`] is read as it was.

mod cells;

use std::collections::BTreeMap;

use jiff::civil::Date;

use cells::Known;

use super::unit_fault::UnitFault;
use super::unit_words::{basis_word, echelon_word, kind_of_name, kind_word};
use crate::domain::ids::UnitCode;
use crate::domain::unit::{Echelon, Former, ParentBasis, UNITS_MAX, Unit, UnitKind, Units};
use crate::roster::file::Reading;
use crate::roster::kind::Column;
use crate::roster::sheet::{CellValue, Sheet};
use crate::roster::small_list::{self, ListFile, ListHints, Listed, list_columns};
use crate::roster::{RosterError, RowKey, Source};

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

impl Listed for Written {
    const COLUMNS: &'static [Column<Self>] = list_columns! { Written
        code Plain ["ma", "ma so", "ma don vi", "ma dvhc", "ma xa", "ma xa phuong", "unit code"],
        name Plain [
            "ten", "ten don vi", "don vi", "ten xa", "ten xa phuong", "xa phuong", "unit", "unit name",
        ],
        echelon Plain ["cap", "cap don vi", "level"],
        kind Plain ["loai", "loai don vi", "loai hinh", "type"],
        parent_code Plain [
            "truc thuoc", "ma cap tren", "ma don vi cap tren", "don vi cap tren", "cap tren", "under",
            "parent",
        ],
        parent_basis Plain ["can cu", "muc xac nhan", "basis"],
        area_km2 Plain ["dien tich km2", "dien tich km", "area"],
        area_ha Plain ["dien tich ha", "area hectares"],
        population Plain [
            "dan so", "so dan", "nhan khau", "so nhan khau", "so nguoi", "people", "inhabitants",
        ],
        valid_from Date ["ngay bat dau", "tu ngay", "first day"],
        valid_to Date ["ngay ket thuc", "den ngay", "last day"],
        successor_codes Plain ["don vi thay the", "ma don vi thay the", "successors"],
        successor_basis Plain ["can cu thay the"],
        other_parent_codes Plain ["truc thuoc khac", "other parents"],
        official_code Plain ["ma hanh chinh", "ma hanh chinh cu"],
    };
    const WRITTEN: &'static [&'static str] = &WRITTEN;
    const REQUIRED: &'static [&'static [&'static str]] = &[&["code"]];
    const COLUMNS_MIN: usize = 2;
    const ROWS_MAX: usize = UNITS_MAX;
    const IDENTITY: &'static [&'static str] = &["code"];
    const HARD: &'static [&'static str] =
        &["area_km2", "area_ha", "population", "parent_code", "successor_codes", "official_code"];

    /// A line in an empty cell says what an empty cell says.
    fn tidy(&mut self) {
        for column in Self::COLUMNS {
            let text = (column.slot)(self);
            if text.trim() == "-" {
                text.clear();
            }
        }
    }
}

/// The headers of an export.
const WRITTEN: [&str; 14] = [
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
#[derive(Debug, Clone, Default)]
pub struct UnitList {
    /// What each good row says.
    pub rows: Vec<(RowKey, UnitCode, UnitRow)>,
    /// Why a row is at fault.
    pub rejected: BTreeMap<RowKey, UnitFault>,
    /// Codes that got their first zero back.
    pub zeros: usize,
    /// The file as it stands.
    pub file: ListFile,
}

/// The list of a file. `held` are the units that are known, by which lost zeros are put back. Blocks.
///
/// # Errors
/// [`RosterError`] when there is no such list; what is wrong with single rows is with the list.
pub fn read_unit_list(
    source: Source<'_>,
    held: &Units,
    hints: &ListHints,
) -> Result<UnitList, RosterError> {
    let (rows, file) = small_list::read::<Written>(source, hints)?;
    let known = Known::of(held, rows.iter().map(|(_key, row)| row));
    let mut list = UnitList { file, ..UnitList::default() };
    let mut seen: BTreeMap<UnitCode, RowKey> = BTreeMap::new();
    for (key, written) in rows {
        let mut zeros = 0;
        match known.read(&written, held, &mut zeros) {
            Ok((code, row)) => match seen.get(&code) {
                Some(first) => {
                    let fault = UnitFault::Twice { code, first: first.clone() };
                    list.rejected.insert(key.clone(), fault);
                }
                None => {
                    seen.insert(code.clone(), key.clone());
                    list.rows.push((key.clone(), code, row));
                }
            },
            Err(fault) => {
                list.rejected.insert(key.clone(), fault);
            }
        }
        list.zeros += zeros;
        if zeros > 0 {
            list.file.repairs.push((key, "UNIT_ZERO_RESTORED"));
        }
    }
    Ok(list)
}

impl UnitRow {
    /// The unit that the row makes of the one there is, or anew.
    ///
    /// # Errors
    /// When it would be new and says too little.
    pub fn unit(&self, code: &UnitCode, held: Option<&Unit>) -> Result<Unit, UnitFault> {
        let lacks = |what| UnitFault::Lacks { code: code.clone(), what };
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
    let mut sheet = Sheet::new("Danh sách đơn vị", &WRITTEN);
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
