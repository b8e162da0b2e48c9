//! The load program: many terminals on one machine, against our server and against the limit.
//!
//! The limit is what a machine does at best for the same work: plain TLS sockets with client
//! certificates, an order of the same size pushed to each, an answer of the same size back, written
//! to a log with one `fdatasync` for each group. Both run in a process of their own, so that their
//! memory and processor time can be told from the clients'; clients and server share the machine's
//! cores. Called by `hoatoc bench`.

pub mod clients;
pub mod crowd;
pub mod fixture;
pub mod raw;
pub mod server;

use std::fs;
use std::io;
use std::time::Duration;

/// What one round measured, on the clients' clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct Round {
    /// From issue until the last terminal had the order, answers held back.
    pub alone: Duration,
    /// From issue until the last answer was durable and said to be so.
    pub together: Duration,
}

/// What a server process has used so far.
#[derive(Debug, Clone, Copy, Default, serde::Serialize, serde::Deserialize)]
pub struct Usage {
    /// Memory in use, in KiB.
    pub resident_kib: u64,
    /// Processor time, in microseconds.
    pub cpu_us: u64,
}

impl Usage {
    /// Of this process, from `/proc`.
    ///
    /// # Errors
    /// When `/proc` cannot be read: the load program needs Linux.
    pub fn now() -> io::Result<Self> {
        let status = fs::read_to_string("/proc/self/status")?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident_kib = resident
            .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
            .ok_or_else(|| io::Error::other("/proc/self/status has no VmRSS"))?;
        Ok(Self { resident_kib, cpu_us: cpu_us()? })
    }
}

/// User and system time of all threads, in microseconds.
fn cpu_us() -> io::Result<u64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // After the command's name in parentheses, utime and stime are the 12th and 13th fields.
    let fields = stat.rsplit_once(')').map(|(_name, rest)| rest).unwrap_or_default();
    let mut ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let (user, system) = (ticks.next(), ticks.next());
    match (user, system) {
        // A clock tick is 10 ms on every Linux that Rust runs on.
        (Some(Ok(user)), Some(Ok(system))) => Ok((user + system) * 10_000),
        _missing => Err(io::Error::other("/proc/self/stat has no times")),
    }
}
