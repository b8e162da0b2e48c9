//! The demo's cast: a real terminal for each endpoint, with a made-up person at it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use indicatif::ProgressBar;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cli::connection::{Connection, refused, request, request_id};
use crate::clock::Clock;
use crate::config::home::write_new;
use crate::config::{TERMINAL_FILE, sample_terminal};
use crate::pki::code::EnrolmentCode;
use crate::sim::crew::{Crew, Start};
use crate::sim::people::Temperament;
use crate::tasks::Tasks;
use crate::terminal::home::{Enrolment, Home, enrol};
use crate::terminal::inbox::InboxError;
use crate::terminal::link::LinkOptions;
use crate::wire::pb;

/// People that an exercise calls at each endpoint, and items.
const CALLED: (u32, u32) = (16, 1);

/// Everybody at a terminal.
pub(super) struct Cast {
    dir: PathBuf,
    clock: Arc<dyn Clock>,
    seed: u64,
    speed: u32,
    crews: Vec<Crew>,
    playing: Vec<JoinHandle<Result<Crew, InboxError>>>,
    start: watch::Sender<Option<Start>>,
    stop: CancellationToken,
}

impl Cast {
    /// Everybody goes home at the latest when `stop` is cancelled.
    pub(super) fn new(
        dir: PathBuf,
        clock: Arc<dyn Clock>,
        (seed, speed): (u64, u32),
        stop: CancellationToken,
    ) -> Self {
        Self {
            dir,
            clock,
            seed,
            speed,
            crews: Vec::new(),
            playing: Vec::new(),
            start: watch::Sender::new(None),
            stop,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.crews.len().max(self.playing.len())
    }

    /// Has a code made, enrols a terminal with it, and seats its person.
    pub(super) async fn enrol(
        &mut self,
        admin: &Connection,
        endpoint: &pb::Endpoint,
        server: &str,
    ) -> Result<()> {
        let ask = pb::CreateEnrolmentCodeRequest {
            request_id: request_id(),
            address: endpoint.address.clone(),
        };
        let created =
            admin.identity().create_enrolment_code(request(ask)).await.map_err(refused)?;
        let code: EnrolmentCode = created.into_inner().code.parse()?;
        let dir = self.dir.join(format!("{:03}", endpoint.number));
        let (keys, servers) = (dir.join("keys"), [server.to_owned()]);
        std::fs::create_dir_all(&dir).with_context(|| format!("make {}", dir.display()))?;
        let clock = self.clock.clone();
        let enrolment = Enrolment { servers: &servers, code: &code, keys: &keys, clock };
        Box::pin(enrol(enrolment)).await.with_context(|| format!("enrol {}", endpoint.address))?;
        let config = sample_terminal().replacen("localhost:7443", server, 1);
        write_new(&dir.join(TERMINAL_FILE), config.as_bytes(), 0o644)?;
        let home = Home::open(&keys)?;
        let dialer = home.dialer(&[], self.clock.clone())?;
        let link = LinkOptions {
            connect_patience: Duration::from_secs(10),
            heartbeat_every: Duration::from_secs(20),
            backoff_min: Duration::from_millis(200),
            backoff_max: Duration::from_secs(5),
            seed: self.seed ^ u64::from(endpoint.number),
        };
        let terminal = home.terminal(&dir.join("store"), self.clock.clone(), link)?;
        let temperament = Temperament::of(self.seed, endpoint.number, CALLED.0, CALLED.1);
        self.crews.push(Crew {
            terminal,
            dialer,
            temperament,
            name: format!("Trực ban {}", endpoint.address),
            speed: self.speed,
            done: BTreeSet::new(),
        });
        Ok(())
    }

    /// Everybody takes their seat: lines that are up connect and wait for the order.
    pub(super) fn take_seats(&mut self, tasks: &Tasks) {
        for mut crew in self.crews.drain(..) {
            let (start, stop) = (self.start.subscribe(), self.stop.clone());
            let links = tasks.clone();
            let played = async move { crew.play(start, &links, stop).await.map(|()| crew) };
            self.playing.push(tasks.spawn("demo.person", played));
        }
    }

    /// The order is out.
    pub(super) fn begin(&self, order: &str) -> Result<()> {
        let start = Start { at: tokio::time::Instant::now(), order: order.parse()? };
        self.start.send_replace(Some(start));
        Ok(())
    }

    /// Waits until everybody has said all they will. Those whose line is up stay connected.
    pub(super) async fn finish(&mut self, bar: &ProgressBar) -> Result<()> {
        for played in self.playing.drain(..) {
            self.crews.push(played.await??);
            bar.inc(1);
        }
        Ok(())
    }

    /// Everybody stays where they are, for further orders.
    pub(super) fn stay(&mut self, tasks: &Tasks) {
        for crew in self.crews.drain(..) {
            let stop = self.stop.clone();
            tasks.spawn("demo.person", async move {
                if let Err(fault) = crew.attend(stop).await {
                    tracing::error!(%fault, "a simulated person's terminal failed");
                }
            });
        }
    }

    /// Takes all lines down.
    pub(super) fn leave(self) {
        self.stop.cancel();
    }
}
