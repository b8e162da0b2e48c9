//! Columns that write the month before the day, as American programs do: 06/15/1990.
//!
//! Called once for each table before its rows are read. A column proves itself by days that no month
//! has; 06/07/1990 in it could be either day, and is refused.

use std::collections::BTreeMap;

use crate::roster::file::{Cell, Reading};
use crate::roster::kind::Kind;

use super::header::{Header, Role};

/// What the dates of each column look like.
#[derive(Debug, Default)]
pub(super) struct Months {
    /// Dates that can only be month first, and only day first, by position.
    seen: BTreeMap<usize, (u32, u32)>,
}

impl Months {
    /// Looks at a row of data.
    pub(super) fn see<K: Kind>(&mut self, header: &Header<K::Input>, cells: &[Cell]) {
        for bound in &header.columns {
            if bound.column.reading != Reading::Date || matches!(bound.role, Role::Part(_)) {
                continue;
            }
            let text = cells.get(bound.at).and_then(Cell::as_text);
            match text.and_then(first_two) {
                Some((1..=12, 13..=31)) => self.seen.entry(bound.at).or_default().0 += 1,
                Some((13..=31, 1..=12)) => self.seen.entry(bound.at).or_default().1 += 1,
                _ => {}
            }
        }
    }

    /// The field of a date in the row that could be two days.
    pub(super) fn ambiguous<K: Kind>(
        &self,
        header: &Header<K::Input>,
        cells: &[Cell],
    ) -> Option<&'static str> {
        let could_be_two = |at: usize| {
            let text = cells.get(at).and_then(Cell::as_text);
            let two = text.and_then(first_two);
            two.is_some_and(|(a, b)| a != b && (1..=12).contains(&a) && (1..=12).contains(&b))
        };
        let month_first = |at: &usize| {
            self.seen.get(at).is_some_and(|(month_first, day_first)| month_first > day_first)
        };
        let mut columns = header.columns.iter();
        let found = columns.find(|bound| month_first(&bound.at) && could_be_two(bound.at));
        found.map(|bound| bound.column.field)
    }
}

/// The first two numbers of a date of three, the last being the year.
fn first_two(text: &str) -> Option<(u8, u8)> {
    let text = text.trim().trim_start_matches('\'');
    let mut parts = text.split(['/', '-', '.']).map(str::trim);
    let (one, two, year) = (parts.next()?, parts.next()?, parts.next()?);
    let year: String = year.chars().take_while(char::is_ascii_digit).collect();
    if parts.next().is_some() || !matches!(year.len(), 2 | 4) {
        return None;
    }
    Some((one.parse().ok()?, two.parse().ok()?))
}
