//! The command line: one file per subcommand.
//!
//! Called by `main` alone. Results go to standard output (with `--output json` nothing else does),
//! everything said to a person goes to standard error. Exit status: 0 success, 1 failure with one
//! sentence that says what to do, 2 wrong usage. Only here errors are `anyhow`.
//!
//! - [`server`]: `init`, `serve`, `check`, `backup`, `restore`, `key`: on the server's machine.
//! - [`identity`]: `officer`, `trust`, `rule`, `delegation`, `endpoint`, `terminal`: who there is.
//! - [`registry`]: `unit`, `reservist`, `equipment`, `militia`, `enterprise`, `activity`: what
//!   there is.
//! - [`order`]: drafting, signing, issuing and following orders; [`report`]: how they were answered.
//! - [`ledger`]: heads, proofs, exports and a full replay; [`witness`]: who cosigns its heads.
//!
//! Officers' commands know one place: the officer's home ([`homes`]), named by `--as`; its signing keys
//! are opened by [`keys`]. What ends soon is told under each of them.

mod bench;
mod connection;
mod days;
mod demo;
mod dumps;
mod expiry;
mod homes;
mod identity;
mod keys;
mod ledger;
mod listing;
mod order;
mod output;
mod past_trust;
mod plan;
mod registry;
pub mod report;
mod server;
mod witness;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::clock::{Clock, SystemClock};
use connection::Connection;
use homes::OfficerHome;
use keys::secrets::Secrets;
use output::{Format, Screen};

/// The exit status of wrong usage.
const USAGE: u8 = 2;
/// How long threads that still read or write may take at the end.
const THREADS_WAIT_MAX: Duration = Duration::from_secs(1);

