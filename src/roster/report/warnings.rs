//! How often each warning was given, and on which rows.
//!
//! Filled by the readers and by what the server answers. In JSON they are `warnings`, a count for each
//! code, and `warning_rows`, the first rows of each. Invariant: the counts are of all rows, the rows only
//! the first of many.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::{RowKey, add_one, take_one};

/// Rows of a code that are held: some of them may be refused later.
const ROWS_HELD_MAX: usize = 1_000;
/// Rows of a code that are shown.
const ROWS_SHOWN_MAX: usize = 20;

/// A row that a warning was given on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warned {
    /// The row.
    pub row: RowKey,
    /// What it is about: another row or record, a place of the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

/// Warnings by code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct Warnings {
    #[serde(rename = "warnings")]
    counts: BTreeMap<String, u64>,
    #[serde(
        rename = "warning_rows",
        skip_serializing_if = "BTreeMap::is_empty",
        serialize_with = "shown"
    )]
    rows: BTreeMap<String, Vec<Warned>>,
}

fn shown<S: Serializer>(rows: &BTreeMap<String, Vec<Warned>>, to: S) -> Result<S::Ok, S::Error> {
    let first = |rows: &Vec<Warned>| rows[..rows.len().min(ROWS_SHOWN_MAX)].to_vec();
    to.collect_map(rows.iter().map(|(code, rows)| (code, first(rows))))
}

impl std::ops::Index<&str> for Warnings {
    type Output = u64;

    fn index(&self, code: &str) -> &u64 {
        self.counts.get(code).unwrap_or(&0)
    }
}

impl Warnings {
    pub(super) const fn new() -> Self {
        Self { counts: BTreeMap::new(), rows: BTreeMap::new() }
    }

    /// Counts one more.
    pub fn add(&mut self, code: &str, row: &RowKey, about: Option<String>) {
        add_one(&mut self.counts, code);
        let rows = match self.rows.get_mut(code) {
            Some(rows) => rows,
            None => self.rows.entry(code.to_owned()).or_default(),
        };
        if rows.len() < ROWS_HELD_MAX {
            rows.push(Warned { row: row.clone(), about });
        }
    }

    /// Counts one less: the row was refused after all.
    pub(in crate::roster) fn take(&mut self, code: &str, row: &RowKey) {
        take_one(&mut self.counts, code);
        if !self.counts.contains_key(code) {
            self.rows.remove(code);
        } else if let Some(rows) = self.rows.get_mut(code) {
            rows.retain(|warned| warned.row != *row);
        }
    }

    /// Takes over those that the server gave.
    pub(in crate::roster) fn merge(&mut self, other: Self) {
        for (code, count) in other.counts {
            *self.counts.entry(code).or_default() += count;
        }
        for (code, more) in other.rows {
            let rows = self.rows.entry(code).or_default();
            rows.extend(more);
            rows.sort_by(|one, other| one.row.cmp(&other.row));
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// How often a warning was given; none where it was not.
    pub fn get(&self, code: &str) -> Option<u64> {
        self.counts.get(code).copied()
    }

    /// Each code with its count and the first rows it was given on.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64, &[Warned])> {
        self.counts.iter().map(|(code, count)| {
            let rows = self.rows.get(code).map_or(&[][..], Vec::as_slice);
            (code.as_str(), *count, &rows[..rows.len().min(ROWS_SHOWN_MAX)])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rows_are_counted_and_the_first_are_named() {
        let mut warnings = Warnings::new();
        for row in 1..=30 {
            warnings.add("NAME_NORMALIZED", &row.into(), None);
        }
        warnings.add("LIKELY_DOUBLE", &4.into(), Some("row 2".to_owned()));
        warnings.take("NAME_NORMALIZED", &3.into());
        let json = serde_json::to_value(&warnings).expect("plain data");
        assert_eq!(json["warnings"]["NAME_NORMALIZED"], 29);
        let rows = json["warning_rows"]["NAME_NORMALIZED"].as_array().expect("a list");
        assert_eq!((rows.len(), &rows[2]["row"]), (20, &serde_json::json!("4")));
        assert_eq!(json["warning_rows"]["LIKELY_DOUBLE"][0]["about"], "row 2");
        warnings.take("LIKELY_DOUBLE", &4.into());
        assert_eq!((warnings.get("LIKELY_DOUBLE"), warnings.iter().count()), (None, 1));
    }
}
