//! What the kernel saw: the bytes of an entry go to the journal, the journal is synced, and only then
//! the entry is confirmed.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::io::Read;
use std::process::Command;

use hoatoc::store::keys;

use crate::{kill, victim};

const ENOUGH: usize = 150;

pub(crate) fn run() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let trace = dir.path().join("trace");
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-y", "-xx", "-s", "1000000", "-e", "trace=write,pwrite64,fdatasync,fsync"])
        .arg("-o")
        .arg(&trace)
        .arg(std::env::current_exe().expect("this program"))
        .env(victim::ENOUGH, ENOUGH.to_string());
    let known = Command::new("strace").arg("-V").output();
    assert!(known.is_ok(), "this test needs strace: tests/run.sh installs it");
    let mut child = kill::start(&mut strace, &dir.path().join("store"), 1);
    let mut said = String::new();
    child.stdout.take().expect("piped").read_to_string(&mut said).expect("readable");
    child.wait().expect("it ends");
    let trace = std::fs::read_to_string(&trace).expect("strace wrote its trace");
    let checked = follow(&trace).expect("no confirmation before its sync");
    assert!(checked >= ENOUGH, "{checked} confirmations in the trace, {ENOUGH} were made");
    // The guard is not blind: without its syncs the same trace is refused.
    let unsynced: String =
        trace.lines().filter(|line| !line.contains("fdatasync")).flat_map(|l| [l, "\n"]).collect();
    assert!(follow(&unsynced).is_err(), "it proves nothing");
}

/// Bytes as strace writes them.
fn shown(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "\\x{byte:02x}").expect("a string takes all");
        text
    })
}

/// An entry that was confirmed before it was on stable storage.
#[derive(Debug, PartialEq, Eq)]
struct Unsynced {
    index: u64,
}

/// Goes through the calls in the order they began; how many confirmations were found right.
fn follow(trace: &str) -> Result<usize, Unsynced> {
    let said = format!("\"{}", shown(victim::CONFIRMED.as_bytes()));
    let (mut unsynced, mut syncing) = (HashMap::<&str, Vec<&str>>::new(), HashSet::new());
    let mut synced: Vec<&str> = Vec::new();
    let mut checked = 0;
    for line in trace.lines() {
        let Some((pid, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        let of_journal = call.contains(".journal>") || call.contains(&shown(b".journal"));
        if (call.starts_with("write(") || call.starts_with("pwrite64(")) && of_journal {
            unsynced.entry(pid).or_default().push(call);
        } else if call.starts_with("fdatasync(") && of_journal {
            if call.ends_with("= 0") {
                synced.extend(unsynced.remove(pid).unwrap_or_default());
            } else {
                syncing.insert(pid);
            }
        } else if call.contains("fdatasync resumed") && call.ends_with("= 0") {
            if syncing.remove(pid) {
                synced.extend(unsynced.remove(pid).unwrap_or_default());
            }
        } else if call.starts_with("write(1<") && call.contains(&said) {
            let index = index_of(call);
            let key = shown(&keys::ledger(index));
            if !synced.iter().any(|write| write.contains(&key)) {
                return Err(Unsynced { index });
            }
            checked += 1;
        }
    }
    Ok(checked)
}

/// The ledger index in a confirmation.
fn index_of(call: &str) -> u64 {
    let text = call.split('"').nth(1).expect("a string");
    let bytes = text.split("\\x").skip(1).map(|hex| u8::from_str_radix(hex, 16).expect("hex"));
    let text = String::from_utf8(bytes.collect()).expect("text");
    text.split(' ').nth(1).expect("an index").parse().expect("a number")
}
