//! `hoatoc restore`: a store from a backup, on an empty machine, and a new epoch, so that nothing the
//! lost server may have signed after the backup can be confused with what comes now.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;

use super::DataDir;
use super::init::carry_out;
use super::open_store;
use crate::cli::Cx;
use crate::config::ServerConfig;
use crate::domain::world::Command;
use crate::store::journaled::restore;

/// Restores a backup into an empty data directory and begins a new epoch.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hoatoc restore --from /mnt/backup/monday --data-dir /srv/hoatoc\n\n\
    server.toml and keys/ may be there already; the store must not."
)]
pub(in crate::cli) struct Restore {
    #[command(flatten)]
    data_dir: DataDir,
    /// The backup.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
}

impl Restore {
    pub(in crate::cli) fn run(self, cx: &Cx) -> Result<()> {
        let dir = &self.data_dir.path;
        if !self.from.is_dir() {
            bail!("{} is no backup: give a directory written by `backup`", self.from.display());
        }
        let config = ServerConfig::load_in(dir)?;
        let copied = restore(&self.from, &config.store.dir.under(dir))?;
        let store = open_store(dir, &config)?;
        let epoch = carry_out(store, Arc::clone(&cx.clock), vec![Command::BeginEpoch])?;
        let value = json!({
            "data_dir": dir, "bytes": copied.len, "batches": copied.stamp.seq, "epoch": epoch,
        });
        cx.screen.show(&value, || {
            format!(
                "{} bytes were restored and verified; epoch {epoch} has begun.\n\nNext:\n  \
                 1. Put keys/ and server.toml back into {data}, if they are not there.\n  \
                 2. hoatoc check --data-dir {data}\n  \
                 3. hoatoc serve --data-dir {data}\n  \
                 4. hoatoc officer reissue --epoch {epoch} --as ADMIN --root ROOT",
                copied.len,
                data = dir.display(),
            )
        })
    }
}
