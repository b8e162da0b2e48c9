//! Bytes that were written once and must be read, and written again the same, by every version.
//! Signed orders and ledger leaves outlive the program: a change here breaks both.

use uuid::Uuid;

use crate::domain::ids::OrderId;
use crate::domain::order::audience::AudienceSelector;
use crate::domain::order::call_up::CallUp;
use crate::domain::order::delivery::{Answer, DeclineReason, Fact};
use crate::domain::order::handling::Handling;
use crate::domain::order::{
    AssemblyStation, Order, Reference, ReferenceKind, Requirement, RequirementKind,
};
use crate::domain::world::tests::support::{MINUTE, Province, START, key, no};
use crate::domain::world::{Actor, Entry, Event};
use crate::evidence::envelope::{Envelope, PayloadType};
use crate::wire::{answer, entry, order};

const ORDERS: &str = include_str!("../../../tests/vectors/order.txt");
const ENTRIES: &str = include_str!("../../../tests/vectors/entry.txt");

/// The bytes that stand under a name: lines of `name hex`, `#` for remarks.
fn bytes(file: &str, name: &str) -> Vec<u8> {
    let mut lines = file.lines().filter_map(|line| line.split_once(' '));
    let (_name, digits) = lines.find(|(own, _hex)| *own == name).expect("it stands in the file");
    hex::decode(digits).expect("hex")
}

/// As it was before audiences said what they were resolved from.
fn sample_order() -> Order {
    let mut order = selected_order();
    order.audience.selector = AudienceSelector::default();
    order
}

fn selected_order() -> Order {
    Order {
        id: OrderId::new(Uuid::from_u128(0x0197_2c3d_4e5f_7000_8000_0000_0000_0001)),
        station: Some(AssemblyStation {
            name: "Nhà văn hóa xã".to_owned(),
            unit: Some("03160".parse().expect("a code")),
        }),
        requirements: vec![Requirement {
            code: "LX-01".parse().expect("a code"),
            kind: RequirementKind::Personnel,
            count: 40,
        }],
        report_by: Some(START.offset_by(60 * MINUTE)),
        reference: Some(Reference {
            kind: ReferenceKind::Update,
            order: OrderId::from_bytes([7; 16]),
            digest: [8; 32],
        }),
        ..Province::new().order(Handling::Actual)
    }
}

fn calling_order() -> Order {
    let frozen_by = selected_order().id;
    let as_of = jiff::civil::date(2026, 12, 1);
    let plan = Some("D-01".parse().expect("a code"));
    let root = [11; 32];
    let call_up = CallUp { frozen_by, as_of, plan, people: 240, equipment: 12, leaves: 52, root };
    Order { call_up: Some(call_up), reference: None, ..selected_order() }
}

fn sample_answer() -> Answer {
    Answer {
        order: sample_order().id,
        order_digest: [9; 32],
        endpoint: no(3),
        number: 4,
        fact: Fact::Declined(DeclineReason::RoadCut),
        happened_at: START.offset_by(1_234),
        answered_by: "Trực ban xã".to_owned(),
        note: "Sạt lở đèo".to_owned(),
    }
}

fn sample_entry() -> Entry {
    let answer = sample_answer();
    let mut envelope =
        Envelope::new(PayloadType::Answer, answer::encode(&answer)).expect("within bounds");
    envelope.sign(&key(50)).expect("room");
    Entry {
        at: START.offset_by(2_000),
        actor: Actor::Endpoint(no(3)),
        request: Some(("r-1".parse().expect("an id"), [6; 32])),
        event: Event::AnswerTaken { answer, envelope, clock_offset_ms: -250 },
    }
}

#[test]
fn an_order_is_written_as_ever() {
    for (name, digest, sample) in [
        ("order", "digest", sample_order()),
        ("selected-order", "selected-digest", selected_order()),
        ("calling-order", "calling-digest", calling_order()),
    ] {
        let known = bytes(ORDERS, name);
        assert_eq!(hex::encode(order::encode(&sample)), hex::encode(&known), "{name}");
        let actual = PayloadType::Order(Handling::Actual);
        let envelope = Envelope::new(actual, known).expect("within bounds");
        assert_eq!(order::read(&envelope), Ok(sample), "{name}");
        assert_eq!(hex::encode(envelope.digest()), hex::encode(bytes(ORDERS, digest)), "{name}");
    }
}

#[test]
fn an_answer_is_written_as_ever() {
    let known = bytes(ORDERS, "answer");
    assert_eq!(hex::encode(answer::encode(&sample_answer())), hex::encode(&known));
    let envelope = Envelope::new(PayloadType::Answer, known).expect("within bounds");
    assert_eq!(answer::read(&envelope), Ok(sample_answer()));
}

#[test]
fn a_ledger_entry_is_written_as_ever() {
    let known = bytes(ENTRIES, "answer-taken");
    assert_eq!(hex::encode(entry::encode(&sample_entry())), hex::encode(&known));
    assert_eq!(entry::decode(&known), Ok(sample_entry()));
}
