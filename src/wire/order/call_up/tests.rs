//! Leaves under a root, and every way in which a leaf is not what it seems.

use prost::Message;
use prost::bytes::Bytes;
use ring::rand::SystemRandom;

use super::pages::{FreezeError, Frozen, Row, UnitRows, freeze};
use super::{
    CallUp, LeafFault, PAGE_LEN_MAX, PAGE_ROWS_MAX, from_message, proven_sheet, proven_summary,
    read_sheet, to_message,
};
use crate::domain::ids::{EndpointNo, OrderId};
use crate::evidence::tree::{Hash, Tree, leaf_hash};
use crate::wire::pb;

const ORDER: OrderId = OrderId::from_bytes([4; 16]);
const HERE: EndpointNo = EndpointNo::new(7);
const THERE: EndpointNo = EndpointNo::new(9);

fn person(name: &str) -> Row {
    Row::Person(Box::new(pb::CalledPerson {
        full_name: name.to_owned(),
        birth_year: 1996,
        phone: "+84912345678".to_owned(),
        specialty_code: "CN02".to_owned(),
        line_code: "CN02".to_owned(),
        reason: pb::CallUpReason::ExactClass1.into(),
        ..pb::CalledPerson::default()
    }))
}

fn unit(code: &str, endpoints: &[u32], people: usize) -> UnitRows {
    let row = |n: usize| {
        let id = u128::try_from(n).expect("small").to_be_bytes();
        (id, person(&format!("Lò Văn {n}")))
    };
    let unit = code.parse().expect("a code");
    UnitRows { unit, endpoints: endpoints.to_vec(), rows: (0..people).map(row).collect() }
}

fn summary(people: u32) -> pb::CallUpSummary {
    let share =
        pb::CallUpShare { unit_code: "03160".to_owned(), people, ..pb::CallUpShare::default() };
    pb::CallUpSummary {
        as_of_date: "2026-12-01".to_owned(),
        shares: vec![share],
        ..pb::CallUpSummary::default()
    }
}

fn frozen(order: OrderId, people: usize) -> (Frozen, CallUp) {
    let units = vec![unit("03127", &[9], 0), unit("03160", &[7, 8], people)];
    let total = u32::try_from(people).expect("small");
    let made = freeze(order, summary(total), units, &SystemRandom::new()).expect("it fits");
    let signed = made.signed().expect("our own");
    (made, signed)
}

fn page(lists: &Frozen, endpoint: EndpointNo, page: u32) -> pb::CallUpSheetDelivery {
    lists.page_for(endpoint.number(), page, &ORDER).expect("it has that page")
}

fn refused(delivery: &pb::CallUpSheetDelivery, signed: &CallUp, at: EndpointNo) -> LeafFault {
    proven_sheet(delivery, Some(signed), at).expect_err("it must not be taken")
}

#[test]
fn each_endpoint_gets_its_own_units_pages_and_proves_them() {
    let (lists, signed) = frozen(ORDER, 3);
    assert_eq!((signed.people, signed.equipment, signed.leaves), (3, 0, 3));
    assert_eq!(from_message(&to_message(&signed)), Ok(signed.clone()));
    for endpoint in [HERE, EndpointNo::new(8)] {
        let sheet = proven_sheet(&page(&lists, endpoint, 1), Some(&signed), endpoint);
        let sheet = sheet.expect("its own");
        assert_eq!((sheet.page, sheet.pages, sheet.people_total), (1, 1, 3));
        let numbers: Vec<u32> = sheet.people.iter().map(|own| own.number).collect();
        assert_eq!(numbers, [1, 2, 3]);
        assert!(lists.page_for(endpoint.number(), 2, &ORDER).is_none());
    }
    let nobody = proven_sheet(&page(&lists, THERE, 1), Some(&signed), THERE).expect("its own");
    assert_eq!((nobody.pages, nobody.people.len()), (1, 0), "that nobody is called is said too");
    assert!(lists.page_for(1, 1, &ORDER).is_none(), "not addressed");
}

#[test]
fn a_large_unit_has_several_pages_and_none_is_over_its_bound() {
    let (lists, signed) = frozen(ORDER, 2_000);
    let mut seen = 0;
    for number in 1.. {
        let Some(delivery) = lists.page_for(HERE.number(), number, &ORDER) else { break };
        assert!(delivery.sheet.len() <= PAGE_LEN_MAX);
        let sheet = proven_sheet(&delivery, Some(&signed), HERE).expect("its own");
        assert!(sheet.people.len() <= PAGE_ROWS_MAX);
        assert_eq!((sheet.page, sheet.people_total), (number, 2_000));
        assert_eq!(sheet.people[0].number, seen + 1);
        seen += u32::try_from(sheet.people.len()).expect("small");
    }
    assert_eq!(seen, 2_000);
    let mut large = unit("03160", &[7], 1);
    large.rows[0].1 = person(&"ự".repeat(PAGE_LEN_MAX));
    let over = freeze(ORDER, summary(1), vec![large], &SystemRandom::new());
    assert_eq!(over.expect_err("no page holds it"), FreezeError::TooLarge { what: "a row" });
}

