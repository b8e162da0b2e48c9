//! `hoatoc demo`: the main job, end to end, on one machine.
//!
//! A province is made, its staff and registry are entered, its 179 terminals enrol, an exercise is
//! drafted, signed, issued and answered, and the report and the verified ledger head come out. The
//! staff's part is played by the very commands a person types ([`stage`]); the terminals are real
//! ones with their own disks; only the people at them are made up ([`crate::sim::people`]).

mod cast;
mod intake;
mod interrupt;
mod next;
mod stage;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use serde::Serialize;

use crate::cli::Cx;
use crate::cli::report::{By, ResponseReport, render};
use cast::Cast;
use interrupt::{Interrupt, Interrupted};
use stage::Stage;

/// Minutes of life within which the exercise wants an answer.
const ANSWER_WITHIN_MINUTES: u64 = 15;

/// Runs the main job on this machine: a whole province, its people a little faster than life.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  hoatoc demo\n  \
    hoatoc demo --seed 7 --reservists 5000 --output json > report.json\n  \
    hoatoc demo --data-dir province --keep-serving")]
pub(in crate::cli) struct Demo {
    /// Another seed gives other people; the same gives the same counts.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many reservists the registry holds.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    reservists: u32,
    /// How many pieces of equipment.
    #[arg(long, default_value_t = 1_500, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    equipment: u32,
    /// How many times faster than life people act.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=600))]
    speed: u32,
    /// Keep the province in this new directory; else it is thrown away at the end.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Go on serving afterwards, with everybody at their terminals, until Ctrl-C or SIGTERM.
    #[arg(long)]
    keep_serving: bool,
}

/// What the demo shows.
#[derive(Debug, Serialize)]
struct Outcome {
    #[serde(flatten)]
    report: ResponseReport,
    seed: u64,
    reservists: u32,
    equipment: u32,
    speed: u32,
    ledger: LedgerHead,
    store: StoreShown,
    // Where it goes on serving; none where it does not.
    address: Option<String>,
    metrics: Option<String>,
    elapsed_ms: u64,
}

#[derive(Debug, Serialize)]
struct LedgerHead {
    size: u64,
    root: String,
    verified: bool,
}

#[derive(Debug, Serialize)]
struct StoreShown {
    kind: &'static str,
    directory: PathBuf,
    kept: bool,
}

impl Demo {
    pub(in crate::cli) fn run(self, cx: &Cx) -> Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let interrupt = Interrupt::watch(&runtime)?;
        let (dir, temporary) = match &self.data_dir {
            Some(dir) => {
                crate::config::home::claim(dir)?;
                (std::path::absolute(dir)?, None)
            }
            None => {
                let made = tempfile::tempdir().context("make a temporary directory")?;
                (made.path().to_owned(), Some(made))
            }
        };
        let outcome = self.put_on(cx, &dir, runtime, interrupt);
        let removed = temporary.map_or(Ok(()), tempfile::TempDir::close);
        let removed = removed.with_context(|| format!("failed to remove {}", dir.display()));
        let stopped = outcome.as_ref().err().and_then(anyhow::Error::downcast_ref::<Interrupted>);
        if let Some(stopped) = stopped {
            let left = match &self.data_dir {
                Some(_kept) => format!("what there is of it is in {}", dir.display()),
                None => "nothing of it is kept".to_owned(),
            };
            removed?;
            cx.screen.note(&format!("hoatoc: the demo was {stopped}: {left}"));
            return Ok(ExitCode::from(stopped.status));
        }
        outcome.and(removed)?;
        Ok(ExitCode::SUCCESS)
    }

    /// All of it, and the end in order, however it went.
    fn put_on(
        &self,
        cx: &Cx,
        dir: &Path,
        runtime: tokio::runtime::Runtime,
        interrupt: Interrupt,
    ) -> Result<()> {
        let started = cx.clock.now();
        let program = std::env::current_exe().context("failed to find this program")?;
        cx.screen.note("1/6 founding the province and opening its server (mutual TLS on loopback)");
        let stage = Stage::open(dir, cx.clock.clone(), runtime, interrupt)?;
        let (address, metrics) = (stage.address(), stage.metrics());
        let played = self.play(cx, &stage, dir, started);
        let played = played.map(|cast| {
            if self.keep_serving {
                cx.screen.note(&next::while_serving(&program, dir, address, metrics));
                stage.serve_on(cast);
            } else {
                cast.leave();
            }
        });
        let closed = stage.close();
        played?;
        closed?;
        if self.data_dir.is_some() {
            cx.screen.note(&next::when_kept(&program, dir, metrics));
        } else {
            cx.screen.note(&next::when_gone(&program));
        }
        Ok(())
    }

    fn play(
        &self,
        cx: &Cx,
        stage: &Stage,
        dir: &Path,
        started: crate::domain::instant::Instant,
    ) -> Result<Cast> {
        let say = |text: &str| cx.screen.note(text);
        say("2/6 entering units, endpoints, staff and the registry");
        stage.enter_staff()?;
        let bar = cx.screen.progress(u64::from(self.reservists + self.equipment), "records");
        stage.enter_registry(self.seed, self.reservists, self.equipment, &bar)?;
        bar.finish_and_clear();
        let endpoints = stage.endpoints()?;
        say(&format!("3/6 enrolling {} terminals with one-time codes", endpoints.len()));
        let bar = cx.screen.progress(u64::try_from(endpoints.len())?, "terminals");
        let mut cast = stage.enrol(&endpoints, self.seed, self.speed, &bar)?;
        bar.finish_and_clear();
        say("4/6 drafting the exercise, signing it, issuing it");
        let answer_within = Duration::from_secs(ANSWER_WITHIN_MINUTES * 60) / self.speed.max(1);
        let order = stage.issue_exercise(&cast, answer_within.max(Duration::from_secs(1)))?;
        say(&format!("5/6 {} answers, {} times faster than life", cast.len(), self.speed));
        let bar = cx
            .screen
            .progress(u64::try_from(cast.len())?, "endpoints that have said all they will");
        stage.wait(&mut cast, &bar)?;
        bar.finish_and_clear();
        say("6/6 the report, and the ledger checked from its first entry");
        let report = stage.report(&order)?;
        let ledger = stage.verify_ledger()?;
        let outcome = Outcome {
            report,
            seed: self.seed,
            reservists: self.reservists,
            equipment: self.equipment,
            speed: self.speed,
            ledger,
            store: StoreShown {
                kind: "sled",
                directory: dir.join("server/store"),
                kept: self.data_dir.is_some(),
            },
            address: self.keep_serving.then(|| stage.address().to_string()),
            metrics: self.keep_serving.then(|| format!("http://{}/metrics", stage.metrics())),
            elapsed_ms: u64::try_from(cx.clock.now().millis_since(started)).unwrap_or(0),
        };
        cx.screen.show(&outcome, || {
            format!(
                "{}\n\nledger: {} entries, root {}, verified\ntook {} ms; people acted {} times faster than life, times are as measured",
                render(&outcome.report, &[By::Area, By::Unit]),
                outcome.ledger.size,
                outcome.ledger.root,
                outcome.elapsed_ms,
                outcome.speed
            )
        })?;
        Ok(cast)
    }
}
