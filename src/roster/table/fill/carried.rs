//! What a cell takes from one above it: merged cells, of which the first alone holds what is in all, and
//! marks for "as above".
//!
//! Called for each row, in order, by the table reader and by whoever writes refused rows, for these must
//! stand alone. Invariants: what is merged goes no further than its cells, and a mark takes what is in
//! the row directly above; both only into rows of data, and never into what each record has for itself.

use std::collections::BTreeMap;

use crate::domain::registry::Warning;
use crate::domain::text::fold;
use crate::roster::file::{Cell, Merge};
use crate::roster::kind::Kind;
use crate::roster::table::header::Header;
use crate::roster::table::mapping::Mapping;
use crate::roster::table::shape::{is_record, is_total};

/// Longest mark, in bytes: `- như trên -` with its letters of three bytes.
const DITTO_LEN_MAX: usize = 24;

/// What is carried down from the rows that went by.
#[derive(Debug, Default)]
pub(in crate::roster) struct Carrying {
    /// Merged cells that are still to come, the first last.
    merges: Vec<Merge>,
    /// By column the last row of the merged cells that the row at hand is in, and what they hold.
    open: BTreeMap<usize, (u32, Cell)>,
    /// The row above, if it is one of data.
    above: Option<(u32, Vec<Cell>)>,
    /// Whether rows are kept for marks.
    keeps_rows: bool,
}

/// A row with what it took from above.
#[derive(Debug)]
pub(in crate::roster) struct Carried {
    /// Its cells.
    pub(in crate::roster) cells: Vec<Cell>,
    /// What was taken.
    pub(in crate::roster) repairs: Vec<Warning>,
}

impl Carrying {
    /// For a table with these merged cells, in the order of their rows; rows are kept for marks where
    /// there may be some.
    pub(in crate::roster) fn new(mut merges: Vec<Merge>, keeps_rows: bool) -> Self {
        merges.reverse();
        Self { merges, keeps_rows, ..Self::default() }
    }

    /// The row with what is carried into it; none where nothing is.
    pub(in crate::roster) fn row<K: Kind>(
        &mut self,
        number: u32,
        cells: &[Cell],
        header: &Header<K::Input>,
        mapping: &Mapping,
    ) -> Option<Carried> {
        if self.merges.is_empty() && self.open.is_empty() && !self.keeps_rows {
            return None;
        }
        self.open.retain(|_at, (last, _cell)| number <= *last);
        let is_data = number > header.last
            && is_record::<K>(header, cells)
            && !is_total(cells)
            && !header.is_again(cells);
        let carried = if is_data { self.fill::<K>(number, cells, header, mapping) } else { None };
        let filled = carried.as_ref().map_or(cells, |carried| &carried.cells);
        while let Some(merge) = self.merges.pop_if(|merge| merge.first <= number) {
            let cell = filled.get(merge.at).filter(|cell| !cell.is_blank() && !is_ditto(cell));
            if let Some(cell) = cell.filter(|_| is_data && merge.first == number) {
                self.open.insert(merge.at, (merge.last, cell.clone()));
            }
        }
        self.above = (is_data && self.keeps_rows).then(|| (number, filled.to_vec()));
        carried
    }

    fn fill<K: Kind>(
        &self,
        number: u32,
        cells: &[Cell],
        header: &Header<K::Input>,
        mapping: &Mapping,
    ) -> Option<Carried> {
        let bound = header.columns.iter().map(|bound| (bound.at, Some(bound.column.field)));
        let district = header.district_at.map(|at| (at, None));
        let mut carried: Option<Carried> = None;
        for (at, field) in bound.chain(district) {
            let own = cells.get(at).unwrap_or(&Cell::Empty);
            if field.is_some_and(|field| K::OWN.contains(&field)) {
                continue;
            }
            let taken = if own.is_blank() {
                self.open.get(&at).map(|(_last, cell)| (cell, Warning::MergedCellFilled))
            } else if is_ditto(own) && !is_said(mapping, field, own) {
                self.above_of(number, at).map(|cell| (cell, Warning::DittoMark))
            } else {
                None
            };
            let Some((cell, repair)) = taken else { continue };
            let carried = carried
                .get_or_insert_with(|| Carried { cells: cells.to_vec(), repairs: Vec::new() });
            carried.cells.resize(carried.cells.len().max(at + 1), Cell::Empty);
            carried.cells[at] = cell.clone();
            carried.repairs.push(repair);
        }
        carried
    }

    /// What stands in the row directly above.
    fn above_of(&self, number: u32, at: usize) -> Option<&Cell> {
        let (_, above) = self.above.as_ref().filter(|(above, _)| above + 1 == number)?;
        above.get(at).filter(|cell| !cell.is_blank() && !is_ditto(cell))
    }
}

/// Whether a mapping says what a text means.
fn is_said(mapping: &Mapping, field: Option<&str>, cell: &Cell) -> bool {
    let text = cell.as_text().unwrap_or_default();
    field.is_some_and(|field| mapping.value(field, text).is_some())
}

/// Whether a cell says "as above": `"`, `″`, `-nt-`, `//`, `như trên`.
pub(in crate::roster::table) fn is_ditto(cell: &Cell) -> bool {
    let Some(text) = cell.as_text().filter(|text| (1..=DITTO_LEN_MAX).contains(&text.len())) else {
        return false;
    };
    let is_mark =
        |c: char| matches!(c, '"' | '″' | '〃' | '”' | '“' | '„' | '’' | '‘' | '\'' | '/' | ',');
    let is_filler =
        |c: char| c.is_whitespace() || matches!(c, '-' | '–' | '.' | '_' | '(' | ')' | '…');
    // Lists have a million rows, and hardly a mark.
    let is_near = match text.chars().find(|c| !is_filler(*c)) {
        Some('n' | 'N' | 'd' | 'D') => text.contains(['t', 'T']),
        Some(first) => is_mark(first),
        None => false,
    };
    if !is_near {
        return false;
    }
    let bare: String = fold(text).chars().filter(|c| !is_filler(*c)).collect();
    match bare.as_str() {
        "nt" | "nhutren" | "nhtren" | "ditto" => true,
        "" | "'" | "/" | "," => false,
        marks => marks.chars().all(is_mark),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_for_the_row_above_are_told_from_words_and_from_dashes() {
        let is = |text: &str| is_ditto(&Cell::Text(text.to_owned()));
        for mark in
            ["\"", "″", "''", "’’", "“", "”", "-nt-", "- nt -", "NT", "n.t", "//", "-\"-", "-//-"]
        {
            assert!(is(mark), "{mark}");
        }
        assert!(is("như trên") && is("- Như trên -") && is("\" \""));
        for word in ["", "-", "--", "/", "'", ",", ".", "./.", "Nam", "Bản Nà Tấu", "N", "1/", "x"]
        {
            assert!(!is(word), "{word}");
        }
    }
}
