//! The columns of a file that no field is for: named in the report, so that nothing is lost in silence.
//!
//! Called when a table was found. Knows headers and whether cells are blank, not what is in them.

use super::{Header, Numbered, REASON_HEADER};
use crate::roster::IgnoredColumn;
use crate::roster::file::Cell;
use crate::roster::table::labels::plain;
use crate::roster::table::mapping::{Mapping, letters};

/// Most characters of a header that are shown again.
const HEADER_SHOWN_CHARS_MAX: usize = 80;

/// Headers of what our own lists have beside the fields.
fn is_beside(label: &str) -> bool {
    let label = plain(label);
    let ours = [
        "version",
        "created time",
        "updated time",
        "source",
        "birth precision",
        "ngay lap ho so",
        "ngay cap nhat",
        "nguon du lieu",
    ];
    ours.contains(&label.as_str())
        || label == plain(REASON_HEADER)
        || matches!(
            label.as_str(),
            "reservist id" | "equipment id" | "militia base id" | "enterprise id" | "activity id"
        )
}

impl<I> Header<I> {
    /// The columns that no field is for, though something stands over or in them. What a mapping file
    /// says to ignore is no surprise, nor is what our own lists have beside the fields.
    pub(in crate::roster) fn ignored(
        &self,
        rows: &[Numbered],
        mapping: &Mapping,
    ) -> Vec<IgnoredColumn> {
        let is_known = |at: usize| {
            self.columns.iter().any(|bound| bound.at == at)
                || self.index_at == Some(at)
                || self.district_at == Some(at)
        };
        let is_row = |cells: &[Cell]| {
            let is_filled = |at: usize| cells.get(at).is_some_and(|cell| !cell.is_blank());
            self.columns.iter().filter(|bound| is_filled(bound.at)).count() >= self.known_min()
        };
        let below: Vec<&Vec<Cell>> = rows
            .iter()
            .filter(|(number, cells)| *number > self.last && is_row(cells))
            .map(|(_number, cells)| cells)
            .collect();
        let width = below.iter().map(|cells| cells.len()).chain([self.labels.len()]).max();
        let last_label = self.labels.iter().map(|(at, _)| at + 1).max();
        let all = 0..width.max(last_label).unwrap_or(0);
        let ignored = all.filter(|at| !is_known(*at)).filter_map(|at| {
            let label = self.label(at);
            let own = label.rsplit(" / ").next().unwrap_or_default();
            let is_said = mapping.ignores(own) || mapping.ignores(label);
            let is_meant = is_beside(own) || is_said || mapping.ignores_at(at);
            let has_content =
                below.iter().any(|cells| cells.get(at).is_some_and(|cell| !cell.is_blank()));
            let is_lost = (has_content || !label.is_empty()) && !is_meant;
            is_lost.then(|| IgnoredColumn {
                column: letters(at),
                header: label.chars().take(HEADER_SHOWN_CHARS_MAX).collect(),
            })
        });
        ignored.collect()
    }
}
