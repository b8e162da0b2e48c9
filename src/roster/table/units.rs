//! Which unit a text of a file means: as of today, or as names stood on the day of the file.

use crate::domain::ids::UnitCode;
use crate::domain::text::fold;
use crate::domain::unit::Echelon;
use crate::roster::Options;

/// Words that a unit's full name begins with, folded.
const KINDS: [&str; 6] = ["xa ", "x. ", "phuong ", "p. ", "thi tran ", "tt. "];

/// A unit found by the words of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// The unit of today.
    pub(super) code: UnitCode,
    /// The name of the unit that was meant, where it was merged since.
    pub(super) former: Option<String>,
}

/// The unit that a cell means. Without a day, only units of today: a name that moved to another place
/// is not to be told from the other without one.
pub(super) fn of_cell(text: &str, district: &str, options: &Options<'_>) -> Option<Named> {
    let (text, units) = (text.trim(), options.lists.units);
    if text.is_empty() {
        return None;
    }
    let (unit, former) = match options.names_as_of {
        Some(day) => {
            let found = units.find_on(text, Some(district), day).ok()?;
            (found.now, found.is_former().then(|| found.then.name.clone()))
        }
        None => (units.find(text)?, None),
    };
    (unit.echelon() >= Echelon::Commune).then(|| Named { code: unit.code.clone(), former })
}

/// What may help to mend a name that was refused.
pub(super) fn hint(text: &str, district: &str, options: &Options<'_>) -> Option<String> {
    let text = text.trim();
    let (units, today) = (options.lists.units, options.lists.as_of);
    let day = options.names_as_of.unwrap_or(today);
    if text.is_empty() {
        return None;
    }
    match units.find_on(text, Some(district), day) {
        Err(fault) => Some(fault.to_string()),
        Ok(found) => Some(format!("write {} in full, as {}", found.now.name, found.now.code)),
    }
}

/// The unit that a heading inside a table, or a sheet, is named for: its full name, perhaps with a
/// number before and a count behind it.
pub(super) fn of_heading(text: &str, options: &Options<'_>) -> Option<Named> {
    let text = text.split(['(', ':', '[']).next().unwrap_or(text).trim();
    // A number may be anything, and a name without its kind that of a hamlet.
    let has_kind = |text: &str| {
        let folded = fold(text);
        KINDS.iter().any(|kind| folded.starts_with(kind))
    };
    let bare = |text: &str| of_cell(text, "", options).filter(|_| has_kind(text));
    bare(text).or_else(|| {
        let (number, rest) = text.split_once([' ', '.', '-', ')'])?;
        let is_number = number.len() <= 5
            && number.bytes().all(|b| b.is_ascii_digit() || b"IVXABCDE".contains(&b));
        let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        is_number.then(|| bare(rest)).flatten()
    })
}
