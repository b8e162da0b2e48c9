//! `hoatoc specialty`: the list of military specialties that records, plans and orders are held against.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::cli::Cx;
use crate::cli::connection::{refused, request, request_id};
use crate::cli::listing::Export;
use crate::cli::registry::import::may_write;
use crate::roster::Source;
use crate::roster::specialties::{read_specialty_list, sheet_of};
use crate::roster::template::write_specialty_template;
use crate::wire::pb;

/// What to do with the list of specialties.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Specialty {
    /// Replaces the list by that of a spreadsheet with columns for code, name and near specialties.
    #[command(
        after_help = "Examples:\n  hoatoc specialty import cnqs.xlsx --dry-run --as ~/admin\n  \
        hoatoc specialty import --template form.xlsx"
    )]
    Import {
        /// An .xlsx, .xls, .ods or .csv file.
        #[arg(required_unless_present = "template")]
        file: Option<PathBuf>,
        /// Writes an empty form with the headers that are known, and imports nothing.
        #[arg(long, value_name = "OUT.xlsx", conflicts_with_all = ["file", "dry_run", "drop"])]
        template: Option<PathBuf>,
        /// Replaces the form if it is there already.
        #[arg(long, requires = "template")]
        force: bool,
        /// Says all that would happen; nothing is stored.
        #[arg(long)]
        dry_run: bool,
        /// Drops specialties that the list has not any more even where reservists or posts have them.
        #[arg(long)]
        drop: bool,
    },
    /// Lists the specialties in force, with what is near to each.
    #[command(after_help = "Example:\n  hoatoc specialty list --export cnqs.xlsx --as ~/admin")]
    List(Export),
}

impl Specialty {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Import { template: Some(out), force, .. } => {
                may_write(&out, force)?;
                write_specialty_template(&out, force)?;
                cx.screen.note(&format!("an empty form is in {}", out.display()));
                Ok(())
            }
            Self::Import { file, dry_run, drop, .. } => {
                let file = file.context("no file is named: give a list of specialties")?;
                import(cx, file, dry_run, drop).await
            }
            Self::List(export) => list(cx, &export).await,
        }
    }
}

async fn import(cx: &Cx, file: PathBuf, dry_run: bool, drop: bool) -> Result<()> {
    let name = file.display().to_string();
    let reading = tokio::task::spawn_blocking(move || read_specialty_list(Source::Path(&file)));
    let list = reading.await.context("reading the list failed: try again")??;
    let ask = pb::PutSpecialtiesRequest {
        request_id: request_id(),
        specialties: list.iter().map(Into::into).collect(),
        validate_only: dry_run,
        drop_used: drop,
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
        "in_use": put.in_use.iter().map(used).collect::<Vec<_>>(),
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
        for own in &put.in_use {
            text.push_str(&format!(
                "\n{} is dropped and in use: {} reservists, {} posts, near to {} posts",
                own.code, own.reservists, own.posts, own.near
            ));
        }
        if dry_run && !drop && !put.in_use.is_empty() {
            text.push_str("\nwithout --dry-run it would be refused: keep these, or add --drop");
        }
        text
    })
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
