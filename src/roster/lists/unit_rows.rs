//! Lists of units as spreadsheets: one row for each, its columns in any order, in Vietnamese or English.
//!
//! Called by the command line, which makes a plan of the rows ([`super::unit_plan`]). Invariants: a blank
//! cell says nothing; codes that lost their zero in a spreadsheet get it back only where the whole code is
//! known, and are counted; a row at fault is named with its reason and costs the others nothing; what is
//! written by [`sheet_of`] is read as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use jiff::civil::Date;

use super::shipped_former_units;
use super::unit_words::{
    basis_of, basis_word, echelon_of, echelon_word, kind_of, kind_of_name, kind_word,
};
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

/// The codes that there are.
struct Known(BTreeSet<UnitCode>);

impl Known {
    fn of(held: &Units, rows: &[(u32, Written)]) -> Self {
        let shipped = shipped_former_units();
        let followed = shipped.into_iter().flat_map(|unit| unit.former.successors);
        let listed = rows.iter().filter_map(|(_number, row)| row.code.trim().parse().ok());
        // What the list itself has with four digits is no witness for itself.
        let whole = |code: &UnitCode| !is_short(code.as_str());
        let held = held.iter().map(|unit| unit.code.clone());
        Self(held.chain(followed).chain(listed.filter(whole)).collect())
    }

    /// A code, with the zero that a spreadsheet took off its front.
    fn code(&self, text: &str, zeros: &mut usize) -> Result<UnitCode, String> {
        let code: UnitCode = text.trim().parse().map_err(|fault| format!("{fault}"))?;
        if self.0.contains(&code) || !is_short(code.as_str()) {
            return Ok(code);
        }
        let whole: Option<UnitCode> = format!("0{code}").parse().ok();
        match whole.filter(|whole| self.0.contains(whole)) {
            Some(whole) => {
                *zeros += 1;
                Ok(whole)
            }
            None => Err(format!(
                "code {code} has four digits and no unit has it with a zero in front: a commune's code has \
                 five; write codes as text"
            )),
        }
    }

    fn codes(&self, text: &str, zeros: &mut usize) -> Result<Vec<UnitCode>, String> {
        let parts = text.split([' ', ',', ';', '/']).filter(|part| !part.is_empty());
        parts.map(|part| self.code(part, zeros)).collect()
    }

    /// A code, or the full name of a unit.
    fn parent(&self, text: &str, held: &Units, zeros: &mut usize) -> Result<UnitCode, String> {
        match held.find(text.trim()) {
            Some(unit) => Ok(unit.code.clone()),
            None => self.code(text, zeros),
        }
    }

    fn read(
        &self,
        row: &Written,
        held: &Units,
        zeros: &mut usize,
    ) -> Result<(UnitCode, UnitRow), String> {
        let code = self.code(&row.code, zeros)?;
        let kind = said(&row.kind, "kind", kind_of)?;
        if let Some(echelon) = said(&row.echelon, "echelon", echelon_of)?
            && kind.is_some_and(|kind| kind.echelon() != echelon)
        {
            return Err(format!("`{}` is not the echelon of its kind", shortened(&row.echelon)));
        }
        let km2 = said(&row.area_km2, "area in km²", hectares)?;
        let parent = said(&row.parent_code, "parent", Some)?;
        Ok((
            code,
            UnitRow {
                name: Some(clean(&row.name)).filter(|name| !name.is_empty()),
                kind,
                parent: parent.map(|text| self.parent(text, held, zeros)).transpose()?,
                basis: said(&row.parent_basis, "basis", basis_of)?,
                area_hectares: said(&row.area_ha, "area in hectares", whole)?.or(km2),
                population: said(&row.population, "population", whole)?,
                valid_from: said(&row.valid_from, "first day", day)?,
                valid_to: said(&row.valid_to, "last day", day)?,
                former: Former {
                    successors: self.codes(&row.successor_codes, zeros)?,
                    successor_basis: said(&row.successor_basis, "successor basis", basis_of)?
                        .unwrap_or_default(),
                    other_parents: self.codes(&row.other_parent_codes, zeros)?,
                    official_code: said(&row.official_code, "official code", |text| {
                        text.parse().ok()
                    })?,
                },
            },
        ))
    }
}

fn is_short(code: &str) -> bool {
    code.len() == 4 && code.bytes().all(|byte| byte.is_ascii_digit())
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// What a cell says; nothing where it is blank.
fn said<'t, T>(
    text: &'t str,
    what: &str,
    read: impl FnOnce(&'t str) -> Option<T>,
) -> Result<Option<T>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    read(text).map(Some).ok_or_else(|| format!("`{}` is not a good {what}", shortened(text)))
}

/// A whole number; dots, commas and spaces between groups of three digits are left out.
fn whole(text: &str) -> Option<u32> {
    let mut groups = text.split(['.', ',', ' ', '\u{a0}']);
    let first = groups.next().filter(|first| !first.is_empty() && first.len() <= 9)?;
    let mut digits = first.to_owned();
    for group in groups {
        let is_group = group.len() == 3 && first.len() <= 3;
        digits.push_str(Some(group).filter(|_group| is_group)?);
    }
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// Square kilometres with at most two decimals are whole hectares.
fn hectares(text: &str) -> Option<u32> {
    let (whole, decimals) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = (1..=6).contains(&whole.len()) && decimals.len() <= 2;
    (fits && digits(whole) && digits(decimals))
        .then(|| format!("{whole}{decimals:0<2}").parse().ok())
        .flatten()
}

/// `2025-07-01` or `01/07/2025`.
fn day(text: &str) -> Option<Date> {
    text.parse().ok().or_else(|| Date::strptime("%d/%m/%Y", text).ok())
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
