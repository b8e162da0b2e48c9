//! From the text of one field to its value, where the field is shared or needs the lists.
//!
//! A required field says which problem it has; an optional one is only asked when it is not blank.

use super::Lists;
use super::fields::{Birth, CitizenId, PHONES_MAX, Phone};
use super::problem::ProblemCode;
use super::vocabulary::Language;
use crate::domain::ids::UnitCode;
use crate::domain::text::{clean, fold, is_person_name};
use crate::domain::unit::Echelon;

pub(super) fn name(text: &str) -> Result<String, ProblemCode> {
    let name = clean(text);
    match name.as_str() {
        "" => Err(ProblemCode::NameMissing),
        fits if is_person_name(fits) => Ok(name),
        _ => Err(ProblemCode::NameInvalid),
    }
}

pub(super) fn citizen_id(text: &str) -> Result<CitizenId, ProblemCode> {
    match text.trim() {
        "" => Err(ProblemCode::CitizenIdMissing),
        // Zeros stand where somebody had to fill in something.
        text => CitizenId::parse(text)
            .filter(|id| id.number() != 0)
            .ok_or(ProblemCode::CitizenIdInvalid),
    }
}

pub(super) fn birth(text: &str, lists: &Lists<'_>) -> Result<Birth, ProblemCode> {
    match text.trim() {
        "" => Err(ProblemCode::BirthDateMissing),
        text => Birth::parse(text)
            .filter(|birth| birth.date() <= lists.as_of)
            .ok_or(ProblemCode::BirthDateInvalid),
    }
}

/// A record lives where people live: in a commune, ward or base, never in an area or the province.
pub(super) fn unit(text: &str, lists: &Lists<'_>) -> Result<UnitCode, ProblemCode> {
    match text.trim() {
        "" => Err(ProblemCode::UnitMissing),
        text => lists
            .units
            .find(text)
            .filter(|unit| unit.echelon() >= Echelon::Commune)
            .map(|unit| unit.code.clone())
            .ok_or(ProblemCode::UnitUnknown),
    }
}

/// All numbers or none: a number that is not one is not dropped in silence.
pub(super) fn phones(text: &str) -> Option<Vec<Phone>> {
    let mut phones = Vec::new();
    for part in text.split([',', ';', '/']).map(str::trim).filter(|part| !part.is_empty()) {
        let phone = Phone::parse(part)?;
        if !phones.contains(&phone) {
            phones.push(phone);
        }
    }
    (phones.len() <= PHONES_MAX).then_some(phones)
}

pub(super) fn languages(text: &str) -> Option<Vec<Language>> {
    let mut languages = Vec::new();
    for part in text.split([',', ';']).filter(|part| !part.trim().is_empty()) {
        let language = Language::parse(part)?;
        if !languages.contains(&language) {
            languages.push(language);
        }
    }
    Some(languages)
}

/// A grade as files write it: 2, II, "loại 2", "cấp II".
pub(super) fn grade(text: &str) -> Option<u8> {
    let folded = fold(text);
    let bare = ["loai ", "cap ", "type ", "class ", "grade "]
        .iter()
        .find_map(|word| folded.strip_prefix(word));
    match bare.unwrap_or(&folded) {
        "1" | "i" => Some(1),
        "2" | "ii" => Some(2),
        "3" | "iii" => Some(3),
        "4" | "iv" => Some(4),
        "5" | "v" => Some(5),
        "6" | "vi" => Some(6),
        _ => None,
    }
}

pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    match fold(text).as_str() {
        "x" | "×" | "v" | "✓" | "✔" | "☑" | "+" | "co" | "yes" | "y" | "true" | "1" | "dv"
        | "dang vien" => Some(true),
        "khong" | "no" | "false" | "0" => Some(false),
        _ => None,
    }
}
