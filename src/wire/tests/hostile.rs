//! Bytes from outside: none panics, none is read in two ways, and no unknown value gets through.

use proptest::prelude::*;
use prost::Message;

use super::samples;
use crate::domain::ids::EndpointNo;
use crate::domain::instant::Instant;
use crate::domain::order::handling::Handling;
use crate::domain::order::{ReferenceKind, Requirement, RequirementKind};
use crate::domain::world::tests::support::{self, Province};
use crate::domain::world::{Actor, CertificateHolder, Entry, Event};
use crate::evidence::envelope::{Envelope, PayloadType};
use crate::wire::{WireError, answer, entry, order, pb, trust, unit};

fn envelope(payload_type: PayloadType, bytes: &[u8]) -> Option<Envelope> {
    Envelope::new(payload_type, bytes).ok()
}

/// Reads bytes as everything they could be taken for.
fn read_as_all(bytes: &[u8]) {
    if let Ok(read) = entry::decode(bytes) {
        assert_eq!(entry::decode(&entry::encode(&read)), Ok(read), "what is read can be kept");
    }
    for payload_type in PayloadType::ALL {
        let Some(envelope) = envelope(payload_type, bytes) else { continue };
        if let Ok(order) = order::read(&envelope) {
            assert_eq!(order::encode(&order), bytes, "an order has one spelling");
            assert_eq!(payload_type.handling(), Some(order.handling));
            assert_eq!(payload_type, crate::domain::world::OrderFile::payload_type(&order));
        }
        if let Ok(read) = answer::read(&envelope) {
            assert_eq!(payload_type, answer::payload_type(read.fact));
        }
        if trust::read(&envelope).is_ok() {
            assert_eq!(payload_type, PayloadType::TrustBundle);
        }
    }
    if let Ok(message) = pb::Envelope::decode(bytes)
        && let Ok(read) = Envelope::try_from(&message)
    {
        assert!(!read.payload().is_empty());
    }
}

proptest! {
    #![proptest_config(samples::cases(400))]

    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 1..300)) {
        read_as_all(&bytes);
    }

    #[test]
    fn cut_and_flipped_bytes_do_no_harm(
        own in samples::entries(),
        order in samples::orders(),
        answer in samples::answers(),
        cut in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8_u8), 0..4),
    ) {
        for whole in [entry::encode(&own), order::encode(&order), answer::encode(&answer)] {
            read_as_all(&whole[..cut.index(whole.len())]);
            let mut flipped = whole;
            for (place, bit) in &flips {
                let place = place.index(flipped.len());
                flipped[place] ^= 1 << bit;
            }
            read_as_all(&flipped);
        }
    }
}

#[test]
fn an_order_in_any_other_spelling_is_refused() {
    let order = Province::new().order(Handling::Actual);
    let sound = order::encode(&order);
    let actual = PayloadType::Order(Handling::Actual);
    let read = |bytes: &[u8]| order::read(&envelope(actual, bytes).expect("within bounds"));
    assert!(read(&sound).is_ok());
    let with = |tail: &[u8]| [&sound[..], tail].concat();
    let unknown_field = with(&[0xf8, 0x07, 0x01]); // field 127, varint 1
    let handling_twice = with(&[0x18, 0x01]); // field 3 again, the same value
    let zero_written_out = with(&[0xaa, 0x01, 0x00]); // field 21, an empty reference
    let long_varint = [&[0x08, 0x81, 0x00][..], &sound[2..]].concat(); // format 1 in two bytes
    assert_eq!(sound[..2], [0x08, 0x01]);
    for bytes in [unknown_field, handling_twice, zero_written_out, long_varint] {
        assert!(read(&bytes).is_err(), "{}", hex::encode(&bytes[bytes.len() - 4..]));
    }
}

#[test]
fn an_audience_of_billions_is_refused_before_it_is_made() {
    let mut message = order::message(&support::envelope_of(&Province::new().order(Handling::Test)))
        .expect("our own");
    let audience = message.audience.as_mut().expect("it has one");
    (audience.endpoint_runs, audience.endpoint_count) = (vec![1, u32::MAX - 1], u32::MAX - 1);
    let test = PayloadType::Order(Handling::Test);
    let envelope = envelope(test, &message.encode_to_vec()).expect("small");
    assert_eq!(order::read(&envelope).map_err(|fault| fault.field), Err("audience"));
}

