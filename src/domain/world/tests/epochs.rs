//! What a restored backup leaves behind.

use std::collections::BTreeMap;

use super::support::*;
use crate::domain::ids::OrderId;
use crate::domain::order::ReferenceKind;
use crate::domain::order::handling::Handling::{self, Exercise, Test};
use crate::domain::world::{Actor, Command, OrderState, Refusal};

fn restored(p: &mut Province, last_numbers: &[(Handling, u32)]) {
    let last_numbers = last_numbers.iter().copied().collect();
    p.does(&Actor::Server, Command::BeginEpoch { last_numbers }).expect("restored");
}

fn left(p: &Province) -> Vec<OrderId> {
    p.world.to_be_issued_again(p.now).map(|file| file.order.id).collect()
}

fn reissue(p: &mut Province) {
    let mut next = bundle();
    (next.version, next.epoch) = (2, 2);
    p.does(&Actor::Server, Command::PublishTrust(trust(&next, &[201, 202]))).expect("newer");
}

#[test]
fn open_orders_of_an_earlier_epoch_must_be_issued_again_until_an_update_stands_for_them() {
    let mut p = Province::new();
    let (kept, ended) = (p.issued(Exercise), p.issued(Exercise));
    let cancel = p.follow_up(&ended, ReferenceKind::Cancel);
    let key = key_for("commander", Exercise);
    p.issue_signed(&cancel, std::slice::from_ref(&key)).expect("a cancel");
    assert_eq!(left(&p), []);
    restored(&mut p, &[]);
    assert_eq!(left(&p), [kept, cancel.id], "what was cancelled is over, its cancel is not");
    let update = p.follow_up(&kept, ReferenceKind::Update);
    p.issue_signed(&update, std::slice::from_ref(&key)).expect("of the new epoch");
    assert_eq!(p.file(&kept).state(p.now), OrderState::Superseded);
    assert_eq!(left(&p), [cancel.id]);
    let again = p.follow_up(&ended, ReferenceKind::Cancel);
    p.issue_signed(&again, std::slice::from_ref(&key)).expect("whoever missed the first");
    assert_eq!(left(&p), []);
    let thrice = p.follow_up(&ended, ReferenceKind::Cancel);
    p.issue_signed(&thrice, &[key]).expect_err("once in an epoch");
    assert_eq!(p.replayed(), p.world);
}

#[test]
fn an_order_past_its_end_need_not_be_issued_again() {
    let mut p = Province::new();
    p.issued(Test);
    restored(&mut p, &[]);
    p.pass(DAY + 1);
    assert_eq!(left(&p), []);
}

#[test]
fn an_order_is_believed_until_the_bundle_names_the_new_epoch() {
    let mut p = Province::new();
    let old = p.issued(Exercise);
    restored(&mut p, &[]);
    assert!(p.world.is_believed(p.file(&old)), "terminals know the old bundle only");
    reissue(&mut p);
    let new = p.issued(Exercise);
    assert!(!p.world.is_believed(p.file(&old)));
    assert!(p.world.is_believed(p.file(&new)));
}

#[test]
fn numbers_on_paper_that_the_backup_does_not_know_are_not_given_again() {
    let mut p = Province::new();
    p.issued(Exercise);
    let year = p.now.year_in_vietnam();
    restored(&mut p, &[(Exercise, 7), (Test, 2)]);
    assert_eq!(p.world.next_number(Exercise, year), 8);
    assert_eq!(p.world.next_number(Test, year), 3);
    assert_eq!(p.world.next_number(Handling::Actual, year), 1);
    restored(&mut p, &[(Exercise, 3)]);
    assert_eq!(p.world.next_number(Exercise, year), 8, "never back");
    let order = p.issued(Exercise);
    assert_eq!(p.file(&order).order.number_text(), format!("DT-8/{year}/LĐ-BCHQS"));
    let slip = BTreeMap::from([(Exercise, 90_000)]);
    let slip = p.does(&Actor::Server, Command::BeginEpoch { last_numbers: slip });
    assert!(matches!(slip, Err(Refusal::Invalid { .. })));
    assert_eq!(p.replayed(), p.world);
}
