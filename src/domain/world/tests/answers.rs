//! I7 and I8: facts are taken one by one, kept with their true time, and silence is counted.

use super::support::*;
use crate::domain::ids::OrderId;
use crate::domain::order::Order;
use crate::domain::order::delivery::{
    ANSWERS_MAX, DeclineReason, DeliveryState, Fact, NOTE_CHARS_MAX, OutOfPlace, Strength,
};
use crate::domain::order::handling::Handling::{Actual, Exercise};
use crate::domain::world::{Actor, AnswerRefusal, Command, Decision, Entry, Event, Refusal};

const LADDER: [Fact; 4] = [Fact::Delivered, Fact::Opened, Fact::Acknowledged, Fact::Accepted];

fn climbs(p: &mut Province, order: OrderId, endpoint: u32, steps: usize) {
    for fact in LADDER.into_iter().take(steps) {
        p.says(order, endpoint, fact).expect("the next step");
    }
}

#[test]
fn each_step_is_a_fact_of_its_own_with_its_own_time_and_none_is_inferred() {
    let mut p = Province::new();
    let order = p.issued(Actual);
    for (steps, fact) in LADDER.into_iter().enumerate() {
        for skipped in LADDER.into_iter().skip(steps + 1) {
            let state =
                p.file(&order).deliveries.get(&no(3)).map_or_else(Default::default, |d| d.state);
            let reason = OutOfPlace { state, fact: skipped };
            let refused = p.says(order, 3, skipped);
            assert_eq!(refused, Err(AnswerRefusal::OutOfPlace { order, reason }.into()));
        }
        p.pass(MINUTE);
        p.says(order, 3, fact).expect("the next step");
    }
    let row = &p.file(&order).deliveries[&no(3)];
    let times = [row.delivered, row.opened, row.acknowledged, row.decided]
        .map(|moment| moment.map(|moment| moment.at.millis_since(START)));
    assert_eq!(times, [1, 2, 3, 4].map(|n| Some(n * MINUTE)));
    assert_eq!(row.completed, None);
    assert_eq!(row.answered_by, "trực ban");
}

#[test]
fn a_commune_may_change_its_mind_until_it_is_done() {
    let mut p = Province::new();
    let order = p.issued(Actual);
    climbs(&mut p, order, 3, 4);
    p.says(order, 3, Fact::Declined(DeclineReason::RoadCut)).expect("the road is cut");
    assert_eq!(p.file(&order).counts.declined, 1);
    assert_eq!(p.file(&order).deliveries[&no(3)].decline_reason, Some(DeclineReason::RoadCut));
    p.says(order, 3, Fact::Accepted).expect("and open again");
    let row = &p.file(&order).deliveries[&no(3)];
    assert_eq!((row.state, row.decline_reason), (DeliveryState::Accepted, None));
    p.says(order, 3, Fact::Completed).expect("done");
    assert!(p.says(order, 3, Fact::Declined(DeclineReason::RoadCut)).is_err(), "done is done");
    let strength = Strength { called: 40, arrived: 38, unexcused: 2, ..Strength::default() };
    p.says(order, 3, Fact::Strength(strength)).expect("numbers may still come");
    let counts = p.file(&order).counts;
    assert_eq!((counts.accepted, counts.declined, counts.completed), (1, 0, 1));
}

#[test]
fn never_reached_and_reached_but_silent_are_counted_apart_and_stay_in_the_denominator() {
    let mut p = Province::new();
    let order = p.issued(Actual);
    climbs(&mut p, order, 1, 3);
    climbs(&mut p, order, 2, 1);
    climbs(&mut p, order, 3, 2);
    let counts = p.file(&order).counts;
    assert_eq!((counts.endpoints, counts.delivered, counts.opened), (4, 3, 2));
    assert_eq!((counts.acknowledged, counts.silent(), counts.unreached()), (1, 2, 1));
    let group = (1..=4).map(no);
    let response = p.file(&order).response(group).expect("issued");
    assert_eq!(response.counts, counts, "the fold and the running count agree");
    assert_eq!(response.time_to_acknowledge.count, 1);
    let part = p.file(&order).response([no(2), no(4)].into_iter()).expect("issued").counts;
    assert_eq!((part.endpoints, part.silent(), part.unreached()), (2, 1, 1));
}

