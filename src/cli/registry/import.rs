//! Importing a roster: the feed reads, checks and sends; what came of it is one report, without
//! anything personal that stood in a row.

pub(in crate::cli) mod list;
mod told;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Error, Result, anyhow};
use clap::Args;
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use tonic::Code;

use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request_id};
use crate::cli::days::day;
use crate::cli::output::{table, text_of};
use crate::domain::ids::UnitCode;
use crate::domain::registry::{EquipmentTypes, Specialties};
use crate::domain::unit::Units;
use crate::roster::feed::{self, Feed, FeedError, Progress};
use crate::roster::lists::{shipped_equipment_types, shipped_specialties};
use crate::roster::template::{FormLists, write_template};
use crate::roster::{ImportReport, Mapping, RosterKind, Source, write_refused};
use crate::wire::pb;

/// How long a server that does not answer is tried again before an import is given up.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often the person is told that the server does not answer.
const SILENCE_TOLD_EVERY: Duration = Duration::from_secs(8);

/// Which roster, and how to read it.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Roster {
    /// An .xlsx, .xls, .ods or .csv file.
    #[arg(required_unless_present = "template")]
    pub(super) file: Option<PathBuf>,
    /// The unit of rows that name none.
    #[arg(long, value_name = "CODE")]
    pub(super) unit: Option<UnitCode>,
    /// The sheet to read, in capitals or not; without it all that hold a table.
    #[arg(long, value_name = "NAME")]
    pub(super) sheet: Option<String>,
    /// The day that the list is of, as 2019-06-30 or 30/06/2019: names of units from before a merger are
    /// mapped, and what records know from later stays.
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(super) as_of: Option<Date>,
    /// Says what columns and words mean where guessing fails; a file in TOML.
    #[arg(long, value_name = "FILE")]
    pub(super) mapping: Option<PathBuf>,
    /// Writes the mapping file to fill in there, where the columns cannot be guessed.
    #[arg(long, value_name = "OUT.toml")]
    pub(super) mapping_out: Option<PathBuf>,
    /// Writes an empty form with the headers that are known, and imports nothing.
    #[arg(long, value_name = "OUT.xlsx", conflicts_with_all = ["file", "dry_run", "refused"])]
    pub(super) template: Option<PathBuf>,
    /// Says all that would happen; nothing is stored.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Writes the refused rows, with their reasons, as a spreadsheet to mend and import again.
    #[arg(long, value_name = "OUT.xlsx")]
    pub(super) refused: Option<PathBuf>,
    /// Replaces files to be written if they are there already.
    #[arg(long)]
    pub(super) force: bool,
}

/// A day as `yyyy-mm-dd`.
pub(super) fn date(day: Option<&pb::CivilDate>) -> Option<String> {
    day.map(|day| format!("{:04}-{:02}-{:02}", day.year, day.month, day.day))
}

/// The parts of a field that has several, each with its name, without those that are empty.
fn named(parts: &Map<String, Value>) -> String {
    let said = parts.iter().filter(|(_, part)| !part.is_null() && *part != "");
    said.map(|(name, part)| match part {
        Value::String(text) => format!("{name} {text}"),
        other => format!("{name} {other}"),
    })
    .collect::<Vec<_>>()
    .join(", ")
}

/// A record as lines `field  value`, without fields that are empty.
pub(super) fn lines(value: &Value) -> String {
    let mut rows = table(&["FIELD", "VALUE"]);
    for (field, value) in value.as_object().into_iter().flatten() {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Array(parts) => {
                let text = |part: &Value| match part {
                    Value::String(text) => text.clone(),
                    Value::Object(fields) => named(fields),
                    other => other.to_string(),
                };
                parts.iter().map(text).collect::<Vec<_>>().join("; ")
            }
            Value::Object(parts) => named(parts),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        if !text.is_empty() {
            rows.add_row([field.clone(), text]);
        }
    }
    text_of(&rows)
}

