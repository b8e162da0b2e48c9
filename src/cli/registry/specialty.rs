//! `hoatoc specialty`: the list of military specialties that records, plans and orders are held against.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::cli::Cx;
use crate::cli::connection::{refused, request, request_id};
use crate::cli::listing::Export;
use crate::roster::Source;
use crate::roster::specialties::{read_specialty_list, sheet_of};
use crate::wire::pb;

/// What to do with the list of specialties.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Specialty {
    /// Replaces the list by that of a spreadsheet with columns for code, name and near specialties.
    #[command(after_help = "Example:\n  hoatoc specialty import cnqs.xlsx --dry-run --as ~/admin")]
    Import {
        /// An .xlsx, .xls, .ods or .csv file.
        file: PathBuf,
        /// Says all that would happen; nothing is stored.
        #[arg(long)]
        dry_run: bool,
    },
    /// Lists the specialties in force, with what is near to each.
    #[command(after_help = "Example:\n  hoatoc specialty list --export cnqs.xlsx --as ~/admin")]
    List(Export),
}

impl Specialty {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Import { file, dry_run } => import(cx, file, dry_run).await,
            Self::List(export) => list(cx, &export).await,
        }
    }
}

async fn import(cx: &Cx, file: PathBuf, dry_run: bool) -> Result<()> {
    let name = file.display().to_string();
    let reading = tokio::task::spawn_blocking(move || read_specialty_list(Source::Path(&file)));
    let list = reading.await.context("reading the list failed: try again")??;
    let ask = pb::PutSpecialtiesRequest {
        request_id: request_id(),
        specialties: list.iter().map(Into::into).collect(),
        validate_only: dry_run,
    };
    let mut client = cx.connect().await?.organization();
    let put = client.put_specialties(request(ask)).await.map_err(refused)?.into_inner();
    let value = json!({
        "specialties": list.len(),
        "created": put.created,
        "updated": put.updated,
        "unchanged": put.unchanged,
        "removed": put.removed,
        "dry_run": dry_run,
    });
    cx.screen.show(&value, || {
        let would = if dry_run { "would be " } else { "" };
        let mut text = format!(
            "{name}: {} specialties; {would}{} created, {} updated, {} unchanged, {} removed",
            list.len(),
            put.created,
            put.updated,
            put.unchanged,
            put.removed
        );
        if dry_run {
            text.push_str("; nothing was stored");
        }
        text
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
