//! Finding the header: which column of the file is which field.
//!
//! Headers are compared folded, with everything but letters and digits dropped, so that spelling of
//! marks, case, breaks and punctuation do not matter; what stands in brackets may be left out. A header
//! may take up to three rows, with cells merged over those below; a field may be parted over columns
//! (surname, given name) or spread over them, one for each value (born: men, women). What a mapping says
//! of a column holds, and the others give way: a field that it names a column for is guessed of no other.

mod ignored;
mod loose;
mod parts;
mod said;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::roster::file::Cell;
use crate::roster::kind::{Column, Kind};
use crate::roster::table::header::loose::{Guess, Loose, doubt};
use crate::roster::table::labels::{
    DISTRICT_HEADERS, FOREIGN, GROUPS, HOMES, INDEX_HEADERS, born, find, numbers_columns, plain,
    stack,
};
use crate::roster::table::mapping::Mapping;

/// The column that a spreadsheet of refused rows has behind the others.
pub(in crate::roster) const REASON_HEADER: &str = "Lý do từ chối";
/// Fewest known columns that make a header: fewer could be a title with a chance hit.
pub(super) const KNOWN_COLUMNS_MIN: usize = 3;
/// Most rows that a header takes.
pub(in crate::roster) const HEADER_HEIGHT_MAX: usize = 3;

/// How a column fills its field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::roster) enum Role {
    /// Alone.
    Whole,
    /// With others, in the order of their numbers.
    Part(u8),
    /// A mark in it says that the field has this value.
    Mark(String),
    /// As a whole, and says the value of another field with it.
    With(&'static str, String),
}

/// A column of the file understood.
#[derive(Debug)]
pub(in crate::roster) struct Bound<I: 'static> {
    /// Its position, from 0.
    pub(in crate::roster) at: usize,
    /// The field.
    pub(in crate::roster) column: &'static Column<I>,
    /// How it fills it.
    pub(in crate::roster) role: Role,
}

/// A header understood.
#[derive(Debug)]
pub(in crate::roster) struct Header<I: 'static> {
    /// Its first row, as the spreadsheet shows it; 0 where a mapping says that there is none.
    pub(in crate::roster) first: u32,
    /// Its last row.
    pub(in crate::roster) last: u32,
    /// Each known column.
    pub(in crate::roster) columns: Vec<Bound<I>>,
    /// The position of the running number.
    pub(in crate::roster) index_at: Option<usize>,
    /// The position of the former district.
    pub(in crate::roster) district_at: Option<usize>,
    /// Fields that two columns claim, and where the later one is.
    pub(in crate::roster) repeated: Vec<(&'static str, usize)>,
    /// What stands over each column.
    pub(in crate::roster) labels: Vec<(usize, String)>,
    /// How many of the columns are known by what stands over them.
    columns_by_words: usize,
    /// The last row, to know it again on later pages.
    pub(in crate::roster) cells: Vec<Cell>,
}

/// A row of the sheet's beginning, with its number.
pub(in crate::roster) type Numbered = (u32, Vec<Cell>);

impl<I> Header<I> {
    /// Finds the header among the first rows, the one that says most where rows may be joined.
    pub(super) fn find<K: Kind<Input = I>>(rows: &[Numbered], mapping: &Mapping) -> Option<Self> {
        let loose = Loose::new::<K>();
        if let Some(row) = mapping.header_row {
            return Self::at_row::<K>(rows, row, mapping, &loose);
        }
        let near = |at: usize| {
            let mut best: Option<Self> = None;
            for from in at.saturating_sub(HEADER_HEIGHT_MAX - 1)..=at {
                for to in at..(from + HEADER_HEIGHT_MAX).min(rows.len()) {
                    let window = &rows[from..=to];
                    let is_close = window.windows(2).all(|two| two[1].0 == two[0].0 + 1);
                    let is_numbered = window.len() > 1 && numbers_columns(&window.last()?.1);
                    if !is_close || is_numbered || begins_with_title(window) {
                        continue;
                    }
                    let header = Self::of_rows::<K>(window, mapping, &loose);
                    let beats = best.as_ref().is_none_or(|best| {
                        let (new, old) = (header.worth(), best.worth());
                        new > old || new == old && header.height() < best.height()
                    });
                    if beats {
                        best = Some(header);
                    }
                }
            }
            best
        };
        let known = |at: usize| near(at).filter(|h| h.columns.len() >= KNOWN_COLUMNS_MIN);
        let within = |at: &usize| rows[*at].0 <= crate::roster::HEADER_ROWS_MAX;
        // The first row that is known begins it; the next may know more, being its lower half. Columns
        // that a mapping names by letters are in every row: they make one only where no words do.
        let has_words = |at: &usize| {
            known(*at).is_some_and(|header| header.columns_by_words >= KNOWN_COLUMNS_MIN)
        };
        let by_words = (0..rows.len()).filter(within).find(has_words);
        let has_letters = |at: &usize| {
            let words = known(*at).map(|header| header.columns_by_words);
            words.is_some_and(|words| words + mapping.filled(&rows[*at].1) >= KNOWN_COLUMNS_MIN)
        };
        let by_letters = || (0..rows.len()).filter(within).find(has_letters);
        let at = by_words.or_else(by_letters)?;
        (at..(at + HEADER_HEIGHT_MAX).min(rows.len())).filter_map(known).reduce(|best, next| {
            if next.first <= best.last && next.worth() > best.worth() { next } else { best }
        })
    }

