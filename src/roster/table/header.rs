//! Finding the header: which column of the file is which field.
//!
//! Headers are compared folded, with everything but letters and digits dropped, so that spelling of
//! marks, case, breaks and punctuation do not matter; what stands in brackets may be left out. A header
//! may take up to three rows, with cells merged over those below; a field may be parted over columns
//! (surname, given name) or spread over them, one for each value (born: men, women).

mod ignored;
mod loose;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::text::clean;
use crate::roster::file::Cell;
use crate::roster::kind::{Column, Kind};
use crate::roster::table::header::loose::{Guess, Loose, doubt};
use crate::roster::table::labels::{
    DISTRICT_HEADERS, FOREIGN, INDEX_HEADERS, born, find, numbers_columns, plain, stack,
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
        // The first row that is known begins it; the next may know more, being its lower half.
        let at = (0..rows.len()).filter(within).find(|at| known(*at).is_some())?;
        (at..(at + HEADER_HEIGHT_MAX).min(rows.len())).filter_map(known).reduce(|best, next| {
            if next.first <= best.last && next.worth() > best.worth() { next } else { best }
        })
    }

    fn at_row<K: Kind<Input = I>>(
        rows: &[Numbered],
        row: u32,
        mapping: &Mapping,
        loose: &Loose,
    ) -> Option<Self> {
        let none = (0, Vec::new());
        let found =
            if row == 0 { Some(&none) } else { rows.iter().find(|(number, _)| *number == row) };
        let mut header = Self::of_rows::<K>(std::slice::from_ref(found?), mapping, loose);
        (header.first, header.last) = (row, row);
        Some(header)
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

    fn of_rows<K: Kind<Input = I>>(window: &[Numbered], mapping: &Mapping, loose: &Loose) -> Self {
        let last = window.last().map_or((0, Vec::new()), Clone::clone);
        let mut header = Self {
            first: window.first().map_or(0, |row| row.0),
            last: last.0,
            columns: Vec::new(),
            index_at: None,
            district_at: None,
            repeated: Vec::new(),
            labels: Vec::new(),
            cells: last.1,
        };
        let width = window.iter().map(|row| row.1.len()).max().unwrap_or(0);
        let stacks: Vec<Vec<String>> = (0..width).map(|at| stack(window, at)).collect();
        let women = stacks.iter().any(|texts| texts.last().is_some_and(|text| plain(text) == "nu"));
        let mut guesses = Vec::new();
        for (at, texts) in stacks.iter().enumerate().filter(|(_, texts)| !texts.is_empty()) {
            header.labels.push((at, texts.join(" / ")));
            let guess = header.take::<K>(at, texts, women, (mapping, loose));
            guesses.extend(guess.map(|guess| (at, guess)));
        }
        for (at, key, field) in mapping.letters() {
            // Two capitals may be a header as well; where they are, they mean that.
            let is_header = stacks.iter().flatten().any(|text| plain(text) == plain(key));
            if let Some(column) = K::column(field).filter(|_| !is_header) {
                header.columns.retain(|bound| bound.at != at);
                header.columns.push(Bound { at, column, role: Role::Whole });
            }
        }
        header.settle_parts::<K>();
        header.settle_guesses::<K>(&guesses);
        header
    }

    /// Binds a column, or answers what it may be.
    fn take<K: Kind<Input = I>>(
        &mut self,
        at: usize,
        texts: &[String],
        women: bool,
        (mapping, loose): (&Mapping, &Loose),
    ) -> Option<Guess> {
        let (own, above) = texts.split_last()?;
        let (joined, label) = (texts.join(" "), plain(own));
        let is_said = mapping.header(own).or_else(|| mapping.header(&joined)).is_some();
        let known = self.meaning::<K>(texts, women, mapping);
        let doubt = if is_said { None } else { doubt::<K>(own, known.as_ref()) };
        if doubt.is_some() && above.is_empty() {
            return doubt;
        }
        if let Some((column, role)) = known {
            let same = |b: &Bound<I>| b.column.field == column.field && b.role == Role::Whole;
            if role == Role::Whole && self.columns.iter().any(same) {
                self.repeated.push((column.field, at));
            } else {
                self.columns.push(Bound { at, column, role });
            }
            return None;
        }
        if INDEX_HEADERS.contains(&label.as_str()) {
            self.index_at = Some(at);
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
                own_column.and_then(whole).or(part)
            }
        }
    }

    /// A lone "Tên" is the whole name; with "Họ đệm" beside it, its last part. And a name whose header
    /// is merged over two columns is parted though nothing says so; that is for the data to tell.
    fn settle_parts<K: Kind<Input = I>>(&mut self) {
        let fields: Vec<&'static str> =
            self.columns.iter().map(|bound| bound.column.field).collect();
        for field in fields {
            let of_field = |bound: &&mut Bound<I>| bound.column.field == field;
            let mut parts: Vec<&mut Bound<I>> = self.columns.iter_mut().filter(of_field).collect();
            if parts.len() == 1 && matches!(parts[0].role, Role::Part(_)) {
                parts[0].role = Role::Whole;
            }
        }
    }

    /// Takes the column behind a name that is merged over two as its last part, if the rows below
    /// have a word of a name there and nothing else.
    pub(super) fn widen_name<K: Kind<Input = I>>(&mut self, rows: &[Numbered]) {
        let Some(name) = self
            .columns
            .iter()
            .position(|bound| bound.column.field == "full_name" && bound.role == Role::Whole)
        else {
            return;
        };
        let next = self.columns[name].at + 1;
        if self.labels.iter().any(|(at, text)| *at == next && *text != self.label(next - 1)) {
            return;
        }
        let below = rows.iter().filter(|(number, _)| *number > self.last);
        let both: Vec<(&str, &str)> = below
            .filter_map(|(_, cells)| {
                Some((cells.get(next - 1)?.as_text()?, cells.get(next)?.as_text()?))
            })
            .filter(|(one, two)| !one.trim().is_empty() && !two.trim().is_empty())
            .collect();
        let is_word = |text: &str| crate::domain::text::is_person_name(&clean(text));
        if both.len() >= 2 && both.iter().all(|(one, two)| is_word(one) && is_word(two)) {
            let column = self.columns[name].column;
            self.columns[name].role = Role::Part(0);
            self.columns.push(Bound { at: next, column, role: Role::Part(2) });
        }
    }

    /// What stands over a column.
    pub(in crate::roster) fn label(&self, at: usize) -> &str {
        self.labels.iter().find(|(found, _)| *found == at).map_or("", |(_, text)| text)
    }

    /// The fields that the table says something of, in order: those with a column, and the unit's,
    /// which headings and sheets may name too.
    pub(super) fn fields(&self, unit: &'static str) -> Arc<[&'static str]> {
        let mut fields = BTreeSet::from([unit]);
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
