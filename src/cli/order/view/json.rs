//! Orders as JSON.

use anyhow::Result;
use serde_json::{Value, json};

use crate::cli::output::{utc_or_null, utc_time};
use crate::domain::ids::UnitCode;
use crate::domain::order::{Order, ReferenceKind, RequirementKind};
use crate::evidence::envelope::Envelope;
use crate::evidence::fingerprint;
use crate::wire::{envelope::required, order, pb};

/// An order of the server as JSON. What it says is read out of the envelope's bytes.
pub(in crate::cli::order) fn order_json(message: &pb::Order) -> Result<Value> {
    let envelope = required("envelope", message.envelope.as_ref())?;
    let mut value = contents_json(&order::read(&envelope)?, &envelope);
    let state = message.state().as_str_name();
    value["state"] = json!(state.strip_prefix("ORDER_STATE_").unwrap_or(state).to_lowercase());
    value["signed_by"] = json!(message.signed_by);
    value["missing"] = json!(message.missing);
    value["issue_again"] = json!(message.issue_again);
    value["sequence"] = json!(message.sequence);
    value["issued_time"] = json!(utc_or_null(message.issued_time.as_ref()));
    value["replaced_by"] = json!(Some(&message.replaced_by).filter(|id| !id.is_empty()));
    value["counts"] = counts_json(&message.counts.unwrap_or_default());
    Ok(value)
}

/// Counts as JSON.
pub(in crate::cli::order) fn counts_json(counts: &pb::DeliveryCounts) -> Value {
    json!({
        "endpoints": counts.endpoints,
        "delivered": counts.delivered,
        "opened": counts.opened,
        "acknowledged": counts.acknowledged,
        "accepted": counts.accepted,
        "declined": counts.declined,
        "silent": counts.silent,
        "unreached": counts.unreached,
        "completed": counts.completed,
    })
}

/// What an order says, as JSON.
pub(in crate::cli::order) fn contents_json(order: &Order, envelope: &Envelope) -> Value {
    let reference = order.reference.as_ref().map(|reference| {
        let kind = match reference.kind {
            ReferenceKind::Update => "update",
            ReferenceKind::Cancel => "cancel",
        };
        json!({ "kind": kind, "order_id": reference.order.to_string() })
    });
    let requirements: Vec<Value> = order
        .requirements
        .iter()
        .map(|need| {
            let kind = match need.kind {
                RequirementKind::Personnel => "personnel",
                RequirementKind::Equipment => "equipment",
            };
            json!({ "code": need.code.as_str(), "kind": kind, "count": need.count })
        })
        .collect();
    let call_up = order.call_up.as_ref().map(crate::cli::order::call_up::signed_json);
    json!({
        "order_id": order.id.to_string(),
        "call_up": call_up,
        "handling": order.handling.as_str(),
        "number": order.number_text(),
        "kind": order.kind.as_str(),
        "urgency": order.urgency.as_str(),
        "ground": order.ground.as_str(),
        "epoch": order.epoch,
        "title": order.title,
        "body": order.body,
        "station": order.station.as_ref().map(|station| &station.name),
        "requirements": requirements,
        "drafted_by": order.drafted_by.as_str(),
        "drafted_time": utc_time(order.drafted_at),
        "answer_by_time": utc_time(order.answer_by),
        "report_by_time": order.report_by.map(utc_time),
        "not_after_time": utc_time(order.not_after),
        "to": order.audience.selector.units.iter().map(UnitCode::as_str).collect::<Vec<_>>(),
        "endpoints": order.audience.count(),
        "reference": reference,
        "digest": hex::encode(envelope.digest()),
        "fingerprint": fingerprint(&envelope.digest()),
    })
}