#[test]
fn another_communes_sheet_is_refused() {
    let (lists, signed) = frozen(ORDER, 3);
    let fault = refused(&page(&lists, HERE, 1), &signed, THERE);
    assert_eq!(fault.reason(), "SHEET_OF_ANOTHER_UNIT");
}

#[test]
fn an_edited_row_is_refused() {
    let (lists, signed) = frozen(ORDER, 3);
    let mut delivery = page(&lists, HERE, 1);
    let mut sheet = read_sheet(&delivery.sheet).expect("our own");
    sheet.people[1].phone = "+84999999999".to_owned();
    delivery.sheet = sheet.encode_to_vec().into();
    assert_eq!(refused(&delivery, &signed, HERE), LeafFault::NotUnderRoot);
    // For whom it is stands under the root too.
    let mut delivery = page(&lists, HERE, 1);
    let mut sheet = read_sheet(&delivery.sheet).expect("our own");
    sheet.endpoint_numbers.push(THERE.number());
    delivery.sheet = sheet.encode_to_vec().into();
    assert_eq!(refused(&delivery, &signed, THERE), LeafFault::NotUnderRoot);
}

#[test]
fn a_sheet_or_proof_of_another_order_is_refused() {
    let (lists, signed) = frozen(ORDER, 3);
    let other = OrderId::from_bytes([5; 16]);
    let (others, others_signed) = frozen(other, 3);
    let fault = refused(&page(&others, HERE, 1), &signed, HERE);
    assert_eq!(fault, LeafFault::OtherOrder { found: other });
    assert_eq!(fault.reason(), "SHEET_OF_ANOTHER_ORDER");
    let mut swapped = page(&lists, HERE, 1);
    swapped.proof = page(&others, HERE, 1).proof;
    assert_eq!(refused(&swapped, &signed, HERE), LeafFault::NotUnderRoot);
    // Same order, but selected anew: another root.
    let (again, _anew) = frozen(ORDER, 3);
    assert_eq!(refused(&page(&again, HERE, 1), &signed, HERE), LeafFault::NotUnderRoot);
    let wrong_root = CallUp { root: others_signed.root, ..signed };
    assert_eq!(refused(&page(&lists, HERE, 1), &wrong_root, HERE), LeafFault::NotUnderRoot);
}

#[test]
fn a_sheet_without_proof_order_or_sense_is_refused() {
    let (lists, signed) = frozen(ORDER, 3);
    let good = page(&lists, HERE, 1);
    let unproven = pb::CallUpSheetDelivery { proof: None, ..good.clone() };
    assert_eq!(refused(&unproven, &signed, HERE).reason(), "SHEET_INVALID");
    assert_eq!(proven_sheet(&good, None, HERE), Err(LeafFault::NoCallUp));
    let mut padded = good.clone();
    padded.sheet = [&good.sheet[..], &[0xf8, 0x07, 1]].concat().into();
    assert_eq!(refused(&padded, &signed, HERE).reason(), "SHEET_INVALID");
    let mut long = good.clone();
    long.sheet = Bytes::from(vec![0; PAGE_LEN_MAX + 1]);
    assert_eq!(refused(&long, &signed, HERE).reason(), "SHEET_INVALID");
    // A tree of another size has other places.
    let shorter = CallUp { leaves: signed.leaves - 1, ..signed };
    assert_eq!(refused(&good, &shorter, HERE), LeafFault::NotUnderRoot);
}

#[test]
fn a_summary_stands_under_the_root_and_adds_up() {
    let (lists, signed) = frozen(ORDER, 3);
    let (bytes, proof) = lists.summary().expect("a tree of three");
    let found = proven_summary(&bytes, Some(&proof), &signed).expect("our own");
    assert_eq!(found.shares[0].people, 3);
    let fewer = CallUp { people: 2, ..signed.clone() };
    let fault = proven_summary(&bytes, Some(&proof), &fewer).expect_err("it does not add up");
    assert_eq!(fault.reason(), "SHEET_INVALID");
    let mut more = found;
    more.shares[0].unit_code = "03127".to_owned();
    let fault = proven_summary(&more.encode_to_vec(), Some(&proof), &signed);
    assert_eq!(fault, Err(LeafFault::NotUnderRoot));
    // A leaf cannot pass for one of the other kind: the labels differ.
    let sheet = page(&lists, HERE, 1);
    assert!(proven_summary(&sheet.sheet, sheet.proof.as_ref(), &signed).is_err());
}

#[test]
fn the_root_is_what_the_contract_says() {
    let (lists, signed) = frozen(ORDER, 3);
    let labels = [&b"hoatoc call-up summary v1\n"[..], b"hoatoc call-up sheet v1\n"];
    let leaves = lists.leaves().iter().enumerate();
    let tree: Tree = leaves
        .map(|(at, leaf)| leaf_hash(&[labels[at.min(1)], &leaf.bytes[..]].concat()))
        .collect();
    assert_eq!(tree.root(), Hash(signed.root));
}

#[test]
fn equal_lists_have_other_hashes_so_that_a_hash_says_nothing() {
    let ((one, _), (other, _)) = (frozen(ORDER, 3), frozen(ORDER, 3));
    let bytes = |lists: &Frozen| lists.leaves()[1].bytes.clone();
    assert_ne!(bytes(&one), bytes(&other));
    assert_ne!(one.root(), other.root());
}
