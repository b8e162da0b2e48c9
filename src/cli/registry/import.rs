//! Reading a roster and sending it, both at once: a thread reads, checks and hands on row by row, and
//! the feed sends batches. What came of it is one report, without anything that stood in a row.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::cli::Cx;
use crate::cli::connection::Connection;
use crate::cli::joints::Numbered;
use crate::cli::output::{table, text_of};
use crate::domain::ids::UnitCode;
use crate::domain::registry::Lists;
use crate::domain::unit::Units;
use crate::roster::lists::{shipped_equipment_types, shipped_specialties};
use crate::roster::{ImportReport, Options, RosterError, Row, Source};

/// Checked rows that wait for the feed: a few batches, so that neither side idles.
const ROWS_WAITING_MAX: usize = 1_000;
/// Records asked for at once.
const PAGE_LEN: usize = 50;

/// Which roster, and how to read it.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Roster {
    /// An .xlsx, .xls, .ods or .csv file.
    pub(super) file: PathBuf,
    /// The unit of rows that name none.
    #[arg(long, value_name = "CODE")]
    pub(super) unit: Option<UnitCode>,
    /// The sheet to read, where several hold a table.
    #[arg(long, value_name = "NAME")]
    pub(super) sheet: Option<String>,
    /// Only reads and checks; nothing is sent.
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Which records to list.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Listing {
    /// Comparisons joined by AND: unit (with all under it), reserve_class, specialty, type, status.
    #[arg(long, value_name = "FILTER", default_value = "", hide_default_value = true)]
    pub(super) filter: String,
    /// At most this many.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(super) limit: usize,
}

impl Listing {
    /// How many to ask for next: a page of the largest records keeps within one message.
    pub(super) fn page(&self, have: usize) -> u32 {
        u32::try_from(self.limit.saturating_sub(have).min(PAGE_LEN)).unwrap_or(1)
    }
}

/// A record as lines `field  value`, without fields that are empty.
pub(super) fn lines(value: &Value) -> String {
    let mut rows = table(&["FIELD", "VALUE"]);
    for (field, value) in value.as_object().into_iter().flatten() {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Array(parts) => {
                parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
            }
            Value::Null => String::new(),
            other => other.to_string(),
        };
        if !text.is_empty() {
            rows.add_row([field.clone(), text]);
        }
    }
    text_of(&rows)
}

/// Reads one kind of roster.
pub(super) type Reader<T> = fn(
    Source<'_>,
    &Options<'_>,
    &mut dyn FnMut(Row<T>) -> ControlFlow<()>,
) -> Result<ImportReport, RosterError>;

/// Reads a roster on a thread of its own and hands accepted rows to `feed`, which says what became of
/// them. With `dry_run` nothing is handed on.
pub(super) async fn run<T: Send + 'static, F>(
    cx: &Cx,
    roster: Roster,
    read: Reader<T>,
    feed: impl FnOnce(Connection, mpsc::Receiver<Numbered<T>>, indicatif::ProgressBar) -> F,
) -> Result<()>
where
    F: Future<Output = Result<ImportReport>>,
{
    if !roster.file.is_file() {
        return Err(anyhow!("{} is not a file: give a roster", roster.file.display()));
    }
    let connection = cx.connect().await?;
    let units = connection.units().await?;
    let units: Vec<_> = units.iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
    let units = Units::from_list(units).context("the server's units do not hang together")?;
    let today = jiff::Timestamp::from_millisecond(cx.clock.now().millis())?
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    let (send, rows) = mpsc::channel(ROWS_WAITING_MAX);
    let (file, dry_run) = (roster.file.clone(), roster.dry_run);
    let reading = tokio::task::spawn_blocking(move || {
        let (specialties, equipment_types) = (shipped_specialties(), shipped_equipment_types());
        let lists = Lists {
            units: &units,
            specialties: &specialties,
            equipment_types: &equipment_types,
            as_of: today,
        };
        let options = Options { lists, default_unit: roster.unit, sheet: roster.sheet };
        read(Source::Path(&roster.file), &options, &mut |row: Row<T>| match row.result {
            Ok(checked) if !dry_run => match send.blocking_send((row.number, checked.record)) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_the_feed_stopped) => ControlFlow::Break(()),
            },
            Ok(_) | Err(_) => ControlFlow::Continue(()),
        })
    });
    let mut sent = None;
    if !dry_run {
        let bar = cx.screen.progress(0, "rows");
        sent = Some(feed(connection, rows, bar.clone()).await);
        bar.finish_and_clear();
    }
    // A fault of the file says more than the feed that ended with it.
    let mut report = reading.await.context("reading the roster ended early")??;
    if let Some(sent) = sent {
        take(&mut report, sent?);
    }
    tell(cx, &file, dry_run, &report)
}

/// Adds what the server said to what the reader found.
fn take(report: &mut ImportReport, sent: ImportReport) {
    report.created = sent.created;
    report.updated = sent.updated;
    report.unchanged = sent.unchanged;
    let refused = u64::try_from(sent.rejected.len()).unwrap_or(u64::MAX);
    report.accepted = report.accepted.saturating_sub(refused);
    report.rejected.extend(sent.rejected);
}

fn tell(cx: &Cx, file: &Path, dry_run: bool, report: &ImportReport) -> Result<()> {
    cx.screen.show(report, || {
        let mut text = format!(
            "{}: {} rows, {} accepted, {} refused",
            file.display(),
            report.rows,
            report.accepted,
            report.rejected.len()
        );
        if dry_run {
            text.push_str("; nothing was sent");
        } else {
            text.push_str(&format!(
                "; {} created, {} updated, {} unchanged",
                report.created, report.updated, report.unchanged
            ));
        }
        for (row, reason) in &report.rejected {
            text.push_str(&format!("\nrow {row} refused: {reason}"));
        }
        for (warning, count) in &report.warnings {
            text.push_str(&format!("\nwarning: {warning}, {count} times"));
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::RosterKind;

    #[test]
    fn rows_that_the_server_refused_are_not_counted_as_accepted() {
        let mut report = ImportReport::new(RosterKind::Reservists);
        (report.rows, report.accepted) = (5, 4);
        report.rejected.insert(3, "CITIZEN_ID_INVALID".into());
        let mut sent = ImportReport::new(RosterKind::Reservists);
        (sent.created, sent.updated, sent.unchanged) = (2, 1, 0);
        sent.rejected.insert(5, "UNIT_UNKNOWN".into());
        take(&mut report, sent);
        assert_eq!(report.accepted, report.created + report.updated + report.unchanged);
        assert_eq!(report.rejected.keys().collect::<Vec<_>>(), [&3, &5]);
    }
}
