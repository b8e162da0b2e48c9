mod finding;
mod force;
mod importing;
mod masks;
mod past;
mod plan;
mod proposals;
mod records;
mod secrets;
mod transfer;
mod worth;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;

use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tonic::Code as Grpc;
use tonic::transport::{Channel, Endpoint, Server};

use super::*;
use crate::domain::code::Code;
use crate::domain::registry::eligibility::Law;
use crate::domain::world::{Command, Event, RecordKind};
use crate::engine::records::tests::{Kept, founded};
use crate::roster::ImportReport;
use crate::roster::feed::{self, Feed, FeedError};
use crate::roster::lists::{shipped_equipment_types, shipped_specialties};
use crate::sim::province;
use crate::store::memory::{Fault, MemoryStore};
use crate::store::{Store, keys};
use crate::wire::pb::force_service_client::ForceServiceClient;
use crate::wire::pb::force_service_server::ForceServiceServer;
use crate::wire::pb::registry_service_client::RegistryServiceClient;
use crate::wire::pb::registry_service_server::RegistryServiceServer;

/// Lets everybody in as the officer that was set.
struct OpenGate(Mutex<Caller>);

impl Gate for Arc<OpenGate> {
    fn officer(
        &self,
        _metadata: &MetadataMap,
        _extensions: &Extensions,
        _method: &'static str,
    ) -> Result<Caller, Status> {
        Ok(self.0.lock().expect("no test panics in it").clone())
    }

    fn status(&self, fault: &RegistryFault) -> Status {
        let code = match fault.code() {
            Code::Invalid => Grpc::InvalidArgument,
            Code::NotFound => Grpc::NotFound,
            Code::Exists => Grpc::AlreadyExists,
            Code::Aborted => Grpc::Aborted,
            Code::Denied => Grpc::PermissionDenied,
            Code::Unavailable => Grpc::Unavailable,
            _other => Grpc::Internal,
        };
        Status::new(code, format!("{} {:?}", fault.reason(), fault.violations()))
    }
}

struct House {
    store: Arc<MemoryStore>,
    engine: Engine,
    gate: Arc<OpenGate>,
    door: RegistryDoor<Arc<OpenGate>>,
    client: RegistryServiceClient<Channel>,
    kept: Arc<Kept>,
    force: ForceServiceClient<Channel>,
    tasks: Tasks,
}

impl House {
    async fn new() -> Self {
        let (store, tasks) = (Arc::new(MemoryStore::new()), Tasks::new());
        let engine = founded(&store, &tasks).await;
        let registrar = Caller {
            id: "registrar".parse().expect("an id"),
            sees_all: true,
            may_list: true,
            within: None,
        };
        let gate = Arc::new(OpenGate(Mutex::new(registrar)));
        let kept = Kept::new();
        let parts = RegistryParts {
            engine: engine.clone(),
            sealer: kept.sealer().clone(),
            keys: kept.clone(),
            tasks: tasks.clone(),
            lookups: LookupLimiter::default(),
            specialties: shipped_specialties(),
            equipment_types: shipped_equipment_types(),
            law: Law::default(),
        };
        let door = RegistryDoor::new(parts, gate.clone());
        let force = ForceServiceServer::new(door.clone());
        let service = RegistryServiceServer::new(door.clone());
        let (near, far) = tokio::io::duplex(64 * 1024);
        let incoming = tokio_stream::once(Ok::<_, std::io::Error>(far));
        tasks.spawn("test.server", async move {
            let served = Server::builder()
                .add_service(service)
                .add_service(force)
                .serve_with_incoming(incoming)
                .await;
            served.expect("the duplex does not fail");
        });
        let mut near = Some(near);
        let channel = Endpoint::from_static("http://registry.test")
            .connect_with_connector(tower::service_fn(move |_uri| {
                let near = near.take().map(TokioIo::new);
                async move { near.ok_or_else(|| std::io::Error::other("connected once")) }
            }))
            .await
            .expect("the duplex is there");
        let force = ForceServiceClient::new(channel.clone());
        let client = RegistryServiceClient::new(channel);
        Self { store, engine, gate, door, client, force, kept, tasks }
    }

    fn calls_as(&self, sees_all: bool, within: Option<&str>) {
        let mut caller = self.gate.0.lock().expect("no test panics in it");
        caller.sees_all = sees_all;
        caller.within = within.map(|unit| unit.parse().expect("a code"));
    }

    fn feed(&self, path: PathBuf, name: &str) -> Feed {
        Feed {
            path,
            units: self.engine.world().units().clone(),
            specialties: shipped_specialties(),
            equipment_types: shipped_equipment_types(),
            as_of: jiff::civil::date(2026, 1, 31),
            default_unit: None,
            sheet: None,
            names_as_of: None,
            mapping: crate::roster::Mapping::default(),
            name: name.to_owned(),
            validate_only: false,
            patience: std::time::Duration::ZERO,
            silence_told_every: std::time::Duration::from_secs(5),
        }
    }

    async fn import(&mut self, path: PathBuf, name: &str) -> Result<ImportReport, FeedError> {
        let feed = self.feed(path, name);
        feed::import_reservists(&mut self.client, feed, &mut |_rows| ()).await
    }

    async fn create(
        &mut self,
        request_id: &str,
        who: &pb::Reservist,
    ) -> Result<pb::Reservist, Status> {
        let request = pb::CreateReservistRequest {
            request_id: request_id.to_owned(),
            reservist: Some(who.clone()),
        };
        let created = self.client.create_reservist(request).await?.into_inner();
        Ok(created.reservist.expect("as stored"))
    }

    async fn list(
        &mut self,
        size: u32,
        token: &str,
        filter: &str,
    ) -> Result<pb::ListReservistsResponse, Status> {
        let request = pb::ListReservistsRequest {
            page_size: size,
            page_token: token.to_owned(),
            filter: filter.to_owned(),
            ..pb::ListReservistsRequest::default()
        };
        Ok(self.client.list_reservists(request).await?.into_inner())
    }

    /// The readings that the ledger names.
    fn readings(&self) -> Vec<Vec<[u8; 16]>> {
        let leaves = self.store.scan(keys::LEDGER, b"", 10_000).expect("in memory");
        let read =
            leaves.into_iter().filter_map(|(_key, leaf)| {
                match crate::wire::entry::decode(&leaf).expect("its own leaf").event {
                    Event::RecordsRead { records, .. } => Some(records),
                    _other => None,
                }
            });
        read.collect()
    }
}

fn roster(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/rosters").join(name)
}

fn expected(name: &str) -> Value {
    let text = std::fs::read_to_string(roster("expected.json")).expect("the expectations");
    let all: Value = serde_json::from_str(&text).expect("JSON");
    all[name].clone()
}

/// Holds a report against what the file's maker expects, created and unchanged included.
fn agrees(name: &str, report: &ImportReport) {
    let report = serde_json::to_value(report).expect("plain data");
    let expected = expected(name);
    for (key, wanted) in expected.as_object().expect("a file of the list") {
        match key.as_str() {
            "after" => {}
            "unit" => {
                let unit = wanted.as_str().expect("a code");
                assert_eq!(report["by_unit"], json!({ unit: expected["accepted"] }), "{name}");
            }
            key => assert_eq!(&report[key], wanted, "{key} of {name}"),
        }
    }
}

fn counts(report: &ImportReport) -> (u64, u64, u64) {
    (report.created, report.updated, report.unchanged)
}

fn people(count: u32) -> Vec<pb::Reservist> {
    province::reservists(3, count).map(|person| pb::Reservist::from(&person)).collect()
}
