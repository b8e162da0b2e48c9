//! Assignments as a list: with names as far as the server shows them, and with why a holder does not fit.

use anyhow::Result;
use clap::Args;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{message, written};
use crate::cli::Cx;
use crate::cli::connection::{refused, request};
use crate::cli::days::day;
use crate::cli::listing::Export;
use crate::limits;
use crate::roster::sheet::{CellValue, Sheet, words};
use crate::wire::pb;
use crate::wire::registry::plan::date;

/// Assignments shown where nobody said how many.
const SHOWN_LEN: usize = 100;

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
    /// Only active ones whose holder may not hold the place any more, each with the reason.
    #[arg(long)]
    unfit: bool,
    /// The day for which holders are judged, as 2026-01-31; today without it.
    #[arg(long, value_name = "DATE", value_parser = day, requires = "unfit")]
    on: Option<Date>,
    /// At most this many, 100 if not said, or all with --export.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    export: Export,
}

/// An assignment, with what a list says beside it.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) assignment: pb::Assignment,
    /// Who or what; none where it was not asked for.
    name: Option<String>,
    /// Why the holder does not fit; none where that was not asked for.
    pub(super) reason: Option<String>,
}

impl Listed {
    /// With nothing beside it.
    pub(super) const fn plain(assignment: pb::Assignment) -> Self {
        Self { assignment, name: None, reason: None }
    }

    /// One whose holder does not fit.
    pub(super) fn unfit(assignment: pb::Assignment, reason: String) -> Self {
        Self { reason: Some(reason), ..Self::plain(assignment) }
    }
}

/// Columns that not every list has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Columns {
    names: bool,
    reasons: bool,
}

impl Columns {
    /// Who holds the place.
    pub(super) const NAMED: Self = Self { names: true, reasons: false };
    /// Why the holder does not fit.
    pub(super) const UNFIT: Self = Self { names: false, reasons: true };
}

fn day_cell(day: Option<&pb::CivilDate>) -> CellValue {
    CellValue::day(written(day), date("day", day).ok().flatten())
}

/// Whether it ended before it began: whoever it was of never held the place.
pub(super) fn never_began(at: &pb::Assignment) -> bool {
    let day = |day: Option<&pb::CivilDate>| date("day", day).ok().flatten();
    let (first, last) = (day(at.start_date.as_ref()), day(at.end_date.as_ref()));
    at.stage() == pb::AssignmentStage::Ended && last.is_some_and(|last| Some(last) < first)
}

/// The last day; none where it never began.
fn last_day(at: &pb::Assignment) -> Option<&pb::CivilDate> {
    at.end_date.as_ref().filter(|_day| !never_began(at))
}

fn stage(at: &pb::Assignment) -> &'static str {
    match at.stage() {
        pb::AssignmentStage::Ended if never_began(at) => "taken back",
        pb::AssignmentStage::Waiting => "waiting",
        pb::AssignmentStage::Active => "active",
        pb::AssignmentStage::Ended => "ended",
        pb::AssignmentStage::Unspecified => "-",
    }
}

pub(super) const fn fit(tier: u32) -> &'static str {
    match tier {
        1 => "exact, class 1",
        2 => "exact, class 2",
        3 => "near, class 1",
        _near_second => "near, class 2",
    }
}

/// As JSON.
pub(super) fn value(listed: &Listed) -> Value {
    let at = &listed.assignment;
    let mut value = json!({
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
        "to": last_day(at).map(|day| written(Some(day))),
        "superseded_by": at.superseded_by,
    });
    for (key, text) in [("name", &listed.name), ("reason", &listed.reason)] {
        if let Some(text) = text {
            value[key] = json!(text);
        }
    }
    value
}

/// As a table.
pub(super) fn sheet(all: &[Listed], columns: Columns) -> Sheet {
    let mut heads = vec!["ID", "SUBJECT"];
    heads.extend(columns.names.then_some("NAME"));
    heads.extend(["UNIT", "POST", "FITS", "STAGE", "FROM", "TO"]);
    heads.extend(columns.reasons.then_some("REASON"));
    let (heading, tab) = match columns.reasons {
        true => ("Danh sách không còn đủ điều kiện giữ chức danh", "Không còn đủ điều kiện"),
        false => ("Danh sách sắp xếp vào đơn vị dự bị", "Danh sách sắp xếp"),
    };
    let mut sheet = Sheet::new("", &heads).called(heading, tab);
    for Listed { assignment: at, name, reason } in all {
        let text = |text: &Option<String>| CellValue::text(text.as_deref().unwrap_or_default());
        let mut row: Vec<CellValue> =
            vec![at.assignment_id.as_str().into(), at.subject_id.as_str().into()];
        row.extend(columns.names.then(|| text(name)));
        row.extend([
            at.reserve_unit_code.as_str().into(),
            at.post_no.into(),
            CellValue::term(words::FITS, fit(at.tier)),
            CellValue::term(words::STAGES, stage(at)),
            day_cell(at.start_date.as_ref()),
            day_cell(last_day(at)),
        ]);
        let why = reason.as_deref().unwrap_or_default();
        row.extend(columns.reasons.then(|| CellValue::word(why, words::refusal(why))));
        sheet.rows.push(row);
    }
    sheet
}

/// Shows a list, and writes it where asked.
pub(super) fn show(cx: &Cx, all: &[Listed], columns: Columns, export: &Export) -> Result<()> {
    show_with(cx, all, columns, export, "")
}

/// As [`show`], with a last line on the screen.
pub(super) fn show_with(
    cx: &Cx,
    all: &[Listed],
    columns: Columns,
    export: &Export,
    foot: &str,
) -> Result<()> {
    let values: Vec<Value> = all.iter().map(value).collect();
    export.show(&cx.screen, &values, &sheet(all, columns), foot)
}

pub(super) async fn list(cx: &Cx, listing: Listing) -> Result<()> {
    let Listing { unit, post, subject, unfit, on, limit, export } = listing;
    let unsaid = if export.target()?.is_some() { usize::MAX } else { SHOWN_LEN };
    let ask = pb::ListAssignmentsRequest {
        reserve_unit_code: unit,
        post_no: post,
        subject_id: subject,
        only_unfit: unfit,
        as_of: message(on),
        with_names: true,
        ..pb::ListAssignmentsRequest::default()
    };
    let all = fetch(cx, ask, limit.unwrap_or(unsaid)).await?;
    show(cx, &all, Columns { reasons: unfit, ..Columns::NAMED }, &export)
}

/// Asks page by page, for no more than so many: who is not shown is not read.
pub(super) async fn fetch(
    cx: &Cx,
    mut ask: pb::ListAssignmentsRequest,
    limit: usize,
) -> Result<Vec<Listed>> {
    let connection = cx.connect().await?;
    let mut all = Vec::new();
    while all.len() < limit {
        let len = (limit - all.len()).min(limits::LIST_PAGE_LEN_MAX);
        ask.page_size = u32::try_from(len)?;
        let page = connection.plan().list_assignments(request(ask.clone())).await;
        let page = page.map_err(refused)?.into_inner();
        let is_last = page.next_page_token.is_empty() || page.assignments.is_empty();
        let mut details = page.details.into_iter();
        all.extend(page.assignments.into_iter().map(|assignment| {
            let detail = details.next().unwrap_or_default();
            let name = ask.with_names.then_some(detail.name);
            let reason = ask.only_unfit.then_some(detail.unfit_reason);
            Listed { assignment, name, reason }
        }));
        ask.page_token = page.next_page_token;
        if is_last {
            break;
        }
    }
    Ok(all)
}
