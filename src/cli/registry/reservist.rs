//! `hoatoc reservist`: the people of the reserve.

use anyhow::{Context as _, Result};
use clap::Subcommand;
use serde_json::{Value, json};

use super::erase::{self, Erase};
use super::import::{self, Listing, Roster};
use crate::cli::Cx;
use crate::cli::connection::{refused, request};
use crate::cli::output::{table, text_of};
use crate::domain::ids::ReservistId;
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
    #[command(after_help = "Example:\n  \
        hoatoc reservist list --filter 'unit = \"03160\" AND status = \"ACTIVE\"' --as ~/admin")]
    List(Listing),
    /// Shows one reservist; the reading itself is recorded in the ledger.
    #[command(
        after_help = "Example:\n  hoatoc reservist show 01936f5e-0000-7000-8000-000000000000 --as ~/admin"
    )]
    Show {
        /// The reservist's id.
        id: ReservistId,
    },
    /// Erases one reservist for good, backups included; the ledger keeps that it was, and why it went.
    #[command(
        after_help = "Example:\n  hoatoc reservist erase 01936f5e-0000-7000-8000-000000000000 --reason 'Hết hạn lưu trữ' --as ~/admin"
    )]
    Erase(Erase),
}

impl Reservist {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Import(roster) => import::run(cx, roster, RosterKind::Reservists).await,
            Self::List(listing) => list(cx, &listing).await,
            Self::Show { id } => show(cx, &id).await,
            Self::Erase(erase) => erase::run(cx, erase, pb::RecordKind::Reservist).await,
        }
    }
}

async fn list(cx: &Cx, listing: &Listing) -> Result<()> {
    let connection = cx.connect().await?;
    let (mut found, mut page_token) = (Vec::new(), String::new());
    let total = loop {
        let ask = pb::ListReservistsRequest {
            page_size: listing.page(found.len()),
            page_token,
            filter: listing.filter.clone(),
        };
        let page = connection.registry().list_reservists(request(ask)).await.map_err(refused)?;
        let page = page.into_inner();
        page_token = page.next_page_token;
        let empty = page.reservists.is_empty();
        found.extend(page.reservists);
        if page_token.is_empty() || empty || found.len() >= listing.limit {
            break page.total_size;
        }
    };
    found.truncate(listing.limit);
    let reservists: Vec<Value> = found.iter().map(as_json).collect();
    cx.screen.show(&json!({ "total": total, "reservists": reservists }), || {
        let mut rows = table(&["ID", "NAME", "UNIT", "CLASS", "SPECIALTY", "STATUS"]);
        for one in &found {
            rows.add_row([
                one.reservist_id.clone(),
                one.full_name.clone(),
                one.residence_unit_code.clone(),
                one.reserve_class.to_string(),
                one.specialty_code.clone(),
                word(one.status().as_str_name(), "RESERVIST_STATUS_"),
            ]);
        }
        format!("{}\n{} of {total}", text_of(&rows), found.len())
    })
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
    json!({
        "reservist_id": one.reservist_id,
        "version": one.version,
        "full_name": one.full_name,
        "birth_date": birth,
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
    })
}

/// An enum's word without its prefix, in lower case.
pub(super) fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_lowercase().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

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
