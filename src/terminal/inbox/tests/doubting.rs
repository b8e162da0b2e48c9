//! What is not believed, and when it is.

use super::*;

#[test]
fn what_is_not_believed_is_kept_apart_with_its_reason_and_stops_nothing() {
    let bench = Bench::new();
    let forged = resigned(&envelope(&order(1, Handling::Actual)), &[77]);
    assert_eq!(bench.receive(1, &forged), Received::Refused("SIGNATURE_INVALID"));
    assert_eq!(bench.receive(1, &forged), Received::Repeat);
    let broken = pb::OrderDelivery { sequence: 2, ..pb::OrderDelivery::default() };
    let refused = bench.inbox.receive(&broken, NOW).expect("no error");
    assert_eq!(refused, Received::Refused("ENVELOPE_INVALID"));
    assert!(matches!(bench.receive(3, &envelope(&order(3, Handling::Actual))), Received::New(_)));
    let bench = bench.reopened();
    assert_eq!(bench.inbox.cursor(), 3);
    assert_eq!(bench.inbox.list(NOW).len(), 1);
    let reasons: Vec<_> = bench.inbox.refused_orders().into_iter().map(|r| r.reason).collect();
    assert_eq!(reasons, ["ENVELOPE_INVALID", "SIGNATURE_INVALID"]);
    assert_eq!(bench.pending(), [(id(3), 1, Fact::Delivered)], "no receipt for the others");
}

#[test]
fn a_flood_of_forgeries_fills_no_disk() {
    let bench = Bench::new();
    let (full, seeds) = (u64::try_from(REFUSED_ORDERS_MAX).expect("small"), [77]);
    for sequence in 1..=full + 20 {
        let number = u8::try_from(sequence % 251 + 1).expect("a byte");
        bench.clock.advance(std::time::Duration::from_millis(1));
        bench.receive(sequence, &resigned(&envelope(&order(number, Handling::Test)), &seeds));
    }
    let bench = bench.reopened();
    let kept = bench.inbox.refused_orders();
    assert_eq!((kept.len(), kept[0].sequence), (REFUSED_ORDERS_MAX, full + 20));
}

#[test]
fn an_order_by_a_new_officer_is_believed_once_the_newer_bundle_is_here() {
    let bench = Bench::new();
    let mut newer = bundle(2);
    newer.officers.push(officer("d", 4, Role::Signer));
    let order = resigned(&envelope(&order(1, Handling::Actual)), &[4, 2]);
    assert_eq!(bench.receive(1, &order), Received::Refused("SIGNATURES_MISSING"));
    let take = |bundle: &TrustBundle, root: u8| {
        let unsigned = resigned(&bundle_envelope(bundle), &[root]);
        bench.inbox.take_bundle(&(&unsigned).into(), NOW)
    };
    assert!(matches!(take(&newer, 77), Err(InboxError::Bundle(BundleError::OldRoots { .. }))));
    take(&newer, 201).expect("the root signed it");
    assert!(matches!(take(&bundle(1), 201), Err(InboxError::Bundle(BundleError::NotNewer { .. }))));
    let bench = bench.reopened();
    assert_eq!(bench.inbox.bundle_version(), 2);
    assert_eq!((bench.standing(1), bench.inbox.refused_orders().len()), (Standing::Live, 0));
    assert_eq!(bench.pending(), [(id(1), 1, Fact::Delivered)]);
}

#[test]
fn the_epoch_never_goes_back() {
    let bench = Bench::new();
    let restored = Order { epoch: 5, ..order(1, Handling::Actual) };
    bench.receive(1, &envelope(&restored));
    let bench = bench.reopened();
    let old = envelope(&order(2, Handling::Actual));
    assert_eq!(bench.receive(2, &old), Received::Refused("OLD_EPOCH"));
}

#[test]
fn one_id_has_one_order() {
    let bench = Bench::new();
    bench.receive(1, &envelope(&order(1, Handling::Actual)));
    let other = Order { title: "Khác".to_owned(), ..order(1, Handling::Actual) };
    assert_eq!(bench.receive(2, &envelope(&other)), Received::Refused("ORDER_ID_REUSED"));
}

/// Ten years, as a clock whose battery died or that was set by hand may be off.
const YEARS_10_MS: i64 = 3_653 * DAY_MS;

#[test]
fn a_clock_that_is_an_hour_or_ten_years_off_costs_no_order() {
    for (off_ms, refused) in [
        (-YEARS_10_MS, None),
        (-HOUR_MS, None),
        (HOUR_MS, None),
        (YEARS_10_MS, Some(Received::Refused("TRUST_BUNDLE_EXPIRED"))),
    ] {
        let bench = Bench::new();
        bench.clock.set(NOW.offset_by(off_ms));
        let received = bench.receive(1, &envelope(&order(1, Handling::Actual)));
        match refused {
            None => assert!(matches!(received, Received::New(_)), "{off_ms}: {received:?}"),
            Some(refused) => assert_eq!(received, refused, "{off_ms}"),
        }
        bench.inbox.reconsider(bench.clock.now()).expect("the store works");
        bench.clock.set(NOW);
        bench.inbox.reconsider(NOW).expect("the store works");
        assert_eq!(bench.standing(1), Standing::Live, "{off_ms}");
        assert!(bench.inbox.refused_orders().is_empty(), "{off_ms}");
        assert_eq!(bench.pending(), [(id(1), 1, Fact::Delivered)], "{off_ms}");
    }
}

#[test]
fn a_clock_that_is_set_back_makes_no_order_live_again_that_was_over() {
    for off_ms in [HOUR_MS, YEARS_10_MS] {
        let bench = Bench::new();
        let over = Order {
            drafted_at: NOW.offset_by(-3 * DAY_MS),
            answer_by: NOW.offset_by(-2 * DAY_MS),
            not_after: NOW.offset_by(-30 * 60_000),
            ..order(1, Handling::Actual)
        };
        // What was believed last was signed now; the clock cannot go behind that.
        bench.receive(1, &envelope(&Order { drafted_at: NOW, ..order(2, Handling::Actual) }));
        bench.clock.set(NOW.offset_by(-off_ms));
        assert_eq!(bench.receive(2, &envelope(&over)), Received::Refused("EXPIRED"), "{off_ms}");
        bench.inbox.reconsider(bench.clock.now()).expect("the store works");
        assert_eq!(bench.inbox.refused_orders().len(), 1, "{off_ms}");
    }
}
