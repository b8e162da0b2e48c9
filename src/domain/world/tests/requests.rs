//! The same request twice does the thing once, across restarts.

use super::support::*;
use crate::domain::ids::RequestId;
use crate::domain::order::handling::Handling::Exercise;
use crate::domain::world::command::requests::{REQUESTS_REMEMBERED, Requests};
use crate::domain::world::{
    Command, Decision, RECORDS_PER_ENTRY_MAX, RecordKind, Refusal, Request,
};

fn request(p: &mut Province, name: &str, digest: u8) -> Request {
    let order = p.order(Exercise);
    Request {
        actor: officer("clerk"),
        id: Some((name.parse().expect("an id"), [digest; 32])),
        command: Command::Draft(new_draft(&order)),
    }
}

#[test]
fn a_repeated_request_gives_the_entry_of_the_first_also_after_a_replay() {
    let mut p = Province::new();
    let first = request(&mut p, "r-1", 1);
    p.handle(&first).expect("sound");
    let ledger_index = p.world.ledger_size() - 1;
    let second = request(&mut p, "r-2", 2);
    p.handle(&second).expect("another");
    for _replayed in 0..2 {
        let again = p.handle(&first);
        assert_eq!(again, Ok(Decision::Repeated { ledger_index }));
        assert_eq!(p.world.orders().count(), 2);
        p.world = p.replayed();
    }
}

#[test]
fn a_request_id_used_for_something_else_is_refused_also_after_a_replay() {
    let mut p = Province::new();
    let first = request(&mut p, "r-1", 1);
    p.handle(&first).expect("sound");
    let other = request(&mut p, "r-1", 2);
    for _replayed in 0..2 {
        let reused = Refusal::RequestIdReused { request: "r-1".parse().expect("an id") };
        assert_eq!(p.handle(&other), Err(reused));
        p.world = p.replayed();
    }
}

#[test]
fn a_refused_request_is_not_remembered_and_may_be_mended() {
    let mut p = Province::new();
    let bad = Request {
        command: Command::Issue {
            order: crate::domain::ids::OrderId::from_bytes([3; 16]),
            traceparent: String::new(),
        },
        ..request(&mut p, "r-1", 1)
    };
    assert!(p.handle(&bad).is_err());
    let mended = request(&mut p, "r-1", 2);
    assert!(matches!(p.handle(&mended), Ok(Decision::Happens(_))));
}

#[test]
fn a_request_of_many_events_is_repeated_whole() {
    let mut p = Province::new();
    let records = vec![[1; 16], [2; 16]];
    let read = Request {
        actor: officer("clerk"),
        id: Some(("r-1".parse().expect("an id"), [1; 32])),
        command: Command::ReadRecords { kind: RecordKind::Reservist, records },
    };
    p.handle(&read).expect("read");
    let size = p.world.ledger_size();
    assert_eq!(p.handle(&read), Ok(Decision::Repeated { ledger_index: size - 1 }));
    assert_eq!(p.world.ledger_size(), size);
}

#[test]
fn the_memory_of_requests_is_bounded_and_forgets_the_oldest() {
    let id = |n: usize| -> RequestId { format!("r-{n}").parse().expect("an id") };
    let mut memory = Requests::default();
    for n in 0..=REQUESTS_REMEMBERED {
        memory.remember(&id(n), [0; 32], 7);
        memory.remember(&id(n), [0; 32], 8);
    }
    assert_eq!(memory.find(&id(0), &[0; 32]), Ok(None));
    assert_eq!(memory.find(&id(1), &[0; 32]), Ok(Some(8)), "the last entry of the request");
    assert_eq!(memory.find(&id(REQUESTS_REMEMBERED), &[0; 32]), Ok(Some(8)));
    assert_eq!(memory.len(), REQUESTS_REMEMBERED);
}

#[test]
fn an_entry_names_a_bounded_number_of_records() {
    let mut p = Province::new();
    for (count, fits) in [(0, false), (1, true), (RECORDS_PER_ENTRY_MAX, true), (501, false)] {
        let records = vec![[1; 16]; count];
        let read = Command::ReadRecords { kind: RecordKind::Equipment, records };
        assert_eq!(p.does(&officer("clerk"), read).is_ok(), fits, "{count}");
    }
}
