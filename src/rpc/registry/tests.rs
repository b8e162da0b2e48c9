mod force;
mod masks;
mod plan;
mod transfer;

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

#[tokio::test]
async fn a_commune_is_imported_and_importing_it_again_changes_nothing() {
    let mut house = House::new().await;
    let first = house.import(roster("commune-clean.xlsx"), "one").await.expect("imported");
    agrees("commune-clean.xlsx", &first);
    assert_eq!(counts(&first), (240, 0, 0));
    let size = house.engine.ledger().size();
    let second = house.import(roster("commune-clean.xlsx"), "two").await.expect("imported");
    assert_eq!(counts(&second), (0, 0, 240));
    assert_eq!(house.engine.ledger().size(), size, "nothing changed, nothing recorded");
}

#[tokio::test]
async fn a_dry_run_says_what_would_happen_and_leaves_nothing_behind() {
    let mut house = House::new().await;
    let size = house.engine.ledger().size();
    let dry = Feed { validate_only: true, ..house.feed(roster("commune-clean.xlsx"), "one") };
    let client = &mut house.client;
    let would = feed::import_reservists(client, dry, &mut |_rows| ()).await.expect("answered");
    assert_eq!(counts(&would), (240, 0, 0));
    assert_eq!(house.engine.ledger().size(), size);
    assert_eq!(house.engine.registry().table(RecordKind::Reservist).len(), 0);
    let done = house.import(roster("commune-clean.xlsx"), "one").await.expect("the same name");
    assert_eq!(counts(&done), (240, 0, 0));
}

#[tokio::test]
async fn an_update_shows_old_and_new_and_the_reading_is_recorded() {
    let mut house = House::new().await;
    house.import(roster("merged-a.csv"), "one").await.expect("imported");
    let text = std::fs::read_to_string(roster("merged-a.csv")).expect("a file of the tests");
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("moved.csv");
    std::fs::write(&path, text.replace("0367761855", "0367761856")).expect("written");
    let dry = |house: &House, name| Feed { validate_only: true, ..house.feed(path.clone(), name) };
    let mut shown = Vec::new();
    for (sees_all, name) in [(true, "two"), (false, "three")] {
        house.calls_as(sees_all, None);
        let feed = dry(&house, name);
        let client = &mut house.client;
        let would = feed::import_reservists(client, feed, &mut |_rows| ()).await.expect("told");
        assert_eq!(counts(&would), (0, 1, 99));
        let change = would.changes[&2.into()].first().cloned().expect("one field");
        assert_eq!(would.changes.len(), 1);
        shown.push((change.field, change.old, change.new));
    }
    let text = |field: &str, old: &str, new: &str| (field.into(), old.into(), new.into());
    assert_eq!(shown[0], text("phones", "+84367761855", "+84367761856"));
    assert_eq!(shown[1], text("phones", "*********855", "*********856"));
    assert_eq!(house.readings().len(), 2, "each showing is a reading");
    house.calls_as(true, None);
    let done = house.import(path.clone(), "four").await.expect("imported");
    assert_eq!((counts(&done), done.changes.len()), ((0, 1, 99), 1));
}

#[tokio::test]
async fn a_cut_connection_is_taken_up_again_and_nothing_is_done_twice() {
    let house = House::new().await;
    let (door, tasks) = (house.door.clone(), house.tasks.clone());
    let connections = Arc::new(Mutex::new(0_u32));
    let count = connections.clone();
    let channel = Endpoint::from_static("http://registry.test").connect_with_connector_lazy(
        tower::service_fn(move |_uri| {
            let mut connections = count.lock().expect("no test panics in it");
            *connections += 1;
            // The first is cut in the middle of a batch.
            let bytes = if *connections <= 1 { 25_000 } else { u64::MAX };
            let near = served(&door, &tasks, bytes);
            async move { Ok::<_, std::io::Error>(TokioIo::new(near)) }
        }),
    );
    let mut client = RegistryServiceClient::new(channel);
    let feed = Feed {
        patience: std::time::Duration::from_secs(60),
        ..house.feed(roster("commune-clean.xlsx"), "one")
    };
    let report = feed::import_reservists(&mut client, feed, &mut |_rows| ()).await;
    let report = report.expect("completed");
    assert_eq!((report.accepted, report.updated), (240, 0));
    assert_eq!(report.created + report.unchanged, 240, "what was answered twice was done once");
    assert_eq!(house.engine.registry().table(RecordKind::Reservist).len(), 240);
    assert_eq!(*connections.lock().expect("no test panics in it"), 2);
}

