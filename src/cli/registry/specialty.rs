//! `hoatoc specialty`: the list of military specialties that records, plans and orders are held against.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::cli::Cx;
use crate::cli::connection::{refused, request, request_id};
use crate::cli::listing::Export;
use crate::cli::registry::import::list::{ListArgs, text_of, value_of};
use crate::cli::registry::import::may_write;
use crate::roster::specialties::{SpecialtyList, read_specialty_list, sheet_of};
use crate::roster::template::write_specialty_template;
use crate::roster::{RefusedRows, RowKey, Source};
use crate::wire::pb;

/// Faults shown: whoever mends more takes the file of refused rows.
const FAULTS_SHOWN_MAX: usize = 50;

/// What to do with the list of specialties.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Specialty {
    /// Replaces the list by that of a spreadsheet with columns for code, name and near specialties. It is
    /// taken whole or not at all: while a row is at fault, nothing is stored.
    #[command(
        after_help = "Examples:\n  hoatoc specialty import cnqs.xlsx --dry-run --as ~/admin\n  \
        hoatoc specialty import cnqs.xlsx --refused to-mend.xlsx --as ~/admin\n  \
        hoatoc specialty import --template form.xlsx"
    )]
    Import(Import),
    /// Lists the specialties in force, with what is near to each.
    #[command(after_help = "Example:\n  hoatoc specialty list --export cnqs.xlsx --as ~/admin")]
    List(Export),
}

/// Which list, and what it may do.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Import {
    /// An .xlsx, .xls, .ods or .csv file.
    #[arg(required_unless_present = "template")]
    file: Option<PathBuf>,
    #[command(flatten)]
    list: ListArgs,
    /// Writes an empty form with the headers that are known, and imports nothing.
    #[arg(
        long, value_name = "OUT.xlsx", conflicts_with_all = ["file", "dry_run", "drop", "refused"]
    )]
    template: Option<PathBuf>,
    /// Says all that would happen; nothing is stored.
    #[arg(long)]
    dry_run: bool,
    /// Drops specialties that the list has not any more even where reservists or posts have them.
    #[arg(long)]
    drop: bool,
}

impl Specialty {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Import(import) => bring_in(cx, import).await,
            Self::List(export) => list(cx, &export).await,
        }
    }
}

async fn bring_in(cx: &Cx, import: Import) -> Result<()> {
    if let Some(out) = import.template.as_deref() {
        may_write(out, import.list.force)?;
        write_specialty_template(out, import.list.force)?;
        cx.screen.note(&format!("an empty form is in {}", out.display()));
        return Ok(());
    }
    let file = import.file.clone().context("no file is named: give a list of specialties")?;
    let name = file.display().to_string();
    let hints = import.list.hints(&file)?;
    let reading =
        tokio::task::spawn_blocking(move || read_specialty_list(Source::Path(&file), &hints));
    let read = reading.await.context("reading the list failed: try again")?;
    let list = import.list.understood(cx, read)?;
    if !list.faults.is_empty() {
        return refuse(cx, &import, &list);
    }
    let ask = pb::PutSpecialtiesRequest {
        request_id: request_id(),
        specialties: list.specialties.iter().map(Into::into).collect(),
        validate_only: import.dry_run,
        drop_used: import.drop,
    };
    let mut client = cx.connect().await?.organization();
    let put = client.put_specialties(request(ask)).await.map_err(refused)?.into_inner();
    cx.screen.show(&value(&list, &put, import.dry_run), || text(&name, &list, &put, &import))
}