/// Reads a roster and feeds it to the server. With `dry_run` the server stores nothing.
pub(super) async fn run(cx: &Cx, roster: Roster, kind: RosterKind) -> Result<()> {
    if let Some(out) = roster.template.as_deref() {
        return form(cx, kind, out, roster.force).await;
    }
    let file = roster.file.clone().context("no file is named: give a roster")?;
    if !file.is_file() {
        return Err(anyhow!("{} is not a file: give a roster", file.display()));
    }
    if let Some(out) = roster.refused.as_deref() {
        may_write(out, roster.force)?;
        is_apart(out, &file)?;
    }
    let today = cx.clock.now().date_in_vietnam();
    if let Some(day) = roster.as_of.filter(|day| *day > today) {
        return Err(anyhow!("--as-of {day} is yet to come: give the day that the list is of"));
    }
    let mapping = roster.mapping.as_deref().map(read_mapping).transpose()?.unwrap_or_default();
    let connection = cx.connect().await?;
    let units = connection.units().await?;
    let units: Vec<_> = units.iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
    let feed = Feed {
        path: file.clone(),
        units: Units::from_list(units).context("the server's units do not hang together")?,
        specialties: connection.specialties().await?,
        equipment_types: connection.equipment_types().await?,
        as_of: today,
        default_unit: roster.unit.clone(),
        sheet: roster.sheet.clone(),
        names_as_of: roster.as_of,
        mapping,
        name: request_id(),
        validate_only: roster.dry_run,
        patience: PATIENCE,
        silence_told_every: SILENCE_TOLD_EVERY,
    };
    let bar = cx.screen.counter("rows");
    let mut progress = |news| match news {
        Progress::Rows(rows) => bar.set_position(rows),
        news => bar.suspend(|| cx.screen.note(&told::silence(news, PATIENCE))),
    };
    let again = feed.clone();
    let fed = tokio::select! {
        fed = import(&connection, kind, feed, &mut progress) => Some(fed),
        _stopped = tokio::signal::ctrl_c() => None,
    };
    bar.finish_and_clear();
    let fed = fed.ok_or_else(|| {
        anyhow!(
            "stopped: the first {} rows of data are answered for and stay as they are; import the \
             file again to complete it",
            bar.position()
        )
    })?;
    if let Err(FeedError::Roster(fault)) = &fed
        && let Some(mapping) = fault.mapping()
    {
        give_mapping(cx, mapping, roster.mapping_out.as_deref(), roster.force)?;
    }
    let report = fed.map_err(|failure| cut_short(failure, bar.position()))?;
    let is_hinted = roster.refused.is_none();
    if let Some(out) = roster.refused {
        write_rows(cx, again, report.clone(), out, roster.force).await?;
    }
    cx.screen.show(&report, || told::text(&file, roster.dry_run, is_hinted, &report))
}

/// Why an import ended early, and how it is taken up again.
fn cut_short(failure: FeedError, rows: u64) -> Error {
    match failure {
        FeedError::Server { answered: 0, source } if source.code() != Code::Unavailable => {
            refused(*source)
        }
        // The library's own words for a status are for programmers.
        FeedError::Server { source, .. } => refused(*source).context(format!(
            "the import was cut short: {rows} rows are answered for and stay as they are; once the \
             server answers, import the same file again to complete it"
        )),
        other => other.into(),
    }
}

/// Writes the refused rows, if there are any.
async fn write_rows(
    cx: &Cx,
    feed: Feed,
    report: ImportReport,
    out: PathBuf,
    force: bool,
) -> Result<()> {
    let writing = tokio::task::spawn_blocking(move || {
        let source = Source::Path(&feed.path);
        write_refused(source, &feed.options(), &report, &out, force).map(|rows| (rows, out))
    });
    let (rows, out) = writing.await.context("writing the refused rows failed")??;
    if rows > 0 {
        cx.screen.note(&format!("{rows} refused rows written to {}", out.display()));
    }
    Ok(())
}

