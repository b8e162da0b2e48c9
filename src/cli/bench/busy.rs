//! An order on a quiet server, and the same during an import, reports and fifty watchers.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::BusyArgs;
use super::child::{Material, said};
use super::fanout::{Server, note, round};
use crate::clock::{Clock, SystemClock};
use crate::sim::load::clients::{self, Fleet};
use crate::sim::load::fixture;
use crate::tasks::Tasks;

const ORDER_LEN: usize = 1_500;
const STOP_PATIENCE: Duration = Duration::from_secs(30);

/// How long orders took, from issue to the last answer on disk.
#[derive(Debug, Serialize)]
struct Line {
    server: &'static str,
    orders: usize,
    p50_ms: f64,
    p99_ms: f64,
    worst_ms: f64,
    rows_per_second: f64,
}

/// What both lines say together.
#[derive(Debug, Serialize)]
struct Outcome {
    terminals: u32,
    quiet: Line,
    busy: Line,
    p99_ratio: f64,
}

pub(super) async fn run(args: &BusyArgs, json: bool) -> Result<()> {
    let dir = tempfile::tempdir().context("make a temporary directory")?;
    note(&format!("{} terminals: making certificates and a store", args.terminals));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = dir.path().join("store");
    let orders = args.orders * 2 + 1;
    let fixture = fixture::build(&store, args.terminals, orders, ORDER_LEN, clock.clone());
    let fixture = fixture.await.map_err(said)?;
    Material::write(&fixture, ORDER_LEN, dir.path())?;
    let (mut server, ready) = Server::start(dir.path(), false).await?;
    let tasks = Tasks::new();
    let fleet = Fleet::new(args.terminals.into());
    clients::connect(&fixture, &ready.address, &fleet, clock, &tasks).await.map_err(said)?;
    // The first order warms both sides up and is not counted.
    round(&mut server, &fleet, 0, false).await?;
    note("a quiet server");
    let quiet = series(&mut server, &fleet, 1, args.orders).await?;
    note("during an import, reports and fifty watchers");
    server.tell("busy 0").await?;
    server.hear().await?;
    let began = server.rows().await?;
    let started = tokio::time::Instant::now();
    let busy = series(&mut server, &fleet, u64::from(args.orders) + 1, args.orders).await?;
    let took = started.elapsed().as_secs_f64();
    let ended = server.rows().await?;
    drop(server);
    tasks.stopping().cancel();
    let _connections_end_with_the_server = tasks.stop(STOP_PATIENCE).await;
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rows_per_second = (ended - began) as f64 / took;
    let quiet = Line::new("quiet", &quiet, 0.0);
    let busy = Line::new("busy", &busy, rows_per_second);
    let p99_ratio = busy.p99_ms / quiet.p99_ms;
    show(&Outcome { terminals: args.terminals, quiet, busy, p99_ratio }, json)
}

/// Orders one after another, each until its last answer is on disk; times in order of length.
async fn series(
    server: &mut Server,
    fleet: &Fleet,
    first: u64,
    orders: u32,
) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for number in first..first + u64::from(orders) {
        times.push(round(server, fleet, number, false).await?.together);
    }
    times.sort_unstable();
    Ok(times)
}

impl Line {
    /// From times in order; nearest rank.
    fn new(server: &'static str, times: &[Duration], rows_per_second: f64) -> Self {
        let rank = |percent: usize| (times.len() * percent).div_ceil(100).saturating_sub(1);
        let ms = |at: usize| times.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3);
        Self {
            server,
            orders: times.len(),
            p50_ms: ms(rank(50)),
            p99_ms: ms(rank(99)),
            worst_ms: ms(times.len().saturating_sub(1)),
            rows_per_second,
        }
    }
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn show(outcome: &Outcome, json: bool) -> Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(outcome)?);
        return Ok(());
    }
    for line in [&outcome.quiet, &outcome.busy] {
        println!(
            "{:<6} {} orders to {} terminals: p50 {:>7.1} ms, p99 {:>7.1} ms, worst {:>7.1} ms | \
             {:>7.0} rows/s beside",
            line.server,
            line.orders,
            outcome.terminals,
            line.p50_ms,
            line.p99_ms,
            line.worst_ms,
            line.rows_per_second
        );
    }
    println!("p99 busy over quiet: {:.2}x", outcome.p99_ratio);
    Ok(())
}
