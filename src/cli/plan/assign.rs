//! Single assignments.

use anyhow::Result;
use clap::{Args, ValueEnum};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{day, held, message, written};
use crate::cli::Cx;
use crate::cli::connection::{refused, request, request_id};
use crate::cli::listing::{Export, render};
use crate::roster::sheet::Sheet;
use crate::wire::pb;

/// Assignments shown where nobody said how many.
const SHOWN_LEN: usize = 100;

/// Who goes where.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Assign {
    /// The id of the reservist, or of the piece of equipment with --equipment.
    subject: String,
    /// The reserve unit.
    #[arg(long, value_name = "CODE")]
    unit: String,
    /// The number of the post or equipment line.
    #[arg(long, value_name = "NO")]
    post: u32,
    /// The id is of a piece of equipment.
    #[arg(long)]
    equipment: bool,
    /// Onto the waiting list of the post.
    #[arg(long)]
    waiting: bool,
    /// The first day, as 2026-01-31; today without it.
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: Option<Date>,
}

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

/// What ends.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct End {
    /// The assignment's id.
    assignment: String,
    /// Why.
    #[arg(long, value_enum)]
    reason: Why,
    /// The last day, as 2026-01-31; today without it.
    #[arg(long, value_name = "DATE", value_parser = day)]
    on: Option<Date>,
}

/// Who takes whose place.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Replace {
    /// The assignment's id.
    assignment: String,
    /// The id of who or what takes the place.
    #[arg(long, value_name = "ID")]
    by: String,
    /// The first day of the new one, as 2026-01-31; today without it.
    #[arg(long, value_name = "DATE", value_parser = day)]
    on: Option<Date>,
}

/// Whose waiting list.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Waiting {
    /// Only of this reserve unit.
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    unit: String,
    /// Only of this post or line.
    #[arg(long, value_name = "NO", default_value_t = 0, hide_default_value = true)]
    post: u32,
    /// The post is an equipment line.
    #[arg(long)]
    equipment: bool,
    /// Gives the open places of the post to those who wait, in order.
    #[arg(long, requires = "unit", requires = "post", conflicts_with = "export")]
    promote: bool,
    #[command(flatten)]
    export: Export,
}

/// Which assignments.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Listing {
    /// Only of this reserve unit.
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    unit: String,
    /// Only of this post or line.
    #[arg(long, value_name = "NO", default_value_t = 0, hide_default_value = true)]
    post: u32,
    /// Only of this reservist or piece of equipment.
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    subject: String,
    /// At most this many, 100 if not said, or all with --export.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    export: Export,
}

fn stage(at: &pb::Assignment) -> &'static str {
    match at.stage() {
        pb::AssignmentStage::Waiting => "waiting",
        pb::AssignmentStage::Active => "active",
        pb::AssignmentStage::Ended => "ended",
        pb::AssignmentStage::Unspecified => "-",
    }
}

const fn fit(tier: u32) -> &'static str {
    match tier {
        1 => "exact, class 1",
        2 => "exact, class 2",
        3 => "near, class 1",
        _near_second => "near, class 2",
    }
}

fn value(at: &pb::Assignment) -> Value {
    json!({
        "id": at.assignment_id,
        "version": at.version,
        "subject": at.subject_id,
        "equipment": at.is_equipment,
        "commune": at.unit_code,
        "unit": at.reserve_unit_code,
        "post": at.post_no,
        "tier": at.tier,
        "stage": stage(at),
        "from": written(at.start_date.as_ref()),
        "to": at.end_date.as_ref().map(|day| written(Some(day))),
        "superseded_by": at.superseded_by,
    })
}

fn sheet(all: &[pb::Assignment]) -> Sheet {
    let columns = ["ID", "SUBJECT", "UNIT", "POST", "FITS", "STAGE", "FROM", "TO"];
    let mut sheet = Sheet::new("", &columns);
    for at in all {
        sheet.push([
            at.assignment_id.as_str().into(),
            at.subject_id.as_str().into(),
            at.reserve_unit_code.as_str().into(),
            at.post_no.into(),
            fit(at.tier).into(),
            stage(at).into(),
            written(at.start_date.as_ref()).into(),
            written(at.end_date.as_ref()).into(),
        ]);
    }
    sheet
}

fn show(cx: &Cx, all: &[pb::Assignment], export: &Export) -> Result<()> {
    let values: Vec<Value> = all.iter().map(value).collect();
    export.show(&cx.screen, &values, &sheet(all), "")
}

