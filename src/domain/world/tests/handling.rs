//! I4: a drill is never taken for the real thing, nor touches it.

use super::support::*;
use crate::domain::order::handling::Handling::{self, Actual, Exercise, Test};
use crate::domain::order::{OrderError, ReferenceKind};
use crate::domain::world::{Command, NewDraft, OrderRefusal, Refusal};
use crate::evidence::authority::SignatureFault;
use crate::evidence::envelope::{Envelope, PayloadType};
use crate::evidence::key::KeyUse;

#[test]
fn an_exercise_key_never_counts_on_an_actual_order_nor_the_other_way_round() {
    for (handling, wrong, found) in [
        (Actual, Exercise, KeyUse::Exercise),
        (Exercise, Actual, KeyUse::Actual),
        (Test, Actual, KeyUse::Actual),
    ] {
        let mut p = Province::new();
        let order = p.order(handling);
        let order = p.draft(&order).expect("sound");
        let refused = p.sign_with(order, "commander", &key_for("commander", wrong));
        let Err(Refusal::Order(OrderRefusal::Signature(SignatureFault::WrongKeyUse {
            found: key_use,
            ..
        }))) = refused
        else {
            panic!("{refused:?}")
        };
        assert_eq!(key_use, found);
    }
}

#[test]
fn contents_of_one_handling_in_an_envelope_of_another_are_refused() {
    let mut p = Province::new();
    for handling in Handling::ALL {
        let order = p.order(handling);
        for other in PayloadType::ALL {
            if other == PayloadType::Order(handling) {
                continue;
            }
            let payload = envelope_of(&order).payload().clone();
            let envelope = Envelope::new(other, payload).expect("within bounds");
            let draft = NewDraft { envelope, ..new_draft(&order) };
            let refused = p.does(&officer("clerk"), Command::Draft(draft));
            assert!(
                matches!(
                    refused,
                    Err(Refusal::Order(OrderRefusal::Mismatch { field: "payload_type", .. }))
                ),
                "{refused:?}"
            );
        }
    }
}

#[test]
fn a_drill_neither_cancels_nor_updates_the_real_thing_nor_the_other_way_round() {
    for (earlier, later) in [(Actual, Exercise), (Actual, Test), (Exercise, Actual)] {
        for kind in [ReferenceKind::Cancel, ReferenceKind::Update] {
            let mut p = Province::new();
            let target = p.issued(earlier);
            let like = p.follow_up(&target, kind);
            let order = crate::domain::order::Order { reference: like.reference, ..p.order(later) };
            let reason = "it has another handling";
            let refused = OrderRefusal::Reference { order: target, reason };
            assert_eq!(p.draft(&order), Err(refused.clone().into()));
            let keys = [key_for("commander", later), key_for("commissar", later)];
            assert_eq!(p.issue_signed(&order, &keys), Err(refused.into()));
            assert_eq!(p.world.current(p.now).count(), 1, "the order stands");
        }
    }
}

#[test]
fn each_handling_has_a_number_series_of_its_own() {
    let mut p = Province::new();
    for _round in 0..2 {
        for handling in Handling::ALL {
            p.issued(handling);
        }
    }
    let text = |handling, number| {
        let mut orders = p.world.orders().map(|file| &file.order);
        orders.find(|o| o.handling == handling && o.number == number).map(|o| o.number_text())
    };
    assert_eq!(text(Actual, 2).as_deref(), Some("2/2026/LĐ-BCHQS"));
    assert_eq!(text(Exercise, 2).as_deref(), Some("DT-2/2026/LĐ-BCHQS"));
    assert_eq!(text(Test, 2).as_deref(), Some("KT-2/2026/LĐ-BCHQS"));
    assert_eq!(text(Actual, 3), None);
}

#[test]
fn a_number_is_given_once_also_to_a_draft_that_is_never_issued() {
    let mut p = Province::new();
    let (first, rival) = (p.order(Actual), p.order(Actual));
    p.draft(&first).expect("the first to come");
    let taken = OrderRefusal::NumberTaken { number: 1, next: 2 };
    assert_eq!(p.draft(&rival), Err(taken.into()));
    let mut gap = p.order(Actual);
    gap.number = 3;
    let ahead = OrderRefusal::NumberTaken { number: 3, next: 2 };
    assert_eq!(p.draft(&gap), Err(ahead.into()));
}

#[test]
fn a_series_begins_again_with_the_year_in_vietnam() {
    let mut p = Province::new();
    p.issued(Actual);
    let new_year = crate::domain::instant::Instant::from_millis(1_798_736_400_000);
    p.now = new_year.offset_by(-1);
    let mut early = p.order(Actual);
    assert_eq!((early.series_year, early.number), (2026, 2));
    early.series_year = 2027;
    let refused = p.draft(&early);
    assert!(matches!(
        refused,
        Err(Refusal::Order(OrderRefusal::Mismatch { field: "series_year", .. }))
    ));
    p.now = new_year;
    let order = p.order(Actual);
    assert_eq!((order.series_year, order.number), (2027, 1));
    p.draft(&order).expect("the first of the year");
}

#[test]
fn a_test_of_the_line_and_a_drill_need_one_person() {
    for handling in [Test, Exercise] {
        let mut p = Province::new();
        let order = p.order(handling);
        let order = p.draft(&order).expect("sound");
        assert!(p.issue(order).is_err(), "but one they need");
        p.sign(order, "deputy").expect("a signer");
        p.issue(order).expect("one is enough");
    }
}

#[test]
fn a_drill_has_no_legal_ground_and_the_real_thing_has_one() {
    let mut p = Province::new();
    for (handling, ground_of) in [(Actual, Exercise), (Exercise, Actual), (Test, Actual)] {
        let ground = p.order(ground_of).ground;
        let order = crate::domain::order::Order { ground, ..p.order(handling) };
        let refused = p.draft(&order);
        assert!(matches!(
            refused,
            Err(Refusal::Order(OrderRefusal::Contents(OrderError::GroundMismatch { .. })))
        ));
    }
}
