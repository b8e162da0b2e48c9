//! What a confirmed thing is worth: processes that are killed, or told to stop, in the middle of their
//! work, and what the system calls of one say about the order of its writes (goals D1 and R8).
//!
//! The binary has a main of its own because it is also the victim: started again with `HOATOC_VICTIM` set, it serves an engine over a sled store under mixed load and writes
//! each confirmed thing to standard output, after it was confirmed. `HOATOC_KILL_CYCLES` sets how
//! often it is killed (60), `HOATOC_KILL_SEED` when.

#[path = "durability/checker.rs"]
mod checker;
#[path = "durability/drain.rs"]
mod drain;
#[path = "durability/kill.rs"]
mod kill;
#[path = "durability/order_of_writes.rs"]
mod order_of_writes;
#[path = "support/program.rs"]
mod program;
#[path = "durability/victim.rs"]
mod victim;

use std::io::Write;
use std::process::ExitCode;

const TESTS: [(&str, fn()); 3] = [
    ("whatever_was_confirmed_survives_a_kill_once_and_whole", kill::run),
    ("each_confirmation_follows_a_sync_of_its_journal_record", order_of_writes::run),
    ("a_server_told_to_stop_under_load_keeps_its_word_and_is_found_again", drain::run),
];

/// The part of libtest's command line that cargo and nextest use.
fn main() -> ExitCode {
    if let Some(dir) = std::env::var_os(victim::DIR) {
        victim::run(dir.as_ref());
        return ExitCode::SUCCESS;
    }
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    let mut out = std::io::stdout();
    if has("--list") {
        for (name, _run) in TESTS.iter().filter(|_each| !has("--ignored")) {
            writeln!(out, "{name}: test").expect("standard output is there");
        }
        return ExitCode::SUCCESS;
    }
    let wanted: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
    for (name, run) in TESTS {
        let named =
            |want: &&String| if has("--exact") { *want == name } else { name.contains(*want) };
        if wanted.is_empty() || wanted.iter().any(named) {
            run();
            writeln!(out, "test {name} ... ok").expect("standard output is there");
        }
    }
    ExitCode::SUCCESS
}