fn field_at_fault(change: &dyn Fn(&mut pb::OrderPayload)) -> &'static str {
    let mut p = Province::new();
    let earlier = p.issued(Handling::Exercise);
    let mut order = p.follow_up(&earlier, ReferenceKind::Update);
    order.requirements = vec![Requirement {
        code: "LX-01".parse().expect("a code"),
        kind: RequirementKind::Personnel,
        count: 3,
    }];
    let mut message = order::message(&support::envelope_of(&order)).expect("our own");
    change(&mut message);
    let exercise = PayloadType::Order(Handling::Exercise);
    let envelope = envelope(exercise, &message.encode_to_vec()).expect("within bounds");
    order::read(&envelope).expect_err("changed").field
}

#[test]
fn an_order_with_an_unspecified_or_unknown_value_is_refused() {
    for value in [0, 99, -1] {
        assert_eq!(field_at_fault(&|m| m.handling = value), "handling");
        assert_eq!(field_at_fault(&|m| m.kind = value), "kind");
        assert_eq!(field_at_fault(&|m| m.urgency = value), "urgency");
        assert_eq!(field_at_fault(&|m| m.ground = value), "ground");
        assert_eq!(field_at_fault(&|m| m.requirements[0].kind = value), "requirements.kind");
        let reference = |m: &mut pb::OrderPayload| {
            m.reference.as_mut().expect("an update").kind = value;
        };
        assert_eq!(field_at_fault(&reference), "reference.kind");
    }
    assert_eq!(field_at_fault(&|m| m.format = 2), "format");
    assert_eq!(field_at_fault(&|m| m.order_id.truncate(15)), "order_id");
    assert_eq!(field_at_fault(&|m| m.audience = None), "audience");
    assert_eq!(field_at_fault(&|m| m.not_after_time = None), "not_after_time");
    assert_eq!(field_at_fault(&|m| m.drafted_by = "a b".to_owned()), "drafted_by");
    let handling = i32::from(pb::Handling::Actual);
    assert_eq!(field_at_fault(&|m| m.handling = handling), "payload_type");
    let sub_millisecond = |m: &mut pb::OrderPayload| {
        m.drafted_time.as_mut().expect("a time").nanos += 1;
    };
    assert_eq!(field_at_fault(&sub_millisecond), "payload");
}

#[test]
fn an_answer_with_an_unspecified_or_unknown_value_is_refused() {
    let mut p = Province::new();
    let order = p.issued(Handling::Exercise);
    let acknowledged = p.answer(order, 3, crate::domain::order::delivery::Fact::Acknowledged);
    let bytes = answer::encode(&acknowledged);
    let fault = |payload_type, change: &dyn Fn(&mut pb::AnswerPayload)| {
        let mut message = pb::AnswerPayload::decode(&bytes[..]).expect("our own");
        change(&mut message);
        let envelope = envelope(payload_type, &message.encode_to_vec()).expect("within bounds");
        answer::read(&envelope).expect_err("changed").field
    };
    let answered = PayloadType::Answer;
    for value in [0, 99, -1] {
        assert_eq!(fault(answered, &|m| m.fact = value), "fact");
    }
    let declined = i32::from(pb::Fact::Declined);
    for value in [0, 99, -1] {
        let declines = |m: &mut pb::AnswerPayload| (m.fact, m.decline_reason) = (declined, value);
        assert_eq!(fault(answered, &declines), "decline_reason");
    }
    assert_eq!(fault(answered, &|m| m.decline_reason = 1), "decline_reason");
    assert_eq!(fault(answered, &|m| m.strength = Some(pb::Strength::default())), "strength");
    assert_eq!(fault(answered, &|m| m.fact = pb::Fact::Strength.into()), "strength");
    assert_eq!(fault(answered, &|m| m.fact = pb::Fact::Delivered.into()), "fact");
    assert_eq!(fault(PayloadType::Receipt, &|_| {}), "fact", "a receipt is the device's word");
    assert_eq!(fault(answered, &|m| m.format = 0), "format");
}

