//! The demo's stage: a serving server in this process, and the commands a person would type.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use clap::Parser as _;
use indicatif::ProgressBar;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::LedgerHead;
use super::cast::Cast;
use super::intake::enter_registry;
use super::interrupt::Interrupt;
use crate::cli::connection::{Connection, refused, request, request_id};
use crate::cli::homes::OfficerHome;
use crate::cli::keys::secrets::Secrets;
use crate::cli::output::Screen;
use crate::cli::report::{ResponseReport, response};
use crate::cli::server::open_store;
use crate::cli::server::serve::{Served, open_served, start_page};
use crate::cli::{Cli, Cx};
use crate::clock::Clock;
use crate::config::home::ServerHome;
use crate::config::{SERVER_FILE, ServerConfig};
use crate::roster::lists::shipped_former_units;
use crate::sim::province;
use crate::tasks::Tasks;
use crate::telemetry::Metrics;
use crate::wire::pb;

/// How long everything may take to end.
const STOP_WAIT_MAX: Duration = Duration::from_secs(20);

/// A province on one machine.
pub(super) struct Stage {
    dir: PathBuf,
    clock: Arc<dyn Clock>,
    runtime: Runtime,
    interrupt: Interrupt,
    tasks: Tasks,
    address: SocketAddr,
    metrics: SocketAddr,
    served: tokio::task::JoinHandle<Result<()>>,
    admin: Connection,
}

impl Stage {
    /// Founds a province in `dir` and opens its server on loopback, on ports that are free; what it
    /// is configured with afterwards are those, so that it can be served again.
    pub(super) fn open(
        dir: &Path,
        clock: Arc<dyn Clock>,
        runtime: Runtime,
        interrupt: Interrupt,
    ) -> Result<Self> {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).to_string();
        let place = |name: &str| dir.join(name).display().to_string();
        let (server, root, admin) = (place("server"), place("root"), place("admin"));
        let founding = [
            "init",
            "--data-dir",
            &server,
            "--root",
            &root,
            "--admin",
            &admin,
            "--listen",
            &loopback,
            "--metrics",
            &loopback,
            "--name",
            "Quản trị hệ thống (diễn tập)",
            "--no-passphrase",
        ];
        command(&clock, None, &founding)?;
        let tasks = Tasks::new();
        let (Served { doors, finish }, page) = runtime.block_on(async {
            let home = ServerHome::load(Path::new(&server))?;
            let store = open_store(&home.dir, &home.config)?;
            let (metrics, ready) = (Metrics::with_page("hoatoc")?, Arc::default());
            let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let page = start_page(loopback, &metrics, &ready, &tasks).await?;
            let served = open_served(home, store, clock.clone(), metrics, ready, &tasks)?;
            anyhow::Ok((served, page))
        })?;
        let address = doors.local_address();
        name_ports(&Path::new(&server).join(SERVER_FILE), address, page)?;
        let served = runtime.spawn(async move {
            doors.serve().await;
            finish.await
        });
        let home = OfficerHome::load(Path::new(&admin), &Secrets::default())?
            .at_server(&format!("localhost:{}", address.port()))?;
        let admin = runtime.block_on(Connection::open(home, clock.clone()))?;
        let dir = dir.to_owned();
        Ok(Self { dir, clock, runtime, interrupt, tasks, address, metrics: page, served, admin })
    }

    /// Where the server listens.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its page of metrics is.
    pub(super) const fn metrics(&self) -> SocketAddr {
        self.metrics
    }

    /// Waits for the work, or for being told to stop.
    fn wait_for<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.runtime.block_on(self.interrupt.or(work))
    }

    fn home(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Types a command as the officer of a home, and returns its result.
    fn type_as(&self, home: &str, words: &[&str]) -> Result<Value> {
        self.interrupt.check()?;
        command(&self.clock, Some(self.home(home)), words)
    }

    /// Units, endpoints, and the officers an exercise needs.
    pub(super) fn enter_staff(&self) -> Result<()> {
        let all = province::units().into_iter().chain(shipped_former_units());
        let units: Vec<pb::Unit> = all.map(|unit| (&unit).into()).collect();
        let ask = pb::PutUnitsRequest { request_id: request_id(), units };
        let mut organization = self.admin.organization();
        self.wait_for(async { organization.put_units(request(ask)).await.map_err(refused) })?;
        self.type_as("admin", &["endpoint", "add", "--all-communes", "--areas", "--bases"])?;
        let root = self.home("root").display().to_string();
        for (id, name, roles) in [
            ("clerk", "Thiếu tá Lò Văn Soạn, trợ lý động viên", &["drafter"][..]),
            (
                "director",
                "Đại tá Quàng Văn Lệnh, chỉ đạo diễn tập",
                &["signer", "exercise-director"],
            ),
            ("duty", "Đại úy Vừ A Trực, trực ban tác chiến", &["duty-officer"]),
        ] {
            let home = self.home(id).display().to_string();
            let mut words = vec![
                "officer",
                "add",
                id,
                "--name",
                name,
                "--unit",
                "11",
                "--home",
                &home,
                "--root",
                &root,
                "--no-passphrase",
            ];
            words.extend(roles.iter().flat_map(|role| ["--role", role]));
            self.type_as("admin", &words)?;
        }
        Ok(())
    }

    /// The synthetic registry.
    pub(super) fn enter_registry(
        &self,
        seed: u64,
        reservists: u32,
        equipment: u32,
        bar: &ProgressBar,
    ) -> Result<()> {
        self.wait_for(enter_registry(&self.admin, seed, reservists, equipment, bar))
    }

    /// All endpoints, by number.
    pub(super) fn endpoints(&self) -> Result<Vec<pb::Endpoint>> {
        self.wait_for(self.admin.endpoints(""))
    }

    /// Enrols a terminal for each endpoint and seats its person.
    pub(super) fn enrol(
        &self,
        endpoints: &[pb::Endpoint],
        seed: u64,
        speed: u32,
        bar: &ProgressBar,
    ) -> Result<Cast> {
        let (dir, stop) = (self.dir.join("terminals"), self.tasks.stopping().child_token());
        let mut cast = Cast::new(dir, self.clock.clone(), (seed, speed), stop);
        let server = format!("localhost:{}", self.address.port());
        self.wait_for(async {
            for endpoint in endpoints {
                cast.enrol(&self.admin, endpoint, &server).await?;
                bar.inc(1);
            }
            cast.take_seats(&self.tasks);
            Ok(cast)
        })
    }

    /// Drafts, signs and issues the exercise, each by the officer whose part it is.
    pub(super) fn issue_exercise(&self, cast: &Cast, answer_within: Duration) -> Result<String> {
        let within = format!("{}s", answer_within.as_secs());
        let drafted = self.type_as(
            "clerk",
            &[
                "order",
                "draft",
                "--handling",
                "exercise",
                "--kind",
                "personnel-call-up",
                "--urgency",
                "flash",
                "--title",
                "Diễn tập gọi quân nhân dự bị toàn tỉnh",
                "--body",
                "ĐÂY LÀ DIỄN TẬP. Các đơn vị nhận lệnh, báo cáo tình hình quân số, phương tiện.",
                "--to",
                "11",
                "--need",
                "CN01=600",
                "--need",
                "CN02=120",
                "--station",
                "Trạm tập trung số 1",
                "--answer-within",
                &within,
                "--valid-for",
                "24h",
            ],
        )?;
        let order = drafted["order_id"].as_str().context("the draft has no id")?.to_owned();
        self.type_as("director", &["order", "sign", &order, "--yes"])?;
        self.type_as("duty", &["order", "issue", &order])?;
        cast.begin(&order)?;
        Ok(order)
    }

    /// Waits until every person has said all they will.
    pub(super) fn wait(&self, cast: &mut Cast, bar: &ProgressBar) -> Result<()> {
        self.wait_for(cast.finish(bar))
    }

    /// How the order was answered.
    pub(super) fn report(&self, order: &str) -> Result<ResponseReport> {
        let order = order.parse().context("the draft's id is none")?;
        self.wait_for(response(&self.admin, &order))
    }

    /// Replays the whole ledger and checks its signed head.
    pub(super) fn verify_ledger(&self) -> Result<LedgerHead> {
        let value = self.type_as("admin", &["ledger", "verify"])?;
        Ok(LedgerHead {
            size: value["size"].as_u64().context("the ledger has no size")?,
            root: value["root"].as_str().context("the ledger has no root")?.to_owned(),
            verified: value["verified"].as_bool().unwrap_or(false),
        })
    }

    /// Goes on serving, with everybody at their terminals, until told to stop or until the server
    /// ends by itself.
    pub(super) fn serve_on(&self, mut cast: Cast) {
        self.runtime.block_on(async {
            cast.stay(&self.tasks);
            tokio::select! {
                () = self.interrupt.come() => {}
                () = self.tasks.stopping().cancelled() => {}
            }
        });
    }

    /// Ends everything in order: streams, doors, engine, store.
    pub(super) fn close(self) -> Result<()> {
        self.tasks.stopping().cancel();
        drop(self.admin);
        self.runtime.block_on(async {
            self.served.await??;
            self.tasks.stop(STOP_WAIT_MAX).await?;
            Ok(())
        })
    }
}

