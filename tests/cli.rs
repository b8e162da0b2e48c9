//! The program as a person runs it: help, wrong usage, failures without a server, and a province made
//! from nothing.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Lines};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use hoatoc::store::codec::STAMP_LEN;
use serde_json::Value;

fn hoatoc(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hoatoc"))
        .current_dir(dir)
        .env_remove("HOATOC_AS")
        .env_remove("HOATOC_DATA_DIR")
        .env_remove("HOATOC_PASSPHRASE_FILE")
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
        &[
            &["init", "--data-dir", "data", "--listen", "127.0.0.1:1", "--output", "json"][..],
            &["--no-passphrase"],
        ]
        .concat(),
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
    assert!(text(&output.stderr).contains("1 problem was found"));
}

/// Every file under a directory with what is in it.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).expect("listed") {
        let path = entry.expect("listed").path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).expect("read"));
        }
    }
    found
}

#[test]
fn a_check_tells_of_an_index_that_cannot_be_used_and_changes_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    init(dir.path());
    let store = dir.path().join("data/store");
    let rubbish: Vec<u8> =
        (0..50_000_u32).flat_map(|n| n.wrapping_mul(0x9E37_79B1).to_le_bytes()).collect();
    std::fs::write(store.join("index/db"), rubbish).expect("written");
    let before = contents(&store);
    let check = ["check", "--data-dir", "data", "--output", "json"];
    for _again in 0..2 {
        let output = hoatoc(dir.path(), &check);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!((&said["sound"], &said["ledger_entries"]), (&false.into(), &3.into()));
        let problem = said["problems"][0].as_str().expect("a problem");
        assert!(problem.contains("data/store/index") && problem.contains("builds"), "{problem}");
        assert!(text(&output.stderr).contains("nothing confirmed is lost"));
        assert!(contents(&store) == before, "the check changed what it looked at");
    }
    std::fs::remove_dir_all(store.join("index")).expect("moved away, as it was told to do");
    assert_eq!(hoatoc(dir.path(), &check).status.code(), Some(1), "it is still missing");
    let to = ["backup", "--data-dir", "data", "--to", "copy"];
    assert!(hoatoc(dir.path(), &to).status.success(), "the next opening builds it again");
    assert_eq!(json(&hoatoc(dir.path(), &check))["sound"], true);
}

