//! The demo as a person runs it: told to stop half way, kept serving, and what it says to try next.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Output, Stdio};

/// Few records, quick people: what is looked at here does not depend on either.
const SMALL: [&str; 7] = ["demo", "--reservists", "200", "--equipment", "20", "--speed", "600"];

struct Demo {
    child: Child,
    said: BufReader<ChildStderr>,
}

impl Demo {
    fn start(dir: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_hoatoc"))
            .current_dir(dir)
            .env("TMPDIR", dir)
            .env_remove("HOATOC_AS")
            .args(SMALL)
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let said = BufReader::new(child.stderr.take().expect("a pipe"));
        Self { child, said }
    }

    /// Reads on until a line has the words; gives all lines up to there.
    fn until(&mut self, words: &str) -> String {
        let mut all = String::new();
        while !all.contains(words) {
            let read = self.said.read_line(&mut all).expect("read");
            assert!(read > 0, "it ended before it said `{words}`: {all}");
        }
        all
    }

    /// Sends a signal; the exit status, and what was said until then.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill runs").success());
        let mut rest = String::new();
        self.said.read_to_string(&mut rest).expect("read");
        (self.child.wait().expect("it ends").code(), rest)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Ends only what this test started.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn entries(dir: &Path) -> usize {
    std::fs::read_dir(dir).expect("listed").count()
}

#[test]
fn a_demo_that_is_told_to_stop_leaves_nothing_behind() {
    for (signal, status, step) in [("-TERM", 143, "3/6"), ("-INT", 130, "2/6")] {
        let dir = tempfile::tempdir().expect("a directory");
        let mut demo = Demo::start(dir.path(), &[]);
        demo.until(step);
        assert_eq!(entries(dir.path()), 1, "the province is there while it runs");
        let (code, said) = demo.end(signal);
        assert_eq!(code, Some(status), "{said}");
        assert!(said.trim_end().ends_with("nothing of it is kept"), "{said}");
        assert_eq!(entries(dir.path()), 0, "{signal}");
    }
}

#[test]
fn a_demo_with_a_directory_of_its_own_is_stopped_and_the_directory_stays() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut demo = Demo::start(dir.path(), &["--data-dir", "province"]);
    demo.until("2/6");
    let (code, said) = demo.end("-INT");
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("what there is of it is in"), "{said}");
    assert!(dir.path().join("province/server/keys").is_dir());
}

fn bash(dir: &Path, script: &str) -> Output {
    Command::new("bash")
        .current_dir(dir)
        .env_remove("HOATOC_AS")
        .args(["-euc", script])
        .output()
        .expect("bash runs")
}

fn pasted(dir: &Path, script: &str) -> String {
    let done = bash(dir, script);
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{script}\n{out}\n{err}");
    out.into_owned()
}

/// The commands after "Try next", each line of them.
fn commands(said: &str) -> String {
    let from = said.split("Try next").nth(1).expect("it says what to try next");
    from.lines()
        .skip(1)
        .filter(|line| line.starts_with("  "))
        .fold(String::new(), |all, line| all + line + "\n")
}

#[test]
fn a_province_that_goes_on_serving_answers_a_second_order_and_can_be_served_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut demo = Demo::start(dir.path(), &["--data-dir", "a province", "--keep-serving"]);
    let said = demo.until("curl ");
    let (address, page) = (word_after(&said, "serving at "), word_after(&said, "http://"));
    let page = page.trim_end_matches("/metrics");
    // Answers come within seconds of a day that is six hundred times faster than life.
    let script = commands(&said)
        + r#"for _ in $(seq 100); do
  "$HOATOC" report response --order "$ORDER" --as "$PROVINCE/duty" --output json > report.json
  grep -q '"acknowledged": 1[0-9][0-9]' report.json && break
  sleep 0.5
done
cat report.json
"#;
    let out = pasted(dir.path(), &script);
    assert!(out.contains("hoatoc_"), "the metrics page is served");
    let report = std::fs::read_to_string(dir.path().join("report.json")).expect("read");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let counts = report.to_string();
    assert!(counts.contains("\"acknowledged\":1"), "a second order was answered: {counts}");
    assert!(ready(page).contains("200 OK"));
    let (code, rest) = demo.end("-TERM");
    assert_eq!(code, Some(0), "{rest}");

    // Served again as it is configured, on the port that everybody's home names.
    let next = commands(&rest);
    assert!(next.contains("serve --data-dir") && next.contains(" check "), "{rest}");
    let out = pasted(dir.path(), &next);
    for said in ["Diễn tập lần hai", "5 of 200", "verified", "all is sound"] {
        assert!(out.contains(said), "`{said}`: {out}");
    }
    let home = std::fs::read_to_string(dir.path().join("a province/duty/officer.toml"));
    let port = address.rsplit(':').next().expect("a port");
    assert!(home.expect("read").contains(port));
}

fn word_after<'a>(text: &'a str, words: &str) -> &'a str {
    let rest = text.split(words).nth(1).expect("it says where");
    rest.split([' ', '\n', ';']).next().expect("a word")
}

fn ready(page: &str) -> String {
    let mut page = TcpStream::connect(page).expect("it listens");
    page.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("asked");
    let mut answer = String::new();
    page.read_to_string(&mut answer).expect("answered");
    answer
}
