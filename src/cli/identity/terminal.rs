//! `hoatoc terminal`: the commune's side.

mod proof;

pub(in crate::cli) use proof::offline;

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use serde_json::json;
use tokio::io::BufReader;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Cx;
use crate::cli::output::utc_time;
use crate::config::home::{claim, write_new};
use crate::config::{LogFilter, TERMINAL_FILE, TerminalConfig, sample_terminal};
use crate::domain::order::delivery::{ANSWERED_BY_CHARS_MAX, Strength};
use crate::pki::code::EnrolmentCode;
use crate::tasks::Tasks;
use crate::telemetry::{Metrics, Telemetry, page};
use crate::terminal::headless::{self, AnswerRule, Format, Policy, parse_strength};
use crate::terminal::home::{self, Enrolment, Home};
use crate::terminal::link::LinkOptions;
use crate::terminal::{figures, screen};

/// How long the link may take to say goodbye.
const STOP_WAIT_MAX: Duration = Duration::from_secs(3);
/// How long the last telemetry may take.
const TELEMETRY_WAIT_MAX: Duration = Duration::from_secs(1);

const RUN_HELP: &str = "\
Without --headless it shows the officer's screen, and needs a terminal (a window, or a console of its own: \
hoatoc-terminal.service). With --headless it takes commands on standard input, one a line, and writes what \
happens on standard output. A NAME or NOTE of several words stands in double quotes; ID is the order's, as \
in the line that announced it.

Commands on standard input, in the order in which an order is answered:
  list                                every order here
  open ID                             somebody saw it
  ack ID NAME                         NAME answers for it
  accept ID NAME                      it will be carried out
  decline ID NAME REASON [NOTE]       it cannot; REASON as for --answer, other needs a NOTE
  strength ID NAME called=N ...       numbers so far: the keys of --strength, with spaces
  complete ID NAME [NOTE]             it is done
  quit                                ends the terminal; the end of the input does not

Examples:
  hoatoc terminal run --data-dir /var/lib/hoatoc-terminal
  hoatoc terminal run --data-dir t1 --headless --answer accept --by 'Trực ban' --delay-ms 500
  hoatoc terminal run --data-dir t2 --headless --answer decline=road-cut --by 'Trực ban'";

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Terminal {
    /// Enrols this machine as an endpoint's terminal, with a code from `endpoint code`.
    #[command(
        after_help = "Example:\n  hoatoc terminal enrol --code CODE --server hoatoc.example:7443 \
        --data-dir /var/lib/hoatoc-terminal"
    )]
    Enrol {
        /// The one-time code, as the administrator read it out.
        #[arg(long)]
        code: EnrolmentCode,
        /// The server, host:port.
        #[arg(long, value_name = "HOST:PORT")]
        server: String,
        /// A new directory for the terminal's keys and inbox.
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
    },
    /// Runs the terminal: connects, shows orders, and answers.
    #[command(after_help = RUN_HELP)]
    Run {
        /// The terminal's directory.
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
        #[command(flatten)]
        options: RunOptions,
    },
    /// Judges an order of the inbox again, question by question, with no server in reach; exit status
    /// 0 only if it is valid and in force.
    #[command(
        after_help = "Example:\n  hoatoc terminal verify 01936f5e-0000-7000-8000-000000000000 \
        --data-dir /var/lib/hoatoc-terminal"
    )]
    Verify(proof::Verify),
    /// Prints an order of the inbox, or the commune's call-up sheet, as a PDF with codes that prove it.
    #[command(
        after_help = "Examples:\n  hoatoc terminal print 01936f5e-0000-7000-8000-000000000000 \
        --out order.pdf --data-dir /var/lib/hoatoc-terminal\n  \
        hoatoc terminal print 01936f5e-0000-7000-8000-000000000000 --sheet --unit 'Xã Thanh Yên' \
        --out sheet.pdf --data-dir /var/lib/hoatoc-terminal"
    )]
    Print(proof::Print),
}

/// How a terminal without a screen answers.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub(in crate::cli) struct RunOptions {
    /// Without a screen: for machines without one, drills of the line and loads.
    #[arg(long)]
    pub(in crate::cli) headless: bool,
    /// What to answer without a person: none (only the receipt), ack, accept, or decline=REASON with
    /// personnel-short, equipment-short, road-cut, other-order, not-competent or other.
    #[arg(long, default_value = "none", requires = "headless")]
    pub(in crate::cli) answer: AnswerRule,
    /// Who answers, as shown beside the answer.
    #[arg(long, value_name = "NAME", value_parser = by, requires = "headless")]
    pub(in crate::cli) by: Option<String>,
    /// How long the pretended person takes, in milliseconds.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "headless")]
    pub(in crate::cli) delay_ms: u64,
    /// Strength to report after accepting: called, reached, will-come, arrived, excused, unexcused,
    /// equipment-called, equipment-arrived, as KEY=NUMBER joined by commas.
    #[arg(long, value_name = "K=V,..", value_parser = parse_strength, requires = "headless")]
    pub(in crate::cli) strength: Option<Strength>,
}

