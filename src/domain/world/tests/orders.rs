//! Updates, cancels, expiry, and what an order must be to be laid down.

use uuid::Uuid;

use super::support::*;
use crate::domain::ids::OrderId;
use crate::domain::order::call_up::CallUp;
use crate::domain::order::handling::Handling::{Actual, Exercise, Test};
use crate::domain::order::{Order, OrderError, ReferenceKind};
use crate::domain::world::{
    Actor, Command, NewDraft, OPEN_ORDERS_MAX, OrderFile, OrderRefusal, OrderState, RecordKind,
    Refusal,
};

fn reference(order: OrderId, reason: &'static str) -> Refusal {
    OrderRefusal::Reference { order, reason }.into()
}

const fn ex(seed: u8) -> u8 {
    seed + 100
}

#[test]
fn an_update_takes_the_place_of_the_order() {
    let mut p = Province::new();
    let first = p.issued(Exercise);
    let update = p.follow_up(&first, ReferenceKind::Update);
    p.issue_signed(&update, &[key(ex(2))]).expect("in force");
    assert_eq!(p.file(&first).state(p.now), OrderState::Superseded);
    assert_eq!(p.file(&first).replaced_by, Some((update.id, ReferenceKind::Update)));
    let current: Vec<_> = p.world.current(p.now).map(|file| file.order.id).collect();
    assert_eq!(current, [update.id]);
    let stream: Vec<_> = p.world.issued_after(0).map(|file| file.order.id).collect();
    assert_eq!(stream, [first, update.id], "live delivery still has both, in order");
}

#[test]
fn of_two_that_change_one_order_the_first_issued_wins() {
    let mut p = Province::new();
    let first = p.issued(Exercise);
    let update = p.follow_up(&first, ReferenceKind::Update);
    p.draft(&update).expect("in force");
    p.sign(update.id, "commander").expect("may sign");
    let cancel = p.follow_up(&first, ReferenceKind::Cancel);
    p.issue_signed(&cancel, &[key(ex(4))]).expect("in force");
    let late = reference(first, "it is not in force");
    assert_eq!(p.issue(update.id), Err(late.clone()));
    let again = p.follow_up(&first, ReferenceKind::Cancel);
    assert_eq!(p.issue_signed(&again, &[key(ex(4))]), Err(late));
    assert_eq!(p.file(&first).state(p.now), OrderState::Cancelled);
}

#[test]
fn a_cancel_is_an_order_with_its_own_answers_and_is_never_cancelled() {
    let mut p = Province::new();
    let first = p.issued(Actual);
    let cancel = p.follow_up(&first, ReferenceKind::Cancel);
    p.issue_signed(&cancel, &[key(2), key(4)]).expect("two persons");
    assert_eq!(p.file(&cancel.id).counts.unreached(), 4);
    for kind in [ReferenceKind::Cancel, ReferenceKind::Update] {
        let of_cancel = p.follow_up(&cancel.id, kind);
        let refused = p.issue_signed(&of_cancel, &[key(2), key(3)]);
        assert_eq!(refused, Err(reference(cancel.id, "it is a cancel itself")));
    }
}

#[test]
fn a_cancel_goes_to_all_and_only_those_who_were_addressed() {
    let mut p = Province::new();
    let mut narrow = p.order(Exercise);
    narrow.audience = p.under("KV1");
    let narrow = p.issue_order(&narrow);
    for audience in [p.everybody(), p.under("03160")] {
        let cancel = Order { audience, ..p.follow_up(&narrow, ReferenceKind::Cancel) };
        let reason = "a cancel must go to exactly those who were addressed";
        assert_eq!(p.draft(&cancel), Err(reference(narrow, reason)));
    }
    let fewer = Order { audience: p.under("03160"), ..p.follow_up(&narrow, ReferenceKind::Update) };
    let reason = "an update must go to everybody who was addressed, and may add others";
    assert_eq!(p.draft(&fewer), Err(reference(narrow, reason)));
    let more = Order { audience: p.everybody(), ..p.follow_up(&narrow, ReferenceKind::Update) };
    p.draft(&more).expect("an update may add others");
}