/// Signed mobilization orders from a province to its communes: issued, answered, measured, provable.
#[derive(Debug, Parser)]
#[command(
    name = "hoatoc",
    version,
    max_term_width = 100,
    after_help = "Example, a province from nothing:\n  \
        hoatoc init --data-dir /srv/hoatoc --root /media/usb/root --admin ~/admin\n  \
        hoatoc serve --data-dir /srv/hoatoc\n  \
        hoatoc unit import units.csv --as ~/admin"
)]
struct Cli {
    /// How results are written to standard output.
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    output: Format,
    /// The home of the officer who asks: a directory with keys, made by `officer add`.
    #[arg(
        long = "as",
        global = true,
        value_name = "DIR",
        env = "HOATOC_AS",
        hide_env_values = true
    )]
    acting: Option<PathBuf>,
    /// Take passphrases and PINs from the first line of this file, which only its owner may read, instead
    /// of asking; repeat it where several keys are opened.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "HOATOC_PASSPHRASE_FILE",
        hide_env_values = true
    )]
    passphrase_file: Vec<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(server::init::Init),
    Serve(server::serve::Serve),
    Check(server::check::Check),
    Backup(server::backup::Backup),
    Restore(server::restore::Restore),
    /// Keys of personal data: how they stand, new ones for all records.
    #[command(subcommand, after_help = "Example:\n  hoatoc key show --as ~/admin")]
    Key(server::key::Key),
    /// Officers: who may do what.
    #[command(subcommand, after_help = "Example:\n  hoatoc officer list --as ~/admin")]
    Officer(identity::officer::Officer),
    /// The trust bundle: shown, compared, drafted, signed by root holders one by one, published.
    #[command(subcommand, after_help = "Example:\n  hoatoc trust show --as ~/admin")]
    Trust(identity::trust::Trust),
    /// Authority rules: who must sign which orders.
    #[command(subcommand, after_help = "Example:\n  hoatoc rule show --as ~/admin")]
    Rule(identity::rules::Rule),
    /// Delegations: who stands in for whom, and until when.
    #[command(subcommand, after_help = "Example:\n  hoatoc delegation list --as ~/admin")]
    Delegation(identity::delegation::Delegation),
    /// Endpoints: who is addressed.
    #[command(subcommand, after_help = "Example:\n  hoatoc endpoint list --as ~/admin")]
    Endpoint(identity::endpoint::Endpoint),
    /// The commune's side: enrols, receives, answers.
    #[command(
        subcommand,
        after_help = "Example:\n  hoatoc terminal run --data-dir /var/lib/hoatoc-terminal"
    )]
    Terminal(identity::terminal::Terminal),
    /// Units: the province's tree.
    #[command(subcommand, after_help = "Example:\n  hoatoc unit import units.csv --as ~/admin")]
    Unit(registry::unit::Unit),
    /// Reservists: the people of the reserve.
    #[command(
        subcommand,
        after_help = "Example:\n  hoatoc reservist import 03160.xlsx --unit 03160 --as ~/admin"
    )]
    Reservist(registry::reservist::Reservist),
    /// Equipment: the technical means of the reserve.
    #[command(
        subcommand,
        after_help = "Example:\n  hoatoc equipment import vehicles.xlsx --as ~/admin"
    )]
    Equipment(registry::equipment::Equipment),
    /// Militia and self-defense bases.
    #[command(subcommand, after_help = "Example:\n  hoatoc militia list --as ~/admin")]
    Militia(registry::force::Militia),
    /// Enterprises for industrial mobilization.
    #[command(subcommand, after_help = "Example:\n  hoatoc enterprise list --as ~/admin")]
    Enterprise(registry::force::Enterprise),
    /// Activities: what was trained, exercised, inspected and done.
    #[command(subcommand, after_help = "Example:\n  hoatoc activity list --as ~/admin")]
    Activity(registry::force::Activity),
    /// Military specialties: the list that records, plans and orders are held against.
    #[command(
        subcommand,
        after_help = "Example:\n  hoatoc specialty import cnqs.xlsx --dry-run --as ~/admin"
    )]
    Specialty(registry::code_list::specialty::Specialty),
    /// Types of equipment: the list that records, plans and orders are held against.
    #[command(
        subcommand,
        after_help = "Example:\n  hoatoc equipment-type import ptkt.xlsx --dry-run --as ~/admin"
    )]
    EquipmentType(registry::code_list::equipment_type::EquipmentType),
    /// The plan: reserve units, who and what fills them, and how full they are.
    #[command(subcommand, after_help = "Example:\n  hoatoc plan fill --by commune --as ~/admin")]
    Plan(plan::Plan),
    /// Orders: drafted, signed, issued, changed, followed, verified.
    #[command(subcommand, after_help = "Example:\n  hoatoc order list --as ~/duty")]
    Order(order::Order),
    /// Reports: how an order was answered.
    #[command(
        subcommand,
        after_help = "Example:\n  hoatoc report response --order 01936f5e-0000-7000-8000-000000000000 --as ~/duty"
    )]
    Report(report::Report),
    /// The ledger: heads, proofs, a full replay.
    #[command(subcommand, after_help = "Example:\n  hoatoc ledger verify --as ~/auditor")]
    Ledger(ledger::Ledger),
    /// Witnesses: others who see that the ledger only grows.
    #[command(
        subcommand,
        after_help = "Example:\n  hoatoc witness init --home /srv/witness --name kv1.example"
    )]
    Witness(witness::Witness),
    Demo(demo::Demo),
    Bench(bench::BenchArgs),
    /// Writes the completions of a shell to standard output.
    #[command(after_help = "Example:\n  hoatoc completions bash > /etc/bash_completion.d/hoatoc")]
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
}

/// What every command is handed.
#[derive(Debug)]
struct Cx {
    screen: Screen,
    clock: Arc<dyn Clock>,
    home: Option<PathBuf>,
    secrets: Secrets,
}

impl Cx {
    /// The home of the officer who asks.
    fn home(&self) -> Result<OfficerHome> {
        let dir = self.home.as_deref().ok_or_else(|| {
            anyhow!("no officer is named: give the officer's home with --as DIR or in HOATOC_AS")
        })?;
        OfficerHome::load(dir, &self.secrets)
    }

    /// A connection as the officer who asks.
    async fn connect(&self) -> Result<Connection> {
        Connection::open(self.home()?, Arc::clone(&self.clock)).await
    }
}

/// Whether the program takes these words, its own name first, as a command. Nothing is run: for
/// checks of what others start it with, such as service units.
///
/// # Errors
/// What it would complain of.
pub fn understands<I>(words: I) -> Result<(), clap::Error>
where
    I: IntoIterator<Item: Into<OsString> + Clone>,
{
    Cli::try_parse_from(words).map(drop)
}

