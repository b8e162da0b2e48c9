//! The README's story, pasted as it stands; and a client in another language, made from the proto
//! files alone. Both against the real program on loopback.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.local_addr().expect("an address").port()
}

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_hoatoc"))
}

/// The program, with a passphrase for every key it makes or opens.
fn command(dir: &Path) -> Command {
    let file = passphrase_file(dir);
    let mut command = Command::new(program());
    command.current_dir(dir).env("HOATOC_PASSPHRASE_FILE", file);
    command
}

fn passphrase_file(dir: &Path) -> PathBuf {
    let path = dir.join("passphrase");
    if !path.exists() {
        fs::write(&path, "words that only this test knows\n").expect("ours");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("ours");
    }
    path
}

fn hoatoc(dir: &Path, words: &[&str]) {
    let done = command(dir).args(words).output().expect("it runs");
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{words:?}\n{out}{err}");
}

/// What a command says as JSON.
fn said(dir: &Path, words: &[&str]) -> serde_json::Value {
    let done = command(dir).args(words).output().expect("it runs");
    let err = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{words:?}\n{err}");
    serde_json::from_slice(&done.stdout).expect("JSON")
}

struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // Ends only what this test started.
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn serve(dir: &Path) -> Serving {
    let mut server = Command::new(program())
        .current_dir(dir)
        .args(["serve", "--data-dir", "server"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let log = BufReader::new(server.stderr.take().expect("a pipe"));
    let mut lines = log.lines();
    let serving = lines.by_ref().map_while(Result::ok).any(|line| line.contains("serving"));
    assert!(serving, "the server ended");
    // The rest is read on, so that the server never waits for a full pipe.
    std::thread::spawn(move || lines.count());
    Serving(server)
}

#[test]
fn a_client_made_from_the_proto_files_alone_does_everything() {
    let python = std::env::var("HOATOC_PYTHON")
        .expect("HOATOC_PYTHON names a Python with grpcio-tools: run tests/run.sh, which sets it");
    let dir = tempfile::tempdir().expect("a directory");
    let address = format!("127.0.0.1:{}", free_port());
    let (at, path) = (dir.path(), |name: &str| dir.path().join(name));
    hoatoc(
        at,
        &[
            "init",
            "--data-dir",
            "server",
            "--root",
            "root",
            "--admin",
            "admin",
            "--listen",
            &address,
            "--metrics",
            "127.0.0.1:0",
        ],
    );
    let _server = serve(at);
    for (id, roles) in [("clerk", &["drafter"][..]), ("signer", &["signer", "exercise-director"])] {
        let mut words =
            vec!["officer", "add", id, "--name", id, "--unit", "11", "--home", id, "--as", "admin"];
        words.extend(["--root", "root"]);
        words.extend(roles.iter().flat_map(|role| ["--role", role]));
        hoatoc(at, &words);
    }
    let server = address.replace("127.0.0.1", "localhost");
    let done = Command::new(python)
        .arg(Path::new(ROOT).join("tests/python/client.py"))
        .arg(Path::new(ROOT).join("proto"))
        .args([path("admin"), path("clerk"), path("signer")])
        .env("HOATOC_PASSPHRASE_FILE", passphrase_file(at))
        .arg(server)
        .output()
        .expect("Python runs");
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success() && out.trim_end().ends_with("ok"), "{out}{err}");
}

/// The value of a line of the metrics page; none while it has no such line.
fn shown(metrics: &str, line: &str) -> Option<f64> {
    let mut page = TcpStream::connect(metrics).expect("the page is served");
    let ask = format!("GET /metrics HTTP/1.1\r\nHost: {metrics}\r\nConnection: close\r\n\r\n");
    page.write_all(ask.as_bytes()).expect("asked");
    let mut text = String::new();
    page.read_to_string(&mut text).expect("a page");
    assert!(text.contains("hoatoc_build_info"), "{text}");
    let value = text.lines().find_map(|shown| shown.strip_prefix(line)?.strip_prefix(' '));
    value.map(|value| value.trim().parse().expect("a number"))
}

#[test]
fn what_an_operator_does_before_a_restart_holds_after_it() {
    const AGE: &str = "hoatoc_store_backup_age_seconds";
    const DAYS: &str = r#"hoatoc_certificate_expiry_days{certificate="server"}"#;
    let dir = tempfile::tempdir().expect("a directory");
    let address = format!("127.0.0.1:{}", free_port());
    let metrics = format!("127.0.0.1:{}", free_port());
    let at = dir.path();
    let homes = ["--data-dir", "server", "--root", "root", "--admin", "admin"];
    let places = ["--listen", &address, "--metrics", &metrics];
    hoatoc(at, &[&["init"][..], &homes, &places].concat());
    let certificate =
        || fs::read_to_string(at.join("server/keys/server.crt")).expect("it is there");
    let first = certificate();
    let server = serve(at);
    assert_eq!(shown(&metrics, AGE), None, "there was none");
    assert!(shown(&metrics, DAYS).is_some_and(|days| (363.0..366.0).contains(&days)));
    hoatoc(at, &["backup", "--data-dir", "server", "--to", "one", "--as", "admin"]);
    assert!(shown(&metrics, AGE).is_some_and(|age| age < 60.0));
    drop(server);
    let server = serve(at);
    assert!(shown(&metrics, AGE).is_some_and(|age| age < 120.0), "the note outlives a kill");
    assert_eq!(certificate(), first, "nothing was due");
    drop(server);

    let config = at.join("server/server.toml");
    let text = fs::read_to_string(&config).expect("it is there");
    let named =
        text.replace(r#"names = ["localhost"]"#, r#"names = ["localhost", "hoatoc.example"]"#);
    assert_ne!(named, text);
    fs::write(&config, named).expect("ours");
    fs::remove_file(at.join("server/backed-up")).expect("it is there");
    hoatoc(at, &["backup", "--data-dir", "server", "--to", "two"]);
    assert_eq!(certificate(), first, "whoever does not serve changes nothing");
    let _server = serve(at);
    assert_ne!(certificate(), first);
    assert!(shown(&metrics, AGE).is_some_and(|age| age < 120.0), "also of a server at rest");
    hoatoc(at, &["ledger", "head", "--as", "admin"]);
}

#[test]
fn one_unit_is_put_among_those_there_and_an_author_prepares_what_others_sign() {
    let dir = tempfile::tempdir().expect("a directory");
    let address = format!("127.0.0.1:{}", free_port());
    let at = dir.path();
    let homes = ["--data-dir", "server", "--root", "root", "--admin", "admin"];
    let places = ["--listen", &address, "--metrics", "127.0.0.1:0"];
    hoatoc(at, &[&["init"][..], &homes, &places].concat());
    let _server = serve(at);
    let units = format!("{ROOT}/src/sim/data/units.csv");
    hoatoc(at, &["unit", "import", &units, "--as", "admin"]);
    let columns = fs::read_to_string(&units).expect("readable");
    let columns = columns.lines().next().expect("a first line");
    let one = format!("{columns}\n03160-B9,Căn cứ X,base,self_defense_base,03160,assumed,,\n");
    fs::write(at.join("one.csv"), one).expect("ours");
    hoatoc(at, &["unit", "import", "one.csv", "--as", "admin"]);
    hoatoc(at, &["endpoint", "add", "03160/military", "03160-B9/military", "--as", "admin"]);

    for (id, role) in [("clerk", "drafter"), ("commander", "signer"), ("chief", "approver")] {
        let words =
            ["officer", "add", id, "--name", id, "--unit", "11", "--role", role, "--home", id];
        let also: &[&str] = if id == "clerk" { &[] } else { &["--role", "drafter"] };
        hoatoc(at, &[&words[..], also, &["--as", "admin", "--root", "root"]].concat());
    }
    let draft = ["order", "draft", "--handling", "actual", "--ground", "disaster", "--kind"];
    let terms = ["disaster-response", "--title", "Ứng phó lũ", "--body", "Tập trung"];
    let to = ["--to", "03160", "--as", "clerk", "--output", "json"];
    let made = said(at, &[&draft[..], &terms, &to].concat());
    let order = made["order_id"].as_str().expect("an id").to_owned();
    hoatoc(at, &["order", "sign", &order, "--yes", "--as", "commander"]);
    hoatoc(at, &["order", "sign", &order, "--yes", "--as", "chief"]);
    hoatoc(at, &["order", "issue", &order, "--as", "commander"]);
    let update = ["order", "update", &order, "--title", "Ứng phó lũ, sửa đổi", "--yes"];
    hoatoc(at, &[&update[..], &["--prepare", "up.json", "--as", "clerk"]].concat());
    let own = ["order", "sign", "--file", "up.json", "--yes", "--as", "clerk"];
    let refused = command(at).args(own).output().expect("it runs");
    let why = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && why.contains("clerk drafted this order"), "{why}");
    hoatoc(at, &["order", "sign", "--file", "up.json", "--yes", "--as", "commander"]);
    hoatoc(at, &["order", "sign", "--file", "up.json", "--yes", "--as", "chief"]);
    hoatoc(at, &["order", "update", "--file", "up.json", "--as", "commander"]);
    let shown = said(at, &["order", "show", &order, "--as", "chief", "--output", "json"]);
    assert_eq!(shown["state"], "superseded", "{shown}");
}

/// The shell blocks of the story, after the one that builds.
fn story() -> String {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).expect("a README");
    let by_hand = readme.split("## By hand").nth(1).expect("the story's heading");
    let by_hand = by_hand.split("\n## ").next().unwrap_or_default();
    let blocks = by_hand.split("```sh\n").skip(2).filter_map(|rest| rest.split("```").next());
    blocks.collect()
}