#[test]
fn an_answer_after_expiry_is_kept_and_late() {
    let mut p = Province::new();
    let order = p.issued(Actual);
    climbs(&mut p, order, 1, 3);
    p.pass(3 * DAY);
    climbs(&mut p, order, 2, 3);
    let response = p.file(&order).response((1..=4).map(no)).expect("issued");
    assert_eq!((response.counts.acknowledged, response.acknowledged_in_time), (2, 1));
    let late = p.file(&order).deliveries[&no(2)].acknowledged.expect("kept");
    assert_eq!(late.at, p.now, "with its true time");
    assert!(late.at > p.file(&order).order.answer_by && late.at > p.file(&order).order.not_after);
}

#[test]
fn a_fact_written_offline_counts_with_its_own_time_marked_as_claimed() {
    let mut p = Province::new();
    let order = p.issued(Actual);
    let written = p.now.offset_by(10 * MINUTE);
    p.pass(2 * HOUR);
    let mut receipt = p.answer(order, 3, Fact::Delivered);
    receipt.happened_at = written.offset_by(-7_000);
    p.take_over(receipt, 7_000).expect("its clock is 7 s slow");
    let moment = p.file(&order).deliveries[&no(3)].delivered.expect("taken");
    assert_eq!((moment.at, moment.recorded_at, moment.claimed), (written, p.now, true));
    let mut opened = p.answer(order, 3, Fact::Opened);
    opened.happened_at = START.offset_by(-DAY);
    p.take(opened).expect("a wild clock");
    let moment = p.file(&order).deliveries[&no(3)].opened.expect("taken");
    assert_eq!((moment.at, moment.claimed), (written, true), "not before what went before");
    let mut acknowledged = p.answer(order, 3, Fact::Acknowledged);
    acknowledged.happened_at = p.now.offset_by(DAY);
    p.take(acknowledged).expect("a wild clock");
    let moment = p.file(&order).deliveries[&no(3)].acknowledged.expect("taken");
    assert_eq!((moment.at, moment.claimed), (p.now, false), "never after its record");
}

#[test]
fn the_same_answer_twice_is_taken_once_also_after_a_replay() {
    let mut p = Province::new();
    let order = p.issued(Actual);
    let receipt = p.answer(order, 3, Fact::Delivered);
    p.take(receipt.clone()).expect("the first");
    let ledger_index = p.world.ledger_size() - 1;
    climbs(&mut p, order, 4, 1);
    p.pass(HOUR);
    for _replayed in 0..2 {
        let again = p.take(receipt.clone());
        assert_eq!(again, Ok(Decision::Repeated { ledger_index }));
        p.world = p.replayed();
    }
    let mut other = receipt;
    other.note = "khác".to_owned();
    let reused = AnswerRefusal::NumberReused { order, number: 1 };
    assert_eq!(p.take(other), Err(reused.into()));
}

#[test]
fn answers_come_in_turn() {
    let mut p = Province::new();
    let order = p.issued(Actual);
    for number in [0, 2, u32::MAX] {
        let mut ahead = p.answer(order, 3, Fact::Delivered);
        ahead.number = number;
        let out = AnswerRefusal::OutOfTurn { order, number, expected: 1 };
        assert_eq!(p.take(ahead), Err(out.into()));
    }
}

#[test]
fn only_those_addressed_answer_and_only_what_was_issued_and_only_its_bytes() {
    let mut p = Province::new();
    let narrow = Order { audience: p.under("03160"), ..p.order(Exercise) };
    let draft = p.draft(&narrow).expect("sound");
    let early = p.says(draft, 3, Fact::Delivered);
    assert_eq!(early, Err(AnswerRefusal::NotIssued { order: draft }.into()));
    p.sign(draft, "commander").expect("may sign");
    p.issue(draft).expect("signed");
    for endpoint in [1, 2, 5, 0, u32::MAX] {
        let refused = p.says(draft, endpoint, Fact::Delivered);
        let expected = AnswerRefusal::NotAddressed { order: draft, endpoint: no(endpoint) };
        assert_eq!(refused, Err(expected.into()));
    }
    let mut other = p.answer(draft, 3, Fact::Delivered);
    other.order_digest[9] ^= 1;
    assert_eq!(p.take(other), Err(AnswerRefusal::OtherBytes { order: draft }.into()));
    let mut lost = p.answer(draft, 3, Fact::Delivered);
    lost.order = OrderId::from_bytes([9; 16]);
    assert_eq!(p.take(lost.clone()), Err(Refusal::OrderUnknown { order: lost.order }));
}

