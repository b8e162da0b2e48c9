//! Proposals: asked for, read, and confirmed part by part.

mod counts;
mod who;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use jiff::civil::Date;
use serde_json::{Value, json};
use tonic::Request;

use self::counts::{add_rows, in_words, summary, total};
use self::who::{Asked, Placed, left_out_sheet, left_out_value, placed_sheet, placed_value};
use super::{also_militia, held, message, written};
use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request};
use crate::cli::days::day;
use crate::cli::listing::{Export, render};
use crate::cli::output::{table, text_of};
use crate::limits;
use crate::roster::sheet::Sheet;
use crate::wire::pb;
use crate::wire::registry::plan::date;

/// Those placed, and those left out, that are shown where nobody said how many.
const SHOWN_LEN: usize = 100;

/// What to fill.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Ask {
    /// A reserve unit to fill; may be given several times. All without it.
    #[arg(long, value_name = "CODE")]
    unit: Vec<String>,
    /// The day on which ages and statuses are looked at, as 2026-01-31; today without it.
    #[arg(long, value_name = "DATE", value_parser = day)]
    on: Option<Date>,
    /// Only looks, as always: a proposal changes nothing until it is confirmed.
    #[arg(long)]
    dry_run: bool,
    /// Names whom and what it places and leaves out, as far as you may see; the reading of names is
    /// recorded in the ledger.
    #[arg(long)]
    names: bool,
    /// At most this many of those placed and of those left out are shown; files have all.
    #[arg(long, value_name = "N", default_value_t = SHOWN_LEN)]
    limit: usize,
    /// Of those left out only whom this reason keeps out, such as OVER_AGE.
    #[arg(long, value_name = "REASON", default_value = "", hide_default_value = true)]
    reason: String,
    /// Writes all who are placed as a spreadsheet too: a new file whose name ends in .xlsx or .csv.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Writes all who are left out, each with the reason, as a spreadsheet too.
    #[arg(long, value_name = "FILE")]
    left_out: Option<PathBuf>,
    /// Writes the counts as a spreadsheet too.
    #[arg(long, value_name = "FILE")]
    counts: Option<PathBuf>,
}

/// Those who are shown, and the files that all of them are in.
struct Shown {
    placed: Vec<Placed>,
    left_out: Vec<pb::LeftOut>,
    /// Whether more are left out than are shown.
    has_more: bool,
}

/// Where a list goes that is shown as well.
fn into(file: Option<PathBuf>) -> Export {
    Export { export: file }
}

pub(super) async fn propose(cx: &Cx, ask: Ask) -> Result<()> {
    let Ask { unit, on, dry_run: _nothing_changes_either_way, names, limit, reason, .. } = ask;
    let files = [ask.export, ask.left_out, ask.counts].map(into);
    for file in &files {
        file.target()?;
    }
    let ask = pb::ProposePlanRequest { reserve_unit_codes: unit, as_of: message(on) };
    let mut asked = Request::new(ask);
    // The whole registry is read for it.
    asked.set_timeout(limits::UPKEEP_DEADLINE);
    let connection = cx.connect().await?;
    let said = connection.plan().propose_plan(asked).await.map_err(refused)?.into_inner();
    let (people, equipment) = (held(said.people.clone())?, held(said.equipment.clone())?);
    let proposal = said.proposal_id.clone();
    let asked = Asked { proposal, parts: said.parts, reason, with_names: names };
    let shown = read(cx, &connection, (&said, &asked), limit, &files).await?;
    let [_placed, _left_out, counts] = &files;
    counts.save(&cx.screen, || {
        let mut sheet = Sheet::new(
            format!("Proposal {} for {}", said.proposal_id, written(said.as_of.as_ref())),
            &["GROUP", "WHAT", "UNIT", "POST", "COUNT", "OF", "REASON"],
        )
        .called(heading("Phương án sắp xếp vào đơn vị dự bị", &said), "Phương án sắp xếp");
        add_rows(&mut sheet, "people", &people);
        add_rows(&mut sheet, "equipment", &equipment);
        sheet
    })?;
    let value = json!({
        "proposal": said.proposal_id,
        "as_of": written(said.as_of.as_ref()),
        "parts": said.parts,
        "people": summary(&people),
        "equipment": summary(&equipment),
        "placed": shown.placed.iter().map(placed_value).collect::<Vec<_>>(),
        "left_out": shown.left_out.iter().map(left_out_value).collect::<Vec<_>>(),
    });
    cx.screen.show(&value, || {
        let foot = if said.parts == 0 {
            "nothing to confirm".to_owned()
        } else {
            format!("confirm it with: hoatoc plan confirm {}", said.proposal_id)
        };
        let all = total(people.proposed.as_ref()) + total(equipment.proposed.as_ref());
        let sides = [in_words("People", &people), in_words("Equipment", &equipment)].join("\n");
        format!("{sides}\n{}{foot}", shown.in_words(all, names))
    })
}