/// What came of it, as the other imports name it.
fn value(list: &SpecialtyList, put: &pb::PutSpecialtiesResponse, dry_run: bool) -> Value {
    let rejected = list.rejected();
    let shown = |row: &RowKey| row.to_string();
    let codes: BTreeMap<_, _> = rejected.iter().map(|(row, own)| (shown(row), own.code)).collect();
    let places: BTreeMap<_, _> =
        rejected.iter().map(|(row, own)| (shown(row), &own.place)).collect();
    let mut value = json!({
        "specialties": list.specialties.len(),
        "rows": list.rows,
        "accepted": list.rows.saturating_sub(rejected.len()),
        "created": put.created,
        "updated": put.updated,
        "unchanged": put.unchanged,
        "removed": put.removed,
        "dry_run": dry_run,
        "in_use": put.in_use.iter().map(used).collect::<Vec<_>>(),
        "rejected": codes,
        "places": places,
    });
    let further: BTreeMap<_, _> =
        list.further().into_iter().map(|(row, faults)| (shown(row), faults)).collect();
    if let Value::Object(value) = &mut value {
        if !further.is_empty() {
            value.insert("further_faults".into(), json!(further));
        }
        value.extend(value_of(&list.file, |row| rejected.contains_key(row)));
    }
    value
}

/// Says all that is wrong, writes the rows to mend where asked, and stores nothing.
fn refuse(cx: &Cx, import: &Import, list: &SpecialtyList) -> Result<()> {
    let (count, args) = (list.rejected().len(), &import.list);
    args.write_refused(cx, &list.file, &list.reasons(), RefusedRows::WithAllOthers)?;
    let failure = anyhow!(
        "{count} of {} rows are at fault; nothing was stored: a list of specialties is taken whole or not \
         at all",
        list.rows
    );
    if cx.screen.is_json() {
        let none = pb::PutSpecialtiesResponse::default();
        cx.screen.show(&value(list, &none, import.dry_run), String::new)?;
        return Err(failure);
    }
    let shown = list.faults.iter().take(FAULTS_SHOWN_MAX).map(ToString::to_string);
    let mut text = shown.collect::<Vec<_>>().join("\n");
    if let Some(more) = list.faults.len().checked_sub(FAULTS_SHOWN_MAX).filter(|more| *more > 0) {
        text.push_str(&format!("\nand {more} more faults"));
    }
    text.push_str(&text_of(&list.file, |_row| false));
    text.push_str(args.hint());
    cx.screen.note(&text);
    Err(failure)
}

fn text(
    name: &str,
    list: &SpecialtyList,
    put: &pb::PutSpecialtiesResponse,
    import: &Import,
) -> String {
    let would = if import.dry_run { "would be " } else { "" };
    let mut text = format!(
        "{name}: {} specialties; {would}{} created, {} updated, {} unchanged, {} removed",
        list.specialties.len(),
        put.created,
        put.updated,
        put.unchanged,
        put.removed
    );
    if import.dry_run {
        text.push_str("; nothing was stored");
    }
    for own in &put.in_use {
        text.push_str(&format!(
            "\n{} is dropped and in use: {} reservists, {} posts, near to {} posts",
            own.code, own.reservists, own.posts, own.near
        ));
    }
    if import.dry_run && !import.drop && !put.in_use.is_empty() {
        text.push_str("\nwithout --dry-run it would be refused: keep these, or add --drop");
    }
    text.push_str(&text_of(&list.file, |_row| false));
    text
}

fn used(own: &pb::SpecialtyInUse) -> Value {
    json!({
        "code": own.code, "reservists": own.reservists, "posts": own.posts, "near": own.near,
    })
}

async fn list(cx: &Cx, export: &Export) -> Result<()> {
    export.target()?;
    let ask = request(pb::ListSpecialtiesRequest {});
    let mut client = cx.connect().await?.organization();
    let listed = client.list_specialties(ask).await.map_err(refused)?.into_inner();
    let one = |one: &pb::Specialty| json!({ "code": one.code, "name": one.name, "near": one.near });
    let all: Vec<Value> = listed.specialties.iter().map(one).collect();
    let list: Vec<_> =
        listed.specialties.iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
    let own = if listed.shipped { "; the program's own list, none was imported" } else { "" };
    let foot = format!("{} specialties{own}", listed.specialties.len());
    let value = json!({ "shipped": listed.shipped, "specialties": all });
    export.show(&cx.screen, &value, &sheet_of(&list), &foot)
}