#[test]
fn a_cancel_outlives_what_it_cancels() {
    let mut p = Province::new();
    let first = p.issued(Exercise);
    let end = p.file(&first).order.not_after;
    let mut cancel = p.follow_up(&first, ReferenceKind::Cancel);
    cancel.not_after = end.offset_by(-1);
    let reason = "a cancel must be valid at least as long as what it cancels";
    assert_eq!(p.draft(&cancel), Err(reference(first, reason)));
    cancel.not_after = end;
    p.draft(&cancel).expect("as long");
}

#[test]
fn only_an_order_in_the_stream_is_changed_and_by_its_very_bytes() {
    let mut p = Province::new();
    let order = p.order(Exercise);
    let draft = p.draft(&order).expect("sound");
    let update = p.follow_up(&draft, ReferenceKind::Update);
    assert_eq!(p.draft(&update), Err(reference(draft, "it is not in force")));
    let at_once = p.follow_up(&draft, ReferenceKind::Cancel);
    let keys = [key(102)];
    let at_once = p.issue_signed(&at_once, &keys);
    assert_eq!(at_once, Err(reference(draft, "it is not in force")), "not issued before it is");
    p.pass(2 * DAY);
    let cancel = p.follow_up(&draft, ReferenceKind::Cancel);
    let never_issued = p.draft(&cancel);
    assert_eq!(never_issued, Err(reference(draft, "it is not in force")), "expired as a draft");
    let issued = p.issued(Exercise);
    let mut other_bytes = p.follow_up(&issued, ReferenceKind::Cancel);
    other_bytes.reference.as_mut().expect("a cancel").digest[5] ^= 1;
    let reason = "its bytes are other than those named";
    assert_eq!(p.draft(&other_bytes), Err(reference(issued, reason)));
    let mut nowhere = p.follow_up(&issued, ReferenceKind::Cancel);
    let unknown = OrderId::new(Uuid::from_u128(999));
    nowhere.reference.as_mut().expect("a cancel").order = unknown;
    assert_eq!(p.draft(&nowhere), Err(Refusal::OrderUnknown { order: unknown }));
}

#[test]
fn one_step_is_for_updates_and_cancels_only() {
    let mut p = Province::new();
    let order = p.order(Actual);
    let refused = p.issue_signed(&order, &[key(2), key(3)]);
    assert!(matches!(refused, Err(Refusal::Invalid { .. })));
}

#[test]
fn an_expired_draft_is_neither_signed_nor_issued() {
    let mut p = Province::new();
    let order = p.order(Exercise);
    let (order, end) = (p.draft(&order).expect("sound"), order.not_after);
    p.sign(order, "commander").expect("may sign");
    p.now = end;
    assert_eq!(p.file(&order).state(p.now), OrderState::Signed, "its last moment");
    p.pass(1);
    let expired = Err(OrderRefusal::Expired { order }.into());
    assert_eq!(p.issue(order), expired);
    assert_eq!(p.sign(order, "deputy"), expired);
}

#[test]
fn an_expired_order_is_not_current_but_may_still_be_cancelled() {
    let mut p = Province::new();
    let order = p.issued(Exercise);
    p.pass(DAY);
    assert_eq!(p.world.current(p.now).count(), 1);
    p.pass(1);
    assert_eq!(p.world.current(p.now).count(), 0);
    let cancel = p.follow_up(&order, ReferenceKind::Cancel);
    p.issue_signed(&cancel, &[key(ex(4))]).expect("people may still be acting on it");
    let current: Vec<_> = p.world.current(p.now).map(|file| file.order.id).collect();
    assert_eq!(current, [cancel.id]);
}

#[test]
fn the_walk_over_current_orders_does_not_grow_with_the_history() {
    let mut p = Province::new();
    for _day in 0..30 {
        p.issued(Test);
        p.pass(DAY + 1);
    }
    let last = p.issued(Test);
    assert_eq!(p.world.latest_sequence(), 31);
    assert_eq!(p.world.current.len(), 1, "the expired were pruned at the last issue");
    assert!(p.world.current(p.now).all(|file| file.order.id == last));
    assert_eq!(p.world.issued_after(29).count(), 2);
    assert_eq!(p.world.issued_after(u64::MAX).count(), 0);
}