#[test]
fn a_terminal_speaks_for_itself_only_and_an_officer_may_bring_its_file() {
    let mut p = Province::new();
    let order = p.issued(Actual);
    let answer = p.answer(order, 3, Fact::Delivered);
    let envelope = answer_envelope(&answer);
    let command = Command::TakeAnswer { answer, envelope, clock_offset_ms: 0 };
    let refused = p.does(&Actor::Endpoint(no(4)), command.clone());
    assert_eq!(refused, Err(AnswerRefusal::Forged { endpoint: no(3) }.into()));
    p.does(&officer("duty"), command).expect("brought on a stick");
    assert_eq!(p.file(&order).counts.delivered, 1);
}

#[test]
fn a_persons_answer_names_the_person_and_texts_have_bounds() {
    let mut p = Province::new();
    let order = p.issued(Actual);
    climbs(&mut p, order, 3, 2);
    let text = |field| Err(Refusal::from(AnswerRefusal::Text { field }));
    let mut nameless = p.answer(order, 3, Fact::Acknowledged);
    nameless.answered_by = "  ".to_owned();
    assert_eq!(p.take(nameless), text("answered_by"));
    let mut long = p.answer(order, 3, Fact::Acknowledged);
    long.answered_by = "ễ".repeat(101);
    assert_eq!(p.take(long), text("answered_by"));
    climbs_on(&mut p, order);
    let mut why = p.answer(order, 3, Fact::Declined(DeclineReason::Other));
    assert_eq!(p.take(why.clone()), text("note"), "another reason must be said");
    why.note = "ộ".repeat(NOTE_CHARS_MAX + 1);
    assert_eq!(p.take(why.clone()), text("note"));
    why.note.truncate("ộ".len() * NOTE_CHARS_MAX);
    p.take(why).expect("at the bound");
}

fn climbs_on(p: &mut Province, order: OrderId) {
    p.says(order, 3, Fact::Acknowledged).expect("the next step");
}

#[test]
fn an_endpoint_answers_an_order_a_thousand_times_and_no_more() {
    let mut p = Province::new();
    let order = p.issued(Exercise);
    climbs(&mut p, order, 3, 4);
    for number in 5..=ANSWERS_MAX {
        // Straight into the state, as from the ledger: deciding on each tells nothing more.
        let answer = p.answer(order, 3, Fact::Strength(Strength::default()));
        assert_eq!(answer.number, number);
        let envelope = answer_envelope(&answer);
        let event = Event::AnswerTaken { answer, envelope, clock_offset_ms: 0 };
        p.world.apply(&Entry { at: p.now, actor: Actor::Server, request: None, event });
    }
    let over = p.says(order, 3, Fact::Strength(Strength::default()));
    assert_eq!(over, Err(AnswerRefusal::TooMany { order }.into()));
    assert_eq!(p.world.check(), []);
}

#[test]
fn strength_is_the_newest_report_summed_over_a_group() {
    let mut p = Province::new();
    let order = p.issued(Actual);
    for (endpoint, reports) in [(3, [10, 12]), (4, [5, 4])] {
        climbs(&mut p, order, endpoint, 4);
        for arrived in reports {
            let strength = Strength { arrived, called: 20, ..Strength::default() };
            p.says(order, endpoint, Fact::Strength(strength)).expect("accepted");
        }
    }
    let total = p.file(&order).response((1..=4).map(no)).expect("issued").strength;
    assert_eq!((total.called, total.arrived), (40, 16));
}
