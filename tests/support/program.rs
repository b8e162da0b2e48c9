//! The whole program as processes: a province founded by its own commands, its server, its terminals.
//! Every wait has an end; the time only ends a broken test.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

/// Far over anything that is not stuck.
pub(crate) const LONG: Duration = Duration::from_secs(90);

/// What a process has said so far.
#[derive(Default)]
struct Said {
    so_far: Mutex<(Vec<String>, bool)>,
    more: Condvar,
}

impl Said {
    fn so_far(&self) -> MutexGuard<'_, (Vec<String>, bool)> {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self, stream: impl Read) {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            self.so_far().0.push(line);
            self.more.notify_all();
        }
        self.so_far().1 = true;
        self.more.notify_all();
    }

    /// Whether it came to be so in time.
    fn wait(&self, within: Duration, so: impl Fn(&[String], bool) -> bool) -> bool {
        let not_yet = |said: &mut (Vec<String>, bool)| !so(&said.0, said.1);
        let waited = self.more.wait_timeout_while(self.so_far(), within, not_yet);
        let (said, _timed_out) = waited.unwrap_or_else(PoisonError::into_inner);
        so(&said.0, said.1)
    }
}

/// A process that this test started, and ends.
pub(crate) struct Process {
    name: String,
    pub(crate) child: Child,
    said: Arc<Said>,
}

impl Process {
    fn start(name: &str, child: Child, stream: impl Read + Send + 'static) -> Self {
        let said = Arc::new(Said::default());
        let listener = Arc::clone(&said);
        std::thread::spawn(move || listener.listen(stream));
        Self { name: name.to_owned(), child, said }
    }

