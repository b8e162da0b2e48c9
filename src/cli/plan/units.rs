//! Reserve units, out as tables.

use anyhow::Result;
use serde_json::{Value, json};

use super::{held, written};
use crate::cli::Cx;
use crate::cli::connection::{refused, request};
use crate::cli::listing::Export;
use crate::cli::output::{table, text_of};
use crate::roster::plan::sheet_of;
use crate::roster::sheet::Sheet;
use crate::wire::pb;

pub(super) fn asked(unit: &pb::ReserveUnit) -> (u64, u64) {
    let people = unit.posts.iter().map(|post| u64::from(post.count)).sum();
    let equipment = unit.equipment_lines.iter().map(|line| u64::from(line.count)).sum();
    (people, equipment)
}

pub(super) fn totals(unit: &pb::ReserveUnit) -> Value {
    let (people, equipment) = asked(unit);
    json!({
        "code": unit.code,
        "name": unit.name,
        "posts": unit.posts.len(),
        "people": people,
        "equipment": equipment,
        "source_units": unit.source_unit_codes,
        "receiving_unit": unit.receiving_unit,
        "receiving_unit_code": unit.receiving_unit_code,
        "assembly_station": unit.assembly_station,
        "reception_station": unit.reception_station,
        "valid_from": written(unit.valid_from.as_ref()),
        "valid_to": written(unit.valid_to.as_ref()),
        "version": unit.version,
    })
}

pub(super) async fn list(cx: &Cx, export: &Export) -> Result<()> {
    export.target()?;
    let connection = cx.connect().await?;
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let ask = pb::ListReserveUnitsRequest { page_token };
        let page = connection.plan().list_reserve_units(request(ask)).await.map_err(refused)?;
        let page = page.into_inner();
        let is_last = page.next_page_token.is_empty() || page.reserve_units.is_empty();
        all.extend(page.reserve_units);
        page_token = page.next_page_token;
        if is_last {
            break;
        }
    }
    let value: Vec<Value> = all.iter().map(totals).collect();
    let columns = ["CODE", "NAME", "FROM", "POSTS", "PEOPLE", "EQUIPMENT"];
    let mut sheet = Sheet::new("", &columns)
        .called("Danh sách đơn vị dự bị động viên", "Danh sách đơn vị dự bị");
    for unit in &all {
        let (people, equipment) = asked(unit);
        sheet.push([
            unit.code.as_str().into(),
            unit.name.as_str().into(),
            unit.source_unit_codes.join(" ").into(),
            u64::try_from(unit.posts.len())?.into(),
            people.into(),
            equipment.into(),
        ]);
    }
    export.show(&cx.screen, &value, &sheet, "")
}

pub(super) async fn show(cx: &Cx, code: String, export: &Export) -> Result<()> {
    export.target()?;
    let ask = pb::GetReserveUnitRequest { code };
    let reply = cx.connect().await?.plan().get_reserve_unit(request(ask)).await.map_err(refused)?;
    let unit = held(reply.into_inner().reserve_unit)?;
    let mut value = totals(&unit);
    value["posts"] = unit.posts.iter().map(post).collect();
    value["equipment_lines"] = unit
        .equipment_lines
        .iter()
        .map(|line| {
            json!({
                "no": line.no, "type": line.type_code, "near": line.near, "count": line.count,
                "capacity_thousandths": line.capacity_thousandths,
                "capacity_unit": line.capacity_unit, "needs_driver": line.needs_driver,
            })
        })
        .collect();
    value["quotas"] = unit
        .quotas
        .iter()
        .map(|quota| {
            json!({
                "unit": quota.unit_code, "people": quota.people, "equipment": quota.equipment,
            })
        })
        .collect();
    export.save(&cx.screen, || {
        let heading = format!("Biên chế đơn vị dự bị {} {}", unit.code, unit.name);
        sheet_of(&unit).called(heading, "Biên chế đơn vị dự bị")
    })?;
    cx.screen.show(&value, || {
        let mut rows = table(&["NO", "TITLE", "FITS", "NEAR", "RANKS", "DUTY", "COUNT"]);
        for post in &unit.posts {
            rows.add_row([
                post.no.to_string(),
                post.title.clone(),
                post.specialty_code.clone(),
                post.near.join(" "),
                format!("{} - {}", post.rank_min, post.rank_max),
                duty(post).to_owned(),
                post.count.to_string(),
            ]);
        }
        for line in &unit.equipment_lines {
            rows.add_row([
                line.no.to_string(),
                "equipment".to_owned(),
                line.type_code.clone(),
                line.near.join(" "),
                String::new(),
                if line.needs_driver { "with driver" } else { "" }.to_owned(),
                line.count.to_string(),
            ]);
        }
        let mut quotas = table(&["COMMUNE", "PEOPLE", "EQUIPMENT"]);
        for quota in &unit.quotas {
            quotas.add_row([
                quota.unit_code.clone(),
                quota.people.to_string(),
                quota.equipment.to_string(),
            ]);
        }
        let head = head(&unit);
        let quotas =
            if unit.quotas.is_empty() { String::new() } else { format!("\n{}", text_of(&quotas)) };
        format!("{head}{}{quotas}", text_of(&rows))
    })
}

/// What a reserve unit is, above its posts; what is not set is left out.
fn head(unit: &pb::ReserveUnit) -> String {
    let with_code = |name: &str, code: &str| match (name, code) {
        (name, "") => name.to_owned(),
        ("", code) => code.to_owned(),
        (name, code) => format!("{name} ({code})"),
    };
    let to = unit.valid_to.as_ref().map_or_else(|| "no end".to_owned(), |day| written(Some(day)));
    let mut text = format!("{}  {}\n", unit.code, unit.name);
    for (what, value) in [
        ("kept by", unit.unit_code.clone()),
        ("receiving unit", with_code(&unit.receiving_unit, &unit.receiving_unit_code)),
        ("assembly station", unit.assembly_station.clone()),
        ("reception station", unit.reception_station.clone()),
        ("sources", unit.source_unit_codes.join(" ")),
        ("in force", format!("{} to {to}", written(unit.valid_from.as_ref()))),
    ] {
        if !value.is_empty() {
            text.push_str(&format!("{what:<18} {value}\n"));
        }
    }
    text
}

const fn duty_code(duty: pb::PostDuty) -> &'static str {
    match duty {
        pb::PostDuty::Support => "support",
        pb::PostDuty::Combat | pb::PostDuty::Unspecified => "combat",
    }
}

fn duty(post: &pb::PlanPost) -> &'static str {
    duty_code(post.duty())
}

fn post(post: &pb::PlanPost) -> Value {
    json!({
        "no": post.no, "title": post.title, "specialty": post.specialty_code, "near": post.near,
        "rank_min": post.rank_min, "rank_max": post.rank_max, "duty": duty(post),
        "count": post.count, "health_max": post.health_max,
    })
}
