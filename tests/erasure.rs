//! A person's way out of the registry, with the real program: erased, gone from a restored backup of
//! before, keys rotated while serving, everybody else readable and every proof sound. And on all that
//! way nothing personal lies anywhere but under the seal: not in the store, a backup, the log, a trace
//! or the metrics page.

#[path = "support/collector.rs"]
mod collector;
#[path = "support/program.rs"]
mod program;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use collector::Collector;
use program::{LONG, Place, Process};

/// Made up; whoever finds one of these somewhere has found a leak.
const PEOPLE: &[[&str; 4]] = &[
    ["Lường Thị Canary", "011099111111", "0987123401", "Bản Chim Hoàng Yến"],
    ["Quàng Văn Canarybird", "011099222222", "0987123402", "Bản Sơn Ca"],
    ["Lò Văn Canarywing", "011099333333", "0987123403", "Bản Họa Mi"],
];

fn roster() -> String {
    let mut text =
        "Họ và tên;Ngày sinh;Giới tính;Số CCCD;Hạng dự bị;Thôn, bản;Số điện thoại\n".to_owned();
    for [name, citizen_id, phone, hamlet] in PEOPLE {
        text.push_str(&format!("{name};15/06/1999;Nam;{citizen_id};1;{hamlet};{phone}\n"));
    }
    text
}

/// Holds all bytes of a place against what must be in none.
fn has_no_canary(place: &str, bytes: &[u8]) {
    for secret in PEOPLE.iter().flatten() {
        let secret = secret.strip_prefix('0').unwrap_or(secret).as_bytes();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret), "in {place}");
    }
}

fn files_have_no_canary(dir: &Path) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            files += files_have_no_canary(&path);
        } else {
            has_no_canary(&path.display().to_string(), &fs::read(&path).expect("readable"));
            files += 1;
        }
    }
    files
}

/// The names of those on the list, by id.
fn listed(place: &Place) -> Vec<(String, String)> {
    let said = place.run(&["reservist", "list", "--as", "admin"]);
    let text = |one: &serde_json::Value, field: &str| one[field].as_str().expect("text").to_owned();
    let all = said["reservists"].as_array().expect("a list");
    all.iter().map(|one| (text(one, "reservist_id"), text(one, "full_name"))).collect()
}

fn is_shown(place: &Place, id: &str) -> Result<(), String> {
    place.try_run(&["reservist", "show", id, "--as", "admin"]).map(drop)
}

fn stop(mut server: Process) {
    server.terminate();
    assert!(server.ended(LONG).success());
    has_no_canary("the log", server.lines().join("\n").as_bytes());
}

fn page(address: &str) -> String {
    let mut page = TcpStream::connect(address).expect("the page is served");
    let ask = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    page.write_all(ask.as_bytes()).expect("asked");
    let mut text = String::new();
    page.read_to_string(&mut text).expect("a page");
    assert!(text.contains("hoatoc_build_info"), "{text}");
    text
}

#[test]
fn an_erased_person_stays_erased_in_the_backup_of_before_and_nobody_else_is() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut collector = runtime.block_on(Collector::start());
    let endpoint = format!("endpoint = \"http://{}\"", collector.address);
    let free = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let metrics = free.local_addr().expect("an address").to_string();
    drop(free);
    let shown = format!("listen = \"{metrics}\"");
    let place =
        Place::found(&[("endpoint = \"\"", &endpoint), ("listen = \"127.0.0.1:0\"", &shown)]);
    let server = place.serve();
    let units = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sim/data/units.csv");
    place.run(&["unit", "import", units, "--as", "admin"]);
    fs::write(place.path("people.csv"), roster()).expect("written");
    let import = ["reservist", "import", "people.csv", "--unit", "03160", "--as", "admin"];
    assert_eq!(place.run(&import)["accepted"], 3);
    let people = listed(&place);
    assert_eq!(people.len(), 3);
    let (gone, others) = people.split_first().expect("three");
    let id = gone.0.as_str();
    place.run(&["backup", "--data-dir", "server", "--to", "before", "--as", "admin"]);

    // Asked what to type, nobody is there; and without a reason, nothing goes.
    let asked = place.try_run(&["reservist", "erase", id, "--reason", "Hết hạn", "--as", "admin"]);
    assert!(asked.expect_err("nothing was typed").contains("nothing was erased"));
    let erase = ["reservist", "erase", id, "--yes", "--as", "admin", "--reason"];
    let refused = place.try_run(&[&erase[..], &[" "]].concat()).expect_err("no reason");
    assert!(refused.contains("reason"), "{refused}");
    is_shown(&place, id).expect("still there");
    let erased = place.run(&[&erase[..], &["Hết hạn lưu trữ"]].concat());
    assert_eq!(erased["keyring_version"], 2);
    assert!(is_shown(&place, id).expect_err("gone").contains("RECORD_UNKNOWN"));
    assert_eq!(listed(&place), others);
    place.run(&["ledger", "verify", "--as", "admin"]);
    has_no_canary("the metrics page", page(&metrics).as_bytes());
    stop(server);
    assert_eq!(place.run(&["check", "--data-dir", "server"])["sound"], true);
    assert!(files_have_no_canary(&place.path("server")) > 5);
    assert!(files_have_no_canary(&place.path("before")) > 0);

    // The disk is lost; the backup of before comes back, under today's keys.
    fs::remove_dir_all(place.path("server/store")).expect("removed");
    fs::remove_file(place.path("server/checkpoint")).expect("removed");
    place.run(&["restore", "--from", "before", "--data-dir", "server"]);
    assert_eq!(place.run(&["check", "--data-dir", "server"])["sound"], true);
    let server = place.serve();
    assert!(is_shown(&place, id).expect_err("unreadable").contains("RECORD_UNKNOWN"));
    assert_eq!(listed(&place), others);
    others.iter().for_each(|(id, _name)| is_shown(&place, id).expect("readable"));
    place.run(&["ledger", "verify", "--as", "admin"]);

    // New keys while it serves, and a new master key while it does not.
    let rotated = place.run(&["key", "rotate", "--as", "admin"]);
    assert_eq!((&rotated["generation"], &rotated["rotating"]), (&2.into(), &false.into()));
    assert_eq!(listed(&place), others);
    let refused = place.try_run(&["key", "rotate-master", "--data-dir", "server"]);
    assert!(refused.expect_err("it serves").contains("stop the server first"));
    stop(server);
    let before = fs::read(place.path("server/keys/master.key")).expect("there");
    place.run(&["key", "rotate-master", "--data-dir", "server"]);
    assert_ne!(fs::read(place.path("server/keys/master.key")).expect("there"), before);
    assert_eq!(place.run(&["check", "--data-dir", "server"])["sound"], true);
    let server = place.serve();
    assert_eq!(listed(&place), others);
    others.iter().for_each(|(id, _name)| is_shown(&place, id).expect("readable"));
    assert_eq!(place.run(&["key", "show", "--as", "admin"])["rotating"], false);
    place.run(&["ledger", "verify", "--as", "admin"]);
    stop(server);
    files_have_no_canary(&place.path("server"));
    let (spans, measured) = collector.taken();
    assert!(!spans.is_empty(), "traces were sent");
    has_no_canary("the traces", format!("{spans:?}").as_bytes());
    has_no_canary("the exported metrics", format!("{measured:?}").as_bytes());
}