#[test]
fn an_issued_order_is_neither_signed_nor_issued_again() {
    let mut p = Province::new();
    let order = p.issued(Exercise);
    for refused in [p.issue(order), p.sign(order, "deputy")] {
        assert!(matches!(
            refused,
            Err(Refusal::Order(OrderRefusal::WrongState { state: "issued", .. }))
        ));
    }
    let again = p.world.order(&order).expect("issued").order.as_ref().clone();
    assert_eq!(p.draft(&again), Err(OrderRefusal::Exists { order }.into()));
}

fn mismatched(p: &mut Province, change: impl Fn(&mut Order)) -> &'static str {
    let mut order = p.order(Exercise);
    change(&mut order);
    match p.draft(&order) {
        Err(Refusal::Order(OrderRefusal::Mismatch { field, .. })) => field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_draft_of_another_province_epoch_year_or_hour_is_refused() {
    let mut p = Province::new();
    let other = "12".parse().expect("a code");
    assert_eq!(mismatched(&mut p, |o| o.province.clone_from(&other)), "province_code");
    assert_eq!(mismatched(&mut p, |o| o.epoch = 2), "epoch");
    assert_eq!(mismatched(&mut p, |o| o.series_year = 2025), "series_year");
    for off in [-HOUR - 1, HOUR + 1] {
        let moved = |o: &mut Order| {
            o.drafted_at = o.drafted_at.offset_by(off);
            o.answer_by = o.drafted_at.offset_by(MINUTE);
            o.not_after = o.drafted_at.offset_by(DAY);
        };
        assert_eq!(mismatched(&mut p, moved), "drafted_time");
    }
}

#[test]
fn a_draft_of_an_earlier_epoch_is_not_issued() {
    let mut p = Province::new();
    let order = p.order(Exercise);
    let order = p.draft(&order).expect("sound");
    p.sign(order, "commander").expect("may sign");
    p.does(&Actor::Server, Command::BeginEpoch { last_numbers: std::collections::BTreeMap::new() })
        .expect("restored");
    assert_eq!(p.world.epoch(), 2);
    let refused = p.issue(order);
    assert!(matches!(refused, Err(Refusal::Order(OrderRefusal::Mismatch { field: "epoch", .. }))));
}

#[test]
fn contents_that_make_no_sense_are_refused() {
    let mut p = Province::new();
    let mut refused = |change: &dyn Fn(&mut Order)| {
        let mut order = p.order(Exercise);
        change(&mut order);
        match p.draft(&order) {
            Err(Refusal::Order(OrderRefusal::Contents(fault))) => fault,
            other => panic!("{other:?}"),
        }
    };
    let text = |fault| matches!(fault, OrderError::TextLength { .. });
    assert!(text(refused(&|o| o.title.clear())));
    assert!(text(refused(&|o| o.title = "ă".repeat(201))));
    assert!(text(refused(&|o| o.body = " \n ".to_owned())));
    assert!(text(refused(&|o| o.body = "ự".repeat(12_001))));
    let hidden = |field| OrderError::ControlCharacter { field };
    assert_eq!(refused(&|o| o.title = "KIỂM TRA\nLỆNH THẬT".to_owned()), hidden("title"));
    assert_eq!(refused(&|o| o.body = "\u{1b}[2JLỆNH THẬT".to_owned()), hidden("body"));
    assert_eq!(refused(&|o| o.body = "\u{202e}TẬHT".to_owned()), hidden("body"));
    let reversed = |fault| matches!(fault, OrderError::TimesReversed { .. });
    assert!(reversed(refused(&|o| o.answer_by = o.drafted_at)));
    assert!(reversed(refused(&|o| o.not_after = o.answer_by.offset_by(-1))));
    assert!(reversed(refused(&|o| o.report_by = Some(o.answer_by.offset_by(-1)))));
    let year = |o: &mut Order| o.not_after = o.drafted_at.offset_by(366 * DAY + 1);
    assert_eq!(refused(&year), OrderError::ValidTooLong);
    let zero = |o: &mut Order| o.number = 0;
    assert_eq!(refused(&zero), OrderError::Number { number: 0, year: 2026 });
    let line = |count| crate::domain::order::Requirement {
        code: "LX-01".parse().expect("a code"),
        kind: crate::domain::order::RequirementKind::Personnel,
        count,
    };
    for lines in [vec![line(0)], vec![line(100_001)], vec![line(1), line(2)]] {
        assert_eq!(refused(&|o| o.requirements.clone_from(&lines)), OrderError::Requirements);
    }
}

#[test]
fn drafts_have_a_bound_and_a_cancel_has_room_beyond_it() {
    let mut p = Province::new();
    let target = p.issued(Exercise);
    // Laid straight into the state: a thousand decisions would tell nothing more.
    let filler = p.order(Test);
    for n in 0..OPEN_ORDERS_MAX {
        let id = OrderId::new(Uuid::from_u128(10_000 + u128::try_from(n).expect("small")));
        let order = Order { id, ..filler.clone() };
        let file =
            OrderFile::new(std::sync::Arc::new(order.clone()), envelope_of(&filler), String::new());
        p.world.orders.insert(id, file);
    }
    let order = p.order(Actual);
    let full = OrderRefusal::TooManyOpen;
    assert_eq!(p.draft(&order), Err(full.clone().into()));
    let update = p.follow_up(&target, ReferenceKind::Update);
    assert_eq!(p.issue_signed(&update, &[key(ex(2))]), Err(full.into()));
    let cancel = p.follow_up(&target, ReferenceKind::Cancel);
    let draft = signed_draft(&cancel, &[key(ex(4))]);
    let command = Command::IssueSigned(draft);
    let request = crate::domain::world::Request { actor: officer("duty"), id: None, command };
    assert!(p.world.decide(&request, p.now).is_ok(), "a cancel always goes first");
}

#[test]
fn a_trace_context_is_kept_and_anything_longer_is_not_one() {
    let mut p = Province::new();
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (given, kept) in [(trace.to_owned(), trace), ("x".repeat(65), "")] {
        let draft = NewDraft { traceparent: given.clone(), ..new_draft(&p.order(Exercise)) };
        let order = draft.order.id;
        p.does(&officer("clerk"), Command::Draft(draft)).expect("sound");
        assert_eq!(p.file(&order).traceparent, kept);
        p.sign(order, "commander").expect("may sign");
        p.does(&officer("commander"), Command::Issue { order, traceparent: given })
            .expect("signed");
        assert_eq!(p.file(&order).issue.as_ref().map(|issue| &*issue.traceparent), Some(kept));
    }
}

/// An order that brings lists of its own.
fn calling(p: &mut Province) -> Order {
    let order = p.order(Exercise);
    let (frozen_by, as_of) = (order.id, p.now.date_in_vietnam());
    let (plan, root) = (None, [1; 32]);
    let call_up = CallUp { frozen_by, as_of, plan, people: 1, equipment: 0, leaves: 2, root };
    Order { call_up: Some(call_up), ..order }
}

#[test]
fn lists_and_erasures_that_come_between_the_others_look_and_deed_are_refused() {
    let mut p = Province::new();
    let erase = |id: u8, cleared: &[OrderId]| Command::EraseRecord {
        kind: RecordKind::Reservist,
        id: [id; 16],
        reason: "asked for".to_owned(),
        generation: 1,
        cleared: cleared.iter().copied().collect(),
    };
    let order = calling(&mut p);
    let drafter = Actor::Officer(order.drafted_by.clone());
    let looked = |erased_then| Command::Draft(NewDraft { erased_then, ..new_draft(&order) });
    p.does(&Actor::Server, erase(8, &[])).expect("no lists are open");
    for before in [Some(0), None] {
        let refused = p.does(&drafter, looked(before));
        assert_eq!(refused, Err(Refusal::ErasedSince), "{before:?}");
    }
    p.does(&drafter, looked(Some(1))).expect("nobody went since");
    let refused = p.does(&Actor::Server, erase(9, &[]));
    assert_eq!(refused, Err(Refusal::CalledSince), "these were not read");
    p.does(&Actor::Server, erase(9, &[order.id])).expect("they do not name it");
}