#[test]
fn the_story_in_the_readme_works_as_pasted() {
    let dir = tempfile::tempdir().expect("a directory");
    let copy = |from: &str, to: &str| {
        let done = Command::new("cp")
            .arg("-r")
            .arg(Path::new(ROOT).join(from))
            .arg(dir.path().join(to))
            .status();
        assert!(done.expect("cp runs").success());
    };
    copy("tests/data/rosters", "rosters");
    copy("tests/data/press", "press");
    copy("src/sim/data/units.csv", "units.csv");
    let story = story();
    assert!(story.contains("hoatoc restore"), "the story ends with a restored server: {story}");
    // The one thing that a test must change: ports that may be taken on this machine.
    let port = free_port().to_string();
    let story =
        story.replace("7443", &port).replace("hoatoc init ", "hoatoc init --metrics 127.0.0.1:0 ");
    let path = format!(
        "{}:{}",
        program().parent().expect("a folder").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let script = format!("set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{story}");
    let done = Command::new("bash")
        .current_dir(dir.path())
        .env("PATH", path)
        .args(["-c", &script])
        .output()
        .expect("bash runs");
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{out}\n{err}");
    for said in [
        "20000 accepted",
        "12 refused",
        "55 refused",
        "LEGACY_ENCODING, 180 times",
        "verified:",
        "every invariant holds",
        "one person is not enough",
        "called 10, reached 9",
        "8/10 arrived",
        "the order is cancelled by",
    ] {
        assert!(out.contains(said), "`{said}` was not said:\n{out}\n{err}");
    }
    let refusal = "1 of 2 persons have signed: a political-commissar or an approver other than the author must sign";
    assert!(err.contains(refusal) && err.contains("`hoatoc order sign "), "{err}");
}
