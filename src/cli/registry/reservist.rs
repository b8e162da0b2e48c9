//! `hoatoc reservist`: the people of the reserve.

use anyhow::{Context as _, Result};
use clap::Subcommand;
use serde_json::{Value, json};

use super::erase::{self, Erase};
use super::import::{self, Roster, date};
use super::listing::pages::{self, Page, Shown};
use super::listing::{self, Count, Listing, Sought, whole};
use super::transfer::Transfer;
use super::update::{self, Update};
use crate::cli::Cx;
use crate::cli::connection::{refused, request};
use crate::cli::output::utc_or_null;
use crate::domain::ids::ReservistId;
use crate::domain::registry::ReservistStatus;
use crate::roster::RosterKind;
use crate::wire::pb;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Reservist {
    /// Creates or changes reservists from a roster; refused rows are named, the rest is kept.
    #[command(
        after_help = "Examples:\n  hoatoc reservist import 03160.xlsx --unit 03160 --dry-run --as ~/admin\n  \
        hoatoc reservist import province.xlsx --sheet 'Dự bị' --as ~/admin"
    )]
    Import(Roster),
    /// Lists reservists, with their numbers masked.
    #[command(after_help = "Examples:\n  \
        hoatoc reservist list --filter 'unit = \"03160\" AND age <= 35' --order-by name --as ~/admin\n  \
        hoatoc reservist list --filter 'specialty = CN02 AND (rank >= SERGEANT OR reserve_class = 1)' \
        --as-of 2027-01-01 --as ~/admin")]
    List(Listing),
    /// Finds reservists by name, citizen number or phone.
    #[command(after_help = "Examples:\n  hoatoc reservist find 'lo van thi' --as ~/admin\n  \
        hoatoc reservist find '\"lò văn\" t' --filter 'unit = KV1' --as ~/admin")]
    Find(Sought),
    /// Counts reservists by up to three fields.
    #[command(after_help = "Example:\n  \
        hoatoc reservist count --by unit,reserve_class --filter 'status = ACTIVE' --as ~/admin")]
    Count(Count),
    /// Shows one reservist; the reading itself is recorded in the ledger.
    #[command(
        after_help = "Example:\n  hoatoc reservist show 01936f5e-0000-7000-8000-000000000000 --as ~/admin"
    )]
    Show {
        /// The reservist's id.
        id: ReservistId,
    },
    /// Changes fields of one reservist; old and new are shown.
    #[command(after_help = "Example:\n  \
        hoatoc reservist update 01936f5e-0000-7000-8000-000000000000 --set 'hamlet=Bản Mới' --set party_member=x --dry-run --as ~/admin")]
    Update(Update),
    /// Erases one reservist for good, backups included; the ledger keeps that it was, and why it went.
    #[command(
        after_help = "Example:\n  hoatoc reservist erase 01936f5e-0000-7000-8000-000000000000 --reason 'Hết hạn lưu trữ' --as ~/admin"
    )]
    Erase(Erase),
    /// Moves a person from one commune's register to another's.
    #[command(
        subcommand,
        after_help = "Example:\n  hoatoc reservist transfer list --as ~/registrar"
    )]
    Transfer(Transfer),
}

impl Reservist {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Import(roster) => import::run(cx, roster, RosterKind::Reservists).await,
            Self::List(listing) => list(cx, &listing).await,
            Self::Find(sought) => list(cx, &sought.reservists()).await,
            Self::Count(count) => listing::count(cx, count, pb::RecordKind::Reservist).await,
            Self::Show { id } => show(cx, &id).await,
            Self::Update(update) => update::run::<pb::Reservist>(cx, update).await,
            Self::Erase(erase) => erase::run(cx, erase, pb::RecordKind::Reservist).await,
            Self::Transfer(transfer) => transfer.run(cx).await,
        }
    }
}

const SHOWN: Shown<pb::Reservist> = Shown {
    name: "reservists",
    columns: &["ID", "NAME", "BORN", "HAMLET", "UNIT", "CLASS", "SPECIALTY", "STATUS"],
    row: |one| {
        vec![
            one.reservist_id.as_str().into(),
            one.full_name.as_str().into(),
            one.birth_date.map(|date| date.year.to_string()).unwrap_or_default().into(),
            one.hamlet.as_str().into(),
            one.residence_unit_code.as_str().into(),
            whole::count(one.reserve_class),
            one.specialty_code.as_str().into(),
            whole::worded(
                word(one.status().as_str_name(), "RESERVIST_STATUS_"),
                one.status,
                ReservistStatus::from_number,
                ReservistStatus::vietnamese,
            ),
        ]
    },
    whole: whole::reservist,
    json: as_json,
};

async fn list(cx: &Cx, listing: &Listing) -> Result<()> {
    let connection = cx.connect().await?;
    pages::list(cx, listing, &SHOWN, async |page_size, page_token| {
        let ask = listing.reservists(page_size, page_token);
        let page = connection.registry().list_reservists(request(ask)).await.map_err(refused)?;
        let page = page.into_inner();
        let (next_page_token, total_size) = (page.next_page_token, page.total_size);
        Ok(Page { records: page.reservists, next_page_token, total_size })
    })
    .await
}

