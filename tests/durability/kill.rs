//! SIGKILL at any moment, again and again, over the same store.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{checker, victim};

/// Lives over one store before the next one begins: open orders are bounded.
const LIVES_PER_STORE: u64 = 12;
/// No store this small takes as long on any machine; the goal (D1) is measured in `benches/`.
const HANGS: Duration = Duration::from_secs(120);

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// The arguments of a victim's start, for whoever wraps it.
pub(crate) fn start(command: &mut Command, dir: &Path, life: u64) -> Child {
    command
        .env(victim::DIR, dir)
        .env(victim::LIFE, life.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the victim starts")
}

/// A line of the victim's that was written whole.
fn confirmation(line: &str) -> Option<(u64, String)> {
    let said = line.strip_suffix('\n')?.strip_prefix(victim::CONFIRMED)?.trim_start();
    let (index, what) = said.split_once(' ')?;
    Some((index.parse().expect("an index"), what.to_owned()))
}

fn next(lines: &mut BufReader<ChildStdout>) -> Option<(u64, String)> {
    let mut line = String::new();
    lines.read_line(&mut line).expect("readable");
    confirmation(&line)
}

pub(crate) fn run() {
    let (cycles, seed) = (setting("HOATOC_KILL_CYCLES", 60), setting("HOATOC_KILL_SEED", 1));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut total, mut slowest) = (0, Duration::ZERO);
    let mut life = 0;
    while life < cycles {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut confirmed = Vec::new();
        for _ in 0..LIVES_PER_STORE.min(cycles - life) {
            life += 1;
            let own = std::env::current_exe().expect("this program");
            let mut child = start(&mut Command::new(own), dir.path(), life);
            let mut lines = BufReader::new(child.stdout.take().expect("piped"));
            // Mostly early, where each commit is another kind; sometimes deep in the load.
            let enough = if rng.random_bool(0.8) { 40 } else { 600 };
            for _ in 0..rng.random_range(0..enough) {
                confirmed.push(next(&mut lines).expect("the victim does not end by itself"));
            }
            child.kill().expect("killed");
            child.wait().expect("it ends");
            // What it still said before it died was confirmed as well.
            confirmed.extend(std::iter::from_fn(|| next(&mut lines)));
            let took = checker::check(dir.path(), &confirmed);
            assert!(took <= HANGS, "seed {seed}, life {life}: opening took {took:?}");
            slowest = slowest.max(took);
        }
        total += confirmed.len();
    }
    assert!(total > usize::try_from(cycles).expect("few") * 10, "the load is too light: {total}");
    eprintln!(
        "{cycles} kills (seed {seed}): {total} confirmed, 0 lost; slowest opening {slowest:?}"
    );
}
