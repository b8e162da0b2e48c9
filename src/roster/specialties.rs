//! Lists of military specialties: one row for each, with its code, its name and what is near to it.
//!
//! Called by the command line, which sends the whole list; the server checks it again. A list is taken
//! whole or not at all: all that is at fault is named at once, by row and column.

mod fault;

use std::collections::{BTreeMap, BTreeSet};

use super::file::Reading;
use super::kind::Column;
use super::report::{Fault, Place};
use super::sheet::Sheet;
use super::small_list::{self, ListFile, ListHints, Listed, list_columns};
use super::{RosterError, RowKey, Source};
use crate::domain::ids::SpecialtyCode;
use crate::domain::nearest::nearest;
use crate::domain::registry::{
    LIST_LEN_MAX, LIST_NAME_CHARS_MAX, NEAR_MAX, Specialties, Specialty,
};
use crate::domain::text::{clean, fold};
pub use fault::SpecialtyFault;

/// Most characters of a cell that are shown again.
const VALUE_SHOWN_CHARS_MAX: usize = 40;

/// A row as text.
#[derive(Debug, Clone, Default)]
struct ListRow {
    code: String,
    name: String,
    near: String,
}

impl Listed for ListRow {
    const COLUMNS: &'static [Column<Self>] = list_columns! { ListRow
        code Plain [
            "ma", "ma so", "ma cnqs", "cnqs", "ma chuyen nghiep quan su", "ma chuyen nghiep",
        ],
        name Plain [
            "ten", "chuyen nghiep", "ten chuyen nghiep", "chuyen nghiep quan su",
            "ten chuyen nghiep quan su", "ten cnqs", "specialty",
        ],
        near Plain [
            "gan dung", "gan dung chuyen nghiep", "chuyen nghiep gan dung", "cnqs gan dung",
            "ma gan dung", "near specialties", "near codes",
        ],
    };
    const WRITTEN: &'static [&'static str] = &["Mã CNQS", "Tên chuyên nghiệp", "Gần đúng"];
    const REQUIRED: &'static [&'static [&'static str]] = &[&["code"], &["name"]];
    const COLUMNS_MIN: usize = 2;
    const ROWS_MAX: usize = LIST_LEN_MAX;
    const IDENTITY: &'static [&'static str] = &["code"];
    const HARD: &'static [&'static str] = &["near"];
}

/// A list that was read.
#[derive(Debug, Clone, Default)]
pub struct SpecialtyList {
    /// The specialties of the rows that are sound; while a row is at fault they are not to be taken.
    pub specialties: Specialties,
    /// Rows of data.
    pub rows: usize,
    /// What is at fault, by row and column.
    pub faults: Vec<SpecialtyFault>,
    /// The file as it stands.
    pub file: ListFile,
}

/// The list of a file. Blocks.
///
/// # Errors
/// [`RosterError`] when there is no such list; what is wrong with single rows is with the list.
pub fn read_specialty_list(
    source: Source<'_>,
    hints: &ListHints,
) -> Result<SpecialtyList, RosterError> {
    let (rows, file) = small_list::read::<ListRow>(source, hints)?;
    let mut list = SpecialtyList { rows: rows.len(), file, ..SpecialtyList::default() };
    let known = rows.iter().filter_map(|(_key, row)| code_of(&row.code)).collect();
    let (mut check, mut sound) = (Check { known, ..Check::default() }, Vec::new());
    for (key, row) in rows {
        let mut told = Told { key: &key, row: &row, file: &list.file, faults: &mut list.faults };
        sound.extend(check.row(&mut told));
    }
    for specialty in sound {
        list.specialties.insert(specialty).expect("each row was held against the rules of a list");
    }
    Ok(list)
}

/// A code as it is written; people do not mind its case.
fn code_of(text: &str) -> Option<SpecialtyCode> {
    text.trim().to_uppercase().parse().ok()
}

/// What is wrong with a row, told with where it stands.
struct Told<'a> {
    key: &'a RowKey,
    row: &'a ListRow,
    file: &'a ListFile,
    faults: &'a mut Vec<SpecialtyFault>,
}