async fn show(cx: &Cx, id: &ReservistId) -> Result<()> {
    let ask = pb::GetReservistRequest { reservist_id: id.to_string() };
    let reply =
        cx.connect().await?.registry().get_reservist(request(ask)).await.map_err(refused)?;
    let one = reply.into_inner().reservist.context("the server gave no reservist")?;
    let value = as_json(&one);
    cx.screen.show(&value, || import::lines(&value))
}

fn as_json(one: &pb::Reservist) -> Value {
    let birth = one.birth_date.as_ref().map(|date| match one.birth_precision() {
        pb::DatePrecision::Year => format!("{:04}", date.year),
        pb::DatePrecision::Month => format!("{:04}-{:02}", date.year, date.month),
        _exact => format!("{:04}-{:02}-{:02}", date.year, date.month, date.day),
    });
    let mut value = json!({
        "reservist_id": one.reservist_id,
        "version": one.version,
        "full_name": one.full_name,
        "birth_date": birth,
        "birth_precision": word(one.birth_precision().as_str_name(), "DATE_PRECISION_"),
        "sex": word(one.sex().as_str_name(), "SEX_"),
        "ethnic_group": one.ethnic_group,
        "languages": one.languages,
        "citizen_id": one.citizen_id,
        "reserve_card_number": one.reserve_card_number,
        "record_sheet_number": one.record_sheet_number,
        "category": word(one.category().as_str_name(), "RESERVIST_CATEGORY_"),
        "reserve_class": one.reserve_class,
        "rank": one.rank,
        "post": one.post,
        "specialty_code": one.specialty_code,
        "frame": word(one.frame().as_str_name(), "RESERVE_FRAME_"),
        "residence_unit_code": one.residence_unit_code,
        "registered_unit_code": one.registered_unit_code,
        "hamlet": one.hamlet,
        "workplace": one.workplace,
        "phones": one.phones,
        "contact_via": one.contact_via,
        "party_member": one.party_member,
        "health_class": one.health_class,
        "status": word(one.status().as_str_name(), "RESERVIST_STATUS_"),
        "note": one.note,
        "former_unit": one.former_unit,
        "residence_since_date": date(one.residence_since_date.as_ref()),
        "registered_date": date(one.registered_date.as_ref()),
        "last_recheck_date": date(one.last_recheck_date.as_ref()),
        "status_start_date": date(one.status_start_date.as_ref()),
        "status_end_date": date(one.status_end_date.as_ref()),
        "status_certificate": one.status_certificate,
        "created_time": utc_or_null(one.created_time.as_ref()),
        "updated_time": utc_or_null(one.updated_time.as_ref()),
        "source": word(one.source().as_str_name(), "RECORD_SOURCE_"),
        "known_date": date(one.known_date.as_ref()),
    });
    add_standing(&mut value, one);
    value
}

/// What has several parts.
fn add_standing(value: &mut Value, one: &pb::Reservist) {
    value["deferral"] = one
        .deferral
        .as_ref()
        .map(|deferral| {
            json!({
                "ground": word(deferral.ground().as_str_name(), "DEFERRAL_GROUND_"),
                "certified_by": deferral.certified_by,
                "start_date": date(deferral.start_date.as_ref()),
                "end_date": date(deferral.end_date.as_ref()),
            })
        })
        .into();
    value["exemption"] = one
        .exemption
        .as_ref()
        .map(|exemption| {
            json!({
                "post": exemption.post,
                "employer": exemption.employer,
                "start_date": date(exemption.start_date.as_ref()),
                "end_date": date(exemption.end_date.as_ref()),
            })
        })
        .into();
    value["militia_role"] = one
        .militia_role
        .as_ref()
        .map(|role| {
            json!({
                "base_code": role.base_code,
                "force_type": role.force_type,
                "start_date": date(role.start_date.as_ref()),
                "end_date": date(role.end_date.as_ref()),
            })
        })
        .into();
    value["transfer"] = one
        .transfer
        .as_ref()
        .map(|transfer| {
            json!({
                "to_unit_code": transfer.to_unit_code,
                "start_date": date(transfer.start_date.as_ref()),
                "reason": transfer.reason,
            })
        })
        .into();
}

/// An enum's word without its prefix, in lower case.
pub(super) fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_lowercase().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_record_is_shown() {
        let shown = as_json(&pb::Reservist::default());
        for field in crate::wire::registry::field_names("Reservist") {
            assert!(shown.get(&field).is_some(), "{field}");
        }
    }

    #[test]
    fn a_birth_date_shows_no_more_than_is_known() {
        let birth = |precision: pb::DatePrecision| {
            let one = pb::Reservist {
                birth_date: Some(pb::CivilDate { year: 1999, month: 1, day: 1 }),
                birth_precision: precision.into(),
                ..pb::Reservist::default()
            };
            as_json(&one)["birth_date"].clone()
        };
        assert_eq!(birth(pb::DatePrecision::Year), "1999");
        assert_eq!(birth(pb::DatePrecision::Month), "1999-01");
        assert_eq!(birth(pb::DatePrecision::Day), "1999-01-01");
    }
}
