//! `hoatoc bench`: the load program.

mod busy;
mod child;
mod fanout;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};

/// Measures this machine against its own limit.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hoatoc bench fanout --terminals 50,1000 --rounds 3")]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Orders out and durable answers back, for many terminals with mutual TLS, against plain TLS
    /// sockets doing the same work in the same run.
    #[command(after_help = "Example:\n  hoatoc bench fanout --terminals 50,1000 --rounds 3")]
    Fanout(FanoutArgs),
    /// Orders to connected terminals on a quiet server, then during an import, reports and watchers.
    #[command(after_help = "Example:\n  hoatoc bench busy --terminals 179 --orders 200")]
    Busy(BusyArgs),
    /// The server's side of a run, started by the others.
    #[command(hide = true)]
    Child(ChildArgs),
}

/// What to measure.
#[derive(Debug, Args)]
struct FanoutArgs {
    /// How many terminals; several numbers are measured one after another.
    #[arg(long, value_delimiter = ',', default_value = "50,1000,5000,10000",
          value_parser = clap::value_parser!(u32).range(1..=20_000))]
    terminals: Vec<u32>,
    /// Rounds of each kind; medians are shown.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
    /// Bytes of an order's payload.
    #[arg(long, default_value_t = 1_500, value_parser = clap::value_parser!(u32).range(200..=30_000))]
    order_len: u32,
}

/// How many of what.
#[derive(Debug, Args)]
struct BusyArgs {
    /// How many terminals.
    #[arg(long, default_value_t = 179, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    terminals: u32,
    /// Orders on the quiet server, and as many on the busy one.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(10..=450))]
    orders: u32,
}

/// How the server's side is told what to be.
#[derive(Debug, Args)]
struct ChildArgs {
    /// The prepared run's directory.
    #[arg(long)]
    dir: PathBuf,
    /// Plain TLS sockets instead of our server.
    #[arg(long)]
    raw: bool,
}

/// Carries the command out; `json` asks for JSON on standard output.
pub(crate) async fn run(args: BenchArgs, json: bool) -> Result<()> {
    match args.what {
        What::Fanout(args) => fanout::run(&args, json).await,
        What::Busy(args) => busy::run(&args, json).await,
        What::Child(args) => child::run(&args).await,
    }
}
