//! The demo's stage: a serving server in this process, and the commands a person would type.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use clap::Parser as _;
use indicatif::ProgressBar;
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::LedgerHead;
use super::cast::Cast;
use crate::cli::connection::{Connection, refused, request, request_id};
use crate::cli::homes::OfficerHome;
use crate::cli::output::Screen;
use crate::cli::report::{ResponseReport, response};
use crate::cli::server::serve::{Served, open_served};
use crate::cli::{Cli, Cx};
use crate::clock::Clock;
use crate::config::home::ServerHome;
use crate::limits;
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
    tasks: Tasks,
    address: SocketAddr,
    served: tokio::task::JoinHandle<Result<()>>,
    admin: Connection,
}

impl Stage {
    /// Founds a province in `dir` and opens its server on loopback.
    pub(super) fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
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
            "--name",
            "Quản trị hệ thống (diễn tập)",
        ];
        command(&clock, None, &founding)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let tasks = Tasks::new();
        let Served { doors, finish } = runtime.block_on(async {
            let home = ServerHome::load(Path::new(&server))?;
            let (metrics, ready) = (Metrics::noop(), Arc::new(AtomicBool::new(false)));
            open_served(home, clock.clone(), metrics, ready, &tasks)
        })?;
        let address = doors.local_address();
        let served = runtime.spawn(async move {
            doors.serve().await;
            finish.await
        });
        let home = OfficerHome::load(Path::new(&admin))?
            .at_server(&format!("localhost:{}", address.port()))?;
        let admin = runtime.block_on(Connection::open(home, clock.clone()))?;
        Ok(Self { dir: dir.to_owned(), clock, runtime, tasks, address, served, admin })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    fn home(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Types a command as the officer of a home, and returns its result.
    fn type_as(&self, home: &str, words: &[&str]) -> Result<Value> {
        command(&self.clock, Some(self.home(home)), words)
    }

    /// Units, endpoints, and the officers an exercise needs.
    pub(super) fn enter_staff(&self) -> Result<()> {
        let units: Vec<pb::Unit> = province::units().iter().map(Into::into).collect();
        let ask = pb::PutUnitsRequest { request_id: request_id(), units };
        let mut organization = self.admin.organization();
        self.runtime.block_on(organization.put_units(request(ask))).map_err(refused)?;
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
                "officer", "add", id, "--name", name, "--unit", "11", "--home", &home, "--root",
                &root,
            ];
            words.extend(roles.iter().flat_map(|role| ["--role", role]));
            self.type_as("admin", &words)?;
        }
        Ok(())
    }

    /// The synthetic registry, through the import's own door.
    pub(super) fn enter_registry(
        &self,
        seed: u64,
        reservists: u32,
        equipment: u32,
        bar: &ProgressBar,
    ) -> Result<()> {
        let (admin, name) = (self.admin.clone(), request_id());
        self.runtime.block_on(async {
            let (send, batches) = mpsc::channel(4);
            let batch_name = name.clone();
            let feeding = tokio::task::spawn_blocking(move || {
                let mut rows = Vec::new();
                for (row, one) in (1..).zip(province::reservists(seed, reservists)) {
                    rows.push(pb::ReservistRow { row, reservist: Some((&one).into()) });
                    if rows.len() == limits::RECORDS_PER_BATCH_MAX || row == reservists {
                        let request_id = format!("{batch_name}.r{row}");
                        let rows = std::mem::take(&mut rows);
                        if send
                            .blocking_send(pb::ImportReservistsRequest { request_id, rows })
                            .is_err()
                        {
                            return;
                        }
                    }
                }
            });
            let answers = admin.registry().import_reservists(ReceiverStream::new(batches)).await;
            let mut answers = answers.map_err(refused)?.into_inner();
            while let Some(done) = answers.message().await.map_err(refused)? {
                if let Some(row) = done.refused.first() {
                    return Err(anyhow!("row {} was refused: {}", row.row, row.reason));
                }
                bar.inc(u64::from(done.created));
            }
            feeding.await?;
            let rows = province::equipment(seed, equipment);
            let rows = (1..)
                .zip(rows)
                .map(|(row, one)| pb::EquipmentRow { row, equipment: Some((&one).into()) });
            let rows: Vec<_> = rows.collect();
            let batches: Vec<_> = (0..)
                .zip(rows.chunks(limits::RECORDS_PER_BATCH_MAX))
                .map(|(number, rows)| pb::ImportEquipmentRequest {
                    request_id: format!("{name}.e{number}"),
                    rows: rows.to_vec(),
                })
                .collect();
            let answers = admin.registry().import_equipment(tokio_stream::iter(batches)).await;
            let mut answers = answers.map_err(refused)?.into_inner();
            while let Some(done) = answers.message().await.map_err(refused)? {
                if let Some(row) = done.refused.first() {
                    return Err(anyhow!("row {} was refused: {}", row.row, row.reason));
                }
                bar.inc(u64::from(done.created));
            }
            Ok(())
        })
    }

    /// All endpoints, by number.
    pub(super) fn endpoints(&self) -> Result<Vec<pb::Endpoint>> {
        self.runtime.block_on(self.admin.endpoints(""))
    }

    /// Enrols a terminal for each endpoint and seats its person.
    pub(super) fn enrol(
        &self,
        endpoints: &[pb::Endpoint],
        seed: u64,
        speed: u32,
        bar: &ProgressBar,
    ) -> Result<Cast> {
        let mut cast = Cast::new(self.dir.join("terminals"), self.clock.clone(), seed, speed);
        let server = format!("localhost:{}", self.address.port());
        self.runtime.block_on(async {
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
    pub(super) fn wait(&self, cast: Cast, bar: &ProgressBar) -> Result<()> {
        self.runtime.block_on(cast.finish(bar))
    }

    /// How the order was answered.
    pub(super) fn report(&self, order: &str) -> Result<ResponseReport> {
        let order = order.parse().context("the draft's id is none")?;
        self.runtime.block_on(response(&self.admin, &order))
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

    /// Goes on serving until Ctrl-C.
    pub(super) fn serve_until_interrupted(&self) -> Result<()> {
        Ok(self.runtime.block_on(tokio::signal::ctrl_c())?)
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

/// Runs one of this program's own commands and returns its result.
fn command(clock: &Arc<dyn Clock>, home: Option<PathBuf>, words: &[&str]) -> Result<Value> {
    let cli = Cli::try_parse_from([&["hoatoc"], words].concat())
        .with_context(|| format!("`{}` is not understood", words.join(" ")))?;
    let cx = Cx { screen: Screen::keeping(), clock: clock.clone(), home };
    super::super::run(&cx, cli.command).with_context(|| format!("`{}`", words.join(" ")))?;
    Ok(cx.screen.kept().unwrap_or(Value::Null))
}
