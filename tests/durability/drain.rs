//! SIGTERM to the whole program in the middle of its work: two loops of officers' commands issue, real
//! terminals answer, one of them slowly. Whatever was confirmed to anybody is there afterwards, every
//! terminal was told to come back, and does so by itself.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use hoatoc::clock::SystemClock;
use hoatoc::domain::ids::OrderId;
use hoatoc::engine::recovery::{Recovered, recover};
use hoatoc::store::journaled::{SledStore, StoreOptions};
use hoatoc::terminal::home::Home;
use hoatoc::terminal::inbox::AnswerStatus;
use hoatoc::terminal::link::LinkOptions;
use serde_json::Value;

use crate::checker;
use crate::program::{LONG, Place, Process, is_settled};

const DRAIN_MS: &str = "4000";
/// The drain, then what tasks and telemetry may take; a whole second of slack for a busy machine.
const STOPPED_WITHIN: Duration = Duration::from_millis(4_000 + 4_000 + 3_000 + 1_000 + 1_000);
/// Confirmed issues after which the server is told to stop.
const ISSUED_MIN: usize = 4;
/// The loops end by themselves if nobody stops the server.
const ORDERS_MAX: usize = 60;
const LOOPS: usize = 2;
const ENDPOINTS: [&str; 4] =
    ["03160/military", "03158/military", "03163/military", "03162/military"];
/// How long the last of them takes to answer: longer than the server takes to stop.
const SLOW_MS: u32 = 6_000;

/// What the server confirmed to officers: orders with their place in the stream.
#[derive(Default)]
struct Confirmed {
    issued: Mutex<Vec<(String, u64)>>,
    more: Condvar,
}

impl Confirmed {
    fn so_far(&self) -> Vec<(String, u64)> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn wait(&self, count: usize) {
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let few = |issued: &mut Vec<_>| issued.len() < count;
        let waited = self.more.wait_timeout_while(issued, LONG, few);
        let (issued, _timed_out) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(issued.len() >= count, "too few orders were issued: {issued:?}");
    }
}

/// Drafts, signs and issues until the server takes no more.
fn issue(place: &Place, confirmed: &Confirmed) {
    for number in 0..ORDERS_MAX {
        let title = format!("Diễn tập {number}");
        let Ok(order) = place.try_signed_order(&title, "ĐÂY LÀ DIỄN TẬP.") else { return };
        match place.try_run(&["order", "issue", &order, "--as", "director"]) {
            Ok(issued) => {
                let sequence = issued["sequence"].as_u64().expect("it was issued");
                let mut known = confirmed.issued.lock().unwrap_or_else(PoisonError::into_inner);
                known.push((order, sequence));
                drop(known);
                confirmed.more.notify_all();
            }
            Err(_stopping) => return,
        }
    }
}

/// What a terminal says of its link, oldest first: state and text.
fn link(lines: &[String]) -> Vec<(String, String)> {
    let parsed = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let of_link = parsed.filter(|said| said["event"] == "link");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    of_link.map(|said| (text(&said["state"]), text(&said["text"]))).collect()
}

fn connections(lines: &[String]) -> usize {
    link(lines).iter().filter(|(state, _text)| state == "connected").count()
}

/// The stream ended with the server's word, and not otherwise.
fn was_told_to_come_back(terminal: &Process) {
    let after = |lines: &[String]| {
        link(lines).into_iter().skip_while(|(state, _text)| state != "connected").nth(1)
    };
    terminal.until("left its stream", |lines| after(lines).is_some());
    let (state, text) = after(&terminal.lines()).expect("it left");
    assert!(state == "waiting" && text.contains("DRAINING"), "{state}: {text}");
}

/// Reads a server's store that nobody serves.
fn recovered(place: &Place) -> (SledStore, Recovered) {
    let store = SledStore::open(&place.path("server/store"), StoreOptions::terminal());
    let store = store.expect("a stopped store opens");
    assert!(store.rebuilt().is_none(), "the index was built again: {:?}", store.rebuilt());
    let recovered = recover(&store).expect("a stopped store is sound");
    (store, recovered)
}

