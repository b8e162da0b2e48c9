//! Verdicts on orders, by the bundle of the evidence floor's own tests (valid from 0 to 2000 ms, keys
//! to 1000 ms).

use super::*;
use crate::domain::ids::OrderId;
use crate::domain::order::audience::Audience;
use crate::domain::order::handling::Handling;
use crate::domain::order::{LegalGround, OrderKind, Reference, ReferenceKind, Urgency};
use crate::evidence::trust::tests::{at, bundle, key};

fn an_order(handling: Handling) -> Order {
    Order {
        id: OrderId::from_bytes([7; 16]),
        handling,
        kind: OrderKind::PersonnelCallUp,
        urgency: Urgency::Flash,
        ground: match handling {
            Handling::Actual => LegalGround::Disaster,
            Handling::Exercise | Handling::Test => LegalGround::Drill,
        },
        province: "11".parse().expect("a code"),
        epoch: 1,
        series_year: 2026,
        number: 3,
        drafted_by: "f".parse().expect("an id"),
        drafted_at: at(10),
        title: "Lệnh".into(),
        body: "Tập trung".into(),
        station: None,
        requirements: Vec::new(),
        answer_by: at(100),
        report_by: None,
        not_after: at(500),
        audience: Audience { endpoints: [1, 2, 9].into_iter().collect(), digest: [1; 32] },
        reference: None,
    }
}

fn signed(order: &Order, seeds: &[u8]) -> Envelope {
    let bytes = order::encode(order);
    let mut envelope = Envelope::new(OrderFile::payload_type(order), bytes).expect("fits");
    seeds.iter().for_each(|seed| envelope.sign(&key(*seed)).expect("room"));
    envelope
}

fn judged(envelope: &Envelope, endpoint: Option<u32>, now: i64) -> Result<Vec<String>, Invalid> {
    verdict(envelope, &bundle(), endpoint.map(EndpointNo::new), at(now))
        .map(|(_order, signers)| signers.iter().map(ToString::to_string).collect())
}

#[test]
fn an_actual_order_signed_by_two_persons_is_valid_for_those_it_addresses() {
    let envelope = signed(&an_order(Handling::Actual), &[1, 2]);
    assert_eq!(judged(&envelope, Some(9), 50), Ok(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(judged(&envelope, Some(3), 50), Err(Invalid::NotAddressed { endpoint: 3 }));
}

#[test]
fn an_actual_order_with_one_signature_or_exercise_keys_is_not() {
    let order = an_order(Handling::Actual);
    for seeds in [&[1][..], &[1, 101], &[101, 102], &[]] {
        let refused = judged(&signed(&order, seeds), None, 50);
        assert!(matches!(refused, Err(Invalid::Signatures(_))), "{seeds:?}: {refused:?}");
    }
}

#[test]
fn an_exercise_is_not_valid_under_actual_keys_nor_as_another_type() {
    let order = an_order(Handling::Exercise);
    assert!(judged(&signed(&order, &[101]), None, 50).is_ok());
    assert!(judged(&signed(&order, &[1]), None, 50).is_err());
    let bytes = order::encode(&order);
    let kind = PayloadType::Order(Handling::Actual);
    let mut dressed_up = Envelope::new(kind, bytes).expect("fits");
    dressed_up.sign(&key(1)).expect("room");
    dressed_up.sign(&key(2)).expect("room");
    let refused = judged(&dressed_up, None, 50);
    assert!(matches!(refused, Err(Invalid::TypeMismatch { .. })), "{refused:?}");
}

#[test]
fn a_changed_byte_makes_it_invalid() {
    let envelope = signed(&an_order(Handling::Exercise), &[101]);
    let mut other = an_order(Handling::Exercise);
    other.body.push('!');
    let forged = Envelope::from_parts(
        envelope.payload_type(),
        order::encode(&other),
        envelope.signatures().to_vec(),
    )
    .expect("fits");
    assert!(matches!(judged(&forged, None, 50), Err(Invalid::Signatures(_))));
}

#[test]
fn an_order_past_its_end_or_of_an_older_epoch_is_not_valid() {
    let envelope = signed(&an_order(Handling::Exercise), &[101]);
    assert!(judged(&envelope, None, 500).is_ok());
    assert!(matches!(judged(&envelope, None, 501), Err(Invalid::Expired { .. })));
    let mut old = an_order(Handling::Exercise);
    old.epoch = 0;
    let refused = judged(&signed(&old, &[101]), None, 50);
    assert!(matches!(refused, Err(Invalid::OtherPlace { .. })), "{refused:?}");
}

#[test]
fn a_cancel_is_judged_as_a_cancel() {
    let mut cancel = an_order(Handling::Actual);
    cancel.kind = OrderKind::Directive;
    let reference = Reference {
        kind: ReferenceKind::Cancel,
        order: OrderId::from_bytes([1; 16]),
        digest: [2; 32],
    };
    cancel.reference = Some(reference);
    assert!(judged(&signed(&cancel, &[1, 4]), None, 50).is_ok(), "signer and duty officer");
    assert!(judged(&signed(&cancel, &[4]), None, 50).is_err(), "one person is not enough");
}

#[test]
fn something_else_is_no_order() {
    let envelope = Envelope::new(PayloadType::TrustBundle, &b"bytes"[..]).expect("fits");
    let found = PayloadType::TrustBundle;
    assert_eq!(judged(&envelope, None, 50), Err(Invalid::NotAnOrder { found }));
}
