//! What a mapping says of the columns of a header, and of the row that it is in.
//!
//! Called while a header is looked for. Invariant: a column that the mapping names by its letters is what
//! the mapping says, or nothing if it says so, whatever stands over it.

use std::collections::BTreeSet;

use super::{Bound, HEADER_HEIGHT_MAX, Header, Numbered, Role, begins_with_title};
use crate::roster::file::Cell;
use crate::roster::kind::{Column, Kind};
use crate::roster::table::header::loose::Loose;
use crate::roster::table::labels::{INDEX_HEADERS, plain};
use crate::roster::table::mapping::Mapping;

impl<I> Header<I> {
    /// The header that ends in the row which the mapping names; cells over it may belong to it.
    pub(super) fn at_row<K: Kind<Input = I>>(
        rows: &[Numbered],
        row: u32,
        mapping: &Mapping,
        loose: &Loose,
    ) -> Option<Self> {
        if row == 0 {
            return Some(Self::of_rows::<K>(&[(0, Vec::new())], mapping, loose));
        }
        let at = rows.iter().position(|(number, _)| *number == row)?;
        let mut best = Self::of_rows::<K>(&rows[at..=at], mapping, loose);
        for from in (at.saturating_sub(HEADER_HEIGHT_MAX - 1)..at).rev() {
            let window = &rows[from..=at];
            let is_close = window.windows(2).all(|two| two[1].0 == two[0].0 + 1);
            if !is_close || begins_with_title(window) {
                break;
            }
            let taller = Self::of_rows::<K>(window, mapping, loose);
            if taller.worth() > best.worth() {
                best = taller;
            }
        }
        Some(best)
    }

    /// Binds the columns that the mapping names by their letters; answers which it speaks of.
    pub(super) fn bind_letters<K: Kind<Input = I>>(
        &mut self,
        mapping: &Mapping,
        stacks: &[Vec<String>],
    ) -> BTreeSet<usize> {
        let mut spoken_of = BTreeSet::new();
        for (at, key, field) in mapping.letters() {
            // Two capitals may be a header as well; where they are, they mean that.
            if stacks.iter().flatten().any(|text| plain(text) == plain(key)) {
                continue;
            }
            spoken_of.insert(at);
            let own = stacks.get(at).and_then(|texts| texts.last()).map(|own| plain(own));
            if own.is_some_and(|own| INDEX_HEADERS.contains(&own.as_str())) {
                // No field, and still a sign that a row is one of data.
                self.index_at = self.index_at.or(Some(at));
            }
            let Some(column) = K::column(field) else { continue };
            if self.takes::<K>(column, at, true) {
                self.columns.push(Bound { at, column, role: Role::Whole });
            } else {
                self.repeated.push((column.field, at));
            }
        }
        spoken_of
    }

    /// Whether a field takes this column beside those that it has. `is_lone` says that what stands over
    /// it names no other field.
    pub(super) fn takes<K: Kind<Input = I>>(
        &self,
        column: &'static Column<I>,
        at: usize,
        is_lone: bool,
    ) -> bool {
        let own = |at: usize| self.label(at).rsplit(" / ").next().unwrap_or_default();
        let same = |b: &&Bound<I>| b.column.field == column.field && b.role == Role::Whole;
        let others: Vec<&str> = self.columns.iter().filter(same).map(|b| own(b.at)).collect();
        others.is_empty() || is_lone && K::may_repeat(column, &others, own(at))
    }
}

impl Mapping {
    /// Whether it says what a column under these texts is.
    pub(super) fn says(&self, texts: &[String]) -> bool {
        let own = texts.last().and_then(|own| self.header(own));
        own.or_else(|| self.header(&texts.join(" "))).is_some()
    }

    /// How many of the columns that it names by letters have something in a row.
    pub(super) fn filled(&self, cells: &[Cell]) -> usize {
        let is_filled = |at: usize| cells.get(at).is_some_and(|cell| !cell.is_blank());
        self.letters().filter(|(at, ..)| is_filled(*at)).count()
    }
}
