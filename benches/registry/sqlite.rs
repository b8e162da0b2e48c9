//! SQLite, in the same process.

use rusqlite::{Connection, params};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::{Answers, PAGE, Round, memory_mib, plain};

/// As the library counts.
const LEN: u32 = PAGE;

/// The database and its file.
pub(crate) struct Sqlite {
    connection: Connection,
    _dir: TempDir,
}

impl Sqlite {
    /// Makes the table with its indexes, then puts all records in, 1,000 to a transaction.
    pub(crate) fn load(rows: u32) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let before = memory_mib("self");
        let connection = Connection::open(dir.path().join("registry.db")).expect("opens");
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 CREATE TABLE people (id BLOB PRIMARY KEY, unit TEXT, class INTEGER,
                   specialty TEXT, status INTEGER, birth INTEGER, name TEXT, folded TEXT)
                   WITHOUT ROWID;
                 CREATE INDEX by_post ON people (class, specialty, unit, id);
                 CREATE INDEX by_unit ON people (unit, class);
                 CREATE INDEX by_name ON people (folded, id);",
            )
            .expect("made");
        let started = Instant::now();
        let mut all = plain(rows).peekable();
        while all.peek().is_some() {
            connection.execute_batch("BEGIN").expect("begun");
            {
                let insert = "INSERT INTO people VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
                let mut insert = connection.prepare_cached(insert).expect("prepared");
                for who in all.by_ref().take(1_000) {
                    let row = params![
                        who.id,
                        who.unit,
                        who.class,
                        who.specialty,
                        who.status,
                        who.birth,
                        who.name,
                        who.folded
                    ];
                    insert.execute(row).expect("inserted");
                }
            }
            connection.execute_batch("COMMIT").expect("committed");
        }
        let (took, more) = (started.elapsed(), memory_mib("self").saturating_sub(before));
        println!("sqlite: loaded with indexes in {took:.2?}, {more} MiB more with it");
        Self { connection, _dir: dir }
    }
}

impl Answers for Sqlite {
    fn compound(&mut self, round: &Round) -> (usize, u64) {
        let Round { class, specialty, unit, .. } = round;
        let found = "SELECT id FROM people WHERE class = ?1 AND specialty = ?2 AND unit = ?3
                     ORDER BY id LIMIT ?4";
        let mut found = self.connection.prepare_cached(found).expect("prepared");
        let page = found.query_map(params![class, specialty, unit, LEN], |row| row.get(0));
        let ids: Result<Vec<[u8; 16]>, _> = page.expect("asked").collect();
        let count = "SELECT count(*) FROM people WHERE class = ?1 AND specialty = ?2 AND unit = ?3";
        let mut count = self.connection.prepare_cached(count).expect("prepared");
        let total: i64 =
            count.query_row(params![class, specialty, unit], |row| row.get(0)).expect("counted");
        (ids.expect("read").len(), total.unsigned_abs())
    }

    fn prefix(&mut self, round: &Round) -> usize {
        let found = "SELECT id FROM people WHERE folded >= ?1 AND folded < ?2
                     ORDER BY folded, id LIMIT ?3";
        let mut found = self.connection.prepare_cached(found).expect("prepared");
        let end = format!("{}\u{10ffff}", round.prefix);
        let page = found.query_map(params![round.prefix, end, LEN], |row| row.get(0));
        let ids: Result<Vec<[u8; 16]>, _> = page.expect("asked").collect();
        ids.expect("read").len()
    }

    fn count(&mut self) -> (usize, u64) {
        let count = "SELECT unit, class, count(*) FROM people GROUP BY unit, class";
        let mut count = self.connection.prepare_cached(count).expect("prepared");
        let groups = count.query_map([], |row| row.get::<_, i64>(2)).expect("asked");
        let counts: Result<Vec<i64>, _> = groups.collect();
        let counts = counts.expect("read");
        (counts.len(), counts.iter().map(|count| count.unsigned_abs()).sum())
    }
}
