//! What one order's evidence proves, shown.

use serde_json::{Value, json};

use crate::audit::pack::{EndpointFacts, FactRow, SignerRow, Verdict};
use crate::cli::ledger::verify::{cosigners, faults_json, faults_words, when};
use crate::cli::output::{local_time, utc_time};
use crate::domain::ids::EndpointNo;
use crate::domain::order::ReferenceKind;
use crate::evidence::fingerprint;

/// For programs.
pub(super) fn json_of(verdict: &Verdict) -> Value {
    let signer = |row: &SignerRow| {
        json!({
            "officer": row.officer.as_str(), "name": row.name, "key": row.key_id.to_string(),
            "roles": row.roles.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "recorded_time": utc_time(row.at), "index": row.index,
        })
    };
    let endpoint = |(no, own): (&EndpointNo, &EndpointFacts)| {
        let fact = |row: &FactRow| {
            json!({
                "fact": row.fact.as_str(), "happened_time": utc_time(row.happened_at),
                "recorded_time": utc_time(row.recorded_at), "index": row.index,
            })
        };
        let facts: Vec<Value> = own.facts.iter().map(fact).collect();
        json!({
            "endpoint": no.number(), "address": own.address.as_ref().map(ToString::to_string),
            "enrolled_index": own.enrolled.map(|(index, _key)| index),
            "key": own.enrolled.map(|(_index, key)| key.to_string()), "facts": facts,
        })
    };
    let order = verdict.order.as_ref();
    json!({
        "proved": verdict.is_proved(),
        "origin": verdict.origin,
        "size": verdict.head.map(|(size, _root)| size),
        "root": verdict.head.map(|(_size, root)| hex::encode(root)),
        "witnessed_size": verdict.witnessed.as_ref().map(|(size, _by)| size),
        "witnesses": verdict.witnessed.as_ref().map(|(_size, by)| cosigners(by)),
        "number": order.map(|(order, _digest)| order.number_text()),
        "handling": order.map(|(order, _digest)| order.handling.to_string()),
        "digest": order.map(|(_order, digest)| hex::encode(digest)),
        "drafted_by": order.map(|(order, _digest)| order.drafted_by.to_string()),
        "signers": verdict.signers.iter().map(signer).collect::<Vec<_>>(),
        "by_right_of": verdict.by_right_of.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "issued_time": verdict.issued.map(|(at, ..)| utc_time(at)),
        "issued_index": verdict.issued.map(|(_at, index, ..)| index),
        "trust_bundle_version": verdict.issued.map(|(.., version)| version),
        "newest_bundle_version": verdict.bundle_version,
        "endpoints": verdict.endpoints.iter().map(endpoint).collect::<Vec<_>>(),
        "faults": faults_json(&verdict.faults),
        "fault_count": verdict.faults.count,
    })
}

/// One page, for a person.
pub(super) fn words(verdict: &Verdict) -> String {
    let mut text = String::from(if verdict.is_proved() { "proved: " } else { "NOT PROVED: " });
    if let Some((order, digest)) = &verdict.order {
        text.push_str(&format!(
            "order {} ({}), {}\ndigest {}\ndrafted by {}",
            order.number_text(),
            order.handling,
            order.title,
            fingerprint(digest),
            order.drafted_by
        ));
        if let Some((at, index)) = verdict.drafted {
            text.push_str(&format!(", recorded {} as entry {index}", local_time(at)));
        }
        text.push('\n');
    } else {
        text.push_str("the order itself is not in the file\n");
    }
    for row in &verdict.signers {
        let roles: Vec<String> = row.roles.iter().map(ToString::to_string).collect();
        let counted = if verdict.by_right_of.contains(&row.officer) { "" } else { ", not counted" };
        text.push_str(&format!(
            "signed by {} ({}, {}) {}, entry {}{counted}\n",
            row.officer,
            row.name,
            roles.join(", "),
            local_time(row.at),
            row.index
        ));
    }
    if let Some((at, index, sequence, version)) = verdict.issued {
        text.push_str(&format!(
            "issued {} as number {sequence} of the stream, entry {index}, by the rules of trust bundle {version}\n",
            local_time(at)
        ));
    }
    if let Some((kind, number, at)) = &verdict.replaced {
        let done = match kind {
            ReferenceKind::Cancel => "cancelled",
            ReferenceKind::Update => "updated",
        };
        text.push_str(&format!("{done} by order {number} {}\n", local_time(*at)));
    }
    for (no, own) in &verdict.endpoints {
        let place = own.address.as_ref().map_or_else(String::new, |address| format!(" {address}"));
        let facts: Vec<String> = own
            .facts
            .iter()
            .map(|row| format!("{} {}", row.fact.as_str(), local_time(row.recorded_at)))
            .collect();
        let said = if facts.is_empty() { "nothing came back".to_owned() } else { facts.join("; ") };
        text.push_str(&format!("endpoint {no}{place}: {said}\n"));
    }
    if let Some((size, root)) = verdict.head {
        let (origin, root) = (&verdict.origin, hex::encode(root));
        let stands = if verdict.faults.is_empty() { "all of it stands in" } else { "judged by" };
        text.push_str(&format!("{stands} {origin} of {size} entries under root {root}\n"));
    }
    if let Some((size, by)) = &verdict.witnessed {
        let by: Vec<String> =
            by.by.iter().map(|one| format!("{} {}", one.name, when(one.time_s))).collect();
        text.push_str(&format!("{size} entries were cosigned by {}\n", by.join(", ")));
    }
    text.push_str(&faults_words(&verdict.faults));
    text
}
