//! Which unit a text of a file means: as of today, or as names stood on the day of the file.

pub(super) mod address;
pub(super) mod era;
pub(super) mod hamlet;

use std::collections::HashMap;

use jiff::civil::Date;

use crate::domain::ids::UnitCode;
use crate::domain::registry::Warning;
use crate::domain::text::fold;
use crate::domain::unit::{Echelon, LookupFault, Unit};
use crate::roster::kind::Kind;
use crate::roster::{Options, RosterError};
pub(super) use era::ended_in_heading;
use era::has_moved;

/// Words that a unit's full name begins with, folded.
const KINDS: [&str; 6] = ["xa ", "x. ", "phuong ", "p. ", "thi tran ", "tt. "];

/// Most words of a unit's name behind that for its kind ("Xã Nậm Kè", "Phường Điện Biên Phủ").
const NAME_WORDS_MAX: usize = 4;

/// Most texts whose meaning is remembered.
const MEANT_MAX: usize = 1_000;

/// A unit found by the words of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// The unit of today; one that was merged lately under its own code stands for itself.
    pub(super) code: UnitCode,
    /// The name of the unit that was meant, where it was merged since.
    pub(super) former: Option<String>,
    /// Its code, where that is what the file says.
    pub(super) merged: Option<UnitCode>,
    /// What was repaired to find it, or that it is not from the row.
    pub(super) warnings: Vec<Warning>,
    /// Whether the name was another place's on the map that the file is of.
    pub(super) has_moved: bool,
}

/// What cells of a list meant: it has some dozens of names, each thousands of times.
#[derive(Debug, Default)]
pub(super) struct Meant(HashMap<(String, String), Option<Named>>);

impl Meant {
    /// As [`of_cell`].
    pub(super) fn of_cell(
        &mut self,
        text: &str,
        district: &str,
        options: &Options<'_>,
    ) -> Option<Named> {
        if self.0.len() == MEANT_MAX {
            self.0.clear();
        }
        let find = || of_cell(text, district, options);
        self.0.entry((text.to_owned(), district.to_owned())).or_insert_with(find).clone()
    }
}

/// The unit of rows that name none must be one in which records live.
pub(super) fn check_default<K: Kind>(options: &Options<'_>) -> Result<(), RosterError> {
    let is_local = |unit: &UnitCode| {
        let unit = options.lists.units.get(unit);
        unit.is_some_and(|unit| K::ANY_ECHELON || unit.echelon() >= Echelon::Commune)
    };
    match options.default_unit.clone().filter(|unit| !is_local(unit)) {
        Some(unit) => Err(RosterError::UnknownUnit { unit }),
        None => Ok(()),
    }
}

/// The unit that a cell means. Without a day, only units of today: a name that moved to another place
/// is not to be told from the other without one. A name may lack the word for its kind where no other
/// unit, of any day, is called so.
pub(super) fn of_cell(text: &str, district: &str, options: &Options<'_>) -> Option<Named> {
    let (text, own_district) = in_province(text, options)?;
    let district = own_district.unwrap_or(district);
    let restored = restored(text, options);
    let is_repaired = restored.is_some();
    let (text, units) = (restored.as_deref().unwrap_or(text), options.lists.units);
    let is_code = text.parse::<UnitCode>().is_ok_and(|code| units.get(&code).is_some())
        || text.starts_with(is_digit);
    let (unit, spelled, former, merged) = match options.names_as_of {
        Some(day) => {
            let found = units.find_on(text, Some(district), day).ok()?;
            let unit = found.entered();
            let former = (unit.code != found.then.code).then(|| found.then.name.clone());
            (unit, found.then, former, None)
        }
        None => {
            let unit = units.find(text).or_else(|| bare(text, options))?;
            // Only by its code is a closed unit found, and no other ever has that.
            let now = units.get(units.current(&unit.code)).filter(|now| !now.is_closed());
            match unit.is_closed() {
                true => (now?, unit, Some(unit.name.clone()), Some(unit.code.clone())),
                false => (unit, unit, None, None),
            }
        }
    };
    let has_moved = options.old_map.is_some_and(|day| has_moved(text, unit, day, options));
    let restored = is_repaired.then_some(Warning::UnitZeroRestored);
    let is_loose = !is_code && !spelled.is_spelled(text);
    let warnings = restored.into_iter().chain(is_loose.then_some(Warning::UnitNameLoose));
    let code = unit.code.clone();
    let named = Named { code, former, merged, warnings: warnings.collect(), has_moved };
    (unit.echelon() >= Echelon::Commune).then_some(named)
}

/// A name without the word for its kind: the commune or ward of today that alone is called so.
fn bare<'a>(text: &str, options: &Options<'a>) -> Option<&'a Unit> {
    let units = options.lists.units;
    let found = units.find_on(text, None, options.lists.as_of).ok()?;
    let full = ["Xã", "Phường"].iter().find_map(|kind| units.find(&format!("{kind} {text}")));
    full.filter(|unit| !found.is_former() && unit.code == found.now.code)
}

/// A code of five digits that lost its first, if there is such a unit.
fn restored(text: &str, options: &Options<'_>) -> Option<String> {
    let is_short = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let code = is_short.then(|| format!("0{text}"))?;
    options.lists.units.find(&code).map(|_known| code)
}

