//! Reserve units, in from a spreadsheet: checked whole, every fault with its row, before the first is
//! changed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use jiff::civil::Date;
use serde_json::{Value, json};
use tonic_types::StatusExt as _;

use super::held;
use super::units::{asked, totals};
use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request, request_id};
use crate::cli::output::{table, text_of};
use crate::cli::registry::import::list::{self, ListArgs};
use crate::cli::registry::import::{form_lists, may_write};
use crate::roster::plan::{HEALTH_UNSAID, PlanFault, PlanFile, Planned, in_order, read_plan};
use crate::roster::template::{FormLists, write_plan_template};
use crate::roster::{RefusedRows, RowKey, Source};
use crate::wire::pb;
use crate::wire::registry::plan::date;

/// Faults shown: whoever mends more takes the file of refused rows.
const FAULTS_SHOWN_MAX: usize = 50;

/// Which plan to read.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Import {
    /// An .xlsx, .xls, .ods or .csv file.
    #[arg(required_unless_present = "template")]
    file: Option<PathBuf>,
    #[command(flatten)]
    list: ListArgs,
    /// Writes an empty form with the headers that are known, and imports nothing.
    #[arg(long, value_name = "OUT.xlsx", conflicts_with_all = ["file", "dry_run", "refused"])]
    template: Option<PathBuf>,
    /// Says all that would happen; nothing is changed.
    #[arg(long)]
    dry_run: bool,
    /// What is stored was wrong from its first day: days past read as the file says. Without it a reserve
    /// unit in force is followed by the new one, from a later day on.
    #[arg(long)]
    correct: bool,
}

/// A reserve unit, what becomes of it, and what that does to those who hold places.
struct Done {
    unit: pb::ReserveUnit,
    state: &'static str,
    no_longer_fit: Vec<pb::ReasonCount>,
    surplus: Vec<pb::PostCount>,
}

pub(super) async fn import(cx: &Cx, import: Import) -> Result<()> {
    if let Some(out) = import.template.as_deref() {
        may_write(out, import.list.force)?;
        let (specialties, equipment_types) = form_lists(cx).await?;
        let lists = FormLists { specialties: &specialties, equipment_types: &equipment_types };
        write_plan_template(&lists, out, import.list.force)?;
        cx.screen.note(&format!("an empty form is in {}", out.display()));
        return Ok(());
    }
    let file = import.file.clone().context("no file is named: give a plan")?;
    let hints = import.list.hints(&file)?;
    let plan = import.list.understood(cx, read_plan(Source::Path(&file), &hints))?;
    let connection = cx.connect().await?;
    // All are checked before the first is changed.
    let (mut done, mut faults) = (Vec::new(), plan.faults.clone());
    for planned in &plan.units {
        match put(&connection, planned, (true, import.correct)).await? {
            Ok(one) => done.push(one),
            Err(more) => faults.extend(more.into_iter().map(|fault| plan.placed(fault))),
        }
    }
    if !faults.is_empty() {
        return refuse(cx, &import, &plan, faults);
    }
    if !import.dry_run {
        done.clear();
        for planned in &plan.units {
            match put(&connection, planned, (false, import.correct)).await? {
                Ok(one) => done.push(one),
                // Something else changed between the check and now.
                Err(faults) => {
                    let told = faults.iter().map(ToString::to_string).collect::<Vec<_>>();
                    bail!(
                        "{} after {} reserve units: import it again",
                        told.join("; "),
                        done.len()
                    );
                }
            }
        }
    }
    show(cx, &done, &plan, import.dry_run)
}

/// Puts a reserve unit, or asks only whether it could be; the inner error is what is wrong with its rows.
async fn put(
    connection: &Connection,
    planned: &Planned,
    (dry_run, correct): (bool, bool),
) -> Result<Result<Done, Vec<PlanFault>>> {
    let ask = pb::PutReserveUnitRequest {
        request_id: request_id(),
        reserve_unit: Some(planned.unit.clone()),
        dry_run,
        correct,
    };
    let put = match connection.plan().put_reserve_unit(request(ask)).await {
        Ok(put) => put.into_inner(),
        Err(status) => {
            let bad = status.get_details_bad_request();
            let fields = bad.map(|bad| bad.field_violations).unwrap_or_default();
            let places = &planned.places;
            let faults = fields.iter().map(|at| places.fault(&at.field, &at.description));
            let faults: Vec<PlanFault> = faults.collect();
            if !faults.is_empty() {
                return Ok(Err(faults));
            }
            let code = &planned.unit.code;
            return Err(refused(status)).with_context(|| format!("reserve unit {code}"));
        }
    };
    let state = match (put.created, put.unchanged) {
        (true, _) => "created",
        (false, true) => "unchanged",
        (false, false) => "updated",
    };
    let (no_longer_fit, surplus) = (put.no_longer_fit, put.surplus);
    Ok(Ok(Done { unit: held(put.reserve_unit)?, state, no_longer_fit, surplus }))
}