/// Reads who is placed and who is left out: as many as are shown, and all that go to files.
async fn read(
    cx: &Cx,
    connection: &Connection,
    (said, asked): (&pb::ProposePlanResponse, &Asked),
    limit: usize,
    [placed_file, left_out_file, _counts]: &[Export; 3],
) -> Result<Shown> {
    let of = |file: &Export| if file.export.is_some() { usize::MAX } else { limit };
    let mut placed = asked.placed(connection, of(placed_file)).await?;
    let (mut left_out, mut has_more) = asked.left_out(connection, of(left_out_file)).await?;
    placed_file.save(&cx.screen, || {
        let heading = heading("Danh sách đề nghị sắp xếp vào đơn vị dự bị", said);
        placed_sheet(&placed, &heading, asked.with_names)
    })?;
    left_out_file.save(&cx.screen, || {
        let heading = heading("Danh sách không xếp được vào đơn vị dự bị", said);
        left_out_sheet(&left_out, &heading, asked.with_names)
    })?;
    has_more |= left_out.len() > limit;
    placed.truncate(limit);
    left_out.truncate(limit);
    Ok(Shown { placed, left_out, has_more })
}

impl Shown {
    /// Tables of both, each with a line on what is not shown of it.
    fn in_words(&self, all: u64, with_names: bool) -> String {
        let mut text = String::new();
        if !self.placed.is_empty() {
            let shown = self.placed.len();
            let is_whole = u64::try_from(shown).is_ok_and(|shown| shown >= all);
            let more = if is_whole {
                String::new()
            } else {
                format!("{shown} of {all} are shown: --export FILE has all, --limit N shows more\n")
            };
            let table = render(&placed_sheet(&self.placed, "", with_names), "");
            text.push_str(&format!("\nplaced:\n{table}\n{more}"));
        }
        if !self.left_out.is_empty() {
            let more = if self.has_more {
                let shown = self.left_out.len();
                format!(
                    "the first {shown} are shown: --left-out FILE has all, --limit N shows more\n"
                )
            } else {
                String::new()
            };
            let table = render(&left_out_sheet(&self.left_out, "", with_names), "");
            text.push_str(&format!("\nleft out:\n{table}\n{more}"));
        }
        text
    }
}

/// What a file of a proposal is, with the id that it is confirmed by.
fn heading(what: &str, said: &pb::ProposePlanResponse) -> String {
    let day: Option<Date> = date("as_of", said.as_of.as_ref()).ok().flatten();
    let on = day.map(|day| day.strftime(", tính đến %d/%m/%Y").to_string()).unwrap_or_default();
    format!("{what}{on} (mã {})", said.proposal_id)
}

pub(super) async fn confirm(cx: &Cx, proposal: &str) -> Result<()> {
    let connection = cx.connect().await?;
    let (mut assigned, mut already, mut stale, mut part) = (0, 0, Vec::new(), 1);
    let mut both = Vec::new();
    let mut refused_parts = 0;
    loop {
        let ask = pb::ConfirmProposalRequest {
            // The same part of the same proposal twice does the thing once.
            request_id: format!("{proposal}-{part}"),
            proposal_id: proposal.to_owned(),
            part,
        };
        let said = match connection.plan().confirm_proposal(request(ask)).await {
            Ok(said) => said.into_inner(),
            Err(status) if part > 1 && status.code() == tonic::Code::InvalidArgument => break,
            Err(status) => return Err(refused(status)),
        };
        assigned += said.assigned;
        already += said.already;
        refused_parts += u32::from(!said.refused.is_empty());
        stale.extend(said.refused);
        both.extend(said.also_militia);
        part += 1;
    }
    let list: Vec<Value> = stale
        .iter()
        .map(|at| json!({ "subject": at.subject_id, "reason": at.reason, "detail": at.detail }))
        .collect();
    let value = json!({
        "assigned": assigned, "already": already, "refused_parts": refused_parts, "refused": list,
        "also_militia": both,
    });
    cx.screen.show(&value, || {
        let mut text = match (assigned, already) {
            (0, 1..) => format!("nothing new: {already} already assigned"),
            (_, 1..) => format!("{assigned} assigned, {already} already"),
            (_, 0) => format!("{assigned} assigned"),
        };
        if !both.is_empty() {
            text.push_str(&format!("\n{}\n  {}", also_militia(both.len()), both.join("\n  ")));
        }
        if !stale.is_empty() {
            let mut rows = table(&["SUBJECT", "REASON", "MORE"]);
            for at in &stale {
                rows.add_row([at.subject_id.clone(), at.reason.clone(), at.detail.clone()]);
            }
            text.push_str(&format!("\n{}", text_of(&rows)));
        }
        text
    })?;
    if stale.is_empty() {
        return Ok(());
    }
    bail!("{refused_parts} parts were left out, for the records named changed: propose again")
}