/// A connection to a server of its own, which breaks after so many bytes.
fn served(
    door: &RegistryDoor<Arc<OpenGate>>,
    tasks: &Tasks,
    bytes: u64,
) -> tokio::io::DuplexStream {
    use tokio::io::AsyncReadExt as _;
    let door = RegistryServiceServer::new(door.clone());
    let (near, wire) = tokio::io::duplex(16 * 1024);
    let (end, far) = tokio::io::duplex(16 * 1024);
    let incoming = tokio_stream::once(Ok::<_, std::io::Error>(far));
    tasks.spawn("test.server", async move {
        // The connection that breaks is what is tested.
        let _broken = Server::builder().add_service(door).serve_with_incoming(incoming).await;
    });
    tasks.spawn("test.wire", async move {
        let (from_near, mut to_near) = tokio::io::split(wire);
        let (mut from_far, mut to_far) = tokio::io::split(end);
        let mut there = from_near.take(bytes);
        tokio::select! {
            _cut = tokio::io::copy(&mut there, &mut to_far) => {}
            _closed = tokio::io::copy(&mut from_far, &mut to_near) => {}
        }
    });
    near
}

#[tokio::test]
async fn two_lists_of_merged_communes_hold_the_same_people_once() {
    let mut house = House::new().await;
    for name in ["merged-a.csv", "merged-b.csv"] {
        let report = house.import(roster(name), name).await.expect("imported");
        agrees(name, &report);
    }
    assert_eq!(house.engine.registry().table(RecordKind::Reservist).len(), 150);
}

#[tokio::test]
async fn a_whole_province_is_imported_as_expected() {
    let mut house = House::new().await;
    let mut told = 0;
    let feed = house.feed(roster("province.xlsx"), "province");
    let progress = &mut |rows| told = rows;
    let report = feed::import_reservists(&mut house.client, feed, progress).await;
    let report = report.expect("imported");
    agrees("province.xlsx", &report);
    assert_eq!((counts(&report), told), ((20_000, 0, 0), 20_000));
    let listed = house.list(1, "", "unit = 03356").await.expect("listed");
    assert_eq!(Some(&listed.total_size), report.by_unit.get("03356"));
}

#[tokio::test]
async fn equipment_is_imported_with_its_refusals_as_expected() {
    let mut house = House::new().await;
    for (name, wanted) in [("one", (148, 0, 0)), ("two", (0, 0, 148))] {
        let feed = house.feed(roster("equipment.xlsx"), name);
        let report = feed::import_equipment(&mut house.client, feed, &mut |_rows| ()).await;
        let report = report.expect("imported");
        agrees("equipment.xlsx", &report);
        assert_eq!(counts(&report), wanted);
    }
    let request = pb::ListEquipmentRequest {
        page_size: 500,
        page_token: String::new(),
        filter: "status = AVAILABLE AND type != PT01".to_owned(),
        ..pb::ListEquipmentRequest::default()
    };
    let listed = house.client.list_equipment(request).await.expect("listed").into_inner();
    let fits = |item: &pb::Equipment| item.status == 1 && item.type_code != "PT01";
    assert!(!listed.equipment.is_empty() && listed.equipment.iter().all(fits));
    assert_eq!(listed.total_size, u64::try_from(listed.equipment.len()).expect("few"));
}

