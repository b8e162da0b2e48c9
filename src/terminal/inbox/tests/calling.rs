//! Call-up sheets at a terminal: awaited, proved, kept over a restart, and never taken from elsewhere.

use prost::bytes::Bytes;
use ring::rand::SystemRandom;

use super::*;
use crate::terminal::inbox::{SheetReceived, SheetState};
use crate::terminal::sheet_keys::SheetKeys as _;
use crate::wire::order::call_up::pages::{Frozen, Row, UnitRows, freeze};

/// Lists that call so many from our unit.
pub(crate) fn lists(number: u8, people: usize) -> Frozen {
    let row = |n: usize| {
        let full_name = format!("Giàng A {n}");
        let person = pb::CalledPerson { full_name, birth_year: 1996, ..Default::default() };
        ([0; 16], Row::Person(Box::new(person)))
    };
    let unit = UnitRows {
        unit: "03160".parse().expect("a code"),
        endpoints: vec![ME.number()],
        rows: (0..people).map(row).collect(),
    };
    let share = pb::CallUpShare {
        unit_code: "03160".to_owned(),
        people: u32::try_from(people).expect("small"),
        equipment: 0,
    };
    let summary = pb::CallUpSummary {
        as_of_date: "2026-12-01".to_owned(),
        shares: vec![share],
        ..pb::CallUpSummary::default()
    };
    freeze(id(number), summary, vec![unit], &SystemRandom::new()).expect("it fits")
}

pub(crate) fn calling(number: u8, lists: &Frozen) -> Envelope {
    let call_up = Some(lists.signed().expect("our own"));
    envelope(&Order { call_up, ..order(number, Handling::Exercise) })
}

pub(crate) fn page(number: u8, lists: &Frozen, page: u32) -> pb::CallUpSheetDelivery {
    lists.page_for(ME.number(), page, &id(number)).expect("it has that page")
}

impl Bench {
    fn sheets(&self, number: u8) -> SheetState {
        self.inbox.summary(id(number), self.clock.now()).expect("it is here").sheets
    }

    fn take(&self, delivery: &pb::CallUpSheetDelivery) -> SheetReceived {
        self.inbox.receive_sheet(delivery).expect("the store works")
    }
}

#[test]
fn an_order_whose_sheets_have_not_all_come_says_so_and_goes_on_from_there() {
    let bench = Bench::new();
    let lists = lists(1, 900);
    bench.receive(1, &calling(1, &lists));
    assert_eq!(bench.sheets(1), SheetState::Waiting { pages: 0, of: 0 });
    assert_eq!(bench.take(&page(1, &lists, 1)), SheetReceived::Kept { order: id(1), page: 1 });
    let SheetState::Waiting { pages: 1, of } = bench.sheets(1) else {
        panic!("{:?}", bench.sheets(1));
    };
    assert!(of > 1);
    let bench = bench.reopened();
    assert_eq!(bench.sheets(1), SheetState::Waiting { pages: 1, of });
    let cursor = &bench.inbox.sheet_cursors()[0];
    assert_eq!((&cursor.order_id[..], cursor.pages), (&id(1).as_bytes()[..], 1));
    assert!(!cursor.is_complete);
    // A gap is no end.
    bench.take(&page(1, &lists, of));
    assert_eq!(bench.inbox.sheet_cursors()[0].pages, if of == 2 { 2 } else { 1 });
    for number in 2..=of {
        bench.take(&page(1, &lists, number));
    }
    assert_eq!(bench.take(&page(1, &lists, 1)), SheetReceived::Repeat);
    let bench = bench.reopened();
    assert_eq!(bench.sheets(1), SheetState::Complete { people: 900, equipment: 0 });
    assert!(bench.inbox.sheet_cursors()[0].is_complete);
    assert_eq!(bench.inbox.called(id(1)).expect("readable").len(), 900);
}

#[test]
fn a_sheet_that_the_signed_root_does_not_prove_is_refused_and_nothing_of_it_is_kept() {
    let bench = Bench::new();
    let (good, anew, other) = (lists(1, 3), lists(1, 3), lists(2, 3));
    let early = page(1, &good, 1);
    assert_eq!(bench.take(&early), SheetReceived::Refused("SHEET_UNASKED"), "before its order");
    bench.receive(1, &calling(1, &good));
    let mut edited = page(1, &good, 1);
    let mut bytes = edited.sheet.to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    edited.sheet = Bytes::from(bytes);
    let moved = pb::CallUpSheetDelivery { proof: page(1, &anew, 1).proof, ..early.clone() };
    for (what, forged, reason) in [
        ("an edited row", edited, "SHEET_NOT_UNDER_ROOT"),
        ("another root's sheet", page(1, &anew, 1), "SHEET_NOT_UNDER_ROOT"),
        ("another root's proof", moved, "SHEET_NOT_UNDER_ROOT"),
        ("another order's sheet", page(1, &other, 1), "SHEET_OF_ANOTHER_ORDER"),
        ("an unknown order's sheet", page(9, &good, 1), "SHEET_UNASKED"),
    ] {
        assert_eq!(bench.take(&forged), SheetReceived::Refused(reason), "{what}");
    }
    assert_eq!(bench.sheets(1), SheetState::Waiting { pages: 0, of: 0 });
    assert!(bench.inbox.called(id(1)).expect("readable").is_empty());
    assert_eq!(bench.inbox.refused_sheets().len(), 6);
    bench.take(&early);
    assert_eq!(bench.sheets(1), SheetState::Complete { people: 3, equipment: 0 });
}

