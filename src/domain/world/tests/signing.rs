//! I3: the server cannot issue alone, and an actual order needs two persons beside its drafter.

use super::support::*;
use crate::domain::authority::Role;
use crate::domain::order::ReferenceKind;
use crate::domain::order::handling::Handling::{Actual, Exercise};
use crate::domain::world::{
    Actor as Caller, Command, Entry, Event, OrderRefusal, OrderState, Refusal,
};
use crate::evidence::authority::{AuthorityError, Missing, SignatureFault};
use crate::evidence::envelope::Signature;

fn signature_fault(refusal: Refusal) -> SignatureFault {
    match refusal {
        Refusal::Order(OrderRefusal::Signature(fault)) => fault,
        other => panic!("{other:?} is no fault of a signature"),
    }
}

#[test]
fn one_signer_never_issues_an_actual_order() {
    let mut p = Province::new();
    let order = p.order(Actual);
    let order = p.draft(&order).expect("sound");
    assert!(p.issue(order).is_err(), "nobody has signed");
    p.sign(order, "commander").expect("may sign");
    let second = [Role::PoliticalCommissar, Role::Approver].into();
    let missing = Missing { places: vec![second], not_the_author: true };
    let short = AuthorityError::NotEnoughPersons { have: 1, need: 2, missing };
    assert_eq!(p.issue(order), Err(OrderRefusal::Authority(short).into()));
    assert_eq!(p.file(&order).state(p.now), OrderState::Drafted);
    assert_eq!(p.world.latest_sequence(), 0);
    p.sign(order, "commissar").expect("may approve");
    assert_eq!(p.file(&order).state(p.now), OrderState::Signed);
    p.issue(order).expect("two persons");
    assert_eq!(p.file(&order).state(p.now), OrderState::Issued);
}

#[test]
fn the_same_person_with_two_keys_is_one() {
    let mut p = Province::new();
    let order = p.order(Actual);
    let order = p.draft(&order).expect("sound");
    p.sign(order, "commander").expect("may sign");
    let twice = OrderRefusal::SamePersonTwice { order, officer: id("commander") };
    assert_eq!(p.sign(order, "commander"), Err(twice.clone().into()));
    assert_eq!(p.sign_with(order, "commander", &key(12)), Err(twice.into()));
    assert!(p.issue(order).is_err());
    let mut cancelled = Province::new();
    let target = cancelled.issued(Actual);
    let cancel = cancelled.follow_up(&target, ReferenceKind::Cancel);
    assert!(cancelled.issue_signed(&cancel, &[key(2), key(12)]).is_err());
}

#[test]
fn the_drafter_of_an_actual_order_cannot_sign_it() {
    let mut p = Province::new();
    let order = p.order(Actual);
    let order = p.draft(&order).expect("sound");
    let refused = signature_fault(p.sign(order, "clerk").expect_err("the drafter"));
    assert_eq!(refused, SignatureFault::DrafterSigned { officer: id("clerk") });
    let exercise = p.order(Exercise);
    let exercise = p.draft(&exercise).expect("sound");
    p.sign(exercise, "clerk").expect("a drill may be signed by who wrote it");
}

#[test]
fn a_signature_is_its_makers_whoever_carries_it() {
    let mut p = Province::new();
    let order = p.order(Actual);
    let order = p.draft(&order).expect("sound");
    let own = signature(&p.file(&order).envelope, &key(2));
    let hand_in = Command::AddSignature { order, signature: own };
    for caller in [Caller::Server, Caller::Endpoint(no(1))] {
        let refused = p.does(&caller, hand_in.clone());
        assert_eq!(refused, Err(Refusal::Invalid { reason: "only officers hand in signatures" }));
    }
    p.does(&officer("commissar"), hand_in).expect("it proves its maker by itself");
    assert_eq!(p.file(&order).signed_by, [id("commander")], "not whoever carried it");
}

#[test]
fn only_its_author_lays_a_draft_down_and_it_carries_no_signature() {
    let mut p = Province::new();
    let order = p.order(Actual);
    let signed = Command::Draft(signed_draft(&order, &[key(2)]));
    assert!(matches!(p.does(&officer("clerk"), signed), Err(Refusal::Invalid { .. })));
    for caller in [officer("commander"), Caller::Server] {
        let refused = p.does(&caller, Command::Draft(new_draft(&order)));
        assert!(matches!(
            refused,
            Err(Refusal::Order(OrderRefusal::Mismatch { field: "drafted_by", .. }))
        ));
    }
}

#[test]
fn a_drafter_whom_nobody_knows_shuts_nobody_out_and_is_refused() {
    let mut p = Province::new();
    let target = p.issued(Actual);
    let mut update = p.follow_up(&target, ReferenceKind::Update);
    update.drafted_by = id("nobody");
    let unknown = Err(Refusal::OfficerUnknown { officer: id("nobody") });
    assert_eq!(p.issue_signed(&update, &[key(2), key(3)]), unknown);
    assert_eq!(p.draft(&update).map(|_id| ()), unknown.map(|_| ()));
}

