//! Reserve units: in from a spreadsheet, out as tables.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Value, json};

use super::{held, written};
use crate::cli::Cx;
use crate::cli::connection::{refused, request, request_id};
use crate::cli::listing::Export;
use crate::cli::output::{table, text_of};
use crate::roster::Source;
use crate::roster::plan::{HEALTH_UNSAID, read_plan, sheet_of};
use crate::roster::sheet::Sheet;
use crate::wire::pb;

/// Which plan to read.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Import {
    /// An .xlsx, .xls, .ods or .csv file.
    file: PathBuf,
    /// The sheet to read, where several hold a plan.
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// Only reads and checks; nothing is changed.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn import(cx: &Cx, import: Import) -> Result<()> {
    let Import { file, sheet, dry_run } = import;
    let units = read_plan(Source::Path(&file), sheet.as_deref())?;
    let connection = cx.connect().await?;
    // All are checked before the first is changed.
    for step in [true, false] {
        let mut done = Vec::new();
        for unit in &units {
            let ask = pb::PutReserveUnitRequest {
                request_id: request_id(),
                reserve_unit: Some(unit.clone()),
                dry_run: step,
            };
            let put = connection.plan().put_reserve_unit(request(ask)).await.map_err(refused);
            let put = put.with_context(|| format!("reserve unit {}", unit.code))?.into_inner();
            let state = match (put.created, put.ledger_index, step) {
                (true, _, _) => "created",
                (false, 0, false) => "unchanged",
                (false, _, _) => "updated",
            };
            let effects = (put.no_longer_fit, put.surplus);
            done.push((held(put.reserve_unit)?, state, effects));
        }
        if !step || dry_run {
            return show_import(cx, &done, dry_run);
        }
    }
    Ok(())
}

/// Who no longer fits, and where there are more than places.
type Effects = (Vec<pb::ReasonCount>, Vec<pb::PostCount>);

/// What an import does to those who hold places, in words.
fn effects_text(unit: &pb::ReserveUnit, (unfit, surplus): &Effects) -> String {
    let mut text = String::new();
    if !unfit.is_empty() {
        let count: u64 = unfit.iter().map(|at| at.count).sum();
        let reasons = unfit.iter().map(|at| format!("{} {}", at.reason, at.count));
        let reasons = reasons.collect::<Vec<_>>().join(", ");
        text.push_str(&format!("\n{}: {count} holders no longer fit ({reasons})", unit.code));
    }
    for at in surplus {
        let what = if at.is_equipment { "equipment line" } else { "post" };
        let (code, no, count) = (&unit.code, at.post_no, at.count);
        text.push_str(&format!("\n{code}: {what} {no} has {count} holders more than places"));
    }
    text
}

/// Who may hold the posts that said nothing of health.
fn health_text(done: &[(pb::ReserveUnit, &str, Effects)]) -> &'static str {
    let is_bound = |post: &pb::PlanPost| post.health_max == HEALTH_UNSAID;
    if done.iter().any(|(unit, ..)| unit.posts.iter().any(is_bound)) {
        "\nposts of health class 3, which is also what a post gets for which the file says none, take \
         nobody worse and nobody who was never examined: write 0 to take everybody"
    } else {
        ""
    }
}

fn show_import(cx: &Cx, done: &[(pb::ReserveUnit, &str, Effects)], dry_run: bool) -> Result<()> {
    let units: Vec<Value> = done
        .iter()
        .map(|(unit, state, (unfit, surplus))| {
            let mut value = totals(unit);
            value["state"] = json!(state);
            let unfit = unfit.iter().map(|at| (at.reason.clone(), json!(at.count)));
            value["no_longer_fit"] = unfit.collect::<serde_json::Map<_, _>>().into();
            value["surplus"] = surplus
                .iter()
                .map(|at| {
                    json!({ "post": at.post_no, "equipment": at.is_equipment, "count": at.count })
                })
                .collect();
            value
        })
        .collect();
    cx.screen.show(&json!({ "dry_run": dry_run, "reserve_units": units }), || {
        let mut rows = table(&["CODE", "NAME", "POSTS", "PEOPLE", "EQUIPMENT", "STATE"]);
        for (unit, state, _effects) in done {
            let (people, equipment) = asked(unit);
            rows.add_row([
                unit.code.clone(),
                unit.name.clone(),
                unit.posts.len().to_string(),
                people.to_string(),
                equipment.to_string(),
                (*state).to_owned(),
            ]);
        }
        let foot = if dry_run { "\nchecked only: nothing was changed" } else { "" };
        let effects = done.iter().map(|(unit, _state, effects)| effects_text(unit, effects));
        let effects: String = effects.collect();
        format!("{}{effects}{}{foot}", text_of(&rows), health_text(done))
    })
}

fn asked(unit: &pb::ReserveUnit) -> (u64, u64) {
    let people = unit.posts.iter().map(|post| u64::from(post.count)).sum();
    let equipment = unit.equipment_lines.iter().map(|line| u64::from(line.count)).sum();
    (people, equipment)
}

fn totals(unit: &pb::ReserveUnit) -> Value {
    let (people, equipment) = asked(unit);
    json!({
        "code": unit.code,
        "name": unit.name,
        "posts": unit.posts.len(),
        "people": people,
        "equipment": equipment,
        "source_units": unit.source_unit_codes,
        "receiving_unit": unit.receiving_unit,
        "receiving_unit_code": unit.receiving_unit_code,
        "assembly_station": unit.assembly_station,
        "reception_station": unit.reception_station,
        "valid_from": written(unit.valid_from.as_ref()),
        "valid_to": written(unit.valid_to.as_ref()),
        "version": unit.version,
    })
}

