//! Lists of military specialties: what is near to each.
//!
//! Called by the command line. What lists of codes have in common is with [`super`].

use super::super::file::Reading;
use super::super::kind::Column;
use super::super::sheet::Sheet;
use super::super::small_list::{ListHints, Listed, list_columns};
use super::super::{RosterError, Source};
use super::fault::{Noun, SPECIALTY};
use super::{Check, Coded, SpecialtyFile, Told, code_of, read};
use crate::domain::ids::SpecialtyCode;
use crate::domain::nearest::nearest;
use crate::domain::registry::{LIST_LEN_MAX, NEAR_MAX, Specialties, Specialty};

/// A row as text.
#[derive(Debug, Clone, Default)]
pub(super) struct SpecialtyRow {
    code: String,
    name: String,
    near: String,
}

impl Listed for SpecialtyRow {
    const COLUMNS: &'static [Column<Self>] = list_columns! { SpecialtyRow
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

impl Coded for SpecialtyRow {
    type Entry = Specialty;

    const NOUN: Noun = SPECIALTY;

    fn code(&self) -> &str {
        &self.code
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn entry(
        told: &mut Told<'_, Self>,
        check: &mut Check,
        code: Option<&SpecialtyCode>,
        name: String,
    ) -> Option<Specialty> {
        let near = near(told, check, code);
        Some(Specialty { code: code?.clone(), name, near })
    }
}

fn near(
    told: &mut Told<'_, SpecialtyRow>,
    check: &Check,
    own: Option<&SpecialtyCode>,
) -> Vec<SpecialtyCode> {
    let (row, mut near) = (told.row, Vec::new());
    let parts = row.near.split([',', ';', '/', '\n']);
    for text in parts.map(str::trim).filter(|text| !text.is_empty()) {
        let code = code_of(text).filter(|code| check.known.contains(code));
        match code {
            None => {
                let known = check.known.iter().filter(|code| Some(*code) != own);
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

/// The list of a file. Blocks.
///
/// # Errors
/// [`RosterError`] when there is no such list; what is wrong with single rows is with the list.
pub fn read_specialty_list(
    source: Source<'_>,
    hints: &ListHints,
) -> Result<SpecialtyFile, RosterError> {
    Ok(read::<SpecialtyRow>(source, hints)?.into_list(|list: &mut Specialties, specialty| {
        list.insert(specialty).expect("each row was held against the rules of a list");
    }))
}

/// A list as it is shown and exported; [`read_specialty_list`] reads it as it was.
pub fn sheet_of_specialties<'a>(list: impl IntoIterator<Item = &'a Specialty>) -> Sheet {
    let mut sheet = Sheet::new("", &["CODE", "NAME", "NEAR"])
        .called("Danh mục chuyên nghiệp quân sự", "Danh mục CNQS");
    for one in list {
        let near: Vec<&str> = one.near.iter().map(SpecialtyCode::as_str).collect();
        sheet.push([one.code.as_str().into(), one.name.as_str().into(), near.join(", ").into()]);
    }
    sheet
}
