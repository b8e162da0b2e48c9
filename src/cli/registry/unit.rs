//! `hoatoc unit`: the tree of units, and its history.

mod change;
mod moved;
mod show;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use jiff::civil::Date;
use serde_json::{Value, json};

use change::Change;

use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request, request_id};
use crate::cli::days::day;
use crate::cli::listing::Export;
use crate::domain::ids::UnitCode;
use crate::domain::unit::{Unit as DomainUnit, Units};
use crate::roster::lists::{
    LIST_BYTES_MAX, date_successors, names_history, read_unit_rows, shipped_former_units,
};
use crate::roster::sheet::{CellValue, Sheet};
use crate::wire::pb;

/// Units in one call: with the longest names they keep within one message.
const PUT_LEN_MAX: usize = 100;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Unit {
    /// Creates or changes units from a list with the columns code, name, echelon, kind, parent_code,
    /// parent_basis, area_km2, population, and with history also valid_from, valid_to,
    /// successor_codes, successor_basis, other_parent_codes, official_code. Parents stand in the list
    /// or on the server. With the units that took their place the shipped 139 units from before July
    /// 2025 are entered too.
    #[command(after_help = "Example:\n  hoatoc unit import units.csv --as ~/admin")]
    Import {
        /// The list, as UTF-8 text with commas.
        file: PathBuf,
    },
    /// Lists units.
    #[command(after_help = "Example:\n  hoatoc unit list --as ~/admin")]
    List {
        /// Those that exist no more too.
        #[arg(long, conflicts_with = "on")]
        closed: bool,
        /// The units as they stood on a day, by the map of then.
        #[arg(long, value_name = "DATE", value_parser = day)]
        on: Option<Date>,
        #[command(flatten)]
        export: Export,
    },
    /// Shows one unit: what it is, what stands above it on both lines, what it followed.
    #[command(after_help = "Example:\n  hoatoc unit show 03356 --as ~/admin")]
    Show {
        /// Its code.
        code: UnitCode,
    },
    /// Shows what a unit was, from when to when, and what was done to it by which ledger entry.
    #[command(
        after_help = "Example:\n  hoatoc unit history 03356 --export 03356.xlsx --as ~/admin"
    )]
    History {
        /// Its code.
        code: UnitCode,
        #[command(flatten)]
        export: Export,
    },
    #[command(flatten)]
    Change(Change),
}

impl Unit {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Import { file } => import(cx, &file).await,
            Self::List { closed, on, export } => list(cx, closed, on, &export).await,
            Self::Show { code } => show::show(cx, &code).await,
            Self::History { code, export } => show::history(cx, &code, &export).await,
            Self::Change(change) => change.run(cx).await,
        }
    }
}

async fn import(cx: &Cx, file: &std::path::Path) -> Result<()> {
    let context = || format!("failed to read {}", file.display());
    let len = std::fs::metadata(file).with_context(context)?.len();
    if usize::try_from(len).is_ok_and(|len| len > LIST_BYTES_MAX) {
        anyhow::bail!("{} has {len} bytes, over the bound of {LIST_BYTES_MAX}", file.display());
    }
    let text = std::fs::read_to_string(file).with_context(context)?;
    let mut units =
        read_unit_rows(&text).with_context(|| format!("{} is not right", file.display()))?;
    let connection = cx.connect().await?;
    let held = connection.units().await?;
    let held: Vec<DomainUnit> = held.iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
    let held: BTreeMap<_, _> = held.into_iter().map(|unit| (unit.code.clone(), unit)).collect();
    if !names_history(&text) {
        for unit in &mut units {
            keep_history(unit, held.get(&unit.code));
        }
    }
    let former = former_units(&units, &held);
    date_successors(&mut units, &former);
    let shipped = former.len();
    units.extend(former);
    let named: BTreeSet<_> = units.iter().map(|unit| unit.code.clone()).collect();
    let kept = held.into_values().filter(|unit| !named.contains(&unit.code));
    // What the list names, among what is there already.
    Units::from_list(kept.chain(units.iter().cloned()))?;
    // Parents before children, whatever the order of the list.
    units.sort_by_key(DomainUnit::entry_order);
    let (created, updated, unchanged) = put(cx, &connection, &units).await?;
    let created = created - u32::try_from(shipped)?;
    let value = json!({
        "created": created, "updated": updated, "unchanged": unchanged, "former": shipped,
    });
    cx.screen.show(&value, || {
        let text = format!("{created} created, {updated} updated, {unchanged} unchanged");
        match shipped {
            0 => text,
            _some => format!("{text}; {shipped} units from before July 2025 entered with them"),
        }
    })
}

