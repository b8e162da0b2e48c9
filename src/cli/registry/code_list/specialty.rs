//! `hoatoc specialty`: the list of military specialties that records, plans and orders are held against.

use std::path::Path;

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use super::{Asked, CodeList, Import, InForce, InUse, Put, bring_in, list};
use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request};
use crate::cli::listing::Export;
use crate::domain::registry::Specialties;
use crate::roster::code_list::{CodeFile, read_specialty_list, sheet_of_specialties};
use crate::roster::sheet::SheetError;
use crate::roster::template::write_specialty_template;
use crate::roster::{ListHints, RosterError, Source};
use crate::wire::pb;

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

impl Specialty {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Import(import) => bring_in::<Specialties>(cx, import).await,
            Self::List(export) => list::<Specialties>(cx, &export).await,
        }
    }
}

impl CodeList for Specialties {
    const ENTRIES: (&'static str, &'static str) = ("specialties", "specialties");

    fn read(source: Source<'_>, hints: &ListHints) -> Result<CodeFile<Self>, RosterError> {
        read_specialty_list(source, hints)
    }

    fn len(&self) -> usize {
        Self::len(self)
    }

    fn write_form(out: &Path, replace: bool) -> Result<(), SheetError> {
        write_specialty_template(out, replace)
    }

    async fn put(&self, connection: &Connection, asked: Asked) -> Result<Put> {
        let Asked { request_id, validate_only, drop_used } = asked;
        let specialties = self.iter().map(Into::into).collect();
        let ask = pb::PutSpecialtiesRequest { request_id, specialties, validate_only, drop_used };
        let put = connection.organization().put_specialties(request(ask)).await.map_err(refused)?;
        let pb::PutSpecialtiesResponse { created, updated, unchanged, removed, in_use } =
            put.into_inner();
        let in_use = in_use.into_iter().map(|own| {
            let pb::SpecialtyInUse { code, reservists, posts, near } = own;
            InUse {
                text: format!(
                    "{code} is dropped and in use: {reservists} reservists, {posts} posts, near to \
                     {near} posts"
                ),
                value: json!({
                    "code": code, "reservists": reservists, "posts": posts, "near": near,
                }),
            }
        });
        Ok(Put { created, updated, unchanged, removed, in_use: in_use.collect() })
    }

    async fn in_force(connection: &Connection) -> Result<InForce> {
        let ask = request(pb::ListSpecialtiesRequest {});
        let listed = connection.organization().list_specialties(ask).await.map_err(refused)?;
        let pb::ListSpecialtiesResponse { specialties, shipped } = listed.into_inner();
        let one =
            |one: &pb::Specialty| json!({ "code": one.code, "name": one.name, "near": one.near });
        let list: Vec<_> = specialties.iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        let entries = specialties.iter().map(one).collect();
        Ok(InForce { entries, sheet: sheet_of_specialties(&list), is_shipped: shipped })
    }
}