#[tokio::test]
async fn what_the_server_refuses_moves_over_in_the_report() {
    let mut house = House::new().await;
    house.calls_as(true, Some("03256"));
    let report = house.import(roster("merged-a.csv"), "one").await.expect("read to its end");
    assert_eq!((report.rows, report.accepted, counts(&report)), (100, 0, (0, 0, 0)));
    assert!(report.rejected.len() == 100 && report.by_unit.is_empty());
    assert!(report.rejected.values().all(|reason| reason == "UNIT_OUTSIDE"));
    house.calls_as(true, None);
    house.import(roster("merged-a.csv"), "two").await.expect("imported");
    // Nobody draws people into their unit: the same people, but of another commune.
    let text = std::fs::read_to_string(roster("merged-a.csv")).expect("a file of the tests");
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("drawn.csv");
    let unit = expected("merged-a.csv")["unit"].as_str().expect("a code").to_owned();
    let units = house.engine.world().units().clone();
    let name = |code: &str| units.find(code).expect("a unit").name.clone();
    let drawn = text.replace(&name(&unit), &name("03256")).replace(&unit, "03256");
    assert_ne!(drawn, text);
    std::fs::write(&path, drawn).expect("written");
    house.calls_as(true, Some("03256"));
    let report = house.import(path, "three").await.expect("read to its end");
    assert_eq!((report.accepted, counts(&report)), (0, (0, 0, 0)));
}

#[tokio::test]
async fn an_import_that_is_cut_short_says_so_and_a_damaged_file_too() {
    let mut house = House::new().await;
    house.store.inject(Fault::Full);
    let cut = house.import(roster("commune-clean.xlsx"), "one").await.expect_err("no room");
    assert!(matches!(cut, FeedError::Server { .. }), "{cut}");
    let again = house.import(roster("commune-clean.xlsx"), "two").await.expect("room again");
    assert_eq!(again.accepted, 240);
    let missing = house.import(roster("none.csv"), "three").await.expect_err("no file");
    assert!(matches!(missing, FeedError::Roster(_)), "{missing}");
    house.tasks.stopping().cancel();
    let stopped = house.import(roster("commune-clean.xlsx"), "four").await.expect_err("stopping");
    assert!(matches!(stopped, FeedError::Server { .. }), "{stopped}");
}

#[tokio::test]
async fn a_record_lives_through_the_door_and_every_refusal_has_its_code() {
    let mut house = House::new().await;
    let people = people(2);
    let mut stored = house.create("c-1", &people[0]).await.expect("created");
    assert_eq!((stored.version, &stored.citizen_id), (1, &people[0].citizen_id));
    let repeated = house.create("c-1", &people[0]).await.expect("the same request");
    assert_eq!(repeated.reservist_id, stored.reservist_id);
    let twice = house.create("c-2", &people[0]).await.expect_err("the same person");
    assert_eq!(twice.code(), Grpc::AlreadyExists);
    assert!(twice.message().contains("CITIZEN_ID_EXISTS"));
    let other = house.create("c-1", &people[1]).await.expect_err("the id is used");
    assert!(other.message().contains("REQUEST_ID_REUSED"));
    let mut bad = people[1].clone();
    (bad.citizen_id, bad.sex) = ("12".to_owned(), 0);
    let bad = house.create("c-3", &bad).await.expect_err("two faults");
    assert_eq!(bad.code(), Grpc::InvalidArgument);
    for word in ["RECORD_INVALID", "citizen_id", "CITIZEN_ID_INVALID", "SEX_INVALID"] {
        assert!(bad.message().contains(word), "{bad}");
    }
    let update = |request_id: &str, who: &pb::Reservist| pb::UpdateReservistRequest {
        request_id: request_id.to_owned(),
        reservist: Some(who.clone()),
    };
    stored.note = "Mới".to_owned();
    let updated = house.client.update_reservist(update("u-1", &stored)).await.expect("updated");
    assert_eq!(updated.into_inner().reservist.expect("as stored").version, 2);
    stored.note = "Khác".to_owned();
    let stale = house.client.update_reservist(update("u-2", &stored)).await.expect_err("stale");
    assert_eq!(stale.code(), Grpc::Aborted);
    house.calls_as(true, Some("TV-001"));
    let hidden = house.client.update_reservist(update("u-3", &stored)).await.expect_err("hidden");
    assert_eq!(hidden.code(), Grpc::NotFound);
    let outside = house.create("c-4", &people[1]).await.expect_err("not theirs");
    assert_eq!(outside.code(), Grpc::PermissionDenied);
}