/// Says all that is wrong, writes the rows to mend where asked, and changes nothing.
fn refuse(cx: &Cx, import: &Import, plan: &PlanFile, mut faults: Vec<PlanFault>) -> Result<()> {
    in_order(&mut faults);
    let why = PlanFile::reasons(&faults);
    import.list.write_refused(cx, &plan.file, &why, RefusedRows::WithAllOthers)?;
    if cx.screen.is_json() {
        cx.screen.show(&value(plan, &[], &faults, import.dry_run), String::new)?;
    }
    let shown = faults.iter().take(FAULTS_SHOWN_MAX).map(ToString::to_string);
    let mut text = shown.collect::<Vec<_>>().join("\n");
    if faults.len() > FAULTS_SHOWN_MAX {
        let more = faults.len() - FAULTS_SHOWN_MAX;
        text.push_str(&format!("\nand {more} more"));
    }
    text.push_str(&list::text_of(&plan.file, |_row| false));
    text.push_str(import.list.hint());
    cx.screen.note(&text);
    let count =
        if faults.len() == 1 { "1 fault".to_owned() } else { format!("{} faults", faults.len()) };
    Err(anyhow!("{count}; nothing was changed"))
}

/// What an import does to days past and to those who hold places, in words.
fn effects_text(done: &Done, today: Date) -> String {
    let (unit, mut text) = (&done.unit, String::new());
    let from = date("valid_from", unit.valid_from.as_ref()).ok().flatten();
    if let Some(from) = from.filter(|from| *from < today && done.state != "unchanged") {
        text.push_str(&format!(
            "\n{}: in force since {from}; days since then read by it",
            unit.code
        ));
    }
    if !done.no_longer_fit.is_empty() {
        let count: u64 = done.no_longer_fit.iter().map(|at| at.count).sum();
        let reasons = done.no_longer_fit.iter().map(|at| format!("{} {}", at.reason, at.count));
        let reasons = reasons.collect::<Vec<_>>().join(", ");
        text.push_str(&format!("\n{}: {count} holders no longer fit ({reasons})", unit.code));
    }
    for at in &done.surplus {
        let what = if at.is_equipment { "equipment line" } else { "post" };
        let (code, no, count) = (&unit.code, at.post_no, at.count);
        text.push_str(&format!("\n{code}: {what} {no} has {count} holders more than places"));
    }
    text
}

/// Who may hold the posts that said nothing of health.
fn health_text(done: &[Done]) -> &'static str {
    let is_bound = |post: &pb::PlanPost| post.health_max == HEALTH_UNSAID;
    if done.iter().any(|done| done.unit.posts.iter().any(is_bound)) {
        "\nposts of health class 3, which is also what a post gets for which the file says none, take \
         nobody worse and nobody who was never examined: write 0 to take everybody"
    } else {
        ""
    }
}

/// What came of it, as the other imports name it.
fn value(plan: &PlanFile, done: &[Done], faults: &[PlanFault], dry_run: bool) -> Value {
    let units: Vec<Value> = done
        .iter()
        .map(|done| {
            let mut value = totals(&done.unit);
            value["state"] = json!(done.state);
            let unfit = done.no_longer_fit.iter().map(|at| (at.reason.clone(), json!(at.count)));
            value["no_longer_fit"] = unfit.collect::<serde_json::Map<_, _>>().into();
            value["surplus"] = done
                .surplus
                .iter()
                .map(|at| {
                    json!({ "post": at.post_no, "equipment": at.is_equipment, "count": at.count })
                })
                .collect();
            value
        })
        .collect();
    let (rejected, further) = PlanFile::rejected(faults);
    let shown = |row: &RowKey| row.to_string();
    let codes: BTreeMap<_, _> = rejected.iter().map(|(row, own)| (shown(row), own.code)).collect();
    let places: BTreeMap<_, _> =
        rejected.iter().map(|(row, own)| (shown(row), &own.place)).collect();
    let mut value = json!({
        "dry_run": dry_run,
        "rows": plan.rows,
        "accepted": plan.rows.saturating_sub(rejected.len()),
        "reserve_units": units,
        "rejected": codes,
        "places": places,
    });
    let further: BTreeMap<_, _> =
        further.into_iter().map(|(row, faults)| (shown(row), faults)).collect();
    if let Value::Object(value) = &mut value {
        if !further.is_empty() {
            value.insert("further_faults".into(), json!(further));
        }
        value.extend(list::value_of(&plan.file, |row| rejected.contains_key(row)));
    }
    value
}

fn show(cx: &Cx, done: &[Done], plan: &PlanFile, dry_run: bool) -> Result<()> {
    let value = value(plan, done, &[], dry_run);
    cx.screen.show(&value, || {
        let mut rows = table(&["CODE", "NAME", "POSTS", "PEOPLE", "EQUIPMENT", "STATE"]);
        for Done { unit, state, .. } in done {
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
        let today = cx.clock.now().date_in_vietnam();
        let effects: String = done.iter().map(|done| effects_text(done, today)).collect();
        let aside = list::text_of(&plan.file, |_row| false);
        format!("{}{effects}{aside}{}{foot}", text_of(&rows), health_text(done))
    })
}
