//! The officers with their keys, the bundle, units, and envelopes around what is written.

use std::sync::Arc;

use crate::domain::authority::{Role, default_rules};
use crate::domain::certificate::Serial;
use crate::domain::endpoint::{Address, Terminal};
use crate::domain::ids::{EndpointNo, OfficerId};
use crate::domain::instant::Instant;
use crate::domain::order::Order;
use crate::domain::order::delivery::Answer;
use crate::domain::order::handling::Handling;
use crate::domain::unit::{Former, ParentBasis, Unit, UnitKind};
use crate::domain::world::{Actor, NewDraft, OrderFile, Trust};
use crate::evidence::checkpoint::witness::Witnesses;
use crate::evidence::envelope::{Envelope, PayloadType, Signature};
use crate::evidence::key::{KeyUse, SigningKey};
use crate::evidence::trust::{OfficerKey, TrustBundle, TrustedOfficer};
use crate::wire;

/// 2026-06-01T00:00:00Z.
pub(crate) const START: Instant = Instant::from_millis(1_780_272_000_000);
pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32]).expect("any seed makes a key")
}

/// The seed of an officer's key for actual orders; the one for exercises is 100 higher. The commander
/// has a second actual key, of seed 12.
pub(crate) fn seed(officer: &str) -> u8 {
    match officer {
        "clerk" => 1,
        "commander" => 2,
        "commissar" => 3,
        "duty" => 4,
        "deputy" => 5,
        "auditor" => 6,
        other => panic!("nobody is called {other}"),
    }
}

pub(crate) fn key_for(officer: &str, handling: Handling) -> SigningKey {
    key(if handling == Handling::Actual { seed(officer) } else { seed(officer) + 100 })
}

pub(crate) fn id(officer: &str) -> OfficerId {
    officer.parse().expect("a name")
}

pub(crate) fn officer(name: &str) -> Actor {
    Actor::Officer(id(name))
}

pub(crate) fn no(number: u32) -> EndpointNo {
    EndpointNo::new(number)
}

pub(crate) fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

fn trusted(name: &str, roles: &[Role]) -> TrustedOfficer {
    let own = |seed, key_use| OfficerKey {
        key: key(seed).public(),
        key_use,
        valid_from: START.offset_by(-DAY),
        valid_to: START.offset_by(400 * DAY),
    };
    let mut keys = vec![own(seed(name), KeyUse::Actual), own(seed(name) + 100, KeyUse::Exercise)];
    if name == "commander" {
        keys.push(own(12, KeyUse::Actual));
    }
    TrustedOfficer {
        id: id(name),
        name: format!("Đồng chí {name}"),
        unit: "11".parse().expect("a code"),
        roles: roles.iter().copied().collect(),
        keys,
        retired_at: None,
    }
}

pub(crate) fn bundle() -> TrustBundle {
    TrustBundle {
        version: 1,
        epoch: 1,
        province: "11".parse().expect("a code"),
        issued_at: START.offset_by(-HOUR),
        expires_at: START.offset_by(400 * DAY),
        officers: vec![
            trusted("clerk", &[Role::Drafter, Role::Signer, Role::Approver]),
            trusted("commander", &[Role::Signer, Role::Approver]),
            trusted("commissar", &[Role::Approver]),
            trusted("duty", &[Role::DutyOfficer]),
            trusted("deputy", &[Role::Signer]),
            trusted("auditor", &[Role::Auditor]),
        ],
        rules: default_rules(Instant::EPOCH, "Luật 53/2019/QH14, điều 25"),
        delegations: Vec::new(),
        ledger_key: key(200).public(),
        roots: vec![key(201).public(), key(202).public()],
        root_threshold: 2,
        authority_cert_pem: "certificate".to_owned(),
        witnesses: Witnesses::default(),
    }
}

pub(crate) fn trust(bundle: &TrustBundle, roots: &[u8]) -> Arc<Trust> {
    let payload = wire::trust::encode(bundle);
    let mut envelope = Envelope::new(PayloadType::TrustBundle, payload).expect("within bounds");
    roots.iter().for_each(|root| envelope.sign(&key(*root)).expect("room"));
    Arc::new(Trust { bundle: bundle.clone(), envelope })
}

pub(crate) fn unit(code: &str, kind: UnitKind, parent: Option<&str>) -> Unit {
    Unit {
        code: code.parse().expect("a code"),
        name: format!("{} {code}", kind.name_word().unwrap_or("Đơn vị")),
        kind,
        parent: parent.map(|code| code.parse().expect("a code")),
        parent_basis: ParentBasis::Sourced,
        area_hectares: None,
        population: Some(5_000),
        valid_from: None,
        valid_to: None,
        former: Former::default(),
    }
}

pub(crate) fn terminal(seed: u8) -> Terminal {
    Terminal {
        answer_key: key(seed).public(),
        certificate_digest: [seed; 32],
        certificate_not_after: START.offset_by(90 * DAY),
        certificate_serial: Some(Serial([seed; 16])),
    }
}

pub(crate) fn envelope_of(order: &Order) -> Envelope {
    Envelope::new(OrderFile::payload_type(order), wire::order::encode(order))
        .expect("within bounds")
}

pub(crate) fn new_draft(order: &Order) -> NewDraft {
    let (order, envelope) = (Arc::new(order.clone()), envelope_of(order));
    NewDraft { order, envelope, traceparent: String::new(), erased_then: Some(0) }
}

pub(crate) fn signed_draft(order: &Order, keys: &[SigningKey]) -> NewDraft {
    let mut draft = new_draft(order);
    keys.iter().for_each(|key| draft.envelope.sign(key).expect("room"));
    draft
}

pub(crate) fn signature(envelope: &Envelope, key: &SigningKey) -> Signature {
    Signature { key_id: key.id(), bytes: key.sign(&envelope.signed_bytes()) }
}

pub(crate) fn answer_envelope(answer: &Answer) -> Envelope {
    let payload = wire::answer::encode(answer);
    let mut envelope =
        Envelope::new(wire::answer::payload_type(answer.fact), payload).expect("within bounds");
    envelope.sign(&key(50)).expect("room");
    envelope
}