/// Each answer that a terminal was told is recorded, with its entry in the ledger.
fn recorded(place: &Place, home: &str, orders: &[(String, u64)]) -> Vec<(String, u64)> {
    let opened = Home::open(&place.path(&format!("{home}/keys"))).expect("a home");
    let link = LinkOptions {
        connect_patience: LONG,
        heartbeat_every: LONG,
        backoff_min: LONG,
        backoff_max: LONG,
        seed: 1,
    };
    let clock = Arc::new(SystemClock);
    let terminal = opened.terminal(&place.path(&format!("{home}/store")), clock, link);
    let terminal = terminal.expect("its store opens");
    let mut recorded = Vec::new();
    for (order, _sequence) in orders {
        let id: OrderId = order.parse().expect("an id");
        let answers = terminal.inbox().detail(id, terminal.now()).expect("it came").answers;
        assert_eq!(answers.len(), 4, "{home}: delivered, opened, acknowledged, accepted");
        for answer in answers {
            let AnswerStatus::Recorded(index) = answer.status else {
                panic!("{home} has an answer that is not recorded: {answer:?}")
            };
            let (endpoint, number) = (answer.answer.endpoint, answer.answer.number);
            recorded.push((format!("answer {order} {endpoint} {number}"), index));
        }
    }
    recorded
}

/// Serves, issues and answers, and stops in the middle; the ledger's size then.
fn stop_under_load(place: &Place, terminals: &[Process], confirmed: &Confirmed) -> u64 {
    let mut server = place.serve();
    for terminal in terminals {
        terminal.until("connected", |lines| connections(lines) >= 1);
    }
    std::thread::scope(|scope| {
        for _ in 0..LOOPS {
            scope.spawn(|| issue(place, confirmed));
        }
        confirmed.wait(ISSUED_MIN);
        server.terminate();
        let status = server.ended(STOPPED_WITHIN);
        assert_eq!(status.code(), Some(0), "{:#?}", server.lines());
    });
    terminals.iter().for_each(was_told_to_come_back);
    let (_store, recovered) = recovered(place);
    for (order, sequence) in confirmed.so_far() {
        let file = recovered.world.order(&order.parse().expect("an id")).expect("it was issued");
        let issue = file.issue.as_ref().expect("it was confirmed");
        assert_eq!(issue.sequence, sequence, "{order}");
    }
    recovered.world.ledger_size()
}

pub(crate) fn run() {
    let place = Place::found(&[("drain_ms = 15000", &format!("drain_ms = {DRAIN_MS}"))]);
    let homes: Vec<String> = (1..=ENDPOINTS.len()).map(|number| format!("t{number}")).collect();
    {
        let mut server = place.serve();
        place.enter_staff(&ENDPOINTS);
        for (endpoint, home) in ENDPOINTS.iter().zip(&homes) {
            place.enrol(endpoint, home, &[]);
        }
        server.terminate();
        assert!(server.ended(LONG).success(), "with nobody connected");
    }
    let delay = |at: usize| if at + 1 == homes.len() { SLOW_MS } else { 0 };
    let start = |(at, home): (usize, &String)| place.terminal(home, "Trực ban", delay(at));
    let mut terminals: Vec<Process> = homes.iter().enumerate().map(start).collect();
    let confirmed = Confirmed::default();
    let cut = stop_under_load(&place, &terminals, &confirmed);

    // The next life: nobody tells the terminals anything.
    let mut server = place.serve();
    let orders = confirmed.so_far();
    for terminal in &mut terminals {
        terminal.until("back", |lines| connections(lines) >= 2);
        for (order, _sequence) in &orders {
            terminal.until("done answering", |lines| is_settled(lines, order));
        }
        terminal.terminate();
        assert!(terminal.ended(LONG).success());
    }
    server.terminate();
    assert_eq!(server.ended(STOPPED_WITHIN).code(), Some(0));

    let (store, recovered) = recovered(&place);
    let done = checker::read(&store, recovered.world.ledger_size());
    let mut indexes = Vec::new();
    for home in &homes {
        for (what, index) in recorded(&place, home, &orders) {
            assert_eq!(done.things.get(&what), Some(&index), "recorded, and not there: {what}");
            indexes.push(index);
        }
    }
    let before = indexes.iter().filter(|index| **index < cut).count();
    let after = indexes.len() - before;
    assert!(before > 0 && after > 0, "it was not in the middle: {before} before, {after} after");
    eprintln!("{} orders confirmed; {before} answers before the stop, {after} after", orders.len());
}
