//! Approvals have times, and cancels can be signed in advance.

use super::support::*;
use crate::domain::authority::{Delegation, Role};
use crate::domain::ids::OrderId;
use crate::domain::order::ReferenceKind;
use crate::domain::order::handling::Handling::{Actual, Exercise};
use crate::domain::world::{
    Actor as Caller, CANCEL_FORMS_MAX, Command, OrderRefusal, OrderState, Refusal,
};
use crate::evidence::authority::SignatureFault;
use crate::evidence::trust::TrustBundle;

/// The bundle in force, with a change.
fn publish(p: &mut Province, change: impl FnOnce(&mut TrustBundle)) {
    let mut next = p.world.trust().expect("in force").bundle.clone();
    next.version += 1;
    next.issued_at = p.now;
    change(&mut next);
    p.does(&Caller::Server, Command::PublishTrust(trust(&next, &[201, 202]))).expect("newer");
}

fn drafted(p: &mut Province) -> OrderId {
    let order = p.order(Actual);
    p.draft(&order).expect("sound")
}

fn faulty(refused: Result<impl std::fmt::Debug, Refusal>) -> SignatureFault {
    match refused {
        Err(Refusal::Order(OrderRefusal::Signature(fault))) => fault,
        other => panic!("{other:?} is no fault of a signature"),
    }
}

#[test]
fn signatures_half_an_hour_apart_stand_and_older_ones_are_made_anew() {
    let mut p = Province::new();
    let order = drafted(&mut p);
    p.sign(order, "commander").expect("may sign");
    let mut in_time = p.clone();
    in_time.pass(30 * MINUTE);
    in_time.sign(order, "commissar").expect("may approve");
    in_time.pass(5 * HOUR);
    in_time.issue(order).expect("both stood within half an hour of each other");

    p.pass(30 * MINUTE + 1);
    p.sign(order, "commissar").expect("may approve");
    let fault = SignatureFault::TooOld { officer: id("commander") };
    assert_eq!(faulty(p.issue(order)), fault);
    assert!(p.world.missing(p.file(&order), p.now).contains("`commander`"));
    assert_eq!(p.world.void_signatures(p.file(&order), p.now), [fault]);
    assert_eq!(p.file(&order).signed_by, [id("commissar")]);
    p.sign(order, "commander").expect("anew");
    p.issue(order).expect("now they do");
    assert_eq!(p.replayed(), p.world);
}

#[test]
fn whoever_signs_anew_with_another_key_counts_by_the_newer() {
    let mut p = Province::new();
    let order = drafted(&mut p);
    p.sign(order, "commander").expect("may sign");
    p.pass(31 * MINUTE);
    p.sign(order, "commissar").expect("may approve");
    p.sign_with(order, "commander", &key(12)).expect("anew, with the second key");
    p.issue(order).expect("both within half an hour");
    assert_eq!(p.file(&order).signed_by, [id("commander"), id("commissar")]);
    assert_eq!(p.file(&order).envelope.signatures().len(), 2, "the older one does not go out");
}

#[test]
fn a_drill_takes_its_time() {
    let mut p = Province::new();
    let order = p.order(Exercise);
    let order = p.draft(&order).expect("sound");
    p.sign(order, "commander").expect("may sign");
    p.pass(5 * HOUR);
    p.issue(order).expect("a drill is not held to the half hour");
}

type Change = fn(&mut TrustBundle);

#[test]
fn a_signature_is_withdrawn_when_its_maker_is_another_officer_by_the_issue() {
    let changes: [(&str, Change); 4] = [
        ("roles", |next| _ = next.officers[1].roles.insert(Role::Auditor)),
        ("unit", |next| next.officers[1].unit = "KV1".parse().expect("a code")),
        ("keys", |next| next.officers[1].keys.truncate(2)),
        ("delegation", |next| {
            next.delegations.push(Delegation {
                from: id("commissar"),
                to: id("commander"),
                roles: [Role::Approver].into(),
                handling: None,
                kinds: Default::default(),
                units: Default::default(),
                document: "7/QĐ".to_owned(),
                valid_from: START,
                valid_to: START.offset_by(DAY),
            });
        }),
    ];
    for (what, change) in changes {
        let mut p = Province::new();
        let order = drafted(&mut p);
        p.sign(order, "commander").expect("may sign");
        p.sign(order, "commissar").expect("may approve");
        publish(&mut p, change);
        let fault = SignatureFault::Withdrawn { officer: id("commander") };
        assert_eq!(faulty(p.issue(order)), fault, "{what}");
        p.sign(order, "commander").expect("anew, as who they are now");
        p.issue(order).expect("two persons");
        assert_eq!(p.replayed(), p.world);
    }
}

#[test]
fn a_new_bundle_that_changes_nothing_of_a_signer_withdraws_nothing() {
    let mut p = Province::new();
    let order = drafted(&mut p);
    p.sign(order, "commander").expect("may sign");
    p.sign(order, "commissar").expect("may approve");
    publish(&mut p, |next| {
        next.officers[0].roles = [Role::Drafter].into();
        next.officers[1].name = "Đại tá commander".to_owned();
    });
    p.issue(order).expect("another officer changed, and a name");
    publish(&mut p, |next| {
        next.rules[0].places = vec![[Role::DutyOfficer].into(), [Role::Drafter].into()]
    });
    assert_eq!(p.world.check(), [], "the rules of the day of issue hold");
    let issue = p.file(&order).issue.clone().expect("issued");
    assert_eq!(p.world.trust_at_issue(&issue).map(|own| own.trust.bundle.version), Some(2));
    assert_eq!(p.world.trust_of(1).map(|own| own.at), Some(START));
}