#[test]
fn a_bundle_with_an_unspecified_or_unknown_value_is_refused() {
    let bytes = trust::encode(&support::bundle());
    let fault = |change: &dyn Fn(&mut pb::TrustBundlePayload)| {
        let mut message = pb::TrustBundlePayload::decode(&bytes[..]).expect("our own");
        change(&mut message);
        let bent = envelope(PayloadType::TrustBundle, &message.encode_to_vec());
        trust::read(&bent.expect("within bounds")).expect_err("changed").field
    };
    for value in [0, 99, -1] {
        assert_eq!(fault(&|m| m.officers[0].keys[0].r#use = value), "use");
        assert_eq!(fault(&|m| m.rules[0].act = value), "act");
    }
    assert_eq!(fault(&|m| m.rules[0].handling = 99), "handling");
    assert_eq!(fault(&|m| m.officers[0].roles.push("king".to_owned())), "roles");
    assert_eq!(fault(&|m| m.ledger_key.truncate(31)), "ledger_key");
    assert_eq!(fault(&|m| m.format = 2), "format");
    let order = support::envelope_of(&Province::new().order(Handling::Test));
    assert_eq!(trust::read(&order).map_err(|fault| fault.field), Err("payload_type"));
}

#[test]
fn units_lines_and_records_with_an_unspecified_or_unknown_value_are_refused() {
    let sound = pb::Unit::from(&support::unit(
        "03160",
        crate::domain::unit::UnitKind::Commune,
        Some("KV1"),
    ));
    let fault = |change: &dyn Fn(&mut pb::Unit)| {
        let mut message = sound.clone();
        change(&mut message);
        let read: Result<crate::domain::unit::Unit, WireError> = (&message).try_into();
        read.expect_err("changed").field
    };
    for value in [99, -1] {
        assert_eq!(fault(&|m| m.kind = value), "kind");
        assert_eq!(fault(&|m| m.echelon = value), "echelon");
        assert_eq!(fault(&|m| m.parent_basis = value), "parent_basis");
        assert!(unit::line(value).is_err() && unit::echelon(value).is_err());
    }
    assert_eq!(fault(&|m| m.kind = 0), "kind");
    assert!(unit::line(0).is_err() && unit::echelon(0).is_err() && order::handling(0).is_err());
    let not_its_own = i32::from(pb::Echelon::Base);
    assert_eq!(fault(&|m| m.echelon = not_its_own), "echelon");
    assert_eq!(fault(&|m| m.valid_from = "2025-02-30".to_owned()), "valid_from");
    for kind in [0, 99] {
        let read = pb::RecordsRead { kind, record_ids: vec![] };
        let leaf = pb::LedgerEntry {
            format: 1,
            recorded_time: Some(prost_types::Timestamp::default()),
            actor: "server".to_owned(),
            event: Some(pb::ledger_entry::Event::RecordsRead(read)),
            ..pb::LedgerEntry::default()
        };
        let refused = entry::decode(&leaf.encode_to_vec());
        assert_eq!(refused.map_err(|fault| fault.field), Err("kind"));
    }
}

#[test]
fn a_leaf_without_an_event_or_of_another_format_is_refused() {
    let sound = entry::encode(&Province::new().ledger[0]);
    let fault = |change: &dyn Fn(&mut pb::LedgerEntry)| {
        let mut leaf = pb::LedgerEntry::decode(&sound[..]).expect("our own");
        change(&mut leaf);
        entry::decode(&leaf.encode_to_vec()).expect_err("changed").field
    };
    assert_eq!(fault(&|leaf| leaf.event = None), "event");
    assert_eq!(fault(&|leaf| leaf.format = 2), "format");
    assert_eq!(fault(&|leaf| leaf.recorded_time = None), "recorded_time");
    assert_eq!(fault(&|leaf| leaf.actor = "root".to_owned()), "actor");
    assert_eq!(fault(&|leaf| leaf.request_id = "r-1".to_owned()), "request_digest");
}

#[test]
fn a_leaf_that_readers_of_the_first_format_would_misread_has_the_second_and_no_other() {
    let holder = || CertificateHolder::Endpoint(EndpointNo::new(3));
    let issued = |shown| Event::CertificateIssued {
        holder: holder(),
        digest: [1; 32],
        not_after: Instant::EPOCH,
        shown,
        serial: None,
    };
    let seen = Event::CertificateSeen { endpoint: EndpointNo::new(3), digest: [1; 32] };
    for (event, format) in [(issued(None), 1), (issued(Some([2; 32])), 2), (seen, 2)] {
        let entry = Entry { at: Instant::EPOCH, actor: Actor::Server, request: None, event };
        let mut leaf = pb::LedgerEntry::decode(&entry::encode(&entry)[..]).expect("our own");
        assert_eq!(leaf.format, format);
        for other in [0, 3 - format, 3] {
            leaf.format = other;
            let refused = entry::decode(&leaf.encode_to_vec());
            assert_eq!(refused.map_err(|fault| fault.field), Err("format"), "{other}");
        }
    }
}
