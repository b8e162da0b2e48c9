//! Fields that are parted over columns: surname and given name, day and month and year of birth.
//!
//! Called when the columns of a header are bound. Invariant: columns are parts of one field only where
//! their headers, or all rows below, say so.

use super::{Bound, Header, Numbered, Role};
use crate::domain::text::clean;
use crate::roster::kind::Kind;
use crate::roster::table::labels::{FOREIGN, find, plain};

/// What stands over day, month and year of birth where each has its column.
const BIRTH: [&[&str]; 3] =
    [&["ngay", "ngay sinh"], &["thang", "thang sinh"], &["nam", "nam sinh"]];

impl<I> Header<I> {
    /// "Ngày | Tháng | Năm sinh" side by side, or under one header, are one date of birth.
    pub(super) fn settle_birth<K: Kind<Input = I>>(&mut self, is_said: &dyn Fn(usize) -> bool) {
        let has_parts = K::PARTS.iter().any(|(_, field, _)| *field == "birth");
        let Some(column) = K::column("birth").filter(|_| has_parts) else { return };
        let own = |at: usize| plain(self.label(at).rsplit(" / ").next().unwrap_or_default());
        let is_triple = |at: &usize| {
            let is_own = |(place, words): (usize, &&[&str])| words.contains(&own(place).as_str());
            (*at..).zip(&BIRTH).all(is_own)
        };
        let over = |at: usize| self.label(at).rsplit_once(" / ").map_or("", |(over, _)| over);
        let is_of_birth = |at: &usize| {
            let mut over = over(*at).split(" / ");
            let is_over =
                over.any(|text| find::<K>(text).is_some_and(|found| found.field == "birth"));
            is_over || own(*at) == "ngay sinh" || own(*at + 2) == "nam sinh"
        };
        let is_ours = |at: &usize| {
            let top = over(*at).split(" / ").next().map(plain).unwrap_or_default();
            !FOREIGN.contains(&top.as_str())
        };
        let places = self.labels.iter().map(|(at, _)| *at);
        let mut triples = places.filter(is_triple).filter(is_of_birth).filter(is_ours);
        let Some(first) = triples.next() else { return };
        let within = first..first + BIRTH.len();
        let has_other = self.columns.iter().any(|bound| {
            (bound.column.field == "birth") != within.contains(&bound.at)
                && (bound.column.field == "birth" || within.contains(&bound.at))
        });
        if has_other || within.clone().any(is_said) {
            return;
        }
        self.columns.retain(|bound| !within.contains(&bound.at));
        self.repeated.retain(|(_, at)| !within.contains(at));
        let parts =
            within.zip(0..).map(|(at, order)| Bound { at, column, role: Role::Part(order) });
        self.columns.extend(parts);
    }

    /// A lone "Tên" is the whole name; with "Họ đệm" beside it, its last part. And a name whose header
    /// is merged over two columns is parted though nothing says so; that is for the data to tell.
    pub(super) fn settle_parts<K: Kind<Input = I>>(&mut self) {
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
    pub(in crate::roster::table) fn widen_name<K: Kind<Input = I>>(&mut self, rows: &[Numbered]) {
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
}