#[test]
fn a_check_tells_of_a_damaged_head_file_without_calling_for_a_restore() {
    let dir = tempfile::tempdir().expect("a directory");
    init(dir.path());
    let head = dir.path().join("data/store/journal/head");
    let mut bytes = std::fs::read(&head).expect("it is there");
    bytes[20] ^= 1;
    std::fs::write(&head, bytes).expect("written");
    let output = hoatoc(dir.path(), &["check", "--data-dir", "data"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("the head file alone") && said.contains("start the server"), "{said}");
    assert!(said.contains("the 3 entries") && !said.contains("from a backup"), "{said}");
}

/// A server that serves, and what it says further.
fn serve(dir: &Path) -> (Child, Lines<BufReader<ChildStderr>>) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_hoatoc"))
        .current_dir(dir)
        .args(["serve", "--data-dir", "data"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut lines = BufReader::new(server.stderr.take().expect("a pipe")).lines();
    assert!(lines.by_ref().map_while(Result::ok).any(|line| line.contains("serving")));
    (server, lines)
}

/// Tells a server to stop as the service manager does, and waits until it has.
fn stop((mut server, lines): (Child, Lines<BufReader<ChildStderr>>)) {
    let told = Command::new("kill").arg(server.id().to_string()).status().expect("kill runs");
    assert!(told.success());
    lines.count();
    assert!(server.wait().expect("it ends").success());
}

#[test]
fn a_second_server_on_the_same_directory_hears_once_that_the_store_is_in_use() {
    let dir = tempfile::tempdir().expect("a directory");
    // A port that was free a moment ago: both servers are to want the same one for their page.
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its number");
    let page = free.to_string();
    let at = ["--data-dir", "data", "--listen", "127.0.0.1:0", "--metrics", &page];
    let at = [&["init", "--no-passphrase"], &at[..]].concat();
    assert!(hoatoc(dir.path(), &at).status.success());
    let first = serve(dir.path());
    let told = fails(&hoatoc(dir.path(), &["serve", "--data-dir", "data"]));
    assert!(
        told.starts_with("hoatoc: ") && told.contains("is in use by another process"),
        "{told}"
    );
    stop(first);
}

/// Cuts the last record off the only segment of a journal: what an old copy of it looks like.
fn cut_last_record(journal: &Path) {
    let path = journal.join("00000000000000000001.journal");
    let mut bytes = std::fs::read(&path).expect("read");
    // As the journal's module says: a stamp, then heads of 52 bytes that begin with a length.
    let (mut at, mut last) = (STAMP_LEN, STAMP_LEN);
    while at < bytes.len() {
        last = at;
        let len: [u8; 4] = bytes[at..at + 4].try_into().expect("four bytes");
        at += 52 + usize::try_from(u32::from_le_bytes(len)).expect("small");
    }
    assert_eq!(at, bytes.len(), "the walk ends where the file does");
    bytes.truncate(last);
    std::fs::write(&path, bytes).expect("written");
}

#[test]
fn a_check_finds_a_ledger_that_ends_before_the_head_that_was_published() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = ["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"];
    json(&hoatoc(
        dir.path(),
        &[&["init", "--data-dir", "data", "--no-passphrase", "--output", "json"], &at[..]].concat(),
    ));
    // At its end it publishes the head over the last entry.
    stop(serve(dir.path()));
    let check = ["check", "--data-dir", "data", "--output", "json"];
    assert_eq!(json(&hoatoc(dir.path(), &check))["sound"], true);
    let store = dir.path().join("data/store");
    cut_last_record(&store.join("journal"));
    std::fs::remove_file(store.join("journal/head")).expect("removed");
    std::fs::remove_dir_all(store.join("index")).expect("removed");
    let output = hoatoc(dir.path(), &check);
    assert_eq!(output.status.code(), Some(1));
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let problems: Vec<&str> =
        said["problems"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    for word in ["journal/head", "store/index", "but its head over 3 was published"] {
        assert!(problems.iter().any(|it| it.contains(word)), "{word}: {problems:?}");
    }
    assert!(text(&output.stderr).contains("restore from a backup"));
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

#[test]
fn a_list_at_fault_is_reported_whole_with_status_one_and_its_rows_are_given_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect("ours");
    write(
        "cnqs.csv",
        "Danh mục;;\nMã CNQS;Tên;Gần đúng;Ghi chú\nCN01;Bộ binh;CN91;x\nC!1;;;\nCN02;Pháo;;\n",
    );
    let import = ["specialty", "import", "cnqs.csv", "--as", "nowhere"];
    let told = hoatoc(dir.path(), &[&import[..], &["--output", "json"]].concat());
    assert_eq!(told.status.code(), Some(1));
    assert!(text(&told.stderr).contains("2 of 3 rows are at fault; nothing was stored"));
    let report: Value = serde_json::from_slice(&told.stdout).expect("the report");
    for (name, value) in [("rows", 3), ("accepted", 1), ("created", 0), ("unchanged", 0)] {
        assert_eq!(report[name], value, "{name}: {report}");
    }
    let rejected = serde_json::json!({ "3": "SPECIALTY_UNKNOWN", "4": "CODE_INVALID" });
    assert_eq!((&report["rejected"], &report["warnings"]), (&rejected, &serde_json::json!({})));
    assert_eq!(report["places"]["3"]["column"], "C");
    assert_eq!(report["places"]["3"]["hint"], "the list has CN02");
    assert_eq!(report["further_faults"]["4"][0]["code"], "NAME_MISSING");
    assert_eq!(report["ignored_columns"][0]["header"], "Ghi chú");
    let told = hoatoc(dir.path(), &[&import[..], &["--refused", "mend.xlsx"]].concat());
    assert_eq!((told.status.code(), told.stdout.len()), (Some(1), 0));
    let said = text(&told.stderr);
    assert!(said.contains("row 3: Gần đúng (column C), \"CN91\": is no specialty"), "{said}");
    assert!(said.contains("the rows with what is wrong (2) are in mend.xlsx"), "{said}");
    let again = ["specialty", "import", "mend.xlsx", "--output", "json", "--as", "nowhere"];
    let again = hoatoc(dir.path(), &again);
    let again: Value = serde_json::from_slice(&again.stdout).expect("the report");
    assert_eq!(again["rejected"], rejected, "it is read as it stood");

    write("odd.csv", "Mã;Diễn giải;Số\nDB-C1;Đại đội;3\n");
    for words in [["plan", "import"], ["specialty", "import"], ["unit", "import"]] {
        let out = format!("{}.toml", words[0]);
        let told = hoatoc(
            dir.path(),
            &[&words[..], &["odd.csv", "--mapping-out", &out, "--as", "nowhere"]].concat(),
        );
        assert_eq!(told.status.code(), Some(1), "{words:?}");
        // Units are held against those of the server, which is asked first.
        assert_eq!(dir.path().join(&out).exists(), words[0] != "unit", "{}", text(&told.stderr));
    }
}
