//! How full the plan is.

use anyhow::Result;
use clap::{Args, ValueEnum};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{held, message, written};
use crate::cli::Cx;
use crate::cli::connection::{refused, request};
use crate::cli::days::day;
use crate::cli::listing::Export;
use crate::roster::sheet::{CellValue, Sheet, words};
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
    #[command(flatten)]
    export: Export,
}

pub(super) async fn fill(cx: &Cx, ask: Ask) -> Result<()> {
    let Ask { on, by, unit, within, export } = ask;
    let ask =
        pb::GetFillRequest { as_of: message(on), reserve_unit_codes: unit, unit_code: within };
    let reply = cx.connect().await?.plan().get_fill(request(ask)).await.map_err(refused)?;
    let said = reply.into_inner();
    let (name, list, total) = match by {
        By::Unit => ("units", said.by_reserve_unit, said.total),
        By::Post => ("posts", said.by_post, said.total),
        By::Commune => ("communes", said.by_commune, said.total_by_quota),
    };
    let total = held(total)?;
    let invalid = said.invalid.iter().map(|at| (at.reason.clone(), json!(at.count)));
    let value = json!({
        "as_of": written(said.as_of.as_ref()),
        "total": row(&total),
        name: list.iter().map(row).collect::<Vec<_>>(),
        "invalid": invalid.collect::<serde_json::Map<_, _>>(),
    });
    let of = if total.of_quota { "of the quotas" } else { "of the places" };
    let mut foot = format!("on {}, {of}", written(said.as_of.as_ref()));
    if total.of_quota && total.people.iter().chain(&total.equipment).all(|at| at.needed == 0) {
        foot.push_str(
            "\nno reserve unit has quotas: communes are told by what they give, and not as a share; \
             give quotas in the plan (columns `Xã, phường`, `Chỉ tiêu người`, `Chỉ tiêu phương tiện`)",
        );
    }
    if !said.invalid.is_empty() {
        let reasons = said.invalid.iter().map(|at| format!("{} {}", at.reason, at.count));
        let reasons: Vec<String> = reasons.collect();
        foot.push_str(&format!("\nholders who do not fit: {}", reasons.join(", ")));
    }
    export.show(&cx.screen, &value, &sheet(list.iter().chain([&total])), &foot)
}

/// One number of a row's side.
type CountOf = fn(&pb::FillCount) -> u64;

fn sheet<'a>(rows: impl Iterator<Item = &'a pb::FillRow>) -> Sheet {
    let rows: Vec<&pb::FillRow> = rows.collect();
    let any = |of: CountOf| {
        let counts = rows.iter().flat_map(|at| [&at.people, &at.equipment]).flatten();
        counts.map(of).any(|count| count > 0)
    };
    // What there is none of takes no room.
    let rest: [(&str, CountOf); 3] = [
        ("INVALID", |count| count.invalid),
        ("SURPLUS", |count| count.surplus),
        ("NO QUOTA", |count| count.unmeasured),
    ];
    let rest: Vec<_> = rest.into_iter().filter(|(_name, of)| any(*of)).collect();
    let mut columns =
        vec!["CODE", "POST", "WHAT", "FILLED", "OF", "SHARE", "EXACT", "NEAR", "WAITING"];
    columns.extend(rest.iter().map(|(name, _of)| *name));
    let mut sheet = Sheet::new("", &columns)
        .called("Mức sắp xếp vào đơn vị dự bị theo kế hoạch", "Mức sắp xếp theo kế hoạch");
    for at in rows {
        for (what, count) in [("people", &at.people), ("equipment", &at.equipment)] {
            let Some(count) = count else { continue };
            let filled = count.exact + count.near;
            let is_measured = !at.of_quota || count.needed > 0;
            // What no quota measures is told without what it would be a part of.
            let told = if is_measured { filled } else { count.unmeasured };
            let measured = |cell: CellValue| if is_measured { cell } else { CellValue::Empty };
            let mut cells: Vec<CellValue> = vec![
                if at.code.is_empty() {
                    CellValue::word("all", "Toàn bộ")
                } else {
                    at.code.as_str().into()
                },
                if at.post_no == 0 { CellValue::Empty } else { at.post_no.into() },
                CellValue::term(words::SIDES, what),
                told.into(),
                measured(count.needed.into()),
                measured(CellValue::share(filled, count.needed)),
                count.exact.into(),
                count.near.into(),
                count.waiting.into(),
            ];
            cells.extend(rest.iter().map(|(_name, of)| of(count).into()));
            sheet.rows.push(cells);
        }
    }
    sheet
}

fn row(at: &pb::FillRow) -> Value {
    let side = |count: &pb::FillCount| {
        json!({
            "filled": count.exact + count.near, "needed": count.needed, "exact": count.exact,
            "near": count.near, "invalid": count.invalid, "surplus": count.surplus,
            "waiting": count.waiting, "without_quota": count.unmeasured,
        })
    };
    json!({
        "code": at.code, "post": at.post_no,
        "measured_by": if at.of_quota { "quotas" } else { "places" },
        "people": at.people.as_ref().map(side), "equipment": at.equipment.as_ref().map(side),
    })
}
