//! `hoatoc witness cosign`: by file, for a laptop that is on no network.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;

use crate::cli::Cx;
use crate::cli::homes::read_file;
use crate::evidence::note::SignedNote;
use crate::witness::home::{Refusal, Witness};
use crate::witness::request::AddCheckpoint;

#[derive(Debug, Args)]
pub(in crate::cli) struct Cosign {
    /// The witness's directory.
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    /// A request as `ledger head --for-witness` writes it, or a checkpoint alone.
    checkpoint: PathBuf,
    /// With a checkpoint alone: the request whose proof leads to it from what was cosigned last.
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
}

impl Cosign {
    pub(super) fn run(&self, cx: &Cx) -> Result<()> {
        let witness = Witness::open(&self.home)?;
        let request = self.request()?;
        let origin = request.note.text().lines().next().unwrap_or_default().to_owned();
        let now = cx.clock.now();
        let lines = witness.add(&request, now).map_err(|refusal| match refusal {
            Refusal::Conflict { size, forked: false } => anyhow::anyhow!(
                "{size} entries of {origin} were cosigned last: get a request from there, with \
                 `hoatoc ledger head --for-witness {size}`"
            ),
            other => anyhow::Error::new(other),
        })?;
        let size = request.note.text().lines().nth(1).unwrap_or_default().to_owned();
        let value = json!({ "origin": origin, "size": size, "cosignature": lines });
        cx.screen.show(&value, || lines.clone())
    }

    fn request(&self) -> Result<AddCheckpoint> {
        let context = |path: &PathBuf| format!("{} is not to be used", path.display());
        let text = read_file(&self.checkpoint)?;
        if text.starts_with("old ") {
            if self.proof.is_some() {
                bail!("the request has its proof in it: leave --proof out");
            }
            return AddCheckpoint::parse(&text)
                .map_err(anyhow::Error::msg)
                .with_context(|| context(&self.checkpoint));
        }
        let note = SignedNote::parse(&text).with_context(|| context(&self.checkpoint))?;
        let Some(path) = &self.proof else {
            return Ok(AddCheckpoint { old: 0, proof: Vec::new(), note });
        };
        let request = AddCheckpoint::parse(&read_file(path)?)
            .map_err(anyhow::Error::msg)
            .with_context(|| context(path))?;
        Ok(AddCheckpoint { note, ..request })
    }
}
