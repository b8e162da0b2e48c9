//! The same records and the same questions in the library, in SQLite and in PostgreSQL.
//!
//! One run, one machine, one after the other, so that what is read are ratios. All three hold the
//! columns that are asked for, with the indexes that a careful hand would make; SQLite and PostgreSQL
//! sync every commit of 1,000 rows, the library loads from its own sealed store. Each is asked through
//! its own interface: a function, prepared statements in the process, prepared statements over a local
//! socket. PostgreSQL is started in a temporary directory where `initdb` is found, and left out with a
//! word where it is not. `HOATOC_BENCH_ROWS` sets the number of records, 100,000 if unset.

#![expect(clippy::print_stdout, reason = "a bench speaks on the terminal")]

mod registry {
    pub(crate) mod library;
    pub(crate) mod postgres;
    pub(crate) mod sqlite;
}

use std::time::Duration;

use hoatoc::domain::registry::Reservist;
use hoatoc::domain::text::fold;
use hoatoc::sim::province;
use tokio::time::Instant;

/// How often each question is asked, each time with other values.
const ROUNDS: usize = 400;
/// Records on a page.
pub(crate) const PAGE: u32 = 50;

/// One record as a table has it.
pub(crate) struct Plain {
    pub(crate) id: [u8; 16],
    pub(crate) unit: String,
    pub(crate) class: i32,
    pub(crate) specialty: String,
    pub(crate) status: i32,
    pub(crate) birth: i32,
    pub(crate) name: String,
    pub(crate) folded: String,
}

impl Plain {
    fn of(person: &Reservist, number: u128) -> Self {
        let birth = person.person.birth.date();
        let year = i32::from(birth.year()) * 10_000;
        Self {
            id: number.to_be_bytes(),
            unit: person.residence_unit.to_string(),
            class: person.class.map_or(0, |class| class.number().into()),
            specialty: person.specialty.as_ref().map(ToString::to_string).unwrap_or_default(),
            status: person.status.number().into(),
            birth: year + i32::from(birth.month()) * 100 + i32::from(birth.day()),
            name: person.person.full_name.clone(),
            folded: fold(&person.person.full_name),
        }
    }
}

/// All records, in the order of their identities.
pub(crate) fn plain(rows: u32) -> impl Iterator<Item = Plain> {
    province::reservists(1, rows).zip(1..).map(|(person, number)| Plain::of(&person, number))
}

/// What is asked in one round.
pub(crate) struct Round {
    pub(crate) class: i32,
    pub(crate) specialty: String,
    pub(crate) unit: String,
    /// The beginning of a name, family first, folded.
    pub(crate) prefix: String,
}

fn rounds(rows: u32) -> Vec<Round> {
    let some = plain(rows).step_by((usize::try_from(rows).unwrap_or(1) / ROUNDS).max(1));
    let round = |who: Plain| {
        // The whole name but for the last letters of the given one.
        let len = who.folded.chars().count().saturating_sub(2).max(1);
        Round {
            class: who.class.max(1),
            specialty: who.specialty,
            unit: who.unit,
            prefix: who.folded.chars().take(len).collect(),
        }
    };
    some.take(ROUNDS).map(round).collect()
}

/// Something that answers.
pub(crate) trait Answers {
    /// Records of a class, a specialty and a commune: how many on the first page, and how many in all.
    fn compound(&mut self, round: &Round) -> (usize, u64);
    /// People whose name begins so: how many on the first page, in the order of names.
    fn prefix(&mut self, round: &Round) -> usize;
    /// How many of each unit and class: how many groups, and the sum.
    fn count(&mut self) -> (usize, u64);
}

/// Resident memory of a process in MiB, from /proc.
pub(crate) fn memory_mib(pid: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.unwrap_or(0) / 1024
}

fn quantiles(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    (at(50), at(99))
}

fn measure(name: &str, answers: &mut impl Answers, rounds: &[Round]) -> Vec<(usize, u64)> {
    let mut said = Vec::new();
    for warm in [true, false] {
        let (mut compound, mut prefix) = (Vec::new(), Vec::new());
        said.clear();
        for round in rounds {
            let started = Instant::now();
            let found = answers.compound(round);
            compound.push(started.elapsed());
            let started = Instant::now();
            let named = answers.prefix(round);
            prefix.push(started.elapsed());
            said.push(found);
            said.push((named, 0));
        }
        if warm {
            continue;
        }
        let started = Instant::now();
        said.push(answers.count());
        let counted = started.elapsed();
        let ((c50, c99), (p50, p99)) = (quantiles(compound), quantiles(prefix));
        println!("{name}: class, specialty, commune, with the count: p50 {c50:.1?}, p99 {c99:.1?}");
        println!("{name}: name prefix in order: p50 {p50:.1?}, p99 {p99:.1?}");
        println!("{name}: count by unit and class: {counted:.1?}");
    }
    said
}

fn main() {
    let rows = std::env::var("HOATOC_BENCH_ROWS").ok().and_then(|rows| rows.parse().ok());
    let rows: u32 = rows.unwrap_or(100_000);
    let rounds = rounds(rows);
    println!("{rows} records, {} rounds of each question", rounds.len());
    let mut library = registry::library::Library::load(rows);
    let ours = measure("library", &mut library, &rounds);
    drop(library);
    let mut sqlite = registry::sqlite::Sqlite::load(rows);
    let theirs = measure("sqlite", &mut sqlite, &rounds);
    assert_eq!(ours, theirs, "the same answers to the same questions");
    drop(sqlite);
    match registry::postgres::Postgres::load(rows) {
        Ok(mut postgres) => {
            let theirs = measure("postgres", &mut postgres, &rounds);
            assert_eq!(ours, theirs, "the same answers to the same questions");
        }
        Err(why) => println!("postgres: left out, {why}"),
    }
}
