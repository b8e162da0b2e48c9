//! Which unit a text of a file means.

use crate::domain::ids::UnitCode;
use crate::domain::unit::Echelon;
use crate::roster::Options;

/// A unit found by the words of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// The unit of today.
    pub(super) code: UnitCode,
    /// Whether the words are those of a unit that was merged into it.
    pub(super) former: bool,
}

/// The unit that a cell means, as names stood on the day that the options give.
pub(super) fn of_cell(text: &str, _district: &str, options: &Options<'_>) -> Option<Named> {
    let unit = options.lists.units.find(text.trim())?;
    (unit.echelon() >= Echelon::Commune).then(|| Named { code: unit.code.clone(), former: false })
}

/// The unit that a heading inside a table, or a sheet, is named for: its full name, perhaps with a
/// number before and a count behind it.
pub(super) fn of_heading(text: &str, options: &Options<'_>) -> Option<UnitCode> {
    let text = text.split(['(', ':', '[']).next().unwrap_or(text).trim();
    let bare = |text: &str| of_cell(text, "", options).map(|named| named.code);
    bare(text).or_else(|| {
        let (number, rest) = text.split_once([' ', '.', '-', ')'])?;
        let is_number = number.len() <= 5
            && number.bytes().all(|b| b.is_ascii_digit() || b"IVXABCDE".contains(&b));
        let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        is_number.then(|| bare(rest)).flatten()
    })
}
