//! `hoatoc militia`, `enterprise` and `activity`: bases, enterprises, and what was trained and done.

use anyhow::{Context as _, Result};
use clap::Subcommand;
use serde_json::{Value, json};

use super::erase::{self, Erase};
use super::import::{self, Roster, date};
use super::listing::pages::{self, Page, Shown};
use super::listing::{self, Count, Listing, whole};
use super::reservist::word;
use super::update::{self, Update};
use crate::cli::Cx;
use crate::cli::connection::{refused, request};
use crate::cli::output::{decimal, utc_or_null};
use crate::domain::registry::{
    ActivityKind, ActivityStatus, Audience, BaseKind, BaseStatus, EnterpriseStatus, Rating,
    SurveyStage,
};
use crate::roster::RosterKind;
use crate::roster::sheet::CellValue;
use crate::wire::pb;

macro_rules! force {
    ($(#[$doc:meta])* $name:ident $fields:literal $kind:ident $import_example:literal $list_example:literal $count_example:literal $show_example:literal
     $update_example:literal $erase_example:literal,
     $list:ident $list_request:ident $records:ident, $get:ident $get_request:ident $record:ident $id:ident,
     $message:ty, $record_kind:expr,
     $columns:expr, $row:expr, $whole:path, $json:ident) => {
        $(#[$doc])*
        #[derive(Debug, Subcommand)]
        pub(in crate::cli) enum $name {
            /// Imports a list; feeding it again changes nothing, and fields that the file has no
            /// column for stay as they are.
            #[command(after_help = $import_example)]
            Import(Roster),
            /// Lists them, by unit, kind and status.
            #[command(after_help = $list_example)]
            List(Listing),
            /// Counts them by up to three fields.
            #[command(after_help = $count_example)]
            Count(Count),
            /// Shows one; the reading itself is recorded in the ledger.
            #[command(after_help = $show_example)]
            Show {
                /// Its id.
                id: uuid::Uuid,
            },
            /// Changes fields of one; old and new are shown.
            #[command(after_help = $update_example)]
            Update(Update),
            /// Erases one for good, backups included; the ledger keeps that it was, and why it went.
            #[command(after_help = $erase_example)]
            Erase(Erase),
        }

        impl $name {
            pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
                match self {
                    Self::Import(roster) => import::run(cx, roster, RosterKind::$kind).await,
                    Self::List(listing) => Self::list(cx, &listing).await,
                    Self::Count(count) => listing::count(cx, count, $record_kind).await,
                    Self::Show { id } => Self::show(cx, &id.to_string()).await,
                    Self::Update(update) => update::run::<$message>(cx, update).await,
                    Self::Erase(erase) => erase::run(cx, erase, $record_kind).await,
                }
            }

            async fn list(cx: &Cx, listing: &Listing) -> Result<()> {
                let connection = cx.connect().await?;
                let shown = Shown {
                    name: $fields,
                    columns: &$columns,
                    row: $row,
                    whole: $whole,
                    json: $json,
                };
                pages::list(cx, listing, &shown, async |page_size, page_token| {
                    let (filter, view) = (listing.filter.clone(), listing.view());
                    let ask = pb::$list_request { page_size, page_token, filter, view };
                    let page = connection.force().$list(request(ask)).await.map_err(refused)?;
                    let page = page.into_inner();
                    let (next_page_token, total_size) = (page.next_page_token, page.total_size);
                    Ok(Page { records: page.$records, next_page_token, total_size })
                })
                .await
            }

            async fn show(cx: &Cx, id: &str) -> Result<()> {
                let ask = pb::$get_request { $id: id.to_owned() };
                let reply = cx.connect().await?.force().$get(request(ask)).await.map_err(refused)?;
                let one = reply.into_inner().$record.context("the server gave no record")?;
                let value = $json(&one);
                cx.screen.show(&value, || import::lines(&on_screen(&value)))
            }
        }
    };
}

/// Capabilities in a line each, in their measure; all else as it is.
fn on_screen(value: &Value) -> Value {
    let mut shown = value.clone();
    for made in shown.get_mut("capabilities").and_then(Value::as_array_mut).into_iter().flatten() {
        let text = |name: &str| made[name].as_str().unwrap_or_default();
        let (product, measure) = (text("product"), text("measure"));
        let mut line = format!("{product}: {} {measure} a month", text("per_month"));
        if made["quota_hundredths"] != 0 {
            line.push_str(&format!(", quota {} {measure}", text("quota")));
        }
        *made = line.into();
    }
    shown
}

fn count(count: Option<u32>) -> CellValue {
    count.map_or(CellValue::Empty, CellValue::from)
}

force!(
    Militia "militia_bases" MilitiaBases
    "Example:\n  hoatoc militia import dan-quan.xlsx --refused sua-lai.xlsx --as ~/registrar"
    "Example:\n  hoatoc militia list --filter 'unit = \"KV1\" AND kind = \"COMMUNE_MILITIA\"' --as ~/admin"
    "Example:\n  hoatoc militia count --by area,kind --as ~/admin"
    "Example:\n  hoatoc militia show 01936f5e-0000-7000-8000-000000000000 --as ~/admin"
    "Example:\n  hoatoc militia update 01936f5e-0000-7000-8000-000000000000 --set present=31 --as ~/admin"
    "Example:\n  hoatoc militia erase 01936f5e-0000-7000-8000-000000000000 --reason 'Nhập nhầm' --as ~/admin",
    list_militia_bases ListMilitiaBasesRequest militia_bases,
    get_militia_base GetMilitiaBaseRequest militia_base militia_base_id,
    pb::MilitiaBase, pb::RecordKind::MilitiaBase,
    ["ID", "CODE", "KIND", "NAME", "UNIT", "PRESENT", "AUTHORISED", "STATUS"],
    |one: &pb::MilitiaBase| vec![
        one.militia_base_id.clone().into(),
        one.code.clone().into(),
        whole::worded(word(one.kind().as_str_name(), "MILITIA_BASE_KIND_"), one.kind, BaseKind::from_number, BaseKind::vietnamese),
        one.name.clone().into(),
        one.unit_code.clone().into(),
        count(one.present_count),
        count(one.authorised_count),
        whole::worded(word(one.status().as_str_name(), "MILITIA_BASE_STATUS_"), one.status, BaseStatus::from_number, BaseStatus::vietnamese),
    ],
    whole::militia, militia_json
);

force!(
    Enterprise "enterprises" Enterprises
    "Example:\n  hoatoc enterprise import doanh-nghiep.xlsx --refused sua-lai.xlsx --as ~/registrar"
    "Example:\n  hoatoc enterprise list --filter 'unit = \"KV1\" AND stage = \"MANAGED\"' --as ~/admin"
    "Example:\n  hoatoc enterprise count --by area,stage --as ~/admin"
    "Example:\n  hoatoc enterprise show 01936f5e-0000-7000-8000-000000000000 --as ~/admin"
    "Example:\n  hoatoc enterprise update 01936f5e-0000-7000-8000-000000000000 --set stage=registered --as ~/admin"
    "Example:\n  hoatoc enterprise erase 01936f5e-0000-7000-8000-000000000000 --reason 'Nhập nhầm' --as ~/admin",
    list_enterprises ListEnterprisesRequest enterprises,
    get_enterprise GetEnterpriseRequest enterprise enterprise_id,
    pb::Enterprise, pb::RecordKind::Enterprise,
    ["ID", "TAX CODE", "NAME", "UNIT", "PRODUCTS", "STAGE", "STATUS"],
    |one: &pb::Enterprise| vec![
        one.enterprise_id.clone().into(),
        one.tax_code.clone().into(),
        one.name.clone().into(),
        one.unit_code.clone().into(),
        one.capabilities.iter().map(|made| made.product.as_str()).collect::<Vec<_>>().join(", ").into(),
        whole::worded(word(one.stage().as_str_name(), "SURVEY_STAGE_"), one.stage, SurveyStage::from_number, SurveyStage::vietnamese),
        whole::worded(word(one.status().as_str_name(), "ENTERPRISE_STATUS_"), one.status, EnterpriseStatus::from_number, EnterpriseStatus::vietnamese),
    ],
    whole::enterprise, enterprise_json
);

force!(
    Activity "activities" Activities
    "Example:\n  hoatoc activity import huan-luyen.xlsx --unit 11 --as ~/registrar"
    "Example:\n  hoatoc activity list --filter 'kind = \"COMBAT_EXERCISE\" AND status = \"HELD\"' --as ~/admin"
    "Example:\n  hoatoc activity count --by kind,audience --filter 'status = HELD' --as ~/admin"
    "Example:\n  hoatoc activity show 01936f5e-0000-7000-8000-000000000000 --as ~/admin"
    "Example:\n  hoatoc activity update 01936f5e-0000-7000-8000-000000000000 --set rating=good --as ~/admin"
    "Example:\n  hoatoc activity erase 01936f5e-0000-7000-8000-000000000000 --reason 'Nhập nhầm' --as ~/admin",
    list_activities ListActivitiesRequest activities,
    get_activity GetActivityRequest activity activity_id,
    pb::Activity, pb::RecordKind::Activity,
    ["ID", "KIND", "TITLE", "AUDIENCE", "UNIT", "FROM", "RATING", "STATUS"],
    |one: &pb::Activity| vec![
        one.activity_id.clone().into(),
        whole::worded(word(one.kind().as_str_name(), "ACTIVITY_KIND_"), one.kind, ActivityKind::from_number, ActivityKind::vietnamese),
        one.title.clone().into(),
        whole::worded(word(one.audience().as_str_name(), "ACTIVITY_AUDIENCE_"), one.audience, Audience::from_number, Audience::vietnamese),
        one.unit_code.clone().into(),
        whole::day(one.start_date.as_ref()),
        whole::worded(word(one.rating().as_str_name(), "RATING_"), one.rating, Rating::from_number, Rating::vietnamese),
        whole::worded(word(one.status().as_str_name(), "ACTIVITY_STATUS_"), one.status, ActivityStatus::from_number, ActivityStatus::vietnamese),
    ],
    whole::activity, activity_json
);

fn militia_json(one: &pb::MilitiaBase) -> Value {
    let by_type = one.by_type.iter().map(|part| (part.force_type.clone(), part.count.into()));
    json!({
        "militia_base_id": one.militia_base_id,
        "version": one.version,
        "code": one.code,
        "kind": word(one.kind().as_str_name(), "MILITIA_BASE_KIND_"),
        "unit_code": one.unit_code,
        "name": one.name,
        "host_org": one.host_org,
        "authorised_count": one.authorised_count,
        "present_count": one.present_count,
        "by_type": by_type.collect::<serde_json::Map<String, Value>>(),
        "party_member_count": one.party_member_count,
        "commander": one.commander,
        "phones": one.phones,
        "established_date": date(one.established_date.as_ref()),
        "status": word(one.status().as_str_name(), "MILITIA_BASE_STATUS_"),
        "note": one.note,
        "created_time": utc_or_null(one.created_time.as_ref()),
        "updated_time": utc_or_null(one.updated_time.as_ref()),
        "source": word(one.source().as_str_name(), "RECORD_SOURCE_"),
        "known_date": date(one.known_date.as_ref()),
    })
}

fn enterprise_json(one: &pb::Enterprise) -> Value {
    let capability = |made: &pb::Capability| {
        json!({
            "product": made.product,
            "per_month": decimal(made.per_month_hundredths, 2),
            "per_month_hundredths": made.per_month_hundredths,
            "measure": made.measure,
            "quota": decimal(made.quota_hundredths, 2),
            "quota_hundredths": made.quota_hundredths,
        })
    };
    json!({
        "enterprise_id": one.enterprise_id,
        "version": one.version,
        "tax_code": one.tax_code,
        "name": one.name,
        "unit_code": one.unit_code,
        "address": one.address,
        "capabilities": one.capabilities.iter().map(capability).collect::<Vec<_>>(),
        "stage": word(one.stage().as_str_name(), "SURVEY_STAGE_"),
        "surveyed_date": date(one.surveyed_date.as_ref()),
        "contact": one.contact,
        "phones": one.phones,
        "status": word(one.status().as_str_name(), "ENTERPRISE_STATUS_"),
        "note": one.note,
        "created_time": utc_or_null(one.created_time.as_ref()),
        "updated_time": utc_or_null(one.updated_time.as_ref()),
        "source": word(one.source().as_str_name(), "RECORD_SOURCE_"),
        "known_date": date(one.known_date.as_ref()),
    })
}

fn activity_json(one: &pb::Activity) -> Value {
    json!({
        "activity_id": one.activity_id,
        "version": one.version,
        "kind": word(one.kind().as_str_name(), "ACTIVITY_KIND_"),
        "title": one.title,
        "unit_code": one.unit_code,
        "announced": one.announced,
        "audience": word(one.audience().as_str_name(), "ACTIVITY_AUDIENCE_"),
        "start_date": date(one.start_date.as_ref()),
        "end_date": date(one.end_date.as_ref()),
        "participant_count": one.participant_count,
        "student_count": one.student_count,
        "excellent_count": one.excellent_count,
        "good_count": one.good_count,
        "pass_count": one.pass_count,
        "fail_count": one.fail_count,
        "rating": word(one.rating().as_str_name(), "RATING_"),
        "rated_by": one.rated_by,
        "person_count": one.person_count,
        "vehicle_count": one.vehicle_count,
        "document_number": one.document_number,
        "status": word(one.status().as_str_name(), "ACTIVITY_STATUS_"),
        "note": one.note,
        "created_time": utc_or_null(one.created_time.as_ref()),
        "updated_time": utc_or_null(one.updated_time.as_ref()),
        "source": word(one.source().as_str_name(), "RECORD_SOURCE_"),
        "known_date": date(one.known_date.as_ref()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacities_of_an_enterprise_are_shown_in_their_measure() {
        let of = |product: &str, made, asked| pb::Capability {
            product: product.to_owned(),
            per_month_hundredths: made,
            measure: "tấn".to_owned(),
            quota_hundredths: asked,
        };
        let enterprise = pb::Enterprise {
            capabilities: vec![of("Gạo", 2_050, 120_000), of("Muối", 700, 0)],
            ..pb::Enterprise::default()
        };
        let value = enterprise_json(&enterprise);
        let text = import::lines(&on_screen(&value));
        assert!(
            text.contains("Gạo: 20.5 tấn a month, quota 1200 tấn; Muối: 7 tấn a month"),
            "{text}"
        );
        let made = &value["capabilities"][0];
        assert_eq!(
            (&made["per_month"], &made["per_month_hundredths"]),
            (&json!("20.5"), &json!(2_050))
        );
    }

    #[test]
    fn every_field_of_the_record_is_shown() {
        let shown = militia_json(&pb::MilitiaBase::default());
        for field in crate::wire::registry::field_names("MilitiaBase") {
            assert!(shown.get(&field).is_some(), "{field}");
        }
        let shown = enterprise_json(&pb::Enterprise::default());
        for field in crate::wire::registry::field_names("Enterprise") {
            assert!(shown.get(&field).is_some(), "{field}");
        }
        let shown = activity_json(&pb::Activity::default());
        for field in crate::wire::registry::field_names("Activity") {
            assert!(shown.get(&field).is_some(), "{field}");
        }
    }
}
