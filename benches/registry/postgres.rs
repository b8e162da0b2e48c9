//! PostgreSQL, a server of its own in a temporary directory.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use postgres::{Client, NoTls, Statement};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::{Answers, PAGE, Round, memory_mib, plain};

/// The server, our connection to it, and what is asked.
pub(crate) struct Postgres {
    client: Client,
    page: Statement,
    total: Statement,
    prefix: Statement,
    count: Statement,
    server: Server,
}

/// A running server; it ends with this.
struct Server {
    bin: PathBuf,
    dir: TempDir,
}

impl Server {
    /// A program of the server, under another account when we are root: it refuses that one.
    fn program(bin: &Path, name: &str) -> Command {
        let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
        let path = bin.join(name);
        let mut command = if is_root {
            let mut command = Command::new("runuser");
            command.args(["-u", "nobody", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir("/").stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn start() -> Result<Self, String> {
        let bin = find().ok_or("no initdb in /usr/lib/postgresql/*/bin nor on the path")?;
        let dir = tempfile::tempdir().map_err(|fault| fault.to_string())?;
        let open = Command::new("chmod").arg("777").arg(dir.path()).status();
        open.map_err(|fault| fault.to_string())?;
        let server = Self { bin, dir };
        let made = Self::program(&server.bin, "initdb")
            .arg("-D")
            .arg(server.data())
            .args(["-U", "bench", "--auth=trust", "--locale=C", "-E", "UTF8"])
            .status();
        if !made.is_ok_and(|status| status.success()) {
            return Err("initdb failed".to_owned());
        }
        let socket = server.dir.path().display();
        let options = format!("-k {socket} -c listen_addresses= -c shared_buffers=256MB");
        let started = Self::program(&server.bin, "pg_ctl")
            .arg("-D")
            .arg(server.data())
            .args(["-w", "-t", "60", "-o", &options, "start"])
            .status();
        if started.is_ok_and(|status| status.success()) {
            Ok(server)
        } else {
            Err("its server did not start".to_owned())
        }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Of the server and all of its processes. Shared memory is counted for each that touched it.
    fn memory_mib(&self) -> u64 {
        let pid = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let pid = pid.lines().next().unwrap_or_default();
        let path = format!("/proc/{pid}/task/{pid}/children");
        let children = fs::read_to_string(path).unwrap_or_default();
        children.split_whitespace().chain([pid]).map(memory_mib).sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let stopped = Self::program(&self.bin, "pg_ctl")
            .arg("-D")
            .arg(self.data())
            .args(["-w", "-m", "fast", "stop"])
            .status();
        if !stopped.is_ok_and(|status| status.success()) {
            println!("postgres: its server did not stop, see {}", self.data().display());
        }
    }
}

fn find() -> Option<PathBuf> {
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed = installed.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    installed
        .chain(on_path)
        .find(|bin| bin.join("initdb").is_file() && bin.join("pg_ctl").is_file())
}

impl Postgres {
    /// Starts a server, makes the table with its indexes, and copies all records in, 1,000 to a
    /// transaction.
    pub(crate) fn load(rows: u32) -> Result<Self, String> {
        let server = Server::start()?;
        let socket = server.dir.path().display();
        let config = format!("host={socket} user=bench dbname=postgres");
        let mut client = Client::connect(&config, NoTls).map_err(|fault| fault.to_string())?;
        load(&mut client, rows).map_err(|fault| fault.to_string())?;
        std::thread::sleep(Duration::from_millis(100));
        println!("postgres: {} MiB in all its processes", server.memory_mib());
        let mut prepare = |text: &str| client.prepare(text).map_err(|fault| fault.to_string());
        let page = prepare(
            "SELECT id FROM people WHERE class = $1 AND specialty = $2 AND unit = $3
             ORDER BY id LIMIT $4",
        )?;
        let total = prepare(
            "SELECT count(*) FROM people WHERE class = $1 AND specialty = $2 AND unit = $3",
        )?;
        let prefix = prepare(
            "SELECT id FROM people WHERE folded >= $1 AND folded < $2
             ORDER BY folded, id LIMIT $3",
        )?;
        let count = prepare("SELECT unit, class, count(*) FROM people GROUP BY unit, class")?;
        Ok(Self { client, page, total, prefix, count, server })
    }
}

fn load(client: &mut Client, rows: u32) -> Result<(), postgres::Error> {
    client.batch_execute(
        "CREATE TABLE people (id BYTEA PRIMARY KEY, unit TEXT, class INTEGER, specialty TEXT,
           status INTEGER, birth INTEGER, name TEXT, folded TEXT);
         CREATE INDEX by_post ON people (class, specialty, unit, id);
         CREATE INDEX by_unit ON people (unit, class);
         CREATE INDEX by_name ON people (folded, id);",
    )?;
    let started = Instant::now();
    let insert = client.prepare("INSERT INTO people VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")?;
    let mut all = plain(rows).peekable();
    while all.peek().is_some() {
        let mut transaction = client.transaction()?;
        for who in all.by_ref().take(1_000) {
            let id = &who.id[..];
            transaction.execute(
                &insert,
                &[
                    &id,
                    &who.unit,
                    &who.class,
                    &who.specialty,
                    &who.status,
                    &who.birth,
                    &who.name,
                    &who.folded,
                ],
            )?;
        }
        transaction.commit()?;
    }
    client.batch_execute("VACUUM ANALYZE people")?;
    println!("postgres: loaded with indexes in {:.2?}", started.elapsed());
    Ok(())
}

impl Answers for Postgres {
    fn compound(&mut self, round: &Round) -> (usize, u64) {
        let Round { class, specialty, unit, .. } = round;
        let len = i64::from(PAGE);
        let ids = self.client.query(&self.page, &[class, specialty, unit, &len]).expect("asked");
        let total = self.client.query_one(&self.total, &[class, specialty, unit]).expect("asked");
        (ids.len(), total.get::<_, i64>(0).unsigned_abs())
    }

    fn prefix(&mut self, round: &Round) -> usize {
        let len = i64::from(PAGE);
        let end = format!("{}\u{10ffff}", round.prefix);
        self.client.query(&self.prefix, &[&round.prefix, &end, &len]).expect("asked").len()
    }

    fn count(&mut self) -> (usize, u64) {
        let groups = self.client.query(&self.count, &[]).expect("asked");
        let counts = groups.iter().map(|group| group.get::<_, i64>(2).unsigned_abs());
        println!("postgres: {} MiB after all questions", self.server.memory_mib());
        (groups.len(), counts.sum())
    }
}