#[tokio::test]
async fn a_record_is_erased_through_the_door_within_the_callers_reach() {
    let mut house = House::new().await;
    let stored = house.create("c-1", &people(1)[0]).await.expect("created");
    let id: uuid::Uuid = stored.reservist_id.parse().expect("a UUID");
    let erase = |request_id: &str, reason: &str| pb::EraseRecordRequest {
        request_id: request_id.to_owned(),
        kind: pb::RecordKind::Reservist.into(),
        record_id: stored.reservist_id.clone(),
        reason: reason.to_owned(),
    };
    house.calls_as(true, Some("TV-001"));
    let elsewhere = house.client.erase_record(erase("e-1", "asked for")).await;
    assert_eq!(elsewhere.expect_err("not theirs").code(), Grpc::NotFound);
    house.calls_as(true, None);
    for reason in ["", "x".repeat(301).as_str()] {
        let refused = house.client.erase_record(erase("e-2", reason)).await.expect_err("why?");
        assert_eq!(refused.code(), Grpc::InvalidArgument, "{refused}");
    }
    assert!(!house.kept.sealer().keyring().is_punctured(id.as_bytes(), 1));
    let done = house.client.erase_record(erase("e-3", "asked for")).await.expect("erased");
    let done = done.into_inner();
    assert_eq!((done.ledger_index + 1, done.keyring_version), (house.engine.ledger().size(), 2));
    assert!(house.kept.sealer().keyring().is_punctured(id.as_bytes(), 1));
    let again = house.client.erase_record(erase("e-3", "asked for")).await.expect("the same");
    assert_eq!(
        (again.into_inner().keyring_version, house.engine.ledger().size()),
        (2, done.ledger_index + 1)
    );
    let get = pb::GetReservistRequest { reservist_id: stored.reservist_id.clone() };
    let gone = house.client.get_reservist(get).await.expect_err("gone");
    assert_eq!(gone.code(), Grpc::NotFound);
    let new = house.create("c-2", &people(1)[0]).await.expect("the number is free again");
    assert_ne!(new.reservist_id, stored.reservist_id);
}

#[tokio::test]
async fn nothing_is_shown_before_the_reading_is_recorded() {
    let mut house = House::new().await;
    let whole = house.create("c-1", &people(1)[0]).await.expect("created");
    let id: uuid::Uuid = whole.reservist_id.parse().expect("a UUID");
    let get = pb::GetReservistRequest { reservist_id: whole.reservist_id.clone() };
    let shown = house.client.get_reservist(get.clone()).await.expect("shown").into_inner();
    assert!(shown.reservist == Some(whole.clone()));
    assert_eq!(house.readings(), [vec![id.into_bytes()]]);
    house.calls_as(false, None);
    let masked = house.client.get_reservist(get.clone()).await.expect("shown").into_inner();
    let masked = masked.reservist.expect("one");
    assert!(masked.citizen_id.starts_with('*') && masked.full_name != whole.full_name);
    assert_eq!(house.readings().len(), 2);
    house.store.inject(Fault::Full);
    house.client.get_reservist(get.clone()).await.expect_err("no entry, no record");
    house.calls_as(true, Some("TV-001"));
    let elsewhere = house.client.get_reservist(get).await.expect_err("not theirs");
    assert_eq!((elsewhere.code(), house.readings().len()), (Grpc::NotFound, 2));
}

