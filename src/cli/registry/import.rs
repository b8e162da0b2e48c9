//! Importing a roster: the feed reads, checks and sends; what came of it is one report, without
//! anything personal that stood in a row.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use serde_json::Value;

use crate::cli::Cx;
use crate::cli::connection::{refused, request_id};
use crate::cli::output::{table, text_of};
use crate::domain::ids::UnitCode;
use crate::domain::unit::Units;
use crate::roster::feed::{self, Feed, FeedError};
use crate::roster::lists::{shipped_equipment_types, shipped_specialties};
use crate::roster::{ImportReport, RosterKind};

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

/// Reads a roster and feeds it to the server. With `dry_run` nothing is sent.
pub(super) async fn run(cx: &Cx, roster: Roster, kind: RosterKind) -> Result<()> {
    let Roster { file, unit, sheet, dry_run } = roster;
    if !file.is_file() {
        return Err(anyhow!("{} is not a file: give a roster", file.display()));
    }
    let connection = cx.connect().await?;
    let units = connection.units().await?;
    let units: Vec<_> = units.iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
    let feed = Feed {
        path: file.clone(),
        units: Units::from_list(units).context("the server's units do not hang together")?,
        specialties: shipped_specialties(),
        equipment_types: shipped_equipment_types(),
        as_of: cx.clock.now().date_in_vietnam(),
        default_unit: unit,
        sheet,
        name: request_id(),
    };
    let bar = cx.screen.counter("rows");
    let mut progress = |rows| bar.set_position(rows);
    let mut client = connection.registry();
    let fed = match (kind, dry_run) {
        (RosterKind::Reservists, false) => {
            feed::import_reservists(&mut client, feed, &mut progress).await
        }
        (RosterKind::Equipment, false) => {
            feed::import_equipment(&mut client, feed, &mut progress).await
        }
        (RosterKind::Reservists, true) => feed::check_reservists(feed).await,
        (RosterKind::Equipment, true) => feed::check_equipment(feed).await,
    };
    bar.finish_and_clear();
    let report = fed.map_err(|failure| match failure {
        FeedError::Server { answered: 0, source } => refused(*source),
        // The library's own words for a status are for programmers.
        FeedError::Server { answered, source } => refused(*source).context(format!(
            "the import was cut short after {answered} batches: import the file again to complete it"
        )),
        other => other.into(),
    })?;
    tell(cx, &file, dry_run, &report)
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
            let place = report.places.get(row).map(ToString::to_string).unwrap_or_default();
            text.push_str(&format!("\nrow {row} refused: {reason}{place}"));
        }
        for (warning, count) in &report.warnings {
            text.push_str(&format!("\nwarning: {warning}, {count} times"));
        }
        text
    })
}