impl Told<'_> {
    fn fault(
        &mut self,
        code: &'static str,
        field: &'static str,
        value: &str,
        hint: Option<String>,
    ) {
        let value: String = value.trim().chars().take(VALUE_SHOWN_CHARS_MAX).collect();
        let place = Place {
            field,
            column: self.file.column(self.key, field),
            value: Some(value).filter(|value| !value.is_empty()),
            hint,
        };
        let fault = Fault { code, place: Some(place) };
        let column = ListRow::term(field);
        self.faults.push(SpecialtyFault { row: self.key.clone(), column, fault });
    }
}

/// What the rows are held against.
#[derive(Default)]
struct Check {
    /// All codes of the list, of rows at fault too.
    known: BTreeSet<SpecialtyCode>,
    /// Where each code and each name stood first.
    codes: BTreeMap<SpecialtyCode, RowKey>,
    names: BTreeMap<String, RowKey>,
}

impl Check {
    /// The specialty of a row, if nothing is wrong with it.
    fn row(&mut self, told: &mut Told<'_>) -> Option<Specialty> {
        let (before, row) = (told.faults.len(), told.row);
        let code = self.code(told);
        let name = clean(&row.name);
        match self.names.get(&fold(&name)) {
            _ if fold(&name).is_empty() => told.fault("NAME_MISSING", "name", &row.name, None),
            Some(first) => {
                let hint = Some(format!("as in row {first}"));
                told.fault("NAME_TAKEN", "name", &name, hint);
            }
            None => {
                self.names.insert(fold(&name), told.key.clone());
            }
        }
        if name.chars().count() > LIST_NAME_CHARS_MAX {
            told.fault("NAME_TOO_LONG", "name", &name, None);
        }
        let near = self.near(told, code.as_ref());
        let code = code.filter(|_code| told.faults.len() == before)?;
        Some(Specialty { code, name, near })
    }

    fn code(&mut self, told: &mut Told<'_>) -> Option<SpecialtyCode> {
        let text = &told.row.code;
        if text.trim().is_empty() {
            told.fault("CODE_MISSING", "code", "", None);
            return None;
        }
        let Some(code) = code_of(text) else {
            told.fault("CODE_INVALID", "code", text, None);
            return None;
        };
        if let Some(first) = self.codes.get(&code) {
            told.fault("DUPLICATE_IN_FILE", "code", text, Some(format!("as in row {first}")));
        } else {
            self.codes.insert(code.clone(), told.key.clone());
        }
        Some(code)
    }

    fn near(&self, told: &mut Told<'_>, own: Option<&SpecialtyCode>) -> Vec<SpecialtyCode> {
        let (row, mut near) = (told.row, Vec::new());
        let parts = row.near.split([',', ';', '/', '\n']);
        for text in parts.map(str::trim).filter(|text| !text.is_empty()) {
            let code = code_of(text).filter(|code| self.known.contains(code));
            match code {
                None => {
                    let known = self.known.iter().filter(|code| Some(*code) != own);
                    let alike = nearest(text, known.map(SpecialtyCode::as_str)).join(", ");
                    let hint = Some(alike).filter(|alike| !alike.is_empty());
                    let hint = hint.map(|alike| format!("the list has {alike}"));
                    told.fault("SPECIALTY_UNKNOWN", "near", text, hint);
                }
                Some(code) if Some(&code) == own => told.fault("NEAR_ITSELF", "near", text, None),
                Some(code) if near.contains(&code) => told.fault("NEAR_TWICE", "near", text, None),
                Some(code) => near.push(code),
            }
        }
        if near.len() > NEAR_MAX {
            told.fault("NEAR_TOO_MANY", "near", &row.near, None);
        }
        near
    }
}

/// A list as it is shown and exported; [`read_specialty_list`] reads it as it was.
pub fn sheet_of<'a>(list: impl IntoIterator<Item = &'a Specialty>) -> Sheet {
    let mut sheet = Sheet::new("", &["CODE", "NAME", "NEAR"])
        .called("Danh mục chuyên nghiệp quân sự", "Danh mục CNQS");
    for one in list {
        let near: Vec<&str> = one.near.iter().map(SpecialtyCode::as_str).collect();
        sheet.push([one.code.as_str().into(), one.name.as_str().into(), near.join(", ").into()]);
    }
    sheet
}

#[cfg(test)]
mod tests;