#[tokio::test]
async fn a_list_is_walked_page_by_page_and_every_page_is_a_reading() {
    let mut house = House::new().await;
    house.import(roster("commune-clean.xlsx"), "one").await.expect("imported");
    let filter = "reserve_class = 1 AND status = ACTIVE";
    let (mut seen, mut token, mut pages) = (BTreeMap::new(), String::new(), 0);
    loop {
        let page = house.list(50, &token, filter).await.expect("listed");
        assert!(page.reservists.iter().all(|who| who.reserve_class == 1 && who.status == 1));
        assert!(page.reservists.iter().all(|who| who.citizen_id.starts_with("*********")));
        seen.extend(page.reservists.into_iter().map(|who| (who.reservist_id, who.full_name)));
        pages += 1;
        token = page.next_page_token;
        if token.is_empty() {
            assert_eq!(page.total_size, u64::try_from(seen.len()).expect("few"));
            break;
        }
    }
    assert_eq!(house.readings().len(), pages);
    assert_eq!(house.readings().concat().len(), seen.len());
    let first = house.list(50, "", filter).await.expect("listed").next_page_token;
    let refused = [
        house.list(50, &first, "").await.expect_err("a token of another list"),
        house.list(50, "xyz", "").await.expect_err("no token"),
        house.list(501, "", "").await.expect_err("too much"),
        house.list(50, "", "height = 2").await.expect_err("no such field"),
        house.list(50, "", "unit = NOWHERE").await.expect_err("no such unit"),
    ];
    assert!(refused.iter().all(|status| status.code() == Grpc::InvalidArgument), "{refused:?}");
    assert!(refused[3].message().contains("at 1"), "{}", refused[3]);
    house.calls_as(false, Some("TV-001"));
    let none = house.list(50, "", "").await.expect("nobody there");
    assert_eq!((none.total_size, none.reservists.len()), (0, 0));
}

/// Where the log goes during one test.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no writer panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_personal_is_in_the_store_the_log_or_any_debug_output() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // Another test of this process may have been first; then the store is looked at all the same.
    let logged = tracing::subscriber::set_global_default(subscriber).is_ok();
    let mut house = House::new().await;
    let mut who = people(1).remove(0);
    who.full_name = "Lường Thị Canary".to_owned();
    who.hamlet = "Bản Chim Hoàng Yến".to_owned();
    who.phones = vec!["+84987123456".to_owned()];
    let secrets = [&who.full_name, &who.hamlet, &who.citizen_id, &who.phones[0]].map(Clone::clone);
    let stored = house.create("c-1", &who).await.expect("created");
    house.create("c-2", &who).await.expect_err("the same person");
    who.full_name.push('7');
    house.create("c-3", &who).await.expect_err("no name");
    house.list(10, "", "").await.expect("listed");
    let command = Command::ReadRecords { kind: RecordKind::Reservist, records: Vec::new() };
    let mut places: Vec<Vec<u8>> = vec![
        format!("{stored:?} {:?} {command:?}", house.engine).into_bytes(),
        log.0.lock().expect("no writer panics").clone(),
    ];
    for (key, value) in house.store.scan(b"", b"", 10_000).expect("in memory") {
        places.extend([key, value]);
    }
    // What a panic would say: the value it tripped over, whole.
    let tripped: Result<(), _> = Err(stored.clone());
    let panicked = std::panic::catch_unwind(|| tripped.clone().expect("a panic"));
    let said = panicked.expect_err("it panicked").downcast::<String>().expect("with a text");
    assert!(said.contains("a panic"), "{said}");
    places.push(said.into_bytes());
    assert!(!logged || !places[1].is_empty(), "the log was listened to");
    for secret in secrets {
        let found = |place: &Vec<u8>| place.windows(secret.len()).any(|at| at == secret.as_bytes());
        assert!(!places.iter().any(found), "{secret}");
    }
}

mod finding;
