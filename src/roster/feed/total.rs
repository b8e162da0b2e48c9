//! What the server said of all batches, and how it goes into the report.

use std::collections::BTreeMap;

use super::FeedError;
use super::batch::{Answer, Fact, Facts};
use crate::roster::report::{Change, add_one, take_one};
use crate::roster::{ImportReport, RowKey};

/// Most rows whose changes a report shows; a whole province's would fill the memory.
pub(super) const CHANGES_SHOWN_MAX: usize = 10_000;

/// What the server said of all batches.
#[derive(Default)]
pub(super) struct Total {
    /// Batches that were answered.
    pub(super) answered: u64,
    created: u64,
    updated: u64,
    unchanged: u64,
    refused: Vec<(Fact, String)>,
    changes: Vec<(RowKey, Vec<Change>)>,
    warnings: BTreeMap<String, u64>,
}

impl Total {
    /// Adds the answer for a batch; gives its rows.
    pub(super) fn add(&mut self, answer: Answer, mut sent: Facts) -> Result<u64, FeedError> {
        let len = u64::try_from(sent.rows.len()).unwrap_or(u64::MAX);
        let refused = u64::try_from(answer.refused.len()).unwrap_or(u64::MAX);
        if answer.created + answer.updated + answer.unchanged + refused != len {
            return Err(FeedError::Answer);
        }
        for (row, fields) in answer.changes {
            let fact = sent.rows.iter().find(|fact| fact.ordinal == row);
            let key = fact.ok_or(FeedError::Answer)?.key.clone();
            if self.changes.len() < CHANGES_SHOWN_MAX {
                self.changes.push((key, fields));
            }
        }
        for (row, code) in answer.warnings {
            if !sent.rows.iter().any(|fact| fact.ordinal == row) {
                return Err(FeedError::Answer);
            }
            add_one(&mut self.warnings, &code);
        }
        for (row, reason) in answer.refused {
            let at = sent.rows.iter().position(|fact| fact.ordinal == row);
            self.refused.push((sent.rows.swap_remove(at.ok_or(FeedError::Answer)?), reason));
        }
        self.created += answer.created;
        self.updated += answer.updated;
        self.unchanged += answer.unchanged;
        self.answered += 1;
        Ok(len)
    }

    /// Rows that the server refused were good to the reader: they move over.
    pub(super) fn into_report(self, report: &mut ImportReport) {
        (report.created, report.updated, report.unchanged) =
            (self.created, self.updated, self.unchanged);
        report.changes = self.changes.into_iter().collect();
        for (fact, reason) in self.refused {
            report.accepted -= 1;
            take_one(&mut report.by_unit, fact.unit.as_str());
            for warning in fact.warnings {
                take_one(&mut report.warnings, warning.code());
            }
            report.rejected.insert(fact.key, reason);
        }
        for (code, count) in self.warnings {
            *report.warnings.entry(code).or_default() += count;
        }
    }
}