pub(super) async fn list(cx: &Cx, export: &Export) -> Result<()> {
    export.target()?;
    let connection = cx.connect().await?;
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let ask = pb::ListReserveUnitsRequest { page_token };
        let page = connection.plan().list_reserve_units(request(ask)).await.map_err(refused)?;
        let page = page.into_inner();
        let is_last = page.next_page_token.is_empty() || page.reserve_units.is_empty();
        all.extend(page.reserve_units);
        page_token = page.next_page_token;
        if is_last {
            break;
        }
    }
    let value: Vec<Value> = all.iter().map(totals).collect();
    let columns = ["CODE", "NAME", "FROM", "POSTS", "PEOPLE", "EQUIPMENT"];
    let mut sheet = Sheet::new("", &columns);
    for unit in &all {
        let (people, equipment) = asked(unit);
        sheet.push([
            unit.code.as_str().into(),
            unit.name.as_str().into(),
            unit.source_unit_codes.join(" ").into(),
            u64::try_from(unit.posts.len())?.into(),
            people.into(),
            equipment.into(),
        ]);
    }
    export.show(&cx.screen, &value, &sheet, "")
}

pub(super) async fn show(cx: &Cx, code: String, export: &Export) -> Result<()> {
    export.target()?;
    let ask = pb::GetReserveUnitRequest { code };
    let reply = cx.connect().await?.plan().get_reserve_unit(request(ask)).await.map_err(refused)?;
    let unit = held(reply.into_inner().reserve_unit)?;
    let mut value = totals(&unit);
    value["posts"] = unit.posts.iter().map(post).collect();
    value["equipment_lines"] = unit
        .equipment_lines
        .iter()
        .map(|line| {
            json!({
                "no": line.no, "type": line.type_code, "near": line.near, "count": line.count,
                "capacity_thousandths": line.capacity_thousandths,
                "capacity_unit": line.capacity_unit, "needs_driver": line.needs_driver,
            })
        })
        .collect();
    value["quotas"] = unit
        .quotas
        .iter()
        .map(|quota| {
            json!({
                "unit": quota.unit_code, "people": quota.people, "equipment": quota.equipment,
            })
        })
        .collect();
    export.save(&cx.screen, || sheet_of(&unit))?;
    cx.screen.show(&value, || {
        let mut rows = table(&["NO", "TITLE", "FITS", "NEAR", "RANKS", "DUTY", "COUNT"]);
        for post in &unit.posts {
            rows.add_row([
                post.no.to_string(),
                post.title.clone(),
                post.specialty_code.clone(),
                post.near.join(" "),
                format!("{} - {}", post.rank_min, post.rank_max),
                duty(post).to_owned(),
                post.count.to_string(),
            ]);
        }
        for line in &unit.equipment_lines {
            rows.add_row([
                line.no.to_string(),
                "equipment".to_owned(),
                line.type_code.clone(),
                line.near.join(" "),
                String::new(),
                if line.needs_driver { "with driver" } else { "" }.to_owned(),
                line.count.to_string(),
            ]);
        }
        let mut quotas = table(&["COMMUNE", "PEOPLE", "EQUIPMENT"]);
        for quota in &unit.quotas {
            quotas.add_row([
                quota.unit_code.clone(),
                quota.people.to_string(),
                quota.equipment.to_string(),
            ]);
        }
        let head = head(&unit);
        let quotas =
            if unit.quotas.is_empty() { String::new() } else { format!("\n{}", text_of(&quotas)) };
        format!("{head}{}{quotas}", text_of(&rows))
    })
}

/// What a reserve unit is, above its posts; what is not set is left out.
fn head(unit: &pb::ReserveUnit) -> String {
    let with_code = |name: &str, code: &str| match (name, code) {
        (name, "") => name.to_owned(),
        ("", code) => code.to_owned(),
        (name, code) => format!("{name} ({code})"),
    };
    let to = unit.valid_to.as_ref().map_or_else(|| "no end".to_owned(), |day| written(Some(day)));
    let mut text = format!("{}  {}\n", unit.code, unit.name);
    for (what, value) in [
        ("kept by", unit.unit_code.clone()),
        ("receiving unit", with_code(&unit.receiving_unit, &unit.receiving_unit_code)),
        ("assembly station", unit.assembly_station.clone()),
        ("reception station", unit.reception_station.clone()),
        ("sources", unit.source_unit_codes.join(" ")),
        ("in force", format!("{} to {to}", written(unit.valid_from.as_ref()))),
    ] {
        if !value.is_empty() {
            text.push_str(&format!("{what:<18} {value}\n"));
        }
    }
    text
}

const fn duty_code(duty: pb::PostDuty) -> &'static str {
    match duty {
        pb::PostDuty::Support => "support",
        pb::PostDuty::Combat | pb::PostDuty::Unspecified => "combat",
    }
}

fn duty(post: &pb::PlanPost) -> &'static str {
    duty_code(post.duty())
}

fn post(post: &pb::PlanPost) -> Value {
    json!({
        "no": post.no, "title": post.title, "specialty": post.specialty_code, "near": post.near,
        "rank_min": post.rank_min, "rank_max": post.rank_max, "duty": duty(post),
        "count": post.count, "health_max": post.health_max,
    })
}
