//! `hoatoc serve`: the server, from its configuration to its last synced byte.
//!
//! Order of ending: a signal stops new calls, calls in flight get `shutdown.drain_ms`, the engine
//! finishes what it took, the store is synced, telemetry is sent.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::doors::{Doors, Serving};
use super::{DataDir, open_store};
use crate::cli::Cx;
use crate::clock::{Clock, VouchedClock};
use crate::config::home::ServerHome;
use crate::engine::{Engine, Parts, rekey, upkeep};
use crate::evidence::key::SigningKey;
use crate::evidence::seal::keyring::KeepKeys as _;
use crate::index::Registry;
use crate::store::journaled::SledStore;
use crate::tasks::Tasks;
use crate::telemetry::{LogFormat, Metrics, Telemetry, page};
use crate::witness::collect;

/// How long tasks may take to end once the calls in flight have drained.
const STOP_WAIT_MAX: Duration = Duration::from_secs(3);
/// How long the last telemetry may take; beside the drain it fits what the service manager waits.
const TELEMETRY_WAIT_MAX: Duration = Duration::from_secs(1);

/// Most orders named in one line of the log.
const NAMED_MAX: usize = 20;

/// Serves terminals, officers and tools until it is told to stop (SIGTERM or SIGINT).
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hoatoc serve --data-dir /srv/hoatoc")]
pub(in crate::cli) struct Serve {
    #[command(flatten)]
    data_dir: DataDir,
    /// The machine's clock was looked at and is right, although the record was made while it stood
    /// ahead, or ended over a year ago: orders are taken all the same.
    #[arg(long, env = "HOATOC_CLOCK_IS_RIGHT")]
    clock_is_right: bool,
}

impl Serve {
    pub(in crate::cli) fn run(self, cx: &Cx) -> Result<()> {
        let dir = &self.data_dir.path;
        let home = ServerHome::load(dir).with_context(|| {
            format!("{} cannot be served: give a data directory made by `init`", dir.display())
        })?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("failed to start the server's threads")?;
        let mut clock = Arc::clone(&cx.clock);
        if self.clock_is_right {
            clock = Arc::new(VouchedClock(clock));
        }
        runtime.block_on(Box::pin(serve(home, clock)))
    }
}

async fn serve(home: ServerHome, clock: Arc<dyn Clock>) -> Result<()> {
    let telemetry = Telemetry::start(&home.config.telemetry(), "hoatoc", home.province().as_str())?;
    let metrics = telemetry.metrics().clone();
    let for_machines = home.config.log.format == LogFormat::Json;
    let mut outcome = Box::pin(serve_home(home, clock, metrics)).await;
    // A person reads the sentence with which the program ends; a machine reads lines of the log.
    if let Err(failure) = &outcome
        && for_machines
    {
        tracing::error!(failure = %crate::cli::output::sentence(failure), "the server stopped");
        outcome = Err(Logged.into());
    }
    // Telemetry says itself what it lost; the server's own outcome is what counts.
    drop(telemetry.shutdown(TELEMETRY_WAIT_MAX).await);
    outcome
}

/// The failure is in the log, and is not to be told again.
#[derive(Debug, thiserror::Error)]
#[error("the server stopped: its log says why")]
pub(in crate::cli) struct Logged;

async fn serve_home(home: ServerHome, clock: Arc<dyn Clock>, metrics: Metrics) -> Result<()> {
    let tasks = Tasks::new();
    let ready = Arc::new(AtomicBool::new(false));
    // First of all: a second server on this directory is to hear that, and not of a port.
    let store = open_store(&home.dir, &home.config)?;
    if let Some(address) = home.config.metrics.listen.0 {
        start_page(address, &metrics, &ready, &tasks).await?;
    }
    let told = Arc::new(AtomicBool::new(false));
    watch_signals(&tasks, Arc::clone(&told))?;
    let Served { doors, finish } = open_served(home, store, clock, metrics, ready, &tasks)?;
    doors.serve().await;
    finish.await?;
    if told.load(Ordering::Acquire) {
        Ok(())
    } else {
        bail!("a vital part of the server ended: read the log, then start it again")
    }
}

/// A server that serves, and what ends it in order once its doors are closed.
pub(in crate::cli) struct Served {
    /// The open doors.
    pub(in crate::cli) doors: Doors,
    /// Stops what is left, then syncs the store.
    pub(in crate::cli) finish: Pin<Box<dyn Future<Output = Result<()>> + Send>>,
}

