//! Assignments ended: one, or all whose holders may not hold their place any more.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::listing::{Columns, Listed, fetch, never_began, sheet, show_with, value};
use super::{held, message};
use crate::cli::Cx;
use crate::cli::connection::{refused, request, request_id};
use crate::cli::days::day;
use crate::cli::listing::{Export, render};
use crate::limits;
use crate::wire::pb;

/// Why an assignment ends.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Why {
    /// Age, health or status.
    NoLongerFits,
    /// Moved away, sold, scrapped.
    Gone,
    /// The establishment changed.
    PlanChanged,
    /// Entered by mistake.
    Mistake,
    /// Another reason.
    Other,
}

impl From<Why> for pb::AssignmentEnd {
    fn from(why: Why) -> Self {
        match why {
            Why::NoLongerFits => Self::NoLongerFits,
            Why::Gone => Self::Gone,
            Why::PlanChanged => Self::PlanChanged,
            Why::Mistake => Self::Mistake,
            Why::Other => Self::Other,
        }
    }
}

/// What ends.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct End {
    /// The assignment's id.
    #[arg(required_unless_present = "unfit", conflicts_with = "unfit")]
    assignment: Option<String>,
    /// All active ones whose holder may not hold the place any more, as `plan assignments --unfit`
    /// lists them.
    #[arg(long)]
    unfit: bool,
    /// Only of this reserve unit.
    #[arg(long, value_name = "CODE", requires = "unfit", conflicts_with = "assignment")]
    unit: Option<String>,
    /// Why; with --unfit `no-longer-fits` if not said.
    #[arg(long, value_enum, required_unless_present_any = ["unfit", "take_back"])]
    reason: Option<Why>,
    /// Takes back an end whose last day is not over: the holder keeps the place.
    #[arg(long, conflicts_with_all = ["unfit", "reason", "on"])]
    take_back: bool,
    /// The last day, as 2026-01-31, at most a year ahead; today without it. The day before the first
    /// takes back an assignment that has not begun. An end whose last day is not over may be set anew. With --unfit also the day for which holders are judged.
    #[arg(long, value_name = "DATE", value_parser = day)]
    on: Option<Date>,
    /// Lists what would end, and changes nothing.
    // What conflicts with `assignment` is not required beside it: each must say so itself.
    #[arg(long, requires = "unfit", conflicts_with = "assignment")]
    dry_run: bool,
}

pub(super) async fn end(cx: &Cx, end: End) -> Result<()> {
    let reason: pb::AssignmentEnd = end.reason.unwrap_or(Why::NoLongerFits).into();
    if end.unfit {
        return end_unfit(cx, end, reason).await;
    }
    let ask = pb::EndAssignmentRequest {
        request_id: request_id(),
        assignment_id: end.assignment.context("name an assignment, or give --unfit")?,
        version: 0,
        end_date: message(end.on),
        reason: if end.take_back { 0 } else { reason.into() },
        take_back: end.take_back,
    };
    let reply = cx.connect().await?.plan().end_assignment(request(ask)).await.map_err(refused)?;
    let ended = Listed::plain(held(reply.into_inner().assignment)?);
    let foot = if never_began(&ended.assignment) {
        "taken back before it began: the place was never held"
    } else {
        ""
    };
    show_with(cx, &[ended], Columns::default(), &Export::default(), foot)
}

/// What became of all that were listed.
#[derive(Debug)]
struct Said {
    on: Date,
    is_dry: bool,
    ended: Vec<Listed>,
    left: Vec<pb::LeftAssignment>,
    /// Ledger entries.
    entries: Vec<u64>,
}

/// One day for all of them, whatever the hour: the batches are asked for one after the other.
async fn end_unfit(cx: &Cx, end: End, reason: pb::AssignmentEnd) -> Result<()> {
    let on = end.on.unwrap_or_else(|| cx.clock.now().date_in_vietnam());
    let ask = pb::ListAssignmentsRequest {
        reserve_unit_code: end.unit.unwrap_or_default(),
        only_unfit: true,
        as_of: message(Some(on)),
        ..pb::ListAssignmentsRequest::default()
    };
    let listed = fetch(cx, ask, usize::MAX).await?;
    let (ended, left, entries) = (Vec::new(), Vec::new(), Vec::new());
    let mut said = Said { on, is_dry: end.dry_run, ended, left, entries };
    let connection = cx.connect().await?;
    for batch in listed.chunks(limits::RECORDS_PER_BATCH_MAX) {
        let seen = batch.iter().map(|Listed { assignment: at, .. }| pb::SeenAssignment {
            assignment_id: at.assignment_id.clone(),
            version: at.version,
        });
        let ask = pb::EndUnfitAssignmentsRequest {
            request_id: request_id(),
            assignments: seen.collect(),
            end_date: message(Some(on)),
            reason: reason.into(),
            dry_run: end.dry_run,
        };
        let done = connection.plan().end_unfit_assignments(request(ask)).await;
        let done = done.map_err(refused).with_context(|| {
            format!("{} ended before this: run it again for the others", said.ended.len())
        })?;
        let done = done.into_inner();
        for one in done.ended {
            said.ended.push(Listed::unfit(held(one.assignment)?, one.reason));
        }
        said.left.extend(done.left);
        said.entries.extend(Some(done.ledger_index).filter(|index| *index > 0));
    }
    cx.screen.show(&said.value(), || said.text())
}

impl Said {
    fn left_by_reason(&self) -> BTreeMap<&str, u64> {
        let mut counts = BTreeMap::new();
        for at in &self.left {
            *counts.entry(at.reason.as_str()).or_default() += 1;
        }
        counts
    }

    fn value(&self) -> Value {
        let left = |at: &pb::LeftAssignment| json!({ "id": at.assignment_id, "reason": at.reason });
        json!({
            "on": self.on.to_string(),
            "dry_run": self.is_dry,
            "ended": if self.is_dry { 0 } else { self.ended.len() },
            "assignments": self.ended.iter().map(value).collect::<Vec<_>>(),
            "left": self.left_by_reason(),
            "left_assignments": self.left.iter().map(left).collect::<Vec<_>>(),
            "ledger_entries": self.entries,
        })
    }

    fn text(&self) -> String {
        let (count, on) = (self.ended.len(), self.on);
        let mut foot = if self.is_dry {
            format!("{count} would end, their last day {on}; nothing was changed")
        } else {
            let batches = self.entries.len();
            format!("{count} ended, their last day {on}, in {batches} ledger entries")
        };
        if !self.left.is_empty() {
            let counts = self.left_by_reason();
            let counts: Vec<String> = counts.iter().map(|(why, n)| format!("{why} {n}")).collect();
            foot.push_str(&format!("\nleft as they are: {}", counts.join(", ")));
        }
        render(&sheet(&self.ended, Columns::UNFIT), &foot)
    }
}
