use super::*;
use crate::domain::order::handling::Handling;
use crate::domain::order::{Reference, ReferenceKind};
use crate::terminal::inbox::tests::{
    HOUR_MS, ME, NOW, bundle, cancel_of, envelope, envelope_of_type, order, resigned,
};

fn judged(envelope: &Envelope) -> Result<VerifiedOrder, Unverified> {
    verify_order(envelope, &bundle(1), Some(ME), NOW)
}

fn reason(envelope: &Envelope) -> &'static str {
    judged(envelope).expect_err("it is not to be believed").reason()
}

#[test]
fn an_order_signed_by_those_who_must_is_believed_with_their_names() {
    let order = order(1, Handling::Actual);
    let good = judged(&envelope(&order)).expect("all is right");
    assert_eq!(good.signed_by.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(good.order, order);
    let outsider = verify_order(&envelope(&order), &bundle(1), None, NOW);
    assert!(outsider.is_ok(), "anybody may verify a file");
}

#[test]
fn each_wrong_order_is_refused_for_its_own_reason() {
    let right = order(1, Handling::Actual);
    let mut cases = vec![];
    cases.push(("SIGNATURES_MISSING", resigned(&envelope(&right), &[1])));
    cases.push(("SIGNATURE_INVALID", resigned(&envelope(&right), &[77, 78])));
    let mut edited = envelope(&right).payload().to_vec();
    let place = edited.windows(4).position(|bytes| bytes == b"body").expect("the text");
    edited[place] = b'B';
    let signatures = envelope(&right).signatures().to_vec();
    let kind = PayloadType::Order(Handling::Actual);
    let edited = Envelope::from_parts(kind, edited, signatures).expect("within bounds");
    cases.push(("SIGNATURE_INVALID", edited));
    let drill = order(1, Handling::Exercise);
    let as_actual = envelope_of_type(&drill, PayloadType::Order(Handling::Actual));
    cases.push(("PAYLOAD_TYPE_MISMATCH", resigned(&as_actual, &[1, 2])));
    let as_answer = envelope_of_type(&right, PayloadType::Answer);
    cases.push(("NOT_AN_ORDER", resigned(&as_answer, &[1, 2])));
    let mut changed = |reason, change: &dyn Fn(&mut Order)| {
        let mut order = right.clone();
        change(&mut order);
        cases.push((reason, envelope(&order)));
    };
    changed("EXPIRED", &|order| {
        order.drafted_at = NOW.offset_by(-3 * HOUR_MS);
        order.answer_by = NOW.offset_by(-2 * HOUR_MS);
        order.not_after = NOW.offset_by(-1);
    });
    changed("NOT_ADDRESSED", &|order| order.audience.endpoints = [5, 6].into_iter().collect());
    changed("PAYLOAD_INVALID", &|order| order.audience.endpoints.clear());
    changed("OLD_EPOCH", &|order| order.epoch = 1);
    changed("OTHER_PROVINCE", &|order| order.province = "12".parse().expect("a code"));
    changed("CONTENTS_INVALID", &|order| order.number = 0);
    changed("CHANGES_ITSELF", &|order| {
        let (kind, digest) = (ReferenceKind::Update, [0; 32]);
        order.reference = Some(Reference { kind, order: order.id, digest });
    });
    for (expected, envelope) in cases {
        assert_eq!(reason(&envelope), expected);
    }
}

#[test]
fn a_drill_key_never_makes_an_order_real() {
    let real = order(1, Handling::Actual);
    assert_eq!(reason(&resigned(&envelope(&real), &[101, 102])), "SIGNATURES_MISSING");
    let drill = order(1, Handling::Exercise);
    assert!(judged(&envelope(&drill)).is_ok());
    assert_eq!(reason(&resigned(&envelope(&drill), &[1])), "SIGNATURES_MISSING");
}

#[test]
fn a_clock_that_stands_in_1970_does_not_make_an_order_look_too_early() {
    let envelope = envelope(&order(1, Handling::Actual));
    assert!(verify_order(&envelope, &bundle(1), Some(ME), Instant::EPOCH).is_ok());
}

#[test]
fn nothing_is_believed_under_a_bundle_that_is_over() {
    let mut bundle = bundle(1);
    bundle.expires_at = NOW;
    let fault = verify_order(&envelope(&order(1, Handling::Actual)), &bundle, Some(ME), NOW);
    assert_eq!(fault.expect_err("it is over").reason(), "TRUST_BUNDLE_EXPIRED");
}

#[test]
fn a_cancel_is_believed_after_its_own_end() {
    let mut cancel = cancel_of(2, &envelope(&order(1, Handling::Actual)), Handling::Actual);
    cancel.not_after = cancel.answer_by;
    let later = cancel.not_after.offset_by(1);
    let good = verify_order(&envelope(&cancel), &bundle(1), Some(ME), later);
    assert!(good.expect("it outlives").order.is_cancel());
}
