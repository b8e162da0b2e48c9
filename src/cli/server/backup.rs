//! `hoatoc backup`: a verified copy of the store, beside a serving server or of a stopped one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;

use super::{DataDir, is_serving, open_store};
use crate::cli::connection::refused;
use crate::cli::{Cx, output, wait};
use crate::config::ServerConfig;
use crate::engine::upkeep::note_backup;
use crate::wire::pb;

/// How long a serving server may take over a backup: what its timer unit allows.
const BACKUP_WAIT_MAX: Duration = Duration::from_secs(3_600);

/// Writes a verified copy of the store; of a serving server through the server itself.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    hoatoc backup --data-dir /srv/hoatoc --to /mnt/backup/monday\n  \
    hoatoc backup --data-dir /srv/hoatoc --as ~/admin\n\n\
    While the server runs, --as names an administrator's home. Keys are not copied: keep a sealed \
    copy of keys/ in a safe.")]
pub(in crate::cli) struct Backup {
    #[command(flatten)]
    data_dir: DataDir,
    /// A new or empty directory on the server's machine; by default one named by the time, under
    /// backups/ in the data directory.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

impl Backup {
    pub(in crate::cli) fn run(self, cx: &Cx) -> Result<()> {
        let dir = &self.data_dir.path;
        let to = self.to.clone().unwrap_or_else(|| {
            let stamp = output::utc_time(cx.clock.now()).replace([':', '.'], "-");
            dir.join("backups").join(stamp)
        });
        let to = std::path::absolute(&to)
            .with_context(|| format!("{} is no directory", to.display()))?;
        let config = ServerConfig::load_in(dir)?;
        match open_store(dir, &config) {
            Ok(store) => {
                let began_at = cx.clock.now();
                let copied = store.backup(&to)?;
                store.close()?;
                if let Err(fault) = note_backup(dir, began_at) {
                    cx.screen
                        .note(&format!("the alarm on old backups will not know of it: {fault}"));
                }
                told(cx, &to, copied.snapshot_pairs, copied.len, None)
            }
            Err(failure) if is_serving(&failure) => {
                if cx.home.is_none() {
                    return Err(failure.context(
                        "a server is serving from there: give an administrator's home with --as DIR or in HOATOC_AS",
                    ));
                }
                wait(through_server(cx, &to))?
            }
            Err(failure) => Err(failure),
        }
    }
}

async fn through_server(cx: &Cx, to: &Path) -> Result<()> {
    let connection = cx.connect().await?;
    let directory =
        to.to_str().context("the directory's name is not UTF-8: choose another one")?.to_owned();
    let mut ask = tonic::Request::new(pb::CreateBackupRequest { directory });
    ask.set_timeout(BACKUP_WAIT_MAX);
    let made = connection.operation().create_backup(ask).await.map_err(refused)?.into_inner();
    told(cx, to, made.keys, made.bytes, Some(made.checkpoint))
}

fn told(cx: &Cx, to: &Path, keys: u64, bytes: u64, checkpoint: Option<String>) -> Result<()> {
    let value = json!({ "directory": to, "keys": keys, "bytes": bytes, "checkpoint": checkpoint });
    cx.screen.show(&value, || {
        format!(
            "{bytes} bytes were written to {} and verified; copy them off this machine",
            to.display()
        )
    })
}