    const fn height(&self) -> u32 {
        self.last - self.first
    }

    fn worth(&self) -> usize {
        let fields: BTreeSet<_> = self.columns.iter().map(|bound| bound.column.field).collect();
        let extra = usize::from(self.index_at.is_some()) + usize::from(self.district_at.is_some());
        (fields.len() * 4 + self.columns.len() + extra).saturating_sub(self.repeated.len() * 6)
    }

    /// Whether a column fills this field.
    pub(in crate::roster) fn has(&self, field: &str) -> bool {
        self.columns.iter().any(|bound| bound.column.field == field)
    }

    /// Rows that may be a header, of which nothing is known yet.
    pub(in crate::roster) fn bare(window: &[Numbered]) -> Self {
        let (last, cells) = window.last().cloned().unwrap_or_default();
        Self {
            first: window.first().map_or(0, |row| row.0),
            last,
            columns: Vec::new(),
            index_at: None,
            district_at: None,
            repeated: Vec::new(),
            labels: Vec::new(),
            columns_by_words: 0,
            cells,
        }
    }

    fn of_rows<K: Kind<Input = I>>(window: &[Numbered], mapping: &Mapping, loose: &Loose) -> Self {
        let mut header = Self::bare(window);
        let width = window.iter().map(|row| row.1.len()).max().unwrap_or(0);
        let stacks: Vec<Vec<String>> = (0..width).map(|at| stack(window, at)).collect();
        let women = stacks.iter().any(|texts| texts.last().is_some_and(|text| plain(text) == "nu"));
        let filled = || stacks.iter().enumerate().filter(|(_, texts)| !texts.is_empty());
        header.labels = filled().map(|(at, texts)| (at, texts.join(" / "))).collect();
        let lettered = header.bind_letters::<K>(mapping, &stacks);
        let by_letters = header.columns.len();
        let mut guesses = Vec::new();
        for said in [true, false] {
            let claimed: Vec<&str> = match said {
                true => Vec::new(),
                false => header.columns.iter().map(|bound| bound.column.field).collect(),
            };
            for (at, texts) in filled().filter(|(at, _)| !lettered.contains(at)) {
                if mapping.says(texts) == said {
                    let guess = header.take::<K>(at, texts, women, (mapping, loose), &claimed);
                    guesses.extend(guess.map(|guess| (at, guess)));
                }
            }
        }
        let is_said = |at: usize| {
            lettered.contains(&at) || stacks.get(at).is_some_and(|texts| mapping.says(texts))
        };
        header.settle_birth::<K>(&is_said);
        header.settle_parts::<K>();
        header.settle_guesses::<K>(&guesses);
        header.columns_by_words = header.columns.len().saturating_sub(by_letters);
        header.columns.sort_by_key(|bound| bound.at);
        header
    }

    /// Binds a column, or answers what it may be.
    fn take<K: Kind<Input = I>>(
        &mut self,
        at: usize,
        texts: &[String],
        women: bool,
        (mapping, loose): (&Mapping, &Loose),
        claimed: &[&str],
    ) -> Option<Guess> {
        let (own, above) = texts.split_last()?;
        let (joined, label, is_said) = (texts.join(" "), plain(own), mapping.says(texts));
        let known = self.meaning::<K>(texts, women, mapping);
        let doubt = if is_said { None } else { doubt::<K>(own, known.as_ref()) };
        if doubt.is_some() && above.is_empty() {
            return doubt;
        }
        if let Some((column, role)) = known {
            let others = || above.iter().filter_map(|text| find::<K>(text));
            let is_lone = others().all(|over| over.field == column.field);
            if claimed.contains(&column.field) {
                // The mapping says which column it is.
            } else if role == Role::Whole && !(self.takes::<K>(column, at, is_lone)) {
                self.repeated.push((column.field, at));
            } else {
                self.columns.push(Bound { at, column, role });
            }
            return None;
        }
        if INDEX_HEADERS.contains(&label.as_str()) {
            // The first: a later "TT" is something else in short.
            self.index_at = self.index_at.or(Some(at));
            return None;
        }
        if [label, plain(&joined)].iter().any(|l| DISTRICT_HEADERS.contains(&l.as_str())) {
            self.district_at = Some(at);
            return None;
        }
        let is_foreign = above.first().is_some_and(|top| FOREIGN.contains(&plain(top).as_str()));
        if is_said || is_foreign || plain(own) == plain(REASON_HEADER) {
            return None;
        }
        let field = loose.field::<K>(&joined).or_else(|| loose.field::<K>(own))?;
        Some(vec![field])
    }