/// What of one row stands anywhere in the store in the clear.
fn is_in_the_clear(bench: &Bench) -> bool {
    let name = "Giàng A".as_bytes();
    let pairs = bench.store.scan(b"", b"", 10_000).expect("in memory");
    pairs.iter().any(|(_key, value)| value.windows(name.len()).any(|part| part == name))
}

fn pages_stored(bench: &Bench) -> usize {
    bench.store.scan(b"s", b"", 10_000).expect("in memory").len()
}

impl Bench {
    /// With an order whose only page is here.
    fn called(number: u8) -> (Self, Frozen, Envelope) {
        let (bench, lists) = (Self::new(), lists(number, 3));
        let order = calling(number, &lists);
        bench.receive(1, &order);
        bench.take(&page(number, &lists, 1));
        assert_eq!(bench.sheets(number), SheetState::Complete { people: 3, equipment: 0 });
        (bench, lists, order)
    }

    fn are_gone(&self, number: u8) {
        assert_eq!(self.sheets(number), SheetState::Over);
        assert!(self.inbox.called(id(number)).expect("readable").is_empty());
        assert!(self.sheet_keys.of(id(number)).expect("in memory").is_none());
    }
}

#[test]
fn nothing_of_a_sheet_is_stored_but_sealed_and_without_its_key_it_is_asked_for_again() {
    let (bench, lists, _order) = Bench::called(1);
    assert!(!is_in_the_clear(&bench));
    assert_eq!(pages_stored(&bench), 1);
    let bench = bench.reopened();
    assert_eq!(bench.inbox.called(id(1)).expect("readable").len(), 3);
    bench.sheet_keys.remove(id(1)).expect("in memory");
    let bench = bench.reopened();
    assert_eq!(bench.sheets(1), SheetState::Waiting { pages: 0, of: 0 });
    assert_eq!((pages_stored(&bench), bench.inbox.sheet_cursors()[0].pages), (0, 0));
    bench.take(&page(1, &lists, 1));
    assert_eq!(bench.inbox.called(id(1)).expect("readable").len(), 3);
}

#[test]
fn the_sheets_of_a_cancelled_order_that_nobody_acknowledged_go_at_once_and_do_not_come_again() {
    let (bench, lists, order) = Bench::called(1);
    bench.receive(2, &envelope(&cancel_of(2, &order, Handling::Exercise)));
    bench.are_gone(1);
    assert_eq!(pages_stored(&bench), 0);
    assert!(bench.inbox.sheet_cursors()[0].is_complete, "nothing is asked for");
    assert_eq!(bench.take(&page(1, &lists, 1)), SheetReceived::Over);
    assert_eq!(pages_stored(&bench), 0);
    bench.reopened().are_gone(1);
}

#[test]
fn whoever_acknowledged_has_the_list_for_a_day_to_call_off() {
    let (bench, _lists, order) = Bench::called(1);
    bench.inbox.open_order(id(1)).expect("a step");
    bench.inbox.acknowledge(id(1), "An").expect("a step");
    bench.receive(2, &envelope(&cancel_of(2, &order, Handling::Exercise)));
    bench.clock.advance(std::time::Duration::from_secs(24 * 3_600));
    let sweep = || bench.inbox.destroy_old_sheets(bench.clock.now()).expect("in memory");
    assert_eq!(sweep(), 0);
    assert_eq!(bench.inbox.called(id(1)).expect("readable").len(), 3);
    bench.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(sweep(), 1);
    bench.are_gone(1);
}

#[test]
fn the_sheets_of_a_replaced_order_go_when_those_in_their_place_are_here() {
    let (bench, _old, order) = Bench::called(1);
    let new = lists(2, 5);
    let call_up = Some(new.signed().expect("our own"));
    let update = changing(2, &order, Handling::Exercise, ReferenceKind::Update);
    bench.receive(2, &envelope(&Order { call_up, ..update }));
    assert_eq!(bench.inbox.called(id(1)).expect("readable").len(), 3, "there is no other yet");
    bench.take(&page(2, &new, 1));
    bench.are_gone(1);
    assert_eq!(bench.inbox.called(id(2)).expect("readable").len(), 5);
}

#[test]
fn the_sheets_of_an_order_that_ended_go_after_thirty_days() {
    let (bench, _lists, _order) = Bench::called(1);
    let end = order(1, Handling::Exercise).not_after;
    bench.clock.set(end.offset_by(30 * DAY_MS));
    let bench = bench.reopened();
    assert_eq!(bench.inbox.called(id(1)).expect("readable").len(), 3);
    bench.clock.advance(std::time::Duration::from_millis(1));
    bench.reopened().are_gone(1);
}
