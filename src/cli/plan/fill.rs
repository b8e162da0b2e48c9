//! How full the plan is.

use anyhow::Result;
use clap::{Args, ValueEnum};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{day, held, message, written};
use crate::cli::Cx;
use crate::cli::connection::{refused, request};
use crate::cli::output::{table, text_of};
use crate::wire::pb;

/// A row for each what.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    /// Reserve unit.
    Unit,
    /// Post and equipment line.
    Post,
    /// Commune that gives.
    Commune,
}

/// What to look at.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Ask {
    /// The day, as 2026-01-31, past or to come; today without it.
    #[arg(long, value_name = "DATE", value_parser = day)]
    on: Option<Date>,
    /// A row for each reserve unit, post or commune.
    #[arg(long, value_enum, default_value_t = By::Unit)]
    by: By,
    /// Only this reserve unit; may be given several times.
    #[arg(long, value_name = "CODE")]
    unit: Vec<String>,
    /// Only what this commune or area gives.
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    within: String,
}

pub(super) async fn fill(cx: &Cx, ask: Ask) -> Result<()> {
    let Ask { on, by, unit, within } = ask;
    let ask =
        pb::GetFillRequest { as_of: message(on), reserve_unit_codes: unit, unit_code: within };
    let reply = cx.connect().await?.plan().get_fill(request(ask)).await.map_err(refused)?;
    let said = reply.into_inner();
    let total = held(said.total)?;
    let (name, list) = match by {
        By::Unit => ("units", said.by_reserve_unit),
        By::Post => ("posts", said.by_post),
        By::Commune => ("communes", said.by_commune),
    };
    let invalid = said.invalid.iter().map(|at| (at.reason.clone(), json!(at.count)));
    let value = json!({
        "as_of": written(said.as_of.as_ref()),
        "total": row(&total),
        name: list.iter().map(row).collect::<Vec<_>>(),
        "invalid": invalid.collect::<serde_json::Map<_, _>>(),
    });
    cx.screen.show(&value, || {
        let mut rows = table(&[
            "CODE", "POST", "WHAT", "FILLED", "OF", "%", "EXACT", "NEAR", "INVALID", "WAITING",
        ]);
        for at in list.iter().chain([&total]) {
            for (what, count) in [("people", &at.people), ("equipment", &at.equipment)] {
                let Some(count) = count else { continue };
                let code = if at.code.is_empty() { "all" } else { &at.code };
                let post = if at.post_no == 0 { String::new() } else { at.post_no.to_string() };
                rows.add_row([
                    code.to_owned(),
                    post,
                    what.to_owned(),
                    (count.exact + count.near).to_string(),
                    count.needed.to_string(),
                    percent(count),
                    count.exact.to_string(),
                    count.near.to_string(),
                    count.invalid.to_string(),
                    count.waiting.to_string(),
                ]);
            }
        }
        format!("{}\non {}", text_of(&rows), written(said.as_of.as_ref()))
    })
}

/// With one decimal, cut and not rounded: 100 is said only of what is full.
fn percent(count: &pb::FillCount) -> String {
    let tenths = ((count.exact + count.near) * 1_000).checked_div(count.needed);
    tenths.map_or_else(|| "-".to_owned(), |tenths| format!("{}.{}", tenths / 10, tenths % 10))
}

fn row(at: &pb::FillRow) -> Value {
    let side = |count: &pb::FillCount| {
        json!({
            "filled": count.exact + count.near, "needed": count.needed, "exact": count.exact,
            "near": count.near, "invalid": count.invalid, "surplus": count.surplus,
            "waiting": count.waiting,
        })
    };
    json!({
        "code": at.code, "post": at.post_no,
        "people": at.people.as_ref().map(side), "equipment": at.equipment.as_ref().map(side),
    })
}
