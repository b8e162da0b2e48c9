//! A list of units: new ones and facts come in; with a day, other names and places are reorganizations.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request, request_id};
use crate::cli::days::day;
use crate::cli::output::{table, text_of};
use crate::cli::registry::import::list::{self, ListArgs};
use crate::domain::unit::{Change, Unit, Units};
use crate::roster::lists::{UnitList, UnitPlan, read_unit_list};
use crate::roster::{RefusedRows, RowKey, Source, WHOLE_FILE_BYTES_MAX};
use crate::wire::pb;

/// Units in one call: with the longest names they keep within one message.
const PUT_LEN_MAX: usize = 100;
/// Rows that are named on the screen for each kind of news; the JSON has them all.
const ROWS_SHOWN_MAX: usize = 50;

/// Which list, and what it may do.
#[derive(Debug, Args)]
pub(in crate::cli) struct Import {
    /// An .xlsx, .xls, .ods or .csv file.
    file: PathBuf,
    #[command(flatten)]
    list: ListArgs,
    /// Carries out other names, kinds and places as renamings and moves that hold from this day on.
    #[arg(long, value_name = "DATE", value_parser = day, requires = "document")]
    on: Option<Date>,
    /// The number of the document that those rest on, or the reason.
    #[arg(long, value_name = "TEXT", requires = "on")]
    document: Option<String>,
    /// Says all that would happen; nothing is stored.
    #[arg(long)]
    dry_run: bool,
    /// Does not ask before renamings and moves.
    #[arg(long)]
    yes: bool,
}

/// A change with what the server says of it: its preview, then its entry.
struct Step {
    row: RowKey,
    change: Change,
    told: pb::ChangeUnitsResponse,
}

pub(super) async fn import(cx: &Cx, import: Import) -> Result<()> {
    let hints = import.list.hints(&import.file)?;
    let bytes = read(&import.file)?;
    let name = import.file.display().to_string();
    let connection = cx.connect().await?;
    let held = connection.units().await?;
    let held: Vec<Unit> = held.iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
    let held = Units::from_list(held).context("the server's units do not hang together")?;
    let list = read_unit_list(Source::Bytes { name: &name, bytes: &bytes }, &held, &hints);
    let list = import.list.understood(cx, list)?;
    let plan = UnitPlan::of(&list, &held, import.on, cx.clock.now().date_in_vietnam());
    let mut steps = Vec::new();
    for (row, change) in &plan.changes {
        let told = preview(&connection, &import, &held, change).await;
        let told = told.with_context(|| format!("row {row}; nothing was stored"))?;
        steps.push(Step { row: row.clone(), change: change.clone(), told });
    }
    if import.dry_run {
        return show(cx, &import, &list, &plan, &steps);
    }
    if !steps.is_empty() && !import.yes {
        cx.screen.note(&text_of_steps(&steps));
        let question = format!("To carry these {} out, type yes: ", steps.len());
        if cx.screen.ask(&question)? != "yes" {
            bail!("nothing was stored: add --yes once the preview was read");
        }
    }
    put(cx, &connection, &plan.puts()).await?;
    for step in &mut steps {
        let done = send(&connection, &import, &step.change, false).await;
        step.told = done.with_context(|| {
            format!("row {}; what was before it is stored: import the list again", step.row)
        })?;
    }
    show(cx, &import, &list, &plan, &steps)
}

/// The file whole: it may be a pipe, which cannot be gone through twice.
fn read(file: &Path) -> Result<Vec<u8>> {
    let context = || format!("failed to read {}", file.display());
    let mut bytes = Vec::new();
    let open = std::fs::File::open(file).with_context(context)?;
    open.take(WHOLE_FILE_BYTES_MAX + 1).read_to_end(&mut bytes).with_context(context)?;
    if u64::try_from(bytes.len())? > WHOLE_FILE_BYTES_MAX {
        bail!("{} is over the bound of {WHOLE_FILE_BYTES_MAX} bytes", file.display());
    }
    Ok(bytes)
}

async fn send(
    connection: &Connection,
    import: &Import,
    change: &Change,
    validate_only: bool,
) -> Result<pb::ChangeUnitsResponse> {
    let ask = pb::ChangeUnitsRequest {
        request_id: request_id(),
        change: Some(change.into()),
        effective_date: import.on.map(|day| day.to_string()).unwrap_or_default(),
        document: import.document.clone().unwrap_or_default(),
        validate_only,
        force: false,
    };
    let done = connection.organization().change_units(request(ask)).await.map_err(refused)?;
    Ok(done.into_inner())
}

/// What a change would move. Under a unit that comes with the same list nothing is to be told yet.
async fn preview(
    connection: &Connection,
    import: &Import,
    held: &Units,
    change: &Change,
) -> Result<pb::ChangeUnitsResponse> {
    if change.names().into_iter().any(|code| held.get(code).is_none()) {
        return Ok(pb::ChangeUnitsResponse::default());
    }
    send(connection, import, change, true).await
}

