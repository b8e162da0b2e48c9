//! Lists of codes that records, plans and orders are held against: in from a spreadsheet, whole or not at
//! all, and out again.
//!
//! Called by `specialty` and `equipment-type`, each with its own columns and calls.

pub(in crate::cli) mod equipment_type;
pub(in crate::cli) mod specialty;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use serde_json::{Value, json};

use crate::cli::Cx;
use crate::cli::connection::{Connection, request_id};
use crate::cli::listing::Export;
use crate::cli::registry::import::list::{ListArgs, text_of, value_of};
use crate::cli::registry::import::may_write;
use crate::roster::code_list::CodeFile;
use crate::roster::sheet::{Sheet, SheetError};
use crate::roster::{ListHints, RefusedRows, RosterError, RowKey, Source};

/// Faults shown: whoever mends more takes the file of refused rows.
const FAULTS_SHOWN_MAX: usize = 50;

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
    /// Drops codes that the list has not any more even where records or reserve units have them.
    #[arg(long)]
    drop: bool,
}

/// How the server is asked to put a list.
#[derive(Debug)]
struct Asked {
    request_id: String,
    validate_only: bool,
    drop_used: bool,
}

/// What putting a list did, or would do.
#[derive(Debug, Default)]
struct Put {
    created: u32,
    updated: u32,
    unchanged: u32,
    removed: u32,
    in_use: Vec<InUse>,
}

/// A code that is dropped, and what has it.
#[derive(Debug)]
struct InUse {
    value: Value,
    text: String,
}

/// The list in force, as it is shown.
struct InForce {
    entries: Vec<Value>,
    sheet: Sheet,
    /// Whether it is the program's own.
    is_shipped: bool,
}

/// A list of codes.
trait CodeList: Sized + Send + 'static {
    /// What its entries are called on the screen, and as a JSON key.
    const ENTRIES: (&'static str, &'static str);

    fn read(source: Source<'_>, hints: &ListHints) -> Result<CodeFile<Self>, RosterError>;

    fn len(&self) -> usize;

    fn write_form(out: &Path, replace: bool) -> Result<(), SheetError>;

    async fn put(&self, connection: &Connection, asked: Asked) -> Result<Put>;

    async fn in_force(connection: &Connection) -> Result<InForce>;
}

async fn bring_in<L: CodeList>(cx: &Cx, import: Import) -> Result<()> {
    if let Some(out) = import.template.as_deref() {
        may_write(out, import.list.force)?;
        L::write_form(out, import.list.force)?;
        cx.screen.note(&format!("an empty form is in {}", out.display()));
        return Ok(());
    }
    let what = L::ENTRIES.0;
    let file =
        import.file.clone().with_context(|| format!("no file is named: give a list of {what}"))?;
    let name = file.display().to_string();
    let hints = import.list.hints(&file)?;
    let reading = tokio::task::spawn_blocking(move || L::read(Source::Path(&file), &hints));
    let read = reading.await.context("reading the list failed: try again")?;
    let found = import.list.understood(cx, read)?;
    if !found.faults.is_empty() {
        return refuse(cx, &import, &found);
    }
    let asked =
        Asked { request_id: request_id(), validate_only: import.dry_run, drop_used: import.drop };
    let put = found.list.put(&cx.connect().await?, asked).await?;
    cx.screen.show(&value(&found, &put, import.dry_run), || text(&name, &found, &put, &import))
}

/// What came of it, as the other imports name it.
fn value<L: CodeList>(found: &CodeFile<L>, put: &Put, dry_run: bool) -> Value {
    let rejected = found.rejected();
    let shown = |row: &RowKey| row.to_string();
    let codes: BTreeMap<_, _> = rejected.iter().map(|(row, own)| (shown(row), own.code)).collect();
    let places: BTreeMap<_, _> =
        rejected.iter().map(|(row, own)| (shown(row), &own.place)).collect();
    let mut value = json!({
        L::ENTRIES.1: found.list.len(),
        "rows": found.rows,
        "accepted": found.rows.saturating_sub(rejected.len()),
        "created": put.created,
        "updated": put.updated,
        "unchanged": put.unchanged,
        "removed": put.removed,
        "dry_run": dry_run,
        "in_use": put.in_use.iter().map(|own| &own.value).collect::<Vec<_>>(),
        "rejected": codes,
        "places": places,
    });
    let further: BTreeMap<_, _> =
        found.further().into_iter().map(|(row, faults)| (shown(row), faults)).collect();
    if let Value::Object(value) = &mut value {
        if !further.is_empty() {
            value.insert("further_faults".into(), json!(further));
        }
        value.extend(value_of(&found.file, |row| rejected.contains_key(row)));
    }
    value
}

/// Says all that is wrong, writes the rows to mend where asked, and stores nothing.
fn refuse<L: CodeList>(cx: &Cx, import: &Import, found: &CodeFile<L>) -> Result<()> {
    let (count, args) = (found.rejected().len(), &import.list);
    args.write_refused(cx, &found.file, &found.reasons(), RefusedRows::WithAllOthers)?;
    let failure = anyhow!(
        "{count} of {} rows are at fault; nothing was stored: a list of {} is taken whole or not at all",
        found.rows,
        L::ENTRIES.0
    );
    if cx.screen.is_json() {
        cx.screen.show(&value(found, &Put::default(), import.dry_run), String::new)?;
        return Err(failure);
    }
    let shown = found.faults.iter().take(FAULTS_SHOWN_MAX).map(ToString::to_string);
    let mut text = shown.collect::<Vec<_>>().join("\n");
    if let Some(more) = found.faults.len().checked_sub(FAULTS_SHOWN_MAX).filter(|more| *more > 0) {
        text.push_str(&format!("\nand {more} more faults"));
    }
    text.push_str(&text_of(&found.file, |_row| false));
    text.push_str(args.hint());
    cx.screen.note(&text);
    Err(failure)
}

fn text<L: CodeList>(name: &str, found: &CodeFile<L>, put: &Put, import: &Import) -> String {
    let would = if import.dry_run { "would be " } else { "" };
    let mut text = format!(
        "{name}: {} {}; {would}{} created, {} updated, {} unchanged, {} removed",
        found.list.len(),
        L::ENTRIES.0,
        put.created,
        put.updated,
        put.unchanged,
        put.removed
    );
    if import.dry_run {
        text.push_str("; nothing was stored");
    }
    for own in &put.in_use {
        text.push_str(&format!("\n{}", own.text));
    }
    if import.dry_run && !import.drop && !put.in_use.is_empty() {
        text.push_str("\nwithout --dry-run it would be refused: keep these, or add --drop");
    }
    text.push_str(&text_of(&found.file, |_row| false));
    text
}

async fn list<L: CodeList>(cx: &Cx, export: &Export) -> Result<()> {
    export.target()?;
    let InForce { entries, sheet, is_shipped } = L::in_force(&cx.connect().await?).await?;
    let own = if is_shipped { "; the program's own list, none was imported" } else { "" };
    let foot = format!("{} {}{own}", entries.len(), L::ENTRIES.0);
    let value = json!({ "shipped": is_shipped, L::ENTRIES.1: entries });
    export.show(&cx.screen, &value, &sheet, &foot)
}
