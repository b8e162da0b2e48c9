//! The commands on the server's own machine.

pub(super) mod backup;
mod ceremony;
pub(super) mod check;
mod doors;
pub(super) mod init;
pub(super) mod key;
pub(super) mod restore;
pub(super) mod serve;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::config::ServerConfig;
use crate::store::StoreError;
use crate::store::journaled::{ExaminedStore, SledStore, StoreOptions};

/// Where the server keeps everything.
#[derive(Debug, Clone, Args)]
pub(super) struct DataDir {
    /// The server's data directory.
    #[arg(
        long = "data-dir",
        value_name = "DIR",
        env = "HOATOC_DATA_DIR",
        hide_env_values = true,
        default_value = "hoatoc-data"
    )]
    pub(super) path: PathBuf,
}

/// The bounds of the server's store under its configuration.
pub(super) fn store_options(config: &ServerConfig) -> StoreOptions {
    let mut options = StoreOptions::server();
    options.journal.reserve_len = config.store.ballast_bytes.value();
    options
}

/// Opens the store of a data directory that is there; making one is `init`'s work.
pub(super) fn open_store(data_dir: &Path, config: &ServerConfig) -> Result<SledStore> {
    let dir = store_dir(data_dir, config)?;
    SledStore::open(&dir, store_options(config))
        .with_context(|| format!("failed to open the store in {}", dir.display()))
}

/// The store of a data directory at rest, to be looked at without changing it.
fn examine_store(data_dir: &Path, config: &ServerConfig) -> Result<ExaminedStore> {
    let dir = store_dir(data_dir, config)?;
    ExaminedStore::open(&dir, &store_options(config))
        .with_context(|| format!("failed to examine the store in {}", dir.display()))
}

fn store_dir(data_dir: &Path, config: &ServerConfig) -> Result<PathBuf> {
    let dir = config.store.dir.under(data_dir);
    if !dir.is_dir() {
        anyhow::bail!(
            "{} holds no store: give the data directory of a server made by `init`",
            data_dir.display()
        );
    }
    Ok(dir)
}

/// Whether a failure means that a server has the store open.
fn is_serving(failure: &anyhow::Error) -> bool {
    matches!(failure.downcast_ref::<StoreError>(), Some(StoreError::Locked { .. }))
}
