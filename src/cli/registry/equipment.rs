//! `hoatoc equipment`: the technical means of the reserve.

use anyhow::{Context as _, Result};
use clap::Subcommand;
use serde_json::{Value, json};

use super::erase::{self, Erase};
use super::import::{self, Roster};
use super::listing::pages::{self, Page, Shown};
use super::listing::{self, Count, Listing, Sought, whole};
use super::reservist::word;
use super::update::{self, Update};
use crate::cli::Cx;
use crate::cli::connection::{refused, request};
use crate::cli::output::{decimal, utc_or_null};
use crate::domain::ids::EquipmentId;
use crate::domain::registry::EquipmentStatus;
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
    /// Finds equipment by plate, chassis number or its owner's phone.
    #[command(after_help = "Example:\n  hoatoc equipment find 27A-123.45 --as ~/admin")]
    Find(Sought),
    /// Counts equipment by up to three fields.
    #[command(after_help = "Example:\n  \
        hoatoc equipment count --by unit,type --filter 'capacity >= 3.5' --as ~/admin")]
    Count(Count),
    /// Shows one piece of equipment; the reading itself is recorded in the ledger.
    #[command(
        after_help = "Example:\n  hoatoc equipment show 01936f5e-0000-7000-8000-000000000000 --as ~/admin"
    )]
    Show {
        /// The equipment's id.
        id: EquipmentId,
    },
    /// Changes fields of one piece of equipment; old and new are shown.
    #[command(after_help = "Example:\n  \
        hoatoc equipment update 01936f5e-0000-7000-8000-000000000000 --set technical_grade=2 --set 'drivers=011088085221 (C)' --as ~/admin")]
    Update(Update),
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
            Self::Find(sought) => list(cx, &sought.equipment()).await,
            Self::Count(count) => listing::count(cx, count, pb::RecordKind::Equipment).await,
            Self::Show { id } => show(cx, &id).await,
            Self::Update(update) => update::run::<pb::Equipment>(cx, update).await,
            Self::Erase(erase) => erase::run(cx, erase, pb::RecordKind::Equipment).await,
        }
    }
}

const SHOWN: Shown<pb::Equipment> = Shown {
    name: "equipment",
    columns: &["ID", "TYPE", "MAKE", "PLATE", "UNIT", "GRADE", "STATUS"],
    row: |one| {
        vec![
            one.equipment_id.as_str().into(),
            one.type_code.as_str().into(),
            one.make_model.as_str().into(),
            one.plate.as_str().into(),
            one.location_unit_code.as_str().into(),
            whole::count(one.technical_grade),
            whole::worded(
                word(one.status().as_str_name(), "EQUIPMENT_STATUS_"),
                one.status,
                EquipmentStatus::from_number,
                EquipmentStatus::vietnamese,
            ),
        ]
    },
    whole: whole::equipment,
    json: as_json,
};

async fn list(cx: &Cx, listing: &Listing) -> Result<()> {
    let connection = cx.connect().await?;
    pages::list(cx, listing, &SHOWN, async |page_size, page_token| {
        let ask = listing.equipment(page_size, page_token);
        let page = connection.registry().list_equipment(request(ask)).await.map_err(refused)?;
        let page = page.into_inner();
        let (next_page_token, total_size) = (page.next_page_token, page.total_size);
        Ok(Page { records: page.equipment, next_page_token, total_size })
    })
    .await
}

async fn show(cx: &Cx, id: &EquipmentId) -> Result<()> {
    let ask = pb::GetEquipmentRequest { equipment_id: id.to_string() };
    let reply =
        cx.connect().await?.registry().get_equipment(request(ask)).await.map_err(refused)?;
    let one = reply.into_inner().equipment.context("the server gave no equipment")?;
    let value = as_json(&one);
    cx.screen.show(&value, || import::lines(&on_screen(&value)))
}

/// Without what is said better by another field, or not at all: 0 is no year and no grade.
fn on_screen(value: &Value) -> Value {
    let mut shown = value.clone();
    if let Value::Object(fields) = &mut shown {
        fields.retain(|name, value| match name.as_str() {
            "capacity_thousandths" | "capacity_unit" => false,
            "year" | "technical_grade" => *value != 0,
            _other => true,
        });
    }
    shown
}

/// `3.5 tấn`; nothing where it is not known.
fn capacity(one: &pb::Equipment) -> Option<String> {
    let thousandths = u64::from(one.capacity_thousandths);
    (thousandths > 0).then(|| format!("{} {}", decimal(thousandths, 3), one.capacity_unit))
}

fn as_json(one: &pb::Equipment) -> Value {
    json!({
        "equipment_id": one.equipment_id,
        "version": one.version,
        "type_code": one.type_code,
        "equipment_class": word(one.equipment_class().as_str_name(), "EQUIPMENT_CLASS_"),
        "make_model": one.make_model,
        "plate": one.plate,
        "chassis_number": one.chassis_number,
        "engine_number": one.engine_number,
        "capacity": capacity(one),
        "capacity_thousandths": one.capacity_thousandths,
        "capacity_unit": one.capacity_unit,
        "year": one.year,
        "technical_grade": one.technical_grade,
        "owner_name": one.owner_name,
        "owner_kind": word(one.owner_kind().as_str_name(), "OWNER_KIND_"),
        "owner_phones": one.owner_phones,
        "owner_address": one.owner_address,
        "drivers": one.drivers.iter().map(|driver| json!({
            "citizen_id": driver.citizen_id,
            "licence_class": driver.licence_class,
        })).collect::<Vec<_>>(),
        "location_unit_code": one.location_unit_code,
        "hamlet": one.hamlet,
        "status": word(one.status().as_str_name(), "EQUIPMENT_STATUS_"),
        "note": one.note,
        "owner_contact": one.owner_contact,
        "status_start_date": import::date(one.status_start_date.as_ref()),
        "status_end_date": import::date(one.status_end_date.as_ref()),
        "status_certificate": one.status_certificate,
        "registered_date": import::date(one.registered_date.as_ref()),
        "last_recheck_date": import::date(one.last_recheck_date.as_ref()),
        "created_time": utc_or_null(one.created_time.as_ref()),
        "updated_time": utc_or_null(one.updated_time.as_ref()),
        "source": word(one.source().as_str_name(), "RECORD_SOURCE_"),
        "known_date": import::date(one.known_date.as_ref()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capacity_is_read_with_its_unit_and_what_is_not_known_is_no_nought() {
        let bus = pb::Equipment {
            capacity_thousandths: 16_000,
            capacity_unit: "chỗ".to_owned(),
            ..pb::Equipment::default()
        };
        let text = import::lines(&on_screen(&as_json(&bus)));
        assert!(text.contains("capacity ") && text.contains("16 chỗ"), "{text}");
        assert!(!text.contains("thousandths") && !text.contains("technical_grade"), "{text}");
        let value = as_json(&bus);
        assert_eq!(
            (&value["capacity_thousandths"], &value["capacity"]),
            (&json!(16_000), &json!("16 chỗ"))
        );
        let lorry = pb::Equipment { capacity_thousandths: 3_500, ..bus };
        assert_eq!(as_json(&lorry)["capacity"], "3.5 chỗ");
        assert_eq!(as_json(&pb::Equipment::default())["capacity"], Value::Null);
    }

    #[test]
    fn every_field_of_the_record_is_shown() {
        let shown = as_json(&pb::Equipment::default());
        for field in crate::wire::registry::field_names("Equipment") {
            assert!(shown.get(&field).is_some(), "{field}");
        }
    }
}
