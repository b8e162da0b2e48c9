//! What the cells of a row say: codes with their zeros, numbers, days.
//!
//! Called for each row of a list of units. A blank cell says nothing; one that cannot be understood is a
//! fault of its row.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{UnitRow, Written};
use crate::domain::ids::UnitCode;
use crate::domain::text::clean;
use crate::domain::unit::{Former, Units};
use crate::roster::lists::shipped_former_units;
use crate::roster::lists::unit_fault::UnitFault;
use crate::roster::lists::unit_words::{basis_of, echelon_of, kind_of};

/// The codes that there are.
pub(super) struct Known(BTreeSet<UnitCode>);

impl Known {
    pub(super) fn of<'a>(held: &Units, rows: impl Iterator<Item = &'a Written>) -> Self {
        let shipped = shipped_former_units();
        let followed = shipped.into_iter().flat_map(|unit| unit.former.successors);
        let listed = rows.filter_map(|row| row.code.trim().parse().ok());
        // What the list itself has with four digits is no witness for itself.
        let whole = |code: &UnitCode| !is_short(code.as_str());
        let held = held.iter().map(|unit| unit.code.clone());
        Self(held.chain(followed).chain(listed.filter(whole)).collect())
    }

    /// A code, with the zero that a spreadsheet took off its front.
    fn code(&self, text: &str, zeros: &mut usize) -> Result<UnitCode, UnitFault> {
        let code: UnitCode = text.trim().parse()?;
        if self.0.contains(&code) || !is_short(code.as_str()) {
            return Ok(code);
        }
        let whole: Option<UnitCode> = format!("0{code}").parse().ok();
        match whole.filter(|whole| self.0.contains(whole)) {
            Some(whole) => {
                *zeros += 1;
                Ok(whole)
            }
            None => Err(UnitFault::ShortCode { code }),
        }
    }

    fn codes(&self, text: &str, zeros: &mut usize) -> Result<Vec<UnitCode>, UnitFault> {
        let parts = text.split([' ', ',', ';', '/']).filter(|part| !part.is_empty());
        parts.map(|part| self.code(part, zeros)).collect()
    }

    /// A code, or the full name of a unit.
    fn parent(&self, text: &str, held: &Units, zeros: &mut usize) -> Result<UnitCode, UnitFault> {
        match held.find(text.trim()) {
            Some(unit) => Ok(unit.code.clone()),
            None => self.code(text, zeros),
        }
    }

    /// What a row says, with its code; or what is at fault.
    pub(super) fn read(
        &self,
        row: &Written,
        held: &Units,
        zeros: &mut usize,
    ) -> Result<(UnitCode, UnitRow), UnitFault> {
        if row.code.trim().is_empty() {
            return Err(UnitFault::NoCode);
        }
        let code = self.code(&row.code, zeros)?;
        let kind = said(&row.kind, "kind", kind_of)?;
        if let Some(echelon) = said(&row.echelon, "echelon", echelon_of)?
            && kind.is_some_and(|kind| kind.echelon() != echelon)
        {
            return Err(UnitFault::WrongEchelon { value: shortened(&row.echelon) });
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
    what: &'static str,
    read: impl FnOnce(&'t str) -> Option<T>,
) -> Result<Option<T>, UnitFault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    read(text).map(Some).ok_or_else(|| UnitFault::Cell { what, value: shortened(text) })
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