/// The name of an address, without the province and the district behind it; none where the province is
/// another, for communes of the same name are there too.
fn in_province<'t>(text: &'t str, options: &Options<'_>) -> Option<(&'t str, Option<&'t str>)> {
    let dashes = text.split(',').flat_map(|part| part.split(" - "));
    let mut parts = dashes.flat_map(|part| part.split(" – ")).map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let (mut district, units) = (None, options.lists.units);
    for part in parts.filter(|part| !part.is_empty()) {
        let folded = fold(part);
        let province = ["tinh ", "t. "].iter().find_map(|word| folded.strip_prefix(word));
        if folded == "viet nam" {
            continue;
        }
        match province {
            Some(province) => {
                let is_ours = |unit: &Unit| {
                    unit.echelon() == Echelon::Province && fold(&unit.name).ends_with(province)
                };
                units.iter().any(is_ours).then_some(())?;
            }
            // More than one is more than an address says.
            None if district.is_none() => district = Some(part),
            None => return None,
        }
    }
    // Without a day, a district of before says nothing of the map of today.
    let is_clear = district.is_none() || options.names_as_of.is_some();
    is_clear.then_some((name, district))
}

impl Named {
    /// The unit as one that a title or a sheet names.
    pub(super) fn titled(mut self) -> Self {
        self.warnings.push(Warning::UnitFromTitle);
        self
    }

    /// The unit of a sheet or a title, which was found before the map was known that the file is of.
    pub(super) fn doubted(self, options: &Options<'_>) -> Self {
        let unit = options.lists.units.get(&self.code);
        let moved = |(day, unit): (Date, &Unit)| has_moved(&unit.name, unit, day, options);
        let has_moved = self.has_moved || options.old_map.zip(unit).is_some_and(moved);
        Self { has_moved, ..self }
    }
}

/// The one unit that the title over a table names, in any of its words.
pub(super) fn of_title<'c>(
    texts: impl Iterator<Item = &'c str>,
    options: &Options<'_>,
) -> Option<Named> {
    let mut found: Vec<Named> = Vec::new();
    for text in texts {
        for names in names_in(text) {
            let named = names.iter().find_map(|name| of_cell(name, "", options));
            found.extend(named.filter(|unit| found.iter().all(|other| other.code != unit.code)));
        }
    }
    let unit = if found.len() == 1 { found.pop() } else { None };
    unit.map(Named::titled)
}

/// What a title may call a unit: for each word for a kind in it the names that may follow, the longest
/// first.
fn names_in(text: &str) -> Vec<Vec<String>> {
    let parted = text.replace([':', ',', ';', '(', ')', '-', '–', '"', '.'], " ");
    let words: Vec<&str> = parted.split_whitespace().collect();
    let kinds = words.iter().enumerate().filter_map(|(at, word)| match fold(word).as_str() {
        "xa" | "x" => Some((at, "Xã")),
        "phuong" | "p" => Some((at, "Phường")),
        _ => None,
    });
    let names = kinds.map(|(at, kind)| {
        let name = |len| Some(format!("{kind} {}", words.get(at + 1..at + 1 + len)?.join(" ")));
        (1..=NAME_WORDS_MAX).rev().filter_map(name).collect()
    });
    names.collect()
}

/// The unit that a sheet is named for, with or without the word for its kind.
pub(super) fn of_sheet(name: &str, options: &Options<'_>) -> Option<Named> {
    let whole = || of_cell(name, "", options).filter(|_| !name.trim().starts_with(is_digit));
    of_heading(name, options).or_else(whole)
}

const fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// What may help to mend a name that was refused.
pub(super) fn hint(text: &str, district: &str, options: &Options<'_>) -> Option<String> {
    let text = text.trim();
    let (units, today) = (options.lists.units, options.lists.as_of);
    let day = options.names_as_of.unwrap_or(today);
    if text.is_empty() {
        return None;
    }
    if let Some(hint) = address::hint(text, options) {
        return Some(hint);
    }
    if let (Some(before), Some(now)) = (options.old_map, units.find(text)) {
        return Some(format!(
            "today it is {}, until {before} it was another place, and the list names units of then: give \
             the day of the list by --as-of, or write the code",
            now.code
        ));
    }
    match units.find_on(text, Some(district), day) {
        Err(fault) => Some(told(&fault)),
        Ok(found) => Some(format!("write {} in full, as {}", found.now.name, found.now.code)),
    }
}

/// A fault with the flag that mends it, where one does.
fn told(fault: &LookupFault) -> String {
    match fault {
        LookupFault::NotThen { .. } => format!("{fault} by --as-of"),
        _other => fault.to_string(),
    }
}

/// The unit that a heading inside a table, or a sheet, is named for: its full name, perhaps with a
/// number before and a count behind it.
pub(super) fn of_heading(text: &str, options: &Options<'_>) -> Option<Named> {
    // A number may be anything, and a name without its kind that of a hamlet.
    let bare = |text: &str| of_cell(text, "", options).filter(|_| has_kind(text));
    heads(text).into_iter().find_map(bare)
}

/// Whether a text begins with the word for a kind of unit.
fn has_kind(text: &str) -> bool {
    let folded = fold(text);
    KINDS.iter().any(|kind| folded.starts_with(kind))
}

/// What a heading may call a unit: itself, and itself without the number before it; no count behind.
fn heads(text: &str) -> Vec<&str> {
    let text = text.split(['(', ':', '[']).next().unwrap_or(text).trim();
    let numbered = text.split_once([' ', '.', '-', ')']).filter(|(number, _rest)| {
        number.len() <= 5 && number.bytes().all(|b| b.is_ascii_digit() || b"IVXABCDE".contains(&b))
    });
    let rest = numbered.map(|(_, rest)| rest.trim_start_matches(|c: char| !c.is_alphanumeric()));
    std::iter::once(text).chain(rest).collect()
}
