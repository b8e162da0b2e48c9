//! `hoatoc order issue`, `list`, `show`, `watch`.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::call_up::Lists;
use super::view::{self, counts_json, order_json, units_of};
use super::{order_of, unsigned};
use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request, request_id};
use crate::cli::listing::{Export, time_cell};
use crate::cli::output::{local_or_dash, utc_or_null};
use crate::cli::report::{ResponseReport, declined, response, strength_lines, unanswered};
use crate::cli::server::restore::{Left, told};
use crate::config::home::write_new;
use crate::domain::ids::OrderId;
use crate::domain::order::OrderKind;
use crate::roster::sheet::{CellValue, Sheet, words};
use crate::wire::{envelope::required, order, pb};

/// Orders asked for at once: few, for each carries its whole text.
const PAGE_LEN: usize = 10;

/// Sends a fully signed order.
pub(super) async fn issue(cx: &Cx, id: &OrderId) -> Result<()> {
    let connection = cx.connect().await?;
    let ask = pb::IssueOrderRequest { request_id: request_id(), order_id: id.to_string() };
    let reply = connection.orders().issue_order(request(ask)).await;
    let reply = reply.map_err(|status| unsigned(status, id))?.into_inner();
    let issued = reply.order.context("the server gave no order")?;
    let mut value = order_json(&issued)?;
    value["ledger_index"] = json!(reply.ledger_index);
    cx.screen.show(&value, || {
        let endpoints = issued.counts.unwrap_or_default().endpoints;
        let at = local_or_dash(issued.issued_time.as_ref());
        format!(
            "{} is issued to {endpoints} endpoints at {at}, ledger entry {}\n\nNext: hoatoc order watch {id}",
            issued.number_text, reply.ledger_index
        )
    })
}

/// Lists orders, newest first.
pub(super) async fn list(cx: &Cx, limit: usize, export: &Export) -> Result<()> {
    let connection = cx.connect().await?;
    let found = newest(&connection, limit).await?;
    let value = found.iter().map(order_json).collect::<Result<Vec<_>>>()?;
    let columns = ["ID", "NUMBER", "HANDLING", "KIND", "STATE", "ISSUED", "ACKNOWLEDGED", "TITLE"];
    let mut sheet = Sheet::new("", &columns).called("Danh sách lệnh", "Danh sách lệnh");
    for (message, read) in found.iter().zip(&value) {
        let counts = message.counts.unwrap_or_default();
        let text = |key: &str| CellValue::text(read[key].as_str().unwrap_or_default());
        sheet.push([
            text("order_id"),
            text("number"),
            CellValue::term(words::HANDLINGS, text("handling").shown()),
            CellValue::word(text("kind").shown(), kind_label(&text("kind").shown())),
            state_cell(&text("state").shown(), message.issue_again),
            time_cell(message.issued_time.as_ref()),
            format!("{}/{}", counts.acknowledged, counts.endpoints).into(),
            text("title"),
        ]);
    }
    export.show(&cx.screen, &value, &sheet, "")
}

fn kind_label(code: &str) -> &str {
    let found = OrderKind::ALL.iter().find(|kind| kind.as_str() == code);
    found.map_or(code, |kind| kind.label())
}

fn state_cell(state: &str, is_issued_again: bool) -> CellValue {
    if !is_issued_again {
        return CellValue::term(words::ORDER_STATES, state);
    }
    let word = words::word_of(words::ORDER_STATES, state);
    CellValue::word(format!("{state}, issue again"), format!("{word}, cần ban hành lại"))
}

/// Orders, newest first, up to a limit.
pub(in crate::cli) async fn newest(
    connection: &Connection,
    limit: usize,
) -> Result<Vec<pb::Order>> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    while found.len() < limit {
        let page_size = u32::try_from((limit - found.len()).min(PAGE_LEN))?;
        let ask = pb::ListOrdersRequest { page_size, page_token };
        let page = connection.orders().list_orders(request(ask)).await.map_err(refused)?;
        let page = page.into_inner();
        page_token = page.next_page_token;
        let empty = page.orders.is_empty();
        found.extend(page.orders);
        if page_token.is_empty() || empty {
            break;
        }
    }
    Ok(found)
}

