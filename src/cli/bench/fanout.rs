//! The clients' side of a load run, and its table.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, timeout};

use super::FanoutArgs;
use super::child::{Material, Said, said};
use crate::clock::{Clock, SystemClock};
use crate::sim::load::clients::{self, Fleet};
use crate::sim::load::fixture::{self, Fixture};
use crate::sim::load::{Round, Usage, raw};
use crate::tasks::Tasks;

/// A run that takes longer hangs.
const RUN_PATIENCE: Duration = Duration::from_secs(120);
const STOP_PATIENCE: Duration = Duration::from_secs(30);

/// One line of the result.
#[derive(Debug, Serialize)]
struct Line {
    terminals: u32,
    server: &'static str,
    connect_ms: u64,
    alone_ms: f64,
    alone_ratio: f64,
    together_ms: f64,
    together_ratio: f64,
    /// Signing and verifying one answer, on one core, at this moment; 0 where nothing is signed.
    crypto_us_per_answer: f64,
    /// As `together_ratio`, less what the signatures take of all cores (goal T2).
    together_unsigned_ratio: f64,
    answers_per_second: f64,
    server_cpu_us_per_delivery_and_answer: f64,
    server_kib_per_connection: f64,
}

/// What one server did with one fleet.
struct Measured {
    connect: Duration,
    rounds: Vec<Round>,
    cpu_us_per_round: f64,
    kib_per_connection: f64,
}

pub(super) async fn run(args: &FanoutArgs, json: bool) -> Result<()> {
    let mut lines = Vec::new();
    for terminals in &args.terminals {
        let dir = tempfile::tempdir().context("make a temporary directory")?;
        note(&format!("{terminals} terminals: making certificates and a store"));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let order_len = usize::try_from(args.order_len)?;
        let store = dir.path().join("store");
        let fixture = fixture::build(&store, *terminals, args.rounds * 2 + 1, order_len, clock)
            .await
            .map_err(said)?;
        Material::write(&fixture, order_len, dir.path())?;
        let crypto_us = clients::crypto_us_per_answer(&fixture.answer_key).map_err(said)?;
        note(&format!("{terminals} terminals: plain TLS sockets"));
        let limit = timeout(RUN_PATIENCE, measure(args, &fixture, dir.path(), true)).await??;
        note(&format!("{terminals} terminals: hoatoc"));
        let ours = timeout(RUN_PATIENCE, measure(args, &fixture, dir.path(), false)).await??;
        for (server, measured, crypto_us) in
            [("plain TLS + log", &limit, 0.0), ("hoatoc", &ours, crypto_us)]
        {
            let line = Line::new(*terminals, (server, crypto_us), measured, &limit);
            if !json {
                show(&line);
            }
            lines.push(line);
        }
    }
    if json {
        #[expect(clippy::print_stdout, reason = "the result of the command")]
        {
            println!("{}", serde_json::to_string_pretty(&lines)?);
        }
    }
    Ok(())
}

impl Line {
    fn new(
        terminals: u32,
        (server, crypto_us): (&'static str, f64),
        own: &Measured,
        limit: &Measured,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let cores = f64::from(u32::try_from(cores).unwrap_or(1));
        let crypto = f64::from(terminals) * crypto_us / 1e6 / cores;
        let limit_together = median(limit, |round| round.together);
        let alone = median(own, |round| round.alone);
        let together = median(own, |round| round.together);
        Self {
            terminals,
            server,
            connect_ms: u64::try_from(own.connect.as_millis()).unwrap_or(u64::MAX),
            alone_ms: alone * 1e3,
            alone_ratio: alone / median(limit, |round| round.alone),
            together_ms: together * 1e3,
            together_ratio: together / limit_together,
            crypto_us_per_answer: crypto_us,
            together_unsigned_ratio: (together - crypto) / limit_together,
            answers_per_second: f64::from(terminals) / together,
            server_cpu_us_per_delivery_and_answer: own.cpu_us_per_round / f64::from(terminals),
            server_kib_per_connection: own.kib_per_connection,
        }
    }
}

fn median(measured: &Measured, of: fn(&Round) -> Duration) -> f64 {
    let mut times: Vec<Duration> = measured.rounds.iter().map(of).collect();
    times.sort_unstable();
    times.get(times.len() / 2).map_or(f64::NAN, Duration::as_secs_f64)
}

/// The server's process.
pub(super) struct Server {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Server {
    pub(super) async fn start(dir: &std::path::Path, raw: bool) -> Result<(Self, Said)> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["bench", "child", "--dir"]).arg(dir);
        if raw {
            command.arg("--raw");
        }
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("start the server's process")?;
        let input = process.stdin.take().context("no standard input")?;
        let output = process.stdout.take().context("no standard output")?;
        let mut server = Self { _process: process, input, output: BufReader::new(output).lines() };
        let ready = server.hear().await?;
        Ok((server, ready))
    }