pub(super) async fn assign(cx: &Cx, assign: Assign) -> Result<()> {
    let ask = pb::AssignRequest {
        request_id: request_id(),
        subject_id: assign.subject,
        is_equipment: assign.equipment,
        reserve_unit_code: assign.unit,
        post_no: assign.post,
        waiting: assign.waiting,
        start_date: message(assign.from),
    };
    let reply = cx.connect().await?.plan().assign(request(ask)).await.map_err(refused)?;
    let said = reply.into_inner();
    let made = [held(said.assignment)?];
    let mut values: Vec<Value> = made.iter().map(value).collect();
    let mut foot = "";
    if said.also_militia {
        values[0]["also_militia"] = json!(true);
        foot = "warning: the person serves in the militia too: settle which service calls first";
    }
    Export::default().show(&cx.screen, &values, &sheet(&made), foot)
}

pub(super) async fn end(cx: &Cx, end: End) -> Result<()> {
    let reason = match end.reason {
        Why::NoLongerFits => pb::AssignmentEnd::NoLongerFits,
        Why::Gone => pb::AssignmentEnd::Gone,
        Why::PlanChanged => pb::AssignmentEnd::PlanChanged,
        Why::Mistake => pb::AssignmentEnd::Mistake,
        Why::Other => pb::AssignmentEnd::Other,
    };
    let ask = pb::EndAssignmentRequest {
        request_id: request_id(),
        assignment_id: end.assignment,
        version: 0,
        end_date: message(end.on),
        reason: reason.into(),
    };
    let reply = cx.connect().await?.plan().end_assignment(request(ask)).await.map_err(refused)?;
    show(cx, &[held(reply.into_inner().assignment)?], &Export::default())
}

pub(super) async fn replace(cx: &Cx, replace: Replace) -> Result<()> {
    let ask = pb::ReplaceAssignmentRequest {
        request_id: request_id(),
        assignment_id: replace.assignment,
        version: 0,
        subject_id: replace.by,
        start_date: message(replace.on),
    };
    let reply = cx.connect().await?.plan().replace_assignment(request(ask)).await;
    let said = reply.map_err(refused)?.into_inner();
    show(cx, &[held(said.ended)?, held(said.assignment)?], &Export::default())
}

pub(super) async fn waiting(cx: &Cx, waiting: Waiting) -> Result<()> {
    let Waiting { unit, post, equipment, promote, export } = waiting;
    if promote {
        let ask = pb::PromoteWaitingRequest {
            request_id: request_id(),
            reserve_unit_code: unit,
            post_no: post,
            is_equipment: equipment,
            start_date: None,
        };
        let reply = cx.connect().await?.plan().promote_waiting(request(ask)).await;
        let said = reply.map_err(refused)?.into_inner();
        let refused: Vec<Value> = said
            .refused
            .iter()
            .map(|at| json!({ "subject": at.subject_id, "reason": at.reason }))
            .collect();
        let promoted: Vec<Value> = said.promoted.iter().map(value).collect();
        return cx.screen.show(&json!({ "promoted": promoted, "refused": refused }), || {
            let kept = said.refused.iter().map(|at| format!("\n{}  {}", at.subject_id, at.reason));
            format!("{}{}", render(&sheet(&said.promoted), ""), kept.collect::<String>())
        });
    }
    export.target()?;
    let all =
        fetch(cx, unit, post, String::new(), pb::AssignmentStage::Waiting, usize::MAX).await?;
    show(cx, &all, &export)
}

pub(super) async fn list(cx: &Cx, listing: Listing) -> Result<()> {
    let Listing { unit, post, subject, limit, export } = listing;
    let unsaid = if export.target()?.is_some() { usize::MAX } else { SHOWN_LEN };
    let limit = limit.unwrap_or(unsaid);
    let stage = pb::AssignmentStage::Unspecified;
    let all = fetch(cx, unit, post, subject, stage, limit).await?;
    show(cx, &all, &export)
}

async fn fetch(
    cx: &Cx,
    unit: String,
    post: u32,
    subject: String,
    stage: pb::AssignmentStage,
    limit: usize,
) -> Result<Vec<pb::Assignment>> {
    let connection = cx.connect().await?;
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let ask = pb::ListAssignmentsRequest {
            page_size: 500,
            page_token,
            reserve_unit_code: unit.clone(),
            post_no: post,
            stage: stage.into(),
            subject_id: subject.clone(),
        };
        let page = connection.plan().list_assignments(request(ask)).await.map_err(refused)?;
        let page = page.into_inner();
        let is_last = page.next_page_token.is_empty() || page.assignments.is_empty();
        all.extend(page.assignments);
        page_token = page.next_page_token;
        if is_last || all.len() >= limit {
            all.truncate(limit);
            return Ok(all);
        }
    }
}