/// Shows one order.
pub(super) async fn show(cx: &Cx, id: &OrderId, file: Option<&Path>) -> Result<()> {
    let connection = cx.connect().await?;
    let message = order_of(&connection, id).await?;
    let envelope = required("envelope", message.envelope.as_ref())?;
    let said = order::read(&envelope)?;
    if let Some(path) = file {
        write_new(path, envelope.to_json().as_bytes(), 0o644)?;
    }
    let mut value = order_json(&message)?;
    let report = match message.issued_time {
        Some(_) => Some(response(&connection, id).await?),
        None => None,
    };
    value["response"] = response_json(report.as_ref());
    let lists = match &said.call_up {
        None => None,
        Some(signed) => {
            Some(Lists::fetch(&connection, signed, &units_of(&connection).await?).await?)
        }
    };
    value["call_up_lists"] = json!(lists.as_ref().map(Lists::json));
    cx.screen.show(&value, || {
        let mut text = view::words(&said, &envelope.digest(), &cx.screen);
        let counts = message.counts.unwrap_or_default();
        text.push_str(&format!(
            "  state       {}\n  signed by   {}\n  for         {} endpoints\n",
            value["state"].as_str().unwrap_or_default(),
            if message.signed_by.is_empty() {
                "nobody".into()
            } else {
                message.signed_by.join(", ")
            },
            said.audience.count(),
        ));
        if let Some(lists) = &lists {
            text.push_str(&lists.text());
        }
        if message.issue_again {
            let again = told(&[Left::new(&said)]);
            text.push_str(&format!("  epoch       {}{again}", said.epoch));
        }
        if !message.missing.is_empty() {
            text.push_str(&format!("  missing     {}\n", message.missing));
        }
        if message.issued_time.is_some() {
            let at = local_or_dash(message.issued_time.as_ref());
            text.push_str(&format!("  issued      {at}\n  answers     {}\n", counts_line(&counts)));
        }
        if !message.replaced_by.is_empty() {
            text.push_str(&format!("  replaced by {}\n", message.replaced_by));
        }
        if let Some(report) = &report {
            let in_time = report.total.acknowledged_in_time;
            text.push_str(&format!("  in time     {in_time}/{}\n", counts.endpoints));
            let strength = strength_lines(&report.total.strength);
            text.push_str(&format!("\nstrength reported\n{strength}"));
            text.push_str(&unanswered(report));
            text.push_str(&declined(report));
        }
        text
    })
}

/// Follows an order's counts.
pub(super) async fn watch(
    cx: &Cx,
    id: &OrderId,
    interval_ms: u32,
    until_acknowledged: bool,
) -> Result<()> {
    let connection = cx.connect().await?;
    let ask = pb::WatchOrderRequest { order_id: id.to_string(), interval_ms };
    let stream = connection.orders().watch_order(request(ask)).await.map_err(refused)?;
    let mut stream = stream.into_inner();
    while let Some(now) = stream.message().await.map_err(refused)? {
        let counts = now.counts.unwrap_or_default();
        let state = now.state().as_str_name();
        let state = state.strip_prefix("ORDER_STATE_").unwrap_or(state).to_lowercase();
        let value = json!({
            "order_id": id.to_string(),
            "state": state,
            "server_time": utc_or_null(now.server_time.as_ref()),
            "counts": counts_json(&counts),
        });
        cx.screen.step(&value, || {
            let at = local_or_dash(now.server_time.as_ref());
            format!("{at}  {state}  {}", counts_line(&counts))
        })?;
        if until_acknowledged && counts.endpoints > 0 && counts.acknowledged >= counts.endpoints {
            return Ok(());
        }
    }
    anyhow::bail!("the server ended the watching: start it again")
}

/// What `order show` says of the answers; null before issue. `report response` has all of it.
fn response_json(report: Option<&ResponseReport>) -> Value {
    let Some(report) = report else { return Value::Null };
    let declined = report.by_endpoint.iter().filter(|endpoint| endpoint.state == "declined");
    let declined = declined.map(|endpoint| {
        json!({
            "address": endpoint.address,
            "decline_reason": endpoint.decline_reason,
            "answered_by": endpoint.answered_by,
        })
    });
    json!({
        "acknowledged_in_time": report.total.acknowledged_in_time,
        "strength": report.total.strength,
        "unreached_endpoints": report.unreached_endpoints,
        "silent_endpoints": report.silent_endpoints,
        "declined_endpoints": declined.collect::<Vec<_>>(),
    })
}

fn counts_line(counts: &pb::DeliveryCounts) -> String {
    let of = counts.endpoints;
    format!(
        "delivered {}/{of}, opened {}/{of}, acknowledged {}/{of}, accepted {}/{of}, declined {}/{of}, silent {}/{of}, unreached {}/{of}",
        counts.delivered,
        counts.opened,
        counts.acknowledged,
        counts.accepted,
        counts.declined,
        counts.silent,
        counts.unreached
    )
}
