//! `hoatoc equipment`: the technical means of the reserve.

use anyhow::{Context as _, Result};
use clap::Subcommand;
use serde_json::{Value, json};

use super::erase::{self, Erase};
use super::import::{self, Listing, Roster};
use super::reservist::word;
use crate::cli::Cx;
use crate::cli::connection::{refused, request};
use crate::cli::output::{table, text_of};
use crate::domain::ids::EquipmentId;
use crate::roster::RosterKind;
use crate::wire::pb;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Equipment {
    /// Creates or changes equipment from a roster; refused rows are named, the rest is kept.
    #[command(
        after_help = "Example:\n  hoatoc equipment import vehicles.xlsx --unit 03160 --as ~/admin"
    )]
    Import(Roster),
    /// Lists equipment, with plates and owners masked.
    #[command(after_help = "Example:\n  \
        hoatoc equipment list --filter 'unit = \"KV1\" AND type = \"PT01\"' --as ~/admin")]
    List(Listing),
    /// Shows one piece of equipment; the reading itself is recorded in the ledger.
    #[command(
        after_help = "Example:\n  hoatoc equipment show 01936f5e-0000-7000-8000-000000000000 --as ~/admin"
    )]
    Show {
        /// The equipment's id.
        id: EquipmentId,
    },
    /// Erases one piece of equipment for good, backups included; the ledger keeps that it was, and why it went.
    #[command(
        after_help = "Example:\n  hoatoc equipment erase 01936f5e-0000-7000-8000-000000000000 --reason 'Hết hạn lưu trữ' --as ~/admin"
    )]
    Erase(Erase),
}

impl Equipment {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Import(roster) => import::run(cx, roster, RosterKind::Equipment).await,
            Self::List(listing) => list(cx, &listing).await,
            Self::Show { id } => show(cx, &id).await,
            Self::Erase(erase) => erase::run(cx, erase, pb::RecordKind::Equipment).await,
        }
    }
}

async fn list(cx: &Cx, listing: &Listing) -> Result<()> {
    let connection = cx.connect().await?;
    let (mut found, mut page_token) = (Vec::new(), String::new());
    let total = loop {
        let ask = pb::ListEquipmentRequest {
            page_size: listing.page(found.len()),
            page_token,
            filter: listing.filter.clone(),
        };
        let page = connection.registry().list_equipment(request(ask)).await.map_err(refused)?;
        let page = page.into_inner();
        page_token = page.next_page_token;
        let empty = page.equipment.is_empty();
        found.extend(page.equipment);
        if page_token.is_empty() || empty || found.len() >= listing.limit {
            break page.total_size;
        }
    };
    found.truncate(listing.limit);
    let equipment: Vec<Value> = found.iter().map(as_json).collect();
    cx.screen.show(&json!({ "total": total, "equipment": equipment }), || {
        let mut rows = table(&["ID", "TYPE", "MAKE", "PLATE", "UNIT", "GRADE", "STATUS"]);
        for one in &found {
            rows.add_row([
                one.equipment_id.clone(),
                one.type_code.clone(),
                one.make_model.clone(),
                one.plate.clone(),
                one.location_unit_code.clone(),
                one.technical_grade.to_string(),
                word(one.status().as_str_name(), "EQUIPMENT_STATUS_"),
            ]);
        }
        format!("{}\n{} of {total}", text_of(&rows), found.len())
    })
}

async fn show(cx: &Cx, id: &EquipmentId) -> Result<()> {
    let ask = pb::GetEquipmentRequest { equipment_id: id.to_string() };
    let reply =
        cx.connect().await?.registry().get_equipment(request(ask)).await.map_err(refused)?;
    let one = reply.into_inner().equipment.context("the server gave no equipment")?;
    let value = as_json(&one);
    cx.screen.show(&value, || import::lines(&value))
}

fn as_json(one: &pb::Equipment) -> Value {
    json!({
        "equipment_id": one.equipment_id,
        "version": one.version,
        "type_code": one.type_code,
        "make_model": one.make_model,
        "plate": one.plate,
        "chassis_number": one.chassis_number,
        "engine_number": one.engine_number,
        "capacity_thousandths": one.capacity_thousandths,
        "capacity_unit": one.capacity_unit,
        "year": one.year,
        "technical_grade": one.technical_grade,
        "owner_name": one.owner_name,
        "owner_phones": one.owner_phones,
        "owner_address": one.owner_address,
        "location_unit_code": one.location_unit_code,
        "status": word(one.status().as_str_name(), "EQUIPMENT_STATUS_"),
        "note": one.note,
    })
}
