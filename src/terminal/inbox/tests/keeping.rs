//! What a long time does to an inbox.

use super::*;

#[test]
fn a_terminal_that_was_dark_for_thirty_days_shows_nothing_as_live_that_is_over() {
    let bench = Bench::new();
    bench.receive(1, &envelope(&order(1, Handling::Actual)));
    bench.clock.advance(std::time::Duration::from_secs(30 * 24 * 3_600));
    assert_eq!(bench.standing(1), Standing::Expired);
    let late = envelope(&order(2, Handling::Actual));
    assert_eq!(bench.receive(2, &late), Received::Refused("EXPIRED"));
    let now = bench.clock.now();
    let fresh = Order {
        drafted_at: now.offset_by(-1),
        answer_by: now.offset_by(HOUR_MS),
        not_after: now.offset_by(DAY_MS),
        ..order(3, Handling::Actual)
    };
    assert_eq!(bench.receive(3, &envelope(&fresh)), Received::New(id(3)));
    assert_eq!(bench.standing(3), Standing::Live);
    assert_eq!(
        bench.inbox.acknowledge(id(1), "An").map_err(|e| e.to_string()),
        Err("`acknowledged` cannot follow `delivered`".to_owned())
    );
}

#[test]
fn what_is_long_over_is_forgotten_and_cannot_come_back() {
    let bench = Bench::new();
    let old = envelope(&order(1, Handling::Actual));
    bench.receive(1, &old);
    bench.inbox.recorded(id(1), 1, 9).expect("the store works");
    bench.receive(2, &envelope(&order(2, Handling::Actual)));
    bench.clock.advance(std::time::Duration::from_secs(401 * 24 * 3_600));
    let bench = bench.reopened();
    assert_eq!(bench.inbox.list(NOW).len(), 2, "no newer signed time proves that they are over");
    let now = bench.clock.now();
    let fresh = Order {
        drafted_at: now,
        answer_by: now.offset_by(HOUR_MS),
        not_after: now.offset_by(DAY_MS),
        ..order(3, Handling::Actual)
    };
    bench.receive(3, &envelope(&fresh));
    let bench = bench.reopened();
    let left: Vec<_> = bench.inbox.list(now).into_iter().map(|order| order.id).collect();
    assert_eq!(left, [id(3), id(2)], "the second has a receipt to send still");
    bench.clock.set(NOW);
    assert_eq!(bench.receive(1, &old), Received::Refused("EXPIRED"), "whatever the clock says");
}