/// Sends units in parts.
async fn put(cx: &Cx, connection: &Connection, units: &[Unit]) -> Result<()> {
    let bar = cx.screen.progress(u64::try_from(units.len())?, "units");
    for part in units.chunks(PUT_LEN_MAX) {
        let ask = pb::PutUnitsRequest {
            request_id: request_id(),
            units: part.iter().map(Into::into).collect(),
        };
        connection.organization().put_units(request(ask)).await.map_err(refused)?;
        bar.inc(u64::try_from(part.len())?);
    }
    bar.finish_and_clear();
    Ok(())
}

fn records(step: &Step) -> BTreeMap<&str, u64> {
    let mut counts = BTreeMap::new();
    for own in step.told.impacts.iter().flat_map(|impact| &impact.records) {
        *counts.entry(own.kind.as_str()).or_default() += own.count;
    }
    counts
}

/// What a change does, in words.
fn words(change: &Change) -> (String, String) {
    match change {
        Change::Rename { unit, name, kind: None } => (unit.to_string(), format!("rename: {name}")),
        Change::Rename { unit, name, kind: Some(kind) } => {
            (unit.to_string(), format!("rename: {name}, {}", kind.as_str()))
        }
        Change::Move { unit, parent, basis } => {
            (unit.to_string(), format!("move: under {parent} ({})", basis.as_str()))
        }
        // A list asks for no other.
        other => (String::new(), other.as_str().to_owned()),
    }
}

fn text_of_steps(steps: &[Step]) -> String {
    let mut rows = table(&["ROW", "UNIT", "CHANGE", "RECORDS", "OPEN ORDERS", "ENTRY"]);
    for step in steps {
        let (unit, what) = words(&step.change);
        let counts = records(step).into_iter().map(|(kind, count)| format!("{count} {kind}"));
        let entry = step.told.ledger_index;
        rows.add_row([
            step.row.to_string(),
            unit,
            what,
            counts.collect::<Vec<_>>().join(", "),
            step.told.orders.len().to_string(),
            if entry > 0 { entry.to_string() } else { "-".to_owned() },
        ]);
    }
    text_of(&rows)
}

fn value_of(step: &Step) -> Value {
    let (unit, what) = words(&step.change);
    let entry = step.told.ledger_index;
    json!({
        "row": step.row,
        "unit_code": unit,
        "change": step.change.as_str(),
        "what": what,
        "records": records(step),
        "orders": step.told.orders.iter().map(|order| &order.order_id).collect::<Vec<_>>(),
        "ledger_index": (entry > 0).then_some(entry),
    })
}

fn show(cx: &Cx, import: &Import, units: &UnitList, plan: &UnitPlan, steps: &[Step]) -> Result<()> {
    let UnitPlan { created, updated, unchanged, former, rejected, .. } = plan;
    let rows = units.rows.len() + units.rejected.len();
    let why = rejected.iter().map(|(row, fault)| (row.clone(), fault.reason())).collect();
    import.list.write_refused(cx, &units.file, &why, RefusedRows::Alone)?;
    let told: BTreeMap<&RowKey, String> =
        rejected.iter().map(|(row, fault)| (row, fault.to_string())).collect();
    let is_refused = |row: &RowKey| rejected.contains_key(row);
    let mut value = json!({
        "dry_run": import.dry_run,
        "rows": rows,
        "accepted": rows.saturating_sub(rejected.len()),
        "created": created.len(),
        "updated": updated.len(),
        "unchanged": unchanged,
        "former": former.len(),
        "rejected": told,
        "codes_restored": units.zeros,
        "changes": steps.iter().map(value_of).collect::<Vec<_>>(),
    });
    if let Value::Object(value) = &mut value {
        value.extend(list::value_of(&units.file, is_refused));
    }
    cx.screen.show(&value, || {
        let would = if import.dry_run { "would be " } else { "" };
        let mut text = format!(
            "{}: {rows} rows; {would}{} created, {} updated, {unchanged} unchanged, {} refused",
            import.file.display(),
            created.len(),
            updated.len(),
            rejected.len()
        );
        if import.dry_run {
            text += "; nothing was stored";
        }
        if !former.is_empty() {
            text +=
                &format!("\n{} units from before July 2025 {would}entered with them", former.len());
        }
        text += &list::text_of(&units.file, is_refused);
        for (row, fault) in rejected.iter().take(ROWS_SHOWN_MAX) {
            text += &format!("\nrow {row}: {fault}");
        }
        if let Some(more) = rejected.len().checked_sub(ROWS_SHOWN_MAX).filter(|more| *more > 0) {
            text += &format!("\nand {more} more rows are refused");
        }
        if !rejected.is_empty() {
            text += import.list.hint();
        }
        if !steps.is_empty() {
            let said = if import.dry_run { "would be carried out" } else { "carried out" };
            text +=
                &format!("\n\n{} changes {said}, each taken back by `unit undo`:\n", steps.len());
            text += &text_of_steps(steps);
        }
        text
    })
}