/// The lists whose codes a form offers: those in force for whom the server knows, else the program's own.
pub(in crate::cli) async fn form_lists(cx: &Cx) -> Result<(Specialties, EquipmentTypes)> {
    let why = match &cx.home {
        None => "with --as it has those in force".to_owned(),
        Some(_officer) => match cx.connect().await {
            Ok(known) => return Ok((known.specialties().await?, known.equipment_types().await?)),
            Err(failure) => format!("those in force are not to be had now: {failure:#}"),
        },
    };
    cx.screen.note(&format!("the form has the program's own codes; {why}"));
    Ok((shipped_specialties(), shipped_equipment_types()))
}

/// Writes an empty form.
async fn form(cx: &Cx, kind: RosterKind, out: &Path, force: bool) -> Result<()> {
    may_write(out, force)?;
    let (specialties, equipment_types) = match kind {
        RosterKind::Reservists | RosterKind::Equipment => form_lists(cx).await?,
        _no_codes => (Specialties::default(), EquipmentTypes::default()),
    };
    let lists = FormLists { specialties: &specialties, equipment_types: &equipment_types };
    write_template(kind, &lists, out, force)?;
    cx.screen.note(&format!(
        "an empty form is in {}: fill in its first sheet, the second has the values to choose from",
        out.display()
    ));
    Ok(())
}

/// A mapping file whole, as it can be saved: to its own file, or to standard output.
fn give_mapping(cx: &Cx, mapping: &str, out: Option<&Path>, force: bool) -> Result<()> {
    let Some(out) = out else {
        cx.screen.note("a mapping file to fill in (--mapping-out OUT.toml writes it to a file):");
        let value = json!({ "mapping": mapping });
        return cx.screen.show(&value, || mapping.trim_end().to_owned());
    };
    if out.exists() && !force {
        return Err(anyhow!("{} is there already: move it away or add --force", out.display()));
    }
    std::fs::write(out, mapping)
        .with_context(|| format!("failed to write the mapping file {}", out.display()))?;
    cx.screen.note(&format!(
        "a mapping file is in {}: say in it what the columns are, then import with --mapping {}",
        out.display(),
        out.display()
    ));
    Ok(())
}

async fn import(
    connection: &Connection,
    kind: RosterKind,
    feed: Feed,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<ImportReport, FeedError> {
    let (mut registry, mut force) = (connection.registry(), connection.force());
    match kind {
        RosterKind::Reservists => feed::import_reservists(&mut registry, feed, progress).await,
        RosterKind::Equipment => feed::import_equipment(&mut registry, feed, progress).await,
        RosterKind::MilitiaBases => feed::import_militia_bases(&mut force, feed, progress).await,
        RosterKind::Enterprises => feed::import_enterprises(&mut force, feed, progress).await,
        RosterKind::Activities => feed::import_activities(&mut force, feed, progress).await,
    }
}

/// Said before the import, not after it.
pub(in crate::cli) fn may_write(out: &Path, force: bool) -> Result<()> {
    let is_workbook = out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx"));
    if !is_workbook {
        return Err(anyhow!("{} must end in .xlsx: refused rows are a workbook", out.display()));
    }
    if out.exists() && !force {
        return Err(anyhow!("{} is there already: move it away or add --force", out.display()));
    }
    Ok(())
}

/// The roster itself is never written over.
pub(in crate::cli) fn is_apart(out: &Path, file: &Path) -> Result<()> {
    if out.canonicalize().ok() == file.canonicalize().ok() {
        let out = out.display();
        return Err(anyhow!("{out} is the roster itself: name another file for the refused rows"));
    }
    Ok(())
}

/// A mapping file.
pub(in crate::cli) fn read_mapping(path: &Path) -> Result<Mapping> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("failed to read the mapping file {}", path.display()))?;
    Ok(Mapping::parse(&text)?)
}
