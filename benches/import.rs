//! A whole register at work: a spreadsheet of reservists through `hoatoc reservist import` into a
//! server, the memory and disk it then takes, and how soon the server is there again.
//!
//! The program itself, as processes, over its own TLS on loopback: what is measured is what an operator
//! waits for. `HOATOC_BENCH_ROWS` sets the number of rows, 100,000 if unset. The same rows are written
//! plainly beside it, so that the disk's part can be told.

#![expect(clippy::print_stdout, reason = "a bench speaks on the terminal")]

#[path = "../tests/support/program.rs"]
#[expect(dead_code, reason = "tests use the rest of it")]
mod program;

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use hoatoc::domain::registry::Reservist;
use hoatoc::evidence::seal::OVERHEAD_LEN;
use hoatoc::sim::province;
use hoatoc::wire::pb;
use hoatoc::wire::registry::encode;
use program::{Place, Process};
use tokio::time::Instant;

const HEADER: &str = "STT;Họ và tên;Ngày sinh;Giới tính;Dân tộc;Số CCCD;Số thẻ;Cấp bậc;CNQS;Hạng dự bị;Thôn, bản;Xã, phường;Số điện thoại;Nơi làm việc;Đảng viên;Sức khỏe";
/// Far over what the slowest start takes.
const STOPPED: Duration = Duration::from_secs(60);

fn line(number: u32, who: &Reservist, unit: &str) -> String {
    let record = pb::Reservist::from(who);
    let birth = who.person.birth.date();
    let sex = if record.sex() == pb::Sex::Female { "Nữ" } else { "Nam" };
    let given = |number: u32| if number == 0 { String::new() } else { number.to_string() };
    [
        number.to_string(),
        record.full_name,
        format!("{:02}/{:02}/{}", birth.day(), birth.month(), birth.year()),
        sex.to_owned(),
        record.ethnic_group,
        record.citizen_id,
        record.reserve_card_number,
        record.rank,
        record.specialty_code,
        given(record.reserve_class),
        record.hamlet,
        unit.to_owned(),
        record.phones.into_iter().next().unwrap_or_default(),
        record.workplace,
        if record.party_member == Some(true) { "x".to_owned() } else { String::new() },
        given(record.health_class),
    ]
    .join(";")
}

/// Writes the spreadsheet; returns what its records take sealed, in bytes.
fn write(path: &Path, rows: u32) -> u64 {
    let units = province::units();
    let name = |who: &Reservist| {
        let unit = units.iter().find(|unit| unit.code == who.residence_unit);
        unit.map(|unit| unit.name.clone()).expect("a unit of the province")
    };
    let mut out = std::io::BufWriter::new(std::fs::File::create(path).expect("writable"));
    writeln!(out, "{HEADER}").expect("written");
    let mut sealed = 0;
    for (who, number) in province::reservists(1, rows).zip(1..) {
        writeln!(out, "{}", line(number, &who, &name(&who))).expect("written");
        sealed += encode(pb::Reservist::from(&who)).len() + OVERHEAD_LEN;
    }
    out.flush().expect("written");
    u64::try_from(sealed).expect("a length in memory fits 64 bits")
}

/// A line of /proc/PID/status, in MiB.
fn memory_mib(server: &Process, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id()));
    let status = status.unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    let kib: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.unwrap_or(0) / 1024
}

fn disk_bytes(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(of) if of.is_dir() => disk_bytes(&entry.path()),
        Ok(of) => of.len(),
        Err(_gone) => 0,
    });
    sizes.sum()
}

/// The disk at its best with as many bytes: written in order, synced once.
fn plain(dir: &Path, bytes: u64) -> Duration {
    let started = Instant::now();
    let mut file = std::fs::File::create(dir.join("plain")).expect("writable");
    let block = vec![7; 1 << 20];
    for _block in 0..bytes.div_ceil(1 << 20) {
        file.write_all(&block).expect("written");
    }
    file.sync_all().expect("synced");
    started.elapsed()
}

fn import(place: &Place, rows: u32) {
    let started = Instant::now();
    let done = place.run(&["reservist", "import", "people.csv", "--as", "admin"]);
    let took = started.elapsed().as_secs_f64();
    let count = |what: &str| done[what].as_u64().unwrap_or(0);
    println!(
        "import: {rows} rows in {took:.1} s, {:.0} rows/s; {} created, {} unchanged, {} rejected",
        f64::from(rows) / took,
        count("created"),
        count("unchanged"),
        done["rejected"].as_object().map_or(0, serde_json::Map::len),
    );
}

/// Starts a server that has its records; returns when it serves.
fn start(place: &Place, how: &str) -> Process {
    let started = Instant::now();
    let server = place.serve();
    let took = started.elapsed();
    println!("start after it {how}: {took:.1?}, {} MiB", memory_mib(&server, "VmRSS:"));
    server
}

fn main() {
    let rows = std::env::var("HOATOC_BENCH_ROWS").ok().and_then(|rows| rows.parse().ok());
    let rows: u32 = rows.unwrap_or(100_000);
    let place = Place::found(&[]);
    let sealed = write(&place.path("people.csv"), rows);
    let server = place.serve();
    let units = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sim/data/units.csv");
    place.run(&["unit", "import", units, "--as", "admin"]);
    import(&place, rows);
    println!(
        "server: {} MiB at most, {} MiB after it",
        memory_mib(&server, "VmHWM:"),
        memory_mib(&server, "VmRSS:")
    );
    let disk = disk_bytes(&place.path("server"));
    println!(
        "disk: {} MiB for {} MiB of sealed records; so many bytes plainly: {:.1?}",
        disk >> 20,
        sealed >> 20,
        plain(&place.path("."), disk)
    );
    import(&place, rows);
    drop(server);
    let mut server = start(&place, "was killed");
    server.terminate();
    server.ended(STOPPED);
    start(&place, "ended in order");
}