/// Puts the ports that were free where the configuration asked for any.
fn name_ports(path: &Path, server: SocketAddr, metrics: SocketAddr) -> Result<()> {
    let failed = || format!("failed to name the ports in {}", path.display());
    let any = |text: &SocketAddr| format!("listen = \"{text}\"");
    let loopback = any(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let text = std::fs::read_to_string(path).with_context(failed)?;
    // [server] stands before [metrics].
    let named = text.replacen(&loopback, &any(&server), 1).replacen(&loopback, &any(&metrics), 1);
    let config = ServerConfig::parse(&named, path)?;
    if (config.server.listen, config.metrics.listen.0) != (server, Some(metrics)) {
        return Err(anyhow!("{} does not take the ports", path.display()));
    }
    std::fs::write(path, named).with_context(failed)
}

/// Runs one of this program's own commands and returns its result.
fn command(clock: &Arc<dyn Clock>, home: Option<PathBuf>, words: &[&str]) -> Result<Value> {
    let cli = Cli::try_parse_from([&["hoatoc"], words].concat())
        .with_context(|| format!("`{}` is not understood", words.join(" ")))?;
    // Keys of the demo's people lie open: they are invented, and nobody is there to type.
    let cx =
        Cx { screen: Screen::keeping(), clock: clock.clone(), home, secrets: Secrets::default() };
    super::super::run(&cx, cli.command).with_context(|| format!("`{}`", words.join(" ")))?;
    Ok(cx.screen.kept().unwrap_or(Value::Null))
}
