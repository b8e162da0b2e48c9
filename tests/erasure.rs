//! A person's way out of the registry, with the real program: erased, gone from a restored backup of
//! before, keys rotated while serving, everybody else readable and every proof sound. And on all that
//! way nothing personal lies anywhere but under the seal: not in the store, a backup, the log, a trace
//! or the metrics page.

#[expect(dead_code, reason = "spans are looked at whole here")]
#[path = "support/collector.rs"]
mod collector;
#[expect(dead_code, reason = "nobody is ordered anything here")]
#[path = "support/program.rs"]
mod program;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

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
    let checked = place.run(&["check", "--data-dir", "server"]);
    let counts = (&checked["sound"], &checked["records"], &checked["records_erased"]);
    assert_eq!(counts, (&true.into(), &3.into(), &1.into()), "{checked}");
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

/// What the system says of a process.
fn proc_of(id: u32, file: &str) -> std::path::PathBuf {
    Path::new("/proc").join(id.to_string()).join(file)
}

fn writes_no_core(id: u32) {
    let limits = fs::read_to_string(proc_of(id, "limits")).expect("it runs");
    let core = limits.lines().find(|line| line.starts_with("Max core file size"));
    let words: Vec<&str> = core.expect("a limit").split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{words:?}");
}

#[test]
fn no_process_leaves_keys_or_names_in_a_core_file() {
    let place = Place::found(&[]);
    writes_no_core(place.serve().child.id());
}

/// A command waits for its list in a pipe; whoever is of its user and no more may not look into it.
#[test]
fn nobody_of_the_same_user_reads_the_memory_of_a_process() {
    const NOBODY: u32 = 65_534;
    let dir = tempfile::tempdir().expect("a directory");
    let path = |name: &str| dir.path().join(name);
    let own = fs::metadata("/proc/self").expect("our own").uid();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("ours");
    fs::copy(env!("CARGO_BIN_EXE_hoatoc"), path("hoatoc")).expect("room for a copy");
    let made = Command::new("mkfifo").arg("-m").arg("0666").arg(path("units.csv")).status();
    assert!(made.expect("mkfifo runs").success());
    let mut command = Command::new(path("hoatoc"));
    command.args(["unit", "import"]).arg(path("units.csv")).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let user = if own == 0 { NOBODY } else { own };
    if own == 0 {
        // Root reads every memory: the question is asked of another user.
        command.uid(NOBODY).gid(NOBODY);
    }
    let mut waiting = command.spawn().expect("it runs");
    // Opening for writing waits until it opened for reading, which is long after its start.
    let list = fs::OpenOptions::new().write(true).open(path("units.csv")).expect("read");
    let id = waiting.id();
    writes_no_core(id);
    let owner = fs::metadata(proc_of(id, "environ")).expect("it runs").uid();
    assert_eq!(owner, 0, "what may be dumped belongs to the user {user}");
    drop(list);
    assert!(!waiting.wait().expect("it ends").success(), "an empty list is none");
}