/// Recovers the state that the store of a home holds, and opens the doors.
pub(in crate::cli) fn open_served(
    mut home: ServerHome,
    store: SledStore,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    ready: Arc<AtomicBool>,
    tasks: &Tasks,
) -> Result<Served> {
    let store = Arc::new(store);
    // Only now: whoever has the store is the one who serves.
    match home.renew_certificate(clock.now()) {
        Ok(None) => {}
        Ok(Some(due)) => tracing::info!(%due, "the server's certificate was issued anew"),
        Err(fault) => tracing::error!(%fault, "the server's certificate is not renewed"),
    }
    let engine = start_engine(&home, &store, &clock, &metrics, tasks)?;
    let settings = upkeep::Settings {
        data_dir: home.dir.clone(),
        snapshot_every_bytes: home.config.store.snapshot_every_bytes.value(),
    };
    let patience = home.config.shutdown.drain_ms.millis().max(STOP_WAIT_MAX);
    let opened = upkeep::start(&engine, &store, settings, &metrics, tasks)
        .map_err(anyhow::Error::from)
        .and_then(|figures| {
            collect::start(&engine, &home.config.witnesses, &home.dir, &metrics, tasks)?;
            let (store, tasks) = (Arc::clone(&store), tasks.clone());
            Serving { home, engine, store, figures, clock, metrics, tasks, ready }.open()
        })
        .inspect_err(|_failure| tasks.stopping().cancel());
    let tasks = tasks.clone();
    let finish = Box::pin(async move {
        let stopped = tasks.stop(patience).await;
        store.checkpoint().context("failed to sync the store; nothing confirmed is lost")?;
        Ok(stopped?)
    });
    Ok(Served { doors: opened?, finish })
}

fn start_engine(
    home: &ServerHome,
    store: &Arc<SledStore>,
    clock: &Arc<dyn Clock>,
    metrics: &Metrics,
    tasks: &Tasks,
) -> Result<Engine> {
    let mut registry = Registry::load(store.as_ref(), home.keys.sealer())?;
    registry.limits = home.config.registry.law().age_limits;
    let parts = Parts {
        registry,
        store: Arc::clone(store) as _,
        clock: Arc::clone(clock),
        ledger_key: Some(SigningKey::from_pkcs8(&home.ledger_key.to_pkcs8())?),
        metrics: metrics.clone(),
    };
    let engine = Engine::start(parts, tasks).context("the store does not hold a sound state")?;
    catch_up_with_keys(&engine, home)?;
    warn_of_earlier_epochs(&engine);
    Ok(engine)
}

/// Holds the keyring to the ledger: whoever is erased there has no key here.
fn catch_up_with_keys(engine: &Engine, home: &ServerHome) -> Result<()> {
    let (begun, held) = (engine.world().key_generation(), home.keys.sealer().generation());
    if begun > held {
        bail!(
            "keys/keyring is an old copy: it ends with generation {held} of the keys, and the ledger knows {begun}; put the newest copy back"
        );
    }
    let left = rekey::catch_up(engine, home.keys.as_ref())
        .context("erased records still have keys, and those could not be cut out")?;
    if left > 0 {
        tracing::warn!(
            records = left,
            "the keys of erased records were still there and are cut out now"
        );
    }
    Ok(())
}

/// Says which orders a restore left behind: nothing else would, for terminals are not sent them.
fn warn_of_earlier_epochs(engine: &Engine) {
    let (world, now) = (engine.world(), engine.now());
    let left: Vec<String> =
        world.to_be_issued_again(now).map(|file| file.order.number_text()).collect();
    if !left.is_empty() {
        let named = left.iter().take(NAMED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
        tracing::warn!(
            orders = left.len(),
            epoch = world.epoch(),
            named,
            "open orders were issued before a restore: issue them again, see `order list`"
        );
    }
}

/// Serves the page of metrics and readiness; gives its address with the real port.
pub(in crate::cli) async fn start_page(
    address: SocketAddr,
    metrics: &Metrics,
    ready: &Arc<AtomicBool>,
    tasks: &Tasks,
) -> Result<SocketAddr> {
    let failed = || format!("failed to listen on {address} for the metrics page");
    let listener = TcpListener::bind(address).await.with_context(failed)?;
    let bound = listener.local_addr().with_context(failed)?;
    let ready = Arc::clone(ready);
    let readiness = move || if ready.load(Ordering::Acquire) { Ok(()) } else { Err("not serving") };
    let stopping = tasks.stopping().clone().cancelled_owned();
    tasks.spawn("metrics.page", page::serve(listener, metrics.clone(), readiness, stopping));
    Ok(bound)
}

/// SIGTERM and SIGINT tell everything to stop; `told` remembers that somebody wanted it.
fn watch_signals(tasks: &Tasks, told: Arc<AtomicBool>) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("failed to watch for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("failed to watch for SIGINT")?;
    let stopping = tasks.stopping().clone();
    tasks.spawn("signals", async move {
        let name = tokio::select! {
            _got = terminate.recv() => "SIGTERM",
            _got = interrupt.recv() => "SIGINT",
            () = stopping.cancelled() => return,
        };
        tracing::info!(signal = name, "stopping");
        told.store(true, Ordering::Release);
        stopping.cancel();
    });
    Ok(())
}