#[test]
fn a_bad_signature_is_refused_also_under_a_complete_or_a_stale_set() {
    let mut p = Province::new();
    let order = p.order(Actual);
    let order = p.draft(&order).expect("sound");
    p.sign(order, "commander").expect("may sign");
    let forged = Signature { key_id: key(5).id(), bytes: [7; 64] };
    let hand_in = Command::AddSignature { order, signature: forged };
    let bad = SignatureFault::BadSignature { officer: id("deputy") };
    let refused = p.does(&officer("deputy"), hand_in.clone()).expect_err("forged");
    assert_eq!(signature_fault(refused), bad);
    p.sign(order, "commissar").expect("may approve");
    let refused = p.does(&officer("deputy"), hand_in.clone()).expect_err("forged");
    assert_eq!(signature_fault(refused), bad, "a complete set covers for nothing");
    retire(&mut p, "commander");
    let refused = p.does(&officer("deputy"), hand_in).expect_err("forged");
    assert_eq!(signature_fault(refused), bad, "nor does a stale one");
    assert_eq!(p.file(&order).signed_by, [id("commissar")]);
}

fn retire(p: &mut Province, name: &str) {
    let mut next = p.world.trust().expect("in force").bundle.clone();
    next.version += 1;
    let gone = next.officers.iter_mut().find(|officer| officer.id == id(name));
    gone.expect("an officer").retired_at = Some(p.now);
    p.does(&Caller::Server, Command::PublishTrust(trust(&next, &[201, 202]))).expect("newer");
}

#[test]
fn whoever_is_retired_before_the_issue_has_not_signed() {
    let mut p = Province::new();
    let order = p.order(Actual);
    let order = p.draft(&order).expect("sound");
    p.sign(order, "commander").expect("may sign");
    p.sign(order, "commissar").expect("may approve");
    retire(&mut p, "commander");
    assert_eq!(p.file(&order).state(p.now), OrderState::Drafted, "not signed any more");
    assert!(p.issue(order).is_err());
    p.sign(order, "deputy").expect("takes the place");
    p.issue(order).expect("two in service");
    assert_eq!(p.file(&order).signed_by, [id("commissar"), id("deputy")]);
    retire(&mut p, "deputy");
    assert_eq!(p.world.check(), [], "a later bundle does not undo what was issued");
}

#[test]
fn an_officer_whose_old_key_was_lost_may_sign_anew_with_the_next() {
    let mut p = Province::new();
    let order = p.order(Actual);
    let order = p.draft(&order).expect("sound");
    p.sign(order, "commander").expect("may sign");
    let mut next = bundle();
    next.version = 2;
    next.officers[1].keys[0].valid_to = p.now;
    p.pass(1);
    p.does(&Caller::Server, Command::PublishTrust(trust(&next, &[201, 202]))).expect("newer");
    p.sign_with(order, "commander", &key(12)).expect("the old one counts no more");
    p.sign(order, "commissar").expect("may approve");
    p.issue(order).expect("two persons");
    assert_eq!(p.file(&order).signed_by, [id("commander"), id("commissar")]);
}

#[test]
fn a_signature_that_fills_no_place_is_refused() {
    let mut p = Province::new();
    let order = p.order(Actual);
    let order = p.draft(&order).expect("sound");
    let no_part = |refused| {
        matches!(
            refused,
            Err(Refusal::Order(OrderRefusal::Authority(AuthorityError::NoPart { .. })))
        )
    };
    assert!(no_part(p.sign(order, "auditor")));
    assert!(no_part(p.sign(order, "duty")), "the duty officer cancels, and does not issue");
    p.sign(order, "deputy").expect("a signer");
    let mut two_signers = p.clone();
    two_signers.sign(order, "commander").expect("signs as approver");
    p.sign(order, "commissar").expect("may approve");
    assert!(no_part(p.sign(order, "auditor")), "nor once it is complete");
}

#[test]
fn a_stray_signature_holds_up_no_cancel_and_is_credited_to_nobody() {
    let mut p = Province::new();
    let target = p.issued(Actual);
    let cancel = p.follow_up(&target, ReferenceKind::Cancel);
    let mut draft = signed_draft(&cancel, &[key(77), key(2), key(4)]);
    draft.envelope.add(Signature { key_id: key(3).id(), bytes: [9; 64] }).expect("room");
    let command = Command::IssueSigned(draft);
    p.does(&officer("duty"), command).expect("two persons signed it");
    assert_eq!(p.file(&cancel.id).signed_by, [id("commander"), id("duty")]);
    assert_eq!(p.file(&cancel.id).envelope.signatures().len(), 2);
}

#[test]
fn the_invariants_see_an_order_that_was_issued_without_its_signatures() {
    let mut p = Province::new();
    let order = p.order(Actual);
    let order = p.draft(&order).expect("sound");
    p.sign(order, "commander").expect("may sign");
    let event = Event::OrderIssued { order, sequence: 1, traceparent: String::new() };
    p.world.apply(&Entry { at: p.now, actor: Caller::Server, request: None, event });
    let found = p.world.check();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].to_string().contains("without the signatures"));
}
