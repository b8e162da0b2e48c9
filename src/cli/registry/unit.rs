//! `hoatoc unit`: the tree of units, and its history.

mod change;
mod import;
mod moved;
mod show;

use anyhow::Result;
use clap::Subcommand;
use jiff::civil::Date;
use serde_json::{Value, json};

use change::Change;

use crate::cli::Cx;
use crate::cli::days::day;
use crate::cli::listing::{Export, render};
use crate::domain::ids::UnitCode;
use crate::domain::unit::Unit as DomainUnit;
use crate::roster::lists::sheet_of_units;
use crate::roster::sheet::{CellValue, Sheet};
use crate::wire::pb;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Unit {
    /// Brings in a list of units: new ones, and facts without history (people, area) of those there
    /// are. Columns in any order, in Vietnamese or English: code, name, kind, parent_code, parent_basis,
    /// area_km2, population, and with history valid_from, valid_to, successor_codes,
    /// successor_basis, other_parent_codes, official_code; what is blank stays as it is known. Another
    /// name, kind or parent is refused, or with --on a renaming or move with a date, which `unit undo`
    /// takes back. With the units that took their place the shipped 139 units from before July 2025 are
    /// entered too.
    #[command(
        after_help = "Examples:\n  hoatoc unit import units.xlsx --dry-run --as ~/admin\n  hoatoc unit import units.xlsx --on 2026-03-01 --document \"Nghị quyết 12/NQ\" --dry-run --as ~/admin"
    )]
    Import(import::Import),
    /// Lists units; what --export writes, `unit import` reads.
    #[command(after_help = "Example:\n  hoatoc unit list --export units.xlsx --as ~/admin")]
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
            Self::Import(list) => import::import(cx, list).await,
            Self::List { closed, on, export } => list(cx, closed, on, &export).await,
            Self::Show { code } => show::show(cx, &code).await,
            Self::History { code, export } => show::history(cx, &code, &export).await,
            Self::Change(change) => change.run(cx).await,
        }
    }
}

async fn list(cx: &Cx, closed: bool, on: Option<Date>, export: &Export) -> Result<()> {
    export.target()?;
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
    // The file has all that is known of each, so that it can be filled in and imported.
    export.save(&cx.screen, || sheet_of_units(&units))?;
    cx.screen.show(&value, || render(&sheet, ""))
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
