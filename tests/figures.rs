//! The metrics pages of the real programs, server and terminal, after an order was issued and
//! answered and a stranger knocked: what the alarms and the dashboard ask for is there, and true.

#[path = "support/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use program::{LONG, Place, is_settled};

/// Counted only once it happens, which it does not here.
const RARE: &[&str] = &[
    "hoatoc_order_refusals_total",
    "hoatoc_telemetry_lost_total",
    "hoatoc_transport_connections_refused_total",
    "hoatoc_transport_streams_reset_total",
    "hoatoc_store_backup_age_seconds",
    // Where witnesses are configured; `witnesses.rs` sees them then.
    "hoatoc_ledger_unwitnessed_leaves",
    "hoatoc_ledger_witness_answers_total",
];

fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.local_addr().expect("an address").to_string()
}

fn page(address: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the page is served");
    let ask = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(ask.as_bytes()).expect("asked");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("a page");
    text
}

/// A line's value; none while there is no such line.
fn value(page: &str, line: &str) -> Option<f64> {
    let rest = page.lines().find_map(|shown| shown.strip_prefix(line)?.strip_prefix(' '))?;
    Some(rest.trim().parse().expect("a number"))
}

/// Looks until a line of the page has the value: what is counted after the answer has gone out may
/// come a moment later.
fn wait_for(address: &str, line: &str, expected: f64) {
    let mut last = String::new();
    // Each look is a connection of its own: together they are far longer than anything takes.
    for _look in 0..20_000 {
        last = page(address);
        if value(&last, line).is_some_and(|shown| (shown - expected).abs() < 0.5) {
            return;
        }
        std::thread::yield_now();
    }
    panic!("{line} never became {expected}:\n{last}");
}

/// Every `hoatoc_*` word of a file under `deploy/`.
fn asked_for(file: &str) -> BTreeSet<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(file);
    let text = std::fs::read_to_string(path).expect("readable");
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("hoatoc_"))
        .map(str::to_owned)
        .collect()
}

fn assert_shown(pages: &str) {
    for file in ["alerts.yml", "grafana/hoatoc.json"] {
        for name in asked_for(file).iter().filter(|name| !RARE.contains(&name.as_str())) {
            let found = pages.lines().any(|line| line.starts_with(name.as_str()));
            assert!(found, "{file} asks for {name}, which no page shows:\n{pages}");
        }
    }
}

#[test]
fn what_alarms_and_dashboard_ask_for_is_shown_and_true() {
    let (served, own) = (free_address(), free_address());
    let place = Place::found(&[("listen = \"127.0.0.1:0\"", &format!("listen = \"{served}\""))]);
    let mut server = place.serve();
    place.enter_staff(&["03160/military", "03160/civil"]);
    place.enrol("03160/military", "near", &[("listen = \"\"", &format!("listen = \"{own}\""))]);
    let mut terminal = place.terminal("near", "Lò Văn Trực", 0);
    wait_for(&served, "hoatoc_board_terminals_connected", 1.0);

    let order = place.try_signed_order("Diễn tập báo động", "Tập trung").expect("signed");
    place.run(&["order", "issue", &order, "--as", "director"]);
    terminal.until("answered", |lines| is_settled(lines, &order));
    wait_for(&served, "hoatoc_board_endpoints{handling=\"exercise\",state=\"accepted\"}", 1.0);
    let mut stranger = TcpStream::connect(("127.0.0.1", place.port)).expect("it listens");
    stranger.set_read_timeout(Some(Duration::from_secs(30))).expect("set");
    stranger.write_all(b"GET / HTTP/1.1\r\n\r\n").expect("sent");
    let mut refused = Vec::new();
    stranger.read_to_end(&mut refused).expect("the server ends it");
    server.until("told of the stranger", |lines| {
        lines.iter().any(|line| line.contains("refused: ") && line.contains("protocol"))
    });

    let text = page(&served);
    let is = |line: &str, expected: f64| {
        let shown = value(&text, line).unwrap_or_else(|| panic!("no {line}:\n{text}"));
        assert!((shown - expected).abs() < 0.5, "{line} is {shown}, not {expected}:\n{text}");
    };
    is("hoatoc_board_orders_open{handling=\"exercise\"}", 1.0);
    is("hoatoc_board_orders_open{handling=\"actual\"}", 0.0);
    is("hoatoc_board_endpoints{handling=\"exercise\",state=\"unreached\"}", 1.0);
    is("hoatoc_board_terminals_enrolled", 1.0);
    is("hoatoc_transport_connections_open", 1.0);
    assert!(text.contains("hoatoc_transport_handshakes_failed_total{reason="), "{text}");

    wait_for(&own, "hoatoc_terminal_spool_messages", 0.0);
    let terminals = page(&own);
    assert_eq!(value(&terminals, "hoatoc_terminal_connected"), Some(1.0), "{terminals}");

    server.terminate();
    assert!(server.ended(LONG).success());
    wait_for(&own, "hoatoc_terminal_connected", 0.0);
    assert_shown(&[text, page(&own)].concat());
    terminal.terminate();
    assert!(terminal.ended(LONG).success());
}