impl Terminal {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<ExitCode> {
        match self {
            Self::Enrol { code, server, data_dir } => enrol(cx, &code, server, &data_dir).await?,
            Self::Run { data_dir, options } => Box::pin(run(cx, &data_dir, &options)).await?,
            Self::Verify(verify) => return verify.run(cx),
            Self::Print(print) => print.run(cx)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn enrol(cx: &Cx, code: &EnrolmentCode, server: String, data_dir: &Path) -> Result<()> {
    claim(data_dir)?;
    let config = sample_terminal().replacen("localhost:7443", &server, 1);
    TerminalConfig::parse(&config, &data_dir.join(TERMINAL_FILE))
        .context("give the server as host:port")?;
    let keys = data_dir.join("keys");
    let servers = [server];
    let clock = Arc::clone(&cx.clock);
    let asked = Enrolment { servers: &servers, code, keys: &keys, clock };
    let enrolled = home::enrol(asked).await?;
    write_new(&data_dir.join(TERMINAL_FILE), config.as_bytes(), 0o644)?;
    let value = json!({
        "address": enrolled.place.address.as_str(),
        "endpoint_number": enrolled.place.endpoint.number(),
        "roots_fingerprint": enrolled.roots_fingerprint.to_string(),
        "certificate_not_after_time": utc_time(enrolled.certificate_not_after),
    });
    cx.screen.show(&value, || {
        format!(
            "{} is enrolled.\n\nRoots fingerprint, to be compared over another line:\n  {}\n\n\
             Next: hoatoc terminal run --data-dir {}",
            enrolled.place.address,
            enrolled.roots_fingerprint,
            data_dir.display()
        )
    })
}

async fn run(cx: &Cx, data_dir: &Path, options: &RunOptions) -> Result<()> {
    anyhow::ensure!(
        options.headless || (io::stdin().is_terminal() && io::stdout().is_terminal()),
        "there is no screen and keyboard here: run it in a terminal's window, as the service \
         hoatoc-terminal.service (which gives it a console of its own), or with --headless"
    );
    let mut config = TerminalConfig::load_in(data_dir)?;
    if !options.headless && io::stderr().is_terminal() {
        // The screen is the person's; what is logged goes nowhere else than to a collector.
        config.log.filter = LogFilter::silent();
    }
    let home = Home::open(&config.keys.dir.under(data_dir)).with_context(|| {
        format!("{} is no terminal's directory: make one with `terminal enrol`", data_dir.display())
    })?;
    let place = home.place().address.to_string();
    let telemetry = Telemetry::start(&config.telemetry(), "hoatoc-terminal", &place)?;
    let servers: Vec<String> =
        config.link.servers.as_slice().iter().map(|server| server.as_str().to_owned()).collect();
    let dialer = home.dialer(&servers, Arc::clone(&cx.clock))?;
    let seed = uuid::Uuid::now_v7().as_u64_pair().1;
    let link = LinkOptions::from_config(&config.link, seed);
    let inbox = config.inbox.dir.under(data_dir);
    let terminal = home.terminal(&inbox, Arc::clone(&cx.clock), link)?;
    let tasks = Tasks::new();
    stop_on_signals(&tasks)?;
    let (linked, stop) = (Arc::clone(&terminal), tasks.stopping().clone());
    tasks.spawn_vital("terminal.link", async move {
        if let Err(failure) = linked.run(dialer, stop.clone()).await {
            tracing::error!(%failure, "the link ended");
        }
        stop.cancelled().await;
    });
    show_figures(&config, &terminal, telemetry.metrics(), &tasks).await?;
    let stop = tasks.stopping().clone();
    let outcome = if options.headless {
        let policy = options.policy(cx, &place);
        let input = BufReader::new(tokio::io::stdin());
        let ran = headless::run(&terminal, &policy, Some(input), io::stdout(), &stop).await;
        ran.map_err(anyhow::Error::from)
    } else {
        let prints = data_dir.join("prints");
        screen::run(&terminal, &place, &prints, &stop).await.map_err(anyhow::Error::from)
    };
    let stopped = tasks.stop(STOP_WAIT_MAX).await;
    // Telemetry says itself what it lost.
    drop(telemetry.shutdown(TELEMETRY_WAIT_MAX).await);
    outcome?;
    Ok(stopped?)
}

/// The terminal's metrics page, where its file asks for one, and what is shown there.
async fn show_figures(
    config: &TerminalConfig,
    terminal: &Arc<crate::terminal::Terminal>,
    metrics: &Metrics,
    tasks: &Tasks,
) -> Result<()> {
    let stopping = tasks.stopping();
    let figures = figures::keep(Arc::clone(terminal), metrics.clone(), stopping.clone());
    tasks.spawn("terminal.figures", figures);
    if let Some(address) = config.metrics.listen.0 {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("failed to listen on {address} for the metrics page"))?;
        let ready = || Ok(());
        let page =
            page::serve(listener, metrics.clone(), ready, stopping.clone().cancelled_owned());
        tasks.spawn("metrics.page", page);
    }
    Ok(())
}

fn stop_on_signals(tasks: &Tasks) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("failed to watch for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("failed to watch for SIGINT")?;
    let stopping = tasks.stopping().clone();
    tasks.spawn("signals", async move {
        tokio::select! {
            _got = terminate.recv() => {}
            _got = interrupt.recv() => {}
            () = stopping.cancelled() => {}
        }
        stopping.cancel();
    });
    Ok(())
}

impl RunOptions {
    fn policy(&self, cx: &Cx, place: &str) -> Policy {
        Policy {
            answer: self.answer,
            by: self.by.clone().unwrap_or_else(|| format!("Trực ban {place}")),
            delay: Duration::from_millis(self.delay_ms),
            strength: self.strength,
            format: if cx.screen.is_json() { Format::Json } else { Format::Text },
        }
    }
}

fn by(text: &str) -> Result<String, String> {
    let name = crate::domain::text::clean(text);
    if (1..=ANSWERED_BY_CHARS_MAX).contains(&name.chars().count()) {
        Ok(name)
    } else {
        Err(format!("write 1 to {ANSWERED_BY_CHARS_MAX} characters"))
    }
}
