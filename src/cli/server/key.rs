//! `hoatoc key`: the keys of personal data. Data keys are rotated by a serving server, the master key
//! of one at rest.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use ring::rand::SystemRandom;
use serde_json::json;

use super::{DataDir, is_serving, open_store};
use crate::cli::connection::{Connection, refused, request, request_id};
use crate::cli::{Cx, output};
use crate::config::ServerConfig;
use crate::config::home::KeyringFile;
use crate::evidence::seal::keyring::KeepKeys as _;
use crate::wire::pb;

/// How often a rotation is asked how far it is.
const ASK_EVERY: Duration = Duration::from_millis(500);

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Key {
    /// How the keys stand: generation, version of the keyring, progress of a rotation.
    #[command(after_help = "Example:\n  hoatoc key show --as ~/admin")]
    Show,
    /// Seals all records anew under new keys while the server serves, and waits for the end.
    #[command(
        after_help = "Example:\n  hoatoc key rotate --as ~/admin\n\nAfterwards make a backup, then \
        replace the copy of keys/keyring in the safe: backups of before open with the copy of before \
        only."
    )]
    Rotate {
        /// Begins it and does not wait; `key show` says how far it is.
        #[arg(long)]
        no_wait: bool,
    },
    /// Puts a new master key in place of the one before; the server must be stopped.
    #[command(
        after_help = "Example:\n  hoatoc key rotate-master --data-dir /srv/hoatoc\n\nAfterwards \
        replace the copies of keys/master.key and keys/keyring in the safe, both at once."
    )]
    RotateMaster(DataDir),
}

impl Key {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Show => {
                let keys = look(&cx.connect().await?).await?;
                told(cx, &keys, "")
            }
            Self::Rotate { no_wait } => rotate(cx, no_wait).await,
            Self::RotateMaster(dir) => rotate_master(cx, &dir),
        }
    }
}

async fn look(connection: &Connection) -> Result<pb::Keys> {
    let reply = connection.keys().get_keys(request(pb::GetKeysRequest {})).await;
    reply.map_err(refused)?.into_inner().keys.context("the server did not say how its keys stand")
}

async fn rotate(cx: &Cx, no_wait: bool) -> Result<()> {
    let connection = cx.connect().await?;
    let ask = pb::RotateKeysRequest { request_id: request_id() };
    let begun = connection.keys().rotate_keys(request(ask)).await.map_err(refused)?.into_inner();
    let mut keys = begun.keys.context("the server did not say how its keys stand")?;
    let bar = cx.screen.progress(keys.records, "records sealed anew");
    while keys.rotating && keys.stopped.is_empty() && !no_wait {
        tokio::time::sleep(ASK_EVERY).await;
        keys = look(&connection).await?;
        bar.set_position(keys.resealed);
    }
    bar.finish_and_clear();
    if !keys.stopped.is_empty() {
        bail!(
            "the rotation stopped after {} records ({}): nothing is lost; see the server's log, mend that, then rotate again",
            keys.resealed,
            keys.stopped
        );
    }
    let next = if keys.rotating {
        ""
    } else {
        "\n\nNow make a backup, then replace the copy of keys/keyring in the safe."
    };
    told(cx, &keys, next)
}

fn told(cx: &Cx, keys: &pb::Keys, next: &str) -> Result<()> {
    let made = output::utc_or_null(keys.created_time.as_ref()).unwrap_or_default();
    let value = json!({
        "generation": keys.generation,
        "created": made,
        "keyring_version": keys.keyring_version,
        "rotating": keys.rotating,
        "resealed": keys.resealed,
        "records": keys.records,
        "stopped": keys.stopped,
    });
    cx.screen.show(&value, || {
        let state = match (keys.rotating, keys.stopped.as_str()) {
            (false, _) => "at rest".to_owned(),
            (true, "") => {
                format!("rotating, {} of {} records sealed anew", keys.resealed, keys.records)
            }
            (true, reason) => format!("rotation stopped: {reason}, see the server's log"),
        };
        format!(
            "generation       {} (of {made})\nkeyring version  {}\nstate            {state}{next}",
            keys.generation, keys.keyring_version
        )
    })
}

fn rotate_master(cx: &Cx, dir: &DataDir) -> Result<()> {
    let config = ServerConfig::load_in(&dir.path)?;
    // Held to the end: a server that starts meanwhile would go on with the key of before.
    let store = open_store(&dir.path, &config).map_err(|failure| match is_serving(&failure) {
        true => failure.context("stop the server first: it would go on with the key of before"),
        false => failure,
    })?;
    let keys_dir = config.keys.dir.under(&dir.path);
    let keys = KeyringFile::open(&keys_dir)?.rotate_master(&SystemRandom::new())?;
    store.close()?;
    let version = keys.sealer().keyring().version();
    let value = json!({ "keys": keys_dir, "keyring_version": version });
    cx.screen.show(&value, || {
        format!(
            "The master key is new and opens the keyring (version {version}). Replace the copies of \
             master.key and keyring in the safe by those in {}, both at once; the old ones open each \
             other, and old backups.",
            keys_dir.display()
        )
    })
}
