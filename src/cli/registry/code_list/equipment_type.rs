//! `hoatoc equipment-type`: the list of types of equipment that records, plans and orders are held against.

use std::path::Path;

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use super::{Asked, CodeList, Import, InForce, InUse, Put, bring_in, list};
use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request};
use crate::cli::listing::Export;
use crate::cli::registry::reservist::word;
use crate::domain::registry::EquipmentTypes;
use crate::roster::code_list::{CodeFile, read_equipment_type_list, sheet_of_equipment_types};
use crate::roster::sheet::SheetError;
use crate::roster::template::write_equipment_type_template;
use crate::roster::{ListHints, RosterError, Source};
use crate::wire::pb;

/// What to do with the list of types of equipment.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum EquipmentType {
    /// Replaces the list by that of a spreadsheet with columns for code, name, class of the law and other
    /// names. It is taken whole or not at all: while a row is at fault, nothing is stored.
    #[command(
        after_help = "Examples:\n  hoatoc equipment-type list --export ptkt.xlsx --as ~/admin\n  \
        hoatoc equipment-type import ptkt.xlsx --dry-run --as ~/admin\n  \
        hoatoc equipment-type import --template form.xlsx"
    )]
    Import(Import),
    /// Lists the types in force, with the class of each; exported, it can be added to and imported.
    #[command(
        after_help = "Example:\n  hoatoc equipment-type list --export ptkt.xlsx --as ~/admin"
    )]
    List(Export),
}

impl EquipmentType {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Import(import) => bring_in::<EquipmentTypes>(cx, import).await,
            Self::List(export) => list::<EquipmentTypes>(cx, &export).await,
        }
    }
}

impl CodeList for EquipmentTypes {
    const ENTRIES: (&'static str, &'static str) = ("types of equipment", "equipment_types");

    fn read(source: Source<'_>, hints: &ListHints) -> Result<CodeFile<Self>, RosterError> {
        read_equipment_type_list(source, hints)
    }

    fn len(&self) -> usize {
        Self::len(self)
    }

    fn write_form(out: &Path, replace: bool) -> Result<(), SheetError> {
        write_equipment_type_template(out, replace)
    }

    async fn put(&self, connection: &Connection, asked: Asked) -> Result<Put> {
        let Asked { request_id, validate_only, drop_used } = asked;
        let equipment_types = self.iter().map(Into::into).collect();
        let ask =
            pb::PutEquipmentTypesRequest { request_id, equipment_types, validate_only, drop_used };
        let mut client = connection.organization();
        let put = client.put_equipment_types(request(ask)).await.map_err(refused)?;
        let pb::PutEquipmentTypesResponse { created, updated, unchanged, removed, in_use } =
            put.into_inner();
        let in_use = in_use.into_iter().map(|own| {
            let pb::EquipmentTypeInUse { code, equipment, lines, near } = own;
            InUse {
                text: format!(
                    "{code} is dropped and in use: {equipment} pieces of equipment, {lines} lines of the \
                     plan, near to {near} lines"
                ),
                value: json!({
                    "code": code, "equipment": equipment, "lines": lines, "near": near,
                }),
            }
        });
        Ok(Put { created, updated, unchanged, removed, in_use: in_use.collect() })
    }

    async fn in_force(connection: &Connection) -> Result<InForce> {
        let ask = request(pb::ListEquipmentTypesRequest {});
        let listed = connection.organization().list_equipment_types(ask).await.map_err(refused)?;
        let pb::ListEquipmentTypesResponse { equipment_types, shipped } = listed.into_inner();
        let one = |one: &pb::EquipmentType| {
            json!({
                "code": one.code,
                "name": one.name,
                "equipment_class": word(one.equipment_class().as_str_name(), "EQUIPMENT_CLASS_"),
                "other_names": one.other_names,
            })
        };
        let list: Vec<_> =
            equipment_types.iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        let entries = equipment_types.iter().map(one).collect();
        Ok(InForce { entries, sheet: sheet_of_equipment_types(&list), is_shipped: shipped })
    }
}