    fn meaning<K: Kind<Input = I>>(
        &self,
        texts: &[String],
        women: bool,
        mapping: &Mapping,
    ) -> Option<(&'static Column<I>, Role)> {
        let (own, above) = texts.split_last()?;
        let joined = texts.join(" ");
        if let Some(field) = mapping.header(own).or_else(|| mapping.header(&joined)) {
            return K::column(field).map(|column| (column, Role::Whole));
        }
        if plain(own) == plain(REASON_HEADER) {
            return None;
        }
        let whole = |column| Some((column, Role::Whole));
        let part = |label: &str| {
            let (_, field, order) = K::PARTS.iter().find(|(header, ..)| *header == label)?;
            K::column(field).map(|column| (column, Role::Part(*order)))
        };
        let label = plain(own);
        let Some(top) = above.first() else {
            return born::<K>(&label)
                .or_else(|| find::<K>(own).and_then(whole))
                .or_else(|| part(&label).filter(|(column, _)| column.field != "birth"));
        };
        if FOREIGN.contains(&plain(top).as_str()) {
            return None;
        }
        if let Some(column) = find::<K>(&joined) {
            return whole(column);
        }
        let over = above.iter().rev().find_map(|text| find::<K>(text));
        match (over, find::<K>(own)) {
            (Some(over), _)
                if over.field == "birth" && women && matches!(&*label, "nam" | "nu") =>
            {
                Some((over, Role::With("sex", own.clone())))
            }
            (Some(over), _) if K::SPREAD.contains(&over.field) && find::<K>(own).is_none() => {
                Some((over, Role::Mark(own.clone())))
            }
            // Under "registered at" the unit is that of the register, and the hamlet nobody's.
            (Some(over), Some(own)) if K::OTHER_UNIT_FIELDS.contains(&over.field) => {
                (own.field == K::UNIT_FIELD).then_some((over, Role::Whole))
            }
            (over, own_column) => {
                let part = part(&label).filter(|(column, _)| {
                    over.is_some_and(|over| over.field == column.field) || column.field != "birth"
                });
                // The first "TT" counts the rows.
                let is_open = label != "tt" || self.index_at.is_some();
                let is_group = GROUPS.iter().any(|group| plain(top).contains(group));
                let short = || K::SHORT_UNDER.iter().find(|(short, _)| *short == label);
                let short = || short().filter(|_| is_open && is_group);
                let grouped = || short().and_then(|(_, field)| K::column(field)).and_then(whole);
                own_column.and_then(whole).or(part).or_else(grouped)
            }
        }
    }

    /// What stands over a column.
    pub(in crate::roster) fn label(&self, at: usize) -> &str {
        self.labels.iter().find(|(found, _)| *found == at).map_or("", |(_, text)| text)
    }

    /// All that a mapping may call its columns: the lowest texts over them, and those with what is above.
    pub(super) fn texts(&self) -> Vec<String> {
        let own = |text: &str| text.rsplit(" / ").next().unwrap_or_default().to_owned();
        let both = |(_, text): &(usize, String)| [own(text), text.replace(" / ", " ")];
        self.labels.iter().flat_map(both).collect()
    }

    /// Whether what fills the unit is a column of addresses.
    pub(super) fn has_address<K: Kind<Input = I>>(&self) -> bool {
        let own = |at: usize| plain(self.label(at).rsplit(" / ").next().unwrap_or_default());
        let is_home = |bound: &Bound<I>| HOMES.contains(&own(bound.at).as_str());
        self.columns.iter().any(|bound| bound.column.field == K::UNIT_FIELD && is_home(bound))
    }

    /// The fields that the table says something of, in order: those with a column, and those beside them
    /// which headings, titles and sheets name.
    pub(super) fn fields(&self, named: impl Iterator<Item = &'static str>) -> Arc<[&'static str]> {
        let mut fields: BTreeSet<&'static str> = named.collect();
        for bound in &self.columns {
            fields.insert(bound.column.field);
            if let Role::With(field, _) = &bound.role {
                fields.insert(*field);
            }
        }
        fields.into_iter().collect()
    }

    /// Whether a row is the header again, as printed pages repeat it.
    pub(in crate::roster) fn is_again(&self, cells: &[Cell]) -> bool {
        let same = |bound: &&Bound<I>| {
            let header = self.cells.get(bound.at).filter(|cell| !cell.is_blank());
            header.is_some() && header == cells.get(bound.at)
        };
        self.columns.iter().filter(same).count() >= self.known_min()
    }

    /// Known columns that are filled in a row of the table: a small list may have two in all.
    fn known_min(&self) -> usize {
        self.columns.len().clamp(2, KNOWN_COLUMNS_MIN)
    }
}

/// Whether the first of several rows is a title, and no part of the header: one text, from the first
/// column on.
fn begins_with_title(window: &[Numbered]) -> bool {
    let [(_, title), (_, below), ..] = window else { return false };
    let filled = |cells: &[Cell]| cells.iter().position(|cell| !cell.is_blank());
    let texts = title.iter().filter(|cell| !cell.is_blank()).count();
    texts == 1 && filled(title) <= filled(below)
}

#[cfg(test)]
mod tests;
