//! Single assignments: made, given to another, moved up from the waiting list.

use anyhow::Result;
use clap::Args;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::listing::{Columns, Listed, fetch, sheet, show, value};
use super::{also_militia, held, message};
use crate::cli::Cx;
use crate::cli::connection::{refused, request, request_id};
use crate::cli::days::day;
use crate::cli::listing::{Export, render};
use crate::wire::pb;

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
    let made = [Listed::plain(held(said.assignment)?)];
    let mut values: Vec<Value> = made.iter().map(value).collect();
    if said.also_militia {
        values[0]["also_militia"] = json!(true);
    }
    let foot = also_militia(said.also_militia.into());
    Export::default().show(&cx.screen, &values, &sheet(&made, Columns::default()), &foot)
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
    let both = [Listed::plain(held(said.ended)?), Listed::plain(held(said.assignment)?)];
    let mut values: Vec<Value> = both.iter().map(value).collect();
    if said.also_militia {
        values[1]["also_militia"] = json!(true);
    }
    let foot = also_militia(said.also_militia.into());
    Export::default().show(&cx.screen, &values, &sheet(&both, Columns::default()), &foot)
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
        let (unit, post) = (ask.reserve_unit_code.clone(), ask.post_no);
        let reply = cx.connect().await?.plan().promote_waiting(request(ask)).await;
        let said = reply.map_err(refused)?.into_inner();
        let has_none = said.promoted.is_empty() && said.refused.is_empty();
        let why = if has_none { Some(nobody(waiting_for(cx, unit, post).await?)) } else { None };
        show_promoted(cx, said)?;
        why.into_iter().for_each(|why| cx.screen.note(why));
        return Ok(());
    }
    export.target()?;
    let ask = pb::ListAssignmentsRequest {
        reserve_unit_code: unit,
        post_no: post,
        stage: pb::AssignmentStage::Waiting.into(),
        with_names: true,
        ..pb::ListAssignmentsRequest::default()
    };
    let all = fetch(cx, ask, usize::MAX).await?;
    show(cx, &all, Columns::NAMED, &export)
}

/// How many wait for a post or line of this number.
async fn waiting_for(cx: &Cx, unit: String, post: u32) -> Result<usize> {
    let ask = pb::ListAssignmentsRequest {
        reserve_unit_code: unit,
        post_no: post,
        stage: pb::AssignmentStage::Waiting.into(),
        ..pb::ListAssignmentsRequest::default()
    };
    Ok(fetch(cx, ask, usize::MAX).await?.len())
}

/// Why nobody who waits got a place, and no reason stands beside anybody.
const fn nobody(waiting: usize) -> &'static str {
    match waiting {
        0 => "nobody got a place, for nobody waits for it",
        _ => {
            "nobody got a place, for none is open: who holds one keeps it until his last day; end an \
             assignment first (plan end)"
        }
    }
}

fn show_promoted(cx: &Cx, said: pb::PromoteWaitingResponse) -> Result<()> {
    let refused: Vec<Value> = said
        .refused
        .iter()
        .map(|at| json!({ "subject": at.subject_id, "reason": at.reason, "detail": at.detail }))
        .collect();
    let promoted: Vec<Listed> = said.promoted.into_iter().map(Listed::plain).collect();
    let mut values: Vec<Value> = promoted.iter().map(value).collect();
    for value in &mut values {
        if said.also_militia.iter().any(|who| value["subject"] == who.as_str()) {
            value["also_militia"] = json!(true);
        }
    }
    cx.screen.show(&json!({ "promoted": values, "refused": refused }), || {
        let kept = said.refused.iter().map(|at| {
            let more = if at.detail.is_empty() { &at.reason } else { &at.detail };
            format!("\n{}  {more}", at.subject_id)
        });
        let foot = also_militia(said.also_militia.len());
        format!(
            "{}{}",
            render(&sheet(&promoted, Columns::default()), &foot),
            kept.collect::<String>()
        )
    })
}
