//! `hoatoc terminal verify` and `print`: what a commune can prove with its own inbox, no server in
//! reach and the terminal's program not running.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::cli::Cx;
use crate::cli::order::print::{Head, written};
use crate::cli::order::verify::verdict::{Chosen, Judged};
use crate::config::TerminalConfig;
use crate::config::home::write_new;
use crate::domain::ids::OrderId;
use crate::terminal::home::{Home, HomeError, Place};
use crate::terminal::link::LinkOptions;
use crate::terminal::print::{self, SheetTerms, page_of};
use crate::terminal::verify::day::Day;
use crate::terminal::verify::examine::{Examination, Grounds, examine};
use crate::wire::order::call_up::file;
use crate::wire::order::printed::PrintedSheet;

/// Opens a terminal's inbox without its link.
///
/// # Errors
/// When the directory is none, or the terminal runs.
pub(in crate::cli) fn offline(
    cx: &Cx,
    dir: &Path,
) -> Result<(Place, Arc<crate::terminal::Terminal>)> {
    let config = TerminalConfig::load_in(dir)?;
    let home = Home::open(&config.keys.dir.under(dir)).with_context(|| {
        format!("{} is no terminal's directory: give one made by `terminal enrol`", dir.display())
    })?;
    let (place, wait) = (home.place().clone(), Duration::from_secs(1));
    let link = LinkOptions {
        connect_patience: wait,
        heartbeat_every: wait,
        backoff_min: wait,
        backoff_max: wait,
        seed: 0,
    };
    let opened = home.terminal(&config.inbox.dir.under(dir), Arc::clone(&cx.clock), link);
    let terminal = opened.map_err(|fault| match fault {
        HomeError::Store(crate::store::StoreError::Locked { .. }) => anyhow::anyhow!(
            "the terminal of {} is running and has its inbox: print and verify there (`i`), or stop it first",
            dir.display()
        ),
        other => other.into(),
    })?;
    Ok((place, terminal))
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    /// The order's id, as the terminal shows it.
    id: OrderId,
    /// The terminal's directory.
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// Which page of the call-up sheet to prove.
    #[arg(long, value_name = "N", default_value_t = 1)]
    page: u32,
    /// Show the names on that page.
    #[arg(long)]
    names: bool,
    /// Also write the signed envelope to this new file, for `order verify` elsewhere.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Also write the page of the call-up sheet with its proof to this new file. It holds names.
    #[arg(long, value_name = "FILE")]
    sheet_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Print {
    /// The order's id, as the terminal shows it.
    id: OrderId,
    /// The terminal's directory.
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// Print the commune's call-up sheet instead of the order. It holds names.
    #[arg(long)]
    sheet: bool,
    /// Which page of the call-up sheet.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "sheet")]
    page: u32,
    /// Leave out names and numbers, for whoever may not see them; the codes then hold the proof alone.
    #[arg(long, requires = "sheet")]
    masked: bool,
    /// The unit's name, as the head of the sheet shows it.
    #[arg(long, value_name = "NAME", default_value = "", requires = "sheet")]
    unit: String,
    /// A new file for the PDF.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    head: Head,
}

impl Verify {
    pub(in crate::cli) fn run(&self, cx: &Cx) -> Result<ExitCode> {
        let (place, terminal) = offline(cx, &self.data_dir)?;
        let inbox = terminal.inbox();
        let envelope = inbox.envelope(self.id)?;
        let order = crate::wire::order::read(&envelope)?;
        let (history, now) = (inbox.bundles()?, inbox.not_before_known(cx.clock.now()));
        let day = inbox.came_on(&order, &envelope.digest()).map(Day::Recorded);
        let chosen = Chosen::of(&envelope, &history, (day, Some(true)), now)?;
        let others = inbox.changers(self.id)?;
        let delivery = page_of(inbox, self.id, self.page)?;
        let sheet = delivery.as_ref().map(|delivery| PrintedSheet::new(delivery, false));
        let grounds = Grounds {
            bundle: chosen.bundle,
            day: chosen.at,
            endpoint: Some(place.endpoint),
            now,
            others: &others,
            remembered: Some(inbox.remembered(&order)?),
            sheet: sheet.as_ref(),
        };
        let done: Examination = examine(&envelope, &grounds);
        if let Some(path) = &self.file {
            write_new(path, envelope.to_json().as_bytes(), 0o644)?;
        }
        if let Some(path) = &self.sheet_file {
            let delivery = delivery.as_ref().context("there is no such page of a call-up sheet")?;
            write_new(path, file::to_json(delivery).as_bytes(), 0o600)?;
        }
        Judged { envelope: &envelope, chosen: &chosen, done: &done, names: self.names }.tell(cx)
    }
}

impl Print {
    pub(in crate::cli) fn run(&self, cx: &Cx) -> Result<()> {
        let (_place, terminal) = offline(cx, &self.data_dir)?;
        let inbox = terminal.inbox();
        let (now, head) = (inbox.not_before_known(cx.clock.now()), self.head.letterhead(""));
        let print = if self.sheet {
            let (page, is_masked) = (self.page, self.masked);
            let terms = SheetTerms { page, is_masked, unit: self.unit.clone() };
            print::sheet(inbox, self.id, now, (head, terms))?
        } else {
            print::order(inbox, self.id, now, head)?
        };
        written(cx, &self.out, &print)
    }
}
