//! `hoatoc unit`: the tree of units.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use serde_json::json;

use crate::cli::Cx;
use crate::cli::connection::{refused, request, request_id};
use crate::cli::output::{table, text_of};
use crate::domain::unit::{Unit as DomainUnit, Units};
use crate::roster::lists::{LIST_BYTES_MAX, read_unit_rows};
use crate::wire::pb;

/// Units in one call: with the longest names they keep within one message.
const PUT_LEN_MAX: usize = 100;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Unit {
    /// Creates or changes units from a list with the columns code, name, echelon, kind, parent_code,
    /// parent_basis, area_km2, population. Parents stand in the list or on the server.
    #[command(after_help = "Example:\n  hoatoc unit import units.csv --as ~/admin")]
    Import {
        /// The list, as UTF-8 text with commas.
        file: PathBuf,
    },
    /// Lists units.
    #[command(after_help = "Example:\n  hoatoc unit list --as ~/admin")]
    List,
}

impl Unit {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Import { file } => import(cx, &file).await,
            Self::List => list(cx).await,
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
    let named: BTreeSet<_> = units.iter().map(|unit| unit.code.clone()).collect();
    let kept = held.into_iter().filter(|unit| !named.contains(&unit.code));
    // What the list names, among what is there already.
    let tree = Units::from_list(kept.chain(units.iter().cloned()))?;
    // Parents before children, whatever the order of the list.
    units.sort_by_key(|unit| (tree.ancestors(&unit.code).count(), unit.code.clone()));
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
    let value = json!({ "created": created, "updated": updated, "unchanged": unchanged });
    cx.screen
        .show(&value, || format!("{created} created, {updated} updated, {unchanged} unchanged"))
}

async fn list(cx: &Cx) -> Result<()> {
    let units = cx.connect().await?.units().await?;
    let units: Vec<DomainUnit> = units.iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
    let value: Vec<_> = units
        .iter()
        .map(|unit| {
            json!({
                "code": unit.code.as_str(),
                "name": unit.name,
                "echelon": format!("{:?}", unit.echelon()).to_lowercase(),
                "parent_code": unit.parent.as_ref().map(ToString::to_string),
                "parent_basis": format!("{:?}", unit.parent_basis).to_lowercase(),
                "area_hectares": unit.area_hectares,
                "population": unit.population,
            })
        })
        .collect();
    cx.screen.show(&value, || {
        let mut rows = table(&["CODE", "NAME", "ECHELON", "UNDER", "BASIS", "PEOPLE"]);
        for unit in &units {
            rows.add_row([
                unit.code.to_string(),
                unit.name.clone(),
                format!("{:?}", unit.echelon()).to_lowercase(),
                unit.parent.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
                format!("{:?}", unit.parent_basis).to_lowercase(),
                unit.population.map_or_else(|| "-".to_owned(), |count| count.to_string()),
            ]);
        }
        text_of(&rows)
    })
}
