//! What the server said of all batches, and how it goes into the report.

use super::FeedError;
use super::batch::{Answer, Fact, Facts};
use crate::roster::report::{Change, Place, Warnings, take_one};
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
    refused: Vec<(Fact, String, String)>,
    changes: Vec<(RowKey, Vec<Change>)>,
    warnings: Warnings,
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
        for (row, code, about) in answer.warnings {
            let fact = sent.rows.iter().find(|fact| fact.ordinal == row);
            let fact = fact.ok_or(FeedError::Answer)?;
            // What the reader found already is said once.
            if !fact.warnings.iter().any(|warning| warning.code() == code) {
                self.warnings.add(&code, &fact.key, Some(about).filter(|it| !it.is_empty()));
            }
        }
        for (row, reason, about) in answer.refused {
            let at = sent.rows.iter().position(|fact| fact.ordinal == row);
            self.refused.push((sent.rows.swap_remove(at.ok_or(FeedError::Answer)?), reason, about));
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
        for (fact, reason, about) in self.refused {
            report.accepted -= 1;
            take_one(&mut report.by_unit, fact.unit.as_str());
            for warning in fact.warnings {
                report.warnings.take(warning.code(), &fact.key);
            }
            if !about.is_empty() {
                let place = Place { hint: Some(format!("record {about}")), ..Place::of(&reason) };
                report.places.insert(fact.key.clone(), place);
            }
            report.rejected.insert(fact.key, reason);
        }
        report.warnings.merge(self.warnings);
    }
}
