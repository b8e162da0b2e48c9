//! The program as a person runs it: help, wrong usage, failures without a server, and a province made
//! from nothing.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn hoatoc(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hoatoc"))
        .current_dir(dir)
        .env_remove("HOATOC_AS")
        .env_remove("HOATOC_DATA_DIR")
        .args(arguments)
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// Status 1, nothing on standard output, one line on standard error; gives that line.
fn fails(output: &Output) -> String {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{out}{err}");
    assert_eq!(out, "");
    assert_eq!(err.lines().count(), 1, "{err}");
    err
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("standard output is JSON alone")
}

fn init(dir: &Path) -> Value {
    json(&hoatoc(
        dir,
        &["init", "--data-dir", "data", "--listen", "127.0.0.1:1", "--output", "json"],
    ))
}

#[test]
fn help_usage_and_failures_read_as_written_down() {
    trycmd::TestCases::new()
        .register_bin("hoatoc", Path::new(env!("CARGO_BIN_EXE_hoatoc")))
        .case("tests/cmd/*.md");
}

#[test]
fn a_new_province_passes_its_check_and_a_second_one_is_refused_there() {
    let dir = tempfile::tempdir().expect("a directory");
    let made = init(dir.path());
    assert_eq!(made["province"], "11");
    for (path, mode) in [
        ("data/keys/authority.key", 0o600),
        ("data/keys/ledger.key", 0o600),
        ("data/keys/master.key", 0o600),
        ("data/keys/server.key", 0o600),
        ("data-root/root.key", 0o600),
        ("data-admin/tls.key", 0o600),
        ("data-admin/sign-actual.key", 0o600),
        ("data-admin/sign-exercise.key", 0o600),
        ("data-admin", 0o700),
        ("data", 0o700),
    ] {
        let found = std::fs::metadata(dir.path().join(path)).expect(path).permissions().mode();
        assert_eq!(found & 0o777, mode, "{path}");
    }
    let check = json(&hoatoc(dir.path(), &["check", "--data-dir", "data", "--output", "json"]));
    assert_eq!(check["sound"], true);
    assert_eq!(check["ledger_entries"], 3, "founded, first trust bundle, first certificate");
    assert_eq!(check["epoch"], 1);
    let again = fails(&hoatoc(dir.path(), &["init", "--data-dir", "data"]));
    assert!(again.contains("is not empty"), "{again}");
}

#[test]
fn a_check_finds_a_foreign_ledger_key() {
    let dir = tempfile::tempdir().expect("a directory");
    init(dir.path());
    std::fs::copy(dir.path().join("data-root/root.key"), dir.path().join("data/keys/ledger.key"))
        .expect("copied");
    let output = hoatoc(dir.path(), &["check", "--data-dir", "data"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("keys/ledger.key is not the ledger key"));
    assert!(text(&output.stderr).contains("1 problems"));
}

#[test]
fn a_backup_is_restored_with_a_new_epoch() {
    let dir = tempfile::tempdir().expect("a directory");
    init(dir.path());
    let to = ["backup", "--data-dir", "data", "--to", "copy", "--output", "json"];
    assert!(json(&hoatoc(dir.path(), &to))["bytes"].as_u64().is_some_and(|bytes| bytes > 0));
    let occupied = fails(&hoatoc(dir.path(), &to));
    assert!(occupied.contains("copy"), "{occupied}");
    let restore = ["restore", "--from", "copy", "--data-dir", "new", "--output", "json"];
    assert_eq!(json(&hoatoc(dir.path(), &restore))["epoch"], 2);
    std::fs::rename(dir.path().join("data/keys"), dir.path().join("new/keys")).expect("moved");
    let check = json(&hoatoc(dir.path(), &["check", "--data-dir", "new", "--output", "json"]));
    assert_eq!((check["sound"].clone(), check["epoch"].clone()), (true.into(), 2.into()));
    assert_eq!(check["ledger_entries"], 4);
}

#[test]
fn a_server_that_is_not_there_is_told_in_one_sentence() {
    let dir = tempfile::tempdir().expect("a directory");
    init(dir.path());
    // A port that was free a moment ago, and that nobody listens on.
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its number");
    let file = dir.path().join("data-admin/officer.toml");
    let home =
        std::fs::read_to_string(&file).expect("read").replace("localhost:1", &free.to_string());
    std::fs::write(&file, home).expect("written");
    for command in [
        &["officer", "list"][..],
        &["order", "list"],
        &["ledger", "verify"],
        &["endpoint", "add", "--areas"],
    ] {
        let told = fails(&hoatoc(dir.path(), &[command, &["--as", "data-admin"]].concat()));
        assert!(told.contains(&free.to_string()) && told.contains("see that it runs"), "{told}");
    }
}

#[test]
fn json_errors_leave_standard_output_empty() {
    let dir = tempfile::tempdir().expect("a directory");
    let told = fails(&hoatoc(dir.path(), &["order", "list", "--output", "json"]));
    assert!(told.contains("--as DIR"), "{told}");
}

#[test]
fn completions_name_every_command() {
    let dir = tempfile::tempdir().expect("a directory");
    let output = hoatoc(dir.path(), &["completions", "bash"]);
    let script = text(&output.stdout);
    for command in ["init", "serve", "officer", "endpoint", "reservist", "ledger", "restore"] {
        assert!(script.contains(command), "{command}");
    }
}
