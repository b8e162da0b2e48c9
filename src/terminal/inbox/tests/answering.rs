//! Receipts and answers out, refused ones, and disks that were lost or put back.

use super::*;

#[test]
fn an_order_and_its_receipt_are_one_batch() {
    let bench = Bench::new();
    let order = envelope(&order(1, Handling::Actual));
    bench.store.inject(Fault::FailedNotStored);
    let failed = bench.inbox.receive(&delivery(7, &order), NOW).expect_err("injected");
    assert!(failed.is_fatal());
    let bench = bench.reopened();
    assert_eq!((bench.inbox.cursor(), bench.pending()), (0, vec![]));
    bench.store.inject(Fault::FailedYetStored);
    bench.inbox.receive(&delivery(7, &order), NOW).expect_err("injected");
    let bench = bench.reopened();
    assert_eq!((bench.inbox.cursor(), bench.state(1)), (7, DeliveryState::Delivered));
    assert_eq!(bench.pending(), [(id(1), 1, Fact::Delivered)]);
}

#[test]
fn a_repeat_gives_no_second_receipt_even_after_a_restart_between_store_and_send() {
    let bench = Bench::new();
    let order = envelope(&order(1, Handling::Actual));
    assert_eq!(bench.receive(7, &order), Received::New(id(1)));
    let bench = bench.reopened();
    let receipt = [(id(1), 1, Fact::Delivered)];
    assert_eq!(bench.pending(), receipt, "it is sent again");
    assert_eq!(bench.receive(7, &order), Received::Repeat);
    assert_eq!(bench.pending(), receipt);
    bench.inbox.recorded(id(1), 1, 40).expect("the store works");
    assert_eq!(bench.receive(7, &order), Received::Repeat);
    let bench = bench.reopened();
    assert_eq!(bench.pending(), []);
    assert_eq!(bench.statuses(1), [(1, AnswerStatus::Recorded(40))]);
}

#[test]
fn the_ladder_is_climbed_step_by_step_and_each_step_is_kept() {
    let bench = Bench::new();
    bench.receive(1, &envelope(&order(1, Handling::Exercise)));
    let early = bench.inbox.accept(id(1), "Nguyễn Văn An");
    assert!(matches!(early, Err(InboxError::OutOfPlace(_))));
    bench.inbox.open_order(id(1)).expect("it is delivered");
    bench.inbox.open_order(id(1)).expect("once more changes nothing");
    assert!(matches!(bench.inbox.acknowledge(id(1), " "), Err(InboxError::Text { .. })));
    bench.inbox.acknowledge(id(1), "Nguyễn Văn An").expect("opened before");
    let unsaid = bench.inbox.decline(id(1), "An", DeclineReason::Other, "");
    assert!(matches!(unsaid, Err(InboxError::Text { field: "note", .. })));
    bench.inbox.decline(id(1), "An", DeclineReason::RoadCut, "").expect("acknowledged before");
    bench.inbox.accept(id(1), "An").expect("the road is open again");
    let strength = Strength { called: 10, arrived: 9, ..Strength::default() };
    bench.inbox.report_strength(id(1), "An", strength).expect("accepted before");
    bench.inbox.complete(id(1), "An", "").expect("accepted before");
    let bench = bench.reopened();
    assert_eq!(bench.state(1), DeliveryState::Completed);
    let facts: Vec<_> =
        bench.pending().iter().map(|(_, number, fact)| (*number, fact.as_str())).collect();
    let expected =
        ["delivered", "opened", "acknowledged", "declined", "accepted", "strength", "completed"];
    assert_eq!(facts, (1..).zip(expected).collect::<Vec<_>>());
}

#[test]
fn a_refused_answer_stays_visible_and_those_after_it_are_numbered_anew() {
    let bench = Bench::new();
    bench.receive(1, &envelope(&order(1, Handling::Exercise)));
    bench.inbox.recorded(id(1), 1, 9).expect("the store works");
    bench.inbox.open_order(id(1)).expect("delivered");
    bench.inbox.acknowledge(id(1), "An").expect("opened");
    bench.inbox.accept(id(1), "An").expect("acknowledged");
    bench.inbox.decline(id(1), "An", DeclineReason::RoadCut, "").expect("acknowledged");
    bench.inbox.refused(id(1), 4, "TEXT", "the name is too long").expect("the store works");
    let bench = bench.reopened();
    let facts = [Fact::Opened, Fact::Acknowledged, Fact::Declined(DeclineReason::RoadCut)];
    let expected: Vec<_> = (2..).zip(facts).map(|(number, fact)| (id(1), number, fact)).collect();
    assert_eq!(bench.pending(), expected);
    assert_eq!(bench.state(1), DeliveryState::Declined);
    let refused =
        AnswerStatus::Refused { reason: "TEXT".into(), text: "the name is too long".into() };
    assert!(bench.statuses(1).contains(&(4, refused)));
    bench.inbox.refused(id(1), 3, "TEXT", "").expect("the store works");
    assert_eq!(bench.pending(), [(id(1), 2, Fact::Opened)], "it cannot stand without the third");
    let follows = bench.statuses(1).into_iter().filter(|(_, status)| {
        matches!(status, AnswerStatus::Refused { reason, .. } if reason == "FOLLOWS_REFUSED")
    });
    assert_eq!(follows.count(), 1);
    assert_eq!(bench.inbox.acknowledge(id(1), "An").expect("opened"), 3);
}

#[test]
fn a_terminal_that_lost_its_disk_goes_on_where_the_server_says() {
    let bench = Bench::new();
    let order = envelope(&order(1, Handling::Actual));
    let mut told = delivery(4, &order);
    (told.answers_recorded, told.state) = (3, "acknowledged".to_owned());
    bench.inbox.receive(&told, NOW).expect("the store works");
    assert_eq!((bench.state(1), bench.pending()), (DeliveryState::Acknowledged, vec![]));
    assert_eq!(bench.inbox.accept(id(1), "An").expect("acknowledged before"), 4);
    let bench = bench.reopened();
    assert_eq!(bench.state(1), DeliveryState::Accepted);
}

#[test]
fn a_disk_put_back_from_a_copy_believes_the_server() {
    let bench = Bench::new();
    let order = envelope(&order(1, Handling::Actual));
    bench.receive(4, &order);
    let mut told = delivery(4, &order);
    (told.answers_recorded, told.state) = (3, "acknowledged".to_owned());
    bench.inbox.receive(&told, NOW).expect("the store works");
    let bench = bench.reopened();
    assert_eq!((bench.state(1), bench.pending()), (DeliveryState::Acknowledged, vec![]));
    assert_eq!(bench.inbox.accept(id(1), "An").expect("acknowledged before"), 4);
}

#[test]
fn a_full_disk_refuses_and_nothing_is_half_done() {
    let bench = Bench::new();
    bench.store.inject(Fault::Full);
    let order = envelope(&order(1, Handling::Actual));
    let failed = bench.inbox.receive(&delivery(1, &order), NOW).expect_err("full");
    assert!(!failed.is_fatal());
    assert_eq!((bench.inbox.cursor(), bench.inbox.list(NOW).len()), (0, 0));
    assert_eq!(bench.receive(1, &order), Received::New(id(1)));
}
