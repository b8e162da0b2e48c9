//! Lists of codes, military specialties and types of equipment: one row for each entry, with its code, its
//! name and what else is said of it.
//!
//! Called by the command line, which sends the whole list; the server checks it again. A list is taken
//! whole or not at all: all that is at fault is named at once, by row and column.

mod equipment_types;
mod fault;
mod specialties;

use std::collections::{BTreeMap, BTreeSet};

use super::report::{Fault, Place};
use super::small_list::{self, ListFile, ListHints, Listed};
use super::{RosterError, RowKey, Source};
use crate::domain::ids::SpecialtyCode;
use crate::domain::registry::{EquipmentTypes, LIST_NAME_CHARS_MAX, Specialties};
use crate::domain::text::{clean, fold};
pub use equipment_types::{read_equipment_type_list, sheet_of_equipment_types};
pub use fault::ListFault;
use fault::Noun;
pub use specialties::{read_specialty_list, sheet_of_specialties};

/// Most characters of a cell that are shown again.
const VALUE_SHOWN_CHARS_MAX: usize = 40;

/// A list that was read.
#[derive(Debug, Clone, Default)]
pub struct CodeFile<L> {
    /// The entries of the rows that are sound; while a row is at fault they are not to be taken.
    pub list: L,
    /// Rows of data.
    pub rows: usize,
    /// What is at fault, by row and column.
    pub faults: Vec<ListFault>,
    /// The file as it stands.
    pub file: ListFile,
}

/// A list of specialties that was read.
pub type SpecialtyFile = CodeFile<Specialties>;
/// A list of types of equipment that was read.
pub type EquipmentTypeFile = CodeFile<EquipmentTypes>;

/// A row of such a list as text.
trait Coded: Listed {
    /// What a row makes.
    type Entry;
    /// What an entry is called.
    const NOUN: Noun;

    fn code(&self) -> &str;

    fn name(&self) -> &str;

    /// The entry that a row makes of its code and name; what is wrong with the rest of it is told.
    fn entry(
        told: &mut Told<'_, Self>,
        check: &mut Check,
        code: Option<&SpecialtyCode>,
        name: String,
    ) -> Option<Self::Entry>;
}

/// The entries of a file, in its order, and what is wrong with it.
fn read<R: Coded>(
    source: Source<'_>,
    hints: &ListHints,
) -> Result<CodeFile<Vec<R::Entry>>, RosterError> {
    let (rows, file) = small_list::read::<R>(source, hints)?;
    let mut found = CodeFile { list: Vec::new(), rows: rows.len(), faults: Vec::new(), file };
    let known = rows.iter().filter_map(|(_key, row)| code_of(row.code())).collect();
    let mut check = Check { known, ..Check::default() };
    for (key, row) in rows {
        let mut told = Told { key: &key, row: &row, file: &found.file, faults: &mut found.faults };
        found.list.extend(check.row(&mut told));
    }
    Ok(found)
}

impl<E> CodeFile<Vec<E>> {
    /// The same with the entries as a list.
    fn into_list<L: Default>(self, mut insert: impl FnMut(&mut L, E)) -> CodeFile<L> {
        let Self { list: entries, rows, faults, file } = self;
        let mut list = L::default();
        entries.into_iter().for_each(|entry| insert(&mut list, entry));
        CodeFile { list, rows, faults, file }
    }
}

/// A code as it is written; people do not mind its case.
fn code_of(text: &str) -> Option<SpecialtyCode> {
    text.trim().to_uppercase().parse().ok()
}

/// What is wrong with a row, told with where it stands.
struct Told<'a, R> {
    key: &'a RowKey,
    row: &'a R,
    file: &'a ListFile,
    faults: &'a mut Vec<ListFault>,
}

impl<R: Coded> Told<'_, R> {
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
        let (row, column) = (self.key.clone(), R::term(field));
        self.faults.push(ListFault { row, column, fault, noun: R::NOUN });
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
    /// The entry of a row, if nothing is wrong with it.
    fn row<R: Coded>(&mut self, told: &mut Told<'_, R>) -> Option<R::Entry> {
        let before = told.faults.len();
        let code = self.code(told);
        let name = self.name(told, "name", told.row.name());
        let entry = R::entry(told, self, code.as_ref(), name);
        entry.filter(|_entry| told.faults.len() == before)
    }

    fn code<R: Coded>(&mut self, told: &mut Told<'_, R>) -> Option<SpecialtyCode> {
        let text = told.row.code();
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

    /// A name as it is stored; it is of no other entry.
    fn name<R: Coded>(
        &mut self,
        told: &mut Told<'_, R>,
        field: &'static str,
        text: &str,
    ) -> String {
        let name = clean(text);
        let folded = fold(&name);
        match self.names.get(&folded) {
            _ if folded.is_empty() => told.fault("NAME_MISSING", field, text, None),
            Some(first) => {
                let hint = Some(format!("as in row {first}"));
                told.fault("NAME_TAKEN", field, &name, hint);
            }
            None => {
                self.names.insert(folded, told.key.clone());
            }
        }
        if name.chars().count() > LIST_NAME_CHARS_MAX {
            told.fault("NAME_TOO_LONG", field, &name, None);
        }
        name
    }
}

#[cfg(test)]
mod tests;