    /// The lines so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.said.so_far().0.clone()
    }

    /// Waits until what was said is as it must become.
    pub(crate) fn until(&self, what: &str, so: impl Fn(&[String]) -> bool) {
        let came = self.said.wait(LONG, |lines, _ended| so(lines));
        assert!(came, "{}: never {what}: {:#?}", self.name, self.lines());
    }

    /// SIGTERM.
    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().expect("kill runs");
        assert!(told.success(), "{} is gone already: {:#?}", self.name, self.lines());
    }

    /// How it ended, which it must do within the given time.
    pub(crate) fn ended(&mut self, within: Duration) -> ExitStatus {
        let ended = self.said.wait(within, |_lines, ended| ended);
        assert!(ended, "{} still runs after {within:?}: {:#?}", self.name, self.lines());
        self.child.wait().expect("it is our child")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Ends only what this test started.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// A province on this machine: homes of the server, its officers and its terminals in one directory.
pub(crate) struct Place {
    dir: tempfile::TempDir,
    /// Where the server listens, on loopback.
    pub(crate) port: u16,
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.local_addr().expect("an address").port()
}

fn set(file: &Path, settings: &[(&str, &str)]) {
    let mut text = std::fs::read_to_string(file).expect("readable");
    for (before, after) in settings {
        assert!(text.contains(before), "{} has no {before:?}", file.display());
        text = text.replace(before, after);
    }
    std::fs::write(file, text).expect("writable");
}

impl Place {
    /// Founds a province; `settings` are replaced in the server's file.
    pub(crate) fn found(settings: &[(&str, &str)]) -> Self {
        let place = Self { dir: tempfile::tempdir().expect("a directory"), port: free_port() };
        place.write_private("passphrase", "words that only this test knows\n");
        let listen = format!("127.0.0.1:{}", place.port);
        place.run(&[
            "init",
            "--data-dir",
            "server",
            "--root",
            "root",
            "--admin",
            "admin",
            "--listen",
            &listen,
            "--metrics",
            "127.0.0.1:0",
        ]);
        set(&place.path("server/server.toml"), settings);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A file that only its owner may read.
    pub(crate) fn write_private(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::write(&path, text).expect("writable");
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("ours");
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hoatoc"));
        command.current_dir(self.dir.path()).env_remove("HOATOC_AS").env_remove("HOATOC_DATA_DIR");
        command.env("HOATOC_PASSPHRASE_FILE", self.path("passphrase"));
        command.stdin(Stdio::null());
        command
    }

    /// Runs a command to its end; its result, or what it said of its failure.
    pub(crate) fn try_run(&self, words: &[&str]) -> Result<Value, String> {
        let done = self.command().args(["--output", "json"]).args(words).output();
        let done = done.expect("it runs");
        if !done.status.success() {
            return Err(String::from_utf8_lossy(&done.stderr).into_owned());
        }
        Ok(serde_json::from_slice(&done.stdout).unwrap_or(Value::Null))
    }

    /// Runs a command that must succeed.
    pub(crate) fn run(&self, words: &[&str]) -> Value {
        self.try_run(words).unwrap_or_else(|said| panic!("{words:?}: {said}"))
    }

    /// Starts the server; returns when it serves.
    pub(crate) fn serve(&self) -> Process {
        let mut child = self
            .command()
            .args(["serve", "--data-dir", "server"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let log = child.stderr.take().expect("a pipe");
        let server = Process::start("server", child, log);
        let serving = |lines: &[String]| lines.iter().any(|line| line.contains("serving"));
        server.until("serving", serving);
        server
    }

    /// Units, the endpoints named, and officers: `clerk` drafts, `director` signs and issues.
    pub(crate) fn enter_staff(&self, endpoints: &[&str]) {
        let units = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sim/data/units.csv");
        self.run(&["unit", "import", units, "--as", "admin"]);
        self.run(&[&["endpoint", "add", "--as", "admin"], endpoints].concat());
        for (id, roles) in
            [("clerk", &["drafter"][..]), ("director", &["signer", "exercise-director"])]
        {
            let mut words = vec!["officer", "add", id, "--name", id, "--unit", "11", "--home", id];
            words.extend(["--as", "admin", "--root", "root"]);
            words.extend(roles.iter().flat_map(|role| ["--role", role]));
            self.run(&words);
        }
    }

    /// Enrols a terminal; `settings` are replaced in its file.
    pub(crate) fn enrol(&self, endpoint: &str, home: &str, settings: &[(&str, &str)]) {
        let made = self.run(&["endpoint", "code", endpoint, "--as", "admin"]);
        let code = made["code"].as_str().expect("a code");
        let server = format!("localhost:{}", self.port);
        self.run(&["terminal", "enrol", "--code", code, "--server", &server, "--data-dir", home]);
        set(&self.path(home).join("terminal.toml"), settings);
    }

    /// Starts a terminal without a screen that accepts every order, as `by`, who takes so long.
    pub(crate) fn terminal(&self, home: &str, by: &str, delay_ms: u32) -> Process {
        let mut child = self
            .command()
            .args(["--output", "json", "terminal", "run", "--data-dir", home, "--headless"])
            .args(["--answer", "accept", "--by", by, "--delay-ms", &delay_ms.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        let said = child.stdout.take().expect("a pipe");
        Process::start(home, child, said)
    }

    /// Drafts an exercise for everybody and signs it; its id, or what the server said against it.
    pub(crate) fn try_signed_order(&self, title: &str, body: &str) -> Result<String, String> {
        let mut words = vec!["order", "draft", "--handling", "exercise", "--kind", "directive"];
        words.extend(["--title", title, "--body", body, "--to", "11", "--as", "clerk"]);
        let order = self.try_run(&words)?["order_id"].as_str().expect("an id").to_owned();
        self.try_run(&["order", "sign", &order, "--yes", "--as", "director"])?;
        Ok(order)
    }
}

/// Whether a terminal's last word on this order is that it was accepted and every answer recorded.
pub(crate) fn is_settled(lines: &[String], order: &str) -> bool {
    let parsed = lines.iter().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let last = parsed.into_iter().find(|said| said["order"] == order);
    last.is_some_and(|said| said["state"] == "accepted" && said["pending"] == 0)
}
