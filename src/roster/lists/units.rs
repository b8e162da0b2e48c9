//! Reading the list of units, and the former units that ship.

use super::{Line, ListReadError, each_line};
use crate::domain::ids::UnitCode;
use crate::domain::text::clean;
use crate::domain::unit::{Former, ParentBasis, UNITS_MAX, Unit, UnitKind, Units};

const HEADER: &str = "code,name,echelon,kind,parent_code,parent_basis,area_km2,population";
/// With history. Lists of codes are written with spaces between.
const DATED_HEADER: &str = "code,name,echelon,kind,parent_code,parent_basis,area_km2,population,\
    valid_from,valid_to,successor_codes,successor_basis,other_parent_codes,official_code";
const FORMER_UNITS: &str = include_str!("former-units.csv");

/// The units from before July 2025 that the package ships: 10 districts (`D01` to `D10`) and their 129
/// communes, wards and townships (`F001` to `F129`), closed on 2025-06-30, each with what took its
/// place. In an order in which they can be entered, after the units of today.
pub fn shipped_former_units() -> Vec<Unit> {
    read_unit_rows(FORMER_UNITS).expect("the shipped list is read by a test")
}

/// Gives those of `units` that took the place of former ones, and have no first day, the day after
/// the last of those ended.
pub fn date_successors(units: &mut [Unit], former: &[Unit]) {
    for unit in units.iter_mut().filter(|unit| unit.valid_from.is_none()) {
        let before = former.iter().filter(|old| old.former.successors.contains(&unit.code));
        let ended = before.filter_map(|old| old.valid_to).max();
        unit.valid_from = ended.and_then(|day| day.tomorrow().ok());
    }
}

/// Reads units: columns `code,name,echelon,kind,parent_code,parent_basis,area_km2,population`, the
/// last two and the province's parent may be blank; with history also
/// `valid_from,valid_to,successor_codes,successor_basis,other_parent_codes,official_code`. The units
/// come in the order of the list and are known to form one tree ([`Units::from_list`] takes them).
///
/// # Errors
/// A [`ListReadError`] naming the line, or the unit that does not fit.
pub fn read_units(text: &str) -> Result<Vec<Unit>, ListReadError> {
    let units = read_unit_rows(text)?;
    Units::from_list(units.iter().cloned())?;
    Ok(units)
}

/// As [`read_units`], where parents may be known elsewhere: whether the units form one tree with those
/// is the caller's to see.
///
/// # Errors
/// A [`ListReadError`] naming the line.
fn read_unit_rows(text: &str) -> Result<Vec<Unit>, ListReadError> {
    let mut units = Vec::new();
    let is_dated = names_history(text);
    each_line(text, if is_dated { DATED_HEADER } else { HEADER }, |line| {
        units.push(if is_dated { dated_unit(line)? } else { unit(line)? });
        if units.len() > UNITS_MAX { Err(ListReadError::TooMany) } else { Ok(()) }
    })?;
    Ok(units)
}

/// Whether a list has the columns of history: where it has not, it says nothing of them.
fn names_history(text: &str) -> bool {
    text.lines().next().is_some_and(|header| header.contains("valid_from"))
}

fn unit(line: &Line<'_>) -> Result<Unit, ListReadError> {
    let kind = UnitKind::parse(line.cell(3)).ok_or_else(|| line.fault(3, "kind"))?;
    if line.cell(2) != kind.echelon().as_str() {
        return Err(line.fault(2, "echelon for this kind"));
    }
    Ok(Unit {
        code: line.parse(0, "code")?,
        name: clean(line.cell(1)),
        kind,
        parent: line.parse_optional(4, "parent_code")?,
        parent_basis: basis(line, 5, "parent_basis")?,
        area_hectares: hectares(line)?,
        population: line.parse_optional(7, "population")?,
        valid_from: None,
        valid_to: None,
        former: Former::default(),
    })
}

fn dated_unit(line: &Line<'_>) -> Result<Unit, ListReadError> {
    let successor_basis = match line.cell(11) {
        "" => ParentBasis::default(),
        _said => basis(line, 11, "successor_basis")?,
    };
    Ok(Unit {
        valid_from: line.parse_optional(8, "valid_from")?,
        valid_to: line.parse_optional(9, "valid_to")?,
        former: Former {
            successors: codes(line, 10, "successor_codes")?,
            successor_basis,
            other_parents: codes(line, 12, "other_parent_codes")?,
            official_code: line.parse_optional(13, "official_code")?,
        },
        ..unit(line)?
    })
}

fn basis(line: &Line<'_>, at: usize, column: &'static str) -> Result<ParentBasis, ListReadError> {
    ParentBasis::parse(line.cell(at)).ok_or_else(|| line.fault(at, column))
}

fn codes(line: &Line<'_>, at: usize, column: &'static str) -> Result<Vec<UnitCode>, ListReadError> {
    let words = line.cell(at).split_whitespace();
    words.map(|code| code.parse().map_err(|_rule| line.fault(at, column))).collect()
}

/// Square kilometres with at most two decimals are whole hectares.
fn hectares(line: &Line<'_>) -> Result<Option<u32>, ListReadError> {
    let fault = || line.fault(6, "area_km2");
    let text = line.cell(6);
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if text.is_empty() {
        return Ok(None);
    }
    if whole.is_empty()
        || whole.len() > 6
        || decimals.len() > 2
        || !digits(whole)
        || !digits(decimals)
    {
        return Err(fault());
    }
    let hectares = format!("{whole}{decimals:0<2}").parse();
    hectares.map(Some).map_err(|_digits_checked| fault())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_units_is_read_with_its_tree() {
        let list = format!(
            "{HEADER}\n03160,Xã Mường Nhé,commune,commune,KV1,sourced,489.5,24294\n\
             KV1,Khu vực 1,area,defensive_area_command,11,weak,,\n\
             11,Tỉnh,province,provincial_command,,sourced,,\n"
        );
        let units = read_units(&list).expect("a sound list in any order");
        assert_eq!(units[0].area_hectares, Some(48_950));
        assert_eq!(units[0].population, Some(24_294));
        assert_eq!(units[1].parent_basis, ParentBasis::Weak);
        assert_eq!(units[2].parent, None);
    }

    #[test]
    fn a_fault_names_its_line_and_column() {
        for (line, message) in [
            ("0 1,Xã,commune,commune,11,sourced,,", "line 2: `0 1` is not a good code"),
            (
                "1,Xã,area,commune,11,sourced,,",
                "line 2: `area` is not a good echelon for this kind",
            ),
            ("1,Xã,commune,city,11,sourced,,", "line 2: `city` is not a good kind"),
            ("1,Xã,commune,commune,11,maybe,,", "line 2: `maybe` is not a good parent_basis"),
            ("1,Xã,commune,commune,11,sourced,-1,", "line 2: `-1` is not a good area_km2"),
            ("1,Xã,commune,commune,11,sourced,1.234,", "line 2: `1.234` is not a good area_km2"),
            ("1,Xã,commune,commune,11,sourced,,many", "line 2: `many` is not a good population"),
        ] {
            let refused = read_units(&format!("{HEADER}\n{line}\n")).expect_err(message);
            assert_eq!(refused.to_string(), message);
        }
        let orphan = read_units(&format!("{HEADER}\n1,Xã,commune,commune,11,sourced,,\n"));
        assert!(matches!(orphan, Err(ListReadError::Units(_))));
    }
}
