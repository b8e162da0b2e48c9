//! Whether a file without a day names units as they were before the map changed.
//!
//! Asked of each table before its rows are read, of its cells and headings; of the names of sheets and the
//! titles before the first. In July 2025 names moved to other places: a list that
//! also names units which ended then is plainly from before, and such a name in it may be the other
//! place's. Invariant: names that mean the same unit on both maps are never doubted.

use std::collections::HashSet;

use jiff::civil::Date;

use super::{KINDS, address, has_kind, heads, names_in, of_cell};
use crate::domain::text::fold;
use crate::domain::unit::{Echelon, LookupFault, Unit};
use crate::roster::Options;

/// Most different texts that are looked at.
const TEXTS_MAX: usize = 1_000;

/// Longest text that is looked at as a heading, in bytes.
const HEADING_LEN_MAX: usize = 200;

/// What the cells of a column of units say of the map that they are of.
#[derive(Debug, Default)]
pub(in crate::roster::table) struct Era {
    seen: HashSet<String>,
    /// The last day of a unit that is named and is no more.
    last_day: Option<Date>,
}

impl Era {
    /// Looks at a cell.
    pub(in crate::roster::table) fn see(&mut self, text: &str, options: &Options<'_>) {
        let text = text.trim();
        let is_new = !text.is_empty() && self.seen.len() < TEXTS_MAX && !self.seen.contains(text);
        if !is_new || options.names_as_of.is_some() {
            return;
        }
        self.seen.insert(text.to_owned());
        self.last_day = ended(text, options).max(self.last_day);
    }

    /// Looks at the name of a sheet, or at a heading inside a table.
    pub(in crate::roster::table) fn see_heading(&mut self, text: &str, options: &Options<'_>) {
        if options.names_as_of.is_none() && text.len() <= HEADING_LEN_MAX {
            self.last_day = ended_in_heading(text, options).max(self.last_day);
        }
    }

    /// Looks at the title over a table.
    pub(in crate::roster::table) fn see_title<'t>(
        &mut self,
        texts: impl Iterator<Item = &'t str>,
        options: &Options<'_>,
    ) {
        if options.names_as_of.is_none() {
            self.last_day = ended_in_title(texts, options).max(self.last_day);
        }
    }

    /// Looks at the parts of an address that may name a unit.
    pub(in crate::roster::table) fn see_address(&mut self, text: &str, options: &Options<'_>) {
        let parts = address::parts(text);
        let is_unit = |part: &&str| {
            let folded = fold(part);
            KINDS.iter().any(|kind| folded.starts_with(kind)) || address::is_district(part)
        };
        if parts.len() > 1 {
            parts.into_iter().filter(is_unit).for_each(|part| self.see(part, options));
        }
    }

    /// The last day of the map that the file names units by; none where it is that of today.
    pub(in crate::roster::table) const fn last_day(&self) -> Option<Date> {
        self.last_day
    }
}

/// The last day of the unit that a text names, if there is none of that name today.
fn ended(text: &str, options: &Options<'_>) -> Option<Date> {
    if of_cell(text, "", options).is_some() {
        return None;
    }
    let lists = &options.lists;
    match lists.units.find_on(text, None, lists.as_of) {
        Err(LookupFault::NotThen { candidates, .. }) => {
            candidates.iter().filter_map(|one| one.valid_to).max()
        }
        _today_or_unknown => None,
    }
}

/// Whether a text says itself that the names in it are those of before.
fn looks_back(text: &str) -> bool {
    fold(text).split(|c: char| !c.is_alphanumeric()).any(|word| matches!(word, "cu" | "truoc"))
}

/// The last day of the ended unit that a heading, or the name of a sheet, is for.
pub(in crate::roster::table) fn ended_in_heading(
    text: &str,
    options: &Options<'_>,
) -> Option<Date> {
    let names = heads(text).into_iter().filter(|name| has_kind(name));
    names.filter(|_| !looks_back(text)).find_map(|name| ended(name, options))
}

/// What a sheet or the title over its table is named for, if that is no more: the unit and its last day.
pub(in crate::roster::table) fn former_over(
    sheet: &str,
    titles: &[String],
    options: &Options<'_>,
) -> Option<String> {
    if options.names_as_of.is_some() {
        return None;
    }
    let of_sheet = heads(sheet).into_iter().map(str::to_owned);
    let of_titles = titles.iter().flat_map(|text| names_in(text)).flatten();
    of_sheet.chain(of_titles).find_map(|name| former(&name, options))
}

fn former(text: &str, options: &Options<'_>) -> Option<String> {
    if of_cell(text, "", options).is_some() {
        return None;
    }
    let lists = &options.lists;
    match lists.units.find_on(text, None, lists.as_of) {
        Err(LookupFault::NotThen { candidates, .. }) => {
            let ended = candidates.iter().filter(|one| one.valid_to.is_some());
            ended.map(|one| format!("{one}, which is no more")).next()
        }
        _today_or_unknown => None,
    }
}

/// The last day of the ended units that a title names; none where it names one of today too, for then it
/// may say what that is made of.
fn ended_in_title<'t>(texts: impl Iterator<Item = &'t str>, options: &Options<'_>) -> Option<Date> {
    let mut last_day = None;
    for text in texts {
        for names in names_in(text) {
            if looks_back(text) || names.iter().any(|name| of_cell(name, "", options).is_some()) {
                return None;
            }
            last_day = names.iter().find_map(|name| ended(name, options)).max(last_day);
        }
    }
    last_day
}

/// Whether a name that is a unit of today was, on the map of that day, the name of another place.
pub(super) fn has_moved(text: &str, now: &Unit, day: Date, options: &Options<'_>) -> bool {
    let units = options.lists.units;
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    match units.find_on(text, None, day) {
        Ok(found) => found.now.code != now.code,
        // It was none, but perhaps a town of that name was.
        Err(_none) => {
            let folded = fold(text);
            let kind = KINDS.iter().find(|kind| folded.starts_with(**kind));
            let words = kind.map_or(0, |kind| kind.split_whitespace().count());
            let bare: Vec<&str> = text.split_whitespace().skip(words).collect();
            match units.find_on(&bare.join(" "), None, day) {
                Ok(found) => found.then.echelon() >= Echelon::Commune && found.now.code != now.code,
                Err(fault) => matches!(fault, LookupFault::Ambiguous { .. }),
            }
        }
    }
}
