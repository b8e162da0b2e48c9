//! An order as it is shown; and what the server knows of its signatures and no envelope says: when
//! each came, by which role and whose leave it counts, or why it does not count any more.

use crate::domain::ids::OfficerId;
use crate::domain::instant::Instant;
use crate::domain::world::{OrderFile, World};
use crate::rpc::services::order::{counts_message, state_message};
use crate::wire::{order, pb, timestamp};

/// An order for whoever asks.
pub(super) fn order_message(world: &World, file: &OrderFile, now: Instant) -> pb::Order {
    let replaced_by = file.replaced_by.map(|(by, _kind)| by.to_string());
    pb::Order {
        order_id: file.order.id.to_string(),
        envelope: Some((&file.envelope).into()),
        // What was drafted could be read, or it would not have been drafted.
        payload: order::message(&file.envelope).ok(),
        state: state_message(file.state(now)).into(),
        signed_by: file.signed_by.iter().map(ToString::to_string).collect(),
        missing: world.missing(file, now),
        sequence: file.issue.as_ref().map_or(0, |issue| issue.sequence),
        issued_time: file.issue.as_ref().map(|issue| timestamp(issue.at)),
        number_text: file.order.number_text(),
        replaced_by: replaced_by.unwrap_or_default(),
        counts: Some(counts_message(&file.counts)),
        issue_again: world.must_be_issued_again(file, now),
        signatures: signatures(world, file, now),
        cancel_form_id: world
            .cancel_form(&file.order.id, now)
            .map_or_else(String::new, |form| form.order.id.to_string()),
    }
}

/// One message for each officer whose signature counts, and one for each that does not any more.
fn signatures(world: &World, file: &OrderFile, now: Instant) -> Vec<pb::OrderSignature> {
    let trust = match &file.issue {
        Some(issue) => world.trust_at_issue(issue).map(|published| &published.trust),
        None => world.trust(),
    };
    let came = |officer: &OfficerId| {
        let keys = &trust?.bundle.officer(officer)?.keys;
        let own = file.signings.iter().find(|s| keys.iter().any(|own| own.key.id() == s.key_id));
        own.map(|signing| timestamp(signing.at))
    };
    let counting = file.signed_by.iter().map(|officer| {
        let counted = file.counted.iter().find(|counted| counted.officer == *officer);
        let lent = counted.and_then(|counted| counted.lent.as_ref());
        pb::OrderSignature {
            officer_id: officer.to_string(),
            signed_time: came(officer),
            role: counted.map_or_else(String::new, |counted| counted.role.to_string()),
            lent_by_officer_id: lent.map_or_else(String::new, |lent| lent.from.to_string()),
            document: lent.map_or_else(String::new, |lent| lent.document.clone()),
            void: String::new(),
        }
    });
    let void = world.void_signatures(file, now);
    let void = void.iter().map(|fault| pb::OrderSignature {
        officer_id: fault.officer().map_or_else(String::new, ToString::to_string),
        signed_time: fault.officer().and_then(came),
        void: fault.to_string(),
        ..pb::OrderSignature::default()
    });
    counting.chain(void).collect()
}