/// A list without history says nothing of it: what is held stays.
fn keep_history(unit: &mut DomainUnit, held: Option<&DomainUnit>) {
    if let Some(held) = held {
        (unit.valid_from, unit.valid_to) = (held.valid_from, held.valid_to);
        unit.former.clone_from(&held.former);
    }
}

/// The shipped former units that are not there yet, if all that took their place is or comes.
fn former_units(units: &[DomainUnit], held: &BTreeMap<UnitCode, DomainUnit>) -> Vec<DomainUnit> {
    let named: BTreeSet<&UnitCode> =
        units.iter().map(|unit| &unit.code).chain(held.keys()).collect();
    let shipped = shipped_former_units();
    let follows = |code: &UnitCode| named.contains(code);
    let comes_whole = shipped.iter().all(|old| old.former.successors.iter().all(follows));
    shipped.into_iter().filter(|old| comes_whole && !named.contains(&old.code)).collect()
}

/// Sends units in parts; how many were created, updated, unchanged.
async fn put(cx: &Cx, connection: &Connection, units: &[DomainUnit]) -> Result<(u32, u32, u32)> {
    let bar = cx.screen.progress(u64::try_from(units.len())?, "units");
    let (mut created, mut updated, mut unchanged) = (0, 0, 0);
    for part in units.chunks(PUT_LEN_MAX) {
        let ask = pb::PutUnitsRequest {
            request_id: request_id(),
            units: part.iter().map(Into::into).collect(),
        };
        let done = connection.organization().put_units(request(ask)).await.map_err(refused)?;
        let done = done.into_inner();
        created += done.created;
        updated += done.updated;
        unchanged += done.unchanged;
        bar.inc(u64::try_from(part.len())?);
    }
    bar.finish_and_clear();
    Ok((created, updated, unchanged))
}

async fn list(cx: &Cx, closed: bool, on: Option<Date>, export: &Export) -> Result<()> {
    let on = on.map(|day| day.to_string()).unwrap_or_default();
    let units = cx.connect().await?.units_on(&on).await?;
    let mut units: Vec<DomainUnit> =
        units.iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
    units.retain(|unit| closed || !unit.is_closed());
    let value: Vec<_> = units.iter().map(value_of).collect();
    let columns = ["CODE", "NAME", "ECHELON", "UNDER", "BASIS", "PEOPLE", "LAST DAY"];
    let mut sheet = Sheet::new("", if closed { &columns } else { &columns[..6] });
    for unit in &units {
        let last_day = unit.valid_to.map_or_else(|| "-".to_owned(), |day| day.to_string());
        let row = [
            unit.code.as_str().into(),
            unit.name.as_str().into(),
            unit.echelon().as_str().into(),
            unit.parent.as_ref().map_or("-", UnitCode::as_str).into(),
            unit.parent_basis.as_str().into(),
            unit.population.map_or_else(|| "-".into(), CellValue::from),
            last_day.into(),
        ];
        sheet.rows.push(row.into_iter().take(sheet.columns.len()).collect());
    }
    export.show(&cx.screen, &value, &sheet, "")
}

/// A unit as JSON.
fn unit_value(unit: &pb::Unit) -> Result<Value> {
    Ok(value_of(&unit.try_into()?))
}

fn value_of(unit: &DomainUnit) -> Value {
    let codes = |codes: &[UnitCode]| codes.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "code": unit.code.as_str(),
        "name": unit.name,
        "echelon": unit.echelon().as_str(),
        "kind": unit.kind.as_str(),
        "parent_code": unit.parent.as_ref().map(ToString::to_string),
        "parent_basis": unit.parent_basis.as_str(),
        "area_hectares": unit.area_hectares,
        "population": unit.population,
        "valid_from": unit.valid_from.map(|day| day.to_string()),
        "valid_to": unit.valid_to.map(|day| day.to_string()),
        "successor_codes": codes(&unit.former.successors),
    })
}