#[test]
fn a_form_signed_with_the_order_cancels_that_order_by_the_duty_officer_alone() {
    let mut p = Province::new();
    let order = drafted(&mut p);
    let form = p.follow_up(&order, ReferenceKind::Cancel);
    let form = p.draft(&form).expect("a form");
    for (name, id) in
        [("commander", order), ("commander", form), ("commissar", order), ("commissar", form)]
    {
        p.sign(id, name).expect("may sign");
    }
    assert_eq!(p.world.cancel_form(&order, p.now).map(|form| form.order.id), Some(form));
    let early = p.issue(form);
    assert!(matches!(early, Err(Refusal::Order(OrderRefusal::Reference { .. }))), "{early:?}");
    p.issue(order).expect("two persons");
    p.pass(20 * HOUR);
    let by_duty = Command::Issue { order: form, traceparent: String::new() };
    p.does(&officer("duty"), by_duty.clone()).expect("no more signatures");
    assert_eq!(p.file(&order).state(p.now), OrderState::Cancelled);
    assert!(p.does(&officer("duty"), by_duty).is_err(), "once");
    assert_eq!(p.replayed(), p.world);
}

#[test]
fn a_form_cancels_no_other_order_nor_a_drills_form_the_real_thing() {
    let mut p = Province::new();
    let (one, other) = (drafted(&mut p), drafted(&mut p));
    let mut strange = p.follow_up(&one, ReferenceKind::Cancel);
    strange.reference.as_mut().expect("a reference").digest = p.file(&other).digest;
    assert!(p.draft(&strange).is_err(), "the bytes of another order");
    let mut drill = p.follow_up(&one, ReferenceKind::Cancel);
    drill.handling = Exercise;
    drill.ground = crate::domain::order::LegalGround::Drill;
    drill.number = p.world.next_number(Exercise, drill.series_year);
    assert!(p.draft(&drill).is_err(), "a drill's");
    let update = p.follow_up(&one, ReferenceKind::Update);
    assert!(p.draft(&update).is_err(), "an update has nothing to replace yet");
    let form = p.follow_up(&one, ReferenceKind::Cancel);
    let form = p.draft(&form).expect("a form");
    let of_a_form = p.follow_up(&form, ReferenceKind::Cancel);
    assert!(p.draft(&of_a_form).is_err(), "a form of a form");
    for id in [form, one, other] {
        p.sign(id, "commander").expect("may sign");
        p.sign(id, "commissar").expect("may approve");
    }
    p.issue(other).expect("two persons");
    assert!(p.issue(form).is_err(), "its own order is not in force");
    assert_eq!(p.file(&other).state(p.now), OrderState::Issued);
}

#[test]
fn a_form_without_its_signatures_cancels_nothing_and_ends_with_its_order() {
    let mut p = Province::new();
    let order = drafted(&mut p);
    let form = p.follow_up(&order, ReferenceKind::Cancel);
    let form = p.draft(&form).expect("a form");
    p.sign(form, "commander").expect("may sign");
    p.sign(order, "commander").expect("may sign");
    p.sign(order, "commissar").expect("may approve");
    p.issue(order).expect("two persons");
    assert!(p.issue(form).is_err(), "one person");
    p.sign(form, "duty").expect("a duty officer is the second of a cancel");
    let mut late = p.clone();
    late.pass(2 * DAY);
    assert!(late.issue(form).is_err() && late.world.cancel_form(&order, late.now).is_none());
    publish(&mut p, |next| next.officers[1].retired_at = Some(next.issued_at));
    assert!(p.issue(form).is_err(), "a signer has left");
}

#[test]
fn an_order_has_so_many_forms_and_the_one_that_is_ready_goes_first() {
    let mut p = Province::new();
    let order = drafted(&mut p);
    let mut forms = Vec::new();
    for _form in 0..CANCEL_FORMS_MAX {
        let form = p.follow_up(&order, ReferenceKind::Cancel);
        forms.push(p.draft(&form).expect("a form"));
    }
    let more = p.follow_up(&order, ReferenceKind::Cancel);
    assert!(p.draft(&more).is_err());
    assert_eq!(p.world.cancel_form(&order, p.now).map(|f| f.order.id), forms.last().copied());
    p.sign(forms[1], "commander").expect("may sign");
    p.sign(forms[1], "commissar").expect("may approve");
    assert_eq!(p.world.cancel_form(&order, p.now).map(|f| f.order.id), Some(forms[1]));
}

#[test]
fn an_update_of_what_is_actual_comes_within_half_an_hour_of_its_drafting() {
    let mut p = Province::new();
    let order = p.issued(Actual);
    let update = p.follow_up(&order, ReferenceKind::Update);
    let cancel = p.follow_up(&order, ReferenceKind::Cancel);
    let mut late = p.clone();
    late.pass(30 * MINUTE + 1);
    let refused = late.issue_signed(&update, &[key(2), key(3)]);
    assert!(matches!(
        refused,
        Err(Refusal::Order(OrderRefusal::Mismatch { field: "drafted_time", .. }))
    ));
    late.issue_signed(&cancel, &[key(2), key(3)]).expect("a cancel is not held up");
    p.pass(30 * MINUTE);
    p.issue_signed(&update, &[key(2), key(3)]).expect("in time");
}