    pub(super) async fn tell(&mut self, line: &str) -> Result<()> {
        self.input.write_all(format!("{line}\n").as_bytes()).await?;
        Ok(self.input.flush().await?)
    }

    pub(super) async fn hear(&mut self) -> Result<Said> {
        let line = self.output.next_line().await?.context("the server's process ended")?;
        Ok(serde_json::from_str(&line)?)
    }

    async fn usage(&mut self) -> Result<Usage> {
        self.tell("usage").await?;
        Ok(self.hear().await?.usage)
    }

    /// Rows that its import has brought in.
    pub(super) async fn rows(&mut self) -> Result<u64> {
        self.tell("usage").await?;
        Ok(self.hear().await?.rows)
    }
}

async fn measure(
    args: &FanoutArgs,
    fixture: &Fixture,
    dir: &std::path::Path,
    is_raw: bool,
) -> Result<Measured> {
    let (mut server, ready) = Server::start(dir, is_raw).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let tasks = Tasks::new();
    let size = u64::try_from(fixture.terminals.len())?;
    let fleet = Fleet::new(size);
    let started = Instant::now();
    let connected = if is_raw {
        raw::connect(fixture, ready.address.parse()?, &fleet, clock, &tasks).await
    } else {
        clients::connect(fixture, &ready.address, &fleet, clock, &tasks).await
    };
    connected.map_err(said)?;
    let connect = started.elapsed();
    // The first order warms both sides up and is not counted.
    round(&mut server, &fleet, 0, false).await?;
    let before = server.usage().await?;
    let mut rounds = Vec::new();
    for number in 0..args.rounds {
        let first = u64::from(number) * 2 + 1;
        let alone = round(&mut server, &fleet, first, true).await?.alone;
        let together = round(&mut server, &fleet, first + 1, false).await?.together;
        rounds.push(Round { alone, together });
    }
    let after = server.usage().await?;
    drop(server);
    tasks.stopping().cancel();
    let _connections_end_with_the_server = tasks.stop(STOP_PATIENCE).await;
    let grown_kib = after.resident_kib.saturating_sub(ready.usage.resident_kib);
    let orders = f64::from(args.rounds * 2);
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    Ok(Measured {
        connect,
        rounds,
        cpu_us_per_round: (after.cpu_us - before.cpu_us) as f64 / orders,
        kib_per_connection: grown_kib as f64 / size as f64,
    })
}

/// One order to everybody and all answers back.
pub(super) async fn round(
    server: &mut Server,
    fleet: &Fleet,
    number: u64,
    hold: bool,
) -> Result<Round> {
    fleet.answer(!hold);
    let started = Instant::now();
    server.tell(&format!("issue {number}")).await?;
    fleet.wait_arrived(number + 1).await;
    let alone = started.elapsed();
    fleet.answer(true);
    fleet.wait_recorded(number + 1).await;
    let together = started.elapsed();
    server.hear().await?;
    Ok(Round { alone, together })
}

pub(super) fn note(text: &str) {
    eprintln!("{text}");
}

fn show(line: &Line) {
    #[expect(clippy::print_stdout, reason = "the result of the command")]
    {
        println!(
            "{:>6} {:<16} connect {:>6} ms | alone {:>7.1} ms ({:.2}x) | together {:>7.1} ms \
             ({:.2}x, less {:.0} us of signing and verifying each {:.2}x) | {:>7.0} answers/s | \
             {:>5.1} us CPU each | {:>5.1} KiB a connection",
            line.terminals,
            line.server,
            line.connect_ms,
            line.alone_ms,
            line.alone_ratio,
            line.together_ms,
            line.together_ratio,
            line.crypto_us_per_answer,
            line.together_unsigned_ratio,
            line.answers_per_second,
            line.server_cpu_us_per_delivery_and_answer,
            line.server_kib_per_connection,
        );
    }
}
