//! What a cancel or an update makes of an order.

use super::*;

#[test]
fn a_cancel_counts_whether_it_comes_before_or_after_its_order() {
    for cancel_first in [true, false] {
        let bench = Bench::new();
        let order = envelope(&order(1, Handling::Actual));
        let cancel = envelope(&cancel_of(2, &order, Handling::Actual));
        let mut coming = [(5, &order), (6, &cancel)];
        if cancel_first {
            coming.reverse();
        }
        for (sequence, envelope) in coming {
            assert!(matches!(bench.receive(sequence, envelope), Received::New(_)));
        }
        let bench = bench.reopened();
        assert_eq!(bench.standing(1), Standing::Cancelled(id(2)), "{cancel_first}");
        assert_eq!(bench.standing(2), Standing::Live);
        bench.inbox.open_order(id(1)).expect("reading is always possible");
        bench.inbox.acknowledge(id(1), "An").expect("so is answering for it");
        let accepted = bench.inbox.accept(id(1), "An");
        assert!(matches!(accepted, Err(InboxError::NotInForce { .. })));
        bench.inbox.open_order(id(2)).expect("the cancel is answered too");
        bench.inbox.acknowledge(id(2), "An").expect("the cancel is answered too");
    }
}

#[test]
fn a_cancel_that_overtook_does_not_move_the_cursor_past_what_it_overtook() {
    let bench = Bench::new();
    let first = envelope(&order(1, Handling::Actual));
    let cancel = envelope(&cancel_of(9, &first, Handling::Actual));
    bench.receive(8, &cancel);
    assert_eq!(bench.inbox.cursor(), 0, "orders 1 to 7 may still come");
    bench.receive(5, &first);
    assert_eq!(bench.inbox.cursor(), 5);
}

#[test]
fn a_drill_cannot_cancel_the_real_thing() {
    let order = envelope(&order(1, Handling::Actual));
    let cancel = envelope(&cancel_of(2, &order, Handling::Exercise));
    let bench = Bench::new();
    bench.receive(1, &order);
    assert_eq!(bench.receive(2, &cancel), Received::Refused("REFERENCE_MISMATCH"));
    assert_eq!(bench.standing(1), Standing::Live);
    let bench = Bench::new();
    bench.receive(2, &cancel);
    bench.receive(1, &order);
    assert_eq!(bench.standing(1), Standing::Live);
}

#[test]
fn an_update_takes_the_place_of_its_order_and_a_cancel_that_of_both() {
    let bench = Bench::new();
    let order = envelope(&order(1, Handling::Actual));
    let update = changing(2, &order, Handling::Actual, ReferenceKind::Update);
    bench.receive(1, &order);
    bench.receive(2, &envelope(&update));
    assert_eq!(bench.standing(1), Standing::Superseded(id(2)));
    bench.receive(3, &envelope(&cancel_of(3, &order, Handling::Actual)));
    assert_eq!(bench.standing(1), Standing::Cancelled(id(3)));
    assert_eq!(bench.standing(2), Standing::Live);
}
