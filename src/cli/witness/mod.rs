//! `hoatoc witness`: who sees that the ledger only grows: a witness's own directory and service, and
//! whose cosignatures count.

mod cosign;
mod trust;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use ring::rand::SystemRandom;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Cx;
use crate::evidence::note::NoteKey;
use crate::telemetry::{LogFormat, Telemetry, TelemetryConfig};
use crate::witness::door;
use crate::witness::home::{self, Witness as Home, create, follow};

#[derive(Debug, Subcommand)]
pub(super) enum Witness {
    /// Makes a witness's directory with a fresh key, and shows the line by which others know it.
    #[command(
        after_help = "Example:\n  hoatoc witness init --home /srv/witness --name kv1.example"
    )]
    Init {
        /// The new directory.
        #[arg(long, value_name = "DIR")]
        home: PathBuf,
        /// The name under which it cosigns: a word such as the name of its machine.
        #[arg(long, value_name = "NAME")]
        name: String,
    },
    /// Watches a ledger from now on, by the line that `ledger key` shows there.
    #[command(
        after_help = "Example:\n  hoatoc witness follow --home /srv/witness 'hoatoc/11/a+0c5a8bdb+ATB5...'"
    )]
    Follow {
        /// The witness's directory.
        #[arg(long, value_name = "DIR")]
        home: PathBuf,
        /// The ledger's key, `name+hash+base64`.
        #[arg(value_name = "KEY")]
        key: NoteKey,
    },
    /// Forgets what it saw of a ledger, which then begins anew: only after a restore that the root
    /// holders vouch for.
    #[command(after_help = "Example:\n  hoatoc witness forget --home /srv/witness hoatoc/11/a")]
    Forget {
        /// The witness's directory.
        #[arg(long, value_name = "DIR")]
        home: PathBuf,
        /// The ledger's name: the first line of its checkpoints.
        origin: String,
    },
    /// Cosigns what servers send (C2SP tlog-witness, plain HTTP), until it is told to stop.
    #[command(
        after_help = "Example:\n  hoatoc witness serve --home /srv/witness --listen 10.0.1.7:7500"
    )]
    Serve {
        /// The witness's directory.
        #[arg(long, value_name = "DIR")]
        home: PathBuf,
        /// Where it listens.
        #[arg(long, value_name = "ADDRESS")]
        listen: SocketAddr,
    },
    /// Cosigns a checkpoint from a file, and writes the cosignature.
    #[command(
        after_help = "Examples:\n  hoatoc ledger head --for-witness 1200 --out request.txt --as ~/auditor\n  \
        hoatoc witness cosign --home ~/witness request.txt > cosignature.txt"
    )]
    Cosign(cosign::Cosign),
    /// Has the cosignatures of witnesses count from now on: a new trust bundle, signed by the roots.
    #[command(
        after_help = "Example:\n  hoatoc witness trust 'kv1.example+a1b2c3d4+BAx...' --threshold 1 --root /media/usb/root --as ~/admin"
    )]
    Trust(trust::Change),
}

impl Witness {
    pub(super) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Init { home, name } => init(cx, &home, &name),
            Self::Follow { home, key } => {
                let config = follow(&home, &key)?;
                let (origin, logs) = (key.name(), config.logs.len());
                let value = json!({ "origin": origin, "logs": logs });
                cx.screen
                    .show(&value, || format!("{origin} is watched; restart the witness if it runs"))
            }
            Self::Forget { home, origin } => {
                let size = home::forget(&home, &origin)?;
                let value = json!({ "origin": origin, "forgotten_size": size });
                cx.screen.show(&value, || {
                    format!("what was seen of {origin} ({size} entries) is forgotten")
                })
            }
            Self::Serve { home, listen } => serve(cx, &home, listen).await,
            Self::Cosign(cosign) => cosign.run(cx),
            Self::Trust(change) => change.run(cx).await,
        }
    }
}

fn init(cx: &Cx, dir: &Path, name: &str) -> Result<()> {
    let key = create(dir, name, &SystemRandom::new())?;
    let value = json!({ "home": dir, "name": name, "key": key.to_string() });
    cx.screen.show(&value, || {
        format!(
            "{key}\ngive this line to the root holders (`hoatoc witness trust`), then watch a ledger with \
             `hoatoc witness follow --home {}`",
            dir.display()
        )
    })
}

async fn serve(cx: &Cx, dir: &Path, listen: SocketAddr) -> Result<()> {
    let log =
        TelemetryConfig { log_format: LogFormat::Text, log_filter: "info".to_owned(), otlp: None };
    let telemetry = Telemetry::start(&log, "hoatoc-witness", "")?;
    let witness = Arc::new(Home::open(dir)?);
    let failed = || format!("failed to listen on {listen}");
    let listener = TcpListener::bind(listen).await.with_context(failed)?;
    let address = listener.local_addr().with_context(failed)?;
    for (origin, size) in witness.sizes() {
        tracing::info!(origin, size, "watching");
    }
    tracing::info!(%address, witness = %witness.note_key(), "the witness listens");
    let mut terminate = signal(SignalKind::terminate()).context("failed to watch for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("failed to watch for SIGINT")?;
    let told = async move {
        tokio::select! {
            _got = terminate.recv() => {}
            _got = interrupt.recv() => {}
        }
    };
    door::serve(listener, witness, Arc::clone(&cx.clock), told).await;
    drop(telemetry.shutdown(std::time::Duration::from_secs(1)).await);
    Ok(())
}