/// Runs the program with its arguments.
pub fn main() -> ExitCode {
    let dumps = dumps::forbid();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => {
            // Where standard error is gone, nobody reads a complaint about that either.
            drop(told.print());
            return u8::try_from(told.exit_code()).unwrap_or(USAGE).into();
        }
    };
    let cx = Cx {
        screen: Screen::new(cli.output),
        clock: Arc::new(SystemClock),
        home: cli.acting,
        secrets: Secrets::new(cli.passphrase_file),
    };
    let allowed = dumps.context("failed to forbid core files, which would hold keys: allow prctl");
    let done = allowed.and_then(|()| run(&cx, cli.command));
    for note in cx.home().iter().flat_map(|home| expiry::notes(home, cx.clock.now())) {
        cx.screen.note(&format!("NOTE: {note}"));
    }
    match done {
        Ok(status) => status,
        Err(failure) if output::reader_left(&failure) => ExitCode::SUCCESS,
        Err(failure) if failure.is::<server::serve::Logged>() => ExitCode::FAILURE,
        Err(failure) => {
            cx.screen.failure(&failure);
            ExitCode::FAILURE
        }
    }
}

fn run(cx: &Cx, command: Command) -> Result<ExitCode> {
    let done = |done: Result<()>| done.map(|()| ExitCode::SUCCESS);
    match command {
        Command::Init(init) => done(init.run(cx)),
        Command::Serve(serve) => done(serve.run(cx)),
        Command::Check(check) => done(check.run(cx)),
        Command::Backup(backup) => done(backup.run(cx)),
        Command::Restore(restore) => done(restore.run(cx)),
        Command::Key(key) => done(wait(key.run(cx))?),
        Command::Officer(officer) => done(wait(officer.run(cx))?),
        Command::Trust(trust) => done(wait(trust.run(cx))?),
        Command::Rule(rule) => done(wait(rule.run(cx))?),
        Command::Delegation(delegation) => done(wait(delegation.run(cx))?),
        Command::Endpoint(endpoint) => done(wait(endpoint.run(cx))?),
        Command::Terminal(terminal) => wait(terminal.run(cx))?,
        Command::Unit(unit) => done(wait(unit.run(cx))?),
        Command::Reservist(reservist) => done(wait(reservist.run(cx))?),
        Command::Equipment(equipment) => done(wait(equipment.run(cx))?),
        Command::Specialty(specialty) => done(wait(specialty.run(cx))?),
        Command::EquipmentType(kind) => done(wait(kind.run(cx))?),
        Command::Militia(militia) => done(wait(militia.run(cx))?),
        Command::Enterprise(enterprise) => done(wait(enterprise.run(cx))?),
        Command::Activity(activity) => done(wait(activity.run(cx))?),
        Command::Plan(plan) => done(wait(plan.run(cx))?),
        Command::Order(order) => wait(order.run(cx))?,
        Command::Report(report) => done(wait(report.run(cx))?),
        Command::Ledger(ledger) => wait(ledger.run(cx))?,
        Command::Witness(witness) => done(wait(witness.run(cx))?),
        Command::Demo(demo) => demo.run(cx),
        Command::Bench(bench) => done(wait(bench::run(bench, cx.screen.is_json()))?),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "hoatoc", &mut script);
            done(cx.screen.print(&String::from_utf8(script).context("write the completions")?))
        }
    }
}

/// Runs one command to its end; two threads are enough for one officer.
fn wait<T>(work: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("failed to start the program's threads")?;
    let done = runtime.block_on(Box::pin(work));
    // A thread that reads standard input cannot be woken: it must not hold up the end.
    runtime.shutdown_timeout(THREADS_WAIT_MAX);
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_of_all_commands_hang_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn look(command: &clap::Command, path: &str, lacking: &mut Vec<String>) {
            for sub in command
                .get_subcommands()
                .filter(|sub| sub.get_name() != "help" && !sub.is_hide_set())
            {
                let path = format!("{path} {}", sub.get_name());
                let text = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
                if !text.contains(path.trim_start_matches("hoatoc ")) {
                    lacking.push(path.clone());
                }
                look(sub, &path, lacking);
            }
        }
        let mut lacking = Vec::new();
        look(&Cli::command(), "hoatoc", &mut lacking);
        assert_eq!(lacking, Vec::<String>::new(), "commands without an example of themselves");
    }
}
