//! Addresses in the column of units: "Bản Huổi Mí, xã Na Son, tỉnh Điện Biên".
//!
//! Called where a cell as a whole names no unit. Invariants: one part of it names a unit and no other
//! does, else the cell stays refused; of what stands before it only a hamlet is taken; a district is of
//! the map before July 2025, and without a day of the list no such address is read.

use super::{Named, hamlet, told};
use crate::domain::text::fold;
use crate::domain::unit::{Echelon, LookupFault, Unit};
use crate::roster::Options;
use crate::roster::refused::hints;

/// Words that a district's name begins with, folded.
const DISTRICTS: [&str; 7] = ["huyen ", "h. ", "thi xa ", "tx ", "tx. ", "thanh pho ", "tp "];

/// What an address says.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::roster::table) struct Address {
    /// Its unit; none where it names the hamlet alone.
    pub(in crate::roster::table) unit: Option<Named>,
    /// The hamlet, as it is written.
    pub(in crate::roster::table) hamlet: Option<String>,
    /// Whether something stands before the unit.
    pub(in crate::roster::table) is_parted: bool,
}

/// The parts of a cell, as commas, dashes and breaks part it.
pub(in crate::roster::table) fn parts(text: &str) -> Vec<&str> {
    let commas = text.split([',', ';', '\n']);
    let dashes = commas.flat_map(|part| part.split(" - ")).flat_map(|part| part.split(" – "));
    dashes.map(|part| part.trim().trim_end_matches('.')).filter(|part| !part.is_empty()).collect()
}

/// Whether a part is of the map before July 2025.
pub(super) fn is_district(part: &str) -> bool {
    let folded = fold(part);
    DISTRICTS.iter().any(|word| folded.starts_with(word))
}

/// The parts without the country and our province behind them; none where the province is another.
fn within_province<'t>(text: &'t str, options: &Options<'_>) -> Option<Vec<&'t str>> {
    let is_ours = |name: &str| {
        let named =
            |unit: &Unit| unit.echelon() == Echelon::Province && fold(&unit.name).ends_with(name);
        !name.is_empty() && options.lists.units.iter().any(named)
    };
    let mut parts = parts(text);
    while let Some(last) = parts.last() {
        let folded = fold(last);
        let province = ["tinh ", "t. "].iter().find_map(|word| folded.strip_prefix(word));
        // Bare it is also the name of a former district, which a list of then may mean.
        let is_bare = parts.len() > 1 && options.names_as_of.is_none() && is_ours(&folded);
        match province {
            Some(province) => is_ours(province).then_some(())?,
            None if folded == "viet nam" || is_bare => {}
            None => break,
        }
        parts.pop();
    }
    Some(parts)
}

/// What an address says, if that is one thing; `of_cell` finds the unit that a part means, in a district.
pub(in crate::roster::table) fn of_address(
    text: &str,
    district: &str,
    options: &Options<'_>,
    of_cell: &mut dyn FnMut(&str, &str) -> Option<Named>,
) -> Option<Address> {
    let mut parts = within_province(text, options)?;
    let mut district = district;
    if let Some(last) = parts.last().filter(|last| is_district(last)) {
        options.names_as_of?;
        district = last;
        parts.pop();
    }
    if let [only] = parts[..]
        && hamlet::is_hamlet(only)
    {
        let hamlet = Some(only.to_owned());
        return Some(Address { unit: None, hamlet, is_parted: true });
    }
    let mut found = None;
    for (at, part) in parts.iter().enumerate() {
        if part.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        // A list of then may name the district without the word for it.
        let bare = parts.get(at + 1).filter(|_| options.names_as_of.is_some());
        let Some(unit) = of_cell(part, bare.copied().unwrap_or(district)) else { continue };
        if found.replace((at, unit)).is_some() {
            return None;
        }
    }
    let (at, unit) = found?;
    let behind = parts.len() - at - 1;
    if behind > usize::from(options.names_as_of.is_some()) {
        return None;
    }
    let mut hamlets = parts[..at].iter().filter(|part| hamlet::is_hamlet(part));
    let hamlet = hamlets.next().filter(|_| hamlets.next().is_none());
    let hamlet = hamlet.map(|hamlet| (*hamlet).to_owned());
    Some(Address { unit: Some(unit), hamlet, is_parted: at > 0 })
}

/// Whether a cell is an address rather than a name.
pub(in crate::roster::table) fn is_address(text: &str) -> bool {
    let parts = parts(text);
    parts.len() > 1 || parts.first().is_some_and(|part| hamlet::is_hamlet(part))
}

/// What may help to mend an address in which no unit was found.
pub(super) fn hint(text: &str, options: &Options<'_>) -> Option<String> {
    if !is_address(text) || options.names_as_of.is_some() {
        return None;
    }
    let parts = within_province(text, options)?;
    if let [only] = parts[..] {
        return hamlet::is_hamlet(only).then(|| hints::HAMLET_ALONE.to_owned());
    }
    let (units, today) = (options.lists.units, options.lists.as_of);
    let ended = parts.iter().find_map(|part| {
        let fault = units.find_on(part, None, today).err();
        fault.filter(|fault| !is_district(part) && matches!(fault, LookupFault::NotThen { .. }))
    });
    let is_old = parts.iter().any(|part| is_district(part));
    Some(match ended {
        Some(fault) => told(&fault),
        None if is_old => hints::OLD_DISTRICT.to_owned(),
        None => hints::ADDRESS_UNCLEAR.to_owned(),
    })
}
